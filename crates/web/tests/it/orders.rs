//! `/orders`: an order makes its client when new and answers with the number to give to the courier.

use proxycall_domain::NumberType;
use proxycall_testkit::reqwest::StatusCode;
use proxycall_testkit::{TestApp, app::run_test_on_both, run_test};
use serde_json::{Value, json};

use crate::ask::{client_body, column, enrol, real_number, with};

fn order(id: &str, client: u32) -> Value {
    with(client_body(client, &real_number(client)), json!({ "order_id": id }))
}

async fn number(app: &TestApp) -> &'static str {
    app.number("+33639989001", "FR", NumberType::Mobile).await;
    "+33639989001"
}

#[tokio::test]
async fn an_order_of_a_new_client_creates_the_client_and_answers_with_its_number() {
    run_test_on_both(async |app| {
        let proxy = number(app).await;
        let (status, placed) = app.post("/orders", order("A-1", 1)).await;
        let expected = json!({ "order_id": "A-1", "client_id": "1", "client_proxy_number": proxy });
        assert_eq!((status, &placed), (StatusCode::OK, &expected));
        assert_eq!(app.get("/orders/A-1").await, (StatusCode::OK, expected));
        let (_, client) = app.get("/clients/1").await;
        assert_eq!((&client["client_name"], &client["client_proxy_number"]), (&json!("Client 1"), &json!(proxy)));
    })
    .await;
}

#[tokio::test]
async fn the_same_order_again_gets_the_same_answer_and_takes_no_second_number() {
    run_test_on_both(async |app| {
        number(app).await;
        app.number("+33639989002", "FR", NumberType::Mobile).await;
        let first = app.post("/orders", order("A-1", 1)).await;
        app.advance(3600).await;
        assert_eq!(app.post("/orders", order("A-1", 1)).await, first);
        let spelled_otherwise = with(order("A-1", 1), json!({ "client_real_phone": 33639981001_u64 }));
        assert_eq!(app.post("/orders", spelled_otherwise).await, first);
        let (_, pool) = app.get("/pool/available?country_iso=FR").await;
        assert_eq!(column(&pool, "available", "phone_number"), ["+33639989002"]);
        assert_eq!(column(&app.get("/orders").await.1, "orders", "order_id"), ["A-1"]);
    })
    .await;
}

