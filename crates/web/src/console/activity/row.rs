//! Promises: a call or text reads as a sentence would: who reached whom through which number, what came of it, and, where it
//! failed, why and what to do.

use proxycall_domain::{Channel, ClientId, Direction, PersonName, PhoneNumber, Scope, traffic::OutcomeGroup};
use proxycall_service::ports::ledger::Activity;
use proxycall_twilio::explain_in;

use super::Words;
use crate::console::{
    encoded,
    format::{self, Moment},
    layout::Tone,
    session::Session,
    wording,
};

/// Somebody at one end of a call or text.
pub(crate) struct Side {
    /// What is shown.
    pub(crate) text: String,
    /// The client's page.
    pub(crate) href: Option<String>,
}

/// Why something failed.
pub(crate) struct Why {
    /// The carrier's code.
    pub(crate) code: i32,
    pub(crate) meaning: &'static str,
    pub(crate) remedy: &'static str,
}

/// A call or text on the page.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) at: Moment,
    pub(crate) is_call: bool,
    pub(crate) channel: &'static str,
    pub(crate) who: Side,
    pub(crate) whom: Side,
    /// The number that was dialled: its page, and how it reads.
    pub(crate) through: Option<(String, String)>,
    pub(crate) duration: String,
    pub(crate) tone: Tone,
    pub(crate) outcome: &'static str,
    pub(crate) why: Option<Why>,
    /// The client for whom the caller can be blocked.
    pub(crate) block: Option<String>,
    /// The block that keeps the caller away, where the page knows of it.
    pub(crate) blocked: Option<String>,
}

impl Row {
    pub(crate) fn of(activity: Activity, session: &Session) -> Self {
        let (it, language) = (activity.it, session.language);
        let t = Words::of(language);
        let client = it.client.map(|id| client(id, activity.client_name.as_ref(), t));
        let plain = |text: &str| Side { text: text.to_owned(), href: None };
        let nobody = || plain(t.nobody);
        let party = match (it.party, it.direction) {
            (Some(phone), _) => plain(&phone.to_string()),
            (None, Some(Direction::FromClient)) => nobody(),
            (None, _) => plain(t.hidden_number),
        };
        let (who, whom) = match it.direction {
            Some(Direction::FromClient) => (client.unwrap_or_else(nobody), party),
            _ => (party, client.unwrap_or_else(nobody)),
        };
        let called = it.direction == Some(Direction::ToClient) && it.party.is_some_and(is_known);
        Self {
            id: it.id.to_string(),
            at: format::moment(it.started_at, session),
            is_call: it.channel == Channel::Call,
            channel: wording::channel(it.channel, language),
            who,
            whom,
            through: it.proxy.map(|number| (number_page(number), wording::proxy(number))),
            duration: it.duration_s.map(|seconds| format::span(seconds, language)).unwrap_or_default(),
            tone: wording::tone(it.outcome),
            outcome: wording::outcome(it.outcome, language),
            why: it.error_code.filter(|_| it.outcome.group() == OutcomeGroup::Failed).map(|code| {
                let (meaning, remedy) = explain_in(code, language);
                Why { code, meaning, remedy }
            }),
            block: it.client.filter(|_| called && session.may(Scope::Operate)).map(|id| id.to_string()),
            blocked: None,
        }
    }
}

/// Whether it is somebody: whoever was erased is nobody any more.
fn is_known(phone: PhoneNumber) -> bool {
    phone != PhoneNumber::ERASED
}

fn client(id: ClientId, name: Option<&PersonName>, t: &'static Words) -> Side {
    let name = name.map(PersonName::expose).filter(|name| !name.is_empty());
    let text = name.map_or_else(|| format!("{} {id}", t.erased), str::to_owned);
    Side { text, href: Some(format!("/console/clients/{id}")) }
}

/// The page of a number of ours.
pub(super) fn number_page(number: PhoneNumber) -> String {
    format!("/console/numbers/{}", encoded(&number.expose()))
}

/// What a group of outcomes is called.
pub(super) fn group(group: OutcomeGroup, t: &'static Words) -> &'static str {
    match group {
        OutcomeGroup::UnderWay => t.under_way,
        OutcomeGroup::Reached => t.reached,
        OutcomeGroup::NotAnswered => t.not_answered,
        OutcomeGroup::Refused => t.refused,
        OutcomeGroup::Failed => t.failed,
    }
}
