//! Promises: the spreadsheet that operators look at, kept at Google: the service's
//! [`Sheet`](proxycall_service::ports::Sheet) port over Sheets v4 and Drive v3.
//!
//! The crate translates and holds no rule: what a row means, and what is done about a failure, the service decides.
//! Nothing is asked twice, but for one thing: a request that was refused for its access token is sent once more with a
//! new one. No error and no log shows a cell, a title or a key.

mod a1;
mod asking;
mod client;
mod drive;
mod key;
mod observe;
mod protections;
mod refusal;
mod table;
mod tabs;
mod token;
mod values;

pub use self::{
    client::{CONNECT_TIMEOUT, ClientError, GoogleSheet, GoogleSheetConfig, Spreadsheet, TOTAL_TIMEOUT},
    key::{KeyError, account_of},
};
