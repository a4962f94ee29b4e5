//! `proxycall report`: the letters to operators, to look at and to send.

use std::process::ExitCode;

use anyhow::bail;
use proxycall_domain::{MailAddress, Week};
use proxycall_notify::can_be_sent_to;
use proxycall_service::{
    Service,
    ports::{clock::Ids as _, mailer::Letter},
};

use super::audit::act;
use crate::{
    cli::Report,
    config::{Config, Environment, Needs},
    output::{complain, say},
    wiring,
};

/// Does it.
///
/// # Errors
/// What is wrong with the settings, the week or the address, or what the store says.
pub(crate) async fn run(env: &Environment, report: Report) -> anyhow::Result<ExitCode> {
    let config = Config::read(env, Needs::Store)?;
    let parts = wiring::parts(&config, true).await?;
    let service = &parts.service;
    let result = match service.policy.refresh(service.ledger.as_ref()).await {
        Ok(()) => about_report(service, report).await,
        Err(error) => Err(error.into()),
    };
    parts.store.close().await;
    result
}

async fn about_report(service: &Service, report: Report) -> anyhow::Result<ExitCode> {
    match report {
        Report::Show { week, alerts, html } => {
            let letter =
                if alerts { service.standing_alerts_letter().await? } else { report_of(service, week).await?.1 };
            let written = proxycall_notify::write(&letter)?;
            if html {
                say(&written.html);
            } else {
                say(&written.subject);
                say("");
                say(written.text.trim_end());
            }
            Ok(ExitCode::SUCCESS)
        }
        Report::Send { week, to } => {
            let receivers = receivers(service, to)?;
            let (week, letter) = report_of(service, week).await?;
            act(service, "send_report", &format!("week {week}"), send(service, &receivers, &letter)).await
        }
    }
}

async fn report_of(service: &Service, week: Option<String>) -> anyhow::Result<(Week, Letter)> {
    let week = week.map_or_else(|| Ok(service.this_week()), |text| Week::parse("--week", &text))?;
    Ok((week, service.report_letter(service.weekly_report(week).await?)))
}

fn receivers(service: &Service, to: Option<String>) -> anyhow::Result<Vec<MailAddress>> {
    let Some(to) = to else {
        if service.desk.mails.is_empty() {
            bail!("nobody is named: give --to ADDRESS, or set PROXYCALL_ALERT_EMAILS");
        }
        return Ok(service.desk.mails.clone());
    };
    let mail = MailAddress::parse("--to", &to)?;
    if !can_be_sent_to(&mail) {
        bail!("--to is no address that letters can be sent to; expected one such as ops@example.com");
    }
    Ok(vec![mail])
}

async fn send(service: &Service, receivers: &[MailAddress], letter: &Letter) -> anyhow::Result<ExitCode> {
    let mut failed = false;
    for mail in receivers {
        let id = service.chance.job_id(service.clock.now());
        match service.send_letter(mail, letter, id).await {
            Ok(()) => say(&format!("Sent to {}.", mail.expose())),
            Err(error) => {
                failed = true;
                complain(&format!("Not sent to {}: {error}", mail.expose()));
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