#[tokio::test]
async fn an_order_id_with_other_content_is_409() {
    run_test_on_both(async |app| {
        number(app).await;
        app.post("/orders", order("A-1", 1)).await;
        for other in [
            json!({ "client_id": "2" }),
            json!({ "client_name": "Nobody" }),
            json!({ "client_mail": "nobody@example.com" }),
            json!({ "client_real_phone": real_number(2) }),
            json!({ "client_iso_residency": "GB" }),
        ] {
            let (status, problem) = app.post("/orders", with(order("A-1", 1), other.clone())).await;
            assert_eq!((status, &problem["field"]), (StatusCode::CONFLICT, &json!("order_id")), "{other}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_order_of_a_known_client_uses_the_client_as_it_is() {
    run_test_on_both(async |app| {
        let client = enrol(app, 1, json!({})).await;
        let (status, placed) = app.post("/orders", with(order("A-1", 1), json!({ "client_name": "Other" }))).await;
        assert_eq!((status, &placed["client_proxy_number"]), (StatusCode::OK, &client["client_proxy_number"]));
        assert_eq!(app.get("/clients/1").await.1, client);
    })
    .await;
}

#[tokio::test]
async fn an_order_of_a_closed_client_is_409_and_an_earlier_one_shows_no_number() {
    run_test_on_both(async |app| {
        number(app).await;
        app.post("/orders", order("A-1", 1)).await;
        app.delete("/clients/1").await;
        for id in ["A-1", "A-2"] {
            assert_eq!(app.post("/orders", order(id, 1)).await.0, StatusCode::CONFLICT, "{id}");
        }
        assert_eq!(app.get("/orders/A-1").await.1["client_proxy_number"], "");
        assert_eq!(app.get("/orders/A-2").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn without_a_number_left_there_is_neither_order_nor_client() {
    run_test_on_both(async |app| {
        let (status, problem) = app.post("/orders", order("A-1", 1)).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(problem["detail"].as_str().unwrap().contains("total 0"), "{problem}");
        assert_eq!(app.get("/orders/A-1").await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.get("/clients/1").await.0, StatusCode::NOT_FOUND);
        number(app).await;
        assert_eq!(app.post("/orders", order("A-1", 1)).await.0, StatusCode::OK, "the same request, later");
    })
    .await;
}

#[tokio::test]
async fn fifty_equal_orders_at_once_are_one_order() {
    run_test_on_both(async |app| {
        let proxy = number(app).await;
        let answers = {
            let app = &*app;
            let mut asked = tokio::task::JoinSet::new();
            for _ in 0..50 {
                let request = app.request(proxycall_testkit::reqwest::Method::POST, "/orders").json(&order("A-1", 1));
                asked.spawn(async move { request.send().await.unwrap().json::<Value>().await.unwrap() });
            }
            asked.join_all().await
        };
        let expected = json!({ "order_id": "A-1", "client_id": "1", "client_proxy_number": proxy });
        assert_eq!(answers, vec![expected; 50]);
    })
    .await;
}

#[tokio::test]
async fn any_printable_order_id_comes_back_as_it_was_sent() {
    run_test_on_both(async |app| {
        number(app).await;
        for id in ["a/b", "100%", "é☎", "?x=1#y", "a b", "..", "'\";--"] {
            let (status, placed) = app.post("/orders", order(id, 1)).await;
            assert_eq!((status, &placed["order_id"]), (StatusCode::OK, &json!(id)), "{placed}");
            let mut url = proxycall_testkit::reqwest::Url::parse(&app.address).unwrap();
            url.path_segments_mut().unwrap().extend(["orders", id]);
            // A browser takes the two dots for the folder above; nobody can ask for that order by its address.
            if id != ".." {
                assert_eq!(app.get(url.path()).await, (StatusCode::OK, placed), "{id}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn orders_are_listed_newest_first_in_pages_of_all_or_of_one_client() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        enrol(app, 2, json!({})).await;
        // Two at a time share a moment: the key tells them apart.
        for pair in [["a", "b"], ["c", "d"], ["e", "f"]] {
            app.post("/orders", order(pair[0], 1)).await;
            app.post("/orders", order(pair[1], 2)).await;
            app.advance(1).await;
        }
        let pages = async |query: &str| {
            let (mut ids, mut after) = (Vec::new(), String::new());
            loop {
                let (status, page) = app.get(&format!("/orders?limit=2{query}{after}")).await;
                assert_eq!(status, StatusCode::OK, "{page}");
                ids.extend(column(&page, "orders", "order_id").into_iter().map(str::to_owned));
                match page["next"].as_str() {
                    Some(next) => after = format!("&after={next}"),
                    None => break ids,
                }
            }
        };
        assert_eq!(pages("").await, ["f", "e", "d", "c", "b", "a"]);
        assert_eq!(pages("&client_id=1").await, ["e", "c", "a"]);
        assert_eq!(pages("&client_id=3").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn an_order_wants_every_field_in_order() {
    run_test(async |app| {
        number(app).await;
        for (field, bad) in [
            ("order_id", json!("")),
            ("order_id", json!("x".repeat(65))),
            ("order_id", json!("a\nb")),
            ("client_id", json!("0")),
            ("client_id", json!("x")),
            ("client_name", json!(" ")),
            ("client_mail", json!("zoe")),
            ("client_real_phone", json!("0639980001")),
        ] {
            let (status, problem) = app.post("/orders", with(order("A-1", 1), json!({ field: bad }))).await;
            assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)), "{bad}");
        }
    })
    .await;
}
