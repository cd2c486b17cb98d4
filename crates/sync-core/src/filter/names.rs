//! Names in a filter that the servers do not know, with those that were perhaps meant.

use std::sync::Arc;

use super::Filter;
use crate::link::fold;

/// What the servers know. `None` where it was not or cannot be asked: those names are not checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Identifiers, names and ids of the projects.
    pub projects: Option<Vec<Arc<str>>>,
    /// Names of statuses.
    pub statuses: Option<Vec<Arc<str>>>,
    /// Labels.
    pub labels: Option<Vec<Arc<str>>>,
    /// Names and addresses of people.
    pub people: Option<Vec<Arc<str>>>,
}

/// A name that nothing on the servers bears.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UnknownName {
    /// The key of the configuration: `filter.status`.
    pub key: &'static str,
    /// As it was written.
    pub name: Arc<str>,
    /// Up to three names that are there and nearest to it.
    pub nearest: Vec<Arc<str>>,
}

/// The names of a filter that nothing on the servers bears, in the order of the keys. Labels are told apart by case, the others are not.
///
/// ```
/// use sync_core::filter::{Filter, Known, unknown_names};
/// let filter = Filter { statuses: vec!["In Progres".into(), "done".into()], ..Filter::default() };
/// let known = Known { statuses: Some(vec!["In Progress".into(), "Done".into()]), ..Known::default() };
/// let unknown = unknown_names(&filter, &known);
/// assert_eq!((unknown.len(), unknown[0].key, &*unknown[0].nearest[0]), (1, "filter.status", "In Progress"));
/// ```
pub fn unknown_names(filter: &Filter, known: &Known) -> Vec<UnknownName> {
    let folded = |one: &str, other: &str| fold(one) == fold(other);
    let exact = |one: &str, other: &str| one == other;
    let mut unknown = Vec::new();
    let mut look = |key,
                    asked: &[Arc<str>],
                    known: &Option<Vec<Arc<str>>>,
                    same: &dyn Fn(&str, &str) -> bool| {
        let Some(known) = known else { return };
        let missing = asked
            .iter()
            .filter(|name| !known.iter().any(|known| same(name, known)));
        unknown.extend(missing.map(|name| UnknownName {
            key,
            name: Arc::clone(name),
            nearest: nearest(name, known),
        }));
    };
    look("filter.project", &filter.projects, &known.projects, &folded);
    look("filter.status", &filter.statuses, &known.statuses, &folded);
    look("filter.label", &filter.labels, &known.labels, &exact);
    look("filter.assignee", &filter.assignees, &known.people, &folded);
    unknown
}

/// Up to three of `known` that are nearest to `name`: those that differ by few letters, or hold it or are held by it.
///
/// ```
/// use sync_core::filter::nearest;
/// let known = ["Todo".into(), "In Review".into(), "Done".into()];
/// assert_eq!(nearest("review", &known), ["In Review".into()]);
/// assert!(nearest("xyzzy", &known).is_empty());
/// ```
pub fn nearest(name: &str, known: &[Arc<str>]) -> Vec<Arc<str>> {
    let name = fold(name);
    let most = (name.chars().count() / 3).max(2);
    let mut near: Vec<(usize, &Arc<str>)> = known
        .iter()
        .filter_map(|known| {
            let other = fold(known);
            let holds = !name.is_empty()
                && !other.is_empty()
                && (other.contains(&name) || name.contains(&other));
            let distance = distance(&name, &other);
            (holds || distance <= most).then_some((distance, known))
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter()
        .take(3)
        .map(|(_, name)| Arc::clone(name))
        .collect()
}

/// How many letters must be put in, taken out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut next = vec![at + 1];
        for ((same, above), (left_above, _)) in other
            .iter()
            .map(|other| *other == letter)
            .zip(row.iter().skip(1))
            .zip(row.iter().zip(0..))
        {
            let left = next.last().copied().unwrap_or_default();
            let change = left_above + usize::from(!same);
            next.push(change.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
