//! The pool.

use std::collections::HashSet;

use proxycall_domain::{NewClient, NumberStatus, NumberType, pool::Availability};
use proxycall_service::ports::{Ledger, LedgerError, ledger::CreateClient};

use crate::{
    clients::{close, restore},
    support::*,
};

pub(crate) async fn numbers_are_added_once(db: TestStore) {
    clients(&db, 1).await;
    let numbers = |of: std::ops::RangeInclusive<u32>| of.map(|n| number(proxy(n), NumberType::Mobile)).collect();
    assert_eq!(db.add_numbers(numbers(1..=3), act(1)).await.unwrap(), 2);
    assert_eq!(db.add_numbers(numbers(1..=3), act(2)).await.unwrap(), 0);
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().proxy, Some(proxy(1)));
    assert_eq!(db.database().count("proxy_number WHERE number_type = 'mobile'").await, 2);
}

/// At no time, not even after a crash in between, is a number available that is to be set aside.
pub(crate) async fn a_number_that_is_taken_over_set_aside_was_never_available(db: TestStore) {
    let aside = (number(proxy(1), NumberType::Local), Some("it was faulty".to_owned()));
    let free = (number(proxy(2), NumberType::Local), None);
    assert_eq!(db.take_over_numbers(vec![aside.clone(), free.clone()], act(1)).await.unwrap(), 2);
    assert_eq!(db.take_over_numbers(vec![(aside.0, None), free], act(2)).await.unwrap(), 0);
    for (n, status, reason) in
        [(1, NumberStatus::Error, "it was faulty"), (2, NumberStatus::Available, act(0).reason.as_str())]
    {
        let history = db.number_history(proxy(n)).await.unwrap();
        let told: Vec<_> = history.iter().map(|past| (past.status, past.reason.as_str(), past.since)).collect();
        assert_eq!(told, [(status, reason, at(1))]);
    }
    let theirs = create(NewClient { phone: proxy(9), ..new_client(1) });
    db.create_client(theirs).await.unwrap();
    let real = (number(proxy(9), NumberType::Local), Some("it was faulty".to_owned()));
    assert_eq!(db.take_over_numbers(vec![real], act(3)).await, Err(LedgerError::NumberIsProxy));
}

pub(crate) async fn a_real_number_does_not_join_the_pool(db: TestStore) {
    clients(&db, 1).await;
    let numbers = vec![number(proxy(5), NumberType::Local), number(real(1), NumberType::Mobile)];
    assert_eq!(db.add_numbers(numbers, act(0)).await, Err(LedgerError::NumberIsProxy));
    assert_eq!(db.database().count("proxy_number").await, 1);
}

/// Each of fifty numbers becomes a client's real number and joins the pool at the same moment: one of the two is refused.
pub(crate) async fn a_number_becomes_real_and_a_proxy_number_at_once_and_is_one_of_them(db: TestStore) {
    stock(&db, 50).await;
    let results = at_once(100, |n| {
        let store = db.store();
        let (pair, second) = (n.div_ceil(2), n % 2 == 0);
        let (both, client_first) = (real(pair), pair % 2 == 0);
        async move {
            if client_first == second {
                store.add_numbers(vec![number(both, NumberType::Mobile)], act(0)).await.map(drop)
            } else {
                store.create_client(create(NewClient { phone: both, ..new_client(n) })).await.map(drop)
            }
        }
    })
    .await;
    assert_eq!(results.iter().filter(|result| **result == Err(LedgerError::NumberIsProxy)).count(), 50, "{results:?}");
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 50);
}

