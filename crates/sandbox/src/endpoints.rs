//! Promises: every REST call the simulated carrier knows, as data: address, parameters, types, what is required.
//!
//! The table is the router: a call that is not in it is refused. `tests/contract.rs` holds it against Twilio's own
//! API document, so that what passes here would pass there.

use serde::{Deserialize, Serialize};

pub use self::table::ENDPOINTS;

mod table;

/// One call of the API.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// What is done.
    pub operation: Operation,
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// The path, with `{Name}` where a value stands.
    pub path: &'static str,
    /// Every parameter that is published for it.
    pub parameters: &'static [Parameter],
    /// Groups of parameters of which at least one must be given, and not empty.
    pub one_of: &'static [&'static [&'static str]],
    /// Whether an empty value in the form takes off what is there, instead of being held against its kind.
    pub empty_clears: bool,
}

/// The calls by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Send a text.
    CreateMessage,
    /// The texts of the account, newest first.
    ListMessages,
    /// One text.
    FetchMessage,
    /// Redact a text's body, or cancel it.
    UpdateMessage,
    /// Forget a text.
    DeleteMessage,
    /// The account.
    FetchAccount,
    /// Numbers for sale, on whichever shelf.
    SearchNumbers,
    /// The numbers of the account.
    ListNumbers,
    /// Buy a number.
    BuyNumber,
    /// One number of the account.
    FetchNumber,
    /// Rename or rewire a number.
    UpdateNumber,
    /// Give a number back.
    ReleaseNumber,
    /// Place a call.
    PlaceCall,
    /// One call.
    FetchCall,
    /// Forget a call.
    DeleteCall,
}

/// One parameter of a call.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name, exactly as sent.
    pub name: &'static str,
    /// Where it is sent.
    pub location: Location,
    /// What it may hold.
    pub kind: Kind,
    /// Whether the call is refused without it.
    pub required: bool,
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// After the `?`.
    Query,
    /// In the body, as a form.
    Form,
}

/// What a parameter may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A phone number in E.164, a short code, an alphanumeric sender, or one of them after a channel's prefix.
    Phone,
    /// A phone number, or a client or SIP address.
    Endpoint,
    /// A country's two letters.
    Country,
    /// A TwiML document.
    Twiml,
    /// An absolute http or https address.
    Uri,
    /// A date, or a date and time.
    DateTime,
    /// A whole number within these bounds, where there are any.
    Integer {
        /// The least allowed.
        min: Option<i64>,
        /// The most allowed.
        max: Option<i64>,
    },
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An id with one of these two-letter prefixes and 32 hexadecimal digits.
    Sid(&'static [&'static str]),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// May be repeated; each value is of this kind.
    Many(&'static Kind),
}
