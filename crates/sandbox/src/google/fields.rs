//! Promises: a field mask (`sheets.properties(sheetId,title)`) leaves of an answer just what it names, and a field that
//! is not there is refused, as Google does.
//!
//! Source: developers.google.com/workspace/sheets/api/guides/field-masks. A field that exists at Google but not in the
//! simulator is refused too.

use serde_json::{Map, Value};

/// What an answer leaves out when it is empty.
const OPTIONAL: [&str; 6] =
    ["values", "tableRange", "protectedRanges", "unprotectedRanges", "warningOnly", "requestingUserCanEdit"];

/// What a mask names, each with what it names below.
#[derive(Debug, Default, PartialEq, Eq)]
struct Mask(Vec<(String, Mask)>);

/// Leaves what the mask names.
pub(super) fn select(answer: &Value, mask: &str) -> Option<Value> {
    let mut rest = mask;
    let mask = parse(&mut rest)?;
    if rest.is_empty() { apply(answer, &mask) } else { None }
}

/// Reads a list of fields up to the end or a closing bracket.
fn parse(rest: &mut &str) -> Option<Mask> {
    let mut mask = Mask::default();
    loop {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '*')).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        if name.is_empty() {
            return None;
        }
        let name = name.to_owned();
        *rest = after;
        let below = if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            let below = parse(rest)?;
            *rest = rest.strip_prefix(')')?;
            below
        } else if let Some(after) = rest.strip_prefix(['.', '/']) {
            // A path is a list of one field, which ends where the next comma of the outer list begins.
            let end = path_end(after);
            let (mut path, after) = after.split_at_checked(end)?;
            let below = parse(&mut path)?;
            *rest = after;
            below
        } else {
            Mask::default()
        };
        mask.0.push((name, below));
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(mask),
        }
    }
}

/// Where a path ends: at a comma or bracket that is not inside brackets of its own.
fn path_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' | ',' if depth == 0 => return at,
            ')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn apply(value: &Value, mask: &Mask) -> Option<Value> {
    if mask.0.is_empty() || mask.0.iter().any(|(name, _)| name == "*") {
        return Some(value.clone());
    }
    match value {
        Value::Array(items) => items.iter().map(|item| apply(item, mask)).collect::<Option<Vec<_>>>().map(Value::Array),
        Value::Object(fields) => {
            let mut selected = Map::new();
            for (name, below) in &mask.0 {
                match fields.get(name) {
                    Some(field) => selected.insert(name.clone(), apply(field, below)?),
                    None if OPTIONAL.contains(&name.as_str()) => None,
                    None => return None,
                };
            }
            Some(Value::Object(selected))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mask_leaves_what_it_names() {
        let tab = json!({ "properties": { "sheetId": 1, "title": "Clients", "index": 0 } });
        let answer = json!({ "spreadsheetId": "1", "sheets": [tab], "kind": "k" });
        let named = json!({ "properties": { "sheetId": 1, "title": "Clients" } });
        for (mask, expected) in [
            ("kind", json!({ "kind": "k" })),
            ("*", answer.clone()),
            ("sheets.properties(sheetId,title)", json!({ "sheets": [named] })),
            ("sheets(properties/sheetId),kind", json!({ "sheets": [{ "properties": { "sheetId": 1 } }], "kind": "k" })),
            ("sheets.properties.index,kind", json!({ "sheets": [{ "properties": { "index": 0 } }], "kind": "k" })),
        ] {
            assert_eq!(select(&answer, mask), Some(expected), "{mask}");
        }
    }

    #[test]
    fn a_field_that_is_left_out_when_empty_may_be_missing() {
        let answer = json!({ "valueRanges": [{ "range": "T!A1" }, { "range": "U!A1", "values": [[1]] }] });
        assert_eq!(select(&answer, "valueRanges(range,values)"), Some(answer));
    }

    #[test]
    fn a_mask_that_cannot_be_read_or_names_nothing_is_refused() {
        let answer = json!({ "a": { "b": 1 } });
        for mask in ["", "a.", "a(b", "a)b", "c", "a.c", "a.b.c"] {
            assert_eq!(select(&answer, mask), None, "{mask}");
        }
    }
}
