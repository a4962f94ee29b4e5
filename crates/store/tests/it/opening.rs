//! Opening a store.

use proxycall_service::ports::{Ledger, LedgerError};
use proxycall_store::{OpenError, Options, SecretKey, SecretOrigin, Store};
use proxycall_testkit::database::{Database, options, secret};

use crate::support::*;

fn with(db: &TestStore, secrets: &[u8], first: u8) -> Options {
    let secrets = secrets.iter().map(|byte| SecretKey::from_bytes([*byte; 32])).collect();
    Options { secrets, first_secret: SecretKey::from_bytes([first; 32]), ..options(db.database().uri()) }
}

async fn problem(options: Options) -> OpenError {
    match Store::open(options).await {
        Ok(_) => unreachable!("this store must not open"),
        Err(error) => error,
    }
}

pub(crate) async fn a_store_opens_only_with_the_secret_it_was_made_with(db: TestStore) {
    clients(&db, 1).await;
    assert!(matches!(problem(with(&db, &[9], 1)).await, OpenError::OtherSecret));
    assert!(matches!(problem(with(&db, &[], 1)).await, OpenError::NoSecret));
    let again = Store::open(options(db.database().uri())).await.unwrap();
    assert_eq!(again.secret_origin(), SecretOrigin::Environment);
    let found = again.search_clients(proxycall_service::ports::ledger::ClientSearch::Phone(real(1))).await.unwrap();
    assert_eq!(found.items.len(), 1);
    again.close().await;
}

pub(crate) async fn a_secret_made_at_first_start_is_found_again(db: TestStore) {
    db.database().execute("DELETE FROM meta").await.unwrap();
    let first = Store::open(with(&db, &[], 1)).await.unwrap();
    assert_eq!(first.secret_origin(), SecretOrigin::Store);
    let row = proxycall_service::ports::ledger::ImportClient { client: new_client(1), proxy: None, last_caller: None };
    first.import_clients(vec![row], false, at(0)).await.unwrap();
    first.close().await;
    let second = Store::open(with(&db, &[], 2)).await.unwrap();
    assert_eq!(second.secret_origin(), SecretOrigin::Store);
    let found = second.search_clients(proxycall_service::ports::ledger::ClientSearch::Phone(real(1))).await.unwrap();
    assert_eq!(found.items.len(), 1, "the number's key changed");
    second.close().await;
}

pub(crate) async fn a_former_secret_may_be_listed_behind_the_new_one(db: TestStore) {
    let both = vec![SecretKey::from_bytes([9; 32]), secret()];
    let store = Store::open(Options { secrets: both, ..options(db.database().uri()) }).await.unwrap();
    assert_eq!(store.secret_origin(), SecretOrigin::Environment);
    store.close().await;
}

pub(crate) async fn two_that_open_a_new_store_at_once_share_one_secret(db: TestStore) {
    db.database().execute("DELETE FROM meta").await.unwrap();
    let [a, b] = [with(&db, &[], 1), with(&db, &[], 2)];
    let (a, b) = tokio::join!(Store::open(a), Store::open(b));
    for store in [a.unwrap(), b.unwrap()] {
        store.close().await;
    }
    assert_eq!(db.database().count("meta").await, 2);
}

pub(crate) async fn a_store_that_is_closed_answers_with_an_error(db: TestStore) {
    db.ping().await.unwrap();
    db.close().await;
    assert!(matches!(db.ping().await, Err(LedgerError::Unavailable(_))));
    assert!(matches!(db.client(id(1)).await, Err(LedgerError::Unavailable(_))));
}

#[tokio::test]
async fn an_empty_postgres_is_not_migrated_without_leave() {
    let database = Database::empty_postgres().await;
    let no_leave = || Options { migrate: false, ..options(database.uri()) };
    assert!(matches!(problem(no_leave()).await, OpenError::Schema));
    Store::open(options(database.uri())).await.unwrap().close().await;
    Store::open(no_leave()).await.unwrap().close().await;
    database.execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1").await.unwrap();
    assert!(matches!(problem(no_leave()).await, OpenError::Schema));
}

/// The version before this one goes on, and starts again, when this one has changed the schema.
pub(crate) async fn a_schema_that_a_newer_version_made_is_worked_with(db: TestStore) {
    clients(&db, 1).await;
    let checksum = if db.database().file().is_some() { "x'00'" } else { r"'\x00'" };
    let newer = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'newer', true, {checksum}, 0)"
    );
    db.database().execute(&newer).await.unwrap();
    for migrate in [true, false] {
        let store = Store::open(Options { migrate, ..options(db.database().uri()) }).await.unwrap();
        assert!(store.client(id(1)).await.unwrap().is_some());
        store.close().await;
    }
}

#[tokio::test]
async fn instances_that_start_at_once_migrate_once() {
    let database = Database::empty_postgres().await;
    let opened = at_once(5, |_| {
        let options = options(database.uri());
        async move { Store::open(options).await.map(|_| ()) }
    })
    .await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
}

#[tokio::test]
async fn an_address_of_no_known_kind_is_refused() {
    assert!(matches!(problem(options("mysql://localhost/x")).await, OpenError::Scheme));
    let nowhere = "postgres:///x?host=/nonexistent-folder&user=nobody";
    assert!(matches!(problem(options(nowhere)).await, OpenError::Database(LedgerError::Unavailable(_))));
}
