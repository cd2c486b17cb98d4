//! What is missing is made again from the other side.

use std::collections::HashSet;

use store::row::{ProjectPhase, ProjectRow};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectId},
    item::{FieldSet, Values},
    link::{Link, fold},
};

use super::{Choosing, Chosen, refuse};
use crate::{codes, error::Error, observe, port::BoardProject, report::ProjectReport};

impl Choosing<'_> {
    pub(super) async fn recreate(
        &self,
        into: Option<&str>,
        chosen: &mut Chosen,
        turn: &mut ProjectReport,
    ) -> Result<(), Error> {
        let (side, missing, project) = if let Some(side) = self.gone() {
            let Some(project) = self.target(side, into, turn).await? else {
                return Ok(());
            };
            let all = self
                .links
                .iter()
                .filter_map(|link| link.items.side(side).clone());
            (side, all.collect(), project)
        } else {
            let Some((side, missing)) = self.missing(turn).await? else {
                "nothing is missing".clone_into(&mut chosen.effect);
                return self.go_on(true, chosen, turn).await;
            };
            (side, missing, self.row.projects.side(side).clone())
        };
        let (mut changed, mut forgotten) = (Vec::new(), Vec::new());
        for link in &self.links {
            let is_missing = link.items.side(side).as_ref();
            if is_missing.is_some_and(|item| missing.contains(item)) {
                let next = without(link, side);
                if next.is_over() {
                    forgotten.push(link.id);
                } else {
                    changed.push(next);
                }
            }
        }
        chosen.changes = changed.len() as u64;
        chosen.effect = format!(
            "the next sync makes {} items again in {}",
            changed.len(),
            side.title()
        );
        let mut row = ProjectRow {
            phase: ProjectPhase::Active,
            reason: "".into(),
            watermark: Millis(0),
            // Many creates at once are what was asked for.
            first_sync_done: false,
            ..self.row.clone()
        };
        *row.projects.side_mut(side) = project;
        self.store(changed, forgotten, row).await
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

    /// Linked items of one side that are proven gone. What is only missing is left alone, and told.
    async fn missing(
        &self,
        turn: &mut ProjectReport,
    ) -> Result<Option<(Side, HashSet<ItemId>)>, Error> {
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
            turn.notices.extend(
                proof
                    .vanished
                    .iter()
                    .map(|item| observe::vanished(side, item)),
            );
            if !proof.gone.is_empty() {
                return Ok(Some((side, proof.gone.into_iter().collect())));
            }
        }
        Ok(None)
    }
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
