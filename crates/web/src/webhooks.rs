//! Twilio's webhooks. A handler gets a [`TwilioWebhook`] only after the signature has been verified.

mod otp;
mod status;
mod text;
mod twiml;
mod verified;
mod voice;

use axum::{Router, routing::post};

use crate::Shared;

pub(crate) use verified::TwilioWebhook;

/// Each path also exists as `/twilio/twilio/…`: the original served both by accident, and numbers in the field may be
/// configured with either.
pub(crate) fn router() -> Router<Shared> {
    let routes = || {
        Router::new()
            .route("/voice", post(voice::incoming))
            .route("/voice/ended", post(voice::dial_ended))
            .route("/voice/otp", post(otp::over))
            .route("/voice/otp/gather", post(otp::over))
            .route("/sms", post(text::incoming))
            .route("/status/message", post(status::message))
            .route("/status/voice", post(status::voice))
    };
    Router::new().nest("/twilio", routes()).nest("/twilio/twilio", routes())
}
