//! The bridge's words to the common model, without I/O.

use std::{collections::BTreeSet, sync::Arc};

use huly_client::bridge::{Issue, Project};
use sync_core::{
    ids::{ItemId, Millis, ProjectId, StatusId},
    item::{Extra, Field, FieldSet, Item, Priority, TextVersion, Values},
    lens::{Category, HulyStatus},
};

use crate::port::{BoardProject, KindStatuses};

/// Stands for a status that was never seen, until it is.
const NO_STATUS: &str = "Unknown";

/// Huly's own statuses in board order: the ones of a project whose issues show no others.
const CLASSIC: [&str; 5] = ["Backlog", "Todo", "In Progress", "Done", "Canceled"];

/// An issue in the common model. What the bridge shows nothing of is marked as unseen.
pub(super) fn item(issue: &Issue) -> Item {
    let mut unseen = FieldSet::EMPTY;
    if issue.description.is_none() {
        unseen.insert(Field::Description);
    }
    if issue.status.is_none() {
        unseen.insert(Field::Status);
    }
    let text: Arc<str> = issue.description.as_deref().unwrap_or_default().into();
    let id = ItemId::from(issue.identifier.as_str());
    let values = Values {
        title: issue.title.as_str().into(),
        description: TextVersion::of_text(&text),
        status: Some(StatusId::from(issue.status.as_deref().unwrap_or(NO_STATUS))),
        extra: Extra {
            priority: priority(issue.priority.as_deref()),
            ..Extra::default()
        },
    };
    Item {
        label: Some(issue.identifier.as_str().into()),
        text: Some(text),
        modified: issue.modified_on.map(Millis),
        created: issue.created_on.map(Millis),
        unseen,
        ..Item::new(id, values)
    }
}

/// One of two issues with one identifier: it is there, and nothing of it can be told.
pub(super) fn twin(id: &ItemId) -> Item {
    Item {
        label: Some(id.as_str().into()),
        unseen: Field::ALL.into_iter().collect(),
        ..Item::new(id.clone(), Values::default())
    }
}

/// What stands as the base of a description that was asked for and is not shown: owed, so that it is written again.
pub(super) fn owed() -> TextVersion {
    TextVersion::owed(
        &TextVersion::default(),
        Some(Millis(1)),
        &TextVersion::default(),
    )
}

fn priority(word: Option<&str>) -> Priority {
    match word {
        Some("Urgent") => Priority::Urgent,
        Some("High") => Priority::High,
        Some("Medium") => Priority::Medium,
        Some("Low") => Priority::Low,
        // `NoPriority`, and words of a version that is not known
        Some(_) | None => Priority::None,
    }
}

pub(super) fn project(project: &Project) -> BoardProject {
    let description = project.description.as_str();
    BoardProject {
        id: ProjectId::from(project.identifier.as_str()),
        label: Some(project.identifier.as_str().into()),
        name: project.name.as_str().into(),
        description: (!description.is_empty()).then(|| description.into()),
        archived: project.archived,
        // The bridge does not tell; its account's empty lists prove nothing, and nothing is taken for proven by them.
        member: true,
        repository: None,
        modified: None,
    }
}

/// The statuses of a project as far as can be known: the bridge lists none. Where its issues show none but Huly's own names,
/// it has those; else it has what its issues show, and what the configuration names.
pub(super) fn statuses(seen: &BTreeSet<Arc<str>>, named: &[Arc<str>]) -> KindStatuses {
    let is_classic = |name: &Arc<str>| CLASSIC.contains(&&**name);
    let all: Vec<Arc<str>> = if seen.iter().all(is_classic) {
        CLASSIC.iter().copied().map(Arc::from).collect()
    } else {
        let is_new = |name: &&Arc<str>| !seen.iter().any(|known| same_name(known, name));
        let mut shown: Vec<Arc<str>> = seen
            .iter()
            .chain(named.iter().filter(is_new))
            .cloned()
            .collect();
        shown.sort_by_key(|name| category(name).map_or(usize::MAX, |category| category as usize));
        shown
    };
    let status = |name: Arc<str>| HulyStatus {
        id: StatusId::new(Arc::clone(&name)),
        category: category(&name),
        name,
    };
    KindStatuses {
        kind: None,
        statuses: all.into_iter().map(status).collect(),
    }
}

fn same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// What Huly's own names mean; others are for the configuration to say.
fn category(name: &str) -> Option<Category> {
    match name.to_lowercase().as_str() {
        "backlog" => Some(Category::Backlog),
        "todo" => Some(Category::Todo),
        "in progress" => Some(Category::Active),
        "done" => Some(Category::Won),
        "canceled" | "cancelled" => Some(Category::Lost),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(seen: &[&str], named: &[&str]) -> Vec<String> {
        let seen = seen.iter().copied().map(Arc::from).collect();
        let named: Vec<Arc<str>> = named.iter().copied().map(Arc::from).collect();
        let statuses = statuses(&seen, &named).statuses;
        statuses
            .iter()
            .map(|status| status.name.to_string())
            .collect()
    }

    #[test]
    fn a_project_that_shows_only_hulys_own_names_has_all_of_them() {
        assert_eq!(names(&[], &["Served"]), CLASSIC);
        assert_eq!(names(&["Done", "Backlog"], &["Served"]), CLASSIC);
    }

    #[test]
    fn a_project_with_names_of_its_own_has_what_it_shows_and_what_is_named() {
        assert_eq!(
            names(&["Brewing", "Done"], &["Served", "brewing"]),
            ["Done", "Brewing", "Served"]
        );
    }

    #[test]
    fn what_the_bridge_does_not_show_is_unseen() {
        let issue: Issue = serde_json::from_value(serde_json::json!({
            "identifier": "HARB-1", "title": "Dock", "description": "", "status": "Unknown", "priority": "High",
        }))
        .expect("an issue");
        let item = item(&issue);
        assert_eq!(
            item.unseen,
            FieldSet::of(&[Field::Description, Field::Status])
        );
        assert_eq!(item.values.extra.priority, Priority::High);
        assert!(item.values.description.is_none());
    }
}
