//! Calls.

use std::sync::Arc;

use proxycall_domain::{Outcome, routing::CallAnswer};
use proxycall_service::ports::{
    Ledger,
    ledger::{CallEnded, RecordedCall},
};

use crate::support::*;

pub(crate) async fn a_call_is_decided_recorded_and_its_caller_remembered(db: TestStore) {
    clients(&db, 1).await;
    let recorded = db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    assert_eq!((recorded.outcome, recorded.repeated), (Outcome::Connecting, false));
    assert!(matches!(recorded.answer, CallAnswer::Connect { to, caller_id, .. }
        if to == real(1) && caller_id == proxy(1)));
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().last_caller, Some(courier(1)));

    let back = db.record_inbound_call(call("CA2", real(1), proxy(1), at(20))).await.unwrap();
    assert!(matches!(back.answer, CallAnswer::Connect { to, caller_id, .. }
        if to == courier(1) && caller_id == proxy(1)));
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().last_caller, Some(courier(1)));
    assert_eq!(column(&db, "CA2", "direction").await.as_deref(), Some("from_client"));
}

pub(crate) async fn the_same_call_gets_the_same_answer(db: TestStore) {
    clients(&db, 1).await;
    let first = db.record_inbound_call(call("CA1", real(1), proxy(1), at(10))).await.unwrap();
    assert_eq!(first.outcome, Outcome::RefusedNoRecentCaller);
    // By now there is somebody to call back, but the answer was given.
    db.record_inbound_call(call("CA2", courier(1), proxy(1), at(11))).await.unwrap();
    let again = db.record_inbound_call(call("CA1", real(1), proxy(1), at(12))).await.unwrap();
    assert_eq!(again, RecordedCall { repeated: true, ..first });
}

pub(crate) async fn the_same_call_50_times_at_once_is_one_row_and_50_equal_answers(db: TestStore) {
    clients(&db, 1).await;
    let answers = at_once(50, |_| {
        let store = db.store();
        async move { store.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap() }
    })
    .await;
    assert!(answers.iter().all(|recorded| recorded.answer == answers[0].answer));
    assert_eq!(answers.iter().filter(|recorded| !recorded.repeated).count(), 1);
    assert_eq!(db.database().count("interaction").await, 1);
}

pub(crate) async fn a_call_to_a_number_nobody_has_is_refused_and_recorded(db: TestStore) {
    let recorded = db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    assert_eq!(recorded.outcome, Outcome::RefusedUnknownNumber);
    assert!(matches!(recorded.answer, CallAnswer::Say { .. }));
    assert_eq!(column(&db, "CA1", "outcome").await.as_deref(), Some("refused_unknown_number"));
    assert!(column(&db, "CA1", "ended_at").await.is_some());
}

fn ended(sid: &str, outcome: Outcome) -> CallEnded {
    CallEnded {
        sid: sid.to_owned(),
        outcome,
        outbound_sid: Some(format!("{sid}-out")),
        duration_s: Some(42),
        error_code: None,
        now: at(60),
    }
}

pub(crate) async fn a_call_ends_once_and_later_reports_change_nothing(db: TestStore) {
    clients(&db, 1).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    assert_eq!(column(&db, "CA1", "ended_at").await, None);
    // The <Dial> action and the status callback may come at the same time.
    let results = at_once(10, |n| {
        let store = Arc::clone(&db);
        let outcome = if n % 2 == 0 { Outcome::Completed } else { Outcome::Busy };
        async move { store.record_call_ended(ended("CA1", outcome)).await.unwrap() }
    })
    .await;
    assert!(results.iter().all(|country| *country == Some("FR".parse().unwrap())));
    let first = column(&db, "CA1", "outcome").await;
    let later = CallEnded { duration_s: Some(99), now: at(99), ..ended("CA1", Outcome::Failed) };
    db.record_call_ended(later).await.unwrap();
    assert_eq!(column(&db, "CA1", "outcome").await, first);
    // Only people who talk to one another do so for a while.
    let talked = (first.as_deref() == Some("completed")).then_some("42");
    assert_eq!(column(&db, "CA1", "duration_s").await.as_deref(), talked);
    assert_eq!(column(&db, "CA1", "outbound_sid").await.as_deref(), Some("CA1-out"));
    assert_eq!(column(&db, "CA1", "ended_at").await, Some(at(60).as_millisecond().to_string()));
}

pub(crate) async fn the_end_of_an_unknown_call_is_nobodys(db: TestStore) {
    assert_eq!(db.record_call_ended(ended("CA1", Outcome::Completed)).await.unwrap(), None);
}

pub(crate) async fn a_proxy_number_that_calls_is_known_as_one(db: TestStore) {
    clients(&db, 2).await;
    let recorded = db.record_inbound_call(call("CA1", proxy(2), proxy(1), at(10))).await.unwrap();
    assert_eq!(recorded.outcome, Outcome::RefusedLoop);
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().last_caller, None);
}
