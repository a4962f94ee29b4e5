//! Promises: no real number, name, e-mail address or text that is planted in any input comes out where it must not:
//! in logs, in refusals, on pages for everybody, in what the other party sees or hears, in what `Debug` shows, and, but for
//! names and e-mail addresses, in a copy of the database or a backup.
//!
//! A program of its own, because it listens to all that this process logs.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a rule that meets an error has failed"
)]

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
};

use proxycall_domain::{
    Address, ClientId, DispatchId, FieldError, Language, MailAddress, NewClient, NumberType, PendingId, PersonName,
    PhoneNumber,
    client::{ClientChanges, parse_phone},
    order::{NewOrder, OrderId},
    routing::{CallAnswer, ClientFacts, Facts, TextContent},
};
use proxycall_service::ports::{
    Clock as _, Ledger as _,
    carrier::{CarrierText, OutgoingText},
    ledger::{
        ClientSearch, CodeRules, CreateClient, CreateConfirmation, ImportClient, InboundText, LinkProof, Origin,
        OutboundText, RequestKey, SpareIds, StoredAnswer, Ticket,
    },
};
use proxycall_testkit::reqwest::{Method, RequestBuilder};
use proxycall_testkit::sandbox::{
    CallScript, Event, Fault, TextScript, Transcript, signature,
    world::{Behaviour, Handset},
};
use proxycall_testkit::{
    TestApp,
    app::{AUTH_TOKEN, PUBLIC_BASE_URL, TOKEN},
    database::{self, Database, TestStore},
    run_test,
};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

const CLIENT: &str = "+33639985417";
const COURIER: &str = "+33639986238";
const STRANGER: &str = "+14155550107";
const NAME: &str = "Zéphyrine Canarelli";
const MAIL: &str = "zeph.canarelli@example.com";
const BODY: &str = "perroquet bleu au 4e étage";

/// What gives a number away, in every spelling.
fn spellings(number: &str) -> Vec<String> {
    let last_eight = number.get(number.len() - 8..).unwrap();
    let pairs: Vec<&str> = (0..8).step_by(2).map(|at| last_eight.get(at..at + 2).unwrap()).collect();
    let separated = [" ", ".", "-", "%20", "+", "\u{a0}"].map(|separator| pairs.join(separator));
    // With or without `+`, `00`, `%2B` or the national 0: each ends with the last eight digits.
    [last_eight.to_owned()].into_iter().chain(separated).collect()
}

/// What gives a person away.
fn identity() -> Vec<String> {
    let mut needles: Vec<String> = [CLIENT, COURIER, STRANGER].into_iter().flat_map(spellings).collect();
    // The accent is spelled in many ways; what follows it is not.
    needles.extend(["phyrine", "canarelli", "zeph.c"].map(str::to_owned));
    needles
}

/// What must not be where nobody has shown a token: the above, and what people write to each other.
fn private() -> Vec<String> {
    let mut needles = identity();
    needles.extend(["perroquet", "4e+%c3%a9tage", TOKEN].map(str::to_owned));
    needles
}

fn assert_clean(what: &str, text: &str, needles: &[String]) {
    let lower = text.to_lowercase();
    for needle in needles {
        if let Some(at) = lower.find(&needle.to_lowercase()) {
            let around: String =
                lower.chars().skip(lower[..at].chars().count().saturating_sub(150)).take(400).collect();
            panic!("{needle} is in {what}: …{around}…");
        }
    }
}

/// All that this process logs, from debug upwards, libraries included.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn listen() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    })
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// What was answered, head and body, when it is nothing for somebody with a token to read.
async fn poke(refusals: &Mutex<Vec<String>>, request: RequestBuilder) {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let authorised = request.headers().contains_key("authorization");
    let what = format!("{} {}", request.method(), request.url().path());
    let response = client.execute(request).await.unwrap();
    if authorised && response.status().is_success() {
        return;
    }
    let head = format!("{what} → {} {:?}", response.status(), response.headers());
    // The address is the asker's own; what is said about it is not.
    let head = head.split_once(" → ").unwrap().1.to_owned();
    let body = response.text().await.unwrap();
    refusals.lock().unwrap().push(format!("{head} {body}"));
}

