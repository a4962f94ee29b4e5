//! Promises: the console opens for a valid token alone; guessing one is as slow as at the API; and whoever signs out
//! everywhere is signed out everywhere.

use askama::Template;
use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use proxycall_domain::pool::life::Actor;
use proxycall_service::{access::token_hash, audit::Operator, ports::LedgerError, trace::RequestId};
use secrecy::ExposeSecret as _;

use super::{
    ConsoleState, LOGIN, ROOT,
    layout::{self, Shell},
    session::{Acting, language_of, remember_language, same_site, set_cookie},
    trouble::Trouble,
};
use crate::{
    auth::{ApiTokens, Refusal},
    pages::{Fields, sent},
    sentences::sentences,
};

sentences! { Words, alike [];
    title: "Connexion à la console", "Sign in to the console";
    lead: "Collez le jeton que votre administrateur vous a donné.", "Paste the token that your administrator gave you.";
    token: "Jeton d’accès", "Access token";
    submit: "Se connecter", "Sign in";
    wrong: "Ce jeton n’est pas valable. Vérifiez qu’il est complet, sans espace.", "That token is not valid. Check that it is complete, without spaces.";
    too_many: "Trop d’essais depuis votre réseau. Réessayez dans", "Too many tries from your network. Try again in";
    unavailable: "La base de données ne répond pas. Réessayez dans quelques secondes.", "The database does not answer. Try again in some seconds.";
    signed_out: "Vous êtes déconnecté.", "You are signed out.";
    signed_out_everywhere: "Vous êtes déconnecté de tous les appareils.", "You are signed out on all devices.";
    help: "Pas de jeton ? La commande « proxycall token add » en crée un.", "No token? The command “proxycall token add” makes one.";
}

#[derive(Template)]
#[template(path = "console/login.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    /// Where to go on afterwards.
    to: String,
    error: String,
    notice: &'static str,
}

/// A page of ours to go on to: never another host's.
fn onward(to: &str) -> &str {
    let ours = to == ROOT || to.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'));
    let plain = to.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"/-_.~%+".contains(&sign));
    if ours && plain && !to.contains("//") && !to.starts_with(LOGIN) { to } else { ROOT }
}

/// The form.
pub(super) async fn form(State(console): ConsoleState, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if let ApiTokens::Open = console.app.tokens {
        return Redirect::to(ROOT).into_response();
    }
    let t = Words::of(language_of(&parts));
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let notice = match asked.get("done") {
        "out" => t.signed_out,
        "everywhere" => t.signed_out_everywhere,
        _ => "",
    };
    let mut response = ask(&parts, StatusCode::OK, asked.get("to"), String::new(), notice);
    remember_language(&parts, &mut response);
    response
}

fn ask(parts: &Parts, status: StatusCode, to: &str, error: String, notice: &'static str) -> Response {
    let language = language_of(parts);
    let shell = Shell { path: LOGIN.to_owned(), ..Shell::bare(language) };
    layout::page(status, &Page { shell, t: Words::of(language), to: onward(to).to_owned(), error, notice })
}

/// Takes the token.
pub(super) async fn sign_in(State(console): ConsoleState, request: Request) -> Response {
    let app = &console.app;
    let address = app.pages.address_of(&request);
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 4 * 1024).await.unwrap_or_else(|_| Bytes::new());
    let fields = sent(&parts.headers, &body);
    let t = Words::of(language_of(&parts));
    let to = fields.get("to");
    if !same_site(&parts.headers) {
        return ask(&parts, StatusCode::FORBIDDEN, to, t.wrong.to_owned(), "");
    }
    let hash = token_hash(fields.get("token").trim());
    let name = match app.known(Ok(hash), address, app.service.clock.now()) {
        Ok((name, _)) => name,
        Err(Refusal::Forbidden(_)) => return ask(&parts, StatusCode::FORBIDDEN, to, t.wrong.to_owned(), ""),
        Err(Refusal::TooMany { retry_after_s }) => {
            let error = format!("{} {retry_after_s} s.", t.too_many);
            return ask(&parts, StatusCode::TOO_MANY_REQUESTS, to, error, "");
        }
    };
    let request_id = parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let who = Operator { actor: Actor::Token(name), request_id };
    let begin = app.service.sign_in(name, hash);
    match app.service.audited(&who, "console_sign_in", "console", begin).await {
        Ok(cookie) => {
            let mut response = Redirect::to(onward(to)).into_response();
            if let Some(value) = set_cookie(app, cookie.expose_secret()) {
                response.headers_mut().insert(header::SET_COOKIE, value);
            }
            response
        }
        Err(error) => {
            tracing::error!(%error, "nobody can sign in to the console");
            ask(&parts, StatusCode::SERVICE_UNAVAILABLE, to, t.unavailable.to_owned(), "")
        }
    }
}

/// Signs out here.
pub(super) async fn logout(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    if let Some(hash) = acting.session.hash {
        console.app.service.ledger.end_session(hash).await?;
    }
    Ok(out(&console.app, "out"))
}

/// Signs out wherever this token signed in.
pub(super) async fn logout_everywhere(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    if let Some(token) = acting.session.token {
        let end = async { console.app.service.ledger.end_sessions_of(token).await };
        acting.carry_out::<_, LedgerError>(&console.app, "console_sign_out_everywhere", "console", end).await?;
    }
    Ok(out(&console.app, "everywhere"))
}

fn out(app: &crate::App, done: &str) -> Response {
    let mut response = layout::back_to(LOGIN, done);
    if let Some(value) = set_cookie(app, "") {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn one_goes_on_to_our_own_pages_only(
        #[values(
            "",
            "https://evil.example",
            "//evil.example",
            "/console//evil.example",
            "/consoles",
            "/console/login",
            "/console\\evil",
            "/console/a?b=c",
            "/console/\r\nx"
        )]
        to: &str,
    ) {
        assert_eq!(onward(to), ROOT);
        assert_eq!(onward("/console/clients/42"), "/console/clients/42");
    }
}
