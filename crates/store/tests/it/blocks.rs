//! Who is kept away from whom: callers who are blocked, clients who are paused.

use proxycall_domain::{
    Address, Block, BlockId, BlockReason, ClientId, Outcome, Pause, PhoneNumber, pool::life::Actor, routing::CallAnswer,
};
use proxycall_service::ports::{
    Ledger as _, LedgerError,
    ledger::{AddBlock, BlockFilter, Blocklist as _, InteractionFilter, SetPause, TextOutcome, Whom},
};

use crate::support::*;

fn add(whom: Whom, client: Option<ClientId>, seconds: i64) -> AddBlock {
    AddBlock {
        id: BlockId::new(at(seconds), &chance()),
        whom,
        client,
        reason: BlockReason::parse("reason", Some("rings at night")).unwrap(),
        actor: Actor::Cli,
        now: at(seconds),
    }
}

pub(crate) fn phone(phone: PhoneNumber, client: Option<ClientId>) -> AddBlock {
    add(Whom::Phone(phone), client, 5)
}

async fn called(db: &TestStore, sid: &str, from: PhoneNumber, dialled: PhoneNumber) -> Outcome {
    db.record_inbound_call(call(sid, from, dialled, at(10))).await.unwrap().outcome
}

async fn wrote(db: &TestStore, sid: &str, from: PhoneNumber, dialled: PhoneNumber) -> TextOutcome {
    db.record_inbound_text(text(sid, Address::Phone(from), dialled, "Bonjour", at(10))).await.unwrap().outcome
}

async fn list(db: &TestStore, filter: BlockFilter) -> Vec<Block> {
    db.blocks(BlockFilter { limit: 9, ..filter }).await.unwrap().items
}

pub(crate) async fn whoever_is_blocked_for_all_reaches_nobody_and_is_not_remembered(db: TestStore) {
    clients(&db, 2).await;
    db.add_block(phone(courier(1), None)).await.unwrap();
    assert_eq!(called(&db, "CA1", courier(1), proxy(1)).await, Outcome::RefusedBlocked);
    assert_eq!(called(&db, "CA2", courier(1), proxy(2)).await, Outcome::RefusedBlocked);
    assert_eq!(wrote(&db, "SM1", courier(1), proxy(1)).await, TextOutcome::Interaction(Outcome::RefusedBlocked));
    assert_eq!(called(&db, "CA3", courier(2), proxy(1)).await, Outcome::Connecting, "others are not concerned");
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().last_caller, Some(courier(2)));
    assert_eq!(db.client(id(2)).await.unwrap().unwrap().last_caller, None);
    assert_eq!(column(&db, "CA1", "ended_at").await, Some(at(10).as_millisecond().to_string()));
    assert_eq!(column(&db, "SM1", "body IS NULL AND relay_to IS NULL").await.unwrap().replace("true", "1"), "1");
    assert_eq!(db.next_job_at().await.unwrap(), None, "nothing is to be sent");
}

pub(crate) async fn whoever_is_blocked_for_one_client_reaches_the_others(db: TestStore) {
    clients(&db, 2).await;
    db.add_block(phone(courier(1), Some(id(1)))).await.unwrap();
    assert_eq!(called(&db, "CA1", courier(1), proxy(1)).await, Outcome::RefusedBlocked);
    assert_eq!(called(&db, "CA2", courier(1), proxy(2)).await, Outcome::Connecting);
}

pub(crate) async fn a_client_does_not_reach_back_to_somebody_blocked_since_until_that_ends(db: TestStore) {
    clients(&db, 2).await;
    called(&db, "CA1", courier(1), proxy(1)).await;
    for (n, client) in [Some(id(1)), None].into_iter().enumerate() {
        let block = db.add_block(phone(courier(1), client)).await.unwrap();
        assert_eq!(called(&db, &format!("CA2{n}"), real(1), proxy(1)).await, Outcome::RefusedBlocked);
        let written = wrote(&db, &format!("SM2{n}"), real(1), proxy(1)).await;
        assert_eq!(written, TextOutcome::Interaction(Outcome::RefusedBlocked));
        assert_eq!(db.remove_block(block.id).await.unwrap(), block);
        let back = db.record_inbound_call(call(&format!("CA3{n}"), real(1), proxy(1), at(20))).await.unwrap();
        assert!(matches!(back.answer, CallAnswer::Connect { to, .. } if to == courier(1)), "{back:?}");
    }
    db.add_block(phone(courier(1), Some(id(2)))).await.unwrap();
    assert_eq!(called(&db, "CA4", real(1), proxy(1)).await, Outcome::Connecting, "that is another client's block");
}

