//! Fills a store: clients as an import brings them, a few calls, texts and confirmations by way of the store, and from those,
//! whose sealed numbers and answers are real, millions of rows at once.

use std::{sync::Arc, time::Instant};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    Address, BlockReason, DispatchId, Language, MailAddress, NumberType, PendingId, PersonName, Policy,
    pool::{
        NewNumber,
        life::{Act, Actor},
    },
    routing::TextContent,
};
use proxycall_service::ports::{
    Ledger as _,
    ledger::{
        AddBlock, Blocklist as _, CodeRules, CreateConfirmation, InboundCall, InboundText, Origin, SpareIds, Whom,
    },
};
use proxycall_store::Store;
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{eprint, open, people};

/// How many clients are imported at once.
const AT_ONCE: u32 = 500;
/// How many couriers there are: each has a call and a text that the others are made like.
const COURIERS: u64 = 50;
/// How many days the record is long.
const DAYS: i64 = 90;

/// Makes the store.
pub(crate) async fn fill(file: &str, clients: u32, interactions: u64) {
    let store = open(file).await;
    let now = crate::now();
    timed("clients", import(&store, clients)).await;
    timed("what the rest is made like", samples(&store, now)).await;
    store.close().await;
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.expect("the file opens");
    run(&mut db, "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY").await;
    let end = now.as_millisecond();
    let start = now.checked_sub(SignedDuration::from_hours(24 * DAYS)).expect("a time").as_millisecond();
    timed("numbers, orders and confirmations", around(&mut db, clients, start, end)).await;
    timed("interactions", pass_through(&mut db, clients, interactions, start, end)).await;
    run(&mut db, "PRAGMA wal_checkpoint(TRUNCATE)").await;
}

async fn timed(what: &str, work: impl Future<Output = ()>) {
    let since = Instant::now();
    work.await;
    eprint(&format!("{what}: {:.1} s", since.elapsed().as_secs_f64()));
}

async fn run(db: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(db).await.expect("the statement runs");
}

async fn import(store: &Store, clients: u32) {
    store.expect_import().await.expect("room");
    store.others_wait().await;
    let mut next = 1;
    while next <= clients {
        let beyond = (next + AT_ONCE).min(clients + 1);
        let rows = (next..beyond).map(people::client).collect();
        store.import_clients(rows, false, crate::now()).await.expect("the import");
        next = beyond;
    }
}

/// Ten bytes that differ from those of any other call.
fn chance(n: u64) -> [u8; 10] {
    let mut bytes = [9; 10];
    bytes[2..].copy_from_slice(&n.to_be_bytes());
    bytes
}

