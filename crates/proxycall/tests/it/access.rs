//! `proxycall token` and `proxycall audit`, beside a running service.

use std::time::{Duration, Instant};

use proxycall_testkit::reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::support::*;

/// How soon every instance has seen a change.
const SEEN_WITHIN: Duration = Duration::from_secs(5);

async fn becomes(address: &str, token: &str, expected: StatusCode) {
    let client: Client = http();
    let mut look = tokio::time::interval(Duration::from_millis(100));
    let began = Instant::now();
    loop {
        let status = client.get(format!("{address}/clients")).bearer_auth(token).send().await.unwrap().status();
        if status == expected {
            return;
        }
        assert!(began.elapsed() < SEEN_WITHIN, "still {status}");
        look.tick().await;
    }
}

#[tokio::test]
async fn a_token_made_at_the_command_line_opens_the_running_service_until_it_is_revoked() {
    let mut installation = Installation::new();
    let service = installation.serve().await;
    let made = installation.run(&["token", "add", "shop", "--scope", "read", "--expires", "30"]).await;
    assert!(made.err.contains("shop (read, until "), "{}", made.err);
    let token = made.ok().trim_end().to_owned();
    assert!(token.starts_with("pct_") && !token.contains(char::is_whitespace), "{token}");
    becomes(&service.address, &token, StatusCode::OK).await;

    let rotated = installation.run(&["token", "rotate", "shop"]).await.ok().trim_end().to_owned();
    becomes(&service.address, &rotated, StatusCode::OK).await;
    becomes(&service.address, &token, StatusCode::FORBIDDEN).await;
    installation.run(&["token", "revoke", "shop"]).await.ok();
    becomes(&service.address, &rotated, StatusCode::FORBIDDEN).await;

    let list = installation.run(&["token", "list"]).await.ok();
    assert!(list.contains("revoked") && !list.contains(&token) && !list.contains(&rotated), "{list}");
    let log = service.process.stop().await;
    assert!(!log.contains(&token) && !log.contains(&rotated), "{log}");
}

#[tokio::test]
async fn what_is_done_at_the_command_line_stands_in_the_audit_log() {
    let installation = Installation::new();
    installation.run(&["token", "add", "shop", "--scope", "operate"]).await.ok();
    installation.run(&["token", "add", "shop", "--scope", "operate"]).await.failed();
    installation.run(&["setting", "set", "calls.withheld", "connect"]).await.ok();
    installation.run(&["setting", "reset", "calls.withheld"]).await.ok();
    installation.run(&["number", "assign", "--client", "77", "--country", "FR", "--type", "mobile"]).await.failed();
    installation.run(&["token", "list"]).await.ok();

    let said = installation.run(&["audit", "--json"]).await.ok();
    let body: Value = serde_json::from_str(&said).unwrap();
    let acts = body["acts"].as_array().unwrap();
    let told = |field: &str| acts.iter().map(|act| act[field].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(told("action"), ["assign_number", "reset_setting", "set_setting", "add_token", "add_token"]);
    assert_eq!(told("outcome"), ["refused", "done", "done", "refused", "done"]);
    assert_eq!(
        told("subject"),
        ["client 77", "setting calls.withheld", "setting calls.withheld", "token shop", "token shop"]
    );
    assert!(told("actor").iter().all(|actor| actor == "cli"), "{said}");

    let first = installation.run(&["audit", "--action", "add_token", "--limit", "1"]).await.ok();
    let older = first.lines().last().unwrap().strip_prefix("Older ones: --after ").unwrap();
    let second = installation.run(&["audit", "--action", "add_token", "--after", older]).await.ok();
    assert!(first.contains("refused") && second.contains("done") && !second.contains("refused"), "{first}{second}");
    installation.run(&["audit", "--after", "nonsense"]).await.failed();
}

#[tokio::test]
async fn a_name_that_cannot_be_is_refused_before_anything_is_written() {
    let installation = Installation::new();
    for name in ["Shop", "cli", "environment", "+33639980001"] {
        let said = installation.run(&["token", "add", name, "--scope", "read"]).await.failed();
        assert!(said.contains("NAME"), "{said}");
    }
    installation.run(&["token", "add", "shop", "--scope", "root"]).await;
    let said = installation.run(&["audit", "--json"]).await.ok();
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["acts"], serde_json::json!([]));
}
