//! The life of a number: what may follow what, who holds it, and what is remembered of it.

use std::collections::{HashMap, HashSet};

use proxycall_domain::{
    NumberStatus, NumberType, PhoneNumber,
    pool::{
        CarrierFacts, NewNumber,
        life::{Actor, KeepReason, ReservationToken, Wish},
    },
    wiring::{Hook, Wiring},
};
use proxycall_service::ports::{
    Ledger, LedgerError,
    ledger::{
        AdoptNumber, Alert, AssignNumber, AssignReserved, AssignThisNumber, CreateClient, Former, MoveNumber, MoveTo,
        Moved, NumberFilter, ReleaseNumber, ReserveNumber, Work,
    },
};

use crate::{
    clients::{close, restore},
    support::*,
};

fn token(text: &str) -> ReservationToken {
    ReservationToken::parse("token", text).unwrap()
}

fn france(number_type: NumberType) -> Wish {
    Wish::exactly("FR".parse().unwrap(), number_type)
}

fn reserve(owner: &str, seconds: i64) -> ReserveNumber {
    ReserveNumber { wish: france(NumberType::Local), token: token(owner), until: at(seconds + 600), act: act(seconds) }
}

fn assign_reserved(owner: &str, client: u32, seconds: i64) -> AssignReserved {
    AssignReserved { token: token(owner), client: id(client), act: act(seconds), wire: job() }
}

fn assign(client: u32, number_type: NumberType, seconds: i64) -> AssignNumber {
    AssignNumber {
        client: id(client),
        wish: france(number_type),
        friendly_name: None,
        former: Former::Kept,
        act: act(seconds),
        wire: job(),
    }
}

fn change(phone: PhoneNumber, to: MoveTo, force: bool, seconds: i64) -> MoveNumber {
    MoveNumber { phone, to, force, act: act(seconds) }
}

fn release(phone: PhoneNumber, force: bool, seconds: i64) -> ReleaseNumber {
    let (rest_until, lease_until) = (at(seconds + 90), at(seconds + 60));
    ReleaseNumber { phone, force, rest_until, act: act(seconds), job: job(), lease_until }
}

fn facts(sid: &str) -> CarrierFacts {
    CarrierFacts { sid: sid.to_owned(), voice: true, sms: false }
}

async fn status(db: &TestStore, phone: PhoneNumber) -> NumberStatus {
    db.number(phone).await.unwrap().unwrap().status
}

/// Clients 1 to `count` without a number of their own, and no number in the pool.
async fn clients_without(db: &TestStore, count: u32) {
    clients(db, count).await;
    for n in 1..=count {
        let quarantine = MoveTo::Quarantine { until: at(1_000 * DAY) };
        let moved = db.move_number(change(proxy(n), quarantine, true, 0)).await.unwrap();
        assert_eq!(moved, Moved::Done { from: NumberStatus::Assigned, client: Some(id(n)) });
    }
}

pub(crate) async fn the_database_moves_numbers_as_the_domain_says(db: TestStore) {
    clients(&db, 1).await;
    let columns = |status: NumberStatus| {
        let client = if status == NumberStatus::Assigned { "1" } else { "NULL" };
        let rest = if status == NumberStatus::Quarantined { "9" } else { "NULL" };
        let (token, held) = if status == NumberStatus::Reserved { ("'t'", "9") } else { ("NULL", "NULL") };
        let word = status.as_str();
        format!(
            "status = '{word}', client_id = {client}, quarantine_until = {rest}, reservation = {token}, \
             reserved_at = {held}, reserved_until = {held}"
        )
    };
    for from in NumberStatus::ALL {
        for to in NumberStatus::ALL {
            // However it got there: the table is emptied and the number put into its state anew.
            let fresh = format!(
                "INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, client_id, \
                     quarantine_until, reservation, reserved_at, reserved_until, added_at, updated_at) \
                 VALUES (33199000001, 'FR', 'local', '{}', '', {}, {}, {}, {}, {}, 0, 0)",
                from.as_str(),
                if from == NumberStatus::Assigned { "1" } else { "NULL" },
                if from == NumberStatus::Quarantined { "9" } else { "NULL" },
                if from == NumberStatus::Reserved { "'t'" } else { "NULL" },
                if from == NumberStatus::Reserved { "9" } else { "NULL" },
                if from == NumberStatus::Reserved { "9" } else { "NULL" },
            );
            db.database().execute("DELETE FROM number_past").await.unwrap();
            db.database().execute("DELETE FROM proxy_number").await.unwrap();
            db.database().execute(&fresh).await.unwrap();
            let moved = db.database().execute(&format!("UPDATE proxy_number SET {}", columns(to))).await;
            assert_eq!(moved.is_ok(), from == to || from.may_become(to), "{from:?} to {to:?}: {moved:?}");
            let remembered = db.database().count("number_past").await;
            assert_eq!(remembered, i64::from(from != to && from.may_become(to)), "{from:?} to {to:?}");
        }
    }
}

