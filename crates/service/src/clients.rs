//! Promises: what an operator or a shop sends about clients and orders is checked whole before anything is done.

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    ClientId, CountryCode, FieldError, MailAddress, NewClient, PersonName, PhoneNumber,
    client::{Client, ClientChanges, parse_phone},
    order::{NewOrder, OrderId},
    pool::life::Actor,
};

use crate::{
    Service,
    pool::OnDemand,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{
            ClientSearch, CloseClient, CreateClient, Page, PlaceOrder, PlacedOrder, RequestKey, RestoreClient,
            UpdateClient,
        },
    },
};

/// How long a closed client may be restored.
const RESTORABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Longest text to look for, in characters: that of an e-mail address.
const SEARCHED_MAX: usize = 254;

/// Why a request about clients is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// A field is not as it should be.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The store's reason.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The pool is empty, and no number could be bought in time. The same request goes on later where this one stopped.
    #[error("no proxy number of {country} is available, and none could be bought in time: {why}")]
    NumberNotBought {
        /// The client's country.
        country: CountryCode,
        /// What happened, in words for an operator.
        why: String,
    },
}

/// A client as it is sent to us, in the original's names.
pub struct ClientFields<'a> {
    /// `client_id`.
    pub id: &'a str,
    /// `client_name`.
    pub name: &'a str,
    /// `client_mail`.
    pub mail: &'a str,
    /// `client_real_phone`.
    pub phone: &'a str,
    /// `client_iso_residency`.
    pub residency: Option<&'a str>,
}

/// Changes to a client as they are sent to us. Empty means unchanged.
pub struct ChangeFields<'a> {
    /// `client_name`.
    pub name: Option<&'a str>,
    /// `client_mail`.
    pub mail: Option<&'a str>,
    /// `client_real_phone`.
    pub phone: Option<&'a str>,
    /// `client_proxy_number`.
    pub proxy: Option<&'a str>,
}

impl ChangeFields<'_> {
    /// Checks them. What is absent or empty stays as it is.
    pub(crate) fn check(&self) -> Result<ClientChanges, FieldError> {
        fn given(field: Option<&str>) -> Option<&str> {
            field.map(str::trim).filter(|text| !text.is_empty())
        }
        Ok(ClientChanges {
            name: given(self.name).map(|text| PersonName::parse("client_name", text)).transpose()?,
            mail: given(self.mail).map(|text| MailAddress::parse("client_mail", text)).transpose()?,
            phone: given(self.phone).map(|text| parse_phone("client_real_phone", text)).transpose()?,
            proxy: given(self.proxy).map(|text| parse_phone("client_proxy_number", text)).transpose()?,
        })
    }
}

impl Service {
    fn check_client(&self, fields: &ClientFields<'_>) -> Result<NewClient, FieldError> {
        let phone = parse_phone("client_real_phone", fields.phone)?;
        let policy = self.policy.current();
        Ok(NewClient {
            id: ClientId::parse("client_id", fields.id)?,
            name: PersonName::parse("client_name", fields.name)?,
            mail: MailAddress::parse("client_mail", fields.mail)?,
            phone,
            country: NewClient::country("client_iso_residency", fields.residency, phone, policy.countries())?,
        })
    }

    /// Creates a client with a proxy number of its country.
    ///
    /// # Errors
    /// A field, an id that is taken, no number left.
    pub async fn create_client(
        &self,
        fields: &ClientFields<'_>,
        request: Option<RequestKey>,
        actor: Actor,
    ) -> Result<Client, RequestError> {
        let client = self.check_client(fields)?;
        let demand = OnDemand::new(self);
        loop {
            let now = self.clock.now();
            let create = CreateClient {
                client: client.clone(),
                preferred: self.preferred_type,
                request: request.clone(),
                actor,
                wire: self.chance.job_id(now),
                now,
            };
            match self.ledger.create_client(create).await {
                Ok(client) => return Ok(self.given(client)),
                Err(refusal) => demand.after(refusal).await?,
            }
        }
    }

    /// A client who is not closed.
    ///
    /// # Errors
    /// No such client.
    pub async fn client(&self, id: ClientId) -> Result<Client, LedgerError> {
        let client = match self.ledger.client(id).await? {
            None if self.look_in_sheet().await => self.ledger.client(id).await?,
            client => client,
        };
        client.ok_or(LedgerError::ClientUnknown)
    }

