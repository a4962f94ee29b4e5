//! What people do in the sheet.

use proxycall_domain::{Language, NumberType};
use proxycall_testkit::{
    app::{CLIENT, TestApp, run_sheet_test},
    reqwest::StatusCode,
    sandbox::google::Spreadsheet,
};
use serde_json::{Value, json};

use super::{PROXY, cell, enter, one_client, paste, row, sheet};

#[tokio::test]
async fn what_is_ours_is_put_back_and_the_reason_is_told() {
    run_sheet_test(sheet(), async |app, id| {
        enter(app, id, "Clients!J1", "proxycall_note");
        one_client(app).await;
        enter(app, id, "Clients!E3", "+33199000777");
        enter(app, id, "Clients!C3", "not an address");
        enter(app, id, "Clients!B3", "");
        app.mirror().await;
        let client = row(app, id, "Clients", 3);
        assert_eq!(client[1..5], ["Zoé Martin", "zoe@example.com", CLIENT, PROXY].map(str::to_owned));
        let note = cell(app, id, "Clients!J3");
        for part in [
            "client_proxy_number est tenu par ProxyCall",
            "client_mail doit être une adresse",
            "client_name ne peut pas être",
        ] {
            assert!(note.contains(part), "{note}");
        }
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert_eq!(
            (problems.len(), problems[0].key.as_str(), problems[0].reason.of(Language::Fr)),
            (1, "7", note.as_str())
        );
        // The page says whose row it is by the id: where in the sheet it stands changes with every row above it.
        let page = app.console().await.page("/console/sheet").await;
        assert!(page.contains("data-label=\"Id or number\"><a href=\"/console/clients/7\">7</a>"), "{page}");
        let english = problems[0].reason.of(Language::En);
        assert!(english.contains("client_mail must be an e-mail address"), "{english}");
    })
    .await;
}

