//! How a lens is built: what each Huly status means first, then what is written for each Vibe status. Each step only
//! reads what the one before fixed, which is why the laws hold whatever the configuration says.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Category, Home, HulyStatus, Known, Lens, LensProblem, StatusNames};
use crate::ids::StatusId;

const TODO: &str = "todo";
const ACTIVE: &str = "inprogress";
const REVIEW: &str = "inreview";
const DONE: &str = "done";
const CANCELLED: &str = "cancelled";

impl Category {
    /// What a column of Vibe means by itself, whatever a lens makes of it. `None`: it is none of the five.
    pub(crate) fn of_column(vibe: &StatusId) -> Option<Category> {
        match vibe.as_str() {
            TODO => Some(Category::Todo),
            ACTIVE | REVIEW => Some(Category::Active),
            DONE => Some(Category::Won),
            CANCELLED => Some(Category::Lost),
            _ => None,
        }
    }
}

/// Builds the lens; duplicate ids count once, at their first place.
pub(super) fn lens(
    statuses: &[HulyStatus],
    vibe: &[StatusId],
    names: &StatusNames,
) -> (Lens, Vec<LensProblem>) {
    let mut problems = Vec::new();
    let statuses = distinct(statuses);
    let wanted = Wanted::read(&statuses, vibe, names, &mut problems);
    let huly: Vec<Known> = statuses
        .iter()
        .map(|status| Known {
            id: status.id.clone(),
            name: Arc::clone(&status.name),
            means: wanted.meaning(status),
        })
        .collect();
    for status in huly.iter().filter(|status| status.means.is_none()) {
        problems.push(LensProblem::Unmapped {
            id: status.id.clone(),
            name: Arc::clone(&status.name),
        });
    }
    let board = Board {
        statuses: &statuses,
        huly: &huly,
        vibe,
    };
    let mut write = BTreeMap::new();
    for status in vibe {
        if let Some(home) = board.home(status, wanted.written_for(status), &mut problems) {
            write.entry(status.clone()).or_insert(home);
        }
    }
    let cancelled = find(vibe, CANCELLED);
    let lost = cancelled
        .as_ref()
        .and_then(|status| write.get(status))
        .filter(|home| home.exact)
        .map(|home| home.huly.clone())
        .or_else(|| board.first(Category::Lost));
    let index = huly
        .iter()
        .enumerate()
        .map(|(at, status)| (status.id.clone(), at))
        .collect();
    (
        Lens {
            huly,
            vibe: vibe.to_vec(),
            write,
            index,
            lost,
            cancelled,
        },
        problems,
    )
}

fn distinct(statuses: &[HulyStatus]) -> Vec<&HulyStatus> {
    let mut seen = BTreeSet::new();
    statuses
        .iter()
        .filter(|status| seen.insert(&status.id))
        .collect()
}

/// Names as they are compared: trimmed, without regard to case.
fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

fn find(vibe: &[StatusId], name: &str) -> Option<StatusId> {
    let folded = fold(name);
    vibe.iter()
        .find(|status| fold(status.as_str()) == folded)
        .cloned()
}

/// What the configuration asks for, in folded names and existing statuses.
struct Wanted<'a> {
    vibe: &'a [StatusId],
    /// By folded Huly name; `None` where the configuration names a status that Vibe does not have.
    to_vibe: BTreeMap<String, Option<StatusId>>,
    /// Vibe status to folded Huly name.
    to_huly: BTreeMap<StatusId, String>,
}

impl<'a> Wanted<'a> {
    fn read(
        statuses: &[&HulyStatus],
        vibe: &'a [StatusId],
        names: &StatusNames,
        problems: &mut Vec<LensProblem>,
    ) -> Self {
        let existing: BTreeSet<String> = statuses.iter().map(|status| fold(&status.name)).collect();
        let mut wanted = Wanted {
            vibe,
            to_vibe: BTreeMap::new(),
            to_huly: BTreeMap::new(),
        };
        for (huly, to) in &names.to_vibe {
            if !existing.contains(&fold(huly)) {
                problems.push(LensProblem::NoSuchHuly { name: huly.clone() });
            }
            let target = find(vibe, to);
            if target.is_none() {
                problems.push(LensProblem::NoSuchVibe { name: to.clone() });
            }
            wanted.to_vibe.entry(fold(huly)).or_insert(target);
        }
        for (from, huly) in &names.to_huly {
            if !existing.contains(&fold(huly)) {
                problems.push(LensProblem::NoSuchHuly { name: huly.clone() });
                continue;
            }
            match find(vibe, from) {
                Some(status) => {
                    wanted.to_huly.entry(status).or_insert_with(|| fold(huly));
                }
                None => problems.push(LensProblem::NoSuchVibe { name: from.clone() }),
            }
        }
        wanted
    }

