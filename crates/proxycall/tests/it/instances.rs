//! Two instances on one PostgreSQL: while one is killed and started again and again, and while both are replaced one after
//! the other, no webhook fails that is sent once more, each text goes out once, and each schedule runs once.
//!
//! In the suite for seconds; `scripts/instances` takes 2 minutes at 500 webhooks a second.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::SignedDuration;
use proxycall_service::ports::Ledger;
use proxycall_testkit::{
    app::{carrier_at, pool_config, service},
    clock::TestClock,
    database::Database,
};
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{
    load::{Promise, Request, Requests, Stage, say, send},
    support::*,
};

/// How many seconds webhooks come for.
const SECONDS: &str = "PROXYCALL_INSTANCES_SECONDS";
/// How many come a second.
const RATE: &str = "PROXYCALL_INSTANCES_RATE";
/// How many times the account's numbers are asked for when pool and account are compared.
const LISTINGS: usize = 2;
/// How often an instance is killed, in seconds.
const KILL_EVERY: u32 = 5;

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// What stands between the carrier and the instances, as simple as one can be: it takes turns, leaves out an instance that
/// gave no answer until that is ready again, and tries nothing a second time.
struct Balancer {
    instances: Vec<(Mutex<String>, AtomicBool)>,
    turn: AtomicUsize,
    http: reqwest::Client,
}

impl Balancer {
    fn new(addresses: [&str; 2]) -> Self {
        let instances = addresses.map(|address| (Mutex::new(address.to_owned()), AtomicBool::new(true)));
        Self { instances: instances.into(), turn: AtomicUsize::new(0), http: http() }
    }

    fn is_ready(&self, instance: usize, address: &str) {
        address.clone_into(&mut self.instances[instance].0.lock().unwrap());
        self.instances[instance].1.store(true, Ordering::SeqCst);
    }

    /// As a platform does before it stops an instance.
    fn leaves_out(&self, instance: usize) {
        self.instances[instance].1.store(false, Ordering::SeqCst);
    }

    async fn pass(&self, request: &Request) -> Result<Promise, String> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let order = [turn % 2, (turn + 1) % 2];
        let ready = order.into_iter().find(|instance| self.instances[*instance].1.load(Ordering::SeqCst));
        let Some(chosen) = ready else { return Err("no instance is ready".to_owned()) };
        let address = self.instances[chosen].0.lock().unwrap().clone();
        let answer = send(&self.http, &address, request).await;
        if answer.as_ref().is_err_and(|error| error.starts_with("no answer") || error.starts_with("half")) {
            // Another one may stand there by now.
            if *self.instances[chosen].0.lock().unwrap() == address {
                self.leaves_out(chosen);
            }
        }
        answer
    }
}

/// What became of the webhooks.
#[derive(Default)]
struct Tally {
    kept: Vec<Promise>,
    failed: Vec<String>,
    again: usize,
    waits: Vec<Duration>,
}

