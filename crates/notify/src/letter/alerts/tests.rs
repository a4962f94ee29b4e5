use jiff::Timestamp;
use proxycall_domain::{AlertId, Said, Zone};
use rstest::rstest;

use super::*;

const KINDS: [&str; 10] = [
    LOW_STOCK,
    PURCHASE_FAILED,
    NUMBER_MISSING,
    USED_ELSEWHERE,
    RELEASE_FAILED,
    MARKED_FAULTY,
    SHEET_TAB,
    SHEET_STOPPED,
    WEBHOOKS_FAILING,
    ERASURE_FAILED,
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn told(kind: &str, subject: &str, detail: impl Into<Said>) -> ToldAlert {
    let raised_at = at("2026-11-23T08:05:00Z");
    let (kind, subject, detail) = (kind.to_owned(), subject.to_owned(), detail.into());
    let alert = Alert { id: AlertId::new(raised_at, &[0; 10]), kind, subject, detail, raised_at };
    ToldAlert { alert, over_at: None }
}

fn news(language: Language) -> AlertNews {
    AlertNews {
        raised: Vec::new(),
        standing: Vec::new(),
        over: Vec::new(),
        repeat: SignedDuration::from_mins(480),
        language,
        zone: Zone::parse("Europe/Paris").unwrap(),
    }
}

/// Two that are new, one that stands, one that is over.
fn letter(language: Language) -> WrittenLetter {
    let failing = told(
        WEBHOOKS_FAILING,
        "carrier",
        (
            "Sur 9 appels et messages en 15 minutes, l’opérateur télécom n’a pas pu en acheminer 6.",
            "Of 9 calls and texts in 15 minutes, the carrier could not carry 6.",
        ),
    );
    let over = ToldAlert { over_at: Some(at("2026-11-23T08:50:00Z")), ..failing };
    let raised = vec![
        told(
            LOW_STOCK,
            "FR mobile",
            (
                "Numéros FR mobile disponibles : 3 ; il en faudrait 10.",
                "3 FR mobile numbers are available; 10 should be.",
            ),
        ),
        told(NUMBER_MISSING, "+33199009001", "the number of client 12 is not in the carrier's account <any more>"),
    ];
    let stopped = told(SHEET_STOPPED, "sheet", "share the spreadsheet with the service account");
    write(&AlertNews { raised, standing: vec![stopped], over: vec![over], ..news(language) }).unwrap()
}

#[test]
fn alerts_in_french_read_as_they_did() {
    let WrittenLetter { subject, text, html } = letter(Language::Fr);
    insta::assert_snapshot!("alerts_fr_text", format!("{subject}\n\n{text}"));
    insta::assert_snapshot!("alerts_fr_html", html);
}

#[test]
fn alerts_in_english_read_as_they_did() {
    let WrittenLetter { subject, text, html } = letter(Language::En);
    insta::assert_snapshot!("alerts_en_text", format!("{subject}\n\n{text}"));
    insta::assert_snapshot!("alerts_en_html", html);
}

#[rstest]
fn every_kind_has_a_title_of_its_own_and_says_what_to_do(#[values(Language::Fr, Language::En)] language: Language) {
    let mut titles: Vec<&str> = KINDS.iter().map(|kind| title_and_advice(kind, language).0).collect();
    assert!(KINDS.iter().all(|kind| !title_and_advice(kind, language).1.is_empty()));
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), KINDS.len());
    let (unknown, _) = title_and_advice("of a newer version", language);
    assert!(!unknown.is_empty() && !titles.contains(&unknown), "one of a newer version is told too");
}

#[rstest]
#[case::one_new([1, 0, 0], "[ProxyCall] Alerte : Stock bas (FR mobile)", "[ProxyCall] Alert: Low stock (FR mobile)")]
#[case::one_again([0, 1, 0], "[ProxyCall] Rappel : Stock bas (FR mobile)", "[ProxyCall] Reminder: Low stock (FR mobile)")]
#[case::one_over([0, 0, 1], "[ProxyCall] Terminé : Stock bas (FR mobile)", "[ProxyCall] Over: Low stock (FR mobile)")]
#[case::several([2, 1, 2], "[ProxyCall] Alertes : 2 nouvelles, 1 en cours, 2 terminées", "[ProxyCall] Alerts: 2 new, 1 ongoing, 2 over")]
#[case::one_of_each([1, 1, 1], "[ProxyCall] Alertes : 1 nouvelle, 1 en cours, 1 terminée", "[ProxyCall] Alerts: 1 new, 1 ongoing, 1 over")]
fn the_subject_names_one_alert_and_counts_several(
    #[case] counts: [usize; 3],
    #[case] french: &str,
    #[case] english: &str,
) {
    for (language, expected) in [(Language::Fr, french), (Language::En, english)] {
        let [raised, standing, over] = counts.map(|count| vec![told(LOW_STOCK, "FR mobile", ""); count]);
        assert_eq!(subject(&AlertNews { raised, standing, over, ..news(language) }), expected);
    }
}

#[rstest]
#[case(5, "toutes les 5\u{a0}minutes", "every 5\u{a0}minutes")]
#[case(60, "toutes les heures", "every hour")]
#[case(90, "toutes les 90\u{a0}minutes", "every 90\u{a0}minutes")]
#[case(480, "toutes les 8\u{a0}heures", "every 8\u{a0}hours")]
#[case(1_440, "tous les jours", "every day")]
#[case(10_080, "tous les 7\u{a0}jours", "every 7\u{a0}days")]
fn the_letter_says_how_often_an_alert_is_told_again(#[case] minutes: i64, #[case] french: &str, #[case] english: &str) {
    for (language, expected) in [(Language::Fr, french), (Language::En, english)] {
        let raised = vec![told(LOW_STOCK, "FR mobile", "")];
        let repeat = SignedDuration::from_mins(minutes);
        let letter = write(&AlertNews { raised, repeat, ..news(language) }).unwrap();
        assert!(letter.text.contains(expected) && letter.html.contains(expected), "{}", letter.text);
    }
}
