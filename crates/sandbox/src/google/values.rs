//! Promises: `spreadsheets.values` reads and writes ranges as Google does: what is empty at the end is left out of
//! answers, `null` leaves a cell as it was, a batch of writes is done whole or not at all, and only appending makes the
//! grid grow.
//!
//! Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values. Of `majorDimension` only
//! `ROWS` is simulated; dates are texts here, so `dateTimeRenderOption` changes nothing.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    a1::Area,
    cell::{Cell, Input, Render},
    http::{Params, Reply},
    spreadsheet::{ServiceWrite, Spreadsheet},
    tab::Tab,
};

/// `values.get`.
pub(super) fn get(sheet: &Spreadsheet, range: &str, query: &Params) -> Result<Value, Reply> {
    read(sheet, range, options(query)?)
}

/// `values.batchGet`.
pub(super) fn batch_get(id: &str, sheet: &Spreadsheet, query: &Params) -> Result<Value, Reply> {
    let render = options(query)?;
    let ranges = query.all("ranges").map(|range| read(sheet, range, render)).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "spreadsheetId": id, "valueRanges": ranges }))
}

fn options(query: &Params) -> Result<Render, Reply> {
    if query.get("majorDimension").is_some_and(|dimension| dimension != "ROWS") {
        return Err(Reply::invalid("Invalid value at 'major_dimension': the simulator knows ROWS"));
    }
    match query.get("valueRenderOption") {
        None | Some("FORMATTED_VALUE") => Ok(Render::Formatted),
        Some("UNFORMATTED_VALUE") => Ok(Render::Unformatted),
        Some("FORMULA") => Ok(Render::Formula),
        Some(_) => Err(Reply::invalid("Invalid value at 'value_render_option'")),
    }
}

fn read(sheet: &Spreadsheet, range: &str, render: Render) -> Result<Value, Reply> {
    let (tab, area) = locate(sheet, range)?;
    if area.top >= tab.rows || area.left >= tab.columns {
        return Err(beyond(tab, area));
    }
    let view = tab.view();
    let bottom = area.bottom.unwrap_or(tab.rows).min(view.used_rows());
    let right = area.right.unwrap_or(tab.columns).min(view.used_columns());
    let mut rows: Vec<Value> = Vec::new();
    let written = |row: usize, column: usize| tab.formula(row, column).filter(|_| render == Render::Formula);
    let filled = |row: usize, column: usize| written(row, column).is_some() || !view.shown(row, column).is_blank();
    for row in area.top..bottom {
        let end = (area.left..right).rfind(|column| filled(row, *column)).map_or(area.left, |last| last + 1);
        let cells = (area.left..end).map(|column| match written(row, column) {
            Some(formula) => Value::String(formula),
            None => view.shown(row, column).to_json(render),
        });
        rows.push(Value::Array(cells.collect()));
    }
    let end = rows.iter().rposition(|row| row.as_array().is_some_and(|cells| !cells.is_empty()));
    rows.truncate(end.map_or(0, |last| last + 1));
    let range = area.show(&tab.title, tab.rows, tab.columns);
    let mut answer = json!({ "range": range, "majorDimension": "ROWS" });
    // Where nothing is, `values` is not there at all.
    if let (Some(answer), false) = (answer.as_object_mut(), rows.is_empty()) {
        answer.insert("values".to_owned(), Value::Array(rows));
    }
    Ok(answer)
}

fn locate<'a>(sheet: &'a Spreadsheet, range: &str) -> Result<(&'a Tab, Area), Reply> {
    let unknown = || Reply::invalid(&format!("Unable to parse range: {range}"));
    let (index, area) = sheet.find(range).ok_or_else(unknown)?;
    sheet.tabs.get(index).map(|tab| (tab, area)).ok_or_else(unknown)
}

