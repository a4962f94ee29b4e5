//! Numbers are given to clients, put to rest and adopted, at an operator's word.

use jiff::Timestamp;
use proxycall_domain::{
    ClientId, CountryCode, FieldError, NumberType,
    client::Client,
    pool::life::{Actor, Wish},
};

use super::{NumberFailure, PoolError, in_words, read_numbers};
use crate::{
    Service,
    clients::RequestError,
    ports::{
        LedgerError,
        carrier::NumberUpdate,
        clock::Ids as _,
        ledger::{AdoptNumber, AssignNumber, AssignedNumber, Former, MoveNumber, MoveTo, Moved},
    },
};

/// Longest name that the carrier takes for a number, in characters.
const NAME_MAX: usize = 64;

/// What an assignment is asked for with, in the original's names.
pub struct AssignFields<'a> {
    /// `client_id`.
    pub client: i64,
    /// `country_iso`.
    pub country: &'a str,
    /// `number_type`.
    pub number_type: &'a str,
    /// `friendly_name`.
    pub friendly_name: Option<&'a str>,
}

/// A number for a client, as the ledger is asked for it until it can be had.
struct Give<'a> {
    client: ClientId,
    wish: Wish,
    name: Option<&'a str>,
    former: Former,
    why: String,
}

/// What came of putting numbers to rest.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Quarantine {
    /// They rest, until then.
    pub resting: Vec<(String, Timestamp)>,
    /// They do not, and why.
    pub failed: Vec<NumberFailure>,
}

/// What came of adopting numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// They are in the pool and lead here.
    pub adopted: Vec<String>,
    /// The account does not have them.
    pub not_found: Vec<String>,
    /// They could not be adopted, and why.
    pub failed: Vec<NumberFailure>,
}

impl Service {
    /// Gives a client a number of exactly this country and type. A client who has a number keeps it.
    ///
    /// # Errors
    /// A field, no such client, no number left.
    pub async fn assign_number(&self, fields: &AssignFields<'_>, actor: Actor) -> Result<AssignedNumber, RequestError> {
        let client = ClientId::of("client_id", fields.client)?;
        let country = CountryCode::parse("country_iso", fields.country)?;
        let number_type: NumberType = fields.number_type.parse()?;
        let name = fields.friendly_name.map(str::trim).filter(|name| !name.is_empty());
        if name.is_some_and(|name| name.chars().count() > NAME_MAX || name.chars().any(char::is_control)) {
            let problem = "must have at most 64 characters and no control characters";
            return Err(FieldError::new("friendly_name", problem).into());
        }
        let wish = Wish::exactly(country, number_type);
        let give = Give {
            client,
            wish,
            name,
            former: Former::Kept,
            why: format!("assigned: {country} {number_type} asked for"),
        };
        self.give(give, actor).await
    }

    /// Gives a client without a number one of its country, of the preferred type or else of the other.
    ///
    /// # Errors
    /// No such client, no number left.
    pub async fn give_number(&self, id: ClientId, actor: Actor) -> Result<AssignedNumber, RequestError> {
        let client = self.client(id).await?;
        let wish = Wish::any(client.country, self.preferred_type);
        let why = format!("assigned: any number of {} asked for", client.country);
        self.give(Give { client: id, wish, name: None, former: Former::Kept, why }, actor).await
    }

    /// Gives a client another number of its country; the one it has rests from the same moment on. Nothing changes when none
    /// can be given.
    ///
    /// # Errors
    /// No such client, no number left.
    pub async fn change_number(&self, id: ClientId, actor: Actor) -> Result<AssignedNumber, RequestError> {
        let client = self.client(id).await?;
        let former = self.former_rests(&client);
        let wish = Wish::any(client.country, self.preferred_type);
        let why = "changed by an operator".to_owned();
        let given = self.give(Give { client: id, wish, name: None, former, why }, actor).await?;
        if let Some(number) = given.former {
            self.clear_number_alerts(number).await?;
        }
        Ok(given)
    }

    async fn give(&self, give: Give<'_>, actor: Actor) -> Result<AssignedNumber, RequestError> {
        let Give { client, wish, name, former, why } = give;
        let demand = super::OnDemand::of(self, wish);
        let mut looked = false;
        loop {
            let act = self.act(actor, why.clone());
            let wire = self.chance.job_id(act.at);
            let assign = AssignNumber { client, wish, friendly_name: name.map(str::to_owned), former, act, wire };
            match self.ledger.assign_number(assign).await {
                Ok(assigned) => {
                    self.wake.now();
                    return Ok(assigned);
                }
                // Somebody may have typed the client into the sheet a moment ago.
                Err(LedgerError::ClientUnknown) if !looked && self.look_in_sheet().await => looked = true,
                Err(refusal) => demand.after(refusal).await?,
            }
        }
    }

