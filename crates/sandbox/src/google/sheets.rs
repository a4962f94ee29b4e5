//! Promises: a spreadsheet describes its tabs, and takes the two changes of its structure that the service asks for: a
//! new tab, and text as a tab's number format.
//!
//! Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets and `…/request`. A batch is done
//! whole or not at all. Of `repeatCell` only the number format of whole tabs is simulated.

use serde_json::{Map, Value, json};

use super::{a1::Area, http::Reply, spreadsheet::Spreadsheet, tab::Tab};

/// `spreadsheets.get`, without cells.
pub(super) fn get(id: &str, sheet: &Spreadsheet) -> Value {
    let tabs: Vec<Value> = sheet.tabs.iter().enumerate().map(|(index, tab)| described(index, tab)).collect();
    json!({ "spreadsheetId": id, "properties": { "title": sheet.title }, "sheets": tabs })
}

fn properties(index: usize, tab: &Tab) -> Value {
    let grid = json!({ "rowCount": tab.rows, "columnCount": tab.columns });
    let properties = json!({
        "sheetId": tab.id, "title": tab.title, "index": index, "sheetType": "GRID", "gridProperties": grid,
    });
    json!({ "properties": properties })
}

/// A tab with what is protected in it, which is left out where nothing is.
fn described(index: usize, tab: &Tab) -> Value {
    let mut described = properties(index, tab);
    let ranges: Vec<Value> = tab.protected.iter().filter(|it| it.described).map(|it| protected(tab, it.area)).collect();
    if let (Some(fields), false) = (described.as_object_mut(), ranges.is_empty()) {
        fields.insert("protectedRanges".to_owned(), Value::Array(ranges));
    }
    described
}

/// A `ProtectedRange`; of its range the borders of the tab are left out, and what is false is not there.
fn protected(tab: &Tab, area: Area) -> Value {
    let mut range = Map::from_iter([("sheetId".to_owned(), json!(tab.id))]);
    let first = |at: usize| (at > 0).then_some(at);
    let borders = [
        ("startRowIndex", first(area.top)),
        ("endRowIndex", area.bottom),
        ("startColumnIndex", first(area.left)),
        ("endColumnIndex", area.right),
    ];
    range.extend(borders.into_iter().filter_map(|(name, at)| Some((name.to_owned(), json!(at?)))));
    json!({ "protectedRangeId": 1, "range": range })
}

/// `spreadsheets.batchUpdate`.
pub(super) fn update(id: &str, sheet: &mut Spreadsheet, body: &Value) -> Result<Value, Reply> {
    let requests = body.get("requests").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if requests.is_empty() {
        return Err(Reply::invalid("Must specify at least one request."));
    }
    let mut changed = sheet.clone();
    let mut replies = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        let reply = if let Some(added) = request.get("addSheet") {
            add_tab(&mut changed, added).map_err(|reason| format!("Invalid requests[{index}].addSheet: {reason}"))
        } else if let Some(repeated) = request.get("repeatCell") {
            repeat(&mut changed, repeated).map_err(|reason| format!("Invalid requests[{index}].repeatCell: {reason}"))
        } else {
            Err(format!("Invalid requests[{index}]: the simulator knows addSheet and repeatCell"))
        };
        replies.push(reply.map_err(|reason| Reply::invalid(&reason))?);
    }
    changed.version += 1;
    *sheet = changed;
    Ok(json!({ "spreadsheetId": id, "replies": replies }))
}

