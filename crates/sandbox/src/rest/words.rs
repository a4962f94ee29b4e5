//! Promises: every refusal of the simulator has a sentence.

/// What a code means, in our words.
pub(super) fn refusal_in_words(code: i32) -> &'static str {
    match code {
        20009 => "The message is not complete yet",
        20429 => "Too many requests",
        21210 => "The 'From' phone number is not verified or not a number of this account.",
        21211 => "The 'To' number is not a valid phone number.",
        21205 => "The 'Url' is not a valid URL.",
        21212 => "The 'From' number is not a valid phone number.",
        21266 => "'To' and 'From' cannot be the same number.",
        21404 => "A trial account can have one phone number only.",
        21405 => "Cannot set VoiceFallbackUrl without setting VoiceUrl.",
        21406 => "Cannot set SmsFallbackUrl without setting SmsUrl.",
        21408 => "Permission to send a text to this region is not enabled.",
        21421 => "The phone number is not valid.",
        21422 => "The phone number is not available.",
        21452 => "No phone numbers found in this area.",
        21606 => "The 'From' phone number is not a number of this account that can send texts.",
        21610 => "The recipient has opted out of texts from this number.",
        21614 => "The 'To' number is not a mobile number.",
        21617 => "The message body exceeds 1600 characters.",
        21631 => "The phone number requires an address: AddressSid is missing.",
        21649 => "The phone number requires a bundle that fits: BundleSid is missing or another.",
        21651 => "The address is not part of the bundle.",
        30003 => "Unreachable handset",
        30004 => "Message blocked",
        30005 => "Unknown handset",
        30006 => "Landline or unreachable carrier",
        30007 => "Message filtered",
        _ => "The carrier refused",
    }
}
