//! What the use cases tell of themselves, to be watched by an operator. What each metric means is in the table of
//! `crates/prometheus`; labels are words of our own, never data.

use jiff::{SignedDuration, Timestamp};
use metrics::{Counter, counter, gauge};
use proxycall_domain::{NumberStatus, sheet::Tab};

use crate::{
    Service, operators,
    pool::alert,
    ports::{
        LedgerError, MailError,
        ledger::{Standing, Work},
    },
    privacy,
};

/// The kinds of alert. One that is missing here is told nobody.
const ALERTS: [&str; 10] = [
    alert::LOW_STOCK,
    alert::NUMBER_MISSING,
    alert::USED_ELSEWHERE,
    alert::PURCHASE_FAILED,
    alert::RELEASE_FAILED,
    alert::MARKED_FAULTY,
    alert::SHEET_TAB,
    privacy::alert::ERASURE_FAILED,
    operators::alert::WEBHOOKS_FAILING,
    operators::alert::SHEET_STOPPED,
];

pub(crate) fn job_run(work: &Work, outcome: &Result<(), LedgerError>) {
    let result = if outcome.is_ok() { "done" } else { "stopped" };
    counter!("proxycall_job_runs_total", "kind" => work.kind(), "result" => result).increment(1);
}

pub(crate) fn job_retry(work: &Work, again: bool) {
    job_retries(work.kind(), if again { "again" } else { GIVEN_UP }).increment(1);
}

const GIVEN_UP: &str = "given_up";

fn job_retries(kind: &'static str, result: &'static str) -> Counter {
    counter!("proxycall_job_retries_total", "kind" => kind, "result" => result)
}

pub(crate) fn mail(outcome: &Result<(), MailError>) {
    let result = match outcome {
        Ok(()) => "sent",
        Err(MailError::Unreachable(_)) => "unreachable",
        Err(MailError::TryLater { .. }) => "try_later",
        Err(MailError::Refused { .. }) => "refused",
        Err(MailError::AnswerLost(_)) => "answer_lost",
        Err(MailError::NotSendable) => "not_sendable",
    };
    counter!("proxycall_mails_total", "result" => result).increment(1);
}

impl Service {
    /// Asks the store how things stand, and tells it in metrics. When the store does not answer, that is told, and the
    /// rest stays as it was.
    pub async fn observe_standing(&self) {
        let now = self.clock.now();
        let standing = self.patiently(self.ledger.standing(now)).await;
        gauge!("proxycall_store_up").set(if standing.is_ok() { 1.0 } else { 0.0 });
        match standing {
            Ok(standing) => tell(&standing, self.sheet.is_some(), now),
            Err(error) => tracing::warn!(%error, "how things stand could not be asked"),
        }
    }
}

/// What is not there is told as 0: a gauge that is not set would keep its last value.
fn tell(standing: &Standing, mirrored: bool, now: Timestamp) {
    for kind in Work::KINDS.iter().copied() {
        let jobs = standing.jobs.iter().find(|jobs| jobs.kind == kind);
        let [oldest, due] = [jobs.map(|jobs| jobs.oldest), jobs.map(|jobs| jobs.due)].map(|at| age(at, now));
        gauge!("proxycall_jobs", "kind" => kind).set(count(jobs.map_or(0, |jobs| jobs.count)));
        gauge!("proxycall_job_oldest_seconds", "kind" => kind).set(oldest);
        gauge!("proxycall_job_overdue_seconds", "kind" => kind).set(due);
        // Prometheus sees no increase in a counter that begins with 1: the first would alert nobody.
        job_retries(kind, GIVEN_UP).increment(0);
    }
    for stock in &standing.pool {
        for status in NumberStatus::ALL {
            gauge!(
                "proxycall_pool_numbers",
                "country" => stock.country.to_string(),
                "type" => stock.number_type.as_str(),
                "state" => status.as_str()
            )
            .set(count(stock.count(status)));
        }
    }
    for kind in ALERTS {
        let standing = standing.alerts.iter().find(|(of, _)| of == kind).map_or(0, |(_, count)| *count);
        gauge!("proxycall_alerts", "kind" => kind).set(count(standing));
    }
    if mirrored {
        for tab in Tab::ALL {
            let waiting = standing.sheet_waiting.iter().find(|(of, _)| *of == tab).map_or(0, |(_, count)| *count);
            gauge!("proxycall_sheet_waiting_rows", "tab" => tab.title()).set(count(waiting));
        }
        gauge!("proxycall_sheet_lag_seconds").set(age(standing.sheet_oldest, now));
        gauge!("proxycall_sheet_read_age_seconds").set(age(standing.sheet_read_at, now));
    }
}

/// For how long something has been; what is not, or not yet, has been for no time.
fn age(since: Option<Timestamp>, now: Timestamp) -> f64 {
    since.map_or(SignedDuration::ZERO, |since| now.duration_since(since)).as_secs_f64().max(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
fn count(count: u64) -> f64 {
    count as f64
}
