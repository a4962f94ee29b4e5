//! `proxycall phone`: a handset of a running sandbox.

use std::process::ExitCode;

use anyhow::anyhow;
use proxycall_sandbox::{
    control::{CallRequest, Client, TextRequest},
    world::Behaviour,
};

use crate::{cli::Phone, output::say};

/// Calls, texts or lists.
pub(crate) async fn run(phone: Phone) -> anyhow::Result<ExitCode> {
    match phone {
        Phone::Call { from, to, answer, carrier } => {
            let answer = answer.as_deref().map(behaviour).transpose()?;
            let request = CallRequest { from, to, answer, ..CallRequest::default() };
            say(&Client::new(carrier.carrier)?.call(&request).await?.to_string());
        }
        Phone::Text { from, to, images, body, carrier } => {
            let request = TextRequest { from, to, body, media: usize::try_from(images)? };
            say(&Client::new(carrier.carrier)?.text(&request).await?.to_string());
        }
        Phone::List { carrier } => {
            for handset in Client::new(carrier.carrier)?.handsets().await? {
                say(&handset.phone);
                for text in handset.inbox {
                    say(&format!("  from {}: {}", text.from, text.body));
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn behaviour(word: &str) -> anyhow::Result<Behaviour> {
    match word {
        "answer" => Ok(Behaviour::Answer),
        "busy" => Ok(Behaviour::Busy),
        "no-answer" => Ok(Behaviour::NoAnswer),
        "reject" => Ok(Behaviour::Reject),
        other => Err(anyhow!("{other} is none of answer, busy, no-answer, reject")),
    }
}
