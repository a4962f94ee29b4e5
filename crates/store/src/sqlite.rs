//! Promises: many concurrent verbs share one commit, and none is acknowledged before it is on the disk.
//!
//! One writer takes the queued verbs of many requests into one transaction, a savepoint each, and answers after
//! COMMIT (WAL, `synchronous=FULL`): durability is paid once for all who wait.

mod drive;
pub(crate) mod presence;
pub(crate) mod writer;

// The same bodies as in `postgres.rs`, compiled for this database.
#[path = "verbs/mod.rs"]
pub(crate) mod verbs;

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use proxycall_service::ports::LedgerError;
use sqlx::migrate::Migrator;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::RwLock;

use presence::Presence;

use crate::{OpenError, error::unavailable, migration_failed};

pub(crate) use sqlx::{SqliteConnection as Connection, sqlite::SqliteRow as Row};

/// The texts that differ from PostgreSQL's: one writer needs no locks.
pub(crate) mod dialect {
    use crate::shared_sql::{
        claim_jobs, end_hold, free_lapsed, import_clients, import_known, import_numbers, import_rows,
        insert_interaction, keep_shown, last_shown, remember_caller, take_for_client, take_for_owner, take_number,
        unmark,
    };

    pub(crate) const CLAIM_JOBS: &str = claim_jobs!("");
    pub(crate) const TAKE_FOR_CLIENT: &str = take_for_client!("");
    pub(crate) const TAKE_FOR_OWNER: &str = take_for_owner!("");
    pub(crate) const FREE_LAPSED: &str = free_lapsed!("");
    // Two statements in one text: each text is a hand-over to the database's thread. `changes()` is the first one's. No
    // RETURNING: SQLite keeps a journal and a table of its own for it.
    pub(crate) const RECORD_INTERACTION: &str = concat!(insert_interaction!(), "; ", remember_caller!("changes() = 1"));
    // A trigger would have each insertion keep the pages as they were, in case it fails half-way: a fifth of what it costs.
    pub(crate) const RECORD_REFUSAL: &str = concat!(
        insert_interaction!(),
        "; INSERT INTO traffic_count (hour, channel, outcome, slot, count) \
           SELECT $13 / 3600000, $2, $9, 0, 1 WHERE changes() = 1 \
           ON CONFLICT (hour, channel, outcome, slot) DO UPDATE SET count = count + 1"
    );
    pub(crate) const HOLD_KEY: &str = "SELECT $1";
    pub(crate) const HOLD_REALS: &str = "SELECT 1";
    pub(crate) const HOLD_PROXIES: &str = "SELECT 1";
    // Its triggers look whether changes are marked.
    pub(crate) const MARKS_ON: &str = "SELECT 1";
    pub(crate) const MARKS_OFF: &str = "SELECT 1";
    pub(crate) const IMPORT_KNOWN: &str = import_known!("jsonb_each($1)", "unhex(", ")");
    pub(crate) const IMPORT_CLIENTS: &str = import_clients!("jsonb_each($1)", "unhex(", ")");
    pub(crate) const IMPORT_NUMBERS: &str = import_numbers!("jsonb_each($1)");
    pub(crate) const KEEP_SHOWN: &str = keep_shown!("jsonb_each($1)", "unhex(", ")");
    pub(crate) const UNMARK: &str = unmark!("jsonb_each($1)");
    pub(crate) const LAST_SHOWN: &str = last_shown!("jsonb_each($1)");
}

/// How long a statement waits for another process's lock.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_millis(1_500);
/// How much the writer keeps of the file, in KiB (SQLite writes it with a minus). Not more: SQLite looks through all of it
/// at each commit after it has moved pages of an index, and a page that is not kept comes from the system's memory.
const WRITER_CACHE: &str = "-16384";
/// After how many pages of 4 KiB the write-ahead log is folded into the file: 16 MiB.
const CHECKPOINT_AFTER: &str = "4000";
/// For an import, in the same unit: 256 MiB. A batch touches pages all over the lookup indexes, and what does not fit is
/// written several times over.
const FOR_IMPORT: &str = "PRAGMA cache_size = -262144";
/// While an import is alone with the file, the log may grow to 256 MiB: pages that are changed again and again are then
/// written to the file once. In company it may not: a service that found it long would fold it while its caller waits.
const LONG_LOG: &str = "PRAGMA wal_autocheckpoint = 64000";
/// `CHECKPOINT_AFTER` again.
const SHORT_LOG: &str = "PRAGMA wal_autocheckpoint = 4000";
/// The same for each connection that reads: half a MiB. They look here and there, and the system keeps what is looked at often.
const READER_CACHE: &str = "-512";
/// How many connections read beside the writer.
const READERS: u32 = 4;
/// How long a reader is waited for.
const READER_PATIENCE: Duration = Duration::from_secs(2);

/// The SQLite engine.
pub(crate) struct Sqlite {
    path: Option<PathBuf>,
    writer: writer::Writer,
    readers: Arc<RwLock<SqlitePool>>,
    presence: Presence,
    /// Whether the log may grow.
    long_log: AtomicBool,
}

/// How to open the file.
pub(crate) fn options(uri: &str) -> Result<SqliteConnectOptions, sqlx::Error> {
    Ok(SqliteConnectOptions::from_str(uri)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(200))
}

