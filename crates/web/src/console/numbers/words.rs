//! What the pages about proxy numbers say.

use proxycall_domain::Language;

use crate::sentences::sentences;

sentences! { Words, alike [number_type, client, webhooks, acts, hooks_title];
    title: "Numéros", "Numbers";
    lead: "Les numéros proxy que vos clients affichent à la place du leur.", "The proxy numbers that your clients show in place of their own.";
    buy: "Acheter des numéros", "Buy numbers";
    compare: "Comparer avec Twilio", "Compare with Twilio";
    check_webhooks: "Vérifier les webhooks", "Check webhooks";
    stock: "Stock par pays", "Stock by country";
    all: "Tous les numéros", "All numbers";
    filtered: "Numéros trouvés", "Numbers found";
    country: "Pays", "Country";
    number_type: "Type", "Type";
    state: "État", "State";
    any: "Tous", "All";
    show: "Filtrer", "Filter";
    free: "Libres", "Free";
    reserved: "Réservés", "Reserved";
    assigned: "Attribués", "Assigned";
    resting: "En repos", "Resting";
    aside: "Mis de côté", "Set aside";
    gone: "Disparus", "Gone";
    lasts: "Durée restante", "Lasts";
    day: "jour", "day";
    days: "jours", "days";
    no_pace: "aucun attribué depuis 28 jours", "none given out in 28 days";
    low: "stock bas", "stock low";
    none_left: "épuisé", "none left";
    fine: "suffisant", "sufficient";
    number: "Numéro", "Number";
    client: "Client", "Client";
    since: "Depuis", "Since";
    why: "Motif", "Reason";
    who: "Par", "By";
    until: "Jusqu’à", "Until";
    nobody: "personne", "nobody";
    empty: "Aucun numéro pour l’instant", "No number yet";
    empty_do: "Achetez des numéros, ou comparez avec Twilio pour reprendre ceux que votre compte possède déjà.", "Buy numbers, or compare with Twilio to take over those that your account has already.";
    none_found: "Aucun numéro ne correspond", "No number matches";
    none_found_do: "Élargissez les filtres ci-dessus.", "Widen the filters above.";

    back: "Tous les numéros", "All the numbers";
    facts: "Fiche", "Facts";
    calls: "Appels", "Calls";
    texts: "SMS", "Texts";
    yes: "oui", "yes";
    no: "non", "no";
    not_known: "pas encore connu", "not known yet";
    called: "Nom chez Twilio", "Name at Twilio";
    added: "Dans le stock depuis", "In the pool since";
    holder: "Confirmation", "Held for";
    former: "Dernier client", "Last client";
    history: "Historique", "History";
    last: "Derniers appels et messages", "Latest calls and texts";
    last_none: "Rien n’est passé par ce numéro.", "Nothing has passed through this number.";
    all_activity: "Toute son activité", "All its activity";
    webhooks: "Webhooks", "Webhooks";
    webhooks_see: "Voir où mènent ses appels et messages", "See where its calls and texts lead";
    acts: "Actions", "Actions";
    assign: "Attribuer", "Assign";
    assign_to: "Identifiant du client", "Client id";
    assign_hint: "Le nombre qui figure dans sa fiche et dans la feuille.", "The number in the client’s file and in the sheet.";
    quarantine: "Mettre au repos", "Put to rest";
    quarantine_why: "Personne ne recevra ce numéro avant la fin du repos, le", "Nobody gets this number before its rest ends, on";
    take_away: "Retirer au client", "Take from the client";
    take_away_why: "Le client perd ce numéro tout de suite : il n’est plus joignable par là. Le numéro se repose ensuite jusqu’au", "The client loses this number at once and cannot be reached by it any more. The number then rests until";
    set_aside: "Mettre de côté", "Set aside";
    set_aside_why: "Le numéro n’est plus proposé à personne. Vous pourrez le remettre en service.", "The number is offered to nobody any more. You can put it back to use.";
    set_aside_why_client: "Le client garde ce numéro et ses appels passent toujours ; il est signalé comme défectueux jusqu’à sa remise en service.", "The client keeps this number and its calls still pass; it is marked as faulty until you put it back to use.";
    end_rest: "Remettre dans le stock", "Back to the pool";
    end_rest_why: "Le repos s’arrête maintenant : le numéro peut être donné au prochain client. Des appels pour l’ancien client peuvent encore arriver.", "Its rest ends now: the next client may get this number. Calls for the former client may still come in.";
    give_back_to: "Rendre au client", "Give back to client";
    adopt: "Remettre en service", "Put back to use";
    adopt_why: "Ses appels et messages mèneront ici, même s’ils menaient ailleurs. Il revient à son client, sinon dans le stock.", "Its calls and texts will lead here, even if they led elsewhere. It returns to its client, else to the pool.";
    release: "Rendre à Twilio", "Give back to Twilio";
    release_why: "C’est définitif : le numéro quitte votre compte, n’est plus facturé, et peut être vendu à quelqu’un d’autre.", "This is final: the number leaves your account, is no longer billed, and may be sold to somebody else.";
    release_force: "Je sais qu’un client utilise ce numéro et qu’il le perdra.", "I know that a client uses this number and will lose it.";
    release_needs_force: "Un client utilise ce numéro. Cochez la case qui le dit, ou attribuez-lui d’abord un autre numéro.", "A client uses this number. Tick the box that says so, or give the client another number first.";
    held_note: "Ce numéro est réservé pour une confirmation en cours. Terminez-la d’abord pour le libérer.", "This number is held for a confirmation under way. End that first to free it.";
    released_note: "Ce numéro a été rendu à Twilio. S’il est de nouveau dans votre compte, la comparaison le retrouvera.", "This number was given back to Twilio. If it is in your account again, the comparison will find it.";
    releasing_note: "Ce numéro a quitté le stock ; Twilio n’en a pas encore été informé. Nouvel essai automatique.", "This number has left the pool; Twilio was not told yet. That is tried again by itself.";

    done_assigned: "Numéro attribué.", "Number assigned.";
    done_abroad: "Numéro attribué. Attention : le client vit dans un autre pays, où ce numéro peut s’afficher masqué.", "Number assigned. Mind: the client lives in another country, where this number may be hidden.";
    done_had: "Ce client a déjà un numéro : il le garde, et rien n’a changé ici.", "That client has a number already and keeps it: nothing changed here.";
    done_resting: "Le numéro se repose.", "The number rests.";
    done_taken: "Le client n’a plus ce numéro, qui se repose.", "The client has this number no more; it rests.";
    done_aside: "Numéro mis de côté.", "Number set aside.";
    done_freed: "Numéro de nouveau dans le stock.", "The number is back in the pool.";
    done_adopted: "Numéro remis en service.", "The number is back in use.";
    done_released: "Numéro rendu à Twilio.", "The number was given back to Twilio.";
    done_not_there: "Ce numéro n’était plus dans votre compte Twilio ; il a quitté le stock.", "Your Twilio account had this number no more; it has left the pool.";
    done_wired: "Ses appels et messages mènent ici.", "Its calls and texts lead here.";
    done_wired_all: "Les webhooks ont été réparés.", "The webhooks were mended.";
    done_applied: "C’est appliqué. Voici ce qui reste.", "It is applied. This is what remains.";
    not_resting: "Ce numéro ne se repose pas.", "This number does not rest.";
    too_soon: "Un client vient de rendre ce numéro et les règles de son pays imposent un repos plus long. Possible à partir du", "A client just gave this number back, and its country’s rules ask for a longer rest. Possible from";
    is_reserved: "Ce numéro est réservé pour une confirmation. Terminez-la d’abord.", "This number is held for a confirmation. End that first.";
    is_released: "Ce numéro a déjà été rendu à Twilio.", "This number was given back to Twilio already.";
    said: "Rien n’a été fait. Raison donnée :", "Nothing was done. The reason given:";
    not_in_account: "Votre compte Twilio n’a pas ce numéro.", "Your Twilio account does not have this number.";

    sync_title: "Comparer avec Twilio", "Compare with Twilio";
    sync_lead: "Ce qui diffère en ce moment entre votre compte Twilio et le stock. Rien ne change tant que vous n’appliquez pas.", "What differs right now between your Twilio account and the pool. Nothing changes until you apply.";
    at_twilio: "chez Twilio", "at Twilio";
    in_pool: "dans le stock", "in the pool";
    same: "Les deux côtés concordent", "Both sides agree";
    same_do: "Il n’y a rien à appliquer.", "There is nothing to apply.";
    differ: "Des différences", "They differ";
    unknown_title: "À ajouter au stock", "To be added to the pool";
    unknown: "Dans votre compte, libres, inconnus ici.", "In your account, free, unknown here.";
    elsewhere_title: "Utilisés ailleurs", "Used elsewhere";
    elsewhere: "Leurs appels mènent à un autre service. Ils seront mis de côté ; ouvrez un numéro et « Remettre en service » pour l’utiliser ici.", "Their calls lead to another service. They will be set aside; open one and “Put back to use” to use it here.";
    missing_title: "Disparus de Twilio", "Gone from Twilio";
    missing: "Dans le stock, mais plus dans votre compte. Ils seront signalés ; un client garde le sien au cas où il reviendrait.", "In the pool, but no longer in your account. They will be marked; a client keeps his in case it returns.";
    back_title: "Revenus", "Back again";
    back_text: "Signalés disparus, de nouveau dans votre compte : remis en service.", "Marked as gone and in your account again: back to use.";
    miswired_title: "Webhooks à réparer", "Webhooks to mend";
    miswired: "Ils ne mènent pas ici comme il faut. La comparaison n’y touche pas.", "They do not lead here as they should. The comparison leaves them alone.";
    apply: "Appliquer", "Apply";
    apply_why: "Ajoute, met de côté et signale ce qui est listé ci-dessus, sauf les webhooks.", "Adds, sets aside and marks what is listed above, except webhooks.";

    hooks_title: "Webhooks", "Webhooks";
    hooks_lead: "Où Twilio envoie les appels et messages de vos numéros, et où ils devraient aller.", "Where Twilio sends the calls and texts of your numbers, and where they should go.";
    hooks_good: "Tout mène ici", "All lead here";
    hooks_bad: "À réparer", "To be mended";
    checked: "Numéros vérifiés :", "Numbers checked:";
    should_calls: "Appels attendus vers", "Calls should go to";
    should_texts: "Messages attendus vers", "Texts should go to";
    now_calls: "Appels aujourd’hui", "Calls now";
    now_texts: "Messages aujourd’hui", "Texts now";
    leads_nowhere: "nulle part", "nowhere";
    right: "comme il faut", "as they should";
    repair: "Réparer", "Repair";
    repair_all: "Tout réparer", "Repair all";
    repair_why: "Les appels et messages de ces numéros mèneront ici. Ce qui était réglé chez Twilio pour eux est remplacé ; l’ancien réglage d’un autre service est conservé.", "Calls and texts of these numbers will lead here. What Twilio had for them is replaced; another service’s former setting is kept.";
    hooks_absent: "Absents de votre compte Twilio", "Not in your Twilio account";
    hooks_left: "Laissés tels quels", "Left as they are";
    hooks_left_why: "Ils sont mis de côté : ouvrez-les pour les remettre en service.", "They are set aside: open them to put them back to use.";
    hooks_failed: "Non réparés", "Not mended";
}

