//! A person's choice for a pair of projects that waits: one was deleted as a whole, or a service was restored (design 3.6, 3.7).

mod recreate;
mod which;

use std::sync::Arc;

use http_kit::Kind;
use serde::Serialize;
use store::{
    Batch,
    port::Operation,
    row::{Deed, ProjectPhase, ProjectRow},
};
use sync_core::{
    Pair, Side,
    ids::{LinkId, Millis, ProjectId},
    link::Link,
};

use crate::{
    codes,
    context::{Context, Stop},
    error::Error,
    port::BoardProject,
    report::{Outcome, ProjectReport, Reached, Report},
    run::{Engine, fail, named},
    turn, unlink,
};

use which::{called, unfit};

/// Links of one transaction.
const LINKS_PER_BATCH: usize = 500;

/// What becomes of a pair of projects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Both projects are there (again): the links go on. Everything is compared afresh and nothing is overwritten unkept.
    Relink,
    /// What is missing is made again from the other side: in a new project, in the one of this name, or where it was.
    Recreate {
        /// The project's name, identifier or id; `None` has Vibe's made, or takes the one that is there.
        into: Option<String>,
    },
    /// The deletion of the project is carried over: the linked items of the other side are deleted, under the guard.
    Mirror,
    /// The pair is left alone from now on: footers and links go, no item is touched.
    Unlink,
    /// What the restored service shows counts as it is: differences are edits, missing items were deleted.
    Trust,
}

impl Choice {
    /// The word on the command line.
    pub const fn word(&self) -> &'static str {
        match self {
            Choice::Relink => "relink",
            Choice::Recreate { .. } => "recreate",
            Choice::Mirror => "mirror",
            Choice::Unlink => "unlink",
            Choice::Trust => "trust",
        }
    }
}

/// What a choice came to, or would.
#[derive(Debug, Default, Serialize)]
pub struct Chosen {
    /// Huly's identifier; `None`: no pair of that name.
    pub project: Option<Arc<str>>,
    /// Its links.
    pub links: u64,
    /// Links or items that the choice changes.
    pub changes: u64,
    /// In words.
    pub effect: String,
}

impl Engine {
    /// Carries a choice out, or only counts what it would do. `who` is kept with it; `accept` names sets that a guard held back.
    pub async fn choose(
        &self,
        project: &str,
        choice: &Choice,
        who: &str,
        accept: &[String],
        carry_out: bool,
        stop: &Stop,
    ) -> (Report, Chosen) {
        self.aside(
            "choose",
            carry_out,
            stop,
            async |ctx, report, chosen: &mut Chosen| {
                let mut found = called(ctx.store.projects().await?, project);
                let Some(row) = found.pop() else {
                    return Ok(());
                };
                chosen.project = Some(Arc::clone(&row.label));
                let mut turn = named(&row, None);
                if let Some(words) = unfit(&row, &found, choice) {
                    refuse(&mut turn, codes::CHOICE_REFUSED, &words);
                    report.exit = report.exit.and(turn.exit);
                    report.projects.push(turn);
                    return Ok(());
                }
                let choosing = Choosing {
                    ctx,
                    row: &row,
                    boards: boards(ctx, &row).await?,
                    links: ctx.store.links(row.id).await?,
                };
                chosen.links = choosing.links.len() as u64;
                let done = choosing.carry_out(choice, accept, chosen, &mut turn).await;
                let is_whole = done.is_ok() && turn.problem_count == 0 && turn.held.is_empty();
                turn.reached = match done {
                    Ok(()) => Reached::Processed,
                    Err(_) => Reached::Failed,
                };
                report.exit = report.exit.and(turn.exit);
                report.projects.push(turn);
                // What was refused was not begun.
                let is_begun = done.is_err() || !chosen.effect.is_empty();
                let kept = if is_begun && ctx.lease.is_some() {
                    keep(ctx, &row, (choice, chosen), who, is_whole).await
                } else {
                    Ok(())
                };
                if let (Err(_), Err(error)) = (&done, &kept) {
                    fail(report, error);
                }
                done.and(kept)
            },
        )
        .await
    }
}

