//! Commands about calls.

use std::sync::Arc;

use jiff::Timestamp;
use proxycall_domain::{Address, InteractionId, Outcome, PhoneNumber, Policy, routing::CallAnswer};

/// A call that came in on a proxy number.
#[derive(Debug, Clone)]
pub struct InboundCall {
    /// Our id for it, if it is new.
    pub id: InteractionId,
    /// The carrier's id (`CA…`): the same id is the same call.
    pub sid: String,
    /// Who calls.
    pub caller: Address,
    /// What was dialled.
    pub proxy: PhoneNumber,
    /// The rules in force.
    pub policy: Arc<Policy>,
    /// Now.
    pub now: Timestamp,
}

/// How a call was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// What the carrier is to do.
    pub answer: CallAnswer,
    /// Where the call stands.
    pub outcome: Outcome,
    /// Whether the call was known already.
    pub repeated: bool,
}

/// What a call came to.
#[derive(Debug, Clone)]
pub struct CallEnded {
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
    /// Now.
    pub now: Timestamp,
}
