//! Promises: a client is enrolled only by proving a phone, and no answer of ours shows a code.
//!
//! Here requests are checked and given ids, time and the rules in force; what comes of them is decided and kept by the
//! store in one unit each. The texts, calls and mails go out by [`crate::jobs`].

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    CodeChannel, Confirmation, CountryCode, DispatchId, FieldError, Language, MailAddress, NewClient, NumberType,
    PendingId, PersonName, PhoneNumber,
    client::parse_phone,
    confirmation::{Stage, code::EnteredCode},
    pool::life::{Act, Actor},
};

use crate::{
    Service,
    clients::RequestError,
    pool::OnDemand,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{
            ApproveConfirmation, BegunConfirmation, CallEntry, CallStep, CodeCall, CodeRules, CreateConfirmation,
            DispatchReport, Entered, LinkOutcome, LinkProof, LinkState, Origin, ProgressPage, RequestCode, UseLink,
        },
    },
};

pub use crate::ports::ledger::{Entered as CodeEntered, LinkOutcome as UsedLink};

/// What `confirmations/create` is sent, in the original's names.
pub struct ConfirmationFields<'a> {
    /// `pending_id`.
    pub id: &'a str,
    /// `client_name`.
    pub name: &'a str,
    /// `client_mail`.
    pub mail: &'a str,
    /// `client_real_phone`.
    pub phone: &'a str,
    /// `country_iso`; none: the country of purchases.
    pub country: Option<&'a str>,
    /// `number_type`; none: the type that new clients get first.
    pub number_type: Option<&'a str>,
}

/// What the public page is sent.
pub struct ActivationFields<'a> {
    /// First and last name.
    pub name: &'a str,
    /// E-mail address.
    pub mail: &'a str,
    /// Phone, E.164.
    pub phone: &'a str,
}

/// How a confirmation goes, as the public page may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A code is out, or on its way.
    Waiting {
        /// The furthest channel that the carrier took a code for; none: none yet.
        channel: Option<CodeChannel>,
        /// Until when it can be entered.
        valid_until: Timestamp,
    },
    /// The code was tried too often.
    Locked,
    /// Proven; somebody has to agree first.
    Verified,
    /// Done.
    Done,
    /// Nobody proved anything in time.
    Expired,
    /// It cannot go on.
    Failed,
}

/// A code call, as its webhook names it.
#[derive(Debug)]
pub struct CallName<'a> {
    /// The call's own name, from the address that we gave the carrier.
    pub id: Option<DispatchId>,
    /// The carrier's id.
    pub sid: &'a str,
    /// Who was called.
    pub to: &'a str,
}

/// How long an answer to a code is reckoned with that nobody can use any more.
const LATE_ANSWERS: SignedDuration = SignedDuration::from_hours(72);

impl Service {
    /// What holds while codes go out and come back.
    pub(crate) fn code_rules(&self) -> CodeRules {
        let rest = LATE_ANSWERS.min(self.pool.quarantine);
        CodeRules { policy: self.policy.current(), mail: self.mailer.is_some(), rest }
    }

