//! Link making (design 3.5): the order of the evidence, twins, copies, foreign markers, adoption.

mod adoption;
mod claims;
mod duplicates;
mod evidence;
mod markers;

use std::{collections::HashMap, sync::Arc};
use sync_core::{
    Pair, Side,
    footer::{Footer, Marker, Writer},
    ids::{Attempt, Generation, ItemId, LinkId, Millis, StoreId},
    item::{Item, Observation},
    lens::Lenses,
    link::{Decision, Known, Link, Titles, Unlinked, decide},
    rules::Rules,
};

use crate::support::{item, rules};

/// Two boards without a store's knowledge, built up by each test.
struct Boards<'a> {
    rules: Rules<'a>,
    huly: Vec<Item>,
    vibe: Vec<Item>,
    links: HashMap<LinkId, Known>,
    linked: Vec<(Side, ItemId)>,
    derived: HashMap<ItemId, Item>,
    take_over: bool,
}

impl<'a> Boards<'a> {
    fn new(lenses: &'a Lenses) -> Boards<'a> {
        Boards {
            rules: rules(lenses),
            huly: Vec::new(),
            vibe: Vec::new(),
            links: HashMap::new(),
            linked: Vec::new(),
            derived: HashMap::new(),
            take_over: false,
        }
    }

    fn issue(&mut self, id: &str, label: &str, title: &str) -> Item {
        let issue = Item {
            label: Some(label.into()),
            ..Item::new(id.into(), item(Side::Huly, &format!("{title}||t")).values)
        };
        self.huly.push(issue.clone());
        issue
    }

    fn task(&mut self, id: &str, title: &str, footer: Option<Footer>) -> Item {
        let created = Some(Millis(1_000 + i64::try_from(self.vibe.len()).unwrap()));
        let task = Item {
            footer,
            created,
            ..Item::new(
                id.into(),
                item(Side::Vibe, &format!("{title}||todo")).values,
            )
        };
        self.vibe.push(task.clone());
        task
    }

    fn marker(&self, link: LinkId, generation: u32, attempt: u32) -> Footer {
        marked(self.rules.store, link, generation, attempt, None)
    }

    /// A link of the store whose task was seen like this.
    fn known(&mut self, task: Observation, change: impl FnOnce(&mut Link)) -> LinkId {
        let mut link = Link::between(&self.rules, "h-linked".into(), "t-linked".into());
        link.base.vibe = item(Side::Vibe, "A||todo").values;
        change(&mut link);
        let id = link.id;
        self.linked.push((Side::Huly, "h-linked".into()));
        self.linked
            .extend(link.items.vibe.clone().map(|task| (Side::Vibe, task)));
        self.links.insert(id, Known { link, task });
        id
    }

    fn decide(&self) -> Vec<Decision> {
        let labelled: HashMap<Arc<str>, Item> = self
            .huly
            .iter()
            .filter_map(|issue| Some((issue.label.clone()?, issue.clone())))
            .collect();
        let is_linked = |side: Side, id: &ItemId| self.linked.contains(&(side, id.clone()));
        let titles = |side: Side, items: &[Item]| {
            Titles::of(
                items
                    .iter()
                    .map(|item| (item, is_linked(side, &item.id)))
                    .collect::<Vec<_>>(),
            )
        };
        let titles = Pair {
            huly: titles(Side::Huly, &self.huly),
            vibe: titles(Side::Vibe, &self.vibe),
        };
        decide(
            &self.rules,
            &Unlinked {
                items: Pair {
                    huly: &self.huly,
                    vibe: &self.vibe,
                },
                link: &|id| self.links.get(&id).cloned(),
                linked: &is_linked,
                derived: &self.derived,
                labelled: &labelled,
                titles: titles.as_ref(),
                take_over: self.take_over,
            },
        )
    }

    fn says(&self) -> String {
        self.decide()
            .iter()
            .map(short)
            .collect::<Vec<_>>()
            .join("; ")
    }
}

fn marked(
    store: StoreId,
    link: LinkId,
    generation: u32,
    attempt: u32,
    label: Option<&str>,
) -> Footer {
    Footer {
        writer: Writer::Ours,
        label: label.map(Into::into),
        url: None,
        marker: Some(Marker {
            store,
            link,
            generation: Generation(generation),
            attempt: Attempt(attempt),
        }),
        note: None,
    }
}

fn predecessor(label: &str) -> Footer {
    Footer {
        writer: Writer::Predecessor,
        label: Some(label.into()),
        url: None,
        marker: None,
        note: None,
    }
}

fn short(decision: &Decision) -> String {
    match decision {
        Decision::Adopt { huly, vibe, how } => format!("adopt {huly}={vibe} {how:?}"),
        Decision::Create { from, item, .. } => format!("create for {} {item}", from.as_str()),
        Decision::Twin { keep, remove, .. } => format!("twin {remove} of {keep}"),
        Decision::Copy { item } => format!("copy {item}"),
        Decision::Foreign { item, .. } => format!("foreign {item}"),
        Decision::Hold { side, item, .. } => format!("hold {} {item}", side.as_str()),
        Decision::Relink { item, .. } => format!("relink {item}"),
    }
}

fn seen(footer: Option<Footer>) -> Observation {
    Observation::Present(Box::new(Item {
        footer,
        ..Item::new("t-linked".into(), item(Side::Vibe, "A||todo").values)
    }))
}
