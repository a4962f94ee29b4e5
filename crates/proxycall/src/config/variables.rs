//! Promises: one list of every environment variable; `--help`, `docs/configuration.md` and `.env.example` are made of it.

use std::fmt::Write as _;

use proxycall_domain::setting::{SETTINGS, env_name};

/// One environment variable.
pub(crate) struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What holds when it is not set; empty: nothing.
    pub default: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
    /// What it means and what may be written.
    pub meaning: &'static str,
}

const fn plain(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, secret: false, meaning }
}

const fn secret(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default: "", secret: true, meaning }
}

/// All of them, in the order in which a newcomer needs them.
pub(crate) const VARIABLES: &[Variable] = &[
    plain(
        "PUBLIC_BASE_URL",
        "",
        "Our public address, such as https://calls.example.com. Webhook addresses are made from it, and Twilio's \
         signatures are checked against it. Without it RENDER_EXTERNAL_URL is used; `serve` refuses to start with neither.",
    ),
    plain("RENDER_EXTERNAL_URL", "", "Set by Render. Signatures are accepted for it as well when both are set."),
    plain(
        "PROXYCALL_EXTRA_BASE_URLS",
        "",
        "Further public addresses for which signatures are accepted, with commas between: for a change of domain.",
    ),
    secret(
        "PROXYCALL_API_TOKEN",
        "The token that business routes ask for (Authorization: Bearer …), for everything; `proxycall token` makes further \
         ones that may do less. Several may be listed, with commas between, \
         so that one can be replaced. Without it `serve` refuses to start unless PROXYCALL_OPEN_API is true.",
    ),
    plain("PROXYCALL_OPEN_API", "false", "true: business routes need no token. Only where nobody else can reach them."),
    secret(
        "PROXYCALL_SECRET_KEY",
        "32 bytes in base64 (`openssl rand -base64 32`), several with commas between, newest first. Everything \
         private is sealed with it. Without it one is made at first start and kept in the store.",
    ),
    secret(
        "DATABASE_URL",
        "Where the record is kept: sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME. Without it sqlite:proxycall.db.",
    ),
    secret("TWILIO_ACCOUNT_SID", "Twilio's account, AC and 32 hexadecimal digits. `serve` needs it."),
    secret(
        "TWILIO_AUTH_TOKEN",
        "Its auth token. Several may be listed, with commas between: signatures are accepted for each, requests are \
         made with the first. `serve` needs it.",
    ),
    plain(
        "TWILIO_API_BASE_URL",
        "https://api.twilio.com",
        "Where /2010-04-01/Accounts/… is found: another carrier that speaks Twilio's API, or a simulator.",
    ),
    plain("TWILIO_ADDRESS_SID", "", "Regulatory address for purchases of numbers (AD…)."),
    plain("TWILIO_BUNDLE_SID", "", "Regulatory bundle for purchases of numbers (BU…)."),
    plain("TWILIO_PHONE_COUNTRY", "US", "Country of purchases when nobody names one: two letters."),
    plain(
        "TWILIO_NUMBER_TYPE",
        "mobile",
        "Type of number that new clients get first: mobile, local or national (local).",
    ),
    plain("TWILIO_POOL_SIZE", "3", "How many numbers are bought at once when the stock is low: 1 to 100."),
    plain(
        "PROXYCALL_POOL_MIN",
        "0",
        "When fewer numbers of a country and type than this are available, TWILIO_POOL_SIZE are bought and an alert is \
         raised. Watched are TWILIO_PHONE_COUNTRY with TWILIO_NUMBER_TYPE, and whatever clients have numbers of. 0: off.",
    ),
    plain(
        "PROXYCALL_MAX_PURCHASES_PER_DAY",
        "20",
        "The most numbers that may be bought on one day (UTC), by whatever way. 0: none.",
    ),
    plain(
        "PROXYCALL_BUY_ON_DEMAND",
        "false",
        "true: an order or client that finds no number has one bought within 10 s, else is answered 503 and goes on when \
         it is sent again.",
    ),
    plain(
        "PROXYCALL_QUARANTINE_DAYS",
        "30",
        "How many days a number rests once a client gave it back; never less than its country asks for (France: 72 hours).",
    ),
    plain(
        "PROXYCALL_OTP_SENDER",
        "",
        "As whom codes are texted: a number of the account such as +33639980001, a messaging service (MG and 32 \
         hexadecimal digits), or a name of 1 to 11 letters without accents, digits and spaces, where the receiver's \
         country allows names. Without it: the proxy number that the code is about.",
    ),
    plain(
        "PROXYCALL_CONFIRMATION_TTL",
        "24",
        "How many hours a confirmation lives, 1 to 168: its code and links are good for so long, and its number is held.",
    ),
    plain(
        "PORT",
        "8000",
        "Listening port on 0.0.0.0. A text with exactly one number in it is read as that number, and said so in the log.",
    ),
    plain(
        "PROXYCALL_MAX_CONNECTIONS",
        "900",
        "How many connections may be open at once, 10 to 100000; further ones wait. Fewer than the files that the system lets \
         a process open, often 1024.",
    ),
    plain(
        "PROXYCALL_CLIENT_IP_HEADER",
        "",
        "The header in which a trusted proxy before the service writes who asked, such as X-Forwarded-For: limits of \
         the public pages and of wrong API tokens count by it. Set it only where every request passes such a proxy. Empty: the peer of the connection.",
    ),
    plain(
        "PROXYCALL_TRUSTED_HOPS",
        "1",
        "How many trusted proxies append to PROXYCALL_CLIENT_IP_HEADER; the address is so many entries from its right end.",
    ),
    plain(
        "PROXYCALL_FRAME_ANCESTORS",
        "",
        "Sites on whose pages the public pages may stand in a frame, with spaces between: https://shop.example \
         https://*.myshopify.com. Empty: none.",
    ),
    plain(
        "GOOGLE_SHEET_NAME",
        "",
        "Title of the Google spreadsheet that the record is mirrored to and people edit. Needs a service account's key; \
         with neither, nothing is mirrored.",
    ),
    plain(
        "GOOGLE_SHEET_ID",
        "",
        "Id of the Google spreadsheet, from its address between /d/ and /edit. Counts instead of its title.",
    ),
    plain(
        "GOOGLE_SERVICE_ACCOUNT_FILE",
        "",
        "The service account's key: a file such as /etc/secrets/google-credentials.json. The spreadsheet must be shared \
         with the account's e-mail address, as an editor.",
    ),
    secret("GOOGLE_SERVICE_ACCOUNT_JSON", "The service account's key itself. Counts instead of the file."),
    plain(
        "GOOGLE_API_BASE_URL",
        "",
        "Where Google's /v4/spreadsheets and /drive/v3/files are found: for simulators and tests.",
    ),
    plain(
        "SMTP_HOST",
        "",
        "Mail server, such as smtp.example.com. E-mail needs it and SMTP_FROM; with neither, none is sent.",
    ),
    plain("SMTP_PORT", "587", "Its port. On 465 encryption begins at once, on every other port with STARTTLS."),
    plain("SMTP_USER", "", "Its user, together with SMTP_PASSWORD; neither where the server asks for none."),
    secret("SMTP_PASSWORD", "That user's password; some providers call it an application password."),
    plain(
        "SMTP_FROM",
        "",
        "As whom letters are sent: shop@example.com, or The shop <shop@example.com>. The server must send for that address.",
    ),
    plain(
        "PROXYCALL_SMTP_TLS",
        "auto",
        "auto: letters are sent encrypted or not at all. none: without encryption, for a mail server on the same machine.",
    ),
    plain(
        "PROXYCALL_ALERT_EMAILS",
        "",
        "Whom alerts and the weekly report are mailed to, with commas between. Needs the mail server above; without either \
         nothing is mailed, and `proxycall number summary` shows the alerts.",
    ),
    plain("LOG_LEVEL", "info", "error, warning, info, debug or trace; anything else is info."),
    plain("LOG_FORMAT", "text", "text for people, json for log collectors."),
];

