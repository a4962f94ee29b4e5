use super::*;
use crate::world::Number;

async fn place(world: &World, service: &TestService, events: &[&str]) -> Transcript {
    let order = Order {
        from: PROXY.to_owned(),
        to: CLIENT.to_owned(),
        answer: Hook::post(format!("{}/say?confirmation=7#rc=2&rp=all", service.base_url)),
        fallback: None,
        status_callback: Some(Hook::post(format!("{}/over", service.base_url))),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
    };
    let call = world.place_call(order).unwrap();
    assert_eq!((call.status.as_str(), call.direction.as_str()), ("queued", "outbound-api"));
    world.settle().await;
    world.placed_calls().pop().unwrap()
}

#[tokio::test]
async fn whoever_takes_a_call_of_the_services_hears_what_it_says_and_keys_what_they_are_set_to() {
    let service = TestService::start(|seen| match (path(seen), seen.field("Digits").as_str()) {
        ("/say", "") => TestService::twiml(
            r#"<Gather numDigits="1" action="/keyed"><Say>Tapez un</Say><Pause length="3"/></Gather><Say>Adieu</Say>"#,
        ),
        ("/keyed", "1") => TestService::twiml("<Say>Merci</Say><Hangup/>"),
        _ => TestService::status(204),
    })
    .await;
    let world = world();
    world.add_handset(Handset { digits: vec!["1".to_owned()], ..Handset::new(CLIENT) });
    let transcript = place(&world, &service, &["completed"]).await;
    assert_eq!(
        transcript.to_string(),
        "+33639980001 rings and sees +33199000001\n  \
         +33639980001 hears: \"Tapez un\"\n  silence, 3 s\n  +33639980001 keys 1\n  \
         +33639980001 hears: \"Merci\"\n  the call is over: completed\n"
    );
    assert_eq!(world.rings(CLIENT)[0].caller_id, PROXY);
    let seen = service.seen();
    let paths: Vec<&str> = seen.iter().map(|request| request.path_and_query.as_str()).collect();
    assert_eq!(paths, ["/say?confirmation=7", "/keyed", "/over"]);
    for (name, expected) in
        [("CallStatus", "in-progress"), ("Direction", "outbound-api"), ("From", PROXY), ("To", CLIENT)]
    {
        assert_eq!(seen[0].field(name), expected, "{name}");
    }
    assert_eq!((seen[2].field("CallStatus"), seen[2].field("CallDuration")), ("completed".into(), "3".into()));
    assert_eq!(seen[2].field("CallSid"), transcript.sid);
    assert_eq!((world.calls().len(), world.calls()[0].status.as_str()), (1, "completed"));

    world.add_handset(Handset::new(CLIENT));
    assert_eq!(place(&world, &service, &["completed"]).await.heard(), ["Tapez un", "Adieu"]);
}

#[tokio::test]
async fn whoever_is_set_to_what_was_heard_keys_the_digits_that_were_said() {
    let service = TestService::start(|seen| match (path(seen), seen.field("Digits").as_str()) {
        ("/say", "") => TestService::twiml(
            r#"<Say>Votre code : 4. 8. 2. 9. 1. 3.</Say><Gather numDigits="6" action="/keyed"><Say>Tapez</Say></Gather>"#,
        ),
        ("/keyed", "482913") => TestService::twiml("<Say>Merci</Say>"),
        _ => TestService::status(204),
    })
    .await;
    let world = world();
    world.set_keys(CLIENT, vec!["heard".to_owned()]);
    assert_eq!(place(&world, &service, &[]).await.heard().last(), Some(&"Merci"));
}

#[tokio::test]
async fn a_call_that_nobody_takes_is_reported_and_nothing_is_asked_for() {
    let service = TestService::start(|_| TestService::status(204)).await;
    let world = world();
    for (behaviour, outcome) in
        [(Behaviour::Busy, "busy"), (Behaviour::NoAnswer, "no-answer"), (Behaviour::Reject, "failed")]
    {
        world.set_behaviour(CLIENT, behaviour);
        let transcript = place(&world, &service, &["initiated", "ringing", "answered", "completed"]).await;
        assert_eq!((transcript.status.as_str(), transcript.heard()), (outcome, vec![]));
        let last = service.seen().pop().unwrap();
        assert_eq!((last.path_and_query.as_str(), last.field("CallStatus").as_str()), ("/over", outcome));
    }
    assert!(service.seen().iter().all(|seen| seen.path_and_query == "/over"));
    let statuses: Vec<String> = service.seen()[..2].iter().map(|seen| seen.field("CallStatus")).collect();
    assert_eq!(statuses, ["queued", "busy"]);
}

#[tokio::test]
async fn an_address_is_asked_as_often_as_it_says_then_the_fallback_then_the_caller_hears_the_sentence() {
    let service = TestService::start(|seen| match path(seen) {
        "/broken" => TestService::status(503),
        "/fallback" => TestService::twiml("<Say>Un instant</Say>"),
        _ => TestService::status(204),
    })
    .await;
    let world = world();
    let broken = || Number::new(PROXY).voice_url(format!("{}/broken#rc=3&rp=all&ct=2000&rt=4000", service.base_url));
    let fallback = Some(Hook::post(format!("{}/fallback", service.base_url)));
    world.add_number(Number { voice_fallback: fallback, ..broken() });
    let saved = world.call(CallScript::new(COURIER, PROXY)).await;
    assert_eq!((saved.heard(), saved.error_codes()), (vec!["Un instant"], vec![11200]));
    let seen = service.seen();
    let paths: Vec<&str> = seen.iter().map(path).collect();
    assert_eq!(paths, ["/broken", "/broken", "/broken", "/broken", "/fallback"]);
    assert_eq!(seen[4].field("ErrorCode"), "11200");
    assert_eq!(seen[4].field("ErrorUrl"), format!("{}/broken", service.base_url));

    world.add_number(Number { voice_fallback: Some(Hook::post(format!("{}/broken", service.base_url))), ..broken() });
    let lost = world.call(CallScript::new(COURIER, PROXY)).await;
    assert_eq!(lost.heard(), ["We are sorry, an application error has occurred. Goodbye."]);
    assert_eq!(service.seen().len(), 5 + 4 + 1);
}

#[tokio::test]
async fn a_caller_waits_through_failures_that_pass() {
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let service = TestService::start(move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 | 1 => TestService::status(502),
        _ => TestService::twiml("<Say>Bonjour</Say>"),
    })
    .await;
    let world = world();
    world.add_number(Number::new(PROXY).voice_url(format!("{}/voice#rc=3&rp=all", service.base_url)));
    let transcript = world.call(CallScript::new(COURIER, PROXY)).await;
    assert_eq!((transcript.heard(), transcript.error_codes()), (vec!["Bonjour"], vec![]));
    assert_eq!(world.webhooks().iter().map(|sent| sent.status).collect::<Vec<_>>(), [Some(502), Some(502), Some(200)]);
}

#[tokio::test]
async fn a_trunk_or_an_application_takes_what_would_go_to_the_service() {
    let service = answering("<Say>Bonjour</Say>").await;
    let world = world();
    wire(&world, &service);
    world.change_number(PROXY, |number| number.trunk_sid = Some("TK1".to_owned()));
    assert_eq!(world.call(CallScript::new(COURIER, PROXY)).await.error_codes(), [11200]);
    world.change_number(PROXY, |number| number.sms_application_sid = Some("AP1".to_owned()));
    world.text(crate::TextScript::new(COURIER, PROXY, "Bonjour")).await;
    assert!(service.seen().iter().all(|seen| path(seen) == "/twilio/status/voice"));
}
