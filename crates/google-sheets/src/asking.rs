//! Promises: one place that asks Google, with an answer that tells "not sent", "refused" and "not known" apart, and
//! that never repeats what was done: only a request refused for its token (401) is sent again, once.

use std::io::{self, BufReader, Read};

use proxycall_service::ports::SheetError;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::{refusal, token::Tokens};

/// Largest answer that is read, in bytes; a hundred thousand rows of eleven cells are about fifteen million.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// How many pieces of an answer may wait for the parser.
const CHUNKS: usize = 16;

/// Asks for an answer in JSON.
pub(crate) async fn ask<T: DeserializeOwned>(
    http: &Client,
    tokens: &Tokens,
    request: RequestBuilder,
) -> Result<T, SheetError> {
    let body = read(deliver(http, tokens, request).await?).await?;
    // The parser's own words could repeat a cell.
    serde_json::from_slice(&body).map_err(|_| refusal::unreadable())
}

/// Asks for an answer that may be large: it is parsed as it comes in, on a thread beside those that answer calls, and is
/// never in memory as a whole.
pub(crate) async fn ask_for_much<T: DeserializeOwned + Send + 'static>(
    http: &Client,
    tokens: &Tokens,
    request: RequestBuilder,
) -> Result<T, SheetError> {
    let mut response = deliver(http, tokens, request).await?;
    let (sender, chunks) = mpsc::channel(CHUNKS);
    let parsing = tokio::task::spawn_blocking(move || {
        let body = BufReader::new(Body { chunks, chunk: None, read: 0 });
        serde_json::from_reader(body).map_err(|_| refusal::unreadable())
    });
    let mut length = 0;
    while let Some(chunk) = response.chunk().await.map_err(|error| SheetError::AnswerLost(cause(error)))? {
        length += chunk.len();
        if length > MAX_ANSWER {
            return Err(too_large());
        }
        // A parser that found a fault listens no more, and says so below.
        if sender.send(chunk).await.is_err() {
            break;
        }
    }
    drop(sender);
    parsing.await.unwrap_or_else(|_| Err(refusal::unreadable()))
}

/// A body as its chunks come in.
struct Body<B> {
    chunks: mpsc::Receiver<B>,
    chunk: Option<B>,
    /// How much of the chunk was read.
    read: usize,
}

impl<B: AsRef<[u8]>> Read for Body<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.chunk.as_ref().and_then(|chunk| chunk.as_ref().get(self.read..)).unwrap_or_default();
            if let Some(some) = rest.get(..rest.len().min(buffer.len())).filter(|some| !some.is_empty()) {
                let length = some.len();
                buffer.get_mut(..length).unwrap_or_default().copy_from_slice(some);
                self.read += length;
                return Ok(length);
            }
            match self.chunks.blocking_recv() {
                Some(chunk) => (self.chunk, self.read) = (Some(chunk), 0),
                None => return Ok(0),
            }
        }
    }
}

fn too_large() -> SheetError {
    SheetError::AnswerLost("the answer is larger than 64 MiB".to_owned())
}

async fn deliver(http: &Client, tokens: &Tokens, request: RequestBuilder) -> Result<Response, SheetError> {
    let token = tokens.get(http).await?;
    // A request whose body is a stream has no copy; ours are texts.
    let copy = request.try_clone();
    let mut response = send(request.bearer_auth(token.secret())).await?;
    if let (StatusCode::UNAUTHORIZED, Some(copy)) = (response.status(), copy) {
        tokens.forget(&token).await;
        let token = tokens.get(http).await?;
        response = send(copy.bearer_auth(token.secret())).await?;
    }
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, retry_after) = (response.status().as_u16(), refusal::retry_after(response.headers()));
    Err(refusal::of_api(status, retry_after, &read(response).await.unwrap_or_default()))
}

/// Sends a request. The one place where anything is sent.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, SheetError> {
    request.send().await.map_err(|error| {
        let sent = !(error.is_connect() || error.is_builder());
        if sent { SheetError::AnswerLost(cause(error)) } else { SheetError::Unreachable(cause(error)) }
    })
}

/// Reads the whole answer, or as much as proves it too large.
pub(crate) async fn read(mut response: Response) -> Result<Vec<u8>, SheetError> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut body = Vec::with_capacity(announced.min(MAX_ANSWER));
    while let Some(chunk) = response.chunk().await.map_err(|error| SheetError::AnswerLost(cause(error)))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What the loss of an answer means for the request that should have followed it: that one was never sent.
pub(crate) fn not_sent(error: SheetError) -> SheetError {
    match error {
        SheetError::AnswerLost(cause) => SheetError::Unreachable(cause),
        other => other,
    }
}

/// The innermost reason, without the address: it holds ids and titles.
pub(crate) fn cause(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
