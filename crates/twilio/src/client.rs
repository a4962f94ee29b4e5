//! Promises: one request to the carrier at most per question, and an answer that tells "not sent", "refused" and "not
//! known" apart. Nothing here repeats a request; no error shows a number, an address or a body.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{PhoneNumber, phone::mask_sid};
use proxycall_service::ports::carrier::{Carrier, CarrierAccount, CarrierError, CarrierText, OutgoingText};
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
    redirect, retry,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    explain,
    wire::{self, Account, Message, MessagePage},
};

/// Twilio itself, where no other address is configured.
pub const DEFAULT_API_BASE_URL: &str = "https://api.twilio.com";

/// How long connecting may take, name resolution and TLS included. Nothing is sent when it runs out.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a whole exchange may take, connecting and reading the answer included.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest answer that is read, in bytes; a page of texts is some hundred kilobytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Texts asked for in one page of a list.
const PAGE_SIZE: &str = "200";

/// Pages read of one list, at most: 4,000 texts from one number to another.
const MAX_PAGES: usize = 20;

/// The longest wait that we let the carrier impose, so that an odd `Retry-After` does not put a text off for ever.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// Where the carrier is and who we are there.
#[derive(Debug, Clone)]
pub struct TwilioConfig {
    /// Under which `/2010-04-01/Accounts/…` is found; a path prefix is kept.
    pub api_base_url: String,
    /// The account (`AC…`).
    pub account_sid: String,
    /// The account's auth token: the first, when several are configured.
    pub auth_token: SecretString,
    /// See [`CONNECT_TIMEOUT`].
    pub connect_timeout: Duration,
    /// See [`TOTAL_TIMEOUT`].
    pub total_timeout: Duration,
}

impl TwilioConfig {
    /// An account at Twilio itself, with the usual timeouts.
    #[must_use]
    pub fn new(account_sid: impl Into<String>, auth_token: SecretString) -> Self {
        Self {
            api_base_url: DEFAULT_API_BASE_URL.to_owned(),
            account_sid: account_sid.into(),
            auth_token,
            connect_timeout: CONNECT_TIMEOUT,
            total_timeout: TOTAL_TIMEOUT,
        }
    }
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// `api_base_url` is not an absolute `http` or `https` address.
    #[error("the carrier's address is not an http or https address; expected one such as {DEFAULT_API_BASE_URL}")]
    BaseUrl,
    /// The process has chosen no TLS provider yet. The binary installs one first thing; so must a test that makes a
    /// client, even one that speaks plain HTTP, because `reqwest` prepares TLS in any case, and panics without.
    #[error("no TLS provider is installed; call rustls::crypto::ring::default_provider().install_default() first")]
    NoTlsProvider,
    /// The TLS set-up failed, for example because the machine has no root certificates.
    #[error("the HTTP client cannot be made: {0}")]
    Http(String),
}

/// The REST client of one account.
#[derive(Clone)]
pub struct TwilioClient {
    http: Client,
    account_sid: String,
    auth_token: SecretString,
    account: Url,
    messages: Url,
}

/// Shows the account's masked id and nothing else.
impl fmt::Debug for TwilioClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioClient").field("account_sid", &mask_sid(&self.account_sid)).finish_non_exhaustive()
    }
}

impl TwilioClient {
    /// Makes the client; asks nothing yet. Redirects are not followed, proxies of the environment not used.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn new(config: TwilioConfig) -> Result<Self, ClientError> {
        let TwilioConfig { api_base_url, account_sid, auth_token, connect_timeout, total_timeout } = config;
        let account = resource(&api_base_url, &[&format!("{account_sid}.json")]).ok_or(ClientError::BaseUrl)?;
        let messages = resource(&api_base_url, &[&account_sid, "Messages.json"]).ok_or(ClientError::BaseUrl)?;
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(ClientError::NoTlsProvider);
        }
        let http = Client::builder()
            .user_agent(concat!("proxycall/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect_timeout)
            .timeout(total_timeout)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .build()
            .map_err(|error| ClientError::Http(cause(error)))?;
        Ok(Self { http, account_sid, auth_token, account, messages })
    }

    /// Asks, and sorts what can happen into the service's errors. The one place where anything is sent.
    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CarrierError> {
        let request = request.basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()));
        let response = request.send().await.map_err(|error| {
            let sent = !(error.is_connect() || error.is_builder());
            if sent { CarrierError::AnswerLost(cause(error)) } else { CarrierError::Unreachable(cause(error)) }
        })?;
        let status = response.status();
        if status.is_success() {
            let body = read(response).await?;
            // The parser's own words could repeat a number or a text.
            return serde_json::from_slice(&body).map_err(|_| unreadable());
        }
        let retry_after = retry_after(response.headers());
        Err(if status == StatusCode::TOO_MANY_REQUESTS {
            CarrierError::SlowDown { retry_after }
        } else if status.is_server_error() {
            CarrierError::Failed { status: status.as_u16(), retry_after }
        } else {
            let body = read(response).await.unwrap_or_default();
            refusal(status, wire::error_code(&body), retry_after)
        })
    }

    /// The address of a list's next page: on the carrier's own host, or we would hand our token to another.
    fn next_page(&self, uri: &str) -> Result<Url, CarrierError> {
        self.messages.join(uri).ok().filter(|url| url.origin() == self.messages.origin()).ok_or_else(unreadable)
    }
}

