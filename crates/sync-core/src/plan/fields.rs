//! Both items stand: the plan field by field.

use super::{
    Action, Agree, Change, Conflict, ConflictCause, Notice, Problem, Update, Why, description,
    status,
    verdict::{Verdict, winner},
    view::{View, planned},
};
use crate::{
    ids::ItemId,
    item::{Field, FieldSet, TextVersion, Value},
    rules::Policy,
    side::{Pair, Side},
    validate,
};

/// What planning the fields of one link came to.
#[derive(Debug, Default)]
pub(super) struct Work {
    agree: FieldSet,
    conflicts: Vec<Conflict>,
    problems: Vec<Problem>,
    notices: Vec<Notice>,
    set: Pair<Vec<Change>>,
    /// Whether both sides get a merged description: each is the source of the other.
    both_texts: bool,
    /// Whether a field waits for something that was not read.
    waits: bool,
}

/// Plans every field of a link whose two items stand.
pub(super) fn plan(view: &View<'_>, items: Pair<&ItemId>) -> Vec<Action> {
    let mut work = Work::default();
    for field in planned(view.rules, view.link).iter() {
        if Side::ALL.into_iter().any(|side| view.is_blind(side, field)) {
            work.waits = true;
            continue;
        }
        match field {
            Field::Description => description::plan(view, &mut work),
            Field::Status => status::plan(view, &mut work),
            Field::Title
            | Field::Priority
            | Field::Parent
            | Field::Labels
            | Field::Assignee
            | Field::DueDate => {
                plain(view, &mut work, field);
            }
        }
    }
    work.actions(view, items)
}

/// A field whose values mean the same on both sides exactly where they are equal.
fn plain(view: &View<'_>, work: &mut Work, field: Field) {
    let same = view.values(Side::Huly).same(view.values(Side::Vibe), field);
    match view.verdict(field, same) {
        Verdict::Nothing => {}
        Verdict::Agree => work.agree(field),
        Verdict::Carry { to } => {
            let value = view.value(to.opposite(), field);
            work.carry(view, to, field, value, Why::Edit);
        }
        Verdict::Confirm { to } => {
            let value = view.value(to.opposite(), field);
            work.carry(view, to, field, value, Why::Confirm);
        }
        Verdict::Resend(sides) => {
            for (side, _) in sides.into_sides().into_iter().filter(|(_, again)| *again) {
                let value = view.base(side).value(field, None);
                work.send(view, side, field, value, Why::Resend);
            }
        }
        Verdict::Clash => match winner(view.rules.policies.of(field)) {
            Some(side) => {
                let value = view.value(side, field);
                work.overrule(view, side, field, value);
            }
            None => work.freeze(view, field, ConflictCause::BothChanged),
        },
        Verdict::GiveUp => work.freeze(view, field, ConflictCause::LostWrite),
    }
}

impl Work {
    /// Both sides mean the same: it becomes the base.
    pub(super) fn agree(&mut self, field: Field) {
        self.agree.insert(field);
    }

    /// Nothing can be said before more is read.
    pub(super) const fn wait(&mut self) {
        self.waits = true;
    }

    /// A value that cannot be translated.
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Sends one value, if the side can hold it; says whether it will be sent.
    pub(super) fn send(
        &mut self,
        view: &View<'_>,
        to: Side,
        field: Field,
        value: Value,
        why: Why,
    ) -> bool {
        let change = Change {
            field,
            from: view.value(to, field),
            to: value,
            why,
        };
        match validate::change(&change, to, view.rules.capabilities.side(to), view.name()) {
            Ok((change, notice)) => {
                self.notices.extend(notice);
                self.set.side_mut(to).push(change);
                true
            }
            Err(problem) => {
                self.problems.push(problem);
                false
            }
        }
    }

    /// One side takes the other's value. On a rebuilt link the value that gives way is kept (design 4.3).
    pub(super) fn carry(
        &mut self,
        view: &View<'_>,
        to: Side,
        field: Field,
        value: Value,
        why: Why,
    ) {
        if self.send(view, to, field, value, why) && view.link.rebuilt {
            self.keep(view, field, Some(to.opposite()), ConflictCause::Rebuilt);
        }
    }

