//! Plans for people, for programs and for `--accept`.

use sync_core::{
    Pair, Side,
    ids::LinkId,
    item::{Field, FieldSet, Priority, Value, Values},
    link::{How, Phase, adopt, create},
    plan::{
        self, Action, Agree, Cancel, Change, Conflict, ConflictCause, Draft, Forget, LinkPlan,
        Notice, PhaseChange, Problem, Relink, Remove, RemoveReason, Totals, Update, Why,
    },
};

use crate::support::{item, lenses, rules};

fn plan(label: &str, actions: Vec<Action>) -> LinkPlan {
    LinkPlan {
        link: LinkId(uuid::Uuid::from_u128(5)),
        label: label.into(),
        actions,
    }
}

fn update(set: Vec<Change>) -> Action {
    Action::Update(Update {
        side: Side::Vibe,
        item: "t1".into(),
        set,
        expected: Values::default(),
        source_values: Values::default(),
        whole: None,
    })
}

fn change(field: Field, from: Value, to: Value, why: Why) -> Change {
    Change {
        field,
        from,
        to,
        why,
    }
}

fn all() -> Vec<Action> {
    let text = |text: &str| Value::Text(text.into());
    vec![
        Action::Agree(Agree {
            fields: FieldSet::COMMON,
            base: Pair::default(),
            whole: None,
        }),
        Action::Conflict(Conflict {
            field: Field::Title,
            winner: Some(Side::Huly),
            values: Pair {
                huly: text("A"),
                vibe: text("B"),
            },
            base: None,
            frozen: false,
            cause: ConflictCause::BothChanged,
        }),
        Action::Problem(Problem {
            code: "ITEM_TITLE_BLANK".into(),
            side: Side::Vibe,
            field: Some(Field::Title),
            limit: None,
            actual: None,
            message: "the title is blank".into(),
        }),
        Action::Notice(Notice {
            code: "ITEM_TEXT_NUL".into(),
            message: "U+0000".into(),
        }),
        update(vec![
            change(Field::Title, text("A"), text("B"), Why::Edit),
            change(Field::Description, text(""), text("one\ntwo"), Why::Merged),
            change(
                Field::Status,
                Value::Unset,
                Value::Status("done".into()),
                Why::Confirm,
            ),
            change(
                Field::Priority,
                Value::Priority(Priority::None),
                Value::Priority(Priority::High),
                Why::Resend,
            ),
            change(
                Field::Labels,
                Value::Labels([].into()),
                Value::Labels(["a".into(), "b".into()].into()),
                Why::Rules,
            ),
            change(
                Field::Assignee,
                Value::Assignee(None),
                Value::Assignee(Some("p@x".into())),
                Why::Adopted,
            ),
        ]),
        Action::Cancel(Cancel {
            side: Side::Huly,
            item: "h1".into(),
            status: None,
            reason: "its Vibe task was deleted".into(),
            expected: Values::default(),
        }),
        Action::Remove(Remove {
            side: Side::Vibe,
            item: "t1".into(),
            reason: RemoveReason::Twin,
            kept: Draft::default(),
            expected: Values::default(),
            instead: None,
        }),
        Action::Phase(PhaseChange {
            to: Phase::Asleep,
            reason: "filtered".into(),
            gone: None,
        }),
        Action::Relink(Relink {
            side: Side::Vibe,
            to: "t2".into(),
            generation: None,
        }),
        Action::Forget(Forget {
            reason: "both items were deleted".into(),
        }),
    ]
}

