//! `proxycall client export`, `erase` and `erasure`, and `proxycall retention`: a person's rights, and how long data is kept.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use proxycall_domain::{ClientId, pool::life::Actor};
use proxycall_service::{
    Service,
    audit::client_subject,
    ports::ledger::Erasure,
    privacy::{Export, Kept, Period},
};

use super::audit::act;
use crate::{
    cli::Retention,
    config::{Config, Environment, Needs},
    output::{complain, say},
    wiring,
};

/// Writes all that is known of a client.
pub(crate) async fn export(env: &Environment, id: &str, output: Option<&Path>) -> anyhow::Result<ExitCode> {
    let id = client_id(id)?;
    with_service(env, async |service| {
        act(service, "export_client", &client_subject(id), write_out(service, id, output)).await
    })
    .await
}

/// Erases a client, if it is meant.
pub(crate) async fn erase(env: &Environment, id: &str, yes: bool) -> anyhow::Result<ExitCode> {
    let id = client_id(id)?;
    if !yes {
        complain(&format!("Erasing client {id} is final. To do it: proxycall client erase {id} --yes"));
        return Ok(ExitCode::FAILURE);
    }
    with_service(env, async |service| {
        let erase = async {
            tell(&service.erase_client(id, Actor::Cli).await?);
            Ok(ExitCode::SUCCESS)
        };
        act(service, "erase_client", &client_subject(id), erase).await
    })
    .await
}

/// Says how far an erasure is.
pub(crate) async fn erasure(env: &Environment, id: &str) -> anyhow::Result<ExitCode> {
    let id = client_id(id)?;
    with_service(env, async |service| match service.erasure(id).await? {
        Some(erasure) => {
            tell(&erasure);
            Ok(if erasure.is_done() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        None => bail!("client {id} is not erased"),
    })
    .await
}

async fn with_service(
    env: &Environment,
    act: impl AsyncFnOnce(&Arc<Service>) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    let parts = wiring::parts(&config, true).await?;
    let result = match parts.service.policy.refresh(parts.service.ledger.as_ref()).await {
        Ok(()) => act(&parts.service).await,
        Err(error) => Err(error.into()),
    };
    parts.store.close().await;
    result
}

fn client_id(text: &str) -> anyhow::Result<ClientId> {
    Ok(ClientId::parse("ID", text)?)
}

async fn write_out(service: &Arc<Service>, id: ClientId, output: Option<&Path>) -> anyhow::Result<ExitCode> {
    let export = Export::begin(Arc::clone(service), id).await?;
    let Some(path) = output else {
        write(export, &mut io::stdout().lock()).await?;
        return Ok(ExitCode::SUCCESS);
    };
    // Under another name until it is whole.
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let mut file = new_file(path).and_then(|()| private_file(part)).with_context(|| path.display().to_string())?;
    let written = match write(export, &mut file).await {
        Ok(()) => file.sync_all().and_then(|()| fs::hard_link(part, path)).map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    fs::remove_file(part)?;
    written.with_context(|| path.display().to_string())?;
    say(&format!("Client {id} is written to {}. It holds personal data: hand it over safely.", path.display()));
    Ok(ExitCode::SUCCESS)
}

fn new_file(path: &Path) -> io::Result<()> {
    if path.exists() { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(()) }
}

/// A file that its owner alone can read.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

async fn write(mut export: Export, out: &mut impl Write) -> anyhow::Result<()> {
    while let Some(part) = export.part().await? {
        out.write_all(part.as_bytes())?;
    }
    Ok(out.flush()?)
}

fn tell(erasure: &Erasure) {
    let Erasure { client, begun_at, record_done, sheet_done, at_carrier, given_up } = erasure;
    let done = |done: &bool| if *done { "done" } else { "goes on while the service runs" };
    say(&format!("Client {client} was erased at {begun_at}."));
    say(&format!("  in the record: {}", done(record_done)));
    say(&format!("  in the sheet: {}", done(sheet_done)));
    say(&format!(
        "  at the carrier: {at_carrier} calls and messages are still to be deleted, {given_up} were given up"
    ));
    if !erasure.is_done() {
        say(&format!("How far it is: proxycall client erasure {client}"));
    }
}

/// Says how long data is kept, or empties what is over its time.
pub(crate) async fn retention(env: &Environment, retention: Retention) -> anyhow::Result<ExitCode> {
    with_service(env, async |service| {
        let changes = matches!(retention, Retention::Run { dry_run: false });
        let result = async { about_periods(service, retention).await.map(|()| ExitCode::SUCCESS) };
        if changes { act(service, "keep_periods", "retention", result).await } else { result.await }
    })
    .await
}

async fn about_periods(service: &Service, retention: Retention) -> anyhow::Result<()> {
    match retention {
        Retention::Status | Retention::Run { dry_run: true } => {
            for period in service.periods().await? {
                say(&line(&period));
            }
            if matches!(retention, Retention::Run { .. }) {
                say("Nothing was changed.");
            }
        }
        Retention::Run { dry_run: false } => {
            let mut kept = Kept::default();
            while service.keep_some_periods(&mut kept).await? {}
            say(&format!("{} closed clients erased, {} records emptied or deleted.", kept.clients, kept.records));
        }
    }
    Ok(())
}

fn line(Period { of, before }: &Period) -> String {
    let ran = of.ran_at.map_or_else(|| "not looked at yet".to_owned(), |at| format!("last looked at {at}"));
    match before {
        Some(before) => format!(
            "retention.{}_days: kept from {before} on; {} records are over their time, {} were emptied so far ({ran})",
            of.kind, of.records, of.emptied
        ),
        None => format!("retention.{}_days: kept for ever ({ran})", of.kind),
    }
}
