//! Promises: both databases have the same list of migrations, built into the program.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// Version, name, SQLite's text, PostgreSQL's text. Only ever added to.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "foundation",
        include_str!("../migrations/sqlite/0001_foundation.sql"),
        include_str!("../migrations/postgres/0001_foundation.sql"),
    ),
    (
        2,
        "number_pool",
        include_str!("../migrations/sqlite/0002_number_pool.sql"),
        include_str!("../migrations/postgres/0002_number_pool.sql"),
    ),
    (
        3,
        "confirmations",
        include_str!("../migrations/sqlite/0003_confirmations.sql"),
        include_str!("../migrations/postgres/0003_confirmations.sql"),
    ),
    (
        4,
        "sheet",
        include_str!("../migrations/sqlite/0004_sheet.sql"),
        include_str!("../migrations/postgres/0004_sheet.sql"),
    ),
    (
        5,
        "shop",
        include_str!("../migrations/sqlite/0005_shop.sql"),
        include_str!("../migrations/postgres/0005_shop.sql"),
    ),
    (
        6,
        "vault",
        include_str!("../migrations/sqlite/0006_vault.sql"),
        include_str!("../migrations/postgres/0006_vault.sql"),
    ),
    (
        7,
        "access",
        include_str!("../migrations/sqlite/0007_access.sql"),
        include_str!("../migrations/postgres/0007_access.sql"),
    ),
    (
        8,
        "blocks",
        include_str!("../migrations/sqlite/0008_blocks.sql"),
        include_str!("../migrations/postgres/0008_blocks.sql"),
    ),
    (
        9,
        "privacy",
        include_str!("../migrations/sqlite/0009_privacy.sql"),
        include_str!("../migrations/postgres/0009_privacy.sql"),
    ),
    (
        10,
        "checks",
        include_str!("../migrations/sqlite/0010_checks.sql"),
        include_str!("../migrations/postgres/0010_checks.sql"),
    ),
    (
        11,
        "console",
        include_str!("../migrations/sqlite/0011_console.sql"),
        include_str!("../migrations/postgres/0011_console.sql"),
    ),
    (
        12,
        "operators",
        include_str!("../migrations/sqlite/0012_operators.sql"),
        include_str!("../migrations/postgres/0012_operators.sql"),
    ),
    (
        13,
        "console_session",
        include_str!("../migrations/sqlite/0013_console_session.sql"),
        include_str!("../migrations/postgres/0013_console_session.sql"),
    ),
    (
        14,
        "lighter_calls",
        include_str!("../migrations/sqlite/0014_lighter_calls.sql"),
        include_str!("../migrations/postgres/0014_lighter_calls.sql"),
    ),
    (
        16,
        "rest",
        include_str!("../migrations/sqlite/0016_rest.sql"),
        include_str!("../migrations/postgres/0016_rest.sql"),
    ),
];

fn migrator(text: impl Fn(&'static (i64, &'static str, &'static str, &'static str)) -> &'static str) -> Migrator {
    let migrations = MIGRATIONS
        .iter()
        .map(|row| Migration::new(row.0, Cow::Borrowed(row.1), MigrationType::Simple, text(row).into_sql_str(), false))
        .collect();
    let mut migrator = Migrator::with_migrations(migrations);
    // Each migration leaves a schema that the version before can work with, so that it goes on beside the new one, starts again
    // meanwhile, and can be gone back to.
    migrator.set_ignore_missing(true);
    migrator
}

/// For SQLite.
pub(crate) fn sqlite() -> Migrator {
    migrator(|row| row.2)
}

/// For PostgreSQL.
pub(crate) fn postgres() -> Migrator {
    migrator(|row| row.3)
}

/// Tells the schema that this program makes from that of any other version.
#[must_use]
pub fn schema_fingerprint() -> String {
    let mut hash = Sha256::new();
    for (version, name, sqlite, postgres) in MIGRATIONS {
        for part in [version.to_string().as_str(), name, sqlite, postgres] {
            hash.update(part);
            hash.update([0]);
        }
    }
    BASE64_URL_SAFE_NO_PAD.encode(hash.finalize()).chars().take(12).collect()
}

#[cfg(test)]
mod tests;
