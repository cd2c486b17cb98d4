//! Recover: settles writes without an answer by looking (design 4.2, 4.3). One path for an answer lost a moment ago and for
//! what a killed run left. However many writes are open, they are looked for together: a list or a few reads for all of them.

mod creates;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, stream};
use http_kit::Kind;
use sync_core::{
    Side,
    ids::{ItemId, LinkId, Millis},
    item::{Field, Item, Value, Values},
    link::Link,
    plan::{Action, Change},
};

use crate::{
    apply::Ended,
    context::Context,
    journal::Step,
    late,
    observe::IDS_PER_CALL,
    port::{Answer, BoardProject, Written},
};

/// Descriptions read at once.
const READS_IN_FLIGHT: usize = 8;

/// What looking for one write found.
#[derive(Debug)]
pub(crate) enum Looked {
    /// It had been carried out, or something else stands there now.
    Ended(Ended),
    /// It had not been carried out, and what it was planned on still stands: send it again.
    Resend,
    /// It could not be looked for; it stays `sent` for the next run.
    Leave(http_kit::Error),
}

/// Looks for the effects of steps of one side that were sent and have no answer.
pub(crate) async fn look(
    ctx: &Context,
    side: Side,
    project: &BoardProject,
    links: &HashMap<LinkId, Link>,
    steps: Vec<Step>,
    normal_form: fn(&str) -> String,
) -> Vec<(Step, Looked)> {
    let (mut creates, mut changes, mut removals) = (Vec::new(), Vec::new(), Vec::new());
    let mut looked = Vec::new();
    for step in steps {
        match step.payload.action {
            Action::Create(_) => creates.push(step),
            Action::Update(_) | Action::Cancel(_) => changes.push(step),
            Action::Remove(_) => removals.push(step),
            // Store-only entries never become intents.
            Action::Agree(_)
            | Action::Conflict(_)
            | Action::Problem(_)
            | Action::Notice(_)
            | Action::Phase(_)
            | Action::Relink(_)
            | Action::Forget(_) => looked.push((step, Looked::Ended(Ended::Done(None)))),
        }
    }
    looked.extend(creates::look_for(ctx, side, project, links, creates).await);
    looked.extend(look_for_changes(ctx, side, project, changes, normal_form).await);
    looked.extend(look_for_removals(ctx, side, removals).await);
    looked
}

/// All of them could not be looked for, for one reason.
fn leave_all(steps: Vec<Step>, error: &http_kit::Error) -> Vec<(Step, Looked)> {
    steps
        .into_iter()
        .map(|step| {
            let copy =
                http_kit::Error::new(error.kind(), error.code(), error.service(), error.route())
                    .with_detail(error.detail());
            (step, Looked::Leave(copy))
        })
        .collect()
}

/// Waits until a write that was sent then can no longer take effect.
pub(crate) async fn wait_out(ctx: &Context, sent_at: Option<Millis>) {
    let Some(sent_at) = sent_at else { return };
    let settings = &ctx.settings;
    let until = late::lands_by(ctx, sent_at).0;
    let wait = u64::try_from(until.saturating_sub(ctx.now().0)).unwrap_or(0);
    // A clock that was set back must not make the wait endless.
    let longest = settings.write_deadline + settings.late_create;
    if wait > 0 {
        ctx.env
            .sleep(Duration::from_millis(wait).min(longest))
            .await;
    }
}

/// What a change was to write, what it was planned on, and where.
struct Wanted {
    item: ItemId,
    set: Vec<Change>,
    expected: Values,
}

fn wanted(step: &Step, project: &BoardProject) -> Option<Wanted> {
    let job = crate::journal::update_job(step, project.id.clone(), None)?;
    Some(Wanted {
        item: job.item,
        set: job.set,
        expected: job.expected,
    })
}

