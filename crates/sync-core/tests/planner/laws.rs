//! Laws I1, I2, I3, I6, I7, I8 over generated cases. `HVS_CASES` says how many triples of base, Huly and Vibe (20,000 where
//! it is not set); histories are a twentieth of that.
//!
//! A case is a list of bytes that are read as choices, so that proptest shrinks it to the shortest list that still fails.

mod cases;
mod choosing;

use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, TestCaseError, TestRunner},
};
use std::sync::Arc;
use sync_core::{
    Pair, Side,
    ids::Millis,
    item::Field,
    lens::Lenses,
    plan,
    rules::{Policy, Rules},
};

use crate::support::{
    WINDOW, rules,
    world::{Card, Fate, World},
};

const FIELDS: [Field; 3] = [Field::Title, Field::Description, Field::Status];
const POLICIES: [Policy; 4] = [Policy::Huly, Policy::Vibe, Policy::Merge, Policy::Manual];
const TITLES: [&str; 4] = ["Alpha", "Beta", "Gamma", "delta "];
const HULY: [&str; 5] = ["b", "t", "d", "w", "l"];
const VIBE: [&str; 5] = ["todo", "inprogress", "inreview", "done", "cancelled"];

fn cases(share: u32) -> u32 {
    let all = std::env::var("HVS_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(20_000);
    (all / share).max(1)
}

fn check(
    share: u32,
    bytes: std::ops::Range<usize>,
    law: impl Fn(Choices<'_>) -> Result<(), String>,
) {
    let config = Config {
        cases: cases(share),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let run = TestRunner::new(config).run(&vec(any::<u8>(), bytes), |bytes| {
        law(Choices(&bytes)).map_err(TestCaseError::fail)
    });
    if let Err(error) = run {
        panic!("{error}");
    }
}

/// Bytes read as choices; a list at its end chooses the first of everything.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        usize::from(*first) % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    fn side(&mut self) -> Side {
        self.of(&Side::ALL)
    }

    fn title(&mut self) -> Arc<str> {
        self.of(&TITLES).into()
    }

    /// A text of up to four lines.
    fn text(&mut self) -> Arc<str> {
        const LINES: [&str; 6] = ["one", "two", "*three*", "_three_", "", "five"];
        let lines: Vec<&str> = (0..self.below(5)).map(|_| self.of(&LINES)).collect();
        lines.join("\n").into()
    }

    fn status(&mut self, side: Side) -> &'static str {
        match side {
            Side::Huly => self.of(&HULY),
            Side::Vibe => self.of(&VIBE),
        }
    }

    fn rules<'l>(&mut self, lenses: &'l Lenses) -> Rules<'l> {
        let mut rules = rules(lenses);
        rules.policies.title = self.of(&POLICIES);
        rules.policies.description =
            self.of(&[Policy::Merge, Policy::Huly, Policy::Vibe, Policy::Manual]);
        rules.policies.status = self.of(&POLICIES);
        rules
    }

    /// Two cards that mean the same.
    fn pair(&mut self, lenses: &Lenses) -> Pair<Card> {
        let (title, text) = (self.title(), self.text());
        let huly = Card::new(Side::Huly, &title, &text, self.of(&HULY));
        let status = lenses
            .default
            .to_vibe(&huly.status)
            .expect("mapped")
            .clone();
        let text: Arc<str> = if self.flag() {
            text.replace('*', "_").into()
        } else {
            text
        };
        let vibe = Card {
            text,
            ..Card::new(Side::Vibe, &title, "", status.as_str())
        };
        Pair { huly, vibe }
    }

    /// A person's edit of one field.
    fn edit(&mut self, world: &mut World, side: Side) {
        match self.below(4) {
            0 => world.card_mut(side).title = self.title(),
            1 => world.card_mut(side).text = self.text(),
            2 => world.card_mut(side).status = self.status(side).into(),
            _ => {
                // a line more at one end
                let card = world.card_mut(side);
                let line = ["top", "end"][self.below(2)];
                card.text = if line == "top" {
                    format!("{line}\n{}", card.text)
                } else {
                    format!("{}\n{line}", card.text)
                }
                .into();
            }
        }
    }
}

fn ensure(holds: bool, law: &str, world: &World) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("{law}: {}", world.short()))
    }
}

/// I1 and I2: some runs without edits and faults bring both sides to one meaning; after that nothing is written or stored.
fn converges(world: &mut World, rules: &Rules<'_>, runs: usize) -> Result<(), String> {
    world.now = Millis(world.now.0 + WINDOW.0 + 1);
    for _ in 0..runs {
        world.run(rules, Fate::default);
        world.now = Millis(world.now.0 + 60_000);
    }
    let frozen = world.link.as_ref().expect("a link").frozen;
    for field in FIELDS {
        ensure(
            frozen.contains(field) || world.same(rules, field),
            "I1 convergence",
            world,
        )?;
    }
    let (writes, stored, conflicts) = (world.writes, world.stored, world.conflicts.len());
    let plan = world.plan(rules);
    ensure(
        plan.actions.is_empty(),
        &format!("I2 quiescence {:?}", plan.actions),
        world,
    )?;
    world.run(rules, Fate::default);
    ensure(
        (writes, stored, conflicts) == (world.writes, world.stored, world.conflicts.len()),
        "I2 quiescence",
        world,
    )
}

