//! The description of the API: the file in the repository, what is served, and its page.

use std::collections::HashSet;

use proxycall_testkit::reqwest::{Method, StatusCode};
use proxycall_testkit::run_test;
use serde_json::Value;

fn described() -> Value {
    serde_json::to_value(proxycall_web::openapi()).unwrap()
}

/// When this fails on purpose: `cargo run -p proxycall -- reference` writes the file anew.
#[test]
fn the_file_in_the_repository_is_what_the_program_says() {
    let file = include_str!("../../../../docs/openapi.json");
    let mut program = proxycall_web::openapi().to_pretty_json().unwrap();
    program.push('\n');
    assert!(file == program, "docs/openapi.json has drifted; run `cargo run -p proxycall -- reference`");
}

#[tokio::test]
async fn what_is_served_is_openapi_3_1_and_equals_the_file() {
    run_test(async |app| {
        let response = app.bare_request(Method::GET, "/openapi.json").send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        let served: Value = response.json().await.unwrap();
        assert!(served["openapi"].as_str().unwrap().starts_with("3.1."));
        assert_eq!(served, described());
    })
    .await;
}

#[test]
fn every_operation_has_an_id_of_its_own_a_summary_and_a_described_answer() {
    let description = described();
    let mut ids = HashSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} is given twice: {method} {path}");
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let kind = if status == "200" { "application/json" } else { "application/problem+json" };
                let content: Vec<&String> = answer["content"].as_object().unwrap().keys().collect();
                assert_eq!(content, [kind], "{method} {path} {status}");
            }
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            assert!(
                operation["responses"]["200"]["content"]["application/json"]["schema"].is_object(),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    fn follow(value: &Value, root: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                    assert!(root.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target}");
                }
                fields.values().for_each(|field| follow(field, root));
            }
            Value::Array(items) => items.iter().for_each(|item| follow(item, root)),
            _ => {}
        }
    }
    let description = described();
    follow(&description, &description);
}

#[tokio::test]
async fn the_page_names_every_route_runs_nothing_and_fetches_nothing() {
    run_test(async |app| {
        let response = app.bare_request(Method::GET, "/docs").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        for rule in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("script") && !policy.contains("http"), "{policy}");
        let page = response.text().await.unwrap();
        for path in described()["paths"].as_object().unwrap().keys() {
            assert!(page.contains(path), "{path}");
        }
        for fetched in ["http://", "https://", "//cdn", "src=", "<script", "<link", "@import", "url("] {
            assert!(!page.contains(fetched), "{fetched}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_answer_forbids_sniffing_referring_and_keeping() {
    run_test(async |app| {
        for (path, token) in
            [("/clients", true), ("/clients", false), ("/nowhere", false), ("/docs", false), ("/health/live", false)]
        {
            let request = if token { app.request(Method::GET, path) } else { app.bare_request(Method::GET, path) };
            let response = request.send().await.unwrap();
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(response.headers()[name], value, "{path}");
            }
            assert!(response.headers().contains_key("x-request-id"), "{path}");
        }
        let webhook = app.bare_request(Method::POST, "/twilio/voice").send().await.unwrap();
        assert_eq!(webhook.headers()["cache-control"], "no-store");
    })
    .await;
}
