//! Pairing, sleep and what changed.

use sync_core::{
    Side,
    project::{PairPhase, PairProblem, ProjectAction, ProjectSide, Wish, fingerprint},
};

use super::{Boards, boards, described, link_id, project};

#[test]
fn projects_pair_by_name_without_regard_to_case_and_space() {
    let boards = boards(&[("h1", " Harbour")], &[("v1", "HARBOUR ")]);
    assert_eq!(boards.says(), "+ link Harbour with its namesake in Vibe");
    assert!(matches!(&boards.actions()[0], ProjectAction::Link { id, .. } if *id == link_id("h1")));
}

#[test]
fn a_project_without_a_namesake_is_made_where_that_is_allowed() {
    let mut boards = boards(&[("h1", "Harbour")], &[("v1", "Other")]);
    assert_eq!(boards.says(), "+ create project Harbour in Vibe");
    boards.no_create = true;
    assert_eq!(boards.says(), "");
}

#[test]
fn a_name_that_stands_twice_is_told_and_never_guessed() {
    let twice = boards(&[("h1", "Dock")], &[("v1", "Dock"), ("v2", "dock")]);
    assert!(
        twice
            .says()
            .starts_with("x Vibe has several projects called Dock")
    );
    let twice = boards(&[("h1", "Dock"), ("h2", "dock")], &[("v1", "Dock")]);
    assert_eq!(twice.actions().len(), 2);
    assert!(
        twice
            .says()
            .starts_with("x Huly has several projects called Dock")
    );
}

#[test]
fn a_linked_or_archived_namesake_is_out_of_the_way() {
    let mut boards = boards(
        &[("h1", "Dock"), ("h2", "Dock")],
        &[("v1", "Dock"), ("v2", "Dock")],
    );
    boards.know("h1", Some("v1"));
    assert_eq!(boards.says(), "+ link Dock with its namesake in Vibe");
    boards.huly[1].archived = true;
    assert_eq!(boards.says(), "");
}

#[test]
fn what_the_store_linked_stays_linked_whatever_the_names() {
    let mut boards = boards(
        &[("h1", "Renamed"), ("h2", "Dock")],
        &[("v1", "Dock"), ("v2", "Renamed")],
    );
    boards.know("h1", Some("v1"));
    boards.know("h2", Some("v2"));
    assert_eq!(boards.says(), "");
}

