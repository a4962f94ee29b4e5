//! Buying: the intent first, and settled once.

use proxycall_domain::{
    NumberStatus, NumberType, PurchaseId,
    pool::{CarrierFacts, NewNumber},
    purchase::Shopping,
    wiring::Wiring,
};
use proxycall_service::ports::{
    Ledger, LedgerError,
    ledger::{AdoptNumber, BeginPurchase, Candidate, PurchaseEnd, ReleaseNumber, Work},
};

use crate::support::*;

fn purchase() -> PurchaseId {
    PurchaseId::new(at(0), &chance())
}

fn begin(id: PurchaseId, ceiling: u32, seconds: i64) -> BeginPurchase {
    BeginPurchase {
        id,
        job: job(),
        settle_at: at(seconds + 60),
        shopping: Shopping::new("FR".parse().unwrap(), NumberType::Local),
        ceiling,
        act: act(seconds),
    }
}

fn bought(n: u32) -> PurchaseEnd {
    let carrier = Some(CarrierFacts { sid: format!("PN{n}"), voice: true, sms: true });
    PurchaseEnd::Bought(NewNumber { carrier, ..number(proxy(n), NumberType::Local) })
}

async fn ask(db: &TestStore, id: PurchaseId, n: u32, seconds: i64) -> Candidate {
    db.ask_purchase(id, proxy(n), NumberType::Local, at(seconds + 60), at(seconds)).await.unwrap()
}

pub(crate) async fn a_purchase_is_written_down_asked_for_and_joins_the_pool(db: TestStore) {
    let id = purchase();
    db.begin_purchase(begin(id, 20, 0)).await.unwrap();
    assert_eq!(db.open_purchases().await.unwrap()[0].asked, None);
    assert_eq!(ask(&db, id, 1, 5).await, Candidate::Ask);
    assert_eq!(db.open_purchases().await.unwrap()[0].asked, Some((proxy(1), NumberType::Local, at(5))));
    assert_eq!(db.next_job_at().await.unwrap(), Some(at(65)), "the settling waits for the last question");
    assert!(db.end_purchase(id, bought(1), act(6)).await.unwrap());
    let number = db.number(proxy(1)).await.unwrap().unwrap();
    assert_eq!((number.status, number.carrier.unwrap().sid.as_str()), (NumberStatus::Available, "PN1"));
    assert_eq!((db.open_purchases().await.unwrap().len(), db.next_job_at().await.unwrap()), (0, None));
    // Said again, it changes nothing.
    assert!(!db.end_purchase(id, bought(1), act(7)).await.unwrap());
    assert!(!db.end_purchase(id, PurchaseEnd::Failed { code: None }, act(7)).await.unwrap());
    assert_eq!(ask(&db, id, 2, 8).await, Candidate::Over);
}

pub(crate) async fn a_candidate_is_asked_for_by_one_purchase_at_a_time(db: TestStore) {
    let (one, other) = (purchase(), purchase());
    db.begin_purchase(begin(one, 20, 0)).await.unwrap();
    db.begin_purchase(begin(other, 20, 0)).await.unwrap();
    assert_eq!(ask(&db, one, 1, 1).await, Candidate::Ask);
    assert_eq!(ask(&db, other, 1, 1).await, Candidate::Taken);
    assert_eq!(ask(&db, one, 2, 2).await, Candidate::Ask, "the first candidate was refused: the next");
    assert_eq!(ask(&db, other, 1, 3).await, Candidate::Ask);
    db.end_purchase(one, bought(2), act(4)).await.unwrap();
    assert_eq!(ask(&db, other, 2, 5).await, Candidate::Taken, "it is in the pool");
}

pub(crate) async fn the_days_ceiling_holds_for_many_at_once(db: TestStore) {
    let begun = at_once(40, |_| {
        let store = db.store();
        async move { store.begin_purchase(begin(purchase(), 20, 0)).await }
    })
    .await;
    assert_eq!(begun.iter().filter(|result| result.is_ok()).count(), 20);
    let refused = |result: &Result<_, LedgerError>| *result == Err(LedgerError::CeilingReached { ceiling: 20 });
    assert_eq!(begun.iter().filter(|result| refused(result)).count(), 20);
    // The next day begins anew; with a ceiling of 0 no day does.
    assert_eq!(db.begin_purchase(begin(purchase(), 0, DAY)).await, Err(LedgerError::CeilingReached { ceiling: 0 }));
    assert_eq!(db.begin_purchase(begin(purchase(), 1, DAY)).await, Ok(()));
}

