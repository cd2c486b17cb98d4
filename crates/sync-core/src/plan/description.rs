//! The description: a line-based three-way merge on the normal form of the texts (design 3.2).

use std::sync::Arc;

use super::{
    ConflictCause, Why,
    fields::Work,
    verdict::{Verdict, winner},
    view::{State, View},
};
use crate::{
    item::{Field, Value},
    merge::{self, Outcome},
    rules::Policy,
    side::{Pair, Side},
};

const FIELD: Field = Field::Description;

/// Plans the description of a link whose two items stand.
pub(super) fn plan(view: &View<'_>, work: &mut Work) {
    let states = view.states(FIELD);
    // Whether the two mean the same is for the texts to say, not for the versions.
    match view.verdict(FIELD, false) {
        Verdict::Nothing => {}
        Verdict::GiveUp => work.freeze(view, FIELD, ConflictCause::LostWrite),
        Verdict::Resend(sides) => {
            for (side, _) in sides.into_sides().into_iter().filter(|(_, again)| *again) {
                match view.base_text(side) {
                    Some(text) => {
                        work.send(view, side, FIELD, Value::Text(text), Why::Resend);
                    }
                    None => work.wait(),
                }
            }
        }
        Verdict::Carry { to } | Verdict::Confirm { to } => one_sided(view, work, states, to),
        Verdict::Agree | Verdict::Clash => both(view, work, states),
    }
}

/// The texts at the base and now.
type BaseAndNow = (Pair<Arc<str>>, Pair<Arc<str>>);

/// The texts of the merge; a side that still owes a merge starts from what it held then, and so does the other one.
fn texts(view: &View<'_>, states: Pair<State>) -> Option<BaseAndNow> {
    let from = |side: Side| match (states.side(side), states.side(side.opposite())) {
        (State::Same | State::Edited | State::Lost | State::Undone, State::Unset) => {
            side.opposite()
        }
        (State::Same | State::Edited | State::Lost | State::Undone | State::Unset, _) => side,
    };
    let base = Pair {
        huly: view.base_text(from(Side::Huly))?,
        vibe: view.base_text(from(Side::Vibe))?,
    };
    let now = Pair {
        huly: view.text(Side::Huly)?,
        vibe: view.text(Side::Vibe)?,
    };
    Some((base, now))
}

fn outcome(view: &View<'_>, states: Pair<State>) -> Option<Outcome> {
    let (base, now) = texts(view, states)?;
    let texts = merge::Texts {
        base: base.as_ref().map(|text| &**text),
        now: now.as_ref().map(|text| &**text),
    };
    Some(merge::merge(&texts, view.rules.normal_form))
}

/// One side changed it, or the other does not hold it yet.
fn one_sided(view: &View<'_>, work: &mut Work, states: Pair<State>, to: Side) {
    let why = match states.side(to) {
        State::Unset if view.base(to).description.is_owed_since_adoption() => Why::Adopted,
        State::Unset => Why::Confirm,
        State::Same | State::Edited | State::Lost | State::Undone => Why::Edit,
    };
    let from = to.opposite();
    let Some(text) = view.text(from) else {
        return work.wait();
    };
    match outcome(view, states) {
        Some(Outcome::Same) => settled(view, work, states),
        Some(Outcome::Carried { to, text }) => carry(view, work, to, text.into(), why),
        Some(Outcome::Merged { text }) => merged(view, work, text),
        // The changed lines have no place in the other text: it is taken whole, and the other text is kept.
        Some(Outcome::Overlap) => work.overrule(view, from, FIELD, Value::Text(text)),
        // The text at the base is not known: the other side did not change it, so it takes the text whole.
        None => carry(view, work, to, text, why),
    }
}

