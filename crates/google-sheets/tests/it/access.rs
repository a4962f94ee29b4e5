//! Promises: who we are and which spreadsheet is ours is found out once, kept, and found out anew when it changed.

use proxycall_google_sheets::Spreadsheet;
use proxycall_sandbox::google::{CLIENT_EMAIL, Counts, Role, Spreadsheet as Simulated};
use proxycall_service::ports::{Sheet as _, SheetError, sheet::CellWrite};

use crate::stage::{Stage, TITLE};

fn write() -> [CellWrite; 1] {
    [CellWrite { tab: "Clients", row: 3, column: 0, cells: vec!["1".to_owned()] }]
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let stage = Stage::new().await;
    stage.sheet.file().await.unwrap();
    stage.clock.forward(3600 - 180);
    stage.sheet.file().await.unwrap();
    assert_eq!(stage.google().counts().tokens, 1);
    stage.clock.forward(90);
    stage.sheet.file().await.unwrap();
    assert_eq!(stage.google().counts().tokens, 2);
}

#[tokio::test]
async fn many_questions_at_once_fetch_one_token_and_one_id() {
    let stage = Stage::new().await;
    let sheet = &stage.sheet;
    let (a, b, c) = tokio::join!(sheet.read(&["Clients"]), sheet.outline(), sheet.file());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(stage.google().counts(), Counts { tokens: 1, reads: 2, writes: 0, drive: 2 });
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_is_replaced_once_and_the_write_is_done_once() {
    let stage = Stage::new().await;
    stage.sheet.file().await.unwrap();
    stage.google().end_tokens();
    let before = stage.google().version(&stage.id).unwrap();
    stage.sheet.write(&write()).await.unwrap();
    assert_eq!(stage.google().version(&stage.id).unwrap(), before + 1);
    assert_eq!(stage.google().counts(), Counts { tokens: 2, reads: 0, writes: 2, drive: 2 });
}

#[tokio::test]
async fn a_revoked_key_is_named_as_the_reason() {
    let stage = Stage::new().await;
    stage.google().revoke_key();
    let refused = stage.sheet.read(&["Clients"]).await.unwrap_err();
    assert_eq!(refused, SheetError::Key("invalid_grant".to_owned()));
    assert_eq!(stage.google().counts(), Counts { tokens: 1, ..Counts::default() });
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_named_as_the_reason() {
    let stage = Stage::new().await;
    let ahead = stage.clock.copy();
    ahead.forward(3 * 3600);
    let refused = stage.client_by(&ahead).file().await.unwrap_err();
    assert!(refused.to_string().contains("clock"), "{refused}");
}

#[tokio::test]
async fn a_spreadsheet_with_a_known_id_is_not_looked_for() {
    let stage = Stage::new().await;
    let sheet = stage.client(|config| config.spreadsheet = Spreadsheet::ById(stage.id.clone()));
    sheet.read(&["Clients"]).await.unwrap();
    assert_eq!(stage.google().counts(), Counts { tokens: 1, reads: 1, writes: 0, drive: 0 });
    let other = stage.client(|config| config.spreadsheet = Spreadsheet::ById("1Other".to_owned()));
    assert_eq!(other.read(&["Clients"]).await, Err(SheetError::NotFound));
    assert_eq!(other.file().await, Err(SheetError::NotFound));
}

#[tokio::test]
async fn two_spreadsheets_of_one_title_are_counted_and_none_is_taken() {
    let stage = Stage::new().await;
    stage.google().add_spreadsheet(Simulated::proxycall(TITLE));
    stage.google().add_spreadsheet(Simulated::proxycall("Another"));
    assert_eq!(stage.sheet.outline().await, Err(SheetError::Ambiguous(2)));
}

#[tokio::test]
async fn a_spreadsheet_that_is_not_shared_is_not_found_and_one_to_look_at_is_not_written() {
    let stage = Stage::new().await;
    stage.google().unshare(&stage.id);
    assert_eq!(stage.sheet.outline().await, Err(SheetError::NotFound));
    stage.google().share(&stage.id, Role::Viewer);
    assert_eq!(stage.sheet.outline().await.unwrap().len(), 4);
    assert!(!stage.sheet.file().await.unwrap().may_edit);
    let refused = stage.sheet.write(&write()).await;
    assert_eq!(refused, Err(SheetError::Forbidden("PERMISSION_DENIED".to_owned())));
}

#[tokio::test]
async fn an_api_that_is_switched_off_is_named_as_the_reason() {
    let stage = Stage::new().await;
    stage.google().enable_apis(false);
    assert_eq!(stage.sheet.outline().await, Err(SheetError::Forbidden("SERVICE_DISABLED".to_owned())));
    stage.google().enable_apis(true);
    stage.sheet.outline().await.unwrap();
}

#[tokio::test]
async fn a_spreadsheet_that_gets_another_title_stays_ours_until_the_next_start() {
    let stage = Stage::new().await;
    stage.sheet.outline().await.unwrap();
    stage.google().rename_spreadsheet(&stage.id, "Another");
    stage.sheet.outline().await.unwrap();
    assert_eq!(stage.client(|_| ()).outline().await, Err(SheetError::NotFound));
}

#[tokio::test]
async fn an_id_whose_spreadsheet_is_gone_is_forgotten_and_the_title_looked_for_again() {
    for gone in [true, false] {
        let stage = Stage::new().await;
        let google = stage.google();
        stage.sheet.write(&write()).await.unwrap();
        if gone {
            google.remove_spreadsheet(&stage.id)
        } else {
            google.unshare(&stage.id)
        }
        let next = google.add_spreadsheet(Simulated::proxycall(TITLE));
        let refused = stage.sheet.write(&write()).await.unwrap_err();
        assert!(matches!(refused, SheetError::NotFound | SheetError::Forbidden(_)), "{refused}");
        stage.sheet.write(&write()).await.unwrap();
        assert_eq!(google.cell(&next, "Clients!A3").unwrap(), "1");
    }
}

#[tokio::test]
async fn the_account_is_the_one_to_share_with_and_debug_shows_nothing_else() {
    let stage = Stage::new().await;
    assert_eq!(stage.sheet.account(), CLIENT_EMAIL);
    assert_eq!(format!("{:?}", stage.sheet), format!("GoogleSheet {{ account: {CLIENT_EMAIL:?}, .. }}"));
}
