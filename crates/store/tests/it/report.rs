//! What operators are told: alerts by letter, and the figures of a week.

use jiff::Timestamp;
use proxycall_domain::{
    AlertId, ClientId, MailAddress, Outcome,
    order::{NewOrder, OrderId},
    report::{Compared, Duplicate, Shared, Traffic},
};
use proxycall_service::ports::{
    Ledger as _,
    ledger::{
        Alert, AlertLetter, CallEnded, ClientPart, CloseClient, Failures, MoveNumber, MoveTo, OperatorBook as _,
        PlaceOrder, SendReport, SheetBook as _, SheetChanges, TellAlerts, TrafficSpan, Work,
    },
};

use crate::support::*;

fn alert(subject: &str, seconds: i64) -> Alert {
    Alert {
        id: AlertId::new(at(seconds), &chance()),
        kind: "low_stock".to_owned(),
        subject: subject.to_owned(),
        detail: format!("seen at {seconds}").into(),
        raised_at: at(seconds),
    }
}

/// Tells what is due at a moment, alerts that were told 100 s before again, to so many; gives the letters.
async fn tell(db: &TestStore, seconds: i64, receivers: u32) -> Vec<(AlertLetter, String)> {
    let receivers = (0..receivers).map(|n| (job(), format!("r{n}"))).collect();
    let told = TellAlerts { told_before: at(seconds - 100), receivers, now: at(seconds) };
    let count = db.tell_alerts(told).await.unwrap();
    let mut letters = Vec::new();
    for job in db.claim_jobs(100, at(seconds), at(seconds + 1)).await.unwrap() {
        assert!(db.finish_job(&job, None).await.unwrap());
        let Work::MailAlerts { letter, to } = job.work else { panic!("{:?}", job.work) };
        let told = letter.raised.len() + letter.standing.len() + letter.over.len();
        assert_eq!(u32::try_from(told).unwrap(), count);
        letters.push((letter, to));
    }
    letters.sort_by(|one, other| one.1.cmp(&other.1));
    letters
}

pub(crate) async fn an_alert_is_told_once_again_while_it_stands_and_when_it_is_over(db: TestStore) {
    let raised = alert("FR mobile", 0);
    let id = raised.id;
    db.raise_alert(raised).await.unwrap();
    let new = AlertLetter { raised: vec![id], ..AlertLetter::default() };
    assert_eq!(tell(&db, 1, 1).await, [(new, "r0".to_owned())]);
    assert_eq!(tell(&db, 100, 1).await, [], "told less than 100 s ago");
    let again = AlertLetter { standing: vec![id], ..AlertLetter::default() };
    assert_eq!(tell(&db, 101, 1).await, [(again, "r0".to_owned())]);
    db.clear_alert("low_stock", "FR mobile".to_owned(), at(110)).await.unwrap();
    let over = AlertLetter { over: vec![id], ..AlertLetter::default() };
    assert_eq!(tell(&db, 111, 1).await, [(over, "r0".to_owned())]);
    assert_eq!(tell(&db, 999, 1).await, [], "its end is told once");

    let told = db.told_alerts(vec![id, AlertId::new(at(0), &chance())]).await.unwrap();
    assert_eq!((told.len(), told[0].alert.id, told[0].over_at), (1, id, Some(at(110))));
    // What came and went before anybody was told is not told at all.
    db.raise_alert(alert("GB mobile", 1_000)).await.unwrap();
    db.clear_alert("low_stock", "GB mobile".to_owned(), at(1_001)).await.unwrap();
    assert_eq!(tell(&db, 1_002, 1).await, []);
}

pub(crate) async fn many_alerts_are_one_letter_for_each_receiver_and_nothing_is_told_to_nobody(db: TestStore) {
    for n in 0..5 {
        db.raise_alert(alert(&format!("alert {n}"), n)).await.unwrap();
    }
    assert_eq!(tell(&db, 9, 0).await, []);
    let letters = tell(&db, 10, 2).await;
    assert_eq!(letters.iter().map(|(_, to)| to.as_str()).collect::<Vec<_>>(), ["r0", "r1"]);
    assert!(letters.iter().all(|(letter, _)| letter.raised.len() == 5 && *letter == letters[0].0));
    // More than a letter holds come in the next.
    for n in 0..130 {
        db.raise_alert(alert(&format!("more {n}"), 20)).await.unwrap();
    }
    assert_eq!((tell(&db, 21, 1).await[0].0.raised.len(), tell(&db, 22, 1).await[0].0.raised.len()), (100, 30));
}

pub(crate) async fn one_of_20_instances_tells_an_alert(db: TestStore) {
    db.raise_alert(alert("FR mobile", 0)).await.unwrap();
    let store = db.store();
    let told = at_once(20, |n| {
        let store = store.clone();
        let receivers = vec![(job(), "r0".to_owned())];
        let tell = TellAlerts { told_before: at(-100), receivers, now: at(i64::from(n)) };
        async move { store.tell_alerts(tell).await.unwrap() }
    })
    .await;
    assert_eq!(told.iter().sum::<u32>(), 1, "{told:?}");
    assert_eq!(db.claim_jobs(99, at(99), at(100)).await.unwrap().len(), 1);
}

