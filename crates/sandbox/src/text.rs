//! Promises: a handset texts a number of the account, and what the service answers is carried out.

use crate::{
    contract::Violation,
    delivery::{Draft, segments},
    geography::{is_name, without_channel},
    journal::Happening,
    transcript::{Event, Transcript},
    twiml::{BAD_TWIML, MessagingVerb, parse_messaging},
    webhook::{WEBHOOK_FAILED, WRONG_CONTENT_TYPE, param, place, resolve},
    world::{Hook, Message, MessageDirection, MessageStatus, Number, World},
    xml::is_xml,
};

/// How many documents may follow one another by `<Redirect>`.
const MAX_DOCUMENTS: usize = 10;
/// The words by which Twilio stops and restarts texts from a number, in any case, when they are the whole text.
const STOP_WORDS: &[&str] = &["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];
const START_WORDS: &[&str] = &["START", "YES", "UNSTOP"];

/// A text to be sent from a handset.
#[derive(Debug, Clone, Default)]
pub struct TextScript {
    /// The sender: a number, a short code, an alphanumeric sender, or one with a channel's prefix.
    pub from: String,
    /// The number texted; may have a channel's prefix.
    pub to: String,
    /// What it says.
    pub body: String,
    /// How many pictures come with it.
    pub media: usize,
    /// `STOP`, `START` or `HELP`, when the account has Advanced Opt-Out, which adds this to the webhook.
    pub opt_out_type: Option<String>,
    /// Further parameters of the webhook, such as new ones that Twilio may add.
    pub extra: Vec<(String, String)>,
}

impl TextScript {
    /// A plain text.
    pub fn new(from: impl Into<String>, to: impl Into<String>, body: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into(), body: body.into(), ..Self::default() }
    }

    /// Whether it stops (`true`) or restarts (`false`) texts to its sender.
    fn opt_out(&self) -> Option<bool> {
        let word = self.opt_out_type.as_deref().unwrap_or(&self.body).trim().to_uppercase();
        let word = word.as_str();
        if STOP_WORDS.contains(&word) { Some(true) } else { START_WORDS.contains(&word).then_some(false) }
    }
}

impl World {
    /// Sends a text from a handset to a number of the account and carries out what the service answers.
    ///
    /// Ends with that answer. What the service sends later, through the API, is in [`World::sent_messages`].
    ///
    /// Nothing can be sent to a name that a handset shows as a sender: the text then never leaves the handset.
    pub async fn text(&self, script: TextScript) -> Transcript {
        if is_name(&script.to) {
            let event = Event::CannotReply { from: script.from, to: script.to };
            return Transcript { sid: String::new(), status: "failed".to_owned(), seconds: 0, events: vec![event] };
        }
        let message = self.receive(&script);
        let TextScript { from, to, body, media, .. } = script.clone();
        let mut events = vec![Event::Texts { from, to, body, media }];
        let noticed = |event: &Event| self.journal(&message.sid, Happening::Noticed { event: event.clone() });
        events.iter().for_each(noticed);
        let number = without_channel(&script.to).to_owned();
        let known = self.ask(|state| state.numbers.get(&number).cloned());
        match known {
            Some(number) if number.sms_application_sid.is_some() || !number.capabilities.sms => {}
            Some(Number { sms: Some(hook), sms_fallback, .. }) => {
                let mut params = self.text_params(&script, &message.sid);
                params.extend(script.extra.clone());
                self.converse((hook, sms_fallback), params, &message, &mut events).await;
            }
            Some(_) => {}
            None => {
                let event = Event::NotDelivered { phone: number, code: 30005 };
                noticed(&event);
                events.push(event);
            }
        }
        Transcript { sid: message.sid, status: "received".to_owned(), seconds: 0, events }
    }

    fn receive(&self, script: &TextScript) -> Message {
        let now = self.now();
        self.change(|state| {
            let pair = (without_channel(&script.to).to_owned(), without_channel(&script.from).to_owned());
            match script.opt_out() {
                Some(true) => drop(state.opted_out.insert(pair)),
                Some(false) => drop(state.opted_out.remove(&pair)),
                None => {}
            }
            let message = Message {
                sid: state.sids.next("SM"),
                from: script.from.clone(),
                to: script.to.clone(),
                body: script.body.clone(),
                media: script.media,
                direction: MessageDirection::Inbound,
                service: None,
                status: MessageStatus::Received,
                error_code: None,
                created_at: now,
                sent_at: Some(now),
                updated_at: now,
                status_callback: None,
            };
            state.messages.push(message.clone());
            message
        })
    }

