//! Promises: what a number's webhooks are and should be, and which numbers somebody uses elsewhere.

use serde::{Deserialize, Serialize};

/// Connection overrides of a webhook's address (`anchors-number-masking` §3.2): three retries on whatever fails, 2 s to
/// connect, 4 s to answer, so that a caller waits through a restart and hears no error of the carrier's.
const OVERRIDES: &str = "#rc=3&rp=all&ct=2000&rt=4000";

/// Where the carrier's own placeholder points: a number just bought, that nobody has wired.
const PLACEHOLDER_HOST: &str = "demo.twilio.com";

/// One address that the carrier asks, and how. An empty address: nobody is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Absolute address, connection overrides included.
    pub url: String,
    /// `POST` or `GET`.
    pub method: String,
}

impl Hook {
    /// Posts to an address.
    #[must_use]
    pub fn post(url: impl Into<String>) -> Self {
        Self { url: url.into(), method: "POST".to_owned() }
    }

    fn same(&self, other: &Self) -> bool {
        self.url == other.url && (self.url.is_empty() || self.method.eq_ignore_ascii_case(&other.method))
    }

    /// The host in lower case; none without an address.
    fn host(&self) -> Option<String> {
        let rest = self.url.trim().split_once("://")?.1;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        (!host.is_empty()).then_some(host)
    }
}

/// Everything that decides who is asked when a number is called or texted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wiring {
    /// Asked when the number is called.
    pub voice: Hook,
    /// Asked when that one fails.
    pub voice_fallback: Hook,
    /// Asked when the number is texted.
    pub text: Hook,
    /// Asked when that one fails.
    pub text_fallback: Hook,
    /// Told when a call is over.
    pub status: Hook,
    /// A SIP trunk (`TK…`), which takes all calls. Sent to the carrier only when present; empty: none.
    pub trunk: Option<String>,
    /// An application (`AP…`) that answers calls instead of the addresses above. As with the trunk.
    pub voice_application: Option<String>,
    /// An application (`AP…`) that answers texts. As with the trunk.
    pub text_application: Option<String>,
}

/// Which parts of a number's wiring are not as they should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WiringFaults {
    /// Calls: address, method, fallback, or the report of their end.
    pub voice: bool,
    /// Texts: address, method or fallback.
    pub text: bool,
}

impl WiringFaults {
    /// Whether there is nothing to mend.
    #[must_use]
    pub fn none(self) -> bool {
        !(self.voice || self.text)
    }
}

impl Wiring {
    /// The wiring of a number of ours, `base_url` being the service's public address without a slash at its end.
    #[must_use]
    pub fn ours(base_url: &str) -> Self {
        let asked = |path: &str| Hook::post(format!("{base_url}{path}{OVERRIDES}"));
        // Without overrides: the last try may take as long as the carrier waits.
        let last = |path: &str| Hook::post(format!("{base_url}{path}"));
        Self {
            voice: asked("/twilio/voice"),
            voice_fallback: last("/twilio/voice"),
            text: asked("/twilio/sms"),
            text_fallback: last("/twilio/sms"),
            status: asked("/twilio/status/voice"),
            ..Self::default()
        }
    }

    /// This wiring for a number that has `current`: whatever trunk or application would come first is taken off.
    #[must_use]
    pub fn replacing(&self, current: &Self) -> Self {
        let off = |of: &Option<String>| of.as_deref().is_some_and(|sid| !sid.is_empty()).then(String::new);
        Self {
            trunk: off(&current.trunk),
            voice_application: off(&current.voice_application),
            text_application: off(&current.text_application),
            ..self.clone()
        }
    }

    /// What is not as `wanted` says.
    #[must_use]
    pub fn faults(&self, wanted: &Self) -> WiringFaults {
        let voice = self.voice.same(&wanted.voice)
            && self.voice_fallback.same(&wanted.voice_fallback)
            && self.status.same(&wanted.status)
            && !attached(&self.trunk)
            && !attached(&self.voice_application);
        let text = self.text.same(&wanted.text)
            && self.text_fallback.same(&wanted.text_fallback)
            && !attached(&self.text_application);
        WiringFaults { voice: !voice, text: !text }
    }

