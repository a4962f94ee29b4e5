//! The public pages in a real browser: keyboard, screen readers' needs, no JavaScript, the address bar, the console; and
//! enrolment from the form to the first call.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a rule that meets an error has failed")]

mod console;
mod console_clients;
mod console_numbers;
mod console_steady;
mod console_today;
mod console_tour;
mod enrol;
mod pages;
mod phones;
