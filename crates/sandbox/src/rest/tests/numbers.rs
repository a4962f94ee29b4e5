use serde_json::json;

use super::*;
use crate::world::{Bundle, Capabilities, Requirements, Shelf};

const NUMBERS: &str = "/IncomingPhoneNumbers.json";
const FOR_SALE: &str = "+33639985000";

impl Api {
    async fn buy(&self, form: &[(&str, &str)]) -> (u16, Value) {
        answered(self.request(Method::POST, NUMBERS).form(form)).await
    }

    async fn update(&self, sid: &str, form: &[(&str, &str)]) -> (u16, Value) {
        answered(self.request(Method::POST, &format!("/IncomingPhoneNumbers/{sid}.json")).form(form)).await
    }

    async fn search(&self, shelf_and_query: &str) -> Vec<String> {
        let (status, found) = self.get(&format!("/AvailablePhoneNumbers/{shelf_and_query}")).await;
        assert_eq!(status, 200, "{found}");
        phones(&found, "available_phone_numbers")
    }

    /// The page at a path and query, as `next_page_uri` names them.
    async fn page_at(&self, uri: &str) -> Value {
        let account = self.world().account();
        let url = format!("{}{uri}", self.sandbox.base_url());
        answered(self.http.get(url).basic_auth(account.sid, Some(account.auth_token))).await.1
    }
}

fn phones(page: &Value, key: &str) -> Vec<String> {
    let rows = page[key].as_array().unwrap();
    rows.iter().map(|row| row["phone_number"].as_str().unwrap().to_owned()).collect()
}

fn sid(n: u8, prefix: &str) -> String {
    format!("{prefix}{n:032x}")
}

#[tokio::test]
async fn numbers_are_shown_for_sale_by_country_shelf_and_capability() {
    let api = Api::start().await;
    assert_eq!(api.search("FR/Mobile.json?PageSize=2").await, [FOR_SALE, "+33639985001"]);
    assert_eq!(api.search("GB/Local.json?PageSize=1&VoiceEnabled=true").await, ["+442079460500"]);
    assert_eq!(api.search("US/Local.json?PageSize=1&AreaCode=415&SmsEnabled=true").await, ["+14155550150"]);
    assert_eq!(api.search("FR/Local.json?SmsEnabled=true").await, [""; 0]);
    assert_eq!(api.search("FR/Mobile.json").await.len(), 50);
    let (_, page) = api.get("/AvailablePhoneNumbers/FR/Mobile.json?PageSize=1").await;
    let offer = &page["available_phone_numbers"][0];
    assert_eq!(offer["capabilities"], json!({ "voice": true, "SMS": true, "MMS": false }));
    assert_eq!((offer["iso_country"].as_str(), offer["address_requirements"].as_str()), (Some("FR"), Some("none")));
    api.world().sell_out("FR", Shelf::Mobile);
    assert_eq!(api.search("FR/Mobile.json").await, [""; 0]);
    for nowhere in ["XX/Mobile.json", "FR/TollFree.json"] {
        let (status, error) = api.get(&format!("/AvailablePhoneNumbers/{nowhere}")).await;
        assert_eq!((status, error["code"].as_i64()), (404, Some(20404)), "{nowhere}");
    }
    assert!(api.world().violations().is_empty());
}

#[tokio::test]
async fn a_number_bought_is_the_accounts_at_once_with_all_its_wiring() {
    let api = Api::start().await;
    let (status, bought) = api
        .buy(&[
            ("PhoneNumber", FOR_SALE),
            ("FriendlyName", "Pool-FR-1"),
            ("VoiceUrl", "https://proxycall.example/twilio/voice#rc=3&rp=all"),
            ("VoiceFallbackUrl", "https://proxycall.example/twilio/voice"),
            ("SmsUrl", "https://proxycall.example/twilio/sms"),
            ("SmsMethod", "GET"),
            ("StatusCallback", "https://proxycall.example/twilio/status/voice"),
            ("AddressSid", &sid(1, "AD")),
        ])
        .await;
    assert_eq!((status, bought["phone_number"].as_str()), (201, Some(FOR_SALE)));
    assert_eq!(bought["voice_url"], "https://proxycall.example/twilio/voice#rc=3&rp=all");
    assert_eq!((bought["sms_method"].as_str(), bought["sms_fallback_url"].clone()), (Some("GET"), Value::Null));
    assert_eq!(bought["capabilities"], json!({ "voice": true, "sms": true, "mms": false, "fax": false }));
    assert_eq!(bought["date_created"], "Mon, 23 Nov 2026 10:00:00 +0000");
    let path = format!("/IncomingPhoneNumbers/{}.json", bought["sid"].as_str().unwrap());
    assert_eq!(api.get(&path).await, (200, bought));
    let (_, listed) = api.get(&format!("{NUMBERS}?FriendlyName=Pool-FR-1")).await;
    assert_eq!(phones(&listed, "incoming_phone_numbers"), [FOR_SALE]);
    assert_eq!(api.buy(&[("PhoneNumber", FOR_SALE)]).await.1["code"], 21422);
    let (_, by_area) = api.buy(&[("AreaCode", "212")]).await;
    assert_eq!(by_area["phone_number"], "+12125550150");
}

