//! A tiny pure model of the two sides: what an engine does with plans, without I/O. Each side holds one item at most.

use std::sync::Arc;

use sync_core::{
    Pair, Side,
    ids::{ItemId, Millis, StatusId},
    item::{Field, Item, Observation},
    link::{self, Link},
    plan::{self, Action, Conflict, LinkInput, LinkPlan, Update},
    rules::Rules,
};

pub(crate) use super::card::Card;
use super::id_of;

/// How one remote write goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Carried out and answered.
    #[default]
    Done,
    /// Not carried out.
    Failed,
    /// Carried out, the answer lost, and found later by looking.
    Found,
    /// Carried out and answered, then undone by a racing write of the server.
    Undone,
}

/// Both sides, the store and what was kept for people.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) cards: Pair<Option<Card>>,
    pub(crate) link: Option<Link>,
    pub(crate) texts: Pair<Option<Arc<str>>>,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) now: Millis,
    /// Remote writes so far.
    pub(crate) writes: usize,
    /// Rows stored so far.
    pub(crate) stored: usize,
    /// Whether Vibe ignores the status at create.
    pub(crate) ignores_status: bool,
}

impl World {
    pub(crate) const fn new(cards: Pair<Option<Card>>, now: Millis) -> World {
        World {
            cards,
            link: None,
            texts: Pair {
                huly: None,
                vibe: None,
            },
            conflicts: Vec::new(),
            now,
            writes: 0,
            stored: 0,
            ignores_status: false,
        }
    }

    /// A world whose two cards are linked and settled.
    pub(crate) fn linked(rules: &Rules<'_>, cards: Pair<Card>) -> World {
        let mut world = World::new(cards.clone().map(Some), rules.now);
        let mut link = Link::between(rules, cards.huly.id.clone(), cards.vibe.id.clone());
        link.base = Pair::by(|side| cards.side(side).item(side).values);
        world.link = Some(link);
        world.texts = cards.map(|card| Some(card.text));
        world
    }

    pub(crate) fn card(&self, side: Side) -> &Card {
        self.cards.side(side).as_ref().expect("a card")
    }

    pub(crate) fn card_mut(&mut self, side: Side) -> &mut Card {
        self.cards.side_mut(side).as_mut().expect("a card")
    }

    /// Everything that is there, read in full.
    pub(crate) fn observe(&self) -> Pair<Observation> {
        Pair::by(|side| match self.cards.side(side) {
            Some(card) => Observation::Present(Box::new(card.item(side))),
            None => match self
                .link
                .as_ref()
                .and_then(|link| link.items.side(side).as_ref())
            {
                Some(_) => Observation::Gone,
                None => Observation::Unseen,
            },
        })
    }

    pub(crate) fn plan(&self, rules: &Rules<'_>) -> LinkPlan {
        self.plan_seeing(
            rules,
            Pair {
                huly: true,
                vibe: true,
            },
        )
    }

    /// The plan where only some sides were read.
    pub(crate) fn plan_seeing(&self, rules: &Rules<'_>, seen: Pair<bool>) -> LinkPlan {
        let link = self.link.as_ref().expect("a link");
        let rules = Rules {
            now: self.now,
            ..rules.clone()
        };
        let all = self.observe();
        let now = Pair::by(|side| {
            if *seen.side(side) {
                all.side(side).clone()
            } else {
                Observation::Unseen
            }
        });
        // What is asked for is given, as an engine would.
        let needs = plan::needs(&rules, link, now.as_ref());
        let now = Pair::by(|side| {
            if *needs.item.side(side) {
                all.side(side).clone()
            } else {
                now.side(side).clone()
            }
        });
        let needs = plan::needs(&rules, link, now.as_ref());
        let base_texts = if needs.base_texts {
            self.texts.clone()
        } else {
            Pair::default()
        };
        plan::link(
            &rules,
            &LinkInput {
                link,
                now: now.as_ref(),
                base_texts,
            },
        )
    }

    /// One run: plan, then carry out each entry as its fate has it.
    pub(crate) fn run(&mut self, rules: &Rules<'_>, mut fate: impl FnMut() -> Fate) {
        let plan = self.plan(rules);
        self.carry_out(rules, &plan, &mut fate);
    }

    pub(crate) fn carry_out(
        &mut self,
        rules: &Rules<'_>,
        plan: &LinkPlan,
        fate: &mut impl FnMut() -> Fate,
    ) {
        let observed = self
            .cards
            .as_ref()
            .map(|card| card.as_ref().map(|card| Arc::clone(&card.text)));
        for action in &plan.actions {
            if let Some(side) = action.target() {
                let source = observed.side(side.opposite()).clone();
                self.send(rules, action, side, source, fate());
            } else {
                self.store(rules, action, &observed);
            }
        }
    }

