//! Clients.

use proxycall_domain::pool::life::Actor;
use proxycall_domain::{MailAddress, NumberType, PersonName, client::ClientChanges, pool::Availability};
use proxycall_service::ports::{
    Ledger, LedgerError,
    ledger::{ClientFilter, ClientSearch, CloseClient, CreateClient, RequestKey, RestoreClient, UpdateClient},
};

use crate::support::*;

pub(crate) fn close(n: u32, day: i64) -> CloseClient {
    CloseClient { id: id(n), quarantine_until: at((day + 30) * DAY), actor: Actor::Api, now: at(day * DAY) }
}

pub(crate) fn restore(n: u32, day: i64) -> RestoreClient {
    let now = at(day * DAY);
    RestoreClient {
        id: id(n),
        preferred: NumberType::Local,
        closed_since: now - days(30),
        actor: Actor::Api,
        wire: job(),
        now,
    }
}

fn update(n: u32, changes: ClientChanges) -> UpdateClient {
    UpdateClient { id: id(n), changes, now: at(50) }
}

pub(crate) async fn a_new_client_gets_a_number_of_the_preferred_type(db: TestStore) {
    let numbers = vec![number(proxy(1), NumberType::Local), number(proxy(2), NumberType::Mobile)];
    db.add_numbers(numbers, act(0)).await.unwrap();
    let command = CreateClient { preferred: NumberType::Mobile, ..create(new_client(1)) };
    let client = db.create_client(command).await.unwrap();
    let expected = new_client(1);
    assert_eq!((client.id, client.name, client.mail), (expected.id, expected.name, expected.mail));
    assert_eq!((client.phone, client.country), (expected.phone, expected.country));
    assert_eq!((client.proxy, client.last_caller, client.closed_at), (Some(proxy(2)), None, None));
    assert_eq!(client.created_at, at(0));
}

pub(crate) async fn the_other_type_is_taken_when_none_is_left(db: TestStore) {
    stock(&db, 1).await;
    let command = CreateClient { preferred: NumberType::Mobile, ..create(new_client(1)) };
    assert_eq!(db.create_client(command).await.unwrap().proxy, Some(proxy(1)));
}

pub(crate) async fn a_client_is_found_by_id_and_by_number(db: TestStore) {
    let expected = clients(&db, 2).await;
    assert_eq!(db.client(id(2)).await.unwrap().as_ref(), Some(&expected[1]));
    assert_eq!(db.client_by_proxy(proxy(2)).await.unwrap().as_ref(), Some(&expected[1]));
    assert_eq!(db.client(id(3)).await.unwrap(), None);
    assert_eq!(db.client_by_proxy(real(2)).await.unwrap(), None);
}

