//! The program tells agents: on a Letta server over HTTP, and as files. Numbers are rows of the predecessor's failures.

use std::collections::BTreeMap;

use sim::{
    calls::Counts,
    clock::Clock,
    faults::{Effect, Failure, Rule, When},
    http::{Running, Server, letta_router, serve},
    letta::{AgentFilter, LettaModel, NewAgent, NewBlock, Page, Relation},
    vibe::Generation,
};

use crate::world::{START_MS, World};

/// The server's password. Found in any output, a test fails.
const PASSWORD: &str = "letta-c4n4ry-77";

/// A Letta server, and a board that is told there.
pub(crate) struct Told {
    pub(crate) world: World,
    pub(crate) letta: Server<LettaModel>,
    _listening: Running,
}

impl Told {
    pub(crate) async fn new() -> Told {
        let model = LettaModel::new(Clock::running(START_MS), 7).with_password(PASSWORD);
        let letta = Server::new(model, 7);
        let listening = serve(letta_router(&letta), 0).await.unwrap();
        let mut world = World::new(Generation::L2).await;
        let project = world.huly_project("HARB", "Harbor (north)");
        for title in ["Quay", "Crane", "Lighthouse"] {
            world.issue(&project, title, "Text.", "Todo");
        }
        world.set("letta.sink", "letta");
        world.set("letta.url", &format!("{}/v1", listening.url()));
        world.set("letta.model", "letta/letta-free");
        world.set("letta.token", PASSWORD);
        world.set("retry.base", "10 ms");
        world.set("retry.cap", "20 ms");
        Told {
            world,
            letta,
            _listening: listening,
        }
    }

    /// Names of agents with the values of their blocks by label.
    pub(crate) fn agents(&self) -> Vec<(String, BTreeMap<String, String>)> {
        let model = self.letta.model.lock();
        let relations = [Relation::Blocks, Relation::Tags];
        let page = Page {
            limit: Some(0),
            ..Page::default()
        };
        let all = model
            .list_agents(&AgentFilter::default(), &page, &relations)
            .unwrap();
        all.into_iter()
            .map(|view| {
                let blocks = view.blocks.into_iter();
                let blocks = blocks.map(|block| (block.label, block.value)).collect();
                (view.agent.name, blocks)
            })
            .collect()
    }

    pub(crate) fn the_agent(&self) -> (String, BTreeMap<String, String>) {
        let mut agents = self.agents();
        assert_eq!(agents.len(), 1, "{agents:#?}");
        agents.remove(0)
    }

    fn calls(&self) -> Counts {
        let counts = self.letta.calls.snapshot();
        self.letta.calls.reset();
        counts
    }

