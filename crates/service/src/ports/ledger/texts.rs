//! Commands about texts.

use jiff::Timestamp;
use proxycall_domain::{
    Address, InteractionId, JobId, Outcome, PhoneNumber,
    routing::{TextAnswer, TextContent},
};

use super::{CodeRules, Entered, SpareIds};

/// A text that came in on a proxy number.
#[derive(Debug, Clone)]
pub struct InboundText {
    /// Our id for it, if it is new.
    pub id: InteractionId,
    /// The id of the job that relays it, if it is relayed.
    pub job: JobId,
    /// The carrier's id (`SM…`): the same id is the same text.
    pub sid: String,
    /// Who writes.
    pub sender: Address,
    /// What was texted.
    pub proxy: PhoneNumber,
    /// What was written.
    pub content: TextContent,
    /// The rules in force, also for a code that is sent back.
    pub rules: CodeRules,
    /// The operator's own number for codes: a code that is sent to it may be anybody's.
    pub code_sender: Option<PhoneNumber>,
    /// Ids, should it be a code.
    pub spare: SpareIds,
    /// Now.
    pub now: Timestamp,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOutcome {
    /// It was recorded as an interaction.
    Interaction(Outcome),
    /// It answered a code, and is not kept.
    Code(Entered),
}

impl TextOutcome {
    /// The word in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interaction(outcome) => outcome.as_str(),
            Self::Code(entered) => entered.as_str(),
        }
    }
}

/// How a text was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedText {
    /// What the sender is told.
    pub answer: TextAnswer,
    /// Where the text stands.
    pub outcome: TextOutcome,
    /// Whether the text was known already.
    pub repeated: bool,
}

/// What the carrier says of a relayed text.
#[derive(Debug, Clone)]
pub struct DeliveryReport {
    /// Our own id of the interaction, when the callback's address names it.
    pub interaction: Option<InteractionId>,
    /// The carrier's id of the message.
    pub sid: String,
    /// What it says.
    pub outcome: Outcome,
    /// The carrier's code, when it failed.
    pub error_code: Option<i32>,
    /// Now.
    pub now: Timestamp,
}

/// A text on its way out.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundText {
    /// The interaction that it belongs to.
    pub interaction: InteractionId,
    /// The proxy number.
    pub from: PhoneNumber,
    /// The real number of the receiver.
    pub to: PhoneNumber,
    /// What the receiver reads.
    pub body: String,
}

/// Leaves the body out.
impl std::fmt::Debug for OutboundText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboundText").field("interaction", &self.interaction).finish_non_exhaustive()
    }
}

/// What a job that relays a text finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendStep {
    /// It is marked as being sent: send it.
    Send(OutboundText),
    /// An earlier attempt handed it to the carrier and did not learn what became of it.
    InDoubt {
        /// The text.
        text: OutboundText,
        /// When that attempt began.
        since: Timestamp,
    },
    /// There is nothing to do: it is settled, or another holder has the job.
    Settled,
}

/// A text that the carrier knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentText {
    /// The carrier's id.
    pub sid: String,
    /// What the carrier says of it already.
    pub outcome: Outcome,
    /// The carrier's code, when it failed.
    pub error_code: Option<i32>,
}

/// What became of an attempt to send a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextResult {
    /// The carrier took it.
    Sent(SentText),
    /// The carrier knows these messages that look like it, oldest first: the first that is no other interaction's is
    /// it. When there is none, it is not known whether it was sent, and it is not sent again.
    LookedUp(Vec<SentText>),
    /// It was certainly not sent: try again then.
    TryAgain {
        /// When.
        at: Timestamp,
    },
    /// It may have been sent: look at it again then.
    LookAgain {
        /// When.
        at: Timestamp,
    },
    /// It cannot be sent.
    Failed {
        /// The carrier's code; none when it was given up for want of an answer.
        error_code: Option<i32>,
    },
}
