//! Promises: a spreadsheet has a title, tabs in order and a version that grows with every change, and one call makes
//! the spreadsheet that the service works on.
//!
//! Source of the layout: the customer's sheet. Row 2 of `Clients` holds the two array formulas; its data begin in row
//! 3.

use jiff::Timestamp;

use super::{
    a1::{Area, Place},
    cell::Cell,
    formula::{ArrayFormula, Computed},
    tab::Tab,
};

/// The columns of `Clients`.
const CLIENTS: &[&str] = &[
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

/// The columns of `TwilioPools`.
const POOLS: &[&str] = &[
    "country_iso",
    "phone_number",
    "status",
    "friendly_name",
    "date_achat",
    "date_attribution",
    "attribution_to_client_name",
    "number_type",
    "reserved_token",
    "reserved_at",
    "reserved_by_client_id",
];

/// The columns of `CONFIRMATION_PENDING`.
const PENDING: &[&str] = &[
    "pending_id",
    "client_name",
    "client_mail",
    "client_real_phone",
    "proxy_number",
    "otp",
    "status",
    "created_at",
    "verified_at",
];

/// The columns of a tab that is nobody's but the customer's.
const UNRELATED: &[&str] = &["ts", "status", "context", "email", "subject", "error"];

/// How many writes of the service a spreadsheet remembers, for the page that shows them.
const REMEMBERED: usize = 2000;

/// What an account may do with a spreadsheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Read.
    Viewer,
    /// Read and write.
    Editor,
}

/// A cell that the service wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceWrite {
    pub(crate) at: Timestamp,
    pub(crate) tab: u32,
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// A spreadsheet. Made here, then handed to [`Google::add_spreadsheet`](super::Google::add_spreadsheet).
#[derive(Debug, Clone)]
pub struct Spreadsheet {
    pub(crate) title: String,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) version: u64,
    /// What the service account may do; none: it does not see the spreadsheet.
    pub(crate) shared: Option<Role>,
    pub(crate) writes: Vec<ServiceWrite>,
}

impl Spreadsheet {
    /// One without tabs, shared with the service account as an editor.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), tabs: Vec::new(), version: 1, shared: Some(Role::Editor), writes: Vec::new() }
    }

    /// With another tab, whose first row holds these texts.
    #[must_use]
    pub fn with_tab(mut self, title: impl Into<String>, headers: &[&str]) -> Self {
        let id = u32::try_from(self.tabs.len()).unwrap_or(u32::MAX).wrapping_mul(1_000_003);
        let mut tab = Tab::new(id, title);
        for (column, header) in headers.iter().enumerate() {
            tab.set(0, column, Cell::typed(header, true));
        }
        self.tabs.push(tab);
        self
    }

    /// With an array formula in a cell of the tab added last, counted from 0.
    #[must_use]
    pub fn with_array_formula(mut self, row: usize, column: usize, formula: ArrayFormula) -> Self {
        if let Some(tab) = self.tabs.last_mut() {
            tab.set(row, column, Cell::Array(formula));
        }
        self
    }

    /// The spreadsheet that the service works on, without data: `Clients` with its formulas, `TwilioPools`,
    /// `CONFIRMATION_PENDING` and a tab that is none of the service's business.
    #[must_use]
    pub fn proxycall(title: impl Into<String>) -> Self {
        let formula = |computed| ArrayFormula { computed, phone_column: 3 };
        Self::new(title)
            .with_tab("Clients", CLIENTS)
            .with_array_formula(1, 5, formula(Computed::Residency))
            .with_array_formula(1, 6, formula(Computed::DialCode))
            .with_tab("TwilioPools", POOLS)
            .with_tab("CONFIRMATION_PENDING", PENDING)
            .with_tab("EMAIL LOG", UNRELATED)
    }

    pub(crate) fn tab(&self, title: &str) -> Option<&Tab> {
        self.tabs.iter().find(|tab| tab.title == title)
    }

    pub(crate) fn tab_mut(&mut self, title: &str) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.title == title)
    }

    /// The tab and the part of it that a range means; a whole tab's area begins at its first cell.
    pub(crate) fn find(&self, range: &str) -> Option<(usize, Area)> {
        let position = |title: &str| self.tabs.iter().position(|tab| tab.title == title);
        match Place::parse(range)? {
            Place::Tab(title, area) => Some((position(&title)?, area.unwrap_or_default())),
            Place::Word(word) => match position(&word) {
                Some(tab) => Some((tab, Area::default())),
                None => Some((0, Area::parse(&word)?)).filter(|_| !self.tabs.is_empty()),
            },
        }
    }

    /// Keeps in mind that the service wrote a cell.
    pub(crate) fn remember(&mut self, write: ServiceWrite) {
        if self.writes.len() >= REMEMBERED {
            self.writes.drain(..REMEMBERED / 2);
        }
        self.writes.push(write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_without_a_title_is_the_first_tabs() {
        let sheet = Spreadsheet::proxycall("ProxyCall");
        assert_eq!(sheet.find("TwilioPools"), Some((1, Area::default())));
        assert_eq!(sheet.find("B2"), Some((0, Area::cell(1, 1))));
        assert_eq!(sheet.find("'EMAIL LOG'!A1"), Some((3, Area::cell(0, 0))));
        for unknown in ["Nobody", "Nobody!A1", "Clients!?"] {
            assert_eq!(sheet.find(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_service_s_layout_has_its_headers_and_formulas() {
        let sheet = Spreadsheet::proxycall("ProxyCall");
        let clients = sheet.tab("Clients").unwrap();
        assert_eq!(clients.cell(0, 8), &Cell::Text("sub_in_shopi".into()));
        assert_eq!(clients.formula(1, 5).unwrap(), "=ARRAYFORMULA(IF(D2:D=\"\",,RESIDENCY(D2:D)))");
        assert_eq!(sheet.tab("TwilioPools").unwrap().view().used_columns(), 11);
        let ids: Vec<u32> = sheet.tabs.iter().map(|tab| tab.id).collect();
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    }
}
