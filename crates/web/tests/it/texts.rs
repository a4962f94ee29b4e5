//! Texts: who reads what, from which number, and what the sender is told.

use proxycall_testkit::sandbox::{TextScript, world::ReceivedText};
use proxycall_testkit::{
    app::{CLIENT, COURIER, OTHER_COURIER, TestApp, run_test_on_both, twiml},
    run_test,
};
use rstest::rstest;
use serde_json::{Value, json};

/// A client who lives in Ireland.
const IRISH_CLIENT: &str = "+33639980011";
/// From where nobody is relayed.
const UNITED_STATES: &str = "+14155550101";
/// An empty answer.
const NOTHING: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

/// What a phone has received, body by body, all of it from this number.
fn bodies(app: &TestApp, phone: &str, from: &str) -> Vec<String> {
    let inbox = app.world.inbox(phone);
    assert!(inbox.iter().all(|text| text.from == from), "{inbox:?}");
    inbox.into_iter().map(|text| text.body).collect()
}

#[tokio::test]
async fn a_courier_writes_to_the_client_who_answers_and_both_see_the_proxy_number() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(COURIER, &proxy, "Je suis en bas").await;
        app.text(CLIENT, &proxy, "J’arrive").await;
        app.text(COURIER, &proxy, "Merci").await;
        assert_eq!(bodies(app, CLIENT, &proxy), ["Je suis en bas", "Merci"]);
        assert_eq!(bodies(app, COURIER, &proxy), ["J’arrive"]);
        assert_eq!(app.outcomes().await, ["delivered"; 3]);
    })
    .await;
}

#[tokio::test]
async fn a_relayed_text_is_answered_with_nothing() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let text = app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!(twiml(&text), [NOTHING]);
    })
    .await;
}

#[tokio::test]
async fn a_relayed_text_is_one_interaction_with_both_messages_its_times_and_masked_numbers() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        let text = app.text(CLIENT, &proxy, "Bonjour").await;
        let mut row = app.latest().await;
        assert!(row["id"].take().as_str().unwrap().starts_with("int_"));
        let expected = json!({
            "id": null,
            "channel": "text",
            "direction": "from_client",
            "client_id": "1",
            "proxy_number": "+****9001",
            "party": "+****0002",
            "inbound_sid": text.sid,
            "outbound_sid": app.world.sent_messages()[0].sid,
            "outcome": "delivered",
            "error_code": null,
            "error_meaning": null,
            "started_at": "2026-11-23T08:00:00.002Z",
            "ended_at": "2026-11-23T08:00:00.002Z",
            "duration_s": null,
        });
        assert_eq!(row, expected);
    })
    .await;
}

#[rstest]
#[case::the_longest_that_a_carrier_takes("é".repeat(1600))]
#[case::emoji("🙂👨‍👩‍👧🇫🇷".to_owned())]
#[case::quotes_and_signs_of_markup(r#"« l'été » "5 < 6" & <Say>non</Say> ]]> %27 + \"#.to_owned())]
#[case::newlines_and_spaces_at_both_ends("  ligne 1\n\nligne 2\r\n\ttab  ".to_owned())]
#[case::a_code("482 913".to_owned())]
#[case::something_like_stop("Stop au feu rouge".to_owned())]
#[tokio::test]
async fn a_body_is_relayed_as_it_was_written(#[case] body: String) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(COURIER, &proxy, &body).await;
        assert_eq!(bodies(app, CLIENT, &proxy), [body.as_str()]);
    })
    .await;
}

#[tokio::test]
async fn pictures_are_counted_in_the_readers_language_and_never_passed_on() {
    run_test(async |app| {
        let (french, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        let mms = |to: &str, body: &str, media| TextScript { media, ..TextScript::new(COURIER, to, body) };
        app.text_with(mms(&french, "Le colis est là", 2)).await;
        app.text_with(mms(&french, "", 1)).await;
        app.text_with(mms(&irish, "Your parcel", 3)).await;
        insta::assert_snapshot!(bodies(app, CLIENT, &french).join("\n--\n"), @r"
        Le colis est là
        (2 images n’ont pas pu être transmises.)
        --
        (1 image n’a pas pu être transmise.)
        ");
        insta::assert_snapshot!(bodies(app, IRISH_CLIENT, &irish).join("\n--\n"), @r"
        Your parcel
        (3 pictures could not be passed on.)
        ");
        assert!(app.world.sent_messages().iter().all(|message| message.media == 0));
    })
    .await;
}

#[tokio::test]
async fn a_long_text_with_pictures_is_shortened_for_the_line_about_them() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text_with(TextScript { media: 1, ..TextScript::new(COURIER, &proxy, "a".repeat(1600)) }).await;
        let body = bodies(app, CLIENT, &proxy).remove(0);
        assert_eq!(body.chars().count(), 1600);
        assert!(body.ends_with("a\n(1 image n’a pas pu être transmise.)"), "{body}");
    })
    .await;
}

