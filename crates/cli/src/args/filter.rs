//! Flags that choose items, for `hvs plan` and `hvs sync once`.

use crate::config::Flag;

/// Which items this run is about. Each flag may be repeated and takes the place of its key in `[filter]`, for this run only: nothing
/// falls asleep, and what is left out is looked at by the next run.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Which items")]
pub(crate) struct Filter {
    /// Only issues of this status, by Huly's name
    #[arg(long, value_name = "NAME")]
    pub status: Vec<String>,
    /// Only issues whose status means this: backlog, todo, active, won, lost
    #[arg(long, value_name = "WORD")]
    pub category: Vec<String>,
    /// Only issues with this label
    #[arg(long, value_name = "LABEL")]
    pub label: Vec<String>,
    /// Only issues assigned to this person, by name or e-mail address
    #[arg(long, value_name = "PERSON")]
    pub assignee: Vec<String>,
    /// Only issues of this priority: none, low, medium, high, urgent
    #[arg(long, value_name = "WORD")]
    pub priority: Vec<String>,
    /// Only issues changed within this time, such as `30d`
    #[arg(long, value_name = "TIME")]
    pub max_age: Option<String>,
    /// Only the issue of this identifier (HARB-12)
    #[arg(long, value_name = "ISSUE")]
    pub identifier: Vec<String>,
}

impl Filter {
    /// Whether any of them is given.
    pub(crate) fn is_given(&self) -> bool {
        !self.flags().is_empty()
    }

    /// The keys that they set. A name a line: a name may hold commas.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let Filter {
            status,
            category,
            label,
            assignee,
            priority,
            max_age,
            identifier,
        } = self;
        let lists = [
            ("status", status),
            ("category", category),
            ("label", label),
            ("assignee", assignee),
            ("priority", priority),
            ("identifier", identifier),
        ];
        let mut flags: Vec<Flag> = lists
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(name, names)| Flag {
                name: format!("--{name}"),
                key: format!("filter.{name}"),
                value: names.join("\n") + "\n",
            })
            .collect();
        flags.extend(max_age.iter().map(|age| Flag {
            name: "--max-age".to_owned(),
            key: "filter.max_age".to_owned(),
            value: age.clone(),
        }));
        flags
    }
}
