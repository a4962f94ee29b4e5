//! What can be done with a client: pause, another number, blocks, close, export, erase.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::post,
};
use jiff::SignedDuration;
use proxycall_domain::{BlockId, ClientId, PhoneNumber, Scope};
use proxycall_service::{audit::client_subject, blocks::BlockFields, clients::RequestError, ports::LedgerError};

use super::{
    super::{Console, ConsoleState, encoded, layout, session::Acting, trouble::Trouble},
    Words, id_of, path_of,
};
use crate::{App, api::privacy::exported};

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/clients/{id}/pause", post(pause))
        .route("/console/clients/{id}/resume", post(resume))
        .route("/console/clients/{id}/change-number", post(change_number))
        .route("/console/clients/{id}/give-back-number", post(give_back_number))
        .route("/console/clients/{id}/give-number", post(give_number))
        .route("/console/clients/{id}/block", post(block))
        .route("/console/clients/{id}/unblock", post(unblock))
        .route("/console/clients/{id}/close", post(close))
        .route("/console/clients/{id}/restore", post(restore))
        .route("/console/clients/{id}/export", post(export))
        .route("/console/clients/{id}/erase", post(erase))
}

/// Carries out an act on a client, and goes back to its page.
async fn act<T, E>(
    app: &App,
    acting: &Acting,
    id: ClientId,
    (action, done): (&str, &str),
    act: impl Future<Output = Result<T, E>>,
) -> Result<Response, Trouble>
where
    Trouble: From<E>,
{
    acting.needs(Scope::Operate)?;
    acting.carry_out(app, action, &client_subject(id), act).await?;
    Ok(layout::back_to(&path_of(id), done))
}

async fn pause(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    let (app, id) = (&console.app, id_of(&id)?);
    let hours = acting.field("hours").parse().ok().filter(|hours| (1..=24 * 366).contains(hours));
    let until = hours.and_then(|hours| acting.session.now.checked_add(SignedDuration::from_hours(hours)).ok());
    act::<_, RequestError>(app, &acting, id, ("pause_client", "paused"), app.service.pause_client(id, until)).await
}

async fn resume(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    let (app, id) = (&console.app, id_of(&id)?);
    act::<_, LedgerError>(app, &acting, id, ("resume_client", "resumed"), app.service.resume_client(id)).await
}

async fn change_number(
    State(console): ConsoleState,
    Path(id): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, id) = (&console.app, id_of(&id)?);
    let change = app.service.change_number(id, acting.session.actor());
    let given = acting.carry_out::<_, RequestError>(app, "change_number", &client_subject(id), change).await?;
    let former = given.former.map(|number| format!("&number={}", encoded(&number.expose()))).unwrap_or_default();
    Ok(Redirect::to(&format!("{}?done=changed{former}", path_of(id))).into_response())
}

/// Takes a change of the number back.
async fn give_back_number(
    State(console): ConsoleState,
    Path(id): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    let (app, id) = (&console.app, id_of(&id)?);
    let number = PhoneNumber::parse(acting.field("number")).map_err(|_| Trouble::NotFound)?;
    let back = app.service.give_back_number(number, id, acting.session.actor());
    act::<_, LedgerError>(app, &acting, id, ("change_number", "taken_back"), back).await
}

async fn give_number(
    State(console): ConsoleState,
    Path(id): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    let (app, id) = (&console.app, id_of(&id)?);
    let give = app.service.give_number(id, acting.session.actor());
    act::<_, RequestError>(app, &acting, id, ("assign_number", "given"), give).await
}

async fn block(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, id) = (&console.app, id_of(&id)?);
    let client = id.to_string();
    let fields = BlockFields {
        phone: acting.given("phone"),
        interaction: acting.given("interaction"),
        client: Some(client.as_str()).filter(|_| acting.field("for") != "all"),
        reason: acting.given("reason"),
    };
    let add = app.service.add_block(&fields, acting.session.actor());
    let block = acting.carry_out::<_, RequestError>(app, "add_block", &client_subject(id), add).await?;
    let block = encoded(&block.id.to_string());
    Ok(Redirect::to(&format!("{}?done=blocked&block={block}", path_of(id))).into_response())
}

async fn unblock(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    let (app, id) = (&console.app, id_of(&id)?);
    let block: BlockId = acting.field("block").parse().map_err(|_| Trouble::NotFound)?;
    act::<_, LedgerError>(app, &acting, id, ("remove_block", "unblocked"), app.service.remove_block(block)).await
}

async fn close(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    let (app, id) = (&console.app, id_of(&id)?);
    let close = app.service.close_client(id, acting.session.actor());
    act::<_, LedgerError>(app, &acting, id, ("close_client", "closed"), close).await
}

async fn restore(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    let (app, id) = (&console.app, id_of(&id)?);
    let restore = app.service.restore_client(id, acting.session.actor());
    act::<_, RequestError>(app, &acting, id, ("restore_client", "restored"), restore).await
}

/// All that is known, as a file.
async fn export(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Admin)?;
    let id = id_of(&id)?;
    let mut response = exported(&console.app, acting.session.operator(), id).await?;
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"client-{id}.json\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

async fn erase(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Admin)?;
    let (app, id) = (&console.app, id_of(&id)?);
    if acting.field("confirm") != id.to_string() {
        return Err(Trouble::Refused(Words::of(acting.session.language).erase_wrong));
    }
    let erase = app.service.erase_client(id, acting.session.actor());
    act::<_, LedgerError>(app, &acting, id, ("erase_client", "erased"), erase).await
}
