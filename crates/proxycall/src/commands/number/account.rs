//! Pool and account are compared, and webhooks are looked at and mended: what is found is shown before it is changed.

use std::process::ExitCode;

use proxycall_domain::{PhoneNumber, pool::life::Actor};
use proxycall_service::{
    Service,
    pool::{NumberFailure, SyncReport, WebhookFilter, WebhookReport},
};
use serde_json::{Value, json};

use super::{
    agreed, code, complain_of, complain_of_absent, exposed, failures_json, known_troubles, naive, say_table,
    show_table, told,
};
use crate::{
    cli,
    output::{Progress, complain, say},
};

/// After how many numbers a line of progress is worth printing where nobody looks at a terminal.
const TOLD_EVERY: usize = 100;

/// Compares account and pool.
pub(super) async fn sync(service: &Service, options: &cli::Sync) -> anyhow::Result<ExitCode> {
    let mut progress = Progress::new();
    progress.step("Comparing the carrier's account with the pool", false);
    let report = service.sync_numbers(options.apply, Actor::Cli).await;
    progress.clear();
    let report = report.map_err(told)?;
    let found = &report.differences;
    if options.shape.json {
        let body = json!({
            "missing_numbers": exposed(&found.unknown),
            "added_numbers": exposed(&report.added),
            "total_twilio": report.total_account,
            "total_sheet": report.total_pool,
            "ts": naive(report.at),
            "used_elsewhere": exposed(&found.elsewhere),
            "missing_on_twilio": exposed(&found.missing),
            "back_on_twilio": exposed(&found.back),
            "need_webhooks": exposed(&found.miswired),
        });
        say(&body.to_string());
    } else {
        say_differences(&report, options.apply);
    }
    let left = found.unknown.iter().filter(|phone| options.apply && !report.added.contains(phone));
    let left: Vec<NumberFailure> = left
        .map(|phone| NumberFailure {
            number: phone.expose(),
            why: "was not added: it is a client's real number, or its dial code belongs to no known country".to_owned(),
        })
        .collect();
    complain_of(&left);
    Ok(code(left.is_empty()))
}

fn say_differences(report: &SyncReport, apply: bool) {
    let found = &report.differences;
    say(&format!("The account has {} numbers, the pool {}.", report.total_account, report.total_pool));
    let mut rows = Vec::new();
    let mut add = |numbers: &[PhoneNumber], what: &str, done: &str| {
        rows.extend(numbers.iter().map(|phone| vec![phone.expose(), what.to_owned(), done.to_owned()]));
    };
    let unknown = if apply { &report.added } else { &found.unknown };
    add(unknown, "in the account, unknown here", if apply { "added" } else { "would be added as available" });
    add(&found.elsewhere, "used for something else", if apply { "set aside" } else { "would be set aside" });
    add(
        &found.missing,
        "gone at the carrier",
        if apply { "flagged as missing" } else { "would be flagged as missing" },
    );
    add(&found.back, "was missing, is there again", if apply { "taken back" } else { "would be taken back" });
    add(&found.miswired, "does not lead here as it should", "`proxycall number fix-webhooks` mends it");
    if rows.is_empty() {
        say("They agree.");
        return;
    }
    say_table(&["NUMBER", "WHAT", if apply { "DONE" } else { "WITH --apply" }], &rows);
    if !apply && rows.len() > found.miswired.len() {
        say("Nothing was changed; --apply sets it right.");
    }
}

