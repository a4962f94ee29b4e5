//! `/console/numbers/buy`: what is wanted, then what is on offer and under which rules, then what was bought or why not.
//! Nothing is bought by looking, and a form buys once however often it is sent.

use std::{cmp::Reverse, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use proxycall_domain::{
    CountryCode, Language, NumberStatus, NumberType, PhoneNumber, Scope,
    number_rules::{NumberRule, Permission, Shelves},
    pool::stock::Stock,
    purchase::{self, BATCH_MAX, Shopping},
};
use proxycall_service::{
    Service,
    pool::{Buying, NotBought, Purchases},
    ports::{
        CarrierError, LedgerError,
        ledger::{Begun, RequestKey, StoredAnswer},
    },
};

use super::{Choice, asked, buy_words::BuyWords, countries, country_name, path_of, types};
use crate::{
    App,
    carrier_work::{holding, to_its_end},
    console::{
        Console, ConsoleState,
        format::count,
        layout::{self, Place, Shell, Tone},
        session::{Acting, Session},
        trouble::Trouble,
        wording,
    },
    pages::Fields,
};

/// Where numbers are bought.
const BUY: &str = "/console/numbers/buy";
/// The same, under the name by which a form that was sent twice is known again.
const ONCE: &str = "console buy_numbers";

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route(BUY, get(page).post(buy)).route(&format!("{BUY}/result"), get(result))
}

/// What somebody wants.
#[derive(Clone, Copy)]
struct Wanted {
    country: CountryCode,
    number_type: NumberType,
    quantity: u32,
    texts: bool,
}

impl Wanted {
    /// From a form or an address. One that names no quantity means one number.
    fn of(fields: &Fields) -> Result<Self, Trouble> {
        let quantity = match fields.get("quantity").trim() {
            "" => 1,
            text => text.parse().unwrap_or_default(),
        };
        Ok(Self {
            country: CountryCode::parse("country_iso", fields.get("country"))?,
            number_type: fields.get("type").parse()?,
            quantity: purchase::batch_size("quantity", quantity)?,
            texts: fields.get("texts") == "yes",
        })
    }

    fn shopping(self) -> Shopping {
        Shopping { require_voice: true, require_sms: self.texts, ..Shopping::new(self.country, self.number_type) }
    }

    fn buying(self, session: &Session) -> Buying {
        let reason = "asked for in the console".to_owned();
        Buying { shopping: self.shopping(), quantity: self.quantity, actor: session.actor(), reason }
    }
}

/// What a country says of numbers of a type.
struct Rules {
    number_type: &'static str,
    sold: &'static str,
    lines: Vec<(&'static str, &'static str)>,
    /// What buying takes, and whether it is set up.
    needs: String,
    needs_tone: Tone,
    least_use: Option<String>,
    note: String,
    source: String,
}

/// What is on offer.
struct Offer {
    number: String,
    number_type: &'static str,
}

/// The second step.
struct Offered {
    heading: String,
    offers: Vec<Offer>,
    /// That what is on offer is of another type than what was asked for.
    other_type: Option<String>,
    /// Why there is none.
    refused: Option<String>,
    rules: Vec<Rules>,
    /// The button, and what it asks once more.
    buy: String,
    why: String,
    once: String,
}

