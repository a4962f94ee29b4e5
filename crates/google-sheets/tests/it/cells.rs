//! Promises: what the port says about reading, writing, appending and tabs holds at Google, and costs what it says.

use proxycall_sandbox::google::Counts;
use proxycall_service::ports::{
    Sheet as _, SheetError,
    sheet::{CellWrite, NewRow, TabOutline, Table},
};

use crate::stage::Stage;

fn rows(table: &Table) -> Vec<Vec<String>> {
    (0..table.rows()).map(|row| table.row(row).map(str::to_owned).collect()).collect()
}

fn client_row(id: &str, phone: &str) -> NewRow {
    let texts = [id, "Zoé", "zoe@example.com", phone, "+33199000001"].map(|text| Some(text.to_owned()));
    texts.into_iter().chain([None, None]).collect()
}

#[tokio::test]
async fn whole_tabs_are_read_by_one_request_after_a_token_and_an_id() {
    let stage = Stage::new().await;
    stage.google().enter(&stage.id, "Clients!D3", "+33639980001").unwrap();
    let tables = stage.sheet.read(&["Clients", "EMAIL LOG", "TwilioPools"]).await.unwrap();
    assert_eq!(rows(&tables[0])[2], ["", "", "", "33639980001", "", "FR", "33"]);
    assert_eq!(rows(&tables[1])[0][5], "error");
    assert_eq!(tables[2].rows(), 1);
    assert_eq!(stage.google().counts(), Counts { tokens: 1, reads: 1, writes: 0, drive: 1 });
    stage.sheet.read(&["Clients"]).await.unwrap();
    assert_eq!(stage.google().counts(), Counts { tokens: 1, reads: 2, writes: 0, drive: 1 });
}

#[tokio::test]
async fn reading_no_tab_and_writing_nothing_asks_nothing_of_sheets() {
    let stage = Stage::new().await;
    assert_eq!(stage.sheet.read(&[]).await.unwrap(), []);
    stage.sheet.write(&[]).await.unwrap();
    assert_eq!(stage.sheet.append("Clients", None, &[]).await.unwrap(), None);
    let Counts { reads, writes, .. } = stage.google().counts();
    assert_eq!((reads, writes), (0, 0));
}

#[tokio::test]
async fn a_tab_that_is_not_there_refuses_the_whole_read() {
    let stage = Stage::new().await;
    assert_eq!(stage.sheet.read(&["Clients", "Nobody's"]).await, Err(SheetError::NoSuchTab));
    assert_eq!(stage.sheet.append("Nobody's", None, &[client_row("1", "")]).await, Err(SheetError::NoSuchTab));
}

#[tokio::test]
async fn cells_are_written_as_the_texts_they_are_by_one_request() {
    let stage = Stage::new().await;
    let write = |tab, row, column, cells: &[&str]| CellWrite {
        tab,
        row,
        column,
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
    };
    let writes = [
        write("Clients", 3, 0, &["1", "=SUM(A1)", "'x", "+33639980001"]),
        write("Clients", 3, 7, &["+33639980002"]),
        write("EMAIL LOG", 2, 5, &["0012"]),
        write("EMAIL LOG", 1, 0, &[""]),
        write("EMAIL LOG", 1, 0, &[]),
    ];
    stage.sheet.write(&writes).await.unwrap();
    let google = stage.google();
    let clients = google.cells(&stage.id, "Clients").unwrap();
    assert_eq!(clients[2], ["1", "=SUM(A1)", "'x", "+33639980001", "", "FR", "33", "+33639980002"]);
    assert_eq!(google.cell(&stage.id, "'EMAIL LOG'!F2").unwrap(), "0012");
    assert_eq!(google.cell(&stage.id, "'EMAIL LOG'!A1").unwrap(), "");
    assert_eq!(google.counts().writes, 1);
}

#[tokio::test]
async fn writing_outside_the_grid_is_refused_and_nothing_is_written() {
    let stage = Stage::new().await;
    let write = |row| CellWrite { tab: "Clients", row, column: 0, cells: vec!["canary".to_owned()] };
    let refused = stage.sheet.write(&[write(3), write(1001)]).await.unwrap_err();
    assert_eq!(refused, SheetError::OutsideGrid);
    assert_eq!(stage.google().cell(&stage.id, "Clients!A3").unwrap(), "");
}

#[tokio::test]
async fn a_protected_cell_refuses_the_whole_request_and_is_told_where_it_is() {
    let stage = Stage::new().await;
    let (google, sheet) = (stage.google(), &stage.sheet);
    let write = |row, column| CellWrite { tab: "Clients", row, column, cells: vec!["canary".to_owned()] };
    assert_eq!(sheet.protections().await.unwrap(), []);
    google.protect(&stage.id, "Clients!E3:E").unwrap();
    google.insert_rows(&stage.id, "Clients", 3, 1).unwrap();
    let two = [client_row("1", ""), client_row("2", "")];
    assert_eq!(sheet.append("Clients", None, &two).await, Err(SheetError::Protected));
    google.insert_columns(&stage.id, "Clients", 0, 1).unwrap();
    assert_eq!(sheet.write(&[write(3, 0), write(4, 5)]).await, Err(SheetError::Protected));
    assert_eq!(google.cell(&stage.id, "Clients!A3").unwrap(), "");
    let told = sheet.protections().await.unwrap();
    let covered = |row, column| told.iter().any(|it| it.covers("Clients", row, column));
    assert!(covered(4, 5) && covered(1_000, 5) && !covered(3, 5) && !covered(4, 4) && !covered(4, 6));
    sheet.write(&[write(3, 0), write(4, 4)]).await.unwrap();
}

