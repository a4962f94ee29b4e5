//! Promises: of every write it is known at the next read whether it arrived, and a write that hit another row, because
//! somebody sorted, inserted or deleted rows meanwhile, is found and undone instead of being taken for a person's edit.
//!
//! Google writes to places, not to records, and has no conditional write. So each write is remembered beforehand as an
//! [`Intent`] and looked for afterwards.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Cells, Column, Reading, Row};

/// A write into one row of a tab, remembered before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Whose row it is meant for.
    pub key: String,
    /// Where that row was, from 1; none for a row that is added.
    pub row: Option<u32>,
    /// The cells.
    pub cells: Cells,
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
    /// What is to stand there again: the row's base, or nothing where it has none. Lay it over what was read before the row
    /// is compared, so that nobody's edit is seen in it; write it together with what the comparison writes.
    pub restore: Cells,
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
/// A write that its own row does not show in full is searched in every other row; one that it shows, only where it was sent
/// to.
/// A row has got another's write when it shows all cells of it, and one of them is neither in its base nor what the store
/// wants there.
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
            let restore = if intent.key != row.key() {
                // A further row of a key is not the one that its base is about.
                let known = if double { Known::default() } else { known(row.key()) };
                intent.misplaced_in(row, known)
            } else if double && intent.row.is_none() && row.cells.shows(&intent.cells) {
                intent.cells.iter().map(|(column, _)| (column, "")).collect()
            } else {
                continue;
            };
            if !restore.is_empty() {
                let all = misplaced.entry(row.number).or_default();
                *all = all.iter().chain(restore.iter()).collect();
            }
        }
    }
    Judgement { verdicts, misplaced: misplaced.into_iter().map(|(row, restore)| Misplaced { row, restore }).collect() }
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

    /// What is to stand again in another's row; nothing if this write did not land there.
    fn misplaced_in(&self, row: &Row, known: Known<'_>) -> Cells {
        if !row.cells.shows(&self.cells) {
            return Cells::default();
        }
        let text = |cells: Option<&'_ Cells>, column: Column| {
            cells.map_or(String::new(), |cells| cells.text(column).to_owned())
        };
        let foreign = self.cells.iter().filter(|(column, written)| {
            text(known.base, *column) != *written && known.store.is_none_or(|store| store.text(*column) != *written)
        });
        foreign.map(|(column, _)| (column, text(known.base, column))).collect()
    }
}

/// Finds the intents that a row may have got, without holding every row against every intent.
struct Search<'a> {
    by_row: HashMap<u32, Vec<&'a Intent>>,
    /// Those to be searched everywhere, by the longest of their texts.
    by_text: HashMap<(Column, &'a str), Vec<&'a Intent>>,
}

impl<'a> Search<'a> {
    fn new(judged: impl Iterator<Item = (&'a Intent, &'a Verdict)>) -> Self {
        let mut search = Self { by_row: HashMap::new(), by_text: HashMap::new() };
        for (intent, verdict) in judged {
            if let Some(row) = intent.row {
                search.by_row.entry(row).or_default().push(intent);
            }
            let everywhere = intent.row.is_none() || *verdict != Verdict::Arrived;
            if let Some(longest) = intent.cells.iter().max_by_key(|(_, text)| text.len()).filter(|_| everywhere) {
                search.by_text.entry(longest).or_default().push(intent);
            }
        }
        search
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
