//! Promises: one client per account, which speaks the `Carrier` port. How it asks is in `client/asking.rs`, what it
//! asks in a file per subject.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{PhoneNumber, phone::mask_sid};
use proxycall_service::ports::carrier::{
    Carrier, CarrierAccount, CarrierError, CarrierNumber, CarrierText, NumberOffer, NumberPurchase, NumberSearch,
    NumberUpdate, OutgoingCall, OutgoingText, PlacedCall,
};
use reqwest::{Client, redirect, retry};
use secrecy::SecretString;
use url::Url;

pub use asking::Patience;

use crate::wire::Account;

mod asking;
mod calls;
mod numbers;
mod texts;

/// Twilio itself, where no other address is configured.
pub const DEFAULT_API_BASE_URL: &str = "https://api.twilio.com";

/// How long connecting may take, name resolution and TLS included. Nothing is sent when it runs out.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a whole exchange may take, connecting and reading the answer included.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

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
    /// How questions, and changes that do no harm when made twice, are asked again.
    pub patience: Patience,
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
            patience: Patience::default(),
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
    /// `{base}/2010-04-01/Accounts`.
    accounts: Url,
    patience: Patience,
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
        let TwilioConfig { api_base_url, account_sid, auth_token, connect_timeout, total_timeout, patience } = config;
        let accounts = accounts(&api_base_url).ok_or(ClientError::BaseUrl)?;
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
            .map_err(|error| ClientError::Http(asking::cause(error)))?;
        Ok(Self { http, account_sid, auth_token, accounts, patience })
    }

    /// `{base}/2010-04-01/Accounts/{account}/{path}`.
    fn resource(&self, path: &[&str]) -> Url {
        below(&self.accounts, &[&[self.account_sid.as_str()], path].concat())
    }
}

#[async_trait]
impl Carrier for TwilioClient {
    async fn send_text(&self, text: &OutgoingText) -> Result<CarrierText, CarrierError> {
        texts::send(self, text).await
    }

    async fn find_texts(
        &self,
        from: PhoneNumber,
        to: PhoneNumber,
        since: Timestamp,
    ) -> Result<Vec<CarrierText>, CarrierError> {
        texts::find(self, from, to, since).await
    }

    async fn account(&self) -> Result<CarrierAccount, CarrierError> {
        let url = below(&self.accounts, &[&format!("{}.json", self.account_sid)]);
        let account: Account = self.ask_patiently("account", self.http.get(url)).await?;
        Ok(account.into())
    }

    async fn place_call(&self, call: &OutgoingCall) -> Result<PlacedCall, CarrierError> {
        calls::place(self, call).await
    }

    async fn redact_message(&self, sid: &str) -> Result<bool, CarrierError> {
        texts::redact(self, sid).await
    }

    async fn delete_message(&self, sid: &str) -> Result<bool, CarrierError> {
        texts::delete(self, sid).await
    }

    async fn delete_call(&self, sid: &str) -> Result<bool, CarrierError> {
        calls::delete(self, sid).await
    }

    async fn numbers_for_sale(&self, search: &NumberSearch) -> Result<Vec<NumberOffer>, CarrierError> {
        numbers::for_sale(self, search).await
    }

    async fn buy_number(&self, purchase: &NumberPurchase) -> Result<CarrierNumber, CarrierError> {
        numbers::buy(self, purchase).await
    }

    async fn find_number(&self, phone: PhoneNumber) -> Result<Option<CarrierNumber>, CarrierError> {
        numbers::find(self, phone).await
    }

    async fn numbers(&self) -> Result<Vec<CarrierNumber>, CarrierError> {
        numbers::all(self).await
    }

    async fn update_number(&self, sid: &str, update: &NumberUpdate) -> Result<CarrierNumber, CarrierError> {
        numbers::update(self, sid, update).await
    }

    async fn release_number(&self, sid: &str) -> Result<bool, CarrierError> {
        numbers::release(self, sid).await
    }
}

/// `{base}/2010-04-01/Accounts`; none for a base that has no path to go below.
fn accounts(base_url: &str) -> Option<Url> {
    let mut url = Url::parse(base_url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().ok()?.pop_if_empty().extend(["2010-04-01", "Accounts"]);
    Some(url)
}

fn below(url: &Url, path: &[&str]) -> Url {
    let mut url = url.clone();
    // Every http address has a path.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(path);
    }
    url
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
        assert_eq!(below(&accounts(base).unwrap(), &["AC5e", "Messages.json"]).as_str(), url);
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_the_path() {
        let url = below(&accounts(DEFAULT_API_BASE_URL).unwrap(), &["AC/../x?y#z", "Messages.json"]);
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
}
