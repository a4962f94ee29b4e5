//! `proxycall phone`: a handset of a running sandbox.

use std::process::ExitCode;

use anyhow::anyhow;
use proxycall_sandbox::{
    ReceivedMail,
    control::{CallRequest, Client, KeysRequest, TextRequest},
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
        Phone::Keys { phone, keys, carrier } => {
            Client::new(carrier.carrier)?.set_keys(&KeysRequest { phone, keys }).await?;
            say("set");
        }
        Phone::Calls { carrier } => {
            let calls = Client::new(carrier.carrier)?.placed_calls().await?;
            let calls: Vec<String> = calls.iter().map(ToString::to_string).collect();
            say(&if calls.is_empty() { "no calls".to_owned() } else { calls.join("\n\n") });
        }
        Phone::Mail { to, carrier } => {
            let mut mails = Client::new(carrier.carrier)?.mails().await?;
            if let Some(to) = &to {
                mails.retain(|mail| mail.to.iter().any(|receiver| receiver.eq_ignore_ascii_case(to)));
            }
            say(&if mails.is_empty() { "no letters".to_owned() } else { letters(&mails) });
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

/// Each with its headers, its text and where its links lead.
fn letters(mails: &[ReceivedMail]) -> String {
    let letter = |mail: &ReceivedMail| {
        let (to, subject) = (mail.to.join(", "), &mail.subject);
        let text: Vec<String> = mail.text.trim_end().lines().map(|line| format!("  {line}")).collect();
        let text: Vec<&str> = text.iter().map(|line| line.trim_end()).collect();
        let links: String = mail.links().iter().map(|link| format!("\n  link: {link}")).collect();
        format!("to {to}, from {}, at {}\n  subject: {subject}\n\n{}\n{links}", mail.from, mail.at, text.join("\n"))
    };
    mails.iter().map(letter).collect::<Vec<_>>().join("\n\n")
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
