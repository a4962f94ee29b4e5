//! `proxycall sandbox`: the service over a simulated carrier and a simulated Google, on this machine only.

use std::{net::Ipv4Addr, path::Path, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use proxycall_domain::{
    NumberType, PhoneNumber,
    pool::{
        NewNumber,
        life::{Act, Actor},
    },
    wiring::host_of,
};
use proxycall_google_sheets::Spreadsheet as WhichSpreadsheet;
use proxycall_notify::{SmtpConfig, SmtpTls};
use proxycall_sandbox::{
    Options, Sandbox,
    google::{Spreadsheet, service_account_json},
    world::{Handset, Number, Person},
};
use proxycall_service::{
    Service,
    clients::{ClientFields, RequestError},
    ports::{Chance as _, LedgerError},
};
use proxycall_web::ApiTokens;
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::{
    cli,
    config::{Config, Environment, Needs, SheetConfig},
    lifecycle,
    output::say,
    system::SystemChance,
    wiring,
};

/// Who is there at the start: id, name, e-mail, real number. All numbers are reserved for fiction.
const CLIENTS: [(&str, &str, &str, &str); 3] = [
    ("1", "Zoé Martin", "zoe@example.com", "+33639980001"),
    ("2", "Amir Haddad", "amir@example.com", "+33639980003"),
    ("3", "Emma Clarke", "emma@example.com", "+447700900001"),
];
/// Who calls them; the last one from a country whose callers are refused.
const CALLERS: [(&str, &str); 3] = [("Léo", "+33639980002"), ("Nora", "+33639980004"), ("Sam (USA)", "+14155550132")];
/// Proxy numbers: three of them become the clients'.
const NUMBERS: [(&str, &str); 6] = [
    ("+33199000101", "FR"),
    ("+33199000102", "FR"),
    ("+447700900301", "GB"),
    ("+33199000103", "FR"),
    ("+33199000104", "FR"),
    ("+447700900302", "GB"),
];

/// Runs until told to stop.
pub(crate) async fn run(env: &Environment, options: &cli::Sandbox) -> anyhow::Result<ExitCode> {
    let forgotten;
    let folder: &Path = match &options.keep {
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            folder
        }
        None => {
            forgotten = tempfile::tempdir().context("no folder for temporary files")?;
            forgotten.path()
        }
    };
    let stop = lifecycle::stop_signal()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
        .await
        .with_context(|| format!("port {} is taken; choose another with --port", options.port))?;
    let base_url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    let mut seed = [0; 16];
    SystemChance.fill(&mut seed);
    let seed = u128::from_le_bytes(seed);
    let carrier = Sandbox::start(Options {
        port: options.carrier_port,
        mail_port: options.mail_port,
        auth_token: format!("sandbox-{seed:032x}"),
        seed: u64::try_from(seed >> 64)?,
        numbers: NUMBERS.iter().map(|(phone, _)| number(phone, &base_url)).collect(),
        everyone_has_a_handset: true,
        google_quota: true,
        ..Options::default()
    })
    .await?;
    let config = config(env, &carrier, &base_url, folder)?;
    let parts = wiring::parts(&config, true).await?;
    parts.service.policy.refresh(parts.service.ledger.as_ref()).await?;
    // The spreadsheet is a new one each time: what a kept record knows of an earlier one says nothing about it.
    parts.service.ledger.forget_sheet().await?;
    // Gives each tab the column in which people read why an edit was put back.
    parts.service.init_sheet().await.context("the simulated sheet cannot be set up")?;
    let lines = populate(&parts.service, &carrier).await?;
    carrier.world().set_service(&base_url, None);
    let limits = config.server;
    let router = wiring::router(config, &parts.service, wiring::metrics(&stop)?)?;
    greet(&base_url, &carrier.base_url(), &lines, options.keep.as_deref());
    let result = lifecycle::run(listener, router, limits, parts.service, parts.store, stop).await;
    carrier.shutdown().await;
    result?;
    Ok(ExitCode::SUCCESS)
}

fn number(phone: &str, base_url: &str) -> Number {
    Number::new(phone)
        .voice_url(format!("{base_url}/twilio/voice"))
        .sms_url(format!("{base_url}/twilio/sms"))
        .status_callback_url(format!("{base_url}/twilio/status/voice"))
}

