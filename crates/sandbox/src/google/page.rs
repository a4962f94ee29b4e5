//! Promises: a person sees the live sheet in a browser and works on it: `GET /sandbox/sheet`, kept fresh each second.
//!
//! | request | body | answer |
//! | --- | --- | --- |
//! | `GET /sandbox/sheet`, `sheet.js`, `sheet.css` | | the page |
//! | `GET /sandbox/sheet/view?spreadsheet=…&tab=…` | | [`Page`]; without parameters the first of each |
//! | `POST /sandbox/sheet/cell` | [`CellEdit`] | |
//! | `POST /sandbox/sheet/rows` | [`RowEdit`] | |
//!
//! It shows the first [`MOST_ROWS`] rows of a tab. Cells reach the page as JSON and are put there as texts, never as
//! HTML.

use std::collections::BTreeSet;

use axum::{
    Json, Router,
    extract::{Query, State, rejection::JsonRejection},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{EditError, Google, a1::column_name, spreadsheet::Spreadsheet, tab::Tab};
use crate::world::World;

/// How many rows of a tab the page shows at most.
const MOST_ROWS: usize = 500;
/// How many empty rows it shows behind the last one.
const SPARE_ROWS: usize = 3;
/// For how long what the service wrote stays marked, in seconds.
const FRESH: i64 = 5;

/// The page may load its own files and nothing else, and may be put into no other page.
const POLICY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

pub(crate) fn router(world: World) -> Router {
    Router::new()
        .route("/sheet", get(|| async { file("text/html; charset=utf-8", include_str!("page/sheet.html")) }))
        .route("/sheet.js", get(|| async { file("text/javascript; charset=utf-8", include_str!("page/sheet.js")) }))
        .route("/sheet.css", get(|| async { file("text/css; charset=utf-8", include_str!("page/sheet.css")) }))
        .route("/sheet/view", get(view))
        .route("/sheet/cell", post(cell))
        .route("/sheet/rows", post(rows))
        .with_state(world)
}

fn file(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store"), POLICY], text)
}

/// Which tab is looked at.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    spreadsheet: String,
    #[serde(default)]
    tab: String,
}

/// What the page shows.
#[derive(Debug, Serialize)]
struct Page {
    /// Id and title of each spreadsheet.
    spreadsheets: Vec<(String, String)>,
    spreadsheet: String,
    tabs: Vec<String>,
    tab: String,
    version: u64,
    /// The letters above the columns.
    columns: Vec<String>,
    rows: Vec<Vec<PageCell>>,
    /// How many rows hold something.
    used_rows: usize,
}

/// One cell of it.
#[derive(Debug, Serialize)]
struct PageCell {
    /// What it shows.
    text: String,
    /// What a person edits, where that is something else: a formula.
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<String>,
    /// It is a number, and no text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    number: bool,
    /// The service wrote it a moment ago.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fresh: bool,
}

/// Something typed into a cell; row and column from 0.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellEdit {
    spreadsheet: String,
    tab: String,
    row: usize,
    column: usize,
    text: String,
}

/// Something done to rows; row and column from 0.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowEdit {
    spreadsheet: String,
    tab: String,
    row: usize,
    action: Action,
}

/// What is done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// An empty row comes before this one.
    Insert,
    /// This row goes.
    Delete,
    /// The rows from this one on are sorted by a column.
    Sort(usize),
}

/// An edit that cannot be done, and why.
struct Refusal(StatusCode, String);

impl From<EditError> for Refusal {
    fn from(error: EditError) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "detail": self.1 }))).into_response()
    }
}

async fn view(State(world): State<World>, Query(wanted): Query<Wanted>) -> Result<Json<Page>, Refusal> {
    let (google, now) = (world.google(), world.now());
    let spreadsheets = google.spreadsheets();
    let known = spreadsheets.iter().map(|(id, _)| id).find(|id| **id == wanted.spreadsheet);
    let id = known.or(spreadsheets.first().map(|(id, _)| id)).cloned().ok_or(EditError::NoSpreadsheet)?;
    Ok(Json(google.look(&id, |sheet| Ok(page(&id, sheet, &wanted.tab, now)))?))
        .map(|Json(page)| Json(Page { spreadsheets, ..page }))
}

fn page(id: &str, sheet: &Spreadsheet, wanted: &str, now: Timestamp) -> Page {
    let mut page = Page {
        spreadsheets: Vec::new(),
        spreadsheet: id.to_owned(),
        tabs: sheet.tabs.iter().map(|tab| tab.title.clone()).collect(),
        tab: String::new(),
        version: sheet.version,
        columns: Vec::new(),
        rows: Vec::new(),
        used_rows: 0,
    };
    let Some(tab) = sheet.tab(wanted).or(sheet.tabs.first()) else { return page };
    let view = tab.view();
    let columns = (view.used_columns() + 1).min(tab.columns);
    let fresh = fresh(sheet, tab, now);
    let cell = |row: usize, column: usize| {
        let shown = view.shown(row, column);
        PageCell {
            text: shown.formatted(),
            formula: tab.formula(row, column),
            number: matches!(shown, super::cell::Shown::Number(_)),
            fresh: fresh.contains(&(row, column)),
        }
    };
    page.tab.clone_from(&tab.title);
    page.used_rows = view.used_rows();
    page.columns = (0..columns).map(column_name).collect();
    let rows = (page.used_rows + SPARE_ROWS).min(tab.rows).min(MOST_ROWS);
    page.rows = (0..rows).map(|row| (0..columns).map(|column| cell(row, column)).collect()).collect();
    page
}

/// The cells that the service wrote in the last seconds.
fn fresh(sheet: &Spreadsheet, tab: &Tab, now: Timestamp) -> BTreeSet<(usize, usize)> {
    let recent =
        sheet.writes.iter().rev().take_while(|write| now.duration_since(write.at) <= SignedDuration::from_secs(FRESH));
    recent.filter(|write| write.tab == tab.id).map(|write| (write.row, write.column)).collect()
}

async fn cell(State(world): State<World>, edit: Result<Json<CellEdit>, JsonRejection>) -> Result<Json<()>, Refusal> {
    let Json(CellEdit { spreadsheet, tab, row, column, text }) = edit?;
    world.google().enter_at(&spreadsheet, &tab, row, column, &text)?;
    Ok(Json(()))
}

async fn rows(State(world): State<World>, edit: Result<Json<RowEdit>, JsonRejection>) -> Result<Json<()>, Refusal> {
    let Json(RowEdit { spreadsheet, tab, row, action }) = edit?;
    let (google, row) = (Google { world }, row.saturating_add(1));
    match action {
        Action::Insert => google.insert_rows(&spreadsheet, &tab, row, 1),
        Action::Delete => google.delete_rows(&spreadsheet, &tab, row, 1),
        Action::Sort(column) => google.sort_rows(&spreadsheet, &tab, row, column),
    }?;
    Ok(Json(()))
}

#[cfg(test)]
mod tests;