pub(crate) async fn somebody_is_blocked_once_for_a_client_and_for_all(db: TestStore) {
    clients(&db, 1).await;
    let first = db.add_block(phone(courier(1), None)).await.unwrap();
    assert_eq!((first.phone, first.client, first.actor), (courier(1), None, Actor::Cli));
    assert_eq!((first.reason.expose(), first.created_at), ("rings at night", at(5)));
    let again = AddBlock { reason: BlockReason::parse("reason", None).unwrap(), ..phone(courier(1), None) };
    assert_eq!(db.add_block(again).await.unwrap(), first, "the reason given first stays");
    let of_client = db.add_block(phone(courier(1), Some(id(1)))).await.unwrap();
    assert_ne!(of_client.id, first.id);
    let at_once = at_once(20, |_| {
        let store = db.store();
        async move { store.add_block(phone(courier(2), None)).await.unwrap().id }
    })
    .await;
    assert!(at_once.iter().all(|id| *id == at_once[0]));
    assert_eq!(db.database().count("block").await, 3);
}

pub(crate) async fn the_other_side_of_an_interaction_is_blocked_without_its_number(db: TestStore) {
    clients(&db, 1).await;
    called(&db, "CA1", courier(1), proxy(1)).await;
    called(&db, "CA2", real(1), proxy(1)).await;
    db.record_inbound_call(proxycall_service::ports::ledger::InboundCall {
        caller: Address::Withheld,
        ..call("CA3", courier(1), proxy(1), at(11))
    })
    .await
    .unwrap();
    let page = db.interactions(InteractionFilter { limit: 9, ..InteractionFilter::default() }).await.unwrap();
    let id_of = |sid: &str| page.items.iter().find(|item| item.inbound_sid == sid).unwrap().id;
    let block = db.add_block(add(Whom::Interaction(id_of("CA1")), None, 20)).await.unwrap();
    assert_eq!(block.phone, courier(1));
    // The client called: who is meant is the other side.
    let same = db.add_block(add(Whom::Interaction(id_of("CA2")), None, 21)).await.unwrap();
    assert_eq!(same.id, block.id);
    let hidden = db.add_block(add(Whom::Interaction(id_of("CA3")), None, 22)).await;
    assert_eq!(hidden, Err(LedgerError::NobodyToBlock));
    let unknown = proxycall_domain::InteractionId::new(at(0), &chance());
    assert_eq!(db.add_block(add(Whom::Interaction(unknown), None, 23)).await, Err(LedgerError::InteractionUnknown));
}

pub(crate) async fn a_client_is_not_blocked_from_the_own_number(db: TestStore) {
    clients(&db, 2).await;
    assert_eq!(db.add_block(phone(real(1), Some(id(1)))).await, Err(LedgerError::OwnNumber));
    // Refused for want of somebody to call back: the number in it is the client's.
    assert_eq!(called(&db, "CA1", real(1), proxy(1)).await, Outcome::RefusedNoRecentCaller);
    let page = db.interactions(InteractionFilter { limit: 9, ..InteractionFilter::default() }).await.unwrap();
    let own = Whom::Interaction(page.items[0].id);
    assert_eq!(db.add_block(add(own, None, 20)).await, Err(LedgerError::OwnNumber));
    // One client may well be kept away from another.
    assert!(db.add_block(phone(real(1), Some(id(2)))).await.is_ok());
    assert_eq!(called(&db, "CA2", real(1), proxy(2)).await, Outcome::RefusedBlocked);
    assert_eq!(db.add_block(phone(courier(1), Some(id(9)))).await, Err(LedgerError::ClientUnknown));
}

pub(crate) async fn blocks_come_newest_first_by_page_and_client(db: TestStore) {
    clients(&db, 2).await;
    for n in 1..=5 {
        let client = (n % 2 == 0).then(|| id(1));
        db.add_block(add(Whom::Phone(courier(n)), client, i64::from(n))).await.unwrap();
    }
    let (mut seen, mut filter) = (Vec::new(), BlockFilter { limit: 2, ..BlockFilter::default() });
    loop {
        let page = db.blocks(filter.clone()).await.unwrap();
        seen.extend(page.items.iter().map(|block| block.phone));
        let Some(next) = page.next else { break };
        filter.after = Some(next.parse().unwrap());
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(courier));
    let of_client = list(&db, BlockFilter { client: Some(id(1)), ..BlockFilter::default() }).await;
    assert_eq!(of_client.iter().map(|block| block.phone).collect::<Vec<_>>(), [4, 2].map(courier));
    assert!(list(&db, BlockFilter { client: Some(id(2)), ..BlockFilter::default() }).await.is_empty());
    let gone = db.remove_block(of_client[0].id).await.unwrap();
    assert_eq!(db.remove_block(gone.id).await, Err(LedgerError::BlockUnknown));
}

