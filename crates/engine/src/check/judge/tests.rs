use std::{collections::BTreeMap, sync::Arc};

use sync_core::{
    ids::WorkspaceId,
    lens::{Category, HulyStatus},
};

use super::*;
use crate::{
    check::{HulySeen, Severity, Subject, VibeSeen},
    codes,
    port::{BoardProject, KindStatuses},
    settings::{ProjectSettings, Settings},
};

fn project(id: &str, label: Option<&str>, name: &str) -> BoardProject {
    BoardProject {
        id: id.into(),
        label: label.map(Arc::from),
        name: name.into(),
        description: None,
        archived: false,
        member: true,
        repository: None,
        modified: None,
    }
}

fn status(name: &str, category: Option<Category>) -> HulyStatus {
    HulyStatus {
        id: name.into(),
        name: name.into(),
        category,
    }
}

/// Harbor and Isle in Huly, harbor in Vibe, two statuses in each project.
fn seen() -> Seen {
    let statuses = vec![KindStatuses {
        kind: None,
        statuses: vec![
            status("Backlog", Some(Category::Backlog)),
            status("In Review", Some(Category::Active)),
        ],
    }];
    Seen {
        huly: Some(HulySeen {
            role: Some("USER".to_owned()),
            projects: vec![
                project("h1", Some("HARB"), "Harbor"),
                project("h2", Some("ISLE"), "Isle"),
            ],
            statuses: vec![("h1".into(), statuses.clone()), ("h2".into(), statuses)],
            names: sync_core::filter::Known::default(),
        }),
        vibe: Some(VibeSeen {
            projects: vec![project("v1", None, "harbor")],
            needs_repository: false,
        }),
    }
}

fn entry(name: &str, said: ProjectSettings) -> Settings {
    Settings {
        projects: BTreeMap::from([(name.into(), said)]),
        ..Settings::default()
    }
}

fn findings(seen: &Seen, settings: &Settings) -> Vec<Finding> {
    judge(
        seen,
        Held {
            settings,
            workspace: WorkspaceId(uuid::Uuid::nil()),
            known: &[],
        },
    )
}

/// The one finding that there is.
#[track_caller]
fn only(seen: &Seen, settings: &Settings) -> Finding {
    let mut findings = findings(seen, settings);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}

#[test]
fn a_configuration_that_fits_has_no_findings() {
    let mut settings = entry(
        "harb",
        ProjectSettings {
            vibe: Some("HARBOR".to_owned()),
            ..ProjectSettings::default()
        },
    );
    settings
        .status_names
        .to_vibe
        .insert("in review".to_owned(), "inreview".to_owned());
    assert_eq!(findings(&seen(), &settings), []);
}

#[test]
fn an_entry_for_a_project_that_is_not_there_names_those_that_are() {
    let finding = only(&seen(), &entry("HRAB", ProjectSettings::default()));
    assert_eq!(
        (finding.severity, finding.code, finding.refused),
        (Severity::Error, codes::CHECK_PROJECT_UNKNOWN, false)
    );
    assert_eq!(finding.subject, Subject::Project("HRAB".into()));
    let known: Vec<_> = finding.unknown.unwrap().known;
    assert_eq!(known, ["HARB", "Harbor", "ISLE", "Isle"].map(Arc::from));
}

#[test]
fn a_partner_must_be_there_exactly_once() {
    let wants = |vibe: &str| {
        entry(
            "HARB",
            ProjectSettings {
                vibe: Some(vibe.to_owned()),
                ..ProjectSettings::default()
            },
        )
    };
    let finding = only(&seen(), &wants("harbour"));
    assert_eq!(finding.code, codes::CHECK_PROJECT_UNKNOWN);
    assert_eq!(finding.subject, Subject::Partner("HARB".into()));
    let mut twice = seen();
    twice
        .vibe
        .as_mut()
        .unwrap()
        .projects
        .push(project("v2", None, "Harbor"));
    let all = findings(&twice, &wants("harbor"));
    assert!(
        all.iter()
            .any(|finding| finding.code == codes::CHECK_PROJECT_AMBIGUOUS
                && finding.severity == Severity::Error
                && finding
                    .remedy
                    .as_deref()
                    .is_some_and(|remedy| remedy.contains("v2"))),
        "{all:#?}"
    );
    assert_eq!(findings(&twice, &wants("v2")), []);
}

#[test]
fn a_name_that_stands_twice_is_a_warning_until_an_entry_says_which() {
    let mut twice = seen();
    twice
        .vibe
        .as_mut()
        .unwrap()
        .projects
        .push(project("v2", None, "Harbor"));
    let finding = only(&twice, &Settings::default());
    assert_eq!(
        (finding.severity, finding.code),
        (Severity::Warning, codes::CHECK_PROJECT_AMBIGUOUS)
    );
}