#[rstest]
#[case::by_its_word("STOP", None)]
#[case::in_small_letters_with_spaces(" stop ", None)]
#[case::in_french("Arrêt", None)]
#[case::as_the_carrier_says("Laissez-moi tranquille", Some("STOP"))]
#[case::a_wish_to_start_again("START", Some("START"))]
#[case::a_wish_for_help("HELP", Some("HELP"))]
#[tokio::test]
async fn a_wish_to_stop_is_recorded_and_neither_relayed_nor_answered(
    #[case] body: &str,
    #[case] opt_out_type: Option<&str>,
) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let opt_out_type = opt_out_type.map(str::to_owned);
        let text = app.text_with(TextScript { opt_out_type, ..TextScript::new(COURIER, &proxy, body) }).await;
        assert_eq!(twiml(&text), [NOTHING]);
        assert_eq!(text.error_codes(), [0; 0]);
        assert_eq!(app.world.sent_messages(), []);
        assert_eq!(app.outcomes().await, ["opt_out"]);
    })
    .await;
}

/// The sender is told nothing, or this; nothing is relayed.
async fn refused(app: &TestApp, text: TextScript, outcome: &str) -> Vec<ReceivedText> {
    let sent = app.world.sent_messages().len();
    let transcript = app.text_with(text).await;
    assert_eq!(app.world.sent_messages().len(), sent, "nothing is relayed");
    assert_eq!(transcript.error_codes(), [0; 0]);
    let row = app.latest().await;
    assert_eq!((&row["outcome"], &row["inbound_sid"]), (&json!(outcome), &json!(transcript.sid)));
    assert!(row["ended_at"].is_string(), "{row}");
    transcript.received().into_iter().map(|(_, text)| text).collect()
}

#[rstest]
#[case::a_short_code("38123")]
#[case::an_alphanumeric_sender("LAPOSTE")]
#[tokio::test]
async fn a_sender_who_cannot_be_answered_is_relayed_and_never_remembered(#[case] from: &str) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(from, &proxy, "Votre colis arrive").await;
        assert_eq!(bodies(app, CLIENT, &proxy), ["Votre colis arrive"]);
        assert_eq!(app.latest().await["party"], Value::Null);
        refused(app, TextScript::new(CLIENT, &proxy, "Merci"), "refused_no_recent_caller").await;
    })
    .await;
}

#[tokio::test]
async fn a_whatsapp_text_is_relayed_as_a_plain_one_and_its_sender_remembered() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let whatsapp = TextScript::new(format!("whatsapp:{COURIER}"), format!("whatsapp:{proxy}"), "Bonjour");
        app.text_with(whatsapp).await;
        assert_eq!(bodies(app, CLIENT, &proxy), ["Bonjour"]);
        app.text(CLIENT, &proxy, "Bonjour à vous").await;
        let sent = app.world.sent_messages();
        assert_eq!((sent[1].from.as_str(), sent[1].to.as_str()), (proxy.as_str(), COURIER));
    })
    .await;
}

#[tokio::test]
async fn a_sender_from_outside_the_regions_is_told_so_in_the_clients_language() {
    run_test(async |app| {
        let (french, irish) = (app.client(1, CLIENT).await, app.client_in("IE", 2, IRISH_CLIENT).await);
        let told = refused(app, TextScript::new(UNITED_STATES, &french, "Hi"), "refused_region").await;
        insta::assert_snapshot!(told[0].body, @"Ce numéro n’est pas joignable depuis votre pays : votre message n’a pas été remis.");
        assert_eq!(told[0].from, french);
        let told = refused(app, TextScript::new(UNITED_STATES, &irish, "Hi"), "refused_region").await;
        insta::assert_snapshot!(told[0].body, @"This number cannot be reached from your country: your message was not delivered.");
        refused(app, TextScript::new(CLIENT, &french, "Merci"), "refused_no_recent_caller").await;
    })
    .await;
}

#[tokio::test]
async fn a_client_whom_nobody_contacted_is_told_so() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let told = refused(app, TextScript::new(CLIENT, &proxy, "Bonjour"), "refused_no_recent_caller").await;
        insta::assert_snapshot!(told[0].body, @"Personne ne vous a contacté récemment sur ce numéro : votre message n’a pas été remis.");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_number_is_said_to_be_not_in_use() {
    run_test(async |app| {
        app.carrier_number("+33199007777");
        let told = refused(app, TextScript::new(COURIER, "+33199007777", "Bonjour"), "refused_unknown_number").await;
        insta::assert_snapshot!(told[0].body, @"Ce numéro n’est pas attribué : votre message n’a pas été remis.");
    })
    .await;
}

