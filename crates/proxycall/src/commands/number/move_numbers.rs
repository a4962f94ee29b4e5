//! Numbers named one by one are given back, rested, adopted, or given their former webhooks back: each shown with what
//! is going to happen to it before it does.

use std::process::ExitCode;

use proxycall_domain::{
    NumberStatus,
    pool::{
        ProxyNumber,
        life::{Actor, may_leave},
    },
    wiring::Wiring,
};
use proxycall_service::Service;
use serde_json::{Value, json};

use super::{
    NAMED, Named, agreed, carrier_words, code, complain_of, complain_of_absent, failures_json, look_up, say_table,
    show_table, told,
};
use crate::{
    cli,
    output::{complain, say},
};

/// Gives numbers back to the carrier.
pub(super) async fn release(service: &Service, options: &cli::Forced) -> anyhow::Result<ExitCode> {
    if !options.consent.yes {
        let named = look_up(service, &options.numbers).await?;
        complain("Numbers to be given back to the carrier, for good:");
        preview(&named, |named| release_fate(service, named, options.force));
    }
    if !agreed(&options.consent) {
        return Ok(ExitCode::FAILURE);
    }
    let report = service.release_numbers(&options.numbers, options.force, Actor::Cli).await.map_err(told)?;
    if options.shape.json {
        let failed = report.failed.iter();
        let failed: Value = failed.map(|failure| json!({"number": failure.number, "error": failure.why})).collect();
        say(&json!({"released": report.released, "not_found": report.not_found, "failed": failed}).to_string());
    } else {
        for number in &report.released {
            say(&format!("{number} was given back."));
        }
    }
    // What the pool had and the account has not is out of the pool now, which is all that was left to do.
    let mut unknown = Vec::new();
    for named in look_up(service, &report.not_found).await? {
        if named.known.is_none() {
            unknown.push(named.text);
        } else if !options.shape.json {
            say(&format!("{} has left the pool; the carrier's account did not have it.", named.text));
        }
    }
    complain_of(&report.failed);
    complain_of_absent(&unknown);
    Ok(code(report.failed.is_empty() && unknown.is_empty()))
}

fn release_fate(service: &Service, named: &Named, force: bool) -> String {
    let Some(number) = &named.known else {
        return if force {
            "is given back although the pool does not know it".to_owned()
        } else {
            "stays: is not in the pool".to_owned()
        };
    };
    if let Err(reason) = may_leave(number.status, force) {
        return format!("stays: {reason}");
    }
    let mut fate = match &number.client {
        Some(client) => format!("is given back; client {client} LOSES it"),
        None => "is given back".to_owned(),
    };
    let rule = service.tables.rules.rule(number.country, number.number_type, Some(number.phone));
    let held = service.clock.now().duration_since(number.added_at);
    if let Some(rule) = rule.filter(|rule| held < rule.min_hold) {
        let (asked, is) = (rule.min_hold.as_hours(), held.as_hours());
        fate.push_str(&format!("; {} asks for {asked} hours of use, it has had {is}", number.country));
    }
    fate
}

/// Puts numbers to rest.
pub(super) async fn quarantine(service: &Service, options: &cli::Forced) -> anyhow::Result<ExitCode> {
    if options.force {
        if !options.consent.yes {
            let named = look_up(service, &options.numbers).await?;
            complain("Numbers to be put to rest:");
            preview(&named, quarantine_fate);
        }
        if !agreed(&options.consent) {
            return Ok(ExitCode::FAILURE);
        }
    }
    let report = service.quarantine_numbers(&options.numbers, options.force, Actor::Cli).await?;
    if options.shape.json {
        let resting = report.resting.iter();
        let resting: Value =
            resting.map(|(number, until)| json!({"phone_number": number, "until": until.to_string()})).collect();
        say(&json!({"quarantined": resting, "failed": failures_json(&report.failed)}).to_string());
    } else {
        for (number, until) in &report.resting {
            say(&format!("{number} rests until {} UTC.", super::moment(Some(*until))));
        }
    }
    complain_of(&report.failed);
    Ok(code(report.failed.is_empty()))
}

fn quarantine_fate(named: &Named) -> String {
    match &named.known {
        None => "nothing: is not in the pool".to_owned(),
        Some(ProxyNumber { client: Some(client), status: NumberStatus::Assigned, .. }) => {
            format!("rests; client {client} LOSES it")
        }
        Some(ProxyNumber { status: NumberStatus::Reserved, .. }) => "rests; its reservation ends".to_owned(),
        Some(ProxyNumber { status: NumberStatus::Quarantined, .. }) => "nothing: rests already".to_owned(),
        Some(_) => "rests".to_owned(),
    }
}

