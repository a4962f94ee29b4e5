//! Why a cycle leaves a tab alone, in words for whoever can put it right.

use proxycall_domain::{
    Said,
    sheet::{LayoutError, Tab},
};

use super::strays::Strays;

/// Why nothing is done about a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TabTrouble {
    Layout(LayoutError),
    Missing(Tab),
    Vanished { tab: Tab, live: usize, vanished: usize },
    Strayed(Strays),
}

impl TabTrouble {
    /// What is wrong and what to do.
    pub(super) fn said(&self) -> Said {
        match self {
            Self::Layout(error) => error.said(),
            Self::Missing(tab) => {
                let tab = tab.title();
                let fr = format!(
                    "le classeur n’a pas d’onglet {tab} ; rendez-lui son nom, ou lancez `proxycall sheet init` pour en créer un"
                );
                let en = format!(
                    "the spreadsheet has no tab {tab}; give it its name back, or run `proxycall sheet init` to make a new one"
                );
                (fr, en).into()
            }
            Self::Vanished { tab, live, vanished } => {
                let tab = tab.title();
                let fr = format!(
                    "{vanished} des {live} lignes de l’onglet {tab} ont disparu d’un coup ; rien n’en est déduit : faites-les \
                     revenir (dans la feuille : Fichier, Historique des versions), ou lancez `proxycall sheet push` pour les \
                     faire écrire de nouveau"
                );
                let en = format!(
                    "{vanished} of the {live} rows of tab {tab} vanished at once; nothing follows from that: bring them back \
                     (in the sheet: File, Version history), or run `proxycall sheet push` to have them written again"
                );
                (fr, en).into()
            }
            Self::Strayed(strays) => {
                let (tab, cells) = (strays.tab.title(), strays.cells.len());
                let fr = format!(
                    "des colonnes de l’onglet {tab} ont été déplacées pendant l’écriture : {cells} cellules sont remises comme \
                     elles étaient"
                );
                let en = format!(
                    "columns of tab {tab} were moved while rows were written: {cells} cells are put back as they were"
                );
                (fr, en).into()
            }
        }
    }
}
