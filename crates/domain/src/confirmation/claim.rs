//! Promises: nobody takes a client's number over by knowing an e-mail address, and nobody's contact changes without the
//! contact on record having a say.
//!
//! The original took the first client with the same e-mail address or phone and overwrote the other (W3).

use serde::{Deserialize, Serialize};

use super::Settled;
use crate::{ClientId, PhoneNumber};

/// What of an existing client differs from what was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Change {
    /// The e-mail address.
    pub mail: bool,
    /// The phone.
    pub phone: bool,
}

impl Change {
    /// The original's word in `UPDATED (…)`.
    #[must_use]
    pub fn as_original_str(self) -> &'static str {
        match (self.mail, self.phone) {
            (true, true) => "mail + telephone",
            (true, false) => "mail",
            (false, true) => "telephone",
            (false, false) => "sans changement",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [(false, false), (true, false), (false, true), (true, true)]
            .into_iter()
            .map(|(mail, phone)| Self { mail, phone })
            .find(|change| change.as_original_str() == text)
    }
}

/// An existing, open client that has the e-mail address or the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub id: ClientId,
    /// The phone on record.
    pub phone: PhoneNumber,
    /// The client's proxy number.
    pub proxy: Option<PhoneNumber>,
    /// Whether the e-mail address is the same.
    pub same_mail: bool,
    /// Whether the phone is the same.
    pub same_phone: bool,
}

/// Who somebody is, by what was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Nobody that we know.
    NewClient,
    /// This client.
    Client {
        /// Who.
        client: Known,
        /// What differs.
        change: Change,
        /// Whether the e-mail address is another client's.
        contested: bool,
    },
}

impl Claim {
    /// Finds out, from every open client with the e-mail address or the phone, lowest id first. The phone weighs more than
    /// the address: it is what a code proves.
    #[must_use]
    pub fn of(known: &[Known]) -> Self {
        let both = known.iter().find(|client| client.same_phone && client.same_mail);
        let by_phone = known.iter().find(|client| client.same_phone);
        let by_mail = known.iter().find(|client| client.same_mail);
        match (both.or(by_phone), by_mail) {
            (Some(client), other) => Self::Client {
                client: *client,
                change: Change { mail: !client.same_mail, phone: false },
                contested: !client.same_mail && other.is_some(),
            },
            (None, Some(client)) => {
                Self::Client { client: *client, change: Change { mail: false, phone: true }, contested: false }
            }
            (None, None) => Self::NewClient,
        }
    }

    /// Whether codes may come from the client's own number: its phone is the one on record.
    #[must_use]
    pub fn own_number(&self) -> Option<PhoneNumber> {
        match self {
            Self::Client { client, change: Change { phone: false, .. }, .. } => client.proxy,
            _ => None,
        }
    }

    /// Whether a link may go to the e-mail address: it changes nothing that the address has no say in.
    #[must_use]
    pub fn mail_may_prove(&self) -> bool {
        match self {
            Self::NewClient => true,
            Self::Client { change, .. } => *change == Change::default(),
        }
    }

    /// What it comes to once proven.
    #[must_use]
    pub fn settle(&self, proof: Proof, mailed: MailedLink) -> Settled {
        let Self::Client { change, contested, .. } = *self else {
            return match (proof, mailed) {
                (Proof::Mail, MailedLink::AsksOperator) => Settled::PhoneUnproven,
                _ => Settled::NewClient,
            };
        };
        match (change, proof) {
            (Change { mail: false, phone: false }, _) => Settled::Client(change),
            // Whoever answers from the phone on record is the contact on record.
            (Change { mail: true, phone: false }, Proof::Phone) if !contested => Settled::Client(change),
            // The new phone is proven; the old one has a say.
            (Change { phone: true, .. }, Proof::Phone) => Settled::Consent { change, ask_phone: true },
            _ => Settled::Consent { change, ask_phone: false },
        }
    }
}

/// What was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Who has the phone: by the code, or by a link that was texted.
    Phone,
    /// Who reads the e-mail address: by a link that was mailed.
    Mail,
}

/// What a mailed link does for somebody new. It is what remains when neither text nor call came through; and it does not
/// prove the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MailedLink {
    /// It enrols, as it always did.
    #[default]
    Enrols,
    /// It waits for an operator's word on the phone.
    AsksOperator,
}

impl MailedLink {
    /// Reads the setting's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "enrols" => Some(Self::Enrols),
            "asks_operator" => Some(Self::AsksOperator),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn known(id: i64, same_mail: bool, same_phone: bool) -> Known {
        let phone = "+33639980001".parse().unwrap();
        Known { id: ClientId::new(id).unwrap(), phone, proxy: Some(phone), same_mail, same_phone }
    }

    const MAIL: Change = Change { mail: true, phone: false };
    const PHONE: Change = Change { mail: false, phone: true };
    const NONE: Change = Change { mail: false, phone: false };

    #[rstest]
    #[case::nobody(&[], Proof::Phone, Settled::NewClient)]
    #[case::nobody_by_mail(&[], Proof::Mail, Settled::NewClient)]
    #[case::the_same_again(&[(1, true, true)], Proof::Mail, Settled::Client(NONE))]
    #[case::the_phone_on_record_consents_to_an_address(&[(1, false, true)], Proof::Phone, Settled::Client(MAIL))]
    #[case::a_new_address_does_not_consent_to_itself(&[(1, false, true)], Proof::Mail, Settled::Consent { change: MAIL, ask_phone: false })]
    #[case::a_new_phone_waits_for_the_old_one(&[(1, true, false)], Proof::Phone, Settled::Consent { change: PHONE, ask_phone: true })]
    #[case::an_address_proves_no_phone(&[(1, true, false)], Proof::Mail, Settled::Consent { change: PHONE, ask_phone: false })]
    #[case::an_address_of_another_client_is_an_operators_matter(&[(1, true, false), (2, false, true)], Proof::Phone, Settled::Consent { change: MAIL, ask_phone: false })]
    #[case::who_has_both_is_meant(&[(1, true, false), (2, true, true), (3, false, true)], Proof::Phone, Settled::Client(NONE))]
    fn the_contact_on_record_has_a_say(
        #[case] clients: &[(i64, bool, bool)],
        #[case] proof: Proof,
        #[case] settled: Settled,
    ) {
        let clients: Vec<_> = clients.iter().map(|(id, mail, phone)| known(*id, *mail, *phone)).collect();
        for mailed in [MailedLink::Enrols, MailedLink::AsksOperator] {
            let unproven = mailed == MailedLink::AsksOperator && settled == Settled::NewClient && proof == Proof::Mail;
            let settled = if unproven { Settled::PhoneUnproven } else { settled };
            assert_eq!(Claim::of(&clients).settle(proof, mailed), settled);
        }
    }

    #[test]
    fn who_only_knows_an_address_does_not_meet_the_clients_number() {
        assert_eq!(Claim::of(&[known(1, true, false)]).own_number(), None);
        assert!(Claim::of(&[known(1, false, true)]).own_number().is_some());
    }

    #[test]
    fn the_words_for_a_change_read_back() {
        for change in [NONE, MAIL, PHONE, Change { mail: true, phone: true }] {
            assert_eq!(Change::parse(change.as_original_str()), Some(change));
        }
    }
}
