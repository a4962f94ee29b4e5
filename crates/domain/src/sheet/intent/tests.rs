use rstest::rstest;

use super::*;
use crate::sheet::tests::{Line, client, layout, read};
use crate::sheet::{Record, Step, compare};

/// The base of the clients 1 to `n`, by key.
fn bases(n: u32) -> HashMap<String, Cells> {
    let reading = read(&(1..=n).map(client).collect::<Vec<_>>());
    reading.rows.into_iter().map(|row| (row.key().to_owned(), row.cells)).collect()
}

fn cells(cells: &[(Column, &str)]) -> Cells {
    cells.iter().copied().collect()
}

fn intent(id: u32, row: Option<u32>, cells: Cells) -> Intent {
    Intent::new(id.to_string(), row, cells)
}

/// Judges one write into client 1's row, which was row 3 of the clients 1 to 3, by what the sheet then shows.
fn judged(written: &[(Column, &str)], lines: &[Line]) -> (Verdict, Vec<Misplaced>) {
    let bases = bases(3);
    let found = judge(&[intent(1, Some(3), cells(written))], &read(lines), |key| Known {
        base: bases.get(key),
        store: bases.get(key),
    });
    (found.verdicts[0].clone(), found.misplaced)
}

const CALLER: &str = "+447700900123";
const WRITTEN: [(Column, &str); 2] = [(Column::ClientProxy, ""), (Column::ClientLastCaller, CALLER)];

/// Client `id` with the written cells.
fn hit(id: u32) -> Line {
    let [key, name, mail, phone, ..] = client(id);
    [key, name, mail, phone, String::new(), CALLER.to_owned()]
}

fn misplaced(row: u32, part: &[(Column, &str)]) -> Misplaced {
    Misplaced { row, cells: cells(part) }
}

#[test]
fn a_write_that_its_row_shows_has_arrived() {
    assert_eq!(judged(&WRITTEN, &[hit(1), client(2), client(3)]), (Verdict::Arrived, vec![]));
}

#[test]
fn a_write_whose_row_then_moved_has_arrived() {
    assert_eq!(judged(&WRITTEN, &[client(2), client(3), hit(1)]), (Verdict::Arrived, vec![]));
}

#[test]
fn a_write_of_which_somebody_changed_a_cell_has_arrived_in_the_others() {
    let mut changed = hit(1);
    changed[4] = "+33199000099".to_owned();
    let arrived = cells(&WRITTEN[1..]);
    assert_eq!(judged(&WRITTEN, &[changed, client(2), client(3)]), (Verdict::Partly(arrived), vec![]));
}

#[rstest]
#[case::not_there_yet(&[client(1), client(2), client(3)])]
#[case::its_row_is_gone(&[client(2), client(3)])]
fn a_write_that_is_nowhere_is_lost(#[case] lines: &[Line]) {
    assert_eq!(judged(&WRITTEN, lines), (Verdict::Lost, vec![]));
}

#[rstest]
#[case::rows_sorted(&[hit(3), client(2), client(1)])]
#[case::row_deleted(&[hit(2), client(3)])]
fn a_write_that_hit_another_row_is_found_there(#[case] lines: &[Line]) {
    assert_eq!(judged(&WRITTEN, lines), (Verdict::Lost, vec![misplaced(3, &WRITTEN)]));
}

#[test]
fn a_write_that_hit_another_row_is_found_although_that_row_moved() {
    assert_eq!(judged(&WRITTEN, &[client(1), client(2), hit(3)]), (Verdict::Lost, vec![misplaced(5, &WRITTEN)]));
}

#[test]
fn a_write_that_hit_an_inserted_row_is_to_be_emptied_there() {
    let mut inserted = Line::default();
    inserted[5] = CALLER.to_owned();
    let found = misplaced(3, &[(Column::ClientLastCaller, CALLER)]);
    assert_eq!(found.emptied(), cells(&[(Column::ClientLastCaller, "")]));
    assert_eq!(judged(&WRITTEN, &[inserted, client(1), client(2), client(3)]), (Verdict::Lost, vec![found.clone()]));
    // Somebody is typing a new client into it.
    let mut typed = hit(9);
    typed[4] = String::new();
    assert_eq!(judged(&WRITTEN, &[typed, client(1), client(2), client(3)]), (Verdict::Lost, vec![found]));
}

#[test]
fn a_row_that_shows_the_same_by_right_is_left_alone() {
    let bases = bases(3);
    let store = bases["2"].overlaid(&cells(&WRITTEN));
    let reading = read(&[hit(2), client(1), client(3)]);
    let written = [intent(1, Some(3), cells(&WRITTEN))];
    let found = judge(&written, &reading, |key| Known {
        base: bases.get(key),
        store: if key == "2" { Some(&store) } else { bases.get(key) },
    });
    assert_eq!((found.verdicts, found.misplaced), (vec![Verdict::Lost], vec![]));
}

