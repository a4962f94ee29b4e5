//! `/clients`: created with a number, found, changed, closed, restored, listed and searched.

use proxycall_domain::NumberType;
use proxycall_testkit::reqwest::StatusCode;
use proxycall_testkit::{
    app::{CLIENT, COURIER, run_test_on_both},
    run_test,
};
use serde_json::{Value, json};

use crate::ask::{client_body, column, enrol, real_number, with};

const DAY: i64 = 24 * 3600;
const PROXY: &str = "+33639989001";

#[tokio::test]
async fn a_client_gets_a_number_of_its_country_of_the_preferred_type_first_and_then_of_the_other() {
    run_test_on_both(async |app| {
        app.number("+33199009001", "FR", NumberType::Local).await;
        app.number("+447700900001", "GB", NumberType::Mobile).await;
        app.number(PROXY, "FR", NumberType::Mobile).await;
        let mut given = Vec::new();
        for id in [1, 2] {
            let (status, body) = app.post("/clients", client_body(id, &real_number(id))).await;
            assert_eq!(status, StatusCode::OK, "{body}");
            assert_eq!(body["client_id"], id.to_string());
            given.push(body["client_proxy_number"].as_str().unwrap().to_owned());
        }
        assert_eq!(given, [PROXY, "+33199009001"]);
    })
    .await;
}

#[tokio::test]
async fn the_country_is_that_of_the_phone_when_no_residence_is_given() {
    run_test(async |app| {
        app.number(PROXY, "FR", NumberType::Mobile).await;
        app.number("+447700900001", "GB", NumberType::Mobile).await;
        let body = with(client_body(1, "+447700900123"), json!({ "client_iso_residency": null }));
        let (_, created) = app.post("/clients", body).await;
        assert_eq!(created["client_proxy_number"], "+447700900001");
    })
    .await;
}

#[tokio::test]
async fn when_no_number_of_the_country_is_left_the_answer_is_409_with_the_count_of_each_type_and_no_client() {
    run_test_on_both(async |app| {
        app.number("+447700900001", "GB", NumberType::Mobile).await;
        let (status, problem) = app.post("/clients", client_body(1, CLIENT)).await;
        assert_eq!(status, StatusCode::CONFLICT);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("FR is available (mobile 0, local 0, total 0)"), "{detail}");
        assert_eq!(app.get("/clients/1").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_taken_is_refused_with_400_and_takes_no_number() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        app.number("+33639989555", "FR", NumberType::Mobile).await;
        let (status, problem) = app.post("/clients", client_body(1, COURIER)).await;
        assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!("client_id")));
        let (_, pool) = app.get("/pool/available?country_iso=FR").await;
        assert_eq!(column(&pool, "available", "phone_number"), ["+33639989555"]);
    })
    .await;
}

#[tokio::test]
async fn the_id_of_a_closed_client_stays_taken() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        app.delete("/clients/1").await;
        assert_eq!(app.post("/clients", client_body(1, COURIER)).await.0, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test]
