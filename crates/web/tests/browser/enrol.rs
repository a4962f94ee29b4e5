//! A person enrols through the page, over the whole app: simulated carrier, handset and mailbox.

use proxycall_domain::NumberType;
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, run_test},
    browser::Browser,
    sandbox::world::Handset,
};

use crate::pages::{assert_quiet, fill_in};

/// The number that will be given.
const PROXY: &str = "+33199000501";

/// Fills in the form and sends it: the code has gone out, and the page says so.
async fn ask_for_a_number(app: &TestApp, browser: &Browser) {
    app.number(PROXY, "FR", NumberType::Local).await;
    app.world.add_handset(Handset::new(CLIENT));
    browser.open(&format!("{}/activate?lang=en", app.address)).await;
    fill_in(browser).await;
    browser.click("button[type=submit]").await;
    browser.await_text("Keep your phone at hand").await;
    app.drain_jobs().await;
    browser.await_text("Answer the text").await;
}

fn code(app: &TestApp) -> String {
    let text = app.world.inbox(CLIENT).pop().expect("a text").body;
    let mut groups = text.split(|sign: char| !sign.is_ascii_digit()).filter(|group| group.len() == 6);
    groups.next().expect("a code").to_owned()
}

async fn assert_reached_through_the_new_number(app: &TestApp) {
    let call = app.call(COURIER, PROXY).await;
    assert_eq!(call.connected(), Some((COURIER, CLIENT)));
    assert_eq!(call.rings(), [(CLIENT, PROXY)]);
}

#[tokio::test]
async fn who_answers_the_text_sees_the_number_become_active_and_is_called_through_it() {
    run_test(async |app| {
        let browser = Browser::start().await;
        ask_for_a_number(app, &browser).await;
        app.text(CLIENT, PROXY, &format!("Voici : {}", code(app))).await;
        browser.await_text("Your number is active").await;
        assert_reached_through_the_new_number(app).await;
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn who_types_the_code_on_the_keypad_sees_the_number_become_active_and_is_called_through_it() {
    run_test(async |app| {
        let browser = Browser::start().await;
        ask_for_a_number(app, &browser).await;
        app.world.add_handset(Handset { digits: vec![code(app)], ..Handset::new(CLIENT) });
        app.advance(60).await;
        app.drain_jobs().await;
        browser.await_text("Your number is active").await;
        assert_reached_through_the_new_number(app).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn who_opens_the_link_from_the_mailbox_presses_its_button_and_is_called_through_the_number() {
    run_test(async |app| {
        let browser = Browser::start().await;
        ask_for_a_number(app, &browser).await;
        app.advance(60).await;
        browser.await_text("We are calling you").await;
        app.advance(120).await;
        browser.await_text("Open the link").await;
        let letter = app.world.mails_to("zoe@example.com").pop().expect("a letter");
        let at = letter.text.find("/confirmations/verify").expect("a link");
        let link = letter.text.get(at..).and_then(|rest| rest.split_whitespace().next()).expect("a link");
        for _ in 0..2 {
            browser.open(&format!("{}{link}", app.address)).await;
            browser.await_text("activer votre numéro").await;
        }
        browser.click("button").await;
        browser.await_text("Votre numéro est actif").await;
        app.drain_jobs().await;
        assert_reached_through_the_new_number(app).await;
        browser.open(&format!("{}{link}", app.address)).await;
        // Nothing says any more whose link this was: the page speaks the browser's language.
        browser.await_text("Link used or out of date").await;
        browser.quit().await;
    })
    .await;
}
