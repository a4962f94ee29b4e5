//! Promises: a person works on the sheet as at Google: types into cells, adds, deletes and sorts rows, renames tabs and
//! headers. What is typed is read as typing (USER_ENTERED).

use super::{
    Google,
    a1::Area,
    cell::Cell,
    spreadsheet::Spreadsheet,
    tab::{Protected, Tab},
};

/// Why something cannot be done in the sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no such spreadsheet.
    #[error("there is no spreadsheet with this id")]
    NoSpreadsheet,
    /// There is no such tab.
    #[error("the spreadsheet has no such tab")]
    NoTab,
    /// The range means no cell of the grid.
    #[error("the range means no cell of the grid; expected one such as Clients!D3")]
    NoCell,
    /// The tab is there already.
    #[error("the spreadsheet has a tab of this title already")]
    TabExists,
}

impl Google {
    /// Types into a cell, such as `Clients!D3`.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn enter(&self, id: &str, range: &str, typed: &str) -> Result<(), EditError> {
        self.edit(id, |sheet| {
            let (tab, row, column) = single(sheet, range)?;
            let tab = sheet.tabs.get_mut(tab).ok_or(EditError::NoTab)?;
            tab.set(row, column, Cell::typed(typed, tab.text_format));
            Ok(())
        })
    }

    /// Types into a cell by row and column, both from 0.
    pub(super) fn enter_at(
        &self,
        id: &str,
        tab: &str,
        row: usize,
        column: usize,
        typed: &str,
    ) -> Result<(), EditError> {
        self.edit(id, |sheet| {
            let tab = sheet.tab_mut(tab).ok_or(EditError::NoTab)?;
            if row >= tab.rows || column >= tab.columns {
                return Err(EditError::NoCell);
            }
            tab.set(row, column, Cell::typed(typed, tab.text_format));
            Ok(())
        })
    }

    /// Pastes rows of texts from the first cell of a row on, counted from 1; the grid grows. They stay texts.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn paste<R: AsRef<[T]>, T: AsRef<str>>(
        &self,
        id: &str,
        tab: &str,
        first_row: usize,
        rows: &[R],
    ) -> Result<(), EditError> {
        self.edit_tab(id, tab, |tab| {
            let first = first_row.saturating_sub(1);
            for (row, cells) in rows.iter().enumerate() {
                for (column, text) in cells.as_ref().iter().enumerate() {
                    tab.grow(first + row + 1, column + 1);
                    tab.set(first + row, column, Cell::typed(text.as_ref(), true));
                }
            }
        })
    }

    /// What a cell shows, such as `Clients!D3`.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn cell(&self, id: &str, range: &str) -> Result<String, EditError> {
        self.look(id, |sheet| {
            let (tab, row, column) = single(sheet, range)?;
            sheet.tabs.get(tab).map(|tab| tab.view().shown(row, column).formatted()).ok_or(EditError::NoTab)
        })
    }

    /// What a tab shows, up to the last row that holds anything, each row up to its last cell that does.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn cells(&self, id: &str, tab: &str) -> Result<Vec<Vec<String>>, EditError> {
        self.look(id, |sheet| {
            let view = sheet.tab(tab).ok_or(EditError::NoTab)?.view();
            let columns = view.used_columns();
            let row = |row: usize| {
                let mut cells: Vec<String> = (0..columns).map(|column| view.shown(row, column).formatted()).collect();
                let end = cells.iter().rposition(|cell| !cell.is_empty());
                cells.truncate(end.map_or(0, |last| last + 1));
                cells
            };
            Ok((0..view.used_rows()).map(row).collect())
        })
    }

    /// The titles of the tabs, in order.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn tabs(&self, id: &str) -> Result<Vec<String>, EditError> {
        self.look(id, |sheet| Ok(sheet.tabs.iter().map(|tab| tab.title.clone()).collect()))
    }

    /// The version that Drive tells.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn version(&self, id: &str) -> Result<u64, EditError> {
        self.look(id, |sheet| Ok(sheet.version))
    }

    /// Adds so many empty rows before a row, counted from 1.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn insert_rows(&self, id: &str, tab: &str, before: usize, count: usize) -> Result<(), EditError> {
        self.edit_tab(id, tab, |tab| tab.insert_rows(before.saturating_sub(1).min(tab.rows), count))
    }

    /// Deletes so many rows from a row on, counted from 1.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn delete_rows(&self, id: &str, tab: &str, first: usize, count: usize) -> Result<(), EditError> {
        self.edit_tab(id, tab, |tab| tab.delete_rows(first.saturating_sub(1), count))
    }

    /// Sorts the rows from `first` on, counted from 1, by a column, counted from 0.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn sort_rows(&self, id: &str, tab: &str, first: usize, column: usize) -> Result<(), EditError> {
        self.edit_tab(id, tab, |tab| tab.sort(first.saturating_sub(1), column))
    }

    /// Adds so many empty columns before a column, counted from 0.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn insert_columns(&self, id: &str, tab: &str, before: usize, count: usize) -> Result<(), EditError> {
        self.edit_tab(id, tab, |tab| tab.insert_columns(before.min(tab.columns), count))
    }

    /// Deletes so many columns from a column on, counted from 0.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn delete_columns(&self, id: &str, tab: &str, first: usize, count: usize) -> Result<(), EditError> {
        self.edit_tab(id, tab, |tab| tab.delete_columns(first, count))
    }

    /// Draws a column before another, both counted from 0.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn move_column(&self, id: &str, tab: &str, from: usize, before: usize) -> Result<(), EditError> {
        self.edit_tab(id, tab, |tab| tab.move_column(from, before))
    }

    /// Protects a range, such as `Clients!E3:E`, or a whole tab, against the service account.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn protect(&self, id: &str, range: &str) -> Result<(), EditError> {
        self.protect_as(id, range, true)
    }

    /// The same, by a protection of which Google does not tell the account.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn protect_unseen(&self, id: &str, range: &str) -> Result<(), EditError> {
        self.protect_as(id, range, false)
    }

    fn protect_as(&self, id: &str, range: &str, described: bool) -> Result<(), EditError> {
        self.edit(id, |sheet| {
            let (tab, area) = sheet.find(range).ok_or(EditError::NoCell)?;
            let tab = sheet.tabs.get_mut(tab).ok_or(EditError::NoTab)?;
            tab.protected.push(Protected { area, described });
            Ok(())
        })
    }

    /// Lifts every protection of a tab.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn unprotect(&self, id: &str, tab: &str) -> Result<(), EditError> {
        self.edit_tab(id, tab, |tab| tab.protected.clear())
    }

    /// Gives a tab another title.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn rename_tab(&self, id: &str, tab: &str, title: &str) -> Result<(), EditError> {
        self.edit(id, |sheet| {
            if sheet.tab(title).is_some() {
                return Err(EditError::TabExists);
            }
            title.clone_into(&mut sheet.tab_mut(tab).ok_or(EditError::NoTab)?.title);
            Ok(())
        })
    }

    /// Deletes a tab.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn delete_tab(&self, id: &str, tab: &str) -> Result<(), EditError> {
        self.edit(id, |sheet| {
            let at = sheet.tabs.iter().position(|known| known.title == tab).ok_or(EditError::NoTab)?;
            sheet.tabs.remove(at);
            Ok(())
        })
    }

    pub(super) fn look<T>(
        &self,
        id: &str,
        question: impl FnOnce(&Spreadsheet) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        self.ask(|google| question(google.spreadsheets.get(id).ok_or(EditError::NoSpreadsheet)?))
    }

    fn edit(&self, id: &str, change: impl FnOnce(&mut Spreadsheet) -> Result<(), EditError>) -> Result<(), EditError> {
        self.change(|google| {
            let sheet = google.spreadsheets.get_mut(id).ok_or(EditError::NoSpreadsheet)?;
            change(sheet)?;
            sheet.version += 1;
            Ok(())
        })
    }

    fn edit_tab(&self, id: &str, tab: &str, change: impl FnOnce(&mut Tab)) -> Result<(), EditError> {
        self.edit(id, |sheet| {
            change(sheet.tab_mut(tab).ok_or(EditError::NoTab)?);
            Ok(())
        })
    }
}

