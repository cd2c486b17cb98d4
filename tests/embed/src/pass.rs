//! One run: observe, plan, guard, apply, settle.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::Arc,
};

use sync_core::{
    Pair, Side,
    guard::{self, Counts, Limits},
    ids::{ItemId, LinkId},
    item::Item,
    link::{self, Decision, Link, Titles, Unlinked},
    plan::{self, Action, LinkInput, LinkPlan},
    rules::Rules,
};

use crate::board::Board;

/// What is remembered between runs. A real one is a database, and writes each step's rows in one transaction.
#[derive(Debug, Default)]
pub struct Store {
    rows: BTreeMap<LinkId, Row>,
}

/// A pair, with the descriptions as they were when both sides last agreed.
#[derive(Debug)]
struct Row {
    link: Link,
    base_texts: Pair<Option<Arc<str>>>,
}

/// Brings both boards together; answers with what it did, for people.
pub fn run(rules: &Rules<'_>, boards: &mut Pair<Board>, store: &mut Store) -> String {
    let first_sync = store.rows.is_empty();
    let mut plans = known(rules, boards, store);
    plans.extend(unlinked(rules, boards, store));
    let mut told = plan::text(&plans);

    // what looks like an accident waits for a person
    let counts = Counts {
        links: store.rows.len(),
        items: Pair::by(|side| boards.side(side).items().count()),
        first_sync,
        removals_in_run: 0,
    };
    let held = guard::check(&Limits::default(), &counts, &plans);
    if !held.is_empty() {
        for held in held {
            let (class, count) = (held.class.as_str(), held.count);
            writeln!(told, "held back: {count} {class}").expect("texts take words");
        }
        return told;
    }
    for plan in &plans {
        carry_out(rules, plan, boards, store);
    }
    told
}

/// Plans for the pairs that the store knows. Both boards were read whole, texts and all, so `plan::needs` has nothing to ask.
fn known(rules: &Rules<'_>, boards: &Pair<Board>, store: &Store) -> Vec<LinkPlan> {
    let plan = |row: &Row| {
        let seen = Pair::by(|side| {
            let id = row.link.items.side(side).as_ref();
            boards.side(side).observe(id)
        });
        let input = LinkInput {
            link: &row.link,
            now: seen.as_ref(),
            base_texts: row.base_texts.clone(),
        };
        plan::link(rules, &input)
    };
    let plans = store.rows.values().map(plan);
    plans.filter(|plan| !plan.actions.is_empty()).collect()
}

/// Links, stored, and plans for the items that no link has.
fn unlinked(rules: &Rules<'_>, boards: &Pair<Board>, store: &mut Store) -> Vec<LinkPlan> {
    let linked = |side: Side, id: &ItemId| store.has(side, id);
    let items = Pair::by(|side| {
        let new = boards.side(side).items();
        let new = new.filter(|item| !linked(side, &item.id));
        new.cloned().collect::<Vec<Item>>()
    });
    let lone = Pair {
        huly: items.huly.as_slice(),
        vibe: items.vibe.as_slice(),
    };
    let wants = link::wants(rules, lone);
    let derived: HashMap<ItemId, Item> = wants
        .derived
        .iter()
        .filter_map(|(task, issue)| Some((task.clone(), boards.huly.get(issue)?.clone())))
        .collect();
    let titles = Pair::by(|side| {
        let all = boards.side(side).items();
        Titles::of(all.map(|item| (item, linked(side, &item.id))))
    });
    let decisions = link::decide(
        rules,
        &Unlinked {
            items: lone,
            link: &|_| None,
            linked: &linked,
            derived: &derived,
            labelled: &HashMap::new(),
            titles: titles.as_ref(),
            take_over: false,
        },
    );
    let mut plans = Vec::new();
    for decision in decisions {
        let (link, base_texts, plan) = match decision {
            Decision::Adopt { huly, vibe, how } => {
                let ids = Pair { huly, vibe };
                let pair = Pair::by(|side| boards.side(side).get(ids.side(side)));
                let (Some(huly), Some(vibe)) = (pair.huly, pair.vibe) else {
                    continue;
                };
                let (link, plan) = link::adopt(rules, huly, vibe, how);
                let texts = Pair::by(|side| boards.side(side).text(ids.side(side)).cloned());
                (link, texts, plan)
            }
            Decision::Create { from, item, .. } => {
                let Some(item) = boards.side(from).get(&item) else {
                    continue;
                };
                let (link, plan) = link::create(rules, item, from);
                (link, Pair::default(), plan)
            }
            // a person is told by the next run, too: nothing was done
            Decision::Hold { .. } => continue,
            // of boards with footers, which these are not
            Decision::Twin { .. }
            | Decision::Copy { .. }
            | Decision::Foreign { .. }
            | Decision::Relink { .. } => continue,
        };
        // the row is stored before anything is sent: a plan made again arrives at the same ids
        store.rows.insert(link.id, Row { link, base_texts });
        plans.push(plan);
    }
    plans
}

/// Carries out one plan, entry by entry; after each the row says what is agreed by then.
fn carry_out(rules: &Rules<'_>, plan: &LinkPlan, boards: &mut Pair<Board>, store: &mut Store) {
    for action in &plan.actions {
        let Some(row) = store.rows.get_mut(&plan.link) else {
            return;
        };
        let side = action.target();
        let source = side.and_then(|side| {
            let other = side.opposite();
            let id = row.link.items.side(other).as_ref()?;
            boards.side(other).text(id).cloned()
        });
        let answer = match side {
            Some(side) => match boards.side_mut(side).apply(action) {
                Some(answer) => Some(answer),
                None => return,
            },
            None => None,
        };
        let can = rules.capabilities.side(side.unwrap_or(Side::Huly));
        let texts = plan::base_texts(&row.link, action, answer.as_ref(), source);
        row.link = plan::settle(&row.link, action, answer.as_ref(), can, rules.now);
        for side in Side::ALL {
            if let Some(text) = texts.side(side) {
                *row.base_texts.side_mut(side) = Some(Arc::clone(text));
            }
        }
        if row.link.is_over() || matches!(action, Action::Forget(_)) {
            store.rows.remove(&plan.link);
        }
    }
}

impl Store {
    fn has(&self, side: Side, id: &ItemId) -> bool {
        let mut rows = self.rows.values();
        rows.any(|row| row.link.items.side(side).as_ref() == Some(id))
    }
}
