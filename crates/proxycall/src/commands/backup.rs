//! `proxycall backup` and `proxycall restore`.

use std::{path::Path, process::ExitCode};

use proxycall_store::backup::{self, Contents};

use crate::{
    config::{Config, Environment, Needs},
    output::{complain, say},
};

/// Copies the record into a file.
pub(crate) async fn back_up(env: &Environment, file: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    if !is_sqlite(&config) {
        return Ok(theirs("pg_dump --format=custom --file=proxycall.dump \"$DATABASE_URL\""));
    }
    let contents = backup::back_up(&config.database_url, file).await?;
    say(&format!("{} is written and checked: {}.", file.display(), described(&contents)));
    say(if contents.holds_secret {
        "The key that opens it is in it: whoever has the file reads every number. Guard it like a key, or set \
         PROXYCALL_SECRET_KEY (`proxycall secret new`) before the next one."
    } else {
        "It opens only with this service's PROXYCALL_SECRET_KEY: keep that as well, and elsewhere."
    });
    Ok(ExitCode::SUCCESS)
}

/// Puts a backup in place.
pub(crate) async fn restore(env: &Environment, file: &Path, force: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    if !is_sqlite(&config) {
        return Ok(theirs(
            "pg_restore --clean --if-exists --no-owner --single-transaction --dbname=\"$DATABASE_URL\" proxycall.dump",
        ));
    }
    let restored = backup::restore(&config.database_url, file, force).await?;
    say(&format!("{} is checked and in place: {}.", file.display(), described(&restored.contents)));
    if let Some(replaced) = restored.replaced {
        say(&format!("What was there before is {}; remove it when you no longer need it.", replaced.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn is_sqlite(config: &Config) -> bool {
    config.database_url.starts_with("sqlite:")
}

fn theirs(command: &str) -> ExitCode {
    complain(&format!(
        "DATABASE_URL names a PostgreSQL database: its own tools do this, also while the service runs. Nothing was done; \
         the command is\n\n    {command}\n\nMore in docs/how-to/back-up.md."
    ));
    ExitCode::FAILURE
}

fn described(contents: &Contents) -> String {
    let rows: Vec<_> = contents.rows.iter().map(|(what, count)| format!("{what}: {count}")).collect();
    format!("{}; schema {}, {} KB", rows.join(", "), contents.schema, contents.bytes.div_ceil(1_000))
}
