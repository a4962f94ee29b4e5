//! What the operator's numbers and Apps Script rely on: one test for each line of the drop-in checklist
//! (`original-behaviour` §12). What is said there in passing is tested at length elsewhere; line 10, the environment, is in the
//! product's own tests (`proxycall::config`).

use proxycall_domain::NumberType;
use proxycall_testkit::{
    TestApp,
    app::{ACCOUNT_SID, CLIENT, COURIER, run_sheet_test, twiml},
    reqwest::{Method, StatusCode},
    sandbox::world::{Handset, Hook, Number},
};
use serde_json::{Value, json};

use crate::{
    confirmations::{code, last_text, link, request, status},
    sheet::{PROXY, cell, enter, one_client, paste, row, sheet},
};

/// The script's row of a confirmation, before it asks for it.
const PENDING: [&str; 9] = ["P-1", "Zoé Martin", "zoe@example.com", CLIENT, "", "", "INIT", "", ""];

/// A number in the pool, a client with a handset, and the row that the script wrote.
async fn script_row(app: &TestApp, id: &str) {
    app.number(PROXY, "FR", NumberType::Local).await;
    app.world.add_handset(Handset::new(CLIENT));
    app.mirror().await;
    paste(app, id, "CONFIRMATION_PENDING", 2, &[&PENDING]);
}

