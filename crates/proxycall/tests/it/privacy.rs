//! `proxycall client export`, `erase`, `erasure`, and `proxycall retention`.

use crate::support::*;

const FILE: &str = "client_id,client_name,client_mail,client_real_phone,client_proxy_number\n\
    7,Zoé Martin,zoe@example.com,+33639980001,+33199000001\n8,Noé,noe@example.com,+33639980003,\n";

async fn two_clients() -> Installation {
    let installation = Installation::bare();
    installation.write("clients.csv", FILE);
    installation.run(&["client", "import", "clients.csv"]).await.ok();
    installation
}

#[tokio::test]
async fn a_client_is_exported_to_the_terminal_or_to_a_file_that_is_new() {
    let installation = two_clients().await;
    let document: serde_json::Value =
        serde_json::from_str(&installation.run(&["client", "export", "7"]).await.ok()).unwrap();
    assert_eq!(document["client"]["phone"], "+33639980001");
    let to_file = ["client", "export", "7", "--output", "seven.json"];
    let said = installation.run(&to_file).await.ok();
    assert!(said.contains("seven.json") && !said.contains("Zoé"), "{said}");
    let again = installation.run(&to_file).await.failed();
    assert!(again.contains("seven.json"), "{again}");
    assert!(installation.run(&["client", "export", "9"]).await.failed().contains("no such client"));
}

#[tokio::test]
async fn a_client_is_erased_only_when_it_is_meant_and_then_for_good() {
    let installation = two_clients().await;
    let said = installation.run(&["client", "erase", "7"]).await.failed();
    assert!(said.contains("final") && said.contains("--yes"), "{said}");
    assert!(installation.run(&["client", "erasure", "7"]).await.failed().contains("not erased"));
    let said = installation.run(&["client", "erase", "7", "--yes"]).await.ok();
    assert!(said.contains("Client 7 was erased") && said.contains("in the record: goes on"), "{said}");
    assert!(installation.run(&["client", "export", "7"]).await.failed().contains("erased"));
    // The other is as before, and the same person may come back.
    installation.run(&["client", "export", "8"]).await.ok();
    installation.write("again.csv", FILE.replace("7,", "17,").replace("+33199000001", ""));
    let said = installation.run(&["client", "import", "again.csv"]).await.ok();
    assert!(said.contains("1 clients imported, 1 were there already"), "{said}");
}

#[tokio::test]
async fn periods_are_listed_and_kept_by_hand() {
    let installation = two_clients().await;
    let said = installation.run(&["retention", "status"]).await.ok();
    assert!(said.contains("retention.interactions_days: kept from") && said.contains("0 records"), "{said}");
    assert!(said.contains("retention.carrier_days: kept for ever"), "{said}");
    assert!(installation.run(&["retention", "run", "--dry-run"]).await.ok().contains("Nothing was changed."));
    assert!(installation.run(&["retention", "run"]).await.ok().contains("0 closed clients erased"));
    let said = installation.run(&["setting", "set", "retention.closed_clients_days", "29"]).await.failed();
    assert!(said.contains("30 to 36500"), "{said}");
}
