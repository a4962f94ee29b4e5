//! The first day: an empty store, and a sheet that the Python service and its staff have filled.

use proxycall_service::ports::{Clock as _, Ledger as _};
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, OTHER_COURIER, run_sheet_test},
    reqwest::StatusCode,
    sandbox::world::Handset,
};
use serde_json::json;

use super::{PROXY, cell, paste, sheet};
use crate::confirmations::{code, status};

/// As the original leaves its tabs: numbers for phones, spaces, a client without number, dates without offset, and rows that
/// cannot be.
fn fill(app: &TestApp, id: &str) {
    paste(
        app,
        id,
        "Clients",
        3,
        &[
            &["1", "Zoé Martin", "zoe@example.com", CLIENT, PROXY],
            &["2", "Noé Petit", "Noe@Example.com", "'+33 6 39 98 00 12", "'+33199000502"],
            &["3", "Léa Sans Numéro", "lea@example.com", "33639980013"],
            &["4", "Sans téléphone", "sans@example.com", "n/a"],
            &["1", "Double", "double@example.com", "33639980014"],
        ],
    );
    let google = app.world.google();
    google.enter(id, "Clients!H3", &format!("'{COURIER}")).unwrap();
    paste(
        app,
        id,
        "TwilioPools",
        2,
        &[
            &[
                "FR",
                "33199000501",
                "assigned",
                "Zoé",
                "2025-11-02T09:30:00.123456",
                "2025-12-20T10:00:00+00:00",
                "Zoé Martin",
                "local",
                "8c5f",
                "2025-12-20T09:59:00.5",
                "1",
            ],
            &[
                "FR",
                "'+33199000502",
                "assigned",
                "Noé",
                "2025-11-02T09:30:00",
                "2025-12-21T10:00:00+00:00",
                "Noé Petit",
                "mobile",
                "",
                "",
                "2",
            ],
            &["FR", "33199000503", "available", "Stock", "2025-11-02T09:30:00", "", "", "local"],
            &["FR", "33199000504", "error", "Cassé", "2025-11-02T09:30:00", "", "", "local"],
        ],
    );
}

