//! Promises: what the service calls by a short word in its API, the console calls by words that staff use.

use proxycall_domain::{
    Channel, Direction, Language, NumberStatus, NumberType, Outcome, PhoneNumber, Scope, TokenName, pool::life::Actor,
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
        Actor::Api => choose(language, "sans jeton", "without a token").to_owned(),
        Actor::Token(name) if name == TokenName::environment() => {
            choose(language, "le jeton de l’environnement", "the environment’s token").to_owned()
        }
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

/// A number with its calling code apart: a French one in pairs, as it is said there; how others are grouped is for their
/// country to say.
pub(crate) fn grouped(e164: &str) -> String {
    let Some(digits) = e164.strip_prefix('+') else { return e164.to_owned() };
    let (code, rest) = digits.split_at_checked(calling_code(digits)).unwrap_or((digits, ""));
    let mut text = format!("+{code} ");
    for (place, sign) in rest.chars().enumerate() {
        if code == "33" && rest.len() == 9 && place % 2 == 1 {
            text.push(' ');
        }
        text.push(sign);
    }
    text
}

/// How many digits the calling code of a number has: one in zones 1 and 7, two where that is an assigned code, else three.
fn calling_code(digits: &str) -> usize {
    const OF_TWO: [&str; 44] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    match digits.get(..2) {
        _ if digits.starts_with(['1', '7']) => 1,
        Some(two) if OF_TWO.contains(&two) => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proxycall_domain::{Countries, national::NationalNumbers};

    #[test]
    fn a_french_number_reads_in_pairs_and_any_other_with_its_calling_code_apart() {
        assert_eq!(grouped("+33199000001"), "+33 1 99 00 00 01");
        assert_eq!(grouped("+447700900123"), "+44 7700900123");
        assert_eq!(grouped("+12025550123"), "+1 2025550123");
        assert_eq!(grouped("+35315550123"), "+353 15550123");
    }

    #[test]
    fn the_calling_code_of_every_country_is_parted_as_the_table_has_it() {
        let (countries, numbers) = (Countries::shipped().unwrap(), NationalNumbers::shipped().unwrap());
        for country in countries.iter() {
            let Some(code) = numbers.calling_code(country.code) else { continue };
            assert_eq!(calling_code(&format!("{code}5550123")), code.len(), "{}", country.code);
        }
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