    pub(crate) async fn sync(&self) -> crate::process::Ran {
        let ran = self.world.hvs(&["sync", "once"]).await;
        assert!(
            !ran.out.contains(PASSWORD) && !ran.err.contains(PASSWORD),
            "{ran}"
        );
        ran
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_31_a_quiet_run_makes_no_call_to_letta_also_after_a_restart() {
    let told = Told::new().await;
    let ran = told.sync().await.exits(0);
    assert!(ran.out.contains("1 agent made"), "{ran}");
    let (name, blocks) = told.the_agent();
    assert_eq!(name, "Huly - Harbor -north-");
    assert_eq!(blocks.len(), 9, "{blocks:#?}");
    assert!(blocks["backlog_summary"].contains("HARB-1 \"Quay\""));
    let made = told.calls();
    // looked for before and after; what it is and whether we may is asked once
    assert_eq!(made.writes, 1, "{:?}", made.by_route);
    for _ in 0..2 {
        told.sync().await.exits(0);
        let quiet = told.calls();
        let all = quiet.reads + quiet.writes + quiet.sessions;
        assert_eq!(all, 0, "{:?}", quiet.by_route);
    }

    let crane = told.world.issue_named("Crane").id;
    told.world.move_issue(&crane, "InProgress");
    told.sync().await.exits(0);
    let (_, after) = told.the_agent();
    let changed = after
        .iter()
        .filter(|(label, text)| blocks[*label] != **text);
    let changed = changed.count() as u64;
    let calls = told.calls();
    let all = calls.reads + calls.writes + calls.sessions;
    assert!(all <= changed + 1, "{changed}: {:?}", calls.by_route);
    assert!(after["hotspots"].contains("HARB-2 \"Crane\""), "{after:#?}");
    told.world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_38_a_server_whose_filters_are_ignored_gets_no_second_agent_and_no_foreign_one_is_told()
{
    let told = Told::new().await;
    {
        let mut model = told.letta.model.lock();
        for at in 0..120 {
            let agent = NewAgent {
                name: Some(format!("Somebody {at}")),
                model: Some("letta/letta-free".to_owned()),
                tags: Some(vec!["hvs".to_owned(), "other".to_owned()]),
                memory_blocks: Some(vec![NewBlock {
                    label: "hotspots".to_owned(),
                    value: Some("theirs".to_owned()),
                    ..NewBlock::default()
                }]),
                ..NewAgent::default()
            };
            model.create_agent(agent).unwrap();
        }
    }
    let dropped = Rule::on("GET", "/v1/agents/", Effect::DropQuery);
    told.letta.faults.add(dropped);
    for _ in 0..2 {
        told.sync().await;
    }
    let ours = told.agents();
    let ours = ours.iter().filter(|(name, _)| name.starts_with("Huly"));
    assert!(ours.count() <= 1, "never a second one");
    told.letta.faults.clear();
    told.sync().await;
    told.sync().await.exits(0);
    let agents = told.agents();
    assert_eq!(agents.len(), 121);
    let untouched = agents
        .iter()
        .filter(|(_, blocks)| blocks["hotspots"] == "theirs");
    assert_eq!(untouched.count(), 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_33_while_letta_is_down_the_boards_are_synced_and_it_is_told_when_it_is_back() {
    let mut told = Told::new().await;
    let (_, url) = (told.sync().await.exits(0), told.world.variable("letta.url"));
    told.world.set("letta.url", "http://127.0.0.1:1");
    let quay = told.world.issue_named("Quay").id;
    told.world.move_issue(&quay, "Done");
    let ran = told.sync().await.exits(0);
    assert!(ran.out.contains("the agent of HARB waits"), "{ran}");
    told.world.assert_same_on_both_sides();
    let list = told.world.hvs(&["letta", "list"]).await.exits(0);
    assert!(list.out.contains("NET_REFUSED"), "{list}");
    told.world.set("letta.url", &url);
    told.sync().await.exits(0);
    let (_, blocks) = told.the_agent();
    assert!(blocks["change_log"].contains("Quay"), "{blocks:#?}");
    let list = told.world.hvs(&["letta", "list"]).await.exits(0);
    assert!(list.out.contains("the latest"), "{list}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_46_a_wrong_password_is_told_with_what_to_do_and_is_in_no_output() {
    let mut told = Told::new().await;
    told.world.set("letta.token", "letta-c4n4ry-wrong");
    let ran = told.sync().await.exits(3);
    assert!(ran.out.contains("LETTA_UNAUTHORIZED"), "{ran}");
    assert!(!ran.out.contains("c4n4ry") && !ran.err.contains("c4n4ry"));
    told.world.assert_same_on_both_sides();
    assert_eq!(told.agents().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_30_an_answer_that_is_lost_on_the_way_makes_no_second_agent() {
    let told = Told::new().await;
    let lost = Effect::FailAfter {
        failure: Failure::Reset,
    };
    let once = Rule::on("POST", "/v1/agents/", lost).when(When::First(1));
    told.letta.faults.add(once);
    let ran = told.sync().await.exits(0);
    assert!(ran.out.contains("the agent of HARB waits"), "{ran}");
    assert_eq!(told.agents().len(), 1);
    let ran = told.sync().await.exits(0);
    assert!(ran.out.contains("1 agent found"), "{ran}");
    told.the_agent();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_are_listed_shown_taken_over_and_left_alone() {
    let told = Told::new().await;
    told.sync().await.exits(0);
    let show = ["letta", "show", "HARB", "--block", "backlog_summary"];
    let shown = told.world.hvs(&show).await.exits(0);
    assert!(shown.out.contains("HARB-1 \"Quay\""), "{shown}");
    let theirs = {
        let mut model = told.letta.model.lock();
        let agent = NewAgent {
            name: Some("Huly - Harbor".to_owned()),
            model: Some("letta/letta-free".to_owned()),
            tags: Some(vec!["huly-vibe-sync".to_owned(), "project:HARB".to_owned()]),
            ..NewAgent::default()
        };
        model.create_agent(agent).unwrap().agent.id
    };
    let found = told.world.hvs(&["letta", "adopt", "HARB"]).await.exits(0);
    assert!(found.out.contains(&theirs), "{found}");
    told.world
        .hvs(&["letta", "adopt", "HARB", &theirs])
        .await
        .exits(0);
    told.sync().await.exits(0);
    let agents = told.agents();
    let adopted = agents.iter().find(|(name, _)| name == "Huly - Harbor");
    assert!(
        adopted.unwrap().1["backlog_summary"].contains("HARB-1"),
        "{agents:#?}"
    );

    told.world.hvs(&["letta", "detach", "harb"]).await.exits(0);
    told.calls();
    let quay = told.world.issue_named("Quay").id;
    told.world.move_issue(&quay, "Done");
    told.sync().await.exits(0);
    let calls = told.calls();
    assert_eq!(calls.reads + calls.writes + calls.sessions, 0);
    let list = told.world.hvs(&["letta", "list"]).await.exits(0);
    assert!(list.out.contains("left alone"), "{list}");
    let history = told.world.hvs(&["history"]).await.exits(0);
    assert!(history.out.contains("letta detach"), "{history}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn digests_are_written_as_files_and_what_is_excluded_is_in_none_of_them() {
    const SECRET: &str = "c4n4ry-of-the-board";
    let mut world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "Quay", &format!("Blocked by {SECRET}."), "Todo");
    let hidden = world.huly_project("HIDE", &format!("Hidden {SECRET}"));
    world.issue(&hidden, &format!("Hide {SECRET}"), "Text.", "Todo");
    world.set("letta.sink", "directory");
    world.set("letta.dir", "digests");
    world.set("letta.exclude.projects", "HIDE");
    world.set("letta.exclude.fields", "description");
    let ran = world.sync().await;
    assert!(ran.out.contains("1 agent made"), "{ran}");
    let directory = world.path("digests/HARB");
    let mut files = 0;
    for entry in std::fs::read_dir(&directory).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains(SECRET), "{text}");
        files += 1;
    }
    assert_eq!(files, 10, "nine blocks and the mark");
    assert!(!world.path("digests/HIDE").exists());
    let backlog = std::fs::read_to_string(directory.join("backlog_summary.md")).unwrap();
    assert!(backlog.contains("HARB-1 \"Quay\""), "{backlog}");
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_42_a_model_that_the_server_does_not_have_is_told_before_the_first_agent_is_made() {
    let mut told = Told::new().await;
    told.world.hvs(&["check"]).await.exits(0);
    told.world.set("letta.model", "letta/letta-fre");
    told.world.set("letta.embedding", "openai/none-such");
    let ran = told.world.hvs(&["check"]).await.exits(2);
    ran.prints(&[
        "CHECK_MODEL",
        "letta.model",
        "letta/letta-free",
        "letta.embedding",
    ]);
    assert_eq!(told.agents().len(), 0, "a check makes nothing");
    told.world.set("letta.url", "http://127.0.0.1:1");
    let ran = told.world.hvs(&["check"]).await.exits(4);
    ran.prints(&["NET_REFUSED", "letta.url"]);
}
