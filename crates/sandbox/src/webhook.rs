//! Promises: webhooks leave as Twilio sends them: the full set of parameters, signed over the public address, and
//! never to anything but this machine.

use std::time::{Duration, Instant};

use axum::http::header;
use url::{Host, Url};

use crate::{
    contract::media_type,
    geography::country,
    overrides::{LIMIT, Overrides},
    signature::sign,
    twiml::Link,
    world::{Hook, HookMethod, SentWebhook, World},
};

/// Twilio: a webhook got no answer, or none with a 2xx status.
pub(crate) const WEBHOOK_FAILED: i32 = 11200;
/// Twilio: the answer is not of a type that can hold TwiML.
pub(crate) const WRONG_CONTENT_TYPE: i32 = 12300;

/// Why there was no answer: the connection was refused.
pub(crate) const NOBODY: &str = "nobody listens there";

/// A public address and where its service really listens.
#[derive(Debug, Clone)]
pub(crate) struct BaseUrl {
    pub(crate) public: Url,
    connect: Url,
}

/// Why an address cannot be mapped.
#[derive(Debug, thiserror::Error)]
pub enum BaseUrlError {
    /// Not an address of the web.
    #[error("{0} is not an absolute http or https address")]
    NotHttp(String),
    /// The sandbox talks to this machine only.
    #[error(
        "{0} is not on this machine: the sandbox connects to http://127.0.0.1, http://[::1] or http://localhost only"
    )]
    NotLoopback(String),
}

impl BaseUrl {
    pub(crate) fn new(public: &str, connect: &str) -> Result<Self, BaseUrlError> {
        let parse = |text: &str| {
            Url::parse(text)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .ok_or_else(|| BaseUrlError::NotHttp(text.to_owned()))
        };
        let (public, connect) = (parse(public)?, parse(connect)?);
        if !is_loopback(&connect) {
            return Err(BaseUrlError::NotLoopback(connect.to_string()));
        }
        Ok(Self { public, connect })
    }

    /// Where a request to `url` really goes, when `url` is below this public address.
    fn translate(&self, url: &Url) -> Option<Url> {
        let below = self.public.path().trim_end_matches('/');
        let rest = url.path().strip_prefix(below).filter(|rest| rest.starts_with('/'))?;
        if self.public.origin() != url.origin() {
            return None;
        }
        let mut target = self.connect.clone();
        target.set_path(&format!("{}{rest}", self.connect.path().trim_end_matches('/')));
        target.set_query(url.query());
        Some(target)
    }
}

fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

/// What a webhook was answered, with a status of 2xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` without its parameters, in lower case; empty when there was none.
    pub media_type: String,
    /// The body.
    pub body: String,
}

/// Why a webhook got no answer that counts. Twilio calls each of them 11200.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The address is no address, or leads away from this machine and is not mapped to it.
    #[error("the webhook's address is unusable or not on this machine")]
    NoSuchAddress,
    /// Refused, reset or too slow.
    #[error("the webhook got no answer: {0}")]
    NoAnswer(&'static str),
    /// A status other than 2xx.
    #[error("the webhook was answered with HTTP {0}")]
    Status(u16),
}

impl World {
    /// Sends one signed webhook and keeps it in [`World::webhooks`]. Sending a kept one again is how a test repeats a
    /// webhook: the carrier may deliver any of them twice.
    ///
    /// An address with connection overrides (`#rc=3&rp=all`) is asked again as it says, each try being kept.
    ///
    /// # Errors
    /// See [`WebhookError`]. No entry is made in the error log: the caller knows what failing means for it.
    pub async fn send_webhook(&self, hook: &Hook, params: &[(String, String)]) -> Result<Answer, WebhookError> {
        let overrides = Overrides::of(&hook.url);
        let (began, mut retries) = (Instant::now(), overrides.retries);
        loop {
            let left = LIMIT.saturating_sub(began.elapsed());
            let sent = self.exchange(hook, params, overrides.patience.min(left)).await;
            let (status, answer) = match &sent {
                Ok(answer) => (Some(answer.status), answer.body.clone()),
                Err(_) => (None, String::new()),
            };
            self.journal_webhook(hook, params, self.signed(hook, params).1, &sent);
            let record = SentWebhook { hook: hook.clone(), params: params.to_vec(), status, answer };
            self.change(|state| state.webhooks.push(record));
            if retries == 0 || !overrides.again(&sent) || began.elapsed() >= LIMIT {
                return sent.and_then(|answer| match answer.status {
                    200..300 => Ok(answer),
                    status => Err(WebhookError::Status(status)),
                });
            }
            retries -= 1;
        }
    }

