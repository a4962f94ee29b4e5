//! Sealing, and going over from one secret to another while the store is used.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    Address, BlockId, BlockReason, NumberType, Outcome, PhoneNumber,
    client::ClientChanges,
    confirmation::Stage,
    order::{NewOrder, OrderId},
    pool::life::Actor,
};
use proxycall_service::ports::{
    Ledger as _, LedgerError,
    ledger::{
        AddBlock, Begun, Blocklist as _, ClientSearch, DispatchStep, Entered, EraseClient, ImportClient,
        InteractionFilter, Message, PlaceOrder, PrivacyBook as _, Renewal, RequestKey, StoredAnswer, TextOutcome,
        UpdateClient, Vault as _, Waits, Whom, Work,
    },
};
use proxycall_store::{OpenError, Options, SecretKey, Store};
use proxycall_testkit::database::options;

use crate::{
    confirmations::{Out, create as confirm, pending, settle},
    support::*,
};

/// The secret that test stores are made with, and the one that they go over to.
const OLD: u8 = 7;
const NEW: u8 = 8;

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes([byte; 32])
}

async fn try_open(db: &TestStore, secrets: &[u8]) -> Result<Store, OpenError> {
    let secrets = secrets.iter().map(|byte| secret(*byte)).collect();
    Store::open(Options { secrets, first_secret: secret(1), ..options(db.database().uri()) }).await
}

/// Another instance, with these secrets.
async fn open(db: &TestStore, secrets: &[u8]) -> Store {
    try_open(db, secrets).await.unwrap()
}

async fn wanted(store: &Store) -> String {
    store.renewal_to().await.unwrap().unwrap()
}

/// Renews until it is done, however long that takes; when it was done, and what it waited for.
async fn renew_all(store: &Store, to: &str, mut now: Timestamp) -> (Timestamp, Vec<Waits>) {
    let mut waited = Vec::new();
    for _ in 0..5_000 {
        match store.renew(to.to_owned(), now).await.unwrap() {
            Renewal::More { .. } => {}
            Renewal::Later { at, why } => {
                assert!(at > now);
                now = at;
                waited.push(why);
            }
            Renewal::Done => return (now, waited),
        }
    }
    unreachable!("it goes on for ever");
}

async fn found(store: &Store, phone: PhoneNumber) -> Vec<i64> {
    let page = store.search_clients(ClientSearch::Phone(phone)).await.unwrap();
    page.items.iter().map(|client| client.id.get()).collect()
}

async fn found_by_last_four(store: &Store, phone: PhoneNumber) -> Vec<i64> {
    let search = ClientSearch::LastFour { digits: phone.last_four(), after: None, limit: 50 };
    store.search_clients(search).await.unwrap().items.iter().map(|client| client.id.get()).collect()
}

fn order(name: &str, n: u32, now: Timestamp) -> PlaceOrder {
    let order = NewOrder { id: OrderId::parse("order_id", name).unwrap(), client: new_client(n) };
    PlaceOrder { order, preferred: NumberType::Local, actor: Actor::Api, wire: job(), now }
}

fn request(key: &str, content: u8) -> RequestKey {
    RequestKey { route: "POST /orders".to_owned(), key: key.to_owned(), content: [content; 32] }
}

fn answer() -> StoredAnswer {
    StoredAnswer { status: 201, body: "canari".to_owned() }
}

/// The code that goes out for a confirmation, by whichever instance sends it.
async fn code_of(store: &Store, now: Timestamp) -> String {
    for job in store.claim_jobs(50, now, now + SignedDuration::from_secs(30)).await.unwrap() {
        if let Work::Dispatch { .. } = job.work
            && let DispatchStep::Send(Message::Code { code, .. }) =
                store.start_dispatch(&job, rules(), spare(), now).await.unwrap()
        {
            return code.expose();
        }
    }
    unreachable!("no code goes out");
}

/// How many seals of all columns begin with other bytes than those of the secret in use.
async fn left(store: &Store) -> Vec<(&'static str, u64)> {
    store.vault(true).await.unwrap().left
}

/// Leaves a client's real number as programs did that sealed nothing.
async fn unseal(db: &TestStore, n: u32) {
    let plain = format!("00{:016x}", real(n).expose_digits());
    let unsealed = match db.database().file() {
        Some(_) => format!("UPDATE client SET phone = x'{plain}' WHERE client_id = {n}"),
        None => format!(r"UPDATE client SET phone = '\x{plain}' WHERE client_id = {n}"),
    };
    assert_eq!(db.database().execute(&unsealed).await.unwrap(), 1);
}

