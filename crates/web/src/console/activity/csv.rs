//! Promises: the file holds what the page shows, row by row while it is read, so that it takes no more memory than a page; no
//! cell of it is run by a spreadsheet, whatever name a client chose; it is in the audit log who took it.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use proxycall_domain::{
    ActId, ActOutcome, InteractionId, Language, PersonName, PhoneNumber, Scope, traffic::OutcomeGroup,
};
use proxycall_service::ports::{
    LedgerError,
    ledger::{Activity, ActivityFilter},
};
use proxycall_twilio::explain_in;

use super::{
    super::{
        ConsoleState,
        session::{Acting, Session},
        trouble::Trouble,
        wording,
    },
    Wanted, Words,
};
use crate::Shared;

/// How many rows a file has at most.
const ROWS_MAX: u32 = 50_000;
/// How many are read at a time.
const AT_ONCE: u32 = 1_000;
/// By this a spreadsheet knows that the letters are UTF-8.
const MARK: &str = "\u{feff}";

pub(super) async fn export(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let session = acting.session.clone();
    let t = Words::of(session.language);
    let Ok(wanted) = Wanted::read(&acting.fields, t) else { return Err(Trouble::Refused(t.period_wrong)) };
    let service = &console.app.service;
    // It is over when the last row has been read, which is long after this answer has begun.
    let act = service.begin_act(session.operator(), "export_activity", &wanted.subject()).await?;
    let reading = Reading {
        app: Arc::clone(&console.app),
        filter: wanted.filter(&session.zone, AT_ONCE),
        session,
        act,
        rows: 0,
        is_begun: false,
        is_over: false,
    };
    let rows = stream::try_unfold(reading, |reading| reading.next());
    let day = acting.session.now.to_zoned_datetime(acting.session.zone.clone()).strftime("%Y-%m-%d").to_string();
    let name = HeaderValue::try_from(format!("attachment; filename=\"proxycall-activity-{day}.csv\""));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    let mut response = ([(header::CONTENT_TYPE, kind)], Body::from_stream(rows)).into_response();
    if let Ok(name) = name {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// How far a file has come.
struct Reading {
    app: Shared,
    session: Session,
    filter: ActivityFilter,
    act: ActId,
    rows: u32,
    is_begun: bool,
    is_over: bool,
}

impl Reading {
    /// The next part of the file. A failure breaks it off, so that nobody takes half of it for the whole.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, LedgerError> {
        if self.is_over {
            self.app.service.end_act(self.act, None, ActOutcome::Done).await;
            return Ok(None);
        }
        let (t, language) = (Words::of(self.session.language), self.session.language);
        let mut text = String::new();
        if !self.is_begun {
            self.is_begun = true;
            text.push_str(MARK);
            line(&mut text, language, &titles(t));
        }
        self.filter.limit = AT_ONCE.min(ROWS_MAX - self.rows);
        let page = match self.app.service.ledger.activity(self.filter.clone()).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "an export was broken off");
                self.app.service.end_act(self.act, None, ActOutcome::Failed).await;
                return Err(error);
            }
        };
        for activity in &page.items {
            line(&mut text, language, &cells(activity, &self.session, t));
        }
        self.rows += u32::try_from(page.items.len()).unwrap_or(ROWS_MAX);
        let next: Option<InteractionId> = page.next;
        self.is_over = next.is_none() || self.rows >= ROWS_MAX;
        if next.is_some() && self.is_over {
            line(&mut text, language, &[t.csv_end.to_owned()]);
        }
        self.filter.after = next;
        Ok(Some((Bytes::from(text), self)))
    }
}

fn titles(t: &'static Words) -> [String; 14] {
    [
        t.csv_when,
        t.csv_ended,
        t.csv_seconds,
        t.kind,
        t.direction,
        t.client_id,
        t.csv_client_name,
        t.number,
        t.csv_party,
        t.result,
        t.csv_code,
        t.csv_meaning,
        t.csv_remedy,
        t.csv_id,
    ]
    .map(str::to_owned)
}

fn cells(activity: &Activity, session: &Session, t: &'static Words) -> [String; 14] {
    let (it, language) = (&activity.it, session.language);
    let clock =
        |at: jiff::Timestamp| at.to_zoned_datetime(session.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let text = |value: Option<String>| value.unwrap_or_default();
    let code = it.error_code.filter(|_| it.outcome.group() == OutcomeGroup::Failed);
    let (meaning, remedy) = code.map(|code| explain_in(code, language)).unwrap_or_default();
    [
        clock(it.started_at),
        text(it.ended_at.map(clock)),
        text(it.duration_s.map(|seconds| seconds.to_string())),
        wording::channel(it.channel, language).to_owned(),
        wording::direction(it.direction, language).to_owned(),
        text(it.client.map(|id| id.to_string())),
        text(activity.client_name.as_ref().map(PersonName::expose).map(str::to_owned)),
        text(it.proxy.map(PhoneNumber::expose)),
        it.party.map_or_else(|| t.hidden_number.to_owned(), |phone| phone.to_string()),
        wording::outcome(it.outcome, language).to_owned(),
        text(code.map(|code| code.to_string())),
        meaning.to_owned(),
        remedy.to_owned(),
        it.id.to_string(),
    ]
}

/// Adds a line (RFC 4180). Where decimals have a comma, spreadsheets divide cells by a semicolon.
fn line(text: &mut String, language: Language, cells: &[String]) {
    let divider = if language == Language::Fr { ';' } else { ',' };
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            text.push(divider);
        }
        push_cell(text, cell);
    }
    text.push_str("\r\n");
}

/// A cell that a spreadsheet shows and never runs.
fn push_cell(text: &mut String, cell: &str) {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let is_quoted = cell.contains(['"', ',', ';', '\r', '\n', '\t']);
    if is_quoted {
        text.push('"');
    }
    if runs {
        text.push('\'');
    }
    if is_quoted {
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Zoé Martin", "Zoé Martin")]
    #[case("=1+1", "'=1+1")]
    #[case("+33199000001", "'+33199000001")]
    #[case("-2", "'-2")]
    #[case("@SUM(A1)", "'@SUM(A1)")]
    #[case("\tx", "\"'\tx\"")]
    #[case("\rx", "\"'\rx\"")]
    #[case("a;b", "\"a;b\"")]
    #[case("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"")]
    #[case("\u{ff1d}1", "'\u{ff1d}1")]
    #[case("", "")]
    fn a_cell_is_shown_and_never_run(#[case] cell: &str, #[case] written: &str) {
        let mut text = String::new();
        push_cell(&mut text, cell);
        assert_eq!(text, written);
    }

    #[test]
    fn cells_are_divided_as_the_readers_spreadsheet_expects() {
        let cells = ["a".to_owned(), "b".to_owned()];
        let written = |language| {
            let mut text = String::new();
            line(&mut text, language, &cells);
            text
        };
        assert_eq!((written(Language::En).as_str(), written(Language::Fr).as_str()), ("a,b\r\n", "a;b\r\n"));
    }
}
