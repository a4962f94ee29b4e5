//! The console's page of reports: the figures of a week, and letters as they would be read.

use proxycall_testkit::{
    Console, TestApp,
    app::{CLIENT, COURIER, run_test_on_both},
    reqwest::{Method, StatusCode, header},
    run_test,
};

use std::time::Duration;

const PAGE: &str = "/console/reports";

/// The page once its figures have been counted.
async fn counted(console: &Console<'_>, path: &str) -> String {
    for _ in 0..100 {
        let page = console.page(path).await;
        if !page.contains("are being counted") {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the figures are never there");
}

#[tokio::test]
async fn a_week_is_shown_in_figures_and_as_charts() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        app.text(COURIER, &proxy, "hello").await;
        let console = app.console().await;
        let page = counted(&console, PAGE).await;
        for said in
            ["With a proxy number", "100%", "Calls and texts by day", "Numbers assigned", "+1 against the week before"]
        {
            assert!(page.contains(said), "{said}: {page}");
        }
        let week = app.service.this_week();
        assert_eq!(page.matches("<option").count(), 12);
        let before = counted(&console, &format!("{PAGE}?week={}", week.before())).await;
        assert!(before.contains("Week after") && !before.contains("+1 against the week before"), "{before}");
        assert_eq!(console.get(&format!("{PAGE}?week=2020-W01")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(console.get(&format!("{PAGE}?week=x")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn figures_are_kept_for_some_minutes_and_counted_again_on_request() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let console = app.console().await;
        counted(&console, PAGE).await;
        app.call(COURIER, &proxy).await;
        let kept = counted(&console, PAGE).await;
        assert_eq!(kept.matches("as the week before").count(), 3, "{kept}");
        console.get(&format!("{PAGE}?anew=yes")).await;
        let anew = counted(&console, PAGE).await;
        assert_eq!(anew.matches("as the week before").count(), 2, "{anew}");
    })
    .await;
}

async fn policy_of(app: &TestApp, console: &Console<'_>, path: &str) -> String {
    let request = app.bare_request(Method::GET, path).header(header::COOKIE, &console.cookie);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_letter_is_shown_apart_from_our_pages_and_runs_nothing() {
    run_test(async |app| {
        app.client(1, CLIENT).await;
        let console = app.console().await;
        for (kind, said) in [("weekly", "Rapport hebdomadaire"), ("alerts", "Stock bas")] {
            let path = format!("{PAGE}/letter/{kind}");
            assert!(console.page(&path).await.contains(said), "{kind}");
            let policy = policy_of(app, &console, &path).await;
            assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline'"), "{policy}");
            assert!(policy.contains("sandbox") && !policy.contains("allow-scripts"), "{policy}");
            assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
        }
        assert!(policy_of(app, &console, PAGE).await.contains("frame-src 'self'"));
        assert!(policy_of(app, &console, "/console/today").await.contains("frame-src 'none'"));
        assert_eq!(console.get(&format!("{PAGE}/letter/other")).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}
