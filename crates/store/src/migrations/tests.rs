use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Tables and their columns, as the texts of one database write them.
fn tables(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines().map(|line| line.split("--").next().unwrap().trim()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["CREATE", "TABLE", name, ..] => {
                tables.entry((*name).to_owned()).or_default();
                current = Some((*name).to_owned());
            }
            ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                tables.get_mut(*name).unwrap().insert(column.trim_end_matches(';').to_owned());
            }
            // SQLite's way to change a column: the table is made anew under another name.
            ["ALTER", "TABLE", name, "RENAME", "TO", to] => {
                let table = tables.remove(*name).unwrap();
                tables.insert(to.trim_end_matches(';').to_owned(), table);
            }
            [first, ..] if first.starts_with(')') => current = None,
            [first, kind, ..] if TYPES.iter().any(|known| kind.trim_end_matches(',') == *known) => {
                if let Some(table) = &current {
                    tables.get_mut(table).unwrap().insert((*first).to_owned());
                }
            }
            _ => {}
        }
    }
    tables
}

/// SQLite has no booleans.
const TYPES: &[&str] = &["TEXT", "INTEGER", "BLOB", "BIGINT", "BYTEA", "UUID", "BOOLEAN"];

fn indexes(text: &str) -> BTreeSet<&str> {
    text.lines().filter(|line| line.starts_with("CREATE INDEX") || line.starts_with("CREATE UNIQUE INDEX")).collect()
}

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    let sqlite = MIGRATIONS.iter().map(|row| row.2).collect::<Vec<_>>().join("\n");
    let postgres = MIGRATIONS.iter().map(|row| row.3).collect::<Vec<_>>().join("\n");
    let found = tables(&sqlite);
    assert!(found.len() >= 8 && found["interaction"].len() == 18, "the reading of this test is at fault: {found:?}");
    assert_eq!(found, tables(&postgres));
    assert_eq!(indexes(&sqlite), indexes(&postgres));
}

#[test]
fn versions_rise_by_one_and_files_are_named_after_them() {
    for (position, (version, name, ..)) in MIGRATIONS.iter().enumerate() {
        assert_eq!(*version, i64::try_from(position).unwrap() + 1);
        for database in ["sqlite", "postgres"] {
            let file = format!("{}/migrations/{database}/{version:04}_{name}.sql", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&file).exists(), "{database}/{version:04}_{name}.sql is missing");
        }
    }
    for database in ["sqlite", "postgres"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), MIGRATIONS.len(), "a file of {database} is in no list");
    }
}

/// A column without a default cannot be added to a table that has rows.
fn adds_a_column_that_old_rows_lack(text: &str) -> bool {
    text.split(';').map(str::to_uppercase).any(|statement| {
        statement.contains("ADD COLUMN") && statement.contains("NOT NULL") && !statement.contains("DEFAULT")
    })
}

#[test]
fn later_migrations_give_new_columns_a_default() {
    assert!(adds_a_column_that_old_rows_lack("ALTER TABLE a ADD COLUMN b TEXT\n NOT NULL;"));
    assert!(!adds_a_column_that_old_rows_lack("ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT '';"));
    for (version, name, sqlite, postgres) in MIGRATIONS.iter().filter(|(version, ..)| *version > 1) {
        for text in [sqlite, postgres] {
            assert!(!adds_a_column_that_old_rows_lack(text), "{version:04}_{name}");
        }
    }
}
