//! Promises: each row is one call of Twilio's API, with every parameter that is published for it.

use super::{Endpoint, Kind, Location, Operation, Parameter};

const ACCOUNT: Parameter = path("AccountSid", Kind::Sid(&["AC"]));
const MESSAGE: Parameter = path("Sid", Kind::Sid(&["SM", "MM"]));
const CALL: Parameter = path("Sid", Kind::Sid(&["CA"]));
const NUMBER: Parameter = path("Sid", Kind::Sid(&["PN"]));
const METHOD: Kind = Kind::Choice(&["GET", "POST"]);
const INTEGER: Kind = Kind::Integer { min: None, max: None };

const PAGE_SIZE: Parameter = query("PageSize", Kind::Integer { min: Some(1), max: Some(1000) });
const PAGE: Parameter = query("Page", Kind::Integer { min: Some(0), max: None });
const PAGE_TOKEN: Parameter = query("PageToken", Kind::Text);

const fn path(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, location: Location::Path, kind, required: true }
}

const fn query(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, location: Location::Query, kind, required: false }
}

const fn form(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, location: Location::Form, kind, required: false }
}

const fn required(parameter: Parameter) -> Parameter {
    Parameter { required: true, ..parameter }
}

// What a number can be given when it is bought, and later.
const API_VERSION: Parameter = form("ApiVersion", Kind::Text);
const FRIENDLY_NAME: Parameter = form("FriendlyName", Kind::Text);
const SMS_APPLICATION: Parameter = form("SmsApplicationSid", Kind::Sid(&["AP"]));
const SMS_FALLBACK_METHOD: Parameter = form("SmsFallbackMethod", METHOD);
const SMS_FALLBACK_URL: Parameter = form("SmsFallbackUrl", Kind::Uri);
const SMS_METHOD: Parameter = form("SmsMethod", METHOD);
const SMS_URL: Parameter = form("SmsUrl", Kind::Uri);
const STATUS_CALLBACK: Parameter = form("StatusCallback", Kind::Uri);
const STATUS_CALLBACK_METHOD: Parameter = form("StatusCallbackMethod", METHOD);
const VOICE_APPLICATION: Parameter = form("VoiceApplicationSid", Kind::Sid(&["AP"]));
const VOICE_CALLER_ID_LOOKUP: Parameter = form("VoiceCallerIdLookup", Kind::Boolean);
const VOICE_FALLBACK_METHOD: Parameter = form("VoiceFallbackMethod", METHOD);
const VOICE_FALLBACK_URL: Parameter = form("VoiceFallbackUrl", Kind::Uri);
const VOICE_METHOD: Parameter = form("VoiceMethod", METHOD);
const VOICE_URL: Parameter = form("VoiceUrl", Kind::Uri);
const EMERGENCY_STATUS: Parameter = form("EmergencyStatus", Kind::Choice(&["Active", "Inactive"]));
const EMERGENCY_ADDRESS: Parameter = form("EmergencyAddressSid", Kind::Sid(&["AD"]));
const TRUNK: Parameter = form("TrunkSid", Kind::Sid(&["TK"]));
const IDENTITY: Parameter = form("IdentitySid", Kind::Sid(&["RI"]));
const ADDRESS: Parameter = form("AddressSid", Kind::Sid(&["AD"]));
const VOICE_RECEIVE_MODE: Parameter = form("VoiceReceiveMode", Kind::Choice(&["voice", "fax"]));
const BUNDLE: Parameter = form("BundleSid", Kind::Sid(&["BU"]));

/// The search on one shelf: all of them take the same.
const fn search(path: &'static str) -> Endpoint {
    Endpoint {
        operation: Operation::SearchNumbers,
        method: "GET",
        path,
        parameters: SEARCH,
        one_of: &[],
        empty_clears: false,
    }
}

const SEARCH: &[Parameter] = &[
    ACCOUNT,
    path("CountryCode", Kind::Country),
    query("AreaCode", INTEGER),
    query("Contains", Kind::Text),
    query("SmsEnabled", Kind::Boolean),
    query("MmsEnabled", Kind::Boolean),
    query("VoiceEnabled", Kind::Boolean),
    query("ExcludeAllAddressRequired", Kind::Boolean),
    query("ExcludeLocalAddressRequired", Kind::Boolean),
    query("ExcludeForeignAddressRequired", Kind::Boolean),
    query("Beta", Kind::Boolean),
    query("NearNumber", Kind::Phone),
    query("NearLatLong", Kind::Text),
    query("Distance", INTEGER),
    query("InPostalCode", Kind::Text),
    query("InRegion", Kind::Text),
    query("InRateCenter", Kind::Text),
    query("InLata", Kind::Text),
    query("InLocality", Kind::Text),
    query("FaxEnabled", Kind::Boolean),
    PAGE_SIZE,
    PAGE,
    PAGE_TOKEN,
];

