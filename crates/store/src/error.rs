//! Promises: a database's error becomes one of the service's words, and never carries a value from a row.

use proxycall_service::ports::LedgerError;

/// A transaction that two writers crossed in: it did nothing and may simply be run again (PostgreSQL's
/// `serialization_failure`, `deadlock_detected`, and `unique_violation`: each verb looks before it writes, so that one
/// is met only when somebody else wrote in between; run again, the verb sees that and decides by it).
const CROSSED: [&str; 3] = ["40001", "40P01", "23505"];

/// Whether running the same unit again is the remedy.
pub(crate) fn is_crossed(error: &UnitError) -> bool {
    match error {
        UnitError::Crossed => true,
        UnitError::Refused(_) => false,
        UnitError::Database(error) => {
            error.as_database_error().and_then(|e| e.code()).is_some_and(|code| CROSSED.contains(&code.as_ref()))
        }
    }
}

/// What a verb's body meets: a refusal that it decided on, or a database that failed it.
#[derive(Debug)]
pub(crate) enum UnitError {
    /// The verb's own refusal.
    Refused(LedgerError),
    /// The database's.
    Database(sqlx::Error),
    /// What the verb read was changed by another unit before it could write: it is to be run again.
    Crossed,
}

impl From<LedgerError> for UnitError {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for UnitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<UnitError> for LedgerError {
    fn from(error: UnitError) -> Self {
        match error {
            UnitError::Refused(refusal) => refusal,
            UnitError::Database(error) => unavailable(&error),
            UnitError::Crossed => LedgerError::Unavailable("other requests kept getting in the way".to_owned()),
        }
    }
}

/// The error in the service's words. A database's message may quote a row, so only its code is kept.
pub(crate) fn unavailable(error: &sqlx::Error) -> LedgerError {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            let constraint = database.constraint().map(|name| format!(", constraint {name}")).unwrap_or_default();
            LedgerError::Unavailable(format!("database error {code}{constraint}"))
        }
        sqlx::Error::ColumnDecode { index, .. } => LedgerError::Unreadable(format!("column {index}")),
        sqlx::Error::Decode(_) => LedgerError::Unreadable("a value of another type than expected".to_owned()),
        sqlx::Error::PoolTimedOut => LedgerError::Unavailable(
            "no connection came about in time: the database is down, cannot be reached, or is busy".to_owned(),
        ),
        sqlx::Error::Io(error) => LedgerError::Unavailable(format!("connection lost: {}", error.kind())),
        sqlx::Error::Configuration(_) => LedgerError::Unavailable("the address cannot be used".to_owned()),
        _ => LedgerError::Unavailable("the database did not answer as expected".to_owned()),
    }
}

/// A value that is there but cannot be read.
pub(crate) fn unreadable(what: &str) -> LedgerError {
    LedgerError::Unreadable(what.to_owned())
}
