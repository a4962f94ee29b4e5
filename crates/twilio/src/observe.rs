//! What the client tells of itself, to be watched by an operator. What each metric means is in the table of
//! `crates/prometheus`.

use std::borrow::Cow;

use metrics::counter;
use proxycall_service::ports::carrier::CarrierError;

use crate::error_code::is_known;

/// One request to the carrier came to this.
pub(crate) fn request<T>(operation: &'static str, outcome: &Result<T, CarrierError>) {
    let result = match outcome {
        Ok(_) => "ok",
        Err(CarrierError::Unreachable(_)) => "unreachable",
        Err(CarrierError::SlowDown { .. }) => "slow_down",
        Err(CarrierError::Failed { .. }) => "failed",
        Err(CarrierError::AnswerLost(_)) => "answer_lost",
        Err(CarrierError::Refused { .. }) => "refused",
    };
    counter!("proxycall_carrier_requests_total", "operation" => operation, "result" => result).increment(1);
}

/// The carrier gave an error code, in an answer or in a report; 0 is none. Codes that are not in our table are counted as
/// one, so that nobody can make ever more series.
pub fn count_error(code: i32) {
    let code = match code {
        0 => return,
        code if is_known(code) => Cow::Owned(code.to_string()),
        _ => Cow::Borrowed("other"),
    };
    counter!("proxycall_carrier_errors_total", "code" => code).increment(1);
}
