//! What clients see: the form, its refusals, the progress, the links. Over a stage, so that every state can be shown.

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{Language, NumberType};
use proxycall_testkit::reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use proxycall_testkit::{
    TestApp,
    app::{Outside, run_page_test},
    sandbox::world::Handset,
    stage::Stage,
};
use proxycall_web::{
    ClientAddresses,
    enrolment::{CodeChannel, LinkOutcome, LinkState, Progress, Refusal, Unwell},
};
use rstest::rstest;

const GOOD: [(&str, &str); 8] = [
    ("first_name", "Zoé"),
    ("last_name", "Martin"),
    ("email", "Zoe@Example.com"),
    ("email2", "zoe@example.com"),
    ("country", "FR"),
    ("phone", "06 39 98 00 01"),
    ("phone2", "+33639980001"),
    ("lang", "en"),
];

async fn staged(test: impl AsyncFnOnce(&mut TestApp, &Stage)) {
    let stage = Stage::default();
    let outside = Outside { enrolment: Some(std::sync::Arc::new(stage.clone())), ..Outside::default() };
    run_page_test(outside, async |app| test(app, &stage).await).await;
}

fn form(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    app.bare_request(Method::POST, path).form(fields)
}

/// The good form with some fields set anew.
fn filled(app: &TestApp, changes: &[(&str, &str)]) -> RequestBuilder {
    let mut fields: Vec<_> =
        GOOD.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)).copied().collect();
    fields.extend(changes);
    form(app, "/activate", &fields)
}

async fn page(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().await.unwrap();
    let status = response.status();
    assert_protected(&response);
    (status, response.text().await.unwrap())
}

