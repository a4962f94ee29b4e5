//! The command line. `serve` when nothing is named.

mod block;
mod number;
mod report;
mod secret;
mod sheet;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use proxycall_domain::Address;

pub(crate) use block::Block;
pub(crate) use number::{Adopt, Assign, Buy, Consent, FixWebhooks, Forced, History, List, Number, Shape, Sync};
pub(crate) use report::Report;
pub(crate) use secret::Secret;
pub(crate) use sheet::{ImportSheet, Sheet};

use crate::config::variables::help;

/// Number masking on Twilio: two people call and text each other, and neither sees the other's real number.
#[derive(Parser)]
#[command(name = "proxycall", version, about, after_help = "Try it without any account: proxycall sandbox")]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the service (also what happens when no command is named).
    #[command(after_long_help = help(&[
        "PUBLIC_BASE_URL", "PROXYCALL_API_TOKEN", "PROXYCALL_SECRET_KEY", "DATABASE_URL", "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN", "GOOGLE_SHEET_NAME", "GOOGLE_SERVICE_ACCOUNT_FILE", "PORT", "LOG_LEVEL", "LOG_FORMAT",
    ]))]
    Serve(Serve),
    /// Run everything with a simulated carrier and Google Sheet: no account, nothing leaves this machine, nothing is
    /// kept.
    Sandbox(Sandbox),
    /// Use a handset of a running sandbox.
    #[command(subcommand)]
    Phone(Phone),
    /// Bring the database's schema up to date.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Migrate,
    /// Copy the record into a file while the service runs, and check the copy (SQLite).
    ///
    /// The file opens only with the PROXYCALL_SECRET_KEY of the service: keep the key, and keep it elsewhere. Where none was
    /// set, the key is in the file. For PostgreSQL this says which command of PostgreSQL's does it.
    #[command(after_long_help = help(&["DATABASE_URL"]))]
    Backup {
        /// Where to; it must not exist.
        file: PathBuf,
    },
    /// Check a backup and put it where DATABASE_URL says (SQLite). Stop the service first.
    #[command(after_long_help = help(&["DATABASE_URL"]))]
    Restore {
        /// The backup.
        file: PathBuf,
        /// Replace the record that is there; it is kept beside.
        #[arg(long)]
        force: bool,
    },
    /// Clients.
    #[command(subcommand)]
    Client(Client),
    /// Callers who reach nobody, or not one client.
    #[command(subcommand, after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Block(Block),
    /// Proxy numbers: see the pool, buy, give, rest, give back, compare with the carrier's account.
    #[command(subcommand)]
    Number(Number),
    /// The Google Sheet that mirrors the record: set it up, take it over, compare it, have it written, see how it goes.
    #[command(subcommand)]
    Sheet(Sheet),
    /// The weekly report and the letter about alerts: look at them, send the report now.
    #[command(subcommand)]
    Report(Report),
    /// How long data is kept, and what is over its time. The periods are settings: `proxycall setting list`.
    #[command(subcommand, after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Retention(Retention),
    /// See and change what an operator may change while the service runs.
    #[command(subcommand, after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Setting(Setting),
    /// Tokens of the API: make, list, replace and revoke them.
    #[command(subcommand, after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Token(Token),
    /// Show what operators did: through the API, at the command line, in the sheet.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Audit(Audit),
    /// What everything private is sealed with: make a secret, see which are needed, go over to another one.
    #[command(subcommand)]
    Secret(Secret),
    /// Check every setting and every outside party; say what is expected, what is seen, and what to do.
    #[command(after_long_help = help(&[
        "PUBLIC_BASE_URL", "DATABASE_URL", "PROXYCALL_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN",
        "TWILIO_API_BASE_URL", "GOOGLE_SHEET_NAME", "GOOGLE_SHEET_ID", "GOOGLE_SERVICE_ACCOUNT_FILE",
        "GOOGLE_SERVICE_ACCOUNT_JSON", "GOOGLE_API_BASE_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD",
        "SMTP_FROM",
    ]))]
    Doctor,
    /// Write the files that are made from the program itself.
    #[command(hide = true)]
    Reference(Reference),
}

