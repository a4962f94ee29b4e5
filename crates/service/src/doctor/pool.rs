//! Whether numbers can be bought, how long they last, what needs an operator, and what their rules forbid.

use std::collections::BTreeMap;

use proxycall_domain::{
    CountryCode, NumberStatus, NumberType, Said,
    number_rules::{NumberRule, NumberRules, Shelves},
    pool::stock::{LOW_DAYS, Level, Stock},
    purchase::Shopping,
};

use super::{Finding, MEND_THE_STORE, Verdict};
use crate::{
    Service, operators,
    pool::{PoolConfig, alert},
    ports::{
        LedgerError,
        ledger::{Alert, NumberFilter},
    },
};

/// How many numbers are read from the store at once.
const PAGE: u32 = 1_000;

/// Whether what the carrier wants to have on record before it sells a number is set.
#[must_use]
pub fn check_regulatory(pool: &PoolConfig, number_type: NumberType, rules: &NumberRules) -> Finding {
    let subject = "Regulatory ids";
    let (mut needed, mut missing, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for of_type in Shopping::new(pool.country, number_type).types() {
        let kind = format!("{} {of_type}", pool.country);
        let rule = rules.rule(pool.country, of_type, None);
        if rule.is_some_and(|rule| rule.shelves == Shelves::NotSold) {
            seen.push(format!("{kind}: not sold"));
            continue;
        }
        let Some(needs) = rule.and_then(|rule| rule.needs) else {
            seen.push(format!("{kind}: what Twilio asks for is not verified"));
            continue;
        };
        let asked = [
            (needs.bundle, "TWILIO_BUNDLE_SID", &pool.bundle_sid),
            (needs.address, "TWILIO_ADDRESS_SID", &pool.address_sid),
        ];
        let names: Vec<&str> = asked.iter().filter(|(needed, ..)| *needed).map(|(_, name, _)| *name).collect();
        if names.is_empty() {
            seen.push(format!("{kind}: nothing is asked for"));
            continue;
        }
        needed.push(format!("{} for {kind}", names.join(" and ")));
        let unset = asked.iter().filter(|(needed, _, sid)| *needed && sid.is_none()).map(|(_, name, _)| *name);
        let before = missing.len();
        missing.extend(unset);
        if missing.len() == before {
            seen.push(format!("{kind}: set"));
        }
    }
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Finding::good(subject, seen.join("; "));
    }
    Finding::new(
        subject,
        Verdict::Warning,
        needed.join("; "),
        format!("not set: {}", missing.join(", ")),
        "Without them Twilio refuses to sell. Have the bundle approved in Twilio's console (Phone Numbers > Regulatory \
         Compliance) and set its BU… and AD… ids; if you buy no numbers, leave it.",
    )
}

impl Service {
    /// How the pool stands: its stock, what is in trouble, and what the alerts say. `name`: what an alert is called.
    pub async fn check_pool(&self, name: impl Fn(&Alert) -> Said) -> Vec<Finding> {
        let looked = async {
            let stock = self.ledger.stock(self.clock.now()).await?;
            let alerts = self.ledger.alerts().await?;
            let mut findings = check_stock(self, &stock);
            findings.push(check_set_aside(&stock));
            findings.extend(alerts.iter().map(|alert| tell_alert(alert, name(alert))));
            Ok(findings)
        };
        told(looked.await)
    }

    /// What the rules for the numbers in use forbid. Goes through all numbers.
    pub async fn check_number_rules(&self) -> Vec<Finding> {
        told(check_rules(self).await)
    }
}

fn told(looked: Result<Vec<Finding>, LedgerError>) -> Vec<Finding> {
    looked.unwrap_or_else(|error| {
        let (expected, remedy) = (("un stock qui se lit", "a pool that can be read"), MEND_THE_STORE);
        vec![Finding::new(("Stock", "Pool"), Verdict::Bad, expected, error.to_string(), remedy)]
    })
}

/// How many numbers are available, for how long, and whether that is enough.
fn check_stock(service: &Service, stock: &[Stock]) -> Vec<Finding> {
    let (pool, preferred) = (&service.pool, service.preferred_type);
    let mut rows: Vec<Stock> = stock.to_vec();
    let named = |of: &Stock| (of.country, of.number_type) == (pool.country, preferred);
    if pool.minimum > 0 && !rows.iter().any(named) {
        rows.push(Stock::empty(pool.country, preferred));
    }
    if rows.is_empty() {
        return vec![Finding::new(
            "Stock",
            Verdict::Unused,
            "",
            ("le stock n’a encore aucun numéro", "the pool has no numbers yet"),
            (
                "`proxycall number buy` en achète, `proxycall number sync` trouve ceux du compte, `proxycall client import` \
                 reprend ceux des clients.",
                "`proxycall number buy` buys some, `proxycall number sync` finds those of the account, `proxycall client \
                 import` brings in those that clients have.",
            ),
        )];
    }
    let (enough, minimum) = (service.enough_in_stock(), u64::from(pool.minimum));
    rows.iter().map(|of| check_stock_of(of, service.stock_level(of), enough, minimum)).collect()
}

