//! What a guard holds back of a project, as its last turn saw it: noted for its agent, since no row of the store says that a class is
//! held no more.

use serde::{Deserialize, Serialize};
use store::Store;
use sync_core::{
    digest::HeldClass,
    guard::{Class, Held},
    ids::{Millis, ProjectLinkId},
};

use crate::{context::Context, error::Error, run::Mode};

/// One class, as it is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    class: Class,
    count: usize,
    since: Millis,
}

fn key(project: ProjectLinkId) -> String {
    format!("held:{project}")
}

/// Notes what a turn found held back. Nothing is written where that is as before, and a run about some items says nothing of the
/// others.
pub(crate) async fn note_held(
    ctx: &Context,
    mode: &Mode,
    project: ProjectLinkId,
    held: &[Held],
) -> Result<(), Error> {
    let (Some(_), Mode::Sync { .. }, Some(lease), true) =
        (&ctx.informing, mode, &ctx.lease, ctx.targets.is_empty())
    else {
        return Ok(());
    };
    let before = noted(ctx.store.as_ref(), project).await?;
    let now: Vec<Noted> = Class::ALL
        .into_iter()
        .filter_map(|class| {
            let of_class = held.iter().filter(|held| held.class == class);
            let count = of_class.map(|held| held.count).sum();
            let known = before.iter().find(|noted| noted.class == class);
            (count > 0).then(|| Noted {
                class,
                count,
                since: known.map_or_else(|| ctx.now(), |noted| noted.since),
            })
        })
        .collect();
    if now == before {
        return Ok(());
    }
    // a list of words and numbers cannot fail to be written
    let text = serde_json::to_string(&now).unwrap_or_default();
    ctx.begun().await?;
    ctx.store.set_meta(&key(project), &text).await?;
    // so that it counts as something to tell
    ctx.store
        .put_facts(lease.fence(), project, &[], &[])
        .await?;
    Ok(())
}

/// What is held back of a project, for its digest.
pub(super) async fn held(
    store: &dyn Store,
    project: ProjectLinkId,
) -> Result<Vec<HeldClass>, store::Error> {
    let noted = noted(store, project).await?;
    let classes = noted.into_iter().map(|noted| HeldClass {
        class: noted.class,
        count: noted.count,
        since: Some(noted.since),
    });
    Ok(classes.collect())
}

async fn noted(store: &dyn Store, project: ProjectLinkId) -> Result<Vec<Noted>, store::Error> {
    let text = store.meta(&key(project)).await?;
    let noted = text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(noted.unwrap_or_default())
}
