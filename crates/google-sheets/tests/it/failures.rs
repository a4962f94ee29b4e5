//! Promises: each way in which Google fails is told apart, nothing is asked twice, and no error quotes what was sent.

use std::time::Duration;

use proxycall_sandbox::{
    Fault,
    google::{Counts, RequestKind},
};
use proxycall_service::ports::{Sheet as _, SheetError, sheet::CellWrite};
use rstest::rstest;

use crate::stage::Stage;

/// Shows up in an error only if a cell does.
const CANARY: &str = "canary";

fn write() -> [CellWrite; 1] {
    [CellWrite { tab: "Clients", row: 3, column: 0, cells: vec![CANARY.to_owned()] }]
}

fn quota(seconds: u64) -> SheetError {
    SheetError::Quota { retry_after: Some(Duration::from_secs(seconds)) }
}

fn lost() -> SheetError {
    SheetError::AnswerLost(String::new())
}

/// The same kind of error; what a cause reads is its library's affair.
fn same(a: &SheetError, b: &SheetError) -> bool {
    let kind = |error: &SheetError| match error {
        SheetError::AnswerLost(_) => lost(),
        SheetError::Unreachable(_) => SheetError::Unreachable(String::new()),
        other => other.clone(),
    };
    kind(a) == kind(b)
}

#[rstest]
#[case::slow_down(Fault::StatusWithRetryAfter(429, 7), quota(7), false)]
#[case::slow_down_without_a_time(Fault::Status(429), SheetError::Quota { retry_after: None }, false)]
#[case::forbidden(Fault::Status(403), SheetError::Forbidden("PERMISSION_DENIED".into()), false)]
#[case::gone(Fault::Status(404), SheetError::NotFound, false)]
#[case::failed(Fault::Status(500), SheetError::Failed { status: 500 }, false)]
#[case::unavailable(Fault::Html(503), SheetError::Failed { status: 503 }, false)]
#[case::page_instead_of_an_answer(Fault::Html(200), lost(), false)]
#[case::hung_up_before(Fault::HangUpBeforeAccepting, lost(), false)]
#[case::hung_up_after(Fault::HangUpAfterAccepting, lost(), true)]
#[case::half_an_answer(Fault::HalfAnAnswer, lost(), true)]
#[tokio::test]
async fn a_write_that_fails_is_asked_once_and_told_apart(
    #[case] fault: Fault,
    #[case] expected: SheetError,
    #[case] done: bool,
) {
    let stage = Stage::new().await;
    stage.google().fail_next_of(RequestKind::Write, fault);
    let error = stage.sheet.write(&write()).await.unwrap_err();
    assert!(same(&error, &expected), "{error:?}");
    assert!(!error.to_string().contains(CANARY), "{error}");
    assert_eq!(stage.google().counts().writes, 1);
    assert_eq!(!stage.google().cell(&stage.id, "Clients!A3").unwrap().is_empty(), done);
}

#[tokio::test]
async fn a_read_cut_off_is_lost_and_never_a_short_table() {
    let stage = Stage::new().await;
    stage.google().fail_next_of(RequestKind::Read, Fault::HalfAnAnswer);
    assert!(matches!(stage.sheet.read(&["Clients"]).await, Err(SheetError::AnswerLost(_))));
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_lost() {
    let stage = Stage::new().await;
    let sheet = stage.client(|config| config.total_timeout = Duration::from_secs(1));
    sheet.file().await.unwrap();
    stage.google().fail_next_of(RequestKind::Write, Fault::Silent(Duration::from_secs(60)));
    assert_eq!(sheet.write(&write()).await, Err(SheetError::AnswerLost("timed out".to_owned())));
}

#[rstest]
#[case::the_token_is_lost(RequestKind::Token, Fault::HangUpAfterAccepting, SheetError::Unreachable(String::new()))]
#[case::the_id_is_lost(RequestKind::Drive, Fault::HalfAnAnswer, SheetError::Unreachable(String::new()))]
#[case::no_token_now(RequestKind::Token, Fault::Status(503), SheetError::Failed { status: 503 })]
#[case::no_id_now(RequestKind::Drive, Fault::Status(429), SheetError::Quota { retry_after: None })]
#[tokio::test]
async fn what_fails_before_the_write_leaves_it_surely_undone(
    #[case] kind: RequestKind,
    #[case] fault: Fault,
    #[case] expected: SheetError,
) {
    let stage = Stage::new().await;
    stage.google().fail_next_of(kind, fault);
    let error = stage.sheet.write(&write()).await.unwrap_err();
    assert!(same(&error, &expected), "{error:?}");
    assert_eq!(stage.google().counts().writes, 0);
    stage.sheet.write(&write()).await.unwrap();
}

#[tokio::test]
async fn a_second_401_is_the_keys_fault() {
    let stage = Stage::new().await;
    stage.sheet.file().await.unwrap();
    for _ in 0..2 {
        stage.google().fail_next_of(RequestKind::Write, Fault::Status(401));
    }
    assert_eq!(stage.sheet.write(&write()).await, Err(SheetError::Key("UNAUTHENTICATED".to_owned())));
    assert_eq!(stage.google().counts(), Counts { tokens: 2, reads: 0, writes: 2, drive: 2 });
}

#[tokio::test]
async fn nobody_at_the_address_means_that_nothing_was_sent() {
    let stage = Stage::new().await;
    let sheet = stage.client(|_| ());
    stage.sandbox.shutdown().await;
    assert!(matches!(sheet.write(&write()).await, Err(SheetError::Unreachable(_))));
}

#[tokio::test]
async fn above_the_quota_a_read_is_refused_and_comes_later() {
    let stage = Stage::new().await;
    stage.google().limit_per_minute(Some(1));
    stage.sheet.outline().await.unwrap();
    assert_eq!(stage.sheet.outline().await, Err(SheetError::Quota { retry_after: None }));
    stage.clock.forward(60);
    stage.sheet.outline().await.unwrap();
}