#[test]
fn a_plan_reads_like_a_diff() {
    let shown = plan::text(&[plan("P-1 Dock", all())]);
    expect_test::expect![[r"
        P-1 Dock
          = agree on title, description, status
          ! conflict title: Huly stands; Huly: A; Vibe: B
          x ITEM_TITLE_BLANK: the title is blank
          i ITEM_TEXT_NUL: U+0000
          ~ update Vibe title: A -> B
          ~ update Vibe description: (blank) -> one\ntwo (both changed it)
          ~ update Vibe status: (none) -> done (not taken yet)
          ~ update Vibe priority: none -> high (written again)
          ~ update Vibe labels: (none) -> a, b (the mapping changed)
          ~ update Vibe assignee: (none) -> p@x (adopted)
          - cancel in Huly: its Vibe task was deleted
          - remove in Vibe: it was made twice
          - sleep: filtered
          ~ relink Vibe to t2
          - forget: both items were deleted
        1 to update, 1 to cancel, 1 to remove, 1 to agree, 1 in conflict, 1 refused, 1 to know, 1 to sleep, wake or leave alone, 1 to relink, 1 to forget
    "]]
    .assert_eq(&shown);
}

#[test]
fn a_create_shows_its_title_and_status() {
    let lenses = lenses();
    let (_, plan) = create(&rules(&lenses), &item(Side::Huly, "Dock|x|d"), Side::Huly);
    assert_eq!(
        plan::text(&[plan]),
        "Dock\n  + create in Vibe: Dock (inprogress)\n1 to create\n"
    );
}

#[test]
fn nothing_to_do_is_said_so() {
    assert_eq!(plan::text(&[]), "nothing to do\n");
    assert_eq!(plan::text(&[plan("P-1", Vec::new())]), "nothing to do\n");
}

#[test]
fn a_frozen_and_a_merged_conflict_say_what_stands() {
    let conflict = |frozen, winner| {
        let values = Pair {
            huly: Value::Text("A".into()),
            vibe: Value::Text("B".into()),
        };
        let conflict = Conflict {
            field: Field::Title,
            winner,
            values,
            base: None,
            frozen,
            cause: ConflictCause::Rebuilt,
        };
        plan::text(&[plan("P-1", vec![Action::Conflict(conflict)])])
    };
    assert!(conflict(true, None).contains("title: waits for you;"));
    assert!(conflict(false, None).contains("title: merged;"));
}

#[test]
fn no_text_of_a_service_reaches_the_terminal_as_a_command() {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\r\n\u{0}";
    let lenses = lenses();
    let (_, mut plan) = create(
        &rules(&lenses),
        &item(Side::Huly, &format!("{evil}|x|t")),
        Side::Huly,
    );
    plan.actions.push(Action::Notice(Notice {
        code: "X".into(),
        message: evil.into(),
    }));
    plan.actions.push(update(vec![change(
        Field::Title,
        Value::Text(evil.into()),
        Value::Status(evil.into()),
        Why::Edit,
    )]));
    plan.actions.push(Action::Forget(Forget {
        reason: evil.into(),
    }));
    let shown = plan::text(&[plan]);
    assert!(
        shown
            .chars()
            .all(|char| char == '\n' || (!char.is_control() && char != '\u{202e}')),
        "{shown:?}"
    );
    assert_eq!(shown.lines().count(), 7);
}

#[test]
fn long_values_are_shortened_by_characters() {
    let long = "é".repeat(200);
    assert_eq!(plan::shown(&long).chars().count(), 61);
    assert!(plan::shown(&long).ends_with('…'));
    assert_eq!(plan::shown(&"é".repeat(60)).chars().count(), 60);
}

#[test]
fn json_holds_the_whole_plan_its_totals_and_its_hash() {
    let plans = [plan("P-1 Dock", all()), plan("P-2", Vec::new())];
    let json = plan::json(&plans);
    assert_eq!(json["plans"].as_array().unwrap().len(), 1);
    assert_eq!(json["plans"][0]["actions"][4]["do"], "update");
    assert_eq!(json["totals"]["updates"]["vibe"], 1);
    assert_eq!(json["hash"], plan::hash(&plans));
}

#[test]
fn every_entry_can_be_stored_and_read_back() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut plans = vec![
        plan("P-1 Dock", all()),
        create(&rules, &item(Side::Huly, "A|x|t"), Side::Huly).1,
    ];
    plans.push(
        adopt(
            &rules,
            &item(Side::Huly, "A|x|t"),
            &item(Side::Vibe, "B|y|done"),
            How::Title,
        )
        .1,
    );
    for plan in plans {
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<LinkPlan>(&text).unwrap(), plan);
    }
}

#[test]
fn the_hash_is_the_plans_and_not_the_orders() {
    let one = plan("P-1", all());
    let two = LinkPlan {
        link: LinkId(uuid::Uuid::from_u128(6)),
        ..plan("P-2", all())
    };
    let hash = plan::hash(&[one.clone(), two.clone()]);
    assert_eq!(
        hash,
        plan::hash(&[two.clone(), plan("empty", Vec::new()), one.clone()])
    );
    assert_ne!(hash, plan::hash(&[one]));
}

#[test]
fn totals_count_by_side() {
    let totals = Totals::of(&[plan("P-1", all())]);
    assert_eq!(
        (
            totals.updates.vibe,
            totals.cancels.huly,
            totals.removes.vibe,
            totals.writes()
        ),
        (1, 1, 1, 3)
    );
}
