//! Another filter means that every item is judged anew: projects are compared in full, as if they were new.

use store::Batch;
use sync_core::{
    filter::Leaving,
    ids::Millis,
    link::Phase,
    plan::{Action, LinkPlan},
    rules::Directions,
};

use crate::{context::Context, error::Error, projects::Paired};

/// The store's row of the choice under which the last runs ended.
const CHOICE: &str = "choice";
/// The choice of a store that was made before anybody chose: everything.
const NONE: &str = "";

/// Compares everything in full where the choice is another one than the last run's. A choice for one run only is no choice of the
/// store: what it shows is read in full, and nothing is remembered.
pub(crate) async fn begin(ctx: &Context, paired: &mut [Paired]) -> Result<(), Error> {
    let choice = choice(ctx);
    let last = ctx.store.meta(CHOICE).await?;
    let changed = last.as_deref().unwrap_or(NONE) != choice;
    let once = match ctx.settings.leaving {
        Leaving::Stays => true,
        Leaving::Sleeps => false,
    };
    if !changed && !once {
        return Ok(());
    }
    for pair in paired {
        pair.row.watermark = Millis(0);
    }
    if once || ctx.lease.is_none() {
        return Ok(());
    }
    // first the watermarks: after a crash between the two they are set back once more
    forget_watermarks(ctx).await?;
    ctx.store.set_meta(CHOICE, &choice).await?;
    Ok(())
}

/// Lets every pair of projects be compared in full, whatever becomes of this run.
pub(crate) async fn forget_watermarks(ctx: &Context) -> Result<(), Error> {
    let mut batch = Batch::default();
    for mut row in ctx.store.projects().await? {
        if row.watermark > Millis(0) {
            row.watermark = Millis(0);
            batch.projects.push(row);
        }
    }
    if !batch.is_empty() {
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok(())
}

/// After a run with a choice of its own that woke a link: the next ordinary run judges everything anew.
pub(crate) async fn again(ctx: &Context, plans: &[LinkPlan]) -> Result<(), Error> {
    let woken = plans
        .iter()
        .flat_map(|plan| &plan.actions)
        .any(|action| matches!(action, Action::Phase(change) if change.to == Phase::Active));
    if !woken || ctx.lease.is_none() || ctx.settings.leaving == Leaving::Sleeps {
        return Ok(());
    }
    ctx.store.set_meta(CHOICE, "once").await?;
    Ok(())
}

/// What decides which items and fields are looked at; empty where everything is.
fn choice(ctx: &Context) -> String {
    let settings = &ctx.settings;
    let filter = if settings.filter.is_on_items() {
        settings.filter.fingerprint()
    } else {
        NONE.to_owned()
    };
    let everywhere = settings.policies.direction;
    let own = settings
        .projects
        .iter()
        .filter(|(_, project)| project.fields.over(everywhere) != everywhere)
        .map(|(name, project)| format!("{name}:{:?};", project.fields));
    let own: String = own.collect();
    if own.is_empty() && everywhere == Directions::default() {
        return filter;
    }
    format!("{filter}|{everywhere:?}|{own}")
}
