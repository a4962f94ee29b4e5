use std::sync::{Arc, Mutex};

use super::*;
use crate::{
    Options,
    call::Order,
    lines::{Act, Line},
    test_service::{LIMIT, Seen, TestService, wire},
    world::{Handset, Hook, Number},
};

const PROXY: &str = "+33199000001";
const CLIENT: &str = "+33639980001";
const COURIER: &str = "+33639980002";
const THIRD: &str = "+33639980004";

const MASKED: &str = r#"<Dial callerId="+33199000001" answerOnBridge="true" timeout="25" timeLimit="3600"
    action="/twilio/voice/ended"><Number>+33639980001</Number></Dial>"#;

/// A service that dials the client, and says a sentence when that came to nothing; and a world whose clock stands until
/// the test moves it.
struct Street {
    world: World,
    clock: Arc<Mutex<Timestamp>>,
    service: TestService,
}

fn path(seen: &Seen) -> &str {
    seen.path_and_query.split('?').next().unwrap()
}

async fn street(verbs: &'static str) -> Street {
    let service = TestService::start(move |seen| match (path(seen), seen.field("DialCallStatus").as_str()) {
        ("/twilio/voice", _) => TestService::twiml(verbs),
        ("/twilio/voice/ended", "completed") => TestService::twiml("<Hangup/>"),
        ("/twilio/voice/ended", _) => TestService::twiml("<Say language=\"fr-FR\">Personne.</Say><Hangup/>"),
        _ => TestService::twiml(""),
    })
    .await;
    let clock = Arc::new(Mutex::new("2026-11-23T10:00:00Z".parse::<Timestamp>().unwrap()));
    let shown = Arc::clone(&clock);
    let options = Options { clock: Arc::new(move || *shown.lock().unwrap()), ..Options::default() };
    let world = options.world().unwrap();
    world.add_number(Number::new(PROXY));
    wire(&world, &service);
    for phone in [CLIENT, COURIER, THIRD] {
        world.add_handset(Handset::new(phone));
    }
    Street { world, clock, service }
}

impl Street {
    async fn until(&self, phone: &str, phase: Phase) -> Line {
        let line = self.world.wait_for(LIMIT, |world| world.line(phone).filter(|line| line.phase == phase)).await;
        line.unwrap_or_else(|| panic!("{phone} never is {phase:?}: {:?}", self.world.line(phone)))
    }

    fn advance(&self, seconds: i64) {
        *self.clock.lock().unwrap() += SignedDuration::from_secs(seconds);
        self.world.change(|_| ());
    }

    fn ended(&self) -> Seen {
        self.service.seen().into_iter().find(|seen| path(seen) == "/twilio/voice/ended").unwrap()
    }
}

#[tokio::test]
async fn it_rings_until_it_is_answered_and_lasts_until_somebody_hangs_up() {
    for who in [CLIENT, COURIER] {
        let street = street(MASKED).await;
        let world = &street.world;
        let call = world.call_by_hand(COURIER, PROXY, false).unwrap();
        assert_eq!(street.until(CLIENT, Phase::Ringing).await.shows, PROXY);
        assert_eq!(street.until(COURIER, Phase::RingsThere).await.shows, PROXY);
        street.advance(20);
        world.act(CLIENT, Act::Answer).unwrap();
        for phone in [CLIENT, COURIER] {
            assert_eq!(street.until(phone, Phase::Talking).await.shows, PROXY);
        }
        street.advance(42);
        world.act(who, Act::HangUp).unwrap();
        let transcript = call.await.unwrap();
        assert_eq!(transcript.connected(), Some((COURIER, CLIENT)));
        assert_eq!((transcript.status.as_str(), transcript.seconds), ("completed", 42));
        for phone in [CLIENT, COURIER] {
            let line = street.until(phone, Phase::Over).await;
            assert_eq!((line.talked, line.outcome.as_deref()), (42, Some("completed")), "{phone}");
        }
        let ended = street.ended();
        for (name, expected) in [("DialCallStatus", "completed"), ("DialCallDuration", "42"), ("DialBridged", "true")] {
            assert_eq!(ended.field(name), expected, "{name}");
        }
        assert_eq!(ended.field("CallStatus"), if who == CLIENT { "in-progress" } else { "completed" });
    }
}

#[tokio::test]
async fn whoever_does_not_answer_rings_for_as_long_as_the_dial_says() {
    let street = street(MASKED).await;
    let call = street.world.call_by_hand(COURIER, PROXY, false).unwrap();
    street.until(CLIENT, Phase::Ringing).await;
    street.advance(24);
    assert_eq!(street.world.line(CLIENT).unwrap().phase, Phase::Ringing);
    street.advance(1);
    assert_eq!(street.until(CLIENT, Phase::Over).await.outcome.as_deref(), Some("no-answer"));
    let heard = street.until(COURIER, Phase::Listening).await.heard;
    assert_eq!(heard, [Sentence { text: "Personne.".to_owned(), language: Some("fr-FR".to_owned()) }]);
    street.advance(2);
    let transcript = call.await.unwrap();
    assert_eq!((transcript.connected(), transcript.heard()), (None, vec!["Personne."]));
    assert_eq!(street.ended().field("DialCallStatus"), "no-answer");
    assert_eq!(street.ended().field("DialCallDuration"), "");
}