pub(crate) async fn a_new_store_has_nothing_to_renew(db: TestStore) {
    assert_eq!(db.renewal_to().await.unwrap(), None);
    let state = db.vault(true).await.unwrap();
    assert!(state.sealed && state.before.is_none() && state.left.is_empty() && state.waiting == 0);
    assert_eq!(db.renew(state.writes_with, at(0)).await.unwrap(), Renewal::Done);
}

pub(crate) async fn what_an_older_program_left_unsealed_is_read_and_sealed(db: TestStore) {
    clients(&db, 3).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(5))).await.unwrap();
    for n in 1..=3 {
        unseal(&db, n).await;
    }
    db.database().execute("UPDATE vault SET sealed_with = NULL").await.unwrap();
    assert_eq!(found(&db, real(2)).await, [2]);
    assert_eq!(left(&db).await, [("client.phone", 3)]);
    let to = wanted(&db).await;
    let (_, waited) = renew_all(&db, &to, at(10)).await;
    assert!(!waited.contains(&Waits::Day), "one secret needs no day: {waited:?}");
    assert_eq!(left(&db).await, []);
    assert_eq!(found(&db, real(2)).await, [2]);
    assert_eq!(db.renewal_to().await.unwrap(), None);
}

pub(crate) async fn a_store_goes_over_to_another_secret_while_it_is_used(db: TestStore) {
    stock(&db, 400).await;
    for n in 1..=150 {
        db.place_order(order(&format!("A-{n}"), n, at(i64::from(n)))).await.unwrap();
        db.record_inbound_call(call(&format!("CA{n}"), courier(n), proxy(n), at(i64::from(n)))).await.unwrap();
    }
    // One whose client has changed since: what it said cannot be keyed anew.
    let changes = ClientChanges { phone: Some(real(8_001)), ..ClientChanges::default() };
    let update = UpdateClient { id: id(1), changes, now: at(200) };
    db.update_client(update).await.unwrap();
    forget_jobs(&db).await;

    // Each turn another instance, as if the one before was killed; some list the new secret second, and follow.
    let to = wanted(&open(&db, &[NEW, OLD]).await).await;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pick = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut behind = open(&db, &[OLD, NEW]).await;
    let (mut now, mut turn, mut clients, mut answers) = (at(1_000), 0_u32, 150_u32, HashMap::new());
    loop {
        turn += 1;
        assert!(turn < 3_000, "it goes on for ever");
        let fresh = open(&db, if pick(2) == 0 { &[NEW, OLD] } else { &[OLD, NEW] }).await;
        match fresh.renew(to.clone(), now).await.unwrap() {
            Renewal::More { .. } => {}
            Renewal::Later { at, .. } => now = at,
            Renewal::Done => break,
        }
        for store in [&fresh, &behind] {
            let known = u32::try_from(pick(u64::from(clients - 1))).unwrap() + 2;
            assert_eq!(found(store, real(known)).await, [i64::from(known)], "turn {turn}");
            assert_eq!(found_by_last_four(store, real(known)).await, [i64::from(known)], "turn {turn}");
            let again = store.place_order(order(&format!("A-{known}"), known, now)).await.unwrap();
            assert_eq!(again.proxy, proxy(known), "the same order again");
            let other = store.place_order(order(&format!("A-{known}"), 8_000, now)).await;
            assert_eq!(other, Err(LedgerError::OrderConflict));
            let sid = format!("CA{}", u32::try_from(pick(150)).unwrap() + 1);
            assert!(store.record_inbound_call(call(&sid, courier(1), proxy(1), now)).await.unwrap().repeated);
        }
        if clients < 300 {
            clients += 1;
            let store = if pick(2) == 0 { &fresh } else { &behind };
            let sid = format!("CB{clients}");
            store.place_order(order(&format!("A-{clients}"), clients, now)).await.unwrap();
            let called = call(&sid, courier(clients), proxy(clients), now);
            answers.insert(sid, store.record_inbound_call(called).await.unwrap().answer);
            let text = text(&format!("SM{clients}"), Address::Phone(real(clients)), proxy(clients), "canari", now);
            assert!(matches!(store.record_inbound_text(text).await.unwrap().outcome, TextOutcome::Interaction(_)));
        }
        if pick(4) == 0 {
            behind.next_job_at().await.unwrap();
        }
        if pick(16) == 0 {
            behind = open(&db, &[OLD, NEW]).await;
        }
    }
    let alone = open(&db, &[NEW]).await;
    assert_eq!(left(&alone).await, []);
    for n in 2..=clients {
        assert_eq!(found(&alone, real(n)).await, [i64::from(n)]);
    }
    assert_eq!(found(&alone, real(8_001)).await, [1]);
    let kept = 150 + 2 * answers.len();
    assert!(answers.len() > 10, "too few while it went on: {}", answers.len());
    for (sid, answer) in answers {
        let again = alone.record_inbound_call(call(&sid, courier(1), proxy(1), now)).await.unwrap();
        assert_eq!((again.answer, again.repeated), (answer, true), "{sid}");
    }
    let page = alone.interactions(InteractionFilter { limit: 500, ..InteractionFilter::default() }).await.unwrap();
    assert_eq!(page.items.iter().filter(|one| one.party.is_some()).count(), kept);
    // What could not be keyed anew: the client still tells.
    assert!(alone.place_order(order("A-1", 1, now)).await.is_ok());
    assert_eq!(alone.place_order(order("A-1", 2, now)).await, Err(LedgerError::OrderConflict));
    assert!(matches!(try_open(&db, &[OLD]).await, Err(OpenError::OtherSecret)));
}

