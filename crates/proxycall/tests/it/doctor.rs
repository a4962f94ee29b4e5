//! `proxycall doctor`: what is expected, what is seen, what to do; and an exit code for scripts.

use proxycall_sandbox::{
    Options, Sandbox,
    google::{CLIENT_EMAIL, Spreadsheet},
    world::Number,
};

use crate::{numbers, sheet::Sheet, support::*};

/// A running service with a carrier, and the installation to ask about.
async fn all_good() -> (Installation, Service, Sandbox) {
    let carrier = Sandbox::start(Options {
        account_sid: ACCOUNT_SID.to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        ..Options::default()
    })
    .await
    .unwrap();
    let mut installation = Installation::new();
    installation.set("TWILIO_API_BASE_URL", &carrier.base_url());
    // Its own address is the public one here.
    let public = |it: &mut Installation, port| it.set("PUBLIC_BASE_URL", &format!("http://127.0.0.1:{port}"));
    let service = installation.serve_with(&["serve"], public).await;
    (installation, service, carrier)
}

async fn end(service: Service, carrier: Sandbox) {
    service.process.stop().await;
    carrier.shutdown().await;
}

/// What the doctor says of one subject: what is seen, what is expected, what to do. No secret may be in any of it.
async fn complaint(installation: &Installation, subject: &str) -> String {
    let finished = installation.run(&["doctor"]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for secret in ["hunter2", TOKEN, AUTH_TOKEN, SECRET_KEY] {
        assert!(!finished.out.contains(secret) && !finished.err.contains(secret), "{secret} in {finished:?}");
    }
    let mut lines = finished.out.lines().skip_while(|line| !line.starts_with(&format!("BAD      {subject}: ")));
    let said = [lines.next(), lines.next(), lines.next()].map(|line| line.unwrap_or_default());
    assert!(said[1].trim_start().starts_with("expected: "), "{}", finished.out);
    assert!(said[2].trim_start().starts_with("to do: "), "{}", finished.out);
    said.join("\n")
}

#[tokio::test]
async fn a_sound_installation_is_told_so_with_exit_code_0() {
    let (installation, service, carrier) = all_good().await;
    let said = installation.run(&["doctor"]).await.ok();
    for subject in ["TWILIO_AUTH_TOKEN", "Public address", "Store", "Secret key", "Carrier account"] {
        assert!(said.lines().any(|line| line.starts_with(&format!("ok       {subject}: "))), "{subject} in {said}");
    }
    assert!(said.contains("0 to mend, 0 to know about."), "{said}");
    end(service, carrier).await;
}

#[tokio::test]
async fn a_key_that_lives_in_the_store_is_a_warning_and_no_failure() {
    let (mut installation, service, carrier) = all_good().await;
    installation.unset("PROXYCALL_SECRET_KEY");
    installation.set("DATABASE_URL", "sqlite:other.db");
    installation.run(&["migrate"]).await.ok();
    let said = installation.run(&["doctor"]).await.ok();
    assert!(said.contains("warning  Secret key") && said.contains("1 to know about"), "{said}");
    end(service, carrier).await;
}

#[tokio::test]
async fn a_wrong_token_is_told_from_a_carrier_that_does_not_answer() {
    let (mut installation, service, carrier) = all_good().await;
    installation.set("TWILIO_AUTH_TOKEN", "hunter2");
    let said = complaint(&installation, "Carrier account").await;
    assert!(said.contains("refused") && said.contains("TWILIO_AUTH_TOKEN"), "{said}");

    installation.set("TWILIO_API_BASE_URL", &format!("http://127.0.0.1:{}", free_port().await));
    let said = complaint(&installation, "Carrier account").await;
    assert!(!said.contains("refused with") && said.contains("TWILIO_API_BASE_URL"), "{said}");
    end(service, carrier).await;
}

#[tokio::test]
async fn a_mail_server_is_signed_in_to_and_a_wrong_password_is_told() {
    let (mut installation, service, carrier) = all_good().await;
    carrier.world().require_mail_login("shop", "right");
    installation.set("SMTP_HOST", "127.0.0.1");
    installation.set("SMTP_PORT", &carrier.mail_address().port().to_string());
    installation.set("SMTP_FROM", "shop@example.com");
    installation.set("SMTP_USER", "shop");
    installation.set("SMTP_PASSWORD", "hunter2");
    let said = complaint(&installation, "E-mail").await;
    assert!(said.contains("STARTTLS"), "nothing is sent in the clear by default: {said}");

    installation.set("PROXYCALL_SMTP_TLS", "none");
    let said = complaint(&installation, "E-mail").await;
    assert!(said.contains("535") && said.contains("SMTP_PASSWORD"), "{said}");

    installation.set("SMTP_PASSWORD", "right");
    let said = installation.run(&["doctor"]).await.ok();
    assert!(said.lines().any(|line| line.starts_with("ok       E-mail: ")), "{said}");
    assert!(carrier.world().mails().is_empty(), "a check sends nothing");
    end(service, carrier).await;
}

#[tokio::test]
async fn a_suspended_account_is_told() {
    let (installation, service, carrier) = all_good().await;
    carrier.world().change_account(|account| account.status = "suspended".to_owned());
    let said = complaint(&installation, "Carrier account").await;
    assert!(said.contains("suspended") || said.contains("20005"), "{said}");
    end(service, carrier).await;
}

#[tokio::test]
async fn a_store_that_is_not_there_is_told_and_not_made() {
    let (mut installation, service, carrier) = all_good().await;
    installation.set("DATABASE_URL", "sqlite:missing.db");
    let said = complaint(&installation, "Store").await;
    assert!(said.contains("missing.db") && said.contains("DATABASE_URL"), "{said}");
    assert!(!installation.path("missing.db").exists(), "a doctor only looks");

    installation.set("DATABASE_URL", "sqlite:no/such/folder/proxycall.db");
    complaint(&installation, "Store").await;
    installation.set("DATABASE_URL", "postgres://proxycall:hunter2@127.0.0.1:1/proxycall");
    let said = complaint(&installation, "Store").await;
    assert!(said.contains("DATABASE_URL"), "{said}");
    end(service, carrier).await;
}

#[tokio::test]
async fn another_secret_than_the_stores_is_told() {
    let (mut installation, service, carrier) = all_good().await;
    installation.set("PROXYCALL_SECRET_KEY", "HxweHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE=");
    let said = complaint(&installation, "Store").await;
    assert!(said.contains("PROXYCALL_SECRET_KEY"), "{said}");
    end(service, carrier).await;
}

#[tokio::test]
async fn a_public_address_that_leads_nowhere_or_is_open_to_listeners_is_told() {
    let (mut installation, service, carrier) = all_good().await;
    let nowhere = format!("http://127.0.0.1:{}", free_port().await);
    installation.set("PUBLIC_BASE_URL", &nowhere);
    let said = complaint(&installation, "Public address").await;
    assert!(said.contains(&nowhere) && said.contains("does not answer") && said.contains("PUBLIC_BASE_URL"), "{said}");
    installation.set("PUBLIC_BASE_URL", "http://calls.example.com");
    let said = complaint(&installation, "Public address").await;
    assert!(said.contains("not encrypted") && said.contains("https"), "{said}");
    end(service, carrier).await;
}

#[tokio::test]
async fn with_nothing_set_every_need_is_told() {
    let finished = Installation::bare().run(&["doctor"]).await;
    assert_eq!(finished.code, Some(1));
    for name in ["PUBLIC_BASE_URL", "PROXYCALL_API_TOKEN", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "DATABASE_URL"] {
        assert!(finished.out.contains(name), "{name} in {}", finished.out);
    }
}

#[tokio::test]
async fn stock_alerts_rules_and_what_the_country_asks_for_are_told_and_are_no_failure() {
    let (installation, service, carrier) = all_good().await;
    let mut installation = numbers::with_clients(installation).await;
    carrier.world().add_number(Number::new("+33199000001"));
    numbers::number(&installation, &["sync", "--apply"]).await.ok();
    installation.set("PROXYCALL_POOL_MIN", "2");
    let said = installation.run(&["doctor"]).await.ok();
    for (subject, seen, more) in [
        ("Stock FR mobile", "0 available, 0 assigned", "number buy --country FR --type mobile --count 10"),
        ("Stock FR local", "0 available, 1 assigned", "at least 10 available (alerts.stock_below)"),
        ("Numbers in trouble", "0 set aside (error), 1 missing", "number list --status missing"),
        ("Alert number_missing +447700900301", "it belongs to client 2", "number sync --apply"),
        (
            "Rules FR local",
            "1 numbers in use; not permitted: automated calls, automated texts",
            "source: Twilio France",
        ),
        ("Regulatory ids", "not set: TWILIO_ADDRESS_SID, TWILIO_BUNDLE_SID", "for FR local"),
    ] {
        let mut lines = said.lines().skip_while(|line| !line.starts_with(&format!("warning  {subject}: ")));
        let told = [lines.next(), lines.next(), lines.next()].map(Option::unwrap_or_default).join("\n");
        assert!(told.contains(seen) && told.contains(more), "{subject}: {said}");
    }
    assert!(said.contains("ok       PROXYCALL_POOL_MIN: 2"), "{said}");
    assert!(
        !said.contains("PROXYCALL_BUY_ON_DEMAND") && said.contains("are not set and have their defaults"),
        "{said}"
    );
    end(service, carrier).await;
}

/// What the doctor says of the sheet when all is well but the service, which was not started.
async fn sheet_lines(sheet: &Sheet) -> Vec<String> {
    let said = sheet.installation.run(&["doctor"]).await.out;
    said.lines()
        .filter(|line| line.contains("  Sheet ") || line.contains("  Google Sheet"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_sheet_as_it_should_be_is_told_so_and_that_nobody_mirrors_it() {
    let sheet = Sheet::new(Spreadsheet::proxycall("ProxyCall")).await;
    sheet.installation.run(&["migrate"]).await.ok();
    let lines = sheet_lines(&sheet).await;
    assert!(lines.contains(&format!("ok       Google Sheet: is read as {CLIENT_EMAIL}")), "{lines:#?}");
    for tab in ["Clients", "TwilioPools", "CONFIRMATION_PENDING"] {
        let start = format!("ok       Sheet tab {tab}: 0 rows, headers as expected");
        assert!(lines.iter().any(|line| line.starts_with(&start)), "{lines:#?}");
    }
    assert!(lines.contains(&"warning  Sheet mirror: has not begun".to_owned()), "{lines:#?}");
    sheet.installation.run(&["sheet", "push"]).await.ok();
    let lines = sheet_lines(&sheet).await;
    assert!(lines.contains(&"ok       Sheet mirror: 0 rows in both, 0 wait to be written".to_owned()), "{lines:#?}");
    sheet.end().await;
}

#[tokio::test]
async fn a_sheet_that_is_not_shared_or_a_google_that_does_not_answer_is_told() {
    let mut sheet = Sheet::new(Spreadsheet::proxycall("ProxyCall")).await;
    sheet.google.unshare(&sheet.id);
    let said = complaint(&sheet.installation, "Google Sheet").await;
    assert!(said.contains(&format!("Share, add {CLIENT_EMAIL} as an editor")), "{said}");
    sheet.google.revoke_key();
    let said = complaint(&sheet.installation, "Google Sheet").await;
    assert!(said.contains("a key that Google accepts") && said.contains("GOOGLE_SERVICE_ACCOUNT_FILE"), "{said}");
    let nobody = format!("http://127.0.0.1:{}", free_port().await);
    sheet.installation.write("key.json", proxycall_sandbox::google::service_account_json(&nobody));
    sheet.installation.set("GOOGLE_API_BASE_URL", &nobody);
    let said = complaint(&sheet.installation, "Google Sheet").await;
    assert!(said.contains("Google's API answers") && said.contains("GOOGLE_API_BASE_URL"), "{said}");
    sheet.end().await;
}

#[tokio::test]
async fn a_google_key_that_cannot_be_read_or_used_is_told_and_not_shown() {
    let mut sheet = Sheet::new(Spreadsheet::proxycall("ProxyCall")).await;
    sheet.installation.write("key.json", "hunter2");
    let said = complaint(&sheet.installation, "GOOGLE_SERVICE_ACCOUNT_FILE").await;
    assert!(said.contains("it is not JSON"), "{said}");
    let said = complaint(&sheet.installation, "Google Sheet").await;
    assert!(said.contains("not asked for before this is mended: GOOGLE_SERVICE_ACCOUNT_FILE"), "{said}");
    sheet.installation.set("GOOGLE_SERVICE_ACCOUNT_FILE", "missing.json");
    let said = complaint(&sheet.installation, "GOOGLE_SERVICE_ACCOUNT_FILE").await;
    assert!(said.contains("\"missing.json\": there is no such file"), "{said}");
    sheet.end().await;
}

#[tokio::test]
async fn a_tab_that_is_gone_a_header_that_was_renamed_and_a_row_that_is_there_twice_are_told() {
    let sheet = Sheet::new(Spreadsheet::proxycall("ProxyCall")).await;
    sheet.google.rename_tab(&sheet.id, "TwilioPools", "Numéros").unwrap();
    sheet.google.enter(&sheet.id, "Clients!C1", "adresse").unwrap();
    let said = complaint(&sheet.installation, "Sheet tab TwilioPools").await;
    assert!(said.contains("there is no tab of this name") && said.contains("`proxycall sheet init`"), "{said}");
    let said = complaint(&sheet.installation, "Sheet tab Clients").await;
    assert!(said.contains("there is no column client_mail; found client_id (A)"), "{said}");
    let twice = [["P-1"], ["P-1"]];
    sheet.google.paste(&sheet.id, "CONFIRMATION_PENDING", 2, &twice).unwrap();
    let lines = sheet_lines(&sheet).await;
    let told =
        |line: &String| line.starts_with("warning  Sheet tab CONFIRMATION_PENDING: 1 rows") && line.contains("twice");
    assert!(lines.iter().any(told), "{lines:#?}");
    sheet.end().await;
}