/// Of so many in French, which counts less than two in the singular.
fn so_many(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count < 2 { "" } else { "s" })
}

/// `enough`: how many should be available; `minimum`: how many the service sees to by itself.
fn check_stock_of(of: &Stock, level: Level, enough: u64, minimum: u64) -> Finding {
    let Stock { country, number_type, .. } = of;
    let subject = format!("Stock {country} {number_type}");
    let count = |status| of.count(status);
    let (available, assigned) = (count(NumberStatus::Available), count(NumberStatus::Assigned));
    let lasting: (String, String) = match of.days_left() {
        Some(days) => (
            format!("encore {days} {} au rythme des 28 derniers", if days < 2.0 { "jour" } else { "jours" }),
            format!("{days} days left at the pace of the last 28"),
        ),
        None => ("aucun donné ces 28 derniers jours".to_owned(), "none given out in the last 28 days".to_owned()),
    };
    let (resting, reserved) = (count(NumberStatus::Quarantined), count(NumberStatus::Reserved));
    let seen = (
        format!(
            "{}, {}, {resting} au repos, {} ; {}",
            so_many(available, "libre"),
            so_many(assigned, "attribué"),
            so_many(reserved, "réservé"),
            lasting.0
        ),
        format!("{available} available, {assigned} assigned, {resting} resting, {reserved} reserved; {}", lasting.1),
    );
    if !level.is_short() {
        return Finding::good(subject, seen);
    }
    let wanted = enough.max(1);
    let lacking = wanted.saturating_sub(available).max(1);
    let expected = if available >= wanted {
        let days = LOW_DAYS;
        (format!("de quoi tenir {days} jours"), format!("enough for {days} days"))
    } else {
        let whence = match (enough, enough == minimum) {
            (0, _) => "",
            (_, true) => " (PROXYCALL_POOL_MIN)",
            (_, false) => " (alerts.stock_below)",
        };
        (format!("au moins {}{whence}", so_many(wanted, "libre")), format!("at least {wanted} available{whence}"))
    };
    let by_hand = format!("proxycall number buy --country {country} --type {number_type} --count {lacking}");
    let remedy = if available < minimum {
        (
            format!(
                "Le service en achète jusqu’à PROXYCALL_MAX_PURCHASES_PER_DAY par jour ; une alerte dit pourquoi s’il ne le \
                 peut pas. À la main : « Numéros, Acheter », ou `{by_hand}`."
            ),
            format!(
                "The running service buys up to PROXYCALL_MAX_PURCHASES_PER_DAY; an alert says why when it cannot. By hand: \
                 `{by_hand}`."
            ),
        )
    } else {
        (
            format!("Achetez-en : « Numéros, Acheter », ou `{by_hand}`. Avec PROXYCALL_POOL_MIN, le service le fait."),
            format!("Buy some: `{by_hand}`. With PROXYCALL_POOL_MIN the running service does so."),
        )
    };
    Finding::new(subject, Verdict::Warning, expected, seen, remedy)
}

/// Numbers that are not given to anybody because of something.
fn check_set_aside(stock: &[Stock]) -> Finding {
    let count = |status| stock.iter().map(|of| of.count(status)).sum::<u64>();
    let (error, missing) = (count(NumberStatus::Error), count(NumberStatus::Missing));
    let subject = ("Numéros en difficulté", "Numbers in trouble");
    let (fr, en) = (
        format!("{error} mis de côté, {}", so_many(missing, "disparu")),
        format!("{error} set aside (error), {missing} missing"),
    );
    match (error, missing) {
        (0, 0) => Finding::good(subject, ("aucun", "none")),
        // What is used for something else is set aside, and well so.
        (_, 0) => Finding::good(
            subject,
            (
                format!("{fr} ; `proxycall number list --status error` dit pourquoi"),
                format!("{en}; `proxycall number list --status error` says why"),
            ),
        ),
        _ => Finding::new(
            subject,
            Verdict::Warning,
            ("aucun disparu", "none missing"),
            (fr, en),
            (
                "`proxycall number list --status missing` les montre : leurs appels n’aboutissent pas. Si l’un est de retour \
                 dans le compte, `proxycall number sync --apply` le reprend ; s’il est perdu, `proxycall number release` le \
                 retire du stock.",
                "`proxycall number list --status missing` shows them: calls to them reach nobody. If one is back in the \
                 account, `proxycall number sync --apply` takes it back; if it is gone for good, `proxycall number release` \
                 takes it out of the pool.",
            ),
        ),
    }
}

