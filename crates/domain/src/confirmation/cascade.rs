//! Promises: which channel follows which, after how long; and a channel is not sent twice within three minutes, whoever
//! asks.

use jiff::{SignedDuration, Timestamp};

use super::{CodeChannel, Progress, Stage};

/// For so long a channel is not sent again: an outside trigger may ask for the same as our own clock (`design.md`).
pub const NOT_TWICE_WITHIN: SignedDuration = SignedDuration::from_secs(180);

/// How long it takes about until the carrier has a text.
const FIRST_MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// The order of the channels, each with how long it waits for the one before it to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cascade {
    /// Which, in their order; each once, at least one.
    pub order: Vec<CodeChannel>,
    /// How long a text is given before what follows it.
    pub after_sms: SignedDuration,
    /// How long a call is given.
    pub after_voice: SignedDuration,
    /// How long a link is given.
    pub after_email: SignedDuration,
}

impl Cascade {
    /// Reads an order: the words sms, voice and email with spaces between, each once at most.
    #[must_use]
    pub fn parse_order(text: &str) -> Option<Vec<CodeChannel>> {
        let mut order = Vec::new();
        for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
            let channel = CodeChannel::parse(&word.to_ascii_lowercase())?;
            if order.contains(&channel) {
                return None;
            }
            order.push(channel);
        }
        (!order.is_empty()).then_some(order)
    }

    /// The channel to begin with.
    #[must_use]
    pub fn first(&self) -> CodeChannel {
        self.order.first().copied().unwrap_or(CodeChannel::Sms)
    }

    /// The channel after this one.
    #[must_use]
    pub fn next(&self, after: CodeChannel) -> Option<CodeChannel> {
        let at = self.order.iter().position(|channel| *channel == after)?;
        self.order.get(at + 1).copied()
    }

    /// How long to wait for an answer over this channel.
    #[must_use]
    pub fn patience(&self, channel: CodeChannel) -> SignedDuration {
        match channel {
            CodeChannel::Sms => self.after_sms,
            CodeChannel::Voice => self.after_voice,
            CodeChannel::Email => self.after_email,
        }
    }

    /// The channel that is due when nobody answered over this one; none: somebody asked for another meanwhile, the code is
    /// locked, or there is none left.
    #[must_use]
    pub fn due(&self, progress: &Progress, after: CodeChannel) -> Option<CodeChannel> {
        let waits = progress.stage == Stage::Open && !progress.is_locked();
        // What was asked for out of turn is waited for as well: its own turn comes with its own clock.
        let overtaken = progress.channel.is_some_and(|last| self.is_after(last, after));
        self.next(after).filter(|_| waits && !overtaken)
    }

    /// Which channel somebody sees who began so long ago, when nobody answers: none in the first moment.
    #[must_use]
    pub fn unanswered(&self, for_so_long: SignedDuration) -> Option<CodeChannel> {
        let (mut out, mut left) = (None, for_so_long.checked_sub(FIRST_MOMENT)?);
        for channel in &self.order {
            if left.is_negative() {
                break;
            }
            out = Some(*channel);
            left = left.checked_sub(self.patience(*channel))?;
        }
        out
    }

    fn is_after(&self, channel: CodeChannel, other: CodeChannel) -> bool {
        let place = |wanted| self.order.iter().position(|channel| *channel == wanted);
        place(channel) > place(other)
    }
}

/// Whether a channel that was asked for at this moment may not be sent again yet.
#[must_use]
pub fn too_soon(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_some_and(|last| now.duration_since(last) < NOT_TWICE_WITHIN)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn cascade() -> Cascade {
        Cascade {
            order: Cascade::parse_order("sms voice email").unwrap(),
            after_sms: SignedDuration::from_secs(60),
            after_voice: SignedDuration::from_secs(120),
            after_email: SignedDuration::from_secs(120),
        }
    }

    #[test]
    fn a_text_is_followed_by_a_call_and_that_by_a_link() {
        let progress = Progress::begin();
        assert_eq!(cascade().due(&progress, CodeChannel::Sms), Some(CodeChannel::Voice));
        assert_eq!(cascade().due(&progress, CodeChannel::Voice), Some(CodeChannel::Email));
        assert_eq!(cascade().due(&progress, CodeChannel::Email), None);
    }

    #[test]
    fn what_somebody_asked_for_meanwhile_is_not_sent_again() {
        let mut progress = Progress::begin();
        progress.channel = Some(CodeChannel::Voice);
        assert_eq!(cascade().due(&progress, CodeChannel::Sms), None);
    }

    #[test]
    fn nothing_follows_a_locked_code_or_an_end() {
        let mut locked = Progress::begin();
        locked.tries = super::super::MAX_TRIES;
        assert_eq!(cascade().due(&locked, CodeChannel::Sms), None);
        let over = Progress { stage: Stage::Promoted, ..Progress::begin() };
        assert_eq!(cascade().due(&over, CodeChannel::Sms), None);
    }

    #[rstest]
    #[case(0, None)]
    #[case(1, Some(CodeChannel::Sms))]
    #[case(60, Some(CodeChannel::Sms))]
    #[case(61, Some(CodeChannel::Voice))]
    #[case(181, Some(CodeChannel::Email))]
    #[case(80_000, Some(CodeChannel::Email))]
    fn who_is_not_served_sees_the_channels_pass_by(#[case] seconds: i64, #[case] channel: Option<CodeChannel>) {
        assert_eq!(cascade().unanswered(SignedDuration::from_secs(seconds)), channel);
    }

    #[test]
    fn an_order_names_each_channel_once() {
        assert_eq!(Cascade::parse_order("Voice, SMS"), Some(vec![CodeChannel::Voice, CodeChannel::Sms]));
        for text in ["", "sms sms", "fax"] {
            assert_eq!(Cascade::parse_order(text), None, "{text}");
        }
    }

    #[test]
    fn a_channel_is_not_sent_twice_within_three_minutes() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(too_soon(Some(at(0)), at(179)) && !too_soon(Some(at(0)), at(180)) && !too_soon(None, at(0)));
    }
}
