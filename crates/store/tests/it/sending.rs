//! Texts on their way out.

use jiff::Timestamp;
use proxycall_domain::{InteractionId, Outcome};
use proxycall_service::ports::{
    Ledger,
    ledger::{DeliveryReport, SendStep, SentText, TextResult},
};

use crate::support::*;

fn sent(sid: &str) -> SentText {
    SentText { sid: sid.to_owned(), outcome: Outcome::Sent, error_code: None }
}

fn report(interaction: Option<InteractionId>, sid: &str, outcome: Outcome) -> DeliveryReport {
    DeliveryReport { interaction, sid: sid.to_owned(), outcome, error_code: None, now: at(100) }
}

/// Outcome, carrier's id, whether a body is kept, and when it ended.
async fn state(db: &TestStore, sid: &str) -> (String, Option<String>, bool, bool) {
    let kept = column(db, sid, "CASE WHEN body IS NULL THEN 0 ELSE 1 END").await;
    let to_kept = column(db, sid, "CASE WHEN relay_to IS NULL THEN 0 ELSE 1 END").await;
    assert_eq!(kept, to_kept);
    let outcome = column(db, sid, "outcome").await.unwrap();
    let outbound = column(db, sid, "outbound_sid").await;
    (outcome, outbound, kept.as_deref() == Some("1"), column(db, sid, "ended_at").await.is_some())
}

async fn jobs(db: &TestStore) -> i64 {
    db.database().count("job").await
}

fn is(outcome: &str, sid: Option<&str>, body_kept: bool, ended: bool) -> (String, Option<String>, bool, bool) {
    (outcome.to_owned(), sid.map(str::to_owned), body_kept, ended)
}

