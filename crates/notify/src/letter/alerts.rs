//! Promises: a letter about alerts says of each what it is, since when, and what to do; in the operators' language. What the
//! alert itself says is in English, as in log and API, and marked so.

use askama::Template;
use jiff::SignedDuration;
use proxycall_domain::{Language, figures::moment};
use proxycall_service::{
    operators::alert::{SHEET_STOPPED, WEBHOOKS_FAILING},
    pool::alert::{
        LOW_STOCK, MARKED_FAULTY, NUMBER_MISSING, PURCHASE_FAILED, RELEASE_FAILED, SHEET_TAB, USED_ELSEWHERE,
    },
    ports::{
        ledger::{Alert, ToldAlert},
        mailer::{AlertNews, WrittenLetter},
    },
    privacy::alert::ERASURE_FAILED,
};

struct Words {
    code: &'static str,
    hello: &'static str,
    detail: &'static str,
    goodbye: String,
}

struct Section {
    title: &'static str,
    alerts: Vec<Line>,
}

struct Line {
    title: &'static str,
    about: Option<String>,
    advice: &'static str,
    detail: String,
    time: String,
}

#[derive(Template)]
#[template(path = "alerts.html")]
struct Html<'a> {
    subject: &'a str,
    words: &'a Words,
    sections: &'a [Section],
}

#[derive(Template)]
#[template(path = "alerts.txt")]
struct Text<'a> {
    words: &'a Words,
    sections: &'a [Section],
}

/// Writes it.
///
/// # Errors
/// The engine's, which only a broken template has.
pub(super) fn write(news: &AlertNews) -> Result<WrittenLetter, askama::Error> {
    let (subject, words) = (subject(news), words(news));
    let titles = match news.language {
        Language::Fr => ["Nouveau", "Toujours en cours", "Terminé"],
        Language::En => ["New", "Ongoing", "Over"],
    };
    let sections: Vec<Section> = titles
        .into_iter()
        .zip([&news.raised, &news.standing, &news.over])
        .filter(|(_, alerts)| !alerts.is_empty())
        .map(|(title, alerts)| Section { title, alerts: alerts.iter().map(|told| line(told, news)).collect() })
        .collect();
    let (words, sections) = (&words, sections.as_slice());
    let html = Html { subject: &subject, words, sections }.render()?;
    let text = Text { words, sections }.render()?;
    Ok(WrittenLetter { subject, text, html })
}

fn words(news: &AlertNews) -> Words {
    let every = every(news.repeat, news.language);
    match news.language {
        Language::Fr => Words {
            code: "fr",
            hello: "Bonjour, voici ce que ProxyCall vous signale.",
            detail: "Détail : ",
            goodbye: format!(
                "Une alerte qui dure est rappelée {every} (réglage alerts.repeat_minutes). La console et « proxycall \
                 number summary » montrent celles en cours."
            ),
        },
        Language::En => Words {
            code: "en",
            hello: "Hello, this is what ProxyCall has to tell you.",
            detail: "Detail: ",
            goodbye: format!(
                "An alert that stands is told again {every} (setting alerts.repeat_minutes). \
                 The console and `proxycall number summary` show those that stand."
            ),
        },
    }
}

/// How often, in the largest unit that is exact: `toutes les 8 heures`, `every 90 minutes`.
fn every(interval: SignedDuration, language: Language) -> String {
    let minutes = interval.as_mins();
    let (count, units) = match minutes {
        _ if minutes % (24 * 60) == 0 => (minutes / (24 * 60), ["tous les", "jours", "day"]),
        _ if minutes % 60 == 0 => (minutes / 60, ["toutes les", "heures", "hour"]),
        _ => (minutes, ["toutes les", "minutes", "minute"]),
    };
    let [each, french, english] = units;
    match (language, count) {
        (Language::Fr, 1) => format!("{each} {french}"),
        (Language::Fr, _) => format!("{each} {count}\u{a0}{french}"),
        (Language::En, 1) => format!("every {english}"),
        (Language::En, _) => format!("every {count}\u{a0}{english}s"),
    }
}

/// One alert is named; several are counted.
fn subject(news: &AlertNews) -> String {
    let (new, standing, over) = (news.raised.len(), news.standing.len(), news.over.len());
    let named = |what: &str, told: &[ToldAlert]| {
        let alert = told.first().map(|told| &told.alert);
        let about = alert.and_then(|alert| about(alert, news.language)).map_or(String::new(), |it| format!(" ({it})"));
        let title = alert.map_or("", |alert| title_and_advice(&alert.kind, news.language).0);
        format!("[ProxyCall] {what}{title}{about}")
    };
    match (news.language, new, standing, over) {
        (Language::Fr, 1, 0, 0) => named("Alerte : ", &news.raised),
        (Language::En, 1, 0, 0) => named("Alert: ", &news.raised),
        (Language::Fr, 0, 1, 0) => named("Rappel : ", &news.standing),
        (Language::En, 0, 1, 0) => named("Reminder: ", &news.standing),
        (Language::Fr, 0, 0, 1) => named("Terminé : ", &news.over),
        (Language::En, 0, 0, 1) => named("Over: ", &news.over),
        (language, ..) => {
            let words = match language {
                Language::Fr => ["nouvelle", "en cours", "terminée"],
                Language::En => ["new", "ongoing", "over"],
            };
            let counts: Vec<String> = [new, standing, over]
                .into_iter()
                .zip(words)
                .filter(|(count, _)| *count > 0)
                .map(|(count, word)| format!("{count} {word}{}", plural(language, word, count)))
                .collect();
            let alerts = if language == Language::Fr { "Alertes : " } else { "Alerts: " };
            format!("[ProxyCall] {alerts}{}", counts.join(", "))
        }
    }
}

