//! Promises: one client per spreadsheet, which speaks the `Sheet` port. How it asks is in `asking.rs`, what it asks in
//! a file per subject.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use proxycall_service::ports::{
    Clock, Sheet, SheetError,
    sheet::{CellWrite, NewRow, Protection, SheetFile, TabOutline, Table},
};
use reqwest::{Client, RequestBuilder, redirect, retry};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use url::Url;

use crate::{
    a1, asking, drive,
    key::{KeyError, ServiceAccount},
    observe, protections, tabs,
    token::Tokens,
    values,
};

/// Google Sheets itself, where no other address is configured.
const SHEETS: &str = "https://sheets.googleapis.com";
/// Google Drive itself.
const DRIVE: &str = "https://www.googleapis.com";

/// How long connecting may take, name resolution and TLS included. Nothing is sent when it runs out.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a whole exchange may take: a large sheet takes Google many seconds.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);

/// Which spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spreadsheet {
    /// The only one of this title that is shared with the account.
    ByTitle(String),
    /// The one with this id, as it stands in its address.
    ById(String),
}

/// Where the spreadsheet is and who we are there.
#[derive(Debug, Clone)]
pub struct GoogleSheetConfig {
    /// Under which both `/v4/spreadsheets/…` and `/drive/v3/files` are found; a path prefix is kept. None: Google.
    pub api_base_url: Option<String>,
    /// Which spreadsheet.
    pub spreadsheet: Spreadsheet,
    /// The text of the service account's key file.
    pub key_json: SecretString,
    /// See [`CONNECT_TIMEOUT`].
    pub connect_timeout: Duration,
    /// See [`TOTAL_TIMEOUT`].
    pub total_timeout: Duration,
}

impl GoogleSheetConfig {
    /// A spreadsheet at Google itself, with the usual timeouts.
    #[must_use]
    pub fn new(spreadsheet: Spreadsheet, key_json: SecretString) -> Self {
        Self {
            api_base_url: None,
            spreadsheet,
            key_json,
            connect_timeout: CONNECT_TIMEOUT,
            total_timeout: TOTAL_TIMEOUT,
        }
    }
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The key file is not usable.
    #[error("the service account's key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// `api_base_url` is not an absolute `http` or `https` address.
    #[error("Google's address is not an http or https address; expected one such as {SHEETS}, or none")]
    BaseUrl,
    /// The process has chosen no TLS provider yet. The binary installs one first thing; so must a test that makes a
    /// client, even one that speaks plain HTTP, because `reqwest` prepares TLS in any case, and panics without.
    #[error("no TLS provider is installed; call rustls::crypto::ring::default_provider().install_default() first")]
    NoTlsProvider,
    /// The TLS set-up failed, for example because the machine has no root certificates.
    #[error("the HTTP client cannot be made: {0}")]
    Http(String),
}

/// The client of one spreadsheet.
pub struct GoogleSheet {
    http: Client,
    tokens: Tokens,
    spreadsheet: Spreadsheet,
    /// The id that belongs to the title, once it is known.
    found: Mutex<Option<String>>,
    /// `{base}/v4/spreadsheets`.
    spreadsheets: Url,
    /// `{base}/drive/v3/files`.
    files: Url,
}

/// Shows the account and nothing else.
impl fmt::Debug for GoogleSheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleSheet").field("account", &self.tokens.account.email).finish_non_exhaustive()
    }
}

impl GoogleSheet {
    /// Makes the client; asks nothing yet. Redirects are not followed, proxies of the environment not used.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn new(config: GoogleSheetConfig, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let GoogleSheetConfig { api_base_url, spreadsheet, key_json, connect_timeout, total_timeout } = config;
        let account = ServiceAccount::from_json(key_json.expose_secret())?;
        let base = |default| api_base_url.as_deref().unwrap_or(default);
        let spreadsheets = base_url(base(SHEETS), &["v4", "spreadsheets"]).ok_or(ClientError::BaseUrl)?;
        let files = base_url(base(DRIVE), &["drive", "v3", "files"]).ok_or(ClientError::BaseUrl)?;
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
        let tokens = Tokens::new(account, clock);
        Ok(Self { http, tokens, spreadsheet, found: Mutex::default(), spreadsheets, files })
    }

    pub(crate) fn http(&self) -> &Client {
        &self.http
    }

    /// `{base}/v4/spreadsheets/{id}{verb}/{path}`.
    pub(crate) fn spreadsheet(&self, id: &str, verb: &str, path: &[&str]) -> Url {
        let id = format!("{id}{verb}");
        below(&self.spreadsheets, &[&[id.as_str()], path].concat())
    }

    /// `{base}/drive/v3/files`.
    pub(crate) fn files(&self) -> Url {
        self.files.clone()
    }

    /// `{base}/drive/v3/files/{id}`.
    pub(crate) fn file(&self, id: &str) -> Url {
        below(&self.files, &[id])
    }

    /// Asks. `operation` names it for those who watch.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<T, SheetError> {
        let outcome = asking::ask(&self.http, &self.tokens, request).await;
        observe::request(operation, &outcome);
        outcome
    }

    /// Asks for an answer that may be large. `operation` names it for those who watch.
    pub(crate) async fn ask_for_much<T>(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<T, SheetError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let outcome = asking::ask_for_much(&self.http, &self.tokens, request).await;
        observe::request(operation, &outcome);
        outcome
    }

    /// The spreadsheet's id: configured, known, or asked for now.
    async fn id(&self) -> Result<String, SheetError> {
        let title = match &self.spreadsheet {
            Spreadsheet::ById(id) => return Ok(id.clone()),
            Spreadsheet::ByTitle(title) => title,
        };
        let mut found = self.found.lock().await;
        if let Some(id) = found.as_ref() {
            return Ok(id.clone());
        }
        let id = drive::find(self, title).await?;
        *found = Some(id.clone());
        Ok(id)
    }

    /// Passes an answer on. When it says that the spreadsheet is not there, or not for us (any more), the title may
    /// belong to another by now: next time its id is asked for again.
    async fn about<T>(&self, id: &str, answer: Result<T, SheetError>) -> Result<T, SheetError> {
        if let Err(SheetError::NotFound | SheetError::Forbidden(_)) = answer {
            let mut found = self.found.lock().await;
            if found.as_deref() == Some(id) {
                *found = None;
            }
        }
        answer
    }
}

