//! What the running service says of itself.

use proxycall_sandbox::signature::sign;
use serde_json::Value;

use crate::support::*;

#[tokio::test]
async fn json_lines_carry_a_request_id_and_masked_numbers_and_nothing_else_of_anybody() {
    let mut installation = Installation::new();
    installation.set("LOG_FORMAT", "json");
    installation.set("LOG_LEVEL", "debug");
    let service = installation.serve_with(&["serve"], |_, _| ()).await;
    let proxy = "+33199000001";
    service.call("CA5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e", COURIER, proxy).await;
    service.send(&Webhook::text("SM5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e", COURIER, proxy, "the door code is 4711B")).await;
    service.get(&format!("/clients/by-proxy/{}?reason=query-canary", proxy.trim_start_matches('+'))).await;
    let said = service.process.stop().await;

    let lines: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect();
    let webhooks: Vec<_> =
        lines.iter().filter(|line| line["route"].as_str().is_some_and(|it| it.starts_with("/twilio/"))).collect();
    assert_eq!(webhooks.len(), 2, "{said}");
    let mut ids = Vec::new();
    for line in webhooks {
        assert_eq!((&line["from"], &line["to"]), (&"+****0002".into(), &"+****0001".into()), "{line}");
        assert_eq!(line["status"], 200);
        ids.push(line["request"].as_str().expect("a request id"));
    }
    assert_ne!(ids[0], ids[1]);
    assert!(lines.iter().any(|line| line["sid"] == "CA5e…5e5e"), "{said}");
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string()), "{said}");
    for canary in ["33639980002", "33199000001", "4711B", "query-canary", TOKEN, AUTH_TOKEN, SECRET_KEY] {
        assert!(!said.contains(canary), "{canary} in {said}");
    }
}

#[tokio::test]
async fn an_answer_carries_the_request_id_of_its_line() {
    let mut installation = Installation::new();
    let mut service = installation.serve().await;
    let body = "From=%2B33639980002&To=%2B33199000001";
    let signature = sign("another token", &format!("{PUBLIC_BASE_URL}/twilio/voice"), &[]);
    let request = http().post(format!("{}/twilio/voice", service.address)).header("X-Twilio-Signature", signature);
    let answer = request.header("Content-Type", "application/x-www-form-urlencoded").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let line = service.process.says(&id).await;
    assert!(line.contains("refused_signature") && line.contains("+****0002"), "{line}");
    service.process.stop().await;
}

#[tokio::test]
async fn every_line_of_a_job_names_the_request_that_caused_it() {
    let mut installation = Installation::new();
    installation.set("LOG_FORMAT", "json");
    installation.write(
        "clients.csv",
        "client_id,client_name,client_mail,client_real_phone,client_proxy_number\n\
         1,Zoé,zoe@example.com,+33639980001,+33199000001\n",
    );
    installation.run(&["client", "import", "clients.csv"]).await.ok();
    let mut service = installation.serve().await;
    service.send(&Webhook::text("SM5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e", COURIER, "+33199000001", "Bonjour")).await;
    let mut line = async |what: &str| -> Value {
        let line = service.process.says(what).await;
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    };
    let webhook = line("\"outcome\":\"queued\"").await;
    let request = &webhook["request"];
    assert!(request.is_string(), "{webhook}");
    // Nobody listens where the carrier should be.
    for what in ["a text was not taken", "\"kind\":\"send_text\""] {
        let of_job = line(what).await;
        assert_eq!(&of_job["span"]["request"], request, "{of_job}");
    }
    service.process.stop().await;
}
