//! `proxycall migrate`.

use std::process::ExitCode;

use crate::{
    config::{Config, Environment, Needs},
    output::say,
    wiring,
};

/// Brings the schema up to date.
pub(crate) async fn run(env: &Environment) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    let store = wiring::open_store(&config, true).await?;
    store.close().await;
    say("The database's schema is up to date.");
    Ok(ExitCode::SUCCESS)
}