pub(crate) async fn a_number_never_passes_from_client_to_client(db: TestStore) {
    clients(&db, 2).await;
    db.move_number(change(proxy(2), MoveTo::Quarantine { until: at(DAY) }, true, 1)).await.unwrap();
    let handed_over = db.database().execute("UPDATE proxy_number SET client_id = 2 WHERE client_id = 1").await;
    assert!(handed_over.unwrap_err().to_string().contains("number_move"));
}

pub(crate) async fn each_change_is_remembered_with_who_why_and_when(db: TestStore) {
    clients(&db, 1).await;
    db.close_client(close(1, 1)).await.unwrap();
    db.free_lapsed(at(31 * DAY)).await.unwrap();
    let history = db.number_history(proxy(1)).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|past| (past.status.as_str(), past.client, past.actor, past.reason.as_str(), past.since))
        .collect();
    assert_eq!(
        told,
        [
            ("available", None, Actor::System, "it has rested", at(31 * DAY)),
            ("quarantined", None, Actor::Api, "its client was closed", at(DAY)),
            ("assigned", Some(id(1)), Actor::Api, "a new client", at(0)),
            ("available", None, Actor::Cli, "a test", at(0)),
        ]
    );
    assert_eq!((history[0].until, history[1].until), (None, Some(at(31 * DAY))));
    assert_eq!(db.number_history(proxy(2)).await.unwrap(), []);
}

pub(crate) async fn a_reservation_is_its_owners_alone_and_ends(db: TestStore) {
    clients_without(&db, 3).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Local)], act(0)).await.unwrap();
    let mine = db.reserve_number(reserve("P-1", 0)).await.unwrap();
    assert_eq!((mine.number(), mine.number_type(), mine.until()), (proxy(7), NumberType::Local, at(600)));
    // The same owner again gets the same number; nobody else gets any.
    assert_eq!(db.reserve_number(reserve("P-1", 60)).await.unwrap(), mine);
    assert!(matches!(db.reserve_number(reserve("P-2", 60)).await, Err(LedgerError::NoNumberLeft { .. })));
    assert_eq!(db.assign_reserved(assign_reserved("P-2", 1, 60)).await, Err(LedgerError::ReservationGone));
    assert_eq!(db.assign_reserved(assign_reserved("P-1", 1, 600)).await, Err(LedgerError::ReservationGone));
    assert_eq!(db.assign_reserved(assign_reserved("P-1", 1, 599)).await, Ok(proxy(7)));
    let given = db.number(proxy(7)).await.unwrap().unwrap();
    assert_eq!((given.status, given.client, given.reservation), (NumberStatus::Assigned, Some(id(1)), None));
    assert_eq!(db.assign_reserved(assign_reserved("P-1", 2, 599)).await, Err(LedgerError::ReservationGone));
}

pub(crate) async fn a_reservation_that_lapsed_or_was_cancelled_frees_its_number(db: TestStore) {
    clients_without(&db, 2).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Local)], act(0)).await.unwrap();
    db.reserve_number(reserve("P-1", 0)).await.unwrap();
    assert!(db.cancel_reservation(token("P-1"), act(1)).await.unwrap());
    assert!(!db.cancel_reservation(token("P-1"), act(1)).await.unwrap());
    db.reserve_number(reserve("P-2", 2)).await.unwrap();
    // Nobody freed it: whoever needs it takes it, and its former owner hears that it is gone.
    let taken = db.reserve_number(reserve("P-3", 602)).await.unwrap();
    assert_eq!(taken.number(), proxy(7));
    assert_eq!(db.assign_reserved(assign_reserved("P-2", 1, 603)).await, Err(LedgerError::ReservationGone));
    assert_eq!(db.assign_reserved(assign_reserved("P-3", 1, 603)).await, Ok(proxy(7)));
}

pub(crate) async fn a_client_with_a_number_keeps_it(db: TestStore) {
    clients(&db, 1).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Local)], act(0)).await.unwrap();
    let kept = db.assign_number(assign(1, NumberType::Local, 5)).await.unwrap();
    assert_eq!((kept.phone, kept.before), (proxy(1), true));
    db.reserve_number(reserve("P-1", 5)).await.unwrap();
    assert_eq!(db.assign_reserved(assign_reserved("P-1", 1, 6)).await, Err(LedgerError::ClientHasNumber));
    assert_eq!(db.assign_number(assign(9, NumberType::Local, 5)).await, Err(LedgerError::ClientUnknown));
}

