//! Unlink: a clean way out. Our footers leave the descriptions of Vibe's tasks, the links leave the store, and nothing
//! else is touched.
//!
//! Every removal of a footer is journaled as any write. It can be repeated without harm: what a killed command left is
//! settled by the same command once more, or dropped by the next run, for which a task without footer is nothing new.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures::{StreamExt, stream};
use http_kit::Kind;
use serde::Serialize;
use store::{
    Batch,
    row::{HistoryRow, Intent, IntentState, ProjectRow},
};
use sync_core::{
    Side,
    digest::ChangeKind,
    footer::Writer,
    ids::{IntentKey, ItemId, LinkId, Millis},
    item::Item,
    link::{Link, fold},
};

use crate::{
    codes,
    context::{Context, Stop},
    error::Error,
    observe,
    port::Answer,
    report::{Outcome, ProjectReport, Reached, Report},
    run::{Engine, named},
};

/// The kind of its intents in the journal.
const KIND: &str = "unlink";
/// Footers removed between two transactions.
const WINDOW: usize = 50;
/// Tasks written at once.
const IN_FLIGHT: usize = 4;
/// Links of one transaction.
const LINKS_PER_BATCH: usize = 500;

/// What an unlink came to, or would.
#[derive(Debug, Default, Serialize)]
pub struct Unlinked {
    /// One entry a pair of projects, by identifier.
    pub projects: Vec<UnlinkedProject>,
}

/// One pair of projects.
#[derive(Debug, Default, Serialize)]
pub struct UnlinkedProject {
    /// Huly's identifier.
    pub label: Arc<str>,
    /// Huly's name.
    pub name: Arc<str>,
    /// Its links.
    pub links: u64,
    /// Tasks with a footer of ours.
    pub footers: u64,
    /// Footers that were removed.
    pub removed: u64,
    /// Links that were dropped.
    pub dropped: u64,
}

impl Engine {
    /// Unlinks the projects of these identifiers or names, or all. Without `carry_out` it only counts.
    pub async fn unlink(
        &self,
        only: &[String],
        carry_out: bool,
        stop: &Stop,
    ) -> (Report, Unlinked) {
        self.aside(
            KIND,
            carry_out,
            stop,
            async |ctx, report, unlinked: &mut Unlinked| {
                let mut rows = ctx.store.projects().await?;
                rows.retain(|row| only.is_empty() || only.iter().any(|name| is_called(row, name)));
                rows.sort_by(|a, b| a.label.cmp(&b.label));
                for row in rows {
                    ctx.check_stop()?;
                    let mut turn = named(&row, None);
                    let mut counts = UnlinkedProject {
                        label: Arc::clone(&row.label),
                        name: Arc::clone(&row.name),
                        ..UnlinkedProject::default()
                    };
                    let ended = project(ctx, &row, &mut counts, &mut turn).await;
                    unlinked.projects.push(counts);
                    turn.reached = Reached::Processed;
                    report.exit = report.exit.and(turn.exit);
                    report.projects.push(turn);
                    ended?;
                }
                Ok(())
            },
        )
        .await
    }
}

fn is_called(row: &ProjectRow, name: &str) -> bool {
    fold(&row.label) == fold(name) || fold(&row.name) == fold(name)
}

