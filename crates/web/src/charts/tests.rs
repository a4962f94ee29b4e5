use proxycall_domain::{
    Zone,
    report::{ClientFigures, Compared, Traffic, WeeklyReport},
};
use rstest::rstest;

use super::{geometry::top_of, *};

fn chart(language: Language) -> Chart {
    let label = |short: &str, full: &str| Label { short: short.to_owned(), full: full.to_owned() };
    let series = |name: &str, values: [u64; 3]| Series { name: name.to_owned(), values: values.to_vec() };
    Chart {
        id: "a-test",
        title: "Calls <by> day".to_owned(),
        description: "Most on \"Monday\".".to_owned(),
        of: "Day".to_owned(),
        labels: vec![label("Mon", "Monday"), label("Tue", "Tuesday"), label("<b>", "<script>alert(1)</script>")],
        series: vec![series("answered", [1_200, 0, 10]), series("others", [300, 2, 0])],
        line: Some(series("texts", [40, 900, 1])),
        language,
    }
}

#[rstest]
#[case(0, 2)]
#[case(1, 2)]
#[case(3, 4)]
#[case(6, 6)]
#[case(7, 10)]
#[case(11, 20)]
#[case(1_500, 2_000)]
#[case(61_000, 100_000)]
#[case(u64::MAX, u64::MAX)]
fn the_scale_ends_at_a_round_number_whose_half_is_whole(#[case] most: u64, #[case] top: u64) {
    assert_eq!(top_of(most), top);
    assert!(top == u64::MAX || top.is_multiple_of(2));
}

#[test]
fn a_chart_is_drawn_in_english_as_it_was() {
    insta::assert_snapshot!(chart(Language::En).figure().to_string());
}

#[test]
fn a_chart_is_drawn_in_french_as_it_was() {
    insta::assert_snapshot!(chart(Language::Fr).svg().to_string());
}

#[rstest]
fn a_chart_says_in_words_what_it_shows_and_has_no_inline_style(
    #[values(Language::Fr, Language::En)] language: Language,
) {
    let (svg, whole) = (chart(language).svg().to_string(), chart(language).figure().to_string());
    for part in ["role=\"img\"", "<title id=\"a-test-title\">", "<desc id=\"a-test-desc\">", "viewBox=\"0 0 390 230\""]
    {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    for forbidden in ["style=", "<style", "<script", "onload", "http"] {
        assert!(!whole.contains(forbidden), "{forbidden}: {whole}");
    }
    assert_eq!(whole.matches("<td>").count(), 9, "every figure is in the table");
}

#[test]
fn labels_that_would_touch_each_other_are_left_out_and_none_of_the_figures() {
    let labels = (0..24).map(|hour| Label { short: hour.to_string(), full: hour.to_string() }).collect();
    let series = vec![Series { name: "calls".to_owned(), values: vec![1; 24] }];
    let chart = Chart { labels, series, line: None, ..chart(Language::En) };
    let svg = chart.svg().to_string();
    assert_eq!(svg.matches("text-anchor=\"middle\"").count(), 8);
    assert_eq!((svg.matches("<rect").count(), svg.matches("<polyline").count()), (24, 0));
}

#[test]
fn a_chart_of_nothing_is_an_empty_frame() {
    let chart = Chart { labels: Vec::new(), series: Vec::new(), line: None, ..chart(Language::En) };
    let svg = chart.svg().to_string();
    assert!(!svg.contains("NaN") && !svg.contains("<rect") && svg.contains("chart-axis"), "{svg}");
}

#[test]
fn figures_that_are_missing_are_none() {
    let series = vec![Series { name: "calls".to_owned(), values: vec![5] }];
    let chart = Chart { series, line: None, ..chart(Language::En) };
    assert_eq!(chart.svg().to_string().matches("<rect").count(), 1);
    assert_eq!(chart.table().to_string().matches("<td>0</td>").count(), 2);
}

/// A week with calls on Friday at 18 and a text on Sunday at 9.
fn week() -> WeeklyReport {
    let calls = Traffic { calls: 1_200, answered: 900, missed: 300, ..Traffic::default() };
    let text = Traffic { texts: 1, relayed: 1, ..Traffic::default() };
    let (mut days, mut hours) = ([Traffic::default(); 7], [Traffic::default(); 24]);
    (days[4], days[6], hours[18], hours[9]) = (calls, text, calls, text);
    WeeklyReport {
        week: "2026-W48".parse().unwrap(),
        zone: Zone::utc(),
        made_at: "2026-11-29T22:00:00Z".parse().unwrap(),
        clients: ClientFigures::default(),
        assigned: Compared::default(),
        orders: Compared::default(),
        ordering_clients: 0,
        available: Vec::new(),
        duplicates: Vec::new(),
        duplicate_count: 0,
        traffic: Compared::default(),
        days,
        hours,
    }
}

#[rstest]
#[case(
    Language::Fr,
    "Appels\u{a0}: 1\u{202f}200\u{a0}; SMS\u{a0}: 1\u{a0}; le plus\u{a0}: vendredi.",
    "le plus\u{a0}: 18\u{a0}h."
)]
#[case(Language::En, "Calls: 1,200; texts: 1; most: Friday.", "most: 18:00.")]
fn a_week_is_drawn_by_day_and_by_hour(#[case] language: Language, #[case] by_day: &str, #[case] by_hour: &str) {
    let (days, hours) = (week_by_day(&week(), language), week_by_hour(&week(), language));
    assert_eq!((days.labels.len(), hours.labels.len()), (7, 24));
    assert_eq!(days.description, by_day);
    assert!(hours.description.ends_with(by_hour), "{}", hours.description);
    let bars: Vec<_> = days.series.iter().map(|series| series.values[4]).collect();
    assert_eq!((bars, days.line.unwrap().values[6]), (vec![900, 300], 1));
}
