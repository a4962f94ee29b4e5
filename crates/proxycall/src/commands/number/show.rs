//! What there is: numbers, their past, the stock and what needs an operator.

use std::process::ExitCode;

use anyhow::bail;
use jiff::Timestamp;
use proxycall_domain::{
    NumberStatus,
    client::parse_phone,
    pool::{NumberPast, ProxyNumber, stock::Stock},
};
use proxycall_service::{
    Service,
    ports::ledger::{Alert, NumberFilter},
};
use serde_json::{Value, json};

use super::{moment, say_table};
use crate::{
    cli,
    output::{Table, say},
};

/// How many numbers are read from the store at once.
const PAGE: u32 = 500;

/// Lists numbers page by page, so that neither memory nor whoever reads has to wait for the last.
pub(super) async fn list(service: &Service, options: &cli::List) -> anyhow::Result<ExitCode> {
    let mut table =
        Table::new(&["NUMBER", "COUNTRY", "TYPE", "STATE", "CLIENT", "SINCE (UTC)", "UNTIL (UTC)", "TAKES", "WHY"]);
    let mut left = options.limit.unwrap_or(u32::MAX);
    let mut filter = NumberFilter {
        country: options.country,
        number_type: options.number_type,
        status: options.status,
        after: None,
        limit: 0,
    };
    let mut listed = 0;
    if options.shape.json {
        say("{\"numbers\":[");
    }
    let next = loop {
        filter.limit = left.min(PAGE);
        let page = service.ledger.numbers(filter.clone()).await?;
        if options.shape.json {
            for number in &page.items {
                say(&format!("{}{}", if listed == 0 { "" } else { "," }, number_json(number)));
                listed += 1;
            }
        } else if !page.items.is_empty() {
            let rows: Vec<_> = page.items.iter().map(cells).collect();
            listed += rows.len();
            for line in table.lines(&rows) {
                say(&line);
            }
        }
        left = left.saturating_sub(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
        filter.after = page.next.as_deref().and_then(|next| next.parse().ok());
        if filter.after.is_none() || left == 0 {
            break page.next;
        }
    };
    if options.shape.json {
        say(&format!("],\"next\":{}}}", json!(next)));
    } else if listed == 0 {
        say("No such numbers are in the pool.");
    } else if next.is_some() {
        say(&format!("The first {listed}; there are more."));
    }
    Ok(ExitCode::SUCCESS)
}

fn cells(number: &ProxyNumber) -> Vec<String> {
    let takes = match &number.carrier {
        None => "not asked yet",
        Some(facts) => match (facts.voice, facts.sms) {
            (true, true) => "calls, texts",
            (true, false) => "calls",
            (false, true) => "texts",
            (false, false) => "nothing",
        },
    };
    vec![
        number.phone.expose(),
        number.country.to_string(),
        number.number_type.to_string(),
        number.status.as_str().to_owned(),
        number.client.map(|id| id.to_string()).unwrap_or_default(),
        moment(Some(number.since)),
        moment(number.held_until),
        takes.to_owned(),
        format!("{} ({})", number.reason, number.actor.as_str()),
    ]
}

fn text(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// As `GET /pool` has it.
fn number_json(number: &ProxyNumber) -> Value {
    let client = number.client.map(|id| id.to_string()).unwrap_or_default();
    json!({
        "country_iso": number.country.to_string(),
        "phone_number": number.phone.expose(),
        "status": number.status.as_str(),
        "friendly_name": number.friendly_name,
        "date_achat": number.added_at.to_string(),
        "date_attribution": text(number.assigned_at),
        "attribution_to_client_name": number.client_name.as_ref().map_or("", |name| name.expose()),
        "number_type": number.number_type.as_str(),
        "reserved_token": number.reservation.as_deref().unwrap_or_default(),
        "reserved_at": text(number.reservation.as_ref().map(|_| number.since)),
        "reserved_by_client_id": client,
        "since": number.since.to_string(),
        "actor": number.actor.as_str(),
        "reason": number.reason,
        "until": text(number.held_until),
        "client_id": client,
        "voice": number.carrier.as_ref().map(|facts| facts.voice),
        "sms": number.carrier.as_ref().map(|facts| facts.sms),
    })
}

/// The pool at a glance.
pub(super) async fn summary(service: &Service, options: &cli::Shape) -> anyhow::Result<ExitCode> {
    let stock = service.ledger.stock(service.clock.now()).await?;
    let alerts = service.ledger.alerts().await?;
    if options.json {
        let stock: Value = stock.iter().map(stock_json).collect();
        let alerts: Value = alerts.iter().map(alert_json).collect();
        say(&json!({"stock": stock, "alerts": alerts}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    if stock.is_empty() {
        say(
            "The pool has no numbers yet. `proxycall number buy` buys some, `proxycall number sync` finds those that the \
             account has, `proxycall client import` brings in those that clients have.",
        );
    } else {
        let states = NumberStatus::ALL.map(|status| status.as_str().to_uppercase());
        let mut header = vec!["COUNTRY", "TYPE"];
        header.extend(states.iter().map(String::as_str));
        header.extend(["GIVEN OUT IN 28 DAYS", "DAYS LEFT"]);
        let rows: Vec<Vec<String>> = stock.iter().map(stock_cells).collect();
        say_table(&header, &rows);
    }
    say("");
    if alerts.is_empty() {
        say("Nothing needs you.");
    } else {
        let row = |alert: &Alert| {
            vec![alert.kind.clone(), alert.subject.clone(), moment(Some(alert.raised_at)), alert.detail.to_string()]
        };
        say_table(&["ALERT", "ABOUT", "SINCE (UTC)", "WHAT"], &alerts.iter().map(row).collect::<Vec<_>>());
    }
    Ok(ExitCode::SUCCESS)
}

fn stock_cells(stock: &Stock) -> Vec<String> {
    let mut cells = vec![stock.country.to_string(), stock.number_type.to_string()];
    cells.extend(NumberStatus::ALL.map(|status| stock.count(status).to_string()));
    cells.push(stock.assigned_lately.to_string());
    cells.push(stock.days_left().map_or_else(|| "-".to_owned(), |days| days.to_string()));
    cells
}

/// As `GET /pool/summary` has it.
fn stock_json(stock: &Stock) -> Value {
    let mut body = serde_json::Map::new();
    body.insert("country_iso".to_owned(), json!(stock.country.to_string()));
    body.insert("number_type".to_owned(), json!(stock.number_type.as_str()));
    for status in NumberStatus::ALL {
        body.insert(status.as_str().to_owned(), json!(stock.count(status)));
    }
    body.insert("assigned_last_28_days".to_owned(), json!(stock.assigned_lately));
    body.insert("days_left".to_owned(), json!(stock.days_left()));
    Value::Object(body)
}

fn alert_json(alert: &Alert) -> Value {
    json!({
        "kind": alert.kind,
        "subject": alert.subject,
        "detail": alert.detail.to_string(),
        "since": alert.raised_at.to_string(),
    })
}

/// The life of a number.
pub(super) async fn history(service: &Service, options: &cli::History) -> anyhow::Result<ExitCode> {
    let phone = parse_phone("NUMBER", &options.number)?;
    let history = service.ledger.number_history(phone).await?;
    if history.is_empty() {
        bail!("{} is not in the pool and never was; `proxycall number list` shows what is", phone.expose());
    }
    if options.shape.json {
        let past: Value = history.iter().map(past_json).collect();
        say(&json!({"phone_number": phone.expose(), "history": past}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let row = |past: &NumberPast| {
        vec![
            moment(Some(past.since)),
            past.until.map_or_else(|| "now".to_owned(), |at| moment(Some(at))),
            past.status.as_str().to_owned(),
            past.client.map(|id| id.to_string()).unwrap_or_default(),
            past.actor.as_str().to_owned(),
            past.reason.clone(),
        ]
    };
    say_table(
        &["SINCE (UTC)", "UNTIL (UTC)", "STATE", "CLIENT", "BY", "WHY"],
        &history.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(ExitCode::SUCCESS)
}

/// As `GET /pool/{number}/history` has it.
fn past_json(past: &NumberPast) -> Value {
    json!({
        "status": past.status.as_str(),
        "client_id": past.client.map(|id| id.to_string()).unwrap_or_default(),
        "actor": past.actor.as_str(),
        "reason": past.reason,
        "since": past.since.to_string(),
        "until": text(past.until),
    })
}