pub(crate) async fn an_assignment_takes_the_type_that_was_asked_for_and_enqueues_its_webhooks(db: TestStore) {
    clients_without(&db, 1).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Mobile)], act(0)).await.unwrap();
    assert!(matches!(
        db.assign_number(assign(1, NumberType::Local, 5)).await,
        Err(LedgerError::NoNumberLeft { availability, .. }) if availability.mobile == 1
    ));
    let named = AssignNumber { friendly_name: Some("Zoé".to_owned()), ..assign(1, NumberType::Mobile, 6) };
    let given = db.assign_number(named).await.unwrap();
    assert_eq!((given.phone, given.before), (proxy(7), false));
    assert!(given.choice.starts_with("FR mobile"), "{}", given.choice);
    let number = db.number(proxy(7)).await.unwrap().unwrap();
    assert_eq!((number.friendly_name.as_str(), number.client), ("Zoé", Some(id(1))));
    let jobs = db.claim_jobs(9, at(6), at(60)).await.unwrap();
    assert_eq!(jobs.into_iter().map(|job| job.work).collect::<Vec<_>>(), [Work::WireNumber { number: proxy(7) }]);
}

pub(crate) async fn what_has_been_free_for_longest_is_given_first(db: TestStore) {
    clients(&db, 1).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Local)], act(2)).await.unwrap();
    db.close_client(close(1, 0)).await.unwrap();
    db.free_lapsed(at(30 * DAY)).await.unwrap();
    let given = db.create_client(CreateClient { now: at(31 * DAY), ..create(new_client(2)) }).await.unwrap();
    // The number that a former client's couriers still know rests a little longer.
    assert_eq!(given.proxy, Some(proxy(7)));
}

pub(crate) async fn numbers_in_use_are_kept_unless_forced(db: TestStore) {
    clients(&db, 1).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Local)], act(0)).await.unwrap();
    db.reserve_number(reserve("P-1", 0)).await.unwrap();
    let rest = MoveTo::Quarantine { until: at(DAY) };
    for (phone, reason) in [(proxy(1), KeepReason::Assigned), (proxy(7), KeepReason::Reserved)] {
        assert_eq!(db.move_number(change(phone, rest, false, 1)).await, Ok(Moved::Kept(reason)));
        assert_eq!(db.release_number(release(phone, false, 1)).await, Ok(Moved::Kept(reason)));
    }
    // Set aside, a client's number stays the client's; whoever holds one would lose it.
    let kept = Ok(Moved::Kept(KeepReason::Reserved));
    assert_eq!(db.move_number(change(proxy(7), MoveTo::Error, false, 1)).await, kept);
    assert_eq!(db.move_number(change(proxy(9), rest, true, 1)).await, Ok(Moved::Unknown));
    assert!(matches!(db.move_number(change(proxy(1), rest, true, 1)).await, Ok(Moved::Done { .. })));
    assert_eq!(db.move_number(change(proxy(1), rest, true, 1)).await, Ok(Moved::Already));
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().proxy, None);
    let done = Moved::Done { from: NumberStatus::Reserved, client: None };
    assert_eq!(db.release_number(release(proxy(7), true, 1)).await, Ok(done));
    assert_eq!(db.assign_reserved(assign_reserved("P-1", 1, 2)).await, Err(LedgerError::ReservationGone));
}

pub(crate) async fn a_release_is_told_to_the_carrier_by_a_job(db: TestStore) {
    stock(&db, 1).await;
    db.note_carrier(proxy(1), facts("PN1"), None).await.unwrap();
    db.release_number(release(proxy(1), false, 0)).await.unwrap();
    // Whoever asked holds the job first.
    assert_eq!(db.claim_jobs(9, at(59), at(100)).await.unwrap(), []);
    let job = db.claim_jobs(9, at(60), at(120)).await.unwrap().remove(0);
    assert_eq!(job.work, Work::ReleaseNumber { number: proxy(1) });
    assert_eq!(db.number(proxy(1)).await.unwrap().unwrap().carrier, Some(facts("PN1")));
    assert!(db.end_release(&job, proxy(1)).await.unwrap());
    assert_eq!(db.number(proxy(1)).await.unwrap().unwrap().carrier, None);
    assert_eq!(db.next_job_at().await.unwrap(), None);
    assert_eq!(db.release_number(release(proxy(1), true, 1)).await, Ok(Moved::Kept(KeepReason::Released)));
}

fn assign_this(phone: PhoneNumber, client: u32, seconds: i64) -> AssignThisNumber {
    let former = Former::Kept;
    AssignThisNumber { phone, client: id(client), former, only_back: false, act: act(seconds), wire: job() }
}

