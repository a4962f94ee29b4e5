//! Promises: the command line's side of the control API, with errors that say what to do.

use reqwest::RequestBuilder;
use serde::{Deserialize, de::DeserializeOwned};

use super::{CallRequest, FaultRequest, GoogleFaultRequest, KeysRequest, MailFaultRequest, Sale, Summary, TextRequest};
use crate::{
    mailbox::ReceivedMail,
    server::loopback_client,
    transcript::Transcript,
    world::{Handset, Number},
};

/// Talks to a running sandbox.
#[derive(Debug, Clone)]
pub struct Client {
    base_url: String,
    http: reqwest::Client,
}

/// Why the sandbox did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("no sandbox answers at {base_url}: start one with `cargo run --release -- sandbox` in another terminal")]
    NotRunning {
        /// The address tried.
        base_url: String,
    },
    /// The sandbox refused, and said why.
    #[error("{0}")]
    Refused(String),
    /// Something else answers there, or the connection broke.
    #[error("what answers at {base_url} is no sandbox: {detail}")]
    NotASandbox {
        /// The address tried.
        base_url: String,
        /// What was wrong.
        detail: String,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be made: {0}")]
    HttpClient(String),
}

/// The body of a refusal.
#[derive(Deserialize)]
struct Detail {
    detail: String,
}

impl Client {
    /// A client for the sandbox at `base_url`, such as `http://127.0.0.1:4010`.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(base_url: impl Into<String>) -> Result<Self, ClientError> {
        let base_url = base_url.into().trim_end_matches('/').to_owned();
        Ok(Self { base_url, http: loopback_client().map_err(ClientError::HttpClient)? })
    }

    /// Makes a call from a handset; ends when the call is over.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn call(&self, request: &CallRequest) -> Result<Transcript, ClientError> {
        self.ask(self.http.post(self.url("/sandbox/calls")).json(request)).await
    }

    /// Sends a text from a handset; ends when what the service sent on because of it arrived, or after 5 s.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn text(&self, request: &TextRequest) -> Result<Transcript, ClientError> {
        self.ask(self.http.post(self.url("/sandbox/texts")).json(request)).await
    }

    /// All handsets with their inboxes.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn handsets(&self) -> Result<Vec<Handset>, ClientError> {
        self.ask(self.http.get(self.url("/sandbox/handsets"))).await
    }

    /// The world in a few numbers.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn summary(&self) -> Result<Summary, ClientError> {
        self.ask(self.http.get(self.url("/sandbox/world"))).await
    }

    /// The numbers of the account, with their wiring.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn numbers(&self) -> Result<Vec<Number>, ClientError> {
        self.ask(self.http.get(self.url("/sandbox/numbers"))).await
    }

    /// The calls that the service placed and that are over, oldest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn placed_calls(&self) -> Result<Vec<Transcript>, ClientError> {
        self.ask(self.http.get(self.url("/sandbox/placed-calls"))).await
    }

    /// Says what the owner of a handset keys when the service calls.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_keys(&self, request: &KeysRequest) -> Result<(), ClientError> {
        self.ask(self.http.post(self.url("/sandbox/keys")).json(request)).await
    }

    /// Makes the next request of the carrier's API fail.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn fail_next(&self, request: &FaultRequest) -> Result<(), ClientError> {
        self.ask(self.http.post(self.url("/sandbox/faults")).json(request)).await
    }

    /// Sells a number to somebody else.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn sell_to_others(&self, phone: &str) -> Result<(), ClientError> {
        let sale = Sale { phone: phone.to_owned() };
        self.ask(self.http.post(self.url("/sandbox/sold")).json(&sale)).await
    }

    /// The letters that the mail server took, oldest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn mails(&self) -> Result<Vec<ReceivedMail>, ClientError> {
        self.ask(self.http.get(self.url("/sandbox/mails"))).await
    }

    /// Makes the next conversation with the mail server go wrong.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn fail_next_mail(&self, request: &MailFaultRequest) -> Result<(), ClientError> {
        self.ask(self.http.post(self.url("/sandbox/mail-faults")).json(request)).await
    }

    /// Makes the next request to Google fail.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn fail_next_google(&self, request: &GoogleFaultRequest) -> Result<(), ClientError> {
        self.ask(self.http.post(self.url("/sandbox/google-faults")).json(request)).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let base_url = self.base_url.clone();
        let not_a_sandbox = |detail: String| ClientError::NotASandbox { base_url: base_url.clone(), detail };
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                ClientError::NotRunning { base_url: base_url.clone() }
            } else {
                not_a_sandbox(error.without_url().to_string())
            }
        })?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| not_a_sandbox(error.without_url().to_string()))?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| not_a_sandbox(error.to_string()));
        }
        Err(match serde_json::from_slice::<Detail>(&body) {
            Ok(Detail { detail }) => ClientError::Refused(detail),
            Err(_) => not_a_sandbox(format!("HTTP {status}")),
        })
    }
}
