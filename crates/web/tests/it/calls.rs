//! Calls: who reaches whom, and what each side sees and hears.

use proxycall_testkit::sandbox::CallScript;
use proxycall_testkit::{
    app::{CLIENT, COURIER, OTHER_COURIER, TestApp, run_test_on_both, twiml},
    run_test,
};
use rstest::rstest;
use serde_json::{Value, json};

/// A client who lives in Ireland.
const IRISH_CLIENT: &str = "+33639980011";
/// From a country whose dial code has three digits.
const PORTUGAL: &str = "+351910000001";
/// From where nobody is connected.
const UNITED_STATES: &str = "+14155550101";
/// Premium rate: never dialled.
const PREMIUM: &str = "+33899000001";

#[tokio::test]
async fn a_courier_reaches_the_client_and_the_client_reaches_the_courier_and_both_see_the_proxy_number() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let call = app.call(COURIER, &proxy).await;
        assert_eq!(call.rings(), [(CLIENT, proxy.as_str())]);
        assert_eq!(call.connected(), Some((COURIER, CLIENT)));
        let back = app.call(CLIENT, &proxy).await;
        assert_eq!(back.rings(), [(COURIER, proxy.as_str())]);
        assert_eq!(app.outcomes().await, ["completed", "completed"]);
    })
    .await;
}

#[tokio::test]
async fn the_client_reaches_whoever_came_last() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        app.text(OTHER_COURIER, &proxy, "I am downstairs").await;
        let back = app.call(CLIENT, &proxy).await;
        assert_eq!(back.rings(), [(OTHER_COURIER, proxy.as_str())]);
    })
    .await;
}

#[tokio::test]
async fn a_call_is_connected_with_the_proxy_number_as_caller_id_and_limits() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let call = app.call(COURIER, &proxy).await;
        insta::assert_snapshot!(twiml(&call)[0], @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Dial callerId="+33199009001" timeout="25" timeLimit="3600" answerOnBridge="true" action="voice/ended" method="POST"><Number>+33639980001</Number></Dial></Response>"#);
        insta::assert_snapshot!(twiml(&call)[1], @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>"#);
    })
    .await;
}

#[tokio::test]
async fn a_connected_call_is_one_interaction_with_both_legs_its_times_and_masked_numbers() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let call = app.call_with(CallScript { seconds: Some(42), ..CallScript::new(COURIER, &proxy) }).await;
        let mut row = app.latest().await;
        let id = row["id"].take();
        assert!(id.as_str().unwrap().starts_with("int_"), "{id}");
        let dialled = app.world.calls().into_iter().find(|leg| leg.parent_sid.is_some()).unwrap();
        let expected = json!({
            "id": null,
            "channel": "call",
            "direction": "to_client",
            "client_id": "1",
            "proxy_number": "+****9001",
            "party": "+****0002",
            "inbound_sid": call.sid,
            "outbound_sid": dialled.sid,
            "outcome": "completed",
            "error_code": null,
            "error_meaning": null,
            "started_at": "2026-11-23T08:00:00.001Z",
            "ended_at": "2026-11-23T08:00:00.001Z",
            "duration_s": 42,
        });
        assert_eq!(row, expected);
    })
    .await;
}

#[tokio::test]
async fn a_call_from_portugal_whose_dial_code_has_three_digits_is_connected() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        assert_eq!(app.call(PORTUGAL, &proxy).await.connected(), Some((PORTUGAL, CLIENT)));
    })
    .await;
}

/// What a caller hears who is not connected: nobody's phone rings, and who called is not remembered.
async fn refused(app: &TestApp, from: &str, to: &str, outcome: &str) -> String {
    let call = app.call(from, to).await;
    assert_eq!(call.rings(), []);
    assert_eq!(call.heard().len(), 1, "{call:#}");
    let row = app.latest().await;
    assert_eq!((&row["outcome"], &row["inbound_sid"]), (&json!(outcome), &json!(call.sid)));
    let direction = match outcome {
        "refused_unknown_number" => Value::Null,
        _ if [CLIENT, IRISH_CLIENT].contains(&from) => json!("from_client"),
        _ => json!("to_client"),
    };
    assert_eq!((&row["direction"], &row["outbound_sid"]), (&direction, &Value::Null));
    assert_eq!(row["duration_s"], Value::Null, "nobody spoke with anybody, whatever the status callback says");
    twiml(&call)[0].to_owned()
}

