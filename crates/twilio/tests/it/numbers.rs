//! Promises: numbers are searched, bought, wired, listed and given back as the carrier's API documents, and a list is
//! whole or an error.

use axum::http::header;
use proptest::prelude::*;
use proxycall_domain::{
    PhoneNumber,
    wiring::{Hook, Wiring},
};
use proxycall_service::ports::carrier::{
    Capabilities, Carrier as _, CarrierError, CarrierNumber, NumberOffer, NumberPurchase, NumberSearch, NumberUpdate,
    OutgoingCall, PlacedCall, Shelf,
};
use proxycall_twilio::Form;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    client::{BASIC, SID, client, proxy, receiver},
    loopback::{Answer, Asked, Loopback},
};

fn phone(last: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+3319900{last:04}")).unwrap()
}

/// A number resource, with more fields than are used.
fn number(sid: &str, phone: PhoneNumber) -> Value {
    json!({
        "sid": sid, "phone_number": phone.expose(), "friendly_name": "Pool-FR-1", "account_sid": SID, "beta": false,
        "capabilities": { "voice": true, "sms": false, "mms": false, "fax": false }, "status": "in-use",
        "date_created": "Thu, 30 Jul 2015 20:00:00 +0000",
        "voice_url": "https://hotline.example/answer", "voice_method": "GET",
        "voice_fallback_url": "", "voice_fallback_method": "POST",
        "sms_url": "https://hotline.example/text", "sms_method": null,
        "sms_fallback_url": null, "sms_fallback_method": null,
        "status_callback": null, "trunk_sid": null, "voice_application_sid": "", "sms_application_sid": "AP1",
    })
}

fn page(numbers: &[Value], next: Option<&str>) -> Answer {
    Answer::new(200, json!({ "incoming_phone_numbers": numbers, "next_page_uri": next, "page": 0 }).to_string())
}

fn path(below: &str) -> String {
    format!("/2010-04-01/Accounts/{SID}/{below}")
}

fn the_one(carrier: &Loopback) -> Asked {
    let [asked] = carrier.asked().try_into().unwrap();
    assert_eq!(asked.header(header::AUTHORIZATION), BASIC);
    asked
}

