//! People's edits in the sheet, carried out as the commands of the API: checked the same way, and refused in words.

use proxycall_domain::{
    ActOutcome, ClientId, FieldError, NewClient, PhoneNumber, Policy, Said,
    pool::life::{Act, Actor, KeepReason},
    sheet::{Cells, Column, NewClientRow, Tab},
};

use crate::{
    Service,
    audit::{Operator, client_subject},
    clients::ChangeFields,
    pool::{HELD, alert},
    ports::{
        LedgerError,
        ledger::{ImportClient, ImportFinding, Moved, UpdateClient},
    },
};

/// Why an edit is not carried out, for the person who made it.
type Refusal = Said;

/// A refusal is the person's to know; a store that does not answer is not a refusal.
fn refusal(error: LedgerError) -> Result<Refusal, LedgerError> {
    match error {
        LedgerError::Unavailable(_) | LedgerError::Unreadable(_) => Err(error),
        refused => Ok((in_french(&refused), refused.to_string()).into()),
    }
}

/// What can stand against an edit; all else is said in English.
fn in_french(refused: &LedgerError) -> String {
    let said = match refused {
        LedgerError::ClientUnknown => "ce client n’existe pas",
        LedgerError::ClientClosed => "ce client est fermé",
        LedgerError::ClientErased => {
            "ce client a été effacé, ce qui est définitif ; la personne peut s’inscrire de nouveau"
        }
        LedgerError::NumberIsProxy => "un numéro proxy ne peut être le téléphone de personne",
        LedgerError::NumberUnknown => "ce numéro n’est pas dans le stock",
        other => return other.to_string(),
    };
    said.to_owned()
}

/// The client of a typed row. A country that cannot be read is that of the phone.
pub(super) fn new_client(typed: &NewClientRow, policy: &Policy) -> Result<NewClient, FieldError> {
    let of = |residency| NewClient::country("client_iso_residency", residency, typed.phone, policy.countries());
    let country = of(typed.residency.as_deref()).or_else(|_| of(None))?;
    let (name, mail) = (typed.name.clone(), typed.mail.clone());
    Ok(NewClient { id: typed.id, name, mail, phone: typed.phone, country })
}

/// What came of an edit.
type Edited = Result<Result<(), Refusal>, LedgerError>;

impl Service {
    /// Has an edit in the audit log, as what the API calls it.
    async fn in_audit(&self, action: &str, subject: &str, act: impl Future<Output = Edited>) -> Edited {
        let id = self.begin_act(&Operator::in_sheet(), action, subject).await?;
        let edited = act.await;
        let outcome = match &edited {
            Ok(Ok(())) => ActOutcome::Done,
            Ok(Err(_)) => ActOutcome::Refused,
            Err(_) => ActOutcome::Failed,
        };
        self.end_act(id, None, outcome).await;
        edited
    }

    /// Carries out what a person changed in a row. `former`: what the client's phone was, where the new one stands there
    /// without a sign for its country.
    pub(super) async fn carry_out(&self, tab: Tab, key: &str, edits: &Cells, former: Option<&str>) -> Edited {
        match tab {
            Tab::Clients => self.change_client(key, edits, former).await,
            Tab::Pool => self.set_aside(key).await,
            // Nothing in it is people's to change.
            Tab::Confirmations => Ok(Ok(())),
        }
    }

    async fn change_client(&self, key: &str, edits: &Cells, former: Option<&str>) -> Edited {
        let Ok(id) = ClientId::parse("client_id", key) else { return Ok(Ok(())) };
        let meant = former.and_then(|former| Some(self.meant(edits.get(Column::ClientPhone)?, former)));
        let meant = match meant.transpose() {
            Ok(meant) => meant.map(PhoneNumber::expose),
            Err(why) => return Ok(Err(why)),
        };
        let fields = ChangeFields {
            name: edits.get(Column::ClientName),
            mail: edits.get(Column::ClientMail),
            phone: meant.as_deref().or_else(|| edits.get(Column::ClientPhone)),
            proxy: None,
        };
        let changes = match fields.check() {
            Ok(changes) => changes,
            Err(error) => return Ok(Err(error.problem)),
        };
        let change = async {
            match self.ledger.update_client(UpdateClient { id, changes, now: self.clock.now() }).await {
                Ok(_) => Ok(Ok(())),
                Err(error) => refusal(error).map(Err),
            }
        };
        self.in_audit("update_client", &client_subject(id), change).await
    }

