//! Promises: the whole app, wired as the product is, over a simulated carrier, with verbs to act and to ask; and it
//! must be given back in order.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up must stop at once"
)]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jiff::SignedDuration;
use proxycall_domain::{
    CountryCode, MailAddress, NumberType, PhoneNumber, Policy,
    pool::{
        NewNumber,
        life::{Act, Actor},
    },
    setting::SETTINGS,
    wiring::host_of,
};
use proxycall_google_sheets::{GoogleSheet, GoogleSheetConfig, Spreadsheet as WhichSpreadsheet};
use proxycall_notify::{SmtpConfig, SmtpMailer, SmtpTls};
use proxycall_sandbox::{
    CallScript, Event, Options, Sandbox, TextScript, Transcript, World,
    google::Spreadsheet,
    webhook::WebhookError,
    world::{Handset, Hook, Number},
};
use proxycall_service::{
    CodesConfig, Service,
    access::LiveTokens,
    jobs::Wake,
    live_policy::LivePolicy,
    operators::OperatorDesk,
    pool::{PoolConfig, PoolTables},
    ports::{Carrier, Clock as _, Ledger, Mailer, Sheet, clock::Ids as _, ledger::SheetBook as _},
    sheet::SheetMirror,
};
use proxycall_twilio::{Patience, TwilioClient, TwilioConfig, Verifier};
use proxycall_web::{ApiTokens, App, Capacity, ClientAddresses, Metrics, Pages, RateLimits, enrolment::Enrolment};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    clock::{TestChance, TestClock},
    database::{self, TestStore},
};

/// The address that the carrier signs for.
pub const PUBLIC_BASE_URL: &str = "https://proxycall.example";
/// Opens the business routes.
pub const TOKEN: &str = "test-token";
/// A client's real number.
pub const CLIENT: &str = "+33639980001";
/// A courier.
pub const COURIER: &str = "+33639980002";
/// Another courier.
pub const OTHER_COURIER: &str = "+33639980004";
/// What the carrier signs with, as in the fixtures.
pub const AUTH_TOKEN: &str = "fixture-auth-token-1234567890abcdef";
/// The carrier's account, as in the fixtures.
pub const ACCOUNT_SID: &str = "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

/// As whom letters go out.
pub const MAIL_SENDER: &str = "ProxyCall <calls@example.com>";

/// How long the simulated carrier waits for answers, at most. Longer than a busy machine needs.
const CARRIER_LIMIT: Duration = Duration::from_secs(3);

/// Twilio's codes for TwiML that cannot be carried out.
const BAD_TWIML: std::ops::Range<i32> = 12_000..14_000;

/// Jobs that somebody was promised something by. The others come again and again, or wait for somebody who does not answer.
const PROMISED: &str = "kind NOT IN ('wire_number', 'tend_pool', 'inspect_numbers', 'go_on', 'expire_confirmation', \
    'delete_copies', 'keep_periods', 'tell_operators')";

/// The app under test.
pub struct TestApp {
    /// The use cases.
    pub service: Arc<Service>,
    /// The clock of service and carrier.
    pub clock: TestClock,
    /// The carrier and the phones around it.
    pub world: World,
    /// The store and the database beneath.
    pub store: TestStore,
    /// Where the app really listens.
    pub address: String,
    http: reqwest::Client,
    sandbox: Sandbox,
    server: JoinHandle<()>,
    expected_violations: bool,
}

/// Runs a test over SQLite and has the app given back. For what depends on the database, use [`TestApp::start`].
pub async fn run_test(test: impl AsyncFnOnce(&mut TestApp)) {
    let mut app = TestApp::start(database::sqlite().await).await;
    test(&mut app).await;
    app.finish().await;
}

/// How codes go out, how the app's public pages are set up, and what stands behind them.
#[derive(Default)]
pub struct Outside {
    /// How codes go out.
    pub codes: CodesConfig,
    /// What the pages ask instead of the use cases.
    pub enrolment: Option<Arc<dyn Enrolment>>,
    /// Where the client's address is found.
    pub addresses: ClientAddresses,
    /// The sites that may frame the pages.
    pub frame_ancestors: Vec<String>,
    /// A spreadsheet to be mirrored.
    pub sheet: Option<Spreadsheet>,
    /// How much is carried out at once.
    pub capacity: Capacity,
    /// How long somebody waits for what a key was given for; none: as long as in the product.
    pub work_limit: Option<Duration>,
    /// Whom alerts and reports are mailed to.
    pub desk: OperatorDesk,
}