pub(crate) async fn what_was_not_bought_does_not_count_until_it_turns_out_to_be(db: TestStore) {
    let (first, second) = (purchase(), purchase());
    db.begin_purchase(begin(first, 1, 0)).await.unwrap();
    assert!(db.begin_purchase(begin(second, 1, 0)).await.is_err());
    ask(&db, first, 1, 1).await;
    assert!(db.end_purchase(first, PurchaseEnd::Failed { code: Some(21_422) }, act(2)).await.unwrap());
    assert_eq!(db.database().texts("SELECT CAST(error_code AS TEXT) FROM purchase").await[0].as_deref(), Some("21422"));
    db.begin_purchase(begin(second, 1, 3)).await.unwrap();
    // The first one's answer comes after all: a number that is paid for is kept, and counts.
    assert!(db.end_purchase(first, bought(1), act(4)).await.unwrap());
    assert_eq!(db.number(proxy(1)).await.unwrap().unwrap().status, NumberStatus::Available);
    assert_eq!(db.database().texts("SELECT CAST(bought AS TEXT) FROM purchase_day").await[0].as_deref(), Some("2"));
}

pub(crate) async fn an_interrupted_purchase_leaves_a_job_that_settles_it(db: TestStore) {
    let id = purchase();
    db.begin_purchase(begin(id, 20, 0)).await.unwrap();
    ask(&db, id, 1, 10).await;
    assert_eq!(db.claim_jobs(9, at(69), at(100)).await.unwrap(), []);
    let job = db.claim_jobs(9, at(70), at(100)).await.unwrap().remove(0);
    assert_eq!(job.work, Work::SettlePurchase { purchase: id });
    // Settling ends the job with the purchase, so its holder finds it ended.
    assert!(db.end_purchase(id, bought(1), act(71)).await.unwrap());
    assert!(!db.finish_job(&job, None).await.unwrap());
}

pub(crate) async fn a_number_bought_again_comes_back_into_the_pool(db: TestStore) {
    stock(&db, 1).await;
    db.database().execute("UPDATE proxy_number SET status = 'released'").await.unwrap();
    let id = purchase();
    db.begin_purchase(begin(id, 20, 0)).await.unwrap();
    assert_eq!(ask(&db, id, 1, 1).await, Candidate::Ask);
    db.end_purchase(id, bought(1), act(2)).await.unwrap();
    assert_eq!(db.number(proxy(1)).await.unwrap().unwrap().status, NumberStatus::Available);
}

pub(crate) async fn a_number_that_is_bought_again_before_it_has_rested_rests_on(db: TestStore) {
    clients(&db, 1).await;
    let release = ReleaseNumber {
        phone: proxy(1),
        force: true,
        rest_until: at(90),
        act: act(0),
        job: job(),
        lease_until: at(60),
    };
    db.release_number(release).await.unwrap();
    let id = purchase();
    db.begin_purchase(begin(id, 20, 0)).await.unwrap();
    // It would be no use to whoever waits.
    assert_eq!(ask(&db, id, 1, 89).await, Candidate::Taken);
    assert_eq!(ask(&db, id, 1, 90).await, Candidate::Ask);
    db.end_purchase(id, bought(1), act(89)).await.unwrap();
    let number = db.number(proxy(1)).await.unwrap().unwrap();
    assert_eq!((number.status, number.held_until), (NumberStatus::Quarantined, Some(at(90))));
}

pub(crate) async fn a_bought_number_that_is_a_clients_own_is_kept_and_set_aside(db: TestStore) {
    clients(&db, 1).await;
    let id = purchase();
    db.begin_purchase(begin(id, 20, 0)).await.unwrap();
    let end = PurchaseEnd::Bought(number(real(1), NumberType::Mobile));
    assert!(db.end_purchase(id, end, act(1)).await.unwrap());
    assert_eq!(db.number(real(1)).await.unwrap().unwrap().status, NumberStatus::Error);
    // Nor does an operator's word bring it into the pool, not even on its way by being set aside.
    for used_elsewhere in [false, true] {
        let number = number(real(1), NumberType::Mobile);
        let adopt = AdoptNumber { number, before: Wiring::default(), used_elsewhere, act: act(2) };
        assert_eq!(db.adopt_number(adopt).await, Err(LedgerError::NumberIsProxy));
    }
}
