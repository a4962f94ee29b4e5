use super::*;
use rstest::rstest;

fn rules() -> NumberRules {
    NumberRules::shipped().unwrap()
}

fn iso(text: &str) -> CountryCode {
    text.parse().unwrap()
}

fn rule_of(phone: &str, country: &str, number_type: NumberType) -> NumberRule {
    rules().rule(iso(country), number_type, Some(phone.parse().unwrap())).unwrap().clone()
}

/// Eight digits that begin so: enough for us, too few to be anybody's number in France or Belgium.
fn nobodys(prefix: u64) -> String {
    format!("+{prefix:0<8}")
}

const HEAD: &str = "country,number_type,prefix,sold,interpersonal,automated_calls,automated_texts,needs,min_hold_hours,\
                    note,source\n";
const CALLER_HEAD: &str = "country,foreign,domestic_from_abroad,note,source\n";

fn problem(numbers: &str, caller_ids: &str) -> String {
    NumberRules::read(&format!("{HEAD}{numbers}"), &format!("{CALLER_HEAD}{caller_ids}")).unwrap_err().to_string()
}

#[rstest]
fn a_french_number_is_held_for_72_hours(#[values("FR", "GP", "MQ", "GF", "RE", "YT")] country: &str) {
    assert_eq!(rules().min_hold(iso(country)), SignedDuration::from_hours(72));
}

#[rstest]
#[case("DE")]
#[case::not_in_the_table("JP")]
fn where_no_minimum_is_known_a_number_may_go_at_once(#[case] country: &str) {
    assert_eq!(rules().min_hold(iso(country)), SignedDuration::ZERO);
}

#[rstest]
fn a_technical_platform_number_is_exempt_from_the_72_hours_and_open_to_machines(
    #[values(33937, 33938, 33939)] prefix: u64,
) {
    let rule = rule_of(&nobodys(prefix), "FR", NumberType::Local);
    assert_eq!(rule.min_hold, SignedDuration::ZERO);
    assert_eq!((rule.automated_calls, rule.automated_texts), (Permission::Allowed, Permission::Allowed));
    assert_eq!(rule.interpersonal, Permission::Allowed);
}

#[rstest]
#[case::mobile("+33639980001", NumberType::Mobile)]
#[case::geographic("+33199000001", NumberType::Local)]
#[case::beside_the_platform_numbers(&nobodys(33936), NumberType::Local)]
fn other_french_numbers_are_for_people_not_machines(#[case] phone: &str, #[case] number_type: NumberType) {
    let rule = rule_of(phone, "FR", number_type);
    assert_eq!(rule.interpersonal, Permission::Allowed);
    assert!(rule.automated_calls.is_forbidden() && rule.automated_texts.is_forbidden());
    assert_eq!((rule.min_hold, rule.prefix), (SignedDuration::from_hours(72), None));
}

#[test]
fn verified_french_numbers_are_open_to_machines_but_held() {
    let rule = rule_of(&nobodys(33948), "FR", NumberType::Local);
    assert_eq!(rule.automated_calls, Permission::Allowed);
    assert_eq!(rule.min_hold, SignedDuration::from_hours(72));
}

#[test]
fn without_a_number_the_row_without_prefix_holds() {
    assert_eq!(rules().rule(CountryCode::FRANCE, NumberType::Local, None).unwrap().prefix, None);
    assert_eq!(rules().rule(iso("JP"), NumberType::Local, None), None);
}

#[test]
fn the_longest_prefix_wins() {
    let rows = "BE,local,,unknown,yes,no,no,,1,n,s\nBE,local,327,unknown,yes,no,no,,2,n,s\n\
                BE,local,3278,unknown,yes,no,no,,3,n,s\n";
    let table = NumberRules::read(&format!("{HEAD}{rows}"), CALLER_HEAD).unwrap();
    for (prefix, hours) in [(3278, 3), (3271, 2), (3221, 1)] {
        let rule = table.rule(iso("BE"), NumberType::Local, Some(nobodys(prefix).parse().unwrap())).unwrap();
        assert_eq!(rule.min_hold, SignedDuration::from_hours(hours), "{prefix}");
    }
    assert_eq!(table.min_hold(iso("BE")), SignedDuration::from_hours(1));
}

#[test]
fn mobile_numbers_are_not_sold_in_north_america_and_unknown_is_no_refusal() {
    let rules = rules();
    for country in ["US", "CA"] {
        assert_eq!(rules.shelves(iso(country), NumberType::Mobile), Shelves::NotSold, "{country}");
        assert_eq!(rules.shelves(iso(country), NumberType::Local), Shelves::Known(vec![Shelf::Local]), "{country}");
    }
    let german = Shelves::Known(vec![Shelf::Local, Shelf::National]);
    assert_eq!(rules.shelves(iso("DE"), NumberType::Local), german);
    assert_eq!(rules.shelves(iso("IS"), NumberType::Local), Shelves::Unknown);
    assert_eq!(rules.shelves(iso("JP"), NumberType::Local), Shelves::Unknown);
}

#[test]
fn a_belgian_national_number_cannot_call_out() {
    assert!(rule_of(&nobodys(3278), "BE", NumberType::Local).interpersonal.is_forbidden());
    assert!(!rule_of(&nobodys(3221), "BE", NumberType::Local).interpersonal.is_forbidden());
}