/// Removes footers and drops links of one pair of projects; without a lease it only counts.
pub(crate) async fn project(
    ctx: &Context,
    row: &ProjectRow,
    counts: &mut UnlinkedProject,
    turn: &mut ProjectReport,
) -> Result<(), Error> {
    let links = ctx.store.links(row.id).await?;
    counts.links = links.len() as u64;
    let open = unsettled(ctx, &links).await?;
    if open > 0 {
        turn.problem(Outcome {
            kind: Kind::Conflict,
            code: codes::UNSETTLED.into(),
            side: None,
            item: format!("project {}", row.label).into(),
            field: None,
            message: format!("{open} writes of an interrupted run are not settled").into(),
        });
        return Ok(());
    }
    let tasks = match &row.projects.vibe {
        Some(vibe) => observe::list(ctx, Side::Vibe, vibe).await?,
        None => Vec::new(),
    };
    let footers = footers(ctx, &links, &tasks);
    counts.footers = footers.len() as u64;
    if ctx.lease.is_none() {
        return Ok(());
    }
    let mut failed: HashSet<ItemId> = HashSet::new();
    for window in footers.chunks(WINDOW) {
        ctx.check_stop()?;
        for (item, answer) in remove(ctx, row, window).await? {
            match answer {
                Ok(removed) => counts.removed += u64::from(removed),
                Err(error) => {
                    turn.problem(outcome(&tasks, &item, &error));
                    failed.insert(item);
                }
            }
        }
    }
    turn.tally.vibe.updated += counts.removed;
    turn.tally.vibe.failed += failed.len() as u64;
    let is_clean = |link: &&Link| {
        link.items
            .vibe
            .as_ref()
            .is_none_or(|task| !failed.contains(task))
    };
    let dropped: Vec<&Link> = links.iter().filter(is_clean).collect();
    drop_links(ctx, row, &dropped).await?;
    counts.dropped = dropped.len() as u64;
    Ok(())
}

/// Writes to these links whose outcome is not known, in whichever pair of projects they were journaled: an issue that was moved
/// brings its link along. What a killed unlink left does not count: it can be repeated without harm.
pub(crate) async fn unsettled(ctx: &Context, links: &[Link]) -> Result<usize, Error> {
    let own: HashSet<LinkId> = links.iter().map(|link| link.id).collect();
    let open = ctx.store.unsettled().await?;
    let counts = |(link, kind): &&(LinkId, Arc<str>)| **kind != *KIND && own.contains(link);
    Ok(open.iter().filter(counts).count())
}

/// A task with a footer of ours, and the link it belongs to.
struct Footed {
    item: ItemId,
    /// The link whose own task this is.
    own: Option<LinkId>,
    key: IntentKey,
}

/// Tasks of this store's: those of its links, and those that carry its marker. Another store's are not ours to touch.
fn footers(ctx: &Context, links: &[Link], tasks: &[Item]) -> Vec<Footed> {
    let own: HashMap<&ItemId, &Link> = links
        .iter()
        .filter_map(|link| Some((link.items.vibe.as_ref()?, link)))
        .collect();
    tasks
        .iter()
        .filter_map(|task| {
            let footer = task.footer.as_ref()?;
            let ours = match (footer.writer, footer.marker) {
                (Writer::Predecessor, _) => false,
                (Writer::Ours, Some(marker)) => marker.store == ctx.store.id(),
                (Writer::Ours, None) => own.contains_key(&task.id),
            };
            let link = own.get(&task.id);
            let id = link.map(|link| link.id);
            let named = id.or_else(|| footer.marker.map(|marker| marker.link))?;
            let version = link.map_or(0, |link| link.version);
            ours.then(|| Footed {
                item: task.id.clone(),
                own: id,
                key: IntentKey::change(named, Side::Vibe, KIND, version, task.id.as_str()),
            })
        })
        .collect()
}

/// Removes the footers of one window: journaled, sent, settled.
async fn remove(
    ctx: &Context,
    row: &ProjectRow,
    window: &[Footed],
) -> Result<Vec<(ItemId, Answer<bool>)>, Error> {
    let mut intents: HashMap<ItemId, Intent> = window
        .iter()
        .map(|footed| (footed.item.clone(), intent(ctx, row, footed)))
        .collect();
    store_intents(ctx, &intents).await?;
    for intent in intents.values_mut() {
        intent.state = IntentState::Sent;
        intent.attempt = 1;
        intent.sent_at = Some(ctx.now());
        intent.write_id = Some(ctx.write_id());
    }
    let sent: Vec<Intent> = intents.values().cloned().collect();
    ctx.store.advance(ctx.fence()?, &sent).await?;
    let items: Vec<ItemId> = window.iter().map(|footed| footed.item.clone()).collect();
    let answers: Vec<(ItemId, Answer<bool>)> = stream::iter(items)
        .map(|item| async move {
            let answer = match ctx.may_write() {
                Ok(()) => ctx.board(Side::Vibe).remove_footer(&item).await,
                Err(_) => Err(unsent()),
            };
            (item, answer)
        })
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await;
    for (item, answer) in &answers {
        let Some(intent) = intents.get_mut(item) else {
            continue;
        };
        match answer {
            Ok(_) => intent.state = IntentState::Done,
            Err(error) => {
                intent.state = IntentState::Failed;
                intent.error = Some(error.code().into());
            }
        }
    }
    store_intents(ctx, &intents).await?;
    Ok(answers)
}