pub(crate) async fn a_text_is_sent_and_delivered_and_its_body_erased(db: TestStore) {
    clients(&db, 1).await;
    let (id, job) = text_being_sent(&db, "SM1", at(0)).await;
    assert_eq!(state(&db, "SM1").await, is("sending", None, true, false));
    assert!(db.finish_sending(&job, TextResult::Sent(sent("SMout")), at(1)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("sent", Some("SMout"), true, false));
    assert_eq!(jobs(&db).await, 0);
    assert!(db.record_delivery(report(Some(id), "SMout", Outcome::Delivered)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("delivered", Some("SMout"), false, true));
    // A report that was late changes nothing any more.
    assert!(db.record_delivery(report(None, "SMout", Outcome::Sent)).await.unwrap());
    assert!(db.record_delivery(report(None, "SMout", Outcome::Undelivered)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("delivered", Some("SMout"), false, true));
}

pub(crate) async fn a_text_delivered_before_it_counts_as_sent_stays_delivered(db: TestStore) {
    clients(&db, 1).await;
    let (id, job) = text_being_sent(&db, "SM1", at(0)).await;
    assert!(db.record_delivery(report(Some(id), "SMout", Outcome::Delivered)).await.unwrap());
    assert!(db.finish_sending(&job, TextResult::Sent(sent("SMout")), at(1)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("delivered", Some("SMout"), false, true));
    assert_eq!(jobs(&db).await, 0);
}

pub(crate) async fn a_text_that_was_not_sent_is_tried_again(db: TestStore) {
    clients(&db, 1).await;
    let (_, job) = text_being_sent(&db, "SM1", at(0)).await;
    assert!(db.finish_sending(&job, TextResult::TryAgain { at: at(30) }, at(1)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("queued", None, true, false));
    assert_eq!(column(&db, "SM1", "sending_since").await, None);
    assert_eq!(db.next_job_at().await.unwrap(), Some(at(30)));
    let again = claim(&db, at(30)).await;
    assert_eq!(again.attempt, 2);
    assert!(matches!(db.start_sending(&again, at(30)).await.unwrap(), SendStep::Send(_)));
}

pub(crate) async fn a_text_that_may_have_been_sent_is_in_doubt_until_it_is_looked_up(db: TestStore) {
    clients(&db, 1).await;
    let (_, job) = text_being_sent(&db, "SM1", at(0)).await;
    assert!(db.finish_sending(&job, TextResult::LookAgain { at: at(60) }, at(1)).await.unwrap());
    let job = claim(&db, at(60)).await;
    assert!(matches!(db.start_sending(&job, at(60)).await.unwrap(), SendStep::InDoubt { since, text }
        if since == at(0) && text.to == real(1) && text.body == "Je suis en bas"));
    assert!(db.finish_sending(&job, TextResult::LookedUp(vec![sent("SMout")]), at(61)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("sent", Some("SMout"), true, false));
    assert_eq!(jobs(&db).await, 0);
}

pub(crate) async fn a_look_up_takes_the_first_message_that_is_nobodys(db: TestStore) {
    clients(&db, 1).await;
    let (_, job) = text_being_sent(&db, "SM1", at(0)).await;
    db.finish_sending(&job, TextResult::Sent(sent("SMa")), at(1)).await.unwrap();
    let (_, job) = text_being_sent(&db, "SM2", at(2)).await;
    let found = vec![sent("SMa"), SentText { outcome: Outcome::Delivered, ..sent("SMb") }, sent("SMc")];
    assert!(db.finish_sending(&job, TextResult::LookedUp(found), at(3)).await.unwrap());
    assert_eq!(state(&db, "SM2").await, is("delivered", Some("SMb"), false, true));
}

pub(crate) async fn a_text_that_the_carrier_does_not_know_is_unknown_and_not_sent_again(db: TestStore) {
    clients(&db, 1).await;
    let (_, job) = text_being_sent(&db, "SM1", at(0)).await;
    assert!(db.finish_sending(&job, TextResult::LookedUp(vec![]), at(61)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("unknown", None, false, false));
    assert_eq!(jobs(&db).await, 0);
}

pub(crate) async fn what_was_given_up_may_still_be_delivered(db: TestStore) {
    clients(&db, 1).await;
    let (id, job) = text_being_sent(&db, "SM1", at(0)).await;
    db.finish_sending(&job, TextResult::LookedUp(vec![]), at(61)).await.unwrap();
    assert!(db.record_delivery(report(Some(id), "SMout", Outcome::Sent)).await.unwrap());
    assert!(db.record_delivery(report(None, "SMout", Outcome::Delivered)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("delivered", Some("SMout"), false, true));
}

pub(crate) async fn a_text_that_cannot_be_sent_has_failed_with_its_code(db: TestStore) {
    clients(&db, 1).await;
    let (_, job) = text_being_sent(&db, "SM1", at(0)).await;
    assert!(db.finish_sending(&job, TextResult::Failed { error_code: Some(21_610) }, at(1)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("failed", None, false, true));
    assert_eq!(column(&db, "SM1", "error_code").await.as_deref(), Some("21610"));
    assert_eq!(jobs(&db).await, 0);
}

pub(crate) async fn a_report_of_an_unknown_message_finds_nothing(db: TestStore) {
    assert!(!db.record_delivery(report(None, "SMout", Outcome::Delivered)).await.unwrap());
    let unknown = InteractionId::new(Timestamp::UNIX_EPOCH, &[1; 10]);
    assert!(!db.record_delivery(report(Some(unknown), "SMout", Outcome::Delivered)).await.unwrap());
}

pub(crate) async fn a_report_settles_a_text_that_was_about_to_be_tried_again(db: TestStore) {
    clients(&db, 1).await;
    for (sid, out, result) in
        [("SM1", "SMa", TextResult::TryAgain { at: at(30) }), ("SM2", "SMb", TextResult::LookAgain { at: at(30) })]
    {
        let (id, job) = text_being_sent(&db, sid, at(0)).await;
        assert!(db.record_delivery(report(Some(id), out, Outcome::Sent)).await.unwrap());
        assert!(db.finish_sending(&job, result, at(1)).await.unwrap());
        assert_eq!(state(&db, sid).await, is("sent", Some(out), true, false));
        assert_eq!(jobs(&db).await, 0);
    }
    // A report may also come while nobody holds the job.
    let (id, job) = text_being_sent(&db, "SM3", at(0)).await;
    db.finish_sending(&job, TextResult::LookAgain { at: at(60) }, at(1)).await.unwrap();
    db.record_delivery(report(Some(id), "SMc", Outcome::Delivered)).await.unwrap();
    let job = claim(&db, at(60)).await;
    assert_eq!(db.start_sending(&job, at(60)).await.unwrap(), SendStep::Settled);
    assert_eq!(jobs(&db).await, 0);
}

pub(crate) async fn a_report_with_another_messages_id_is_that_messages(db: TestStore) {
    clients(&db, 1).await;
    let (first, job) = text_being_sent(&db, "SM1", at(0)).await;
    db.finish_sending(&job, TextResult::Sent(sent("SMa")), at(1)).await.unwrap();
    let (second, job) = text_being_sent(&db, "SM2", at(2)).await;
    db.finish_sending(&job, TextResult::Sent(sent("SMb")), at(3)).await.unwrap();
    assert!(db.record_delivery(report(Some(first), "SMb", Outcome::Delivered)).await.unwrap());
    assert_eq!(state(&db, "SM1").await, is("sent", Some("SMa"), true, false));
    assert_eq!(state(&db, "SM2").await, is("delivered", Some("SMb"), false, true));
    assert!(!db.record_delivery(report(Some(second), "SMz", Outcome::Failed)).await.unwrap());
}

pub(crate) async fn two_texts_never_share_a_message(db: TestStore) {
    clients(&db, 1).await;
    let mut texts = Vec::new();
    for n in 1..=8 {
        texts.push(text_being_sent(&db, &format!("SM{n}"), at(0)).await);
    }
    // The same text, many times: after a crash all look alike at the carrier.
    let found: Vec<SentText> = (1..=6).map(|n| sent(&format!("SMout{n}"))).collect();
    at_once(8, |n| {
        let (store, job, found) = (db.store(), texts[n as usize - 1].1.clone(), found.clone());
        async move { assert!(store.finish_sending(&job, TextResult::LookedUp(found), at(1)).await.unwrap()) }
    })
    .await;
    assert_eq!(db.database().count("interaction WHERE outcome = 'sent' AND outbound_sid IS NOT NULL").await, 6);
    assert_eq!(db.database().count("interaction WHERE outcome = 'unknown' AND body IS NULL").await, 2);
    // What the carrier reports of the one whose message another took counts all the same.
    let lost = db.database().texts("SELECT inbound_sid FROM interaction WHERE outcome = 'unknown'").await;
    let lost = lost[0].clone().unwrap();
    let id = texts[lost[2..].parse::<usize>().unwrap() - 1].0;
    assert!(db.record_delivery(report(Some(id), "SMout1", Outcome::Delivered)).await.unwrap());
    assert_eq!(state(&db, &lost).await, is("delivered", None, false, true));
}
