//! Promises: what we answer to the carrier is well-formed TwiML, whatever texts are put into it.
//!
//! Only the verbs that masking needs. Escaping is the XML library's; signs that XML 1.0 cannot hold are left out.

use std::{borrow::Cow, fmt, io, time::Duration};

use proxycall_domain::{Language, PhoneNumber};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

/// The media type of every answer here.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// Every address that we name takes POST, as the configured webhooks do.
const METHOD: &str = "POST";

/// An answer that does nothing, should writing into memory ever fail.
const NOTHING: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

/// What a caller hears and whom the carrier dials: an answer to a voice webhook, verbs in the order carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VoiceResponse {
    verbs: Vec<Verb>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Verb {
    Say(Say),
    Pause(Duration),
    Gather(Gather),
    Dial(Dial),
    Redirect(String),
    Hangup,
    Reject,
}

/// A sentence spoken to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    /// The voice's language.
    pub language: Language,
    /// What is spoken.
    pub text: String,
}

/// Collects keys that the caller presses, while sentences are spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gather {
    /// Where the keys are posted (`Digits`); not called when none is pressed.
    pub action: String,
    /// How many keys end the collection.
    pub num_digits: u8,
    /// How long to wait for the next key, in whole seconds.
    pub timeout: Duration,
    /// Spoken while waiting.
    pub say: Vec<Say>,
}

/// Calls one number and connects it with the caller. The ringing tone goes on until the other side has picked up
/// (`answerOnBridge`), so that a caller is not charged for waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// What the called side sees: always the proxy number.
    pub caller_id: PhoneNumber,
    /// The number to call.
    pub number: PhoneNumber,
    /// How long it rings, in whole seconds; Twilio takes 1 to 600.
    pub timeout: Duration,
    /// How long the call may last, in whole seconds; Twilio takes up to 86,400.
    pub time_limit: Duration,
    /// Where the outcome is posted (`DialCallStatus`), and from where the call goes on; none: it ends.
    pub action: Option<String>,
}

impl VoiceResponse {
    /// An empty answer: the call ends.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Speaks a sentence.
    #[must_use]
    pub fn say(self, language: Language, text: impl Into<String>) -> Self {
        self.then(Verb::Say(Say { language, text: text.into() }))
    }

    /// Waits in silence, for whole seconds.
    #[must_use]
    pub fn pause(self, length: Duration) -> Self {
        self.then(Verb::Pause(length))
    }

    /// Asks for keys. What follows is reached only when none was pressed.
    #[must_use]
    pub fn gather(self, gather: Gather) -> Self {
        self.then(Verb::Gather(gather))
    }

    /// Calls a number. With an `action`, what follows is never reached.
    #[must_use]
    pub fn dial(self, dial: Dial) -> Self {
        self.then(Verb::Dial(dial))
    }

    /// Goes on with the TwiML of another address.
    #[must_use]
    pub fn redirect(self, url: impl Into<String>) -> Self {
        self.then(Verb::Redirect(url.into()))
    }

    /// Ends the call.
    #[must_use]
    pub fn hangup(self) -> Self {
        self.then(Verb::Hangup)
    }

    /// Refuses the call before it is picked up, which costs nothing. Only as the first verb.
    #[must_use]
    pub fn reject(self) -> Self {
        self.then(Verb::Reject)
    }

    /// The document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document(&self.verbs, |verb, writer| verb.write(writer))
    }

    fn then(mut self, verb: Verb) -> Self {
        self.verbs.push(verb);
        self
    }
}

/// What is written back to the sender of a text: an answer to a message webhook.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MessagingResponse {
    messages: Vec<String>,
}

impl MessagingResponse {
    /// An empty answer: nothing is written back.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a text back.
    #[must_use]
    pub fn message(mut self, text: impl Into<String>) -> Self {
        self.messages.push(text.into());
        self
    }

    /// The document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document(&self.messages, |text, writer| write_sentence(writer, "Message", &[], text))
    }
}

/// Leaves the texts out.
impl fmt::Debug for MessagingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessagingResponse").field("messages", &self.messages.len()).finish_non_exhaustive()
    }
}

type Xml = Writer<Vec<u8>>;

impl Verb {
    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        match self {
            Self::Say(say) => say.write(xml),
            Self::Pause(length) => write_empty(xml, "Pause", &[("length", &seconds(*length))]),
            Self::Gather(gather) => gather.write(xml),
            Self::Dial(dial) => dial.write(xml),
            Self::Redirect(url) => write_text(xml, "Redirect", &[("method", METHOD)], url),
            Self::Hangup => write_empty(xml, "Hangup", &[]),
            Self::Reject => write_empty(xml, "Reject", &[]),
        }
    }
}