    /// Sends a webhook whose answer does not matter; a failure goes into the error log under `sid`.
    pub(crate) async fn notify(&self, hook: &Hook, sid: &str, params: &[(String, String)]) {
        if let Err(error) = self.send_webhook(hook, params).await {
            self.log_error(WEBHOOK_FAILED, sid, error.to_string());
        }
    }

    async fn exchange(
        &self,
        hook: &Hook,
        params: &[(String, String)],
        limit: Duration,
    ) -> Result<Answer, WebhookError> {
        let (address, signature) = self.signed(hook, params);
        let public = Url::parse(&address).map_err(|_| WebhookError::NoSuchAddress)?;
        let target = self.target(&public).ok_or(WebhookError::NoSuchAddress)?;
        let host = public.host_str().unwrap_or_default();
        let host = public.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let request = match hook.method {
            HookMethod::Get => self.http().get(target).header("X-Twilio-Signature", signature),
            HookMethod::Post => self
                .http()
                .post(target)
                .header("X-Twilio-Signature", signature)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
                .body(encode(params)),
        };
        let request = request.header(header::HOST, host).header("X-Forwarded-Proto", public.scheme()).timeout(limit);
        let response = request.send().await.map_err(|error| no_answer(&error))?;
        let status = response.status().as_u16();
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type(content_type.unwrap_or_default());
        let body = response.text().await.map_err(|error| no_answer(&error))?;
        Ok(Answer { status, media_type, body })
    }

    /// The address that is asked, and the signature over it.
    fn signed(&self, hook: &Hook, params: &[(String, String)]) -> (String, String) {
        let token = self.ask(|state| state.account.auth_token.clone());
        // Connection overrides (`#rc=2`) are no part of what is asked or signed.
        let address = hook.url.split('#').next().unwrap_or_default();
        let encoded = encode(params);
        if hook.method == HookMethod::Post {
            return (address.to_owned(), sign(&token, address, params));
        }
        let glue = if address.contains('?') { "&" } else { "?" };
        let address = if encoded.is_empty() { address.to_owned() } else { format!("{address}{glue}{encoded}") };
        let signature = sign(&token, &address, &[]);
        (address, signature)
    }

    fn target(&self, public: &Url) -> Option<Url> {
        let mapped = self.ask(|state| state.base_urls.iter().find_map(|base| base.translate(public)));
        mapped.or_else(|| is_loopback(public).then(|| public.clone()))
    }
}

fn no_answer(error: &reqwest::Error) -> WebhookError {
    WebhookError::NoAnswer(if error.is_timeout() {
        "it took too long"
    } else if error.is_connect() {
        NOBODY
    } else {
        "the connection broke"
    })
}

fn encode(params: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
}

