//! Promises: `/openapi.json` and a readable page of it at `/docs`, both from the program itself, with nothing fetched
//! from elsewhere.

mod common;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    http::{HeaderValue, header},
    response::{Html, IntoResponse},
    routing::get,
};
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use crate::Shared;

pub(crate) use common::complete;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ProxyCall",
        description = "Number masking: two people call and text each other and neither sees the other's real number.",
        license(name = "MIT", identifier = "MIT")
    ),
    security(("token" = [])),
    modifiers(&Token)
)]
struct Base;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// Title, licence and the token's scheme.
pub(crate) fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

struct Operation {
    method: String,
    path: String,
    summary: String,
    /// The scope that a token must have; `open` when none is needed.
    needs: String,
    parameters: Vec<Field>,
    body: Vec<Field>,
    answers: Vec<Answer>,
}

struct Field {
    name: String,
    kind: String,
    required: bool,
    description: String,
    example: String,
}

struct Answer {
    status: String,
    description: String,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    title: String,
    version: String,
    everywhere: [(&'static str, &'static str); 4],
    operations: Vec<Operation>,
}

pub(crate) fn router(openapi: &utoipa::openapi::OpenApi) -> Router<Shared> {
    let value = serde_json::to_value(openapi).unwrap_or_default();
    let json: Arc<str> = value.to_string().into();
    let page: Arc<str> = page(&value).render().unwrap_or_default().into();
    let security = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    Router::new()
        .route(
            "/openapi.json",
            get(async move || {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], json.to_string())
            }),
        )
        .route(
            "/docs",
            get(async move || ([(header::CONTENT_SECURITY_POLICY, security)], Html(page.to_string())).into_response()),
        )
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn page(openapi: &Value) -> Page {
    let schemas = openapi.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut operations = Vec::new();
    for (path, methods) in openapi.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: [text(operation, "summary"), text(operation, "description")].join(" ").trim().to_owned(),
                needs: operation.pointer("/security/0/token/0").and_then(Value::as_str).unwrap_or("open").to_owned(),
                parameters: operation
                    .get("parameters")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .map(|parameter| {
                        let required = parameter.get("required").and_then(Value::as_bool).unwrap_or_default();
                        let schema = parameter.get("schema").unwrap_or(&Value::Null);
                        Field {
                            description: text(parameter, "description"),
                            ..field(&text(parameter, "name"), schema, required)
                        }
                    })
                    .collect(),
                body: fields(operation.pointer("/requestBody/content/application~1json/schema"), &schemas),
                answers: operation
                    .get("responses")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                    .filter(|(status, _)| !common::EVERYWHERE.iter().any(|(usual, _)| usual == status))
                    .map(|(status, answer)| Answer {
                        status: status.clone(),
                        description: text(answer, "description"),
                        fields: if status.starts_with('2') {
                            fields(answer.pointer("/content/application~1json/schema"), &schemas)
                        } else {
                            Vec::new()
                        },
                    })
                    .collect(),
            });
        }
    }
    let info = openapi.get("info").cloned().unwrap_or_default();
    Page { title: text(&info, "title"), version: text(&info, "version"), everywhere: common::EVERYWHERE, operations }
}

/// The fields of a schema, by the name it refers to.
fn fields(schema: Option<&Value>, schemas: &Value) -> Vec<Field> {
    let reference = schema.and_then(|schema| {
        schema.get("$ref").or_else(|| schema.get("oneOf")?.as_array()?.iter().find_map(|one| one.get("$ref")))
    });
    let Some(name) = reference.and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) else {
        return Vec::new();
    };
    let Some(schema) = schemas.get(name) else { return Vec::new() };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, property)| field(name, property, required.contains(&name.as_str())))
        .collect()
}

fn field(name: &str, schema: &Value, required: bool) -> Field {
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.rsplit('/').next())
            .unwrap_or("any")
            .to_owned(),
    };
    let example = schema.get("example").map(|example| example.to_string().trim_matches('"').to_owned());
    Field {
        name: name.to_owned(),
        kind,
        required,
        description: text(schema, "description"),
        example: example.unwrap_or_default(),
    }
}
