//! Promises: ProxyCall can be run, shown and tested without any account: a simulated carrier (Twilio), the phones
//! around it, a mail server and a Google with a spreadsheet, on this machine only.
//!
//! The crate knows nothing of ProxyCall. It speaks HTTP as the carrier does: it serves the REST API that a service
//! calls ([`endpoints`] says which part), and posts signed webhooks to the service when a handset calls or texts. It
//! signs by its own code, so that it checks the service's verifier, and holds every request against the carrier's
//! published contract.
//!
//! A test arranges the [`World`], acts, and asks the world:
//!
//! ```
//! use proxycall_sandbox::{CallScript, Options, Sandbox, world::{Handset, Number}};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), proxycall_sandbox::SandboxError> {
//! let sandbox = Sandbox::start(Options::default()).await?;
//! let world = sandbox.world();
//! world.add_handset(Handset::new("+33639980001"));
//! world.add_number(Number::new("+33199000001").voice_url("http://127.0.0.1:1/twilio/voice"));
//! // Nobody serves that address: the caller hears so.
//! let transcript = world.call(CallScript::new("+33639980001", "+33199000001")).await;
//! assert_eq!(transcript.error_codes(), [11200]);
//! sandbox.shutdown().await;
//! # Ok(()) }
//! ```

mod call;
pub mod contract;
pub mod control;
mod delivery;
pub mod endpoints;
mod fault;
mod geography;
pub mod google;
pub mod journal;
pub mod lines;
pub mod mailbox;
mod overrides;
mod phones;
mod refusal;
mod rest;
mod server;
mod sid;
pub mod signature;
mod text;
pub mod transcript;
pub mod twiml;
pub mod webhook;
pub mod world;
mod xml;

#[cfg(test)]
mod test_service;

pub use self::{
    call::CallScript,
    fault::{Fault, MailFault, MailStep},
    mailbox::ReceivedMail,
    server::{Options, Sandbox, SandboxError},
    text::TextScript,
    transcript::{Event, Transcript},
    world::World,
};
