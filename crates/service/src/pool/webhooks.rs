//! A number's webhooks lead here: set when it joins, looked after when it is given to a client and once a day.
//!
//! What leads to somebody else is never changed without an operator's word.

use proxycall_domain::{
    CountryCode, NumberStatus, PhoneNumber,
    pool::{
        ProxyNumber,
        life::{Actor, may_leave},
    },
    wiring::Wiring,
};

use super::{NumberFailure, PoolError, alert, facts_of, in_words, read_numbers};
use crate::{
    Service,
    ports::{
        CarrierError, LedgerError,
        carrier::{CarrierNumber, NumberUpdate},
        ledger::{MoveNumber, MoveTo, NumberFilter},
    },
};

/// How a number bought for the pool is called until somebody gives it a name: the original's `Pool-FR-1`.
const POOL_NAME: &str = "Pool-";

/// Which webhooks to look at.
#[derive(Debug, Clone, Default)]
pub struct WebhookFilter {
    /// Only this country.
    pub country: Option<CountryCode>,
    /// Only in this state.
    pub status: Option<NumberStatus>,
    /// Only this number.
    pub phone: Option<PhoneNumber>,
    /// Leave the webhooks of texts alone.
    pub calls_only: bool,
}

/// What was found and mended. Numbers in E.164.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WebhookReport {
    /// How many numbers were looked at.
    pub checked: usize,
    /// Calls lead elsewhere: number and where.
    pub need_voice: Vec<(String, String)>,
    /// Texts lead elsewhere: number and where.
    pub need_text: Vec<(String, String)>,
    /// Calls were mended.
    pub fixed_voice: Vec<String>,
    /// Texts were mended.
    pub fixed_text: Vec<String>,
    /// The account does not have them.
    pub not_found: Vec<String>,
    /// They could not be mended, and why.
    pub failed: Vec<NumberFailure>,
}

/// What seeing to one number came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wired {
    /// It leads here.
    Well,
    /// It is not to lead here: it is not in the pool (any more), or somebody else's.
    NotOurs,
}

impl Service {
    /// Looks at the webhooks of the pool's numbers and, unless `dry_run`, mends them: an operator's word, so also those
    /// of clients that lead elsewhere, as after a move from another service. Numbers set aside are left alone.
    ///
    /// # Errors
    /// When the account cannot be listed, or the store does not answer.
    pub async fn fix_webhooks(
        &self,
        filter: &WebhookFilter,
        dry_run: bool,
        tell: &mut (dyn FnMut(usize, usize) + Send),
    ) -> Result<WebhookReport, PoolError> {
        let (account, numbers) = match filter.phone {
            Some(phone) => {
                let found = self.carrier.find_number(phone).await?;
                let number = self.ledger.number(phone).await?.ok_or(LedgerError::NumberUnknown)?;
                (found.into_iter().map(|number| (number.phone, number)).collect(), vec![number])
            }
            None => {
                let numbers =
                    NumberFilter { country: filter.country, status: filter.status, ..NumberFilter::default() };
                (self.account_numbers().await?, self.pool_numbers(&numbers).await?)
            }
        };
        let mut report = WebhookReport::default();
        let total = numbers.len();
        for (done, number) in numbers.iter().enumerate() {
            tell(done, total);
            if number.status == NumberStatus::Released {
                continue;
            }
            report.checked += 1;
            match account.get(&number.phone) {
                Some(found) => self.fix_number(number, found, filter, dry_run, &mut report).await?,
                None => report.not_found.push(number.phone.expose()),
            }
        }
        tell(total, total);
        Ok(report)
    }

    async fn fix_number(
        &self,
        number: &ProxyNumber,
        found: &CarrierNumber,
        filter: &WebhookFilter,
        dry_run: bool,
        report: &mut WebhookReport,
    ) -> Result<(), LedgerError> {
        let phone = number.phone.expose();
        if number.status == NumberStatus::Error {
            let why = format!("is set aside ({}); adopt it to use it", number.reason);
            report.failed.push(NumberFailure { number: phone, why });
            return Ok(());
        }
        let wanted = self.wiring_for(found, filter.calls_only);
        let faults = found.wiring.faults(&wanted);
        if faults.voice {
            report.need_voice.push((phone.clone(), found.wiring.voice.url.clone()));
        }
        if faults.text {
            report.need_text.push((phone.clone(), found.wiring.text.url.clone()));
        }
        if dry_run || faults.none() {
            return Ok(());
        }
        let before = found.wiring.used_elsewhere(&self.pool.our_hosts).then(|| found.wiring.clone());
        self.ledger.note_carrier(number.phone, facts_of(found), before).await?;
        let update = NumberUpdate { friendly_name: None, wiring: Some(wanted.replacing(&found.wiring)) };
        match self.carrier.update_number(&found.sid, &update).await {
            Ok(_) => {
                self.ledger.clear_alert(alert::USED_ELSEWHERE, phone.clone(), self.clock.now()).await?;
                if faults.voice {
                    report.fixed_voice.push(phone.clone());
                }
                if faults.text {
                    report.fixed_text.push(phone);
                }
            }
            Err(error) => report.failed.push(NumberFailure { number: phone, why: in_words(&error) }),
        }
        Ok(())
    }

