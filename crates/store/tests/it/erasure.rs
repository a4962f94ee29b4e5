//! Erasing a person: final, whole, in parts that may stop anywhere, and without touching what is somebody else's.

use std::sync::Arc;

use jiff::Timestamp;
use proxycall_domain::{
    Address, ClientId, NewClient, NumberType, Outcome, PhoneNumber, client::ClientChanges, pool::life::Actor,
    routing::CallAnswer,
};
use proxycall_service::ports::{
    Ledger, LedgerError,
    ledger::{
        Blocklist as _, CallEnded, ClientFilter, ClientSearch, CopyResult, EraseClient, Erasure, ErasurePart,
        InteractionFilter, PrivacyBook, RequestKey, RestoreClient, SheetBook, SheetChanges, StoredAnswer, TextOutcome,
        UpdateClient,
    },
};

use crate::{confirmations, support::*};

fn erase(client: ClientId, now: Timestamp) -> EraseClient {
    let quarantine_until = now + days(30);
    EraseClient { id: client, quarantine_until, actor: Actor::Api, job: job(), now }
}

/// Erases a client, and goes on until nothing is left in the record and the sheet.
async fn erased(db: &TestStore, client: ClientId, now: Timestamp) -> Erasure {
    db.erase_client(erase(client, now)).await.unwrap();
    for _ in 0..100 {
        match db.erase_part(client, now).await.unwrap() {
            ErasurePart::More => {}
            ErasurePart::Done => return db.erasure(client).await.unwrap().unwrap(),
            ErasurePart::SheetWaits => panic!("there is no sheet"),
        }
    }
    panic!("the erasure does not end");
}

async fn parties(db: &TestStore) -> Vec<(String, Option<PhoneNumber>)> {
    let filter = InteractionFilter { limit: 500, ..InteractionFilter::default() };
    let all = db.interactions(filter).await.unwrap().items;
    all.into_iter().map(|it| (it.inbound_sid, it.party)).collect()
}

async fn copies(db: &TestStore) -> Vec<String> {
    let mut sids: Vec<String> =
        db.copies_due(500, at(DAY * 30)).await.unwrap().into_iter().map(|copy| copy.sid).collect();
    sids.sort();
    sids
}

pub(crate) async fn an_erased_client_is_found_by_nothing_and_the_person_may_enrol_again(db: TestStore) {
    clients(&db, 2).await;
    stock_more(&db).await;
    erased(&db, id(1), at(10)).await;
    assert_eq!(db.client(id(1)).await.unwrap(), None);
    let limit = 50;
    for search in [
        ClientSearch::Phone(real(1)),
        ClientSearch::Phone(PhoneNumber::ERASED),
        ClientSearch::LastFour { digits: real(1).last_four(), after: None, limit },
        ClientSearch::Words { start: "zoe1@".to_owned(), after: None, limit },
    ] {
        assert!(db.search_clients(search.clone()).await.unwrap().items.is_empty(), "{search:?}");
    }
    let closed = ClientFilter { closed: true, limit, ..ClientFilter::default() };
    assert!(db.clients(closed).await.unwrap().items.is_empty());
    assert_eq!(db.create_client(create(new_client(1))).await, Err(LedgerError::ClientExists));
    let again = db.create_client(create(NewClient { id: id(3), ..new_client(1) })).await.unwrap();
    assert_eq!((again.phone, again.proxy), (real(1), Some(proxy(3))));
    assert_eq!(db.client(id(2)).await.unwrap().unwrap().phone, real(2));
}

async fn stock_more(db: &TestStore) {
    let more = vec![number(proxy(3), NumberType::Local)];
    db.add_numbers(more, act(0)).await.unwrap();
}

