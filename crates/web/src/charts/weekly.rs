//! A week's report as charts.

use proxycall_domain::{
    Language,
    figures::{weekdays, whole},
    report::{Traffic, WeeklyReport},
};

use super::{Chart, Label, Series};

/// Calls (answered ones and others, as bars) and texts (as a line) of each day.
#[must_use]
pub fn week_by_day(report: &WeeklyReport, language: Language) -> Chart {
    let labels = weekdays(language).map(|(short, full)| Label { short: short.to_owned(), full: full.to_owned() });
    let (title, of) = match language {
        Language::Fr => ("Appels et SMS par jour", "Jour"),
        Language::En => ("Calls and texts by day", "Day"),
    };
    chart("week-by-day", title, of, labels.to_vec(), &report.days, language)
}

/// The same by the hour of the day in which they came.
#[must_use]
pub fn week_by_hour(report: &WeeklyReport, language: Language) -> Chart {
    let label = |hour: usize| match language {
        Language::Fr => Label { short: format!("{hour}\u{a0}h"), full: format!("{hour}\u{a0}h") },
        Language::En => Label { short: format!("{hour:02}"), full: format!("{hour:02}:00") },
    };
    let (title, of) = match language {
        Language::Fr => ("Appels et SMS par heure de la journée", "Heure"),
        Language::En => ("Calls and texts by hour of the day", "Hour"),
    };
    chart("week-by-hour", title, of, (0..report.hours.len()).map(label).collect(), &report.hours, language)
}

fn chart(
    id: &'static str,
    title: &str,
    of: &str,
    labels: Vec<Label>,
    traffic: &[Traffic],
    language: Language,
) -> Chart {
    let [answered, other, texts] = match language {
        Language::Fr => ["appels décrochés", "autres appels", "SMS"],
        Language::En => ["calls answered", "other calls", "texts"],
    };
    let series = |name: &str, value: fn(&Traffic) -> u64| Series {
        name: name.to_owned(),
        values: traffic.iter().map(value).collect(),
    };
    let description = describe(traffic, &labels, language);
    Chart {
        id,
        title: title.to_owned(),
        description,
        of: of.to_owned(),
        labels,
        series: vec![series(answered, |of| of.answered), series(other, |of| of.calls.saturating_sub(of.answered))],
        line: Some(series(texts, |of| of.texts)),
        language,
    }
}

fn describe(traffic: &[Traffic], labels: &[Label], language: Language) -> String {
    let mut all = Traffic::default();
    for of in traffic {
        all.add_all(*of);
    }
    let [calls, texts] = [all.calls, all.texts].map(|count| whole(count, language));
    let busiest = traffic.iter().zip(labels).max_by_key(|(of, _)| of.calls + of.texts);
    let busiest = busiest.filter(|(of, _)| of.calls + of.texts > 0).map(|(_, label)| label.full.as_str());
    match (language, busiest) {
        (Language::Fr, Some(busiest)) => {
            format!("Appels\u{a0}: {calls}\u{a0}; SMS\u{a0}: {texts}\u{a0}; le plus\u{a0}: {busiest}.")
        }
        (Language::En, Some(busiest)) => format!("Calls: {calls}; texts: {texts}; most: {busiest}."),
        (Language::Fr, None) => "Aucun appel et aucun SMS.".to_owned(),
        (Language::En, None) => "No calls and no texts.".to_owned(),
    }
}