    /// Clients by whatever was typed, closed ones last: `#` and the id, or the id alone while it has fewer than four
    /// digits, a whole number in any spelling, its last four digits,
    /// words of the name, the e-mail address.
    ///
    /// # Errors
    /// A text that is empty, too long or not printable.
    pub async fn search_clients(
        &self,
        text: &str,
        after: Option<ClientId>,
        limit: u32,
    ) -> Result<Page<Client>, RequestError> {
        let text = text.trim();
        if !(1..=SEARCHED_MAX).contains(&text.chars().count()) || text.chars().any(char::is_control) {
            let expected = (
                "doit avoir de 1 à 254 caractères : un numéro, ses quatre derniers chiffres, un nom ou un e-mail",
                "must have 1 to 254 printable characters: a number, its last four digits, a name or an e-mail",
            );
            return Err(FieldError::new("text", expected).into());
        }
        if let Some(id) = text.strip_prefix('#').and_then(|id| ClientId::parse("text", id).ok()) {
            let items = match self.ledger.known_client(id).await {
                Ok(client) => vec![client],
                Err(LedgerError::ClientUnknown | LedgerError::ClientErased) => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            return Ok(Page { items, next: None });
        }
        // Digits that are too few for anything else are an id too, also without its sign.
        let is_short = text.len() < 4 && text.bytes().all(|sign| sign.is_ascii_digit());
        let id = ClientId::parse("text", text).ok().filter(|_| is_short && after.is_none());
        if let Some(id) = id {
            return self.search_id_or_words(id, text, limit).await;
        }
        let mut found = None;
        for phone in self.phones_meant(text) {
            let page = self.ledger.search_clients(ClientSearch::Phone(phone)).await?;
            if !page.items.is_empty() {
                return Ok(page);
            }
            found = Some(page);
        }
        if let Some(nobody) = found {
            return Ok(nobody);
        }
        let search = if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
            ClientSearch::LastFour { digits: text.to_owned(), after, limit }
        } else {
            ClientSearch::Words { start: text.to_owned(), after, limit }
        };
        Ok(self.ledger.search_clients(search).await?)
    }

    /// The client of an id, before those of whom a word begins with its digits.
    async fn search_id_or_words(&self, id: ClientId, text: &str, limit: u32) -> Result<Page<Client>, RequestError> {
        let search = ClientSearch::Words { start: text.to_owned(), after: None, limit };
        let mut page = self.ledger.search_clients(search).await?;
        match self.ledger.known_client(id).await {
            Ok(client) => {
                page.items.retain(|other| other.id != id);
                page.items.insert(0, client);
            }
            Err(LedgerError::ClientUnknown | LedgerError::ClientErased) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(page)
    }

    /// The numbers that a text may mean: one with its country code as it is, else as France and the pool's country write it.
    #[must_use]
    pub fn phones_meant(&self, text: &str) -> Vec<PhoneNumber> {
        if let Ok(phone) = PhoneNumber::parse(text) {
            return vec![phone];
        }
        let mut meant: Vec<PhoneNumber> = [CountryCode::FRANCE, self.pool.country]
            .into_iter()
            .filter_map(|country| self.tables.national.read(country, text).ok())
            .collect();
        meant.dedup();
        meant
    }

    /// Changes a client.
    ///
    /// # Errors
    /// A field, no such client, a proxy number that is another's.
    pub async fn update_client(&self, id: ClientId, fields: &ChangeFields<'_>) -> Result<Client, RequestError> {
        let changes = fields.check()?;
        let update = UpdateClient { id, changes, now: self.clock.now() };
        Ok(match self.ledger.update_client(update.clone()).await {
            Err(LedgerError::ClientUnknown) if self.look_in_sheet().await => self.ledger.update_client(update).await,
            result => result,
        }?)
    }

    /// Closes a client; its number rests. For 30 days the client can be restored.
    ///
    /// # Errors
    /// No such client.
    pub async fn close_client(&self, id: ClientId, actor: Actor) -> Result<Client, LedgerError> {
        let now = self.clock.now();
        let quarantine_until = self.quarantine_until(id, now).await?;
        self.ledger.close_client(CloseClient { id, quarantine_until, actor, now }).await
    }

    /// Until when a client's number rests, given back now.
    pub(crate) async fn quarantine_until(&self, id: ClientId, now: Timestamp) -> Result<Timestamp, LedgerError> {
        // How long depends on the number's own country, not on the client's.
        let country = match self.ledger.client(id).await?.and_then(|client| client.proxy) {
            Some(proxy) => self.ledger.number(proxy).await?.map(|number| number.country),
            None => None,
        };
        let rest = country.map_or(self.pool.quarantine, |country| self.rest_of(country));
        Ok(now.checked_add(rest).unwrap_or(now))
    }

    /// Opens a closed client again.
    ///
    /// # Errors
    /// No such client, closed too long ago, no number left.
    pub async fn restore_client(&self, id: ClientId, actor: Actor) -> Result<Client, RequestError> {
        let demand = OnDemand::new(self);
        loop {
            let now = self.clock.now();
            let closed_since = now.checked_sub(RESTORABLE).unwrap_or(Timestamp::MIN);
            let wire = self.chance.job_id(now);
            let restore = RestoreClient { id, preferred: self.preferred_type, closed_since, actor, wire, now };
            match self.ledger.restore_client(restore).await {
                Ok(client) => return Ok(self.given(client)),
                Err(refusal) => demand.after(refusal).await?,
            }
        }
    }

    /// A number was given: what looks after its webhooks is to start.
    fn given<T>(&self, given: T) -> T {
        self.wake.now();
        given
    }

    /// Records an order, creating its client when new.
    ///
    /// # Errors
    /// A field, an order of other content, a closed client, no number left.
    pub async fn place_order(
        &self,
        id: &str,
        client: &ClientFields<'_>,
        actor: Actor,
    ) -> Result<PlacedOrder, RequestError> {
        let order = NewOrder { id: OrderId::parse("order_id", id)?, client: self.check_client(client)? };
        let demand = OnDemand::new(self);
        loop {
            let (now, order) = (self.clock.now(), order.clone());
            let wire = self.chance.job_id(now);
            let place = PlaceOrder { order, preferred: self.preferred_type, actor, wire, now };
            match self.ledger.place_order(place).await {
                Ok(placed) => return Ok(self.given(placed)),
                Err(refusal) => demand.after(refusal).await?,
            }
        }
    }
}
