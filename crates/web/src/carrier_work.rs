//! Promises: work with the carrier goes on to its end, whether or not whoever asked still listens: it may have cost money.

use std::time::Duration;

use proxycall_service::trace;

/// How long a request about the carrier's account may take: as long as the Apps Script that sends it waits, and more.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);

/// Why nobody learnt what came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NotEnded {
    /// A defect of ours.
    Broken,
    /// It takes longer than somebody waits, and goes on.
    TooLong,
}

/// Carries work with the carrier to its end.
///
/// # Errors
/// When that takes too long, or a defect of ours stops it.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, NotEnded> {
    match tokio::time::timeout(LIMIT, tokio::spawn(trace::on_behalf_of(trace::current(), work))).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) => Err(NotEnded::Broken),
        Err(_) => Err(NotEnded::TooLong),
    }
}
