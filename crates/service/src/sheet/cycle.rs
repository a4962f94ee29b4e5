//! One cycle: read, compare, carry out, keep, write.
//!
//! What is about to be written is kept before it is sent. A crash, a lost answer or somebody who sorts the sheet
//! meanwhile is found out by the next cycle, which looks for it.

use std::collections::{HashMap, HashSet};

use proxycall_domain::sheet::Tab;

use super::{
    Memory, PAGE, Seen, outgoing,
    tab::{TabWork, Tally},
    trouble::TabTrouble,
};
use crate::{
    Service,
    pool::alert,
    ports::{
        LedgerError, Sheet, SheetError,
        ledger::{Mark, SheetChanges, SheetProblem, Told},
        sheet::Table,
    },
};

/// From how many rows on it is asked first whether the file changed at all.
const LARGE: usize = 20_000;

/// How many marked rows one cycle deals with; what waits for a person does not count. A cycle's memory grows with them,
/// and one request carries as many.
const MARKS: u32 = 5_000;

/// What a cycle did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CycleReport {
    /// How many rows the sheet has, headers included.
    pub read: usize,
    /// How many rows were written or added.
    pub wrote: usize,
    /// What people did in it.
    pub tally: Tally,
    /// How many tabs could not be dealt with.
    pub troubles: usize,
}