async fn a_real_number_that_is_a_proxy_number_is_refused_on_every_way_in() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        app.number("+33639989555", "FR", NumberType::Mobile).await;
        for proxy in [PROXY, "+33639989555"] {
            let client = client_body(2, proxy);
            let order = with(client.clone(), json!({ "order_id": "A-1" }));
            let change = json!({ "client_real_phone": proxy });
            for (status, problem) in [
                app.post("/clients", client).await,
                app.post("/orders", order).await,
                app.put("/clients/1", change).await,
            ] {
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
                assert_eq!(problem["field"], "client_real_phone");
            }
        }
        assert_eq!(app.get("/clients/2").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_client_is_shown_in_the_originals_fields_as_texts_and_with_its_pause() {
    run_test(async |app| {
        let shown = enrol(app, 1, json!({ "client_name": " Zoé Martin " })).await;
        let expected = json!({
            "client_id": "1",
            "client_name": "Zoé Martin",
            "client_mail": "client1@example.com",
            "client_real_phone": real_number(1),
            "client_proxy_number": PROXY,
            "client_iso_residency": "FR",
            "client_country_code": "33",
            "client_last_caller": "",
            "paused": false,
            "paused_until": null,
        });
        assert_eq!(shown, expected);
        app.call(COURIER, PROXY).await;
        let (_, called) = app.get("/clients/1").await;
        assert_eq!(called, with(expected, json!({ "client_last_caller": COURIER })));
    })
    .await;
}

#[tokio::test]
async fn a_client_is_found_by_its_proxy_number_in_every_spelling() {
    run_test_on_both(async |app| {
        let client = enrol(app, 1, json!({})).await;
        for spelling in [
            "+33639989001",
            "33639989001",
            "%2B33639989001",
            "0033639989001",
            "+33%206%2039%2098%2090%2001",
            "%20%2B33639989001%20",
            "whatsapp:+33639989001",
        ] {
            let (status, found) = app.get(&format!("/clients/by-proxy/{spelling}")).await;
            assert_eq!((status, &found), (StatusCode::OK, &client), "{spelling}");
        }
        for other in [&real_number(1), "+33639989002", "nobody", "0"] {
            let (status, problem) = app.get(&format!("/clients/by-proxy/{other}")).await;
            assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &json!("Client not found")), "{other}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_that_nobody_has_is_404_and_one_that_is_no_integer_is_422() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        for (id, expected) in [("2", 404), ("0", 404), ("-1", 404), ("abc", 422), ("1.5", 422), ("1%20x", 422)] {
            let path = format!("/clients/{id}");
            for (status, body) in
                [app.get(&path).await, app.put(&path, json!({})).await, app.delete(&path).await].into_iter()
            {
                assert_eq!(status.as_u16(), expected, "{path} {body}");
            }
            assert_eq!(app.post(&format!("{path}/restore"), json!({})).await.0.as_u16(), expected, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_next_id_is_the_highest_plus_one_whether_open_or_closed_and_1_at_first() {
    run_test_on_both(async |app| {
        assert_eq!(app.get("/clients/next-id").await, (StatusCode::OK, json!({ "next_client_id": 1 })));
        enrol(app, 7, json!({})).await;
        enrol(app, 41, json!({})).await;
        app.delete("/clients/41").await;
        assert_eq!(app.get("/clients/next-id").await.1, json!({ "next_client_id": 42 }));
    })
    .await;
}

#[tokio::test]
async fn empty_absent_and_null_fields_change_nothing() {
    run_test_on_both(async |app| {
        let before = enrol(app, 1, json!({})).await;
        let empty =
            json!({ "client_name": "", "client_mail": " ", "client_real_phone": "", "client_proxy_number": "" });
        let null = json!({ "client_name": null, "client_mail": null, "client_real_phone": null,
            "client_proxy_number": null, "client_iso_residency": null, "client_country_code": null });
        for body in [json!({}), empty, null] {
            assert_eq!(app.put("/clients/1", body).await, (StatusCode::OK, before.clone()));
        }
        let bodiless = app.request(proxycall_testkit::reqwest::Method::PUT, "/clients/1").send().await.unwrap();
        assert_eq!(bodiless.status(), StatusCode::OK);
        assert_eq!(bodiless.json::<Value>().await.unwrap(), before);
    })
    .await;
}

#[tokio::test]
async fn what_is_given_changes_and_what_a_formula_makes_is_ignored() {
    run_test_on_both(async |app| {
        let before = enrol(app, 1, json!({})).await;
        let changes = json!({
            "client_name": "Zoé Martin",
            "client_mail": "zoe@example.com",
            "client_real_phone": "0033 6 39 98 00 77",
            "client_iso_residency": "GB",
            "client_country_code": 44,
            "client_last_caller": COURIER,
        });
        let expected = with(
            before,
            json!({ "client_name": "Zoé Martin", "client_mail": "zoe@example.com", "client_real_phone": "+33639980077" }),
        );
        assert_eq!(app.put("/clients/1", changes).await, (StatusCode::OK, expected.clone()));
        assert_eq!(app.get("/clients/1").await.1, expected);
    })
    .await;
}

#[tokio::test]
async fn a_clients_own_proxy_number_changes_nothing_and_another_one_is_409() {
    run_test_on_both(async |app| {
        let before = enrol(app, 1, json!({})).await;
        enrol(app, 2, json!({})).await;
        for own in [json!(PROXY), json!("33639989001"), json!(33639989001_u64), json!(" +33 6 39 98 90 01 ")] {
            let changed = app.put("/clients/1", json!({ "client_proxy_number": own })).await;
            assert_eq!(changed, (StatusCode::OK, before.clone()));
        }
        for other in ["+33639989002", "+33639989003"] {
            let body = json!({ "client_proxy_number": other, "client_name": "Nobody" });
            let (status, problem) = app.put("/clients/1", body).await;
            assert_eq!((status, &problem["field"]), (StatusCode::CONFLICT, &json!("client_proxy_number")));
        }
        assert_eq!(app.get("/clients/1").await.1, before);
    })
    .await;
}

#[tokio::test]
async fn a_changed_phone_is_the_one_that_rings() {
    run_test(async |app| {
        enrol(app, 1, json!({})).await;
        app.world.add_handset(proxycall_testkit::sandbox::world::Handset::new("+33639980077"));
        app.put("/clients/1", json!({ "client_real_phone": "+33639980077" })).await;
        assert_eq!(app.call(COURIER, PROXY).await.rings(), [("+33639980077", PROXY)]);
    })
    .await;
}

#[tokio::test]
async fn a_closed_client_is_404_and_its_number_rests_for_30_days() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        assert_eq!(app.delete("/clients/1").await.0, StatusCode::OK);
        assert_eq!(app.delete("/clients/1").await.0, StatusCode::OK, "closing twice is closing");
        for path in ["/clients/1".to_owned(), format!("/clients/by-proxy/{PROXY}")] {
            assert_eq!(app.get(&path).await.0, StatusCode::NOT_FOUND);
        }
        let (status, problem) = app.put("/clients/1", json!({ "client_name": "Nobody" })).await;
        assert_eq!(status, StatusCode::CONFLICT, "{problem}");

        let available = async || app.get("/pool/available?country_iso=FR").await.1["available"].clone();
        assert_eq!(available().await, json!([]));
        assert_eq!(app.post("/clients", client_body(2, &real_number(2))).await.0, StatusCode::CONFLICT);
        app.advance(30 * DAY - 1).await;
        assert_eq!(available().await, json!([]));
        app.advance(1).await;
        assert_eq!(available().await[0]["phone_number"], PROXY);
    })
    .await;
}

#[tokio::test]
async fn a_client_restored_within_30_days_has_its_old_number_back() {
    run_test_on_both(async |app| {
        let before = enrol(app, 1, json!({})).await;
        app.number("+33639988000", "FR", NumberType::Mobile).await;
        app.delete("/clients/1").await;
        app.advance(30 * DAY).await;
        assert_eq!(app.post("/clients/1/restore", json!({})).await, (StatusCode::OK, before.clone()));
        assert_eq!(app.post("/clients/1/restore", json!({})).await, (StatusCode::OK, before.clone()), "twice is once");
        assert_eq!(app.get("/clients/1").await.1, before);
    })
    .await;
}

#[tokio::test]
async fn a_client_closed_more_than_30_days_ago_is_not_restored() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        app.delete("/clients/1").await;
        app.advance(30 * DAY + 1).await;
        assert_eq!(app.post("/clients/1/restore", json!({})).await.0, StatusCode::CONFLICT);
        assert_eq!(app.get("/clients/1").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps_even_when_a_client_goes_between_them() {
    run_test_on_both(async |app| {
        for id in [5, 1, 30, 4, 2, 300, 3] {
            enrol(app, id, json!({})).await;
        }
        let (_, first) = app.get("/clients?limit=3").await;
        assert_eq!((column(&first, "clients", "client_id"), &first["next"]), (vec!["1", "2", "3"], &json!("3")));
        app.delete("/clients/3").await;
        let (_, second) = app.get("/clients?limit=3&after=3").await;
        assert_eq!((column(&second, "clients", "client_id"), &second["next"]), (vec!["4", "5", "30"], &json!("30")));
        let (_, last) = app.get("/clients?limit=3&after=30").await;
        assert_eq!((column(&last, "clients", "client_id"), &last["next"]), (vec!["300"], &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn open_and_closed_clients_are_listed_apart_and_by_country() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        enrol(app, 2, json!({})).await;
        app.number("+447700900001", "GB", NumberType::Mobile).await;
        app.post("/clients", with(client_body(3, "+447700900123"), json!({ "client_iso_residency": "gb" }))).await;
        app.delete("/clients/2").await;
        for (query, ids) in [
            ("", vec!["1", "3"]),
            ("?closed=true", vec!["2"]),
            ("?closed=false&country=FR", vec!["1"]),
            ("?country=gb", vec!["3"]),
            ("?country=BE", vec![]),
        ] {
            let (_, page) = app.get(&format!("/clients{query}")).await;
            assert_eq!(column(&page, "clients", "client_id"), ids, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_search_finds_by_number_last_four_word_and_mail() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({ "client_name": "Zoé Martin", "client_mail": "Zoe.M@example.com" })).await;
        enrol(app, 2, json!({ "client_name": "Élodie de la Marre", "client_mail": "elodie@example.org" })).await;
        enrol(app, 3, json!({ "client_name": "José Smartin", "client_mail": "jose@example.net" })).await;
        let found = async |text: &str| {
            let (status, page) = app.post("/clients/search", json!({ "text": text })).await;
            assert_eq!(status, StatusCode::OK, "{text} {page}");
            column(&page, "clients", "client_id").into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let spellings =
            ["+33639981001", "33639981001", "0033639981001", " +33 6 39 98 10 01 ", "06 39 98 10 01", "06.39.98.10.01"];
        for real in spellings {
            assert_eq!(found(real).await, ["1"], "{real}");
        }
        for proxy in [PROXY, "33 639 989 001"] {
            assert_eq!(found(proxy).await, ["1"], "{proxy}");
        }
        assert_eq!(found("1002").await, ["2"], "the last four digits of a real number");
        assert_eq!(found("9002").await, [""; 0], "the last four of a proxy number are no key");
        for (words, ids) in [
            // In the order of the words: marre, martin.
            ("mar", vec!["2", "1"]),
            ("mar zo", vec!["1"]),
            ("MARTIN", vec!["1"]),
            ("élo", vec!["2"]),
            ("ÉLODIE DE", vec!["2"]),
            ("elodie", vec!["2"]),
            ("#2", vec!["2"]),
            ("#9", vec![]),
            ("zoe.m@", vec!["1"]),
            ("ELODIE@EXAMPLE.ORG", vec!["2"]),
            ("artin", vec![]),
            ("nobody", vec![]),
        ] {
            assert_eq!(found(words).await, ids, "{words}");
        }
        app.delete("/clients/1").await;
        assert_eq!(found("martin").await, ["1"], "a closed client is found too, to be restored");
    })
    .await;
}

#[tokio::test]
async fn signs_that_databases_read_as_patterns_mean_themselves_in_the_search() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({ "client_name": "Cent% d_Accord \\o/" })).await;
        enrol(app, 2, json!({ "client_name": "Centime dXAccord" })).await;
        for (text, ids) in [
            ("%", vec![]),
            ("_", vec![]),
            ("\\", vec!["1"]),
            ("cent%", vec!["1"]),
            ("d_a", vec!["1"]),
            ("c%t", vec![]),
            ("'", vec![]),
            ("*", vec![]),
        ] {
            let (status, page) = app.post("/clients/search", json!({ "text": text })).await;
            assert_eq!((status, column(&page, "clients", "client_id")), (StatusCode::OK, ids), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_pages_of_a_search_follow_each_other_without_gaps() {
    run_test_on_both(async |app| {
        for id in 1..=5 {
            let phone = format!("+336399{id}4242");
            enrol(app, id, json!({ "client_name": "Zoé Martin", "client_real_phone": phone })).await;
        }
        for text in ["martin", "4242", "client"] {
            let mut ids = Vec::new();
            let mut after = Value::Null;
            loop {
                let (_, page) = app.post("/clients/search", json!({ "text": text, "after": after, "limit": 2 })).await;
                ids.extend(column(&page, "clients", "client_id").into_iter().map(str::to_owned));
                after = page["next"].clone();
                if after.is_null() {
                    break;
                }
            }
            assert_eq!(ids, ["1", "2", "3", "4", "5"], "{text}");
        }
    })
    .await;
}