impl Say {
    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        write_sentence(xml, "Say", &[("language", self.language.tag())], &self.text)
    }
}

impl Gather {
    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let attributes = [
            ("input", "dtmf"),
            ("numDigits", &self.num_digits.to_string()),
            ("timeout", &seconds(self.timeout)),
            ("action", &allowed(&self.action)),
            ("method", METHOD),
        ];
        xml.create_element("Gather")
            .with_attributes(attributes)
            .write_inner_content(|xml| self.say.iter().try_for_each(|say| say.write(xml)))?;
        Ok(())
    }
}

impl Dial {
    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let (caller_id, number) = (self.caller_id.expose(), self.number.expose());
        let (timeout, time_limit) = (seconds(self.timeout), seconds(self.time_limit));
        let action = self.action.as_deref().map(allowed);
        let attributes = [
            ("callerId", caller_id.as_str()),
            ("timeout", &timeout),
            ("timeLimit", &time_limit),
            ("answerOnBridge", "true"),
        ]
        .into_iter()
        .chain(action.iter().flat_map(|action| [("action", action.as_ref()), ("method", METHOD)]));
        xml.create_element("Dial")
            .with_attributes(attributes)
            .write_inner_content(|xml| write_text(xml, "Number", &[], &number))?;
        Ok(())
    }
}

fn document<T>(verbs: &[T], write: impl Fn(&T, &mut Xml) -> io::Result<()>) -> String {
    let mut xml = Writer::new(Vec::new());
    let written = xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).and_then(|()| {
        let response = xml.create_element("Response");
        if verbs.is_empty() {
            response.write_empty().map(drop)
        } else {
            response.write_inner_content(|xml| verbs.iter().try_for_each(|verb| write(verb, xml))).map(drop)
        }
    });
    match (written, String::from_utf8(xml.into_inner())) {
        (Ok(()), Ok(document)) => document,
        _ => NOTHING.to_owned(),
    }
}

/// Nothing, where nothing would be said: a document with an empty sentence is refused as a whole (errors 13520 and 14103).
fn write_sentence(xml: &mut Xml, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
    if allowed(text).trim().is_empty() { Ok(()) } else { write_text(xml, name, attributes, text) }
}

fn write_text(xml: &mut Xml, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
    xml.create_element(name)
        .with_attributes(attributes.iter().copied())
        .write_text_content(BytesText::new(&allowed(text)))
        .map(drop)
}

fn write_empty(xml: &mut Xml, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    xml.create_element(name).with_attributes(attributes.iter().copied()).write_empty().map(drop)
}

fn seconds(duration: Duration) -> String {
    duration.as_secs().to_string()
}

