//! Promises: decides who hears whom, from facts alone; neither side's real number ever goes to the other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Address, ClientId, CountryCode, Direction, Language, Pause, PhoneNumber, Phrase, Policy};

/// Longest body that a carrier takes, in characters (Twilio's limit for one message).
const BODY_MAX: usize = 1600;

/// What the store knows about a call or text that came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The client whose proxy number was dialled, if anybody's.
    pub client: Option<ClientFacts>,
    /// Whether the number that dialled is itself a proxy number.
    pub caller_is_proxy: bool,
    /// Whether the number that dialled is blocked: for this client, or for all.
    pub caller_is_blocked: bool,
}

/// What routing needs to know of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFacts {
    /// Who.
    pub id: ClientId,
    /// Real number.
    pub phone: PhoneNumber,
    /// Country of residence.
    pub country: CountryCode,
    /// Who came last.
    pub last_caller: Option<PhoneNumber>,
    /// Whether that one is blocked since: for this client, or for all.
    pub last_caller_is_blocked: bool,
    /// While nobody is connected to the client, if so.
    pub pause: Option<Pause>,
}

/// Why somebody is not connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody has the dialled number.
    UnknownNumber,
    /// The caller's country is not among those allowed.
    Region,
    /// The caller hides the number.
    Withheld,
    /// The client has nobody to call back.
    NoRecentCaller,
    /// The number to be reached is one we never dial.
    Destination,
    /// A proxy number called a proxy number.
    Loop,
    /// A text without text.
    Empty,
    /// The caller is blocked.
    Blocked,
    /// The client would call back somebody who is blocked.
    LastCallerBlocked,
    /// The client is paused.
    Paused,
}

/// What is to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Connect or relay to this number.
    Relay {
        /// The real number to dial or text.
        to: PhoneNumber,
        /// The last caller to remember for the client.
        remember: Option<PhoneNumber>,
    },
    /// Tell the caller why not.
    Refuse(Refusal),
    /// A wish to stop or start: recorded, not relayed, not answered.
    OptOut,
}

/// The decision about one call or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whose proxy number it was.
    pub client: Option<ClientId>,
    /// Who means to reach whom, whether or not it comes to that; none where the number is nobody's.
    pub direction: Option<Direction>,
    /// What the sentences are said in.
    pub language: Language,
    /// What is to happen.
    pub action: Action,
}

/// What the carrier is to do with a call. Kept with the interaction, so that a repeated webhook gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallAnswer {
    /// Dial a number.
    Connect {
        /// The real number.
        to: PhoneNumber,
        /// What the other side sees: always the proxy number.
        caller_id: PhoneNumber,
        /// How long it rings, in seconds.
        ring_timeout_s: u32,
        /// How long the call may last, in seconds.
        time_limit_s: u32,
    },
    /// Say a sentence and hang up.
    Say {
        /// In which language.
        language: Language,
        /// What.
        sentence: String,
    },
}

impl CallAnswer {
    /// What stands in the place of an answer that named an erased person: nobody is dialled by it.
    #[must_use]
    pub fn erased() -> Self {
        Self::Say { language: Language::Fr, sentence: "Au revoir.".to_owned() }
    }
}

/// What the carrier is to answer to the sender of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextAnswer {
    /// Nothing.
    Nothing,
    /// A short notice.
    Notice(String),
}

/// A text as it came in.
#[derive(Clone, PartialEq, Eq)]
pub struct TextContent {
    /// What was written.
    pub body: String,
    /// How many images came with it.
    pub images: u32,
    /// Whether the carrier says it is a wish to stop or start (`OptOutType`).
    pub carrier_opt_out: bool,
}

/// Leaves the body out.
impl std::fmt::Debug for TextContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextContent").field("images", &self.images).finish_non_exhaustive()
    }
}

impl Policy {
    /// Decides a call that comes in now.
    #[must_use]
    pub fn route_call(&self, caller: &Address, facts: &Facts, now: Timestamp) -> Decision {
        self.decide(caller, facts, |client| match caller {
            Address::Phone(phone) => self.route_phone(*phone, client, now),
            Address::Withheld if self.connect_withheld => self.reach_client(client, None, now),
            Address::Withheld => Action::Refuse(Refusal::Withheld),
            // A short code or a name does not place calls; whoever shows one has no country that we could allow.
            Address::ShortCode | Address::Alphanumeric => Action::Refuse(Refusal::Region),
        })
    }

    /// Decides a text that comes in now.
    #[must_use]
    pub fn route_text(&self, sender: &Address, content: &TextContent, facts: &Facts, now: Timestamp) -> Decision {
        if content.carrier_opt_out || self.is_stop_word(&content.body) {
            let mut decision = self.decide(sender, facts, |_| Action::OptOut);
            decision.action = Action::OptOut;
            return decision;
        }
        self.decide(sender, facts, |client| match sender {
            _ if content.body.trim().is_empty() && content.images == 0 => Action::Refuse(Refusal::Empty),
            Address::Phone(phone) => self.route_phone(*phone, client, now),
            Address::Withheld if !self.connect_withheld => Action::Refuse(Refusal::Withheld),
            Address::Withheld | Address::ShortCode | Address::Alphanumeric => self.reach_client(client, None, now),
        })
    }

