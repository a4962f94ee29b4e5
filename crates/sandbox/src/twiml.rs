//! Promises: a TwiML document becomes verbs exactly as written, and whatever the simulator would not carry out (an
//! unknown verb, attribute or value) is an error, never ignored.

use crate::{
    world::HookMethod,
    xml::{self, Element},
};

/// Twilio: the answer could not be read as TwiML.
pub(crate) const BAD_TWIML: i32 = 12100;

/// One verb of a document that answers a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoiceVerb {
    /// Speak, or be silent.
    Prompt(Prompt),
    /// Ask for digits.
    Gather(Gather),
    /// Call somebody and connect.
    Dial(Dial),
    /// Go on with another document.
    Redirect(Link),
    /// End the call.
    Hangup,
    /// Do not take the call; `true`: the caller hears a busy tone.
    Reject {
        /// `reason="busy"`.
        busy: bool,
    },
}

/// What a caller hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// `<Say>`
    Say {
        /// What is said.
        text: String,
        /// In which language.
        language: Option<String>,
    },
    /// `<Pause>`, in seconds.
    Pause(u32),
}

/// `<Gather>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gather {
    /// Where the digits go; without it, to the address of the document itself.
    pub link: Link,
    /// After how many digits it ends.
    pub num_digits: Option<usize>,
    /// How long it waits for each key, in seconds.
    pub timeout: u32,
    /// The key that ends it.
    pub finish_on_key: Option<char>,
    /// Whether the address is asked even when nothing was keyed.
    pub action_on_empty_result: bool,
    /// What is heard meanwhile.
    pub prompts: Vec<Prompt>,
}

/// `<Dial>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// What the called party sees; none: the caller's own number.
    pub caller_id: Option<String>,
    /// What is asked when the dialled leg is over.
    pub action: Option<Link>,
    /// How long it rings, in seconds.
    pub timeout: u32,
    /// The longest the parties may talk, in seconds.
    pub time_limit: Option<u32>,
    /// Whom to call; several ring at once.
    pub numbers: Vec<DialNumber>,
}

/// `<Number>`, or the bare text of `<Dial>`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DialNumber {
    /// The number.
    pub phone: String,
    /// Where the progress of this leg is reported.
    pub status_callback: Option<Link>,
    /// Which progress: `initiated`, `ringing`, `answered`, `completed`.
    pub status_callback_events: Vec<String>,
}

/// An address in a document; may be relative to the document's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// The address; empty: that of the document itself.
    pub url: String,
    /// How it is requested.
    pub method: HookMethod,
}

/// One verb of a document that answers a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessagingVerb {
    /// Send a text back, or to `to`.
    Message {
        /// What it says.
        body: String,
        /// How many media it carries.
        media: usize,
        /// The receiver, when not the sender of the text answered.
        to: Option<String>,
        /// Where its progress is reported.
        status_callback: Option<Link>,
    },
    /// Go on with another document.
    Redirect(Link),
}

/// Why an answer is no TwiML that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TwimlError(String);

type Result<T> = std::result::Result<T, TwimlError>;

/// Reads the answer to a call.
///
/// # Errors
/// It is no well-formed XML, its root is not `<Response>`, or it holds what this simulator does not carry out.
pub fn parse_voice(document: &str) -> Result<Vec<VoiceVerb>> {
    response(document)?.iter().map(voice_verb).collect()
}

/// Reads the answer to a text. An empty answer is an empty document, as it is to Twilio.
///
/// # Errors
/// As for [`parse_voice`].
pub fn parse_messaging(document: &str) -> Result<Vec<MessagingVerb>> {
    if document.trim().is_empty() {
        return Ok(Vec::new());
    }
    response(document)?.iter().map(messaging_verb).collect()
}

fn response(document: &str) -> Result<Vec<Element>> {
    let root = xml::parse(document).map_err(TwimlError)?;
    if root.name != "Response" || !root.attributes.is_empty() || !root.text.is_empty() {
        return Err(TwimlError("the root must be a bare <Response> that holds verbs only".to_owned()));
    }
    Ok(root.children)
}

