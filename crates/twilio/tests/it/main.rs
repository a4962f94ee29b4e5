//! The crate from outside: signed webhooks as Twilio posts them, and the REST client against a carrier on loopback.

#[cfg(test)]
mod client;
#[cfg(test)]
mod loopback;
#[cfg(test)]
mod numbers;
#[cfg(test)]
mod patience;
#[cfg(test)]
mod signature;
