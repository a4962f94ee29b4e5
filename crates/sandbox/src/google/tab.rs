//! Promises: one tab is a grid of cells that shows, grows, shifts and sorts as a tab at Google does: results of array
//! formulas spill into empty cells, and the end of a table is found as `values.append` finds it.
//!
//! Source: developers.google.com/workspace/sheets/api/guides/values, "Append values", whose examples are tests here.

use super::{
    a1::Area,
    cell::{Cell, Shown},
    formula::ArrayFormula,
};

/// A tab's grid has so many rows when nobody says otherwise.
const ROWS: usize = 1000;
/// And so many columns.
const COLUMNS: usize = 26;

/// One tab.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    pub(crate) id: u32,
    pub(crate) title: String,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// All cells are formatted as text.
    pub(crate) text_format: bool,
    /// Rows, and cells in them, that are not there are empty.
    cells: Vec<Vec<Cell>>,
    /// Where the array formulas are.
    arrays: Vec<(usize, usize)>,
    /// What the service account may not write.
    pub(crate) protected: Vec<Protected>,
}

/// Cells that a person protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Protected {
    pub(crate) area: Area,
    /// Whether `spreadsheets.get` tells of it.
    pub(crate) described: bool,
}

/// The cells that belong together; ends are not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) bottom: usize,
    pub(crate) right: usize,
}