/// Calls come in while their caller is being blocked. What is decided after the block is there is refused.
pub(crate) async fn a_block_holds_from_when_it_is_acknowledged(db: TestStore) {
    clients(&db, 1).await;
    let blocked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let outcomes = at_once(60, |n| {
        let (store, blocked) = (db.store(), std::sync::Arc::clone(&blocked));
        async move {
            if n == 20 {
                store.add_block(phone(courier(1), None)).await.unwrap();
                blocked.store(true, std::sync::atomic::Ordering::SeqCst);
                return None;
            }
            let before = blocked.load(std::sync::atomic::Ordering::SeqCst);
            let recorded = store.record_inbound_call(call(&format!("CA{n}"), courier(1), proxy(1), at(10))).await;
            Some((before, recorded.unwrap().outcome))
        }
    })
    .await;
    for (after_the_block, outcome) in outcomes.into_iter().flatten() {
        assert!(matches!(outcome, Outcome::Connecting | Outcome::RefusedBlocked), "{outcome:?}");
        assert!(!after_the_block || outcome == Outcome::RefusedBlocked);
    }
    assert_eq!(called(&db, "CA99", courier(1), proxy(1)).await, Outcome::RefusedBlocked);
    // Whoever was remembered by a call that crossed the block is not called back either.
    let back = called(&db, "CA100", real(1), proxy(1)).await;
    assert!(matches!(back, Outcome::RefusedBlocked | Outcome::RefusedNoRecentCaller), "{back:?}");
}

fn pause(seconds: i64, until: Option<i64>) -> SetPause {
    SetPause { id: id(1), pause: Some(Pause { since: at(seconds), until: until.map(at) }), now: at(seconds) }
}

pub(crate) async fn nobody_reaches_a_paused_client_until_the_pause_is_over(db: TestStore) {
    clients(&db, 2).await;
    called(&db, "CA0", courier(1), proxy(1)).await;
    let paused = db.set_pause(pause(5, Some(11))).await.unwrap();
    assert_eq!(paused.pause, Some(Pause { since: at(5), until: Some(at(11)) }));
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().pause, paused.pause);
    assert_eq!(called(&db, "CA1", courier(2), proxy(1)).await, Outcome::RefusedPaused);
    assert_eq!(wrote(&db, "SM1", courier(2), proxy(1)).await, TextOutcome::Interaction(Outcome::RefusedPaused));
    assert_eq!(called(&db, "CA2", courier(2), proxy(2)).await, Outcome::Connecting, "that is another client");
    let out = db.record_inbound_call(call("CA3", real(1), proxy(1), at(10))).await.unwrap();
    assert!(matches!(out.answer, CallAnswer::Connect { to, .. } if to == courier(1)), "the client calls out: {out:?}");
    let later = db.record_inbound_call(call("CA4", courier(2), proxy(1), at(11))).await.unwrap();
    assert_eq!(later.outcome, Outcome::Connecting, "it ends by itself");
}

pub(crate) async fn a_pause_is_changed_ended_and_begun_anew(db: TestStore) {
    clients(&db, 1).await;
    db.set_pause(pause(5, None)).await.unwrap();
    let changed = db.set_pause(pause(6, Some(20))).await.unwrap();
    assert_eq!(changed.pause, Some(Pause { since: at(5), until: Some(at(20)) }), "it goes on from when it began");
    let ended = db.set_pause(SetPause { id: id(1), pause: None, now: at(7) }).await.unwrap();
    assert_eq!(ended.pause, None);
    assert_eq!(called(&db, "CA1", courier(1), proxy(1)).await, Outcome::Connecting);
    db.set_pause(pause(20, Some(30))).await.unwrap();
    let another = db.set_pause(pause(40, None)).await.unwrap();
    assert_eq!(another.pause, Some(Pause { since: at(40), until: None }), "the one before was over");
    let unknown = SetPause { id: id(9), pause: None, now: at(7) };
    assert_eq!(db.set_pause(unknown).await, Err(LedgerError::ClientUnknown));
}