    /// Begins a confirmation for the operator. The same again finds the first one.
    ///
    /// # Errors
    /// A field, other content under the same id, a phone that is being confirmed already, no number left, too many codes.
    pub async fn create_confirmation(&self, fields: &ConfirmationFields<'_>) -> Result<Confirmation, RequestError> {
        let given = |text: Option<&'_ str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let country = match given(fields.country) {
            Some(text) => CountryCode::parse("country_iso", &text)?,
            None => self.pool.country,
        };
        let preferred: NumberType = match given(fields.number_type) {
            Some(text) => text.parse()?,
            None => self.preferred_type,
        };
        let command = self.checked(
            PendingId::parse(fields.id)?,
            PersonName::parse("client_name", fields.name)?,
            MailAddress::parse("client_mail", fields.mail)?,
            parse_phone("client_real_phone", fields.phone)?,
            (country, preferred),
            Origin::Api,
        )?;
        let begun = self.begin(command).await?;
        // The store gives none to the page alone.
        Ok(begun.confirmation.ok_or(LedgerError::ConfirmationUnknown)?)
    }

    /// Begins a confirmation for whoever uses the public page. What names its progress page; the answer is the same whether
    /// or not anybody is known here.
    ///
    /// # Errors
    /// A field, a phone outside the allowed regions, no number left, too many requests.
    pub async fn request_activation(
        &self,
        fields: &ActivationFields<'_>,
        requester: &str,
    ) -> Result<String, RequestError> {
        let phone = parse_phone("phone", fields.phone)?;
        let policy = self.policy.current();
        if !policy.allows(phone) {
            return Err(FieldError::new(
                "phone",
                ("est d’un pays que ce service ne dessert pas", "is from a country that this service does not serve"),
            )
            .into());
        }
        let id = self.new_pending_id()?;
        let country = NewClient::country("phone", None, phone, policy.countries())?;
        let command = self.checked(
            id,
            PersonName::parse("name", fields.name)?,
            MailAddress::parse("mail", fields.mail)?,
            phone,
            (self.stocked(country).await?, self.preferred_type),
            Origin::Page { requester: requester.to_owned() },
        )?;
        Ok(self.begin(command).await?.progress)
    }

    /// What names the progress page of nobody: it looks like one whose code is out, for whoever is not to be served.
    ///
    /// # Errors
    /// Never, as an id is always visible text.
    pub fn nobodys_progress(&self) -> Result<String, FieldError> {
        Ok(self.ledger.progress_name(&self.new_pending_id()?, self.clock.now()))
    }

    fn new_pending_id(&self) -> Result<PendingId, FieldError> {
        PendingId::parse(&self.chance.dispatch_id(self.clock.now()).uuid().hyphenated().to_string())
    }

    /// The client's own country when a number of it is there, else the country of purchases: a caller ID from abroad may be
    /// hidden on the way.
    async fn stocked(&self, country: CountryCode) -> Result<CountryCode, LedgerError> {
        let left = self.ledger.available_numbers(country, None, self.clock.now()).await?;
        Ok(if left.is_empty() { self.pool.country } else { country })
    }

    fn checked(
        &self,
        id: PendingId,
        name: PersonName,
        mail: MailAddress,
        phone: PhoneNumber,
        (country, preferred): (CountryCode, NumberType),
        origin: Origin,
    ) -> Result<CreateConfirmation, FieldError> {
        let rules = self.code_rules();
        if rules.policy.forbids(phone) {
            return Err(FieldError::new(
                "client_real_phone",
                ("est un numéro qui n’est jamais appelé", "is a number that is never called or texted"),
            ));
        }
        let now = self.clock.now();
        let language = rules.policy.countries().of(phone).map_or(Language::Fr, |of| rules.policy.language(of.code));
        let mail = MailAddress::parse("client_mail", &mail.expose().to_lowercase())?;
        let lifetime = self.codes.lifetime;
        let spare = self.chance.spare_ids(now);
        Ok(CreateConfirmation {
            id,
            name,
            mail,
            phone,
            country,
            preferred,
            language,
            origin,
            lifetime,
            rules,
            spare,
            now,
        })
    }

    async fn begin(&self, command: CreateConfirmation) -> Result<BegunConfirmation, RequestError> {
        let demand = OnDemand::new(self);
        // Nobody but the operator makes the service spend money.
        let may_buy = command.origin == Origin::Api;
        loop {
            match self.ledger.create_confirmation(command.clone()).await {
                Ok(begun) => {
                    self.wake.now();
                    return Ok(begun);
                }
                Err(refusal) if may_buy => demand.after(refusal).await?,
                Err(refusal) => return Err(refusal.into()),
            }
        }
    }

    /// A confirmation.
    ///
    /// # Errors
    /// There is none with this id.
    pub async fn confirmation(&self, id: &str) -> Result<Confirmation, RequestError> {
        let id = PendingId::parse(id)?;
        Ok(self.ledger.confirmation(id).await?.ok_or(LedgerError::ConfirmationUnknown)?)
    }

    /// Asks for a code over a channel. One that went out a moment ago is not sent again; a locked one is replaced. Whether
    /// one goes out.
    ///
    /// # Errors
    /// No such confirmation, one that is over, too many codes.
    pub async fn resend_code(&self, id: &str, channel: CodeChannel) -> Result<bool, RequestError> {
        let now = self.clock.now();
        let (rules, spare) = (self.code_rules(), self.chance.spare_ids(now));
        let request = RequestCode { id: PendingId::parse(id)?, channel, rules, spare, now };
        let goes_out = self.ledger.request_code(request).await?;
        if goes_out {
            self.wake.now();
        }
        Ok(goes_out)
    }

    /// An operator agrees to a change that waits for the contact on record.
    ///
    /// # Errors
    /// No such confirmation, or one that waits for nothing.
    pub async fn approve_confirmation(&self, id: &str) -> Result<Confirmation, RequestError> {
        let now = self.clock.now();
        let (rules, spare) = (self.code_rules(), self.chance.spare_ids(now));
        let approve = ApproveConfirmation { id: PendingId::parse(id)?, rules, spare, now };
        let confirmation = self.ledger.approve_confirmation(approve).await?;
        self.wake.now();
        Ok(confirmation)
    }

    /// An operator ends a confirmation before its time; its number is no longer held.
    ///
    /// # Errors
    /// No such confirmation, or one that is over.
    pub async fn cancel_confirmation(&self, id: &str, actor: Actor) -> Result<Confirmation, RequestError> {
        let act = Act::new(actor, "an operator ended its confirmation", self.clock.now());
        Ok(self.ledger.cancel_confirmation(PendingId::parse(id)?, act).await?)
    }

    /// Ends the confirmations that are older than so many hours, or than they may become at all. Their ids and numbers, and
    /// how many numbers were given back.
    ///
    /// # Errors
    /// Fewer than one hour; the store.
    pub async fn expire_confirmations(&self, hours: i64) -> Result<(Vec<(PendingId, PhoneNumber)>, u64), RequestError> {
        if hours < 1 {
            return Err(FieldError::new(
                "hours",
                ("doit être un nombre entier d’heures, 1 au moins", "must be a whole number of hours, 1 at least"),
            )
            .into());
        }
        let now = self.clock.now();
        let age = SignedDuration::from_secs(hours.saturating_mul(3_600)).min(self.codes.lifetime);
        let begun_before = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let (mut expired, mut released) = (Vec::new(), 0);
        loop {
            let (some, given_back) = self.ledger.expire_confirmations(begun_before, now).await?;
            if some.is_empty() {
                return Ok((expired, released));
            }
            expired.extend(some);
            released += given_back;
        }
    }

    /// How the confirmation goes whose progress page has this name. None: not one of ours.
    ///
    /// # Errors
    /// The store.
    pub async fn activation_progress(&self, name: &str) -> Result<Option<Progress>, LedgerError> {
        let now = self.clock.now();
        let Some(found) = self.ledger.confirmation_by_progress(name.to_owned()).await? else { return Ok(None) };
        let it = match found {
            ProgressPage::Theirs(it) => it,
            ProgressPage::Nobodys { begun } => {
                let valid_until = begun.checked_add(self.codes.lifetime).unwrap_or(begun);
                if now >= valid_until {
                    return Ok(Some(Progress::Expired));
                }
                let channel = self.policy.current().codes.unanswered(now.duration_since(begun));
                return Ok(Some(Progress::Waiting { channel, valid_until }));
            }
        };
        Ok(Some(match it.stage(now) {
            Stage::Open if it.progress.is_locked() => Progress::Locked,
            Stage::Open => Progress::Waiting { channel: it.progress.channel, valid_until: it.expires_at },
            Stage::AwaitingConsent => Progress::Verified,
            Stage::Promoted | Stage::Updated => Progress::Done,
            Stage::Expired => Progress::Expired,
            Stage::Failed => Progress::Failed,
        }))
    }

    /// What a link can be used for: asking changes nothing.
    ///
    /// # Errors
    /// The store.
    pub async fn link(&self, id: &str, proof: &LinkProof) -> Result<LinkState, LedgerError> {
        match PendingId::parse(id) {
            Ok(id) => self.ledger.link(id, proof.clone(), self.clock.now()).await,
            Err(_) => Ok(LinkState::Unknown),
        }
    }

    /// A link's button was pressed.
    ///
    /// # Errors
    /// The store: nothing was done, and the button can be pressed again.
    pub async fn use_link(&self, id: &str, proof: &LinkProof, agreed: bool) -> Result<LinkOutcome, LedgerError> {
        let Ok(id) = PendingId::parse(id) else { return Ok(LinkOutcome::Unknown) };
        let now = self.clock.now();
        let (rules, spare) = (self.code_rules(), self.chance.spare_ids(now));
        let outcome = self.ledger.use_link(UseLink { id, proof: proof.clone(), agreed, rules, spare, now }).await?;
        self.wake.now();
        Ok(outcome)
    }

    /// Somebody picked up a call that says a code. What cannot be recorded is over: a code is said only in a call of ours.
    pub async fn code_call(&self, call: &CallName<'_>) -> CallStep {
        let Some(call) = self.code_call_of(call) else { return CallStep::Over };
        self.patiently(self.ledger.begin_code_call(call)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a call with a code could not be recorded");
            CallStep::Over
        })
    }

    fn code_call_of(&self, call: &CallName<'_>) -> Option<CodeCall> {
        let to = PhoneNumber::parse_address(call.to).ok()?;
        Some(CodeCall { id: call.id?, call_sid: call.sid.to_owned(), to, now: self.clock.now() })
    }

    /// A code was typed in a call: what it came to, and what to say it in. None: it could not be recorded.
    pub async fn code_typed(&self, call: &CallName<'_>, attempt: u32, digits: &str) -> Option<(Entered, Language)> {
        let Some(call) = self.code_call_of(call) else { return Some((Entered::Over, Language::Fr)) };
        let spare = self.chance.spare_ids(call.now);
        let entered = EnteredCode::parse(digits);
        let entry = CallEntry { call, attempt, entered, rules: self.code_rules(), spare };
        match self.patiently(self.ledger.enter_code(entry)).await {
            Ok(came_to) => {
                self.wake.now();
                Some(came_to)
            }
            Err(error) => {
                tracing::error!(%error, "a typed code could not be recorded");
                None
            }
        }
    }

    /// The carrier reports on a text or call of a confirmation. Whether it is known.
    ///
    /// # Errors
    /// When it could not be recorded: the carrier is to report again.
    pub async fn dispatch_reported(
        &self,
        id: DispatchId,
        sid: &str,
        reached: Option<bool>,
        error_code: Option<i32>,
    ) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let (rules, spare) = (self.code_rules(), self.chance.spare_ids(now));
        let report = DispatchReport { id, sid: sid.to_owned(), reached, error_code, rules, spare, now };
        let known = self.patiently(self.ledger.record_dispatch(report)).await?;
        self.wake.now();
        Ok(known)
    }
}
