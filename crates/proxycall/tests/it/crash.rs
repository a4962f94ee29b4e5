//! The service killed with SIGKILL under load, again and again: what was acknowledged is there, nothing is half done, no text
//! is sent twice, no number has two owners.
//!
//! In the suite a few kills; `scripts/crash` makes 100 on each database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use jiff::SignedDuration;
use proxycall_service::ports::Ledger;
use proxycall_testkit::{
    app::{carrier_at, pool_config, service},
    clock::TestClock,
    database::Database,
};
use tokio::sync::{Notify, watch};

use crate::{
    load::{Promise, Requests, Stage, body_of, say, send},
    support::*,
};

/// How often it is killed.
const CRASHES: &str = "PROXYCALL_CRASHES";
/// How many people ask at once.
const PEOPLE: usize = 8;

/// What was acknowledged, and what was not.
#[derive(Default)]
struct Record {
    kept: Mutex<Vec<Promise>>,
    acknowledged: AtomicU32,
    /// How often no answer came.
    cut_off: AtomicU32,
    more: Notify,
}

impl Record {
    async fn reaches(&self, count: u32) {
        loop {
            let more = self.more.notified();
            if self.acknowledged.load(Ordering::SeqCst) >= count {
                return;
            }
            more.await;
        }
    }
}

