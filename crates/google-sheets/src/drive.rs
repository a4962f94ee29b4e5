//! Promises: Drive is asked which spreadsheet has the title, whether it has changed and may be edited; this counts for
//! Drive's quota, which is far larger than that of Sheets.
//!
//! Source: developers.google.com/workspace/drive/api/guides/ref-search-terms (quotes and backslashes in a title are
//! escaped by a backslash), and `…/reference/rest/v3/files`: `version` grows with every change that is made to the
//! file, `capabilities.canEdit` is the account's own.

use proxycall_service::ports::{SheetError, sheet::SheetFile};
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
struct Facts {
    version: String,
    capabilities: Capabilities,
}

#[derive(Deserialize)]
struct Capabilities {
    #[serde(rename = "canEdit")]
    can_edit: bool,
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
    let mut found: Files = google.ask("find", request).await.map_err(not_sent)?;
    // A search may be more generous with letters than we are.
    found.files.retain(|file| file.name == title);
    match (found.files.pop(), found.files.len()) {
        (None, _) => Err(SheetError::NotFound),
        (Some(file), 0) => Ok(file.id),
        (Some(_), others) => Err(SheetError::Ambiguous(others + 1)),
    }
}

/// The spreadsheet's version, and whether the account may edit it.
pub(crate) async fn file(google: &GoogleSheet, id: &str) -> Result<SheetFile, SheetError> {
    let query = [("fields", "version,capabilities(canEdit)"), ("supportsAllDrives", "true")];
    let Facts { version, capabilities } = google.ask("file", google.http().get(google.file(id)).query(&query)).await?;
    Ok(SheetFile { version, may_edit: capabilities.can_edit })
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
