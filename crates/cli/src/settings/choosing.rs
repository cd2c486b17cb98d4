//! What is synced, and which way fields go: from the words of the configuration to the engine's.

use engine::settings::FieldDirections;
use sync_core::{filter::Filter, ids::Millis, item::Priority, lens::Category, rules::Direction};

use crate::config::{self, FieldDirection};

/// What the command line asks for besides the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// Projects by name.
    pub projects: &'a [String],
    /// Items by name.
    pub items: &'a [String],
    /// Whether any flag takes the place of a key of `[filter]`.
    pub filtered: bool,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(
        projects: &'a [String],
        items: &'a [String],
        filter: &crate::args::filter::Filter,
    ) -> Asked<'a> {
        Asked {
            projects,
            items,
            filtered: filter.is_given(),
        }
    }
}

/// Which items are synced. Projects that the command line names take the place of those of the configuration.
pub(super) fn filter(config: &config::Filter, is_named: bool) -> Filter {
    let listed = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
    Filter {
        projects: if is_named {
            Vec::new()
        } else {
            listed(&config.project)
        },
        statuses: listed(&config.status),
        categories: config.category.iter().map(|word| category(*word)).collect(),
        labels: listed(&config.label),
        assignees: listed(&config.assignee),
        priorities: config.priority.iter().map(|word| priority(*word)).collect(),
        max_age: config
            .max_age
            .map(|age| Millis(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))),
        identifiers: listed(&config.identifier),
    }
}

const fn category(word: config::Category) -> Category {
    match word {
        config::Category::Backlog => Category::Backlog,
        config::Category::Todo => Category::Todo,
        config::Category::Active => Category::Active,
        config::Category::Won => Category::Won,
        config::Category::Lost => Category::Lost,
    }
}

const fn priority(word: config::Priority) -> Priority {
    match word {
        config::Priority::None => Priority::None,
        config::Priority::Low => Priority::Low,
        config::Priority::Medium => Priority::Medium,
        config::Priority::High => Priority::High,
        config::Priority::Urgent => Priority::Urgent,
    }
}

pub(super) fn directions(config: config::FieldDirections) -> FieldDirections {
    let one = |way: FieldDirection| match way {
        FieldDirection::Both => Direction::Both,
        FieldDirection::ToVibe => Direction::ToVibe,
        FieldDirection::ToHuly => Direction::ToHuly,
        FieldDirection::Off => Direction::Off,
    };
    FieldDirections {
        title: config.title.map(one),
        description: config.description.map(one),
        status: config.status.map(one),
    }
}
