//! What the acts in the audit log are called on its page, in both languages. The word itself is that of the API.

use proxycall_domain::Language;

/// Word, French and English.
const ACTS: &[(&str, &str, &str)] = &[
    ("add_block", "bloquer un appelant", "block a caller"),
    ("add_token", "créer un jeton", "make a token"),
    ("adopt_numbers", "remettre des numéros en service", "put numbers back to use"),
    ("approve_confirmation", "approuver une confirmation", "approve a confirmation"),
    ("assign_number", "attribuer un numéro", "assign a number"),
    ("assign_this_number", "attribuer ce numéro", "assign this number"),
    ("buy_numbers", "acheter des numéros", "buy numbers"),
    ("cancel_confirmation", "annuler une confirmation", "cancel a confirmation"),
    ("change_number", "changer de numéro proxy", "change the proxy number"),
    ("close_client", "fermer un client", "close a client"),
    ("console_sign_in", "se connecter à la console", "sign in to the console"),
    ("console_sign_out_everywhere", "se déconnecter partout", "sign out everywhere"),
    ("create_client", "créer un client", "create a client"),
    ("create_confirmation", "ouvrir une confirmation", "open a confirmation"),
    ("end_rests", "écourter un repos", "end a rest"),
    ("erase_client", "effacer un client", "erase a client"),
    ("expire_confirmations", "clore les confirmations expirées", "end expired confirmations"),
    ("export_activity", "exporter l’activité", "export the activity"),
    ("export_client", "exporter un client", "export a client"),
    ("fix_webhooks", "réparer les webhooks", "mend webhooks"),
    ("import_clients", "importer des clients", "import clients"),
    ("pause_client", "mettre un client en pause", "pause a client"),
    ("place_order", "passer une commande", "place an order"),
    ("purge_numbers_without_texts", "retirer les numéros sans SMS", "remove numbers without texts"),
    ("push_sheet", "tout réécrire dans la feuille", "write the whole sheet"),
    ("quarantine_numbers", "mettre des numéros au repos", "put numbers to rest"),
    ("read_sheet", "relire la feuille", "read the sheet"),
    ("release_numbers", "rendre des numéros", "give numbers back"),
    ("remove_block", "débloquer un appelant", "unblock a caller"),
    ("resend_code", "renvoyer un code", "send a code again"),
    ("reset_setting", "rétablir un réglage", "reset a setting"),
    ("restore_client", "rouvrir un client", "open a client again"),
    ("restore_webhooks", "rendre des numéros à leur ancien usage", "restore former webhooks"),
    ("resume_client", "reprendre un client", "end a client’s pause"),
    ("reveal_client", "afficher les numéros d’un client", "show a client’s numbers"),
    ("reveal_confirmation", "afficher le téléphone d’une confirmation", "show a confirmation’s phone"),
    ("revoke_token", "révoquer un jeton", "revoke a token"),
    ("rotate_token", "remplacer un jeton", "replace a token"),
    ("search_clients", "chercher des clients", "look for clients"),
    ("set_numbers_aside", "mettre des numéros de côté", "set numbers aside"),
    ("set_setting", "changer un réglage", "change a setting"),
    ("sync_pool", "comparer le stock avec Twilio", "compare the pool with Twilio"),
    ("update_client", "modifier un client", "change a client"),
];

/// All words, each with what it is called, in the order of that.
pub(super) fn all(language: Language) -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = ACTS.iter().map(|(word, ..)| (*word, name(word, language))).collect();
    all.sort_by_cached_key(|(_, name)| proxycall_domain::search::plain(name));
    all
}

/// What an act is called; the word itself where there is no other.
pub(super) fn name(word: &str, language: Language) -> &str {
    let known = ACTS.iter().find(|(known, ..)| *known == word);
    match (known, language) {
        (Some((_, fr, _)), Language::Fr) => fr,
        (Some((.., en)), Language::En) => en,
        (None, _) => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_of_the_api_has_a_name_in_both_languages() {
        let api: serde_json::Value = serde_json::from_str(include_str!("../../../../../docs/openapi.json")).unwrap();
        for (method, operation) in api["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap())
        {
            let Some(word) = operation["operationId"].as_str().filter(|_| method != "get") else { continue };
            assert!(ACTS.iter().any(|(known, ..)| *known == word), "{word} has no name");
        }
    }

    #[test]
    fn acts_stand_in_the_order_of_their_names() {
        let french = all(Language::Fr);
        assert_eq!(french.first(), Some(&("buy_numbers", "acheter des numéros")));
        assert_eq!(name("no_such_act", Language::Fr), "no_such_act");
    }
}
