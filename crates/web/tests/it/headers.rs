//! What every answer says about how it may be used.

use proxycall_testkit::app::CLIENT;
use proxycall_testkit::reqwest::{Method, Response};
use proxycall_testkit::run_test;

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).unwrap_or_else(|| panic!("{} has no {name}", response.url())).to_str().unwrap()
}

#[tokio::test]
async fn every_answer_is_what_it_says_is_framed_by_nobody_and_runs_nothing_foreign() {
    run_test(async |app| {
        app.client(1, CLIENT).await;
        let bare = |method, path: &'static str| app.bare_request(method, path).send();
        let answers = [
            app.request(Method::GET, "/clients/1").send().await,
            app.request(Method::GET, "/clients/x").send().await,
            app.request(Method::POST, "/clients").body("{").send().await,
            bare(Method::GET, "/clients").await,
            bare(Method::GET, "/nowhere").await,
            bare(Method::GET, "/clients/").await,
            bare(Method::PATCH, "/clients").await,
            bare(Method::GET, "/health/live").await,
            bare(Method::GET, "/openapi.json").await,
            bare(Method::GET, "/docs").await,
            bare(Method::GET, "/activate").await,
            bare(Method::GET, "/confirmations/verify?id=x&code=1").await,
            bare(Method::POST, "/twilio/voice").await,
        ];
        for answer in answers {
            let answer = answer.unwrap();
            assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
            assert_eq!(header(&answer, "referrer-policy"), "no-referrer");
            assert_eq!(header(&answer, "strict-transport-security"), "max-age=31536000");
            let policy = header(&answer, "content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{} {policy}", answer.url());
            assert!(policy.contains("frame-ancestors 'none'"), "{} {policy}", answer.url());
            let is_page = ["/docs", "/activate", "/confirmations/verify"].contains(&answer.url().path());
            assert_eq!(policy == "default-src 'none'; frame-ancestors 'none'", !is_page, "{} {policy}", answer.url());
        }
    })
    .await;
}
