//! Which projects a run is about: those that are asked for, not skipped, and have something in them.

use std::sync::Arc;

use sync_core::{Side, ids::ProjectId};

use super::{
    Pairs,
    asking::{is_called, side_of},
};
use crate::{error::Error, port::BoardProject};

/// Whether a Huly project goes by a name of the configuration.
pub(crate) fn is_named(project: &BoardProject, name: &str) -> bool {
    is_called(&side_of(project), name)
}

impl Pairs<'_> {
    /// Whether a Huly project has no issue yet, asked of the project itself: an issue that was made a moment ago counts.
    pub(super) async fn is_empty(&mut self, huly: &ProjectId) -> Result<bool, Error> {
        if !self.ctx.settings.skip_empty {
            return Ok(false);
        }
        let board = self.ctx.board(Side::Huly);
        let any = board.has_items(huly).await;
        let empty = !any.map_err(Error::service(Side::Huly))?;
        if empty {
            self.unmade.insert(huly.clone());
        }
        Ok(empty)
    }

    /// Whether a project is meant by this run: not skipped, and among the asked ones.
    pub(super) fn wanted(&self, huly: &ProjectId) -> bool {
        let Some(project) = self.seen.huly.iter().find(|project| project.id == *huly) else {
            return true;
        };
        let project = side_of(project);
        let settings = &self.ctx.settings;
        let skipped = settings
            .projects
            .iter()
            .any(|(name, settings)| settings.skip && is_called(&project, name));
        let named = |names: &[Arc<str>]| names.iter().any(|name| is_called(&project, name));
        let only = &settings.only;
        let asked = only.is_empty() || only.iter().any(|name| is_called(&project, name));
        let filtered = settings.filter.projects.is_empty() || named(&settings.filter.projects);
        let targets = &self.ctx.targets;
        let target = targets.is_empty() || targets.iter().any(|target| target.project == *huly);
        asked && filtered && target && !skipped
    }
}
