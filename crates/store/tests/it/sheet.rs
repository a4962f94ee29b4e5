//! The store's side of the Google Sheet: every change marks its row, and what a cycle found out is kept.

use jiff::SignedDuration;
use proxycall_domain::{
    NumberType, PersonName,
    client::ClientChanges,
    sheet::{Cells, Column, Intent, Tab},
};
use proxycall_service::ports::{
    Ledger,
    ledger::{Mark, ProblemAt, SheetBook, SheetChanges, SheetNews, Told, UpdateClient},
};

use crate::{clients::close, support::*};

async fn marked(db: &TestStore) -> Vec<String> {
    let marks = db.sheet_marks(1_000, at(1_000)).await.unwrap();
    let mut marks: Vec<String> = marks.iter().map(|mark| format!("{:?} {}", mark.tab, mark.key)).collect();
    marks.sort();
    marks
}

/// Takes all marks away.
async fn settle(db: &TestStore) -> Vec<Mark> {
    let marks = db.sheet_marks(1_000, at(1_000)).await.unwrap();
    db.keep_sheet(SheetChanges { unmarked: marks.clone(), ..SheetChanges::default() }, at(1_000)).await.unwrap();
    marks
}

fn name(text: &str) -> Cells {
    [(Column::ClientName, text)].into_iter().collect()
}

pub(crate) async fn without_a_mirror_nothing_is_marked(db: TestStore) {
    clients(&db, 2).await;
    assert!(marked(&db).await.is_empty());
    assert!(db.mark_changes(true).await.unwrap() && !db.mark_changes(true).await.unwrap());
    assert!(db.mark_changes(false).await.unwrap());
    db.close_client(close(1, 10)).await.unwrap();
    assert!(marked(&db).await.is_empty());
}

pub(crate) async fn every_change_of_what_the_sheet_shows_marks_its_row(db: TestStore) {
    db.mark_changes(true).await.unwrap();
    clients(&db, 2).await;
    assert_eq!(
        marked(&db).await,
        ["Clients 1", "Clients 2", &format!("Pool {}", proxy(1).expose()), &format!("Pool {}", proxy(2).expose())]
    );
    settle(&db).await;
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(1))).await.unwrap();
    assert_eq!(marked(&db).await, ["Clients 1"]);
    settle(&db).await;
    db.record_inbound_call(call("CA2", courier(1), proxy(1), at(2))).await.unwrap();
    assert!(marked(&db).await.is_empty(), "the same caller again changes nothing");
    let changes = ClientChanges { name: Some(PersonName::parse("name", "Ana").unwrap()), ..ClientChanges::default() };
    db.update_client(UpdateClient { id: id(2), changes, now: at(3) }).await.unwrap();
    assert_eq!(marked(&db).await, ["Clients 2", &format!("Pool {}", proxy(2).expose())]);
    settle(&db).await;
    db.close_client(close(1, 10)).await.unwrap();
    assert_eq!(marked(&db).await, ["Clients 1", &format!("Pool {}", proxy(1).expose())]);
}

pub(crate) async fn a_confirmation_marks_its_row_and_the_number_that_it_holds(db: TestStore) {
    db.add_numbers(vec![number(proxy(1), NumberType::Local)], act(0)).await.unwrap();
    db.mark_changes(true).await.unwrap();
    db.create_confirmation(crate::confirmations::create(1, real(1), 1, at(0))).await.unwrap();
    assert_eq!(marked(&db).await, ["Confirmations P-1", &format!("Pool {}", proxy(1).expose())]);
    settle(&db).await;
    db.expire_confirmations(at(100), at(100)).await.unwrap();
    assert_eq!(marked(&db).await, ["Confirmations P-1", &format!("Pool {}", proxy(1).expose())]);
}

pub(crate) async fn a_mark_outlives_what_was_settled_before_the_change(db: TestStore) {
    db.mark_changes(true).await.unwrap();
    clients(&db, 1).await;
    let early = db.sheet_marks(1_000, at(5)).await.unwrap();
    db.record_inbound_call(call("CA1", courier(1), proxy(1), at(6))).await.unwrap();
    db.keep_sheet(SheetChanges { unmarked: early, ..SheetChanges::default() }, at(7)).await.unwrap();
    let left = db.sheet_marks(1_000, at(8)).await.unwrap();
    assert_eq!(
        left.iter().map(|mark| (mark.tab, mark.key.as_str(), mark.since)).collect::<Vec<_>>(),
        [(Tab::Clients, "1", at(5))]
    );
    assert_eq!(db.sheet_waits().await.unwrap(), 1);
}

