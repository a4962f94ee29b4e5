//! Promises: every column that we know, once, with its header, how its cells are read and who decides what is in it. A
//! column that is not here can neither be read nor written; one of others, as the clients' F, is read at most.

use super::Tab;

/// How the cells of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A whole number that names something.
    Number,
    /// A text without spaces that names something.
    Id,
    /// Anything.
    Text,
    /// An e-mail address.
    Mail,
    /// A phone number.
    Phone,
    /// A word in lower case.
    Lower,
    /// A word in upper case, perhaps with something in parentheses after it.
    Upper,
    /// A moment, shown with `+00:00`.
    Time,
    /// A moment, shown without offset and meant in UTC.
    NaiveTime,
}

/// Who decides what is in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// It names the row: written with a new row only.
    Key,
    /// People, in the sheet or by the API; the later word counts, and the sheet's when nobody can say.
    People,
    /// The store: what others write is put back, but for the words that [`compare`](super::compare) lets pass.
    Store,
    /// We when the row is added, people from then on.
    Once,
    /// Others: read where it is needed, and neither kept nor written.
    Sheet,
    /// Others: kept with the record, and never written.
    Noted,
    /// We, outside the comparison: why an edit was put back.
    Note,
}

macro_rules! columns {
    ($($tab:ident { $($(#[$doc:meta])* $name:ident = $header:literal, $kind:ident, $owner:ident;)* })*) => {
        /// A column that we know.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Column {
            $($($(#[$doc])* $name,)*)*
        }

        impl Column {
            /// Every column, tab by tab, in the original's order.
            pub const ALL: &[Self] = &[$($(Self::$name,)*)*];

            /// Where it is.
            #[must_use]
            pub fn tab(self) -> Tab {
                match self {
                    $($(Self::$name)|* => Tab::$tab,)*
                }
            }

            /// What its first row says.
            #[must_use]
            pub fn header(self) -> &'static str {
                match self {
                    $($(Self::$name => $header,)*)*
                }
            }

            /// How its cells are read.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self {
                    $($(Self::$name => Kind::$kind,)*)*
                }
            }

            /// Who decides what is in it.
            #[must_use]
            pub fn owner(self) -> Owner {
                match self {
                    $($(Self::$name => Owner::$owner,)*)*
                }
            }
        }
    };
}

columns! {
    Clients {
        /// The operator's number for the client.
        ClientId = "client_id", Number, Key;
        /// Name.
        ClientName = "client_name", Text, People;
        /// E-mail address.
        ClientMail = "client_mail", Mail, People;
        /// Real number.
        ClientPhone = "client_real_phone", Phone, People;
        /// The number that others dial.
        ClientProxy = "client_proxy_number", Phone, Store;
        /// The client's country, by a formula.
        ClientResidency = "client_iso_residency", Upper, Sheet;
        /// Who reached the client last.
        ClientLastCaller = "client_last_caller", Phone, Store;
        /// Whether the shop knows the address: written by the Shopify script, counted by the weekly report.
        ClientShop = "sub_in_shopi", Text, Noted;
        /// Why an edit was put back.
        ClientNote = "proxycall_note", Text, Note;
    }
    Pool {
        /// Country.
        NumberCountry = "country_iso", Upper, Store;
        /// The number.
        NumberPhone = "phone_number", Phone, Key;
        /// Where it is in its life.
        NumberStatus = "status", Lower, Store;
        /// What the carrier's console calls it.
        NumberFriendlyName = "friendly_name", Text, Once;
        /// When it joined the pool.
        NumberBoughtAt = "date_achat", NaiveTime, Store;
        /// Since when it is a client's.
        NumberAssignedAt = "date_attribution", Time, Store;
        /// That client's name.
        NumberClientName = "attribution_to_client_name", Text, Store;
        /// Mobile or local.
        NumberType = "number_type", Lower, Store;
        /// Who holds it.
        NumberReservation = "reserved_token", Id, Store;
        /// Since when.
        NumberReservedAt = "reserved_at", NaiveTime, Store;
        /// For which client.
        NumberReservedFor = "reserved_by_client_id", Number, Store;
        /// Why an edit was put back.
        NumberNote = "proxycall_note", Text, Note;
    }
    Confirmations {
        /// The operator's id.
        PendingId = "pending_id", Id, Key;
        /// Who the client says to be.
        PendingName = "client_name", Text, Store;
        /// E-mail address.
        PendingMail = "client_mail", Mail, Store;
        /// The phone to be proven.
        PendingPhone = "client_real_phone", Phone, Store;
        /// The number that the client has or will have.
        PendingProxy = "proxy_number", Phone, Store;
        /// The original's code: read at the first import, never written.
        PendingCode = "otp", Number, Sheet;
        /// How far it has come.
        PendingStatus = "status", Upper, Store;
        /// Since when.
        PendingCreatedAt = "created_at", Time, Store;
        /// When it was proven.
        PendingVerifiedAt = "verified_at", Time, Store;
        /// Why an edit was put back.
        PendingNote = "proxycall_note", Text, Note;
    }
}

impl Column {
    /// The known column of a tab with this header, which may have spaces around it and any case.
    #[must_use]
    pub fn find(tab: Tab, header: &str) -> Option<Self> {
        tab.columns().find(|column| column.header().eq_ignore_ascii_case(header.trim()))
    }

    /// Whether the mirror cannot work without it. The pool's columns all are; of the others, those that the original
    /// could not do without (`original-behaviour` §3.1, §3.3).
    #[must_use]
    pub fn is_required(self) -> bool {
        match self.owner() {
            Owner::Key | Owner::People => true,
            Owner::Store => {
                self.tab() == Tab::Pool
                    || matches!(
                        self,
                        Self::ClientProxy | Self::PendingProxy | Self::PendingStatus | Self::PendingCreatedAt
                    )
            }
            Owner::Once | Owner::Sheet | Owner::Noted | Owner::Note => false,
        }
    }

    /// Whether it is others' alone to write.
    #[must_use]
    pub fn is_others(self) -> bool {
        matches!(self.owner(), Owner::Sheet | Owner::Noted)
    }

    /// Whether two records hardly ever show the same in it: a row without key can be told by it.
    #[must_use]
    pub fn is_ones_own(self) -> bool {
        matches!(self.kind(), Kind::Mail | Kind::Phone) && self.is_mirrored() && self != Self::ClientLastCaller
    }

    /// Whether the store has a value for it that is held against the sheet's.
    #[must_use]
    pub fn is_mirrored(self) -> bool {
        matches!(self.owner(), Owner::People | Owner::Store)
    }

    /// Whether what stands there may outlive what the store knows: who held a number before it was given.
    #[must_use]
    pub fn is_history(self) -> bool {
        matches!(self, Self::NumberReservation | Self::NumberReservedAt | Self::NumberReservedFor)
    }

    /// Where the original has it whatever its header says, from 0: the pool's fixed letters A to K
    /// (`original-behaviour` §3.2).
    #[must_use]
    pub fn fixed_position(self) -> Option<u32> {
        let fixed = self.tab() == Tab::Pool && self.owner() != Owner::Note;
        fixed
            .then(|| Tab::Pool.columns().position(|column| column == self))
            .flatten()
            .and_then(|at| u32::try_from(at).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn headers_name_one_column_of_a_tab() {
        for tab in Tab::ALL {
            let headers: HashSet<_> = tab.columns().map(Column::header).collect();
            assert_eq!(headers.len(), tab.columns().count());
            assert_eq!((tab.key().tab(), tab.key().owner()), (tab, Owner::Key));
            assert_eq!((tab.note().tab(), tab.note().owner()), (tab, Owner::Note));
            for column in tab.columns() {
                assert_eq!(Column::find(tab, &format!(" {} ", column.header().to_uppercase())), Some(column));
            }
        }
    }

    #[test]
    fn the_pools_letters_are_the_originals() {
        let letters: Vec<_> = Tab::Pool.columns().map_while(|c| Some((c.fixed_position()?, c.header()))).collect();
        let originals = [
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
        assert_eq!(letters, (0..).zip(originals).collect::<Vec<_>>());
        assert_eq!((Column::NumberNote.fixed_position(), Column::ClientId.fixed_position()), (None, None));
    }

    #[test]
    fn formula_columns_are_not_columns_of_ours() {
        for header in ["client_country_code", "identity_key", "status_detail", ""] {
            assert!(Tab::ALL.into_iter().all(|tab| Column::find(tab, header).is_none()), "{header}");
        }
    }

    #[test]
    fn codes_and_what_formulas_and_the_shop_fill_in_are_never_ours_to_write() {
        for column in [Column::PendingCode, Column::ClientShop, Column::ClientResidency] {
            assert_eq!((column.is_others(), column.is_mirrored()), (true, false));
        }
    }
}
