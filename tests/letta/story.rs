//! The chapters in their order, and those in which only people at the boards act.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use sim::vibe::Generation;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    process::Ran,
    real::{Agent, Real},
    wire::Counted,
    world::World,
};

/// Blocks that are ours: an agent may read them.
pub(crate) const OURS: [&str; 6] = [
    "backlog_summary",
    "board_config",
    "board_metrics",
    "change_log",
    "hotspots",
    "project",
];
/// Blocks that are made once and then belong to the agent.
const OWN: [&str; 3] = ["human", "persona", "scratchpad"];
/// Tells all of it to a server at `url` on which there is no agent yet. `ended` hears of each chapter when it is over; what is
/// idle is left so for `idle`.
pub(crate) async fn tell(
    url: &str,
    password: &str,
    idle: Duration,
    restart: impl FnOnce(),
    mut ended: impl FnMut(&str),
) {
    let mut story = Story::begin(url, password).await;
    story.a_wrong_password_ends_with_3().await;
    ended("a wrong password ends with 3, and makes nothing");
    story.a_wrong_model_is_told_with_its_name().await;
    ended("a model that the server does not have is told with its name");
    story.the_first_sync_makes_one_whole_agent().await;
    ended("the first sync makes one agent with all its blocks");
    story.a_quiet_run_makes_no_call().await;
    ended("a quiet run makes no call");
    story.a_change_writes_what_changed().await;
    ended("a change on a board writes the blocks that it changed");
    restart();
    ended("the server is restarted");
    story.after_a_restart_it_goes_on().await;
    ended("after a restart nothing is told twice, and news are");
    story
        .blocks_that_somebody_writes_at_the_same_time_are_right_in_the_end()
        .await;
    ended("blocks that somebody else writes at the same time are right in the end");
    story
        .what_others_changed_is_mended_at_the_comparison()
        .await;
    ended("blocks that others edited, deleted or detached are mended at the comparison");
    story.a_twin_is_left_alone().await;
    ended("a twin made by hand is left alone, and the oldest is told");
    story.a_deleted_agent_is_made_again_once().await;
    ended("a deleted agent is made again, once");
    story.of_two_that_were_there_the_oldest_is_taken().await;
    ended("of two agents that were there before, the oldest is taken");
    story.a_lost_answer_makes_no_second_agent().await;
    ended("an answer lost on the way makes no second agent, of 300 items with long names either");
    story.an_agent_of_the_predecessor_is_taken_over().await;
    ended("an agent of the predecessor is taken over, and left alone again");
    story.agents_follow_a_control_agent().await;
    ended("agents follow a control agent and the configuration, and it is never written");
    story.a_watch_outlives_idle_connections(idle).await;
    ended("a watch tells changes over connections that the server closed");
}

/// Both boards, the server, and a door to it that hvs goes through.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) real: Real,
    pub(crate) door: Counted,
    password: String,
    /// The id of the first Huly project.
    pub(crate) harbor: String,
}

impl Story {
    async fn begin(url: &str, password: &str) -> Story {
        let door = Counted::before(url).await;
        let mut world = World::new(Generation::L2).await;
        let harbor = world.huly_project("HARB", "Harbor (north)");
        for title in ["Quay", "Crane", "Lighthouse"] {
            world.issue(&harbor, title, "Text.", "Todo");
        }
        world.set("letta.sink", "letta");
        world.set("letta.url", &format!("{}/v1", door.url));
        world.set("letta.model", "letta/letta-free");
        world.set("letta.token", password);
        Story {
            world,
            real: Real::new(url, password),
            door,
            password: password.to_owned(),
            harbor,
        }
    }

    pub(crate) async fn sync(&self) -> Ran {
        let ran = self.world.hvs(&["sync", "once"]).await;
        let printed = [&ran.out, &ran.err];
        assert!(
            !printed.iter().any(|text| text.contains(&self.password)),
            "the password is printed: {ran}"
        );
        ran
    }

