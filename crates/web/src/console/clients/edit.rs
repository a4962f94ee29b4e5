//! Changing a client's name, e-mail address and phone. The phone stays masked: an empty field keeps it.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use proxycall_domain::{FieldError, Scope, client::Client};
use proxycall_service::{
    audit::client_subject,
    clients::{ChangeFields, RequestError},
};

use super::{
    super::{
        Console, ConsoleState,
        layout::{self, Place, Shell},
        refusals,
        session::{Acting, Session},
        trouble::Trouble,
    },
    Field, Words, id_of, path_of, whole,
};

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route("/console/clients/{id}/edit", get(form).post(save))
}

#[derive(Template)]
#[template(path = "console/client_edit.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    href: String,
    masked: String,
    name: Field,
    mail: Field,
    phone: Field,
}

fn page_of(client: &Client, session: &Session) -> Page {
    Page {
        shell: Shell::new(session, Some(Place::Clients)),
        t: Words::of(session.language),
        href: path_of(client.id),
        masked: client.phone.to_string(),
        name: Field::of(client.name.expose()),
        mail: Field::of(client.mail.expose()),
        phone: Field::default(),
    }
}

async fn form(State(console): ConsoleState, Path(id): Path<String>, session: Session) -> Result<Response, Trouble> {
    session.needs(Scope::Operate)?;
    let client = console.app.service.client(id_of(&id)?).await?;
    layout::shown(&page_of(&client, &session))
}

async fn save(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let id = id_of(&id)?;
    let service = &console.app.service;
    let phone = whole(service, acting.field("phone"), None);
    let fields = ChangeFields {
        name: Some(acting.field("name")),
        mail: Some(acting.field("mail")),
        phone: Some(&phone),
        proxy: None,
    };
    let update = service.update_client(id, &fields);
    match acting.carry_out::<_, RequestError>(&console.app, "update_client", &client_subject(id), update).await {
        Ok(_) => Ok(layout::back_to(&path_of(id), "edited")),
        Err(Trouble::Field(error)) => {
            let client = service.client(id).await?;
            let page = refused(&acting, page_of(&client, &acting.session), &error);
            Ok(layout::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(trouble) => Err(trouble),
    }
}

/// What was typed, with what is wrong beside the field.
fn refused(acting: &Acting, page: Page, error: &FieldError) -> Page {
    let typed = |name| Field::of(acting.field(name));
    let mut page = Page { name: typed("name"), mail: typed("mail"), phone: typed("phone"), ..page };
    let field = match error.field {
        "client_mail" => &mut page.mail,
        "client_real_phone" => &mut page.phone,
        _ => &mut page.name,
    };
    field.wrong = refusals::of_field(error, acting.session.language);
    page
}
