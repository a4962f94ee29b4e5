//! The sandbox's phones: a courier and a client call and text each other through a proxy number, in a real browser.

use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, TOKEN, run_test},
    browser::{Browser, ENTER, TAB, eventually},
    sandbox::world::{Handset, Person},
};
use serde_json::json;

use crate::pages::{assert_quiet, picture, picture_of_window, scan};

/// Calls from a country whose callers are refused.
const FOREIGNER: &str = "+14155550132";
/// As both sides are shown it.
const SHOWN: &str = "+33 1 99 00 05 01";

/// The phones in English, with a courier and the client whose number is `+33199000501`.
async fn phones(test: impl AsyncFnOnce(&TestApp, &Browser)) {
    run_test(async |app| {
        let proxy = app.client_with("+33199000501", "FR", 1, CLIENT).await;
        for (name, phone, proxy) in
            [("Léo", COURIER, None), ("Zoé Martin", CLIENT, Some(proxy)), ("Sam", FOREIGNER, None)]
        {
            app.world.add_handset(Handset::new(phone));
            app.world.introduce(Person { phone: phone.to_owned(), name: name.to_owned(), proxy });
        }
        app.world.set_service(&app.address, Some(TOKEN));
        let browser = Browser::start().await;
        browser.open(&format!("{}/sandbox?lang=en", app.carrier_url())).await;
        browser.await_text("Call Zoé").await;
        test(app, &browser).await;
        assert_quiet(&browser).await;
        // Its stream of events ends with it.
        browser.open("about:blank").await;
        browser.quit().await;
    })
    .await;
}

/// Waits until a handset shows this.
async fn shows(browser: &Browser, side: &str, text: &str) {
    eventually(text, async || browser.text(&format!("#{side} .screen")).await.contains(text).then_some(())).await;
}

/// The job that relays a text is carried out, and the text is there.
async fn arrived(app: &TestApp, phone: &str) {
    let there = async || {
        app.drain_jobs().await;
        (!app.world.inbox(phone).is_empty()).then_some(())
    };
    eventually("the text arrives", there).await;
}

fn button(side: &str, act: &str) -> String {
    format!("#{side} [data-act={act}]")
}

async fn press(browser: &Browser, side: &str, act: &str) {
    browser.click(&button(side, act)).await;
}

#[tokio::test]
async fn one_tap_rings_the_other_phone_with_the_proxy_number_and_both_talk_until_one_hangs_up() {
    phones(async |app, browser| {
        press(browser, "left", "call").await;
        for side in ["left", "right"] {
            shows(browser, side, SHOWN).await;
        }
        shows(browser, "right", "Incoming call").await;
        shows(browser, "right", "Léo’s own number stays hidden").await;
        let screen = browser.text("#right .screen").await;
        assert!(!screen.contains("+33 6"), "no real number is on the display: {screen}");
        press(browser, "right", "answer").await;
        for side in ["left", "right"] {
            shows(browser, side, "Connected").await;
        }
        picture_of_window(browser, "sandbox").await;
        app.clock.advance(jiff::SignedDuration::from_secs(42));
        press(browser, "left", "hang_up").await;
        for side in ["left", "right"] {
            shows(browser, side, "Call ended · 0:42").await;
        }
        browser.await_text("Connected, 42 s").await;
        for step in ["Léo dials", "The carrier asks ProxyCall", "SIGNED", "Decided: ring Zoé, show", "Both see"] {
            let story = browser.text("#stories").await;
            assert!(story.to_lowercase().contains(&step.to_lowercase()), "{step} in {story}");
        }
        assert_eq!(app.outcomes().await, ["completed"]);

        // All of it is there again after a reload.
        browser.open(&format!("{}/sandbox?lang=en", app.carrier_url())).await;
        browser.await_text("Connected, 42 s").await;

        // The client calls back, and the courier declines.
        browser.click("[data-try=back]").await;
        shows(browser, "left", "Incoming call").await;
        press(browser, "left", "hang_up").await;
        shows(browser, "right", "The service speaks").await;
        press(browser, "right", "hang_up").await;
        shows(browser, "right", "Call ended").await;
    })
    .await;
}

#[tokio::test]
async fn a_text_reaches_the_other_phone_and_is_answered_with_the_keyboard_alone() {
    phones(async |app, browser| {
        browser.run("document.getElementById('left-body').focus()", json!([])).await;
        browser.keys("I am downstairs").await;
        browser.keys(ENTER).await;
        arrived(app, CLIENT).await;
        shows(browser, "right", "I am downstairs").await;
        shows(browser, "right", SHOWN).await;
        browser.run("document.getElementById('right-body').focus()", json!([])).await;
        browser.keys("Third floor").await;
        browser.keys(TAB).await;
        browser.keys(ENTER).await;
        arrived(app, COURIER).await;
        shows(browser, "left", "Third floor").await;
        browser.await_text("Decided: take it, and send it on").await;
    })
    .await;
}

#[tokio::test]
async fn who_is_refused_hears_why() {
    phones(async |_, browser| {
        for (chip, reason) in [
            ("foreign", "Refused: the caller’s country is not allowed"),
            ("withheld", "Refused: the caller hides the number"),
        ] {
            browser.click(&format!("[data-try={chip}]")).await;
            shows(browser, "left", "The service speaks").await;
            assert!(!browser.text("#left .spoken").await.is_empty());
            press(browser, "left", "hang_up").await;
            browser.await_text(reason).await;
            shows(browser, "left", "Call ended").await;
        }
        assert!(browser.text("#right .screen").await.contains("Ready"), "nobody was rung");
    })
    .await;
}

#[tokio::test]
async fn the_phones_are_accessible_and_fit_at_every_width_in_both_schemes() {
    phones(async |app, browser| {
        for moment in ["start", "ringing", "talking", "over"] {
            match moment {
                "ringing" => {
                    press(browser, "left", "call").await;
                    shows(browser, "right", "Incoming call").await;
                }
                "talking" => {
                    press(browser, "right", "answer").await;
                    shows(browser, "left", "Connected").await;
                    press(browser, "left", "keypad").await;
                }
                "over" => {
                    press(browser, "right", "hang_up").await;
                    shows(browser, "right", "Call ended").await;
                    browser.click("[data-try=text]").await;
                    arrived(app, CLIENT).await;
                    browser.await_text("receives it from").await;
                    browser
                        .run("document.querySelectorAll('details').forEach((it) => it.open = true)", json!([]))
                        .await;
                }
                _ => {}
            }
            scan(browser, &format!("phones-{moment}")).await;
        }
        browser.open(&format!("{}/sandbox?lang=fr", app.carrier_url())).await;
        browser.await_text("Appeler Zoé").await;
        scan(browser, "phones-french").await;
        let moving = "return document.getAnimations().length";
        press(browser, "left", "call").await;
        shows(browser, "right", "Appel entrant").await;
        assert_ne!(browser.run(moving, json!([])).await, json!(0));
        browser.still().await;
        assert_eq!(browser.run(moving, json!([])).await, json!(0));
        press(browser, "left", "hang_up").await;
        shows(browser, "right", "L’appelant a raccroché").await;
        picture(browser, "phones-hung-up").await;
    })
    .await;
}
