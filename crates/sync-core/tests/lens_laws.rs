//! The status lens: its laws over arbitrary statuses and configurations, and what it does with real boards.

use proptest::prelude::*;
use sync_core::{
    Side,
    ids::StatusId,
    lens::{Category, HulyStatus, Lens, LensProblem, Lenses, StatusNames},
    validate::{CODES, lens_notice, unknown_status},
};

const VIBE: [&str; 5] = ["todo", "inprogress", "inreview", "done", "cancelled"];

fn vibe() -> Vec<StatusId> {
    VIBE.map(StatusId::from).to_vec()
}

fn status(id: &str, name: &str, category: Option<Category>) -> HulyStatus {
    HulyStatus {
        id: id.into(),
        name: name.into(),
        category,
    }
}

/// The classic project's statuses.
fn classic() -> Vec<HulyStatus> {
    vec![
        status("tracker:status:Backlog", "Backlog", Some(Category::Backlog)),
        status("tracker:status:Todo", "Todo", Some(Category::Todo)),
        status(
            "tracker:status:InProgress",
            "In Progress",
            Some(Category::Active),
        ),
        status("tracker:status:Done", "Done", Some(Category::Won)),
        status("tracker:status:Canceled", "Canceled", Some(Category::Lost)),
    ]
}

fn names(to_vibe: &[(&str, &str)], to_huly: &[(&str, &str)]) -> StatusNames {
    let map = |rows: &[(&str, &str)]| {
        rows.iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect()
    };
    StatusNames {
        to_vibe: map(to_vibe),
        to_huly: map(to_huly),
    }
}

fn build(statuses: &[HulyStatus], names: &StatusNames) -> (Lens, Vec<LensProblem>) {
    Lens::build(statuses, &vibe(), names)
}

fn to_vibe(lens: &Lens, huly: &str) -> Option<String> {
    lens.to_vibe(&huly.into()).map(ToString::to_string)
}

fn to_huly(lens: &Lens, vibe: &str, current: Option<&str>) -> Option<String> {
    let current = current.map(StatusId::from);
    lens.to_huly(&vibe.into(), current.as_ref())
        .map(ToString::to_string)
}

#[test]
fn the_classic_board_maps_by_category() {
    let (lens, problems) = build(&classic(), &StatusNames::default());
    assert_eq!(problems, []);
    let rows = [
        ("Backlog", "todo"),
        ("Todo", "todo"),
        ("InProgress", "inprogress"),
        ("Done", "done"),
        ("Canceled", "cancelled"),
    ];
    for (huly, vibe) in rows {
        assert_eq!(
            to_vibe(&lens, &format!("tracker:status:{huly}")).as_deref(),
            Some(vibe)
        );
    }
    let rows = [
        ("todo", "Todo"),
        ("inprogress", "InProgress"),
        ("inreview", "InProgress"),
        ("done", "Done"),
        ("cancelled", "Canceled"),
    ];
    for (vibe, huly) in rows {
        assert_eq!(
            to_huly(&lens, vibe, None),
            Some(format!("tracker:status:{huly}")),
            "{vibe}"
        );
    }
    assert_eq!(to_huly(&lens, "blocked", None), None);
    assert_eq!(to_vibe(&lens, "tracker:status:Gone"), None);
}

#[test]
fn a_backlog_is_not_rewritten_to_todo_by_nobody() {
    let (lens, _) = build(&classic(), &StatusNames::default());
    let backlog = "tracker:status:Backlog";
    assert_eq!(
        to_huly(&lens, "todo", Some(backlog)).as_deref(),
        Some(backlog)
    );
    assert!(lens.same(&backlog.into(), &"todo".into()));
    assert!(lens.same(&"tracker:status:Todo".into(), &"todo".into()));
    assert!(!lens.same(&backlog.into(), &"inprogress".into()));
}

#[test]
fn a_review_without_a_status_of_its_own_means_the_active_one() {
    let (lens, _) = build(&classic(), &StatusNames::default());
    let active = "tracker:status:InProgress";
    assert!(lens.same(&active.into(), &"inreview".into()));
    assert!(lens.same(&active.into(), &"inprogress".into()));
    assert!(!lens.same(&"tracker:status:Done".into(), &"inreview".into()));
}

