//! Whole cycles over a sheet of clients in which people sort, insert, delete and type.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;

const HEADERS: [&str; 6] =
    ["client_id", "client_name", "client_mail", "client_real_phone", "client_proxy_number", "client_last_caller"];

pub(super) type Line = [String; 6];

pub(super) fn client(id: u32) -> Line {
    [
        id.to_string(),
        format!("Client {id}"),
        format!("client{id}@example.com"),
        format!("+336399800{id:02}"),
        format!("+331990000{id:02}"),
        String::new(),
    ]
}

pub(super) fn layout() -> Layout {
    Layout::find(Tab::Clients, HEADERS).unwrap()
}

/// A sheet with these rows of clients, from row 3 on.
pub(super) fn read(lines: &[Line]) -> Reading {
    let head = [HEADERS.as_slice(), &[]];
    let lines = lines.iter().map(|line| line.iter().map(String::as_str).collect::<Vec<_>>());
    read_rows(&layout(), head.into_iter().map(<[_]>::to_vec).chain(lines))
}

/// What people do in the sheet.
#[derive(Debug, Clone)]
enum Doing {
    Swap(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index),
    Delete(prop::sample::Index),
    /// Types a name that only this client ever has.
    Rename(prop::sample::Index, u16),
}

fn doings() -> impl Strategy<Value = Vec<Doing>> {
    let index = any::<prop::sample::Index>;
    let one = prop_oneof![
        3 => (index(), index()).prop_map(|(a, b)| Doing::Swap(a, b)),
        1 => index().prop_map(Doing::Insert),
        1 => index().prop_map(Doing::Delete),
        3 => (index(), any::<u16>()).prop_map(|(at, n)| Doing::Rename(at, n)),
    ];
    prop::collection::vec(one, 0..4)
}

/// One cycle: what happens in the store and in the sheet before we read, what happens between reading and writing,
/// whether the writing fails.
#[derive(Debug, Clone)]
struct Turn {
    /// A client who is called, and one who is renamed by the API.
    store: Vec<(u32, bool, u16)>,
    before: Vec<Doing>,
    between: Vec<Doing>,
    fails: bool,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let store = prop::collection::vec((1..=6_u32, any::<bool>(), any::<u16>()), 0..4);
    let one = (store, doings(), doings(), prop::bool::weighted(0.2));
    prop::collection::vec(one.prop_map(|(store, before, between, fails)| Turn { store, before, between, fails }), 1..6)
}

/// A sheet, a store, and what is kept between cycles.
struct World {
    lines: Vec<Line>,
    store: BTreeMap<String, Record>,
    bases: HashMap<String, Cells>,
    intents: Vec<Intent>,
}

impl World {
    fn new() -> Self {
        let lines: Vec<Line> = (1..=6).map(client).collect();
        let rows = read(&lines).rows;
        let record = |row: &Row| (row.key().to_owned(), Record { cells: row.cells.clone(), live: true, erased: false });
        Self { lines, store: rows.iter().map(record).collect(), bases: HashMap::new(), intents: Vec::new() }
    }

    fn people(&mut self, doings: &[Doing]) {
        let lines = &mut self.lines;
        for doing in doings {
            let rows = lines.len();
            match doing {
                _ if rows == 0 => {}
                Doing::Swap(a, b) => lines.swap(a.index(rows), b.index(rows)),
                Doing::Insert(at) => lines.insert(at.index(rows), Line::default()),
                Doing::Delete(at) => drop(lines.remove(at.index(rows))),
                Doing::Rename(at, n) => {
                    let [id, name, ..] = &mut lines[at.index(rows)];
                    if !id.is_empty() {
                        *name = format!("Client {id} called {n}");
                    }
                }
            }
        }
    }

    fn changes(&mut self, changes: &[(u32, bool, u16)]) {
        for (id, renamed, n) in changes {
            let cell = if *renamed {
                (Column::ClientName, format!("Client {id} alias {n}"))
            } else {
                (Column::ClientLastCaller, format!("+4477009{id:02}{:03}", n % 1000))
            };
            if let Some(record) = self.store.get_mut(&id.to_string()).filter(|record| record.live) {
                record.cells = record.cells.overlaid(&[cell].into_iter().collect());
            }
        }
    }

