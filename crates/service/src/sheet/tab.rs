//! What one cycle is to do about one tab: found out from the tab, the store, and what was last the same in both.
//! People's edits are carried out here; nothing is written into the sheet yet.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use proxycall_domain::{
    ClientId, Said,
    sheet::{
        Cells, Column, Difference, Intent, Known, Layout, Reading, Reason, Record, Row, Step, Tab, Verdict, cell,
        compare, displaced, exchanged, judge, read_rows, too_many_vanished,
    },
};

use super::{
    Memory,
    strays::{Lines, strays},
    trouble::TabTrouble,
};
use crate::{
    Service,
    ports::{
        LedgerError,
        ledger::{Mark, SheetChanges, Told},
        sheet::Table,
    },
};

/// How many rows of a tab are dealt with at once because they differ or are marked: a cycle's memory grows with them. Where more
/// are marked, a quarter of this all the same: people's edits are among those that differ.
const ROWS: usize = 5_000;
/// In how many further cycles a write is looked for that was not seen: a minute at least. One whose answer was lost may be
/// carried out by Google later than the next reading, and must not be taken for a person's edit then.
pub(super) const LOOKED_FOR: u32 = 15;
/// How many problems of one tab are told at once: a formula that fails does so in every row.
const PROBLEMS: usize = 100;
/// The same of rows that may not be written.
const WITHHELD: usize = 1_000;

/// What is to be done about a tab.
pub(super) struct TabWork {
    pub(super) layout: Layout,
    /// The last row that holds anything of ours, or in the first column.
    pub(super) rows: usize,
    /// Whether the first column has a header.
    pub(super) begins_first: bool,
    /// Cells to be written into rows that are there.
    pub(super) updates: Vec<(u32, Cells)>,
    /// Rows to be added.
    pub(super) appends: Vec<Cells>,
    /// What is to be kept before anything is sent, the intents of what is sent among it.
    pub(super) changes: SheetChanges,
    /// What is marked and can be neither written nor settled before a person acts.
    pub(super) stuck: HashSet<(Tab, String)>,
    pub(super) tally: Tally,
    /// Rows about which there is nothing to be done, with their fingerprints, and what a person should know of them.
    pub(super) seen: Vec<(String, u64, Option<Told>)>,
    /// Whether more rows differ than were dealt with.
    pub(super) more: bool,
    /// The numbers of the rows whose phone stands there without a sign for its country, in their order.
    unsigned: Vec<u32>,
    /// How many rows have cells that may not be written.
    withheld: usize,
}

/// What a cycle did, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that people changed, added or deleted, and that were carried out.
    pub edits: usize,
    /// Rows in which something of a person's was put back.
    pub put_back: usize,
}

/// What is known of some keys beside the sheet.
pub(super) struct Sides {
    pub(super) bases: HashMap<String, Cells>,
    pub(super) records: HashMap<String, Record>,
}

/// A tab that was read, with all that it is held against.
pub(super) struct Look {
    pub(super) layout: Layout,
    /// The last row that holds anything of ours, or in the first column.
    pub(super) rows: usize,
    /// Whether more rows differ than are dealt with at once.
    pub(super) more: bool,
    pub(super) reading: Reading,
    /// What was sent in the last cycle.
    pub(super) intents: Vec<Intent>,
    /// Whose rows may differ from their records.
    pub(super) keys: HashSet<String>,
    /// What the first row and the rows of these keys hold, ours or not.
    pub(super) lines: Lines,
    pub(super) sides: Sides,
}

/// The rows by their keys.
pub(super) fn rows_of(reading: &Reading) -> HashMap<&str, &Row> {
    reading.rows.iter().map(|row| (row.key(), row)).collect()
}