/// Why a cycle did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetFailure {
    /// Google.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The store.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Service {
    pub(super) async fn cycle(
        &self,
        sheet: &dyn Sheet,
        memory: &mut Memory,
        wanted: bool,
    ) -> Result<CycleReport, SheetFailure> {
        self.remember(memory).await?;
        let now = self.clock.now();
        let rows: usize = Tab::ALL.into_iter().map(|tab| memory.rows(tab)).sum();
        memory.pace.read(now);
        let version = if rows > LARGE { Some(sheet.file().await?.version) } else { None };
        // What another cycle broke off before its end is read again.
        let read = memory.version.take();
        let asks = memory.protected.is_due(now);
        if version.is_some() && read == version && !wanted && !asks {
            memory.version = version;
            return Ok(CycleReport::default());
        }
        let tables = tables(sheet).await?;
        if tables.iter().any(Option::is_none) {
            // What was asked to find out which tab is missing.
            memory.pace.asked_more(now, 2);
        }
        let all = tables.iter().flatten().map(Table::rows).sum();
        if self.ledger.sheet_state().await?.begun_at.is_none() {
            // The next cycle compares what was taken over: it reads again, so that not all is held in memory twice.
            self.begin_mirror(tables).await?;
            return Ok(CycleReport { read: all, ..CycleReport::default() });
        }
        if asks {
            self.ask_what_is_protected(sheet, memory).await?;
        }
        let marks = self.ledger.sheet_marks(MARKS.saturating_add(memory.stuck_count()), now).await?;
        let mut report = CycleReport { read: all, ..CycleReport::default() };
        let (mut works, mut troubles) = (Vec::new(), HashMap::new());
        for (tab, table) in Tab::ALL.into_iter().zip(tables) {
            let marks = marks.iter().filter(|mark| mark.tab == tab);
            let marks: HashMap<&str, &Mark> = marks.map(|mark| (mark.key.as_str(), mark)).collect();
            let outcome = match table {
                Some(table) => self.tab_work(memory, tab, table, &marks).await?,
                None => Err(TabTrouble::Missing(tab)),
            };
            match outcome {
                Ok(work) => works.push(work),
                Err(trouble) => {
                    memory.stuck.retain(|(of, _)| *of != tab);
                    memory.stuck.extend(marks.keys().map(|key| (tab, (*key).to_owned())));
                    troubles.insert(tab, trouble);
                }
            }
        }
        self.tell_troubles(&troubles).await?;
        let changes = self.all_changes(&mut works, &troubles).await?;
        let shown = memory.shown(&changes);
        for part in changes.parts() {
            self.ledger.keep_sheet(part, now).await?;
        }
        memory.learn(shown, &works);
        memory.more = works.iter().any(|work| work.more);
        report.wrote = outgoing::put_back(self, sheet, memory, &troubles).await?;
        report.wrote += outgoing::send(self, sheet, memory, &works).await?;
        report.troubles = troubles.len();
        memory.version = version;
        for Tally { edits, put_back } in works.iter().map(|work| work.tally) {
            report.tally.edits += edits;
            report.tally.put_back += put_back;
        }
        Ok(report)
    }

    /// What is kept of all tabs, in one unit. What stood against a row and does not any more is forgotten.
    async fn all_changes(
        &self,
        works: &mut [TabWork],
        troubles: &HashMap<Tab, TabTrouble>,
    ) -> Result<SheetChanges, LedgerError> {
        let mut all = SheetChanges::default();
        for work in works.iter_mut() {
            let SheetChanges { in_shop, bases, intents, marked, unmarked, problems } =
                std::mem::take(&mut work.changes);
            all.in_shop.extend(in_shop);
            all.bases.extend(bases);
            all.intents.extend(intents);
            all.marked.extend(marked);
            all.unmarked.extend(unmarked);
            all.problems.extend(problems);
        }
        for (tab, trouble) in troubles {
            if let TabTrouble::Strayed(strays) = trouble {
                strays.keep(&mut all);
            }
            all.problems.push((*tab, String::new(), Some(Told { reason: trouble.said(), standing: true })));
        }
        let told: HashSet<(Tab, String)> = all.problems.iter().map(|(tab, key, _)| (*tab, key.clone())).collect();
        let known = self.all_problems().await?;
        let before: HashMap<(Tab, &str), &SheetProblem> =
            known.iter().map(|problem| ((problem.tab, problem.key.as_str()), problem)).collect();
        for problem in &known {
            // Of a tab that could not be read, nothing is known to be over.
            let over = problem.standing && (!troubles.contains_key(&problem.tab) || problem.key.is_empty());
            if over && !told.contains(&(problem.tab, problem.key.clone())) {
                all.problems.push((problem.tab, problem.key.clone(), None));
            }
        }
        // What is known already is not written again.
        all.problems.retain(|(tab, key, told)| match (before.get(&(*tab, key.as_str())), told) {
            (Some(before), Some(told)) => (&before.reason, before.standing) != (&told.reason, told.standing),
            (None, None) => false,
            _ => true,
        });
        Ok(all)
    }

    /// All that people should know already.
    async fn all_problems(&self) -> Result<Vec<SheetProblem>, LedgerError> {
        let mut all: Vec<SheetProblem> = Vec::new();
        loop {
            let page = self.ledger.sheet_problems(all.last().map(SheetProblem::at), PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn tell_troubles(&self, troubles: &HashMap<Tab, TabTrouble>) -> Result<(), LedgerError> {
        let standing = self.ledger.alerts().await?;
        for tab in Tab::ALL {
            let known = standing.iter().any(|it| it.kind == alert::SHEET_TAB && it.subject == tab.title());
            match troubles.get(&tab) {
                // It is over with the next cycle.
                Some(TabTrouble::Strayed(_)) => {}
                Some(trouble) if !known => {
                    self.alert(alert::SHEET_TAB, tab.title().to_owned(), trouble.said()).await?;
                }
                None if known => {
                    self.ledger.clear_alert(alert::SHEET_TAB, tab.title().to_owned(), self.clock.now()).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Memory {
    fn stuck_count(&self) -> u32 {
        u32::try_from(self.stuck.len()).unwrap_or(u32::MAX)
    }

    /// What rows show by what is about to be kept; none: nothing any more.
    fn shown(&self, changes: &SheetChanges) -> Vec<(Tab, Box<str>, Option<u64>)> {
        let shown = changes.bases.iter().map(|(tab, key, cells)| {
            let print = cells.as_ref().map(|cells| self.fingerprint(cells));
            (*tab, key.as_str().into(), print)
        });
        shown.collect()
    }

    /// Remembers what was kept.
    fn learn(&mut self, shown: Vec<(Tab, Box<str>, Option<u64>)>, works: &[TabWork]) {
        let known = self.known.get_or_insert_default();
        for (tab, key, print) in shown {
            let rows = known.entry(tab).or_default();
            match print {
                Some(print) => drop(rows.insert(key, print)),
                None => drop(rows.remove(&key)),
            }
        }
        for work in works {
            let tab = work.layout.tab();
            self.stuck.retain(|(of, _)| *of != tab);
            self.stuck.extend(work.stuck.iter().cloned());
            let (seen, known) = (self.seen.entry(tab).or_default(), known.entry(tab).or_default());
            for (key, print, told) in &work.seen {
                // Most show what was last the same, and nobody needs to know anything of them.
                if told.is_none() && known.get(key.as_str()) == Some(print) {
                    seen.remove(key.as_str());
                } else {
                    seen.insert(key.as_str().into(), Seen { print: *print, told: told.clone().map(Box::new) });
                }
            }
        }
    }
}

/// All tabs in one request. Where one is missing, the others are read all the same.
pub(crate) async fn tables(sheet: &dyn Sheet) -> Result<Vec<Option<Table>>, SheetError> {
    match sheet.read(&Tab::ALL.map(Tab::title)).await {
        Ok(tables) => Ok(tables.into_iter().map(Some).collect()),
        Err(SheetError::NoSuchTab) => {
            let outline = sheet.outline().await?;
            let there: Vec<Tab> =
                Tab::ALL.into_iter().filter(|tab| outline.iter().any(|it| it.title == tab.title())).collect();
            let titles: Vec<&str> = there.iter().map(|tab| tab.title()).collect();
            let read = if titles.is_empty() { Vec::new() } else { sheet.read(&titles).await? };
            let mut read: HashMap<Tab, Table> = there.into_iter().zip(read).collect();
            Ok(Tab::ALL.into_iter().map(|tab| read.remove(&tab)).collect())
        }
        Err(error) => Err(error),
    }
}