    fn put(&mut self, row: u32, part: &Cells) {
        let at = row as usize - 3;
        self.lines.resize(self.lines.len().max(at + 1), Line::default());
        for (column, text) in part.iter() {
            let position = HEADERS.iter().position(|header| *header == column.header()).unwrap();
            self.lines[at][position] = text.to_owned();
        }
    }

    /// What the layer above does, and how many cells it wrote.
    fn turn(&mut self, turn: &Turn) -> usize {
        self.changes(&turn.store);
        self.people(&turn.before);
        let reading = read(&self.lines);
        let judged = judge(&self.intents, &reading, |key| Known {
            base: self.bases.get(key),
            store: self.store.get(key).map(|record| &record.cells),
        });
        for (intent, verdict) in self.intents.drain(..).zip(&judged.verdicts) {
            let arrived = match verdict {
                Verdict::Arrived => &intent.cells,
                Verdict::Partly(cells) => cells,
                Verdict::Lost => continue,
            };
            let base = self.bases.entry(intent.key).or_default();
            *base = base.overlaid(arrived);
        }
        let mut writes = Vec::new();
        for misplaced in &judged.misplaced {
            let row = reading.rows.iter().find(|row| row.number == misplaced.row);
            match row.and_then(|row| Some((row, self.store.get(row.key())?))) {
                Some((row, _)) => {
                    let base = self.bases.entry(row.key().to_owned()).or_insert_with(|| row.cells.clone());
                    *base = base.overlaid(&misplaced.cells);
                }
                None => {
                    self.intents.extend(misplaced.watched());
                    writes.push((Some(misplaced.row), misplaced.emptied()));
                }
            }
        }
        let rows: HashMap<&str, &Row> = reading.rows.iter().map(|row| (row.key(), row)).collect();
        let stored = self.store.keys().map(String::as_str);
        let keys: BTreeSet<String> = stored.chain(rows.keys().copied()).map(str::to_owned).collect();
        for key in keys {
            let row = rows.get(key.as_str()).copied();
            match compare(&layout(), self.bases.get(&key), row, self.store.get(&key)) {
                Step::Compared(found) => {
                    self.bases.insert(key.clone(), found.base);
                    let record = self.store.get_mut(&key).unwrap();
                    record.cells = record.cells.overlaid(&found.edits);
                    if !found.writes.is_empty() {
                        let row = row.map(|row| row.number);
                        writes.push((row, found.writes.clone()));
                        self.intents.push(Intent::new(key, row, found.writes));
                    }
                }
                Step::Append(cells) => {
                    writes.push((None, cells.clone()));
                    self.intents.push(Intent::new(key, None, cells));
                }
                Step::Close => self.store.get_mut(&key).unwrap().live = false,
                Step::Forget => drop(self.bases.remove(&key)),
                Step::Create(client) => panic!("nobody types a client: {client:?}"),
                Step::Leave(_) => {}
            }
        }
        self.people(&turn.between);
        if !turn.fails {
            for (row, cells) in &writes {
                let row = row.unwrap_or(u32::try_from(self.lines.len()).unwrap() + 3);
                self.put(row, cells);
            }
        }
        writes.len()
    }
}

proptest! {
    #[test]
    fn whatever_people_do_meanwhile_nobody_gets_anothers_values_and_all_is_the_same_when_quiet(turns in turns()) {
        let mut world = World::new();
        for turn in &turns {
            world.turn(turn);
        }
        let quiet = Turn { store: vec![], before: vec![], between: vec![], fails: false };
        for _ in 0..3 {
            world.turn(&quiet);
        }
        prop_assert_eq!(world.turn(&quiet), 0);
        let reading = read(&world.lines);
        prop_assert!(reading.doubles.is_empty() && reading.keyless.is_empty(), "{:?}", reading);
        for row in &reading.rows {
            prop_assert_eq!(&row.cells, &world.store[row.key()].cells);
        }
        for (key, record) in &world.store {
            let name = record.cells.text(Column::ClientName);
            prop_assert!(name.split(' ').nth(1) == Some(key.as_str()), "{} of {}", name, key);
            prop_assert!(!record.live || reading.rows.iter().any(|row| row.key() == key));
        }
    }
}
