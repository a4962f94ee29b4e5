//! Promises: a tab's columns are where its first row says, whatever was inserted, moved or added around them; and a tab
//! that cannot be understood is said to be so, in words that tell what to do, before a cell of it is read or written.

use std::fmt;

use super::{Column, Tab};
use crate::{Language, Said};

/// Where a tab's columns are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    tab: Tab,
    /// In the order of the columns.
    positions: Vec<(Column, u32)>,
}

/// Why a tab's columns cannot be told apart. Shows the headers that we know and where they are; what else the first row
/// holds might be somebody's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayoutError {
    /// Columns that are needed have no header.
    Missing {
        /// The tab.
        tab: Tab,
        /// The headers that are missing.
        wanted: Vec<&'static str>,
        /// What was found instead.
        found: Found,
    },
    /// A needed header is there twice.
    Twice {
        /// The tab.
        tab: Tab,
        /// The header.
        header: &'static str,
        /// Where it is first, from 0.
        first: u32,
        /// And again.
        second: u32,
    },
}

impl LayoutError {
    /// What is wrong and what to do.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Missing { tab, wanted, found } => {
                let (tab, wanted, found) = (tab.title(), wanted.join(", "), found.said());
                let fr = format!(
                    "onglet {tab}, ligne 1 : il n’y a pas de colonne {wanted} ; trouvé : {} ; rendez son en-tête à la \
                     colonne, ou lancez `proxycall sheet init` pour l’ajouter",
                    found.of(Language::Fr)
                );
                let en = format!(
                    "tab {tab}, row 1: there is no column {wanted}; found {}; give the column its header back, or run \
                     `proxycall sheet init` to add it",
                    found.of(Language::En)
                );
                (fr, en).into()
            }
            Self::Twice { tab, header, first, second } => {
                let (tab, first, second) = (tab.title(), letters(*first), letters(*second));
                let fr = format!(
                    "onglet {tab}, ligne 1 : {header} est l’en-tête des colonnes {first} et {second} ; renommez celle qui \
                     n’est pas la bonne"
                );
                let en = format!(
                    "tab {tab}, row 1: {header} is the header of columns {first} and {second}; rename the one that is not \
                     meant"
                );
                (fr, en).into()
            }
        }
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said().fmt(f)
    }
}

impl std::error::Error for LayoutError {}

/// The headers of a first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Those that we know, with their position from 0.
    pub known: Vec<(&'static str, u32)>,
    /// How many others there are.
    pub others: usize,
}

impl Found {
    fn said(&self) -> Said {
        if self.known.is_empty() && self.others == 0 {
            return ("aucun en-tête", "no header at all").into();
        }
        let known: String = self.known.iter().map(|(header, at)| format!("{header} ({}), ", letters(*at))).collect();
        (format!("{known}{} inconnus", self.others), format!("{known}{} unknown", self.others)).into()
    }
}

/// A position from 0 as the sheet names its columns: `A`, `Z`, `AA`.
#[must_use]
pub fn letters(position: u32) -> String {
    let mut name = Vec::new();
    let mut rest = Some(position);
    while let Some(at) = rest {
        name.extend(char::from_digit(at % 26 + 10, 36).map(|letter| letter.to_ascii_uppercase()));
        rest = (at / 26).checked_sub(1);
    }
    name.into_iter().rev().collect()
}

