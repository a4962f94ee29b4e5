//! Promises: ranges are written in A1 notation so that no title can be taken for something else, and the first cell of
//! a range that Google names is read back.
//!
//! Source: developers.google.com/workspace/sheets/api/guides/concepts, "A1 notation": a title may always stand in
//! single quotes, in which a quote is doubled.

/// A whole tab.
pub(crate) fn tab(title: &str) -> String {
    format!("'{}'", title.replace('\'', "''"))
}

/// The first column of a tab.
pub(crate) fn first_column(title: &str) -> String {
    format!("{}!A:A", tab(title))
}

/// The first row of a tab.
pub(crate) fn first_row(title: &str) -> String {
    format!("{}!1:1", tab(title))
}

/// The first column of a tab below a row, which counts from 1.
pub(crate) fn first_column_below(title: &str, row: u32) -> String {
    format!("{}!A{}:A", tab(title), u64::from(row) + 1)
}

/// `width` cells beside each other: `row` counts from 1, `column` from 0.
pub(crate) fn cells(title: &str, row: u32, column: u32, width: usize) -> String {
    let last = u64::from(column) + u64::try_from(width).unwrap_or(u64::MAX).saturating_sub(1);
    format!("{}!{}{row}:{}{row}", tab(title), letters(u64::from(column)), letters(last))
}

/// The letters of a column, which counts from 0.
fn letters(column: u64) -> String {
    let mut letters = Vec::new();
    let mut rest = column.saturating_add(1);
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ".get(rest as usize % 26).copied().unwrap_or(b'?')));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// The first cell of a range with a title: its row, from 1, and its column, from 0.
pub(crate) fn first_cell(range: &str) -> Option<(u32, u32)> {
    // A title may hold a `!`; what follows the last one cannot.
    let (_, cells) = range.rsplit_once('!')?;
    let first = cells.split(':').next()?;
    let (letters, row) = first.split_at_checked(first.bytes().take_while(u8::is_ascii_uppercase).count())?;
    if letters.is_empty() || !row.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let column = letters
        .bytes()
        .try_fold(0_u32, |column, letter| column.checked_mul(26)?.checked_add(u32::from(letter - b'A') + 1))?;
    Some((row.parse().ok().filter(|row| *row > 0)?, column - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("Clients", 3, 0, 5, "'Clients'!A3:E3")]
    #[case("Clients", 12, 7, 1, "'Clients'!H12:H12")]
    #[case("EMAIL LOG", 1, 25, 2, "'EMAIL LOG'!Z1:AA1")]
    #[case("L'été", 1, 701, 2, "'L''été'!ZZ1:AAA1")]
    fn cells_beside_each_other_have_a_range_with_a_quoted_title(
        #[case] title: &str,
        #[case] row: u32,
        #[case] column: u32,
        #[case] width: usize,
        #[case] range: &str,
    ) {
        assert_eq!(cells(title, row, column, width), range);
    }

    #[test]
    fn a_title_that_looks_like_a_range_stays_a_title() {
        assert_eq!(tab("A1"), "'A1'");
        assert_eq!(first_column("it's"), "'it''s'!A:A");
    }

    #[rstest]
    #[case("Clients!A3:E3", Some((3, 0)))]
    #[case("Clients!C12", Some((12, 2)))]
    #[case("'a!b''c'!AA7:AB9", Some((7, 26)))]
    #[case("Clients", None)]
    #[case("Clients!A:A", None)]
    #[case("Clients!3:3", None)]
    #[case("Clients!A0", None)]
    #[case("Clients!ABCDEFGHIJ1", None)]
    #[case("Clients!A99999999999", None)]
    fn the_first_cell_of_a_range_is_read_or_it_is_none(#[case] range: &str, #[case] first: Option<(u32, u32)>) {
        assert_eq!(first_cell(range), first);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(title: String, row in 1_u32.., column in 0_u32..18_278, width in 1_usize..50) {
            prop_assert_eq!(first_cell(&cells(&title, row, column, width)), Some((row, column)));
        }
    }
}
