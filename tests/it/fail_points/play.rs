//! A stage that is set again and again, and a run on it that is killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use sim::vibe::{Generation, Status};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    people::{body, meaning},
    process::{PATIENCE, Ran},
    world::World,
};

/// Processes at once; most of a trial is waiting for the dead process's lease to run out.
const PROCESSES: usize = 6;
/// Worlds at once: each has its servers.
const WORLDS: usize = 80;
/// How long the lease of a dead process stands.
pub(crate) const LEASE: Duration = Duration::from_millis(7_600);
/// Runs after which everything must be done, once the lease is free (I10).
const RUNS: u32 = 4;
/// What is killed mostly.
pub(crate) const SYNC: &[&str] = &["sync", "once"];

/// Both boards as people see them, without ids: titles, texts, statuses, projects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Boards {
    issues: Vec<(String, String, String)>,
    tasks: Vec<(String, String, Status)>,
    projects: Vec<String>,
}

impl Boards {
    pub(crate) fn of(world: &World) -> Boards {
        let mut issues: Vec<_> = world
            .issues()
            .into_iter()
            .map(|issue| {
                let text = meaning(&world.issue_text(&issue.id));
                (issue.title, text, issue.status_name)
            })
            .collect();
        let mut tasks: Vec<_> = world
            .tasks()
            .into_iter()
            .map(|task| {
                let text = meaning(&body(task.description.as_deref()));
                (task.title, text, task.status)
            })
            .collect();
        let projects = world.vibe.model.lock().projects();
        let mut projects: Vec<_> = projects.into_iter().map(|project| project.name).collect();
        issues.sort();
        tasks.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        projects.sort();
        Boards {
            issues,
            tasks,
            projects,
        }
    }
}

/// Linked boards on which people then did everything that a run can carry over; `items` pairs, so that each deed is there
/// `items / 12` times.
pub(crate) async fn stage(items: usize, policy: &str) -> World {
    let mut world = World::new(Generation::L2).await;
    for (key, value) in [
        ("huly.http.write_timeout", "2 s"),
        ("vibe.http.write_timeout", "2 s"),
        ("retry.late_create", "1 s"),
        ("lease.heartbeat", "300 ms"),
        ("lease.ttl", &format!("{} ms", LEASE.as_millis())),
        ("guard.removals_min", "1000"),
        ("guard.removals_run", "1000"),
        ("guard.creates_min", "1000"),
        ("guard.rewrites_share", "1.0"),
        ("delete.policy", policy),
    ] {
        world.set(key, value);
    }
    let harbor = world.huly_project("HARB", "Harbor");
    let issues: Vec<String> = (0..items)
        .map(|at| world.issue(&harbor, &format!("Boat {at}"), "One.\n\nTwo.", "Todo"))
        .collect();
    world.sync().await;
    let board = world.vibe_project_named("Harbor").unwrap();
    for (at, issue) in issues.iter().enumerate() {
        deed(&world, at, issue, board);
    }
    let telescope = world.huly_project("SKY", "Telescope");
    world.issue(&telescope, "Lens", "Of *glass*.", "Todo");
    world.issue(&harbor, "On both", "The same.", "Todo");
    world.task(board, "On both", Some("The same."), Status::Todo);
    world
}

/// What somebody does with one pair; with some of them nothing.
fn deed(world: &World, at: usize, issue: &str, board: uuid::Uuid) {
    let task = || world.task_named(&format!("Boat {at}")).id;
    match at % 12 {
        0 => world.retitle_issue(issue, &format!("Ship {at}")),
        1 => world.move_issue(issue, "InProgress"),
        2 => world.describe_issue(issue, "Huly wrote this."),
        3 => world.retitle_task(task(), &format!("Ship {at}")),
        4 => world.move_task(task(), Status::Done),
        5 => world.describe_task(task(), "Vibe wrote this."),
        6 => world.delete_issue(issue),
        7 => world.delete_task(task()),
        8 => {
            let task = task();
            world.retitle_issue(issue, &format!("Huly's word {at}"));
            world.retitle_task(task, &format!("Vibe's word {at}"));
        }
        9 => {
            let task = task();
            world.move_task(task, Status::InProgress);
            world.retitle_issue(issue, &format!("Barge {at}"));
            world.describe_issue(issue, "All of it.");
        }
        10 => {
            let project = world.issue_view(issue).project;
            world.issue(&project, &format!("New issue {at}"), "Text.", "Done");
        }
        _ => {
            let status = Status::InProgress;
            world.task(board, &format!("New task {at}"), Some("Text."), status);
        }
    }
}

/// A stage, what an undisturbed run makes of it, and the points that this run passed, in their order.
pub(crate) struct Play {
    pub(crate) stage: World,
    pub(crate) words: &'static [&'static str],
    pub(crate) expected: Boards,
    pub(crate) points: Vec<String>,
    processes: Semaphore,
}