/// The last row that holds anything in one of our columns or in the first one. Others' may go on below, as boxes to be
/// ticked do.
fn last_row(layout: &Layout, table: &Table) -> usize {
    let places: Vec<usize> = layout.columns().map(|(_, place)| place as usize).chain([0]).collect();
    let holds = |row: &usize| {
        let cells: Vec<&str> = table.row(*row).collect();
        places.iter().any(|place| cells.get(*place).is_some_and(|text| !text.trim().is_empty()))
    };
    (0..table.rows()).rev().find(holds).map_or(0, |row| row + 1)
}

/// Reads the rows of a table. A large one takes some time: whoever follows the sheet has a thread for that.
pub(super) fn read(layout: &Layout, table: &Table) -> Reading {
    read_rows(layout, (0..table.rows()).map(|row| table.row(row)))
}

impl Service {
    /// Holds a tab against the store: what was read, and the keys whose rows may differ, `also` among them. Changes
    /// nothing.
    pub(super) async fn look_at_tab(
        &self,
        memory: &Memory,
        tab: Tab,
        table: Table,
        also: impl Iterator<Item = String> + Send,
    ) -> Result<Result<Look, TabTrouble>, LedgerError> {
        let layout = match Layout::find(tab, table.row(0)) {
            Ok(layout) => layout,
            Err(error) => return Ok(Err(TabTrouble::Layout(error))),
        };
        let all = last_row(&layout, &table);
        let intents = self.ledger.sheet_intents(tab).await?;
        if let Some(trouble) = strays(&layout, &table, &intents) {
            return Ok(Err(trouble));
        }
        let reading = read(&layout, &table);
        let (vanished, mut changed) = differing(memory, tab, &reading, &rows_of(&reading));
        let also: Vec<String> = also.collect();
        let room = ROWS.saturating_sub(also.len()).max(ROWS / 4);
        let more = changed.len() > room;
        changed.truncate(room);
        let sent = intents.iter().map(|intent| intent.key.clone()).filter(|key| !key.is_empty());
        let keys: HashSet<String> = vanished.into_iter().chain(changed).chain(also).chain(sent).collect();
        let lines = Lines::of(&table, reading.rows.iter().filter(|row| keys.contains(row.key())));
        drop(table);
        let sides = self.sides(tab, &keys, self.clock.now()).await?;
        let rows = rows_of(&reading);
        let displaced = displaced(&reading, &keys, &sides.bases);
        let is_live =
            |key: &str| sides.records.get(key).is_some_and(|record| record.live) && sides.bases.contains_key(key);
        let is_gone = |key: &str| !rows.contains_key(key) && !displaced.contains_key(key);
        let vanished = keys.iter().filter(|key| is_live(key) && is_gone(key)).count();
        let live = if vanished > 1 { self.ledger.live_records(tab).await? } else { vanished };
        if too_many_vanished(live, vanished) {
            return Ok(Err(TabTrouble::Vanished { tab, live, vanished }));
        }
        Ok(Ok(Look { layout, rows: all, more, reading, intents, keys, lines, sides }))
    }

