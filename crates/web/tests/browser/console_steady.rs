//! The console's pages in a real browser stand still: what opens lies over the page, and what matters is in sight.

use proxycall_testkit::{
    app::{CLIENT, COURIER, Outside, run_page_test},
    browser::Browser,
    sandbox::{google::Spreadsheet, world::Handset},
};
use serde_json::json;

use crate::{
    console::{browse, enter},
    pages::assert_quiet,
};

/// Opens each question in turn; which one moved something that was in sight, if any did.
const MOVED: &str = "
    const asks = document.querySelectorAll('.head details.confirm, .table details.confirm, .timeline details.confirm');
    const seen = [...document.querySelectorAll('h1, h2, h3, p, td, .row, button, summary, a')];
    const places = () => JSON.stringify(seen.filter((it) => !it.closest('.confirm > form')).map((it) => {
        const box = it.getBoundingClientRect();
        return [box.top, box.left, box.width];
    }));
    const before = places();
    if (!asks.length) return 'nothing is asked here';
    for (const ask of asks) {
        ask.open = true;
        const form = ask.querySelector('form').getBoundingClientRect();
        if (places() !== before || form.width < 200 || form.left < 0) return ask.outerHTML;
        ask.open = false;
    }
    return null;";

#[tokio::test]
async fn a_question_lies_over_the_page_and_moves_nothing() {
    let outside = Outside { sheet: Some(Spreadsheet::proxycall("ProxyCall")), ..Outside::default() };
    run_page_test(outside, async |app| {
        let proxy = app.client(1, CLIENT).await;
        for _ in 0..3 {
            app.call(COURIER, &proxy).await;
        }
        // One that says why it failed, so that its button falls below it.
        app.world.add_handset(Handset { undeliverable: Some(30_003), ..Handset::new(CLIENT) });
        app.text(COURIER, &proxy, "where are you?").await;
        for n in 5..8 {
            app.post("/blocks", json!({ "phone": format!("+3363998000{n}"), "reason": "rings at night" })).await;
            app.post("/tokens", json!({ "name": format!("shop{n}"), "scope": "operate" })).await;
        }
        let browser = Browser::start().await;
        enter(app, &browser, "/console/health?lang=fr").await;
        browser.look(1440, 900, "light").await;
        for page in ["sheet", "settings/blocks", "settings/tokens", "clients/1", "activity"] {
            browser.open(&format!("{}/console/{page}", app.address)).await;
            browser.still().await;
            assert_eq!(browser.run(MOVED, json!([])).await, json!(null), "{page}");
        }
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test]
async fn settings_fit_beside_their_button_in_french_and_on_a_phone_the_chosen_tab_is_in_sight() {
    browse(async |app, browser| {
        enter(app, browser, "/console/settings?lang=fr").await;
        browser.look(1440, 900, "light").await;
        let below = "return [...document.querySelectorAll('.setting .value')].filter((of) =>
            of.querySelector('button').getBoundingClientRect().top >= of.children[0].getBoundingClientRect().bottom).length";
        assert_eq!(browser.run(below, json!([])).await, json!(0), "no button falls below its field");
        browser.look(390, 844, "light").await;
        let outside = "const box = document.querySelector('.tabs [aria-current]').getBoundingClientRect();
            return box.left < 0 || box.right > innerWidth";
        for page in ["settings", "settings/blocks", "settings/audit"] {
            browser.open(&format!("{}/console/{page}", app.address)).await;
            assert_eq!(browser.run(outside, json!([])).await, json!(false), "{page}");
        }
        assert_quiet(browser).await;
    })
    .await;
}
