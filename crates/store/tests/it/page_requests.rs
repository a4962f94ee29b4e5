//! What the public page may ask for: everybody is limited, nobody is blocked by others, and no answer tells of anybody.

use std::sync::Arc;

use jiff::Timestamp;
use proxycall_domain::{
    NumberType, PhoneNumber, Policy,
    confirmation::{Detail, Stage},
};
use proxycall_service::ports::{
    Ledger, LedgerError,
    ledger::{
        ApproveConfirmation, BegunConfirmation, CodeRules, CreateConfirmation, Entered, LinkOutcome, LinkProof, Origin,
        ProgressPage, TextOutcome,
    },
};

use crate::{
    confirmations::{Out, create, pending, reply, settle, stage, using},
    support::*,
};

fn page(n: u64, phone: PhoneNumber, mail: u64, requester: &str, now: Timestamp) -> CreateConfirmation {
    CreateConfirmation { origin: Origin::Page { requester: requester.to_owned() }, ..create(n, phone, mail, now) }
}

async fn ask(
    db: &TestStore,
    n: u64,
    phone: u32,
    mail: u64,
    requester: &str,
    second: i64,
) -> Result<BegunConfirmation, LedgerError> {
    db.create_confirmation(page(n, real(phone), mail, requester, at(second))).await
}

/// Nothing was begun, and it does not show.
async fn assert_hidden(db: &TestStore, begun: BegunConfirmation, since: i64) {
    assert_eq!(begun.confirmation, None);
    let page = db.confirmation_by_progress(begun.progress).await.unwrap();
    assert_eq!(page, Some(ProgressPage::Nobodys { begun: at(since) }));
}

fn wait_until(result: Result<BegunConfirmation, LedgerError>) -> Timestamp {
    match result {
        Err(LedgerError::TooManyCodes { again_at, .. }) => again_at,
        other => panic!("expected a limit, not {other:?}"),
    }
}

pub(crate) async fn a_requester_is_limited_by_what_it_asked_itself(db: TestStore) {
    stock(&db, 40).await;
    ask(&db, 1, 1, 1, "a", 0).await.unwrap();
    assert_eq!(wait_until(ask(&db, 2, 1, 2, "a", 10).await), at(180), "the same phone");
    assert_eq!(wait_until(ask(&db, 3, 3, 1, "a", 10).await), at(180), "the same address");
    ask(&db, 4, 4, 4, "a", 10).await.unwrap();
    for n in 10..28 {
        ask(&db, n, 100 + u32::try_from(n).unwrap(), 100 + n, "a", 300).await.unwrap();
    }
    assert_eq!(wait_until(ask(&db, 50, 50, 50, "a", 400).await), at(24 * 3_600), "twenty in a day");
    ask(&db, 51, 51, 51, "a", 24 * 3_600 + 1).await.unwrap();
}

pub(crate) async fn what_others_asked_for_is_not_told(db: TestStore) {
    stock(&db, 40).await;
    ask(&db, 1, 1, 1, "a", 0).await.unwrap();
    assert_hidden(&db, ask(&db, 2, 1, 2, "b", 1).await.unwrap(), 1).await;
    assert_eq!(wait_until(ask(&db, 3, 1, 3, "b", 2).await), at(181), "as if the first had been served");
    assert_hidden(&db, ask(&db, 4, 9, 1, "c", 3).await.unwrap(), 3).await;
    assert_eq!(db.database().count("confirmation").await, 1);
    assert_eq!(db.database().count("dispatch").await, 1);
}

pub(crate) async fn one_of_our_numbers_as_a_phone_looks_like_any_other(db: TestStore) {
    clients(&db, 1).await;
    db.add_numbers(vec![number(proxy(9), NumberType::Local)], act(0)).await.unwrap();
    let begun = db.create_confirmation(page(1, proxy(1), 1, "a", at(0))).await.unwrap();
    assert_hidden(&db, begun, 0).await;
}

pub(crate) async fn an_empty_pool_is_told_to_everybody_alike(db: TestStore) {
    clients(&db, 1).await;
    for (n, phone) in [(1, real(1)), (2, real(50)), (3, proxy(1))] {
        let refused = db.create_confirmation(page(n, phone, n, "a", at(0))).await.unwrap_err();
        assert!(matches!(refused, LedgerError::NoNumberLeft { .. }), "{refused}");
    }
}

pub(crate) async fn a_mistyped_address_is_corrected_after_a_moment(db: TestStore) {
    stock(&db, 4).await;
    let first = ask(&db, 1, 1, 1, "a", 0).await.unwrap();
    assert!(ask(&db, 2, 1, 2, "a", 180).await.unwrap().confirmation.is_some());
    let page = db.confirmation_by_progress(first.progress).await.unwrap();
    assert!(matches!(page, Some(ProgressPage::Theirs(it)) if it.progress.detail == Detail::Superseded));
    assert_eq!(stage(&db, 1).await, Stage::Expired);
    assert_eq!(db.database().count("proxy_number WHERE status = 'reserved'").await, 1, "one number is held for it");
}

