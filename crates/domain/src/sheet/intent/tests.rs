use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::sheet::{Layout, Tab, read_rows};

const HEADERS: [&str; 6] =
    ["client_id", "client_name", "client_mail", "client_real_phone", "client_proxy_number", "client_last_caller"];

type Line = [String; 6];

fn client(id: u32) -> Line {
    [
        id.to_string(),
        format!("Client {id}"),
        format!("client{id}@example.com"),
        format!("+336399800{id:02}"),
        format!("+331990000{id:02}"),
        String::new(),
    ]
}

/// A sheet with these rows of clients, from row 3 on.
fn read(lines: &[Line]) -> Reading {
    let layout = Layout::find(Tab::Clients, HEADERS).unwrap();
    let head = [HEADERS.as_slice(), &[]];
    let lines = lines.iter().map(|line| line.iter().map(String::as_str).collect::<Vec<_>>());
    read_rows(&layout, head.into_iter().map(<[_]>::to_vec).chain(lines))
}

/// The base of the clients 1 to `n`, by key.
fn bases(n: u32) -> HashMap<String, Cells> {
    let reading = read(&(1..=n).map(client).collect::<Vec<_>>());
    reading.rows.into_iter().map(|row| (row.key().to_owned(), row.cells)).collect()
}

fn cells(cells: &[(Column, &str)]) -> Cells {
    cells.iter().copied().collect()
}

