//! The request sequences of the Apps Script that stays installed (`original-behaviour` §7.1 to §7.3), against the service and
//! the sheet that both of them write.

use proxycall_domain::NumberType;
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, run_sheet_test},
    reqwest::StatusCode,
    sandbox::world::{Handset, Number},
};
use serde_json::{Value, json};

use crate::{
    confirmations::{code, request, status},
    sheet::{PROXY, cell, enter, paste, row, sheet},
};

/// Everything that went out to the client.
fn sent(app: &TestApp) -> usize {
    app.world.sent_messages().len() + app.world.placed_calls().len()
}

async fn post(app: &TestApp, path: &str, body: Value) -> Value {
    let (status, answer) = app.post(path, body).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    app.drain_jobs().await;
    answer
}

#[tokio::test]
async fn the_menu_assigns_a_number_to_a_typed_client_and_writes_it_too() {
    run_sheet_test(sheet(), async |app, id| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.mirror().await;
        paste(app, id, "Clients", 3, &[&["7", "Zoé Martin", "zoe@example.com", "33639980001"]]);
        let body = json!({"client_id": 7, "country_iso": "FR", "client_name": "Zoé Martin", "number_type": "national",
                          "friendly_name": "Zoé Martin"});
        let assigned = post(app, "/pool/assign", body).await;
        let proxy = assigned["proxy"].as_str().unwrap().to_owned();
        let (status, _) = app.put("/clients/7", json!({"client_proxy_number": proxy})).await;
        assert_eq!(status, StatusCode::OK);
        enter(app, id, "Clients!E3", &proxy);
        app.mirror().await;
        assert_eq!(cell(app, id, "Clients!E3").trim_start_matches('+'), proxy.trim_start_matches('+'));
        assert_eq!(cell(app, id, "TwilioPools!C2"), "assigned");
        assert!(app.service.ledger.sheet_problems(None, 1_000).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_menu_compares_the_pool_with_twilio_and_completes_it() {
    run_sheet_test(sheet(), async |app, id| {
        app.world.add_number(Number::new(PROXY).voice_url("https://proxycall.example/twilio/voice"));
        let seen = post(app, "/pool/sync", json!({"apply": false})).await;
        assert_eq!((seen["missing_numbers"].as_array().unwrap().len(), &seen["total_twilio"]), (1, &json!(1)));
        app.mirror().await;
        assert!(row(app, id, "TwilioPools", 2).is_empty(), "a look changes nothing");
        post(app, "/pool/sync", json!({"apply": true})).await;
        app.mirror().await;
        assert_eq!(cell(app, id, "TwilioPools!B2"), PROXY);
    })
    .await;
}

#[tokio::test]
async fn the_menu_releases_what_is_marked_as_faulty_and_deletes_its_rows() {
    run_sheet_test(sheet(), async |app, id| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.mirror().await;
        enter(app, id, "TwilioPools!C2", "error");
        app.mirror().await;
        let answer = post(app, "/pool/release", json!({"numbers": [cell(app, id, "TwilioPools!B2")]})).await;
        assert_eq!(answer["released"], json!([PROXY]));
        app.world.google().delete_rows(id, "TwilioPools", 2, 1).unwrap();
        app.mirror().await;
        assert!(row(app, id, "TwilioPools", 2).is_empty(), "it does not come back");
        assert!(app.world.numbers().is_empty(), "and is gone at the carrier");
    })
    .await;
}

/// `clients_intake.gs`: a row, the request, then the channels in line.
#[tokio::test]
async fn the_form_writes_a_row_asks_and_drives_the_channels_itself() {
    run_sheet_test(sheet(), async |app, id| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset::new(CLIENT));
        app.mirror().await;
        let pending = ["P-0190a3c2", "Zoe MARTIN", "zoe@example.com", "33639980001", "", "", "PENDING", "", ""];
        paste(app, id, "CONFIRMATION_PENDING", 2, &[&pending]);
        post(app, "/confirmations/create", request("P-0190a3c2", CLIENT, "zoe@example.com")).await;
        for (wait, channel) in [(60, "voice"), (120, "email")] {
            app.advance(wait).await;
            // The script polls, and asks for the next channel while ours is on its way.
            status(app, "P-0190a3c2").await;
            let answer =
                post(app, "/confirmations/resend", json!({"pending_id": "P-0190a3c2", "channel": channel})).await;
            assert_eq!(answer, json!({"pending_id": "P-0190a3c2", "channel": channel, "status": "sent"}));
        }
        assert_eq!(sent(app), 3, "each channel once");
        app.text(CLIENT, PROXY, &code(app, CLIENT)).await;
        app.mirror().await;
        assert_eq!(cell(app, id, "CONFIRMATION_PENDING!G2"), "PROMOTED");
        assert_eq!(cell(app, id, "Clients!E3"), PROXY);
    })
    .await;
}

/// `webapp_activation.gs`: columns of its own, `INIT`, and a trigger each minute that writes how far it is.
#[tokio::test]
async fn the_web_app_and_its_minute_trigger_send_nothing_twice() {
    run_sheet_test(sheet(), async |app, id| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset::new(CLIENT));
        for (at, header) in ["status_detail", "otp_requests_count", "request_source"].iter().enumerate() {
            enter(app, id, &format!("CONFIRMATION_PENDING!{}1", ["J", "K", "L"][at]), header);
        }
        app.mirror().await;
        let pending = [
            "0190a3c2-f4e4",
            "MARTIN Zoe",
            "zoe@example.com",
            "'+33639980001",
            "",
            "",
            "INIT",
            "",
            "",
            "",
            "1",
            "WEBAPP",
        ];
        paste(app, id, "CONFIRMATION_PENDING", 2, &[&pending]);
        post(app, "/confirmations/create", request("0190a3c2-f4e4", CLIENT, "zoe@example.com")).await;
        app.advance(60).await;
        app.mirror().await;
        assert_eq!(cell(app, id, "CONFIRMATION_PENDING!G2"), "PENDING_CALL", "a minute has passed, and the phone rang");
        for (channel, word) in [("voice", "PENDING_CALL"), ("email", "PENDING_MAIL")] {
            let body = json!({"pending_id": "0190a3c2-f4e4", "channel": channel});
            post(app, "/confirmations/resend", body).await;
            enter(app, id, "CONFIRMATION_PENDING!G2", word);
            app.advance(120).await;
            app.mirror().await;
        }
        assert_eq!(sent(app), 3, "each channel once");
        assert_eq!(
            row(app, id, "CONFIRMATION_PENDING", 2)[9..12],
            ["", "1", "WEBAPP"].map(str::to_owned),
            "its own columns are left alone"
        );
        app.text(CLIENT, PROXY, &code(app, CLIENT)).await;
        app.mirror().await;
        assert_eq!(cell(app, id, "CONFIRMATION_PENDING!G2"), "PROMOTED");
    })
    .await;
}
