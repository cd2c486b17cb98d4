//! A world for the whole engine: both simulated services behind the real clients and adapters, the real store, a clock
//! that stands still unless somebody waits, and people.

mod check;
mod copy;
mod line;
mod people;
mod words;

use std::{future::Future, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use ::store::Store;
use axum::Router;
use engine::{
    Stop,
    connect::{self, HulyLimits},
    env::Env,
    huly::HulyBoard,
    inform::Informing,
    report::{Exit, Report},
    run::{Engine, Mode},
    settings::Settings,
    vibe::VibeBoard,
};
use http_kit::{Classify, Error, Hosts, Http, Settings as HttpSettings};
use huly_client::{Config, Credentials, Huly};
use sim::{
    calls::Counts,
    clock::Clock,
    dataset::{self, Login, REPO_ROOT},
    http::{RateLimit, Server, dated, huly_router, vibe_router},
    huly::Session,
    stage,
    vibe::Generation,
    wire::transport,
};
use sync_core::{Pair, ids::WorkspaceId};
use vibe_client::Vibe;

pub(crate) use check::vibe_body;
pub(crate) use line::{Line, Sent};
pub(crate) use people::markup;
pub(crate) use sim::stage::{START_MS, SimEnv, SimStore};
pub(crate) use words::told;

/// Both shapes of Vibe's server.
pub(crate) const GENERATIONS: [Generation; 2] = [Generation::L1, Generation::L2];
/// Longer than any lease.
pub(crate) const LEASE: Duration = Duration::from_secs(61);

/// Everything there is.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) huly: Server<sim::huly::Huly>,
    pub(crate) vibe: Server<sim::vibe::Vibe>,
    routers: Pair<Router>,
    /// The ways to them.
    pub(crate) lines: Pair<Line>,
    /// What is known of the hosts, over all starts where they are one process's; else each start begins anew.
    pub(crate) hosts: Option<Hosts>,
    /// The limits of the calls to Vibe.
    pub(crate) vibe_http: HttpSettings,
    pub(crate) login: Login,
    /// People act in this account's name.
    pub(crate) who: Session,
    pub(crate) store: SimStore,
    pub(crate) env: Arc<SimEnv>,
    pub(crate) settings: Settings,
    /// Where agents live, if anywhere.
    pub(crate) informing: Option<Informing>,
    /// Issues in one page.
    pub(crate) page_size: NonZeroU32,
}

impl World {
    /// Two empty boards.
    pub(crate) fn new(generation: Generation) -> World {
        World::seeded(generation, 1)
    }

    /// Two empty boards; everything random follows from the seed.
    pub(crate) fn seeded(generation: Generation, seed: u64) -> World {
        let boards = dataset::sized_for(&Clock::running(START_MS), generation, 0, 0, seed).unwrap();
        World::of(boards, seed)
    }

    /// A world of these boards.
    pub(crate) fn of(boards: dataset::Boards, seed: u64) -> World {
        let who = boards.session();
        let huly = Server::new(boards.huly, seed);
        let vibe = Server::new(boards.vibe, seed);
        let limit = RateLimit {
            max: 1_000_000,
            ..RateLimit::default()
        };
        let routers = Pair {
            huly: dated(huly_router(&huly, limit), huly.model.clone(), |huly| {
                huly.clock()
            }),
            vibe: dated(vibe_router(&vibe), vibe.model.clone(), |vibe| vibe.clock()),
        };
        let env = Arc::new(SimEnv::new(seed));
        World {
            seed,
            huly,
            vibe,
            routers,
            lines: Pair::default(),
            hosts: None,
            vibe_http: vibe_client::settings(),
            login: boards.login,
            who,
            store: fresh_store(seed, env.as_ref()),
            env,
            settings: Settings {
                repo_roots: vec![PathBuf::from(REPO_ROOT)],
                ..Settings::default()
            },
            informing: None,
            page_size: NonZeroU32::new(500).unwrap(),
        }
    }