impl Layout {
    /// Finds the columns by their headers, which may have spaces around them and any case, in any order among others.
    /// The pool's are also found at their fixed letters, where no other header that we know is, as long as those that are
    /// there stand at theirs.
    ///
    /// # Errors
    /// When a needed column is missing, or twice there.
    pub fn find<'a>(tab: Tab, headers: impl IntoIterator<Item = &'a str>) -> Result<Self, LayoutError> {
        let mut seen: Vec<(Column, u32)> = Vec::new();
        let mut others = 0;
        for (at, header) in (0..).zip(headers) {
            match Column::find(tab, header) {
                Some(column) => seen.push((column, at)),
                None => others += usize::from(!header.trim().is_empty()),
            }
        }
        // Where one of them has moved, a letter says nothing any more: another's column may stand there.
        let in_place = seen.iter().all(|(column, at)| column.fixed_position().is_none_or(|fixed| fixed == *at));
        let mut positions: Vec<(Column, u32)> = Vec::new();
        let mut wanted = Vec::new();
        for column in tab.columns() {
            let mut places = seen.iter().filter(|(found, _)| *found == column).map(|(_, at)| *at);
            let fixed = column.fixed_position().filter(|fixed| in_place && seen.iter().all(|(_, at)| at != fixed));
            match (places.next(), places.next()) {
                (Some(first), Some(second)) if column.is_required() => {
                    return Err(LayoutError::Twice { tab, header: column.header(), first, second });
                }
                (Some(first), _) => positions.push((column, first)),
                (None, _) => match fixed {
                    Some(fixed) => positions.push((column, fixed)),
                    None if column.is_required() => wanted.push(column.header()),
                    None => {}
                },
            }
        }
        if wanted.is_empty() {
            return Ok(Self { tab, positions });
        }
        let known = seen.into_iter().map(|(column, at)| (column.header(), at)).collect();
        Err(LayoutError::Missing { tab, wanted, found: Found { known, others } })
    }

    /// Whose columns these are.
    #[must_use]
    pub fn tab(&self) -> Tab {
        self.tab
    }

    /// Where a column is, from 0.
    #[must_use]
    pub fn position(&self, column: Column) -> Option<u32> {
        self.columns().find(|(found, _)| *found == column).map(|(_, at)| at)
    }

    /// Every column that is there with its position, in the order of the columns.
    pub fn columns(&self) -> impl Iterator<Item = (Column, u32)> {
        self.positions.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const CLIENTS: [&str; 9] = [
        "client_id",
        "client_name",
        "client_mail",
        "client_real_phone",
        "client_proxy_number",
        "client_iso_residency",
        "client_country_code",
        "client_last_caller",
        "sub_in_shopi",
    ];

    #[test]
    fn the_originals_clients_are_found() {
        let layout = Layout::find(Tab::Clients, CLIENTS).unwrap();
        let found: Vec<u32> = layout.columns().map(|(_, at)| at).collect();
        assert_eq!(found, [0, 1, 2, 3, 4, 5, 7, 8]);
        assert_eq!(layout.position(Column::ClientNote), None);
    }

    #[test]
    fn extra_columns_blank_headers_order_case_and_spaces_do_not_matter() {
        let headers = ["", "Notes", " STATUS", "created_at", "", "Pending_ID ", "proxy_number", "notes", "matched_by"];
        let layout = Layout::find(Tab::Confirmations, headers).unwrap();
        assert_eq!(layout.position(Column::PendingId), Some(5));
        assert_eq!(layout.position(Column::PendingStatus), Some(2));
        assert_eq!((layout.position(Column::PendingMail), layout.position(Column::PendingCode)), (None, None));
    }

    #[rstest]
    fn a_needed_column_that_is_missing_is_named_with_what_was_found() {
        let headers = CLIENTS.map(|header| if header == "client_mail" { "zoe@example.com" } else { header });
        let error = Layout::find(Tab::Clients, headers).unwrap_err().to_string();
        assert_eq!(
            error,
            "tab Clients, row 1: there is no column client_mail; found client_id (A), client_name (B), \
             client_real_phone (D), client_proxy_number (E), client_iso_residency (F), client_last_caller (H), \
             sub_in_shopi (I), 2 unknown; give \
             the column its header back, or run `proxycall sheet init` to add it"
        );
    }

    #[test]
    fn an_empty_first_row_is_said_to_be_empty() {
        let error = Layout::find(Tab::Confirmations, [""]).unwrap_err().to_string();
        assert!(error.contains("pending_id, proxy_number, status, created_at; found no header at all"), "{error}");
    }

    #[test]
    fn a_needed_header_twice_is_refused_and_another_is_not() {
        let mut headers = CLIENTS;
        headers[6] = "Client_Mail";
        let error = Layout::find(Tab::Clients, headers).unwrap_err().to_string();
        assert_eq!(
            error,
            "tab Clients, row 1: client_mail is the header of columns C and G; rename the one that is not meant"
        );
        headers[6] = "sub_in_shopi";
        assert_eq!(Layout::find(Tab::Clients, headers).unwrap().position(Column::ClientShop), Some(6));
    }

    #[test]
    fn a_pool_column_without_its_header_is_at_its_letter() {
        let headers = ["country_iso", "phone_number", "Statut", "friendly_name"];
        let layout = Layout::find(Tab::Pool, headers).unwrap();
        assert_eq!(layout.position(Column::NumberStatus), Some(2));
        assert_eq!(layout.position(Column::NumberReservedFor), Some(10));
    }

    #[test]
    fn where_a_pool_header_has_moved_a_letter_says_nothing() {
        let mut headers: Vec<&str> = Tab::Pool.columns().map(Column::header).collect();
        headers.swap(0, 2);
        let layout = Layout::find(Tab::Pool, headers.clone()).unwrap();
        assert_eq!((layout.position(Column::NumberStatus), layout.position(Column::NumberCountry)), (Some(0), Some(2)));
        // Somebody inserted a column and mistyped a header: the other column is not taken for it.
        headers.swap(0, 2);
        headers.insert(2, "remarque");
        headers[3] = "statut";
        let error = Layout::find(Tab::Pool, headers).unwrap_err();
        assert!(matches!(error, LayoutError::Missing { wanted, .. } if wanted == ["status"]));
    }

    #[test]
    fn a_pool_letter_with_another_known_header_is_not_taken() {
        let headers = ["country_iso", "phone_number", "proxycall_note"];
        let error = Layout::find(Tab::Pool, headers).unwrap_err();
        assert!(matches!(error, LayoutError::Missing { wanted, .. } if wanted == ["status"]));
    }

    #[rstest]
    #[case(0, "A")]
    #[case(25, "Z")]
    #[case(26, "AA")]
    #[case(701, "ZZ")]
    #[case(702, "AAA")]
    fn positions_have_the_sheets_letters(#[case] position: u32, #[case] name: &str) {
        assert_eq!(letters(position), name);
    }

    proptest! {
        #[test]
        fn no_two_columns_share_a_place(
            tab in prop::sample::select(Tab::ALL.to_vec()),
            picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..30),
        ) {
            let headers: Vec<_> = picks
                .iter()
                .map(|(pick, known)| if *known { pick.get(&tab.columns().collect::<Vec<_>>()).header() } else { "x" })
                .collect();
            if let Ok(layout) = Layout::find(tab, headers) {
                let mut places: Vec<_> = layout.columns().map(|(_, at)| at).collect();
                places.sort_unstable();
                prop_assert!(places.windows(2).all(|pair| pair[0] != pair[1]));
                prop_assert!(tab.columns().all(|c| !c.is_required() || layout.position(c).is_some()));
            }
        }
    }
}
