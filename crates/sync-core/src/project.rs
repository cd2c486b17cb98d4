//! Projects: which Huly project belongs to which Vibe project, when a pair sleeps, and where a repository stands.
//!
//! Pairs are found by the store, by the configuration, or by name where exactly one stands on each side; once linked, a
//! pair is known by ids, so a new name changes nothing. A project that is gone as a whole is one event (design 3.6).

mod pairing;
mod path;

use std::{fmt, sync::Arc};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    ids::{ProjectId, ProjectLinkId, WorkspaceId},
    plan::shown,
    side::{Pair, Side},
};

pub use path::{PathProblem, check_path, path_of};

/// A project as one side shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectSide {
    /// The side's own id.
    pub id: ProjectId,
    /// The identifier (`HARB`), where the side has one.
    pub label: Option<Arc<str>>,
    /// As shown.
    pub name: Arc<str>,
    /// Plain text, where the side has one.
    pub description: Option<Arc<str>>,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether our account may see its items.
    pub member: bool,
    /// The repository's path, where the side keeps one.
    pub repository: Option<Arc<str>>,
}

/// What a pair is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PairPhase {
    /// Kept the same.
    #[default]
    Active,
    /// Archived, or membership was lost: wakes by itself.
    Asleep,
    /// Deleted as a whole on one side: waits for a person.
    Waiting,
    /// A person chose to leave it: its projects belong to no pair that is worked on.
    Left,
}

/// A pair of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPair {
    /// Derived from the Huly project.
    pub id: ProjectLinkId,
    /// The projects; Vibe's is `None` until it is found or made.
    pub projects: Pair<Option<ProjectId>>,
    /// What it is doing.
    pub phase: PairPhase,
    /// What [`fingerprint`] said when it was last looked at; empty before.
    pub fingerprint: Arc<str>,
}

/// A pair that the configuration asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Huly's identifier, id or name.
    pub huly: Arc<str>,
    /// Vibe's id or name; `None` leaves that to the name.
    pub vibe: Option<Arc<str>>,
    /// The repository's path: goes before the description's.
    pub path: Option<Arc<str>>,
}

/// What pairing looks at.
#[derive(Clone, Copy, Debug)]
pub struct Pairing<'a> {
    /// Name space of the pairs' ids.
    pub workspace: WorkspaceId,
    /// All projects of both sides, from complete lists.
    pub projects: Pair<&'a [ProjectSide]>,
    /// Linked projects that are not listed and whose own read, after the list, says that they are not there.
    pub gone: Pair<&'a [ProjectId]>,
    /// The store's pairs.
    pub known: &'a [KnownPair],
    /// The configuration's.
    pub wishes: &'a [Wish],
    /// Whether projects are made in Vibe.
    pub create: bool,
    /// Whether Vibe makes no project without a repository.
    pub needs_repository: bool,
    /// Where repositories may stand: absolute paths.
    pub roots: &'a [Arc<str>],
}

/// How a pair was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedBy {
    /// The configuration names both.
    Config,
    /// Exactly one project of this name stands on each side.
    Name,
}

/// Why a pair falls asleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SleepReason {
    /// The project is archived.
    Archived,
    /// Our account is no member of it any more.
    NotMember,
}

/// What is wrong with a project; the rest goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum PairProblem {
    /// Several projects of one name stand on one side: the configuration must say which belong together.
    Ambiguous {
        /// The name.
        name: Arc<str>,
        /// Where it stands more than once.
        side: Side,
    },
    /// The configuration names a project that is not there (or a name that stands there twice).
    NotFound {
        /// As the configuration has it.
        name: Arc<str>,
        /// Where it should be.
        side: Side,
    },
    /// The configuration gives one project to two.
    Taken {
        /// The project that is linked already.
        name: Arc<str>,
        /// Its side.
        side: Side,
    },
    /// A project cannot be made in Vibe without a repository, and no path is known.
    NoPath,
    /// A path is known and cannot be used.
    Path {
        /// As written.
        path: Arc<str>,
        /// Why not.
        why: PathProblem,
    },
}

/// One entry of the plan of projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ProjectAction {
    /// Two projects are a pair from now on.
    Link {
        /// The pair.
        id: ProjectLinkId,
        /// Its projects.
        projects: Pair<ProjectId>,
        /// For people: Huly's name.
        name: Arc<str>,
        /// How they were found.
        by: PairedBy,
    },
    /// A Vibe project is made for a Huly project.
    Create {
        /// The pair.
        id: ProjectLinkId,
        /// The Huly project.
        huly: ProjectId,
        /// The name of both.
        name: Arc<str>,
        /// The repository's path; `None` where Vibe does without.
        path: Option<Arc<str>>,
    },
    /// The pair sleeps: nothing of it is read or written, nothing is deleted.
    Sleep {
        /// The pair.
        id: ProjectLinkId,
        /// The side that it is about.
        side: Side,
        /// Why.
        reason: SleepReason,
    },
    /// The pair wakes; it is first compared in full.
    Wake {
        /// The pair.
        id: ProjectLinkId,
    },
    /// A project is gone as a whole: one event. Nothing is cancelled, deleted or made on the other side until a person
    /// chooses relink, recreate, mirror or unlink.
    Wait {
        /// The pair.
        id: ProjectLinkId,
        /// The side whose project is gone; Huly's where both are.
        gone: Side,
    },
    /// A linked project is not listed, and nothing proves that it is gone: it is left alone in this run.
    Unseen {
        /// The pair.
        id: ProjectLinkId,
        /// The side where it is missing.
        side: Side,
    },
    /// Description, path line or identifier of a Huly project changed: to be remembered.
    Changed {
        /// The pair.
        id: ProjectLinkId,
        /// What [`fingerprint`] says now.
        fingerprint: Arc<str>,
    },
    /// The path that Huly (or the configuration) names is not the one Vibe has. Never changed without `--accept`.
    Repository {
        /// The pair.
        id: ProjectLinkId,
        /// What Vibe has.
        from: Arc<str>,
        /// What it should be.
        to: Arc<str>,
    },
    /// None of the linked Vibe projects exists any more: this is another server. Nothing is done at all.
    OtherServer,
    /// Something is wrong with one project.
    Problem {
        /// The Huly project, where one is meant.
        huly: Option<ProjectId>,
        /// What it is.
        problem: PairProblem,
    },
}

