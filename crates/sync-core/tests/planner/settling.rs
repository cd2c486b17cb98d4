//! Settle: the row after an action was confirmed (design 4.2), by example. The laws are in `laws`.

mod creates;
mod others;
mod updates;

use sync_core::{
    Pair, Side,
    ids::Millis,
    item::Observation,
    link::Link,
    plan::{self, Action, LinkInput},
    rules::{Capabilities, Rules},
};

use crate::support::{NOW, capabilities, item, lenses, link, rules};

const LATER: Millis = Millis(NOW.0 + 5_000);

fn caps() -> Capabilities {
    capabilities(Side::Vibe)
}

fn present(side: Side, short: &str) -> Observation {
    Observation::Present(Box::new(item(side, short)))
}

/// The row before, and the first action of a kind that the plan of these observations has.
fn planned(
    rules: &Rules<'_>,
    base: (&str, &str),
    now: &(Observation, Observation),
    is: impl Fn(&Action) -> bool,
) -> (Link, Action) {
    let (row, texts) = link(rules, base.0, base.1);
    let input = LinkInput {
        link: &row,
        now: Pair {
            huly: &now.0,
            vibe: &now.1,
        },
        base_texts: texts,
    };
    let plan = plan::link(rules, &input);
    let action = plan
        .actions
        .iter()
        .find(|action| is(action))
        .unwrap_or_else(|| panic!("{plan:?}"))
        .clone();
    (row, action)
}

fn is_update(action: &Action) -> bool {
    matches!(action, Action::Update(_))
}

fn is_create(action: &Action) -> bool {
    matches!(action, Action::Create(_))
}

fn title_update() -> (Link, Action) {
    let lenses = lenses();
    planned(
        &rules(&lenses),
        ("A|x|t", "A|x|todo"),
        &(
            present(Side::Huly, "B|x|t"),
            present(Side::Vibe, "A|x|todo"),
        ),
        is_update,
    )
}
