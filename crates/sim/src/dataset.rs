//! Something to look at: a lively small data set, and plain ones of any size.

mod markup;
mod titles;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use uuid::Uuid;

pub use markup::samples;

use crate::clock::Clock;
use crate::huly::{Error, Huly, NewIssue, NewStatus, Role, Session};
use crate::vibe::{Generation, NewProject, NewTask, Scripts, Status, TaskUpdate, Vibe};

/// Both boards, and how to sign in.
#[derive(Debug)]
pub struct Boards {
    /// The issues' side.
    pub huly: Huly,
    /// The tasks' side.
    pub vibe: Vibe,
    /// The account that is a member of every project.
    pub login: Login,
    /// Huly project ids, in order.
    pub projects: Vec<String>,
}

/// An account of the data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Address.
    pub email: String,
    /// Password; a simulated one, no secret.
    pub password: String,
    /// Account uuid.
    pub account: String,
}

/// Where the repositories of the data sets lie, on the simulated server's disk. Everything below is a repository.
pub const REPO_ROOT: &str = "/srv/repos";

/// Three projects and 40 issues with text of every kind in several languages and scripts, custom statuses, sub-issues,
/// and a Vibe project of the same name as one of them with four tasks of its own.
pub fn demo(clock: &Clock, generation: Generation) -> Result<Boards, Error> {
    let mut boards = empty(clock, generation, 4_711);
    let who = boards.session();
    let huly = &mut boards.huly;
    let named = |name: &str, category: &str| NewStatus {
        name: name.into(),
        category: category.into(),
    };
    let statuses = [
        named("Ideas", "UnStarted"),
        named("Ready", "ToDo"),
        named("Brewing", "Active"),
        named("Tasting", "Active"),
        named("Served", "Won"),
        named("Spilt", "Lost"),
    ];
    let (cafe_type, _) = huly.add_project_type("Café", &statuses);
    let plans = [
        ("HARB", "Harbor", None, &titles::HARBOR[..], "harbor"),
        (
            "CAFE",
            "Café ☕ Würzburg",
            Some(cafe_type),
            &titles::CAFE[..],
            "cafe",
        ),
        (
            "SKY",
            "Telescope",
            None,
            &titles::TELESCOPE[..],
            "telescope",
        ),
    ];
    let samples = samples();
    let mut count = 0;
    for (prefix, name, kind, titles, folder) in plans {
        let project = huly.add_project(&who, prefix, name, kind.as_deref())?;
        huly.person_edit_project(
            &who,
            &project,
            &json!({ "description": format!("{name}.\nPath: {REPO_ROOT}/{folder}") }),
        )?;
        let statuses =
            huly.statuses_of_type(kind.as_deref().unwrap_or("tracker:ids:ClassingProjectType"));
        let mut first = None;
        for (at, title) in titles.iter().enumerate() {
            let issue = NewIssue {
                title: (*title).into(),
                description: samples.get(count % (samples.len() + 1)).cloned(),
                status: statuses.get(at % statuses.len().max(1)).cloned(),
                priority: u8::try_from(at % 5).unwrap_or(0),
                parent: first.clone().filter(|_| at == 3),
                due_date: (at % 4 == 1).then_some(1_799_000_000_000),
            };
            let id = huly.person_create(&who, &project, &issue)?;
            first.get_or_insert(id);
            count += 1;
        }
        boards.projects.push(project);
    }
    let tasks = [
        (
            "Order a dew heater",
            Some("- 12 V\n- for a **200 mm** tube"),
            Status::Todo,
        ),
        ("Write the night log", None, Status::InProgress),
        (
            "Fix the guide camera's cable 🔭",
            Some("It drops out at `-10 °C`."),
            Status::InReview,
        ),
        ("Return the loaned eyepiece", None, Status::Done),
    ];
    let project = boards.add_vibe_project("Telescope", "telescope");
    for (title, description, status) in tasks {
        boards.add_task(project, title, description, status);
    }
    Ok(boards)
}

/// So many projects `Project 0`... with so many issues each; the same for the same seed. Nothing in Vibe.
pub fn sized(projects: usize, issues_per_project: usize, seed: u64) -> Result<Boards, Error> {
    sized_for(
        &Clock::ticking(1_795_245_000_000, 1),
        Generation::L2,
        projects,
        issues_per_project,
        seed,
    )
}

