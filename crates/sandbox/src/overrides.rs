//! Promises: what an address says behind its `#` decides how often and how patiently it is asked, as at Twilio.
//!
//! Source: Twilio's "Webhooks: connection overrides". An address without any is asked once: Twilio would ask a second
//! time at once when nobody listens, which tells a test nothing.

use std::time::Duration;

use crate::webhook::{Answer, WebhookError};

/// How long Twilio waits for an answer, all tries together.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);
/// How long a connection may take where nothing else is said.
const CONNECT: u64 = 5_000;
/// How long an answer may take where nothing else is said.
const READ: u64 = 15_000;
/// How often it is asked again where overrides do not say.
const RETRIES: u32 = 1;

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// `rc`: how often it is asked again.
    pub(crate) retries: u32,
    /// `rp`: after which failures.
    policy: Vec<String>,
    /// `ct` and `rt`: how long one try may take. Connecting is not bounded apart from the rest: on one machine it
    /// succeeds or fails at once.
    pub(crate) patience: Duration,
}

impl Overrides {
    pub(crate) fn of(url: &str) -> Self {
        let fragment = url.split_once('#').map(|(_, fragment)| fragment).unwrap_or_default();
        let pairs: Vec<(&str, &str)> = fragment.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let get = |name: &str| pairs.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
        let millis = |name: &str, usual: u64, most: u64| {
            get(name).and_then(|value| value.parse::<u64>().ok()).map_or(usual, |millis| millis.clamp(100, most))
        };
        let asked = ["rc", "rp", "ct", "rt", "tt"].into_iter().any(|name| get(name).is_some());
        let retries = get("rc").and_then(|count| count.parse::<u32>().ok()).map_or(RETRIES, |count| count.min(5));
        let total = Duration::from_millis(millis("tt", 15_000, 15_000));
        let one = Duration::from_millis(millis("ct", CONNECT, 10_000) + millis("rt", READ, 15_000));
        Self {
            retries: if asked { retries } else { 0 },
            policy: get("rp").unwrap_or("ct").split(',').map(str::to_owned).collect(),
            patience: one.min(total).min(LIMIT),
        }
    }

    /// Whether this is a failure after which the address is asked again.
    pub(crate) fn again(&self, sent: &Result<Answer, WebhookError>) -> bool {
        let kind = match sent {
            Ok(answer) if answer.status >= 500 => "5xx",
            Ok(answer) if answer.status >= 400 => "4xx",
            Ok(_) | Err(WebhookError::NoSuchAddress | WebhookError::Status(_)) => return false,
            Err(WebhookError::NoAnswer(reason)) if *reason == crate::webhook::NOBODY => "ct",
            Err(WebhookError::NoAnswer(_)) => "rt",
        };
        self.policy.iter().any(|allowed| allowed == kind || allowed == "all")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Result<Answer, WebhookError> {
        Ok(Answer { status, media_type: String::new(), body: String::new() })
    }

    #[test]
    fn an_address_is_asked_as_often_and_patiently_as_it_says() {
        for (url, retries, millis) in [
            ("https://a.example/", 0, 15_000),
            ("https://a.example/#part", 0, 15_000),
            ("https://a.example/#rc=3&rp=all&ct=2000&rt=4000", 3, 6_000),
            ("https://a.example/#rc=9&rt=1", 5, 5_100),
            ("https://a.example/#rp=5xx", 1, 15_000),
        ] {
            let overrides = Overrides::of(url);
            assert_eq!((overrides.retries, overrides.patience), (retries, Duration::from_millis(millis)), "{url}");
        }
    }

    #[test]
    fn only_the_failures_named_are_tried_again() {
        let nobody = || Err(WebhookError::NoAnswer(crate::webhook::NOBODY));
        let slow = || Err(WebhookError::NoAnswer("slow"));
        for (policy, expected) in [
            ("#rc=1", [false, false, true, false]),
            ("#rp=4xx,rt", [true, false, false, true]),
            ("#rp=5xx", [false, true, false, false]),
            ("#rp=all", [true, true, true, true]),
        ] {
            let overrides = Overrides::of(policy);
            let again = [status(404), status(503), nobody(), slow()].map(|sent| overrides.again(&sent));
            assert_eq!(again, expected, "{policy}");
            assert!(!overrides.again(&status(200)) && !overrides.again(&status(302)));
        }
    }
}