#[test]
fn active_statuses_named_review_are_reviews() {
    let mut statuses = classic();
    statuses.insert(3, status("r1", "Code REVIEW", Some(Category::Active)));
    statuses.push(status("r2", "Reviewed by nobody", Some(Category::Lost)));
    let (lens, _) = build(&statuses, &StatusNames::default());
    assert_eq!(to_vibe(&lens, "r1").as_deref(), Some("inreview"));
    assert_eq!(to_vibe(&lens, "r2").as_deref(), Some("cancelled"));
    assert_eq!(to_huly(&lens, "inreview", None).as_deref(), Some("r1"));
    assert!(!lens.same(&"tracker:status:InProgress".into(), &"inreview".into()));
}

#[test]
fn a_server_without_reviews_takes_them_as_active() {
    let statuses = [status("r1", "Review", Some(Category::Active))];
    let (lens, problems) = Lens::build(
        &statuses,
        &["todo".into(), "inprogress".into()],
        &StatusNames::default(),
    );
    assert_eq!(problems, []);
    assert_eq!(to_vibe(&lens, "r1").as_deref(), Some("inprogress"));
}

#[test]
fn names_from_the_configuration_go_before_categories() {
    let mut statuses = classic();
    statuses.push(status("b", " Blocked ", Some(Category::Active)));
    let (lens, problems) = build(&statuses, &names(&[("BLOCKED", "Todo")], &[]));
    assert_eq!(problems, []);
    assert_eq!(to_vibe(&lens, "b").as_deref(), Some("todo"));
    assert_eq!(to_huly(&lens, "todo", Some("b")).as_deref(), Some("b"));
    assert_eq!(
        to_huly(&lens, "todo", None).as_deref(),
        Some("tracker:status:Todo")
    );
}

#[test]
fn the_configured_status_is_written_where_it_means_the_same() {
    let (lens, problems) = build(&classic(), &names(&[], &[("todo", "backlog")]));
    assert_eq!(problems, []);
    assert_eq!(
        to_huly(&lens, "todo", None).as_deref(),
        Some("tracker:status:Backlog")
    );
    assert_eq!(
        to_huly(&lens, "todo", Some("tracker:status:Todo")).as_deref(),
        Some("tracker:status:Todo")
    );
}

#[test]
fn a_contradiction_is_told_and_not_followed() {
    let (lens, problems) = build(&classic(), &names(&[], &[("done", "Canceled")]));
    let expected = LensProblem::Contradiction {
        vibe: "done".into(),
        huly: "tracker:status:Canceled".into(),
        means: "cancelled".into(),
    };
    assert_eq!(problems, [expected]);
    assert_eq!(
        to_huly(&lens, "done", None).as_deref(),
        Some("tracker:status:Done")
    );
}

#[test]
fn the_nearest_status_can_be_configured() {
    let (lens, problems) = build(&classic(), &names(&[], &[("inreview", "Done")]));
    assert_eq!(problems, []);
    assert_eq!(
        to_huly(&lens, "inreview", None).as_deref(),
        Some("tracker:status:Done")
    );
    assert!(lens.same(&"tracker:status:Done".into(), &"inreview".into()));
    assert!(!lens.same(&"tracker:status:InProgress".into(), &"inreview".into()));
}

#[test]
fn the_nearest_status_is_the_closest_in_vibes_order() {
    let only = |category| {
        vec![
            status("x", "X", Some(category)),
            status("y", "Y", Some(Category::Lost)),
        ]
    };
    let nearest = |category, vibe: &str| {
        to_huly(
            &build(&only(category), &StatusNames::default()).0,
            vibe,
            None,
        )
    };
    assert_eq!(
        nearest(Category::Backlog, "inprogress").as_deref(),
        Some("x")
    );
    assert_eq!(nearest(Category::Active, "todo").as_deref(), Some("x"));
    assert_eq!(nearest(Category::Won, "inprogress").as_deref(), Some("x"));
    // two as near as each other: the earlier one, so that nothing is cancelled by it
    let both = vec![
        status("r", "Review", Some(Category::Active)),
        status("c", "Canceled", Some(Category::Lost)),
    ];
    assert_eq!(
        to_huly(&build(&both, &StatusNames::default()).0, "done", None).as_deref(),
        Some("r")
    );
}

