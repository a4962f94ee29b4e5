//! The Google Sheet as a live mirror: what staff see and type there, while calls go on.

mod columns;
mod faults;
mod first_day;
mod people;
mod random;

use proxycall_domain::NumberType;
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, run_sheet_test},
    reqwest::StatusCode,
    sandbox::google::Spreadsheet,
};
use serde_json::json;

/// The client's number.
pub(crate) const PROXY: &str = "+33199000501";

pub(crate) fn sheet() -> Spreadsheet {
    Spreadsheet::proxycall("ProxyCall")
}

/// The text of a cell.
pub(crate) fn cell(app: &TestApp, id: &str, range: &str) -> String {
    app.world.google().cell(id, range).unwrap()
}

/// A person types into a cell.
pub(crate) fn enter(app: &TestApp, id: &str, range: &str, typed: &str) {
    app.world.google().enter(id, range, typed).unwrap();
}

/// The cells of a row, from `A` on.
pub(crate) fn row(app: &TestApp, id: &str, tab: &str, number: usize) -> Vec<String> {
    app.world.google().cells(id, tab).unwrap().get(number - 1).cloned().unwrap_or_default()
}

/// Puts rows into a tab as they are, from a row on.
pub(crate) fn paste(app: &TestApp, id: &str, tab: &str, first: usize, rows: &[&[&str]]) {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    app.world.google().paste(id, tab, first, &rows).unwrap();
}

/// A client with a number, by the API; the sheet shows both.
pub(crate) async fn one_client(app: &TestApp) {
    app.number(PROXY, "FR", NumberType::Local).await;
    let order = json!({"order_id": "O-1", "client_id": "7", "client_name": "Zoé Martin",
                       "client_mail": "zoe@example.com", "client_real_phone": CLIENT});
    let (status, body) = app.post("/orders", order).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    app.mirror().await;
}

#[tokio::test]
async fn what_the_api_does_is_in_the_sheet_and_formulas_and_row_two_are_untouched() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        let client = row(app, id, "Clients", 3);
        assert_eq!(client[..7], ["7", "Zoé Martin", "zoe@example.com", CLIENT, PROXY, "FR", "33"].map(str::to_owned));
        let number = row(app, id, "TwilioPools", 2);
        assert_eq!((number[0].as_str(), number[1].as_str(), number[2].as_str()), ("FR", PROXY, "assigned"));
        assert_eq!((number[6].as_str(), number[7].as_str(), number[10].as_str()), ("Zoé Martin", "local", "7"));
        app.call(COURIER, PROXY).await;
        app.mirror().await;
        assert_eq!(cell(app, id, "Clients!H3"), COURIER);
        let (status, _) = app.put("/clients/7", json!({"client_name": "Zoé Durand"})).await;
        assert_eq!(status, StatusCode::OK);
        app.mirror().await;
        assert_eq!(cell(app, id, "Clients!B3"), "Zoé Durand");
        assert_eq!(cell(app, id, "TwilioPools!G2"), "Zoé Durand");
        assert_eq!(cell(app, id, "Clients!F2") + &cell(app, id, "Clients!G2"), "");
    })
    .await;
}

#[tokio::test]
async fn what_a_person_types_is_in_the_store() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        enter(app, id, "Clients!C3", "Zoe@New.example");
        // Sheets makes a number of it.
        enter(app, id, "Clients!D3", "+33639980099");
        app.mirror().await;
        let (_, client) = app.get("/clients/7").await;
        assert_eq!(client["client_mail"], "zoe@new.example");
        assert_eq!(client["client_real_phone"], "+33639980099");
        assert_eq!(cell(app, id, "Clients!C3"), "Zoe@New.example", "what was typed stays as it was typed");
    })
    .await;
}

#[tokio::test]
async fn a_quiet_minute_costs_three_reads_and_no_write() {
    run_sheet_test(sheet(), async |app, _| {
        one_client(app).await;
        let before = app.world.google().counts();
        for _ in 0..60 {
            app.clock.advance(jiff::SignedDuration::from_secs(1));
            app.service.mirror_sheet().await.unwrap();
        }
        let after = app.world.google().counts();
        assert_eq!((after.reads - before.reads, after.writes - before.writes, after.drive - before.drive), (3, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_call_and_a_text_ask_google_nothing() {
    run_sheet_test(sheet(), async |app, _| {
        one_client(app).await;
        let before = app.world.google().counts();
        app.call(COURIER, PROXY).await;
        app.text(COURIER, PROXY, "Je suis en bas").await;
        assert_eq!(app.world.google().counts(), before);
    })
    .await;
}
