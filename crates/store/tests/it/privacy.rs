//! What a copy of the store, or an error, tells.

use proxycall_domain::{
    Address, BlockId, BlockReason, NumberType,
    pool::life::Actor,
    sheet::{Cells, Column, Tab},
};
use proxycall_service::ports::{
    Ledger,
    ledger::{AddBlock, Blocklist as _, RequestKey, SheetBook as _, SheetChanges, StoredAnswer, Whom},
};

use crate::support::*;

const BODY: &str = "le code du portail est canari";

/// Table, column and whether it holds bytes.
async fn columns(db: &TestStore) -> Vec<(String, String, bool)> {
    let sql = match db.database().file() {
        Some(_) => {
            "SELECT m.name || ' ' || p.name || ' ' || lower(p.type) FROM sqlite_master m, pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'"
        }
        None => {
            "SELECT table_name || ' ' || column_name || ' ' || data_type FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'"
        }
    };
    let found = db.database().texts(sql).await.into_iter().map(|line| {
        let line = line.unwrap();
        let mut words = line.split(' ').map(str::to_owned);
        let (table, column, kind) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        (table, column, kind == "blob" || kind == "bytea")
    });
    found.collect()
}

/// Clients, calls, texts and requests, so that every kind of secret is somewhere.
pub(crate) async fn fill(db: &TestStore) {
    clients(db, 2).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    db.record_inbound_text(text("SM1", Address::Phone(courier(1)), proxy(1), BODY, at(20))).await.unwrap();
    db.record_inbound_text(text("SM2", Address::Phone(real(1)), proxy(1), BODY, at(20))).await.unwrap();
    let request = RequestKey { route: "POST /clients".to_owned(), key: real(1).expose(), content: [1; 32] };
    db.begin_request(request.clone(), at(20)).await.unwrap();
    let answer = StoredAnswer { status: 201, body: real(1).expose() };
    db.finish_request(request, Some(answer), at(20)).await.unwrap();
    db.add_numbers(vec![number(proxy(3), NumberType::Local)], act(25)).await.unwrap();
    db.create_confirmation(crate::confirmations::create(1, real(3), 3, at(30))).await.unwrap();
    let it = db.confirmation(crate::confirmations::pending(1)).await.unwrap().unwrap();
    db.record_inbound_text(text("SM3", Address::Phone(real(3)), it.sender, "100000", at(40))).await.unwrap();
    let cells: Cells = [(Column::ClientPhone, real(1).expose().as_str())].into_iter().collect();
    let changes = SheetChanges { bases: vec![(Tab::Clients, "1".to_owned(), Some(cells))], ..SheetChanges::default() };
    db.keep_sheet(changes, at(50)).await.unwrap();
    let whom = Whom::Phone(courier(1));
    let reason = BlockReason::parse("reason", Some(BODY)).unwrap();
    let id = BlockId::new(at(20), &chance());
    db.add_block(AddBlock { id, whom, client: None, reason, actor: Actor::Api, now: at(20) }).await.unwrap();
}

/// Whether a column of bytes is a keyed hash or an id, and no seal.
fn is_key(column: &str) -> bool {
    ["id", "key", "requester", "brought_code", "owner"].contains(&column) || column.ends_with("_key")
}

/// Every column of bytes with something in it that is no key.
pub(crate) async fn sealed_columns(db: &TestStore) -> Vec<String> {
    let mut sealed = Vec::new();
    for (table, column, bytes) in columns(db).await {
        if bytes && !is_key(&column) && db.database().count(&format!("{table} WHERE {column} IS NOT NULL")).await > 0 {
            sealed.push(format!("{table}.{column}"));
        }
    }
    sealed
}

pub(crate) async fn no_real_number_or_body_is_kept_but_sealed(db: TestStore) {
    fill(&db).await;
    let columns = columns(&db).await;
    assert!(columns.len() > 50, "the columns were not found: {columns:?}");
    let is_sqlite = db.database().file().is_some();
    let (mut read, mut sealed) = (0, 0);
    for (table, column, bytes) in columns {
        let shown = match (bytes, is_sqlite) {
            (false, _) => format!("CAST({column} AS TEXT)"),
            (true, true) => format!("lower(hex({column}))"),
            (true, false) => format!("encode({column}, 'hex')"),
        };
        for value in db
            .database()
            .texts(&format!("SELECT {shown} FROM {table} WHERE {column} IS NOT NULL"))
            .await
            .into_iter()
            .flatten()
        {
            if bytes && !is_key(&column) {
                assert!(value.starts_with("01"), "{table}.{column} did not pass the codec");
                sealed += 1;
            }
            for number in [real(1), real(2), real(3), courier(1)] {
                let digits = number.expose_digits();
                assert!(!value.contains(&digits.to_string()), "{table}.{column} holds a real number");
                assert!(!value.contains(&format!("{digits:010x}")), "{table}.{column} holds a real number");
            }
            assert!(!value.contains("canari") && !value.contains(&hex_of("canari")), "{table}.{column} holds a body");
            read += 1;
        }
    }
    assert!(read > 50 && sealed > 15, "{read} {sealed}");
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) async fn errors_hold_no_value(db: TestStore) {
    clients(&db, 1).await;
    let spoil = match db.database().file() {
        Some(_) => "UPDATE client SET phone = x'09', name = 'canari'",
        None => r"UPDATE client SET phone = '\x09', name = 'canari'",
    };
    db.database().execute(spoil).await.unwrap();
    let error = db.client(id(1)).await.unwrap_err();
    assert!(matches!(error, proxycall_service::ports::LedgerError::Unreadable(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("canari"));
    let missing = db.record_inbound_call(call("CA1", courier(1), proxy(1), at(1))).await.unwrap_err();
    assert!(!format!("{missing:?} {missing}").contains("3363998"));
    assert_eq!(db.database().count("interaction").await, 0);
}
