//! Random requests: whatever is sent, the answer is a clear one and nothing of ours fails.

use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestCaseError, TestRunner},
};
use proxycall_testkit::reqwest::{Method, Url, header};
use proxycall_testkit::sandbox::{signature, twiml};
use proxycall_testkit::{
    TestApp,
    app::{AUTH_TOKEN, CLIENT, COURIER, PUBLIC_BASE_URL},
    database::{self, TestStore},
};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

/// How many requests on each database.
const CASES: u32 = 300;

/// An app with one client and one order, which no request of a run closes for good.
fn run<S: Strategy>(
    store: impl Future<Output = TestStore>,
    strategy: S,
    check: impl Fn(&Runtime, &TestApp, S::Value) -> Result<(), TestCaseError>,
) {
    let runtime = Runtime::new().unwrap();
    let mut app = runtime.block_on(async { TestApp::start(store.await).await });
    app.expect_violations();
    runtime.block_on(async { app.client(1, CLIENT).await });
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&strategy, |case| check(&runtime, &app, case));
    if let Err(error) = result {
        panic!("{error}");
    }
    runtime.block_on(async {
        // Relayed texts may have gone to numbers that are nobody's: they come to their end, or are forgotten here.
        let _ = app.store.database().execute("DELETE FROM job").await;
        app.finish().await;
    });
}

fn text() -> impl Strategy<Value = String> {
    let plausible = select(vec![
        "",
        "1",
        "0",
        "-1",
        "42",
        "9223372036854775807",
        "9223372036854775808",
        "FR",
        "gb",
        "mobile",
        "national",
        "all",
        "true",
        "A-1",
        "Client",
        "client1@example.com",
        "completed",
        "2026-11-23T08:00:00Z",
        "-009999-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        CLIENT,
        COURIER,
        "+33199009001",
        "33639980001",
        "0001",
        "%",
        "int_0190a3c2f4e47cc28d3e5f6a7b8c9d0e",
        "\u{0}",
        "\\",
        "null",
        "whatsapp:+33639980002",
        "anonymous",
    ]);
    prop_oneof![
        4 => plausible.prop_map(str::to_owned),
        2 => any::<String>(),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => "[0-9+ ]{0,20}",
        1 => ("\\PC", 1..600_usize).prop_map(|(sign, times)| sign.repeat(times)),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map(text(), inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[derive(Debug, Clone)]
enum Body {
    /// Each field of the schema, given when its turn says so, and one that nobody knows.
    Fields(Vec<(bool, Value)>),
    Json(Value),
    Bytes(Vec<u8>),
    None,
}

/// One request: which operation, what each of its parameters and fields is, and what else is sent.
#[derive(Debug, Clone)]
struct Request {
    operation: Index,
    parameters: Vec<Option<String>>,
    body: Body,
    content_type: Option<String>,
    key: Option<String>,
}

fn request() -> impl Strategy<Value = Request> {
    let body = prop_oneof![
        6 => prop::collection::vec((prop::bool::weighted(0.9), json_value()), 10).prop_map(Body::Fields),
        1 => json_value().prop_map(Body::Json),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Body::Bytes),
        1 => Just(Body::None),
    ];
    let content_type = prop_oneof![
        8 => Just(Some("application/json".to_owned())),
        1 => Just(None),
        1 => "[ -~]{0,20}".prop_map(Some),
    ];
    let parameters = prop::collection::vec(prop::option::weighted(0.7, text()), 10);
    let key = prop::option::weighted(0.2, "[ -~]{0,4}");
    (any::<Index>(), parameters, body, content_type, key).prop_map(
        |(operation, parameters, body, content_type, key)| Request { operation, parameters, body, content_type, key },
    )
}

struct Operation {
    method: Method,
    path: String,
    /// Where each parameter stands, and its name.
    parameters: Vec<(String, String)>,
    fields: Vec<String>,
    statuses: Vec<u16>,
}

/// What the description promises.
fn operations() -> Vec<Operation> {
    let openapi = serde_json::to_value(proxycall_web::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let reference =
                schema.get("$ref").or_else(|| schema["oneOf"].as_array()?.iter().find_map(|one| one.get("$ref")));
            let properties = reference.map(|reference| {
                let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
                openapi.pointer(pointer).unwrap()["properties"].as_object()
            });
            // A body that may be several things has no fields of its own.
            let properties = properties.flatten();
            let word = |parameter: &Value, name: &str| parameter[name].as_str().unwrap().to_owned();
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                parameters: operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|parameter| (word(parameter, "in"), word(parameter, "name")))
                    .collect(),
                fields: properties.into_iter().flat_map(Map::keys).cloned().collect(),
                statuses: operation["responses"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(|status| status.parse().unwrap())
                    .collect(),
            });
        }
    }
    operations
}

