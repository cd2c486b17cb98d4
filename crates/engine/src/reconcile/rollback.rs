//! Notices that the store is an old copy of itself (design 4.3): a service shows something that this very store must have
//! written, and the store knows nothing of it.
//!
//! Then nothing that it remembers of the boards is certain: every link gets the *rebuilt* mark until its next confirmed
//! agreement, and no difference on it overwrites anything without keeping the other value.

use std::sync::atomic::Ordering;

use http_kit::Kind;
use store::{Batch, row::ProjectRow};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectLinkId},
    link::{Decision, How, Link},
};

use crate::{
    codes,
    context::Context,
    error::Error,
    lease::millis,
    observe::{Observed, Start},
    projects::Paired,
    report::{Exit, Outcome, ProjectReport, Report},
};

/// The single fact that says which foreign-looking transaction was noticed already.
const NOTICED: &str = "rollback_noticed";
/// Links of one transaction.
const LINKS_PER_BATCH: usize = 500;

/// What holding the store against the history came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// Nothing was asked: nothing new is there.
    NotAsked,
    /// The store knows what it wrote.
    Current,
    /// It is an old copy.
    OldCopy,
}

/// Whether the history knows of a newer write of this store than the journal does. Only asked where something happened since the
/// newest watermark: what this store wrote later stands behind it, or was removed behind it.
pub(crate) async fn check(
    ctx: &Context,
    work: &[(Paired, Start)],
    removed: &[ItemId],
    report: &mut Report,
) -> Result<Checked, Error> {
    let stirred = !removed.is_empty()
        || work
            .iter()
            .any(|(paired, start)| is_stirred(&paired.row, start));
    if !stirred {
        return Ok(Checked::NotAsked);
    }
    let newest = work.iter().map(|(paired, _)| paired.row.watermark).max();
    let overlap = millis(ctx.settings.overlap).0;
    let since = Millis(newest.unwrap_or_default().0.saturating_sub(overlap).max(0));
    let board = ctx.board(Side::Huly);
    let newest = board
        .newest_write(since)
        .await
        .map_err(Error::service(Side::Huly))?;
    let Some(newest) = newest else {
        return Ok(Checked::Current);
    };
    if ctx.store.knows_write_id(&newest).await?
        || ctx.store.meta(NOTICED).await?.as_deref() == Some(&*newest)
    {
        return Ok(Checked::Current);
    }
    report.problem(Outcome {
        kind: Kind::Conflict,
        code: codes::ROLLED_BACK.into(),
        side: Some(Side::Huly),
        item: "".into(),
        field: None,
        message: "Huly shows writes of this store that its journal does not know: the store is an old copy. Every link is \
                  compared afresh, and no value is overwritten without being kept"
            .into(),
    });
    report.rolled_back = true;
    report.exit = report.exit.and(Exit::Items);
    if ctx.lease.is_none() {
        ctx.rebuilt.store(true, Ordering::Release);
        return Ok(Checked::OldCopy);
    }
    ctx.begun().await?;
    ctx.store.mark_rebuilt(ctx.fence()?).await?;
    // Last: a run that is cut off before this notices again.
    ctx.store.set_meta(NOTICED, &newest).await?;
    Ok(Checked::OldCopy)
}

/// Whether Huly shows something of this pair of projects that may be newer than the store.
fn is_stirred(row: &ProjectRow, start: &Start) -> bool {
    match start {
        Start::Delta { items, .. } => items
            .iter()
            .any(|item| item.modified.is_some_and(|at| at > row.watermark)),
        Start::Full => row.first_sync_done,
    }
}

async fn store_marks(
    ctx: &Context,
    project: ProjectLinkId,
    links: impl Iterator<Item = &Link>,
) -> Result<(), Error> {
    let marked: Vec<Link> = links.filter(|link| !link.rebuilt).map(marked).collect();
    for chunk in marked.chunks(LINKS_PER_BATCH) {
        let batch = Batch {
            links: chunk.iter().map(|link| (project, link.clone())).collect(),
            ..Batch::default()
        };
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok(())
}

fn marked(link: &Link) -> Link {
    Link {
        rebuilt: true,
        version: link.version.saturating_add(1),
        ..link.clone()
    }
}

/// Whether tasks show that Vibe was written by a newer copy of this store: a marker of its own names a link, or a generation of a
/// link, that it does not know.
pub(crate) fn shows(ctx: &Context, observed: &Observed, decisions: &[Decision]) -> bool {
    decisions.iter().any(|decision| {
        let task = match decision {
            Decision::Adopt {
                vibe,
                how: How::Marker,
                ..
            } => vibe,
            Decision::Relink { item, .. } => item,
            Decision::Adopt { .. }
            | Decision::Create { .. }
            | Decision::Twin { .. }
            | Decision::Copy { .. }
            | Decision::Foreign { .. }
            | Decision::Hold { .. } => return false,
        };
        let mut tasks = observed.unlinked.vibe.iter();
        let task = tasks.find(|item| item.id == *task);
        let marker = task.and_then(|task| task.footer.as_ref()?.marker);
        marker.is_some_and(|marker| {
            let known = observed.links.get(&marker.link);
            marker.store == ctx.store.id()
                && known.is_none_or(|link| link.generation.vibe < marker.generation)
        })
    })
}

/// Marks the links of one pair of projects that are in work, in the store too where this run may write.
pub(crate) async fn mark(
    ctx: &Context,
    row: &ProjectRow,
    observed: &mut Observed,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    report.problem(Outcome {
        kind: Kind::Conflict,
        code: codes::ROLLED_BACK.into(),
        side: Some(Side::Vibe),
        item: "".into(),
        field: None,
        message: "tasks carry markers of this store that it does not know: the store is an old copy. Every link is compared \
                  afresh, and no value is overwritten without being kept"
            .into(),
    });
    let made = &observed.made;
    if ctx.lease.is_some() {
        ctx.begun().await?;
        let stored = observed
            .links
            .values()
            .filter(|link| !made.contains(&link.id));
        store_marks(ctx, row.id, stored).await?;
    }
    for link in observed.links.values_mut() {
        if !made.contains(&link.id) && !link.rebuilt {
            *link = marked(link);
        }
    }
    Ok(())
}