fn beyond(tab: &Tab, area: Area) -> Reply {
    let (rows, columns) = (tab.rows, tab.columns);
    // Named as it was asked for, beyond the grid too.
    let range = area.show(
        &tab.title,
        area.bottom.unwrap_or_default().max(area.top + 1).max(rows),
        area.right.unwrap_or_default().max(columns),
    );
    Reply::invalid(&format!("Range ({range}) exceeds grid limits. Max rows: {rows}, max columns: {columns}"))
}

/// Cells to be written, checked against the grid.
#[derive(Debug)]
struct Write {
    title: String,
    top: usize,
    left: usize,
    /// None: the cell stays as it is.
    rows: Vec<Vec<Option<Cell>>>,
}

impl Write {
    /// Checks a `ValueRange` against the tab it is for.
    fn check(tab: &Tab, area: Area, values: &Value, input: Input) -> Result<Self, Reply> {
        if area.top >= tab.rows
            || area.left >= tab.columns
            || area.bottom.is_some_and(|bottom| bottom > tab.rows)
            || area.right.is_some_and(|right| right > tab.columns)
        {
            return Err(beyond(tab, area));
        }
        let rows = cells(values, input, tab.text_format)?;
        let range = || area.show(&tab.title, tab.rows, tab.columns);
        let (bottom, right) = (area.bottom.unwrap_or(tab.rows), area.right.unwrap_or(tab.columns));
        if area.top + rows.len() > bottom {
            let row = bottom + 1;
            return Err(Reply::invalid(&format!(
                "Requested writing within range [{}], but tried writing to row [{row}]",
                range()
            )));
        }
        if area.left + width(&rows) > right {
            let column = super::a1::column_name(right);
            return Err(Reply::invalid(&format!(
                "Requested writing within range [{}], but tried writing to column [{column}]",
                range()
            )));
        }
        let write = Self { title: tab.title.clone(), top: area.top, left: area.left, rows };
        if write.is_refused_by(tab) { Err(protected()) } else { Ok(write) }
    }

    /// Whether any of the cells is protected.
    fn is_refused_by(&self, tab: &Tab) -> bool {
        self.rows.iter().enumerate().any(|(row, cells)| {
            let written = cells.iter().enumerate().filter(|(_, cell)| cell.is_some());
            let mut places = written.map(|(column, _)| (self.top + row, self.left + column));
            places.any(|(row, column)| tab.protected.iter().any(|protected| protected.area.holds(row, column)))
        })
    }

    /// Writes, and answers an `UpdateValuesResponse`.
    fn apply(self, id: &str, sheet: &mut Spreadsheet, now: Timestamp) -> Value {
        let (height, columns) = (self.rows.len(), width(&self.rows));
        let mut written = 0_u64;
        let mut writes = Vec::new();
        let Some(tab) = sheet.tab_mut(&self.title) else { return Value::Null };
        for (row, cells) in self.rows.into_iter().enumerate() {
            for (column, cell) in cells.into_iter().enumerate() {
                let Some(cell) = cell else { continue };
                let (row, column) = (self.top + row, self.left + column);
                tab.set(row, column, cell);
                writes.push(ServiceWrite { at: now, tab: tab.id, row, column });
                written += 1;
            }
        }
        let area = Area::of_size(self.top, self.left, height.max(1), columns.max(1));
        let range = area.show(&self.title, tab.rows, tab.columns);
        sheet.version += 1;
        writes.into_iter().for_each(|write| sheet.remember(write));
        json!({
            "spreadsheetId": id, "updatedRange": range, "updatedRows": height, "updatedColumns": columns,
            "updatedCells": written,
        })
    }
}

/// Google's own words, with the status that clients of the values API report of it. Sources of the second hand also name
/// 403; nobody's documentation says either.
fn protected() -> Reply {
    Reply::invalid(
        "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if \
         you need to edit.",
    )
}

fn width(rows: &[Vec<Option<Cell>>]) -> usize {
    rows.iter().map(Vec::len).max().unwrap_or_default()
}

