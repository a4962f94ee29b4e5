//! Promises: what was written beside its column, because somebody moved columns in that moment, is put back as it was
//! before anything else is made of the tab, and whose cells those were is told.

use std::collections::HashMap;

use proxycall_domain::sheet::{Intent, Layout, Line, Placed, Row, Strayed, Tab, letters, strayed};

use super::{tab::LOOKED_FOR, trouble::TabTrouble};
use crate::ports::{
    ledger::{SheetChanges, Told},
    sheet::{CellWrite, Table},
};

/// What the first row and some others hold, ours or not.
pub(super) struct Lines {
    headers: Line,
    rows: HashMap<u32, Line>,
}

impl Lines {
    pub(super) fn of<'r>(table: &Table, rows: impl Iterator<Item = &'r Row>) -> Self {
        let line = |number: u32| Line::pack(table.row((number as usize).saturating_sub(1)));
        Self { headers: line(1), rows: rows.map(|row| (row.number, line(row.number))).collect() }
    }

    /// Whether the first column has a header.
    pub(super) fn begins_first(&self) -> bool {
        self.headers.cells().next().is_some_and(|header| !header.trim().is_empty())
    }

    /// Where an intent is sent to, and what stood there.
    pub(super) fn place(&self, layout: &Layout, intent: &Intent) -> Placed {
        let was = intent.row.and_then(|row| self.rows.get(&row)).cloned();
        Placed::new(layout, &self.headers, was.unwrap_or_else(|| Line::pack([].into_iter())), intent)
    }
}

/// Cells of a tab that are to be put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strays {
    pub(super) tab: Tab,
    pub(super) cells: Vec<Strayed>,
    /// What was sent, to be looked for again.
    intents: Vec<Intent>,
}

/// What went beside its column, if anything did. Given up after as many readings as any other write.
pub(super) fn strays(layout: &Layout, table: &Table, intents: &[Intent]) -> Option<TabTrouble> {
    let young = intents.iter().filter(|intent| intent.lost < LOOKED_FOR);
    let rows = u32::try_from(table.rows()).unwrap_or(u32::MAX);
    let row = |number: u32| table.row((number as usize).saturating_sub(1)).collect();
    let cells = strayed(layout, young, rows, row);
    let again = |intent: &Intent| Intent { lost: intent.lost.saturating_add(1), ..intent.clone() };
    let tab = layout.tab();
    (!cells.is_empty())
        .then(|| TabTrouble::Strayed(Strays { tab, cells, intents: intents.iter().map(again).collect() }))
}

impl Strays {
    /// What puts them back.
    pub(super) fn writes(&self) -> impl Iterator<Item = CellWrite> {
        self.cells.iter().map(|cell| CellWrite {
            tab: self.tab.title(),
            row: cell.row,
            column: cell.place,
            cells: vec![cell.was.clone()],
        })
    }

    /// What is kept: what was sent is looked for again, and whoever has a cell there hears of it.
    pub(super) fn keep(&self, changes: &mut SheetChanges) {
        changes.intents.push((self.tab, self.intents.clone()));
        let anothers = self.cells.iter().filter(|cell| cell.is_anothers && !cell.was.is_empty());
        let mut places: HashMap<u32, Vec<String>> = HashMap::new();
        for cell in anothers {
            places.entry(cell.row).or_default().push(letters(cell.place));
        }
        for (row, columns) in places {
            let columns = columns.join(", ");
            let fr = format!(
                "ligne {row}, colonne {columns} : des colonnes ont été déplacées pendant l’écriture de la ligne, et ce qui s’y \
                 trouvait a été remis comme texte ; si c’était une formule ou un nombre, saisissez-le de nouveau"
            );
            let en = format!(
                "row {row}, column {columns}: columns were moved while the row was written, and what stood there was put \
                 back as a text; if it was a formula or a number, enter it again"
            );
            let reason = (fr, en).into();
            changes.problems.push((self.tab, format!("#{row}"), Some(Told { reason, standing: false })));
        }
    }
}
