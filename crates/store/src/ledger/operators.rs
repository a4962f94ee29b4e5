//! The part of the port that tells operators what they should know.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    AlertId, ClientId, Week,
    report::{Duplicate, Shared},
};
use proxycall_service::ports::{
    LedgerError,
    ledger::{
        ClientPart, Failures, OperatorBook, SendReport, SheetPulse, TellAlerts, ToldAlert, TrafficPart, TrafficSpan,
        WeekCounts,
    },
};

use crate::{Engine, Store, postgres, sqlite};

#[async_trait]
impl OperatorBook for Store {
    async fn clear_unseen_alert(
        &self,
        kind: &'static str,
        subject: String,
        unseen_since: Timestamp,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        unit!(self, alerts::clear_unseen_alert(kind, subject, unseen_since, now))
    }

    async fn tell_alerts(&self, tell: TellAlerts) -> Result<u32, LedgerError> {
        unit!(self, alerts::tell_alerts(tell))
    }

    async fn told_alerts(&self, ids: Vec<AlertId>) -> Result<Vec<ToldAlert>, LedgerError> {
        read!(self, alerts::told_alerts(&ids))
    }

    async fn recent_failures(&self, since: Timestamp) -> Result<Failures, LedgerError> {
        read!(self, report::recent_failures(since))
    }

    async fn sheet_pulse(&self) -> Result<SheetPulse, LedgerError> {
        read!(self, sheet::sheet_pulse())
    }

    async fn report_sent(&self, week: Week) -> Result<bool, LedgerError> {
        read!(self, report::report_sent(week))
    }

    async fn send_report(&self, send: SendReport) -> Result<bool, LedgerError> {
        unit!(self, report::send_report(send))
    }

    async fn count_clients(
        &self,
        after: Option<ClientId>,
        before: TrafficSpan,
        week: TrafficSpan,
    ) -> Result<ClientPart, LedgerError> {
        read!(self, report::count_clients(after, before, week))
    }

    async fn count_traffic(&self, span: TrafficSpan, after: Option<String>) -> Result<TrafficPart, LedgerError> {
        read!(self, report::count_traffic(span, after.as_deref()))
    }

    async fn count_weeks(&self, before: TrafficSpan, week: TrafficSpan) -> Result<WeekCounts, LedgerError> {
        read!(self, report::count_weeks(before, week))
    }

    async fn duplicates(
        &self,
        shared: Shared,
        after: Option<String>,
    ) -> Result<(Vec<Duplicate>, Option<String>), LedgerError> {
        read!(self, report::duplicates(shared, after.as_deref()))
    }
}