async fn look_for_changes(
    ctx: &Context,
    side: Side,
    project: &BoardProject,
    steps: Vec<Step>,
    normal_form: fn(&str) -> String,
) -> Vec<(Step, Looked)> {
    let mut open: Vec<(Step, Wanted)> = Vec::new();
    for step in steps {
        if let Some(wanted) = wanted(&step, project) {
            open.push((step, wanted));
        }
    }
    let items = open.iter().map(|(_, wanted)| wanted.item.clone()).collect();
    let there = match read(ctx, side, items).await {
        Ok(there) => there,
        Err(error) => return leave_all(open.into_iter().map(|(step, _)| step).collect(), &error),
    };
    let mut looked = Vec::new();
    let mut undone = Vec::new();
    let read = stream::iter(open).map(|(step, wanted)| {
        let now = there.get(&wanted.item).cloned();
        async move {
            let now = with_text(ctx, side, now, &wanted.set).await;
            (step, wanted, now)
        }
    });
    let mut read = read.buffered(READS_IN_FLIGHT);
    while let Some((step, wanted, now)) = read.next().await {
        match now {
            Err(error) => looked.push((step, Looked::Leave(error))),
            Ok(None) => {
                let words = "the item is not there any more";
                looked.push((step, Looked::Ended(Ended::Again(gone(side, words)))));
            }
            Ok(Some(now)) => {
                let holds = |change: &Change| holds(&now, change, normal_form);
                if wanted.set.iter().all(holds) {
                    let written = Written {
                        item: now,
                        refused: Vec::new(),
                        lost: Vec::new(),
                    };
                    let done = Ended::Done(Some(Box::new(written)));
                    looked.push((step, Looked::Ended(done)));
                } else {
                    undone.push((step, wanted, now));
                }
            }
        }
    }
    let carried = match carried_out(ctx, side, &undone).await {
        Ok(carried) => carried,
        Err(error) => {
            let steps = undone.into_iter().map(|(step, ..)| step).collect();
            looked.extend(leave_all(steps, &error));
            return looked;
        }
    };
    for (step, wanted, now) in undone {
        let found = judged(ctx, &step, &wanted, &now, &carried);
        looked.push((step, found));
    }
    looked
}

/// What became of a change that does not stand there.
fn judged(
    ctx: &Context,
    step: &Step,
    wanted: &Wanted,
    now: &Item,
    carried: &HashSet<Arc<str>>,
) -> Looked {
    let id = step.intent.write_id.as_ref();
    if id.is_some_and(|id| carried.contains(id)) {
        // It stood there, and somebody wrote over it since: settled as it was sent, so that theirs is seen as the edit it is.
        return Looked::Ended(Ended::Done(None));
    }
    let stands = |change: &Change| same(&now.values, &wanted.expected, change.field);
    if wanted.set.iter().all(stands) {
        return resend_or_dead(ctx, step);
    }
    Looked::Ended(Ended::Again(gone(
        step.intent.side,
        "something else was written meanwhile",
    )))
}

/// Which of these changes the service's own history says were carried out. A description is written past the history.
async fn carried_out(
    ctx: &Context,
    side: Side,
    undone: &[(Step, Wanted, Item)],
) -> Answer<HashSet<Arc<str>>> {
    let is_recorded = |wanted: &Wanted| {
        let mut set = wanted.set.iter();
        !wanted.set.is_empty() && set.all(|change| change.field != Field::Description)
    };
    let ids: Vec<Arc<str>> = undone
        .iter()
        .filter(|(_, wanted, _)| is_recorded(wanted))
        .filter_map(|(step, ..)| step.intent.write_id.clone())
        .collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    ctx.board(side).carried_out(&ids).await
}

/// Some items by their own reads.
async fn read(ctx: &Context, side: Side, mut items: Vec<ItemId>) -> Answer<HashMap<ItemId, Item>> {
    items.sort();
    items.dedup();
    let mut there = HashMap::with_capacity(items.len());
    for ids in items.chunks(IDS_PER_CALL) {
        let found = ctx.board(side).get(ids).await?;
        there.extend(found.into_iter().map(|(id, (_, item))| (id, item)));
    }
    Ok(there)
}

