//! Numbers are bought, and given to clients. Before money is spent, an operator sees what would be bought and which rules
//! hold for it.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use proxycall_domain::{
    CountryCode, NumberType,
    number_rules::{Needs, Permission},
    pool::life::Actor,
    purchase::Shopping,
};
use proxycall_service::{
    Service,
    clients::RequestError,
    pool::{AssignFields, BoughtNumber, Buying, NotBought},
    ports::LedgerError,
};
use serde_json::json;

use super::{agreed, carrier_words, code, exposed, say_table, show_table};
use crate::{
    cli,
    output::{Progress, complain, say},
};

/// Buys numbers, or shows which.
pub(super) async fn buy(service: &Service, options: &cli::Buy) -> anyhow::Result<ExitCode> {
    let country = options.country.unwrap_or(service.pool.country);
    let number_type = options.number_type.unwrap_or(service.preferred_type);
    let shopping = Shopping {
        require_sms: options.require_sms,
        require_voice: options.require_voice,
        ..Shopping::new(country, number_type)
    };
    let reason = "asked for at the command line".to_owned();
    let buying = Buying { shopping, quantity: options.count, actor: Actor::Cli, reason };
    if options.dry_run {
        let preview = service.preview_purchase(&buying).await;
        let (candidates, stopped) = match preview {
            Ok(candidates) => (candidates, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        return Ok(report(options, &shopping, &Outcome { bought: &[], candidates: &candidates, stopped }, service));
    }
    for line in conditions(service, &shopping, options.count) {
        complain(&line);
    }
    if !options.consent.yes {
        let candidates = service.preview_purchase(&buying).await.map_err(|why| anyhow!(in_words(&why)))?;
        complain(&format!("\nOn offer now, of which {} would be bought, or others if these are sold:", options.count));
        show_table(&["NUMBER", "TYPE"], &rows(&candidates));
    }
    if !agreed(&options.consent) {
        return Ok(ExitCode::FAILURE);
    }
    let mut progress = Progress::new();
    let mut done = 0;
    let mut tell = |bought: BoughtNumber| {
        done += 1;
        progress.step(&format!("{done} of {} bought: {}", options.count, bought.phone.expose()), options.count > 1);
    };
    let purchases = service.buy_numbers(&buying, &mut tell).await;
    progress.clear();
    let outcome = Outcome { bought: &purchases.bought, candidates: &[], stopped: purchases.stopped };
    Ok(report(options, &shopping, &outcome, service))
}

/// What came of it.
struct Outcome<'a> {
    bought: &'a [BoughtNumber],
    candidates: &'a [BoughtNumber],
    stopped: Option<NotBought>,
}

fn rows(numbers: &[BoughtNumber]) -> Vec<Vec<String>> {
    numbers.iter().map(|number| vec![number.phone.expose(), number.number_type.to_string()]).collect()
}

fn say_numbers(numbers: &[BoughtNumber]) {
    if !numbers.is_empty() {
        say_table(&["NUMBER", "TYPE"], &rows(numbers));
    }
}

/// Says what came of it, in the fields of `POST /pool/provision` or in a table.
fn report(options: &cli::Buy, shopping: &Shopping, outcome: &Outcome<'_>, service: &Service) -> ExitCode {
    let Outcome { bought, candidates, stopped } = outcome;
    let why = stopped.as_ref().map(in_words);
    if options.shape.json {
        let phones = |numbers: &[BoughtNumber]| exposed(&numbers.iter().map(|number| number.phone).collect::<Vec<_>>());
        let body = json!({
            "country_iso": shopping.country.to_string(),
            "purchased_now": phones(bought),
            "number_type": shopping.number_type.as_str(),
            "require_sms_capability": shopping.require_sms,
            "require_voice_capability": shopping.require_voice,
            "candidates_limit": shopping.candidates,
            "dry_run": options.dry_run,
            "candidates": phones(candidates),
            "stopped_because": why,
        });
        say(&body.to_string());
    } else if options.dry_run {
        for line in conditions(service, shopping, options.count) {
            say(&line);
        }
        say(&format!("\nOn offer now: {} of {} wanted. Nothing was bought.", candidates.len(), options.count));
        say_numbers(candidates);
    } else {
        say_numbers(bought);
        say(&format!("{} of {} bought.", bought.len(), options.count));
    }
    if let Some(why) = &why {
        complain(why);
    }
    code(why.is_none())
}

/// Why nothing (more) was bought, and what to do.
fn in_words(why: &NotBought) -> String {
    match why {
        NotBought::Carrier(error) => carrier_words(error),
        NotBought::Refused(_) => why.to_string(),
        NotBought::NoneForSale { .. } => {
            format!("{why}. Try another --type or --country, or fewer of the --require-… options.")
        }
        NotBought::InDoubt => {
            format!("{why}, by the running service. Look at `proxycall number list` before buying again.")
        }
        NotBought::Ledger(LedgerError::CeilingReached { .. }) => {
            format!("{why}. Raise PROXYCALL_MAX_PURCHASES_PER_DAY, or go on tomorrow (UTC).")
        }
        NotBought::Ledger(_) => why.to_string(),
    }
}

/// What holds for what is to be bought: money, ceiling, what the carrier wants to have on record, what is permitted.
fn conditions(service: &Service, shopping: &Shopping, count: u32) -> Vec<String> {
    let Shopping { country, number_type, require_sms, require_voice, .. } = shopping;
    let able = match (require_voice, require_sms) {
        (true, true) => " that take calls and texts",
        (true, false) => " that take calls",
        (false, true) => " that take texts",
        (false, false) => "",
    };
    let mut lines = vec![
        format!("To buy: {count} {number_type} of {country}{able}. Twilio charges for each every month."),
        format!(
            "At most {} numbers are bought on one day (PROXYCALL_MAX_PURCHASES_PER_DAY).",
            service.pool.max_purchases_per_day
        ),
    ];
    for of_type in shopping.types() {
        lines.push(String::new());
        let fallback = if of_type == *number_type { "" } else { ", bought where no mobile number is for sale" };
        lines.push(format!("{country} {of_type}{fallback}:"));
        lines.extend(rules(service, *country, of_type).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// The rules for numbers of a country and type that are yet to be bought.
fn rules(service: &Service, country: CountryCode, number_type: NumberType) -> Vec<String> {
    let Some(rule) = service.tables.rules.rule(country, number_type, None) else {
        return vec!["Nothing is known of the rules of this country: ask the carrier.".to_owned()];
    };
    let mut lines = vec![
        format!("relaying calls and texts between people: {}", permission(rule.interpersonal)),
        format!("automated calls: {}", permission(rule.automated_calls)),
        format!("automated texts: {}", permission(rule.automated_texts)),
    ];
    if rule.min_hold.as_hours() > 0 {
        lines.push(format!("to be kept for at least {} hours before it is given back", rule.min_hold.as_hours()));
    }
    lines.push(match rule.needs {
        None => "what Twilio wants to have on record: not verified".to_owned(),
        Some(Needs { bundle: false, address: false }) => "Twilio wants nothing on record".to_owned(),
        Some(needs) => on_record(service, needs),
    });
    lines.push(format!("note: {}", rule.note));
    lines.push(format!("source: {}", rule.source));
    lines
}

fn on_record(service: &Service, needs: Needs) -> String {
    let pool = &service.pool;
    let wanted = [
        (needs.bundle, "a regulatory bundle", &pool.bundle_sid, "TWILIO_BUNDLE_SID"),
        (needs.address, "an address", &pool.address_sid, "TWILIO_ADDRESS_SID"),
    ];
    let wanted: Vec<_> = wanted.into_iter().filter(|(needed, ..)| *needed).collect();
    let what: Vec<&str> = wanted.iter().map(|(_, what, ..)| *what).collect();
    let unset: Vec<&str> = wanted.iter().filter(|(.., sid, _)| sid.is_none()).map(|(.., name)| *name).collect();
    let refusal = match unset.as_slice() {
        [] => String::new(),
        [one] => format!("; {one} is not set, so it will refuse"),
        _ => format!("; {} are not set, so it will refuse", unset.join(" and ")),
    };
    format!("Twilio wants on record: {}{refusal}", what.join(" and "))
}

fn permission(permission: Permission) -> &'static str {
    match permission {
        Permission::Allowed => "permitted",
        Permission::Forbidden => "NOT permitted",
        Permission::Unknown => "not verified",
    }
}

/// Gives a client a number.
pub(super) async fn assign(service: &Service, options: &cli::Assign) -> anyhow::Result<ExitCode> {
    let country = options.country.unwrap_or(service.pool.country);
    let number_type = options.number_type.unwrap_or(service.preferred_type);
    let fields = AssignFields {
        client: options.client,
        country: &country.to_string(),
        number_type: number_type.as_str(),
        friendly_name: options.name.as_deref(),
    };
    let assigned = match service.assign_number(&fields, Actor::Cli).await {
        Ok(assigned) => assigned,
        Err(RequestError::Ledger(LedgerError::ClientUnknown)) => bail!("there is no client {}", options.client),
        Err(RequestError::Ledger(LedgerError::NoNumberLeft { country, availability })) => bail!(
            "no {number_type} number of {country} is available (mobile {}, local {}, total {}). Buy one with `proxycall \
             number buy --country {country} --type {number_type}`, or ask for another type",
            availability.mobile,
            availability.local,
            availability.total()
        ),
        Err(error) => return Err(error.into()),
    };
    let phone = assigned.phone.expose();
    if options.shape.json {
        say(&json!({"client_id": options.client, "proxy": phone, "choice": assigned.choice}).to_string());
    } else if assigned.before {
        say(&format!("Client {} has {phone} already and keeps it.", options.client));
    } else {
        say(&format!("Client {} has {phone} now. {}.", options.client, assigned.choice));
    }
    Ok(ExitCode::SUCCESS)
}
