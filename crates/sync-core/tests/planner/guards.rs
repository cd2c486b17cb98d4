//! Guards (design 3.7): classes, thresholds, what is held and what is let through.

use sync_core::{
    Pair, Side,
    guard::{Class, Counts, Held, Limits, check, covers, withhold},
    item::{Item, Observation},
    link::{How, adopt},
    plan::{self, LinkInput, LinkPlan},
    rules::Rules,
};

use crate::support::{compact::compact, item, lenses, link, rules};

fn counts(links: usize) -> Counts {
    Counts {
        links,
        items: Pair {
            huly: links,
            vibe: links,
        },
        first_sync: false,
        removals_in_run: 0,
    }
}

/// Plans of `n` links of their own, all of one kind.
fn plans(n: usize, one: impl Fn(&Rules<'_>, usize) -> LinkPlan) -> Vec<LinkPlan> {
    let lenses = lenses();
    let rules = rules(&lenses);
    (0..n).map(|at| one(&rules, at)).collect()
}

fn named(side: Side, short: &str, at: usize) -> Item {
    Item {
        id: format!("{}{at}", side.as_str()).as_str().into(),
        ..item(side, short)
    }
}

fn cancels(n: usize) -> Vec<LinkPlan> {
    plans(n, |rules, at| {
        let (mut row, texts) = link(rules, "A|x|t", "A|x|todo");
        row.id = sync_core::ids::LinkId::derive(
            rules.workspace,
            Side::Huly,
            &named(Side::Huly, "A|x|t", at).id,
        );
        let vibe = Observation::Present(Box::new(named(Side::Vibe, "A|x|todo", at)));
        plan::link(
            rules,
            &LinkInput {
                link: &row,
                now: Pair {
                    huly: &Observation::Gone,
                    vibe: &vibe,
                },
                base_texts: texts,
            },
        )
    })
}

fn creates(n: usize, from: Side) -> Vec<LinkPlan> {
    let short = match from {
        Side::Huly => "A|x|t",
        Side::Vibe => "A|x|todo",
    };
    plans(n, |rules, at| {
        sync_core::link::create(rules, &named(from, short, at), from).1
    })
}

fn rewrites(n: usize, now: &'static str) -> Vec<LinkPlan> {
    plans(n, |rules, at| {
        let (mut row, texts) = link(rules, "A|x|t", "A|x|todo");
        row.id = sync_core::ids::LinkId::derive(
            rules.workspace,
            Side::Huly,
            &named(Side::Huly, "A|x|t", at).id,
        );
        let huly = Observation::Present(Box::new(named(Side::Huly, now, at)));
        plan::link(
            rules,
            &LinkInput {
                link: &row,
                now: Pair {
                    huly: &huly,
                    vibe: &Observation::Unseen,
                },
                base_texts: texts,
            },
        )
    })
}

fn held(counts: &Counts, plans: &[LinkPlan]) -> Vec<(Class, usize, usize)> {
    check(&Limits::default(), counts, plans)
        .iter()
        .map(|held| (held.class, held.count, held.limit))
        .collect()
}

#[test]
fn a_few_removals_pass_and_one_more_is_held() {
    assert_eq!(held(&counts(10), &cancels(3)), []);
    assert_eq!(held(&counts(10), &cancels(4)), [(Class::Removals, 4, 3)]);
}

#[test]
fn a_fifth_of_a_projects_links_may_be_removed() {
    assert_eq!(held(&counts(50), &cancels(10)), []);
    assert_eq!(held(&counts(50), &cancels(11)), [(Class::Removals, 11, 10)]);
}

#[test]
fn all_of_a_small_project_is_held_but_not_of_a_tiny_one() {
    assert_eq!(held(&counts(3), &cancels(3)), [(Class::Removals, 3, 2)]);
    assert_eq!(held(&counts(2), &cancels(2)), []);
    assert_eq!(held(&counts(1), &cancels(1)), []);
}

#[test]
fn more_than_twenty_in_a_run_are_held_whatever_the_size() {
    assert_eq!(held(&counts(1_000), &cancels(20)), []);
    assert_eq!(
        held(&counts(1_000), &cancels(21)),
        [(Class::Removals, 21, 20)]
    );
    let late = Counts {
        removals_in_run: 18,
        ..counts(1_000)
    };
    assert_eq!(held(&late, &cancels(3)), [(Class::Removals, 3, 2)]);
}

#[test]
fn fifty_creates_or_a_fifth_of_a_side_pass() {
    assert_eq!(held(&counts(10), &creates(50, Side::Huly)), []);
    assert_eq!(
        held(&counts(10), &creates(51, Side::Huly)),
        [(Class::Creates, 51, 50)]
    );
    assert_eq!(held(&counts(1_000), &creates(200, Side::Vibe)), []);
    assert_eq!(
        held(&counts(1_000), &creates(201, Side::Vibe)),
        [(Class::Creates, 201, 200)]
    );
}

#[test]
fn a_confirmed_first_sync_may_make_any_number() {
    let first = Counts {
        first_sync: true,
        ..counts(0)
    };
    assert_eq!(held(&first, &creates(300, Side::Huly)), []);
    assert_eq!(
        held(&first, &cancels(4)),
        [(Class::Removals, 4, 3)],
        "but not remove"
    );
}

#[test]
fn more_than_half_of_the_descriptions_or_statuses_are_held() {
    assert_eq!(held(&counts(10), &rewrites(5, "A|y|t")), []);
    assert_eq!(
        held(&counts(10), &rewrites(6, "A|y|t")),
        [(Class::Rewrites, 6, 5)]
    );
    assert_eq!(
        held(&counts(10), &rewrites(6, "A|x|d")),
        [(Class::Rewrites, 6, 5)]
    );
    assert_eq!(
        held(&counts(10), &rewrites(10, "B|x|t")),
        [],
        "titles are no rewrites"
    );
    assert_eq!(
        held(&counts(3), &rewrites(3, "A|y|t")),
        [],
        "an ordinary day of a tiny project"
    );
}

#[test]
fn half_descriptions_and_half_statuses_are_counted_apart() {
    let mut both = rewrites(5, "A|y|t");
    both.extend(rewrites(5, "A|x|d"));
    assert_eq!(held(&counts(10), &both), []);
}

#[test]
fn the_hash_does_not_depend_on_the_order() {
    let mut plans = cancels(4);
    let hash = |plans: &[LinkPlan]| check(&Limits::default(), &counts(10), plans).remove(0).hash;
    let first = hash(&plans);
    plans.reverse();
    assert_eq!(hash(&plans), first);
    assert_eq!(first.len(), 64);
    assert_ne!(hash(&cancels(5)), first);
}

#[test]
fn an_accepted_set_covers_itself_and_every_subset_and_nothing_else() {
    let of = |plans: &[LinkPlan]| -> Held {
        check(
            &Limits {
                removals_free: 0,
                removals_percent: 0,
                ..Limits::default()
            },
            &counts(10),
            plans,
        )
        .remove(0)
    };
    let (five, all) = (of(&cancels(5)), cancels(5));
    assert!(covers(&five.pairs, &five));
    assert!(
        covers(&five.pairs, &of(&all[1..4])),
        "a part of it was done meanwhile"
    );
    assert!(
        !covers(&five.pairs, &of(&cancels(6))),
        "one more is another set"
    );
    assert!(!covers(&[], &five));
}

#[test]
fn an_edit_of_the_title_meanwhile_is_not_another_rewrite() {
    let limits = Limits {
        rewrites_free: 0,
        rewrites_percent: 0,
        ..Limits::default()
    };
    let accepted = check(&limits, &counts(10), &rewrites(1, "A|x|d")).remove(0);
    let retitled = check(&limits, &counts(10), &rewrites(1, "B|x|d")).remove(0);
    assert!(covers(&accepted.pairs, &retitled));
    let moved = check(&limits, &counts(10), &rewrites(1, "A|x|w")).remove(0);
    assert!(
        !covers(&accepted.pairs, &moved),
        "other values are another pair"
    );
}

#[test]
fn a_held_class_is_taken_out_whole_and_the_rest_goes_on() {
    let plan = &rewrites(1, "B|y|d")[0];
    assert_eq!(
        compact(plan),
        "vibe title A->B, description x->y, status todo->inprogress"
    );
    assert_eq!(
        compact(&withhold(plan, &[Class::Rewrites])),
        "vibe title A->B"
    );
    assert_eq!(
        compact(&withhold(plan, &[Class::Creates, Class::Removals])),
        compact(plan)
    );
    assert_eq!(compact(&withhold(&cancels(1)[0], &[Class::Removals])), "");
    assert_eq!(
        compact(&withhold(&creates(1, Side::Huly)[0], &[Class::Creates])),
        ""
    );
}

#[test]
fn what_is_held_back_leaves_no_conflict_behind() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (_, plan) = adopt(
        &rules,
        &item(Side::Huly, "A|x|w"),
        &item(Side::Vibe, "B|y|todo"),
        How::Title,
    );
    let rest = withhold(&plan, &[Class::Rewrites]);
    assert_eq!(
        compact(&rest),
        "agree ; ! title A~B huly wins adopted; vibe title B->A(adopted)"
    );
}

