use super::*;
use crate::{Options, Sandbox, google::Counts, google::service_account_json, server::loopback_client};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// A client as Google's own libraries are one, with a clock that the test moves.
struct Caller {
    sandbox: Sandbox,
    http: reqwest::Client,
    clock: Arc<Mutex<Timestamp>>,
    token: String,
    id: String,
}

impl Caller {
    async fn new(scopes: &str) -> Self {
        let clock = Arc::new(Mutex::new("2026-11-23T10:00:00Z".parse().unwrap()));
        let told = clock.clone();
        let options = Options { clock: Arc::new(move || *told.lock().unwrap()), ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let id = sandbox.world().google().add_spreadsheet(Spreadsheet::proxycall("ProxyCall"));
        let mut caller = Self { sandbox, http: loopback_client().unwrap(), clock, token: String::new(), id };
        let (status, answer) = caller.fetch_token(scopes).await;
        assert_eq!(status, 200, "{answer}");
        caller.token = answer["access_token"].as_str().unwrap().to_owned();
        caller
    }

    async fn fetch_token(&self, scopes: &str) -> (u16, Value) {
        let file: Value = serde_json::from_str(&service_account_json(&self.sandbox.base_url())).unwrap();
        let now = self.clock.lock().unwrap().as_second();
        let claims = json!({
            "iss": file["client_email"], "aud": file["token_uri"], "iat": now, "exp": now + 3600, "scope": scopes,
        });
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", encode(r#"{"alg":"RS256"}"#), encode(&claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(crate::google::key::sign(message.as_bytes()));
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
            ("assertion", format!("{message}.{signature}")),
        ];
        let response = self.http.post(file["token_uri"].as_str().unwrap()).form(&form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, reqwest::Error> {
        request.bearer_auth(&self.token).send().await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let path = path.replace("{id}", &self.id);
        let response = self.send(self.http.get(format!("{}{path}", self.sandbox.base_url()))).await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    fn put(&self) -> reqwest::RequestBuilder {
        let path = format!("/v4/spreadsheets/{}/values/Clients!A3?valueInputOption=RAW", self.id);
        self.http.put(format!("{}{path}", self.sandbox.base_url())).json(&json!({ "values": [["1"]] }))
    }

    fn google(&self) -> crate::google::Google {
        self.sandbox.world().google()
    }
}

const ALL: &str = "https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive.readonly";
const READ: &str = "/v4/spreadsheets/{id}/values/Clients!A1:A3";

#[tokio::test]
async fn every_address_answers_whoever_brings_a_token_and_is_counted() {
    let caller = Caller::new(ALL).await;
    let (status, found) = caller.get("/drive/v3/files?q=name%3D'ProxyCall'&fields=files(id)").await;
    assert_eq!((status, &found), (200, &json!({ "files": [{ "id": caller.id }] })));
    assert_eq!(caller.get("/drive/v3/files/{id}?fields=version").await.1, json!({ "version": "1" }));
    let outline = caller.get("/v4/spreadsheets/{id}?fields=sheets.properties(title)").await.1;
    assert_eq!(outline["sheets"][3], json!({ "properties": { "title": "EMAIL LOG" } }));
    assert_eq!(caller.send(caller.put()).await.unwrap().status(), 200);
    assert_eq!(caller.get(READ).await.1["values"], json!([["client_id"], [], ["1"]]));
    let batch = caller.get("/v4/spreadsheets/{id}/values:batchGet?ranges='EMAIL%20LOG'!A1").await.1;
    assert_eq!(batch["valueRanges"][0]["values"], json!([["ts"]]));
    assert_eq!(caller.google().counts(), Counts { tokens: 1, reads: 3, writes: 1, drive: 2 });
}

#[tokio::test]
async fn a_token_that_ended_was_made_up_or_is_for_something_else_opens_nothing() {
    let mut caller = Caller::new("https://www.googleapis.com/auth/spreadsheets.readonly").await;
    assert_eq!(caller.get(READ).await.0, 200);
    let (status, refusal) = caller.get("/drive/v3/files").await;
    assert_eq!((status, &refusal["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
    assert_eq!(caller.send(caller.put()).await.unwrap().status(), 403);
    *caller.clock.lock().unwrap() += SignedDuration::from_secs(3600);
    let (status, refusal) = caller.get(READ).await;
    assert_eq!((status, &refusal["error"]["status"]), (401, &json!("UNAUTHENTICATED")));
    caller.token = "ya29.made-up".to_owned();
    assert_eq!(caller.get(READ).await.0, 401);
}

#[tokio::test]
async fn a_revoked_key_gets_no_new_token_but_the_old_one_stays_good() {
    let caller = Caller::new(ALL).await;
    caller.google().revoke_key();
    let (status, refusal) = caller.fetch_token(ALL).await;
    assert_eq!((status, &refusal["error"]), (400, &json!("invalid_grant")));
    assert_eq!(caller.get(READ).await.0, 200);
}

#[tokio::test]
async fn who_may_only_read_cannot_write_and_who_may_nothing_is_refused() {
    let caller = Caller::new(ALL).await;
    caller.google().share(&caller.id, Role::Viewer);
    assert_eq!(caller.get(READ).await.0, 200);
    assert_eq!(caller.send(caller.put()).await.unwrap().status(), 403);
    caller.google().unshare(&caller.id);
    assert_eq!(caller.get(READ).await.0, 403);
    assert_eq!(caller.get("/drive/v3/files/{id}").await.0, 404);
    caller.google().remove_spreadsheet(&caller.id);
    assert_eq!(caller.get(READ).await.0, 404);
}

#[tokio::test]
async fn above_the_quota_reads_are_refused_until_a_minute_has_passed() {
    let caller = Caller::new(ALL).await;
    caller.google().limit_per_minute(Some(1));
    assert_eq!(caller.get(READ).await.0, 200);
    let (status, refusal) = caller.get(READ).await;
    assert_eq!((status, &refusal["error"]["status"]), (429, &json!("RESOURCE_EXHAUSTED")));
    assert_eq!(caller.send(caller.put()).await.unwrap().status(), 200);
    *caller.clock.lock().unwrap() += SignedDuration::from_secs(60);
    assert_eq!(caller.get(READ).await.0, 200);
}

#[tokio::test]
async fn a_planned_fault_happens_once_to_the_request_it_is_for() {
    let caller = Caller::new(ALL).await;
    let google = caller.google();
    google.fail_next_of(RequestKind::Write, Fault::StatusWithRetryAfter(429, 7));
    assert_eq!(caller.get(READ).await.0, 200);
    let response = caller.send(caller.put()).await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    google.fail_next(Fault::Html(503));
    let response = caller.send(caller.http.get(caller.sandbox.base_url() + "/drive/v3/files")).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html");
    google.fail_next(Fault::HalfAnAnswer);
    let half = caller.send(caller.put()).await.unwrap();
    assert!(half.json::<Value>().await.is_err());
    google.fail_next(Fault::Slow(Duration::from_millis(1)));
    assert_eq!(caller.get(READ).await.0, 200);
}

#[tokio::test]
async fn hanging_up_after_accepting_does_the_work_and_before_it_does_not() {
    let caller = Caller::new(ALL).await;
    let written = || caller.google().cell(&caller.id, "Clients!A3").unwrap();
    caller.google().fail_next(Fault::HangUpBeforeAccepting);
    assert!(caller.send(caller.put()).await.is_err());
    assert_eq!(written(), "");
    caller.google().fail_next(Fault::HangUpAfterAccepting);
    assert!(caller.send(caller.put()).await.is_err());
    assert_eq!(written(), "1");
}

#[test]
fn an_address_that_is_none_of_googles_is_not_taken_for_one() {
    for (method, path) in [
        (Method::GET, "/token"),
        (Method::POST, "/v4/spreadsheets/1"),
        (Method::POST, "/v4/spreadsheets/1/values/A1"),
        (Method::DELETE, "/drive/v3/files/1"),
    ] {
        assert_eq!(Call::read(&method, path), None, "{method} {path}");
    }
    let append = Call::read(&Method::POST, "/v4/spreadsheets/1/values/%27a%2Fb%27!A:A:append");
    assert_eq!(append, Some(Call::AppendValues("1".into(), "'a/b'!A:A".into())));
}