fn intent(ctx: &Context, row: &ProjectRow, footed: &Footed) -> Intent {
    Intent {
        key: footed.key,
        project: row.id,
        link: footed.own,
        side: Side::Vibe,
        kind: KIND.into(),
        state: IntentState::Planned,
        payload: serde_json::json!({ "item": footed.item }),
        prepared: None,
        write_id: None,
        attempt: 0,
        run: ctx.run,
        planned_at: ctx.now(),
        sent_at: None,
        error: None,
    }
}

async fn store_intents(ctx: &Context, intents: &HashMap<ItemId, Intent>) -> Result<(), Error> {
    let batch = Batch {
        intents: intents.values().cloned().collect(),
        ..Batch::default()
    };
    Ok(ctx.store.write(ctx.fence()?, &batch).await?)
}

/// Not sent, since the lease would not outlive it.
fn unsent() -> http_kit::Error {
    http_kit::Error::new(
        Kind::Transient,
        codes::RUN_LEASE_LOST,
        Side::Vibe.as_str(),
        "footer",
    )
}

fn outcome(tasks: &[Item], item: &ItemId, error: &http_kit::Error) -> Outcome {
    let task = tasks.iter().find(|task| task.id == *item);
    Outcome {
        kind: error.kind(),
        code: error.code().into(),
        side: Some(Side::Vibe),
        item: task.map_or_else(
            || item.as_str().into(),
            |task| Arc::clone(&task.values.title),
        ),
        field: Some(sync_core::item::Field::Description),
        message: crate::run::chain(error).into(),
    }
}

/// Drops links and keeps their history. A later run lists the project in full again, with the guards of one that was
/// synced before.
async fn drop_links(ctx: &Context, row: &ProjectRow, links: &[&Link]) -> Result<(), Error> {
    for chunk in links.chunks(LINKS_PER_BATCH) {
        let history = chunk.iter().map(|link| HistoryRow {
            at: ctx.now(),
            run: ctx.run,
            project: row.id,
            link: link.id,
            side: Side::Vibe,
            kind: ChangeKind::Forget.as_str().into(),
            field: None,
            old: link.label.clone(),
            new: None,
        });
        let batch = Batch {
            forget: chunk.iter().map(|link| link.id).collect(),
            history: history.collect(),
            ..Batch::default()
        };
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    let batch = Batch {
        projects: vec![ProjectRow {
            watermark: Millis(0),
            compared_at: Millis(0),
            ..row.clone()
        }],
        ..Batch::default()
    };
    Ok(ctx.store.write(ctx.fence()?, &batch).await?)
}

/// Drops what a killed unlink left in the journal: whether its footers went or stayed, a sync does not mind. The other
/// intents come back.
pub(crate) async fn drop_left(
    ctx: &Context,
    live: Vec<Intent>,
    report: &mut Report,
) -> Result<Vec<Intent>, Error> {
    let (mut left, others): (Vec<Intent>, Vec<Intent>) =
        live.into_iter().partition(|intent| &*intent.kind == KIND);
    if left.is_empty() {
        return Ok(others);
    }
    report.recovered.dropped += left.len() as u64;
    for intent in &mut left {
        intent.state = IntentState::Dropped;
    }
    let batch = Batch {
        intents: left,
        ..Batch::default()
    };
    ctx.store.write(ctx.fence()?, &batch).await?;
    Ok(others)
}