    /// Whether somebody uses the number for something else: a trunk, an application, or an address on a host that is
    /// not one of `our_hosts` (in lower case, with the port where there is one). The carrier's placeholder is nobody's.
    #[must_use]
    pub fn used_elsewhere(&self, our_hosts: &[String]) -> bool {
        let elsewhere =
            |hook: &Hook| hook.host().is_some_and(|host| host != PLACEHOLDER_HOST && !our_hosts.contains(&host));
        attached(&self.trunk)
            || attached(&self.voice_application)
            || attached(&self.text_application)
            || elsewhere(&self.voice)
            || elsewhere(&self.text)
    }
}

fn attached(sid: &Option<String>) -> bool {
    sid.as_deref().is_some_and(|sid| !sid.is_empty())
}

/// The host of an address, as [`Wiring::used_elsewhere`] compares it.
#[must_use]
pub fn host_of(url: &str) -> Option<String> {
    Hook { url: url.to_owned(), method: String::new() }.host()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const BASE: &str = "https://proxycall.example";

    fn at(url: &str) -> Wiring {
        Wiring { voice: Hook::post(url), ..Wiring::default() }
    }

    #[test]
    fn our_own_wiring_has_no_faults_and_is_not_used_elsewhere() {
        let ours = Wiring::ours(BASE);
        assert!(ours.faults(&Wiring::ours(BASE)).none());
        assert!(!ours.used_elsewhere(&["proxycall.example".to_owned()]));
        assert_eq!(ours.voice.url, "https://proxycall.example/twilio/voice#rc=3&rp=all&ct=2000&rt=4000");
    }

    #[test]
    fn another_method_address_or_fallback_is_a_fault_of_its_own_side_only() {
        let wanted = Wiring::ours(BASE);
        let mut voice = wanted.clone();
        voice.voice.method = "GET".to_owned();
        assert_eq!(voice.faults(&wanted), WiringFaults { voice: true, text: false });
        let mut text = wanted.clone();
        text.text_fallback = Hook::default();
        assert_eq!(text.faults(&wanted), WiringFaults { voice: false, text: true });
        let mut lower = wanted.clone();
        lower.voice.method = "post".to_owned();
        assert!(lower.faults(&wanted).none());
    }

    #[rstest]
    #[case("", false)]
    #[case("https://demo.twilio.com/welcome/voice/", false)]
    #[case("https://PROXYCALL.example/twilio/voice", false)]
    #[case("https://user:word@proxycall.example/x", false)]
    #[case("https://hotline.example/answer", true)]
    #[case("https://proxycall.example.evil.example/", true)]
    #[case("https://proxycall.example:8443/", true)]
    fn a_number_on_another_host_is_somebody_elses(#[case] url: &str, #[case] elsewhere: bool) {
        assert_eq!(at(url).used_elsewhere(&["proxycall.example".to_owned()]), elsewhere, "{url}");
    }

    #[test]
    fn a_trunk_or_application_is_use_elsewhere_a_fault_and_taken_off_by_our_wiring() {
        let hosts = ["proxycall.example".to_owned()];
        let trunk = Wiring { trunk: Some("TK1".to_owned()), ..Wiring::ours(BASE) };
        let application = Wiring { text_application: Some("AP1".to_owned()), ..Wiring::ours(BASE) };
        assert!(trunk.used_elsewhere(&hosts) && application.used_elsewhere(&hosts));
        assert!(trunk.faults(&Wiring::ours(BASE)).voice && application.faults(&Wiring::ours(BASE)).text);
        assert_eq!(Wiring::ours(BASE).replacing(&trunk).trunk, Some(String::new()));
        assert_eq!(Wiring::ours(BASE).replacing(&trunk).text_application, None);
    }
}
