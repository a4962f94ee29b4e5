//! Work about confirmations: texts, calls and mails with codes go out once, one channel after the other, until an end.
//!
//! What may have been sent is not sent again, and is not looked up either: a code that did not arrive is followed by the
//! next channel.

use std::time::Duration;

use proxycall_domain::{PendingId, PhoneNumber, Phrase, TextSender};

use super::retry;
use crate::{
    Service, observe,
    ports::{
        CarrierError, LedgerError, MailError,
        carrier::{OutgoingCall, OutgoingText},
        clock::Ids as _,
        ledger::{ClaimedJob, DispatchResult, DispatchStep, Message, Ticket, Work},
        mailer::Letter,
    },
};

impl Service {
    pub(super) async fn dispatch(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let (rules, spare) = (self.code_rules(), self.chance.spare_ids(now));
        let message = match self.ledger.start_dispatch(job, rules.clone(), spare, now).await? {
            DispatchStep::Settled => return Ok(()),
            DispatchStep::Send(message) => message,
        };
        let result = self.send(job, message).await;
        let now = self.clock.now();
        let spare = self.chance.spare_ids(now);
        if !self.ledger.finish_dispatch(job, result, rules, spare, now).await? {
            tracing::warn!(job = %job.id, "somebody else has this job meanwhile");
        }
        Ok(())
    }

    async fn send(&self, job: &ClaimedJob, message: Message) -> DispatchResult {
        let Work::Dispatch { dispatch } = &job.work else { return DispatchResult::Failed { error_code: None } };
        let policy = self.policy.current();
        let text = |from: TextSender, to, body| OutgoingText {
            from,
            to,
            body,
            status_callback: format!("{}/twilio/status/message?send={dispatch}", self.public_base_url),
        };
        let outcome = match message {
            Message::Code { from, to, language, code, ticket } => {
                let from = self.code_sender(from);
                let body = if from.can_be_answered() {
                    policy.sentence_with(Phrase::CodeSms, language, &[("{code}", &code.expose())])
                } else {
                    policy.sentence_with(Phrase::CodeSmsLink, language, &[("{link}", &self.address_of(&ticket))])
                };
                self.carrier.send_text(&text(from, to, body)).await.map(|sent| sent.sid)
            }
            Message::Link { from, to, language, ticket } => {
                let body = policy.sentence_with(Phrase::CodeLink, language, &[("{link}", &self.address_of(&ticket))]);
                self.carrier.send_text(&text(self.code_sender(from), to, body)).await.map(|sent| sent.sid)
            }
            Message::Thanks { from, to, language } => {
                let body = policy.sentence(Phrase::CodeThanks, language).to_owned();
                self.carrier.send_text(&text(from.into(), to, body)).await.map(|sent| sent.sid)
            }
            Message::Consent { from, to, language, ticket } => {
                let body =
                    policy.sentence_with(Phrase::CodeConsent, language, &[("{link}", &self.address_of(&ticket))]);
                self.carrier.send_text(&text(from.into(), to, body)).await.map(|sent| sent.sid)
            }
            Message::Call { from, to } => {
                let call = OutgoingCall {
                    from,
                    to,
                    url: format!("{}/twilio/voice/otp?call={dispatch}", self.public_base_url),
                    status_callback: format!("{}/twilio/status/voice?send={dispatch}", self.public_base_url),
                };
                self.carrier.place_call(&call).await.map(|placed| placed.sid)
            }
            Message::Mail { to, name, language, ticket, valid_hours } => {
                let link = self.address_of(&ticket);
                let letter = Letter::ConfirmationLink { name, link, language, valid_hours };
                return match &self.mailer {
                    None => DispatchResult::Failed { error_code: None },
                    Some(mailer) => self.mailed(job, mailer.send(&to, &letter, &dispatch.to_string()).await),
                };
            }
        };
        match outcome {
            Ok(sid) => DispatchResult::Sent { sid: Some(sid) },
            Err(error) => {
                tracing::warn!(job = %job.id, %dispatch, attempt = job.attempt, %error, "a text or call was not taken");
                self.not_taken(job, &error)
            }
        }
    }

    /// As whom codes are texted.
    fn code_sender(&self, proxy: PhoneNumber) -> TextSender {
        self.codes.sender.clone().unwrap_or_else(|| proxy.into())
    }

    fn address_of(&self, ticket: &Ticket) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("pending_id", ticket.id.as_str())
            .append_pair(ticket.name, &ticket.signature)
            .finish();
        format!("{}/confirmations/verify?{query}", self.public_base_url)
    }

    fn not_taken(&self, job: &ClaimedJob, error: &CarrierError) -> DispatchResult {
        match error {
            // It may have been sent: that counts, and the next channel has its time.
            CarrierError::AnswerLost(_) | CarrierError::Failed { perhaps_done: true, .. } => {
                DispatchResult::Sent { sid: None }
            }
            // Wrong credentials are ours to mend; the text waits for that.
            CarrierError::Refused { status, code, .. } if *status != 401 => {
                DispatchResult::Failed { error_code: (*code != 0).then_some(*code) }
            }
            CarrierError::Refused { .. } | CarrierError::Unreachable(_) => self.again(job, None),
            CarrierError::SlowDown { retry_after } | CarrierError::Failed { retry_after, .. } => {
                self.again(job, *retry_after)
            }
        }
    }

    fn mailed(&self, job: &ClaimedJob, outcome: Result<(), MailError>) -> DispatchResult {
        observe::mail(&outcome);
        let Err(error) = outcome else { return DispatchResult::Sent { sid: None } };
        tracing::warn!(job = %job.id, attempt = job.attempt, %error, "a mail was not taken");
        match error {
            MailError::AnswerLost(_) => DispatchResult::Sent { sid: None },
            MailError::Unreachable(_) | MailError::TryLater { .. } => self.again(job, None),
            MailError::Refused { .. } | MailError::NotSendable => DispatchResult::Failed { error_code: None },
        }
    }

    /// A code is wanted as long as its confirmation lives, which the store sees to: none lives longer than this.
    fn again(&self, job: &ClaimedJob, asked: Option<Duration>) -> DispatchResult {
        let end = job.created_at.checked_add(self.codes.lifetime).unwrap_or(job.created_at);
        match self.retry_until(job, asked, end) {
            // The carrier may be away while the mail server is there.
            Some(at) => DispatchResult::TryAgain { at, goes_on: job.attempt == retry::ATTEMPTS },
            None => DispatchResult::Failed { error_code: None },
        }
    }

    pub(super) async fn go_on(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        let now = self.clock.now();
        self.ledger.go_on(job, self.code_rules(), self.chance.spare_ids(now), now).await
    }

    pub(super) async fn expire(&self, job: &ClaimedJob, confirmation: &PendingId) -> Result<(), LedgerError> {
        let stage = self.ledger.expire_confirmation(job, self.clock.now()).await?;
        tracing::debug!(%confirmation, stage = stage.map(|stage| stage.as_str()), "a confirmation's time is over");
        Ok(())
    }
}