    /// Finds out what is to be done about a tab, and carries out what people did in it.
    pub(super) async fn tab_work(
        &self,
        memory: &Memory,
        tab: Tab,
        table: Table,
        marks: &HashMap<&str, &Mark>,
    ) -> Result<Result<TabWork, TabTrouble>, LedgerError> {
        let marked = marks.keys().map(|key| (*key).to_owned());
        let Look { layout, rows: all, more, reading, intents, keys, lines, mut sides } =
            match self.look_at_tab(memory, tab, table, marked).await? {
                Ok(look) => look,
                Err(trouble) => return Ok(Err(trouble)),
            };
        let rows = rows_of(&reading);
        let mut work = TabWork::new(layout, all);
        work.more = more;
        work.begins_first = lines.begins_first();
        work.unsigned.clone_from(&reading.unsigned);
        let mut sent = work.judge(&intents, &reading, &rows, &mut sides);
        for problem in reading.problems.iter().take(PROBLEMS) {
            let row = reading.rows.iter().find(|row| row.number == problem.row);
            let key = row.map_or_else(|| format!("#{}", problem.row), |row| row.key().to_owned());
            work.tell(tab, key, problem.said(), true);
        }
        let held = work.held(&keys, &reading, &sides);
        for (key, told) in memory.still_seen(tab, &rows).filter(|(key, _)| !keys.contains(*key)) {
            work.changes.problems.push((tab, key.to_owned(), Some(told.clone())));
        }
        // Rows are added in an order that people expect: numbers by their value.
        let mut keys: Vec<String> = keys.into_iter().collect();
        keys.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        for key in &keys {
            let row = rows.get(key.as_str()).copied();
            let told_before = work.changes.problems.len();
            let agrees = || {
                let sides = (sides.bases.get(key), row, sides.records.get(key));
                matches!(compare(&work.layout, sides.0, sides.1, sides.2), Step::Compared(found) if !found.differs())
            };
            if held.contains(key) && !agrees() {
                work.stuck.insert((tab, key.clone()));
                continue;
            }
            match self.row(memory, &mut work, key, row, &sides, &mut sent).await? {
                Settled::Yes => {
                    work.changes.unmarked.extend(marks.get(key.as_str()).map(|mark| Mark::clone(mark)));
                    let told = work.changes.problems.get(told_before..).unwrap_or_default();
                    let told = told.iter().find_map(|(_, _, told)| told.clone()).filter(|told| told.standing);
                    work.seen.extend(row.map(|row| (key.clone(), memory.fingerprint(&row.cells), told)));
                }
                Settled::OnItsWay => {}
                Settled::Withheld => drop(work.stuck.insert((tab, key.clone()))),
            }
        }
        for intent in sent.iter_mut().filter(|intent| intent.placed.is_none()) {
            intent.placed = Some(lines.place(&work.layout, intent));
        }
        if !(intents.is_empty() && sent.is_empty()) {
            work.changes.intents.push((tab, sent));
        }
        Ok(Ok(work))
    }

    fn sheet_account(&self) -> &str {
        self.sheet.as_ref().map_or("the service account", |mirror| mirror.sheet().account())
    }

    async fn sides(&self, tab: Tab, keys: &HashSet<String>, now: Timestamp) -> Result<Sides, LedgerError> {
        let keys: Vec<String> = keys.iter().cloned().collect();
        let bases = self.ledger.sheet_rows_of(tab, keys.clone()).await?.into_iter().collect();
        let records = self.ledger.sheet_records(tab, keys, now).await?.into_iter().collect();
        Ok(Sides { bases, records })
    }

    /// One key: its row, its record, and what was last the same.
    async fn row(
        &self,
        memory: &Memory,
        work: &mut TabWork,
        key: &str,
        row: Option<&Row>,
        sides: &Sides,
        sent: &mut Vec<Intent>,
    ) -> Result<Settled, LedgerError> {
        let tab = work.layout.tab();
        let (base, record) = (sides.bases.get(key), sides.records.get(key));
        Ok(match compare(&work.layout, base, row, record) {
            Step::Compared(found) => {
                let number = row.map_or(0, |row| row.number);
                let store = record.map(|record| &record.cells);
                self.difference(memory, work, (key, number), Known { base, store }, found, sent).await?
            }
            Step::Append(cells) => {
                let cells = addable(&work.layout, cells);
                let place = u32::try_from(work.rows.saturating_add(work.appends.len())).unwrap_or(u32::MAX);
                let (cells, covered) = memory.protected.part(&work.layout, place.saturating_add(1), &cells);
                // Without its key nobody would know the row again. What else is missing is written once it is there.
                if covered.get(tab.key()).is_some() {
                    let what = (
                        "la ligne ne peut pas être ajoutée, car son emplacement est protégé",
                        "the row cannot be added, for its place is protected",
                    );
                    work.withhold(key, &what.into(), self.sheet_account());
                    return Ok(Settled::Withheld);
                }
                sent.push(Intent::new(key, None, cells.clone()));
                work.appends.push(cells);
                Settled::OnItsWay
            }
            Step::Create(client) => {
                let unsigned = row.is_some_and(|row| work.is_unsigned(row.number));
                match self.create_typed_client(&client, unsigned).await? {
                    Ok(()) => work.tally.edits += 1,
                    Err(why) => work.tell(tab, key.to_owned(), why, true),
                }
                Settled::Yes
            }
            Step::Close => {
                self.close_deleted_client(key).await?;
                work.tally.edits += 1;
                work.changes.bases.push((tab, key.to_owned(), None));
                Settled::Yes
            }
            Step::Forget => {
                work.changes.bases.push((tab, key.to_owned(), None));
                Settled::Yes
            }
            Step::Leave(problem) => {
                if let Some(problem) = problem {
                    work.tell(tab, key.to_owned(), problem.said(), true);
                }
                Settled::Yes
            }
        })
    }

