//! Projects: those that the configuration names, those that nobody lets us read, and the pairs that would come of them.

use std::sync::Arc;

use sync_core::{
    Pair, Side,
    link::fold,
    project::{self, PairProblem, Pairing, ProjectAction},
};

use crate::{
    check::{Finding, Held, HulySeen, Severity, Subject, VibeSeen, is_skipped, sides, title},
    codes,
    port::BoardProject,
    projects::asking::{is_called, side_of, wishes},
    settings::Settings,
};

/// The entries of the configuration: is there such a project, may we read it, is there the partner it names?
pub(super) fn named(huly: &HulySeen, vibe: Option<&VibeSeen>, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, said) in &settings.projects {
        let called: Vec<&BoardProject> = huly
            .projects
            .iter()
            .filter(|project| is_called(&side_of(project), name))
            .collect();
        match (&*called, said.skip) {
            ([], _) => findings.push(unknown(
                Side::Huly,
                Subject::Project(Arc::clone(name)),
                name,
                huly.projects.iter().flat_map(names).collect(),
            )),
            ([_], true) => {}
            ([project], false) => findings.extend(usable(name, project)),
            (several, _) => findings.push(ambiguous(
                Side::Huly,
                Subject::Project(Arc::clone(name)),
                name,
                several,
            )),
        }
        if let (Some(wanted), Some(vibe), false) = (&said.vibe, vibe, said.skip) {
            findings.extend(partner(name, wanted, vibe));
        }
    }
    findings
}

/// Whether a project that an entry names can be kept the same.
fn usable(name: &Arc<str>, project: &BoardProject) -> Option<Finding> {
    let subject = Subject::Project(Arc::clone(name));
    let title = title(project);
    if !project.member {
        let what = format!(
            "the account is no member of the Huly project {title}: its issues cannot be read"
        );
        let finding = Finding::error(codes::NOT_A_MEMBER, subject, what)
            .remedy("add the account to the project's members in Huly, or set `skip = true`");
        return Some(finding.refused());
    }
    project.archived.then(|| {
        let what = format!(
            "the Huly project {title} is archived: it is left alone until it is opened again"
        );
        Finding::warning(codes::CHECK_PROJECT_ARCHIVED, subject, what)
            .remedy("nothing, or set `skip = true`")
    })
}

fn partner(name: &Arc<str>, wanted: &str, vibe: &VibeSeen) -> Option<Finding> {
    let subject = Subject::Partner(Arc::clone(name));
    let called: Vec<&BoardProject> = vibe
        .projects
        .iter()
        .filter(|project| project.id.as_str() == wanted || fold(&project.name) == fold(wanted))
        .collect();
    match &*called {
        [_] => None,
        [] => {
            let known = vibe
                .projects
                .iter()
                .map(|project| Arc::clone(&project.name));
            Some(unknown(Side::Vibe, subject, wanted, known.collect()))
        }
        several => Some(ambiguous(Side::Vibe, subject, wanted, several)),
    }
}

fn names(project: &BoardProject) -> Vec<Arc<str>> {
    let label = project.label.iter();
    label.chain([&project.name]).map(Arc::clone).collect()
}

fn unknown(side: Side, subject: Subject, name: &str, known: Vec<Arc<str>>) -> Finding {
    let what = format!("{} has no project {name}", side.title());
    Finding::error(codes::CHECK_PROJECT_UNKNOWN, subject, what).unknown(name, known)
}

fn ambiguous(side: Side, subject: Subject, name: &str, several: &[&BoardProject]) -> Finding {
    let title = side.title();
    let what = format!("{title} has {} projects called {name}", several.len());
    let ids: Vec<String> = several
        .iter()
        .map(|project| format!("{} ({})", project.id, self::title(project)))
        .collect();
    Finding::error(codes::CHECK_PROJECT_AMBIGUOUS, subject, what)
        .remedy(format!("name one by its id: {}", ids.join(", ")))
}

/// Projects that no entry names and that we may not read; and whether any is left.
pub(super) fn membership(huly: &HulySeen, settings: &Settings) -> Vec<Finding> {
    let open = |project: &&BoardProject| !project.archived && !is_skipped(settings, project);
    let is_named = |project: &BoardProject| {
        let side = side_of(project);
        settings.projects.keys().any(|name| is_called(&side, name))
    };
    let open: Vec<&BoardProject> = huly.projects.iter().filter(open).collect();
    let outside: Vec<&BoardProject> = open
        .iter()
        .copied()
        .filter(|project| !project.member && !is_named(project))
        .collect();
    if outside.is_empty() {
        return Vec::new();
    }
    let titles: Vec<String> = outside.iter().map(|project| title(project)).collect();
    let what = format!(
        "the account is no member of {}: issues there cannot be read, and nothing is done for them",
        titles.join(", ")
    );
    let finding = Finding::warning(codes::NOT_A_MEMBER, Subject::Projects, what)
        .remedy("add the account to the members of these projects in Huly, or write a [[project]] with `skip = true` for each");
    let finding = if outside.len() == open.len() {
        // nothing at all would be synced
        Finding {
            severity: Severity::Error,
            ..finding
        }
        .refused()
    } else {
        finding
    };
    vec![finding]
}