fn tell_alert(standing: &Alert, name: Said) -> Finding {
    let remedy = match standing.kind.as_str() {
        alert::LOW_STOCK => (
            "Achetez-en (`proxycall number buy`) ; l’alerte s’en va quand il y en a de nouveau assez.",
            "Buy some with `proxycall number buy`; the alert goes when there are enough again.",
        ),
        alert::PURCHASE_FAILED => (
            "Faites ce que demande l’opérateur télécom, puis `proxycall number buy` ; `--dry-run` montre l’offre et ce qu’il faut.",
            "Do what the carrier asks for, then `proxycall number buy`; `--dry-run` shows what is on offer and what is needed.",
        ),
        alert::NUMBER_MISSING => (
            "Cherchez le numéro dans la console de Twilio. S’il est de retour, `proxycall number sync --apply` ; sinon donnez-en \
             un autre à son client : `proxycall number release NUMBER --force`, puis `proxycall number assign`.",
            "Look for the number in Twilio's console. If it is back, `proxycall number sync --apply`; if not, give its \
             client another: `proxycall number release NUMBER --force`, then `proxycall number assign`.",
        ),
        alert::USED_ELSEWHERE => (
            "S’il doit mener ici, `proxycall number fix-webhooks --apply` ; sinon, `proxycall number quarantine NUMBER --force`.",
            "If it is to lead here, `proxycall number fix-webhooks --apply`; if not, `proxycall number quarantine NUMBER --force`.",
        ),
        alert::RELEASE_FAILED => (
            "Faites ce que demande l’opérateur télécom, puis de nouveau `proxycall number release NUMBER`.",
            "Do what the carrier asks for, then `proxycall number release NUMBER` again.",
        ),
        alert::MARKED_FAULTY => (
            "Essayez le numéro. S’il est défectueux, donnez-en un autre à son client : `proxycall number release NUMBER --force`, \
             puis `proxycall number assign`.",
            "Try the number. If it is faulty, give its client another: `proxycall number release NUMBER --force`, then \
             `proxycall number assign`.",
        ),
        alert::SHEET_TAB => (
            "Faites ce qui est dit ; l’échange reprend ensuite de lui-même.",
            "Do what it says; the mirror then goes on by itself.",
        ),
        operators::alert::SHEET_STOPPED => (
            "Voyez ce que `proxycall doctor` dit de la feuille Google ; tout sera rattrapé.",
            "See what `proxycall doctor` says of the Google Sheet; all is caught up with.",
        ),
        operators::alert::WEBHOOKS_FAILING => (
            "Voyez comment vont Twilio (status.twilio.com) et la base de données.",
            "See how Twilio (status.twilio.com) and the database are.",
        ),
        _ => ("Voyez `proxycall number summary`.", "See `proxycall number summary`."),
    };
    let Alert { detail, raised_at, .. } = standing;
    Finding::new(
        name,
        Verdict::Warning,
        ("aucune alerte", "no alerts"),
        (format!("{detail} (depuis {raised_at})"), format!("{detail} (since {raised_at})")),
        remedy,
    )
}

/// What the rules for the numbers in use forbid.
async fn check_rules(service: &Service) -> Result<Vec<Finding>, LedgerError> {
    let mut used: BTreeMap<(CountryCode, &str, Option<u64>), (&NumberRule, u64)> = BTreeMap::new();
    let mut filter = NumberFilter { limit: PAGE, ..NumberFilter::default() };
    loop {
        let page = service.ledger.numbers(filter.clone()).await?;
        for number in &page.items {
            let in_use = matches!(
                number.status,
                NumberStatus::Available | NumberStatus::Reserved | NumberStatus::Assigned | NumberStatus::Quarantined
            );
            let rule = service.tables.rules.rule(number.country, number.number_type, Some(number.phone));
            if let Some(rule) = rule.filter(|_| in_use) {
                let key = (rule.country, rule.number_type.as_str(), rule.prefix);
                used.entry(key).or_insert((rule, 0)).1 += 1;
            }
        }
        filter.after = page.next.as_deref().and_then(|next| next.parse().ok());
        if filter.after.is_none() {
            break;
        }
    }
    let codes_apart = service.codes.sender.is_some();
    Ok(used.into_values().filter_map(|(rule, count)| forbidden(rule, count, codes_apart)).collect())
}

