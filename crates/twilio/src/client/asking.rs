//! Promises: one place that asks the carrier, with an answer that tells "not sent", "refused" and "not known" apart.
//! Only what does no harm when asked twice is asked again, and never for long; no error shows a number, an address or
//! a body.

use std::time::{Duration, Instant};

use proxycall_service::ports::carrier::CarrierError;
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use url::Url;

use super::TwilioClient;
use crate::{explain, observe, wire};

/// Largest answer that is read, in bytes; a page of texts is some hundred kilobytes, one of 1,000 numbers about two
/// million bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// The longest wait that we let the carrier impose, so that an odd `Retry-After` does not put a text off for ever.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// How often one question is asked, in all.
const MAX_TRIES: u32 = 3;

/// How a question is asked again when the carrier failed, asked us to slow down, or was not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The wait before the second try; twice that before the third. Up to half of it is left off by chance, so that
    /// many who failed together do not come back together.
    pub backoff: Duration,
    /// A `Retry-After` up to here is waited for; a longer one is the caller's to wait for.
    pub retry_after: Duration,
    /// No try begins later than this after the first.
    pub begin_within: Duration,
}

impl Default for Patience {
    /// Half a second, five seconds, fifteen seconds.
    fn default() -> Self {
        Self {
            backoff: Duration::from_millis(500),
            retry_after: Duration::from_secs(5),
            begin_within: Duration::from_secs(15),
        }
    }
}

impl Patience {
    /// Asks again as often, and never waits: for tests.
    pub const NO_WAIT: Self =
        Self { backoff: Duration::ZERO, retry_after: Duration::ZERO, begin_within: Duration::from_secs(3600) };

    /// How long to wait after the `tries`-th try failed; none: give the error to the caller. `chance` is any number.
    fn wait(self, error: &CarrierError, tries: u32, since_first: Duration, chance: u16) -> Option<Duration> {
        if tries >= MAX_TRIES {
            return None;
        }
        let asked_for = match error {
            CarrierError::SlowDown { retry_after } | CarrierError::Failed { retry_after, .. } => *retry_after,
            CarrierError::Unreachable(_) | CarrierError::AnswerLost(_) => None,
            CarrierError::Refused { .. } => return None,
        };
        let wait = match asked_for {
            Some(asked_for) if asked_for > self.retry_after => return None,
            Some(asked_for) => asked_for,
            None => {
                let longest = self.backoff * 2_u32.saturating_pow(tries.saturating_sub(1));
                longest - longest.mul_f64(f64::from(chance) / f64::from(u16::MAX) / 2.0)
            }
        };
        (since_first + wait <= self.begin_within).then_some(wait)
    }
}

impl TwilioClient {
    /// Asks once. For whatever costs money or cannot be taken back.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<T, CarrierError> {
        let body = self.deliver(operation, request).await?;
        // The parser's own words could repeat a number or a text.
        serde_json::from_slice(&body).map_err(|_| unreadable())
    }

    /// Asks again when that may help. For questions, and for changes that do no harm when made twice.
    pub(super) async fn ask_patiently<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<T, CarrierError> {
        let began = Instant::now();
        let mut tries = 1;
        loop {
            // A request whose body is a stream has no copy; ours are forms.
            let Some(copy) = request.try_clone() else { return self.ask(operation, request).await };
            let error = match self.ask(operation, copy).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match self.patience.wait(&error, tries, began.elapsed(), chance()) {
                Some(Duration::ZERO) => {}
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
            tries += 1;
        }
    }

    /// Sends a request and reads the whole answer. `operation` names it for those who watch.
    pub(super) async fn deliver(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Vec<u8>, CarrierError> {
        let outcome = match self.send(request).await {
            Ok(response) => read(response).await,
            Err(error) => Err(error),
        };
        observe::request(operation, &outcome);
        outcome
    }

    /// Sends a request and sorts what can happen into the service's errors. The one place where anything is sent.
    async fn send(&self, request: RequestBuilder) -> Result<Response, CarrierError> {
        let request = request.basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()));
        let response = request.send().await.map_err(|error| {
            let sent = !(error.is_connect() || error.is_builder());
            if sent { CarrierError::AnswerLost(cause(error)) } else { CarrierError::Unreachable(cause(error)) }
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(response.headers());
        Err(if status == StatusCode::TOO_MANY_REQUESTS {
            CarrierError::SlowDown { retry_after }
        } else if status.is_server_error() {
            // A gateway gives up on what goes on behind it; and what is not the carrier's JSON is not the carrier's
            // word.
            let gateway = matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT);
            let perhaps_done = gateway || wire::error_code(&read(response).await.unwrap_or_default()) == 0;
            CarrierError::Failed { status: status.as_u16(), retry_after, perhaps_done }
        } else {
            let code = wire::error_code(&read(response).await.unwrap_or_default());
            observe::count_error(code);
            refusal(status, code, retry_after)
        })
    }

    /// The address of a list's next page: on the carrier's own host, or we would hand our token to another.
    pub(super) fn next_page(&self, uri: &str) -> Result<Url, CarrierError> {
        self.accounts.join(uri).ok().filter(|url| url.origin() == self.accounts.origin()).ok_or_else(unreadable)
    }
}