#[test]
fn an_unknown_status_stays_unknown() {
    let statuses = [
        status("a", "Active", Some(Category::Active)),
        status("q", "Quarantine", None),
    ];
    let (lens, problems) = build(&statuses, &StatusNames::default());
    assert_eq!(
        problems,
        [LensProblem::Unmapped {
            id: "q".into(),
            name: "Quarantine".into()
        }]
    );
    assert_eq!(to_vibe(&lens, "q"), None);
    for vibe in VIBE {
        assert!(!lens.same(&"q".into(), &vibe.into()));
        assert_eq!(
            to_huly(&lens, vibe, Some("q")).as_deref(),
            Some("a"),
            "a person's choice in Vibe ends it"
        );
    }
    let problem = unknown_status(&"q".into(), Side::Vibe, &lens, "PROJ-12");
    for part in [
        "PROJ-12",
        "\"Quarantine\"",
        "\"Active\"",
        "\"inreview\"",
        "[status.to_vibe]",
        "hvs.toml",
    ] {
        assert!(problem.message.contains(part), "{}", problem.message);
    }
    let problem = unknown_status(&"blocked".into(), Side::Huly, &lens, "PROJ-12");
    for part in [
        "Vibe's status \"blocked\"",
        "[status.to_huly]",
        "\"blocked\" = \"Active\"",
    ] {
        assert!(problem.message.contains(part), "{}", problem.message);
    }
}

#[test]
fn either_map_makes_a_status_without_category_known() {
    let statuses = [
        status("q", "Quarantine", None),
        status("s", "Staging", None),
    ];
    let (lens, problems) = build(
        &statuses,
        &names(&[("Quarantine", "inprogress")], &[("inreview", "Staging")]),
    );
    assert_eq!(problems, []);
    assert_eq!(to_vibe(&lens, "q").as_deref(), Some("inprogress"));
    assert_eq!(to_vibe(&lens, "s").as_deref(), Some("inreview"));
}

#[test]
fn a_configured_name_that_does_not_exist_is_told_and_never_guessed() {
    let (lens, problems) = build(
        &classic(),
        &names(
            &[("Done", "finished"), ("Nowhere", "todo")],
            &[("later", "Todo"), ("todo", "Gone")],
        ),
    );
    assert!(problems.contains(&LensProblem::NoSuchVibe {
        name: "finished".into()
    }));
    assert!(problems.contains(&LensProblem::NoSuchVibe {
        name: "later".into()
    }));
    assert!(problems.contains(&LensProblem::NoSuchHuly {
        name: "Nowhere".into()
    }));
    assert!(problems.contains(&LensProblem::NoSuchHuly {
        name: "Gone".into()
    }));
    assert!(
        problems.iter().any(
            |problem| matches!(problem, LensProblem::Unmapped { name, .. } if &**name == "Done")
        )
    );
    assert_eq!(problems.len(), 5);
    assert_eq!(to_vibe(&lens, "tracker:status:Done"), None);
    for problem in &problems {
        let notice = lens_notice(problem);
        assert!(CODES.iter().any(|(code, _, _)| *code == &*notice.code));
    }
}

#[test]
fn cancelled_is_a_status_that_means_it_or_none() {
    let (lens, _) = build(&classic(), &StatusNames::default());
    assert_eq!(
        lens.cancelled(Side::Huly),
        Some("tracker:status:Canceled".into())
    );
    assert_eq!(lens.cancelled(Side::Vibe), Some("cancelled".into()));
    let (lens, _) = build(&classic()[..4], &StatusNames::default());
    assert_eq!(
        lens.cancelled(Side::Huly),
        None,
        "the nearest one would be done"
    );
    assert_eq!(
        to_huly(&lens, "cancelled", None).as_deref(),
        Some("tracker:status:Done")
    );
    let (lens, _) = build(&classic(), &names(&[("Canceled", "done")], &[]));
    assert_eq!(
        lens.cancelled(Side::Huly),
        Some("tracker:status:Canceled".into()),
        "by category where no name says it"
    );
    assert_eq!(Lens::default().cancelled(Side::Vibe), None);
}