pub(crate) async fn a_code_and_a_consent_outlive_the_change(db: TestStore) {
    stock(&db, 4).await;
    let mut out = Out::default();
    db.create_confirmation(confirm(1, real(1), 1, at(0))).await.unwrap();
    settle(&db, &mut out, at(0)).await;
    let early = out.codes[&pending(1)].clone();
    let new = open(&db, &[NEW, OLD]).await;
    let to = wanted(&new).await;
    for _ in 0..40 {
        new.renew(to.clone(), at(10)).await.unwrap();
    }
    new.create_confirmation(confirm(2, real(2), 2, at(20))).await.unwrap();
    let late = code_of(&new, at(20)).await;
    // Still under way: both codes hold, whoever reads them.
    let behind = open(&db, &[OLD, NEW]).await;
    for (store, n, code) in [(&behind, 1, early), (&new, 2, late)] {
        let it = store.confirmation(pending(u64::from(n))).await.unwrap().unwrap();
        let reply = text(&format!("SM{n}"), Address::Phone(real(n)), it.sender, &code, at(30));
        assert_eq!(store.record_inbound_text(reply).await.unwrap().outcome, TextOutcome::Code(Entered::Done));
        assert_eq!(store.confirmation(pending(u64::from(n))).await.unwrap().unwrap().progress.stage, Stage::Promoted);
    }
}

pub(crate) async fn a_code_that_is_out_keeps_the_secret_before_needed_until_it_is_over(db: TestStore) {
    stock(&db, 1).await;
    let mut long = confirm(1, real(1), 1, at(0));
    long.lifetime = SignedDuration::from_hours(72);
    db.create_confirmation(long).await.unwrap();
    let new = open(&db, &[NEW, OLD]).await;
    let to = wanted(&new).await;
    let mut now = at(1);
    while now < at(2 * DAY) {
        match new.renew(to.clone(), now).await.unwrap() {
            Renewal::Later { at, .. } => now = at,
            Renewal::More { .. } => {}
            Renewal::Done => unreachable!("its code is out"),
        }
    }
    assert_eq!(new.vault(false).await.unwrap().waiting, 1);
    new.expire_confirmations(at(3 * DAY), at(3 * DAY)).await.unwrap();
    renew_all(&new, &to, at(3 * DAY)).await;
    assert!(try_open(&db, &[NEW]).await.is_ok());
}

pub(crate) async fn a_request_is_answered_once_across_the_change(db: TestStore) {
    db.begin_request(request("k", 1), at(0)).await.unwrap();
    db.finish_request(request("k", 1), Some(answer()), at(0)).await.unwrap();
    db.begin_request(request("slow", 1), at(0)).await.unwrap();
    let (new, behind) = (open(&db, &[NEW, OLD]).await, open(&db, &[OLD, NEW]).await);
    new.renew(wanted(&new).await, at(1)).await.unwrap();
    assert_eq!(new.begin_request(request("k", 1), at(2)).await.unwrap(), Begun::Answered(answer()));
    assert_eq!(new.begin_request(request("k", 2), at(2)).await.unwrap(), Begun::OtherContent);
    assert_eq!(new.begin_request(request("slow", 1), at(2)).await.unwrap(), Begun::InProgress);
    new.finish_request(request("slow", 1), Some(answer()), at(3)).await.unwrap();
    assert_eq!(behind.begin_request(request("slow", 1), at(4)).await.unwrap(), Begun::Answered(answer()));
    // One that has not followed yet writes with the old secret, and looks under both.
    let stores = [Arc::new(new), Arc::new(behind)];
    let begun = at_once(20, |n| {
        let store = Arc::clone(&stores[n as usize % 2]);
        async move { store.begin_request(request("race", 1), at(5)).await.unwrap() }
    })
    .await;
    assert_eq!(begun.iter().filter(|begun| **begun == Begun::Fresh).count(), 1, "{begun:?}");
}

