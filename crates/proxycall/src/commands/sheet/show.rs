//! What the mirror's commands print: how it goes, what differs, what was made, what was left out.

use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::sheet::Tab;
use proxycall_service::{
    Service,
    ports::ledger::SheetProblem,
    sheet::{Planned, Prepared, RowDiff, SheetDiff, SheetStatus, Skipped, TabSetUp},
};

use super::code;
use crate::output::{Table, say};

/// How many problems are asked for at once.
const PAGE: u32 = 500;

fn say_table(header: &[&str], rows: &[Vec<String>]) {
    for line in Table::new(header).lines(rows) {
        say(&line);
    }
}

/// A moment in UTC, to the second, and how long it is ago.
fn moment(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(
        || "never".to_owned(),
        |at| format!("{} UTC ({} ago)", at.strftime("%Y-%m-%d %H:%M:%S"), lasting(now.duration_since(at))),
    )
}

/// A time in its largest unit.
pub(crate) fn lasting(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How the mirror goes.
pub(super) async fn status(service: &Service) -> anyhow::Result<ExitCode> {
    let SheetStatus { state, waited } = service.sheet_status().await?;
    let now = service.clock.now();
    if state.begun_at.is_none() {
        say("The mirror has not begun: no service with a Google Sheet has run on this record yet.");
    }
    if !state.marking {
        say("Changes are not marked: the service that runs on this record, if any, has no Google Sheet set up.");
    }
    say(&format!("Begun:         {}", moment(state.begun_at, now)));
    say(&format!("Last read:     {}", moment(state.read_at, now)));
    say(&format!("Last written:  {}", moment(state.written_at, now)));
    say(&format!("Rows in both:  {}", state.rows));
    let waited = waited.map_or_else(String::new, |time| format!(", the oldest for {}", lasting(time)));
    say(&format!("Rows waiting:  {}{waited}", state.waiting));
    if let Some((why, at)) = &state.failure {
        say(&format!("Last attempt:  failed {}: {why}", moment(Some(*at), now)));
    }
    if state.problems == 0 && state.failure.is_none() {
        say("\nNothing in the sheet needs you.");
    } else if state.problems > 0 {
        say(&format!("To know:       {}, {} of them to put right\n", state.problems, state.standing));
        problems(service).await?;
    }
    Ok(code(state.failure.is_none()))
}

/// What people should know, the newest first, however much it is.
async fn problems(service: &Service) -> anyhow::Result<()> {
    let mut table = Table::new(&["TAB", "ROW OF", "SINCE (UTC)", "KIND", "WHAT"]);
    let mut after = None;
    loop {
        let page = service.ledger.sheet_problems(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.at());
        let rows: Vec<Vec<String>> = page.iter().map(problem).collect();
        table.lines(&rows).iter().for_each(|line| say(line));
    }
}

fn problem(problem: &SheetProblem) -> Vec<String> {
    let kind = if problem.standing { "to put right" } else { "was put back" };
    let since = problem.since.strftime("%Y-%m-%d %H:%M").to_string();
    vec![problem.tab.title().to_owned(), problem.key.clone(), since, kind.to_owned(), problem.reason.to_string()]
}

/// What differs. Whether nothing waits for a person.
pub(super) fn diff(diff: &SheetDiff) -> bool {
    for trouble in &diff.troubles {
        say(trouble);
    }
    if diff.begun_at.is_none() {
        say(
            "The mirror has not begun. Where the record is empty, its first cycle takes over what the sheet holds: see",
        );
        say("`proxycall sheet import --dry-run`. What follows holds where it is not.");
    }
    let rows: Vec<Vec<String>> = diff.rows.iter().map(line).collect();
    if rows.is_empty() {
        if diff.troubles.is_empty() {
            say("Sheet and record show the same.");
        }
    } else {
        say_table(&["TAB", "ROW", "RECORD", "WHAT WOULD BE DONE"], &rows);
        say("Nothing was changed.");
    }
    diff.troubles.is_empty() && !diff.rows.iter().any(|row| matches!(row.planned, Planned::Wait(_)))
}

fn line(diff: &RowDiff) -> Vec<String> {
    let what = match &diff.planned {
        Planned::Write(headers) => format!("write {}", headers.join(", ")),
        Planned::CarryOut(headers) => format!("carry out the edit of {}", headers.join(", ")),
        Planned::PutBack(header, why) => format!("put back {header}: {why}"),
        Planned::Add => "add the row".to_owned(),
        Planned::Create => "make a client of it".to_owned(),
        Planned::Close => "close the client: the row was deleted".to_owned(),
        Planned::Undo(headers) => format!("take out what was written here by mistake: {}", headers.join(", ")),
        Planned::Wait(why) => format!("nothing before you put right: {why}"),
    };
    let row = diff.row.map_or_else(|| "–".to_owned(), |row| row.to_string());
    vec![diff.tab.title().to_owned(), row, diff.key.clone(), what]
}

/// What was made. Whether nothing is left for a person to do.
pub(super) fn set_up(done: &[TabSetUp]) -> bool {
    let mut complete = true;
    for TabSetUp { tab, prepared } in done {
        let title = tab.title();
        match prepared {
            Prepared::Nothing => say(&format!("{title}: has all that it needs.")),
            Prepared::Made => say(&format!("{title}: made, with its headers.")),
            Prepared::Added(headers) => {
                let added: Vec<String> = headers.iter().map(|(name, at)| format!("{name} ({at})")).collect();
                say(&format!("{title}: headers added: {}.", added.join(", ")));
            }
            Prepared::NoRoom { missing, columns } => {
                complete = false;
                say(&format!(
                    "{title}: lacks {}, and has no room for them. Add {columns} columns at its right end, then run this \
                     again.",
                    missing.join(", ")
                ));
            }
            Prepared::Unfit(why) => {
                complete = false;
                say(&format!("{title}: {why}."));
            }
        }
    }
    complete
}

/// What was not taken over.
pub(super) fn skipped(skipped: &[Skipped]) {
    if skipped.is_empty() {
        return;
    }
    let line = |Skipped { tab, row, why }: &Skipped| {
        let row = if *row == 0 { "–".to_owned() } else { row.to_string() };
        vec![Tab::title(*tab).to_owned(), row, why.clone()]
    };
    say_table(&["TAB", "ROW", "WHY IT IS NOT TAKEN"], &skipped.iter().map(line).collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_its_largest_unit() {
        for (seconds, told) in [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (200_000, "2 days")] {
            assert_eq!(lasting(SignedDuration::from_secs(seconds)), told);
        }
    }
}
