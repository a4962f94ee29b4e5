//! The console's pages about clients.

use proxycall_domain::NumberType;
use proxycall_testkit::reqwest::{Method, StatusCode};
use proxycall_testkit::{
    Console, TestApp,
    app::{CLIENT, COURIER},
    run_test,
};
use serde_json::json;

use crate::{access::token, ask::column};

/// A page of the first client, after something was done.
async fn act(console: &Console<'_>, step: &str, fields: &[(&str, &str)]) -> String {
    console.act(&format!("/console/clients/1/{step}"), fields).await
}

async fn search(console: &Console<'_>, text: &str) -> String {
    console.post("/console/clients", &[("text", text)]).await.html
}

#[tokio::test]
async fn a_client_is_found_by_name_mail_number_last_digits_and_id() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.client(2, "+33639980005").await;
        let console = app.console().await;
        for text in ["cli 1", "client1@", "+33 6 39 98 00 01", &proxy, "0001", "#1", "1"] {
            let page = search(&console, text).await;
            assert!(page.contains("<strong>Client 1</strong>"), "{text}: {page}");
            assert!(!page.contains("<strong>Client 2</strong>"), "{text}");
            assert!(!page.contains("39980001"), "no number is shown whole but where it was typed: {page}");
        }
        let nobody = search(&console, "nobody").await;
        assert!(nobody.contains("Nobody fits") && nobody.contains("or # and the id"), "{nobody}");
        let all = console.page("/console/clients").await;
        assert!(all.contains("Client 1") && all.contains("Client 2") && !all.contains("39980001"));
        let long = console.post("/console/clients", &[("text", &"x".repeat(500))]).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn a_list_has_the_newest_first_and_goes_on_by_key() {
    run_test(async |app| {
        let numbers: Vec<String> = (0..60).map(|n| format!("+331990001{n:02}")).collect();
        for (n, number) in numbers.iter().enumerate() {
            app.client_with(number, "FR", u32::try_from(n).unwrap() + 1, &format!("+336399801{n:02}")).await;
        }
        let console = app.console().await;
        let first = console.page("/console/clients").await;
        assert_eq!(first.matches("href=\"/console/clients/").count(), 51);
        assert!(first.contains("Client 60<") && first.contains("/console/clients?after=11"));
        let rest = console.page("/console/clients?after=11").await;
        assert!(rest.contains("Client 10<") && rest.contains("Client 1<") && !rest.contains("Client 11<"));
        let found = console.post("/console/clients", &[("text", "client"), ("after", "50")]).await.html;
        assert!(found.contains("Client 51") && !found.contains("<strong>Client 50<"));
        assert_eq!(console.get("/console/clients?after=x").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_number_is_masked_until_somebody_asks_and_that_is_recorded() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        let looker = token(app, "looker", "read").await;
        let console = Console::sign_in(app, &looker).await;
        let page = console.page("/console/clients/1").await;
        for number in ["39980001", "39 98 00 01", "39980002", "39 98 00 02"] {
            assert!(!page.contains(number), "{number}: {page}");
        }
        assert!(page.contains("+****0001") && page.contains("+****0002"));
        let shown = console.post("/console/clients/1/reveal", &[]).await;
        assert!(shown.html.contains("+33 6 39 98 00 01") && shown.html.contains("+33 6 39 98 00 02"));
        assert!(!console.page("/console/clients/1").await.contains("39 98 00 01"));
        let (_, acts) = app.get("/audit?action=reveal_client&limit=10").await;
        assert_eq!(
            (column(&acts, "acts", "actor"), column(&acts, "acts", "subject")),
            (vec!["looker"], vec!["client 1"])
        );
        assert_eq!(console.get("/console/clients/77").await.status, StatusCode::NOT_FOUND);
        assert_eq!(console.get("/console/clients/x").await.status, StatusCode::NOT_FOUND);
        assert!(!page.contains("/console/clients/1/pause"), "who may only look is offered nothing");
        for step in ["pause", "resume", "close", "restore", "block", "unblock", "change-number", "give-number", "edit"]
        {
            let refused = console.post(&format!("/console/clients/1/{step}"), &[("block", "x"), ("name", "X")]).await;
            assert!(
                [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&refused.status),
                "{step}: {}",
                refused.status
            );
        }
        for step in ["export", "erase"] {
            let refused = console.post(&format!("/console/clients/1/{step}"), &[("confirm", "1")]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{step}");
        }
        let (_, client) = app.get("/clients/1").await;
        assert_eq!((client["client_name"].as_str(), client["paused"].as_bool()), (Some("Client 1"), Some(false)));
    })
    .await;
}

#[tokio::test]
async fn a_client_is_enrolled_and_changed_and_what_is_wrong_stands_beside_its_field() {
    run_test(async |app| {
        app.number("+33199000011", "FR", NumberType::Mobile).await;
        let console = app.console().await;
        let form = console.page("/console/clients/new").await;
        assert!(form.contains("name=\"id\" inputmode=\"numeric\" value=\"1\""), "the next id is offered: {form}");
        let new = "/console/clients/new";
        let fields = [("id", "1"), ("name", "Zoé <b>"), ("mail", "zoe@example.com"), ("phone", "12")];
        let refused = console.post(new, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.html.contains("id=\"phone-error\"") && refused.html.contains("value=\"Zoé &#60;b&#62;\""));
        let fields = [("id", "1"), ("name", "Zoé <b>"), ("mail", "zoe@example.com"), ("phone", "+33 6 39 98 00 01")];
        let page = console.act(new, &fields).await;
        assert!(page.contains("The client is created.") && page.contains("<h1>Zoé &#60;b&#62;</h1>"));
        let again = console.post(new, &fields).await;
        assert_eq!(again.status, StatusCode::CONFLICT);

        let edit = "/console/clients/1/edit";
        let refused = console.post(edit, &[("name", "Zoé Martin"), ("mail", "no address"), ("phone", "")]).await;
        assert!(refused.html.contains("id=\"mail-error\"") && refused.html.contains("value=\"Zoé Martin\""));
        let page = act(&console, "edit", &[("name", "Zoé Martin"), ("mail", "z@example.com"), ("phone", "")]).await;
        assert!(page.contains("The details are changed.") && page.contains("Zoé Martin"));
        let (_, client) = app.get("/clients/1").await;
        assert_eq!((&client["client_mail"], &client["client_real_phone"]), (&json!("z@example.com"), &json!(CLIENT)));
        app.drain_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_clients_phone_may_be_typed_as_its_country_writes_it() {
    run_test(async |app| {
        app.number("+33199000011", "FR", NumberType::Mobile).await;
        app.number("+447700900777", "GB", NumberType::Mobile).await;
        let console = app.console().await;
        let new = "/console/clients/new";
        let form = console.page(new).await;
        assert!(form.contains("<option value=\"GB\">United Kingdom</option>"), "{form}");
        let fields = |id, phone, country| {
            [("id", id), ("name", "Zoé Martin"), ("mail", "zoe@example.com"), ("phone", phone), ("country", country)]
        };
        console.act(new, &fields("1", "06 39 98 00 01", "")).await;
        let wrong = console.post(new, &fields("2", "07700", "GB")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.html.contains("id=\"phone-error\"") && wrong.html.contains("<option value=\"GB\" selected>"));
        console.act(new, &fields("2", "07700 900140", "GB")).await;
        for (id, phone, country) in [("1", "+33639980001", "FR"), ("2", "+447700900140", "GB")] {
            let (_, client) = app.get(&format!("/clients/{id}")).await;
            let known = (&client["client_real_phone"], &client["client_iso_residency"]);
            assert_eq!(known, (&json!(phone), &json!(country)));
        }
        let changed = [("name", "Zoé Martin"), ("mail", "zoe@example.com"), ("phone", "06.39.98.00.05")];
        act(&console, "edit", &changed).await;
        assert_eq!(app.get("/clients/1").await.1["client_real_phone"], json!("+33639980005"));
        app.drain_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_pause_begins_for_a_while_and_is_taken_back() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let console = app.console().await;
        let page = act(&console, "pause", &[("hours", "4")]).await;
        assert!(page.contains("The client is paused.") && page.contains("action=\"/console/clients/1/resume\""));
        assert!(app.call(COURIER, &proxy).await.rings().is_empty());
        assert!(console.page("/console/clients/1").await.contains("refused: client paused"));
        assert!(act(&console, "resume", &[]).await.contains("can be reached again"));
        assert_eq!(app.call(COURIER, &proxy).await.rings().len(), 1);
        act(&console, "pause", &[("hours", "nonsense")]).await;
        let (_, client) = app.get("/clients/1").await;
        assert_eq!((&client["paused"], &client["paused_until"]), (&json!(true), &json!(null)));
    })
    .await;
}

#[tokio::test]
async fn a_caller_is_blocked_from_a_call_without_being_seen_and_let_in_again() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        let console = app.console().await;
        let page = console.page("/console/clients/1").await;
        let interaction = page.split("name=\"interaction\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let page = act(&console, "block", &[("interaction", interaction), ("for", "this")]).await;
        assert!(page.contains("The caller is blocked.") && !page.contains("39980002"));
        // What the caller did shows the block, and offers no other.
        assert!(page.contains("blocked</span>") && !page.contains("name=\"interaction\""), "{page}");
        assert!(app.call(COURIER, &proxy).await.rings().is_empty());
        let block = page.split("name=\"block\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(act(&console, "unblock", &[("block", &block)]).await.contains("no longer blocked"));
        assert_eq!(app.call(COURIER, &proxy).await.rings().len(), 1);
        act(&console, "block", &[("phone", COURIER), ("for", "all")]).await;
        let (_, blocks) = app.get("/blocks").await;
        assert_eq!(blocks["blocks"][0]["client_id"], json!(null));
        let page = console.page("/console/clients/1").await;
        assert!(page.contains("blocked</span>") && !page.contains("name=\"interaction\""), "for all too: {page}");
        let nobody = console.post("/console/clients/1/block", &[]).await;
        assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn another_number_is_given_only_if_one_is_left_and_the_old_one_rests() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let console = app.console().await;
        let none = console.post("/console/clients/1/change-number", &[]).await;
        assert_eq!(none.status, StatusCode::CONFLICT);
        assert_eq!(app.get("/clients/1").await.1["client_proxy_number"], json!(proxy));
        app.number("+33199000012", "FR", NumberType::Local).await;
        let page = act(&console, "change-number", &[]).await;
        assert!(
            page.contains("has a new proxy number") && page.contains("action=\"/console/clients/1/give-back-number\"")
        );
        assert!(page.contains(&format!("name=\"number\" value=\"{proxy}\"")));
        assert_eq!(app.get("/clients/1").await.1["client_proxy_number"], json!("+33199000012"));
        app.drain_jobs().await;
        assert!(app.call(COURIER, &proxy).await.rings().is_empty());
        assert_eq!(app.call(COURIER, "+33199000012").await.rings().len(), 1);
        // It is taken back while the old one rests, once.
        let back = console.post("/console/clients/1/give-back-number", &[("number", "+33199000013")]).await;
        assert_eq!(back.status, StatusCode::NOT_FOUND);
        assert!(
            act(&console, "give-back-number", &[("number", &proxy)]).await.contains("the former proxy number again")
        );
        app.drain_jobs().await;
        assert_eq!(app.call(COURIER, &proxy).await.rings().len(), 1);
        assert!(app.call(COURIER, "+33199000012").await.rings().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_client_is_closed_opened_again_exported_and_erased() {
    run_test(async |app| {
        app.client(1, CLIENT).await;
        let console = app.console().await;
        let page = act(&console, "close", &[]).await;
        assert!(page.contains("The client is closed.") && page.contains("action=\"/console/clients/1/restore\""));
        assert!(console.post("/console/clients/1/reveal", &[]).await.html.contains("+33 6 39 98 00 01"));
        assert!(act(&console, "restore", &[]).await.contains("The client is open again."));
        let export = console.post("/console/clients/1/export", &[]).await;
        assert_eq!((export.status, export.media_type.as_str()), (StatusCode::OK, "application/json"));
        assert!(export.html.contains(CLIENT));
        let wrong = console.post("/console/clients/1/erase", &[("confirm", "2")]).await;
        assert!(wrong.status == StatusCode::CONFLICT && wrong.html.contains("Nothing was erased."));
        let page = act(&console, "erase", &[("confirm", "1")]).await;
        assert!(page.contains("Erased client #1") && !page.contains("Client 1</h1>"));
        app.drain_jobs().await;
        assert!(console.page("/console/clients/1").await.contains("gone"));
        let response = app.request(Method::GET, "/audit?subject=client%201&limit=20").send().await.unwrap();
        let acts: serde_json::Value = response.json().await.unwrap();
        let actions = column(&acts, "acts", "action");
        for action in ["close_client", "reveal_client", "restore_client", "export_client", "erase_client"] {
            assert!(actions.contains(&action), "{action}: {actions:?}");
        }
        assert_eq!(console.post("/console/clients/1/pause", &[]).await.status, StatusCode::CONFLICT);
    })
    .await;
}

/// Nothing that somebody types leads to an error of ours.
#[tokio::test]
async fn strange_forms_are_refused_in_words() {
    run_test(async |app: &mut TestApp| {
        app.client(1, CLIENT).await;
        let console = app.console().await;
        let steps =
            ["", "/edit", "/pause", "/block", "/unblock", "/erase", "/reveal", "/change-number", "/give-number"];
        for strange in ["", "\u{0}", "é\u{202e}", "' OR 1=1 --", "<script>", &"9".repeat(400), "-1", "\r\nx: y"] {
            for step in steps {
                let path = format!("/console/clients/1{step}");
                let fields: Vec<(&str, &str)> =
                    ["name", "mail", "phone", "block", "interaction", "for", "hours", "confirm"]
                        .into_iter()
                        .map(|name| (name, strange))
                        .collect();
                let shown = console.post(&path, &fields).await;
                assert!(!shown.status.is_server_error(), "{step} {strange:?}: {}", shown.status);
                assert!(!shown.html.contains("<script>"), "{step}");
            }
            let found = console.post("/console/clients", &[("text", strange), ("after", strange)]).await;
            assert!(!found.status.is_server_error() && !found.html.contains("<script>"), "{strange:?}");
        }
        app.drain_jobs().await;
    })
    .await;
}