    fn decide(&self, from: &Address, facts: &Facts, route: impl FnOnce(&ClientFacts) -> Action) -> Decision {
        let Some(client) = &facts.client else {
            let refusal = if facts.caller_is_proxy { Refusal::Loop } else { Refusal::UnknownNumber };
            return Decision { client: None, direction: None, language: Language::Fr, action: Action::Refuse(refusal) };
        };
        let is_own = from.phone() == Some(client.phone);
        Decision {
            client: Some(client.id),
            direction: Some(if is_own { Direction::FromClient } else { Direction::ToClient }),
            language: self.language(client.country),
            action: match facts {
                // A leg that we dial shows a proxy number: when one comes back in, connecting it would go round for ever.
                Facts { caller_is_proxy: true, .. } => Action::Refuse(Refusal::Loop),
                // Before all else: no other rule, and not even being the client, lets somebody through who is blocked.
                Facts { caller_is_blocked: true, .. } => Action::Refuse(Refusal::Blocked),
                _ => route(client),
            },
        }
    }

    fn route_phone(&self, caller: PhoneNumber, client: &ClientFacts, now: Timestamp) -> Action {
        // The client's own calls out are no matter of the pause: it keeps others away, and locks nobody in.
        if caller == client.phone {
            return match client.last_caller {
                None => Action::Refuse(Refusal::NoRecentCaller),
                Some(_) if client.last_caller_is_blocked => Action::Refuse(Refusal::LastCallerBlocked),
                Some(to) if self.forbids(to) => Action::Refuse(Refusal::Destination),
                Some(to) => Action::Relay { to, remember: None },
            };
        }
        if !self.allows(caller) {
            return Action::Refuse(Refusal::Region);
        }
        self.reach_client(client, Some(caller).filter(|caller| !self.forbids(*caller)), now)
    }

    fn reach_client(&self, client: &ClientFacts, remember: Option<PhoneNumber>, now: Timestamp) -> Action {
        if client.pause.is_some_and(|pause| pause.lasts(now)) {
            return Action::Refuse(Refusal::Paused);
        }
        if self.forbids(client.phone) {
            return Action::Refuse(Refusal::Destination);
        }
        Action::Relay { to: client.phone, remember }
    }

    /// What the carrier is to do with a call so decided.
    #[must_use]
    pub fn answer_call(&self, decision: &Decision, proxy: PhoneNumber) -> CallAnswer {
        let phrase = match &decision.action {
            Action::Relay { to, .. } => {
                return CallAnswer::Connect {
                    to: *to,
                    caller_id: proxy,
                    ring_timeout_s: self.ring_timeout_s,
                    time_limit_s: self.time_limit_s,
                };
            }
            Action::Refuse(refusal) => match refusal {
                Refusal::UnknownNumber => Phrase::CallUnknownNumber,
                Refusal::Region => Phrase::CallRegion,
                Refusal::Withheld => Phrase::CallWithheld,
                Refusal::NoRecentCaller => Phrase::CallNoRecentCaller,
                // The client hears that it cannot be, not why: whom the shop blocked is between the shop and the client.
                Refusal::Destination | Refusal::LastCallerBlocked => Phrase::CallDestination,
                Refusal::Blocked => Phrase::CallBlocked,
                Refusal::Paused => Phrase::CallPaused,
                Refusal::Loop | Refusal::Empty => Phrase::CallLoop,
            },
            Action::OptOut => Phrase::CallFailed,
        };
        CallAnswer::Say { language: decision.language, sentence: self.sentence(phrase, decision.language).to_owned() }
    }

    /// What the carrier is to answer to the sender of a text so decided.
    ///
    /// A notice costs a text: whoever cannot be answered, or must not be texted, gets none.
    #[must_use]
    pub fn answer_text(&self, decision: &Decision, sender: &Address) -> TextAnswer {
        let Action::Refuse(refusal) = &decision.action else { return TextAnswer::Nothing };
        let phrase = match refusal {
            Refusal::UnknownNumber => Phrase::TextUnknownNumber,
            Refusal::Region => Phrase::TextRegion,
            Refusal::NoRecentCaller => Phrase::TextNoRecentCaller,
            Refusal::Destination | Refusal::LastCallerBlocked => Phrase::TextDestination,
            Refusal::Paused => Phrase::TextPaused,
            // A notice to a proxy number would come back as a text; whoever is blocked could have us pay for texts.
            Refusal::Withheld | Refusal::Loop | Refusal::Empty | Refusal::Blocked => return TextAnswer::Nothing,
        };
        match sender.phone() {
            Some(phone) if !self.forbids(phone) => {
                TextAnswer::Notice(self.sentence(phrase, decision.language).to_owned())
            }
            _ => TextAnswer::Nothing,
        }
    }

    /// The text that the other side reads: the body, and a line about images that were not relayed.
    #[must_use]
    pub fn relayed_body(&self, content: &TextContent, language: Language) -> String {
        if content.images == 0 {
            return content.body.chars().take(BODY_MAX).collect();
        }
        let line = self.images(content.images, language);
        let room = BODY_MAX.saturating_sub(line.chars().count() + 1);
        let body: String = content.body.chars().take(room).collect();
        if body.trim().is_empty() { line } else { format!("{body}\n{line}") }
    }
}

#[cfg(test)]
mod tests;