#[derive(Template)]
#[template(path = "console/numbers_buy.html")]
struct Page {
    shell: Shell,
    t: &'static BuyWords,
    countries: Vec<Choice>,
    types: Vec<Choice>,
    quantity: u32,
    most: u32,
    texts: bool,
    ceiling: String,
    offered: Option<Offered>,
    /// What the form of the second step sends.
    sent: Vec<(&'static str, String)>,
}

async fn page(State(console): ConsoleState, session: Session, RawQuery(query): RawQuery) -> Result<Response, Trouble> {
    session.needs(Scope::Operate)?;
    let (t, service, language) = (BuyWords::of(session.language), &console.app.service, session.language);
    let fields = asked(query);
    let wanted = if fields.get("country").is_empty() { None } else { Some(Wanted::of(&fields)?) };
    let offered = match wanted {
        Some(wanted) => Some(offered(&console, &session, wanted, t).await?),
        None => None,
    };
    let bought = service.ledger.bought_on(session.now).await?;
    let most = u64::from(service.pool.max_purchases_per_day);
    let policy = service.policy.current();
    let chosen = match wanted {
        Some(wanted) => wanted.country,
        None => begin_with(&service.ledger.stock(session.now).await?).unwrap_or(service.pool.country),
    };
    let number_type = wanted.map_or(service.preferred_type, |wanted| wanted.number_type);
    layout::shown(&Page {
        countries: countries(policy.countries(), Some(chosen), language),
        types: types(Some(number_type), language),
        quantity: wanted.map_or_else(|| service.pool.batch.clamp(1, BATCH_MAX), |wanted| wanted.quantity),
        most: BATCH_MAX,
        texts: wanted.is_some_and(|wanted| wanted.texts),
        ceiling: format!("{} {} {} {}", t.today, count(bought, language), t.of_ceiling, count(most, language)),
        sent: wanted.map(sent).unwrap_or_default(),
        offered,
        shell: Shell::new(&session, Some(Place::Numbers)),
        t,
    })
}

/// The country that somebody who buys most likely means: of those whose numbers clients have, the one with the fewest free
/// ones; where nobody has any, the one with most numbers.
fn begin_with(stock: &[Stock]) -> Option<CountryCode> {
    let mut countries: Vec<(CountryCode, u64, u64, u64)> = Vec::new();
    for of in stock {
        let (free, used) = (of.count(NumberStatus::Available), of.count(NumberStatus::Assigned));
        let owned = of.counts.iter().sum::<u64>() - of.count(NumberStatus::Released);
        match countries.iter_mut().find(|known| known.0 == of.country) {
            Some(known) => *known = (known.0, known.1 + free, known.2 + used, known.3 + owned),
            None => countries.push((of.country, free, used, owned)),
        }
    }
    let lowest = countries.iter().filter(|of| of.2 > 0).min_by_key(|of| (of.1, Reverse(of.2)));
    let largest = countries.iter().filter(|of| of.3 > 0).max_by_key(|of| of.3);
    lowest.or(largest).map(|of| of.0)
}

fn sent(wanted: Wanted) -> Vec<(&'static str, String)> {
    vec![
        ("country", wanted.country.to_string()),
        ("type", wanted.number_type.to_string()),
        ("quantity", wanted.quantity.to_string()),
        ("texts", if wanted.texts { "yes" } else { "no" }.to_owned()),
    ]
}

async fn offered(
    console: &Console,
    session: &Session,
    wanted: Wanted,
    t: &'static BuyWords,
) -> Result<Offered, Trouble> {
    let (app, language, buying) = (&console.app, session.language, wanted.buying(session));
    let service = Arc::clone(&app.service);
    let found = to_its_end(async move { service.preview_purchase(&buying).await }).await?;
    let country = country_name(app.service.policy.current().countries(), wanted.country, language);
    let (offers, refused) = match found {
        Ok(found) => (found, None),
        Err(why) => (Vec::new(), Some(WhyNot::of(&why).in_words(language))),
    };
    // The rules are those of what would be bought, which may be the other type.
    let mut kinds: Vec<NumberType> = offers.iter().map(|offer| offer.number_type).collect();
    kinds.dedup();
    if kinds.is_empty() {
        kinds = wanted.shopping().types().collect();
    }
    let asked_for = wording::number_type(wanted.number_type, language);
    let other = offers.iter().map(|offer| offer.number_type).find(|kind| *kind != wanted.number_type);
    let is_mixed = offers.iter().any(|offer| offer.number_type == wanted.number_type);
    let said = if is_mixed { t.other_type_too } else { t.other_type };
    let name = |kind| wording::number_type(kind, language);
    let other_type = other.map(|kind| said.replace("{asked}", asked_for).replace("{offered}", name(kind)));
    let buy = match wanted.quantity {
        1 => t.buy_one.to_owned(),
        many => format!("{} {many} {}", t.buy_verb, t.buy_noun),
    };
    let for_sale = match other {
        Some(kind) if is_mixed => format!("{asked_for}, {}", name(kind)),
        Some(kind) => name(kind).to_owned(),
        None => asked_for.to_owned(),
    };
    let why = format!("{buy} – {country} · {for_sale}. {}", t.price_again);
    let rules = kinds.into_iter().map(|kind| rules(&app.service, wanted.country, kind, t, language)).collect();
    let offers = offers.into_iter().map(|offer| Offer {
        number: wording::proxy(offer.phone),
        number_type: wording::number_type(offer.number_type, language),
    });
    let mut once = [0; 16];
    app.service.chance.fill(&mut once);
    Ok(Offered {
        heading: country,
        offers: offers.collect(),
        other_type,
        refused,
        rules,
        buy,
        why,
        once: once.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

fn rules(service: &Service, country: CountryCode, kind: NumberType, t: &'static BuyWords, language: Language) -> Rules {
    let number_type = wording::number_type(kind, language);
    let Some(rule) = service.tables.rules.rule(country, kind, None) else {
        return Rules {
            number_type,
            sold: t.sold_unknown,
            lines: Vec::new(),
            needs: t.needs_unknown.to_owned(),
            needs_tone: Tone::Plain,
            least_use: None,
            note: String::new(),
            source: String::new(),
        };
    };
    let said = |permission| match permission {
        Permission::Allowed => t.allowed,
        Permission::Forbidden => t.forbidden,
        Permission::Unknown => t.unverified,
    };
    let (needs, needs_tone) = needs(service, rule, t);
    let hours = rule.min_hold.as_hours();
    Rules {
        number_type,
        sold: match rule.shelves {
            Shelves::Known(_) => t.sold,
            Shelves::NotSold => t.not_sold,
            Shelves::Unknown => t.sold_unknown,
        },
        lines: vec![
            (t.between_people, said(rule.interpersonal)),
            (t.machine_calls, said(rule.automated_calls)),
            (t.machine_texts, said(rule.automated_texts)),
        ],
        needs,
        needs_tone,
        least_use: (hours > 0).then(|| format!("{hours} h")),
        note: rule.note.clone(),
        source: rule.source.clone(),
    }
}

/// What the carrier wants on record first, and whether the environment names it.
fn needs(service: &Service, rule: &NumberRule, t: &'static BuyWords) -> (String, Tone) {
    let Some(needs) = rule.needs else { return (t.needs_unknown.to_owned(), Tone::Plain) };
    let mut words = Vec::new();
    let mut tone = Tone::Good;
    for (needed, set, name, variable) in [
        (needs.bundle, service.pool.bundle_sid.is_some(), t.bundle, "TWILIO_BUNDLE_SID"),
        (needs.address, service.pool.address_sid.is_some(), t.address, "TWILIO_ADDRESS_SID"),
    ] {
        if needed && set {
            words.push(format!("{name} ({})", t.is_set));
        } else if needed {
            words.push(format!("{name} ({} {variable})", t.is_not_set));
            tone = Tone::Warn;
        }
    }
    if words.is_empty() { (t.needs_nothing.to_owned(), tone) } else { (words.join(", "), tone) }
}

/// Why it was not as many as asked for, as an address can name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WhyNot {
    NoneForSale,
    /// The carrier's code.
    Refused(i32),
    Carrier,
    InDoubt,
    Ceiling,
    Store,
}

impl WhyNot {
    fn of(why: &NotBought) -> Self {
        match why {
            NotBought::NoneForSale { .. } => Self::NoneForSale,
            NotBought::Refused(CarrierError::Refused { code, .. })
            | NotBought::Carrier(CarrierError::Refused { code, .. }) => Self::Refused(*code),
            NotBought::Refused(_) | NotBought::Carrier(_) => Self::Carrier,
            NotBought::InDoubt => Self::InDoubt,
            NotBought::Ledger(LedgerError::CeilingReached { .. }) => Self::Ceiling,
            NotBought::Ledger(_) => Self::Store,
        }
    }

    fn word(self) -> String {
        match self {
            Self::NoneForSale => "none".to_owned(),
            Self::Refused(code) => code.to_string(),
            Self::Carrier => "carrier".to_owned(),
            Self::InDoubt => "doubt".to_owned(),
            Self::Ceiling => "ceiling".to_owned(),
            Self::Store => "store".to_owned(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let known = [Self::NoneForSale, Self::Carrier, Self::InDoubt, Self::Ceiling, Self::Store];
        known.into_iter().find(|why| why.word() == word).or_else(|| word.parse().ok().map(Self::Refused))
    }

    fn in_words(self, language: Language) -> String {
        let t = BuyWords::of(language);
        match self {
            Self::NoneForSale => t.none_for_sale.to_owned(),
            Self::Refused(code) => {
                let (meaning, remedy) = proxycall_twilio::explain_in(code, language);
                format!("{} {code} – {meaning} {remedy}", t.refused)
            }
            Self::Carrier => t.no_answer.to_owned(),
            Self::InDoubt => t.in_doubt.to_owned(),
            Self::Ceiling => t.ceiling_reached.to_owned(),
            Self::Store => t.store.to_owned(),
        }
    }
}

async fn buy(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, wanted) = (Arc::clone(&console.app), Wanted::of(&acting.fields)?);
    let ledger = &app.service.ledger;
    let key = RequestKey { route: ONCE.to_owned(), key: acting.field("once").to_owned(), content: [0; 32] };
    match ledger.begin_request(key.clone(), acting.session.now).await? {
        Begun::Fresh => {}
        // Sent twice, or after going back: what the first one came to.
        Begun::Answered(answer) => return Ok(Redirect::to(&answer.body).into_response()),
        Begun::InProgress | Begun::OtherContent => return Err(Trouble::TooLong),
    }
    let body = holding(&app, key.clone(), bought(Arc::clone(&app), key, acting, wanted)).await??;
    Ok(Redirect::to(&body).into_response())
}

/// Buys, and keeps where it is shown what came of it for whoever sends the form again.
async fn bought(app: Arc<App>, key: RequestKey, acting: Acting, wanted: Wanted) -> Result<String, Trouble> {
    let (service, buying) = (Arc::clone(&app.service), wanted.buying(&acting.session));
    let work = async move {
        Ok::<_, Trouble>(to_its_end(async move { service.buy_numbers(&buying, &mut |_| {}).await }).await?)
    };
    let subject = format!("{} numbers of {}", wanted.quantity, wanted.country);
    let ledger = &app.service.ledger;
    let purchases = match acting.carry_out(&app, "buy_numbers", &subject, work).await {
        Ok(purchases) => purchases,
        // Nobody knows what was bought.
        Err(trouble @ Trouble::Broken) => return Err(trouble),
        Err(trouble) => {
            ledger.finish_request(key, None, app.service.clock.now()).await?;
            return Err(trouble);
        }
    };
    let body = result_of(wanted, &purchases);
    let answer = StoredAnswer { status: 303, body: body.clone() };
    ledger.finish_request(key, Some(answer), app.service.clock.now()).await?;
    Ok(body)
}

/// The page of what came of it. Proxy numbers are nobody's secret.
fn result_of(wanted: Wanted, purchases: &Purchases) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("asked", &wanted.quantity.to_string());
    let bought: Vec<String> =
        purchases.bought.iter().map(|number| number.phone.expose().trim_start_matches('+').to_owned()).collect();
    query.append_pair("bought", &bought.join("-"));
    if let Some(why) = &purchases.stopped {
        query.append_pair("why", &WhyNot::of(why).word());
    }
    format!("{BUY}/result?{}", query.finish())
}

/// A number that was bought.
struct Bought {
    href: String,
    number: String,
    number_type: &'static str,
    tone: Tone,
    status: &'static str,
}

#[derive(Template)]
#[template(path = "console/numbers_bought.html")]
struct ResultPage {
    shell: Shell,
    t: &'static BuyWords,
    tone: Tone,
    verdict: String,
    why: Option<String>,
    bought: Vec<Bought>,
}

async fn result(
    State(console): ConsoleState,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let (t, language, fields) = (BuyWords::of(session.language), session.language, asked(query));
    let mut bought = Vec::new();
    let few = usize::try_from(BATCH_MAX).unwrap_or_default();
    for phone in fields.get("bought").split('-').filter_map(|text| PhoneNumber::parse(text).ok()).take(few) {
        // Only what is there: an address alone proves nothing.
        let Some(number) = console.app.service.ledger.number(phone).await? else { continue };
        bought.push(Bought {
            href: path_of(phone),
            number: wording::proxy(phone),
            number_type: wording::number_type(number.number_type, language),
            tone: wording::status_tone(number.status),
            status: wording::status(number.status, language),
        });
    }
    let asked_for: usize = fields.get("asked").parse().unwrap_or(bought.len());
    let verdict = match bought.len() {
        0 => t.bought_none.to_owned(),
        1 if asked_for <= 1 => t.bought_one.to_owned(),
        some if some >= asked_for => format!("{some} {}", t.bought_all),
        some => format!("{some} / {asked_for} {}", t.bought_all),
    };
    let tone = match bought.len() {
        0 => Tone::Bad,
        some if some >= asked_for => Tone::Good,
        _ => Tone::Warn,
    };
    layout::shown(&ResultPage {
        why: WhyNot::parse(fields.get("why")).map(|why| why.in_words(language)),
        shell: Shell::new(&session, Some(Place::Numbers)),
        t,
        tone,
        verdict,
        bought,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_not_reads_back_from_an_address() {
        for why in [
            WhyNot::NoneForSale,
            WhyNot::Refused(21_631),
            WhyNot::Carrier,
            WhyNot::InDoubt,
            WhyNot::Ceiling,
            WhyNot::Store,
        ] {
            assert_eq!(WhyNot::parse(&why.word()), Some(why));
        }
        assert_eq!(WhyNot::parse(""), None);
        assert!(WhyNot::Refused(21_631).in_words(Language::En).contains("21631"));
    }
}
