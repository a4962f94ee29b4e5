//! Promises: each verb is one transaction, run again when PostgreSQL says that it crossed another.

// The same bodies as in `sqlite.rs`, compiled for this database.
#[expect(clippy::duplicate_mod, reason = "one text of each verb for both databases; see docs/decisions/0004")]
#[path = "verbs/mod.rs"]
pub(crate) mod verbs;

use std::{str::FromStr, time::Duration};

use futures_util::future::BoxFuture;
use proxycall_service::ports::LedgerError;
use sqlx::{
    Connection as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

pub(crate) use sqlx::{PgConnection as Connection, postgres::PgRow as Row};

use crate::{
    error::{UnitError, is_crossed, unavailable},
    observe,
};

/// Switches the triggers that mark changes for the sheet.
macro_rules! marks {
    ($switch:literal) => {
        concat!(
            "ALTER TABLE client ",
            $switch,
            " TRIGGER client_added_mark; \
             ALTER TABLE client ",
            $switch,
            " TRIGGER client_changed_mark; \
             ALTER TABLE proxy_number ",
            $switch,
            " TRIGGER proxy_number_added_mark; \
             ALTER TABLE proxy_number ",
            $switch,
            " TRIGGER proxy_number_changed_mark; \
             ALTER TABLE confirmation ",
            $switch,
            " TRIGGER confirmation_added_mark; \
             ALTER TABLE confirmation ",
            $switch,
            " TRIGGER confirmation_changed_mark"
        )
    };
}

/// The texts that differ from SQLite's: many writers, so what another holds is stepped over.
pub(crate) mod dialect {
    use crate::shared_sql::{
        claim_jobs, end_hold, free_lapsed, import_clients, import_known, import_numbers, import_rows,
        insert_interaction, keep_shown, last_shown, remember_caller, take_for_client, take_for_owner, take_number,
        unmark,
    };

    pub(crate) const CLAIM_JOBS: &str = claim_jobs!(" FOR UPDATE SKIP LOCKED");
    pub(crate) const TAKE_FOR_CLIENT: &str = take_for_client!(" FOR UPDATE SKIP LOCKED");
    pub(crate) const TAKE_FOR_OWNER: &str = take_for_owner!(" FOR UPDATE SKIP LOCKED");
    pub(crate) const FREE_LAPSED: &str = free_lapsed!(" FOR UPDATE SKIP LOCKED");
    // One statement, which saves a way to the server and back.
    pub(crate) const RECORD_INTERACTION: &str = concat!(
        "WITH recorded AS (",
        insert_interaction!(),
        " RETURNING 1), remembered AS (",
        remember_caller!("EXISTS (SELECT 1 FROM recorded)"),
        ") SELECT 1 FROM recorded"
    );
    // A trigger counts it.
    pub(crate) const RECORD_REFUSAL: &str = RECORD_INTERACTION;
    pub(crate) const HOLD_KEY: &str = "SELECT pg_advisory_xact_lock($1)";
    // Two units that write real numbers do not cross; one that writes proxy numbers crosses each of them. In two keys, which no
    // key of HOLD_KEY is equal to.
    pub(crate) const HOLD_REALS: &str = "SELECT pg_advisory_xact_lock_shared(7, 1)";
    pub(crate) const HOLD_PROXIES: &str = "SELECT pg_advisory_xact_lock(7, 1)";
    // Triggers that are off cost nothing.
    pub(crate) const MARKS_ON: &str = marks!("ENABLE");
    pub(crate) const MARKS_OFF: &str = marks!("DISABLE");
    pub(crate) const IMPORT_KNOWN: &str =
        import_known!("jsonb_array_elements(CAST($1 AS jsonb)) AS e(value)", "decode(", ", 'hex')");
    pub(crate) const IMPORT_CLIENTS: &str =
        import_clients!("jsonb_array_elements(CAST($1 AS jsonb)) AS e(value)", "decode(", ", 'hex')");
    pub(crate) const IMPORT_NUMBERS: &str = import_numbers!("jsonb_array_elements(CAST($1 AS jsonb)) AS e(value)");
    pub(crate) const KEEP_SHOWN: &str =
        keep_shown!("jsonb_array_elements(CAST($1 AS jsonb)) AS e(value)", "decode(", ", 'hex')");
    pub(crate) const UNMARK: &str = unmark!("jsonb_array_elements(CAST($1 AS jsonb)) AS e(value)");
    pub(crate) const LAST_SHOWN: &str = last_shown!("jsonb_array_elements(CAST($1 AS jsonb)) AS e(value)");
}

/// How often a verb that crossed another is run in all.
const ATTEMPTS: u32 = 8;
/// How long it waits before the second run; longer before each further one. In all under a second.
const PAUSE: Duration = Duration::from_millis(5);
/// Connections of one instance.
const CONNECTIONS: u32 = 16;
/// How long a connection is waited for: a caller hears a sentence within 3 s.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which migrations were carried out; the table is sqlx's own.
const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";
/// PostgreSQL's code for a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";

/// Whether a verb that failed is to be run again, after a pause.
async fn again(error: &UnitError, attempt: &mut u32) -> bool {
    let again = is_crossed(error) && *attempt < ATTEMPTS;
    if again {
        observe::crossed();
        tokio::time::sleep(PAUSE * *attempt * *attempt).await;
        *attempt += 1;
    }
    again
}

/// The PostgreSQL engine.
pub(crate) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    /// Opens a pool; connects when first needed.
    pub(crate) fn open(uri: &str) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(uri)?.application_name("proxycall").options([
            ("statement_timeout", "10s"),
            ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]);
        let pool =
            PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// A connection.
    pub(crate) async fn connection(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Postgres>, sqlx::Error> {
        self.pool.acquire().await
    }

    /// Runs a verb in a transaction of its own.
    pub(crate) async fn unit<T, F>(&self, body: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, Result<T, UnitError>> + Send + 'static,
    {
        let mut attempt = 1;
        loop {
            match self.run(&body).await {
                Err(error) if again(&error, &mut attempt).await => {}
                result => return result.map_err(LedgerError::from),
            }
        }
    }

    /// Runs a verb of which each statement may be kept without the next: no way to the server and back for BEGIN, none for
    /// COMMIT.
    pub(crate) async fn statements<T, F>(&self, body: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, Result<T, UnitError>> + Send + 'static,
    {
        let mut attempt = 1;
        loop {
            let mut connection = self.connection().await.map_err(|error| unavailable(&error))?;
            match body(&mut connection).await {
                Err(error) if again(&error, &mut attempt).await => {}
                result => return result.map_err(LedgerError::from),
            }
        }
    }

    async fn run<T, F>(&self, body: &F) -> Result<T, UnitError>
    where
        F: for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, Result<T, UnitError>>,
    {
        let mut transaction = self.pool.begin().await?;
        let value = body(&mut transaction).await?;
        transaction.commit().await?;
        Ok(value)
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

impl Postgres {
    /// Holds a session's advisory lock while the schema is brought up to date, so that only one instance does it.
    pub(crate) async fn migrate(&self, migrator: &sqlx::migrate::Migrator) -> Result<(), sqlx::migrate::MigrateError> {
        // On a connection of its own, without the limits that a caller's patience sets: a migration takes its time, and
        // an instance that starts beside it waits for the lock.
        let mut connection = self.pool.acquire().await?.detach();
        sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = 0").execute(&mut connection).await?;
        migrator.run_direct(None, &mut connection, false).await?;
        connection.close().await?;
        Ok(())
    }

    /// Whether the schema is the one that these migrations make, no more and no less.
    pub(crate) async fn has_schema(&self, migrator: &sqlx::migrate::Migrator) -> Result<bool, LedgerError> {
        let mut connection = self.connection().await.map_err(|error| unavailable(&error))?;
        match sqlx::query_scalar::<_, i64>(APPLIED).fetch_all(&mut *connection).await {
            Ok(applied) => Ok(migrator.iter().all(|migration| applied.contains(&migration.version))),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(UNDEFINED_TABLE) => Ok(false),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// A plain question.
    pub(crate) async fn ask(&self) -> Result<(), LedgerError> {
        let mut connection = self.connection().await.map_err(|error| unavailable(&error))?;
        connection.ping().await.map_err(|error| unavailable(&error))
    }
}
