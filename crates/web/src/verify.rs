//! `/confirmations/verify`: the page that links lead to.
//!
//! Promises: a GET confirms nothing (scanners of mail and previews of messages only look); the button's POST does.
//! Statuses are those of the original (`original-behaviour` §1.7).

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use proxycall_domain::Language;

use crate::{
    enrolment::{LinkOutcome, LinkState, Proof},
    pages::{Fields, Message, Mood, PageState, Site, language, sent, texts::Texts},
};

/// What a link holds.
struct Link {
    pending_id: String,
    name: &'static str,
    value: String,
}

impl Link {
    /// None: something is missing.
    fn of(fields: &Fields) -> Option<Self> {
        let pending_id = fields.get("pending_id").trim();
        let name = ["consent", "token", "otp"].into_iter().find(|name| !fields.get(name).trim().is_empty())?;
        let value = fields.get(name).trim();
        (!pending_id.is_empty()).then(|| Self { pending_id: pending_id.to_owned(), name, value: value.to_owned() })
    }

    fn proof(&self) -> Proof {
        let value = self.value.clone();
        match self.name {
            "consent" => Proof::Consent(value),
            "token" => Proof::Token(value),
            _ => Proof::Code(value),
        }
    }
}

pub(crate) async fn ask(State(site): PageState, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let asked = language::choose(fields.get("lang"), &headers);
    let Some(link) = Link::of(&fields) else { return incomplete(&site, asked) };
    let language = match site.enrolment().link(&link.pending_id, &link.proof()).await {
        Ok(LinkState::Open { language }) if fields.get("lang").is_empty() => language,
        Ok(LinkState::Open { .. }) => asked,
        Ok(LinkState::Over) => return over(&site, asked),
        Ok(LinkState::Unknown) => return unknown(&site, asked),
        Err(unwell) => return site.unwell(asked, unwell),
    };
    let t = Texts::of(language);
    let consent = link.name == "consent";
    let (title, text) = if consent { (t.consent_title, t.consent) } else { (t.link_title, t.link) };
    let mut page = Message::new(language, Mood::Ask, title, text);
    page.buttons = if consent {
        vec![("yes", t.consent_yes, true), ("no", t.consent_no, false)]
    } else {
        vec![("yes", t.link_button, true)]
    };
    page.hidden =
        vec![("pending_id", link.pending_id), (link.name, link.value), ("lang", language::code(language).to_owned())];
    site.page(StatusCode::OK, &page)
}

pub(crate) async fn answer(State(site): PageState, headers: HeaderMap, body: Bytes) -> Response {
    let fields = sent(&headers, &body);
    let asked = language::choose(fields.get("lang"), &headers);
    let t = Texts::of(asked);
    let Some(link) = Link::of(&fields) else { return incomplete(&site, asked) };
    let agreed = fields.get("decision") == "yes";
    // A decision is one of two buttons; what presses neither has decided nothing.
    let declined = link.name == "consent" && fields.get("decision") == "no";
    if !(agreed || declined) {
        return incomplete(&site, asked);
    }
    let say = |status, mood, title, text: &'static str| site.page(status, &Message::new(asked, mood, title, text));
    match site.enrolment().use_link(&link.pending_id, &link.proof(), agreed).await {
        Ok(LinkOutcome::Done(_)) => say(StatusCode::OK, Mood::Good, t.done_title, t.done),
        Ok(LinkOutcome::Waiting(_)) => say(StatusCode::OK, Mood::Good, t.verified_title, t.verified),
        Ok(LinkOutcome::Declined(_)) => say(StatusCode::OK, Mood::Good, t.declined_title, t.declined),
        Ok(LinkOutcome::Wrong) => say(StatusCode::BAD_REQUEST, Mood::Bad, t.wrong_title, t.wrong),
        Ok(LinkOutcome::Locked) => say(StatusCode::BAD_REQUEST, Mood::Bad, t.locked_title, t.locked),
        Ok(LinkOutcome::Over) => over(&site, asked),
        Ok(LinkOutcome::Unknown) => unknown(&site, asked),
        Err(unwell) => site.unwell(asked, unwell),
    }
}

fn incomplete(site: &Site, language: Language) -> Response {
    let t = Texts::of(language);
    site.page(StatusCode::BAD_REQUEST, &Message::new(language, Mood::Bad, t.incomplete_title, t.incomplete))
}

fn over(site: &Site, language: Language) -> Response {
    let t = Texts::of(language);
    site.page(StatusCode::BAD_REQUEST, &Message::new(language, Mood::Bad, t.over_title, t.over))
}

fn unknown(site: &Site, language: Language) -> Response {
    let t = Texts::of(language);
    site.page(StatusCode::NOT_FOUND, &Message::new(language, Mood::Bad, t.unknown_title, t.unknown))
}
