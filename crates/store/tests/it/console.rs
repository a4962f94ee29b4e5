//! What the console reads: every page by key, nothing left out, nothing twice, and counts that are those of the rows.

use std::collections::BTreeSet;

use proxycall_domain::{
    Channel, Direction, MailAddress, Outcome, OutcomeGroup, PendingId, PersonName, client::ClientChanges,
    confirmation::Stage, pool::life::Actor, search,
};
use proxycall_service::ports::{
    Ledger,
    ledger::{
        ActivityFilter, AddBlock, AssignThisNumber, Blocklist as _, BoardCounts, BoardFilter, BoardGroup, CallEnded,
        CameTo, ClientSearch, ClientView, ConsoleBook, DispatchKind, DispatchState, EraseClient, Former,
        InteractionFilter, LinkProof, MoveNumber, MoveTo, Moved, PlaceOrder, PrivacyBook as _, SentText, TextResult,
        UpdateClient, Whom,
    },
};

use crate::{
    clients::{close, restore},
    confirmations::{self, Out, pending, settle, using},
    support::*,
};

async fn named(db: &TestStore, n: u32, name: &str) {
    let mut client = new_client(n);
    client.name = PersonName::parse("name", name).unwrap();
    client.mail = MailAddress::parse("mail", &format!("nobody{n}@example.com")).unwrap();
    db.create_client(create(client)).await.unwrap();
}

async fn found(db: &TestStore, start: &str) -> Vec<i64> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let search = ClientSearch::Words { start: start.to_owned(), after, limit: 2 };
        let page = db.search_clients(search).await.unwrap();
        assert!(page.items.len() <= 2);
        all.extend(page.items.iter().map(|client| client.id.get()));
        let Some(next) = page.next else { return all };
        after = Some(proxycall_domain::ClientId::parse("after", &next).unwrap());
        assert!(all.len() < 100, "the pages do not end");
    }
}

async fn kept_words(db: &TestStore) -> BTreeSet<String> {
    db.database().texts("SELECT word FROM client_word").await.into_iter().flatten().collect()
}

