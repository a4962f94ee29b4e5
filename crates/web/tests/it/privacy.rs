//! A person's rights: everything known is handed over, and after an erasure nothing of it is left anywhere, while what is
//! somebody else's stays.

use proxycall_domain::{NumberType, sheet::Tab};
use proxycall_service::ports::{
    Ledger as _,
    ledger::{InteractionFilter, SheetBook as _},
};
use proxycall_testkit::{
    TestApp,
    app::{COURIER, OTHER_COURIER, run_sheet_test},
    database::Database,
    reqwest::{Method, StatusCode},
    run_test,
    sandbox::{Fault, endpoints::Operation, google::Spreadsheet},
};
use serde_json::{Value, json};

use crate::ask::ask;

const NAME: &str = "Zéphyrine Canarelli";
const MAIL: &str = "zeph.canarelli@example.com";
const PHONE: &str = "+33639985417";
const OTHER: &str = "+33639985418";
const PROXY: &str = "+33199009007";
const OTHERS_PROXY: &str = "+33199009008";
const PENDING_PROXY: &str = "+33199009009";
const WORDS: &str = "perroquet bleu";

/// What gives the person away, in a text and in bytes that are shown as hex.
fn needles() -> Vec<String> {
    let digits: u64 = PHONE[1..].parse().unwrap();
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let plain = [&PHONE[1..], "canarelli", "zeph.", WORDS];
    let in_hex = ["Canarelli", "canarelli", "zeph.", &PHONE[1..], WORDS].map(hex);
    plain.into_iter().map(str::to_owned).chain(in_hex).chain([format!("{digits:016x}")]).collect()
}

fn found(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    needles().into_iter().find(|needle| lower.contains(&needle.to_lowercase()))
}

/// Every value of every column, bytes as hex.
async fn every_value(database: &Database) -> Vec<(String, String)> {
    let is_sqlite = database.file().is_some();
    let columns = if is_sqlite {
        "SELECT m.name || ' ' || p.name || ' ' || lower(p.type) FROM sqlite_master m, pragma_table_info(m.name) p \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
    } else {
        "SELECT table_name || ' ' || column_name || ' ' || data_type FROM information_schema.columns \
         WHERE table_schema = 'public'"
    };
    let mut values = Vec::new();
    for line in database.texts(columns).await.into_iter().flatten() {
        let mut words = line.split(' ');
        let (table, column, kind) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let shown = match (kind, is_sqlite) {
            ("blob", true) => format!("lower(hex({column}))"),
            ("bytea", false) => format!("encode({column}, 'hex')"),
            _ => format!("CAST({column} AS TEXT)"),
        };
        let of_column = database.texts(&format!("SELECT {shown} FROM {table} WHERE {column} IS NOT NULL")).await;
        values.extend(of_column.into_iter().flatten().map(|value| (format!("{table}.{column}"), value)));
    }
    values
}

/// What is sealed in the record, opened by those who may.
async fn opened(app: &TestApp) -> Vec<(String, String)> {
    let mut opened = Vec::new();
    for path in ["/clients", "/clients?closed=true", "/blocks"] {
        opened.push((path.to_owned(), app.get(path).await.1.to_string()));
    }
    let all = InteractionFilter { limit: 500, ..InteractionFilter::default() };
    for it in app.store.interactions(all).await.unwrap().items {
        opened
            .push(("the other side of a call or text".to_owned(), it.party.map(|it| it.expose()).unwrap_or_default()));
    }
    for tab in Tab::ALL {
        for (key, cells) in app.store.sheet_rows(tab, String::new(), 500).await.unwrap() {
            let texts: Vec<&str> = cells.iter().map(|(_, text)| text).collect();
            opened.push((format!("what tab {} last showed of {key}", tab.title()), texts.join(" ")));
        }
        for intent in app.store.sheet_intents(tab).await.unwrap() {
            let texts: Vec<&str> = intent.cells.iter().map(|(_, text)| text).collect();
            opened.push((format!("what is written into tab {}", tab.title()), texts.join(" ")));
        }
    }
    opened
}

