//! Promises: time and chance come from here alone, so that tests hold both in hand.

use jiff::Timestamp;
use proxycall_domain::{ActId, AlertId, BlockId, DispatchId, InteractionId, JobId, PurchaseId};

use super::ledger::SpareIds;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Gives bytes that nobody can guess.
pub trait Chance: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// A number from 0 up to, not including, 1: for jitter.
    fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}

/// New ids from a clock and chance.
pub trait Ids {
    /// Ten bytes of chance.
    fn chance(&self) -> [u8; 10];
    /// For one call or message.
    fn interaction_id(&self, now: Timestamp) -> InteractionId {
        InteractionId::new(now, &self.chance())
    }
    /// For one piece of work.
    fn job_id(&self, now: Timestamp) -> JobId {
        JobId::new(now, &self.chance())
    }
    /// For one number that is being bought.
    fn purchase_id(&self, now: Timestamp) -> PurchaseId {
        PurchaseId::new(now, &self.chance())
    }
    /// For one text, call or mail of a confirmation.
    fn dispatch_id(&self, now: Timestamp) -> DispatchId {
        DispatchId::new(now, &self.chance())
    }
    /// For whatever a unit about a confirmation may have to make.
    fn spare_ids(&self, now: Timestamp) -> SpareIds {
        SpareIds {
            dispatches: [self.dispatch_id(now), self.dispatch_id(now)],
            dispatch_jobs: [self.job_id(now), self.job_id(now)],
            wire: self.job_id(now),
            follow: self.job_id(now),
        }
    }
    /// For one act of an operator.
    fn act_id(&self, now: Timestamp) -> ActId {
        ActId::new(now, &self.chance())
    }

    /// For somebody who is blocked.
    fn block_id(&self, now: Timestamp) -> BlockId {
        BlockId::new(now, &self.chance())
    }
    /// For something that an operator should know.
    fn alert_id(&self, now: Timestamp) -> AlertId {
        AlertId::new(now, &self.chance())
    }
}

impl<T: Chance + ?Sized> Ids for T {
    fn chance(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        bytes
    }
}
