//! Projects: pairing, sleep, and the repository's path (design 3.6, 3.9; `Path:` lines).

mod pairing;
mod paths;

use sync_core::{
    Pair,
    ids::{ProjectId, ProjectLinkId, WorkspaceId},
    project::{KnownPair, PairPhase, Pairing, ProjectAction, ProjectSide, Wish, fingerprint, pair},
};

const WORKSPACE: WorkspaceId = WorkspaceId(uuid::Uuid::from_u128(1));

#[derive(Default)]
struct Boards {
    huly: Vec<ProjectSide>,
    vibe: Vec<ProjectSide>,
    gone: Pair<Vec<ProjectId>>,
    known: Vec<KnownPair>,
    wishes: Vec<Wish>,
    no_create: bool,
    needs_repository: bool,
}

fn project(id: &str, name: &str) -> ProjectSide {
    ProjectSide {
        id: id.into(),
        label: None,
        name: name.into(),
        description: None,
        archived: false,
        member: true,
        repository: None,
    }
}

fn described(id: &str, name: &str, description: &str) -> ProjectSide {
    ProjectSide {
        description: Some(description.into()),
        ..project(id, name)
    }
}

fn link_id(huly: &str) -> ProjectLinkId {
    ProjectLinkId::derive(WORKSPACE, &huly.into())
}

impl Boards {
    fn know(&mut self, huly: &str, vibe: Option<&str>) -> &mut KnownPair {
        let print = self
            .huly
            .iter()
            .find(|project| project.id.as_str() == huly)
            .map_or_else(String::new, fingerprint);
        self.known.push(KnownPair {
            id: link_id(huly),
            projects: Pair {
                huly: Some(huly.into()),
                vibe: vibe.map(Into::into),
            },
            phase: PairPhase::Active,
            fingerprint: print.into(),
        });
        self.known.last_mut().unwrap()
    }

    fn actions(&self) -> Vec<ProjectAction> {
        pair(&Pairing {
            workspace: WORKSPACE,
            projects: Pair {
                huly: &self.huly,
                vibe: &self.vibe,
            },
            gone: Pair {
                huly: &self.gone.huly,
                vibe: &self.gone.vibe,
            },
            known: &self.known,
            wishes: &self.wishes,
            create: !self.no_create,
            needs_repository: self.needs_repository,
            roots: &["/srv".into()],
        })
    }

    fn says(&self) -> String {
        self.actions()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    }
}

fn boards(huly: &[(&str, &str)], vibe: &[(&str, &str)]) -> Boards {
    let all = |projects: &[(&str, &str)]| {
        projects
            .iter()
            .map(|(id, name)| project(id, name))
            .collect()
    };
    Boards {
        huly: all(huly),
        vibe: all(vibe),
        ..Boards::default()
    }
}
