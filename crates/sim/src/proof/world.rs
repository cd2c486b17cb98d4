//! The world of one schedule: boards, store and machine, and the processes of hvs in it.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine::env::Env;
use engine::port::Board;
use engine::{Engine, Settings, connect};
use serde_json::json;
use sync_core::{Pair, guard, ids::WorkspaceId};

use crate::clock::Clock;
use crate::dataset::{self, Login, REPO_ROOT};
use crate::faults::{Effect, Rule};
use crate::http::Server;
use crate::huly::Bookkeeping;
use crate::ports::{HulyPort, VibePort};
use crate::stage::{Gate, START_MS, SimEnv, SimStore};

use super::play::{Play, Watcher};
use super::sabotage::{Broken, Defect};
use super::schedule::{Schedule, Setting};

/// Why a world could not be made: a defect of the simulation, never of hvs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error("the simulated store cannot be made: {0}")]
    Store(#[from] store::Error),
    /// The boards.
    #[error("the simulated boards cannot be made: {0}")]
    Huly(#[from] crate::huly::Error),
}

/// Everything there is.
pub(super) struct World {
    pub(super) play: Arc<Play>,
    pub(super) store: SimStore,
    pub(super) settings: Settings,
    login: Login,
    page_size: NonZeroU32,
    latency_ms: u64,
    processes: u32,
    defect: Option<Defect>,
}

/// A process of hvs, before it does anything.
pub(super) struct Process {
    pub(super) engine: Engine,
    pub(super) gate: Gate,
}

impl World {
    pub(super) fn of(schedule: &Schedule, defect: Option<Defect>) -> Result<World, Error> {
        let (seed, setting) = (schedule.seed, &schedule.setting);
        let clock = Clock::running(START_MS);
        let mut boards = dataset::sized_for(&clock, setting.generation.into(), 0, 0, seed)?;
        let who = boards.session();
        for at in 0..setting.projects {
            let identifier = format!("P{at}");
            let project =
                boards
                    .huly
                    .add_project(&who, &identifier, &format!("Project {at}"), None)?;
            let path = json!({ "description": format!("Path: {REPO_ROOT}/p{at}") });
            boards.huly.person_edit_project(&who, &project, &path)?;
            if at < setting.paired {
                boards.add_vibe_project(&format!("project {at}"), &format!("p{at}"));
            }
        }
        boards.vibe.put_race_ms = setting.put_race_ms.map(u64::from);
        if let Some(after_ms) = setting.late_bookkeeping_ms {
            let after_ms = i64::from(after_ms);
            boards.huly.set_bookkeeping(Bookkeeping::Late { after_ms });
        }
        let env = SimEnv::new(seed);
        let store = SimStore::new(seed, env.now())?;
        let huly = Server::new(boards.huly, seed);
        let vibe = Server::new(boards.vibe, seed);
        Ok(World {
            play: Arc::new(Play::new(huly, vibe, who, env)),
            store,
            settings: settings(setting),
            login: boards.login,
            page_size: NonZeroU32::new(setting.page_size).unwrap_or(NonZeroU32::MIN),
            latency_ms: u64::from(setting.latency_ms),
            processes: 0,
            defect,
        })
    }

    /// A new process: what one start of the program puts together.
    pub(super) fn process(&mut self) -> Process {
        self.processes += 1;
        let watcher = Watcher::of(&self.play, self.processes);
        let gate = Gate::default();
        let spoilt = self.defect.and_then(Defect::of_store);
        let store = Arc::new(self.store.spoilt(spoilt).behind(gate.clone()));
        let mut huly = self.play.huly.clone();
        huly.onlooker = Some(Arc::clone(&watcher));
        let mut vibe = self.play.vibe.clone();
        vibe.onlooker = Some(watcher);
        let tag = connect::store_tag(store.as_ref());
        let huly = HulyPort::new(&huly, &self.login.account, tag, self.page_size);
        let workspace = WorkspaceId(huly.workspace());
        let boards: Pair<Arc<dyn Board>> = Pair {
            huly: Broken::with(Arc::new(huly), self.defect),
            vibe: Broken::with(Arc::new(VibePort::new(&vibe)), self.defect),
        };
        let engine = Engine {
            store,
            env: Arc::new(self.play.env.behind(gate.clone())),
            boards,
            settings: Arc::new(self.settings.clone()),
            workspace,
            informing: None,
        };
        Process { engine, gate }
    }

    /// Nothing goes wrong from now on but what takes time.
    pub(super) fn calm(&self, run: u64) {
        let seed = run.wrapping_mul(0x2545_f491_4f6c_dd1d);
        for faults in [&self.play.huly.faults, &self.play.vibe.faults] {
            faults.clear();
            faults.reseed(seed);
            if self.latency_ms > 0 {
                let latency = Effect::Latency {
                    ms: self.latency_ms,
                    jitter_ms: self.latency_ms,
                };
                faults.add(Rule::on("*", "*", latency));
            }
        }
    }
}

fn settings(setting: &Setting) -> Settings {
    let mut settings = Settings {
        repo_roots: vec![PathBuf::from(REPO_ROOT)],
        deletion: setting.deletion,
        workers: usize::from(setting.workers),
        // Each run waits for the confirming list of what it wrote; the shortest is as good as the documented one here.
        confirm_delay: Duration::from_secs(1),
        ..Settings::default()
    };
    if !setting.guards {
        settings.guard = guard::Limits {
            removals_free: 1_000,
            removals_percent: 100,
            removals_all: 1_000,
            removals_run: 1_000,
            creates_free: 1_000,
            creates_percent: 100,
            rewrites_free: 1_000,
            rewrites_percent: 100,
        };
    }
    settings
}