/// Gives numbers their former webhooks back.
pub(super) async fn restore_webhooks(service: &Service, options: &cli::Forced) -> anyhow::Result<ExitCode> {
    if !options.consent.yes {
        let mut rows = Vec::new();
        for named in look_up(service, &options.numbers).await? {
            let fate = match (&named.phone, &named.known) {
                (Err(problem), _) => format!("nothing: {problem}"),
                (_, None) => "nothing: is not in the pool".to_owned(),
                (Ok(phone), Some(number)) => match may_leave(number.status, options.force) {
                    Err(reason) => format!("stays: {reason}"),
                    Ok(()) => match service.ledger.wiring_before(*phone).await? {
                        None => "nothing: had no other webhooks that we know of".to_owned(),
                        Some(before) => format!("is set aside; {}", leads_to(&before, "will lead")),
                    },
                },
            };
            let mut cells = named.cells();
            cells.push(fate);
            rows.push(cells);
        }
        complain("Numbers to be given their former webhooks back:");
        show_table(&NAMED, &rows);
    }
    if !agreed(&options.consent) {
        return Ok(ExitCode::FAILURE);
    }
    let (restored, failed) = service.restore_webhooks(&options.numbers, options.force, Actor::Cli).await?;
    if options.shape.json {
        say(&json!({"restored": restored, "failed": failures_json(&failed)}).to_string());
    } else {
        for number in &restored {
            say(&format!("{number} leads where it led before, and is set aside."));
        }
    }
    complain_of(&failed);
    Ok(code(failed.is_empty()))
}

/// Brings numbers of the account into the pool.
pub(super) async fn adopt(service: &Service, options: &cli::Adopt) -> anyhow::Result<ExitCode> {
    if !options.consent.yes {
        let mut rows = Vec::new();
        for named in look_up(service, &options.numbers).await? {
            let fate = match &named.phone {
                Err(problem) => format!("nothing: {problem}"),
                Ok(phone) => match service.carrier.find_number(*phone).await {
                    Err(error) => format!("nothing: {}", carrier_words(&error)),
                    Ok(None) => "nothing: is not in the carrier's account".to_owned(),
                    Ok(Some(found)) => {
                        format!("joins the pool and will lead here; {}", leads_to(&found.wiring, "leads now"))
                    }
                },
            };
            let mut cells = named.cells();
            cells.push(fate);
            rows.push(cells);
        }
        complain(&format!("Numbers of the account that are to lead to {}:", service.public_base_url));
        show_table(&NAMED, &rows);
    }
    if !agreed(&options.consent) {
        return Ok(ExitCode::FAILURE);
    }
    let report = service.adopt_numbers(&options.numbers, Actor::Cli).await.map_err(told)?;
    if options.shape.json {
        let body = json!({
            "adopted": report.adopted,
            "not_found": report.not_found,
            "failed": failures_json(&report.failed),
        });
        say(&body.to_string());
    } else {
        let adopted = look_up(service, &report.adopted).await?;
        if !adopted.is_empty() {
            say_table(&["ADOPTED", "STATE", "CLIENT"], &adopted.iter().map(Named::cells).collect::<Vec<_>>());
        }
    }
    complain_of(&report.failed);
    complain_of_absent(&report.not_found);
    Ok(code(report.failed.is_empty() && report.not_found.is_empty()))
}

fn preview(named: &[Named], fate: impl Fn(&Named) -> String) {
    let rows: Vec<Vec<String>> = named
        .iter()
        .map(|named| {
            let fate = match &named.phone {
                Err(problem) => format!("nothing: {problem}"),
                Ok(_) => fate(named),
            };
            let mut cells = named.cells();
            cells.push(fate);
            cells
        })
        .collect();
    show_table(&NAMED, &rows);
}

/// Where a wiring leads, in words: `leads now: calls to …, texts to …`.
fn leads_to(wiring: &Wiring, verb: &str) -> String {
    let side = |taken_by: [&Option<String>; 2], url: &str| {
        let attached = taken_by.into_iter().flatten().find(|sid| !sid.is_empty());
        match attached {
            Some(sid) => sid.clone(),
            None if url.is_empty() => "nowhere".to_owned(),
            None => url.to_owned(),
        }
    };
    let calls = side([&wiring.trunk, &wiring.voice_application], &wiring.voice.url);
    let texts = side([&wiring.text_application, &None], &wiring.text.url);
    format!("{verb}: calls to {calls}, texts to {texts}")
}
