//! Promises: a service for tests that answers what the test says and remembers what it was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

use crate::{
    Options,
    world::{Handset, Number, World},
};

/// The service's answer to one request.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    content_type: String,
    body: String,
}

/// A request as the service saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path_and_query: String,
    pub(crate) host: String,
    pub(crate) signature: String,
    pub(crate) form: Vec<(String, String)>,
}

impl Seen {
    /// The first value of a field of the form; empty when it is absent.
    pub(crate) fn field(&self, name: &str) -> String {
        self.form.iter().find(|(given, _)| given == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

type Answering = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

#[derive(Clone)]
struct Shared {
    answering: Answering,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A running service; stops when dropped.
pub(crate) struct TestService {
    pub(crate) base_url: String,
    shared: Shared,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for TestService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestService {
    pub(crate) async fn start(answering: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let shared = Shared { answering: Arc::new(answering), seen: Arc::default() };
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url, shared, task }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub(crate) fn answer(status: u16, content_type: &str, body: &str) -> Reply {
        Reply { status, content_type: content_type.to_owned(), body: body.to_owned() }
    }

    /// TwiML with these verbs.
    pub(crate) fn twiml(verbs: &str) -> Reply {
        Self::answer(200, "text/xml; charset=utf-8", &format!("<Response>{verbs}</Response>"))
    }

    pub(crate) fn status(status: u16) -> Reply {
        Self::answer(status, "text/plain", "")
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header =
        |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let (host, signature) = (header("host"), header("x-twilio-signature"));
    let path_and_query = parts.uri.to_string();
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let form = form_urlencoded::parse(&body).into_owned().collect();
    let seen = Seen { path_and_query, host, signature, form };
    shared.seen.lock().unwrap().push(seen.clone());
    let Reply { status, content_type, body } = (shared.answering)(&seen);
    (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// A world at a fixed time with one number of the account, +33199000001, and two handsets, +33639980001 and
/// +33639980002.
pub(crate) fn world() -> World {
    let clock: Timestamp = "2026-11-23T10:00:00.7Z".parse().unwrap();
    let world = Options { clock: Arc::new(move || clock), ..Options::default() }.world().unwrap();
    world.add_number(Number::new("+33199000001"));
    world.add_handset(Handset::new("+33639980001"));
    world.add_handset(Handset::new("+33639980002"));
    world
}

/// Points the number's webhooks at the service.
pub(crate) fn wire(world: &World, service: &TestService) {
    world.add_number(number("+33199000001", service));
}

/// A number whose webhooks point at the service.
pub(crate) fn number(phone: &str, service: &TestService) -> Number {
    let url = |path: &str| format!("{}{path}", service.base_url);
    Number::new(phone)
        .voice_url(url("/twilio/voice"))
        .sms_url(url("/twilio/sms"))
        .status_callback_url(url("/twilio/status/voice"))
}

/// Far longer than anything here takes: passing it means that something never comes.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