impl Play {
    pub(crate) async fn rehearsed(stage: World, words: &'static [&'static str]) -> Play {
        let world = stage.copy().await;
        let ran = world.start_with_points(None, words).wait().await.exits(0);
        let expected = Boards::of(&world);
        assert_kept(&world, &ran).await;
        let points = std::fs::read_to_string(world.path("points")).unwrap();
        // A lease is extended when its time has come, which is in no step's hands.
        let points = points
            .lines()
            .filter(|point| !point.starts_with("keep/renew"));
        Play {
            stage,
            words,
            expected,
            points: points.map(str::to_owned).collect(),
            processes: Semaphore::new(PROCESSES),
        }
    }

    /// Kills a run at the nth passing of a point; the next one may be killed, too. Whether the first run was hit.
    async fn kill_at(&self, point: &str, nth: u64, again: Option<&str>) -> bool {
        let armed = format!("{point}:{nth}");
        let (world, ran) = {
            let _permit = self.processes.acquire().await.unwrap();
            let world = self.stage.copy().await;
            let killed = world
                .start_with_points(Some(&armed), self.words)
                .wait()
                .await;
            (world, killed)
        };
        let hit = ran.code.is_none();
        // Nothing hangs on how long this is: a run that comes too early says so, and was started for nothing.
        sleep(LEASE).await;
        if let Some(again) = again {
            let permit = self.processes.acquire().await.unwrap();
            let second = world
                .start_with_points(Some(again), self.words)
                .wait()
                .await;
            println!("killed at {armed}, then at {again}: {:?}", second.code);
            drop(permit);
            sleep(LEASE).await;
        }
        let _permit = self.processes.acquire().await.unwrap();
        let last = finish(&world, self.words).await;
        let what = format!("killed at {armed}, then at {again:?}: {ran}\nand the last run: {last}");
        assert_eq!(Boards::of(&world), self.expected, "{what}");
        assert_kept(&world, &last).await;
        if self.words == SYNC {
            world.stays_quiet().await;
        }
        hit
    }

    /// Kills at the first passing of every point, each in a world of its own; all at once, as far as the machine can.
    pub(crate) async fn kill_at_every_point(self) {
        let points: BTreeSet<String> = self.points.iter().cloned().collect();
        println!("{} points: {points:#?}", points.len());
        let play = Arc::new(self);
        let trials = points.into_iter().map(|point| (point, 1, None));
        let missed = play.trials(trials.collect()).await;
        assert!(missed.is_empty(), "these runs were not hit: {missed:?}");
    }

    /// Which trials' first runs were not hit; fails where any went wrong.
    pub(crate) async fn trials(
        self: Arc<Self>,
        all: Vec<(String, u64, Option<String>)>,
    ) -> Vec<String> {
        let worlds = Arc::new(Semaphore::new(WORLDS));
        let mut trials = JoinSet::new();
        for (point, nth, again) in all {
            let (play, worlds) = (Arc::clone(&self), Arc::clone(&worlds));
            trials.spawn(async move {
                let _permit = worlds.acquire().await.unwrap();
                let hit = play.kill_at(&point, nth, again.as_deref()).await;
                (!hit).then_some(point)
            });
        }
        let (mut missed, mut failed) = (Vec::new(), 0);
        while let Some(ended) = trials.join_next().await {
            match ended {
                Ok(miss) => missed.extend(miss),
                Err(_) => failed += 1,
            }
        }
        assert_eq!(failed, 0, "trials that failed are told above");
        missed
    }

    /// Holds the points of the run to these, each with both moments: none is lost without a word.
    #[track_caller]
    pub(crate) fn has_points(&self, expected: &[&str]) {
        let passed: BTreeSet<&str> = self.points.iter().map(String::as_str).collect();
        for point in expected {
            for moment in ["before", "after"] {
                let point = format!("{point}:{moment}");
                assert!(passed.contains(point.as_str()), "{point}: {passed:#?}");
            }
        }
    }
}

/// Runs until all is done: as often as a dead process's lease asks for, and a few times after it.
pub(crate) async fn finish(world: &World, words: &[&str]) -> Ran {
    let deadline = Instant::now() + PATIENCE;
    let mut runs = 0;
    loop {
        let ran = world.hvs(words).await;
        match ran.code {
            Some(0) => return ran,
            Some(5) => assert!(Instant::now() < deadline, "the lease never ends: {ran}"),
            _ => {
                runs += 1;
                assert!(runs < RUNS, "not done after {runs} runs: {ran}");
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Of titles that both sides changed the one that lost is in the conflicts, whole and once.
pub(crate) async fn assert_kept(world: &World, ran: &Ran) {
    let mut kept = BTreeMap::new();
    for row in world.conflicts().await {
        let values = format!("{:?}", row.values);
        *kept.entry((row.link, values)).or_insert(0) += 1;
    }
    for issue in world.issues() {
        let Some(at) = issue.title.strip_prefix("Huly's word ") else {
            continue;
        };
        let lost = format!("\"Vibe's word {at}\"");
        let rows: Vec<_> = kept
            .iter()
            .filter(|((_, text), _)| text.contains(&lost))
            .collect();
        assert_eq!(rows.len(), 1, "{lost}: {kept:#?}\n{ran}");
    }
}
