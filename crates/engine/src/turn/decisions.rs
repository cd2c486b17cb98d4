//! Decisions of people about conflicts, carried out as ordinary writes: journaled, conditional on what was shown, until both
//! sides hold what was decided. Then the field waits no more.

use std::sync::Arc;

use store::{
    Batch,
    port::{BaseTexts, Decided},
    row::{ConflictRow, Decision, HistoryRow, ProjectRow},
};
use sync_core::{
    Pair, Side,
    digest::ChangeKind,
    item::{Field, Item, Observation, Value},
    link::{Link, Phase},
    plan::{self, Action, Change, LinkInput, LinkPlan, Resolution, Update},
    rules::Rules,
};

use crate::{
    codes,
    context::Context,
    error::Error,
    observe::Observed,
    report::{Outcome, ProjectReport},
};

/// What people decided about one project and no run has carried out.
pub(super) struct Decisions {
    rows: Vec<ConflictRow>,
}

impl Decisions {
    /// Finds them.
    pub(super) async fn of(ctx: &Context, row: &ProjectRow) -> Result<Decisions, Error> {
        Ok(Decisions {
            rows: ctx.store.decided(row.id).await?,
        })
    }

    /// Adds to the plans what is left to be written, and settles what needs no write any more.
    pub(super) async fn carry(
        &mut self,
        ctx: &Context,
        rules: &Rules<'_>,
        observed: &mut Observed,
        plans: &mut Vec<LinkPlan>,
        report: &mut ProjectReport,
    ) -> Result<(), Error> {
        let mut left = Vec::new();
        for row in std::mem::take(&mut self.rows) {
            let (Some(decision), Some(link)) =
                (row.decision.clone(), observed.links.get(&row.link).cloned())
            else {
                continue;
            };
            if observed.busy.contains(&link.id) || link.phase != Phase::Active {
                left.push(row);
                continue;
            }
            read(ctx, observed, &link, row.field).await?;
            let decided = decided(&row, &decision);
            let input = LinkInput {
                link: &link,
                now: observed.of(&link.id),
                base_texts: BaseTexts::default(),
            };
            match plan::resolve(rules, &input, &decided) {
                Resolution::Unread => {
                    unread(report, &row);
                    left.push(row);
                }
                Resolution::Changed(values) => changed(ctx, &row, values, report).await?,
                Resolution::Refused(problem) => {
                    let mut action = LinkPlan {
                        link: link.id,
                        label: Arc::clone(&row.label),
                        actions: Vec::new(),
                    };
                    action.actions.push(Action::Problem(problem));
                    add(plans, action);
                    left.push(row);
                }
                Resolution::Write(set) => {
                    write(plans, observed, &link, &row, *set);
                    left.push(row);
                }
                Resolution::Done => done(ctx, observed, &link, &row, &decision, report).await?,
            }
        }
        self.rows = left;
        Ok(())
    }
}

/// What the planner is told of a decision. Of a conflict that is over, one side holds what won and the other what was made of it.
fn decided(row: &ConflictRow, decision: &Decision) -> plan::Decided {
    let is_shown = |side: Side| row.open || row.winner == Some(side);
    plan::Decided {
        field: row.field,
        side: decision.side,
        value: decision.value.clone(),
        shown: Pair::by(|side| is_shown(side).then(|| row.values.side(side).clone())),
        at: decision.at,
    }
}

/// Both items as they are now, with the texts that are compared.
async fn read(
    ctx: &Context,
    observed: &mut Observed,
    link: &Link,
    field: Field,
) -> Result<(), Error> {
    for side in Side::ALL {
        let Some(id) = link.items.side(side) else {
            continue;
        };
        let seen = match observed.of(&link.id).side(side) {
            Observation::Present(item) => Some(Item::clone(item)),
            Observation::Gone => continue,
            Observation::Unseen => {
                let there = ctx.board(side).get(std::slice::from_ref(id)).await;
                let mut there = there.map_err(Error::service(side))?;
                there.remove(id).map(|(_, item)| item)
            }
        };
        let Some(mut item) = seen else { continue };
        if field == Field::Description && item.known_text().is_none() {
            // one that cannot be read leaves the decision as it is, and is told
            match ctx.board(side).text(&item).await {
                Ok(text) => item.text = Some(text),
                Err(source) if source.kind() == http_kit::Kind::Fatal => {
                    return Err(Error::Service { side, source });
                }
                Err(error) => tracing::debug!(%error, "a text of a decision was not read"),
            }
        }
        observed.see(link.id, side, Observation::Present(Box::new(item)));
    }
    Ok(())
}

fn unread(report: &mut ProjectReport, row: &ConflictRow) {
    report.problem(Outcome {
        kind: http_kit::Kind::Transient,
        code: codes::DECISION_WAITS.into(),
        side: None,
        item: Arc::clone(&row.label),
        field: Some(row.field),
        message: format!(
            "what was decided about conflict {} is not written: not all of the item could be read",
            row.id
        )
        .into(),
    });
}

