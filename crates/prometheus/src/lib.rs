//! Promises: what is observed anywhere in this process reads as text for Prometheus, with a meaning and a type for each
//! metric of one table; whoever observes knows only the facade `metrics`.

mod process;
mod table;

use std::{sync::OnceLock, time::Duration};

use metrics::gauge;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

pub use table::{Kind, METRICS, Metric, markdown};

/// How often the samples of histograms are to be sorted into their buckets, see [`Exposition::tidy`].
pub const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Buckets of durations: a webhook takes one millisecond, gives up on the store after 2.4 s, and is cut off by the carrier
/// after 15 s.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0];
/// Buckets of how many verbs share a commit: 128 at most.
const UNITS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// What this process has observed so far.
#[derive(Clone)]
pub struct Exposition(PrometheusHandle);

/// Begins to keep what is observed; a second time, as in tests, goes on with the first.
///
/// # Errors
/// When the table cannot be used, which a test rules out, or when something else in this process keeps metrics.
pub fn start() -> Result<Exposition, BuildError> {
    static STARTED: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = STARTED.get() {
        return Ok(Exposition(handle.clone()));
    }
    let mut builder = PrometheusBuilder::new();
    for metric in METRICS {
        let buckets: &[f64] = match metric.kind {
            Kind::Seconds => &SECONDS,
            Kind::Units => &UNITS,
            Kind::Counter | Kind::Gauge => continue,
        };
        builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)?;
    }
    let handle = match builder.install_recorder() {
        Ok(handle) => handle,
        // Another thread was quicker.
        Err(error) => STARTED.get().cloned().ok_or(error)?,
    };
    METRICS.iter().for_each(Metric::describe);
    gauge!("proxycall_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(Exposition(STARTED.get_or_init(|| handle).clone()))
}

impl Exposition {
    /// All of it as text, format 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        process::observe();
        self.0.render()
    }

    /// Sorts the samples of histograms into their buckets. Until then each sample is kept: without a scraper that comes
    /// regularly, this has to be called every [`TIDY_EVERY`], or memory grows.
    pub fn tidy(&self) {
        self.0.run_upkeep();
    }

    /// Says since when this process has run, in seconds of Unix time.
    pub fn started_at(&self, second: i64) {
        #[expect(clippy::cast_precision_loss, reason = "seconds of Unix time are far below 2^52")]
        gauge!("process_start_time_seconds").set(second as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_observed_is_told_with_type_meaning_and_buckets() {
        let exposition = start().unwrap();
        metrics::counter!("proxycall_webhooks_total", "kind" => "voice", "outcome" => "connecting").increment(2);
        metrics::histogram!("proxycall_webhook_seconds", "kind" => "voice").record(0.003);
        exposition.started_at(1_767_225_600);
        exposition.tidy();
        let text = start().unwrap().text();
        for line in [
            "# TYPE proxycall_webhooks_total counter",
            "proxycall_webhooks_total{kind=\"voice\",outcome=\"connecting\"} 2",
            "proxycall_webhook_seconds_bucket{kind=\"voice\",le=\"0.0025\"} 0",
            "proxycall_webhook_seconds_bucket{kind=\"voice\",le=\"0.005\"} 1",
            "proxycall_webhook_seconds_count{kind=\"voice\"} 1",
            "process_start_time_seconds 1767225600",
        ] {
            assert!(text.lines().any(|each| each == line), "{line} is not in\n{text}");
        }
        assert!(text.contains("# HELP proxycall_webhooks_total "), "{text}");
        assert!(text.contains("proxycall_build_info{version="), "{text}");
    }
}
