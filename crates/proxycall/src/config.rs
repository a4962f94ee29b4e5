//! Promises: the environment is read once and whole; all that is unusable is told in one message, secrets masked.

mod pages;
mod port;
pub(crate) mod variables;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use jiff::SignedDuration;
use proxycall_domain::{
    CountryCode, NumberType, Policy, TextSender,
    setting::{SETTINGS, env_name},
    wiring::host_of,
};
use proxycall_notify::{MailSender, SmtpConfig, SmtpTls};
use proxycall_service::{CodesConfig, pool::PoolConfig};
use proxycall_store::SecretKey;
use proxycall_twilio::DEFAULT_API_BASE_URL;
use proxycall_web::ApiTokens;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub(crate) use pages::PagesConfig;
pub(crate) use port::Port;

use variables::VARIABLES;

/// The file that is read beside the environment, in the working folder only.
const ENV_FILE: &str = ".env";

/// The variables as they are set, the `.env` file's included.
#[derive(Default)]
pub(crate) struct Environment {
    values: HashMap<String, String>,
    /// What is wrong with the `.env` file.
    unreadable: Option<String>,
}

impl Environment {
    /// From the process and the `.env` file of the working folder, which does not override.
    pub(crate) fn of_process() -> Self {
        let mut env = Self::default();
        match read_env_file() {
            Ok(values) => env.values = values,
            Err(problem) => env.unreadable = Some(problem),
        }
        env.values.extend(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))),
        );
        env
    }

    /// From given pairs.
    #[cfg(test)]
    pub(crate) fn of(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { values, unreadable: None }
    }

    /// Without what names outside parties and stores: for the sandbox, which brings its own.
    pub(crate) fn without_parties(&self) -> Self {
        let ours = |name: &str| name.starts_with("PROXYCALL_") && name != "PROXYCALL_SECRET_KEY";
        let values = self.values.iter().filter(|(name, _)| ours(name));
        Self {
            values: values.map(|(name, value)| (name.clone(), value.clone())).collect(),
            unreadable: self.unreadable.clone(),
        }
    }

    /// The value of a setting's variable.
    pub(crate) fn setting(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// What a variable is, for people: secrets by their length alone.
    pub(crate) fn shown(&self, variable: &variables::Variable) -> String {
        match self.get(variable.name) {
            Some(value) if variable.secret => format!("set ({} characters)", value.chars().count()),
            Some(value) => value.to_owned(),
            None if variable.default.is_empty() => "not set".to_owned(),
            None => format!("{} (default)", variable.default),
        }
    }

    /// The value as it is, unless empty: an unset variable and an empty one are the same.
    fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value, or the default of the list.
    fn or_default(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| {
            VARIABLES.iter().find(|variable| variable.name == name).map_or("", |variable| variable.default)
        })
    }

    /// The parts of a list.
    fn list(&self, name: &str) -> Vec<&str> {
        let parts = self.get(name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty()).collect()
    }

    fn secrets(&self, name: &str) -> Vec<SecretString> {
        self.list(name).into_iter().map(SecretString::from).collect()
    }
}

/// The entries of the `.env` file; none when there is no file. What is wrong is told without quoting the file, which may
/// hold secrets.
fn read_env_file() -> Result<HashMap<String, String>, String> {
    let unreadable = |error: dotenvy::Error| match error {
        dotenvy::Error::LineParse(line, _) => {
            let text = std::fs::read_to_string(ENV_FILE).unwrap_or_default();
            let before = text.find(&line).and_then(|at| text.get(..at)).unwrap_or_default();
            format!("line {} cannot be read; expected NAME=value", before.matches('\n').count() + 1)
        }
        _ => "cannot be read as text".to_owned(),
    };
    match dotenvy::from_path_iter(ENV_FILE) {
        Ok(entries) => entries.collect::<Result<_, _>>().map_err(unreadable),
        Err(error) if error.not_found() => Ok(HashMap::new()),
        Err(error) => Err(unreadable(error)),
    }
}

/// What is wrong with one variable.
#[derive(Debug, PartialEq, Eq)]
struct ConfigProblem {
    name: String,
    problem: String,
}

