//! Promises: what calls and texts came to reads the same wherever it is shown: each outcome belongs to one group, whatever
//! the channel.

use jiff::Timestamp;

use crate::{Channel, Outcome, interaction::words};

/// Outcomes that mean the same to whoever looks at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OutcomeGroup {
    /// It goes on: a call that rings or is spoken in, a text that is on its way.
    UnderWay,
    /// A call that both sides spoke in, a text that arrived.
    Reached,
    /// A call that nobody took.
    NotAnswered,
    /// Nobody was to be reached: by our rules, or as the sender asked for no more.
    Refused,
    /// It could not be carried, or it is not known whether it was.
    Failed,
}

words!(OutcomeGroup {
    UnderWay = "under_way",
    Reached = "reached",
    NotAnswered = "not_answered",
    Refused = "refused",
    Failed = "failed",
});

impl OutcomeGroup {
    /// The outcomes that belong to it.
    pub fn outcomes(self) -> impl Iterator<Item = Outcome> {
        Outcome::ALL.iter().copied().filter(move |outcome| outcome.group() == self)
    }
}

impl Outcome {
    /// The group that it belongs to.
    #[must_use]
    pub fn group(self) -> OutcomeGroup {
        match self {
            Self::Connecting | Self::Queued | Self::Sending | Self::Sent => OutcomeGroup::UnderWay,
            Self::Completed | Self::Delivered => OutcomeGroup::Reached,
            Self::Busy | Self::NoAnswer | Self::Canceled => OutcomeGroup::NotAnswered,
            Self::Undelivered | Self::Unknown | Self::Failed => OutcomeGroup::Failed,
            Self::OptOut
            | Self::RefusedUnknownNumber
            | Self::RefusedRegion
            | Self::RefusedWithheld
            | Self::RefusedNoRecentCaller
            | Self::RefusedDestination
            | Self::RefusedLoop
            | Self::RefusedEmpty
            | Self::RefusedBlocked
            | Self::RefusedPaused => OutcomeGroup::Refused,
        }
    }
}

/// How many calls, or texts, that began in one hour came to one outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficCount {
    /// Call or text.
    pub channel: Channel,
    /// What they came to.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
}

/// What began in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficHour {
    /// When the hour began (UTC).
    pub from: Timestamp,
    /// What it came to. What is not answered or handed over yet is in none of them.
    pub counts: Vec<TrafficCount>,
}

impl TrafficHour {
    /// How many calls, or texts, came to one of a group.
    #[must_use]
    pub fn count(&self, channel: Channel, group: OutcomeGroup) -> u64 {
        let of_group = self.counts.iter().filter(|count| count.channel == channel && count.outcome.group() == group);
        of_group.map(|count| count.count).sum()
    }

    /// How many calls, or texts, in all.
    #[must_use]
    pub fn total(&self, channel: Channel) -> u64 {
        self.counts.iter().filter(|count| count.channel == channel).map(|count| count.count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_in_one_group_and_every_group_has_some() {
        let all: usize = OutcomeGroup::ALL.iter().map(|group| group.outcomes().count()).sum();
        assert_eq!(all, Outcome::ALL.len());
        assert!(OutcomeGroup::ALL.iter().all(|group| group.outcomes().count() > 0));
        assert!(OutcomeGroup::Refused.outcomes().all(|outcome| outcome.is_final()));
    }

    #[test]
    fn an_hour_is_counted_by_channel_and_group() {
        let counts = [
            (Channel::Call, Outcome::Busy, 2),
            (Channel::Call, Outcome::NoAnswer, 3),
            (Channel::Text, Outcome::Sent, 5),
        ];
        let counts = counts.map(|(channel, outcome, count)| TrafficCount { channel, outcome, count }).to_vec();
        let hour = TrafficHour { from: Timestamp::UNIX_EPOCH, counts };
        assert_eq!(hour.count(Channel::Call, OutcomeGroup::NotAnswered), 5);
        assert_eq!(hour.count(Channel::Text, OutcomeGroup::UnderWay), 5);
        assert_eq!((hour.total(Channel::Call), hour.total(Channel::Text)), (5, 5));
    }
}
