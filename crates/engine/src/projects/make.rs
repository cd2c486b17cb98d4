//! Making a Vibe project: an intent like every other write; after a lost answer it is looked for, never repeated blindly (issue 6a).

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::Arc,
};

use http_kit::Kind;
use store::{
    Batch,
    row::{Intent, IntentState, ProjectRow},
};
use sync_core::{
    Side,
    ids::{IntentKey, ProjectId, ProjectLinkId},
};

use crate::{
    codes,
    context::Context,
    error::Error,
    port::{BoardProject, NewProject},
    recover,
    settle::words,
};

/// What people are told of a project that could not be made.
pub(super) type Problem = (&'static str, String);

/// Makes the Vibe project of a pair, or adopts the one that an earlier try made.
pub(super) async fn project(
    ctx: &Context,
    row: ProjectRow,
    name: &Arc<str>,
    path: Option<&Arc<str>>,
    seen: &mut Vec<BoardProject>,
    rows: &BTreeMap<ProjectLinkId, ProjectRow>,
) -> Result<Result<ProjectRow, Problem>, Error> {
    if let Some(problem) = path.and_then(|path| leads_out(ctx, path)) {
        return Ok(Err(problem));
    }
    let new = NewProject {
        name: Arc::clone(name),
        repository: path.cloned(),
    };
    let key = IntentKey::project(row.id);
    let taken: Vec<ProjectId> = rows
        .values()
        .filter_map(|row| row.projects.vibe.clone())
        .collect();
    let mut intent = match ctx.store.intent(key).await? {
        Some(earlier) if earlier.state == IntentState::Sent => {
            // The answer of an earlier try was lost: look, wait out what may still land, and look again.
            if let Some(found) = find(&new, seen, &before(&earlier), &taken) {
                return adopt(ctx, row, earlier, found).await.map(Ok);
            }
            recover::wait_out(ctx, earlier.sent_at).await;
            *seen = ctx
                .board(Side::Vibe)
                .projects()
                .await
                .map_err(Error::service(Side::Vibe))?;
            if let Some(found) = find(&new, seen, &before(&earlier), &taken) {
                return adopt(ctx, row, earlier, found).await.map(Ok);
            }
            earlier
        }
        Some(_) | None => {
            if let Some(problem) = cut_short(ctx, seen).await? {
                return Ok(Err(problem));
            }
            intent(ctx, &row, key, &new, seen)
        }
    };
    let planned = Batch {
        projects: vec![row.clone()],
        intents: vec![intent.clone()],
        ..Batch::default()
    };
    ctx.begun().await?;
    ctx.store.write(ctx.fence()?, &planned).await?;
    intent.state = IntentState::Sent;
    intent.attempt = intent.attempt.saturating_add(1);
    intent.sent_at = Some(ctx.now());
    ctx.store
        .advance(ctx.fence()?, std::slice::from_ref(&intent))
        .await?;
    ctx.may_write()?;
    match ctx.board(Side::Vibe).create_project(&new).await {
        Ok(made) => {
            seen.push(made.clone());
            adopt(ctx, row, intent, &made).await.map(Ok)
        }
        Err(error) => after_error(ctx, row, intent, &new, seen, &taken, error).await,
    }
}

/// A list that was cut short shows too few projects, and a second one of the same name would be made: the list is read once more
/// right before that, and where the two differ nothing is made in this run.
async fn cut_short(ctx: &Context, seen: &[BoardProject]) -> Result<Option<Problem>, Error> {
    let again = ctx
        .board(Side::Vibe)
        .projects()
        .await
        .map_err(Error::service(Side::Vibe))?;
    let known: HashSet<&ProjectId> = seen.iter().map(|project| &project.id).collect();
    let is_same = again.len() == seen.len() && again.iter().all(|one| known.contains(&one.id));
    Ok((!is_same).then(|| {
        let words = "its Vibe project was not made: two lists of projects, one right after the other, differ";
        (codes::PROJECTS_DIFFER, words.to_owned())
    }))
}

async fn after_error(
    ctx: &Context,
    row: ProjectRow,
    mut intent: Intent,
    new: &NewProject,
    seen: &mut Vec<BoardProject>,
    taken: &[ProjectId],
    error: http_kit::Error,
) -> Result<Result<ProjectRow, Problem>, Error> {
    match error.kind() {
        Kind::Unknown | Kind::Conflict => {
            *seen = ctx
                .board(Side::Vibe)
                .projects()
                .await
                .map_err(Error::service(Side::Vibe))?;
            if let Some(found) = find(new, seen, &before(&intent), taken).cloned() {
                return adopt(ctx, row, intent, &found).await.map(Ok);
            }
            if error.kind() == Kind::Conflict {
                finish(ctx, &mut intent, IntentState::Failed, &error).await?;
            }
        }
        Kind::Transient | Kind::Rejected => {
            finish(ctx, &mut intent, IntentState::Failed, &error).await?;
        }
        Kind::Fatal => {
            finish(ctx, &mut intent, IntentState::Failed, &error).await?;
            return Err(Error::Service {
                side: Side::Vibe,
                source: error,
            });
        }
    }
    Ok(Err((
        error.code(),
        format!("its Vibe project could not be made: {}", words(&error)),
    )))
}

async fn finish(
    ctx: &Context,
    intent: &mut Intent,
    state: IntentState,
    error: &http_kit::Error,
) -> Result<(), Error> {
    intent.state = state;
    intent.error = Some(error.code().into());
    let batch = Batch {
        intents: vec![intent.clone()],
        ..Batch::default()
    };
    ctx.store.write(ctx.fence()?, &batch).await?;
    Ok(())
}

async fn adopt(
    ctx: &Context,
    mut row: ProjectRow,
    mut intent: Intent,
    made: &BoardProject,
) -> Result<ProjectRow, Error> {
    row.projects.vibe = Some(made.id.clone());
    intent.state = IntentState::Done;
    let batch = Batch {
        projects: vec![row.clone()],
        intents: vec![intent],
        ..Batch::default()
    };
    ctx.store.write(ctx.fence()?, &batch).await?;
    Ok(row)
}

fn intent(
    ctx: &Context,
    row: &ProjectRow,
    key: IntentKey,
    new: &NewProject,
    seen: &[BoardProject],
) -> Intent {
    let before: Vec<&str> = seen.iter().map(|project| project.id.as_str()).collect();
    Intent {
        key,
        project: row.id,
        link: None,
        side: Side::Vibe,
        kind: "create_project".into(),
        state: IntentState::Planned,
        payload: serde_json::json!({ "name": new.name, "repository": new.repository }),
        prepared: Some(serde_json::json!({ "before": before })),
        write_id: None,
        attempt: 0,
        run: ctx.run,
        planned_at: ctx.now(),
        sent_at: None,
        error: None,
    }
}

/// The ids of the projects that stood before the create was sent.
fn before(intent: &Intent) -> Vec<String> {
    let ids = intent
        .prepared
        .as_ref()
        .and_then(|prepared| prepared.get("before"));
    ids.and_then(|ids| serde_json::from_value(ids.clone()).ok())
        .unwrap_or_default()
}

/// The project that a create made: by its repository, which no two projects share where one is needed, or as the one of that name that
/// did not stand before.
fn find<'a>(
    new: &NewProject,
    seen: &'a [BoardProject],
    before: &[String],
    taken: &[ProjectId],
) -> Option<&'a BoardProject> {
    let free = || seen.iter().filter(|project| !taken.contains(&project.id));
    let by_path =
        free().find(|project| new.repository.is_some() && project.repository == new.repository);
    by_path.or_else(|| {
        free().find(|project| {
            project.name == new.name && !before.iter().any(|id| id == project.id.as_str())
        })
    })
}

/// Whether a path that exists on this machine leads out of the allowed roots by a symbolic link. A path that does not exist here is
/// the service's business: it may run elsewhere.
fn leads_out(ctx: &Context, path: &str) -> Option<Problem> {
    let real = Path::new(path).canonicalize().ok()?;
    let inside = ctx
        .settings
        .repo_roots
        .iter()
        .any(|root| real.starts_with(root.canonicalize().as_deref().unwrap_or(root)));
    (!inside).then(|| {
        (
            codes::PROJECT_PATH,
            format!("the repository path {path} leads out of `vibe.repo_roots` by a symbolic link"),
        )
    })
}
