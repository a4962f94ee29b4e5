//! Our client of the carrier's API against the simulated carrier: each checks the other, request by request.

use std::time::Duration;

use proxycall_domain::{PhoneNumber, wiring::Wiring};
use proxycall_service::ports::{
    CarrierError,
    carrier::{NumberPurchase, NumberSearch, NumberUpdate, OutgoingCall, Shelf},
};
use proxycall_testkit::{
    app::{CLIENT, COURIER, PUBLIC_BASE_URL, TestApp},
    run_test,
    sandbox::{
        CallScript, Fault,
        endpoints::Operation,
        world::{self, Bundle, Handset, Requirements},
    },
};
use rstest::rstest;

use crate::support::at_once;

fn mobile(country: &str) -> NumberSearch {
    let country = country.parse().unwrap();
    NumberSearch { country, shelf: Shelf::Mobile, require_voice: true, require_sms: true, limit: 3 }
}

async fn purchase(app: &TestApp) -> NumberPurchase {
    let offers = app.service.carrier.numbers_for_sale(&mobile("FR")).await.unwrap();
    NumberPurchase {
        phone: offers[0].phone,
        friendly_name: "Pool-FR-1".to_owned(),
        wiring: Wiring::ours(PUBLIC_BASE_URL),
        address_sid: None,
        bundle_sid: None,
    }
}

fn code(error: &CarrierError) -> i32 {
    if let CarrierError::Refused { code, .. } = error { *code } else { 0 }
}

#[tokio::test]
async fn a_number_is_found_bought_called_rewired_and_given_back() {
    run_test(async |app| {
        let carrier = &app.service.carrier;
        let purchase = purchase(app).await;
        let bought = carrier.buy_number(&purchase).await.unwrap();
        assert_eq!((bought.phone, &bought.wiring), (purchase.phone, &purchase.wiring));
        assert_eq!((bought.friendly_name.as_str(), bought.capabilities.sms), ("Pool-FR-1", true));
        assert_eq!(carrier.find_number(purchase.phone).await, Ok(Some(bought.clone())));
        assert_eq!(carrier.numbers().await.unwrap(), std::slice::from_ref(&bought));

        // It is wired from its first moment on, connection overrides and all.
        let transcript = app.world.call(CallScript::new(COURIER, purchase.phone.expose())).await;
        assert!(!transcript.heard().is_empty() && transcript.error_codes().is_empty(), "{transcript}");

        app.world.change_number(&purchase.phone.expose(), |number| number.trunk_sid = Some(format!("TK{:032x}", 1)));
        let current = carrier.find_number(purchase.phone).await.unwrap().unwrap().wiring;
        assert!(current.used_elsewhere(&["proxycall.example".to_owned()]));
        let wiring = Wiring::ours(PUBLIC_BASE_URL).replacing(&current);
        let update = NumberUpdate { friendly_name: Some("Autre".to_owned()), wiring: Some(wiring) };
        let updated = carrier.update_number(&bought.sid, &update).await.unwrap();
        assert_eq!((updated.friendly_name.as_str(), &updated.wiring), ("Autre", &purchase.wiring));
        let bare = NumberUpdate { wiring: Some(Wiring::default()), ..NumberUpdate::default() };
        assert_eq!(carrier.update_number(&bought.sid, &bare).await.unwrap().wiring, Wiring::default());

        assert_eq!(carrier.release_number(&bought.sid).await, Ok(true));
        assert_eq!(carrier.release_number(&bought.sid).await, Ok(false));
        assert_eq!(carrier.find_number(purchase.phone).await, Ok(None));
        assert_eq!(code(&carrier.update_number(&bought.sid, &bare).await.unwrap_err()), 20404);
        assert_eq!(code(&carrier.buy_number(&purchase).await.unwrap_err()), 21422);
    })
    .await;
}

