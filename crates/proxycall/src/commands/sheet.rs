//! `proxycall sheet`: the mirror by hand. What is printed names rows, columns and keys, never what stands in a cell.

mod show;

use std::process::ExitCode;

use anyhow::Context as _;
use proxycall_service::{
    Service,
    sheet::{Beginning, Pushed, PushedBy, Pushing},
};

use super::audit::act;
use crate::{
    cli::{ImportSheet, Sheet},
    config::{Config, Environment, Needs},
    output::{Progress, say},
    wiring,
};

/// How many rows lie between two lines of progress where nobody is looking at a terminal.
const TOLD_EVERY: usize = 10_000;

/// Does what is asked for.
pub(crate) async fn run(env: &Environment, command: Sheet) -> anyhow::Result<ExitCode> {
    let needs = if matches!(command, Sheet::Status) { Needs::Store } else { Needs::Sheet };
    let config = Config::read(env, needs)?;
    let parts = wiring::parts(&config, true).await?;
    let service = parts.service.as_ref();
    let result = match service.policy.refresh(service.ledger.as_ref()).await {
        Err(error) => Err(error.into()),
        Ok(_) => match command {
            Sheet::Init => act(service, "init_sheet", "", init(service)).await,
            Sheet::Import(options) if options.dry_run => import(service, &options).await,
            Sheet::Import(options) => act(service, "import_sheet", "", import(service, &options)).await,
            Sheet::Push => act(service, "push_sheet", "", push(service)).await,
            Sheet::Diff => diff(service).await,
            Sheet::Status => show::status(service).await,
        },
    };
    parts.store.close().await;
    result
}

/// 0 when nothing is left for a person to do.
fn code(all_done: bool) -> ExitCode {
    if all_done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As whom Google is asked: whoever reads of a failure wants to know with whom to share.
fn account(service: &Service) -> String {
    let account = service.sheet.as_ref().map_or("", |mirror| mirror.sheet().account());
    format!("the spreadsheet, asked for as {account}")
}

async fn init(service: &Service) -> anyhow::Result<ExitCode> {
    let done = service.init_sheet().await.with_context(|| account(service))?.context(NONE)?;
    Ok(code(show::set_up(&done)))
}

async fn import(service: &Service, options: &ImportSheet) -> anyhow::Result<ExitCode> {
    let mut progress = Progress::new();
    progress.step("reading the sheet and comparing it with the record", true);
    let mut tell = |begun: &Beginning| {
        let Beginning { clients, same, numbers, confirmations, skipped } = begun;
        let rows = clients + same + numbers + confirmations + skipped.len();
        progress.step(&format!("{rows} rows of the sheet dealt with"), rows.is_multiple_of(TOLD_EVERY));
    };
    let begun = service.import_sheet(options.dry_run, &mut tell).await;
    progress.clear();
    let Beginning { clients, same, numbers, confirmations, skipped } = begun.with_context(|| account(service))?;
    show::skipped(&skipped);
    let are = if options.dry_run { "would be" } else { "are" };
    say(&format!(
        "{clients} clients {are} taken over, {same} were there already; {numbers} further numbers {are} in the pool, \
         {confirmations} confirmations {are} going on; not taken: {}.",
        skipped.len()
    ));
    if options.dry_run {
        say("Nothing was changed. --apply takes over.");
    }
    Ok(code(skipped.is_empty()))
}

async fn push(service: &Service) -> anyhow::Result<ExitCode> {
    let mut progress = Progress::new();
    progress.step("reading the sheet", true);
    let mut before = None;
    let mut tell = |pushing| match pushing {
        Pushing::Waiting(rows) => {
            progress.step(&format!("{rows} rows to be written, or seen where they were written"), before != Some(rows));
            before = Some(rows);
        }
        Pushing::Again(error) => progress.complain(&error.to_string()),
    };
    let pushed = service.push_sheet(&mut tell).await;
    progress.clear();
    let Pushed { restored, marked, troubles, by } = pushed.with_context(|| account(service))?.context(NONE)?;
    for trouble in &troubles {
        say(trouble);
    }
    if restored > 0 {
        say(&format!("{restored} rows had been deleted in the sheet; they are written again."));
    }
    Ok(match by {
        PushedBy::Us { stuck: 0 } => {
            say(&format!("{marked} rows compared; the sheet shows what the record holds."));
            code(troubles.is_empty())
        }
        PushedBy::Us { stuck } => {
            say(&format!(
                "{marked} rows compared; {stuck} could not be written before somebody puts something right in the sheet: \
                 see `proxycall sheet diff`."
            ));
            ExitCode::FAILURE
        }
        PushedBy::Service { within } => {
            say(&format!(
                "{marked} rows are to be compared. The running service owns the sheet and begins within {} s (one that was \
                 killed gives it up after 2 minutes); `proxycall sheet status` shows how far it is.",
                within.as_secs()
            ));
            code(troubles.is_empty())
        }
    })
}

async fn diff(service: &Service) -> anyhow::Result<ExitCode> {
    let mut progress = Progress::new();
    progress.step("reading the sheet and comparing it with the record", true);
    let diff = service.diff_sheet().await;
    progress.clear();
    let diff = diff.with_context(|| account(service))?.context(NONE)?;
    Ok(code(show::diff(&diff)))
}

/// Every command here has checked before that there is one.
const NONE: &str = "no spreadsheet is set up; set GOOGLE_SHEET_NAME or GOOGLE_SHEET_ID, and a service account's key";
