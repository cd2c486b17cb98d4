//! Settle: the link's row after an action was confirmed (design 4.2: the base is the write's own answer).

use std::sync::Arc;

use super::{Action, Agree, Cancel, Change, Create, Remove, RemoveReason, Update, Why};
use crate::{
    ids::Millis,
    item::{Field, FieldSet, Item, TextVersion, Value, Values},
    link::{LastWrite, Link, Phase},
    rules::Capabilities,
    side::{Pair, Side},
};

/// The link's row after `action` was confirmed at `now`, by our clock. `answer` is the write's own answer: the item as the
/// written side showed it in return; where there is none, what was sent counts. `capabilities` are the written side's.
///
/// Applied twice it is applied once. A row that did not change comes back as it was, with its version.
///
/// * A field that the answer still shows with the value that was to be replaced was not taken: its base stays, so it is
///   planned again.
/// * After a create, a status that the service did not take has no base until an update confirms it (design 3.1 b).
/// * After a removal both items are gone: the link [is over](Link::is_over) and is dropped.
///
/// ```
/// # use sync_core::{Pair, ids::*, item::*, lens::{Category, HulyStatus, Lens, Lenses, StatusNames}, link::Link, plan::{self, LinkInput}, rules::*};
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits: Limits { nul: true, ..Limits::default() } };
/// # let lenses = Lenses::default();
/// # let rules = Rules { workspace: WorkspaceId(uuid::Uuid::nil()), store: StoreId(uuid::Uuid::nil()), policies: Policies::default(), lenses: &lenses,
/// #   deletion: Deletion::Cancel, create: Creation::Both, capabilities: Pair { huly: caps, vibe: caps }, normal_form: str::to_owned,
/// #   confirm_window: Millis(30_000), confirm_tries: 3, now: Millis(0), version: RulesVersion(0) };
/// let link = Link::between(&rules, "h1".into(), "t1".into());
/// let issue = Item::new("h1".into(), Values { title: "Dock".into(), ..Values::default() });
/// let now = Pair { huly: &Observation::Present(Box::new(issue.clone())), vibe: &Observation::Unseen };
/// let action = plan::link(&rules, &LinkInput { link: &link, now, base_texts: Pair::default() }).actions.remove(0);
/// let answer = Item::new("t1".into(), issue.values.clone());
/// let settled = plan::settle(&link, &action, Some(&answer), &caps, Millis(0));
/// assert_eq!((&*settled.base.huly.title, &*settled.base.vibe.title, settled.version), ("Dock", "Dock", 1));
/// assert_eq!(plan::settle(&settled, &action, Some(&answer), &caps, Millis(9)), settled);
/// ```
pub fn settle(
    link: &Link,
    action: &Action,
    answer: Option<&Item>,
    capabilities: &Capabilities,
    now: Millis,
) -> Link {
    let mut next = link.clone();
    match action {
        Action::Create(create) => created(&mut next, create, answer, capabilities, now),
        Action::Update(update) => updated(&mut next, update, answer, now),
        Action::Cancel(cancel) => cancelled(&mut next, cancel, answer, now),
        Action::Remove(remove) => removed(&mut next, remove, answer),
        Action::Agree(agree) => agreed(&mut next, agree),
        Action::Conflict(conflict) => {
            if conflict.frozen {
                next.frozen.insert(conflict.field);
            }
        }
        Action::Phase(change) => {
            next.phase = change.to;
            if let Some(gone) = change.gone {
                *next.items.side_mut(gone) = None;
            }
        }
        Action::Relink(relink) => {
            *next.items.side_mut(relink.side) = Some(relink.to.clone());
            *next.last_write.side_mut(relink.side) = None;
            // A store that was rolled back learns from the marker how far the newer one had come: no generation is given twice.
            let known = next.generation.side_mut(relink.side);
            *known = relink.generation.unwrap_or(*known).max(*known);
        }
        Action::Problem(_) | Action::Notice(_) | Action::Forget(_) => {}
    }
    moved(link, next)
}

/// The link's row after a create was found to have been carried out, by looking for it later: the item may have been edited
/// meanwhile, so the base is what was sent, and what differs is an edit. For other actions as [`settle`] without capabilities.
pub fn settle_found(
    link: &Link,
    action: &Action,
    found: &Item,
    capabilities: &Capabilities,
    now: Millis,
) -> Link {
    let mut next = settle(link, action, Some(found), capabilities, now);
    let Action::Create(create) = action else {
        return next;
    };
    if next == *link {
        return next; // settled before
    }
    let sent = sent(create);
    let base = next.base.side_mut(create.side);
    // A description that the service was asked for and does not show is still owed.
    let owed = found.values.description.is_owed();
    let other = |text: &Arc<str>| *text != create.draft.text;
    if !owed && found.text.as_ref().is_none_or(other) {
        base.description = sent.description;
    }
    base.title = sent.title;
    base.extra = sent.extra;
    if capabilities.status_at_create && sent.status.is_some() {
        base.status = sent.status;
        *next.last_write.side_mut(create.side) = None;
    }
    next
}