    /// That the client's number is given up, and rests for as long as the country that it is from asks for.
    pub(super) fn former_rests(&self, client: &Client) -> Former {
        let policy = self.policy.current();
        let from = client.proxy.and_then(|number| policy.countries().of(number));
        let now = self.clock.now();
        Former::Rests(now.checked_add(self.rest_of(from.map_or(client.country, |of| of.code))).unwrap_or(now))
    }

    /// Puts numbers to rest. A client who has one loses it; that takes `force`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn quarantine_numbers(
        &self,
        numbers: &[String],
        force: bool,
        actor: Actor,
    ) -> Result<Quarantine, LedgerError> {
        let (numbers, failed) = read_numbers(numbers);
        let mut report = Quarantine { failed, ..Quarantine::default() };
        for phone in numbers {
            let Some(number) = self.ledger.number(phone).await? else {
                report.failed.push(NumberFailure::new(phone, "is not in the pool"));
                continue;
            };
            let act = self.act(actor, "put to rest by an operator");
            let until = act.at.checked_add(self.rest_of(number.country)).unwrap_or(act.at);
            let to = MoveTo::Quarantine { until };
            match self.ledger.move_number(MoveNumber { phone, to, force, act }).await? {
                Moved::Done { .. } => {
                    // It is nobody's now: that it leads elsewhere, or is gone, hurts nobody, and is seen again if it lasts.
                    self.clear_number_alerts(phone).await?;
                    report.resting.push((phone.expose(), until));
                }
                Moved::Already => report.resting.push((phone.expose(), number.held_until.unwrap_or(until))),
                Moved::Kept(reason) => report.failed.push(NumberFailure::new(phone, reason)),
                Moved::Unknown => report.failed.push(NumberFailure::new(phone, "is not in the pool")),
            }
        }
        Ok(report)
    }

    /// Brings numbers of the account into the pool and lets them lead here, whatever they were used for: the operator's
    /// word. Their webhooks as they were are kept. A number that leads elsewhere must not be given to anybody: it stays set
    /// aside until the carrier has taken ours, whatever happens in between.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn adopt_numbers(&self, numbers: &[String], actor: Actor) -> Result<Adoption, PoolError> {
        let (numbers, failed) = read_numbers(numbers);
        let mut report = Adoption { failed, ..Adoption::default() };
        let wanted = self.wanted_wiring();
        for phone in numbers {
            let found = match self.carrier.find_number(phone).await {
                Ok(found) => found,
                Err(error) => {
                    report.failed.push(NumberFailure::new(phone, in_words(&error)));
                    continue;
                }
            };
            let Some(found) = found else {
                report.not_found.push(phone.expose());
                continue;
            };
            let Some(number) = self.as_new_number(&found) else {
                report.failed.push(NumberFailure::new(phone, "has a dial code that belongs to no known country"));
                continue;
            };
            let before = found.wiring.clone();
            let act = self.act(actor, "being adopted: its webhooks do not lead here yet");
            let adopt = AdoptNumber { number, before, used_elsewhere: true, act };
            match self.ledger.adopt_number(adopt).await {
                Ok(_) => {}
                Err(LedgerError::NumberIsProxy) => {
                    report.failed.push(NumberFailure::new(phone, "is a client's real number"));
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            let wiring = Some(wanted.replacing(&found.wiring));
            match self.carrier.update_number(&found.sid, &NumberUpdate { friendly_name: None, wiring }).await {
                Ok(_) => {
                    let act = self.act(actor, "adopted by an operator");
                    self.ledger.move_number(MoveNumber { phone, to: MoveTo::Pool, force: false, act }).await?;
                    self.clear_number_alerts(phone).await?;
                    report.adopted.push(phone.expose());
                }
                Err(error) => {
                    // Also where a client has it.
                    let act = self.act(Actor::System, "its webhooks could not be set");
                    let aside = MoveNumber { phone, to: MoveTo::Error, force: true, act };
                    self.ledger.move_number(aside).await?;
                    report.failed.push(NumberFailure::new(phone, in_words(&error)));
                }
            }
        }
        Ok(report)
    }
}
