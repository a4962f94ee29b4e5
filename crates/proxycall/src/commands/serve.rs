//! `proxycall serve`.

use std::{net::Ipv4Addr, process::ExitCode};

use anyhow::Context as _;
use proxycall_store::SecretOrigin;
use tokio::net::TcpListener;

use crate::{
    cli::Serve,
    config::{Config, Environment, Needs},
    lifecycle, wiring,
};

/// Runs until told to stop.
pub(crate) async fn run(env: &Environment, options: &Serve) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Service)?;
    let port = config.port.number;
    if let Some(correction) = &config.port.correction {
        tracing::warn!(read = correction, port, "PORT corrected");
    }
    let has_secret = !config.secrets.is_empty();
    let stop = lifecycle::stop_signal()?;
    // Whoever stops a service that waits for its database need not wait as well.
    let parts = tokio::select! {
        parts = wiring::awaited_parts(&config, !options.no_migrate) => parts?,
        () = stop.cancelled() => return Ok(ExitCode::SUCCESS),
    };
    if parts.store.secret_origin() == SecretOrigin::Store && !has_secret {
        tracing::warn!(
            "the secret key is kept in the store; set PROXYCALL_SECRET_KEY so that a copy of the store tells nothing"
        );
    }
    if let Err(error) = parts.service.policy.refresh(parts.service.ledger.as_ref()).await {
        tracing::warn!(%error, "settings could not be read yet; the defaults hold");
    }
    if let Err(error) = parts.service.tokens.refresh(parts.service.ledger.as_ref()).await {
        tracing::warn!(%error, "API tokens could not be read yet; only those of the environment open anything");
    }
    if parts.service.sheet.is_none()
        && let Err(error) = parts.service.ledger.mark_changes(false).await
    {
        tracing::warn!(%error, "no Google Sheet is set up, yet changes may still be marked for one");
    }
    let limits = config.server;
    let base_url = parts.service.public_base_url.clone();
    let router = wiring::router(config, &parts.service, wiring::metrics(&stop)?)?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        .await
        .with_context(|| format!("port {port} cannot be listened on; another program may use it (PORT)"))?;
    tracing::info!(port, base_url, "listening on 0.0.0.0");
    lifecycle::run(listener, router, limits, parts.service, parts.store, stop).await?;
    Ok(ExitCode::SUCCESS)
}
