//! `proxycall sheet`: the Google Sheet that mirrors the record.

use clap::{Args, Subcommand};

use crate::config::variables::help;

/// The variables that every command which asks Google reads.
const VARIABLES: [&str; 7] = [
    "GOOGLE_SHEET_NAME",
    "GOOGLE_SHEET_ID",
    "GOOGLE_SERVICE_ACCOUNT_FILE",
    "GOOGLE_SERVICE_ACCOUNT_JSON",
    "GOOGLE_API_BASE_URL",
    "DATABASE_URL",
    "PROXYCALL_SECRET_KEY",
];

/// What to do with the Google Sheet.
#[derive(Subcommand)]
pub(crate) enum Sheet {
    /// Make the tabs and headers that the spreadsheet lacks, and say which.
    ///
    /// Tabs are Clients, TwilioPools and CONFIRMATION_PENDING. Headers are added in row 1, in columns behind all that
    /// is there; nothing is replaced, and no row of a client or number is touched. May be run again, and while the
    /// service runs. The exit code is 1 when something is left for you to do.
    #[command(after_long_help = help(&VARIABLES))]
    Init,
    /// Take over the clients and numbers that the sheet holds and the record does not. Writes nothing into the sheet.
    ///
    /// A service does the same by itself when it first meets its sheet. What is there already stays as it is.
    /// Confirmations in progress go on with the code that their client has. The exit code is 1 when a row was not
    /// taken; the others were.
    #[command(after_long_help = help(&VARIABLES))]
    Import(ImportSheet),
    /// Have the sheet show the record again: every row is compared, and what differs is written.
    ///
    /// Rows that somebody deleted are written again where the record still has them: use it when many rows were deleted
    /// by mistake, before the clients are closed, or when the mirror stopped because too many were gone. People's edits
    /// that were not read yet are carried out first, as always. Where the service runs, it does the writing, within
    /// seconds; else this command does and shows how far it is. The exit code is 1 when a row waits for you.
    #[command(after_long_help = help(&VARIABLES))]
    Push,
    /// Show row by row what the mirror would do next: write, carry out, add, close, put back. Changes nothing.
    ///
    /// Names rows, columns and keys, never what stands in a cell. The exit code is 1 when something waits for you.
    #[command(after_long_help = help(&VARIABLES))]
    Diff,
    /// Show how the mirror goes: when the sheet was read and written, what waits and for how long, what needs you.
    ///
    /// Asks the record alone, not Google. The exit code is 1 when the last attempt to reach the sheet failed.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Status,
}

/// Options of `import`.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ImportSheet {
    /// Only say what would be taken over, and what not and why.
    #[arg(long)]
    pub dry_run: bool,
    /// Take it over.
    #[arg(long)]
    pub apply: bool,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;

    #[test]
    fn an_import_is_either_tried_or_done() {
        for (arguments, fine) in [
            (["import", "--dry-run"].as_slice(), true),
            (&["import", "--apply"], true),
            (&["import"], false),
            (&["import", "--apply", "--dry-run"], false),
        ] {
            let parsed = Cli::try_parse_from([&["proxycall", "sheet"], arguments].concat());
            assert_eq!(parsed.is_ok(), fine, "{arguments:?}");
        }
    }
}
