//! Promises: what does no harm when asked twice is asked again, up to three times; what costs money never is.

use axum::http::header;
use proxycall_domain::wiring::Wiring;
use proxycall_service::ports::carrier::{
    Carrier as _, CarrierError, NumberPurchase, NumberSearch, NumberUpdate, OutgoingCall, OutgoingText, Shelf,
};
use proxycall_twilio::TwilioClient;
use rstest::rstest;
use serde_json::json;

use crate::{
    client::{CANARY, client, impatient_client, proxy, receiver, shows_nothing_private},
    loopback::{Answer, Loopback},
};

/// Everything that can be asked.
#[derive(Debug, Clone, Copy)]
enum What {
    Account,
    FindTexts,
    ForSale,
    Find,
    List,
    Update,
    SendText,
    PlaceCall,
    Buy,
    Release,
}

impl What {
    const REPEATED: [Self; 6] = [Self::Account, Self::FindTexts, Self::ForSale, Self::Find, Self::List, Self::Update];
    const ONCE: [Self; 4] = [Self::SendText, Self::PlaceCall, Self::Buy, Self::Release];

    /// What comes of asking.
    async fn ask(self, client: &TwilioClient) -> Result<(), CarrierError> {
        let url = || "https://proxycall.example/twilio".to_owned();
        match self {
            Self::Account => client.account().await.map(drop),
            Self::FindTexts => client.find_texts(proxy(), receiver(), jiff::Timestamp::UNIX_EPOCH).await.map(drop),
            Self::ForSale => {
                let country = "FR".parse().unwrap();
                let search =
                    NumberSearch { country, shelf: Shelf::Local, require_voice: true, require_sms: false, limit: 5 };
                client.numbers_for_sale(&search).await.map(drop)
            }
            Self::Find => client.find_number(proxy()).await.map(drop),
            Self::List => client.numbers().await.map(drop),
            Self::Update => client.update_number("PN1", &NumberUpdate::default()).await.map(drop),
            Self::SendText => {
                let text = OutgoingText {
                    from: proxy().into(),
                    to: receiver(),
                    body: CANARY.to_owned(),
                    status_callback: url(),
                };
                client.send_text(&text).await.map(drop)
            }
            Self::PlaceCall => {
                let call = OutgoingCall { from: proxy(), to: receiver(), url: url(), status_callback: url() };
                client.place_call(&call).await.map(drop)
            }
            Self::Buy => {
                let (phone, friendly_name) = (proxy(), "Pool-FR-1".to_owned());
                let wiring = Wiring::ours("https://proxycall.example");
                let purchase = NumberPurchase { phone, friendly_name, wiring, address_sid: None, bundle_sid: None };
                client.buy_number(&purchase).await.map(drop)
            }
            Self::Release => client.release_number("PN1").await.map(drop),
        }
    }

    /// An answer that pleases every one of them.
    fn good() -> Answer {
        let body = json!({
            "sid": "PN1", "status": "active", "type": "Full", "phone_number": "+33199000001",
            "date_created": "Thu, 30 Jul 2015 20:00:00 +0000",
            "messages": [], "incoming_phone_numbers": [], "available_phone_numbers": [], "next_page_uri": null,
        });
        Answer::new(200, body.to_string())
    }
}

#[rstest]
#[case::slow_down(Answer::new(429, ""))]
#[case::come_back_at_once(Answer::new(429, "").with(header::RETRY_AFTER, "0"))]
#[case::failed(Answer::new(500, CANARY))]
#[case::bad_gateway(Answer::new(502, format!("<html>{CANARY}</html>")))]
#[case::html(Answer::new(200, format!("<html>{CANARY}</html>")))]
#[case::nothing(Answer::new(200, ""))]
#[case::half_a_page(Answer::new(200, r#"{"incoming_phone_numbers": [{"sid": "PN1", "#))]
#[tokio::test]
async fn a_question_or_an_update_is_asked_up_to_three_times(#[case] bad: Answer) {
    for what in What::REPEATED {
        let carrier = Loopback::answering([bad.clone(), bad.clone(), What::good()]).await;
        assert_eq!(what.ask(&client(&carrier.base_url)).await, Ok(()), "{what:?}");
        let asked = carrier.asked();
        assert_eq!(asked.len(), 3, "{what:?}");
        assert!(asked.iter().all(|again| again.target == asked[0].target && again.body == asked[0].body));

        let carrier = Loopback::answering([bad.clone(), bad.clone(), bad.clone(), What::good()]).await;
        shows_nothing_private(&what.ask(&client(&carrier.base_url)).await.unwrap_err());
        assert_eq!(carrier.asked().len(), 3, "{what:?}");
    }
}

#[rstest]
#[case::slow_down(Answer::new(429, ""))]
#[case::failed(Answer::new(503, CANARY))]
#[case::queue_full(Answer::new(400, json!({ "code": 21611 }).to_string()))]
#[tokio::test]
async fn what_costs_money_or_cannot_be_taken_back_is_asked_once(#[case] bad: Answer) {
    for what in What::ONCE {
        let carrier = Loopback::answering([bad.clone(), What::good()]).await;
        shows_nothing_private(&what.ask(&client(&carrier.base_url)).await.unwrap_err());
        assert_eq!(carrier.asked().len(), 1, "{what:?}");
    }
}

#[rstest]
#[case(Answer::new(401, json!({ "code": 20003 }).to_string()))]
#[case(Answer::new(400, json!({ "code": 20001 }).to_string()))]
#[case(Answer::new(403, json!({ "code": 20005 }).to_string()))]
#[case::no_word_of_the_carriers(Answer::new(404, CANARY))]
#[case::html(Answer::new(403, format!("<html>{CANARY}</html>")))]
#[tokio::test]
async fn a_refusal_is_not_asked_again(#[case] bad: Answer) {
    for what in What::REPEATED.into_iter().chain(What::ONCE) {
        let carrier = Loopback::answering([bad.clone(), What::good()]).await;
        let error = what.ask(&client(&carrier.base_url)).await.unwrap_err();
        assert!(matches!(error, CarrierError::Refused { .. }), "{what:?}: {error}");
        shows_nothing_private(&error);
        assert_eq!(carrier.asked().len(), 1, "{what:?}");
    }
}

#[tokio::test]
async fn a_wait_longer_than_we_keep_is_the_callers() {
    for (status, what) in [(429, What::List), (503, What::Update)] {
        let carrier =
            Loopback::answering([Answer::new(status, "").with(header::RETRY_AFTER, "30"), What::good()]).await;
        let error = what.ask(&client(&carrier.base_url)).await.unwrap_err();
        let (CarrierError::SlowDown { retry_after } | CarrierError::Failed { retry_after, .. }) = error else {
            panic!("{error}");
        };
        assert_eq!(retry_after, Some(std::time::Duration::from_secs(30)));
        assert_eq!(carrier.asked().len(), 1);
    }
}

#[tokio::test]
async fn silence_and_a_refused_connection_are_told_apart_for_each_question() {
    let (nobody, _socket) = Loopback::nobody();
    let silent = Loopback::silent().await;
    for what in What::REPEATED.into_iter().chain(What::ONCE) {
        let lost = what.ask(&impatient_client(&silent)).await.unwrap_err();
        assert_eq!(lost, CarrierError::AnswerLost("timed out".to_owned()), "{what:?}");
        let unreachable = what.ask(&client(&nobody)).await.unwrap_err();
        assert!(matches!(unreachable, CarrierError::Unreachable(_)), "{what:?}: {unreachable}");
    }
}
