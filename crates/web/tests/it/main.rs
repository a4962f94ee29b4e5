//! Flows through the whole app: a simulated carrier posts signed webhooks over HTTP, an operator uses the API.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a rule that meets an error has failed"
)]

mod access;
mod account;
mod addresses;
mod apps_script;
mod ask;
mod audit;
mod auth;
mod bad_input;
mod blocks;
mod buying;
mod by_operator;
mod call_ends;
mod calls;
mod carrier;
mod clients;
pub(crate) mod confirmations;
mod console;
mod console_activity;
mod console_buying;
mod console_clients;
mod console_confirmations;
mod console_numbers;
mod console_reports;
mod console_settings;
mod console_today;
mod drop_in;
mod faults;
mod headers;
mod idempotency;
mod in_doubt;
mod interactions;
mod limits;
mod metrics;
mod openapi;
mod openapi_walk;
mod operators;
mod orders;
mod overload;
mod pages;
mod pool;
mod privacy;
mod random;
mod raw_http;
mod sending;
mod sheet;
mod signatures;
mod support;
mod texts;
