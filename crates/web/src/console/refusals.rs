//! Promises: each reason that the console meets is said in both languages, with what to do.

use proxycall_domain::{FieldError, Language};
use proxycall_service::ports::{CarrierError, LedgerError};

use super::wording;
use crate::sentences::sentences;

sentences! { Refusals, alike [];
    not_found_title: "Introuvable", "Not found";
    not_found: "Cette page n’existe pas, ou ce qu’elle montrait n’existe plus.", "There is no such page, or what it showed is gone.";
    not_allowed_title: "Action non autorisée", "Not allowed";
    not_allowed: "Votre jeton ne permet pas cette action.", "Your token does not allow this.";
    not_allowed_do: "Demandez à un administrateur, ou connectez-vous avec un autre jeton.", "Ask an administrator, or sign in with another token.";
    stale: "Ce formulaire a été ouvert avant votre connexion ou sur un autre site. Rien n’a été fait. Rechargez la page et recommencez.", "This form was opened before you signed in, or on another site. Nothing was done. Load the page again and retry.";
    too_large: "Le formulaire est trop volumineux. Rien n’a été fait.", "The form is too large. Nothing was done.";
    too_many_title: "Un instant", "One moment";
    too_many: "Trop de demandes à la fois. Réessayez dans", "Too many requests at once. Try again in";
    field_title: "Une valeur est à corriger", "A value needs correcting";
    unavailable_title: "Momentanément indisponible", "Not available right now";
    refused_title: "Ce n’est pas possible", "That cannot be done";
    broken_title: "Une erreur est survenue", "Something went wrong";
    broken: "L’erreur est chez nous et figure dans le journal. Réessayez plus tard.", "The error is ours and stands in the log. Try again later.";
    sheet: "Échange avec Google impossible :", "Google could not be dealt with:";
    not_bought: "Aucun numéro n’est disponible et aucun n’a pu être acheté :", "No number is available, and none could be bought:";
    too_long: "L’opérateur télécom met longtemps à répondre. Le travail continue : revenez voir dans quelques minutes.", "The carrier takes long to answer. The work goes on: look again in some minutes.";
    value_of: "Vérifiez le champ", "Check the field";
    store_unavailable: "La base de données ne répond pas. Réessayez dans quelques secondes ; rien n’a été enregistré.", "The database does not answer. Try again in some seconds; nothing was kept.";
    store_unreadable: "Une donnée enregistrée ne peut pas être lue ; voir le journal.", "Something that is stored cannot be read; see the log.";
    client_unknown: "Ce client n’existe pas.", "There is no such client.";
    client_exists: "Un client porte déjà cet identifiant.", "A client has this id already.";
    client_closed: "Ce client est fermé : rouvrez-le d’abord.", "This client is closed: open it again first.";
    client_gone: "Ce client est fermé depuis plus de 30 jours et ne peut plus être rouvert.", "This client was closed more than 30 days ago and cannot be opened again.";
    client_erased: "Ce client a été effacé, ce qui est définitif. La personne peut s’inscrire de nouveau.", "This client was erased, which is final. The person may enrol again.";
    not_their_number: "Ce numéro n’est pas celui de ce client.", "That number is not this client’s.";
    number_is_proxy: "Ce numéro est un de nos numéros proxy. Indiquez le téléphone du client.", "That is one of our proxy numbers. Enter the client’s own phone.";
    no_number_left: "Aucun numéro proxy libre pour ce pays. Achetez-en dans « Numéros », puis recommencez.", "No proxy number of this country is free. Buy some under “Numbers”, then try again.";
    client_has_number: "Ce client a déjà un numéro proxy.", "This client has a proxy number already.";
    number_unknown: "Ce numéro n’est pas dans le stock.", "That number is not in the pool.";
    number_not_free: "Ce numéro n’est pas libre. État :", "That number is not free. State:";
    reservation_gone: "La réservation n’existe plus ou son délai est passé.", "The reservation is gone, or its time is over.";
    ceiling: "Le plafond d’achats du jour est atteint (PROXYCALL_MAX_PURCHASES_PER_DAY). Il repart à zéro à minuit UTC.", "The day’s ceiling of purchases is reached (PROXYCALL_MAX_PURCHASES_PER_DAY). It begins anew at midnight UTC.";
    token_in_use: "Un numéro est déjà réservé sous cet identifiant.", "A number is held under this id already.";
    order_conflict: "Une commande différente porte déjà cet identifiant.", "Another order has this id already.";
    confirmation_unknown: "Cette confirmation n’existe pas.", "There is no such confirmation.";
    confirmation_conflict: "Une confirmation différente porte déjà cet identifiant.", "Another confirmation has this id already.";
    phone_busy: "Ce téléphone est déjà en cours de confirmation.", "This phone is being confirmed already.";
    not_now: "La confirmation n’est plus dans un état qui le permet. Statut :", "The confirmation is not in a state for that. Status:";
    block_unknown: "Ce blocage n’existe plus.", "That block is gone.";
    interaction_unknown: "Cet appel ou ce message n’existe pas.", "There is no such call or text.";
    nobody_to_block: "L’appelant a masqué son numéro : il n’y a personne à bloquer.", "The caller hid the number: there is nobody to block.";
    own_number: "C’est le numéro du client lui-même. Utilisez la pause pour que personne ne le joigne.", "That is the client’s own number. Use the pause to keep everybody away.";
    too_many_codes: "Trop de codes demandés. Réessayez plus tard.", "Codes were asked for too often. Try again later.";
    token_unknown: "Aucun jeton ne porte ce nom.", "There is no token of this name.";
    token_exists: "Ce nom a déjà été donné. Un nom ne sert qu’une fois, car le journal d’audit s’y fie.", "This name was given before. A name is given once, since the audit log tells by it who acted.";
    token_revoked: "Ce jeton a été révoqué. Créez-en un autre.", "This token was revoked. Make another one.";
    carrier_refused: "L’opérateur télécom a refusé. Code", "The carrier refused. Code";
    carrier_silent: "L’opérateur télécom ne répond pas. Réessayez dans quelques secondes.", "The carrier does not answer. Try again in some seconds.";
}

