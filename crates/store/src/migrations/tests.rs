use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{ClientId, Outcome};
use proxycall_service::ports::{
    Ledger,
    ledger::{
        AccessBook as _, AuditFilter, BlockFilter, Blocklist as _, ClientSearch, ErasurePart, InteractionFilter,
        NumberFilter, OperatorBook as _, PrivacyBook as _, SendStep, SheetBook as _, Vault as _, Work,
    },
};
use proxycall_testkit::database::Database;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use super::*;
use crate::{Options, SecretKey, Store};

/// Tables and their columns, as the texts of one database write them.
fn tables(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines().map(|line| line.split("--").next().unwrap().trim()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["CREATE", "TABLE", name, ..] => {
                tables.entry((*name).to_owned()).or_default();
                current = Some((*name).to_owned());
            }
            ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                tables.get_mut(*name).unwrap().insert(column.trim_end_matches(';').to_owned());
            }
            // SQLite's way to change a column: the table is made anew under another name.
            ["ALTER", "TABLE", name, "RENAME", "TO", to] => {
                let table = tables.remove(*name).unwrap();
                tables.insert(to.trim_end_matches(';').to_owned(), table);
            }
            [first, ..] if first.starts_with(')') => current = None,
            [first, kind, ..] if TYPES.iter().any(|known| kind.trim_end_matches(',') == *known) => {
                if let Some(table) = &current {
                    tables.get_mut(table).unwrap().insert((*first).to_owned());
                }
            }
            _ => {}
        }
    }
    tables
}

/// SQLite has no booleans.
const TYPES: &[&str] = &["TEXT", "INTEGER", "BLOB", "BIGINT", "BYTEA", "UUID", "BOOLEAN"];

fn indexes(text: &str) -> BTreeSet<&str> {
    text.lines().filter(|line| line.starts_with("CREATE INDEX") || line.starts_with("CREATE UNIQUE INDEX")).collect()
}

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    let sqlite = MIGRATIONS.iter().map(|row| row.2).collect::<Vec<_>>().join("\n");
    let postgres = MIGRATIONS.iter().map(|row| row.3).collect::<Vec<_>>().join("\n");
    let found = tables(&sqlite);
    assert!(found.len() >= 8 && found["interaction"].len() == 18, "the reading of this test is at fault: {found:?}");
    assert_eq!(found, tables(&postgres));
    assert_eq!(indexes(&sqlite), indexes(&postgres));
}

#[test]
fn versions_rise_and_files_are_named_after_them() {
    // Not by one: what is built at the same time has its number before it lands.
    assert!(MIGRATIONS.is_sorted_by(|(one, ..), (next, ..)| one < next));
    for (version, name, ..) in MIGRATIONS {
        for database in ["sqlite", "postgres"] {
            let file = format!("{}/migrations/{database}/{version:04}_{name}.sql", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&file).exists(), "{database}/{version:04}_{name}.sql is missing");
        }
    }
    for database in ["sqlite", "postgres"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), MIGRATIONS.len(), "a file of {database} is in no list");
    }
}

/// A column without a default cannot be added to a table that has rows.
fn adds_a_column_that_old_rows_lack(text: &str) -> bool {
    text.split(';').map(str::to_uppercase).any(|statement| {
        statement.contains("ADD COLUMN") && statement.contains("NOT NULL") && !statement.contains("DEFAULT")
    })
}

#[test]
fn later_migrations_give_new_columns_a_default() {
    assert!(adds_a_column_that_old_rows_lack("ALTER TABLE a ADD COLUMN b TEXT\n NOT NULL;"));
    assert!(!adds_a_column_that_old_rows_lack("ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT '';"));
    for (version, name, sqlite, postgres) in MIGRATIONS.iter().filter(|(version, ..)| *version > 1) {
        for text in [sqlite, postgres] {
            assert!(!adds_a_column_that_old_rows_lack(text), "{version:04}_{name}");
        }
    }
}