/// Runs a test of the public pages over SQLite.
pub async fn run_page_test(outside: Outside, test: impl AsyncFnOnce(&mut TestApp)) {
    let store = database::sqlite().await;
    let ledger = store.store() as Arc<dyn Ledger>;
    let mut app = TestApp::start_with(store, ledger, pool_config(), outside).await;
    test(&mut app).await;
    app.finish().await;
}

/// Runs a test over both databases, in which so many webhooks and so many other requests are carried out at once.
pub async fn run_crowded_test(webhooks: usize, others: usize, test: impl AsyncFn(&mut TestApp)) {
    for store in [database::sqlite().await, database::postgres().await] {
        let ledger = store.store() as Arc<dyn Ledger>;
        let outside = Outside { capacity: Capacity::new(webhooks, others), ..Outside::default() };
        let mut app = TestApp::start_with(store, ledger, pool_config(), outside).await;
        test(&mut app).await;
        app.finish().await;
    }
}

/// Runs a test over both databases.
pub async fn run_test_on_both(test: impl AsyncFn(&mut TestApp)) {
    for store in [database::sqlite().await, database::postgres().await] {
        let mut app = TestApp::start(store).await;
        test(&mut app).await;
        app.finish().await;
    }
}

/// Runs a test over SQLite with a pool that is kept in a certain way.
pub async fn run_pool_test(pool: PoolConfig, test: impl AsyncFnOnce(&mut TestApp)) {
    let store = database::sqlite().await;
    let ledger = store.store() as Arc<dyn Ledger>;
    let mut app = TestApp::start_with(store, ledger, pool, Outside::default()).await;
    test(&mut app).await;
    app.finish().await;
}

/// Runs a test over SQLite with codes that go out in a certain way.
pub async fn run_codes_test(codes: CodesConfig, test: impl AsyncFnOnce(&mut TestApp)) {
    let store = database::sqlite().await;
    let ledger = store.store() as Arc<dyn Ledger>;
    let outside = Outside { codes, ..Outside::default() };
    let mut app = TestApp::start_with(store, ledger, pool_config(), outside).await;
    test(&mut app).await;
    app.finish().await;
}

/// Runs a test over both databases in which these addresses are told alerts and reports; with a spreadsheet, if there is one.
pub async fn run_desk_test(mails: &[&str], sheet: Option<Spreadsheet>, test: impl AsyncFn(&mut TestApp)) {
    for store in [database::sqlite().await, database::postgres().await] {
        let ledger = store.store() as Arc<dyn Ledger>;
        let parse = |mail: &&str| MailAddress::parse("mail", mail).expect("an address");
        let desk = OperatorDesk::new(mails.iter().map(parse).collect());
        let outside = Outside { desk, sheet: sheet.clone(), ..Outside::default() };
        let mut app = TestApp::start_with(store, ledger, pool_config(), outside).await;
        test(&mut app).await;
        app.finish().await;
    }
}

/// Runs a test over both databases with this spreadsheet, whose id it is given.
pub async fn run_sheet_test(spreadsheet: Spreadsheet, test: impl AsyncFn(&mut TestApp, &str)) {
    for store in [database::sqlite().await, database::postgres().await] {
        let ledger = store.store() as Arc<dyn Ledger>;
        let outside = Outside { sheet: Some(spreadsheet.clone()), ..Outside::default() };
        let mut app = TestApp::start_with(store, ledger, pool_config(), outside).await;
        let (id, _) = app.world.google().spreadsheets().remove(0);
        test(&mut app, &id).await;
        app.finish().await;
    }
}

impl TestApp {
    /// Starts the app over a store, with a carrier and no numbers.
    pub async fn start(store: TestStore) -> Self {
        let ledger = store.store() as Arc<dyn Ledger>;
        Self::start_over(store, ledger).await
    }

    /// Starts the app over a ledger that stands before the store, to break things.
    pub async fn start_over(store: TestStore, ledger: Arc<dyn Ledger>) -> Self {
        Self::start_with(store, ledger, pool_config(), Outside::default()).await
    }

