//! `proxycall secret`.

use std::process::ExitCode;

use proxycall_service::{
    Service,
    ports::{
        Chance as _,
        ledger::{Renewal, Vault as _, VaultState, Waits},
    },
};
use proxycall_store::{SecretKey, SecretOrigin, Store};

use crate::{
    cli::Secret,
    config::{Config, Environment, Needs},
    output::{Progress, say},
    system::SystemChance,
    wiring,
};

/// Makes a secret, shows which are needed, or goes over to the newest.
pub(crate) async fn run(env: &Environment, secret: Secret) -> anyhow::Result<ExitCode> {
    if matches!(secret, Secret::New) {
        let mut bytes = [0; 32];
        SystemChance.fill(&mut bytes);
        say(&SecretKey::from_bytes(bytes).to_base64());
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::read(env, Needs::Store)?;
    let parts = wiring::parts(&config, true).await?;
    let result = match secret {
        Secret::Rotate => rotate(&parts.service).await,
        Secret::New | Secret::Status => status(&parts.store).await,
    };
    parts.store.close().await;
    result
}

async fn status(store: &Store) -> anyhow::Result<ExitCode> {
    let state = store.vault(true).await?;
    for line in lines(&state, store.secret_origin()) {
        say(&line);
    }
    Ok(if state.before.is_none() && state.left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where a secret comes from.
fn place(index: usize, count: usize, origin: SecretOrigin) -> String {
    match origin {
        SecretOrigin::Store if index + 1 == count => "kept in the store".to_owned(),
        _ => format!("number {} in PROXYCALL_SECRET_KEY", index + 1),
    }
}

fn lines(state: &VaultState, origin: SecretOrigin) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, fingerprint) in state.known.iter().enumerate() {
        let use_of_it = if *fingerprint == state.writes_with {
            "in use: keep it"
        } else if state.before.as_ref() == Some(fingerprint) {
            "still needed: keep it until the change is done"
        } else if index == 0 {
            "not in use yet: the service goes over to it ten minutes after it started, `proxycall secret rotate` at once"
        } else {
            "not needed: may be taken away"
        };
        lines.push(format!("{fingerprint}  {}: {use_of_it}", place(index, state.known.len(), origin)));
    }
    for (column, rows) in &state.left {
        lines.push(format!("{rows} rows of {column} are not sealed with the secret in use"));
    }
    if state.waiting > 0 {
        lines.push(format!("{} requests, codes or links are in use that the secret before made", state.waiting));
    }
    if state.unreadable > 0 {
        lines.push(format!("{} rows are opened by no listed secret", state.unreadable));
    }
    if state.left.is_empty() && state.before.is_none() {
        lines.push("Everything is sealed with the secret in use.".to_owned());
    }
    lines
}

async fn rotate(service: &Service) -> anyhow::Result<ExitCode> {
    let ledger = &service.ledger;
    let Some(to) = ledger.renewal_to().await? else {
        say("Everything is sealed with the newest secret; there is nothing to do.");
        return Ok(ExitCode::SUCCESS);
    };
    let (mut progress, mut all, mut before) = (Progress::new(), 0, "");
    loop {
        match ledger.renew(to.clone(), service.clock.now()).await? {
            Renewal::More { at, looked_at, renewed } => {
                all += renewed;
                let landmark = std::mem::replace(&mut before, at) != at;
                progress.step(&format!("{at}: {looked_at} rows looked at, {all} renewed in all"), landmark);
            }
            Renewal::Later { at, why } => {
                progress.clear();
                // The service does the rest; it hears of it here, should it not have been started with this secret.
                service.schedule_renewal().await?;
                say(&format!("{all} rows renewed. {} Next look: {at}.", waits(why)));
                return Ok(ExitCode::FAILURE);
            }
            Renewal::Done => {
                progress.clear();
                say(&format!("{all} rows renewed. Everything is sealed with the newest secret; no other is needed."));
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// What the rest waits for, in a sentence.
fn waits(why: Waits) -> &'static str {
    match why {
        Waits::Instances => "Every instance has two minutes to follow; then all is looked at once more.",
        Waits::Day => "Requests and codes of the last day need the secret before: keep both until they are over.",
        Waits::Unreadable => "Some rows are opened by no listed secret: list the one they were made with.",
        Waits::Unknown => "The secret is not known here.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_is_said_to_be_needed_or_not() {
        let [new, old, older] = ["new", "old", "older"].map(str::to_owned);
        let mut state = VaultState {
            writes_with: new.clone(),
            before: Some(old.clone()),
            begun_at: None,
            sealed: false,
            left: vec![("client.phone", 3)],
            waiting: 1,
            unreadable: 0,
            known: vec![new, old, older],
        };
        let shown = lines(&state, SecretOrigin::Environment);
        assert_eq!(shown.len(), 5, "{shown:?}");
        assert!(shown[0].contains("in use: keep it") && shown[1].contains("still needed"), "{shown:?}");
        assert!(shown[2].contains("may be taken away") && shown[3].starts_with("3 rows of client.phone"), "{shown:?}");
        state.before = None;
        state.left.clear();
        let shown = lines(&state, SecretOrigin::Store);
        assert!(shown[1].contains("not needed") && shown[2].contains("kept in the store"), "{shown:?}");
        assert!(shown.last().is_some_and(|line| line.starts_with("Everything is sealed")), "{shown:?}");
    }
}
