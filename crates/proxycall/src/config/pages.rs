//! What the public pages are told: whom limits count by, and where the pages may stand in a frame.

use axum::http::HeaderName;
use proxycall_web::ClientAddresses;
use url::Url;

use super::{ConfigProblems, Environment};

/// Most proxies that anybody has before a service.
const HOPS_MAX: u32 = 10;

/// The settings of the public pages.
#[derive(Debug)]
pub(crate) struct PagesConfig {
    /// Where the client's address is found.
    pub addresses: ClientAddresses,
    /// The sites that may frame them.
    pub frame_ancestors: Vec<String>,
}

pub(super) fn read(env: &Environment, problems: &mut ConfigProblems) -> Option<PagesConfig> {
    let name = env.or_default("PROXYCALL_CLIENT_IP_HEADER");
    let header = (!name.is_empty()).then(|| name.parse::<HeaderName>());
    if let Some(Err(_)) = header {
        problems.unusable("PROXYCALL_CLIENT_IP_HEADER", name, "the name of a header such as X-Forwarded-For");
    }
    let hops = problems.within(env, "PROXYCALL_TRUSTED_HOPS", 1, HOPS_MAX);
    let mut frame_ancestors = Vec::new();
    for site in env.or_default("PROXYCALL_FRAME_ANCESTORS").split_whitespace() {
        if is_site(site) {
            frame_ancestors.push(site.to_owned());
        } else {
            problems.unusable(
                "PROXYCALL_FRAME_ANCESTORS",
                site,
                "sites with spaces between, such as https://shop.example https://*.myshopify.com, without paths",
            );
        }
    }
    let header = header.transpose().ok()?;
    let trusted_hops = usize::try_from(hops?).ok()?;
    Some(PagesConfig { addresses: ClientAddresses { header, trusted_hops }, frame_ancestors })
}

/// Whether a text is one source of a content security policy and nothing more: it goes into a header as it is.
fn is_site(text: &str) -> bool {
    let plain = text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b":/.*-".contains(&sign));
    let address = text.replacen("://*.", "://", 1);
    let Ok(url) = Url::parse(&address) else { return false };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    plain && scheme && url.has_host() && url.path() == "/" && !address.ends_with('/') && !address.contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_scheme_a_host_and_perhaps_a_port() {
        for good in
            ["https://shop.example", "https://*.myshopify.com", "https://shop.example:8443", "http://localhost:3000"]
        {
            assert!(is_site(good), "{good}");
        }
        for bad in [
            "*",
            "https:",
            "https://*",
            "shop.example",
            "http://shop.example",
            "https://shop.example/",
            "https://a.example/x",
            "https://a.example;script-src",
            "'unsafe-inline'",
            "https://a.*.example",
            "https://*.*.example",
            "https://a@b.example",
        ] {
            assert!(!is_site(bad), "{bad}");
        }
    }
}
