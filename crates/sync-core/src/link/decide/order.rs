//! The order of design 3.5, step by step. Each step looks at every item that is still open.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{Decision, How, Known, Unlinked, is_ours, same_title};
use crate::{
    footer::Marker,
    ids::{ItemId, LinkId, Millis},
    item::{Item, Observation},
    link::{Link, Phase},
    rules::Rules,
    side::{Pair, Side},
};

/// Deciding on the items of one pair of projects.
pub(super) struct Deciding<'a> {
    rules: &'a Rules<'a>,
    given: &'a Unlinked<'a>,
    /// Items that are still open, oldest first.
    open: Pair<Vec<&'a Item>>,
    /// Items that a decision took.
    taken: Pair<HashSet<&'a ItemId>>,
    /// Copies: their footer says nothing.
    copies: HashSet<&'a ItemId>,
    decisions: Vec<Decision>,
    /// Why nothing is made in this project.
    no_creates: Option<Arc<str>>,
}

impl<'a> Deciding<'a> {
    pub(super) fn new(rules: &'a Rules<'a>, given: &'a Unlinked<'a>) -> Deciding<'a> {
        let open = Pair::by(|side| {
            let mut items: Vec<&Item> = given
                .items
                .side(side)
                .iter()
                .filter(|item| !(given.linked)(side, &item.id))
                .collect();
            items.sort_by_key(|item| age(item));
            items.dedup_by_key(|item| &item.id);
            items
        });
        Deciding {
            rules,
            given,
            open,
            taken: Pair::default(),
            copies: HashSet::new(),
            decisions: Vec::new(),
            no_creates: None,
        }
    }

    pub(super) fn run(mut self) -> Vec<Decision> {
        // 1. the store: `open` holds no linked item
        self.by_derived_id();
        self.by_marker();
        self.by_predecessor();
        self.by_title();
        self.make();
        self.decisions
    }

    fn free(&self, side: Side, item: &ItemId) -> bool {
        !self.taken.side(side).contains(item) && !(self.given.linked)(side, item)
    }

    fn still_open(&self, side: Side) -> Vec<&'a Item> {
        let taken = self.taken.side(side);
        self.open
            .side(side)
            .iter()
            .copied()
            .filter(|item| !taken.contains(&item.id))
            .collect()
    }

    fn adopt(&mut self, huly: &'a Item, vibe: &'a Item, how: How) {
        self.taken.huly.insert(&huly.id);
        self.taken.vibe.insert(&vibe.id);
        self.decisions.push(Decision::Adopt {
            huly: huly.id.clone(),
            vibe: vibe.id.clone(),
            how,
        });
    }

    fn hold(&mut self, side: Side, item: &'a Item, reason: &str) {
        self.taken.side_mut(side).insert(&item.id);
        self.decisions.push(Decision::Hold {
            side,
            item: item.id.clone(),
            reason: reason.into(),
        });
    }

    /// 2. An issue that has the id derived from the task was made for it.
    fn by_derived_id(&mut self) {
        for task in self.still_open(Side::Vibe) {
            let Some(issue) = self.given.derived.get(&task.id) else {
                continue;
            };
            if self.free(Side::Huly, &issue.id) {
                self.adopt(issue, task, How::DerivedId);
            } else {
                self.hold(
                    Side::Vibe,
                    task,
                    "the issue that was made for it belongs to another task",
                );
            }
        }
    }

    /// 3. This store's marker.
    fn by_marker(&mut self) {
        let mut groups: BTreeMap<LinkId, Vec<(Marker, &'a Item)>> = BTreeMap::new();
        for task in self.still_open(Side::Vibe) {
            let Some(footer) = task.footer.as_ref().filter(|footer| is_ours(footer.writer)) else {
                continue;
            };
            match footer.marker {
                Some(marker) if marker.store != self.rules.store && !self.given.take_over => {
                    self.foreign(task, marker);
                }
                Some(marker) => groups.entry(marker.link).or_default().push((marker, task)),
                None => self.hold(
                    Side::Vibe,
                    task,
                    "its footer is damaged: it does not say which link it belongs to",
                ),
            }
        }
        if groups.is_empty() {
            return;
        }
        let issues: HashMap<LinkId, &'a Item> = self
            .still_open(Side::Huly)
            .into_iter()
            .map(|issue| {
                (
                    LinkId::derive(self.rules.workspace, Side::Huly, &issue.id),
                    issue,
                )
            })
            .collect();
        for (link, tasks) in groups {
            match (self.given.link)(link) {
                Some(known) => self.of_known_link(&known, &tasks),
                None => self.of_lost_link(link, &issues, &tasks),
            }
        }
    }

    fn foreign(&mut self, task: &'a Item, marker: Marker) {
        self.taken.vibe.insert(&task.id);
        self.decisions.push(Decision::Foreign {
            item: task.id.clone(),
            store: marker.store,
        });
        self.no_creates = Some(
            "a task in this project carries the marker of another store: nothing is made here until \
             `hvs reconcile --full --repair` takes it over"
                .into(),
        );
    }

    /// Tasks that carry the marker of a link that the store has.
    fn of_known_link(&mut self, known: &Known, tasks: &[(Marker, &'a Item)]) {
        let link = &known.link;
        let mut tasks = tasks;
        let own: Own = match (link.phase, &link.items.vibe, &known.task) {
            (Phase::Tombstone, _, _) => {
                return self.hold_all(
                    tasks,
                    "its link is a tombstone: its counterpart was deleted or cancelled",
                );
            }
            (Phase::Active | Phase::Asleep, Some(_), Observation::Unseen) => {
                return self.hold_all(
                    tasks,
                    "it carries the marker of a task that was not read this time",
                );
            }
            (Phase::Active | Phase::Asleep, Some(id), Observation::Present(item)) => Own {
                id: id.clone(),
                marker: item.footer.as_ref().and_then(|footer| footer.marker),
            },
            // Gone, or never known: the oldest task with its marker is the link's own from now on.
            (Phase::Active | Phase::Asleep, Some(_), Observation::Gone)
            | (Phase::Active | Phase::Asleep, None, _) => {
                let Some(((marker, task), rest)) = tasks.split_first() else {
                    return;
                };
                self.taken.vibe.insert(&task.id);
                self.decisions.push(Decision::Relink {
                    link: link.id,
                    item: task.id.clone(),
                });
                tasks = rest;
                Own {
                    id: task.id.clone(),
                    marker: Some(*marker),
                }
            }
        };
        for (marker, task) in tasks {
            self.second(Some(link), &own, *marker, task);
        }
    }

    /// Tasks that carry a marker of ours whose link the store does not have: it was lost or rolled back.
    fn of_lost_link(
        &mut self,
        link: LinkId,
        issues: &HashMap<LinkId, &'a Item>,
        tasks: &[(Marker, &'a Item)],
    ) {
        let Some(((marker, task), rest)) = tasks.split_first() else {
            return;
        };
        let by_label = || {
            let label = task.footer.as_ref()?.label.as_ref()?;
            self.given
                .labelled
                .get(label)
                .filter(|issue| self.free(Side::Huly, &issue.id))
        };
        let issue = issues
            .get(&link)
            .copied()
            .filter(|issue| self.free(Side::Huly, &issue.id))
            .or_else(by_label);
        let Some(issue) = issue else {
            return self.hold_all(
                tasks,
                "its marker names a link that is not known, and its issue is not there",
            );
        };
        self.adopt(issue, task, How::Marker);
        let own = Own {
            id: task.id.clone(),
            marker: Some(*marker),
        };
        for (marker, task) in rest {
            self.second(None, &own, *marker, task);
        }
    }

    fn hold_all(&mut self, tasks: &[(Marker, &'a Item)], reason: &str) {
        for (_, task) in tasks {
            self.hold(Side::Vibe, task, reason);
        }
    }

    /// A second task of one link: our own twin, a person's copy, or one that came back.
    fn second(&mut self, link: Option<&Link>, own: &Own, marker: Marker, task: &'a Item) {
        match own.marker.map(|own| {
            (
                own.generation == marker.generation,
                own.attempt == marker.attempt,
            )
        }) {
            Some((true, true)) => {
                self.copies.insert(&task.id);
            }
            Some((true, false)) if link.is_some_and(|link| is_untouched(link, task)) => {
                self.taken.vibe.insert(&task.id);
                self.decisions.push(Decision::Twin {
                    link: marker.link,
                    keep: own.id.clone(),
                    remove: task.id.clone(),
                });
            }
            Some((true, false)) => self.hold(
                Side::Vibe,
                task,
                "it was made twice, and this one was edited: remove one of the two",
            ),
            Some((false, _)) => self.hold(
                Side::Vibe,
                task,
                "it is an earlier task of an issue that has another one now",
            ),
            // A person deleted the footer of the link's own task: whether this one is its twin or its copy cannot be told.
            None => self.hold(
                Side::Vibe,
                task,
                "it carries the marker of a task whose own marker was deleted",
            ),
        }
    }

    /// 4. The predecessor's footer.
    fn by_predecessor(&mut self) {
        for task in self.still_open(Side::Vibe) {
            let Some(footer) = task
                .footer
                .as_ref()
                .filter(|footer| !is_ours(footer.writer))
            else {
                continue;
            };
            let Some(label) = &footer.label else { continue };
            match self.given.labelled.get(label) {
                Some(issue) if self.free(Side::Huly, &issue.id) => {
                    self.adopt(issue, task, How::Predecessor);
                }
                Some(_) => self.hold(
                    Side::Vibe,
                    task,
                    &format!("{label} has a task already: this one is a duplicate of it"),
                ),
                None => self.hold(
                    Side::Vibe,
                    task,
                    &format!("its footer names {label}, which is not in this project"),
                ),
            }
        }
    }

    /// 5. An equal title, where exactly one candidate stands on each side and neither is linked.
    fn by_title(&mut self) {
        let tasks: HashMap<&ItemId, &'a Item> = self
            .still_open(Side::Vibe)
            .into_iter()
            .map(|task| (&task.id, task))
            .collect();
        for issue in self.still_open(Side::Huly) {
            let title = &issue.values.title;
            let only = Pair::by(|side| self.given.titles.side(side).only(title));
            let (Some(huly), Some(vibe)) = (only.huly, only.vibe) else {
                continue;
            };
            // The index may know more than the items to decide on: a task that was decided on above is not open here.
            let Some(task) = tasks.get(vibe).copied() else {
                continue;
            };
            if *huly == issue.id && same_title(issue, task) && !self.copies.contains(&task.id) {
                self.adopt(issue, task, How::Title);
            }
        }
    }

    /// Else a counterpart is made, where that is allowed.
    fn make(&mut self) {
        for side in Side::ALL {
            for item in self.still_open(side) {
                if side == Side::Vibe && self.copies.contains(&item.id) {
                    self.decisions.push(Decision::Copy {
                        item: item.id.clone(),
                    });
                }
                if !self.rules.create.allows(side.opposite()) {
                    continue;
                }
                if let Some(reason) = self.no_creates.clone() {
                    self.hold(side, item, &reason);
                    continue;
                }
                self.taken.side_mut(side).insert(&item.id);
                self.decisions.push(Decision::Create {
                    from: side,
                    item: item.id.clone(),
                    link: LinkId::derive(self.rules.workspace, side, &item.id),
                });
            }
        }
    }
}

/// The task that a link has, or gets.
struct Own {
    id: ItemId,
    marker: Option<Marker>,
}

/// Oldest first; the id decides where the service gives no stamp.
fn age(item: &Item) -> (Millis, &ItemId) {
    (item.created.unwrap_or_default(), &item.id)
}

/// Whether a twin still holds what we made: what the link's own task held when the two were last in agreement, or the
/// status that the service gives by itself.
fn is_untouched(link: &Link, task: &Item) -> bool {
    let base = &link.base.vibe;
    let given = link
        .last_write
        .vibe
        .as_ref()
        .and_then(|write| write.before.status.as_ref());
    let status = task.values.status.as_ref();
    task.values.title == base.title
        && task.values.description == base.description
        && (status == base.status.as_ref() || (given.is_some() && status == given))
}