/// What the version before cannot bear: it goes on running while the schema is already the new one.
fn breaks_the_version_before(before: &str, text: &str) -> Option<String> {
    let statements: Vec<String> = text
        .lines()
        .map(|line| line.split("--").next().unwrap())
        .collect::<Vec<_>>()
        .join(" ")
        .split(';')
        .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for (position, statement) in statements.iter().enumerate() {
        let words: Vec<&str> = statement.split(' ').collect();
        let gone =
            ["DROP COLUMN", "RENAME COLUMN", "SET NOT NULL", "ALTER COLUMN"].iter().any(|it| statement.contains(it));
        // Made anew, a table is gone only until its successor takes its name.
        let lost = match words.as_slice() {
            ["DROP", "TABLE", name] => !statements[position..]
                .iter()
                .any(|later| later.starts_with("ALTER TABLE") && later.ends_with(&format!("RENAME TO {name}"))),
            ["ALTER", "TABLE", name, "RENAME", "TO", _] => tables(before).contains_key(*name),
            _ => false,
        };
        if gone || lost {
            return Some(statement.clone());
        }
    }
    let (before, after) = (tables(before), tables(&format!("{before}\n{text}")));
    for (table, columns) in &before {
        let now = after.get(table).cloned().unwrap_or_default();
        if let Some(column) = columns.difference(&now).next() {
            return Some(format!("{table} no longer has {column}"));
        }
        // The version before does not name it when it writes.
        let required = |column: &str| {
            text.lines().map(str::trim).any(|line| {
                line.starts_with(&format!("{column} ")) && line.contains("NOT NULL") && !line.contains("DEFAULT")
            })
        };
        if let Some(column) = now.difference(columns).find(|column| required(column)) {
            return Some(format!("{table} needs {column}"));
        }
    }
    None
}

#[test]
fn the_version_before_can_work_on_each_new_schema() {
    let old = "CREATE TABLE a (\n b TEXT NOT NULL,\n c TEXT\n);";
    for (text, breaks) in [
        ("ALTER TABLE a ADD COLUMN d TEXT;", false),
        ("CREATE TABLE e (\n f TEXT NOT NULL\n);", false),
        (
            "CREATE TABLE a_new (\n b TEXT NOT NULL,\n c TEXT,\n d TEXT\n);\nDROP TABLE a;\nALTER TABLE a_new RENAME TO a;",
            false,
        ),
        ("DROP INDEX x;", false),
        ("ALTER TABLE a DROP COLUMN c;", true),
        ("ALTER TABLE a RENAME COLUMN c TO d;", true),
        ("ALTER TABLE a ALTER COLUMN c SET NOT NULL;", true),
        ("ALTER TABLE a RENAME TO e;", true),
        ("DROP TABLE a;", true),
        ("CREATE TABLE a_new (\n b TEXT NOT NULL\n);\nDROP TABLE a;\nALTER TABLE a_new RENAME TO a;", true),
        (
            "CREATE TABLE a_new (\n b TEXT,\n c TEXT,\n d TEXT NOT NULL\n);\nDROP TABLE a;\nALTER TABLE a_new RENAME TO a;",
            true,
        ),
    ] {
        assert_eq!(breaks_the_version_before(old, text).is_some(), breaks, "{text}");
    }
    for text in [|row: &Row| row.2, |row: &Row| row.3] {
        for (position, row) in MIGRATIONS.iter().enumerate().filter(|(_, row)| row.0 > FILLED[0].0) {
            let before = MIGRATIONS[..position].iter().map(text).collect::<Vec<_>>().join("\n");
            assert_eq!(breaks_the_version_before(&before, text(row)), None, "{:04}_{}", row.0, row.1);
        }
    }
}

