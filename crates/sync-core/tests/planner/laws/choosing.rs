//! Choosing: what sleeps and wakes, and fields that go one way only.

use sync_core::{
    Side,
    filter::{Condition, Judged, Leaving, Turn, turn},
    ids::Millis,
    item::FieldSet,
    plan::{self, Action, LinkInput, LinkPlan},
    rules::{Direction, Rules},
};

use super::{FIELDS, check, converges, ensure, loses_nothing};
use crate::support::{
    WINDOW, lenses,
    world::{Fate, World},
};

/// The plan of a run in which the filter says this of the issue.
fn plan_of(world: &World, rules: &Rules<'_>, judged: Judged) -> LinkPlan {
    let link = world.link.as_ref().expect("a link");
    let rules = Rules {
        now: world.now,
        ..rules.clone()
    };
    let now = world.observe();
    let input = LinkInput {
        link,
        now: now.as_ref(),
        base_texts: world.texts.clone(),
    };
    match turn(link.phase, judged, Leaving::Sleeps, true) {
        Turn::Work => plan::link(&rules, &input),
        Turn::Sleep => plan::sleep(&rules, &input, "outside"),
        Turn::Wake => plan::wake(&rules, &input, "inside"),
        Turn::Leave => LinkPlan {
            link: link.id,
            label: "".into(),
            actions: Vec::new(),
        },
    }
}

#[test]
fn leaving_and_coming_back_deletes_cancels_and_loses_nothing() {
    let lenses = lenses();
    check(20, 0..80, |mut choose| {
        let rules = choose.rules(&lenses);
        let mut world = World::linked(&rules, choose.pair(&lenses));
        let mut judged = Judged::Inside;
        while !choose.0.is_empty() {
            match choose.below(4) {
                0 | 1 => {
                    let side = choose.side();
                    choose.edit(&mut world, side);
                }
                2 => {
                    judged = if judged == Judged::Inside {
                        Judged::Outside(Condition::Status)
                    } else {
                        Judged::Inside
                    };
                }
                _ => {
                    world.now = Millis(world.now.0 + WINDOW.0 + 1);
                    let before = world.clone();
                    let plan = plan_of(&world, &rules, judged);
                    let taken = plan.actions.iter().any(|action| {
                        matches!(
                            action,
                            Action::Cancel(_) | Action::Remove(_) | Action::Forget(_)
                        )
                    });
                    ensure(!taken, "a filter takes nothing away", &world)?;
                    world.carry_out(&rules, &plan, &mut Fate::default);
                    loses_nothing(&before, &world)?;
                    ensure(world.link.is_some(), "the link stands", &world)?;
                }
            }
        }
        // back inside: it wakes, and both sides come together
        world.now = Millis(world.now.0 + WINDOW.0 + 1);
        let before = world.clone();
        let plan = plan_of(&world, &rules, Judged::Inside);
        world.carry_out(&rules, &plan, &mut Fate::default);
        loses_nothing(&before, &world)?;
        converges(&mut world, &rules, 3)
    });
}

#[test]
fn an_item_that_left_sleeps_after_its_last_change_was_carried_and_is_then_left_alone() {
    let lenses = lenses();
    check(20, 0..40, |mut choose| {
        let rules = choose.rules(&lenses);
        let mut world = World::linked(&rules, choose.pair(&lenses));
        choose.edit(&mut world, Side::Huly);
        let outside = Judged::Outside(Condition::Status);
        for _ in 0..3 {
            let plan = plan_of(&world, &rules, outside);
            world.carry_out(&rules, &plan, &mut Fate::default);
            world.now = Millis(world.now.0 + WINDOW.0 + 1);
        }
        let link = world.link.clone().expect("a link");
        for field in FIELDS {
            ensure(
                link.frozen.contains(field) || world.same(&rules, field),
                "the last change was carried",
                &world,
            )?;
        }
        ensure(
            link.phase == sync_core::link::Phase::Asleep,
            "it sleeps",
            &world,
        )?;
        let side = choose.side();
        choose.edit(&mut world, side);
        let plan = plan_of(&world, &rules, outside);
        ensure(plan.actions.is_empty(), "it is left alone", &world)
    });
}

const WAYS: [Direction; 4] = [
    Direction::Both,
    Direction::ToVibe,
    Direction::ToHuly,
    Direction::Off,
];

