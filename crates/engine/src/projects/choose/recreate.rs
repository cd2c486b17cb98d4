//! What is missing is made again from the other side.

use std::collections::HashSet;

use store::row::{ProjectPhase, ProjectRow};
use sync_core::{
    Pair, Side,
    ids::{ItemId, Millis, ProjectId},
    item::{FieldSet, Values},
    link::{Link, fold},
};

use super::{Choosing, Chosen, refuse};
use crate::{codes, error::Error, observe, port::BoardProject, report::ProjectReport};

/// What is made again: items of each side, and the projects in which that is done.
struct Again {
    missing: Pair<HashSet<ItemId>>,
    projects: Pair<Option<ProjectId>>,
}

impl Choosing<'_> {
    pub(super) async fn recreate(
        &self,
        into: Option<&str>,
        chosen: &mut Chosen,
        turn: &mut ProjectReport,
    ) -> Result<(), Error> {
        let again = match self.gone() {
            Some(side) => self.whole(side, into, turn).await?,
            None => self.missing(turn).await?,
        };
        let Some(again) = again else { return Ok(()) };
        if again.missing.iter().all(|(_, items)| items.is_empty()) {
            "nothing is missing".clone_into(&mut chosen.effect);
            return self.go_on(true, chosen, turn).await;
        }
        let (mut changed, mut forgotten) = (Vec::new(), Vec::new());
        let mut made: Pair<usize> = Pair::default();
        for link in &self.links {
            let is_missing = |side: &Side| {
                let item = link.items.side(*side).as_ref();
                item.is_some_and(|item| again.missing.side(*side).contains(item))
            };
            let sides: Vec<Side> = Side::ALL.into_iter().filter(is_missing).collect();
            let next = sides
                .iter()
                .fold(link.clone(), |link, side| without(&link, *side));
            if next.is_over() {
                forgotten.push(link.id);
            } else if let [side] = sides[..] {
                *made.side_mut(side) += 1;
                changed.push(next);
            }
        }
        chosen.changes = changed.len() as u64;
        chosen.effect = told(made, forgotten.len());
        let row = ProjectRow {
            phase: ProjectPhase::Active,
            reason: "".into(),
            watermark: Millis(0),
            // Many creates at once are what was asked for.
            first_sync_done: false,
            projects: again.projects,
            ..self.row.clone()
        };
        self.store(changed, forgotten, row).await
    }

    /// Everything that was linked in a project that is gone.
    async fn whole(
        &self,
        side: Side,
        into: Option<&str>,
        turn: &mut ProjectReport,
    ) -> Result<Option<Again>, Error> {
        if self.boards.side(side.opposite()).is_none() {
            let words = "both of its projects are gone: choose unlink";
            refuse(turn, codes::CHOICE_REFUSED, words);
            return Ok(None);
        }
        let Some(project) = self.target(side, into, turn).await? else {
            return Ok(None);
        };
        let all = self.links.iter();
        let all = all.filter_map(|link| link.items.side(side).clone());
        let mut again = Again {
            missing: Pair::default(),
            projects: self.row.projects.clone(),
        };
        *again.missing.side_mut(side) = all.collect();
        *again.projects.side_mut(side) = project;
        Ok(Some(again))
    }

    /// The project in which everything is made again: `Some(None)` has it made.
    async fn target(
        &self,
        side: Side,
        into: Option<&str>,
        turn: &mut ProjectReport,
    ) -> Result<Option<Option<ProjectId>>, Error> {
        let Some(name) = into else {
            if side == Side::Vibe {
                return Ok(Some(None));
            }
            refuse(
                turn,
                codes::CHOICE_REFUSED,
                "projects are made by people in Huly: make it there, and name it with `--into`",
            );
            return Ok(None);
        };
        let board = self.ctx.board(side);
        let all = board.projects().await.map_err(Error::service(side))?;
        let wanted = fold(name);
        let found: Vec<&BoardProject> = all
            .iter()
            .filter(|project| {
                let label = project.label.as_deref();
                project.id.as_str() == name
                    || label.is_some_and(|label| fold(label) == wanted)
                    || fold(&project.name) == wanted
            })
            .collect();
        let [project] = found.as_slice() else {
            let words = format!("{} has not exactly one project called {name}", side.title());
            refuse(turn, codes::CHOICE_REFUSED, &words);
            return Ok(None);
        };
        let rows = self.ctx.store.projects().await?;
        let is_taken = |row: &ProjectRow| {
            row.id != self.row.id && row.projects.side(side).as_ref() == Some(&project.id)
        };
        if rows.iter().any(is_taken) {
            let words = format!("{}'s project {name} belongs to another pair", side.title());
            refuse(turn, codes::CHOICE_REFUSED, &words);
            return Ok(None);
        }
        Ok(Some(Some(project.id.clone())))
    }

    /// Linked items that are proven gone. Where something is missing and nothing is proven, the choice is refused: what is only
    /// out of sight must not be taken for all there is.
    async fn missing(&self, turn: &mut ProjectReport) -> Result<Option<Again>, Error> {
        let mut again = Again {
            missing: Pair::default(),
            projects: self.row.projects.clone(),
        };
        let mut vanished = 0;
        for side in Side::ALL {
            let Some(project) = self.row.projects.side(side) else {
                continue;
            };
            let listed = observe::list(self.ctx, side, project).await?;
            let there: HashSet<&ItemId> = listed.iter().map(|item| &item.id).collect();
            let mut absent: Vec<ItemId> = self
                .links
                .iter()
                .filter_map(|link| link.items.side(side).clone())
                .filter(|item| !there.contains(item))
                .collect();
            let elsewhere = observe::read(self.ctx, side, &absent).await?;
            absent.retain(|item| !elsewhere.contains_key(item));
            if absent.is_empty() {
                continue;
            }
            let proof = observe::proof(self.ctx, side, project, absent).await?;
            if proof.project_gone {
                let words = format!(
                    "its {} project is not there any more: look at it, and choose again",
                    side.title()
                );
                refuse(turn, codes::CHOICE_REFUSED, &words);
                return Ok(None);
            }
            vanished += proof.vanished.len();
            let told = proof.vanished.iter();
            let told = told.map(|item| observe::vanished(side, item));
            turn.notices.extend(told);
            again.missing.side_mut(side).extend(proof.gone);
        }
        let is_proven = again.missing.iter().any(|(_, items)| !items.is_empty());
        if vanished > 0 && !is_proven {
            let words = format!(
                "{vanished} of its items are missing, but nothing proves that they were deleted: bring them back into sight and \
                 choose again, or choose trust, which goes on without making them again"
            );
            refuse(turn, codes::CHOICE_REFUSED, &words);
            return Ok(None);
        }
        Ok(Some(again))
    }
}

/// What comes of it, in words.
fn told(made: Pair<usize>, forgotten: usize) -> String {
    if made.iter().all(|(_, count)| *count == 0) {
        return format!("{forgotten} links go, whose items are gone on both sides");
    }
    let sides = made.iter().filter(|(_, count)| **count > 0);
    let sides: Vec<String> = sides
        .map(|(side, count)| format!("{count} items again in {}", side.title()))
        .collect();
    format!("the next sync makes {}", sides.join(" and "))
}

/// A link whose item on one side is to be made again, as its next generation.
fn without(link: &Link, side: Side) -> Link {
    let mut next = link.clone();
    *next.items.side_mut(side) = None;
    *next.generation.side_mut(side) = link.generation.side(side).next();
    *next.base.side_mut(side) = Values::default();
    *next.last_write.side_mut(side) = None;
    next.frozen = FieldSet::EMPTY;
    next.rebuilt = false;
    next.version = link.version.saturating_add(1);
    next
}
