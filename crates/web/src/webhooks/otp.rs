//! The calls that read out a code: until confirmations exist, every such request is over.

use axum::{extract::State, response::Response};
use proxycall_domain::{Language, Phrase};

use super::{TwilioWebhook, twiml};
use crate::Shared;

/// Says that the request is no longer valid.
pub(crate) async fn over(State(app): State<Shared>, webhook: TwilioWebhook) -> Response {
    let answer = app.service.say(Phrase::CallRequestOver, Language::Fr);
    let sid = webhook.sid(&["CallSid"]).unwrap_or_default();
    twiml::respond(twiml::call(answer), webhook.note("over", sid))
}
