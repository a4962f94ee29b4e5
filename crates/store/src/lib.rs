//! The Ledger port over SQLite (a file, by default) and PostgreSQL: the address's scheme picks the database, both are
//! always built in, and both run the same verbs.

pub mod backup;
mod codec;
mod error;
mod keys;
mod ledger;
mod migrations;
mod observe;
mod postgres;
mod shared_sql;
mod sqlite;

use std::sync::Arc;

use proxycall_service::ports::LedgerError;

pub use keys::SecretKey;
pub use migrations::schema_fingerprint;

use codec::Codec;

/// Why a store cannot be opened. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither of the two schemes.
    #[error("DATABASE_URL must begin with sqlite: or postgres://")]
    Scheme,
    /// The database cannot be reached or read.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] LedgerError),
    /// The schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date: {0}")]
    Migration(String),
    /// The schema is not there or of another version, and nobody may change it.
    #[error("the database's schema is not the one this program needs; run `proxycall migrate`")]
    Schema,
    /// The store was made with another secret.
    #[error(
        "PROXYCALL_SECRET_KEY is not the one that this store was made with; numbers could not be found again. \
         Put the former key back (several may be listed, with commas)"
    )]
    OtherSecret,
    /// The store goes over to a secret that is not listed.
    #[error(
        "PROXYCALL_SECRET_KEY lacks a secret that this store uses while it goes over from one to another; list both, with \
         a comma between"
    )]
    SecretMissing,
    /// The store was made with a secret from the environment.
    #[error("PROXYCALL_SECRET_KEY is not set, but this store was made with one; set it as before")]
    NoSecret,
}

/// How to open a store.
pub struct Options {
    /// `sqlite:proxycall.db` or `postgres://…`.
    pub uri: String,
    /// The secrets from the environment, newest first.
    pub secrets: Vec<SecretKey>,
    /// The secret to make this store with when there is none anywhere.
    pub first_secret: SecretKey,
    /// Whether to bring the schema up to date. SQLite's always is.
    pub migrate: bool,
}

/// Where the secret comes from that the store uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretOrigin {
    /// `PROXYCALL_SECRET_KEY`.
    Environment,
    /// The store itself: whoever has a copy of the store has the key.
    Store,
}

enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// The Ledger port over a database.
pub struct Store {
    engine: Engine,
    codec: Arc<Codec>,
    /// Fingerprints of the secrets that are known, the one to use first.
    known: Vec<String>,
    secret_origin: SecretOrigin,
}

impl Store {
    /// Opens a store, making and migrating it as allowed.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let engine = if options.uri.starts_with("sqlite:") {
            let engine = sqlite::Sqlite::open(&options.uri).await.map_err(|error| error::unavailable(&error))?;
            engine.migrate(migrations::sqlite()).await?;
            Engine::Sqlite(engine)
        } else if options.uri.starts_with("postgres://") || options.uri.starts_with("postgresql://") {
            let engine = postgres::Postgres::open(&options.uri).map_err(|error| error::unavailable(&error))?;
            engine.ask().await?;
            let migrator = migrations::postgres();
            if options.migrate {
                engine.migrate(&migrator).await.map_err(|error| migration_failed(&error))?;
            } else if !engine.has_schema(&migrator).await? {
                return Err(OpenError::Schema);
            }
            Engine::Postgres(engine)
        } else {
            return Err(OpenError::Scheme);
        };
        let unkeyed = Arc::new(Codec::new(&[])?);
        let mut store = Self { engine, codec: unkeyed, known: Vec::new(), secret_origin: SecretOrigin::Store };
        store.settle_secret(options.secrets, &options.first_secret).await?;
        Ok(store)
    }

    /// Where the secret comes from.
    #[must_use]
    pub fn secret_origin(&self) -> SecretOrigin {
        self.secret_origin
    }

    /// Makes room for an import of many rows, at the cost of memory.
    ///
    /// # Errors
    /// When the store is not available.
    pub async fn expect_import(&self) -> Result<(), LedgerError> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.expect_import().await,
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Carries out what is queued and closes all connections.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
        }
    }

    /// Finds the secrets that the store uses among those given and its own, or makes it with one.
    async fn settle_secret(&mut self, mut secrets: Vec<SecretKey>, first: &SecretKey) -> Result<(), OpenError> {
        let maker = secrets.first().unwrap_or(first);
        let kept = secrets.is_empty().then(|| maker.to_base64());
        let meta = self.claim_secret(maker.fingerprint(), kept).await?;
        let given = !secrets.is_empty();
        if let Some(own) = meta.secret.as_deref().and_then(SecretKey::parse) {
            let is_given = secrets.iter().any(|secret| secret.fingerprint() == own.fingerprint());
            if own.fingerprint() == meta.fingerprint && !is_given {
                self.secret_origin = SecretOrigin::Store;
                secrets.push(own);
            } else {
                self.secret_origin = SecretOrigin::Environment;
            }
        } else {
            self.secret_origin = SecretOrigin::Environment;
        }
        self.known = secrets.iter().map(SecretKey::fingerprint).collect();
        if !self.known.contains(&meta.fingerprint) {
            return Err(if given { OpenError::OtherSecret } else { OpenError::NoSecret });
        }
        let codec = Codec::new(&secrets)?;
        if !codec.follow(&meta.writes_with, &meta.fingerprint) {
            return Err(OpenError::SecretMissing);
        }
        self.codec = Arc::new(codec);
        Ok(())
    }
}

/// A migration's error may quote SQL, which holds no data.
pub(crate) fn migration_failed(error: &sqlx::migrate::MigrateError) -> OpenError {
    OpenError::Migration(error.to_string())
}
