//! `proxycall number` on what the store knows: what is shown, in both forms, and who gets or loses a number.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::*;

/// Two clients with numbers, one without.
const CLIENTS: &str = "client_id,client_name,client_mail,client_real_phone,client_proxy_number\n\
    1,Zoé Martin,zoe@example.com,+33639980001,+33199000001\n\
    2,Emma Clarke,emma@example.com,+447700900001,+447700900301\n\
    3,Amir Haddad,amir@example.com,+33639980003,\n";

/// An installation with those clients.
pub(crate) async fn with_clients(mut installation: Installation) -> Installation {
    installation.set("TWILIO_PHONE_COUNTRY", "FR");
    installation.write("clients.csv", CLIENTS);
    installation.run(&["client", "import", "clients.csv"]).await.ok();
    installation
}

/// Runs `number …`.
pub(crate) async fn number(installation: &Installation, arguments: &[&str]) -> Finished {
    installation.run(&[&["number"], arguments].concat()).await
}

/// What a command prints with `--json`, when it goes well.
pub(crate) async fn json_of(installation: &Installation, arguments: &[&str]) -> Value {
    let said = number(installation, &[arguments, &["--json"]].concat()).await.ok();
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Without what only commands that ask the carrier need.
fn without_carrier(mut installation: Installation) -> Installation {
    for name in ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL", "PROXYCALL_API_TOKEN"] {
        installation.unset(name);
    }
    installation
}

#[tokio::test]
async fn numbers_are_listed_in_columns_that_line_up_and_filtered() {
    let installation = without_carrier(with_clients(Installation::new()).await);
    let said = number(&installation, &["list"]).await.ok();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    let state = lines[0].find("STATE").unwrap();
    for line in &lines[1..] {
        assert!(line[state..].starts_with("assigned  "), "{said}");
        assert!(line.contains("(system)") || line.contains("(cli)") || line.contains("(api)"), "who and why: {said}");
    }
    assert!(!said.contains("+33639980001"), "a real number is nobody's business here: {said}");
    let british = number(&installation, &["list", "--country", "gb", "--status", "assigned"]).await.ok();
    assert!(british.contains("+447700900301") && !british.contains("+33199000001"), "{british}");
    let none = number(&installation, &["list", "--status", "missing"]).await.ok();
    assert_eq!(none, "No such numbers are in the pool.\n");
    let first = number(&installation, &["list", "--limit", "1"]).await.ok();
    assert!(first.contains("+33199000001") && first.ends_with("The first 1; there are more.\n"), "{first}");
}

#[tokio::test]
async fn all_pages_are_listed_unless_a_limit_is_given() {
    let installation = Installation::new();
    let mut file = "client_id,client_name,client_mail,client_real_phone,client_proxy_number\n".to_owned();
    for id in 1..=1_001 {
        let (real, proxy) = numbers(id);
        let _ = writeln!(file, "{id},Client {id},client{id}@example.com,{real},{proxy}");
    }
    installation.write("many.csv", file);
    installation.run(&["client", "import", "many.csv"]).await.ok();
    let all = json_of(&installation, &["list"]).await;
    assert_eq!((all["numbers"].as_array().unwrap().len(), &all["next"]), (1_001, &Value::Null));
    let some = json_of(&installation, &["list", "--limit", "600"]).await;
    assert_eq!(some["numbers"].as_array().unwrap()[..], all["numbers"].as_array().unwrap()[..600]);
    assert!(!some["next"].is_null());
    assert_eq!(number(&installation, &["list"]).await.ok().lines().count(), 1_002, "one header");
}

#[tokio::test]
async fn json_is_what_the_api_answers() {
    let mut installation = with_clients(Installation::new()).await;
    number(&installation, &["quarantine", "+447700900301", "--force", "--yes"]).await.ok();
    let service = installation.serve().await;
    for (arguments, path) in [
        (["list"].as_slice(), "/pool?limit=500"),
        (&["summary"], "/pool/summary"),
        (&["history", "447700900301"], "/pool/447700900301/history"),
    ] {
        let (status, answer) = service.get(path).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(json_of(&installation, arguments).await, answer, "{path}");
    }
    service.process.stop().await;
}

