//! `/pool/available`: the original's shape, with texts where it had numbers.

use proxycall_domain::NumberType;
use proxycall_testkit::reqwest::StatusCode;
use proxycall_testkit::{app::run_test_on_both, run_test};
use serde_json::json;

use crate::ask::{client_body, column, real_number};

#[tokio::test]
async fn a_number_is_shown_in_the_eleven_columns_of_the_sheet_and_every_value_is_a_text() {
    run_test_on_both(async |app| {
        app.number("+33639989001", "FR", NumberType::Mobile).await;
        let (status, body) = app.get("/pool/available?country_iso=fr").await;
        assert_eq!(status, StatusCode::OK);
        let expected = json!({
            "country_iso": "FR",
            "number_type": "all",
            "available": [{
                "country_iso": "FR",
                "phone_number": "+33639989001",
                "status": "available",
                "friendly_name": "Test",
                "date_achat": "2026-11-23T08:00:00Z",
                "date_attribution": "",
                "attribution_to_client_name": "",
                "number_type": "mobile",
                "reserved_token": "",
                "reserved_at": "",
                "reserved_by_client_id": "",
            }],
        });
        assert_eq!(body, expected);
    })
    .await;
}

#[tokio::test]
async fn numbers_are_of_the_country_and_type_asked_for_and_national_means_local() {
    run_test_on_both(async |app| {
        app.number("+33199009001", "FR", NumberType::Local).await;
        app.number("+33639989001", "FR", NumberType::Mobile).await;
        app.number("+447700900001", "GB", NumberType::Mobile).await;
        let both = ["+33199009001", "+33639989001"];
        for (asked, said, phones) in [
            ("", "all", &both[..]),
            ("all", "all", &both),
            ("none", "none", &both),
            ("mobile", "mobile", &both[1..]),
            ("local", "local", &both[..1]),
            ("national", "national", &both[..1]),
            ("NATIONAL", "NATIONAL", &both[..1]),
        ] {
            let (_, body) = app.get(&format!("/pool/available?country_iso=FR&number_type={asked}")).await;
            assert_eq!(body["number_type"], said);
            assert_eq!(column(&body, "available", "phone_number"), phones, "{asked}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_clients_number_is_not_available() {
    run_test_on_both(async |app| {
        app.number("+33639989001", "FR", NumberType::Mobile).await;
        app.post("/clients", client_body(1, &real_number(1))).await;
        assert_eq!(app.get("/pool/available?country_iso=FR").await.1["available"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_country_that_is_missing_or_none_and_a_type_that_is_none_are_422() {
    run_test(async |app| {
        for (query, field) in [
            ("", "country_iso"),
            ("?number_type=mobile", "country_iso"),
            ("?country_iso=", "country_iso"),
            ("?country_iso=FRA", "country_iso"),
            ("?country_iso=%C3%A9%C3%A9", "country_iso"),
            ("?country_iso=FR&number_type=satellite", "number_type"),
        ] {
            let (status, problem) = app.get(&format!("/pool/available{query}")).await;
            assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)), "{query}");
        }
    })
    .await;
}
