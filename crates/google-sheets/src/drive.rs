//! Promises: Drive is asked which spreadsheet has the title, and whether the spreadsheet has changed; both count for
//! Drive's quota, which is far larger than that of Sheets.
//!
//! Source: developers.google.com/workspace/drive/api/guides/ref-search-terms (quotes and backslashes in a title are
//! escaped by a backslash), and `…/reference/rest/v3/files`: `version` grows with every change that is made to the
//! file.

use proxycall_service::ports::SheetError;
use serde::Deserialize;

use crate::{asking::not_sent, client::GoogleSheet};

/// How many spreadsheets of one title are counted.
const PAGE: &str = "100";

#[derive(Deserialize)]
struct Files {
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

/// The id of the one spreadsheet with this title.
pub(crate) async fn find(google: &GoogleSheet, title: &str) -> Result<String, SheetError> {
    let q = query(title);
    let query = [
        ("q", q.as_str()),
        ("fields", "files(id,name)"),
        ("pageSize", PAGE),
        ("supportsAllDrives", "true"),
        ("includeItemsFromAllDrives", "true"),
    ];
    let request = google.http().get(google.files()).query(&query);
    let mut found: Files = google.ask(request).await.map_err(not_sent)?;
    // A search may be more generous with letters than we are.
    found.files.retain(|file| file.name == title);
    match (found.files.pop(), found.files.len()) {
        (None, _) => Err(SheetError::NotFound),
        (Some(file), 0) => Ok(file.id),
        (Some(_), others) => Err(SheetError::Ambiguous(others + 1)),
    }
}

/// The spreadsheet's version.
pub(crate) async fn version(google: &GoogleSheet, id: &str) -> Result<String, SheetError> {
    let query = [("fields", "version"), ("supportsAllDrives", "true")];
    let version: Version = google.ask(google.http().get(google.file(id)).query(&query)).await?;
    Ok(version.version)
}

fn query(title: &str) -> String {
    let title = title.replace('\\', r"\\").replace('\'', r"\'");
    format!("name='{title}' and mimeType='application/vnd.google-apps.spreadsheet' and trashed=false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_end_its_quotation() {
        assert!(query(r"L'été \ '").starts_with(r"name='L\'été \\ \'' and "));
    }
}
