//! What the client tells of itself, to be watched by an operator. What each metric means is in the table of
//! `crates/prometheus`.

use metrics::counter;
use proxycall_service::ports::SheetError;

/// One request to Google came to this.
pub(crate) fn request<T>(operation: &'static str, outcome: &Result<T, SheetError>) {
    let result = match outcome {
        Ok(_) => "ok",
        Err(SheetError::Unreachable(_)) => "unreachable",
        Err(SheetError::Key(_)) => "key",
        Err(SheetError::Forbidden(_)) => "forbidden",
        Err(SheetError::NotFound | SheetError::Ambiguous(_)) => "not_found",
        Err(SheetError::NoSuchTab) => "no_such_tab",
        Err(SheetError::Quota { .. }) => "quota",
        Err(SheetError::Failed { .. }) => "failed",
        Err(SheetError::Refused { .. } | SheetError::OutsideGrid) => "refused",
        Err(SheetError::Protected) => "protected",
        Err(SheetError::AnswerLost(_)) => "answer_lost",
    };
    counter!("proxycall_google_requests_total", "operation" => operation, "result" => result).increment(1);
}
