//! `proxycall setting`.

use std::process::ExitCode;

use anyhow::bail;
use proxycall_domain::{
    Language, Phrase,
    setting::{SETTINGS, env_name, phrase_key},
};
use proxycall_service::Service;

use crate::{
    cli::Setting,
    commands::audit,
    config::{Config, Environment, Needs},
    output::say,
    wiring,
};

/// Lists or changes settings.
pub(crate) async fn run(env: &Environment, setting: Setting) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    let parts = wiring::parts(&config, true).await?;
    parts.service.policy.refresh(parts.service.ledger.as_ref()).await?;
    let result = match setting {
        Setting::List => {
            list(env, &parts.service);
            Ok(())
        }
        Setting::Get { key } => match current(env, &parts.service, &key) {
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
    let done = if value.is_some() { "is set" } else { "has its default again" };
    let action = if value.is_some() { "set_setting" } else { "reset_setting" };
    audit::act(service, action, &format!("setting {key}"), async {
        service.set_setting(&key, value).await?;
        say(&format!("{key} {done}; all instances follow within 5 seconds."));
        Ok(ExitCode::SUCCESS)
    })
    .await
    .map(drop)
}

/// What a setting is now, and whose word that is.
fn current(env: &Environment, service: &Service, key: &str) -> Option<(String, &'static str)> {
    let now = service.policy.setting(key)?;
    let in_environment = SETTINGS.iter().any(|setting| setting.key == key) && env.setting(&env_name(key)).is_some();
    let origin = match (now.own, in_environment) {
        (true, _) => "operator",
        (false, true) => "environment",
        (false, false) => "default",
    };
    Some((now.value, origin))
}

fn list(env: &Environment, service: &Service) {
    for setting in SETTINGS {
        if let Some((value, origin)) = current(env, service, setting.key) {
            say(&format!("{} = {value}   ({origin})\n    {}", setting.key, setting.meaning));
        }
    }
    say("\nSentences that people hear or read:");
    for phrase in Phrase::ALL {
        for language in [Language::Fr, Language::En] {
            let key = phrase_key(*phrase, language);
            if let Some((value, origin)) = current(env, service, &key) {
                say(&format!("{key} = {value}   ({origin})"));
            }
        }
    }
}
