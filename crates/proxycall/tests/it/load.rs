//! Promises: people who call, write and order while instances die: each request is remembered with what was answered, and
//! is sent once more when no answer came, as the carrier does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use proxycall_domain::{
    CountryCode, NumberType,
    pool::{
        NewNumber,
        life::{Act, Actor},
    },
};
use proxycall_sandbox::{Options, Sandbox, World, world::Number};
use proxycall_service::ports::{Clock as _, Ledger as _};
use proxycall_store::Store;
use proxycall_testkit::{
    clock::TestClock,
    database::{Database, options},
};
use serde_json::{Value, json};

use crate::support::*;

/// Who can be called.
pub(crate) const CLIENTS: u32 = 20;
/// How long an answer is waited for. The service says that it is not available long before; the carrier waits 15 s.
const LIMIT: Duration = Duration::from_secs(10);

fn proxy(n: u32) -> String {
    format!("+3319900{n:04}")
}

fn real(n: u32) -> String {
    format!("+3363998{n:04}")
}

/// A client, a courier of theirs, or somebody who orders: ranges that do not meet.
fn client(n: u32) -> String {
    real(n)
}
fn courier(n: u32) -> String {
    real(1_000 + n % 500)
}
fn buyer(n: u32) -> String {
    real(4_000 + n)
}

/// The carrier, and a filled database that is made with the key of [`Installation::new`].
pub(crate) struct Stage {
    pub(crate) carrier: Sandbox,
    pub(crate) database: Database,
}

impl Stage {
    /// With numbers for so many orders.
    pub(crate) async fn new(database: Database, spare: u32) -> Self {
        let numbers = (1..=CLIENTS).chain(1_001..=1_000 + spare).map(|n| {
            Number::new(proxy(n))
                .voice_url(format!("{PUBLIC_BASE_URL}/twilio/voice"))
                .sms_url(format!("{PUBLIC_BASE_URL}/twilio/sms"))
                .status_callback_url(format!("{PUBLIC_BASE_URL}/twilio/status/voice"))
        });
        let carrier = Sandbox::start(Options {
            account_sid: ACCOUNT_SID.to_owned(),
            auth_token: AUTH_TOKEN.to_owned(),
            numbers: numbers.collect(),
            everyone_has_a_handset: true,
            ..Options::default()
        })
        .await
        .unwrap();
        let stage = Self { carrier, database };
        let installation = stage.installation();
        let mut clients = "client_id,client_name,client_mail,client_real_phone,client_proxy_number\n".to_owned();
        for n in 1..=CLIENTS {
            clients.push_str(&format!("{n},Client {n},client{n}@example.com,{},{}\n", client(n), proxy(n)));
        }
        installation.write("clients.csv", clients);
        installation.run(&["client", "import", "clients.csv"]).await.ok();
        let store = stage.store().await;
        let numbers = (1_001..=1_000 + spare).map(|n| NewNumber {
            phone: proxy(n).parse().unwrap(),
            country: CountryCode::FRANCE,
            number_type: NumberType::Mobile,
            friendly_name: String::new(),
            carrier: None,
        });
        // A few couriers stand for many.
        for limit in ["limits.caller", "limits.caller_per_number", "limits.token_per_second", "limits.token_burst"] {
            installation.run(&["setting", "set", limit, "1000000"]).await.ok();
        }
        let act = Act::new(Actor::System, "a test", TestClock::default().now());
        store.add_numbers(numbers.collect(), act).await.unwrap();
        store.close().await;
        stage
    }

    pub(crate) fn world(&self) -> World {
        self.carrier.world()
    }

    /// An instance's variables.
    pub(crate) fn installation(&self) -> Installation {
        let mut installation = Installation::new();
        installation.set("TWILIO_API_BASE_URL", &self.carrier.base_url());
        installation.set("DATABASE_URL", self.database.uri());
        installation.set("LOG_LEVEL", "warn,proxycall=info");
        installation
    }