#[test]
fn a_project_that_we_may_not_read_weighs_by_what_is_asked_for() {
    let mut outside = seen();
    outside.huly.as_mut().unwrap().projects[1].member = false;
    let finding = only(&outside, &Settings::default());
    assert_eq!(
        (finding.severity, finding.code),
        (Severity::Warning, codes::NOT_A_MEMBER)
    );
    // asked for by name: refused
    let finding = only(&outside, &entry("ISLE", ProjectSettings::default()));
    assert_eq!((finding.severity, finding.refused), (Severity::Error, true));
    assert_eq!(finding.subject, Subject::Project("ISLE".into()));
    // skipped: nobody asks
    let skipped = ProjectSettings {
        skip: true,
        ..ProjectSettings::default()
    };
    assert_eq!(findings(&outside, &entry("ISLE", skipped)), []);
    // none is left
    for project in &mut outside.huly.as_mut().unwrap().projects {
        project.member = false;
    }
    let finding = only(&outside, &Settings::default());
    assert_eq!((finding.severity, finding.refused), (Severity::Error, true));
}

#[test]
fn a_status_that_no_project_has_is_an_error_and_one_that_some_have_is_not() {
    let mut settings = Settings::default();
    settings
        .status_names
        .to_vibe
        .insert("In Reviw".to_owned(), "inreview".to_owned());
    settings
        .status_names
        .to_huly
        .insert("done".to_owned(), "Finished".to_owned());
    let all = findings(&seen(), &settings);
    let subjects: Vec<_> = all.iter().map(|finding| finding.subject.clone()).collect();
    assert_eq!(
        subjects,
        [
            Subject::ToVibe("In Reviw".into()),
            Subject::ToHuly("done".into())
        ]
    );
    assert!(
        all.iter()
            .all(|finding| finding.code == codes::CHECK_STATUS_UNKNOWN)
    );
    let mut some = seen();
    let huly = some.huly.as_mut().unwrap();
    huly.statuses[1].1[0]
        .statuses
        .push(status("Finished", Some(Category::Won)));
    settings.status_names.to_vibe.clear();
    assert_eq!(findings(&some, &settings), []);
}

#[test]
fn a_status_without_a_category_is_told_with_the_line_that_maps_it() {
    let mut odd = seen();
    odd.huly.as_mut().unwrap().statuses[0].1[0]
        .statuses
        .push(status("Shipped 🚀", None));
    let finding = only(&odd, &Settings::default());
    assert_eq!(
        (finding.severity, finding.code),
        (Severity::Warning, codes::CHECK_STATUS_UNMAPPED)
    );
    assert!(finding.what.contains("HARB"), "{}", finding.what);
    let remedy = finding.remedy.unwrap();
    assert!(
        remedy.starts_with("write \"Shipped 🚀\" = \"done\""),
        "{remedy}"
    );
}

#[test]
fn a_path_outside_of_the_roots_is_told_before_the_project_is_to_be_made() {
    let mut far = seen();
    far.huly.as_mut().unwrap().projects[1].description = Some("Path: /etc".into());
    far.vibe.as_mut().unwrap().needs_repository = true;
    let finding = only(&far, &Settings::default());
    assert_eq!(
        (finding.code, finding.subject),
        (codes::PROJECT_PATH, Subject::Roots)
    );
    // and nobody is bothered where no project is made
    let none = Settings {
        create_projects: false,
        ..Settings::default()
    };
    assert_eq!(findings(&far, &none), []);
}

#[test]
fn with_one_service_away_the_other_is_judged_alone() {
    let mut half = seen();
    half.vibe = None;
    assert_eq!(findings(&half, &Settings::default()), []);
    let nothing = Seen::default();
    assert_eq!(
        findings(&nothing, &entry("X", ProjectSettings::default())),
        []
    );
}

#[test]
fn a_name_in_the_filter_that_nothing_bears_is_told_with_its_key_and_the_nearest() {
    let mut seen = seen();
    let huly = seen.huly.as_mut().unwrap();
    huly.names.projects = Some(["HARB", "Harbor"].map(Arc::from).into());
    huly.names.statuses = Some(["Backlog", "In Review"].map(Arc::from).into());
    let settings = Settings {
        filter: sync_core::filter::Filter {
            projects: vec!["harbor".into()],
            statuses: vec!["review".into(), "backlog".into()],
            labels: vec!["not asked for".into()],
            ..Default::default()
        },
        ..Settings::default()
    };
    let finding = only(&seen, &settings);
    assert_eq!(
        (finding.severity, finding.code, finding.refused),
        (Severity::Error, codes::FILTER_NAME, false)
    );
    assert_eq!(finding.subject, Subject::Filter("filter.status"));
    assert_eq!(
        finding.remedy.as_deref(),
        Some("did you mean `In Review`? there are: Backlog, In Review")
    );
}
