//! Promises: a sandbox listens on this machine's loopback and nowhere else, until it is shut down or dropped.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    control, google,
    mailbox::Mailbox,
    phones, rest,
    webhook::BaseUrlError,
    world::{Account, Clock, Number, World, system_clock},
};

/// How long requests in flight may take to finish at a shutdown.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// How a sandbox is set up.
#[derive(Clone)]
pub struct Options {
    /// The port to listen on; 0 takes any that is free.
    pub port: u16,
    /// The port that the mail server listens on; 0 takes any that is free.
    pub mail_port: u16,
    /// The account's id.
    pub account_sid: String,
    /// The account's token: signs webhooks, and is the password of the REST API.
    pub auth_token: String,
    /// Decides the ids that are given out: equal seeds, equal ids. A service that keeps its database from one sandbox
    /// to the next needs another seed each time.
    pub seed: u64,
    /// Tells the time.
    pub clock: Clock,
    /// (public address, where it really listens) of the service; see [`World::map_base_url`].
    pub base_urls: Vec<(String, String)>,
    /// The numbers that the account has.
    pub numbers: Vec<Number>,
    /// Whoever is rung or texted has a handset, and answers it: for people who try things out. Without it, a number
    /// that has no handset cannot be reached.
    pub everyone_has_a_handset: bool,
    /// Google takes 60 reads and 60 writes a minute, as the real one, instead of any number.
    pub google_quota: bool,
}

impl Default for Options {
    /// Any free port, a made-up account, the machine's clock, no numbers.
    fn default() -> Self {
        Self {
            port: 0,
            mail_port: 0,
            account_sid: format!("AC{}", "5e".repeat(16)),
            auth_token: "sandbox-auth-token".to_owned(),
            seed: 0,
            clock: system_clock(),
            base_urls: Vec::new(),
            numbers: Vec::new(),
            everyone_has_a_handset: false,
            google_quota: false,
        }
    }
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port is taken.
    #[error("the sandbox cannot listen on 127.0.0.1:{port}: {source}")]
    Bind {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// An address of [`Options::base_urls`] is unusable.
    #[error(transparent)]
    BaseUrl(#[from] BaseUrlError),
    /// The HTTP client for webhooks could not be made.
    #[error("the sandbox's HTTP client cannot be made: {0}")]
    HttpClient(String),
}

impl Options {
    /// A world set up by these options, without a server.
    pub(crate) fn world(self) -> Result<World, SandboxError> {
        let account = Account {
            sid: self.account_sid,
            auth_token: self.auth_token,
            status: "active".to_owned(),
            kind: "Full".to_owned(),
        };
        let http = loopback_client().map_err(SandboxError::HttpClient)?;
        let world = World::new(account, self.seed, self.clock, http);
        for (public, connect) in &self.base_urls {
            world.map_base_url(public, connect)?;
        }
        world.change(|state| state.everyone_has_a_handset = self.everyone_has_a_handset);
        world.google().limit_per_minute(self.google_quota.then_some(google::PER_MINUTE));
        for number in self.numbers {
            world.add_number(number);
        }
        Ok(world)
    }
}

/// A client for this machine: it trusts no certificate authority, so that it can reach nobody by TLS, knows no proxy,
/// follows no redirect, and opens a connection per request, so that a service restarted is met afresh.
pub(crate) fn loopback_client() -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .user_agent("TwilioProxy/1.1")
        .build()
        .map_err(|error| error.to_string())
}

/// A running sandbox. Dropped, it stops at once; [`Sandbox::shutdown`] lets requests finish.
pub struct Sandbox {
    world: World,
    address: SocketAddr,
    mailbox: Mailbox,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<()>,
}

impl Sandbox {
    /// Listens on 127.0.0.1 and serves the carrier's REST API, Google's APIs and, under `/sandbox`, the page of
    /// the phones, the control API and the sheet's page; on another port, SMTP.
    ///
    /// # Errors
    /// See [`SandboxError`].
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        let (port, mail_port) = (options.port, options.mail_port);
        let world = options.world()?;
        let bind = |source| SandboxError::Bind { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let mailbox = Mailbox::start(world.clone(), mail_port)
            .await
            .map_err(|source| SandboxError::Bind { port: mail_port, source })?;
        let stop = CancellationToken::new();
        let people = control::router(world.clone())
            .merge(google::page_router(world.clone()))
            .merge(phones::router(world.clone(), stop.clone()));
        let router = rest::router(world.clone()).merge(google::router(world.clone())).nest("/sandbox", people);
        let stopped = stop.clone().cancelled_owned();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the sandbox stopped serving");
            }
        });
        Ok(Self { world, address, mailbox, stop, server })
    }

    /// Where it listens, such as `http://127.0.0.1:4010`: the carrier's API address for the service, and the address
    /// for [`control::Client`].
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key file of the account that Google knows, with this sandbox as its token server.
    #[must_use]
    pub fn service_account_json(&self) -> String {
        google::service_account_json(&self.base_url())
    }

    /// Where the mail server listens: plain SMTP, on 127.0.0.1.
    #[must_use]
    pub fn mail_address(&self) -> SocketAddr {
        self.mailbox.address()
    }

    /// The world that it serves.
    #[must_use]
    pub fn world(&self) -> World {
        self.world.clone()
    }

    /// Stops listening and ends when requests in flight are answered, after two seconds at most.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(SHUTDOWN_LIMIT, &mut self.server).await.is_err() {
            tracing::warn!("requests to the sandbox were cut off");
        }
        self.mailbox.shutdown().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The token ends the open connections, which are tasks of their own.
        self.stop.cancel();
        self.server.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_listens_on_loopback_until_it_is_shut_down() {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let url = sandbox.base_url();
        assert!(url.starts_with("http://127.0.0.1:"));
        let client = loopback_client().unwrap();
        assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
        sandbox.shutdown().await;
        assert!(client.get(&url).send().await.unwrap_err().is_connect());
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_named() {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let options = Options { port: sandbox.address.port(), ..Options::default() };
        let error = Sandbox::start(options).await.err().unwrap().to_string();
        assert!(error.contains(&sandbox.address.port().to_string()), "{error}");
    }
}
