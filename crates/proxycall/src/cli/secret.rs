//! `proxycall secret`: what everything private is sealed with.

use clap::Subcommand;

use crate::config::variables::help;

/// What to do with the secret.
#[derive(Subcommand)]
pub(crate) enum Secret {
    /// Print a fresh secret for PROXYCALL_SECRET_KEY. Nothing is changed.
    New,
    /// Show which of the listed secrets are still needed, and how many rows are not sealed with the newest.
    ///
    /// Counts every row, which takes as long as reading all of them. The exit code is 1 while more than one secret is
    /// needed.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Status,
    /// Go over to the first secret of PROXYCALL_SECRET_KEY now, with progress.
    ///
    /// The service does the same by itself ten minutes after it started. Run this only when every instance lists both
    /// secrets: one that does not know the new one cannot read what is written from then on. May be stopped and run
    /// again, and while the service runs, which does the rest a day later. The exit code is 1 until all is done.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Rotate,
}
