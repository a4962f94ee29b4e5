//! Promises: however many reserve numbers at once, in however many processes, each number is held once and none is lost.
//!
//! A binary of its own, because it starts itself a second time: two processes share one PostgreSQL database. In the
//! suite it is short; `scripts/race` runs it long, with optimisation, and prints how many reservations a second that is.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a race that meets an error has failed; it tells its rate"
)]

use std::{
    collections::HashSet,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    NumberType,
    pool::{
        NewNumber,
        life::{Act, Actor, ReservationToken, Wish},
    },
};
use proxycall_service::ports::{Ledger, LedgerError, ledger::ReserveNumber};
use proxycall_store::Store;
use proxycall_testkit::database::{self, TestStore};

/// How many tasks reserve at once, in all processes together.
const TASKS: usize = 64;
/// Where the second process finds the database.
const DATABASE: &str = "PROXYCALL_RACE_DATABASE";
/// How many reservations are tried; half as many numbers are there.
const RESERVATIONS: &str = "PROXYCALL_RACE_RESERVATIONS";

fn reservations() -> usize {
    std::env::var(RESERVATIONS).ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap()
}

fn act() -> Act {
    Act::new(Actor::System, "a race", now())
}

async fn fill(store: &TestStore, count: usize) {
    let numbers: Vec<_> = (0..count)
        .map(|n| NewNumber {
            // Not dialled by anybody: only the store sees them. Nobody's, as Luxembourg has no such long numbers.
            phone: format!("+352999{n:08}").parse().unwrap(),
            country: "FR".parse().unwrap(),
            number_type: NumberType::Mobile,
            friendly_name: String::new(),
            carrier: None,
        })
        .collect();
    for batch in numbers.chunks(1_000) {
        store.add_numbers(batch.to_vec(), act()).await.unwrap();
    }
}

/// Tries to reserve as often as said, from many tasks. The numbers held.
async fn reserve(store: Arc<Store>, process: &str, tasks: usize, tries: usize) -> Vec<String> {
    let until = now() + SignedDuration::from_hours(24);
    let tasks: Vec<_> = (0..tasks)
        .map(|task| {
            let (store, process) = (Arc::clone(&store), process.to_owned());
            tokio::spawn(async move {
                let mut held = Vec::new();
                for n in (task..tries).step_by(tasks) {
                    let reserve = ReserveNumber {
                        wish: Wish::exactly("FR".parse().unwrap(), NumberType::Mobile),
                        token: ReservationToken::parse("token", &format!("{process}-{n}")).unwrap(),
                        until,
                        act: act(),
                    };
                    match store.reserve_number(reserve).await {
                        Ok(reservation) => held.push(reservation.number().expose()),
                        Err(LedgerError::NoNumberLeft { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                held
            })
        })
        .collect();
    let mut held = Vec::new();
    for task in tasks {
        held.extend(task.await.unwrap());
    }
    held
}

async fn check(store: &TestStore, held: &[String], numbers: usize) {
    let distinct: HashSet<_> = held.iter().collect();
    assert_eq!(distinct.len(), held.len(), "a number was reserved twice");
    assert_eq!(held.len(), numbers, "a number was lost");
    let reserved = store.database().count("proxy_number WHERE status = 'reserved'").await;
    assert_eq!(usize::try_from(reserved), Ok(numbers));
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn tell(database: &str, processes: usize, tries: usize, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    let rate = tries as f64 / seconds;
    println!(
        "race: {database}: {tries} reservations in {seconds:.2} s, {rate:.0} a second, {TASKS} tasks, {processes} processes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_on_sqlite_reserve_each_number_once() {
    let store = database::sqlite().await;
    let tries = reservations();
    fill(&store, tries / 2).await;
    let began = Instant::now();
    let held = reserve(store.store(), "one", TASKS, tries).await;
    tell("SQLite", 1, tries, began);
    check(&store, &held, tries / 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_in_two_processes_on_postgresql_reserve_each_number_once() {
    let store = database::postgres().await;
    let tries = reservations();
    fill(&store, tries / 2).await;
    let began = Instant::now();
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_other_process", "--nocapture"])
        .env(DATABASE, store.database().uri())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = reserve(store.store(), "one", TASKS / 2, tries / 2).await;
    let output = tokio::task::spawn_blocking(move || other.wait_with_output()).await.unwrap().unwrap();
    tell("PostgreSQL", 2, tries, began);
    assert!(output.status.success(), "the other process failed");
    let text = String::from_utf8(output.stdout).unwrap();
    let theirs: Vec<_> = text.lines().filter_map(|line| line.split("held ").nth(1)).map(str::to_owned).collect();
    assert!(!theirs.is_empty() && !held.is_empty(), "one process did everything: that was no race");
    held.extend(theirs);
    check(&store, &held, tries / 2).await;
}

/// The second process: does its half where it is told a database, nothing in the suite.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_process() {
    let Ok(uri) = std::env::var(DATABASE) else { return };
    let store = Arc::new(Store::open(database::options(&uri)).await.unwrap());
    for number in reserve(store, "other", TASKS / 2, reservations() / 2).await {
        println!("held {number}");
    }
}