async fn samples(store: &Store, now: Timestamp) {
    let policy = Arc::new(Policy::shipped().expect("the tables"));
    let rules = CodeRules { policy: Arc::clone(&policy), mail: true, rest: SignedDuration::ZERO };
    let job = |n| proxycall_domain::JobId::new(now, &chance(n));
    let dispatch = |n| DispatchId::new(now, &chance(n));
    let spare = |n: u64| SpareIds {
        dispatches: [dispatch(n), dispatch(n + 1)],
        dispatch_jobs: [job(n + 2), job(n + 3)],
        wire: job(n + 4),
        follow: job(n + 5),
    };
    for n in 0..COURIERS {
        let (caller, proxy) = (Address::Phone(people::courier(n)), people::proxy(1));
        let id = proxycall_domain::InteractionId::new(now, &chance(n));
        let call = InboundCall { id, sid: format!("CAsample{n}"), caller, proxy, policy: Arc::clone(&policy), now };
        store.record_inbound_call(call).await.expect("a call");
        let content = TextContent { body: "Je suis en bas".to_owned(), images: 0, carrier_opt_out: false };
        let text = InboundText {
            id: proxycall_domain::InteractionId::new(now, &chance(1_000 + n)),
            job: job(100_000 + n),
            sid: format!("SMsample{n}"),
            sender: Address::Phone(people::courier(n)),
            proxy,
            content,
            rules: rules.clone(),
            code_sender: None,
            spare: spare(10_000 + 10 * n),
            now,
        };
        store.record_inbound_text(text).await.expect("a text");
    }
    let add = AddBlock {
        id: proxycall_domain::BlockId::new(now, &chance(1)),
        whom: Whom::Phone(people::courier(999)),
        client: None,
        reason: BlockReason::parse("reason", Some("a sample")).expect("a reason"),
        actor: Actor::Cli,
        now,
    };
    store.add_block(add).await.expect("a block");
    let country = "FR".parse().expect("a country");
    let number = NewNumber {
        phone: "331990100000001".parse().expect("a number"),
        country,
        number_type: NumberType::Mobile,
        friendly_name: String::new(),
        carrier: None,
    };
    store.add_numbers(vec![number], Act::new(Actor::Cli, "a sample", now)).await.expect("a number");
    let create = CreateConfirmation {
        id: PendingId::parse("sample").expect("an id"),
        name: PersonName::parse("name", "Zoé Martin").expect("a name"),
        mail: MailAddress::parse("mail", "sample@example.com").expect("an address"),
        phone: people::courier(998),
        country,
        preferred: NumberType::Mobile,
        language: Language::Fr,
        origin: Origin::Api,
        lifetime: SignedDuration::from_hours(24),
        rules,
        spare: spare(50_000),
        now,
    };
    store.create_confirmation(create).await.expect("a confirmation");
}

/// Rows `1` to `{rows}` as `n(i)`.
fn rows(rows: u64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})")
}

/// A version 7 id of a moment, the `{i}`th of its kind.
fn id(millis: &str, i: &str) -> String {
    format!("unhex(printf('%012x7%03x8%015x', {millis}, ({i}) & 4095, {i}))")
}

const PROXY_OF: &str = "(331990000000000 + c * 61803399 % 100000000)";

