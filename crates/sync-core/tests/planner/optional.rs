//! Fields that only some services have: planned where both sides have them, and then like any other.

use std::{collections::BTreeSet, sync::Arc};

use sync_core::{
    Pair, Side,
    ids::Millis,
    item::{Extra, Field, FieldSet, Item, Observation, Priority},
    lens::Lenses,
    link::{How, Link, adopt, create},
    plan::{self, Action, LinkInput, LinkPlan},
    rules::{Policy, Rules},
};

use crate::support::{NOW, compact::compact, item, lenses, rules};

/// Everything but the parent, which belongs to one side.
const OPTIONAL: [Field; 4] = [
    Field::Priority,
    Field::Labels,
    Field::Assignee,
    Field::DueDate,
];

fn all_fields(lenses: &Lenses) -> Rules<'_> {
    let mut rules = rules(lenses);
    rules.capabilities.huly.fields = FieldSet::of(&Field::ALL);
    rules.capabilities.vibe.fields = FieldSet::of(&Field::ALL);
    rules
}

fn labels(names: &[&str]) -> BTreeSet<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

/// The usual item of one side with other values in the optional fields.
fn with(side: Side, extra: Extra) -> Item {
    let short = match side {
        Side::Huly => "A|x|t",
        Side::Vibe => "A|x|todo",
    };
    let mut item = item(side, short);
    item.values.extra = extra;
    item
}

/// One value in each optional field.
fn full() -> Extra {
    Extra {
        priority: Priority::High,
        parent: Some("parent".into()),
        labels: labels(&["ui", "api"]),
        assignee: Some("ann@example.org".into()),
        due_date: Some(Millis(86_400_000)),
    }
}

fn linked(rules: &Rules<'_>, base: &Extra) -> Link {
    let items = Pair::by(|side| with(side, base.clone()));
    let mut link = Link::between(rules, items.huly.id.clone(), items.vibe.id.clone());
    link.base = items.map(|item| item.values);
    link
}

fn planned(rules: &Rules<'_>, link: &Link, now: &Pair<Extra>) -> LinkPlan {
    let now = Pair::by(|side| {
        let extra = now.side(side).clone();
        Observation::Present(Box::new(with(side, extra)))
    });
    let input = LinkInput {
        link,
        now: now.as_ref(),
        base_texts: Pair::default(),
    };
    plan::link(rules, &input)
}

/// The plan where Huly holds one thing now, Vibe another, and the base held nothing.
fn from_nothing(rules: &Rules<'_>, huly: Extra, vibe: Extra) -> String {
    let link = linked(rules, &Extra::default());
    compact(&planned(rules, &link, &Pair { huly, vibe }))
}

#[test]
fn fields_that_one_side_lacks_are_never_planned() {
    let lenses = lenses();
    let rules = rules(&lenses);
    assert_eq!(from_nothing(&rules, full(), Extra::default()), "");
    let mut one_sided = all_fields(&lenses);
    one_sided.capabilities.vibe.fields = FieldSet::COMMON;
    assert_eq!(from_nothing(&one_sided, full(), Extra::default()), "");
}

#[test]
fn fields_that_both_sides_have_are_carried_in_the_order_of_plans() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let link = linked(&rules, &Extra::default());
    let now = Pair {
        huly: full(),
        vibe: Extra::default(),
    };
    let plan = planned(&rules, &link, &now);
    let [Action::Update(update)] = &plan.actions[..] else {
        panic!("{plan:?}")
    };
    let fields: Vec<Field> = update.set.iter().map(|change| change.field).collect();
    assert_eq!((update.side, fields), (Side::Vibe, OPTIONAL.to_vec()));
}

#[test]
fn a_parent_is_of_one_side_and_is_not_carried_by_its_id() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let child = Extra {
        parent: Some("h0".into()),
        ..Extra::default()
    };
    assert_eq!(from_nothing(&rules, child, Extra::default()), "");
}

#[test]
fn a_priority_goes_either_way() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let urgent = Extra {
        priority: Priority::Urgent,
        ..Extra::default()
    };
    assert_eq!(
        from_nothing(&rules, urgent.clone(), Extra::default()),
        "vibe priority Priority(None)->Priority(Urgent)"
    );
    assert_eq!(
        from_nothing(&rules, Extra::default(), urgent.clone()),
        "huly priority Priority(None)->Priority(Urgent)"
    );
    assert_eq!(
        from_nothing(&rules, urgent.clone(), urgent),
        "agree priority"
    );
}