#[tokio::test]
async fn an_unknown_number_is_said_to_be_not_in_use() {
    run_test(async |app| {
        app.carrier_number("+33199007777");
        let heard = refused(app, COURIER, "+33199007777", "refused_unknown_number").await;
        insta::assert_snapshot!(heard, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Ce numéro n’est pas attribué. Vérifiez le numéro et rappelez, s’il vous plaît. Au revoir.</Say><Hangup/></Response>"#);
    })
    .await;
}

#[tokio::test]
async fn a_number_of_the_pool_that_nobody_has_is_said_to_be_not_in_use() {
    run_test(async |app| {
        app.number("+33199007777", "FR", proxycall_domain::NumberType::Local).await;
        refused(app, COURIER, "+33199007777", "refused_unknown_number").await;
    })
    .await;
}

#[tokio::test]
async fn a_caller_from_outside_the_regions_hears_so_in_the_clients_language() {
    run_test(async |app| {
        let (french, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        insta::assert_snapshot!(refused(app, UNITED_STATES, &french, "refused_region").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Ce numéro n’est pas joignable depuis votre pays. Au revoir.</Say><Hangup/></Response>"#);
        insta::assert_snapshot!(refused(app, UNITED_STATES, &irish, "refused_region").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">This number cannot be reached from your country. Goodbye.</Say><Hangup/></Response>"#);
    })
    .await;
}

#[rstest]
#[case::word("anonymous")]
#[case::word_in_capitals("ANONYMOUS")]
#[case::anonymous_on_a_keypad("+266696687")]
#[case::anonymous_on_a_keypad_without_plus("266696687")]
#[case::unknown("unknown")]
#[case::empty("")]
#[case::restricted_on_a_keypad("+7378742883")]
#[case::blocked_on_a_keypad("+2562533")]
#[case::unavailable_on_a_keypad("+86282452253")]
#[tokio::test]
async fn a_withheld_caller_is_asked_to_show_the_number_and_never_remembered(#[case] from: &str) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        refused(app, from, &proxy, "refused_withheld").await;
        assert_eq!(app.latest().await["party"], Value::Null);
        refused(app, CLIENT, &proxy, "refused_no_recent_caller").await;
    })
    .await;
}

#[tokio::test]
async fn a_withheld_caller_hears_the_clients_language() {
    run_test(async |app| {
        let (french, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        insta::assert_snapshot!(refused(app, "anonymous", &french, "refused_withheld").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Ce numéro n’accepte pas les appels masqués. Rappelez en affichant votre numéro, s’il vous plaît. Au revoir.</Say><Hangup/></Response>"#);
        insta::assert_snapshot!(refused(app, "anonymous", &irish, "refused_withheld").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">This number does not take calls from hidden numbers. Please show your number and call again. Goodbye.</Say><Hangup/></Response>"#);
    })
    .await;
}

#[tokio::test]
async fn withheld_callers_are_connected_when_the_operator_says_so_and_still_not_remembered() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.setting("calls.withheld", "connect").await;
        let call = app.call("anonymous", &proxy).await;
        assert_eq!(call.rings(), [(CLIENT, proxy.as_str())]);
        refused(app, CLIENT, &proxy, "refused_no_recent_caller").await;
    })
    .await;
}

#[rstest]
#[case::a_short_code("38123")]
#[case::an_alphanumeric_sender("LAPOSTE")]
#[case::an_internet_phone("sip:courier@example.com")]
#[tokio::test]
async fn a_caller_without_a_country_is_not_connected(#[case] from: &str) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        refused(app, from, &proxy, "refused_region").await;
        refused(app, CLIENT, &proxy, "refused_no_recent_caller").await;
    })
    .await;
}

