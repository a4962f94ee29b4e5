//! Whatever the three sides are, one round of comparing settles them.

use proptest::prelude::*;

use super::*;

/// Texts that meet each other often: words with a meaning, faults, and others.
fn a_text(column: Column) -> impl Strategy<Value = String> {
    let words: &[&str] = match column {
        Column::NumberStatus => &["available", "assigned", "error", "released", "#REF!", ""],
        Column::PendingStatus => &["INIT", "PENDING", "PENDING_CALL", "VERIFIED", "UPDATED (mail)", ""],
        _ => match column.kind() {
            Kind::Phone => &["+33639980001", "+33639980002", "0639980003", "3.36399E+10", "#N/A", ""],
            Kind::Mail => &["zoe@example.com", "noe@example.com", "zoe@", "#N/A", ""],
            _ => &["a", "b", "\u{7f}", "#REF!", ""],
        },
    };
    prop::sample::select(words).prop_map(str::to_owned)
}

fn some_cells(tab: Tab) -> impl Strategy<Value = Cells> {
    let columns: Vec<_> = tab.columns().filter(|column| *column != tab.key()).collect();
    let texts: Vec<_> = columns.iter().map(|column| a_text(*column)).collect();
    texts.prop_map(move |texts| columns.iter().copied().zip(texts).filter(|(_, text)| !text.is_empty()).collect())
}

fn three_sides() -> impl Strategy<Value = (Tab, Option<Cells>, Cells, Cells)> {
    prop::sample::select(Tab::ALL.to_vec())
        .prop_flat_map(|tab| (Just(tab), prop::option::of(some_cells(tab)), some_cells(tab), some_cells(tab)))
}

fn compared(tab: Tab, base: Option<&Cells>, sheet: &Cells, store: &Cells) -> Difference {
    match compare(&layout(tab), base, Some(&row(sheet.clone())), Some(&live(store.clone()))) {
        Step::Compared(difference) => difference,
        other => panic!("row and record are there: {other:?}"),
    }
}

proptest! {
    #[test]
    fn who_does_what_is_said_finds_nothing_more_to_do((tab, base, sheet, store) in three_sides()) {
        let found = compared(tab, base.as_ref(), &sheet, &store);
        let (sheet, store) = (sheet.overlaid(&found.writes), store.overlaid(&found.edits));
        let again = compared(tab, Some(&found.base), &sheet, &store);
        prop_assert!(again.writes.is_empty() && again.edits.is_empty() && again.put_back.is_empty(), "{again:?}");
        let third = compared(tab, Some(&again.base), &sheet, &store);
        prop_assert_eq!(third.base, again.base);
    }

    #[test]
    fn only_columns_of_ours_are_written_and_each_put_back_cell_is((tab, base, sheet, store) in three_sides()) {
        let found = compared(tab, base.as_ref(), &sheet, &store);
        prop_assert!(found.writes.iter().all(|(column, _)| column.is_mirrored() && column.tab() == tab));
        prop_assert!(found.writes.iter().all(|(column, text)| store.text(column) == text));
        prop_assert!(found.edits.iter().all(|(column, text)| found.writes.get(column).is_none() && !text.is_empty()));
        prop_assert!(found.put_back.iter().all(|(column, _)| found.writes.get(*column).is_some()));
    }

    #[test]
    fn a_write_that_is_lost_is_said_again((tab, base, sheet, store) in three_sides()) {
        let found = compared(tab, base.as_ref(), &sheet, &store);
        let again = compared(tab, Some(&found.base), &sheet, &store.overlaid(&found.edits));
        prop_assert_eq!(again.writes, found.writes);
        prop_assert_eq!(again.put_back, vec![]);
    }
}