pub(crate) async fn available_numbers_are_those_that_may_be_given(db: TestStore) {
    clients(&db, 2).await;
    db.add_numbers(vec![number(proxy(7), NumberType::Mobile), number(proxy(8), NumberType::Local)], act(5))
        .await
        .unwrap();
    db.close_client(close(2, 0)).await.unwrap();
    let available = |number_type, day| {
        let store = db.store();
        async move { store.available_numbers("FR".parse().unwrap(), number_type, at(day * DAY)).await.unwrap() }
    };
    let all = available(None, 1).await;
    assert_eq!(all.iter().map(|number| number.phone).collect::<Vec<_>>(), [proxy(7), proxy(8)]);
    assert_eq!(all[0].number_type, NumberType::Mobile);
    assert_eq!((all[0].status, all[0].added_at, all[0].client), (NumberStatus::Available, at(5), None));
    assert_eq!(all[0].friendly_name, "Client");
    assert_eq!(available(Some(NumberType::Local), 1).await.len(), 1);
    let rested = available(None, 30).await;
    assert_eq!(rested.iter().map(|number| number.phone).collect::<Vec<_>>(), [proxy(2), proxy(7), proxy(8)]);
    assert_eq!(rested[0].status, NumberStatus::Available);
    assert_eq!(db.available_numbers("BE".parse().unwrap(), None, at(0)).await.unwrap(), []);
}

pub(crate) async fn a_refusal_for_want_of_numbers_counts_what_is_left(db: TestStore) {
    let mut mobile = number(proxy(1), NumberType::Mobile);
    mobile.country = "BE".parse().unwrap();
    db.add_numbers(vec![mobile], act(0)).await.unwrap();
    let LedgerError::NoNumberLeft { country, availability } =
        db.create_client(create(new_client(1))).await.unwrap_err()
    else {
        unreachable!("there is no French number")
    };
    assert_eq!((country, availability), ("FR".parse().unwrap(), Availability { mobile: 0, local: 0 }));
}

pub(crate) async fn a_number_rests_before_another_client_gets_it(db: TestStore) {
    clients(&db, 1).await;
    db.close_client(close(1, 0)).await.unwrap();
    let on_day = |day| CreateClient { now: at(day * DAY), ..create(new_client(2)) };
    assert!(matches!(db.create_client(on_day(29)).await, Err(LedgerError::NoNumberLeft { .. })));
    assert_eq!(db.create_client(on_day(30)).await.unwrap().proxy, Some(proxy(1)));
    assert_eq!(db.database().count("proxy_number WHERE former_client_id IS NOT NULL").await, 0);
}

pub(crate) async fn two_hundred_clients_and_a_hundred_numbers(db: TestStore) {
    stock(&db, 100).await;
    let results = at_once(200, |n| {
        let store = db.store();
        async move { store.create_client(create(new_client(n))).await }
    })
    .await;
    let given: Vec<_> = results.iter().flatten().map(|client| client.proxy.unwrap()).collect();
    assert_eq!(given.len(), 100, "a number was lost");
    assert_eq!(given.iter().collect::<HashSet<_>>().len(), 100, "a number was given twice");
    let none_left = |result: &Result<_, LedgerError>| matches!(result, Err(LedgerError::NoNumberLeft { .. }));
    assert_eq!(results.iter().filter(|result| none_left(result)).count(), 100);
    assert_eq!(db.database().count("client").await, 100);
    assert_eq!(db.database().count("proxy_number WHERE status = 'assigned'").await, 100);
}

pub(crate) async fn restoring_and_creating_at_once_never_give_one_number_twice(db: TestStore) {
    clients(&db, 10).await;
    for n in 1..=10 {
        db.close_client(close(n, 0)).await.unwrap();
    }
    // On day 30 the numbers have rested, and their former clients may still come back.
    let results = at_once(30, |n| {
        let store = db.store();
        async move {
            if n <= 20 {
                store.restore_client(restore((n - 1) / 2 + 1, 30)).await
            } else {
                store.create_client(CreateClient { now: at(30 * DAY), ..create(new_client(n)) }).await
            }
        }
    })
    .await;
    let owners: HashSet<_> = results.iter().flatten().map(|client| (client.id, client.proxy.unwrap())).collect();
    assert_eq!(owners.len(), 10);
    assert_eq!(owners.iter().map(|(_, proxy)| proxy).collect::<HashSet<_>>().len(), 10);
    let refused = |result: &Result<_, LedgerError>| matches!(result, Err(LedgerError::NoNumberLeft { .. }));
    assert!(results.iter().all(|result| result.is_ok() || refused(result)), "{results:?}");
    assert_eq!(db.database().count("proxy_number WHERE status = 'assigned'").await, 10);
}
