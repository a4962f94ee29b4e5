//! What is written into the sheet: cells that lie beside each other together, all of a cycle's in as few requests as Google
//! takes.

use std::collections::HashMap;

use proxycall_domain::sheet::{Cells, Layout, Tab};

use super::{Memory, OWNED_FOR, SheetFailure, protected::area_of, tab::TabWork, trouble::TabTrouble};
use crate::{
    Service,
    ports::{
        LedgerError, Sheet, SheetError,
        sheet::{Area, CellWrite, NewRow, Table},
    },
};

/// How many ranges or rows one request carries: about a megabyte.
const AT_ONCE: usize = 5_000;
/// How often one sending is halved to find protected cells of which Google does not tell; the next one goes on.
const SEARCH: u32 = 12;

/// Cells of one row by their place, from the left.
fn by_place(layout: &Layout, cells: &Cells) -> Vec<(u32, String)> {
    let mut placed: Vec<(u32, String)> =
        cells.iter().filter_map(|(column, text)| Some((layout.position(column)?, text.to_owned()))).collect();
    placed.sort_unstable_by_key(|(place, _)| *place);
    placed
}

/// The writes of one row: one for each stretch of cells. What lies between two stretches is not ours.
fn cell_writes(layout: &Layout, row: u32, cells: &Cells) -> Vec<CellWrite> {
    let mut writes: Vec<CellWrite> = Vec::new();
    let mut next = None;
    for (place, text) in by_place(layout, cells) {
        match writes.last_mut().filter(|_| next == Some(place)) {
            Some(write) => write.cells.push(text),
            None => writes.push(CellWrite { tab: layout.tab().title(), row, column: place, cells: vec![text] }),
        }
        next = place.checked_add(1);
    }
    writes
}

/// A row to be added. What is not ours is left alone, and what is empty is not written.
fn new_row(layout: &Layout, cells: &Cells) -> NewRow {
    let mut row = NewRow::new();
    for (place, text) in by_place(layout, cells) {
        let place = place as usize;
        if row.len() <= place {
            row.resize(place + 1, None);
        }
        if let Some(cell) = row.get_mut(place).filter(|_| !text.is_empty()) {
            *cell = Some(text);
        }
    }
    row
}

impl TabWork {
    /// The first row of all, with its place, where Google would add it above the first row of data: the row for formulas is
    /// empty, and nothing is below it. The others follow in the next cycle.
    fn placed(&self) -> Option<(u32, &Cells)> {
        let first = self.layout.tab().first_row();
        let begins_empty = self.rows.saturating_add(1) < first as usize;
        self.appends.first().filter(|_| begins_empty).map(|cells| (first, cells))
    }

    /// What is written into rows by their number.
    fn written(&self) -> impl Iterator<Item = (u32, &Cells)> {
        self.updates.iter().map(|(row, cells)| (*row, cells)).chain(self.placed())
    }
}

/// Sends what a cycle has to say, as far as the quota allows; the rest comes in a later one. How many rows were sent.
///
/// The sheet is kept for longer before each request: while many are sent, another instance must not begin.
pub(super) async fn send(
    service: &Service,
    sheet: &dyn Sheet,
    memory: &mut Memory,
    works: &[TabWork],
) -> Result<usize, SheetFailure> {
    if !service.columns_stand(sheet, memory, works).await? {
        memory.more = true;
        return Ok(0);
    }
    let updates =
        works.iter().flat_map(|work| work.written().flat_map(|(row, cells)| cell_writes(&work.layout, row, cells)));
    let mut sent = works.iter().map(|work| work.written().count()).sum();
    let mut refused = Refused::default();
    if !service.write_what_may_be(sheet, memory, updates.collect(), &mut refused).await? {
        return Ok(sent);
    }
    for work in works.iter().filter(|work| work.placed().is_none()) {
        sent += service.append_rows(sheet, memory, work, &mut refused).await?;
    }
    if !refused.asked {
        memory.protected.well();
    }
    Ok(sent)
}

/// Puts back what went beside its column. How many cells.
pub(super) async fn put_back(
    service: &Service,
    sheet: &dyn Sheet,
    memory: &mut Memory,
    troubles: &HashMap<Tab, TabTrouble>,
) -> Result<usize, SheetFailure> {
    let strays = troubles.values().filter_map(|trouble| match trouble {
        TabTrouble::Strayed(strays) => Some(strays.writes()),
        _ => None,
    });
    let writes: Vec<CellWrite> = strays.flatten().collect();
    let cells = writes.len();
    memory.more |= cells > 0;
    service.write_what_may_be(sheet, memory, writes, &mut Refused::default()).await?;
    Ok(cells)
}

/// What one sending found out of protected cells.
#[derive(Default)]
struct Refused {
    /// Google was asked what is protected.
    asked: bool,
    /// How many further requests were spent to find what it did not tell.
    searched: u32,
}

impl Service {
    /// Whether the columns are still where they were read: a large sheet takes seconds to be read and compared, and a write
    /// goes to letters. What moves within the moment that is left is found by the next cycle.
    async fn columns_stand(
        &self,
        sheet: &dyn Sheet,
        memory: &mut Memory,
        works: &[TabWork],
    ) -> Result<bool, SheetFailure> {
        let writing = || works.iter().filter(|work| !(work.updates.is_empty() && work.appends.is_empty()));
        let tabs: Vec<&str> = writing().map(|work| work.layout.tab().title()).collect();
        if tabs.is_empty() {
            return Ok(true);
        }
        memory.pace.asked_more(self.clock.now(), 1);
        let headers = sheet.headers(&tabs).await?;
        let stands = |(work, table): (&TabWork, &Table)| {
            Layout::find(work.layout.tab(), table.row(0)).is_ok_and(|layout| layout == work.layout)
        };
        Ok(writing().zip(&headers).all(stands))
    }

