//! The pages over a stage, so that each can be seen in each state.

use std::{path::Path, sync::Arc};

use jiff::SignedDuration;
use proxycall_domain::Language;
use proxycall_testkit::{
    TestApp,
    app::{Outside, run_page_test},
    browser::{Browser, ENTER, TAB, eventually},
    stage::Stage,
};
use proxycall_web::enrolment::{CodeChannel, LinkState, Progress};
use serde_json::{Value, json};

const AXE: &str = include_str!("../assets/axe.min.js");

async fn browse(test: impl AsyncFnOnce(&TestApp, &Stage, &Browser)) {
    let stage = Stage::default();
    let outside = Outside { enrolment: Some(Arc::new(stage.clone())), ..Outside::default() };
    run_page_test(outside, async |app| {
        let browser = Browser::start().await;
        test(app, &stage, &browser).await;
        browser.quit().await;
    })
    .await;
}

fn waiting(app: &TestApp, channel: Option<CodeChannel>) -> Progress {
    Progress::Waiting { channel, valid_until: app.service.clock.now() + SignedDuration::from_hours(24) }
}

/// Nothing in the console but what a status that is no success puts there.
pub(crate) async fn assert_quiet(browser: &Browser) {
    let said = browser.console().await;
    let unexpected: Vec<_> =
        said.iter().filter(|line| !line.contains("the server responded with a status of 4")).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

pub(crate) async fn fill_in(browser: &Browser) {
    for (field, text) in [
        ("#first_name", "Zoé"),
        ("#last_name", "Martin"),
        ("#email", "Zoe@Example.com"),
        ("#email2", "zoe@example.com"),
        ("#phone", "06 39 98 00 01"),
        ("#phone2", "+33 6 39 98 00 01"),
    ] {
        browser.fill(field, text).await;
    }
}

#[tokio::test]
async fn the_form_is_filled_in_with_the_keyboard_alone_and_leads_to_live_progress() {
    browse(async |app, stage, browser| {
        stage.with(|script| script.progress = Ok(Some(waiting(app, None))));
        browser.open(&format!("{}/activate?lang=en", app.address)).await;
        browser.run("document.getElementById('first_name').focus()", json!([])).await;
        for (field, keys) in [
            ("first_name", "Zoé"),
            ("last_name", "Martin"),
            ("email", "Zoe@Example.com"),
            ("email2", "zoe@example.com"),
            ("country", "France"),
            ("phone", "06 39 98 00 01"),
            ("phone2", "0639980001"),
        ] {
            assert_eq!(browser.focus().await, field);
            browser.keys(keys).await;
            browser.keys(TAB).await;
        }
        assert_eq!(browser.value("#email").await, "zoe@example.com");
        assert_eq!(browser.value("#phone").await, "0639980001");
        browser.keys(ENTER).await;
        browser.await_text("Your code is on its way").await;
        stage.with(|script| script.progress = Ok(Some(waiting(app, Some(CodeChannel::Sms)))));
        browser.await_text("Answer the text").await;
        stage.with(|script| script.progress = Ok(Some(Progress::Done)));
        browser.await_text("Your number is active").await;
        let requests = stage.with(|script| script.requests.clone());
        assert_eq!(requests[0][..3], ["Zoé Martin", "zoe@example.com", "+33639980001"]);
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_announced_described_and_focused() {
    browse(async |app, stage, browser| {
        browser.open(&format!("{}/activate?lang=en", app.address)).await;
        browser.fill("#email", "zoe").await;
        // The message that leaving the field brings up must not move the button away from under the pointer.
        browser.click("button[type=submit]").await;
        assert_eq!(browser.focus().await, "first_name");
        browser.fill("#first_name", "Zoé").await;
        assert_eq!(browser.text("#email-error").await, "Enter a whole address, such as name@example.com.");
        browser.click("button[type=submit]").await;
        assert_eq!(browser.focus().await, "last_name");
        let seen = browser
            .run(
                "const field = document.activeElement; const summary = document.getElementById('summary');
                 return {invalid: field.getAttribute('aria-invalid'), role: summary.getAttribute('role'), links: summary.querySelectorAll('a').length,
                         described: field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent)};",
                json!([]),
            )
            .await;
        assert_eq!(
            seen,
            json!({"invalid": "true", "role": "alert", "links": 3, "described": ["Enter your last name."]})
        );
        assert!(stage.with(|script| script.requests.is_empty()));
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn without_javascript_everything_works_too() {
    browse(async |app, stage, browser| {
        stage.with(|script| script.progress = Ok(Some(Progress::Done)));
        browser.without_scripts().await;
        browser.open(&format!("{}/activate?lang=en", app.address)).await;
        fill_in(browser).await;
        browser.fill("#phone2", "2").await;
        browser.click("button[type=submit]").await;
        browser.await_text("The two numbers differ.").await;
        assert_eq!(browser.focus().await, "phone2");
        assert_eq!(browser.value("#last_name").await, "Martin");
        // End, then backspace: the field has the focus already, and its caret may be anywhere.
        browser.fill("#phone2", "\u{e010}\u{e003}").await;
        browser.click("button[type=submit]").await;
        browser.await_text("Your number is active").await;
        stage.with(|script| script.link = Ok(LinkState::Open { language: Language::En }));
        browser.open(&format!("{}/confirmations/verify?pending_id=P-1&token=abc", app.address)).await;
        browser.click("button").await;
        browser.await_text("Your number is active").await;
        assert_eq!(stage.with(|script| script.uses.len()), 1);
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_link_fills_in_leaves_the_address_bar() {
    browse(async |app, _, browser| {
        let clean = format!("{}/activate?lang=en", app.address);
        for link in [
            format!("{clean}&email=zoe%40example.com&phone=%2B33639980001"),
            format!("{clean}#email=zoe%40example.com&phone=+33639980001&first_name=Zo%C3%A9"),
        ] {
            browser.open("about:blank").await;
            browser.open(&link).await;
            eventually("a clean address", async || (browser.address().await == clean).then_some(())).await;
            for (field, value) in
                [("#email", "zoe@example.com"), ("#email2", "zoe@example.com"), ("#phone", "+33639980001")]
            {
                assert_eq!(browser.value(field).await, value, "{link}");
            }
        }
        assert_quiet(browser).await;
    })
    .await;
}

/// Each page in each state that differs to the eye: a name, and how to get there.
async fn visit(app: &TestApp, stage: &Stage, browser: &Browser, page: &str) {
    let at = |path: &str| format!("{}{path}", app.address);
    match page {
        "form" => browser.open(&at("/activate")).await,
        "form-errors" => {
            browser.open(&at("/activate")).await;
            browser.fill("#first_name", "Zoé").await;
            browser.fill("#email", "zoe@").await;
            browser.click("button[type=submit]").await;
        }
        "progress" => {
            stage.with(|script| script.progress = Ok(Some(waiting(app, Some(CodeChannel::Sms)))));
            browser.open(&at("/activate/progress/x")).await;
        }
        "locked" => {
            stage.with(|script| script.progress = Ok(Some(Progress::Locked)));
            browser.open(&at("/activate/progress/x")).await;
        }
        "verify" => browser.open(&at("/confirmations/verify?pending_id=P-1&token=abc")).await,
        "consent" => browser.open(&at("/confirmations/verify?pending_id=P-1&consent=abc")).await,
        "verified" => {
            browser.open(&at("/confirmations/verify?pending_id=P-1&token=abc")).await;
            browser.click("button").await;
            browser.await_text("actif").await;
        }
        "incomplete" => browser.open(&at("/confirmations/verify")).await,
        other => panic!("no page {other}"),
    }
}

/// With PROXYCALL_TEST_PICTURES a folder, each page is also put there as a picture.
pub(crate) async fn picture(browser: &Browser, name: &str) {
    put(name, async || browser.picture().await).await;
}

/// The same, of what a window of the documentation's size shows.
pub(crate) async fn picture_of_window(browser: &Browser, name: &str) {
    browser.look(1280, 800, "light").await;
    put(&format!("window-{name}"), async || browser.picture_of_window().await).await;
}

async fn put(name: &str, take: impl AsyncFnOnce() -> String) {
    use base64::Engine as _;
    let Some(folder) = std::env::var_os("PROXYCALL_TEST_PICTURES") else { return };
    let png = base64::engine::general_purpose::STANDARD.decode(take().await).unwrap();
    std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
}

/// Looks at what is shown at every width in both schemes: axe finds nothing, and nothing is too wide or too small.
pub(crate) async fn scan(browser: &Browser, page: &str) {
    let looks = [(390, 844), (768, 1024), (1440, 900)].into_iter();
    scan_in(browser, page, looks.flat_map(|(width, height)| [(width, height, "light"), (width, height, "dark")])).await;
}

/// The same at some widths, in one scheme each.
pub(crate) async fn scan_in(browser: &Browser, page: &str, looks: impl IntoIterator<Item = (u32, u32, &'static str)>) {
    browser.run(&format!("{AXE}; window.axe = axe;"), json!([])).await;
    for (width, height, scheme) in looks {
        browser.look(width, height, scheme).await;
        let name = format!("{page}-{width}-{scheme}");
        let found = browser
                .run_async(
                    "const done = arguments[0];
                     axe.run(document, {resultTypes: ['violations']}).then((result) => done({
                       violations: result.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html + ' ' + node.failureSummary).join(' | ')}`),
                       wider: document.documentElement.scrollWidth > window.innerWidth,
                       small: [...document.querySelectorAll('input:not([type=hidden]), select')].filter((it) => parseFloat(getComputedStyle(it).fontSize) < 16).length,
                     }));",
                    json!([]),
                )
                .await;
        picture(browser, &name).await;
        assert_eq!(found, json!({"violations": [], "wider": false, "small": 0}), "{name}");
    }
}

#[tokio::test]
async fn every_page_is_accessible_and_fits_at_every_width_in_both_schemes() {
    browse(async |app, stage, browser| {
        for page in ["form", "form-errors", "progress", "locked", "verify", "consent", "verified", "incomplete"] {
            browser.look(390, 844, "light").await;
            visit(app, stage, browser, page).await;
            scan(browser, page).await;
        }
        let said = browser.console().await;
        assert!(said.iter().all(|line| !line.contains("Content Security Policy")), "{said:?}");
        assert_ne!(browser.run("return axe.version", json!([])).await, Value::Null);
    })
    .await;
}