/// Why a number is in its state: the service's words in French, those of an operator as they are.
pub(super) fn reason(text: &str, language: Language) -> String {
    if language == Language::En {
        return text.to_owned();
    }
    if let Some(rest) = text.strip_prefix("bought: ") {
        return format!("acheté : {}", reason(rest, language));
    }
    if text.starts_with("assigned: ") {
        return "attribué à la demande".to_owned();
    }
    match text {
        "a client confirmed the phone" => "un client a confirmé son téléphone",
        "an operator ended it" => "arrêté par un opérateur",
        "asked for at the command line" => "demandé à la ligne de commande",
        "asked for by an operator" => "demandé par un opérateur",
        "changed by an operator" => "changé par un opérateur",
        "its client was erased" => "son client a été effacé",
        "the sandbox began" => "le bac à sable a démarré",
        "a client restored" | "its client was restored" => "son client a été rouvert",
        "a new client" => "un nouveau client",
        "adopted by an operator" => "remis en service",
        "an operator ended its confirmation" => "confirmation annulée",
        "an order" => "une commande",
        "none was free when one was needed" => "aucun n’était libre quand il en fallait un",
        "asked for in the console" => "demandé dans la console",
        "asked for through the API" => "demandé par l’API",
        "being adopted: its webhooks do not lead here yet" => {
            "en cours de remise en service : ses webhooks ne mènent pas encore ici"
        }
        "found after its purchase was interrupted" => "retrouvé après un achat interrompu",
        "found in the account" => "trouvé dans le compte Twilio",
        "given back by an operator" => "rendu à Twilio",
        "given to this client by an operator" => "attribué à ce client",
        "gone at the carrier" => "disparu de Twilio",
        "held for a confirmation" | "held for a confirmation that was in the sheet" => "réservé pour une confirmation",
        "it has rested" => "il s’est reposé",
        "it was in the sheet" => "il était dans la feuille",
        "it was marked as faulty in the sheet" => "marqué défectueux dans la feuille",
        "its client was closed" => "son client a été fermé",
        "its confirmation expired" => "sa confirmation a expiré",
        "its confirmation is over" => "sa confirmation est terminée",
        "its confirmation was declined" => "sa confirmation a été refusée",
        "its confirmation was ended" => "sa confirmation a été arrêtée",
        "its confirmation was overtaken" => "sa confirmation a été dépassée",
        "its reservation was not used" => "sa réservation n’a pas servi",
        "its rest was ended by an operator" => "repos écourté",
        "its webhooks could not be set" => "ses webhooks n’ont pas pu être réglés",
        "put to rest by an operator" => "mis au repos",
        "set aside by an operator" => "mis de côté",
        "takes no texts" => "ne reçoit pas de messages",
        "the carrier did not take it back" => "Twilio ne l’a pas repris",
        "the stock was low" => "le stock était bas",
        "used elsewhere" => "utilisé ailleurs",
        "used elsewhere: its former webhooks were restored" => "rendu à son ancien usage",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_reasons_read_in_french_and_others_stay() {
        assert_eq!(reason("bought: the stock was low", Language::Fr), "acheté : le stock était bas");
        assert_eq!(reason("assigned: FR mobile asked for", Language::Fr), "attribué à la demande");
        assert_eq!(reason("changed by an operator", Language::Fr), "changé par un opérateur");
        assert_eq!(reason("the sandbox began", Language::Fr), "le bac à sable a démarré");
        assert_eq!(reason("broken line", Language::Fr), "broken line");
        assert_eq!(reason("a new client", Language::En), "a new client");
    }
}