#[test]
fn names_are_for_messages() {
    let (lens, _) = build(&classic(), &StatusNames::default());
    assert_eq!(
        lens.name_of(&"tracker:status:InProgress".into()),
        "In Progress"
    );
    assert_eq!(lens.name_of(&"inreview".into()), "inreview");
    assert_eq!(lens.name_of(&"elsewhere".into()), "elsewhere");
    assert_eq!(
        lens.names(Side::Huly).first().map(|name| &**name),
        Some("Backlog")
    );
    assert_eq!(lens.names(Side::Vibe).len(), 5);
}

#[test]
fn the_version_follows_what_the_lens_does_and_not_its_names() {
    let version = |statuses: &[HulyStatus], names: &StatusNames| build(statuses, names).0.version();
    let plain = version(&classic(), &StatusNames::default());
    assert_eq!(plain, version(&classic(), &StatusNames::default()));
    let mut renamed = classic();
    renamed[1].name = "To do".into();
    assert_eq!(plain, version(&renamed, &StatusNames::default()));
    assert_ne!(
        plain,
        version(&classic(), &names(&[], &[("todo", "Backlog")]))
    );
    assert_ne!(
        plain,
        version(&classic(), &names(&[("Done", "cancelled")], &[]))
    );
    assert_ne!(plain, version(&classic()[..4], &StatusNames::default()));
    let one = Lenses {
        default: build(&classic(), &StatusNames::default()).0,
        ..Lenses::default()
    };
    let mut two = one.clone();
    two.by_kind.insert("bug".into(), Lens::default());
    assert_ne!(one.version(), two.version());
    assert_ne!(one.version(), Lenses::default().version());
    assert_eq!(two.of(Some(&"bug".into())), &Lens::default());
    assert_eq!(two.of(Some(&"task".into())), &one.default);
    assert_eq!(two.of(None), &one.default);
}

#[test]
fn the_version_is_the_same_in_every_process() {
    // stored beside each link: a change of this number replans every link once
    assert_eq!(
        build(&classic(), &StatusNames::default()).0.version(),
        9_179_254_592_161_467_948
    );
}

#[test]
fn duplicate_ids_count_once_and_duplicate_names_each() {
    let statuses = [
        status("a", "Same", Some(Category::Todo)),
        status("a", "Other", Some(Category::Won)),
        status("b", "same ", Some(Category::Won)),
    ];
    let (lens, _) = build(&statuses, &names(&[("Same", "inprogress")], &[]));
    assert_eq!(
        (
            to_vibe(&lens, "a").as_deref(),
            to_vibe(&lens, "b").as_deref()
        ),
        (Some("inprogress"), Some("inprogress"))
    );
    assert_eq!(to_huly(&lens, "inprogress", None).as_deref(), Some("a"));
    assert_eq!(
        to_huly(&lens, "inprogress", Some("b")).as_deref(),
        Some("b")
    );
    assert_eq!(lens.names(Side::Huly).len(), 2);
}

/// Names that are odd, blank, doubled, in several cases.
fn name() -> impl Strategy<Value = String> {
    let common = [
        "",
        " ",
        "Todo",
        "todo",
        "TODO ",
        "Backlog",
        "In Review",
        "review",
        "Done",
        "Blocked",
        "ẞ",
        "ß",
        "İ",
        "🚀",
    ];
    prop_oneof![4 => prop::sample::select(common.to_vec()).prop_map(str::to_owned), 1 => ".{0,4}"]
}

fn vibe_name() -> impl Strategy<Value = String> {
    prop_oneof![6 => prop::sample::select(VIBE.to_vec()).prop_map(str::to_owned), 1 => name()]
}

fn category() -> impl Strategy<Value = Option<Category>> {
    use Category::{Active, Backlog, Lost, Todo, Won};
    prop::sample::select(vec![
        None,
        Some(Backlog),
        Some(Todo),
        Some(Active),
        Some(Won),
        Some(Lost),
    ])
}

fn any_statuses() -> impl Strategy<Value = Vec<HulyStatus>> {
    let one = (0..9_u8, name(), category());
    prop::collection::vec(
        one.prop_map(|(id, name, category)| status(&format!("h{id}"), &name, category)),
        0..9,
    )
}

fn any_vibe() -> impl Strategy<Value = Vec<StatusId>> {
    prop_oneof![
        4 => Just(vibe()),
        1 => prop::sample::subsequence(vibe(), 0..5),
        1 => Just(vibe()).prop_shuffle(),
        1 => prop::collection::vec(vibe_name().prop_map(|name| StatusId::from(&*name)), 0..6),
    ]
}