/// Which pairs there are, and what becomes of them: in the order of the store's pairs, then of the configuration, then of
/// Huly's ids. A project that is archived, not ours, or whose name stands twice is never linked by its name.
///
/// ```
/// use sync_core::{Pair, ids::WorkspaceId, project::{Pairing, ProjectAction, ProjectSide, pair}};
/// let project = |id: &str, name: &str| ProjectSide {
///     id: id.into(), label: None, name: name.into(), description: None, archived: false, member: true, repository: None,
/// };
/// let (huly, vibe) = ([project("h", "Harbour ")], [project("v", "harbour")]);
/// let pairing = Pairing {
///     workspace: WorkspaceId(uuid::Uuid::nil()), projects: Pair { huly: &huly, vibe: &vibe }, gone: Pair { huly: &[], vibe: &[] },
///     known: &[], wishes: &[], create: true, needs_repository: false, roots: &[],
/// };
/// assert_eq!(pair(&pairing)[0].to_string(), "+ link Harbour with its namesake in Vibe");
/// ```
pub fn pair(pairing: &Pairing<'_>) -> Vec<ProjectAction> {
    pairing::Work::new(pairing).run()
}

/// SHA-256 in hex over a Huly project's description, its path line and its identifier: while it is the same nothing is
/// looked at again (issue 6a).
///
/// ```
/// use sync_core::project::{ProjectSide, fingerprint};
/// let one = ProjectSide { id: "h".into(), label: None, name: "A".into(), description: None, archived: false, member: true, repository: None };
/// assert_eq!(fingerprint(&one), fingerprint(&ProjectSide { name: "Renamed".into(), ..one.clone() }));
/// ```
pub fn fingerprint(project: &ProjectSide) -> String {
    let description = project.description.as_deref().unwrap_or_default();
    let parts = [
        description,
        path_of(description).unwrap_or_default(),
        project.label.as_deref().unwrap_or_default(),
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_string());
        hash.update(":");
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

impl fmt::Display for ProjectAction {
    /// One line, like a diff; names cannot reach the terminal as commands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProjectAction::Link {
                name,
                by: PairedBy::Name,
                ..
            } => {
                write!(f, "+ link {} with its namesake in Vibe", shown(name.trim()))
            }
            ProjectAction::Link {
                name,
                by: PairedBy::Config,
                ..
            } => {
                write!(f, "+ link {} as configured", shown(name.trim()))
            }
            ProjectAction::Create {
                name,
                path: Some(path),
                ..
            } => {
                write!(
                    f,
                    "+ create project {} in Vibe, repository {}",
                    shown(name.trim()),
                    shown(path)
                )
            }
            ProjectAction::Create {
                name, path: None, ..
            } => {
                write!(f, "+ create project {} in Vibe", shown(name.trim()))
            }
            ProjectAction::Sleep {
                side,
                reason: SleepReason::Archived,
                ..
            } => {
                write!(f, "- sleep: the project is archived in {side}")
            }
            ProjectAction::Sleep {
                side,
                reason: SleepReason::NotMember,
                ..
            } => {
                write!(
                    f,
                    "- sleep: our account is no member of the project in {side} any more"
                )
            }
            ProjectAction::Wake { .. } => f.write_str("+ wake: compared in full first"),
            ProjectAction::Wait { gone, .. } => write!(
                f,
                "! the project is gone in {gone}: nothing is done until you choose, see `hvs project list`"
            ),
            ProjectAction::Unseen { side, .. } => write!(
                f,
                "! the project is not listed in {side}: left alone this time"
            ),
            ProjectAction::Changed { .. } => {
                f.write_str("~ description, path or identifier changed in Huly")
            }
            ProjectAction::Repository { from, to, .. } => {
                write!(
                    f,
                    "~ repository: {} -> {} (only with --accept)",
                    shown(from),
                    shown(to)
                )
            }
            ProjectAction::OtherServer => f.write_str(
                "! none of the linked Vibe projects exists any more: this is another server",
            ),
            ProjectAction::Problem { problem, .. } => write!(f, "x {problem}"),
        }
    }
}

impl fmt::Display for PairProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PairProblem::Ambiguous { name, side } => write!(
                f,
                "{side} has several projects called {}: say in hvs.toml which one is meant",
                shown(name.trim())
            ),
            PairProblem::NotFound { name, side } => {
                write!(f, "hvs.toml names {}, and {side} has not exactly one such project", shown(name))
            }
            PairProblem::Taken { name, side } => {
                write!(f, "{side}'s project {} is linked to another one already", shown(name.trim()))
            }
            PairProblem::NoPath => f.write_str(
                "Vibe makes no project without a repository: set its path in hvs.toml, or as a `Path:` line in \
                 Huly's project description",
            ),
            PairProblem::Path { path, why } => write!(f, "the repository path {} {why}", shown(path)),
        }
    }
}
