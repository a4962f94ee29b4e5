//! Promises: what holds for every route is described on every route, and said here once.

use proxycall_domain::Scope;
use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr, Required, Response, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
    schema::ObjectBuilder,
    security::SecurityRequirement,
};

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// Answers that any route may give. Its page says them once, at the top.
pub(super) const EVERYWHERE: [(&str, &str); 4] = [
    ("403", "The token is missing, malformed or not valid, or its scope does not suffice"),
    ("413", "The body is larger than 256 KiB"),
    ("429", "Too many requests; Retry-After says when to ask again"),
    ("503", "The store is not available, the request took too long, or too much is asked at once; try again later"),
];
const FIELD: &str = "A field is not as it should be";
const REPEATED: &str = "A request with this Idempotency-Key is still being carried out";

/// Adds to each operation what its route does not say itself.
pub(crate) fn complete(mut openapi: OpenApi) -> OpenApi {
    for (path, PathItem { get, put, post, delete, .. }) in &mut openapi.paths.paths {
        // What a new token is answered is kept nowhere, so it cannot be repeated either.
        let repeatable = !path.starts_with("/tokens");
        if let Some(post) = post.as_mut().filter(|post| repeatable && is_business(post)) {
            post.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
            describe(post, "409", REPEATED);
        }
        for (reads, operation) in [(true, get), (false, put), (false, post), (false, delete)] {
            let Some(operation) = operation else { continue };
            if is_business(operation) {
                describe_common(operation);
                let scope = Scope::needed(reads, path);
                operation.security = Some(vec![SecurityRequirement::new("token", [scope.as_str()])]);
            }
            name_problems(operation);
        }
    }
    openapi
}

/// Open routes take the general requirement of a token back.
fn is_business(operation: &Operation) -> bool {
    operation.security.is_none()
}

fn describe_common(operation: &mut Operation) {
    let takes_body = operation.request_body.is_some();
    let takes_input = takes_body || operation.parameters.is_some();
    if takes_input {
        describe(operation, "422", FIELD);
    }
    for (status, description) in EVERYWHERE {
        if takes_input || status != "413" {
            describe(operation, status, description);
        }
    }
}

fn describe(operation: &mut Operation, status: &str, description: &str) {
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| {
        let mut answer = Response::new(description);
        answer.content.insert(JSON.to_owned(), RefOr::T(Content::new(Some(Ref::from_schema_name("Problem")))));
        RefOr::T(answer)
    });
}

/// The media type that problems really have.
fn name_problems(operation: &mut Operation) {
    let failures = operation.responses.responses.iter_mut().filter(|(status, _)| !status.starts_with('2'));
    for (_, answer) in failures {
        if let RefOr::T(answer) = answer
            && let Some(content) = answer.content.shift_remove(JSON)
        {
            answer.content.insert(PROBLEM.to_owned(), content);
        }
    }
}

fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("1 to 255 characters. The same request with the same key is carried out once"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .build()
}
