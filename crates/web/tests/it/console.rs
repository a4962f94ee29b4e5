//! The console's door: who gets in, for how long, and what a form must bring along.

use jiff::SignedDuration;
use proxycall_testkit::reqwest::{Method, StatusCode, header};
use proxycall_testkit::{
    Console, TestApp,
    app::{TOKEN, run_test_on_both},
    console::{Shown, hidden},
    run_test,
};

use crate::{access::token, ask::column};

const PAGE: &str = "/console/health";

fn asks_for_token(shown: &Shown) -> bool {
    shown.status == StatusCode::SEE_OTHER && shown.location == "/console/login?to=%2Fconsole%2Fhealth"
}

#[tokio::test]
async fn who_shows_no_token_sees_the_form_and_who_does_goes_on_where_he_wanted_to() {
    run_test_on_both(async |app| {
        let console = app.console().await;
        assert!(console.page(PAGE).await.contains("Health of the service"));
        let mut nobody = app.console().await;
        nobody.cookie = "__Host-console=made-up".to_owned();
        assert!(asks_for_token(&nobody.get(PAGE).await));
        let form = nobody.page("/console/login?to=%2Fconsole%2Fhealth").await;
        assert_eq!(hidden(&form, "to").as_deref(), Some("/console/health"));
        let answer = nobody.post_bare("/console/login", &[("token", TOKEN), ("to", PAGE)]).await;
        assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, PAGE));
        let elsewhere = nobody.post_bare("/console/login", &[("token", TOKEN), ("to", "//evil.example")]).await;
        assert_eq!(elsewhere.location, "/console");
    })
    .await;
}

#[tokio::test]
async fn guessing_a_token_is_refused_and_slowed_down() {
    run_test(async |app| {
        app.setting("limits.strangers", "3").await;
        let http = app.console().await;
        for _ in 0..3 {
            let wrong = http.post_bare("/console/login", &[("token", "guess")]).await;
            assert_eq!(wrong.status, StatusCode::FORBIDDEN);
            assert!(wrong.html.contains("not valid") && !wrong.html.contains("guess"), "{}", wrong.html);
        }
        let slowed = http.post_bare("/console/login", &[("token", "guess")]).await;
        assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    })
    .await;
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_hosts() {
    run_test(async |app| {
        let request = app.bare_request(Method::POST, "/console/login").form(&[("token", TOKEN), ("to", PAGE)]);
        let response = request.send().await.unwrap();
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with("__Host-console=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"));
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_nobody_clicks_and_after_twelve_hours_in_any_case() {
    run_test_on_both(async |app| {
        let minutes = |n| app.clock.advance(SignedDuration::from_mins(n));
        let console = app.console().await;
        minutes(59);
        console.page(PAGE).await;
        minutes(59);
        console.page(PAGE).await;
        minutes(61);
        assert!(asks_for_token(&console.get(PAGE).await));

        let console = app.console().await;
        for _ in 0..15 {
            minutes(45);
            console.page(PAGE).await;
        }
        minutes(46);
        assert!(asks_for_token(&console.get(PAGE).await));

        app.setting("console.idle_minutes", "5").await;
        let console = app.console().await;
        minutes(6);
        assert!(asks_for_token(&console.get(PAGE).await));
    })
    .await;
}

#[tokio::test]
async fn a_page_that_keeps_itself_up_to_date_keeps_nobody_signed_in() {
    run_test(async |app| {
        let console = app.console().await;
        let live = async || {
            let request = app.bare_request(Method::GET, PAGE).header(header::COOKIE, &console.cookie);
            let response = request.header("x-live", "1").header("hx-request", "true").send().await.unwrap();
            response.headers().get("hx-redirect").map(|value| value.to_str().unwrap().to_owned())
        };
        for _ in 0..4 {
            app.clock.advance(SignedDuration::from_mins(14));
            assert_eq!(live().await, None);
        }
        app.clock.advance(SignedDuration::from_mins(5));
        assert_eq!(live().await.as_deref(), Some("/console/login?to=%2Fconsole%2Fhealth"));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_revoked_or_rotated_opens_nothing_any_more() {
    run_test_on_both(async |app| {
        for (name, end) in [("shop", "DELETE /tokens/shop"), ("desk", "POST /tokens/desk/rotate")] {
            let shop = token(app, name, "operate").await;
            let console = Console::sign_in(app, &shop).await;
            console.page(PAGE).await;
            let (method, path) = end.split_once(' ').unwrap();
            let response = app.request(method.parse().unwrap(), path).send().await.unwrap();
            assert!(response.status().is_success(), "{end}: {}", response.status());
            assert!(asks_for_token(&console.get(PAGE).await), "{end}");
        }
    })
    .await;
}

#[tokio::test]
async fn one_signs_out_here_or_everywhere() {
    run_test_on_both(async |app| {
        let (first, second, third) = (app.console().await, app.console().await, app.console().await);
        let shop = token(app, "shop", "read").await;
        let other = Console::sign_in(app, &shop).await;
        assert_eq!(first.post("/console/logout", &[]).await.location, "/console/login?done=out");
        assert!(asks_for_token(&first.get(PAGE).await));
        second.page(PAGE).await;
        assert_eq!(second.post("/console/logout-everywhere", &[]).await.location, "/console/login?done=everywhere");
        assert!(asks_for_token(&second.get(PAGE).await) && asks_for_token(&third.get(PAGE).await));
        other.page(PAGE).await;
        let (_, acts) = app.get("/audit?actor=environment&limit=500").await;
        let actions = column(&acts, "acts", "action");
        assert!(
            actions.contains(&"console_sign_out_everywhere") && actions.contains(&"console_sign_in"),
            "{actions:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_form_without_the_sessions_own_word_does_nothing() {
    run_test(async |app| {
        let (console, other) = (app.console().await, app.console().await);
        let theirs = hidden(&other.page(PAGE).await, "csrf").unwrap();
        for fields in [&[][..], &[("csrf", "")], &[("csrf", "x")], &[("csrf", theirs.as_str())]] {
            let shown = console.post_bare("/console/logout", fields).await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN);
            assert!(shown.html.contains("Nothing was done"), "{}", shown.html);
        }
        let mine = hidden(&console.page(PAGE).await, "csrf").unwrap();
        let request = app.bare_request(Method::POST, "/console/logout").header(header::COOKIE, &console.cookie);
        let foreign =
            request.header("sec-fetch-site", "cross-site").form(&[("csrf", mine.as_str())]).send().await.unwrap();
        assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
        console.page(PAGE).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_said_as_a_page_that_runs_only_our_own_code() {
    run_test(async |app: &mut TestApp| {
        let console = app.console().await;
        let shown = console.get("/console/nowhere").await;
        assert_eq!(shown.status, StatusCode::NOT_FOUND);
        assert!(shown.html.contains("<h1>Not found</h1>"), "{}", shown.html);
        let request = app.bare_request(Method::GET, PAGE).header(header::COOKIE, &console.cookie);
        let response = request.send().await.unwrap();
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    })
    .await;
}