/// Somebody who asks whenever there is a service, and once more when no answer came.
async fn person(requests: Arc<Requests>, record: Arc<Record>, mut address: watch::Receiver<Option<String>>) {
    let http = http();
    loop {
        let request = requests.next();
        for _ in 0..2 {
            let Ok(there) = address.wait_for(Option::is_some).await.map(|there| there.clone()) else { return };
            if let Ok(promise) = send(&http, &there.unwrap(), &request).await {
                record.kept.lock().unwrap().push(promise);
                record.acknowledged.fetch_add(1, Ordering::SeqCst);
                record.more.notify_waiters();
                break;
            }
            record.cut_off.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn killed_again_and_again(database: Database) {
    let crashes: u32 = std::env::var(CRASHES).ok().and_then(|count| count.parse().ok()).unwrap_or(4);
    let orders = (10 + 10 * crashes).min(3_000);
    let stage = Stage::new(database, orders).await;
    let world = stage.world();
    let (record, requests) = (Arc::new(Record::default()), Arc::new(Requests::new(orders)));
    let (address, there) = watch::channel(None);
    let people: Vec<_> =
        (0..PEOPLE).map(|_| tokio::spawn(person(Arc::clone(&requests), Arc::clone(&record), there.clone()))).collect();
    drop(there);
    let mut installation = stage.installation();
    // Any sequence will do that does not repeat itself soon: each life ends at another point of the work.
    let mut chance = 1_u32;
    for _ in 0..crashes {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let service = installation.serve().await;
        world.map_base_url(PUBLIC_BASE_URL, &service.address).unwrap();
        let until = record.acknowledged.load(Ordering::SeqCst) + 1 + (chance >> 16) % 150;
        address.send_replace(Some(service.address.clone()));
        tokio::time::timeout(PATIENCE, record.reaches(until)).await.expect("the service answers");
        address.send_replace(None);
        service.process.kill().await;
    }
    drop(address);
    for person in people {
        person.await.unwrap();
    }
    settle(&stage).await;
    check(&stage, &record, crashes).await;
    stage.carrier.shutdown().await;
}

/// What the killed left is done by another instance, once its leases and waits are over.
async fn settle(stage: &Stage) {
    // What comes again and again was promised to nobody; years from now it would empty what is looked for.
    let regular = "'inspect_numbers', 'tend_pool', 'keep_periods', 'delete_copies', 'tell_operators'";
    stage.database.execute(&format!("DELETE FROM job WHERE once IN ({regular})")).await.unwrap();
    let store = stage.store().await;
    let clock = TestClock::default();
    clock.advance(SignedDuration::from_hours(24 * 3_650));
    let ledger = Arc::clone(&store) as Arc<dyn Ledger>;
    let service = service(ledger, carrier_at(stage.carrier.base_url()), clock.clone(), pool_config());
    for _ in 0..20 {
        while service.run_due_jobs().await.unwrap() > 0 {}
        clock.advance(SignedDuration::from_mins(10));
    }
    store.close().await;
}

async fn check(stage: &Stage, record: &Record, crashes: u32) {
    let set = async |sql: &str| -> BTreeSet<String> { stage.database.texts(sql).await.into_iter().flatten().collect() };
    let recorded = set("SELECT inbound_sid FROM interaction").await;
    let orders: BTreeMap<String, String> =
        set("SELECT order_id || ' ' || CAST(phone AS TEXT) FROM client_order JOIN proxy_number USING (client_id)")
            .await
            .iter()
            .map(|row| row.split_once(' ').map(|(id, phone)| (id.to_owned(), format!("+{phone}"))).unwrap())
            .collect();
    let kept = record.kept.lock().unwrap().clone();
    let mut owners = BTreeSet::new();
    let (mut calls, mut texts) = (0, Vec::new());
    for promise in &kept {
        match promise {
            Promise::Call(sid) => {
                assert!(recorded.contains(sid), "the call {sid} was connected and is not recorded");
                calls += 1;
            }
            Promise::Text(sid) => {
                assert!(recorded.contains(sid), "the text {sid} was taken and is not recorded");
                texts.push(sid);
            }
            Promise::Order { id, proxy } => {
                assert_eq!(orders.get(id), Some(proxy), "the order {id}");
                assert!(owners.insert(proxy), "{proxy} was given to two clients");
            }
        }
    }
    // Whole or not at all, whatever was answered.
    let none = async |what: &str, why: &str| assert_eq!(stage.database.count(what).await, 0, "{why}");
    none("client_order WHERE client_id NOT IN (SELECT client_id FROM client)", "orders without their client").await;
    none(
        "client WHERE client_id NOT IN (SELECT client_id FROM proxy_number WHERE client_id IS NOT NULL)",
        "clients without their number",
    )
    .await;
    none(
        "client WHERE client_id > 9999 AND client_id NOT IN (SELECT client_id FROM client_order)",
        "clients without the order that made them",
    )
    .await;
    none(
        "client WHERE last_caller IS NULL AND client_id IN (SELECT client_id FROM interaction)",
        "clients whose last caller was not remembered with the call",
    )
    .await;
    none("interaction WHERE outcome IN ('queued', 'sending')", "texts without a job to send them").await;
    // At most once, and what is said of each is what the carrier knows.
    let bodies = stage.sent_bodies();
    let sent: BTreeSet<_> = bodies.iter().cloned().collect();
    assert_eq!(sent.len(), bodies.len(), "a text was sent twice");
    let unknown = set("SELECT inbound_sid FROM interaction WHERE outcome = 'unknown'").await;
    for sid in &texts {
        assert!(sent.contains(&body_of(sid)) != unknown.contains(*sid), "{sid}: neither sent nor shown as unknown");
    }
    assert!(calls > 0 && !texts.is_empty() && !owners.is_empty(), "nothing was acknowledged: nothing was shown");
    assert_eq!(stage.world().violations(), []);
    say(&format!(
        "{crashes} kills: {calls} calls, {} texts and {} orders acknowledged, all there; {} texts sent, none twice, {} in \
         doubt and shown as unknown; {} requests cut off, each whole or not there",
        texts.len(),
        owners.len(),
        sent.len(),
        unknown.len(),
        record.cut_off.load(Ordering::SeqCst)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_sqlite_acknowledged_before_a_kill_is_there() {
    killed_again_and_again(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_postgres_acknowledged_before_a_kill_is_there() {
    killed_again_and_again(Database::postgres().await).await;
}
