//! Promises: on SIGTERM or Ctrl-C nothing new is accepted, what is in flight is finished, jobs reach a safe point, and
//! the process ends with 0 within 25 seconds.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, serve::ListenerExt};
use proxycall_service::Service;
use proxycall_store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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
/// When the listener fails.
pub(crate) async fn run(
    listener: TcpListener,
    router: Router,
    service: Arc<Service>,
    store: Arc<Store>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let work = tokio::spawn(service.work(stop.clone()));
    let listener = listener.tap_io(|stream| {
        // Answers are small and written whole: waiting to fill a packet would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY is not available");
        }
    });
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let serving = tokio::spawn(serving.into_future());
    let stopped = stop.clone();
    let result = tokio::select! {
        result = serving => result.unwrap_or_else(|error| Err(std::io::Error::other(error))),
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
