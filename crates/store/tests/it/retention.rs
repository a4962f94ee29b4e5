//! What is kept for a time only: emptied when its time is over, not before, and never what is kept for ever.

use jiff::Timestamp;
use proxycall_domain::{ClientId, PhoneNumber, Policy, retention::Retention};
use proxycall_service::ports::{
    Ledger,
    ledger::{Alert, InteractionFilter, PrivacyBook, RequestKey, RetentionPart, StoredAnswer},
};

use crate::{clients::close, confirmations, support::*};

/// Everything for ever but for what is named.
fn periods(set: &[(&str, &str)]) -> Retention {
    let mut policy = Policy::shipped().unwrap();
    for kind in ["interactions", "confirmations", "closed_clients", "alerts", "carrier"] {
        policy.set(&format!("retention.{kind}_days"), "0").unwrap();
    }
    for (kind, value) in set {
        policy.set(&format!("retention.{kind}_days"), value).unwrap();
    }
    policy.retention
}

/// Keeps the periods until nothing is left to do.
async fn keep(db: &TestStore, periods: Retention, now: Timestamp) -> (u64, Vec<ClientId>) {
    let mut records = 0;
    for _ in 0..100 {
        let RetentionPart { clients, records: some, more } = db.keep_periods(periods, now).await.unwrap();
        records += some;
        if !more {
            return (records, clients);
        }
    }
    panic!("it does not end");
}

async fn due(db: &TestStore, periods: Retention, kind: &str, now: Timestamp) -> u64 {
    let all = db.overdue(periods, now).await.unwrap();
    all.iter().find(|overdue| overdue.kind == kind).unwrap().records
}

async fn parties(db: &TestStore) -> Vec<Option<PhoneNumber>> {
    let filter = InteractionFilter { limit: 500, ..InteractionFilter::default() };
    db.interactions(filter).await.unwrap().items.into_iter().map(|it| it.party).collect()
}

pub(crate) async fn interactions_past_their_period_become_figures(db: TestStore) {
    clients(&db, 1).await;
    for (sid, day) in [("CA1", 1), ("CA2", 5), ("CA3", 20)] {
        db.record_inbound_call(call(sid, courier(1), proxy(1), at(day * DAY))).await.unwrap();
    }
    let ten = periods(&[("interactions", "10")]);
    assert_eq!(due(&db, ten, "interactions", at(14 * DAY)).await, 1);
    assert_eq!(keep(&db, ten, at(14 * DAY)).await.0, 1);
    assert_eq!(parties(&db).await, [Some(courier(1)), Some(courier(1)), None]);
    assert_eq!(due(&db, ten, "interactions", at(14 * DAY)).await, 0);
    assert_eq!(keep(&db, ten, at(14 * DAY)).await.0, 0, "what is emptied is not emptied again");
    keep(&db, ten, at(16 * DAY)).await;
    assert_eq!(parties(&db).await, [Some(courier(1)), None, None]);
    assert_eq!(column(&db, "CA1", "outcome").await.as_deref(), Some("connecting"), "the figures stay");
}

pub(crate) async fn a_long_past_is_emptied_part_by_part(db: TestStore) {
    clients(&db, 1).await;
    for n in 0..1_100 {
        db.record_inbound_call(call(&format!("CA{n}"), courier(1), proxy(1), at(n))).await.unwrap();
    }
    let one = periods(&[("interactions", "1")]);
    let part = db.keep_periods(one, at(3 * DAY)).await.unwrap();
    assert!(part.more && part.records < 1_000, "one part is bounded: {part:?}");
    assert_eq!(part.records + keep(&db, one, at(3 * DAY)).await.0, 1_100);
    assert_eq!(db.database().count("interaction WHERE party IS NOT NULL").await, 0);
}