async fn places(app: &TestApp, sheet: &str) -> Vec<String> {
    let mut places = Vec::new();
    for (place, value) in opened(app).await {
        places.extend(found(&value).map(|needle| format!("{needle} in {place}")));
    }
    for (place, value) in every_value(app.store.database()).await {
        places.extend(found(&value).map(|needle| format!("{needle} in {place}")));
    }
    for tab in ["Clients", "TwilioPools", "CONFIRMATION_PENDING"] {
        for cell in app.world.google().cells(sheet, tab).unwrap().concat() {
            places.extend(found(&cell).map(|needle| format!("{needle} in tab {tab}")));
        }
    }
    for message in app.world.messages() {
        let all = format!("{} {} {}", message.from, message.to, message.body);
        places.extend(found(&all).map(|needle| format!("{needle} in a message at the carrier")));
    }
    for call in app.world.calls() {
        places.extend(found(&format!("{} {}", call.from, call.to)).map(|needle| format!("{needle} in a call there")));
    }
    places
}

/// The person, and somebody else whom the person also calls, with everything that leaves traces.
async fn lived(app: &TestApp) {
    for number in [PROXY, OTHERS_PROXY, PENDING_PROXY] {
        app.number(number, "FR", NumberType::Local).await;
    }
    let client = |id: &str, name: &str, mail: &str, phone: &str| {
        json!({"order_id": format!("O-{id}"), "client_id": id, "client_name": name, "client_mail": mail,
               "client_real_phone": phone})
    };
    for body in [client("7", NAME, MAIL, PHONE), client("8", "Noé Martin", "noe@example.com", OTHER)] {
        let (status, answer) = app.post("/orders", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    app.mirror().await;
    app.call(COURIER, PROXY).await;
    app.text(COURIER, PROXY, WORDS).await;
    app.call(PHONE, PROXY).await;
    app.text(PHONE, PROXY, &format!("{WORDS}, merci")).await;
    app.call(OTHER_COURIER, OTHERS_PROXY).await;
    app.text(PHONE, OTHERS_PROXY, WORDS).await;
    app.call(OTHER, OTHERS_PROXY).await;
    let pending = json!({"pending_id": "P-1", "client_name": NAME, "client_mail": MAIL, "client_real_phone": PHONE});
    let (status, answer) = app.post("/confirmations/create", pending).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    app.drain_jobs().await;
    let search = app.request(Method::POST, "/clients/search").header("Idempotency-Key", "a-search-1");
    assert_eq!(ask(search.json(&json!({ "text": "canarelli" }))).await.status, StatusCode::OK);
    app.mirror().await;
}

/// Erases the person, and lets the jobs and the mirror go on for some minutes.
async fn erase(app: &TestApp) -> Value {
    app.service.schedule_privacy_care().await.unwrap();
    let (status, answer) = app.post("/clients/7/erase", json!({ "confirm": "7" })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["client_id"], "7");
    for _ in 0..5 {
        app.drain_jobs().await;
        app.mirror().await;
        app.advance(61).await;
    }
    app.get("/clients/7/erasure").await.1
}

#[tokio::test]
async fn after_an_erasure_nothing_of_the_person_is_left_and_what_is_others_stays() {
    run_sheet_test(Spreadsheet::proxycall("ProxyCall"), async |app, sheet| {
        lived(app).await;
        let before = places(app, sheet).await;
        for place in ["client.name", "client.mail", "confirmation.mail", "/clients", "a call or text", "of 7"] {
            assert!(
                before.iter().any(|found| found.ends_with(place)),
                "the search finds nothing in {place}: {before:?}"
            );
        }
        assert!(
            before.iter().any(|found| found.contains("tab Clients")) && before.iter().any(|f| f.contains("carrier"))
        );
        let (_, other) = app.get("/clients/8").await;
        let formula = || app.world.google().cell(sheet, "Clients!F2").unwrap();
        let before = formula();

        let erasure = erase(app).await;
        assert_eq!((&erasure["done"], &erasure["left_at_carrier"]), (&json!(true), &json!(0)), "{erasure}");
        assert_eq!(places(app, sheet).await, Vec::<String>::new());
        // What nobody opens again, or is gone whole.
        for kept in ["request", "erasure WHERE wanted IS NOT NULL", "interaction WHERE body IS NOT NULL"] {
            assert_eq!(app.store.database().count(kept).await, 0, "{kept}");
        }

        assert_eq!(app.get("/clients/8").await.1["client_real_phone"], other["client_real_phone"]);
        let cell = |range: &str| app.world.google().cell(sheet, range).unwrap();
        assert_eq!(cell("Clients!A3"), "7", "the row stays, with its id");
        for emptied in ["B3", "C3", "D3", "E3", "H3"] {
            assert_eq!(cell(&format!("Clients!{emptied}")), "", "{emptied}");
        }
        assert_eq!((cell("Clients!B4").as_str(), cell("Clients!D4").as_str()), ("Noé Martin", OTHER));
        assert_eq!(formula(), before, "row 2 is not ours");
        let kept = app.world.calls().iter().filter(|call| call.from == OTHER_COURIER).count();
        assert!(kept > 0, "calls of others are still at the carrier");
        // Emptied cells are nobody's edit: the next minutes change nothing.
        app.mirror().await;
        assert_eq!(app.get("/clients/7").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn what_somebody_types_into_the_row_of_an_erased_client_is_emptied() {
    run_sheet_test(Spreadsheet::proxycall("ProxyCall"), async |app, sheet| {
        lived(app).await;
        erase(app).await;
        app.world.google().enter(sheet, "Clients!B3", NAME).unwrap();
        app.mirror().await;
        assert_eq!(app.world.google().cell(sheet, "Clients!B3").unwrap(), "");
        assert_eq!(app.get("/clients/7").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn an_export_is_one_json_document_with_all_that_is_known() {
    run_sheet_test(Spreadsheet::proxycall("ProxyCall"), async |app, _| {
        lived(app).await;
        let response = app.request(Method::GET, "/clients/7/export").send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        let document: Value = response.json().await.unwrap();
        assert_eq!(document["format"], "proxycall-client-export/1");
        let client = &document["client"];
        assert_eq!((&client["name"], &client["mail"], &client["phone"]), (&json!(NAME), &json!(MAIL), &json!(PHONE)));
        assert_eq!(document["numbers"][0]["number"], PROXY);
        assert_eq!(document["orders"][0]["order_id"], "O-7");
        assert_eq!(document["confirmations"][0]["pending_id"], "P-1");
        assert_eq!(document["sheet"]["client_name"], NAME);
        let interactions = document["interactions"].as_array().unwrap();
        assert_eq!(interactions.len(), 4, "{interactions:?}");
        assert!(interactions.iter().all(|it| it["other_side"] == COURIER && it["proxy_number"] == PROXY));
        let contacts = document["contacts_with_others"].as_array().unwrap();
        assert_eq!(contacts.last().unwrap()["proxy_number"], OTHERS_PROXY);
        let text = document.to_string();
        assert!(!text.contains(OTHER) && !text.contains("Noé"), "whose number it was is not the client's to know");
    })
    .await;
}

#[tokio::test]
async fn an_export_of_many_interactions_comes_in_parts_and_is_one_document() {
    run_test(async |app| {
        app.client(1, PHONE).await;
        for n in 0..510 {
            let sid = format!("CA{n:032x}");
            let params = [("CallSid", sid.as_str()), ("From", COURIER), ("To", "+33199009001")];
            assert_eq!(app.webhook("/twilio/voice", &params).await.0, 200);
        }
        let (status, document) = app.get("/clients/1/export").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(document["interactions"].as_array().unwrap().len(), 510);
    })
    .await;
}

#[tokio::test]
async fn erasing_is_confirmed_final_and_repeatable() {
    run_test(async |app| {
        app.client(7, PHONE).await;
        let (status, answer) = app.post("/clients/7/erase", json!({ "confirm": "yes" })).await;
        assert_eq!((status, &answer["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("confirm")));
        assert_eq!(app.get("/clients/7/erasure").await.0, StatusCode::CONFLICT, "it is not erased");
        assert_eq!(app.get("/clients/9/erasure").await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.post("/clients/9/erase", json!({ "confirm": "9" })).await.0, StatusCode::NOT_FOUND);
        for _ in 0..2 {
            assert_eq!(app.post("/clients/7/erase", json!({ "confirm": "7" })).await.0, StatusCode::OK);
        }
        let (status, answer) = app.post("/clients/7/restore", json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(answer["detail"].as_str().unwrap().starts_with("The client was erased"), "{answer}");
        assert_eq!(app.delete("/clients/7").await.0, StatusCode::CONFLICT);
        assert_eq!(app.get("/clients/7/export").await.0, StatusCode::CONFLICT);
        assert_eq!(app.get("/clients/7").await.0, StatusCode::NOT_FOUND);
        app.client(8, PHONE).await;
        app.drain_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_complete_at_the_carrier_is_deleted_later_and_a_failure_is_told_after_14_days() {
    run_test(async |app| {
        app.client(7, PHONE).await;
        app.call(COURIER, "+33199009007").await;
        app.post("/clients/7/erase", json!({ "confirm": "7" })).await;
        app.drain_jobs().await;
        for operation in [Operation::DeleteCall, Operation::DeleteCall] {
            app.world.fail_next_of(operation, Fault::Code(20009));
        }
        app.service.schedule_privacy_care().await.unwrap();
        app.drain_jobs().await;
        let left = |erasure: Value| erasure["left_at_carrier"].as_u64().unwrap();
        assert_eq!(left(app.get("/clients/7/erasure").await.1), 2, "both legs were refused with 20009");
        app.advance(200).await;
        assert_eq!(left(app.get("/clients/7/erasure").await.1), 0);
        assert!(app.world.calls().iter().all(|call| call.from != PHONE && call.to != PHONE));

        app.client(8, OTHER).await;
        app.call(COURIER, "+33199009008").await;
        app.post("/clients/8/erase", json!({ "confirm": "8" })).await;
        app.drain_jobs().await;
        for _ in 0..400 {
            app.world.fail_next_of(Operation::DeleteCall, Fault::Code(20009));
        }
        for _ in 0..80 {
            app.advance(6 * 3600).await;
        }
        let (_, erasure) = app.get("/clients/8/erasure").await;
        assert_eq!((left(erasure.clone()), &erasure["given_up_at_carrier"]), (0, &json!(2)));
        assert_eq!(app.store.database().count("alert WHERE kind = 'erasure_failed' AND subject = '8'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn closed_clients_are_erased_when_their_time_is_over() {
    run_test(async |app| {
        app.client(7, PHONE).await;
        app.client(8, OTHER).await;
        app.delete("/clients/7").await;
        app.setting("retention.closed_clients_days", "40").await;
        app.service.schedule_privacy_care().await.unwrap();
        app.advance(39 * 86_400).await;
        assert_eq!(app.get("/clients/7/erasure").await.0, StatusCode::CONFLICT);
        app.advance(2 * 86_400).await;
        app.drain_jobs().await;
        assert_eq!(app.get("/clients/7/erasure").await.0, StatusCode::OK);
        assert_eq!(app.get("/clients/8").await.0, StatusCode::OK);
    })
    .await;
}
