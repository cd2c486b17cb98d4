//! The problems of a run as its row keeps them: the run's own, then those of its projects.

use serde::Serialize;

use super::{MAX_PROBLEMS, Outcome, Report};

/// A problem with the project that it belongs to; a problem of the run itself belongs to none.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

impl Report {
    /// The first [`MAX_PROBLEMS`] of them. What hit the run as a whole comes first: it must not be cut off by what follows of it.
    pub(super) fn all_problems(&self) -> Vec<Told<'_>> {
        let own = self.problems.iter().map(|outcome| Told {
            project: None,
            outcome,
        });
        let of_projects = self.projects.iter().flat_map(|project| {
            project.problems.iter().map(|outcome| Told {
                project: Some(&project.label),
                outcome,
            })
        });
        own.chain(of_projects).take(MAX_PROBLEMS).collect()
    }
}

#[cfg(test)]
mod tests {
    use http_kit::Kind;
    use sync_core::{
        Side,
        ids::{Millis, RunId},
        signs::is_order,
    };

    use super::*;
    use crate::report::ProjectReport;

    fn outcome(code: &str) -> Outcome {
        Outcome {
            kind: Kind::Transient,
            code: code.into(),
            side: Some(Side::Vibe),
            item: "".into(),
            field: None,
            message: "it is away".into(),
        }
    }

    #[test]
    fn a_problem_names_its_project_and_what_hit_the_whole_run_is_never_cut_off() {
        let run = RunId(uuid::Uuid::nil());
        let mut report = crate::run::empty(run, "sync", Millis(0));
        let mut project = ProjectReport {
            label: "HARB".into(),
            ..ProjectReport::default()
        };
        for _ in 0..MAX_PROBLEMS {
            project.problem(outcome("NET_TIMEOUT"));
        }
        report.projects.push(project);
        report.problem(outcome("STORE_FULL"));
        let summary = report.summary();
        let told = summary["problems"].as_array().unwrap();
        assert_eq!(told.len(), MAX_PROBLEMS);
        let shown = |at: usize| (told[at]["code"].as_str(), told[at]["project"].as_str());
        assert_eq!(shown(0), (Some("STORE_FULL"), None));
        assert_eq!(shown(1), (Some("NET_TIMEOUT"), Some("HARB")));
        assert_eq!(told[0].get("project"), None);
    }

    #[test]
    fn no_order_to_a_terminal_comes_through_the_words_of_a_server_either() {
        for sign in ('\0'..=char::MAX).filter(|sign| is_order(*sign)) {
            let error = http_kit::Error::new(Kind::Fatal, "CODE", "service", "route");
            let error = error.with_detail(format!("a{sign}b"));
            assert_eq!(error.detail(), "a b", "{sign:?}");
        }
    }
}