#[test]
fn labels_are_one_value_whatever_their_order() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let one = Extra {
        labels: labels(&["b", "a"]),
        ..Extra::default()
    };
    let two = Extra {
        labels: labels(&["a", "b"]),
        ..Extra::default()
    };
    assert_eq!(from_nothing(&rules, one.clone(), two), "agree labels");
    assert_eq!(
        from_nothing(&rules, one, Extra::default()),
        "vibe labels ->a+b"
    );
}

#[test]
fn what_was_taken_away_is_carried_too() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let link = linked(&rules, &full());
    let now = Pair {
        huly: full(),
        vibe: Extra {
            parent: full().parent,
            ..Extra::default()
        },
    };
    let plan = planned(&rules, &link, &now);
    let [Action::Update(update)] = &plan.actions[..] else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (update.side, update.set.len()),
        (Side::Huly, OPTIONAL.len())
    );
}

#[test]
fn the_policy_for_other_fields_decides_where_both_changed() {
    let lenses = lenses();
    let mut rules = all_fields(&lenses);
    let of = |name: &str| Extra {
        assignee: Some(name.into()),
        ..Extra::default()
    };
    for (policy, expected) in [
        (Policy::Huly, "huly wins; vibe assignee"),
        (Policy::Merge, "huly wins; vibe assignee"),
        (Policy::Vibe, "vibe wins; huly assignee"),
        (Policy::Manual, "frozen"),
    ] {
        rules.policies.other = policy;
        let plan = from_nothing(&rules, of("ann"), of("bob"));
        assert!(plan.contains(expected), "{policy:?}: {plan}");
    }
}

#[test]
fn a_lost_write_of_an_optional_field_is_sent_again() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let due = |at: i64| Extra {
        due_date: Some(Millis(at)),
        ..Extra::default()
    };
    let mut link = linked(&rules, &due(2));
    link.last_write.vibe = Some(sync_core::link::LastWrite {
        at: NOW,
        fields: FieldSet::of(&[Field::DueDate]),
        before: with(Side::Vibe, due(1)).values,
        resent: 0,
    });
    let now = Pair {
        huly: due(2),
        vibe: due(1),
    };
    let plan = compact(&planned(&rules, &link, &now));
    assert!(
        plan.starts_with("vibe due_date") && plan.ends_with("(resend)"),
        "{plan}"
    );
}

#[test]
fn a_new_counterpart_takes_the_shared_fields_and_no_others() {
    let lenses = lenses();
    let draft = |rules: &Rules<'_>| {
        let (_, plan) = create(rules, &with(Side::Huly, full()), Side::Huly);
        match plan.actions.into_iter().last() {
            Some(Action::Create(create)) => create.draft.extra,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(draft(&rules(&lenses)), Extra::default());
    let carried = Extra {
        parent: None,
        ..full()
    };
    assert_eq!(draft(&all_fields(&lenses)), carried);
}

#[test]
fn an_adopted_pair_takes_hulys_optional_values() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let vibe = Extra {
        labels: labels(&["old"]),
        ..full()
    };
    let (link, plan) = adopt(
        &rules,
        &with(Side::Huly, full()),
        &with(Side::Vibe, vibe.clone()),
        How::Title,
    );
    assert!(compact(&plan).ends_with("vibe labels old->api+ui(adopted)"));
    // planned again from the row alone, after the write was lost
    let again = planned(&rules, &link, &Pair { huly: full(), vibe });
    assert_eq!(compact(&again), "vibe labels old->api+ui");
}

#[test]
fn an_edit_of_an_optional_field_does_not_count_against_a_deletion() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let link = linked(&rules, &Extra::default());
    let task = Observation::Present(Box::new(with(Side::Vibe, full())));
    let input = LinkInput {
        link: &link,
        now: Pair {
            huly: &Observation::Gone,
            vibe: &task,
        },
        base_texts: Pair::default(),
    };
    assert_eq!(
        compact(&plan::link(&rules, &input)),
        "cancel vibe cancelled"
    );
}

#[test]
fn settling_moves_the_base_of_optional_fields() {
    let lenses = lenses();
    let rules = all_fields(&lenses);
    let link = linked(&rules, &Extra::default());
    let now = Pair {
        huly: full(),
        vibe: Extra::default(),
    };
    let plan = planned(&rules, &link, &now);
    let answer = with(
        Side::Vibe,
        Extra {
            parent: None,
            ..full()
        },
    );
    let caps = rules.capabilities.vibe;
    for answer in [Some(&answer), None] {
        let settled = plan::settle(&link, &plan.actions[0], answer, &caps, NOW);
        for field in OPTIONAL {
            assert!(settled.base.vibe.same(&settled.base.huly, field), "{field}");
        }
        let now = Pair {
            huly: full(),
            vibe: Extra {
                parent: None,
                ..full()
            },
        };
        assert_eq!(compact(&planned(&rules, &settled, &now)), "");
    }
}