    /// Signs in to both services and puts an engine together, as one start of the program does.
    pub(crate) async fn engine(&self) -> Result<Engine, Error> {
        let env: Arc<dyn Env> = self.env.clone();
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let seeded = |settings: HttpSettings| HttpSettings {
            seed: Some(self.seed),
            ..settings
        };
        let hosts = self.hosts.clone().unwrap_or_default();
        let make = |settings: HttpSettings, classify: Classify| -> Result<Http, Error> {
            Ok(Http::with_transport_at(
                &hosts,
                seeded(settings),
                classify,
                self.lines.huly.over(transport(self.routers.huly.clone())),
            ))
        };
        let credentials = Credentials::Password {
            email: self.login.email.clone(),
            password: self.login.password.clone().into(),
        };
        let config = Config {
            front: "http://huly.test".parse().unwrap(),
            credentials,
            workspace: "acme".into(),
            limits: HulyLimits::default(),
        };
        let huly = Huly::connect(config, make).await?;
        let huly = HulyBoard::new(
            huly,
            Arc::clone(&env),
            connect::store_tag(store.as_ref()),
            self.page_size,
        );
        let http = Http::with_transport_at(
            &hosts,
            seeded(self.vibe_http.clone()),
            vibe_client::classify,
            self.lines.vibe.over(transport(self.routers.vibe.clone())),
        );
        let vibe = VibeBoard::new(Vibe::connect(http, "http://vibe.test".parse().unwrap()).await?);
        let workspace = WorkspaceId(huly.workspace());
        let boards = Pair {
            huly: Arc::new(huly) as Arc<_>,
            vibe: Arc::new(vibe) as Arc<_>,
        };
        Ok(Engine {
            store,
            env,
            boards,
            settings: Arc::new(self.settings.clone()),
            workspace,
            informing: self.informing.clone(),
        })
    }

    /// One start of the program; `None` where a service could not even be connected to (exit 4).
    pub(crate) async fn attempt(&self, mode: Mode) -> Option<Report> {
        let engine = Box::pin(self.engine()).await.ok()?;
        Some(Box::pin(engine.run(mode, &Stop::default())).await)
    }

    /// The exit code of one start.
    pub(crate) async fn exit(&self) -> Exit {
        self.attempt(sync())
            .await
            .map_or(Exit::Service, |report| report.exit)
    }

    /// `hvs sync once`.
    pub(crate) async fn run(&self) -> Report {
        self.attempt(sync())
            .await
            .expect("both services can be reached")
    }

    /// `hvs sync once`, which must end well.
    pub(crate) async fn run_well(&self) -> Report {
        let report = self.run().await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        report
    }

    /// Starts the program and kills it after so many polls of its future; `None` where it was killed or could not connect.
    pub(crate) async fn run_killed_after(&self, polls: usize) -> Option<Report> {
        killed_after(polls, self.attempt(sync())).await.flatten()
    }

    /// Lets time pass.
    pub(crate) async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// Starts counting at zero.
    pub(crate) fn reset_counts(&self) {
        self.huly.calls.reset();
        self.vibe.calls.reset();
    }

    /// What was asked of the servers.
    pub(crate) fn counts(&self) -> Pair<Counts> {
        Pair {
            huly: self.huly.calls.snapshot(),
            vibe: self.vibe.calls.snapshot(),
        }
    }

    /// Writes at the servers while something goes on.
    pub(crate) fn writes(&self) -> u64 {
        let counts = self.counts();
        counts.huly.writes + counts.vibe.writes
    }

    /// The next run writes nothing anywhere (I2).
    pub(crate) async fn assert_quiet(&self) {
        self.reset_counts();
        let links = self.rows().await;
        let report = self.run_well().await;
        let counts = self.counts();
        assert_eq!(
            (counts.huly.writes, counts.vibe.writes),
            (0, 0),
            "a quiet run wrote: {:?} {:?}\n{}",
            counts.huly.by_route,
            counts.vibe.by_route,
            told(&report)
        );
        assert_eq!(self.rows().await, links, "a quiet run changed links");
    }

    /// Runs until a run writes nothing, three runs at most (I1), then compares and asks for one more quiet run (I2).
    pub(crate) async fn settle(&self) {
        let mut last = None;
        for _ in 0..3 {
            let before = self.writes();
            last = Some(self.run().await);
            if self.writes() == before {
                break;
            }
        }
        let problems = self.compare().await;
        assert!(
            problems.is_empty(),
            "seed {}: {problems}\n{}",
            self.seed,
            last.as_ref().map_or(String::new(), told)
        );
        self.assert_quiet().await;
    }
}

/// `hvs sync once`.
pub(crate) fn sync() -> Mode {
    Mode::Sync { accept: Vec::new() }
}

/// Polls a future so many times and then drops it: `None`. As a kill, it comes between two steps of the program.
pub(crate) async fn killed_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    stage::killed_after(polls, future).await.ended()
}

/// An empty store.
pub(crate) fn fresh_store(seed: u64, env: &dyn Env) -> SimStore {
    SimStore::new(seed, env.now()).unwrap()
}