/// Both changed it.
fn both(view: &View<'_>, work: &mut Work, states: Pair<State>) {
    let (Some(huly), Some(vibe)) = (view.text(Side::Huly), view.text(Side::Vibe)) else {
        return work.wait();
    };
    let now = Pair { huly, vibe };
    let policy = view.rules.policies.of(FIELD);
    match outcome(view, states) {
        Some(Outcome::Same) => settled(view, work, states),
        // Only one of the two changed its meaning.
        Some(Outcome::Carried { to, text }) => carry(view, work, to, text.into(), Why::Edit),
        Some(Outcome::Merged { text }) if policy == Policy::Merge => merged(view, work, text),
        // Without the base there is no merge: both are kept, unless they mean the same.
        None if (view.rules.normal_form)(&now.huly) == (view.rules.normal_form)(&now.vibe) => {
            work.agree(FIELD);
        }
        Some(Outcome::Merged { .. } | Outcome::Overlap) | None => clash(view, work, policy, &now),
    }
}

fn clash(view: &View<'_>, work: &mut Work, policy: Policy, now: &Pair<Arc<str>>) {
    match winner(policy) {
        Some(side) => work.overrule(view, side, FIELD, Value::Text(Arc::clone(now.side(side)))),
        None => work.freeze(view, FIELD, ConflictCause::BothChanged),
    }
}

/// Equal meaning. What a lost write of ours would have brought is not there yet, though.
fn settled(view: &View<'_>, work: &mut Work, states: Pair<State>) {
    match (states.huly, states.vibe) {
        (State::Lost, _) => resend(view, work, Side::Huly),
        (_, State::Lost) => resend(view, work, Side::Vibe),
        (
            State::Same | State::Edited | State::Undone | State::Unset,
            State::Same | State::Edited | State::Undone | State::Unset,
        ) => work.agree(FIELD),
    }
}

fn resend(view: &View<'_>, work: &mut Work, side: Side) {
    match view.base_text(side) {
        Some(text) => {
            work.send(view, side, FIELD, Value::Text(text), Why::Resend);
        }
        None => work.wait(),
    }
}

/// One side is written, unless it holds the very text already.
fn carry(view: &View<'_>, work: &mut Work, to: Side, text: Arc<str>, why: Why) {
    // what our own create still owes is no change
    let owed = view.state(to, FIELD) == State::Unset;
    if !view.flows(to, FIELD) && !owed {
        return;
    }
    if view.value(to, FIELD) == Value::Text(Arc::clone(&text)) {
        work.agree(FIELD);
    } else {
        work.carry(view, to, FIELD, Value::Text(text), why);
        keep_edit_over_owed(view, work, to);
    }
}

fn merged(view: &View<'_>, work: &mut Work, text: Pair<Option<String>>) {
    match (text.huly, text.vibe) {
        (None, None) => work.agree(FIELD),
        (Some(text), None) => carry(view, work, Side::Huly, text.into(), Why::Merged),
        (None, Some(text)) => carry(view, work, Side::Vibe, text.into(), Why::Merged),
        (Some(_), Some(vibe)) if !view.flows(Side::Huly, FIELD) => {
            carry(view, work, Side::Vibe, vibe.into(), Why::Merged);
        }
        (Some(huly), Some(_)) if !view.flows(Side::Vibe, FIELD) => {
            carry(view, work, Side::Huly, huly.into(), Why::Merged);
        }
        (Some(huly), Some(vibe)) => {
            work.send_both(view, Pair { huly, vibe });
            for side in Side::ALL {
                keep_edit_over_owed(view, work, side);
            }
        }
    }
}

/// An edit made while the other side still owed a merge is merged from what that side held then. A line that a merge had
/// taken out and a person put back looks untouched from there, so the edited text is kept.
fn keep_edit_over_owed(view: &View<'_>, work: &mut Work, written: Side) {
    let states = (
        view.state(written, FIELD),
        view.state(written.opposite(), FIELD),
    );
    if states == (State::Edited, State::Unset) && !view.link.rebuilt {
        work.keep(view, FIELD, None, ConflictCause::BothChanged);
    }
}