fn client(id: &str, phone: &str) -> Value {
    json!({ "client_id": id, "client_name": NAME, "client_mail": MAIL, "client_real_phone": phone })
}

/// The API, with the canaries in every place that takes an input.
async fn ask_everything(app: &TestApp, refusals: &Mutex<Vec<String>>) {
    let order = |id: &str| {
        let mut order = client("1", CLIENT);
        order["order_id"] = json!(id);
        order
    };
    let bodies = [
        client("1", CLIENT),
        client("2", CLIENT),
        client(CLIENT, NAME),
        client(NAME, MAIL),
        client("3", MAIL),
        client("4", "06 39 98 54 17"),
        order("A-1"),
        order(CLIENT),
        order(&format!("{NAME}\u{0}!")),
        json!({ "client_id": 33639985417_u64 }),
        json!({ "client_id": "1", "client_name": [NAME], "text": { NAME: CLIENT } }),
        json!({ "client_name": { CLIENT: NAME }, "limit": MAIL, "after": CLIENT }),
        json!({ "text": CLIENT, "limit": CLIENT }),
        json!({ "text": NAME, "after": NAME }),
        json!({ "text": NAME }),
        json!({ "text": BODY }),
        json!({ "client_name": NAME, "client_real_phone": CLIENT, "client_proxy_number": COURIER }),
        json!({ "client_mail": NAME }),
        json!({ "client_name": format!("{NAME}\u{0}") }),
        json!(CLIENT),
        json!([NAME, CLIENT]),
    ];
    for path in ["/clients", "/orders", "/clients/search", "/clients/1", "/clients/99", "/clients/1/restore"] {
        let method = if path.ends_with('1') || path.ends_with("99") { Method::PUT } else { Method::POST };
        for body in &bodies {
            let request = || app.request(method.clone(), path);
            poke(refusals, request().json(body)).await;
            poke(refusals, request().header("Idempotency-Key", CLIENT).json(body)).await;
            poke(refusals, request().body(body.to_string())).await;
            let mut broken = body.to_string();
            broken.pop();
            poke(refusals, request().header("Content-Type", "application/json").body(broken)).await;
            poke(refusals, app.bare_request(method.clone(), path).json(body)).await;
            poke(refusals, app.bare_request(method.clone(), path).bearer_auth(CLIENT).json(body)).await;
        }
    }
    for value in [CLIENT, "%2B33%206%2039%2098%2054%2017", NAME, MAIL] {
        for path in [
            format!("/clients/{value}"),
            format!("/clients/by-proxy/{value}"),
            format!("/orders/{value}"),
            format!("/clients?after={value}"),
            format!("/clients?limit={value}"),
            format!("/clients?country={value}"),
            format!("/orders?client_id={value}"),
            format!("/orders?after={value}"),
            format!("/interactions?client_id={value}&proxy={value}"),
            format!("/interactions?proxy={value}"),
            format!("/interactions?outcome={value}"),
            format!("/interactions?from={value}"),
            format!("/interactions?after={value}"),
            format!("/confirmations/status?pending_id={value}"),
            format!("/confirmations/verify?pending_id={value}&otp={value}"),
            format!("/confirmations/verify?pending_id=P-1&token={value}"),
            format!("/activate/progress/{value}"),
            format!("/pool/available?country_iso={value}"),
            format!("/pool/available?country_iso=FR&number_type={value}"),
            format!("/{value}"),
            format!("/health/ready?{value}"),
            format!("/docs?{value}"),
            format!("/openapi.json?{value}"),
        ] {
            poke(refusals, app.request(Method::GET, &path)).await;
            poke(refusals, app.bare_request(Method::GET, &path)).await;
        }
    }
}

