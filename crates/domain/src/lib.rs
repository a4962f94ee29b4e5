//! The rules of ProxyCall as plain types and functions: no async, no I/O, no clock read, no chance.
//!
//! Facts come in, decisions go out. Whatever waits (store, carrier, clock) lives in the crates above.

pub mod access;
pub mod address;
pub mod block;
pub mod client;
pub mod confirmation;
pub mod country;
pub mod destination;
pub mod enrolment;
pub mod figures;
pub mod ids;
pub mod interaction;
pub mod limits;
pub mod national;
pub mod number_rules;
pub mod operators;
pub mod order;
pub mod phone;
pub mod phrase;
pub mod policy;
pub mod pool;
pub mod purchase;
pub mod report;
pub mod retention;
pub mod routing;
pub mod said;
pub mod search;
pub mod setting;
pub mod sheet;
pub mod text_sender;
pub mod traffic;
pub mod week;
pub mod wiring;

pub use access::{ActOutcome, Scope, TokenName};
pub use address::Address;
pub use block::{Block, BlockReason};
pub use client::{ClientId, FieldError, MailAddress, NewClient, Pause, PersonName};
pub use confirmation::{CodeChannel, Confirmation, PendingId};
pub use country::{Countries, CountryCode};
pub use ids::{ActId, AlertId, BlockId, DispatchId, InteractionId, JobId, PurchaseId};
pub use interaction::{Channel, Direction, Interaction, Outcome};
pub use phone::{PhoneError, PhoneNumber};
pub use phrase::{Language, Phrase};
pub use policy::Policy;
pub use pool::{NumberStatus, NumberType};
pub use said::Said;
pub use text_sender::TextSender;
pub use traffic::OutcomeGroup;
pub use week::{Week, Zone};

/// A table shipped with the program does not read as it should. Tests keep this from leaving the workshop.
#[derive(Debug, thiserror::Error)]
#[error("the shipped table {table} is unusable: {problem}")]
pub struct TableError {
    /// The file's name.
    pub table: &'static str,
    /// What is wrong with it.
    pub problem: String,
}