/// To carry the deletion of a Vibe project over, or to make it again, is only a choice on the server that had it: at a wrong address
/// no linked project exists at all (design 3.6). Huly's workspace is known by its id.
async fn same_server(ctx: &Context) -> Result<(), Error> {
    let board = ctx.board(Side::Vibe);
    let linked: Vec<ProjectId> = ctx
        .store
        .projects()
        .await?
        .into_iter()
        .filter_map(|row| row.projects.vibe)
        .collect();
    let listed = board.projects().await.map_err(Error::service(Side::Vibe))?;
    if listed.iter().any(|project| linked.contains(&project.id)) {
        return Ok(());
    }
    for id in linked {
        let read = board.project(&id).await;
        if read.map_err(Error::service(Side::Vibe))?.is_some() {
            return Ok(());
        }
    }
    Err(super::other_server())
}

/// Both projects by their own reads.
async fn boards(ctx: &Context, row: &ProjectRow) -> Result<Pair<Option<BoardProject>>, Error> {
    let mut boards: Pair<Option<BoardProject>> = Pair::default();
    for side in Side::ALL {
        if let Some(id) = row.projects.side(side) {
            let read = ctx.board(side).project(id).await;
            *boards.side_mut(side) = read.map_err(Error::service(side))?;
        }
    }
    Ok(boards)
}

/// Every choice is kept with who made it and what came of it, one that was broken off too.
async fn keep(
    ctx: &Context,
    row: &ProjectRow,
    (choice, chosen): (&Choice, &Chosen),
    who: &str,
    is_whole: bool,
) -> Result<(), Error> {
    let what = match &*chosen.effect {
        "" => "broken off",
        effect => effect,
    };
    let end = if is_whole { "" } else { ", not to its end" };
    let effect = format!("{}: {what}; run {}{end}", choice.word(), ctx.run);
    let deed = Deed {
        at: ctx.now(),
        who: who.into(),
        kind: "choose".into(),
        project: Some(row.id),
        link: None,
        item: Arc::clone(&row.label),
        effect: effect.into(),
    };
    let operation = Operation {
        deeds: vec![deed],
        ..Operation::default()
    };
    Ok(ctx.store.operate(&operation, ctx.now()).await?)
}

struct Choosing<'a> {
    ctx: &'a Context,
    row: &'a ProjectRow,
    /// As they are now.
    boards: Pair<Option<BoardProject>>,
    links: Vec<Link>,
}