    async fn start_with(store: TestStore, ledger: Arc<dyn Ledger>, pool: PoolConfig, outside: Outside) -> Self {
        let _installed_before = rustls::crypto::ring::default_provider().install_default();
        let clock = TestClock::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let told = clock.clone();
        let sandbox = Sandbox::start(Options {
            account_sid: ACCOUNT_SID.to_owned(),
            auth_token: AUTH_TOKEN.to_owned(),
            clock: Arc::new(move || told.now()),
            base_urls: vec![(PUBLIC_BASE_URL.to_owned(), address.clone())],
            ..Options::default()
        })
        .await
        .expect("the simulated carrier starts");
        let world = sandbox.world().clone();
        let mailer = mailer_at(sandbox.mail_address());
        let service = service(ledger, carrier_at(sandbox.base_url()), clock.clone(), pool);
        let sheet = outside.sheet.map(|spreadsheet| {
            let id = world.google().add_spreadsheet(spreadsheet);
            SheetMirror::new(sheet_at(&sandbox, id, clock.clone()), service.chance.job_id(clock.now()))
        });
        let service =
            Arc::new(Service { mailer: Some(mailer), codes: outside.codes, sheet, desk: outside.desk, ..service });
        let verifier = Verifier::new(&[PUBLIC_BASE_URL], &[AUTH_TOKEN.into()]).expect("a verifier");
        let tokens = ApiTokens::Required(vec![TOKEN.into()]);
        let enrolment = outside.enrolment.unwrap_or_else(|| Arc::clone(&service) as Arc<dyn Enrolment>);
        let pages = Pages::new(enrolment, outside.addresses, &outside.frame_ancestors).expect("the pages");
        let router = proxycall_web::router(App {
            service: Arc::clone(&service),
            verifier,
            tokens,
            pages,
            limits: RateLimits::default(),
            capacity: outside.capacity,
            work_limit: outside.work_limit.unwrap_or(proxycall_web::WORK_LIMIT),
            metrics: metrics(clock.now()),
        });
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the app serves");
        });
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { service, clock, world, store, address, http, sandbox, server, expected_violations: false }
    }

    /// Adds a number to the pool, and at the carrier with its webhooks leading here.
    pub async fn number(&self, phone: &str, country: &str, number_type: NumberType) {
        let number = NewNumber {
            phone: phone.parse().expect("a number"),
            country: country.parse().expect("a country"),
            number_type,
            friendly_name: "Test".to_owned(),
            carrier: None,
        };
        let act = Act::new(Actor::System, "a test", self.clock.now());
        self.store.add_numbers(vec![number], act).await.expect("the number joins the pool");
        self.carrier_number(phone);
    }

    /// A number that the carrier knows and leads here, whatever the pool holds.
    pub fn carrier_number(&self, phone: &str) {
        self.world.add_number(
            Number::new(phone)
                .voice_url(format!("{PUBLIC_BASE_URL}/twilio/voice"))
                .sms_url(format!("{PUBLIC_BASE_URL}/twilio/sms"))
                .status_callback_url(format!("{PUBLIC_BASE_URL}/twilio/status/voice")),
        );
    }

    /// Another instance of the service on the same store, with a carrier of its own. It shares no chance with the
    /// first: it is for jobs, not for what comes in.
    pub fn instance(&self, carrier: Arc<dyn Carrier>) -> Service {
        let first = &self.service;
        let service = service(Arc::clone(&first.ledger), carrier, self.clock.clone(), first.pool.clone());
        Service { mailer: first.mailer.clone(), codes: first.codes.clone(), desk: first.desk.clone(), ..service }
    }

    /// Creates a client through the API, with a French number of its own and a handset. The proxy number.
    pub async fn client(&self, id: u32, phone: &str) -> String {
        self.client_in("FR", id, phone).await
    }

    /// The same in another country: the client is addressed in that country's language.
    pub async fn client_in(&self, country: &str, id: u32, phone: &str) -> String {
        self.client_with(&format!("+3319900{:04}", 9000 + id), country, id, phone).await
    }

    /// The same with a certain number.
    pub async fn client_with(&self, proxy: &str, country: &str, id: u32, phone: &str) -> String {
        self.number(proxy, country, NumberType::Mobile).await;
        self.world.add_handset(Handset::new(phone));
        let body = json!({
            "client_id": id.to_string(),
            "client_name": format!("Client {id}"),
            "client_mail": format!("client{id}@example.com"),
            "client_real_phone": phone,
            "client_iso_residency": country,
        });
        let (status, answer) = self.post("/clients", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.drain_jobs().await;
        answer["client_proxy_number"].as_str().expect("a proxy number").to_owned()
    }

    /// Somebody calls a number. Handsets that are not there yet are made.
    pub async fn call(&self, from: &str, to: &str) -> Transcript {
        self.call_with(CallScript::new(from, to)).await
    }

    /// Somebody calls, in a particular way.
    pub async fn call_with(&self, script: CallScript) -> Transcript {
        self.handset(&script.from);
        self.tick();
        let transcript = self.world.call(script).await;
        self.world.settle().await;
        transcript
    }

    /// Somebody texts a number, and what that causes is carried out.
    pub async fn text(&self, from: &str, to: &str, body: &str) -> Transcript {
        self.text_with(TextScript::new(from, to, body)).await
    }

    /// Somebody texts, in a particular way, and what that causes is carried out.
    pub async fn text_with(&self, script: TextScript) -> Transcript {
        self.handset(&script.from);
        self.tick();
        let transcript = self.world.text(script).await;
        self.drain_jobs().await;
        transcript
    }

    /// A millisecond passes, so that what comes in one after the other is also listed so.
    fn tick(&self) {
        self.clock.advance(SignedDuration::from_millis(1));
    }

    fn handset(&self, phone: &str) {
        let known = self.world.handsets().iter().any(|handset| handset.phone == phone)
            || self.world.numbers().iter().any(|number| number.phone == phone);
        if !known && phone.parse::<PhoneNumber>().is_ok() {
            self.world.add_handset(Handset::new(phone));
        }
    }

    /// A webhook that the carrier signed, to a path that may have a query. Status and body.
    pub async fn webhook(&self, path: &str, params: &[(&str, &str)]) -> (u16, String) {
        self.tick();
        let params: Vec<_> = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match self.world.send_webhook(&Hook::post(format!("{PUBLIC_BASE_URL}{path}")), &params).await {
            Ok(answer) => (answer.status, answer.body),
            Err(WebhookError::Status(status)) => (status, String::new()),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// The operator changes a setting, and the app has seen it.
    pub async fn setting(&self, key: &str, value: &str) {
        let set = self.store.set_setting(key.to_owned(), Some(value.to_owned()), self.clock.now()).await;
        set.expect("the setting is kept");
        self.service.policy.refresh(self.service.ledger.as_ref()).await.expect("the settings are read");
    }

    /// Carries out every job that is due, and waits for the carrier's callbacks.
    pub async fn drain_jobs(&self) {
        while self.service.run_due_jobs().await.expect("the store answers") > 0 {}
        self.world.settle().await;
    }

    /// Another way to the spreadsheet of this id, for another instance.
    pub fn sheet(&self, id: &str) -> Arc<dyn Sheet> {
        sheet_at(&self.sandbox, id.to_owned(), self.clock.clone())
    }

    /// Lets the mirror of the sheet go on for a minute: the next reading, and what follows from it.
    pub async fn mirror(&self) {
        for _ in 0..20 {
            self.clock.advance(SignedDuration::from_secs(3));
            self.service.mirror_sheet().await.expect("the sheet is mirrored");
        }
        let waits = self.store.sheet_waits().await.expect("the store answers");
        assert_eq!(waits, 0, "rows wait to be written");
    }

    /// Where the simulated carrier listens, with the page of the phones at `/sandbox`.
    pub fn carrier_url(&self) -> String {
        self.sandbox.base_url()
    }

    /// Lets time pass, then carries out what has become due.
    pub async fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.drain_jobs().await;
    }

    /// A request to the app, with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address)).bearer_auth(TOKEN)
    }

    /// A request to the app without the token.
    pub fn bare_request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address))
    }

    /// GET. Status and JSON body (null when it is none).
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(Method::PUT, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::DELETE, path)).await
    }

    /// The calls and messages, newest first, as the API tells them.
    pub async fn interactions(&self) -> Vec<Value> {
        let (status, body) = self.get("/interactions?limit=500").await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["interactions"].as_array().cloned().expect("a list")
    }

    /// The newest call or message.
    pub async fn latest(&self) -> Value {
        self.interactions().await.into_iter().next().expect("an interaction")
    }

    /// The outcomes, newest first.
    pub async fn outcomes(&self) -> Vec<String> {
        let all = self.interactions().await;
        all.iter().map(|it| it["outcome"].as_str().expect("an outcome").to_owned()).collect()
    }

    /// This test makes the carrier see what it must not: it is not asked about that at the end.
    pub fn expect_violations(&mut self) {
        self.expected_violations = true;
    }

    /// Gives the app back: nothing that was promised is left to do, nothing panicked, all TwiML could be carried out, and the carrier saw nothing
    /// that its contract forbids.
    pub async fn finish(self) {
        self.world.settle().await;
        if let Ok(Some(at)) = self.store.next_job_at().await {
            let left = self.store.database().count(&format!("job WHERE {PROMISED}")).await;
            assert_eq!(left, 0, "jobs are left, the first for {at}");
        }
        if !self.expected_violations {
            let violations = self.world.violations();
            assert!(violations.is_empty(), "the carrier saw what its contract forbids: {violations:?}");
        }
        let errors = self.world.errors();
        assert!(errors.iter().all(|error| !BAD_TWIML.contains(&error.code)), "TwiML of ours is wrong: {errors:?}");
        self.server.abort();
        match self.server.await {
            Err(error) if error.is_cancelled() => {}
            ended => panic!("the app ended by itself: {ended:?}"),
        }
        self.sandbox.shutdown().await;
        self.store.close().await;
    }
}