/// The text without the signs that no XML 1.0 document can hold, not even escaped. Source: its production `Char`.
fn allowed(text: &str) -> Cow<'_, str> {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(is_allowed) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| is_allowed(*c)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn phone(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    fn dial(action: Option<&str>) -> Dial {
        Dial {
            caller_id: phone("+33199000001"),
            number: phone("+33639980001"),
            timeout: Duration::from_secs(25),
            time_limit: Duration::from_secs(3600),
            action: action.map(str::to_owned),
        }
    }

    #[test]
    fn a_call_is_connected_with_the_proxy_number_as_caller_id() {
        let response = VoiceResponse::new().dial(dial(Some("/twilio/voice/ended?a=1&b=2")));
        insta::assert_snapshot!(response.to_xml(), @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Dial callerId="+33199000001" timeout="25" timeLimit="3600" answerOnBridge="true" action="/twilio/voice/ended?a=1&amp;b=2" method="POST"><Number>+33639980001</Number></Dial></Response>"#);
        insta::assert_snapshot!(VoiceResponse::new().dial(dial(None)).to_xml(), @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Dial callerId="+33199000001" timeout="25" timeLimit="3600" answerOnBridge="true"><Number>+33639980001</Number></Dial></Response>"#);
    }

    #[test]
    fn sentences_pauses_and_the_end_come_in_order() {
        let response = VoiceResponse::new()
            .say(Language::Fr, "L'appel <n'est> pas & plus \"là\"")
            .pause(Duration::from_secs(1))
            .say(Language::En, "Good bye")
            .hangup();
        insta::assert_snapshot!(response.to_xml(), @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">L&apos;appel &lt;n&apos;est&gt; pas &amp; plus &quot;là&quot;</Say><Pause length="1"/><Say language="en-GB">Good bye</Say><Hangup/></Response>"#);
    }

    #[test]
    fn keys_are_asked_for_while_speaking() {
        let say = Say { language: Language::Fr, text: "Tapez votre code".to_owned() };
        let action = "/twilio/voice/otp/gather?pending_id=P-1&attempt=1".to_owned();
        let gather = Gather { action, num_digits: 6, timeout: Duration::from_secs(10), say: vec![say] };
        let response = VoiceResponse::new().gather(gather).redirect("/twilio/voice/otp?pending_id=P-1&attempt=2");
        insta::assert_snapshot!(response.to_xml(), @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Gather input="dtmf" numDigits="6" timeout="10" action="/twilio/voice/otp/gather?pending_id=P-1&amp;attempt=1" method="POST"><Say language="fr-FR">Tapez votre code</Say></Gather><Redirect method="POST">/twilio/voice/otp?pending_id=P-1&amp;attempt=2</Redirect></Response>"#);
    }

    #[test]
    fn a_call_can_be_refused_unanswered() {
        insta::assert_snapshot!(VoiceResponse::new().reject().to_xml(), @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Reject/></Response>"#);
    }

    #[test]
    fn texts_are_written_back() {
        let response = MessagingResponse::new().message("Votre message n'a pas été remis.").message("2");
        insta::assert_snapshot!(response.to_xml(), @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Message>Votre message n&apos;a pas été remis.</Message><Message>2</Message></Response>"#);
    }

    #[test]
    fn an_empty_answer_is_still_a_document() {
        assert_eq!(VoiceResponse::new().to_xml(), NOTHING);
        assert_eq!(MessagingResponse::new().to_xml(), NOTHING);
    }

    #[test]
    fn signs_that_xml_cannot_hold_are_left_out() {
        let xml =
            MessagingResponse::new().message("a\0b\u{b}c\u{1f}d\u{fffe}e\u{ffff}\t\n\r\u{fffd}\u{10ffff}").to_xml();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let message = document.root_element().first_element_child().unwrap();
        assert_eq!(message.text(), Some("abcde\t\n\r\u{fffd}\u{10ffff}"));
    }

    #[test]
    fn debug_shows_no_number_and_no_text_of_a_message() {
        let shown = format!(
            "{:?} {:?}",
            VoiceResponse::new().dial(dial(None)),
            MessagingResponse::new().message("for +33639980001 only")
        );
        assert!(!shown.contains("3998") && !shown.contains("only"), "{shown}");
    }

    /// Any signs, also those that XML forbids or that need escaping.
    fn any_text() -> impl Strategy<Value = String> {
        let signs = prop_oneof![any::<char>(), proptest::char::range('\0', '\u{7f}'), Just('\u{fffe}'), Just('\r')];
        proptest::collection::vec(signs, 0..60).prop_map(|signs| signs.into_iter().collect())
    }

    fn without_forbidden(text: &str) -> String {
        text.chars()
            .filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}'))
            .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
            .collect()
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_from_a_well_formed_document(text in any_text(), url in any_text()) {
            let say = Say { language: Language::Fr, text: text.clone() };
            let gather = Gather { action: url.clone(), num_digits: 1, timeout: Duration::ZERO, say: vec![say] };
            let xml = VoiceResponse::new()
                .gather(gather)
                .dial(dial(Some(&url)))
                .redirect(url.clone())
                .to_xml();
            let document = roxmltree::Document::parse(&xml).unwrap();
            let verbs: Vec<_> = document.root_element().children().collect();
            let (text, url) = (without_forbidden(&text), without_forbidden(&url));
            prop_assert_eq!(verbs.len(), 3);
            prop_assert_eq!(verbs[0].first_child().and_then(|say| say.text()).unwrap_or_default(), said(&text));
            prop_assert_eq!(verbs[0].attribute("action"), Some(url.as_str()));
            prop_assert_eq!(verbs[1].attribute("action"), Some(url.as_str()));
            prop_assert_eq!(verbs[1].first_child().unwrap().text(), Some("+33639980001"));
            prop_assert_eq!(verbs[2].text().unwrap_or_default(), &url);
        }

        #[test]
        fn any_message_is_read_back_from_a_well_formed_document(text in any_text()) {
            let xml = MessagingResponse::new().message(text.clone()).to_xml();
            let document = roxmltree::Document::parse(&xml).unwrap();
            let message = document.root_element().first_child().and_then(|message| message.text());
            let text = without_forbidden(&text);
            prop_assert_eq!(message.unwrap_or_default(), said(&text));
        }
    }

    /// What is left of a text: all of it, unless it says nothing.
    fn said(text: &str) -> &str {
        if text.trim().is_empty() { "" } else { text }
    }

    #[test]
    fn a_sentence_that_says_nothing_is_left_out() {
        let call = VoiceResponse::new().say(Language::Fr, " \u{1}").dial(dial(None)).to_xml();
        assert!(!call.contains("<Say") && call.contains("<Dial"), "{call}");
        let text = MessagingResponse::new().message("\n").to_xml();
        assert!(!text.contains("<Message"), "{text}");
    }
}
