//! Promises: a write that went beside its column, because somebody inserted, deleted or moved columns between our reading
//! and our writing, is found at the next reading, with what stood in each cell before.
//!
//! Google writes to letters, not to columns. So each [`Intent`] remembers where its columns were, what the first row said,
//! and what its row showed ([`Placed`]). What cannot be known: a formula or a number that a cell held shows as its text
//! only; and of columns without header, a new one cannot be told from the one beside it.

use std::{collections::HashMap, fmt};

use serde::{Deserialize, Serialize};

use super::{Column, Intent, Layout, cell};

/// The cells of a whole row, as they were read, in one block of memory.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line(Box<str>);

/// Parts two cells; no cell of ours holds it.
const BORDER: char = '\u{1f}';

impl Line {
    /// Packs cells.
    #[must_use]
    pub fn pack<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let mut text = String::new();
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                text.push(BORDER);
            }
            text.extend(cell.chars().filter(|c| *c != BORDER));
        }
        Self(text.into())
    }

    /// The cells, from the first on.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.0.split(BORDER)
    }
}

/// Leaves the cells out.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} cells)", self.cells().count())
    }
}

/// Where a write was sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// What the first row said.
    headers: Line,
    /// What the row showed; nothing for one that is added.
    was: Line,
    /// Where each of the intent's columns was, from 0, in their order.
    places: Vec<u32>,
}

impl Placed {
    /// Where an intent's cells are sent to.
    #[must_use]
    pub fn new(layout: &Layout, headers: &Line, was: Line, intent: &Intent) -> Self {
        let place = |column| layout.position(column).unwrap_or(u32::MAX);
        Self { headers: headers.clone(), was, places: intent.cells.iter().map(|(column, _)| place(column)).collect() }
    }
}

/// A cell that we wrote into by mistake, and what stood there before.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strayed {
    /// The row, from 1.
    pub row: u32,
    /// The column, from 0.
    pub place: u32,
    /// What it showed; empty where nothing stood, or an array formula filled it.
    pub was: String,
    /// Whether the column is none of ours: what stood there may have been more than a text.
    pub is_anothers: bool,
}

/// Leaves the cell out.
impl fmt::Debug for Strayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Strayed({}{})", super::letters(self.place), self.row)
    }
}

