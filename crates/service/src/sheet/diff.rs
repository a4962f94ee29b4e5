//! What the next cycle would do, told beforehand: nothing is changed, in the sheet or in the store.

use std::collections::HashSet;

use jiff::Timestamp;
use proxycall_domain::sheet::{Column, Difference, Step, Tab, compare};

use super::{
    Memory, SheetFailure,
    cycle::tables,
    tab::{Look, TabWork},
    trouble::TabTrouble,
};
use crate::{Service, ports::clock::Ids as _};

/// What differs between sheet and store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetDiff {
    /// When the mirror was begun; none: it begins with the next cycle, which takes the sheet over where the store is
    /// empty.
    pub begun_at: Option<Timestamp>,
    /// What would be done, tab by tab and row by row.
    pub rows: Vec<RowDiff>,
    /// Tabs that cannot be dealt with, and why.
    pub troubles: Vec<String>,
}

/// What would be done about a row. One row may be there several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDiff {
    /// The tab.
    pub tab: Tab,
    /// The row, from 1; none for one that is not in the sheet.
    pub row: Option<u32>,
    /// Which record it is: a client's id, a proxy number or a confirmation's id; empty where none can be told.
    pub key: String,
    /// What would be done.
    pub planned: Planned,
}

/// What would be done about a row. Columns by their headers, never what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// These cells would be written.
    Write(Vec<&'static str>),
    /// What a person changed in these cells would be carried out, if the rules let it.
    CarryOut(Vec<&'static str>),
    /// What a person changed in this cell would be put back, for this reason.
    PutBack(&'static str, String),
    /// The row would be added.
    Add,
    /// A client would be made of what a person typed.
    Create,
    /// The client would be closed, because somebody deleted the row.
    Close,
    /// What we wrote into the row by mistake, when somebody moved rows, would be taken out again.
    Undo(Vec<&'static str>),
    /// Nothing, until a person puts this right.
    Wait(String),
}

impl Service {
    /// What the next cycle would do. None: no sheet is set up.
    ///
    /// # Errors
    /// Google or the store failed.
    pub async fn diff_sheet(&self) -> Result<Option<SheetDiff>, SheetFailure> {
        let Some(mirror) = &self.sheet else { return Ok(None) };
        let tables = tables(mirror.sheet()).await?;
        let mut memory = Memory::new(self.chance.job_id(self.clock.now()));
        memory.known = Some(self.last_shown(&memory).await?);
        let mut diff = SheetDiff { begun_at: self.ledger.sheet_state().await?.begun_at, ..SheetDiff::default() };
        for (tab, table) in Tab::ALL.into_iter().zip(tables) {
            let look = match table {
                Some(table) => {
                    let all = self.ledger.sheet_keys(tab).await?;
                    self.look_at_tab(&memory, tab, table, all.into_iter()).await?
                }
                None => Err(TabTrouble::Missing(tab)),
            };
            match look {
                Ok(look) => diff.rows.extend(planned(look)),
                Err(trouble) => diff.troubles.push(trouble.said().to_string()),
            }
        }
        Ok(Some(diff))
    }
}

/// What would be done about a tab, in the order of its rows; what is not in it comes last.
fn planned(look: Look) -> Vec<RowDiff> {
    let Look { layout, rows: all, reading, intents, keys, mut sides, .. } = look;
    let tab = layout.tab();
    let rows = super::tab::rows_of(&reading);
    let mut work = TabWork::new(layout, all);
    work.judge(&intents, &reading, &rows, &mut sides);
    let mut all = Vec::new();
    let mut plan = |row: Option<u32>, key: &str, planned| all.push(RowDiff { tab, row, key: key.to_owned(), planned });
    for (row, cells) in &work.updates {
        plan(Some(*row), "", Planned::Undo(cells.iter().map(|(column, _)| column.header()).collect()));
    }
    for problem in &reading.problems {
        let key = reading.rows.iter().find(|row| row.number == problem.row).map_or("", |row| row.key());
        plan(Some(problem.row), key, Planned::Wait(problem.to_string()));
    }
    let held = work.held(&keys, &reading, &sides);
    for (_, key, told) in &work.changes.problems {
        let number = rows.get(key.as_str()).map(|row| row.number);
        told.iter().for_each(|told| plan(number, key, Planned::Wait(told.reason.to_string())));
    }
    for key in keys.iter().filter(|key| !held.contains(*key)) {
        let row = rows.get(key.as_str()).copied();
        let number = row.map(|row| row.number);
        let base = sides.bases.get(key);
        match compare(&work.layout, base, row, sides.records.get(key)) {
            Step::Compared(found) => found_out(found).into_iter().for_each(|planned| plan(number, key, planned)),
            Step::Append(_) => plan(None, key, Planned::Add),
            Step::Create(_) => plan(number, key, Planned::Create),
            Step::Close => plan(None, key, Planned::Close),
            Step::Leave(Some(problem)) => plan(number, key, Planned::Wait(problem.to_string())),
            Step::Forget | Step::Leave(None) => {}
        }
    }
    all.sort_by_cached_key(|diff| (diff.row.unwrap_or(u32::MAX), diff.key.clone()));
    all
}

fn found_out(found: Difference) -> Vec<Planned> {
    let headers = |columns: &mut dyn Iterator<Item = Column>| columns.map(Column::header).collect::<Vec<_>>();
    let put_back: HashSet<Column> = found.put_back.iter().map(|(column, _)| *column).collect();
    let written = headers(&mut found.writes.iter().map(|(column, _)| column).filter(|it| !put_back.contains(it)));
    let carried_out = headers(&mut found.edits.iter().map(|(column, _)| column));
    let mut all = Vec::new();
    if !written.is_empty() {
        all.push(Planned::Write(written));
    }
    if !carried_out.is_empty() {
        all.push(Planned::CarryOut(carried_out));
    }
    let back = found.put_back.iter().map(|(column, why)| Planned::PutBack(column.header(), why.said().to_string()));
    all.extend(back);
    all
}
