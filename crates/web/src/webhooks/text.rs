//! Texts: recorded and answered; what is relayed goes out by a job.

use axum::{extract::State, response::Response};
use proxycall_domain::{
    Address, PhoneNumber,
    routing::{TextAnswer, TextContent},
};
use proxycall_service::{ports::ledger::TextOutcome, texts::IncomingText};

use super::{TwilioWebhook, often, twiml};
use crate::Shared;

/// A text comes in on a proxy number.
pub(crate) async fn incoming(State(app): State<Shared>, webhook: TwilioWebhook) -> Response {
    let nothing = |outcome| twiml::respond(twiml::text(TextAnswer::Nothing), webhook.note(outcome, ""));
    // A delivery receipt that was sent here: the original ignores it too.
    if !webhook.get("MessageStatus").is_empty() {
        return nothing("ignored");
    }
    let Some(sid) = webhook.sid(&["MessageSid", "SmsMessageSid", "SmsSid"]) else { return nothing("malformed") };
    let Ok(proxy) = PhoneNumber::parse_address(webhook.get("To")) else { return nothing("malformed") };
    let sender = Address::parse(webhook.get("From"));
    if let Some(answer) = app.writes_too_often(&sender, proxy) {
        return twiml::respond(twiml::text(answer), webhook.note(often::OUTCOME, sid));
    }
    let text = IncomingText {
        sid: sid.to_owned(),
        sender,
        proxy,
        content: TextContent {
            body: webhook.get("Body").to_owned(),
            images: webhook.get("NumMedia").parse().unwrap_or_default(),
            carrier_opt_out: !webhook.get("OptOutType").is_empty(),
        },
    };
    let reply = app.service.incoming_text(text).await;
    let outcome = reply.outcome.map_or("unavailable", TextOutcome::as_str);
    twiml::respond(twiml::text(reply.answer), webhook.note(outcome, sid))
}