    /// The phone that somebody meant who wrote digits only: one of the country that the client's phone was of, or, where
    /// that cannot be, of one whose callers are let through. 0639980009 that was typed into a spreadsheet stands there as
    /// 639980009, which would be a number in the Philippines.
    fn meant(&self, typed: &str, former: &str) -> Result<PhoneNumber, Refusal> {
        let policy = self.policy.current();
        let former = PhoneNumber::parse(former).ok().and_then(|former| policy.countries().of(former));
        let country = former.map_or(self.pool.country, |country| country.code);
        let meant = self.tables.national.read_digits(country, typed.trim_start_matches('+'));
        let is_of_theirs = |phone| policy.countries().of(phone).is_some_and(|of| of.code == country);
        meant.ok().filter(|phone| is_of_theirs(*phone) || policy.allows(*phone)).ok_or_else(|| {
            (
                "a besoin de l’indicatif du pays, précédé d’une apostrophe, comme '+33639980001",
                "needs the country code, and an apostrophe before it, such as '+33639980001",
            )
                .into()
        })
    }

    /// A number was marked as faulty: it leaves the pool. One that a client has stays the client's, and somebody should know.
    async fn set_aside(&self, key: &str) -> Edited {
        let Ok(phone) = PhoneNumber::parse(key) else { return Ok(Ok(())) };
        self.in_audit("set_numbers_aside", &format!("number {phone}"), self.set_phone_aside(phone)).await
    }

    async fn set_phone_aside(&self, phone: PhoneNumber) -> Edited {
        let act = self.act_in_sheet("it was marked as faulty in the sheet");
        let moved = match self.set_aside_for(phone, act).await {
            Ok(moved) => moved,
            Err(error) => return refusal(error).map(Err),
        };
        match moved {
            Moved::Done { client, .. } => {
                if let Some(client) = client {
                    let fr = format!(
                        "le numéro du client {client} a été marqué défectueux dans la feuille ; les appels y arrivent encore"
                    );
                    let en = format!(
                        "the number of client {client} was marked as faulty in the sheet; calls still reach it"
                    );
                    self.alert(alert::MARKED_FAULTY, phone.expose(), (fr, en)).await?;
                }
                Ok(Ok(()))
            }
            Moved::Kept(KeepReason::Reserved) => {
                Ok(Err(("est réservé pour une confirmation ; mettez-le de côté ensuite", HELD).into()))
            }
            _ => Ok(Err(("ne peut pas être mis de côté dans son état", "cannot be set aside as it stands").into())),
        }
    }

    fn act_in_sheet(&self, reason: &str) -> Act {
        Act::new(Actor::Sheet, reason, self.clock.now())
    }

    /// A client was typed into the sheet. A proxy number that was typed beside it is not given: it is put back as what the
    /// pool has is, or was not, given to the client.
    /// `unsigned`: the phone stands there without a sign for its country.
    pub(super) async fn create_typed_client(&self, typed: &NewClientRow, unsigned: bool) -> Edited {
        self.in_audit("create_client", &client_subject(typed.id), self.create_client_of_row(typed, unsigned)).await
    }

    async fn create_client_of_row(&self, typed: &NewClientRow, unsigned: bool) -> Edited {
        let policy = self.policy.current();
        let mut typed = typed.clone();
        if unsigned {
            match self.meant(&typed.phone.expose(), "") {
                Ok(phone) => typed.phone = phone,
                Err(why) => return Ok(Err(why.after("client_real_phone:"))),
            }
        }
        if policy.forbids(typed.phone) {
            let never = ("est un numéro qui n’est jamais appelé", "is a number that is never called or texted");
            return Ok(Err(FieldError::new("client_real_phone", never).said()));
        }
        let client = match new_client(&typed, &policy) {
            Ok(client) => client,
            Err(error) => return Ok(Err(error.said())),
        };
        let row = ImportClient { client, proxy: None, last_caller: None };
        let findings = self.ledger.import_clients(vec![row], false, self.clock.now()).await?;
        Ok(match findings.into_iter().next() {
            Some(ImportFinding::Refused(error)) => Err(error.said()),
            _ => Ok(()),
        })
    }

    /// A client's row was deleted.
    pub(super) async fn close_deleted_client(&self, key: &str) -> Result<(), LedgerError> {
        let Ok(id) = ClientId::parse("client_id", key) else { return Ok(()) };
        let close = async {
            match self.close_client(id, Actor::Sheet).await {
                Err(error) => refusal(error).map(Err),
                Ok(_) => Ok(Ok(())),
            }
        };
        self.in_audit("close_client", &client_subject(id), close).await.map(drop)
    }
}