#[tokio::test]
async fn what_a_country_does_not_have_or_asks_for_is_said() {
    run_test(async |app| {
        let carrier = &app.service.carrier;
        assert_eq!(carrier.numbers_for_sale(&mobile("XX")).await, Ok(Vec::new()));
        let toll_free = NumberSearch { shelf: Shelf::TollFree, ..mobile("FR") };
        assert_eq!(carrier.numbers_for_sale(&toll_free).await, Ok(Vec::new()));
        assert_eq!(carrier.numbers_for_sale(&mobile("GB")).await.unwrap().len(), 3);

        let (address, bundle) = (format!("AD{:032x}", 1), format!("BU{:032x}", 1));
        let bundles = vec![Bundle { sid: bundle.clone(), addresses: vec![address.clone()] }];
        app.world.require("FR", world::Shelf::Mobile, Requirements { address: true, bundles });
        let bare = purchase(app).await;
        let with = |address: Option<String>, bundle: Option<String>| NumberPurchase {
            address_sid: address,
            bundle_sid: bundle,
            ..bare.clone()
        };
        for (purchase, expected) in [
            (bare.clone(), 21649),
            (with(None, Some(bundle.clone())), 21631),
            (with(Some(format!("AD{:032x}", 2)), Some(bundle.clone())), 21651),
        ] {
            assert_eq!(code(&carrier.buy_number(&purchase).await.unwrap_err()), expected);
        }
        assert!(carrier.buy_number(&with(Some(address), Some(bundle))).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn of_twenty_who_buy_one_number_at_once_one_gets_it() {
    run_test(async |app| {
        let purchase = purchase(app).await;
        let answers = at_once(20, || app.service.carrier.buy_number(&purchase)).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.iter().flat_map(|answer| answer.as_ref().err()).all(|error| code(error) == 21422));
    })
    .await;
}

#[tokio::test]
async fn five_thousand_numbers_are_listed_each_once() {
    run_test(async |app| {
        app.world.own("FR", world::Shelf::Local, 5_000);
        let mut phones: Vec<PhoneNumber> =
            app.service.carrier.numbers().await.unwrap().into_iter().map(|number| number.phone).collect();
        phones.sort();
        phones.dedup();
        assert_eq!((phones.len(), app.world.requests().len()), (5_000, 5));
    })
    .await;
}

#[rstest]
#[case::repeated_page(Fault::RepeatedPage, false)]
#[case::html(Fault::Html(502), true)]
#[case::half_a_page(Fault::HalfAnAnswer, true)]
#[case::silence(Fault::Silent(Duration::ZERO), true)]
#[case::refused(Fault::Html(403), false)]
#[tokio::test]
async fn a_list_that_fails_on_its_way_is_whole_or_an_error(#[case] fault: Fault, #[case] whole: bool) {
    run_test(async |app| {
        app.world.own("FR", world::Shelf::Local, 1_500);
        app.world.fail_next_of(Operation::ListNumbers, fault);
        let listed = app.service.carrier.numbers().await;
        assert_eq!(listed.as_ref().ok().map(Vec::len), whole.then_some(1_500));
    })
    .await;
}

#[rstest]
#[case::half_an_answer(Fault::HalfAnAnswer, 1)]
#[case::hung_up_after(Fault::HangUpAfterAccepting, 1)]
#[case::hung_up_before(Fault::HangUpBeforeAccepting, 0)]
#[case::html(Fault::Html(503), 0)]
#[tokio::test]
async fn a_purchase_is_never_made_twice(#[case] fault: Fault, #[case] owned: usize) {
    run_test(async |app| {
        let purchase = purchase(app).await;
        app.world.fail_next_of(Operation::BuyNumber, fault);
        let error = app.service.carrier.buy_number(&purchase).await.unwrap_err();
        assert!(matches!(error, CarrierError::AnswerLost(_) | CarrierError::Failed { .. }), "{error}");
        assert_eq!(app.world.numbers().len(), owned);
        assert_eq!(app.service.carrier.find_number(purchase.phone).await.unwrap().is_some(), owned == 1);
    })
    .await;
}

#[tokio::test]
async fn a_call_rings_whom_it_is_for_with_the_proxy_number() {
    run_test(async |app| {
        let bought = app.service.carrier.buy_number(&purchase(app).await).await.unwrap();
        app.world.add_handset(Handset { behaviour: world::Behaviour::Busy, ..Handset::new(CLIENT) });
        let call = OutgoingCall {
            from: bought.phone,
            to: CLIENT.parse().unwrap(),
            url: format!("{PUBLIC_BASE_URL}/twilio/voice"),
            status_callback: format!("{PUBLIC_BASE_URL}/twilio/status/voice"),
        };
        let placed = app.service.carrier.place_call(&call).await.unwrap();
        assert_eq!(placed.status, "queued");
        app.world.settle().await;
        let over = app.world.placed_calls().remove(0);
        assert_eq!((over.sid, over.status.as_str()), (placed.sid, "busy"));
        let nobodys = OutgoingCall { from: COURIER.parse().unwrap(), ..call };
        assert_eq!(code(&app.service.carrier.place_call(&nobodys).await.unwrap_err()), 21210);
    })
    .await;
}