#[tokio::test]
async fn a_purchase_that_may_not_be_is_refused_with_its_code_and_nothing_is_bought() {
    let api = Api::start().await;
    let world = api.world();
    let (address, bundle) = (sid(1, "AD"), sid(1, "BU"));
    let bundles = vec![Bundle { sid: bundle.clone(), addresses: vec![address.clone()] }];
    world.require("FR", Shelf::Mobile, Requirements { address: true, bundles });
    world.sell_to_others("+33199005000");
    let other = |prefix| sid(2, prefix);
    for (form, code) in [
        (vec![("PhoneNumber", FOR_SALE)], 21649),
        (vec![("PhoneNumber", FOR_SALE), ("BundleSid", &other("BU"))], 21649),
        (vec![("PhoneNumber", FOR_SALE), ("BundleSid", &bundle)], 21631),
        (vec![("PhoneNumber", FOR_SALE), ("BundleSid", &bundle), ("AddressSid", &other("AD"))], 21651),
        (vec![("PhoneNumber", "+33199005000")], 21422),
        (vec![("PhoneNumber", CLIENT)], 21422),
        (vec![("PhoneNumber", "38123")], 21421),
        (vec![("PhoneNumber", "+33199005001"), ("VoiceFallbackUrl", "https://a.example/")], 21405),
        (vec![("AreaCode", "999")], 21452),
    ] {
        let (status, error) = api.buy(&form).await;
        assert_eq!((status, error["code"].as_i64()), (400, Some(code)), "{form:?}");
    }
    assert_eq!((world.numbers().len(), world.violations().len()), (1, 0));
    let good = [("PhoneNumber", FOR_SALE), ("BundleSid", &*bundle), ("AddressSid", &*address)];
    assert_eq!(api.buy(&good).await.0, 201);
    world.change_account(|account| account.kind = "Trial".to_owned());
    assert_eq!(api.buy(&[("PhoneNumber", "+33199005001")]).await.1["code"], 21404);
}

