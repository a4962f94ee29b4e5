//! Whatever people, the API, callers, Google and crashes do at the same time: when all is quiet, sheet and store agree, and
//! nothing that was acknowledged is lost.

use std::{collections::BTreeMap, future::Future, pin::pin, sync::Arc};

use jiff::SignedDuration;
use proxycall_domain::{ClientId, NumberType};
use proxycall_service::{Service, ports::clock::Ids as _, sheet::SheetMirror};
use proxycall_testkit::{
    TestApp,
    app::{pool_config, run_sheet_test, service},
    reqwest::StatusCode,
    sandbox::{Fault, google::RequestKind},
};
use serde_json::json;

use super::sheet;

const CLIENTS: usize = 8;

/// A sequence that looks like chance and is the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }
}

/// Polls a future so many times, then drops it where it stands, as a crash would. Whether it ended by itself.
async fn killed_after<F: Future>(polls: usize, future: F) -> bool {
    let mut future = pin!(future);
    for _ in 0..polls {
        if futures_util::poll!(future.as_mut()).is_ready() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// What people did.
#[derive(Default)]
struct People {
    /// The name that each client was given last.
    names: BTreeMap<String, String>,
    /// The client whose row was deleted last: the next one goes only when that is settled, since several at once stop the
    /// mirror.
    deleted: Option<String>,
    /// Ids that somebody got wrong, by the phone that the row shows, which nobody changes.
    mistaken: Vec<Mistake>,
}

/// A row that shows another id than its own, or a second row with its id.
struct Mistake {
    /// The client whose row it is.
    own: String,
    phone: String,
    is_copy: bool,
}

/// A person does something in the tab of clients. Names are what people change; addresses are the API's.
async fn person(app: &TestApp, id: &str, dice: &mut Dice, people: &mut People, step: usize) {
    if let Some(deleted) = &people.deleted {
        let client = ClientId::parse("client_id", deleted).unwrap();
        if app.service.ledger.client(client).await.unwrap().is_none() {
            people.deleted = None;
        }
    }
    let google = app.world.google();
    let rows = google.cells(id, "Clients").unwrap();
    let filled: Vec<usize> =
        (2..rows.len()).filter(|at| rows[*at].first().is_some_and(|key| !key.is_empty())).collect();
    if filled.is_empty() {
        return;
    }
    let at = filled[dice.below(filled.len())];
    // While an id is wrong, nobody could say whose name was meant, and a deleted row might be the only one with its key.
    match dice.below(12) {
        0..=3 if people.mistaken.is_empty() => {
            let name = format!("Ana {step}");
            google.enter(id, &format!("Clients!B{}", at + 1), &name).unwrap();
            people.names.insert(rows[at][0].clone(), name);
        }
        4 | 5 => google.sort_rows(id, "Clients", 3, 1 + dice.below(4)).unwrap(),
        10 => mistake(app, id, dice, people, &rows, &filled),
        11 => people.put_right(app, id),
        6 => google.insert_rows(id, "Clients", 3 + dice.below(rows.len().saturating_sub(2).max(1)), 1).unwrap(),
        7 => google.enter(id, &format!("Clients!J{}", at + 1), "mine").unwrap(),
        8 => google.sort_rows(id, "TwilioPools", 2, 1).unwrap(),
        9 if people.mistaken.is_empty() && people.deleted.is_none() && dice.below(4) == 0 && filled.len() > 4 => {
            google.delete_rows(id, "Clients", at + 1, 1).unwrap();
            people.names.remove(&rows[at][0]);
            people.deleted = Some(rows[at][0].clone());
        }
        _ => {}
    }
}

/// A person empties an id, overwrites it, copies a row, or exchanges two ids. One such thing at a time.
fn mistake(app: &TestApp, id: &str, dice: &mut Dice, people: &mut People, rows: &[Vec<String>], filled: &[usize]) {
    let is_whole = |at: &usize| rows[*at].len() > 4 && rows[*at][..4].iter().all(|cell| !cell.is_empty());
    let whole: Vec<usize> = filled.iter().copied().filter(is_whole).collect();
    if whole.len() < 3 || !people.mistaken.is_empty() || people.deleted.is_some() {
        return;
    }
    let google = app.world.google();
    let (one, other) = (whole[dice.below(whole.len())], whole[dice.below(whole.len())]);
    let of = |at: usize, is_copy| Mistake { own: rows[at][0].clone(), phone: rows[at][3].clone(), is_copy };
    let overwrite = |at: usize, id_typed: &str| google.enter(id, &format!("Clients!A{}", at + 1), id_typed).unwrap();
    match dice.below(4) {
        0 => overwrite(one, ""),
        1 => overwrite(one, ["99", "n/a", &rows[other][0]][dice.below(3)]),
        2 if one != other => {
            overwrite(one, &rows[other][0]);
            overwrite(other, &rows[one][0]);
            people.mistaken.push(of(other, false));
        }
        _ => {
            let cells: Vec<String> = rows[one][..5].to_vec();
            google.paste(id, "Clients", rows.len() + 1, &[cells]).unwrap();
            return people.mistaken.push(of(one, true));
        }
    }
    people.mistaken.push(of(one, false));
}

impl People {
    /// Each row gets its own id back, by the phone that it shows, and copies are deleted.
    fn put_right(&mut self, app: &TestApp, id: &str) {
        let google = app.world.google();
        for Mistake { own, phone, is_copy } in self.mistaken.drain(..) {
            let rows = google.cells(id, "Clients").unwrap();
            let theirs: Vec<usize> = (2..rows.len()).filter(|at| rows[*at].get(3) == Some(&phone)).collect();
            if is_copy {
                let last = theirs.last().filter(|_| theirs.len() > 1);
                last.iter().for_each(|at| google.delete_rows(id, "Clients", **at + 1, 1).unwrap());
            } else {
                let row = theirs.first().expect("the row is there, for nobody's phone changes");
                google.enter(id, &format!("Clients!A{}", row + 1), &own).unwrap();
            }
        }
    }
}

fn other_instance(app: &TestApp, id: &str) -> Service {
    let sheet = app.sheet(id);
    let carrier = Arc::clone(&app.service.carrier);
    let other = service(Arc::clone(&app.service.ledger), carrier, app.clock.clone(), pool_config());
    let owner = app.service.chance.job_id(app.service.clock.now());
    Service { sheet: Some(SheetMirror::new(sheet, owner)), ..other }
}

async fn wild(app: &mut TestApp, id: &str, seed: u64) {
    let mut dice = Dice(seed);
    for n in 1..=CLIENTS {
        app.number(&format!("+331990006{n:02}"), "FR", NumberType::Local).await;
        let order = json!({"order_id": format!("O-{n}"), "client_id": n.to_string(), "client_name": format!("Zoé {n}"),
                           "client_mail": format!("zoe{n}@example.com"), "client_real_phone": format!("+336399800{n:02}")});
        assert_eq!(app.post("/orders", order).await.0, StatusCode::OK);
    }
    app.mirror().await;
    let other = other_instance(app, id);
    let (mut people, mut mails) = (People::default(), BTreeMap::new());
    for step in 0..80 {
        let n = (dice.below(CLIENTS) + 1).to_string();
        match dice.below(6) {
            0 | 1 => {
                let mail = format!("zoe{step}@example.com");
                let (status, _) = app.put(&format!("/clients/{n}"), json!({"client_mail": mail})).await;
                if status == StatusCode::OK {
                    mails.insert(n, mail);
                }
            }
            2 => drop(app.call(&format!("+3363998{step:04}"), &format!("+331990006{:0>2}", n)).await),
            3 => {
                let faults = [
                    Fault::HangUpAfterAccepting,
                    Fault::HangUpBeforeAccepting,
                    Fault::HalfAnAnswer,
                    Fault::Status(503),
                    Fault::StatusWithRetryAfter(429, 7),
                ];
                let kind = if dice.below(2) == 0 { RequestKind::Write } else { RequestKind::Read };
                app.world.google().fail_next_of(kind, faults[dice.below(faults.len())].clone());
            }
            _ => person(app, id, &mut dice, &mut people, step).await,
        }
        let (polls, turn) = (dice.below(400), dice.below(12));
        let wait = if turn == 0 { 130 } else { 1 + i64::try_from(dice.below(20)).unwrap() };
        app.clock.advance(SignedDuration::from_secs(wait));
        let instance = if turn == 0 { &other } else { &*app.service };
        // Half the time somebody works in the sheet while the cycle is between reading and writing; now and then it is
        // killed where it stands.
        let (pause, at_once) = (dice.below(60), dice.below(2) == 0);
        let meanwhile = async {
            for _ in 0..pause {
                tokio::task::yield_now().await;
            }
            if at_once {
                person(app, id, &mut dice, &mut people, 1_000 + step).await;
            }
        };
        if polls < 60 {
            killed_after(polls, async { tokio::join!(instance.mirror_sheet(), meanwhile) }).await;
        } else {
            let _failures_are_part_of_it = tokio::join!(instance.mirror_sheet(), meanwhile);
        }
        if step % 8 == 7 {
            assert_nobody_elses(app, seed).await;
        }
    }
    people.put_right(app, id);
    // Quiet: whoever had it, the app has it in the end.
    for _ in 0..40 {
        app.clock.advance(SignedDuration::from_secs(30));
        let _ = app.service.mirror_sheet().await;
    }
    assert_nobody_elses(app, seed).await;
    assert_agreement(app, id, &people.names, &mails, seed).await;
}

/// Whatever stands in the sheet: who dials a client's number reaches that client or nobody, and nobody new came about.
async fn assert_nobody_elses(app: &TestApp, seed: u64) {
    for n in 1..=CLIENTS {
        let (status, client) = app.get(&format!("/clients/{n}")).await;
        if status == StatusCode::OK {
            assert_eq!(client["client_real_phone"], format!("+336399800{n:02}"), "seed {seed}: client {n}");
            assert_eq!(client["client_proxy_number"], format!("+331990006{n:02}"), "seed {seed}: client {n}");
        }
    }
    assert_eq!(app.get("/clients/99").await.0, StatusCode::NOT_FOUND, "seed {seed}: nobody was made of a wrong id");
}

async fn assert_agreement(
    app: &TestApp,
    id: &str,
    names: &BTreeMap<String, String>,
    mails: &BTreeMap<String, String>,
    seed: u64,
) {
    let state = app.service.ledger.sheet_state().await.unwrap();
    let problems = app.service.ledger.sheet_problems(None, 1_000).await.unwrap();
    assert_eq!((state.waiting, state.failure), (0, None), "seed {seed}: {problems:?}");
    let rows = app.world.google().cells(id, "Clients").unwrap();
    assert_eq!(rows[1].iter().take(5).filter(|cell| !cell.is_empty()).count(), 0, "seed {seed}: row 2 is untouched");
    let mut seen = BTreeMap::new();
    for row in rows.iter().skip(2).filter(|row| row.iter().take(5).any(|cell| !cell.is_empty())) {
        assert_eq!(seen.insert(row[0].clone(), ()), None, "seed {seed}: client {} is there twice", row[0]);
        let (status, client) = app.get(&format!("/clients/{}", row[0])).await;
        assert_eq!(status, StatusCode::OK, "seed {seed}: client {} is in the sheet", row[0]);
        let fields = ["client_id", "client_name", "client_mail", "client_real_phone", "client_proxy_number"];
        for (field, cell) in fields.iter().zip(row) {
            assert_eq!(client[*field].as_str().unwrap_or_default(), cell, "seed {seed}: {field} of client {}", row[0]);
        }
        assert_eq!(client["client_last_caller"].as_str().unwrap_or_default(), row.get(7).map_or("", String::as_str));
        assert_eq!((row[5].as_str(), row[6].as_str()), ("FR", "33"), "seed {seed}: formulas spill");
        if let Some(name) = names.get(&row[0]) {
            assert_eq!(*name, row[1], "seed {seed}: what a person typed");
        }
        if let Some(mail) = mails.get(&row[0]) {
            assert_eq!(*mail, row[2], "seed {seed}: what the API was told");
        }
    }
    for n in 1..=CLIENTS {
        let (status, _) = app.get(&format!("/clients/{n}")).await;
        assert_eq!(status == StatusCode::OK, seen.contains_key(&n.to_string()), "seed {seed}: client {n}");
    }
    let numbers = app.world.google().cells(id, "TwilioPools").unwrap();
    let mut phones: Vec<_> =
        numbers.iter().skip(1).map(|row| row[1].clone()).filter(|phone| !phone.is_empty()).collect();
    let all = phones.len();
    phones.sort();
    phones.dedup();
    assert_eq!((all, phones.len()), (CLIENTS, CLIENTS), "seed {seed}: each number once");
}

#[tokio::test]
async fn when_all_is_quiet_sheet_and_store_agree_and_nothing_is_lost() {
    for seed in (1..=5_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
        run_sheet_test(sheet(), async |app, id| wild(app, id, seed).await).await;
    }
}
