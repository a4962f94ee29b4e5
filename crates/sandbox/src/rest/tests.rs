mod numbers;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::*;
use crate::{
    Options, Sandbox,
    server::loopback_client,
    world::{Capabilities, Handset, MessageStatus, Number},
};

const PROXY: &str = "+33199000001";
const CLIENT: &str = "+33639980001";
const MESSAGES: &str = "/Messages.json";

/// A sandbox at a fixed time, and a client of its API.
struct Api {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Api {
    async fn start() -> Self {
        let clock: Timestamp = "2026-11-23T10:00:00.7Z".parse().unwrap();
        let options = Options {
            clock: std::sync::Arc::new(move || clock),
            numbers: vec![Number::new(PROXY).voice_url("https://proxycall.example/twilio/voice")],
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        sandbox.world().add_handset(Handset::new(CLIENT));
        Self { sandbox, http: loopback_client().unwrap() }
    }

    fn world(&self) -> World {
        self.sandbox.world()
    }

    /// A request with the right credentials to a path below the account.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let account = self.world().account();
        let url = format!("{}/2010-04-01/Accounts/{}{path}", self.sandbox.base_url(), account.sid);
        self.http.request(method, url).basic_auth(account.sid, Some(account.auth_token))
    }

    async fn send(&self, form: &[(&str, &str)]) -> (u16, Value) {
        answered(self.request(Method::POST, MESSAGES).form(form)).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answered(self.request(Method::GET, path)).await
    }
}

async fn answered(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
}

const BONJOUR: [(&str, &str); 3] = [("From", PROXY), ("To", CLIENT), ("Body", "Bonjour")];

#[tokio::test]
async fn a_text_sent_is_created_as_queued_delivered_and_found_again() {
    let api = Api::start().await;
    let (status, created) = api.send(&BONJOUR).await;
    assert_eq!((status, created["status"].as_str()), (201, Some("queued")));
    assert_eq!(created["date_created"], "Mon, 23 Nov 2026 10:00:00 +0000");
    assert_eq!((created["error_code"].clone(), created["num_segments"].clone()), (Value::Null, "1".into()));
    api.world().settle().await;
    let sid = created["sid"].as_str().unwrap();
    let (status, fetched) = api.get(&format!("/Messages/{sid}.json")).await;
    assert_eq!(
        (status, fetched["status"].as_str(), fetched["body"].as_str()),
        (200, Some("delivered"), Some("Bonjour"))
    );
    assert_eq!(api.world().inbox(CLIENT).len(), 1);
    assert_eq!(api.world().requests()[0].answered, Some(201));
}

#[tokio::test]
async fn texts_are_listed_newest_first_by_sender_receiver_and_day_in_pages() {
    let api = Api::start().await;
    for body in ["un", "deux", "trois"] {
        api.send(&[("From", PROXY), ("To", CLIENT), ("Body", body)]).await;
    }
    api.world().settle().await;
    let bodies = |list: &Value| {
        list["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["body"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let query = "?To=%2B33639980001&From=%2B33199000001&DateSent%3E=2026-11-23&PageSize=2";
    let (_, first) = api.get(&format!("{MESSAGES}{query}")).await;
    assert_eq!(bodies(&first), ["trois", "deux"]);
    assert_eq!((first["page"].clone(), first["page_size"].clone()), (0.into(), 2.into()));
    let next = format!("{}{}", api.sandbox.base_url(), first["next_page_uri"].as_str().unwrap());
    let account = api.world().account();
    let (_, second) = answered(api.http.get(next).basic_auth(account.sid, Some(account.auth_token))).await;
    assert_eq!((bodies(&second), second["next_page_uri"].clone()), (vec!["un".to_owned()], Value::Null));
    for (query, expected) in [
        ("?DateSent=2026-11-23", 3),
        ("?DateSent%3C=2026-11-22", 0),
        ("?DateSent%3E=2026-11-23T10:00:00Z", 3),
        ("?DateSent%3E=2026-11-23T10:00:01Z", 0),
        ("?To=%2B33639980002", 0),
    ] {
        assert_eq!(bodies(&api.get(&format!("{MESSAGES}{query}")).await.1).len(), expected, "{query}");
    }
}

#[tokio::test]
async fn what_the_carrier_does_not_take_is_refused_with_its_code_and_nothing_is_sent() {
    let api = Api::start().await;
    let world = api.world();
    world.add_handset(Handset { landline: true, ..Handset::new("+33199000099") });
    world.opt_out(PROXY, "+33639980003");
    world.close_region("+1");
    let long = "a".repeat(1601);
    for (name, value, code) in [
        ("To", "38123", 21211),
        ("To", PROXY, 21266),
        ("From", "+33199000002", 21659),
        ("To", "+14155550101", 21408),
        ("To", "+33639980003", 21610),
        ("To", "+33199000099", 21614),
        ("Body", long.as_str(), 21617),
    ] {
        let form = BONJOUR.map(|(given, usual)| (given, if given == name { value } else { usual }));
        let (status, error) = api.send(&form).await;
        assert_eq!((status, error["code"].as_i64()), (400, Some(code)), "{name}={value}");
        assert_eq!(error["status"], 400);
        assert!(error["more_info"].as_str().unwrap().ends_with(&code.to_string()));
    }
    assert!(world.messages().is_empty() && world.violations().is_empty());
}

#[tokio::test]
async fn a_text_goes_out_as_a_name_and_by_a_messaging_service_that_picks_a_number() {
    let api = Api::start().await;
    let service = format!("MG{}", "5e".repeat(16));
    let (named, by_service) = ([("From", "Ma Boutique"), BONJOUR[1], BONJOUR[2]], [BONJOUR[1], BONJOUR[2]]);
    let by_service = [("MessagingServiceSid", service.as_str())].into_iter().chain(by_service).collect::<Vec<_>>();
    let (status, created) = api.send(&named).await;
    assert_eq!((status, created["from"].as_str()), (201, Some("Ma Boutique")));

    assert_eq!(api.send(&by_service).await.1["code"], 21701);
    api.world().add_messaging_service(&service, &["+447700900301"]);
    assert_eq!(api.send(&by_service).await.1["code"], 21703, "the number is not the account's");
    api.world().add_number(Number::new("+447700900301"));
    api.world().add_messaging_service(&service, &["+447700900301", PROXY]);
    let (status, created) = api.send(&by_service).await;
    assert_eq!((status, created["status"].as_str(), &created["from"]), (201, Some("accepted"), &Value::Null));
    assert_eq!(created["messaging_service_sid"], service.as_str());
    api.world().settle().await;
    let senders: Vec<String> = api.world().inbox(CLIENT).into_iter().map(|text| text.from).collect();
    assert_eq!(senders, ["Ma Boutique", PROXY], "of the receiver's country");
    assert!(api.world().violations().is_empty());
}

#[tokio::test]
async fn a_sender_that_the_account_may_not_use_is_refused_with_its_code() {
    let api = Api::start().await;
    let world = api.world();
    world.add_number(Number { capabilities: Capabilities::VOICE, ..Number::new("+33199000003") });
    for (from, to, code) in
        [("+33199000003", CLIENT, 21661), ("38123", CLIENT, 21212), ("Ma Boutique", "+12025550101", 21612)]
    {
        let (status, error) = api.send(&[("From", from), ("To", to), BONJOUR[2]]).await;
        assert_eq!((status, error["code"].as_i64()), (400, Some(code)), "{from}");
    }
    assert!(world.violations().is_empty());
    for (name, value, code) in [("From", "Épicerie", 21212), ("MessagingServiceSid", "MG1", 21705)] {
        assert_eq!(api.send(&[(name, value), BONJOUR[1], BONJOUR[2]]).await.1["code"], code, "{value}");
    }
    world.change_account(|account| account.kind = "Trial".to_owned());
    assert_eq!(api.send(&[("From", "Ma Boutique"), BONJOUR[1], BONJOUR[2]]).await.1["code"], 21267);
}

#[tokio::test]
async fn a_request_that_strays_from_the_contract_is_refused_and_remembered() {
    let api = Api::start().await;
    let cases: [(&[(&str, &str)], i64); 6] = [
        (&[("From", PROXY), ("Body", "x")], 21604),
        (&[("To", CLIENT), ("Body", "x")], 21603),
        (&[("To", CLIENT), ("From", PROXY)], 21602),
        (&[("To", CLIENT), ("From", PROXY), ("Body", "x"), ("StatusCallback", "/relative")], 21609),
        (&[("To", CLIENT), ("From", PROXY), ("Body", "x"), ("Colour", "red")], 20001),
        (&[("To", CLIENT), ("From", PROXY), ("Body", "x"), ("ValidityPeriod", "soon")], 20001),
    ];
    for (form, code) in cases {
        let (status, error) = api.send(form).await;
        assert_eq!((status, error["code"].as_i64()), (400, Some(code)), "{form:?}");
    }
    assert_eq!(api.get("/Queues.json").await.0, 404);
    assert_eq!(answered(api.request(Method::PUT, MESSAGES)).await.0, 405);
    assert_eq!(api.world().violations().len(), 8);
    assert!(api.world().requests().iter().all(|request| request.violation.is_some()));
    assert!(api.world().messages().is_empty());
}

#[tokio::test]
async fn only_the_accounts_own_credentials_open_it_and_only_while_it_is_active() {
    let api = Api::start().await;
    let url = |sid: &str| format!("{}/2010-04-01/Accounts/{sid}.json", api.sandbox.base_url());
    let account = api.world().account();
    let wrong = api.http.get(url(&account.sid)).basic_auth(&account.sid, Some("wrong"));
    let (status, error) = answered(wrong).await;
    assert_eq!((status, error["code"].as_i64()), (401, Some(20003)));
    assert_eq!(answered(api.http.get(url(&account.sid))).await.0, 401);
    let other = format!("AC{}", "ab".repeat(16));
    let elsewhere = api.http.get(url(&other)).basic_auth(&account.sid, Some(&account.auth_token));
    assert_eq!(answered(elsewhere).await.0, 404);
    let (status, own) = api.get(".json").await;
    assert_eq!((status, own["status"].as_str(), own["type"].as_str()), (200, Some("active"), Some("Full")));
    api.world().change_account(|account| account.status = "suspended".to_owned());
    let (status, error) = api.get(".json").await;
    assert_eq!((status, error["code"].as_i64()), (403, Some(20005)));
}

#[tokio::test]
async fn numbers_are_listed_with_their_webhooks() {
    let api = Api::start().await;
    let (_, list) = api.get("/IncomingPhoneNumbers.json?PhoneNumber=%2B33199000001").await;
    let number = &list["incoming_phone_numbers"][0];
    assert_eq!(number["phone_number"], PROXY);
    assert_eq!(number["voice_url"], "https://proxycall.example/twilio/voice");
    assert_eq!((number["voice_method"].as_str(), number["sms_url"].clone()), (Some("POST"), Value::Null));
    let (_, none) = api.get("/IncomingPhoneNumbers.json?PhoneNumber=%2B447700900001").await;
    assert_eq!(none["incoming_phone_numbers"], serde_json::json!([]));
}

#[tokio::test]
async fn a_call_is_found_by_its_id() {
    let api = Api::start().await;
    let transcript = api.world().call(crate::CallScript::new(CLIENT, PROXY)).await;
    let (status, call) = api.get(&format!("/Calls/{}.json", transcript.sid)).await;
    assert_eq!((status, call["status"].as_str(), call["from"].as_str()), (200, Some("completed"), Some(CLIENT)));
    assert_eq!(api.get(&format!("/Calls/CA{}.json", "0".repeat(32))).await.0, 404);
}

#[tokio::test]
async fn a_call_is_deleted_once_and_is_not_found_then() {
    let api = Api::start().await;
    let transcript = api.world().call(crate::CallScript::new(CLIENT, PROXY)).await;
    let path = format!("/Calls/{}.json", transcript.sid);
    assert_eq!(answered(api.request(Method::DELETE, &path)).await, (204, Value::Null));
    assert_eq!(answered(api.request(Method::DELETE, &path)).await.0, 404);
    assert_eq!(api.get(&path).await.0, 404);
}

#[tokio::test]
async fn a_call_that_is_not_over_is_not_deleted() {
    let api = Api::start().await;
    api.world().call(crate::CallScript::new(CLIENT, PROXY)).await;
    let sid = api.world().change(|state| {
        state.calls[0].seconds = None;
        state.calls[0].sid.clone()
    });
    let (status, refused) = answered(api.request(Method::DELETE, &format!("/Calls/{sid}.json"))).await;
    assert_eq!((status, refused["code"].as_i64()), (409, Some(20009)));
}

#[tokio::test]
async fn a_text_is_redacted_cancelled_and_deleted_only_when_it_may_be() {
    let api = Api::start().await;
    api.world().hold_status_callbacks(true);
    let (_, created) = api.send(&BONJOUR).await;
    let path = format!("/Messages/{}.json", created["sid"].as_str().unwrap());
    let post = |form: &'static [(&str, &str)]| answered(api.request(Method::POST, &path).form(form));
    assert_eq!(post(&[("Body", "")]).await.1["code"], 20009);
    assert_eq!(answered(api.request(Method::DELETE, &path)).await.0, 409);
    assert_eq!(post(&[("Status", "canceled")]).await.1["status"], "canceled");
    assert_eq!(post(&[("Status", "canceled")]).await.0, 400);
    assert_eq!(post(&[("Body", "")]).await.1["body"], "");
    api.world().hold_status_callbacks(false);
    api.world().settle().await;
    assert_eq!(api.world().messages()[0].status, MessageStatus::Canceled);
    assert_eq!(answered(api.request(Method::DELETE, &path)).await, (204, Value::Null));
    assert_eq!(api.get(&path).await.0, 404);
}

#[tokio::test]
async fn each_fault_fails_one_request_in_its_own_way() {
    let api = Api::start().await;
    let world = api.world();
    for fault in [Fault::Status(500), Fault::StatusWithRetryAfter(429, 7), Fault::Code(21610)] {
        world.fail_next(fault);
    }
    assert_eq!(api.send(&BONJOUR).await.0, 500);
    let slowed = api.request(Method::POST, MESSAGES).form(&BONJOUR).send().await.unwrap();
    assert_eq!((slowed.status().as_u16(), slowed.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(api.send(&BONJOUR).await.1["code"], 21610);

    world.fail_next(Fault::HangUpBeforeAccepting);
    let lost = api.request(Method::POST, MESSAGES).form(&BONJOUR).send().await;
    assert!(lost.is_err_and(|error| !error.is_connect()));
    assert!(world.messages().is_empty());
    world.fail_next(Fault::HangUpAfterAccepting);
    assert!(api.request(Method::POST, MESSAGES).form(&BONJOUR).send().await.is_err());
    assert_eq!(world.messages().len(), 1);
    assert_eq!(world.requests().last().unwrap().answered, None);

    world.fail_next(Fault::Slow(Duration::from_secs(3600)));
    let impatient = api.request(Method::POST, MESSAGES).form(&BONJOUR).timeout(Duration::from_millis(50));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    assert_eq!(api.send(&BONJOUR).await.0, 201);
}
