//! `proxycall number`: the pool of proxy numbers, in the words of the API's `/pool`.

use clap::{Args, Subcommand};
use proxycall_domain::{CountryCode, NumberStatus, NumberType, purchase::BATCH_MAX};

use crate::config::variables::help;

/// What to do with proxy numbers.
#[derive(Subcommand)]
pub(crate) enum Number {
    /// List the pool's numbers: state, whose, since when and why.
    ///
    /// A number is available, reserved (held for a confirmation), assigned (a client's), quarantined (resting), error
    /// (set aside), missing (gone at the carrier) or released (given back to the carrier).
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    List(List),
    /// The pool at a glance: numbers by country, type and state, how many days they last, and what needs you.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    Summary(Shape),
    /// The states that a number was in, newest first, with who brought it there and why.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY"]))]
    History(History),
    /// Buy numbers for the pool. Costs money: shows first what would be bought and which rules hold, then asks.
    ///
    /// The numbers lead to this service from their first moment on. What was bought is in the pool even when a later
    /// one fails. When the carrier's answer is lost, the running service finds out whether the number was bought, and
    /// nothing is bought twice. Where no mobile number is for sale, a local one is bought.
    #[command(after_long_help = help(&[
        "DATABASE_URL", "PROXYCALL_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL",
        "TWILIO_PHONE_COUNTRY", "TWILIO_NUMBER_TYPE", "TWILIO_BUNDLE_SID", "TWILIO_ADDRESS_SID",
        "PROXYCALL_MAX_PURCHASES_PER_DAY",
    ]))]
    Buy(Buy),
    /// Give a client a number. A client who has one keeps it.
    ///
    /// The number is exactly of the country and type asked for, the one that has been available for longest. When there
    /// is none and PROXYCALL_BUY_ON_DEMAND is true, one is bought.
    #[command(after_long_help = help(&[
        "DATABASE_URL", "PROXYCALL_SECRET_KEY", "TWILIO_PHONE_COUNTRY", "TWILIO_NUMBER_TYPE", "PROXYCALL_BUY_ON_DEMAND",
    ]))]
    Assign(Assign),
    /// Give numbers back to the carrier, for good. Shows first what would happen to each, then asks.
    ///
    /// A number that was given back can rarely be had again, and may be sold to somebody else, who then gets the calls
    /// meant for its client. Numbers of clients, reserved ones and those that the pool does not know stay, unless
    /// --force is given. When the carrier does not answer, the running service tells it later.
    #[command(after_long_help = help(&[
        "DATABASE_URL", "PROXYCALL_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN",
    ]))]
    Release(Forced),
    /// Put numbers to rest, for as long as one rests that a client gave back.
    ///
    /// A client who has one loses it, a reservation ends: that takes --force, which shows first whose numbers they are
    /// and asks.
    #[command(after_long_help = help(&["DATABASE_URL", "PROXYCALL_SECRET_KEY", "PROXYCALL_QUARANTINE_DAYS"]))]
    Quarantine(Forced),
    /// Compare the carrier's account with the pool, both ways. With --apply, set right what needs no decision of yours.
    ///
    /// Numbers of the account that the pool does not know are added as available, unless their webhooks lead to
    /// something else: those are set aside until you `adopt` them. What is gone at the carrier is flagged as missing,
    /// and what is there again is taken back. The running service does the same once a day.
    #[command(after_long_help = help(&[
        "DATABASE_URL", "PROXYCALL_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL",
        "PROXYCALL_EXTRA_BASE_URLS",
    ]))]
    Sync(Sync),
    /// Find numbers whose calls or texts do not lead to this service. With --apply, mend them.
    ///
    /// Looks at address, method, fallback and status callback. With --apply it shows first what it would change, then
    /// asks; what a number led to before is kept for `restore-webhooks`. Numbers set aside are left alone.
    #[command(after_long_help = help(&[
        "DATABASE_URL", "PROXYCALL_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL",
    ]))]
    FixWebhooks(FixWebhooks),
    /// Give numbers the webhooks back that they had before they led here, and set them aside. Asks first.
    ///
    /// Calls and texts then go where they went before this service. Numbers of clients and reserved ones stay, unless
    /// --force is given.
    #[command(after_long_help = help(&[
        "DATABASE_URL", "PROXYCALL_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL",
    ]))]
    RestoreWebhooks(Forced),
    /// Bring numbers of the account into the pool and let them lead here. Shows first where they lead now, then asks.
    ///
    /// Also numbers that were set aside because they are used for something else; `restore-webhooks` takes it back.
    #[command(after_long_help = help(&[
        "DATABASE_URL", "PROXYCALL_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL",
    ]))]
    Adopt(Adopt),
}

/// What is printed.
#[derive(Args)]
pub(crate) struct Shape {
    /// Print JSON, with the fields of the API's answer, instead of text. What failed is told on standard error too.
    #[arg(long)]
    pub json: bool,
}

/// Whether to ask.
#[derive(Args)]
pub(crate) struct Consent {
    /// Do not ask, go on. Needed where nobody can be asked, as in a script.
    #[arg(long)]
    pub yes: bool,
}

/// Options of `list`.
#[derive(Args)]
pub(crate) struct List {
    /// Only this country: two letters.
    #[arg(long, value_parser = country)]
    pub country: Option<CountryCode>,
    /// Only this type: mobile, local or national (local).
    #[arg(long = "type", value_name = "TYPE", value_parser = number_type)]
    pub number_type: Option<NumberType>,
    /// Only in this state.
    #[arg(long, value_parser = status)]
    pub status: Option<NumberStatus>,
    /// At most so many; without it, all.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    #[command(flatten)]
    pub shape: Shape,
}

