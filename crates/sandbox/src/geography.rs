//! Promises: the country that a webhook names for a number, for the countries the sandbox knows.

/// Dial codes and countries (ITU-T E.164): the European Union, the EEA, Switzerland, the United Kingdom and, because
/// the fixtures call from there, the United States. Not exhaustive: an unknown code has no country.
const COUNTRIES: &[(&str, &str)] = &[
    ("1", "US"),
    ("30", "GR"),
    ("31", "NL"),
    ("32", "BE"),
    ("33", "FR"),
    ("34", "ES"),
    ("351", "PT"),
    ("352", "LU"),
    ("353", "IE"),
    ("354", "IS"),
    ("356", "MT"),
    ("357", "CY"),
    ("358", "FI"),
    ("359", "BG"),
    ("36", "HU"),
    ("370", "LT"),
    ("371", "LV"),
    ("372", "EE"),
    ("385", "HR"),
    ("386", "SI"),
    ("39", "IT"),
    ("40", "RO"),
    ("41", "CH"),
    ("420", "CZ"),
    ("421", "SK"),
    ("423", "LI"),
    ("43", "AT"),
    ("44", "GB"),
    ("45", "DK"),
    ("46", "SE"),
    ("47", "NO"),
    ("48", "PL"),
    ("49", "DE"),
];

/// The ISO 3166-1 alpha-2 code of a number's country; empty for what is no number (withheld, alphanumeric, a short
/// code) or a country not listed here.
pub(crate) fn country(address: &str) -> &'static str {
    listed(address).map_or("", |(_, country)| country)
}

/// The dial code of a number, without its `+`; empty where [`country`] is.
pub(crate) fn dial_code(address: &str) -> &'static str {
    listed(address).map_or("", |(code, _)| code)
}

fn listed(address: &str) -> Option<(&'static str, &'static str)> {
    let digits = without_channel(address).strip_prefix('+')?;
    COUNTRIES.iter().find(|(code, _)| digits.starts_with(code)).copied()
}

/// The address without a channel's prefix: `whatsapp:+33639980001` is `+33639980001`.
pub(crate) fn without_channel(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(_, bare)| bare)
}

/// Whether this is a number that can be dialled: `+` and 7 to 15 digits, the first not 0.
pub(crate) fn is_e164(address: &str) -> bool {
    address.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether this is a name that a text can be sent as: at most 11 letters, digits and spaces, with a letter.
pub(crate) fn is_name(address: &str) -> bool {
    (1..=11).contains(&address.len())
        && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
        && address.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_follow_the_dial_code_and_withheld_callers_have_none() {
        for (address, expected) in [
            ("+33639980001", "FR"),
            ("+351910000001", "PT"),
            ("whatsapp:+447700900001", "GB"),
            ("anonymous", ""),
            ("+266696687", ""),
            ("38123", ""),
            ("", ""),
        ] {
            assert_eq!(country(address), expected, "{address}");
        }
    }
}
