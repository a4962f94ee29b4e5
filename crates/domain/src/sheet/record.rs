//! Promises: what the store knows of a record is shown in the words, dates and spellings that the sheet always had
//! (`original-behaviour` §3), and equals what is read back from it.

use jiff::Timestamp;

use super::{Cells, Column, cell};
use crate::{NumberStatus, PhoneNumber, client::Client, confirmation::Confirmation, pool::ProxyNumber};

/// A record as the sheet should show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The cells, all of the tab's that we write; without the empty ones.
    pub cells: Cells,
    /// Whether it is still going on: not closed, given back or over. Only then its row is added when it is not there.
    pub live: bool,
    /// Whether the person in it was erased: whatever stands in its row is emptied, and nothing of it is an edit.
    pub erased: bool,
}

impl Record {
    fn new<const N: usize>(live: bool, cells: [(Column, String); N]) -> Self {
        let canonical = cells.iter().map(|(column, text)| (*column, cell::canonical(column.kind(), text)));
        Self { cells: canonical.filter(|(_, text)| !text.is_empty()).collect(), live, erased: false }
    }

    /// The same, of a person with this number.
    fn whose(self, phone: PhoneNumber) -> Self {
        Self { erased: phone == PhoneNumber::ERASED, ..self }
    }

    /// A client. A closed one keeps its cells, but for the number.
    #[must_use]
    pub fn of_client(client: &Client) -> Self {
        let live = client.closed_at.is_none();
        let proxy = client.proxy.filter(|_| live);
        Self::new(
            live,
            [
                (Column::ClientId, client.id.to_string()),
                (Column::ClientName, client.name.expose().to_owned()),
                (Column::ClientMail, client.mail.expose().to_owned()),
                (Column::ClientPhone, shown(client.phone)),
                (Column::ClientProxy, text(proxy, |phone| phone.expose())),
                (Column::ClientLastCaller, text(client.last_caller, |phone| phone.expose())),
            ],
        )
        .whose(client.phone)
    }

    /// A proxy number. One that is gone at the carrier, or was given back to it, is over.
    #[must_use]
    pub fn of_number(number: &ProxyNumber) -> Self {
        let live = !matches!(number.status, NumberStatus::Released | NumberStatus::Missing);
        let reserved_at = (number.status == NumberStatus::Reserved).then_some(number.since);
        Self::new(
            live,
            [
                (Column::NumberCountry, number.country.to_string()),
                (Column::NumberPhone, number.phone.expose()),
                (Column::NumberStatus, number.status.as_str().to_owned()),
                (Column::NumberFriendlyName, number.friendly_name.clone()),
                (Column::NumberBoughtAt, cell::naive_time(number.added_at)),
                (Column::NumberAssignedAt, text(number.assigned_at, cell::time)),
                (Column::NumberClientName, text(number.client_name.as_ref(), |name| name.expose().to_owned())),
                (Column::NumberType, number.number_type.as_str().to_owned()),
                (Column::NumberReservation, text(number.reservation.clone(), |token| token)),
                (Column::NumberReservedAt, text(reserved_at, cell::naive_time)),
                (Column::NumberReservedFor, text(number.client, |client| client.to_string())),
            ],
        )
    }

    /// A confirmation, as it stands now. Its code is never among the cells.
    #[must_use]
    pub fn of_confirmation(confirmation: &Confirmation, now: Timestamp) -> Self {
        Self::new(
            !confirmation.stage(now).is_over(),
            [
                (Column::PendingId, confirmation.id.to_string()),
                (Column::PendingName, confirmation.name.expose().to_owned()),
                (Column::PendingMail, confirmation.mail.expose().to_owned()),
                (Column::PendingPhone, shown(confirmation.phone)),
                (Column::PendingProxy, confirmation.proxy.expose()),
                (Column::PendingStatus, confirmation.status(now)),
                (Column::PendingCreatedAt, cell::time(confirmation.created_at)),
                (Column::PendingVerifiedAt, text(confirmation.verified_at, cell::time)),
            ],
        )
        .whose(confirmation.phone)
    }
}

/// A person's number; nothing of an erased person's.
fn shown(phone: PhoneNumber) -> String {
    if phone == PhoneNumber::ERASED { String::new() } else { phone.expose() }
}

