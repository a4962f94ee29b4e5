//! Promises: Drive v3 finds the spreadsheets that are shared with the account by title, and tells their version
//! and whether it may edit them.
//!
//! Source: developers.google.com/workspace/drive/api/guides/ref-search-terms. Of a query's terms the simulator knows
//! `name`, `mimeType` and `trashed`, compared by `=` and joined by `and`; it has no shared drives and one page.

use serde_json::{Value, json};

use super::{
    GoogleState,
    http::{Params, Reply},
    spreadsheet::{Role, Spreadsheet},
};

const SPREADSHEET: &str = "application/vnd.google-apps.spreadsheet";

/// A part of a query: a term and what it must be.
#[derive(Debug, PartialEq, Eq)]
struct Condition {
    term: String,
    value: String,
}

/// `files.list`.
pub(super) fn list(google: &GoogleState, query: &Params) -> Result<Value, Reply> {
    let conditions = match query.get("q") {
        None => Vec::new(),
        Some(q) => parse(q).ok_or_else(|| refusal(400, "invalid", "Invalid Value", "q"))?,
    };
    let mut files = Vec::new();
    for (id, sheet) in &google.spreadsheets {
        let mut met = sheet.shared.is_some();
        for condition in &conditions {
            met &= holds(condition, sheet).ok_or_else(|| refusal(400, "invalid", "Invalid Value", "q"))?;
        }
        if met {
            files.push(file(id, sheet));
        }
    }
    Ok(json!({ "kind": "drive#fileList", "incompleteSearch": false, "files": files }))
}

/// `files.get`.
pub(super) fn get(google: &GoogleState, id: &str) -> Result<Value, Reply> {
    let sheet = google.spreadsheets.get(id).filter(|sheet| sheet.shared.is_some());
    sheet
        .map(|sheet| file(id, sheet))
        .ok_or_else(|| refusal(404, "notFound", &format!("File not found: {id}."), "fileId"))
}

fn file(id: &str, sheet: &Spreadsheet) -> Value {
    // A 64-bit number is a string in Google's JSON.
    let version = sheet.version.to_string();
    let capabilities = json!({ "canEdit": sheet.shared == Some(Role::Editor) });
    json!({
        "kind": "drive#file", "id": id, "name": sheet.title, "mimeType": SPREADSHEET, "version": version,
        "capabilities": capabilities,
    })
}

/// Drive's error document.
fn refusal(code: u16, reason: &str, message: &str, location: &str) -> Reply {
    let error = json!({
        "message": message, "domain": "global", "reason": reason, "location": location, "locationType": "parameter",
    });
    Reply::error(code, json!({ "error": { "code": code, "message": message, "errors": [error] } }))
}

fn holds(condition: &Condition, sheet: &Spreadsheet) -> Option<bool> {
    match condition.term.as_str() {
        "name" => Some(condition.value == sheet.title),
        "mimeType" => Some(condition.value == SPREADSHEET),
        "trashed" => Some(condition.value == "false"),
        _ => None,
    }
}

/// Reads a query.
fn parse(query: &str) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    let mut rest = query.trim();
    loop {
        let (term, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('\'') {
            Some(quoted) => quotation(quoted)?,
            None => {
                let end = after.find(' ').unwrap_or(after.len());
                let (word, after) = after.split_at_checked(end)?;
                (word.to_owned(), after)
            }
        };
        conditions.push(Condition { term: term.trim().to_owned(), value });
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(conditions);
        }
        rest = rest.strip_prefix("and ")?.trim_start();
    }
}

/// The text up to the closing quote, and what follows it; a backslash goes before quotes and backslashes.
fn quotation(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\'' => return Some((text, quoted.get(at + 1..)?)),
            '\\' => text.push(characters.next()?.1),
            _ => text.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(google: &GoogleState, q: &str) -> Option<Vec<String>> {
        let found = list(google, &Params(vec![("q".to_owned(), q.to_owned())])).ok()?;
        let files = found["files"].as_array().unwrap();
        Some(files.iter().map(|file| file["name"].as_str().unwrap().to_owned()).collect())
    }

    fn google(titles: &[&str]) -> GoogleState {
        let mut google = GoogleState::default();
        for title in titles {
            let id = google.next_id();
            google.spreadsheets.insert(id, Spreadsheet::new(*title));
        }
        google
    }

    #[test]
    fn a_spreadsheet_is_found_by_its_exact_title_whatever_is_in_it() {
        let google = google(&["L'été", r"a\b", "ProxyCall", "ProxyCall", "ProxyCall 2"]);
        assert_eq!(names(&google, r"name = 'L\'été' and trashed = false").unwrap(), ["L'été"]);
        assert_eq!(names(&google, r"name='a\\b'").unwrap(), [r"a\b"]);
        let both = format!("name='ProxyCall' and mimeType='{SPREADSHEET}' and trashed=false");
        assert_eq!(names(&google, &both).unwrap(), ["ProxyCall", "ProxyCall"]);
        assert!(names(&google, "name='Other'").unwrap().is_empty());
    }

    #[test]
    fn a_query_that_cannot_be_read_is_refused() {
        let google = google(&["ProxyCall"]);
        for q in ["name", "name='a", "name='L'été'", "size=1", "name='a' or name='b'"] {
            assert_eq!(names(&google, q), None, "{q}");
        }
    }

    #[test]
    fn what_is_not_shared_is_not_found() {
        let mut google = google(&["ProxyCall"]);
        let (id, sheet) = google.spreadsheets.first_key_value().unwrap();
        assert_eq!(get(&google, id).unwrap()["version"], sheet.version.to_string());
        let id = id.clone();
        google.spreadsheets.get_mut(&id).unwrap().shared = None;
        assert_eq!(names(&google, "name='ProxyCall'").unwrap(), [""; 0]);
        assert_eq!(get(&google, &id).unwrap_err().body()["error"]["errors"][0]["reason"], "notFound");
    }
}
