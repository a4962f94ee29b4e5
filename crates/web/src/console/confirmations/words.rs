//! What the pages about confirmations say.

use proxycall_domain::{
    Confirmation, Language,
    confirmation::{Detail, Stage},
};
use proxycall_service::ports::ledger::{DispatchKind, DispatchState};

use crate::{console::layout::Tone, sentences::sentences};

sentences! { Words, alike [title, sms, acts];
    title: "Confirmations", "Confirmations";
    lead: "Les personnes qui prouvent leur téléphone avant de recevoir un numéro proxy.", "People who prove their phone before they get a proxy number.";
    needs_you: "À vous de voir", "Needs you";
    under_way: "En cours", "Under way";
    failed: "Échouées récemment", "Failed lately";
    done: "Terminées récemment", "Done lately";
    group_waiting: "En attente d’accord", "Waiting for approval";
    group_locked: "Code bloqué", "Code locked";
    none_needs: "Rien n’attend votre décision.", "Nothing waits for you.";
    none_under_way: "Personne n’est en train de s’inscrire.", "Nobody is enrolling.";
    none_failed: "Aucun échec récent.", "No failure lately.";
    none_done: "Aucune inscription récente.", "Nobody enrolled lately.";
    see_all: "Tout voir", "See all";
    board: "Le tableau", "The board";
    no_name: "Données effacées", "Data erased";

    state_open: "en cours", "under way";
    state_locked: "code bloqué", "code locked";
    state_waiting: "attend un accord", "waits for approval";
    state_promoted: "nouveau client", "new client";
    state_updated: "client mis à jour", "client updated";
    state_same: "client confirmé", "client confirmed";
    state_expired: "expirée", "expired";
    state_cancelled: "annulée", "cancelled";
    state_failed: "échouée", "failed";

    since: "commencée", "began";
    ended: "finie", "ended";
    expires_in: "expire dans", "expires in";

    sms: "SMS", "SMS";
    voice: "Appel", "Call";
    link: "Lien par SMS", "Link by text";
    mail: "Lien par e-mail", "Link by e-mail";
    thanks: "SMS de bienvenue", "Text of thanks";
    consent: "Demande d’accord", "Request to agree";
    queued: "va partir", "is about to leave";
    sending: "en cours d’envoi", "being sent";
    sent: "envoyé", "sent";
    delivered: "reçu", "arrived";
    not_known: "sort inconnu", "not known";
    not_arrived: "non reçu", "did not arrive";
    dropped: "plus nécessaire", "not needed any more";
    code: "Code", "Error";

    why_open: "Un code est parti ou va partir ; la personne doit le renvoyer, le taper ou ouvrir son lien.", "A code is out or about to leave; the person has to text it back, type it or open the link.";
    why_not_delivered: "Aucun envoi n’est arrivé.", "Nothing that was sent arrived.";
    do_not_delivered: "Vérifiez le numéro avec la personne. S’il est juste, essayez un autre canal ; sinon annulez et recommencez l’inscription.", "Check the number with the person. If it is right, try another channel; else cancel and enrol anew.";
    why_locked: "Un code faux a été saisi cinq fois : ce code ne vaut plus.", "A wrong code was entered five times: the code is void.";
    do_locked: "Renvoyez un code : il sera nouveau.", "Send a code again: it will be a new one.";
    why_phone_asked: "Le nouveau téléphone est prouvé. L’ancien a reçu une demande d’accord.", "The new phone is proven. The old one was asked to agree.";
    do_phone_asked: "Attendez sa réponse, ou approuvez vous-même si vous avez vérifié que c’est bien votre client.", "Wait for its answer, or approve it yourself once you have made sure that this is your client.";
    why_operator: "La preuve est faite, mais l’adresse ou le téléphone appartient déjà à un client : la demande pourrait venir de quelqu’un d’autre.", "It is proven, but the address or phone is a client’s already: somebody else might be asking.";
    do_operator: "Contactez le client par ses coordonnées connues, puis approuvez ou annulez.", "Contact the client in the way on record, then approve or cancel.";
    why_unproven: "L’adresse e-mail est prouvée, le téléphone ne l’est pas : ni SMS ni appel ne l’a atteint.", "The e-mail address is proven, the phone is not: neither text nor call reached it.";
    do_unproven: "Appelez ce téléphone. Si c’est bien cette personne, approuvez.", "Call that phone. If it is this person, approve.";
    why_declined: "Le contact enregistré a refusé le changement.", "The contact on record refused the change.";
    do_declined: "Rien n’a changé. Demandez à votre client si le refus était voulu.", "Nothing has changed. Ask your client whether that was meant.";
    why_overtaken: "Entre-temps, le client a été fermé ou le numéro a été pris.", "Meanwhile the client was closed or the number was taken.";
    do_again: "Recommencez l’inscription.", "Enrol anew.";
    why_superseded: "Une demande plus récente pour ce téléphone l’a remplacée.", "A newer request for this phone took its place.";
    why_cancelled: "Un opérateur l’a annulée.", "An operator cancelled it.";
    why_expired: "Personne n’a prouvé le téléphone à temps.", "Nobody proved the phone in time.";
    do_expired: "Recommencez l’inscription, et vérifiez ci-dessous si les envois sont arrivés.", "Enrol anew, and see below whether what was sent arrived.";
    why_promoted: "Le téléphone est prouvé : un client a été créé avec ce numéro.", "The phone is proven: a client was created with this number.";
    why_updated: "C’est prouvé : la fiche du client est à jour.", "It is proven: the client’s file is up to date.";
    nothing_to_do: "Il n’y a rien à faire.", "There is nothing to do.";

    facts: "Fiche", "Facts";
    phone: "Téléphone", "Phone";
    show: "Afficher le numéro", "Show the number";
    show_note: "Chaque affichage est noté dans le journal d’audit.", "Each time is noted in the audit log.";
    shown: "Affiché, et noté dans le journal d’audit.", "Shown, and noted in the audit log.";
    address: "E-mail", "E-mail address";
    name: "Nom", "Name";
    proxy: "Numéro proxy", "Proxy number";
    sender: "Codes envoyés depuis", "Codes come from";
    began: "Commencée", "Began";
    until: "Valable jusqu’à", "Valid until";
    proven: "Prouvée", "Proven";
    over: "Terminée", "Ended";
    client: "Fiche client", "Client file";
    tries: "Codes faux", "Wrong codes";
    of_tries: "sur", "of";
    id: "Identifiant", "Id";
    language: "Langue", "Language";
    french: "français", "French";
    english: "anglais", "English";
    what_changes: "Ce que cet accord change", "What this approval changes";
    before: "Aujourd’hui", "Today";
    after: "Après", "Afterwards";
    new_client: "Un nouveau client est créé", "A new client is created";
    unchanged: "inchangé", "unchanged";
    what_was_sent: "Ce qui a été envoyé", "What was sent";
    nothing_sent: "Rien n’a encore été envoyé.", "Nothing was sent yet.";
    acts: "Actions", "Actions";
    resend_title: "Renvoyer le code", "Send the code again";
    resend_sms: "Par SMS", "By text";
    resend_voice: "Par appel vocal", "By call";
    resend_link: "Par lien (SMS et e-mail)", "By link (text and e-mail)";
    approve: "Approuver", "Approve";
    approve_why: "Le changement ci-contre est fait tout de suite, à votre place de garant : vous avez vérifié que c’est bien votre client.", "The change shown is made at once, and you vouch for it: you have made sure that this is your client.";
    cancel: "Annuler la confirmation", "Cancel the confirmation";
    cancel_why: "Le code ne vaudra plus et le numéro n’est plus réservé. La personne peut recommencer.", "The code will be void and the number is no longer held. The person may start anew.";
    is_over: "Cette confirmation est terminée : il n’y a plus rien à faire.", "This confirmation is over: nothing is left to do.";

    done_resent: "Le code part maintenant.", "The code leaves now.";
    done_not_again: "Rien n’est parti : ce canal a été utilisé il y a moins de 3 minutes. Attendez un instant.", "Nothing left: that channel was used less than 3 minutes ago. Wait a moment.";
    done_approved: "Approuvé : le changement est fait.", "Approved: the change is made.";
    done_overtaken: "Rien n’a changé : entre-temps, le client ou le numéro n’était plus le même.", "Nothing has changed: meanwhile the client or the number was not the same any more.";
    done_cancelled: "Confirmation annulée ; le numéro n’est plus réservé.", "Confirmation cancelled; the number is no longer held.";
}