fn any_names() -> impl Strategy<Value = StatusNames> {
    let to_vibe = prop::collection::btree_map(name(), vibe_name(), 0..6);
    let to_huly = prop::collection::btree_map(vibe_name(), name(), 0..6);
    (to_vibe, to_huly).prop_map(|(to_vibe, to_huly)| StatusNames { to_vibe, to_huly })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn writing_back_what_was_read_changes_nothing(statuses in any_statuses(), vibe in any_vibe(), names in any_names()) {
        let (lens, _) = Lens::build(&statuses, &vibe, &names);
        for status in &statuses {
            if let Some(read) = lens.to_vibe(&status.id) {
                prop_assert_eq!(lens.to_huly(read, Some(&status.id)), Some(&status.id));
                prop_assert!(lens.same(&status.id, read));
            }
        }
    }

    #[test]
    fn what_was_written_is_read_back_on_the_image(statuses in any_statuses(), vibe in any_vibe(), names in any_names()) {
        let (lens, _) = Lens::build(&statuses, &vibe, &names);
        let image: Vec<&StatusId> = statuses.iter().filter_map(|status| lens.to_vibe(&status.id)).collect();
        let currents = || statuses.iter().map(|status| Some(&status.id)).chain([None]);
        for wanted in &vibe {
            for current in currents() {
                let written = lens.to_huly(wanted, current);
                if image.contains(&wanted) {
                    prop_assert_eq!(written.and_then(|huly| lens.to_vibe(huly)), Some(wanted));
                }
                // on and off the image: what was written means the same, so nothing is written twice
                prop_assert!(written.is_none_or(|huly| lens.same(huly, wanted)));
                prop_assert_eq!(lens.to_huly(wanted, written), written);
            }
        }
    }

    #[test]
    fn it_is_total_as_soon_as_one_status_is_known(statuses in any_statuses(), vibe in any_vibe(), names in any_names()) {
        let (lens, problems) = Lens::build(&statuses, &vibe, &names);
        let known = statuses.iter().any(|status| lens.to_vibe(&status.id).is_some());
        for wanted in &vibe {
            let written = lens.to_huly(wanted, None);
            prop_assert_eq!(written.is_some(), known);
            prop_assert!(written.is_none_or(|huly| statuses.iter().any(|status| status.id == *huly)));
        }
        for status in &statuses {
            let unmapped = problems.iter().any(|problem| matches!(problem, LensProblem::Unmapped { id, .. } if *id == status.id));
            prop_assert_eq!(lens.to_vibe(&status.id).is_none(), unmapped);
            prop_assert!(lens.to_vibe(&status.id).is_none_or(|means| vibe.contains(means)));
        }
    }

    #[test]
    fn building_twice_gives_one_lens_and_one_version(statuses in any_statuses(), vibe in any_vibe(), names in any_names()) {
        let (first, second) = (Lens::build(&statuses, &vibe, &names), Lens::build(&statuses, &vibe, &names));
        prop_assert_eq!(first.0.version(), second.0.version());
        prop_assert_eq!(first, second);
    }

    #[test]
    fn two_lenses_of_one_version_do_the_same(statuses in any_statuses(), a in any_names(), b in any_names()) {
        let (a, b) = (build(&statuses, &a).0, build(&statuses, &b).0);
        let does = |lens: &Lens| {
            let read: Vec<_> = statuses.iter().map(|status| lens.to_vibe(&status.id).cloned()).collect();
            let written: Vec<_> = vibe().iter().map(|wanted| lens.to_huly(wanted, None).cloned()).collect();
            (read, written, Side::ALL.map(|side| lens.cancelled(side)))
        };
        if a.version() == b.version() {
            prop_assert_eq!(does(&a), does(&b));
        }
    }

    #[test]
    fn only_known_statuses_mean_the_same_as_something(statuses in any_statuses(), names in any_names(), odd in name()) {
        let (lens, _) = build(&statuses, &names);
        let stranger = StatusId::from("stranger");
        for wanted in vibe() {
            prop_assert!(!lens.same(&stranger, &wanted));
        }
        prop_assert_eq!(lens.to_vibe(&stranger), None);
        let id = StatusId::from(&*format!("x{odd}"));
        prop_assert_eq!(lens.name_of(&id), id.as_str());
    }
}