impl Tab {
    pub(crate) fn new(id: u32, title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            id,
            title,
            rows: ROWS,
            columns: COLUMNS,
            text_format: false,
            cells: Vec::new(),
            arrays: Vec::new(),
            protected: Vec::new(),
        }
    }

    /// What the cell holds.
    pub(crate) fn cell(&self, row: usize, column: usize) -> &Cell {
        self.cells.get(row).and_then(|cells| cells.get(column)).unwrap_or(&Cell::Empty)
    }

    /// The formula in the cell, if there is one.
    pub(crate) fn formula(&self, row: usize, column: usize) -> Option<String> {
        match self.cell(row, column) {
            Cell::Formula(text) => Some(text.clone()),
            Cell::Array(formula) => Some(formula.text(row)),
            _ => None,
        }
    }

    /// Puts something into a cell. Whoever asks keeps to the grid.
    pub(crate) fn set(&mut self, row: usize, column: usize, cell: Cell) {
        self.arrays.retain(|place| *place != (row, column));
        if matches!(cell, Cell::Array(_)) {
            self.arrays.push((row, column));
        }
        if cell.is_empty() && self.cell(row, column).is_empty() {
            return;
        }
        if self.cells.len() <= row {
            self.cells.resize_with(row + 1, Vec::new);
        }
        let Some(cells) = self.cells.get_mut(row) else { return };
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = cells.get_mut(column) {
            *place = cell;
        }
    }

    /// Makes the grid at least this large.
    pub(crate) fn grow(&mut self, rows: usize, columns: usize) {
        self.rows = self.rows.max(rows);
        self.columns = self.columns.max(columns);
    }

    /// What the tab shows, array formulas computed.
    pub(crate) fn view(&self) -> View<'_> {
        let spills = self.arrays.iter().filter_map(|&(row, column)| {
            let Cell::Array(formula) = self.cell(row, column) else { return None };
            let blocked = (row + 1..self.cells.len()).any(|below| !self.cell(below, column).is_empty());
            Some(Spill { row, column, formula: *formula, blocked })
        });
        View { tab: self, spills: spills.collect() }
    }

    /// Adds empty rows before `at`.
    pub(crate) fn insert_rows(&mut self, at: usize, count: usize) {
        self.rows += count;
        if at < self.cells.len() {
            self.cells.splice(at..at, (0..count).map(|_| Vec::new()));
        }
        self.shift_protected(|area| &mut area.top, |area| &mut area.bottom, |edge| shifted_in(edge, at, count));
        self.find_arrays();
    }

    /// Takes rows away; those below move up.
    pub(crate) fn delete_rows(&mut self, at: usize, count: usize) {
        let end = (at + count).min(self.rows);
        self.rows -= end.saturating_sub(at);
        if at < self.cells.len() {
            self.cells.drain(at..end.min(self.cells.len()));
        }
        self.shift_protected(|area| &mut area.top, |area| &mut area.bottom, |edge| shifted_out(edge, at, end));
        self.find_arrays();
    }

    /// Adds empty columns before `at`; formulas go on to look where their cells are.
    pub(crate) fn insert_columns(&mut self, at: usize, count: usize) {
        self.columns += count;
        for cells in self.cells.iter_mut().filter(|cells| at < cells.len()) {
            cells.splice(at..at, (0..count).map(|_| Cell::Empty));
        }
        self.columns_moved(|edge| shifted_in(edge, at, count));
    }

    /// Takes columns away; those to the right move to the left.
    pub(crate) fn delete_columns(&mut self, at: usize, count: usize) {
        let end = (at + count).min(self.columns);
        self.columns -= end.saturating_sub(at);
        for cells in self.cells.iter_mut().filter(|cells| at < cells.len()) {
            cells.drain(at..end.min(cells.len()));
        }
        self.columns_moved(|edge| shifted_out(edge, at, end));
    }

    /// Takes a column from one place and puts it before another, both counted as they were.
    pub(crate) fn move_column(&mut self, from: usize, before: usize) {
        let to = if before > from { before.saturating_sub(1) } else { before };
        let longest = from.max(to) + 1;
        for cells in &mut self.cells {
            cells.resize(cells.len().max(longest), Cell::Empty);
            let cell = cells.remove(from);
            cells.insert(to, cell);
        }
        // The formulas that the simulator knows look at one column: it may be the one that moved.
        let place = |column: usize| match column {
            at if at == from => to,
            at if at > from && at <= to => at - 1,
            at if at < from && at >= to => at + 1,
            at => at,
        };
        self.formulas_look_at(place);
        self.find_arrays();
    }

    fn columns_moved(&mut self, place: impl Fn(usize) -> usize) {
        self.shift_protected(|area| &mut area.left, |area| &mut area.right, &place);
        self.formulas_look_at(place);
        self.find_arrays();
    }

    fn formulas_look_at(&mut self, place: impl Fn(usize) -> usize) {
        for cell in self.cells.iter_mut().flatten() {
            if let Cell::Array(formula) = cell {
                formula.phone_column = place(formula.phone_column);
            }
        }
    }

    /// Protected cells stay protected where they go.
    fn shift_protected(
        &mut self,
        first: impl Fn(&mut Area) -> &mut usize,
        end: impl Fn(&mut Area) -> &mut Option<usize>,
        place: impl Fn(usize) -> usize,
    ) {
        for protected in &mut self.protected {
            let first = first(&mut protected.area);
            *first = place(*first);
            let end = end(&mut protected.area);
            *end = end.map(&place);
        }
    }

    /// Sorts the rows from `first` on by what a column shows: numbers, then texts, then empty cells, as Google does.
    pub(crate) fn sort(&mut self, first: usize, column: usize) {
        let keys: Vec<(u8, f64, String)> = {
            let view = self.view();
            let key = |row: usize| match view.shown(row, column) {
                Shown::Number(number) => (0, number, String::new()),
                Shown::Text(text) => (1, 0.0, text.to_lowercase()),
                Shown::Bool(value) => (2, f64::from(u8::from(value)), String::new()),
                Shown::Blank => (3, 0.0, String::new()),
            };
            (first..self.cells.len()).map(key).collect()
        };
        if first >= self.cells.len() {
            return;
        }
        let mut rows: Vec<_> = keys.into_iter().zip(self.cells.drain(first..)).collect();
        rows.sort_by(|(a, _), (b, _)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then_with(|| a.2.cmp(&b.2)));
        self.cells.extend(rows.into_iter().map(|(_, cells)| cells));
        self.find_arrays();
    }

    fn find_arrays(&mut self) {
        let arrays = self.cells.iter().enumerate().flat_map(|(row, cells)| {
            let array = |(_, cell): &(usize, &Cell)| matches!(cell, Cell::Array(_));
            cells.iter().enumerate().filter(array).map(move |(column, _)| (row, column))
        });
        self.arrays = arrays.collect();
    }
}

/// Where a place is after `count` new ones before `at`.
fn shifted_in(place: usize, at: usize, count: usize) -> usize {
    if place >= at { place + count } else { place }
}

/// Where a place is after those from `at` to `end` are gone.
fn shifted_out(place: usize, at: usize, end: usize) -> usize {
    if place >= end { place - (end - at) } else { place.min(at) }
}

