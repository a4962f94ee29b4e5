//! Promises: an interaction's outcome only ever moves forward, whatever order the carrier's reports arrive in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ClientId, InteractionId, PhoneNumber, routing::Refusal};

/// Call or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A voice call.
    Call,
    /// A text message.
    Text,
}

/// Who was to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody reaches the client.
    ToClient,
    /// The client reaches whoever came last.
    FromClient,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in API and store.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads that word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

words!(Channel { Call = "call", Text = "text" });
words!(Direction { ToClient = "to_client", FromClient = "from_client" });

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Call: the other side is being rung.
    Connecting,
    /// Call: both spoke.
    Completed,
    /// Call: the other side was busy.
    Busy,
    /// Call: nobody answered.
    NoAnswer,
    /// Call: the caller hung up first.
    Canceled,
    /// Text: waits to be sent.
    Queued,
    /// Text: handed to the carrier, whose answer is awaited.
    Sending,
    /// Text: the carrier took it.
    Sent,
    /// Text: it arrived.
    Delivered,
    /// Text: it did not arrive; see the error code.
    Undelivered,
    /// Text: handed to the carrier before a crash, and not known there afterwards. Not sent again.
    Unknown,
    /// Call or text: it could not be carried; see the error code.
    Failed,
    /// Text: a request to stop or to start again, recorded and not relayed.
    OptOut,
    /// Nobody has the dialled number.
    RefusedUnknownNumber,
    /// The caller's country is not among those allowed.
    RefusedRegion,
    /// The caller hides the number.
    RefusedWithheld,
    /// The client has nobody to call back.
    RefusedNoRecentCaller,
    /// The number to be reached is one we never dial.
    RefusedDestination,
    /// A proxy number called a proxy number.
    RefusedLoop,
    /// A text without text.
    RefusedEmpty,
    /// The caller is blocked, or whom the client would call back is.
    RefusedBlocked,
    /// The client is paused.
    RefusedPaused,
}

words!(Outcome {
    Connecting = "connecting",
    Completed = "completed",
    Busy = "busy",
    NoAnswer = "no_answer",
    Canceled = "canceled",
    Queued = "queued",
    Sending = "sending",
    Sent = "sent",
    Delivered = "delivered",
    Undelivered = "undelivered",
    Unknown = "unknown",
    Failed = "failed",
    OptOut = "opt_out",
    RefusedUnknownNumber = "refused_unknown_number",
    RefusedRegion = "refused_region",
    RefusedWithheld = "refused_withheld",
    RefusedNoRecentCaller = "refused_no_recent_caller",
    RefusedDestination = "refused_destination",
    RefusedLoop = "refused_loop",
    RefusedEmpty = "refused_empty",
    RefusedBlocked = "refused_blocked",
    RefusedPaused = "refused_paused",
});

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownNumber => Self::RefusedUnknownNumber,
            Refusal::Region => Self::RefusedRegion,
            Refusal::Withheld => Self::RefusedWithheld,
            Refusal::NoRecentCaller => Self::RefusedNoRecentCaller,
            Refusal::Destination => Self::RefusedDestination,
            Refusal::Loop => Self::RefusedLoop,
            Refusal::Empty => Self::RefusedEmpty,
            Refusal::Blocked | Refusal::LastCallerBlocked => Self::RefusedBlocked,
            Refusal::Paused => Self::RefusedPaused,
        }
    }
}

impl Outcome {
    /// How far along it is: a report may raise this, never lower it.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Connecting | Self::Queued => 0,
            Self::Sending => 1,
            // What we gave up on may still turn out to have been sent or delivered.
            Self::Unknown => 2,
            Self::Sent => 3,
            _ => 4,
        }
    }

    /// Whether nothing more can come: a text's body is erased then.
    #[must_use]
    pub fn is_final(self) -> bool {
        self.rank() == 4
    }

    /// The outcome after a report.
    #[must_use]
    pub fn after(self, report: Self) -> Self {
        if report.rank() > self.rank() { report } else { self }
    }

    /// What a `<Dial>` came to, from Twilio's `DialCallStatus`.
    #[must_use]
    pub fn of_dial(status: &str) -> Option<Self> {
        match status {
            "completed" | "answered" => Some(Self::Completed),
            "busy" => Some(Self::Busy),
            "no-answer" => Some(Self::NoAnswer),
            "failed" => Some(Self::Failed),
            "canceled" => Some(Self::Canceled),
            _ => None,
        }
    }

    /// What became of a text, from Twilio's `MessageStatus`.
    #[must_use]
    pub fn of_message(status: &str) -> Option<Self> {
        match status {
            "accepted" | "scheduled" | "queued" | "sending" | "sent" => Some(Self::Sent),
            "delivered" | "read" => Some(Self::Delivered),
            "undelivered" => Some(Self::Undelivered),
            "failed" | "canceled" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// One call or message through a proxy number, as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// Our id.
    pub id: InteractionId,
    /// Call or text.
    pub channel: Channel,
    /// Who was to be reached; none when nobody was.
    pub direction: Option<Direction>,
    /// What was dialled.
    pub proxy: Option<PhoneNumber>,
    /// Whose proxy number it was.
    pub client: Option<ClientId>,
    /// The other side: who contacted the client, or whom the client contacted.
    pub party: Option<PhoneNumber>,
    /// The carrier's id of the leg that came in.
    pub inbound_sid: String,
    /// The carrier's id of the leg that went out.
    pub outbound_sid: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The carrier's code, when it failed.
    pub error_code: Option<i32>,
    /// When it came in.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long both sides spoke, in seconds.
    pub duration_s: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_outcome_reads_back_from_its_word() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(*outcome));
            assert_eq!(serde_json::to_string(outcome).unwrap(), format!("\"{}\"", outcome.as_str()));
        }
    }

    #[test]
    fn a_late_report_never_undoes_a_delivery() {
        assert_eq!(Outcome::Delivered.after(Outcome::Sent), Outcome::Delivered);
        assert_eq!(Outcome::Queued.after(Outcome::Delivered), Outcome::Delivered);
        assert_eq!(Outcome::Completed.after(Outcome::Canceled), Outcome::Completed);
    }

    #[test]
    fn what_was_given_up_may_still_be_delivered() {
        assert_eq!(Outcome::Unknown.after(Outcome::Delivered), Outcome::Delivered);
        assert_eq!(Outcome::Sending.after(Outcome::Unknown), Outcome::Unknown);
    }

    proptest! {
        #[test]
        fn the_order_of_reports_does_not_matter_to_the_rank(
            reports in proptest::collection::vec(proptest::sample::select(Outcome::ALL), 0..6),
        ) {
            let fold = |all: &[Outcome]| all.iter().fold(Outcome::Queued, |now, report| now.after(*report)).rank();
            let backwards: Vec<Outcome> = reports.iter().rev().copied().collect();
            prop_assert_eq!(fold(&reports), fold(&backwards));
        }
    }
}
