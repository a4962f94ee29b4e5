//! The program as its users meet it: commands, settings, life cycle, and the files that ship with it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a rule that meets an error has failed"
)]

mod access;
mod backup;
mod block;
mod crash;
mod doctor;
mod files;
mod import;
mod import_faults;
mod instances;
mod load;
mod logs;
mod numbers;
mod numbers_at_carrier;
mod numbers_bought;
mod privacy;
mod purchase_kill;
mod sandbox;
mod secret;
mod serve;
mod setting;
mod sheet;
mod stop;
mod support;