#[tokio::test]
async fn of_many_who_buy_one_number_at_once_one_gets_it() {
    let api = Api::start().await;
    let answers = futures_util::future::join_all((0..20).map(|_| api.buy(&[("PhoneNumber", FOR_SALE)]))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1);
    assert!(answers.iter().all(|(status, body)| *status == 201 || body["code"] == 21422));
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_an_empty_value_takes_off() {
    let api = Api::start().await;
    let world = api.world();
    let number = world.numbers().remove(0);
    let (trunk, application) = (sid(1, "TK"), sid(1, "AP"));
    world.change_number(PROXY, |number| number.trunk_sid = Some(trunk.clone()));
    let (_, changed) = api.update(&number.sid, &[("SmsUrl", "https://a.example/sms"), ("SmsMethod", "GET")]).await;
    assert_eq!(
        (changed["sms_url"].as_str(), changed["sms_method"].as_str()),
        (Some("https://a.example/sms"), Some("GET"))
    );
    assert_eq!(changed["voice_url"], "https://proxycall.example/twilio/voice");
    let (_, changed) = api.update(&number.sid, &[("VoiceApplicationSid", &application)]).await;
    assert_eq!(
        (changed["trunk_sid"].clone(), changed["voice_application_sid"].as_str()),
        (Value::Null, Some(&*application))
    );
    let (_, changed) = api.update(&number.sid, &[("TrunkSid", &trunk)]).await;
    assert_eq!((changed["trunk_sid"].as_str(), changed["voice_application_sid"].clone()), (Some(&*trunk), Value::Null));
    let all = [("VoiceUrl", ""), ("SmsUrl", ""), ("TrunkSid", ""), ("FriendlyName", "Autre")];
    let (_, changed) = api.update(&number.sid, &all).await;
    assert_eq!((changed["voice_url"].clone(), changed["sms_url"].clone()), (Value::Null, Value::Null));
    assert_eq!((changed["trunk_sid"].clone(), changed["friendly_name"].as_str()), (Value::Null, Some("Autre")));
    assert_eq!(api.update(&sid(9, "PN"), &[("FriendlyName", "x")]).await.1["code"], 20404);
    assert!(world.violations().is_empty());
    assert_eq!(api.update(&number.sid, &[("VoiceUrl", "/relative")]).await.0, 400);
    assert_eq!(world.violations().len(), 1);
}

#[tokio::test]
async fn a_number_given_back_is_gone_and_not_for_sale_again() {
    let api = Api::start().await;
    let (_, bought) = api.buy(&[("PhoneNumber", FOR_SALE)]).await;
    let path = format!("/IncomingPhoneNumbers/{}.json", bought["sid"].as_str().unwrap());
    assert_eq!(answered(api.request(Method::DELETE, &path)).await, (204, Value::Null));
    let (status, error) = answered(api.request(Method::DELETE, &path)).await;
    assert_eq!((status, error["code"].as_i64()), (404, Some(20404)));
    assert_eq!(api.get(&path).await.0, 404);
    assert_eq!(api.buy(&[("PhoneNumber", FOR_SALE)]).await.1["code"], 21422);
}

#[tokio::test]
async fn five_thousand_numbers_are_listed_in_pages_of_a_thousand() {
    let api = Api::start().await;
    api.world().own("FR", Shelf::Local, 4_999);
    let mut uri = format!("/2010-04-01/Accounts/{}{NUMBERS}?PageSize=1000", api.world().account().sid);
    let mut listed = Vec::new();
    let mut pages = 0;
    loop {
        let page = api.page_at(&uri).await;
        listed.extend(phones(&page, "incoming_phone_numbers"));
        pages += 1;
        match page["next_page_uri"].as_str() {
            Some(next) => uri = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, listed.len()), (5, 5_000));
    listed.sort();
    listed.dedup();
    assert_eq!(listed.len(), 5_000);
}

#[tokio::test]
async fn a_number_without_texts_can_send_none() {
    let api = Api::start().await;
    api.world().change_number(PROXY, |number| number.capabilities = Capabilities::VOICE);
    assert_eq!(api.send(&BONJOUR).await.1["code"], 21661);
}

#[tokio::test]
async fn a_fault_waits_for_the_operation_it_is_meant_for() {
    let api = Api::start().await;
    let world = api.world();
    world.fail_next_of(Operation::BuyNumber, Fault::Html(503));
    world.fail_next_of(Operation::ListNumbers, Fault::Code(20001));
    assert_eq!(api.send(&BONJOUR).await.0, 201);
    assert_eq!(api.get(NUMBERS).await.1["code"], 20001);
    assert_eq!(api.get(NUMBERS).await.0, 200);
    let sorry = api.request(Method::POST, NUMBERS).form(&[("PhoneNumber", FOR_SALE)]).send().await.unwrap();
    assert_eq!((sorry.status().as_u16(), &sorry.headers()["content-type"]), (503, &"text/html".parse().unwrap()));
    assert!(sorry.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(world.numbers().len(), 1);
}

#[tokio::test]
async fn half_an_answer_is_no_json_a_repeated_page_names_itself_and_silence_ends_without_a_word() {
    let api = Api::start().await;
    let world = api.world();
    world.fail_next(Fault::HalfAnAnswer);
    let half = api.request(Method::POST, NUMBERS).form(&[("PhoneNumber", FOR_SALE)]).send().await.unwrap();
    assert_eq!(half.status().as_u16(), 201);
    assert!(serde_json::from_slice::<Value>(&half.bytes().await.unwrap()).is_err());
    assert_eq!(world.numbers().len(), 2, "it was bought all the same");
    world.fail_next(Fault::RepeatedPage);
    let (_, page) = api.get(NUMBERS).await;
    assert_eq!((&page["next_page_uri"], page["uri"].is_string()), (&page["uri"], true));
    world.fail_next(Fault::Silent(Duration::ZERO));
    let silent = api.request(Method::POST, NUMBERS).form(&[("PhoneNumber", "+33639985001")]).send().await;
    assert!(silent.is_err_and(|error| !error.is_connect()));
    assert_eq!(world.numbers().len(), 2);
}

#[tokio::test]
async fn a_call_is_refused_without_an_own_caller_id_or_a_number_to_call() {
    let api = Api::start().await;
    for (from, to, code) in [("+33199000002", CLIENT, 21210), ("38123", CLIENT, 21212), (PROXY, "client:zoe", 21211)] {
        let form = [("From", from), ("To", to), ("Url", "http://127.0.0.1:1/say")];
        let (status, error) = answered(api.request(Method::POST, "/Calls.json").form(&form)).await;
        assert_eq!((status, error["code"].as_i64()), (400, Some(code)), "{from} {to}");
    }
    let form = [("From", PROXY), ("To", CLIENT), ("Twiml", "<Response/>")];
    assert_eq!(answered(api.request(Method::POST, "/Calls.json").form(&form)).await.1["code"], 21205);
    assert!(api.world().calls().is_empty() && api.world().violations().is_empty());
}