/// An item with its text, where a description was to be written.
async fn with_text(
    ctx: &Context,
    side: Side,
    item: Option<Item>,
    set: &[Change],
) -> Answer<Option<Item>> {
    let Some(mut item) = item else {
        return Ok(None);
    };
    let writes_text = set.iter().any(|change| change.field == Field::Description);
    if writes_text && item.text.is_none() {
        item.text = Some(ctx.board(side).text(&item).await?);
    }
    Ok(Some(item))
}

async fn look_for_removals(ctx: &Context, side: Side, steps: Vec<Step>) -> Vec<(Step, Looked)> {
    let item = |step: &Step| {
        let Action::Remove(remove) = &step.payload.action else {
            return None;
        };
        Some(remove.item.clone())
    };
    let there = match read(ctx, side, steps.iter().filter_map(item).collect()).await {
        Ok(there) => there,
        Err(error) => return leave_all(steps, &error),
    };
    let looked = |step: Step| {
        let stands = item(&step).is_some_and(|item| there.contains_key(&item));
        let ended = if stands {
            Ended::Again(gone(side, "the item still stands"))
        } else {
            Ended::Done(None)
        };
        (step, Looked::Ended(ended))
    };
    steps.into_iter().map(looked).collect()
}

fn resend_or_dead(ctx: &Context, step: &Step) -> Looked {
    if step.intent.attempt < ctx.settings.max_attempts {
        return Looked::Resend;
    }
    Looked::Ended(Ended::Later(
        http_kit::Error::new(
            Kind::Transient,
            crate::codes::UNCONFIRMED,
            step.intent.side.as_str(),
            "look",
        )
        .with_detail("it was sent several times, and no answer ever came"),
    ))
}

fn gone(side: Side, words: &str) -> http_kit::Error {
    http_kit::Error::new(
        Kind::Conflict,
        crate::codes::UNCONFIRMED,
        side.as_str(),
        "look",
    )
    .with_detail(words)
}

/// Whether an item already holds a wanted value.
fn holds(item: &Item, change: &Change, normal_form: fn(&str) -> String) -> bool {
    match (change.field, &change.to) {
        (Field::Title, Value::Text(title)) => item.values.title == *title,
        (Field::Description, Value::Text(text)) => item
            .text
            .as_deref()
            .is_some_and(|now| now == &**text || normal_form(now) == normal_form(text)),
        (Field::Status, Value::Status(status)) => item.values.status.as_ref() == Some(status),
        (Field::Priority, Value::Priority(priority)) => item.values.extra.priority == *priority,
        (Field::Parent, Value::Parent(parent)) => item.values.extra.parent == *parent,
        (Field::Labels, Value::Labels(labels)) => item.values.extra.labels == *labels,
        (Field::Assignee, Value::Assignee(person)) => item.values.extra.assignee == *person,
        (Field::DueDate, Value::DueDate(date)) => item.values.extra.due_date == *date,
        (
            Field::Title
            | Field::Description
            | Field::Status
            | Field::Priority
            | Field::Parent
            | Field::Labels
            | Field::Assignee
            | Field::DueDate,
            _,
        ) => false,
    }
}

/// Whether two states of a side agree in one field.
pub(crate) fn same(now: &Values, then: &Values, field: Field) -> bool {
    match field {
        Field::Title => now.title == then.title,
        Field::Description => now.description == then.description,
        Field::Status => now.status == then.status,
        Field::Priority => now.extra.priority == then.extra.priority,
        Field::Parent => now.extra.parent == then.extra.parent,
        Field::Labels => now.extra.labels == then.extra.labels,
        Field::Assignee => now.extra.assignee == then.extra.assignee,
        Field::DueDate => now.extra.due_date == then.extra.due_date,
    }
}
