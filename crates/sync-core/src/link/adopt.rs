//! A link is made: of two items that are there, or of one that gets a counterpart.

use std::sync::Arc;

use super::{How, Link, Phase};
use crate::{
    ids::LinkId,
    item::{Field, FieldSet, Item, TextVersion, Value},
    plan::{
        self, Action, Agree, Change, Conflict, ConflictCause, LinkPlan, Relink, Remove,
        RemoveReason, Update, Why,
    },
    rules::Rules,
    side::{Pair, Side},
    validate,
};

/// Links two items that stand on both sides already. The base is what both hold; where they differ Huly's value stands and
/// is written to Vibe, and the value that gives way is kept. Nothing else is written.
///
/// The row is to be stored with the texts of both descriptions *as they are* before anything is sent: it says by itself what
/// is still owed, so a plan made again after a lost write comes to the same. Both texts must have been read; without them
/// the link is taken as *rebuilt*, so that a later difference does not overwrite unseen.
///
/// ```
/// # use sync_core::{Pair, ids::*, item::*, lens::Lenses, link::{self, How}, plan, rules::*};
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits: Limits { nul: true, ..Limits::default() } };
/// # let lenses = Lenses::default();
/// # let rules = Rules { workspace: WorkspaceId(uuid::Uuid::nil()), store: StoreId(uuid::Uuid::nil()), policies: Policies::default(), lenses: &lenses,
/// #   deletion: Deletion::Cancel, create: Creation::Both, capabilities: Pair { huly: caps, vibe: caps }, normal_form: str::to_owned,
/// #   confirm_window: Millis(30_000), confirm_tries: 3, now: Millis(0), version: RulesVersion(0) };
/// let issue = Item::new("h1".into(), Values { title: "Dock".into(), ..Values::default() });
/// let task = Item::new("t1".into(), Values { title: "dock".into(), ..Values::default() });
/// let (_, plan) = link::adopt(&rules, &issue, &task, How::Title);
/// assert!(plan::text(&[plan]).contains("~ update Vibe title: dock -> Dock (adopted)"));
/// ```
pub fn adopt(rules: &Rules<'_>, huly: &Item, vibe: &Item, how: How) -> (Link, LinkPlan) {
    let mut adopting = Adopting {
        rules,
        items: Pair { huly, vibe },
        link: linked(rules, huly, vibe, how),
        agree: FieldSet::EMPTY,
        conflicts: Vec::new(),
        refused: Vec::new(),
        set: Vec::new(),
    };
    let mut fields = rules.shared().without(rules.policies.direction.off());
    fields.remove(Field::Parent);
    for field in fields.iter() {
        adopting.field(field);
    }
    adopting.finish()
}

/// The new row, with both sides as they are.
fn linked(rules: &Rules<'_>, huly: &Item, vibe: &Item, how: How) -> Link {
    let marker = vibe.footer.as_ref().and_then(|footer| footer.marker);
    let (id, origin) = match (how, marker) {
        (How::DerivedId, _) => (
            LinkId::derive(rules.workspace, Side::Vibe, &vibe.id),
            Side::Vibe,
        ),
        (How::Marker, Some(marker)) => (marker.link, Side::Huly),
        (How::Marker, None) | (How::Predecessor | How::Title, _) => (
            LinkId::derive(rules.workspace, Side::Huly, &huly.id),
            Side::Huly,
        ),
    };
    let mut link = Link::new(rules, id, origin);
    link.items = Pair {
        huly: Some(huly.id.clone()),
        vibe: Some(vibe.id.clone()),
    };
    link.label.clone_from(&huly.label);
    link.base = Pair {
        huly: rules.policies.direction.kept(&huly.values),
        vibe: rules.policies.direction.kept(&vibe.values),
    };
    if let (How::Marker, Some(marker)) = (how, marker) {
        link.generation.vibe = marker.generation;
    }
    link
}

struct Adopting<'a> {
    rules: &'a Rules<'a>,
    items: Pair<&'a Item>,
    link: Link,
    agree: FieldSet,
    conflicts: Vec<Conflict>,
    refused: Vec<Action>,
    set: Vec<Change>,
}

