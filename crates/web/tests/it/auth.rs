//! The token: needed on every business route, on no other.

use proxycall_domain::Scope;
use proxycall_testkit::reqwest::{Method, StatusCode};
use proxycall_testkit::{app::TOKEN, run_test};
use serde_json::{Value, json};

use crate::ask::ask;

/// Every operation of the description, with an address that names something.
fn operations() -> Vec<(Method, String, Value)> {
    let openapi = serde_json::to_value(proxycall_web::openapi()).unwrap();
    let paths = openapi["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        let address = path
            .replace("{client_id}", "1")
            .replace("{proxy}", "33639989001")
            .replace("{order_id}", "A-1")
            .replace("{pending_id}", "P-1")
            .replace("{number}", "33639989001")
            .replace("{name}", "nobody")
            .replace("{block_id}", "blk_0190a3c2f4e47cc28d3e5f6a7b8c9d0e");
        assert!(!address.contains('{'), "a new parameter in {path}");
        methods.as_object().unwrap().iter().map(move |(method, operation)| {
            (method.to_uppercase().parse().unwrap(), address.clone(), operation.clone())
        })
    });
    operations.collect()
}

#[tokio::test]
async fn every_route_of_the_description_wants_the_token_but_for_health() {
    run_test(async |app| {
        let all = operations();
        assert!(all.len() > 14, "{}", all.len());
        for (method, path, operation) in all {
            let bare = ask(app.bare_request(method.clone(), &path)).await;
            let known = ask(app.request(method.clone(), &path)).await;
            assert_ne!(known.status, StatusCode::FORBIDDEN, "{method} {path}");
            let open = path.starts_with("/health/");
            assert_eq!(bare.status == StatusCode::FORBIDDEN, !open, "{method} {path}: {}", bare.status);
            // The description says the same: an empty requirement takes the general one back.
            assert_eq!(operation["security"] == json!([{}]), open, "{method} {path}");
            let scope = operation["security"][0]["token"][0].as_str();
            assert_eq!(scope.is_some_and(|scope| scope.parse::<Scope>().is_ok()), !open, "{method} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_description_and_its_page_are_open() {
    run_test(async |app| {
        for path in ["/openapi.json", "/docs", "/health/live", "/health/ready"] {
            let response = app.bare_request(Method::GET, path).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_missing_a_malformed_and_a_wrong_token_are_403_with_three_details() {
    run_test(async |app| {
        let mut details = Vec::new();
        for header in [None, Some(format!("Basic {TOKEN}")), Some("Bearer wrong".to_owned())] {
            let mut request = app.bare_request(Method::GET, "/clients");
            if let Some(header) = header {
                request = request.header("Authorization", header);
            }
            let answer = ask(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            details.push(answer.detail().to_owned());
        }
        details.sort();
        details.dedup();
        assert_eq!(details.len(), 3, "{details:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_token_learns_nothing_about_the_body() {
    run_test(async |app| {
        for body in ["{", "{}", ""] {
            let request =
                app.bare_request(Method::POST, "/clients").header("Content-Type", "application/json").body(body);
            assert_eq!(ask(request).await.status, StatusCode::FORBIDDEN, "{body}");
        }
    })
    .await;
}