/// All that keeps the program from starting.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigProblems(Vec<ConfigProblem>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ProxyCall cannot start; these settings have to be mended first (docs/configuration.md explains each):"
        )?;
        for ConfigProblem { name, problem } in &self.0 {
            write!(f, "\n  {name}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigProblems {}

impl ConfigProblems {
    /// What is wrong: variable and problem.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|problem| (problem.name.as_str(), problem.problem.as_str()))
    }
}

impl ConfigProblems {
    fn add(&mut self, name: impl Into<String>, problem: impl Into<String>) {
        self.0.push(ConfigProblem { name: name.into(), problem: problem.into() });
    }

    /// Notes that a variable's value is unusable, and shows it unless it is secret.
    fn unusable(&mut self, name: &str, value: &str, expected: &str) {
        let secret = VARIABLES.iter().any(|variable| variable.name == name && variable.secret);
        let read =
            if secret { format!("a secret of {} characters", value.chars().count()) } else { format!("{value:?}") };
        self.add(name, format!("read {read}; expected {expected}"));
    }

    fn parsed<T: FromStr>(&mut self, env: &Environment, name: &str, expected: &str) -> Option<T> {
        let value = env.or_default(name);
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.unusable(name, value, expected);
        }
        parsed
    }
}

impl ConfigProblems {
    fn within(&mut self, env: &Environment, name: &str, least: u32, most: u32) -> Option<u32> {
        let value = env.or_default(name);
        let read = value.parse().ok().filter(|value| (least..=most).contains(value));
        if read.is_none() {
            self.unusable(name, value, &format!("a number from {least} to {most}"));
        }
        read
    }

    fn truth(&mut self, env: &Environment, name: &str) -> Option<bool> {
        match env.or_default(name).to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            other => {
                self.unusable(name, other, "true or false");
                None
            }
        }
    }
}

/// Which settings a command cannot do without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Everything that the service needs.
    Service,
    /// The store, the carrier's account, and our public address, which numbers are made to lead to.
    Carrier,
    /// The store alone.
    Store,
}

/// Twilio, or who speaks its API.
#[derive(Debug)]
pub(crate) struct CarrierConfig {
    /// Under which `/2010-04-01/Accounts/…` is found.
    pub api_base_url: String,
    /// The account.
    pub account_sid: String,
    /// Its tokens, the first for requests.
    pub auth_tokens: Vec<SecretString>,
}

/// The Google service account's key.
#[derive(Debug)]
pub(crate) enum GoogleKey {
    /// In a file.
    File(PathBuf),
    /// Given directly.
    Json(SecretString),
}

/// The settings, read and checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where to listen.
    pub port: Port,
    /// Our public addresses, the first for new webhooks; without a slash at the end.
    pub base_urls: Vec<String>,
    /// Who may use the business routes.
    pub tokens: ApiTokens,
    /// The secrets, newest first.
    pub secrets: Vec<SecretKey>,
    /// Where the record is kept.
    pub database_url: String,
    /// The carrier.
    pub carrier: CarrierConfig,
    /// Type of number that new clients get first.
    pub number_type: NumberType,
    /// How the pool is kept.
    pub pool: PoolConfig,
    /// How codes go out.
    pub codes: CodesConfig,
    /// The rules that hold when the operator says nothing.
    pub policy: Policy,
    /// How the public pages are served.
    pub pages: PagesConfig,
    /// The spreadsheet's title or id.
    pub sheet: Option<String>,
    /// The service account's key.
    pub google_key: Option<GoogleKey>,
    /// The mail server; none: no e-mail.
    pub smtp: Option<SmtpConfig>,
}

impl Config {
    /// Reads all of it.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub(crate) fn read(env: &Environment, needs: Needs) -> Result<Self, ConfigProblems> {
        let mut problems = ConfigProblems::default();
        if let Some(problem) = &env.unreadable {
            problems.add(ENV_FILE, problem);
        }
        let port = read_port(env, &mut problems);
        let base_urls = read_base_urls(env, &mut problems);
        let tokens = read_tokens(env, &mut problems, needs);
        let secrets = read_secrets(env, &mut problems);
        let carrier = read_carrier(env, &mut problems, needs);
        let database_url = read_database(env, &mut problems, needs);
        let country: Option<CountryCode> = problems.parsed(env, "TWILIO_PHONE_COUNTRY", "two letters such as FR");
        let number_type = problems.parsed(env, "TWILIO_NUMBER_TYPE", "mobile, local or national");
        let pool = country.and_then(|country| read_pool(env, &mut problems, country, &base_urls));
        let log_format = env.or_default("LOG_FORMAT");
        if !["text", "json"].contains(&log_format.to_ascii_lowercase().as_str()) {
            problems.unusable("LOG_FORMAT", log_format, "text or json");
        }
        let smtp = read_smtp(env, &mut problems);
        let hours = problems.within(env, "PROXYCALL_CONFIRMATION_TTL", 1, 168);
        let codes = CodesConfig {
            sender: read_sender(env, &mut problems),
            lifetime: SignedDuration::from_hours(hours.unwrap_or(24).into()),
        };
        let policy = read_policy(env, &mut problems);
        let pages = pages::read(env, &mut problems);
        if needs != Needs::Store && base_urls.is_empty() {
            problems.add(
                "PUBLIC_BASE_URL",
                "is not set, nor is RENDER_EXTERNAL_URL; expected our public address, such as https://calls.example.com",
            );
        }
        let google_key = match (env.get("GOOGLE_SERVICE_ACCOUNT_JSON"), env.get("GOOGLE_SERVICE_ACCOUNT_FILE")) {
            (Some(json), _) => Some(GoogleKey::Json(json.into())),
            (None, Some(file)) => Some(GoogleKey::File(file.into())),
            (None, None) => None,
        };
        match (port, tokens, number_type, pool, policy, pages) {
            (Some(port), Some(tokens), Some(number_type), Some(pool), Some(policy), Some(pages))
                if problems.0.is_empty() =>
            {
                Ok(Self {
                    port,
                    base_urls,
                    tokens,
                    secrets,
                    database_url,
                    carrier,
                    number_type,
                    pool,
                    codes,
                    policy,
                    pages,
                    sheet: env.get("GOOGLE_SHEET_ID").or_else(|| env.get("GOOGLE_SHEET_NAME")).map(str::to_owned),
                    google_key,
                    smtp,
                })
            }
            _ => Err(problems),
        }
    }
}

