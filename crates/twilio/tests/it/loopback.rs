//! Promises: a carrier on loopback that gives the answers it was told, in order, and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket},
};

/// One answer.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into() }
    }

    pub(crate) fn with(mut self, name: header::HeaderName, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }
}

/// One question, as it arrived.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }
}

/// The carrier. Asked more often than it has answers for, it answers 418.
#[derive(Clone)]
pub(crate) struct Loopback {
    pub(crate) base_url: String,
    shared: Arc<Mutex<(VecDeque<Answer>, Vec<Asked>)>>,
}

impl Loopback {
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new((answers.into_iter().collect(), Vec::new())));
        let carrier = Self { base_url, shared };
        let app = Router::new().fallback(answer).with_state(carrier.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        carrier
    }

    /// Reads each question and then does with the bare connection what `reply` says: these bytes, then the end.
    pub(crate) async fn replying(reply: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut question = [0; 4096];
                let _ = connection.read(&mut question).await;
                let _ = connection.write_all(reply).await;
                let _ = connection.shutdown().await;
            }
        });
        base_url
    }

    /// Takes every question and never answers.
    pub(crate) async fn silent() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(std::future::pending::<StatusCode>);
        tokio::spawn(async move { axum::serve(listener, app).await });
        base_url
    }

    /// An address where nobody listens, and nobody else can while the socket lives.
    pub(crate) fn nobody() -> (String, TcpSocket) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        (format!("http://{}", socket.local_addr().unwrap()), socket)
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.lock().unwrap().1)
    }
}

async fn answer(State(carrier): State<Loopback>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut shared = carrier.shared.lock().unwrap();
    shared.1.push(Asked {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    match shared.0.pop_front() {
        Some(answer) => (StatusCode::from_u16(answer.status).unwrap(), answer.headers, answer.body).into_response(),
        None => StatusCode::IM_A_TEAPOT.into_response(),
    }
}
