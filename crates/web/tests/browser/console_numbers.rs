//! The console's pages about numbers and confirmations in a real browser: a number bought and given to a client, a change
//! approved, and each page free of what keeps people out.

use proxycall_domain::NumberType;
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, OTHER_COURIER, run_test},
    browser::Browser,
    sandbox::world::{Handset, Number},
};
use serde_json::json;

use crate::{
    console::enter,
    pages::{assert_quiet, scan},
};

const SPARE: &str = "+33199000777";
const HELD: &str = "+33199000501";

async fn open(app: &TestApp, browser: &Browser, path: &str) {
    browser.open(&format!("{}{path}", app.address)).await;
}

/// Somebody who proved a new phone for client 1, whose old one has a say.
async fn ask_for_a_new_phone(app: &TestApp) {
    app.number(HELD, "FR", NumberType::Local).await;
    app.world.add_handset(Handset::new(OTHER_COURIER));
    let request = json!({
        "pending_id": "P-1", "client_name": "Zoé Martin", "client_mail": "client1@example.com",
        "client_real_phone": OTHER_COURIER, "country_iso": "FR", "number_type": "national",
    });
    app.post("/confirmations/create", request).await;
    app.drain_jobs().await;
    let text = app.world.inbox(OTHER_COURIER).pop().expect("a text").body;
    let mut groups = text.split(|sign: char| !sign.is_ascii_digit()).filter(|group| group.len() == 6);
    app.text(OTHER_COURIER, HELD, groups.next().expect("a code")).await;
    app.drain_jobs().await;
}

