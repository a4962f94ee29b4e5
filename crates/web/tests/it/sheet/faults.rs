//! What Google, a broken sheet or a crash can do.

use proxycall_testkit::{
    app::{CLIENT, COURIER, run_sheet_test},
    reqwest::StatusCode,
    sandbox::{Fault, google::RequestKind, world::Handset},
};
use serde_json::json;

use super::{PROXY, cell, enter, one_client, row, sheet};

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_neither_lost_nor_doubled() {
    run_sheet_test(sheet(), async |app, id| {
        for fault in
            [Fault::HangUpAfterAccepting, Fault::HangUpBeforeAccepting, Fault::HalfAnAnswer, Fault::Status(503)]
        {
            app.world.google().fail_next_of(RequestKind::Write, fault);
        }
        app.number(PROXY, "FR", proxycall_domain::NumberType::Local).await;
        for _ in 0..40 {
            app.clock.advance(jiff::SignedDuration::from_secs(10));
            let _ = app.service.mirror_sheet().await;
        }
        app.mirror().await;
        let rows = app.world.google().cells(id, "TwilioPools").unwrap();
        assert_eq!(
            rows.iter().skip(1).filter(|row| row.get(1).is_some_and(|cell| cell == PROXY)).count(),
            1,
            "{rows:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_tab_that_cannot_be_read_is_named_and_the_others_go_on() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        enter(app, id, "TwilioPools!C1", "Statut");
        enter(app, id, "Clients!C1", "adresse");
        app.call(COURIER, PROXY).await;
        for _ in 0..3 {
            app.clock.advance(jiff::SignedDuration::from_secs(20));
            app.service.mirror_sheet().await.unwrap();
        }
        let problems = app.service.ledger.sheet_problems().await.unwrap();
        assert!(problems.iter().any(|it| it.reason.contains("there is no column client_mail")), "{problems:?}");
        enter(app, id, "Clients!C1", "client_mail");
        app.mirror().await;
        assert_eq!(cell(app, id, "Clients!H3"), COURIER);
        assert!(app.service.ledger.sheet_problems().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn many_rows_that_vanish_at_once_close_nobody() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        for n in 1..9 {
            app.number(&format!("+3319900060{n}"), "FR", proxycall_domain::NumberType::Local).await;
            let order = json!({"order_id": format!("O-{n}-"), "client_id": n.to_string(), "client_name": format!("Ana {n}"),
                               "client_mail": format!("ana{n}@example.com"), "client_real_phone": format!("+3363998001{n}")});
            app.post("/orders", order).await;
        }
        app.mirror().await;
        let google = app.world.google();
        let before = google.cells(id, "Clients").unwrap();
        google.delete_rows(id, "Clients", 3, 6).unwrap();
        for _ in 0..3 {
            app.clock.advance(jiff::SignedDuration::from_secs(20));
            app.service.mirror_sheet().await.unwrap();
        }
        for n in 1..8 {
            assert_eq!(app.get(&format!("/clients/{n}")).await.0, StatusCode::OK, "client {n}");
        }
        let (_, summary) = app.get("/pool/summary").await;
        assert!(summary.to_string().contains("vanished at once"), "{summary}");
        let rows: Vec<Vec<String>> = before.iter().skip(2).map(|row| row.iter().take(5).cloned().collect()).collect();
        google.delete_rows(id, "Clients", 3, 10).unwrap();
        google.paste(id, "Clients", 3, &rows).unwrap();
        app.mirror().await;
        assert!(app.service.ledger.sheet_problems().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_hour_without_google_loses_nothing_and_stops_no_call() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        app.world.google().unshare(id);
        for _ in 0..360 {
            app.clock.advance(jiff::SignedDuration::from_secs(10));
            let _ = app.service.mirror_sheet().await;
        }
        app.world.add_handset(Handset::new(CLIENT));
        let call = app.call(COURIER, PROXY).await;
        assert_eq!(call.connected(), Some((COURIER, CLIENT)));
        let state = app.service.ledger.sheet_state().await.unwrap();
        assert!(state.failure.is_some_and(|(why, _)| why.contains("share the spreadsheet")));
        app.world.google().share(id, proxycall_testkit::sandbox::google::Role::Editor);
        app.clock.advance(jiff::SignedDuration::from_secs(150));
        app.mirror().await;
        assert_eq!(row(app, id, "Clients", 3)[7], COURIER);
        assert_eq!(app.service.ledger.sheet_state().await.unwrap().failure, None);
    })
    .await;
}