pub(crate) async fn erasing_is_final_and_erasing_again_changes_nothing(db: TestStore) {
    clients(&db, 1).await;
    let first = erased(&db, id(1), at(10)).await;
    assert!(first.record_done && first.sheet_done && first.is_done());
    assert_eq!(db.erase_client(erase(id(1), at(20))).await, Ok(first));
    let gone = Err(LedgerError::ClientErased);
    let restore = RestoreClient {
        id: id(1),
        preferred: NumberType::Local,
        closed_since: at(0),
        actor: Actor::Api,
        wire: job(),
        now: at(20),
    };
    assert_eq!(db.restore_client(restore).await, gone);
    assert_eq!(db.update_client(UpdateClient { id: id(1), changes: <_>::default(), now: at(20) }).await, gone);
    assert_eq!(db.close_client(crate::clients::close(1, 20)).await, gone);
    assert_eq!(db.known_client(id(1)).await, gone);
    assert_eq!(db.erase_client(erase(id(9), at(20))).await, Err(LedgerError::ClientUnknown));
    assert_eq!(db.erasure(id(9)).await, Ok(None));
}

pub(crate) async fn the_database_keeps_an_erased_client_erased(db: TestStore) {
    clients(&db, 2).await;
    erased(&db, id(1), at(10)).await;
    for change in ["erased_at = NULL", "erased_at = 5", "closed_at = NULL", "name = 'Zoe'", "mail = 'zoe@example.com'"]
    {
        let sql = format!("UPDATE client SET {change} WHERE client_id = 1");
        assert!(db.database().execute(&sql).await.is_err(), "{change}");
    }
    assert!(db.database().execute("UPDATE client SET erased_at = 5 WHERE client_id = 2").await.is_err(), "not closed");
}

pub(crate) async fn what_others_have_of_the_person_is_emptied_and_what_is_theirs_stays(db: TestStore) {
    clients(&db, 3).await;
    // The person is reached, answers, and calls another client.
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(1))).await.unwrap();
    db.record_inbound_call(call("CA2", real(1), proxy(1), at(2))).await.unwrap();
    db.record_inbound_call(call("CA3", real(1), proxy(2), at(3))).await.unwrap();
    db.record_inbound_call(call("CA4", real(2), proxy(2), at(4))).await.unwrap();
    // Whom it does not concern.
    db.record_inbound_call(call("CA5", courier(2), proxy(3), at(5))).await.unwrap();
    let untouched = db.client(id(3)).await.unwrap();
    assert_eq!(db.client(id(2)).await.unwrap().unwrap().last_caller, Some(real(1)));
    erased(&db, id(1), at(10)).await;
    let found = parties(&db).await;
    let expected: Vec<(String, Option<PhoneNumber>)> = vec![
        ("CA5".to_owned(), Some(courier(2))),
        ("CA4".to_owned(), None),
        ("CA3".to_owned(), None),
        ("CA2".to_owned(), None),
        ("CA1".to_owned(), None),
    ];
    assert_eq!(found, expected);
    assert_eq!(db.client(id(2)).await.unwrap().unwrap().last_caller, None);
    assert_eq!(db.client(id(3)).await.unwrap(), untouched);
    assert_eq!(copies(&db).await, ["CA1", "CA2", "CA3", "CA4"]);
}

pub(crate) async fn a_phone_that_another_client_has_too_stays_theirs(db: TestStore) {
    clients(&db, 3).await;
    let changes = ClientChanges { phone: Some(real(1)), ..<_>::default() };
    db.update_client(UpdateClient { id: id(2), changes, now: at(1) }).await.unwrap();
    db.record_inbound_call(call("CA1", real(1), proxy(3), at(2))).await.unwrap();
    erased(&db, id(1), at(10)).await;
    assert_eq!(parties(&db).await, [("CA1".to_owned(), Some(real(1)))]);
    assert_eq!(db.client(id(3)).await.unwrap().unwrap().last_caller, Some(real(1)));
    assert_eq!(db.client(id(2)).await.unwrap().unwrap().phone, real(1));
}