pub(crate) async fn an_id_that_exists_is_refused_unless_the_same_request_made_it(db: TestStore) {
    stock(&db, 5).await;
    let request = |key: &str, content| {
        Some(RequestKey { route: "POST /clients".to_owned(), key: key.to_owned(), content: [content; 32] })
    };
    let with = |request| CreateClient { request, ..create(new_client(1)) };
    let made = db.create_client(with(request("a", 1))).await.unwrap();
    assert_eq!(db.create_client(with(request("a", 1))).await.unwrap(), made);
    for other in [None, request("a", 2), request("b", 1)] {
        assert_eq!(db.create_client(with(other)).await, Err(LedgerError::ClientExists));
    }
    // Without a key the next one is refused as well, also at the same moment.
    let results = at_once(10, |_| {
        let store = db.store();
        async move { store.create_client(create(new_client(2))).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|result| result.is_ok() || *result == Err(LedgerError::ClientExists)));
    assert_eq!(db.database().count("proxy_number WHERE status = 'assigned'").await, 2);
}

pub(crate) async fn a_proxy_number_is_nobodys_real_number(db: TestStore) {
    clients(&db, 1).await;
    stock_one(&db, 9).await;
    for taken in [proxy(1), proxy(9)] {
        let mut client = new_client(2);
        client.phone = taken;
        assert_eq!(db.create_client(create(client)).await, Err(LedgerError::NumberIsProxy));
        let changes = ClientChanges { phone: Some(taken), ..ClientChanges::default() };
        assert_eq!(db.update_client(update(1, changes)).await, Err(LedgerError::NumberIsProxy));
    }
    // What we gave back to the carrier may be anybody's.
    db.database().execute("UPDATE proxy_number SET status = 'released' WHERE status = 'available'").await.unwrap();
    let changes = ClientChanges { phone: Some(proxy(9)), ..ClientChanges::default() };
    assert_eq!(db.update_client(update(1, changes)).await.unwrap().phone, proxy(9));
}

async fn stock_one(db: &TestStore, n: u32) {
    db.add_numbers(vec![number(proxy(n), NumberType::Local)], act(0)).await.unwrap();
}

pub(crate) async fn without_a_number_there_is_no_client(db: TestStore) {
    let refused = db.create_client(create(new_client(1))).await;
    let country = "FR".parse().unwrap();
    assert_eq!(refused, Err(LedgerError::NoNumberLeft { country, availability: Availability::default() }));
    assert_eq!(db.database().count("client").await, 0);
    stock(&db, 1).await;
    let mut belgian = new_client(1);
    belgian.country = "BE".parse().unwrap();
    assert!(matches!(db.create_client(create(belgian)).await, Err(LedgerError::NoNumberLeft { .. })));
    assert_eq!(db.database().count("client").await, 0);
}

pub(crate) async fn changes_leave_the_rest_as_it_was(db: TestStore) {
    let before = clients(&db, 1).await.remove(0);
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    let nothing = db.update_client(update(1, ClientChanges::default())).await.unwrap();
    let mut expected = before;
    expected.last_caller = Some(courier(1));
    assert_eq!(nothing, expected);
    expected.name = PersonName::parse("name", "Ana Nova").unwrap();
    expected.mail = MailAddress::parse("mail", "ana@example.com").unwrap();
    // The last caller's own number: then the client reaches nobody but stays reachable.
    expected.phone = courier(1);
    let changes = ClientChanges {
        name: Some(expected.name.clone()),
        mail: Some(expected.mail.clone()),
        phone: Some(expected.phone),
        proxy: Some(proxy(1)),
    };
    assert_eq!(db.update_client(update(1, changes)).await.unwrap(), expected);
    assert_eq!(db.client(id(1)).await.unwrap(), Some(expected));
    assert_eq!(found(&db, ClientSearch::Phone(courier(1))).await, [1]);
    assert_eq!(found(&db, ClientSearch::Phone(real(1))).await, [] as [i64; 0]);
    assert_eq!(found(&db, words("nov")).await, [1]);
    assert_eq!(found(&db, last_four("9001")).await, [1]);
}

pub(crate) async fn a_client_that_is_unknown_or_closed_is_not_changed(db: TestStore) {
    assert_eq!(db.update_client(update(1, ClientChanges::default())).await, Err(LedgerError::ClientUnknown));
    clients(&db, 1).await;
    db.close_client(close(1, 0)).await.unwrap();
    assert_eq!(db.update_client(update(1, ClientChanges::default())).await, Err(LedgerError::ClientClosed));
}

pub(crate) async fn another_number_is_no_change(db: TestStore) {
    clients(&db, 2).await;
    let changes = ClientChanges { proxy: Some(proxy(2)), ..ClientChanges::default() };
    assert_eq!(db.update_client(update(1, changes)).await, Err(LedgerError::NotTheirNumber));
}

pub(crate) async fn a_closed_client_is_hidden_and_its_number_rests(db: TestStore) {
    clients(&db, 1).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    let closed = db.close_client(close(1, 1)).await.unwrap();
    assert_eq!((closed.closed_at, closed.proxy, closed.last_caller), (Some(at(DAY)), None, None));
    assert_eq!(db.client(id(1)).await.unwrap(), None);
    assert_eq!(db.client_by_proxy(proxy(1)).await.unwrap(), None);
    assert_eq!(db.close_client(close(1, 2)).await.unwrap(), closed);
    assert_eq!(db.close_client(close(2, 1)).await, Err(LedgerError::ClientUnknown));
    let resting = "proxy_number WHERE status = 'quarantined' AND former_client_id = 1 AND client_id IS NULL";
    assert_eq!(db.database().count(resting).await, 1);
    let recorded = db.record_inbound_call(call("CA2", courier(1), proxy(1), at(DAY))).await.unwrap();
    assert_eq!(recorded.outcome, proxycall_domain::Outcome::RefusedUnknownNumber);
}

pub(crate) async fn a_client_is_restored_with_its_number_or_another(db: TestStore) {
    let before = clients(&db, 2).await.remove(0);
    assert_eq!(db.restore_client(restore(1, 0)).await.unwrap(), before);
    assert_eq!(db.restore_client(restore(9, 0)).await, Err(LedgerError::ClientUnknown));
    db.close_client(close(1, 1)).await.unwrap();
    assert_eq!(db.restore_client(restore(1, 20)).await.unwrap(), before);

    // Its number went to another client meanwhile.
    db.close_client(close(1, 21)).await.unwrap();
    db.database().execute("UPDATE proxy_number SET quarantine_until = 0 WHERE client_id IS NULL").await.unwrap();
    assert_eq!(db.create_client(create(new_client(3))).await.unwrap().proxy, Some(proxy(1)));
    assert!(matches!(db.restore_client(restore(1, 22)).await, Err(LedgerError::NoNumberLeft { .. })));
    assert_eq!(db.client(id(1)).await.unwrap(), None);
    stock_one(&db, 5).await;
    assert_eq!(db.restore_client(restore(1, 23)).await.unwrap().proxy, Some(proxy(5)));
    assert_eq!(db.client_by_proxy(proxy(1)).await.unwrap().unwrap().id, id(3));
}

pub(crate) async fn a_client_closed_too_long_ago_is_gone(db: TestStore) {
    clients(&db, 1).await;
    db.close_client(close(1, 0)).await.unwrap();
    assert_eq!(db.restore_client(restore(1, 31)).await, Err(LedgerError::ClientGone));
    assert!(db.restore_client(restore(1, 30)).await.is_ok());
}

pub(crate) async fn the_next_id_counts_closed_clients_too(db: TestStore) {
    assert_eq!(db.next_client_id().await.unwrap(), id(1));
    clients(&db, 3).await;
    db.close_client(close(3, 0)).await.unwrap();
    assert_eq!(db.next_client_id().await.unwrap(), id(4));
}

fn ids(clients: &[proxycall_domain::client::Client]) -> Vec<i64> {
    clients.iter().map(|client| client.id.get()).collect()
}

pub(crate) async fn clients_come_by_page_and_country(db: TestStore) {
    clients(&db, 5).await;
    let mut belgian = number(proxy(8), NumberType::Local);
    belgian.country = "BE".parse().unwrap();
    db.add_numbers(vec![belgian], act(0)).await.unwrap();
    let mut client = new_client(8);
    client.country = "BE".parse().unwrap();
    db.create_client(create(client)).await.unwrap();
    db.close_client(close(4, 0)).await.unwrap();

    let list = |filter: ClientFilter| {
        let store = db.store();
        async move { store.clients(filter).await.unwrap() }
    };
    let first = list(ClientFilter { limit: 3, ..ClientFilter::default() }).await;
    assert_eq!((ids(&first.items), first.next.as_deref()), (vec![1, 2, 3], Some("3")));
    let second = list(ClientFilter { limit: 3, after: Some(id(3)), ..ClientFilter::default() }).await;
    assert_eq!((ids(&second.items), second.next), (vec![5, 8], None));
    let closed = list(ClientFilter { limit: 3, closed: true, ..ClientFilter::default() }).await;
    assert_eq!((ids(&closed.items), closed.next), (vec![4], None));
    let belgians = list(ClientFilter { limit: 3, country: "BE".parse().ok(), ..ClientFilter::default() }).await;
    assert_eq!(ids(&belgians.items), [8]);

    let newest = ClientFilter { newest_first: true, limit: 3, ..ClientFilter::default() };
    let first = list(newest.clone()).await;
    assert_eq!((ids(&first.items), first.next.as_deref()), (vec![8, 5, 3], Some("3")));
    let second = list(ClientFilter { after: Some(id(3)), ..newest.clone() }).await;
    assert_eq!((ids(&second.items), second.next), (vec![2, 1], None));
    db.close_client(close(2, 0)).await.unwrap();
    assert_eq!(ids(&list(ClientFilter { closed: true, ..newest }).await.items), [4, 2]);
}

fn words(start: &str) -> ClientSearch {
    ClientSearch::Words { start: start.to_owned(), after: None, limit: 10 }
}

fn last_four(digits: &str) -> ClientSearch {
    ClientSearch::LastFour { digits: digits.to_owned(), after: None, limit: 10 }
}

async fn found(db: &TestStore, search: ClientSearch) -> Vec<i64> {
    ids(&db.search_clients(search).await.unwrap().items)
}

async fn named(db: &TestStore, n: u32, name: &str, mail: &str) {
    stock_one(db, n).await;
    let mut client = new_client(n);
    client.name = PersonName::parse("name", name).unwrap();
    client.mail = MailAddress::parse("mail", mail).unwrap();
    db.create_client(create(client)).await.unwrap();
}

pub(crate) async fn clients_are_found_by_what_is_known_of_them(db: TestStore) {
    named(&db, 1, "Élodie Martin", "Elo@Example.com").await;
    named(&db, 2, "Martin Élan", "m@example.com").await;
    named(&db, 3, "Jo Smart", "smart@example.com").await;
    assert_eq!(found(&db, ClientSearch::Phone(real(2))).await, [2]);
    assert_eq!(found(&db, ClientSearch::Phone(proxy(3))).await, [3]);
    assert_eq!(found(&db, last_four("0003")).await, [3]);
    assert_eq!(found(&db, last_four("0009")).await, [] as [i64; 0]);
    assert_eq!(found(&db, words("mart")).await, [1, 2]);
    // In the order of the words: élan, élodie.
    assert_eq!(found(&db, words("ÉL")).await, [2, 1]);
    assert_eq!(found(&db, words("elo")).await, [1]);
    assert_eq!(found(&db, words("mar el")).await, [1, 2]);
    assert_eq!(found(&db, words("élodie m")).await, [1]);
    assert_eq!(found(&db, words("elo@EX")).await, [1]);
    assert_eq!(found(&db, words("example")).await, [] as [i64; 0]);
    let page = ClientSearch::Words { start: "mart".to_owned(), after: None, limit: 1 };
    let page = db.search_clients(page).await.unwrap();
    assert_eq!((ids(&page.items), page.next.as_deref()), (vec![1], Some("1")));
    let rest = ClientSearch::Words { start: "mart".to_owned(), after: Some(id(1)), limit: 1 };
    assert_eq!(found(&db, rest).await, [2]);
    let same_four = ClientSearch::LastFour { digits: "0001".to_owned(), after: Some(id(1)), limit: 1 };
    assert_eq!(found(&db, same_four).await, [] as [i64; 0]);
}

pub(crate) async fn signs_of_a_search_mean_themselves(db: TestStore) {
    named(&db, 1, r"100% \Legal_Name", "a@example.com").await;
    named(&db, 2, "1000 LegalXName", "b@example.com").await;
    assert_eq!(found(&db, words("100%")).await, [1]);
    assert_eq!(found(&db, words(r"\legal_")).await, [1]);
    assert_eq!(found(&db, words("%")).await, [] as [i64; 0]);
    assert_eq!(found(&db, words("_")).await, [] as [i64; 0]);
    assert_eq!(found(&db, words("legal_")).await, [] as [i64; 0]);
    assert_eq!(found(&db, words("legalx")).await, [2]);
}
