//! How things stand.

use proxycall_domain::{
    AlertId, NumberStatus, NumberType,
    pool::life::{ReservationToken, Wish},
    sheet::Tab,
};
use proxycall_service::{
    ports::{
        Ledger,
        ledger::{Alert, ReserveNumber, SheetBook as _, SheetNews, Standing, WaitingJobs, Work},
    },
    trace,
};

use crate::support::*;

pub(crate) async fn of_an_empty_store_nothing_is_told(db: TestStore) {
    assert_eq!(db.standing(at(0)).await.unwrap(), Standing::default());
}

pub(crate) async fn jobs_are_counted_by_kind_with_their_age_and_when_they_are_due(db: TestStore) {
    clients(&db, 1).await;
    relayed_text(&db, "SM1", at(3)).await;
    relayed_text(&db, "SM2", at(5)).await;
    db.ensure_job(job(), Work::TendPool, at(60)).await.unwrap();
    let jobs = |kind: &str, count, oldest, due| WaitingJobs { kind: kind.to_owned(), count, oldest, due };
    let texts = jobs("send_text", 2, at(3), at(3));
    let tend = jobs("tend_pool", 1, at(60), at(60));
    assert_eq!(db.standing(at(9)).await.unwrap().jobs, [texts, tend.clone()]);

    // Whoever has it does not make it younger; until its lease ends it is not overdue.
    assert_eq!(db.claim_jobs(1, at(9), at(39)).await.unwrap().len(), 1);
    assert_eq!(db.standing(at(9)).await.unwrap().jobs, [jobs("send_text", 2, at(3), at(5)), tend]);
}

pub(crate) async fn the_pool_is_counted_as_the_stock_is(db: TestStore) {
    clients(&db, 2).await;
    let more = (11..=13).map(|n| number(proxy(n), NumberType::Mobile)).collect();
    db.add_numbers(more, act(0)).await.unwrap();
    let wish = Wish::any("FR".parse().unwrap(), NumberType::Mobile);
    let token = ReservationToken::parse("token", "R-1").unwrap();
    db.reserve_number(ReserveNumber { wish, token, until: at(10), act: act(0) }).await.unwrap();
    for now in [at(1), at(20)] {
        let [standing, stock] = [db.standing(now).await.unwrap().pool, db.stock(now).await.unwrap()];
        assert_eq!(
            standing.iter().map(|it| (it.country, it.number_type, it.counts)).collect::<Vec<_>>(),
            stock.iter().map(|it| (it.country, it.number_type, it.counts)).collect::<Vec<_>>()
        );
        assert_eq!(standing.iter().map(|it| it.count(NumberStatus::Assigned)).sum::<u64>(), 2);
    }
}

pub(crate) async fn alerts_and_waiting_rows_are_counted_and_the_oldest_is_told(db: TestStore) {
    let alert = |subject: &str| Alert {
        id: AlertId::new(at(0), &chance()),
        kind: "low_stock".to_owned(),
        subject: subject.to_owned(),
        detail: "a test".into(),
        raised_at: at(0),
    };
    db.raise_alert(alert("FR mobile")).await.unwrap();
    db.raise_alert(alert("FR local")).await.unwrap();
    db.clear_alert("low_stock", "FR local".to_owned(), at(1)).await.unwrap();
    db.mark_changes(true).await.unwrap();
    clients(&db, 2).await;
    let unseen = db.standing(at(5)).await.unwrap();
    assert_eq!(unseen.alerts, [("low_stock".to_owned(), 1)]);
    assert_eq!(unseen.sheet_waiting, [(Tab::Clients, 2), (Tab::Pool, 2)]);
    assert_eq!((unseen.sheet_oldest, unseen.sheet_read_at), (None, None));

    db.sheet_marks(9, at(6)).await.unwrap();
    db.note_sheet(SheetNews::Well { wrote: false }, at(7)).await.unwrap();
    let seen = db.standing(at(9)).await.unwrap();
    assert_eq!((seen.sheet_oldest, seen.sheet_read_at), (Some(at(6)), Some(at(7))));
}

pub(crate) async fn a_job_carries_the_request_that_caused_it_and_so_does_what_follows(db: TestStore) {
    clients(&db, 1).await;
    let request = trace::RequestId::new(7, 1);
    trace::on_behalf_of(Some(request), relayed_text(&db, "SM1", at(0))).await;
    relayed_text(&db, "SM2", at(1)).await;
    let jobs = db.claim_jobs(9, at(1), at(61)).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.request).collect::<Vec<_>>(), [Some(request), None]);
    assert!(db.finish_job(&jobs[0], Some(at(2))).await.unwrap());
    assert_eq!(db.claim_jobs(9, at(2), at(62)).await.unwrap()[0].request, Some(request), "also when it is put off");
}

/// Two versions of the program work on one store while the new one is rolled out.
pub(crate) async fn the_version_before_reads_a_job_with_a_request_and_we_read_one_without(db: TestStore) {
    let work = Work::WireNumber { number: proxy(1) };
    let mut with = serde_json::to_value(&work).unwrap();
    with["wire_number"]["request"] = "00000007000001".into();
    assert_eq!(serde_json::from_value::<Work>(with).unwrap(), work);
    let (one, other) = (job(), job());
    db.ensure_job(one, work.clone(), at(0)).await.unwrap();
    db.ensure_job(other, Work::TendPool, at(0)).await.unwrap();
    let jobs = db.claim_jobs(9, at(0), at(60)).await.unwrap();
    let read: Vec<_> = jobs.iter().map(|job| (&job.work, job.request)).collect();
    assert_eq!(read, [(&work, None), (&Work::TendPool, None)]);
}
