//! Promises: whoever asks for a phone that is being confirmed already neither blocks its owner for a day, nor ends what an
//! operator began, nor learns that it goes on.
//!
//! One phone is being confirmed once at most. On the public page anybody can type anybody's phone; so what a page began
//! gives way when it has come to a halt, and what the operator began gives way to nobody.

use jiff::SignedDuration;

/// For so long after its last code a request by page is left alone: by then every channel has been tried.
pub const HALT_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Who asks anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newcomer {
    /// The operator's programs.
    Api,
    /// The public page.
    Page {
        /// Whether name and e-mail address are those of the open request.
        same_content: bool,
        /// Whether the open request was begun from the same address on the network.
        same_requester: bool,
    },
}

/// What is open for the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Whether the public page began it.
    pub by_page: bool,
    /// Whether its code was tried too often.
    pub locked: bool,
    /// How long ago its last code was asked for.
    pub quiet_for: SignedDuration,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// It is the same request: it goes on, with a new code where the last is locked.
    GoesOn,
    /// The open one ends, and the new one begins.
    GivesWay,
    /// The new one is refused.
    Refused,
    /// The new one comes to nothing, and looks as if its code were out.
    Hidden,
}

/// What a new request for a phone meets.
#[must_use]
pub fn meet(newcomer: Newcomer, open: Open) -> Meeting {
    match newcomer {
        Newcomer::Api if open.by_page => Meeting::GivesWay,
        Newcomer::Api => Meeting::Refused,
        Newcomer::Page { same_content: true, .. } => Meeting::GoesOn,
        Newcomer::Page { same_requester, .. } => {
            let halted = open.locked || open.quiet_for >= HALT_AFTER;
            if open.by_page && (same_requester || halted) { Meeting::GivesWay } else { Meeting::Hidden }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const FRESH: Open = Open { by_page: true, locked: false, quiet_for: SignedDuration::ZERO };
    const LOCKED: Open = Open { locked: true, ..FRESH };
    const HALTED: Open = Open { quiet_for: HALT_AFTER, ..FRESH };
    const OPERATORS: Open = Open { by_page: false, locked: true, quiet_for: HALT_AFTER };
    const STRANGER: Newcomer = Newcomer::Page { same_content: false, same_requester: false };
    const CORRECTED: Newcomer = Newcomer::Page { same_content: false, same_requester: true };
    const AGAIN: Newcomer = Newcomer::Page { same_content: true, same_requester: false };

    #[rstest]
    #[case::a_stranger_waits_for_a_fresh_one(STRANGER, FRESH, Meeting::Hidden)]
    #[case::a_locked_one_blocks_nobody(STRANGER, LOCKED, Meeting::GivesWay)]
    #[case::a_halted_one_blocks_nobody(STRANGER, HALTED, Meeting::GivesWay)]
    #[case::a_mistyped_address_can_be_corrected(CORRECTED, FRESH, Meeting::GivesWay)]
    #[case::the_same_again_goes_on(AGAIN, FRESH, Meeting::GoesOn)]
    #[case::the_same_again_goes_on_though_locked(AGAIN, LOCKED, Meeting::GoesOn)]
    #[case::what_the_operator_began_gives_way_to_no_page(STRANGER, OPERATORS, Meeting::Hidden)]
    #[case::nor_to_the_same_address(CORRECTED, OPERATORS, Meeting::Hidden)]
    #[case::the_operator_outranks_a_page(Newcomer::Api, FRESH, Meeting::GivesWay)]
    #[case::two_of_the_operator_are_a_conflict(Newcomer::Api, OPERATORS, Meeting::Refused)]
    fn a_second_request_for_a_phone(#[case] newcomer: Newcomer, #[case] open: Open, #[case] meeting: Meeting) {
        assert_eq!(meet(newcomer, open), meeting);
    }
}