/// Everything the simulated carrier can be asked.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        operation: Operation::CreateMessage,
        method: "POST",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages.json",
        parameters: &[
            ACCOUNT,
            required(form("To", Kind::Phone)),
            form("StatusCallback", Kind::Uri),
            form("ApplicationSid", Kind::Sid(&["AP"])),
            form("MaxPrice", Kind::Number),
            form("ProvideFeedback", Kind::Boolean),
            form("Attempt", INTEGER),
            form("ValidityPeriod", INTEGER),
            form("ForceDelivery", Kind::Boolean),
            form("ContentRetention", Kind::Choice(&["retain", "discard"])),
            form("AddressRetention", Kind::Choice(&["retain", "obfuscate"])),
            form("SmartEncoded", Kind::Boolean),
            form("PersistentAction", Kind::Many(&Kind::Text)),
            form("TrafficType", Kind::Choice(&["free"])),
            form("ShortenUrls", Kind::Boolean),
            form("ScheduleType", Kind::Choice(&["fixed"])),
            form("SendAt", Kind::DateTime),
            form("SendAsMms", Kind::Boolean),
            form("ContentVariables", Kind::Text),
            form("RiskCheck", Kind::Choice(&["enable", "disable"])),
            form("From", Kind::Phone),
            form("FallbackFrom", Kind::Phone),
            form("MessagingServiceSid", Kind::Sid(&["MG"])),
            form("Body", Kind::Text),
            form("MediaUrl", Kind::Many(&Kind::Uri)),
            form("ContentSid", Kind::Sid(&["HX"])),
        ],
        one_of: &[&["From", "MessagingServiceSid"], &["Body", "MediaUrl", "ContentSid"]],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::ListMessages,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages.json",
        parameters: &[
            ACCOUNT,
            query("To", Kind::Phone),
            query("From", Kind::Phone),
            query("DateSent", Kind::DateTime),
            query("DateSent<", Kind::DateTime),
            query("DateSent>", Kind::DateTime),
            PAGE_SIZE,
            PAGE,
            PAGE_TOKEN,
        ],
        one_of: &[],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::FetchMessage,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
        parameters: &[ACCOUNT, MESSAGE],
        one_of: &[],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::UpdateMessage,
        method: "POST",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
        parameters: &[ACCOUNT, MESSAGE, form("Body", Kind::Text), form("Status", Kind::Choice(&["canceled"]))],
        one_of: &[],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::DeleteMessage,
        method: "DELETE",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
        parameters: &[ACCOUNT, MESSAGE],
        one_of: &[],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::FetchAccount,
        method: "GET",
        path: "/2010-04-01/Accounts/{Sid}.json",
        parameters: &[path("Sid", Kind::Sid(&["AC"]))],
        one_of: &[],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::ListNumbers,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json",
        parameters: &[
            ACCOUNT,
            query("Beta", Kind::Boolean),
            query("FriendlyName", Kind::Text),
            query("PhoneNumber", Kind::Phone),
            query("Origin", Kind::Text),
            PAGE_SIZE,
            PAGE,
            PAGE_TOKEN,
        ],
        one_of: &[],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::BuyNumber,
        method: "POST",
        path: "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json",
        parameters: &[
            ACCOUNT,
            API_VERSION,
            FRIENDLY_NAME,
            SMS_APPLICATION,
            SMS_FALLBACK_METHOD,
            SMS_FALLBACK_URL,
            SMS_METHOD,
            SMS_URL,
            STATUS_CALLBACK,
            STATUS_CALLBACK_METHOD,
            VOICE_APPLICATION,
            VOICE_CALLER_ID_LOOKUP,
            VOICE_FALLBACK_METHOD,
            VOICE_FALLBACK_URL,
            VOICE_METHOD,
            VOICE_URL,
            EMERGENCY_STATUS,
            EMERGENCY_ADDRESS,
            TRUNK,
            IDENTITY,
            ADDRESS,
            VOICE_RECEIVE_MODE,
            BUNDLE,
            form("PhoneNumber", Kind::Phone),
            form("AreaCode", Kind::Text),
        ],
        one_of: &[&["PhoneNumber", "AreaCode"]],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::FetchNumber,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json",
        parameters: &[ACCOUNT, NUMBER],
        one_of: &[],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::UpdateNumber,
        method: "POST",
        path: "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json",
        parameters: &[
            ACCOUNT,
            NUMBER,
            form("AccountSid", Kind::Sid(&["AC"])),
            API_VERSION,
            FRIENDLY_NAME,
            SMS_APPLICATION,
            SMS_FALLBACK_METHOD,
            SMS_FALLBACK_URL,
            SMS_METHOD,
            SMS_URL,
            STATUS_CALLBACK,
            STATUS_CALLBACK_METHOD,
            VOICE_APPLICATION,
            VOICE_CALLER_ID_LOOKUP,
            VOICE_FALLBACK_METHOD,
            VOICE_FALLBACK_URL,
            VOICE_METHOD,
            VOICE_URL,
            EMERGENCY_STATUS,
            EMERGENCY_ADDRESS,
            TRUNK,
            VOICE_RECEIVE_MODE,
            IDENTITY,
            ADDRESS,
            BUNDLE,
        ],
        one_of: &[],
        empty_clears: true,
    },
    Endpoint {
        operation: Operation::ReleaseNumber,
        method: "DELETE",
        path: "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json",
        parameters: &[ACCOUNT, NUMBER],
        one_of: &[],
        empty_clears: false,
    },
    search("/2010-04-01/Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/Local.json"),
    search("/2010-04-01/Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/Mobile.json"),
    search("/2010-04-01/Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/National.json"),
    search("/2010-04-01/Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/TollFree.json"),
    Endpoint {
        operation: Operation::PlaceCall,
        method: "POST",
        path: "/2010-04-01/Accounts/{AccountSid}/Calls.json",
        parameters: &[
            ACCOUNT,
            required(form("To", Kind::Endpoint)),
            required(form("From", Kind::Endpoint)),
            form("Method", METHOD),
            form("FallbackUrl", Kind::Uri),
            form("FallbackMethod", METHOD),
            STATUS_CALLBACK,
            form("StatusCallbackEvent", Kind::Many(&Kind::Text)),
            STATUS_CALLBACK_METHOD,
            form("SendDigits", Kind::Text),
            form("Timeout", INTEGER),
            form("Record", Kind::Boolean),
            form("RecordingChannels", Kind::Text),
            form("RecordingStatusCallback", Kind::Text),
            form("RecordingStatusCallbackMethod", METHOD),
            form("SipAuthUsername", Kind::Text),
            form("SipAuthPassword", Kind::Text),
            form("MachineDetection", Kind::Text),
            form("MachineDetectionTimeout", INTEGER),
            form("RecordingStatusCallbackEvent", Kind::Many(&Kind::Text)),
            form("Trim", Kind::Text),
            form("CallerId", Kind::Text),
            form("MachineDetectionSpeechThreshold", INTEGER),
            form("MachineDetectionSpeechEndThreshold", INTEGER),
            form("MachineDetectionSilenceTimeout", INTEGER),
            form("AsyncAmd", Kind::Text),
            form("AsyncAmdStatusCallback", Kind::Uri),
            form("AsyncAmdStatusCallbackMethod", METHOD),
            form("Byoc", Kind::Sid(&["BY"])),
            form("CallReason", Kind::Text),
            form("CallToken", Kind::Text),
            form("RecordingTrack", Kind::Text),
            form("TimeLimit", INTEGER),
            form("ClientNotificationUrl", Kind::Uri),
            form("Url", Kind::Uri),
            form("Twiml", Kind::Twiml),
            form("ApplicationSid", Kind::Sid(&["AP"])),
        ],
        one_of: &[&["Url", "Twiml", "ApplicationSid"]],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::FetchCall,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json",
        parameters: &[ACCOUNT, CALL],
        one_of: &[],
        empty_clears: false,
    },
    Endpoint {
        operation: Operation::DeleteCall,
        method: "DELETE",
        path: "/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json",
        parameters: &[ACCOUNT, CALL],
        one_of: &[],
        empty_clears: false,
    },
];
