//! Which items of a pair of projects would be linked, and why: the very decision of a run, counted by reason.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use serde::Serialize;
use sync_core::{
    Pair, Side,
    ids::{ItemId, Millis, RulesVersion},
    item::Item,
    lens::Lenses,
    link::{self, Decision, How, Titles, Unlinked, fold},
    rules::{Capabilities, Creation, Deletion, Policies, Rules},
};

use super::{Confidence, Scope};

/// At most so many ambiguous titles are named.
const NAMED: usize = 5;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose ids and markers.
    pub scope: Scope,
    /// What each service can do.
    pub capabilities: Pair<Capabilities>,
    /// All items of both projects.
    pub items: Pair<&'a [Item]>,
    /// Those that the store has links for.
    pub linked: &'a Pair<BTreeSet<ItemId>>,
}

/// What would link items, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Links {
    /// Remembered by the store.
    pub stored: usize,
    /// An issue has the id that is derived from the task, or the task our own marker.
    pub derived: usize,
    /// The predecessor's footer names the issue.
    pub footer: usize,
    /// The title stands exactly once on each side.
    pub title: usize,
    /// Items whose title stands on the other side too, but not exactly once on each: they are not linked by it.
    pub ambiguous: usize,
    /// Some of these titles.
    pub ambiguous_titles: Vec<Arc<str>>,
    /// Tasks that another store's hvs made: nothing is made in this project until that is settled.
    pub foreign: usize,
    /// Items that would get a counterpart, by the side where they stand.
    pub alone: Pair<usize>,
}

impl Links {
    /// The proposals in words, the surest first: how many, how sure, why.
    pub fn reasons(&self) -> Vec<(usize, Confidence, &'static str)> {
        let rows = [
            (self.stored, Confidence::Certain, "linked in the store"),
            (self.derived, Confidence::Certain, "by derived id or marker"),
            (self.footer, Confidence::High, "by the predecessor's footer"),
            (
                self.title,
                Confidence::Medium,
                "by a title that stands once on each side",
            ),
            (self.ambiguous, Confidence::None, "with an ambiguous title"),
            (self.foreign, Confidence::None, "made by another hvs store"),
        ];
        rows.into_iter().filter(|(count, ..)| *count > 0).collect()
    }
}

/// Counts what would be linked, by the decision that a run makes (design 3.5).
pub fn links(asked: &Asked<'_>) -> Links {
    let lenses = Lenses::default();
    let rules = rules(asked, &lenses);
    let is_linked = |side: Side, item: &ItemId| asked.linked.side(side).contains(item);
    let unlinked: Pair<Vec<Item>> = Pair::by(|side| {
        let items = asked.items.side(side).iter();
        items
            .filter(|item| !is_linked(side, &item.id))
            .cloned()
            .collect()
    });
    let wants = link::wants(&rules, unlinked.as_ref().map(Vec::as_slice));
    let by_id: HashMap<&ItemId, &Item> = asked
        .items
        .huly
        .iter()
        .map(|item| (&item.id, item))
        .collect();
    let derived: HashMap<ItemId, Item> = wants
        .derived
        .iter()
        .filter_map(|(task, issue)| Some((task.clone(), (*by_id.get(issue)?).clone())))
        .collect();
    let labelled: HashMap<Arc<str>, Item> = asked
        .items
        .huly
        .iter()
        .filter_map(|item| Some((item.label.clone()?, item)))
        .filter(|(label, _)| wants.labels.binary_search(label).is_ok())
        .map(|(label, item)| (label, item.clone()))
        .collect();
    let titles = Pair::by(|side| {
        let items = asked.items.side(side).iter();
        Titles::of(items.map(|item| (item, is_linked(side, &item.id))))
    });
    let decisions = link::decide(
        &rules,
        &Unlinked {
            items: unlinked.as_ref().map(Vec::as_slice),
            link: &|_| None,
            linked: &is_linked,
            derived: &derived,
            labelled: &labelled,
            titles: titles.as_ref(),
            take_over: false,
        },
    );
    count(asked, &unlinked, &decisions)
}

