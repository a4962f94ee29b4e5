//! Promises: each check says what was expected, what was seen, and what to do. The same checks serve the command line
//! and the console.

mod pool;
mod sheet;

pub use pool::check_regulatory;
pub use sheet::check_sheet;

use crate::{
    Service,
    ports::{Carrier, CarrierError, MailError, Mailer},
};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, but somebody should know.
    Warning,
    /// It does not work.
    Bad,
    /// Not set up, and nothing needs it.
    Unused,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked.
    pub subject: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What should be.
    pub expected: String,
    /// What is.
    pub seen: String,
    /// What to do; empty when nothing is to be done.
    pub remedy: String,
}

impl Finding {
    /// All is well.
    pub fn good(subject: impl Into<String>, seen: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Good, "", seen, "")
    }

    /// Anything else.
    pub fn new(
        subject: impl Into<String>,
        verdict: Verdict,
        expected: impl Into<String>,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { subject: subject.into(), verdict, expected: expected.into(), seen: seen.into(), remedy: remedy.into() }
    }
}

impl Service {
    /// Whether the store takes writes.
    pub async fn check_store(&self) -> Finding {
        match self.ready().await {
            Ok(()) => Finding::good("Store", "takes writes"),
            Err(error) => Finding::new(
                "Store",
                Verdict::Bad,
                "a database that takes writes",
                error.to_string(),
                "Check DATABASE_URL, the disk's free space and that no other program holds the database locked.",
            ),
        }
    }
}

impl Service {
    /// Where the secret is, and whether it is the only one that is needed.
    pub async fn check_secret(&self) -> Finding {
        let subject = "Secret key";
        let state = match self.ledger.vault(false).await {
            Ok(state) => state,
            Err(error) => {
                let seen = format!("not known: {error}");
                return Finding::new(subject, Verdict::Bad, "a store that answers", seen, "Check DATABASE_URL.");
            }
        };
        if state.unreadable > 0 {
            let seen = format!("{} rows are opened by no listed secret", state.unreadable);
            let remedy = "List in PROXYCALL_SECRET_KEY, behind the newest, the secret that they were made with.";
            return Finding::new(subject, Verdict::Bad, "secrets that open every row", seen, remedy);
        }
        if state.before.is_some() {
            let seen = "the store goes over to the newest secret; the one before is still needed";
            let remedy = "Keep both listed; `proxycall secret status` says when the old one may be taken away.";
            return Finding::new(subject, Verdict::Warning, "one secret", seen, remedy);
        }
        if self.ledger.keeps_secret() {
            return Finding::new(
                subject,
                Verdict::Warning,
                "PROXYCALL_SECRET_KEY in the environment",
                "kept in the store: whoever copies the store has the key too",
                "Set PROXYCALL_SECRET_KEY to what `proxycall secret new` prints; the running service goes over to it.",
            );
        }
        if state.known.first() != Some(&state.writes_with) && matches!(self.ledger.renewal_to().await, Ok(Some(_))) {
            let seen = "the newest one is not in use yet";
            let remedy = "The service goes over to it ten minutes after it started; `proxycall secret status` shows how far it is.";
            return Finding::new(subject, Verdict::Warning, "the newest secret in use", seen, remedy);
        }
        if !state.sealed {
            let seen = "some rows may not be sealed yet; the running service does that";
            let remedy = "Let `proxycall serve` run; `proxycall secret status` counts what is left.";
            return Finding::new(subject, Verdict::Warning, "everything sealed", seen, remedy);
        }
        Finding::good(subject, "from the environment; everything is sealed with it")
    }
}

/// Whether the carrier knows our account.
pub async fn check_carrier(carrier: &dyn Carrier) -> Finding {
    let subject = "Carrier account";
    let expected = "an active account";
    match carrier.account().await {
        Ok(account) if account.status == "active" && account.kind.eq_ignore_ascii_case("trial") => Finding::new(
            subject,
            Verdict::Warning,
            "an active, paid account",
            "active, but a trial account",
            "A trial account reaches verified numbers only: upgrade it in Twilio's console.",
        ),
        Ok(account) if account.status == "active" => Finding::good(subject, "active"),
        Ok(account) => Finding::new(
            subject,
            Verdict::Bad,
            expected,
            format!("status {}", account.status),
            "Open Twilio's console: a suspended account is usually one without credit.",
        ),
        Err(CarrierError::Refused { status: 401, .. }) => Finding::new(
            subject,
            Verdict::Bad,
            expected,
            "the credentials are refused",
            "Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console again; the first token listed is used.",
        ),
        Err(CarrierError::Refused { code, meaning, remedy, .. }) => {
            Finding::new(subject, Verdict::Bad, expected, format!("refused with code {code}: {meaning}"), remedy)
        }
        Err(error) => Finding::new(
            subject,
            Verdict::Bad,
            expected,
            error.to_string(),
            "Check TWILIO_API_BASE_URL and that this machine may open connections to it.",
        ),
    }
}

/// Whether the mail server takes letters from us; none is sent.
pub async fn check_mailer(mailer: Option<&dyn Mailer>) -> Finding {
    let subject = "E-mail";
    let expected = "a mail server that is reached encrypted and lets us sign in";
    let Some(mailer) = mailer else {
        return Finding::new(subject, Verdict::Unused, "", "no mail server is set up: no e-mail is sent", "");
    };
    let (seen, remedy) = match mailer.check().await {
        Ok(()) => return Finding::good(subject, "the mail server answers and lets us sign in"),
        Err(MailError::Unreachable(reason)) => (
            format!("not reached: {reason}"),
            "Check SMTP_HOST and SMTP_PORT (587, or 465 for encryption at once) and that this machine may open connections \
             to it: some hosts block mail ports.",
        ),
        Err(MailError::Refused { code, step, remedy }) => (format!("refused at {step} with code {code}"), remedy),
        Err(MailError::TryLater { code, step }) => (
            format!("not now, at {step} with code {code}"),
            "Try again in some minutes; if it stays so, ask the mail provider.",
        ),
        Err(error) => (error.to_string(), "Look at the mail provider's console."),
    };
    Finding::new(subject, Verdict::Bad, expected, seen, remedy)
}
