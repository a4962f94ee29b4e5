use proptest::prelude::*;
use rstest::{fixture, rstest};

use super::*;

const PROXY: &str = "+33199000001";
const CLIENT: &str = "+33639980001";
const COURIER: &str = "+33639980002";

fn phone(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

#[fixture]
fn policy() -> Policy {
    Policy::shipped().unwrap()
}

fn facts(last_caller: Option<&str>) -> Facts {
    Facts {
        client: Some(ClientFacts {
            id: ClientId::new(1).unwrap(),
            phone: phone(CLIENT),
            country: CountryCode::FRANCE,
            last_caller: last_caller.map(phone),
            last_caller_is_blocked: false,
            pause: None,
        }),
        caller_is_proxy: false,
        caller_is_blocked: false,
    }
}

/// Noon of a day.
fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// Since this morning, until so many seconds from now.
fn pause(seconds: Option<i64>) -> Pause {
    let until = seconds.map(|seconds| now() + jiff::SignedDuration::from_secs(seconds));
    Pause { since: "2026-11-23T08:00:00Z".parse().unwrap(), until }
}

fn text(body: &str) -> TextContent {
    TextContent { body: body.to_owned(), images: 0, carrier_opt_out: false }
}

fn reaches_client(remember: Option<&str>) -> Action {
    Action::Relay { to: phone(CLIENT), remember: remember.map(phone) }
}

#[rstest]
#[case::a_courier_reaches_the_client_and_is_remembered(COURIER, reaches_client(Some(COURIER)))]
#[case::portugal_is_let_in("+351910000001", reaches_client(Some("+351910000001")))]
#[case::the_united_states_are_not("+14155550101", Action::Refuse(Refusal::Region))]
#[case::a_hidden_number_is_refused("anonymous", Action::Refuse(Refusal::Withheld))]
#[case::a_hidden_number_that_looks_like_one_is_refused("+266696687", Action::Refuse(Refusal::Withheld))]
#[case::a_name_is_refused("LAPOSTE", Action::Refuse(Refusal::Region))]
#[case::a_premium_caller_is_connected_but_not_remembered("+33899000000", reaches_client(None))]
#[case::a_client_without_a_last_caller_has_nobody(CLIENT, Action::Refuse(Refusal::NoRecentCaller))]
fn calls_are_decided_by_who_calls(policy: Policy, #[case] from: &str, #[case] action: Action) {
    assert_eq!(policy.route_call(&Address::parse(from), &facts(None), now()).action, action);
}

#[rstest]
fn the_client_reaches_whoever_came_last(policy: Policy) {
    let decision = policy.route_call(&Address::parse(CLIENT), &facts(Some(COURIER)), now());
    let expected = Action::Relay { to: phone(COURIER), remember: None };
    assert_eq!((decision.direction, decision.action), (Some(Direction::FromClient), expected));
}

#[rstest]
#[case::a_stranger_who_is_refused("+14155550101", Some(Direction::ToClient))]
#[case::a_hidden_number("anonymous", Some(Direction::ToClient))]
#[case::the_client_who_has_nobody_to_call(CLIENT, Some(Direction::FromClient))]
fn whoever_is_refused_meant_to_reach_somebody(
    policy: Policy,
    #[case] from: &str,
    #[case] direction: Option<Direction>,
    #[values(true, false)] blocked: bool,
) {
    let facts = Facts { caller_is_blocked: blocked, ..facts(None) };
    let decision = policy.route_call(&Address::parse(from), &facts, now());
    assert!(matches!(decision.action, Action::Refuse(_)));
    assert_eq!(decision.direction, direction);
    assert_eq!(policy.route_call(&Address::parse(from), &Facts::default(), now()).direction, None);
}

#[rstest]
fn the_client_passes_from_any_country_on_the_own_proxy_number(policy: Policy) {
    let mut facts = facts(Some(COURIER));
    let american = phone("+14155550101");
    facts.client.as_mut().unwrap().phone = american;
    let decision = policy.route_call(&Address::Phone(american), &facts, now());
    assert!(decision.direction == Some(Direction::FromClient) && matches!(decision.action, Action::Relay { .. }));
}

#[rstest]
fn nobody_is_connected_to_a_forbidden_destination(policy: Policy) {
    let decision = policy.route_call(&Address::parse(CLIENT), &facts(Some("+33899000000")), now());
    assert_eq!(decision.action, Action::Refuse(Refusal::Destination));
    let mut to_satellite = facts(None);
    to_satellite.client.as_mut().unwrap().phone = phone("+881600000000");
    let decision = policy.route_call(&Address::parse(COURIER), &to_satellite, now());
    assert_eq!(decision.action, Action::Refuse(Refusal::Destination));
}

#[rstest]
fn an_unknown_proxy_number_is_said_in_french(policy: Policy) {
    let decision = policy.route_call(&Address::parse(COURIER), &Facts::default(), now());
    assert_eq!(decision.action, Action::Refuse(Refusal::UnknownNumber));
    assert_eq!(decision.language, Language::Fr);
}

#[rstest]
#[case(true)]
#[case(false)]
fn a_proxy_number_that_calls_a_proxy_number_goes_no_further(policy: Policy, #[case] known: bool) {
    let facts =
        Facts { caller_is_proxy: true, caller_is_blocked: false, client: known.then(|| facts(None).client.unwrap()) };
    let decision = policy.route_call(&Address::parse("+33199000002"), &facts, now());
    assert_eq!(decision.action, Action::Refuse(Refusal::Loop));
    let decision = policy.route_text(&Address::parse("+33199000002"), &text("hello"), &facts, now());
    assert_eq!(decision.action, Action::Refuse(Refusal::Loop));
    assert_eq!(policy.answer_text(&decision, &Address::parse("+33199000002")), TextAnswer::Nothing);
}

#[rstest]
fn a_setting_lets_hidden_numbers_through_without_remembering_them(mut policy: Policy) {
    policy.set("calls.withheld", "connect").unwrap();
    let decision = policy.route_call(&Address::Withheld, &facts(None), now());
    assert_eq!(decision.action, reaches_client(None));
}

#[rstest]
#[case("38123")]
#[case("LAPOSTE")]
fn texts_from_short_codes_and_names_are_relayed_and_never_remembered(policy: Policy, #[case] from: &str) {
    let decision = policy.route_text(&Address::parse(from), &text("Votre colis arrive"), &facts(None), now());
    assert_eq!(decision.action, reaches_client(None));
}

#[rstest]
#[case::the_carrier_says_so(TextContent { body: "Salut".to_owned(), images: 0, carrier_opt_out: true })]
#[case::the_word_says_so(text("stop"))]
fn a_wish_to_stop_is_recorded_and_neither_relayed_nor_answered(policy: Policy, #[case] content: TextContent) {
    let sender = Address::parse(COURIER);
    for facts in [facts(None), Facts::default()] {
        let decision = policy.route_text(&sender, &content, &facts, now());
        assert_eq!(decision.action, Action::OptOut);
        assert_eq!(policy.answer_text(&decision, &sender), TextAnswer::Nothing);
    }
}

#[rstest]
fn a_refused_text_is_answered_only_where_an_answer_can_go(policy: Policy) {
    let nobody = Facts::default();
    let notice = |from: &str| {
        let sender = Address::parse(from);
        policy.answer_text(&policy.route_text(&sender, &text("hello"), &nobody, now()), &sender)
    };
    assert!(matches!(notice(COURIER), TextAnswer::Notice(_)));
    for from in ["LAPOSTE", "38123", "anonymous", "+33899000000"] {
        assert_eq!(notice(from), TextAnswer::Nothing, "{from}");
    }
}

#[rstest]
fn an_empty_text_is_neither_relayed_nor_answered(policy: Policy) {
    let decision = policy.route_text(&Address::parse(COURIER), &text(" "), &facts(None), now());
    assert_eq!(decision.action, Action::Refuse(Refusal::Empty));
    assert_eq!(policy.answer_text(&decision, &Address::parse(COURIER)), TextAnswer::Nothing);
}

#[rstest]
fn images_become_a_line_and_never_an_address(policy: Policy) {
    let with_images = |body: &str, images| TextContent { body: body.to_owned(), images, carrier_opt_out: false };
    insta::assert_snapshot!(
        policy.relayed_body(&with_images("Colis déposé", 2), Language::Fr),
        @"
    Colis déposé
    (2 images n’ont pas pu être transmises.)
    "
    );
    insta::assert_snapshot!(
        policy.relayed_body(&with_images("", 1), Language::En),
        @"(1 picture could not be passed on.)"
    );
    let long = policy.relayed_body(&with_images(&"é".repeat(1600), 3), Language::Fr);
    assert_eq!(long.chars().count(), 1600);
    assert!(long.ends_with(')'));
}

#[rstest]
fn a_connected_call_shows_the_proxy_number(policy: Policy) {
    let decision = policy.route_call(&Address::parse(COURIER), &facts(None), now());
    let expected =
        CallAnswer::Connect { to: phone(CLIENT), caller_id: phone(PROXY), ring_timeout_s: 25, time_limit_s: 3600 };
    assert_eq!(policy.answer_call(&decision, phone(PROXY)), expected);
}

fn any_pause() -> impl Strategy<Value = Option<Pause>> {
    proptest::option::of(proptest::option::of(-2_i64..=2).prop_map(pause))
}

#[rstest]
fn a_blocked_caller_hears_no_reason_and_gets_no_text(policy: Policy) {
    let facts = Facts { caller_is_blocked: true, ..facts(Some(COURIER)) };
    let caller = Address::parse(COURIER);
    let decision = policy.route_call(&caller, &facts, now());
    assert_eq!(decision.action, Action::Refuse(Refusal::Blocked));
    let CallAnswer::Say { sentence, .. } = policy.answer_call(&decision, phone(PROXY)) else { panic!("connected") };
    insta::assert_snapshot!(sentence, @"Votre appel ne peut pas aboutir. Au revoir.");
    let decision = policy.route_text(&caller, &text("hello"), &facts, now());
    assert_eq!(decision.action, Action::Refuse(Refusal::Blocked));
    assert_eq!(policy.answer_text(&decision, &caller), TextAnswer::Nothing);
}

#[rstest]
fn the_client_does_not_reach_back_to_somebody_blocked_since(policy: Policy) {
    let mut facts = facts(Some(COURIER));
    facts.client.as_mut().unwrap().last_caller_is_blocked = true;
    let client = Address::parse(CLIENT);
    let decision = policy.route_call(&client, &facts, now());
    assert_eq!(decision.action, Action::Refuse(Refusal::LastCallerBlocked));
    let CallAnswer::Say { sentence, .. } = policy.answer_call(&decision, phone(PROXY)) else { panic!("connected") };
    insta::assert_snapshot!(sentence, @"Le numéro de votre correspondant ne peut pas être appelé. Au revoir.");
    let decision = policy.route_text(&client, &text("hello"), &facts, now());
    assert_eq!(decision.action, Action::Refuse(Refusal::LastCallerBlocked));
    assert!(matches!(policy.answer_text(&decision, &client), TextAnswer::Notice(_)));
    // Anybody else still reaches the client.
    let decision = policy.route_call(&Address::parse("+33639980003"), &facts, now());
    assert_eq!(decision.action, reaches_client(Some("+33639980003")));
}

#[rstest]
#[case::until_somebody_ends_it(None, true)]
#[case::until_later(Some(1), true)]
#[case::until_now(Some(0), false)]
#[case::until_a_moment_ago(Some(-1), false)]
fn nobody_reaches_a_paused_client_while_the_pause_lasts(
    mut policy: Policy,
    #[case] until: Option<i64>,
    #[case] lasts: bool,
) {
    policy.set("calls.withheld", "connect").unwrap();
    let mut facts = facts(Some(COURIER));
    facts.client.as_mut().unwrap().pause = Some(pause(until));
    for from in [COURIER, "anonymous"] {
        let caller = Address::parse(from);
        let call = policy.route_call(&caller, &facts, now());
        let written = policy.route_text(&caller, &text("hello"), &facts, now());
        assert_eq!(call.action == Action::Refuse(Refusal::Paused), lasts, "{from}");
        assert_eq!(written.action, call.action, "{from}");
    }
    let own = policy.route_call(&Address::parse(CLIENT), &facts, now());
    assert!(matches!(own.action, Action::Relay { .. }), "the client's own calls go out");
}

fn any_phone() -> impl Strategy<Value = PhoneNumber> {
    "[1-9][0-9]{7,14}".prop_map(|digits| digits.parse().unwrap())
}

proptest! {
    #[test]
    fn whoever_calls_the_caller_id_is_the_proxy_and_nobody_forbidden_is_dialled(
        from in "(\\+?[0-9]{0,16}|[a-zA-Z]{0,11})",
        client in any_phone(),
        last in proptest::option::of(any_phone()),
        caller_is_proxy: bool,
        caller_is_blocked: bool,
        last_caller_is_blocked: bool,
        pause in any_pause(),
    ) {
        let policy = Policy::shipped().unwrap();
        let proxy = phone(PROXY);
        let facts = Facts {
            client: Some(ClientFacts {
                id: ClientId::new(1).unwrap(),
                phone: client,
                country: CountryCode::FRANCE,
                last_caller: last,
                last_caller_is_blocked,
                pause,
            }),
            caller_is_proxy,
            caller_is_blocked,
        };
        let caller = Address::parse(&from);
        let decision = policy.route_call(&caller, &facts, now());
        if let CallAnswer::Connect { to, caller_id, .. } = policy.answer_call(&decision, proxy) {
            prop_assert_eq!(caller_id, proxy);
            prop_assert!(!policy.forbids(to) && !caller_is_proxy);
            prop_assert!(to == client || Some(to) == last && caller.phone() == Some(client));
            prop_assert!(caller.phone() == Some(client) || !pause.is_some_and(|pause| pause.lasts(now())));
        }
        if let Action::Relay { remember: Some(remembered), .. } = decision.action {
            prop_assert!(policy.allows(remembered) && !policy.forbids(remembered) && remembered != client);
        }
    }

    #[test]
    fn a_blocked_caller_is_never_connected_relayed_or_remembered_whatever_the_facts(
        from in any_phone(),
        is_client: bool,
        last in proptest::option::of(any_phone()),
        caller_is_proxy: bool,
        last_caller_is_blocked: bool,
        pause in any_pause(),
        connect_withheld: bool,
        body in ".{0,8}",
    ) {
        let mut policy = Policy::shipped().unwrap();
        policy.connect_withheld = connect_withheld;
        let facts = Facts {
            client: Some(ClientFacts {
                id: ClientId::new(1).unwrap(),
                phone: if is_client { from } else { phone(CLIENT) },
                country: CountryCode::FRANCE,
                last_caller: last,
                last_caller_is_blocked,
                pause,
            }),
            caller_is_proxy,
            caller_is_blocked: true,
        };
        let caller = Address::Phone(from);
        let call = policy.route_call(&caller, &facts, now());
        prop_assert!(matches!(call.action, Action::Refuse(Refusal::Blocked | Refusal::Loop)), "{:?}", call.action);
        let said = policy.answer_call(&call, phone(PROXY));
        prop_assert!(matches!(said, CallAnswer::Say { .. }), "{:?}", said);
        let written = policy.route_text(&caller, &text(&body), &facts, now());
        prop_assert!(!matches!(written.action, Action::Relay { .. }), "{:?}", written.action);
        prop_assert_eq!(policy.answer_text(&written, &caller), TextAnswer::Nothing);
    }
}