fn voice_verb(element: &Element) -> Result<VoiceVerb> {
    Ok(match element.name.as_str() {
        "Say" | "Pause" => VoiceVerb::Prompt(prompt(element)?),
        "Gather" => {
            let a = Attributes::of(
                element,
                &[
                    "action",
                    "method",
                    "numDigits",
                    "timeout",
                    "finishOnKey",
                    "input",
                    "language",
                    "actionOnEmptyResult",
                ],
            )?;
            no_text(element)?;
            a.one_of("input", &["dtmf"])?;
            let key = a.get("finishOnKey").unwrap_or("#");
            VoiceVerb::Gather(Gather {
                link: a.link("action")?,
                num_digits: a.whole("numDigits")?.and_then(|digits| usize::try_from(digits).ok()),
                timeout: a.whole("timeout")?.unwrap_or(5),
                finish_on_key: key.chars().next(),
                action_on_empty_result: a.flag("actionOnEmptyResult")?,
                prompts: element.children.iter().map(prompt).collect::<Result<_>>()?,
            })
        }
        "Dial" => VoiceVerb::Dial(dial(element)?),
        "Redirect" => VoiceVerb::Redirect(redirect(element)?),
        "Hangup" => {
            Attributes::of(element, &[])?;
            no_text(element)?;
            no_children(element)?;
            VoiceVerb::Hangup
        }
        "Reject" => {
            let a = Attributes::of(element, &["reason"])?;
            no_text(element)?;
            no_children(element)?;
            a.one_of("reason", &["rejected", "busy"])?;
            VoiceVerb::Reject { busy: a.get("reason") == Some("busy") }
        }
        other => return Err(TwimlError(format!("<{other}> is not carried out in an answer to a call"))),
    })
}

fn prompt(element: &Element) -> Result<Prompt> {
    no_children(element)?;
    match element.name.as_str() {
        "Say" => {
            let a = Attributes::of(element, &["language", "voice", "loop"])?;
            a.whole("loop")?;
            if element.text.is_empty() {
                return Err(TwimlError("<Say> says nothing".to_owned()));
            }
            Ok(Prompt::Say { text: element.text.clone(), language: a.get("language").map(str::to_owned) })
        }
        "Pause" => {
            no_text(element)?;
            Ok(Prompt::Pause(Attributes::of(element, &["length"])?.whole("length")?.unwrap_or(1)))
        }
        other => Err(TwimlError(format!("<{other}> cannot stand here"))),
    }
}

fn dial(element: &Element) -> Result<Dial> {
    let a = Attributes::of(element, &["callerId", "action", "method", "timeout", "timeLimit", "answerOnBridge"])?;
    a.flag("answerOnBridge")?;
    let mut numbers = element.children.iter().map(dial_number).collect::<Result<Vec<_>>>()?;
    if numbers.is_empty() {
        numbers.push(DialNumber { phone: element.text.clone(), ..DialNumber::default() });
    } else {
        no_text(element)?;
    }
    if numbers.len() > 10 {
        return Err(TwimlError("<Dial> rings at most 10 numbers at once".to_owned()));
    }
    Ok(Dial {
        caller_id: a.get("callerId").map(str::to_owned),
        action: if a.get("action").is_some() { Some(a.link("action")?) } else { None },
        timeout: a.whole("timeout")?.unwrap_or(30),
        time_limit: a.whole("timeLimit")?,
        numbers,
    })
}

fn dial_number(element: &Element) -> Result<DialNumber> {
    const EVENTS: &[&str] = &["initiated", "ringing", "answered", "completed"];
    if element.name != "Number" {
        return Err(TwimlError(format!("<Dial> does not dial <{}>", element.name)));
    }
    no_children(element)?;
    let a = Attributes::of(element, &["statusCallback", "statusCallbackMethod", "statusCallbackEvent"])?;
    let events: Vec<String> = a
        .get("statusCallbackEvent")
        .map_or_else(|| vec!["completed".to_owned()], |events| events.split_whitespace().map(str::to_owned).collect());
    if let Some(unknown) = events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
        return Err(TwimlError(format!("statusCallbackEvent has no {unknown}")));
    }
    let method = a.method("statusCallbackMethod")?;
    Ok(DialNumber {
        phone: element.text.clone(),
        status_callback: a.get("statusCallback").map(|url| Link { url: url.to_owned(), method }),
        status_callback_events: events,
    })
}

fn messaging_verb(element: &Element) -> Result<MessagingVerb> {
    match element.name.as_str() {
        "Redirect" => Ok(MessagingVerb::Redirect(redirect(element)?)),
        "Message" => {
            let a = Attributes::of(element, &["to", "action", "statusCallback", "method"])?;
            let parts = |name: &str| element.children.iter().filter(|child| child.name == name).collect::<Vec<_>>();
            let (bodies, media) = (parts("Body"), parts("Media"));
            if bodies.len() + media.len() != element.children.len() {
                return Err(TwimlError("<Message> holds <Body> and <Media> only".to_owned()));
            }
            let body = match bodies.as_slice() {
                [] => element.text.clone(),
                [body] if element.text.is_empty() => body.text.clone(),
                _ => return Err(TwimlError("<Message> has one body".to_owned())),
            };
            if body.is_empty() && media.is_empty() {
                return Err(TwimlError("<Message> says nothing".to_owned()));
            }
            let method = a.method("method")?;
            let callback = a.get("statusCallback").or_else(|| a.get("action"));
            Ok(MessagingVerb::Message {
                body,
                media: media.len(),
                to: a.get("to").map(str::to_owned),
                status_callback: callback.map(|url| Link { url: url.to_owned(), method }),
            })
        }
        other => Err(TwimlError(format!("<{other}> is not carried out in an answer to a text"))),
    }
}