fn assert_protected(response: &Response) {
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(
        header("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
}

#[tokio::test]
async fn a_good_form_is_asked_for_once_and_leads_to_its_progress() {
    staged(async |app, stage| {
        let response = filled(app, &[]).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/activate/progress/a-token?lang=en");
        let requests = stage.with(|script| script.requests.clone());
        assert_eq!(requests, [["Zoé Martin", "zoe@example.com", "+33639980001", "127.0.0.1"].map(str::to_owned)]);
    })
    .await;
}

#[tokio::test]
async fn a_program_that_fills_in_the_hidden_field_gets_the_same_answer_and_nothing_happens() {
    staged(async |app, stage| {
        let response = filled(app, &[("remark_2", "cheap pills")]).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert!(response.headers()[header::LOCATION].to_str().unwrap().starts_with("/activate/progress/"));
        assert!(stage.with(|script| script.requests.is_empty()));
    })
    .await;
}

#[tokio::test]
async fn the_page_that_such_a_program_is_led_to_looks_like_any_other() {
    run_page_test(Outside::default(), async |app| {
        let response = filled(app, &[("remark_2", "cheap pills")]).send().await.unwrap();
        let target = response.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let (status, body) = page(app.bare_request(Method::GET, &target)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("6"), "it says what to do with a code that never comes");
        assert!(app.world.requests().iter().all(|request| !request.path.contains("Messages")));
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_not_served_passes_through_the_same_pages_at_the_same_times() {
    run_page_test(Outside::default(), async |app| {
        for number in ["+33199000501", "+33199000502"] {
            app.number(number, "FR", NumberType::Local).await;
        }
        app.world.add_handset(Handset::new("+33639980001"));
        let target = async |changes: &[(&str, &str)]| {
            let response = filled(app, changes).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::SEE_OTHER);
            response.headers()[header::LOCATION].to_str().unwrap().to_owned()
        };
        let served = target(&[]).await;
        // One of our own numbers, which nobody may learn.
        let ours = [
            ("phone", "0199000502"),
            ("phone2", "0199000502"),
            ("email", "b@example.com"),
            ("email2", "b@example.com"),
        ];
        let not_served = target(&ours).await;
        let mut seen = Vec::new();
        for seconds in [1, 59, 1, 119, 1, 3_600, 24 * 3_600] {
            app.advance(seconds).await;
            let [served, not_served] = [
                page(app.bare_request(Method::GET, &served)).await,
                page(app.bare_request(Method::GET, &not_served)).await,
            ];
            assert_eq!(served, not_served, "after {seconds} s more");
            seen.push(served.1);
        }
        seen.dedup();
        assert!(seen.len() >= 4, "the pages did not change");
    })
    .await;
}

#[rstest]
#[case::empty("first_name", " ", "Enter your first name.")]
#[case::html("last_name", "<script>alert(1)</script>", "Use letters, spaces, apostrophes and hyphens only.")]
#[case::right_to_left("first_name", "Zoé\u{202e}", "Use letters, spaces, apostrophes and hyphens only.")]
#[case::emoji("first_name", "Zoé😀", "Use letters, spaces, apostrophes and hyphens only.")]
#[case::injected("email", "zoe@example.com\r\nBcc: x@example.com", "Enter a whole address")]
#[case::differs("email2", "zoe@example.org", "The two e-mail addresses differ.")]
#[case::short("phone", "06 39 98", "it has too many or too few digits")]
#[case::letters("phone", "phone", "Use digits only")]
#[case::no_country("country", "ZZ", "Choose a country from the list.")]
#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_asked_for(
    #[case] field: &str,
    #[case] value: &str,
    #[case] message: &str,
) {
    staged(async |app, stage| {
        let (status, html) = page(filled(app, &[(field, value)])).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html.contains(message), "{html}");
        assert!(html.contains(&format!("href=\"#{field}\"")), "the summary leads to the field");
        assert!(!html.contains("<script>alert") && html.matches("autofocus").count() == 1, "{html}");
        assert!(html.contains("value=\"Martin\"") || field == "last_name", "what was right is kept");
        assert!(stage.with(|script| script.requests.is_empty()));
    })
    .await;
}

#[rstest]
#[case(Refusal::Phone, 422, "This number cannot be used")]
#[case(Refusal::TooMany { retry_after_s: 180 }, 429, "try again in 3 minutes")]
#[case(Refusal::NoNumber, 503, "No number left")]
#[case(Refusal::Unwell(Unwell::Unavailable), 503, "Not available right now")]
#[case(Refusal::Unwell(Unwell::Broken), 500, "Something went wrong")]
#[tokio::test]
async fn what_the_service_refuses_is_said_in_words(#[case] refusal: Refusal, #[case] status: u16, #[case] said: &str) {
    staged(async |app, stage| {
        stage.with(|script| script.request = Err(refusal));
        let (answered, html) = page(filled(app, &[])).await;
        assert_eq!(answered.as_u16(), status);
        assert!(html.contains(said), "{html}");
    })
    .await;
}

#[tokio::test]
async fn the_language_is_the_one_asked_for_then_the_browsers_then_french() {
    staged(async |app, _| {
        let get = |path: &str, accepted: &str| {
            app.bare_request(Method::GET, path).header(header::ACCEPT_LANGUAGE, accepted.to_owned())
        };
        for (path, accepted, lang) in [
            ("/activate", "de", "fr"),
            ("/activate", "en-GB,fr;q=0.5", "en"),
            ("/activate?lang=fr", "en", "fr"),
            ("/activate/progress/x?lang=en", "fr", "en"),
            ("/confirmations/verify", "en", "en"),
        ] {
            let (_, html) = page(get(path, accepted)).await;
            assert!(html.contains(&format!("<html lang=\"{lang}\">")), "{path} {accepted}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_old_link_fills_in_the_form_and_what_it_holds_is_only_text() {
    staged(async |app, _| {
        let path = "/activate?email=zoe@example.com&phone=%2B33639980001&first_name=%22%3E%3Cb%3E";
        let (status, html) = page(app.bare_request(Method::GET, path)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(html.matches("value=\"zoe@example.com\"").count(), 2);
        assert_eq!(html.matches("33639980001\"").count(), 2);
        assert!(!html.contains("\"><b>"), "{html}");
    })
    .await;
}

#[rstest]
#[case(None, "Your code is on its way")]
#[case(Some(CodeChannel::Sms), "Answer that text with the code")]
#[case(Some(CodeChannel::Voice), "type it on your phone")]
#[case(Some(CodeChannel::Email), "press the button on its page")]
#[tokio::test]
async fn the_progress_says_what_to_do_and_for_how_long(#[case] channel: Option<CodeChannel>, #[case] said: &str) {
    staged(async |app, stage| {
        let now: Timestamp = app.service.clock.now();
        let valid_until = now + SignedDuration::from_hours(24);
        stage.with(|script| script.progress = Ok(Some(Progress::Waiting { channel, valid_until })));
        let (status, html) = page(app.bare_request(Method::GET, "/activate/progress/x?lang=en")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains(said) && html.contains("valid for another 24 hours"), "{html}");
        assert!(html.contains("<noscript><meta http-equiv=\"refresh\"") && html.contains("aria-live=\"polite\""));
        let (_, part) = page(app.bare_request(Method::GET, "/activate/progress/x?lang=en&part=1")).await;
        assert!(part.contains(said) && !part.contains("<html"), "{part}");
    })
    .await;
}

/// The link always comes by text; by mail only where a mail server is set up and the address has a say, which nobody is
/// told.
#[rstest]
#[case("fr", "un lien par SMS ; dans certains cas", "Ouvrez notre e-mail")]
#[case("en", "a link by text message; in some cases", "Open our e-mail")]
#[tokio::test]
async fn the_progress_promises_no_mail_that_may_not_come(
    #[case] language: &str,
    #[case] said: &str,
    #[case] not: &str,
) {
    staged(async |app, stage| {
        let valid_until = app.service.clock.now() + SignedDuration::from_hours(24);
        let channel = Some(CodeChannel::Email);
        stage.with(|script| script.progress = Ok(Some(Progress::Waiting { channel, valid_until })));
        let path = format!("/activate/progress/x?lang={language}");
        let (_, html) = page(app.bare_request(Method::GET, &path)).await;
        assert!(html.contains(said) && !html.contains(not), "{html}");
    })
    .await;
}

#[rstest]
#[case(Progress::Locked, "Too many wrong codes", true)]
#[case(Progress::Verified, "Code confirmed", true)]
#[case(Progress::Done, "Your number is active", false)]
#[case(Progress::Expired, "The time is over", false)]
#[case(Progress::Failed, "did not work out", false)]
#[tokio::test]
async fn every_state_has_its_words_and_a_settled_one_asks_no_more(
    #[case] progress: Progress,
    #[case] said: &str,
    #[case] asks_on: bool,
) {
    staged(async |app, stage| {
        stage.with(|script| script.progress = Ok(Some(progress)));
        let (_, html) = page(app.bare_request(Method::GET, "/activate/progress/x?lang=en")).await;
        assert!(html.contains(said), "{html}");
        assert_eq!(html.contains("http-equiv=\"refresh\""), asks_on);
        assert_eq!(!html.contains("data-settled"), asks_on);
    })
    .await;
}

#[tokio::test]
async fn a_progress_page_that_is_nobodys_is_not_found() {
    staged(async |app, stage| {
        stage.with(|script| script.progress = Ok(None));
        let (status, _) = page(app.bare_request(Method::GET, "/activate/progress/%2e%2e%2fx")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        stage.with(|script| script.progress = Err(Unwell::Unavailable));
        let (status, _) = page(app.bare_request(Method::GET, "/activate/progress/x")).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    })
    .await;
}

#[rstest]
#[case::otp("otp=123456", "code 123456")]
#[case::token("token=abc", "token abc")]
#[tokio::test]
async fn looking_at_a_link_confirms_nothing_and_its_button_does(#[case] query: &str, #[case] told: &str) {
    staged(async |app, stage| {
        let path = format!("/confirmations/verify?pending_id=P-1&{query}");
        for _ in 0..3 {
            let (status, html) = page(app.bare_request(Method::GET, &path)).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(html.matches("<button").count(), 1, "{html}");
        }
        assert!(stage.with(|script| script.uses.is_empty()));
        let (name, value) = query.split_once('=').unwrap();
        let fields = [("pending_id", "P-1"), (name, value), ("lang", "en"), ("decision", "yes")];
        let (status, html) = page(form(app, "/confirmations/verify", &fields)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("Your number is active"), "{html}");
        assert_eq!(stage.with(|script| script.uses.clone()), [("P-1".to_owned(), told.to_owned(), true)]);
    })
    .await;
}

#[tokio::test]
async fn the_contact_on_record_is_asked_with_two_buttons_and_may_say_no() {
    staged(async |app, stage| {
        stage.with(|script| script.outcome = Ok(LinkOutcome::Declined(Language::Fr)));
        let path = "/confirmations/verify?pending_id=P-1&consent=abc";
        let (_, html) = page(app.bare_request(Method::GET, path)).await;
        assert!(html.contains("value=\"yes\"") && html.contains("value=\"no\""), "{html}");
        let fields = [("pending_id", "P-1"), ("consent", "abc"), ("decision", "no")];
        let (status, html) = page(form(app, "/confirmations/verify", &fields)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("Rien n’a été changé"), "{html}");
        assert_eq!(stage.with(|script| script.uses.clone()), [("P-1".to_owned(), "consent abc".to_owned(), false)]);
    })
    .await;
}

#[rstest]
#[case("")]
#[case("pending_id=P-1")]
#[case("otp=123456")]
#[case("pending_id=&otp=123456")]
#[tokio::test]
async fn an_incomplete_link_is_a_400(#[case] query: &str) {
    staged(async |app, stage| {
        let (status, html) = page(app.bare_request(Method::GET, &format!("/confirmations/verify?{query}"))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(html.contains("Lien incomplet"), "{html}");
        let fields: Vec<_> =
            query.split('&').filter_map(|pair| pair.split_once('=')).chain([("decision", "yes")]).collect();
        let (status, _) = page(form(app, "/confirmations/verify", &fields)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(stage.with(|script| script.uses.is_empty()));
    })
    .await;
}

#[rstest]
#[case(Ok(LinkState::Over), 400)]
#[case(Ok(LinkState::Unknown), 404)]
#[case(Err(Unwell::Unavailable), 503)]
#[case(Err(Unwell::Broken), 500)]
#[tokio::test]
async fn a_link_that_cannot_be_used_says_so_with_the_originals_status(
    #[case] state: Result<LinkState, Unwell>,
    #[case] status: u16,
) {
    staged(async |app, stage| {
        stage.with(|script| script.link = state);
        let (answered, html) =
            page(app.bare_request(Method::GET, "/confirmations/verify?pending_id=P-1&otp=123456")).await;
        assert_eq!(answered.as_u16(), status);
        assert!(!html.contains("<form") && !html.contains("123456"), "{html}");
    })
    .await;
}

#[rstest]
#[case(Ok(LinkOutcome::Waiting(Language::Fr)), 200)]
#[case(Ok(LinkOutcome::Wrong), 400)]
#[case(Ok(LinkOutcome::Locked), 400)]
#[case(Ok(LinkOutcome::Over), 400)]
#[case(Ok(LinkOutcome::Unknown), 404)]
#[case(Err(Unwell::Unavailable), 503)]
#[case(Err(Unwell::Broken), 500)]
#[tokio::test]
async fn a_button_that_came_to_nothing_says_so_with_the_originals_status(
    #[case] outcome: Result<LinkOutcome, Unwell>,
    #[case] status: u16,
) {
    staged(async |app, stage| {
        stage.with(|script| script.outcome = outcome);
        let fields = [("pending_id", "P-1"), ("otp", "123456"), ("decision", "yes")];
        let (answered, html) = page(form(app, "/confirmations/verify", &fields)).await;
        assert_eq!(answered.as_u16(), status);
        assert!(!html.contains("123456"), "{html}");
    })
    .await;
}

#[tokio::test]
async fn the_eleventh_request_of_an_address_waits_and_a_forged_header_does_not_help() {
    staged(async |app, stage| {
        for turn in 0..10 {
            let sent = filled(app, &[]).header("x-forwarded-for", format!("192.0.2.{turn}")).send().await.unwrap();
            assert_eq!(sent.status(), StatusCode::SEE_OTHER);
        }
        let response = filled(app, &[])
            .header("x-forwarded-for", "192.0.2.99")
            .header("accept-language", "en")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        let after: u32 = response.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&after));
        assert_protected(&response);
        assert!(response.text().await.unwrap().contains("One moment, please"));
        assert_eq!(stage.with(|script| script.requests.len()), 10);
        // Looking goes on, and so does everything that is no page.
        assert_eq!(page(app.bare_request(Method::GET, "/activate")).await.0, StatusCode::OK);
        assert_eq!(app.get("/clients").await.0, StatusCode::OK);
        app.clock.advance(SignedDuration::from_secs(i64::from(after)));
        assert_eq!(filled(app, &[]).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    })
    .await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_budget() {
    let stage = Stage::default();
    let outside = Outside {
        enrolment: Some(std::sync::Arc::new(stage.clone())),
        addresses: ClientAddresses { header: Some("x-forwarded-for".parse().unwrap()), trusted_hops: 1 },
        frame_ancestors: vec!["https://shop.example".to_owned(), "https://*.myshopify.com".to_owned()],
        ..Outside::default()
    };
    run_page_test(outside, async |app| {
        let from =
            async |header: String| filled(app, &[]).header("x-forwarded-for", header).send().await.unwrap().status();
        for turn in 0..10 {
            assert_eq!(from(format!("192.0.2.{turn}, 203.0.113.1")).await, StatusCode::SEE_OTHER);
        }
        assert_eq!(from("192.0.2.77, 203.0.113.1".to_owned()).await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(from("203.0.113.2".to_owned()).await, StatusCode::SEE_OTHER);
        assert!(stage.with(|script| script.requests.last().unwrap()[3] == "203.0.113.2"));
        let response = app.bare_request(Method::GET, "/activate").send().await.unwrap();
        let security = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(security.ends_with("frame-ancestors https://shop.example https://*.myshopify.com"), "{security}");
    })
    .await;
}

#[tokio::test]
async fn style_and_script_are_our_own_and_may_be_kept_for_ever() {
    staged(async |app, _| {
        let (_, html) = page(app.bare_request(Method::GET, "/activate")).await;
        for (before, kind) in
            [("href=\"/assets/", "text/css; charset=utf-8"), ("src=\"/assets/", "text/javascript; charset=utf-8")]
        {
            let (_, rest) = html.split_once(before).unwrap();
            let (name, _) = rest.split_once('"').unwrap();
            let response = app.bare_request(Method::GET, &format!("/assets/{name}")).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["content-type"], kind);
            assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        }
        let missing = app.bare_request(Method::GET, "/assets/page.js").send().await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        assert!(
            !html.contains("style=")
                && !html.contains("<style")
                && !html.contains("http://")
                && !html.contains("https://")
        );
    })
    .await;
}