    async fn difference(
        &self,
        memory: &Memory,
        work: &mut TabWork,
        (key, number): (&str, u32),
        Known { base, store }: Known<'_>,
        found: Difference,
        sent: &mut Vec<Intent>,
    ) -> Result<Settled, LedgerError> {
        let tab = work.layout.tab();
        let Difference { mut writes, edits, mut put_back, base: mut new_base } = found;
        if !edits.is_empty() {
            let former = store.filter(|_| work.is_unsigned(number)).map(|store| store.text(Column::ClientPhone));
            match self.carry_out(tab, key, &edits, former).await? {
                Ok(()) => {
                    work.tally.edits += 1;
                    // What was meant is written in place of what was typed, as soon as the record shows it.
                    if former.is_some() {
                        new_base = new_base.overlaid(&edits);
                    }
                }
                Err(why) => {
                    // Kept as if it had been the same: so the store's text is written in its place until it arrives.
                    new_base = new_base.overlaid(&edits);
                    let ours = |column| store.map_or("", |store| store.text(column));
                    writes = writes.iter().chain(edits.iter().map(|(column, _)| (column, ours(column)))).collect();
                    put_back.extend(edits.iter().map(|(column, _)| (column, Reason::Refused(why.clone()))));
                }
            }
        }
        if !put_back.is_empty() {
            let reasons: Vec<Said> =
                put_back.iter().map(|(column, reason)| reason.said().after(column.header())).collect();
            let note = Said::joined(&reasons, "; ");
            if work.layout.position(tab.note()).is_some() {
                writes = with_cell(&writes, tab.note(), note.of(self.policy.current().operators.language));
            }
            work.tell(tab, key.to_owned(), note, false);
            work.tally.put_back += 1;
        } else if !edits.is_empty() {
            work.changes.problems.push((tab, key.to_owned(), None));
            if !new_base.text(tab.note()).is_empty() {
                writes = with_cell(&writes, tab.note(), "");
            }
        }
        let shop = |cells: &Cells| cell::in_shop(cells.text(Column::ClientShop));
        if tab == Tab::Clients && base.and_then(shop) != shop(&new_base) {
            let client = ClientId::parse(tab.key().header(), key).ok();
            work.changes.in_shop.extend(client.map(|client| (client, shop(&new_base))));
        }
        if base != Some(&new_base) {
            work.changes.bases.push((tab, key.to_owned(), Some(new_base)));
        }
        let (writes, covered) = memory.protected.part(&work.layout, number, &writes);
        let covered = covered.iter().map(|(column, _)| column).filter(|column| *column != tab.note());
        let covered: Vec<_> = covered.map(Column::header).collect();
        if !covered.is_empty() {
            let covered = covered.join(", ");
            let what = (
                format!("ligne {number} : {covered} ne peut pas être écrit, car cet endroit est protégé"),
                format!("row {number}: {covered} cannot be written, for what stands there is protected"),
            );
            work.withhold(key, &what.into(), self.sheet_account());
        }
        if writes.is_empty() && !covered.is_empty() {
            return Ok(Settled::Withheld);
        }
        if writes.is_empty() {
            return Ok(if edits.is_empty() { Settled::Yes } else { Settled::OnItsWay });
        }
        sent.push(Intent::new(key, Some(number), writes.clone()));
        work.updates.push((number, writes));
        Ok(Settled::OnItsWay)
    }
}

