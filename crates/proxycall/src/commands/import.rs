//! `proxycall client import`.

use std::{
    fs::File,
    io::{self, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, anyhow};
use proxycall_domain::ActOutcome;
use proxycall_service::{
    audit::Operator,
    import::{Event, ImportError, Source},
};

use crate::{
    config::{Config, Environment, Needs},
    output::{Progress, say},
    wiring,
};

/// How many rows lie between two lines of progress where nobody is looking at a terminal.
const TOLD_EVERY: u64 = 100_000;

struct CsvFile(PathBuf);

impl Source for CsvFile {
    fn open(&self) -> io::Result<Box<dyn io::Read + Send>> {
        Ok(Box::new(BufReader::new(File::open(&self.0)?)))
    }
}

/// Takes over the file.
pub(crate) async fn run(env: &Environment, file: &Path, skip_refused: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    let parts = wiring::parts(&config, true).await?;
    parts.service.policy.refresh(parts.service.ledger.as_ref()).await?;
    parts.store.expect_import().await?;
    let mut progress = Progress::new();
    let mut tell = |event| match event {
        Event::Checked(rows) => progress.step(&format!("{rows} rows checked"), rows.is_multiple_of(TOLD_EVERY)),
        Event::Written(rows) => progress.step(&format!("{rows} rows written"), rows.is_multiple_of(TOLD_EVERY)),
        Event::Refused { line, client, error } => {
            let client = client.map_or_else(String::new, |id| format!(", client {id}"));
            progress.complain(&format!("line {line}{client}: {error}"));
        }
    };
    let begun = parts.service.begin_act(&Operator::at_command_line(), "import_clients", "").await;
    let act = begun.context("nothing was done: it could not be written into the audit log")?;
    let report = parts.service.import_clients(&CsvFile(file.to_owned()), skip_refused, &mut tell).await;
    let (subject, outcome) = match &report {
        Ok(report) if report.refused > 0 && !skip_refused => (None, ActOutcome::Refused),
        Ok(report) => (Some(format!("{} clients", report.added)), ActOutcome::Done),
        Err(ImportError::Ledger(_)) => (None, ActOutcome::Failed),
        Err(_) => (None, ActOutcome::Refused),
    };
    parts.service.end_act(act, subject, outcome).await;
    progress.clear();
    parts.store.close().await;
    // Its words hold all that lies behind it.
    let report = report.map_err(|error| anyhow!("{}: {error}", file.display()))?;
    if report.refused > 0 && !skip_refused {
        say(&format!(
            "Nothing was imported; rows refused: {}. Mend them, or import the others with --skip-refused.",
            report.refused
        ));
        return Ok(ExitCode::FAILURE);
    }
    say(&format!("{} clients imported, {} were there already, {} refused.", report.added, report.same, report.refused));
    Ok(ExitCode::SUCCESS)
}
