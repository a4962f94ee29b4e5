//! Promises: work with the carrier goes on to its end, whether or not whoever asked still listens: it may have cost money.
//! What is asked for under a key keeps its answer for whoever repeats it, however late that comes.

use std::{pin::pin, sync::Arc, time::Duration};

use proxycall_service::{
    ports::ledger::{REQUEST_PATIENCE, RequestKey},
    trace,
};
use tracing::Instrument as _;

use crate::{REQUEST_LIMIT, Shared};

/// How long a request about the carrier's account may take: as long as the Apps Script that sends it waits, and more.
pub const LIMIT: Duration = Duration::from_secs(90);
/// How often a key is held anew while its work goes on.
const HOLD_EVERY: Duration = Duration::from_secs(30);

// Nobody may be taken for crashed who is only slow.
const _: () = {
    let slowest = LIMIT.as_secs() + REQUEST_LIMIT.as_secs() + HOLD_EVERY.as_secs();
    assert!(slowest < REQUEST_PATIENCE.as_secs().unsigned_abs());
};

tokio::task_local! {
    /// Set where somebody else sees to it that nobody waits too long.
    static WAITED_FOR: ();
}

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
    let work = tokio::spawn(trace::on_behalf_of(trace::current(), work));
    if WAITED_FOR.try_with(|()| ()).is_ok() {
        return work.await.map_err(|_| NotEnded::Broken);
    }
    match tokio::time::timeout(LIMIT, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) => Err(NotEnded::Broken),
        Err(_) => Err(NotEnded::TooLong),
    }
}

/// Carries out what a key was begun for, to its end, and holds the key meanwhile. The work itself keeps its answer or
/// frees the key: whoever asked may have gone.
///
/// # Errors
/// When that takes longer than somebody waits; it goes on.
pub(crate) async fn holding<T: Send + 'static>(
    app: &Shared,
    key: RequestKey,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, NotEnded> {
    let service = Arc::clone(&app.service);
    let held = async move {
        let mut work = pin!(WAITED_FOR.scope((), work));
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(HOLD_EVERY) => {}
            }
            if let Err(error) = service.ledger.hold_request(key.clone(), service.clock.now()).await {
                tracing::warn!(%error, "the key of a request that takes long could not be held");
            }
        }
    };
    let held = tokio::spawn(trace::on_behalf_of(trace::current(), held).in_current_span());
    match tokio::time::timeout(app.work_limit, held).await {
        Ok(Ok(done)) => Ok(done),
        // As if it had not been a task of its own: whoever answers panics says so.
        Ok(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Ok(Err(_)) => Err(NotEnded::Broken),
        Err(_) => Err(NotEnded::TooLong),
    }
}