/// One parameter.
pub(crate) fn param(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// What every webhook about a call says of it. `status` is Twilio's word, such as `ringing`.
pub(crate) fn call_params(
    account_sid: &str,
    call_sid: &str,
    from: &str,
    to: &str,
    direction: &str,
    status: &str,
) -> Vec<(String, String)> {
    let mut params = vec![
        param("AccountSid", account_sid),
        param("ApiVersion", "2010-04-01"),
        param("CallSid", call_sid),
        param("CallStatus", status),
        param("Called", to),
    ];
    params.extend(place("Called", to));
    params.push(param("Caller", from));
    params.extend(place("Caller", from));
    params.push(param("Direction", direction));
    params.push(param("From", from));
    params.extend(place("From", from));
    params.push(param("To", to));
    params.extend(place("To", to));
    params
}

/// Where a number is: outside North America the carrier knows no more than its country.
pub(crate) fn place(role: &str, address: &str) -> Vec<(String, String)> {
    [("City", ""), ("Country", country(address)), ("State", ""), ("Zip", "")]
        .into_iter()
        .map(|(what, value)| param(&format!("{role}{what}"), value))
        .collect()
}

/// The address that a document at `base` means by `link`.
pub(crate) fn resolve(link: &Link, base: &str) -> Option<Hook> {
    if link.url.is_empty() {
        return Some(Hook { url: base.to_owned(), method: link.method });
    }
    let url = Url::parse(base).ok()?.join(&link.url).ok()?;
    Some(Hook { url: url.into(), method: link.method })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_service::{TestService, world};

    #[tokio::test]
    async fn a_webhook_is_signed_for_the_public_address_and_sent_to_the_mapped_one() {
        let service = TestService::start(|_| TestService::twiml("")).await;
        let world = world();
        world.map_base_url("https://proxycall.example", &service.base_url).unwrap();
        let params = vec![param("From", "+33639980002"), param("Body", "ça va ? & merci")];
        let hook = Hook::post("https://proxycall.example/twilio/sms?a=1&b=%2B2#rc=2");
        world.send_webhook(&hook, &params).await.unwrap();
        let seen = service.seen();
        assert_eq!(seen[0].path_and_query, "/twilio/sms?a=1&b=%2B2");
        assert_eq!(seen[0].host, "proxycall.example");
        assert_eq!(seen[0].form, params);
        let expected = sign("sandbox-auth-token", "https://proxycall.example/twilio/sms?a=1&b=%2B2", &params);
        assert_eq!(seen[0].signature, expected);
    }

    #[tokio::test]
    async fn a_webhook_requested_with_get_carries_its_parameters_in_the_signed_query() {
        let service = TestService::start(|_| TestService::twiml("")).await;
        let world = world();
        let hook = Hook { url: format!("{}/voice?x=1", service.base_url), method: HookMethod::Get };
        world.send_webhook(&hook, &[param("To", "+33199000001")]).await.unwrap();
        let seen = service.seen();
        assert_eq!(seen[0].path_and_query, "/voice?x=1&To=%2B33199000001");
        let signed = format!("{}/voice?x=1&To=%2B33199000001", service.base_url);
        assert_eq!(seen[0].signature, sign("sandbox-auth-token", &signed, &[]));
    }

    #[tokio::test]
    async fn nothing_is_sent_to_another_machine() {
        let world = world();
        let sent = world.send_webhook(&Hook::post("https://proxycall.example/twilio/voice"), &[]).await;
        assert_eq!(sent, Err(WebhookError::NoSuchAddress));
        let mapped = world.map_base_url("https://proxycall.example", "http://192.0.2.1");
        assert!(matches!(mapped, Err(BaseUrlError::NotLoopback(_))));
    }

    #[tokio::test]
    async fn an_error_status_and_a_closed_port_are_failures_and_kept_all_the_same() {
        let service = TestService::start(|_| TestService::status(503)).await;
        let world = world();
        let hook = Hook::post(format!("{}/voice", service.base_url));
        assert_eq!(world.send_webhook(&hook, &[]).await, Err(WebhookError::Status(503)));
        drop(service);
        let closed = Hook::post("http://127.0.0.1:1/voice");
        assert_eq!(world.send_webhook(&closed, &[]).await, Err(WebhookError::NoAnswer("nobody listens there")));
        let statuses: Vec<Option<u16>> = world.webhooks().iter().map(|webhook| webhook.status).collect();
        assert_eq!(statuses, [Some(503), None]);
    }
}
