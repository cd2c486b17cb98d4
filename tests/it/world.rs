//! Both simulated servers on free ports of loopback, a configuration that leads to them, and a store beside it.

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use serde_json::{Value, json};
use sim::{
    Shared,
    calls::Counts,
    clock::Clock,
    dataset::{self, Boards, REPO_ROOT},
    http::{
        BridgeState, Form, RateLimit, Router, Running, Server, bridge_router, huly_router, serve,
        vibe_router,
    },
    huly::{Huly, Role, Session},
    vibe::{Generation, Vibe},
};
use store::{
    Store,
    row::ConflictRow,
    sqlite::{OpenOptions, SqliteStore},
};
use sync_core::ids::Millis;
use tempfile::TempDir;
use uuid::Uuid;

use crate::process::{Process, Ran, hvs, hvs_fail_points};

/// Both shapes of Vibe's server.
pub(crate) const GENERATIONS: [Generation; 2] = [Generation::L1, Generation::L2];
/// The servers' clock at the start. It runs, and is not this machine's: decisions hang on no difference between clocks.
pub(crate) const START_MS: i64 = 1_795_245_000_000;
/// The password of the account that hvs signs in with. Found in any output, a test fails.
pub(crate) const CANARY: &str = "c4n4ry-0123456789";

/// A made-up data set whose issues were made seconds apart, a while ago.
fn made(generation: Generation, projects: usize, issues_per_project: usize, seed: u64) -> Boards {
    let ticking = Clock::ticking(START_MS, 1_000);
    let mut boards =
        dataset::sized_for(&ticking, generation, projects, issues_per_project, seed).unwrap();
    let now = Clock::running(ticking.now() + 3_600_000);
    boards.huly.set_clock(now.clone());
    boards.vibe.set_clock(now);
    boards
}

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) generation: Generation,
    /// The model of Huly, with faults and counters.
    pub(crate) huly: Server<Huly>,
    /// The model of Vibe Kanban, likewise.
    pub(crate) vibe: Server<Vibe>,
    /// People act in this account's name; hvs signs in with it, too.
    pub(crate) who: Session,
    /// They serve until they are dropped.
    listening: [Running; 2],
    directory: TempDir,
    credentials: String,
    secret: String,
    variables: BTreeMap<String, String>,
}

impl World {
    /// Two empty boards; hvs signs in with a password.
    pub(crate) async fn new(generation: Generation) -> World {
        let boards = dataset::sized_for(&Clock::running(START_MS), generation, 0, 0, 1).unwrap();
        let Boards { mut huly, vibe, .. } = boards;
        let account = huly.add_account("hvs@example.com", CANARY, "Hvs Example", Some(Role::Owner));
        let who = huly.session(&account).unwrap();
        let credentials = format!("email = \"hvs@example.com\"\npassword = \"{CANARY}\"");
        World::serve(huly, vibe, who, &credentials, CANARY.to_owned()).await
    }

    /// A made-up data set whose issues were made seconds apart, a while ago; hvs signs in with a token.
    pub(crate) async fn sized(
        generation: Generation,
        projects: usize,
        issues_per_project: usize,
        seed: u64,
    ) -> World {
        let boards = made(generation, projects, issues_per_project, seed);
        let who = boards.session();
        let Boards {
            huly, vibe, login, ..
        } = boards;
        let token = huly.token(&login.account, None);
        World::serve(huly, vibe, who, &format!("token = \"{token}\""), token).await
    }

    /// As [`World::sized`], with Huly behind the predecessor's bridge; what is wrong with it can be set.
    pub(crate) async fn bridge(
        generation: Generation,
        projects: usize,
        issues_per_project: usize,
        form: Form,
    ) -> (World, Shared<BridgeState>) {
        let boards = made(generation, projects, issues_per_project, 42);
        let who = boards.session();
        let huly = Server::new(boards.huly, 1);
        let state = Shared::new(BridgeState::of(form));
        let router = bridge_router(&huly, who.clone(), state.clone());
        let world = World::listen(
            huly,
            router,
            Server::new(boards.vibe, 1),
            who,
            "api = \"bridge\"",
            CANARY.to_owned(),
        );
        (world.await, state)
    }