/// The public pages, with the canaries in addresses and in the trap. What somebody types into the form comes back to that
/// person alone; what stands in an address must not reach the log.
async fn use_pages(app: &TestApp, refusals: &Mutex<Vec<String>>) {
    let phone = CLIENT.replace('+', "%2B");
    for path in [
        format!("/activate/progress/{phone}"),
        format!("/activate/progress/{MAIL}?part=1&email={MAIL}"),
        format!("/confirmations/verify?pending_id={phone}&otp={phone}"),
        format!("/confirmations/verify?pending_id={MAIL}&token={NAME}"),
        format!("/confirmations/verify?email={MAIL}"),
    ] {
        poke(refusals, app.bare_request(Method::GET, &path)).await;
    }
    let link = [("pending_id", MAIL), ("token", NAME), ("decision", "yes")];
    poke(refusals, app.bare_request(Method::POST, "/confirmations/verify").form(&link)).await;
    let caught = [("email", MAIL), ("phone", CLIENT), ("remark_2", BODY)];
    poke(refusals, app.bare_request(Method::POST, "/activate").form(&caught)).await;
    // Answers that hold what was typed go to who typed it; the log hears nothing.
    let shown = Mutex::default();
    poke(&shown, app.bare_request(Method::GET, &format!("/activate?email={MAIL}&phone={phone}"))).await;
    let typed = [("first_name", NAME), ("last_name", ""), ("email", MAIL), ("phone", CLIENT), ("phone2", COURIER)];
    poke(&shown, app.bare_request(Method::POST, "/activate").form(&typed)).await;
}

/// Webhooks that are forged, or signed and malformed.
async fn post_webhooks(app: &TestApp, refusals: &Mutex<Vec<String>>) {
    for path in ["voice", "voice/ended", "voice/otp", "voice/otp/gather", "sms", "status/message", "status/voice"] {
        for form in [
            vec![("From", CLIENT), ("To", COURIER), ("Body", BODY), ("CallSid", CLIENT), ("MessageSid", MAIL)],
            vec![("From", NAME), ("To", MAIL), ("Body", BODY), ("CallSid", "CA1"), ("MessageSid", "SM1")],
            vec![("From", COURIER), ("To", CLIENT), ("MessageStatus", NAME), ("CallStatus", NAME), ("ErrorCode", NAME)],
            vec![(CLIENT, NAME), (NAME, BODY)],
        ] {
            let target = format!("/twilio/{path}?note={CLIENT}");
            let params: Vec<(String, String)> =
                form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let signed = signature::sign(AUTH_TOKEN, &format!("{PUBLIC_BASE_URL}{target}"), &params);
            for signature in [signed.as_str(), CLIENT, ""] {
                let request = app.bare_request(Method::POST, &target).header("X-Twilio-Signature", signature);
                poke(refusals, request.form(&params)).await;
            }
        }
    }
}

/// What the carrier is told, without the one element that must name the real number.
fn without_dialled_number(twiml: &str) -> String {
    match (twiml.split_once("<Number"), twiml.rsplit_once("</Number>")) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => twiml.to_owned(),
    }
}

/// Nobody sees or hears who the other is, and no TwiML says it but where it is dialled.
fn assert_masked(transcript: &Transcript) {
    let needles = identity();
    for event in &transcript.events {
        match event {
            Event::Heard { text, .. } => assert_clean("what is heard", text, &needles),
            Event::Rings { caller_id_seen, .. } => assert_clean("a caller ID", caller_id_seen, &needles),
            Event::Connected { a_sees, b_sees, .. } => {
                assert_clean("a display", &format!("{a_sees} {b_sees}"), &needles)
            }
            Event::Received { from, body, .. } => assert_clean("a text", &format!("{from} {body}"), &needles),
            Event::Webhook { answer, .. } => assert_clean("TwiML", &without_dialled_number(answer), &needles),
            _ => {}
        }
    }
}

