//! Promises: each kind of id is its own type, sorts by time, and says in its text what it names.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

/// Not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an id such as {prefix}_0190a3c2f4e47cc28d3e5f6a7b8c9d0e")]
pub struct IdError {
    prefix: &'static str,
}

/// A UUID of version 7 from a moment and ten bytes of chance.
fn uuid_at(at: Timestamp, chance: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, chance).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: its time, and ten bytes of chance.
            #[must_use]
            pub fn new(at: Timestamp, chance: &[u8; 10]) -> Self {
                Self(uuid_at(at, chance))
            }

            /// The bare UUID, for the store.
            #[must_use]
            pub fn uuid(self) -> Uuid {
                self.0
            }

            /// From the store.
            #[must_use]
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|hex| Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }
    };
}

id!(
    /// One call or message through a proxy number.
    InteractionId,
    "int"
);
id!(
    /// One piece of work for the outside world.
    JobId,
    "job"
);
id!(
    /// One number that is being bought.
    PurchaseId,
    "buy"
);
id!(
    /// One text, call or mail of a confirmation.
    DispatchId,
    "snd"
);
id!(
    /// One caller who is blocked.
    BlockId,
    "blk"
);
id!(
    /// Something that an operator should know.
    AlertId,
    "alt"
);
id!(
    /// One act of an operator, in the audit log.
    ActId,
    "act"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_read_back() {
        let early = InteractionId::new(Timestamp::from_millisecond(1_000).unwrap(), &[255; 10]);
        let late = InteractionId::new(Timestamp::from_millisecond(1_001).unwrap(), &[0; 10]);
        assert!(early < late);
        assert_eq!(early.to_string().parse(), Ok(early));
        assert!(early.to_string().starts_with("int_"));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let job = JobId::new(Timestamp::UNIX_EPOCH, &[7; 10]);
        assert!(job.to_string().parse::<InteractionId>().is_err());
        assert!("int_nonsense".parse::<InteractionId>().is_err());
    }
}