/// What this process tells of itself. Tests that share a process share it.
fn metrics(now: jiff::Timestamp) -> Metrics {
    let exposition = proxycall_prometheus::start().expect("metrics");
    exposition.started_at(now.as_second());
    Metrics::new(move || exposition.text())
}

/// A client of the carrier's API at this address.
pub fn carrier_at(api_base_url: String) -> Arc<dyn Carrier> {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let config = TwilioConfig::new(ACCOUNT_SID, SecretString::from(AUTH_TOKEN));
    let config = TwilioConfig { api_base_url, total_timeout: CARRIER_LIMIT, patience: Patience::NO_WAIT, ..config };
    Arc::new(TwilioClient::new(config).expect("a carrier"))
}

/// The spreadsheet of this id at the simulated Google.
fn sheet_at(sandbox: &Sandbox, id: String, clock: TestClock) -> Arc<dyn Sheet> {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let mut config = GoogleSheetConfig::new(WhichSpreadsheet::ById(id), sandbox.service_account_json().into());
    config.api_base_url = Some(sandbox.base_url());
    Arc::new(GoogleSheet::new(config, Arc::new(clock)).expect("a sheet"))
}

/// Sends letters to the mail server at this address, without encryption.
pub fn mailer_at(address: SocketAddr) -> Arc<dyn Mailer> {
    let config = SmtpConfig {
        host: address.ip().to_string(),
        port: address.port(),
        tls: SmtpTls::None,
        login: None,
        from: MAIL_SENDER.parse().expect("a sender"),
    };
    Arc::new(SmtpMailer::new(config).expect("a mailer"))
}

