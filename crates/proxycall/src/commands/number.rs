//! `proxycall number`: what the API's `/pool` does, for an operator at the command line: readable, asked before money
//! is spent or something is lost, and with an exit code for scripts.

mod account;
mod buy;
mod move_numbers;
mod show;

use std::process::ExitCode;

use anyhow::anyhow;
use jiff::Timestamp;
use proxycall_domain::{NumberStatus, PhoneNumber, client::parse_phone, phone::mask, pool::ProxyNumber};
use proxycall_service::{
    Service,
    pool::{NumberFailure, PoolError},
    ports::{CarrierError, LedgerError},
};
use serde_json::{Value, json};

use super::audit::act;
use crate::{
    cli::{self, Number},
    config::{Config, Environment, Needs},
    output::{Table, ask, complain, say, somebody_is_there},
    wiring,
};

/// Does what is asked for.
pub(crate) async fn run(env: &Environment, command: Number) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, needs(&command))?;
    // A number is bought for an assignment only where that is allowed: only then must the carrier be known.
    let config = match &command {
        Number::Assign(_) if config.pool.buy_on_demand => Config::read(env, Needs::Carrier)?,
        _ => config,
    };
    may_be_asked(&command)?;
    let parts = wiring::parts(&config, true).await?;
    let service = parts.service.as_ref();
    let result = match service.policy.refresh(service.ledger.as_ref()).await {
        Err(error) => Err(error.into()),
        Ok(_) => match act_of(&command) {
            Some((action, subject)) => act(service, action, &subject, carry_out(service, command)).await,
            None => carry_out(service, command).await,
        },
    };
    parts.store.close().await;
    result
}

/// What the audit log calls it, and to what it is done; none: it only looks.
fn act_of(command: &Number) -> Option<(&'static str, String)> {
    let numbers = |numbers: &[String]| {
        let masked: Vec<String> = numbers.iter().map(|number| mask(number)).collect();
        format!("numbers {}", masked.join(" "))
    };
    Some(match command {
        Number::Buy(options) if !options.dry_run => ("buy_numbers", format!("{} numbers", options.count)),
        Number::Assign(options) => ("assign_number", format!("client {}", options.client)),
        Number::Release(options) => ("release_numbers", numbers(&options.numbers)),
        Number::Quarantine(options) => ("quarantine_numbers", numbers(&options.numbers)),
        Number::RestoreWebhooks(options) => ("restore_webhooks", numbers(&options.numbers)),
        Number::Adopt(options) => ("adopt_numbers", numbers(&options.numbers)),
        Number::Sync(options) if options.apply => ("sync_pool", String::new()),
        Number::FixWebhooks(options) if options.apply => ("fix_webhooks", String::new()),
        _ => return None,
    })
}

async fn carry_out(service: &Service, command: Number) -> anyhow::Result<ExitCode> {
    match command {
        Number::List(options) => show::list(service, &options).await,
        Number::Summary(options) => show::summary(service, &options).await,
        Number::History(options) => show::history(service, &options).await,
        Number::Buy(options) => buy::buy(service, &options).await,
        Number::Assign(options) => buy::assign(service, &options).await,
        Number::Release(options) => move_numbers::release(service, &options).await,
        Number::Quarantine(options) => move_numbers::quarantine(service, &options).await,
        Number::RestoreWebhooks(options) => move_numbers::restore_webhooks(service, &options).await,
        Number::Adopt(options) => move_numbers::adopt(service, &options).await,
        Number::Sync(options) => account::sync(service, &options).await,
        Number::FixWebhooks(options) => account::fix_webhooks(service, &options).await,
    }
}

fn needs(command: &Number) -> Needs {
    match command {
        Number::List(_) | Number::Summary(_) | Number::History(_) | Number::Quarantine(_) | Number::Assign(_) => {
            Needs::Store
        }
        Number::Buy(_)
        | Number::Release(_)
        | Number::Sync(_)
        | Number::FixWebhooks(_)
        | Number::RestoreWebhooks(_)
        | Number::Adopt(_) => Needs::Carrier,
    }
}

/// Refuses what must be asked for when nobody can be asked: before anything is opened, let alone done.
fn may_be_asked(command: &Number) -> anyhow::Result<()> {
    let (what, consent) = match command {
        Number::Buy(options) if !options.dry_run => ("Buying numbers costs money", &options.consent),
        Number::Release(options) => ("What is given back to the carrier is gone for good", &options.consent),
        Number::Quarantine(options) if options.force => ("Clients may lose their numbers", &options.consent),
        Number::RestoreWebhooks(options) => ("Calls and texts will no longer come here", &options.consent),
        Number::Adopt(options) => ("What the numbers are used for now will end", &options.consent),
        Number::FixWebhooks(options) if options.apply => ("Webhooks at the carrier will change", &options.consent),
        _ => return Ok(()),
    };
    if consent.yes || somebody_is_there() {
        return Ok(());
    }
    Err(anyhow!(
        "{what}, and there is no terminal to ask at. Nothing was done; say --yes to go on without being asked."
    ))
}

