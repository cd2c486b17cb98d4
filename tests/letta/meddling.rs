//! The chapters in which others act on the server: agents, people, other programs.

use serde_json::json;

use crate::story::{OURS, Story, is_whole};

impl Story {
    pub(crate) async fn blocks_that_somebody_writes_at_the_same_time_are_right_in_the_end(&self) {
        let agent = self.real.agent_of(&self.harbor).await;
        let label = "change_log";
        let block = format!("/v1/blocks/{}", agent.block(label));
        let quay = self.world.issue_named("Quay").id;
        let busy = async {
            let mut refused = 0;
            loop {
                // the server refuses one of two at once: ours or this one
                let theirs = json!({ "value": format!("theirs, {refused}") });
                refused += usize::from(self.real.tries("PATCH", &block, &theirs).await == 409);
            }
        };
        let synced = async {
            for status in ["InProgress", "Todo", "InProgress"] {
                self.world.move_issue(&quay, status);
                let ran = self.sync().await;
                assert!(matches!(ran.code, Some(0 | 3)), "{ran}");
            }
        };
        tokio::select! {
            () = busy => {}
            () = synced => {}
        }
        self.world.move_issue(&quay, "Done");
        self.a_day_passes().await;
        self.sync().await.exits(0);
        let after = self.real.agent_of(&self.harbor).await;
        assert!(after.says(label).contains("Quay"), "{after:#?}");
        is_whole(&after);
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
        self.door.requests();
        // blocks without an agent take what is written to them: at the comparison at the latest it shows that nobody reads it
        let lighthouse = self.world.issue_named("Lighthouse").id;
        self.world.move_issue(&lighthouse, "InProgress");
        self.sync().await.exits(0);
        let early = self.door.requests();
        self.a_day_passes().await;
        for _ in 0..2 {
            self.sync().await.exits(0);
        }
        let mut asked = self.door.requests();
        asked.extend(early);
        assert_eq!(Self::count(&asked, "POST /v1/agents/"), 1, "{asked:#?}");
        let after = self.real.agent_of(&self.harbor).await;
        assert_ne!(after.id, before.id);
        is_whole(&after);
        assert!(after.says("hotspots").contains("Lighthouse"), "{after:#?}");
        assert_eq!(after.says("board_config"), before.says("board_config"));
        // what hvs made is cleared up; what the agent wrote itself is left to whoever deleted it
        let orphans = self.real.orphans().await;
        let left = |label: &str| {
            let block = before.block(label);
            orphans.iter().any(|orphan| orphan["id"] == block)
        };
        for label in OURS.into_iter().chain(["human", "persona"]) {
            assert!(!left(label), "{label}: {orphans:#?}");
        }
        assert!(left("scratchpad"), "{orphans:#?}");
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
}