/// The environment's settings where they make sense here; the rest is the sandbox's own.
fn config(env: &Environment, carrier: &Sandbox, base_url: &str, folder: &Path) -> anyhow::Result<Config> {
    let account = carrier.world().account();
    let mut config = Config::read(&env.without_parties(), Needs::Store)?;
    config.base_urls = vec![base_url.to_owned()];
    config.pool.our_hosts = host_of(base_url).into_iter().collect();
    // Made up, as everything here: what the country asks for is at hand.
    config.pool.address_sid = Some(format!("AD{}", "5e".repeat(16)));
    config.pool.bundle_sid = Some(format!("BU{}", "5e".repeat(16)));
    // Money is no object here.
    config.pool.buy_on_demand = true;
    config.tokens = ApiTokens::Open;
    config.database_url = format!("sqlite:{}", folder.join("sandbox.db").display());
    let mail = carrier.mail_address();
    config.smtp = Some(SmtpConfig {
        host: mail.ip().to_string(),
        port: mail.port(),
        tls: SmtpTls::None,
        login: None,
        from: "ProxyCall sandbox <sandbox@example.com>".parse()?,
    });
    config.sheet = Some(SheetConfig {
        spreadsheet: WhichSpreadsheet::ById(
            carrier.world().google().add_spreadsheet(Spreadsheet::proxycall("ProxyCall")),
        ),
        key: service_account_json(&carrier.base_url()).into(),
        api_base_url: Some(carrier.base_url()),
    });
    config.carrier.api_base_url = carrier.base_url();
    config.carrier.account_sid = account.sid;
    config.carrier.auth_tokens = vec![SecretString::from(account.auth_token)];
    Ok(config)
}

/// Numbers, clients and handsets. What a kept record holds already stays.
async fn populate(service: &Arc<Service>, carrier: &Sandbox) -> anyhow::Result<Vec<String>> {
    let now = service.clock.now();
    let numbers = NUMBERS.iter().map(|(phone, country)| {
        Ok(NewNumber {
            phone: phone.parse()?,
            country: country.parse()?,
            number_type: NumberType::Mobile,
            friendly_name: "Sandbox".to_owned(),
            carrier: None,
        })
    });
    let act = Act::new(Actor::System, "the sandbox began", now);
    service.ledger.add_numbers(numbers.collect::<anyhow::Result<_>>()?, act).await?;
    let mut lines = Vec::new();
    let world = carrier.world();
    for (name, phone) in CALLERS {
        world.add_handset(Handset::new(phone));
        world.introduce(Person { phone: phone.to_owned(), name: name.to_owned(), proxy: None });
    }
    for (id, name, mail, phone) in CLIENTS {
        world.add_handset(Handset::new(phone));
        let proxy = client(service, id, name, mail, phone).await?;
        let person = Person { phone: phone.to_owned(), name: name.to_owned(), proxy: Some(proxy.clone()) };
        world.introduce(person);
        lines.push(format!("  {name:<12} real number {phone:<14} proxy number {proxy}"));
    }
    Ok(lines)
}

async fn client(service: &Service, id: &str, name: &str, mail: &str, phone: &str) -> anyhow::Result<String> {
    let fields = ClientFields { id, name, mail, phone, residency: None };
    let client = match service.create_client(&fields, None, Actor::System).await {
        Err(RequestError::Ledger(LedgerError::ClientExists)) => {
            let id = proxycall_domain::ClientId::parse("client_id", id)?;
            service.ledger.client(id).await?
        }
        result => Some(result?),
    };
    Ok(client.and_then(|client| client.proxy).map(PhoneNumber::expose).unwrap_or_default())
}

fn greet(base_url: &str, carrier: &str, clients: &[String], keep: Option<&Path>) {
    let [(_, courier), ..] = CALLERS;
    let callers = CALLERS.map(|(name, phone)| format!("  {name:<12} {phone}")).join("\n");
    let kept = keep.map_or_else(|| "nothing is kept".to_owned(), |folder| format!("kept in {}", folder.display()));
    let carrier_option = if carrier.ends_with(":8100") { String::new() } else { format!(" --carrier {carrier}") };
    say(&format!(
        "
ProxyCall sandbox: everything runs, nothing leaves this machine, {kept}.

Open this first: two phones, and one proxy number between them
  {carrier}/sandbox

Clients
{}
Who calls them
{callers}

Try in a second terminal
  A courier calls Zoé:      cargo run --release -- phone call --from {courier} --to +33199000101{carrier_option}
  Zoé calls back:           cargo run --release -- phone call --from +33639980001 --to +33199000101{carrier_option}
  A courier texts Zoé:      cargo run --release -- phone text --from {courier} --to +33199000101{carrier_option} \"I am downstairs\"
  Nobody answers:           cargo run --release -- phone call --from {courier} --to +33199000101{carrier_option} --answer no-answer
  What happened:            curl {base_url}/interactions
  Enrol a new client:       open {base_url}/activate, then answer the text: phone list, phone text
  The letters sent:         cargo run --release -- phone mail{carrier_option}
  Staff at work:            open the sheet, type into a cell, and see it in {base_url}/clients/1

Console  {base_url}/console   (the operator's pages; no token needed here)
Sheet    {carrier}/sandbox/sheet   (the Google Sheet as staff see it, live)
API      {base_url}/docs   (no token needed here)
Stop     Ctrl-C
",
        clients.join("\n"),
    ));
}