    fn settle(
        &mut self,
        rules: &Rules<'_>,
        side: Side,
        action: &Action,
        answer: Option<&Item>,
        source: Option<Arc<str>>,
    ) {
        let Some(before) = self.link.clone() else {
            return;
        };
        let texts = plan::base_texts(&before, action, answer, source);
        let next = plan::settle(
            &before,
            action,
            answer,
            rules.capabilities.side(side),
            self.now,
        );
        self.keep_texts(texts);
        self.replace(&before, next);
    }

    fn keep_texts(&mut self, texts: Pair<Option<Arc<str>>>) {
        for (side, text) in texts.into_sides() {
            if text.is_some() {
                *self.texts.side_mut(side) = text;
            }
        }
    }

    fn replace(&mut self, before: &Link, next: Link) {
        if next != *before {
            self.stored += 1;
        }
        self.link = (!next.is_over()).then_some(next);
    }

    fn store(&mut self, rules: &Rules<'_>, action: &Action, observed: &Pair<Option<Arc<str>>>) {
        match action {
            Action::Conflict(conflict) => self.conflicts.push(conflict.clone()),
            Action::Forget(_) => {
                self.link = None;
                return;
            }
            Action::Agree(agree) if agree.fields.contains(Field::Description) => {
                self.keep_texts(observed.clone());
            }
            _ => {}
        }
        self.settle(rules, Side::Vibe, action, None, None);
    }

    fn send(
        &mut self,
        rules: &Rules<'_>,
        action: &Action,
        side: Side,
        source: Option<Arc<str>>,
        fate: Fate,
    ) {
        if fate == Fate::Failed {
            return;
        }
        let before = self.cards.side(side).clone();
        if !self.write(action, side) {
            return; // its precondition failed
        }
        self.writes += 1;
        let answer = self.cards.side(side).as_ref().map(|card| card.item(side));
        match (fate, action, answer) {
            (Fate::Found, Action::Create(_), Some(found)) => {
                let link = self.link.clone().expect("a link");
                let next = plan::settle_found(
                    &link,
                    action,
                    &found,
                    rules.capabilities.side(side),
                    self.now,
                );
                self.keep_texts(plan::base_texts(&link, action, None, source));
                self.replace(&link, next);
            }
            (_, _, answer) => self.settle(rules, side, action, answer.as_ref(), source),
        }
        if let (Fate::Undone, Action::Update(_), Some(before)) = (fate, action, before) {
            *self.cards.side_mut(side) = Some(before);
        }
    }

    /// The service's part; says whether the write was carried out.
    fn write(&mut self, action: &Action, side: Side) -> bool {
        match action {
            Action::Create(create) => {
                let given: StatusId = if side == Side::Vibe { "todo" } else { "t" }.into();
                let ignored = side == Side::Vibe && self.ignores_status;
                let status = create
                    .draft
                    .status
                    .clone()
                    .filter(|_| !ignored)
                    .unwrap_or(given);
                let id = ItemId::from(format!("{}-{}", id_of(side), create.generation.0).as_str());
                let (title, text) = (
                    Arc::clone(&create.draft.title),
                    Arc::clone(&create.draft.text),
                );
                *self.cards.side_mut(side) = Some(Card {
                    id,
                    title,
                    text,
                    status,
                });
                true
            }
            Action::Update(update) => self.update(update),
            Action::Cancel(cancel) => {
                let Some(card) = self.cards.side_mut(side) else {
                    return false;
                };
                if let Some(status) = &cancel.status {
                    card.status = status.clone();
                }
                true
            }
            Action::Remove(_) => self.cards.side_mut(side).take().is_some(),
            other => panic!("{other:?} is not sent"),
        }
    }

    /// A write on condition that the written fields hold what the plan took them to hold.
    fn update(&mut self, update: &Update) -> bool {
        let Some(card) = self.cards.side_mut(update.side) else {
            return false;
        };
        let now = card.item(update.side).values;
        let expected = &update.expected;
        let stands = update.set.iter().all(|change| {
            now.same(expected, change.field)
                || (change.field == Field::Status && expected.status.is_none())
        });
        if stands {
            update
                .set
                .iter()
                .for_each(|change| card.put(change.field, &change.to));
        }
        stands
    }

    /// Adopts the two cards, as an engine does.
    pub(crate) fn adopt(
        &mut self,
        rules: &Rules<'_>,
        how: link::How,
        fate: &mut impl FnMut() -> Fate,
    ) {
        let items = Pair::by(|side| self.card(side).item(side));
        let (link, plan) = link::adopt(rules, &items.huly, &items.vibe, how);
        self.link = Some(link);
        self.texts = items.map(|item| item.text);
        self.carry_out(rules, &plan, fate);
    }

    /// Gives the card of one side a counterpart.
    pub(crate) fn create(
        &mut self,
        rules: &Rules<'_>,
        from: Side,
        fate: &mut impl FnMut() -> Fate,
    ) {
        let item = self.card(from).item(from);
        let (link, plan) = link::create(rules, &item, from);
        self.link = Some(link);
        *self.texts.side_mut(from) = item.text;
        self.carry_out(rules, &plan, fate);
    }
}