#[tokio::test]
async fn the_pool_at_a_glance_and_the_life_of_a_number_can_be_read() {
    let installation = without_carrier(with_clients(Installation::new()).await);
    let said = number(&installation, &["summary"]).await.ok();
    let header = said.lines().next().unwrap();
    for word in ["COUNTRY", "AVAILABLE", "ASSIGNED", "MISSING", "DAYS LEFT"] {
        assert!(header.contains(word), "{word} in {said}");
    }
    assert!(said.contains("\nFR") && said.contains("\nGB") && said.contains("\nNothing needs you.\n"), "{said}");

    number(&installation, &["quarantine", "+33199000001", "--force", "--yes"]).await.ok();
    let history = number(&installation, &["history", "33199000001"]).await.ok();
    let states: Vec<&str> = history
        .lines()
        .skip(1)
        .map(|line| if line.contains("quarantined") { "quarantined" } else { "assigned" })
        .collect();
    assert_eq!(states, ["quarantined", "assigned"], "newest first: {history}");
    assert!(history.contains("cli") && history.contains("put to rest by an operator"), "{history}");

    let said = number(&installation, &["history", "+33199009999"]).await.failed();
    assert!(said.contains("+33199009999") && said.contains("number list"), "{said}");
    let said = number(&Installation::bare(), &["summary"]).await.ok();
    assert!(said.contains("number buy") && said.contains("client import"), "{said}");
}

#[tokio::test]
async fn a_clients_number_is_put_to_rest_by_force_only() {
    let installation = without_carrier(with_clients(Installation::new()).await);
    let said = number(&installation, &["quarantine", "+33199000001"]).await.failed();
    assert!(said.contains("+33199000001") && said.contains("force"), "{said}");
    let there = json_of(&installation, &["list", "--status", "quarantined"]).await;
    assert_eq!(there["numbers"], json!([]));

    let arguments = ["quarantine", "+33199000001", "33199009999", "ninety", "--force", "--yes", "--json"];
    let finished = number(&installation, &arguments).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let answer: Value = serde_json::from_str(&finished.out).unwrap();
    assert_eq!(answer["quarantined"][0]["phone_number"], "+33199000001");
    assert!(answer["quarantined"][0]["until"].as_str().unwrap().ends_with('Z'), "{answer}");
    assert_eq!(answer["failed"].as_array().unwrap().len(), 2, "{answer}");
    assert!(finished.err.contains("+33199009999: is not in the pool"), "{}", finished.err);
    assert!(finished.err.contains("ninety: "), "{}", finished.err);
}

#[tokio::test]
async fn without_a_number_left_an_assignment_says_what_to_buy() {
    let installation = without_carrier(with_clients(Installation::new()).await);
    let said = number(&installation, &["assign", "--client", "3"]).await.failed();
    assert!(said.contains("number buy --country FR --type mobile"), "{said}");
    let said = number(&installation, &["assign", "--client", "99"]).await.failed();
    assert!(said.contains("there is no client 99"), "{said}");
    let said = number(&installation, &["assign", "--client", "-1"]).await;
    assert_ne!(said.code, Some(0));
    let kept = json_of(&installation, &["assign", "--client", "1", "--country", "FR", "--type", "local"]).await;
    assert_eq!((&kept["client_id"], &kept["proxy"]), (&json!(1), &json!("+33199000001")));
    let said = number(&installation, &["assign", "--client", "1"]).await.ok();
    assert_eq!(said, "Client 1 has +33199000001 already and keeps it.\n");
}

#[tokio::test]
async fn what_asks_the_carrier_names_each_setting_that_is_missing() {
    let installation = without_carrier(with_clients(Installation::new()).await);
    for arguments in [["buy"].as_slice(), &["sync"], &["fix-webhooks"], &["release", "+33199000001", "--yes"]] {
        let said = number(&installation, arguments).await.failed();
        for name in ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL"] {
            assert!(said.contains(name), "{arguments:?}: {said}");
        }
    }
}
