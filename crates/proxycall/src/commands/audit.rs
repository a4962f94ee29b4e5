//! `proxycall audit`, and how the other commands get into the audit log.

use std::process::ExitCode;

use anyhow::Context as _;
use proxycall_domain::ActOutcome;
use proxycall_service::{
    Service,
    audit::Operator,
    clients::RequestError,
    pool::PoolError,
    ports::{
        CarrierError, LedgerError,
        ledger::{AccessBook as _, AuditEntry, AuditFilter},
    },
    settings::SetError,
    sheet::SheetFailure,
};
use serde_json::{Value, json};

use crate::{
    cli,
    config::{Config, Environment, Needs},
    output::{Table, say},
    wiring,
};

/// Carries out what changes something, and has it in the audit log under the name that the API has for it.
///
/// # Errors
/// Those of the act, and when it could not be written down: it was not carried out then.
pub(crate) async fn act(
    service: &Service,
    action: &str,
    subject: &str,
    act: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    let begun = service.begin_act(&Operator::at_command_line(), action, subject).await;
    let id = begun.context("nothing was done: it could not be written into the audit log")?;
    let result = act.await;
    let outcome = match &result {
        Ok(code) if *code == ExitCode::SUCCESS => ActOutcome::Done,
        Ok(_) => ActOutcome::Refused,
        Err(error) => outcome_of(error),
    };
    service.end_act(id, None, outcome).await;
    result
}

/// What the audit log calls an act that came to nothing: it failed where the store, the carrier or Google did; else what was
/// asked for was wrong.
pub(crate) fn outcome_of(error: &anyhow::Error) -> ActOutcome {
    let of_store = |error: &LedgerError| matches!(error, LedgerError::Unavailable(_) | LedgerError::Unreadable(_));
    let of_carrier = |error: &CarrierError| !matches!(error, CarrierError::Refused { .. });
    let failed = error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(of_store)
            || cause.downcast_ref().is_some_and(of_carrier)
            || cause.downcast_ref::<SheetFailure>().is_some()
            || matches!(cause.downcast_ref(), Some(RequestError::Ledger(error)) if of_store(error))
            || matches!(cause.downcast_ref(), Some(SetError::Ledger(error)) if of_store(error))
            || match cause.downcast_ref() {
                Some(PoolError::Ledger(error)) => of_store(error),
                Some(PoolError::Carrier(error)) => of_carrier(error),
                _ => false,
            }
    });
    if failed { ActOutcome::Failed } else { ActOutcome::Refused }
}

/// Shows what operators did.
pub(crate) async fn run(env: &Environment, options: cli::Audit) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    let after = options.after.as_deref().map(str::parse).transpose().context("--after")?;
    let parts = wiring::parts(&config, true).await?;
    let filter = AuditFilter {
        actor: options.actor,
        action: options.action,
        subject: options.subject,
        after,
        limit: options.limit,
    };
    let page = parts.store.acts(filter).await;
    parts.store.close().await;
    let page = page?;
    if options.json {
        let acts: Vec<Value> = page.items.iter().map(in_json).collect();
        say(&json!({"acts": acts, "next": page.next}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = page.items.iter().map(row).collect();
    for line in Table::new(&["WHEN (UTC)", "WHO", "WHAT", "TO WHAT", "OUTCOME", "REQUEST"]).lines(&rows) {
        say(&line);
    }
    if let Some(next) = page.next {
        say(&format!("\nOlder ones: --after {next}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn row(act: &AuditEntry) -> Vec<String> {
    vec![
        act.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        act.actor.as_str().to_owned(),
        act.action.clone(),
        act.subject.clone(),
        act.outcome.as_str().to_owned(),
        act.request_id.clone(),
    ]
}

fn in_json(act: &AuditEntry) -> Value {
    json!({
        "id": act.id.to_string(),
        "at": act.at.to_string(),
        "actor": act.actor.as_str(),
        "action": act.action,
        "subject": act.subject,
        "outcome": act.outcome.as_str(),
        "request_id": act.request_id,
    })
}
