//! Duplicates of linked tasks: made again by a program that had lost its way, and claiming an issue that has its task (reconcile,
//! design 4.3). Our own twins are told apart by their markers and are no business of this page.

use std::{collections::HashMap, sync::Arc};

use super::{Link, fold};
use crate::{
    footer::Footer,
    ids::{ItemId, LinkId, StatusId},
    item::{Item, Observation},
    side::Pair,
};

/// What duplicates are looked for among.
#[derive(Clone, Copy)]
pub struct Linked<'a> {
    /// The links of one pair of projects.
    pub links: &'a HashMap<LinkId, Link>,
    /// What is seen of each link.
    pub now: &'a dyn Fn(&LinkId) -> Pair<&'a Observation>,
    /// Markdown to its normal form.
    pub normal_form: fn(&str) -> String,
    /// What the service gives a new task by itself.
    pub new_status: Option<&'a StatusId>,
}

/// A task that claims an issue which has another task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The link that has the claimed issue.
    pub link: LinkId,
    /// Its task, which stays.
    pub keep: ItemId,
    /// The duplicate.
    pub item: ItemId,
    /// What a person did to it, in words: then it is for a person to remove. `None`: it is as it was made.
    pub touched: Option<Arc<str>>,
}

/// The duplicates among tasks without a link: those whose footer names the issue of a link, or whose footer names no issue that is
/// known here while exactly one linked task bears their title. A task without a footer is nobody's duplicate: a person made it.
pub fn duplicates(given: &Linked<'_>, unlinked: &[Item]) -> Vec<Duplicate> {
    if unlinked.iter().all(|task| task.footer.is_none()) {
        return Vec::new();
    }
    let mut by_label: HashMap<&str, &Link> = HashMap::new();
    let mut by_title: HashMap<String, Vec<&Link>> = HashMap::new();
    for link in given.links.values() {
        let Some(task) = task_of(given, link) else {
            continue;
        };
        if let Some(label) = &link.label {
            by_label.insert(label, link);
        }
        by_title
            .entry(fold(&task.values.title))
            .or_default()
            .push(link);
    }
    let mut found = Vec::new();
    for task in unlinked {
        let Some(footer) = task
            .footer
            .as_ref()
            .filter(|footer| is_claim(given, footer))
        else {
            continue;
        };
        let named = footer
            .label
            .as_deref()
            .and_then(|label| by_label.get(label));
        let alike = by_title.get(&fold(&task.values.title)).map(Vec::as_slice);
        let link = match (named, alike) {
            (Some(link), _) | (None, Some([link])) => *link,
            (None, Some(_) | None) => continue,
        };
        let Some(kept) = task_of(given, link) else {
            continue;
        };
        found.push(Duplicate {
            link: link.id,
            keep: kept.id.clone(),
            item: task.id.clone(),
            touched: touched(given, link, kept, task).map(Arc::from),
        });
    }
    found.sort_by(|a, b| (a.link, &a.item).cmp(&(b.link, &b.item)));
    found
}

/// A marker of a known link is told by its attempt and generation, never here.
fn is_claim(given: &Linked<'_>, footer: &Footer) -> bool {
    footer
        .marker
        .is_none_or(|marker| !given.links.contains_key(&marker.link))
}

fn task_of<'a>(given: &Linked<'a>, link: &Link) -> Option<&'a Item> {
    link.items.vibe.as_ref()?;
    match (given.now)(&link.id).vibe {
        Observation::Present(item) => Some(item),
        Observation::Gone | Observation::Unseen => None,
    }
}

/// What somebody did to a duplicate: it holds something that neither its issue nor the task that stays holds, or held.
fn touched(given: &Linked<'_>, link: &Link, kept: &Item, task: &Item) -> Option<&'static str> {
    let now = (given.now)(&link.id);
    let issue = match now.huly {
        Observation::Present(item) => Some(&**item),
        Observation::Gone | Observation::Unseen => None,
    };
    let titles = [
        Some(&kept.values.title),
        Some(&link.base.vibe.title),
        issue.map(|issue| &issue.values.title),
    ];
    let title = fold(&task.values.title);
    if !titles
        .into_iter()
        .flatten()
        .any(|known| fold(known) == title)
    {
        return Some("its title was changed");
    }
    if task.agent {
        return Some("an agent works on it");
    }
    if !is_known_text(given, link, kept, issue, task) {
        return Some("its description was changed");
    }
    let statuses = [
        kept.values.status.as_ref(),
        link.base.vibe.status.as_ref(),
        given.new_status,
    ];
    if !statuses.contains(&task.values.status.as_ref()) {
        return Some("its status was changed");
    }
    None
}

fn is_known_text(
    given: &Linked<'_>,
    link: &Link,
    kept: &Item,
    issue: Option<&Item>,
    task: &Item,
) -> bool {
    let version = &task.values.description;
    if *version == kept.values.description || *version == link.base.vibe.description {
        return true;
    }
    let Some(text) = task.known_text() else {
        return false;
    };
    let normal = (given.normal_form)(&text);
    let known = [kept.known_text(), issue.and_then(Item::known_text)];
    normal.trim().is_empty()
        || known
            .into_iter()
            .flatten()
            .any(|known| (given.normal_form)(&known) == normal)
}