/// A client's number is exchanged in one unit: at no time has the client none, or two.
pub(crate) async fn a_client_who_gets_another_number_gives_up_the_one_before_or_keeps_it(db: TestStore) {
    clients(&db, 2).await;
    let former = Former::Rests(at(100));
    let change = |seconds| AssignNumber { former, ..assign(1, NumberType::Local, seconds) };
    let none = db.assign_number(change(1)).await.unwrap_err();
    assert!(matches!(none, LedgerError::NoNumberLeft { .. }), "{none:?}");
    assert_eq!(db.client_by_proxy(proxy(1)).await.unwrap().unwrap().id, id(1));
    assert_eq!(db.number(proxy(1)).await.unwrap().unwrap().status, NumberStatus::Assigned);

    let spare = [7, 8].map(|n| number(proxy(n), NumberType::Local));
    db.add_numbers(spare.to_vec(), act(2)).await.unwrap();
    let given = db.assign_number(change(3)).await.unwrap();
    assert_eq!((given.phone, given.former, given.before), (proxy(7), Some(proxy(1)), false));
    assert_eq!(db.client_by_proxy(proxy(7)).await.unwrap().unwrap().id, id(1));
    let rests = db.number(proxy(1)).await.unwrap().unwrap();
    assert_eq!((rests.status, rests.held_until), (NumberStatus::Quarantined, Some(at(100))));

    // Back to the one before; nobody else's is taken for it.
    let back = |n, seconds| AssignThisNumber { former, ..assign_this(proxy(n), 1, seconds) };
    let refused = Err(LedgerError::NumberNotFree { status: NumberStatus::Assigned });
    assert_eq!(db.assign_this_number(back(2, 4)).await, refused);
    assert_eq!(db.client_by_proxy(proxy(7)).await.unwrap().unwrap().id, id(1));
    let given = db.assign_this_number(back(1, 5)).await.unwrap();
    assert_eq!((given.phone, given.former), (proxy(1), Some(proxy(7))));
    assert!(db.assign_this_number(back(1, 6)).await.unwrap().before);
    assert_eq!(db.client_by_proxy(proxy(7)).await.unwrap(), None);
}

pub(crate) async fn two_changes_of_a_number_at_once_leave_the_client_one(db: TestStore) {
    clients(&db, 1).await;
    let spare = (7..=10).map(|n| number(proxy(n), NumberType::Local));
    db.add_numbers(spare.collect(), act(0)).await.unwrap();
    let change = |_| {
        let store = db.store();
        let assign = AssignNumber { former: Former::Rests(at(100)), ..assign(1, NumberType::Local, 1) };
        async move { store.assign_number(assign).await.unwrap().phone }
    };
    let given: HashSet<PhoneNumber> = at_once(4, change).await.into_iter().collect();
    let filter = NumberFilter { status: Some(NumberStatus::Assigned), limit: 9, ..NumberFilter::default() };
    let assigned: Vec<PhoneNumber> =
        db.numbers(filter).await.unwrap().items.into_iter().map(|number| number.phone).collect();
    assert_eq!((given.len(), assigned.len()), (4, 1));
    assert!(given.contains(&assigned[0]));
}

pub(crate) async fn a_certain_number_is_given_when_it_is_free_or_was_this_clients(db: TestStore) {
    clients(&db, 2).await;
    let numbers = [7, 8].map(|n| number(proxy(n), NumberType::Local));
    db.add_numbers(numbers.to_vec(), act(0)).await.unwrap();
    let kept = db.assign_this_number(assign_this(proxy(8), 1, 1)).await.unwrap();
    assert_eq!((kept.phone, kept.before), (proxy(1), true));
    let rest = MoveTo::Quarantine { until: at(100) };
    for n in [1, 2] {
        db.move_number(change(proxy(n), rest, true, 2)).await.unwrap();
    }
    // What rests after another client is nobody's yet; what rests after this one may come back.
    let refused = Err(LedgerError::NumberNotFree { status: NumberStatus::Quarantined });
    assert_eq!(db.assign_this_number(assign_this(proxy(2), 1, 3)).await, refused);
    assert_eq!(db.assign_this_number(assign_this(proxy(9), 1, 3)).await, Err(LedgerError::NumberUnknown));
    assert_eq!(db.assign_this_number(assign_this(proxy(8), 9, 3)).await, Err(LedgerError::ClientUnknown));
    assert_eq!(db.assign_this_number(assign_this(proxy(1), 1, 4)).await.unwrap().phone, proxy(1));
    assert_eq!(db.assign_this_number(assign_this(proxy(8), 2, 5)).await.unwrap().phone, proxy(8));
    assert_eq!(db.client_by_proxy(proxy(8)).await.unwrap().unwrap().id, id(2));
    // Once rested, it may be anybody's.
    db.move_number(change(proxy(1), rest, true, 6)).await.unwrap();
    assert_eq!(db.assign_this_number(assign_this(proxy(2), 1, 101)).await.unwrap().phone, proxy(2));
    db.move_number(change(proxy(7), MoveTo::Error, true, 102)).await.unwrap();
    db.close_client(close(2, 103)).await.unwrap();
    assert_eq!(db.assign_this_number(assign_this(proxy(7), 2, 104)).await, Err(LedgerError::ClientClosed));
}

