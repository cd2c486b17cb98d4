//! Names in a filter that no server knows are an error before anything is written.

use std::sync::Arc;

use sync_core::{
    Side,
    filter::{Filter, Known, UnknownName, unknown_names},
};

use crate::{
    context::Context,
    error::Error,
    lease::millis,
    port::{Answer, Board, BoardProject, Names},
    workflow,
};

/// The store's row of the filter whose names were found, and when: `<fingerprint>@<milliseconds>`.
const CHECKED: &str = "filter_checked";

/// Refuses a filter with names that do not exist. A filter that was checked is not checked again for a day (as long as statuses are
/// held to be fresh), so a quiet run asks nothing for it.
pub(crate) async fn names(ctx: &Context, huly: &[BoardProject]) -> Result<(), Error> {
    let filter = &ctx.settings.filter;
    if *filter == Filter::default() {
        return Ok(());
    }
    let print = format!("{}{:?}", filter.fingerprint(), filter.projects);
    if is_fresh(ctx, &print).await? {
        return Ok(());
    }
    let known = known(ctx.board(Side::Huly), filter, huly)
        .await
        .map_err(Error::service(Side::Huly))?;
    let unknown = unknown_names(filter, &known);
    if !unknown.is_empty() {
        return Err(Error::Filter(unknown));
    }
    if ctx.lease.is_some() {
        let row = format!("{print}@{}", ctx.now().0);
        ctx.store.set_meta(CHECKED, &row).await?;
    }
    Ok(())
}

async fn is_fresh(ctx: &Context, print: &str) -> Result<bool, Error> {
    let Some(row) = ctx.store.meta(CHECKED).await? else {
        return Ok(false);
    };
    let at = row
        .strip_prefix(print)
        .and_then(|rest| rest.strip_prefix('@'))
        .and_then(|at| at.parse::<i64>().ok());
    let age = at.map(|at| ctx.now().0.saturating_sub(at));
    Ok(age.is_some_and(|age| (0..millis(ctx.settings.full_compare_every).0).contains(&age)))
}

/// What the server knows of the kinds of names that the filter uses.
pub(crate) async fn known(
    board: &dyn Board,
    filter: &Filter,
    huly: &[BoardProject],
) -> Answer<Known> {
    let projects = huly.iter().flat_map(|project| {
        let id: Arc<str> = project.id.as_str().into();
        project
            .label
            .clone()
            .into_iter()
            .chain([Arc::clone(&project.name), id])
    });
    let mut known = Known {
        projects: Some(projects.collect()),
        ..Known::default()
    };
    if !filter.statuses.is_empty() {
        let mut names = Vec::new();
        for project in huly.iter().filter(|project| !project.archived) {
            names.extend(workflow::status_names(&board.statuses(project).await?));
        }
        names.sort();
        names.dedup();
        known.statuses = Some(names);
    }
    if !filter.labels.is_empty() || !filter.assignees.is_empty() {
        let Names { labels, people } = board.names().await?;
        known.labels = labels;
        known.people = people;
    }
    Ok(known)
}

/// Unknown names in words.
pub(crate) fn told(unknown: &[UnknownName]) -> String {
    let one = |unknown: &UnknownName| {
        let near: Vec<String> = unknown
            .nearest
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let near = if near.is_empty() {
            String::new()
        } else {
            format!(" (nearest: {})", near.join(", "))
        };
        format!(
            "`{}` names `{}`, which is not there{near}",
            unknown.key, unknown.name
        )
    };
    unknown.iter().map(one).collect::<Vec<_>>().join("; ")
}