async fn deliver(balancer: Arc<Balancer>, tally: Arc<Mutex<Tally>>, request: Request) {
    let since = Instant::now();
    let mut answer = balancer.pass(&request).await;
    let again = answer.is_err();
    if again {
        answer = balancer.pass(&request).await;
    }
    let mut tally = tally.lock().unwrap();
    tally.waits.push(since.elapsed());
    tally.again += usize::from(again);
    match answer {
        Ok(promise) => tally.kept.push(promise),
        Err(error) => tally.failed.push(format!("{request:?}: {error}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_drop_no_webhook_while_one_dies_and_both_are_replaced() {
    let (seconds, rate) = (number(SECONDS, 12), number(RATE, 30));
    let stage = Stage::new(Database::postgres().await, 0).await;
    let world = stage.world();
    let (mut one, mut two) = (stage.installation(), stage.installation());
    let (mut first, mut second) = (one.serve().await, two.serve().await);
    let balancer = Arc::new(Balancer::new([&first.address, &second.address]));
    // The carrier's reports go to the one that is replaced only at the end.
    world.map_base_url(PUBLIC_BASE_URL, &first.address).unwrap();
    one_inspection(&stage).await;

    let tally = Arc::new(Mutex::new(Tally::default()));
    let (tick, mut ticks) = watch::channel(0_u32);
    let load = tokio::spawn({
        let (balancer, tally) = (Arc::clone(&balancer), Arc::clone(&tally));
        async move {
            let requests = Requests::new(0);
            let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut sent = Vec::new();
            for n in 1..=seconds * rate {
                pace.tick().await;
                sent.push(tokio::spawn(deliver(Arc::clone(&balancer), Arc::clone(&tally), requests.next())));
                tick.send_replace(n);
            }
            for webhook in sent {
                webhook.await.unwrap();
            }
        }
    });
    // The last third is for the orderly replacement.
    let (mut kills, last) = (0, seconds * rate * 2 / 3);
    for due in (1..).map(|kill| kill * KILL_EVERY.min(seconds / 3) * rate).take_while(|due| *due < last) {
        ticks.wait_for(|sent| *sent >= due).await.unwrap();
        second.process.kill().await;
        second = two.serve().await;
        balancer.is_ready(1, &second.address);
        kills += 1;
    }
    ticks.wait_for(|sent| *sent >= last).await.unwrap();
    balancer.leaves_out(0);
    first.process.stop().await;
    first = one.serve().await;
    world.map_base_url(PUBLIC_BASE_URL, &first.address).unwrap();
    balancer.is_ready(0, &first.address);
    balancer.leaves_out(1);
    second.process.stop().await;
    second = two.serve().await;
    balancer.is_ready(1, &second.address);
    load.await.unwrap();
    first.process.stop().await;
    second.process.stop().await;
    assert_eq!(listings(&stage), LISTINGS, "of two instances, one compares pool and account, once");
    let tally = std::mem::take(&mut *tally.lock().unwrap());
    check(&stage, tally, kills).await;
    stage.carrier.shutdown().await;
}

fn listings(stage: &Stage) -> usize {
    let requests = stage.world().requests();
    requests.iter().filter(|it| it.method == "GET" && it.path.ends_with("/IncomingPhoneNumbers.json")).count()
}

/// The comparison with the account is due once a day: it is due now, with two who look for work.
async fn one_inspection(stage: &Stage) {
    let due = "UPDATE job SET run_at = 0 WHERE once = 'inspect_numbers'";
    let begun = tokio::time::timeout(PATIENCE, async {
        while stage.database.execute(due).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        while stage.database.count("job WHERE once = 'inspect_numbers' AND attempt > 0").await == 0 {
            tokio::task::yield_now().await;
        }
    });
    begun.await.expect("an instance takes the job");
}

async fn check(stage: &Stage, mut tally: Tally, kills: u32) {
    // What the killed left is done by a third instance.
    let store = stage.store().await;
    let clock = TestClock::default();
    clock.advance(SignedDuration::from_hours(24 * 3_650));
    stage.database.execute("DELETE FROM job WHERE once IN ('inspect_numbers', 'tend_pool')").await.unwrap();
    let ledger = Arc::clone(&store) as Arc<dyn Ledger>;
    let third = service(ledger, carrier_at(stage.carrier.base_url()), clock.clone(), pool_config());
    for _ in 0..20 {
        while third.run_due_jobs().await.unwrap() > 0 {}
        clock.advance(SignedDuration::from_mins(10));
    }
    store.close().await;

    let recorded: BTreeSet<_> =
        stage.database.texts("SELECT inbound_sid FROM interaction").await.into_iter().flatten().collect();
    for promise in &tally.kept {
        let (Promise::Call(sid) | Promise::Text(sid)) = promise else { continue };
        assert!(recorded.contains(sid), "{sid} was answered and is not recorded");
    }
    let bodies = stage.sent_bodies();
    assert_eq!(bodies.iter().collect::<BTreeSet<_>>().len(), bodies.len(), "a text was sent twice");
    tally.waits.sort();
    let percent = |of: usize| tally.waits[(tally.waits.len() * of / 100).min(tally.waits.len() - 1)];
    say(&format!(
        "{} webhooks, {kills} kills, 2 replacements: {} sent once more, {} failed; p50 {:.1?}, p99 {:.1?}, longest {:.1?}; {} \
         texts sent, none twice",
        tally.waits.len(),
        tally.again,
        tally.failed.len(),
        percent(50),
        percent(99),
        percent(100),
        bodies.len()
    ));
    assert_eq!(tally.failed, [""; 0]);
    assert!(kills > 0 && !bodies.is_empty(), "nothing was killed or sent: nothing was shown");
    assert_eq!(stage.world().violations(), []);
}
