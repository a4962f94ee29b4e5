//! Promises: each check says what was expected, what was seen, and what to do. The same checks serve the command line
//! and the console.

mod pool;
mod sheet;

pub use pool::check_regulatory;
pub use sheet::check_sheet;

use proxycall_domain::Said;

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
    pub subject: Said,
    /// How it ended.
    pub verdict: Verdict,
    /// What should be.
    pub expected: Said,
    /// What is.
    pub seen: Said,
    /// What to do; empty when nothing is to be done.
    pub remedy: Said,
}

impl Finding {
    /// All is well.
    pub fn good(subject: impl Into<Said>, seen: impl Into<Said>) -> Self {
        Self::new(subject, Verdict::Good, "", seen, "")
    }

    /// Anything else.
    pub fn new(
        subject: impl Into<Said>,
        verdict: Verdict,
        expected: impl Into<Said>,
        seen: impl Into<Said>,
        remedy: impl Into<Said>,
    ) -> Self {
        Self { subject: subject.into(), verdict, expected: expected.into(), seen: seen.into(), remedy: remedy.into() }
    }
}

const MEND_THE_STORE: (&str, &str) = (
    "Réparez d’abord la base de données ; `proxycall migrate` met ses tables à jour.",
    "Mend what is wrong with the store first; `proxycall migrate` brings its tables up to date.",
);
const STORE: (&str, &str) = ("Base de données", "Store");

impl Service {
    /// Whether the store takes writes.
    pub async fn check_store(&self) -> Finding {
        match self.ready().await {
            Ok(()) => Finding::good(STORE, ("accepte les écritures", "takes writes")),
            Err(error) => Finding::new(
                STORE,
                Verdict::Bad,
                ("une base qui accepte les écritures", "a database that takes writes"),
                error.to_string(),
                (
                    "Vérifiez DATABASE_URL, l’espace libre du disque, et qu’aucun autre programme ne verrouille la base.",
                    "Check DATABASE_URL, the disk's free space and that no other program holds the database locked.",
                ),
            ),
        }
    }
}

impl Service {
    /// Where the secret is, and whether it is the only one that is needed.
    pub async fn check_secret(&self) -> Finding {
        let subject = ("Clé secrète", "Secret key");
        let state = match self.ledger.vault(false).await {
            Ok(state) => state,
            Err(error) => {
                let expected = ("une base qui répond", "a store that answers");
                let seen = (format!("inconnu : {error}"), format!("not known: {error}"));
                let remedy = ("Vérifiez DATABASE_URL.", "Check DATABASE_URL.");
                return Finding::new(subject, Verdict::Bad, expected, seen, remedy);
            }
        };
        if state.unreadable > 0 {
            let rows = state.unreadable;
            let expected = ("des clés qui ouvrent toutes les lignes", "secrets that open every row");
            let seen = (
                format!("{rows} lignes qu’aucune des clés indiquées n’ouvre"),
                format!("{rows} rows are opened by no listed secret"),
            );
            let remedy = (
                "Ajoutez à PROXYCALL_SECRET_KEY, derrière la plus récente, la clé qui a servi à les écrire.",
                "List in PROXYCALL_SECRET_KEY, behind the newest, the secret that they were made with.",
            );
            return Finding::new(subject, Verdict::Bad, expected, seen, remedy);
        }
        if state.before.is_some() {
            let seen = (
                "la base passe à la clé la plus récente ; la précédente sert encore",
                "the store goes over to the newest secret; the one before is still needed",
            );
            let remedy = (
                "Gardez les deux ; `proxycall secret status` dit quand l’ancienne peut partir.",
                "Keep both listed; `proxycall secret status` says when the old one may be taken away.",
            );
            return Finding::new(subject, Verdict::Warning, ("une seule clé", "one secret"), seen, remedy);
        }
        if self.ledger.keeps_secret() {
            return Finding::new(
                subject,
                Verdict::Warning,
                ("PROXYCALL_SECRET_KEY dans l’environnement", "PROXYCALL_SECRET_KEY in the environment"),
                (
                    "gardée dans la base : qui copie la base a aussi la clé",
                    "kept in the store: whoever copies the store has the key too",
                ),
                (
                    "Donnez à PROXYCALL_SECRET_KEY ce qu’affiche `proxycall secret new` ; le service y passe de lui-même.",
                    "Set PROXYCALL_SECRET_KEY to what `proxycall secret new` prints; the running service goes over to it.",
                ),
            );
        }
        if state.known.first() != Some(&state.writes_with) && matches!(self.ledger.renewal_to().await, Ok(Some(_))) {
            let expected = ("la clé la plus récente en service", "the newest secret in use");
            let seen = ("la plus récente ne sert pas encore", "the newest one is not in use yet");
            let remedy = (
                "Le service y passe dix minutes après son démarrage ; `proxycall secret status` dit où il en est.",
                "The service goes over to it ten minutes after it started; `proxycall secret status` shows how far it is.",
            );
            return Finding::new(subject, Verdict::Warning, expected, seen, remedy);
        }
        if !state.sealed {
            let seen = (
                "des lignes ne sont peut-être pas encore scellées ; le service s’en charge",
                "some rows may not be sealed yet; the running service does that",
            );
            let remedy = (
                "Laissez tourner `proxycall serve` ; `proxycall secret status` compte ce qui reste.",
                "Let `proxycall serve` run; `proxycall secret status` counts what is left.",
            );
            return Finding::new(subject, Verdict::Warning, ("tout est scellé", "everything sealed"), seen, remedy);
        }
        let seen =
            ("dans l’environnement ; tout est scellé avec elle", "from the environment; everything is sealed with it");
        Finding::good(subject, seen)
    }
}