    /// What a Huly status means: by its name in `to_vibe`, by its category, or because `to_huly` names it.
    fn meaning(&self, status: &HulyStatus) -> Option<StatusId> {
        let name = fold(&status.name);
        if let Some(configured) = self.to_vibe.get(&name) {
            return configured.clone();
        }
        match status.category {
            Some(category) => self.by_category(category, &name),
            None => self
                .vibe
                .iter()
                .find(|vibe| self.to_huly.get(*vibe) == Some(&name))
                .cloned(),
        }
    }

    fn by_category(&self, category: Category, name: &str) -> Option<StatusId> {
        match category {
            Category::Backlog | Category::Todo => find(self.vibe, TODO),
            Category::Active if name.contains("review") => {
                find(self.vibe, REVIEW).or_else(|| find(self.vibe, ACTIVE))
            }
            Category::Active => find(self.vibe, ACTIVE),
            Category::Won => find(self.vibe, DONE),
            Category::Lost => find(self.vibe, CANCELLED),
        }
    }

    fn written_for(&self, vibe: &StatusId) -> Option<&str> {
        self.to_huly.get(vibe).map(String::as_str)
    }
}

/// The Huly statuses with their meanings, both in board order.
struct Board<'a> {
    statuses: &'a [&'a HulyStatus],
    huly: &'a [Known],
    vibe: &'a [StatusId],
}

impl Board<'_> {
    /// What is written for `vibe`.
    fn home(
        &self,
        vibe: &StatusId,
        configured: Option<&str>,
        problems: &mut Vec<LensProblem>,
    ) -> Option<Home> {
        let named = |known: &&Known| configured.is_some_and(|name| fold(&known.name) == name);
        let mut image = self
            .huly
            .iter()
            .filter(|known| known.means.as_ref() == Some(vibe))
            .peekable();
        if image.peek().is_none() {
            let nearest = self
                .huly
                .iter()
                .filter(|known| known.means.is_some())
                .find(named)
                .map(|known| known.id.clone());
            return Some(Home {
                huly: nearest.or_else(|| self.nearest(vibe))?,
                exact: false,
            });
        }
        let image: Vec<&Known> = image.collect();
        let chosen = image.iter().copied().find(named);
        if chosen.is_none()
            && let Some(other) = self.huly.iter().find(named)
            && let Some(means) = &other.means
        {
            problems.push(LensProblem::Contradiction {
                vibe: vibe.clone(),
                huly: other.id.clone(),
                means: means.clone(),
            });
        }
        let planned = || {
            image
                .iter()
                .copied()
                .find(|known| self.is_planned(vibe, known))
        };
        let huly = chosen
            .or_else(planned)
            .or_else(|| image.first().copied())?
            .id
            .clone();
        Some(Home { huly, exact: true })
    }

    /// For `todo`, a status of category Todo goes before the backlog.
    fn is_planned(&self, vibe: &StatusId, known: &Known) -> bool {
        fold(vibe.as_str()) == TODO
            && self
                .statuses
                .iter()
                .any(|status| status.id == known.id && status.category == Some(Category::Todo))
    }

    /// The default for a Vibe status that no Huly status stands for: for `inreview` the active status, else the
    /// known one whose meaning stands closest in Vibe's order, the earlier one of two.
    fn nearest(&self, vibe: &StatusId) -> Option<StatusId> {
        let rank = |status: &StatusId| self.vibe.iter().position(|other| other == status);
        let at = rank(vibe)?;
        let reviewed = fold(vibe.as_str()) == REVIEW;
        let distance = |means: &StatusId| {
            let there = rank(means).unwrap_or(usize::MAX);
            (
                !(reviewed && fold(means.as_str()) == ACTIVE),
                there.abs_diff(at),
                there,
            )
        };
        let means = self
            .huly
            .iter()
            .filter_map(|known| known.means.as_ref())
            .min_by_key(|means| distance(means))?;
        let first = |planned: bool| {
            let fits = |known: &&Known| {
                known.means.as_ref() == Some(means) && (!planned || self.is_planned(means, known))
            };
            self.huly.iter().find(fits).map(|known| known.id.clone())
        };
        first(true).or_else(|| first(false))
    }

    fn first(&self, category: Category) -> Option<StatusId> {
        self.statuses
            .iter()
            .find(|status| status.category == Some(category))
            .map(|status| status.id.clone())
    }
}