/// A way that something went.
pub(super) fn kind(kind: DispatchKind, t: &Words) -> &'static str {
    match kind {
        DispatchKind::Sms => t.sms,
        DispatchKind::Voice => t.voice,
        DispatchKind::Link => t.link,
        DispatchKind::Mail => t.mail,
        DispatchKind::Thanks => t.thanks,
        DispatchKind::Consent => t.consent,
    }
}

/// What became of it.
pub(super) fn state(state: DispatchState, t: &Words) -> (&'static str, Tone) {
    match state {
        DispatchState::Queued => (t.queued, Tone::Busy),
        DispatchState::Sending => (t.sending, Tone::Busy),
        DispatchState::Sent => (t.sent, Tone::Good),
        DispatchState::Delivered => (t.delivered, Tone::Good),
        DispatchState::Unknown => (t.not_known, Tone::Warn),
        DispatchState::Failed => (t.not_arrived, Tone::Bad),
        DispatchState::Dropped => (t.dropped, Tone::Plain),
    }
}

/// Where a confirmation stands, in two words.
pub(super) fn standing(it: &Confirmation, stage: Stage, t: &Words) -> (&'static str, Tone) {
    let changed = it.progress.change.is_some_and(|change| change.mail || change.phone);
    match stage {
        Stage::Open if it.progress.is_locked() => (t.state_locked, Tone::Warn),
        Stage::Open => (t.state_open, Tone::Busy),
        Stage::AwaitingConsent => (t.state_waiting, Tone::Warn),
        Stage::Promoted => (t.state_promoted, Tone::Good),
        Stage::Updated if changed => (t.state_updated, Tone::Good),
        Stage::Updated => (t.state_same, Tone::Good),
        Stage::Expired if it.progress.detail == Detail::Cancelled => (t.state_cancelled, Tone::Plain),
        Stage::Expired => (t.state_expired, Tone::Plain),
        Stage::Failed => (t.state_failed, Tone::Bad),
    }
}

