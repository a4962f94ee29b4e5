//! The console's day, activity and reports in a real browser: live without losing the place, a file, letters in their frames,
//! and each page free of what keeps people out.

use proxycall_domain::NumberType;
use proxycall_service::{
    pool::alert,
    ports::{Ledger as _, clock::Ids as _, ledger::Alert},
};
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, OTHER_COURIER},
    browser::Browser,
    sandbox::world::Handset,
};
use serde_json::{Value, json};

use crate::{
    console::{browse, enter},
    pages::{assert_quiet, scan},
};

async fn open(app: &TestApp, browser: &Browser, path: &str) {
    browser.open(&format!("{}{path}", app.address)).await;
}

/// A day with something of each kind.
async fn a_day(app: &TestApp) -> String {
    let proxy = app.client(1, CLIENT).await;
    app.number("+33199000777", "FR", NumberType::Local).await;
    for _ in 0..3 {
        app.call(COURIER, &proxy).await;
    }
    app.call(CLIENT, &proxy).await;
    app.call("+14155550132", &proxy).await;
    app.text(OTHER_COURIER, &proxy, "hello").await;
    app.world.add_handset(Handset { undeliverable: Some(30003), ..Handset::new(CLIENT) });
    app.text(COURIER, &proxy, "again").await;
    let now = app.service.clock.now();
    for (kind, subject) in [(alert::NUMBER_MISSING, "+33199000555"), (alert::PURCHASE_FAILED, "FR mobile")] {
        let (id, detail) = (app.service.chance.alert_id(now), "Twilio failed.".into());
        let alert = Alert { id, kind: kind.to_owned(), subject: subject.to_owned(), detail, raised_at: now };
        app.store.raise_alert(alert).await.unwrap();
    }
    proxy
}

#[tokio::test]
async fn the_day_and_the_activity_are_accessible_at_every_width_in_both_schemes() {
    browse(async |app, browser| {
        enter(app, browser, "/console/today?lang=fr").await;
        browser.await_text("À traiter").await;
        open(app, browser, "/console/activity").await;
        scan(browser, "activity-empty").await;
        a_day(app).await;
        for (path, name) in [
            ("/console/today", "today"),
            ("/console/today?by=day", "today-by-day"),
            ("/console/activity", "activity"),
            ("/console/activity?result=failed", "activity-failed"),
        ] {
            browser.look(390, 844, "light").await;
            open(app, browser, path).await;
            scan(browser, name).await;
        }
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn the_weekly_report_and_its_letters_are_shown_and_accessible() {
    browse(async |app, browser| {
        a_day(app).await;
        enter(app, browser, "/console/reports?lang=en").await;
        // Without its figures the page comes at once; they follow by themselves.
        browser.await_text("With a proxy number").await;
        let letters =
            "return [...document.querySelectorAll('iframe')].map((it) => [it.getAttribute('sandbox'), it.title])";
        let letters = browser.run(letters, json!([])).await;
        assert_eq!(letters, json!([["", "Weekly report"], ["", "Alert"]]));
        browser.look(390, 844, "light").await;
        scan(browser, "reports").await;
        assert_quiet(browser).await;
        open(app, browser, "/console/reports/letter/weekly").await;
        browser.await_text("Rapport hebdomadaire").await;
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn new_rows_come_by_themselves_and_leave_who_reads_further_down_in_place() {
    browse(async |app, browser| {
        let proxy = app.client(1, CLIENT).await;
        for _ in 0..52 {
            app.call(COURIER, &proxy).await;
        }
        browser.look(1440, 900, "light").await;
        enter(app, browser, "/console/activity?lang=en").await;
        browser.click("#more a").await;
        let count = "return document.querySelectorAll('#rows > tr').length";
        proxycall_testkit::browser::eventually("the older rows", async || {
            (browser.run(count, json!([])).await == json!(52)).then_some(())
        })
        .await;
        let top = "const row = document.querySelectorAll('#rows > tr')[30];
            if (!window.watched) { row.scrollIntoView(); window.watched = row; }
            return [Math.round(window.watched.getBoundingClientRect().top), window.watched.isConnected];";
        let before = browser.run(top, json!([])).await;
        app.text(OTHER_COURIER, &proxy, "hello").await;
        proxycall_testkit::browser::eventually("the new row", async || {
            (browser.run(count, json!([])).await == json!(53)).then_some(())
        })
        .await;
        assert_eq!(browser.run(top, json!([])).await, before);
        let first = "return document.querySelector('#rows > tr').textContent";
        assert!(browser.run(first, json!([])).await.as_str().unwrap().contains("Text"));
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn a_caller_is_blocked_from_a_row_and_let_through_again() {
    browse(async |app, browser| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        browser.look(1440, 900, "light").await;
        enter(app, browser, "/console/activity?lang=en").await;
        browser.click("#rows summary").await;
        browser.click("#rows form button").await;
        browser.await_text("The caller is blocked for this client.").await;
        assert_eq!(app.call(COURIER, &proxy).await.connected(), None);
        browser.click(".notice button").await;
        browser.await_text("can reach this client again").await;
        assert_eq!(app.call(COURIER, &proxy).await.connected(), Some((COURIER, CLIENT)));
        assert_quiet(browser).await;
    })
    .await;
}

#[tokio::test]
async fn the_file_is_brought_again_without_loading_the_page_anew() {
    browse(async |app, browser| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        browser.look(1440, 900, "light").await;
        enter(app, browser, "/console/activity?lang=en").await;
        // As the button sends it, read by the page instead of being kept as a file.
        let ask = "const done = arguments[0];
            const form = document.querySelector('form.filters');
            const button = form.querySelector('[formaction]');
            fetch(button.getAttribute('formaction'), {method: 'POST', body: new URLSearchParams(new FormData(form))})
              .then(async (answer) => done([answer.status, answer.headers.get('content-disposition'), await answer.text()]));";
        for _ in 0..2 {
            let file = browser.run_async(ask, json!([])).await;
            assert_eq!(file[0], 200);
            assert!(file[1].as_str().unwrap().starts_with("attachment; filename=\"proxycall-activity-"), "{file}");
            assert!(file[2].as_str().unwrap().contains(&format!("'{proxy}")), "{file}");
        }
        assert_ne!(browser.run("return document.title", json!([])).await, Value::Null);
        assert_quiet(browser).await;
    })
    .await;
}
