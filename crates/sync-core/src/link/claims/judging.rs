//! The steps of the table in [`super`], each over all that is still open.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{By, Claim, Claimed, Left, Verdict};
use crate::{
    footer::Writer,
    ids::{ItemId, Millis},
    item::Item,
    link::fold,
    side::{Pair, Side},
};

/// A row whose two items are there.
#[derive(Clone, Copy, Debug)]
struct Row<'a> {
    claim: &'a Claim,
    issue: &'a Item,
    task: &'a Item,
}

/// Judging the claims on one pair of projects.
pub(super) struct Judging<'a> {
    claimed: &'a Claimed<'a>,
    issues: Index<'a>,
    tasks: HashMap<&'a ItemId, &'a Item>,
    rows: Vec<Row<'a>>,
    /// Tasks with a footer of the predecessor's, oldest first, with the issue that it names.
    footers: Vec<(&'a Item, Arc<str>, Named<'a>)>,
    taken: Pair<HashMap<&'a ItemId, &'a ItemId>>,
    /// Claims and tasks that a verdict was given on.
    told: HashSet<&'a ItemId>,
    verdicts: Vec<Verdict>,
}

/// Issues by identifier and by id.
struct Index<'a> {
    by_label: HashMap<&'a str, Vec<&'a Item>>,
    by_id: HashMap<&'a ItemId, &'a Item>,
}

/// The issue that an identifier names.
#[derive(Clone, Copy, Debug)]
enum Named<'a> {
    One(&'a Item),
    Several,
    None,
}

impl<'a> Index<'a> {
    fn of(items: &'a [Item]) -> Index<'a> {
        let mut by_label: HashMap<&str, Vec<&Item>> = HashMap::new();
        for item in items {
            if let Some(label) = &item.label {
                by_label.entry(label).or_default().push(item);
            }
        }
        let by_id = items.iter().map(|item| (&item.id, item)).collect();
        Index { by_label, by_id }
    }

    fn label(&self, label: &str) -> Named<'a> {
        match self.by_label.get(label).map_or(&[][..], Vec::as_slice) {
            [] => Named::None,
            [one] => Named::One(one),
            [_, _, ..] => Named::Several,
        }
    }

    fn claim(&self, claim: &Claim) -> Named<'a> {
        let by_id = || {
            let found = claim.issue.as_ref().and_then(|id| self.by_id.get(id));
            found.copied()
        };
        match self.label(&claim.label) {
            Named::One(issue) => Named::One(issue),
            other @ (Named::Several | Named::None) => by_id().map_or(other, Named::One),
        }
    }
}

