//! What is not as it should be: refused with the documented status, the field named and no value echoed.

use std::collections::HashSet;

use proxycall_testkit::reqwest::{Method, StatusCode, header};
use proxycall_testkit::{
    TestApp,
    database::{self, TestStore},
    run_test,
};
use serde_json::{Value, json};

use crate::ask::{Answer, ask, client_body, enrol, real_number, with};

/// Every route that takes a body, with one that it accepts.
fn routes() -> Vec<(Method, &'static str, Value)> {
    let client = client_body(2, &real_number(2));
    let change = json!({
        "client_name": "Zoé Martin",
        "client_mail": "zoe@example.com",
        "client_real_phone": real_number(3),
        "client_proxy_number": "+33639989001",
        "client_iso_residency": "FR",
        "client_country_code": "33",
    });
    vec![
        (Method::POST, "/clients", client.clone()),
        (Method::PUT, "/clients/1", change),
        (Method::POST, "/clients/search", json!({ "text": "client", "after": "1", "limit": 50 })),
        (Method::POST, "/clients/1/pause", json!({ "until": "2027-01-01T00:00:00Z" })),
        (Method::POST, "/blocks", json!({ "phone": real_number(4), "client_id": "1", "reason": "rings at night" })),
        (Method::POST, "/clients/9/erase", json!({ "confirm": "9" })),
        (Method::POST, "/orders", with(client, json!({ "order_id": "A-1" }))),
        (Method::POST, "/tokens", json!({ "name": "shop", "scope": "read", "expires_in_days": 7 })),
    ]
}

/// Whether every field may be absent, and so may all of them.
fn is_optional(method: &Method, path: &str) -> bool {
    method == Method::PUT || path.ends_with("/pause")
}

/// Where what cannot be used is passed over: the phone says the country, or a formula in the sheet does.
fn is_passed_over(field: &str) -> bool {
    ["client_country_code", "client_iso_residency"].contains(&field)
}

async fn send(
    app: &TestApp,
    method: &Method,
    path: &str,
    kind: Option<&str>,
    body: impl Into<proxycall_testkit::reqwest::Body>,
) -> Answer {
    let mut request = app.request(method.clone(), path).body(body);
    if let Some(kind) = kind {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    ask(request).await
}

async fn send_json(app: &TestApp, method: &Method, path: &str, body: &Value) -> Answer {
    send(app, method, path, Some("application/json"), body.to_string()).await
}

#[test]
fn the_table_has_every_route_that_takes_a_body() {
    let openapi = serde_json::to_value(proxycall_web::openapi()).unwrap();
    let mut described = HashSet::new();
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            // The pool takes booleans and numbers in many spellings, as the original did, and confirmations are refused with
            // its 400: `account`, `buying` and `confirmations` say which.
            let apart = ["/pool/", "/confirmations/"].iter().any(|start| path.starts_with(start));
            if operation.get("requestBody").is_some() && !apart {
                described.insert((
                    method.to_uppercase(),
                    path.replace("{client_id}", if path.ends_with("/erase") { "9" } else { "1" }),
                ));
            }
        }
    }
    let table = routes().into_iter().map(|(method, path, _)| (method.to_string(), path.to_owned()));
    assert_eq!(table.collect::<HashSet<_>>(), described);
}

