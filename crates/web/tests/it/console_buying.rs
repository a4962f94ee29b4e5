//! The console's page of purchases: with what it begins, what it warns of, and what it asks once more.

use proxycall_domain::NumberType;
use proxycall_service::{
    pool::alert,
    ports::{Ledger as _, clock::Ids as _, ledger::Alert},
};
use proxycall_testkit::{app::CLIENT, run_test, sandbox::world::Shelf};

/// Where a link of a page that begins so leads.
fn link(page: &str, begins: &str) -> String {
    let rest = page.split_once(&format!("href=\"{begins}")).expect("a link").1;
    format!("{begins}{}", rest.split_once('"').unwrap().0).replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn the_way_from_an_alert_to_a_purchase_shows_what_is_for_sale() {
    run_test(async |app| {
        let now = app.service.clock.now();
        let (id, kind, subject) =
            (app.service.chance.alert_id(now), alert::LOW_STOCK.to_owned(), "FR mobile".to_owned());
        app.store.raise_alert(Alert { id, kind, subject, detail: "low".into(), raised_at: now }).await.unwrap();
        let console = app.console().await;
        let way = link(&console.page("/console/today").await, "/console/numbers/buy?");
        let page = console.page(&way).await;
        assert!(page.contains("For sale right now") && page.contains("Buy 1 number"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_purchase_begins_with_the_country_whose_clients_have_the_least_in_stock() {
    run_test(async |app| {
        let console = app.console().await;
        let chosen = async || {
            let page = console.page("/console/numbers/buy").await;
            let before = page.split_once(" selected>").expect("a choice").0;
            before.rsplit("value=\"").next().unwrap().trim_end_matches('"').to_owned()
        };
        assert_eq!(chosen().await, "FR", "where there is no number, what the environment names");
        for n in 0..3 {
            app.number(&format!("+44770090012{n}"), "GB", NumberType::Mobile).await;
        }
        assert_eq!(chosen().await, "GB", "what there is most of");
        app.client_with("+33199000001", "FR", 1, CLIENT).await;
        assert_eq!(chosen().await, "FR", "what clients have, and is short");
        app.client_with("+447700900130", "GB", 2, "+447700900140").await;
        assert_eq!(chosen().await, "FR");
        for n in 2..9 {
            app.number(&format!("+3319900000{n}"), "FR", NumberType::Local).await;
        }
        assert_eq!(chosen().await, "GB");
    })
    .await;
}

#[tokio::test]
async fn another_type_than_was_asked_for_is_said_and_the_purchase_asks_once_more() {
    run_test(async |app| {
        let console = app.console().await;
        let address = "/console/numbers/buy?country=FR&type=mobile&quantity=2";
        let page = console.page(address).await;
        assert!(!page.contains("You asked for"), "{page}");
        let asks = page.split_once("<details class=\"confirm\">").expect("a question").1;
        assert!(asks.contains("Buy 2 numbers – France · mobile. Twilio bills each number"), "{asks}");
        app.world.sell_out("FR", Shelf::Mobile);
        let page = console.page(address).await;
        assert_eq!(page.matches("You asked for “mobile”, but only “local” is for sale").count(), 2, "{page}");
        assert!(page.contains("Buy 2 numbers – France · local."), "{page}");
    })
    .await;
}