    /// Asks the service and carries out its answer, document after document; once, at a failure, the fallback.
    async fn converse(
        &self,
        (hook, mut fallback): (Hook, Option<Hook>),
        mut params: Vec<(String, String)>,
        message: &Message,
        events: &mut Vec<Event>,
    ) {
        let mut next = Some(hook);
        for _ in 0..MAX_DOCUMENTS {
            let Some(hook) = next.take() else { return };
            let sent = self.send_webhook(&hook, &params).await;
            events.push(Event::webhook(&hook, &sent));
            let document = sent.map_err(|error| (WEBHOOK_FAILED, error.to_string())).and_then(|answer| {
                if !answer.body.trim().is_empty() && !is_xml(&answer.media_type) {
                    return Err((WRONG_CONTENT_TYPE, "the answer's Content-Type is not text/xml".to_owned()));
                }
                parse_messaging(&answer.body).map_err(|error| (BAD_TWIML, error.to_string()))
            });
            let verbs = match document {
                Ok(verbs) => verbs,
                Err((code, detail)) => {
                    self.note(code, detail, &message.sid, events);
                    next = fallback.take();
                    params.push(param("ErrorCode", code.to_string()));
                    params.push(param("ErrorUrl", hook.url.split('#').next().unwrap_or_default()));
                    continue;
                }
            };
            for verb in verbs {
                match verb {
                    MessagingVerb::Redirect(link) => {
                        next = resolve(&link, &hook.url);
                        if next.is_none() {
                            self.note(BAD_TWIML, "<Redirect> leads to no address".to_owned(), &message.sid, events);
                        }
                        break;
                    }
                    MessagingVerb::Message { body, media, to, status_callback } => {
                        let draft = Draft {
                            from: without_channel(&message.to).to_owned(),
                            to: to.unwrap_or_else(|| without_channel(&message.from).to_owned()),
                            body,
                            media,
                            direction: MessageDirection::OutboundReply,
                            service: None,
                            status_callback: status_callback.and_then(|link| resolve(&link, &hook.url)),
                        };
                        self.reply(draft, &message.sid, events);
                    }
                }
            }
        }
        if next.is_some() {
            self.log_violation(Violation::CallLoop { limit: MAX_DOCUMENTS });
        }
    }

    fn reply(&self, draft: Draft, sid: &str, events: &mut Vec<Event>) {
        match self.accept_text(draft) {
            Ok(accepted) => {
                let (phone, from, body) = (accepted.message.to, accepted.message.from, accepted.message.body);
                events.push(match accepted.failure {
                    None => Event::Received { phone, from, body },
                    Some(code) => Event::NotDelivered { phone, code },
                });
            }
            Err(code) => self.note(code, "the reply could not be sent".to_owned(), sid, events),
        }
    }

    fn note(&self, code: i32, detail: String, sid: &str, events: &mut Vec<Event>) {
        self.log_error(code, sid, detail.clone());
        let event = Event::Error { code, detail };
        self.journal(sid, Happening::Noticed { event: event.clone() });
        events.push(event);
    }

    fn text_params(&self, script: &TextScript, sid: &str) -> Vec<(String, String)> {
        let account = self.ask(|state| state.account.sid.clone());
        let mut params = vec![
            param("SmsMessageSid", sid),
            param("NumMedia", script.media.to_string()),
            param("SmsSid", sid),
            param("SmsStatus", "received"),
            param("Body", &script.body),
            param("To", &script.to),
            param("NumSegments", segments(&script.body).to_string()),
            param("MessageSid", sid),
            param("AccountSid", &account),
            param("From", &script.from),
            param("ApiVersion", "2010-04-01"),
        ];
        params.extend(place("From", &script.from));
        params.extend(place("To", &script.to));
        for index in 0..script.media {
            let media =
                format!("https://api.twilio.com/2010-04-01/Accounts/{account}/Messages/{sid}/Media/ME{index:032x}");
            params.push(param(&format!("MediaUrl{index}"), media));
            params.push(param(&format!("MediaContentType{index}"), "image/jpeg"));
        }
        params.extend(script.opt_out_type.as_ref().map(|kind| param("OptOutType", kind)));
        params
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        test_service::{TestService, wire, world},
        world::ReceivedText,
    };

    const PROXY: &str = "+33199000001";
    const COURIER: &str = "+33639980002";