impl Config {
    /// The SQLite file, when the record is kept in one.
    pub(crate) fn database_file(&self) -> Option<&Path> {
        self.database_url.strip_prefix("sqlite:").map(sqlite_file).filter(|file| *file != Path::new(":memory:"))
    }
}

/// The file that an address names behind its scheme.
fn sqlite_file(address: &str) -> &Path {
    Path::new(address.trim_start_matches("//").split('?').next().unwrap_or_default())
}

fn read_port(env: &Environment, problems: &mut ConfigProblems) -> Option<Port> {
    // An empty PORT is refused as the original refuses it, unlike other empty variables.
    let raw = env.values.get("PORT").map_or("8000", String::as_str);
    port::parse(raw).map_err(|problem| problems.add("PORT", format!("read {raw:?}, which {problem}"))).ok()
}

fn read_base_urls(env: &Environment, problems: &mut ConfigProblems) -> Vec<String> {
    let mut urls = Vec::new();
    let single = ["PUBLIC_BASE_URL", "RENDER_EXTERNAL_URL"].map(|name| (name, env.get(name)));
    let extra = env.list("PROXYCALL_EXTRA_BASE_URLS").into_iter().map(|url| ("PROXYCALL_EXTRA_BASE_URLS", Some(url)));
    for (name, url) in single.into_iter().chain(extra) {
        let Some(url) = url else { continue };
        let url = url.trim_end_matches('/');
        let usable = Url::parse(url).is_ok_and(|parsed| {
            matches!(parsed.scheme(), "http" | "https") && parsed.has_host() && parsed.query().is_none()
        });
        if !usable {
            problems.unusable(name, url, "an address such as https://calls.example.com");
        } else if !urls.iter().any(|known| known == url) {
            urls.push(url.to_owned());
        }
    }
    urls
}

fn read_pool(
    env: &Environment,
    problems: &mut ConfigProblems,
    country: CountryCode,
    base_urls: &[String],
) -> Option<PoolConfig> {
    for (name, prefix) in [("TWILIO_ADDRESS_SID", "AD"), ("TWILIO_BUNDLE_SID", "BU")] {
        if let Some(sid) = env.get(name).filter(|sid| !sid.starts_with(prefix)) {
            problems.unusable(name, sid, &format!("an id that begins with {prefix}"));
        }
    }
    let batch = problems.within(env, "TWILIO_POOL_SIZE", 1, 100);
    let minimum = problems.within(env, "PROXYCALL_POOL_MIN", 0, 10_000);
    let ceiling = problems.within(env, "PROXYCALL_MAX_PURCHASES_PER_DAY", 0, 10_000);
    let days = problems.within(env, "PROXYCALL_QUARANTINE_DAYS", 0, 3_650);
    let buy_on_demand = problems.truth(env, "PROXYCALL_BUY_ON_DEMAND");
    Some(PoolConfig {
        our_hosts: base_urls.iter().filter_map(|url| host_of(url)).collect(),
        address_sid: env.get("TWILIO_ADDRESS_SID").map(str::to_owned),
        bundle_sid: env.get("TWILIO_BUNDLE_SID").map(str::to_owned),
        country,
        batch: batch?,
        minimum: minimum?,
        max_purchases_per_day: ceiling?,
        quarantine: SignedDuration::from_hours(24 * i64::from(days?)),
        buy_on_demand: buy_on_demand?,
    })
}

