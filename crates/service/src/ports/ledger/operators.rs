//! What operators are told: alerts by letter, and the figures of a week.

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    AlertId, ClientId, JobId, Said, Week,
    report::{ClientFigures, Compared, Duplicate, Shared, Traffic},
};
use serde::{Deserialize, Serialize};

use super::{Alert, LedgerError};

/// The alerts of one letter, by what it says of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertLetter {
    /// Told for the first time.
    pub raised: Vec<AlertId>,
    /// Told before, and still standing.
    pub standing: Vec<AlertId>,
    /// Told before, and over.
    pub over: Vec<AlertId>,
}

/// An alert as a letter tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldAlert {
    /// The alert, in its newest words.
    pub alert: Alert,
    /// When it was over; none: it stands.
    pub over_at: Option<Timestamp>,
}

/// Has alerts told that are due.
#[derive(Debug, Clone)]
pub struct TellAlerts {
    /// One that stands and was told before this moment is told again.
    pub told_before: Timestamp,
    /// To whom, by fingerprint, each with an id for the job that mails it. One at least: nothing counts as told to nobody.
    pub receivers: Vec<(JobId, String)>,
    /// Now.
    pub now: Timestamp,
}

/// Has the report of a week sent.
#[derive(Debug, Clone)]
pub struct SendReport {
    /// Which week.
    pub week: Week,
    /// To whom, by fingerprint, each with an id for the job that mails it.
    pub receivers: Vec<(JobId, String)>,
    /// Now.
    pub now: Timestamp,
}

/// How the latest calls and texts ended that were put through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many ended.
    pub ended: u64,
    /// Of those, how many the carrier could not carry.
    pub failed: u64,
}

/// How the mirror of the sheet last went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetPulse {
    /// When it was begun.
    pub begun_at: Option<Timestamp>,
    /// When the sheet was last read.
    pub read_at: Option<Timestamp>,
    /// What kept the last exchange from succeeding.
    pub failure: Option<Said>,
}

/// What is counted of a part of the clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientPart {
    /// Of this part.
    pub figures: ClientFigures,
    /// Numbers that they were given in the week before, and in the week.
    pub assigned: Compared<u64>,
    /// The last of this part, from which the next one goes on; none: there is no more.
    pub next: Option<ClientId>,
}

/// A span of time to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficSpan {
    /// From this moment on.
    pub from: Timestamp,
    /// Until just before this one.
    pub to: Timestamp,
}

/// What is counted of a part of the calls and texts of a span.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrafficPart {
    /// By the hour since the span began.
    pub hours: Vec<(u32, Traffic)>,
    /// Where the next part begins; none: there is no more.
    pub next: Option<String>,
}

/// What is counted of a week and the one before at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeekCounts {
    /// Numbers that were given to clients who do not have them any more.
    pub assigned_before: Compared<u64>,
    /// Orders.
    pub orders: Compared<u64>,
    /// Clients with a number who ordered in the week.
    pub ordering_clients: u64,
}

/// The part of the [`Ledger`](super::Ledger) that tells operators what they should know. What may be long is read in parts,
/// beside all that is done: nobody waits for it.
#[async_trait]
pub trait OperatorBook: Send + Sync {
    /// Ends an alert that was neither raised nor seen since a moment.
    async fn clear_unseen_alert(
        &self,
        kind: &'static str,
        subject: String,
        unseen_since: Timestamp,
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Puts the alerts that are due, and the ends of those that were told, into one letter, and enqueues it for each
    /// receiver. How many alerts it tells; 0: there was nothing to tell.
    async fn tell_alerts(&self, tell: TellAlerts) -> Result<u32, LedgerError>;

    /// Alerts of a letter, in the order asked for; those that are no longer kept are left out.
    async fn told_alerts(&self, ids: Vec<AlertId>) -> Result<Vec<ToldAlert>, LedgerError>;

    /// How the calls and texts since a moment ended, of the latest 5,000.
    async fn recent_failures(&self, since: Timestamp) -> Result<Failures, LedgerError>;

    /// How the mirror of the sheet last went. Cheap, unlike the whole state.
    async fn sheet_pulse(&self) -> Result<SheetPulse, LedgerError>;

    /// Whether the report of a week was sent already.
    async fn report_sent(&self, week: Week) -> Result<bool, LedgerError>;

    /// Enqueues the report of a week for each receiver, once for all times. Whether it was not sent before.
    async fn send_report(&self, send: SendReport) -> Result<bool, LedgerError>;

    /// Counts a part of the open clients, by id after this one; `before` and `week` are the two weeks.
    async fn count_clients(
        &self,
        after: Option<ClientId>,
        before: TrafficSpan,
        week: TrafficSpan,
    ) -> Result<ClientPart, LedgerError>;

    /// Counts a part of the calls and texts of a span.
    async fn count_traffic(&self, span: TrafficSpan, after: Option<String>) -> Result<TrafficPart, LedgerError>;

    /// Counts orders and numbers given in two weeks.
    async fn count_weeks(&self, before: TrafficSpan, week: TrafficSpan) -> Result<WeekCounts, LedgerError>;

    /// Open clients who share something, of a part of all there is; and where the next part begins, if there is more.
    async fn duplicates(
        &self,
        shared: Shared,
        after: Option<String>,
    ) -> Result<(Vec<Duplicate>, Option<String>), LedgerError>;
}
