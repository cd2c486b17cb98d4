//! The generated cases.

use sync_core::{
    Pair, Side,
    ids::{Millis, RulesVersion},
    item::{Field, Observation, Value},
    link::{How, Link},
    plan::{self, Action},
    rules::Rules,
};

use super::{
    Choices, FIELDS, any_order, applies_once, check, converges, echoes, ensure, loses_nothing,
};
use crate::support::{
    lenses,
    world::{Fate, World},
};

#[test]
fn every_triple_converges_and_then_is_quiet_and_nothing_is_lost_on_the_way() {
    let lenses = lenses();
    check(1, 0..40, |mut choose| {
        let rules = choose.rules(&lenses);
        let mut world = World::linked(&rules, choose.pair(&lenses));
        for side in Side::ALL {
            for _ in 0..choose.below(4) {
                choose.edit(&mut world, side);
            }
        }
        applies_once(&world, &rules)?;
        any_order(&world, &rules)?;
        let before = world.clone();
        world.run(&rules, Fate::default);
        loses_nothing(&before, &world)?;
        converges(&mut world, &rules, 1)?;
        echoes(&world, &rules)
    });
}

#[test]
fn every_history_of_edits_runs_and_faults_converges() {
    let lenses = lenses();
    check(20, 0..120, |mut choose| {
        let rules = choose.rules(&lenses);
        let mut world = World::linked(&rules, choose.pair(&lenses));
        while !choose.0.is_empty() {
            let fates = [choose.below(8), choose.below(8)];
            step(&mut world, &mut choose, &rules, fates)?;
        }
        converges(&mut world, &rules, 3)?;
        echoes(&world, &rules)
    });
}

/// An edit, or a run with faults.
fn step(
    world: &mut World,
    choose: &mut Choices<'_>,
    rules: &Rules<'_>,
    fates: [usize; 2],
) -> Result<(), String> {
    if choose.below(3) < 2 {
        let side = choose.side();
        choose.edit(world, side);
        return Ok(());
    }
    world.now = Millis(world.now.0 + [1_000, 20_000, 31_000, 600_000][choose.below(4)]);
    let mut fates = fates.into_iter().map(|fate| match fate {
        0 => Fate::Failed,
        1 => Fate::Found,
        2 => Fate::Undone,
        _ => Fate::Done,
    });
    let before = world.clone();
    world.run(rules, || fates.next().unwrap_or_default());
    loses_nothing(&before, world)
}

#[test]
fn every_adoption_keeps_what_gives_way_and_survives_faults() {
    let lenses = lenses();
    check(20, 0..40, |mut choose| {
        let rules = choose.rules(&lenses);
        let (huly, vibe) = (choose.pair(&lenses).huly, choose.pair(&lenses).vibe);
        let mut world = World::new(
            Pair {
                huly: Some(huly),
                vibe: Some(vibe.clone()),
            },
            rules.now,
        );
        let fate = [Fate::Done, Fate::Failed, Fate::Undone][choose.below(3)];
        let mut fates = std::iter::once(fate);
        let huly = world.card(Side::Huly).clone();
        world.adopt(&rules, How::Title, &mut || fates.next().unwrap_or_default());
        for field in FIELDS {
            let blank = matches!(vibe.value(field), Value::Text(text) if text.trim().is_empty());
            let stands = world.card(Side::Vibe).value(field) == vibe.value(field);
            ensure(
                stands || blank || world.keeps(Side::Vibe, field, &vibe.value(field)),
                "I3 adoption",
                &world,
            )?;
        }
        if choose.flag() {
            let (side, before) = (choose.side(), world.clone());
            choose.edit(&mut world, side);
            let edited = world.clone();
            world.run(&rules, Fate::default);
            loses_nothing(&edited, &world)
                .map_err(|error| format!("{error} after {}", before.short()))?;
        } else {
            ensure(
                world.card(Side::Huly) == &huly,
                "Huly's value stands",
                &world,
            )?;
        }
        converges(&mut world, &rules, 3)?;
        echoes(&world, &rules)
    });
}