/// Why the store did nothing.
pub(super) fn of_ledger(error: &LedgerError, language: Language) -> String {
    let w = Refusals::of(language);
    let said = match error {
        LedgerError::Unavailable(_) => w.store_unavailable,
        LedgerError::Unreadable(_) => w.store_unreadable,
        LedgerError::ClientUnknown => w.client_unknown,
        LedgerError::ClientExists => w.client_exists,
        LedgerError::ClientClosed => w.client_closed,
        LedgerError::ClientGone => w.client_gone,
        LedgerError::ClientErased => w.client_erased,
        LedgerError::NotTheirNumber => w.not_their_number,
        LedgerError::NumberIsProxy => w.number_is_proxy,
        LedgerError::NoNumberLeft { country, .. } => return format!("{} ({country})", w.no_number_left),
        LedgerError::ClientHasNumber => w.client_has_number,
        LedgerError::NumberUnknown => w.number_unknown,
        LedgerError::NumberNotFree { status } => {
            return format!("{} {}.", w.number_not_free, wording::status(*status, language));
        }
        LedgerError::ReservationGone => w.reservation_gone,
        LedgerError::CeilingReached { .. } => w.ceiling,
        LedgerError::ReservationInUse => w.token_in_use,
        LedgerError::OrderConflict => w.order_conflict,
        LedgerError::ConfirmationUnknown => w.confirmation_unknown,
        LedgerError::ConfirmationConflict => w.confirmation_conflict,
        LedgerError::PhoneBusy => w.phone_busy,
        LedgerError::NotNow { status } => return format!("{} {status}", w.not_now),
        LedgerError::BlockUnknown => w.block_unknown,
        LedgerError::InteractionUnknown => w.interaction_unknown,
        LedgerError::NobodyToBlock => w.nobody_to_block,
        LedgerError::OwnNumber => w.own_number,
        LedgerError::TooManyCodes { .. } => w.too_many_codes,
        LedgerError::TokenUnknown => w.token_unknown,
        LedgerError::TokenExists => w.token_exists,
        LedgerError::TokenRevoked => w.token_revoked,
    };
    said.to_owned()
}

/// What the carrier said.
pub(super) fn of_carrier(error: &CarrierError, language: Language) -> String {
    let w = Refusals::of(language);
    match error {
        CarrierError::Refused { code, .. } => {
            let (meaning, remedy) = proxycall_twilio::explain_in(*code, language);
            format!("{} {code} – {meaning} {remedy}", w.carrier_refused)
        }
        _ => w.carrier_silent.to_owned(),
    }
}

/// Which field is not as it should be, and what is expected.
pub(super) fn of_field(error: &FieldError, language: Language) -> String {
    let (check, field) = (Refusals::of(language).value_of, field_name(error.field, language));
    let problem = error.problem.of(language);
    match language {
        Language::Fr => format!("{check} « {field} »\u{a0}: {problem}"),
        Language::En => format!("{check} “{field}”: {problem}"),
    }
}

/// What a field is called on our pages.
fn field_name(field: &str, language: Language) -> &str {
    let (fr, en) = match field {
        "client_name" | "name" => ("Nom", "Name"),
        "client_mail" | "mail" => ("E-mail", "E-mail"),
        "client_real_phone" | "phone" | "caller" => ("Téléphone", "Phone"),
        "client_iso_residency" | "country_iso" | "country" => ("Pays", "Country"),
        "client_id" => ("Identifiant du client", "Client id"),
        "until" | "paused_until" => ("Jusqu’à", "Until"),
        "reason" => ("Motif", "Reason"),
        _ => return field,
    };
    match language {
        Language::Fr => fr,
        Language::En => en,
    }
}
