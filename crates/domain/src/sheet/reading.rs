//! Promises: every row of a tab is either one record's, or set apart with the reason; nothing that stands in a cell
//! makes the reading fail, and a hundred thousand rows cost two small blocks of memory each.

use std::{borrow::Cow, collections::HashMap, fmt};

use super::{Cells, Column, Layout, Owner, Tab, cell, cells::Packer};
use crate::{ClientId, FieldError, Language, PendingId, Said};

/// A row of a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number, from 1 as the sheet shows it.
    pub number: u32,
    /// What it holds in the columns that we know, without the empty ones.
    pub cells: Cells,
}

impl Row {
    /// Which record it is; empty for a row without one.
    #[must_use]
    pub fn key(&self) -> &str {
        self.cells.iter().find(|(column, _)| column.owner() == Owner::Key).map_or("", |(_, text)| text)
    }
}

/// Something in the sheet that only a person can put right. Names the place, never what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The tab.
    pub tab: Tab,
    /// The row, from 1.
    pub row: u32,
    /// The column.
    pub column: Column,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a cell or its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Another row has the same key.
    Double {
        /// The first of them.
        first: u32,
    },
    /// The row is kept for array formulas.
    Reserved,
    /// It is a formula's fault, or a number that lost its last digits.
    Unreadable,
    /// It is not what the column holds.
    Invalid(Said),
    /// No number of ours.
    NotOurs,
    /// Its record is closed.
    Closed,
    /// It had a record, which was erased.
    Erased,
}

impl Fault {
    fn said(&self) -> Said {
        let (fr, en) = match self {
            Self::Double { first } => {
                let fr = format!(
                    "est comme dans la ligne {first}, et aucune des deux ne compte ; supprimez l’une, ou donnez-lui la sienne"
                );
                let en = format!(
                    "is the same as in row {first}, and neither row counts; delete one of the two, or give it its own"
                );
                return (fr, en).into();
            }
            Self::Invalid(problem) => return problem.clone(),
            Self::Reserved => (
                "est dans une ligne réservée aux formules ; déplacez ce qui y a été écrit vers une ligne plus bas",
                "stands in a row that is kept for formulas; move what people wrote there to a row below",
            ),
            Self::Unreadable => (
                "est illisible (une formule en erreur, ou un nombre arrondi) ; saisissez-le de nouveau comme texte",
                "cannot be read (a failed formula, or a number that was rounded); enter it again as a text",
            ),
            Self::NotOurs => (
                "n’est pas un de nos numéros ; lancez `proxycall number sync`, ou supprimez la ligne",
                "is not a number of ours; run `proxycall number sync`, or delete the row",
            ),
            Self::Closed => (
                "est celui d’un client fermé ; faites rouvrir ce client, ou donnez à la ligne un identifiant à elle",
                "belongs to a closed client; have that client restored, or give the row an id of its own",
            ),
            Self::Erased => (
                "n’est plus connu ici : ses données ont été effacées ; supprimez la ligne",
                "is no longer known here: its record was erased; delete the row",
            ),
        };
        (fr, en).into()
    }
}

impl Problem {
    /// Where it is and what is wrong there.
    #[must_use]
    pub fn said(&self) -> Said {
        let (tab, row, column, fault) = (self.tab.title(), self.row, self.column.header(), self.fault.said());
        let fr = format!("{tab} ligne {row} : {column} {}", fault.of(Language::Fr));
        (fr, format!("{tab} row {row}: {column} {}", fault.of(Language::En))).into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said().fmt(f)
    }
}

/// What a tab holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The rows with a key, the first of each.
    pub rows: Vec<Row>,
    /// Rows that hold something in our columns, but no key, or none that can be read.
    pub keyless: Vec<Row>,
    /// Further rows with a key that was there before. Neither they nor the first are written, or their edits carried out.
    pub doubles: Vec<Row>,
    /// Rows with a key in the place of array formulas, as after sorting too much: never written, never edits.
    pub reserved: Vec<Row>,
    /// The numbers of the rows whose client's phone stands there without `+` or `00`, in their order: somebody may have typed
    /// it as inside the country, and the spreadsheet have dropped its 0.
    pub unsigned: Vec<u32>,
    /// What a person should put right.
    pub problems: Vec<Problem>,
}