/// The items hold something else than the person saw: nothing is written, and the conflict shows what they hold now.
async fn changed(
    ctx: &Context,
    row: &ConflictRow,
    values: Pair<Value>,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    report.problem(Outcome {
        kind: http_kit::Kind::Conflict,
        code: codes::DECISION_CHANGED.into(),
        side: None,
        item: Arc::clone(&row.label),
        field: Some(row.field),
        message: format!(
            "it was changed meanwhile, so what was decided about conflict {} is not written",
            row.id
        )
        .into(),
    });
    let values = if row.open { values } else { row.values.clone() };
    let mut batch = Batch::default();
    if values != row.values {
        // What the person was shown may stand nowhere any more: it stays, beside the conflict that shows what stands now.
        batch.conflicts.push(ConflictRow {
            id: 0,
            run: ctx.run,
            at: ctx.now(),
            cause: "shown_before".into(),
            open: false,
            version: 1,
            decision: None,
            pending: false,
            ..row.clone()
        });
    }
    store(ctx, row, Some(values), batch).await
}

/// Both sides hold it: the field waits no more.
async fn done(
    ctx: &Context,
    observed: &mut Observed,
    link: &Link,
    row: &ConflictRow,
    decision: &Decision,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    let now = observed.of(&link.id);
    let (Observation::Present(huly), Observation::Present(vibe)) = (now.huly, now.vibe) else {
        return Ok(());
    };
    if ctx.lease.is_none() {
        return Ok(());
    }
    let values = Pair {
        huly: &huly.values,
        vibe: &vibe.values,
    };
    let next = ctx.kept(row.project, &plan::thaw(link, row.field, values));
    let mut batch = Batch::default();
    if row.field == Field::Description {
        let texts = Pair {
            huly: huly.known_text(),
            vibe: vibe.known_text(),
        };
        batch
            .texts
            .push((link.id, ctx.kept_texts(row.project, texts)));
    }
    if next != *link {
        batch.links.push((row.project, next.clone()));
    }
    batch.history.push(HistoryRow {
        at: ctx.now(),
        run: ctx.run,
        project: row.project,
        link: link.id,
        side: decision.side.opposite(),
        kind: ChangeKind::Resolve.as_str().into(),
        field: Some(row.field),
        old: None,
        new: Some(format!("{}, by {}", decision.take.word(), decision.by).into()),
    });
    report.notices.push(
        format!(
            "{}: the {} is on both sides as {} decided",
            row.label, row.field, decision.by
        )
        .into(),
    );
    store(ctx, row, None, batch).await?;
    observed.links.insert(link.id, next);
    Ok(())
}

async fn store(
    ctx: &Context,
    row: &ConflictRow,
    changed: Option<Pair<Value>>,
    mut batch: Batch,
) -> Result<(), Error> {
    if ctx.lease.is_none() {
        return Ok(());
    }
    batch.decided.push(Decided {
        id: row.id,
        version: row.version,
        changed: changed.map(|values| (values, ctx.now())),
    });
    ctx.begun().await?;
    Ok(ctx.store.write(ctx.fence()?, &batch).await?)
}

/// Puts the changes into the plan of their link: one write a side.
fn write(
    plans: &mut Vec<LinkPlan>,
    observed: &Observed,
    link: &Link,
    row: &ConflictRow,
    set: Pair<Option<Change>>,
) {
    let at = plans.iter().position(|plan| plan.link == link.id);
    let mut plan = match at {
        Some(at) => plans.remove(at),
        None => LinkPlan {
            link: link.id,
            label: Arc::clone(&row.label),
            actions: Vec::new(),
        },
    };
    for (side, change) in set.into_sides() {
        if let Some(change) = change {
            one_side(&mut plan, observed, link, side, change);
        }
    }
    plans.push(plan);
}

fn one_side(plan: &mut LinkPlan, observed: &Observed, link: &Link, side: Side, change: Change) {
    let to_side = |action: &&mut Action| action.target() == Some(side);
    match plan.actions.iter_mut().find(to_side) {
        Some(Action::Update(update)) => {
            update.set.retain(|other| other.field != change.field);
            update.set.push(change);
            update.whole = None;
        }
        // the item is made, cancelled or deleted: the decision waits for what comes of that
        Some(_) => {}
        None => {
            let now = observed.of(&link.id);
            let (Some(item), Observation::Present(own), Observation::Present(other)) = (
                link.items.side(side).clone(),
                now.side(side),
                now.side(side.opposite()),
            ) else {
                return;
            };
            plan.actions.push(Action::Update(Update {
                side,
                item,
                set: vec![change],
                expected: own.values.clone(),
                source_values: other.values.clone(),
                whole: None,
            }));
        }
    }
}

fn add(plans: &mut Vec<LinkPlan>, plan: LinkPlan) {
    match plans.iter_mut().find(|known| known.link == plan.link) {
        Some(known) => known.actions.splice(0..0, plan.actions).for_each(drop),
        None => plans.push(plan),
    }
}