#[tokio::test]
async fn a_destination_that_became_forbidden_is_not_texted() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(COURIER, &proxy, "Bonjour").await;
        app.setting("destinations.forbidden", "33639980002").await;
        let told = refused(app, TextScript::new(CLIENT, &proxy, "Bonjour"), "refused_destination").await;
        insta::assert_snapshot!(told[0].body, @"Le numéro de votre correspondant ne peut pas recevoir de message : votre message n’a pas été remis.");
    })
    .await;
}

#[rstest]
#[case::withheld("anonymous", "Bonjour", "refused_withheld")]
#[case::no_sender("", "Bonjour", "refused_withheld")]
#[case::an_empty_body(COURIER, "", "refused_empty")]
#[case::spaces_only(COURIER, " \n ", "refused_empty")]
#[case::another_proxy_number("+33199009002", "Bonjour", "refused_loop")]
#[case::its_own_number("+33199009001", "Bonjour", "refused_loop")]
#[tokio::test]
async fn whoever_cannot_or_need_not_be_told_is_told_nothing(
    #[case] from: &str,
    #[case] body: &str,
    #[case] outcome: &str,
) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.client(2, OTHER_COURIER).await;
        assert_eq!(refused(app, TextScript::new(from, &proxy, body), outcome).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_body_is_kept_until_its_delivery_is_final_and_not_longer() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let kept =
            async || app.store.database().count("interaction WHERE body IS NOT NULL OR relay_to IS NOT NULL").await;
        app.world.hold_status_callbacks(true);
        app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!((app.outcomes().await, kept().await), (vec!["sent".to_owned()], 1));
        app.world.hold_status_callbacks(false);
        app.world.settle().await;
        assert_eq!((app.outcomes().await, kept().await), (vec!["delivered".to_owned()], 0));
        app.text(UNITED_STATES, &proxy, "Hi").await;
        app.text(COURIER, &proxy, "STOP").await;
        assert_eq!(kept().await, 0, "what is not relayed is not kept");
    })
    .await;
}

#[rstest]
#[case::nothing_at_all(&[])]
#[case::no_number(&[("MessageSid", "SModd"), ("From", COURIER), ("Body", "Bonjour")])]
#[case::no_id(&[("From", COURIER), ("To", "+33199009001"), ("Body", "Bonjour")])]
#[case::numbers_that_are_none(&[("MessageSid", "SModd"), ("From", "\u{0}"), ("To", "&<>"), ("Body", "\u{0}")])]
#[case::a_delivery_receipt(&[("MessageSid", "SModd"), ("From", COURIER), ("To", "+33199009001"), ("MessageStatus", "sent")])]
#[tokio::test]
async fn a_form_that_is_no_text_is_answered_with_nothing_and_leaves_nothing(#[case] form: &[(&str, &str)]) {
    run_test(async |app| {
        app.client(1, CLIENT).await;
        assert_eq!(app.webhook("/twilio/sms", form).await, (200, NOTHING.to_owned()));
        assert_eq!(app.outcomes().await, [""; 0]);
    })
    .await;
}

#[rstest]
#[case::nul("avant\u{0}après")]
#[case::signs_that_xml_cannot_hold("avant\u{1}\u{fffe}après")]
#[tokio::test]
async fn a_body_with_odd_signs_is_relayed_and_no_store_stumbles_over_it(#[case] body: &str) {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(COURIER, &proxy, body).await;
        assert_eq!(bodies(app, CLIENT, &proxy), [body]);
    })
    .await;
}

#[tokio::test]
async fn the_same_text_50_times_at_once_is_one_interaction_one_sent_message_and_50_equal_answers() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let form = [("MessageSid", "SMfifty"), ("From", COURIER), ("To", proxy.as_str()), ("Body", "Bonjour")];
        let answers = crate::support::at_once(50, || app.webhook("/twilio/sms", &form)).await;
        assert!(answers.iter().all(|answer| *answer == (200, NOTHING.to_owned())), "{answers:?}");
        app.drain_jobs().await;
        assert_eq!(bodies(app, CLIENT, &proxy), ["Bonjour"]);
        assert_eq!(app.outcomes().await, ["delivered"]);
        assert_eq!(app.webhook("/twilio/sms", &form).await, answers[0]);
        app.drain_jobs().await;
        assert_eq!(app.world.sent_messages().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_text_that_was_refused_gets_the_same_notice() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(UNITED_STATES, &proxy, "Hi").await;
        let first = app.world.webhooks().remove(0);
        // Somebody calls meanwhile, and the operator lets everybody in: the answer stays what it was.
        app.setting("regions.allowed", "EU US").await;
        let again = app.world.send_webhook(&first.hook, &first.params).await.unwrap();
        assert_eq!(again.body, first.answer);
        assert_eq!(app.outcomes().await, ["refused_region"]);
    })
    .await;
}