/// Calls and texts of every outcome, with the carrier failing in every way.
async fn call_and_text(app: &TestApp, proxy: &str) {
    let mut transcripts = Vec::new();
    for behaviour in [Behaviour::Answer, Behaviour::Busy, Behaviour::NoAnswer] {
        app.world.set_behaviour(CLIENT, behaviour);
        transcripts.push(app.call(COURIER, proxy).await);
    }
    transcripts.push(app.call(CLIENT, proxy).await);
    transcripts.push(app.call(STRANGER, proxy).await);
    transcripts.push(app.call("anonymous", proxy).await);
    transcripts
        .push(app.call_with(CallScript { digits: ["1".to_owned()].into(), ..CallScript::new(COURIER, proxy) }).await);
    transcripts.push(app.text(COURIER, proxy, BODY).await);
    transcripts.push(app.text(CLIENT, proxy, BODY).await);
    transcripts.push(app.text(STRANGER, proxy, BODY).await);
    transcripts.push(app.text(COURIER, proxy, "STOP").await);
    transcripts.push(app.text_with(TextScript { media: 2, ..TextScript::new(COURIER, proxy, BODY) }).await);
    for fault in [
        Fault::Code(21610),
        Fault::Code(21211),
        Fault::Status(429),
        Fault::Status(500),
        Fault::Status(401),
        Fault::HangUpAfterAccepting,
        Fault::HangUpBeforeAccepting,
    ] {
        app.world.fail_next(fault.clone());
        transcripts.push(app.text(COURIER, proxy, BODY).await);
        // The look-up at the carrier, whose address holds both numbers, fails once as well.
        app.world.fail_next(Fault::HangUpBeforeAccepting);
        for _ in 0..20 {
            app.advance(600).await;
        }
    }
    transcripts.iter().for_each(assert_masked);
    for phone in [CLIENT, COURIER] {
        assert!(!app.world.inbox(phone).is_empty() && !app.world.rings(phone).is_empty(), "nothing came to {phone}");
        let needles = identity();
        for text in app.world.inbox(phone) {
            assert_eq!(text.from, proxy);
            assert_clean("a text that arrived", &text.body, &needles);
        }
        for ring in app.world.rings(phone) {
            assert_clean("a ring", &ring.caller_id, &needles);
        }
    }
    for webhook in app.world.webhooks() {
        assert_clean("TwiML", &without_dialled_number(&webhook.answer), &identity());
    }
}

/// A client enrols by every channel, with wrong codes and a carrier that fails. The codes and signatures that went out.
async fn enrol(app: &TestApp) -> Vec<String> {
    let body = json!({
        "pending_id": "P-1",
        "client_name": NAME,
        "client_mail": MAIL,
        "client_real_phone": CLIENT,
        "country_iso": "FR",
    });
    app.world.set_keys(CLIENT, vec!["100000".to_owned()]);
    let (status, answer) = app.post("/confirmations/create", body).await;
    assert!(status.is_success(), "{answer}");
    for _ in 0..4 {
        app.drain_jobs().await;
        app.text(CLIENT, "+33639989001", "999999").await;
        app.advance(120).await;
    }
    for channel in ["sms", "voice", "email"] {
        for fault in [Fault::Code(21610), Fault::HangUpAfterAccepting, Fault::Status(500)] {
            app.world.fail_next(fault);
            app.post("/confirmations/resend", json!({ "pending_id": "P-1", "channel": channel })).await;
            app.advance(200).await;
        }
    }
    let texts = app.world.inbox(CLIENT).into_iter().map(|text| text.body);
    let mut secrets: Vec<String> = Vec::new();
    for text in texts {
        secrets.extend(text.split(|c: char| !c.is_ascii_digit()).filter(|group| group.len() == 6).map(str::to_owned));
        secrets.extend(text.split("token=").nth(1).and_then(|rest| rest.split_whitespace().next()).map(str::to_owned));
    }
    secrets.retain(|secret| !["999999", "100000"].contains(&secret.as_str()));
    assert!(secrets.len() > 1, "no code went out");
    let code = secrets.iter().find(|secret| secret.len() == 6).unwrap().clone();
    app.text(CLIENT, "+33639989001", &code).await;
    // What the carrier failed at is tried again meanwhile.
    for _ in 0..5 {
        app.advance(600).await;
    }
    secrets
}

/// No code and no signature stands in the log by itself.
fn assert_no_secret(logged: &str, secrets: &[String]) {
    let words: std::collections::HashSet<&str> =
        logged.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)).collect();
    for secret in secrets {
        assert!(!words.contains(secret.as_str()), "a code or signature is in the log");
    }
}