async fn send(app: &TestApp, operation: &Operation, request: &Request) -> Result<(), TestCaseError> {
    let mut parameters = request.parameters.iter();
    let mut values = std::collections::HashMap::new();
    for (_, name) in &operation.parameters {
        // Without anything in its place, an address is another one.
        values.insert(name.as_str(), parameters.next().cloned().flatten().filter(|value| !value.is_empty()));
    }
    let mut url = Url::parse(&app.address).unwrap();
    for segment in operation.path.trim_start_matches('/').split('/') {
        let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        let value = name.map(|name| values[name].clone().unwrap_or_else(|| "1".to_owned()));
        url.path_segments_mut().unwrap().push(value.as_deref().unwrap_or(segment));
    }
    for (place, name) in &operation.parameters {
        if let (true, Some(value)) = (place == "query", &values[name.as_str()]) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let target = url.as_str().strip_prefix(&app.address).unwrap();
    let mut http = app.request(operation.method.clone(), target);
    match &request.body {
        Body::Fields(values) => {
            let names = operation.fields.iter().map(String::as_str).chain(["unknown"]);
            let given = names.zip(values).filter(|(_, (given, _))| *given);
            let body: Map<String, Value> = given.map(|(name, (_, value))| (name.to_owned(), value.clone())).collect();
            http = http.body(Value::Object(body).to_string());
        }
        Body::Json(value) => http = http.body(value.to_string()),
        Body::Bytes(bytes) => http = http.body(bytes.clone()),
        Body::None => {}
    }
    if let Some(kind) = &request.content_type {
        http = http.header(header::CONTENT_TYPE, kind);
    }
    if let Some(key) = &request.key {
        http = http.header("Idempotency-Key", key);
    }
    let response = http.send().await.map_err(|error| TestCaseError::fail(format!("no answer: {error}")))?;
    let status = response.status().as_u16();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let text = response.text().await.map_err(|error| TestCaseError::fail(format!("no body: {error}")))?;
    let what = format!("{} {target} → {status} {text}", operation.method);
    prop_assert!(status < 500, "{what}");
    let body: Value = serde_json::from_str(&text).map_err(|_| TestCaseError::fail(format!("no JSON: {what}")))?;
    if status == 200 {
        prop_assert_eq!(kind.as_deref(), Some("application/json"), "{}", what);
    } else {
        prop_assert_eq!(kind.as_deref(), Some("application/problem+json"), "{}", what);
        prop_assert!(body["detail"].is_string() && body["status"] == status, "{what}");
    }
    // Dots are no segment: what is asked for is then another route, perhaps one that is not there.
    let same_route = url.path_segments().is_some_and(|found| found.count() == operation.path.split('/').count() - 1);
    prop_assert!(!same_route || operation.statuses.contains(&status), "a status that is not described: {what}");
    Ok(())
}

fn any_request_gets_a_clear_answer(store: impl Future<Output = TestStore>) {
    let operations = operations();
    run(store, request(), |runtime, app, request| {
        runtime.block_on(send(app, request.operation.get(&operations), &request))
    });
}

#[test]
fn any_request_to_the_api_gets_a_clear_answer_on_sqlite() {
    any_request_gets_a_clear_answer(database::sqlite());
}

#[test]
fn any_request_to_the_api_gets_a_clear_answer_on_postgresql() {
    any_request_gets_a_clear_answer(database::postgres());
}

const WEBHOOKS: [&str; 7] = [
    "/twilio/voice",
    "/twilio/voice/ended",
    "/twilio/voice/otp",
    "/twilio/voice/otp/gather",
    "/twilio/sms",
    "/twilio/status/message",
    "/twilio/status/voice",
];

/// A form with the parameters that handlers read, and random ones, each with a random value.
fn form() -> impl Strategy<Value = Vec<(String, String)>> {
    let known = select(vec![
        "CallSid",
        "MessageSid",
        "SmsSid",
        "SmsMessageSid",
        "From",
        "To",
        "Body",
        "NumMedia",
        "OptOutType",
        "SmsStatus",
        "MessageStatus",
        "CallStatus",
        "CallDuration",
        "DialCallStatus",
        "DialCallSid",
        "DialCallDuration",
        "ErrorCode",
    ]);
    let name = prop_oneof![9 => known.prop_map(str::to_owned), 1 => any::<String>()];
    let value = prop_oneof![4 => text(), 1 => "CA[0-9a-f]{32}", 1 => "[a-z-]{0,12}", 1 => "-?[0-9]{0,20}"];
    let required =
        (select(vec!["CA1", "CA2", "SM1", ""]), text(), prop_oneof![Just("+33199009001".to_owned()), text()]);
    (required, prop::collection::vec((name, value), 0..8)).prop_map(|((sid, from, to), mut form)| {
        form.push(("CallSid".to_owned(), sid.to_owned()));
        form.push(("MessageSid".to_owned(), sid.to_owned()));
        form.push(("From".to_owned(), from));
        form.push(("To".to_owned(), to));
        form
    })
}

async fn post_signed(app: &TestApp, path: &str, params: &[(String, String)], body: Vec<u8>) -> (u16, String, String) {
    let signature = signature::sign(AUTH_TOKEN, &format!("{PUBLIC_BASE_URL}{path}"), params);
    let response = app
        .bare_request(Method::POST, path)
        .header("X-Twilio-Signature", signature)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .unwrap();
    let kind = response.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    (response.status().as_u16(), kind.unwrap_or_default(), response.text().await.unwrap())
}

fn is_twiml(path: &str, kind: &str, answer: &str) -> bool {
    let parsed = if path == "/twilio/sms" {
        twiml::parse_messaging(answer).map(drop)
    } else {
        twiml::parse_voice(answer).map(drop)
    };
    kind.starts_with("text/xml") && parsed.is_ok()
}

fn any_signed_form_is_answered(store: impl Future<Output = TestStore>) {
    run(store, (select(WEBHOOKS.to_vec()), form()), |runtime, app, (path, form)| {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&form);
        let body = body.finish().into_bytes();
        let (status, kind, answer) = runtime.block_on(post_signed(app, path, &form, body));
        if path.starts_with("/twilio/status/") {
            prop_assert_eq!(status, 204, "{} {}", path, answer);
        } else {
            prop_assert!(status == 200 && is_twiml(path, &kind, &answer), "{path} {status} {kind} {answer}");
        }
        Ok(())
    });
}

#[test]
fn any_signed_form_gets_valid_twiml_on_sqlite() {
    any_signed_form_is_answered(database::sqlite());
}

#[test]
fn any_signed_form_gets_valid_twiml_on_postgresql() {
    any_signed_form_is_answered(database::postgres());
}

#[test]
fn any_bytes_under_a_signature_are_answered_or_refused_and_break_nothing() {
    let bytes =
        prop_oneof![prop::collection::vec(any::<u8>(), 0..300), "[a-zA-Z&=%+0-9]{0,100}".prop_map(String::into_bytes)];
    run(database::sqlite(), (select(WEBHOOKS.to_vec()), bytes), |runtime, app, (path, bytes)| {
        let params: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
        let (status, kind, answer) = runtime.block_on(post_signed(app, path, &params, bytes));
        match status {
            200 => prop_assert!(is_twiml(path, &kind, &answer), "{path} {answer}"),
            204 => prop_assert!(path.starts_with("/twilio/status/"), "{path}"),
            _ => {
                prop_assert!((400..500).contains(&status), "{path} {status} {answer}");
                prop_assert_eq!(kind, "application/problem+json");
            }
        }
        Ok(())
    });
}