/// What a new row begins with. A client's ends before the columns of formulas: whatever is written there, even nothing,
/// may keep a formula above from spilling over it. What lies behind them is written once the row is there.
fn addable(layout: &Layout, cells: Cells) -> Cells {
    if layout.tab() != Tab::Clients {
        return cells;
    }
    let ours = layout.columns().filter(|(column, _)| !column.is_others());
    let places: HashSet<u32> = ours.map(|(_, place)| place).collect();
    let key = layout.position(layout.tab().key()).unwrap_or_default();
    let end = (key..).find(|place| !places.contains(place)).unwrap_or(u32::MAX);
    let before = |column| layout.position(column).is_some_and(|place| place < end);
    cells.iter().filter(|(column, _)| before(*column)).collect()
}

/// Whether anything is left to be done about a row.
enum Settled {
    Yes,
    /// It is seen to in the next cycle.
    OnItsWay,
    /// What is to be written is protected: it is tried again later.
    Withheld,
}

/// The keys whose row is not there any more, and those whose row shows something else than last time or is new.
fn differing(memory: &Memory, tab: Tab, reading: &Reading, rows: &HashMap<&str, &Row>) -> (Vec<String>, Vec<String>) {
    let known = memory.known.as_ref().and_then(|known| known.get(&tab));
    let changed = reading.rows.iter().filter(|row| !memory.knows(tab, row));
    let vanished = known.into_iter().flat_map(HashMap::keys).filter(|key| !rows.contains_key(key.as_ref()));
    (vanished.map(|key| key.to_string()).collect(), changed.map(|row| row.key().to_owned()).collect())
}

impl Memory {
    /// Whether a row shows what it showed when it was last dealt with.
    fn knows(&self, tab: Tab, row: &Row) -> bool {
        let print = Some(self.fingerprint(&row.cells));
        let same = self.known.as_ref().and_then(|known| known.get(&tab)).and_then(|rows| rows.get(row.key()).copied());
        let seen = || self.seen.get(&tab).and_then(|rows| rows.get(row.key())).map(|seen| seen.print);
        same == print || seen() == print
    }

    /// What stays true of rows about which there is nothing to be done.
    fn still_seen(&self, tab: Tab, rows: &HashMap<&str, &Row>) -> impl Iterator<Item = (&str, &Told)> {
        let seen = self.seen.get(&tab).into_iter().flatten();
        seen.filter_map(|(key, seen)| {
            let row = rows.get(key.as_ref())?;
            Some((key.as_ref(), seen.told.as_deref()?)).filter(|_| self.fingerprint(&row.cells) == seen.print)
        })
    }
}

fn with_cell(writes: &Cells, column: Column, text: &str) -> Cells {
    writes.iter().chain([(column, text)]).collect()
}

impl TabWork {
    /// Nothing is to be done yet.
    pub(super) fn new(layout: Layout, rows: usize) -> Self {
        Self {
            layout,
            rows,
            begins_first: true,
            updates: Vec::new(),
            appends: Vec::new(),
            changes: SheetChanges::default(),
            stuck: HashSet::new(),
            tally: Tally::default(),
            seen: Vec::new(),
            more: false,
            unsigned: Vec::new(),
            withheld: 0,
        }
    }

    fn is_unsigned(&self, row: u32) -> bool {
        self.unsigned.binary_search(&row).is_ok()
    }

