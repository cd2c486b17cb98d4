//! Apply: carries journaled intents out, window by window. A window is advanced to `sent` in one durable transaction, sent with a
//! few calls in flight, and settled in one transaction.

use std::collections::HashMap;

use futures::{StreamExt, stream};
use http_kit::Kind;
use sync_core::{
    Side,
    ids::{Attempt, LinkId, ProjectId},
    item::{Field, Item, Value},
    link::Link,
    plan::{Action, Change, Remove, RemoveReason, Why},
};

use crate::{
    context::Context,
    error::Error,
    journal::{Past, Step, update_job},
    port::{Answer, BoardProject, CreateJob, Removed, UpdateJob, Written},
};

/// Intents advanced, sent and settled together.
pub(crate) const WINDOW: usize = 50;
/// Remote calls of one project in flight at once (Huly stands still above about ten; design 7: four).
const IN_FLIGHT: usize = 4;

/// Why an item was not deleted.
const HAS_CHILDREN: &str = "it has items below it";
/// Why an item was not deleted.
const UNABLE: &str = "it cannot be deleted by this way to the service";

/// How one step ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Carried out; the item by the write's own answer, `None` where it is gone.
    Done(Option<Box<Written>>),
    /// A create that was found by looking for it: what it holds now may have been edited since.
    Found(Box<Item>),
    /// The precondition failed: observe and plan again.
    Again(http_kit::Error),
    /// Failed without effect: later.
    Later(http_kit::Error),
    /// Will never be taken: a dead letter.
    Dead(http_kit::Error),
    /// Several things that were sent together were refused together: each is sent alone, since one bad one must not hold the rest.
    Apart(http_kit::Error),
    /// Without an answer: it stays `sent` until it was looked for.
    Open(http_kit::Error),
    /// Nothing more can be done on this side in this run; the step itself is open.
    Stop(http_kit::Error),
    /// Not sent: the lease would not outlive it.
    Unsent,
}

/// One step and how it ended.
pub(crate) type Result2 = (Step, Ended);

/// Carries out one window of steps of one side. The steps are already journaled as planned.
pub(crate) async fn window(
    ctx: &Context,
    side: Side,
    project: &BoardProject,
    links: &HashMap<LinkId, Link>,
    mut steps: Vec<Step>,
) -> Result<Vec<Result2>, Error> {
    ctx.may_write()?;
    let (mut creates, mut others) = (Vec::new(), Vec::new());
    for mut step in steps.drain(..) {
        if step.intent.attempt > 0 {
            step.past = Past::Unanswered;
        }
        match step.payload.action {
            Action::Create(_) => creates.push(step),
            Action::Update(_)
            | Action::Cancel(_)
            | Action::Remove(_)
            | Action::Agree(_)
            | Action::Conflict(_)
            | Action::Problem(_)
            | Action::Notice(_)
            | Action::Phase(_)
            | Action::Relink(_)
            | Action::Forget(_) => others.push(step),
        }
    }
    let mut ended = Vec::new();
    let mut ready = Vec::new();
    for mut group in together(ctx, side, creates) {
        match prepare(ctx, side, project, links, &mut group).await {
            Ok(()) => ready.append(&mut group),
            Err(error) => {
                let is_alone = group.len() == 1;
                ended.extend(
                    group
                        .into_iter()
                        .map(|step| (step, early(&error, is_alone))),
                );
            }
        }
    }
    let mut creates = ready;
    for step in creates.iter_mut().chain(&mut others) {
        step.send(ctx.write_id(), ctx.now());
    }
    let rows: Vec<_> = creates
        .iter()
        .chain(&others)
        .map(|step| step.intent.clone())
        .collect();
    ctx.store.advance(ctx.fence()?, &rows).await?;
    ended.extend(send_creates(ctx, side, project, links, creates).await);
    ended.extend(send_others(ctx, side, &project.id, links, others).await);
    Ok(ended)
}

