//! Promises: a row whose key somebody emptied, changed or gave to another row is taken neither for a deleted row nor
//! for an edit of another record: nothing follows from it before the key is put right.
//!
//! A wrong key would give one client another's phone, and send callers to the wrong door; a key that is missing would
//! close its client.

use std::collections::{HashMap, HashSet};

use super::{Cells, Column, Owner, Reading, Row, Tab};

/// The rows of records whose keys are not there any more, by those keys. `keys` are those whose rows may differ from what
/// they showed last; `bases` are what they showed.
#[must_use]
pub fn displaced<'r>(
    reading: &'r Reading,
    keys: &HashSet<String>,
    bases: &HashMap<String, Cells>,
) -> HashMap<String, &'r Row> {
    if bases.is_empty() {
        return HashMap::new();
    }
    let there: HashSet<&str> = reading.rows.iter().map(Row::key).collect();
    let gone: Vec<(&String, &Cells)> = bases.iter().filter(|(key, _)| !there.contains(key.as_str())).collect();
    if gone.is_empty() {
        return HashMap::new();
    }
    let mut owners: HashMap<(Column, &str), &String> = HashMap::new();
    for (key, base) in &gone {
        owners.extend(base.iter().filter(|(column, _)| column.is_ones_own()).map(|cell| (cell, *key)));
    }
    let keyless = || reading.keyless.iter().chain(&reading.reserved).chain(&reading.doubles);
    let differing = reading.rows.iter().filter(|row| keys.contains(row.key()));
    let mut found = HashMap::new();
    for row in keyless().chain(differing) {
        // What a row showed before under its key is its own, whoever else shows it.
        let new = |column, text: &str| bases.get(row.key()).is_none_or(|base| base.text(column) != text);
        let was = row.cells.iter().filter(|(column, text)| new(*column, text)).find_map(|cell| owners.get(&cell));
        found.extend(was.map(|was| ((*was).clone(), row)));
    }
    // Numbers show nothing that is one's own but their key.
    for (key, base) in gone {
        let ours = only(base, Column::is_mirrored);
        let row = keyless().find(|row| !ours.is_empty() && row.cells.shows(&ours));
        if let Some(row) = row {
            found.entry(key.clone()).or_insert(row);
        }
    }
    found
}

/// Keys whose rows show all that people decide of another record, as when two ids were exchanged or a column was moved
/// down; and the keys of those records. `rows` are those that differ from what they showed last.
///
/// One address or phone of another's is enough where that other's row shows it no more: with two ids exchanged in the
/// moment of a write of ours, or beside an edit, the rest may differ.
#[must_use]
pub fn exchanged<'k>(
    tab: Tab,
    rows: &HashMap<&str, &Row>,
    bases: &'k HashMap<String, Cells>,
) -> Vec<(&'k str, &'k str)> {
    let decided = |column: Column| column.owner() == Owner::People;
    if !tab.columns().any(decided) {
        return Vec::new();
    }
    let owners: HashMap<Cells, &str> = bases.iter().map(|(key, base)| (only(base, decided), key.as_str())).collect();
    let own = |column: Column| decided(column) && column.is_ones_own();
    let mut gave: HashMap<(Column, &str), &str> = HashMap::new();
    for (key, base) in bases {
        let shows = |cell: &(Column, &str)| rows.get(key.as_str()).is_some_and(|row| row.cells.text(cell.0) == cell.1);
        let given = base.iter().filter(|cell| own(cell.0) && rows.contains_key(key.as_str()) && !shows(cell));
        gave.extend(given.map(|cell| (cell, key.as_str())));
    }
    let mut found = Vec::new();
    for (key, base) in bases {
        let Some(row) = rows.get(key.as_str()) else { continue };
        let shown = only(&row.cells, decided);
        let whole = owners.get(&shown).filter(|_| !shown.is_empty() && shown != only(base, decided));
        let taken = || {
            let new = row.cells.iter().filter(|(column, text)| own(*column) && base.text(*column) != *text);
            new.filter_map(|cell| gave.get(&cell)).find(|other| **other != key)
        };
        let other = whole.filter(|other| **other != key).or_else(taken);
        found.extend(other.map(|was| (key.as_str(), *was)));
    }
    found.sort_unstable();
    found
}