impl Choosing<'_> {
    async fn carry_out(
        &self,
        choice: &Choice,
        accept: &[String],
        chosen: &mut Chosen,
        turn: &mut ProjectReport,
    ) -> Result<(), Error> {
        if unlink::unsettled(self.ctx, &self.links).await? > 0 {
            refuse(
                turn,
                codes::UNSETTLED,
                "an interrupted run left writes whose outcome is not known",
            );
            return Ok(());
        }
        if matches!(choice, Choice::Recreate { .. } | Choice::Mirror)
            && self.gone() == Some(Side::Vibe)
        {
            same_server(self.ctx).await?;
        }
        match choice {
            Choice::Relink => self.go_on(false, chosen, turn).await,
            Choice::Trust => self.go_on(true, chosen, turn).await,
            Choice::Recreate { into } => self.recreate(into.as_deref(), chosen, turn).await,
            Choice::Mirror => self.mirror(accept, chosen, turn).await,
            Choice::Unlink => self.unlink(chosen, turn).await,
        }
    }

    /// The side whose project is gone.
    fn gone(&self) -> Option<Side> {
        Side::ALL.into_iter().find(|side| {
            self.row.projects.side(*side).is_some() && self.boards.side(*side).is_none()
        })
    }

    /// Both projects are there: the links go on, with the mark. With `trust` what they show now is where comparing with the past
    /// begins, so that it is not taken for a restored service again.
    async fn go_on(
        &self,
        trust: bool,
        chosen: &mut Chosen,
        turn: &mut ProjectReport,
    ) -> Result<(), Error> {
        if let Some(side) = self.gone() {
            let words = format!(
                "its {} project is still gone: bring it back there, or choose another way",
                side.title()
            );
            refuse(turn, codes::CHOICE_REFUSED, &words);
            return Ok(());
        }
        let changed: Vec<Link> = self
            .links
            .iter()
            .map(|link| Link {
                rebuilt: true,
                made: if trust { Millis(0) } else { link.made },
                stamp: link.stamp.filter(|_| !trust),
                version: link.version.saturating_add(1),
                ..link.clone()
            })
            .collect();
        chosen.changes = changed.len() as u64;
        "the links go on; everything is compared afresh, and what gives way is kept"
            .clone_into(&mut chosen.effect);
        let row = ProjectRow {
            phase: ProjectPhase::Active,
            reason: "".into(),
            watermark: Millis(0),
            ..self.row.clone()
        };
        self.store(changed, Vec::new(), row).await
    }

    async fn mirror(
        &self,
        accept: &[String],
        chosen: &mut Chosen,
        turn: &mut ProjectReport,
    ) -> Result<(), Error> {
        let (Some(gone), Some(stands)) = (self.gone(), self.gone().map(Side::opposite)) else {
            refuse(
                turn,
                codes::CHOICE_REFUSED,
                "both of its projects are there: nothing is to be mirrored",
            );
            return Ok(());
        };
        let Some(board) = self.boards.side(stands) else {
            refuse(
                turn,
                codes::CHOICE_REFUSED,
                "both of its projects are gone: choose unlink",
            );
            return Ok(());
        };
        chosen.effect = format!("linked items are deleted in {}", stands.title());
        let left = turn::mirror(self.ctx, self.row, (gone, board), accept, turn).await?;
        chosen.changes = left.wanted;
        chosen.effect = format!("{} items are deleted in {}", left.wanted, stands.title());
        if left.links == 0 && self.ctx.lease.is_some() {
            self.store(Vec::new(), Vec::new(), self.left()).await?;
        }
        Ok(())
    }

    async fn unlink(&self, chosen: &mut Chosen, turn: &mut ProjectReport) -> Result<(), Error> {
        let mut row = self.row.clone();
        for side in Side::ALL {
            if self.boards.side(side).is_none() {
                *row.projects.side_mut(side) = None;
            }
        }
        let mut counts = unlink::UnlinkedProject::default();
        let done = unlink::project(self.ctx, &row, &mut counts, turn).await;
        chosen.changes = counts.links;
        chosen.effect = format!(
            "{} footers and {} links go, no item is touched, and the pair is left alone",
            counts.footers, counts.links
        );
        done?;
        if self.ctx.lease.is_some() && turn.problems.is_empty() {
            self.store(Vec::new(), Vec::new(), self.left()).await?;
        }
        Ok(())
    }

    fn left(&self) -> ProjectRow {
        ProjectRow {
            phase: ProjectPhase::Left,
            reason: "left by a person's choice".into(),
            watermark: Millis(0),
            ..self.row.clone()
        }
    }

    /// Writes links, then the row: one that is cut off in between still waits, and is chosen for again.
    async fn store(
        &self,
        links: Vec<Link>,
        forget: Vec<LinkId>,
        row: ProjectRow,
    ) -> Result<(), Error> {
        if self.ctx.lease.is_none() {
            return Ok(());
        }
        let fence = self.ctx.fence()?;
        for chunk in links.chunks(LINKS_PER_BATCH) {
            let batch = Batch {
                links: chunk.iter().map(|link| (row.id, link.clone())).collect(),
                ..Batch::default()
            };
            self.ctx.store.write(fence, &batch).await?;
        }
        let batch = Batch {
            projects: vec![row],
            forget,
            ..Batch::default()
        };
        Ok(self.ctx.store.write(fence, &batch).await?)
    }
}

fn refuse(turn: &mut ProjectReport, code: &'static str, words: &str) {
    turn.problem(Outcome {
        kind: Kind::Rejected,
        code: code.into(),
        side: None,
        item: format!("project {}", turn.label).into(),
        field: None,
        message: words.into(),
    });
}
