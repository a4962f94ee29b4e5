//! Twilio's webhooks. A handler gets a [`TwilioWebhook`] only after the signature has been verified.

mod often;
mod otp;
mod status;
mod text;
mod twiml;
mod verified;
mod voice;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::post,
};
use proxycall_domain::{Language, Phrase};
use proxycall_twilio::VoiceResponse;

use crate::{Shared, overload};

pub(crate) use verified::TwilioWebhook;

/// Which webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A call comes in.
    Voice,
    /// A dialled leg has ended.
    VoiceEnded,
    /// Somebody picked up a call that says a code.
    CodeCall,
    /// A code was typed.
    CodeTyped,
    /// A text comes in.
    Text,
    /// What became of a text.
    TextStatus,
    /// What became of a call.
    CallStatus,
}

impl Kind {
    /// The webhook of a route, by its pattern.
    pub(crate) fn of(route: &str) -> Option<Self> {
        let path = route.strip_prefix("/twilio")?;
        Some(match path.strip_prefix("/twilio").unwrap_or(path) {
            "/voice" => Self::Voice,
            "/voice/ended" => Self::VoiceEnded,
            "/voice/otp" => Self::CodeCall,
            "/voice/otp/gather" => Self::CodeTyped,
            "/sms" => Self::Text,
            "/status/message" => Self::TextStatus,
            "/status/voice" => Self::CallStatus,
            _ => return None,
        })
    }

    /// Its name, for metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::VoiceEnded => "voice_ended",
            Self::CodeCall => "code_call",
            Self::CodeTyped => "code_typed",
            Self::Text => "text",
            Self::TextStatus => "text_status",
            Self::CallStatus => "call_status",
        }
    }

    /// What is answered when too much is asked at once: from memory alone. Whoever is on the line hears a sentence, in both
    /// languages, since nobody is looked up; a call that is over just ends. The carrier is asked to send everything else
    /// again: our addresses tell it to do so three times, then to use the fallback.
    fn overloaded(self, app: &Shared) -> Response {
        match self {
            Self::Voice | Self::CodeCall | Self::CodeTyped => {
                let sentence = |language| app.service.sentence(Phrase::CallUnavailable, language);
                let said = [Language::Fr, Language::En]
                    .into_iter()
                    .fold(VoiceResponse::new(), |said, language| said.say(language, sentence(language)));
                twiml::answer(said.hangup().to_xml())
            }
            Self::VoiceEnded => twiml::answer(twiml::hang_up()),
            Self::Text | Self::TextStatus | Self::CallStatus => overload::come_back().into_response(),
        }
    }
}

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