#[tokio::test]
async fn rows_are_appended_from_the_first_column_on_and_their_place_is_told() {
    let stage = Stage::new().await;
    let sheet = &stage.sheet;
    assert_eq!(sheet.append("Clients", None, &[client_row("1", "+33639980001")]).await.unwrap(), Some(3));
    let two = [client_row("2", "+447700900001"), client_row("3", "")];
    assert_eq!(sheet.append("Clients", None, &two).await.unwrap(), Some(4));
    let clients = stage.google().cells(&stage.id, "Clients").unwrap();
    assert_eq!(clients[2..4].iter().map(|row| row[5..].join(" ")).collect::<Vec<_>>(), ["FR 33", "GB 44"]);
    assert_eq!(clients[4], ["3", "Zoé", "zoe@example.com", "", "+33199000001"]);
}

#[tokio::test]
async fn rows_that_are_added_below_a_row_spare_the_headers_beside_an_empty_column() {
    let stage = Stage::new().await;
    let (google, sheet) = (stage.google(), &stage.sheet);
    google.insert_columns(&stage.id, "Clients", 0, 1).unwrap();
    assert_eq!(sheet.append("Clients", Some(2), &[client_row("1", "")]).await.unwrap(), Some(3));
    assert_eq!(google.cell(&stage.id, "Clients!B1").unwrap(), "client_id");
    assert_eq!(
        sheet.append("Clients", Some(2), &[client_row("2", "")]).await.unwrap(),
        Some(4),
        "somebody was quicker"
    );
    assert_eq!(sheet.append("Clients", Some(1_000), &[client_row("3", "")]).await, Err(SheetError::OutsideGrid));
}

#[tokio::test]
async fn a_gap_in_the_last_rows_moves_nothing_aside() {
    let stage = Stage::new().await;
    let row = |cells: &[&str]| cells.iter().map(|cell| Some((*cell).to_owned())).collect::<NewRow>();
    let google = stage.google();
    google.delete_rows(&stage.id, "EMAIL LOG", 1, 1).unwrap();
    for number in 1..=3 {
        assert_eq!(stage.sheet.append("EMAIL LOG", None, &[row(&["a", "", "c"])]).await.unwrap(), Some(number));
    }
    assert_eq!(google.cells(&stage.id, "EMAIL LOG").unwrap(), vec![["a", "", "c"]; 3]);
}

#[tokio::test]
async fn one_row_goes_into_an_empty_row_rather_than_aside_or_over_anything() {
    let stage = Stage::new().await;
    let google = stage.google();
    google.enter(&stage.id, "TwilioPools!B3", "a note").unwrap();
    let row = vec![Some("FR".to_owned()), Some("+33199000001".to_owned())];
    assert_eq!(stage.sheet.append("TwilioPools", None, &[row]).await.unwrap(), Some(2));
    assert_eq!(google.cell(&stage.id, "TwilioPools!A2").unwrap(), "FR");
    assert_eq!(google.cell(&stage.id, "TwilioPools!B3").unwrap(), "a note");
}

#[tokio::test]
async fn a_full_grid_grows_when_a_row_is_appended() {
    let stage = Stage::new().await;
    let google = stage.google();
    google.delete_rows(&stage.id, "TwilioPools", 2, 999).unwrap();
    let row = vec![Some("FR".to_owned()), Some("+33199000001".to_owned())];
    assert_eq!(stage.sheet.append("TwilioPools", None, &[row]).await.unwrap(), Some(2));
    let outline = stage.sheet.outline().await.unwrap();
    assert_eq!(outline[1], TabOutline { title: "TwilioPools".to_owned(), rows: 2, columns: 26 });
}

#[tokio::test]
async fn a_new_tab_holds_texts_whoever_writes_and_costs_two_writes() {
    let stage = Stage::new().await;
    let google = stage.google();
    stage.sheet.create_tab("L'accueil", &["phone", "status"]).await.unwrap();
    assert_eq!(google.counts().writes, 2);
    google.enter(&stage.id, "'L''accueil'!A2", "+33639980001").unwrap();
    let tables = stage.sheet.read(&["L'accueil"]).await.unwrap();
    assert_eq!(rows(&tables[0]), vec![vec!["phone", "status"], vec!["+33639980001"]]);
    let again = stage.sheet.create_tab("L'accueil", &["phone"]).await.unwrap_err();
    assert!(again.to_string().contains("exists already") && !again.to_string().contains("accueil"), "{again}");
}

#[tokio::test]
async fn the_version_changes_with_every_change_and_only_then() {
    let stage = Stage::new().await;
    let before = stage.sheet.file().await.unwrap();
    assert_eq!(stage.sheet.file().await.unwrap(), before);
    stage.google().enter(&stage.id, "Clients!A3", "1").unwrap();
    let after = stage.sheet.file().await.unwrap();
    assert_ne!(after, before);
    stage.sheet.append("Clients", None, &[client_row("2", "")]).await.unwrap();
    assert_ne!(stage.sheet.file().await.unwrap(), after);
    assert_eq!(stage.google().counts().reads, 0);
}