#[test]
fn the_configuration_goes_before_the_names() {
    let mut boards = boards(
        &[("h1", "Harbour"), ("h2", "Dock")],
        &[("v1", "Harbour"), ("v2", "Dock")],
    );
    boards.huly[0].label = Some("HARB".into());
    boards.wishes.push(Wish {
        huly: "harb".into(),
        vibe: Some("Dock".into()),
        path: None,
    });
    let pairs: Vec<_> = boards
        .actions()
        .into_iter()
        .filter_map(|action| match action {
            ProjectAction::Link { projects, .. } => {
                Some((projects.huly.to_string(), projects.vibe.to_string()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(pairs, [("h1".to_owned(), "v2".to_owned())]);
    assert!(
        boards
            .says()
            .contains("+ link Harbour as configured; + create project Dock in Vibe")
    );
}

#[test]
fn a_wish_that_cannot_be_met_is_told_and_the_name_is_not_used_instead() {
    let mut boards = boards(&[("h1", "Harbour")], &[("v1", "Harbour")]);
    boards.wishes.push(Wish {
        huly: "h1".into(),
        vibe: Some("Nowhere".into()),
        path: None,
    });
    assert_eq!(
        boards.says(),
        "x hvs.toml names Nowhere, and Vibe has not exactly one such project"
    );
    boards.wishes = vec![Wish {
        huly: "Nothing".into(),
        vibe: None,
        path: None,
    }];
    assert!(boards.says().starts_with(
        "x hvs.toml names Nothing, and Huly has not exactly one such project; + link"
    ));
}

#[test]
fn a_wish_for_a_project_that_is_taken_is_told() {
    let mut boards = boards(&[("h1", "One"), ("h2", "Two")], &[("v1", "One")]);
    boards.know("h1", Some("v1"));
    boards.wishes.push(Wish {
        huly: "Two".into(),
        vibe: Some("v1".into()),
        path: None,
    });
    let expected = PairProblem::Taken {
        name: "One".into(),
        side: Side::Vibe,
    };
    assert_eq!(
        boards.actions(),
        [ProjectAction::Problem {
            huly: Some("h2".into()),
            problem: expected
        }]
    );
}

#[test]
fn a_pair_that_is_linked_as_configured_costs_nothing() {
    let mut boards = boards(&[("h1", "One")], &[("v1", "Other")]);
    boards.know("h1", Some("v1"));
    boards.wishes.push(Wish {
        huly: "One".into(),
        vibe: Some("Other".into()),
        path: None,
    });
    assert_eq!(boards.says(), "");
}

#[test]
fn a_pair_whose_vibe_project_is_still_to_be_made_is_found_or_made() {
    let mut boards = boards(&[("h1", "One")], &[]);
    boards.know("h1", None);
    assert_eq!(boards.says(), "+ create project One in Vibe");
    boards.vibe.push(project("v1", "one"));
    assert_eq!(boards.says(), "+ link One with its namesake in Vibe");
}

#[test]
fn archived_projects_and_lost_membership_let_a_pair_sleep_and_wake() {
    let mut boards = boards(&[("h1", "One")], &[("v1", "One")]);
    boards.know("h1", Some("v1"));
    boards.huly[0].archived = true;
    assert_eq!(boards.says(), "- sleep: the project is archived in Huly");
    boards.huly[0].archived = false;
    boards.huly[0].member = false;
    assert_eq!(
        boards.says(),
        "- sleep: our account is no member of the project in Huly any more"
    );
    boards.known[0].phase = PairPhase::Asleep;
    assert_eq!(boards.says(), "", "it sleeps already");
    boards.huly[0].member = true;
    assert_eq!(boards.says(), "+ wake: compared in full first");
}

#[test]
fn an_archived_project_or_one_of_others_is_not_linked() {
    let mut boards = boards(&[("h1", "One")], &[("v1", "One")]);
    boards.huly[0].archived = true;
    assert_eq!(boards.says(), "");
    boards.huly[0].archived = false;
    boards.huly[0].member = false;
    assert_eq!(boards.says(), "");
}

#[test]
fn a_project_deleted_as_a_whole_is_one_event_until_a_person_chooses() {
    let mut boards = boards(&[("h2", "Two")], &[("v1", "One"), ("v2", "Two")]);
    boards.know("h1", Some("v1"));
    boards.know("h2", Some("v2"));
    boards.gone.huly.push("h1".into());
    assert_eq!(
        boards.actions(),
        [ProjectAction::Wait {
            id: link_id("h1"),
            gone: Side::Huly
        }]
    );
    assert!(boards.says().contains("hvs project list"));
    boards.known[0].phase = PairPhase::Waiting;
    assert_eq!(
        boards.says(),
        "",
        "and nothing is made for its counterpart meanwhile"
    );
}

#[test]
fn a_project_that_is_only_missing_in_the_list_is_left_alone() {
    let mut boards = boards(&[("h1", "One")], &[("v9", "Other")]);
    boards.know("h1", Some("v1"));
    assert_eq!(
        boards.actions(),
        [ProjectAction::Unseen {
            id: link_id("h1"),
            side: Side::Vibe
        }]
    );
}

#[test]
fn a_waiting_pair_does_not_wake_by_itself() {
    let mut boards = boards(&[("h1", "One")], &[("v1", "One")]);
    boards.know("h1", Some("v1")).phase = PairPhase::Waiting;
    assert_eq!(boards.says(), "");
}

#[test]
fn no_linked_vibe_project_left_means_another_server() {
    let mut boards = boards(&[("h1", "One"), ("h2", "Two")], &[("v9", "One")]);
    boards.know("h1", Some("v1"));
    boards.know("h2", Some("v2"));
    boards.gone.vibe = vec!["v1".into(), "v2".into()];
    assert_eq!(boards.actions(), [ProjectAction::OtherServer]);
    boards.gone.vibe.pop();
    boards.vibe.push(project("v2", "Two"));
    assert!(matches!(boards.actions()[0], ProjectAction::Wait { .. }));
}

#[test]
fn a_changed_description_is_a_project_action_and_an_unchanged_one_costs_nothing() {
    let mut boards = boards(&[("h1", "One")], &[("v1", "One")]);
    boards.know("h1", Some("v1"));
    assert_eq!(boards.says(), "");
    boards.huly[0].description = Some("Path: /srv/one".into());
    assert!(
        matches!(&boards.actions()[..], [ProjectAction::Changed { fingerprint: now, .. }] if **now == *fingerprint(&boards.huly[0]))
    );
    boards.vibe[0].repository = Some("/srv/old".into());
    assert!(
        boards
            .says()
            .ends_with("~ repository: /srv/old -> /srv/one (only with --accept)")
    );
    boards.huly[0].description = Some("Path: /etc".into());
    assert!(
        boards
            .says()
            .ends_with("x the repository path /etc does not lie under one of `vibe.repo_roots`")
    );
}

#[test]
fn the_fingerprint_moves_with_description_path_and_identifier_and_not_with_the_name() {
    let one = described("h1", "One", "Path: /srv/one");
    assert_eq!(
        fingerprint(&one),
        fingerprint(&ProjectSide {
            name: "Renamed".into(),
            ..one.clone()
        })
    );
    assert_ne!(
        fingerprint(&one),
        fingerprint(&described("h1", "One", "Path: /srv/two"))
    );
    assert_ne!(
        fingerprint(&one),
        fingerprint(&ProjectSide {
            label: Some("ONE".into()),
            ..one.clone()
        })
    );
}

#[test]
fn a_new_project_takes_its_path_from_the_configuration_else_from_the_description() {
    let mut boards = Boards {
        huly: vec![described("h1", "One", "Path: /srv/one.")],
        ..Boards::default()
    };
    assert_eq!(
        boards.says(),
        "+ create project One in Vibe, repository /srv/one"
    );
    boards.wishes.push(Wish {
        huly: "h1".into(),
        vibe: None,
        path: Some("/srv/configured".into()),
    });
    assert_eq!(
        boards.says(),
        "+ create project One in Vibe, repository /srv/configured"
    );
}

#[test]
fn where_a_repository_is_needed_a_project_without_one_is_told_and_not_made() {
    let mut boards = Boards {
        needs_repository: true,
        huly: vec![project("h1", "One")],
        ..Boards::default()
    };
    assert!(
        boards
            .says()
            .starts_with("x Vibe makes no project without a repository")
    );
    boards.huly[0].description = Some("Path: ../etc".into());
    assert_eq!(
        boards.says(),
        "x the repository path ../etc is not absolute"
    );
    boards.needs_repository = false;
    assert_eq!(
        boards.says(),
        "x the repository path ../etc is not absolute; + create project One in Vibe"
    );
}
