//! Orders.

use proxycall_domain::pool::life::Actor;
use proxycall_domain::{
    NewClient, NumberType,
    order::{NewOrder, OrderId},
};
use proxycall_service::ports::{
    Ledger, LedgerError,
    ledger::{ImportClient, PlaceOrder},
};

use crate::{clients::close, support::*};

fn order_id(text: &str) -> OrderId {
    OrderId::parse("order_id", text).unwrap()
}

fn place(order: &str, client: NewClient, seconds: i64) -> PlaceOrder {
    PlaceOrder {
        order: NewOrder { id: order_id(order), client },
        preferred: NumberType::Local,
        actor: Actor::Api,
        wire: job(),
        now: at(seconds),
    }
}

pub(crate) async fn an_order_creates_its_client(db: TestStore) {
    stock(&db, 1).await;
    let placed = db.place_order(place("A-1", new_client(1), 5)).await.unwrap();
    assert_eq!((placed.proxy, placed.order.client, placed.order.created_at), (proxy(1), id(1), at(5)));
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().phone, real(1));
    assert_eq!(db.order(order_id("A-1")).await.unwrap(), Some(placed.order));
    assert_eq!(db.order(order_id("A-2")).await.unwrap(), None);

    let refused = db.place_order(place("A-2", new_client(2), 6)).await;
    assert!(matches!(refused, Err(LedgerError::NoNumberLeft { .. })));
    let mut proxied = new_client(3);
    proxied.phone = proxy(1);
    assert_eq!(db.place_order(place("A-3", proxied, 6)).await, Err(LedgerError::NumberIsProxy));
    assert_eq!((db.database().count("client").await, db.database().count("client_order").await), (1, 1));
}

pub(crate) async fn the_same_order_gets_the_same_answer(db: TestStore) {
    stock(&db, 2).await;
    let placed = db.place_order(place("A-1", new_client(1), 5)).await.unwrap();
    assert_eq!(db.place_order(place("A-1", new_client(1), 9)).await.unwrap(), placed);
    assert_eq!(db.database().count("client_order").await, 1);
}

pub(crate) async fn the_same_order_50_times_at_once_is_one_order(db: TestStore) {
    stock(&db, 60).await;
    let placed = at_once(50, |_| {
        let store = db.store();
        async move { store.place_order(place("A-1", new_client(1), 5)).await.unwrap() }
    })
    .await;
    assert!(placed.iter().all(|other| *other == placed[0]));
    assert_eq!(db.database().count("client_order").await, 1);
    assert_eq!(db.database().count("proxy_number WHERE status = 'assigned'").await, 1);
}

pub(crate) async fn an_order_with_other_content_is_a_conflict(db: TestStore) {
    stock(&db, 3).await;
    db.place_order(place("A-1", new_client(1), 5)).await.unwrap();
    assert_eq!(db.place_order(place("A-1", new_client(2), 6)).await, Err(LedgerError::OrderConflict));
    let mut other = new_client(1);
    other.phone = real(7);
    assert_eq!(db.place_order(place("A-1", other, 6)).await, Err(LedgerError::OrderConflict));
    assert_eq!(db.client(id(2)).await.unwrap(), None);
}

pub(crate) async fn an_order_uses_the_client_as_it_is(db: TestStore) {
    let client = clients(&db, 1).await.remove(0);
    let mut otherwise = new_client(1);
    otherwise.phone = real(7);
    let placed = db.place_order(place("A-1", otherwise, 5)).await.unwrap();
    assert_eq!(placed.proxy, proxy(1));
    assert_eq!(db.client(id(1)).await.unwrap(), Some(client));
}

pub(crate) async fn an_order_gives_a_number_to_a_client_without_one(db: TestStore) {
    let row = ImportClient { client: new_client(1), proxy: None, last_caller: None };
    db.import_clients(vec![row], false, at(0)).await.unwrap();
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().proxy, None);
    assert!(matches!(db.place_order(place("A-0", new_client(1), 1)).await, Err(LedgerError::NoNumberLeft { .. })));
    stock(&db, 30).await;
    let placed = at_once(20, |n| {
        let store = db.store();
        async move { store.place_order(place(&format!("A-{n}"), new_client(1), 5)).await.unwrap().proxy }
    })
    .await;
    assert!(placed.iter().all(|proxy| *proxy == placed[0]));
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().proxy, Some(placed[0]));
    assert_eq!(db.database().count("proxy_number WHERE status = 'assigned'").await, 1);
}

pub(crate) async fn an_order_of_a_closed_client_is_refused(db: TestStore) {
    stock(&db, 2).await;
    db.place_order(place("A-1", new_client(1), 5)).await.unwrap();
    db.close_client(close(1, 1)).await.unwrap();
    for order in ["A-1", "A-2"] {
        assert_eq!(db.place_order(place(order, new_client(1), 5)).await, Err(LedgerError::ClientClosed));
    }
    assert_eq!(db.order(order_id("A-1")).await.unwrap().unwrap().proxy, None);
}

pub(crate) async fn orders_come_newest_first_by_page(db: TestStore) {
    stock(&db, 2).await;
    for (order, client, seconds) in [("A", 1, 1), ("B", 2, 2), ("C", 1, 2), ("D", 1, 3)] {
        db.place_order(place(order, new_client(client), seconds)).await.unwrap();
    }
    let page = |client, after: Option<&str>, limit| {
        let (store, after) = (db.store(), after.map(str::to_owned));
        async move {
            let page = store.orders(client, after, limit).await.unwrap();
            let ids: Vec<_> = page.items.iter().map(|order| order.id.as_str().to_owned()).collect();
            (ids.join(" "), page.next)
        }
    };
    let (first, next) = page(None, None, 2).await;
    assert_eq!((first.as_str(), next.as_deref()), ("D C", Some("C")));
    assert_eq!(page(None, next.as_deref(), 2).await, ("B A".to_owned(), None));
    assert_eq!(page(Some(id(1)), None, 9).await, ("D C A".to_owned(), None));
    assert_eq!(page(Some(id(1)), Some("C"), 9).await, ("A".to_owned(), None));
    assert_eq!(page(None, Some("nonsense"), 9).await, (String::new(), None));
}
