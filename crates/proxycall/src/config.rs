//! Promises: the environment is read once and whole; all that is unusable is told in one message, secrets masked.

mod environment;
mod mail;
mod pages;
mod port;
mod problems;
mod sheet;
pub(crate) mod variables;

use std::path::Path;

use jiff::SignedDuration;
use proxycall_domain::{
    CountryCode, NumberType, Policy,
    setting::{SETTINGS, env_name},
    wiring::host_of,
};
use proxycall_notify::SmtpConfig;
use proxycall_service::{CodesConfig, operators::OperatorDesk, pool::PoolConfig};
use proxycall_store::SecretKey;
use proxycall_twilio::DEFAULT_API_BASE_URL;
use proxycall_web::ApiTokens;
use secrecy::SecretString;
use url::Url;

pub(crate) use environment::{Environment, LogConfig};
pub(crate) use pages::PagesConfig;
pub(crate) use port::Port;
pub(crate) use problems::ConfigProblems;
pub(crate) use sheet::SheetConfig;

use crate::server::ServerLimits;
use environment::ENV_FILE;

/// Which settings a command cannot do without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Everything that the service needs.
    Service,
    /// The store, the carrier's account, and our public address, which numbers are made to lead to.
    Carrier,
    /// The store and the spreadsheet.
    Sheet,
    /// The store alone.
    Store,
}

impl Needs {
    /// Whether the carrier is asked, or asks.
    fn carrier(self) -> bool {
        matches!(self, Self::Service | Self::Carrier)
    }

    /// Whether the spreadsheet is read and written. To the others it is nothing, whatever is wrong with it.
    fn sheet(self) -> bool {
        matches!(self, Self::Service | Self::Sheet)
    }
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

/// The settings, read and checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where to listen.
    pub port: Port,
    /// What a connection may take.
    pub server: ServerLimits,
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
    /// The spreadsheet; none: nothing is mirrored, or the command has nothing to do with it.
    pub sheet: Option<SheetConfig>,
    /// The mail server; none: no e-mail.
    pub smtp: Option<SmtpConfig>,
    /// Whom alerts and reports are mailed to.
    pub desk: OperatorDesk,
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
        let connections = problems.within(env, "PROXYCALL_MAX_CONNECTIONS", 10, 100_000).unwrap_or_default();
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
        let smtp = mail::read_smtp(env, &mut problems);
        let desk = mail::read_desk(env, &mut problems);
        let hours = problems.within(env, "PROXYCALL_CONFIRMATION_TTL", 1, 168);
        let codes = CodesConfig {
            sender: mail::read_sender(env, &mut problems),
            lifetime: SignedDuration::from_hours(hours.unwrap_or(24).into()),
        };
        let policy = read_policy(env, &mut problems);
        let pages = pages::read(env, &mut problems);
        let sheet = if needs.sheet() { sheet::read(env, &mut problems, needs == Needs::Sheet) } else { None };
        if needs.carrier() && base_urls.is_empty() {
            problems.add(
                "PUBLIC_BASE_URL",
                "is not set, nor is RENDER_EXTERNAL_URL; expected our public address, such as https://calls.example.com",
            );
        }
        match (port, tokens, number_type, pool, policy, pages) {
            (Some(port), Some(tokens), Some(number_type), Some(pool), Some(policy), Some(pages))
                if problems.is_empty() =>
            {
                Ok(Self {
                    port,
                    server: ServerLimits::with_connections(usize::try_from(connections).unwrap_or(usize::MAX)),
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
                    sheet,
                    smtp,
                    desk,
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
    if needs.carrier() {
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

#[cfg(test)]
mod tests;
