//! Addresses that are not as they should be: what is asked for that nobody serves, or in a way that nobody reads.

use proxycall_testkit::reqwest::{Method, StatusCode, header};
use proxycall_testkit::{
    app::{TOKEN, run_test_on_both},
    run_test,
};
use serde_json::json;

use crate::{
    ask::{ask, enrol},
    raw_http,
};

#[tokio::test]
async fn strange_addresses_are_refused_or_answered_and_never_break_anything() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        let strange =
            ["%00", "1%00", "%FF%FE", "%C3", "%", "%zz", "%F0%9F%99%82", "%2e%2e", "%2F", "'", "%0a", "é", "\\"];
        let openapi = serde_json::to_value(proxycall_web::openapi()).unwrap();
        let (mut paths, mut queries) = (0, 0);
        for (path, methods) in openapi["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                for text in strange.iter().map(|text| (*text).to_owned()).chain(["9".repeat(5_000)]) {
                    for parameter in operation["parameters"].as_array().into_iter().flatten() {
                        let name = parameter["name"].as_str().unwrap();
                        let target = match parameter["in"].as_str().unwrap() {
                            "path" => path.replace(&format!("{{{name}}}"), &text),
                            "query" => format!("{path}?{name}={text}"),
                            _ => continue,
                        };
                        if target.contains('?') {
                            queries += 1
                        } else {
                            paths += 1
                        }
                        let token = format!("Bearer {TOKEN}");
                        let headers = [("Authorization", token.as_str())];
                        let answer = raw_http::send(&app.address, &method.to_uppercase(), &target, &headers, "").await;
                        assert!(answer.status < 500, "{method} {target} {answer:?}");
                        // A request line that is none is refused by the HTTP layer, without a body.
                        if answer.status != 400 || !answer.body.is_empty() {
                            assert!(answer.media_type.ends_with("json"), "{method} {target} {answer:?}");
                        }
                    }
                }
            }
        }
        assert!(paths > 50 && queries > 50, "{paths} {queries}");
    })
    .await;
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_path_without_it() {
    run_test(async |app| {
        for (path, location) in [
            ("/clients/", "/clients"),
            ("/clients/1/", "/clients/1"),
            ("/pool/available/?country_iso=FR", "/pool/available?country_iso=FR"),
            ("/twilio/voice/", "/twilio/voice"),
        ] {
            let response = app.request(Method::POST, path).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT, "{path}");
            assert_eq!(response.headers()[header::LOCATION], location);
        }
    })
    .await;
}

#[tokio::test]
async fn no_address_leads_to_another_host() {
    run_test(async |app| {
        for target in [
            "/",
            "//",
            "//evil.example/",
            "//evil.example//",
            "/\\evil.example/",
            "/a//",
            "/\u{7f}/",
            "/é/",
            "/x/?\u{7f}",
        ] {
            let answer = raw_http::send(&app.address, "GET", target, &[], "").await;
            assert!([400, 404].contains(&answer.status), "{target} {answer:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405() {
    run_test(async |app| {
        for path in ["/", "/nowhere", "/clients/1/2", "/orders/1/2", "/health", "/docs/x"] {
            let answer = ask(app.bare_request(Method::GET, path)).await;
            assert_eq!((answer.status, answer.detail()), (StatusCode::NOT_FOUND, "Not Found"), "{path}");
        }
        for (method, path) in [
            (Method::PATCH, "/clients"),
            (Method::DELETE, "/orders"),
            (Method::POST, "/pool/available"),
            (Method::GET, "/clients/search"),
            (Method::POST, "/health/live"),
            (Method::POST, "/openapi.json"),
            (Method::GET, "/twilio/voice"),
            (Method::OPTIONS, "/interactions"),
        ] {
            let answer = ask(app.request(method.clone(), path)).await;
            assert_eq!((answer.status.as_u16(), answer.detail()), (405, "Method Not Allowed"), "{method} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_query_parameter_of_the_wrong_form_is_named_and_not_echoed() {
    run_test(async |app| {
        for (path, field) in [
            ("/clients?limit=Canari", "limit"),
            ("/clients?limit=-1", "limit"),
            ("/clients?limit=99999999999999999999", "limit"),
            ("/clients?closed=Canari", "closed"),
            ("/clients?after=Canari", "after"),
            ("/clients?country=Canari", "country"),
            ("/orders?client_id=Canari", "client_id"),
            ("/orders?limit=0", "limit"),
            ("/orders?after=Canari%00", "after"),
        ] {
            let answer = ask(app.request(Method::GET, path)).await;
            assert_eq!((answer.status.as_u16(), &answer.body["field"]), (422, &json!(field)), "{path} {}", answer.text);
            assert!(!answer.text.contains("Canari"), "{}", answer.text);
        }
    })
    .await;
}
