//! Twilio's webhooks. A handler gets a [`TwilioWebhook`] only after the signature has been verified.

mod often;
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
    // Whole paths: a nested router would be one more layer around each of them.
    ["/twilio", "/twilio/twilio"].into_iter().fold(Router::new(), |router, at| {
        router
            .route(&format!("{at}/voice"), post(voice::incoming))
            .route(&format!("{at}/voice/ended"), post(voice::dial_ended))
            .route(&format!("{at}/voice/otp"), post(otp::picked_up))
            .route(&format!("{at}/voice/otp/gather"), post(otp::typed))
            .route(&format!("{at}/sms"), post(text::incoming))
            .route(&format!("{at}/status/message"), post(status::message))
            .route(&format!("{at}/status/voice"), post(status::voice))
    })
}
