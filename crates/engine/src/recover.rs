//! Recover: settles writes without an answer by looking (design 4.2, 4.3). One path for an answer lost a moment ago and for
//! what a killed run left behind.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

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
    lease::millis,
    port::{BoardProject, Written},
};

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

/// Looks for the effect of one step that was sent and has no answer. `found` is what looking for other steps has just found.
pub(crate) async fn look(
    ctx: &Context,
    project: &BoardProject,
    links: &HashMap<LinkId, Link>,
    step: &Step,
    found: &HashSet<ItemId>,
    normal_form: fn(&str) -> String,
) -> Looked {
    let looked = match &step.payload.action {
        Action::Create(_) => look_for_create(ctx, project, links, step, found).await,
        Action::Update(update) => {
            look_for_update(
                ctx,
                step,
                &update.item,
                &update.set,
                &update.expected,
                normal_form,
            )
            .await
        }
        Action::Cancel(cancel) => {
            let set: Vec<Change> = crate::journal::update_job(step, project.id.clone(), None)
                .map(|job| job.set)
                .unwrap_or_default();
            look_for_update(ctx, step, &cancel.item, &set, &cancel.expected, normal_form).await
        }
        Action::Remove(remove) => look_for_removal(ctx, step.intent.side, &remove.item).await,
        // Store-only entries never become intents.
        Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => Ok(Looked::Ended(Ended::Done(None))),
    };
    looked.unwrap_or_else(Looked::Leave)
}

async fn look_for_create(
    ctx: &Context,
    project: &BoardProject,
    links: &HashMap<LinkId, Link>,
    step: &Step,
    others: &HashSet<ItemId>,
) -> Result<Looked, http_kit::Error> {
    let side = step.intent.side;
    let board = ctx.board(side);
    let Some(job) = links
        .get(&step.link)
        .and_then(|link| step.create_job(ctx.store.id(), link, &ctx.footers(side)))
    else {
        return Ok(Looked::Ended(Ended::Later(gone(
            side,
            "the link of this create is not known any more",
        ))));
    };
    let jobs = [job];
    let taken: HashSet<ItemId> = ctx
        .store
        .links(step.intent.project)
        .await
        .map_err(unlooked)?
        .into_iter()
        .filter_map(|link| link.items.side(side).clone())
        .chain(others.iter().cloned())
        .collect();
    if let Some(item) = found(board.find_created(&project.id, &jobs, &taken).await?) {
        return Ok(Looked::Ended(Ended::Found(Box::new(item))));
    }
    if !board.capabilities().client_ids {
        // A create whose client has gone may still land: only after its deadline and some more is it certain enough to repeat.
        wait_out(ctx, step.intent.sent_at).await;
        if let Some(item) = found(board.find_created(&project.id, &jobs, &taken).await?) {
            return Ok(Looked::Ended(Ended::Found(Box::new(item))));
        }
    }
    Ok(resend_or_dead(ctx, step))
}

/// The store did not say which items are taken: nothing can be told apart.
fn unlooked(error: store::Error) -> http_kit::Error {
    http_kit::Error::new(Kind::Transient, crate::codes::UNCONFIRMED, "store", "look")
        .with_detail("the store cannot be asked")
        .with_source(error)
}

fn found(answers: Vec<Option<Item>>) -> Option<Item> {
    answers.into_iter().next().flatten()
}

/// Waits until a write that was sent then can no longer take effect.
pub(crate) async fn wait_out(ctx: &Context, sent_at: Option<Millis>) {
    let Some(sent_at) = sent_at else { return };
    let settings = &ctx.settings;
    // A holder that was taken over may have sent until its lease ended, whatever the journal's stamp says (design 4.6).
    let taken_over = ctx.lease.as_ref().and_then(crate::lease::Lease::taken_over);
    let sent_at = taken_over.map_or(sent_at, |until| sent_at.max(until));
    let until = sent_at
        .0
        .saturating_add(millis(settings.write_deadline + settings.late_create).0);
    let wait = u64::try_from(until.saturating_sub(ctx.now().0)).unwrap_or(0);
    // A clock that was set back must not make the wait endless.
    let longest = settings.write_deadline + settings.late_create;
    if wait > 0 {
        ctx.env
            .sleep(Duration::from_millis(wait).min(longest))
            .await;
    }
}

async fn look_for_update(
    ctx: &Context,
    step: &Step,
    item: &sync_core::ids::ItemId,
    set: &[Change],
    expected: &Values,
    normal_form: fn(&str) -> String,
) -> Result<Looked, http_kit::Error> {
    let side = step.intent.side;
    let board = ctx.board(side);
    let Some((_, mut now)) = board.get(std::slice::from_ref(item)).await?.remove(item) else {
        return Ok(Looked::Ended(Ended::Again(gone(
            side,
            "the item is not there any more",
        ))));
    };
    if set.iter().any(|change| change.field == Field::Description) && now.text.is_none() {
        now.text = Some(board.text(&now).await?);
    }
    if set.iter().all(|change| holds(&now, change, normal_form)) {
        let written = Written {
            item: now,
            refused: Vec::new(),
            lost: Vec::new(),
        };
        return Ok(Looked::Ended(Ended::Done(Some(Box::new(written)))));
    }
    if set
        .iter()
        .all(|change| same(&now.values, expected, change.field))
    {
        return Ok(resend_or_dead(ctx, step));
    }
    Ok(Looked::Ended(Ended::Again(gone(
        side,
        "something else was written meanwhile",
    ))))
}

async fn look_for_removal(
    ctx: &Context,
    side: Side,
    item: &sync_core::ids::ItemId,
) -> Result<Looked, http_kit::Error> {
    let there = ctx
        .board(side)
        .get(std::slice::from_ref(item))
        .await?
        .contains_key(item);
    Ok(Looked::Ended(if there {
        Ended::Again(gone(side, "the item still stands"))
    } else {
        Ended::Done(None)
    }))
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
