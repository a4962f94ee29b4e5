//! Promises: the spreadsheet tells its tabs, and gets a new one whose cells are texts from the start, so that no phone
//! becomes a number.
//!
//! Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request (`addSheet`,
//! `repeatCell`).

use proxycall_service::ports::{SheetError, sheet::TabOutline};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use crate::{a1, client::GoogleSheet, values};

/// How many rows a new tab has, as one that a person adds.
const ROWS: u32 = 1000;
/// How many columns, at least.
const COLUMNS: usize = 26;

#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    sheets: Vec<Tab>,
}

#[derive(Deserialize)]
struct Tab {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    title: String,
    /// Not there for a tab that holds a chart.
    #[serde(default, rename = "gridProperties")]
    grid: Grid,
}

#[derive(Default, Deserialize)]
struct Grid {
    #[serde(default, rename = "rowCount")]
    rows: u32,
    #[serde(default, rename = "columnCount")]
    columns: u32,
}

/// The tabs, in order.
pub(crate) async fn outline(google: &GoogleSheet, id: &str) -> Result<Vec<TabOutline>, SheetError> {
    let fields = [("fields", "sheets.properties(sheetId,title,gridProperties)")];
    let outline: Outline =
        google.ask("outline", google.http().get(google.spreadsheet(id, "", &[])).query(&fields)).await?;
    let tabs = outline.sheets.into_iter().map(|Tab { properties: Properties { title, grid } }| TabOutline {
        title,
        rows: grid.rows,
        columns: grid.columns,
    });
    Ok(tabs.collect())
}

/// Makes a tab with text as its format, by one request, then writes its first row.
pub(crate) async fn create(google: &GoogleSheet, id: &str, title: &str, headers: &[&str]) -> Result<(), SheetError> {
    // The id is ours to choose: the second part of the batch has to name it.
    let tab = new_id();
    let grid = json!({ "rowCount": ROWS, "columnCount": headers.len().max(COLUMNS) });
    let cell = json!({ "userEnteredFormat": { "numberFormat": { "type": "TEXT" } } });
    let requests = json!([
        { "addSheet": { "properties": { "sheetId": tab, "title": title, "gridProperties": grid } } },
        { "repeatCell": {
            "range": { "sheetId": tab }, "cell": cell, "fields": "userEnteredFormat.numberFormat",
        } },
    ]);
    let url = google.spreadsheet(id, ":batchUpdate", &[]);
    let request = google.http().post(url).query(&[("fields", "spreadsheetId")]);
    google.ask::<IgnoredAny>("create_tab", request.json(&json!({ "requests": requests }))).await?;
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    let range = (a1::cells(title, 1, 0, headers.len()), headers.as_slice());
    values::write_ranges(google, id, if headers.is_empty() { Vec::new() } else { vec![range] }).await
}

/// Any number that Google takes for a tab's id; without a source of chance a fixed one, which a second tab could not
/// have.
fn new_id() -> u32 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u32::from_le_bytes(bytes) >> 1,
        Err(_) => 1_000_000_007,
    }
}
