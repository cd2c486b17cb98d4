//! What a run means for the runs that follow it.

use http_kit::Kind;
use sync_core::project::ProjectAction;

use super::{Exit, Outcome, ProjectReport, Reached, Recovered, Report};
use crate::codes;

impl Report {
    /// Whether the run changed nothing anywhere and found nothing that was left by another. It may have found trouble.
    pub fn did_nothing(&self) -> bool {
        let is_idle = |project: &ProjectReport| project.adopted == 0 && project.conflicts == 0;
        self.wrote_nothing()
            && self.recovered == Recovered::default()
            && !self.changed_projects()
            && self.projects.iter().all(is_idle)
    }

    /// Whether pairs of projects were made, put to sleep or woken. What is merely told again in each run is no change.
    pub fn changed_projects(&self) -> bool {
        self.project_actions.iter().any(|action| match action {
            ProjectAction::Link { .. }
            | ProjectAction::Create { .. }
            | ProjectAction::Sleep { .. }
            | ProjectAction::Wake { .. }
            | ProjectAction::Wait { .. } => true,
            ProjectAction::Changed { .. }
            | ProjectAction::Unseen { .. }
            | ProjectAction::OtherServer
            | ProjectAction::Repository { .. }
            | ProjectAction::Problem { .. } => false,
        })
    }

    /// The exit code apart from what was left for the next run because somebody asked the run to stop.
    pub fn exit_but_for_a_stop(&self) -> Exit {
        let of = |outcome: &Outcome| match outcome.kind {
            _ if &*outcome.code == codes::RUN_STOPPED => Exit::Done,
            Kind::Fatal | Kind::Transient | Kind::Unknown => Exit::Service,
            Kind::Conflict | Kind::Rejected => Exit::Items,
        };
        let projects = self.projects.iter().map(|project| match project.reached {
            Reached::NotReached if !project.held.is_empty() => Exit::Guard,
            Reached::NotReached if project.problem_count > 0 => Exit::Items,
            Reached::NotReached => Exit::Done,
            Reached::Processed | Reached::Resting | Reached::Failed | Reached::Skipped => {
                project.exit
            }
        });
        projects
            .chain(self.problems.iter().map(of))
            .fold(Exit::Done, Exit::and)
    }

    /// Whether the run got nowhere because a service or the store could not be used: the next one should not follow soon.
    pub fn got_nowhere(&self) -> bool {
        self.exit == Exit::Service
            && self.reached(Reached::Processed) == 0
            && self.reached(Reached::Resting) == 0
    }
}
