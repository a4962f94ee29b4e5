//! Texts that come in.

use proxycall_domain::{Address, Outcome, routing::TextAnswer};
use proxycall_service::ports::{
    Ledger,
    ledger::{OutboundText, RecordedText, SendStep, TextOutcome},
};

use crate::support::*;

pub(crate) async fn a_text_is_recorded_and_enqueued_together(db: TestStore) {
    clients(&db, 1).await;
    let text = text("SM1", Address::Phone(courier(1)), proxy(1), "Je suis en bas", at(10));
    let interaction = text.id;
    let recorded = db.record_inbound_text(text).await.unwrap();
    let expected = RecordedText {
        answer: TextAnswer::Nothing,
        outcome: TextOutcome::Interaction(Outcome::Queued),
        repeated: false,
    };
    assert_eq!(recorded, expected);
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().last_caller, Some(courier(1)));

    let job = claim(&db, at(10)).await;
    let expected = OutboundText { interaction, from: proxy(1), to: real(1), body: "Je suis en bas".to_owned() };
    assert_eq!(db.start_sending(&job, at(10)).await.unwrap(), SendStep::Send(expected));
}

pub(crate) async fn the_same_text_50_times_at_once_is_one_row_and_one_job(db: TestStore) {
    clients(&db, 1).await;
    let answers = at_once(50, |_| {
        let store = db.store();
        let text = text("SM1", Address::Phone(courier(1)), proxy(1), "Bonjour", at(10));
        async move { store.record_inbound_text(text).await.unwrap() }
    })
    .await;
    assert!(answers.iter().all(|recorded| recorded.answer == answers[0].answer));
    assert_eq!(answers.iter().filter(|recorded| !recorded.repeated).count(), 1);
    assert_eq!((db.database().count("interaction").await, db.database().count("job").await), (1, 1));
}

pub(crate) async fn a_refused_text_keeps_no_body_and_enqueues_nothing(db: TestStore) {
    clients(&db, 1).await;
    let abroad = Address::Phone("+14155550101".parse().unwrap());
    let recorded = db.record_inbound_text(text("SM1", abroad, proxy(1), "Hello", at(10))).await.unwrap();
    assert_eq!(recorded.outcome, TextOutcome::Interaction(Outcome::RefusedRegion));
    assert!(matches!(recorded.answer, TextAnswer::Notice(_)));
    assert_eq!(
        column(&db, "SM1", "CASE WHEN body IS NULL AND relay_to IS NULL THEN 1 END").await.as_deref(),
        Some("1")
    );
    assert!(column(&db, "SM1", "ended_at").await.is_some());
    assert_eq!(db.database().count("job").await, 0);
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().last_caller, None);
}

pub(crate) async fn a_wish_to_stop_is_recorded_and_not_relayed(db: TestStore) {
    clients(&db, 1).await;
    let stop = text("SM1", Address::Phone(courier(1)), proxy(1), "STOP", at(10));
    let recorded = db.record_inbound_text(stop).await.unwrap();
    assert_eq!((recorded.outcome, recorded.answer), (TextOutcome::Interaction(Outcome::OptOut), TextAnswer::Nothing));
    assert_eq!(db.database().count("interaction WHERE outcome = 'opt_out' AND body IS NULL").await, 1);
    assert_eq!(db.database().count("job").await, 0);
}

pub(crate) async fn the_client_answers_whoever_came_last(db: TestStore) {
    clients(&db, 1).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(1))).await.unwrap();
    db.record_inbound_call(call("CA2", courier(2), proxy(1), at(2))).await.unwrap();
    db.record_inbound_text(text("SM1", Address::Phone(real(1)), proxy(1), "J’arrive", at(3))).await.unwrap();
    let job = claim(&db, at(3)).await;
    assert!(matches!(db.start_sending(&job, at(3)).await.unwrap(), SendStep::Send(text)
        if text.to == courier(2) && text.from == proxy(1)));
}

pub(crate) async fn a_text_from_a_short_code_is_relayed_and_not_remembered(db: TestStore) {
    clients(&db, 1).await;
    let recorded = db.record_inbound_text(text("SM1", Address::ShortCode, proxy(1), "Colis", at(1))).await.unwrap();
    assert_eq!(recorded.outcome, TextOutcome::Interaction(Outcome::Queued));
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().last_caller, None);
}
