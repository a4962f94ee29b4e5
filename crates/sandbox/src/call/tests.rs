mod outgoing;

use super::*;
use crate::{
    test_service::{Reply, Seen, TestService, number, wire, world},
    world::Handset,
};

const PROXY: &str = "+33199000001";
const CLIENT: &str = "+33639980001";
const COURIER: &str = "+33639980002";

fn path(seen: &Seen) -> &str {
    seen.path_and_query.split('?').next().unwrap()
}

/// A service that answers calls with `verbs` and everything else with nothing to do.
async fn answering(verbs: &'static str) -> TestService {
    TestService::start(move |seen| TestService::twiml(if path(seen) == "/twilio/voice" { verbs } else { "" })).await
}

const MASKED: &str = r#"<Dial callerId="+33199000001" answerOnBridge="true" timeLimit="3600"
    action="/twilio/voice/ended?leg=1"><Number>+33639980001</Number></Dial>"#;

#[tokio::test]
async fn a_masked_call_connects_and_each_side_sees_the_proxy_number() {
    let service = answering(MASKED).await;
    let world = world();
    wire(&world, &service);
    let transcript = world.call(CallScript { seconds: Some(42), ..CallScript::new(COURIER, PROXY) }).await;
    assert_eq!(
        transcript.to_string(),
        "+33639980002 dials +33199000001\n  \
         +33639980001 rings and sees +33199000001\n  \
         connected: +33639980002 (sees +33199000001) with +33639980001 (sees +33199000001), 42 s\n  \
         the call is over: completed\n"
    );
    assert_eq!(world.rings(CLIENT)[0].caller_id, PROXY);
    assert_eq!((world.errors(), world.violations()), (vec![], vec![]));

    let seen = service.seen();
    let paths: Vec<&str> = seen.iter().map(|request| request.path_and_query.as_str()).collect();
    assert_eq!(paths, ["/twilio/voice", "/twilio/voice/ended?leg=1", "/twilio/status/voice"]);
    for (name, expected) in [
        ("AccountSid", "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"),
        ("CallSid", transcript.sid.as_str()),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("From", COURIER),
        ("Caller", COURIER),
        ("CallerCountry", "FR"),
        ("To", PROXY),
        ("Called", PROXY),
    ] {
        assert_eq!(seen[0].field(name), expected, "{name}");
    }
    let child = &world.calls()[1];
    for (name, expected) in [
        ("CallStatus", "in-progress"),
        ("DialCallStatus", "completed"),
        ("DialCallSid", child.sid.as_str()),
        ("DialCallDuration", "42"),
        ("DialBridged", "true"),
    ] {
        assert_eq!(seen[1].field(name), expected, "{name}");
    }
    assert_eq!((seen[2].field("CallStatus"), seen[2].field("CallDuration")), ("completed".into(), "42".into()));
    assert_eq!(child.parent_sid.as_ref(), Some(&transcript.sid));
}

#[tokio::test]
async fn whoever_is_not_reached_is_reported_and_the_answer_to_that_is_heard() {
    for (behaviour, outcome) in
        [(Behaviour::Busy, "busy"), (Behaviour::NoAnswer, "no-answer"), (Behaviour::Reject, "failed")]
    {
        let service = TestService::start(|seen| match path(seen) {
            "/twilio/voice" => TestService::twiml(MASKED),
            _ => TestService::twiml("<Say language=\"fr-FR\">Votre correspondant ne répond pas.</Say><Hangup/>"),
        })
        .await;
        let world = world();
        wire(&world, &service);
        let transcript = world.call(CallScript { answer: Some(behaviour), ..CallScript::new(COURIER, PROXY) }).await;
        assert_eq!(service.seen()[1].field("DialCallStatus"), outcome);
        assert_eq!(service.seen()[1].field("DialBridged"), "false");
        assert_eq!(service.seen()[1].field("DialCallDuration"), "");
        assert_eq!(transcript.connected(), None);
        assert_eq!(transcript.heard(), ["Votre correspondant ne répond pas."]);
        assert_eq!((transcript.status.as_str(), transcript.seconds), ("completed", 0));
    }
}

#[tokio::test]
async fn talk_is_cut_at_the_time_limit_and_pauses_count() {
    let service = answering("<Pause length=\"2\"/><Dial timeLimit=\"10\">+33639980001</Dial>").await;
    let world = world();
    wire(&world, &service);
    let transcript = world.call(CallScript { seconds: Some(500), ..CallScript::new(COURIER, PROXY) }).await;
    assert_eq!(transcript.seconds, 12);
    // Without callerId the called party sees the caller: what this product must never do shows in the transcript.
    assert_eq!(transcript.rings(), [(CLIENT, COURIER)]);
}