#[test]
fn what_the_other_row_had_anyway_is_not_misplaced() {
    let mail = client(2)[2].clone();
    let mut lines = [client(2), client(1), client(3)];
    lines[0][1] = "Zoé".to_owned();
    let (_, found) = judged(&[(Column::ClientName, "Zoé"), (Column::ClientMail, &mail)], &lines);
    assert_eq!(found, [misplaced(3, &[(Column::ClientName, "Zoé")])]);
}

#[test]
fn a_copied_row_is_a_persons_doing() {
    assert_eq!(judged(&WRITTEN, &[hit(1), hit(1), client(2), client(3)]), (Verdict::Arrived, vec![]));
}

#[test]
fn a_further_row_of_a_key_that_was_hit_is_found_too() {
    let written = [(Column::ClientLastCaller, CALLER)];
    assert_eq!(judged(&written, &[client(2), hit(2), client(1)]), (Verdict::Lost, vec![misplaced(4, &written)]));
}

mod appended {
    use super::*;

    fn zoe() -> Intent {
        let line = client(1);
        let columns =
            [Column::ClientId, Column::ClientName, Column::ClientMail, Column::ClientPhone, Column::ClientProxy];
        intent(1, None, columns.into_iter().zip(&line).collect())
    }

    fn judged(intents: &[Intent], lines: &[Line]) -> Judgement {
        judge(intents, &read(lines), |_| Known::default())
    }

    #[test]
    fn a_row_that_is_there_has_arrived() {
        assert_eq!(judged(&[zoe()], &[client(2), client(1)]).verdicts, [Verdict::Arrived]);
        assert_eq!(judged(&[zoe()], &[client(2)]).verdicts, [Verdict::Lost]);
    }

    #[test]
    fn a_row_that_was_added_twice_is_to_be_emptied_the_second_time() {
        let found = judged(&[zoe(), zoe()], &[client(1), client(2), client(1)]);
        assert_eq!(found.verdicts, [Verdict::Arrived, Verdict::Arrived]);
        assert_eq!(found.misplaced, [Misplaced { row: 5, cells: zoe().cells }]);
    }

    #[test]
    fn a_second_row_that_says_something_else_is_not_ours_to_empty() {
        let mut typed = client(1);
        typed[1] = "Zoé".to_owned();
        assert_eq!(judged(&[zoe()], &[client(1), typed]).misplaced, []);
    }
}

#[test]
fn without_intents_there_is_nothing_to_say() {
    let found = judge(&[], &read(&[client(1), client(1)]), |_| Known::default());
    assert_eq!(found, Judgement::default());
}

#[test]
fn an_intent_is_kept_as_json_and_hides_from_debug() {
    let intent = intent(1, Some(3), cells(&WRITTEN));
    let json = serde_json::to_string(&intent).unwrap();
    assert_eq!(serde_json::from_str::<Intent>(&json).unwrap(), intent);
    assert!(!format!("{intent:?}").contains("0123"));
}

#[test]
fn laid_over_the_base_a_misplaced_cell_is_no_edit_and_goes() {
    let written = [(Column::ClientName, "Zoé")];
    let mut lines = [client(2), client(1), client(3)];
    lines[0][1] = "Zoé".to_owned();
    let (_, found) = judged(&written, &lines);
    let base = bases(3)["2"].clone();
    let record = Record { cells: base.clone(), live: true, erased: false };
    let step = compare(&layout(), Some(&base.overlaid(&found[0].cells)), Some(&read(&lines).rows[0]), Some(&record));
    let Step::Compared(difference) = step else { panic!("row and record are there") };
    assert_eq!(difference.writes, cells(&[(Column::ClientName, "Client 2")]));
    assert_eq!((difference.edits, difference.put_back), (Cells::default(), vec![]));
}

#[test]
fn what_is_to_be_emptied_is_found_again_cell_by_cell_wherever_it_went() {
    let mut inserted = Line::default();
    inserted[5] = CALLER.to_owned();
    let watched: Vec<Intent> = misplaced(3, &[(Column::ClientName, "Zoé"), WRITTEN[1]]).watched().collect();
    let found = judge(&watched, &read(&[client(1), inserted]), |_| Known::default());
    assert_eq!(found.misplaced, [misplaced(4, &WRITTEN[1..])]);
}

#[test]
fn a_persons_edit_beside_a_misplaced_cell_is_not_misplaced() {
    let mut lines = [hit(2), client(1), client(3)];
    lines[0][1] = "Zoé".to_owned();
    let (_, found) = judged(&WRITTEN, &lines);
    assert_eq!(found, [misplaced(3, &WRITTEN)]);
}
