//! Promises: every call gets an answer within three seconds, and what is answered has been recorded.

use proxycall_domain::{Address, Language, Outcome, PhoneNumber, Phrase, routing::CallAnswer};

use crate::{
    Service,
    ports::{
        LedgerError,
        clock::Ids,
        ledger::{CallEnded, InboundCall},
    },
};

/// A call as the carrier announces it.
#[derive(Debug)]
pub struct IncomingCall {
    /// The carrier's id.
    pub sid: String,
    /// Who calls.
    pub caller: Address,
    /// What was dialled.
    pub proxy: PhoneNumber,
}

/// What the carrier is to do, and what the log says of it.
#[derive(Debug)]
pub struct CallReply {
    /// What the carrier is to do.
    pub answer: CallAnswer,
    /// Where the call stands; none when nothing could be recorded.
    pub outcome: Option<Outcome>,
    /// Whether the same call came before.
    pub repeated: bool,
}

/// What the carrier says of a call that is over, or of its outgoing leg.
#[derive(Debug)]
pub struct CallReport {
    /// The carrier's id of the leg that came in.
    pub sid: String,
    /// What it came to.
    pub outcome: Outcome,
    /// The carrier's id of the leg that went out.
    pub outbound_sid: Option<String>,
    /// How long both sides spoke, in seconds.
    pub duration_s: Option<i64>,
    /// The carrier's code, when it failed.
    pub error_code: Option<i32>,
}

impl Service {
    /// A call comes in. Never fails: what cannot be decided is answered with a spoken sentence.
    pub async fn incoming_call(&self, call: IncomingCall) -> CallReply {
        let now = self.clock.now();
        let command = InboundCall {
            id: self.chance.interaction_id(now),
            sid: call.sid,
            caller: call.caller,
            proxy: call.proxy,
            policy: self.policy.current(),
            now,
        };
        match self.patiently(self.ledger.record_inbound_call(command)).await {
            Ok(recorded) => {
                CallReply { answer: recorded.answer, outcome: Some(recorded.outcome), repeated: recorded.repeated }
            }
            Err(error) => {
                tracing::error!(%error, "a call could not be recorded");
                self.desk.missed_webhook();
                CallReply { answer: self.say(Phrase::CallUnavailable, Language::Fr), outcome: None, repeated: false }
            }
        }
    }

    /// A sentence as the operator has it.
    #[must_use]
    pub fn sentence(&self, phrase: Phrase, language: Language) -> String {
        self.policy.current().sentence(phrase, language).to_owned()
    }

    /// A sentence to be said.
    #[must_use]
    pub fn say(&self, phrase: Phrase, language: Language) -> CallAnswer {
        CallAnswer::Say { language, sentence: self.policy.current().sentence(phrase, language).to_owned() }
    }

    /// The outgoing leg of a call is over. What the caller still hears, if anything; said even when the store is down.
    pub async fn dial_ended(&self, report: CallReport) -> Option<CallAnswer> {
        let outcome = report.outcome;
        let country = self.record_end(report).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the end of a call could not be recorded");
            None
        });
        let phrase = match outcome {
            Outcome::Busy => Phrase::CallBusy,
            Outcome::NoAnswer => Phrase::CallNoAnswer,
            Outcome::Failed => Phrase::CallFailed,
            _ => return None,
        };
        let language = country.map_or(Language::Fr, |country| self.policy.current().language(country));
        Some(self.say(phrase, language))
    }

    /// The whole call is over.
    ///
    /// # Errors
    /// When it could not be recorded: the carrier is to report again.
    pub async fn call_ended(&self, report: CallReport) -> Result<(), LedgerError> {
        self.record_end(report).await.map(drop)
    }

    async fn record_end(&self, report: CallReport) -> Result<Option<proxycall_domain::CountryCode>, LedgerError> {
        let ended = CallEnded {
            sid: report.sid,
            outcome: report.outcome,
            outbound_sid: report.outbound_sid,
            duration_s: report.duration_s,
            error_code: report.error_code,
            now: self.clock.now(),
        };
        self.patiently(self.ledger.record_call_ended(ended)).await
    }
}
