//! Promises: cells that the account may not write keep no other from being written: they are left out, a person is told
//! which they are, and they are tried again, ever more seldom, until they may be written.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::sheet::{Cells, Layout};

use crate::{
    jobs::backoff,
    ports::sheet::{Area, CellWrite, Protection},
};

/// After how long it is asked again what is protected, and after how long in the end.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LAST_WAIT: Duration = Duration::from_secs(300);

/// What is known of cells that may not be written.
#[derive(Debug, Default)]
pub(super) struct Protected {
    all: Vec<Protection>,
    /// When it is asked again.
    again: Option<Timestamp>,
    /// How often it was asked since something was refused first.
    asked: u32,
}

impl Protected {
    /// Whether it is time to ask again what is protected. Never while nothing is.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.again.is_some_and(|again| now >= again)
    }

    /// Google's word, in place of what was known. `fraction` is chance, 0 to 1.
    pub(super) fn learn(&mut self, all: Vec<Protection>, now: Timestamp, fraction: f64) {
        self.all = all;
        if self.all.is_empty() {
            self.again = None;
            return;
        }
        self.asked = self.asked.saturating_add(1);
        self.wait(now, fraction);
    }

    fn wait(&mut self, now: Timestamp, fraction: f64) {
        let wait = backoff(self.asked, FIRST_WAIT, LAST_WAIT, fraction);
        self.again = now.checked_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_secs(300))).ok();
    }

    /// Nothing was refused: the next refusal is the first again.
    pub(super) fn well(&mut self) {
        if self.all.is_empty() {
            self.asked = 0;
        }
    }

    /// What was refused although Google told of no protection there. It is tried again with the others.
    pub(super) fn found(&mut self, tab: &str, area: Area, now: Timestamp, fraction: f64) {
        self.all.push(Protection { tab: tab.to_owned(), area, open: Vec::new() });
        if self.again.is_none() {
            self.asked = self.asked.saturating_add(1);
            self.wait(now, fraction);
        }
    }

    fn covers(&self, tab: &str, row: u32, column: u32) -> bool {
        self.all.iter().any(|protection| protection.covers(tab, row, column))
    }

    /// Cells of a row: those that may be written, and those that may not.
    pub(super) fn part(&self, layout: &Layout, row: u32, cells: &Cells) -> (Cells, Cells) {
        let is_covered =
            |column| layout.position(column).is_some_and(|place| self.covers(layout.tab().title(), row, place));
        let (covered, free): (Vec<_>, Vec<_>) = cells.iter().partition(|(column, _)| is_covered(*column));
        (free.into_iter().collect(), covered.into_iter().collect())
    }

    /// What is left of a write when the protected cells are taken out: one write for each stretch.
    pub(super) fn left_of(&self, write: CellWrite) -> Vec<CellWrite> {
        if self.all.is_empty() {
            return vec![write];
        }
        let CellWrite { tab, row, column, cells } = write;
        let mut left: Vec<CellWrite> = Vec::new();
        let mut follows = false;
        for (place, text) in (column..).zip(cells) {
            let is_free = !self.covers(tab, row, place);
            if is_free {
                match left.last_mut().filter(|_| follows) {
                    Some(stretch) => stretch.cells.push(text),
                    None => left.push(CellWrite { tab, row, column: place, cells: vec![text] }),
                }
            }
            follows = is_free;
        }
        left
    }
}

/// The cells that a write is about.
pub(super) fn area_of(write: &CellWrite) -> Area {
    let width = u32::try_from(write.cells.len()).unwrap_or(u32::MAX);
    Area { rows: write.row..write.row.saturating_add(1), columns: write.column..write.column.saturating_add(width) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn column(column: u32) -> Protection {
        Protection {
            tab: "Clients".to_owned(),
            area: Area { rows: 1..u32::MAX, columns: column..column + 1 },
            open: Vec::new(),
        }
    }

    #[test]
    fn of_a_write_the_protected_cells_are_left_out() {
        let mut protected = Protected::default();
        let write =
            || CellWrite { tab: "Clients", row: 7, column: 1, cells: ["b", "c", "d", "e"].map(str::to_owned).to_vec() };
        assert_eq!(protected.left_of(write()), [write()]);
        protected.learn(vec![column(2)], at(0), 0.5);
        let left: Vec<_> = protected.left_of(write()).into_iter().map(|it| (it.column, it.cells.concat())).collect();
        assert_eq!(left, [(1, "b".to_owned()), (3, "de".to_owned())]);
        protected.found("Clients", area_of(&write()), at(0), 0.5);
        assert_eq!(protected.left_of(write()), []);
    }

    #[test]
    fn it_is_asked_ever_more_seldom_while_something_is_protected_and_never_else() {
        let mut protected = Protected::default();
        assert!(!protected.is_due(at(1_000)));
        protected.learn(vec![column(2)], at(0), 1.0);
        assert!(!protected.is_due(at(20)) && protected.is_due(at(40)));
        for _ in 0..20 {
            protected.learn(vec![column(2)], at(1_000), 1.0);
        }
        assert!(!protected.is_due(at(1_250)) && protected.is_due(at(1_310)));
        protected.learn(Vec::new(), at(2_000), 1.0);
        assert!(!protected.is_due(at(9_000)));
    }
}
