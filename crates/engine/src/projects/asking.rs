//! What the core is asked about projects: services' lists, the store's pairs and the configuration, in its own terms.

use std::sync::Arc;

use store::row::{ProjectPhase, ProjectRow};
use sync_core::{
    Pair, Side,
    ids::ProjectId,
    link::fold,
    project::{self, KnownPair, PairPhase, Pairing, ProjectAction, ProjectSide, Wish},
};

use crate::{context::Context, port::BoardProject, settings::Settings};

pub(crate) fn plan(
    ctx: &Context,
    rows: &[ProjectRow],
    seen: &Pair<Vec<BoardProject>>,
    gone: &Pair<Vec<ProjectId>>,
) -> Vec<ProjectAction> {
    let sides: Pair<Vec<ProjectSide>> = seen
        .as_ref()
        .map(|projects| projects.iter().map(side_of).collect());
    let known: Vec<KnownPair> = rows.iter().map(known_pair).collect();
    let roots: Vec<Arc<str>> = ctx
        .settings
        .repo_roots
        .iter()
        .map(|root| root.to_string_lossy().as_ref().into())
        .collect();
    project::pair(&Pairing {
        workspace: ctx.workspace,
        projects: sides.as_ref().map(Vec::as_slice),
        gone: gone.as_ref().map(Vec::as_slice),
        known: &known,
        wishes: &wishes(&ctx.settings, &sides.huly),
        create: ctx.settings.create_projects && ctx.settings.create.allows(Side::Vibe),
        needs_repository: ctx.board(Side::Vibe).needs_repository(),
        roots: &roots,
    })
}

pub(crate) fn side_of(project: &BoardProject) -> ProjectSide {
    ProjectSide {
        id: project.id.clone(),
        label: project.label.clone(),
        name: Arc::clone(&project.name),
        description: project.description.clone(),
        archived: project.archived,
        member: project.member,
        repository: project.repository.clone(),
    }
}

pub(crate) fn known_pair(row: &ProjectRow) -> KnownPair {
    KnownPair {
        id: row.id,
        projects: row.projects.clone(),
        phase: match row.phase {
            ProjectPhase::Active => PairPhase::Active,
            ProjectPhase::Asleep => PairPhase::Asleep,
            ProjectPhase::Waiting => PairPhase::Waiting,
            ProjectPhase::Left => PairPhase::Left,
        },
        fingerprint: Arc::clone(&row.fingerprint),
    }
}

/// What the configuration says of projects, and the default repository of those that name none.
pub(crate) fn wishes(settings: &Settings, huly: &[ProjectSide]) -> Vec<Wish> {
    let mut wishes: Vec<Wish> = settings
        .projects
        .iter()
        .map(|(name, said)| Wish {
            huly: Arc::clone(name),
            vibe: said.vibe.as_deref().map(Arc::from),
            path: said.repository.as_deref().map(Arc::from),
        })
        .collect();
    let Some(template) = &settings.default_repository else {
        return wishes;
    };
    for project in huly {
        let named = wishes.iter().any(|wish| is_called(project, &wish.huly));
        let described = project
            .description
            .as_deref()
            .and_then(project::path_of)
            .is_some();
        if !named && !described {
            let identifier = project
                .label
                .as_deref()
                .unwrap_or(&project.name)
                .to_lowercase();
            wishes.push(Wish {
                huly: project.id.as_str().into(),
                vibe: None,
                path: Some(template.replace("{identifier}", &identifier).into()),
            });
        }
    }
    wishes
}

pub(crate) fn is_called(project: &ProjectSide, name: &str) -> bool {
    let name = fold(name);
    fold(&project.name) == name
        || fold(project.id.as_str()) == name
        || project
            .label
            .as_deref()
            .is_some_and(|label| fold(label) == name)
}
