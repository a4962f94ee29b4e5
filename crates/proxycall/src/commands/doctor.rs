//! `proxycall doctor`: from outside in, what is expected, what is seen, and what to do.

mod sheet;

use std::{process::ExitCode, time::Duration};

use proxycall_service::{
    doctor::{Finding, Verdict, check_carrier, check_mailer, check_regulatory},
    pool::PoolTables,
    ports::ledger::Alert,
};
use proxycall_web::ApiTokens;

use crate::{
    config::{Config, Environment, Needs, variables::VARIABLES},
    output::say,
    wiring,
};

/// How long an outside party may take to answer a check.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks all, prints all, and fails when something is bad.
pub(crate) async fn run(env: &Environment) -> anyhow::Result<ExitCode> {
    let mut findings = check_settings(env);
    // The parties can be checked as far as their own settings go, whatever else is missing.
    if let Ok(config) = Config::read(env, Needs::Store) {
        if let Some(base) = config.base_urls.first() {
            findings.push(check_public_address(base).await);
        }
        // Where neither is set, `serve` does not start, which is told with the settings.
        if matches!(config.tokens, ApiTokens::Open) && env.setting("PROXYCALL_OPEN_API").is_some() {
            findings.push(Finding::new(
                "API token",
                Verdict::Warning,
                "PROXYCALL_API_TOKEN set",
                "business routes need no token",
                "Set PROXYCALL_API_TOKEN to a long random text, unless nobody else can reach the service.",
            ));
        }
        let sheet = sheet::set_up(env);
        findings.extend(check_store(&config, sheet.is_ok()).await);
        if !config.carrier.account_sid.is_empty() && !config.carrier.auth_tokens.is_empty() {
            findings.push(check_account(&config).await);
        }
        if let Ok(tables) = PoolTables::shipped() {
            findings.push(check_regulatory(&config.pool, config.number_type, &tables.rules));
        }
        match sheet {
            Ok(config) => findings.extend(sheet::check(&config).await),
            Err(finding) => findings.push(*finding),
        }
        findings.push(check_mail(&config).await);
    }
    for finding in &findings {
        print(finding);
    }
    let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
    let warnings = findings.iter().filter(|finding| finding.verdict == Verdict::Warning).count();
    say(&format!("\n{bad} to mend, {warnings} to know about."));
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(finding: &Finding) {
    let mark = match finding.verdict {
        Verdict::Good => "ok     ",
        Verdict::Warning => "warning",
        Verdict::Bad => "BAD    ",
        Verdict::Unused => "unused ",
    };
    let Finding { subject, seen, expected, remedy, .. } = finding;
    say(&format!("{mark}  {subject}: {seen}"));
    if !expected.is_empty() {
        say(&format!("         expected: {expected}"));
    }
    if !remedy.is_empty() {
        say(&format!("         to do:    {remedy}"));
    }
}

/// Each variable that is set, and what is wrong with any.
fn check_settings(env: &Environment) -> Vec<Finding> {
    let problems = Config::read(env, Needs::Service).err().unwrap_or_default();
    let of_note = |name: &str| problems.iter().any(|(problem, _)| problem == name);
    let (set, others): (Vec<_>, Vec<_>) = VARIABLES
        .iter()
        .filter(|variable| !of_note(variable.name))
        .partition(|variable| env.setting(variable.name).is_some());
    let mut findings: Vec<Finding> =
        set.into_iter().map(|variable| Finding::good(variable.name, env.shown(variable))).collect();
    let defaults = format!("{} are not set and have their defaults; docs/configuration.md explains each", others.len());
    findings.push(Finding::good("Other settings", defaults));
    for (name, problem) in problems.iter() {
        let meaning = VARIABLES.iter().find(|variable| variable.name == name).map_or("", |variable| variable.meaning);
        let remedy = "Set it so; docs/configuration.md explains each variable.";
        findings.push(Finding::new(name, Verdict::Bad, meaning, problem, remedy));
    }
    findings
}

/// Whether our own public address leads to us.
async fn check_public_address(base: &str) -> Finding {
    let subject = "Public address";
    if base.starts_with("http://") && !base.contains("127.0.0.1") && !base.contains("localhost") {
        return Finding::new(
            subject,
            Verdict::Bad,
            "an https address",
            format!("{base} is not encrypted"),
            "Use the https address: webhooks carry phone numbers.",
        );
    }
    let client = reqwest::Client::builder().timeout(PATIENCE).build();
    let seen = match client {
        Ok(client) => match client.get(format!("{base}/health/ready")).send().await {
            Ok(answer) if answer.status().is_success() => {
                return Finding::good(subject, format!("{base} answers, ready"));
            }
            Ok(answer) => format!("{base}/health/ready answered HTTP {}", answer.status().as_u16()),
            Err(error) => format!("{base} does not answer: {}", error.without_url()),
        },
        Err(error) => error.to_string(),
    };
    Finding::new(
        subject,
        Verdict::Bad,
        "the running service behind the public address",
        seen,
        "Start the service (`proxycall serve`); check PUBLIC_BASE_URL for typing errors, the domain and the host's routing.",
    )
}

/// Whether the store takes writes, where its key is, and how what is kept there goes. A store that is not there is not made: that is for `serve`.
async fn check_store(config: &Config, mirrored: bool) -> Vec<Finding> {
    let missing = config.database_file().filter(|file| !file.exists());
    let opened = match missing {
        Some(file) => Err(anyhow::anyhow!("there is no file {}", file.display())),
        None => wiring::parts(config, false).await,
    };
    match opened {
        Ok(parts) => {
            let service = &parts.service;
            let mut findings = vec![service.check_store().await, service.check_secret().await];
            // By the words that `audit` and the API use too: a script may look for them.
            let name = |alert: &Alert| format!("Alert {} {}", alert.kind, alert.subject).into();
            findings.extend(service.check_pool(name).await);
            findings.extend(service.check_number_rules().await);
            if mirrored {
                findings.push(service.check_mirror().await);
            }
            parts.store.close().await;
            findings
        }
        Err(error) => vec![Finding::new(
            "Store",
            Verdict::Bad,
            "a database that can be opened",
            format!("{error:#}"),
            "Check DATABASE_URL and, for a file, the working folder; for PostgreSQL also user, password and that this \
             machine may connect. The first start of `proxycall serve` makes a file, `proxycall migrate` the tables.",
        )],
    }
}

async fn check_account(config: &Config) -> Finding {
    let digits = config.carrier.account_sid.strip_prefix("AC");
    if digits.is_none_or(|digits| digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Finding::new(
            "Carrier account",
            Verdict::Bad,
            "TWILIO_ACCOUNT_SID of AC and 32 hexadecimal digits",
            "it is something else",
            "Copy the account SID from Twilio's console.",
        );
    }
    match wiring::carrier(config) {
        Ok(carrier) => check_carrier(carrier.as_ref()).await,
        Err(error) => Finding::new(
            "Carrier account",
            Verdict::Bad,
            "settings that a client can be made with",
            format!("{error:#}"),
            "Check TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_API_BASE_URL.",
        ),
    }
}

/// Whether the mail server would take letters from us.
async fn check_mail(config: &Config) -> Finding {
    if config.smtp.is_none() && !config.desk.mails.is_empty() {
        return Finding::new(
            "E-mail",
            Verdict::Warning,
            "a mail server, because PROXYCALL_ALERT_EMAILS is set",
            "no mail server is set up: no alert and no report is mailed",
            "Set SMTP_HOST and SMTP_FROM, and SMTP_USER and SMTP_PASSWORD where the server asks for them.",
        );
    }
    match wiring::mailer(config) {
        Ok(mailer) => check_mailer(mailer.as_deref()).await,
        Err(error) => Finding::new(
            "E-mail",
            Verdict::Bad,
            "settings that a client can be made with",
            format!("{error:#}"),
            "Check SMTP_HOST.",
        ),
    }
}