/// What a run would do about pairs of projects.
pub(crate) fn actions(huly: &HulySeen, vibe: &VibeSeen, held: Held<'_>) -> Vec<ProjectAction> {
    let settings = held.settings;
    let seen: Pair<&[BoardProject]> = Pair {
        huly: &huly.projects,
        vibe: &vibe.projects,
    };
    let sides = sides(&seen);
    let roots: Vec<Arc<str>> = settings
        .repo_roots
        .iter()
        .map(|root| root.to_string_lossy().as_ref().into())
        .collect();
    project::pair(&Pairing {
        workspace: held.workspace,
        projects: sides.as_ref().map(Vec::as_slice),
        gone: Pair {
            huly: &[],
            vibe: &[],
        },
        known: held.known,
        wishes: &wishes(settings, &sides.huly),
        create: settings.create_projects && settings.create.allows(Side::Vibe),
        needs_repository: vibe.needs_repository,
        roots: &roots,
    })
}

/// What stands in the way of pairs that a run would find or make.
pub(super) fn pairs(huly: &HulySeen, vibe: &VibeSeen, held: Held<'_>) -> Vec<Finding> {
    let settings = held.settings;
    let actions = actions(huly, vibe, held);
    let about = |id: Option<&sync_core::ids::ProjectId>| {
        let project = huly
            .projects
            .iter()
            .find(|project| Some(&project.id) == id)?;
        (!is_skipped(settings, project)).then_some(project)
    };
    let problems = actions.iter().filter_map(|action| match action {
        ProjectAction::Problem { huly, problem } => Some((about(huly.as_ref())?, problem)),
        ProjectAction::Link { .. }
        | ProjectAction::Create { .. }
        | ProjectAction::Sleep { .. }
        | ProjectAction::Wake { .. }
        | ProjectAction::Wait { .. }
        | ProjectAction::Unseen { .. }
        | ProjectAction::Changed { .. }
        | ProjectAction::Repository { .. }
        | ProjectAction::OtherServer => None,
    });
    let findings = problems.filter_map(|(project, problem)| in_the_way(project, problem, settings));
    let mut findings: Vec<Finding> = findings.collect();
    if actions.contains(&ProjectAction::OtherServer) {
        let what = "none of the Vibe projects that the store knows is on this server".to_owned();
        findings.push(
            Finding::error(codes::OTHER_SERVER, Subject::Service(Side::Vibe), what).remedy(
                "correct `vibe.url`; if the server was set up anew, start with a new store",
            ),
        );
    }
    findings
}

/// A project that cannot be paired or made as it stands. What an entry names wrongly was told before.
fn in_the_way(
    project: &BoardProject,
    problem: &PairProblem,
    settings: &Settings,
) -> Option<Finding> {
    let side = side_of(project);
    let entry = settings
        .projects
        .iter()
        .find(|(name, _)| is_called(&side, name));
    let title = title(project);
    match problem {
        PairProblem::NotFound { .. } => None,
        PairProblem::Taken { .. } => entry.map(|(name, _)| {
            let what = format!("{title}: {problem}");
            Finding::error(
                codes::CHECK_PROJECT_TAKEN,
                Subject::Partner(Arc::clone(name)),
                what,
            )
            .remedy("name another project, or take the other entry out")
        }),
        PairProblem::Ambiguous { .. } => {
            let what = format!("{title} is not paired: {problem}");
            let finding = Finding::warning(codes::CHECK_PROJECT_AMBIGUOUS, Subject::Projects, what);
            Some(finding.remedy("write a [[project]] with `huly` and `vibe` (an id says which), or with `skip = true`"))
        }
        PairProblem::NoPath => {
            let what = format!(
                "{title} gets no project in Vibe Kanban: this version makes none without a repository"
            );
            let finding = Finding::warning(codes::PROJECT_PATH, Subject::Projects, what);
            Some(finding.remedy("write a [[project]] with `repo`, or a `Path:` line into Huly's project description"))
        }
        PairProblem::Path { path, why } => {
            let what = format!("{title} gets no project in Vibe Kanban: the path {path} {why}");
            let subject = match entry {
                Some((name, said)) if said.repository.is_some() => {
                    Subject::Repository(Arc::clone(name))
                }
                Some(_) | None => Subject::Roots,
            };
            let finding = Finding::warning(codes::PROJECT_PATH, subject, what);
            Some(
                finding.remedy(
                    "add the directory it lies in to `vibe.repo_roots`, or correct the path",
                ),
            )
        }
    }
}