impl Adopting<'_> {
    fn field(&mut self, field: Field) {
        // What was not read gives way to nothing and takes no place: it is compared once it was read.
        if Side::ALL
            .into_iter()
            .any(|side| self.items.side(side).unseen.contains(field))
        {
            return;
        }
        // Nothing is written to Vibe: what the two hold is where they start from.
        if !self.rules.policies.direction.of(field).flows_to(Side::Vibe) {
            self.agree.insert(field);
            return;
        }
        match field {
            Field::Description => self.description(),
            Field::Status => self.status(),
            Field::Title
            | Field::Priority
            | Field::Parent
            | Field::Labels
            | Field::Assignee
            | Field::DueDate => {
                if self.items.huly.values.same(&self.items.vibe.values, field) {
                    self.agree.insert(field);
                } else if self.differ(field, self.value(Side::Huly, field)) {
                    // As if the two had agreed on Vibe's value and Huly had changed it since.
                    self.link.base.huly.take(field, &self.items.vibe.values);
                }
            }
        }
    }

    fn description(&mut self) {
        let texts = self.items.map(Item::known_text);
        let (Some(huly), Some(vibe)) = (texts.huly, texts.vibe) else {
            self.link.rebuilt = true;
            return;
        };
        if (self.rules.normal_form)(&huly) == (self.rules.normal_form)(&vibe) {
            self.agree.insert(Field::Description);
        } else if self.differ(Field::Description, Value::Text(huly)) {
            let held = &self.items.vibe.values.description;
            self.link.base.vibe.description = TextVersion::owed(held, None, held);
        }
    }

    fn status(&mut self) {
        let lens = self.rules.lenses.of(self.items.huly.kind.as_ref());
        let (Some(huly), Some(vibe)) = (
            &self.items.huly.values.status,
            &self.items.vibe.values.status,
        ) else {
            return;
        };
        if lens.same(huly, vibe) {
            self.agree.insert(Field::Status);
            return;
        }
        let Some(wanted) = lens.to_vibe(huly) else {
            self.refused.push(Action::Problem(validate::unknown_status(
                huly,
                Side::Vibe,
                lens,
                self.name(),
            )));
            return;
        };
        // As if the two had agreed on what Vibe's means and Huly had moved since. Where no Huly status stands for it, it is
        // not ours yet.
        let agreed = lens.to_huly(vibe, None).cloned();
        if self.differ(Field::Status, Value::Status(wanted.clone())) {
            match agreed {
                Some(agreed) => self.link.base.huly.status = Some(agreed),
                None => self.link.base.vibe.status = None,
            }
        }
    }

    fn name(&self) -> &str {
        self.items
            .huly
            .label
            .as_deref()
            .unwrap_or(&self.items.huly.values.title)
    }

    fn value(&self, side: Side, field: Field) -> Value {
        let item = self.items.side(side);
        item.values.value(field, item.known_text().as_ref())
    }

    /// Huly's value is written to Vibe, if Vibe can hold it, and Vibe's is kept; says whether it will be written.
    fn differ(&mut self, field: Field, to: Value) -> bool {
        let from = self.value(Side::Vibe, field);
        let lost = !matches!(&from, Value::Text(text) if text.trim().is_empty());
        let change = Change {
            field,
            from,
            to,
            why: Why::Adopted,
        };
        match validate::change(
            &change,
            Side::Vibe,
            &self.rules.capabilities.vibe,
            self.name(),
        ) {
            Err(problem) => {
                self.refused.push(Action::Problem(problem));
                false
            }
            Ok((change, notice)) => {
                self.refused.extend(notice.map(Action::Notice));
                self.set.push(change);
                if lost {
                    self.conflicts.push(Conflict {
                        field,
                        winner: Some(Side::Huly),
                        values: Pair::by(|side| self.value(side, field)),
                        base: None,
                        frozen: false,
                        cause: ConflictCause::Adopted,
                    });
                }
                true
            }
        }
    }

    fn finish(self) -> (Link, LinkPlan) {
        let values = self.items.map(|item| item.values.clone());
        let whole = (self.set.is_empty() && !self.link.rebuilt).then_some(self.rules.version);
        let mut actions = vec![Action::Agree(Agree {
            fields: self.agree,
            base: values.clone(),
            whole,
        })];
        actions.extend(self.conflicts.into_iter().map(Action::Conflict));
        actions.extend(self.refused);
        if !self.set.is_empty() {
            actions.push(Action::Update(Update {
                side: Side::Vibe,
                item: self.items.vibe.id.clone(),
                set: self.set,
                expected: values.vibe,
                source_values: values.huly,
                whole: None,
            }));
        }
        let plan = LinkPlan {
            link: self.link.id,
            label: label(self.items.huly),
            actions,
        };
        (self.link, plan)
    }
}

