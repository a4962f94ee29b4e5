//! Promises: a token is checked without waiting for the store, and one that was revoked opens nothing five seconds later.
//!
//! Every instance reads the tokens again each two seconds, with the settings, and writes then which were used.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError, RwLock},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{FieldError, Scope, TokenName};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::{
    Service,
    clients::RequestError,
    ports::{
        LedgerError,
        ledger::{ApiToken, Ledger, TokenHash},
    },
};

/// What a token begins with, so that those who look for leaked secrets recognise it.
const PREFIX: &str = "pct_";
/// Chance in a token, in bytes.
const TOKEN_BYTES: usize = 32;
/// How often the use of a token is written down, at most.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// The longest life of a token, in days.
const DAYS_MAX: u32 = 3_650;

/// What is kept of a token that somebody shows.
#[must_use]
pub fn token_hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The tokens that are valid, as the store had them a moment ago.
#[derive(Default)]
pub struct LiveTokens {
    current: RwLock<HashMap<TokenHash, ApiToken>>,
    used: Mutex<HashMap<TokenName, Use>>,
}

/// When a token was used.
#[derive(Clone, Copy)]
struct Use {
    last: Timestamp,
    noted: Option<Timestamp>,
}

impl LiveTokens {
    /// Whose token this is, and what it may do.
    ///
    /// Found by its hash: how long that takes tells about the hash alone, which nobody can aim.
    pub fn check(&self, hash: &TokenHash, now: Timestamp) -> Option<(TokenName, Scope)> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let token = current.get(hash).filter(|token| token.is_valid(now))?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.entry(token.name).and_modify(|known| known.last = now).or_insert(Use { last: now, noted: None });
        Some((token.name, token.scope))
    }

    /// Reads the tokens again, and writes down which were used since the last time.
    ///
    /// # Errors
    /// When the store does not answer; the tokens stay as they are.
    pub async fn refresh(&self, ledger: &dyn Ledger) -> Result<(), LedgerError> {
        let tokens = ledger.tokens().await?;
        let live = tokens.into_iter().filter(|token| token.revoked_at.is_none());
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = live.map(|token| (token.hash, token)).collect();
        let due = self.due();
        if due.is_empty() {
            return Ok(());
        }
        ledger.note_tokens_used(due.clone()).await?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, at) in due {
            used.entry(name).and_modify(|known| known.noted = Some(at));
        }
        Ok(())
    }

    /// Uses that are to be written down.
    fn due(&self) -> Vec<(TokenName, Timestamp)> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |known: &Use| known.noted.is_none_or(|noted| known.last.duration_since(noted) >= NOTE_EVERY);
        used.iter().filter(|(_, known)| is_due(known)).map(|(name, known)| (*name, known.last)).collect()
    }
}

/// A token that was made: shown once, kept nowhere.
#[derive(Debug)]
pub struct MadeToken {
    /// What is shown.
    pub secret: SecretString,
    /// What is kept.
    pub token: ApiToken,
}

/// A token to be made, in the words of whoever asks.
#[derive(Debug, Clone, Copy)]
pub struct TokenFields<'a> {
    /// What it is to be called.
    pub name: &'a str,
    /// What it may do.
    pub scope: &'a str,
    /// In how many days it ends; none: never.
    pub expires_in_days: Option<u32>,
}

impl Service {
    /// Makes a token.
    ///
    /// # Errors
    /// When a field is not as it should be, or the name was given before.
    pub async fn add_token(&self, fields: TokenFields<'_>) -> Result<MadeToken, RequestError> {
        let now = self.clock.now();
        let name = TokenName::parse("name", fields.name)?;
        let scope = fields.scope.parse()?;
        let expires_at = fields.expires_in_days.map(|days| end_of_life(days, now)).transpose()?;
        let secret = self.new_secret();
        let token = ApiToken {
            name,
            scope,
            hash: token_hash(secret.expose_secret()),
            created_at: now,
            rotated_at: None,
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        self.ledger.add_token(token.clone()).await?;
        self.see_tokens().await;
        Ok(MadeToken { secret, token })
    }

    /// Makes another token of the same name and scope; the former opens nothing any more, here at once, elsewhere within
    /// five seconds.
    ///
    /// # Errors
    /// When there is no such token, or it was revoked.
    pub async fn rotate_token(&self, name: &str) -> Result<MadeToken, RequestError> {
        let name = TokenName::parse("name", name)?;
        let secret = self.new_secret();
        let hash = token_hash(secret.expose_secret());
        let token = self.ledger.rotate_token(name, hash, self.clock.now()).await?;
        self.see_tokens().await;
        Ok(MadeToken { secret, token })
    }

    /// Revokes a token for good: here at once, elsewhere within five seconds.
    ///
    /// # Errors
    /// When there is no such token.
    pub async fn revoke_token(&self, name: &str) -> Result<ApiToken, RequestError> {
        let name = TokenName::parse("name", name)?;
        let token = self.ledger.revoke_token(name, self.clock.now()).await?;
        self.see_tokens().await;
        Ok(token)
    }

    fn new_secret(&self) -> SecretString {
        let mut bytes = [0; TOKEN_BYTES];
        self.chance.fill(&mut bytes);
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)).into()
    }

    /// This instance need not wait for its next look.
    async fn see_tokens(&self) {
        if let Err(error) = self.tokens.refresh(self.ledger.as_ref()).await {
            tracing::warn!(%error, "tokens could not be read; the last ones hold");
        }
    }
}

fn end_of_life(days: u32, now: Timestamp) -> Result<Timestamp, FieldError> {
    let allowed = (1..=DAYS_MAX).contains(&days);
    let end = now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok().filter(|_| allowed);
    end.ok_or_else(|| {
        let fr = format!("doit être de 1 à {DAYS_MAX}, ou absent pour une durée illimitée");
        FieldError::new("expires_in_days", (fr, format!("must be 1 to {DAYS_MAX}, or absent for no end")))
    })
}
