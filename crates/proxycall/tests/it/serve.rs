//! `proxycall serve`: starting, and refusing to start.

use std::time::{Duration, Instant};

use proxycall_testkit::database::Database;
use serde_json::{Value, json};

use crate::support::*;

/// From the start of the process to the answer to its first call, as built for tests. A caller must not wait longer.
const FIRST_ANSWER_LIMIT: Duration = Duration::from_secs(3);

#[tokio::test]
async fn everything_that_keeps_it_from_starting_is_told_at_once_and_no_secret_with_it() {
    let mut installation = Installation::bare();
    for (name, value) in [
        ("PORT", "80 81"),
        ("PUBLIC_BASE_URL", "calls.example.com"),
        ("PROXYCALL_SECRET_KEY", "hunter2-key"),
        ("DATABASE_URL", "mysql://root:hunter2-database@127.0.0.1/x"),
        ("TWILIO_ACCOUNT_SID", "AC hunter2-account"),
        ("TWILIO_NUMBER_TYPE", "satellite"),
        ("TWILIO_POOL_SIZE", "0"),
        ("LOG_FORMAT", "xml"),
        ("PROXYCALL_CALLS_WITHHELD", "maybe"),
        ("PROXYCALL_OPEN_API", "perhaps"),
    ] {
        installation.set(name, value);
    }
    let said = installation.run(&["serve"]).await.failed();
    for name in [
        "DATABASE_URL",
        "LOG_FORMAT",
        "PORT",
        "PROXYCALL_CALLS_WITHHELD",
        "PROXYCALL_OPEN_API",
        "PROXYCALL_SECRET_KEY",
        "PUBLIC_BASE_URL",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_NUMBER_TYPE",
        "TWILIO_POOL_SIZE",
    ] {
        assert!(said.contains(&format!("\n  {name}: ")), "{name} is missing in {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn with_nothing_set_it_says_what_it_needs() {
    let said = Installation::bare().run(&[]).await.failed();
    for name in
        ["PUBLIC_BASE_URL", "RENDER_EXTERNAL_URL", "PROXYCALL_API_TOKEN", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"]
    {
        assert!(said.contains(name), "{name} in {said}");
    }
}

#[tokio::test]
async fn a_port_that_had_to_be_corrected_is_logged() {
    let mut installation = Installation::new();
    let service = installation.serve_with(&[], |it, port| it.set("PORT", &format!("PORT={port}"))).await;
    let port = service.address.rsplit(':').next().unwrap().to_owned();
    assert_eq!(service.get("/health/ready").await.0, 200);
    let said = service.process.stop().await;
    let line = said.lines().find(|line| line.contains("PORT corrected")).unwrap();
    assert!(line.contains(&format!("PORT={port}")) && line.contains(&format!("port={port}")), "{said}");
}

#[tokio::test]
async fn a_second_start_on_the_same_port_says_that_the_port_is_taken() {
    let mut installation = Installation::new();
    let service = installation.serve().await;
    let port = service.address.rsplit(':').next().unwrap().to_owned();
    let said = installation.run(&["serve"]).await.failed();
    assert!(said.contains(&format!("port {port}")) && said.contains("PORT"), "{said}");
    assert_eq!(service.get("/health/ready").await.0, 200, "the first one goes on");
    service.process.stop().await;
}

#[tokio::test]
async fn the_env_file_of_the_working_folder_is_read_and_overrides_nothing() {
    let mut installation = Installation::bare();
    installation.write(
        ".env",
        format!(
            "# A comment\nPUBLIC_BASE_URL=\"https://from-file.example\"\nPROXYCALL_API_TOKEN={TOKEN}\n\
             TWILIO_ACCOUNT_SID={ACCOUNT_SID}\nTWILIO_AUTH_TOKEN={AUTH_TOKEN}\nPORT=1\nLOG_LEVEL=error\n"
        ),
    );
    installation.set("LOG_LEVEL", "info");
    installation.set("PUBLIC_BASE_URL", PUBLIC_BASE_URL);
    let service = installation.serve().await;
    assert_eq!(service.get("/clients/next-id").await.0, 200, "the token is the file's");
    // Signed for the address that was set; the file's would refuse it.
    assert!(service.call("CA1", COURIER, "+33199000001").await.contains("<Response>"));
    service.process.stop().await;
}

#[tokio::test]
async fn a_line_of_the_env_file_that_cannot_be_read_keeps_it_from_starting_and_is_not_shown() {
    let installation = Installation::new();
    installation.write(".env", "LOG_LEVEL=info\nTWILIO AUTH TOKEN = hunter2\n");
    let said = installation.run(&["serve"]).await.failed();
    assert!(said.contains(".env") && said.contains("line 2") && !said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn the_env_file_of_a_folder_above_is_nobodys_business() {
    let installation = Installation::bare();
    installation.write(".env", "PROXYCALL_CALLS_WITHHELD=connect\n");
    let below = tempfile::tempdir_in(installation.path("")).unwrap();
    let below = Installation::within(below);
    assert_eq!(below.run(&["setting", "get", "calls.withheld"]).await.ok(), "refuse\n");
}

#[tokio::test]
async fn the_first_call_after_a_start_is_answered_at_once() {
    let mut installation = Installation::new();
    // The schema is there, as at every start but the first.
    installation.run(&["migrate"]).await.ok();
    let started = Instant::now();
    let service = installation.serve().await;
    assert!(service.call("CA1", COURIER, "+33199000001").await.contains("<Say"));
    let took = started.elapsed();
    assert!(took < FIRST_ANSWER_LIMIT, "{took:?}");
    service.process.stop().await;
}

#[tokio::test]
async fn recorded_webhooks_are_answered_as_they_must_be() {
    let file = repository().join("crates/twilio/tests/fixtures/twilio-webhooks.json");
    let fixtures: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let base = fixtures["public_base_url"].as_str().unwrap();
    let mut installation = Installation::new();
    installation.set("PUBLIC_BASE_URL", base);
    installation.set("TWILIO_AUTH_TOKEN", fixtures["auth_token"].as_str().unwrap());
    let (client, proxy) = (&fixtures["client_real_phone"], &fixtures["proxy_number"]);
    installation.write(
        "clients.csv",
        format!(
            "client_id,client_name,client_mail,client_real_phone,client_proxy_number\n1,Zoé,zoe@example.com,{},{}\n",
            client.as_str().unwrap(),
            proxy.as_str().unwrap()
        ),
    );
    installation.run(&["client", "import", "clients.csv"]).await.ok();
    let service = installation.serve().await;
    for (name, expected) in [
        ("courier calls the proxy", "<Dial"),
        ("client calls her own proxy", "<Dial"),
        ("caller from the United States", "<Say"),
        ("unknown proxy number", "<Say"),
        ("port 443 written in the signed URL", "<Response"),
        ("repeated parameter", "<Response"),
        ("gathered digits, query kept verbatim", "<Say"),
        ("signature of another token", ""),
        ("signature missing", ""),
        ("a parameter was changed after signing", ""),
    ] {
        let requests = fixtures["requests"].as_array().unwrap();
        let request = requests.iter().find(|request| request["name"] == name).unwrap();
        let url = url::Url::parse(request["url"].as_str().unwrap()).unwrap();
        let target = format!("{}{}", service.address, &url[url::Position::BeforePath..]);
        let mut post = http().post(target).header("Content-Type", request["content_type"].as_str().unwrap());
        if let Some(signature) = request["signature"].as_str() {
            post = post.header("X-Twilio-Signature", signature);
        }
        let answer = post.body(request["body"].as_str().unwrap().to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), if request["valid"] == true { 200 } else { 403 }, "{name}");
        let body = answer.text().await.unwrap();
        assert!(body.contains(expected), "{name}: {body}");
    }
    service.process.stop().await;
}

#[tokio::test]
async fn two_that_start_at_once_on_an_empty_postgresql_make_one_schema_and_one_secret() {
    let database = Database::empty_postgres().await;
    let [mut one, mut other] = [(); 2].map(|()| {
        let mut installation = Installation::new();
        installation.set("DATABASE_URL", database.uri());
        // Each makes up a secret of its own: one of them must win for both.
        installation.unset("PROXYCALL_SECRET_KEY");
        installation
    });
    one.write("clients.csv", format!("client_id,client_name,client_mail,client_real_phone,client_proxy_number\n1,Zoé,z@example.com,{CLIENT},+33199000001\n"));
    let (first, second) = tokio::join!(one.serve(), other.serve());
    one.run(&["client", "import", "clients.csv"]).await.ok();
    for (sid, service) in [("CA1", &first), ("CA2", &second)] {
        assert!(service.call(sid, COURIER, "+33199000001").await.contains(CLIENT));
        // The client is known by a keyed hash of the real number: with another secret this would be a stranger.
        assert!(service.call(&format!("{sid}b"), CLIENT, "+33199000001").await.contains(COURIER));
        let (status, found) = service.post("/clients/search", json!({ "text": CLIENT })).await;
        assert_eq!((status.as_u16(), &found["clients"][0]["client_id"]), (200, &json!("1")), "{found}");
    }
    first.process.stop().await;
    second.process.stop().await;
}

#[tokio::test]
async fn told_not_to_migrate_it_names_the_command_that_does() {
    let database = Database::empty_postgres().await;
    let mut installation = Installation::new();
    installation.set("DATABASE_URL", database.uri());
    let said = installation.run(&["serve", "--no-migrate"]).await.failed();
    assert!(said.contains("proxycall migrate"), "{said}");
    installation.run(&["migrate"]).await.ok();
    let service = installation.serve_with(&["serve", "--no-migrate"], |_, _| ()).await;
    assert_eq!(service.get("/health/ready").await.0, 200);
    service.process.stop().await;
}