#[tokio::test]
async fn what_the_table_calls_acceptable_is_accepted() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        enrol(app, 9, json!({})).await;
        app.delete("/clients/9").await;
        app.number("+33639989500", "FR", proxycall_domain::NumberType::Mobile).await;
        for (method, path, body) in routes() {
            let answer = send_json(app, &method, path, &body).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {path} {}", answer.text);
        }
        app.drain_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_no_json_is_422() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        let deep_field =
            format!(r#"{{"client_country_code": {deep}, "client_id": {deep}, "text": {deep}, "until": {deep}}}"#);
        let malformed: Vec<Vec<u8>> = vec![
            b"{".to_vec(),
            b"{} {}".to_vec(),
            b"{\"client_id\": \"1\",}".to_vec(),
            b"client_id=1".to_vec(),
            b"\xef\xbb\xbf{}".to_vec(),
            b"{\"client_name\": \"\xff\xfe\", \"text\": \"\xc3\", \"until\": \"\xc3\"}".to_vec(),
            b"{\"client_name\": \"\\ud800\", \"text\": \"\\ud800\", \"until\": \"\\ud800\"}".to_vec(),
            b"{\"client_name\": \"a\0b\", \"text\": \"a\0b\", \"until\": \"a\0b\"}".to_vec(),
            b"[]".to_vec(),
            b"null".to_vec(),
            b"\"text\"".to_vec(),
            b"1e999".to_vec(),
            deep.into_bytes(),
            deep_field.into_bytes(),
        ];
        for (method, path, _) in routes() {
            for body in &malformed {
                let answer = send(app, &method, path, Some("application/json"), body.clone()).await;
                let shown = String::from_utf8_lossy(body.get(..body.len().min(60)).unwrap());
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path} {shown} {}", answer.text);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_without_the_content_type_of_json_is_422_and_an_empty_one_too_where_fields_are_needed() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        for (method, path, body) in routes() {
            for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("json"), Some("")] {
                let answer = send(app, &method, path, kind, body.to_string()).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path} {kind:?}");
                assert!(answer.detail().contains("application/json"), "{}", answer.text);
            }
            for kind in [None, Some("application/json")] {
                let answer = send(app, &method, path, kind, "").await;
                let expected =
                    if is_optional(&method, path) { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
                assert_eq!(answer.status, expected, "{method} {path} {kind:?} {}", answer.text);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_named_and_its_value_not_echoed() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        for (method, path, body) in routes() {
            for field in body.as_object().unwrap().keys().filter(|field| *field != "client_country_code") {
                for wrong in
                    [json!(true), json!(["Canari"]), json!({ "Canari": 7_137_137 }), json!(-7_137_137), json!(7137.137)]
                {
                    let answer = send_json(app, &method, path, &with(body.clone(), json!({ field: wrong }))).await;
                    assert_eq!(
                        answer.status,
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "{path} {field} {wrong} {}",
                        answer.text
                    );
                    assert_eq!(answer.body["field"], *field, "{path} {wrong} {}", answer.text);
                    assert!(!answer.text.contains("Canari") && !answer.text.contains("7137"), "{}", answer.text);
                    assert!(!answer.text.contains("u32") && !answer.text.contains("i64"), "{}", answer.text);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_field_that_is_missing_or_given_twice_is_named() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        for (method, path, body) in routes() {
            for field in body.as_object().unwrap().keys() {
                let twice = format!(r#"{{"{field}": null, {}"#, body.to_string().strip_prefix('{').unwrap());
                let answer = send(app, &method, path, Some("application/json"), twice).await;
                assert_eq!(
                    (answer.status.as_u16(), &answer.body["field"]),
                    (422, &json!(field)),
                    "{path} {}",
                    answer.text
                );
                let optional = ["client_iso_residency", "after", "limit", "reason", "expires_in_days"]
                    .contains(&field.as_str())
                    || (path, field.as_str()) == ("/blocks", "client_id");
                if is_optional(&method, path) || optional {
                    continue;
                }
                let mut less = body.clone();
                less.as_object_mut().unwrap().remove(field);
                let answer = send_json(app, &method, path, &less).await;
                assert_eq!(
                    (answer.status.as_u16(), &answer.body["field"]),
                    (422, &json!(field)),
                    "{path} {}",
                    answer.text
                );
                assert!(answer.detail().contains("missing"), "{}", answer.text);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn fields_that_nobody_knows_are_ignored() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        enrol(app, 9, json!({})).await;
        app.number("+33639989500", "FR", proxycall_domain::NumberType::Mobile).await;
        let strange = json!({ "unknown": { "a": [1, null, "\u{0}"] }, "": 1, "client_last_caller": "x", "\u{0}": 2 });
        for (method, path, body) in routes() {
            let answer = send_json(app, &method, path, &with(body, strange.clone())).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {path} {}", answer.text);
        }
        app.drain_jobs().await;
    })
    .await;
}

async fn send_strange_texts(store: TestStore) {
    let app = TestApp::start(store).await;
    enrol(&app, 1, json!({})).await;
    let strange = [
        "\u{0}".to_owned(),
        "Zoé\u{0}".to_owned(),
        "\u{0}zoe@example.com".to_owned(),
        "+33639980001\u{0}".to_owned(),
        "\u{1b}[2J".to_owned(),
        "\u{202e}\u{feff}\u{ffff}".to_owned(),
        "'; DROP TABLE client; --".to_owned(),
        "<script>".to_owned(),
        "x".repeat(60_000),
        "%".repeat(60_000),
        "9".repeat(60_000),
        "-9223372036854775809".to_owned(),
        "9223372036854775808".to_owned(),
    ];
    for (method, path, body) in routes() {
        for field in body.as_object().unwrap().keys() {
            for text in &strange {
                let answer = send_json(&app, &method, path, &with(body.clone(), json!({ field: text }))).await;
                let start: String = text.chars().take(12).collect();
                assert!(!answer.status.is_server_error(), "{method} {path} {field} {start:?} {}", answer.text);
                if text.contains('\u{0}') && !is_passed_over(field) {
                    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {field} {}", answer.text);
                    assert_eq!(answer.body["field"], *field, "{path} {}", answer.text);
                }
                assert!(answer.text.len() < 10_000, "{path} {field} echoes");
            }
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn strange_texts_in_any_field_are_refused_or_kept_and_never_break_anything_on_sqlite() {
    send_strange_texts(database::sqlite().await).await;
}

#[tokio::test]
async fn strange_texts_in_any_field_are_refused_or_kept_and_never_break_anything_on_postgresql() {
    send_strange_texts(database::postgres().await).await;
}

#[tokio::test]
async fn a_body_of_256_kib_is_read_and_one_byte_more_is_413() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        for (method, path, _) in routes() {
            for (size, expected) in [(256 * 1024, 422), (256 * 1024 + 1, 413)] {
                let body = format!("[{}]", " ".repeat(size - 2));
                for key in [None, Some("key")] {
                    let mut request =
                        app.request(method.clone(), path).header(header::CONTENT_TYPE, "application/json");
                    if let Some(key) = key {
                        request = request.header("Idempotency-Key", key);
                    }
                    let answer = ask(request.body(body.clone())).await;
                    assert_eq!(answer.status.as_u16(), expected, "{method} {path} {key:?} {}", answer.text);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_is_no_phone_is_422_with_the_field_and_an_example_and_is_not_echoed() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        for (method, path, body) in routes() {
            for field in ["client_real_phone", "client_proxy_number", "phone"]
                .into_iter()
                .filter(|field| body.get(field).is_some())
            {
                for bad in [
                    json!("0639987137"),
                    json!("+0639987137"),
                    json!("+33-6-39-98-71-37"),
                    json!("+33(0)639987137"),
                    json!("7137"),
                    json!("+336399871377137713"),
                    json!("call 7137"),
                    json!(7137),
                ] {
                    let answer = send_json(app, &method, path, &with(body.clone(), json!({ field: bad }))).await;
                    assert_eq!((answer.status.as_u16(), &answer.body["field"]), (422, &json!(field)), "{path} {bad}");
                    assert!(answer.detail().contains("+33639980001"), "no example: {}", answer.text);
                    assert!(!answer.text.contains("7137"), "{}", answer.text);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_phone_may_come_as_a_number_as_spreadsheets_make_of_it() {
    run_test(async |app| {
        enrol(app, 1, json!({ "client_real_phone": 33639981234_u64 })).await;
        assert_eq!(app.get("/clients/1").await.1["client_real_phone"], "+33639981234");
        app.put("/clients/1", json!({ "client_real_phone": 33639984321_u64 })).await;
        assert_eq!(app.get("/clients/1").await.1["client_real_phone"], "+33639984321");
    })
    .await;
}