pub(crate) async fn every_record_can_be_marked_at_once(db: TestStore) {
    clients(&db, 2).await;
    db.mark_all().await.unwrap();
    db.mark_all().await.unwrap();
    assert_eq!(marked(&db).await.len(), 4);
}

pub(crate) async fn one_instance_owns_the_sheet_until_its_time_is_over(db: TestStore) {
    let (one, other) = (job(), job());
    let minute = SignedDuration::from_secs(60);
    assert!(db.own_sheet(one, at(60), at(0)).await.unwrap());
    assert!(!db.own_sheet(other, at(61), at(1)).await.unwrap());
    assert!(db.own_sheet(one, at(90), at(30)).await.unwrap(), "it may keep it");
    assert!(!db.own_sheet(other, at(89) + minute, at(89)).await.unwrap());
    assert!(db.own_sheet(other, at(90) + minute, at(90)).await.unwrap());
    assert!(!db.own_sheet(one, at(91) + minute, at(91)).await.unwrap());
}

pub(crate) async fn what_a_cycle_found_out_is_kept(db: TestStore) {
    let intent = Intent::new("1", Some(3), name("Zoé"));
    let told = Told { reason: "why".into(), standing: true };
    let changes = SheetChanges {
        bases: vec![
            (Tab::Clients, "1".to_owned(), Some(name("Zoé"))),
            (Tab::Clients, "2".to_owned(), Some(name("Ana"))),
            (Tab::Pool, "1".to_owned(), Some(name("x"))),
        ],
        intents: vec![(Tab::Clients, vec![intent.clone()])],
        problems: vec![(Tab::Clients, "1".to_owned(), Some(told.clone()))],
        ..SheetChanges::default()
    };
    db.keep_sheet(changes, at(1)).await.unwrap();
    let rows = db.sheet_rows(Tab::Clients, String::new(), 10).await.unwrap();
    assert_eq!(rows, [("1".to_owned(), name("Zoé")), ("2".to_owned(), name("Ana"))]);
    assert_eq!(db.sheet_rows(Tab::Clients, "1".to_owned(), 10).await.unwrap().len(), 1);
    let of = db.sheet_rows_of(Tab::Clients, vec!["2".to_owned(), "9".to_owned()]).await.unwrap();
    assert_eq!(of, [("2".to_owned(), name("Ana"))]);
    assert_eq!(db.sheet_intents(Tab::Clients).await.unwrap(), [intent]);
    assert!(db.sheet_intents(Tab::Pool).await.unwrap().is_empty());
    let problems = db.sheet_problems(None, 1_000).await.unwrap();
    assert_eq!((problems.len(), problems[0].reason.to_string().as_str(), problems[0].standing), (1, "why", true));
    let changes = SheetChanges {
        bases: vec![(Tab::Clients, "1".to_owned(), None)],
        intents: vec![(Tab::Clients, vec![])],
        problems: vec![(Tab::Clients, "1".to_owned(), None)],
        ..SheetChanges::default()
    };
    db.keep_sheet(changes, at(2)).await.unwrap();
    assert_eq!(db.sheet_rows(Tab::Clients, String::new(), 10).await.unwrap().len(), 1);
    assert!(
        db.sheet_intents(Tab::Clients).await.unwrap().is_empty()
            && db.sheet_problems(None, 1_000).await.unwrap().is_empty()
    );
}

pub(crate) async fn however_many_writes_were_sent_to_a_tab_each_is_known_again_and_only_the_last_ones(db: TestStore) {
    let sent =
        |count: u32| (0..count).map(|n| Intent::new(n.to_string(), Some(n + 3), name("Zoé"))).collect::<Vec<_>>();
    let other = vec![Intent::new("+33639989002", None, name("x"))];
    for count in [1_001, 251, 250, 0, 600] {
        let intents = vec![(Tab::Clients, sent(count)), (Tab::Pool, other.clone())];
        db.keep_sheet(SheetChanges { intents, ..SheetChanges::default() }, at(1)).await.unwrap();
        assert_eq!(db.sheet_intents(Tab::Clients).await.unwrap(), sent(count));
        assert_eq!(db.sheet_intents(Tab::Pool).await.unwrap(), other, "{count}");
    }
}