#[tokio::test]
async fn a_pool_row_with_a_clients_real_number_is_left_out_and_the_others_are_taken() {
    run_sheet_test(sheet(), async |app, id| {
        fill(app, id);
        paste(app, id, "TwilioPools", 6, &[&["FR", "33639980013", "available", "Léa", "2025-11-02T09:30:00"]]);
        app.mirror().await;
        let (_, available) = app.get("/pool/available?country_iso=FR").await;
        let available = available["available"].as_array().unwrap();
        assert_eq!((available.len(), &available[0]["phone_number"]), (1, &json!("+33199000503")));
        assert_eq!(app.get("/clients/1").await.0, StatusCode::OK);
        assert!(app.store.number("+33639980013".parse().unwrap()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn what_the_sheet_holds_is_taken_over_and_nothing_in_it_changes() {
    run_sheet_test(sheet(), async |app, id| {
        fill(app, id);
        let google = app.world.google();
        let tabs = ["Clients", "TwilioPools", "CONFIRMATION_PENDING"];
        let before = tabs.map(|tab| google.cells(id, tab).unwrap());
        let counts = google.counts();
        app.mirror().await;
        assert_eq!(google.counts().writes, counts.writes, "nothing is written");
        assert_eq!(tabs.map(|tab| google.cells(id, tab).unwrap()), before);
        let (_, zoe) = app.get("/clients/1").await;
        assert_eq!(
            (zoe["client_proxy_number"].as_str(), zoe["client_last_caller"].as_str()),
            (Some(PROXY), Some(COURIER))
        );
        let (_, lea) = app.get("/clients/3").await;
        assert_eq!(
            (lea["client_real_phone"].as_str(), lea["client_proxy_number"].as_str()),
            (Some("+33639980013"), Some(""))
        );
        assert_eq!(app.get("/clients/4").await.0, StatusCode::NOT_FOUND);
        let (_, available) = app.get("/pool/available?country_iso=FR").await;
        let available = available["available"].as_array().unwrap();
        assert_eq!((available.len(), &available[0]["phone_number"]), (1, &json!("+33199000503")));
        // What is faulty was never anything else here: a crash leaves it to nobody.
        let faulty = app.store.number_history("+33199000504".parse().unwrap()).await.unwrap();
        assert_eq!(faulty.iter().map(|past| past.status.as_str()).collect::<Vec<_>>(), ["error"]);
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        let reasons: Vec<String> = problems.iter().map(|problem| problem.reason.to_string()).collect();
        assert!(reasons.iter().any(|reason| reason.contains("row 6: client_real_phone")), "{reasons:?}");
        assert!(
            reasons.iter().any(|reason| reason.contains("row 7: client_id is the same as in row 3")),
            "{reasons:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn whoever_called_last_is_called_back_through_the_new_service() {
    run_sheet_test(sheet(), async |app, id| {
        fill(app, id);
        app.mirror().await;
        for phone in [CLIENT, COURIER, OTHER_COURIER] {
            app.world.add_handset(Handset::new(phone));
        }
        app.carrier_number(PROXY);
        assert_eq!(app.call(CLIENT, PROXY).await.connected(), Some((CLIENT, COURIER)));
        assert_eq!(app.call(OTHER_COURIER, PROXY).await.connected(), Some((OTHER_COURIER, CLIENT)));
    })
    .await;
}

#[tokio::test]
async fn a_look_before_says_what_would_be_taken_and_takes_nothing() {
    run_sheet_test(sheet(), async |app, id| {
        fill(app, id);
        let would = app.service.import_sheet(true, &mut |_| ()).await.unwrap();
        assert_eq!((would.clients, would.same), (3, 0));
        assert_eq!(app.get("/clients/next-id").await.1["next_client_id"], 1);
        let took = app.service.import_sheet(false, &mut |_| ()).await.unwrap();
        assert_eq!((took.clients, took.numbers, took.skipped.len()), (3, 2, would.skipped.len()), "{took:?} {would:?}");
        assert_eq!(
            app.service.import_sheet(false, &mut |_| ()).await.unwrap().same,
            3,
            "a second time changes nothing"
        );
    })
    .await;
}

/// Two confirmations that the Python service began: one goes on, one is over; and the number that is held for the first.
async fn fill_confirmations(app: &TestApp, id: &str) {
    let begun = |hours| {
        (app.clock.now() - jiff::SignedDuration::from_hours(hours)).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    };
    let row = |id: &'static str, phone, begun: &str| {
        [id, "Zoé Martin", "zoe@example.com", phone, "33199000501", "482913", "PENDING_CALL", begun, ""]
            .map(str::to_owned)
    };
    let rows = [row("P-old", "33639980077", &begun(30)), row("P-live", "33639980001", &begun(1))];
    app.world.google().paste(id, "CONFIRMATION_PENDING", 2, &rows.map(|row| row.to_vec())).unwrap();
    paste(
        app,
        id,
        "TwilioPools",
        2,
        &[&["FR", "33199000501", "reserved", "", "2025-11-02T09:30:00", "", "Zoé Martin", "local", "P-live"]],
    );
    app.carrier_number(PROXY);
    app.world.add_handset(Handset::new(CLIENT));
    app.mirror().await;
}

#[tokio::test]
async fn a_confirmation_in_progress_goes_on_with_the_code_that_its_client_has() {
    run_sheet_test(sheet(), async |app, id| {
        fill_confirmations(app, id).await;
        assert_eq!(status(app, "P-live").await, "PENDING_CALL");
        assert_eq!(app.get("/confirmations/status?pending_id=P-old").await.0, StatusCode::NOT_FOUND);
        app.text(CLIENT, PROXY, "482914").await;
        app.text(CLIENT, PROXY, "c'est le 482 913").await;
        assert_eq!(status(app, "P-live").await, "PROMOTED");
        app.mirror().await;
        assert_eq!(cell(app, id, "CONFIRMATION_PENDING!G3"), "PROMOTED");
        assert_eq!(cell(app, id, "CONFIRMATION_PENDING!F3"), "482913", "what others wrote is left alone");
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_for_a_code_again_gets_a_new_one_and_the_old_one_is_void() {
    run_sheet_test(sheet(), async |app, id| {
        fill_confirmations(app, id).await;
        let (status_of, _) = app.post("/confirmations/resend", json!({"pending_id": "P-live", "channel": "sms"})).await;
        assert_eq!(status_of, StatusCode::OK);
        app.drain_jobs().await;
        let new = code(app, CLIENT);
        assert_ne!(new, "482913");
        app.text(CLIENT, PROXY, "482913").await;
        assert_ne!(status(app, "P-live").await, "PROMOTED");
        app.text(CLIENT, PROXY, &new).await;
        assert_eq!(status(app, "P-live").await, "PROMOTED");
    })
    .await;
}
