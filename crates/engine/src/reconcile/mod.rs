//! Reconcile: what is wrong beyond the next changes is looked for, told, and mended on a person's word (design 4.3).
//!
//! [`Engine::survey`] reads everything on both sides and says what is not as it should be. A repair is a run over everything
//! ([`Scope::Repair`]) that removes duplicates and takes lost stores over, under the same guards as
//! every run; a second survey says what became of each finding ([`finding::judge`]).

pub(crate) mod duplicates;
pub mod finding;
pub(crate) mod restored;
pub(crate) mod rollback;

use std::sync::Arc;

use crate::{
    context::Stop,
    report::{ProjectReport, Reached, Report},
    run::{Engine, Mode},
    settings::{Scope, Settings},
};
use finding::{Class, Fate, Finding};

impl Engine {
    /// Reads everything on both sides and writes nothing: what is not as it should be, with the plan of a run over everything.
    pub async fn survey(&self, stop: &Stop) -> (Report, Vec<Finding>) {
        let engine = self.told(|settings| Settings {
            scope: Scope::Full,
            ..settings
        });
        let report = engine.run(Mode::Plan, stop).await;
        let mut findings: Vec<Finding> = finding::of_recovered(&report.recovered)
            .into_iter()
            .collect();
        for project in &report.projects {
            findings.extend(waiting(project));
            findings.extend(project.found.iter().cloned());
        }
        (report, findings)
    }

    /// Mends what a survey finds and brings everything together: a run over everything, which removes duplicates that nobody
    /// touched and links the tasks of a lost store again. `accept` names sets that a guard held back.
    pub async fn repair(&self, accept: Vec<String>, stop: &Stop) -> Report {
        let engine = self.told(|settings| Settings {
            scope: Scope::Repair,
            ..settings
        });
        engine.run(Mode::Sync { accept }, stop).await
    }

    fn told(&self, change: impl FnOnce(Settings) -> Settings) -> Engine {
        Engine {
            settings: Arc::new(change(Settings::clone(&self.settings))),
            ..self.clone()
        }
    }
}

/// What became of the unfinished writes of an interrupted run.
pub fn unfinished(report: &Report) -> Option<Finding> {
    finding::of_recovered(&report.recovered)
}

/// A project that was not looked into, and why.
fn waiting(project: &ProjectReport) -> Option<Finding> {
    match project.reached {
        Reached::Processed | Reached::Resting => None,
        Reached::Failed | Reached::Skipped | Reached::NotReached => Some(Finding {
            class: Class::Project,
            project: Arc::clone(&project.label),
            side: None,
            item: Arc::clone(&project.name),
            id: "".into(),
            found: "it was not looked into".into(),
            fate: Fate::Left(if project.reason.is_empty() {
                "see the errors above".into()
            } else {
                Arc::clone(&project.reason)
            }),
        }),
    }
}
