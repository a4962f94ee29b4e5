//! Promises: the weekly report as a letter: what needs somebody first, then the days as bars, then every figure in words.
//! Bars are cells of a table: mail programs show no SVG.

use askama::Template;
use proxycall_domain::{
    Language,
    figures::{change, day, moment, percent, share, weekdays, whole},
    report::{Compared, Duplicate, Shared, Traffic, WeeklyReport},
};
use proxycall_service::ports::mailer::WrittenLetter;

/// How wide the longest bar is, in percent: its figure stands beside it.
const LONGEST: u64 = 70;

struct Words {
    code: &'static str,
    title: String,
    chart: &'static str,
    calls: &'static str,
    texts: &'static str,
    duplicates: &'static str,
    colon: &'static str,
}

/// One day of the chart.
struct Day {
    name: &'static str,
    full_name: &'static str,
    calls: String,
    texts: String,
    calls_width: u64,
    texts_width: u64,
}

/// Rows of cells, the first of each its name.
struct Table {
    title: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

#[derive(Template)]
#[template(path = "weekly_report.html")]
struct Html<'a> {
    subject: &'a str,
    words: &'a Words,
    dates: &'a str,
    low: bool,
    banner: &'a str,
    days: &'a [Day],
    tables: &'a [Table],
    duplicates: &'a [String],
    goodbye: &'a str,
}

#[derive(Template)]
#[template(path = "weekly_report.txt")]
struct Text<'a> {
    words: &'a Words,
    dates: &'a str,
    banner: &'a str,
    days: &'a [Day],
    tables: &'a [Table],
    duplicates: &'a [String],
    goodbye: &'a str,
}

impl Table {
    /// A row in words: its name, and each figure with what it is of.
    fn line(&self, row: &[String], colon: &str) -> String {
        let (name, figures) = row.split_first().map_or(("", row), |(name, figures)| (name.as_str(), figures));
        let mut heads = self.head.iter().skip(1);
        let told: Vec<String> = figures
            .iter()
            .map(|figure| (figure, heads.next()))
            .filter(|(figure, _)| !figure.is_empty())
            .map(|(figure, head)| head.map_or_else(|| figure.clone(), |head| format!("{figure} ({head})")))
            .collect();
        format!("{name}{colon} {}", told.join(", "))
    }
}

/// Writes it.
///
/// # Errors
/// The engine's, which only a broken template has.
pub(super) fn write(report: &WeeklyReport, language: Language) -> Result<WrittenLetter, askama::Error> {
    let words = words(report, language);
    let subject = format!("[ProxyCall] {}", words.title);
    let [first, last] = [0, 6].map(|number| day(report.week.day(number), language));
    let dates = match language {
        Language::Fr => format!("Du lundi {first} au dimanche {last}"),
        Language::En => format!("Monday {first} to Sunday {last}"),
    };
    let (banner, goodbye) = (banner(report, language), goodbye(report, language));
    let (days, tables) = (days(report, language), tables(report, language));
    let duplicates = duplicates(report, language);
    let (words, dates, banner, goodbye) = (&words, dates.as_str(), banner.as_str(), goodbye.as_str());
    let (days, tables, duplicates) = (days.as_slice(), tables.as_slice(), duplicates.as_slice());
    let low = report.is_low();
    let html = Html { subject: &subject, words, dates, low, banner, days, tables, duplicates, goodbye }.render()?;
    let text = Text { words, dates, banner, days, tables, duplicates, goodbye }.render()?;
    Ok(WrittenLetter { subject, text, html })
}

fn words(report: &WeeklyReport, language: Language) -> Words {
    let (number, year) = (report.week.number(), report.week.year());
    match language {
        Language::Fr => Words {
            code: "fr",
            title: format!("Rapport hebdomadaire : semaine {number} de {year}"),
            chart: "Appels et SMS par jour",
            calls: "appels",
            texts: "SMS",
            duplicates: "Doublons parmi les clients",
            colon: "\u{a0}:",
        },
        Language::En => Words {
            code: "en",
            title: format!("Weekly report: week {number} of {year}"),
            chart: "Calls and texts by day",
            calls: "calls",
            texts: "texts",
            duplicates: "Duplicates among clients",
            colon: ":",
        },
    }
}

fn banner(report: &WeeklyReport, language: Language) -> String {
    let total = whole(report.available_total(), language);
    let low: Vec<String> = report
        .available
        .iter()
        .filter(|of| of.low)
        .map(|of| format!("{} {} ({})", of.country, of.number_type.as_str(), whole(of.count, language)))
        .collect();
    match (language, low.is_empty()) {
        (Language::Fr, true) => format!("Numéros disponibles : {total}. Le stock suffit."),
        (Language::En, true) => format!("Numbers available: {total}. The stock is sufficient."),
        (Language::Fr, false) => format!("Stock bas : {}. Achetez des numéros.", low.join(", ")),
        (Language::En, false) => format!("Low stock: {}. Buy numbers.", low.join(", ")),
    }
}

fn days(report: &WeeklyReport, language: Language) -> Vec<Day> {
    let most = report.days.iter().map(|day| day.calls.max(day.texts)).max().unwrap_or_default();
    // What is not nothing is seen.
    let width = |count: u64| if count == 0 || most == 0 { 0 } else { (count * LONGEST / most).max(1) };
    let named = weekdays(language).into_iter().zip(&report.days);
    named
        .map(|((name, full_name), Traffic { calls, texts, .. })| Day {
            name,
            full_name,
            calls: counted(*calls, ["appel", "call"], language),
            texts: counted(*texts, ["SMS", "text"], language),
            calls_width: width(*calls),
            texts_width: width(*texts),
        })
        .collect()
}

