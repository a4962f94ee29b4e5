//! Promises: a backup of an SQLite store is whole and checked before it bears its name; putting one back replaces nothing
//! that is in use, and nothing before the backup has been checked.
//!
//! `VACUUM INTO` reads one state of the file while the service goes on writing to its log: nobody waits. What was deleted
//! is not in the copy. PostgreSQL has tools of its own for this.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    error::unavailable,
    migrations,
    sqlite::{self, presence::Presence},
};

/// Why there is no backup, or why it was not put back. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is not one file.
    #[error("only an SQLite file can be backed up and restored by this program")]
    NotSqlite,
    /// There is nothing to back up, or nothing to restore.
    #[error("{0} does not exist")]
    Missing(PathBuf),
    /// Nothing is overwritten.
    #[error("{0} exists already; name another file or move it away")]
    Exists(PathBuf),
    /// Another one is being made, or was interrupted.
    #[error("{0} exists: another backup or restore runs, or one was interrupted; remove it once none runs")]
    Unfinished(PathBuf),
    /// The store to be replaced is there.
    #[error("{0} exists already; with --force it is replaced, and kept beside")]
    WouldReplace(PathBuf),
    /// Somebody has the store open.
    #[error("{0} is in use; stop the service and every other proxycall command first")]
    InUse(PathBuf),
    /// A running database was copied by hand without its log.
    #[error("{0} has a write-ahead log beside it: it is a database in use, not a backup; run `proxycall backup` on it")]
    NotABackup(PathBuf),
    /// What was written or read is not a whole store.
    #[error("{file} is not a whole ProxyCall database: {problem}")]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What the database says of it.
        problem: String,
    },
    /// A later version made it.
    #[error("{0} was made by a later version of this program, or by another one; use that version")]
    OtherSchema(PathBuf),
    /// The disk.
    #[error("{file}: {error}")]
    File {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// The database.
    #[error("{file} cannot be read or written: {problem}")]
    Database {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// What a checked copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The version of its schema.
    pub schema: i64,
    /// How many rows the main tables have.
    pub rows: Vec<(String, i64)>,
    /// Its size.
    pub bytes: u64,
    /// Whether the key that opens it is in it too.
    pub holds_secret: bool,
}

/// What a restore came to.
#[derive(Debug)]
pub struct Restored {
    /// What is in place now.
    pub contents: Contents,
    /// Where the store that was there before is kept.
    pub replaced: Option<PathBuf>,
}

const COPY: &str = "VACUUM INTO $1";
const FOLD: &str = "PRAGMA wal_checkpoint(TRUNCATE)";
const INTEGRITY: &str = "PRAGMA integrity_check(1)";
const FOREIGN_KEYS: &str = "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1";
const SCHEMA: &str = "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version";
const HOLDS_SECRET: &str = "SELECT COUNT(*) FROM meta WHERE key = 'secret_key'";
/// Tables that every version has.
const COUNTS: &str = "SELECT 'clients', COUNT(*) FROM client UNION ALL SELECT 'numbers', COUNT(*) FROM proxy_number \
    UNION ALL SELECT 'orders', COUNT(*) FROM client_order UNION ALL SELECT 'calls and texts', COUNT(*) FROM interaction \
    UNION ALL SELECT 'jobs', COUNT(*) FROM job";

/// Writes a copy of the store at `uri` to `to`, while the service goes on.
///
/// # Errors
/// See [`BackupError`]; then nothing is at `to`.
pub async fn back_up(uri: &str, to: &Path) -> Result<Contents, BackupError> {
    let from = file(uri)?;
    if !from.exists() {
        return Err(BackupError::Missing(from));
    }
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let part = Part::make(to)?;
    let mut source = open(&from).await?;
    let target = part.path.to_string_lossy().into_owned();
    sqlx::query(COPY).bind(target).execute(&mut source).await.map_err(|error| database(&from, &error))?;
    source.close().await.map_err(|error| database(&from, &error))?;
    let contents = check(&part.path).await?;
    part.become_file(to)?;
    Ok(contents)
}

/// Puts the backup `from` in the place of the store at `uri`. A store that is there is replaced only with `force`.
///
/// # Errors
/// See [`BackupError`]; then what was there is as it was.
pub async fn restore(uri: &str, from: &Path, force: bool) -> Result<Restored, BackupError> {
    let place = file(uri)?;
    if !from.exists() {
        return Err(BackupError::Missing(from.to_owned()));
    }
    let there = place.exists();
    if there && !force {
        return Err(BackupError::WouldReplace(place));
    }
    if fs::metadata(beside(from, "-wal")).is_ok_and(|log| log.len() > 0) {
        return Err(BackupError::NotABackup(from.to_owned()));
    }
    // Held until the end: a service that starts meanwhile finds the file changed, and opens it again.
    let Some(_alone) = Presence::alone(&place) else { return Err(BackupError::InUse(place)) };
    let part = Part::make(&place)?;
    fs::copy(from, &part.path).map_err(|error| on_disk(from, error))?;
    let contents = check(&part.path).await?;
    let replaced = if there { Some(set_aside(&place).await?) } else { None };
    part.become_file(&place)?;
    Ok(Restored { contents, replaced })
}

/// A copy that is not checked yet; goes when dropped.
struct Part {
    path: PathBuf,
}

impl Part {
    fn make(file: &Path) -> Result<Self, BackupError> {
        let path = beside(file, ".part");
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // It holds names and addresses.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(_) => Ok(Self { path }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(BackupError::Unfinished(path)),
            Err(error) => Err(on_disk(&path, error)),
        }
    }

    /// On the disk first, then under its name: a power cut leaves the old state or the new one.
    fn become_file(self, file: &Path) -> Result<(), BackupError> {
        File::open(&self.path).and_then(|part| part.sync_all()).map_err(|error| on_disk(&self.path, error))?;
        fs::rename(&self.path, file).map_err(|error| on_disk(file, error))?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Where folders cannot be opened, the system keeps the name in order by itself.
        let _synced = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _gone = fs::remove_file(beside(&self.path, end));
        }
    }
}

