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
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert!(
            problems.iter().any(|it| it.reason.to_string().contains("there is no column client_mail")),
            "{problems:?}"
        );
        enter(app, id, "Clients!C1", "client_mail");
        app.mirror().await;
        assert_eq!(cell(app, id, "Clients!H3"), COURIER);
        assert!(app.service.ledger.sheet_problems(None, 1_000).await.unwrap().is_empty());
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
        assert!(app.service.ledger.sheet_problems(None, 1_000).await.unwrap().is_empty());
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
        assert!(state.failure.is_some_and(|(why, _)| why.to_string().contains("share the spreadsheet")));
        app.world.google().share(id, proxycall_testkit::sandbox::google::Role::Editor);
        app.clock.advance(jiff::SignedDuration::from_secs(150));
        app.mirror().await;
        assert_eq!(row(app, id, "Clients", 3)[7], COURIER);
        assert_eq!(app.service.ledger.sheet_state().await.unwrap().failure, None);
    })
    .await;
}

/// What is told of a row that may not be written.
async fn told(app: &proxycall_testkit::TestApp) -> Vec<(String, String)> {
    let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
    problems.into_iter().map(|it| (it.key, it.reason.to_string())).collect()
}

/// Runs cycles, so many seconds apart in all.
async fn cycles(app: &proxycall_testkit::TestApp, seconds: i64) {
    for _ in 0..seconds / 3 {
        app.clock.advance(jiff::SignedDuration::from_secs(3));
        app.service.mirror_sheet().await.unwrap();
    }
}

/// More clients, from 1 on, with numbers.
async fn clients(app: &proxycall_testkit::TestApp, count: usize) {
    for n in 1..=count {
        app.number(&format!("+331990006{n:02}"), "FR", proxycall_domain::NumberType::Local).await;
        let order = json!({"order_id": format!("O-{n}-"), "client_id": n.to_string(), "client_name": format!("Ana {n}"),
                           "client_mail": format!("ana{n}@example.com"), "client_real_phone": format!("+336399801{n:02}")});
        assert_eq!(app.post("/orders", order).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_protected_cell_stops_no_other_and_is_written_once_it_may_be() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        clients(app, 6).await;
        app.mirror().await;
        let google = app.world.google();
        google.protect(id, "Clients!B3:B4").unwrap();
        let before = google.counts();
        for n in (1..=6).chain([7]) {
            let change = json!({"client_name": format!("Zoé {n}"), "client_mail": format!("zoe{n}@example.com")});
            assert_eq!(app.put(&format!("/clients/{n}"), change).await.0, StatusCode::OK);
        }
        cycles(app, 12).await;
        for row in google.cells(id, "Clients").unwrap().iter().skip(4) {
            assert_eq!((&row[1], &row[2]), (&format!("Zoé {}", row[0]), &format!("zoe{}@example.com", row[0])));
        }
        assert_eq!(
            (cell(app, id, "Clients!B3"), cell(app, id, "Clients!C3")),
            ("Zoé Martin".into(), "zoe7@example.com".into())
        );
        let problems = told(app).await;
        assert_eq!(problems.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["1", "7"]);
        assert!(
            problems.iter().all(|(_, why)| why.contains("client_name cannot be written") && why.contains("@")),
            "{problems:?}"
        );
        let status = app.service.check_mirror().await;
        assert!(status.seen.to_string().contains("2 things to put right"), "{status:?}");
        // A quarter of an hour later little was asked for it.
        cycles(app, 900).await;
        let after = google.counts();
        assert!(after.writes - before.writes <= 4 && after.reads - before.reads <= 60, "{before:?} {after:?}");
        google.unprotect(id, "Clients").unwrap();
        cycles(app, 330).await;
        assert_eq!((cell(app, id, "Clients!B3"), cell(app, id, "Clients!B4")), ("Zoé 7".into(), "Zoé 1".into()));
        assert_eq!((told(app).await, app.service.ledger.sheet_waits().await.unwrap()), (vec![], 0));
    })
    .await;
}

#[tokio::test]
async fn a_persons_edit_of_a_protected_cell_of_ours_is_put_back_once_it_may_be() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        app.world.google().protect(id, "Clients!E:E").unwrap();
        enter(app, id, "Clients!E3", "+33199000777");
        cycles(app, 60).await;
        assert!(told(app).await[0].1.contains("client_proxy_number cannot be written"));
        app.world.google().unprotect(id, "Clients").unwrap();
        cycles(app, 330).await;
        assert_eq!(cell(app, id, "Clients!E3"), PROXY);
        assert_eq!(told(app).await, []);
    })
    .await;
}

#[tokio::test]
async fn protected_cells_of_which_google_does_not_tell_are_found_by_halving() {
    run_sheet_test(sheet(), async |app, id| {
        clients(app, 20).await;
        app.mirror().await;
        let google = app.world.google();
        google.protect_unseen(id, "Clients!B5").unwrap();
        google.protect_unseen(id, "Clients!B17").unwrap();
        for n in 1..=20 {
            assert_eq!(
                app.put(&format!("/clients/{n}"), json!({"client_name": format!("Zoé {n}")})).await.0,
                StatusCode::OK
            );
        }
        let before = google.counts();
        cycles(app, 12).await;
        let rows = google.cells(id, "Clients").unwrap();
        let kept: Vec<_> =
            rows.iter().skip(2).filter(|row| row[1].starts_with("Ana")).map(|row| row[0].clone()).collect();
        assert_eq!(kept, ["3", "15"]);
        let mut keys: Vec<_> = told(app).await.into_iter().map(|(key, _)| key).collect();
        keys.sort();
        assert_eq!(keys, ["15", "3"]);
        assert!(google.counts().writes - before.writes <= 24, "{:?}", google.counts());
        google.unprotect(id, "Clients").unwrap();
        cycles(app, 330).await;
        assert_eq!((cell(app, id, "Clients!B5"), cell(app, id, "Clients!B17")), ("Zoé 3".into(), "Zoé 15".into()));
        assert_eq!(told(app).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_protected_tab_is_told_row_by_row_and_the_others_go_on() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        app.world.google().protect(id, "Clients").unwrap();
        clients(app, 3).await;
        app.call(COURIER, PROXY).await;
        cycles(app, 60).await;
        assert_eq!(row(app, id, "TwilioPools", 5)[2], "assigned", "the other tabs go on");
        let mut problems = told(app).await;
        problems.sort();
        assert_eq!(problems.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "7"]);
        assert!(
            problems[0].1.contains("the row cannot be added") && problems[3].1.contains("client_last_caller"),
            "{problems:?}"
        );
        app.world.google().unprotect(id, "Clients").unwrap();
        cycles(app, 330).await;
        assert_eq!(cell(app, id, "Clients!H3"), COURIER);
        assert_eq!(app.world.google().cells(id, "Clients").unwrap().len(), 6);
        assert_eq!((told(app).await, app.service.ledger.sheet_waits().await.unwrap()), (vec![], 0));
    })
    .await;
}
