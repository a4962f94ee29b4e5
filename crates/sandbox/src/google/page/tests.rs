use super::*;
use crate::{Options, Sandbox, server::loopback_client};
use serde_json::Value;

struct Browser {
    sandbox: Sandbox,
    http: reqwest::Client,
    id: String,
}

impl Browser {
    async fn open() -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let id = sandbox.world().google().add_spreadsheet(Spreadsheet::proxycall("ProxyCall"));
        Self { sandbox, http: loopback_client().unwrap(), id }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}/sandbox/{path}", self.sandbox.base_url())).send().await.unwrap()
    }

    async fn post(&self, path: &str, mut body: Value) -> (u16, Value) {
        body["spreadsheet"] = json!(self.id);
        let url = format!("{}/sandbox/sheet/{path}", self.sandbox.base_url());
        let response = self.http.post(url).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    fn google(&self) -> Google {
        self.sandbox.world().google()
    }
}

#[tokio::test]
async fn the_page_and_its_files_are_served_and_load_nothing_from_elsewhere() {
    let browser = Browser::open().await;
    for (path, kind) in [("sheet", "text/html"), ("sheet.js", "text/javascript"), ("sheet.css", "text/css")] {
        let response = browser.get(path).await;
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        let text = response.text().await.unwrap();
        assert!(!text.contains("https://") && !text.contains("innerHTML"), "{path}");
    }
}

#[tokio::test]
async fn the_view_shows_what_the_tab_shows_as_texts() {
    let browser = Browser::open().await;
    browser.google().enter(&browser.id, "Clients!B3", "<script>alert(1)</script>").unwrap();
    browser.google().enter(&browser.id, "Clients!D3", "+33639980001").unwrap();
    let page: Value = browser.get("sheet/view").await.json().await.unwrap();
    assert_eq!(page["spreadsheets"][0], json!([browser.id, "ProxyCall"]));
    assert_eq!(page["tabs"], json!(["Clients", "TwilioPools", "CONFIRMATION_PENDING", "EMAIL LOG"]));
    assert_eq!(page["rows"][2][1]["text"], "<script>alert(1)</script>");
    assert_eq!(page["rows"][2][3], json!({ "text": "33639980001", "number": true }));
    assert_eq!(page["rows"][2][5]["text"], "FR");
    assert!(page["rows"][1][5]["formula"].as_str().unwrap().starts_with("=ARRAYFORMULA"));
    let page: Value = browser.get("sheet/view?tab=EMAIL+LOG").await.json().await.unwrap();
    assert_eq!(page["rows"][0][0]["text"], "ts");
}

#[tokio::test]
async fn a_person_types_inserts_deletes_and_sorts() {
    let browser = Browser::open().await;
    let cell = |row: usize, text: &str| json!({ "tab": "Clients", "row": row, "column": 0, "text": text });
    let rows = |row: usize, action: Value| json!({ "tab": "Clients", "row": row, "action": action });
    assert_eq!(browser.post("cell", cell(2, "2")).await.0, 200);
    assert_eq!(browser.post("cell", cell(3, "1")).await.0, 200);
    assert_eq!(browser.post("rows", rows(2, json!({ "sort": 0 }))).await.0, 200);
    assert_eq!(browser.google().cell(&browser.id, "Clients!A3").unwrap(), "1");
    assert_eq!(browser.post("rows", rows(2, json!("insert"))).await.0, 200);
    assert_eq!(browser.google().cell(&browser.id, "Clients!A4").unwrap(), "1");
    assert_eq!(browser.post("rows", rows(3, json!("delete"))).await.0, 200);
    assert_eq!(browser.google().cell(&browser.id, "Clients!A4").unwrap(), "2");
    let (status, refusal) = browser.post("cell", cell(100_000, "x")).await;
    assert_eq!((status, refusal["detail"].is_string()), (422, true));
}

#[test]
fn what_the_service_wrote_is_marked_for_a_moment() {
    let mut sheet = Spreadsheet::proxycall("ProxyCall");
    let at: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let tab = sheet.tabs[0].id;
    sheet.remember(super::super::spreadsheet::ServiceWrite { at, tab, row: 2, column: 1 });
    let marked = |seconds: i64| {
        let page = page("1", &sheet, "Clients", at + SignedDuration::from_secs(seconds));
        page.rows[2][1].fresh
    };
    assert!(marked(0));
    assert!(marked(FRESH));
    assert!(!marked(FRESH + 1));
}
