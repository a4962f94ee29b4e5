//! Promises: cells are read, written and appended by one request each, and what is written stays the text that it is
//! (`RAW`).
//!
//! Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values.

use proxycall_service::ports::{
    SheetError,
    sheet::{CellWrite, NewRow, Table},
};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{a1, client::GoogleSheet, refusal, table::BatchGet};

/// Cells to be written.
#[derive(Serialize)]
struct BatchUpdate<'a> {
    #[serde(rename = "valueInputOption")]
    input: &'static str,
    data: Vec<ValueRange<'a>>,
}

#[derive(Serialize)]
struct ValueRange<'a> {
    range: String,
    values: [&'a [String]; 1],
}

/// Rows to be appended; null leaves a cell as it is.
#[derive(Serialize)]
struct Rows<'a> {
    values: Vec<&'a [Option<String>]>,
}

/// Where rows were appended.
#[derive(Deserialize)]
struct Appended {
    #[serde(default)]
    updates: Updates,
}

#[derive(Default, Deserialize)]
struct Updates {
    #[serde(default, rename = "updatedRange")]
    range: String,
}

/// Reads ranges. Numbers come as numbers, because the format of a cell may hide digits; dates come as people see
/// them.
pub(crate) async fn read(google: &GoogleSheet, id: &str, ranges: Vec<String>) -> Result<Vec<Table>, SheetError> {
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let options = [
        ("majorDimension", "ROWS"),
        ("valueRenderOption", "UNFORMATTED_VALUE"),
        ("dateTimeRenderOption", "FORMATTED_STRING"),
        ("fields", "valueRanges(range,values)"),
    ];
    let asked = ranges.len();
    let ranges: Vec<_> = ranges.into_iter().map(|range| ("ranges", range)).collect();
    let url = google.spreadsheet(id, "", &["values:batchGet"]);
    let answer: BatchGet = google.ask_for_much("read", google.http().get(url).query(&options).query(&ranges)).await?;
    Some(answer.into_tables()).filter(|tables| tables.len() == asked).ok_or_else(refusal::unreadable)
}

/// Writes cells, all or none.
pub(crate) async fn write(google: &GoogleSheet, id: &str, writes: &[CellWrite]) -> Result<(), SheetError> {
    let data = writes
        .iter()
        .filter(|write| !write.cells.is_empty())
        .map(|write| (a1::cells(write.tab, write.row, write.column, write.cells.len()), write.cells.as_slice()));
    write_ranges(google, id, data.collect()).await
}

/// Writes rows of cells, each into its range.
pub(crate) async fn write_ranges(
    google: &GoogleSheet,
    id: &str,
    ranges: Vec<(String, &[String])>,
) -> Result<(), SheetError> {
    if ranges.is_empty() {
        return Ok(());
    }
    let data = ranges.into_iter().map(|(range, cells)| ValueRange { range, values: [cells] }).collect();
    let url = google.spreadsheet(id, "", &["values:batchUpdate"]);
    let request = google.http().post(url).query(&[("fields", "totalUpdatedCells")]);
    google.ask::<IgnoredAny>("write", request.json(&BatchUpdate { input: "RAW", data })).await?;
    Ok(())
}

/// Appends rows behind the last table that has a part in the first column, or in what is below a row there: where nothing
/// is, they begin in the first row of what was named. Named by that column, a table is found even where the last rows have
/// gaps, which Google takes for borders of tables, and the rows begin in that column. What a row leaves empty at its end
/// is not sent at all: nothing can then stand in the way of a formula that fills those columns.
pub(crate) async fn append(
    google: &GoogleSheet,
    id: &str,
    tab: &str,
    after: Option<u32>,
    rows: &[NewRow],
) -> Result<Option<u32>, SheetError> {
    if rows.is_empty() {
        return Ok(None);
    }
    let options = [("valueInputOption", "RAW"), ("insertDataOption", "OVERWRITE"), ("fields", "updates.updatedRange")];
    let range = after.map_or_else(|| a1::first_column(tab), |row| a1::first_column_below(tab, row));
    let range = format!("{range}:append");
    let url = google.spreadsheet(id, "", &["values", &range]);
    let rows = Rows { values: rows.iter().map(|row| filled(row)).collect() };
    let appended: Appended = google.ask("append", google.http().post(url).query(&options).json(&rows)).await?;
    // Rows that begin elsewhere are not where anybody would look for them by their number.
    Ok(a1::first_cell(&appended.updates.range).filter(|(_, column)| *column == 0).map(|(row, _)| row))
}

/// A row up to its last cell that is written.
fn filled(row: &[Option<String>]) -> &[Option<String>] {
    let end = row.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    row.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_leaves_empty_at_its_end_is_not_sent() {
        let cell = |text: &str| Some(text.to_owned());
        let rows: [NewRow; 3] = [vec![cell("1"), None, cell(""), None, None], vec![None], vec![]];
        let rows = Rows { values: rows.iter().map(|row| filled(row)).collect() };
        assert_eq!(serde_json::to_string(&rows).unwrap(), r#"{"values":[["1",null,""],[],[]]}"#);
    }
}