/// Reads a tab, of which `rows` are all rows from the first one on.
pub fn read_rows<'a, R>(layout: &Layout, rows: R) -> Reading
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = &'a str>,
{
    let tab = layout.tab();
    let key_column = tab.key();
    let (mut reading, mut problems) = (Reading::default(), Vec::new());
    let mut numbers: HashMap<Cow<'a, str>, u32> = HashMap::new();
    let mut line: Vec<&'a str> = Vec::new();
    let mut packer = Packer::default();
    for (number, row) in (1..).zip(rows) {
        if number == 1 {
            continue;
        }
        line.clear();
        line.extend(row);
        let at = |position: u32| line.get(position as usize).copied().unwrap_or_default();
        let has_key = || {
            let key = layout.position(key_column).map(|position| cell::canonical(key_column.kind(), at(position)));
            key.is_some_and(|key| check_key(tab, &key).is_ok())
        };
        let reserved = number < tab.first_row();
        if reserved && !has_key() {
            continue;
        }
        // What others fill in every row, such as the shop column, does not make a row one of ours.
        let held = |(column, position): (Column, u32)| !column.is_others() && !at(position).trim().is_empty();
        if !layout.columns().any(held) {
            continue;
        }
        let mut problem = |column, fault| problems.push(Problem { tab, row: number, column, fault });
        let mut key = Cow::Borrowed("");
        for (column, position) in layout.columns() {
            let text = cell::canonical(column.kind(), at(position));
            if text.is_empty() {
                continue;
            }
            let unreadable = cell::is_unreadable(column.kind(), &text);
            if unreadable && (column.is_mirrored() || column == key_column) {
                problem(column, Fault::Unreadable);
            }
            if column == key_column {
                match check_key(tab, &text) {
                    Ok(()) => key = text.clone(),
                    Err(error) if !unreadable => problem(column, Fault::Invalid(error.problem)),
                    Err(_) => {}
                }
                if key.is_empty() {
                    continue;
                }
            }
            if column == Column::ClientPhone && !cell::plain(at(position)).starts_with(['+', '0']) {
                reading.unsigned.push(number);
            }
            packer.push(column, &text);
        }
        let row = Row { number, cells: packer.pack() };
        if reserved {
            problem(key_column, Fault::Reserved);
            reading.reserved.push(row);
        } else if key.is_empty() {
            reading.keyless.push(row);
        } else if let Some(first) = numbers.get(&key) {
            problem(key_column, Fault::Double { first: *first });
            reading.doubles.push(row);
        } else {
            numbers.insert(key, number);
            reading.rows.push(row);
        }
    }
    reading.problems = problems;
    reading
}

