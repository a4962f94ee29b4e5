//! Promises: what was erased here, or has been kept for long enough, is deleted at the carrier too: one after the other, at
//! a bounded pace, again and again for 14 days, after which somebody is told.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::alert;
use crate::{
    Service,
    jobs::backoff,
    ports::{
        CarrierError, LedgerError,
        ledger::{CarrierCopy, CopyResult},
    },
};

/// How many one turn asks for at most, one after the other: calls and texts keep the account's hundred requests at a time
/// to themselves.
const A_TURN: u32 = 20;
/// How long the carrier is asked again.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The first wait; doubles with each attempt.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3600);

impl Service {
    /// Has the carrier delete some of what is to be deleted there. Whether more is due.
    ///
    /// # Errors
    /// When the store does not answer; what was deleted meanwhile is found gone the next time.
    pub(crate) async fn delete_some_copies(&self) -> Result<bool, LedgerError> {
        let due = self.ledger.copies_due(A_TURN, self.clock.now()).await?;
        let mut more = due.len() == usize::try_from(A_TURN).unwrap_or_default();
        for copy in due {
            let (result, go_on) = match self.delete_copy(&copy).await {
                Ok(()) => (CopyResult::Gone, true),
                Err(Failure::Store(error)) => return Err(error),
                Err(Failure::Carrier(error)) => {
                    more &= matches!(error, CarrierError::Refused { .. });
                    (self.after_failure(&copy, &error), is_about_one(&error))
                }
            };
            if let (CopyResult::GivenUp { .. }, Some(client)) = (result, copy.client) {
                let fr = format!(
                    "L’opérateur télécom n’a pas supprimé en 14 jours un appel ou message du client effacé {client} ; voir \
                     GET /clients/{client}/erasure, et supprimez-le dans la console de l’opérateur."
                );
                let en = format!(
                    "The carrier did not delete a call or message of erased client {client} within 14 days; see \
                     GET /clients/{client}/erasure, and delete it in the carrier's console."
                );
                self.alert(alert::ERASURE_FAILED, client.to_string(), (fr, en)).await?;
            }
            self.ledger.note_copy(copy.sid, result, self.clock.now()).await?;
            if !go_on {
                break;
            }
        }
        Ok(more)
    }

    /// First the text, which may be redacted where deleting fails.
    async fn delete_copy(&self, copy: &CarrierCopy) -> Result<(), Failure> {
        if copy.is_call {
            self.carrier.delete_call(&copy.sid).await?;
            return Ok(());
        }
        if !copy.redacted {
            if !self.carrier.redact_message(&copy.sid).await? {
                return Ok(());
            }
            self.ledger.note_copy(copy.sid.clone(), CopyResult::Redacted, self.clock.now()).await?;
        }
        self.carrier.delete_message(&copy.sid).await?;
        Ok(())
    }

    fn after_failure(&self, copy: &CarrierCopy, error: &CarrierError) -> CopyResult {
        let now = self.clock.now();
        let (code, asked) = match error {
            CarrierError::Refused { code, .. } => (Some(*code).filter(|code| *code != 0), None),
            CarrierError::SlowDown { retry_after } | CarrierError::Failed { retry_after, .. } => (None, *retry_after),
            _ => (None, None),
        };
        tracing::info!(kind = if copy.is_call { "call" } else { "message" }, attempt = copy.attempt, %error,
            "the carrier has not deleted a record yet");
        if copy.since.checked_add(ASKED_FOR).is_ok_and(|until| until <= now) {
            return CopyResult::GivenUp { code };
        }
        let attempt = copy.attempt.saturating_add(1);
        let wait = backoff(attempt, FIRST_WAIT, LONGEST_WAIT, self.chance.fraction()).max(asked.unwrap_or_default());
        CopyResult::Again { at: later(now, wait), code }
    }
}

/// Whether it says something of this record alone: that it is not complete (20009) comes as a wish to come back later.
/// Whatever else happened would happen to the next one too.
fn is_about_one(error: &CarrierError) -> bool {
    matches!(error, CarrierError::Refused { .. } | CarrierError::SlowDown { retry_after: None })
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(now)
}

/// What stopped the deletion of one record.
enum Failure {
    Carrier(CarrierError),
    Store(LedgerError),
}

impl From<CarrierError> for Failure {
    fn from(error: CarrierError) -> Self {
        Self::Carrier(error)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Store(error)
    }
}