/// What there is besides calls and texts: free and resting numbers, histories, two orders and one confirmation for each
/// client, and as many confirmations that came to nothing as some shops have.
async fn around(db: &mut SqliteConnection, clients: u32, start: i64, end: i64) {
    let (clients, span) = (u64::from(clients), end - start);
    let free = clients / 20 + 100;
    run(
        db,
        &format!(
            "INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, added_at, updated_at, since) \
             {} SELECT 331990200000000 + i, CASE i % 4 WHEN 0 THEN 'BE' ELSE 'FR' END, \
                 CASE i % 3 WHEN 0 THEN 'local' ELSE 'mobile' END, CASE i % 500 WHEN 1 THEN 'error' WHEN 2 THEN 'missing' \
                 ELSE 'available' END, '', {start}, {start}, {start} FROM n",
            rows(free)
        ),
    )
    .await;
    run(
        db,
        &format!(
            "UPDATE proxy_number SET status = 'quarantined', quarantine_until = {end} + 86400000 * 10 \
             WHERE phone > 331990200000000 AND phone % 11 = 0 AND status = 'available'"
        ),
    )
    .await;
    run(
        db,
        &format!(
            "INSERT INTO number_past (phone, status, client_id, actor, reason, since, until) \
             {} , k(c, at) AS (SELECT i, {start} + i * {span} / {clients} FROM n) \
             SELECT {PROXY_OF}, 'assigned', c, 'api', 'an order', at, at + 1000 FROM k",
            rows(clients)
        ),
    )
    .await;
    run(
        db,
        &format!(
            "INSERT INTO client_order (order_id, client_id, content_key, created_at) \
             {} SELECT printf('ord-%09d', i), abs(random()) % {clients} + 1, x'00', {start} + i * {span} / {} FROM n",
            rows(2 * clients),
            2 * clients
        ),
    )
    .await;
    run(
        db,
        &format!(
            "INSERT INTO block (id, client_id, phone, phone_key, reason, actor, created_at) \
             {} SELECT {}, abs(random()) % {clients} + 1, b.phone, randomblob(16), b.reason, 'api', {start} \
             FROM n, (SELECT phone, reason FROM block LIMIT 1) AS b",
            rows(clients / 50 + 1),
            id(&format!("{start} + i"), "i"),
        ),
    )
    .await;
    // Of a hundred, 94 became clients, 3 failed, 2 expired, and of the newest some are under way.
    run(
        db,
        &format!(
            "INSERT INTO confirmation (pending_id, name, mail, phone, phone_key, country, language, number_type, proxy, sender, \
                 stage, channel, generation, tries, change, detail, client_id, created_at, expires_at, verified_at, \
                 ended_at, revision) \
             {}, k(c, at, age) AS (SELECT i, {start} + i * {span} / {clients}, {clients} - i FROM n), \
             s(c, at, stage, tries) AS (SELECT c, at, CASE WHEN age < 400 THEN CASE c % 8 WHEN 0 THEN 'awaiting_consent' \
                     ELSE 'open' END \
                 WHEN c % 100 < 3 THEN 'failed' WHEN c % 100 < 5 THEN 'expired' WHEN c % 100 < 10 THEN 'updated' \
                 ELSE 'promoted' END, CASE c % 16 WHEN 1 THEN 5 ELSE 0 END FROM k) \
             SELECT printf('P-%09d', c), 'Zoé Martin', printf('p%d@example.com', c), t.phone, randomblob(16), 'FR', 'fr', \
                 'mobile', {PROXY_OF}, {PROXY_OF}, s.stage, 'sms', 1, s.tries, \
                 CASE s.stage WHEN 'updated' THEN 'phone' END, CASE s.stage WHEN 'failed' THEN 'overtaken' ELSE '' END, \
                 CASE WHEN s.stage IN ('promoted', 'updated') THEN c END, at, at + 86400000, \
                 CASE WHEN s.stage <> 'open' THEN at + 60000 END, \
                 CASE WHEN s.stage NOT IN ('open', 'awaiting_consent') THEN at + 60000 END, 1 \
             FROM s, (SELECT phone FROM confirmation WHERE pending_id = 'sample') AS t",
            rows(clients)
        ),
    )
    .await;
    run(
        db,
        &format!(
            "INSERT INTO dispatch (id, pending_id, generation, kind, state, requested, phone_key, mail_key, error_code, \
                 queued_at, sent_at) \
             {}, k(c, kind, at) AS (SELECT (i + 1) / 2, CASE i % 2 WHEN 0 THEN 'voice' ELSE 'sms' END, \
                 {start} + (i + 1) / 2 * {span} / {clients} + i % 2 * 60000 FROM n) \
             SELECT {}, printf('P-%09d', c), 1, kind, CASE c % 100 WHEN 1 THEN 'failed' ELSE 'delivered' END, 1, \
                 randomblob(16), randomblob(16), CASE c % 100 WHEN 1 THEN 30003 END, at, at + 900 FROM k",
            rows(2 * clients),
            id("at", "c * 2 + (kind = 'sms')"),
        ),
    )
    .await;
}

/// How many of a thousand come to what: channel, direction, outcome, code.
const SHARES: &[(u32, &str, &str, &str, &str)] = &[
    (400, "call", "to_client", "completed", "NULL"),
    (60, "call", "from_client", "completed", "NULL"),
    (120, "call", "to_client", "no_answer", "NULL"),
    (30, "call", "to_client", "busy", "NULL"),
    (20, "call", "to_client", "canceled", "NULL"),
    (20, "call", "", "refused_unknown_number", "NULL"),
    (15, "call", "", "refused_region", "NULL"),
    (10, "call", "", "refused_withheld", "NULL"),
    (1, "call", "", "refused_blocked", "NULL"),
    (4, "call", "to_client", "failed", "13224"),
    (220, "text", "to_client", "delivered", "NULL"),
    (80, "text", "from_client", "delivered", "NULL"),
    (12, "text", "to_client", "undelivered", "30003"),
    (5, "text", "to_client", "failed", "30005"),
    (2, "text", "", "opt_out", "NULL"),
    (1, "text", "", "refused_empty", "NULL"),
];