pub(crate) async fn the_database_keeps_the_words_that_the_domain_makes(db: TestStore) {
    let every_letter: Vec<char> = search::letters().map(|(letter, _)| letter).collect();
    let mut names: Vec<String> = every_letter
        .chunks(20)
        .map(|letters| letters.iter().map(|letter| format!("a{letter}b{}", letter.to_uppercase())).collect::<Vec<_>>())
        .map(|words| words.join(" "))
        .collect();
    names.extend(
        ["O’Brien d'Arc", "Jean-Pierre-Louis  O", r#"100% \Legal_"Name", "x"#, "Jean Jean", "Ж Ω"].map(str::to_owned),
    );
    stock(&db, 20).await;
    let mut expected = BTreeSet::new();
    for (n, name) in (1..).zip(&names) {
        assert!(name.chars().count() <= 120);
        named(&db, n, name).await;
        expected.extend(search::words_of(name, &format!("nobody{n}@example.com")));
    }
    assert_eq!(kept_words(&db).await, expected);
    let mail = MailAddress::parse("mail", "Zoé@exemple.fr").unwrap();
    let changes =
        ClientChanges { name: PersonName::parse("name", "Zoé").ok(), mail: Some(mail), ..Default::default() };
    for n in 1..=u32::try_from(names.len()).unwrap() {
        db.update_client(UpdateClient { id: id(n), changes: changes.clone(), now: at(1) }).await.unwrap();
    }
    let words = BTreeSet::from(["zoe".to_owned(), "zoe@exemple.fr".to_owned()]);
    assert_eq!(kept_words(&db).await, words, "what a client is not called any more is gone");
}

pub(crate) async fn clients_are_found_by_the_start_of_any_words_in_any_spelling(db: TestStore) {
    stock(&db, 9).await;
    for (n, name) in (1..).zip(["Dupont Marie", "Élodie Martin", "Marie-Ève Dubois", "martin MARTINEZ", "O'Brien Jean"])
    {
        named(&db, n, name).await;
    }
    for typed in ["mar du", "du MAR"] {
        assert_eq!(found(&db, typed).await, [3, 1], "dubois, dupont: fewest are found by du");
    }
    assert_eq!(found(&db, "elodie").await, [2]);
    assert_eq!(found(&db, "ÉLODIE").await, [2]);
    assert_eq!(found(&db, "eve").await, [3]);
    assert_eq!(found(&db, "marie-e").await, [3]);
    assert_eq!(found(&db, "brien").await, [5]);
    assert_eq!(found(&db, "o’b").await, [5]);
    assert_eq!(found(&db, "mar zz").await, [] as [i64; 0]);
    assert_eq!(found(&db, "nobody4@").await, [4]);
    assert_eq!(found(&db, "mar").await, [1, 3, 2, 4], "by the first word that is found, each once");
}

pub(crate) async fn closed_clients_are_found_after_the_others_and_erased_ones_never(db: TestStore) {
    clients(&db, 6).await;
    let all = found(&db, "zoe").await;
    assert_eq!(all.len(), 6);
    db.close_client(close(2, 1)).await.unwrap();
    db.close_client(close(4, 1)).await.unwrap();
    assert_eq!(found(&db, "zoe").await, [1, 3, 5, 6, 2, 4]);
    let four = |n: u32| ClientSearch::LastFour { digits: real(n).last_four(), after: None, limit: 9 };
    assert_eq!(db.search_clients(four(2)).await.unwrap().items.len(), 1);
    db.restore_client(restore(2, 2)).await.unwrap();
    assert_eq!(found(&db, "zoe").await, [1, 2, 3, 5, 6, 4]);
    let erase = EraseClient { id: id(4), quarantine_until: at(DAY), actor: Actor::Api, job: job(), now: at(2 * DAY) };
    db.erase_client(erase).await.unwrap();
    assert_eq!(found(&db, "zoe").await, [1, 2, 3, 5, 6]);
    assert_eq!(db.database().count("client_word WHERE client_id = 4").await, 0);
}

/// Rows past the store: as many as no test could make by way of it.
async fn many_refused(db: &TestStore, count: u32, channel: &str) {
    // Texts are older than all calls.
    let began: i64 = if channel == "text" { 1_600_000_000_000 } else { 1_700_000_000_000 };
    let id = match db.database().file() {
        Some(_) => format!("unhex(printf('%012x70008%015x', {began} + i * 1000, i))"),
        None => format!(
            "CAST(lpad(to_hex({began} + CAST(i AS BIGINT) * 1000), 12, '0') || '70008' || lpad(to_hex(i), 15, '0') AS UUID)"
        ),
    };
    let answer = if db.database().file().is_some() { "x'00'" } else { r"'\x00'" };
    let rows = db
        .database()
        .execute(&format!(
            "INSERT INTO interaction (id, channel, dialled, inbound_sid, outcome, answer, started_at, ended_at) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
             SELECT {id}, '{channel}', 33199000001, '{channel}' || CAST(i AS TEXT), 'refused_region', {answer}, \
                 {began} + CAST(i AS BIGINT) * 1000, 0 FROM n"
        ))
        .await;
    assert_eq!(rows.unwrap(), u64::from(count));
}

/// All that a filter finds, and how many pages ended because enough was looked through.
async fn all(db: &TestStore, filter: ActivityFilter) -> (Vec<String>, usize) {
    let (mut sids, mut cut_short, mut after) = (Vec::new(), 0, None);
    for _ in 0..1_000 {
        let page = db.activity(ActivityFilter { after, ..filter.clone() }).await.unwrap();
        assert!(page.items.len() <= usize::try_from(filter.limit).unwrap());
        sids.extend(page.items.into_iter().map(|item| item.it.inbound_sid));
        cut_short += usize::from(page.searched_to.is_some());
        assert!(page.searched_to.is_none() || page.next.is_some());
        if page.next.is_none() {
            return (sids, cut_short);
        }
        after = page.next;
    }
    panic!("the pages do not end");
}

async fn sids(db: &TestStore, filter: ActivityFilter) -> String {
    let (sids, cut_short) = all(db, ActivityFilter { limit: 2, ..filter }).await;
    assert_eq!(cut_short, 0, "so few are looked through at once");
    sids.join(" ")
}

pub(crate) async fn activity_is_found_by_everything_that_is_known_of_it(db: TestStore) {
    clients(&db, 2).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    db.record_inbound_call(call("CA2", courier(2), proxy(2), at(20))).await.unwrap();
    db.record_inbound_call(call("CA3", courier(1), proxy(9), at(30))).await.unwrap();
    let from_client =
        |sid, seconds| text(sid, proxycall_domain::Address::Phone(real(1)), proxy(1), "Bonjour", at(seconds));
    db.record_inbound_text(from_client("SM4", 40)).await.unwrap();
    db.record_inbound_text(text("SM5", proxycall_domain::Address::Phone(courier(1)), proxy(1), "STOP", at(50)))
        .await
        .unwrap();
    db.record_call_ended(ended("CA1", Outcome::Busy, 60)).await.unwrap();
    let any = ActivityFilter::default();
    assert_eq!(sids(&db, any.clone()).await, "SM5 SM4 CA3 CA2 CA1");
    let calls = ActivityFilter { channel: Some(Channel::Call), ..any.clone() };
    assert_eq!(sids(&db, calls.clone()).await, "CA3 CA2 CA1");
    assert_eq!(sids(&db, ActivityFilter { direction: Some(Direction::FromClient), ..any.clone() }).await, "SM4");
    let of = |group| ActivityFilter { came_to: Some(CameTo::AnyOf(group)), ..any.clone() };
    assert_eq!(sids(&db, of(OutcomeGroup::UnderWay)).await, "SM4 CA2");
    assert_eq!(sids(&db, of(OutcomeGroup::NotAnswered)).await, "CA1");
    assert_eq!(sids(&db, of(OutcomeGroup::Refused)).await, "SM5 CA3");
    assert_eq!(sids(&db, of(OutcomeGroup::Reached)).await, "");
    let refused_text = ActivityFilter { channel: Some(Channel::Text), ..of(OutcomeGroup::Refused) };
    assert_eq!(sids(&db, refused_text).await, "SM5");
    let busy = ActivityFilter { came_to: Some(CameTo::One(Outcome::Busy)), ..any.clone() };
    assert_eq!(sids(&db, busy).await, "CA1");
    let of_client = ActivityFilter { client: Some(id(1)), ..any.clone() };
    assert_eq!(sids(&db, of_client.clone()).await, "SM5 SM4 CA1");
    assert_eq!(sids(&db, ActivityFilter { proxy: Some(proxy(2)), ..of_client.clone() }).await, "");
    assert_eq!(sids(&db, ActivityFilter { client: Some(id(1)), ..of(OutcomeGroup::Refused) }).await, "SM5");
    assert_eq!(sids(&db, ActivityFilter { proxy: Some(proxy(9)), ..calls }).await, "CA3");
    assert_eq!(sids(&db, ActivityFilter { from: Some(at(20)), to: Some(at(40)), ..any.clone() }).await, "CA3 CA2");
    assert_eq!(sids(&db, ActivityFilter { to: Some(at(40)), ..of_client }).await, "CA1");
    let page = db.activity(ActivityFilter { limit: 9, ..any }).await.unwrap();
    assert_eq!(page.items[0].client_name, Some(new_client(1).name));
    assert_eq!((page.items[2].client_name.as_ref(), page.next, page.searched_to), (None, None, None));
}

fn ended(sid: &str, outcome: Outcome, seconds: i64) -> CallEnded {
    CallEnded { sid: sid.to_owned(), outcome, outbound_sid: None, duration_s: None, error_code: None, now: at(seconds) }
}

pub(crate) async fn what_is_rare_is_found_page_by_page_however_much_lies_between(db: TestStore) {
    many_refused(&db, 45_000, "call").await;
    many_refused(&db, 3, "text").await;
    let texts = ActivityFilter { channel: Some(Channel::Text), limit: 2, ..ActivityFilter::default() };
    let (found, cut_short) = all(&db, texts.clone()).await;
    assert_eq!(found, ["text3", "text2", "text1"], "the oldest of all");
    assert!((2..=4).contains(&cut_short), "{cut_short}");
    let first = db.activity(texts.clone()).await.unwrap();
    let searched_to = first.searched_to.unwrap();
    assert_eq!(first.items.len(), 0);
    let newest = jiff::Timestamp::from_millisecond(1_700_000_000_000 + 45_000_000).unwrap();
    assert!(searched_to < newest && searched_to > newest - jiff::SignedDuration::from_hours(6), "{searched_to}");
    for filter in [
        ActivityFilter { proxy: Some(proxy(1)), ..texts.clone() },
        ActivityFilter { came_to: Some(CameTo::One(Outcome::RefusedRegion)), ..texts.clone() },
        ActivityFilter { came_to: Some(CameTo::AnyOf(OutcomeGroup::Refused)), ..texts },
    ] {
        let (found, cut_short) = all(&db, filter).await;
        assert_eq!((found.len(), cut_short > 5), (3, true), "{cut_short}");
    }
}

/// What the counts say of an outcome in all hours.
async fn counted(db: &TestStore, channel: Channel, outcome: Outcome) -> u64 {
    let hours = db.traffic(at(-3_600), at(3 * DAY)).await.unwrap();
    assert_eq!(hours.len(), 74);
    let counts = hours.iter().flat_map(|hour| &hour.counts);
    counts.filter(|count| (count.channel, count.outcome) == (channel, outcome)).map(|count| count.count).sum()
}

/// The counts are those of the rows.
async fn counts_are_true(db: &TestStore) {
    let rows = "SELECT CAST(started_at / 3600000 AS TEXT) || channel || outcome || CAST(COUNT(*) AS TEXT) FROM interaction \
        WHERE outcome NOT IN ('connecting', 'queued', 'sending') GROUP BY started_at / 3600000, channel, outcome ORDER BY 1";
    let counts = "SELECT CAST(hour AS TEXT) || channel || outcome || CAST(CAST(SUM(count) AS BIGINT) AS TEXT) \
        FROM traffic_count GROUP BY hour, channel, outcome HAVING SUM(count) <> 0 ORDER BY 1";
    assert_eq!(db.database().texts(counts).await, db.database().texts(rows).await);
}

/// The stock that is kept is that of the rows.
pub(crate) async fn stock_is_true(db: &TestStore) {
    let rows = "SELECT country || number_type || status || CAST(COUNT(*) AS TEXT) FROM proxy_number \
        GROUP BY country, number_type, status ORDER BY 1";
    let counts = "SELECT country || number_type || status || CAST(CAST(SUM(count) AS BIGINT) AS TEXT) FROM stock_count \
        GROUP BY country, number_type, status HAVING SUM(count) <> 0 ORDER BY 1";
    assert_eq!(db.database().texts(counts).await, db.database().texts(rows).await);
    let given = "SELECT CAST(COALESCE(SUM(count), 0) AS TEXT) FROM given_count";
    let begun = "SELECT CAST((SELECT COUNT(*) FROM proxy_number WHERE status = 'assigned' AND reason <> 'imported') + \
        (SELECT COUNT(*) FROM number_past WHERE status = 'assigned' AND reason <> 'imported') AS TEXT)";
    assert_eq!(db.database().texts(given).await, db.database().texts(begun).await);
}

pub(crate) async fn traffic_is_counted_once_by_what_it_came_to(db: TestStore) {
    clients(&db, 1).await;
    for (n, seconds) in [(1, 10), (2, 3_599), (3, 3_600)] {
        db.record_inbound_call(call(&format!("CA{n}"), courier(1), proxy(1), at(seconds))).await.unwrap();
        // The same webhook again.
        db.record_inbound_call(call(&format!("CA{n}"), courier(1), proxy(1), at(seconds))).await.unwrap();
    }
    db.record_inbound_call(call("CA4", courier(1), proxy(9), at(4_000))).await.unwrap();
    assert_eq!(counted(&db, Channel::Call, Outcome::Connecting).await, 0);
    assert_eq!(counted(&db, Channel::Call, Outcome::RefusedUnknownNumber).await, 1);
    assert_eq!(db.under_way(at(4_001)).await.unwrap(), (3, 0));
    for outcome in [Outcome::Completed, Outcome::Completed, Outcome::Busy] {
        db.record_call_ended(ended("CA1", outcome, 4_100)).await.unwrap();
        db.record_call_ended(ended("CA3", Outcome::NoAnswer, 4_100)).await.unwrap();
    }
    assert_eq!(counted(&db, Channel::Call, Outcome::Completed).await, 1);
    let hours = db.traffic(at(0), at(4_200)).await.unwrap();
    assert_eq!(hours.iter().map(|hour| hour.from).collect::<Vec<_>>(), [at(0), at(3_600)]);
    assert_eq!(hours[0].count(Channel::Call, OutcomeGroup::Reached), 1);
    assert_eq!(hours[1].count(Channel::Call, OutcomeGroup::NotAnswered), 1);
    assert_eq!(hours[1].count(Channel::Call, OutcomeGroup::Refused), 1);
    counts_are_true(&db).await;
}

pub(crate) async fn a_text_is_counted_where_it_stands_whatever_becomes_of_it(db: TestStore) {
    clients(&db, 1).await;
    let (_, job) = text_being_sent(&db, "SM1", at(100)).await;
    assert_eq!(db.under_way(at(101)).await.unwrap(), (0, 1));
    let sent = SentText { sid: "SMout".to_owned(), outcome: Outcome::Sent, error_code: None };
    assert!(db.finish_sending(&job, TextResult::Sent(sent), at(101)).await.unwrap());
    assert_eq!(counted(&db, Channel::Text, Outcome::Sent).await, 1);
    let report = |outcome| proxycall_service::ports::ledger::DeliveryReport {
        interaction: None,
        sid: "SMout".to_owned(),
        outcome,
        error_code: None,
        now: at(200),
    };
    for outcome in [Outcome::Delivered, Outcome::Sent, Outcome::Delivered] {
        assert!(db.record_delivery(report(outcome)).await.unwrap());
    }
    assert_eq!(counted(&db, Channel::Text, Outcome::Sent).await, 0);
    assert_eq!(counted(&db, Channel::Text, Outcome::Delivered).await, 1);
    // One that waits is given up with its client; nothing that is emptied is counted again.
    relayed_text(&db, "SM2", at(300)).await;
    let erase = EraseClient {
        id: id(1),
        quarantine_until: at(DAY),
        actor: Actor::Api,
        job: crate::support::job(),
        now: at(400),
    };
    db.erase_client(erase).await.unwrap();
    db.erase_part(id(1), at(400)).await.unwrap();
    assert_eq!(counted(&db, Channel::Text, Outcome::Failed).await, 1);
    counts_are_true(&db).await;
}

pub(crate) async fn the_stock_that_is_kept_is_that_of_the_numbers(db: TestStore) {
    clients(&db, 3).await;
    stock_is_true(&db).await;
    let more = (4..9).map(|n| number(proxy(n), proxycall_domain::NumberType::Mobile)).collect();
    db.add_numbers(more, act(0)).await.unwrap();
    db.close_client(close(1, 1)).await.unwrap();
    db.restore_client(restore(1, 2)).await.unwrap();
    db.close_client(close(2, 2)).await.unwrap();
    db.free_lapsed(at(40 * DAY)).await.unwrap();
    stock_is_true(&db).await;
}

async fn board(db: &TestStore, group: BoardGroup, limit: u32) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = db.board(BoardFilter { group, after, limit }, at(500)).await.unwrap();
        ids.extend(page.items.iter().map(|entry| entry.it.id.to_string()));
        if page.next.is_none() {
            return ids;
        }
        after = page.next;
    }
}