/// I8: what we wrote comes back as unchanged: nothing is asked for, nothing is planned, whatever part of it is read.
fn echoes(world: &World, rules: &Rules<'_>) -> Result<(), String> {
    let link = world.link.as_ref().expect("a link");
    let rules = Rules {
        now: world.now,
        ..rules.clone()
    };
    for (huly, vibe) in [(true, true), (true, false), (false, true)] {
        let plan = world.plan_seeing(&rules, Pair { huly, vibe });
        ensure(
            plan.actions.is_empty(),
            &format!("I8 echo {:?}", plan.actions),
            world,
        )?;
    }
    let needs = plan::needs(&rules, link, world.observe().as_ref());
    ensure(
        needs == plan::Needs::default(),
        &format!("I8 echo {needs:?}"),
        world,
    )
}

/// I3: what a person wrote since the base and a run wrote over is kept whole, or (a merged text) lives on line by line.
fn loses_nothing(before: &World, after: &World) -> Result<(), String> {
    let link = before.link.as_ref().expect("a link");
    for side in Side::ALL {
        let (Some(old), Some(new)) = (before.cards.side(side), after.cards.side(side)) else {
            continue;
        };
        let edited = old
            .item(side)
            .values
            .differing(link.base.side(side), sync_core::item::FieldSet::COMMON);
        // What stood there before our last write is nobody's edit (design 3.1 a), nor what the service gave by itself (b).
        let ours = |field: Field| {
            let write = link.last_write.side(side).as_ref();
            write.is_some_and(|write| {
                write.fields.contains(field) && write.before.same(&old.item(side).values, field)
            })
        };
        for field in edited
            .iter()
            .filter(|field| !ours(*field) && old.value(*field) != new.value(*field))
        {
            let kept = after.keeps(side, field, &old.value(field));
            ensure(
                kept || lives_on(field, old, new, before, side),
                &format!("I3 no lost update {field} {side} {}", before.short()),
                after,
            )?;
        }
    }
    Ok(())
}

fn lives_on(field: Field, old: &Card, new: &Card, before: &World, side: Side) -> bool {
    let known = before.texts.side(side).clone().unwrap_or_default();
    let form = |line: &str| line.trim().replace('*', "_");
    let lines = |text: &str| {
        text.lines()
            .map(form)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
    };
    field == Field::Description
        && lines(&old.text)
            .iter()
            .all(|line| lines(&known).contains(line) || lines(&new.text).contains(line))
}

/// I6: settling an outcome twice is settling it once, and carrying a plan out twice is carrying it out once.
fn applies_once(before: &World, rules: &Rules<'_>) -> Result<(), String> {
    let plan = before.plan(rules);
    let link = before.link.as_ref().expect("a link");
    for action in &plan.actions {
        let side = action.target().unwrap_or(Side::Vibe);
        let mut after = before.clone();
        after.carry_out(
            rules,
            &sync_core::plan::LinkPlan {
                actions: vec![action.clone()],
                ..plan.clone()
            },
            &mut Fate::default,
        );
        let answer = after.cards.side(side).as_ref().map(|card| card.item(side));
        let answer = answer.as_ref().filter(|_| action.target().is_some());
        let capabilities = rules.capabilities.side(side);
        let once = plan::settle(link, action, answer, capabilities, before.now);
        let twice = plan::settle(&once, action, answer, capabilities, before.now);
        ensure(
            once == twice,
            &format!("I6 settled twice {action:?}"),
            before,
        )?;
    }
    let mut once = before.clone();
    once.carry_out(rules, &plan, &mut Fate::default);
    let mut twice = once.clone();
    twice.carry_out(rules, &plan, &mut Fate::default);
    ensure(once.cards == twice.cards, "I6 carried out twice", &twice)
}

/// I7: the order of a plan's entries does not matter.
fn any_order(before: &World, rules: &Rules<'_>) -> Result<(), String> {
    let plan = before.plan(rules);
    let mut forward = before.clone();
    forward.carry_out(rules, &plan, &mut Fate::default);
    let mut backward = before.clone();
    let reversed = sync_core::plan::LinkPlan {
        actions: plan.actions.iter().rev().cloned().collect(),
        ..plan
    };
    backward.carry_out(rules, &reversed, &mut Fate::default);
    let same = forward.cards == backward.cards
        && forward.link == backward.link
        && forward.texts == backward.texts;
    ensure(
        same,
        &format!("I7 order {} {}", forward.short(), backward.short()),
        &forward,
    )
}
