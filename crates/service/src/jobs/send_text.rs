//! Promises: a relayed text is sent at most once as far as the carrier can tell us, and its fate is recorded.
//!
//! The interaction is marked `sending` before the carrier hears of it. Whoever finds it so later does not know whether
//! it was sent: it waits for the carrier's callback, then looks the text up there, and never sends it again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::Outcome;

use crate::{
    Service,
    ports::{
        CarrierError, LedgerError,
        carrier::{CarrierText, OutgoingText},
        ledger::{ClaimedJob, OutboundText, SendStep, SentText, TextResult},
    },
};

/// How long the carrier's callback is awaited before the text is looked up there.
const CALLBACK_PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// How far the carrier's clock may be behind ours; it also keeps time to the second only.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(10);
/// How long a text is tried that the carrier does not take: who waits for it longer has heard otherwise.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(24);

impl Service {
    pub(super) async fn send_text(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        let result = match self.ledger.start_sending(job, self.clock.now()).await? {
            SendStep::Settled => return Ok(()),
            SendStep::Send(text) => self.hand_over(job, &text).await,
            SendStep::InDoubt { text, since } => self.look_up(job, &text, since).await,
        };
        if !self.ledger.finish_sending(job, result, self.clock.now()).await? {
            tracing::warn!(job = %job.id, "somebody else has this job meanwhile");
        }
        Ok(())
    }

    async fn hand_over(&self, job: &ClaimedJob, text: &OutboundText) -> TextResult {
        let outgoing = OutgoingText {
            from: text.from.into(),
            to: text.to,
            body: text.body.clone(),
            status_callback: format!("{}/twilio/status/message?interaction={}", self.public_base_url, text.interaction),
        };
        let error = match self.carrier.send_text(&outgoing).await {
            Ok(sent) => return TextResult::Sent(known(sent)),
            Err(error) => error,
        };
        tracing::warn!(job = %job.id, interaction = %text.interaction, attempt = job.attempt, %error, "a text was not taken");
        match error {
            CarrierError::AnswerLost(_) | CarrierError::Failed { perhaps_done: true, .. } => {
                TextResult::LookAgain { at: self.after(CALLBACK_PATIENCE) }
            }
            // Wrong credentials are ours to mend; the text waits for that.
            CarrierError::Refused { status, code, .. } if status != 401 => {
                TextResult::Failed { error_code: (code != 0).then_some(code) }
            }
            CarrierError::Refused { .. } | CarrierError::Unreachable(_) => self.try_again(job, None),
            CarrierError::SlowDown { retry_after } | CarrierError::Failed { retry_after, .. } => {
                self.try_again(job, retry_after)
            }
        }
    }

    fn try_again(&self, job: &ClaimedJob, asked: Option<Duration>) -> TextResult {
        match self.retry_until(job, asked, given_up_at(job)) {
            Some(at) => TextResult::TryAgain { at },
            None => TextResult::Failed { error_code: None },
        }
    }

    async fn look_up(&self, job: &ClaimedJob, text: &OutboundText, since: Timestamp) -> TextResult {
        let settled_at = since.checked_add(CALLBACK_PATIENCE).unwrap_or(since);
        if self.clock.now() < settled_at {
            return TextResult::LookAgain { at: settled_at };
        }
        let from = since.checked_sub(CLOCK_SKEW).unwrap_or(since);
        match self.carrier.find_texts(text.from, text.to, from).await {
            Ok(found) => {
                let same = found.into_iter().filter(|candidate| candidate.body == text.body).map(known).collect();
                TextResult::LookedUp(same)
            }
            Err(error) => {
                tracing::warn!(job = %job.id, interaction = %text.interaction, %error, "a text could not be looked up");
                match self.retry_until(job, None, given_up_at(job)) {
                    Some(at) => TextResult::LookAgain { at },
                    None => TextResult::LookedUp(Vec::new()),
                }
            }
        }
    }

    fn after(&self, wait: SignedDuration) -> Timestamp {
        let now = self.clock.now();
        now.checked_add(wait).unwrap_or(now)
    }
}

/// When a text is given up: by its age, since however long the carrier is away, somebody was promised that it goes out.
fn given_up_at(job: &ClaimedJob) -> Timestamp {
    job.created_at.checked_add(TRIED_FOR).unwrap_or(job.created_at)
}

fn known(text: CarrierText) -> SentText {
    // A word that we do not know still means that the carrier has it.
    let outcome = Outcome::of_message(&text.status).unwrap_or(Outcome::Sent);
    SentText { sid: text.sid, outcome, error_code: text.error_code }
}
