//! Links are made: of two items that are there, or of one that gets a counterpart.

use sync_core::{
    Pair, Side, guard,
    ids::LinkId,
    item::{Item, Observation, TextVersion},
    link::{How, Link, adopt, create},
    plan::{self, Action, LinkInput},
};

use crate::support::{compact::compact, item, lenses, rules};

fn adopted(huly: &str, vibe: &str) -> (Link, String) {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, plan) = adopt(
        &rules,
        &item(Side::Huly, huly),
        &item(Side::Vibe, vibe),
        How::Title,
    );
    (row, compact(&plan))
}

#[test]
fn equal_items_are_adopted_without_a_write() {
    assert_eq!(
        adopted("A|x|t", "A|x|todo").1,
        "agree title+description+status whole"
    );
    assert_eq!(
        adopted("A|*x*|b", "A|_x_|todo").1,
        "agree title+description+status whole"
    );
    assert_eq!(
        adopted("A||d", "A||inreview").1,
        "agree title+description+status whole"
    );
}

#[test]
fn where_adopted_items_differ_huly_stands_and_vibes_value_is_kept() {
    assert_eq!(
        adopted("A|x|t", "a|x|todo").1,
        "agree description+status; ! title A~a huly wins adopted; vibe title a->A(adopted)"
    );
    assert_eq!(
        adopted("A|x|t", "A|y|todo").1,
        "agree title+status; ! description x~y huly wins adopted; vibe description y->x(adopted)"
    );
    assert_eq!(
        adopted("A|x|w", "A|x|todo").1,
        "agree title+description; ! status w~todo huly wins adopted; vibe status todo->done(adopted)"
    );
}

#[test]
fn a_blank_value_that_gives_way_is_nothing_to_keep() {
    assert_eq!(
        adopted("A|x|t", "A||todo").1,
        "agree title+status; vibe description ->x(adopted)"
    );
}

#[test]
fn what_is_still_owed_to_vibe_is_in_the_row() {
    let (row, _) = adopted("A|x|w", "B|y|todo");
    assert_eq!(
        &*row.base.huly.title, "B",
        "as if Huly had changed it since"
    );
    assert!(row.base.vibe.description.is_owed());
    assert_eq!(
        row.base.huly.status,
        Some("t".into()),
        "as if Huly had moved since"
    );
}

#[test]
fn an_adoption_that_was_held_back_is_planned_again_and_is_still_a_rewrite() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let items = Pair {
        huly: item(Side::Huly, "A|x|w"),
        vibe: item(Side::Vibe, "A|y|todo"),
    };
    let (row, _) = adopt(&rules, &items.huly, &items.vibe, How::Title);
    let texts = items.as_ref().map(|item| item.text.clone());
    let now = items.map(|item| Observation::Present(Box::new(item)));
    let plan = plan::link(
        &rules,
        &LinkInput {
            link: &row,
            now: now.as_ref(),
            base_texts: texts,
        },
    );
    assert_eq!(
        compact(&plan),
        "vibe description y->x(adopted), status todo->done"
    );
    let held = guard::check(
        &guard::Limits {
            rewrites_free: 0,
            ..guard::Limits::default()
        },
        &guard::Counts::default(),
        &[plan],
    );
    assert_eq!(held.len(), 1);
}

#[test]
fn an_unmapped_status_is_told_and_the_rest_is_adopted() {
    assert_eq!(
        adopted("A|x|x", "A|x|todo").1,
        "agree title+description whole; x STATUS_UNKNOWN vibe.status"
    );
}

#[test]
fn without_the_texts_a_pair_is_adopted_as_rebuilt() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let unread = Item {
        text: None,
        ..item(Side::Huly, "A|x|t")
    };
    let (row, plan) = adopt(&rules, &unread, &item(Side::Vibe, "A|y|todo"), How::Title);
    assert!(row.rebuilt);
    assert_eq!(compact(&plan), "agree title+status");
}

#[test]
fn a_pair_found_by_its_derived_id_began_in_vibe() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, _) = adopt(
        &rules,
        &item(Side::Huly, "A|x|t"),
        &item(Side::Vibe, "A|x|todo"),
        How::DerivedId,
    );
    assert_eq!(
        (row.origin, row.id),
        (
            Side::Vibe,
            LinkId::derive(rules.workspace, Side::Vibe, &"t1".into())
        )
    );
}

#[test]
fn a_new_pair_has_its_row_before_its_counterpart() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, plan) = create(&rules, &item(Side::Vibe, "A|x|done"), Side::Vibe);
    assert_eq!(
        (
            row.origin,
            row.items.vibe.clone(),
            row.items.huly.clone(),
            row.version
        ),
        (Side::Vibe, Some("t1".into()), None, 0)
    );
    assert_eq!(compact(&plan), "create huly#1 A|x|w");
    assert_eq!(row.base.vibe.description, TextVersion::of_text("x"));
}

#[test]
fn the_same_item_makes_the_same_link_and_the_same_create_again() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let first = create(&rules, &item(Side::Huly, "A|x|t"), Side::Huly);
    let second = create(&rules, &item(Side::Huly, "B|y|w"), Side::Huly);
    let key = |plan: &sync_core::plan::LinkPlan| match &plan.actions[..] {
        [Action::Create(create)] => create.key,
        other => panic!("{other:?}"),
    };
    assert_eq!(first.0.id, second.0.id);
    assert_eq!(
        key(&first.1),
        key(&second.1),
        "never of values (design 4.1)"
    );
}
