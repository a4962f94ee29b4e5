//! Work for the outside world, recorded in the same unit as its cause.

use jiff::Timestamp;
use proxycall_domain::{InteractionId, JobId};
use serde::{Deserialize, Serialize};

/// What is to be done. Holds ids only: never a number, text, name or code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Send the relayed text of an interaction.
    SendText {
        /// Which.
        interaction: InteractionId,
    },
}

impl Work {
    /// The kind, for the store, logs and metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SendText { .. } => "send_text",
        }
    }
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
}
