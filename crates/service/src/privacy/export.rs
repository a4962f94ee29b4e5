//! Promises: all that is known of a client as one JSON document, written part by part, so that no document is too long for
//! the memory. A document whose end is missing is no JSON: a half one is not taken for a whole.

use std::sync::Arc;

use proxycall_domain::{
    ClientId, Confirmation, Interaction, InteractionId, PhoneNumber, client::Client, order::Order, sheet::Cells,
};
use serde_json::{Value, json};

use crate::{
    Service,
    ports::{
        LedgerError,
        ledger::{Contact, HeldNumber, InteractionFilter},
    },
};

/// How the document is called; its number rises when a field changes its meaning.
const FORMAT: &str = "proxycall-client-export/1";
/// How many records one part holds.
const AT_ONCE: u32 = 500;

/// What is written next.
enum Next {
    Head,
    Orders { after: Option<String>, first: bool },
    Interactions { after: Option<InteractionId>, first: bool },
    Contacts { after: Option<InteractionId>, first: bool },
    Tail,
    Nothing,
}

/// The document of one client, while it is written.
pub struct Export {
    service: Arc<Service>,
    client: Client,
    next: Next,
}

impl Export {
    /// Begins the document of a client, open or closed.
    ///
    /// # Errors
    /// No such client, or an erased one.
    pub async fn begin(service: Arc<Service>, id: ClientId) -> Result<Self, LedgerError> {
        let client = service.ledger.known_client(id).await?;
        Ok(Self { service, client, next: Next::Head })
    }

    /// The next part of the document; none: it is whole.
    ///
    /// # Errors
    /// When the store does not answer: what was written is no document then.
    pub async fn part(&mut self) -> Result<Option<String>, LedgerError> {
        let ledger = &self.service.ledger;
        let (text, next) = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Nothing => return Ok(None),
            Next::Head => (self.head().await?, Next::Orders { after: None, first: true }),
            Next::Orders { after, first } => {
                let page = ledger.orders(Some(self.client.id), after, AT_ONCE).await?;
                let text = list("orders", first, page.next.is_none(), page.items.iter().map(order));
                let next = match page.next {
                    Some(next) => Next::Orders { after: Some(next), first: false },
                    None => Next::Interactions { after: None, first: true },
                };
                (text, next)
            }
            Next::Interactions { after, first } => {
                let filter =
                    InteractionFilter { client: Some(self.client.id), after, limit: AT_ONCE, ..Default::default() };
                let page = ledger.interactions(filter).await?;
                let last = page.items.last().map(|last| last.id).filter(|_| page.next.is_some());
                let text = list("interactions", first, last.is_none(), page.items.iter().map(interaction));
                let next = match last {
                    Some(last) => Next::Interactions { after: Some(last), first: false },
                    None => Next::Contacts { after: None, first: true },
                };
                (text, next)
            }
            Next::Contacts { after, first } => {
                let found = ledger.contacts_of(self.client.phone, after).await?;
                let text =
                    list("contacts_with_others", first, found.reached.is_none(), found.found.iter().map(contact));
                // A part in which nothing was found has opened no list yet.
                let opened = !first || !found.found.is_empty();
                let next = match found.reached {
                    Some(reached) => Next::Contacts { after: Some(reached), first: !opened },
                    None => Next::Tail,
                };
                let text = if found.reached.is_some() && !opened { String::new() } else { text };
                (text, next)
            }
            Next::Tail => ("\n}\n".to_owned(), Next::Nothing),
        };
        self.next = next;
        Ok(Some(text))
    }

    /// Everything of which there is one, or little.
    async fn head(&self) -> Result<String, LedgerError> {
        let (ledger, id) = (&self.service.ledger, self.client.id);
        let numbers: Vec<Value> = ledger.numbers_of(id).await?.iter().map(number).collect();
        let confirmations = ledger.confirmations_of(&self.client).await?;
        let now = self.service.clock.now();
        let confirmations: Vec<Value> = confirmations.iter().map(|it| confirmation(it, it.status(now))).collect();
        let texts = ledger.kept_texts(id).await?;
        let texts: Vec<Value> =
            texts.into_iter().map(|(id, body)| json!({ "interaction": id.to_string(), "body": body })).collect();
        let shown = ledger.shown_of(id).await?;
        let fields = [
            ("format", json!(FORMAT)),
            ("exported_at", json!(now.to_string())),
            ("client", client(&self.client)),
            ("numbers", json!(numbers)),
            ("confirmations", json!(confirmations)),
            ("texts_under_way", json!(texts)),
            ("sheet", shown.as_ref().map_or(Value::Null, sheet)),
        ];
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("  \"{name}\": {value}")).collect();
        Ok(format!("{{\n{}", fields.join(",\n")))
    }
}

/// A stretch of a list: with its name when it is the first, with its end when it is the last.
fn list(name: &str, first: bool, last: bool, items: impl Iterator<Item = Value>) -> String {
    let mut text = if first { format!(",\n  \"{name}\": [") } else { String::new() };
    for (place, item) in items.enumerate() {
        text.push_str(if first && place == 0 { "\n    " } else { ",\n    " });
        text.push_str(&item.to_string());
    }
    if last {
        text.push(']');
    }
    text
}

fn phone(phone: Option<PhoneNumber>) -> Value {
    phone.map_or(Value::Null, |phone| json!(phone.expose()))
}

fn client(client: &Client) -> Value {
    json!({
        "client_id": client.id.to_string(),
        "name": client.name.expose(),
        "mail": client.mail.expose(),
        "phone": client.phone.expose(),
        "country": client.country.to_string(),
        "proxy_number": phone(client.proxy),
        "last_caller": phone(client.last_caller),
        "created_at": client.created_at.to_string(),
        "closed_at": client.closed_at.map(|at| at.to_string()),
    })
}

fn number(held: &HeldNumber) -> Value {
    json!({
        "number": held.number.expose(),
        "status": held.held.status.as_str(),
        "by": held.held.actor.as_str(),
        "reason": held.held.reason,
        "from": held.held.since.to_string(),
        "until": held.held.until.map(|at| at.to_string()),
    })
}

fn confirmation(it: &Confirmation, status: String) -> Value {
    json!({
        "pending_id": it.id.to_string(),
        "name": it.name.expose(),
        "mail": it.mail.expose(),
        "phone": it.phone.expose(),
        "proxy_number": it.proxy.expose(),
        "status": status,
        "created_at": it.created_at.to_string(),
        "verified_at": it.verified_at.map(|at| at.to_string()),
    })
}

fn order(order: &Order) -> Value {
    json!({ "order_id": order.id.as_str(), "created_at": order.created_at.to_string() })
}

fn interaction(it: &Interaction) -> Value {
    json!({
        "id": it.id.to_string(),
        "channel": it.channel.as_str(),
        "direction": it.direction.map(|direction| direction.as_str()),
        "proxy_number": phone(it.proxy),
        "other_side": phone(it.party),
        "outcome": it.outcome.as_str(),
        "started_at": it.started_at.to_string(),
        "ended_at": it.ended_at.map(|at| at.to_string()),
        "seconds": it.duration_s,
    })
}

/// Whose number was called is not the client's to know.
fn contact(contact: &Contact) -> Value {
    json!({
        "id": contact.id.to_string(),
        "proxy_number": contact.number.expose(),
        "outcome": contact.outcome.as_str(),
        "started_at": contact.at.to_string(),
    })
}

fn sheet(cells: &Cells) -> Value {
    cells
        .iter()
        .map(|(column, text)| (column.header().to_owned(), json!(text)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