pub(crate) async fn a_client_gets_back_only_what_was_the_clients_last(db: TestStore) {
    clients(&db, 2).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Local)], act(0)).await.unwrap();
    let rest = MoveTo::Quarantine { until: at(100) };
    db.move_number(change(proxy(1), rest, true, 1)).await.unwrap();
    let back = |n, client, seconds| AssignThisNumber { only_back: true, ..assign_this(proxy(n), client, seconds) };
    // One that is free for anybody was never this client's, nor was one that rests after another, or has rested.
    assert_eq!(db.assign_this_number(back(7, 1, 2)).await, Err(LedgerError::NotTheirNumber));
    db.move_number(change(proxy(2), rest, true, 2)).await.unwrap();
    for seconds in [3, 101] {
        assert_eq!(db.assign_this_number(back(1, 2, seconds)).await, Err(LedgerError::NotTheirNumber));
    }
    assert_eq!(db.assign_this_number(back(9, 1, 3)).await, Err(LedgerError::NumberUnknown));
    assert_eq!(db.assign_this_number(back(1, 1, 3)).await.unwrap().phone, proxy(1));
    let taken = Err(LedgerError::NumberNotFree { status: NumberStatus::Assigned });
    assert_eq!(db.assign_this_number(back(1, 2, 4)).await, taken);
    // Rested, it is the client's to have back until somebody else gets it.
    assert_eq!(db.assign_this_number(back(2, 2, 200)).await.unwrap().phone, proxy(2));
}

pub(crate) async fn a_clients_missing_number_comes_back_to_the_client(db: TestStore) {
    clients(&db, 2).await;
    for n in [1, 2] {
        let gone = db.move_number(change(proxy(n), MoveTo::Missing, true, 1)).await.unwrap();
        assert_eq!(gone, Moved::Done { from: NumberStatus::Assigned, client: Some(id(n)) });
    }
    // Calls that still come in are connected, and the client is not given a second number unasked.
    assert_eq!(db.client_by_proxy(proxy(1)).await.unwrap().unwrap().id, id(1));
    assert_eq!(db.assign_number(assign(1, NumberType::Local, 2)).await.unwrap().phone, proxy(1));
    db.close_client(close(2, 1)).await.unwrap();
    assert_eq!(status(&db, proxy(2)).await, NumberStatus::Missing);
    for n in [1, 2] {
        db.move_number(change(proxy(n), MoveTo::Pool, true, 3)).await.unwrap();
    }
    assert_eq!(
        (status(&db, proxy(1)).await, status(&db, proxy(2)).await),
        (NumberStatus::Assigned, NumberStatus::Quarantined)
    );
    assert_eq!(db.number(proxy(1)).await.unwrap().unwrap().client, Some(id(1)));
}

/// Client `n` is closed after a minute, and its number rests for 90 seconds.
async fn close_for_a_rest(db: &TestStore, n: u32) {
    let mut closing = close(n, 0);
    (closing.now, closing.quarantine_until) = (at(60), at(150));
    db.close_client(closing).await.unwrap();
}

pub(crate) async fn a_number_rests_after_a_client_whatever_becomes_of_it_meanwhile(db: TestStore) {
    let moved = async |n, to, seconds| {
        assert!(matches!(db.move_number(change(proxy(n), to, true, seconds)).await, Ok(Moved::Done { .. })), "{n}");
    };
    clients(&db, 9).await;
    // Set aside, or gone at the carrier, before its client was closed and after.
    for (n, to) in [(1, MoveTo::Error), (2, MoveTo::Missing)] {
        moved(n, to, 30).await;
        close_for_a_rest(&db, n).await;
    }
    for (n, to) in [(3, MoveTo::Error), (4, MoveTo::Missing), (5, MoveTo::Missing), (6, MoveTo::Error)] {
        close_for_a_rest(&db, n).await;
        moved(n, to, 70).await;
    }
    moved(5, MoveTo::Error, 71).await;
    // Given back to the carrier, which did not take it; found again there; while it rests, too.
    close_for_a_rest(&db, 7).await;
    for n in [7, 8, 9] {
        assert!(matches!(db.release_number(release(proxy(n), true, 60)).await, Ok(Moved::Done { .. })));
    }
    moved(8, MoveTo::Error, 61).await;
    for n in 1..=9 {
        if n == 6 {
            moved(n, MoveTo::Pool, 149).await;
        } else {
            assert_eq!(db.adopt_number(adopt(proxy(n), false, 149)).await, Ok(NumberStatus::Quarantined), "{n}");
        }
        let rests = db.number(proxy(n)).await.unwrap().unwrap();
        assert_eq!((rests.status, rests.held_until), (NumberStatus::Quarantined, Some(at(150))), "{n}");
        assert_eq!(rests.owned_until, Some(at(60)), "{n}");
    }
    assert!(matches!(db.reserve_number(reserve("P-1", 149)).await, Err(LedgerError::NoNumberLeft { .. })));
    // Whose it was may have it back; once it has rested, it is anybody's, also by way of what it was meanwhile.
    db.restore_client(restore(3, 0)).await.unwrap();
    assert_eq!(db.client_by_proxy(proxy(3)).await.unwrap().unwrap().id, id(3));
    assert_eq!(db.reserve_number(reserve("P-1", 150)).await.unwrap().number(), proxy(1));
    moved(4, MoveTo::Error, 151).await;
    assert_eq!(db.adopt_number(adopt(proxy(4), false, 152)).await, Ok(NumberStatus::Available));
}