pub(crate) async fn one_phone_is_confirmed_once_across_the_change(db: TestStore) {
    stock(&db, 20).await;
    let (new, behind) = (Arc::new(open(&db, &[NEW, OLD]).await), Arc::new(open(&db, &[OLD, NEW]).await));
    new.renew(wanted(&new).await, at(0)).await.unwrap();
    // The other one has not heard of it: it writes with the old secret.
    let stores = [new, behind];
    let begun = at_once(10, |n| {
        let store = Arc::clone(&stores[n as usize % 2]);
        async move { store.create_confirmation(confirm(u64::from(n), real(1), u64::from(n), at(1))).await.is_ok() }
    })
    .await;
    assert_eq!(begun.iter().filter(|begun| **begun).count(), 1, "{begun:?}");
    assert_eq!(db.database().count("confirmation WHERE stage = 'open'").await, 1);
}

pub(crate) async fn a_block_holds_once_across_the_change(db: TestStore) {
    clients(&db, 1).await;
    let block = |now| AddBlock {
        id: BlockId::new(now, &chance()),
        whom: Whom::Phone(courier(1)),
        client: None,
        reason: BlockReason::parse("reason", Some("canari")).unwrap(),
        actor: Actor::Api,
        now,
    };
    let before = db.add_block(block(at(0))).await.unwrap();
    let (new, behind) = (Arc::new(open(&db, &[NEW, OLD]).await), Arc::new(open(&db, &[OLD, NEW]).await));
    let to = wanted(&new).await;
    new.renew(to.clone(), at(1)).await.unwrap();
    for (n, store) in [&new, &behind].into_iter().enumerate() {
        assert_eq!(store.add_block(block(at(2))).await.unwrap().id, before.id);
        let refused = store.record_inbound_call(call(&format!("CA{n}"), courier(1), proxy(1), at(3))).await.unwrap();
        assert_eq!(refused.outcome, Outcome::RefusedBlocked);
    }
    let stores = [Arc::clone(&new), behind];
    let other = at_once(10, |n| {
        let store = Arc::clone(&stores[n as usize % 2]);
        let add = AddBlock { whom: Whom::Phone(courier(2)), ..block(at(4)) };
        async move { store.add_block(add).await.unwrap().id }
    })
    .await;
    assert!(other.iter().all(|id| *id == other[0]), "{other:?}");
    renew_all(&new, &to, at(5)).await;
    let alone = open(&db, &[NEW]).await;
    let refused = alone.record_inbound_call(call("CA9", courier(1), proxy(1), at(6))).await.unwrap();
    assert_eq!((refused.outcome, left(&alone).await), (Outcome::RefusedBlocked, vec![]));
}

pub(crate) async fn who_was_erased_stays_so_across_the_change(db: TestStore) {
    clients(&db, 2).await;
    db.place_order(order("A-1", 1, at(1))).await.unwrap();
    db.record_inbound_call(call("CA1", real(1), proxy(2), at(2))).await.unwrap();
    let erase = EraseClient { id: id(1), quarantine_until: at(DAY), job: job(), actor: Actor::Api, now: at(3) };
    db.erase_client(erase).await.unwrap();
    let (new, behind) = (open(&db, &[NEW, OLD]).await, open(&db, &[OLD, NEW]).await);
    let to = wanted(&new).await;
    // In turn: a part of the one work, a part of the other.
    for second in 4..200 {
        new.renew(to.clone(), at(second)).await.unwrap();
        behind.erase_part(id(1), at(second)).await.unwrap();
    }
    renew_all(&new, &to, at(200)).await;
    let alone = open(&db, &[NEW]).await;
    assert!(alone.erasure(id(1)).await.unwrap().unwrap().record_done);
    assert!(found(&alone, real(1)).await.is_empty() && found(&alone, PhoneNumber::ERASED).await.is_empty());
    assert_eq!(alone.client(id(2)).await.unwrap().unwrap().last_caller, None);
    assert_eq!(left(&alone).await, []);
}

