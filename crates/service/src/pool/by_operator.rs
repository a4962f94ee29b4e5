//! Promises: what an operator does with one certain number keeps the rules of a number's life: nobody gets a number that
//! another has, or that has not rested for as long as its country asks.

use jiff::Timestamp;
use proxycall_domain::{
    ClientId, NumberStatus, PhoneNumber,
    pool::life::{Act, Actor, KeepReason},
};

use super::{NumberFailure, read_numbers};
use crate::{
    Service,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{AssignThisNumber, AssignedNumber, Former, MoveNumber, MoveTo, Moved},
    },
};

/// What came of ending a number's rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freed {
    /// It is available.
    Done,
    /// It does not rest.
    NotResting,
    /// A client had it, and its country asks for a longer rest: until then.
    TooSoon(Timestamp),
}

/// What came of something that was done with several numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Each {
    /// With these it was done.
    pub done: Vec<String>,
    /// With these it was not, and why.
    pub failed: Vec<NumberFailure>,
}

impl Each {
    fn note(&mut self, phone: PhoneNumber, result: Result<(), String>) {
        match result {
            Ok(()) => self.done.push(phone.expose()),
            Err(why) => self.failed.push(NumberFailure::new(phone, why)),
        }
    }
}

const NOT_IN_POOL: &str = "is not in the pool";
/// Why a number is not set aside that somebody is just confirming with.
pub(crate) const HELD: &str = "is held for a confirmation; set it aside after that";

impl Service {
    /// Gives a client this very number: one that is available, or that rests and was this client's. A client who has a
    /// number keeps it.
    ///
    /// # Errors
    /// No such client or number, a number that is not free.
    pub async fn assign_this_number(
        &self,
        phone: PhoneNumber,
        client: ClientId,
        actor: Actor,
    ) -> Result<AssignedNumber, LedgerError> {
        let act = self.act(actor, "given to this client by an operator");
        let wire = self.chance.job_id(act.at);
        let (former, only_back) = (Former::Kept, false);
        self.give_this(AssignThisNumber { phone, client, former, only_back, act, wire }).await
    }

    /// Gives a client back a number that was this client's last, and nobody's since. The one that the client has instead rests
    /// from the same moment on.
    ///
    /// # Errors
    /// No such client or number, a number that is not free.
    pub async fn give_back_number(
        &self,
        phone: PhoneNumber,
        id: ClientId,
        actor: Actor,
    ) -> Result<AssignedNumber, LedgerError> {
        let client = self.client(id).await?;
        let (former, act) = (self.former_rests(&client), self.act(actor, "taken back by an operator"));
        let wire = self.chance.job_id(act.at);
        let given = self.give_this(AssignThisNumber { phone, client: id, former, only_back: true, act, wire }).await?;
        if let Some(number) = given.former {
            self.clear_number_alerts(number).await?;
        }
        Ok(given)
    }

    async fn give_this(&self, assign: AssignThisNumber) -> Result<AssignedNumber, LedgerError> {
        let assigned = self.ledger.assign_this_number(assign).await?;
        self.wake.now();
        Ok(assigned)
    }

    /// Sets a number aside: nobody gets it. A client who has it keeps it, as calls may still come in. What is reserved
    /// stays so: somebody is just confirming with it.
    ///
    /// # Errors
    /// No such number, or when the store does not answer.
    pub async fn set_number_aside(&self, phone: PhoneNumber, actor: Actor) -> Result<Moved, LedgerError> {
        self.set_aside_for(phone, self.act(actor, "set aside by an operator")).await
    }

    /// The same, for the reason that the act gives: whoever asks for it, the rules are these.
    pub(crate) async fn set_aside_for(&self, phone: PhoneNumber, act: Act) -> Result<Moved, LedgerError> {
        match self.ledger.move_number(MoveNumber { phone, to: MoveTo::Error, force: false, act }).await? {
            Moved::Unknown => Err(LedgerError::NumberUnknown),
            moved => Ok(moved),
        }
    }

    /// Ends a number's rest before its time, though not before the least that its country asks for after a client.
    ///
    /// # Errors
    /// No such number, or when the store does not answer.
    pub async fn end_rest(&self, phone: PhoneNumber, actor: Actor) -> Result<Freed, LedgerError> {
        let number = self.ledger.number(phone).await?.ok_or(LedgerError::NumberUnknown)?;
        if number.status != NumberStatus::Quarantined {
            return Ok(Freed::NotResting);
        }
        let act = self.act(actor, "its rest was ended by an operator");
        // Whatever it was meanwhile: set aside, missing, given back and found again.
        let hold = self.tables.rules.min_hold(number.country);
        let least = number.owned_until.map(|lost| lost.checked_add(hold).unwrap_or(Timestamp::MAX));
        if let Some(least) = least.filter(|least| act.at < *least) {
            return Ok(Freed::TooSoon(least));
        }
        let to = MoveTo::EndRest { begun: number.since };
        match self.ledger.move_number(MoveNumber { phone, to, force: false, act }).await? {
            Moved::Done { .. } => Ok(Freed::Done),
            Moved::Already | Moved::Kept(_) | Moved::Unknown => Ok(Freed::NotResting),
        }
    }

    /// Sets several numbers aside, each as [`Service::set_number_aside`] does.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn set_numbers_aside(&self, numbers: &[String], actor: Actor) -> Result<Each, LedgerError> {
        let (numbers, failed) = read_numbers(numbers);
        let mut each = Each { failed, ..Each::default() };
        for phone in numbers {
            let result = match self.set_number_aside(phone, actor).await {
                Ok(Moved::Done { .. } | Moved::Already) => Ok(()),
                Ok(Moved::Kept(KeepReason::Reserved)) => Err(HELD.into()),
                Ok(Moved::Kept(reason)) => Err(reason.to_string()),
                Ok(Moved::Unknown) | Err(LedgerError::NumberUnknown) => Err(NOT_IN_POOL.into()),
                Err(error) => return Err(error),
            };
            each.note(phone, result);
        }
        Ok(each)
    }

    /// Ends the rest of several numbers, each as [`Service::end_rest`] does.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn end_rests(&self, numbers: &[String], actor: Actor) -> Result<Each, LedgerError> {
        let (numbers, failed) = read_numbers(numbers);
        let mut each = Each { failed, ..Each::default() };
        for phone in numbers {
            let result = match self.end_rest(phone, actor).await {
                Ok(Freed::Done) => Ok(()),
                Ok(Freed::NotResting) => Err("does not rest".into()),
                Ok(Freed::TooSoon(until)) => {
                    Err(format!("was a client's; its country asks that nobody else gets it before {until}"))
                }
                Err(LedgerError::NumberUnknown) => Err(NOT_IN_POOL.into()),
                Err(error) => return Err(error),
            };
            each.note(phone, result);
        }
        Ok(each)
    }
}