fn redirect(element: &Element) -> Result<Link> {
    let method = Attributes::of(element, &["method"])?.method("method")?;
    no_children(element)?;
    Ok(Link { url: element.text.clone(), method })
}

fn no_text(element: &Element) -> Result<()> {
    if element.text.is_empty() { Ok(()) } else { Err(TwimlError(format!("<{}> holds no text", element.name))) }
}

fn no_children(element: &Element) -> Result<()> {
    if element.children.is_empty() { Ok(()) } else { Err(TwimlError(format!("<{}> holds no element", element.name))) }
}

/// The attributes of one element, each of them known.
struct Attributes<'a>(&'a Element);

impl<'a> Attributes<'a> {
    fn of(element: &'a Element, known: &[&str]) -> Result<Self> {
        match element.attributes.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(TwimlError(format!("<{}> has no attribute {name}", element.name))),
            None => Ok(Self(element)),
        }
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.attributes.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn wrong(&self, name: &str) -> TwimlError {
        TwimlError(format!("<{}> has an unusable value for {name}", self.0.name))
    }

    fn one_of(&self, name: &str, words: &[&str]) -> Result<()> {
        match self.get(name) {
            Some(value) if !words.contains(&value) => Err(self.wrong(name)),
            _ => Ok(()),
        }
    }

    fn whole(&self, name: &str) -> Result<Option<u32>> {
        self.get(name).map(|value| value.parse().map_err(|_| self.wrong(name))).transpose()
    }

    fn flag(&self, name: &str) -> Result<bool> {
        self.one_of(name, &["true", "false"])?;
        Ok(self.get(name) == Some("true"))
    }

    fn method(&self, name: &str) -> Result<HookMethod> {
        self.one_of(name, &["GET", "POST"])?;
        Ok(if self.get(name) == Some("GET") { HookMethod::Get } else { HookMethod::Post })
    }

    fn link(&self, name: &str) -> Result<Link> {
        Ok(Link { url: self.get(name).unwrap_or_default().to_owned(), method: self.method("method")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_dial_comes_out_as_written() {
        let document = r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Un &amp; deux</Say>
            <Dial callerId="+33199000001" answerOnBridge="true" timeout="25" timeLimit="3600"
                  action="/twilio/voice/ended?leg=1"><Number>+33639980001</Number></Dial></Response>"#;
        let say = Prompt::Say { text: "Un & deux".to_owned(), language: Some("fr-FR".to_owned()) };
        let dial = Dial {
            caller_id: Some("+33199000001".to_owned()),
            action: Some(Link { url: "/twilio/voice/ended?leg=1".to_owned(), method: HookMethod::Post }),
            timeout: 25,
            time_limit: Some(3600),
            numbers: vec![DialNumber {
                phone: "+33639980001".to_owned(),
                status_callback: None,
                status_callback_events: vec!["completed".to_owned()],
            }],
        };
        assert_eq!(parse_voice(document), Ok(vec![VoiceVerb::Prompt(say), VoiceVerb::Dial(dial)]));
    }

    #[test]
    fn what_would_not_be_carried_out_is_an_error() {
        for document in [
            "",
            "<Response/><Response/>",
            "<response/>",
            "<Response>hello</Response>",
            "<Response><Play>a.mp3</Play></Response>",
            "<Response><Say lang=\"fr\">x</Say></Response>",
            "<Response><Say/></Response>",
            "<Response><Dial timeout=\"long\">+33639980001</Dial></Response>",
            "<Response><Dial answerOnBridge=\"yes\">+33639980001</Dial></Response>",
            "<Response><Dial><Sip>a@b</Sip></Dial></Response>",
            "<Response><Gather input=\"speech\"/></Response>",
            "<Response><Reject reason=\"tired\"/></Response>",
            "<Response><Message>no</Message></Response>",
        ] {
            assert!(parse_voice(document).is_err(), "{document}");
        }
        assert!(parse_messaging("<Response><Say>no</Say></Response>").is_err());
        assert!(parse_messaging("<Response><Message/></Response>").is_err());
    }

    #[test]
    fn a_message_takes_its_body_from_its_text_or_from_body_and_an_empty_answer_is_no_message() {
        for document in
            ["<Response><Message>Non</Message></Response>", "<Response><Message><Body>Non</Body></Message></Response>"]
        {
            let verbs = parse_messaging(document).unwrap();
            assert!(matches!(&verbs[..], [MessagingVerb::Message { body, .. }] if body == "Non"));
        }
        assert_eq!(parse_messaging("  "), Ok(Vec::new()));
    }
}
