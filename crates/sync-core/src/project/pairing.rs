//! Pairing, step by step: the store, the configuration, the names.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{
    KnownPair, PairPhase, PairProblem, PairedBy, Pairing, ProjectAction, ProjectSide, SleepReason,
    Wish, check_path, fingerprint, path_of,
};
use crate::{
    ids::{ProjectId, ProjectLinkId},
    link::fold,
    side::{Pair, Side},
};

pub(super) struct Work<'a> {
    given: &'a Pairing<'a>,
    by_id: Pair<HashMap<&'a ProjectId, &'a ProjectSide>>,
    by_name: Pair<BTreeMap<String, Vec<&'a ProjectSide>>>,
    /// Projects that belong to a pair.
    taken: Pair<HashSet<&'a ProjectId>>,
    actions: Vec<ProjectAction>,
}

impl<'a> Work<'a> {
    pub(super) fn new(given: &'a Pairing<'a>) -> Work<'a> {
        let by_id = given.projects.map(|projects| {
            projects
                .iter()
                .map(|project| (&project.id, project))
                .collect()
        });
        let by_name = given.projects.map(|projects| {
            let mut names: BTreeMap<String, Vec<&ProjectSide>> = BTreeMap::new();
            for project in projects {
                names.entry(fold(&project.name)).or_default().push(project);
            }
            names
        });
        Work {
            given,
            by_id,
            by_name,
            taken: Pair::default(),
            actions: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Vec<ProjectAction> {
        if self.is_other_server() {
            return vec![ProjectAction::OtherServer];
        }
        for pair in self.given.known {
            for side in Side::ALL {
                self.taken.side_mut(side).extend(pair.projects.side(side));
            }
        }
        for pair in self.given.known {
            self.known(pair);
        }
        let mut left: Vec<&'a ProjectSide> = Vec::new();
        for wish in self.given.wishes {
            self.wish(wish);
        }
        left.extend(
            self.given
                .projects
                .huly
                .iter()
                .filter(|project| !self.taken.huly.contains(&project.id)),
        );
        left.sort_by_key(|project| &project.id);
        for project in left {
            self.by_name(project);
        }
        self.actions
    }

    /// Whether every linked Vibe project is proven gone: then it is the server that is another one.
    fn is_other_server(&self) -> bool {
        let known = || {
            let pairs = self.given.known.iter();
            pairs.filter(|pair| pair.phase != PairPhase::Left)
        };
        let linked = known().filter_map(|pair| pair.projects.vibe.as_ref());
        let mut linked = linked.peekable();
        let waiting = known().all(|pair| pair.phase == PairPhase::Waiting);
        linked.peek().is_some() && !waiting && linked.all(|id| self.given.gone.vibe.contains(id))
    }

    fn known(&mut self, pair: &'a KnownPair) {
        if pair.phase == PairPhase::Left {
            return;
        }
        for side in Side::ALL {
            let Some(id) = pair.projects.side(side) else {
                continue;
            };
            if self.given.gone.side(side).contains(id) {
                if pair.phase != PairPhase::Waiting {
                    self.actions.push(ProjectAction::Wait {
                        id: pair.id,
                        gone: side,
                    });
                }
                return;
            }
        }
        let missing = Side::ALL.into_iter().find(|side| {
            pair.projects
                .side(*side)
                .as_ref()
                .is_some_and(|id| !self.by_id.side(*side).contains_key(id))
        });
        if let Some(side) = missing {
            self.actions
                .push(ProjectAction::Unseen { id: pair.id, side });
            return;
        }
        // Below: each linked project is listed.
        let resting = Side::ALL.into_iter().find_map(|side| {
            let project = self
                .by_id
                .side(side)
                .get(pair.projects.side(side).as_ref()?)?;
            rest(project).map(|reason| (side, reason))
        });
        match (pair.phase, resting) {
            (PairPhase::Active, Some((side, reason))) => {
                self.actions.push(ProjectAction::Sleep {
                    id: pair.id,
                    side,
                    reason,
                });
            }
            (PairPhase::Asleep | PairPhase::Waiting | PairPhase::Left, Some(_))
            | (PairPhase::Waiting | PairPhase::Left, None) => {}
            (PairPhase::Asleep, None) => {
                self.actions.push(ProjectAction::Wake { id: pair.id });
                self.content(pair);
            }
            (PairPhase::Active, None) => self.content(pair),
        }
    }

    /// A pair that is kept the same: a Vibe project that is still to be made, and what changed in Huly's description.
    fn content(&mut self, pair: &'a KnownPair) {
        let Some(huly) = pair
            .projects
            .huly
            .as_ref()
            .and_then(|id| self.by_id.huly.get(id).copied())
        else {
            return;
        };
        match pair
            .projects
            .vibe
            .as_ref()
            .and_then(|id| self.by_id.vibe.get(id).copied())
        {
            None => self.by_name(huly),
            Some(vibe) => {
                let now: Arc<str> = fingerprint(huly).into();
                if now == pair.fingerprint {
                    return; // unchanged costs nothing
                }
                self.actions.push(ProjectAction::Changed {
                    id: pair.id,
                    fingerprint: now,
                });
                self.repository(pair.id, huly, vibe);
            }
        }
    }

    fn repository(&mut self, id: ProjectLinkId, huly: &'a ProjectSide, vibe: &'a ProjectSide) {
        let (Some(wanted), Some(from)) = (self.path(huly), &vibe.repository) else {
            return;
        };
        match wanted {
            Ok(to) if *to == **from => {}
            Ok(to) => self.actions.push(ProjectAction::Repository {
                id,
                from: Arc::clone(from),
                to,
            }),
            Err(problem) => self.problem(huly, problem),
        }
    }

    /// The path for a project's repository: the configuration's, else the description's.
    fn path(&self, huly: &ProjectSide) -> Option<Result<Arc<str>, PairProblem>> {
        let configured = self
            .given
            .wishes
            .iter()
            .find(|wish| self.means(wish, huly))
            .and_then(|wish| wish.path.as_deref());
        let described = || huly.description.as_deref().and_then(path_of);
        let path = configured.or_else(described)?;
        Some(match check_path(path, self.given.roots) {
            Ok(path) => Ok(path.into()),
            Err(why) => Err(PairProblem::Path {
                path: path.into(),
                why,
            }),
        })
    }

    fn means(&self, wish: &Wish, huly: &ProjectSide) -> bool {
        self.find(Side::Huly, &wish.huly)
            .is_some_and(|project| project.id == huly.id)
    }

    /// The project that the configuration means: by id, by identifier, by name where exactly one has it.
    fn find(&self, side: Side, name: &str) -> Option<&'a ProjectSide> {
        let projects = self.given.projects.side(side);
        let by_label = || {
            projects.iter().find(|project| {
                project
                    .label
                    .as_deref()
                    .is_some_and(|label| label.eq_ignore_ascii_case(name.trim()))
            })
        };
        let by_name = || match self.by_name.side(side).get(&fold(name)).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            Some(_) | None => None,
        };
        projects
            .iter()
            .find(|project| project.id.as_str() == name)
            .or_else(by_label)
            .or_else(by_name)
    }

    /// A pair that the configuration names in full.
    fn wish(&mut self, wish: &'a Wish) {
        let Some(huly) = self.find(Side::Huly, &wish.huly) else {
            return self.refuse(PairProblem::NotFound {
                name: Arc::clone(&wish.huly),
                side: Side::Huly,
            });
        };
        // With Huly's side only, the wish is about the path; the name says the rest.
        let Some(name) = &wish.vibe else { return };
        let Some(vibe) = self.find(Side::Vibe, name) else {
            self.taken.huly.insert(&huly.id);
            return self.problem(
                huly,
                PairProblem::NotFound {
                    name: Arc::clone(name),
                    side: Side::Vibe,
                },
            );
        };
        let is_pair = self.given.known.iter().any(|pair| {
            pair.projects.huly.as_ref() == Some(&huly.id)
                && pair.projects.vibe.as_ref() == Some(&vibe.id)
        });
        if is_pair || rest(huly).is_some() || rest(vibe).is_some() {
            return;
        }
        if self.is_paired(&huly.id) || self.taken.vibe.contains(&vibe.id) {
            let (name, side) = if self.taken.vibe.contains(&vibe.id) {
                (&vibe.name, Side::Vibe)
            } else {
                (&huly.name, Side::Huly)
            };
            return self.problem(
                huly,
                PairProblem::Taken {
                    name: Arc::clone(name),
                    side,
                },
            );
        }
        self.link(huly, vibe, PairedBy::Config);
    }

    /// Whether a Huly project has its Vibe project already; one that waits for it may be linked.
    fn is_paired(&self, huly: &ProjectId) -> bool {
        let waits =
            self.given.known.iter().any(|pair| {
                pair.projects.huly.as_ref() == Some(huly) && pair.projects.vibe.is_none()
            });
        self.taken.huly.contains(huly) && !waits
    }

    fn by_name(&mut self, huly: &'a ProjectSide) {
        // The configuration gives it to a project of another name: nothing is decided by its own.
        let named = self
            .given
            .wishes
            .iter()
            .any(|wish| wish.vibe.is_some() && self.means(wish, huly));
        if rest(huly).is_some() || named {
            return;
        }
        let name = fold(&huly.name);
        let count = |side: Side| {
            let all = self
                .by_name
                .side(side)
                .get(&name)
                .map_or(&[][..], Vec::as_slice);
            // A linked one has its counterpart, an archived one is out of the way.
            let stands = |project: &&ProjectSide| {
                !project.archived && !self.taken.side(side).contains(&project.id)
            };
            all.iter()
                .filter(|project| project.id == huly.id || stands(project))
                .copied()
                .collect::<Vec<_>>()
        };
        match (count(Side::Huly).as_slice(), count(Side::Vibe).as_slice()) {
            ([_], [vibe]) if rest(vibe).is_none() => self.link(huly, vibe, PairedBy::Name),
            ([_], []) => self.create(huly),
            ([_], [_]) => {}
            ([_], _) => self.problem(
                huly,
                PairProblem::Ambiguous {
                    name: Arc::clone(&huly.name),
                    side: Side::Vibe,
                },
            ),
            (_, _) => self.problem(
                huly,
                PairProblem::Ambiguous {
                    name: Arc::clone(&huly.name),
                    side: Side::Huly,
                },
            ),
        }
    }

    fn link(&mut self, huly: &'a ProjectSide, vibe: &'a ProjectSide, by: PairedBy) {
        self.taken.huly.insert(&huly.id);
        self.taken.vibe.insert(&vibe.id);
        self.actions.push(ProjectAction::Link {
            id: ProjectLinkId::derive(self.given.workspace, &huly.id),
            projects: Pair {
                huly: huly.id.clone(),
                vibe: vibe.id.clone(),
            },
            name: Arc::clone(&huly.name),
            by,
        });
    }

    fn create(&mut self, huly: &'a ProjectSide) {
        if !self.given.create {
            return;
        }
        let path = match self.path(huly) {
            Some(Ok(path)) => Some(path),
            Some(Err(problem)) if self.given.needs_repository => {
                return self.problem(huly, problem);
            }
            None if self.given.needs_repository => return self.problem(huly, PairProblem::NoPath),
            Some(Err(problem)) => {
                self.problem(huly, problem);
                None
            }
            None => None,
        };
        self.actions.push(ProjectAction::Create {
            id: ProjectLinkId::derive(self.given.workspace, &huly.id),
            huly: huly.id.clone(),
            name: Arc::clone(&huly.name),
            path,
        });
    }

    fn problem(&mut self, huly: &ProjectSide, problem: PairProblem) {
        self.actions.push(ProjectAction::Problem {
            huly: Some(huly.id.clone()),
            problem,
        });
    }

    fn refuse(&mut self, problem: PairProblem) {
        self.actions.push(ProjectAction::Problem {
            huly: None,
            problem,
        });
    }
}

/// Why a project is left alone, where it is.
const fn rest(project: &ProjectSide) -> Option<SleepReason> {
    match (project.archived, project.member) {
        (true, _) => Some(SleepReason::Archived),
        (false, false) => Some(SleepReason::NotMember),
        (false, true) => None,
    }
}
