//! Taking clients over.

use proxycall_domain::{NumberType, PhoneNumber};
use proxycall_service::ports::{
    Ledger,
    ledger::{ImportClient, ImportFinding, ImportNumber},
};

use crate::{clients::close, support::*};

fn row(n: u32, phone: Option<PhoneNumber>) -> ImportClient {
    let proxy =
        phone.map(|phone| ImportNumber { phone, country: "FR".parse().unwrap(), number_type: NumberType::Local });
    ImportClient { client: new_client(n), proxy, last_caller: (n == 1).then(|| courier(1)) }
}

/// What is said of each row, in English; nothing of one that was taken.
fn said(findings: &[ImportFinding]) -> Vec<String> {
    let said = findings.iter().map(|finding| match finding {
        ImportFinding::Refused(error) => error.to_string(),
        _ => String::new(),
    });
    said.collect()
}

pub(crate) async fn clients_are_taken_over_with_their_numbers(db: TestStore) {
    let rows = vec![row(1, Some(proxy(1))), row(2, Some(proxy(2))), row(3, None)];
    let findings = db.import_clients(rows, false, at(0)).await.unwrap();
    assert_eq!(findings, [ImportFinding::Added, ImportFinding::Added, ImportFinding::Added]);
    let first = db.client(id(1)).await.unwrap().unwrap();
    assert_eq!((first.phone, first.proxy, first.last_caller), (real(1), Some(proxy(1)), Some(courier(1))));
    assert_eq!(db.client_by_proxy(proxy(2)).await.unwrap().unwrap().id, id(2));
    assert_eq!(db.client(id(3)).await.unwrap().unwrap().proxy, None);
    let recorded = db.record_inbound_call(call("CA1", real(1), proxy(1), at(1))).await.unwrap();
    assert_eq!(recorded.outcome, proxycall_domain::Outcome::Connecting);
}

pub(crate) async fn taking_over_again_finds_the_same(db: TestStore) {
    let rows = || vec![row(1, Some(proxy(1))), row(2, None), row(3, Some(proxy(3)))];
    db.import_clients(rows()[..2].to_vec(), false, at(0)).await.unwrap();
    // The run was broken off; life went on meanwhile.
    db.record_inbound_call(call("CA1", courier(2), proxy(1), at(1))).await.unwrap();
    let findings = db.import_clients(rows(), false, at(2)).await.unwrap();
    assert_eq!(findings, [ImportFinding::Same, ImportFinding::Same, ImportFinding::Added]);
    let findings = db.import_clients(rows(), false, at(3)).await.unwrap();
    assert_eq!(findings, [ImportFinding::Same, ImportFinding::Same, ImportFinding::Same]);
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().last_caller, Some(courier(2)));
    // Two at once do not get into each other's way.
    let more = || (4..30).map(|n| row(n, Some(proxy(n)))).collect::<Vec<_>>();
    let both = at_once(2, |_| {
        let store = db.store();
        async move { store.import_clients(more(), false, at(4)).await.unwrap() }
    })
    .await;
    let added = both.iter().flatten().filter(|finding| **finding == ImportFinding::Added).count();
    let same = both.iter().flatten().filter(|finding| **finding == ImportFinding::Same).count();
    assert_eq!((added, same), (26, 26));
}

pub(crate) async fn a_dry_run_writes_nothing_and_finds_the_same(db: TestStore) {
    clients(&db, 1).await;
    let rows = || vec![row(1, Some(proxy(1))), row(2, Some(proxy(1))), row(3, Some(proxy(3)))];
    let dry = db.import_clients(rows(), true, at(0)).await.unwrap();
    assert_eq!((db.database().count("client").await, db.database().count("proxy_number").await), (1, 1));
    assert_eq!(db.import_clients(rows(), false, at(0)).await.unwrap(), dry);
    assert_eq!((&dry[0], &dry[2]), (&ImportFinding::Same, &ImportFinding::Added));
    assert_eq!(said(&dry)[1], "client_proxy_number: belongs to another client");
}

pub(crate) async fn rows_that_would_cross_two_parties_are_refused_alone(db: TestStore) {
    clients(&db, 3).await;
    db.close_client(close(3, 0)).await.unwrap();
    db.add_numbers(vec![number(proxy(9), NumberType::Local), number(proxy(8), NumberType::Local)], act(0))
        .await
        .unwrap();
    db.database().execute("UPDATE proxy_number SET status = 'released' WHERE phone = 33199000009").await.unwrap();
    let with_phone = |mut row: ImportClient, phone| {
        row.client.phone = phone;
        row
    };
    let rows = vec![
        with_phone(row(1, Some(proxy(1))), real(77)),
        row(2, Some(proxy(7))),
        row(3, None),
        row(11, Some(proxy(1))),
        row(12, Some(proxy(9))),
        row(13, Some(proxy(3))),
        with_phone(row(14, None), proxy(8)),
        row(15, Some(real(1))),
        with_phone(row(16, Some(proxy(16))), proxy(16)),
        // In the pool since the row before it, and not before.
        row(17, Some(proxy(17))),
        with_phone(row(18, None), proxy(17)),
        row(19, Some(proxy(17))),
    ];
    let expected = [
        "client_id: a client with this id and other data exists",
        "client_id: a client with this id and other data exists",
        "client_id: a client with this id exists and is closed",
        "client_proxy_number: belongs to another client",
        "client_proxy_number: is in the pool as released, not as available",
        "client_proxy_number: is in the pool as quarantined, not as available",
        "client_real_phone: is a proxy number, which cannot be anybody's real number",
        "client_proxy_number: is a client's real number, which cannot be a proxy number",
        "client_real_phone: is a proxy number, which cannot be anybody's real number",
        "",
        "client_real_phone: is a proxy number, which cannot be anybody's real number",
        "client_proxy_number: belongs to another client",
    ];
    let findings = db.import_clients(rows, false, at(DAY)).await.unwrap();
    assert_eq!((said(&findings), &findings[9]), (expected.map(str::to_owned).to_vec(), &ImportFinding::Added));
    assert_eq!(db.database().count("client").await, 4);
    assert_eq!(db.database().count("proxy_number").await, 6);
}

pub(crate) async fn an_available_number_of_the_pool_becomes_the_clients(db: TestStore) {
    clients(&db, 1).await;
    db.add_numbers(vec![number(proxy(5), NumberType::Mobile)], act(0)).await.unwrap();
    db.close_client(close(1, 0)).await.unwrap();
    let rows = vec![row(5, Some(proxy(5))), row(6, Some(proxy(1)))];
    assert_eq!(
        db.import_clients(rows, false, at(30 * DAY)).await.unwrap(),
        [ImportFinding::Added, ImportFinding::Added]
    );
    assert_eq!(db.client_by_proxy(proxy(5)).await.unwrap().unwrap().id, id(5));
    assert_eq!(db.client_by_proxy(proxy(1)).await.unwrap().unwrap().id, id(6));
    // What the pool knows of the number stays.
    assert_eq!(db.database().count("proxy_number WHERE number_type = 'mobile' AND friendly_name = 'Client'").await, 1);
}
