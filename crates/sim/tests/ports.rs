//! One scenario twice: through the ports, and through the real clients and adapters over the HTTP face. Both must end in
//! the same boards, by as many calls of each kind.

#![cfg(test)]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use engine::port::Board;
use engine::report::{Exit, Report};
use engine::vibe::VibeBoard;
use engine::{Engine, Mode, Settings, Stop, connect, env::Env, huly::HulyBoard, markup};
use http_kit::{Classify, Error, Http, Settings as HttpSettings};
use huly_client::Credentials;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use sim::calls::Counts;
use sim::clock::Clock;
use sim::dataset::{self, Login, REPO_ROOT};
use sim::faults::{Effect, Failure, Rule, When};
use sim::http::{RateLimit, Server, huly_router, vibe_router};
use sim::huly::{Huly, NewIssue, Session};
use sim::ports::{HulyPort, VibePort};
use sim::vibe::{Generation, Status, TaskUpdate, Vibe};
use sim::wire::transport;
use store::Store;
use store::sqlite::{OpenOptions, SqliteStore};
use sync_core::{
    Pair,
    ids::{Millis, WorkspaceId},
};
use uuid::Uuid;

const START_MS: i64 = 1_795_245_290_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Face {
    Ports,
    Http,
}

struct TestEnv {
    since: tokio::time::Instant,
    rng: Mutex<StdRng>,
}

#[async_trait]
impl Env for TestEnv {
    fn now(&self) -> Millis {
        Millis(START_MS + i64::try_from(self.since.elapsed().as_millis()).unwrap())
    }