/// Creates that go together; one that was refused among others goes alone.
fn together(ctx: &Context, side: Side, creates: Vec<Step>) -> Vec<Vec<Step>> {
    let is_apart = |step: &Step| ctx.letters.is_apart(step.link, side);
    let (apart, rest): (Vec<Step>, Vec<Step>) = creates.into_iter().partition(is_apart);
    let mut groups: Vec<Vec<Step>> = apart.into_iter().map(|step| vec![step]).collect();
    if !rest.is_empty() {
        groups.push(rest);
    }
    groups
}

/// An error before anything was sent.
fn early(error: &http_kit::Error, is_alone: bool) -> Ended {
    if is_unsent(error) {
        return Ended::Unsent;
    }
    let copy = http_kit::Error::new(error.kind(), error.code(), error.service(), error.route())
        .with_detail(error.detail());
    match error.kind() {
        Kind::Transient | Kind::Unknown => Ended::Later(copy),
        Kind::Conflict => Ended::Again(copy),
        Kind::Rejected if is_alone => Ended::Dead(copy),
        Kind::Rejected => Ended::Apart(copy),
        Kind::Fatal => Ended::Stop(copy),
    }
}

/// An error of a call that was sent.
pub(crate) fn late(error: http_kit::Error) -> Ended {
    if is_unsent(&error) {
        return Ended::Unsent;
    }
    match error.kind() {
        Kind::Transient => Ended::Later(error),
        Kind::Unknown => Ended::Open(error),
        Kind::Conflict => Ended::Again(error),
        Kind::Rejected => Ended::Dead(error),
        Kind::Fatal => Ended::Stop(error),
    }
}

/// Whether the right to write had run out when its turn came.
fn is_unsent(error: &http_kit::Error) -> bool {
    error.code() == http_kit::codes::NET_PERMIT
}

async fn prepare(
    ctx: &Context,
    side: Side,
    project: &BoardProject,
    links: &HashMap<LinkId, Link>,
    creates: &mut [Step],
) -> Result<(), http_kit::Error> {
    let jobs = jobs(ctx, side, links, creates);
    let prepared = ctx.board(side).prepare(project, &jobs).await?;
    for (step, value) in creates.iter_mut().zip(prepared) {
        step.intent.prepared = Some(value);
    }
    Ok(())
}

/// The create jobs of some steps; every one of them is a create of a known link.
fn jobs(
    ctx: &Context,
    side: Side,
    links: &HashMap<LinkId, Link>,
    steps: &[Step],
) -> Vec<CreateJob> {
    let footer = ctx.footers(side);
    steps
        .iter()
        .filter_map(|step| step.create_job(ctx.store.id(), links.get(&step.link)?, &footer))
        .collect()
}

async fn send_creates(
    ctx: &Context,
    side: Side,
    project: &BoardProject,
    links: &HashMap<LinkId, Link>,
    creates: Vec<Step>,
) -> Vec<Result2> {
    let batches = ctx.create_batches.side(side);
    let batch = batches.next(ctx.board(side).create_batch());
    let chosen = ctx.board(side).capabilities().client_ids;
    let mut groups = Vec::new();
    for mut rest in together(ctx, side, creates) {
        while !rest.is_empty() {
            let tail = rest.split_off(batch.min(rest.len()));
            groups.push(std::mem::replace(&mut rest, tail));
        }
    }
    let sent = stream::iter(groups)
        .map(|group| async move {
            if ctx.may_write().is_err() {
                return group
                    .into_iter()
                    .map(|step| (step, Ended::Unsent))
                    .collect::<Vec<_>>();
            }
            let jobs = jobs(ctx, side, links, &group);
            let answers = ctx.board(side).create(project, &jobs).await;
            let together = answers.len() > 1 && answers.iter().all(is_refused);
            if answers.iter().any(is_unanswered) {
                batches.unanswered(jobs.len());
            } else {
                batches.answered(jobs.len());
            }
            group
                .into_iter()
                .zip(answers)
                .map(|(step, answer)| match answer {
                    // Where the client chooses the id, the answer is a look at the item afterwards: somebody may have edited
                    // it already, so the base is what was sent.
                    Ok(item) if chosen => (step, Ended::Found(Box::new(item))),
                    Ok(item) => (step, done(item)),
                    Err(error) if together => (step, Ended::Apart(error)),
                    Err(error) => (step, late(error)),
                })
                .collect()
        })
        .buffer_unordered(ctx.board(side).creates_at_once().clamp(1, IN_FLIGHT))
        .collect::<Vec<_>>();
    sent.await.into_iter().flatten().collect()
}

