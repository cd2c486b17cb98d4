//! Pairs of projects: asks the core which there are, and carries out what it says.

pub(crate) mod asking;
pub mod choose;
mod make;
mod wanted;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use http_kit::Kind;
use store::{
    Batch,
    row::{ProjectPhase, ProjectRow},
};
use sync_core::{
    Pair, Side,
    ids::{Millis, ProjectId, ProjectLinkId},
    project::{self, ProjectAction, SleepReason},
};

use crate::{
    codes,
    context::Context,
    error::Error,
    port::BoardProject,
    report::{Exit, Outcome, ProjectReport, Reached, Report},
    run::{Mode, named},
};

pub(crate) use asking::{is_called, plan, side_of};
pub(crate) use wanted::is_named;

/// A pair that is worked on, with both projects as their services show them.
#[derive(Clone, Debug)]
pub(crate) struct Paired {
    pub(crate) row: ProjectRow,
    pub(crate) boards: Pair<BoardProject>,
    /// Vibe's project is only planned: there is nothing to list on it.
    pub(crate) imagined: bool,
}

/// Which pairs there are in this run, after projects were linked, made, put to sleep or woken.
pub(crate) async fn pair(
    ctx: &Context,
    mode: &Mode,
    mut seen: Pair<Vec<BoardProject>>,
    report: &mut Report,
) -> Result<Vec<Paired>, Error> {
    let rows = ctx.store.projects().await?;
    let gone = missing(ctx, &rows, &mut seen).await?;
    let actions = plan(ctx, &rows, &seen, &gone);
    if actions.contains(&ProjectAction::OtherServer) {
        return Err(other_server());
    }
    let mut pairs = Pairs {
        ctx,
        mode,
        seen,
        rows: rows.into_iter().map(|row| (row.id, row)).collect(),
        imagined: BTreeSet::new(),
        unmade: BTreeSet::new(),
        report,
    };
    for action in &actions {
        pairs.take(action).await?;
    }
    let told: Vec<ProjectAction> = actions
        .into_iter()
        .filter(|action| pairs.is_told(action))
        .collect();
    pairs.report.project_actions.extend(told);
    Ok(pairs.finish())
}

/// Linked projects that no list shows are read by themselves; those that are there after all join the lists.
async fn missing(
    ctx: &Context,
    rows: &[ProjectRow],
    seen: &mut Pair<Vec<BoardProject>>,
) -> Result<Pair<Vec<ProjectId>>, Error> {
    let mut gone: Pair<Vec<ProjectId>> = Pair::default();
    for side in Side::ALL {
        for row in rows {
            let (Some(id), false) = (row.projects.side(side), row.phase == ProjectPhase::Left)
            else {
                continue;
            };
            if seen.side(side).iter().any(|project| project.id == *id) {
                continue;
            }
            match ctx
                .board(side)
                .project(id)
                .await
                .map_err(Error::service(side))?
            {
                Some(project) => seen.side_mut(side).push(project),
                None => gone.side_mut(side).push(id.clone()),
            }
        }
    }
    Ok(gone)
}

fn other_server() -> Error {
    Error::Service {
        side: Side::Vibe,
        source: http_kit::Error::new(Kind::Fatal, codes::OTHER_SERVER, "vibe", "(projects)")
            .with_detail(
                "none of the linked projects exists there: this is another server, or an empty one",
            ),
    }
}

/// The pairs of one run, on their way.
struct Pairs<'a> {
    ctx: &'a Context,
    mode: &'a Mode,
    seen: Pair<Vec<BoardProject>>,
    rows: BTreeMap<ProjectLinkId, ProjectRow>,
    /// Pairs whose Vibe project is only planned.
    imagined: BTreeSet<ProjectLinkId>,
    /// Huly projects for which nothing is made in this run: without issues (before the first one appears), or for a problem that is told.
    unmade: BTreeSet<ProjectId>,
    report: &'a mut Report,
}

