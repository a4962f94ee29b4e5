//! Promises: a list is cut into pages with Twilio's envelope around each.

use serde_json::{Map, Value, json};

use super::{Reply, value};
use crate::contract::RecordedRequest;

/// How many rows a page has when none is asked for.
const PAGE_SIZE: usize = 50;

/// The page of `rows` that `request` asks for, under `key`.
pub(super) fn page<T>(request: &RecordedRequest, key: &str, rows: Vec<T>, render: impl Fn(&T) -> Value) -> Reply {
    let number = |name: &str| value(&request.query, name).and_then(|value| value.parse::<usize>().ok());
    let size = number("PageSize").unwrap_or(PAGE_SIZE).max(1);
    let page = number("Page").unwrap_or(0);
    let start = page.saturating_mul(size);
    let total = rows.len();
    let rows: Vec<Value> = rows.iter().skip(start).take(size).map(render).collect();
    let uri = |page: usize| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let paging = |name: &str| matches!(name, "Page" | "PageSize" | "PageToken");
        query.extend_pairs(request.query.iter().filter(|(name, _)| !paging(name)));
        query.append_pair("PageSize", &size.to_string()).append_pair("Page", &page.to_string());
        format!("{}?{}", request.path, query.finish())
    };
    let mut body = Map::new();
    let next = (start.saturating_add(size) < total).then(|| uri(page + 1));
    let previous = page.checked_sub(1).map(uri);
    body.insert("end".to_owned(), json!((start + rows.len()).saturating_sub(1)));
    body.insert("first_page_uri".to_owned(), json!(uri(0)));
    body.insert("next_page_uri".to_owned(), json!(next));
    body.insert("page".to_owned(), json!(page));
    body.insert("page_size".to_owned(), json!(size));
    body.insert("previous_page_uri".to_owned(), json!(previous));
    body.insert("start".to_owned(), json!(start));
    body.insert("uri".to_owned(), json!(uri(page)));
    body.insert(key.to_owned(), Value::Array(rows));
    Reply::ok(200, Value::Object(body))
}