pub(crate) async fn the_board_has_each_confirmation_where_it_stands_newest_first(db: TestStore) {
    stock(&db, 9).await;
    let mut out = Out::default();
    for n in 1..=6_u32 {
        let begin = confirmations::create(n.into(), real(n), n.into(), at(i64::from(n)));
        db.create_confirmation(begin).await.unwrap();
    }
    settle(&db, &mut out, at(10)).await;
    assert_eq!(board(&db, BoardGroup::UnderWay, 4).await, ["P-6", "P-5", "P-4", "P-3", "P-2", "P-1"]);
    // 4 before 2, though begun later; 5 is locked, 6 has failed, 3's time is over.
    for (n, seconds) in [(4, 20), (2, 30)] {
        let code = out.codes[&pending(n)].clone();
        let (from, to) = (real(u32::try_from(n).unwrap()), begun_for(&db, n).await);
        confirmations::reply(&db, &format!("SM{n}"), from, to, &code, at(seconds)).await;
    }
    let wrong = proxycall_domain::confirmation::code::EnteredCode::parse(match out.codes[&pending(5)].as_str() {
        "100000" => "100001",
        _ => "100000",
    });
    for seconds in 40..45 {
        db.use_link(using(5, LinkProof::Code(wrong.unwrap()), at(seconds))).await.unwrap();
    }
    db.expire_confirmations(at(3), at(50)).await.unwrap();
    assert_eq!(confirmations::stage(&db, 1).await, Stage::Expired);
    for limit in [1, 50] {
        assert_eq!(board(&db, BoardGroup::UnderWay, limit).await, ["P-6"]);
        assert_eq!(board(&db, BoardGroup::Locked, limit).await, ["P-5"]);
        assert_eq!(board(&db, BoardGroup::Done, limit).await, ["P-2", "P-4"]);
        let mut failed = board(&db, BoardGroup::Failed, limit).await;
        failed.sort();
        assert_eq!(failed, ["P-1", "P-3"]);
        assert_eq!(board(&db, BoardGroup::Waiting, limit).await, [] as [&str; 0]);
    }
    let counts = db.board_counts(at(500)).await.unwrap();
    assert_eq!(counts, BoardCounts { under_way: 1, waiting: 0, locked: 1 });
    assert_eq!(db.board_counts(at(3 * DAY)).await.unwrap(), BoardCounts::default());
    let late = db.board(BoardFilter { group: BoardGroup::UnderWay, after: None, limit: 9 }, at(3 * DAY)).await.unwrap();
    assert_eq!(late.items, [], "its time is over, though nobody has written that down");
}