fn add_tab(sheet: &mut Spreadsheet, request: &Value) -> Result<Value, String> {
    let given = |pointer: &str| request.pointer(&format!("/properties/{pointer}"));
    let number = |pointer: &str| given(pointer).and_then(Value::as_u64);
    let title = given("title").and_then(Value::as_str).map(str::to_owned);
    let title = title.unwrap_or_else(|| format!("Sheet{}", sheet.tabs.len() + 1));
    if sheet.tabs.iter().any(|tab| tab.title.eq_ignore_ascii_case(&title)) {
        return Err(format!("A sheet with the name \"{title}\" already exists. Please enter another name."));
    }
    let id = match number("sheetId").map(u32::try_from) {
        Some(Ok(id)) => id,
        Some(Err(_)) => return Err("Invalid sheetId.".to_owned()),
        None => sheet.tabs.iter().map(|tab| tab.id).max().unwrap_or_default() + 1,
    };
    if sheet.tabs.iter().any(|tab| tab.id == id) {
        return Err(format!("A sheet with id {id} already exists."));
    }
    let mut tab = Tab::new(id, title);
    let size = |pointer: &str| number(pointer).and_then(|size| usize::try_from(size).ok());
    tab.rows = size("gridProperties/rowCount").unwrap_or(tab.rows);
    tab.columns = size("gridProperties/columnCount").unwrap_or(tab.columns);
    let reply = json!({ "addSheet": properties(sheet.tabs.len(), &tab) });
    sheet.tabs.push(tab);
    Ok(reply)
}

fn repeat(sheet: &mut Spreadsheet, request: &Value) -> Result<Value, String> {
    if request.get("fields").and_then(Value::as_str) != Some("userEnteredFormat.numberFormat") {
        return Err("the simulator knows the field userEnteredFormat.numberFormat".to_owned());
    }
    let range = request.get("range").and_then(Value::as_object);
    let id = range.filter(|range| range.len() == 1).and_then(|range| range.get("sheetId")).and_then(Value::as_u64);
    let tab = sheet.tabs.iter_mut().find(|tab| Some(u64::from(tab.id)) == id);
    let tab = tab.ok_or_else(|| "the simulator knows the range of a whole tab that is there".to_owned())?;
    tab.text_format = request.pointer("/cell/userEnteredFormat/numberFormat/type") == Some(&json!("TEXT"));
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::cell::Cell;

    fn add(title: &str, id: u32) -> Value {
        json!({ "addSheet": { "properties": { "title": title, "sheetId": id, "gridProperties": { "rowCount": 10 } } } })
    }

    fn format(id: u32) -> Value {
        let cell = json!({ "userEnteredFormat": { "numberFormat": { "type": "TEXT" } } });
        let fields = "userEnteredFormat.numberFormat";
        json!({ "repeatCell": { "range": { "sheetId": id }, "cell": cell, "fields": fields } })
    }

    #[test]
    fn a_tab_is_added_with_text_as_its_format() {
        let mut sheet = Spreadsheet::proxycall("ProxyCall");
        let before = sheet.version;
        update("1", &mut sheet, &json!({ "requests": [add("New", 77), format(77)] })).unwrap();
        let tab = sheet.tab("New").unwrap();
        assert_eq!((tab.id, tab.rows, tab.columns, tab.text_format), (77, 10, 26, true));
        assert_eq!(Cell::typed("+336", tab.text_format), Cell::Text("+336".into()));
        assert!(sheet.version > before);
        let outline = get("1", &sheet);
        assert_eq!(outline.pointer("/sheets/4/properties/gridProperties/rowCount"), Some(&json!(10)));
    }

    #[test]
    fn a_batch_is_done_whole_or_not_at_all() {
        let mut sheet = Spreadsheet::proxycall("ProxyCall");
        let before = sheet.version;
        for (requests, word) in [
            (json!([add("New", 77), format(78)]), "requests[1]"),
            (json!([add("New", 77), add("new", 78)]), "already exists"),
            (json!([add("New", 0)]), "already exists"),
            (json!([{ "mergeCells": {} }]), "simulator"),
            (json!([]), "at least one"),
        ] {
            let refusal = update("1", &mut sheet, &json!({ "requests": requests })).unwrap_err();
            assert!(refusal.body().to_string().contains(word), "{refusal:?}");
        }
        assert_eq!((sheet.tabs.len(), sheet.version), (4, before));
    }
}
