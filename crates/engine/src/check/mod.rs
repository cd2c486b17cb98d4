//! What a configuration is worth against the live services, before anything is written (`hvs check`).
//!
//! [`look_at_huly`] and [`look_at_vibe`] ask the boards, reads only; [`judge()`] compares the answers with the settings and is pure. Where something stands in the configuration is for the caller to say: a [`Finding`] names its
//! [`Subject`].

mod judge;
mod rights;

use std::sync::Arc;

use sync_core::{
    Pair, Side, filter,
    ids::{ProjectId, WorkspaceId},
    project::KnownPair,
};

use crate::{
    choosing,
    port::{Answer, Board, BoardProject, KindStatuses},
    projects::asking,
    settings::Settings,
};

pub use judge::{judge, repositories};
pub use rights::{Right, rights};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A run would not do what the configuration asks for.
    Error,
    /// A run does its work; something is left out, or a person should look.
    Warning,
}

/// What a finding is about, in the terms of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A service as a whole.
    Service(Side),
    /// Our account's rights.
    Account,
    /// The entry of this Huly project.
    Project(Arc<str>),
    /// The Vibe project that the entry of this Huly project names.
    Partner(Arc<str>),
    /// The repository that the entry of this Huly project names.
    Repository(Arc<str>),
    /// Projects that no entry names.
    Projects,
    /// Where repositories may stand.
    Roots,
    /// The entry of this Huly status in the map to Vibe.
    ToVibe(Arc<str>),
    /// The entry of this Vibe status in the map to Huly.
    ToHuly(Arc<str>),
    /// Statuses that no entry names.
    Statuses,
    /// This key of the filter, as `filter.status`.
    Filter(&'static str),
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// Stable code ([`crate::codes`]).
    pub code: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// What is wrong, in one line.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// A name that does not exist, and the names that do: the nearest one may be meant.
    pub unknown: Option<Unknown>,
    /// Whether the service withholds it (exit code 4), or the configuration is wrong (2).
    pub refused: bool,
}

/// A name that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// As the configuration has it.
    pub name: Arc<str>,
    /// Those that exist.
    pub known: Vec<Arc<str>>,
}

impl Finding {
    /// The configuration is wrong.
    pub(crate) fn error(code: &'static str, subject: Subject, what: String) -> Finding {
        Finding {
            severity: Severity::Error,
            code,
            subject,
            what,
            remedy: None,
            unknown: None,
            refused: false,
        }
    }

    /// Something is left out.
    pub(crate) fn warning(code: &'static str, subject: Subject, what: String) -> Finding {
        Finding {
            severity: Severity::Warning,
            ..Finding::error(code, subject, what)
        }
    }

    /// With what to do about it.
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Finding {
        self.remedy = Some(remedy.into());
        self
    }

    /// The service withholds it.
    pub(crate) fn refused(mut self) -> Finding {
        self.refused = true;
        self
    }

    /// Names the name that does not exist, and those that do.
    pub(crate) fn unknown(mut self, name: &str, known: Vec<Arc<str>>) -> Finding {
        let name = name.into();
        self.unknown = Some(Unknown { name, known });
        self
    }
}

/// What a Huly workspace shows of itself.
#[derive(Clone, Debug)]
pub struct HulySeen {
    /// The service's word for our account's rights.
    pub role: Option<String>,
    /// All projects that can be seen.
    pub projects: Vec<BoardProject>,
    /// The statuses of those that can be read and are not skipped.
    pub statuses: Vec<(ProjectId, Vec<KindStatuses>)>,
    /// What it knows of the names that a filter uses; nothing where none is used.
    pub names: filter::Known,
}

/// What a Vibe Kanban server shows of itself.
#[derive(Clone, Debug)]
pub struct VibeSeen {
    /// All projects.
    pub projects: Vec<BoardProject>,
    /// Whether it makes no project without a repository.
    pub needs_repository: bool,
}

/// What was seen of both services; `None` where one could not be asked.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Huly.
    pub huly: Option<HulySeen>,
    /// Vibe Kanban.
    pub vibe: Option<VibeSeen>,
}

/// What the answers are held against.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// What a run is told.
    pub settings: &'a Settings,
    /// Name space of the pairs' ids.
    pub workspace: WorkspaceId,
    /// The store's pairs.
    pub known: &'a [KnownPair],
}

/// Asks Huly: its projects, the statuses of each that is to be kept the same, and what a filter may name. Reads only.
pub async fn look_at_huly(board: &dyn Board, settings: &Settings) -> Answer<HulySeen> {
    let projects = board.projects().await?;
    let mut statuses = Vec::new();
    for project in projects
        .iter()
        .filter(|project| project.member && !project.archived && !is_skipped(settings, project))
    {
        statuses.push((project.id.clone(), board.statuses(project).await?));
    }
    let filter = &settings.filter;
    let names = if *filter == filter::Filter::default() {
        filter::Known::default()
    } else {
        choosing::known(board, filter, &projects).await?
    };
    Ok(HulySeen {
        role: board.role(),
        projects,
        statuses,
        names,
    })
}

/// Asks Vibe Kanban for its projects. Reads only.
pub async fn look_at_vibe(board: &dyn Board) -> Answer<VibeSeen> {
    Ok(VibeSeen {
        projects: board.projects().await?,
        needs_repository: board.needs_repository(),
    })
}

/// The store's pairs in the core's terms.
pub fn known_pairs(rows: &[store::row::ProjectRow]) -> Vec<KnownPair> {
    rows.iter().map(asking::known_pair).collect()
}

/// Whether an entry of the configuration leaves the project alone.
pub fn is_skipped(settings: &Settings, project: &BoardProject) -> bool {
    let side = asking::side_of(project);
    settings
        .projects
        .iter()
        .any(|(name, said)| said.skip && asking::is_called(&side, name))
}

/// A project as people know it: `HARB Harbor`.
pub fn title(project: &BoardProject) -> String {
    match &project.label {
        Some(label) if **label != *project.name => format!("{label} {}", project.name),
        Some(_) | None => project.name.to_string(),
    }
}

/// Both sides' projects in the core's terms.
fn sides(seen: &Pair<&[BoardProject]>) -> Pair<Vec<sync_core::project::ProjectSide>> {
    seen.map(|projects| projects.iter().map(asking::side_of).collect())
}