fn read_tokens(env: &Environment, problems: &mut ConfigProblems, needs: Needs) -> Option<ApiTokens> {
    let open = problems.truth(env, "PROXYCALL_OPEN_API")?;
    let tokens = env.secrets("PROXYCALL_API_TOKEN");
    if !tokens.is_empty() {
        return Some(ApiTokens::Required(tokens));
    }
    if !open && needs == Needs::Service {
        problems.add(
            "PROXYCALL_API_TOKEN",
            "is not set; expected a long random text, or PROXYCALL_OPEN_API=true where nobody else can reach the service",
        );
    }
    Some(ApiTokens::Open)
}

fn read_secrets(env: &Environment, problems: &mut ConfigProblems) -> Vec<SecretKey> {
    let mut secrets = Vec::new();
    for text in env.list("PROXYCALL_SECRET_KEY") {
        match SecretKey::parse(text) {
            Some(secret) => secrets.push(secret),
            None => problems.unusable("PROXYCALL_SECRET_KEY", text, "32 bytes in base64 (`openssl rand -base64 32`)"),
        }
    }
    secrets
}

fn read_carrier(env: &Environment, problems: &mut ConfigProblems, needs: Needs) -> CarrierConfig {
    let account_sid = env.get("TWILIO_ACCOUNT_SID").unwrap_or_default().to_owned();
    let auth_tokens = env.secrets("TWILIO_AUTH_TOKEN");
    if needs != Needs::Store {
        if account_sid.is_empty() {
            problems.add("TWILIO_ACCOUNT_SID", "is not set; expected the account's id from Twilio's console (AC…)");
        }
        if auth_tokens.is_empty() {
            problems.add(
                "TWILIO_AUTH_TOKEN",
                "is not set; expected the auth token from Twilio's console: without it no webhook can be trusted",
            );
        }
    }
    let well_formed = account_sid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !well_formed {
        problems.unusable("TWILIO_ACCOUNT_SID", &account_sid, "the account's id from Twilio's console (AC…)");
    }
    let api_base_url = env.get("TWILIO_API_BASE_URL").unwrap_or(DEFAULT_API_BASE_URL).trim_end_matches('/').to_owned();
    if !Url::parse(&api_base_url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        problems.unusable("TWILIO_API_BASE_URL", &api_base_url, "an address such as https://api.twilio.com");
    }
    CarrierConfig { api_base_url, account_sid, auth_tokens }
}

fn read_database(env: &Environment, problems: &mut ConfigProblems, needs: Needs) -> String {
    let url = env.get("DATABASE_URL").unwrap_or("sqlite:proxycall.db").to_owned();
    if let Some(file) = url.strip_prefix("sqlite:") {
        if needs == Needs::Service && env.get("RENDER").is_some() && !on_mounted_disk(file) {
            problems.add(
                "DATABASE_URL",
                "names an SQLite file that Render deletes at each deploy. Either attach a disk and put the file on it \
                 (sqlite:/var/data/proxycall.db), or create a PostgreSQL database and use its connection string",
            );
        }
    } else if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        problems.unusable("DATABASE_URL", &url, "sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME");
    }
    url
}

/// Whether the file's folder is on another device than the system's own.
#[cfg(unix)]
fn on_mounted_disk(file: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let folder = sqlite_file(file).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (std::fs::metadata(folder), std::fs::metadata("/")) {
        (Ok(folder), Ok(root)) => folder.dev() != root.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn on_mounted_disk(_file: &str) -> bool {
    true
}

/// All or nothing: whoever has set a part of it expects e-mail, and would learn too late that none is sent.
fn read_smtp(env: &Environment, problems: &mut ConfigProblems) -> Option<SmtpConfig> {
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

fn read_sender(env: &Environment, problems: &mut ConfigProblems) -> Option<TextSender> {
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

fn read_policy(env: &Environment, problems: &mut ConfigProblems) -> Option<Policy> {
    let mut policy = Policy::shipped().map_err(|error| problems.add("(tables)", error.to_string())).ok()?;
    for setting in SETTINGS {
        let name = env_name(setting.key);
        if let Some(value) = env.get(&name)
            && let Err(error) = policy.set(setting.key, value)
        {
            problems.add(name, format!("read {value:?}; {error}"));
        }
    }
    Some(policy)
}

/// How the log is written. Read apart from the rest, so that what is wrong with the rest can be logged.
pub(crate) struct LogConfig {
    /// The level's name.
    pub level: String,
    /// JSON instead of text.
    pub json: bool,
}

impl LogConfig {
    /// Reads level and format.
    pub(crate) fn read(env: &Environment) -> Self {
        Self {
            level: env.or_default("LOG_LEVEL").to_ascii_lowercase(),
            json: env.or_default("LOG_FORMAT").eq_ignore_ascii_case("json"),
        }
    }
}

impl GoogleKey {
    /// The key's text.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn text(&self) -> std::io::Result<String> {
        match self {
            Self::File(path) => std::fs::read_to_string(path),
            Self::Json(json) => Ok(json.expose_secret().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
