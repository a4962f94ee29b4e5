//! The client from outside, against the simulated Google of the sandbox.

#[cfg(test)]
mod access;
#[cfg(test)]
mod cells;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod stage;