#[test]
fn every_create_converges_whatever_became_of_its_answer() {
    let lenses = lenses();
    check(20, 0..40, |mut choose| {
        let mut rules = choose.rules(&lenses);
        let from = choose.side();
        let pair = choose.pair(&lenses);
        let mut world = World::new(
            Pair::by(|side| (side == from).then(|| pair.side(side).clone())),
            rules.now,
        );
        world.ignores_status = choose.flag();
        rules.capabilities.vibe.status_at_create = !world.ignores_status;
        let fate = [Fate::Done, Fate::Failed, Fate::Found][choose.below(3)];
        world.create(&rules, from, &mut || fate);
        world.now = Millis(world.now.0 + 1_000);
        if world.cards.side(from.opposite()).is_none() {
            world.run(&rules, Fate::default);
        }
        let side = choose.side();
        if choose.flag() {
            choose.edit(&mut world, side);
        }
        let before = world.clone();
        world.run(&rules, Fate::default);
        loses_nothing(&before, &world)?;
        converges(&mut world, &rules, 3)?;
        echoes(&world, &rules)
    });
}

#[test]
fn a_rebuilt_link_overwrites_nothing_unseen() {
    let lenses = lenses();
    check(20, 0..60, |mut choose| {
        let rules = choose.rules(&lenses);
        let mut world = World::linked(&rules, choose.pair(&lenses));
        let old: (Option<Link>, _) = (world.link.clone(), world.texts.clone());
        for _ in 0..choose.below(4) {
            let side = choose.side();
            choose.edit(&mut world, side);
            world.run(&rules, Fate::default);
        }
        (world.link, world.texts) = old;
        world.link.as_mut().unwrap().rebuilt = true;
        let side = choose.side();
        choose.edit(&mut world, side);
        let before = world.clone();
        world.run(&rules, Fate::default);
        for side in Side::ALL {
            for field in FIELDS {
                let value = before.card(side).value(field);
                let stands = world.card(side).value(field) == value;
                ensure(
                    stands || world.keeps(side, field, &value),
                    "design 4.3",
                    &world,
                )?;
            }
        }
        converges(&mut world, &rules, 3)
    });
}

#[test]
fn new_rules_rewrite_vibe_once_and_are_remembered() {
    let lenses = lenses();
    check(20, 0..40, |mut choose| {
        let mut rules = choose.rules(&lenses);
        let pair = choose.pair(&lenses);
        let mut world = World::linked(&rules, pair);
        // as if the map had been another one
        let status = choose.status(Side::Vibe);
        world.card_mut(Side::Vibe).status = status.into();
        world.link.as_mut().unwrap().base.vibe.status = Some(status.into());
        rules.version = RulesVersion(8);
        let huly = world.card(Side::Huly).clone();
        world.run(&rules, Fate::default);
        ensure(
            world.card(Side::Huly) == &huly,
            "design 3.10: Vibe follows",
            &world,
        )?;
        ensure(world.same(&rules, Field::Status), "design 3.10", &world)?;
        ensure(
            world.plan(&rules).actions.is_empty(),
            "I2 after new rules",
            &world,
        )
    });
}

#[test]
fn an_item_that_is_not_read_is_never_changed_by_what_it_does_not_say() {
    let lenses = lenses();
    check(20, 0..40, |mut choose| {
        let rules = choose.rules(&lenses);
        let mut world = World::linked(&rules, choose.pair(&lenses));
        let side = choose.side();
        choose.edit(&mut world, side);
        let link = world.link.clone().unwrap();
        let blind = Pair {
            huly: &Observation::Unseen,
            vibe: &Observation::Unseen,
        };
        let input = plan::LinkInput {
            link: &link,
            now: blind,
            base_texts: world.texts.clone(),
        };
        ensure(
            plan::link(&rules, &input).actions.is_empty(),
            "I5 unseen",
            &world,
        )?;
        // the edited side is not read: the other one says nothing new
        let seen = Pair::by(|at| at != side);
        let plan = world.plan_seeing(&rules, seen);
        let touched = plan
            .actions
            .iter()
            .any(|action| !matches!(action, Action::Agree(_)));
        ensure(!touched, "I5 unseen", &world)
    });
}