impl Sqlite {
    /// Opens the file, making it when missing.
    pub(crate) async fn open(uri: &str) -> Result<Self, sqlx::Error> {
        let options = options(uri)?;
        let path = file_of(&options);
        let writing = options
            .clone()
            .pragma("cache_size", WRITER_CACHE)
            .pragma("wal_autocheckpoint", CHECKPOINT_AFTER)
            // Each savepoint keeps the pages that it changes, to undo them: in memory, not in a temporary file.
            .pragma("temp_store", "memory");
        let writer = writer::Writer::open(writing.create_if_missing(true)).await?;
        let readers = Arc::new(RwLock::new(readers(&options)));
        writer.on_reopen(Arc::clone(&readers), move || self::readers(&options));
        let presence = Presence::show(path.as_deref());
        Ok(Self { path, writer, readers, presence, long_log: AtomicBool::new(false) })
    }

    /// Brings the schema up to date, on a connection of its own.
    pub(crate) async fn migrate(&self, migrator: Migrator) -> Result<(), OpenError> {
        let mut connection = self.reader().await.map_err(|error| unavailable(&error))?;
        migrator.run_direct(None, &mut *connection, false).await.map_err(|error| migration_failed(&error))
    }

    /// The writer's queue.
    pub(crate) fn writer(&self) -> &writer::Writer {
        &self.writer
    }

    /// Makes room for an import on the writer's connection.
    pub(crate) async fn expect_import(&self) -> Result<(), LedgerError> {
        self.pragma(FOR_IMPORT).await
    }

    /// Whether other processes share the file: they wait while a unit runs. How long the log may grow follows from it.
    pub(crate) async fn others_wait(&self) -> bool {
        let alone = self.presence.is_alone();
        if self.long_log.swap(alone, Ordering::Relaxed) != alone {
            let pragma = if alone { LONG_LOG } else { SHORT_LOG };
            if let Err(error) = self.pragma(pragma).await {
                tracing::warn!(%error, "the length of the log could not be set");
            }
        }
        !alone
    }

    async fn pragma(&self, pragma: &'static str) -> Result<(), LedgerError> {
        self.writer
            .unit(move |db| {
                Box::pin(async move {
                    sqlx::raw_sql(pragma).execute(&mut *db).await?;
                    Ok(())
                })
            })
            .await
    }

    /// A connection for reading.
    pub(crate) async fn reader(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Sqlite>, sqlx::Error> {
        // An open connection would go on reading a file that was moved away.
        if self.path.as_deref().is_some_and(|path| file_identity(path).is_none()) {
            return Err(sqlx::Error::Io(std::io::ErrorKind::NotFound.into()));
        }
        self.readers.read().await.acquire().await
    }

    /// Ends the writer after what is queued, and closes all.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.read().await.close().await;
    }
}

fn readers(options: &SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(READER_PATIENCE)
        .connect_lazy_with(options.clone().pragma("cache_size", READER_CACHE).create_if_missing(false))
}

/// Which file is behind a path now: another number means that somebody moved or replaced it under us.
#[cfg(unix)]
pub(crate) fn file_identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Which file is behind a path now, as far as this platform tells.
#[cfg(not(unix))]
pub(crate) fn file_identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|_| (0, 0))
}

/// The file of a connection, unless it is in memory.
pub(crate) fn file_of(options: &SqliteConnectOptions) -> Option<PathBuf> {
    let path = options.get_filename();
    (path != Path::new(":memory:") && !path.to_string_lossy().starts_with("file:")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions as _, Row as _};

    use super::*;

    /// SQLite's number for FULL: a commit is on the disk before it is one.
    const FULL: i64 = 2;

    #[tokio::test]
    async fn every_connection_writes_ahead_and_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let uri = format!("sqlite:{}", folder.path().join("proxycall.db").display());
        let engine = Sqlite::open(&uri).await.unwrap();
        for mut db in [options(&uri).unwrap().connect().await.unwrap(), engine.reader().await.unwrap().detach()] {
            let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut db).await.unwrap();
            let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut db).await.unwrap();
            assert_eq!((journal.as_str(), synchronous), ("wal", FULL));
        }
        let writer = engine.writer().unit(|db| {
            Box::pin(async move { Ok(sqlx::query_scalar::<_, i64>("PRAGMA synchronous").fetch_one(&mut *db).await?) })
        });
        assert_eq!(writer.await.unwrap(), FULL);
        engine.close().await;
    }

    /// Such a table is there for the length of one statement, and makes that several times as dear.
    #[tokio::test]
    async fn to_record_a_call_makes_no_table_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let uri = format!("sqlite:{}", folder.path().join("proxycall.db").display());
        let engine = Sqlite::open(&uri).await.unwrap();
        engine.migrate(crate::migrations::sqlite()).await.unwrap();
        let mut db = engine.reader().await.unwrap();
        for texts in [verbs::calls::FACTS, dialect::RECORD_INTERACTION, dialect::RECORD_REFUSAL] {
            for text in texts.split("; ") {
                let steps =
                    sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN {text}"))).fetch_all(&mut *db).await.unwrap();
                let plan: Vec<String> = steps.iter().map(|step| step.get("opcode")).collect();
                assert!(plan.len() > 10 && !plan.iter().any(|step| step == "OpenEphemeral"), "{text}: {plan:?}");
            }
        }
    }
}
