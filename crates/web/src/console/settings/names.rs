//! What settings are called on the page, in both languages. The English explanation is that of the list of settings.

use proxycall_domain::{Language, setting::Setting};

/// A setting in words.
pub(super) struct Names {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
}

/// Key, name and explanation in French, name in English.
const NAMES: &[(&str, &str, &str, &str)] = &[
    (
        "regions.allowed",
        "Pays autorisés",
        "D’où l’on peut appeler et écrire aux numéros proxy : codes ISO et groupes EU, EEA et FR-DOM, séparés par des espaces. Un client joint toujours son propre numéro proxy.",
        "Countries allowed",
    ),
    (
        "destinations.forbidden",
        "Numéros interdits en plus",
        "Débuts de numéros, avec l’indicatif, qui ne sont jamais appelés, contactés ni retenus, séparés par des espaces.",
        "Further forbidden numbers",
    ),
    (
        "destinations.permitted",
        "Exceptions permises",
        "Débuts de numéros permis bien que la table livrée les interdise. Le plus long qui correspond décide.",
        "Exceptions that are permitted",
    ),
    (
        "calls.withheld",
        "Appels masqués",
        "S’ils sont refusés, une phrase l’explique à l’appelant. S’ils passent, le client voit le numéro proxy et l’appelant n’est pas retenu.",
        "Hidden callers",
    ),
    (
        "calls.ring_timeout",
        "Durée de sonnerie",
        "En secondes, de 5 à 600. Restez sous le délai de la messagerie vocale.",
        "How long it rings",
    ),
    ("calls.time_limit", "Durée maximale d’un appel", "En secondes, de 60 à 14400.", "Longest call"),
    (
        "texts.stop_words",
        "Mots d’arrêt",
        "Un message fait d’un seul de ces mots est noté comme demande d’arrêt, ni transmis ni répondu.",
        "Stop words",
    ),
    (
        "codes.channels",
        "Envoi du code",
        "Dans quel ordre le code est envoyé jusqu’à une réponse : sms, voice (appel) et email (lien), séparés par des espaces.",
        "How codes go out",
    ),
    (
        "codes.after_sms",
        "Attente après le SMS",
        "En secondes, de 20 à 3600, avant le canal suivant.",
        "Wait after the text",
    ),
    (
        "codes.after_voice",
        "Attente après l’appel",
        "En secondes, de 20 à 3600, avant le canal suivant.",
        "Wait after the call",
    ),
    (
        "codes.after_email",
        "Attente après le lien",
        "En secondes, de 20 à 3600, avant le canal suivant.",
        "Wait after the link",
    ),
    (
        "codes.mailed_link",
        "Lien reçu par e-mail",
        "Ce que fait le lien pour un nouveau client. Il prouve l’e-mail et non le téléphone : un opérateur peut devoir donner son accord.",
        "Link by e-mail",
    ),
    (
        "limits.caller_per_number",
        "Appels d’un même numéro vers un numéro proxy",
        "En dix minutes, de 1 à 1000000 ; autant de messages. Au-delà, l’appelant entend que c’est trop souvent.",
        "One caller to one proxy number",
    ),
    (
        "limits.caller",
        "Appels d’un même numéro vers tous",
        "En dix minutes, vers tous les numéros proxy ensemble.",
        "One caller to all",
    ),
    (
        "limits.token_per_second",
        "Requêtes d’un jeton par seconde",
        "À la longue, de 1 à 1000000.",
        "Requests of a token per second",
    ),
    ("limits.token_burst", "Requêtes d’un jeton à la fois", "De 1 à 1000000.", "Requests of a token at once"),
    (
        "limits.strangers",
        "Essais sans jeton valable",
        "Par adresse en dix minutes, de 1 à 1000000.",
        "Tries without a valid token",
    ),
    (
        "console.idle_minutes",
        "Déconnexion automatique",
        "Après combien de minutes sans clic la console redemande le jeton, de 5 à 720. Après douze heures, toujours.",
        "Signing out by itself",
    ),
    (
        "languages.english",
        "Pays en anglais",
        "Autres pays dont les clients sont contactés en anglais, en codes ISO.",
        "Countries in English",
    ),
    (
        "alerts.language",
        "Langue des e-mails et des notes",
        "Langue des alertes et du rapport envoyés aux adresses de PROXYCALL_ALERT_EMAILS, et des notes dans la feuille.",
        "Language of letters and notes",
    ),
    (
        "alerts.stock_below",
        "Seuil de stock bas",
        "Une alerte est émise quand il reste moins de numéros disponibles que cela dans un pays et un type utilisés, de 0 à 10000 ; 0 : seul PROXYCALL_POOL_MIN compte.",
        "Low stock below",
    ),
    (
        "alerts.repeat_minutes",
        "Rappel des alertes",
        "Après combien de minutes une alerte qui dure est de nouveau envoyée par e-mail, de 5 à 10080.",
        "Reminders of alerts",
    ),
    (
        "report.enabled",
        "Rapport hebdomadaire",
        "Envoyé par e-mail le dimanche à 23 h aux adresses de PROXYCALL_ALERT_EMAILS.",
        "Weekly report",
    ),
    (
        "report.time_zone",
        "Fuseau horaire",
        "L’heure selon laquelle commencent jours et semaines dans les rapports et les e-mails : un nom IANA comme Europe/Paris ou Indian/Reunion.",
        "Time zone",
    ),
    (
        "retention.interactions_days",
        "Appels et messages",
        "Combien de jours on garde qui était à l’autre bout, de 1 à 36500 ; 0 : toujours. Ensuite il ne reste que des chiffres.",
        "Calls and texts",
    ),
    (
        "retention.confirmations_days",
        "Confirmations terminées",
        "Combien de jours on garde nom, e-mail et téléphone, de 1 à 36500 ; 0 : toujours. La ligne de la feuille est vidée en même temps.",
        "Confirmations that are over",
    ),
    (
        "retention.closed_clients_days",
        "Clients fermés",
        "Après combien de jours tout est effacé, ici, dans la feuille et chez l’opérateur télécom, de 30 à 36500 ; 0 : jamais.",
        "Closed clients",
    ),
    ("retention.alerts_days", "Alertes terminées", "En jours, de 1 à 36500 ; 0 : toujours.", "Alerts that are over"),
    (
        "retention.carrier_days",
        "Traces chez l’opérateur télécom",
        "Après combien de jours les appels et messages y sont supprimés, de 1 à 36500 ; 0 : jamais. Ils manquent ensuite sur ses factures.",
        "The carrier’s own record",
    ),
];

