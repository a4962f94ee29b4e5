//! What an SQLite file meets: locks, moves, requests that were given up.

use std::{
    path::Path,
    pin::pin,
    time::{Duration, Instant},
};

use futures_util::poll;
use proxycall_domain::NumberType;
use proxycall_service::ports::{Ledger, LedgerError};
use proxycall_testkit::database::{Database, raw_sqlite, sqlite};
use sqlx::{Executor, SqliteConnection};

use crate::support::*;

async fn locked(db: &TestStore) -> SqliteConnection {
    let mut other = raw_sqlite(&db.database().file().unwrap()).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    other
}

#[tokio::test]
async fn a_locked_file_is_told_within_three_seconds_and_recovers() {
    let db = sqlite().await;
    clients(&db, 1).await;
    let mut other = locked(&db).await;
    let start = Instant::now();
    let refused = db.record_inbound_call(call("CA1", courier(1), proxy(1), at(0))).await;
    assert!(matches!(refused, Err(LedgerError::Unavailable(_))), "{refused:?}");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(db.client(id(1)).await.unwrap().is_some(), "reading goes on");
    other.execute("ROLLBACK").await.unwrap();
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(0))).await.unwrap();
    assert_eq!(db.database().count("interaction").await, 1);
}

#[tokio::test]
async fn a_verb_that_nobody_waits_for_any_more_is_not_carried_out() {
    let db = sqlite().await;
    let mut other = locked(&db).await;
    let set = |key: &str| db.set_setting(key.to_owned(), Some("1".to_owned()), at(0));
    let mut first = pin!(set("first"));
    assert!(poll!(&mut first).is_pending());
    // On this one thread, the writer now takes the first verb and meets the lock.
    tokio::task::yield_now().await;
    {
        let mut abandoned = pin!(set("abandoned"));
        assert!(poll!(&mut abandoned).is_pending());
    }
    let mut last = pin!(set("last"));
    assert!(poll!(&mut last).is_pending());
    other.execute("ROLLBACK").await.unwrap();
    first.await.unwrap();
    last.await.unwrap();
    let keys: Vec<_> = db.settings().await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["first", "last"]);
}

#[tokio::test]
async fn verbs_beside_a_refused_one_are_kept_and_stand_on_each_other() {
    let db = sqlite().await;
    clients(&db, 1).await;
    let mut other = locked(&db).await;
    let set = |key: &str| db.set_setting(key.to_owned(), Some("1".to_owned()), at(0));
    let mut first = pin!(set("first"));
    assert!(poll!(&mut first).is_pending());
    // The writer meets the lock with the first verb alone; the others share the next commit.
    tokio::task::yield_now().await;
    let mut before = pin!(set("before"));
    // The row is written before it is found out that there is no number.
    let mut refused = pin!(db.create_client(create(new_client(2))));
    let mut stocked = pin!(db.add_numbers(vec![number(proxy(9), NumberType::Local)], act(0)));
    let mut created = pin!(db.create_client(create(new_client(3))));
    let mut again = pin!(db.create_client(create(new_client(3))));
    assert!(poll!(&mut before).is_pending() && poll!(&mut refused).is_pending() && poll!(&mut stocked).is_pending());
    assert!(poll!(&mut created).is_pending() && poll!(&mut again).is_pending());
    other.execute("ROLLBACK").await.unwrap();
    first.await.unwrap();
    before.await.unwrap();
    assert!(matches!(refused.await, Err(LedgerError::NoNumberLeft { .. })));
    assert_eq!(stocked.await, Ok(1));
    assert_eq!(created.await.unwrap().proxy, Some(proxy(9)));
    assert_eq!(again.await, Err(LedgerError::ClientExists));
    assert_eq!((db.database().count("client").await, db.settings().await.unwrap().len()), (2, 2));
}

/// Moves the file with its journal.
fn shift(from: &Path, to: &Path) {
    for end in ["", "-wal", "-shm"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        if Path::new(&name(from)).exists() {
            std::fs::rename(name(from), name(to)).unwrap();
        }
    }
}

#[tokio::test]
async fn a_file_that_is_moved_away_is_missed_and_found_again() {
    let db = sqlite().await;
    clients(&db, 1).await;
    let file = db.database().file().unwrap();
    let away = file.with_extension("away");
    shift(&file, &away);
    assert!(matches!(db.ping().await, Err(LedgerError::Unavailable(_))));
    assert!(matches!(db.client(id(1)).await, Err(LedgerError::Unavailable(_))));
    assert!(!file.exists(), "no empty file takes its place");
    shift(&away, &file);
    db.ping().await.unwrap();
    assert!(db.client(id(1)).await.unwrap().is_some());
    db.set_setting("key".to_owned(), Some("1".to_owned()), at(0)).await.unwrap();
    assert_eq!(db.database().count("setting").await, 1);
}

#[tokio::test]
async fn a_file_that_is_replaced_is_opened_anew() {
    let db = sqlite().await;
    clients(&db, 1).await;
    let backup = Database::sqlite();
    let store = proxycall_store::Store::open(proxycall_testkit::database::options(backup.uri())).await.unwrap();
    store.set_setting("restored".to_owned(), Some("1".to_owned()), at(0)).await.unwrap();
    store.close().await;
    let file = db.database().file().unwrap();
    shift(&file, &file.with_extension("broken"));
    assert!(db.ping().await.is_err());
    // A copy into the folder, then a rename: as one restores a backup.
    std::fs::copy(backup.file().unwrap(), file.with_extension("new")).unwrap();
    shift(&file.with_extension("new"), &file);
    db.ping().await.unwrap();
    assert_eq!(db.client(id(1)).await.unwrap(), None);
    assert_eq!(db.settings().await.unwrap().len(), 1);
    db.set_setting("after".to_owned(), Some("1".to_owned()), at(0)).await.unwrap();
    assert_eq!(db.database().count("setting").await, 2);
}