/// An array formula at work.
#[derive(Debug)]
struct Spill {
    row: usize,
    column: usize,
    formula: ArrayFormula,
    /// Somebody wrote into the column.
    blocked: bool,
}

/// A tab as it is seen.
#[derive(Debug)]
pub(crate) struct View<'a> {
    tab: &'a Tab,
    spills: Vec<Spill>,
}

impl View<'_> {
    /// What the cell shows.
    pub(crate) fn shown(&self, row: usize, column: usize) -> Shown<'_> {
        let cell = self.tab.cell(row, column);
        let spilled = matches!(cell, Cell::Empty | Cell::Array(_));
        let spill = self.spills.iter().rfind(|spill| spilled && spill.column == column && spill.row <= row);
        match spill {
            Some(spill) if spill.blocked && spill.row == row => Shown::Text("#REF!".into()),
            Some(spill) if !spill.blocked => {
                spill.formula.compute(&self.tab.cell(row, spill.formula.phone_column).shown())
            }
            _ => cell.shown(),
        }
    }

    /// Whether there is something: a value, a formula, or the result of one.
    fn holds(&self, row: usize, column: usize) -> bool {
        !self.tab.cell(row, column).is_empty() || !self.shown(row, column).is_blank()
    }

    /// The number of rows up to the last one that holds something. Spilled results end with their phones.
    pub(crate) fn used_rows(&self) -> usize {
        self.tab.cells.iter().rposition(|cells| cells.iter().any(|cell| !cell.is_empty())).map_or(0, |last| last + 1)
    }

    /// The number of columns in which anything is.
    pub(crate) fn used_columns(&self) -> usize {
        let columns = |cells: &Vec<Cell>| cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        self.tab.cells.iter().map(columns).max().unwrap_or_default()
    }

    /// The last table of which any part is in the area; none when all of the area is empty.
    pub(crate) fn last_table(&self, area: Area) -> Option<Table> {
        let (rows, columns) = (self.used_rows(), self.used_columns());
        let bottom = area.bottom.unwrap_or(rows).min(rows);
        let right = area.right.unwrap_or(columns).min(columns);
        let (row, column) = (area.top..bottom).rev().find_map(|row| {
            (area.left..right).rev().find(|column| self.holds(row, *column)).map(|column| (row, column))
        })?;
        Some(self.table_around(row, column, rows, columns))
    }

    /// Grows from one cell until what surrounds it is empty, corners included.
    fn table_around(&self, row: usize, column: usize, rows: usize, columns: usize) -> Table {
        let mut table = Table { top: row, left: column, bottom: row + 1, right: column + 1 };
        loop {
            let before = table;
            let across = table.left.saturating_sub(1)..(table.right + 1).min(columns);
            let full = |row: usize| across.clone().any(|column| self.holds(row, column));
            while table.top > 0 && full(table.top - 1) {
                table.top -= 1;
            }
            while table.bottom < rows && full(table.bottom) {
                table.bottom += 1;
            }
            let down = table.top.saturating_sub(1)..(table.bottom + 1).min(rows);
            let full = |column: usize| down.clone().any(|row| self.holds(row, column));
            while table.left > 0 && full(table.left - 1) {
                table.left -= 1;
            }
            while table.right < columns && full(table.right) {
                table.right += 1;
            }
            if table == before {
                return table;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::formula::Computed;

    fn tab(rows: &[&[&str]]) -> Tab {
        let mut tab = Tab::new(0, "Sheet1");
        for (row, cells) in rows.iter().enumerate() {
            for (column, text) in cells.iter().enumerate() {
                tab.set(row, column, Cell::typed(text, true));
            }
        }
        tab
    }

    /// Where a row would be added, as `A7`.
    fn appended(tab: &Tab, range: &str) -> String {
        let area = Area::parse(range).unwrap_or_default();
        let table = tab.view().last_table(area);
        let (row, column) = table.map_or((area.top, area.left), |table| (table.bottom, table.left));
        Area::cell(row, column).show("T", 1000, 26).split_once('!').unwrap().1.to_owned()
    }

    /// The two tables of Google's own examples: A1:C2 and B4:D6.
    #[test]
    fn rows_are_appended_where_googles_examples_say() {
        let tab =
            tab(&[&["x", "y", "z"], &["x", "y", "z"], &[], &["", "x", "y"], &["", "", "y", "z"], &["", "x", "y", "z"]]);
        for (range, expected) in [
            ("Sheet1", "B7"),
            ("B4", "B7"),
            ("C5:D5", "B7"),
            ("B2:D4", "B7"),
            ("A3:G10", "B7"),
            ("A1", "A3"),
            ("E4", "E4"),
            ("A4", "A4"),
        ] {
            assert_eq!(appended(&tab, range), expected, "{range}");
        }
    }

    #[test]
    fn a_gap_of_empty_columns_parts_two_tables() {
        let tab = tab(&[&["Test1", "", "Test2"]]);
        assert_eq!(appended(&tab, "Sheet1"), "C2");
        assert_eq!(appended(&tab, "A:A"), "A2");
    }

    fn clients(phones: &[&str]) -> Tab {
        let mut tab = tab(&[&["phone", "country"], &[]]);
        tab.set(1, 1, Cell::Array(ArrayFormula { computed: Computed::Residency, phone_column: 0 }));
        for (row, phone) in phones.iter().enumerate() {
            tab.set(row + 2, 0, Cell::typed(phone, true));
        }
        tab
    }

    fn column(tab: &Tab, column: usize) -> Vec<String> {
        let view = tab.view();
        (0..view.used_rows()).map(|row| view.shown(row, column).formatted()).collect()
    }

    #[test]
    fn an_array_formula_fills_its_column_and_is_blank_where_the_phone_is() {
        let tab = clients(&["+33639980001", "", "447700900001"]);
        assert_eq!(column(&tab, 1), ["country", "", "FR", "", "GB"]);
        assert_eq!(appended(&tab, "A:A"), "A6");
        assert_eq!(appended(&clients(&[]), "A:A"), "A3");
    }

    #[test]
    fn whoever_writes_into_the_column_of_an_array_formula_blocks_it() {
        let mut tab = clients(&["+33639980001", "+33639980002"]);
        tab.set(3, 1, Cell::Text("FR".into()));
        assert_eq!(column(&tab, 1), ["country", "#REF!", "", "FR"]);
        tab.set(3, 1, Cell::Empty);
        assert_eq!(column(&tab, 1), ["country", "", "FR", "FR"]);
    }

    #[test]
    fn inserting_deleting_and_moving_columns_moves_whole_columns_and_what_formulas_look_at() {
        let mut tab = clients(&["+33639980001"]);
        let shown = |tab: &Tab| -> Vec<String> {
            let view = tab.view();
            (0..5).map(|column| view.shown(2, column).formatted()).collect()
        };
        tab.protected.push(Protected { area: Area::of_size(0, 1, 9, 1), described: true });
        tab.insert_columns(0, 1);
        assert_eq!((tab.columns, shown(&tab)), (27, ["", "+33639980001", "FR", "", ""].map(str::to_owned).to_vec()));
        assert!(tab.protected[0].area.holds(2, 2) && !tab.protected[0].area.holds(2, 1));
        tab.set(2, 4, Cell::Text("mine".into()));
        tab.move_column(4, 1);
        assert_eq!(shown(&tab), ["", "mine", "+33639980001", "FR", ""]);
        tab.move_column(2, 5);
        assert_eq!(shown(&tab), ["", "mine", "FR", "", "+33639980001"]);
        tab.delete_columns(0, 2);
        assert_eq!(shown(&tab), ["FR", "", "+33639980001", "", ""]);
    }

    #[test]
    fn inserting_deleting_and_sorting_move_whole_rows() {
        let mut tab = clients(&["b", "", "a"]);
        tab.insert_rows(2, 1);
        assert_eq!((tab.rows, column(&tab, 0).concat()), (1001, "phoneba".to_owned()));
        tab.sort(2, 0);
        assert_eq!(column(&tab, 0), ["phone", "", "a", "b"]);
        tab.delete_rows(0, 1);
        tab.delete_rows(1, 1);
        assert_eq!((tab.rows, column(&tab, 0)), (999, vec![String::new(), "b".to_owned()]));
        assert!(tab.formula(0, 1).is_some_and(|text| text.contains("A1:A")));
    }
}
