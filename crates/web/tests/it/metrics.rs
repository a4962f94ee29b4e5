//! What an operator's Prometheus is told: all that is documented and nothing else, to who has a token, and no data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proxycall_domain::NumberType;
use proxycall_service::ports::Ledger as _;
use proxycall_testkit::reqwest::{Method, StatusCode};
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, run_sheet_test},
    database, run_test,
    sandbox::{Fault, world::Handset},
};

use crate::{
    confirmations,
    sending::waiting_text,
    sheet::{PROXY, one_client, sheet},
};

const DASHBOARD: &str = include_str!("../../../../ops/grafana-dashboard.json");
const ALERTS: &str = include_str!("../../../../ops/alerts.yaml");
const GUIDE: &str = include_str!("../../../../docs/how-to/watch-it.md");

/// What is told now.
async fn scrape(app: &TestApp) -> String {
    let response = app.request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    response.text().await.unwrap()
}

/// What is told once the store may be asked again.
async fn scrape_anew(app: &TestApp) -> String {
    app.clock.advance(SignedDuration::from_secs(15));
    scrape(app).await
}

/// The value of a series, by its name and labels as they are told.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

/// The name of a metric, without what a histogram adds to it.
fn base(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// Names and labels of all that is told.
fn told(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.split("\",").filter_map(|label| label.split_once('=')).map(|(name, _)| name.to_owned());
        told.entry(base(name).to_owned()).or_default().extend(labels.filter(|name| name != "le"));
    }
    told
}

/// Every metric that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
    let ours = words.filter(|word| {
        word.starts_with("proxycall_") || word.starts_with("process_start") || word.starts_with("process_resident")
    });
    ours.map(|word| base(word).to_owned()).collect()
}

/// Everything happens once that is counted in any way.
async fn let_everything_happen(app: &TestApp) {
    one_client(app).await;
    app.call(COURIER, PROXY).await;
    app.text(COURIER, PROXY, "Bonjour").await;
    app.webhook(
        "/twilio/status/message",
        &[("MessageSid", "SM1"), ("MessageStatus", "failed"), ("ErrorCode", "30003")],
    )
    .await;
    app.world.fail_next(Fault::Status(503));
    waiting_text(app, PROXY, "Je suis en bas").await;
    app.drain_jobs().await;
    app.advance(60).await;
    app.number("+33199000502", "FR", NumberType::Local).await;
    app.world.add_handset(Handset::new("+33639980007"));
    let request = confirmations::request("P-1", "+33639980007", "zoe7@example.com");
    app.post("/confirmations/create", request).await;
    app.drain_jobs().await;
    app.advance(60).await;
    app.advance(120).await;
    assert!(!app.world.mails().is_empty());
    app.mirror().await;
}

#[tokio::test]
async fn what_is_told_is_what_is_documented_and_what_dashboard_alerts_and_guide_name() {
    run_sheet_test(sheet(), async |app, _| {
        let_everything_happen(app).await;
        let lock = app.store.database().lock().await;
        app.webhook("/twilio/voice", &[("CallSid", "CA1"), ("From", COURIER), ("To", PROXY)]).await;
        lock.release().await;
        let mut told = told(&scrape_anew(app).await);
        // The one that only one of the two databases has.
        if app.store.database().file().is_none() {
            told.entry("proxycall_store_batch_units".to_owned()).or_default();
        }
        let documented: BTreeMap<String, BTreeSet<String>> = proxycall_testkit::METRICS
            .iter()
            .map(|metric| (metric.name.to_owned(), metric.labels.iter().map(|label| (*label).to_owned()).collect()))
            .collect();
        assert_eq!(told, documented);
        for (file, text) in [("the dashboard", DASHBOARD), ("the alerts", ALERTS), ("the guide", GUIDE)] {
            let named = named(text);
            assert!(!named.is_empty(), "{file}");
            let unknown: Vec<_> = named.iter().filter(|name| !documented.contains_key(*name)).collect();
            assert!(unknown.is_empty(), "{file} names what is not told: {unknown:?}");
        }
    })
    .await;
}

#[test]
fn the_guide_says_of_each_alert_what_to_do() {
    let alerts: Vec<&str> = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        assert!(GUIDE.contains(&format!("| `{alert}` |")), "{alert}");
    }
}