    #[tokio::test]
    async fn a_text_reaches_the_service_whole_and_a_reply_reaches_its_sender_from_the_proxy() {
        let service = TestService::start(|_| TestService::twiml("<Message>Non remis</Message>")).await;
        let world = world();
        wire(&world, &service);
        let text = TextScript { media: 2, ..TextScript::new(COURIER, PROXY, "Colis déposé & merci") };
        let transcript = world.text(text).await;
        let reply = ReceivedText { from: PROXY.to_owned(), body: "Non remis".to_owned() };
        assert_eq!(transcript.received(), [(COURIER, reply.clone())]);
        assert_eq!(world.inbox(COURIER), [reply]);
        let seen = &service.seen()[0];
        assert_eq!(seen.path_and_query, "/twilio/sms");
        for (name, expected) in [
            ("MessageSid", transcript.sid.as_str()),
            ("SmsSid", transcript.sid.as_str()),
            ("From", COURIER),
            ("FromCountry", "FR"),
            ("To", PROXY),
            ("Body", "Colis déposé & merci"),
            ("NumMedia", "2"),
            ("NumSegments", "1"),
            ("MediaContentType1", "image/jpeg"),
        ] {
            assert_eq!(seen.field(name), expected, "{name}");
        }
    }

    #[tokio::test]
    async fn a_whatsapp_address_reaches_the_same_number_and_an_alphanumeric_sender_gets_no_reply() {
        let service = TestService::start(|_| TestService::twiml("<Message>Non</Message>")).await;
        let world = world();
        wire(&world, &service);
        let whatsapp = TextScript::new(format!("whatsapp:{COURIER}"), format!("whatsapp:{PROXY}"), "Bonjour");
        assert_eq!(world.text(whatsapp).await.error_codes(), Vec::<i32>::new());
        assert_eq!(service.seen()[0].field("From"), format!("whatsapp:{COURIER}"));
        assert_eq!(world.text(TextScript::new("LAPOSTE", PROXY, "Votre colis")).await.error_codes(), [21211]);
    }

    #[tokio::test]
    async fn a_name_shown_as_the_sender_cannot_be_answered() {
        let world = world();
        let transcript = world.text(TextScript::new(COURIER, "Ma Boutique", "Merci")).await;
        assert_eq!(
            transcript.to_string(),
            "+33639980002 cannot answer Ma Boutique: it is a name, and nothing can be sent to a name\n"
        );
        assert_eq!(world.messages(), []);
    }

    #[tokio::test]
    async fn stop_opts_the_sender_out_and_start_opts_in_again() {
        let service = TestService::start(|_| TestService::twiml("<Message>Noté</Message>")).await;
        let world = world();
        wire(&world, &service);
        assert_eq!(world.text(TextScript::new(COURIER, PROXY, " stop ")).await.error_codes(), [21610]);
        let start = TextScript { opt_out_type: Some("START".to_owned()), ..TextScript::new(COURIER, PROXY, "Start") };
        assert_eq!(world.text(start).await.error_codes(), Vec::<i32>::new());
        assert_eq!(service.seen()[1].field("OptOutType"), "START");
    }

    #[tokio::test]
    async fn an_answer_that_is_no_messaging_twiml_is_noted_and_an_empty_one_is_fine() {
        for (answer, expected) in [
            (TestService::twiml("<Say>Non</Say>"), vec![BAD_TWIML]),
            (TestService::answer(200, "text/plain", "Bonjour"), vec![WRONG_CONTENT_TYPE]),
            (TestService::status(500), vec![WEBHOOK_FAILED]),
            (TestService::status(204), vec![]),
        ] {
            let service = TestService::start(move |_| answer.clone()).await;
            let world = world();
            wire(&world, &service);
            assert_eq!(world.text(TextScript::new(COURIER, PROXY, "Bonjour")).await.error_codes(), expected);
            assert_eq!(world.errors().len(), expected.len());
        }
    }

    #[tokio::test]
    async fn a_text_whose_webhook_fails_goes_to_the_fallback_once() {
        let service = TestService::start(|seen| match seen.path_and_query.as_str() {
            "/fallback" => TestService::twiml("<Message>Non remis</Message>"),
            _ => TestService::status(500),
        })
        .await;
        let world = world();
        wire(&world, &service);
        let fallback = format!("{}/fallback", service.base_url);
        world.change_number(PROXY, |number| number.sms_fallback = Some(Hook::post(fallback)));
        let transcript = world.text(TextScript::new(COURIER, PROXY, "Bonjour")).await;
        assert_eq!((transcript.error_codes(), transcript.received().len()), (vec![WEBHOOK_FAILED], 1));
        assert_eq!(service.seen()[1].field("ErrorCode"), "11200");
        assert_eq!(service.seen()[1].field("Body"), "Bonjour");
    }
}
