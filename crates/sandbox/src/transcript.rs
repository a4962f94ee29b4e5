//! Promises: a record of what each person saw and heard during one call or text, for machines and for people.
//!
//! `{}` prints what people notice; `{:#}` adds the webhooks and the TwiML behind it. Handsets of a sandbox are
//! fictional, so numbers are written out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    webhook::{Answer, WebhookError},
    world::{Hook, ReceivedText},
};

/// One call or text from beginning to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// The carrier's id of the inbound call (`CA…`) or message (`SM…`).
    pub sid: String,
    /// How it ended: Twilio's word for the inbound leg or message.
    pub status: String,
    /// How long a call lasted, in seconds; 0 for a text.
    pub seconds: u32,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A handset dials a number of the account; inside a call: the carrier leads the call on to one.
    Dials {
        /// Who calls, as the called side sees it.
        from: String,
        /// Who is called.
        to: String,
    },
    /// A handset texts a number of the account.
    Texts {
        /// Who writes.
        from: String,
        /// To which number.
        to: String,
        /// What.
        body: String,
        /// How many media come with it.
        media: usize,
    },
    /// The service was asked and answered.
    Webhook {
        /// The address asked.
        url: String,
        /// The HTTP status; none when no answer came.
        status: Option<u16>,
        /// The TwiML answered.
        answer: String,
    },
    /// A handset would answer a text whose sender is a name.
    CannotReply {
        /// Who would.
        from: String,
        /// The name.
        to: String,
    },
    /// Somebody hears a sentence.
    Heard {
        /// Who.
        who: String,
        /// What.
        text: String,
        /// In which language it is spoken, when the TwiML says.
        language: Option<String>,
    },
    /// Nothing is heard for a while.
    Silence {
        /// How long.
        seconds: u32,
    },
    /// Somebody keys digits; none: nobody did.
    Digits {
        /// Who.
        who: String,
        /// Which.
        digits: String,
    },
    /// A handset rings.
    Rings {
        /// Which.
        phone: String,
        /// The caller ID on its display.
        caller_id_seen: String,
    },
    /// Two people talk.
    Connected {
        /// The caller.
        a: String,
        /// The number the caller dialled: all that the caller knows of the other.
        a_sees: String,
        /// The called party.
        b: String,
        /// The caller ID on the called party's display.
        b_sees: String,
        /// For how long.
        seconds: u32,
    },
    /// A dialled leg came to nothing.
    NotConnected {
        /// Who was called.
        phone: String,
        /// `busy`, `no-answer` or `failed`.
        outcome: String,
    },
    /// A text arrives on a handset.
    Received {
        /// Whose.
        phone: String,
        /// The sender shown.
        from: String,
        /// What it says.
        body: String,
    },
    /// A text does not arrive.
    NotDelivered {
        /// Who should have received it.
        phone: String,
        /// Twilio's code.
        code: i32,
    },
    /// The carrier notes an error.
    Error {
        /// Twilio's code.
        code: i32,
        /// What happened.
        detail: String,
    },
    /// The call is over.
    HungUp {
        /// Twilio's word: `completed`, `busy`, `no-answer`, `failed`.
        status: String,
    },
}

impl Event {
    /// How a webhook that went to `hook` was answered.
    pub(crate) fn webhook(hook: &Hook, sent: &Result<Answer, WebhookError>) -> Self {
        let (status, answer) = match sent {
            Ok(answer) => (Some(answer.status), answer.body.clone()),
            Err(WebhookError::Status(status)) => (Some(*status), String::new()),
            Err(_) => (None, String::new()),
        };
        Self::Webhook { url: hook.url.clone(), status, answer }
    }
}

impl Transcript {
    /// The sentences heard, in order.
    #[must_use]
    pub fn heard(&self) -> Vec<&str> {
        self.pick(|event| if let Event::Heard { text, .. } = event { Some(text.as_str()) } else { None })
    }

    /// The handsets that rang and the caller ID that each saw, in order.
    #[must_use]
    pub fn rings(&self) -> Vec<(&str, &str)> {
        self.pick(|event| match event {
            Event::Rings { phone, caller_id_seen } => Some((phone.as_str(), caller_id_seen.as_str())),
            _ => None,
        })
    }

    /// The two people who talked, when any did: the caller first.
    #[must_use]
    pub fn connected(&self) -> Option<(&str, &str)> {
        let pairs = self.pick(|event| match event {
            Event::Connected { a, b, .. } => Some((a.as_str(), b.as_str())),
            _ => None,
        });
        pairs.first().copied()
    }