pub(crate) async fn an_alert_that_is_seen_again_stands_in_newer_words_until_nobody_sees_it(db: TestStore) {
    db.raise_alert(alert("FR mobile", 0)).await.unwrap();
    db.raise_alert(alert("FR mobile", 50)).await.unwrap();
    let standing = db.alerts().await.unwrap();
    assert_eq!(
        (standing.len(), standing[0].raised_at, standing[0].detail.to_string()),
        (1, at(0), "seen at 50".to_owned())
    );
    for (unseen_since, left) in [(at(50), 1), (at(51), 0)] {
        db.clear_unseen_alert("low_stock", "FR mobile".to_owned(), unseen_since, at(60)).await.unwrap();
        assert_eq!(db.alerts().await.unwrap().len(), left);
    }
}

fn report(n: u32) -> SendReport {
    let receivers = vec![(job(), "r0".to_owned()), (job(), "r1".to_owned())];
    SendReport { week: "2026-W47".parse().unwrap(), receivers, now: at(i64::from(n)) }
}

pub(crate) async fn a_weeks_report_is_sent_once_for_all_times(db: TestStore) {
    let week = report(0).week;
    assert!(!db.report_sent(week).await.unwrap());
    assert!(db.send_report(report(0)).await.unwrap());
    assert!(db.report_sent(week).await.unwrap() && !db.report_sent(week.before()).await.unwrap());
    assert!(!db.send_report(report(1)).await.unwrap());
    let jobs = db.claim_jobs(9, at(9), at(10)).await.unwrap();
    assert_eq!(jobs.len(), 2, "one for each receiver");
}

pub(crate) async fn one_of_20_instances_sends_a_weeks_report(db: TestStore) {
    let store = db.store();
    let sent = at_once(20, |n| {
        let store = store.clone();
        async move { store.send_report(report(n)).await.unwrap() }
    })
    .await;
    assert_eq!(sent.iter().filter(|sent| **sent).count(), 1);
    assert_eq!(db.claim_jobs(99, at(99), at(100)).await.unwrap().len(), 2);
}

const WEEK: i64 = 7 * DAY;

fn span(from: i64, to: i64) -> TrafficSpan {
    TrafficSpan { from: at(from), to: at(to) }
}

async fn counted(db: &TestStore) -> ClientPart {
    db.count_clients(None, span(-WEEK, 0), span(0, WEEK)).await.unwrap()
}

pub(crate) async fn clients_are_counted_by_number_shop_and_last_caller(db: TestStore) {
    clients(&db, 5).await;
    let in_shop = vec![(id(1), Some(true)), (id(2), Some(false)), (id(4), Some(true))];
    db.keep_sheet(SheetChanges { in_shop, ..SheetChanges::default() }, at(1)).await.unwrap();
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(2))).await.unwrap();
    // Client 4 has no number any more, client 5 is closed.
    let rest = MoveNumber { phone: proxy(4), to: MoveTo::Quarantine { until: at(WEEK) }, force: true, act: act(3) };
    db.move_number(rest).await.unwrap();
    let close = CloseClient { id: id(5), quarantine_until: at(WEEK), actor: act(0).actor, now: at(4) };
    db.close_client(close).await.unwrap();
    let figures = counted(&db).await.figures;
    assert_eq!((figures.total, figures.with_number, figures.without_number()), (4, 3, 1));
    assert_eq!((figures.in_shop, figures.not_in_shop, figures.shop_unknown(), figures.active), (1, 1, 1, 1));
    let beyond = db.count_clients(ClientId::new(5), span(0, 1), span(1, 2)).await.unwrap();
    assert_eq!(beyond, ClientPart::default(), "the part after the last is empty");
}

pub(crate) async fn numbers_given_are_counted_in_their_week_also_when_given_back(db: TestStore) {
    clients(&db, 3).await;
    let weeks = (span(-WEEK, 0), span(0, WEEK));
    assert_eq!(counted(&db).await.assigned, Compared { before: 0, week: 3 });
    let rest = MoveNumber { phone: proxy(3), to: MoveTo::Quarantine { until: at(WEEK) }, force: true, act: act(3) };
    db.move_number(rest).await.unwrap();
    // One that is missing is still its client's, and counted with the client alone.
    let gone = MoveNumber { phone: proxy(2), to: MoveTo::Missing, force: true, act: act(4) };
    db.move_number(gone).await.unwrap();
    assert_eq!(counted(&db).await.assigned, Compared { before: 0, week: 2 });
    let given_back = db.count_weeks(weeks.0, weeks.1).await.unwrap().assigned_before;
    assert_eq!(given_back, Compared { before: 0, week: 1 });
    let later = db.count_weeks(span(0, WEEK), span(WEEK, 2 * WEEK)).await.unwrap().assigned_before;
    assert_eq!(later, Compared { before: 1, week: 0 });
}

