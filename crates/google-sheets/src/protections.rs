//! Promises: of all that is protected in a spreadsheet, what keeps the account from writing is told, and nothing else.
//!
//! Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/sheets#ProtectedRange. A border that
//! is left out is the tab's; a protection that only warns holds nobody up who asks by the API.

use std::ops::Range;

use proxycall_service::ports::{
    SheetError,
    sheet::{Area, Protection},
};
use serde::Deserialize;

use crate::client::GoogleSheet;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    sheets: Vec<Tab>,
}

#[derive(Deserialize)]
struct Tab {
    properties: Properties,
    #[serde(default, rename = "protectedRanges")]
    protected: Vec<Protected>,
}

#[derive(Deserialize)]
struct Properties {
    title: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Protected {
    range: GridRange,
    unprotected_ranges: Vec<GridRange>,
    warning_only: bool,
    requesting_user_can_edit: bool,
}

/// Rows and columns from 0.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GridRange {
    start_row_index: u32,
    end_row_index: Option<u32>,
    start_column_index: u32,
    end_column_index: Option<u32>,
}

impl GridRange {
    fn area(&self) -> Area {
        let rows: Range<u32> = self.start_row_index..self.end_row_index.unwrap_or(u32::MAX);
        Area {
            rows: rows.start.saturating_add(1)..rows.end.saturating_add(1),
            columns: self.start_column_index..self.end_column_index.unwrap_or(u32::MAX),
        }
    }
}

pub(crate) async fn read(google: &GoogleSheet, id: &str) -> Result<Vec<Protection>, SheetError> {
    let fields = "sheets(properties.title,protectedRanges(range,unprotectedRanges,warningOnly,requestingUserCanEdit))";
    let request = google.http().get(google.spreadsheet(id, "", &[])).query(&[("fields", fields)]);
    let answer: Answer = google.ask("protections", request).await?;
    Ok(answer.sheets.into_iter().flat_map(of_tab).collect())
}

fn of_tab(tab: Tab) -> impl Iterator<Item = Protection> {
    let title = tab.properties.title;
    let holds = |it: &Protected| !it.warning_only && !it.requesting_user_can_edit;
    tab.protected.into_iter().filter(holds).map(move |protected| Protection {
        tab: title.clone(),
        area: protected.range.area(),
        open: protected.unprotected_ranges.iter().map(GridRange::area).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the reference shows it: what is false, zero or empty is not there.
    const ANSWER: &str = r#"{ "sheets": [
        { "properties": { "title": "Clients" }, "protectedRanges": [
            { "range": { "sheetId": 7, "startColumnIndex": 4, "endColumnIndex": 5 },
              "unprotectedRanges": [{ "startRowIndex": 2, "endRowIndex": 3, "startColumnIndex": 4, "endColumnIndex": 5 }] },
            { "range": {}, "warningOnly": true },
            { "range": {}, "requestingUserCanEdit": true } ] },
        { "properties": { "title": "TwilioPools" } },
        { "properties": { "title": "EMAIL LOG" }, "protectedRanges": [{ "range": {} }] } ] }"#;

    #[test]
    fn what_keeps_the_account_from_writing_is_told_and_nothing_else() {
        let answer: Answer = serde_json::from_str(ANSWER).unwrap();
        let all: Vec<Protection> = answer.sheets.into_iter().flat_map(of_tab).collect();
        let covered = |tab, row, column| all.iter().any(|it| it.covers(tab, row, column));
        assert_eq!(all.len(), 2);
        assert!(covered("Clients", 1, 4) && covered("Clients", 100_000, 4));
        assert!(!covered("Clients", 3, 4) && !covered("Clients", 4, 3) && !covered("TwilioPools", 1, 4));
        assert!(covered("EMAIL LOG", 1, 0));
    }
}