async fn begun_for(db: &TestStore, n: u64) -> proxycall_domain::PhoneNumber {
    db.confirmation(pending(n)).await.unwrap().unwrap().proxy
}

pub(crate) async fn a_confirmation_is_shown_with_the_last_that_was_sent_of_each_kind(db: TestStore) {
    stock(&db, 1).await;
    db.create_confirmation(confirmations::create(1, real(1), 1, at(0))).await.unwrap();
    let entry = db.board_entry(pending(1)).await.unwrap().unwrap();
    assert_eq!((entry.ended_at, entry.dispatches.len()), (None, 1));
    assert_eq!((entry.dispatches[0].kind, entry.dispatches[0].state), (DispatchKind::Sms, DispatchState::Queued));
    let mut out = Out::default();
    settle(&db, &mut out, at(0)).await;
    settle(&db, &mut out, at(60)).await;
    db.database().execute("UPDATE dispatch SET state = 'failed', error_code = 30003 WHERE kind = 'sms'").await.unwrap();
    let request = proxycall_service::ports::ledger::RequestCode {
        id: pending(1),
        channel: proxycall_domain::CodeChannel::Voice,
        rules: rules(),
        spare: spare(),
        now: at(400),
    };
    assert!(db.request_code(request).await.unwrap());
    let sends = db.board_entry(pending(1)).await.unwrap().unwrap().dispatches;
    assert_eq!(sends.iter().map(|send| send.kind).collect::<Vec<_>>(), [DispatchKind::Sms, DispatchKind::Voice]);
    assert_eq!((sends[0].state, sends[0].error_code), (DispatchState::Failed, Some(30_003)));
    assert_eq!((sends[1].state, sends[1].queued_at, sends[1].sent_at), (DispatchState::Queued, at(400), None));
    assert_eq!(db.board_entry(PendingId::parse("nobodys").unwrap()).await.unwrap(), None);
}