    /// Writes cells, all but those that are protected. Where one of them is that was not known, Google is asked which they
    /// are; where it does not tell, the writes are halved until it is found. False: the quota is used up.
    async fn write_what_may_be(
        &self,
        sheet: &dyn Sheet,
        memory: &mut Memory,
        mut updates: Vec<CellWrite>,
        refused: &mut Refused,
    ) -> Result<bool, SheetFailure> {
        let mut waiting: Vec<Vec<CellWrite>> = Vec::new();
        while updates.len() > AT_ONCE {
            waiting.push(updates.split_off((updates.len() - 1) / AT_ONCE * AT_ONCE));
        }
        waiting.push(updates);
        while let Some(some) = waiting.pop() {
            let mut some: Vec<CellWrite> = some.into_iter().flat_map(|write| memory.protected.left_of(write)).collect();
            if some.is_empty() {
                continue;
            }
            if !self.may_write(memory).await? {
                return Ok(false);
            }
            match sheet.write(&some).await {
                Ok(()) => continue,
                Err(SheetError::Protected) => {}
                Err(error) => return Err(error.into()),
            }
            if !refused.asked {
                refused.asked = true;
                self.ask_what_is_protected(sheet, memory).await?;
                waiting.push(some);
            } else if let [write] = some.as_slice() {
                memory.protected.found(write.tab, area_of(write), self.clock.now(), self.chance.fraction());
            } else if refused.searched < SEARCH {
                refused.searched += 1;
                let half = some.split_off(some.len() / 2);
                waiting.extend([half, some]);
            }
        }
        Ok(true)
    }

    /// Adds a tab's new rows below what it holds. How many.
    ///
    /// They go below a certain row: did they go behind whatever the first column holds, and somebody inserted an empty
    /// one, they would overwrite the headers. Where the grid ends, Google finds the place, and makes the grid grow.
    async fn append_rows(
        &self,
        sheet: &dyn Sheet,
        memory: &mut Memory,
        work: &TabWork,
        refused: &mut Refused,
    ) -> Result<usize, SheetFailure> {
        let tab = work.layout.tab().title();
        let last = u32::try_from(work.rows).unwrap_or(u32::MAX);
        let (mut sent, mut after) = (0, Some(last));
        let mut waiting: Vec<&[Cells]> = work.appends.chunks(AT_ONCE).rev().collect();
        while let Some(some) = waiting.pop() {
            if !self.may_write(memory).await? {
                break;
            }
            let rows: Vec<NewRow> = some.iter().map(|cells| new_row(&work.layout, cells)).collect();
            match sheet.append(tab, after, &rows).await {
                Ok(_) => sent += rows.len(),
                Err(SheetError::OutsideGrid) if after.is_some() && work.begins_first => {
                    after = None;
                    waiting.push(some);
                }
                // The next cycle leaves out what is protected there.
                Err(SheetError::Protected) if !refused.asked => {
                    refused.asked = true;
                    self.ask_what_is_protected(sheet, memory).await?;
                    break;
                }
                Err(SheetError::Protected) => {
                    let area = Area { rows: last.saturating_add(1)..u32::MAX, columns: 0..u32::MAX };
                    memory.protected.found(tab, area, self.clock.now(), self.chance.fraction());
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(sent)
    }

    /// Asks what the account may not write.
    pub(super) async fn ask_what_is_protected(
        &self,
        sheet: &dyn Sheet,
        memory: &mut Memory,
    ) -> Result<(), SheetFailure> {
        let now = self.clock.now();
        memory.pace.asked_more(now, 1);
        memory.protected.learn(sheet.protections().await?, now, self.chance.fraction());
        Ok(())
    }

    /// Whether one more write may be sent now: the quota allows it, and the sheet is still ours and stays so meanwhile.
    async fn may_write(&self, memory: &mut Memory) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let until = now.checked_add(OWNED_FOR).unwrap_or(now);
        Ok(memory.pace.write(now) && self.ledger.own_sheet(memory.owner, until, now).await?)
    }
}

#[cfg(test)]
mod tests {
    use proxycall_domain::sheet::{Column, Tab};

    use super::*;

    const HEADERS: [&str; 9] = [
        "client_id",
        "client_name",
        "client_mail",
        "client_real_phone",
        "client_proxy_number",
        "client_iso_residency",
        "client_country_code",
        "client_last_caller",
        "sub_in_shopi",
    ];

    fn layout() -> Layout {
        Layout::find(Tab::Clients, HEADERS).unwrap()
    }

    #[test]
    fn cells_beside_each_other_go_together_and_columns_between_are_left_alone() {
        let cells: Cells = [
            (Column::ClientLastCaller, "+33639980002"),
            (Column::ClientMail, "zoe@example.com"),
            (Column::ClientName, "Zoé"),
            (Column::ClientProxy, ""),
        ]
        .into_iter()
        .collect();
        let writes: Vec<_> =
            cell_writes(&layout(), 7, &cells).into_iter().map(|write| (write.row, write.column, write.cells)).collect();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            writes,
            [(7, 1, texts(&["Zoé", "zoe@example.com"])), (7, 4, texts(&[""])), (7, 7, texts(&["+33639980002"])),]
        );
    }

    #[test]
    fn a_new_row_leaves_the_formula_columns_empty() {
        let cells: Cells = [(Column::ClientId, "7"), (Column::ClientLastCaller, "+33639980002")].into_iter().collect();
        let row = new_row(&layout(), &cells);
        assert_eq!(row.len(), 8);
        assert_eq!(row.iter().flatten().count(), 2);
        assert_eq!((row[0].as_deref(), row[5].as_deref(), row[6].as_deref()), (Some("7"), None, None));
    }
}
