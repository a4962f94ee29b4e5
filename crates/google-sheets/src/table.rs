//! Promises: an answer with cells becomes packed tables while it is read: no value of its own for each cell, so that a
//! hundred thousand rows cost little more than their texts; a cut-off answer becomes an error, never a short table.

use std::fmt::{self, Write as _};

use proxycall_service::ports::sheet::Table;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, SeqAccess, Visitor},
};

/// The answer of `values.batchGet`: a table for each range, in the order asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct BatchGet {
    #[serde(default, rename = "valueRanges")]
    ranges: Vec<ValueRange>,
}

/// One range; where nothing is in it, `values` is not there at all.
#[derive(Debug, Deserialize)]
struct ValueRange {
    #[serde(default)]
    values: Rows,
}

impl BatchGet {
    pub(crate) fn into_tables(self) -> Vec<Table> {
        self.ranges.into_iter().map(|range| range.values.0).collect()
    }
}

#[derive(Debug, Default)]
struct Rows(Table);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Rows, A::Error> {
        let (mut table, mut number) = (Table::default(), String::new());
        while rows.next_element_seed(Row { table: &mut table, number: &mut number })?.is_some() {
            table.end_row();
        }
        Ok(Rows(table))
    }
}

/// Puts one row's cells into the table.
struct Row<'a> {
    table: &'a mut Table,
    /// Where numbers are written on their way.
    number: &'a mut String,
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row of cells")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<(), A::Error> {
        while cells.next_element_seed(Cell { table: self.table, number: self.number })?.is_some() {}
        Ok(())
    }
}

/// Puts one cell into the table.
struct Cell<'a> {
    table: &'a mut Table,
    number: &'a mut String,
}

impl Cell<'_> {
    fn push(self, shown: fmt::Arguments<'_>) {
        self.number.clear();
        // Writing into a text does not fail.
        let _ = self.number.write_fmt(shown);
        self.table.push_cell(self.number);
    }
}

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Cell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, number or truth value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.table.push_cell(text);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.table.push_cell(if value { "TRUE" } else { "FALSE" });
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.push(format_args!("{number}"));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.push(format_args!("{number}"));
        Ok(())
    }

    /// Whole numbers come as `33639980001`, `33639980001.0` or `3.3639980001E10`: all are written `33639980001`, for
    /// `{}` of a float has neither exponent nor needless point.
    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.push(format_args!("{number}"));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.table.push_cell("");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r##"{
        "spreadsheetId": "1",
        "valueRanges": [
            { "range": "Clients!A1:I1000", "majorDimension": "ROWS", "values": [
                ["client_id", "phone"], [], ["1", 33639980001, 3.3639980001E10, 33639980001.0],
                [true, false, null, -0.5, "#REF!", "Zoé \"\u00e9\"\n"] ] },
            { "range": "'EMAIL LOG'!A1:Z1000", "majorDimension": "ROWS" }
        ]
    }"##;

    fn tables(answer: &str) -> Option<Vec<Table>> {
        serde_json::from_str(answer).ok().map(BatchGet::into_tables)
    }

    #[test]
    fn cells_become_the_texts_that_people_see() {
        let expected: Table = [
            vec!["client_id", "phone"],
            vec![],
            vec!["1", "33639980001", "33639980001", "33639980001"],
            vec!["TRUE", "FALSE", "", "-0.5", "#REF!", "Zoé \"é\"\n"],
        ]
        .into_iter()
        .collect();
        assert_eq!(tables(ANSWER).unwrap(), [expected, Table::default()]);
    }

    #[test]
    fn an_answer_cut_off_anywhere_is_an_error() {
        for (end, _) in ANSWER.char_indices() {
            assert!(tables(&ANSWER[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn what_is_no_table_is_an_error() {
        for values in [r#"{}"#, r#"[1]"#, r#"[[{}]]"#, r#"[[[]]]"#, r#"null"#] {
            let answer = format!(r#"{{ "valueRanges": [{{ "values": {values} }}] }}"#);
            assert!(tables(&answer).is_none(), "{values}");
        }
    }
}