/// Options of `serve`.
#[derive(Args, Default)]
pub(crate) struct Serve {
    /// Leave a PostgreSQL schema as it is; `proxycall migrate` brings it up to date. SQLite's always is.
    #[arg(long)]
    pub no_migrate: bool,
}

/// Options of `sandbox`.
#[derive(Args)]
pub(crate) struct Sandbox {
    /// Where the service listens, on this machine only.
    #[arg(long, default_value_t = 8000)]
    pub port: u16,
    /// Where the simulated carrier listens, on this machine only.
    #[arg(long, default_value_t = 8100)]
    pub carrier_port: u16,
    /// Where the mail server that keeps every letter listens, on this machine only; 0: any port that is free.
    #[arg(long, default_value_t = 0)]
    pub mail_port: u16,
    /// Keep the record in this folder instead of forgetting it at the end.
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

/// A handset places calls under a number, or hides it.
fn caller(text: &str) -> Result<String, String> {
    match Address::parse(text) {
        Address::Phone(_) | Address::Withheld => Ok(text.to_owned()),
        _ => Err("must be an international number such as +33639980002, or anonymous".to_owned()),
    }
}

/// A name that is a number by its signs was meant to be one.
fn sender(text: &str) -> Result<String, String> {
    let is_name = text.chars().any(char::is_alphabetic);
    match Address::parse(text) {
        Address::Alphanumeric if !is_name => {
            Err("must be an international number such as +33639980002, anonymous, a short code or a name".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

/// What to do with a handset.
#[derive(Subcommand)]
pub(crate) enum Phone {
    /// Call a proxy number and print what each side saw and heard.
    Call {
        /// Who calls: any number, or `anonymous`.
        #[arg(long, value_parser = caller)]
        from: String,
        /// The proxy number.
        #[arg(long)]
        to: String,
        /// What the other side does.
        #[arg(long, value_parser = ["answer", "busy", "no-answer", "reject"])]
        answer: Option<String>,
        #[command(flatten)]
        carrier: CarrierAddress,
    },
    /// Text a proxy number and print who received what from whom.
    Text {
        /// Who writes: any number, `anonymous`, a short code or a name.
        #[arg(long, value_parser = sender)]
        from: String,
        /// The proxy number.
        #[arg(long)]
        to: String,
        /// How many pictures come with it.
        #[arg(long, default_value_t = 0)]
        images: u32,
        /// What is written.
        #[arg(default_value = "Hello, I am downstairs.")]
        body: String,
        #[command(flatten)]
        carrier: CarrierAddress,
    },
    /// Say what somebody types when ProxyCall calls: once set, it holds for every call to that phone.
    Keys {
        /// Whose phone.
        #[arg(long)]
        phone: String,
        /// What is typed each time a code is asked for: digits, or `heard` for the code that the call has said.
        #[arg(default_value = "heard")]
        keys: Vec<String>,
        #[command(flatten)]
        carrier: CarrierAddress,
    },
    /// Print the calls that ProxyCall placed, and what was said in them, newest last.
    Calls {
        #[command(flatten)]
        carrier: CarrierAddress,
    },
    /// Print the letters that the mail server has taken, newest last.
    Mail {
        /// Only those to this address.
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        #[command(flatten)]
        carrier: CarrierAddress,
    },
    /// List the handsets, and the texts that they have received.
    List {
        #[command(flatten)]
        carrier: CarrierAddress,
    },
}

/// Where the sandbox is.
#[derive(Args)]
pub(crate) struct CarrierAddress {
    /// The simulated carrier's address, as `proxycall sandbox` prints it.
    #[arg(long, default_value = "http://127.0.0.1:8100")]
    pub carrier: String,
}

/// What to do with clients.
#[derive(Subcommand)]
pub(crate) enum Client {
    /// Take over clients from a CSV file with the columns of the sheet's `Clients` tab.
    ///
    /// Needs client_id, client_name, client_mail and client_real_phone; takes client_proxy_number (the number joins
    /// the pool as assigned), client_iso_residency and client_last_caller. Everything is checked first: if a row is
    /// refused nothing is taken over, unless --skip-refused is given. Can be run while the service runs, and again
    /// after an interruption: rows that are there already are left alone.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Import {
        /// The file.
        file: PathBuf,
        /// Take over the good rows although others are refused.
        #[arg(long)]
        skip_refused: bool,
    },
    /// Keep everybody from reaching a client, who still calls out.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Pause {
        /// The client's id.
        id: String,
        /// Until when, such as 2026-11-23T18:00:00Z; without it, until `resume`.
        #[arg(long, value_name = "MOMENT")]
        until: Option<Timestamp>,
    },
    /// End a client's pause.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Resume {
        /// The client's id.
        id: String,
    },
    /// Write all that is known of a client as one JSON document: what a person may ask for.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Export {
        /// The client's id.
        id: String,
        /// Where to write it; a file that is there is not overwritten. Without it, to the terminal.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Erase a client for good: name, e-mail, phone and whatever else names the person, here, in the sheet and at the
    /// carrier.
    ///
    /// The client's own record is emptied at once and its number rests. The running service goes on: wherever others
    /// called or were called by the person, in the sheet, and at the carrier, which is asked for up to 14 days. The id is
    /// never given again.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Erase {
        /// The client's id.
        id: String,
        /// Yes, erase. Nothing brings it back.
        #[arg(long)]
        yes: bool,
    },
    /// Say how far the erasure of a client is.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Erasure {
        /// The client's id.
        id: String,
    },
}