fn form(asked: &Asked) -> Vec<(String, String)> {
    Form::parse(asked.body.as_bytes()).iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn search(shelf: Shelf, require_voice: bool, require_sms: bool, limit: u32) -> NumberSearch {
    NumberSearch { country: "FR".parse().unwrap(), shelf, require_voice, require_sms, limit }
}

// ── for sale ─────────────────────────────────────────────────────────────────────────────────────────────────────────

#[rstest]
#[case(search(Shelf::Mobile, false, false, 10), "FR/Mobile.json?PageSize=10")]
#[case(search(Shelf::Local, true, false, 500), "FR/Local.json?PageSize=100&VoiceEnabled=true")]
#[case(search(Shelf::National, false, true, 0), "FR/National.json?PageSize=1&SmsEnabled=true")]
#[case(search(Shelf::TollFree, true, true, 3), "FR/TollFree.json?PageSize=3&VoiceEnabled=true&SmsEnabled=true")]
#[tokio::test]
async fn a_search_names_country_shelf_and_what_is_needed(#[case] search: NumberSearch, #[case] target: &str) {
    let carrier = Loopback::answering([Answer::new(200, json!({ "available_phone_numbers": [] }).to_string())]).await;
    assert_eq!(client(&carrier.base_url).numbers_for_sale(&search).await, Ok(Vec::new()));
    let asked = the_one(&carrier);
    assert_eq!((asked.method.as_str(), asked.target), ("GET", format!("{}{target}", path("AvailablePhoneNumbers/"))));
}

#[tokio::test]
async fn an_offer_that_lacks_what_is_needed_is_left_out_and_no_more_are_given_than_asked_for() {
    let offer = |last: u32, sms: bool| json!({ "phone_number": phone(last).expose(), "capabilities": { "voice": true, "SMS": sms, "MMS": false } });
    let offers = [offer(1, false), json!({ "phone_number": null }), offer(2, true), offer(3, true), offer(4, true)];
    let body = json!({ "available_phone_numbers": offers }).to_string();
    let carrier = Loopback::answering([Answer::new(200, body)]).await;
    let found = client(&carrier.base_url).numbers_for_sale(&search(Shelf::Mobile, true, true, 2)).await.unwrap();
    let capabilities = Capabilities { voice: true, sms: true, mms: false };
    assert_eq!(found, [2, 3].map(|last| NumberOffer { phone: phone(last), capabilities }));
}

#[tokio::test]
async fn a_shelf_that_the_country_does_not_have_is_empty_but_a_bare_404_is_an_error() {
    let none = Answer::new(404, json!({ "code": 20404, "status": 404 }).to_string());
    let carrier = Loopback::answering([none, Answer::new(404, "<html>not here</html>")]).await;
    let client = client(&carrier.base_url);
    assert_eq!(client.numbers_for_sale(&search(Shelf::TollFree, true, false, 5)).await, Ok(Vec::new()));
    let error = client.numbers_for_sale(&search(Shelf::TollFree, true, false, 5)).await.unwrap_err();
    assert!(matches!(error, CarrierError::Refused { status: 404, code: 0, .. }), "{error}");
}

// ── bought ───────────────────────────────────────────────────────────────────────────────────────────────────────────

fn purchase() -> NumberPurchase {
    NumberPurchase {
        phone: phone(1),
        friendly_name: "Pool-FR-1".to_owned(),
        wiring: Wiring { status: Hook::default(), ..Wiring::ours("https://proxycall.example") },
        address_sid: Some("AD1".to_owned()),
        bundle_sid: None,
    }
}

#[tokio::test]
async fn a_number_is_bought_wired_and_with_nothing_that_is_empty() {
    let carrier = Loopback::answering([Answer::new(201, number("PN1", phone(1)).to_string())]).await;
    let bought = client(&carrier.base_url).buy_number(&purchase()).await.unwrap();
    let expected = CarrierNumber {
        sid: "PN1".to_owned(),
        phone: phone(1),
        friendly_name: "Pool-FR-1".to_owned(),
        capabilities: Capabilities { voice: true, sms: false, mms: false },
        wiring: Wiring {
            voice: Hook { url: "https://hotline.example/answer".to_owned(), method: "GET".to_owned() },
            text: Hook::post("https://hotline.example/text"),
            text_application: Some("AP1".to_owned()),
            ..Wiring::default()
        },
        created_at: Some("2015-07-30T20:00:00Z".parse().unwrap()),
    };
    assert_eq!(bought, expected);

    let asked = the_one(&carrier);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", &*path("IncomingPhoneNumbers.json")));
    assert_eq!(asked.header(header::CONTENT_TYPE), "application/x-www-form-urlencoded");
    let expected = [
        ("PhoneNumber", "+33199000001"),
        ("FriendlyName", "Pool-FR-1"),
        ("VoiceUrl", "https://proxycall.example/twilio/voice#rc=3&rp=all&ct=2000&rt=4000"),
        ("VoiceMethod", "POST"),
        ("VoiceFallbackUrl", "https://proxycall.example/twilio/voice"),
        ("VoiceFallbackMethod", "POST"),
        ("SmsUrl", "https://proxycall.example/twilio/sms#rc=3&rp=all&ct=2000&rt=4000"),
        ("SmsMethod", "POST"),
        ("SmsFallbackUrl", "https://proxycall.example/twilio/sms"),
        ("SmsFallbackMethod", "POST"),
        ("AddressSid", "AD1"),
    ];
    assert_eq!(form(&asked), pairs(&expected));
}

#[rstest]
#[case(21422)]
#[case(21649)]
#[case(21651)]
#[case(21631)]
#[case(21404)]
#[tokio::test]
async fn a_purchase_that_is_refused_says_why_in_words(#[case] code: i32) {
    let carrier = Loopback::answering([Answer::new(400, json!({ "code": code }).to_string())]).await;
    let error = client(&carrier.base_url).buy_number(&purchase()).await.unwrap_err();
    let CarrierError::Refused { status: 400, code: said, meaning, remedy } = error else { panic!("{error}") };
    assert_eq!(said, code);
    assert!(meaning.ends_with('.') && !meaning.contains("does not know"), "{meaning}");
    assert!(remedy.ends_with('.'), "{remedy}");
}

#[rstest]
#[case::half_an_answer(r#"{"sid": "PN1", "phone_nu"#.to_owned())]
#[case::html("<html></html>".to_owned())]
#[case::no_id(json!({ "phone_number": "+33199000001" }).to_string())]
#[tokio::test]
async fn a_purchase_whose_answer_cannot_be_read_may_have_been_made(#[case] body: String) {
    let carrier = Loopback::answering([Answer::new(201, body)]).await;
    let error = client(&carrier.base_url).buy_number(&purchase()).await.unwrap_err();
    assert!(matches!(error, CarrierError::AnswerLost(_)), "{error}");
    assert_eq!(carrier.asked().len(), 1);
}

// ── found and listed ─────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn only_the_whole_number_is_found() {
    let listed = [number("PN2", PhoneNumber::parse("+331990000019").unwrap()), number("PN1", phone(1))];
    let carrier = Loopback::answering([page(&listed, None), page(&listed[..1], None), page(&[], None)]).await;
    let client = client(&carrier.base_url);
    assert_eq!(client.find_number(phone(1)).await.unwrap().unwrap().sid, "PN1");
    assert_eq!(client.find_number(phone(1)).await, Ok(None));
    assert_eq!(client.find_number(phone(1)).await, Ok(None));
    let target = path("IncomingPhoneNumbers.json?PhoneNumber=%2B33199000001&PageSize=1000");
    assert!(carrier.asked().iter().all(|asked| asked.method == "GET" && asked.target == target));
}