/// `1 appel`, `1,204 calls`. A text is an SMS in French, however many there are.
fn counted(count: u64, what: [&str; 2], language: Language) -> String {
    let [french, english] = what;
    let (what, several) = match language {
        Language::Fr => (french, count > 1 && !french.ends_with('S')),
        Language::En => (english, count != 1),
    };
    format!("{} {what}{}", whole(count, language), if several { "s" } else { "" })
}

fn tables(report: &WeeklyReport, language: Language) -> Vec<Table> {
    let say = |french: &'static str, english: &'static str| match language {
        Language::Fr => french,
        Language::En => english,
    };
    let count = |count| whole(count, language);
    let compared = |name: &'static str, of: Compared<u64>| {
        vec![name.to_owned(), count(of.before), count(of.week), change(of, language)]
    };
    let of =
        |part: fn(&Traffic) -> u64| Compared { before: part(&report.traffic.before), week: part(&report.traffic.week) };
    let [answered_before, answered] =
        [report.traffic.before, report.traffic.week].map(|of| percent(of.answered_percent(), language));
    let activity = Table {
        title: say("Activité", "Activity"),
        head: vec![
            "",
            say("semaine d’avant", "week before"),
            say("cette semaine", "this week"),
            say("écart", "change"),
        ],
        rows: vec![
            compared(say("Appels", "Calls"), of(|of| of.calls)),
            vec![say("Appels décrochés", "Calls answered").to_owned(), answered_before, answered, String::new()],
            compared(say("SMS", "Texts"), of(|of| of.texts)),
            compared(say("SMS non remis", "Texts not delivered"), of(|of| of.lost)),
            compared(say("Appels et SMS refusés", "Calls and texts refused"), of(|of| of.refused)),
            compared(say("Commandes", "Orders"), report.orders),
            compared(say("Numéros attribués", "Numbers assigned"), report.assigned),
        ],
    };
    let clients = report.clients;
    let row = |name: &'static str, part: u64, all: u64| {
        vec![name.to_owned(), count(part), percent(share(part, all), language)]
    };
    let base = Table {
        title: say("Clients", "Clients"),
        head: Vec::new(),
        rows: vec![
            row(say("Clients", "Clients"), clients.total, clients.total),
            row(say("Avec un numéro", "With a number"), clients.with_number, clients.total),
            row(say("Sans numéro", "Without a number"), clients.without_number(), clients.total),
            row(
                say("Avec un numéro, inscrits à la boutique", "With a number, in the shop"),
                clients.in_shop,
                clients.with_number,
            ),
            row(
                say("Avec un numéro, non inscrits à la boutique", "With a number, not in the shop"),
                clients.not_in_shop,
                clients.with_number,
            ),
            row(
                say("Avec un numéro, inscription inconnue", "With a number, not known whether in the shop"),
                clients.shop_unknown(),
                clients.with_number,
            ),
            row(
                say("Numéros actifs (déjà appelés)", "Active numbers (called before)"),
                clients.active,
                clients.with_number,
            ),
            row(
                say("Avec un numéro, ont commandé cette semaine", "With a number, ordered this week"),
                report.ordering_clients,
                clients.with_number,
            ),
        ],
    };
    let kinds = report.available.iter().map(|of| {
        let low = if of.low { say("bas", "low") } else { "" };
        vec![format!("{} {}", of.country, of.number_type.as_str()), count(of.count), low.to_owned()]
    });
    let pool = Table {
        title: say("Numéros disponibles", "Numbers available"),
        head: Vec::new(),
        rows: std::iter::once(vec![say("Total", "Total").to_owned(), count(report.available_total()), String::new()])
            .chain(kinds)
            .collect(),
    };
    vec![activity, base, pool]
}

fn duplicates(report: &WeeklyReport, language: Language) -> Vec<String> {
    let line = |Duplicate { shared, clients, masked }: &Duplicate| {
        let ids: Vec<String> = clients.iter().map(ToString::to_string).collect();
        let what = match (shared, language) {
            (Shared::Phone, Language::Fr) => "même téléphone",
            (Shared::Mail, Language::Fr) => "même e-mail",
            (Shared::Phone, Language::En) => "same phone",
            (Shared::Mail, Language::En) => "same e-mail",
        };
        let colon = if language == Language::Fr { "\u{a0}:" } else { ":" };
        format!("Clients {}{colon} {what} ({masked})", ids.join(", "))
    };
    let mut lines: Vec<String> = report.duplicates.iter().map(line).collect();
    let named = u64::try_from(report.duplicates.len()).unwrap_or(u64::MAX);
    let more = report.duplicate_count.saturating_sub(named);
    if more > 0 {
        lines.push(match language {
            Language::Fr => format!("et {} autre{}", whole(more, language), if more > 1 { "s" } else { "" }),
            Language::En => format!("and {} more", whole(more, language)),
        });
    }
    lines
}

fn goodbye(report: &WeeklyReport, language: Language) -> String {
    let (made, zone) = (moment(report.made_at, &report.zone, language), report.zone.name());
    match language {
        Language::Fr => format!(
            "Une semaine va du lundi 0 h au dimanche 24 h ({zone}). Chiffres du {made} : clients, numéros et \
             doublons sont ceux de ce moment. Pour ne plus recevoir ce rapport : réglage report.enabled, dans la \
             console ou par proxycall setting."
        ),
        Language::En => format!(
            "A week goes from Monday 00:00 to Sunday 24:00 ({zone}). Figures of {made}: clients, numbers and \
             duplicates are those of that moment. To get this report no more: setting report.enabled, in the \
             console or by proxycall setting."
        ),
    }
}

#[cfg(test)]
mod tests;