    /// The same boards, settings and store once more, on servers of their own.
    pub(crate) async fn copy(&self) -> World {
        let huly = self.huly.model.lock().clone();
        let vibe = self.vibe.model.lock().clone();
        let (who, secret) = (self.who.clone(), self.secret.clone());
        let mut copy = World::serve(huly, vibe, who, &self.credentials, secret).await;
        copy.variables = self.variables.clone();
        std::fs::copy(self.path("hvs.db"), copy.path("hvs.db")).unwrap();
        copy
    }

    async fn serve(
        huly: Huly,
        vibe: Vibe,
        who: Session,
        credentials: &str,
        secret: String,
    ) -> World {
        let (huly, vibe) = (Server::new(huly, 1), Server::new(vibe, 1));
        // the real limit is the business of the client's own tests
        let limit = RateLimit {
            max: 1_000_000,
            ..RateLimit::default()
        };
        let router = huly_router(&huly, limit);
        World::listen(huly, router, vibe, who, credentials, secret).await
    }

    async fn listen(
        huly: Server<Huly>,
        router: Router,
        vibe: Server<Vibe>,
        who: Session,
        credentials: &str,
        secret: String,
    ) -> World {
        let listening = [
            serve(router, 0).await.unwrap(),
            serve(vibe_router(&vibe), 0).await.unwrap(),
        ];
        let generation = vibe.model.lock().generation();
        let workspace = huly.model.lock().workspace().url.clone();
        let [huly_url, vibe_url] = [listening[0].url(), listening[1].url()];
        let directory = tempfile::tempdir().unwrap();
        let config = format!(
            "[huly]\nurl = \"{huly_url}\"\nworkspace = \"{workspace}\"\n{credentials}\n\n\
             [huly.http]\nrate = 1000000\n\n\
             [vibe]\nurl = \"{vibe_url}\"\nrepo_roots = [\"{REPO_ROOT}\"]\n\n\
             [store]\npath = \"hvs.db\"\n"
        );
        std::fs::write(directory.path().join("hvs.toml"), config).unwrap();
        World {
            generation,
            huly,
            vibe,
            who,
            listening,
            directory,
            credentials: credentials.to_owned(),
            secret,
            variables: BTreeMap::new(),
        }
    }

