//! Status callbacks. One that could not be recorded is answered with 503: the carrier reports again.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use proxycall_domain::{DispatchId, Outcome};
use proxycall_service::{calls::CallReport, ports::LedgerError, texts::TextReport};
use proxycall_twilio::count_error;

use super::TwilioWebhook;
use crate::{Problem, Shared, request_log::Note};

/// What became of a text that we sent.
pub(crate) async fn message(State(app): State<Shared>, webhook: TwilioWebhook) -> Response {
    webhook.error_code().into_iter().for_each(count_error);
    let Some(sid) = webhook.sid(&["MessageSid", "SmsSid"]) else { return done("ignored", &webhook, "") };
    let status = Some(webhook.get("MessageStatus")).filter(|status| !status.is_empty());
    let Some(outcome) = Outcome::of_message(status.unwrap_or_else(|| webhook.get("SmsStatus"))) else {
        return done("ignored", &webhook, sid);
    };
    if let Some(id) = dispatch(&webhook) {
        let reached = match outcome {
            Outcome::Delivered => Some(true),
            Outcome::Undelivered | Outcome::Failed => Some(false),
            _ => None,
        };
        return dispatched(&app, &webhook, (id, sid), reached, outcome.as_str()).await;
    }
    let report = TextReport {
        interaction: webhook.query("interaction").and_then(|id| id.parse().ok()),
        sid: sid.to_owned(),
        outcome,
        error_code: webhook.error_code(),
    };
    match app.service.text_reported(report).await {
        Ok(true) => done(outcome.as_str(), &webhook, sid),
        Ok(false) => done("not_ours", &webhook, sid),
        Err(error) => failed(error, &webhook, sid),
    }
}

/// What became of a call that came in.
///
/// `answerOnBridge` keeps the caller's leg unanswered until the other side picks up, so a completed leg that no
/// `<Dial action>` has reported on is one that was bridged.
pub(crate) async fn voice(State(app): State<Shared>, webhook: TwilioWebhook) -> Response {
    webhook.error_code().into_iter().for_each(count_error);
    let Some(sid) = webhook.sid(&["CallSid"]) else { return done("ignored", &webhook, "") };
    let outcome = match webhook.get("CallStatus") {
        "completed" => Outcome::Completed,
        "busy" | "no-answer" | "canceled" => Outcome::Canceled,
        "failed" => Outcome::Failed,
        _ => return done("ignored", &webhook, sid),
    };
    if let Some(id) = dispatch(&webhook) {
        let reached = Some(outcome == Outcome::Completed);
        return dispatched(&app, &webhook, (id, sid), reached, outcome.as_str()).await;
    }
    let report = CallReport {
        sid: sid.to_owned(),
        outcome,
        outbound_sid: None,
        duration_s: webhook.get("CallDuration").parse().ok().filter(|_| outcome == Outcome::Completed),
        error_code: webhook.error_code(),
    };
    match app.service.call_ended(report).await {
        Ok(()) => done(outcome.as_str(), &webhook, sid),
        Err(error) => failed(error, &webhook, sid),
    }
}

/// The text or call of a confirmation that the callback's address names.
fn dispatch(webhook: &TwilioWebhook) -> Option<DispatchId> {
    webhook.query("send").and_then(|id| id.parse().ok())
}

async fn dispatched(
    app: &Shared,
    webhook: &TwilioWebhook,
    (id, sid): (DispatchId, &str),
    reached: Option<bool>,
    outcome: &'static str,
) -> Response {
    match app.service.dispatch_reported(id, sid, reached, webhook.error_code()).await {
        Ok(true) => done(outcome, webhook, sid),
        Ok(false) => done("not_ours", webhook, sid),
        Err(error) => failed(error, webhook, sid),
    }
}

fn done(outcome: &'static str, webhook: &TwilioWebhook, sid: &str) -> Response {
    with_note(StatusCode::NO_CONTENT.into_response(), webhook.note(outcome, sid))
}

fn failed(error: LedgerError, webhook: &TwilioWebhook, sid: &str) -> Response {
    with_note(Problem::from(error).into_response(), webhook.note("unavailable", sid))
}

fn with_note(mut response: Response, note: Note) -> Response {
    response.extensions_mut().insert(note);
    response
}