/// Whether the carrier knows our account.
pub async fn check_carrier(carrier: &dyn Carrier) -> Finding {
    let subject = ("Compte Twilio", "Carrier account");
    let expected = ("un compte actif", "an active account");
    match carrier.account().await {
        Ok(account) if account.status == "active" && account.kind.eq_ignore_ascii_case("trial") => Finding::new(
            subject,
            Verdict::Warning,
            ("un compte actif et payant", "an active, paid account"),
            ("actif, mais à l’essai", "active, but a trial account"),
            (
                "Un compte à l’essai ne joint que des numéros vérifiés : faites-le passer en payant dans la console de Twilio.",
                "A trial account reaches verified numbers only: upgrade it in Twilio's console.",
            ),
        ),
        Ok(account) if account.status == "active" => Finding::good(subject, ("actif", "active")),
        Ok(account) => Finding::new(
            subject,
            Verdict::Bad,
            expected,
            (format!("état {}", account.status), format!("status {}", account.status)),
            (
                "Ouvrez la console de Twilio : un compte suspendu est le plus souvent sans crédit.",
                "Open Twilio's console: a suspended account is usually one without credit.",
            ),
        ),
        Err(CarrierError::Refused { status: 401, .. }) => Finding::new(
            subject,
            Verdict::Bad,
            expected,
            ("les identifiants sont refusés", "the credentials are refused"),
            (
                "Recopiez TWILIO_ACCOUNT_SID et TWILIO_AUTH_TOKEN depuis la console de Twilio ; le premier jeton indiqué sert.",
                "Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console again; the first token listed is used.",
            ),
        ),
        Err(CarrierError::Refused { code, meaning, remedy, .. }) => {
            let seen = (format!("refusé, code {code} : {meaning}"), format!("refused with code {code}: {meaning}"));
            Finding::new(subject, Verdict::Bad, expected, seen, remedy)
        }
        Err(error) => Finding::new(
            subject,
            Verdict::Bad,
            expected,
            error.to_string(),
            (
                "Vérifiez TWILIO_API_BASE_URL et que cette machine peut s’y connecter.",
                "Check TWILIO_API_BASE_URL and that this machine may open connections to it.",
            ),
        ),
    }
}

/// Whether the mail server takes letters from us; none is sent.
pub async fn check_mailer(mailer: Option<&dyn Mailer>) -> Finding {
    let subject = "E-mail";
    let expected = (
        "un serveur de messagerie joint en chiffré et qui nous laisse entrer",
        "a mail server that is reached encrypted and lets us sign in",
    );
    let Some(mailer) = mailer else {
        let seen = (
            "aucun serveur de messagerie n’est réglé : aucun e-mail ne part",
            "no mail server is set up: no e-mail is sent",
        );
        return Finding::new(subject, Verdict::Unused, "", seen, "");
    };
    let (seen, remedy): (Said, Said) = match mailer.check().await {
        Ok(()) => {
            let seen = (
                "le serveur de messagerie répond et nous laisse entrer",
                "the mail server answers and lets us sign in",
            );
            return Finding::good(subject, seen);
        }
        Err(MailError::Unreachable(reason)) => (
            (format!("pas joint : {reason}"), format!("not reached: {reason}")).into(),
            (
                "Vérifiez SMTP_HOST et SMTP_PORT (587, ou 465 pour chiffrer d’emblée) et que cette machine peut s’y \
                 connecter : certains hébergeurs bloquent les ports de messagerie.",
                "Check SMTP_HOST and SMTP_PORT (587, or 465 for encryption at once) and that this machine may open \
                 connections to it: some hosts block mail ports.",
            )
                .into(),
        ),
        Err(MailError::Refused { code, step, remedy }) => {
            let seen = (format!("refusé à {step}, code {code}"), format!("refused at {step} with code {code}"));
            (seen.into(), remedy.into())
        }
        Err(MailError::TryLater { code, step }) => (
            (format!("pas maintenant, à {step}, code {code}"), format!("not now, at {step} with code {code}")).into(),
            (
                "Réessayez dans quelques minutes ; si cela dure, demandez au fournisseur de messagerie.",
                "Try again in some minutes; if it stays so, ask the mail provider.",
            )
                .into(),
        ),
        Err(error) => (
            error.to_string().into(),
            ("Regardez la console du fournisseur de messagerie.", "Look at the mail provider's console.").into(),
        ),
    };
    Finding::new(subject, Verdict::Bad, expected, seen, remedy)
}
