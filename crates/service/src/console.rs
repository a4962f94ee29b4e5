//! Promises: whoever is signed in to the console showed a token not long ago, and can be signed out everywhere at once.
//!
//! The session stands in the store, so that any instance knows it. Whether its token is still valid is asked anew at each
//! request, by whoever knows the tokens.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use proxycall_domain::TokenName;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    Service,
    access::token_hash,
    ports::{
        LedgerError,
        ledger::{ConsoleSession, TokenHash},
    },
};

/// Chance in a cookie, in bytes.
const COOKIE_BYTES: usize = 32;
/// How long a session lasts at most, however busy it is: a working day.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// How often a click is written down, at most.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(1);

impl Service {
    /// Begins a session. Gives the cookie, which is kept nowhere.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sign_in(&self, token: TokenName, token_hash: TokenHash) -> Result<SecretString, LedgerError> {
        let mut bytes = [0; COOKIE_BYTES];
        self.chance.fill(&mut bytes);
        let cookie = SecretString::from(BASE64_URL_SAFE_NO_PAD.encode(bytes));
        let now = self.clock.now();
        let hash = self::token_hash(cookie.expose_secret());
        let session = ConsoleSession { hash, token, token_hash, begun_at: now, seen_at: now };
        self.ledger.begin_session(session, before(now, LONGEST)).await?;
        Ok(cookie)
    }

    /// The session of a cookie, unless it is over. `clicked`: somebody did something, and it goes on from now; else a page
    /// only keeps itself up to date.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn signed_in(&self, cookie: TokenHash, clicked: bool) -> Result<Option<ConsoleSession>, LedgerError> {
        let now = self.clock.now();
        let idle = self.policy.current().console_idle;
        let Some(session) = self.patiently(self.ledger.session(cookie)).await? else { return Ok(None) };
        if session.begun_at <= before(now, LONGEST) || session.seen_at <= before(now, idle) {
            self.ledger.end_session(cookie).await?;
            return Ok(None);
        }
        if clicked && now.duration_since(session.seen_at) >= NOTE_EVERY {
            self.ledger.note_session_seen(cookie, now).await?;
        }
        Ok(Some(session))
    }
}

fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}