pub(crate) async fn orders_are_counted_in_their_week_with_who_ordered(db: TestStore) {
    clients(&db, 3).await;
    for (order, client, now) in [("a", 1, 0), ("b", 1, 5), ("c", 2, WEEK - 1), ("d", 3, WEEK)] {
        let order = NewOrder { id: OrderId::parse("id", order).unwrap(), client: new_client(client) };
        let (preferred, actor) = (proxycall_domain::NumberType::Local, act(0).actor);
        db.place_order(PlaceOrder { order, preferred, actor, wire: job(), now: at(now) }).await.unwrap();
    }
    let counts = db.count_weeks(span(-WEEK, 0), span(0, WEEK)).await.unwrap();
    assert_eq!((counts.orders, counts.ordering_clients), (Compared { before: 0, week: 3 }, 2));
    let counts = db.count_weeks(span(0, WEEK), span(WEEK, 2 * WEEK)).await.unwrap();
    assert_eq!((counts.orders, counts.ordering_clients), (Compared { before: 3, week: 1 }, 1));
}

/// A call of client 1's number at a moment, and what it came to.
async fn ended_call(db: &TestStore, sid: &str, now: Timestamp, outcome: Outcome) {
    db.record_inbound_call(call(sid, courier(1), proxy(1), now)).await.unwrap();
    let ended =
        CallEnded { sid: sid.to_owned(), outcome, outbound_sid: None, duration_s: Some(1), error_code: None, now };
    db.record_call_ended(ended).await.unwrap();
}

pub(crate) async fn calls_and_texts_are_counted_by_the_hour(db: TestStore) {
    clients(&db, 1).await;
    ended_call(&db, "CA0", at(-1), Outcome::Completed).await;
    ended_call(&db, "CA1", at(0), Outcome::Completed).await;
    ended_call(&db, "CA2", at(3_599), Outcome::NoAnswer).await;
    relayed_text(&db, "SM1", at(7_200)).await;
    db.record_inbound_call(call("CA3", courier(1), proxy(9), at(7_201))).await.unwrap();
    ended_call(&db, "CA4", at(WEEK), Outcome::Completed).await;
    let part = db.count_traffic(span(0, WEEK), None).await.unwrap();
    let first = Traffic { calls: 2, answered: 1, missed: 1, ..Traffic::default() };
    let third = Traffic { calls: 1, texts: 1, refused: 1, ..Traffic::default() };
    assert_eq!((part.hours, part.next), (vec![(0, first), (2, third)], None));
}

pub(crate) async fn what_the_carrier_could_not_carry_is_counted_among_what_ended(db: TestStore) {
    clients(&db, 1).await;
    ended_call(&db, "CA0", at(-1), Outcome::Failed).await;
    ended_call(&db, "CA1", at(0), Outcome::Failed).await;
    ended_call(&db, "CA2", at(1), Outcome::Busy).await;
    // Neither what is not over, nor what was refused.
    db.record_inbound_call(call("CA3", courier(1), proxy(1), at(2))).await.unwrap();
    db.record_inbound_call(call("CA4", courier(1), proxy(9), at(3))).await.unwrap();
    assert_eq!(db.recent_failures(at(0)).await.unwrap(), Failures { ended: 2, failed: 1 });
    assert_eq!(db.recent_failures(at(9)).await.unwrap(), Failures::default());
}

pub(crate) async fn open_clients_who_share_a_phone_or_an_address_are_duplicates(db: TestStore) {
    stock(&db, 6).await;
    for n in 1..=6 {
        let mut client = new_client(n);
        match n {
            3 | 5 => client.phone = real(1),
            4 => client.mail = MailAddress::parse("mail", "ZOE2@example.com").unwrap(),
            _ => {}
        }
        db.create_client(create(client)).await.unwrap();
    }
    let close = CloseClient { id: id(5), quarantine_until: at(WEEK), actor: act(0).actor, now: at(4) };
    db.close_client(close).await.unwrap();
    let same = |shared, one, other, masked: String| Duplicate { shared, clients: vec![id(one), id(other)], masked };
    let phone = same(Shared::Phone, 1, 3, real(1).to_string());
    assert_eq!(db.duplicates(Shared::Phone, None).await.unwrap(), (vec![phone], None));
    let mail = same(Shared::Mail, 2, 4, "z****@e****.com".to_owned());
    assert_eq!(db.duplicates(Shared::Mail, None).await.unwrap(), (vec![mail], None));
    let close = CloseClient { id: id(3), quarantine_until: at(WEEK), actor: act(0).actor, now: at(5) };
    db.close_client(close).await.unwrap();
    assert_eq!(db.duplicates(Shared::Phone, None).await.unwrap(), (vec![], None));
}
