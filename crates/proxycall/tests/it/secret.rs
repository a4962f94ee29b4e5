//! `proxycall secret`.

use crate::support::*;

async fn fresh(installation: &Installation) -> String {
    installation.run(&["secret", "new"]).await.ok().trim().to_owned()
}

#[tokio::test]
async fn a_secret_is_made_gone_over_to_and_said_to_be_needed_or_not() {
    let mut installation = Installation::new();
    let (old, new) = (fresh(&installation).await, fresh(&installation).await);
    assert_ne!(old, new);
    installation.set("PROXYCALL_SECRET_KEY", &old);
    installation.run(&["migrate"]).await.ok();
    let said = installation.run(&["secret", "status"]).await.ok();
    assert!(said.contains("in use: keep it") && said.contains("Everything is sealed"), "{said}");
    let said = installation.run(&["secret", "rotate"]).await.ok();
    assert!(said.contains("nothing to do"), "{said}");

    installation.write(
        "clients.csv",
        "client_id,client_name,client_mail,client_real_phone\n7,Zoé,zoe@example.com,+33639980007\n",
    );
    installation.run(&["client", "import", "clients.csv"]).await.ok();
    installation.set("PROXYCALL_SECRET_KEY", &format!("{new},{old}"));
    let said = installation.run(&["secret", "status"]).await.ok();
    assert!(said.contains("not in use yet") && !said.contains(&new), "looking begins nothing: {said}");
    let rotated = installation.run(&["secret", "rotate"]).await;
    assert_eq!(rotated.code, Some(1), "a last look is left: {rotated:?}");
    assert!(rotated.out.contains("1 rows renewed") && rotated.out.contains("two minutes"), "{rotated:?}");
    let state = installation.run(&["secret", "status"]).await;
    assert_eq!(state.code, Some(1));
    assert!(state.out.contains("still needed") && !state.out.contains("not sealed"), "{state:?}");

    installation.set("PROXYCALL_SECRET_KEY", &new);
    let refused = installation.run(&["secret", "status"]).await;
    assert!(refused.err.contains("not the one that this store was made with"), "{refused:?}");
}
