//! Promises: the least that an honest handler of a voice webhook does, and nothing else. ProxyCall is measured by it.
//!
//! It reads the form, sorts it, verifies the signature, finds the client by an indexed proxy number, writes one row
//! into a table with one index, and answers TwiML. No log, no limits, no rules, no sealing, no last caller, no second
//! index, no earlier answer to find again.
//!
//! Its durability is less than ProxyCall's: one commit for each call with `synchronous=NORMAL`, so that a call
//! answered with 200 survives a crash of the process, not one of the machine. ProxyCall commits with FULL.
//!
//! SQLite is called where the request is handled, on one connection behind a lock. That blocks a thread of the runtime
//! for microseconds, which a service must not do lightly, and is cheaper than any queue or pool: so it is the measure.

use std::{
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt as _,
};
use clap::Parser;
use proxycall_bench::{
    call::PATH,
    numbers::{MAX_CLIENTS, proxy_number, real_phone},
    signature::Signer,
};
use rusqlite::{Connection, params};
use tokio::net::TcpListener;

const SCHEMA: &str = "
    CREATE TABLE client (client_id INTEGER PRIMARY KEY, phone INTEGER NOT NULL, proxy INTEGER NOT NULL UNIQUE);
    CREATE TABLE interaction (
        id        INTEGER PRIMARY KEY,
        sid       TEXT NOT NULL UNIQUE,
        client_id INTEGER NOT NULL,
        party     INTEGER NOT NULL,
        at        INTEGER NOT NULL
    );";
const ENROL: &str = "INSERT INTO client (client_id, phone, proxy) VALUES (?1, ?2, ?3)";
const FIND: &str = "SELECT client_id, phone FROM client WHERE proxy = ?1";
const RECORD: &str = "INSERT INTO interaction (sid, client_id, party, at) VALUES (?1, ?2, ?3, ?4)";

/// Run the bare handler on 127.0.0.1.
#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long)]
    port: u16,
    /// The auth token that calls are signed with.
    #[arg(long)]
    token: String,
    /// How many clients there are.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CLIENTS)))]
    clients: u32,
    /// The SQLite file to make.
    #[arg(long)]
    database: PathBuf,
}

struct Bare {
    signer: Signer,
    base_url: String,
    database: Mutex<Connection>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut database = Connection::open(&options.database)?;
    database.pragma_update(None, "journal_mode", "wal")?;
    database.pragma_update(None, "synchronous", "normal")?;
    enrol(&mut database, options.clients).context("the clients cannot be written")?;
    let bare = Bare {
        signer: Signer::new(&options.token)?,
        base_url: format!("http://127.0.0.1:{}", options.port),
        database: Mutex::new(database),
    };
    let router = Router::new().route(PATH, post(voice)).with_state(Arc::new(bare));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    // As ProxyCall does.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

fn enrol(database: &mut Connection, clients: u32) -> rusqlite::Result<()> {
    let all = database.transaction()?;
    all.execute_batch(SCHEMA)?;
    {
        let mut enrol = all.prepare(ENROL)?;
        for client in 1..=clients {
            enrol.execute(params![client, real_phone(client).cast_signed(), proxy_number(client).cast_signed()])?;
        }
    }
    all.commit()
}

async fn voice(State(bare): State<Arc<Bare>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut form: Vec<_> = form_urlencoded::parse(&body).collect();
    form.sort_unstable();
    let params = form.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let signature = headers.get("X-Twilio-Signature").map(|value| value.as_bytes()).unwrap_or_default();
    if !bare.signer.verify(&[&bare.base_url, target], params, signature) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let get = |wanted: &str| form.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_ref());
    let number = |name: &str| get(name)?.strip_prefix('+')?.parse::<i64>().ok();
    let (Some(sid), Some(from), Some(to)) = (get("CallSid"), number("From"), number("To")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match connect(&bare.database, sid, from, to) {
        Ok(client) => {
            let twiml = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Dial callerId=\"+{to}\" answerOnBridge=\"true\" \
                 timeout=\"25\" timeLimit=\"3600\" action=\"/twilio/voice/ended\" method=\"POST\">\
                 <Number>+{client}</Number></Dial></Response>"
            );
            ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], twiml).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Finds whom to dial and records the call.
fn connect(database: &Mutex<Connection>, sid: &str, from: i64, to: i64) -> rusqlite::Result<i64> {
    let now = i64::try_from(now().as_millis()).unwrap_or(i64::MAX);
    let database = database.lock().unwrap_or_else(PoisonError::into_inner);
    let (client, phone): (i64, i64) =
        database.prepare_cached(FIND)?.query_row([to], |row| Ok((row.get(0)?, row.get(1)?)))?;
    database.prepare_cached(RECORD)?.execute(params![sid, client, from, now])?;
    Ok(phone)
}

#[expect(clippy::disallowed_methods, reason = "a program of one handler has nobody to be handed a clock by")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
