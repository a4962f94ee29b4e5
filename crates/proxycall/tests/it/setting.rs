//! `proxycall setting`.

use crate::support::*;

#[tokio::test]
async fn a_setting_is_listed_read_changed_and_given_its_default_again() {
    let mut installation = Installation::bare();
    let list = installation.run(&["setting", "list"]).await.ok();
    for expected in [
        "calls.withheld = refuse   (default)",
        "regions.allowed = EU EEA CH FR-DOM   (default)",
        "phrase.call.busy.fr = Votre correspondant",
        "phrase.call.busy.en = ",
    ] {
        assert!(list.contains(expected), "{expected} in {list}");
    }
    let get = ["setting", "get", "calls.withheld"];
    assert_eq!(installation.run(&get).await.ok(), "refuse\n");
    installation.set("PROXYCALL_CALLS_WITHHELD", "connect");
    assert_eq!(installation.run(&get).await.ok(), "connect\n", "the environment gives another default");
    let said = installation.run(&["setting", "set", "calls.withheld", "refuse"]).await.ok();
    assert!(said.contains("calls.withheld") && said.contains("5 seconds"), "{said}");
    assert_eq!(installation.run(&get).await.ok(), "refuse\n", "the operator's word wins over both");
    let list = installation.run(&["setting", "list"]).await.ok();
    assert!(list.contains("calls.withheld = refuse   (operator)"), "{list}");
    installation.run(&["setting", "reset", "calls.withheld"]).await.ok();
    assert_eq!(installation.run(&get).await.ok(), "connect\n");
}

#[tokio::test]
async fn a_sentence_can_be_written_anew_and_comes_back() {
    let installation = Installation::bare();
    let key = "phrase.call.busy.fr";
    let shipped = installation.run(&["setting", "get", key]).await.ok();
    installation.run(&["setting", "set", key, "Occupé, rappelez."]).await.ok();
    assert_eq!(installation.run(&["setting", "get", key]).await.ok(), "Occupé, rappelez.\n");
    installation.run(&["setting", "reset", key]).await.ok();
    assert_eq!(installation.run(&["setting", "get", key]).await.ok(), shipped);
}

#[tokio::test]
async fn a_value_that_makes_no_sense_is_refused_with_what_is_expected_and_changes_nothing() {
    let installation = Installation::bare();
    for (key, value, expected) in [
        ("calls.withheld", "maybe", "connect"),
        ("calls.ring_timeout", "4", "5 to 600"),
        ("calls.time_limit", "an hour", "60 to 14400"),
        ("regions.allowed", "EU Atlantis", "EEA"),
        ("phrase.call.busy.fr", "", "phrase.call.busy.fr"),
    ] {
        let before = installation.run(&["setting", "get", key]).await.ok();
        let said = installation.run(&["setting", "set", key, value]).await.failed();
        assert!(said.contains(key) && said.to_lowercase().contains(&expected.to_lowercase()), "{key} {value}: {said}");
        assert_eq!(installation.run(&["setting", "get", key]).await.ok(), before);
    }
}

#[tokio::test]
async fn a_setting_that_does_not_exist_is_answered_with_where_to_look() {
    let installation = Installation::bare();
    for arguments in [["set", "calls.colour", "red"].as_slice(), &["get", "calls.colour"], &["reset", "calls.colour"]] {
        let said = installation.run(&[&["setting"], arguments].concat()).await.failed();
        assert!(said.contains("calls.colour") && said.contains("setting list"), "{said}");
    }
}