fn check_key(tab: Tab, text: &str) -> Result<(), FieldError> {
    let field = tab.key().header();
    match tab {
        Tab::Clients => ClientId::parse(field, text).map(drop),
        Tab::Pool => cell::phone(field, text).map(drop),
        Tab::Confirmations => PendingId::parse(text).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const CLIENTS: [&str; 5] = ["client_id", "client_name", "client_mail", "client_real_phone", "client_proxy_number"];

    fn read(rows: &[&[&str]]) -> Reading {
        let headers: Vec<&str> = CLIENTS.into_iter().chain(["client_iso_residency", "sub_in_shopi"]).collect();
        let layout = Layout::find(Tab::Clients, headers.iter().copied()).unwrap();
        let formulas = ["", "", "", "", "", "FR", "Inscrit"];
        let head = [headers.as_slice(), &formulas];
        read_rows(&layout, head.iter().chain(rows).map(|row| row.iter().copied()))
    }

    #[test]
    fn rows_are_numbered_as_in_the_sheet_and_cells_are_canonical() {
        let reading = read(&[&[], &["7.0", " Zoé ", "Zoe@Example.com", "33639980001"]]);
        assert_eq!(reading.rows.len(), 1);
        let row = &reading.rows[0];
        assert_eq!((row.number, row.key()), (4, "7"));
        let texts: Vec<_> = row.cells.iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["7", "Zoé", "zoe@example.com", "+33639980001"]);
        assert!(reading.problems.is_empty());
    }

    #[test]
    fn the_clients_second_row_is_never_read() {
        let layout = Layout::find(Tab::Clients, CLIENTS).unwrap();
        let rows = [CLIENTS, ["9", "Zoé", "zoe@example.com", "+33639980001", ""]];
        let reading = read_rows(&layout, rows);
        assert!(reading.rows.is_empty() && reading.keyless.is_empty());
        assert_eq!((reading.reserved.len(), &reading.problems[0].fault), (1, &Fault::Reserved));
        let rows = [CLIENTS, ["", "=ARRAYFORMULA", "#REF!", "", ""]];
        assert_eq!(read_rows(&layout, rows), Reading::default());
    }

    #[test]
    fn phones_without_a_sign_for_the_country_are_told_from_others() {
        let of = |phone: &str| read(&[&["7", "Zoé", "zoe@example.com", phone]]).unsigned;
        assert_eq!([of("639980009"), of("33639980009.0")], [[3], [3]]);
        assert!(of("+33639980009").is_empty() && of("'0033639980009").is_empty() && of("").is_empty());
    }

    #[test]
    fn a_row_with_nothing_but_what_others_fill_in_is_blank() {
        assert_eq!(read(&[&["", " ", "", "", "", "FR", "Non inscrit"], &[""], &[]]), Reading::default());
    }

    #[test]
    fn a_row_without_key_is_set_apart_without_a_problem() {
        let reading = read(&[&["", "Zoé"]]);
        assert_eq!((reading.keyless.len(), reading.rows.len(), reading.problems.len()), (1, 0, 0));
        assert_eq!((reading.keyless[0].number, reading.keyless[0].key()), (3, ""));
    }

    #[test]
    fn of_two_rows_with_one_key_the_second_is_set_apart() {
        let reading = read(&[&["7", "Zoé"], &["8"], &["7.0", "Noé"]]);
        assert_eq!(reading.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(reading.doubles.iter().map(|row| row.number).collect::<Vec<_>>(), [5]);
        assert_eq!(
            reading.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "Clients row 5: client_id is the same as in row 3, and neither row counts; delete one of the two, or give it its own"
            ]
        );
    }

    #[rstest]
    #[case::formula("#REF!", Fault::Unreadable)]
    #[case::no_number("seven", Fault::Invalid(("doit être un nombre entier positif, comme 42", "must be a positive whole number, such as 42").into()))]
    fn a_key_that_cannot_be_read_sets_its_row_apart(#[case] key: &str, #[case] fault: Fault) {
        let reading = read(&[&[key, "Zoé"]]);
        assert_eq!((reading.keyless.len(), reading.rows.len()), (1, 0));
        assert_eq!(reading.keyless[0].key(), "");
        assert_eq!(reading.problems, [Problem { tab: Tab::Clients, row: 3, column: Column::ClientId, fault }]);
    }

    #[test]
    fn cells_that_cannot_be_read_are_named_and_kept() {
        let reading = read(&[&["7", "#N/A", "", "3.36399E+10"]]);
        let columns: Vec<_> = reading.problems.iter().map(|problem| (problem.column, &problem.fault)).collect();
        assert_eq!(columns, [(Column::ClientName, &Fault::Unreadable), (Column::ClientPhone, &Fault::Unreadable)]);
        assert_eq!(reading.rows[0].cells.text(Column::ClientPhone), "3.36399E+10");
    }

    #[test]
    fn debug_of_a_reading_shows_no_cell() {
        let shown = format!("{:?}", read(&[&["7", "Zoé"], &["7", "Noé"], &["", "Léa"]]));
        assert!(!["Zoé", "Noé", "Léa"].iter().any(|name| shown.contains(name)), "{shown}");
    }

    proptest! {
        #[test]
        fn whatever_stands_in_the_cells_each_row_is_in_one_list_at_most(
            tab in prop::sample::select(Tab::ALL.to_vec()),
            rows in prop::collection::vec(prop::collection::vec(prop_oneof!["\\PC{0,12}", "[0-9]{0,2}"], 0..14), 0..20),
        ) {
            let headers: Vec<_> = tab.columns().map(Column::header).collect();
            let layout = Layout::find(tab, headers.iter().copied()).unwrap();
            let reading = read_rows(&layout, rows.iter().map(|row| row.iter().map(String::as_str)));
            let lists = [&reading.rows, &reading.keyless, &reading.doubles];
            let mut numbers: Vec<_> = lists.into_iter().flatten().map(|row| row.number).collect();
            let all = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            prop_assert_eq!(numbers.len(), all);
            prop_assert!(numbers.iter().all(|number| (tab.first_row()..=20).contains(number)));
            prop_assert!(reading.rows.iter().all(|row| !row.key().is_empty()));
        }
    }
}
