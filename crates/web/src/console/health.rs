//! The page that says how the service is: the checks of `doctor`, made anew while one looks.

use std::time::Duration;

use askama::Template;
use axum::{extract::State, response::Response};
use proxycall_domain::Language;
use proxycall_service::{
    Service,
    doctor::{Finding, Verdict, check_carrier, check_mailer},
    ports::ledger::Alert,
};
use tokio::time::timeout;

use super::{
    ConsoleState, format,
    layout::{self, Place, Shell, Tone},
    session::Session,
    today,
    trouble::Trouble,
};
use crate::sentences::sentences;

sentences! { Words, alike [];
    title: "Santé du service", "Health of the service";
    lead: "Chaque contrôle est refait à l’instant, puis toutes les 15 secondes.", "Each check is made right now, and again every 15 seconds.";
    all_good: "Tout va bien", "All is well";
    some_warn: "À savoir", "Worth knowing";
    some_bad: "À réparer", "To be mended";
    good: "bon", "good";
    warning: "attention", "warning";
    bad: "en panne", "broken";
    unused: "non utilisé", "not used";
    expected: "Attendu", "Expected";
    remedy: "À faire", "To do";
    no_answer: "pas de réponse en 4 secondes", "no answer within 4 seconds";
}

/// How long a check may take before the page says that it did not end.
const PATIENCE: Duration = Duration::from_secs(4);

struct Check {
    subject: String,
    seen: String,
    expected: String,
    remedy: String,
    tone: Tone,
    word: &'static str,
}

#[derive(Template)]
#[template(path = "console/health.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    /// French has a space before it.
    colon: &'static str,
    tone: Tone,
    verdict: &'static str,
    checks: Vec<Check>,
}

pub(super) async fn page(State(console): ConsoleState, session: Session) -> Result<Response, Trouble> {
    let t = Words::of(session.language);
    let service = &console.app.service;
    let checks: Vec<Check> = look(service).await.iter().map(|finding| check(finding, session.language)).collect();
    let (tone, verdict) = if checks.iter().any(|check| check.tone == Tone::Bad) {
        (Tone::Bad, t.some_bad)
    } else if checks.iter().any(|check| check.tone == Tone::Warn) {
        (Tone::Warn, t.some_warn)
    } else {
        (Tone::Good, t.all_good)
    };
    let (shell, colon) = (Shell::new(&session, Some(Place::Health)), format::colon(session.language));
    layout::shown(&Page { shell, t, colon, tone, verdict, checks })
}

/// All that can be checked from inside. What the environment says is checked at the start, and by `doctor`.
async fn look(service: &Service) -> Vec<Finding> {
    let no_answer = [Language::Fr, Language::En].map(|language| Words::of(language).no_answer);
    let policy = service.policy.current();
    let name = |alert: &Alert| {
        let [fr, en] = [Language::Fr, Language::En].map(|language| today::title(alert, policy.countries(), language));
        (fr, en).into()
    };
    let late = |subject: (&str, &str)| Finding::new(subject, Verdict::Bad, "", <(&str, &str)>::from(no_answer), "");
    let (store, secret, pool, carrier, mailer, mirror) = tokio::join!(
        timeout(PATIENCE, service.check_store()),
        timeout(PATIENCE, service.check_secret()),
        timeout(PATIENCE, service.check_pool(name)),
        timeout(PATIENCE, check_carrier(service.carrier.as_ref())),
        timeout(PATIENCE, check_mailer(service.mailer.as_deref())),
        timeout(PATIENCE, service.check_mirror()),
    );
    let mut found = vec![
        store.unwrap_or_else(|_| late(("Base de données", "Store"))),
        secret.unwrap_or_else(|_| late(("Clé secrète", "Secret key"))),
        carrier.unwrap_or_else(|_| late(("Compte Twilio", "Carrier account"))),
        mailer.unwrap_or_else(|_| late(("E-mail", "E-mail"))),
    ];
    if service.sheet.is_some() {
        found.push(mirror.unwrap_or_else(|_| late(("Échange avec la feuille", "Sheet mirror"))));
    }
    found.extend(pool.unwrap_or_else(|_| vec![late(("Stock", "Pool"))]));
    found
}

fn check(finding: &Finding, language: Language) -> Check {
    let t = Words::of(language);
    let (tone, word) = match finding.verdict {
        Verdict::Good => (Tone::Good, t.good),
        Verdict::Warning => (Tone::Warn, t.warning),
        Verdict::Bad => (Tone::Bad, t.bad),
        Verdict::Unused => (Tone::Plain, t.unused),
    };
    let [subject, seen, expected, remedy] =
        [&finding.subject, &finding.seen, &finding.expected, &finding.remedy].map(|said| said.of(language).to_owned());
    Check { subject, seen, expected, remedy, tone, word }
}
