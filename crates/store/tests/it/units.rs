//! One verb is one unit of work.

use proxycall_domain::NumberType;
use proxycall_service::ports::{Ledger, LedgerError};

use crate::support::*;

pub(crate) async fn a_unit_with_a_refusal_leaves_nothing(db: TestStore) {
    clients(&db, 1).await;
    // The row is written before the missing number is found out.
    assert!(matches!(db.create_client(create(new_client(2))).await, Err(LedgerError::NoNumberLeft { .. })));
    // The first number is written before the second is refused.
    let numbers = vec![number(proxy(5), NumberType::Local), number(real(1), NumberType::Local)];
    assert_eq!(db.add_numbers(numbers, act(0)).await, Err(LedgerError::NumberIsProxy));
    assert_eq!((db.database().count("client").await, db.database().count("proxy_number").await), (1, 1));
}

/// On SQLite these share a few commits.
pub(crate) async fn refused_verbs_among_others_undo_only_themselves(db: TestStore) {
    clients(&db, 1).await;
    let results = at_once(60, |n| {
        let store = db.store();
        async move {
            match n % 3 {
                0 => store.set_setting(format!("key.{n}"), Some("1".to_owned()), at(0)).await.is_ok(),
                1 => store.create_client(create(new_client(n + 1))).await.is_ok(),
                _ => store.record_inbound_call(call(&format!("CA{n}"), courier(n), proxy(1), at(0))).await.is_ok(),
            }
        }
    })
    .await;
    assert_eq!(results.iter().filter(|ok| **ok).count(), 40);
    assert_eq!(db.settings().await.unwrap().len(), 20);
    assert_eq!((db.database().count("interaction").await, db.database().count("client").await), (20, 1));
}