fn text<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map(show).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Language, NumberType, PersonName, PhoneNumber,
        confirmation::{Held, PendingId, Progress, Stage},
        pool::life::Actor,
    };
    use rstest::rstest;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn phone(text: &str) -> PhoneNumber {
        text.parse().unwrap()
    }

    fn cells_of(record: &Record) -> Vec<(&'static str, &str)> {
        record.cells.iter().map(|(column, text)| (column.header(), text)).collect()
    }

    fn zoe() -> Client {
        Client {
            id: crate::ClientId::new(7).unwrap(),
            name: PersonName::parse("name", "Zoé Martin").unwrap(),
            mail: crate::MailAddress::parse("mail", "Zoe@Example.com").unwrap(),
            phone: phone("+33639980001"),
            country: "FR".parse().unwrap(),
            proxy: Some(phone("+33199000001")),
            last_caller: Some(phone("+447700900123")),
            pause: None,
            closed_at: None,
            created_at: at("2026-03-01T09:30:00Z"),
        }
    }

    fn number(status: NumberStatus) -> ProxyNumber {
        ProxyNumber {
            phone: phone("+33199000001"),
            country: "FR".parse().unwrap(),
            number_type: NumberType::Local,
            status,
            since: at("2026-03-02T10:00:00.5Z"),
            actor: Actor::Api,
            reason: String::new(),
            friendly_name: "Client-7".to_owned(),
            added_at: at("2026-03-01T09:30:00.123456Z"),
            carrier: None,
            client: None,
            client_name: None,
            assigned_at: None,
            reservation: None,
            held_until: None,
            owned_until: None,
        }
    }

    #[test]
    fn a_client_is_shown_with_plus_and_lower_case_mail_and_without_residence() {
        let record = Record::of_client(&zoe());
        assert!(record.live);
        assert_eq!(
            cells_of(&record),
            [
                ("client_id", "7"),
                ("client_name", "Zoé Martin"),
                ("client_mail", "zoe@example.com"),
                ("client_real_phone", "+33639980001"),
                ("client_proxy_number", "+33199000001"),
                ("client_last_caller", "+447700900123"),
            ]
        );
    }

    #[test]
    fn a_closed_client_keeps_every_cell_but_the_number() {
        let record = Record::of_client(&Client { closed_at: Some(at("2026-03-05T00:00:00Z")), ..zoe() });
        assert!(!record.live);
        assert_eq!(record.cells.text(Column::ClientProxy), "");
        assert_eq!(record.cells.len(), 5);
    }

    #[test]
    fn of_an_erased_client_nothing_is_left_but_the_id() {
        let nobody = |text: &str| crate::MailAddress::from_store(text.to_owned());
        let erased = Client {
            name: PersonName::from_store(String::new()),
            mail: nobody(""),
            phone: PhoneNumber::ERASED,
            last_caller: None,
            closed_at: Some(at("2026-03-05T00:00:00Z")),
            ..zoe()
        };
        let record = Record::of_client(&erased);
        assert!(record.erased && !record.live && !Record::of_client(&zoe()).erased);
        assert_eq!(cells_of(&record), [("client_id", "7")]);
    }

    #[test]
    fn a_reserved_number_is_shown_with_its_token_and_naive_dates() {
        let number = ProxyNumber { reservation: Some("P-1".to_owned()), ..number(NumberStatus::Reserved) };
        assert_eq!(
            cells_of(&Record::of_number(&number)),
            [
                ("country_iso", "FR"),
                ("phone_number", "+33199000001"),
                ("status", "reserved"),
                ("friendly_name", "Client-7"),
                ("date_achat", "2026-03-01T09:30:00"),
                ("number_type", "local"),
                ("reserved_token", "P-1"),
                ("reserved_at", "2026-03-02T10:00:00"),
            ]
        );
    }

    #[test]
    fn an_assigned_number_is_shown_with_its_client_and_since_when() {
        let number = ProxyNumber {
            client: crate::ClientId::new(7),
            client_name: Some(zoe().name),
            assigned_at: Some(at("2026-03-02T10:00:00Z")),
            ..number(NumberStatus::Assigned)
        };
        let record = Record::of_number(&number);
        assert_eq!(record.cells.text(Column::NumberClientName), "Zoé Martin");
        assert_eq!(record.cells.text(Column::NumberAssignedAt), "2026-03-02T10:00:00+00:00");
        assert_eq!(record.cells.text(Column::NumberReservedFor), "7");
        assert_eq!(record.cells.text(Column::NumberReservedAt), "");
    }

    #[rstest]
    fn a_number_is_shown_with_its_own_word_and_is_over_once_it_is_gone(#[values(0, 1, 2, 3, 4, 5, 6)] status: usize) {
        let status = NumberStatus::ALL[status];
        let record = Record::of_number(&number(status));
        assert_eq!(record.cells.text(Column::NumberStatus), status.as_str());
        assert_eq!(record.live, !matches!(status, NumberStatus::Released | NumberStatus::Missing));
    }

    #[rstest]
    #[case(Stage::Open, "2026-03-01T10:00:00Z", "PENDING", true)]
    #[case(Stage::Open, "2026-03-03T10:00:00Z", "EXPIRED", false)]
    #[case(Stage::AwaitingConsent, "2026-03-01T10:00:00Z", "VERIFIED", true)]
    #[case(Stage::Updated, "2026-03-01T10:00:00Z", "UPDATED (sans changement)", false)]
    fn a_confirmation_is_shown_as_it_stands_now_and_never_with_a_code(
        #[case] stage: Stage,
        #[case] now: &str,
        #[case] status: &str,
        #[case] live: bool,
    ) {
        let confirmation = Confirmation {
            id: PendingId::parse("P-1").unwrap(),
            name: zoe().name,
            mail: zoe().mail,
            phone: zoe().phone,
            country: zoe().country,
            language: Language::Fr,
            held: Held::Existing,
            proxy: phone("+33199000001"),
            sender: phone("+33199000001"),
            progress: Progress { stage, ..Progress::begin() },
            client: None,
            created_at: at("2026-03-01T09:30:00Z"),
            expires_at: at("2026-03-02T09:30:00Z"),
            verified_at: None,
        };
        let record = Record::of_confirmation(&confirmation, at(now));
        assert_eq!(record.live, live);
        assert_eq!(
            cells_of(&record),
            [
                ("pending_id", "P-1"),
                ("client_name", "Zoé Martin"),
                ("client_mail", "zoe@example.com"),
                ("client_real_phone", "+33639980001"),
                ("proxy_number", "+33199000001"),
                ("status", status),
                ("created_at", "2026-03-01T09:30:00+00:00"),
            ]
        );
    }
}