    /// Sets a key of the configuration for the commands that follow, by its environment variable.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        let name = format!("HVS_{}", key.replace('.', "_").to_uppercase());
        self.variables.insert(name, value.to_owned());
    }

    /// What a key was set to.
    pub(crate) fn variable(&self, key: &str) -> String {
        let name = format!("HVS_{}", key.replace('.', "_").to_uppercase());
        self.variables[&name].clone()
    }

    /// Where Huly and Vibe Kanban answer.
    pub(crate) fn urls(&self) -> [String; 2] {
        [self.listening[0].url(), self.listening[1].url()]
    }

    /// Connections that were opened to Huly and to Vibe Kanban.
    pub(crate) fn connections(&self) -> [usize; 2] {
        [
            self.listening[0].connections(),
            self.listening[1].connections(),
        ]
    }

    /// Sets any other variable.
    pub(crate) fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// A file in the world's directory, where the commands run.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts `hvs` in the world's directory, with `hvs.toml` and the set keys, and nothing of this process's environment.
    pub(crate) fn start(&self, words: &[&str]) -> Process {
        Process::start(&mut self.command(hvs(), words))
    }

    /// The same with the program that ends or stops at a point (`send/vibe-create:before:1`), if it is to do so; the points
    /// that it passes are in the file `points`.
    pub(crate) fn start_with_points(&self, point: Option<&str>, words: &[&str]) -> Process {
        let mut command = self.command(hvs_fail_points(), words);
        command.env("HVS_FAIL_POINT_LOG", self.path("points"));
        if let Some(point) = point {
            command.env("HVS_FAIL_POINT", point);
        }
        Process::start(&mut command)
    }

    fn command(&self, program: PathBuf, words: &[&str]) -> Command {
        let home = self.directory.path();
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("TMPDIR", home)
            .envs(&self.variables);
        command
    }

    /// Runs `hvs` to its end. Whatever it is, it tells nobody the secret.
    pub(crate) async fn hvs(&self, words: &[&str]) -> Ran {
        let ran = self.start(words).wait().await;
        self.keeps_secrets(&ran);
        ran
    }

    /// Runs a line of the shell in the world's directory, where `hvs` is a command.
    pub(crate) async fn shell(&self, line: &str) -> Ran {
        let home = self.directory.path();
        let bin = home.join("bin");
        if !bin.exists() {
            std::fs::create_dir(&bin).unwrap();
            std::os::unix::fs::symlink(hvs(), bin.join("hvs")).unwrap();
        }
        let ran = Process::start(
            Command::new("/bin/sh")
                .args(["-c", line])
                .current_dir(home)
                .env_clear()
                .env("HOME", home)
                .env("TMPDIR", home)
                .env(
                    "PATH",
                    format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()),
                )
                .envs(&self.variables),
        );
        let ran = ran.wait().await;
        self.keeps_secrets(&ran);
        ran
    }

    /// Holds output to not having the secret in it.
    #[track_caller]
    pub(crate) fn keeps_secrets(&self, ran: &Ran) {
        let is_out = ran.out.contains(&self.secret) || ran.err.contains(&self.secret);
        assert!(!is_out, "the secret is in the output of {ran}");
    }

    /// `hvs sync once`, which ends well.
    pub(crate) async fn sync(&self) -> Ran {
        self.hvs(&["sync", "once"]).await.exits(0)
    }

    /// A run that writes nothing, counted at the servers.
    pub(crate) async fn stays_quiet(&self) {
        self.count_afresh();
        let ran = self.sync().await;
        assert_eq!(self.writes(), 0, "{:#?}\n{ran}", self.counts());
    }

    /// Sets both servers' counters to zero.
    pub(crate) fn count_afresh(&self) {
        self.huly.calls.reset();
        self.vibe.calls.reset();
    }

    /// What Huly and Vibe counted.
    pub(crate) fn counts(&self) -> (Counts, Counts) {
        (self.huly.calls.snapshot(), self.vibe.calls.snapshot())
    }

    /// Writes to both servers that were counted.
    pub(crate) fn writes(&self) -> u64 {
        let (huly, vibe) = self.counts();
        huly.writes + vibe.writes
    }

    /// The store, to look into.
    pub(crate) async fn store(&self) -> SqliteStore {
        let options = OpenOptions::new(Millis(0), Uuid::nil());
        SqliteStore::open_existing(&self.path("hvs.db"), &options)
            .await
            .unwrap()
    }

    /// All conflicts, newest first.
    pub(crate) async fn conflicts(&self) -> Vec<ConflictRow> {
        let store = self.store().await;
        let rows = store.conflicts(false, 1_000).await.unwrap();
        store.close().await.unwrap();
        rows
    }

    /// Every link with its version.
    pub(crate) async fn links(&self) -> BTreeMap<String, u64> {
        let store = self.store().await;
        let mut rows = BTreeMap::new();
        for project in store.projects().await.unwrap() {
            for link in store.links(project.id).await.unwrap() {
                rows.insert(link.id.to_string(), link.version);
            }
        }
        store.close().await.unwrap();
        rows
    }

    /// `hvs status --json`.
    pub(crate) async fn status(&self) -> Value {
        self.hvs(&["status", "--json"]).await.exits(0).json()
    }

    /// A Huly project with a repository path; answers its id.
    pub(crate) fn huly_project(&self, identifier: &str, name: &str) -> String {
        let mut huly = self.huly.model.lock();
        let id = huly.add_project(&self.who, identifier, name, None).unwrap();
        let path = format!("{REPO_ROOT}/{}", identifier.to_lowercase());
        let description = json!({ "description": format!("{name}\nPath: {path}") });
        huly.person_edit_project(&self.who, &id, &description)
            .unwrap();
        id
    }
}