fn intent(id: u32, row: Option<u32>, cells: Cells) -> Intent {
    Intent { key: id.to_string(), row, cells }
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
const OTHER: &str = "+447700900124";
const WRITTEN: [(Column, &str); 2] = [(Column::ClientProxy, ""), (Column::ClientLastCaller, CALLER)];

/// Client `id` with the written cells.
fn hit(id: u32) -> Line {
    let [key, name, mail, phone, ..] = client(id);
    [key, name, mail, phone, String::new(), CALLER.to_owned()]
}

/// What client `id` is to show again.
fn restored(row: u32, id: u32) -> Misplaced {
    let proxy = if id == 0 { String::new() } else { client(id)[4].clone() };
    Misplaced { row, restore: cells(&[(Column::ClientProxy, &proxy), (Column::ClientLastCaller, "")]) }
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
#[case::rows_sorted(&[hit(3), client(2), client(1)], 3)]
#[case::row_deleted(&[hit(2), client(3)], 2)]
fn a_write_that_hit_another_row_is_undone_there(#[case] lines: &[Line], #[case] victim: u32) {
    assert_eq!(judged(&WRITTEN, lines), (Verdict::Lost, vec![restored(3, victim)]));
}

#[test]
fn a_write_that_hit_another_row_is_found_although_that_row_moved() {
    assert_eq!(judged(&WRITTEN, &[client(1), client(2), hit(3)]), (Verdict::Lost, vec![restored(5, 3)]));
}

#[test]
fn a_write_that_hit_an_inserted_row_is_emptied_there() {
    let blank: Line = [(); 6].map(|()| String::new());
    let mut inserted = blank.clone();
    inserted[5] = CALLER.to_owned();
    let emptied = Misplaced { row: 3, restore: cells(&[(Column::ClientLastCaller, "")]) };
    assert_eq!(judged(&WRITTEN, &[inserted, client(1), client(2), client(3)]), (Verdict::Lost, vec![emptied.clone()]));
    // Somebody is typing a new client into it.
    let mut typed = hit(9);
    typed[4] = String::new();
    assert_eq!(judged(&WRITTEN, &[typed, client(1), client(2), client(3)]), (Verdict::Lost, vec![emptied]));
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
fn what_the_other_row_had_anyway_is_not_restored() {
    let mail = client(2)[2].clone();
    let mut lines = [client(2), client(1), client(3)];
    lines[0][1] = "Zoé".to_owned();
    let (_, misplaced) = judged(&[(Column::ClientName, "Zoé"), (Column::ClientMail, &mail)], &lines);
    assert_eq!(misplaced, [Misplaced { row: 3, restore: cells(&[(Column::ClientName, "Client 2")]) }]);
}

#[test]
fn a_copied_row_is_a_persons_doing() {
    assert_eq!(judged(&WRITTEN, &[hit(1), hit(1), client(2), client(3)]), (Verdict::Arrived, vec![]));
}

#[test]
fn a_further_row_of_a_key_that_was_hit_is_emptied_not_restored() {
    let (verdict, misplaced) = judged(&[(Column::ClientLastCaller, CALLER)], &[client(2), hit(2), client(1)]);
    assert_eq!(verdict, Verdict::Lost);
    assert_eq!(misplaced, [Misplaced { row: 4, restore: cells(&[(Column::ClientLastCaller, "")]) }]);
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
    fn a_row_that_was_added_twice_is_emptied_the_second_time() {
        let found = judged(&[zoe(), zoe()], &[client(1), client(2), client(1)]);
        assert_eq!(found.verdicts, [Verdict::Arrived, Verdict::Arrived]);
        let emptied = zoe().cells.iter().map(|(column, _)| (column, "")).collect();
        assert_eq!(found.misplaced, [Misplaced { row: 5, restore: emptied }]);
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

/// What people do to rows between our reading and our writing.
#[derive(Debug, Clone)]
enum Move {
    Swap(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index),
    Delete(prop::sample::Index),
}

impl Move {
    fn apply(&self, lines: &mut Vec<Line>) {
        match self {
            Self::Swap(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
            }
            Self::Insert(at) => lines.insert(at.index(lines.len()), Default::default()),
            Self::Delete(at) if lines.len() > 1 => drop(lines.remove(at.index(lines.len()))),
            Self::Delete(_) => {}
        }
    }
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let index = any::<prop::sample::Index>;
    let one = prop_oneof![
        (index(), index()).prop_map(|(a, b)| Move::Swap(a, b)),
        index().prop_map(Move::Insert),
        index().prop_map(Move::Delete),
    ];
    prop::collection::vec(one, 0..5)
}

fn put(lines: &mut Vec<Line>, row: u32, part: &Cells) {
    let at = row as usize - 3;
    lines.resize(lines.len().max(at + 1), Line::default());
    for (column, text) in part.iter() {
        let position = HEADERS.iter().position(|header| *header == column.header()).unwrap();
        lines[at][position] = text.to_owned();
    }
}

proptest! {
    #[test]
    fn whatever_people_do_to_the_rows_meanwhile_no_value_stays_where_it_does_not_belong(
        written in prop::collection::btree_map(1..=8_u32, any::<bool>(), 0..8),
        before in moves(),
        after in moves(),
    ) {
        let bases = bases(8);
        let mut lines: Vec<Line> = (1..=8).map(client).collect();
        let intents: Vec<Intent> = written
            .iter()
            .map(|(id, both)| {
                let caller = format!("+4477009002{id:02}");
                let both = if *both { vec![(Column::ClientName, "New name")] } else { vec![] };
                let part = both.into_iter().chain([(Column::ClientLastCaller, caller.as_str())]).collect();
                intent(*id, Some(id + 2), part)
            })
            .collect();
        before.iter().for_each(|change| change.apply(&mut lines));
        for intent in &intents {
            put(&mut lines, intent.row.unwrap(), &intent.cells);
        }
        after.iter().for_each(|change| change.apply(&mut lines));

        let wanted = |id: &str| intents.iter().find(|intent| intent.key == id).map(|intent| bases[id].overlaid(&intent.cells));
        let stores: HashMap<String, Cells> =
            bases.iter().map(|(id, base)| (id.clone(), wanted(id).unwrap_or_else(|| base.clone()))).collect();
        let found = judge(&intents, &read(&lines), |id| Known { base: bases.get(id), store: stores.get(id) });
        for misplaced in &found.misplaced {
            put(&mut lines, misplaced.row, &misplaced.restore);
        }
        let reading = read(&lines);
        prop_assert_eq!(&reading.keyless, &[]);
        for row in &reading.rows {
            let verdict = intents.iter().zip(&found.verdicts).find(|(intent, _)| intent.key == row.key());
            for (column, text) in row.cells.iter() {
                let arrived = verdict.is_some_and(|(_, verdict)| *verdict == Verdict::Arrived);
                let right = if arrived { stores[row.key()].text(column) } else { bases[row.key()].text(column) };
                prop_assert!(text == right || text == stores[row.key()].text(column), "{:?} of {}", column, row.key());
            }
        }
    }
}

#[test]
fn a_row_keeps_a_persons_edit_beside_a_misplaced_cell() {
    let mut lines = [hit(2), client(1), client(3)];
    lines[0][1] = OTHER.to_owned();
    let (_, misplaced) = judged(&WRITTEN, &lines);
    assert_eq!(misplaced, [restored(3, 2)]);
}
