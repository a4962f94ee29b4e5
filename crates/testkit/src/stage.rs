//! What stands behind the public pages when a test wants to see them in a certain state.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use proxycall_domain::Language;
use proxycall_web::enrolment::{Applicant, Enrolment, LinkOutcome, LinkState, Progress, Proof, Refusal, Unwell};

/// What each question is answered, and what was asked.
#[derive(Clone)]
pub struct Stage(Arc<Mutex<Script>>);

/// The answers and the record.
pub struct Script {
    /// To a request.
    pub request: Result<String, Refusal>,
    /// To a look at the progress.
    pub progress: Result<Option<Progress>, Unwell>,
    /// To a look at a link.
    pub link: Result<LinkState, Unwell>,
    /// To a link's button.
    pub outcome: Result<LinkOutcome, Unwell>,
    /// Who asked for a number, and from where: name, e-mail, phone, address.
    pub requests: Vec<[String; 4]>,
    /// Which links were used: id, kind and value, decision.
    pub uses: Vec<(String, String, bool)>,
}

impl Default for Stage {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Script {
            request: Ok("a-token".to_owned()),
            progress: Ok(Some(Progress::Done)),
            link: Ok(LinkState::Open { language: Language::Fr }),
            outcome: Ok(LinkOutcome::Done(Language::Fr)),
            requests: Vec::new(),
            uses: Vec::new(),
        })))
    }
}

impl Stage {
    /// Reads or changes the script.
    pub fn with<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn told(proof: &Proof) -> String {
    match proof {
        Proof::Code(value) => format!("code {value}"),
        Proof::Token(value) => format!("token {value}"),
        Proof::Consent(value) => format!("consent {value}"),
    }
}

#[async_trait]
impl Enrolment for Stage {
    async fn request(&self, applicant: Applicant, requester: &str) -> Result<String, Refusal> {
        self.with(|script| {
            script.requests.push([
                applicant.name.expose().to_owned(),
                applicant.mail.expose().to_owned(),
                applicant.phone.expose(),
                requester.to_owned(),
            ]);
            script.request.clone()
        })
    }

    fn nobody(&self) -> String {
        "nobodys-token".to_owned()
    }

    async fn progress(&self, _: &str) -> Result<Option<Progress>, Unwell> {
        self.with(|script| script.progress)
    }

    async fn link(&self, _: &str, _: &Proof) -> Result<LinkState, Unwell> {
        self.with(|script| script.link)
    }

    async fn use_link(&self, id: &str, proof: &Proof, agreed: bool) -> Result<LinkOutcome, Unwell> {
        self.with(|script| {
            script.uses.push((id.to_owned(), told(proof), agreed));
            script.outcome
        })
    }
}