/// Looks for what went beside its column. `row` tells the cells of a row as they are now, counted from 1, of `rows`.
///
/// A write is taken for one that strayed when its row shows all its cells where the columns were, and not where they are
/// now: then it came after the columns had moved. One that came before moved with them, and is where it belongs.
#[must_use]
pub fn strayed<'i, 't, I, R>(layout: &Layout, intents: I, rows: u32, row: R) -> Vec<Strayed>
where
    I: Iterator<Item = &'i Intent>,
    R: Fn(u32) -> Vec<&'t str>,
{
    let moved = |intent: &&Intent| {
        let places = intent.placed.iter().flat_map(|placed| &placed.places);
        intent.cells.iter().zip(places).any(|((column, _), place)| layout.position(column) != Some(*place))
    };
    let intents: Vec<&Intent> = intents.filter(moved).collect();
    let mut found = Vec::new();
    if intents.is_empty() {
        return found;
    }
    let headers = row(1);
    let now = Now { layout, headers: &headers, formulas: formulas(layout, &headers, &row(2)) };
    let added = Added::new(layout, &intents);
    for intent in intents.iter().filter(|intent| intent.row.is_some()) {
        let number = intent.row.unwrap_or_default();
        now.look(intent, number, &row(number), &mut found);
    }
    if !added.is_empty() {
        for number in layout.tab().first_row()..=rows {
            let cells = row(number);
            if let Some(intent) = added.find(&cells) {
                now.look(intent, number, &cells, &mut found);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Rows that were added, by where their key was to be.
struct Added<'a>(HashMap<(u32, &'a str), &'a Intent>);

impl<'a> Added<'a> {
    fn new(layout: &Layout, intents: &[&'a Intent]) -> Self {
        let key = layout.tab().key();
        let added = intents.iter().filter(|intent| intent.row.is_none());
        let by_key = added.filter_map(|intent| {
            let at = intent.cells.iter().position(|(column, _)| column == key)?;
            let place = intent.placed.as_ref()?.places.get(at)?;
            Some(((*place, intent.cells.text(key)), *intent))
        });
        Self(by_key.collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, cells: &[&str]) -> Option<&'a Intent> {
        let shown = (0..).zip(cells).find_map(|(place, text)| self.0.get(&(place, text.trim())));
        shown.copied()
    }
}

/// The tab as it is now.
struct Now<'a> {
    layout: &'a Layout,
    headers: &'a [&'a str],
    /// Columns that an array formula fills, by place: it failed, for something was written into them.
    formulas: Vec<bool>,
}

/// Which columns show a formula's fault in the header or in the row for formulas.
fn formulas(layout: &Layout, headers: &[&str], second: &[&str]) -> Vec<bool> {
    let fails = |row: &[&str], place: usize| row.get(place).is_some_and(|text| cell::is_formula_fault(text.trim()));
    let reserved = layout.tab().first_row() > 2;
    let columns = headers.len().max(second.len());
    (0..columns).map(|place| fails(headers, place) || (reserved && fails(second, place))).collect()
}

impl Now<'_> {
    fn look(&self, intent: &Intent, number: u32, cells: &[&str], found: &mut Vec<Strayed>) {
        let Some(placed) = &intent.placed else { return };
        let shown = |place: u32| cells.get(place as usize).copied().unwrap_or_default();
        let shows = |(column, text): (Column, &str), place: u32| cell::canonical(column.kind(), shown(place)) == text;
        let sent: Vec<_> = intent.cells.iter().zip(placed.places.iter().copied()).collect();
        let arrived =
            sent.iter().all(|(cell, _)| self.layout.position(cell.0).is_some_and(|place| shows(*cell, place)));
        if arrived || !sent.iter().all(|(cell, place)| shows(*cell, *place)) {
            return;
        }
        let origins = origins(&placed.headers.cells().collect::<Vec<_>>(), self.headers);
        let was: Vec<&str> = placed.was.cells().collect();
        // A new row whose key went astray would be nobody's: all of it goes, and it is added again.
        let key = self.layout.tab().key();
        let is_keyless = intent.row.is_none()
            && sent.iter().any(|((column, _), place)| *column == key && self.layout.position(key) != Some(*place));
        for ((column, _), place) in sent {
            if self.layout.position(column) == Some(place) && !is_keyless {
                continue;
            }
            let is_formulas = self.formulas.get(place as usize).copied().unwrap_or_default();
            let origin = origins.get(place as usize).copied().flatten().filter(|_| !is_formulas);
            let before = origin.and_then(|origin| was.get(origin)).copied().unwrap_or_default();
            if before.trim() != shown(place).trim() {
                let is_ours = self.layout.columns().any(|(column, at)| at == place && !column.is_others());
                found.push(Strayed { row: number, place, was: before.to_owned(), is_anothers: !is_ours });
            }
        }
    }
}

/// For each column now, which one it was before; none: it is new. Columns are told by their headers: those that only one
/// has wherever they are, the others by their order.
fn origins(before: &[&str], now: &[&str]) -> Vec<Option<usize>> {
    let plain = |headers: &[&str]| headers.iter().map(|header| header.trim().to_lowercase()).collect::<Vec<_>>();
    let (before, now) = (plain(before), plain(now));
    let only = |all: &[String], header: &String| {
        let mut places = (0..).zip(all).filter(|(_, other)| *other == header).map(|(place, _)| place);
        let place = places.next();
        place.filter(|_| places.next().is_none() && !header.is_empty())
    };
    let alone = |header: &String| only(&now, header).and_then(|_| only(&before, header));
    let mut origins: Vec<Option<usize>> = now.iter().map(alone).collect();
    in_order(&before, &now, &mut origins);
    origins
}

/// Fills in what has no header of its own, by the longest common order (the classical table of lengths).
fn in_order(before: &[String], now: &[String], origins: &mut [Option<usize>]) {
    let width = now.len() + 1;
    let mut lengths = vec![0_u16; (before.len() + 1) * width];
    let at = |lengths: &[u16], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or_default();
    for (i, old) in before.iter().enumerate().rev() {
        for (j, new) in now.iter().enumerate().rev() {
            let length = if old == new {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(place) = lengths.get_mut(i * width + j) {
                *place = length;
            }
        }
    }
    let taken: Vec<usize> = origins.iter().flatten().copied().collect();
    let (mut i, mut j) = (0, 0);
    while let (Some(old), Some(new)) = (before.get(i), now.get(j)) {
        if old == new {
            if let Some(origin) = origins.get_mut(j).filter(|origin| origin.is_none() && !taken.contains(&i)) {
                *origin = Some(i);
            }
            (i, j) = (i + 1, j + 1);
        } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{Cells, Tab};
    use rstest::rstest;

    #[rstest]
    #[case::the_same(&["a", "", "b"], &["a", "", "b"], &[Some(0), Some(1), Some(2)])]
    #[case::inserted(&["a", "b", "c"], &["a", "", "b", "c"], &[Some(0), None, Some(1), Some(2)])]
    #[case::inserted_first(&["a", "b"], &["neu", "a", "b"], &[None, Some(0), Some(1)])]
    #[case::deleted(&["a", "b", "c"], &["a", "c"], &[Some(0), Some(2)])]
    #[case::moved(&["a", "b", "", "c"], &["c", "a", "b", ""], &[Some(3), Some(0), Some(1), Some(2)])]
    #[case::without_header(&["a", "", "b", ""], &["", "a", "", "b", ""], &[None, Some(0), Some(1), Some(2), Some(3)])]
    #[case::twice_the_same(&["x", "a", "x"], &["x", "x", "a"], &[Some(0), Some(2), Some(1)])]
    fn columns_are_told_by_their_headers(
        #[case] before: &[&str],
        #[case] now: &[&str],
        #[case] expected: &[Option<usize>],
    ) {
        assert_eq!(origins(before, now), expected);
    }

    const HEADERS: [&str; 9] = [
        "client_id",
        "client_name",
        "client_mail",
        "client_real_phone",
        "client_proxy_number",
        "client_iso_residency",
        "client_country_code",
        "client_last_caller",
        "mine",
    ];
    const WAS: [&str; 9] = ["7", "Zoé", "zoe@example.com", "+33639980001", "", "FR", "33", "", "note"];

    fn layout(headers: &[&str]) -> Layout {
        Layout::find(Tab::Clients, headers.iter().copied()).unwrap()
    }

    fn intent(row: Option<u32>, cells: &[(Column, &str)]) -> Intent {
        let cells: Cells = cells.iter().copied().collect();
        let mut intent = Intent::new("7", row, cells);
        let headers = Line::pack(HEADERS.into_iter());
        let was = if row.is_some() { Line::pack(WAS.into_iter()) } else { Line::pack([].into_iter()) };
        intent.placed = Some(Placed::new(&layout(&HEADERS), &headers, was, &intent));
        intent
    }

    fn look(intent: &Intent, table: &[Vec<&str>]) -> Vec<(String, String)> {
        let row = |number: u32| table.get(number as usize - 1).cloned().unwrap_or_default();
        let rows = u32::try_from(table.len()).unwrap();
        let found = strayed(&layout(&table[0]), std::iter::once(intent), rows, row);
        found.into_iter().map(|it| (crate::sheet::letters(it.place), it.was)).collect()
    }

    fn with(row: &[&'static str], at: usize, inserted: &'static str) -> Vec<&'static str> {
        let mut row = row.to_vec();
        row.insert(at, inserted);
        row
    }

    fn set(row: &[&'static str], cells: &[(usize, &'static str)]) -> Vec<&'static str> {
        let mut row = row.to_vec();
        cells.iter().for_each(|(at, text)| row[*at] = text);
        row
    }

    const NAME_AND_CALLER: [(Column, &str); 2] =
        [(Column::ClientName, "Ana"), (Column::ClientLastCaller, "+33639980002")];

    #[test]
    fn a_write_after_an_insertion_is_undone_and_formulas_get_nothing() {
        let headers = with(&HEADERS, 0, "");
        let second = set(&with(&[""; 9], 0, ""), &[(7, "#REF!")]);
        let row = set(&with(&WAS, 0, ""), &[(1, "Ana"), (7, "+33639980002")]);
        let found = look(&intent(Some(3), &NAME_AND_CALLER), &[headers, second, row]);
        assert_eq!(found, [("B".to_owned(), "7".to_owned()), ("H".to_owned(), String::new())]);
    }

    #[test]
    fn a_write_before_an_insertion_moved_along() {
        let row = set(&with(&WAS, 0, ""), &[(2, "Ana"), (8, "+33639980002")]);
        let found = look(&intent(Some(3), &NAME_AND_CALLER), &[with(&HEADERS, 0, ""), vec![], row]);
        assert_eq!(found, []);
    }

    #[test]
    fn a_write_after_a_deletion_gives_a_persons_cell_back() {
        let mut headers = HEADERS.to_vec();
        headers.remove(6);
        let mut row = WAS.to_vec();
        row.remove(6);
        let row = set(&row, &[(1, "Ana"), (7, "+33639980002")]);
        let found = look(&intent(Some(3), &NAME_AND_CALLER), &[headers, vec![], row]);
        assert_eq!(found, [("H".to_owned(), "note".to_owned())]);
    }

    #[test]
    fn a_row_that_was_added_beside_its_columns_is_emptied() {
        let added = intent(None, &[(Column::ClientId, "8"), (Column::ClientName, "Bo")]);
        let row = vec!["8", "Bo"];
        let found = look(&added, &[with(&HEADERS, 0, ""), vec![], with(&WAS, 0, ""), row.clone()]);
        assert_eq!(found, [("A".to_owned(), String::new()), ("B".to_owned(), String::new())]);
        let found = look(&added, &[with(&HEADERS, 1, ""), vec![], row]);
        assert_eq!(found, [("B".to_owned(), String::new())], "its key is where it belongs");
    }

    #[test]
    fn where_no_column_moved_nothing_strayed_and_no_cell_is_shown_in_a_log() {
        let sent = intent(Some(3), &NAME_AND_CALLER);
        let row = set(&WAS, &[(1, "Ana"), (7, "+33639980002")]);
        assert_eq!(look(&sent, &[HEADERS.to_vec(), vec![], row]), []);
        let shown = format!("{sent:?}");
        assert!(!shown.contains("Zo") && !shown.contains("note") && !shown.contains("3363"), "{shown}");
        let json = serde_json::to_string(&sent).unwrap();
        assert_eq!(serde_json::from_str::<Intent>(&json).unwrap(), sent);
    }
}