    fn ordered_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().0).unwrap();
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        uuid::Builder::from_unix_timestamp_millis(millis, &rng.random()).into_uuid()
    }

    fn random(&self) -> u64 {
        self.rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .random()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct World {
    face: Face,
    huly: Server<Huly>,
    vibe: Server<Vibe>,
    login: Login,
    who: Session,
    store: SqliteStore,
    env: Arc<TestEnv>,
    project: String,
}

/// What people see, ids and stamps apart: title to status, text and priority on each side.
type Seen = BTreeMap<String, (String, String)>;

impl World {
    async fn new(face: Face, generation: Generation) -> World {
        let clock = Clock::running(START_MS);
        let boards = dataset::sized_for(&clock, generation, 1, 12, 7).unwrap();
        let who = boards.session();
        let env = Arc::new(TestEnv {
            since: tokio::time::Instant::now(),
            rng: Mutex::new(StdRng::seed_from_u64(3)),
        });
        let options = OpenOptions::new(
            env.now(),
            Uuid::from_u128(0x5707_e000_0000_4000_8000_0000_0000_0001),
        );
        World {
            face,
            project: boards.projects[0].clone(),
            huly: Server::new(boards.huly, 1),
            vibe: Server::new(boards.vibe, 1),
            login: boards.login,
            who,
            store: SqliteStore::open_in_memory(&options).await.unwrap(),
            env,
        }
    }

    /// Both boards, and the workspace's uuid.
    async fn boards(&self) -> (Pair<Arc<dyn Board>>, Uuid) {
        let tag = connect::store_tag(&self.store);
        let size = NonZeroU32::new(5).unwrap();
        if self.face == Face::Ports {
            let huly = HulyPort::new(&self.huly, &self.login.account, tag, size);
            let workspace = huly.workspace();
            let vibe = VibePort::new(&self.vibe);
            return (
                Pair {
                    huly: Arc::new(huly),
                    vibe: Arc::new(vibe),
                },
                workspace,
            );
        }
        let seeded = |settings: HttpSettings| HttpSettings {
            seed: Some(1),
            ..settings
        };
        let limit = RateLimit {
            max: 1_000_000,
            ..RateLimit::default()
        };
        let router = huly_router(&self.huly, limit);
        let make = |settings: HttpSettings, classify: Classify| -> Result<Http, Error> {
            Ok(Http::with_transport(
                seeded(settings),
                classify,
                transport(router.clone()),
            ))
        };
        let config = huly_client::Config {
            front: "http://huly.test".parse().unwrap(),
            credentials: Credentials::Password {
                email: self.login.email.clone(),
                password: self.login.password.clone().into(),
            },
            workspace: "acme".into(),
            limits: connect::HulyLimits::default(),
        };
        let client = huly_client::Huly::connect(config, make).await.unwrap();
        let env: Arc<dyn Env> = self.env.clone();
        let huly = HulyBoard::new(client, env, tag, size);
        let http = Http::with_transport(
            seeded(vibe_client::settings()),
            vibe_client::classify,
            transport(vibe_router(&self.vibe)),
        );
        let vibe = vibe_client::Vibe::connect(http, "http://vibe.test".parse().unwrap());
        let workspace = huly.workspace();
        let vibe = VibeBoard::new(vibe.await.unwrap());
        (
            Pair {
                huly: Arc::new(huly),
                vibe: Arc::new(vibe),
            },
            workspace,
        )
    }

    async fn run(&self) -> Report {
        let (boards, workspace) = self.boards().await;
        // Signing in and probing belong to clients; ports have neither.
        self.huly.calls.reset();
        self.vibe.calls.reset();
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let env: Arc<dyn Env> = self.env.clone();
        let settings = Settings {
            repo_roots: vec![REPO_ROOT.into()],
            ..Settings::default()
        };
        let engine = Engine {
            store,
            env,
            boards,
            settings: Arc::new(settings),
            workspace: WorkspaceId(workspace),
            informing: None,
        };
        engine
            .run(Mode::Sync { accept: Vec::new() }, &Stop::default())
            .await
    }

    async fn run_well(&self) -> Pair<Counts> {
        let report = self.run().await;
        assert_eq!(report.exit, Exit::Done, "{:?}: {report:#?}", self.face);
        Pair {
            huly: self.huly.calls.reset(),
            vibe: self.vibe.calls.reset(),
        }
    }

    fn issues(&self) -> Seen {
        let all = self.huly.model.lock().snapshot();
        all.into_iter()
            .map(|issue| {
                let text = issue
                    .description
                    .as_deref()
                    .map_or_else(String::new, |text| {
                        markup::to_markdown(&markup::Source::read(text).unwrap().into_node())
                    });
                (
                    issue.title,
                    (format!("{} {}", issue.status_name, issue.priority), text),
                )
            })
            .collect()
    }

    fn tasks(&self) -> Seen {
        let all = self.vibe.model.lock().snapshot();
        all.into_iter()
            .map(|task| {
                let text = task.description.unwrap_or_default();
                let body = text
                    .split("<!-- hvs:begin")
                    .next()
                    .unwrap_or_default()
                    .trim();
                (task.title, (format!("{:?}", task.status), body.to_owned()))
            })
            .collect()
    }

    fn issue_id(&self, title: &str) -> String {
        let all = self.huly.model.lock().snapshot();
        all.into_iter()
            .find(|issue| issue.title == title)
            .unwrap()
            .id
    }

    fn task_id(&self, title: &str) -> Uuid {
        let all = self.vibe.model.lock().snapshot();
        all.into_iter().find(|task| task.title == title).unwrap().id
    }

    /// A person changes a task.
    fn edit_task(&self, title: &str, update: TaskUpdate) {
        let id = self.task_id(title);
        self.vibe.model.lock().update_task(id, update).unwrap();
    }
}

/// Edits of every field on both sides, each of an item of its own.
fn edit_everything(world: &World) {
    let name = |at: usize| format!("Issue {at} of project 0");
    let ids: Vec<String> = (0..3).map(|at| world.issue_id(&name(at))).collect();
    {
        let mut huly = world.huly.model.lock();
        let (who, text) = (&world.who, "A *new* text.\n\n1. one\n2. two");
        huly.person_edit(who, &ids[0], &json!({ "title": "Renamed in Huly" }))
            .unwrap();
        huly.person_edit(who, &ids[1], &json!({ "status": "tracker:status:Done" }))
            .unwrap();
        huly.person_describe(who, &ids[2], &markup::wire(&markup::from_markdown(text)));
    }
    let title = |title: &str| TaskUpdate {
        title: Some(title.into()),
        ..TaskUpdate::default()
    };
    let status = |status| TaskUpdate {
        status: Some(status),
        ..TaskUpdate::default()
    };
    world.edit_task(&name(3), title("Renamed in Vibe"));
    world.edit_task(&name(4), status(Status::InProgress));
    let task = world.task_id(&name(5));
    let old = world
        .vibe
        .model
        .lock()
        .task(task)
        .unwrap()
        .description
        .clone();
    let footer = old
        .as_deref()
        .and_then(|old| old.find("<!-- hvs:begin").map(|at| old[at..].to_owned()));
    let text = format!("- [ ] from Vibe\n\n{}", footer.unwrap_or_default());
    world.edit_task(
        &name(5),
        TaskUpdate {
            description: Some(text),
            ..TaskUpdate::default()
        },
    );
}

/// First sync both ways, every field, a deletion on each side, a quiet run. Answers what was seen and counted after each.
async fn scenario(face: Face, generation: Generation) -> Vec<(Seen, Seen, Pair<Counts>)> {
    let world = World::new(face, generation).await;
    let mut steps = Vec::new();
    let mut step = async |world: &World| {
        let counts = world.run_well().await;
        steps.push((world.issues(), world.tasks(), counts));
    };
    step(&world).await;
    let task = sim::vibe::NewTask {
        project_id: world.vibe.model.lock().projects()[0].id,
        title: "Made in Vibe".into(),
        description: Some("With **text**.".into()),
        status: None,
        parent: None,
        image_ids: None,
    };
    world.vibe.model.lock().create_task(task).unwrap();
    let issue = NewIssue {
        title: "Made in Huly".into(),
        priority: 2,
        ..NewIssue::default()
    };
    world
        .huly
        .model
        .lock()
        .person_create(&world.who, &world.project, &issue)
        .unwrap();
    step(&world).await;
    edit_everything(&world);
    step(&world).await;
    let (issue, task) = (
        world.issue_id("Issue 6 of project 0"),
        world.task_id("Issue 7 of project 0"),
    );
    world
        .huly
        .model
        .lock()
        .person_delete(&world.who, &issue)
        .unwrap();
    world.vibe.model.lock().delete_task(task).unwrap();
    step(&world).await;
    step(&world).await;
    steps
}

#[tokio::test(start_paused = true)]
async fn ports_and_http_end_in_the_same_boards_by_the_same_writes() {
    for generation in [Generation::L1, Generation::L2] {
        let ports = scenario(Face::Ports, generation).await;
        let http = scenario(Face::Http, generation).await;
        assert_eq!(ports.len(), 5);
        for (at, (ports, http)) in ports.iter().zip(&http).enumerate() {
            assert_eq!(ports.0, http.0, "{generation:?}, issues after step {at}");
            assert_eq!(ports.1, http.1, "{generation:?}, tasks after step {at}");
            let counts = |seen: &Pair<Counts>| {
                [&seen.huly, &seen.vibe].map(|counts| counts.by_route.clone())
            };
            assert_eq!(
                counts(&ports.2),
                counts(&http.2),
                "{generation:?}, calls of step {at}"
            );
        }
        let (issues, tasks, quiet) = &ports[4];
        assert_eq!((quiet.huly.writes, quiet.vibe.writes), (0, 0));
        assert_eq!(
            issues["Renamed in Vibe"].0[..4],
            ports[0].0["Issue 3 of project 0"].0[..4]
        );
        assert_eq!(
            tasks["Issue 2 of project 0"].1,
            "A *new* text.\n\n1. one\n2. two"
        );
        assert_eq!(issues["Issue 5 of project 0"].1.trim(), "- [ ] from Vibe");
        assert_eq!(tasks["Issue 6 of project 0"].0, "Cancelled");
        assert!(issues["Issue 7 of project 0"].0.starts_with("Canceled"));
        assert!(issues.contains_key("Made in Vibe") && tasks.contains_key("Made in Huly"));
    }
}

/// After a fault of some kind on either face the next runs mend everything, with nothing made twice.
#[tokio::test(start_paused = true)]
async fn faults_strike_ports_as_they_strike_the_wire() {
    let failures = [
        Effect::FailBefore {
            failure: Failure::Status {
                status: 500,
                body: String::new(),
            },
        },
        Effect::FailAfter {
            failure: Failure::Reset,
        },
        Effect::Late {
            after_ms: 5_000,
            failure: Failure::Reset,
        },
        Effect::Limit {
            retry_after_ms: 700,
        },
    ];
    for effect in failures {
        for face in [Face::Ports, Face::Http] {
            let world = World::new(face, Generation::L2).await;
            for (server, route) in [
                (&world.vibe.faults, "/api/tasks"),
                (&world.huly.faults, "/transactor/api/v1/find-all/{ws}"),
            ] {
                server.add(Rule::on("POST", route, effect.clone()).when(When::Every(4)));
            }
            world.run().await;
            world.huly.faults.clear();
            world.vibe.faults.clear();
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_mins(2)).await;
                world.run().await;
            }
            let (issues, tasks) = (world.issues(), world.vibe.model.lock().snapshot());
            assert_eq!((issues.len(), tasks.len()), (12, 12), "{face:?} {effect:?}");
            let quiet = world.run_well().await;
            assert_eq!(
                (quiet.huly.writes, quiet.vibe.writes),
                (0, 0),
                "{face:?} {effect:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_caller_is_gone_takes_effect_all_the_same() {
    let world = World::new(Face::Ports, Generation::L2).await;
    world.run_well().await;
    let (boards, _) = world.boards().await;
    let latency = Effect::Latency {
        ms: 300,
        jitter_ms: 0,
    };
    world.vibe.faults.add(Rule::on("PUT", "*", latency));
    let task = world.task_id("Issue 1 of project 0");
    let item = boards
        .vibe
        .get(&[task.to_string().as_str().into()])
        .await
        .unwrap();
    let (project, item) = item.into_values().next().unwrap();
    let job = engine::port::UpdateJob {
        project,
        item: item.id.clone(),
        set: vec![sync_core::plan::Change {
            field: sync_core::item::Field::Title,
            from: sync_core::item::Value::Unset,
            to: sync_core::item::Value::Text("Late".into()),
            why: sync_core::plan::Why::default(),
        }],
        expected: item.values,
        footer: None,
        note: None,
        write_id: "".into(),
    };
    let gave_up = tokio::time::timeout(Duration::from_millis(100), boards.vibe.update(&job)).await;
    assert!(gave_up.is_err());
    assert!(!world.tasks().contains_key("Late"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(world.tasks().contains_key("Late"));
}
