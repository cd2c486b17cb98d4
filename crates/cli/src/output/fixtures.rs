//! Reports for tests.

use std::collections::BTreeMap;

use engine::{
    inform::Informed,
    port::Traffic,
    report::{Exit, ProjectReport, Reached, Recovered, Report},
};
use sync_core::{
    Pair,
    ids::{Millis, RunId},
};

/// A run over these projects.
pub(super) fn report(projects: Vec<ProjectReport>) -> Report {
    Report {
        id: RunId(uuid::Uuid::nil()),
        kind: "sync",
        started_at: Millis(1_795_245_290_420),
        ended_at: Millis(1_795_245_291_650),
        exit: Exit::Done,
        project_actions: Vec::new(),
        projects,
        problems: Vec::new(),
        recovered: Recovered::default(),
        rolled_back: false,
        traffic: Pair {
            huly: Traffic {
                requests: 30,
                ..Traffic::default()
            },
            vibe: Traffic {
                requests: 22,
                ..Traffic::default()
            },
        },
        errors: BTreeMap::new(),
        informed: Informed::default(),
        peak_memory: None,
        lease_held_by: None,
    }
}

/// A project that was gone through.
pub(super) fn project(label: &str) -> ProjectReport {
    ProjectReport {
        label: label.into(),
        name: "Harbor".into(),
        reached: Reached::Processed,
        items: 20,
        ..ProjectReport::default()
    }
}

/// A text without its colours.
pub(super) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
