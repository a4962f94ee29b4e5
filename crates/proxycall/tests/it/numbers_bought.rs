//! `proxycall number buy`, and the question before money is spent or something is lost.

use proxycall_sandbox::{
    Options, Sandbox,
    world::{Bundle, Requirements, Shelf},
};
use serde_json::{Value, json};

use crate::{
    numbers::{json_of, number, with_clients},
    support::*,
};

/// An installation with clients, and a carrier.
pub(crate) async fn with_carrier() -> (Installation, Sandbox) {
    let carrier = Sandbox::start(Options {
        account_sid: ACCOUNT_SID.to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        ..Options::default()
    })
    .await
    .unwrap();
    let mut installation = Installation::new();
    installation.set("TWILIO_API_BASE_URL", &carrier.base_url());
    (with_clients(installation).await, carrier)
}

/// A sound carrier's end: the service did nothing to it that it must not do.
pub(crate) async fn end(carrier: Sandbox) {
    assert_eq!(carrier.world().violations(), []);
    carrier.shutdown().await;
}

/// The numbers that the account has.
pub(crate) fn owned(carrier: &Sandbox) -> Vec<String> {
    carrier.world().numbers().into_iter().map(|number| number.phone).collect()
}

#[tokio::test]
async fn a_dry_run_shows_what_is_on_offer_and_which_rules_hold_and_buys_nothing() {
    let (installation, carrier) = with_carrier().await;
    let said = number(&installation, &["buy", "--count", "2", "--dry-run"]).await.ok();
    for offered in carrier.world().numbers_for_sale("FR", Shelf::Mobile, 2) {
        assert!(said.contains(&offered), "{offered} in {said}");
    }
    for expected in [
        "At most 20 numbers are bought on one day",
        "relaying calls and texts between people: permitted",
        "automated calls: NOT permitted",
        "at least 72 hours",
        "note: Between people only",
        "source: Twilio France Phone Numbers terms",
        "TWILIO_BUNDLE_SID and TWILIO_ADDRESS_SID are not set",
        "Nothing was bought",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    let answer = json_of(&installation, &["buy", "--count", "2", "--dry-run", "--require-voice"]).await;
    assert_eq!(answer["candidates"], json!(carrier.world().numbers_for_sale("FR", Shelf::Mobile, 2)));
    assert_eq!((&answer["purchased_now"], &answer["dry_run"]), (&json!([]), &json!(true)));
    assert_eq!(owned(&carrier), [""; 0]);
    end(carrier).await;
}

#[tokio::test]
async fn bought_numbers_lead_here_are_in_the_pool_and_can_be_given_to_a_client() {
    let (installation, carrier) = with_carrier().await;
    let expected = carrier.world().numbers_for_sale("FR", Shelf::Mobile, 2);
    let finished = number(&installation, &["buy", "--count", "2", "--yes"]).await;
    assert!(finished.err.contains("1 of 2 bought") && finished.err.contains("2 of 2 bought"), "{finished:?}");
    let said = finished.ok();
    assert!(expected.iter().all(|phone| said.contains(phone)) && said.ends_with("2 of 2 bought.\n"), "{said}");
    assert_eq!(owned(&carrier), expected);
    for bought in carrier.world().numbers() {
        assert!(bought.voice.unwrap().url.starts_with(&format!("{PUBLIC_BASE_URL}/twilio/voice")));
    }
    let there = json_of(&installation, &["list", "--status", "available"]).await;
    assert_eq!(there["numbers"].as_array().unwrap().len(), 2);
    assert_eq!((&there["numbers"][0]["actor"], &there["numbers"][0]["sms"]), (&json!("cli"), &json!(true)));

    let said = number(&installation, &["assign", "--client", "3", "--name", "Amir's"]).await.ok();
    assert!(said.starts_with("Client 3 has +3363998500") && said.contains("available for longest"), "{said}");
    end(carrier).await;
}

#[tokio::test]
async fn the_days_ceiling_stops_a_purchase_and_what_was_bought_stays() {
    let (mut installation, carrier) = with_carrier().await;
    installation.set("PROXYCALL_MAX_PURCHASES_PER_DAY", "1");
    let finished = number(&installation, &["buy", "--count", "2", "--yes", "--json"]).await;
    assert_eq!(finished.code, Some(1));
    let answer: Value = serde_json::from_str(&finished.out).unwrap();
    assert_eq!(answer["purchased_now"], json!(owned(&carrier)));
    assert!(answer["stopped_because"].as_str().unwrap().contains("ceiling of 1"), "{answer}");
    assert!(finished.err.contains("PROXYCALL_MAX_PURCHASES_PER_DAY"), "{}", finished.err);
    end(carrier).await;
}

#[tokio::test]
async fn a_refusal_to_sell_is_told_with_its_meaning_and_what_to_do() {
    let (installation, carrier) = with_carrier().await;
    let bundle = Bundle { sid: "BU5e".to_owned(), addresses: Vec::new() };
    let needed = Requirements { address: false, bundles: vec![bundle] };
    for shelf in [Shelf::Mobile, Shelf::Local] {
        carrier.world().require("FR", shelf, needed.clone());
    }
    let finished = number(&installation, &["buy", "--yes"]).await;
    assert_eq!(finished.code, Some(1));
    assert!(finished.out.contains("0 of 1 bought"), "{}", finished.out);
    assert!(finished.err.contains("21649") && finished.err.contains("TWILIO_BUNDLE_SID"), "{}", finished.err);

    for shelf in [Shelf::Mobile, Shelf::Local] {
        carrier.world().sell_out("FR", shelf);
    }
    let said = number(&installation, &["buy", "--dry-run"]).await.failed();
    assert!(said.contains("no mobile number of FR") && said.contains("--type"), "{said}");
    end(carrier).await;
}

#[tokio::test]
async fn a_carrier_that_refuses_us_or_is_away_is_told_with_what_to_check() {
    let (mut installation, carrier) = with_carrier().await;
    installation.set("TWILIO_AUTH_TOKEN", "hunter2");
    for arguments in [["buy", "--yes"].as_slice(), &["sync"], &["fix-webhooks"]] {
        let said = number(&installation, arguments).await.failed();
        assert!(said.contains("TWILIO_AUTH_TOKEN") && !said.contains("hunter2"), "{arguments:?}: {said}");
    }
    installation.set("TWILIO_API_BASE_URL", &format!("http://127.0.0.1:{}", free_port().await));
    for arguments in
        [["buy", "--yes"].as_slice(), &["sync", "--apply"], &["release", "+33199000001", "--force", "--yes"]]
    {
        let said = number(&installation, arguments).await.failed();
        assert!(said.contains("could not be reached"), "{arguments:?}: {said}");
    }
    end(carrier).await;
}

#[tokio::test]
async fn where_nobody_can_be_asked_nothing_is_done_without_yes() {
    let (installation, carrier) = with_carrier().await;
    let before = json_of(&installation, &["list"]).await;
    for arguments in [
        ["buy"].as_slice(),
        &["release", "+33199000001"],
        &["quarantine", "+33199000001", "--force"],
        &["restore-webhooks", "+33199000001"],
        &["adopt", "+33199000001"],
        &["fix-webhooks", "--apply"],
    ] {
        let said = number(&installation, arguments).await.failed();
        assert!(said.contains("--yes") && said.contains("Nothing was done"), "{arguments:?}: {said}");
    }
    assert_eq!(json_of(&installation, &["list"]).await, before);
    assert_eq!(carrier.world().requests().len(), 0, "the carrier was not even asked");
    end(carrier).await;
}

#[tokio::test]
async fn at_a_terminal_it_is_asked_after_what_would_happen_was_shown() {
    let (installation, carrier) = with_carrier().await;
    let offered = carrier.world().numbers_for_sale("FR", Shelf::Mobile, 1);
    for answer in ["no\n", "y\n"] {
        let finished = installation.run_at_terminal(&["number", "buy"], answer).await;
        assert_eq!((finished.code, finished.out.as_str()), (Some(1), ""), "{finished:?}");
        for expected in [offered[0].as_str(), "note: ", "Type yes to go on: ", "Nothing was done."] {
            assert!(finished.err.contains(expected), "{expected} in {}", finished.err);
        }
    }
    assert_eq!(owned(&carrier), [""; 0]);
    let said = installation.run_at_terminal(&["number", "buy", "--json"], "yes\n").await.ok();
    let answer: Value = serde_json::from_str(&said).expect("nothing but JSON on standard output");
    assert_eq!(answer["purchased_now"], json!(offered));

    let release = ["number", "release", "+33199000001", &offered[0], "+33199009999", "--force"];
    let finished = installation.run_at_terminal(&release, "no\n").await;
    assert!(finished.err.contains("client 1 LOSES it"), "{}", finished.err);
    assert!(finished.err.contains("FR asks for 72 hours of use, it has had 0"), "{}", finished.err);
    assert!(finished.err.contains("although the pool does not know it"), "{}", finished.err);
    assert_eq!(owned(&carrier), offered);
    end(carrier).await;
}