    /// The texts that arrived, with the handset of each, in order.
    #[must_use]
    pub fn received(&self) -> Vec<(&str, ReceivedText)> {
        self.pick(|event| match event {
            Event::Received { phone, from, body } => {
                Some((phone.as_str(), ReceivedText { from: from.clone(), body: body.clone() }))
            }
            _ => None,
        })
    }

    /// The codes of the errors, in order.
    #[must_use]
    pub fn error_codes(&self) -> Vec<i32> {
        self.pick(|event| if let Event::Error { code, .. } = event { Some(*code) } else { None })
    }

    fn pick<'a, T>(&'a self, what: impl Fn(&'a Event) -> Option<T>) -> Vec<T> {
        self.events.iter().filter_map(what).collect()
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, event) in self.events.iter().enumerate() {
            if matches!(event, Event::Webhook { .. }) && !f.alternate() {
                continue;
            }
            let indent = if index == 0 { "" } else { "  " };
            writeln!(f, "{indent}{event}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dials { from, to } => write!(f, "{} dials {to}", or_withheld(from)),
            Self::Texts { from, to, body, media: 0 } => write!(f, "{from} texts {to}: \"{body}\""),
            Self::Texts { from, to, body, media } => write!(f, "{from} texts {to} with {media} media: \"{body}\""),
            Self::Webhook { url, status: Some(status), answer } => {
                write!(f, "webhook {url} → HTTP {status}")?;
                if answer.is_empty() { Ok(()) } else { write!(f, " {answer}") }
            }
            Self::Webhook { url, status: None, .. } => write!(f, "webhook {url} → no answer"),
            Self::CannotReply { from, to } => {
                write!(f, "{from} cannot answer {to}: it is a name, and nothing can be sent to a name")
            }
            Self::Heard { who, text, language: Some(language) } => {
                write!(f, "{} hears ({language}): \"{text}\"", or_withheld(who))
            }
            Self::Heard { who, text, language: None } => write!(f, "{} hears: \"{text}\"", or_withheld(who)),
            Self::Silence { seconds } => write!(f, "silence, {seconds} s"),
            Self::Digits { who, digits } if digits.is_empty() => write!(f, "{} keys nothing", or_withheld(who)),
            Self::Digits { who, digits } => write!(f, "{} keys {digits}", or_withheld(who)),
            Self::Rings { phone, caller_id_seen } => {
                write!(f, "{phone} rings and sees {}", or_withheld(caller_id_seen))
            }
            Self::Connected { a, a_sees, b, b_sees, seconds } => write!(
                f,
                "connected: {} (sees {a_sees}) with {b} (sees {}), {seconds} s",
                or_withheld(a),
                or_withheld(b_sees)
            ),
            Self::NotConnected { phone, outcome } => write!(f, "{phone} was not reached: {outcome}"),
            Self::Received { phone, from, body } => write!(f, "{phone} receives from {from}: \"{body}\""),
            Self::NotDelivered { phone, code } => write!(f, "{phone} receives nothing: error {code}"),
            Self::Error { code, detail } => write!(f, "error {code}: {detail}"),
            Self::HungUp { status } => write!(f, "the call is over: {status}"),
        }
    }
}

fn or_withheld(address: &str) -> &str {
    if address.is_empty() { "(withheld)" } else { address }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_form_shows_what_people_notice_and_the_long_one_the_webhooks_too() {
        let transcript = Transcript {
            sid: "CA00000000000000000000000000000000".to_owned(),
            status: "completed".to_owned(),
            seconds: 0,
            events: vec![
                Event::Dials { from: String::new(), to: "+33199000001".to_owned() },
                Event::Webhook {
                    url: "https://proxycall.example/twilio/voice".to_owned(),
                    status: Some(200),
                    answer: "<Response><Say>Non</Say></Response>".to_owned(),
                },
                Event::Heard { who: String::new(), text: "Non".to_owned(), language: Some("fr-FR".to_owned()) },
            ],
        };
        assert_eq!(transcript.to_string(), "(withheld) dials +33199000001\n  (withheld) hears (fr-FR): \"Non\"\n");
        assert!(format!("{transcript:#}").contains(
            "\n  webhook https://proxycall.example/twilio/voice → HTTP 200 <Response><Say>Non</Say></Response>\n"
        ));
    }
}
