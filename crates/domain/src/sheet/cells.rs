//! Promises: some cells of one row take two small blocks of memory, compare and hash as values, and never show
//! themselves in a log.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

use super::{Column, Tab};

/// Canonical texts by column, each column once. A column that is not there is empty; one may be there and empty too,
/// where that is to be written.
///
/// As JSON: `{"Clients":{"client_name":"…"}}`, the tab's title around the headers, because tabs share some. Unknown
/// names are passed over on reading. `Debug` shows the columns, never the texts.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cells {
    text: Box<str>,
    /// In the order of the columns; where each one's text ends.
    ends: Box<[(Column, u32)]>,
}

impl Cells {
    /// A cell's text, empty where there is none.
    #[must_use]
    pub fn text(&self, column: Column) -> &str {
        self.get(column).unwrap_or_default()
    }

    /// A cell's text, if the column is among these.
    #[must_use]
    pub fn get(&self, column: Column) -> Option<&str> {
        let at = self.ends.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        let end = |at: usize| self.ends.get(at).map(|(_, end)| *end as usize);
        let start = at.checked_sub(1).and_then(end).unwrap_or(0);
        self.text.get(start..end(at)?)
    }

    /// Every column with its text, in the order of the columns.
    pub fn iter(&self) -> impl Iterator<Item = (Column, &str)> {
        self.ends.iter().scan(0, |start, (column, end)| {
            let text = self.text.get(*start..*end as usize).unwrap_or_default();
            *start = *end as usize;
            Some((*column, text))
        })
    }

    /// How many columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no column.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether all cells of `part` read the same here.
    #[must_use]
    pub fn shows(&self, part: &Self) -> bool {
        part.iter().all(|(column, text)| self.text(column) == text)
    }

    /// These with the cells of `part` over them; without the empty ones, as a row is read.
    #[must_use]
    pub fn overlaid(&self, part: &Self) -> Self {
        self.iter().chain(part.iter()).collect::<Self>().iter().filter(|(_, text)| !text.is_empty()).collect()
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cells")?;
        f.debug_set().entries(self.ends.iter().map(|(column, _)| column)).finish()
    }
}

/// In any order; of one column's texts the last counts.
impl<S: AsRef<str>> FromIterator<(Column, S)> for Cells {
    fn from_iter<I: IntoIterator<Item = (Column, S)>>(cells: I) -> Self {
        let cells: BTreeMap<Column, S> = cells.into_iter().collect();
        let mut packer = Packer::default();
        for (column, text) in &cells {
            packer.push(*column, text.as_ref());
        }
        packer.pack()
    }
}

/// Makes cells one after the other in the same buffer.
#[derive(Default)]
pub(super) struct Packer {
    text: String,
    ends: Vec<(Column, u32)>,
}

impl Packer {
    /// Adds a cell. Columns come in their order.
    pub(super) fn push(&mut self, column: Column, text: &str) {
        self.text.push_str(text);
        self.ends.push((column, u32::try_from(self.text.len()).unwrap_or(u32::MAX)));
    }

    /// What was added since the last time.
    pub(super) fn pack(&mut self) -> Cells {
        let cells = Cells { text: self.text.as_str().into(), ends: self.ends.as_slice().into() };
        self.text.clear();
        self.ends.clear();
        cells
    }
}

/// The cells of one tab.
struct OfTab<'a>(&'a Cells, Tab);

impl OfTab<'_> {
    fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().filter(|(column, _)| column.tab() == self.1).map(|(column, text)| (column.header(), text))
    }
}

impl Serialize for OfTab<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for tab in Tab::ALL.map(|tab| OfTab(self, tab)) {
            if tab.iter().next().is_some() {
                map.serialize_entry(tab.1.title(), &tab)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tabs = BTreeMap::<String, BTreeMap<String, String>>::deserialize(deserializer)?;
        let known = Tab::ALL.into_iter().filter_map(|tab| Some((tab, tabs.get(tab.title())?)));
        let cells = known.flat_map(|(tab, cells)| {
            cells.iter().filter_map(move |(header, text)| Some((Column::find(tab, header)?, text)))
        });
        Ok(cells.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zoe() -> Cells {
        [(Column::ClientName, "Zoé"), (Column::ClientId, "7"), (Column::ClientProxy, "")].into_iter().collect()
    }

    #[test]
    fn a_column_that_is_not_there_is_empty() {
        let cells = zoe();
        assert_eq!((cells.text(Column::ClientName), cells.get(Column::ClientName)), ("Zoé", Some("Zoé")));
        assert_eq!((cells.text(Column::ClientProxy), cells.get(Column::ClientProxy)), ("", Some("")));
        assert_eq!((cells.text(Column::ClientMail), cells.get(Column::ClientMail)), ("", None));
        assert_eq!(cells.len(), 3);
    }

    #[test]
    fn of_two_texts_the_last_counts_and_order_does_not() {
        let twice = [(Column::ClientProxy, ""), (Column::ClientName, "Zoe"), (Column::ClientName, "Zoé")];
        assert_eq!(twice.into_iter().chain([(Column::ClientId, "7")]).collect::<Cells>(), zoe());
    }

    #[test]
    fn what_lies_over_counts_and_empty_cells_go() {
        let over: Cells = [(Column::ClientName, ""), (Column::ClientMail, "zoe@example.com")].into_iter().collect();
        let cells = zoe().overlaid(&over);
        assert_eq!(
            cells.iter().collect::<Vec<_>>(),
            [(Column::ClientId, "7"), (Column::ClientMail, "zoe@example.com")]
        );
        assert!(cells.shows(&over) && !cells.shows(&zoe()));
    }

    #[test]
    fn json_has_headers_for_names_and_tolerates_others() {
        let json = serde_json::to_string(&zoe()).unwrap();
        assert_eq!(json, r#"{"Clients":{"client_id":"7","client_name":"Zoé","client_proxy_number":""}}"#);
        assert_eq!(serde_json::from_str::<Cells>(&json).unwrap(), zoe());
        let other = r#"{"Clients":{"client_id":"7","later":"x"},"Later":{"client_name":"x"}}"#;
        let cells: Cells = serde_json::from_str(other).unwrap();
        assert_eq!(cells.iter().collect::<Vec<_>>(), [(Column::ClientId, "7")]);
        assert!(serde_json::from_str::<Cells>("{}").unwrap().is_empty());
    }

    #[test]
    fn headers_that_tabs_share_keep_their_tab() {
        let cells: Cells = [(Column::PendingName, "Zoé")].into_iter().collect();
        let back: Cells = serde_json::from_str(&serde_json::to_string(&cells).unwrap()).unwrap();
        assert_eq!(back, cells);
    }

    #[test]
    fn debug_shows_columns_and_no_text() {
        assert_eq!(format!("{:?}", zoe()), "Cells{ClientId, ClientName, ClientProxy}");
    }
}
