//! Calls: the answer when one comes in, and what is said when the dialled leg has ended.

use axum::{extract::State, response::Response};
use proxycall_domain::{Address, Language, Outcome, PhoneNumber, Phrase};
use proxycall_service::calls::{CallReport, IncomingCall};
use proxycall_twilio::count_error;

use super::{TwilioWebhook, often, twiml};
use crate::Shared;

/// A call comes in on a proxy number.
pub(crate) async fn incoming(State(app): State<Shared>, webhook: TwilioWebhook) -> Response {
    let Some(sid) = webhook.sid(&["CallSid"]) else {
        let answer = app.service.say(Phrase::CallFailed, Language::Fr);
        return twiml::respond(twiml::call(answer), webhook.note("malformed", ""));
    };
    let Ok(proxy) = PhoneNumber::parse_address(webhook.get("To")) else {
        let answer = app.service.say(Phrase::CallUnknownNumber, Language::Fr);
        return twiml::respond(twiml::call(answer), webhook.note(Outcome::RefusedUnknownNumber.as_str(), sid));
    };
    let caller = Address::parse(webhook.get("From"));
    if let Some(answer) = app.calls_too_often(&caller, proxy) {
        return twiml::respond(twiml::call(answer), webhook.note(often::OUTCOME, sid));
    }
    let call = IncomingCall { sid: sid.to_owned(), caller, proxy };
    let reply = app.service.incoming_call(call).await;
    let outcome = reply.outcome.map_or("unavailable", Outcome::as_str);
    twiml::respond(twiml::call(reply.answer), webhook.note(outcome, sid))
}

/// The dialled leg has ended (`<Dial action>`): busy, no answer and failure are said, not left to silence.
pub(crate) async fn dial_ended(State(app): State<Shared>, webhook: TwilioWebhook) -> Response {
    let outcome = Outcome::of_dial(webhook.get("DialCallStatus")).unwrap_or(Outcome::Failed);
    let sid = webhook.sid(&["CallSid"]).unwrap_or_default();
    webhook.error_code().into_iter().for_each(count_error);
    let report = CallReport {
        sid: sid.to_owned(),
        outcome,
        outbound_sid: webhook.sid(&["DialCallSid"]).map(str::to_owned),
        duration_s: webhook.get("DialCallDuration").parse().ok(),
        error_code: webhook.error_code(),
    };
    let said = app.service.dial_ended(report).await;
    twiml::respond(said.map_or_else(twiml::hang_up, twiml::call), webhook.note(outcome.as_str(), sid))
}