async fn list(answers: impl IntoIterator<Item = Answer>) -> (Result<Vec<CarrierNumber>, CarrierError>, Vec<String>) {
    let carrier = Loopback::answering(answers).await;
    let listed = client(&carrier.base_url).numbers().await;
    (listed, carrier.asked().into_iter().map(|asked| asked.target).collect())
}

#[tokio::test]
async fn all_pages_are_read_and_a_number_that_slipped_to_the_next_comes_once() {
    let next = path("IncomingPhoneNumbers.json?PageSize=1000&Page=1&PageToken=PAPN2");
    let first = page(&[number("PN1", phone(1)), number("PN2", phone(2))], Some(&next));
    let second = page(&[number("PN2", phone(2)), number("PN3", phone(3))], None);
    let (listed, asked) = list([first, second]).await;
    let sids: Vec<String> = listed.unwrap().into_iter().map(|number| number.sid).collect();
    assert_eq!(sids, ["PN1", "PN2", "PN3"]);
    assert_eq!(asked, [path("IncomingPhoneNumbers.json?PageSize=1000"), next]);
}

#[rstest]
#[case::the_page_again(&[number("PN1", phone(1)), number("PN2", phone(2))])]
#[case::another_id(&[number("PN9", phone(2))])]
#[case::another_number(&[number("PN2", phone(9))])]
#[case::no_number(&[json!({ "sid": "PN3", "phone_number": null })])]
#[tokio::test]
async fn a_list_that_contradicts_itself_is_an_error(#[case] second: &[Value]) {
    let first = page(&[number("PN1", phone(1)), number("PN2", phone(2))], Some("/next"));
    let (listed, _) = list([first, page(second, None)]).await;
    let error = listed.unwrap_err();
    assert!(matches!(error, CarrierError::AnswerLost(_)), "{error}");
    crate::client::shows_nothing_private(&error);
}