/// The base texts to store with [`settle`]; `None` leaves a side's as it is. `before` is the row that was settled, and
/// `source_text` what the other side's description was when the action was planned.
pub fn base_texts(
    before: &Link,
    action: &Action,
    answer: Option<&Item>,
    source_text: Option<Arc<str>>,
) -> Pair<Option<Arc<str>>> {
    let mut texts = Pair::default();
    let answered = answer.and_then(|item| item.text.clone());
    match action {
        Action::Create(create) => {
            *texts.side_mut(create.side) =
                answered.or_else(|| Some(Arc::clone(&create.draft.text)));
            *texts.side_mut(create.side.opposite()) = source_text;
        }
        Action::Update(update) => {
            let written = update
                .set
                .iter()
                .find(|change| change.field == Field::Description);
            let Some(Change {
                to: Value::Text(sent),
                why,
                ..
            }) = written
            else {
                return texts;
            };
            if written.is_some_and(|change| !was_taken(update, change, answer)) {
                return texts;
            }
            *texts.side_mut(update.side) = answered.or_else(|| Some(Arc::clone(sent)));
            let source = update.side.opposite();
            // The other side got its own part of the merge already: what stood there before must not come back.
            let stays = *why == Why::Resend || superseded(before, update);
            *texts.side_mut(source) = if stays { None } else { source_text };
        }
        Action::Cancel(_)
        | Action::Remove(_)
        | Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => {}
    }
    texts
}

/// A changed row has the next version.
fn moved(link: &Link, mut next: Link) -> Link {
    if next != *link {
        next.version = link.version.saturating_add(1);
    }
    next
}

fn sent(create: &Create) -> Values {
    Values {
        title: Arc::clone(&create.draft.title),
        description: TextVersion::of_text(&create.draft.text),
        status: create.draft.status.clone(),
        extra: create.draft.extra.clone(),
    }
}

fn created(
    next: &mut Link,
    create: &Create,
    answer: Option<&Item>,
    capabilities: &Capabilities,
    now: Millis,
) {
    let side = create.side;
    let id = answer.map(|item| item.id.clone());
    let Some(id) = id.or_else(|| capabilities.client_ids.then(|| create.key.document_id())) else {
        // Without its id the item is not known to be there.
        return;
    };
    if next.items.side(side).as_ref() == Some(&id)
        && next.generation.side(side) == &create.generation
    {
        return; // settled before
    }
    let mut base = answer.map_or_else(|| sent(create), |item| item.values.clone());
    let write = match &create.draft.status {
        Some(wanted) if base.status.as_ref() != Some(wanted) => {
            // What stands there is the service's own choice: kept, so that a person's move can be told from it.
            let before = Values {
                status: base.status.take(),
                ..base.clone()
            };
            Some(LastWrite {
                at: now,
                fields: FieldSet::of(&[Field::Status]),
                before,
                resent: 0,
            })
        }
        Some(_) | None => None,
    };
    *next.base.side_mut(side) = base;
    *next.base.side_mut(side.opposite()) = create.source_values.clone();
    *next.items.side_mut(side) = Some(id);
    *next.items.side_mut(side.opposite()) = Some(create.source.clone());
    *next.generation.side_mut(side) = create.generation;
    *next.last_write.side_mut(side) = write;
    next.frozen = FieldSet::EMPTY;
    next.phase = Phase::Active;
    next.rebuilt = false;
    named(next, side, answer);
}

/// Huly's identifier, as its newest answer has it.
fn named(next: &mut Link, side: Side, answer: Option<&Item>) {
    if let (Side::Huly, Some(label)) = (side, answer.and_then(|item| item.label.as_ref())) {
        next.label = Some(Arc::clone(label));
    }
}

/// Whether one change of a confirmed write was taken by the service.
pub(super) fn was_taken(update: &Update, change: &Change, answer: Option<&Item>) -> bool {
    answer.is_none_or(|item| {
        change.from == change.to
            || !item.values.same(&update.expected, change.field)
            || holds(item, change)
    })
}

/// Whether the answer shows the very value that was sent.
fn holds(item: &Item, change: &Change) -> bool {
    match item.values.value(change.field, item.text.as_ref()) {
        Value::Unset => false,
        value => value == change.to,
    }
}

