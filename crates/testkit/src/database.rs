//! Promises: each test has a database of its own, of both kinds, gone when the test ends.

#![expect(clippy::expect_used, clippy::panic, reason = "a test whose database cannot be had must stop at once")]

use std::{
    ops::Deref,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use proxycall_store::{Options, SecretKey, Store, backup::back_up, schema_fingerprint};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor as _, PgConnection, SqliteConnection,
    postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};

/// Where the server for tests is: set by `scripts/test`.
const SERVER: &str = "PROXYCALL_TEST_POSTGRES";
/// Keeps two tests from making or copying the template at the same time. Any number will do.
const TEMPLATE_LOCK: i64 = 0x50_43_54;

/// A database that goes when this is dropped.
pub struct Database {
    uri: String,
    place: Place,
}

enum Place {
    Folder(tempfile::TempDir),
    Server { name: String },
}

/// A store in a database of its own.
pub struct TestStore {
    store: Arc<Store>,
    database: Database,
}

/// The secret that test stores are made with.
#[must_use]
pub fn secret() -> SecretKey {
    SecretKey::from_bytes([7; 32])
}

/// How test stores are opened.
#[must_use]
pub fn options(uri: &str) -> Options {
    Options { uri: uri.to_owned(), secrets: vec![secret()], first_secret: secret(), migrate: true }
}

/// An SQLite store in a temporary file.
pub async fn sqlite() -> TestStore {
    TestStore::open(Database::sqlite()).await
}

/// A PostgreSQL store in a fresh database on the server that `PROXYCALL_TEST_POSTGRES` names.
pub async fn postgres() -> TestStore {
    TestStore::open(Database::postgres().await).await
}

impl TestStore {
    async fn open(database: Database) -> Self {
        let store = Store::open(options(database.uri())).await.expect("a new store opens");
        Self { store: Arc::new(store), database }
    }

    /// The store, to be handed to a service.
    #[must_use]
    pub fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    /// The database beneath.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}

impl Deref for TestStore {
    type Target = Arc<Store>;

    fn deref(&self) -> &Arc<Store> {
        &self.store
    }
}

impl Database {
    /// A file in a temporary folder, not made yet.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { uri: format!("sqlite:{}", folder.path().join("proxycall.db").display()), place: Place::Folder(folder) }
    }

