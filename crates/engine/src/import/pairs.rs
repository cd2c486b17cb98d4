//! Which projects are pairs: by the store, by the configuration, by the predecessor's own ids, by name.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use store::{
    predecessor::{ProjectState, State},
    row::{ProjectPhase, ProjectRow},
};
use sync_core::{
    Pair, Side,
    ids::{Millis, ProjectId, ProjectLinkId},
    project::{self, ProjectAction},
};

use crate::{
    context::Context,
    error::Error,
    port::BoardProject,
    projects::{is_called, plan, side_of},
};

/// A pair to look at.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) row: ProjectRow,
    pub(super) boards: Pair<BoardProject>,
    /// Not in the store yet.
    pub(super) is_new: bool,
}

/// All of them, and what was noticed on the way.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) pairs: Vec<Found>,
    pub(super) paths: BTreeMap<Arc<str>, Arc<str>>,
    pub(super) notices: Vec<Arc<str>>,
}

/// Where the predecessor put projects without a repository: no path that anybody would want.
const PLACEHOLDERS: &str = "huly-sync-placeholders";

pub(super) async fn find(ctx: &Context, state: &State) -> Result<Looked, Error> {
    let seen = Pair {
        huly: ctx
            .board(Side::Huly)
            .projects()
            .await
            .map_err(Error::service(Side::Huly))?,
        vibe: ctx
            .board(Side::Vibe)
            .projects()
            .await
            .map_err(Error::service(Side::Vibe))?,
    };
    let stored = ctx.store.projects().await?;
    let mut found = Looked::default();
    let mut rows = stored.clone();
    rows.extend(by_ids(ctx, state, &seen, &stored, &mut found));
    let named = plan(ctx, &rows, &seen, &Pair::default())
        .into_iter()
        .filter_map(|action| match action {
            ProjectAction::Link { id, projects, .. } => {
                row(&seen, id, &projects.huly, &projects.vibe)
            }
            _ => None,
        });
    let named: Vec<ProjectRow> = named.collect();
    rows.extend(named);
    for row in rows {
        let find = |side: Side| {
            let id = row.projects.side(side).as_ref()?;
            seen.side(side)
                .iter()
                .find(|project| project.id == *id)
                .cloned()
        };
        let (Some(huly), Some(vibe)) = (find(Side::Huly), find(Side::Vibe)) else {
            continue;
        };
        if row.phase != ProjectPhase::Active || is_skipped(ctx, &huly) {
            continue;
        }
        found.pairs.push(Found {
            is_new: !stored.iter().any(|known| known.id == row.id),
            row,
            boards: Pair { huly, vibe },
        });
    }
    found.pairs.sort_by(|a, b| a.row.label.cmp(&b.row.label));
    found.paths = paths(ctx, state, &seen.huly);
    Ok(found)
}

/// Pairs by the ids that the predecessor stored. It never matched by them, so they are taken only where both projects are
/// there, neither belongs to another pair, and no other project of the predecessor's names the same one.
fn by_ids(
    ctx: &Context,
    state: &State,
    seen: &Pair<Vec<BoardProject>>,
    stored: &[ProjectRow],
    found: &mut Looked,
) -> Vec<ProjectRow> {
    let mut claimed: HashMap<&str, u32> = HashMap::new();
    for vibe in state
        .projects
        .iter()
        .filter_map(|project| project.vibe.as_deref())
    {
        *claimed.entry(vibe).or_default() += 1;
    }
    let is_paired = |side: Side, id: &ProjectId| {
        stored
            .iter()
            .any(|row| row.projects.side(side).as_ref() == Some(id))
    };
    let mut rows: Vec<ProjectRow> = Vec::new();
    for project in &state.projects {
        let Some(vibe) = project.vibe.as_deref() else {
            continue;
        };
        let Some(huly) = seen.huly.iter().find(|huly| is_meant(huly, project)) else {
            continue;
        };
        let vibe_project = seen.vibe.iter().find(|there| there.id.as_str() == vibe);
        let configured = ctx
            .settings
            .projects
            .iter()
            .any(|(name, settings)| settings.vibe.is_some() && is_called(&side_of(huly), name));
        let resting = huly.archived || !huly.member;
        let (Some(vibe_project), false, false) = (vibe_project, configured, resting) else {
            continue;
        };
        if claimed.get(vibe).copied().unwrap_or_default() > 1 {
            found.notices.push(
                format!(
                    "{}: several projects of the predecessor's share the Vibe project {}: which one it belongs to is left to its name, or to `vibe` in [[project]]",
                    project.identifier, vibe_project.name
                )
                .into(),
            );
            continue;
        }
        let taken = rows
            .iter()
            .any(|row| row.projects.huly.as_ref() == Some(&huly.id));
        if taken || is_paired(Side::Huly, &huly.id) || is_paired(Side::Vibe, &vibe_project.id) {
            continue;
        }
        let id = ProjectLinkId::derive(ctx.workspace, &huly.id);
        rows.extend(row(seen, id, &huly.id, &vibe_project.id));
    }
    rows
}

fn is_meant(huly: &BoardProject, project: &ProjectState) -> bool {
    match &huly.label {
        Some(label) => **label == *project.identifier,
        None => *huly.name == *project.identifier,
    }
}

fn is_skipped(ctx: &Context, huly: &BoardProject) -> bool {
    ctx.settings
        .projects
        .iter()
        .any(|(name, settings)| settings.skip && is_called(&side_of(huly), name))
}

/// A new pair, which the next run lists in full.
fn row(
    seen: &Pair<Vec<BoardProject>>,
    id: ProjectLinkId,
    huly: &ProjectId,
    vibe: &ProjectId,
) -> Option<ProjectRow> {
    let project = seen.huly.iter().find(|project| project.id == *huly)?;
    let label = project.label.as_ref().unwrap_or(&project.name);
    Some(ProjectRow {
        id,
        projects: Pair {
            huly: Some(huly.clone()),
            vibe: Some(vibe.clone()),
        },
        label: Arc::clone(label),
        name: Arc::clone(&project.name),
        phase: ProjectPhase::Active,
        reason: "".into(),
        first_sync_done: false,
        watermark: Millis(0),
        compared_at: Millis(0),
        synced_at: Millis(0),
        fingerprint: project::fingerprint(&side_of(project)).into(),
    })
}

/// Repository paths that only the predecessor knows.
fn paths(ctx: &Context, state: &State, huly: &[BoardProject]) -> BTreeMap<Arc<str>, Arc<str>> {
    let known = |project: &BoardProject| {
        let described = project.description.as_deref().and_then(project::path_of);
        let configured = ctx.settings.projects.iter().any(|(name, settings)| {
            settings.repository.is_some() && is_called(&side_of(project), name)
        });
        described.is_some() || configured
    };
    state
        .projects
        .iter()
        .filter_map(|project| {
            let path = project.path.as_deref()?;
            let there = huly.iter().find(|huly| is_meant(huly, project))?;
            let of_use = !path.contains(PLACEHOLDERS) && !known(there);
            of_use.then(|| (project.identifier.as_str().into(), path.into()))
        })
        .collect()
}
