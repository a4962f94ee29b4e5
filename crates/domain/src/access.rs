//! Promises: what a token is called, what it may do, and which routes ask for how much, in one place.

use std::{fmt, str::FromStr};

use crate::FieldError;

/// Longest name of a token, in bytes.
const NAME_MAX: usize = 32;

/// Who else acts: no token may be called so.
const RESERVED: [&str; 5] = ["api", "cli", "sheet", "system", TokenName::ENVIRONMENT];

/// What a token is called. It stands as the actor wherever it acted, so it is never given twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenName {
    bytes: [u8; NAME_MAX],
    length: u8,
}

impl TokenName {
    /// The name of the tokens in `PROXYCALL_API_TOKEN`.
    const ENVIRONMENT: &'static str = "environment";

    /// Checks a name: 1 to 32 small letters, digits, `-` and `_`, a letter first.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        let well_formed = text.len() <= NAME_MAX
            && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
            && text.bytes().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || b"-_".contains(&sign));
        if !well_formed {
            return Err(FieldError::new(
                field,
                (
                    "doit avoir de 1 à 32 minuscules, chiffres, - et _, une lettre d’abord",
                    "must be 1 to 32 small letters, digits, - and _, a letter first",
                ),
            ));
        }
        if RESERVED.contains(&text) {
            return Err(FieldError::new(
                field,
                (
                    "est déjà le nom d’un autre acteur ; choisissez-en un autre",
                    "is what another actor is called; choose another name",
                ),
            ));
        }
        Ok(Self::of(text))
    }

    /// The tokens of the environment.
    #[must_use]
    pub fn environment() -> Self {
        Self::of(Self::ENVIRONMENT)
    }

    /// From the store: what is no name of ours is none.
    #[must_use]
    pub fn from_store(text: &str) -> Option<Self> {
        if text == Self::ENVIRONMENT { Some(Self::environment()) } else { Self::parse("name", text).ok() }
    }

    fn of(text: &str) -> Self {
        let mut bytes = [0; NAME_MAX];
        let mut length = 0;
        for (slot, sign) in bytes.iter_mut().zip(text.bytes()) {
            *slot = sign;
            length += 1;
        }
        Self { bytes, length }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let written = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How much a token may do. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// See everything but tokens and the audit log: clients with their real numbers too.
    Read,
    /// Change clients, orders, confirmations and numbers.
    Operate,
    /// Everything: tokens and the audit log too.
    Admin,
}

impl Scope {
    /// All, the smallest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Admin];

    /// The word in API, command line and store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }

    /// What a route of the API asks for: the one place where that is said. `reads`: its method is GET.
    #[must_use]
    pub fn needed(reads: bool, path: &str) -> Self {
        let under = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // All that is known of a person at once, and what nothing brings back.
        let whole_person = matches!(path, "/clients/{client_id}/export" | "/clients/{client_id}/erase");
        if under("/tokens") || under("/audit") || whole_person {
            Self::Admin
        } else if reads || path == "/clients/search" {
            // The search is a POST only so that no number stands in an address.
            Self::Read
        } else {
            Self::Operate
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| {
            FieldError::new("scope", ("doit être read, operate ou admin", "must be read, operate or admin"))
        })
    }
}

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActOutcome {
    /// It goes on, or nobody learnt its end: the process died, or whoever asked went away.
    Begun,
    /// It was carried out.
    Done,
    /// It was refused, and nothing was changed by it.
    Refused,
    /// It failed on our side; some of it may have been done.
    Failed,
}

crate::interaction::words!(ActOutcome { Begun = "begun", Done = "done", Refused = "refused", Failed = "failed" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_plain_and_nobody_elses() {
        for good in ["shop", "shop-2", "a_b", "a".repeat(32).as_str()] {
            assert_eq!(TokenName::parse("name", good).unwrap().as_str(), good);
        }
        let long = "a".repeat(33);
        for bad in ["", "Shop", "2shop", "-shop", "a b", "é", "+33639980001", "cli", "environment", "system", &long] {
            assert!(TokenName::parse("name", bad).is_err(), "{bad:?}");
        }
        assert_eq!(TokenName::from_store("environment"), Some(TokenName::environment()));
    }

    #[test]
    fn scopes_grow_and_read_back() {
        assert!(Scope::Read < Scope::Operate && Scope::Operate < Scope::Admin);
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert!("root".parse::<Scope>().is_err());
    }

    #[test]
    fn looking_needs_read_acting_operate_and_access_itself_admin() {
        assert_eq!(Scope::needed(true, "/clients/{client_id}"), Scope::Read);
        assert_eq!(Scope::needed(false, "/clients/search"), Scope::Read);
        assert_eq!(Scope::needed(false, "/clients"), Scope::Operate);
        assert_eq!(Scope::needed(false, "/pool/release"), Scope::Operate);
        for reads in [true, false] {
            assert_eq!(Scope::needed(reads, "/tokens"), Scope::Admin);
            assert_eq!(Scope::needed(reads, "/tokens/{name}/rotate"), Scope::Admin);
            assert_eq!(Scope::needed(reads, "/audit"), Scope::Admin);
            assert_eq!(Scope::needed(reads, "/clients/{client_id}/export"), Scope::Admin);
            assert_eq!(Scope::needed(reads, "/clients/{client_id}/erase"), Scope::Admin);
        }
    }
}