/// Whether a create may have been too much for the service.
fn is_unanswered(answer: &Answer<Item>) -> bool {
    answer
        .as_ref()
        .is_err_and(|error| matches!(error.kind(), Kind::Transient | Kind::Unknown))
}

/// Whether a create was refused for good.
fn is_refused(answer: &Answer<Item>) -> bool {
    answer
        .as_ref()
        .is_err_and(|error| error.kind() == Kind::Rejected)
}

/// A write that was carried out and left `item`.
pub(crate) fn done(item: Item) -> Ended {
    Ended::Done(Some(Box::new(Written {
        item,
        refused: Vec::new(),
        lost: Vec::new(),
    })))
}

async fn send_others(
    ctx: &Context,
    side: Side,
    project: &ProjectId,
    links: &HashMap<LinkId, Link>,
    steps: Vec<Step>,
) -> Vec<Result2> {
    stream::iter(steps)
        .map(|step| async move {
            if ctx.may_write().is_err() {
                return (step, Ended::Unsent);
            }
            let ended = send_one(ctx, side, project, links.get(&step.link), &step).await;
            (step, ended)
        })
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await
}

async fn send_one(
    ctx: &Context,
    side: Side,
    project: &ProjectId,
    link: Option<&Link>,
    step: &Step,
) -> Ended {
    if let Action::Remove(remove) = &step.payload.action {
        let write_id = step.intent.write_id.as_deref().unwrap_or("");
        return match ctx
            .board(side)
            .remove(&remove.item, &remove.expected, write_id)
            .await
        {
            Ok(Removed::Gone) => Ended::Done(None),
            Ok(Removed::HasChildren) => {
                cancel_instead(ctx, side, project, step, remove, HAS_CHILDREN).await
            }
            Ok(Removed::Unable) => cancel_instead(ctx, side, project, step, remove, UNABLE).await,
            Err(error) => late(error),
        };
    }
    let footer = link.and_then(|link| {
        ctx.footers(side)
            .of_link(ctx.store.id(), link, side, Attempt(1))
    });
    let Some(job) = update_job(step, project.clone(), footer) else {
        return Ended::Done(None);
    };
    match ctx.board(side).update(&job).await {
        Ok(written) => Ended::Done(Some(Box::new(written))),
        Err(error) if error.kind() == Kind::Rejected && job.set.len() > 1 => Ended::Apart(error),
        Err(error) => late(error),
    }
}

/// What cannot be deleted because of the items below it is cancelled (design 3.6); a twin is left to people.
async fn cancel_instead(
    ctx: &Context,
    side: Side,
    project: &ProjectId,
    step: &Step,
    remove: &Remove,
    why: &str,
) -> Ended {
    let (RemoveReason::Mirrored, Some(status)) = (remove.reason, &remove.instead) else {
        let error = http_kit::Error::new(
            Kind::Rejected,
            crate::codes::REMOVE_HAS_CHILDREN,
            side.as_str(),
            "remove",
        );
        return Ended::Dead(error.with_detail(format!("{why}, so it is not deleted")));
    };
    let job = UpdateJob {
        project: project.clone(),
        item: remove.item.clone(),
        set: vec![Change {
            field: Field::Status,
            from: remove
                .expected
                .status
                .clone()
                .map_or(Value::Unset, Value::Status),
            to: Value::Status(status.clone()),
            why: Why::Edit,
        }],
        expected: remove.expected.clone(),
        footer: None,
        note: Some(
            format!("its counterpart was deleted; {why}, so it was cancelled instead").into(),
        ),
        write_id: step.intent.write_id.clone().unwrap_or_else(|| "".into()),
    };
    match ctx.board(side).update(&job).await {
        Ok(written) => Ended::Done(Some(Box::new(written))),
        Err(error) => late(error),
    }
}