/// Why it stands there, and what an operator can do.
pub(super) fn why(it: &Confirmation, stage: Stage, t: &Words) -> (&'static str, &'static str) {
    match (stage, it.progress.detail) {
        (Stage::Promoted, _) => (t.why_promoted, t.nothing_to_do),
        (Stage::Updated, _) => (t.why_updated, t.nothing_to_do),
        (_, Detail::Locked) if stage == Stage::Open => (t.why_locked, t.do_locked),
        (Stage::Open, Detail::NotDelivered) => (t.why_not_delivered, t.do_not_delivered),
        (Stage::Open, _) => (t.why_open, ""),
        (Stage::AwaitingConsent, Detail::AsksPhoneOnRecord) => (t.why_phone_asked, t.do_phone_asked),
        (Stage::AwaitingConsent, Detail::PhoneUnproven) => (t.why_unproven, t.do_unproven),
        (Stage::AwaitingConsent, _) => (t.why_operator, t.do_operator),
        (_, Detail::Declined) => (t.why_declined, t.do_declined),
        (_, Detail::Overtaken) => (t.why_overtaken, t.do_again),
        (_, Detail::Superseded) => (t.why_superseded, t.nothing_to_do),
        (_, Detail::Cancelled) => (t.why_cancelled, t.do_again),
        (_, Detail::NotDelivered) => (t.why_not_delivered, t.do_expired),
        (Stage::Expired | Stage::Failed, _) => (t.why_expired, t.do_expired),
    }
}

/// A language's name.
pub(super) fn language(language: Language, t: &Words) -> &'static str {
    match language {
        Language::Fr => t.french,
        Language::En => t.english,
    }
}
