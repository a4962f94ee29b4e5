//! Promises: every sentence of the public pages stands here, in French and in English.

use crate::sentences::sentences;

sentences! { Texts, alike [minute, minutes];
    other_language: "English", "Français";
    required: "Tous les champs sont obligatoires.", "All fields are required.";

    // The form.
    form_title: "Activer mon numéro", "Activate my number";
    form_lead:
        "Vous recevrez un code par SMS pour confirmer que ce téléphone est le vôtre. Votre vrai numéro n’est jamais montré à vos interlocuteurs.",
        "We will text you a code to confirm that this phone is yours. The people you talk to never see your real number.";
    identity: "Vous", "You";
    contact: "Vos coordonnées", "How to reach you";
    first_name: "Prénom", "First name";
    last_name: "Nom", "Last name";
    email: "Adresse e-mail", "E-mail address";
    email2: "Adresse e-mail, encore une fois", "E-mail address, once more";
    country: "Pays du téléphone", "Country of the phone";
    phone: "Numéro de téléphone", "Phone number";
    phone_hint: "Par exemple 06 39 98 00 01 ou +33 6 39 98 00 01", "For example 07700 900123 or +44 7700 900123";
    phone2: "Numéro de téléphone, encore une fois", "Phone number, once more";
    one_change:
        "Vous avez déjà un numéro ? Changez d’abord l’e-mail ou le téléphone, puis l’autre : jamais les deux à la fois.",
        "Already have a number? Change your e-mail or your phone first, then the other: never both at once.";
    leave_empty: "Laissez ce champ vide", "Leave this field empty";
    submit: "Recevoir mon code", "Text me the code";
    sending: "Envoi…", "Sending…";

    summary: "Quelques points à corriger", "A few things to correct";
    first_name_empty: "Indiquez votre prénom.", "Enter your first name.";
    last_name_empty: "Indiquez votre nom.", "Enter your last name.";
    name_signs:
        "Utilisez uniquement des lettres, espaces, apostrophes et traits d’union.",
        "Use letters, spaces, apostrophes and hyphens only.";
    name_length: "Utilisez au plus 55 caractères.", "Use 55 characters at most.";
    email_empty: "Indiquez votre adresse e-mail.", "Enter your e-mail address.";
    email_form: "Indiquez une adresse complète, comme nom@example.com.", "Enter a whole address, such as name@example.com.";
    email_differs: "Les deux adresses e-mail sont différentes.", "The two e-mail addresses differ.";
    country_unknown: "Choisissez un pays dans la liste.", "Choose a country from the list.";
    phone_empty: "Indiquez votre numéro de téléphone.", "Enter your phone number.";
    phone_signs: "Utilisez uniquement des chiffres, avec un + au début si besoin.", "Use digits only, with a + in front if need be.";
    phone_length: "Vérifiez le numéro : il a trop ou pas assez de chiffres pour ce pays.", "Check the number: it has too many or too few digits for this country.";
    phone_code: "Cet indicatif n’existe pas.", "There is no such country code.";
    phone_differs: "Les deux numéros sont différents.", "The two numbers differ.";
    phone_refused:
        "Ce numéro ne peut pas être utilisé : le service n’est pas proposé pour ce type de numéro ou ce pays.",
        "This number cannot be used: the service is not offered for this kind of number or country.";

    // Refusals of a whole request.
    too_many_title: "Un peu de patience", "One moment, please";
    too_many: "Trop de demandes en peu de temps. Réessayez dans", "Too many requests in a short time. Please try again in";
    no_number_title: "Plus de numéro disponible", "No number left";
    no_number: "Aucun numéro n’est disponible pour l’instant. Réessayez plus tard ; rien n’a été enregistré.", "No number is available right now. Please try again later; nothing has been kept.";
    unavailable_title: "Service momentanément indisponible", "Not available right now";
    unavailable: "Réessayez dans quelques instants.", "Please try again in a moment.";
    error_title: "Une erreur est survenue", "Something went wrong";
    error: "Ce n’est pas de votre fait. Réessayez plus tard.", "This is not your doing. Please try again later.";
    start_again: "Recommencer", "Start again";

    // Progress.
    progress_title: "Confirmation en cours", "Confirming your phone";
    queued_title: "Votre code arrive", "Your code is on its way";
    queued: "Gardez votre téléphone près de vous : un SMS part à l’instant.", "Keep your phone at hand: a text is about to leave.";
    sms_title: "Répondez au SMS", "Answer the text";
    sms: "Nous vous avons envoyé un code à 6 chiffres. Répondez à ce SMS avec le code.", "We sent you a 6-digit code. Answer that text with the code.";
    sms_next: "Rien reçu ? Nous vous appellerons dans un instant.", "Nothing yet? We will call you in a moment.";
    voice_title: "Nous vous appelons", "We are calling you";
    voice: "Décrochez, écoutez le code, puis tapez-le sur le clavier de votre téléphone. Répondre au SMS reste possible.", "Pick up, listen to the code, then type it on your phone’s keypad. You can still answer the text instead.";
    email_title: "Ouvrez le lien", "Open the link";
    email_sent: "Nous vous avons envoyé un lien par SMS ; dans certains cas, vous le recevez aussi par e-mail. Ouvrez-le et appuyez sur le bouton de la page.", "We sent you a link by text message; in some cases it comes by e-mail too. Open it and press the button on its page.";
    valid_for: "Le code est valable encore", "The code is valid for another";
    follows: "Cette page se met à jour toute seule.", "This page keeps itself up to date.";
    verified_title: "Code confirmé", "Code confirmed";
    verified: "Merci. Il reste une vérification de notre côté ; nous vous écrirons dès qu’elle sera terminée.", "Thank you. One check is left on our side; we will write to you once it is done.";
    done_title: "Votre numéro est actif", "Your number is active";
    done: "Vous recevez un SMS avec votre numéro. Vous pouvez fermer cette page.", "You will get a text with your number. You may close this page.";
    locked_title: "Trop de codes erronés", "Too many wrong codes";
    locked: "Par sécurité, ce code ne fonctionne plus. Recommencez dans quelques minutes pour en recevoir un autre.", "To be safe, this code no longer works. Start again in a few minutes to get another one.";
    expired_title: "Le temps est écoulé", "The time is over";
    expired: "Ce code n’est plus valable. Recommencez pour en recevoir un autre.", "This code is no longer valid. Start again to get another one.";
    failed_title: "La confirmation n’a pas abouti", "The confirmation did not work out";
    failed: "Recommencez, ou contactez la boutique qui vous a envoyé ici.", "Start again, or contact the shop that sent you here.";
    no_progress_title: "Page introuvable", "Page not found";
    no_progress: "Cette adresse ne mène à aucune demande en cours.", "This address leads to no current request.";

    // Links.
    link_title: "Confirmer mon numéro", "Confirm my number";
    link: "Appuyez sur le bouton pour activer votre numéro.", "Press the button to activate your number.";
    link_button: "Confirmer", "Confirm";
    consent_title: "Est-ce bien vous ?", "Is this you?";
    consent: "Quelqu’un demande à changer les coordonnées liées à votre numéro. Rien ne change sans votre accord.", "Somebody asks to change the contact details of your number. Nothing changes unless you agree.";
    consent_yes: "C’est moi, j’accepte", "It was me, I agree";
    consent_no: "Ce n’est pas moi", "It was not me";
    declined_title: "Rien n’a été changé", "Nothing has been changed";
    declined: "Merci. La demande est refusée et vos coordonnées restent les mêmes.", "Thank you. The request is refused and your details stay as they are.";
    incomplete_title: "Lien incomplet", "Incomplete link";
    incomplete: "Ouvrez le lien entier, tel qu’il est dans notre message.", "Open the whole link, as it is in our message.";
    unknown_title: "Demande inconnue", "Unknown request";
    unknown: "Ce lien ne mène à aucune demande. Vérifiez qu’il est complet.", "This link leads to no request. Check that it is complete.";
    over_title: "Lien déjà utilisé ou expiré", "Link used or out of date";
    over: "Cette demande a déjà été traitée, ou son délai est passé.", "This request has been dealt with, or its time is over.";
    wrong_title: "Code incorrect", "Wrong code";
    wrong: "Ce lien ne contient pas le bon code. Utilisez le message le plus récent.", "This link does not hold the right code. Use the latest message.";

    less_than_a_minute: "moins d’une minute", "less than a minute";
    minute: "minute", "minute";
    minutes: "minutes", "minutes";
    hours: "heures", "hours";
}

impl Texts {
    /// A time span as people say it, rounded up.
    pub(crate) fn span(&self, seconds: i64) -> String {
        let minutes = (seconds.max(0) + 59) / 60;
        match minutes {
            0 => self.less_than_a_minute.to_owned(),
            1 => format!("1 {}", self.minute),
            2..=119 => format!("{minutes} {}", self.minutes),
            _ => format!("{} {}", (minutes + 30) / 60, self.hours),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_the_unit_that_people_would_use() {
        let said =
            [0, 1, 61, 3_600, 86_400, 86_370].map(|seconds| Texts::of(proxycall_domain::Language::En).span(seconds));
        assert_eq!(said, ["less than a minute", "1 minute", "2 minutes", "60 minutes", "24 hours", "24 hours"]);
    }
}