    /// Our wiring; with the webhooks of texts as they are, when only calls are meant.
    fn wiring_for(&self, found: &CarrierNumber, calls_only: bool) -> Wiring {
        let ours = self.wanted_wiring();
        if !calls_only {
            return ours;
        }
        let now = &found.wiring;
        Wiring { text: now.text.clone(), text_fallback: now.text_fallback.clone(), ..ours }
    }

    /// Sees that a number's webhooks lead here, and that the carrier's console calls it by its client's name.
    ///
    /// # Errors
    /// The carrier's or the store's: it is to be tried again.
    pub(crate) async fn wire_number(&self, phone: PhoneNumber) -> Result<Wired, PoolError> {
        let Some(number) = self.ledger.number(phone).await? else { return Ok(Wired::NotOurs) };
        if matches!(number.status, NumberStatus::Released | NumberStatus::Error) {
            return Ok(Wired::NotOurs);
        }
        let Some(found) = self.carrier.find_number(phone).await? else {
            self.note_missing(phone, self.act(Actor::System, "gone at the carrier")).await?;
            return Ok(Wired::NotOurs);
        };
        self.wire_found(&number, &found, true).await
    }

    /// The same for a number as the account shows it.
    pub(super) async fn wire_found(
        &self,
        number: &ProxyNumber,
        found: &CarrierNumber,
        rename: bool,
    ) -> Result<Wired, PoolError> {
        let elsewhere = found.wiring.used_elsewhere(&self.pool.our_hosts);
        let known = number.carrier.as_ref() == Some(&facts_of(found));
        if !known {
            self.ledger.note_carrier(number.phone, facts_of(found), elsewhere.then(|| found.wiring.clone())).await?;
        }
        if elsewhere {
            let fr = "Chez l’opérateur télécom, ce numéro du stock a d’autres webhooks. S’il doit mener ici, lancez \
                      `proxycall number fix-webhooks --apply` ; sinon, donnez-en un autre à son client et mettez-le au repos \
                      (celui d’un client avec --force).";
            let en = "The carrier has other webhooks for this number of the pool. If it is to lead here, run \
                      `proxycall number fix-webhooks --apply`; if not, give its client another and quarantine it \
                      (a client's number with --force).";
            self.alert(alert::USED_ELSEWHERE, number.phone.expose(), (fr, en)).await?;
            return Ok(Wired::NotOurs);
        }
        let wanted = self.wanted_wiring();
        let name = carrier_name(number).filter(|name| rename && *name != found.friendly_name);
        let wiring = (!found.wiring.faults(&wanted).none()).then(|| wanted.replacing(&found.wiring));
        if name.is_some() || wiring.is_some() {
            self.carrier.update_number(&found.sid, &NumberUpdate { friendly_name: name, wiring }).await?;
        }
        self.ledger.clear_alert(alert::USED_ELSEWHERE, number.phone.expose(), self.clock.now()).await?;
        Ok(Wired::Well)
    }

    /// Gives numbers the webhooks back that they had before ours, and sets them aside: they are used elsewhere then.
    /// What a client has and what is reserved takes `force`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn restore_webhooks(
        &self,
        numbers: &[String],
        force: bool,
        actor: Actor,
    ) -> Result<(Vec<String>, Vec<NumberFailure>), LedgerError> {
        let (numbers, mut failed) = read_numbers(numbers);
        let mut restored = Vec::new();
        for phone in numbers {
            match self.restore_number(phone, force, actor).await? {
                Ok(()) => restored.push(phone.expose()),
                Err(why) => failed.push(NumberFailure::new(phone, why)),
            }
        }
        Ok((restored, failed))
    }

    async fn restore_number(
        &self,
        phone: PhoneNumber,
        force: bool,
        actor: Actor,
    ) -> Result<Result<(), String>, LedgerError> {
        let Some(number) = self.ledger.number(phone).await? else { return Ok(Err("is not in the pool".to_owned())) };
        if let Err(reason) = may_leave(number.status, force) {
            return Ok(Err(reason.to_string()));
        }
        let Some(before) = self.ledger.wiring_before(phone).await? else {
            return Ok(Err("had no other webhooks that we know of".to_owned()));
        };
        let found = match self.carrier.find_number(phone).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Err("is not in the account".to_owned())),
            Err(error) => return Ok(Err(in_words(&error))),
        };
        // Out of the pool first: it must not be given to anybody while it leads elsewhere.
        let act = self.act(actor, "used elsewhere: its former webhooks were restored");
        self.ledger.move_number(MoveNumber { phone, to: MoveTo::Error, force: true, act }).await?;
        let update = NumberUpdate { friendly_name: None, wiring: Some(before) };
        match self.carrier.update_number(&found.sid, &update).await {
            Ok(_) => Ok(Ok(())),
            Err(error) => Ok(Err(in_words(&error))),
        }
    }
}

/// What the carrier's console is to call a client's number: the name that an operator gave it, else the client's name.
/// None: as it is.
fn carrier_name(number: &ProxyNumber) -> Option<String> {
    let client = number.client_name.as_ref()?;
    let given = &number.friendly_name;
    let named = !given.is_empty() && !given.starts_with(POOL_NAME);
    Some(if named { given.clone() } else { client.expose().to_owned() })
}

/// Whether asking again may help, and not only an operator.
pub(crate) fn passes(error: &PoolError) -> bool {
    !matches!(error, PoolError::Carrier(CarrierError::Refused { status, .. }) if *status != 401)
}