#[tokio::test]
async fn a_list_that_leads_in_a_circle_or_never_ends_is_an_error() {
    let at = |last: u32, next: &str| page(&[number(&format!("PN{last}"), phone(last))], Some(next));
    let (listed, asked) = list((0..30).map(|last| at(last, if last % 2 == 0 { "/a" } else { "/b" }))).await;
    assert!(matches!(listed, Err(CarrierError::AnswerLost(_))));
    assert_eq!(asked.len(), 3);
    let (listed, asked) = list((0..200).map(|last| at(last, &format!("/{last}")))).await;
    assert!(matches!(listed, Err(CarrierError::AnswerLost(_))));
    assert_eq!(asked.len(), 100);
}

#[rstest]
#[case::half_a_page(Answer::new(200, r#"{"incoming_phone_numbers": [{"sid": "PN9", "phone_nu"#))]
#[case::nothing_said_of_what_follows(Answer::new(200, json!({ "incoming_phone_numbers": [] }).to_string()))]
#[case::html(Answer::new(200, "<html></html>"))]
#[case::empty(Answer::new(200, ""))]
#[case::failed(Answer::new(500, ""))]
#[case::refused(Answer::new(401, json!({ "code": 20003 }).to_string()))]
#[case::gone(Answer::new(404, json!({ "code": 20404 }).to_string()))]
#[tokio::test]
async fn a_list_whose_second_page_cannot_be_read_is_an_error_and_never_a_shorter_list(#[case] second: Answer) {
    let first = page(&[number("PN1", phone(1))], Some("/next"));
    let (listed, _) = list([first, second.clone(), second.clone(), second]).await;
    assert!(listed.is_err(), "{listed:?}");
}

#[tokio::test]
async fn the_token_is_not_carried_to_another_host_by_a_next_page_of_numbers() {
    let other = Loopback::answering([]).await;
    let (listed, _) = list([page(&[number("PN1", phone(1))], Some(&format!("{}/next", other.base_url)))]).await;
    assert!(matches!(listed, Err(CarrierError::AnswerLost(_))));
    assert_eq!(other.asked().len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn however_a_list_is_cut_into_pages_each_number_comes_once(sizes in proptest::collection::vec(0_usize..7, 1..12)) {
        let mut last = 0;
        let mut answers = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            let rows: Vec<Value> = (last..last + size)
                .map(|row| number(&format!("PN{row}"), phone(u32::try_from(row).unwrap())))
                .collect();
            last += size;
            let next = format!("/{index}");
            answers.push(page(&rows, (index + 1 < sizes.len()).then_some(&*next)));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (listed, _) = runtime.block_on(list(answers));
        let sids: Vec<String> = listed.unwrap().into_iter().map(|number| number.sid).collect();
        prop_assert_eq!(sids, (0..last).map(|row| format!("PN{row}")).collect::<Vec<_>>());
    }
}

// ── changed and given back ───────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn an_update_sends_every_address_and_a_trunk_only_when_it_is_to_change() {
    let carrier = Loopback::answering((0..3).map(|_| Answer::new(200, number("PN1", phone(1)).to_string()))).await;
    let client = client(&carrier.base_url);
    let wiring = Wiring {
        voice: Hook { url: "https://proxycall.example/v".to_owned(), method: "get".to_owned() },
        trunk: Some(String::new()),
        text_application: Some("AP2".to_owned()),
        ..Wiring::default()
    };
    let rewired = NumberUpdate { friendly_name: None, wiring: Some(wiring) };
    assert_eq!(client.update_number("PN1", &rewired).await.unwrap().sid, "PN1");
    let renamed = NumberUpdate { friendly_name: Some(String::new()), wiring: None };
    client.update_number("PN1/../PN2", &renamed).await.unwrap();
    client.update_number("PN1", &NumberUpdate::default()).await.unwrap();

    let [rewiring, renaming, nothing] = carrier.asked().try_into().unwrap();
    assert_eq!((rewiring.method.as_str(), rewiring.target.as_str()), ("POST", &*path("IncomingPhoneNumbers/PN1.json")));
    let expected = [
        ("VoiceUrl", "https://proxycall.example/v"),
        ("VoiceMethod", "GET"),
        ("VoiceFallbackUrl", ""),
        ("SmsUrl", ""),
        ("SmsFallbackUrl", ""),
        ("StatusCallback", ""),
        ("TrunkSid", ""),
        ("SmsApplicationSid", "AP2"),
    ];
    assert_eq!(form(&rewiring), pairs(&expected));
    assert_eq!(renaming.target, path("IncomingPhoneNumbers/PN1%2F..%2FPN2.json"));
    assert_eq!((form(&renaming), form(&nothing)), (pairs(&[("FriendlyName", "")]), Vec::new()));
}