pub(crate) async fn a_row_of_which_nothing_could_be_sent_is_looked_at_again(db: TestStore) {
    let of = |key: &str| (Tab::Clients, key.to_owned());
    let changes = SheetChanges { marked: vec![of("1"), of("2"), of("1")], ..SheetChanges::default() };
    db.keep_sheet(changes.clone(), at(1)).await.unwrap();
    let marks = db.sheet_marks(10, at(2)).await.unwrap();
    assert_eq!(
        marks.iter().map(|mark| (mark.key.as_str(), mark.since)).collect::<Vec<_>>(),
        [("1", at(1)), ("2", at(1))]
    );
    db.keep_sheet(changes, at(3)).await.unwrap();
    assert_eq!(db.sheet_marks(10, at(4)).await.unwrap(), marks, "what is marked stays as it is");
}

pub(crate) async fn what_people_should_know_is_told_page_by_page_the_newest_first_and_counted(db: TestStore) {
    let told = |standing| Some(Told { reason: "why".into(), standing });
    for (second, tab, keys) in [(1, Tab::Pool, 3), (2, Tab::Clients, 4), (2, Tab::Pool, 2)] {
        let problems = (0..keys).map(|key| (tab, format!("{second}{key}"), told(key % 2 == 0))).collect();
        db.keep_sheet(SheetChanges { problems, ..SheetChanges::default() }, at(second)).await.unwrap();
    }
    let state = db.sheet_state().await.unwrap();
    assert_eq!((state.problems, state.standing), (9, 5));
    let (mut keys, mut after) = (Vec::new(), None);
    loop {
        let page = db.sheet_problems(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        assert_eq!(ProblemAt::parse(&last.at().to_string()), Some(last.at()));
        after = Some(last.at());
        keys.extend(page.into_iter().map(|it| (it.tab, it.key)));
    }
    let of = |tab, keys: &[&str]| keys.iter().map(|key| (tab, (*key).to_owned())).collect::<Vec<_>>();
    let newest = [of(Tab::Clients, &["20", "21", "22", "23"]), of(Tab::Pool, &["20", "21"])].concat();
    assert_eq!(keys, [newest, of(Tab::Pool, &["10", "11", "12"])].concat());
    assert_eq!(ProblemAt::parse("1.Nobody.2"), None);
}

pub(crate) async fn how_the_mirror_goes_is_told(db: TestStore) {
    db.note_sheet(SheetNews::Failed("no access".into()), at(1)).await.unwrap();
    db.note_sheet(SheetNews::Begun, at(1)).await.unwrap();
    let state = db.sheet_state().await.unwrap();
    assert_eq!((state.failure, state.begun_at, state.read_at), (Some(("no access".into(), at(1))), Some(at(1)), None));
    db.note_sheet(SheetNews::Well { wrote: true }, at(2)).await.unwrap();
    db.note_sheet(SheetNews::Well { wrote: false }, at(3)).await.unwrap();
    let state = db.sheet_state().await.unwrap();
    assert_eq!((state.failure, state.read_at, state.written_at), (None, Some(at(3)), Some(at(2))));
}

pub(crate) async fn every_key_is_told_and_all_that_is_known_of_the_sheet_can_be_forgotten(db: TestStore) {
    db.mark_changes(true).await.unwrap();
    clients(&db, 1).await;
    assert_eq!(db.sheet_keys(Tab::Clients).await.unwrap(), ["1"]);
    assert_eq!(db.sheet_keys(Tab::Pool).await.unwrap(), [proxy(1).expose()]);
    assert!(db.sheet_keys(Tab::Confirmations).await.unwrap().is_empty());

    let intent = Intent::new("1", Some(3), name("Zoé"));
    let told = Told { reason: "why".into(), standing: true };
    let changes = SheetChanges {
        bases: vec![(Tab::Clients, "1".to_owned(), Some(name("Zoé")))],
        intents: vec![(Tab::Clients, vec![intent])],
        problems: vec![(Tab::Clients, "1".to_owned(), Some(told))],
        ..SheetChanges::default()
    };
    db.keep_sheet(changes, at(1)).await.unwrap();
    db.note_sheet(SheetNews::Begun, at(1)).await.unwrap();
    assert!(db.own_sheet(job(), at(60), at(1)).await.unwrap());
    db.forget_sheet().await.unwrap();
    let state = db.sheet_state().await.unwrap();
    assert_eq!((state.marking, state.begun_at, state.waiting, state.rows), (true, None, 0, 0));
    assert!(
        db.sheet_intents(Tab::Clients).await.unwrap().is_empty()
            && db.sheet_problems(None, 1_000).await.unwrap().is_empty()
    );
    assert!(db.own_sheet(job(), at(61), at(2)).await.unwrap(), "nobody owns it");
}
