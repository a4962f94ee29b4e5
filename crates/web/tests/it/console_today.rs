//! The console's page of the day: what it counts, and what it says needs a hand.

use jiff::SignedDuration;
use proxycall_domain::NumberType;
use proxycall_service::{
    pool::alert,
    ports::{Ledger as _, clock::Ids as _, ledger::Alert},
};
use proxycall_testkit::{
    Console, TestApp,
    app::{CLIENT, COURIER, run_test_on_both},
    sandbox::{CallScript, world::Behaviour},
};

use crate::access::token;

const PAGE: &str = "/console/today";

async fn raise(app: &TestApp, kind: &str, subject: &str) {
    let now = app.service.clock.now();
    let (id, detail) = (app.service.chance.alert_id(now), "the carrier's words".into());
    let alert = Alert { id, kind: kind.to_owned(), subject: subject.to_owned(), detail, raised_at: now };
    app.store.raise_alert(alert).await.unwrap();
}

/// The value and note of a tile.
fn tile(page: &str, label: &str) -> (String, String) {
    let rest = page.split_once(&format!("<span class=\"label\">{label}</span>")).expect("the tile").1;
    let text = |rest: &str| rest.split_once('>').and_then(|(_, rest)| rest.split_once('<')).unwrap().0.to_owned();
    let (_, value) = rest.split_once("class=\"value\"").unwrap();
    let (_, note) = rest.split_once("class=\"note\"").unwrap();
    (text(value), text(note))
}

#[tokio::test]
async fn the_day_is_counted_from_midnight_by_the_operators_clock() {
    run_test_on_both(async |app| {
        let console = app.console().await;
        let page = console.page(PAGE).await;
        assert_eq!(tile(&page, "Calls"), ("0".to_owned(), "none".to_owned()));
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        app.call(COURIER, &proxy).await;
        app.call(COURIER, &proxy).await;
        app.call_with(CallScript { answer: Some(Behaviour::Busy), ..CallScript::new(COURIER, &proxy) }).await;
        app.text(COURIER, &proxy, "hello").await;
        // One who may not call: of all calls, and not only of those put through, is told how many were answered.
        app.call("+12025550123", &proxy).await;
        let page = app.console().await.page(PAGE).await;
        assert_eq!(tile(&page, "Calls"), ("5".to_owned(), "3 of 5 answered".to_owned()));
        assert_eq!(tile(&page, "Texts"), ("1".to_owned(), "1 of 1 delivered or sent".to_owned()));
        assert!(page.contains("<svg") && page.contains("chart-figures"));
        app.clock.advance(SignedDuration::from_hours(24));
        let page = app.console().await.page(PAGE).await;
        assert_eq!(tile(&page, "Calls").0, "0");
        let week = app.console().await.page("/console/today?by=day").await;
        assert!(week.contains("5 in all"), "{week}");
    })
    .await;
}

#[tokio::test]
async fn each_alert_is_told_in_words_and_leads_to_where_it_is_put_right() {
    run_test_on_both(async |app| {
        let console = app.console().await;
        for (kind, subject, said, href) in [
            (alert::LOW_STOCK, "FR mobile", "Low stock: France · mobile", "/console/numbers/buy?country=FR"),
            (alert::PURCHASE_FAILED, "GB mobile", "United Kingdom · mobile", "/console/numbers/buy?country=GB"),
            (
                alert::NUMBER_MISSING,
                "+33199000001",
                "Number gone at Twilio: +33 1 99 00 00 01",
                "/numbers/33199000001\"",
            ),
            (alert::USED_ELSEWHERE, "+33199000002", "Number leads elsewhere", "/numbers/33199000002/webhooks"),
            (alert::RELEASE_FAILED, "+33199000003", "Number not given back", "/numbers/33199000003"),
            (alert::MARKED_FAULTY, "+33199000004", "Number marked as faulty", "/numbers/33199000004"),
            (alert::SHEET_TAB, "Clients", "A tab of the sheet is stuck: Clients", "/console/sheet"),
            (proxycall_service::privacy::alert::ERASURE_FAILED, "42", "Erasure not complete", "/console/clients/42"),
            ("webhooks_failing", "webhooks", "Webhooks are failing", "/console/health"),
        ] {
            raise(app, kind, subject).await;
            let page = console.page(PAGE).await;
            assert!(page.contains(said) && page.contains(href), "{kind}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn many_alerts_of_a_kind_are_one_line_and_the_worst_come_first() {
    run_test_on_both(async |app| {
        raise(app, alert::LOW_STOCK, "FR mobile").await;
        for n in 0..40 {
            raise(app, alert::NUMBER_MISSING, &format!("+331990000{n:02}")).await;
        }
        let page = app.console().await.page(PAGE).await;
        let (many, low) = (page.find("Number gone at Twilio (40)").expect("one line"), page.find("Low stock").unwrap());
        assert!(many < low && !page.contains("+33 1 99 00 00 01"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_stock_that_is_about_to_run_out_is_told_before_any_alert() {
    run_test_on_both(async |app| {
        app.client(1, CLIENT).await;
        let page = app.console().await.page(PAGE).await;
        assert!(page.contains("No number is free: new clients get none."), "{page}");
        for n in 0..40 {
            app.number(&format!("+331990001{n:02}"), "FR", NumberType::Mobile).await;
        }
        let page = app.console().await.page(PAGE).await;
        assert!(!page.contains("No number is free") && !page.contains("empty within a week"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_stock_is_judged_alike_on_every_page_and_the_shortest_is_named() {
    run_test_on_both(async |app| {
        app.client(1, CLIENT).await;
        for n in 0..40 {
            app.number(&format!("+447700900{n:03}"), "GB", NumberType::Mobile).await;
        }
        let console = app.console().await;
        let page = console.page(PAGE).await;
        assert_eq!(tile(&page, "Free numbers"), ("40".to_owned(), "France · mobile: none left".to_owned()));
        assert!(page.contains("No number is free: new clients get none."), "{page}");
        let row = |page: &str| {
            page.split_once("France · mobile</a>").expect("a row").1.split("</tr>").next().unwrap().to_owned()
        };
        assert!(row(&page).contains("badge bad") && row(&page).contains("none left"), "{page}");
        let numbers = console.page("/console/numbers").await;
        assert!(row(&numbers).contains("badge bad") && row(&numbers).contains("none left"), "{numbers}");
        let health = console.page("/console/health").await;
        let check = health.split_once("<h2>Stock FR mobile</h2>").expect("a check").1.split("</li>").next().unwrap();
        assert!(check.contains("badge warn") && check.contains("at least 1 available"), "{check}");
        assert!(app.service.weekly_report(app.service.this_week()).await.unwrap().is_low());
        // The alert that there are few is told as what it is.
        raise(app, alert::LOW_STOCK, "FR mobile").await;
        let page = console.page(PAGE).await;
        assert!(page.contains("No number is free: new clients get none."), "{page}");
    })
    .await;
}

#[tokio::test]
async fn who_only_looks_is_offered_no_purchase() {
    run_test_on_both(async |app| {
        let reader = token(app, "reader", "read").await;
        let page = Console::sign_in(app, &reader).await.page(PAGE).await;
        assert!(page.contains("No number in the pool.") && !page.contains("/console/numbers/buy\""), "{page}");
    })
    .await;
}
