//! Which Huly project belongs to which Vibe project, and why. Pure.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde::Serialize;
use sync_core::{
    Pair, Side,
    ids::ProjectId,
    item::Item,
    link::fold,
    project::{self, KnownPair},
};

use super::Confidence;
use crate::port::BoardProject;

/// How often the footers of a Vibe project's tasks name each Huly project, by its identifier.
pub type Footers = BTreeMap<Arc<str>, usize>;

/// Why two projects belong together, or why one is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Reason {
    /// The store has the pair.
    Store,
    /// Exactly one project of this name stands on each side.
    Name,
    /// Footers of so many of its tasks name issues of this project.
    Footers {
        /// Tasks.
        tasks: usize,
    },
    /// There is none yet: the first run makes it, with this repository where the Huly project names one.
    Made {
        /// The path as Huly's description has it.
        path: Option<Arc<str>>,
    },
    /// Several projects bear the name, and nothing else tells which is meant.
    Ambiguous,
    /// Our account may not read its issues.
    NotMember,
    /// It is archived.
    Archived,
}

/// What is proposed for one Huly project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectProposal {
    /// The Huly project.
    pub huly: BoardProject,
    /// The Vibe project that belongs to it.
    pub vibe: Option<BoardProject>,
    /// How sure that is.
    pub confidence: Confidence,
    /// Why.
    pub reason: Reason,
    /// Vibe projects that may be meant, where it is ambiguous.
    pub candidates: Vec<BoardProject>,
}

/// Counts the identifiers that footers name, by project: `HARB-12` is of `HARB`.
pub fn footers(tasks: &[Item]) -> Footers {
    let mut counts = Footers::new();
    let labels = tasks
        .iter()
        .filter_map(|task| task.footer.as_ref()?.label.as_deref());
    for (project, _) in labels.filter_map(|label| label.rsplit_once('-')) {
        *counts.entry(project.into()).or_default() += 1;
    }
    counts
}

/// The Vibe projects that neither store nor name gives a partner: only their tasks' footers can.
pub fn unnamed(projects: Pair<&[BoardProject]>, known: &[KnownPair]) -> Vec<ProjectId> {
    let proposals = pairs(projects, known, &BTreeMap::new());
    let taken: HashSet<&ProjectId> = proposals
        .iter()
        .filter_map(|proposal| Some(&proposal.vibe.as_ref()?.id))
        .collect();
    let ids = projects.vibe.iter().map(|project| &project.id);
    ids.filter(|id| !taken.contains(id)).cloned().collect()
}

/// What is proposed for each Huly project, in the order of their identifiers. By the store, then by name where exactly one
/// stands on each side, then by what most footers say; else it is made, or left out where it is not clear.
pub fn pairs(
    projects: Pair<&[BoardProject]>,
    known: &[KnownPair],
    footers: &BTreeMap<ProjectId, Footers>,
) -> Vec<ProjectProposal> {
    let names = projects.map(by_name);
    let mut proposals = Vec::new();
    let mut open = Vec::new();
    let mut taken: HashSet<&ProjectId> = HashSet::new();
    for huly in projects.huly {
        let namesakes: &[&BoardProject] = of(&names.vibe, &huly.name);
        let alone = of(&names.huly, &huly.name).len() == 1;
        let (vibe, reason) = match (stored(huly, known, projects.vibe), namesakes) {
            (Some(vibe), _) => (Some(vibe), Reason::Store),
            (None, _) if huly.archived => (None, Reason::Archived),
            (None, _) if !huly.member => (None, Reason::NotMember),
            (None, [one]) if alone => (Some(*one), Reason::Name),
            (None, _) => {
                open.push(huly);
                continue;
            }
        };
        taken.extend(vibe.map(|vibe| &vibe.id));
        proposals.push(propose(huly, vibe, reason));
    }
    for huly in open {
        let candidates: Vec<&BoardProject> = of(&names.vibe, &huly.name)
            .iter()
            .copied()
            .filter(|vibe| !taken.contains(&vibe.id))
            .collect();
        let clear = candidates.is_empty() && of(&names.huly, &huly.name).len() == 1;
        let (vibe, reason) = match (told(huly, projects.vibe, footers, &taken), clear) {
            (Some((vibe, tasks)), _) => (Some(vibe), Reason::Footers { tasks }),
            (None, true) => (None, Reason::Made { path: path(huly) }),
            (None, false) => (None, Reason::Ambiguous),
        };
        taken.extend(vibe.map(|vibe| &vibe.id));
        let mut proposal = propose(huly, vibe, reason);
        if proposal.reason == Reason::Ambiguous {
            proposal.candidates = candidates.into_iter().cloned().collect();
        }
        proposals.push(proposal);
    }
    proposals.sort_by(|a, b| {
        a.huly
            .label
            .cmp(&b.huly.label)
            .then_with(|| a.huly.id.as_str().cmp(b.huly.id.as_str()))
    });
    proposals
}