/// What to do with what is kept for a time only.
#[derive(Subcommand)]
pub(crate) enum Retention {
    /// List each kind of data with how long it is kept, and what is over its time.
    Status,
    /// Empty what is over its time, now. The service does so every day.
    Run {
        /// Change nothing; say what would be emptied.
        #[arg(long)]
        dry_run: bool,
    },
}

/// What to do with settings.
#[derive(Subcommand)]
pub(crate) enum Setting {
    /// List all settings, what they are now and what they mean.
    List,
    /// Print one.
    Get {
        /// Its name.
        key: String,
    },
    /// Give one a value; all instances follow within 5 seconds.
    Set {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
    /// Give one its default again.
    Reset {
        /// Its name.
        key: String,
    },
}

/// What to do with tokens.
#[derive(Subcommand)]
pub(crate) enum Token {
    /// Make a token and print it. It is shown this once.
    Add {
        /// Its name: 1 to 32 small letters, digits, - and _, a letter first. A name is never given twice.
        name: String,
        /// What it may do: read (see clients, calls and numbers), operate (change them too), admin (tokens and the audit
        /// log too).
        #[arg(long, value_parser = ["read", "operate", "admin"])]
        scope: String,
        /// In how many days it ends, 1 to 3650; without it, never.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        expires: Option<u32>,
    },
    /// List all, revoked ones too; never the tokens themselves.
    List,
    /// Put another token in the place of this one and print it. The former opens nothing 5 seconds later.
    Rotate {
        /// Its name.
        name: String,
    },
    /// Revoke one for good: 5 seconds later it opens nothing.
    Revoke {
        /// Its name.
        name: String,
    },
}

/// Options of `audit`.
#[derive(Args)]
pub(crate) struct Audit {
    /// Only what this actor did: a token's name, environment, cli, sheet, or api where no token is asked for.
    #[arg(long)]
    pub actor: Option<String>,
    /// Only acts of this kind, such as close_client.
    #[arg(long)]
    pub action: Option<String>,
    /// Only acts on this, such as "client 42".
    #[arg(long)]
    pub subject: Option<String>,
    /// Only those before this one.
    #[arg(long, value_name = "ID")]
    pub after: Option<String>,
    /// How many at most, the newest first: 1 to 500.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `reference`.
#[derive(Args)]
pub(crate) struct Reference {
    /// Write nothing; fail when a file is not as it would be written.
    #[arg(long)]
    pub check: bool,
}