/// The first cell that a range means: tab, row, column.
fn single(sheet: &Spreadsheet, range: &str) -> Result<(usize, usize, usize), EditError> {
    let (tab, Area { top, left, .. }) = sheet.find(range).ok_or(EditError::NoCell)?;
    let inside = sheet.tabs.get(tab).is_some_and(|tab| top < tab.rows && left < tab.columns);
    if inside { Ok((tab, top, left)) } else { Err(EditError::NoCell) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_service::world;

    fn google() -> (Google, String) {
        let google = world().google();
        let id = google.add_spreadsheet(Spreadsheet::proxycall("ProxyCall"));
        (google, id)
    }

    #[test]
    fn what_a_person_types_is_what_google_makes_of_it() {
        let (google, id) = google();
        google.enter(&id, "Clients!D3", "+33639980001").unwrap();
        google.enter(&id, "Clients!D4", "'+33639980002").unwrap();
        assert_eq!(google.cell(&id, "Clients!D3").unwrap(), "33639980001");
        assert_eq!(google.cell(&id, "Clients!D4").unwrap(), "+33639980002");
        assert_eq!(google.cells(&id, "Clients").unwrap()[2], ["", "", "", "33639980001", "", "FR", "33"]);
    }

    #[test]
    fn every_edit_makes_a_new_version() {
        let (google, id) = google();
        type Edit = fn(&Google, &str) -> Result<(), EditError>;
        let edits: [Edit; 7] = [
            |google, id| google.paste(id, "TwilioPools", 2, &[["FR"], ["BE"]]),
            |google, id| google.enter(id, "TwilioPools!A1", "country"),
            |google, id| google.sort_rows(id, "TwilioPools", 2, 0),
            |google, id| google.insert_rows(id, "TwilioPools", 2, 1),
            |google, id| google.delete_rows(id, "TwilioPools", 2, 1),
            |google, id| google.rename_tab(id, "TwilioPools", "Pools"),
            |google, id| google.delete_tab(id, "EMAIL LOG"),
        ];
        for edit in edits {
            let before = google.version(&id).unwrap();
            edit(&google, &id).unwrap();
            assert!(google.version(&id).unwrap() > before);
        }
        assert_eq!(google.tabs(&id).unwrap(), ["Clients", "Pools", "CONFIRMATION_PENDING"]);
        let cells: Vec<String> = google.cells(&id, "Pools").unwrap().iter().map(|row| row[0].clone()).collect();
        assert_eq!(cells, ["country", "BE", "FR"]);
    }

    #[test]
    fn what_is_not_there_is_named_and_changes_nothing() {
        let (google, id) = google();
        let before = google.version(&id).unwrap();
        assert_eq!(google.enter("other", "Clients!A1", "x"), Err(EditError::NoSpreadsheet));
        assert_eq!(google.enter(&id, "Clients!A9999", "x"), Err(EditError::NoCell));
        assert_eq!(google.delete_tab(&id, "Nobody"), Err(EditError::NoTab));
        assert_eq!(google.rename_tab(&id, "Clients", "TwilioPools"), Err(EditError::TabExists));
        assert_eq!(google.version(&id).unwrap(), before);
    }
}
