//! Promises: ranges in A1 notation are read and written as the Sheets API does it: `Tab`, `Tab!A1:B2`, `Tab!A3:E`,
//! `Tab!A:A`, titles in quotes where they must be.
//!
//! Source: developers.google.com/workspace/sheets/api/guides/concepts, "A1 notation".

/// A rectangle of cells, counted from 0. An end is not part of it; none is the grid's end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) bottom: Option<usize>,
    pub(crate) right: Option<usize>,
}

impl Area {
    /// Reads `B2`, `A1:B2`, `A3:E`, `A:A` or `3:5`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let ((first_column, first_row), (last_column, last_row)) = (corner(first)?, corner(last)?);
        // A single column or row is a range only when it is written as one.
        if !text.contains(':') && (first_column.is_none() || first_row.is_none()) {
            return None;
        }
        let (top, bottom) = span(first_row, last_row);
        let (left, right) = span(first_column, last_column);
        Some(Self { top, left, bottom, right })
    }

    /// One cell.
    /// Whether a cell is in it.
    pub(crate) fn holds(self, row: usize, column: usize) -> bool {
        let within = |at: usize, first: usize, end: Option<usize>| at >= first && end.is_none_or(|end| at < end);
        within(row, self.top, self.bottom) && within(column, self.left, self.right)
    }

    #[cfg(test)]
    pub(crate) fn cell(row: usize, column: usize) -> Self {
        Self::of_size(row, column, 1, 1)
    }

    /// So many rows and columns from a cell on.
    pub(crate) fn of_size(top: usize, left: usize, rows: usize, columns: usize) -> Self {
        Self { top, left, bottom: Some(top + rows), right: Some(left + columns) }
    }

    /// As the API writes it, with the tab's title; `rows` and `columns` are the grid's.
    pub(crate) fn show(self, title: &str, rows: usize, columns: usize) -> String {
        let (bottom, right) = (self.bottom.unwrap_or(rows).min(rows), self.right.unwrap_or(columns).min(columns));
        let first = format!("{}{}", column_name(self.left), self.top + 1);
        let title = quoted(title);
        if bottom <= self.top + 1 && right <= self.left + 1 {
            return format!("{title}!{first}");
        }
        format!("{title}!{first}:{}{bottom}", column_name(right.saturating_sub(1)))
    }
}

fn span(first: Option<usize>, last: Option<usize>) -> (usize, Option<usize>) {
    match (first, last) {
        (Some(first), Some(last)) => (first.min(last), Some(first.max(last) + 1)),
        (Some(only), None) | (None, Some(only)) => (only, None),
        (None, None) => (0, None),
    }
}

/// Column and row of `B2`, `B` or `2`, from 0.
fn corner(text: &str) -> Option<(Option<usize>, Option<usize>)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = text.split_at_checked(letters)?;
    let column = if column.is_empty() { None } else { Some(column_number(column)?) };
    let row = if row.is_empty() {
        None
    } else if row.bytes().all(|byte| byte.is_ascii_digit()) {
        Some(row.parse::<usize>().ok()?.checked_sub(1)?)
    } else {
        return None;
    };
    (column.is_some() || row.is_some()).then_some((column, row))
}

/// `A` is 0, `Z` 25, `AA` 26.
fn column_number(letters: &str) -> Option<usize> {
    if letters.len() > 3 {
        return None;
    }
    let number = letters
        .bytes()
        .fold(0, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase().saturating_sub(b'A')) + 1);
    number.checked_sub(1)
}

/// The letters of a column, from 0.
pub(crate) fn column_name(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ".get(rest % 26).copied().unwrap_or_default());
        rest /= 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

/// The title as it stands before the `!`: in quotes unless it is a plain word.
fn quoted(title: &str) -> String {
    let plain = title.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !title.starts_with(|first: char| first.is_ascii_digit())
        && Area::parse(title).is_none();
    if plain { title.to_owned() } else { format!("'{}'", title.replace('\'', "''")) }
}

/// A range in two parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A tab by its title, whole or a part of it.
    Tab(String, Option<Area>),
    /// One word: a tab's title, or else a part of the first tab.
    Word(String),
}

impl Place {
    /// Reads a range; none where nobody could.
    pub(crate) fn parse(range: &str) -> Option<Self> {
        let (title, rest) = match range.strip_prefix('\'') {
            Some(quoted) => unquote(quoted)?,
            None => match range.split_once('!') {
                Some((title, area)) => (title.to_owned(), Some(area)),
                None => return (!range.is_empty()).then(|| Self::Word(range.to_owned())),
            },
        };
        match rest {
            Some(area) => Some(Self::Tab(title, Some(Area::parse(area)?))),
            None => Some(Self::Tab(title, None)),
        }
    }
}

/// The title before the closing quote, and what follows its `!`.
fn unquote(quoted: &str) -> Option<(String, Option<&str>)> {
    let mut title = String::new();
    let mut rest = quoted;
    loop {
        let (part, after) = rest.split_once('\'')?;
        title.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                title.push('\'');
                rest = more;
            }
            None if after.is_empty() => return Some((title, None)),
            None => return Some((title, Some(after.strip_prefix('!')?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(top: usize, left: usize, bottom: Option<usize>, right: Option<usize>) -> Area {
        Area { top, left, bottom, right }
    }

    #[test]
    fn every_form_of_a_range_is_read() {
        for (text, expected) in [
            ("B2", area(1, 1, Some(2), Some(2))),
            ("A1:B2", area(0, 0, Some(2), Some(2))),
            ("B2:A1", area(0, 0, Some(2), Some(2))),
            ("A3:E", area(2, 0, None, Some(5))),
            ("A:A", area(0, 0, None, Some(1))),
            ("3:5", area(2, 0, Some(5), None)),
            ("aa10", area(9, 26, Some(10), Some(27))),
        ] {
            assert_eq!(Area::parse(text), Some(expected), "{text}");
        }
        for text in ["", "A", "3", "A0", "A1:", ":B2", "A1B", "ABCD1", "A-1"] {
            assert_eq!(Area::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_title_is_read_with_and_without_quotes() {
        let cell = Some(Area::cell(0, 0));
        for (range, expected) in [
            ("Clients!A1", Place::Tab("Clients".into(), cell)),
            ("'Clients'!A1", Place::Tab("Clients".into(), cell)),
            ("'L''été!'!A1", Place::Tab("L'été!".into(), cell)),
            ("'Clients'", Place::Tab("Clients".into(), None)),
            ("Clients", Place::Word("Clients".into())),
        ] {
            assert_eq!(Place::parse(range), Some(expected), "{range}");
        }
        for range in ["", "'Clients", "'Clients'A1", "Clients!", "Clients!Z"] {
            assert_eq!(Place::parse(range), None, "{range}");
        }
    }

    #[test]
    fn columns_past_z_have_two_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(column_name(column), name);
            assert_eq!(column_number(name), Some(column));
        }
    }

    #[test]
    fn a_range_is_shown_with_quotes_only_where_they_are_needed() {
        assert_eq!(Area::cell(2, 0).show("Clients", 10, 5), "Clients!A3");
        assert_eq!(Area::default().show("Réponses au formulaire 1", 10, 5), "'Réponses au formulaire 1'!A1:E10");
        assert_eq!(Area::of_size(2, 0, 1, 5).show("L'été", 10, 5), "'L''été'!A3:E3");
        assert_eq!(Area::cell(0, 0).show("A1", 10, 5), "'A1'!A1");
    }
}
