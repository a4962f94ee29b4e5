//! `proxycall setting`.

use std::process::ExitCode;

use anyhow::bail;
use proxycall_domain::{
    Language, Phrase,
    setting::{SETTINGS, env_name, phrase_key, phrase_of},
};
use proxycall_service::{Service, audit::Operator, ports::Ledger as _};

use crate::{
    cli::Setting,
    config::{Config, Environment, Needs},
    output::say,
    wiring,
};

/// Lists or changes settings.
pub(crate) async fn run(env: &Environment, setting: Setting) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    let parts = wiring::parts(&config, true).await?;
    let rows = parts.store.settings().await?;
    let result = match setting {
        Setting::List => {
            list(env, &parts.service, &rows);
            Ok(())
        }
        Setting::Get { key } => match current(env, &parts.service, &rows, &key) {
            Some((value, _)) => {
                say(&value);
                Ok(())
            }
            None => bail!("there is no setting {key}; `proxycall setting list` shows all"),
        },
        Setting::Set { key, value } => change(&parts.service, key, Some(value)).await,
        Setting::Reset { key } => change(&parts.service, key, None).await,
    };
    parts.store.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn change(service: &Service, key: String, value: Option<String>) -> anyhow::Result<()> {
    match &value {
        Some(value) => service.policy.check(&key, value)?,
        None if SETTINGS.iter().any(|setting| setting.key == key) || phrase_of(&key).is_some() => {}
        None => bail!("there is no setting {key}; `proxycall setting list` shows all"),
    }
    let done = if value.is_some() { "is set" } else { "has its default again" };
    let action = if value.is_some() { "set_setting" } else { "reset_setting" };
    let set = service.ledger.set_setting(key.clone(), value, service.clock.now());
    service.audited(&Operator::at_command_line(), action, &format!("setting {key}"), set).await?;
    say(&format!("{key} {done}; all instances follow within 5 seconds."));
    Ok(())
}

/// What a setting is now, and whose word that is.
fn current(
    env: &Environment,
    service: &Service,
    rows: &[(String, String)],
    key: &str,
) -> Option<(String, &'static str)> {
    if let Some((_, value)) = rows.iter().find(|(name, _)| name == key) {
        return Some((value.clone(), "operator"));
    }
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) {
        return Some(match env.setting(&env_name(key)) {
            Some(value) => (value, "environment"),
            None => (setting.default.to_owned(), "default"),
        });
    }
    let (phrase, language) = phrase_of(key)?;
    Some((service.policy.current().sentence(phrase, language).to_owned(), "default"))
}

fn list(env: &Environment, service: &Service, rows: &[(String, String)]) {
    for setting in SETTINGS {
        if let Some((value, origin)) = current(env, service, rows, setting.key) {
            say(&format!("{} = {value}   ({origin})\n    {}", setting.key, setting.meaning));
        }
    }
    say("\nSentences that people hear or read:");
    for phrase in Phrase::ALL {
        for language in [Language::Fr, Language::En] {
            let key = phrase_key(*phrase, language);
            if let Some((value, origin)) = current(env, service, rows, &key) {
                say(&format!("{key} = {value}   ({origin})"));
            }
        }
    }
}
