use proxycall_domain::{
    ClientId, CountryCode, NumberType, Zone,
    report::{Available, ClientFigures},
};
use rstest::rstest;

use super::*;

fn traffic(calls: u64, texts: u64) -> Traffic {
    let (answered, missed, refused) = (calls * 2 / 3, calls / 4, calls / 12);
    Traffic { calls, answered, missed, texts, relayed: texts - texts / 10, lost: texts / 10, refused }
}

fn ids(ids: [i64; 2]) -> Vec<ClientId> {
    ids.into_iter().filter_map(ClientId::new).collect()
}

fn report(low: bool) -> WeeklyReport {
    let days = [(120, 40), (96, 31), (132, 0), (0, 55), (1_204, 310), (36, 12), (1, 0)];
    let days = days.map(|(calls, texts)| traffic(calls, texts));
    let mut week = Traffic::default();
    days.iter().for_each(|day| week.add_all(*day));
    let available = |country, number_type, count, low| Available { country, number_type, count, low };
    let british: CountryCode = "GB".parse().unwrap();
    WeeklyReport {
        week: "2026-W48".parse().unwrap(),
        zone: Zone::parse("Europe/Paris").unwrap(),
        made_at: "2026-11-29T22:00:00Z".parse().unwrap(),
        clients: ClientFigures { total: 1_250, with_number: 1_100, in_shop: 800, not_in_shop: 250, active: 640 },
        assigned: Compared { before: 14, week: 9 },
        orders: Compared { before: 310, week: 345 },
        ordering_clients: 212,
        available: vec![
            available(CountryCode::FRANCE, NumberType::Mobile, 3, low),
            available(british, NumberType::Local, 42, false),
        ],
        duplicates: vec![
            Duplicate { shared: Shared::Phone, clients: ids([12, 98]), masked: "+****0001".to_owned() },
            Duplicate { shared: Shared::Mail, clients: ids([40, 41]), masked: "z****@e****.com".to_owned() },
        ],
        duplicate_count: 5,
        traffic: Compared { before: traffic(1_320, 448), week },
        days,
        hours: [Traffic::default(); 24],
    }
}

#[test]
fn the_report_in_french_reads_as_it_did() {
    let WrittenLetter { subject, text, html } = write(&report(true), Language::Fr).unwrap();
    insta::assert_snapshot!("weekly_fr_text", format!("{subject}\n\n{text}"));
    insta::assert_snapshot!("weekly_fr_html", html);
}

#[test]
fn the_report_in_english_reads_as_it_did() {
    let WrittenLetter { subject, text, html } = write(&report(true), Language::En).unwrap();
    insta::assert_snapshot!("weekly_en_text", format!("{subject}\n\n{text}"));
    insta::assert_snapshot!("weekly_en_html", html);
}

#[rstest]
fn enough_in_stock_is_said_too_and_the_letter_fetches_nothing(
    #[values(Language::Fr, Language::En)] language: Language,
) {
    let letter = write(&report(false), language).unwrap();
    let (said, other) = match language {
        Language::Fr => ("Numéros disponibles : 45. Le stock suffit.", "Stock bas"),
        Language::En => ("Numbers available: 45. The stock is sufficient.", "Low stock"),
    };
    for part in [&letter.text, &letter.html] {
        assert!(part.contains(said) && !part.contains(other), "{part}");
    }
    for remote in ["<img", "<link", "<script", "<svg", "src=", "url(", "@import"] {
        assert!(!letter.html.contains(remote), "{remote}");
    }
}

#[test]
fn a_week_without_anything_has_no_bars_and_no_share() {
    let (days, hours) = ([Traffic::default(); 7], [Traffic::default(); 24]);
    let (clients, traffic) = (ClientFigures::default(), Compared::default());
    let nothing =
        WeeklyReport { days, hours, clients, traffic, duplicates: Vec::new(), duplicate_count: 0, ..report(false) };
    let letter = write(&nothing, Language::En).unwrap();
    assert!(letter.text.contains("Calls answered: – (week before), – (this week)"), "{}", letter.text);
    assert!(!letter.html.contains("height=\"10\"") && !letter.html.contains("Duplicates"));
}