pub(crate) async fn who_began_with_my_phone_does_not_block_me(db: TestStore) {
    stock(&db, 4).await;
    ask(&db, 1, 1, 1, "stranger", 0).await.unwrap();
    assert_hidden(&db, ask(&db, 2, 1, 2, "me", 599).await.unwrap(), 599).await;
    assert!(ask(&db, 3, 1, 2, "me", 800).await.unwrap().confirmation.is_some());
}

pub(crate) async fn a_locked_code_is_replaced_by_asking_again(db: TestStore) {
    stock(&db, 4).await;
    ask(&db, 1, 1, 1, "a", 0).await.unwrap();
    let mut out = Out::default();
    settle(&db, &mut out, at(0)).await;
    let first = out.codes[&pending(1)].clone();
    let wrong = if first == "100000" { "100001" } else { "100000" };
    for n in 0..5 {
        reply(&db, &format!("SM{n}"), real(1), proxy(1), wrong, at(10)).await;
    }
    let again = ask(&db, 2, 1, 1, "a", 190).await.unwrap().confirmation.unwrap();
    assert_eq!((again.id, again.progress.generation), (pending(1), 2), "it goes on with a new code");
    settle(&db, &mut out, at(190)).await;
    let second = out.codes[&pending(1)].clone();
    assert_ne!(first, second);
    let outcome = reply(&db, "SMlast", real(1), proxy(1), &second, at(200)).await;
    assert_eq!(outcome, TextOutcome::Code(Entered::Done));
}

pub(crate) async fn what_the_operator_began_gives_way_to_no_page_and_outranks_one(db: TestStore) {
    stock(&db, 4).await;
    ask(&db, 1, 1, 1, "a", 0).await.unwrap();
    assert!(db.create_confirmation(create(2, real(1), 2, at(5))).await.unwrap().confirmation.is_some());
    assert_eq!(stage(&db, 1).await, Stage::Expired);
    assert_hidden(&db, ask(&db, 3, 1, 3, "b", 7_200).await.unwrap(), 7_200).await;
    assert_eq!(stage(&db, 2).await, Stage::Open);
}

pub(crate) async fn requests_at_once_pass_no_limit(db: TestStore) {
    stock(&db, 60).await;
    let store = db.store();
    let results = at_once(40, |n| {
        let store = Arc::clone(&store);
        async move { store.create_confirmation(page(n.into(), real(n), n.into(), "a", at(0))).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 20, "of one requester");
    let results =
        at_once(10, |n| {
            let store = Arc::clone(&store);
            async move {
                store.create_confirmation(page(100 + u64::from(n), real(100 + n), 7, &format!("r{n}"), at(500))).await
            }
        })
        .await;
    let begun = results.iter().flatten().filter(|begun| begun.confirmation.is_some()).count();
    assert_eq!((results.iter().filter(|result| result.is_ok()).count(), begun), (10, 1), "of one e-mail address");
}

pub(crate) async fn a_mailed_link_may_wait_for_an_operators_word_on_the_phone(db: TestStore) {
    stock(&db, 2).await;
    let mut policy = Policy::shipped().unwrap();
    policy.set("codes.mailed_link", "asks_operator").unwrap();
    let rules = CodeRules { policy: Arc::new(policy), ..rules() };
    let mut out = Out::default();
    ask(&db, 1, 1, 1, "a", 0).await.unwrap();
    db.create_confirmation(create(2, real(2), 2, at(0))).await.unwrap();
    for second in [0, 60, 180] {
        settle(&db, &mut out, at(second)).await;
    }
    let mailed = |n| {
        let proof = LinkProof::Token(out.mailed[&pending(n)].clone());
        proxycall_service::ports::ledger::UseLink { rules: rules.clone(), ..using(n, proof, at(200)) }
    };
    let came_to = async |n| match db.use_link(mailed(n)).await.unwrap() {
        LinkOutcome::Entered(entered, _) => entered,
        other => panic!("{other:?}"),
    };
    assert_eq!(came_to(2).await, Entered::Done, "the operator who asked for it vouches for the phone");
    assert_eq!(came_to(1).await, Entered::Waits);
    let waiting = db.confirmation(pending(1)).await.unwrap().unwrap();
    assert_eq!((waiting.status(at(200)).as_str(), waiting.progress.detail), ("VERIFIED", Detail::PhoneUnproven));
    let approve = ApproveConfirmation { id: pending(1), rules: rules.clone(), spare: spare(), now: at(300) };
    let approved = db.approve_confirmation(approve).await.unwrap();
    assert_eq!(approved.progress.stage, Stage::Promoted);
    assert_eq!(db.client_by_proxy(approved.proxy).await.unwrap().unwrap().phone, real(1));
}