fn count(asked: &Asked<'_>, unlinked: &Pair<Vec<Item>>, decisions: &[Decision]) -> Links {
    let mut links = Links {
        stored: asked.linked.huly.len().min(asked.linked.vibe.len()),
        ..Links::default()
    };
    let mut taken: HashSet<&ItemId> = HashSet::new();
    for decision in decisions {
        match decision {
            Decision::Adopt { huly, vibe, how } => {
                taken.extend([huly, vibe]);
                match how {
                    How::DerivedId | How::Marker => links.derived += 1,
                    How::Predecessor => links.footer += 1,
                    How::Title => links.title += 1,
                }
            }
            Decision::Create { from, .. } => *links.alone.side_mut(*from) += 1,
            Decision::Foreign { .. } => links.foreign += 1,
            Decision::Relink { item, .. } => {
                taken.insert(item);
                links.derived += 1;
            }
            Decision::Twin { .. } | Decision::Copy { .. } | Decision::Hold { .. } => {}
        }
    }
    let mut titles: BTreeMap<String, (Pair<usize>, &Arc<str>)> = BTreeMap::new();
    for side in Side::ALL {
        for item in unlinked
            .side(side)
            .iter()
            .filter(|item| !taken.contains(&item.id))
        {
            let title = &item.values.title;
            let (counts, _) = titles
                .entry(fold(title))
                .or_insert_with(|| (Pair::default(), title));
            *counts.side_mut(side) += 1;
        }
    }
    for (title, (counts, shown)) in titles {
        if title.is_empty() || counts.huly == 0 || counts.vibe == 0 {
            continue;
        }
        links.ambiguous += counts.huly + counts.vibe;
        if links.ambiguous_titles.len() < NAMED {
            links.ambiguous_titles.push(Arc::clone(shown));
        }
    }
    links
}

/// The documented defaults: which items are linked hangs on ids, markers, footers and titles only.
fn rules<'a>(asked: &Asked<'_>, lenses: &'a Lenses) -> Rules<'a> {
    Rules {
        workspace: asked.scope.workspace,
        store: asked.scope.store,
        policies: Policies::default(),
        lenses,
        deletion: Deletion::Cancel,
        create: Creation::Both,
        capabilities: asked.capabilities,
        normal_form: str::to_owned,
        confirm_window: Millis(0),
        confirm_tries: 0,
        now: Millis(0),
        version: RulesVersion(0),
    }
}

#[cfg(test)]
mod tests {
    use sync_core::{
        footer::{Footer, Writer},
        ids::{Generation, StoreId, WorkspaceId},
        item::{FieldSet, Values},
        rules::Limits,
    };
    use uuid::Uuid;

    use super::*;

    const SCOPE: Scope = Scope {
        workspace: WorkspaceId(Uuid::nil()),
        store: StoreId(Uuid::nil()),
    };

    fn item(id: &str, label: Option<&str>, title: &str) -> Item {
        let values = Values {
            title: title.into(),
            ..Values::default()
        };
        Item {
            label: label.map(Arc::from),
            ..Item::new(id.into(), values)
        }
    }

    fn with_footer(item: Item, label: &str) -> Item {
        Item {
            footer: Some(Footer {
                writer: Writer::Predecessor,
                label: Some(label.into()),
                url: None,
                marker: None,
                note: None,
            }),
            ..item
        }
    }

    fn of(huly: &[Item], vibe: &[Item], linked: &Pair<BTreeSet<ItemId>>) -> Links {
        let can = Capabilities {
            fields: FieldSet::COMMON,
            conditional_write: true,
            client_ids: true,
            changes: true,
            status_at_create: true,
            footer: true,
            limits: Limits::default(),
        };
        links(&Asked {
            scope: SCOPE,
            capabilities: Pair {
                huly: can,
                vibe: can,
            },
            items: Pair { huly, vibe },
            linked,
        })
    }

    #[test]
    fn every_way_to_a_link_is_counted_by_its_reason() {
        let task: ItemId = "t1".into();
        let derived = link::derived_issue(SCOPE.workspace, &task, Generation(1));
        let huly = [
            item("h0", Some("HARB-1"), "In the store"),
            item(derived.as_str(), Some("HARB-2"), "Renamed since"),
            item("h2", Some("HARB-3"), "Old title"),
            item("h3", Some("HARB-4"), "Mooring"),
            item("h4", Some("HARB-5"), "Twice"),
            item("h5", Some("HARB-6"), "twice "),
            item("h6", Some("HARB-7"), "Only in Huly"),
        ];
        let vibe = [
            item("t0", None, "In the store"),
            item("t1", None, "By its id"),
            with_footer(item("t2", None, "New title"), "HARB-3"),
            item("t3", None, " MOORING"),
            item("t4", None, "Twice"),
            item("t5", None, "Only in Vibe"),
        ];
        let linked = Pair {
            huly: BTreeSet::from(["h0".into()]),
            vibe: BTreeSet::from(["t0".into()]),
        };
        let found = of(&huly, &vibe, &linked);
        assert_eq!(
            (
                found.stored,
                found.derived,
                found.footer,
                found.title,
                found.ambiguous
            ),
            (1, 1, 1, 1, 3),
            "{found:#?}"
        );
        assert_eq!(found.ambiguous_titles, ["Twice".into()]);
        let sure: Vec<_> = found
            .reasons()
            .into_iter()
            .map(|(_, sure, _)| sure)
            .collect();
        assert!(sure.is_sorted(), "{sure:?}");
    }

    #[test]
    fn two_empty_projects_have_nothing_to_link() {
        let none = of(&[], &[], &Pair::default());
        assert_eq!((none.reasons(), none.alone), (Vec::new(), Pair::default()));
    }
}
