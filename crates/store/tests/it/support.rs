//! What the rules have in common: fictional people and numbers, and a clock that stands where it is put.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    Address, ClientId, DispatchId, InteractionId, JobId, MailAddress, NewClient, NumberType, PersonName, PhoneNumber,
    Policy,
    client::Client,
    pool::{
        NewNumber,
        life::{Act, Actor},
    },
    routing::TextContent,
};
use proxycall_service::ports::{
    Ledger,
    ledger::{ClaimedJob, CodeRules, CreateClient, InboundCall, InboundText, SendStep, SpareIds, Work},
};
pub(crate) use proxycall_testkit::database::TestStore;

static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| Arc::new(Policy::shipped().unwrap()));
static CHANCE: AtomicU64 = AtomicU64::new(1);

/// Ten bytes that no other id of this process has.
pub(crate) fn chance() -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&CHANCE.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

/// Seconds after a certain midnight.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

pub(crate) const DAY: i64 = 86_400;

pub(crate) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// A client's real number.
pub(crate) fn real(n: u32) -> PhoneNumber {
    format!("+3363998{n:04}").parse().unwrap()
}

/// A courier's number.
pub(crate) fn courier(n: u32) -> PhoneNumber {
    format!("+3363998{:04}", 9_000 + n).parse().unwrap()
}

/// A proxy number.
pub(crate) fn proxy(n: u32) -> PhoneNumber {
    format!("+3319900{n:04}").parse().unwrap()
}

pub(crate) fn id(n: u32) -> ClientId {
    ClientId::new(i64::from(n)).unwrap()
}

pub(crate) fn new_client(n: u32) -> NewClient {
    NewClient {
        id: id(n),
        name: PersonName::parse("name", &format!("Zoé Client{n}")).unwrap(),
        mail: MailAddress::parse("mail", &format!("zoe{n}@example.com")).unwrap(),
        phone: real(n),
        country: "FR".parse().unwrap(),
    }
}

pub(crate) fn create(client: NewClient) -> CreateClient {
    CreateClient { client, preferred: NumberType::Local, request: None, actor: Actor::Api, wire: job(), now: at(0) }
}

/// A job's id.
pub(crate) fn job() -> JobId {
    JobId::new(at(0), &chance())
}

/// Somebody does something for a test.
pub(crate) fn act(seconds: i64) -> Act {
    Act::new(Actor::Cli, "a test", at(seconds))
}

/// Ends all work that is due: what looks after webhooks is not this rule's subject.
pub(crate) async fn forget_jobs(db: &TestStore) {
    loop {
        let jobs = db.claim_jobs(100, at(0), at(1)).await.unwrap();
        if jobs.is_empty() {
            return;
        }
        for job in jobs {
            assert!(db.finish_job(&job, None).await.unwrap());
        }
    }
}

pub(crate) fn number(phone: PhoneNumber, number_type: NumberType) -> NewNumber {
    let country = "FR".parse().unwrap();
    NewNumber { phone, country, number_type, friendly_name: "Client".to_owned(), carrier: None }
}

/// Puts local French numbers 1 to `count` into the pool.
pub(crate) async fn stock(db: &TestStore, count: u32) {
    let numbers = (1..=count).map(|n| number(proxy(n), NumberType::Local)).collect();
    assert_eq!(db.add_numbers(numbers, act(0)).await.unwrap(), u64::from(count));
}

/// Clients 1 to `count`, client n with proxy number n.
pub(crate) async fn clients(db: &TestStore, count: u32) -> Vec<Client> {
    stock(db, count).await;
    let mut clients = Vec::new();
    for n in 1..=count {
        let client = db.create_client(create(new_client(n))).await.unwrap();
        assert_eq!(client.proxy, Some(proxy(n)));
        clients.push(client);
    }
    forget_jobs(db).await;
    clients
}

pub(crate) fn call(sid: &str, caller: PhoneNumber, dialled: PhoneNumber, now: Timestamp) -> InboundCall {
    InboundCall {
        id: InteractionId::new(now, &chance()),
        sid: sid.to_owned(),
        caller: Address::Phone(caller),
        proxy: dialled,
        policy: Arc::clone(&POLICY),
        now,
    }
}

pub(crate) fn text(sid: &str, sender: Address, dialled: PhoneNumber, body: &str, now: Timestamp) -> InboundText {
    InboundText {
        id: InteractionId::new(now, &chance()),
        job: JobId::new(now, &chance()),
        sid: sid.to_owned(),
        sender,
        proxy: dialled,
        content: TextContent { body: body.to_owned(), images: 0, carrier_opt_out: false },
        rules: rules(),
        code_sender: None,
        spare: spare(),
        now,
    }
}

/// The rules that codes go out by, with mail.
pub(crate) fn rules() -> CodeRules {
    CodeRules { policy: Arc::clone(&POLICY), mail: true, rest: SignedDuration::ZERO }
}

/// Ids that nothing else has.
pub(crate) fn spare() -> SpareIds {
    let dispatch = || DispatchId::new(at(0), &chance());
    SpareIds { dispatches: [dispatch(), dispatch()], dispatch_jobs: [job(), job()], wire: job(), follow: job() }
}

/// A text from a courier to client 1, on its way out: not claimed yet.
pub(crate) async fn relayed_text(db: &TestStore, sid: &str, now: Timestamp) -> InteractionId {
    let text = text(sid, Address::Phone(courier(1)), proxy(1), "Je suis en bas", now);
    let id = text.id;
    db.record_inbound_text(text).await.unwrap();
    id
}

/// Takes the one job that is due, for a minute.
pub(crate) async fn claim(db: &TestStore, now: Timestamp) -> ClaimedJob {
    let mut jobs = db.claim_jobs(10, now, now + SignedDuration::from_mins(1)).await.unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

/// A text from a courier to client 1, claimed and handed to the carrier at `now`.
pub(crate) async fn text_being_sent(db: &TestStore, sid: &str, now: Timestamp) -> (InteractionId, ClaimedJob) {
    let id = relayed_text(db, sid, now).await;
    let job = claim(db, now).await;
    assert_eq!(job.work, Work::SendText { interaction: id });
    assert!(matches!(db.start_sending(&job, now).await.unwrap(), SendStep::Send(_)));
    (id, job)
}

/// Runs the same thing many times at once, and gives what each came to.
pub(crate) async fn at_once<T, F>(times: u32, make: impl Fn(u32) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (1..=times).map(|n| tokio::spawn(make(n))).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// One column of one interaction, past the store.
pub(crate) async fn column(db: &TestStore, sid: &str, column: &str) -> Option<String> {
    let sql = format!("SELECT CAST({column} AS TEXT) FROM interaction WHERE inbound_sid = '{sid}'");
    let mut found = db.database().texts(&sql).await;
    assert_eq!(found.len(), 1, "interactions with sid {sid}");
    found.remove(0)
}
