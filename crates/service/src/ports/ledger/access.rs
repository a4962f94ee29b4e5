//! Who may use the API, and what operators did.

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{ActId, ActOutcome, Scope, TokenName, pool::life::Actor};

use super::{LedgerError, Page};

/// What of a token is kept: its SHA-256. The token is 256 bits of chance, so there is nothing to guess it from.
pub type TokenHash = [u8; 32];

/// An API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// What it is called.
    pub name: TokenName,
    /// What it may do.
    pub scope: Scope,
    /// What is kept of it.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was replaced last.
    pub rotated_at: Option<Timestamp>,
    /// From when on it is not valid any more.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiToken {
    /// Whether it opens anything at that moment.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.status(now) == "active"
    }

    /// How it stands: `active`, `expired` or `revoked`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> &'static str {
        if self.revoked_at.is_some() {
            "revoked"
        } else if self.expires_at.is_some_and(|at| at <= now) {
            "expired"
        } else {
            "active"
        }
    }
}

/// Somebody who is signed in to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// What is kept of the cookie: its SHA-256. The cookie is 256 bits of chance.
    pub hash: TokenHash,
    /// The token that opened it.
    pub token: TokenName,
    /// What is kept of that token: one that is rotated, revoked or taken out of the environment opens nothing any more.
    pub token_hash: TokenHash,
    /// Since when.
    pub begun_at: Timestamp,
    /// When somebody clicked last, to the minute.
    pub seen_at: Timestamp,
}

/// One act of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: ActId,
    /// When it began.
    pub at: Timestamp,
    /// Who acted.
    pub actor: Actor,
    /// What was done: the operation's name in the API's description.
    pub action: String,
    /// To what: a client's id, a masked number, a confirmation, a setting. Never a real number or a name.
    pub subject: String,
    /// How it ended.
    pub outcome: ActOutcome,
    /// The request in whose log line more is said; empty for what was no request.
    pub request_id: String,
}

/// Which acts.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only this actor's.
    pub actor: Option<String>,
    /// Only of this kind.
    pub action: Option<String>,
    /// Only to this subject.
    pub subject: Option<String>,
    /// Only those before this one.
    pub after: Option<ActId>,
    /// How many at most.
    pub limit: u32,
}

/// The verbs about access.
#[async_trait]
pub trait AccessBook: Send + Sync {
    /// Every token, revoked ones too, by name.
    async fn tokens(&self) -> Result<Vec<ApiToken>, LedgerError>;

    /// Adds a token. A name that was ever given is refused.
    async fn add_token(&self, token: ApiToken) -> Result<(), LedgerError>;

    /// Puts another token in the place of this one. How it stands then.
    async fn rotate_token(&self, name: TokenName, hash: TokenHash, now: Timestamp) -> Result<ApiToken, LedgerError>;

    /// Revokes a token for good; one that is revoked stays so. How it stands then.
    async fn revoke_token(&self, name: TokenName, now: Timestamp) -> Result<ApiToken, LedgerError>;

    /// Notes when tokens were used last. Never sets one back.
    async fn note_tokens_used(&self, used: Vec<(TokenName, Timestamp)>) -> Result<(), LedgerError>;

    /// Begins a session of the console; those that began before `over_before` are forgotten.
    async fn begin_session(&self, session: ConsoleSession, over_before: Timestamp) -> Result<(), LedgerError>;

    /// A session.
    async fn session(&self, hash: TokenHash) -> Result<Option<ConsoleSession>, LedgerError>;

    /// Notes when somebody clicked. Never sets it back.
    async fn note_session_seen(&self, hash: TokenHash, now: Timestamp) -> Result<(), LedgerError>;

    /// Ends a session.
    async fn end_session(&self, hash: TokenHash) -> Result<(), LedgerError>;

    /// Ends every session that this token opened. How many there were.
    async fn end_sessions_of(&self, token: TokenName) -> Result<u64, LedgerError>;

    /// Writes an act into the audit log, before it is carried out.
    async fn begin_act(&self, act: AuditEntry) -> Result<(), LedgerError>;

    /// Writes how it ended, and what it was done to when that is known only now.
    async fn end_act(&self, id: ActId, subject: Option<String>, outcome: ActOutcome) -> Result<(), LedgerError>;

    /// Acts, newest first.
    async fn acts(&self, filter: AuditFilter) -> Result<Page<AuditEntry>, LedgerError>;
}