fn propose(huly: &BoardProject, vibe: Option<&BoardProject>, reason: Reason) -> ProjectProposal {
    let confidence = match &reason {
        Reason::Store => Confidence::Certain,
        Reason::Name | Reason::Made { .. } => Confidence::High,
        // one or two tasks may have been moved by hand
        Reason::Footers { tasks } if *tasks > 2 => Confidence::High,
        Reason::Footers { .. } => Confidence::Medium,
        Reason::Ambiguous | Reason::NotMember | Reason::Archived => Confidence::None,
    };
    ProjectProposal {
        huly: huly.clone(),
        vibe: vibe.cloned(),
        confidence,
        reason,
        candidates: Vec::new(),
    }
}

type Names<'a> = HashMap<String, Vec<&'a BoardProject>>;

fn by_name(projects: &[BoardProject]) -> Names<'_> {
    let mut names = Names::new();
    for project in projects {
        names.entry(fold(&project.name)).or_default().push(project);
    }
    names
}

fn of<'n, 'a>(names: &'n Names<'a>, name: &str) -> &'n [&'a BoardProject] {
    names.get(&fold(name)).map_or(&[], Vec::as_slice)
}

fn stored<'a>(
    huly: &BoardProject,
    known: &[KnownPair],
    vibe: &'a [BoardProject],
) -> Option<&'a BoardProject> {
    let pair = known
        .iter()
        .find(|pair| pair.projects.side(Side::Huly).as_ref() == Some(&huly.id))?;
    let id = pair.projects.vibe.as_ref()?;
    vibe.iter().find(|project| project.id == *id)
}

/// The Vibe project whose footers mostly name this Huly project, and more often than any other one's do.
fn told<'a>(
    huly: &BoardProject,
    vibe: &'a [BoardProject],
    footers: &BTreeMap<ProjectId, Footers>,
    taken: &HashSet<&ProjectId>,
) -> Option<(&'a BoardProject, usize)> {
    let label = huly.label.as_ref()?;
    let mut counts: Vec<(usize, &BoardProject)> = vibe
        .iter()
        .filter(|project| !taken.contains(&project.id))
        .filter_map(|project| {
            let said = footers.get(&project.id)?;
            let count = *said.get(label)?;
            (count * 2 > said.values().sum()).then_some((count, project))
        })
        .collect();
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    match counts.as_slice() {
        [(most, project), rest @ ..] if rest.first().is_none_or(|(next, _)| next < most) => {
            Some((project, *most))
        }
        _ => None,
    }
}