#[tokio::test]
async fn an_edit_that_the_service_refuses_is_put_back() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        enter(app, id, "Clients!D3", &format!("'{PROXY}"));
        app.mirror().await;
        assert_eq!(cell(app, id, "Clients!D3"), CLIENT);
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert!(
            problems[0].reason.to_string().contains("a proxy number cannot be anybody's real number"),
            "{problems:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn rows_that_are_sorted_inserted_and_moved_stay_whose_they_are() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        for n in 1..6 {
            let phone = format!("+3363998001{n}");
            app.number(&format!("+3319900060{n}"), "FR", NumberType::Local).await;
            let order = json!({"order_id": format!("O-{n}-"), "client_id": n.to_string(), "client_name": format!("Ana {n}"),
                               "client_mail": format!("ana{n}@example.com"), "client_real_phone": phone});
            assert_eq!(app.post("/orders", order).await.0, StatusCode::OK);
        }
        app.mirror().await;
        let google = app.world.google();
        google.sort_rows(id, "Clients", 3, 1).unwrap();
        google.insert_rows(id, "Clients", 4, 2).unwrap();
        for n in 1..6 {
            let change = json!({"client_name": format!("Zoé {n}")});
            assert_eq!(app.put(&format!("/clients/{n}"), change).await.0, StatusCode::OK);
        }
        google.sort_rows(id, "Clients", 3, 2).unwrap();
        app.mirror().await;
        for row in google.cells(id, "Clients").unwrap().iter().skip(2).filter(|row| !row.is_empty() && !row[0].is_empty()) {
            let (_, client) = app.get(&format!("/clients/{}", row[0])).await;
            for (at, field) in ["client_id", "client_name", "client_mail", "client_real_phone", "client_proxy_number"].iter().enumerate() {
                assert_eq!(client[*field].as_str().unwrap_or_default(), row[at], "{field}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_who_was_typed_in_is_there_and_gets_a_number_by_the_menu() {
    run_sheet_test(sheet(), async |app, id| {
        app.mirror().await;
        paste(app, id, "Clients", 3, &[&["12", "Noé Petit", "noe@example.com", "'+33639980012"]]);
        let (status, client) = app.get("/clients/12").await;
        assert_eq!(status, StatusCode::OK, "a look that misses reads the sheet: {client}");
        assert_eq!(client["client_proxy_number"], "");
        app.number(PROXY, "FR", NumberType::Local).await;
        let assign =
            json!({"client_id": 12, "country_iso": "FR", "client_name": "Noé Petit", "number_type": "national"});
        assert_eq!(app.post("/pool/assign", assign).await.0, StatusCode::OK);
        app.mirror().await;
        assert_eq!(cell(app, id, "Clients!E3"), PROXY);
        assert_eq!(cell(app, id, "TwilioPools!C2"), "assigned");
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_deleted_closes_its_client_and_a_pools_row_comes_back() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        app.world.google().delete_rows(id, "Clients", 3, 1).unwrap();
        app.mirror().await;
        assert_eq!(app.get("/clients/7").await.0, StatusCode::NOT_FOUND);
        assert_eq!(cell(app, id, "TwilioPools!C2"), "quarantined");
        app.world.google().delete_rows(id, "TwilioPools", 2, 1).unwrap();
        app.mirror().await;
        assert_eq!(
            (cell(app, id, "TwilioPools!B2").as_str(), cell(app, id, "TwilioPools!C2").as_str()),
            (PROXY, "quarantined")
        );
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_marked_as_faulty_leaves_the_pool() {
    run_sheet_test(sheet(), async |app, id| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.mirror().await;
        enter(app, id, "TwilioPools!C2", "error");
        app.mirror().await;
        let (_, pool) = app.get("/pool/available?country_iso=FR").await;
        assert_eq!(pool["available"], json!([]));
        assert_eq!(cell(app, id, "TwilioPools!C2"), "error");
    })
    .await;
}

#[tokio::test]
async fn a_number_that_somebody_confirms_with_is_not_set_aside_and_whoever_typed_it_is_told() {
    run_sheet_test(sheet(), async |app, id| {
        enter(app, id, "TwilioPools!L1", "proxycall_note");
        crate::confirmations::begin(app, "P-1").await;
        app.mirror().await;
        assert_eq!(cell(app, id, "TwilioPools!C2"), "reserved");
        enter(app, id, "TwilioPools!C2", "error");
        app.mirror().await;
        assert_eq!(cell(app, id, "TwilioPools!C2"), "reserved");
        assert!(cell(app, id, "TwilioPools!L2").contains("réservé pour une confirmation"));
    })
    .await;
}

#[tokio::test]
async fn a_note_goes_when_the_edit_is_made_good() {
    run_sheet_test(sheet(), async |app, id| {
        enter(app, id, "Clients!J1", "proxycall_note");
        one_client(app).await;
        enter(app, id, "Clients!C3", "not an address");
        app.mirror().await;
        assert_ne!(cell(app, id, "Clients!J3"), "");
        enter(app, id, "Clients!C3", "zoe@new.example");
        app.mirror().await;
        assert_eq!(
            (cell(app, id, "Clients!C3").as_str(), cell(app, id, "Clients!J3").as_str()),
            ("zoe@new.example", "")
        );
        assert!(app.service.ledger.sheet_problems(None, 1_000).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_formula_that_fails_in_every_row_is_told_and_changes_nothing() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        enter(app, id, "Clients!D3", "#N/A");
        app.mirror().await;
        let (_, client) = app.get("/clients/7").await;
        assert_eq!(client["client_real_phone"], CLIENT);
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert!(problems[0].reason.to_string().contains("client_real_phone cannot be read"), "{problems:?}");
    })
    .await;
}

#[tokio::test]
async fn a_tab_with_headers_only_keeps_its_second_row_for_formulas() {
    let headers = ["client_id", "client_name", "client_mail", "client_real_phone", "client_proxy_number"];
    let bare = Spreadsheet::new("Bare")
        .with_tab("Clients", &headers)
        .with_tab("TwilioPools", &["country_iso", "phone_number", "status"])
        .with_tab(
            "CONFIRMATION_PENDING",
            &["pending_id", "client_name", "client_mail", "client_real_phone", "proxy_number", "status", "created_at"],
        );
    run_sheet_test(bare, async |app, id| {
        for n in 1..4 {
            app.number(&format!("+3319900060{n}"), "FR", NumberType::Local).await;
            let order = json!({"order_id": format!("O-{n}"), "client_id": n.to_string(), "client_name": format!("Ana {n}"),
                               "client_mail": format!("ana{n}@example.com"), "client_real_phone": format!("+3363998001{n}")});
            assert_eq!(app.post("/orders", order).await.0, StatusCode::OK);
        }
        app.mirror().await;
        let rows = app.world.google().cells(id, "Clients").unwrap();
        let keys: Vec<&str> = rows.iter().map(|row| row.first().map_or("", String::as_str)).collect();
        assert_eq!(keys, ["client_id", "", "1", "2", "3"]);
    })
    .await;
}

#[tokio::test]
async fn thousands_of_rows_without_a_record_keep_nobody_waiting() {
    run_sheet_test(sheet(), async |app, id| {
        let old = |n: usize| {
            let begun = "2025-01-01T00:00:00+00:00".to_owned();
            let name = format!("Ana {n}");
            vec![
                format!("P-{n}"),
                name,
                format!("a{n}@example.com"),
                String::new(),
                String::new(),
                String::new(),
                "EXPIRED".to_owned(),
                begun,
            ]
        };
        let rows: Vec<Vec<String>> = (0..6_000).map(old).collect();
        app.world.google().paste(id, "CONFIRMATION_PENDING", 2, &rows).unwrap();
        one_client(app).await;
        assert_eq!(cell(app, id, "Clients!A3"), "7");
        let before = app.world.google().counts();
        for _ in 0..20 {
            app.clock.advance(jiff::SignedDuration::from_secs(3));
            app.service.mirror_sheet().await.unwrap();
        }
        assert_eq!(app.world.google().counts().reads - before.reads, 3, "and the sheet is quiet");
    })
    .await;
}

#[tokio::test]
async fn an_id_that_was_mistyped_closes_nobody_and_makes_nobody() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        enter(app, id, "Clients!A3", "70");
        app.mirror().await;
        assert_eq!(app.get("/clients/7").await.0, StatusCode::OK);
        assert_eq!(app.get("/clients/70").await.0, StatusCode::NOT_FOUND);
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert_eq!(
            problems[0].reason.to_string(),
            "stands in row 3 without its client_id; enter 7 there, or delete the row"
        );
        enter(app, id, "Clients!A3", "7");
        app.mirror().await;
        assert!(app.service.ledger.sheet_problems(None, 1_000).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn ids_that_were_exchanged_send_nobody_to_the_wrong_door() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        second_client(app).await;
        let rows = [row(app, id, "Clients", 3), row(app, id, "Clients", 4)];
        enter(app, id, "Clients!A3", "8");
        enter(app, id, "Clients!A4", "7");
        app.mirror().await;
        assert_eq!((phone_of(app, "7").await, phone_of(app, "8").await), (json!(CLIENT), json!("+33639980018")));
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert!(
            problems
                .iter()
                .all(|problem| problem.standing && problem.reason.to_string().contains("give each row its own"))
        );
        assert_eq!(problems.len(), 2, "{problems:?}");
        enter(app, id, "Clients!A3", "7");
        enter(app, id, "Clients!A4", "8");
        app.mirror().await;
        assert_eq!([row(app, id, "Clients", 3), row(app, id, "Clients", 4)], rows);
        assert_eq!(app.service.ledger.sheet_problems(None, 1_000).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_the_shop_says_of_a_client_is_kept_and_never_written() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        let kept = async |app: &TestApp| app.store.database().texts("SELECT CAST(in_shop AS TEXT) FROM client").await;
        assert_eq!(kept(app).await, [None]);
        for (said, expected) in [("Inscrit", Some("1")), ("Non inscrit", Some("0")), ("", None)] {
            enter(app, id, "Clients!I3", said);
            app.mirror().await;
            assert_eq!(kept(app).await, [expected.map(str::to_owned)], "{said}");
            assert_eq!(cell(app, id, "Clients!I3"), said);
        }
    })
    .await;
}

/// A second client, in the row below the first.
async fn second_client(app: &mut TestApp) {
    app.number("+33199000602", "FR", NumberType::Local).await;
    let order = json!({"order_id": "O-2", "client_id": "8", "client_name": "Ana", "client_mail": "ana@example.com",
                       "client_real_phone": "+33639980018"});
    assert_eq!(app.post("/orders", order).await.0, StatusCode::OK);
    app.mirror().await;
}

async fn phone_of(app: &TestApp, client: &str) -> Value {
    app.get(&format!("/clients/{client}")).await.1["client_real_phone"].clone()
}

#[tokio::test]
async fn a_row_that_lost_its_id_or_got_anothers_closes_nobody_whatever_else_is_edited_in_it() {
    for id_now in ["", "70", "7", "n/a"] {
        run_sheet_test(sheet(), async |app, id| {
            one_client(app).await;
            second_client(app).await;
            enter(app, id, "Clients!A4", id_now);
            app.mirror().await;
            enter(app, id, "Clients!B4", "Anna");
            app.mirror().await;
            assert_eq!(phone_of(app, "8").await, json!("+33639980018"), "{id_now}");
            assert_eq!(phone_of(app, "7").await, json!(CLIENT), "{id_now}");
            enter(app, id, "Clients!A4", "8");
            app.mirror().await;
            assert_eq!(app.get("/clients/8").await.1["client_name"], json!("Anna"), "{id_now}");
            assert_eq!(app.service.ledger.sheet_problems(None, 1_000).await.unwrap(), [], "{id_now}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_copied_row_that_keeps_its_id_for_now_gives_nobody_the_new_persons_phone() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        app.world.google().insert_rows(id, "Clients", 3, 1).unwrap();
        paste(app, id, "Clients", 3, &[&["7", "Noé", "noe@example.com", "'+33639980077"]]);
        app.mirror().await;
        assert_eq!(phone_of(app, "7").await, json!(CLIENT));
        enter(app, id, "Clients!A3", "9");
        app.mirror().await;
        assert_eq!((phone_of(app, "7").await, phone_of(app, "9").await), (json!(CLIENT), json!("+33639980077")));
    })
    .await;
}

#[tokio::test]
async fn a_client_whose_row_stands_where_formulas_belong_is_not_closed() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        app.world.google().delete_rows(id, "Clients", 2, 1).unwrap();
        app.mirror().await;
        assert_eq!(phone_of(app, "7").await, json!(CLIENT));
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert!(
            problems.iter().any(|problem| problem.reason.to_string().contains("kept for formulas")),
            "{problems:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_was_typed_as_inside_the_country_is_one_of_the_country() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        enter(app, id, "Clients!D3", "0639980009");
        app.mirror().await;
        assert_eq!(phone_of(app, "7").await, json!("+33639980009"));
        assert_eq!(cell(app, id, "Clients!D3"), "+33639980009");
        // A country whose callers nobody lets through.
        enter(app, id, "Clients!D3", "14155550123");
        app.mirror().await;
        assert_eq!(phone_of(app, "7").await, json!("+33639980009"));
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert!(problems[0].reason.to_string().contains("needs the country code"), "{problems:?}");
        enter(app, id, "Clients!D3", "'+14155550123");
        app.mirror().await;
        assert_eq!(phone_of(app, "7").await, json!("+14155550123"));
    })
    .await;
}

#[tokio::test]
async fn a_new_person_under_a_closed_clients_id_is_told_and_not_overwritten() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        app.world.google().delete_rows(id, "Clients", 3, 1).unwrap();
        app.mirror().await;
        assert_eq!(app.get("/clients/7").await.0, StatusCode::NOT_FOUND);
        paste(app, id, "Clients", 3, &[&["7", "Noé", "noe@example.com", "'+33639980077"]]);
        app.mirror().await;
        assert_eq!(row(app, id, "Clients", 3)[1], "Noé");
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert!(problems[0].reason.to_string().contains("closed client"), "{problems:?}");
        enter(app, id, "Clients!A3", "9");
        app.mirror().await;
        assert_eq!(phone_of(app, "9").await, json!("+33639980077"));
    })
    .await;
}
