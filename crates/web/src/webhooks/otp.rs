//! The calls that say a code: only one that we placed hears it, and each code that is typed counts once.

use std::time::Duration;

use axum::{extract::State, response::Response};
use proxycall_domain::{Language, Phrase, confirmation::ENTRIES_PER_CALL};
use proxycall_service::{
    confirmations::{CallName, CodeEntered},
    ports::ledger::CallStep,
};
use proxycall_twilio::{Gather, Say, VoiceResponse};

use super::{TwilioWebhook, twiml};
use crate::Shared;

/// How long the client has for the next key.
const KEY_PATIENCE: Duration = Duration::from_secs(15);
const BREATH: Duration = Duration::from_secs(1);
/// How many keys end an entry.
const DIGITS: u8 = 6;

/// What the webhook names of the call. The original's address named the confirmation (`pending_id`): whoever knew one heard
/// the code (W1). Such a call is over.
fn name(webhook: &TwilioWebhook) -> (CallName<'_>, &str) {
    let sid = webhook.sid(&["CallSid"]).unwrap_or_default();
    let id = webhook.query("call").and_then(|id| id.parse().ok()).filter(|_| !sid.is_empty());
    (CallName { id, sid, to: webhook.get("To") }, sid)
}

/// Somebody picked up: says the code and takes it.
pub(crate) async fn picked_up(State(app): State<Shared>, webhook: TwilioWebhook) -> Response {
    let (call, sid) = name(&webhook);
    let sentence = |phrase, language| app.service.sentence(phrase, language);
    match (app.service.code_call(&call).await, call.id) {
        (CallStep::Speak { language, code }, Some(id)) => {
            let spoken = code.expose_spoken();
            let with_code = |phrase| sentence(phrase, language).replace("{code}", &spoken);
            let answer = VoiceResponse::new()
                .say(language, sentence(Phrase::CallCodeHello, language))
                .pause(BREATH)
                .say(language, with_code(Phrase::CallCodeIs))
                .pause(BREATH)
                .say(language, with_code(Phrase::CallCodeRepeat))
                .pause(BREATH)
                // Relative to `/twilio/voice/otp`, against which the carrier resolves it.
                .gather(gather(
                    format!("otp/gather?call={id}&attempt=1"),
                    language,
                    sentence(Phrase::CallCodeType, language),
                ))
                .say(language, sentence(Phrase::CallCodeNone, language))
                .hangup();
            twiml::respond(answer.to_xml(), webhook.note("code_spoken", sid))
        }
        _ => over(&app, &webhook, sid),
    }
}

fn gather(action: String, language: Language, text: String) -> Gather {
    Gather { action, num_digits: DIGITS, timeout: KEY_PATIENCE, say: vec![Say { language, text }] }
}

fn over(app: &Shared, webhook: &TwilioWebhook, sid: &str) -> Response {
    let answer = app.service.say(Phrase::CallRequestOver, Language::Fr);
    twiml::respond(twiml::call(answer), webhook.note("over", sid))
}

/// A code was typed.
pub(crate) async fn typed(State(app): State<Shared>, webhook: TwilioWebhook) -> Response {
    let (call, sid) = name(&webhook);
    let attempt = webhook.query("attempt").and_then(|attempt| attempt.parse::<u32>().ok());
    let (Some(attempt), Some(id)) = (attempt, call.id) else { return over(&app, &webhook, sid) };
    let Some((entered, language)) = app.service.code_typed(&call, attempt, webhook.get("Digits")).await else {
        let answer = app.service.say(Phrase::CallUnavailable, Language::Fr);
        return twiml::respond(twiml::call(answer), webhook.note("unavailable", sid));
    };
    let sentence = |phrase| app.service.sentence(phrase, language);
    let last_word = |phrase| VoiceResponse::new().say(language, sentence(phrase)).hangup();
    let answer = match entered {
        CodeEntered::Done => last_word(Phrase::CallCodeRight),
        CodeEntered::Waits => last_word(Phrase::CallCodeWaits),
        CodeEntered::Over => last_word(Phrase::CallRequestOver),
        CodeEntered::Wrong if attempt < ENTRIES_PER_CALL => VoiceResponse::new()
            // Relative to `/twilio/voice/otp/gather`.
            .gather(gather(
                format!("gather?call={id}&attempt={}", attempt + 1),
                language,
                sentence(Phrase::CallCodeWrong),
            ))
            .say(language, sentence(Phrase::CallCodeNone))
            .hangup(),
        CodeEntered::Wrong | CodeEntered::Locked => last_word(Phrase::CallCodeLocked),
    };
    twiml::respond(answer.to_xml(), webhook.note(entered.as_str(), sid))
}