    /// A database with the schema of this program in it.
    pub async fn postgres() -> Self {
        let template = format!("proxycall_template_{}", schema_fingerprint());
        let mut server = server().await;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut server).await.expect("the lock");
        if !exists(&mut server, &template).await {
            // Made under another name first: a template that is there is always a whole one.
            let draft = format!("{template}_draft");
            run(&mut server, format!(r#"DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)"#)).await;
            run(&mut server, format!(r#"CREATE DATABASE "{draft}""#)).await;
            Store::open(options(&address(&draft))).await.expect("the schema is made").close().await;
            let mut inside = PgConnection::connect(&address(&draft)).await.expect("the template");
            // Each test settles for itself which secret its store is made with.
            run(&mut inside, "DELETE FROM meta".to_owned()).await;
            inside.close().await.expect("the template closes");
            run(&mut server, format!(r#"ALTER DATABASE "{draft}" RENAME TO "{template}""#)).await;
        }
        let database = Self::on_server(&mut server, &format!(r#" TEMPLATE "{template}""#)).await;
        server.close().await.expect("the server closes");
        database
    }

    /// A database with nothing in it.
    pub async fn empty_postgres() -> Self {
        let mut server = server().await;
        Self::on_server(&mut server, "").await
    }

    async fn on_server(server: &mut PgConnection, how: &str) -> Self {
        let name = format!("proxycall_test_{}", uuid::Uuid::now_v7().simple());
        run(server, format!(r#"CREATE DATABASE "{name}"{how}"#)).await;
        Self { uri: address(&name), place: Place::Server { name } }
    }

    /// What `DATABASE_URL` would say.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The file, when it is SQLite.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Folder(folder) => Some(folder.path().join("proxycall.db")),
            Place::Server { .. } => None,
        }
    }

    /// What `proxycall backup` writes of it now; none where it is not SQLite.
    pub async fn backup(&self) -> Option<Vec<u8>> {
        let Place::Folder(folder) = &self.place else { return None };
        let to = folder.path().join(format!("backup-{}.db", uuid::Uuid::now_v7().simple()));
        back_up(&self.uri, &to).await.expect("a backup");
        Some(std::fs::read(&to).expect("the backup"))
    }

    /// Runs one statement past the store. How many rows it changed.
    ///
    /// # Errors
    /// The database's own.
    pub async fn execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.file() {
            Some(file) => Ok(sqlx::query(sql).execute(&mut raw_sqlite(&file).await).await?.rows_affected()),
            None => {
                let mut connection = PgConnection::connect(&self.uri).await?;
                Ok(sqlx::query(sql).execute(&mut connection).await?.rows_affected())
            }
        }
    }

    /// Keeps the store from writing, as a long transaction of another program would.
    pub async fn lock(&self) -> Lock {
        if let Some(file) = self.file() {
            let mut connection = raw_sqlite(&file).await;
            connection.execute("BEGIN IMMEDIATE").await.expect("the lock");
            return Lock::Sqlite(connection);
        }
        let mut connection = PgConnection::connect(&self.uri).await.expect("a connection");
        connection.execute("BEGIN; LOCK TABLE interaction, job, client, meta").await.expect("the lock");
        Lock::Postgres(connection)
    }

    /// Whether the PostgreSQL server lets anybody into this database. When not, those inside are thrown out.
    pub async fn admit(&self, anybody: bool) {
        let Place::Server { name } = &self.place else { panic!("only a server admits") };
        let mut server = server().await;
        run(&mut server, format!(r#"ALTER DATABASE "{name}" ALLOW_CONNECTIONS {anybody}"#)).await;
        if !anybody {
            let all = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            run(&mut server, all).await;
        }
    }

    /// Reads the first column of all rows past the store; it must be text, or NULL.
    pub async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        let rows = match self.file() {
            Some(file) => sqlx::query_scalar(sql).fetch_all(&mut raw_sqlite(&file).await).await,
            None => {
                let mut connection = PgConnection::connect(&self.uri).await.expect("a connection");
                sqlx::query_scalar(sql).fetch_all(&mut connection).await
            }
        };
        rows.expect("the rows can be read")
    }

    /// Counts rows past the store: `count("job WHERE attempt = 0")`.
    pub async fn count(&self, what: &str) -> i64 {
        let rows = self.texts(&format!("SELECT CAST(COUNT(*) AS TEXT) FROM {what}")).await;
        rows.first().cloned().flatten().and_then(|count| count.parse().ok()).expect("a count")
    }
}

/// Keeps the store from writing. Goes when released, or dropped.
pub enum Lock {
    /// The file's one lock for writers.
    Sqlite(SqliteConnection),
    /// Every table that a webhook writes to.
    Postgres(PgConnection),
}

impl Lock {
    /// Lets the store write again.
    pub async fn release(self) {
        let released = match self {
            Self::Sqlite(mut connection) => connection.execute("ROLLBACK").await.map(drop),
            Self::Postgres(mut connection) => connection.execute("ROLLBACK").await.map(drop),
        };
        released.expect("the lock is released");
    }
}

/// A connection to an SQLite file past the store.
pub async fn raw_sqlite(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).foreign_keys(true).connect().await.expect("the file opens")
}

fn server_address() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| panic!("{SERVER} is not set: run scripts/test, which starts PostgreSQL"))
}

async fn server() -> PgConnection {
    let options = PgConnectOptions::from_str(&server_address()).expect("the server's address");
    options.connect().await.expect("the server for tests answers")
}

/// The server's address with another database.
fn address(database: &str) -> String {
    let server = server_address();
    let (head, query) = server.split_once('?').unwrap_or((&server, ""));
    let (head, _) = head.rsplit_once('/').expect("the server's address names a database");
    format!("{head}/{database}?{query}")
}

async fn exists(server: &mut PgConnection, database: &str) -> bool {
    let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(database).fetch_optional(server).await;
    found.expect("the list of databases").is_some()
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.expect("the server for tests does as told");
}

impl Drop for Database {
    fn drop(&mut self) {
        let Place::Server { name } = &self.place else { return };
        let drop_it = format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#);
        // A thread of its own, since the test's runtime may be ending. What stays behind goes with the server.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| {
                runtime.block_on(async {
                    let mut server = server().await;
                    sqlx::raw_sql(AssertSqlSafe(drop_it)).execute(&mut server).await.is_ok()
                })
            })
        });
        drop(thread.join());
    }
}
