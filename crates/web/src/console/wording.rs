//! Promises: what the service calls by a short word in its API, the console calls by words that staff use.

use proxycall_domain::{
    Channel, Direction, Language, NumberStatus, NumberType, Outcome, PhoneNumber, Scope, pool::life::Actor,
};

use super::layout::Tone;

fn choose<'a>(language: Language, fr: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Fr => fr,
        Language::En => en,
    }
}

/// A call or a text.
pub(crate) fn channel(channel: Channel, language: Language) -> &'static str {
    match channel {
        Channel::Call => choose(language, "Appel", "Call"),
        Channel::Text => choose(language, "SMS", "Text"),
    }
}

/// Who reached whom.
pub(crate) fn direction(direction: Option<Direction>, language: Language) -> &'static str {
    match direction {
        Some(Direction::ToClient) => choose(language, "vers le client", "to the client"),
        Some(Direction::FromClient) => choose(language, "du client", "from the client"),
        None => choose(language, "vers un numéro à personne", "to nobody’s number"),
    }
}

/// What became of a call or text.
pub(crate) fn outcome(outcome: Outcome, language: Language) -> &'static str {
    let (fr, en) = match outcome {
        Outcome::Connecting => ("en cours", "connecting"),
        Outcome::Completed => ("abouti", "answered"),
        Outcome::Busy => ("occupé", "busy"),
        Outcome::NoAnswer => ("sans réponse", "no answer"),
        Outcome::Canceled => ("raccroché avant", "hung up before"),
        Outcome::Queued => ("à envoyer", "to be sent"),
        Outcome::Sending => ("en cours d’envoi", "being sent"),
        Outcome::Sent => ("envoyé", "sent"),
        Outcome::Delivered => ("reçu", "delivered"),
        Outcome::Undelivered => ("non reçu", "not delivered"),
        Outcome::Unknown => ("sort inconnu", "not known"),
        Outcome::Failed => ("échec", "failed"),
        Outcome::OptOut => ("demande d’arrêt", "asked to stop"),
        Outcome::RefusedUnknownNumber => ("refusé : numéro à personne", "refused: nobody’s number"),
        Outcome::RefusedRegion => ("refusé : pays non autorisé", "refused: country not allowed"),
        Outcome::RefusedWithheld => ("refusé : numéro masqué", "refused: hidden number"),
        Outcome::RefusedNoRecentCaller => ("refusé : personne à rappeler", "refused: nobody to call back"),
        Outcome::RefusedDestination => ("refusé : numéro interdit", "refused: forbidden number"),
        Outcome::RefusedLoop => ("refusé : appel en boucle", "refused: a loop"),
        Outcome::RefusedEmpty => ("refusé : message vide", "refused: empty text"),
        Outcome::RefusedBlocked => ("refusé : appelant bloqué", "refused: blocked"),
        Outcome::RefusedPaused => ("refusé : client en pause", "refused: client paused"),
    };
    choose(language, fr, en)
}

/// Whether that is as it should be.
pub(crate) fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Completed | Outcome::Sent | Outcome::Delivered => Tone::Good,
        Outcome::Connecting | Outcome::Queued | Outcome::Sending => Tone::Busy,
        Outcome::Busy | Outcome::NoAnswer | Outcome::Canceled | Outcome::Unknown => Tone::Warn,
        Outcome::Undelivered | Outcome::Failed => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// How a proxy number stands.
pub(crate) fn status(status: NumberStatus, language: Language) -> &'static str {
    let (fr, en) = match status {
        NumberStatus::Available => ("libre", "free"),
        NumberStatus::Reserved => ("réservé", "reserved"),
        NumberStatus::Assigned => ("attribué", "assigned"),
        NumberStatus::Quarantined => ("en repos", "resting"),
        NumberStatus::Released => ("rendu", "given back"),
        NumberStatus::Error => ("mis de côté", "set aside"),
        NumberStatus::Missing => ("disparu chez l’opérateur", "gone at the carrier"),
    };
    choose(language, fr, en)
}

/// Whether somebody should look at a number in that state.
pub(crate) fn status_tone(status: NumberStatus) -> Tone {
    match status {
        NumberStatus::Available | NumberStatus::Assigned => Tone::Good,
        NumberStatus::Reserved => Tone::Busy,
        NumberStatus::Quarantined | NumberStatus::Released => Tone::Plain,
        NumberStatus::Error => Tone::Warn,
        NumberStatus::Missing => Tone::Bad,
    }
}

/// A kind of number.
pub(crate) fn number_type(number_type: NumberType, language: Language) -> &'static str {
    match number_type {
        NumberType::Mobile => choose(language, "mobile", "mobile"),
        NumberType::Local => choose(language, "fixe", "local"),
    }
}

/// How much a token may do.
pub(crate) fn scope(scope: Scope, language: Language) -> &'static str {
    match scope {
        Scope::Read => choose(language, "consulter", "look"),
        Scope::Operate => choose(language, "agir", "act"),
        Scope::Admin => choose(language, "administrer", "administer"),
    }
}

/// Who did something.
pub(crate) fn actor(actor: Actor, language: Language) -> String {
    match actor {
        Actor::Api => choose(language, "l’API", "the API").to_owned(),
        Actor::Token(name) => name.to_string(),
        Actor::Cli => choose(language, "la ligne de commande", "the command line").to_owned(),
        Actor::Sheet => choose(language, "la feuille Google", "the Google Sheet").to_owned(),
        Actor::System => choose(language, "le service", "the service").to_owned(),
    }
}

/// A proxy number, which is nobody's secret, in groups that people can read aloud.
pub(crate) fn proxy(number: PhoneNumber) -> String {
    grouped(&number.expose())
}

/// A number in groups: French ones by two, others by three.
pub(crate) fn grouped(e164: &str) -> String {
    let (code, rest) = match e164.strip_prefix("+33") {
        Some(rest) if rest.len() == 9 => ("+33 ", rest),
        _ => ("", e164),
    };
    let mut text = code.to_owned();
    if code.is_empty() {
        // Two pairs at the end, rather than a digit alone.
        let pairs_from = if rest.len() % 3 == 1 { rest.len().saturating_sub(4) } else { rest.len() };
        for (place, sign) in rest.chars().enumerate() {
            let begins =
                if place <= pairs_from { place.is_multiple_of(3) } else { (place - pairs_from).is_multiple_of(2) };
            if place > 0 && begins {
                text.push(' ');
            }
            text.push(sign);
        }
        return text;
    }
    for (place, sign) in rest.chars().enumerate() {
        if place % 2 == 1 {
            text.push(' ');
        }
        text.push(sign);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_in_groups() {
        assert_eq!(grouped("+33199000001"), "+33 1 99 00 00 01");
        assert_eq!(grouped("+447700900123"), "+44 770 090 01 23");
    }

    #[test]
    fn every_outcome_has_words_of_its_own_in_both_languages() {
        for language in [Language::Fr, Language::En] {
            let mut said: Vec<&str> = Outcome::ALL.iter().map(|known| outcome(*known, language)).collect();
            said.sort_unstable();
            said.dedup();
            assert_eq!(said.len(), Outcome::ALL.len());
        }
    }
}
