//! `proxycall token`: who may use the API.

use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use proxycall_domain::TokenName;
use proxycall_service::{
    Service,
    access::{MadeToken, TokenFields},
    ports::ledger::ApiToken,
};
use secrecy::ExposeSecret as _;

use super::audit::act;
use crate::{
    cli::Token,
    config::{Config, Environment, Needs},
    output::{Table, complain, say},
    wiring,
};

/// Does what is asked for.
pub(crate) async fn run(env: &Environment, command: Token) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    let parts = wiring::parts(&config, true).await?;
    let service = parts.service.as_ref();
    let result = match command {
        Token::List => list(service).await,
        Token::Add { name, scope, expires } => {
            let subject = subject(&name)?;
            act(service, "add_token", &subject, async {
                let fields = TokenFields { name: &name, scope: &scope, expires_in_days: expires };
                show(&service.add_token(fields).await?);
                Ok(ExitCode::SUCCESS)
            })
            .await
        }
        Token::Rotate { name } => {
            let subject = subject(&name)?;
            act(service, "rotate_token", &subject, async {
                show(&service.rotate_token(&name).await?);
                complain("The former token opens nothing any more 5 seconds from now.");
                Ok(ExitCode::SUCCESS)
            })
            .await
        }
        Token::Revoke { name } => {
            let subject = subject(&name)?;
            act(service, "revoke_token", &subject, async {
                let token = service.revoke_token(&name).await?;
                say(&format!("{} is revoked: it opens nothing any more 5 seconds from now.", token.name));
                Ok(ExitCode::SUCCESS)
            })
            .await
        }
    };
    parts.store.close().await;
    result
}

/// What the audit log calls it: only what can be a name stands there.
fn subject(name: &str) -> anyhow::Result<String> {
    let name = TokenName::parse("NAME", name).context("nothing was done")?;
    Ok(format!("token {name}"))
}

/// The token alone on standard output, for scripts; what there is to say of it beside.
fn show(made: &MadeToken) {
    say(made.secret.expose_secret());
    let MadeToken { token, .. } = made;
    let until = token.expires_at.map_or_else(String::new, |at| format!(", until {} UTC", day(Some(at))));
    complain(&format!(
        "This is {} ({}{until}). Keep it now: it is shown this once, and all instances know it within 5 seconds.",
        token.name, token.scope
    ));
}

fn day(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

async fn list(service: &Service) -> anyhow::Result<ExitCode> {
    let now = service.clock.now();
    let tokens = service.ledger.tokens().await?;
    let row = |token: &ApiToken| {
        vec![
            token.name.to_string(),
            token.scope.to_string(),
            token.status(now).to_owned(),
            day(Some(token.created_at)),
            day(token.rotated_at),
            day(token.expires_at),
            day(token.last_used_at),
        ]
    };
    let rows: Vec<Vec<String>> = tokens.iter().map(row).collect();
    let header = ["NAME", "SCOPE", "STATUS", "MADE (UTC)", "ROTATED", "ENDS", "LAST USED"];
    for line in Table::new(&header).lines(&rows) {
        say(&line);
    }
    say("Those in PROXYCALL_API_TOKEN are not listed: they are called environment, and may do everything.");
    Ok(ExitCode::SUCCESS)
}
