//! Requests with an idempotency key.

use proxycall_service::ports::{
    Ledger,
    ledger::{Begun, REQUEST_PATIENCE, RequestKey, StoredAnswer},
};

use crate::support::*;

fn key(key: &str, content: u8) -> RequestKey {
    RequestKey { route: "POST /orders".to_owned(), key: key.to_owned(), content: [content; 32] }
}

fn answer(status: u16) -> StoredAnswer {
    StoredAnswer { status, body: format!("{{\"status\":{status}}}") }
}

pub(crate) async fn the_first_request_is_carried_out_and_repetitions_hear_its_answer(db: TestStore) {
    assert_eq!(db.begin_request(key("k", 1), at(0)).await.unwrap(), Begun::Fresh);
    assert_eq!(db.begin_request(key("k", 1), at(1)).await.unwrap(), Begun::InProgress);
    assert_eq!(db.begin_request(key("k", 2), at(1)).await.unwrap(), Begun::OtherContent);
    db.finish_request(key("k", 1), Some(answer(201)), at(2)).await.unwrap();
    assert_eq!(db.begin_request(key("k", 1), at(DAY)).await.unwrap(), Begun::Answered(answer(201)));
    assert_eq!(db.begin_request(key("k", 2), at(3)).await.unwrap(), Begun::OtherContent);
    // The same key on another route is another key.
    let elsewhere = RequestKey { route: "POST /clients".to_owned(), ..key("k", 1) };
    assert_eq!(db.begin_request(elsewhere, at(3)).await.unwrap(), Begun::Fresh);
}

pub(crate) async fn one_of_50_requests_at_once_is_fresh(db: TestStore) {
    // Whether new or left behind, only one gets it.
    for seconds in [0, REQUEST_PATIENCE.as_secs()] {
        let begun = at_once(50, |_| {
            let store = db.store();
            async move { store.begin_request(key("k", 1), at(seconds)).await.unwrap() }
        })
        .await;
        assert_eq!(begun.iter().filter(|begun| **begun == Begun::Fresh).count(), 1);
        assert_eq!(begun.iter().filter(|begun| **begun == Begun::InProgress).count(), 49);
    }
}

pub(crate) async fn a_request_that_never_ended_is_taken_over_once_nobody_waits_any_more(db: TestStore) {
    let over = REQUEST_PATIENCE.as_secs();
    db.begin_request(key("k", 1), at(0)).await.unwrap();
    assert_eq!(db.begin_request(key("k", 1), at(over - 1)).await.unwrap(), Begun::InProgress);
    assert_eq!(db.begin_request(key("k", 2), at(over)).await.unwrap(), Begun::OtherContent);
    assert_eq!(db.begin_request(key("k", 1), at(over)).await.unwrap(), Begun::Fresh);
    assert_eq!(db.begin_request(key("k", 1), at(over + 1)).await.unwrap(), Begun::InProgress);
}

pub(crate) async fn a_request_that_is_held_is_not_taken_over_however_long_it_takes(db: TestStore) {
    let over = REQUEST_PATIENCE.as_secs();
    db.begin_request(key("k", 1), at(0)).await.unwrap();
    for round in 1..=3 {
        db.hold_request(key("k", 1), at(round * (over - 1))).await.unwrap();
        assert_eq!(db.begin_request(key("k", 1), at(round * (over - 1) + 1)).await.unwrap(), Begun::InProgress);
    }
    // Not by who means something else, nor back in time, nor once it is answered.
    db.hold_request(key("k", 2), at(9 * over)).await.unwrap();
    db.hold_request(key("k", 1), at(0)).await.unwrap();
    assert_eq!(db.begin_request(key("k", 1), at(4 * (over - 1) + 1)).await.unwrap(), Begun::Fresh);
    db.finish_request(key("k", 1), Some(answer(201)), at(4 * over)).await.unwrap();
    db.hold_request(key("k", 1), at(5 * over)).await.unwrap();
    assert_eq!(db.begin_request(key("k", 1), at(5 * over)).await.unwrap(), Begun::Answered(answer(201)));
}

pub(crate) async fn an_answer_is_forgotten_after_a_day(db: TestStore) {
    db.begin_request(key("k", 1), at(0)).await.unwrap();
    db.finish_request(key("k", 1), Some(answer(201)), at(0)).await.unwrap();
    assert_eq!(db.begin_request(key("k", 2), at(DAY + 1)).await.unwrap(), Begun::Fresh);
    assert_eq!(db.begin_request(key("k", 2), at(DAY + 2)).await.unwrap(), Begun::InProgress);
}

pub(crate) async fn answers_older_than_a_day_are_swept_by_the_next_request(db: TestStore) {
    db.begin_request(key("old", 1), at(0)).await.unwrap();
    db.finish_request(key("old", 1), Some(answer(201)), at(0)).await.unwrap();
    db.begin_request(key("young", 1), at(DAY)).await.unwrap();
    assert_eq!(db.database().count("request").await, 2);
    db.begin_request(key("new", 1), at(DAY + 1)).await.unwrap();
    assert_eq!(db.database().count("request").await, 2);
}

pub(crate) async fn a_request_that_failed_frees_its_key(db: TestStore) {
    db.begin_request(key("k", 1), at(0)).await.unwrap();
    db.finish_request(key("k", 1), None, at(1)).await.unwrap();
    assert_eq!(db.begin_request(key("k", 2), at(1)).await.unwrap(), Begun::Fresh);
}

pub(crate) async fn the_first_answer_stays(db: TestStore) {
    db.begin_request(key("k", 1), at(0)).await.unwrap();
    // Taken over for crashed, but the first one was only slow.
    let over = REQUEST_PATIENCE.as_secs();
    assert_eq!(db.begin_request(key("k", 1), at(over)).await.unwrap(), Begun::Fresh);
    db.finish_request(key("k", 1), Some(answer(201)), at(over + 1)).await.unwrap();
    db.finish_request(key("k", 1), Some(answer(409)), at(over + 2)).await.unwrap();
    db.finish_request(key("k", 1), None, at(over + 3)).await.unwrap();
    assert_eq!(db.begin_request(key("k", 1), at(over + 4)).await.unwrap(), Begun::Answered(answer(201)));
}
