//! The console's pages about clients in a real browser: somebody is found, seen whole, kept away from a caller and left in
//! peace, with each page free of what keeps people out.

use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, run_test},
    browser::{Browser, eventually},
};
use serde_json::json;

use crate::{
    console::enter,
    pages::{assert_quiet, scan},
};

const OTHER_CLIENT: &str = "+33639980305";
/// The first client's real number, as it is shown to who asks for it.
const WHOLE: &str = "+33 6 39 98 00 01";

async fn two_clients(app: &TestApp) -> String {
    let proxy = app.client(1, CLIENT).await;
    app.client(2, OTHER_CLIENT).await;
    for (id, name) in [(1, "Zoé Martin"), (2, "Jean Dupont")] {
        app.put(&format!("/clients/{id}"), json!({ "client_name": name })).await;
    }
    proxy
}

/// Types what is looked for, and waits until it is found and the other is not shown any more.
async fn finds(browser: &Browser, typed: &str, found: &str, other: &str) {
    browser.fill("#text", &format!("\u{e009}a\u{e000}{typed}")).await;
    eventually(&format!("{typed} to find {found}"), async || {
        // The results are another element with each answer.
        let rows = browser.run("return document.querySelector('#results')?.innerText ?? ''", json!([])).await;
        let rows = rows.as_str().unwrap_or_default();
        (rows.contains(found) && !rows.contains(other)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_is_found_while_one_types_by_name_number_and_last_digits() {
    run_test(async |app| {
        let browser = Browser::start().await;
        two_clients(app).await;
        enter(app, &browser, "/console/clients?lang=en").await;
        browser.look(1440, 900, "light").await;
        let rows = browser.text("#results").await;
        let [newest, oldest] = ["Jean Dupont", "Zoé Martin"].map(|name| rows.find(name).unwrap());
        assert!(newest < oldest, "the newest come first: {rows}");
        assert!(!rows.contains("39980001") && !rows.contains(WHOLE));

        finds(&browser, "zo", "Zoé Martin", "Jean Dupont").await;
        finds(&browser, "dup je", "Jean Dupont", "Zoé Martin").await;
        finds(&browser, "06 39 98 00 01", "Zoé Martin", "Jean Dupont").await;
        let last_four: String = OTHER_CLIENT.chars().skip(OTHER_CLIENT.len() - 4).collect();
        finds(&browser, &last_four, "Jean Dupont", "Zoé Martin").await;
        finds(&browser, "nobody at all", "", "Martin").await;
        let address = browser.address().await;
        assert!(!address.contains('?') || address.ends_with("?lang=en"), "what was typed is in no address: {address}");
        scan(&browser, "clients-found").await;
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn a_number_is_masked_until_somebody_asks_which_is_noted() {
    run_test(async |app| {
        let browser = Browser::start().await;
        two_clients(app).await;
        enter(app, &browser, "/console/clients/1?lang=en").await;
        browser.await_text("Zoé Martin").await;
        assert!(!browser.text("main").await.contains(WHOLE));
        browser.click("form.reveal button").await;
        browser.await_text(WHOLE).await;
        scan(&browser, "client-revealed").await;
        let (_, audit) = app.get("/audit?limit=50").await;
        let noted = audit["acts"].as_array().unwrap().iter().filter(|act| act["action"] == "reveal_client");
        assert_eq!(noted.count(), 1, "{audit}");
        // Seen once: not any more after the next look.
        browser.open(&format!("{}/console/clients/1", app.address)).await;
        browser.await_text("Zoé Martin").await;
        assert!(!browser.text("main").await.contains(WHOLE));
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn a_caller_is_blocked_for_one_client_and_let_through_again() {
    run_test(async |app| {
        let browser = Browser::start().await;
        let proxy = two_clients(app).await;
        enter(app, &browser, "/console/clients/1?lang=en").await;
        browser.look(390, 844, "dark").await;
        browser.click("section[aria-labelledby=blocked-title] summary").await;
        browser.fill("#block-phone", COURIER).await;
        browser.click("form[action$='/block'] button.danger").await;
        browser.await_text("The caller is blocked.").await;
        assert!(app.call(COURIER, &proxy).await.rings().is_empty());
        scan(&browser, "client-blocked").await;
        browser.click("form[action$='/unblock'] button").await;
        browser.await_text("no longer blocked").await;
        assert_eq!(app.call(COURIER, &proxy).await.connected(), Some((COURIER, CLIENT)));
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn a_client_is_left_in_peace_and_reached_again_with_the_keyboard_alone() {
    run_test(async |app| {
        let browser = Browser::start().await;
        let proxy = two_clients(app).await;
        enter(app, &browser, "/console/clients/1?lang=en").await;
        let press = async |selector: &str| {
            let focus = format!("document.querySelector(\"{selector}\").focus()");
            browser.run(&focus, json!([])).await;
            browser.keys(proxycall_testkit::browser::ENTER).await;
        };
        press("details:has(#hours) > summary").await;
        press("form[action$='/pause'] button").await;
        browser.await_text("paused").await;
        assert!(app.call(COURIER, &proxy).await.rings().is_empty());
        scan(&browser, "client-paused").await;
        press("form[action$='/resume'] button").await;
        eventually("the client to be reached again", async || {
            (app.call(COURIER, &proxy).await.connected() == Some((COURIER, CLIENT))).then_some(())
        })
        .await;
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_the_number_is_taken_back_from_the_page_that_tells_it() {
    run_test(async |app| {
        let browser = Browser::start().await;
        let proxy = two_clients(app).await;
        app.number("+33199000012", "FR", proxycall_domain::NumberType::Local).await;
        enter(app, &browser, "/console/clients/1?lang=en").await;
        browser.click("details:has(form[action$='/change-number']) > summary").await;
        browser.click("form[action$='/change-number'] button").await;
        browser.await_text("has a new proxy number").await;
        assert_eq!(app.get("/clients/1").await.1["client_proxy_number"], json!("+33199000012"));
        scan(&browser, "client-changed").await;
        browser.click("form[action$='/give-back-number'] button").await;
        browser.await_text("the former proxy number again").await;
        assert_eq!(app.get("/clients/1").await.1["client_proxy_number"], json!(proxy));
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}