#[tokio::test]
async fn a_caller_id_that_is_not_ours_fails_the_dial() {
    let service = answering(r#"<Dial callerId="+33639980002" action="/ended">+33639980001</Dial>"#).await;
    let world = world();
    wire(&world, &service);
    let transcript = world.call(CallScript::new(COURIER, PROXY)).await;
    assert_eq!(transcript.error_codes(), [13214]);
    assert_eq!(world.errors()[0].code, 13214);
    assert_eq!(world.rings(CLIENT), []);
    assert_eq!(service.seen()[1].field("DialCallStatus"), "failed");
}

#[tokio::test]
async fn a_number_that_is_none_or_that_nobody_has_fails_the_dial() {
    for (phone, codes) in [("0639980001", vec![13223]), ("+33639989999", vec![])] {
        let verbs = format!(r#"<Dial callerId="+33199000001" action="/ended">{phone}</Dial>"#);
        let service = TestService::start(move |seen| {
            TestService::twiml(if path(seen) == "/twilio/voice" { verbs.as_str() } else { "" })
        })
        .await;
        let world = world();
        wire(&world, &service);
        assert_eq!(world.call(CallScript::new(COURIER, PROXY)).await.error_codes(), codes);
        assert_eq!(service.seen()[1].field("DialCallStatus"), "failed");
    }
}

#[tokio::test]
async fn several_numbers_ring_at_once_and_the_first_to_answer_is_connected() {
    let service = answering("<Dial><Number>+33639980001</Number><Number>+33639980003</Number></Dial>").await;
    let world = world();
    wire(&world, &service);
    world.set_behaviour(CLIENT, Behaviour::NoAnswer);
    world.add_handset(Handset::new("+33639980003"));
    let transcript = world.call(CallScript::new(COURIER, PROXY)).await;
    assert_eq!(transcript.rings().len(), 2);
    assert_eq!(transcript.connected(), Some((COURIER, "+33639980003")));
}

#[tokio::test]
async fn the_progress_of_a_dialled_leg_is_reported_where_asked() {
    let service = answering(
        r#"<Dial callerId="+33199000001"><Number statusCallback="/leg?id=7"
           statusCallbackEvent="initiated ringing answered completed">+33639980001</Number></Dial>"#,
    )
    .await;
    let world = world();
    wire(&world, &service);
    let transcript = world.call(CallScript::new(COURIER, PROXY)).await;
    let legs: Vec<Seen> = service.seen().into_iter().filter(|seen| seen.path_and_query == "/leg?id=7").collect();
    let statuses: Vec<String> = legs.iter().map(|seen| seen.field("CallStatus")).collect();
    assert_eq!(statuses, ["initiated", "ringing", "in-progress", "completed"]);
    assert_eq!(legs[3].field("ParentCallSid"), transcript.sid);
    assert_eq!((legs[3].field("From"), legs[3].field("To")), (PROXY.into(), CLIENT.into()));
    assert_eq!((legs[3].field("CallDuration"), legs[3].field("Duration")), ("30".into(), "1".into()));
}

#[tokio::test]
async fn digits_go_to_the_action_until_the_script_runs_out() {
    let service = TestService::start(|seen| match seen.field("Digits").as_str() {
        "" => TestService::twiml(
            r#"<Gather numDigits="6" action="/twilio/voice?attempt=1"><Say>Code ?</Say></Gather><Say>Adieu</Say>"#,
        ),
        "482913" => TestService::twiml("<Say>Merci</Say>"),
        _ => TestService::twiml(
            r#"<Gather action="/twilio/voice?attempt=2" finishOnKey="*"><Say>Encore</Say></Gather><Say>Adieu</Say>"#,
        ),
    })
    .await;
    let world = world();
    wire(&world, &service);
    let script = |digits: &[&str]| CallScript {
        digits: digits.iter().map(|digits| (*digits).to_owned()).collect(),
        ..CallScript::new(COURIER, PROXY)
    };
    assert_eq!(world.call(script(&["12#", "482913*7"])).await.heard(), ["Code ?", "Encore", "Merci"]);
    let gathered = &service.seen()[2];
    assert_eq!(gathered.path_and_query, "/twilio/voice?attempt=2");
    assert_eq!((gathered.field("msg"), gathered.field("FinishedOnKey")), ("Gather End".into(), "*".into()));
    assert_eq!(world.call(script(&["4829137"])).await.heard(), ["Code ?", "Merci"]);
    assert_eq!(world.call(script(&[])).await.heard(), ["Code ?", "Adieu"]);
}

#[tokio::test]
async fn redirect_leads_on_hangup_ends_and_reject_never_takes_the_call() {
    let service = TestService::start(|seen| match path(seen) {
        "/twilio/voice" => TestService::twiml("<Say>Un</Say><Redirect>/next</Redirect><Say>Jamais</Say>"),
        _ => TestService::twiml("<Say>Deux</Say><Hangup/><Say>Jamais</Say>"),
    })
    .await;
    let world = world();
    wire(&world, &service);
    assert_eq!(world.call(CallScript::new(COURIER, PROXY)).await.heard(), ["Un", "Deux"]);
    let rejecting = answering("<Reject reason=\"busy\"/>").await;
    wire(&world, &rejecting);
    assert_eq!(world.call(CallScript::new(COURIER, PROXY)).await.status, "busy");
    assert_eq!(rejecting.seen()[1].field("CallStatus"), "busy");
}

#[tokio::test]
async fn an_answer_that_cannot_be_carried_out_is_an_application_error() {
    let cases: [(Reply, i32); 5] = [
        (TestService::twiml("<Conference/>"), 12100),
        (TestService::answer(200, "text/xml", "<Response>"), 12100),
        (TestService::answer(200, "text/xml", ""), 12100),
        (TestService::answer(200, "application/json", "{}"), 12300),
        (TestService::status(500), 11200),
    ];
    for (reply, code) in cases {
        let service = TestService::start(move |seen| match path(seen) {
            "/twilio/voice" => reply.clone(),
            _ => TestService::status(204),
        })
        .await;
        let world = world();
        wire(&world, &service);
        let transcript = world.call(CallScript::new(COURIER, PROXY)).await;
        assert_eq!(transcript.error_codes(), [code]);
        assert_eq!(transcript.heard(), ["We are sorry, an application error has occurred. Goodbye."]);
        assert_eq!(world.errors().iter().map(|error| error.code).collect::<Vec<_>>(), [code]);
    }
}

#[tokio::test]
async fn withheld_callers_call_too_and_an_unknown_number_is_not_in_service() {
    let service = answering("<Say>Appel masqué</Say>").await;
    let world = world();
    wire(&world, &service);
    for from in ["anonymous", "", "+266696687", "38123"] {
        assert_eq!(world.call(CallScript::new(from, PROXY)).await.heard(), ["Appel masqué"]);
        assert_eq!(service.seen().iter().rev().nth(1).unwrap().field("From"), from);
    }
    assert_eq!(world.call(CallScript::new(COURIER, "+33199009999")).await.status, "failed");
}

#[tokio::test]
async fn a_number_that_dials_a_number_of_the_account_is_led_on_but_never_in_a_circle() {
    let service = TestService::start(|seen| match (path(seen), seen.field("To").as_str()) {
        ("/twilio/voice", PROXY) => {
            TestService::twiml(r#"<Dial callerId="+33199000001"><Number>+33199000002</Number></Dial>"#)
        }
        ("/twilio/voice", "+33199000002") => TestService::twiml(r#"<Dial callerId="+33199000002">+33199000003</Dial>"#),
        ("/twilio/voice", _) => TestService::twiml(r#"<Dial callerId="+33199000003">+33199000002</Dial>"#),
        _ => TestService::status(204),
    })
    .await;
    let world = world();
    for phone in [PROXY, "+33199000002", "+33199000003"] {
        world.add_number(number(phone, &service));
    }
    let transcript = world.call(CallScript::new(COURIER, PROXY)).await;
    assert_eq!(world.violations(), [Violation::CallLoop { limit: 5 }]);
    assert_eq!(transcript.events.iter().filter(|event| matches!(event, Event::Dials { .. })).count(), 5);
    assert!(service.seen().iter().any(|seen| seen.field("From") == PROXY && seen.field("To") == "+33199000002"));
}

#[tokio::test]
async fn documents_that_lead_in_a_circle_are_a_violation() {
    let service = answering("<Redirect>/twilio/voice</Redirect>").await;
    let world = world();
    wire(&world, &service);
    world.call(CallScript::new(COURIER, PROXY)).await;
    assert_eq!(world.violations(), [Violation::CallLoop { limit: 30 }]);
}