impl<'a> Judging<'a> {
    pub(super) fn new(claimed: &'a Claimed<'a>) -> Judging<'a> {
        let issues = Index::of(claimed.items.huly);
        let tasks: HashMap<&ItemId, &Item> = claimed
            .items
            .vibe
            .iter()
            .map(|task| (&task.id, task))
            .collect();
        let mut rows: Vec<Row<'_>> = claimed
            .claims
            .iter()
            .filter_map(|claim| {
                let task = tasks.get(claim.task.as_ref()?).copied()?;
                match issues.claim(claim) {
                    Named::One(issue) => Some(Row { claim, issue, task }),
                    Named::Several | Named::None => None,
                }
            })
            .collect();
        rows.sort_by_key(|row| (age(row.task), &row.claim.label));
        let mut footers: Vec<(&Item, Arc<str>, Named<'_>)> = claimed
            .items
            .vibe
            .iter()
            .filter_map(|task| {
                let label = named(task)?;
                Some((task, Arc::clone(label), issues.label(label)))
            })
            .collect();
        footers.sort_by_key(|(task, _, _)| age(task));
        Judging {
            claimed,
            issues,
            tasks,
            rows,
            footers,
            taken: Pair::default(),
            told: HashSet::new(),
            verdicts: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Vec<Verdict> {
        self.known();
        self.agreeing();
        self.disagreeing();
        self.rows_alone();
        self.footers_alone();
        self.rest();
        self.verdicts
    }

    fn free(&self, issue: &Item, task: &Item) -> bool {
        !self.taken.huly.contains_key(&issue.id) && !self.taken.vibe.contains_key(&task.id)
    }

    fn pair(&mut self, issue: &'a Item, task: &'a Item, by: By) {
        self.take(&issue.id, &task.id);
        self.verdicts.push(Verdict::Pair {
            huly: issue.id.clone(),
            vibe: task.id.clone(),
            by,
        });
    }

    fn take(&mut self, issue: &'a ItemId, task: &'a ItemId) {
        self.taken.huly.insert(issue, task);
        self.taken.vibe.insert(task, issue);
        self.told.insert(task);
    }

    /// Step 0.
    fn known(&mut self) {
        for link in self.claimed.links {
            match (&link.items.huly, &link.items.vibe) {
                (Some(huly), Some(vibe)) => {
                    self.take(huly, vibe);
                    let row = self
                        .rows
                        .iter()
                        .any(|row| row.issue.id == *huly && row.task.id == *vibe);
                    let footer = self.footers.iter().any(|(task, _, named)| {
                        task.id == *vibe && matches!(named, Named::One(issue) if issue.id == *huly)
                    });
                    if row || footer {
                        self.verdicts.push(Verdict::Known {
                            huly: huly.clone(),
                            vibe: vibe.clone(),
                        });
                    }
                }
                (Some(huly), None) => {
                    self.taken.huly.insert(huly, huly);
                }
                (None, Some(vibe)) => {
                    self.taken.vibe.insert(vibe, vibe);
                    self.told.insert(vibe);
                }
                (None, None) => {}
            }
        }
        let ours = self.claimed.items.vibe.iter().filter(|task| {
            let writer = task.footer.as_ref().map(|footer| footer.writer);
            writer == Some(Writer::Ours)
        });
        for task in ours {
            self.taken.vibe.entry(&task.id).or_insert(&task.id);
            self.told.insert(&task.id);
        }
    }

    /// Step 1.
    fn agreeing(&mut self) {
        for row in self.rows.clone() {
            let agree = self.named_by(row.task).is_some_and(
                |named| matches!(named, Named::One(issue) if issue.id == row.issue.id),
            );
            if agree && self.free(row.issue, row.task) {
                self.pair(row.issue, row.task, By::Both);
            }
        }
    }

    /// Step 2.
    fn disagreeing(&mut self) {
        for (task, _, named) in self.footers.clone() {
            let row = self
                .rows
                .iter()
                .copied()
                .find(|row| row.task.id == task.id && self.free(row.issue, row.task));
            let Some(row) = row else { continue };
            match named {
                Named::One(issue) if self.free(issue, task) && !self.quoted(issue, &row) => {
                    self.pair(issue, task, By::Footer);
                    self.left(task, Arc::clone(&row.claim.label), overruled(issue));
                }
                Named::One(_) | Named::Several | Named::None => {
                    self.pair(row.issue, task, By::Row);
                    if let Named::One(issue) = named {
                        self.left(task, label_of(issue), overruled(row.issue));
                    }
                }
            }
        }
    }

    /// Whether the footer's issue is more likely one that somebody mentioned than the task's own.
    fn quoted(&self, issue: &Item, row: &Row<'_>) -> bool {
        let title = fold(&row.task.values.title);
        let has_its_own = self
            .rows
            .iter()
            .any(|other| other.issue.id == issue.id && other.task.id != row.task.id);
        let titles = fold(&row.issue.values.title) == title && fold(&issue.values.title) != title;
        has_its_own || titles
    }

    /// Step 3.
    fn rows_alone(&mut self) {
        let mut by_task: BTreeMap<(Millis, &'a ItemId), Vec<Row<'a>>> = BTreeMap::new();
        for row in &self.rows {
            if named(row.task).is_none() && self.free(row.issue, row.task) {
                by_task.entry(age(row.task)).or_default().push(*row);
            }
        }
        for rows in by_task.into_values() {
            let open: Vec<Row<'a>> = rows
                .into_iter()
                .filter(|row| self.free(row.issue, row.task))
                .collect();
            let titled: Vec<Row<'a>> = open
                .iter()
                .copied()
                .filter(|row| fold(&row.issue.values.title) == fold(&row.task.values.title))
                .collect();
            let chosen = match (open.as_slice(), titled.as_slice()) {
                ([only], _) | (_, [only]) => Some(*only),
                (_, _) => None,
            };
            if let Some(chosen) = chosen {
                self.pair(chosen.issue, chosen.task, By::Row);
            }
            for row in open {
                match chosen {
                    Some(chosen) if chosen.issue.id == row.issue.id => {}
                    Some(chosen) => {
                        self.left(
                            row.task,
                            Arc::clone(&row.claim.label),
                            overruled(chosen.issue),
                        );
                    }
                    None => self.left(row.task, Arc::clone(&row.claim.label), Left::Contested),
                }
            }
        }
    }

    /// Step 4.
    fn footers_alone(&mut self) {
        for (task, label, named) in self.footers.clone() {
            if self.told.contains(&task.id) {
                continue;
            }
            match named {
                Named::One(issue) if self.free(issue, task) => self.pair(issue, task, By::Footer),
                Named::One(issue) => {
                    let of = self.taken.huly.get(&issue.id).copied().unwrap_or(&issue.id);
                    self.left(task, label, Left::Duplicate { of: of.clone() });
                }
                Named::Several => self.left(task, label, Left::SeveralIssues),
                Named::None => self.left(task, label, Left::IssueGone),
            }
        }
    }

    /// Rows that no step used.
    fn rest(&mut self) {
        for claim in self.claimed.claims {
            let Some(id) = &claim.task else { continue };
            let issue = self.issues.claim(claim);
            let task = self.tasks.get(id).copied();
            match (issue, task) {
                (Named::One(issue), None) if !self.taken.huly.contains_key(&issue.id) => {
                    let verdict = if claim.task_deleted {
                        self.taken.huly.insert(&issue.id, id);
                        Verdict::Deleted {
                            huly: issue.id.clone(),
                        }
                    } else {
                        left(Side::Huly, issue, Arc::clone(&claim.label), Left::TaskGone)
                    };
                    self.verdicts.push(verdict);
                }
                // Told by the steps, unless the issue went to another task and this one was claimed by the row alone.
                (Named::One(issue), Some(task)) => {
                    if !self.told.contains(&task.id) {
                        let of = self.taken.huly.get(&issue.id).copied().unwrap_or(id);
                        self.left(
                            task,
                            Arc::clone(&claim.label),
                            Left::Duplicate { of: of.clone() },
                        );
                    }
                }
                (Named::Several, Some(task)) if !self.told.contains(&task.id) => {
                    self.left(task, Arc::clone(&claim.label), Left::SeveralIssues);
                }
                (Named::None, Some(task)) if !self.told.contains(&task.id) => {
                    self.left(task, Arc::clone(&claim.label), Left::IssueGone);
                }
                (Named::One(_), None) | (Named::Several | Named::None, Some(_)) => {}
                (Named::Several | Named::None, None) => self.verdicts.push(Verdict::Gone {
                    label: Arc::clone(&claim.label),
                }),
            }
        }
    }

    fn named_by(&self, task: &Item) -> Option<Named<'a>> {
        named(task).map(|label| self.issues.label(label))
    }

    fn left(&mut self, task: &'a Item, label: Arc<str>, why: Left) {
        self.told.insert(&task.id);
        self.verdicts.push(left(Side::Vibe, task, label, why));
    }
}

fn left(side: Side, item: &Item, label: Arc<str>, why: Left) -> Verdict {
    Verdict::Left {
        side,
        item: item.id.clone(),
        label,
        why,
    }
}

fn overruled(by: &Item) -> Left {
    Left::Overruled { by: label_of(by) }
}

fn label_of(issue: &Item) -> Arc<str> {
    let label = issue.label.as_ref();
    Arc::clone(label.unwrap_or(&issue.values.title))
}

/// The identifier in a footer of the predecessor's.
fn named(task: &Item) -> Option<&Arc<str>> {
    let footer = task.footer.as_ref()?;
    match footer.writer {
        Writer::Predecessor => footer.label.as_ref(),
        Writer::Ours => None,
    }
}

/// Oldest first; the id decides where the service gives no stamp.
fn age(item: &Item) -> (Millis, &ItemId) {
    (item.created.unwrap_or_default(), &item.id)
}
