//! The use cases behind the public pages.
//!
//! Promises: what an operator hears in detail, a client hears in kind; causes go to the log, without personal data.

use async_trait::async_trait;
use proxycall_domain::confirmation::code::EnteredCode;
use proxycall_service::{
    Service,
    clients::RequestError,
    confirmations::ActivationFields,
    ports::{
        LedgerError,
        ledger::{Entered, LinkOutcome as Used, LinkProof},
    },
};

use super::{Applicant, Enrolment, LinkOutcome, LinkState, Progress, Proof, Refusal, Unwell};

impl From<LedgerError> for Unwell {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unavailable(cause) => {
                tracing::error!(%cause, "the store is not available");
                Self::Unavailable
            }
            other => {
                tracing::error!(error = %other, "a public page met what it should not");
                Self::Broken
            }
        }
    }
}

/// The proof as the store compares it. None: a code that no code of ours can be.
fn comparable(proof: &Proof) -> Option<LinkProof> {
    Some(match proof {
        Proof::Code(text) => LinkProof::Code(EnteredCode::parse(text)?),
        Proof::Token(text) => LinkProof::Token(text.clone()),
        Proof::Consent(text) => LinkProof::Consent(text.clone()),
    })
}

#[async_trait]
impl Enrolment for Service {
    async fn request(&self, applicant: Applicant, requester: &str) -> Result<String, Refusal> {
        let phone = applicant.phone.expose();
        let fields = ActivationFields { name: applicant.name.expose(), mail: applicant.mail.expose(), phone: &phone };
        self.request_activation(&fields, requester).await.map_err(|error| match error {
            RequestError::Field(error) => match error.field {
                "name" | "client_name" => Refusal::Name,
                "mail" | "client_mail" => Refusal::Mail,
                _ => Refusal::Phone,
            },
            RequestError::NumberNotBought { .. } => Refusal::NoNumber,
            RequestError::Ledger(error) => match error {
                LedgerError::NumberIsProxy => Refusal::Phone,
                LedgerError::NoNumberLeft { .. } | LedgerError::CeilingReached { .. } => Refusal::NoNumber,
                LedgerError::TooManyCodes { again_at, .. } => {
                    let seconds = again_at.duration_since(self.clock.now()).as_secs().max(1);
                    Refusal::TooMany { retry_after_s: u32::try_from(seconds).unwrap_or(u32::MAX) }
                }
                other => Refusal::Unwell(other.into()),
            },
        })
    }

    fn nobody(&self) -> String {
        self.nobodys_progress().unwrap_or_default()
    }

    async fn progress(&self, token: &str) -> Result<Option<Progress>, Unwell> {
        Ok(self.activation_progress(token).await?)
    }

    async fn link(&self, pending_id: &str, proof: &Proof) -> Result<LinkState, Unwell> {
        // A look compares no code: one that cannot be read is found wrong when the button is pressed.
        let proof = comparable(proof).or_else(|| EnteredCode::parse(ANY_CODE).map(LinkProof::Code));
        let Some(proof) = proof else { return Err(Unwell::Broken) };
        Ok(Service::link(self, pending_id, &proof).await?)
    }

    async fn use_link(&self, pending_id: &str, proof: &Proof, agreed: bool) -> Result<LinkOutcome, Unwell> {
        let Some(comparable) = comparable(proof) else {
            return Ok(match Enrolment::link(self, pending_id, proof).await? {
                LinkState::Open { .. } => LinkOutcome::Wrong,
                LinkState::Over => LinkOutcome::Over,
                LinkState::Unknown => LinkOutcome::Unknown,
            });
        };
        Ok(match Service::use_link(self, pending_id, &comparable, agreed).await? {
            Used::Entered(Entered::Done, language) => LinkOutcome::Done(language),
            Used::Entered(Entered::Waits, language) => LinkOutcome::Waiting(language),
            Used::Entered(Entered::Wrong, _) => LinkOutcome::Wrong,
            Used::Entered(Entered::Locked, _) => LinkOutcome::Locked,
            Used::Entered(Entered::Over, _) => LinkOutcome::Over,
            Used::Declined(language) => LinkOutcome::Declined(language),
            Used::Unknown => LinkOutcome::Unknown,
        })
    }
}

/// Stands for a code where none is compared; no code of ours is this one.
const ANY_CODE: &str = "000000";
