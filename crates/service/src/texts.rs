//! Promises: a text that is acknowledged will be sent, once; one that could not be recorded is answered so.

use proxycall_domain::{
    Address, InteractionId, Language, Outcome, PhoneNumber, Phrase, TextSender,
    routing::{TextAnswer, TextContent},
};

use crate::{
    Service,
    ports::{
        LedgerError,
        clock::Ids,
        ledger::{DeliveryReport, InboundText, TextOutcome},
    },
};

/// A text as the carrier announces it.
#[derive(Debug)]
pub struct IncomingText {
    /// The carrier's id.
    pub sid: String,
    /// Who writes.
    pub sender: Address,
    /// What was texted.
    pub proxy: PhoneNumber,
    /// What was written.
    pub content: TextContent,
}

/// What the sender is told, and what the log says of it.
#[derive(Debug)]
pub struct TextReply {
    /// What the sender is told.
    pub answer: TextAnswer,
    /// Where the text stands; none when nothing could be recorded.
    pub outcome: Option<TextOutcome>,
    /// Whether the same text came before.
    pub repeated: bool,
}

/// What the carrier says of a text that we sent.
#[derive(Debug)]
pub struct TextReport {
    /// Our own id, when the callback's address names it.
    pub interaction: Option<InteractionId>,
    /// The carrier's id.
    pub sid: String,
    /// What it says.
    pub outcome: Outcome,
    /// The carrier's code, when it failed.
    pub error_code: Option<i32>,
}

impl Service {
    /// A text comes in. Never fails: what cannot be recorded is answered with a notice.
    pub async fn incoming_text(&self, text: IncomingText) -> TextReply {
        let now = self.clock.now();
        let notice_possible = text.sender.phone().is_some();
        let command = InboundText {
            id: self.chance.interaction_id(now),
            job: self.chance.job_id(now),
            sid: text.sid,
            sender: text.sender,
            proxy: text.proxy,
            content: text.content,
            rules: self.code_rules(),
            code_sender: match self.codes.sender {
                Some(TextSender::Number(phone)) => Some(phone),
                _ => None,
            },
            spare: self.chance.spare_ids(now),
            now,
        };
        match self.patiently(self.ledger.record_inbound_text(command)).await {
            Ok(recorded) => {
                if matches!(recorded.outcome, TextOutcome::Interaction(Outcome::Queued) | TextOutcome::Code(_)) {
                    self.wake.now();
                }
                TextReply { answer: recorded.answer, outcome: Some(recorded.outcome), repeated: recorded.repeated }
            }
            Err(error) => {
                tracing::error!(%error, "a text could not be recorded");
                self.desk.missed_webhook();
                let answer = if notice_possible {
                    TextAnswer::Notice(self.policy.current().sentence(Phrase::TextUnavailable, Language::Fr).to_owned())
                } else {
                    TextAnswer::Nothing
                };
                TextReply { answer, outcome: None, repeated: false }
            }
        }
    }

    /// The carrier reports on a text that we sent. Whether it is one of ours.
    ///
    /// # Errors
    /// When it could not be recorded: the carrier is to report again.
    pub async fn text_reported(&self, report: TextReport) -> Result<bool, LedgerError> {
        let report = DeliveryReport {
            interaction: report.interaction,
            sid: report.sid,
            outcome: report.outcome,
            error_code: report.error_code,
            now: self.clock.now(),
        };
        self.patiently(self.ledger.record_delivery(report)).await
    }
}