pub(crate) async fn a_confirmation_is_emptied_when_it_has_been_over_for_its_period(db: TestStore) {
    stock(&db, 2).await;
    for n in [1, 2] {
        db.create_confirmation(confirmations::create(n, real(u32::try_from(n).unwrap()), n, at(0))).await.unwrap();
    }
    db.expire_confirmations(at(10), at(2 * DAY)).await.unwrap();
    let ten = periods(&[("confirmations", "10")]);
    assert_eq!(keep(&db, ten, at(11 * DAY)).await.0, 0);
    assert_eq!(due(&db, ten, "confirmations", at(13 * DAY)).await, 2);
    assert_eq!(keep(&db, ten, at(13 * DAY)).await.0, 2);
    let it = db.confirmation(confirmations::pending(1)).await.unwrap().unwrap();
    assert_eq!((it.phone, it.name.expose()), (PhoneNumber::ERASED, ""));
}

pub(crate) async fn an_open_confirmation_is_never_emptied(db: TestStore) {
    stock(&db, 1).await;
    db.create_confirmation(confirmations::create(1, real(1), 1, at(0))).await.unwrap();
    keep(&db, periods(&[("confirmations", "1")]), at(400 * DAY)).await;
    assert_eq!(db.confirmation(confirmations::pending(1)).await.unwrap().unwrap().phone, real(1));
}

pub(crate) async fn clients_closed_for_their_period_are_named_and_open_ones_never(db: TestStore) {
    clients(&db, 3).await;
    db.close_client(close(1, 1)).await.unwrap();
    db.close_client(close(2, 50)).await.unwrap();
    let forty = periods(&[("closed_clients", "40")]);
    assert_eq!(due(&db, forty, "closed_clients", at(60 * DAY)).await, 1);
    assert_eq!(keep(&db, forty, at(60 * DAY)).await.1, [id(1)]);
}

pub(crate) async fn nothing_is_emptied_where_the_period_is_for_ever(db: TestStore) {
    clients(&db, 2).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(1))).await.unwrap();
    db.close_client(close(2, 1)).await.unwrap();
    let (records, clients) = keep(&db, periods(&[]), at(30_000 * DAY)).await;
    assert_eq!((records, clients), (0, Vec::new()));
    assert_eq!(parties(&db).await, [Some(courier(1))]);
}

pub(crate) async fn what_is_long_over_is_noted_once_for_the_carrier_to_delete(db: TestStore) {
    clients(&db, 1).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(1))).await.unwrap();
    db.record_inbound_call(call("CA2", courier(1), proxy(1), at(20 * DAY))).await.unwrap();
    let ten = periods(&[("carrier", "10")]);
    assert_eq!(keep(&db, ten, at(15 * DAY)).await.0, 1);
    let due = db.copies_due(10, at(15 * DAY)).await.unwrap();
    assert_eq!(due.iter().map(|copy| (copy.sid.as_str(), copy.client)).collect::<Vec<_>>(), [("CA1", None)]);
    assert_eq!(keep(&db, ten, at(15 * DAY)).await.0, 0);
    assert_eq!(parties(&db).await, [Some(courier(1)), Some(courier(1))], "here it is kept");
}

pub(crate) async fn alerts_that_are_over_and_what_lives_for_a_day_are_forgotten(db: TestStore) {
    for (subject, cleared) in [("FR local", true), ("FR mobile", false)] {
        let id = proxycall_domain::AlertId::new(at(0), &chance());
        let (kind, detail) = ("low_stock".to_owned(), "few".into());
        db.raise_alert(Alert { id, kind, subject: subject.to_owned(), detail, raised_at: at(0) }).await.unwrap();
        if cleared {
            db.clear_alert("low_stock", subject.to_owned(), at(1)).await.unwrap();
        }
    }
    let request = RequestKey { route: "POST /x".to_owned(), key: "k".to_owned(), content: [1; 32] };
    db.begin_request(request.clone(), at(1)).await.unwrap();
    let answer = Some(StoredAnswer { status: 200, body: real(1).expose() });
    db.finish_request(request, answer, at(1)).await.unwrap();
    let ten = periods(&[("alerts", "10")]);
    keep(&db, ten, at(DAY / 2)).await;
    assert_eq!(db.database().count("request").await, 1);
    keep(&db, ten, at(11 * DAY)).await;
    assert_eq!(db.database().count("request").await, 0);
    assert_eq!(db.database().count("alert").await, 1, "what stands stays");
}
