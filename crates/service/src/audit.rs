//! Promises: what an operator did and was told is done stands in the audit log.
//!
//! An act is written down before it is carried out, and how it ended after that. One that nobody learnt the end of stays
//! `begun`: it may have been done.

use proxycall_domain::{ActId, ActOutcome, ClientId, client::Client, pool::life::Actor};

use crate::{
    Service,
    ports::{LedgerError, clock::Ids as _, ledger::AuditEntry},
};

/// Who acts, and in which request.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Who.
    pub actor: Actor,
    /// The request; empty for what is none.
    pub request_id: String,
}

impl Operator {
    /// Somebody at the command line.
    #[must_use]
    pub fn at_command_line() -> Self {
        Self { actor: Actor::Cli, request_id: String::new() }
    }

    /// Somebody at the Google Sheet.
    pub(crate) fn in_sheet() -> Self {
        Self { actor: Actor::Sheet, request_id: String::new() }
    }
}

impl Service {
    /// Writes an act down before it is carried out. It must not be carried out when this fails.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn begin_act(&self, who: &Operator, action: &str, subject: &str) -> Result<ActId, LedgerError> {
        let now = self.clock.now();
        let id = self.chance.act_id(now);
        let act = AuditEntry {
            id,
            at: now,
            actor: who.actor,
            action: action.to_owned(),
            subject: subject.to_owned(),
            outcome: ActOutcome::Begun,
            request_id: who.request_id.clone(),
        };
        self.ledger.begin_act(act).await?;
        Ok(id)
    }

    /// Writes down how an act ended. What cannot be written stays `begun`, and is said in the log.
    pub async fn end_act(&self, id: ActId, subject: Option<String>, outcome: ActOutcome) {
        if let Err(error) = self.ledger.end_act(id, subject, outcome).await {
            tracing::error!(act = %id, %error, "how an act ended could not be written down");
        }
    }

    /// Carries out an act and has it in the audit log.
    ///
    /// # Errors
    /// Those of the act; and when it could not be written down, in which case it was not carried out.
    pub async fn audited<T, E: From<LedgerError>>(
        &self,
        who: &Operator,
        action: &str,
        subject: &str,
        act: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let id = self.begin_act(who, action, subject).await?;
        let result = act.await;
        self.end_act(id, None, if result.is_ok() { ActOutcome::Done } else { ActOutcome::Failed }).await;
        result
    }

    /// Shows a client, open or closed, whole, real numbers included, where they are masked otherwise: an act of its own.
    ///
    /// # Errors
    /// When there is no such client, or the store does not answer.
    pub async fn reveal_client(&self, who: &Operator, id: ClientId) -> Result<Client, LedgerError> {
        self.audited(who, "reveal_client", &client_subject(id), self.ledger.known_client(id)).await
    }
}

/// How a client is called in the audit log.
#[must_use]
pub fn client_subject(id: ClientId) -> String {
    format!("client {id}")
}