/// Makes a link for an item that stands on `side` only, and the plan that makes its counterpart. The row is to be stored
/// before anything is sent. Where the item cannot be sent as a whole the plan holds only the problems; where its text has
/// not been read, nothing.
///
/// ```
/// # use sync_core::{Pair, Side, ids::*, item::*, lens::Lenses, link, plan, rules::*};
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits: Limits { nul: true, ..Limits::default() } };
/// # let lenses = Lenses::default();
/// # let rules = Rules { workspace: WorkspaceId(uuid::Uuid::nil()), store: StoreId(uuid::Uuid::nil()), policies: Policies::default(), lenses: &lenses,
/// #   deletion: Deletion::Cancel, create: Creation::Both, capabilities: Pair { huly: caps, vibe: caps }, normal_form: str::to_owned,
/// #   confirm_window: Millis(30_000), confirm_tries: 3, now: Millis(0), version: RulesVersion(0) };
/// let mut issue = Item::new("h1".into(), Values { title: "Dock".into(), ..Values::default() });
/// issue.text = Some("".into());
/// let (row, plan) = link::create(&rules, &issue, Side::Huly);
/// assert_eq!((row.items.huly, row.items.vibe), (Some("h1".into()), None));
/// assert_eq!(plan::text(&[plan]), "Dock\n  + create in Vibe: Dock\n1 to create\n");
/// ```
pub fn create(rules: &Rules<'_>, from: &Item, side: Side) -> (Link, LinkPlan) {
    let mut link = Link::new(rules, LinkId::derive(rules.workspace, side, &from.id), side);
    *link.items.side_mut(side) = Some(from.id.clone());
    link.label.clone_from(&from.label);
    *link.base.side_mut(side) = rules.policies.direction.kept(&from.values);
    let target = side.opposite();
    let actions = plan::create(rules, &link, target, from, *link.generation.side(target));
    let plan = LinkPlan {
        link: link.id,
        label: label(from),
        actions,
    };
    (link, plan)
}

/// A link for an issue whose task a person deleted before hvs came: it gets no other one while the issue stands.
///
/// ```
/// # use sync_core::{Pair, Side, ids::*, item::*, lens::Lenses, link::{self, Phase}, plan, rules::*};
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits: Limits::default() };
/// # let lenses = Lenses::default();
/// # let rules = Rules { workspace: WorkspaceId(uuid::Uuid::nil()), store: StoreId(uuid::Uuid::nil()), policies: Policies::default(), lenses: &lenses,
/// #   deletion: Deletion::Cancel, create: Creation::Both, capabilities: Pair { huly: caps, vibe: caps }, normal_form: str::to_owned,
/// #   confirm_window: Millis(30_000), confirm_tries: 3, now: Millis(0), version: RulesVersion(0) };
/// let issue = Item::new("h1".into(), Values { title: "Dock".into(), ..Values::default() });
/// let row = link::tombstone(&rules, &issue);
/// let seen = Observation::Present(Box::new(issue));
/// let now = Pair { huly: &seen, vibe: &Observation::Unseen };
/// let input = plan::LinkInput { link: &row, now, base_texts: Pair::default() };
/// assert!(row.phase == Phase::Tombstone && plan::link(&rules, &input).actions.is_empty());
/// ```
pub fn tombstone(rules: &Rules<'_>, huly: &Item) -> Link {
    let id = LinkId::derive(rules.workspace, Side::Huly, &huly.id);
    let mut link = Link::new(rules, id, Side::Huly);
    link.items.huly = Some(huly.id.clone());
    link.label.clone_from(&huly.label);
    link.base.huly = huly.values.clone();
    link.phase = Phase::Tombstone;
    link
}

/// Points a link to another task, which carries its marker, before any deletion policy looks at it (design 3.5).
pub fn relink(link: &Link, task: &Item) -> LinkPlan {
    let marker = task.footer.as_ref().and_then(|footer| footer.marker);
    LinkPlan {
        link: link.id,
        label: label(task),
        actions: vec![Action::Relink(Relink {
            side: Side::Vibe,
            to: task.id.clone(),
            generation: marker.map(|marker| marker.generation),
        })],
    }
}

/// Removes a task that was made twice. Without its text, which is kept, nothing is removed.
pub fn remove_twin(link: LinkId, task: &Item) -> LinkPlan {
    let kept = plan::whole(task);
    let actions = kept.map(|kept| {
        Action::Remove(Remove {
            side: Side::Vibe,
            item: task.id.clone(),
            reason: RemoveReason::Twin,
            kept,
            expected: task.values.clone(),
            instead: None,
        })
    });
    LinkPlan {
        link,
        label: label(task),
        actions: actions.into_iter().collect(),
    }
}

/// Deletes the linked item of a project whose counterpart was deleted as a whole, as a person chose. Without its text, which is
/// kept, nothing is deleted.
pub fn remove_mirrored(link: LinkId, side: Side, item: &Item) -> LinkPlan {
    let kept = plan::whole(item);
    let actions = kept.map(|kept| {
        Action::Remove(Remove {
            side,
            item: item.id.clone(),
            reason: RemoveReason::Mirrored,
            kept,
            expected: item.values.clone(),
            instead: None,
        })
    });
    LinkPlan {
        link,
        label: label(item),
        actions: actions.into_iter().collect(),
    }
}

fn label(item: &Item) -> Arc<str> {
    match &item.label {
        Some(label) => format!("{label} {}", item.values.title).into(),
        None => Arc::clone(&item.values.title),
    }
}
