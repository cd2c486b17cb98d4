//! The status, through the lens (design 3.3): values of different sides are translated before they are written.

use super::{
    ConflictCause, Why,
    fields::Work,
    verdict::{Verdict, winner},
    view::{State, View},
};
use crate::{
    ids::StatusId,
    item::{Field, Value},
    lens::Lens,
    side::{Pair, Side},
    validate,
};

const FIELD: Field = Field::Status;

/// Plans the status of a link whose two items stand.
pub(super) fn plan(view: &View<'_>, work: &mut Work) {
    let since = view.states(FIELD);
    let still = since
        == Pair {
            huly: State::Same,
            vibe: State::Same,
        };
    if still && view.link.rules == view.rules.version {
        return;
    }
    let Some(lens) = view.lens() else {
        return work.wait();
    };
    let values = Pair::by(|side| view.values(side).status.as_ref());
    // An item without any status has nothing to compare or to carry.
    let (Some(huly), Some(vibe)) = (values.huly, values.vibe) else {
        return;
    };
    let same = lens.same(huly, vibe);
    let status = Statuses {
        lens,
        values: Pair { huly, vibe },
    };
    match view.verdict(FIELD, same) {
        // The rules changed, the items did not: Vibe's status follows the new map (design 3.10).
        Verdict::Nothing
            if still && !same && view.flows(Side::Vibe, FIELD) && lens.to_vibe(huly).is_some() =>
        {
            status.carry(view, work, Side::Vibe, Why::Rules);
        }
        Verdict::Nothing => {}
        Verdict::Agree => work.agree(FIELD),
        Verdict::Carry { to } => status.carry(view, work, to, Why::Edit),
        Verdict::Confirm { to } => status.carry(view, work, to, Why::Confirm),
        Verdict::Resend(sides) => {
            for (side, _) in sides.into_sides().into_iter().filter(|(_, again)| *again) {
                let value = view.base(side).value(FIELD, None);
                work.send(view, side, FIELD, value, Why::Resend);
            }
        }
        Verdict::Clash => match winner(view.rules.policies.of(FIELD)) {
            Some(side) => status.overrule(view, work, side),
            None => work.freeze(view, FIELD, ConflictCause::BothChanged),
        },
        Verdict::GiveUp => work.freeze(view, FIELD, ConflictCause::LostWrite),
    }
}

struct Statuses<'a> {
    lens: &'a Lens,
    values: Pair<&'a StatusId>,
}

impl Statuses<'_> {
    /// What `to` must be set to; `None` where the lens cannot say: an unknown status stops this field, never a silent `todo`.
    fn wanted(&self, view: &View<'_>, work: &mut Work, to: Side) -> Option<StatusId> {
        let wanted = translate(self.lens, to, self.values);
        if wanted.is_none() {
            let unknown = self.values.side(to.opposite());
            work.refuse(validate::unknown_status(
                unknown,
                to,
                self.lens,
                view.name(),
            ));
        }
        wanted
    }

    fn carry(&self, view: &View<'_>, work: &mut Work, to: Side, why: Why) {
        match self.wanted(view, work, to) {
            Some(wanted) if wanted == **self.values.side(to) => work.agree(FIELD),
            Some(wanted) => work.carry(view, to, FIELD, Value::Status(wanted), why),
            None => {}
        }
    }

    fn overrule(&self, view: &View<'_>, work: &mut Work, side: Side) {
        match self.wanted(view, work, side.opposite()) {
            Some(wanted) if wanted == **self.values.side(side.opposite()) => work.agree(FIELD),
            Some(wanted) => work.overrule(view, side, FIELD, Value::Status(wanted)),
            None => {}
        }
    }
}

/// The status that `to` must hold to mean what the other side's means.
pub(super) fn translate(lens: &Lens, to: Side, values: Pair<&StatusId>) -> Option<StatusId> {
    match to {
        Side::Vibe => lens.to_vibe(values.huly).cloned(),
        Side::Huly => lens.to_huly(values.vibe, Some(values.huly)).cloned(),
    }
}
