//! One file a command.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod block;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod migrate;
pub(crate) mod number;
pub(crate) mod phone;
pub(crate) mod privacy;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod sandbox;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod setting;
pub(crate) mod sheet;
pub(crate) mod token;
