//! What the store tells of itself, to be watched by an operator. What each metric means is in the table of
//! `crates/prometheus`.

use std::{future::Future, time::Instant};

use metrics::{counter, histogram};
use proxycall_service::ports::LedgerError;

/// Measures a `unit` of work, or a `read`, from the question to the answer.
pub(crate) async fn measured<T>(
    kind: &'static str,
    verb: impl Future<Output = Result<T, LedgerError>>,
) -> Result<T, LedgerError> {
    let started = Instant::now();
    let result = verb.await;
    histogram!("proxycall_store_seconds", "kind" => kind).record(started.elapsed());
    if let Err(LedgerError::Unavailable(_)) = result {
        counter!("proxycall_store_failures_total", "kind" => kind).increment(1);
    }
    result
}

/// So many units shared a commit.
#[expect(clippy::cast_precision_loss, reason = "a batch has 128 units at most")]
pub(crate) fn batch(units: usize) {
    histogram!("proxycall_store_batch_units").record(units as f64);
}

/// A unit crossed another and is run again.
pub(crate) fn crossed() {
    counter!("proxycall_store_crossed_total").increment(1);
}