#[tokio::test]
async fn who_declines_is_busy_and_the_caller_hears_so() {
    let street = street(MASKED).await;
    let call = street.world.call_by_hand(COURIER, PROXY, false).unwrap();
    street.until(CLIENT, Phase::Ringing).await;
    street.world.act(CLIENT, Act::HangUp).unwrap();
    street.until(COURIER, Phase::Listening).await;
    // Who has heard enough hangs up before the sentence is over.
    street.world.act(COURIER, Act::HangUp).unwrap();
    assert_eq!(call.await.unwrap().heard(), ["Personne."]);
    assert_eq!(street.ended().field("DialCallStatus"), "busy");
}

#[tokio::test]
async fn a_caller_who_hangs_up_first_ends_the_ringing_and_hears_nothing_more() {
    let street = street(MASKED).await;
    let call = street.world.call_by_hand(COURIER, PROXY, true).unwrap();
    street.until(CLIENT, Phase::Ringing).await;
    street.world.act(COURIER, Act::HangUp).unwrap();
    let transcript = call.await.unwrap();
    assert_eq!((transcript.connected(), transcript.heard()), (None, vec![]));
    assert_eq!(street.until(CLIENT, Phase::Over).await.outcome.as_deref(), Some("canceled"));
    assert_eq!(street.ended().field("DialCallStatus"), "canceled");
    assert_eq!(street.service.seen()[0].field("From"), "anonymous");
    assert_eq!(street.world.calls()[1].status, "canceled");
}

#[tokio::test]
async fn a_handset_in_a_call_is_busy_to_others_and_dials_nobody_else() {
    let street = street(MASKED).await;
    let world = &street.world;
    let first = world.call_by_hand(COURIER, PROXY, false).unwrap();
    street.until(CLIENT, Phase::Ringing).await;
    assert_eq!(world.call_by_hand(COURIER, PROXY, false).unwrap_err(), NotNow::InACall);
    let second = world.call_by_hand(THIRD, PROXY, false).unwrap();
    street.until(THIRD, Phase::Listening).await;
    assert_eq!(street.ended().field("DialCallStatus"), "busy");
    world.act(THIRD, Act::HangUp).unwrap();
    second.await.unwrap();
    assert_eq!(world.rings(CLIENT).len(), 1);
    world.act(COURIER, Act::HangUp).unwrap();
    first.await.unwrap();
}

#[tokio::test]
async fn a_scripted_call_to_a_handset_in_somebodys_hands_waits_for_nobody() {
    let street = street(MASKED).await;
    let _held = street.world.hold(vec![CLIENT.to_owned()]);
    let transcript = street
        .world
        .call(CallScript { answer: Some(crate::world::Behaviour::Answer), ..CallScript::new(COURIER, PROXY) })
        .await;
    assert_eq!((transcript.connected(), transcript.seconds), (Some((COURIER, CLIENT)), 30));
}

#[tokio::test]
async fn a_call_that_the_service_places_is_answered_and_keyed_by_whoever_holds_the_handset() {
    let service = TestService::start(|seen| match path(seen) {
        "/code" => TestService::twiml(
            r#"<Gather numDigits="6" timeout="8" action="/keyed"><Say>Votre code</Say></Gather><Say>Rien.</Say>"#,
        ),
        _ => TestService::twiml("<Hangup/>"),
    })
    .await;
    let street = Street { service, ..street(MASKED).await };
    let hook = |path: &str| Hook::post(format!("{}{path}", street.service.base_url));
    let order = || Order {
        from: PROXY.to_owned(),
        to: CLIENT.to_owned(),
        answer: hook("/code"),
        fallback: None,
        status_callback: Some(hook("/status")),
        events: vec!["completed".to_owned()],
    };
    let held = street.world.hold(vec![CLIENT.to_owned()]);
    street.world.place_call(order()).unwrap();
    assert_eq!(street.until(CLIENT, Phase::Ringing).await.shows, PROXY);
    assert_eq!(street.world.act(CLIENT, Act::Keys("12x".to_owned())), Err(NotNow::NoSuchKey));
    street.world.act(CLIENT, Act::Answer).unwrap();
    assert_eq!(street.until(CLIENT, Phase::Listening).await.shows, PROXY);
    for key in ["6", "5", "4", "3", "2", "1"] {
        street.advance(1);
        street.world.act(CLIENT, Act::Keys(key.to_owned())).unwrap();
    }
    let over = |world: &World| world.placed_calls().pop();
    street.world.wait_for(LIMIT, over).await.unwrap();
    let seen = street.service.seen();
    let keyed = seen.iter().find(|seen| path(seen) == "/keyed").unwrap();
    assert_eq!(keyed.field("Digits"), "654321");
    assert_eq!(seen.last().unwrap().field("CallStatus"), "completed");
    assert_eq!(street.world.act(CLIENT, Act::HangUp), Err(NotNow::InNoCall));

    // Nobody holds it any more: it answers by itself again.
    drop(held);
    street.world.place_call(order()).unwrap();
    street.world.settle().await;
    assert_eq!(street.world.placed_calls()[1].heard(), ["Votre code", "Rien."]);
}

#[test]
fn a_handset_does_only_what_it_can() {
    let world = Options::default().world().unwrap();
    assert_eq!(world.act(COURIER, Act::HangUp), Err(NotNow::InNoCall));
    world.begin_line(COURIER, Phase::Dialling, PROXY).unwrap();
    assert_eq!(world.act(COURIER, Act::Answer), Err(NotNow::DoesNotRing));
    world.end_line(COURIER, "completed");
    assert_eq!(world.act(COURIER, Act::Keys("1".to_owned())), Err(NotNow::InNoCall));
    world.begin_line(COURIER, Phase::Dialling, PROXY).unwrap();
}
