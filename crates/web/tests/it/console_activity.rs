//! The console's page of calls and texts: what it shows and hides, what it filters, whom it blocks, what its file holds.

use proxycall_testkit::{
    Console, TestApp,
    app::{CLIENT, COURIER, OTHER_COURIER, run_test_on_both},
    reqwest::StatusCode,
    run_test,
    sandbox::{
        CallScript,
        world::{Behaviour, Handset},
    },
};
use serde_json::json;

use crate::{access::token, ask::column};

const PAGE: &str = "/console/activity";

/// The ids of the rows on a page, as they stand.
fn rows(page: &str) -> Vec<String> {
    page.split("<tr id=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(id, _)| id.to_owned()).collect()
}

async fn some_traffic(app: &TestApp) -> (String, String) {
    let first = app.client(1, CLIENT).await;
    let second = app.client(2, "+33639980031").await;
    app.call(COURIER, &first).await;
    app.call_with(CallScript { answer: Some(Behaviour::Busy), ..CallScript::new(OTHER_COURIER, &second) }).await;
    app.text(COURIER, &first, "hello").await;
    app.call(CLIENT, &first).await;
    (first, second)
}

#[tokio::test]
async fn calls_and_texts_are_shown_newest_first_with_real_numbers_masked() {
    run_test_on_both(async |app| {
        let console = app.console().await;
        assert!(console.page(PAGE).await.contains("No call or text yet"));
        some_traffic(app).await;
        let page = console.page(PAGE).await;
        let all = rows(&page);
        let mut sorted = all.clone();
        sorted.sort_by(|one, other| other.cmp(one));
        assert_eq!((all.len(), &all), (4, &sorted));
        assert!(page.contains("Client 1") && page.contains("busy") && page.contains("delivered"), "{page}");
        for number in [CLIENT, COURIER, OTHER_COURIER] {
            assert!(!page.contains(number.trim_start_matches('+')), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_filter_narrows_and_they_go_together() {
    run_test_on_both(async |app| {
        let (first, _) = some_traffic(app).await;
        let console = app.console().await;
        let first = first.trim_start_matches('+');
        for (query, count) in [
            ("", 4),
            ("channel=text", 1),
            ("direction=from_client", 1),
            ("result=not_answered", 1),
            ("result=failed", 0),
            ("client=2", 1),
            (&format!("number={first}"), 3),
            (&format!("number={first}&channel=call&direction=to_client"), 1),
            ("from=2000-01-01T00:00", 4),
            ("to=2000-01-01T00:00", 0),
        ] {
            let page = console.page(&format!("{PAGE}?{query}")).await;
            assert_eq!(rows(&page).len(), count, "{query}");
        }
        assert!(console.page(&format!("{PAGE}?result=failed")).await.contains("Nothing matches"));
    })
    .await;
}

#[tokio::test]
async fn what_is_older_follows_by_key_and_nothing_is_missed() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        for _ in 0..53 {
            app.call(COURIER, &proxy).await;
        }
        let console = app.console().await;
        let first = console.page(PAGE).await;
        let mut links = first.split("hx-get=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(href, _)| href);
        let more = links.find(|href| href.contains("after=")).unwrap().replace("&#38;", "&");
        let second = console.page(&more).await;
        let mut all = rows(&first);
        assert_eq!((all.len(), rows(&second).len()), (40, 13));
        all.extend(rows(&second));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 53);
        assert!(second.contains("Back to the newest") && !second.contains("data-merge"));
    })
    .await;
}

#[tokio::test]
async fn what_is_typed_gets_into_the_address_only_when_it_is_an_id_or_a_number_of_ours() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let console = app.console().await;
        let shown = console.post(PAGE, &[("client", "1"), ("number", &proxy), ("channel", "call")]).await;
        let digits = proxy.trim_start_matches('+');
        assert_eq!(shown.status, StatusCode::SEE_OTHER);
        assert_eq!(shown.location, format!("{PAGE}?channel=call&client=1&number=%2B{digits}"));
        for (field, typed, said) in [
            ("number", CLIENT, "none of your proxy numbers"),
            ("number", "hello", "Write the whole number"),
            ("client", "Zoé", "A client id is a number"),
            ("from", "soon", "Choose a day"),
        ] {
            let shown = console.post(PAGE, &[(field, typed)]).await;
            assert_eq!((shown.status, shown.location.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, ""), "{typed}");
            assert!(shown.html.contains(said) && shown.html.contains("aria-invalid"), "{typed}: {}", shown.html);
        }
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_told_with_code_meaning_and_remedy_in_the_readers_language() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.add_handset(Handset { undeliverable: Some(30003), ..Handset::new(CLIENT) });
        app.text(COURIER, &proxy, "hello").await;
        let console = app.console().await;
        let page = console.page(&format!("{PAGE}?result=failed")).await;
        assert!(
            page.contains("The handset cannot be reached")
                && page.contains("30003")
                && page.contains("Try again later.")
        );
        let page = console.page(&format!("{PAGE}?result=failed&lang=fr")).await;
        assert!(page.contains("éteint ou hors de portée") && page.contains("Réessayez plus tard."), "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_caller_of_a_row_is_blocked_for_its_client_and_let_through_again() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        let console = app.console().await;
        let id = rows(&console.page(PAGE).await).remove(0);
        let block = format!("{PAGE}/{id}/block");
        let reader = token(app, "reader", "read").await;
        let reader = Console::sign_in(app, &reader).await;
        assert!(!reader.page(PAGE).await.contains("/block"));
        assert_eq!(reader.post(&block, &[("client", "1")]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(reader.post("/console/activity.csv", &[]).await.status, StatusCode::FORBIDDEN);
        let page = console.act(&block, &[("client", "1"), ("query", "channel=call")]).await;
        assert!(page.contains("The caller is blocked") && page.contains("/console/activity/unblock"), "{page}");
        assert_eq!(app.call(COURIER, &proxy).await.connected(), None);
        let (_, blocks) = app.get("/blocks").await;
        let of = blocks["blocks"][0]["id"].as_str().unwrap();
        let page = console.act("/console/activity/unblock", &[("block", of), ("query", "channel=call")]).await;
        assert!(page.contains("can reach this client again"));
        assert_eq!(app.call(COURIER, &proxy).await.connected(), Some((COURIER, CLIENT)));
        let (_, acts) = app.get("/audit?limit=500").await;
        let actions = column(&acts, "acts", "action");
        assert!(actions.contains(&"add_block") && actions.contains(&"remove_block"), "{actions:?}");
    })
    .await;
}

#[tokio::test]
async fn the_file_holds_what_the_page_shows_and_nothing_that_a_spreadsheet_would_run() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let name = json!({"client_name": "=HYPERLINK(\"http://evil.example\",\"x\")"});
        let (status, answer) = app.put("/clients/1", name).await;
        assert!(status.is_success(), "{status} {answer}");
        app.call(COURIER, &proxy).await;
        app.text(COURIER, &proxy, "hello").await;
        let console = app.console().await;
        let file = console.post("/console/activity.csv", &[("channel", "call")]).await;
        assert_eq!(
            (file.status, file.media_type.as_str()),
            (StatusCode::OK, "text/csv; charset=utf-8; header=present")
        );
        let lines: Vec<&str> = file.html.split("\r\n").collect();
        assert!(file.html.starts_with("\u{feff}Started,Ended,"), "{}", file.html);
        assert_eq!((lines.len(), lines[2]), (3, ""), "{}", file.html);
        assert!(lines[1].contains("\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\""), "{}", lines[1]);
        assert!(lines[1].contains(&format!("'{proxy}")) && lines[1].contains("'+****0002"), "{}", lines[1]);
        assert!(!file.html.contains(COURIER.trim_start_matches('+')) && !file.html.contains(CLIENT));
        let (_, acts) = app.get("/audit?limit=500").await;
        let at = column(&acts, "acts", "action").iter().position(|action| *action == "export_activity").unwrap();
        let act = &acts["acts"][at];
        assert_eq!((&act["subject"], &act["outcome"]), (&json!("activity channel=call"), &json!("done")));
        let bare = console.post_bare("/console/activity.csv", &[]).await;
        assert_eq!(bare.status, StatusCode::FORBIDDEN);
    })
    .await;
}