#[tokio::test]
async fn a_number_is_bought_and_given_to_a_client_who_is_then_reached_through_it() {
    run_test(async |app| {
        let browser = Browser::start().await;
        let first = app.client(1, CLIENT).await;
        app.post("/pool/quarantine", json!({"numbers": [first], "force": true})).await;
        enter(app, &browser, "/console/health?lang=en").await;
        browser.look(1440, 900, "light").await;
        browser.click("nav a[href='/console/numbers']").await;
        browser.await_text("Stock by country").await;
        browser.click("a[href='/console/numbers/buy']").await;
        browser.await_text("What you need").await;
        browser.fill("#quantity", "\u{e009}a\u{e000}1").await;
        browser.click("form[method=get] button").await;
        browser.await_text("For sale right now").await;
        assert!(!app.world.numbers().iter().any(|number| number.phone != first), "looking buys nothing");
        browser.click("#offer details.confirm summary").await;
        browser.click("#offer form button").await;
        browser.await_text("1 number was bought").await;
        browser.click("a.row").await;
        browser.await_text("Client id").await;
        browser.fill("#client_id", "1").await;
        browser.click("form[action$='/assign'] button").await;
        browser.await_text("Number assigned.").await;
        let address = browser.address().await;
        let digits = address.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let call = app.call(COURIER, &format!("+{digits}")).await;
        assert_eq!(call.connected(), Some((COURIER, CLIENT)));
        // Where it leads comes by itself, after the page.
        browser.await_text("All lead here").await;
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_phone_is_approved_after_it_was_seen() {
    run_test(async |app| {
        let browser = Browser::start().await;
        app.client(1, CLIENT).await;
        enter(app, &browser, "/console/health?lang=en").await;
        browser.look(1440, 900, "light").await;
        browser.click("nav a[href='/console/confirmations']").await;
        browser.await_text("Nobody is enrolling.").await;
        ask_for_a_new_phone(app).await;
        // The board is live: nobody loads it again.
        browser.await_text("waits for approval").await;
        browser.click("a[href='/console/confirmations/P-1']").await;
        browser.await_text("→ +****0004").await;
        browser.click("details.confirm summary").await;
        browser.click("form[action$='/approve'] button").await;
        browser.await_text("Approved: the change is made.").await;
        assert_eq!(app.get("/clients/1").await.1["client_real_phone"], OTHER_COURIER);
        app.drain_jobs().await;
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn without_javascript_a_number_is_rested_and_brought_back() {
    run_test(async |app| {
        let browser = Browser::start().await;
        app.number(SPARE, "FR", NumberType::Local).await;
        browser.without_scripts().await;
        enter(app, &browser, "/console/health?lang=en").await;
        open(app, &browser, "/console/numbers/33199000777").await;
        browser.click("details.confirm summary").await;
        browser.click("form[action$='/quarantine'] button").await;
        browser.await_text("The number rests.").await;
        browser.click(".notice button").await;
        browser.await_text("back in the pool").await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn the_pages_about_numbers_are_accessible_and_fit_at_every_width_in_both_schemes() {
    run_test(async |app| {
        let browser = Browser::start().await;
        enter(app, &browser, "/console/health?lang=en").await;
        open(app, &browser, "/console/numbers").await;
        scan(&browser, "console-numbers-empty").await;
        app.client(1, CLIENT).await;
        app.number(SPARE, "FR", NumberType::Local).await;
        app.number("+447700900777", "GB", NumberType::Mobile).await;
        app.world.add_number(Number::new("+33199000778"));
        app.world.add_number(Number::new("+33199000779").voice_url("https://hotline.example/answer"));
        app.world.add_number(Number::new("+447700900777").voice_url("https://elsewhere.example/call"));
        for (name, path) in [
            ("numbers", "/console/numbers"),
            ("number", "/console/numbers/33199000777"),
            ("number-webhooks", "/console/numbers/447700900777"),
            ("buy", "/console/numbers/buy?country=FR&type=mobile&quantity=3"),
            ("bought", "/console/numbers/buy/result?asked=2&bought=33199000777&why=21631"),
            ("sync", "/console/numbers/sync"),
            ("webhooks", "/console/numbers/webhooks"),
        ] {
            browser.look(390, 844, "light").await;
            open(app, &browser, path).await;
            scan(&browser, &format!("console-{name}")).await;
        }
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn the_pages_about_confirmations_are_accessible_and_fit_at_every_width_in_both_schemes() {
    run_test(async |app| {
        let browser = Browser::start().await;
        enter(app, &browser, "/console/health?lang=en").await;
        open(app, &browser, "/console/confirmations").await;
        scan(&browser, "console-confirmations-empty").await;
        app.client(1, CLIENT).await;
        ask_for_a_new_phone(app).await;
        for n in 1..=3 {
            let phone = format!("+3363998012{n}");
            app.number(&format!("+3319900061{n}"), "FR", NumberType::Local).await;
            app.world.add_handset(Handset { undeliverable: (n == 3).then_some(30_003), ..Handset::new(&phone) });
            let request = json!({
                "pending_id": format!("P-1{n}"), "client_name": "Anne-Charlotte de Montmorency-Laval",
                "client_mail": format!("anne{n}@example.com"), "client_real_phone": phone,
                "country_iso": "FR", "number_type": "national",
            });
            app.post("/confirmations/create", request).await;
        }
        app.drain_jobs().await;
        app.post("/confirmations/P-12/approve", json!({})).await;
        for (name, path) in [
            ("confirmations", "/console/confirmations"),
            ("confirmations-group", "/console/confirmations?group=under_way"),
            ("confirmation", "/console/confirmations/P-1"),
            ("confirmation-open", "/console/confirmations/P-13"),
        ] {
            browser.look(390, 844, "light").await;
            open(app, &browser, path).await;
            scan(&browser, &format!("console-{name}")).await;
        }
        // The board renews itself: a card's phone is shown where nothing takes it away again.
        open(app, &browser, "/console/confirmations").await;
        assert!(!browser.text("main").await.contains("+33 6 39 98 01 21"));
        browser.click("form[action$='/P-11/reveal'] button").await;
        browser.await_text("+33 6 39 98 01 21").await;
        scan(&browser, "console-confirmation-revealed").await;
        let (_, audit) = app.get("/audit?action=reveal_confirmation&limit=50").await;
        assert_eq!(audit["acts"].as_array().unwrap().len(), 1, "{audit}");
        open(app, &browser, "/console/confirmations/P-11").await;
        browser.await_text("Anne-Charlotte").await;
        assert!(!browser.text("main").await.contains("+33 6 39 98 01 21"));
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}
