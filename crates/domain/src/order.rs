//! Promises: an order's id is a short plain text, and two orders are the same when every field is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ClientId, FieldError, NewClient, PhoneNumber};

/// Longest order id, in characters.
const ORDER_ID_MAX: usize = 64;

/// The shop's own id of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(String);

impl OrderId {
    /// Checks an order id: 1 to 64 printable characters.
    ///
    /// # Errors
    /// Says what is expected.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let length = text.chars().count();
        if (1..=ORDER_ID_MAX).contains(&length) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(FieldError::new(
                field,
                ("doit avoir de 1 à 64 caractères imprimables", "must have 1 to 64 printable characters"),
            ))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An order as the shop sends it: who it is for, as the shop knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    /// The shop's id.
    pub id: OrderId,
    /// The client, created when new.
    pub client: NewClient,
}

/// An order as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The shop's id.
    pub id: OrderId,
    /// Whose it is.
    pub client: ClientId,
    /// The client's proxy number now; none once the client is closed.
    pub proxy: Option<PhoneNumber>,
    /// When it came.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_id_is_short_and_printable() {
        assert_eq!(OrderId::parse("order_id", " A-1 ").unwrap().as_str(), "A-1");
        for bad in ["", " ", "a\nb", "a\0", &"x".repeat(65)] {
            assert_eq!(OrderId::parse("order_id", bad).unwrap_err().field, "order_id");
        }
    }
}
