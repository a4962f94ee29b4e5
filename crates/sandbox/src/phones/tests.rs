use serde_json::json;

use super::*;
use crate::{
    Options, Sandbox,
    server::loopback_client,
    test_service::{LIMIT, TestService, number},
    world::{Handset, Person},
};

const PROXY: &str = "+33199000001";
const CLIENT: &str = "+33639980001";
const COURIER: &str = "+33639980002";

struct Page {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Page {
    async fn open(service: &TestService) -> Self {
        let options = Options { numbers: vec![number(PROXY, service)], ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        sandbox.world().add_handset(Handset::new(CLIENT));
        sandbox.world().add_handset(Handset::new(COURIER));
        Self { sandbox, http: loopback_client().unwrap() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/sandbox{path}", self.sandbox.base_url())
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let response = self.http.post(self.url(path)).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

/// A stream of events as a browser reads it.
struct Stream(reqwest::Response, String);

impl Stream {
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let told =
                    (field("event:").unwrap().to_owned(), serde_json::from_str(field("data:").unwrap()).unwrap());
                self.1 = rest.to_owned();
                return told;
            }
            let chunk = tokio::time::timeout(LIMIT, self.0.chunk()).await.unwrap().unwrap().unwrap();
            self.1.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn until(&mut self, wanted: impl Fn(&str, &Value) -> bool) -> Value {
        loop {
            let (name, data) = self.next().await;
            if wanted(&name, &data) {
                return data;
            }
        }
    }
}

fn line(view: &Value, phone: &str, phase: &str) -> bool {
    let handsets = view["handsets"].as_array();
    handsets.is_some_and(|all| all.iter().any(|it| it["phone"] == phone && it["line"]["phase"] == phase))
}

async fn masked() -> TestService {
    TestService::start(|seen| {
        TestService::twiml(if seen.path_and_query == "/twilio/voice" {
            r#"<Dial callerId="+33199000001" timeout="25" action="/ended"><Number>+33639980001</Number></Dial>"#
        } else {
            ""
        })
    })
    .await
}

#[tokio::test]
async fn the_page_and_its_files_are_served_and_load_nothing_from_elsewhere() {
    let service = masked().await;
    let page = Page::open(&service).await;
    for (path, kind) in [
        ("", "text/html"),
        ("/phones.js", "text/javascript"),
        ("/world.js", "text/javascript"),
        ("/story.js", "text/javascript"),
        ("/sound.js", "text/javascript"),
        ("/phones.css", "text/css"),
        ("/tokens.css", "text/css"),
    ] {
        let response = page.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        let text = response.text().await.unwrap();
        assert!(!text.contains("https://") && !text.contains("http://") && !text.contains("innerHTML"), "{path}");
    }
}

#[tokio::test]
async fn a_call_is_made_answered_and_ended_by_hand_and_told_while_it_happens() {
    let service = masked().await;
    let page = Page::open(&service).await;
    let response = page.get(&format!("/phones/events?hold=%2B{}", &CLIENT[1..])).await;
    let mut stream = Stream(response, String::new());
    assert_eq!(stream.next().await, ("history".to_owned(), json!([])));
    assert!(page.sandbox.world().ask(|state| state.lines.is_held(CLIENT)));

    let call = json!({ "phone": COURIER, "to": PROXY });
    assert_eq!(page.post("/phones/call", call.clone()).await.0, 202);
    let view = stream.until(|_, data| line(data, CLIENT, "ringing")).await;
    assert_eq!(view["numbers"], json!([{ "phone": PROXY, "country": "FR" }]));
    assert_eq!(page.post("/phones/call", call).await.0, 409);
    assert_eq!(page.post("/phones/act", json!({ "phone": CLIENT, "act": "answer" })).await.0, 202);
    stream.until(|_, data| line(data, COURIER, "talking")).await;
    assert_eq!(page.post("/phones/act", json!({ "phone": COURIER, "act": "hang_up" })).await.0, 202);
    stream.until(|_, data| line(data, CLIENT, "over") && line(data, COURIER, "over")).await;

    // Whoever comes later is told everything again.
    let (name, told) = Stream(page.get("/phones/events").await, String::new()).next().await;
    let told: Vec<&str> = told.as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!((name.as_str(), told.first(), told.contains(&"asked")), ("history", Some(&"noticed"), true));
    drop(stream);
    let world = page.sandbox.world();
    let let_go = |world: &World| world.ask(|state| (!state.lines.is_held(CLIENT)).then_some(()));
    // Only a write finds that the other end is gone.
    let changing = async {
        loop {
            world.introduce(Person { phone: COURIER.to_owned(), name: world.now().to_string(), proxy: None });
            tokio::task::yield_now().await;
            if let_go(&world).is_some() {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, changing).await.unwrap();
}

#[tokio::test]
async fn a_text_is_in_the_thread_of_whoever_sent_it_and_its_answer_too() {
    let service = TestService::start(|_| TestService::twiml("<Message>Non remis</Message>")).await;
    let page = Page::open(&service).await;
    let mut stream = Stream(page.get("/phones/events").await, String::new());
    let text = json!({ "phone": COURIER, "to": PROXY, "body": "<b>Bonjour</b>" });
    assert_eq!(page.post("/phones/text", text).await.0, 202);
    let answered = |data: &Value| {
        let handset = data["handsets"].as_array()?.iter().find(|it| it["phone"] == COURIER)?.clone();
        (handset["texts"].as_array()?.len() == 2).then_some(handset["texts"].clone())
    };
    let view = stream.until(|_, data| answered(data).is_some()).await;
    let texts = answered(&view).unwrap();
    assert_eq!((&texts[0]["sent"], &texts[0]["body"]), (&json!(true), &json!("<b>Bonjour</b>")));
    assert_eq!((&texts[1]["sent"], &texts[1]["other"]), (&json!(false), &json!(PROXY)));
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_the_reason() {
    let service = masked().await;
    let page = Page::open(&service).await;
    for (path, body, expected) in [
        ("/phones/call", json!({ "phone": COURIER, "to": "+33199009999" }), 422),
        ("/phones/call", json!({ "phone": "nobody", "to": PROXY }), 422),
        ("/phones/call", json!({ "phone": PROXY, "to": PROXY }), 422),
        ("/phones/text", json!({ "phone": COURIER, "to": PROXY }), 422),
        ("/phones/act", json!({ "phone": COURIER, "act": "hang_up" }), 409),
        ("/phones/act", json!({ "phone": COURIER, "act": { "keys": "1" } }), 409),
        ("/phones/act", json!({ "phone": COURIER, "act": "dance" }), 422),
    ] {
        let (status, refusal) = page.post(path, body.clone()).await;
        assert_eq!((status, refusal["detail"].is_string()), (expected, true), "{path} {body}");
    }
    // As a form of another page open on this machine could send it.
    let sent = page.http.post(page.url("/phones/act")).body(r#"{"phone":"","act":"answer"}"#).send().await.unwrap();
    assert_eq!(sent.status(), 415);
}

#[tokio::test]
async fn what_the_service_knows_is_asked_where_there_is_one() {
    let service = TestService::start(|seen| {
        let body = if seen.path_and_query.starts_with("/clients") { r#"{"clients":[{"client_id":"1"}]}"# } else { "" };
        TestService::answer(200, "application/json", body)
    })
    .await;
    let page = Page::open(&service).await;
    let view = async || page.get("/phones/service").await.json::<Value>().await.unwrap();
    assert_eq!(view().await, json!({ "interactions": [], "clients": [] }));
    page.sandbox.world().set_service(&format!("{}/", service.base_url), None);
    assert_eq!(view().await, json!({ "interactions": [], "clients": [{ "client_id": "1" }] }));
}

#[tokio::test]
async fn a_stream_ends_when_the_sandbox_is_shut_down() {
    let service = masked().await;
    let page = Page::open(&service).await;
    let mut stream = page.get("/phones/events").await;
    page.sandbox.shutdown().await;
    while let Ok(Some(_)) = tokio::time::timeout(LIMIT, stream.chunk()).await.unwrap() {}
}