/// Options of `history`.
#[derive(Args)]
pub(crate) struct History {
    /// The proxy number, with or without +.
    pub number: String,
    #[command(flatten)]
    pub shape: Shape,
}

/// Options of `buy`.
#[derive(Args)]
pub(crate) struct Buy {
    /// In this country: two letters; without it, TWILIO_PHONE_COUNTRY.
    #[arg(long, value_parser = country)]
    pub country: Option<CountryCode>,
    /// Of this type: mobile, local or national (local); without it, TWILIO_NUMBER_TYPE.
    #[arg(long = "type", value_name = "TYPE", value_parser = number_type)]
    pub number_type: Option<NumberType>,
    /// How many: 1 to 100.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(BATCH_MAX)))]
    pub count: u32,
    /// Only numbers that take texts.
    #[arg(long)]
    pub require_sms: bool,
    /// Only numbers that take calls.
    #[arg(long)]
    pub require_voice: bool,
    /// Buy nothing; show what would be bought.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    #[command(flatten)]
    pub consent: Consent,
    #[command(flatten)]
    pub shape: Shape,
}

/// Options of `assign`.
#[derive(Args)]
pub(crate) struct Assign {
    /// The client's id.
    #[arg(long, value_name = "ID")]
    pub client: i64,
    /// A number of this country: two letters; without it, TWILIO_PHONE_COUNTRY.
    #[arg(long, value_parser = country)]
    pub country: Option<CountryCode>,
    /// A number of this type: mobile, local or national (local); without it, TWILIO_NUMBER_TYPE.
    #[arg(long = "type", value_name = "TYPE", value_parser = number_type)]
    pub number_type: Option<NumberType>,
    /// What the carrier's console is to call it; without it, the client's name.
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub shape: Shape,
}

/// Options of what takes numbers away.
#[derive(Args)]
pub(crate) struct Forced {
    /// Proxy numbers, with or without +.
    #[arg(required = true, value_name = "NUMBER")]
    pub numbers: Vec<String>,
    /// Also those that a client has or that are reserved.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub consent: Consent,
    #[command(flatten)]
    pub shape: Shape,
}

/// Options of `adopt`.
#[derive(Args)]
pub(crate) struct Adopt {
    /// Numbers of the account, with or without +.
    #[arg(required = true, value_name = "NUMBER")]
    pub numbers: Vec<String>,
    #[command(flatten)]
    pub consent: Consent,
    #[command(flatten)]
    pub shape: Shape,
}

/// Options of `sync`.
#[derive(Args)]
pub(crate) struct Sync {
    /// Set right what differs; without it, only look.
    #[arg(long)]
    pub apply: bool,
    #[command(flatten)]
    pub shape: Shape,
}

/// Options of `fix-webhooks`.
#[derive(Args)]
pub(crate) struct FixWebhooks {
    /// Only this country: two letters.
    #[arg(long, value_parser = country)]
    pub country: Option<CountryCode>,
    /// Only in this state.
    #[arg(long, value_parser = status)]
    pub status: Option<NumberStatus>,
    /// Leave the webhooks of texts alone.
    #[arg(long)]
    pub calls_only: bool,
    /// Mend; without it, only look.
    #[arg(long)]
    pub apply: bool,
    #[command(flatten)]
    pub consent: Consent,
    #[command(flatten)]
    pub shape: Shape,
}

fn country(text: &str) -> Result<CountryCode, String> {
    text.parse().map_err(|error: proxycall_domain::country::CountryCodeError| error.to_string())
}

fn number_type(text: &str) -> Result<NumberType, String> {
    text.parse().map_err(|error: proxycall_domain::FieldError| error.problem.to_string())
}

fn status(text: &str) -> Result<NumberStatus, String> {
    NumberStatus::parse(&text.trim().to_ascii_lowercase())
        .ok_or_else(|| format!("must be one of {}", NumberStatus::ALL.map(NumberStatus::as_str).join(", ")))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(arguments: &[&str]) -> Result<Number, String> {
        match Cli::try_parse_from([&["proxycall", "number"], arguments].concat()) {
            Ok(Cli { command: Some(Command::Number(number)) }) => Ok(number),
            Ok(_) => Err("another command".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn countries_types_and_states_are_read_in_every_spelling_that_the_api_takes() {
        let Ok(Number::List(list)) = parse(&["list", "--country", "fr", "--type", "National", "--status", "Assigned"])
        else {
            panic!("a list");
        };
        assert_eq!(list.country, Some(CountryCode::FRANCE));
        assert_eq!(list.number_type, Some(NumberType::Local));
        assert_eq!(list.status, Some(NumberStatus::Assigned));
    }

    #[test]
    fn what_cannot_be_read_is_answered_with_what_is_expected() {
        for (arguments, expected) in [
            (["list", "--country", "France"].as_slice(), "two-letter"),
            (&["list", "--type", "tollfree"], "mobile, local or national"),
            (&["list", "--status", "lost"], "quarantined"),
            (&["list", "--limit", "0"], "0"),
            (&["buy", "--count", "101"], "100"),
            (&["buy", "--dry-run", "--yes"], "--yes"),
            (&["assign"], "--client"),
            (&["release"], "NUMBER"),
            (&["adopt", "+33199000001", "--force"], "--force"),
            (&["sync", "--yes"], "--yes"),
        ] {
            let Err(said) = parse(arguments) else { panic!("{arguments:?} is taken") };
            assert!(said.contains(expected), "{expected} in {said}");
        }
    }
}
