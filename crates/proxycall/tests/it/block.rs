//! `proxycall block`, `client pause` and `client resume`.

use crate::{numbers::with_clients, support::*};

async fn block(installation: &Installation, arguments: &[&str]) -> Finished {
    installation.run(&[&["block"], arguments].concat()).await
}

#[tokio::test]
async fn a_caller_is_blocked_listed_and_let_call_again() {
    let installation = with_clients(Installation::new()).await;
    assert_eq!(block(&installation, &["list"]).await.ok(), "Nobody is blocked.\n");
    let said = block(&installation, &["add", "+33639980009", "--reason", "rings at night"]).await.ok();
    assert!(said.starts_with("+33639980009 does not reach anybody any more (blk_"), "{said}");
    let said = block(&installation, &["add", "+33639980009", "--client", "1"]).await.ok();
    assert!(said.starts_with("+33639980009 does not reach client 1 any more (blk_"), "{said}");
    let list = block(&installation, &["list"]).await.ok();
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[1].starts_with("+33639980009  client 1  ") && lines[1].contains("  cli  blk_"), "{list}");
    assert!(lines[2].starts_with("+33639980009  all  ") && lines[2].ends_with("  rings at night"), "{list}");
    assert_eq!(block(&installation, &["list", "--client", "1"]).await.ok().lines().count(), 2);
    let id = lines[2].split_whitespace().find(|word| word.starts_with("blk_")).unwrap();
    let said = block(&installation, &["remove", id]).await.ok();
    assert!(said.starts_with("+33639980009 reaches everybody again, unless another block stands"), "{said}");
    assert_eq!(block(&installation, &["list"]).await.ok().lines().count(), 2);
    let said = block(&installation, &["remove", id]).await.failed();
    assert!(said.contains("no such block"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_blocked_is_refused_with_what_is_expected() {
    let installation = with_clients(Installation::new()).await;
    for (arguments, expected) in [
        (["add", "0639980009"].as_slice(), "+33639980001"),
        (&["add", "+33639980009", "--client", "x"], "positive whole number"),
        (&["add", "+33639980009", "--client", "9"], "no such client"),
        (&["add", "--interaction", "int_x"], "int_0190"),
        (&["remove", "blk_x"], "blk_0190"),
    ] {
        let said = block(&installation, arguments).await.failed();
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert_eq!(block(&installation, &["list"]).await.ok(), "Nobody is blocked.\n");
}

#[tokio::test]
async fn a_client_is_paused_and_reached_again() {
    let installation = with_clients(Installation::new()).await;
    let said = installation.run(&["client", "pause", "1"]).await.ok();
    assert!(said.contains("Nobody reaches client 1 until `proxycall client resume 1`"), "{said}");
    let said = installation.run(&["client", "pause", "1", "--until", "2099-01-01T00:00:00Z"]).await.ok();
    assert!(said.contains("until 2099-01-01T00:00:00Z"), "{said}");
    let said = installation.run(&["client", "resume", "1"]).await.ok();
    assert_eq!(said, "Client 1 is reached again.\n");
    let said = installation.run(&["client", "pause", "1", "--until", "2001-01-01T00:00:00Z"]).await.failed();
    assert!(said.contains("until") && said.contains("over already"), "{said}");
    let said = installation.run(&["client", "pause", "99"]).await.failed();
    assert!(said.contains("no such client"), "{said}");
}
