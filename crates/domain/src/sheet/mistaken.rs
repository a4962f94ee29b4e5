//! Promises: a row whose key somebody changed is taken neither for a deleted row beside a new one nor for an edit of
//! another record: nothing follows from it before the key is put right.
//!
//! A wrong key would give one client another's phone, and send callers to the wrong door.

use std::collections::HashMap;

use super::{Cells, Column, Owner, Row, Tab};

/// A row with a key that is not its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistaken {
    /// The key that it has now.
    pub key: String,
    /// The key of the record that it shows.
    pub was: String,
}

/// Finds them. `rows` are all rows by their keys, `bases` what rows that differ now were last the same with; `is_record`
/// says whether there is a record of this key.
#[must_use]
pub fn mistaken(
    tab: Tab,
    rows: &HashMap<&str, &Row>,
    bases: &HashMap<String, Cells>,
    is_record: impl Fn(&str) -> bool,
) -> Vec<Mistaken> {
    let mut found = Vec::new();
    let unknown: Vec<&Row> =
        rows.iter().filter(|(key, _)| !bases.contains_key(**key) && !is_record(key)).map(|(_, row)| *row).collect();
    let lost = bases.iter().filter(|(key, _)| !rows.contains_key(key.as_str()) && is_record(key));
    for (was, base) in lost {
        let ours = only(base, Column::is_mirrored);
        let shows = |row: &&&Row| !ours.is_empty() && row.cells.shows(&ours);
        found.extend(unknown.iter().find(shows).map(|row| mistake(row.key(), was)));
    }
    found.extend(exchanged(tab, rows, bases));
    found.sort_unstable();
    found
}

/// Rows that show all that people decide of another record, as when two ids were exchanged or a column was moved down.
fn exchanged(tab: Tab, rows: &HashMap<&str, &Row>, bases: &HashMap<String, Cells>) -> Vec<Mistaken> {
    let decided = |column: Column| column.owner() == Owner::People;
    if !tab.columns().any(decided) {
        return Vec::new();
    }
    let owners: HashMap<Cells, &str> = bases.iter().map(|(key, base)| (only(base, decided), key.as_str())).collect();
    let mut found = Vec::new();
    for (key, base) in bases {
        let Some(row) = rows.get(key.as_str()) else { continue };
        let shown = only(&row.cells, decided);
        let other = owners.get(&shown).filter(|other| **other != key && shown != only(base, decided));
        found.extend(other.filter(|_| !shown.is_empty()).map(|was| mistake(key, was)));
    }
    found
}

fn mistake(key: &str, was: &str) -> Mistaken {
    Mistaken { key: key.to_owned(), was: was.to_owned() }
}

fn only(cells: &Cells, which: impl Fn(Column) -> bool) -> Cells {
    cells.iter().filter(|(column, _)| which(*column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(id: &str, name: &str, phone: &str) -> Cells {
        let mail = format!("{name}@example.com");
        let cells = [(Column::ClientName, name), (Column::ClientMail, mail.as_str()), (Column::ClientPhone, phone)];
        cells.into_iter().chain([(Column::ClientId, id)]).collect()
    }

    fn ana(id: &str) -> Cells {
        client(id, "ana", "+33639980011")
    }

    fn zoe(id: &str) -> Cells {
        client(id, "zoe", "+33639980012")
    }

    /// Rows in the sheet against what the rows 1 (Ana) and 2 (Zoé) showed last.
    fn of(shown: &[Cells]) -> Vec<(String, String)> {
        let rows: Vec<Row> = (3..).zip(shown).map(|(number, cells)| Row { number, cells: cells.clone() }).collect();
        let rows: HashMap<&str, &Row> = rows.iter().map(|row| (row.key(), row)).collect();
        let bases = HashMap::from([("1".to_owned(), ana("1")), ("2".to_owned(), zoe("2"))]);
        let found = mistaken(Tab::Clients, &rows, &bases, |key| ["1", "2"].contains(&key));
        found.into_iter().map(|Mistaken { key, was }| (key, was)).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, was)| ((*key).to_owned(), (*was).to_owned())).collect()
    }

    #[test]
    fn rows_in_any_order_are_their_own() {
        assert_eq!(of(&[zoe("2"), ana("1")]), []);
    }

    #[test]
    fn a_new_key_on_a_records_row_is_that_records() {
        assert_eq!(of(&[ana("9"), zoe("2")]), pairs(&[("9", "1")]));
    }

    #[test]
    fn exchanged_keys_are_both_found() {
        assert_eq!(of(&[ana("2"), zoe("1")]), pairs(&[("1", "2"), ("2", "1")]));
    }

    #[test]
    fn a_column_of_keys_that_was_moved_down_is_found() {
        assert_eq!(of(&[ana("2"), zoe("9")]), pairs(&[("2", "1")]));
    }

    #[test]
    fn an_edit_is_an_edit_even_to_what_another_client_has_in_one_cell() {
        assert_eq!(of(&[client("1", "zoe", "+33639980011"), zoe("2")]), []);
        assert_eq!(of(&[client("1", "ana", "+33639980019"), zoe("2")]), []);
    }
}