impl Pairs<'_> {
    async fn take(&mut self, action: &ProjectAction) -> Result<(), Error> {
        match action {
            ProjectAction::Link { id, projects, .. } => {
                let Some(row) = self.new_row(*id, &projects.huly, Some(projects.vibe.clone()))
                else {
                    return Ok(());
                };
                self.store(row).await
            }
            ProjectAction::Create {
                id,
                huly,
                name,
                path,
            } => {
                if !self.wanted(huly) || self.is_empty(huly).await? {
                    return Ok(());
                }
                let Some(row) = self.new_row(*id, huly, None) else {
                    return Ok(());
                };
                if self.ctx.lease.is_none() {
                    self.imagine(row, name);
                    return Ok(());
                }
                match make::project(
                    self.ctx,
                    row,
                    name,
                    path.as_ref(),
                    &mut self.seen.vibe,
                    &self.rows,
                )
                .await?
                {
                    Ok(row) => {
                        self.rows.insert(row.id, row);
                    }
                    Err(problem) => {
                        self.unmade.insert(huly.clone());
                        self.problem(Some(huly), problem);
                    }
                }
                Ok(())
            }
            ProjectAction::Sleep { id, side, reason } => {
                let reason = match reason {
                    SleepReason::Archived => format!("the project is archived in {side}"),
                    SleepReason::NotMember => format!(
                        "{}: the account is no member of the project in {side}; join it there, then it goes on",
                        codes::NOT_A_MEMBER
                    ),
                };
                self.phase(*id, ProjectPhase::Asleep, &reason).await
            }
            ProjectAction::Wake { id } => self.phase(*id, ProjectPhase::Active, "").await,
            ProjectAction::Wait { id, gone } => {
                let reason = format!(
                    "{}: the project is gone in {gone}; nothing is done until you choose: `hvs project list`",
                    codes::PROJECT_GONE
                );
                self.phase(*id, ProjectPhase::Waiting, &reason).await
            }
            // Left alone in this run: `finish` finds no such project in the lists.
            // A repository is never changed by itself: told only.
            ProjectAction::Unseen { .. }
            | ProjectAction::OtherServer
            | ProjectAction::Repository { .. } => Ok(()),
            ProjectAction::Changed { id, fingerprint } => {
                let Some(row) = self.rows.get(id) else {
                    return Ok(());
                };
                self.store(ProjectRow {
                    fingerprint: Arc::clone(fingerprint),
                    ..row.clone()
                })
                .await
            }
            ProjectAction::Problem { huly, problem } => {
                let wanted = huly.as_ref().is_none_or(|huly| self.wanted(huly));
                if wanted {
                    self.problem(huly.as_ref(), (codes::PROJECT_PATH, problem.to_string()));
                }
                Ok(())
            }
        }
    }

    fn new_row(
        &self,
        id: ProjectLinkId,
        huly: &ProjectId,
        vibe: Option<ProjectId>,
    ) -> Option<ProjectRow> {
        let project = self.seen.huly.iter().find(|project| project.id == *huly)?;
        Some(ProjectRow {
            id,
            projects: Pair {
                huly: Some(huly.clone()),
                vibe,
            },
            label: project
                .label
                .clone()
                .unwrap_or_else(|| Arc::clone(&project.name)),
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

    async fn phase(
        &mut self,
        id: ProjectLinkId,
        phase: ProjectPhase,
        reason: &str,
    ) -> Result<(), Error> {
        let Some(row) = self.rows.get(&id) else {
            return Ok(());
        };
        let mut row = ProjectRow {
            phase,
            reason: reason.into(),
            ..row.clone()
        };
        if phase == ProjectPhase::Active {
            // One that wakes is first compared in full (design 3.6).
            row.watermark = Millis(0);
        }
        self.store(row).await
    }

    /// A run that only reads goes on as if the project had been made, empty.
    fn imagine(&mut self, row: ProjectRow, name: &Arc<str>) {
        let id = ProjectId::new(row.id.to_string());
        self.seen.vibe.push(BoardProject {
            id: id.clone(),
            label: None,
            name: Arc::clone(name),
            description: None,
            archived: false,
            member: true,
            repository: None,
            modified: None,
        });
        self.imagined.insert(row.id);
        let projects = Pair {
            vibe: Some(id),
            ..row.projects.clone()
        };
        self.rows.insert(row.id, ProjectRow { projects, ..row });
    }

    /// Remembers a row, in the store too where this run may write.
    async fn store(&mut self, row: ProjectRow) -> Result<(), Error> {
        if self.ctx.lease.is_some() && *self.mode != Mode::Plan {
            let batch = Batch {
                projects: vec![row.clone()],
                ..Batch::default()
            };
            self.ctx.store.write(self.ctx.fence()?, &batch).await?;
        }
        self.rows.insert(row.id, row);
        Ok(())
    }

    fn problem(&mut self, huly: Option<&ProjectId>, (code, message): (&'static str, String)) {
        let project = self
            .seen
            .huly
            .iter()
            .find(|project| Some(&project.id) == huly);
        self.report.exit = self.report.exit.and(Exit::Items);
        self.report.problem(Outcome {
            kind: Kind::Rejected,
            code: code.into(),
            side: None,
            item: project.map_or_else(
                || "".into(),
                |project| format!("project {}", project.name).into(),
            ),
            field: None,
            message: message.into(),
        });
    }

    /// Whether an action is news for people: done in this run, and more than something remembered.
    fn is_told(&self, action: &ProjectAction) -> bool {
        match action {
            ProjectAction::Changed { .. } => false,
            ProjectAction::Create { huly, .. } => self.wanted(huly) && !self.unmade.contains(huly),
            ProjectAction::Problem { huly, .. } => {
                huly.as_ref().is_none_or(|huly| self.wanted(huly))
            }
            ProjectAction::Link { .. }
            | ProjectAction::Sleep { .. }
            | ProjectAction::Wake { .. }
            | ProjectAction::Wait { .. }
            | ProjectAction::Unseen { .. }
            | ProjectAction::OtherServer
            | ProjectAction::Repository { .. } => true,
        }
    }

    /// The pairs to work on; the others are told.
    fn finish(self) -> Vec<Paired> {
        let mut pairs = Vec::new();
        for row in self.rows.values() {
            let find = |side: Side| {
                let id = row.projects.side(side).as_ref()?;
                self.seen
                    .side(side)
                    .iter()
                    .find(|project| project.id == *id)
                    .cloned()
            };
            let wanted = row
                .projects
                .huly
                .as_ref()
                .is_none_or(|huly| self.wanted(huly));
            match (wanted, row.phase, find(Side::Huly), find(Side::Vibe)) {
                (false, _, _, _) => {}
                (true, ProjectPhase::Active, Some(huly), Some(vibe)) => {
                    pairs.push(Paired {
                        row: row.clone(),
                        boards: Pair { huly, vibe },
                        imagined: self.imagined.contains(&row.id),
                    });
                }
                (true, phase, _, _) => self.report.projects.push(skipped(row, phase)),
            }
        }
        // Runs begin with the projects that waited longest.
        pairs.sort_by_key(|paired| (paired.row.synced_at, paired.row.id));
        pairs
    }
}

fn skipped(row: &ProjectRow, phase: ProjectPhase) -> ProjectReport {
    let mut report = named(row, None);
    report.reached = Reached::Skipped;
    report.reason = Arc::clone(&row.reason);
    match phase {
        ProjectPhase::Asleep | ProjectPhase::Left => {}
        // One that waits for a person, or is missing without proof, is not done.
        ProjectPhase::Waiting | ProjectPhase::Active => {
            // Where there is no counterpart yet, that was told, or none is needed: the project is empty.
            if row.projects.huly.is_some() && row.projects.vibe.is_some() {
                report.exit = Exit::Items;
            }
            if report.reason.is_empty() {
                report.reason =
                    "one of its projects is not listed; it is left alone this time".into();
            }
        }
    }
    report
}
