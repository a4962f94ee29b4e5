//! What is written into the sheet: cells that lie beside each other together, all of a cycle's in as few requests as Google
//! takes.

use proxycall_domain::sheet::{Cells, Layout};

use super::{Memory, OWNED_FOR, SheetFailure, tab::TabWork};
use crate::{
    Service,
    ports::{
        LedgerError, Sheet,
        sheet::{CellWrite, NewRow},
    },
};

/// How many ranges or rows one request carries: about a megabyte.
const AT_ONCE: usize = 5_000;

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
    fn placed(&self) -> Option<(u32, Cells)> {
        let first = self.layout.tab().first_row();
        let begins_empty = self.rows.saturating_add(1) < first as usize;
        self.appends.first().filter(|_| begins_empty).map(|cells| (first, cells.clone()))
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
    let rows = |work: &TabWork| work.updates.iter().cloned().chain(work.placed()).collect::<Vec<_>>();
    let updates: Vec<CellWrite> = works
        .iter()
        .flat_map(|work| rows(work).into_iter().flat_map(|(row, cells)| cell_writes(&work.layout, row, &cells)))
        .collect();
    let mut sent = works.iter().map(|work| rows(work).len()).sum();
    for some in updates.chunks(AT_ONCE) {
        if !service.may_write(memory).await? {
            return Ok(sent);
        }
        sheet.write(some).await?;
    }
    for work in works.iter().filter(|work| work.placed().is_none()) {
        for some in work.appends.chunks(AT_ONCE) {
            if !service.may_write(memory).await? {
                return Ok(sent);
            }
            let rows: Vec<NewRow> = some.iter().map(|cells| new_row(&work.layout, cells)).collect();
            sheet.append(work.layout.tab().title(), &rows).await?;
            sent += rows.len();
        }
    }
    Ok(sent)
}

impl Service {
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
