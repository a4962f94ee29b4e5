//! What the commands print. A reader who went away is no error.

use std::io::Write as _;

/// A line on standard output.
pub(crate) fn say(line: &str) {
    let _gone = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line on standard error.
pub(crate) fn complain(line: &str) {
    let _gone = writeln!(std::io::stderr().lock(), "{line}");
}

/// A line on standard error that the next one replaces, where a person is looking.
pub(crate) fn progress(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let _gone = write!(stderr, "\r{line:<70}").and_then(|()| stderr.flush());
}
