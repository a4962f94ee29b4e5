//! What the use cases need of the outside world. Each port is owned by the service and kept by another crate.

pub mod carrier;
pub mod clock;
pub mod ledger;
pub mod mailer;
pub mod sheet;

pub use carrier::{Carrier, CarrierError};
pub use clock::{Chance, Clock};
pub use ledger::{Ledger, LedgerError};
pub use mailer::{MailError, Mailer};
pub use sheet::{Sheet, SheetError};
