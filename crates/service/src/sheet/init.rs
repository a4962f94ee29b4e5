//! Makes what the spreadsheet lacks: tabs, and headers in the first row. Nothing that stands in a cell is ever
//! replaced, and no row of a record is touched: it may be done while a service owns the sheet.

use proxycall_domain::sheet::{Column, Layout, Tab, letters};

use super::{SheetFailure, cycle::tables};
use crate::{
    Service,
    ports::sheet::{CellWrite, Table},
};

/// A column of the clients' tab that a formula fills in, as the original has it. It is none of ours.
const COUNTRY_CODE: &str = "client_country_code";
/// What our note says in the clients' second row where nothing else stands: rows are then added from the third one on.
const ROW_TWO: &str = "This row is kept for formulas; clients begin below it.";

/// What became of a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TabSetUp {
    /// The tab.
    pub tab: Tab,
    /// What was done.
    pub prepared: Prepared,
}

/// What was done about a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// Nothing: it has all that it needs.
    Nothing,
    /// It was made, with its headers.
    Made,
    /// These headers were added, in these columns.
    Added(Vec<(&'static str, String)>),
    /// It has too few columns for the headers that it lacks.
    NoRoom {
        /// What it lacks.
        missing: Vec<&'static str>,
        /// How many columns have to be added at its right end.
        columns: u32,
    },
    /// It cannot be mended by adding, for this reason.
    Unfit(String),
}

impl Service {
    /// Makes the tabs and headers that are missing, and says what it did. None: no sheet is set up.
    ///
    /// # Errors
    /// Google failed. What was made until then stays; a second run goes on from there.
    pub async fn init_sheet(&self) -> Result<Option<Vec<TabSetUp>>, SheetFailure> {
        let Some(mirror) = &self.sheet else { return Ok(None) };
        let sheet = mirror.sheet();
        let outline = sheet.outline().await?;
        let mut done = Vec::new();
        for (tab, table) in Tab::ALL.into_iter().zip(tables(sheet).await?) {
            let title = tab.title();
            let prepared = match table {
                None => {
                    sheet.create_tab(title, &headers(tab)).await?;
                    Prepared::Made
                }
                Some(table) => {
                    let room = outline.iter().find(|it| it.title == title).map_or(u32::MAX, |it| it.columns);
                    let (writes, prepared) = mend(tab, &table, room);
                    if !writes.is_empty() {
                        sheet.write(&writes).await?;
                    }
                    prepared
                }
            };
            if prepared == Prepared::Made && tab.first_row() > 2 {
                let last = headers(tab).len().saturating_sub(1);
                sheet.write(&[reserve(tab, u32::try_from(last).unwrap_or(u32::MAX))]).await?;
            }
            done.push(TabSetUp { tab, prepared });
        }
        Ok(Some(done))
    }
}

/// The first row of a new tab: the original's columns at the original's letters, which scripts count on, and our note.
fn headers(tab: Tab) -> Vec<&'static str> {
    let mut headers: Vec<&'static str> = tab.columns().map(Column::header).collect();
    if let Some(at) = headers.iter().position(|header| *header == Column::ClientLastCaller.header()) {
        headers.insert(at, COUNTRY_CODE);
    }
    headers
}

/// `note`: where our note is.
fn reserve(tab: Tab, note: u32) -> CellWrite {
    CellWrite { tab: tab.title(), row: 2, column: note, cells: vec![ROW_TWO.to_owned()] }
}

/// What a tab that is there lacks, and where it goes: behind all that any row holds.
fn mend(tab: Tab, table: &Table, room: u32) -> (Vec<CellWrite>, Prepared) {
    let title = tab.title();
    if table.rows() == 0 {
        let cells = headers(tab).into_iter().map(str::to_owned).collect();
        return (vec![CellWrite { tab: title, row: 1, column: 0, cells }], Prepared::Made);
    }
    let missing = missing(tab, table);
    let free = free_column(tab, table);
    let end = free.saturating_add(u32::try_from(missing.len()).unwrap_or(u32::MAX));
    if !missing.is_empty() && end > room {
        return (Vec::new(), Prepared::NoRoom { missing, columns: end - room });
    }
    if let Err(error) = Layout::find(tab, table.row(0).chain(missing.iter().copied())) {
        return (Vec::new(), Prepared::Unfit(error.to_string()));
    }
    let mut writes = Vec::new();
    let places = (0..).zip(table.row(0)).chain((free..).zip(missing.iter().copied()));
    let note = places.into_iter().find(|(_, header)| Column::find(tab, header) == Some(tab.note()));
    if let Some((at, _)) = note.filter(|_| table.rows() == 1 && tab.first_row() > 2) {
        writes.push(reserve(tab, at));
    }
    if missing.is_empty() {
        return (writes, Prepared::Nothing);
    }
    let cells = missing.iter().map(|header| (*header).to_owned()).collect();
    writes.push(CellWrite { tab: title, row: 1, column: free, cells });
    let added = (free..).zip(missing).map(|(at, header)| (header, letters(at))).collect();
    (writes, Prepared::Added(added))
}