type Row = (i64, &'static str, &'static str, &'static str);

/// The schemas that `tests/filled/` has rows for: together they fill each table. The first is that of a service that went through
/// all of a client's, number's, text's and sheet row's life; each further one holds what came after. With SQLite's rows, then
/// PostgreSQL's.
const FILLED: [(i64, &str, &str); 3] = [
    (4, include_str!("../../tests/filled/sqlite.sql"), include_str!("../../tests/filled/postgres.sql")),
    (10, include_str!("../../tests/filled/sqlite_10.sql"), include_str!("../../tests/filled/postgres_10.sql")),
    (13, include_str!("../../tests/filled/sqlite_13.sql"), include_str!("../../tests/filled/postgres_13.sql")),
];
/// When that was.
const THEN: i64 = 1_795_420_860;

fn up_to(migrator: Migrator, version: i64) -> Migrator {
    Migrator::with_migrations(migrator.iter().filter(|migration| migration.version <= version).cloned().collect())
}

/// Every kind of row is read as it was written, by way of the store as it is now.
async fn all_is_there(uri: &str) {
    let options = Options {
        uri: uri.to_owned(),
        secrets: vec![SecretKey::from_bytes([7; 32])],
        first_secret: SecretKey::from_bytes([7; 32]),
        migrate: true,
    };
    let store = Store::open(options).await.unwrap();
    let now = Timestamp::from_second(THEN + 10 * 365 * 86_400).unwrap();
    let found = store.search_clients(ClientSearch::Phone("+33639980001".parse().unwrap())).await.unwrap().items;
    assert_eq!(found.len(), 1, "a real number is found by its hash");
    assert_eq!(found[0].name.expose(), "Zoé Martin");
    assert!(found[0].last_caller.is_some() && found[0].proxy.is_some());
    let numbers = store.numbers(NumberFilter { limit: 100, ..NumberFilter::default() }).await.unwrap().items;
    assert!(numbers.len() >= 5, "{numbers:?}");
    let mut past = 0;
    for number in &numbers {
        past += store.number_history(number.phone).await.unwrap().len();
    }
    assert!(past > 0);
    assert!(!store.alerts().await.unwrap().is_empty());
    assert!(!store.settings().await.unwrap().is_empty());
    assert!(!store.sheet_problems(None, 1_000).await.unwrap().is_empty());
    store.sheet_state().await.unwrap();
    assert_eq!(store.open_purchases().await.unwrap(), []);
    let jobs = store.claim_jobs(100, now, now + SignedDuration::from_mins(1)).await.unwrap();
    let kinds: BTreeSet<_> = jobs.iter().map(|job| job.work.kind()).collect();
    assert!(kinds.contains("send_text") && kinds.contains("erase_client"), "{kinds:?}");
    let text = jobs.iter().find(|job| matches!(job.work, Work::SendText { .. })).unwrap();
    let SendStep::Send(text) = store.start_sending(text, now).await.unwrap() else { panic!("the text waits") };
    assert_eq!((text.body.as_str(), text.to.expose().as_str()), ("Bonjour", "+33639980001"));
    assert!(found[0].pause.is_some());
    what_came_later_is_there(&store, now).await;
    store.close().await;
}

/// The same of what migrations 5 to 13 brought.
async fn what_came_later_is_there(store: &Store, now: Timestamp) {
    let blocks = store.blocks(BlockFilter { limit: 10, ..BlockFilter::default() }).await.unwrap().items;
    let blocks: BTreeSet<_> =
        blocks.iter().map(|it| (it.phone.expose(), it.reason.expose(), it.client.is_some())).collect();
    assert!(blocks.contains(&("+33639980021".to_owned(), "rings at night", true)), "a block for one client");
    assert!(blocks.contains(&("+33639980022".to_owned(), "", false)), "a block for all");
    let of_the_blocked =
        InteractionFilter { outcome: Some(Outcome::RefusedBlocked), limit: 10, ..InteractionFilter::default() };
    let calls = store.interactions(of_the_blocked).await.unwrap().items;
    assert_eq!(calls.iter().map(|call| call.party.unwrap().expose()).collect::<Vec<_>>(), ["+33639980021"]);
    let tokens = store.tokens().await.unwrap();
    assert_eq!(
        tokens.iter().map(|token| (token.name.as_str(), token.is_valid(now))).collect::<BTreeSet<_>>(),
        [("old", false), ("shop", true)].into()
    );
    assert_eq!(store.acts(AuditFilter { limit: 10, ..AuditFilter::default() }).await.unwrap().items.len(), 2);
    let erased = ClientId::new(9).unwrap();
    let erasure = store.erasure(erased).await.unwrap().unwrap();
    assert_eq!((erasure.record_done, erasure.at_carrier), (false, 1));
    assert_eq!(store.copies_due(10, now).await.unwrap().len(), 2);
    // It goes on from where it stood, which takes who is looked for: that is sealed.
    while store.erase_part(erased, now).await.unwrap() == ErasurePart::More {}
    assert!(store.erasure(erased).await.unwrap().unwrap().record_done);
    let vault = store.vault(false).await.unwrap();
    assert_eq!((vault.before, vault.writes_with.as_str()), (None, "ClyHnSMeVeOvJ2T8"));
    let of_nobody = InteractionFilter { proxy: "+33199000999".parse().ok(), limit: 10, ..InteractionFilter::default() };
    let calls = store.interactions(of_nobody).await.unwrap().items;
    assert_eq!(calls.iter().map(|call| call.inbound_sid.as_str()).collect::<Vec<_>>(), ["CAnobody"]);
    assert!(store.report_sent("2026-W47".parse().unwrap()).await.unwrap());
}

/// Filled tables, the newest first.
async fn check_filled(tables: Vec<String>, count: impl AsyncFn(String) -> i64) {
    for table in tables {
        assert!(
            count(table.clone()).await > 0,
            "{table} has no row in tests/filled/: this test would show nothing of it"
        );
    }
}

#[tokio::test]
async fn a_filled_sqlite_of_an_earlier_version_is_brought_up_to_date_and_keeps_all() {
    let database = Database::sqlite();
    let file = SqliteConnectOptions::new().filename(database.file().unwrap()).create_if_missing(true);
    let mut db = file.connect().await.unwrap();
    for (version, rows, _) in FILLED {
        up_to(sqlite(), version).run_direct(None, &mut db, false).await.unwrap();
        sqlx::raw_sql(rows).execute(&mut db).await.unwrap();
    }
    let tables = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    let tables: Vec<String> = tables.fetch_all(&mut db).await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    check_filled(tables, async |table| database.count(&table).await).await;
    db.close().await.unwrap();
    all_is_there(database.uri()).await;
    let stray = database.texts("SELECT \"table\" FROM pragma_foreign_key_check").await;
    assert!(stray.is_empty(), "{stray:?}");
    assert_eq!(database.texts("PRAGMA integrity_check").await, [Some("ok".to_owned())]);
}

#[tokio::test]
async fn a_filled_postgres_of_an_earlier_version_is_brought_up_to_date_and_keeps_all() {
    let database = Database::empty_postgres().await;
    let mut db = sqlx::PgConnection::connect(database.uri()).await.unwrap();
    for (version, _, rows) in FILLED {
        up_to(postgres(), version).run_direct(None, &mut db, false).await.unwrap();
        sqlx::raw_sql(rows).execute(&mut db).await.unwrap();
    }
    let tables =
        sqlx::query_scalar("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'");
    let tables: Vec<String> = tables.fetch_all(&mut db).await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    check_filled(tables, async |table| database.count(&table).await).await;
    db.close().await.unwrap();
    all_is_there(database.uri()).await;
    let unproven = database.texts("SELECT conname::text FROM pg_constraint WHERE NOT convalidated").await;
    assert!(unproven.is_empty(), "{unproven:?}");
}

#[tokio::test]
async fn sqlites_wider_check_of_outcomes_holds_on_every_connection_and_leaves_the_rows_alone() {
    let database = proxycall_testkit::database::Database::sqlite();
    let options = crate::sqlite::options(database.uri()).unwrap().create_if_missing(true);
    let mut db = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    up_to(sqlite(), 7).run_direct(None, &mut db, false).await.unwrap();
    let insert = |sid: &str, outcome: &str| {
        format!(
            "INSERT INTO interaction (id, channel, dialled, inbound_sid, outcome, answer, started_at) \
             VALUES (CAST('{sid}' AS BLOB), 'call', 33199000001, '{sid}', '{outcome}', x'00', 0)"
        )
    };
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    for outcome in ["completed", "refused_loop", "refused_empty"] {
        sqlx::raw_sql(AssertSqlSafe(insert(outcome, outcome))).execute(&mut other).await.unwrap();
    }
    sqlx::raw_sql(AssertSqlSafe(insert("early", "refused_paused"))).execute(&mut other).await.unwrap_err();
    sqlite().run_direct(None, &mut db, false).await.unwrap();
    for connection in [&mut db, &mut other] {
        for outcome in ["refused_blocked", "refused_paused"] {
            sqlx::raw_sql(AssertSqlSafe(insert(outcome, outcome))).execute(&mut *connection).await.unwrap();
            sqlx::raw_sql("DELETE FROM interaction WHERE outcome IN ('refused_blocked', 'refused_paused')")
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        sqlx::raw_sql(AssertSqlSafe(insert("bad", "nonsense"))).execute(&mut *connection).await.unwrap_err();
        let rows: i64 =
            sqlx::query_scalar("SELECT count(*) FROM interaction").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(rows, 3);
        let check: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(check, "ok");
        // Nobody may change the schema in this way any more.
        sqlx::raw_sql("UPDATE sqlite_schema SET sql = sql").execute(&mut *connection).await.unwrap_err();
    }
}