fn only(cells: &Cells, which: impl Fn(Column) -> bool) -> Cells {
    cells.iter().filter(|(column, _)| which(*column)).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const CLIENTS: [&str; 5] = ["client_id", "client_name", "client_mail", "client_real_phone", "client_proxy_number"];
    const ANA: [&str; 3] = ["Ana", "ana@example.com", "+33639980011"];
    const ZOE: [&str; 3] = ["Zoé", "zoe@example.com", "+33639980012"];

    /// Reads rows of the clients from the second one on.
    fn read(rows: &[(&str, [&str; 3])]) -> Reading {
        let layout = super::super::Layout::find(Tab::Clients, CLIENTS).unwrap();
        let lines = rows.iter().map(|(id, [name, mail, phone])| vec![*id, *name, *mail, *phone]);
        super::super::read_rows(&layout, std::iter::once(CLIENTS.to_vec()).chain(lines))
    }

    fn bases() -> HashMap<String, Cells> {
        let reading = read(&[("", [""; 3]), ("1", ANA), ("2", ZOE)]);
        reading.rows.iter().map(|row| (row.key().to_owned(), row.cells.clone())).collect()
    }

    fn all(reading: &Reading) -> HashSet<String> {
        reading.rows.iter().map(|row| row.key().to_owned()).collect()
    }

    /// Where Ana's and Zoé's rows are, from 1, when they are not under their keys.
    fn found(rows: &[(&str, [&str; 3])]) -> Vec<(String, u32)> {
        let reading = read(rows);
        let displaced = displaced(&reading, &all(&reading), &bases());
        let mut found: Vec<_> = displaced.into_iter().map(|(key, row)| (key, row.number)).collect();
        found.sort_unstable();
        found
    }

    const EMPTY: (&str, [&str; 3]) = ("", [""; 3]);

    #[rstest]
    #[case::sorted(&[EMPTY, ("2", ZOE), ("1", ANA)])]
    #[case::deleted(&[EMPTY, ("2", ZOE)])]
    #[case::deleted_beside_a_new_one(&[EMPTY, ("2", ZOE), ("3", ["Bo", "bo@example.com", "+33639980013"])])]
    #[case::beside_another_who_has_the_same_address(&[EMPTY, ("2", ["Zoé", "zoe@example.com", "+33639980019"])])]
    fn rows_that_are_where_their_keys_are_and_rows_that_are_gone_are_not_displaced(#[case] rows: &[(&str, [&str; 3])]) {
        assert_eq!(found(rows), []);
    }

    #[rstest]
    #[case::emptied(("", ANA))]
    #[case::emptied_and_edited(("", ["Anna", "ana@example.com", "+33639980019"]))]
    #[case::spoiled(("n/a", ANA))]
    #[case::of_nobody(("9", ANA))]
    #[case::of_nobody_and_edited(("9", ["Anna", "anna@example.com", "+33639980011"]))]
    #[case::of_another_row(("2", ANA))]
    fn a_record_whose_key_was_changed_is_found_where_its_row_is(#[case] row: (&str, [&str; 3])) {
        assert_eq!(found(&[EMPTY, ("2", ZOE), row]), [("1".to_owned(), 4)]);
        let above = read(&[EMPTY, row, ("2", ZOE)]);
        assert!(displaced(&above, &all(&above), &bases()).contains_key("1"));
    }

    #[test]
    fn a_record_that_was_sorted_among_the_formulas_is_found_there() {
        assert_eq!(found(&[("1", ANA), ("2", ZOE)]), [("1".to_owned(), 2)]);
    }

    fn swapped(rows: &[(&str, [&str; 3])]) -> Vec<(String, String)> {
        let reading = read(rows);
        let rows: HashMap<&str, &Row> = reading.rows.iter().map(|row| (row.key(), row)).collect();
        let bases = bases();
        let found = exchanged(Tab::Clients, &rows, &bases);
        found.into_iter().map(|(key, was)| (key.to_owned(), was.to_owned())).collect()
    }

    fn pair(key: &str, was: &str) -> (String, String) {
        (key.to_owned(), was.to_owned())
    }

    #[test]
    fn exchanged_keys_are_both_found_and_so_is_a_column_that_was_moved_down() {
        assert_eq!(swapped(&[EMPTY, ("2", ANA), ("1", ZOE)]), [pair("1", "2"), pair("2", "1")]);
        assert_eq!(swapped(&[EMPTY, ("2", ANA), ("9", ZOE)]), [pair("2", "1")]);
    }

    #[test]
    fn exchanged_keys_are_found_beside_an_edit_and_beside_a_write_of_ours() {
        let [name, _, phone] = ANA;
        let rows = [EMPTY, ("2", [name, "new@example.com", phone]), ("1", ["Zoë", ZOE[1], ZOE[2]])];
        assert_eq!(swapped(&rows), [pair("1", "2"), pair("2", "1")]);
        // Both have one phone, as in a household.
        assert_eq!(swapped(&[EMPTY, ("1", ["Ana", ANA[1], ZOE[2]]), ("2", ZOE)]), []);
    }

    #[test]
    fn an_edit_is_an_edit_even_to_what_another_client_has_in_one_cell() {
        let [_, mail, phone] = ANA;
        assert_eq!(swapped(&[EMPTY, ("1", ["Zoé", mail, phone]), ("2", ZOE)]), []);
        assert_eq!(swapped(&[EMPTY, ("1", ["Ana", mail, "+33639980019"]), ("2", ZOE)]), []);
    }
}