fn path(huly: &BoardProject) -> Option<Arc<str>> {
    huly.description
        .as_deref()
        .and_then(project::path_of)
        .map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str, label: Option<&str>, name: &str) -> BoardProject {
        BoardProject {
            id: id.into(),
            label: label.map(Arc::from),
            name: name.into(),
            description: None,
            archived: false,
            member: true,
            repository: None,
            modified: None,
        }
    }

    fn proposed(
        huly: &[BoardProject],
        vibe: &[BoardProject],
        footers: &[(&str, &[(&str, usize)])],
    ) -> Vec<(String, Option<String>, Confidence)> {
        let footers = footers
            .iter()
            .map(|(id, said)| {
                let said = said
                    .iter()
                    .map(|(label, count)| (Arc::from(*label), *count));
                (ProjectId::from(*id), said.collect())
            })
            .collect();
        pairs(Pair { huly, vibe }, &[], &footers)
            .into_iter()
            .map(|proposal| {
                let huly = proposal.huly.id.to_string();
                (
                    huly,
                    proposal.vibe.map(|vibe| vibe.id.to_string()),
                    proposal.confidence,
                )
            })
            .collect()
    }

    fn row(
        huly: &str,
        vibe: Option<&str>,
        sure: Confidence,
    ) -> (String, Option<String>, Confidence) {
        (huly.to_owned(), vibe.map(str::to_owned), sure)
    }

    #[test]
    fn names_pair_where_they_stand_once_and_nobody_guesses_where_they_do_not() {
        let huly = [
            project("h1", Some("A"), "Harbor"),
            project("h2", Some("B"), "Isle"),
            project("h3", Some("C"), "New"),
        ];
        let vibe = [
            project("v1", None, " HARBOR"),
            project("v2", None, "Isle"),
            project("v3", None, "isle"),
        ];
        assert_eq!(
            proposed(&huly, &vibe, &[]),
            [
                row("h1", Some("v1"), Confidence::High),
                row("h2", None, Confidence::None),
                row("h3", None, Confidence::High),
            ]
        );
    }

    #[test]
    fn footers_find_the_partner_of_a_renamed_or_doubled_project() {
        let huly = [
            project("h1", Some("A"), "Harbour (new name)"),
            project("h2", Some("B"), "Isle"),
        ];
        let vibe = [
            project("v1", None, "Harbor"),
            project("v2", None, "Isle"),
            project("v3", None, "isle"),
        ];
        let said: &[(&str, &[(&str, usize)])] = &[
            ("v1", &[("A", 40), ("B", 2)]),
            ("v2", &[("B", 1)]),
            ("v3", &[("B", 30)]),
        ];
        assert_eq!(
            proposed(&huly, &vibe, said),
            [
                row("h1", Some("v1"), Confidence::High),
                row("h2", Some("v3"), Confidence::High)
            ]
        );
        // a tie tells nothing
        let tie: &[(&str, &[(&str, usize)])] = &[("v2", &[("B", 3)]), ("v3", &[("B", 3)])];
        assert_eq!(
            proposed(&huly, &vibe, tie)[1],
            row("h2", None, Confidence::None)
        );
    }

    #[test]
    fn a_project_that_we_may_not_read_is_never_paired() {
        let mut huly = [
            project("h1", Some("A"), "Harbor"),
            project("h2", Some("B"), "Isle"),
        ];
        huly[0].member = false;
        huly[1].archived = true;
        let vibe = [project("v1", None, "Harbor"), project("v2", None, "Isle")];
        assert_eq!(
            proposed(&huly, &vibe, &[]),
            [
                row("h1", None, Confidence::None),
                row("h2", None, Confidence::None)
            ]
        );
    }

    #[test]
    fn the_store_goes_before_the_name() {
        let (huly, vibe) = (
            [project("h1", Some("A"), "Harbor")],
            [
                project("v1", None, "Harbor"),
                project("v2", None, "Renamed"),
            ],
        );
        let workspace = sync_core::ids::WorkspaceId(uuid::Uuid::nil());
        let known = KnownPair {
            id: sync_core::ids::ProjectLinkId::derive(workspace, &"h1".into()),
            projects: Pair {
                huly: Some("h1".into()),
                vibe: Some("v2".into()),
            },
            phase: project::PairPhase::Active,
            fingerprint: "".into(),
        };
        let sides = Pair {
            huly: &huly[..],
            vibe: &vibe[..],
        };
        let made = pairs(sides, &[known], &BTreeMap::new());
        assert_eq!(
            made[0].vibe.as_ref().map(|vibe| vibe.id.as_str()),
            Some("v2")
        );
        assert_eq!(made[0].reason, Reason::Store);
    }
}