/// Asks, unless that was answered beforehand. A no is said and is no success.
fn agreed(consent: &cli::Consent) -> bool {
    let agreed = consent.yes || ask();
    if !agreed {
        complain("Nothing was done.");
    }
    agreed
}

/// 0 when all was done.
fn code(all_done: bool) -> ExitCode {
    if all_done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A table on standard output.
fn say_table(header: &[&str], rows: &[Vec<String>]) {
    for line in Table::new(header).lines(rows) {
        say(&line);
    }
}

/// A table on standard error: what somebody is asked about is no result.
fn show_table(header: &[&str], rows: &[Vec<String>]) {
    for line in Table::new(header).lines(rows) {
        complain(&line);
    }
}

/// Tells what failed and why.
fn complain_of(failed: &[NumberFailure]) {
    for NumberFailure { number, why } in failed {
        complain(&format!("{number}: {why}"));
    }
}

/// The same for numbers that the account does not have.
fn complain_of_absent(numbers: &[String]) {
    for number in numbers {
        complain(&format!("{number}: is not in the carrier's account"));
    }
}

/// Failures in the API's fields.
fn failures_json(failed: &[NumberFailure]) -> Value {
    failed.iter().map(|failure| json!({"phone_number": failure.number, "err": failure.why})).collect()
}

/// Times as the API's answers about the account have them: UTC without an offset.
fn naive(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

/// A moment in a table: UTC, to the minute.
fn moment(at: Option<Timestamp>) -> String {
    at.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// Numbers in E.164.
fn exposed(numbers: &[PhoneNumber]) -> Vec<String> {
    numbers.iter().map(|phone| phone.expose()).collect()
}

/// What happened at the carrier, and what to do about it.
fn carrier_words(error: &CarrierError) -> String {
    match error {
        CarrierError::Refused { status: 401, .. } => {
            format!("{error} Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; `proxycall doctor` tests them.")
        }
        CarrierError::Refused { remedy, .. } => format!("{error} {remedy}"),
        CarrierError::Unreachable(_) => format!(
            "{error}. Nothing was done there. Check TWILIO_API_BASE_URL and that this machine may open connections to it."
        ),
        CarrierError::SlowDown { .. } | CarrierError::Failed { .. } | CarrierError::AnswerLost(_) => {
            format!("{error}. Run the command again in a minute.")
        }
    }
}

/// An error of the pool as an operator reads it.
fn told(error: PoolError) -> anyhow::Error {
    match error {
        PoolError::Carrier(error) => anyhow!(carrier_words(&error)),
        PoolError::Ledger(error) => error.into(),
        PoolError::Field(error) => error.into(),
    }
}

/// A number that somebody named, and what the pool knows of it.
struct Named {
    /// As it was given, or in E.164.
    text: String,
    /// What it is; else what is wrong with it.
    phone: Result<PhoneNumber, String>,
    /// As the pool has it.
    known: Option<ProxyNumber>,
}

impl Named {
    /// Its first cells of a table: number, state, whose.
    fn cells(&self) -> Vec<String> {
        let status = self.known.as_ref().map_or("", |number| number.status.as_str());
        let client = self.known.as_ref().and_then(|number| number.client);
        vec![self.text.clone(), status.to_owned(), client.map(|id| id.to_string()).unwrap_or_default()]
    }
}

/// The header for [`Named::cells`] and what is going to happen.
const NAMED: [&str; 4] = ["NUMBER", "STATE", "CLIENT", "WHAT WILL HAPPEN"];

/// Looks up numbers that somebody named, each once.
async fn look_up(service: &Service, texts: &[String]) -> Result<Vec<Named>, LedgerError> {
    let mut named: Vec<Named> = Vec::with_capacity(texts.len());
    for text in texts {
        let phone = parse_phone("numbers", text).map_err(|error| error.problem.to_string());
        let known = match &phone {
            Ok(phone) => service.ledger.number(*phone).await?,
            Err(_) => None,
        };
        let text = phone.as_ref().map_or_else(|_| text.clone(), |phone| phone.expose());
        if !named.iter().any(|other| other.text == text) {
            named.push(Named { text, phone, known });
        }
    }
    Ok(named)
}

/// Those of the failed that the pool itself has put aside or counts as gone: nothing is to be done for them, and they
/// are told from what failed.
async fn known_troubles(service: &Service, numbers: impl Iterator<Item = &String>) -> Result<Vec<String>, LedgerError> {
    let mut known = Vec::new();
    for text in numbers {
        let Ok(phone) = parse_phone("number", text) else { continue };
        let status = service.ledger.number(phone).await?.map(|number| number.status);
        if matches!(status, Some(NumberStatus::Error | NumberStatus::Missing)) {
            known.push(text.clone());
        }
    }
    Ok(known)
}
