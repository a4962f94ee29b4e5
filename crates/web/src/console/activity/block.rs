//! Keeping the caller of a row away from its client, and letting them call again.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use proxycall_domain::{BlockId, FieldError, InteractionId, Scope};
use proxycall_service::blocks::BlockFields;

use super::{
    super::{ConsoleState, encoded, layout::Notice, session::Acting, trouble::Trouble},
    PATH, Wanted, Words,
};
use crate::pages::Fields;

pub(super) async fn block(
    State(console): ConsoleState,
    Path(id): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let id: InteractionId = id.parse().map_err(|_| Trouble::NotFound)?;
    let (app, t) = (&console.app, Words::of(acting.session.language));
    let id = id.to_string();
    let fields = BlockFields {
        phone: None,
        interaction: Some(&id),
        client: Some(acting.field("client")),
        reason: Some(t.block_reason),
    };
    let subject = format!("interaction {id}");
    let act = app.service.add_block(&fields, acting.session.actor());
    let block = acting.carry_out(app, "add_block", &subject, act).await?;
    Ok(back(&acting, &format!("done=blocked&block={}", encoded(&block.id.to_string()))))
}

pub(super) async fn unblock(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let id: BlockId = acting
        .field("block")
        .parse()
        .map_err(|_| FieldError::new("block", ("n’est pas l’identifiant d’un blocage", "is no id of a block")))?;
    let app = &console.app;
    acting.carry_out(app, "remove_block", &format!("block {id}"), app.service.remove_block(id)).await?;
    Ok(back(&acting, "done=unblocked"))
}

/// To the page as it was filtered before.
fn back(acting: &Acting, done: &str) -> Response {
    let fields = Fields::parse(acting.field("query").as_bytes());
    let query = Wanted::read(&fields, Words::of(acting.session.language)).unwrap_or_default().query();
    let divider = if query.is_empty() { "" } else { "&" };
    Redirect::to(&format!("{PATH}?{query}{divider}{done}")).into_response()
}

/// What was just done.
pub(super) fn notice(fields: &Fields, t: &'static Words) -> Option<Notice> {
    match fields.get("done") {
        "blocked" => {
            let query = Wanted::read(fields, t).unwrap_or_default().query();
            let block = fields.get("block").to_owned();
            let fields = vec![("block", block), ("query", query)];
            Some(Notice::done(t.blocked).with_undo("/console/activity/unblock", fields))
        }
        "unblocked" => Some(Notice::done(t.unblocked)),
        _ => None,
    }
}