#[tokio::test]
async fn a_client_whom_nobody_contacted_hears_so() {
    run_test(async |app| {
        let (french, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        insta::assert_snapshot!(refused(app, CLIENT, &french, "refused_no_recent_caller").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Personne ne vous a contacté récemment sur ce numéro. Au revoir.</Say><Hangup/></Response>"#);
        insta::assert_snapshot!(refused(app, IRISH_CLIENT, &irish, "refused_no_recent_caller").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">Nobody has contacted you on this number recently. Goodbye.</Say><Hangup/></Response>"#);
    })
    .await;
}

#[tokio::test]
async fn a_premium_number_reaches_the_client_but_is_never_called_back() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        assert_eq!(app.call(PREMIUM, &proxy).await.connected(), Some((PREMIUM, CLIENT)));
        assert_eq!(app.call(CLIENT, &proxy).await.rings(), [(COURIER, proxy.as_str())]);
    })
    .await;
}

#[tokio::test]
async fn a_destination_that_became_forbidden_is_not_dialled() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        app.setting("destinations.forbidden", "33639980002").await;
        insta::assert_snapshot!(refused(app, CLIENT, &proxy, "refused_destination").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Le numéro de votre correspondant ne peut pas être appelé. Au revoir.</Say><Hangup/></Response>"#);
    })
    .await;
}

#[tokio::test]
async fn a_proxy_number_that_calls_a_proxy_number_is_not_connected() {
    run_test(async |app| {
        let (proxy, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        insta::assert_snapshot!(refused(app, &irish, &proxy, "refused_loop").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Cet appel ne peut pas aboutir. Au revoir.</Say><Hangup/></Response>"#);
        insta::assert_snapshot!(refused(app, &proxy, &irish, "refused_loop").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">This call cannot be connected. Goodbye.</Say><Hangup/></Response>"#);
        refused(app, CLIENT, &proxy, "refused_no_recent_caller").await;
    })
    .await;
}

/// The client's phone forwards every call to the proxy number: the leg that we dial comes back, showing the number.
#[tokio::test]
async fn a_client_whose_phone_forwards_to_the_proxy_number_makes_no_loop() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        let forwarded = CallScript {
            extra: vec![("ForwardedFrom".to_owned(), CLIENT.to_owned())],
            ..CallScript::new(&proxy, &proxy)
        };
        let call = app.call_with(forwarded).await;
        assert_eq!(call.rings(), []);
        assert_eq!(app.outcomes().await[0], "refused_loop");
        assert_eq!(app.call(CLIENT, &proxy).await.rings(), [(COURIER, proxy.as_str())], "the courier stays the last");
    })
    .await;
}

#[tokio::test]
async fn two_clients_who_call_one_another_are_connected_and_see_proxy_numbers() {
    run_test(async |app| {
        let (first, second) = (app.client(1, CLIENT).await, app.client(2, OTHER_COURIER).await);
        assert_eq!(app.call(CLIENT, &second).await.rings(), [(OTHER_COURIER, second.as_str())]);
        assert_eq!(app.call(OTHER_COURIER, &second).await.rings(), [(CLIENT, second.as_str())]);
        assert_eq!(app.call(OTHER_COURIER, &first).await.rings(), [(CLIENT, first.as_str())]);
    })
    .await;
}

#[tokio::test]
async fn the_same_call_50_times_at_once_is_one_interaction_and_50_equal_answers() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let form = [("CallSid", "CAfifty"), ("From", COURIER), ("To", proxy.as_str())];
        let answers = crate::support::at_once(50, || app.webhook("/twilio/voice", &form)).await;
        assert!(answers[0].1.contains(CLIENT), "{:?}", answers[0]);
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 200));
        assert_eq!(app.outcomes().await, ["connecting"]);
    })
    .await;
}
