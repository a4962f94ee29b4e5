//! `/console/numbers`: the pool by country and type, and the list of its numbers, page by page. One number is in
//! [`number`], buying in [`buy`], what is set right with the carrier in [`account`].

mod account;
mod buy;
mod buy_words;
mod number;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use proxycall_domain::{
    Countries, CountryCode, Language, NumberStatus, NumberType, PhoneNumber,
    country::Country,
    pool::{
        ProxyNumber,
        stock::{Level, Stock},
    },
    search,
};
use proxycall_service::ports::ledger::NumberFilter;

use super::{
    Console, ConsoleState,
    format::{Moment, count, moment},
    layout::{self, Place, Shell, Tone},
    session::Session,
    trouble::Trouble,
    wording,
};
use crate::pages::Fields;
pub(super) use words::Words;

/// Where the pages about numbers begin.
const PATH: &str = "/console/numbers";
/// How many numbers stand on a page.
const PAGE: u32 = 50;

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route(PATH, get(page)).merge(buy::router()).merge(account::router()).merge(number::router())
}

/// What an address asks for behind its question mark.
pub(super) fn asked(query: Option<String>) -> Fields {
    Fields::parse(query.unwrap_or_default().as_bytes())
}

/// The page of a number.
pub(crate) fn path_of(phone: PhoneNumber) -> String {
    format!("{PATH}/{}", phone.expose().trim_start_matches('+'))
}

/// A country's name; its code when the table does not have it.
pub(super) fn country_name(countries: &Countries, code: CountryCode, language: Language) -> String {
    countries.get(code).map_or_else(|| code.to_string(), |country| country.name_in(language).to_owned())
}

/// A choice of a list.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// All countries to choose from, in the order of their names.
pub(super) fn countries(countries: &Countries, chosen: Option<CountryCode>, language: Language) -> Vec<Choice> {
    let choice = |country: &Country| Choice {
        value: country.code.to_string(),
        name: country.name_in(language).to_owned(),
        chosen: Some(country.code) == chosen,
    };
    let mut choices: Vec<Choice> = countries.iter().map(choice).collect();
    choices.sort_by_cached_key(|choice| search::plain(&choice.name));
    choices
}

/// The types to choose from.
fn types(chosen: Option<NumberType>, language: Language) -> Vec<Choice> {
    let choice = |number_type: NumberType| Choice {
        value: number_type.as_str().to_owned(),
        name: wording::number_type(number_type, language).to_owned(),
        chosen: chosen == Some(number_type),
    };
    [NumberType::Mobile, NumberType::Local].map(choice).into()
}

/// A client as a link.
pub(super) struct Whose {
    href: String,
    name: String,
}

/// Whose a number is; the id where the name is not known.
fn whose(number: &ProxyNumber) -> Option<Whose> {
    let id = number.client?;
    let name = number.client_name.as_ref().map(|name| name.expose().to_owned()).filter(|name| !name.is_empty());
    Some(Whose { href: format!("/console/clients/{id}"), name: name.unwrap_or_else(|| format!("#{id}")) })
}

/// The stock of one country and type.
pub(super) struct Shelf {
    pub(super) country: String,
    pub(super) number_type: &'static str,
    /// The list of its numbers.
    pub(super) href: String,
    /// Free, reserved, assigned, resting, set aside, gone.
    pub(super) counts: [String; 6],
    pub(super) lasts: String,
    pub(super) tone: Tone,
    pub(super) word: &'static str,
}

/// A line of the list.
struct Line {
    href: String,
    number: String,
    place: String,
    tone: Tone,
    status: &'static str,
    whose: Option<Whose>,
    since: Moment,
    until: Option<Moment>,
    reason: String,
}

#[derive(Template)]
#[template(path = "console/numbers.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    shelves: Vec<Shelf>,
    statuses: Vec<Choice>,
    countries: Vec<Choice>,
    types: Vec<Choice>,
    filtered: bool,
    lines: Vec<Line>,
    /// The page that follows.
    more: Option<String>,
}

/// What the list is narrowed to. What cannot be read narrows nothing.
struct Narrowed {
    status: Option<NumberStatus>,
    country: Option<CountryCode>,
    number_type: Option<NumberType>,
    after: Option<PhoneNumber>,
}

impl Narrowed {
    fn of(fields: &Fields) -> Self {
        Self {
            status: NumberStatus::parse(fields.get("status")),
            country: fields.get("country").parse().ok(),
            number_type: fields.get("type").parse().ok(),
            after: PhoneNumber::parse(fields.get("after")).ok(),
        }
    }