async fn view(db: &TestStore, n: u32) -> ClientView {
    db.client_view(id(n), 2).await.unwrap().unwrap()
}

pub(crate) async fn a_client_is_shown_with_all_that_is_known_open_closed_and_erased(db: TestStore) {
    clients(&db, 2).await;
    assert_eq!(db.client_view(id(9), 2).await.unwrap(), None);
    for n in 1..=3 {
        db.record_inbound_call(call(&format!("CA{n}"), courier(1), proxy(1), at(10 + n))).await.unwrap();
    }
    let order = proxycall_domain::order::NewOrder {
        id: proxycall_domain::order::OrderId::parse("order_id", "O-1").unwrap(),
        client: new_client(1),
    };
    let place = PlaceOrder {
        order,
        preferred: proxycall_domain::NumberType::Local,
        actor: Actor::Api,
        wire: crate::support::job(),
        now: at(20),
    };
    db.place_order(place).await.unwrap();
    let add = AddBlock {
        id: proxycall_domain::BlockId::new(at(30), &chance()),
        whom: Whom::Phone(courier(2)),
        client: Some(id(1)),
        reason: proxycall_domain::BlockReason::parse("reason", None).unwrap(),
        actor: Actor::Api,
        now: at(30),
    };
    db.add_block(add).await.unwrap();
    db.create_confirmation(confirmations::create(1, real(1), 1, at(40))).await.unwrap();

    let ClientView::Known(file) = view(&db, 1).await else { panic!("somebody") };
    assert_eq!((file.client.id, file.client.proxy), (id(1), Some(proxy(1))));
    assert_eq!(file.number.unwrap().phone, proxy(1));
    assert_eq!((file.numbers.len(), file.blocks.items.len(), file.orders.items.len()), (1, 1, 1));
    assert_eq!(file.confirmations.iter().map(|entry| entry.it.id.clone()).collect::<Vec<_>>(), [pending(1)]);
    let sids: Vec<&str> = file.activity.items.iter().map(|item| item.it.inbound_sid.as_str()).collect();
    assert_eq!((sids, file.activity.next.is_some()), (vec!["CA3", "CA2"], true));
    let ClientView::Known(other) = view(&db, 2).await else { panic!("somebody") };
    assert_eq!((other.blocks.items.len(), other.orders.items.len(), other.confirmations.len()), (0, 0, 0));

    db.close_client(close(1, 1)).await.unwrap();
    let ClientView::Known(closed) = view(&db, 1).await else { panic!("somebody") };
    assert_eq!((closed.client.closed_at, closed.number, closed.client.proxy), (Some(at(DAY)), None, None));
    assert_eq!(closed.numbers[0].number, proxy(1), "whose it was");

    let erase = EraseClient {
        id: id(1),
        quarantine_until: at(DAY),
        actor: Actor::Api,
        job: crate::support::job(),
        now: at(2 * DAY),
    };
    db.erase_client(erase).await.unwrap();
    let ClientView::Erased(erased) = view(&db, 1).await else { panic!("nobody") };
    assert_eq!((erased.id, erased.closed_at, erased.activity.items.len()), (id(1), Some(at(DAY)), 2));
    assert_eq!(erased.erasure.unwrap().begun_at, at(2 * DAY));
}

