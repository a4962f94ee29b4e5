//! Promises: what was decided, in TwiML; and always valid TwiML.

use std::time::Duration;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use proxycall_domain::routing::{CallAnswer, TextAnswer};
use proxycall_twilio::{CONTENT_TYPE, Dial, MessagingResponse, VoiceResponse};

use crate::request_log::Note;

/// Where the carrier says what a dialled leg came to. Relative to `…/twilio/voice`, against which the carrier resolves
/// it: so it holds under any public address, also one with a path of its own.
const DIAL_ENDED: &str = "voice/ended";

/// What the carrier is to do with a call.
pub(super) fn call(answer: CallAnswer) -> String {
    match answer {
        CallAnswer::Connect { to, caller_id, ring_timeout_s, time_limit_s } => VoiceResponse::new()
            .dial(Dial {
                caller_id,
                number: to,
                timeout: Duration::from_secs(ring_timeout_s.into()),
                time_limit: Duration::from_secs(time_limit_s.into()),
                action: Some(DIAL_ENDED.to_owned()),
            })
            .to_xml(),
        CallAnswer::Say { language, sentence } => VoiceResponse::new().say(language, sentence).hangup().to_xml(),
    }
}

/// The end of a call without a word.
pub(super) fn hang_up() -> String {
    VoiceResponse::new().hangup().to_xml()
}

/// What the sender of a text is told.
pub(super) fn text(answer: TextAnswer) -> String {
    match answer {
        TextAnswer::Nothing => MessagingResponse::new().to_xml(),
        TextAnswer::Notice(notice) => MessagingResponse::new().message(notice).to_xml(),
    }
}

/// The answer.
pub(super) fn answer(xml: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))], xml).into_response()
}

/// The answer, and what the log says of it.
pub(super) fn respond(xml: String, note: Note) -> Response {
    let mut response = answer(xml);
    response.extensions_mut().insert(note);
    response
}