#[async_trait]
impl Sheet for GoogleSheet {
    async fn read(&self, tabs: &[&str]) -> Result<Vec<Table>, SheetError> {
        let id = self.id().await?;
        let ranges = tabs.iter().map(|title| a1::tab(title)).collect();
        self.about(&id, values::read(self, &id, ranges).await).await
    }

    async fn headers(&self, tabs: &[&str]) -> Result<Vec<Table>, SheetError> {
        let id = self.id().await?;
        let ranges = tabs.iter().map(|title| a1::first_row(title)).collect();
        self.about(&id, values::read(self, &id, ranges).await).await
    }

    async fn write(&self, writes: &[CellWrite]) -> Result<(), SheetError> {
        let id = self.id().await?;
        self.about(&id, values::write(self, &id, writes).await).await
    }

    async fn append(&self, tab: &str, after: Option<u32>, rows: &[NewRow]) -> Result<Option<u32>, SheetError> {
        let id = self.id().await?;
        self.about(&id, values::append(self, &id, tab, after, rows).await).await
    }

    async fn outline(&self) -> Result<Vec<TabOutline>, SheetError> {
        let id = self.id().await?;
        self.about(&id, tabs::outline(self, &id).await).await
    }

    async fn protections(&self) -> Result<Vec<Protection>, SheetError> {
        let id = self.id().await?;
        self.about(&id, protections::read(self, &id).await).await
    }

    async fn create_tab(&self, title: &str, headers: &[&str]) -> Result<(), SheetError> {
        let id = self.id().await?;
        self.about(&id, tabs::create(self, &id, title, headers).await).await
    }

    async fn file(&self) -> Result<SheetFile, SheetError> {
        let id = self.id().await?;
        self.about(&id, drive::file(self, &id).await).await
    }

    fn account(&self) -> &str {
        &self.tokens.account.email
    }
}

/// A path below a base address; none for a base that has no path to go below.
fn base_url(base_url: &str, path: &[&str]) -> Option<Url> {
    let mut url = Url::parse(base_url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().ok()?.pop_if_empty().extend(path);
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
    use jiff::Timestamp;

    struct Never;

    impl Clock for Never {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    fn config(key_json: &str) -> GoogleSheetConfig {
        GoogleSheetConfig::new(Spreadsheet::ByTitle("ProxyCall".into()), key_json.to_owned().into())
    }

    fn key_json() -> String {
        proxycall_sandbox::google::service_account_json("http://127.0.0.1:1")
    }

    // No test of this binary installs a TLS provider: `reqwest` itself would panic here.
    #[test]
    fn what_is_missing_for_a_client_is_said_and_nothing_panics() {
        let made = |config| GoogleSheet::new(config, Arc::new(Never)).err().unwrap();
        assert!(matches!(made(config("{}")), ClientError::Key(KeyError::NotAServiceAccount)));
        assert!(matches!(made(config(&key_json())), ClientError::NoTlsProvider));
        for base in ["", "sheets.googleapis.com", "mailto:a@b.example"] {
            let config = GoogleSheetConfig { api_base_url: Some(base.to_owned()), ..config(&key_json()) };
            assert!(matches!(made(config), ClientError::BaseUrl), "{base}");
        }
    }

    #[test]
    fn an_id_or_title_cannot_leave_its_place_in_the_path() {
        let base = base_url("http://127.0.0.1:8/x/?y#z", &["v4", "spreadsheets"]).unwrap();
        let url = below(&base, &["a/../b?c#d", "values", "'T/%?'!A:A:append"]);
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:8/x/v4/spreadsheets/a%2F..%2Fb%3Fc%23d/values/'T%2F%25%3F'!A:A:append"
        );
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", config("fixture-key"));
        assert!(!shown.contains("fixture-key"), "{shown}");
    }
}