    /// Has the daily comparison be due.
    pub(crate) async fn a_day_passes(&self) {
        let options = SqliteConnectOptions::new().filename(self.world.path("hvs.db"));
        let mut store = SqliteConnection::connect_with(&options).await.unwrap();
        let aged = sqlx::raw_sql("UPDATE agents SET checked_at = 0")
            .execute(&mut store)
            .await
            .unwrap();
        assert!(aged.rows_affected() > 0, "the store knows an agent");
        store.close().await.unwrap();
    }

    /// A run that asks the server nothing.
    pub(crate) async fn is_quiet(&self) {
        self.door.requests();
        let ran = self.sync().await.exits(0);
        let asked = self.door.requests();
        assert!(asked.is_empty(), "{asked:#?}\n{ran}");
    }

    /// How often something was asked.
    pub(crate) fn count(asked: &[String], begins: &str) -> usize {
        let asked = asked.iter().filter(|line| line.starts_with(begins));
        asked.count()
    }

    async fn a_wrong_password_ends_with_3(&mut self) {
        self.world.set("letta.token", "wrong-c4n4ry");
        let ran = self.sync().await.exits(3).prints(&["LETTA_UNAUTHORIZED"]);
        assert!(!ran.out.contains("c4n4ry") && !ran.err.contains("c4n4ry"));
        self.world.assert_same_on_both_sides();
        assert_eq!(self.real.agents().await.len(), 0);
        self.world.set("letta.token", &self.password);
    }

    async fn a_wrong_model_is_told_with_its_name(&mut self) {
        self.world.set("letta.model", "nobody/nothing-9");
        let ran = self.sync().await.exits(3);
        assert!(ran.out.contains("nobody/nothing-9"), "{ran}");
        assert_eq!(self.real.agents().await.len(), 0);
        assert_eq!(self.real.orphans().await.len(), 0);
        self.world.set("letta.model", "letta/letta-free");
    }

    async fn the_first_sync_makes_one_whole_agent(&self) {
        self.door.requests();
        self.sync().await.exits(0).prints(&["1 agent made"]);
        let asked = self.door.requests();
        assert_eq!(Self::count(&asked, "POST /v1/agents/"), 1, "{asked:#?}");
        let writes = asked.iter().filter(|line| !line.starts_with("GET"));
        assert_eq!(writes.count(), 1, "{asked:#?}");
        let agent = self.real.agent_of(&self.harbor).await;
        assert_eq!(agent.name, "Huly - Harbor -north-");
        is_whole(&agent);
        assert!(agent.says("backlog_summary").contains("HARB-1 \"Quay\""));
        let shown = ["letta", "show", "HARB", "--block", "backlog_summary"];
        let shown = self.world.hvs(&shown).await.exits(0);
        assert!(
            shown.out.contains(agent.says("backlog_summary").trim()),
            "{shown}"
        );
        assert_eq!(self.real.agents().await.len(), 1);
        assert_eq!(self.real.orphans().await.len(), 0);
    }

    async fn a_quiet_run_makes_no_call(&self) {
        self.is_quiet().await;
        self.is_quiet().await;
    }

    async fn a_change_writes_what_changed(&self) {
        let before = self.real.agent_of(&self.harbor).await.texts();
        let crane = self.world.issue_named("Crane").id;
        self.world.move_issue(&crane, "InProgress");
        self.door.requests();
        self.sync().await.exits(0);
        let asked = self.door.requests();
        let after = self.real.agent_of(&self.harbor).await;
        assert!(
            after.says("hotspots").contains("HARB-2 \"Crane\""),
            "{after:#?}"
        );
        let changed = changed(&before, &after);
        assert_eq!(
            Self::count(&asked, "PATCH /v1/blocks/"),
            changed,
            "{asked:#?}"
        );
        assert!(asked.len() <= changed + 1, "{changed}: {asked:#?}");
        is_whole(&after);
        self.is_quiet().await;
    }