/// The words that a setting may be, where they are few: each with what it means in French and in English.
pub(super) fn choices(key: &str) -> &'static [(&'static str, &'static str, &'static str)] {
    match key {
        "calls.withheld" => &[("refuse", "refusés", "refuse"), ("connect", "transmis", "connect")],
        "codes.mailed_link" => &[
            ("enrols", "inscrit le client", "enrols"),
            ("asks_operator", "attend l’accord d’un opérateur", "asks an operator"),
        ],
        "report.enabled" => &[("on", "envoyé", "on"), ("off", "pas envoyé", "off")],
        "alerts.language" => &[("fr", "français", "French"), ("en", "anglais", "English")],
        _ => &[],
    }
}

/// Such a word in the reader's language.
pub(super) fn choice(key: &str, word: &str, language: Language) -> Option<&'static str> {
    let (_, fr, en) = choices(key).iter().find(|(known, ..)| *known == word)?;
    Some(match language {
        Language::Fr => fr,
        Language::En => en,
    })
}

/// How a setting is called and explained.
pub(super) fn of(setting: &Setting, language: Language) -> Names {
    let known = NAMES.iter().find(|(key, ..)| *key == setting.key);
    match (known, language) {
        (Some((_, name, meaning, _)), Language::Fr) => Names { name, meaning },
        (Some((.., name)), Language::En) => Names { name, meaning: setting.meaning },
        (None, _) => Names { name: setting.key, meaning: setting.meaning },
    }
}

/// Under which heading a setting stands.
pub(super) fn group(key: &str, language: Language) -> &'static str {
    let (fr, en) = match key.split('.').next().unwrap_or_default() {
        "regions" | "destinations" => ("Qui peut appeler qui", "Who may call whom"),
        "calls" | "texts" => ("Appels et messages", "Calls and texts"),
        "codes" => ("Codes de confirmation", "Confirmation codes"),
        "limits" => ("Limites", "Limits"),
        "retention" => ("Conservation des données", "How long data is kept"),
        "alerts" | "report" => ("Alertes et rapports", "Alerts and reports"),
        _ => ("Console et langues", "Console and languages"),
    };
    match language {
        Language::Fr => fr,
        Language::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proxycall_domain::setting::SETTINGS;

    #[test]
    fn every_setting_has_a_name_in_both_languages() {
        for setting in SETTINGS {
            assert_ne!(of(setting, Language::Fr).name, setting.key, "{} lacks names", setting.key);
        }
        assert_eq!(NAMES.len(), SETTINGS.len());
    }

    #[test]
    fn each_word_to_choose_is_a_value_of_its_setting_and_the_default_is_among_them() {
        let policy = proxycall_domain::Policy::shipped().unwrap();
        for setting in SETTINGS {
            let words = choices(setting.key);
            for (word, ..) in words {
                policy.clone().set(setting.key, word).unwrap();
            }
            assert!(words.is_empty() || words.iter().any(|(word, ..)| *word == setting.default), "{}", setting.key);
        }
    }
}