#[test]
fn a_field_is_written_in_its_direction_only_and_then_all_is_quiet() {
    let lenses = lenses();
    check(10, 0..60, |mut choose| {
        let mut rules = choose.rules(&lenses);
        rules.policies.direction.title = choose.of(&WAYS);
        rules.policies.direction.description = choose.of(&WAYS);
        rules.policies.direction.status = choose.of(&WAYS);
        let mut world = World::linked(&rules, choose.pair(&lenses));
        for _ in 0..3 {
            for _ in 0..choose.below(3) {
                let side = choose.side();
                choose.edit(&mut world, side);
            }
            world.now = Millis(world.now.0 + WINDOW.0 + 1);
            let before = world.clone();
            world.run(&rules, Fate::default);
            loses_nothing(&before, &world)?;
            for (side, field) in Side::ALL
                .into_iter()
                .flat_map(|side| FIELDS.map(|field| (side, field)))
            {
                let flows = rules.policies.direction.of(field).flows_to(side);
                ensure(
                    flows || before.card(side).value(field) == world.card(side).value(field),
                    &format!("{field} is not written to {side}"),
                    &world,
                )?;
            }
        }
        world.now = Millis(world.now.0 + WINDOW.0 + 1);
        world.run(&rules, Fate::default);
        let plan = world.plan(&rules);
        ensure(
            plan.actions.is_empty(),
            &format!("I2 quiescence {:?}", plan.actions),
            &world,
        )
    });
}

#[test]
fn nothing_of_a_field_that_is_off_is_planned_or_remembered() {
    let lenses = lenses();
    check(20, 0..30, |mut choose| {
        let mut rules = choose.rules(&lenses);
        rules.policies.direction.description = Direction::Off;
        rules.policies.direction.status = Direction::Off;
        let pair = choose.pair(&lenses);
        let from = choose.side();
        let mut world = World::new(
            sync_core::Pair::by(|side| (side == from).then(|| pair.side(side).clone())),
            rules.now,
        );
        world.create(&rules, from, &mut Fate::default);
        let link = world.link.clone().expect("a link");
        let source = link.base.side(from);
        ensure(
            source.status.is_none() && source.description.is_none(),
            "the base holds nothing of it",
            &world,
        )?;
        ensure(
            world.card(from.opposite()).text.is_empty(),
            "it is not carried",
            &world,
        )?;
        let side = choose.side();
        world.card_mut(side).text = "a text of their own".into();
        world.now = Millis(world.now.0 + WINDOW.0 + 1);
        let plan = world.plan(&rules);
        let off = FieldSet::of(&[
            sync_core::item::Field::Description,
            sync_core::item::Field::Status,
        ]);
        let about = |action: &Action| match action {
            Action::Update(update) => update.set.iter().any(|change| off.contains(change.field)),
            Action::Conflict(conflict) => off.contains(conflict.field),
            Action::Agree(agree) => !agree.fields.and(off).is_empty(),
            _ => false,
        };
        ensure(
            !plan.actions.iter().any(about),
            "nothing is planned",
            &world,
        )
    });
}

/// The direction, who edited, and whether each side shows the other's title after a run.
#[test]
fn a_one_way_title_gives_way_only_once_its_own_side_changes_it() {
    let lenses = lenses();
    let rows = [
        (Direction::Both, [true, false], ["H", "H"], 0),
        (Direction::Both, [false, true], ["V", "V"], 0),
        (Direction::ToVibe, [true, false], ["H", "H"], 0),
        (Direction::ToVibe, [false, true], ["same", "V"], 0),
        (Direction::ToVibe, [true, true], ["H", "H"], 1),
        (Direction::ToHuly, [true, false], ["H", "same"], 0),
        (Direction::ToHuly, [false, true], ["V", "V"], 0),
        (Direction::ToHuly, [true, true], ["V", "V"], 1),
        (Direction::Off, [true, true], ["H", "V"], 0),
    ];
    for (direction, edits, titles, conflicts) in rows {
        let mut rules = crate::support::rules(&lenses);
        rules.policies.direction.title = direction;
        let card = |side| crate::support::world::Card::new(side, "same", "", "t");
        let vibe = crate::support::world::Card::new(Side::Vibe, "same", "", "todo");
        let pair = sync_core::Pair {
            huly: card(Side::Huly),
            vibe,
        };
        let mut world = World::linked(&rules, pair);
        for (side, (edited, title)) in Side::ALL.into_iter().zip(edits.into_iter().zip(["H", "V"]))
        {
            if edited {
                world.card_mut(side).title = title.into();
            }
        }
        world.run(&rules, Fate::default);
        let shown = Side::ALL.map(|side| world.card(side).title.to_string());
        assert_eq!(
            (shown, world.conflicts.len()),
            (titles.map(str::to_owned), conflicts),
            "{direction:?} {edits:?}"
        );
        assert!(
            world.plan(&rules).actions.is_empty(),
            "{direction:?} {edits:?}"
        );
    }
}