/// Gives the store that is in place a second name. It keeps its first until the backup takes that over: at no moment is
/// there no store, which a service would then begin anew.
async fn set_aside(place: &Path) -> Result<PathBuf, BackupError> {
    // Folds the log into the file. A store that is too damaged for that is kept with its log.
    let folded = match open(place).await {
        Ok(mut old) => sqlx::query(FOLD).fetch_all(&mut old).await.is_ok() && old.close().await.is_ok(),
        Err(_) => false,
    };
    let aside = (1..).map(|n| beside(place, &format!(".replaced-{n}"))).find(|name| !name.exists());
    let aside = aside.unwrap_or_else(|| beside(place, ".replaced"));
    fs::hard_link(place, &aside)
        .or_else(|_| fs::copy(place, &aside).map(drop))
        .map_err(|error| on_disk(&aside, error))?;
    for end in ["-wal", "-shm"] {
        let log = beside(place, end);
        if !folded && log.exists() {
            fs::rename(&log, beside(&aside, end)).map_err(|error| on_disk(&log, error))?;
        }
    }
    Ok(aside)
}

/// Reads all of a copy, and counts what is in it.
async fn check(copy: &Path) -> Result<Contents, BackupError> {
    let damaged = |problem: &str| BackupError::Damaged { file: copy.to_owned(), problem: problem.to_owned() };
    let unreadable = |error: &sqlx::Error| damaged(&unavailable(error).to_string());
    let mut db = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(copy))
        .await
        .map_err(|error| unreadable(&error))?;
    let found: String = sqlx::query_scalar(INTEGRITY).fetch_one(&mut db).await.map_err(|error| unreadable(&error))?;
    if found != "ok" {
        // What is found may quote a row.
        return Err(damaged("its pages do not fit together"));
    }
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as(SCHEMA).fetch_all(&mut db).await.map_err(|_| damaged("it holds no record of its schema"))?;
    let known = migrations::sqlite();
    let ours = known.iter().map(|migration| (migration.version, migration.checksum.as_ref()));
    if applied.is_empty()
        || !applied.iter().map(|(version, sum)| (*version, sum.as_slice())).eq(ours.take(applied.len()))
    {
        return Err(BackupError::OtherSchema(copy.to_owned()));
    }
    let stray: Option<String> =
        sqlx::query_scalar(FOREIGN_KEYS).fetch_optional(&mut db).await.map_err(|error| unreadable(&error))?;
    if let Some(table) = stray {
        return Err(damaged(&format!("a row of {table} refers to one that is not there")));
    }
    let rows = sqlx::query_as(COUNTS).fetch_all(&mut db).await.map_err(|error| unreadable(&error))?;
    let secrets: i64 = sqlx::query_scalar(HOLDS_SECRET).fetch_one(&mut db).await.map_err(|error| unreadable(&error))?;
    db.close().await.map_err(|error| unreadable(&error))?;
    let bytes = fs::metadata(copy).map_err(|error| on_disk(copy, error))?.len();
    let schema = applied.last().map_or(0, |(version, _)| *version);
    Ok(Contents { schema, rows, bytes, holds_secret: secrets > 0 })
}

fn file(uri: &str) -> Result<PathBuf, BackupError> {
    let options = uri.starts_with("sqlite:").then(|| sqlite::options(uri).ok()).flatten();
    options.and_then(|options| sqlite::file_of(&options)).ok_or(BackupError::NotSqlite)
}

/// As the service has it open; its schema stays as it is.
async fn open(path: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(sqlite::BUSY_TIMEOUT);
    SqliteConnection::connect_with(&options).await.map_err(|error| database(path, &error))
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn on_disk(file: &Path, error: io::Error) -> BackupError {
    BackupError::File { file: file.to_owned(), error }
}

fn database(file: &Path, error: &sqlx::Error) -> BackupError {
    BackupError::Database { file: file.to_owned(), problem: unavailable(error).to_string() }
}
