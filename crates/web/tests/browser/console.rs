//! The console's frame in a real browser: signing in with the keyboard, settings, the sheet, health.

use proxycall_testkit::{
    TestApp,
    app::{TOKEN, run_page_test},
    browser::{Browser, ENTER, eventually},
};
use serde_json::json;

use crate::pages::{assert_quiet, scan};

/// Runs a test with a browser over an app.
pub(crate) async fn browse(test: impl AsyncFnOnce(&TestApp, &Browser)) {
    run_page_test(Default::default(), async |app| {
        let browser = Browser::start().await;
        test(app, &browser).await;
        browser.quit().await;
    })
    .await;
}

/// Signs in as whoever may do everything, and goes to a page of the console.
pub(crate) async fn enter(app: &TestApp, browser: &Browser, path: &str) {
    browser.open(&format!("{}/console/login", app.address)).await;
    browser.fill("#token", TOKEN).await;
    browser.click("button").await;
    // Two ways to a page at once would come to either.
    let signed_in = async || (!browser.address().await.ends_with("/console/login")).then_some(());
    eventually("the page behind the login", signed_in).await;
    browser.open(&format!("{}{path}", app.address)).await;
}

#[tokio::test]
async fn one_signs_in_with_the_keyboard_and_comes_to_the_page_that_one_wanted() {
    browse(async |app, browser| {
        browser.open(&format!("{}/console/sheet?lang=en", app.address)).await;
        browser.run("document.getElementById('token').focus()", json!([])).await;
        browser.keys("wrong").await;
        browser.keys(ENTER).await;
        browser.await_text("That token is not valid").await;
        browser.fill("#token", TOKEN).await;
        browser.keys(ENTER).await;
        browser.await_text("No sheet is set up").await;
        assert!(browser.address().await.ends_with("/console/sheet"));
        let told = browser.run("return document.cookie", json!([])).await;
        assert!(!told.to_string().contains("__Host"), "no script reads the session: {told}");
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn a_sentence_is_changed_and_can_be_heard() {
    browse(async |app, browser| {
        enter(app, browser, "/console/settings/texts?lang=en").await;
        browser.click("a[href*='edit=phrase.call.busy.en']").await;
        browser.run("document.getElementById('edited').value = ''", json!([])).await;
        browser.fill("#edited", "The line is busy. Please call later.").await;
        browser.click("form.sheet button").await;
        browser.await_text("is kept.").await;
        assert_eq!(browser.text("#phrase-call-busy-en").await, "The line is busy. Please call later.");
        let said = "let said; speechSynthesis.speak = (words) => { said = [words.text, words.lang]; };
            document.querySelector('[data-say=phrase-call-busy-en]').click(); return said;";
        let said = browser.run(said, json!([])).await;
        assert_eq!(said, json!(["The line is busy. Please call later.", "en"]));
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn the_frame_settings_sheet_and_health_are_accessible_and_fit_at_every_width_in_both_schemes() {
    browse(async |app, browser| {
        app.client(1, "+33639980001").await;
        let block = json!({"phone": "+33639980002", "reason": "rings at night"});
        app.post("/blocks", block).await;
        app.post("/tokens", json!({"name": "shop", "scope": "operate"})).await;
        browser.open(&format!("{}/console/login", app.address)).await;
        scan(browser, "console-login").await;
        enter(app, browser, "/console/health").await;
        scan(browser, "console-health").await;
        for page in
            ["sheet", "settings", "settings/texts", "settings/blocks", "settings/tokens", "settings/audit", "none"]
        {
            browser.open(&format!("{}/console/{page}", app.address)).await;
            scan(browser, &format!("console-{}", page.replace('/', "-"))).await;
        }
        browser.open(&format!("{}/console/settings/blocks", app.address)).await;
        browser.run("document.querySelector('main details.confirm').open = true", json!([])).await;
        scan(browser, "console-settings-blocks-asked").await;
        assert_quiet(browser).await;
    })
    .await;
}
