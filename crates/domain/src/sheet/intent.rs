//! Promises: of every write it is known at the next read whether it arrived, and a write that hit another row, because
//! somebody sorted, inserted or deleted rows meanwhile, is found and undone instead of being taken for a person's edit.
//!
//! Google writes to places, not to records, and has no conditional write. So each write is remembered beforehand as an
//! [`Intent`] and looked for afterwards.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Cells, Column, Reading, Row, strayed::Placed};

/// A write into one row of a tab, remembered before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Whose row it is meant for; empty for no row at all.
    pub key: String,
    /// Where that row was, from 1; none for a row that is added.
    pub row: Option<u32>,
    /// The cells.
    pub cells: Cells,
    /// In how many readings it was not seen: a write whose answer was lost may still be on its way.
    #[serde(default)]
    pub lost: u32,
    /// Where it is sent to, by which it is found should columns move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
}

impl Intent {
    /// A write that is about to be sent.
    #[must_use]
    pub fn new(key: impl Into<String>, row: Option<u32>, cells: Cells) -> Self {
        Self { key: key.into(), row, cells, lost: 0, placed: None }
    }
}

/// What became of an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The row shows all its cells.
    Arrived,
    /// The row shows these of its cells only: somebody changed the others meanwhile.
    Partly(Cells),
    /// There is no such row, or it shows none of them: they are still to be written.
    Lost,
}

/// Cells of ours in a row that they were not meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// The row, from 1.
    pub row: u32,
    /// What stands there by our mistake. If the row is one of [`Reading::rows`] and has a record, lay it over the row's
    /// base before comparing, or over what the row shows if it has no base: so it is nobody's edit, and what the store
    /// has is written in its place, again and again until it arrives. For every other row, write [`Self::emptied`] and
    /// remember [`Self::watched`].
    pub cells: Cells,
}

impl Misplaced {
    /// The same columns, empty.
    #[must_use]
    pub fn emptied(&self) -> Cells {
        self.cells.iter().map(|(column, _)| (column, "")).collect()
    }

    /// Intents that are meant for no row, one a cell: by them each is found again, should the emptying be lost too.
    pub fn watched(&self) -> impl Iterator<Item = Intent> {
        let row = Some(self.row);
        self.cells.iter().map(move |cell| Intent::new("", row, [cell].into_iter().collect()))
    }
}

/// What is known of a key beside the sheet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// What was last the same in sheet and store.
    pub base: Option<&'a Cells>,
    /// What the store wants the row to show.
    pub store: Option<&'a Cells>,
}

/// What became of some intents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// One for each intent, in their order. What arrived is part of the base from now on.
    pub verdicts: Vec<Verdict>,
    /// Sorted by row, each row once.
    pub misplaced: Vec<Misplaced>,
}

/// Looks in a tab for what was to be written there. `known` says what each key's base and wanted cells are.
///
/// A write that its own row does not show in full is searched in every other row; one that it shows, only where it was
/// sent to. A row has got another's write when it shows all cells of it, and one of them is neither in its base nor
/// what the store wants there. A row that was added twice is misplaced the second time.
#[must_use]
pub fn judge<'a>(intents: &[Intent], reading: &Reading, known: impl Fn(&str) -> Known<'a>) -> Judgement {
    if intents.is_empty() {
        return Judgement::default();
    }
    let by_key: HashMap<&str, &Row> = reading.rows.iter().map(|row| (row.key(), row)).collect();
    let verdicts: Vec<Verdict> =
        intents.iter().map(|intent| intent.verdict(by_key.get(intent.key.as_str()).copied())).collect();
    let search = Search::new(intents.iter().zip(&verdicts));
    let mut misplaced: BTreeMap<u32, Cells> = BTreeMap::new();
    let doubles = reading.doubles.iter().map(|row| (row, true));
    let others = reading.rows.iter().chain(&reading.keyless).map(|row| (row, false));
    for (row, double) in others.chain(doubles) {
        for intent in search.candidates(row) {
            let found = if intent.key != row.key() || row.key().is_empty() {
                // A further row of a key is not the one that its base is about.
                let known = if double { Known::default() } else { known(row.key()) };
                intent.misplaced_in(row, known)
            } else if double && intent.row.is_none() && row.cells.shows(&intent.cells) {
                intent.cells.clone()
            } else {
                continue;
            };
            if !found.is_empty() {
                let all = misplaced.entry(row.number).or_default();
                *all = all.iter().chain(found.iter()).collect();
            }
        }
    }
    Judgement { verdicts, misplaced: misplaced.into_iter().map(|(row, cells)| Misplaced { row, cells }).collect() }
}

impl Intent {
    fn verdict(&self, row: Option<&Row>) -> Verdict {
        let Some(row) = row else { return Verdict::Lost };
        let shown: Cells = self.cells.iter().filter(|(column, text)| row.cells.text(*column) == *text).collect();
        if shown.len() == self.cells.len() {
            Verdict::Arrived
        } else if shown.is_empty() {
            Verdict::Lost
        } else {
            Verdict::Partly(shown)
        }
    }

    /// What another's row shows of this write and should not; nothing if the write did not land there.
    fn misplaced_in(&self, row: &Row, known: Known<'_>) -> Cells {
        if !row.cells.shows(&self.cells) {
            return Cells::default();
        }
        let has = |side: Option<&Cells>, column, text: &str| side.map_or("", |cells| cells.text(column)) == text;
        let foreign = |(column, written): &(Column, &str)| {
            !has(known.base, *column, written) && !has(known.store, *column, written)
        };
        self.cells.iter().filter(foreign).collect()
    }
}

/// Finds the intents that a row may have got, without holding every row against every intent.
struct Search<'a> {
    by_row: HashMap<u32, Vec<&'a Intent>>,
    /// Those to be searched everywhere, by the rarest of their texts; of those with the same cells, one.
    by_text: HashMap<(Column, &'a str), Vec<&'a Intent>>,
}

impl<'a> Search<'a> {
    fn new(judged: impl Iterator<Item = (&'a Intent, &'a Verdict)>) -> Self {
        let (mut by_row, mut by_text) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        let mut everywhere: HashMap<&Cells, &Intent> = HashMap::new();
        for (intent, verdict) in judged {
            if let Some(row) = intent.row {
                by_row.entry(row).or_default().push(intent);
            }
            if intent.row.is_none() || *verdict != Verdict::Arrived {
                everywhere.insert(&intent.cells, intent);
            }
        }
        let mut counts: HashMap<(Column, &str), usize> = HashMap::new();
        for cell in everywhere.keys().flat_map(|cells| cells.iter()) {
            *counts.entry(cell).or_default() += 1;
        }
        for (cells, intent) in everywhere {
            if let Some(rarest) = cells.iter().min_by_key(|cell| counts.get(cell)) {
                by_text.entry(rarest).or_default().push(intent);
            }
        }
        Self { by_row, by_text }
    }

    fn candidates(&self, row: &'a Row) -> impl Iterator<Item = &'a Intent> {
        let here = self.by_row.get(&row.number).into_iter().flatten();
        let tab = row.cells.iter().next().map(|(column, _)| column.tab());
        let texts = tab.into_iter().flat_map(|tab| tab.columns()).map(|column| (column, row.cells.text(column)));
        here.chain(texts.filter_map(|text| self.by_text.get(&text)).flatten()).copied()
    }
}

#[cfg(test)]
mod tests;
