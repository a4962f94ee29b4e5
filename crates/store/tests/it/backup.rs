//! A backup is whole whatever goes on meanwhile, and is put back whole or not at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use proxycall_service::ports::{Ledger, ledger::ClientSearch};
use proxycall_store::{
    Store,
    backup::{BackupError, back_up, restore},
};
use proxycall_testkit::database::{Database, options, raw_sqlite, sqlite};
use sqlx::Executor;

use crate::support::*;

/// A store with two clients, and its backup.
async fn backed_up() -> (TestStore, PathBuf) {
    let db = sqlite().await;
    clients(&db, 2).await;
    relayed_text(&db, "SM1", at(0)).await;
    let file = db.database().file().unwrap().with_file_name("backup.db");
    back_up(db.database().uri(), &file).await.unwrap();
    (db, file)
}

async fn holds_client_2(uri: &str) -> bool {
    let store = Store::open(options(uri)).await.unwrap();
    let found = store.search_clients(ClientSearch::Phone(real(2))).await.unwrap().items.len();
    store.close().await;
    found == 1
}

fn names(file: &Path) -> Vec<String> {
    let folder = fs::read_dir(file.parent().unwrap()).unwrap();
    let mut names: Vec<_> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_service_writes_on_while_a_backup_is_made_of_one_moment() {
    let db = sqlite().await;
    clients(&db, 1).await;
    let file = db.database().file().unwrap().with_file_name("backup.db");
    let writing = at_once(200, |n| {
        let store = db.store();
        async move {
            let call = call(&format!("CA{n}"), courier(1), proxy(1), at(0));
            store.record_inbound_call(call).await.unwrap();
        }
    });
    let (contents, _) = tokio::join!(back_up(db.database().uri(), &file), writing);
    let contents = contents.unwrap();
    assert_eq!(db.database().count("interaction").await, 200);
    let kept = contents.rows.iter().find(|(what, _)| what == "calls and texts").unwrap().1;
    assert!((0..=200).contains(&kept));
    let copy = raw_sqlite(&file).await.fetch_all("SELECT id FROM interaction").await.unwrap();
    assert_eq!(i64::try_from(copy.len()).unwrap(), kept, "what is told is what is there");
    assert!(contents.rows.contains(&("clients".to_owned(), 1)), "{contents:?}");
}

#[tokio::test]
async fn a_backup_is_put_where_nothing_is_and_opens_with_all_that_was_in_it() {
    let (db, file) = backed_up().await;
    let elsewhere = Database::sqlite();
    let restored = restore(elsewhere.uri(), &file, false).await.unwrap();
    assert_eq!(restored.replaced, None);
    assert!(restored.contents.rows.contains(&("clients".to_owned(), 2)));
    assert!(holds_client_2(elsewhere.uri()).await);
    for table in ["client", "proxy_number", "number_past", "interaction", "job", "meta", "number_move"] {
        assert_eq!(elsewhere.count(table).await, db.database().count(table).await, "{table}");
    }
}

#[tokio::test]
async fn what_is_there_is_replaced_only_by_force_and_kept_beside() {
    let (_db, file) = backed_up().await;
    let other = sqlite().await;
    clients(&other, 1).await;
    other.close().await;
    let (uri, place) = (other.database().uri(), other.database().file().unwrap());
    assert!(matches!(restore(uri, &file, false).await, Err(BackupError::InUse(_) | BackupError::WouldReplace(_))));
    assert!(matches!(restore(uri, &file, true).await, Err(BackupError::InUse(_))), "its store is still open");
    let unused = Database::sqlite();
    let place_of_unused = unused.file().unwrap();
    fs::copy(&place, &place_of_unused).unwrap();
    let restored = restore(unused.uri(), &file, true).await.unwrap();
    assert!(holds_client_2(unused.uri()).await);
    let kept = restored.replaced.unwrap();
    assert!(!holds_client_2(&format!("sqlite:{}", kept.display())).await, "the old one is whole, and the old one");
    assert!(matches!(restore(unused.uri(), &file, false).await, Err(BackupError::WouldReplace(_))));
    let second = restore(unused.uri(), &file, true).await.unwrap().replaced.unwrap();
    assert_ne!(second, kept, "what was kept before stays");
}

#[tokio::test]
async fn a_store_whose_last_words_are_still_in_its_log_is_kept_whole() {
    let (db, file) = backed_up().await;
    let (place, moved) = (db.database().file().unwrap(), Database::sqlite());
    let target = moved.file().unwrap();
    // As a service killed with SIGKILL leaves it: not folded.
    fs::copy(&place, &target).unwrap();
    fs::copy(place.with_file_name("proxycall.db-wal"), target.with_file_name("proxycall.db-wal")).unwrap();
    let kept = restore(moved.uri(), &file, true).await.unwrap().replaced.unwrap();
    assert!(holds_client_2(&format!("sqlite:{}", kept.display())).await);
    assert!(holds_client_2(moved.uri()).await);
}

#[tokio::test]
async fn nothing_is_overwritten_by_a_backup() {
    let (db, file) = backed_up().await;
    let uri = db.database().uri();
    let before = fs::read(&file).unwrap();
    assert!(matches!(back_up(uri, &file).await, Err(BackupError::Exists(_))));
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::write(file.with_file_name("second.db.part"), "").unwrap();
    let second = file.with_file_name("second.db");
    assert!(matches!(back_up(uri, &second).await, Err(BackupError::Unfinished(_))));
    assert!(!second.exists());
}

#[tokio::test]
async fn what_is_no_whole_store_is_neither_kept_nor_put_in_place() {
    let (db, file) = backed_up().await;
    let empty = Database::sqlite();
    let bytes = fs::read(&file).unwrap();
    let torn = file.with_file_name("torn.db");
    for damaged in [&bytes[..bytes.len() / 2], b"no database at all, but long enough to be read as one", b""] {
        fs::write(&torn, damaged).unwrap();
        let refused = restore(empty.uri(), &torn, false).await;
        assert!(matches!(refused, Err(BackupError::Damaged { .. })), "{refused:?}");
    }
    let mut scribbled = bytes;
    for byte in &mut scribbled[8_192..60_000] {
        *byte ^= 0x5a;
    }
    fs::write(&torn, scribbled).unwrap();
    let refused = restore(empty.uri(), &torn, false).await;
    assert!(matches!(refused, Err(BackupError::Damaged { .. })), "{refused:?}");
    assert!(!empty.file().unwrap().exists());
    // A store that is damaged itself is not backed up as if it were whole.
    db.database().execute("PRAGMA foreign_keys = OFF").await.unwrap();
    let mut past = raw_sqlite(&db.database().file().unwrap()).await;
    past.execute("PRAGMA foreign_keys = OFF; DELETE FROM client WHERE client_id = 2").await.unwrap();
    let second = file.with_file_name("second.db");
    let refused = back_up(db.database().uri(), &second).await;
    assert!(
        matches!(&refused, Err(BackupError::Damaged { problem, .. }) if problem.contains("proxy_number")),
        "{refused:?}"
    );
    let left = names(&file);
    assert!(!left.iter().any(|name| name.starts_with("second.db")), "{left:?}");
}

#[tokio::test]
async fn a_backup_of_a_later_version_or_of_something_else_is_refused() {
    let (_db, file) = backed_up().await;
    let empty = Database::sqlite();
    let mut copy = raw_sqlite(&file).await;
    copy.execute(
        "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
                  FROM _sqlx_migrations WHERE version = 1",
    )
    .await
    .unwrap();
    assert!(matches!(restore(empty.uri(), &file, false).await, Err(BackupError::OtherSchema(_))));
    copy.execute("DELETE FROM _sqlx_migrations WHERE version > 1").await.unwrap();
    assert!(restore(empty.uri(), &file, false).await.is_ok(), "an earlier version's is brought up to date when opened");
    copy.execute("DROP TABLE _sqlx_migrations").await.unwrap();
    let elsewhere = Database::sqlite();
    assert!(matches!(restore(elsewhere.uri(), &file, false).await, Err(BackupError::Damaged { .. })));
}

#[tokio::test]
async fn a_running_database_is_not_taken_for_a_backup() {
    let (db, _) = backed_up().await;
    let empty = Database::sqlite();
    let running = db.database().file().unwrap();
    assert!(matches!(restore(empty.uri(), &running, false).await, Err(BackupError::NotABackup(_))));
}

#[tokio::test]
async fn what_is_deleted_is_in_no_backup() {
    let (db, _) = backed_up().await;
    db.database().execute("INSERT INTO setting VALUES ('canary', 'planted-and-deleted', 0)").await.unwrap();
    db.database().execute("DELETE FROM setting WHERE key = 'canary'").await.unwrap();
    let file = db.database().file().unwrap().with_file_name("later.db");
    back_up(db.database().uri(), &file).await.unwrap();
    let bytes = fs::read(&file).unwrap();
    assert!(!bytes.windows(19).any(|window| window == b"planted-and-deleted"));
}

#[tokio::test]
async fn only_a_file_can_be_backed_up() {
    let file = Path::new("/nonexistent-folder/backup.db");
    assert!(matches!(back_up("postgres://localhost/x", file).await, Err(BackupError::NotSqlite)));
    assert!(matches!(back_up("sqlite::memory:", file).await, Err(BackupError::NotSqlite)));
    let absent = Database::sqlite();
    assert!(matches!(back_up(absent.uri(), file).await, Err(BackupError::Missing(_))));
    assert!(!absent.file().unwrap().exists(), "no empty store takes its place");
    assert!(matches!(restore(absent.uri(), file, false).await, Err(BackupError::Missing(_))));
}
