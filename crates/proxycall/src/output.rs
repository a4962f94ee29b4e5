//! What the commands print, and what they ask. A reader who went away is no error.

use std::io::{self, BufRead, IsTerminal as _, Write as _};

/// A line on standard output.
pub(crate) fn say(line: &str) {
    let _gone = writeln!(io::stdout().lock(), "{line}");
}

/// A line on standard error.
pub(crate) fn complain(line: &str) {
    let _gone = writeln!(io::stderr().lock(), "{line}");
}

/// How wide a line of progress is: the next one covers it.
const PROGRESS_WIDTH: usize = 78;

/// How far long work has come, on standard error: one line that is rewritten where a person is looking, else a line now
/// and then.
pub(crate) struct Progress {
    terminal: bool,
    shown: bool,
}

impl Progress {
    /// Nothing is shown yet.
    pub(crate) fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), shown: false }
    }

    /// A step. `landmark`: worth a line of its own where nobody is looking.
    pub(crate) fn step(&mut self, line: &str, landmark: bool) {
        if self.terminal {
            self.shown = true;
            let mut stderr = io::stderr().lock();
            let _gone = write!(stderr, "\r{line:<PROGRESS_WIDTH$}").and_then(|()| stderr.flush());
        } else if landmark {
            complain(line);
        }
    }

    /// A line on standard error that stays.
    pub(crate) fn complain(&mut self, line: &str) {
        self.clear();
        complain(line);
    }

    /// Takes the line away: what follows is no progress.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let mut stderr = io::stderr().lock();
            let _gone = write!(stderr, "\r{:<PROGRESS_WIDTH$}\r", "").and_then(|()| stderr.flush());
        }
    }
}

/// Columns as wide as their widest cell. A table that comes in parts only ever gets wider.
pub(crate) struct Table {
    widths: Vec<usize>,
    header: Option<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { widths: vec![0; header.len()], header: Some(header.iter().map(|cell| (*cell).to_owned()).collect()) }
    }

    /// Its lines; the first time with the header before them.
    pub(crate) fn lines(&mut self, rows: &[Vec<String>]) -> Vec<String> {
        let header = self.header.take();
        let rows: Vec<&Vec<String>> = header.iter().chain(rows).collect();
        for row in &rows {
            for (width, cell) in self.widths.iter_mut().zip(*row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&self.widths).map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        rows.into_iter().map(line).collect()
    }
}

/// Whether somebody can be asked.
pub(crate) fn somebody_is_there() -> bool {
    io::stdin().is_terminal()
}

/// Asks for `yes`, in full, on standard error. Anything else, and no answer at all, is a no.
pub(crate) fn ask() -> bool {
    {
        let mut stderr = io::stderr().lock();
        let _gone = write!(stderr, "Type yes to go on: ").and_then(|()| stderr.flush());
    }
    is_yes(&mut io::stdin().lock())
}

fn is_yes(answers: &mut impl BufRead) -> bool {
    let mut answer = String::new();
    answers.read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_line_up_and_the_header_comes_once() {
        let mut table = Table::new(&["NUMBER", "WHOSE", ""]);
        let first = table.lines(&[row(&["+33199000001", "", "free"]), row(&["+44", "Zoé", ""])]);
        assert_eq!(first, ["NUMBER        WHOSE", "+33199000001         free", "+44           Zoé"]);
        assert_eq!(table.lines(&[row(&["+33", "42", "x"])]), ["+33           42     x"]);
    }

    #[test]
    fn only_yes_in_full_is_a_yes() {
        for (answer, expected) in [("yes\n", true), (" yes \r\n", true), ("y\n", false), ("YES\n", false), ("", false)]
        {
            assert_eq!(is_yes(&mut answer.as_bytes()), expected, "{answer:?}");
        }
    }
}