pub(crate) async fn a_text_that_nobody_has_sent_is_not_sent_and_what_came_before_gets_no_number(db: TestStore) {
    clients(&db, 1).await;
    text_being_sent(&db, "SM2", at(1)).await;
    relayed_text(&db, "SM1", at(1)).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(2))).await.unwrap();
    erased(&db, id(1), at(10)).await;
    for (sid, outcome) in [("SM1", "failed"), ("SM2", "unknown"), ("CA1", "connecting")] {
        assert_eq!(column(&db, sid, "outcome").await.as_deref(), Some(outcome));
        assert_eq!(column(&db, sid, "body").await, None);
    }
    let again = db.record_inbound_call(call("CA1", courier(1), proxy(1), at(11))).await.unwrap();
    assert_eq!(again.answer, CallAnswer::erased());
    let text = text("SM1", Address::Phone(courier(1)), proxy(1), "Je suis en bas", at(11));
    let again = db.record_inbound_text(text).await.unwrap();
    assert!(again.repeated && again.outcome == TextOutcome::Interaction(Outcome::Failed));
}

pub(crate) async fn what_the_carrier_tells_after_an_erasure_is_deleted_there_too(db: TestStore) {
    clients(&db, 1).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(1))).await.unwrap();
    erased(&db, id(1), at(10)).await;
    assert_eq!(copies(&db).await, ["CA1"]);
    let ended = CallEnded {
        sid: "CA1".to_owned(),
        outcome: Outcome::Completed,
        outbound_sid: Some("CA2".to_owned()),
        duration_s: Some(30),
        error_code: None,
        now: at(40),
    };
    db.record_call_ended(ended).await.unwrap();
    assert_eq!(copies(&db).await, ["CA1", "CA2"]);
    assert_eq!(db.erasure(id(1)).await.unwrap().unwrap().at_carrier, 2);
    db.note_copy("CA1".to_owned(), CopyResult::Gone, at(50)).await.unwrap();
    let again_at = at(DAY);
    db.note_copy("CA2".to_owned(), CopyResult::Again { at: again_at, code: Some(20009) }, at(50)).await.unwrap();
    assert!(db.copies_due(10, at(DAY - 1)).await.unwrap().is_empty());
    assert_eq!(db.copies_due(10, again_at).await.unwrap()[0].attempt, 1);
    db.note_copy("CA2".to_owned(), CopyResult::GivenUp { code: Some(20009) }, at(DAY)).await.unwrap();
    let erasure = db.erasure(id(1)).await.unwrap().unwrap();
    assert_eq!((erasure.at_carrier, erasure.given_up, erasure.is_done()), (0, 1, false));
}

pub(crate) async fn an_erasure_goes_on_part_by_part_from_where_it_stopped(db: TestStore) {
    clients(&db, 2).await;
    for n in 0..600 {
        let dialled = proxy(1 + n % 2);
        db.record_inbound_call(call(&format!("CA{n:03}"), courier(1), dialled, at(1 + i64::from(n)))).await.unwrap();
    }
    db.erase_client(erase(id(1), at(1000))).await.unwrap();
    assert_eq!(db.erase_part(id(1), at(1001)).await, Ok(ErasurePart::More));
    let emptied = parties(&db).await.iter().filter(|(_, party)| party.is_none()).count();
    assert!((1..300).contains(&emptied), "one part is bounded: {emptied}");
    // Whoever goes on knows nothing of the part before.
    let done = erased(&db, id(1), at(1002)).await;
    assert!(done.record_done);
    assert_eq!(done.at_carrier, 300);
    let count = |what: &'static str| db.database().count(what);
    assert_eq!(count("interaction WHERE party IS NULL AND client_id = 1").await, 300);
    assert_eq!(count("interaction WHERE party IS NOT NULL AND client_id = 2").await, 300);
    assert_eq!(count("erasure WHERE wanted IS NOT NULL").await, 0);
}

pub(crate) async fn a_confirmation_ends_and_is_emptied_with_its_client(db: TestStore) {
    clients(&db, 2).await;
    stock_more(&db).await;
    db.add_numbers(vec![number(proxy(4), NumberType::Local)], act(0)).await.unwrap();
    let begun = |n, phone| db.create_confirmation(confirmations::create(n, phone, n, at(1)));
    let theirs = begun(1, real(1)).await.unwrap().confirmation.unwrap();
    begun(2, real(7)).await.unwrap();
    erased(&db, id(1), at(10)).await;
    let after = db.confirmation(theirs.id).await.unwrap().unwrap();
    assert_eq!((after.phone, after.name.expose(), after.mail.expose()), (PhoneNumber::ERASED, "", ""));
    assert!(after.progress.stage.is_over());
    let other = db.confirmation(confirmations::pending(2)).await.unwrap().unwrap();
    assert_eq!((other.phone, other.progress.stage.is_over()), (real(7), false));
    let of = |what: &'static str| db.database().count(what);
    assert_eq!(of("dispatch WHERE pending_id = 'P-1' AND (length(phone_key) > 0 OR length(mail_key) > 0)").await, 0);
    assert_eq!(of("job WHERE kind = 'dispatch'").await, 1, "only the other's code is still to be sent");
    // The person may enrol again at once.
    begun(3, real(1)).await.unwrap();
}