async fn create(app: &TestApp) -> Value {
    let (status, body) = app.post("/confirmations/create", request("P-1", CLIENT, "zoe@example.com")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    app.drain_jobs().await;
    body
}

#[tokio::test]
async fn line_1_the_webhook_paths_take_signed_forms_and_answer_xml() {
    run_sheet_test(sheet(), async |app, _| {
        let form = [("CallSid", "CA1"), ("From", COURIER), ("To", PROXY), ("AccountSid", ACCOUNT_SID), ("Body", "x")];
        for path in ["/twilio/voice", "/twilio/sms", "/twilio/voice/otp", "/twilio/voice/otp/gather"] {
            let (status, body) = app.webhook(path, &form).await;
            assert_eq!(status, 200, "{path}");
            assert!(body.contains("<Response"), "{path}: {body}");
        }
    })
    .await;
}

#[tokio::test]
async fn line_2_the_token_is_needed_where_the_script_sends_it_and_not_for_verify() {
    run_sheet_test(sheet(), async |app, _| {
        for (method, path) in [
            (Method::POST, "/confirmations/create"),
            (Method::GET, "/confirmations/status?pending_id=P-1"),
            (Method::POST, "/confirmations/resend"),
            (Method::POST, "/pool/assign"),
        ] {
            let answer = app.bare_request(method, path).json(&json!({})).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
            let body: Value = answer.json().await.unwrap();
            assert!(body["detail"].is_string(), "{path}: {body}");
        }
        let verify =
            app.bare_request(Method::GET, "/confirmations/verify?pending_id=P-1&otp=123456").send().await.unwrap();
        assert_eq!(verify.status(), StatusCode::NOT_FOUND, "a page, and no refusal for want of a token");
    })
    .await;
}

#[tokio::test]
async fn line_3_answers_have_the_names_that_the_script_reads() {
    run_sheet_test(sheet(), async |app, id| {
        script_row(app, id).await;
        let body = create(app).await;
        for name in ["pending_id", "proxy_number", "status", "number_type"] {
            assert!(!body[name].is_null(), "{name}");
        }
        let (_, body) = app.post("/pool/sync", json!({"apply": false})).await;
        for name in ["missing_numbers", "added_numbers", "total_twilio", "total_sheet", "ts"] {
            assert!(!body[name].is_null(), "{name}: {body}");
        }
        let (_, body) = app.get("/pool/available?country_iso=FR").await;
        assert!(body["available"].is_array());
        let (_, body) = app.post("/pool/release", json!({"numbers": ["+33199000999"]})).await;
        assert!(body["released"].is_array(), "{body}");
        app.post("/confirmations/expire", json!(1)).await;
    })
    .await;
}

#[tokio::test]
async fn line_4_national_means_local_and_a_client_who_has_a_number_is_existant() {
    run_sheet_test(sheet(), async |app, id| {
        one_client(app).await;
        let (_, body) = app.get("/pool/available?country_iso=FR&number_type=national").await;
        assert_eq!(body["number_type"], "national");
        app.world.add_handset(Handset::new(CLIENT));
        paste(app, id, "CONFIRMATION_PENDING", 2, &[&PENDING]);
        assert_eq!(create(app).await["number_type"], "existant");
        app.text(CLIENT, PROXY, &code(app, CLIENT)).await;
        assert_eq!(status(app, "P-1").await, "UPDATED (sans changement)");
        app.mirror().await;
        assert_eq!(cell(app, id, "CONFIRMATION_PENDING!G2"), "UPDATED (sans changement)");
    })
    .await;
}

#[tokio::test]
async fn line_5_the_sheet_keeps_its_layout_and_words() {
    run_sheet_test(sheet(), async |app, id| {
        let headers = ["Clients", "TwilioPools", "CONFIRMATION_PENDING"].map(|tab| row(app, id, tab, 1));
        let second = row(app, id, "Clients", 2);
        script_row(app, id).await;
        create(app).await;
        app.mirror().await;
        assert_eq!(
            (cell(app, id, "CONFIRMATION_PENDING!G2").as_str(), cell(app, id, "TwilioPools!C2").as_str()),
            ("PENDING", "reserved")
        );
        assert_eq!(cell(app, id, "TwilioPools!I2"), "P-1");
        assert_eq!(cell(app, id, "CONFIRMATION_PENDING!F2"), "", "no code is in the sheet");
        app.text(CLIENT, PROXY, &code(app, CLIENT)).await;
        app.mirror().await;
        assert_eq!(
            (cell(app, id, "CONFIRMATION_PENDING!G2").as_str(), cell(app, id, "TwilioPools!C2").as_str()),
            ("PROMOTED", "assigned")
        );
        let client = row(app, id, "Clients", 3);
        assert_eq!(client[..7], ["1", "Zoé Martin", "zoe@example.com", CLIENT, PROXY, "FR", "33"].map(str::to_owned));
        assert_eq!(["Clients", "TwilioPools", "CONFIRMATION_PENDING"].map(|tab| row(app, id, tab, 1)), headers);
        assert_eq!(row(app, id, "Clients", 2), second, "row 2 is for formulas");
    })
    .await;
}

#[tokio::test]
async fn line_6_phones_without_plus_with_spaces_or_as_numbers_are_found() {
    run_sheet_test(sheet(), async |app, id| {
        paste(app, id, "Clients", 3, &[&["7", "Zoé", "zoe@example.com", "33639980001", "33199000501"]]);
        paste(app, id, "TwilioPools", 2, &[&["FR", "'33 199 000 501", "assigned", "", "", "", "Zoé", "local"]]);
        app.mirror().await;
        for spelling in ["+33199000501", "33199000501", "%2B33199000501", "33 199 000 501"] {
            let (status, client) = app.get(&format!("/clients/by-proxy/{spelling}")).await;
            assert_eq!((status, client["client_id"].as_str()), (StatusCode::OK, Some("7")), "{spelling}");
        }
    })
    .await;
}

#[tokio::test]
async fn line_7_the_scripts_row_is_filled_in_and_its_words_stay() {
    run_sheet_test(sheet(), async |app, id| {
        script_row(app, id).await;
        create(app).await;
        app.mirror().await;
        assert_eq!(
            (cell(app, id, "CONFIRMATION_PENDING!E2").as_str(), row(app, id, "CONFIRMATION_PENDING", 3).len()),
            (PROXY, 0)
        );
        let before = app.world.sent_messages().len() + app.world.placed_calls().len();
        enter(app, id, "CONFIRMATION_PENDING!G2", "PENDING_CALL");
        app.service.mirror_sheet().await.unwrap();
        app.clock.advance(jiff::SignedDuration::from_secs(21));
        app.service.mirror_sheet().await.unwrap();
        assert_eq!(cell(app, id, "CONFIRMATION_PENDING!G2"), "PENDING_CALL", "it is not put back");
        assert_eq!(app.world.sent_messages().len() + app.world.placed_calls().len(), before, "and sends nothing");
        app.text(CLIENT, PROXY, &code(app, CLIENT)).await;
        assert_eq!(status(app, "P-1").await, "PROMOTED", "it counts as pending");
    })
    .await;
}

#[tokio::test]
async fn line_8_a_code_in_a_free_text_a_keypad_and_a_link_are_the_same_code() {
    run_sheet_test(sheet(), async |app, id| {
        script_row(app, id).await;
        create(app).await;
        let texted = code(app, CLIENT);
        app.world.add_handset(Handset { digits: vec!["000000".to_owned()], ..Handset::new(CLIENT) });
        app.advance(60).await;
        let heard = app.world.placed_calls().pop().expect("a call").heard().join(" ");
        let spoken: Vec<String> = texted.chars().map(String::from).collect();
        assert!(heard.contains(&spoken.join(". ")), "{heard}");
        app.advance(120).await;
        assert!(link(app, CLIENT).starts_with("/confirmations/verify?pending_id=P-1&"));
        app.text(CLIENT, PROXY, &format!("Bonjour, c'est le {} {} merci", &texted[..3], &texted[3..])).await;
        assert_eq!(status(app, "P-1").await, "PROMOTED");
        assert!(last_text(app, CLIENT).contains("confirmé"));
    })
    .await;
}

#[tokio::test]
async fn line_9_the_caller_id_is_the_proxy_and_strangers_from_afar_hear_french() {
    run_sheet_test(sheet(), async |app, _| {
        one_client(app).await;
        for phone in [CLIENT, COURIER] {
            app.world.add_handset(Handset::new(phone));
        }
        let call = app.call(COURIER, PROXY).await;
        assert_eq!((call.rings(), call.connected()), (vec![(CLIENT, PROXY)], Some((COURIER, CLIENT))));
        let back = app.call(CLIENT, PROXY).await;
        assert_eq!((back.rings(), back.connected()), (vec![(COURIER, PROXY)], Some((CLIENT, COURIER))));
        let afar = app.call("+12025550143", PROXY).await;
        assert_eq!(afar.connected(), None);
        assert!(twiml(&afar).iter().any(|answer| answer.contains("fr-FR")), "{:?}", twiml(&afar));
    })
    .await;
}

#[tokio::test]
async fn line_11_expire_takes_a_bare_number_sync_a_truth_value_and_webhooks_are_only_looked_at() {
    run_sheet_test(sheet(), async |app, _| {
        for body in [json!(48), json!("12")] {
            assert_eq!(app.post("/confirmations/expire", body).await.0, StatusCode::OK);
        }
        for body in [json!(true), json!(false), json!({}), json!({"apply": false})] {
            assert_eq!(app.post("/pool/sync", body).await.0, StatusCode::OK);
        }
        let (status, body) = app.post("/pool/fix-webhooks", json!({})).await;
        assert_eq!((status, &body["dry_run"]), (StatusCode::OK, &json!(true)));
    })
    .await;
}

#[tokio::test]
async fn line_12_an_assigned_number_leads_here_and_bears_the_clients_name() {
    run_sheet_test(sheet(), async |app, id| {
        paste(app, id, "Clients", 3, &[&["7", "Zoé Martin", "zoe@example.com", CLIENT]]);
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_number(Number::new(PROXY).voice_url("https://proxycall.example/old/voice"));
        app.mirror().await;
        let body = json!({"client_id": 7, "country_iso": "FR", "client_name": "Zoé Martin", "number_type": "national",
                          "friendly_name": "Zoé Martin"});
        let (status, answer) = app.post("/pool/assign", body).await;
        assert_eq!((status, &answer["client_id"], &answer["proxy"]), (StatusCode::OK, &json!(7), &json!(PROXY)));
        app.drain_jobs().await;
        let number = app.world.numbers().into_iter().find(|number| number.phone == PROXY).expect("the number");
        let leads_to = |hook: &Option<Hook>| hook.as_ref().map(|hook| hook.url.clone()).unwrap_or_default();
        assert!(leads_to(&number.voice).contains("/twilio/voice#"), "{number:?}");
        assert!(leads_to(&number.sms).contains("/twilio/sms#"), "{number:?}");
        assert_eq!(number.friendly_name, "Zoé Martin");
    })
    .await;
}