fn plural(language: Language, word: &str, count: usize) -> &'static str {
    match (language, word) {
        (Language::Fr, "nouvelle" | "terminée") if count > 1 => "s",
        _ => "",
    }
}

fn line(told: &ToldAlert, news: &AlertNews) -> Line {
    let ToldAlert { alert, over_at } = told;
    let (title, advice) = title_and_advice(&alert.kind, news.language);
    let shown = |at| moment(at, &news.zone, news.language);
    let since = shown(alert.raised_at);
    let time = match (news.language, over_at) {
        (Language::Fr, None) => format!("Depuis le {since}"),
        (Language::En, None) => format!("Since {since}"),
        (Language::Fr, Some(over)) => format!("Du {since} au {}", shown(*over)),
        (Language::En, Some(over)) => format!("From {since} to {}", shown(*over)),
    };
    // What is over needs no advice.
    let advice = if over_at.is_some() { "" } else { advice };
    Line { title, about: about(alert, news.language), advice, detail: alert.detail.of(news.language).to_owned(), time }
}

/// What an alert is about, where its title does not say so: country and type, a proxy number, a tab, a client's id.
fn about(alert: &Alert, language: Language) -> Option<String> {
    match (alert.kind.as_str(), alert.subject.as_str(), language) {
        (SHEET_STOPPED, ..) => None,
        (WEBHOOKS_FAILING, "store", Language::Fr) => Some("base de données".to_owned()),
        (WEBHOOKS_FAILING, "store", Language::En) => Some("database".to_owned()),
        (WEBHOOKS_FAILING, ..) => Some("Twilio".to_owned()),
        (ERASURE_FAILED, id, _) => Some(format!("client {id}")),
        (_, subject, _) => Some(subject.to_owned()),
    }
}

fn title_and_advice(kind: &str, language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Fr => in_french(kind),
        Language::En => in_english(kind),
    }
}

fn in_french(kind: &str) -> (&'static str, &'static str) {
    match kind {
        LOW_STOCK => (
            "Stock bas",
            "Il reste trop peu de numéros disponibles. Achetez-en dans la console (ou par proxycall number buy) ; \
             l’alerte cesse d’elle-même.",
        ),
        PURCHASE_FAILED => {
            ("Achat impossible", "Faites ce que Twilio demande, puis achetez à nouveau (proxycall number buy).")
        }
        NUMBER_MISSING => (
            "Numéro disparu de Twilio",
            "Les appels vers ce numéro n’aboutissent plus. Cherchez-le dans la console de Twilio ; s’il y est, lancez \
             proxycall number sync --apply, sinon donnez un autre numéro à son client.",
        ),
        USED_ELSEWHERE => (
            "Numéro relié ailleurs",
            "Les appels vers ce numéro ne passent plus par ProxyCall. S’il doit y revenir : \
             proxycall number fix-webhooks --apply.",
        ),
        RELEASE_FAILED => {
            ("Numéro non rendu à Twilio", "Faites ce que Twilio demande, puis proxycall number release à nouveau.")
        }
        MARKED_FAULTY => {
            ("Numéro signalé défectueux", "Essayez ce numéro. S’il est défectueux, donnez-en un autre à son client.")
        }
        SHEET_TAB => {
            ("Onglet de la feuille bloqué", "Faites ce que dit le détail ; la feuille se remet à jour d’elle-même.")
        }
        SHEET_STOPPED => (
            "Feuille Google à l’arrêt",
            "La feuille n’est plus à jour depuis au moins 15 minutes. Appels et SMS continuent ; tout sera rattrapé. \
             Vérifiez que la feuille est toujours partagée avec le compte de service (proxycall doctor).",
        ),
        WEBHOOKS_FAILING => (
            "Appels ou SMS en échec",
            "Voyez l’état de Twilio (status.twilio.com) et de la base de données (proxycall doctor).",
        ),
        ERASURE_FAILED => {
            ("Effacement incomplet chez Twilio", "Supprimez ces appels ou messages dans la console de Twilio.")
        }
        _ => ("Alerte", ""),
    }
}

fn in_english(kind: &str) -> (&'static str, &'static str) {
    match kind {
        LOW_STOCK => (
            "Low stock",
            "Too few numbers are available. Buy some in the console (or by proxycall number buy); the alert \
             then ends by itself.",
        ),
        PURCHASE_FAILED => ("Purchase failed", "Do what Twilio asks for, then buy again (proxycall number buy)."),
        NUMBER_MISSING => (
            "Number gone at Twilio",
            "Calls to this number reach nobody. Look for it in Twilio's console; if it is there, run \
             proxycall number sync --apply, if not, give its client another number.",
        ),
        USED_ELSEWHERE => (
            "Number leads elsewhere",
            "Calls to this number do not reach ProxyCall any more. If they should: \
             proxycall number fix-webhooks --apply.",
        ),
        RELEASE_FAILED => ("Number not given back", "Do what Twilio asks for, then proxycall number release again."),
        MARKED_FAULTY => ("Number marked as faulty", "Try this number. If it is faulty, give its client another."),
        SHEET_TAB => ("Tab of the sheet stuck", "Do what the detail says; the sheet then goes on by itself."),
        SHEET_STOPPED => (
            "Google Sheet stopped",
            "The sheet has not been up to date for 15 minutes or more. Calls and texts go on; all will be caught up with. \
             See that the sheet is still shared with the service account (proxycall doctor).",
        ),
        WEBHOOKS_FAILING => {
            ("Calls or texts fail", "See how Twilio (status.twilio.com) and the database are (proxycall doctor).")
        }
        ERASURE_FAILED => ("Erasure incomplete at Twilio", "Delete these calls or messages in Twilio's console."),
        _ => ("Alert", ""),
    }
}

#[cfg(test)]
mod tests;