pub(crate) async fn blocks_by_the_client_and_of_the_person_are_gone_and_others_stay(db: TestStore) {
    clients(&db, 3).await;
    for (whom, client) in
        [(courier(1), Some(id(1))), (real(1), Some(id(2))), (courier(2), Some(id(2))), (real(1), None)]
    {
        db.add_block(crate::blocks::phone(whom, client)).await.unwrap();
    }
    erased(&db, id(1), at(10)).await;
    assert_eq!(db.database().count("block").await, 1);
    assert_eq!(db.database().count("block WHERE client_id = 2").await, 1);
}

pub(crate) async fn stored_answers_that_name_the_person_are_forgotten_and_others_stay(db: TestStore) {
    clients(&db, 1).await;
    let request = |key: &str| RequestKey { route: "POST /x".to_owned(), key: key.to_owned(), content: [1; 32] };
    let bodies = [real(1).expose(), "ZOE1@example.com".to_owned(), r#"{"client_id":"1"}"#.to_owned(), real(2).expose()];
    for (n, body) in bodies.into_iter().enumerate() {
        db.begin_request(request(&n.to_string()), at(1)).await.unwrap();
        let answer = Some(StoredAnswer { status: 200, body });
        db.finish_request(request(&n.to_string()), answer, at(1)).await.unwrap();
    }
    erased(&db, id(1), at(10)).await;
    assert_eq!(db.database().count("request").await, 1);
}

pub(crate) async fn an_erasure_waits_until_the_mirror_has_emptied_the_rows(db: TestStore) {
    db.mark_changes(true).await.unwrap();
    clients(&db, 1).await;
    db.erase_client(erase(id(1), at(10))).await.unwrap();
    while db.erase_part(id(1), at(11)).await.unwrap() == ErasurePart::More {}
    let waiting = db.erasure(id(1)).await.unwrap().unwrap();
    assert!(waiting.record_done && !waiting.sheet_done);
    let marks = db.sheet_marks(100, at(12)).await.unwrap();
    assert!(marks.iter().any(|mark| mark.key == "1"), "the client's row is marked");
    let unmarked = SheetChanges { unmarked: marks, ..<_>::default() };
    db.keep_sheet(unmarked, at(13)).await.unwrap();
    assert_eq!(db.erase_part(id(1), at(14)).await, Ok(ErasurePart::Done));
}

pub(crate) async fn an_erasure_against_a_restoring_and_a_change_at_once_is_whole(db: TestStore) {
    clients(&db, 1).await;
    db.close_client(crate::clients::close(1, 1)).await.unwrap();
    let store = db.store();
    let results = at_once(20, |n| {
        let store = Arc::clone(&store);
        async move {
            if n % 2 == 0 {
                return store.erase_client(erase(id(1), at(10))).await.map(drop);
            }
            let restore = RestoreClient {
                id: id(1),
                preferred: NumberType::Local,
                closed_since: at(0),
                actor: Actor::Api,
                wire: job(),
                now: at(10),
            };
            let _either = store.restore_client(restore).await;
            Ok(())
        }
    })
    .await;
    assert_eq!(results.into_iter().find(Result::is_err), None);
    let count = |what: &'static str| db.database().count(what);
    assert_eq!(count("client WHERE erased_at IS NOT NULL AND closed_at IS NOT NULL AND name = ''").await, 1);
    assert_eq!(count("proxy_number WHERE client_id IS NOT NULL").await, 0);
    assert_eq!(count("erasure").await, 1);
}
