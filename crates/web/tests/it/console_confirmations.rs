//! The console's board of confirmations: who stands where and why, and what an operator may do about it.

use jiff::SignedDuration;
use proxycall_domain::{NumberStatus, NumberType};
use proxycall_service::ports::Ledger as _;
use proxycall_testkit::{
    Console, TestApp,
    app::{CLIENT, OTHER_COURIER, run_test_on_both},
    reqwest::StatusCode,
    run_test,
    sandbox::world::Handset,
};
use serde_json::json;

use crate::{
    access::token,
    ask::column,
    confirmations::{PROXY, begin, code, request, status, wrong},
};

const BOARD: &str = "/console/confirmations";
const ONE: &str = "/console/confirmations/P-1";

/// The column of the board under a title.
fn column_of<'p>(board: &'p str, title: &str) -> &'p str {
    let from = board.find(&format!(">{title} <")).unwrap_or_else(|| panic!("no column {title} on {board}"));
    board[from..].split("</section>").next().unwrap()
}

async fn actions(app: &TestApp) -> Vec<String> {
    let (_, acts) = app.get("/audit?limit=500").await;
    column(&acts, "acts", "action").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn somebody_moves_over_the_board_as_the_confirmation_goes() {
    run_test_on_both(async |app| {
        let console = app.console().await;
        assert!(console.page(BOARD).await.contains("Nobody is enrolling."));
        begin(app, "P-1").await;
        let board = console.page(BOARD).await;
        let column = column_of(&board, "Under way");
        assert!(
            column.contains("Zoé Martin") && column.contains("+****0001") && column.contains("arrived"),
            "{column}"
        );
        assert!(!board.contains(CLIENT) && !board.contains("639980001"));
        let right = code(app, CLIENT);
        assert!(!board.contains(&right));
        let page = console.page(ONE).await;
        assert!(page.contains("zoe@example.com") && !page.contains(CLIENT) && !page.contains(&right), "{page}");
        app.text(CLIENT, PROXY, &right).await;
        app.drain_jobs().await;
        assert!(column_of(&console.page(BOARD).await, "Done lately").contains("new client"));
        let page = console.page(ONE).await;
        assert!(page.contains("/console/clients/1") && page.contains("This confirmation is over"), "{page}");
        assert!(!page.contains("/cancel"), "what is over offers nothing");
        assert_eq!(console.get("/console/confirmations/P-2").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_locked_code_needs_somebody_and_is_sent_anew() {
    run_test_on_both(async |app| {
        begin(app, "P-1").await;
        let old = code(app, CLIENT);
        for _ in 0..5 {
            app.text(CLIENT, PROXY, &wrong(&old)).await;
        }
        let console = app.console().await;
        let board = console.page(BOARD).await;
        assert!(column_of(&board, "Needs you").contains("Send a code again"), "{board}");
        let page = console.act(&format!("{ONE}/resend"), &[("channel", "sms")]).await;
        assert!(page.contains("The code leaves now."), "{page}");
        app.drain_jobs().await;
        let new = code(app, CLIENT);
        assert_ne!(new, old);
        let again = console.act(&format!("{ONE}/resend"), &[("channel", "sms")]).await;
        assert!(again.contains("used less than 3 minutes ago"), "{again}");
        app.text(CLIENT, PROXY, &new).await;
        assert_eq!(status(app, "P-1").await, "PROMOTED");
        assert_eq!(console.post(&format!("{ONE}/resend"), &[("channel", "sms")]).await.status, StatusCode::CONFLICT);
        assert!(actions(app).await.contains(&"resend_code".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn an_approval_shows_what_it_changes_and_then_changes_it() {
    run_test_on_both(async |app| {
        app.client(1, CLIENT).await;
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset::new(OTHER_COURIER));
        app.post("/confirmations/create", request("P-1", OTHER_COURIER, "client1@example.com")).await;
        app.drain_jobs().await;
        app.text(OTHER_COURIER, PROXY, &code(app, OTHER_COURIER)).await;
        let console = app.console().await;
        let board = console.page(BOARD).await;
        assert!(column_of(&board, "Needs you").contains("waits for approval"), "{board}");
        let page = console.page(ONE).await;
        assert!(page.contains("What this approval changes"), "{page}");
        assert!(page.contains("+****0001") && page.contains("→ +****0004"), "{page}");
        assert!(!page.contains(CLIENT) && !page.contains(OTHER_COURIER));
        let approved = console.act(&format!("{ONE}/approve"), &[]).await;
        assert!(approved.contains("Approved: the change is made."), "{approved}");
        assert_eq!(app.get("/clients/1").await.1["client_real_phone"], OTHER_COURIER);
        let again = console.post(&format!("{ONE}/approve"), &[]).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.html);
        assert!(actions(app).await.contains(&"approve_confirmation".to_owned()));
        app.drain_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_cancelled_is_over_and_the_number_that_its_code_came_from_rests() {
    run_test_on_both(async |app| {
        begin(app, "P-1").await;
        let console = app.console().await;
        let number = "/console/numbers/33199000501";
        assert!(console.page(number).await.contains(ONE), "a number that is held leads to its confirmation");
        let right = code(app, CLIENT);
        let page = console.act(&format!("{ONE}/cancel"), &[]).await;
        assert!(page.contains("Confirmation cancelled") && page.contains("An operator cancelled it."), "{page}");
        assert_eq!(status(app, "P-1").await, "EXPIRED");
        assert_eq!(app.store.number(PROXY.parse().unwrap()).await.unwrap().unwrap().status, NumberStatus::Quarantined);
        app.text(CLIENT, PROXY, &right).await;
        assert_eq!(app.get("/clients/1").await.0, StatusCode::NOT_FOUND, "its code opens nothing any more");
        assert_eq!(console.post(&format!("{ONE}/cancel"), &[]).await.status, StatusCode::CONFLICT);
        assert!(column_of(&console.page(BOARD).await, "Failed lately").contains("cancelled"));
        assert!(actions(app).await.contains(&"cancel_confirmation".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn why_nobody_proved_anything_is_said_with_the_carriers_code_in_words() {
    run_test(async |app| {
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset { undeliverable: Some(30_003), ..Handset::new(CLIENT) });
        app.post("/confirmations/create", request("P-1", CLIENT, "zoe@example.com")).await;
        app.drain_jobs().await;
        let console = app.console().await;
        let page = console.page(ONE).await;
        assert!(page.contains("did not arrive") && page.contains("30003"), "{page}");
        app.clock.advance(SignedDuration::from_hours(25));
        app.drain_jobs().await;
        let console = app.console().await;
        let board = console.page(BOARD).await;
        assert!(column_of(&board, "Failed lately").contains("Enrol anew"), "{board}");
        let all = console.page("/console/confirmations?group=failed").await;
        assert!(all.contains("Zoé Martin") && all.contains("expired"), "{all}");
    })
    .await;
}

#[tokio::test]
async fn a_phone_is_masked_until_somebody_asks_which_is_written_down() {
    run_test_on_both(async |app| {
        begin(app, "P-1").await;
        let console = Console::sign_in(app, &token(app, "reader", "read").await).await;
        let reveal = format!("{ONE}/reveal");
        let board = console.page(BOARD).await;
        assert!(column_of(&board, "Under way").contains(&format!("action=\"{reveal}\"")), "{board}");
        let shown = console.post(&reveal, &[]).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.html);
        assert!(shown.html.contains("+33 6 39 98 00 01") && shown.html.contains("noted in the audit log"));
        assert!(!shown.html.contains(&format!("action=\"{reveal}\"")), "it is shown already: {}", shown.html);
        for path in [ONE, BOARD, "/console/confirmations?group=under_way"] {
            let page = console.page(path).await;
            assert!(page.contains("+****0001") && !page.contains("39 98 00 01"), "{path}: {page}");
        }
        assert_eq!(console.post(&format!("{BOARD}/P-2/reveal"), &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(console.post_bare(&reveal, &[]).await.status, StatusCode::FORBIDDEN, "only by our own form");
        let (_, acts) = app.get("/audit?action=reveal_confirmation&limit=10").await;
        assert_eq!(column(&acts, "acts", "actor"), ["reader", "reader"]);
        assert_eq!(column(&acts, "acts", "subject"), ["pending P-2", "pending P-1"]);
        assert_eq!(column(&acts, "acts", "outcome"), ["refused", "done"]);
    })
    .await;
}

#[tokio::test]
async fn a_change_of_phone_shows_the_new_one_and_leaves_the_clients_masked() {
    run_test(async |app| {
        app.client(1, CLIENT).await;
        app.number(PROXY, "FR", NumberType::Local).await;
        app.world.add_handset(Handset::new(OTHER_COURIER));
        app.post("/confirmations/create", request("P-1", OTHER_COURIER, "client1@example.com")).await;
        app.drain_jobs().await;
        app.text(OTHER_COURIER, PROXY, &code(app, OTHER_COURIER)).await;
        let shown = app.console().await.post(&format!("{ONE}/reveal"), &[]).await.html;
        assert!(shown.contains("→ +33 6 39 98 00 04") && shown.contains("+****0001"), "{shown}");
        assert!(!shown.contains("39 98 00 01") && !shown.contains(CLIENT), "{shown}");
        app.drain_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_emptied_after_its_period_has_no_phone_to_show() {
    run_test_on_both(async |app| {
        begin(app, "P-1").await;
        app.setting("retention.confirmations_days", "1").await;
        app.service.schedule_privacy_care().await.unwrap();
        // It is over after a day, and emptied after another.
        for _ in 0..3 {
            app.advance(86_400).await;
            app.drain_jobs().await;
        }
        let console = app.console().await;
        let page = console.page(ONE).await;
        assert!(page.contains("Data erased") && !page.contains("/reveal"), "{page}");
        assert_eq!(console.post(&format!("{ONE}/reveal"), &[]).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn who_may_only_look_approves_and_cancels_nothing() {
    run_test(async |app| {
        begin(app, "P-1").await;
        let reader = token(app, "reader", "read").await;
        let console = Console::sign_in(app, &reader).await;
        let page = console.page(ONE).await;
        assert!(page.contains("Zoé Martin") && page.matches(&format!("action=\"{ONE}")).count() == 1, "{page}");
        assert!(page.contains(&format!("action=\"{ONE}/reveal\"")), "a number may be looked at: {page}");
        for act in ["resend", "approve", "cancel"] {
            let refused = console.post(&format!("{ONE}/{act}"), &[("channel", "sms")]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{act}");
        }
        assert_eq!(app.get("/confirmations/status?pending_id=P-1").await.1["status"], json!("PENDING"));
    })
    .await;
}