pub(crate) async fn the_database_lets_nobody_but_the_former_client_have_what_rests(db: TestStore) {
    clients(&db, 2).await;
    let rest = MoveTo::Quarantine { until: at(100) };
    for n in [1, 2] {
        db.move_number(change(proxy(n), rest, true, 1)).await.unwrap();
    }
    for from in ["quarantined", "error"] {
        if from == "error" {
            db.move_number(change(proxy(2), MoveTo::Error, true, 2)).await.unwrap();
        }
        let free = "status = 'available', quarantine_until = NULL";
        let given = "status = 'assigned', quarantine_until = NULL, client_id = ";
        for (what, client) in [(free, ""), (given, "1")] {
            let early = format!(
                "UPDATE proxy_number SET {what}{client}, since = {} WHERE phone = 33199000002",
                at(99).as_millisecond()
            );
            let refused = db.database().execute(&early).await.unwrap_err().to_string();
            assert!(refused.contains("number_rest"), "{from}: {refused}");
        }
    }
    let theirs = "UPDATE proxy_number SET status = 'assigned', client_id = 2 WHERE phone = 33199000002";
    db.database().execute(theirs).await.unwrap();
}

pub(crate) async fn a_rest_ends_early_only_as_the_operator_saw_it(db: TestStore) {
    clients(&db, 1).await;
    let (rest, back) = (MoveTo::Quarantine { until: at(100) }, assign_this(proxy(1), 1, 2));
    let end = |begun| MoveTo::EndRest { begun: at(begun) };
    assert_eq!(db.move_number(change(proxy(1), end(0), true, 1)).await, Ok(Moved::Already));
    db.move_number(change(proxy(1), rest, true, 1)).await.unwrap();
    // Meanwhile the client had it again.
    db.assign_this_number(back).await.unwrap();
    db.move_number(change(proxy(1), rest, true, 3)).await.unwrap();
    assert_eq!(db.move_number(change(proxy(1), end(1), true, 4)).await, Ok(Moved::Already));
    // Nothing but that word ends it.
    assert_eq!(db.move_number(change(proxy(1), MoveTo::Pool, true, 4)).await, Ok(Moved::Already));
    let done = Moved::Done { from: NumberStatus::Quarantined, client: None };
    assert_eq!(db.move_number(change(proxy(1), end(3), true, 4)).await, Ok(done));
    assert_eq!(status(&db, proxy(1)).await, NumberStatus::Available);
}

fn adopt(phone: PhoneNumber, used_elsewhere: bool, seconds: i64) -> AdoptNumber {
    let number =
        NewNumber { carrier: Some(facts(&format!("PN{}", phone.last_four()))), ..number(phone, NumberType::Local) };
    let before = Wiring { voice: Hook::post("https://hotline.example/"), ..Wiring::default() };
    AdoptNumber { number, before, used_elsewhere, act: act(seconds) }
}

pub(crate) async fn what_is_used_elsewhere_is_set_aside_until_an_operator_adopts_it(db: TestStore) {
    assert_eq!(db.adopt_number(adopt(proxy(1), true, 0)).await, Ok(NumberStatus::Error));
    assert!(matches!(db.reserve_number(reserve("P-1", 1)).await, Err(LedgerError::NoNumberLeft { .. })));
    // Found again, it stays so.
    assert_eq!(db.adopt_number(adopt(proxy(1), true, 2)).await, Ok(NumberStatus::Error));
    assert_eq!(db.adopt_number(adopt(proxy(1), false, 3)).await, Ok(NumberStatus::Available));
    assert_eq!(db.reserve_number(reserve("P-1", 4)).await.unwrap().number(), proxy(1));
    assert_eq!(db.wiring_before(proxy(1)).await.unwrap().unwrap().voice.url, "https://hotline.example/");
    assert_eq!(db.number(proxy(1)).await.unwrap().unwrap().carrier, Some(facts("PN0001")));
    // What stood there first is what is kept.
    db.note_carrier(proxy(1), facts("PN0001"), Some(Wiring::default())).await.unwrap();
    assert_eq!(db.wiring_before(proxy(1)).await.unwrap().unwrap().voice.url, "https://hotline.example/");
}

