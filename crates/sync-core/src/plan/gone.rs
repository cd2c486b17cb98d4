//! One item is proven gone (design 3.6): edits win over deletions, else the policy decides.

use std::sync::Arc;

use super::{
    Action, Cancel, Conflict, ConflictCause, PhaseChange, Remove, RemoveReason,
    create::{cancelled, create, sided, whole},
    fields::names,
    view::{State, View, planned},
};
use crate::{
    item::{Field, FieldSet, Item, Value},
    link::Phase,
    rules::Deletion,
    side::Side,
};

/// Plans a link whose item on `gone` is proven gone while `item` stands on the other side.
pub(super) fn plan(view: &View<'_>, gone: Side, item: &Item) -> Vec<Action> {
    let edited = edited(view, gone.opposite(), item);
    // What is known below: the item that stands is read; `edited` are the edits that people made to it since the base,
    // an agent's status moves and writes of ours that were lost apart.
    if edited.is_empty() {
        return follow(view, gone, item);
    }
    // A store that was rolled back forgot that it carried the deletion over.
    let carried = FieldSet::of(&[Field::Status]);
    let wanted = cancelled(view.rules, gone.opposite(), item);
    if view.link.rebuilt && edited == carried && wanted.is_some() && item.values.status == wanted {
        return vec![tombstone(
            view,
            gone,
            "was deleted, and its counterpart is cancelled already",
        )];
    }
    match (view.rules.deletion, overruled(view, gone, edited)) {
        (Deletion::Mirror, true) => {
            let mut actions = follow(view, gone, item);
            if !actions.is_empty() {
                let kept = conflicts(view, gone, edited, gone);
                actions.splice(0..0, kept);
            }
            actions
        }
        (Deletion::Mirror, false) | (Deletion::Cancel | Deletion::Ignore, _) => {
            remake(view, gone, item, edited)
        }
    }
}

/// Whether the policy of every edited field names the side that deleted.
fn overruled(view: &View<'_>, gone: Side, edited: FieldSet) -> bool {
    edited
        .iter()
        .all(|field| names(view.rules.policies.of(field), gone))
}

/// The edits that count against a deletion: of title and description, and of the status where no agent moved it.
pub(super) fn edited(view: &View<'_>, side: Side, item: &Item) -> FieldSet {
    let mut counted = FieldSet::COMMON.and(planned(view.rules, view.link));
    if item.agent {
        counted.remove(Field::Status);
    }
    counted
        .iter()
        // an edit that is left alone does not bring the item back
        .filter(|field| view.flows(side.opposite(), *field))
        .filter(|field| view.state(side, *field) == State::Edited)
        .collect()
}

/// The edit wins: the item is made again, as a new generation of it.
fn remake(view: &View<'_>, gone: Side, item: &Item, edited: FieldSet) -> Vec<Action> {
    if !view.rules.create.allows(gone) {
        let mut actions = conflicts(view, gone, edited, gone.opposite());
        actions.push(tombstone(
            view,
            gone,
            "was deleted, and its counterpart was edited meanwhile: it is left alone",
        ));
        return actions;
    }
    let again = create(
        view.rules,
        view.link,
        gone,
        item,
        view.link.generation.side(gone).next(),
    );
    if again
        .iter()
        .any(|action| matches!(action, Action::Create(_)))
    {
        let mut actions = conflicts(view, gone, edited, gone.opposite());
        actions.extend(again);
        return actions;
    }
    again
}

/// The deletion is carried by the policy.
fn follow(view: &View<'_>, gone: Side, item: &Item) -> Vec<Action> {
    let side = gone.opposite();
    match view.rules.deletion {
        Deletion::Cancel => vec![Action::Cancel(Cancel {
            side,
            item: item.id.clone(),
            status: cancelled(view.rules, side, item),
            reason: reason(view, gone, "was deleted").into(),
            expected: item.values.clone(),
        })],
        // Nothing is deleted that could not be kept whole: without the text it waits.
        Deletion::Mirror => whole(item).map_or_else(Vec::new, |kept| {
            vec![Action::Remove(Remove {
                side,
                item: item.id.clone(),
                reason: RemoveReason::Mirrored,
                kept,
                expected: item.values.clone(),
                instead: cancelled(view.rules, side, item),
            })]
        }),
        Deletion::Ignore => vec![tombstone(
            view,
            gone,
            "was deleted: its counterpart is left alone",
        )],
    }
}

fn tombstone(view: &View<'_>, gone: Side, what: &str) -> Action {
    let reason: Arc<str> = reason(view, gone, what).into();
    Action::Phase(PhaseChange {
        to: Phase::Tombstone,
        reason,
        gone: Some(gone),
    })
}

fn reason(view: &View<'_>, gone: Side, what: &str) -> String {
    let label = view
        .link
        .label
        .as_deref()
        .map_or_else(String::new, |label| format!(" {label}"));
    match gone {
        Side::Huly => format!("its Huly issue{label} {what}"),
        Side::Vibe => format!("its Vibe task {what}"),
    }
}

fn conflicts(view: &View<'_>, gone: Side, edited: FieldSet, winner: Side) -> Vec<Action> {
    let one = |field: Field| {
        Action::Conflict(Conflict {
            field,
            winner: Some(winner),
            values: sided(gone, Value::Unset, view.value(gone.opposite(), field)),
            base: view.base_value(field),
            frozen: false,
            cause: ConflictCause::DeletedAndEdited,
        })
    };
    edited.iter().map(one).collect()
}
