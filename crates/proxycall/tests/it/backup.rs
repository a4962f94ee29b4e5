//! `proxycall backup`, and what the other commands say before they do anything.

use crate::support::*;

#[tokio::test]
async fn a_backup_says_whether_the_key_that_opens_it_is_in_it() {
    let mut installation = Installation::new();
    installation.run(&["migrate"]).await.ok();
    let said = installation.run(&["backup", "sealed.db"]).await.ok();
    assert!(said.contains("opens only with this service's PROXYCALL_SECRET_KEY"), "{said}");
    installation.unset("PROXYCALL_SECRET_KEY");
    installation.set("DATABASE_URL", "sqlite:own.db");
    installation.run(&["migrate"]).await.ok();
    let said = installation.run(&["backup", "open.db"]).await.ok();
    assert!(said.contains("The key that opens it is in it"), "{said}");
}

#[tokio::test]
async fn a_handset_calls_under_a_number_or_hides_it_and_texts_under_a_name_too() {
    let installation = Installation::bare();
    let nobody = ["--carrier", "http://127.0.0.1:1"];
    let call = |from| [["phone", "call", "--from", from, "--to", "+33199000101"].as_slice(), &nobody].concat();
    for from in ["bla", "0639980002", "12"] {
        let said = installation.run(&call(from)).await;
        assert!(said.code == Some(2) && said.err.contains("must be an international number"), "{from}: {said:?}");
    }
    let text = |from| [["phone", "text", "--from", from, "--to", "+33199000101"].as_slice(), &nobody].concat();
    assert!(installation.run(&text("0639980002")).await.err.contains("must be an international number"));
    for arguments in [call("anonymous"), call("+33639980002"), text("LAPOSTE"), text("38080")] {
        let said = installation.run(&arguments).await.failed();
        assert!(!said.contains("must be"), "it is asked for, and nobody is there: {said}");
    }
}
