//! What one run over the domain comes to.

use super::{all, pairs};
use sync_core::{
    Pair, Side,
    item::{Field, Observation},
    link::Phase,
    plan::{self, Action, LinkInput},
    rules::{Creation, Deletion, Policy},
};

use super::{DELETIONS, POLICIES};
use crate::support::{
    item, lenses, link, rules,
    world::{Card, Fate, World},
};

/// Every pair of cards that meant the same once, every edit, every policy: one run, and both mean the same and are quiet.
#[test]
fn every_edit_converges_in_one_run() {
    let lenses = lenses();
    let titles = ["A", "B", "C"];
    let statuses = [
        ("t", "todo"),
        ("d", "inprogress"),
        ("w", "done"),
        ("d", "inreview"),
    ];
    for policy in POLICIES {
        let mut rules = rules(&lenses);
        (rules.policies.title, rules.policies.status) = (policy, policy);
        for (huly, vibe) in pairs(&all("%", &titles), &all("%", &titles)) {
            for base in statuses {
                for (now_huly, now_vibe) in statuses
                    .iter()
                    .flat_map(|huly| statuses.iter().map(|vibe| (huly.0, vibe.1)))
                {
                    let cards = Pair {
                        huly: Card::new(Side::Huly, "A", "x", base.0),
                        vibe: Card::new(Side::Vibe, "A", "x", base.1),
                    };
                    let mut world = World::linked(&rules, cards);
                    (
                        world.card_mut(Side::Huly).title,
                        world.card_mut(Side::Huly).status,
                    ) = (huly.as_str().into(), now_huly.into());
                    (
                        world.card_mut(Side::Vibe).title,
                        world.card_mut(Side::Vibe).status,
                    ) = (vibe.as_str().into(), now_vibe.into());
                    world.run(&rules, Fate::default);
                    let frozen = world.link.as_ref().unwrap().frozen;
                    for field in [Field::Title, Field::Status] {
                        assert!(
                            frozen.contains(field) || world.same(&rules, field),
                            "{}",
                            world.short()
                        );
                    }
                    assert!(frozen.is_empty() || policy == Policy::Manual);
                    assert!(world.plan(&rules).actions.is_empty(), "{}", world.short());
                }
            }
        }
    }
}

/// Every deletion under every policy ends in one of the states that design 3.6 names, and stays there.
#[test]
fn every_deletion_ends_where_its_policy_says_and_stays_there() {
    let lenses = lenses();
    for deletion in DELETIONS {
        for gone in Side::ALL {
            for edited in [false, true] {
                let mut rules = rules(&lenses);
                (rules.deletion, rules.policies.title) = (deletion, Policy::Merge);
                let cards = Pair {
                    huly: Card::new(Side::Huly, "A", "x", "t"),
                    vibe: Card::new(Side::Vibe, "A", "x", "todo"),
                };
                let mut world = World::linked(&rules, cards);
                *world.cards.side_mut(gone) = None;
                if edited {
                    world.card_mut(gone.opposite()).title = "B".into();
                }
                world.run(&rules, Fate::default);
                match (edited, deletion) {
                    (true, _) => assert_eq!(&*world.card(gone).title, "B", "the edit wins"),
                    (false, Deletion::Cancel) => {
                        let cancelled = lenses.default.cancelled(gone.opposite()).unwrap();
                        assert_eq!(world.card(gone.opposite()).status, cancelled);
                        assert_eq!(world.link.as_ref().unwrap().phase, Phase::Tombstone);
                    }
                    (false, Deletion::Mirror) => assert_eq!(
                        (&world.cards.huly, &world.cards.vibe, &world.link),
                        (&None, &None, &None)
                    ),
                    (false, Deletion::Ignore) => {
                        assert_eq!(&*world.card(gone.opposite()).title, "A");
                        assert_eq!(world.link.as_ref().unwrap().phase, Phase::Tombstone);
                    }
                }
                if world.link.is_some() {
                    assert!(world.plan(&rules).actions.is_empty(), "{}", world.short());
                }
            }
        }
    }
}

#[test]
fn no_counterpart_is_made_where_creation_is_off() {
    let lenses = lenses();
    for (create, vibe, huly) in [
        (Creation::Both, true, true),
        (Creation::ToVibe, true, false),
        (Creation::ToHuly, false, true),
        (Creation::None, false, false),
    ] {
        let mut rules = rules(&lenses);
        rules.create = create;
        for (from, made) in [(Side::Huly, vibe), (Side::Vibe, huly)] {
            let (mut link, texts) = link(&rules, "A|x|t", "A|x|todo");
            *link.items.side_mut(from.opposite()) = None;
            let here = Observation::Present(Box::new(item(
                from,
                if from == Side::Huly {
                    "A|x|t"
                } else {
                    "A|x|todo"
                },
            )));
            let unseen = Observation::Unseen;
            let now = Pair::by(|side| if side == from { &here } else { &unseen });
            let plan = plan::link(
                &rules,
                &LinkInput {
                    link: &link,
                    now,
                    base_texts: texts,
                },
            );
            assert_eq!(
                plan.actions
                    .iter()
                    .any(|action| matches!(action, Action::Create(_))),
                made,
                "{create:?} {from}"
            );
        }
    }
}
