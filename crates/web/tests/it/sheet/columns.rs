//! Columns that somebody inserts, deletes or moves exactly between our reading and our writing.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proxycall_domain::NumberType;
use proxycall_testkit::{
    TestApp,
    app::{COURIER, run_sheet_test},
    reqwest::StatusCode,
    sandbox::google::{Google, RequestKind},
};
use serde_json::json;

use super::{cell, enter, sheet};

const CLIENTS: usize = 4;
const HEADERS: [&str; 12] = [
    "client_id",
    "client_name",
    "client_mail",
    "client_real_phone",
    "client_proxy_number",
    "client_iso_residency",
    "client_country_code",
    "client_last_caller",
    "sub_in_shopi",
    "mine",
    "proxycall_note",
    "",
];

/// What somebody does with the columns of the clients.
type Deed = fn(&Google, &str);

async fn order(app: &TestApp, n: usize) {
    app.number(&format!("+331990006{n:02}"), "FR", NumberType::Local).await;
    let order = json!({"order_id": format!("O-{n}"), "client_id": n.to_string(), "client_name": format!("Ana {n}"),
                       "client_mail": format!("ana{n}@example.com"), "client_real_phone": format!("+336399801{n:02}")});
    assert_eq!(app.post("/orders", order).await.0, StatusCode::OK);
}

/// The rows of the clients by id, each with its cells by header.
fn rows(app: &TestApp, id: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let cells = app.world.google().cells(id, "Clients").unwrap();
    let all = cells.iter().skip(2).filter(|row| row.iter().any(|cell| !cell.is_empty())).map(|row| {
        let named = cells[0].iter().zip(row).map(|(header, cell)| (header.clone(), cell.clone()));
        named.collect::<BTreeMap<_, _>>()
    });
    all.map(|row| (row["client_id"].clone(), row)).collect()
}

/// The columns move in the last moment before a write of this kind: what changed, what was called and a row that is new.
async fn wild(deed: Deed, writes_before: usize) {
    run_sheet_test(sheet(), async move |app, id| {
        for (column, header) in ["J", "K"].into_iter().zip(["mine", "proxycall_note"]) {
            enter(app, id, &format!("Clients!{column}1"), header);
        }
        for n in 1..=CLIENTS {
            order(app, n).await;
        }
        app.mirror().await;
        for n in 1..=CLIENTS {
            enter(app, id, &format!("Clients!I{}", n + 2), "Inscrit");
            enter(app, id, &format!("Clients!J{}", n + 2), &format!("note {n}"));
            enter(app, id, &format!("Clients!L{}", n + 2), &format!("no header {n}"));
        }
        app.mirror().await;
        for n in 1..=3 {
            let change = json!({"client_name": format!("Zoé {n}"), "client_mail": format!("zoe{n}@example.com")});
            assert_eq!(app.put(&format!("/clients/{n}"), change).await.0, StatusCode::OK);
        }
        for n in 2..=CLIENTS {
            app.call(COURIER, &format!("+331990006{n:02}")).await;
        }
        order(app, 5).await;
        order(app, 6).await;
        let sheet = id.to_owned();
        app.world.google().before_next_of(RequestKind::Write, move |google| {
            if writes_before == 0 {
                return deed(google, &sheet);
            }
            google.before_next_of(RequestKind::Write, move |google| deed(google, &sheet));
        });
        for _ in 0..40 {
            app.clock.advance(SignedDuration::from_secs(4));
            app.service.mirror_sheet().await.unwrap();
        }
        app.mirror().await;
        let rows = rows(app, id);
        assert_eq!(rows.keys().map(String::as_str).collect::<Vec<_>>(), ["1", "2", "3", "4", "5", "6"], "{rows:#?}");
        let headers = app.world.google().cells(id, "Clients").unwrap()[0].clone();
        for (n, row) in (1..).zip(rows.values()) {
            let (_, client) = app.get(&format!("/clients/{n}")).await;
            let name = if n <= 3 { format!("Zoé {n}") } else { format!("Ana {n}") };
            assert_eq!(client["client_name"], name, "nothing of ours came back as an edit");
            assert_eq!(client["client_real_phone"], format!("+336399801{n:02}"));
            for header in HEADERS.iter().filter(|header| headers.contains(&(**header).to_owned())) {
                let shown = row.get(*header).map_or("", String::as_str);
                let theirs = n <= CLIENTS;
                let expected = match *header {
                    "client_iso_residency" => "FR".to_owned(),
                    "client_country_code" => "33".to_owned(),
                    "sub_in_shopi" => if theirs { "Inscrit" } else { "" }.to_owned(),
                    "mine" => {
                        if theirs {
                            format!("note {n}")
                        } else {
                            String::new()
                        }
                    }
                    "proxycall_note" => String::new(),
                    "" => continue,
                    field => client[field].as_str().unwrap_or_default().to_owned(),
                };
                assert_eq!(shown, expected, "{header} of client {n}");
            }
        }
        let all = app.world.google().cells(id, "Clients").unwrap();
        let strays = all.iter().flat_map(|row| {
            (0..row.len()).filter(|at| headers.get(*at).is_none_or(String::is_empty)).map(|at| row[at].clone())
        });
        let strays: Vec<String> = strays.filter(|cell| !cell.is_empty()).collect();
        assert_eq!(strays, (1..=CLIENTS).map(|n| format!("no header {n}")).collect::<Vec<_>>());
        assert_eq!(all[1].iter().take(8).filter(|cell| !cell.is_empty()).count(), 0, "row 2 is untouched");
        assert!(app.service.ledger.sheet_problems(None, 1_000).await.unwrap().iter().all(|it| !it.standing));
    })
    .await;
}