#[test]
fn writes_that_our_own_creates_owe_are_no_rewrites() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let plans: Vec<LinkPlan> = (0..6)
        .map(|at| {
            let (mut row, texts) = link(&rules, "A|x|d", "A|x|?");
            row.id = sync_core::ids::LinkId::derive(
                rules.workspace,
                Side::Huly,
                &named(Side::Huly, "", at).id,
            );
            let (huly, vibe) = (
                named(Side::Huly, "A|x|d", at),
                named(Side::Vibe, "A|x|todo", at),
            );
            let (huly, vibe) = (
                Observation::Present(Box::new(huly)),
                Observation::Present(Box::new(vibe)),
            );
            plan::link(
                &rules,
                &LinkInput {
                    link: &row,
                    now: Pair {
                        huly: &huly,
                        vibe: &vibe,
                    },
                    base_texts: texts,
                },
            )
        })
        .collect();
    assert_eq!(compact(&plans[0]), "vibe status todo->inprogress(confirm)");
    assert_eq!(held(&counts(6), &plans), []);
}

#[test]
fn classes_have_stable_names() {
    assert_eq!(
        Class::ALL.map(Class::as_str),
        ["removals", "creates", "rewrites"]
    );
    assert_eq!(
        serde_json::to_string(&Class::Rewrites).unwrap(),
        "\"rewrites\""
    );
}