    /// Keys that nothing follows from until a person puts them right: those that are not their rows' own, those whose rows
    /// have others now, and those that several rows have.
    pub(super) fn held(&mut self, keys: &HashSet<String>, reading: &Reading, sides: &Sides) -> HashSet<String> {
        let tab = self.layout.tab();
        let of_interest = reading.rows.iter().filter(|row| keys.contains(row.key()));
        let rows: HashMap<&str, &Row> = of_interest.map(|row| (row.key(), row)).collect();
        let mut held: HashSet<String> = reading.doubles.iter().map(|row| row.key().to_owned()).collect();
        let column = tab.key().header();
        for (was, row) in displaced(reading, keys, &sides.bases) {
            if sides.records.contains_key(&was) && !reading.reserved.contains(row) {
                let place = row.number;
                let fr =
                    format!("est dans la ligne {place} sans son {column} ; saisissez-y {was}, ou supprimez la ligne");
                let en = format!("stands in row {place} without its {column}; enter {was} there, or delete the row");
                self.tell(tab, was.clone(), (fr, en), true);
            }
            held.extend([was, row.key().to_owned()]);
        }
        for (key, was) in exchanged(tab, &rows, &sides.bases) {
            if held.insert(key.to_owned()) {
                let fr =
                    format!("montre ce qui était dans la ligne de {was} ; rendez à chaque ligne son propre {column}");
                let en = format!("shows what was in the row of {was}; give each row its own {column} back");
                self.tell(tab, key.to_owned(), (fr, en), true);
            }
        }
        held
    }

    /// Tells that a row cannot be written as it should, and has it looked at again.
    fn withhold(&mut self, key: &str, what: &Said, account: &str) {
        let tab = self.layout.tab();
        self.changes.marked.push((tab, key.to_owned()));
        self.withheld += 1;
        if self.withheld <= WITHHELD {
            let remedy = (
                format!(
                    "dans Données, Protéger des feuilles et des plages, autorisez {account} à modifier, ou levez la protection"
                ),
                format!("under Data, Protect sheets and ranges, let {account} edit it, or lift the protection"),
            );
            self.tell(tab, key.to_owned(), Said::joined(&[what.clone(), remedy.into()], "; "), true);
        }
    }

    fn tell(&mut self, tab: Tab, key: String, reason: impl Into<Said>, standing: bool) {
        self.changes.problems.push((tab, key, Some(Told { reason: reason.into(), standing })));
    }

    /// Looks for what was sent in the last cycle: what arrived is the same in both from now on, and what landed in
    /// another row is undone. What is sent for that already.
    pub(super) fn judge(
        &mut self,
        intents: &[Intent],
        reading: &Reading,
        rows: &HashMap<&str, &Row>,
        sides: &mut Sides,
    ) -> Vec<Intent> {
        let tab = self.layout.tab();
        let judgement = judge(intents, reading, |key| Known {
            // A row that shows what it showed last time is its own base.
            base: sides.bases.get(key).or_else(|| rows.get(key).map(|row| &row.cells)),
            store: sides.records.get(key).map(|record| &record.cells),
        });
        let mut sent = Vec::new();
        for (intent, verdict) in intents.iter().zip(&judgement.verdicts) {
            let arrived = match verdict {
                Verdict::Arrived => &intent.cells,
                Verdict::Partly(cells) => cells,
                Verdict::Lost => {
                    if intent.lost < LOOKED_FOR {
                        sent.push(Intent { lost: intent.lost + 1, ..intent.clone() });
                    }
                    continue;
                }
            };
            if intent.key.is_empty() {
                continue;
            }
            let base = sides.bases.get(&intent.key).cloned().unwrap_or_default().overlaid(arrived);
            self.changes.bases.push((tab, intent.key.clone(), Some(base.clone())));
            sides.bases.insert(intent.key.clone(), base);
        }
        for misplaced in &judgement.misplaced {
            let row = reading.rows.iter().find(|row| row.number == misplaced.row);
            match row.filter(|row| sides.records.contains_key(row.key())) {
                Some(row) => {
                    let base = sides.bases.get(row.key()).unwrap_or(&row.cells).overlaid(&misplaced.cells);
                    sides.bases.insert(row.key().to_owned(), base);
                }
                None => {
                    sent.extend(misplaced.watched());
                    self.updates.push((misplaced.row, misplaced.emptied()));
                }
            }
        }
        sent
    }
}