/// The TwiML documents that the service answered in the course of a call or text.
pub fn twiml(transcript: &Transcript) -> Vec<&str> {
    let answers = transcript.events.iter().filter_map(|event| match event {
        Event::Webhook { answer, .. } => Some(answer.as_str()),
        _ => None,
    });
    answers.filter(|answer| !answer.is_empty()).collect()
}

/// The shipped rules, with limits that no test meets by accident: its clock stands while it asks a thousand times.
fn patient_policy() -> Policy {
    let mut policy = Policy::shipped().expect("the tables");
    for setting in SETTINGS.iter().filter(|setting| setting.key.starts_with("limits.")) {
        policy.set(setting.key, "1000000").expect("a number");
    }
    // A test has few numbers: what is bought by itself is then all that counts.
    policy.set("alerts.stock_below", "0").expect("a number");
    policy
}

/// The use cases over a ledger, as the product wires them, without a mail server.
pub fn service(ledger: Arc<dyn Ledger>, carrier: Arc<dyn Carrier>, clock: TestClock, pool: PoolConfig) -> Service {
    Service {
        ledger,
        carrier,
        mailer: None,
        sheet: None,
        clock: Arc::new(clock),
        chance: Arc::new(TestChance::default()),
        policy: LivePolicy::new(patient_policy()),
        tokens: LiveTokens::default(),
        wake: Wake::default(),
        public_base_url: PUBLIC_BASE_URL.to_owned(),
        preferred_type: NumberType::Mobile,
        pool,
        tables: PoolTables::shipped().expect("the tables"),
        codes: CodesConfig::default(),
        desk: OperatorDesk::default(),
    }
}

/// How the pool is kept where a test says nothing: as the product's defaults are, with regulatory ids, in France.
#[must_use]
pub fn pool_config() -> PoolConfig {
    PoolConfig {
        our_hosts: host_of(PUBLIC_BASE_URL).into_iter().collect(),
        address_sid: Some(format!("AD{}", "5e".repeat(16))),
        bundle_sid: Some(format!("BU{}", "5e".repeat(16))),
        country: CountryCode::FRANCE,
        batch: 3,
        minimum: 0,
        max_purchases_per_day: 20,
        quarantine: SignedDuration::from_hours(24 * 30),
        buy_on_demand: false,
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let body = response.text().await.expect("a body");
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}