    fn address(&self, after: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("status", self.status.map(|status| status.as_str().to_owned())),
            ("country", self.country.map(|country| country.to_string())),
            ("type", self.number_type.map(|number_type| number_type.as_str().to_owned())),
            ("after", after.map(|key| key.trim_start_matches('+').to_owned())),
        ] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        format!("{PATH}?{}", query.finish())
    }
}

async fn page(State(console): ConsoleState, session: Session, RawQuery(query): RawQuery) -> Result<Response, Trouble> {
    let (t, service) = (Words::of(session.language), &console.app.service);
    let narrowed = Narrowed::of(&asked(query));
    let policy = service.policy.current();
    let stock = service.ledger.stock(session.now).await?;
    let filter = NumberFilter {
        country: narrowed.country,
        number_type: narrowed.number_type,
        status: narrowed.status,
        after: narrowed.after,
        limit: PAGE,
    };
    let numbers = service.ledger.numbers(filter).await?;
    let language = session.language;
    let name_of = |code| country_name(policy.countries(), code, language);
    let filtered = narrowed.status.is_some() || narrowed.country.is_some() || narrowed.number_type.is_some();
    let statuses = NumberStatus::ALL.map(|status| Choice {
        value: status.as_str().to_owned(),
        name: wording::status(status, language).to_owned(),
        chosen: narrowed.status == Some(status),
    });
    let mut countries: Vec<Choice> = stock
        .iter()
        .map(|of| Choice {
            value: of.country.to_string(),
            name: name_of(of.country),
            chosen: narrowed.country == Some(of.country),
        })
        .collect();
    countries.sort_by(|one, other| one.name.cmp(&other.name));
    countries.dedup_by(|one, other| one.value == other.value);
    let line = |number: &ProxyNumber| Line {
        href: path_of(number.phone),
        number: wording::proxy(number.phone),
        place: format!("{} · {}", name_of(number.country), wording::number_type(number.number_type, language)),
        tone: wording::status_tone(number.status),
        status: wording::status(number.status, language),
        whose: whose(number),
        since: moment(number.since, &session),
        until: number.held_until.map(|until| moment(until, &session)),
        reason: words::reason(&number.reason, language),
    };
    layout::shown(&Page {
        shelves: stock.iter().map(|of| shelf(of, &name_of(of.country), service.stock_level(of), t, language)).collect(),
        statuses: statuses.into(),
        countries,
        types: types(narrowed.number_type, language),
        filtered,
        lines: numbers.items.iter().map(line).collect(),
        more: numbers.next.as_deref().map(|key| narrowed.address(Some(key))),
        shell: Shell::new(&session, Some(Place::Numbers)),
        t,
    })
}

pub(super) fn shelf(of: &Stock, country: &str, level: Level, t: &'static Words, language: Language) -> Shelf {
    use NumberStatus::{Assigned, Available, Error, Missing, Quarantined, Reserved};
    let counts = [Available, Reserved, Assigned, Quarantined, Error, Missing];
    let days = of.days_left();
    let (tone, word) = match level {
        Level::Out => (Tone::Bad, t.none_left),
        Level::Low => (Tone::Warn, t.low),
        Level::Enough => (Tone::Good, t.fine),
        Level::Unneeded => (Tone::Plain, t.none_left),
    };
    Shelf {
        country: country.to_owned(),
        number_type: wording::number_type(of.number_type, language),
        href: format!("{PATH}?country={}&type={}#numbers", of.country, of.number_type),
        counts: counts.map(|status| count(of.count(status), language)),
        lasts: days.map_or_else(|| t.no_pace.to_owned(), |days| in_days(days, t, language)),
        tone,
        word,
    }
}

/// For how long, in days: a tenth only where it matters.
pub(super) fn in_days(days: f64, t: &Words, language: Language) -> String {
    let text = if days < 10.0 { format!("{days:.1}") } else { format!("{days:.0}") };
    let text = text.strip_suffix(".0").map(str::to_owned).unwrap_or(text);
    let text = if language == Language::Fr { text.replace('.', ",") } else { text };
    // French counts less than two in the singular, English nothing but one.
    let one = if language == Language::Fr { days < 2.0 } else { text == "1" };
    format!("{text} {}", if one { t.day } else { t.days })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0.0, "0 jour", "0 days")]
    #[case(1.0, "1 jour", "1 day")]
    #[case(1.5, "1,5 jour", "1.5 days")]
    #[case(9.3, "9,3 jours", "9.3 days")]
    #[case(42.4, "42 jours", "42 days")]
    fn what_is_left_reads_in_days(#[case] days: f64, #[case] fr: &str, #[case] en: &str) {
        assert_eq!(in_days(days, Words::of(Language::Fr), Language::Fr), fr);
        assert_eq!(in_days(days, Words::of(Language::En), Language::En), en);
    }
}