const INSERTED_FIRST: Deed = |google, id| google.insert_columns(id, "Clients", 0, 1).unwrap();
const INSERTED_IN_OURS: Deed = |google, id| google.insert_columns(id, "Clients", 2, 1).unwrap();
const INSERTED_BEFORE_FORMULAS: Deed = |google, id| google.insert_columns(id, "Clients", 5, 2).unwrap();
const DELETED_BEFORE_OURS: Deed = |google, id| google.delete_columns(id, "Clients", 8, 1).unwrap();
const MOVED_FIRST: Deed = |google, id| google.move_column(id, "Clients", 9, 0).unwrap();
const NAME_MOVED_LAST: Deed = |google, id| google.move_column(id, "Clients", 1, 10).unwrap();

#[rstest::rstest]
#[case::inserted_first(INSERTED_FIRST)]
#[case::inserted_in_ours(INSERTED_IN_OURS)]
#[case::inserted_before_formulas(INSERTED_BEFORE_FORMULAS)]
#[case::deleted(DELETED_BEFORE_OURS)]
#[case::moved_first(MOVED_FIRST)]
#[case::name_moved_last(NAME_MOVED_LAST)]
#[tokio::test]
async fn columns_that_move_between_reading_and_writing_leave_no_value_beside_its_place(
    #[case] deed: Deed,
    #[values(0, 1)] writes_before: usize,
) {
    wild(deed, writes_before).await;
}

#[tokio::test]
async fn a_persons_cell_that_was_overwritten_is_put_back_and_named() {
    run_sheet_test(sheet(), async |app, id| {
        enter(app, id, "Clients!J1", "mine");
        order(app, 1).await;
        app.mirror().await;
        let google = app.world.google();
        google.move_column(id, "Clients", 9, 1).unwrap();
        enter(app, id, "Clients!B3", "note");
        app.mirror().await;
        assert_eq!(app.put("/clients/1", json!({"client_name": "Zoé"})).await.0, StatusCode::OK);
        let sheet = id.to_owned();
        google
            .before_next_of(RequestKind::Write, move |google| google.insert_columns(&sheet, "Clients", 0, 1).unwrap());
        app.mirror().await;
        assert_eq!((cell(app, id, "Clients!C3"), cell(app, id, "Clients!D3")), ("note".to_owned(), "Zoé".to_owned()));
        let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
        assert!(
            problems.iter().any(|it| it.reason.to_string().contains("row 3, column C") && !it.standing),
            "{problems:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn columns_that_moved_before_the_write_keep_it_from_being_sent() {
    run_sheet_test(sheet(), async |app, id| {
        order(app, 1).await;
        app.mirror().await;
        assert_eq!(app.put("/clients/1", json!({"client_name": "Zoé"})).await.0, StatusCode::OK);
        let sheet = id.to_owned();
        // The first reading is that of all tabs, the second that of the headers.
        app.world.google().before_next_of(RequestKind::Read, move |google| {
            google.before_next_of(RequestKind::Read, move |google| {
                google.insert_columns(&sheet, "Clients", 0, 1).unwrap()
            });
        });
        let before = app.world.google().counts().writes;
        app.clock.advance(SignedDuration::from_secs(20));
        app.service.mirror_sheet().await.unwrap();
        assert_eq!(app.world.google().counts().writes, before);
        app.mirror().await;
        assert_eq!((cell(app, id, "Clients!C3"), cell(app, id, "Clients!B3")), ("Zoé".to_owned(), "1".to_owned()));
    })
    .await;
}