/// The headers of ours that a tab lacks. What others fill in is theirs to add.
fn missing(tab: Tab, table: &Table) -> Vec<&'static str> {
    let seen: Vec<Column> = table.row(0).filter_map(|header| Column::find(tab, header)).collect();
    // The original finds the pool's columns by their letters, whatever stands there, unless it is another column's
    // header.
    let taken = |at: u32| table.row(0).nth(at as usize).is_some_and(|header| Column::find(tab, header).is_some());
    let has = |column: Column| seen.contains(&column) || column.fixed_position().is_some_and(|at| !taken(at));
    let ours = tab.columns().filter(|column| !column.is_others());
    ours.filter(|column| !has(*column)).map(Column::header).collect()
}

/// The first column behind all that any row holds, and behind the letters that are fixed.
fn free_column(tab: Tab, table: &Table) -> u32 {
    let used = (0..table.rows()).filter_map(|row| {
        let last = table.row(row).collect::<Vec<_>>().iter().rposition(|cell| !cell.trim().is_empty())?;
        u32::try_from(last).ok()?.checked_add(1)
    });
    let fixed = tab.columns().filter_map(|column| column.fixed_position()?.checked_add(1));
    used.chain(fixed).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        rows.iter().copied().collect()
    }

    #[test]
    fn a_new_tab_has_the_originals_letters_and_lacks_nothing() {
        let clients = headers(Tab::Clients);
        assert_eq!((clients[5], clients[6], clients[7]), ("client_iso_residency", COUNTRY_CODE, "client_last_caller"));
        assert_eq!(headers(Tab::Pool)[10], "reserved_by_client_id");
        assert_eq!(headers(Tab::Confirmations)[5..7], ["otp", "status"]);
        for tab in Tab::ALL {
            assert!(Layout::find(tab, headers(tab)).is_ok());
            assert_eq!(headers(tab).last(), Some(&"proxycall_note"));
            let (writes, prepared) = mend(tab, &table(&[&headers(tab), &["x"]]), 26);
            assert!(writes.is_empty() && prepared == Prepared::Nothing, "{prepared:?}");
        }
    }

    #[test]
    fn headers_are_added_behind_all_that_any_row_holds() {
        let rows: [&[&str]; 3] =
            [&["pending_id", "proxy_number", "status", "created_at"], &["P-1"], &["P-2", "", "", "", "", "a remark"]];
        let (writes, prepared) = mend(Tab::Confirmations, &table(&rows), 26);
        let Prepared::Added(added) = prepared else { panic!("{prepared:?}") };
        assert_eq!(added.first(), Some(&("client_name", "G".to_owned())));
        assert_eq!((writes.len(), writes[0].row, writes[0].column, writes[0].cells.len()), (1, 1, 6, added.len()));
        assert!(!added.iter().any(|(header, _)| *header == "otp"));
    }

    #[test]
    fn what_does_not_fit_or_is_there_twice_is_told_and_nothing_is_written() {
        let rows: [&[&str]; 2] = [&["pending_id", "proxy_number", "status", "created_at"], &[]];
        let (writes, prepared) = mend(Tab::Confirmations, &table(&rows), 6);
        assert!(writes.is_empty() && matches!(prepared, Prepared::NoRoom { columns: 3, .. }), "{prepared:?}");
        let mut twice = headers(Tab::Clients);
        twice.push("client_id");
        let (writes, prepared) = mend(Tab::Clients, &table(&[&twice, &["x"]]), 26);
        assert!(writes.is_empty() && matches!(prepared, Prepared::Unfit(_)), "{prepared:?}");
    }

    #[test]
    fn an_empty_second_row_of_the_clients_is_kept_from_being_filled() {
        let all = headers(Tab::Clients);
        let (writes, _) = mend(Tab::Clients, &table(&[&all]), 26);
        assert_eq!((writes.len(), writes[0].row, writes[0].column), (1, 2, 9));
        let (writes, _) = mend(Tab::Clients, &table(&[&all[..9]]), 26);
        assert_eq!((writes.len(), writes[0].row, writes[0].column, writes[1].column), (2, 2, 9, 9));
    }
}