/// The variables that a command's help names.
pub(crate) fn help(names: &[&str]) -> String {
    let mut text =
        "Environment (also read from a .env file in the working folder; all in docs/configuration.md):\n".to_owned();
    for variable in VARIABLES.iter().filter(|variable| names.contains(&variable.name)) {
        let default =
            if variable.default.is_empty() { String::new() } else { format!(" [default: {}]", variable.default) };
        let _ = writeln!(text, "  {}{default}", variable.name);
        for line in wrap(variable.meaning, 92) {
            let _ = writeln!(text, "      {line}");
        }
    }
    text
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `docs/configuration.md`.
pub(crate) fn markdown() -> String {
    let mut text = "# Configuration\n\nMade by `proxycall reference` from the program's own list; do not edit.\n\n\
        Settings come from the environment and from a `.env` file in the working folder, which never overrides what is \
        set. Nothing is the same as empty. `proxycall doctor` checks them.\n\n\
        ## Environment\n\n| Name | Default | Secret | Meaning |\n|---|---|---|---|\n"
        .to_owned();
    for variable in VARIABLES {
        let default = if variable.default.is_empty() { "–".to_owned() } else { format!("`{}`", variable.default) };
        let secret = if variable.secret { "yes" } else { "" };
        let _ = writeln!(text, "| `{}` | {default} | {secret} | {} |", variable.name, variable.meaning);
    }
    text.push_str(
        "\n## Settings\n\nAn operator changes these while the service runs, with `proxycall setting set NAME VALUE`; all \
         instances follow within 5 seconds. The variable gives another default.\n\n\
         | Setting | Default | Variable | Meaning |\n|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = if setting.default.is_empty() { "–".to_owned() } else { format!("`{}`", setting.default) };
        let _ = writeln!(text, "| `{}` | {default} | `{}` | {} |", setting.key, env_name(setting.key), setting.meaning);
    }
    text.push_str(
        "\nEvery sentence that people hear or read is a setting too: `phrase.call.busy.fr`, `phrase.text.region.en` and so \
         on; `proxycall setting list` shows all with their texts.\n",
    );
    text
}

/// `.env.example`.
pub(crate) fn env_example() -> String {
    let mut text = "# Made by `proxycall reference` from the program's own list; do not edit.\n\
        # Copy to .env and fill in; what is commented out has the value shown.\n"
        .to_owned();
    for variable in VARIABLES {
        text.push('\n');
        for line in wrap(variable.meaning, 116) {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "# {}={}", variable.name, variable.default);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_listed_once() {
        let mut names: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }

    /// Line 10 of the drop-in checklist (`original-behaviour` §12): names and defaults of §2; `PORT` is in `port.rs`.
    #[test]
    fn line_10_every_variable_of_the_original_keeps_its_name_and_default() {
        for (name, default) in [
            ("TWILIO_ACCOUNT_SID", ""),
            ("TWILIO_AUTH_TOKEN", ""),
            ("TWILIO_ADDRESS_SID", ""),
            ("TWILIO_BUNDLE_SID", ""),
            ("PUBLIC_BASE_URL", ""),
            ("RENDER_EXTERNAL_URL", ""),
            ("GOOGLE_SHEET_NAME", ""),
            ("GOOGLE_SERVICE_ACCOUNT_FILE", ""),
            ("TWILIO_PHONE_COUNTRY", "US"),
            ("TWILIO_NUMBER_TYPE", "mobile"),
            ("TWILIO_POOL_SIZE", "3"),
            ("SMTP_HOST", ""),
            ("SMTP_PORT", "587"),
            ("SMTP_USER", ""),
            ("SMTP_PASSWORD", ""),
            ("SMTP_FROM", ""),
            ("PROXYCALL_API_TOKEN", ""),
            ("LOG_LEVEL", "info"),
            ("PORT", "8000"),
        ] {
            let variable = VARIABLES.iter().find(|variable| variable.name == name).unwrap();
            assert_eq!(variable.default, default, "{name}");
        }
    }

    #[test]
    fn a_secret_has_no_default_to_show() {
        assert!(VARIABLES.iter().filter(|variable| variable.secret).all(|variable| variable.default.is_empty()));
    }
}
