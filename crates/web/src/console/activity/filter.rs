//! Promises: which calls and texts somebody wants to see stands in the page's address, and nothing private with it: what was
//! typed gets there only once it is known to be a client's id or a number of ours.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use proxycall_domain::{
    Channel, ClientId, Direction, FieldError, InteractionId, PhoneNumber, client::parse_phone, traffic::OutcomeGroup,
};
use proxycall_service::{
    Service,
    ports::{
        LedgerError,
        ledger::{ActivityFilter, CameTo},
    },
};

use super::Words;
use crate::{console::encoded, pages::Fields};

/// What somebody asks to see.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) channel: Option<Channel>,
    pub(super) direction: Option<Direction>,
    pub(super) result: Option<OutcomeGroup>,
    pub(super) client: Option<ClientId>,
    pub(super) number: Option<PhoneNumber>,
    /// As the browser's field for a moment has it, on the operator's clock.
    pub(super) from: Option<DateTime>,
    pub(super) to: Option<DateTime>,
    pub(super) after: Option<InteractionId>,
    /// New rows do not come by themselves.
    pub(super) still: bool,
}

/// What is wrong with a field, in the reader's language.
pub(super) type Wrong = (&'static str, &'static str);

impl Wanted {
    /// Reads the fields of an address or a form.
    ///
    /// # Errors
    /// What is wrong with each field that cannot be read.
    pub(super) fn read(fields: &Fields, t: &'static Words) -> Result<Self, Vec<Wrong>> {
        let given = |name| Some(fields.get(name).trim()).filter(|text| !text.is_empty());
        let mut wrong = Vec::new();
        let mut note = |name, what| wrong.push((name, what));
        let client = given("client").map(|text| ClientId::parse("client", text));
        let client = client.transpose().unwrap_or_else(|_: FieldError| {
            note("client", t.client_wrong);
            None
        });
        let number = given("number").map(read_number).transpose().unwrap_or_else(|_| {
            note("number", t.number_wrong);
            None
        });
        let mut moment = |name| {
            let read = given(name).map(str::parse::<DateTime>).transpose();
            read.unwrap_or_else(|_| {
                note(name, t.moment_wrong);
                None
            })
        };
        let (from, to) = (moment("from"), moment("to"));
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            note("to", t.period_wrong);
        }
        let wanted = Self {
            channel: given("channel").and_then(Channel::parse),
            direction: given("direction").and_then(Direction::parse),
            result: given("result").and_then(OutcomeGroup::parse),
            client,
            number,
            from,
            to,
            after: given("after").and_then(|text| text.parse().ok()),
            still: fields.get("live") == "off",
        };
        if wrong.is_empty() { Ok(wanted) } else { Err(wrong) }
    }

    /// Whether the number, if one is asked for, is one of ours: no other may stand in an address.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(super) async fn asks_for_ours(&self, service: &Service) -> Result<bool, LedgerError> {
        match self.number {
            Some(number) => Ok(service.ledger.number(number).await?.is_some()),
            None => Ok(true),
        }
    }

    /// What the store is asked.
    pub(super) fn filter(&self, zone: &TimeZone, limit: u32) -> ActivityFilter {
        let moment = |at: Option<DateTime>| -> Option<Timestamp> {
            Some(zone.to_ambiguous_timestamp(at?).compatible().unwrap_or(Timestamp::MIN))
        };
        ActivityFilter {
            client: self.client,
            proxy: self.number,
            channel: self.channel,
            direction: self.direction,
            came_to: self.result.map(CameTo::AnyOf),
            from: moment(self.from),
            to: moment(self.to),
            after: self.after,
            limit,
        }
    }

    /// Whether less than everything is asked for.
    pub(super) fn is_narrow(&self) -> bool {
        self.words().iter().any(|(name, _)| *name != "live")
    }

    fn words(&self) -> Vec<(&'static str, String)> {
        let text = |name, value: Option<String>| value.map(|value| (name, value));
        let moment = |at: DateTime| at.strftime("%Y-%m-%dT%H:%M").to_string();
        [
            text("channel", self.channel.map(|it| it.as_str().to_owned())),
            text("direction", self.direction.map(|it| it.as_str().to_owned())),
            text("result", self.result.map(|it| it.as_str().to_owned())),
            text("client", self.client.map(|id| id.to_string())),
            text("number", self.number.map(PhoneNumber::expose)),
            text("from", self.from.map(moment)),
            text("to", self.to.map(moment)),
            text("live", self.still.then(|| "off".to_owned())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// What a field of the form shows.
    pub(super) fn value(&self, field: &str) -> String {
        self.words().into_iter().find(|(name, _)| *name == field).map(|(_, value)| value).unwrap_or_default()
    }

    /// As the parameters of an address, without where a page begins.
    pub(super) fn query(&self) -> String {
        let pairs = self.words().into_iter().map(|(name, value)| format!("{name}={}", encoded(&value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The address of the page.
    pub(super) fn href(&self) -> String {
        format!("{}?{}", super::PATH, self.query())
    }

    /// The address of what is older than an interaction.
    pub(super) fn older(&self, than: InteractionId) -> String {
        format!("{}?{}&after={than}", super::PATH, self.query())
    }

    /// For the audit log, where numbers are masked.
    pub(super) fn subject(&self) -> String {
        let words = Self { still: false, number: None, ..self.clone() }.words();
        let number = self.number.map(|number| ("number", number.to_string()));
        let pairs = words.into_iter().chain(number).map(|(name, value)| format!(" {name}={value}"));
        format!("activity{}", pairs.collect::<String>())
    }
}

/// A number of ours as people write it: international, or as inside France.
fn read_number(text: &str) -> Result<PhoneNumber, FieldError> {
    let digits: String = text.chars().filter(|sign| !matches!(sign, '.' | '-' | '(' | ')' | '/')).collect();
    match digits.strip_prefix('0').filter(|rest| !rest.starts_with('0')) {
        Some(rest) => parse_phone("number", &format!("+33{rest}")),
        None => parse_phone("number", &digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proxycall_domain::Language;

    fn read(text: &str) -> Result<Wanted, Vec<Wrong>> {
        Wanted::read(&Fields::parse(text.as_bytes()), Words::of(Language::En))
    }

    #[test]
    fn what_is_read_can_be_written_again() {
        let query = "channel=call&direction=to_client&result=failed&client=42&number=%2B33199000001\
                     &from=2026-11-27T08%3A00&to=2026-11-27T09%3A00&live=off";
        let wanted = read(query).unwrap();
        assert_eq!(wanted.query(), query);
        assert!(wanted.is_narrow() && !read("live=off").unwrap().is_narrow());
        assert!(wanted.subject().starts_with("activity channel=call direction=to_client"));
    }

    #[test]
    fn each_field_that_cannot_be_read_is_named() {
        let wrong = read("client=Zoé&number=hello&from=soon").unwrap_err();
        assert_eq!(wrong.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["client", "number", "from"]);
        assert_eq!(read("from=2026-11-27T09:00&to=2026-11-27T08:00").unwrap_err()[0].0, "to");
    }

    #[test]
    fn a_number_may_be_written_as_people_do() {
        for text in ["0199000001", "01 99 00 00 01", "01.99.00.00.01", "+33199000001", "0033199000001"] {
            assert_eq!(read(&format!("number={}", encoded(text))).unwrap().value("number"), "+33199000001", "{text}");
        }
    }

    #[test]
    fn moments_are_on_the_operators_clock() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let filter = read("from=2026-11-27T08:00").unwrap().filter(&zone, 50);
        assert_eq!(filter.from, Some("2026-11-27T07:00:00Z".parse().unwrap()));
    }
}