#[tokio::test]
async fn a_number_is_given_back_once_and_one_that_is_not_there_is_no_error() {
    let gone = Answer::new(404, json!({ "code": 20404, "status": 404 }).to_string());
    let carrier = Loopback::answering([Answer::new(204, ""), gone, Answer::new(404, ""), Answer::new(500, "")]).await;
    let client = client(&carrier.base_url);
    assert_eq!(client.release_number("PN1").await, Ok(true));
    assert_eq!(client.release_number("PN1").await, Ok(false));
    let bare = client.release_number("PN1").await.unwrap_err();
    assert!(matches!(bare, CarrierError::Refused { status: 404, code: 0, .. }), "{bare}");
    assert!(matches!(client.release_number("PN1").await, Err(CarrierError::Failed { status: 500, .. })));
    let asked = carrier.asked();
    assert_eq!(asked.len(), 4);
    assert!(
        asked.iter().all(|asked| { asked.method == "DELETE" && asked.target == path("IncomingPhoneNumbers/PN1.json") })
    );
}

// ── what is taken out of the carrier's record ────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn messages_and_calls_are_taken_away_once_and_what_is_not_complete_is_to_be_asked_again() {
    let gone = || Answer::new(404, r#"{"code":20404}"#);
    let incomplete = Answer::new(409, r#"{"code":20009}"#);
    let answers = [Answer::new(200, r#"{"sid":"SM1","body":""}"#), Answer::new(204, ""), gone(), gone(), incomplete];
    let carrier = Loopback::answering(answers).await;
    let client = client(&carrier.base_url);
    assert_eq!(client.redact_message("SM1").await, Ok(true));
    assert_eq!(client.delete_message("SM1").await, Ok(true));
    assert_eq!(client.delete_message("SM1").await, Ok(false));
    assert_eq!(client.delete_call("CA1").await, Ok(false));
    let refused = client.delete_call("CA1").await;
    assert!(matches!(refused, Err(CarrierError::SlowDown { retry_after: None })), "{refused:?}");
    let asked: Vec<_> = carrier.asked().into_iter().map(|asked| (asked.method, asked.target, asked.body)).collect();
    let of = |method: &str, resource: &str, body: &str| (method.to_owned(), path(resource), body.to_owned());
    assert_eq!(asked[0], of("POST", "Messages/SM1.json", "Body="));
    assert_eq!(asked[1], of("DELETE", "Messages/SM1.json", ""));
    assert_eq!(asked[3], of("DELETE", "Calls/CA1.json", ""));
}

// ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_call_is_placed_with_what_is_said_and_where_its_end_is_told() {
    let body = json!({ "sid": "CA1", "status": "queued", "direction": "outbound-api" });
    let carrier = Loopback::answering([Answer::new(201, body.to_string())]).await;
    let url = "https://proxycall.example/twilio/voice/code?confirmation=con_1&x=%2B";
    let call = OutgoingCall {
        from: proxy(),
        to: receiver(),
        url: url.to_owned(),
        status_callback: "https://proxycall.example/twilio/status/voice".to_owned(),
    };
    let placed = client(&carrier.base_url).place_call(&call).await;
    assert_eq!(placed, Ok(PlacedCall { sid: "CA1".to_owned(), status: "queued".to_owned() }));
    let asked = the_one(&carrier);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", &*path("Calls.json")));
    let expected = [
        ("To", "+33639980001"),
        ("From", "+33199000001"),
        ("Url", url),
        ("Method", "POST"),
        ("StatusCallback", "https://proxycall.example/twilio/status/voice"),
        ("StatusCallbackMethod", "POST"),
    ];
    assert_eq!(form(&asked), pairs(&expected));
}
