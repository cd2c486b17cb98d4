//! What becomes of one field, by what each side did with it: the table of design 3.2.

use super::view::State;
use crate::{
    rules::{Direction, Policy},
    side::{Pair, Side},
};

/// What is to be done with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Nothing,
    /// Both mean the same: it becomes the base.
    Agree,
    /// One side takes the other's edit.
    Carry {
        /// The side to write.
        to: Side,
    },
    /// One side did not take the value when its item was made: it is written now.
    Confirm {
        /// The side to write.
        to: Side,
    },
    /// What was written last is written again, on each side for which this says so.
    Resend(Pair<bool>),
    /// Both changed it differently: the policy decides.
    Clash,
    /// Our writes are undone again and again: the field waits for a person.
    GiveUp,
}

/// The verdict on one field; `same` says whether both sides mean the same now.
pub(super) fn verdict(states: Pair<State>, same: bool) -> Verdict {
    use State::{Edited, Lost, Same, Undone, Unset};
    match (states.huly, states.vibe) {
        // First of all, what is not an edit (design 3.1 a).
        (Undone, Same | Edited | Lost | Undone | Unset)
        | (Same | Edited | Lost | Unset, Undone) => Verdict::GiveUp,
        (Same, Same) => Verdict::Nothing,
        (Lost, Lost) => Verdict::Resend(Pair {
            huly: true,
            vibe: true,
        }),
        (Lost, Same | Unset) => Verdict::Resend(Pair {
            huly: true,
            vibe: false,
        }),
        (Same | Unset, Lost) => Verdict::Resend(Pair {
            huly: false,
            vibe: true,
        }),
        // From here on somebody edited it, or a base is unset, and no write of ours is in doubt except under an edit.
        (Edited, Same | Edited | Unset)
        | (Same | Unset, Edited)
        | (Unset, Same | Unset)
        | (Same, Unset)
            if same =>
        {
            Verdict::Agree
        }
        (Edited, Same | Lost | Unset) => Verdict::Carry { to: Side::Vibe },
        (Same | Lost | Unset, Edited) => Verdict::Carry { to: Side::Huly },
        (Same, Unset) => Verdict::Confirm { to: Side::Vibe },
        (Unset, Same) => Verdict::Confirm { to: Side::Huly },
        (Edited, Edited) | (Unset, Unset) => Verdict::Clash,
    }
}

/// The verdict on a field that goes one way: what would be written to the side that it comes from is left alone. What our own create
/// still owes is no change, so it is always written.
pub(super) const fn directed(verdict: Verdict, direction: Direction) -> Verdict {
    match verdict {
        Verdict::Carry { to } if !direction.flows_to(to) => Verdict::Nothing,
        Verdict::Resend(sides) => {
            let again = Pair {
                huly: sides.huly && direction.flows_to(Side::Huly),
                vibe: sides.vibe && direction.flows_to(Side::Vibe),
            };
            if again.huly || again.vibe {
                Verdict::Resend(again)
            } else {
                Verdict::Nothing
            }
        }
        Verdict::Nothing
        | Verdict::Agree
        | Verdict::Carry { .. }
        | Verdict::Confirm { .. }
        | Verdict::Clash
        | Verdict::GiveUp => verdict,
    }
}

/// Whose value stands where both changed it differently and no merge is possible: `None` where the field waits for a person.
pub(super) const fn winner(policy: Policy) -> Option<Side> {
    match policy {
        // `merge` falls back to Huly (design 3.2)
        Policy::Huly | Policy::Merge => Some(Side::Huly),
        Policy::Vibe => Some(Side::Vibe),
        Policy::Manual => None,
    }
}
