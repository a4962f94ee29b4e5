//! Promises: every code of the carrier reads as a sentence, with what an operator can do about it, in both languages.
//!
//! Source: Twilio's error dictionary, <https://www.twilio.com/docs/api/errors>; only what a masking service can meet.

mod french;

use proxycall_domain::Language;

use french::FRENCH;

/// What a code of the carrier says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// What happened.
    pub meaning: &'static str,
    /// What an operator can do about it.
    pub remedy: &'static str,
    /// Whether the same request, or the same text, may succeed later without anybody doing anything.
    pub retry_helps: bool,
}

/// Puts a code in words. Codes that are not known get an answer too.
#[must_use]
pub fn explain(code: i32) -> Explanation {
    match CODES.binary_search_by_key(&code, |(known, _)| *known).ok().and_then(|at| CODES.get(at)) {
        Some((_, explanation)) => *explanation,
        None if code == 0 => NO_CODE,
        None => UNKNOWN,
    }
}

/// Puts a code in words of a language: what it means, and what to do.
#[must_use]
pub fn explain_in(code: i32, language: Language) -> (&'static str, &'static str) {
    let explanation = explain(code);
    let french = || match FRENCH.binary_search_by_key(&code, |(known, ..)| *known).ok().and_then(|at| FRENCH.get(at)) {
        Some((_, meaning, remedy)) => (*meaning, *remedy),
        None if code == 0 => NO_CODE_IN_FRENCH,
        None => UNKNOWN_IN_FRENCH,
    };
    match language {
        Language::En => (explanation.meaning, explanation.remedy),
        Language::Fr => french(),
    }
}

/// Whether a code is in the table.
pub(crate) fn is_known(code: i32) -> bool {
    CODES.binary_search_by_key(&code, |(known, _)| *known).is_ok()
}

const NO_CODE: Explanation = lasting(
    "The carrier gave no code.",
    "Check that TWILIO_API_BASE_URL is the address of Twilio or of a carrier that speaks its API.",
);

const UNKNOWN: Explanation = lasting(
    "A code that ProxyCall does not know.",
    "Look the code up in Twilio's error dictionary, https://www.twilio.com/docs/api/errors.",
);

const NO_CODE_IN_FRENCH: (&str, &str) = (
    "L’opérateur n’a donné aucun code.",
    "Vérifiez que TWILIO_API_BASE_URL est celle de Twilio ou d’un opérateur qui parle son API.",
);

const UNKNOWN_IN_FRENCH: (&str, &str) = (
    "Un code que ProxyCall ne connaît pas.",
    "Cherchez ce code dans le dictionnaire de Twilio, https://www.twilio.com/docs/api/errors.",
);

/// Stays so until somebody changes something.
const fn lasting(meaning: &'static str, remedy: &'static str) -> Explanation {
    Explanation { meaning, remedy, retry_helps: false }
}

/// May pass by itself.
const fn passing(meaning: &'static str, remedy: &'static str) -> Explanation {
    Explanation { meaning, remedy, retry_helps: true }
}

