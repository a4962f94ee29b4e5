//! Promises: one table of every metric; `docs/metrics.md`, the types and the meanings that Prometheus is told are made of
//! it. A test holds it against what a running service tells.

use std::fmt::Write as _;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram};

/// What kind of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the process ends.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A histogram of durations in seconds.
    Seconds,
    /// A histogram of how many verbs.
    Units,
}

impl Kind {
    fn in_words(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Seconds | Self::Units => "histogram",
        }
    }
}

/// One metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its labels. Their values are words of the program's own, never data.
    pub labels: &'static [&'static str],
    /// What it means.
    pub meaning: &'static str,
}

impl Metric {
    pub(crate) fn describe(&self) {
        match self.kind {
            Kind::Counter => {
                describe_counter!(self.name, self.meaning);
                // From 0 on: Prometheus does not see the growth of what begins with its first event.
                if self.labels.is_empty() {
                    counter!(self.name).absolute(0);
                }
            }
            Kind::Gauge => describe_gauge!(self.name, self.meaning),
            Kind::Seconds | Kind::Units => describe_histogram!(self.name, self.meaning),
        }
    }
}

macro_rules! metrics {
    ($($kind:ident $name:literal [$($label:literal),*] $meaning:literal;)+) => {
        /// All of them.
        pub const METRICS: &[Metric] =
            &[$(Metric { name: $name, kind: Kind::$kind, labels: &[$($label),*], meaning: $meaning }),+];
    };
}

metrics! {
    Counter "proxycall_webhooks_total" ["kind", "outcome"]
        "Webhooks of the carrier by what became of them, in the words of the log";
    Seconds "proxycall_webhook_seconds" ["kind"] "How long the answer to a webhook took";
    Seconds "proxycall_request_seconds" ["route", "status"]
        "How long the answer to any other request took, by the pattern of its route and the class of its status";
    Gauge "proxycall_in_flight" ["surface"] "Requests that are being carried out: webhooks, and all others";
    Counter "proxycall_shed_total" ["surface"]
        "Requests that were turned away because too many were being carried out: webhooks, and all others";
    Gauge "proxycall_store_up" [] "1 when the store answered this scrape, else 0";
    Seconds "proxycall_store_seconds" ["kind"]
        "How long the store took for a unit of work, its wait and its commit included, or for a read";
    Counter "proxycall_store_failures_total" ["kind"] "Units and reads that the store was not available for";
    Counter "proxycall_store_crossed_total" [] "Units that crossed another and were run again (PostgreSQL)";
    Units "proxycall_store_batch_units" [] "How many units shared one commit (SQLite)";
    Gauge "proxycall_jobs" ["kind"] "Jobs that wait, are being run, or are due later; of the first 10,000";
    Gauge "proxycall_job_oldest_seconds" ["kind"]
        "Age of the oldest job, since it was made; jobs that come again and again keep their age";
    Gauge "proxycall_job_overdue_seconds" ["kind"] "For how long the job that is most overdue could have been run";
    Counter "proxycall_job_runs_total" ["kind", "result"]
        "Runs of jobs: done (which may mean: put off), or stopped because the store failed";
    Counter "proxycall_job_retries_total" ["kind", "result"]
        "Jobs whose outside party failed: tried again later, or given up";
    Gauge "proxycall_pool_numbers" ["country", "type", "state"] "Proxy numbers by country, type and state";
    Gauge "proxycall_alerts" ["kind"] "Alerts that stand, as `GET /pool/summary` tells them";
    Gauge "proxycall_sheet_waiting_rows" ["tab"] "Rows that wait to be written into the Google Sheet";
    Gauge "proxycall_sheet_lag_seconds" [] "For how long the oldest of them has waited";
    Gauge "proxycall_sheet_read_age_seconds" [] "How long ago the Google Sheet was last read";
    Counter "proxycall_carrier_requests_total" ["operation", "result"]
        "Requests to the carrier by what came of them";
    Counter "proxycall_carrier_errors_total" ["code"]
        "Error codes of the carrier, in answers and in reports; `other` are those that ProxyCall does not know";
    Counter "proxycall_google_requests_total" ["operation", "result"] "Requests to Google by what came of them";
    Counter "proxycall_mails_total" ["result"] "E-mails handed to the mail server by what came of them";
    Gauge "proxycall_build_info" ["version"] "Always 1; its label says which version runs";
    Gauge "process_start_time_seconds" [] "When this process started, in seconds of Unix time";
    Gauge "process_resident_memory_bytes" [] "How much memory this process takes (Linux)";
}

/// `docs/metrics.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text = "# Metrics\n\nMade by `proxycall reference` from the program's own table; do not edit.\n\n\
        `GET /metrics` tells them to whoever has a token, as text for Prometheus. A label's value is a word of the program's \
        own: never a number, a name, an id or an address. Counters and histograms are of one instance, since its start; \
        what is in the store (jobs, pool, alerts, sheet) is the same on each instance and counted every 15 seconds at \
        most. A histogram has `_bucket`, `_sum` and `_count`. How to collect and watch them: \
        [Watch it](how-to/watch-it.md).\n\n\
        | Metric | Kind | Labels | Meaning |\n|---|---|---|---|\n"
        .to_owned();
    for Metric { name, kind, labels, meaning } in METRICS {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let _ = writeln!(text, "| `{name}` | {} | {} | {meaning} |", kind.in_words(), labels.join(", "));
    }
    text
}