/// A copy of the database, as whoever steals it has it: the file and its log as they are, or every row as text.
async fn copy_of(database: &Database) -> Vec<u8> {
    if let Some(file) = database.file() {
        let mut copy = std::fs::read(&file).unwrap();
        copy.extend(std::fs::read(file.with_extension("db-wal")).unwrap_or_default());
        return copy;
    }
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let mut copy = Vec::new();
    for table in database.texts(tables).await.into_iter().flatten() {
        for row in database.texts(&format!("SELECT t::text FROM {table} t")).await.into_iter().flatten() {
            copy.extend(row.into_bytes());
            copy.push(b'\n');
        }
    }
    copy
}

fn is_in(copy: &[u8], needle: &[u8]) -> bool {
    copy.windows(needle.len()).any(|window| window == needle)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// No real number in any spelling, text, code or signature is in a copy of the database, nor in a backup. Names and addresses
/// are: they are searched by their beginnings.
async fn assert_copies_tell_nothing(database: &Database, secrets: &[String]) {
    assert_copy_tells_nothing(database, &copy_of(database).await, secrets);
    match database.backup().await {
        Some(backup) => assert_copy_tells_nothing(database, &backup, secrets),
        None => assert!(database.file().is_none(), "an SQLite file can be backed up"),
    }
}

fn assert_copy_tells_nothing(database: &Database, copy: &[u8], secrets: &[String]) {
    assert!(is_in(copy, b"33639989001") || database.file().is_some(), "the copy lacks what it must have");
    assert!(copy.len() > 5_000 && is_in(copy, b"canarelli"), "the copy is too small: {}", copy.len());
    for number in [CLIENT, COURIER, STRANGER] {
        let digits: u64 = number.trim_start_matches('+').parse().unwrap();
        // Without the leading zeros; what is behind `+` in text, in hex, and in bytes from either end.
        let (forwards, backwards) = (digits.to_be_bytes(), digits.to_le_bytes());
        let mut needles: Vec<Vec<u8>> = spellings(number).into_iter().map(String::into_bytes).collect();
        needles.extend([forwards[3..].to_vec(), backwards[..5].to_vec()]);
        needles
            .extend([hex(&forwards[3..]), hex(&backwards[..5]), hex(&number.as_bytes()[4..])].map(String::into_bytes));
        for needle in needles {
            assert!(!is_in(copy, &needle), "{number} is in the copy as {}", String::from_utf8_lossy(&needle));
        }
    }
    for text in [BODY, "perroquet", &hex(b"perroquet")] {
        assert!(!is_in(copy, text.as_bytes()), "a text is in the copy");
    }
    assert_no_secret(&String::from_utf8_lossy(copy), secrets);
}

async fn plant_everywhere(store: TestStore) {
    let log = listen();
    let mut app = TestApp::start(store).await;
    app.expect_violations();
    let refusals = Mutex::new(Vec::new());
    app.world.add_handset(Handset::new(CLIENT));
    app.number("+33639989001", "FR", NumberType::Mobile).await;
    let (status, created) = app.post("/clients", client("1", CLIENT)).await;
    assert!(status.is_success(), "{created}");
    call_and_text(&app, "+33639989001").await;
    let secrets = enrol(&app).await;
    // Before numbers are planted as ids of orders and calls too: those are kept as they are given.
    assert_copies_tell_nothing(app.store.database(), &secrets).await;
    ask_everything(&app, &refusals).await;
    post_webhooks(&app, &refusals).await;
    use_pages(&app, &refusals).await;

    // Everything once more over a store that has lost its tables.
    let database = app.store.database();
    for table in ["client", "interaction", "client_order"] {
        database.execute(&format!("ALTER TABLE {table} RENAME TO hidden_{table}")).await.unwrap();
    }
    assert_masked(&app.call(COURIER, "+33639989001").await);
    assert_masked(&app.text(COURIER, "+33639989001", BODY).await);
    ask_everything(&app, &refusals).await;
    post_webhooks(&app, &refusals).await;
    use_pages(&app, &refusals).await;
    for table in ["client", "interaction", "client_order"] {
        database.execute(&format!("ALTER TABLE hidden_{table} RENAME TO {table}")).await.unwrap();
    }

    let refusals = refusals.into_inner().unwrap();
    let failures = refusals.iter().filter(|answer| answer.starts_with('5')).count();
    assert!(refusals.len() > 500 && failures > 50, "{} refusals, {failures} of them failures", refusals.len());
    for answer in &refusals {
        assert_clean("an answer", answer, &private());
    }
    let logged = log.text();
    for expected in [
        "+****5417",
        "+****6238",
        "/clients/by-proxy/{proxy}",
        "refused_signature",
        "a text was not taken",
        "the store is not available",
    ] {
        assert!(logged.contains(expected), "the log does not even say {expected}");
    }
    assert_clean("the log", &logged, &private());
    assert_no_secret(&logged, &secrets);
    app.finish().await;
}

#[tokio::test]
async fn nothing_private_is_in_logs_refusals_open_pages_or_before_the_other_party_on_sqlite() {
    plant_everywhere(database::sqlite().await).await;
}

#[tokio::test]
async fn nothing_private_is_in_logs_refusals_open_pages_or_before_the_other_party_on_postgresql() {
    plant_everywhere(database::postgres().await).await;
}

#[tokio::test]
async fn what_a_repeated_request_is_answered_is_no_refusal_and_no_log_line() {
    let log = listen();
    run_test(async |app| {
        app.number("+33639989001", "FR", NumberType::Mobile).await;
        let post = || app.request(Method::POST, "/clients").header("Idempotency-Key", NAME.replace('é', "e"));
        for _ in 0..2 {
            assert!(post().json(&client("1", CLIENT)).send().await.unwrap().status().is_success());
        }
        assert_clean("the log", &log.text(), &private());
    })
    .await;
}

#[test]
fn debug_and_display_of_what_passes_through_show_no_canary() {
    let phone: PhoneNumber = CLIENT.parse().unwrap();
    let other: PhoneNumber = COURIER.parse().unwrap();
    let id = ClientId::new(1).unwrap();
    let now = proxycall_testkit::clock::TestClock::default().now();
    let new = NewClient {
        id,
        name: PersonName::parse("client_name", NAME).unwrap(),
        mail: MailAddress::parse("client_mail", MAIL).unwrap(),
        phone,
        country: "FR".parse().unwrap(),
    };
    let changes = ClientChanges {
        name: Some(new.name.clone()),
        mail: Some(new.mail.clone()),
        phone: Some(phone),
        proxy: Some(other),
    };
    let key = RequestKey { route: "/clients".to_owned(), key: CLIENT.to_owned(), content: [7; 32] };
    let content = TextContent { body: BODY.to_owned(), images: 0, carrier_opt_out: false };
    let policy = Arc::new(proxycall_domain::Policy::shipped().unwrap());
    let interaction = proxycall_domain::InteractionId::new(now, &[7; 10]);
    let (dispatch, job) = (DispatchId::new(now, &[7; 10]), proxycall_domain::JobId::new(now, &[6; 10]));
    let spare = SpareIds { dispatches: [dispatch; 2], dispatch_jobs: [job; 2], wire: job, follow: job };
    let proof = [LinkProof::Token(BODY.to_owned()), LinkProof::Consent(BODY.to_owned())];
    let ticket = Ticket { id: PendingId::parse("P-1").unwrap(), name: "token", signature: BODY.to_owned() };
    let confirmation = CreateConfirmation {
        id: PendingId::parse("P-1").unwrap(),
        name: new.name.clone(),
        mail: new.mail.clone(),
        phone,
        country: new.country,
        preferred: NumberType::Mobile,
        language: Language::Fr,
        origin: Origin::Page { requester: BODY.to_owned() },
        lifetime: proxycall_service::CodesConfig::default().lifetime,
        rules: CodeRules { policy: Arc::clone(&policy), mail: true, rest: jiff::SignedDuration::ZERO },
        spare,
        now,
    };
    let facts = ClientFacts {
        id,
        phone,
        country: new.country,
        last_caller: Some(other),
        last_caller_is_blocked: false,
        pause: None,
    };
    let errors: Vec<FieldError> = vec![
        parse_phone("client_real_phone", "06 39 98 54 17").unwrap_err(),
        PersonName::parse("client_name", &format!("{NAME}\u{0}!")).unwrap_err(),
        MailAddress::parse("client_mail", NAME).unwrap_err(),
        ClientId::parse("client_id", NAME).unwrap_err(),
        OrderId::parse("order_id", &format!("{CLIENT}\n{NAME}")).unwrap_err(),
    ];
    let shown = [
        format!("{phone} {phone:?} {:#?}", Some(phone)),
        format!("{new:?} {changes:?}"),
        format!("{:?}", NewOrder { id: OrderId::parse("order_id", "A-1").unwrap(), client: new.clone() }),
        format!("{:?} {key:?}", StoredAnswer { status: 200, body: client("1", CLIENT).to_string() }),
        format!(
            "{:?}",
            CreateClient {
                client: new.clone(),
                preferred: NumberType::Mobile,
                request: Some(key.clone()),
                actor: proxycall_domain::pool::life::Actor::Api,
                wire: proxycall_domain::JobId::new(now, &[8; 10]),
                now,
            }
        ),
        format!("{:?}", ImportClient { client: new, proxy: None, last_caller: Some(other) }),
        format!("{:?}", Facts { client: Some(facts), caller_is_proxy: false, caller_is_blocked: false }),
        format!("{:?} {content:?}", Address::Phone(phone)),
        format!(
            "{:?}",
            InboundText {
                id: interaction,
                job: proxycall_domain::JobId::new(now, &[7; 10]),
                sid: "SM1".to_owned(),
                sender: Address::Phone(phone),
                proxy: other,
                content,
                rules: CodeRules { policy, mail: true, rest: jiff::SignedDuration::ZERO },
                code_sender: Some(phone),
                spare,
                now,
            }
        ),
        format!("{proof:?} {ticket:?} {confirmation:?}"),
        format!("{:?}", CallAnswer::Connect { to: phone, caller_id: other, ring_timeout_s: 25, time_limit_s: 3600 }),
        format!("{:?}", OutboundText { interaction, from: phone, to: other, body: BODY.to_owned() }),
        format!(
            "{:?}",
            OutgoingText {
                from: phone.into(),
                to: other,
                body: BODY.to_owned(),
                status_callback: PUBLIC_BASE_URL.to_owned()
            }
        ),
        format!(
            "{:?}",
            CarrierText {
                sid: "SM1".to_owned(),
                body: BODY.to_owned(),
                status: "sent".to_owned(),
                error_code: None,
                created_at: now,
            }
        ),
        format!("{:?}", ClientSearch::Phone(phone)),
        format!("{:?}", ClientSearch::LastFour { digits: "5417".to_owned(), after: None, limit: 1 }),
        format!("{:?}", ClientSearch::Words { start: NAME.to_owned(), after: None, limit: 1 }),
        format!("{errors:?} {}", errors.iter().map(ToString::to_string).collect::<String>()),
    ];
    for text in &shown {
        assert_clean("a Debug form", text, &private());
    }
}

#[tokio::test]
async fn what_the_store_gives_back_hides_from_debug_too() {
    run_test(async |app| {
        app.number("+33639989001", "FR", NumberType::Mobile).await;
        app.post("/clients", client("1", CLIENT)).await;
        app.world.add_handset(Handset::new(CLIENT));
        app.call(COURIER, "+33639989001").await;
        let client = app.store.client(ClientId::new(1).unwrap()).await.unwrap().unwrap();
        let filter = proxycall_service::ports::ledger::InteractionFilter { limit: 10, ..Default::default() };
        let page = app.store.interactions(filter).await.unwrap();
        assert!(client.last_caller.is_some() && page.items.len() == 1);
        assert_clean("a Debug form", &format!("{client:?} {page:?}"), &private());
    })
    .await;
}
