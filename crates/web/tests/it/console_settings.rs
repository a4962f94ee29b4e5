//! The console's settings, tokens, blocked callers, audit log, sheet and health.

use jiff::SignedDuration;
use proxycall_domain::setting::SETTINGS;
use proxycall_service::{
    pool::alert,
    ports::{Ledger as _, clock::Ids as _, ledger::Alert},
};
use proxycall_testkit::reqwest::StatusCode;
use proxycall_testkit::{
    Console, TestApp,
    app::{CLIENT, COURIER},
    console::hidden,
    run_test,
};

use crate::{access::token, ask::column};

/// A millisecond: acts of one and the same are in no order.
fn pass(app: &TestApp) {
    app.clock.advance(SignedDuration::from_millis(1));
}

#[tokio::test]
async fn a_setting_is_changed_checked_and_put_back() {
    run_test(async |app| {
        let console = app.console().await;
        let set = "/console/settings/set";
        pass(app);
        let page = console.act(set, &[("key", "calls.ring_timeout"), ("value", "40")]).await;
        assert!(page.contains("“How long it rings” is kept.") && page.contains("value=\"40\""));
        assert_eq!(app.service.policy.current().ring_timeout_s, 40);
        pass(app);
        let refused = console.post(set, &[("key", "calls.ring_timeout"), ("value", "4")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        // The same page, with what was typed and what is wrong with it beside the field.
        let row = refused.html.split("id=\"calls.ring_timeout\"").nth(1).unwrap().split("</form>").next().unwrap();
        assert!(row.contains("value=\"4\"") && row.contains("must be seconds, 5 to 600"), "{row}");
        assert!(row.contains("aria-invalid=\"true\"") && row.contains("id=\"wrong-calls.ring_timeout\""), "{row}");
        assert_eq!(app.service.policy.current().ring_timeout_s, 40);
        pass(app);
        let page = console.act(set, &[("key", "calls.ring_timeout"), ("value", "41"), ("reset", "1")]).await;
        assert!(page.contains("“How long it rings” has its default again."));
        assert!(!app.service.policy.setting("calls.ring_timeout").unwrap().own);
        let nonsense = console.post(set, &[("key", "no.such"), ("value", "1")]).await;
        assert_eq!(nonsense.status, StatusCode::NOT_FOUND);

        let (_, acts) = app.get("/audit?limit=500").await;
        assert_eq!(column(&acts, "acts", "action"), ["reset_setting", "set_setting", "set_setting", "console_sign_in"]);
        assert_eq!(column(&acts, "acts", "outcome"), ["done", "refused", "done", "done"]);
        assert_eq!(column(&acts, "acts", "subject")[0], "setting calls.ring_timeout");
    })
    .await;
}

/// The fields of the form that takes the last change back.
fn undo(page: &str) -> Option<Vec<(String, String)>> {
    let form =
        page.split("class=\"notice").nth(1)?.split("</div>").next()?.split("<form").nth(1)?.split("</form>").next()?;
    let value =
        |name: &str| Some(form.split(&format!("name=\"{name}\" value=\"")).nth(1)?.split('"').next()?.to_owned());
    let fields = ["key", "value", "reset"].into_iter().filter_map(|name| Some((name.to_owned(), value(name)?)));
    Some(fields.collect())
}

#[tokio::test]
async fn a_change_of_a_setting_stays_at_it_and_can_be_taken_back_with_what_stood_there() {
    run_test(async |app| {
        let console = app.console().await;
        let set = "/console/settings/set";
        let key = ("key", "destinations.forbidden");
        let first = console.post(set, &[key, ("value", "+3399")]).await;
        assert_eq!(first.location, "/console/settings?done=set&key=destinations.forbidden#destinations.forbidden");
        let page = console.page(&first.location).await;
        let fields = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(undo(&page), Some(fields(&[key, ("reset", "1")])));
        pass(app);
        let kept = app.service.policy.setting(key.1).unwrap().value;
        let page = console.act(set, &[key, ("value", "+3398")]).await;
        assert_eq!(undo(&page), Some(fields(&[key, ("value", &kept)])));
        // An address by itself offers nothing: nobody else's change, and none that holds no more.
        let other = Console::sign_in(app, &token(app, "other", "admin").await).await;
        assert_eq!(undo(&other.page(&first.location).await), None);
        app.setting(key.1, "+3397").await;
        assert_eq!(undo(&console.page(&first.location).await), None);
    })
    .await;
}

#[tokio::test]
async fn a_setting_of_a_few_words_is_chosen_in_the_readers_language() {
    run_test(async |app| {
        let console = app.console().await;
        let page = console.page("/console/settings?lang=fr").await;
        for (value, name) in
            [("refuse", "refusés"), ("asks_operator", "attend l’accord d’un opérateur"), ("off", "pas envoyé")]
        {
            let marks =
                [format!("<option value=\"{value}\">{name}<"), format!("<option value=\"{value}\" selected>{name}<")];
            assert!(marks.iter().any(|mark| page.contains(mark)), "{value}: {page}");
        }
        console.act("/console/settings/set", &[("key", "calls.withheld"), ("value", "connect")]).await;
        let page = console.page("/console/settings?lang=en").await;
        assert!(page.contains("<option value=\"connect\" selected>connect<"), "{page}");
        assert!(page.contains("Default: <span class=\"mono wrap\">refuse<"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn each_setting_stands_on_the_page_and_can_be_kept_as_it_is() {
    run_test(async |app| {
        let console = app.console().await;
        let page = console.get("/console/settings").await.html;
        for setting in SETTINGS {
            assert!(page.contains(&format!("value=\"{}\"", setting.key)), "{} is not on the page", setting.key);
            pass(app);
            console.act("/console/settings/set", &[("key", setting.key), ("value", setting.default)]).await;
        }
        assert!(page.contains("How long data is kept") && page.contains("Alerts and reports"));
    })
    .await;
}

#[tokio::test]
async fn a_sentence_is_seen_in_both_languages_changed_and_said() {
    run_test(async |app| {
        let console = app.console().await;
        let key = "phrase.call.unknown_number.fr";
        let page = console.page(&format!("/console/settings/texts?edit={key}")).await;
        assert!(page.contains("This number is not in use.") && page.contains("id=\"edited\""));
        console.act("/console/settings/set", &[("key", key), ("value", "Personne <ici> & là.")]).await;
        let long = "Oups ! ".repeat(100);
        let refused = console.post("/console/settings/set", &[("key", key), ("value", &long)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.html.contains("id=\"edited-error\"") && refused.html.contains("Oups !</textarea>"));
        let page = console.page("/console/settings/texts").await;
        assert!(page.contains("Personne &#60;ici&#62; &#38; là."), "what is written is shown, and is no markup");
        app.carrier_number("+33199000077");
        let call = app.call(COURIER, "+33199000077").await;
        assert!(format!("{call:?}").contains("Personne <ici> & là."), "{call:?}");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_made_shown_once_replaced_and_revoked() {
    run_test(async |app| {
        let console = app.console().await;
        let tokens = "/console/settings/tokens";
        let made = console.post(tokens, &[("name", "desk"), ("scope", "operate"), ("days", "")]).await;
        assert_eq!(made.status, StatusCode::OK);
        let secret = |html: &str| {
            let at = html.find("pct_").expect("a token");
            html[at..].chars().take_while(|sign| *sign != '<').collect::<String>()
        };
        let first = secret(&made.html);
        assert!(!console.page(tokens).await.contains("pct_"));
        let desk = Console::sign_in(app, &first).await;
        let second = secret(&console.post(&format!("{tokens}/desk/rotate"), &[]).await.html);
        assert_ne!(first, second);
        assert_eq!(desk.get("/console/health").await.status, StatusCode::SEE_OTHER);
        let desk = Console::sign_in(app, &second).await;
        assert!(console.act(&format!("{tokens}/desk/revoke"), &[]).await.contains("The token is revoked."));
        assert_eq!(desk.get("/console/health").await.status, StatusCode::SEE_OTHER);
        let again = console.post(tokens, &[("name", "desk"), ("scope", "read")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        let wrong = console.post(tokens, &[("name", "other"), ("scope", "read"), ("days", "soon")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let (_, acts) = app.get("/audit?limit=500").await;
        assert!(!acts.to_string().contains("pct_"));
    })
    .await;
}

#[tokio::test]
async fn a_blocked_number_is_masked_and_can_be_let_in_again() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let console = app.console().await;
        let blocks = "/console/settings/blocks";
        let fields = [("phone", "+33 6 39 98 00 02"), ("client", "1"), ("reason", "rings <at> night")];
        let page = console.act(blocks, &fields).await;
        assert!(page.contains("The caller is blocked.") && page.contains("rings &#60;at&#62; night"));
        assert!(!page.contains("39980002") && !page.contains("39 98 00 02\u{a0}"), "no number is shown whole");
        assert!(app.call(COURIER, &proxy).await.rings().is_empty());
        let remove = page.split("/console/settings/blocks/").nth(2).or(page.split("/console/settings/blocks/").nth(1));
        let id = remove.unwrap().split('/').next().unwrap();
        assert!(console.act(&format!("{blocks}/{id}/remove"), &[]).await.contains("no longer blocked"));
        assert_eq!(app.call(COURIER, &proxy).await.rings().len(), 1);
        let unknown = console.post(blocks, &[("phone", "+33639980002"), ("client", "77")]).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        let own = console.post(blocks, &[("phone", CLIENT), ("client", "1")]).await;
        assert_eq!(own.status, StatusCode::CONFLICT);
        let nonsense = console.post(blocks, &[("phone", "12")]).await;
        assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!nonsense.html.contains("39980002"));
        let asked = [("phone", "12"), ("client", "1"), ("reason", "rings at night")];
        let wrong = console.post(blocks, &asked).await.html;
        assert!(wrong.contains("id=\"phone-error\"") && wrong.contains("value=\"12\""), "{wrong}");
        assert!(wrong.contains("value=\"rings at night\""), "nothing that was typed is lost: {wrong}");
        assert!(unknown.html.contains("id=\"client-error\"") && unknown.html.contains("no such client"));
        assert!(own.html.contains("id=\"phone-error\""));
    })
    .await;
}

#[tokio::test]
async fn whoever_may_only_look_changes_nothing_and_sees_no_tokens() {
    run_test(async |app| {
        let looker = Console::sign_in(app, &token(app, "looker", "read").await).await;
        let desk = Console::sign_in(app, &token(app, "desk", "operate").await).await;
        for (path, fields) in [
            ("/console/settings/set", vec![("key", "calls.ring_timeout"), ("value", "40")]),
            ("/console/settings/tokens", vec![("name", "x"), ("scope", "admin")]),
            ("/console/settings/blocks", vec![("phone", COURIER)]),
            ("/console/sheet/push", vec![]),
            ("/console/sheet/read", vec![]),
        ] {
            assert_eq!(looker.post(path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        for path in ["/console/settings/set", "/console/settings/tokens"] {
            assert_eq!(desk.post(path, &[("key", "calls.ring_timeout")]).await.status, StatusCode::FORBIDDEN);
        }
        for path in ["/console/settings/tokens", "/console/settings/audit"] {
            assert_eq!(looker.get(path).await.status, StatusCode::FORBIDDEN);
            assert_eq!(desk.get(path).await.status, StatusCode::FORBIDDEN);
        }
        let page = looker.page("/console/settings").await;
        assert!(!page.contains("/console/settings/tokens") && !page.contains(">Save<"), "{page}");
        assert!(!looker.page("/console/settings/blocks").await.contains("Block a number"));
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_pages_by_key_and_is_filtered() {
    run_test(async |app| {
        let console = app.console().await;
        for seconds in 10..65 {
            pass(app);
            let value = seconds.to_string();
            console.post("/console/settings/set", &[("key", "calls.ring_timeout"), ("value", &value)]).await;
        }
        let audit = "/console/settings/audit";
        let page = console.page(&format!("{audit}?action=set_setting")).await;
        assert_eq!(page.matches("setting calls.ring_timeout").count(), 50);
        // An act in words, and in the word that the API and the filter have for it.
        assert!(page.contains("<div>change a setting<br>") && page.contains(">set_setting</span>"), "{page}");
        assert!(page.contains("<option value=\"set_setting\" selected>change a setting</option>"), "{page}");
        assert!(page.contains("the environment’s token") && page.contains("<option value=\"api\">without a token<"));
        let more = page.split("class=\"button quiet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let rest = console.page(&more.replace("&#38;", "&")).await;
        assert_eq!(rest.matches("setting calls.ring_timeout").count(), 5);
        assert!(console.page(&format!("{audit}?actor=nobody")).await.contains("Nothing fits this filter."));
        assert_eq!(console.get(&format!("{audit}?after=x")).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn health_says_what_doctor_says() {
    run_test(async |app| {
        let console = app.console().await;
        let page = console.page("/console/health").await;
        for subject in ["Store", "Secret key", "Carrier account", "E-mail"] {
            assert!(page.contains(&format!("<h2>{subject}</h2>")), "{subject}: {page}");
        }
        assert_eq!(hidden(&page, "csrf").map(|word| word.len()), Some(43));
        let standing = |page: &str, title: &str| page.contains(&format!("<h2>{title}</h2>"));
        let now = app.service.clock.now();
        let (id, kind, subject) =
            (app.service.chance.alert_id(now), alert::LOW_STOCK.to_owned(), "FR mobile".to_owned());
        app.store.raise_alert(Alert { id, kind, subject, detail: "low".into(), raised_at: now }).await.unwrap();
        let page = console.page("/console/health").await;
        assert!(standing(&page, "Low stock: France · mobile") && !page.contains("low_stock"), "{page}");
        assert!(page.contains("Expected: ") && !page.contains("Expected :"), "{page}");
        let page = console.page("/console/health?lang=fr").await;
        assert!(standing(&page, "Stock bas\u{a0}: France · mobile") && page.contains("Attendu\u{a0}: "), "{page}");
        let sheet = console.page("/console/sheet?lang=en").await;
        assert!(sheet.contains("No sheet is set up"));
    })
    .await;
}
