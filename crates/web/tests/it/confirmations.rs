//! Enrolment: a code goes out over one channel after the other, and whoever proves the phone becomes a client.

use proxycall_domain::{NumberType, TextSender};
use proxycall_service::CodesConfig;
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, OTHER_COURIER, run_codes_test, run_test_on_both},
    reqwest::StatusCode,
    run_test,
    sandbox::world::Handset,
};
use serde_json::{Value, json};

const HOUR: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// The number that is held.
pub(crate) const PROXY: &str = "+33199000501";

pub(crate) fn request(id: &str, phone: &str, mail: &str) -> Value {
    json!({
        "pending_id": id,
        "client_name": "Zoé Martin",
        "client_mail": mail,
        "client_real_phone": phone,
        "country_iso": "FR",
        "number_type": "national",
    })
}

/// A pool with one number, and a client with a handset who asks for it: the code has gone out.
pub(crate) async fn begin(app: &TestApp, id: &str) -> Value {
    app.number(PROXY, "FR", NumberType::Local).await;
    app.world.add_handset(Handset::new(CLIENT));
    let (status, body) = app.post("/confirmations/create", request(id, CLIENT, "Zoe@Example.com")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    app.drain_jobs().await;
    body
}

/// The last text that a phone got.
pub(crate) fn last_text(app: &TestApp, phone: &str) -> String {
    app.world.inbox(phone).last().expect("a text").body.clone()
}

/// The code in the last text that has one.
pub(crate) fn code(app: &TestApp, phone: &str) -> String {
    let texts = app.world.inbox(phone);
    let mut codes = texts.iter().rev().filter_map(|text| {
        let digits: Vec<&str> =
            text.body.split(|c: char| !c.is_ascii_digit()).filter(|group| group.len() == 6).collect();
        digits.first().map(|code| (*code).to_owned())
    });
    codes.next().expect("a text with a code")
}

/// Path and query of the link in the last text.
pub(crate) fn link(app: &TestApp, phone: &str) -> String {
    let text = last_text(app, phone);
    let at = text.find("/confirmations/verify").expect("a link");
    text[at..].split_whitespace().next().expect("a link").to_owned()
}

pub(crate) async fn status(app: &TestApp, id: &str) -> String {
    let (status, body) = app.get(&format!("/confirmations/status?pending_id={id}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["status"].as_str().expect("a status").to_owned()
}

/// The client's handset, whose owner types this when the service calls.
fn keying(digits: &[&str]) -> Handset {
    Handset { digits: digits.iter().map(|keys| (*keys).to_owned()).collect(), ..Handset::new(CLIENT) }
}

pub(crate) fn wrong(code: &str) -> String {
    if code == "100000" { "100001".to_owned() } else { "100000".to_owned() }
}

#[tokio::test]
async fn who_answers_the_text_becomes_a_client_and_is_called_through_the_new_number() {
    run_test_on_both(async |app| {
        let body = begin(app, "P-1").await;
        assert_eq!(
            body,
            json!({"pending_id": "P-1", "proxy_number": PROXY, "status": "PENDING", "number_type": "local"})
        );
        let reply = format!("Bonjour, mon code est {}", code(app, CLIENT));
        app.text(CLIENT, PROXY, &reply).await;
        assert_eq!(status(app, "P-1").await, "PROMOTED");
        let (_, client) = app.get(&format!("/clients/by-proxy/{PROXY}")).await;
        assert_eq!(
            (client["client_mail"].as_str(), client["client_real_phone"].as_str()),
            (Some("zoe@example.com"), Some(CLIENT))
        );
        assert!(last_text(app, CLIENT).contains("confirmé"));
        let call = app.call(COURIER, PROXY).await;
        assert_eq!(call.connected(), Some((COURIER, CLIENT)));
    })
    .await;
}

#[tokio::test]
async fn the_call_says_the_code_and_takes_it() {
    run_test(async |app| {
        begin(app, "P-1").await;
        let code = code(app, CLIENT);
        app.world.add_handset(keying(&[&wrong(&code), &code]));
        app.advance(60).await;
        app.drain_jobs().await;
        assert_eq!(status(app, "P-1").await, "PROMOTED");
        let call = app.world.placed_calls().pop().expect("a call");
        let heard = call.heard().join(" ");
        let spoken: Vec<String> = code.chars().map(String::from).collect();
        assert_eq!(heard.matches(&spoken.join(". ")).count(), 2, "{heard}");
        assert!(heard.contains("pas le bon code") && heard.contains("est confirmé"), "{heard}");
        assert_eq!(call.rings(), [(CLIENT, PROXY)]);
    })
    .await;
}

#[tokio::test]
async fn a_text_is_followed_by_a_call_and_that_by_a_link_until_time_is_over() {
    run_test_on_both(async |app| {
        begin(app, "P-1").await;
        app.advance(59).await;
        assert_eq!(status(app, "P-1").await, "PENDING");
        app.advance(1).await;
        assert_eq!(status(app, "P-1").await, "PENDING_CALL");
        app.advance(120).await;
        assert_eq!(status(app, "P-1").await, "PENDING_MAIL");
        assert!(link(app, CLIENT).contains("pending_id=P-1&token="));
        app.advance(24 * 3600).await;
        assert_eq!(status(app, "P-1").await, "EXPIRED");
        // An answer may come late: nobody else gets the number for three days from the link that was sent from it.
        let available = async || app.get("/pool/available?country_iso=FR").await.1["available"].clone();
        assert_eq!(available().await, json!([]));
        app.advance(48 * 3600).await;
        assert_eq!(available().await[0]["phone_number"], PROXY);
        assert_eq!(app.world.sent_messages().len(), 2);
        assert_eq!(app.world.placed_calls().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_outside_trigger_that_asks_for_the_same_causes_no_second_sending() {
    run_test(async |app| {
        begin(app, "P-1").await;
        let resend = async |channel: &str| {
            let body = json!({"pending_id": "P-1", "channel": channel});
            let (status, answer) = app.post("/confirmations/resend", body).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            assert_eq!(answer, json!({"pending_id": "P-1", "channel": channel, "status": "sent"}));
            app.drain_jobs().await;
        };
        resend("sms").await;
        app.advance(58).await;
        resend("voice").await;
        app.advance(10).await;
        assert_eq!(app.world.placed_calls().len(), 1);
        app.advance(110).await;
        resend("email").await;
        app.advance(30).await;
        assert_eq!(app.world.sent_messages().len(), 2);
        assert_eq!(app.world.placed_calls().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn create_again_gives_the_first_result_and_sends_nothing() {
    run_test(async |app| {
        let first = begin(app, "P-1").await;
        let (again, body) = app.post("/confirmations/create", request("P-1", CLIENT, "zoe@example.com")).await;
        app.drain_jobs().await;
        assert_eq!((again, body), (StatusCode::OK, first));
        assert_eq!(app.world.sent_messages().len(), 1);
        let (other, _) = app.post("/confirmations/create", request("P-1", OTHER_COURIER, "zoe@example.com")).await;
        assert_eq!(other, StatusCode::CONFLICT);
        let (busy, _) = app.post("/confirmations/create", request("P-2", CLIENT, "zoe@example.com")).await;
        assert_eq!(busy, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn five_wrong_codes_over_all_channels_lock_and_a_resend_makes_a_new_one() {
    run_test(async |app| {
        begin(app, "P-1").await;
        let old = code(app, CLIENT);
        let bad = wrong(&old);
        for _ in 0..3 {
            app.text(CLIENT, PROXY, &bad).await;
        }
        app.world.add_handset(keying(&[&bad, &bad, &old]));
        app.advance(60).await;
        let heard = app.world.placed_calls().pop().expect("a call").heard().join(" ");
        assert!(heard.contains("Trop d’essais"), "{heard}");
        app.text(CLIENT, PROXY, &old).await;
        let (_, body) = app.get("/confirmations/status?pending_id=P-1").await;
        assert_eq!(body["status"], "PENDING_CALL");
        assert!(body["status_detail"].as_str().unwrap().contains("too often"));
        let body = json!({"pending_id": "P-1", "channel": "sms"});
        assert_eq!(app.post("/confirmations/resend", body).await.0, StatusCode::OK);
        app.drain_jobs().await;
        let new = code(app, CLIENT);
        assert_ne!(new, old);
        app.text(CLIENT, PROXY, &new).await;
        assert_eq!(status(app, "P-1").await, "PROMOTED");
    })
    .await;
}

#[tokio::test]
async fn a_new_phone_waits_for_the_phone_on_record() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset::new(OTHER_COURIER));
        let (_, body) = app.post("/confirmations/create", request("P-1", OTHER_COURIER, "client1@example.com")).await;
        assert_eq!((&body["number_type"], &body["proxy_number"]), (&json!("existant"), &json!(proxy)));
        app.drain_jobs().await;
        let text = app.world.sent_messages().pop().expect("a text");
        assert_eq!(text.from, PROXY, "who knows an address only does not meet the client's number");
        app.text(OTHER_COURIER, PROXY, &code(app, OTHER_COURIER)).await;
        assert_eq!(status(app, "P-1").await, "VERIFIED");
        assert!(link(app, CLIENT).contains("consent="));
        assert_eq!(app.get("/clients/1").await.1["client_real_phone"], CLIENT);
        let (approved, body) = app.post("/confirmations/P-1/approve", json!({})).await;
        assert_eq!((approved, body["status"].as_str()), (StatusCode::OK, Some("UPDATED (telephone)")));
        app.drain_jobs().await;
        let (_, client) = app.get("/clients/1").await;
        assert_eq!(
            (&client["client_real_phone"], &client["client_proxy_number"]),
            (&json!(OTHER_COURIER), &json!(proxy))
        );
        let available = async || app.get("/pool/available?country_iso=FR").await.1["available"].clone();
        assert_eq!(available().await, json!([]), "the number that was sent from rests");
        app.advance(72 * 3600).await;
        assert_eq!(available().await[0]["phone_number"], PROXY, "and is given back");
    })
    .await;
}

#[tokio::test]
async fn the_phone_on_record_consents_to_a_new_address() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let (_, body) = app.post("/confirmations/create", request("P-1", CLIENT, "new@example.com")).await;
        assert_eq!((&body["number_type"], &body["proxy_number"]), (&json!("existant"), &json!(proxy)));
        app.drain_jobs().await;
        app.text(CLIENT, &proxy, &code(app, CLIENT)).await;
        assert_eq!(status(app, "P-1").await, "UPDATED (mail)");
        assert_eq!(app.get("/clients/1").await.1["client_mail"], "new@example.com");
    })
    .await;
}

#[tokio::test]
async fn while_a_client_confirms_again_ordinary_texts_are_relayed() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(COURIER, &proxy, "Je suis en bas").await;
        app.post("/confirmations/create", request("P-1", CLIENT, "new@example.com")).await;
        app.drain_jobs().await;
        app.text(CLIENT, &proxy, "J’arrive dans 5 minutes").await;
        app.text(CLIENT, &proxy, "Code du portail : 4321").await;
        let received: Vec<_> = app.world.inbox(COURIER).into_iter().map(|text| text.body).collect();
        assert_eq!(received, ["J’arrive dans 5 minutes", "Code du portail : 4321"]);
        assert_eq!(status(app, "P-1").await, "PENDING");
    })
    .await;
}

#[tokio::test]
async fn a_text_that_is_reported_again_counts_once() {
    run_test(async |app| {
        begin(app, "P-1").await;
        let body = wrong(&code(app, CLIENT));
        let form = [
            ("MessageSid", "SM11111111111111111111111111111111"),
            ("From", CLIENT),
            ("To", PROXY),
            ("Body", body.as_str()),
        ];
        let first = app.webhook("/twilio/sms", &form).await;
        for _ in 0..6 {
            assert_eq!(app.webhook("/twilio/sms", &form).await, first);
        }
        app.text(CLIENT, PROXY, &code(app, CLIENT)).await;
        assert_eq!(status(app, "P-1").await, "PROMOTED");
    })
    .await;
}

#[tokio::test]
async fn a_text_that_cannot_arrive_is_followed_at_once() {
    run_test(async |app| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset { landline: true, ..Handset::new(CLIENT) });
        app.post("/confirmations/create", request("P-1", CLIENT, "zoe@example.com")).await;
        app.drain_jobs().await;
        app.drain_jobs().await;
        assert_eq!(status(app, "P-1").await, "PENDING_CALL");
    })
    .await;
}

#[tokio::test]
async fn a_code_is_said_only_in_a_call_of_ours() {
    run_test(async |app| {
        begin(app, "P-1").await;
        app.world.add_handset(Handset::new(CLIENT));
        app.advance(60).await;
        let hooks = app.world.webhooks();
        let spoken = hooks.iter().find(|hook| hook.hook.url.contains("/voice/otp?call=")).expect("the call's webhook");
        let path = spoken.hook.url.split("proxycall.example").nth(1).expect("a path").to_owned();
        let foreign = [("CallSid", "CA99999999999999999999999999999999"), ("To", CLIENT), ("From", PROXY)];
        let other_phone = [("CallSid", "CA99999999999999999999999999999998"), ("To", COURIER), ("From", PROXY)];
        for (path, form) in [
            (path.as_str(), &foreign),
            (path.as_str(), &other_phone),
            ("/twilio/voice/otp?pending_id=P-1", &foreign),
            ("/twilio/voice/otp", &foreign),
            ("/twilio/voice/otp?call=snd_x", &foreign),
        ] {
            let (status, body) = app.webhook(path, form).await;
            assert!(status == 200 && body.contains("plus valable"), "{path}: {body}");
        }
        for attempt in ["abc", "0", "-1", "4", "99999999999"] {
            let path = path.replace("/otp?", "/otp/gather?") + "&attempt=" + attempt;
            let (status, body) = app.webhook(&path, &foreign).await;
            assert!(status == 200 && body.contains("plus valable"), "{attempt}: {body}");
        }
    })
    .await;
}

#[tokio::test]
async fn bad_requests_are_refused_by_field_and_nothing_is_held() {
    run_test(async |app| {
        app.number(PROXY, "FR", NumberType::Local).await;
        let mut cases = Vec::new();
        for (field, value) in [
            ("pending_id", ""),
            ("pending_id", "a b"),
            ("client_name", ""),
            ("client_name", "a\r\nBcc: x"),
            ("client_mail", "zoe"),
            ("client_mail", "zoe@example.com\r\nBcc: x@example.com"),
            ("client_real_phone", "0639980001"),
            ("client_real_phone", "+33899700001"),
            ("client_real_phone", PROXY),
            ("country_iso", "France"),
            ("number_type", "fax"),
        ] {
            let mut body = request("P-1", CLIENT, "zoe@example.com");
            body[field] = json!(value);
            cases.push((field, body));
        }
        for (field, body) in cases {
            let (status, answer) = app.post("/confirmations/create", body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{field}: {answer}");
            assert_eq!(answer["field"], field, "{answer}");
        }
        let (_, available) = app.get("/pool/available?country_iso=FR").await;
        assert_eq!(available["available"].as_array().map(Vec::len), Some(1));
        let (none, _) = app
            .post("/confirmations/create", {
                let mut body = request("P-1", CLIENT, "a@example.com");
                body["country_iso"] = json!("BE");
                body
            })
            .await;
        assert_eq!(none, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test]
async fn expire_takes_a_bare_number_of_hours_and_never_more_than_the_lifetime() {
    run_test(async |app| {
        begin(app, "P-1").await;
        for (body, status) in [
            (json!({"hours": 1}), StatusCode::UNPROCESSABLE_ENTITY),
            (json!(0), StatusCode::UNPROCESSABLE_ENTITY),
            (json!(-3), StatusCode::UNPROCESSABLE_ENTITY),
            (json!(1.5), StatusCode::UNPROCESSABLE_ENTITY),
            (json!(null), StatusCode::UNPROCESSABLE_ENTITY),
            (json!(1e300), StatusCode::UNPROCESSABLE_ENTITY),
            (json!(i64::MAX), StatusCode::OK),
            (json!("12"), StatusCode::OK),
            (json!(1.0), StatusCode::OK),
        ] {
            let (seen, answer) = app.post("/confirmations/expire", body.clone()).await;
            assert_eq!(seen, status, "{body}: {answer}");
        }
        assert_eq!(status(app, "P-1").await, "PENDING");
        app.clock.advance(HOUR);
        let (_, answer) = app.post("/confirmations/expire", json!(1)).await;
        assert_eq!(answer, json!({"expired": [{"pending_id": "P-1", "proxy_number": PROXY}], "released_total": 1}));
        assert_eq!(status(app, "P-1").await, "EXPIRED");
        app.drain_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn codes_are_asked_for_so_often_and_no_more() {
    run_test(async |app| {
        begin(app, "P-1").await;
        let mut refused = None;
        for round in 0..10 {
            app.advance(181).await;
            let channel = ["sms", "voice", "email"][round % 3];
            let body = json!({"pending_id": "P-1", "channel": channel});
            let (status, answer) = app.post("/confirmations/resend", body).await;
            if status == StatusCode::TOO_MANY_REQUESTS {
                refused = Some(answer);
                break;
            }
            app.drain_jobs().await;
        }
        assert!(refused.expect("a refusal")["detail"].as_str().unwrap().contains("for this confirmation"));
    })
    .await;
}

fn sent_as(sender: &str) -> CodesConfig {
    CodesConfig { sender: Some(TextSender::parse("sender", sender).unwrap()), ..CodesConfig::default() }
}

#[tokio::test]
async fn a_sender_that_cannot_be_answered_sends_a_link_and_no_code() {
    run_codes_test(sent_as("ProxyCall"), async |app| {
        begin(app, "P-1").await;
        let text = app.world.inbox(CLIENT).pop().expect("a text");
        assert_eq!(text.from, "ProxyCall");
        assert!(link(app, CLIENT).contains("token=t") && !text.body.contains("code est"), "{}", text.body);
    })
    .await;
}

#[tokio::test]
async fn a_code_that_came_from_a_messaging_service_is_answered_to_its_number() {
    const SERVICE: &str = "MG00000000000000000000000000000001";
    const FROM: &str = "+33199000777";
    run_codes_test(sent_as(SERVICE), async |app| {
        app.carrier_number(FROM);
        app.world.add_messaging_service(SERVICE, &[FROM]);
        begin(app, "P-1").await;
        assert_eq!(app.world.inbox(CLIENT).pop().expect("a text").from, FROM);
        app.text(CLIENT, FROM, &code(app, CLIENT)).await;
        assert_eq!(status(app, "P-1").await, "PROMOTED");
        assert_eq!(app.world.inbox(CLIENT).pop().expect("a text").from, PROXY, "thanks come from the number to save");
    })
    .await;
}

#[tokio::test]
async fn a_code_sent_back_to_somebody_elses_proxy_number_is_no_answer() {
    run_test(async |app| {
        let other = app.client(7, OTHER_COURIER).await;
        begin(app, "P-1").await;
        app.text(CLIENT, &other, &code(app, CLIENT)).await;
        assert_eq!(status(app, "P-1").await, "PENDING");
    })
    .await;
}

#[tokio::test]
async fn a_link_goes_by_mail_to_whom_it_may_concern_and_confirms() {
    run_test(async |app| {
        begin(app, "P-1").await;
        app.advance(60).await;
        app.advance(120).await;
        let mail = app.world.mails().pop().expect("a letter");
        assert_eq!(mail.to, ["zoe@example.com"]);
        let code = code(app, CLIENT);
        assert!(!mail.subject.contains(&code) && !mail.text.contains(&code), "no code is in a letter");
        let links = mail.links();
        assert!(links.iter().any(|link| link.contains("pending_id=P-1&token=m")), "{links:?}");
    })
    .await;
}

#[tokio::test]
async fn a_text_that_fails_behind_the_call_does_not_keep_the_link_from_coming() {
    run_test(async |app| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset { undeliverable: Some(30_003), ..Handset::new(CLIENT) });
        app.world.hold_status_callbacks(true);
        app.post("/confirmations/create", request("P-1", CLIENT, "zoe@example.com")).await;
        app.drain_jobs().await;
        app.advance(60).await;
        assert_eq!(status(app, "P-1").await, "PENDING_CALL");
        app.world.hold_status_callbacks(false);
        app.drain_jobs().await;
        app.drain_jobs().await;
        app.advance(120).await;
        app.drain_jobs().await;
        assert_eq!(status(app, "P-1").await, "PENDING_MAIL");
    })
    .await;
}

#[tokio::test]
async fn while_the_carrier_is_away_a_link_goes_by_mail_and_the_code_waits_for_the_carrier() {
    run_test_on_both(async |app| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset::new(CLIENT));
        let right = app.world.account().auth_token;
        app.world.change_account(|account| account.auth_token = "another".to_owned());
        let (status, body) = app.post("/confirmations/create", request("P-1", CLIENT, "zoe@example.com")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        for _ in 0..36 {
            app.advance(300).await;
        }
        assert_eq!(app.world.mails().len(), 1);
        assert_eq!(app.world.inbox(CLIENT), []);
        app.world.change_account(|account| account.auth_token = right);
        app.advance(300).await;
        let texts: Vec<String> = app.world.inbox(CLIENT).into_iter().map(|text| text.body).collect();
        assert_eq!(texts.iter().filter(|body| body.contains("code")).count(), 1, "{texts:?}");
        assert_eq!(app.world.mails().len(), 1);
    })
    .await;
}