pub(crate) async fn the_stores_own_secret_is_gone_over_from_and_given_up(db: TestStore) {
    db.database().execute("DELETE FROM meta").await.unwrap();
    let own = open(&db, &[]).await;
    let row = ImportClient { client: new_client(1), proxy: None, last_caller: None };
    own.import_clients(vec![row], false, at(0)).await.unwrap();
    let new = open(&db, &[NEW]).await;
    let to = wanted(&new).await;
    renew_all(&new, &to, at(1)).await;
    assert_eq!(db.database().count("meta WHERE key = 'secret_key'").await, 0);
    assert_eq!(found(&open(&db, &[NEW]).await, real(1)).await, [1]);
    assert!(matches!(try_open(&db, &[]).await, Err(OpenError::NoSecret)));
}

pub(crate) async fn a_secret_that_was_given_up_is_not_gone_back_to(db: TestStore) {
    clients(&db, 1).await;
    let new = open(&db, &[NEW, OLD]).await;
    let (to, old) = (wanted(&new).await, new.vault(false).await.unwrap().writes_with);
    renew_all(&new, &to, at(1)).await;
    let stale = open(&db, &[OLD, NEW]).await;
    assert_eq!(stale.renewal_to().await.unwrap(), None);
    assert_eq!(stale.renew(old, at(2)).await.unwrap(), Renewal::Done);
    let state = stale.vault(true).await.unwrap();
    assert_eq!((state.writes_with, state.before, state.left), (to, None, vec![]));
}

pub(crate) async fn a_row_that_no_secret_opens_holds_up_the_end_and_nothing_else(db: TestStore) {
    clients(&db, 2).await;
    let spoil = match db.database().file() {
        Some(_) => "UPDATE client SET phone = x'01ffffffff' WHERE client_id = 1",
        None => r"UPDATE client SET phone = '\x01ffffffff' WHERE client_id = 1",
    };
    db.database().execute(spoil).await.unwrap();
    let new = open(&db, &[NEW, OLD]).await;
    let (to, mut now, mut why) = (wanted(&new).await, at(1), None);
    for _ in 0..200 {
        match new.renew(to.clone(), now).await.unwrap() {
            Renewal::Later { at, why: Waits::Unreadable } => {
                (now, why) = (at, Some(Waits::Unreadable));
                break;
            }
            Renewal::Later { at, .. } => now = at,
            _ => {}
        }
    }
    assert_eq!(why, Some(Waits::Unreadable));
    assert_eq!(left(&new).await, [("client.phone", 1)]);
    assert_eq!(found(&new, real(2)).await, [2]);
    new.close().await;
    unseal(&db, 1).await;
    let (_, waited) = renew_all(&open(&db, &[NEW, OLD]).await, &to, now).await;
    assert!(!waited.contains(&Waits::Unreadable), "it is mended: {waited:?}");
}

pub(crate) async fn an_instance_that_does_not_know_the_new_secret_leaves_the_work(db: TestStore) {
    clients(&db, 1).await;
    let to = wanted(&open(&db, &[NEW, OLD]).await).await;
    assert!(matches!(db.renew(to, at(1)).await.unwrap(), Renewal::Later { why: Waits::Unknown, .. }));
    let new = open(&db, &[NEW, OLD]).await;
    new.renew(wanted(&new).await, at(1)).await.unwrap();
    assert!(matches!(try_open(&db, &[OLD]).await, Err(OpenError::SecretMissing)));
    assert!(matches!(try_open(&db, &[NEW]).await, Err(OpenError::OtherSecret)));
}

pub(crate) async fn every_sealed_column_is_in_the_list(db: TestStore) {
    // Whatever has been sealed under the old secret is counted as left the moment that writes use another.
    crate::privacy::fill(&db).await;
    db.database().execute("UPDATE vault SET sealed_with = NULL").await.unwrap();
    let new = open(&db, &[NEW, OLD]).await;
    new.renew(wanted(&new).await, at(100)).await.unwrap();
    let listed: Vec<&str> = left(&new).await.iter().map(|(name, _)| *name).collect();
    let sealed = crate::privacy::sealed_columns(&db).await;
    assert!(sealed.len() >= 7, "{sealed:?}");
    for column in sealed.iter().filter(|column| *column != "request.answer") {
        assert!(listed.iter().any(|listed| listed.split(' ').next() == Some(column)), "{column} is not renewed");
    }
}
