//! `proxycall report`.

use clap::Subcommand;

use crate::config::variables::help;

/// What to do with letters to operators.
#[derive(Subcommand)]
pub(crate) enum Report {
    /// Print the report of a week, or the letter about the alerts that stand.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Show {
        /// Which week, such as 2026-W47; without it, this one.
        #[arg(long, value_name = "WEEK")]
        week: Option<String>,
        /// The letter about alerts instead.
        #[arg(long, conflicts_with = "week")]
        alerts: bool,
        /// Print the letter's HTML instead of its text.
        #[arg(long)]
        html: bool,
    },
    /// Mail the report of a week now. The one that is sent by itself on Sunday comes all the same.
    #[command(after_long_help = help(&[
        "DATABASE_URL", "PROXYCALL_SECRET_KEY", "SMTP_HOST", "SMTP_FROM", "PROXYCALL_ALERT_EMAILS",
    ]))]
    Send {
        /// Which week, such as 2026-W47; without it, this one.
        #[arg(long, value_name = "WEEK")]
        week: Option<String>,
        /// To whom; without it, to PROXYCALL_ALERT_EMAILS.
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
}
