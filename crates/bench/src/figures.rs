//! Promises: what a run came to, exactly: every latency is kept, none is put into a bucket.

use std::{fmt, time::Duration};

/// What happened during a run.
#[derive(Debug)]
pub struct Run {
    /// How long each answered request took.
    pub latencies: Vec<Duration>,
    /// How many of them were answered with a sentence, where that was allowed.
    pub said: u64,
    /// How many requests were not answered as they should be.
    pub failed: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// What the server used meanwhile, when somebody looked.
    pub server_cpu: Option<Duration>,
}

/// What it came to. Times in microseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Requests answered as they should be.
    pub requests: usize,
    /// How many of them with a sentence.
    pub said: u64,
    /// And those that were not.
    pub failed: u64,
    /// Requests a second.
    pub per_second: f64,
    /// Half of the requests took no longer.
    pub p50: f64,
    /// Nine in ten took no longer.
    pub p90: f64,
    /// 99 in 100 took no longer.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
    /// CPU time of the server for each request.
    pub cpu: Option<f64>,
}

impl Run {
    /// Adds it up.
    #[must_use]
    pub fn figures(mut self) -> Figures {
        self.latencies.sort_unstable();
        let requests = self.latencies.len();
        let count = f64::from(u32::try_from(requests).unwrap_or(u32::MAX)).max(1.0);
        Figures {
            requests,
            said: self.said,
            failed: self.failed,
            per_second: count / self.elapsed.as_secs_f64(),
            p50: percentile(&self.latencies, 50),
            p90: percentile(&self.latencies, 90),
            p99: percentile(&self.latencies, 99),
            max: percentile(&self.latencies, 100),
            cpu: self.server_cpu.map(|cpu| micros(cpu) / count),
        }
    }
}

impl Figures {
    /// One JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let cpu = self.cpu.map_or_else(|| "null".to_owned(), |cpu| format!("{cpu:.2}"));
        format!(
            "{{\"requests\":{},\"said\":{},\"failed\":{},\"per_second\":{:.0},\"p50_us\":{:.0},\"p90_us\":{:.0},\"p99_us\":{:.0},\
             \"max_us\":{:.0},\"cpu_us\":{cpu}}}",
            self.requests, self.said, self.failed, self.per_second, self.p50, self.p90, self.p99, self.max
        )
    }
}

/// One line for people.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, failed, per_second, .. } = self;
        let [p50, p90, p99, max] = [self.p50, self.p90, self.p99, self.max].map(|micros| micros / 1_000.0);
        write!(f, "{per_second:.0} requests/s, p50 {p50:.2} ms, p90 {p90:.2} ms, p99 {p99:.2} ms, max {max:.2} ms")?;
        if let Some(cpu) = self.cpu {
            write!(f, ", {cpu:.1} µs of server CPU each")?;
        }
        write!(f, " ({requests} requests, {failed} failed)")
    }
}

/// The smallest that `percent` of the sorted durations do not exceed, in microseconds; 0 when there are none.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().map(micros).unwrap_or_default()
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(latencies: impl Iterator<Item = u64>) -> Run {
        Run {
            latencies: latencies.map(Duration::from_micros).collect(),
            said: 0,
            failed: 0,
            elapsed: Duration::from_secs(2),
            server_cpu: Some(Duration::from_millis(10)),
        }
    }

    #[test]
    fn percentiles_are_those_of_all_requests_in_whatever_order_they_came() {
        let figures = run((1..=200).rev()).figures();
        assert_eq!([figures.p50, figures.p90, figures.p99, figures.max].map(f64::round), [100.0, 180.0, 198.0, 200.0]);
        assert_eq!((figures.requests, figures.per_second.round()), (200, 100.0));
        assert_eq!(figures.cpu.map(f64::round), Some(50.0));
    }

    #[test]
    fn a_run_without_a_single_answer_has_figures_too() {
        let figures = Run { server_cpu: None, failed: 3, ..run(std::iter::empty()) }.figures();
        assert_eq!((figures.requests, figures.failed, figures.max, figures.cpu), (0, 3, 0.0, None));
    }

    #[test]
    fn both_forms_say_the_same() {
        let figures = run(1..=200).figures();
        assert_eq!(
            figures.to_json(),
            r#"{"requests":200,"said":0,"failed":0,"per_second":100,"p50_us":100,"p90_us":180,"p99_us":198,"max_us":200,"cpu_us":50.00}"#
        );
        assert_eq!(
            figures.to_string(),
            "100 requests/s, p50 0.10 ms, p90 0.18 ms, p99 0.20 ms, max 0.20 ms, 50.0 µs of server CPU each \
             (200 requests, 0 failed)"
        );
    }
}