fn updated(next: &mut Link, update: &Update, answer: Option<&Item>, now: Millis) {
    let (side, source) = (update.side, update.side.opposite());
    let taken: Vec<&Change> = update
        .set
        .iter()
        .filter(|change| was_taken(update, change, answer))
        .collect();
    if taken.is_empty() {
        return;
    }
    let before = next.clone();
    for change in &taken {
        match answer {
            Some(item) => next.base.side_mut(side).take(change.field, &item.values),
            None => next.base.side_mut(side).put(change.field, &change.to),
        }
        // What is sent again brings nothing new of the other side: what that one still owes stays owed.
        let brings = change.why != Why::Resend;
        if brings && (change.field != Field::Description || !superseded(&before, update)) {
            next.base
                .side_mut(source)
                .take(change.field, &update.source_values);
        }
    }
    let fields: FieldSet = taken.iter().map(|change| change.field).collect();
    let again = taken.iter().any(|change| change.why == Why::Resend);
    *next.last_write.side_mut(side) = Some(written(&before, update, fields, again, now));
    if let (Some(rules), true) = (update.whole, taken.len() == update.set.len()) {
        next.rules = rules;
        next.rebuilt = false;
    }
    named(next, side, answer);
    // The same outcome settled once more, perhaps later: the row stands as it is.
    let unmoved = Link {
        last_write: before.last_write.clone(),
        ..next.clone()
    } == before;
    if unmoved
        && remembers(&before, side, update, fields)
        && (!again || at(&before, side) == Some(now))
    {
        *next = before;
    }
}

fn at(link: &Link, side: Side) -> Option<Millis> {
    link.last_write.side(side).as_ref().map(|write| write.at)
}

/// Whether the row knows this write already.
fn remembers(link: &Link, side: Side, update: &Update, fields: FieldSet) -> bool {
    link.last_write.side(side).as_ref().is_some_and(|write| {
        fields.without(write.fields).is_empty()
            && write.before.differing(&update.expected, fields).is_empty()
    })
}

/// Whether the source of a merged description was itself written since that merge was planned: its new base stands.
fn superseded(link: &Link, update: &Update) -> bool {
    let source = update.side.opposite();
    let (owed, base) = (
        &update.source_values.description,
        &link.base.side(source).description,
    );
    if !owed.is_owed() || owed == base {
        return false;
    }
    let write = link.last_write.side(source).as_ref();
    let written = write.is_some_and(|write| {
        write.fields.contains(Field::Description) && owed.owes(&write.before.description)
    });
    // A part of the merge may bring the very text of the base back: then only the write itself tells.
    !owed.is_owed_since(base) || (written && !owed.is_owed_at(base, write.map(|write| write.at)))
}

/// Our last write to a side: fields of an earlier one stay, with what stood there before that one, since its echo may
/// still come.
fn written(link: &Link, update: &Update, fields: FieldSet, again: bool, now: Millis) -> LastWrite {
    let earlier = link.last_write.side(update.side).as_ref();
    let mut before = update.expected.clone();
    let mut all = fields;
    if let Some(earlier) = earlier {
        for field in earlier.fields.without(fields).iter() {
            before.take(field, &earlier.before);
        }
        all = all.or(earlier.fields);
    }
    let resent = match (again, earlier) {
        (true, Some(earlier)) if earlier.at == now => earlier.resent,
        (true, Some(earlier)) => earlier.resent.saturating_add(1),
        (true, None) => 1,
        (false, _) => 0,
    };
    LastWrite {
        at: now,
        fields: all,
        before,
        resent,
    }
}

fn cancelled(next: &mut Link, cancel: &Cancel, answer: Option<&Item>, now: Millis) {
    let side = cancel.side;
    let status = answer.map_or_else(|| cancel.status.clone(), |item| item.values.status.clone());
    let base = next.base.side_mut(side);
    if status.is_some() {
        base.status = status;
    }
    if next.phase != Phase::Tombstone {
        let fields = FieldSet::of(&[Field::Status]);
        *next.last_write.side_mut(side) = Some(LastWrite {
            at: now,
            fields,
            before: cancel.expected.clone(),
            resent: 0,
        });
    }
    next.phase = Phase::Tombstone;
    *next.items.side_mut(side.opposite()) = None;
}

fn removed(next: &mut Link, remove: &Remove, answer: Option<&Item>) {
    match (remove.reason, answer) {
        (RemoveReason::Mirrored, None) => {
            next.items = Pair::default();
            next.phase = Phase::Tombstone;
        }
        // It could not be deleted, and was cancelled instead: it still stands.
        (RemoveReason::Mirrored, Some(item)) => {
            *next.base.side_mut(remove.side) = item.values.clone();
            *next.items.side_mut(remove.side.opposite()) = None;
            next.phase = Phase::Tombstone;
        }
        // Another task was the link's.
        (RemoveReason::Twin, _) => {}
    }
}

fn agreed(next: &mut Link, agree: &Agree) {
    for field in agree.fields.iter() {
        for (side, values) in agree.base.iter() {
            next.base.side_mut(side).take(field, values);
        }
    }
    if let Some(rules) = agree.whole {
        next.rules = rules;
        next.rebuilt = false;
    }
}
