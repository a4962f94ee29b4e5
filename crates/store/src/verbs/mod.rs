//! Promises: the body of every verb, written once. This folder is compiled twice, as a child of `sqlite` and of
//! `postgres`: `super::Connection`, `super::Row` and `super::dialect` are then that database's.
//!
//! SQL is constant text. What must differ between the two databases is in their `dialect` modules, and nowhere else.

pub(crate) mod access;
pub(crate) mod activity;
pub(crate) mod alerts;
pub(crate) mod assign_this;
pub(crate) mod begin_confirmation;
pub(crate) mod blocks;
pub(crate) mod board;
pub(crate) mod bring_confirmation;
pub(crate) mod calls;
pub(crate) mod carrier_copies;
pub(crate) mod client_search;
pub(crate) mod clients;
mod code_limits;
pub(crate) mod confirmations;
pub(crate) mod console;
pub(crate) mod dispatches;
pub(crate) mod erasure;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod interactions;
pub(crate) mod jobs;
pub(crate) mod meta;
pub(crate) mod numbers;
pub(crate) mod orders;
pub(crate) mod pool;
pub(crate) mod proving;
pub(crate) mod purchases;
mod renew_hashes;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod retention;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod sheet;
pub(crate) mod standing;
pub(crate) mod texts;
pub(crate) mod traffic;
pub(crate) mod vault;
mod vault_steps;
pub(crate) mod wiring;

use jiff::Timestamp;
use proxycall_domain::{ClientId, CountryCode, PhoneNumber, Said};
use proxycall_service::ports::LedgerError;
use sqlx::Row as _;

use super::{Connection, Row, dialect};
use crate::{
    codec::*,
    error::{UnitError, unreadable},
};

/// A sentence in both languages, as the store keeps it.
fn said_to_text(said: &Said) -> Result<String, LedgerError> {
    serde_json::to_string(said).map_err(|_| unreadable("a sentence without JSON form"))
}

/// A sentence from the store. What a version wrote that knew one language only is the same in both.
fn said_of_text(text: String) -> Said {
    serde_json::from_str(&text).unwrap_or_else(|_| text.into())
}

/// UTC milliseconds, as the store keeps time.
fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A time from the store.
fn time(millis: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_millisecond(millis).map_err(|_| unreadable("a time"))
}

/// The digits of a proxy number, as the store keeps them.
fn digits(phone: PhoneNumber) -> i64 {
    i64::try_from(phone.expose_digits()).unwrap_or(i64::MAX)
}

/// A proxy number from the store.
fn proxy(digits: i64) -> Result<PhoneNumber, LedgerError> {
    phone_of_digits(u64::try_from(digits).unwrap_or_default())
}

/// A country from the store.
fn country(text: &str) -> Result<CountryCode, LedgerError> {
    text.parse().map_err(|_| unreadable("a country"))
}

/// A client id from the store.
fn client_id(id: i64) -> Result<ClientId, LedgerError> {
    ClientId::new(id).ok_or_else(|| unreadable("a client id"))
}

/// How many rows to read for a page: one more, to see whether another page follows.
fn one_more(limit: u32) -> i64 {
    i64::from(limit) + 1
}