#[tokio::test]
async fn no_metric_names_anybody_or_anything_that_was_sent() {
    run_sheet_test(sheet(), async |app, id| {
        let_everything_happen(app).await;
        app.get("/clients/by-proxy/33199000501?reason=canary").await;
        app.get("/canary/33639980001").await;
        app.webhook("/twilio/status/message", &[("MessageSid", "SMcanary"), ("ErrorCode", "987654")]).await;
        app.text("+14155550107", PROXY, "canary").await;
        let text = scrape_anew(app).await;
        for secret in ["canary", "639980", "199000", "4155550", "Zoé", "zoe", "O-1", "P-1", "987654", id] {
            assert!(!text.contains(secret), "{secret} in\n{text}");
        }
        assert!(value(&text, "proxycall_carrier_errors_total{code=\"other\"}").is_some_and(|count| count >= 1.0));
    })
    .await;
}

#[tokio::test]
async fn only_who_has_the_token_is_told() {
    run_test(async |app| {
        let bare = app.bare_request(Method::GET, "/metrics").send().await.unwrap();
        assert_eq!(bare.status(), StatusCode::FORBIDDEN);
        assert!(!bare.text().await.unwrap().contains("proxycall_"));
    })
    .await;
}

#[tokio::test]
async fn webhooks_are_counted_by_kind_and_outcome_and_others_by_route_and_status() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let before = scrape(app).await;
        app.call(COURIER, &proxy).await;
        app.webhook("/twilio/twilio/voice", &[("CallSid", "CA1"), ("From", COURIER), ("To", "+33199000777")]).await;
        app.bare_request(Method::POST, "/twilio/sms").body("Body=x").send().await.unwrap();
        app.get("/clients/1").await;
        app.get("/clients/77").await;
        let after = scrape(app).await;
        for (series, more) in [
            ("proxycall_webhooks_total{kind=\"voice\",outcome=\"connecting\"}", 1.0),
            ("proxycall_webhooks_total{kind=\"voice\",outcome=\"refused_unknown_number\"}", 1.0),
            ("proxycall_webhooks_total{kind=\"text\",outcome=\"refused_signature\"}", 1.0),
            ("proxycall_webhook_seconds_count{kind=\"voice\"}", 2.0),
            ("proxycall_request_seconds_count{route=\"/clients/{client_id}\",status=\"2xx\"}", 1.0),
            ("proxycall_request_seconds_count{route=\"/clients/{client_id}\",status=\"4xx\"}", 1.0),
        ] {
            let [before, after] = [&before, &after].map(|text| value(text, series).unwrap_or_default());
            assert!((after - before - more).abs() < 1e-9, "{series}: {before}, then {after}");
        }
    })
    .await;
}

#[tokio::test]
async fn how_things_stand_is_asked_of_the_store_every_15_seconds_at_most() {
    let waiting = "proxycall_jobs{kind=\"send_text\"}";
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        assert_eq!(value(&scrape(app).await, waiting), Some(0.0));
        waiting_text(app, &proxy, "Bonjour").await;
        app.clock.advance(SignedDuration::from_secs(14));
        assert_eq!(value(&scrape(app).await, waiting), Some(0.0));
        app.clock.advance(SignedDuration::from_secs(1));
        let text = scrape(app).await;
        assert_eq!(value(&text, waiting), Some(1.0));
        assert_eq!(value(&text, "proxycall_job_overdue_seconds{kind=\"send_text\"}"), Some(15.0));
        assert_eq!(
            value(&text, "proxycall_pool_numbers{country=\"FR\",type=\"mobile\",state=\"assigned\"}"),
            Some(1.0)
        );
        app.drain_jobs().await;
        assert_eq!(value(&scrape_anew(app).await, waiting), Some(0.0), "what is over is told as 0");
    })
    .await;
}

/// `increase()` of a series that begins with 1 is 0.
#[tokio::test]
async fn the_first_job_that_is_given_up_is_an_increase_for_prometheus() {
    run_test(async |app| {
        let given_up = "proxycall_job_retries_total{kind=\"send_text\",result=\"given_up\"}";
        assert_eq!(value(&scrape(app).await, given_up), Some(0.0));
    })
    .await;
}

#[tokio::test]
async fn while_the_store_is_away_that_is_told_with_the_rest() {
    let mut app = TestApp::start(database::postgres().await).await;
    assert_eq!(value(&scrape(&app).await, "proxycall_store_up"), Some(1.0));
    app.store.database().admit(false).await;
    let text = scrape_anew(&app).await;
    assert_eq!(value(&text, "proxycall_store_up"), Some(0.0));
    assert!(value(&text, "proxycall_store_failures_total{kind=\"read\"}").is_some_and(|count| count >= 1.0));
    app.store.database().admit(true).await;
    assert_eq!(value(&scrape_anew(&app).await, "proxycall_store_up"), Some(1.0));
    app.store.ping().await.unwrap();
    app.expect_violations();
    app.finish().await;
}
