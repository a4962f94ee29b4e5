//! What the tests of the API have in common: bodies to send, and how a refusal must look.

use proxycall_domain::NumberType;
use proxycall_testkit::TestApp;
use proxycall_testkit::reqwest::{RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

/// A client's fields, all in order.
pub(crate) fn client_body(id: u32, phone: &str) -> Value {
    json!({
        "client_id": id.to_string(),
        "client_name": format!("Client {id}"),
        "client_mail": format!("client{id}@example.com"),
        "client_real_phone": phone,
        "client_iso_residency": "FR",
    })
}

/// The same JSON object with some fields set anew.
pub(crate) fn with(mut body: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("an object") };
    body.as_object_mut().expect("an object").extend(changes);
    body
}

/// The real number of the client with this id.
pub(crate) fn real_number(id: u32) -> String {
    format!("+3363998{:04}", 1000 + id)
}

/// Adds a French mobile number of its own and creates a client on it, with some fields set anew. The client.
pub(crate) async fn enrol(app: &TestApp, id: u32, changes: Value) -> Value {
    app.number(&format!("+3363998{:04}", 9000 + id), "FR", NumberType::Mobile).await;
    let (status, body) = app.post("/clients", with(client_body(id, &real_number(id)), changes)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (status, client) = app.get(&format!("/clients/{id}")).await;
    assert_eq!(status, StatusCode::OK, "{client}");
    client
}

/// One field of each item of a page, in order.
pub(crate) fn column<'a>(page: &'a Value, list: &str, field: &str) -> Vec<&'a str> {
    let items = page[list].as_array().unwrap_or_else(|| panic!("no {list} in {page}"));
    items.iter().map(|item| item[field].as_str().expect("a text")).collect()
}

/// What an answer was, after checking that a refusal is a problem document that agrees with its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) replayed: bool,
}

impl Answer {
    pub(crate) fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_else(|| panic!("no detail: {}", self.text))
    }
}

/// Sends a request to the API. Whatever comes back must be JSON, or a problem document.
pub(crate) async fn ask(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let replayed = response.headers().contains_key("idempotency-replayed");
    let text = response.text().await.expect("a body");
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} without JSON: {text}"));
    if status.is_success() {
        assert_eq!(kind.as_deref(), Some("application/json"), "{status} {text}");
    } else {
        assert_eq!(kind.as_deref(), Some("application/problem+json"), "{status} {text}");
        assert_eq!(body["status"], status.as_u16(), "{text}");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{text}");
    }
    Answer { status, body, text, replayed }
}