#[test]
fn a_german_number_takes_bundle_and_address_an_american_neither() {
    let needs = |country| rules().rule(iso(country), NumberType::Local, None).unwrap().needs;
    assert_eq!(needs("DE"), Some(Needs { bundle: true, address: true }));
    assert_eq!(needs("US"), Some(Needs::default()));
    assert_eq!(needs("IS"), None);
}

#[rstest]
#[case("FR", "FR", CallerIdFate::Blocked)]
#[case("DE", "DE", CallerIdFate::Hidden)]
#[case("BE", "BE", CallerIdFate::Blocked)]
#[case("BE", "FR", CallerIdFate::Shown)]
#[case("TR", "TR", CallerIdFate::Blocked)]
#[case("TR", "FR", CallerIdFate::Shown)]
#[case::not_in_the_table("JP", "FR", CallerIdFate::Unknown)]
fn a_caller_id_from_abroad_meets_the_fate_its_country_and_the_callees_decide(
    #[case] callee: &str,
    #[case] number: &str,
    #[case] fate: CallerIdFate,
) {
    assert_eq!(rules().caller_id(iso(callee), iso(number)), fate);
}

#[test]
fn each_country_we_serve_has_a_row_for_each_type() {
    let served = "FR GP MQ GF RE YT BE DE ES IT PT NL LU IE AT CH GB SE NO DK FI IS PL CZ SK HU RO BG GR HR SI EE LV LT \
                  MT CY LI US CA";
    for country in served.split_whitespace() {
        for number_type in [NumberType::Mobile, NumberType::Local] {
            assert!(rules().rule(iso(country), number_type, None).is_some(), "{country} {number_type}");
        }
    }
}

#[test]
fn what_is_not_verified_forbids_nothing() {
    for rule in rules().iter().filter(|rule| rule.source == "not verified") {
        let uses = [rule.interpersonal, rule.automated_calls, rule.automated_texts];
        assert_eq!(uses, [Permission::Unknown; 3], "{} {}", rule.country, rule.number_type);
        assert_eq!((&rule.shelves, rule.needs), (&Shelves::Unknown, None), "{} {}", rule.country, rule.number_type);
    }
}

#[rstest]
#[case::unknown_permission("FR,mobile,,Mobile,maybe,no,no,,72,n,s\n", "maybe")]
#[case::unknown_shelf("FR,mobile,,Mobil,yes,no,no,,72,n,s\n", "sold must be")]
#[case::unknown_among_shelves("FR,mobile,,Mobile unknown,yes,no,no,,72,n,s\n", "sold must be")]
#[case::unknown_need("FR,mobile,,Mobile,yes,no,no,passport,72,n,s\n", "needs must be")]
#[case::unknown_type("FR,national,,Local,yes,no,no,,72,n,s\n", "national")]
#[case::hours("FR,mobile,,Mobile,yes,no,no,,-1,n,s\n", "invalid digit")]
#[case::no_note("FR,mobile,,Mobile,yes,no,no,,72,,s\n", "note and source")]
#[case::no_source("FR,mobile,,Mobile,yes,no,no,,72,n, \n", "note and source")]
#[case::no_such_country("XX,mobile,,Mobile,yes,no,no,,72,n,s\n", "not in countries.csv")]
#[case::twice("FR,mobile,,,yes,no,no,,72,n,s\nFR,mobile,,,yes,no,no,,72,n,s\n", "appears twice")]
#[case::prefix_twice("FR,mobile,336,,yes,no,no,,72,n,s\nFR,mobile,336,,yes,no,no,,72,n,s\n", "appears twice")]
#[case::foreign_prefix("FR,mobile,,,yes,no,no,,72,n,s\nFR,mobile,324,,yes,no,no,,72,n,s\n", "dial codes")]
#[case::neighbours_prefix("RE,mobile,,,yes,no,no,,72,n,s\nRE,mobile,262639,,yes,no,no,,72,n,s\n", "dial codes")]
#[case::half_a_dial_code("FR,mobile,,,yes,no,no,,72,n,s\nFR,mobile,3,,yes,no,no,,72,n,s\n", "dial codes")]
#[case::prefix_alone("FR,mobile,336,,yes,no,no,,72,n,s\n", "no row for all other numbers")]
fn a_row_that_does_not_read_is_refused(#[case] rows: &str, #[case] part: &str) {
    let problem = problem(rows, "");
    assert!(problem.contains("number_rules.csv") && problem.contains(part), "{problem}");
}

#[rstest]
#[case::unknown_fate("FR,shown,lost,n,s\n", "lost")]
#[case::twice("FR,shown,hidden,n,s\nFR,shown,hidden,n,s\n", "appears twice")]
#[case::no_such_country("XX,shown,hidden,n,s\n", "not in countries.csv")]
#[case::no_source("FR,shown,hidden,n,\n", "note and source")]
fn a_caller_id_row_that_does_not_read_is_refused(#[case] rows: &str, #[case] part: &str) {
    let problem = problem("", rows);
    assert!(problem.contains("caller_id_rules.csv") && problem.contains(part), "{problem}");
}

#[test]
fn a_column_too_many_is_refused() {
    let text = HEAD.replace("note", "note,remark");
    let error = NumberRules::read(&format!("{text}FR,mobile,,,yes,no,no,,72,n,r,s\n"), CALLER_HEAD).unwrap_err();
    assert!(error.to_string().contains("remark"), "{error}");
}