    /// The same database, in this process.
    pub(crate) async fn store(&self) -> Arc<Store> {
        let secret = proxycall_store::SecretKey::parse(SECRET_KEY).unwrap();
        let options = proxycall_store::Options {
            secrets: vec![secret.clone()],
            first_secret: secret,
            ..options(self.database.uri())
        };
        Arc::new(Store::open(options).await.unwrap())
    }

    /// All that the carrier was given to deliver, by what it says. Each text of [`Requests`] is the only one of its kind.
    pub(crate) fn sent_bodies(&self) -> Vec<String> {
        self.world().sent_messages().into_iter().map(|message| message.body).collect()
    }
}

/// What somebody wants.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Call { sid: String, from: String, to: String },
    Text { sid: String, from: String, to: String },
    Order { id: String, buyer: u32 },
}

/// An answer that promises something: it must be found again.
#[derive(Debug, Clone)]
pub(crate) enum Promise {
    Call(String),
    Text(String),
    Order { id: String, proxy: String },
}

/// Each request is another one.
pub(crate) struct Requests {
    next: AtomicU32,
    orders: u32,
}

impl Requests {
    /// With so many orders at most.
    pub(crate) fn new(orders: u32) -> Self {
        Self { next: AtomicU32::new(0), orders }
    }

    /// A call, mostly; a text each third time; now and then an order.
    pub(crate) fn next(&self) -> Request {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let (from, to) = (courier(n), proxy(1 + n % CLIENTS));
        match n % 12 {
            0 if n / 12 < self.orders => Request::Order { id: format!("O-{n}"), buyer: n / 12 },
            1 | 4 | 7 | 10 => Request::Text { sid: format!("SM{n:08}"), from, to },
            _ => Request::Call { sid: format!("CA{n:08}"), from, to },
        }
    }
}

/// What the text of this webhook says.
pub(crate) fn body_of(sid: &str) -> String {
    format!("Je suis en bas, {sid}")
}

/// Sends a request to an instance. None: it did not say what it promises.
pub(crate) async fn send(http: &reqwest::Client, address: &str, request: &Request) -> Result<Promise, String> {
    let webhook = |webhook: Webhook| {
        http.post(format!("{address}{}", webhook.path))
            .header("X-Twilio-Signature", webhook.signature)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(webhook.body)
    };
    let ask = match request {
        Request::Call { sid, from, to } => webhook(Webhook::call(sid, from, to)),
        Request::Text { sid, from, to } => webhook(Webhook::text(sid, from, to, &body_of(sid))),
        Request::Order { id, buyer: n } => http.post(format!("{address}/orders")).bearer_auth(TOKEN).json(&json!({
            "order_id": id,
            "client_id": (10_000 + n).to_string(),
            "client_name": format!("Buyer {n}"),
            "client_mail": format!("buyer{n}@example.com"),
            "client_real_phone": buyer(*n),
            "client_iso_residency": "FR",
        })),
    };
    let answer = ask.timeout(LIMIT).send().await.map_err(|error| format!("no answer: {error:?}"))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| format!("half an answer: {error:?}"))?;
    if status != 200 {
        return Err(format!("{status} {text}"));
    }
    match request {
        Request::Call { sid, .. } if text.contains("<Dial") => Ok(Promise::Call(sid.clone())),
        Request::Text { sid, .. } if !text.contains("<Message") => Ok(Promise::Text(sid.clone())),
        Request::Order { id, .. } => {
            let order: Value = serde_json::from_str(&text).unwrap();
            Ok(Promise::Order { id: id.clone(), proxy: order["client_proxy_number"].as_str().unwrap().to_owned() })
        }
        _ => Err(text),
    }
}

/// The figures of a run, for whoever runs it by hand.
#[expect(clippy::print_stdout, reason = "it is what a script that runs this is asked for")]
pub(crate) fn say(figures: &str) {
    println!("{figures}");
}
