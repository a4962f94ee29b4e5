//! Promises: how long each read of the console takes on a store as large as one may get, measured on the store itself.
//!
//!     console_speed fill FILE CLIENTS INTERACTIONS    makes an SQLite store of invented people, 90 days long
//!     console_speed measure FILE ROUNDS               times each read, and says which are over their bar
//!
//! `scripts/console-speed` runs both. Every number is invented and has 15 digits, which no French number has.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement that meets an error has failed"
)]

mod fill;
mod measure;
mod people;

use std::process::ExitCode;

use proxycall_store::{Options, SecretKey, Store};

/// Opens the store of a file, making it where it is not there. The secret is kept in it, as `proxycall serve` does.
async fn open(file: &str) -> Store {
    let options = Options {
        uri: format!("sqlite:{file}"),
        secrets: Vec::new(),
        first_secret: SecretKey::from_bytes([7; 32]),
        migrate: true,
    };
    Store::open(options).await.expect("the store opens")
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["fill", file, clients, interactions] => {
            fill::fill(file, clients.parse().expect("a number"), interactions.parse().expect("a number")).await;
            ExitCode::SUCCESS
        }
        ["measure", file, rounds] => measure::measure(file, rounds.parse().expect("a number")).await,
        _ => {
            eprint("usage: console_speed fill FILE CLIENTS INTERACTIONS | measure FILE ROUNDS");
            ExitCode::FAILURE
        }
    }
}

/// Now, by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "a measurement asks the real clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// A line for whoever waits.
fn eprint(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}