#[async_trait]
impl Carrier for TwilioClient {
    async fn send_text(&self, text: &OutgoingText) -> Result<CarrierText, CarrierError> {
        let (from, to) = (text.from.expose(), text.to.expose());
        let form =
            [("From", from.as_str()), ("To", &to), ("Body", &text.body), ("StatusCallback", &text.status_callback)];
        let message: Message = self.ask(self.http.post(self.messages.clone()).form(&form)).await?;
        message.into_text().map_err(|_| unreadable())
    }

    /// To the second, as the carrier's dates are: texts of the second in which `since` lies are included. More than
    /// can be read is an error, because "not found" would then mean nothing.
    async fn find_texts(
        &self,
        from: PhoneNumber,
        to: PhoneNumber,
        since: Timestamp,
    ) -> Result<Vec<CarrierText>, CarrierError> {
        let (from, to) = (from.expose(), to.expose());
        let query = [("From", from.as_str()), ("To", &to), ("PageSize", PAGE_SIZE)];
        let mut request = self.http.get(self.messages.clone()).query(&query);
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let page: MessagePage = self.ask(request).await?;
            let texts = page
                .messages
                .into_iter()
                .filter(Message::is_ours)
                .map(Message::into_text)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| unreadable())?;
            let is_last = page.next_page_uri.is_none() || only_older_follow(&texts, since);
            found.extend(texts.into_iter().filter(|text| text.created_at.as_second() >= since.as_second()));
            match page.next_page_uri {
                Some(uri) if !is_last => request = self.http.get(self.next_page(&uri)?),
                _ => {
                    // Newest first as listed: reversed, so that the stable sort keeps the order within a second.
                    found.reverse();
                    found.sort_by_key(|text| text.created_at);
                    return Ok(found);
                }
            }
        }
        Err(CarrierError::AnswerLost(format!("the list is longer than {MAX_PAGES} pages")))
    }

    async fn account(&self) -> Result<CarrierAccount, CarrierError> {
        let account: Account = self.ask(self.http.get(self.account.clone())).await?;
        Ok(account.into())
    }
}

/// Whether a page is older than `since` as a whole and listed newest first, as Twilio lists. A page in another order
/// says nothing about those that follow.
fn only_older_follow(texts: &[CarrierText], since: Timestamp) -> bool {
    let newest_first = texts.is_sorted_by(|one, next| one.created_at >= next.created_at);
    let spans_time = texts.first().map(|text| text.created_at) > texts.last().map(|text| text.created_at);
    newest_first && spans_time && texts.iter().all(|text| text.created_at.as_second() < since.as_second())
}

/// `{base}/2010-04-01/Accounts/{path}`.
fn resource(base_url: &str, path: &[&str]) -> Option<Url> {
    let mut url = Url::parse(base_url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().ok()?.pop_if_empty().extend(["2010-04-01", "Accounts"]).extend(path);
    Some(url)
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
        _ => explain(code),
    };
    // A full queue and the like come as HTTP 400, yet mean what 429 means: nothing was done, come back later.
    if explanation.retry_helps {
        return CarrierError::SlowDown { retry_after };
    }
    CarrierError::Refused { status: status.as_u16(), code, meaning: explanation.meaning, remedy: explanation.remedy }
}

/// In seconds; the form with a date is taken for none, and the caller's own backoff applies.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

fn unreadable() -> CarrierError {
    CarrierError::AnswerLost("the answer is not what the API documents".to_owned())
}

/// The innermost reason, without the address: its query holds phone numbers.
fn cause(error: reqwest::Error) -> String {
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
    use rstest::rstest;

    const SID: &str = "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

    #[rstest]
    #[case("https://api.twilio.com", "https://api.twilio.com/2010-04-01/Accounts/AC5e/Messages.json")]
    #[case("https://api.twilio.com/", "https://api.twilio.com/2010-04-01/Accounts/AC5e/Messages.json")]
    #[case("https://a.example/api/laml", "https://a.example/api/laml/2010-04-01/Accounts/AC5e/Messages.json")]
    #[case("http://127.0.0.1:8/x/?y#z", "http://127.0.0.1:8/x/2010-04-01/Accounts/AC5e/Messages.json")]
    fn resources_are_found_under_the_base_address(#[case] base: &str, #[case] url: &str) {
        assert_eq!(resource(base, &["AC5e", "Messages.json"]).unwrap().as_str(), url);
    }

    #[test]
    fn an_account_id_cannot_leave_its_place_in_the_path() {
        let url = resource(DEFAULT_API_BASE_URL, &["AC/../x?y#z", "Messages.json"]).unwrap();
        assert_eq!(url.path(), "/2010-04-01/Accounts/AC%2F..%2Fx%3Fy%23z/Messages.json");
    }

    // No test of this binary installs a TLS provider: `reqwest` itself would panic here.
    #[test]
    fn what_is_missing_for_a_client_is_said_and_nothing_panics() {
        let config = TwilioConfig::new(SID, "token".into());
        assert!(matches!(TwilioClient::new(config.clone()), Err(ClientError::NoTlsProvider)));
        for base in ["", "api.twilio.com", "mailto:a@b.example", "ftp://api.twilio.com"] {
            let config = TwilioConfig { api_base_url: base.to_owned(), ..config.clone() };
            assert!(matches!(TwilioClient::new(config), Err(ClientError::BaseUrl)), "{base}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = format!("{:?}", TwilioConfig::new(SID, "fixture-token".into()));
        assert!(!shown.contains("fixture-token"), "{shown}");
    }

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
}
