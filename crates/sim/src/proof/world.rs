//! The world of one schedule: boards, store and machine, and the processes of hvs in it.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine::env::Env;
use engine::inform::{InformSettings, Informing, Places};
use engine::port::Board;
use engine::{Engine, Settings, connect};
use serde_json::json;
use sync_core::digest::{DigestOptions, Limits, OwnTexts};
use sync_core::{Pair, guard, ids::WorkspaceId};

use crate::clock::Clock;
use crate::dataset::{self, Login, REPO_ROOT};
use crate::faults::{Effect, Rule};
use crate::http::Server;
use crate::huly::Bookkeeping;
use crate::letta::{LettaModel, NewAgent};
use crate::ports::{HulyPort, VibePort};
use crate::stage::{Gate, START_MS, SimEnv, SimStore};

use super::informing::{self, Death, Door, Letta};
use super::play::{Play, Watcher};
use super::sabotage::{Broken, BrokenSink, Defect};
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
    /// Where agents live.
    #[error("the simulated Letta server cannot be reached: {0}")]
    Letta(#[from] http_kit::Error),
}

/// Everything there is.
pub(super) struct World {
    pub(super) play: Arc<Play>,
    pub(super) store: SimStore,
    pub(super) settings: Settings,
    login: Login,
    page_size: NonZeroU32,
    latency_ms: u64,
    /// Whether calls take up to as long again.
    jitter: bool,
    letta: Option<Letta>,
    seed: u64,
    processes: u32,
    defect: Option<Defect>,
}

/// A process of hvs, before it does anything.
pub(super) struct Process {
    pub(super) engine: Engine,
    pub(super) gate: Gate,
    pub(super) door: Door,
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
        let letta = match &setting.letta {
            Some(with) => Some(Server::new(crowded(&clock, seed, with.crowd)?, seed)),
            None => None,
        };
        let mut play = Play::new(huly, vibe, letta, who, env);
        play.by_title = setting.beat_s.is_some();
        Ok(World {
            play: Arc::new(play),
            store,
            settings: settings(setting),
            login: boards.login,
            page_size: NonZeroU32::new(setting.page_size).unwrap_or(NonZeroU32::MIN),
            latency_ms: u64::from(setting.latency_ms),
            jitter: setting.beat_s.is_none(),
            letta: setting.letta.clone(),
            seed,
            processes: 0,
            defect,
        })
    }

    /// A new process: what one start of the program puts together. It may be one that dies while it speaks to Letta.
    pub(super) fn process(&mut self, death: Option<Death>) -> Result<Process, Error> {
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
        let door = Door::new(gate.clone(), death);
        let engine = Engine {
            informing: self.informing(workspace, &door)?,
            store,
            env: Arc::new(self.play.env.behind(gate.clone())),
            boards,
            settings: Arc::new(self.settings.clone()),
            workspace,
        };
        Ok(Process { engine, gate, door })
    }

    fn informing(&self, workspace: WorkspaceId, door: &Door) -> Result<Option<Informing>, Error> {
        let (Some(server), Some(letta)) = (&self.play.letta, &self.letta) else {
            return Ok(None);
        };
        let mut server = server.clone();
        server.onlooker = Some(informing::Watcher::of(&self.play, self.processes));
        let seed = self.seed ^ u64::from(self.processes);
        let sink = informing::sink(&server, workspace.0, door, seed)?;
        Ok(Some(Informing {
            sink: BrokenSink::with(sink, self.defect),
            settings: InformSettings {
                concurrency: usize::from(letta.concurrency),
                deadline: Duration::from_mins(1),
                write_deadline: Duration::from_secs(15),
                late_create: Duration::from_secs(30),
                check_every: Duration::from_hours(24),
                give_up_after: Duration::from_hours(24),
                again: letta.again,
                exclude: BTreeSet::new(),
                // small boards are told whole
                digest: DigestOptions {
                    entries: 200,
                    limits: Limits::all(50_000),
                    ..DigestOptions::default()
                },
                own: OwnTexts::default(),
                places: Places::default(),
            },
        }))
    }

    /// Whether an agent that a person deleted is made again.
    pub(super) fn is_made_again(&self) -> bool {
        self.letta.as_ref().is_none_or(|letta| letta.again)
    }

    /// Nothing goes wrong from now on but what takes time.
    pub(super) fn calm(&self, run: u64) {
        let seed = run.wrapping_mul(0x2545_f491_4f6c_dd1d);
        let letta = self.play.letta.as_ref().map(|server| &server.faults);
        let boards = [&self.play.huly.faults, &self.play.vibe.faults];
        for faults in boards.into_iter().chain(letta) {
            faults.clear();
            faults.reseed(seed);
            if self.latency_ms > 0 {
                let latency = Effect::Latency {
                    ms: self.latency_ms,
                    jitter_ms: if self.jitter { self.latency_ms } else { 0 },
                };
                faults.add(Rule::on("*", "*", latency));
            }
        }
    }
}

/// A Letta server with agents that are nobody's of ours, half of them of another workspace of hvs.
fn crowded(clock: &Clock, seed: u64, crowd: u8) -> Result<LettaModel, http_kit::Error> {
    let mut model = LettaModel::new(clock.clone(), seed);
    for at in 0..crowd {
        let tags = if at % 2 == 0 {
            vec!["somebody".to_owned()]
        } else {
            let other = "hvs-workspace:00000000-0000-4000-8000-000000000001";
            vec![
                "hvs".to_owned(),
                other.to_owned(),
                format!("hvs-project:other-{at}"),
            ]
        };
        let new = NewAgent {
            name: Some(format!("Agent {at}")),
            model: Some("letta/letta-free".to_owned()),
            tags: Some(tags),
            ..NewAgent::default()
        };
        model.create_agent(new).map_err(|refusal| {
            http_kit::Error::new(http_kit::Kind::Fatal, "LETTA", "letta", "crowd")
                .with_source(refusal)
        })?;
    }
    Ok(model)
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
