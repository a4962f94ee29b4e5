//! How calls end: what a caller hears who was not connected, and what the carrier's reports leave behind.

use proxycall_testkit::sandbox::{CallScript, twiml::parse_voice, world::Behaviour};
use proxycall_testkit::{
    app::{CLIENT, COURIER, TestApp, run_test_on_both, twiml},
    run_test,
};
use rstest::rstest;
use serde_json::{Value, json};

/// A client who lives in Ireland.
const IRISH_CLIENT: &str = "+33639980011";

/// The TwiML by which a caller hears that the client was not reached.
async fn not_reached(app: &TestApp, proxy: &str, behaviour: Behaviour, outcome: &str) -> String {
    let call = app.call_with(CallScript { answer: Some(behaviour), ..CallScript::new(COURIER, proxy) }).await;
    assert_eq!(call.connected(), None);
    assert_eq!(call.heard().len(), 1, "{call:#}");
    let row = app.latest().await;
    assert_eq!((&row["outcome"], &row["duration_s"]), (&json!(outcome), &Value::Null));
    assert!(row["outbound_sid"].is_string() && row["ended_at"].is_string(), "{row}");
    twiml(&call)[1].to_owned()
}

#[tokio::test]
async fn a_busy_client_is_said_to_be_busy_in_the_clients_language() {
    run_test(async |app| {
        let (french, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        insta::assert_snapshot!(not_reached(app, &french, Behaviour::Busy, "busy").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Votre correspondant est déjà en ligne. Rappelez dans quelques minutes, s’il vous plaît. Au revoir.</Say><Hangup/></Response>"#);
        insta::assert_snapshot!(not_reached(app, &irish, Behaviour::Busy, "busy").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">The person you are calling is on another call. Please try again in a few minutes. Goodbye.</Say><Hangup/></Response>"#);
    })
    .await;
}

#[tokio::test]
async fn no_answer_is_said_in_the_clients_language() {
    run_test(async |app| {
        let (french, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        insta::assert_snapshot!(not_reached(app, &french, Behaviour::NoAnswer, "no_answer").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Votre correspondant ne répond pas. Rappelez plus tard, s’il vous plaît. Au revoir.</Say><Hangup/></Response>"#);
        insta::assert_snapshot!(not_reached(app, &irish, Behaviour::NoAnswer, "no_answer").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">The person you are calling does not answer. Please try again later. Goodbye.</Say><Hangup/></Response>"#);
    })
    .await;
}

#[tokio::test]
async fn a_call_that_fails_is_said_to_have_failed_in_the_clients_language() {
    run_test(async |app| {
        let (french, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        insta::assert_snapshot!(not_reached(app, &french, Behaviour::Reject, "failed").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Votre appel n’a pas pu aboutir. Rappelez plus tard, s’il vous plaît. Au revoir.</Say><Hangup/></Response>"#);
        insta::assert_snapshot!(not_reached(app, &irish, Behaviour::Reject, "failed").await, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">Your call could not be connected. Please try again later. Goodbye.</Say><Hangup/></Response>"#);
    })
    .await;
}

#[tokio::test]
async fn who_called_is_remembered_though_the_client_was_not_reached() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        not_reached(app, &proxy, Behaviour::NoAnswer, "no_answer").await;
        assert_eq!(app.call(CLIENT, &proxy).await.connected(), Some((CLIENT, COURIER)));
    })
    .await;
}

/// A call that was announced and not ended yet: the simulated people never hang up while it rings.
async fn ringing(app: &TestApp, proxy: &str) -> [(&'static str, String); 3] {
    let call = [("CallSid", "CAhangsup".to_owned()), ("From", COURIER.to_owned()), ("To", proxy.to_owned())];
    let (status, answer) = app.webhook("/twilio/voice", &refs(&call)).await;
    assert!(status == 200 && answer.contains("<Dial"), "{answer}");
    call
}

fn refs<'a>(params: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    params.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_it_rings_ends_the_call_as_canceled() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let call = ringing(app, &proxy).await;
        let over = [refs(&call), vec![("CallStatus", "no-answer"), ("CallDuration", "0")]].concat();
        assert_eq!(app.webhook("/twilio/status/voice", &over).await.0, 204);
        let row = app.latest().await;
        assert_eq!((&row["outcome"], &row["duration_s"]), (&json!("canceled"), &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn a_caller_who_has_hung_up_hears_nothing_more() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let call = ringing(app, &proxy).await;
        let over = [refs(&call), vec![("DialCallStatus", "canceled"), ("DialCallSid", "CAoutgoing")]].concat();
        let (status, answer) = app.webhook("/twilio/voice/ended", &over).await;
        assert_eq!(status, 200);
        insta::assert_snapshot!(answer, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>"#);
        assert_eq!(app.outcomes().await, ["canceled"]);
    })
    .await;
}

#[tokio::test]
async fn reports_of_the_end_that_come_in_any_order_or_twice_end_the_call_once() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let call = ringing(app, &proxy).await;
        let ended = [refs(&call), vec![("DialCallStatus", "busy"), ("DialCallSid", "CAoutgoing")]].concat();
        let completed = [refs(&call), vec![("CallStatus", "completed"), ("CallDuration", "6")]].concat();
        app.webhook("/twilio/voice/ended", &ended).await;
        app.webhook("/twilio/status/voice", &completed).await;
        app.webhook("/twilio/voice/ended", &ended).await;
        let row = app.latest().await;
        assert_eq!((&row["outcome"], &row["duration_s"]), (&json!("busy"), &Value::Null));
        assert_eq!(row["outbound_sid"], "CAoutgoing");
    })
    .await;
}

#[tokio::test]
async fn the_carriers_code_of_a_call_that_failed_is_in_the_interaction() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let call = ringing(app, &proxy).await;
        let ended = [refs(&call), vec![("DialCallStatus", "failed"), ("ErrorCode", "13224")]].concat();
        app.webhook("/twilio/voice/ended", &ended).await;
        let row = app.latest().await;
        assert_eq!((&row["outcome"], &row["error_code"]), (&json!("failed"), &json!(13224)));
    })
    .await;
}

#[tokio::test]
async fn an_operators_sentence_is_said_whatever_signs_it_holds() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.setting("phrase.call.busy.fr", "Occupé\u{1}\u{fffe} ]]> <Hangup/> & \"au revoir\"").await;
        app.world.set_behaviour(CLIENT, Behaviour::Busy);
        let call = app.call(COURIER, &proxy).await;
        assert_eq!(call.error_codes(), [0; 0]);
        assert!(call.heard()[0].contains("]]> <Hangup/> & \"au revoir\""), "{call:#}");
    })
    .await;
}