pub(crate) async fn a_clients_real_number_is_not_adopted(db: TestStore) {
    clients(&db, 1).await;
    assert_eq!(db.adopt_number(adopt(real(1), false, 0)).await, Err(LedgerError::NumberIsProxy));
    assert_eq!(db.number(real(1)).await.unwrap(), None);
}

pub(crate) async fn numbers_come_by_page_country_type_and_state(db: TestStore) {
    clients(&db, 2).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Mobile)], act(0)).await.unwrap();
    let page = |filter| {
        let store = db.store();
        async move { store.numbers(filter).await.unwrap() }
    };
    let first = page(NumberFilter { limit: 2, ..NumberFilter::default() }).await;
    assert_eq!(first.items.iter().map(|number| number.phone).collect::<Vec<_>>(), [proxy(1), proxy(2)]);
    assert_eq!(first.items[0].client_name.as_ref().unwrap().expose(), "Zoé Client1");
    let after = Some(first.next.unwrap().parse().unwrap());
    let second = page(NumberFilter { limit: 2, after, ..NumberFilter::default() }).await;
    assert_eq!((second.items.len(), second.next), (1, None));
    let found = |filter: NumberFilter| page(NumberFilter { limit: 9, ..filter });
    assert_eq!(found(NumberFilter { status: Some(NumberStatus::Assigned), ..Default::default() }).await.items.len(), 2);
    assert_eq!(
        found(NumberFilter { number_type: Some(NumberType::Mobile), ..Default::default() }).await.items.len(),
        1
    );
    assert_eq!(found(NumberFilter { country: Some("BE".parse().unwrap()), ..Default::default() }).await.items.len(), 0);
}

pub(crate) async fn the_stock_counts_states_and_the_recent_pace(db: TestStore) {
    clients(&db, 4).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Mobile)], act(0)).await.unwrap();
    db.close_client(close(1, 1)).await.unwrap();
    db.close_client(close(2, 20)).await.unwrap();
    let stock = db.stock(at(32 * DAY)).await.unwrap();
    assert_eq!(stock.len(), 2);
    let local = stock.iter().find(|of| of.number_type == NumberType::Local).unwrap();
    // Number 1 has rested since day 31, number 2 rests until day 50.
    assert_eq!(local.count(NumberStatus::Available), 1);
    assert_eq!(local.count(NumberStatus::Quarantined), 1);
    assert_eq!((local.count(NumberStatus::Assigned), local.assigned_lately), (2, 0));
    let soon = db.stock(at(DAY)).await.unwrap();
    assert_eq!(soon.iter().find(|of| of.number_type == NumberType::Local).unwrap().assigned_lately, 4);
}

pub(crate) async fn an_alert_stands_once_until_it_is_over(db: TestStore) {
    let alert = |seconds| Alert {
        id: proxycall_domain::AlertId::new(at(seconds), &chance()),
        kind: "low_stock".to_owned(),
        subject: "FR mobile".to_owned(),
        detail: ("il en reste 2", "2 are left").into(),
        raised_at: at(seconds),
    };
    db.raise_alert(alert(1)).await.unwrap();
    db.raise_alert(alert(2)).await.unwrap();
    assert_eq!(db.alerts().await.unwrap().iter().map(|alert| alert.raised_at).collect::<Vec<_>>(), [at(1)]);
    db.clear_alert("low_stock", "FR local".to_owned(), at(3)).await.unwrap();
    db.clear_alert("low_stock", "FR mobile".to_owned(), at(3)).await.unwrap();
    assert_eq!(db.alerts().await.unwrap(), []);
    db.raise_alert(alert(4)).await.unwrap();
    let details: Vec<_> = db.alerts().await.unwrap().into_iter().map(|alert| alert.detail).collect();
    assert_eq!(details, [alert(4).detail]);
}

pub(crate) async fn work_that_is_there_once_runs_again_when_it_is_wanted_meanwhile(db: TestStore) {
    clients_without(&db, 2).await;
    forget_jobs(&db).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Local)], act(0)).await.unwrap();
    db.assign_number(assign(1, NumberType::Local, 0)).await.unwrap();
    let held = claim(&db, at(0)).await;
    // While the first run is under way, the number changes hands.
    db.move_number(change(proxy(7), MoveTo::Quarantine { until: at(1) }, true, 1)).await.unwrap();
    db.assign_number(assign(2, NumberType::Local, 2)).await.unwrap();
    assert!(!db.finish_job(&held, None).await.unwrap(), "the first run ended what it had not seen");
    assert_eq!(claim(&db, at(2)).await.work, Work::WireNumber { number: proxy(7) });
    // What comes again and again is not brought forward by asking for it.
    db.ensure_job(job(), Work::TendPool, at(90)).await.unwrap();
    db.ensure_job(job(), Work::TendPool, at(80)).await.unwrap();
    assert_eq!(db.database().count("job WHERE kind = 'tend_pool'").await, 1);
    assert_eq!(db.claim_jobs(9, at(89), at(200)).await.unwrap().len(), 1, "only the held job's lease has ended");
}

