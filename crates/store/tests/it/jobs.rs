//! Jobs.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proxycall_domain::{CodeChannel, DispatchId, InteractionId, PurchaseId};
use proxycall_service::ports::{
    Ledger,
    ledger::{AlertLetter, Lane, SendStep, SentText, TextResult, Work},
};

use crate::{confirmations::pending, support::*};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

pub(crate) async fn a_job_is_taken_by_one_alone(db: TestStore) {
    clients(&db, 1).await;
    for n in 0..20 {
        relayed_text(&db, &format!("SM{n}"), at(1)).await;
    }
    let claimed = at_once(10, |_| {
        let store = db.store();
        async move { store.claim_jobs(5, at(1), at(61)).await.unwrap() }
    })
    .await;
    let mut ids: Vec<_> = claimed.into_iter().flatten().map(|job| job.id).collect();
    assert_eq!(ids.len(), 20);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20, "a job was taken twice");
    assert_eq!(db.claim_jobs(5, at(60), at(120)).await.unwrap(), []);
}

pub(crate) async fn a_job_whose_lease_ended_is_taken_again_and_its_former_holder_changes_nothing(db: TestStore) {
    clients(&db, 1).await;
    let (_, late) = text_being_sent(&db, "SM1", at(0)).await;
    let holder = claim(&db, at(60)).await;
    assert_eq!((holder.id, holder.attempt), (late.id, 2));

    let sent = SentText { sid: "SMout".into(), outcome: proxycall_domain::Outcome::Sent, error_code: None };
    assert_eq!(db.start_sending(&late, at(61)).await.unwrap(), SendStep::Settled);
    for result in [
        TextResult::Sent(sent),
        TextResult::TryAgain { at: at(62) },
        TextResult::LookAgain { at: at(62) },
        TextResult::LookedUp(vec![]),
        TextResult::Failed { error_code: None },
    ] {
        assert!(!db.finish_sending(&late, result, at(61)).await.unwrap());
    }
    assert_eq!(column(&db, "SM1", "outcome").await.as_deref(), Some("sending"));
    assert_eq!(column(&db, "SM1", "outbound_sid").await, None);
    assert!(matches!(db.start_sending(&holder, at(61)).await.unwrap(), SendStep::InDoubt { since, .. }
        if since == at(0)));
    assert_eq!(db.next_job_at().await.unwrap(), Some(at(60) + MINUTE));
}

pub(crate) async fn no_more_jobs_are_taken_than_asked_for(db: TestStore) {
    clients(&db, 1).await;
    for n in 0..3 {
        relayed_text(&db, &format!("SM{n}"), at(n)).await;
    }
    assert_eq!(db.claim_jobs(2, at(2), at(62)).await.unwrap().len(), 2);
    assert_eq!(db.claim_jobs(2, at(2), at(62)).await.unwrap().len(), 1);
}

pub(crate) async fn the_next_job_is_due_when_the_earliest_is(db: TestStore) {
    assert_eq!(db.next_job_at().await.unwrap(), None);
    clients(&db, 1).await;
    relayed_text(&db, "SM1", at(7)).await;
    relayed_text(&db, "SM2", at(9)).await;
    assert_eq!(db.next_job_at().await.unwrap(), Some(at(7)));
    assert_eq!(db.claim_jobs(9, at(6), at(60)).await.unwrap(), []);
}

pub(crate) async fn a_job_that_cannot_be_read_does_not_hold_up_the_others(db: TestStore) {
    clients(&db, 1).await;
    relayed_text(&db, "SM1", at(0)).await;
    let of_another_version = match db.database().file() {
        Some(_) => "UPDATE job SET work = x'ff'",
        None => r"UPDATE job SET work = '\xff'",
    };
    assert_eq!(db.database().execute(of_another_version).await.unwrap(), 1);
    let readable = relayed_text(&db, "SM2", at(1)).await;
    let jobs = db.claim_jobs(9, at(1), at(61)).await.unwrap();
    let work: Vec<_> = jobs.into_iter().map(|job| job.work).collect();
    assert_eq!(work, [Work::SendText { interaction: readable }]);
}

fn one_of_each_kind() -> Vec<Work> {
    let (number, confirmation, to) = (proxy(1), pending(1), "somebody".to_owned());
    let of_chance = InteractionId::new(at(0), &chance());
    vec![
        Work::SendText { interaction: of_chance },
        Work::WireNumber { number },
        Work::ReleaseNumber { number },
        Work::SettlePurchase { purchase: PurchaseId::new(at(0), &chance()) },
        Work::Dispatch { dispatch: DispatchId::new(at(0), &chance()) },
        Work::GoOn { confirmation: confirmation.clone(), generation: 1, after: CodeChannel::Sms },
        Work::ExpireConfirmation { confirmation },
        Work::TendPool,
        Work::InspectNumbers,
        Work::EraseClient { client: id(1) },
        Work::DeleteCopies,
        Work::KeepPeriods,
        Work::TellOperators,
        Work::MailAlerts { letter: AlertLetter::default(), to: to.clone() },
        Work::MailReport { week: "2026-W48".parse().unwrap(), to: to.clone() },
        Work::Renew { to },
    ]
}

pub(crate) async fn each_lane_takes_its_own_kinds_of_work_and_leaves_the_others(db: TestStore) {
    let all = one_of_each_kind();
    let kinds: BTreeSet<_> = all.iter().map(Work::kind).collect();
    assert_eq!(kinds, Work::KINDS.iter().copied().collect(), "a kind is missing in this test");
    for work in &all {
        db.ensure_job(job(), work.clone(), at(0)).await.unwrap();
    }
    for lane in Lane::ALL {
        let of_lane = all.iter().filter(|work| work.lane() == lane).map(Work::kind);
        // However much the other lane has waiting, it takes up none of the places.
        let count = u32::try_from(of_lane.clone().count()).unwrap();
        let taken = db.claim_jobs_of(lane, count, at(0), at(30)).await.unwrap();
        let taken: BTreeSet<_> = taken.iter().map(|job| job.work.kind()).collect();
        assert_eq!(taken, of_lane.collect(), "{lane:?}");
    }
    assert_eq!(db.claim_jobs(99, at(29), at(60)).await.unwrap(), []);
    assert_eq!(db.claim_jobs(99, at(30), at(60)).await.unwrap().len(), all.len(), "whoever asks for both gets both");
}

pub(crate) async fn work_that_is_asked_for_anew_begins_with_its_first_attempt(db: TestStore) {
    stock(&db, 1).await;
    let wire = Work::WireNumber { number: proxy(1) };
    db.ensure_job(job(), wire.clone(), at(0)).await.unwrap();
    for attempt in 1..=3 {
        let held = claim(&db, at(attempt)).await;
        assert_eq!((&held.work, i64::from(held.attempt)), (&wire, attempt));
        assert!(db.finish_job(&held, Some(at(attempt + 1))).await.unwrap());
    }
    db.create_client(create(new_client(1))).await.unwrap();
    assert_eq!(claim(&db, at(9)).await.attempt, 1);
}
