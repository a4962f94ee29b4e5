//! Callers who are blocked, for one client or for all.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use proxycall_domain::{Block, BlockId, ClientId, Scope};
use proxycall_service::{
    blocks::BlockFields,
    clients::RequestError,
    ports::{LedgerError, ledger::BlockFilter},
};

use super::{
    super::{
        Console, ConsoleState, Done,
        clients::Field,
        encoded,
        format::{self, Moment},
        layout::{self, Notice, Place, Shell},
        session::{Acting, Session},
        trouble::Trouble,
        wording,
    },
    Tab, TabLink, tabs,
};
use crate::sentences::sentences;

pub(super) const PATH: &str = "/console/settings/blocks";
const PAGE: u32 = 50;

sentences! { Words, alike [client];
    lead: "Un appelant bloqué ne joint plus personne, ou plus ce client ; il n’apprend pas pourquoi.", "A blocked caller reaches nobody any more, or not that client; why, he does not learn.";
    add: "Bloquer un numéro", "Block a number";
    phone: "Numéro", "Number";
    phone_hint: "Avec l’indicatif, par exemple +33 6 39 98 00 02", "With the country code, for example +33 6 39 98 00 02";
    client: "Client", "Client";
    client_hint: "Son identifiant ; vide : pour tous les clients.", "The client’s id; empty: for all clients.";
    reason: "Motif", "Reason";
    reason_hint: "Pour qui lira cette liste plus tard.", "For whoever reads this list later.";
    for_all: "tous", "all";
    by: "Par", "By";
    since: "Depuis", "Since";
    acts: "Action", "Act";
    remove: "Débloquer", "Unblock";
    remove_why: "Cet appelant pourra de nouveau appeler et écrire.", "This caller may call and write again.";
    added: "L’appelant est bloqué.", "The caller is blocked.";
    removed: "L’appelant est débloqué.", "The caller is no longer blocked.";
    none_title: "Personne n’est bloqué", "Nobody is blocked";
    none: "Bloquez un appelant ici, ou depuis un appel dans la page d’un client.", "Block a caller here, or from a call on a client’s page.";
}

struct Row {
    id: String,
    phone: String,
    client: Option<ClientId>,
    reason: String,
    by: String,
    since: Moment,
}

#[derive(Template)]
#[template(path = "console/settings/blocks.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    tabs: Vec<TabLink>,
    phone: Field,
    client: Field,
    reason: Field,
    rows: Vec<Row>,
    /// The address of what follows; empty: nothing does.
    more: String,
}

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route(PATH, get(page).post(add)).route("/console/settings/blocks/{id}/remove", post(remove))
}

async fn page(State(console): ConsoleState, session: Session, Query(asked): Query<Done>) -> Result<Response, Trouble> {
    let w = Words::of(session.language);
    let notice = match asked.word() {
        "added" => Some(Notice::done(w.added)),
        "removed" => Some(Notice::done(w.removed)),
        _ => None,
    };
    let after = asked.after().map(str::parse).transpose().map_err(|_| Trouble::NotFound)?;
    layout::shown(&listed(&console, &session, notice, after).await?)
}

async fn listed(
    console: &Console,
    session: &Session,
    notice: Option<Notice>,
    after: Option<BlockId>,
) -> Result<Page, Trouble> {
    let filter = BlockFilter { client: None, after, limit: PAGE };
    let blocks = console.app.service.ledger.blocks(filter).await?;
    let [phone, client, reason] = <[Field; 3]>::default();
    Ok(Page {
        shell: Shell::new(session, Some(Place::Settings)).with_notice(notice),
        w: Words::of(session.language),
        tabs: tabs(Tab::Blocks, session),
        phone,
        client,
        reason,
        rows: blocks.items.iter().map(|block| row(block, session)).collect(),
        more: blocks.next.map(|next| format!("{PATH}?after={}", encoded(&next))).unwrap_or_default(),
    })
}

fn row(block: &Block, session: &Session) -> Row {
    Row {
        id: block.id.to_string(),
        phone: block.phone.to_string(),
        client: block.client,
        reason: block.reason.expose().to_owned(),
        by: wording::actor(block.actor, session.language),
        since: format::moment(block.created_at, session),
    }
}

async fn add(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let fields = BlockFields {
        phone: Some(acting.field("phone")),
        interaction: None,
        client: acting.given("client"),
        reason: acting.given("reason"),
    };
    let subject = fields.client.map_or_else(|| "block".to_owned(), |id| crate::audit::subject("client_id", id));
    let add = console.app.service.add_block(&fields, acting.session.actor());
    match acting.carry_out::<_, RequestError>(&console.app, "add_block", &subject, add).await {
        Ok(_) => Ok(layout::back_to(PATH, "added")),
        Err(trouble) => refused(&console, &acting, trouble).await,
    }
}

/// What was typed, with what is wrong beside the field that it is about.
async fn refused(console: &Console, acting: &Acting, trouble: Trouble) -> Result<Response, Trouble> {
    let typed = |name| Field::of(acting.field(name));
    let mut page = Page {
        phone: typed("phone"),
        client: typed("client"),
        reason: typed("reason"),
        ..listed(console, &acting.session, None, None).await?
    };
    let field = match &trouble {
        Trouble::Field(error) if error.field == "client_id" => &mut page.client,
        Trouble::Field(error) if error.field == "reason" => &mut page.reason,
        Trouble::Ledger(LedgerError::ClientUnknown | LedgerError::ClientErased) => &mut page.client,
        Trouble::Field(_) | Trouble::Ledger(LedgerError::OwnNumber | LedgerError::NumberIsProxy) => &mut page.phone,
        _ => return Err(trouble),
    };
    field.wrong = trouble.text(acting.session.language);
    Ok(layout::page(trouble.status(), &page))
}

async fn remove(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let id: BlockId = id.parse().map_err(|_| Trouble::NotFound)?;
    let remove = console.app.service.remove_block(id);
    let subject = crate::audit::subject("block", &id.to_string());
    acting.carry_out::<_, LedgerError>(&console.app, "remove_block", &subject, remove).await?;
    Ok(layout::back_to(PATH, "removed"))
}
