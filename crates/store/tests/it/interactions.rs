//! What passed through the numbers.

use proxycall_domain::{Address, Channel, Direction, Outcome};
use proxycall_service::ports::{Ledger, ledger::InteractionFilter};

use crate::support::*;

async fn day(db: &TestStore) {
    clients(db, 2).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    db.record_inbound_call(call("CA2", courier(2), proxy(2), at(20))).await.unwrap();
    db.record_inbound_call(call("CA3", courier(1), proxy(9), at(30))).await.unwrap();
    db.record_inbound_text(text("SM4", Address::Phone(real(1)), proxy(1), "Bonjour", at(40))).await.unwrap();
    db.record_inbound_text(text("SM5", Address::Phone(courier(1)), proxy(1), "STOP", at(50))).await.unwrap();
}

async fn sids(db: &TestStore, filter: InteractionFilter) -> String {
    let page = db.interactions(InteractionFilter { limit: 9, ..filter }).await.unwrap();
    assert_eq!(page.next, None);
    page.items.into_iter().map(|item| item.inbound_sid).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn interactions_come_newest_first_by_page(db: TestStore) {
    day(&db).await;
    let mut seen = Vec::new();
    let mut filter = InteractionFilter { limit: 2, ..InteractionFilter::default() };
    loop {
        let page = db.interactions(filter.clone()).await.unwrap();
        seen.extend(page.items.iter().map(|item| item.inbound_sid.clone()));
        let Some(next) = page.next else { break };
        filter.after = Some(next.parse().unwrap());
    }
    assert_eq!(seen, ["SM5", "SM4", "CA3", "CA2", "CA1"]);

    let page = db.interactions(InteractionFilter { limit: 9, ..InteractionFilter::default() }).await.unwrap();
    let text = &page.items[1];
    assert_eq!((text.channel, text.direction), (Channel::Text, Some(Direction::FromClient)));
    assert_eq!((text.proxy, text.client, text.party), (Some(proxy(1)), Some(id(1)), Some(courier(1))));
    assert_eq!((text.outcome, text.started_at, text.ended_at), (Outcome::Queued, at(40), None));
    let refused = &page.items[2];
    assert_eq!((refused.proxy, refused.client, refused.party), (Some(proxy(9)), None, Some(courier(1))));
    assert_eq!((refused.direction, refused.ended_at), (None, Some(at(30))));
}

pub(crate) async fn interactions_are_found_by_client_number_outcome_and_time(db: TestStore) {
    day(&db).await;
    let all = InteractionFilter::default();
    let of_client = InteractionFilter { client: Some(id(1)), ..all.clone() };
    assert_eq!(sids(&db, of_client.clone()).await, "SM5 SM4 CA1");
    assert_eq!(sids(&db, InteractionFilter { proxy: Some(proxy(9)), ..all.clone() }).await, "CA3");
    let connecting = InteractionFilter { outcome: Some(Outcome::Connecting), ..all.clone() };
    assert_eq!(sids(&db, connecting.clone()).await, "CA2 CA1");
    assert_eq!(sids(&db, InteractionFilter { proxy: Some(proxy(2)), ..connecting.clone() }).await, "CA2");
    assert_eq!(sids(&db, InteractionFilter { client: Some(id(1)), ..connecting.clone() }).await, "CA1");
    assert_eq!(sids(&db, InteractionFilter { proxy: Some(proxy(2)), ..of_client.clone() }).await, "");
    // From is included, to is not.
    let between = InteractionFilter { from: Some(at(20)), to: Some(at(40)), ..all.clone() };
    assert_eq!(sids(&db, between.clone()).await, "CA3 CA2");
    assert_eq!(sids(&db, InteractionFilter { client: Some(id(2)), ..between }).await, "CA2");
    assert_eq!(sids(&db, InteractionFilter { from: Some(at(41)), ..of_client }).await, "SM5");
    assert_eq!(sids(&db, InteractionFilter { to: Some(at(10)), ..all.clone() }).await, "");
    let just_after = at(20) + jiff::SignedDuration::from_nanos(1);
    assert_eq!(sids(&db, InteractionFilter { from: Some(just_after), ..connecting.clone() }).await, "");
    assert_eq!(sids(&db, InteractionFilter { to: Some(just_after), ..connecting }).await, "CA2 CA1");
    let ages_ago = jiff::Timestamp::from_second(-1).unwrap();
    assert_eq!(sids(&db, InteractionFilter { to: Some(ages_ago), ..all.clone() }).await, "");
    assert_eq!(sids(&db, InteractionFilter { from: Some(jiff::Timestamp::MAX), ..all.clone() }).await, "");
    assert_eq!(sids(&db, InteractionFilter { from: Some(jiff::Timestamp::MIN), ..all }).await, "SM5 SM4 CA3 CA2 CA1");
}