fn cells(values: &Value, input: Input, text_format: bool) -> Result<Vec<Vec<Option<Cell>>>, Reply> {
    let unfit = || Reply::invalid("Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue)");
    let Some(values) = values.get("values") else { return Ok(Vec::new()) };
    let cell = |value: &Value| match value {
        Value::Null => Ok(None),
        value => Cell::from_json(value, input, text_format).map(Some).ok_or_else(unfit),
    };
    let row = |row: &Value| row.as_array().ok_or_else(unfit)?.iter().map(cell).collect();
    values.as_array().ok_or_else(unfit)?.iter().map(row).collect()
}

fn input(given: Option<&str>) -> Result<Input, Reply> {
    match given {
        Some("RAW") => Ok(Input::Raw),
        Some("USER_ENTERED") => Ok(Input::UserEntered),
        Some(_) => Err(Reply::invalid("Invalid value at 'value_input_option'")),
        None => Err(Reply::invalid("'valueInputOption' is required but not specified")),
    }
}

/// `values.update`.
pub(super) fn update(
    id: &str,
    sheet: &mut Spreadsheet,
    range: &str,
    query: &Params,
    body: &Value,
    now: Timestamp,
) -> Result<Value, Reply> {
    let input = input(query.get("valueInputOption"))?;
    let (tab, area) = locate(sheet, range)?;
    Ok(Write::check(tab, area, body, input)?.apply(id, sheet, now))
}

/// `values.batchUpdate`.
pub(super) fn batch_update(id: &str, sheet: &mut Spreadsheet, body: &Value, now: Timestamp) -> Result<Value, Reply> {
    let input = input(body.get("valueInputOption").and_then(Value::as_str))?;
    let data = body.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut writes = Vec::new();
    for (index, values) in data.iter().enumerate() {
        let range = values.get("range").and_then(Value::as_str).unwrap_or_default();
        let write = locate(sheet, range).and_then(|(tab, area)| Write::check(tab, area, values, input));
        writes.push(write.map_err(|refusal| refusal.prefixed(&format!("Invalid data[{index}]: ")))?);
    }
    let responses: Vec<Value> = writes.into_iter().map(|write| write.apply(id, sheet, now)).collect();
    let total = |name: &str| responses.iter().filter_map(|response| response.get(name)?.as_u64()).sum::<u64>();
    let (rows, columns, updated) = (total("updatedRows"), total("updatedColumns"), total("updatedCells"));
    Ok(json!({
        "spreadsheetId": id, "totalUpdatedRows": rows, "totalUpdatedColumns": columns, "totalUpdatedCells": updated,
        "totalUpdatedSheets": 1, "responses": responses,
    }))
}

/// `values.append`.
pub(super) fn append(
    id: &str,
    sheet: &mut Spreadsheet,
    range: &str,
    query: &Params,
    body: &Value,
    now: Timestamp,
) -> Result<Value, Reply> {
    let input = input(query.get("valueInputOption"))?;
    let (tab, area) = locate(sheet, range)?;
    if area.top >= tab.rows || area.left >= tab.columns {
        return Err(beyond(tab, area));
    }
    let table = tab.view().last_table(area);
    let (top, left) = table.map_or((area.top, area.left), |table| (table.bottom, table.left));
    let rows = cells(body, input, tab.text_format)?;
    let found = table.map(|table| {
        let area = Area::of_size(table.top, table.left, table.bottom - table.top, table.right - table.left);
        area.show(&tab.title, tab.rows, tab.columns)
    });
    let write = Write { title: tab.title.clone(), top, left, rows };
    if write.is_refused_by(tab) {
        return Err(protected());
    }
    if let Some(tab) = sheet.tab_mut(&write.title) {
        if query.get("insertDataOption") == Some("INSERT_ROWS") {
            tab.insert_rows(top, write.rows.len());
        }
        tab.grow(top + write.rows.len(), left + width(&write.rows));
    }
    let updates = write.apply(id, sheet, now);
    let mut answer = json!({ "spreadsheetId": id, "updates": updates });
    if let (Some(answer), Some(found)) = (answer.as_object_mut(), found) {
        answer.insert("tableRange".to_owned(), Value::String(found));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;