/// Looks at webhooks, and mends them when told to.
pub(super) async fn fix_webhooks(service: &Service, options: &cli::FixWebhooks) -> anyhow::Result<ExitCode> {
    let filter = WebhookFilter {
        country: options.country,
        status: options.status,
        calls_only: options.calls_only,
        ..WebhookFilter::default()
    };
    if options.apply && !options.consent.yes {
        let report = look_at(service, &filter, true).await?;
        let rows = need_rows(service, &report);
        if !rows.is_empty() {
            complain(&format!("Numbers that are going to lead to {}:", service.public_base_url));
            show_table(&NEED, &rows);
            if !agreed(&options.consent) {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    let report = look_at(service, &filter, !options.apply).await?;
    if options.shape.json {
        say(&report_json(service, options, &report).to_string());
    } else {
        say_report(service, options, &report);
    }
    let troubled = report.failed.iter().map(|failure| &failure.number).chain(&report.not_found);
    let known = known_troubles(service, troubled).await?;
    complain_of(&report.failed);
    complain_of_absent(&report.not_found);
    let all_known = report.failed.iter().all(|failure| known.contains(&failure.number))
        && report.not_found.iter().all(|number| known.contains(number));
    Ok(code(all_known))
}

async fn look_at(service: &Service, filter: &WebhookFilter, dry_run: bool) -> anyhow::Result<WebhookReport> {
    let mut progress = Progress::new();
    let what = if dry_run { "looked at" } else { "seen to" };
    progress.step("Reading the numbers of the carrier's account", false);
    let mut tell = |done: usize, total: usize| {
        let landmark = done > 0 && (done.is_multiple_of(TOLD_EVERY) || done == total) && total >= TOLD_EVERY;
        progress.step(&format!("{done} of {total} numbers {what}"), landmark);
    };
    let report = service.fix_webhooks(filter, dry_run, &mut tell).await;
    progress.clear();
    report.map_err(told)
}

/// The header of [`need_rows`].
const NEED: [&str; 3] = ["NUMBER", "WHAT", "LEADS NOW TO"];

/// What does not lead here.
fn need_rows(service: &Service, report: &WebhookReport) -> Vec<Vec<String>> {
    let wanted = service.wanted_wiring();
    let voice = report.need_voice.iter().map(|(number, url)| (number, "calls", url, &wanted.voice.url));
    let text = report.need_text.iter().map(|(number, url)| (number, "texts", url, &wanted.text.url));
    let mut rows: Vec<_> = voice
        .chain(text)
        .map(|(number, what, url, wanted)| {
            let leads = if url.is_empty() {
                "nowhere".to_owned()
            } else if url == wanted {
                "here, but by another method, or fallback, status callback, trunk or application differ".to_owned()
            } else {
                url.clone()
            };
            vec![number.clone(), what.to_owned(), leads]
        })
        .collect();
    rows.sort();
    rows
}

fn say_report(service: &Service, options: &cli::FixWebhooks, report: &WebhookReport) {
    let rows = need_rows(service, report);
    let looked_at = format!("{} numbers looked at", report.checked);
    if rows.is_empty() {
        say(&format!("{looked_at}; all that can lead here do."));
    } else if options.apply {
        let (calls, texts) = (report.fixed_voice.len(), report.fixed_text.len());
        say(&format!("{looked_at}; mended: calls of {calls}, texts of {texts}."));
    } else {
        say_table(&NEED, &rows);
        let (calls, texts) = (report.need_voice.len(), report.need_text.len());
        say(&format!(
            "{looked_at}; not leading here: calls of {calls}, texts of {texts}. Nothing was changed; --apply mends them."
        ));
    }
}

/// As `POST /pool/fix-webhooks` has it.
fn report_json(service: &Service, options: &cli::FixWebhooks, report: &WebhookReport) -> Value {
    let wanted = service.wanted_wiring();
    let need = |list: &[(String, String)], field: &str| -> Value {
        list.iter().map(|(number, url)| json!({"phone_number": number, field: url})).collect()
    };
    let need_voice = need(&report.need_voice, "current_voice_url");
    json!({
        "target_voice_url": wanted.voice.url,
        "target_sms_url": if options.calls_only { "" } else { &wanted.text.url },
        "checked": report.checked,
        "need_fix": need_voice,
        "fixed": report.fixed_voice,
        "need_fix_voice": need_voice,
        "need_fix_sms": need(&report.need_text, "current_sms_url"),
        "fixed_voice": report.fixed_voice,
        "fixed_sms": report.fixed_text,
        "not_found_on_twilio": report.not_found,
        "errors": failures_json(&report.failed),
        "dry_run": !options.apply,
        "only_status": options.status.map(|status| status.as_str()),
        "only_country": options.country.map(|country| country.to_string()),
        "ts": naive(service.clock.now()),
    })
}
