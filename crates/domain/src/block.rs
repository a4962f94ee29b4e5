//! Promises: a blocked caller is a number, whom it may not reach, and a reason that hides from logs.

use jiff::Timestamp;

use crate::{
    BlockId, ClientId, FieldError, PhoneNumber,
    client::{NO_CONTROL, personal_text},
    pool::life::Actor,
};

/// Longest reason, in characters.
const REASON_MAX: usize = 200;

personal_text!(
    /// Why somebody is blocked: up to 200 characters, none of them control characters. People write names and numbers
    /// into such a field, so `Debug` hides it.
    BlockReason
);

impl BlockReason {
    /// Checks a reason; none is an empty one.
    ///
    /// # Errors
    /// Says which rule is broken, never the text.
    pub fn parse(field: &'static str, text: Option<&str>) -> Result<Self, FieldError> {
        let text = text.unwrap_or_default().trim();
        if text.chars().count() > REASON_MAX {
            return Err(FieldError::new(
                field,
                ("doit avoir 200 caractères au plus", "must have 200 characters at most"),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(FieldError::new(field, NO_CONTROL));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Somebody who is not connected, as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Our id.
    pub id: BlockId,
    /// Who.
    pub phone: PhoneNumber,
    /// The one client who cannot be reached; none: no client can.
    pub client: Option<ClientId>,
    /// Why, in the operator's words; may be empty.
    pub reason: BlockReason,
    /// Whose word it is.
    pub actor: Actor,
    /// Since when.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_printable_and_may_be_absent() {
        assert_eq!(BlockReason::parse("reason", None).unwrap().expose(), "");
        assert_eq!(BlockReason::parse("reason", Some(" rings at night ")).unwrap().expose(), "rings at night");
        assert!(BlockReason::parse("reason", Some(&"é".repeat(200))).is_ok());
        for bad in ["é".repeat(201), "a\u{0}b".to_owned(), "a\nb".to_owned()] {
            assert_eq!(BlockReason::parse("reason", Some(&bad)).unwrap_err().field, "reason");
        }
    }

    #[test]
    fn a_reason_hides_from_debug() {
        let reason = BlockReason::parse("reason", Some("Zoé, +33639980001")).unwrap();
        assert_eq!(format!("{reason:?}"), "BlockReason(…)");
    }
}
