//! Twilio, or a carrier that speaks its API: what comes in is checked ([`Verifier`]) and read ([`Form`]), what is
//! answered is written ([`VoiceResponse`], [`MessagingResponse`]), what we ask of it is asked ([`TwilioClient`]), and
//! its error codes are put in words ([`explain`]).
//!
//! Nothing here decides anything about calls or texts; it translates between the carrier's words and the service's.

mod client;
mod error_code;
mod form;
mod observe;
mod signature;
mod twiml;
mod wire;

pub use client::{
    CONNECT_TIMEOUT, ClientError, DEFAULT_API_BASE_URL, Patience, TOTAL_TIMEOUT, TwilioClient, TwilioConfig,
};
pub use error_code::{Explanation, explain, explain_in};
pub use form::Form;
pub use observe::count_error;
pub use signature::{Payload, SIGNATURE_HEADER, SignatureError, Verifier, VerifierError, sign};
pub use twiml::{CONTENT_TYPE, Dial, Gather, MessagingResponse, Say, VoiceResponse};
