//! The chapters.

use std::collections::BTreeMap;

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
const OURS: [&str; 6] = [
    "backlog_summary",
    "board_config",
    "board_metrics",
    "change_log",
    "hotspots",
    "project",
];
/// Blocks that are made once and then belong to the agent.
const OWN: [&str; 3] = ["human", "persona", "scratchpad"];
/// Longer than the server leaves an idle connection open (5 s).
const IDLE: std::time::Duration = std::time::Duration::from_secs(7);

/// Both boards, the server, and a door to it that hvs goes through.
#[derive(Debug)]
pub(crate) struct Story {
    world: World,
    real: Real,
    door: Counted,
    password: String,
    /// The id of the first Huly project.
    harbor: String,
}

impl Story {
    pub(crate) async fn begin(url: &str, password: &str) -> Story {
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

    async fn sync(&self) -> Ran {
        let ran = self.world.hvs(&["sync", "once"]).await;
        let printed = [&ran.out, &ran.err];
        assert!(
            !printed.iter().any(|text| text.contains(&self.password)),
            "the password is printed: {ran}"
        );
        ran
    }

    /// Has the daily comparison be due.
    async fn a_day_passes(&self) {
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
    async fn is_quiet(&self) {
        self.door.requests();
        let ran = self.sync().await.exits(0);
        let asked = self.door.requests();
        assert!(asked.is_empty(), "{asked:#?}\n{ran}");
    }

    /// How often something was asked.
    fn count(asked: &[String], begins: &str) -> usize {
        let asked = asked.iter().filter(|line| line.starts_with(begins));
        asked.count()
    }

    pub(crate) async fn a_wrong_password_ends_with_3(&mut self) {
        self.world.set("letta.token", "wrong-c4n4ry");
        let ran = self.sync().await.exits(3).prints(&["LETTA_UNAUTHORIZED"]);
        assert!(!ran.out.contains("c4n4ry") && !ran.err.contains("c4n4ry"));
        self.world.assert_same_on_both_sides();
        assert_eq!(self.real.agents().await.len(), 0);
        self.world.set("letta.token", &self.password);
    }

    pub(crate) async fn the_first_sync_makes_one_whole_agent(&self) {
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

    pub(crate) async fn a_quiet_run_makes_no_call(&self) {
        self.is_quiet().await;
        self.is_quiet().await;
    }

    pub(crate) async fn a_change_writes_what_changed(&self) {
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

    pub(crate) async fn after_a_restart_it_goes_on(&self) {
        self.is_quiet().await;
        let quay = self.world.issue_named("Quay").id;
        self.world.move_issue(&quay, "Done");
        self.sync().await.exits(0);
        let agent = self.real.agent_of(&self.harbor).await;
        assert!(agent.says("change_log").contains("Quay"), "{agent:#?}");
        self.is_quiet().await;
    }

    pub(crate) async fn what_others_changed_is_mended_at_the_comparison(&self) {
        let before = self.real.agent_of(&self.harbor).await;
        let theirs = json!({ "value": "ours now", "read_only": false });
        self.real.edit(&before.block("hotspots"), &theirs).await;
        let own = json!({ "value": "the agent's own notes" });
        self.real.edit(&before.block("scratchpad"), &own).await;
        let gone = before.block("board_metrics");
        let gone = format!("/v1/blocks/{gone}");
        self.real.ask("DELETE", &gone, None).await;
        let agent = format!("/v1/agents/{}/core-memory/blocks/detach", before.id);
        let detached = format!("{agent}/{}", before.block("project"));
        self.real.ask("PATCH", &detached, None).await;
        // not looked at before its time
        self.is_quiet().await;
        self.a_day_passes().await;
        self.sync().await.exits(0);
        let after = self.real.agent_of(&self.harbor).await;
        assert_eq!(after.id, before.id);
        for label in OURS {
            assert_eq!(after.says(label), before.says(label), "{label}");
        }
        assert_eq!(after.says("scratchpad"), "the agent's own notes");
        is_whole(&after);
        self.is_quiet().await;
        // a flag alone is mended, too
        let open = json!({ "read_only": false });
        self.real.edit(&after.block("hotspots"), &open).await;
        self.a_day_passes().await;
        self.sync().await.exits(0);
        is_whole(&self.real.agent_of(&self.harbor).await);
        self.is_quiet().await;
    }

    pub(crate) async fn a_twin_is_left_alone(&self) {
        let ours = self.real.agent_of(&self.harbor).await;
        let twin = self.real.make("A twin", &ours.tags).await;
        self.is_quiet().await;
        self.a_day_passes().await;
        self.door.requests();
        let ran = self.sync().await.exits(0);
        let asked = self.door.requests();
        assert!(
            ran.err.contains("AGENT_TWINS") && ran.err.contains(&twin.id),
            "{ran}"
        );
        let writes = asked.iter().filter(|line| !line.starts_with("GET"));
        assert_eq!(writes.count(), 0, "{asked:#?}");
        let both = self.real.agents_of(&self.harbor).await;
        let ids: Vec<&str> = both.iter().map(|agent| agent.id.as_str()).collect();
        assert_eq!(ids, [ours.id.as_str(), twin.id.as_str()]);
        assert_eq!(both[1].blocks.len(), twin.blocks.len());
        self.real.delete_agent(&twin.id).await;
        self.is_quiet().await;
    }

    pub(crate) async fn a_deleted_agent_is_made_again_once(&self) {
        let before = self.real.agent_of(&self.harbor).await;
        self.real.delete_agent(&before.id).await;
        // its blocks outlive it: by their tags they can be told from those of others
        let orphans = self.real.orphans().await;
        let left = orphans
            .iter()
            .find(|block| block["id"] == before.block("hotspots"));
        assert_eq!(
            left.unwrap()["tags"].as_array().unwrap().len(),
            3,
            "{left:#?}"
        );
        self.is_quiet().await;
        self.a_day_passes().await;
        self.door.requests();
        for _ in 0..2 {
            self.sync().await.exits(0);
        }
        let asked = self.door.requests();
        assert_eq!(Self::count(&asked, "POST /v1/agents/"), 1, "{asked:#?}");
        let after = self.real.agent_of(&self.harbor).await;
        assert_ne!(after.id, before.id);
        is_whole(&after);
        for label in OURS {
            assert_eq!(after.says(label), before.says(label), "{label}");
        }
        self.is_quiet().await;
    }

    pub(crate) async fn of_two_that_were_there_the_oldest_is_taken(&self) {
        let pier = self.world.huly_project("PIER", "Pier");
        self.world.issue(&pier, "Plank", "Text.", "Todo");
        let harbor = self.real.agent_of(&self.harbor).await;
        let mut tags = harbor.tags.clone();
        tags.retain(|tag| !tag.starts_with("hvs-project:"));
        tags.push(format!("hvs-project:{pier}"));
        let oldest = self.real.make("Oldest", &tags).await;
        let newer = self.real.make("Newer", &tags).await;
        self.door.requests();
        self.sync().await.exits(0).prints(&["1 agent found"]);
        let asked = self.door.requests();
        assert_eq!(Self::count(&asked, "POST /v1/agents/"), 0, "{asked:#?}");
        let both = self.real.agents_of(&pier).await;
        assert_eq!(
            (both[0].id.as_str(), both[1].id.as_str()),
            (oldest.id.as_str(), newer.id.as_str())
        );
        assert!(both[0].says("backlog_summary").contains("PIER-1 \"Plank\""));
        assert!(both[1].blocks.is_empty(), "{both:#?}");
        assert_eq!(both.len(), 2);
        self.is_quiet().await;
    }

    pub(crate) async fn a_lost_answer_makes_no_second_agent(&self) {
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

    pub(crate) async fn an_agent_of_the_predecessor_is_taken_over(&self) {
        let tags = ["huly-vibe-sync".to_owned(), "project:HARB".to_owned()];
        let theirs = self.real.make("Huly - Harbor", &tags).await;
        let adopt = ["letta", "adopt", "HARB"];
        self.world.hvs(&adopt).await.exits(0).prints(&[&theirs.id]);
        let adopt = ["letta", "adopt", "HARB", &theirs.id];
        self.world.hvs(&adopt).await.exits(0);
        self.sync().await.exits(0);
        let all = self.real.agents_of(&self.harbor).await;
        let adopted = all.iter().find(|agent| agent.id == theirs.id).unwrap();
        assert!(
            tags.iter().all(|tag| adopted.tags.contains(tag)),
            "{adopted:#?}"
        );
        assert!(adopted.says("hotspots").contains("HARB-2 \"Crane\""));
        self.is_quiet().await;
        self.world.hvs(&["letta", "detach", "HARB"]).await.exits(0);
        let quay = self.world.issue_named("Quay").id;
        self.world.move_issue(&quay, "Todo");
        self.is_quiet().await;
        assert_eq!(self.real.agents_of(&self.harbor).await.len(), all.len());
    }

    pub(crate) async fn a_watch_outlives_idle_connections(&mut self) {
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
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            tokio::time::sleep(IDLE).await;
        }
        watch.signal("TERM");
        let ran = watch.wait().await.exits(0);
        assert!(!ran.err.contains("was not told"), "{ran}");
    }
}

/// Holds an agent to all blocks, each ours or its own.
#[track_caller]
fn is_whole(agent: &Agent) {
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