#[rstest]
#[case::nothing_at_all(&[])]
#[case::no_caller(&[("CallSid", "CAodd"), ("To", "+33199009001")])]
#[case::no_number(&[("CallSid", "CAodd"), ("From", COURIER)])]
#[case::no_id(&[("From", COURIER), ("To", "+33199009001")])]
#[case::numbers_that_are_none(&[("CallSid", "CAodd"), ("From", "\u{0}'\"<"), ("To", "&<>")])]
#[case::an_id_that_is_none(&[("CallSid", "CA odd\u{0}"), ("From", COURIER), ("To", "+33199009001")])]
#[tokio::test]
async fn a_form_that_is_signed_but_malformed_hears_a_sentence(#[case] form: &[(&str, &str)]) {
    run_test(async |app| {
        app.client(1, CLIENT).await;
        let (status, answer) = app.webhook("/twilio/voice", form).await;
        assert_eq!(status, 200);
        assert!(answer.contains("<Say"), "{answer}");
        parse_voice(&answer).unwrap();
        let (status, answer) = app.webhook("/twilio/voice/ended", form).await;
        assert_eq!(status, 200);
        parse_voice(&answer).unwrap();
        assert_eq!(app.webhook("/twilio/status/voice", form).await.0, 204);
    })
    .await;
}

#[tokio::test]
async fn the_calls_that_read_out_a_code_are_over() {
    run_test(async |app| {
        for path in ["/twilio/voice/otp", "/twilio/voice/otp/gather?pending_id=P-1&attempt=1"] {
            let (status, answer) = app.webhook(path, &[("CallSid", "CAcode"), ("Digits", "123456")]).await;
            assert_eq!(status, 200);
            insta::allow_duplicates! { insta::assert_snapshot!(answer, @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Cette demande n’est plus valable. Au revoir.</Say><Hangup/></Response>"#); }
        }
        assert_eq!(app.outcomes().await, [""; 0]);
    })
    .await;
}