/// In ascending order, for the search.
const CODES: &[(i32, Explanation)] = &[
    // The account and its requests.
    (10001, lasting("The Twilio account is not active.", "Check its balance and status in the Twilio console.")),
    (10002, lasting("A trial account may not do this.", "Upgrade the Twilio account.")),
    (10004, passing("Too many calls at the same time.", "Ask Twilio for a higher limit of concurrent calls.")),
    (11200, lasting("Twilio got no usable answer from a webhook.", "Check that the service is up at PUBLIC_BASE_URL.")),
    (11205, lasting("Twilio could not connect to a webhook.", "Check that PUBLIC_BASE_URL is reachable from outside.")),
    (11210, lasting("The name of a webhook's host is not known.", "Check PUBLIC_BASE_URL and its DNS entry.")),
    (
        11237,
        lasting("The certificate of a webhook's host is not trusted.", "Renew the certificate at PUBLIC_BASE_URL."),
    ),
    (12100, lasting("A webhook's answer was not valid TwiML.", "Check that the number's webhook points to ProxyCall.")),
    (
        12300,
        lasting(
            "A webhook's answer was not of a type that can hold TwiML.",
            "Check that the number's webhook points to ProxyCall.",
        ),
    ),
    (13214, lasting("The caller ID may not be used.", "Check that the proxy number still belongs to the account.")),
    (13223, lasting("The number to dial is malformed.", "Correct the client's phone number.")),
    (13224, lasting("The number to dial is invalid or cannot be reached.", "Check the client's phone number.")),
    (13225, lasting("Twilio blocks calls to this number.", "Ask Twilio's support why it is blocked.")),
    (13227, lasting("Calls to this country are not enabled.", "Enable it in Twilio's voice geographic permissions.")),
    (14107, passing("Too many texts between two numbers.", "Check that no automatic answers go back and forth.")),
    (20001, lasting("A parameter is unknown or not allowed.", "Report this as a fault of ProxyCall.")),
    (20002, lasting("The friendly name is not valid.", "Use at most 64 plain characters.")),
    (20003, lasting("The credentials are wrong.", "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")),
    (
        20004,
        lasting(
            "The carrier does not take this method.",
            "Check that TWILIO_API_BASE_URL is Twilio or a carrier that speaks its API.",
        ),
    ),
    (20005, lasting("The Twilio account is not active.", "Check its balance and status in the Twilio console.")),
    (20006, lasting("The credentials may not do this.", "Use the account's own auth token.")),
    (20007, lasting("The page asked for is too large.", "Report this as a fault of ProxyCall.")),
    (20008, lasting("Test credentials cannot do this.", "Use the account's live credentials.")),
    (20009, passing("What is to be deleted is not complete yet.", "Nothing to do; it is tried again later.")),
    (20010, lasting("Twilio has disabled this for the account.", "Ask Twilio's support why.")),
    (20151, lasting("The credentials are wrong.", "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")),
    (20162, passing("Another change of the same thing is under way.", "Nothing to do; it is tried again later.")),
    (20403, lasting("The account may not do this.", "Check the account's permissions in the Twilio console.")),
    (
        20404,
        lasting(
            "What was asked for does not exist.",
            "It may be gone; else check TWILIO_ACCOUNT_SID and TWILIO_API_BASE_URL.",
        ),
    ),
    (20409, passing("Another change of the same thing came first.", "Nothing to do; it is tried again later.")),
    (
        20412,
        lasting("What this depends on is not given.", "Look at the number and its services in the Twilio console."),
    ),
    (20422, lasting("A parameter is not valid.", "Check TWILIO_ADDRESS_SID and TWILIO_BUNDLE_SID.")),
    (20423, lasting("An id is not valid.", "Check TWILIO_ADDRESS_SID and TWILIO_BUNDLE_SID.")),
    (20429, passing("Too many requests.", "Nothing to do; if it lasts, ask Twilio for a higher limit.")),
    (20500, passing("Twilio failed.", "Look at status.twilio.com if it lasts.")),
    (20503, passing("Twilio is unavailable for a moment.", "Look at status.twilio.com if it lasts.")),
    (20504, passing("Twilio failed.", "Look at status.twilio.com if it lasts.")),
    // Calls and texts that are refused when asked for.
    (21201, lasting("The number to call is missing.", "Report this as a fault of ProxyCall.")),
    (21202, lasting("The number to call is a premium number.", "Correct the receiver's phone number.")),
    (21203, lasting("International calls are not enabled.", "Enable them in Twilio's voice geographic permissions.")),
    (21205, lasting("The address that answers the call is not valid.", "Check PUBLIC_BASE_URL.")),
    (21210, lasting("The caller ID is not verified.", "Check that the proxy number still belongs to the account.")),
    (21211, lasting("The receiver's number is not valid.", "Correct the receiver's phone number.")),
    (21212, lasting("The sender's number is not valid.", "Check that the proxy number still belongs to the account.")),
    (21213, lasting("The caller's number is missing.", "Report this as a fault of ProxyCall.")),
    (21214, lasting("The number cannot be reached.", "Check the receiver's phone number.")),
    (21215, lasting("Calls to this country are not enabled.", "Enable it in Twilio's voice geographic permissions.")),
    (21216, lasting("Twilio blocks calls to this number.", "Ask Twilio's support why it is blocked.")),
    (21217, lasting("The phone number is not valid.", "Correct the phone number.")),
    (
        21219,
        lasting("A trial account calls verified numbers only.", "Verify the receiver's number or upgrade the account."),
    ),
    (
        21264,
        lasting("The sender's number is not verified.", "Check that the proxy number still belongs to the account."),
    ),
    (21266, lasting("Sender and receiver are the same number.", "Correct the client's phone number.")),
    (
        21267,
        lasting(
            "A trial account cannot send as a name.",
            "Upgrade the account, or set PROXYCALL_OTP_SENDER to a number.",
        ),
    ),
    (21401, lasting("The phone number is not valid.", "Correct the number.")),
    (21402, lasting("A webhook's address is not valid.", "Check PUBLIC_BASE_URL.")),
    (21403, lasting("A webhook's method is not valid.", "Report this as a fault of ProxyCall.")),
    (21404, lasting("A trial account may hold one number only.", "Upgrade the Twilio account.")),
    (21405, lasting("A fallback for calls needs an address for calls.", "Report this as a fault of ProxyCall.")),
    (21406, lasting("A fallback for texts needs an address for texts.", "Report this as a fault of ProxyCall.")),
    (21407, lasting("This kind of number takes no texts.", "Choose a number that does.")),
    (
        21408,
        lasting("Texts to this country are not enabled.", "Enable it in Twilio's messaging geographic permissions."),
    ),
    (21420, lasting("The application belongs to another account.", "Take it off the number in the Twilio console.")),
    (21421, lasting("The number to buy is not valid.", "Correct the number.")),
    (21422, lasting("The number is no longer for sale.", "Choose another number.")),
    (21451, lasting("The area code is not valid.", "Correct the area code.")),
    (21452, lasting("No number is for sale there.", "Try another number type or country.")),
    (21457, lasting("Area codes mean nothing in this country.", "Choose a number from the search instead.")),
    (21458, lasting("The number is of another type than the one asked for.", "Try another number type.")),
    (21472, lasting("The Twilio account is not active.", "Check its balance and status in the Twilio console.")),
    (21481, passing("The list changed while it was read.", "Nothing to do; it is tried again later.")),
    (21601, lasting("The sender's number cannot send texts.", "Give the client a number that can.")),
    (21602, lasting("The text is empty.", "Nothing to do.")),
    (21603, lasting("The sender is missing.", "Report this as a fault of ProxyCall.")),
    (21604, lasting("The receiver is missing.", "Report this as a fault of ProxyCall.")),
    (
        21606,
        lasting("The sender's number cannot text this receiver.", "Give the client a number of that country that can."),
    ),
    (
        21608,
        lasting("A trial account texts verified numbers only.", "Verify the receiver's number or upgrade the account."),
    ),
    (21609, lasting("The status callback is no valid address.", "Check PUBLIC_BASE_URL.")),
    (
        21610,
        lasting(
            "The receiver has opted out of texts from this number.",
            "The receiver must text START to the proxy number.",
        ),
    ),
    (21611, passing("Too many texts wait to be sent from this number.", "Nothing to do; it is tried again later.")),
    (
        21612,
        lasting("No route from this number to this receiver.", "Give the client a number of the receiver's country."),
    ),
    (21613, lasting("The number needs an address.", "Set TWILIO_ADDRESS_SID to an address that fits the number.")),
    (
        21614,
        lasting("The receiver's number is not a mobile number.", "Texts cannot reach it: use another number or call."),
    ),
    (
        21615,
        lasting("The number needs an address in its own country or area.", "Set TWILIO_ADDRESS_SID to a local one."),
    ),
    (21617, lasting("The text is longer than 1,600 characters.", "Shorten it.")),
    (21628, lasting("The address cannot be confirmed.", "Correct the address in the Twilio console.")),
    (
        21629,
        lasting(
            "The address cannot be confirmed, but a similar one can.",
            "Correct the address in the Twilio console.",
        ),
    ),
    (21631, lasting("The number needs an address.", "Set TWILIO_ADDRESS_SID to an address that fits the number.")),
    (21635, lasting("The receiver's number is a landline.", "Texts cannot reach it: use another number or call.")),
    (21648, lasting("The bundle is in use by a number.", "Give the number back first, or another bundle.")),
    (
        21649,
        lasting(
            "The number needs a regulatory bundle, or another one.",
            "Set TWILIO_BUNDLE_SID to one for its country and type.",
        ),
    ),
    (21650, lasting("The number needs a verified identity.", "Have the identity verified in the Twilio console.")),
    (
        21651,
        lasting("The address or bundle does not meet the rules.", "Make TWILIO_ADDRESS_SID and TWILIO_BUNDLE_SID fit."),
    ),
    (
        21657,
        lasting(
            "The receiver's country does not take texts from this name.",
            "Register the name in the Twilio console, or set PROXYCALL_OTP_SENDER to a number.",
        ),
    ),
    (21659, lasting("The sender's number is not one of Twilio's.", "Check that it still belongs to the account.")),
    (21660, lasting("The sender's number belongs to another account.", "Check that it still belongs to this account.")),
    (21661, lasting("The sender's number cannot send texts.", "Give the client a number that can.")),
    (
        21701,
        lasting(
            "The messaging service does not exist.",
            "Check PROXYCALL_OTP_SENDER; a number that is in it: take it out in the Twilio console.",
        ),
    ),
    (
        21703,
        lasting(
            "The messaging service has no number that can send this.",
            "Add a number to it in the Twilio console, or change PROXYCALL_OTP_SENDER.",
        ),
    ),
    (21710, lasting("The number is in this messaging service already.", "Nothing to do.")),
    (21712, lasting("The number is in another messaging service.", "Take it out of that one in the Twilio console.")),
    (
        21714,
        lasting(
            "The messaging service holds as many numbers as it may.",
            "Use another service, or ask Twilio for a higher limit.",
        ),
    ),
    (21715, lasting("The number cannot do what its messaging service needs.", "Choose another number.")),
    // Texts that were accepted and not delivered.
    (30001, passing("Too many texts were waiting.", "Nothing to do; send fewer at a time if it lasts.")),
    (30002, lasting("The Twilio account was suspended.", "Check its balance and status in the Twilio console.")),
    (30003, passing("The handset cannot be reached: off or out of range.", "Try again later.")),
    (30004, lasting("The receiver or the operator blocks this text.", "Ask the receiver to unblock the proxy number.")),
    (30005, lasting("The receiver's number is unknown to its operator.", "Check that the number is still in use.")),
    (30006, lasting("The receiver is a landline or its operator takes no texts.", "Use another number or call.")),
    (
        30007,
        lasting(
            "The operator's filter stopped the text.",
            "Avoid links and advertising; ask Twilio's support if it lasts.",
        ),
    ),
    (30008, passing("The operator did not deliver it and gave no reason.", "Try again later.")),
    (30010, lasting("The text costs more than allowed.", "Shorten it.")),
    (30017, passing("The operator's network is congested.", "Try again later.")),
    (30022, passing("More texts than the operator lets through.", "Send fewer texts at a time.")),
    (
        30024,
        lasting("The sender's number is not yet known to the operator.", "Wait for its registration, or ask Twilio."),
    ),
    (30034, lasting("US: the sender's number is in no registered campaign.", "Register the number for A2P 10DLC.")),
    (30036, passing("The text waited too long to be sent.", "Send fewer texts at a time.")),
    (30410, passing("The operator did not answer in time.", "Try again later; it may have been delivered.")),
    (
        32205,
        lasting("Calls to this destination are not enabled.", "Enable it in Twilio's voice geographic permissions."),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn codes_ascend_so_that_each_is_found() {
        assert!(CODES.is_sorted_by(|(one, _), (next, _)| one < next));
        assert!(CODES.iter().all(|(code, explanation)| explain(*code) == *explanation));
    }

    #[test]
    fn meaning_and_remedy_are_sentences() {
        for (code, explanation) in CODES.iter().chain([(0, NO_CODE), (-1, UNKNOWN)].iter()) {
            for sentence in [explanation.meaning, explanation.remedy] {
                assert!(sentence.len() > 5 && sentence.ends_with('.'), "{code}: {sentence}");
            }
        }
    }

    #[test]
    fn every_code_reads_in_french_too() {
        let codes = |of: &[(i32, &str, &str)]| of.iter().map(|(code, ..)| *code).collect::<Vec<_>>();
        assert_eq!(codes(FRENCH), CODES.iter().map(|(code, _)| *code).collect::<Vec<_>>());
        for code in CODES.iter().map(|(code, _)| *code).chain([0, -1]) {
            let (meaning, remedy) = explain_in(code, Language::Fr);
            assert!(meaning.ends_with('.') && remedy.ends_with('.'), "{code}: {meaning} {remedy}");
            assert_ne!(meaning, explain(code).meaning, "{code}");
        }
        assert_eq!(explain_in(30003, Language::En), (explain(30003).meaning, explain(30003).remedy));
    }

    #[rstest]
    #[case(20429, true)]
    #[case(21611, true)]
    #[case(30003, true)]
    #[case(20003, false)]
    #[case(21610, false)]
    #[case(21614, false)]
    #[case(0, false)]
    #[case(99_999, false)]
    #[case(i32::MIN, false)]
    fn it_is_known_what_may_pass_by_itself(#[case] code: i32, #[case] retry_helps: bool) {
        assert_eq!(explain(code).retry_helps, retry_helps);
    }
}