pub(crate) async fn a_number_is_shown_with_its_past_and_what_passed_through_it(db: TestStore) {
    clients(&db, 1).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(10))).await.unwrap();
    db.close_client(close(1, 1)).await.unwrap();
    let file = db.number_file(proxy(1), 9).await.unwrap().unwrap();
    assert_eq!(file.number.status, proxycall_domain::NumberStatus::Quarantined);
    assert_eq!((file.history.len(), file.activity.items.len()), (3, 1));
    assert_eq!(file.history[1].client, Some(id(1)));
    assert_eq!(db.number_file(proxy(9), 9).await.unwrap(), None);
}

pub(crate) async fn all_that_passed_through_a_number_is_found_whoever_had_it(db: TestStore) {
    clients(&db, 2).await;
    let received = async |sid: &str, caller, to, seconds| {
        db.record_inbound_call(call(sid, caller, to, at(seconds))).await.unwrap();
    };
    let rest = async |n, until, seconds| {
        let to = MoveTo::Quarantine { until: at(until) };
        let moved = MoveNumber { phone: proxy(n), to, force: true, act: act(seconds) };
        assert!(matches!(db.move_number(moved).await.unwrap(), Moved::Done { .. }));
    };
    let give = async |n, client, seconds| {
        let assign = AssignThisNumber {
            phone: proxy(n),
            client: id(client),
            former: Former::Kept,
            only_back: false,
            act: act(seconds),
            wire: job(),
        };
        assert_eq!(db.assign_this_number(assign).await.unwrap().phone, proxy(n));
    };
    received("CA1", courier(1), proxy(1), 1).await;
    rest(1, 10, 2).await;
    received("CA2", courier(2), proxy(1), 3).await;
    rest(2, 10, 4).await;
    give(1, 2, 20).await;
    received("CA3", courier(3), proxy(1), 21).await;
    give(2, 1, 22).await;
    received("CA4", courier(4), proxy(2), 23).await;
    // It is faulty, and still its client's.
    let faulty = MoveNumber { phone: proxy(1), to: MoveTo::Error, force: true, act: act(24) };
    db.move_number(faulty).await.unwrap();
    received("CA5", courier(5), proxy(1), 25).await;

    let of = |n| ActivityFilter { proxy: Some(proxy(n)), ..ActivityFilter::default() };
    assert_eq!(sids(&db, of(1)).await, "CA5 CA3 CA2 CA1");
    assert_eq!(sids(&db, of(2)).await, "CA4");
    let of = |n| InteractionFilter { proxy: Some(proxy(n)), limit: 2, ..InteractionFilter::default() };
    let page = db.interactions(of(1)).await.unwrap();
    let next = page.next.map(|next| next.parse().unwrap());
    let rest = db.interactions(InteractionFilter { after: next, ..of(1) }).await.unwrap();
    let found: Vec<&str> = page.items.iter().chain(&rest.items).map(|item| item.inbound_sid.as_str()).collect();
    assert_eq!(found, ["CA5", "CA3", "CA2", "CA1"]);
    assert_eq!((page.items.len(), rest.next), (2, None));
}