/// `codes_apart`: whether texts with codes go out as somebody else (`PROXYCALL_OTP_SENDER`).
fn forbidden(rule: &NumberRule, count: u64, codes_apart: bool) -> Option<Finding> {
    let uses = [
        (rule.interpersonal, true, "relaying between people"),
        (rule.automated_calls, true, "automated calls"),
        (rule.automated_texts, !codes_apart, "automated texts"),
    ];
    let not: Vec<&str> = uses
        .into_iter()
        .filter(|(permission, used, _)| permission.is_forbidden() && *used)
        .map(|(.., use_of)| use_of)
        .collect();
    if not.is_empty() {
        return None;
    }
    let prefix = rule.prefix.map(|prefix| format!(" +{prefix}…")).unwrap_or_default();
    let remedy = if rule.interpersonal.is_forbidden() {
        "Give these numbers back and buy others: masked calls may not run over them."
    } else {
        "Masked calls and texts may run over them; automated ones may not. Codes go out from them all the same: let them be \
         texted as somebody else (PROXYCALL_OTP_SENDER), and leave the call out (`proxycall setting set codes.channels \"sms \
         email\"`) where it is not permitted."
    };
    Some(Finding::new(
        format!("Rules {} {}{prefix}", rule.country, rule.number_type),
        Verdict::Warning,
        format!("{} (source: {})", rule.note, rule.source),
        format!("{count} numbers in use; not permitted: {}", not.join(", ")),
        remedy,
    ))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proxycall_domain::Language;

    use super::*;

    fn pool(country: CountryCode, minimum: u32) -> PoolConfig {
        PoolConfig {
            our_hosts: Vec::new(),
            address_sid: None,
            bundle_sid: None,
            country,
            batch: 3,
            minimum,
            max_purchases_per_day: 20,
            quarantine: SignedDuration::ZERO,
            buy_on_demand: false,
        }
    }

    #[test]
    fn ids_that_a_country_asks_for_are_missed_also_for_the_type_that_is_bought_instead() {
        let rules = NumberRules::shipped().unwrap();
        let bare = pool(CountryCode::FRANCE, 0);
        for number_type in [NumberType::Mobile, NumberType::Local] {
            let finding = check_regulatory(&bare, number_type, &rules);
            assert_eq!(finding.verdict, Verdict::Warning);
            assert!(
                finding.seen.to_string().contains("TWILIO_BUNDLE_SID")
                    && finding.expected.to_string().contains("FR local"),
                "{finding:?}"
            );
        }
        let complete = PoolConfig { address_sid: Some("AD1".into()), bundle_sid: Some("BU1".into()), ..bare };
        assert_eq!(check_regulatory(&complete, NumberType::Local, &rules).verdict, Verdict::Good);
        let american = check_regulatory(&pool("US".parse().unwrap(), 0), NumberType::Mobile, &rules);
        assert_eq!(
            (american.verdict, american.seen.to_string().as_str()),
            (Verdict::Good, "US mobile: not sold; US local: nothing is asked for")
        );
    }

    #[test]
    fn stock_that_is_out_or_low_is_a_warning_and_says_how_many_should_be() {
        let told = |available: u64, level, enough, minimum| {
            let mut of = Stock::empty(CountryCode::FRANCE, NumberType::Mobile);
            of.add(NumberStatus::Available, available);
            of.add(NumberStatus::Assigned, 1);
            let finding = check_stock_of(&of, level, enough, minimum);
            (finding.verdict, finding.expected.of(Language::En).to_owned(), finding.seen.of(Language::Fr).to_owned())
        };
        let (verdict, expected, seen) = told(0, Level::Out, 0, 0);
        assert_eq!((verdict, expected.as_str()), (Verdict::Warning, "at least 1 available"));
        assert!(seen.starts_with("0 libre, 1 attribué, 0 au repos, 0 réservé ;"), "{seen}");
        assert_eq!(told(1, Level::Low, 2, 2).1, "at least 2 available (PROXYCALL_POOL_MIN)");
        assert_eq!(told(1, Level::Low, 10, 2).1, "at least 10 available (alerts.stock_below)");
        assert_eq!(told(12, Level::Low, 10, 2).1, "enough for 7 days");
        assert_eq!(told(12, Level::Enough, 10, 2).0, Verdict::Good);
    }

    #[test]
    fn what_is_set_aside_is_counted_and_what_is_missing_is_a_warning() {
        let mut stock = [Stock::empty(CountryCode::FRANCE, NumberType::Mobile)];
        stock[0].add(NumberStatus::Error, 2);
        let finding = check_set_aside(&stock);
        assert!(finding.verdict == Verdict::Good && finding.seen.to_string().starts_with("2 set aside"), "{finding:?}");
        stock[0].add(NumberStatus::Missing, 1);
        assert_eq!(check_set_aside(&stock).verdict, Verdict::Warning);
    }
}
