//! Promises: each check says what was expected, what was seen, and what to do. The same checks serve the command line
//! and, later, the console.

use crate::{
    Service,
    ports::{Carrier, CarrierError},
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
