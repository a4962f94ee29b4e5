//! Work for the outside world, recorded in the same unit as its cause.

use jiff::Timestamp;
use proxycall_domain::{
    ClientId, CodeChannel, DispatchId, InteractionId, JobId, PendingId, PhoneNumber, PurchaseId, Week,
};
use serde::{Deserialize, Serialize};

use super::AlertLetter;
use crate::trace::RequestId;

/// What is to be done. Holds ids and proxy numbers only: never a real number, text, name or code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Send the relayed text of an interaction.
    SendText {
        /// Which.
        interaction: InteractionId,
    },
    /// See that a number's webhooks and name at the carrier are as they should be.
    WireNumber {
        /// Which.
        number: PhoneNumber,
    },
    /// Give a number back to the carrier.
    ReleaseNumber {
        /// Which.
        number: PhoneNumber,
    },
    /// Find out what became of a purchase that nobody ended.
    SettlePurchase {
        /// Which.
        purchase: PurchaseId,
    },
    /// Send a text, call or mail of a confirmation.
    Dispatch {
        /// Which.
        dispatch: DispatchId,
    },
    /// Go on to the next channel, if nobody has answered over this one.
    GoOn {
        /// Whose.
        confirmation: PendingId,
        /// Which code.
        generation: u32,
        /// The channel that was given time.
        after: CodeChannel,
    },
    /// End a confirmation whose time is over.
    ExpireConfirmation {
        /// Which.
        confirmation: PendingId,
    },
    /// Free what has rested, watch the stock, buy when it is low. Comes again and again.
    TendPool,
    /// Compare the pool with the account and mend webhooks. Comes every day.
    InspectNumbers,
    /// Go on with the erasure of a client.
    EraseClient {
        /// Whose.
        client: ClientId,
    },
    /// Have the carrier delete what was erased here. Comes again and again.
    DeleteCopies,
    /// Empty what has been kept for long enough. Comes every day.
    KeepPeriods,
    /// Watch what an operator should know, and have it told by letters. Comes again and again.
    TellOperators,
    /// Mail one operator what alerts say.
    MailAlerts {
        /// Which alerts.
        letter: AlertLetter,
        /// Whom, by the fingerprint of the address.
        to: String,
    },
    /// Mail one operator the report of a week.
    MailReport {
        /// Which week.
        week: Week,
        /// Whom, by the fingerprint of the address.
        to: String,
    },
    /// Have everything sealed and keyed with a secret.
    Renew {
        /// Which, by fingerprint.
        to: String,
    },
}

/// A kind's word for each work, and the list of all words: neither can miss one.
macro_rules! kinds {
    ($($work:pat => $word:literal),+ $(,)?) => {
        /// Every kind.
        pub const KINDS: &[&'static str] = &[$($word),+];

        /// The kind, for the store, logs and metrics.
        #[must_use]
        pub fn kind(&self) -> &'static str {
            match self {
                $($work => $word),+
            }
        }
    };
}

impl Work {
    kinds! {
        Self::SendText { .. } => "send_text",
        Self::WireNumber { .. } => "wire_number",
        Self::ReleaseNumber { .. } => "release_number",
        Self::SettlePurchase { .. } => "settle_purchase",
        Self::Dispatch { .. } => "dispatch",
        Self::GoOn { .. } => "go_on",
        Self::ExpireConfirmation { .. } => "expire_confirmation",
        Self::TendPool => "tend_pool",
        Self::InspectNumbers => "inspect_numbers",
        Self::EraseClient { .. } => "erase_client",
        Self::DeleteCopies => "delete_copies",
        Self::KeepPeriods => "keep_periods",
        Self::TellOperators => "tell_operators",
        Self::MailAlerts { .. } => "mail_alerts",
        Self::MailReport { .. } => "mail_report",
        Self::Renew { .. } => "renew",
    }

    /// Who does it. The store knows these kinds by their words too (`claim_jobs`); a rule of its suite compares both.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::SendText { .. }
            | Self::WireNumber { .. }
            | Self::Dispatch { .. }
            | Self::GoOn { .. }
            | Self::ExpireConfirmation { .. } => Lane::People,
            Self::ReleaseNumber { .. }
            | Self::SettlePurchase { .. }
            | Self::TendPool
            | Self::InspectNumbers
            | Self::EraseClient { .. }
            | Self::DeleteCopies
            | Self::KeepPeriods
            | Self::TellOperators
            | Self::MailAlerts { .. }
            | Self::MailReport { .. }
            | Self::Renew { .. } => Lane::House,
        }
    }

    /// The name under which this work is there once at most; none: each time is a job of its own.
    #[must_use]
    pub fn once(&self) -> Option<String> {
        match self {
            Self::SendText { .. } | Self::MailAlerts { .. } => None,
            Self::WireNumber { number } | Self::ReleaseNumber { number } => {
                Some(format!("{}:{}", self.kind(), number.expose()))
            }
            Self::Dispatch { dispatch } => Some(format!("{}:{dispatch}", self.kind())),
            Self::GoOn { confirmation, .. } | Self::ExpireConfirmation { confirmation } => {
                Some(format!("{}:{confirmation}", self.kind()))
            }
            Self::SettlePurchase { purchase } => Some(format!("{}:{purchase}", self.kind())),
            Self::EraseClient { client } => Some(format!("{}:{client}", self.kind())),
            Self::MailReport { week, to } => Some(format!("{}:{week}:{to}", self.kind())),
            Self::TendPool
            | Self::InspectNumbers
            | Self::DeleteCopies
            | Self::KeepPeriods
            | Self::TellOperators
            | Self::Renew { .. } => Some(self.kind().to_owned()),
        }
    }
}

/// Which of an instance's workers does a job: what a person waits for never waits for what looks after the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A person waits: each takes seconds.
    People,
    /// Nobody waits: some take hours.
    House,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 2] = [Self::People, Self::House];
}

/// A job that we hold until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Which.
    pub id: JobId,
    /// What is to be done.
    pub work: Work,
    /// How often it was claimed, this time included.
    pub attempt: u32,
    /// Until when it is ours. Also tells our claim from a later one.
    pub lease_until: Timestamp,
    /// When it was enqueued first.
    pub created_at: Timestamp,
    /// The request that caused it, for the log; none: a schedule did, or an earlier version of the program wrote it.
    pub request: Option<RequestId>,
}