    async fn after_a_restart_it_goes_on(&self) {
        self.is_quiet().await;
        let quay = self.world.issue_named("Quay").id;
        self.world.move_issue(&quay, "Done");
        self.sync().await.exits(0);
        let agent = self.real.agent_of(&self.harbor).await;
        assert!(agent.says("change_log").contains("Quay"), "{agent:#?}");
        self.is_quiet().await;
    }

    async fn a_lost_answer_makes_no_second_agent(&self) {
        let name = "Häfen & Brücken: 2.0 (Süd)/β";
        let bridges = self.world.huly_project("BRUE", name);
        let long = "Fahrwasser überprüfen ⛵ und melden. ".repeat(6);
        for at in 0..300 {
            let status = ["Backlog", "Todo", "InProgress", "Done"][at % 4];
            let title = format!("Nr. {at}: {}", long.trim());
            self.world.issue(&bridges, &title, &long, status);
        }
        self.door.lose("POST /v1/agents/");
        self.sync()
            .await
            .exits(0)
            .prints(&["the agent of BRUE waits"]);
        let made = self.real.agent_of(&bridges).await;
        self.door.requests();
        self.sync().await.exits(0).prints(&["1 agent found"]);
        let asked = self.door.requests();
        assert_eq!(Self::count(&asked, "POST"), 0, "{asked:#?}");
        let found = self.real.agent_of(&bridges).await;
        assert_eq!(found.id, made.id);
        is_whole(&found);
        assert!(found.says("project").contains(name), "{found:#?}");
        self.is_quiet().await;
    }

    async fn a_watch_outlives_idle_connections(&mut self, idle: Duration) {
        self.world.set("sync.interval", "1 s");
        let pier = self.real.agents().await;
        let pier = pier
            .iter()
            .find(|agent| agent.name == "Oldest")
            .unwrap()
            .id
            .clone();
        let watch = self.world.start(&["sync", "watch"]);
        for status in ["InProgress", "Done", "Backlog"] {
            let before = self.real.agents().await;
            let before = before
                .iter()
                .find(|agent| agent.id == pier)
                .unwrap()
                .texts();
            let plank = self.world.issue_named("Plank").id;
            self.world.move_issue(&plank, status);
            let mut tries = 0;
            loop {
                let now = self.real.agents().await;
                let now = now.iter().find(|agent| agent.id == pier).unwrap();
                if changed(&before, now) > 0 {
                    break;
                }
                tries += 1;
                assert!(tries < 300, "{status} is not told");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(idle).await;
        }
        watch.signal("TERM");
        let ran = watch.wait().await.exits(0);
        assert!(!ran.err.contains("was not told"), "{ran}");
    }
}

/// Holds an agent to all blocks, each ours or its own.
#[track_caller]
pub(crate) fn is_whole(agent: &Agent) {
    let labels: Vec<&str> = agent.blocks.keys().map(String::as_str).collect();
    let mut all: Vec<&str> = OURS.into_iter().chain(OWN).collect();
    all.sort_unstable();
    assert_eq!(labels, all, "{agent:#?}");
    for (label, block) in &agent.blocks {
        let is_ours = OURS.contains(&label.as_str());
        assert_eq!(block["read_only"], json!(is_ours), "{label}: {block:#}");
        let size = agent.says(label).chars().count() as u64;
        assert!(
            block["limit"].as_u64().unwrap() >= size,
            "{label}: {size} {block:#}"
        );
        assert!(block["description"].is_string(), "{label}: {block:#}");
        if is_ours {
            assert!(size > 0, "{label} is empty");
        }
    }
    assert!(agent.tags.contains(&"hvs".to_owned()), "{agent:#?}");
    assert!(agent.metadata.is_object(), "{agent:#?}");
}

/// How many texts differ.
fn changed(before: &BTreeMap<String, String>, after: &Agent) -> usize {
    let texts = after.texts();
    let changed = before
        .iter()
        .filter(|(label, text)| texts.get(*label) != Some(text));
    changed.count()
}
