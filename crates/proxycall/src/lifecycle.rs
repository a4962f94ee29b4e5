//! Promises: on SIGTERM or Ctrl-C nothing new is accepted, what is in flight is finished, jobs reach a safe point, and
//! the process ends with 0 within 25 seconds.

use std::{future::Future, sync::Arc, time::Duration};

use axum::Router;
use proxycall_service::Service;
use proxycall_store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::server::{self, ServerLimits};

/// How long requests in flight may take to finish. Webhooks need milliseconds.
const REQUESTS_LIMIT: Duration = Duration::from_secs(8);
/// How long jobs may take to reach a safe point: the carrier's 10 s and a commit.
const JOBS_LIMIT: Duration = Duration::from_secs(13);

/// Cancelled when the process is asked to stop.
///
/// # Errors
/// When the signals cannot be listened to.
pub(crate) fn stop_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let told = stop.clone();
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        tracing::info!("stopping: finishing what is in flight");
        told.cancel();
    });
    Ok(stop)
}

/// Serves until told to stop, then ends in order: requests, jobs, store.
///
/// # Errors
/// When serving ends by a defect of ours.
pub(crate) async fn run(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    service: Arc<Service>,
    store: Arc<Store>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let work = tokio::spawn(service.work(stop.clone()));
    let serving = tokio::spawn(server::serve(listener, router, limits, stop.clone()));
    let stopped = stop.clone();
    let result = tokio::select! {
        result = serving => result.map_err(std::io::Error::other),
        () = async move { stopped.cancelled().await; tokio::time::sleep(REQUESTS_LIMIT).await } => {
            tracing::warn!("some requests were still open");
            Ok(())
        }
    };
    stop.cancel();
    within(JOBS_LIMIT, "jobs", work).await;
    within(Duration::from_secs(3), "the store", store.close()).await;
    tracing::info!("stopped");
    result
}

async fn within<T>(limit: Duration, what: &str, end: impl Future<Output = T>) {
    if tokio::time::timeout(limit, end).await.is_err() {
        tracing::warn!(what, "did not end in time; what it was doing comes back at the next start");
    }
}
