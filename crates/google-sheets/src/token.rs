//! Promises: one access token is fetched when it is needed, kept until shortly before its end, and dropped when Google
//! does not take it any more; many who need one at once wait for the same.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use proxycall_service::ports::{Clock, SheetError};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{
    asking::{not_sent, read, send},
    key::ServiceAccount,
    refusal,
};

/// The grant of RFC 7523.
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A token is not used in its last minutes, so that none ends on its way.
const SPARE: Duration = Duration::from_secs(120);

/// A token and its last good moment.
pub(crate) struct Token {
    secret: SecretString,
    good_until: Timestamp,
}

impl Token {
    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// The account's tokens: at most one at a time.
pub(crate) struct Tokens {
    pub(crate) account: ServiceAccount,
    clock: Arc<dyn Clock>,
    held: Mutex<Option<Arc<Token>>>,
}

/// What the token server answers.
#[derive(Deserialize)]
struct Grant {
    access_token: String,
    /// In seconds.
    expires_in: u32,
}

impl Tokens {
    pub(crate) fn new(account: ServiceAccount, clock: Arc<dyn Clock>) -> Self {
        Self { account, clock, held: Mutex::default() }
    }

    /// A token that is good for now: the one at hand, or a new one.
    pub(crate) async fn get(&self, http: &Client) -> Result<Arc<Token>, SheetError> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        if let Some(token) = held.as_ref().filter(|token| now < token.good_until) {
            return Ok(token.clone());
        }
        let token = Arc::new(self.fetch(http, now).await.map_err(not_sent)?);
        *held = Some(token.clone());
        Ok(token)
    }

    /// Drops a token that Google did not take, unless there is a newer one already.
    pub(crate) async fn forget(&self, token: &Arc<Token>) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| Arc::ptr_eq(held, token)) {
            *held = None;
        }
    }

    async fn fetch(&self, http: &Client, now: Timestamp) -> Result<Token, SheetError> {
        let Some(assertion) = self.account.assertion(now) else {
            return Err(SheetError::Key("this machine gives no random bytes, which signing needs".to_owned()));
        };
        let form = [("grant_type", GRANT_TYPE), ("assertion", &assertion)];
        let response = send(http.post(self.account.token_uri.clone()).form(&form)).await?;
        let (status, retry_after) = (response.status().as_u16(), refusal::retry_after(response.headers()));
        if !response.status().is_success() {
            return Err(refusal::of_token(status, retry_after, &read(response).await.unwrap_or_default()));
        }
        let grant: Grant = serde_json::from_slice(&read(response).await?).map_err(|_| refusal::unreadable())?;
        let life = Duration::from_secs(grant.expires_in.into()).saturating_sub(SPARE);
        let life = SignedDuration::try_from(life).unwrap_or_default();
        Ok(Token { secret: grant.access_token.into(), good_until: now.saturating_add(life).unwrap_or(now) })
    }
}
