//! Flows through the whole app: a simulated carrier posts signed webhooks over HTTP, an operator uses the API.

mod ask;
mod auth;
mod bad_input;
mod calls;
mod clients;
mod faults;
mod idempotency;
mod interactions;
mod openapi;
mod orders;
mod pool;
mod random;
mod raw_http;
mod sending;
mod signatures;
mod support;
mod texts;
