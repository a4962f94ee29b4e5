//! Tokens and the audit log.

use proxycall_domain::{ActId, ActOutcome, Scope, TokenName, pool::life::Actor};
use proxycall_service::ports::{
    LedgerError,
    ledger::{AccessBook, ApiToken, AuditEntry, AuditFilter, ConsoleSession},
};

use crate::support::*;

fn name(text: &str) -> TokenName {
    TokenName::parse("name", text).unwrap()
}

fn token(text: &str, hash: u8) -> ApiToken {
    ApiToken {
        name: name(text),
        scope: Scope::Operate,
        hash: [hash; 32],
        created_at: at(0),
        rotated_at: None,
        expires_at: Some(at(DAY)),
        last_used_at: None,
        revoked_at: None,
    }
}

pub(crate) async fn a_token_is_kept_rotated_and_revoked_for_good(db: TestStore) {
    db.add_token(token("shop", 1)).await.unwrap();
    db.add_token(token("backup", 2)).await.unwrap();
    assert_eq!(db.tokens().await.unwrap(), [token("backup", 2), token("shop", 1)]);
    let rotated = ApiToken { hash: [3; 32], rotated_at: Some(at(5)), ..token("shop", 1) };
    assert_eq!(db.rotate_token(name("shop"), [3; 32], at(5)).await.unwrap(), rotated);
    let revoked = ApiToken { revoked_at: Some(at(6)), ..rotated };
    assert_eq!(db.revoke_token(name("shop"), at(6)).await.unwrap(), revoked);
    assert_eq!(db.revoke_token(name("shop"), at(7)).await.unwrap(), revoked);
    assert_eq!(db.rotate_token(name("shop"), [4; 32], at(8)).await, Err(LedgerError::TokenRevoked));
    assert_eq!(db.add_token(token("shop", 5)).await, Err(LedgerError::TokenExists));
    assert_eq!(db.revoke_token(name("nobody"), at(8)).await, Err(LedgerError::TokenUnknown));
    assert_eq!(db.rotate_token(name("nobody"), [6; 32], at(8)).await, Err(LedgerError::TokenUnknown));
}

pub(crate) async fn one_of_20_who_make_the_same_token_at_once_has_it(db: TestStore) {
    let results = at_once(20, |n| {
        let store = db.store();
        async move { store.add_token(token("shop", u8::try_from(n).unwrap())).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(LedgerError::TokenExists))));
}

pub(crate) async fn the_last_use_of_a_token_is_never_set_back(db: TestStore) {
    db.add_token(token("shop", 1)).await.unwrap();
    for seconds in [60, 30] {
        db.note_tokens_used(vec![(name("shop"), at(seconds)), (name("nobody"), at(1))]).await.unwrap();
    }
    assert_eq!(db.tokens().await.unwrap()[0].last_used_at, Some(at(60)));
}

fn an_act(seconds: i64, actor: Actor, action: &str, subject: &str) -> AuditEntry {
    AuditEntry {
        id: ActId::new(at(seconds), &chance()),
        at: at(seconds),
        actor,
        action: action.to_owned(),
        subject: subject.to_owned(),
        outcome: ActOutcome::Begun,
        request_id: "r-1".to_owned(),
    }
}

pub(crate) async fn an_act_is_there_before_it_ends_and_ends_once(db: TestStore) {
    let act = an_act(0, Actor::Token(name("shop")), "close_client", "");
    db.begin_act(act.clone()).await.unwrap();
    let all = AuditFilter { limit: 10, ..AuditFilter::default() };
    assert_eq!(db.acts(all.clone()).await.unwrap().items, std::slice::from_ref(&act));
    db.end_act(act.id, Some("client 1".to_owned()), ActOutcome::Done).await.unwrap();
    db.end_act(act.id, Some("client 2".to_owned()), ActOutcome::Failed).await.unwrap();
    let ended = AuditEntry { subject: "client 1".to_owned(), outcome: ActOutcome::Done, ..act };
    assert_eq!(db.acts(all).await.unwrap().items, [ended]);
}

pub(crate) async fn acts_come_newest_first_by_page_actor_action_and_subject(db: TestStore) {
    let mut acts = Vec::new();
    for n in 0..12 {
        let actor = if n % 2 == 0 { Actor::Cli } else { Actor::Sheet };
        let action = if n % 3 == 0 { "set_setting" } else { "close_client" };
        let act = an_act(n, actor, action, &format!("client {}", n % 4));
        db.begin_act(act.clone()).await.unwrap();
        acts.insert(0, act);
    }
    let mut found = Vec::new();
    let mut filter = AuditFilter { limit: 5, ..AuditFilter::default() };
    loop {
        let page = db.acts(filter.clone()).await.unwrap();
        found.extend(page.items);
        let Some(next) = page.next else { break };
        filter.after = Some(next.parse().unwrap());
    }
    assert_eq!(found, acts);
    for (actor, action, subject) in [
        (Some("cli"), None, None),
        (None, Some("set_setting"), None),
        (None, None, Some("client 3")),
        (Some("sheet"), Some("close_client"), Some("client 1")),
    ] {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let filter =
            AuditFilter { actor: own(actor), action: own(action), subject: own(subject), after: None, limit: 100 };
        let expected = acts.iter().filter(|act| {
            actor.is_none_or(|actor| act.actor.as_str() == actor)
                && action.is_none_or(|action| act.action == action)
                && subject.is_none_or(|subject| act.subject == subject)
        });
        let expected: Vec<_> = expected.cloned().collect();
        assert!(!expected.is_empty());
        assert_eq!(db.acts(filter).await.unwrap().items, expected);
    }
}

fn session(cookie: u8, token: &str, begun: i64) -> ConsoleSession {
    ConsoleSession {
        hash: [cookie; 32],
        token: name(token),
        token_hash: [9; 32],
        begun_at: at(begun),
        seen_at: at(begun),
    }
}

pub(crate) async fn a_console_session_is_seen_ended_and_forgotten(db: TestStore) {
    db.begin_session(session(1, "shop", 0), at(-DAY)).await.unwrap();
    db.begin_session(session(2, "shop", 10), at(-DAY)).await.unwrap();
    db.begin_session(session(3, "desk", 20), at(-DAY)).await.unwrap();
    for seconds in [60, 30] {
        db.note_session_seen([1; 32], at(seconds)).await.unwrap();
    }
    assert_eq!(db.session([1; 32]).await.unwrap(), Some(ConsoleSession { seen_at: at(60), ..session(1, "shop", 0) }));
    assert_eq!(db.session([7; 32]).await.unwrap(), None);
    db.end_session([1; 32]).await.unwrap();
    assert_eq!(db.session([1; 32]).await.unwrap(), None);
    assert_eq!(db.end_sessions_of(name("shop")).await.unwrap(), 1);
    assert_eq!(db.session([2; 32]).await.unwrap(), None);
    // Whoever begins one has those forgotten that are over by then.
    db.begin_session(session(4, "shop", DAY), at(21)).await.unwrap();
    assert_eq!(db.session([3; 32]).await.unwrap(), None);
    assert_eq!(db.session([4; 32]).await.unwrap(), Some(session(4, "shop", DAY)));
}