/// Reads the whole answer, or as much as proves it too large.
async fn read(mut response: Response) -> Result<Vec<u8>, CarrierError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| CarrierError::AnswerLost(cause(error)))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(CarrierError::AnswerLost("the answer is larger than 4 MiB".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn refusal(status: StatusCode, code: i32, retry_after: Option<Duration>) -> CarrierError {
    let explanation = match (code, status) {
        (0, StatusCode::UNAUTHORIZED) => explain(20003),
        (0, StatusCode::NOT_FOUND) => explain(20404),
        (0, StatusCode::PRECONDITION_FAILED) => explain(20412),
        _ => explain(code),
    };
    // A full queue and the like come as HTTP 400, yet mean what 429 means: nothing was done, come back later.
    if explanation.retry_helps {
        return CarrierError::SlowDown { retry_after };
    }
    CarrierError::Refused { status: status.as_u16(), code, meaning: explanation.meaning, remedy: explanation.remedy }
}

/// Whether the carrier itself says that there is no such thing. A bare 404 is not its word: a wrong address or a proxy
/// gives one too, and whoever took it for "gone" would forget what still exists.
pub(super) fn does_not_exist(error: &CarrierError) -> bool {
    matches!(error, CarrierError::Refused { status: 404, code: 20404, .. })
}

/// What came of taking something away: false when it was not there (any more).
pub(super) fn was_there<T>(answer: Result<T, CarrierError>) -> Result<bool, CarrierError> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if does_not_exist(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// In seconds; the form with a date is taken for none, and the caller's own backoff applies.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// Any number. Without a source of chance all wait the same, which is no worse than having no jitter.
fn chance() -> u16 {
    let mut bytes = [0; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u16::from_le_bytes(bytes),
        Err(_) => 0,
    }
}

pub(super) fn unreadable() -> CarrierError {
    CarrierError::AnswerLost("the answer is not what the API documents".to_owned())
}

/// The innermost reason, without the address: its query holds phone numbers.
pub(super) fn cause(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("7", Some(7))]
    #[case(" 7 ", Some(7))]
    #[case("0", Some(0))]
    #[case("99999999999", Some(3600))]
    #[case("Fri, 31 Dec 1999 23:59:59 GMT", None)]
    #[case("-1", None)]
    #[case("", None)]
    fn the_wait_asked_for_is_read_in_seconds_up_to_an_hour(#[case] header: &str, #[case] seconds: Option<u64>) {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, header.parse().unwrap())]);
        assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs));
    }

    fn slow_down(seconds: Option<u64>) -> CarrierError {
        CarrierError::SlowDown { retry_after: seconds.map(Duration::from_secs) }
    }

    fn after_first(error: &CarrierError, chance: u16) -> Option<Duration> {
        Patience::default().wait(error, 1, Duration::ZERO, chance)
    }

    #[rstest]
    #[case::short(slow_down(Some(5)), Some(5000))]
    #[case::at_once(slow_down(Some(0)), Some(0))]
    #[case::long(slow_down(Some(6)), None)]
    #[case::not_said(slow_down(None), Some(500))]
    #[case::failed(CarrierError::Failed { status: 503, retry_after: Some(Duration::from_secs(2)), perhaps_done: true }, Some(2000))]
    #[case::unreachable(CarrierError::Unreachable(String::new()), Some(500))]
    #[case::lost(CarrierError::AnswerLost(String::new()), Some(500))]
    #[case::refused(CarrierError::Refused { status: 400, code: 21422, meaning: "", remedy: "" }, None)]
    fn a_short_wait_asked_for_is_kept_and_a_long_one_left_to_the_caller(
        #[case] error: CarrierError,
        #[case] millis: Option<u64>,
    ) {
        assert_eq!(after_first(&error, 0), millis.map(Duration::from_millis));
    }

    #[test]
    fn a_question_is_asked_three_times_and_none_begins_after_15_seconds() {
        let (error, patience) = (slow_down(None), Patience::default());
        assert_eq!(patience.wait(&error, 2, Duration::ZERO, 0), Some(Duration::from_secs(1)));
        assert_eq!(patience.wait(&error, 3, Duration::ZERO, 0), None);
        assert_eq!(patience.wait(&error, 1, Duration::from_millis(14_600), 0), None);
    }

    proptest! {
        #[test]
        fn chance_leaves_off_at_most_half_of_a_wait(chance: u16, tries in 1_u32..3) {
            let longest = Patience::default().backoff * tries;
            let wait = Patience::default().wait(&slow_down(None), tries, Duration::ZERO, chance).unwrap();
            prop_assert!(longest / 2 <= wait && wait <= longest, "{wait:?}");
        }

        #[test]
        fn a_test_never_waits(seconds in proptest::option::of(0_u64..10_000), tries: u32, chance: u16) {
            let wait = Patience::NO_WAIT.wait(&slow_down(seconds), tries, Duration::ZERO, chance);
            prop_assert!(wait.is_none_or(|wait| wait.is_zero()), "{wait:?}");
        }
    }
}