/// Calls and texts, evenly over the time: nearly all of clients drawn by lot, one of a hundred of ten who are called all day.
/// One of a hundred thousand is lost sight of.
async fn pass_through(db: &mut SqliteConnection, clients: u32, interactions: u64, start: i64, end: i64) {
    run(
        db,
        "CREATE TEMP TABLE party (n INTEGER PRIMARY KEY, party BLOB, party_key BLOB, call_answer BLOB, text_answer BLOB); \
         INSERT INTO party SELECT row_number() OVER () - 1, c.party, c.party_key, c.answer, t.answer FROM interaction c \
             JOIN interaction t ON t.inbound_sid = replace(c.inbound_sid, 'CA', 'SM') \
             WHERE c.inbound_sid LIKE 'CAsample%'; \
         CREATE TEMP TABLE share (n INTEGER PRIMARY KEY, channel TEXT, direction TEXT, outcome TEXT, code INTEGER)",
    )
    .await;
    let mut n = 0;
    for (share, channel, direction, outcome, code) in SHARES {
        for _ in 0..*share {
            run(
                db,
                &format!("INSERT INTO share VALUES ({n}, '{channel}', NULLIF('{direction}', ''), '{outcome}', {code})"),
            )
            .await;
            n += 1;
        }
    }
    assert_eq!(n, 1_000, "shares of a thousand");
    // In order of time, all but these grow at their end.
    run(db, "DROP INDEX interaction_client; DROP INDEX interaction_nobody; DROP INDEX interaction_outcome").await;
    const AT_ONCE: u64 = 500_000;
    let span = end - start - 60_000;
    let mut done = 0;
    while done < interactions {
        let part = AT_ONCE.min(interactions - done);
        run(
            db,
            &format!(
                "INSERT INTO interaction (id, channel, direction, dialled, client_id, party, party_key, inbound_sid, \
                     outbound_sid, outcome, error_code, answer, started_at, ended_at, duration_s) \
                 {}, k(i, at, r) AS MATERIALIZED (SELECT {done} + i, {start} + ({done} + i) * {span} / {interactions}, \
                     abs(random() / 2) FROM n), \
                 m(i, at, c, lot, p, lost) AS (SELECT i, at, \
                     CASE r % 100 WHEN 0 THEN r / 100 % 10 + 1 ELSE r / 1000 % {clients} + 1 END, \
                     r / 10000000 % 1000, r / 10000000000 % {COURIERS}, i % 100000 = 0 FROM k) \
                 SELECT {}, s.channel, s.direction, \
                     CASE s.outcome WHEN 'refused_unknown_number' THEN 331990300000000 + c % 1000 ELSE {PROXY_OF} END, \
                     CASE s.outcome WHEN 'refused_unknown_number' THEN NULL ELSE c END, p.party, p.party_key, \
                     printf('%s%032x', CASE s.channel WHEN 'call' THEN 'CA' ELSE 'SM' END, i), \
                     CASE WHEN s.direction IS NULL THEN NULL ELSE printf('%s%032x', CASE s.channel WHEN 'call' THEN 'CB' \
                         ELSE 'SN' END, i) END, \
                     CASE WHEN lost AND s.channel = 'text' THEN 'unknown' ELSE s.outcome END, s.code, \
                     CASE s.channel WHEN 'call' THEN p.call_answer ELSE p.text_answer END, at, at + 45000, \
                     CASE WHEN s.outcome = 'completed' THEN 40 END \
                 FROM m JOIN share s ON s.n = m.lot JOIN party p ON p.n = m.p",
                rows(part),
                id("at", "i"),
            ),
        )
        .await;
        done += part;
        eprint(&format!("{done} interactions"));
    }
    for index in [
        "CREATE INDEX interaction_client ON interaction (client_id, id)",
        "CREATE INDEX interaction_nobody ON interaction (dialled, id) WHERE client_id IS NULL",
        "CREATE INDEX interaction_outcome ON interaction (outcome, id)",
    ] {
        run(db, index).await;
    }
}