pub(crate) async fn many_at_once_reserve_each_number_once(db: TestStore) {
    stock(&db, 100).await;
    let results = at_once(64, |task| {
        let store = db.store();
        async move {
            let mut held = Vec::new();
            for n in 0..4 {
                held.extend(store.reserve_number(reserve(&format!("{task}-{n}"), 0)).await.ok());
            }
            held
        }
    })
    .await;
    let numbers: Vec<_> = results.iter().flatten().map(|reservation| reservation.number()).collect();
    assert_eq!(numbers.len(), 100, "a number was lost");
    assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), 100, "a number was reserved twice");
    assert_eq!(db.database().count("proxy_number WHERE status = 'reserved'").await, 100);
}

/// What can be done to a number, as a random sequence does it.
pub(crate) async fn no_sequence_of_acts_gives_a_number_two_owners(db: TestStore) {
    const CLIENTS: u64 = 4;
    const NUMBERS: u64 = 3;
    clients_without(&db, 4).await;
    let numbers: Vec<_> = (21..24).map(|n| number(proxy(n), NumberType::Local)).collect();
    db.add_numbers(numbers, act(0)).await.unwrap();
    // A fixed sequence that looks like chance: the same on every run, on both databases.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut pick = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut owned: HashMap<PhoneNumber, (proxycall_domain::ClientId, Option<i64>)> = HashMap::new();
    for step in 1..=400_i64 {
        let (client, phone) =
            (u32::try_from(pick(CLIENTS)).unwrap() + 1, proxy(21 + u32::try_from(pick(NUMBERS)).unwrap()));
        let (owner, force) = (format!("P-{}", pick(5)), pick(2) == 0);
        let now = step * 60;
        match pick(13) {
            0 | 1 => drop(db.reserve_number(reserve(&owner, now)).await),
            2 | 3 => drop(db.assign_reserved(assign_reserved(&owner, client, now)).await),
            4 => drop(db.cancel_reservation(token(&owner), act(now)).await),
            5 => drop(db.assign_number(assign(client, NumberType::Local, now)).await),
            6 => drop(db.move_number(change(phone, MoveTo::Quarantine { until: at(now + 90) }, force, now)).await),
            7 => drop(db.move_number(change(phone, MoveTo::Missing, force, now)).await),
            8 => drop(db.move_number(change(phone, MoveTo::Error, force, now)).await),
            9 => drop(db.move_number(change(phone, MoveTo::Pool, force, now)).await),
            10 => drop(db.release_number(release(phone, force, now)).await),
            11 => drop(db.adopt_number(adopt(phone, force, now)).await),
            _ => {
                let mut closing = close(client, 0);
                (closing.now, closing.quarantine_until) = (at(now), at(now + 90));
                drop(db.close_client(closing).await);
                let mut back = restore(client, 0);
                (back.now, back.closed_since) = (at(now + 1), at(0));
                drop(db.restore_client(back).await);
            }
        }
        let all = db.numbers(NumberFilter { limit: 100, ..NumberFilter::default() }).await.unwrap().items;
        let owners: Vec<_> = all.iter().filter_map(|number| number.client).collect();
        assert_eq!(owners.len(), owners.iter().collect::<HashSet<_>>().len(), "step {step}: a client has two numbers");
        for number in all {
            match (number.client, owned.get_mut(&number.phone)) {
                (Some(client), Some((before, lost))) if *before != client => {
                    let rested = lost.is_some_and(|lost| now >= lost + 90);
                    assert!(rested, "step {step}: a client got what had not rested since another had it");
                    owned.insert(number.phone, (client, None));
                }
                (Some(client), _) => drop(owned.insert(number.phone, (client, None))),
                (None, Some((_, lost @ None))) => *lost = Some(now),
                (None, _) => {}
            }
        }
    }
    crate::console::stock_is_true(&db).await;
    // Between two clients of one number lies a rest, an operator's act, or a way through the carrier.
    for n in 21..24 {
        let mut history = db.number_history(proxy(n)).await.unwrap();
        history.reverse();
        let mut last: Option<(proxycall_domain::ClientId, bool)> = None;
        for past in history {
            match past.status {
                NumberStatus::Assigned => {
                    let client = past.client.unwrap();
                    if let Some((before, free)) = last {
                        assert!(free || before == client, "number {n} passed from one client to another");
                    }
                    last = Some((client, false));
                }
                NumberStatus::Quarantined | NumberStatus::Released | NumberStatus::Available => {
                    last = last.map(|(client, _)| (client, true));
                }
                _ => {}
            }
        }
    }
    assert!(db.database().count("number_past").await > 60, "the sequence did too little to mean anything");
}
