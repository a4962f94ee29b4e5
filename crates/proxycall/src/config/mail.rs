//! As whom we write, and to which operators: the mail server, the sender of codes, the addresses of alerts and reports.

use proxycall_domain::{MailAddress, TextSender};
use proxycall_notify::{MailSender, SmtpConfig, SmtpTls, can_be_sent_to};
use proxycall_service::operators::OperatorDesk;
use secrecy::SecretString;

use super::{ConfigProblems, Environment};

/// All or nothing: whoever has set a part of it expects e-mail, and would learn too late that none is sent.
pub(super) fn read_smtp(env: &Environment, problems: &mut ConfigProblems) -> Option<SmtpConfig> {
    let port: Option<u16> = problems.parsed(env, "SMTP_PORT", "a port such as 587").filter(|port| *port > 0);
    let tls = match env.or_default("PROXYCALL_SMTP_TLS").to_ascii_lowercase().as_str() {
        "auto" => Some(SmtpTls::Auto),
        "none" => Some(SmtpTls::None),
        other => {
            problems.unusable("PROXYCALL_SMTP_TLS", other, "auto or none");
            None
        }
    };
    let [host, user, password, from] =
        ["SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD", "SMTP_FROM"].map(|name| env.get(name));
    if [host, user, password, from].iter().all(Option::is_none) {
        return None;
    }
    let mut missing = |name: &str, expected: &str| {
        problems.add(
            name,
            format!("is not set, although other SMTP settings are; expected {expected}, or none of them: then no e-mail is sent"),
        );
    };
    if host.is_none() {
        missing("SMTP_HOST", "the mail server's name, such as smtp.example.com");
    }
    if from.is_none() {
        missing("SMTP_FROM", "the sender's address, such as shop@example.com");
    }
    match (user, password) {
        (Some(_), None) => missing("SMTP_PASSWORD", "the password of SMTP_USER"),
        (None, Some(_)) => missing("SMTP_USER", "the user whose password SMTP_PASSWORD is"),
        _ => {}
    }
    let from = from.and_then(|text| match text.parse::<MailSender>() {
        Ok(from) => Some(from),
        Err(error) => {
            problems.add("SMTP_FROM", format!("read {text:?}, which {error}"));
            None
        }
    });
    let login = user.zip(password).map(|(user, password)| (user.to_owned(), SecretString::from(password)));
    Some(SmtpConfig { host: host?.to_owned(), port: port?, tls: tls?, login, from: from? })
}

/// As whom codes are texted.
pub(super) fn read_sender(env: &Environment, problems: &mut ConfigProblems) -> Option<TextSender> {
    let name = "PROXYCALL_OTP_SENDER";
    let text = env.get(name)?;
    match TextSender::parse(name, text) {
        Ok(sender) => Some(sender),
        Err(error) => {
            problems.add(name, format!("read {text:?}, which {}", error.problem));
            None
        }
    }
}

/// The variable of the addresses that alerts and reports go to.
const DESK: &str = "PROXYCALL_ALERT_EMAILS";

/// Whom alerts and reports are mailed to. Addresses without a mail server are no mistake here, where a command may have no use
/// for either; `doctor` tells it.
pub(super) fn read_desk(env: &Environment, problems: &mut ConfigProblems) -> OperatorDesk {
    let mut mails: Vec<MailAddress> = Vec::new();
    for text in env.list(DESK) {
        match MailAddress::parse(DESK, text) {
            Ok(mail) if can_be_sent_to(&mail) => {
                if !mails.contains(&mail) {
                    mails.push(mail);
                }
            }
            _ => problems.unusable(DESK, text, "e-mail addresses such as ops@example.com, with commas between"),
        }
    }
    OperatorDesk::new(mails)
}
