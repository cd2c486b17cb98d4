//! The stage: two servers, a store, and a way to run hvs on them as a new process would.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use engine::{
    Stop,
    report::{Exit, Report},
    run::{Engine, Mode},
    settings::{LeaseSettings, Settings},
};
use sim::{
    dataset,
    http::{Running, Server},
    huly::IssueView,
    letta::{AgentFilter, LettaModel, Page, Relation},
    vibe::{TaskUpdate, TaskView},
};
use store::Store;
use sync_core::{Pair, Side, ids::ItemId};
use tempfile::TempDir;

use crate::{
    args::{Door, Shape},
    command::world::{LETTA_PASSWORD, World, clock, generation, letta},
    config::{self, Config, Inputs},
    connect,
    failure::Failure,
    settings,
};

/// Waits that are long where servers are far away, and short on this machine.
const WRITE_DEADLINE: Duration = Duration::from_millis(1_500);
const LATE_CREATE: Duration = Duration::from_millis(1_400);
const CONFIRM_DELAY: Duration = Duration::from_millis(100);
const LEASE: LeaseSettings = LeaseSettings {
    ttl: Duration::from_millis(2_500),
    heartbeat: Duration::from_millis(250),
};

/// Servers, configuration, store.
pub(super) struct Stage {
    pub world: World,
    /// The same store that the runs use, to look into.
    pub store: Arc<dyn Store>,
    /// The Letta server on which each project has an agent.
    pub letta: Server<LettaModel>,
    /// It serves until this is dropped.
    _letta: Running,
    config: Config,
    directory: TempDir,
}

impl Stage {
    /// Sets it up.
    pub(super) async fn set(shape: Shape) -> Result<Self, Failure> {
        let boards = dataset::demo(&clock(), generation(shape)).map_err(bug)?;
        let world = World::start(boards, Pair::default(), Door::Platform).await?;
        let directory = tempfile::Builder::new()
            .prefix("hvs-demo-")
            .tempdir()
            .map_err(bug)?;
        let file = directory.path().join("hvs.toml");
        let (letta, running) = letta(0).await?;
        let agents = format!(
            "\n[letta]\nsink = \"letta\"\nurl = \"{}\"\ntoken = \"{LETTA_PASSWORD}\"\nmodel = \"letta/letta-free\"\n",
            running.url()
        );
        let text = world.config(&directory.path().join("hvs.db")) + &agents;
        std::fs::write(&file, text).map_err(bug)?;
        let inputs = Inputs {
            file: Some(file),
            directory: directory.path().to_owned(),
            ..Inputs::default()
        };
        let mut config = config::load(&inputs)?;
        let Config {
            huly,
            vibe,
            letta: agents,
            ..
        } = &mut config;
        for http in [&mut huly.http, &mut vibe.http, &mut agents.http] {
            http.write_timeout = WRITE_DEADLINE;
        }
        let store = Arc::new(connect::make_store(&config).await?);
        Ok(Self {
            world,
            store,
            letta,
            _letta: running,
            config,
            directory,
        })
    }

    /// An engine as a new process would have it: the store opened, signed in afresh.
    pub(super) async fn engine(&self) -> Result<Engine, Failure> {
        let settings = Settings {
            late_create: LATE_CREATE,
            confirm_delay: CONFIRM_DELAY,
            lease: LEASE,
            ..settings::settings(&self.config, &[])
        };
        let store = Arc::new(connect::make_store(&self.config).await?);
        let engine = connect::engine(&self.config, store, settings).await?;
        connect::remember(&engine, self.config.huly.api).await?;
        Ok(engine)
    }

    /// Runs once.
    pub(super) async fn run(&self, mode: Mode) -> Result<Report, Failure> {
        Ok(self.engine().await?.run(mode, &Stop::default()).await)
    }

    /// `hvs sync once`.
    pub(super) async fn sync(&self) -> Result<Report, Failure> {
        self.run(Mode::Sync { accept: Vec::new() }).await
    }

    /// The configuration's file.
    pub(super) fn config_file(&self) -> PathBuf {
        self.directory.path().join("hvs.toml")
    }

    /// Keeps the directory on disk.
    pub(super) fn keep(mut self) -> (World, PathBuf) {
        self.directory.disable_cleanup(true);
        (self.world, self.directory.path().to_owned())
    }

    /// The blocks of the agent whose name ends like this, by label.
    pub(super) fn blocks(&self, name: &str) -> Result<BTreeMap<String, String>, Failure> {
        let model = self.letta.model.lock();
        let relations = [Relation::Blocks];
        let agents = model
            .list_agents(&AgentFilter::default(), &Page::default(), &relations)
            .map_err(|refusal| bug(format!("Letta refuses a list with {}", refusal.status())))?;
        let mut found = agents
            .into_iter()
            .filter(|view| view.agent.name.ends_with(name));
        let agent = found.next().ok_or_else(|| missing("agent", name))?;
        let blocks = agent.blocks.into_iter();
        Ok(blocks.map(|block| (block.label, block.value)).collect())
    }

    /// All issues, as people see them.
    pub(super) fn issues(&self) -> Vec<IssueView> {
        self.world.huly.model.lock().snapshot()
    }

    /// All tasks, as people see them.
    pub(super) fn tasks(&self) -> Vec<TaskView> {
        self.world.vibe.model.lock().snapshot()
    }

    /// The one issue with a title.
    pub(super) fn issue(&self, title: &str) -> Result<IssueView, Failure> {
        self.issues()
            .into_iter()
            .find(|issue| issue.title == title)
            .ok_or_else(|| missing("issue", title))
    }

    /// An issue's status by its name, in the issue's own project.
    pub(super) fn status(&self, project: &str, name: &str) -> Result<String, Failure> {
        let issues = self.issues();
        let known = issues
            .into_iter()
            .find(|issue| issue.project == project && issue.status_name == name);
        known
            .map(|issue| issue.status)
            .ok_or_else(|| missing("status", name))
    }

    /// The task that hvs keeps the same as an issue.
    pub(super) async fn task_of(&self, issue: &str) -> Result<Option<TaskView>, Failure> {
        let links = self
            .store
            .links_of_items(Side::Huly, &[ItemId::from(issue)])
            .await?;
        let task = links.into_iter().find_map(|(_, link)| link.items.vibe);
        Ok(task.and_then(|task| {
            self.tasks()
                .into_iter()
                .find(|view| view.id.to_string() == task.as_str())
        }))
    }

    /// The same, where the story needs it.
    pub(super) async fn task(&self, issue: &IssueView) -> Result<TaskView, Failure> {
        self.task_of(&issue.id)
            .await?
            .ok_or_else(|| missing("task", &issue.title))
    }

    /// Somebody edits an issue.
    pub(super) fn edit_issue(
        &self,
        issue: &IssueView,
        operations: &serde_json::Value,
    ) -> Result<(), Failure> {
        self.world
            .huly
            .model
            .lock()
            .person_edit(&self.world.who, &issue.id, operations)
            .map_err(bug)
    }

    /// Somebody edits a task.
    pub(super) fn edit_task(&self, task: &TaskView, update: TaskUpdate) -> Result<(), Failure> {
        self.world
            .vibe
            .model
            .lock()
            .update_task(task.id, update)
            .map(drop)
            .map_err(bug)
    }
}

/// The stage itself broke: no claim of hvs can be judged any more.
pub(super) fn bug(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Bug, format!("the demo cannot go on: {error}"))
}

fn missing(what: &str, name: &str) -> Failure {
    bug(format!("there is no {what} `{name}`"))
}