    /// Both changed it: `side` stands, and what gives way is kept.
    pub(super) fn overrule(&mut self, view: &View<'_>, side: Side, field: Field, value: Value) {
        if self.send(view, side.opposite(), field, value, Why::Merged) {
            let cause = if view.link.rebuilt {
                ConflictCause::Rebuilt
            } else {
                ConflictCause::BothChanged
            };
            self.keep(view, field, Some(side), cause);
        }
    }

    /// Keeps both values for people.
    pub(super) fn keep(
        &mut self,
        view: &View<'_>,
        field: Field,
        winner: Option<Side>,
        cause: ConflictCause,
    ) {
        self.conflicts.push(Conflict {
            field,
            winner,
            values: Pair::by(|side| view.value(side, field)),
            base: view.base_value(field),
            frozen: false,
            cause,
        });
    }

    /// Neither value is touched until a person resolves it.
    pub(super) fn freeze(&mut self, view: &View<'_>, field: Field, cause: ConflictCause) {
        self.keep(view, field, None, cause);
        if let Some(conflict) = self.conflicts.last_mut() {
            conflict.frozen = true;
        }
    }

    /// Both sides get a merged description. Until both are written each still owes the other's part.
    pub(super) fn send_both(&mut self, view: &View<'_>, texts: Pair<String>) {
        self.both_texts = true;
        for (side, text) in texts.into_sides() {
            let sent = self.send(
                view,
                side,
                Field::Description,
                Value::Text(text.into()),
                Why::Merged,
            );
            if sent && view.link.rebuilt && side == Side::Huly {
                self.keep(view, Field::Description, None, ConflictCause::Rebuilt);
            }
        }
    }

    /// The plan, store-only entries first.
    fn actions(self, view: &View<'_>, items: Pair<&ItemId>) -> Vec<Action> {
        let news = view.link.rebuilt || view.link.rules != view.rules.version;
        let clean = news && !self.waits && self.problems.is_empty();
        let writes = self.set.iter().filter(|(_, set)| !set.is_empty()).count();
        let whole = |at: usize| (clean && writes == at).then_some(view.rules.version);
        let mut actions = Vec::new();
        if !self.agree.is_empty() || whole(0).is_some() {
            let base = Pair::by(|side| view.values(side).clone());
            actions.push(Action::Agree(Agree {
                fields: self.agree,
                base,
                whole: whole(0),
            }));
        }
        actions.extend(self.conflicts.into_iter().map(Action::Conflict));
        actions.extend(self.problems.into_iter().map(Action::Problem));
        actions.extend(self.notices.into_iter().map(Action::Notice));
        for (side, set) in self.set.into_sides() {
            if set.is_empty() {
                continue;
            }
            let mut source_values = view.values(side.opposite()).clone();
            if self.both_texts && set.iter().any(|change| change.field == Field::Description) {
                source_values.description = owed(view, side.opposite());
            }
            let item = (*items.side(side)).clone();
            let expected = view.values(side).clone();
            actions.push(Action::Update(Update {
                side,
                item,
                set,
                expected,
                source_values,
                whole: whole(1),
            }));
        }
        actions
    }
}

/// The base of a side that is still to take its part of a merge.
fn owed(view: &View<'_>, side: Side) -> TextVersion {
    let written = view
        .link
        .last_write
        .side(side)
        .as_ref()
        .map(|write| write.at);
    TextVersion::owed(
        &view.base(side).description,
        written,
        &view.values(side).description,
    )
}

/// Whether the policy of a field lets `side` overrule an edit of the other one (design 3.6).
pub(super) const fn names(policy: Policy, side: Side) -> bool {
    match (policy, side) {
        (Policy::Huly, Side::Huly) | (Policy::Vibe, Side::Vibe) => true,
        (Policy::Huly, Side::Vibe)
        | (Policy::Vibe, Side::Huly)
        | (Policy::Merge | Policy::Manual, _) => false,
    }
}