/// As [`sized`], by a clock and for a generation of Vibe.
pub fn sized_for(
    clock: &Clock,
    generation: Generation,
    projects: usize,
    issues_per_project: usize,
    seed: u64,
) -> Result<Boards, Error> {
    let mut boards = empty(clock, generation, seed);
    let mut rng = StdRng::seed_from_u64(seed);
    let who = boards.session();
    let statuses = boards
        .huly
        .statuses_of_type("tracker:ids:ClassingProjectType");
    for at in 0..projects {
        let project =
            boards
                .huly
                .add_project(&who, &format!("P{at}"), &format!("Project {at}"), None)?;
        boards.huly.person_edit_project(
            &who,
            &project,
            &json!({ "description": format!("Path: {REPO_ROOT}/project-{at}") }),
        )?;
        for number in 0..issues_per_project {
            let words = rng.random_range(3..40);
            let text: Vec<&str> = (0..words)
                .map(|_| {
                    titles::WORDS
                        .get(rng.random_range(0..titles::WORDS.len()))
                        .copied()
                        .unwrap_or("")
                })
                .collect();
            let issue = NewIssue {
                title: format!("Issue {number} of project {at}"),
                description: rng.random_bool(0.8).then(|| text.join(" ")),
                status: statuses
                    .get(rng.random_range(0..statuses.len().max(1)))
                    .cloned(),
                priority: rng.random_range(0..5),
                ..NewIssue::default()
            };
            boards.huly.person_create(&who, &project, &issue)?;
        }
        boards.projects.push(project);
    }
    Ok(boards)
}

fn empty(clock: &Clock, generation: Generation, seed: u64) -> Boards {
    let mut huly = Huly::new(clock.clone(), seed);
    let (email, password) = ("alice@example.com", "demo");
    let account = huly.add_account(email, password, "Alice Example", Some(Role::Owner));
    let mut vibe = Vibe::new(generation, clock.clone(), seed.wrapping_add(1));
    vibe.paths.all_repos_below(REPO_ROOT);
    Boards {
        huly,
        vibe,
        login: Login {
            email: email.into(),
            password: password.into(),
            account,
        },
        projects: Vec::new(),
    }
}

impl Boards {
    /// The session of the data set's account.
    pub fn session(&self) -> Session {
        let none = Session {
            account: String::new(),
            social_ids: Vec::new(),
            role: Role::Guest,
        };
        self.huly.session(&self.login.account).unwrap_or(none)
    }

    /// Makes a project in Vibe at `/srv/repos/{folder}`; the nil id if Vibe refuses it.
    pub fn add_vibe_project(&mut self, name: &str, folder: &str) -> Uuid {
        let path = format!("{REPO_ROOT}/{folder}");
        let new = match self.vibe.generation() {
            Generation::L1 => NewProject::L1 {
                name: name.into(),
                git_repo_path: path,
                use_existing_repo: true,
                scripts: Scripts::default(),
            },
            Generation::L2 => NewProject::L2 {
                name: name.into(),
                repositories: vec![(folder.into(), path)],
            },
        };
        match self.vibe.create_project(new) {
            Ok(_) => self
                .vibe
                .projects()
                .last()
                .map_or(Uuid::nil(), |project| project.id),
            Err(_) => Uuid::nil(),
        }
    }

    /// Makes a task in any status, in either shape; the nil id if there is no such project.
    pub fn add_task(
        &mut self,
        project_id: Uuid,
        title: &str,
        description: Option<&str>,
        status: Status,
    ) -> Uuid {
        let new = NewTask {
            project_id,
            title: title.into(),
            description: description.map(str::to_owned),
            status: None,
            parent: None,
            image_ids: None,
        };
        let made = self.vibe.create_task(new);
        let moved = made.and_then(|task| {
            self.vibe.update_task(
                task.id,
                TaskUpdate {
                    status: Some(status),
                    ..TaskUpdate::default()
                },
            )
        });
        moved.map_or(Uuid::nil(), |task| task.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_three_projects_and_forty_issues_in_every_status() {
        for generation in [Generation::L1, Generation::L2] {
            let mut boards = demo(&Clock::ticking(1_795_245_000_000, 3), generation).unwrap();
            let issues = boards.huly.snapshot();
            assert_eq!(
                (
                    boards.projects.len(),
                    issues.len(),
                    boards.vibe.snapshot().len()
                ),
                (3, 40, 4)
            );
            for name in [
                "Backlog",
                "Todo",
                "In Progress",
                "Done",
                "Canceled",
                "Ideas",
                "Tasting",
                "Spilt",
            ] {
                assert!(
                    issues.iter().any(|issue| issue.status_name == name),
                    "{name}"
                );
            }
            assert!(issues.iter().any(|issue| issue.parent.is_some()));
        }
    }

    #[test]
    fn a_sized_set_repeats_from_its_seed() {
        let run = |seed| sized(2, 30, seed).unwrap().huly.snapshot();
        assert_eq!(run(1).len(), 60);
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}
