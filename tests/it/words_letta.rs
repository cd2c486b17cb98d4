//! The words about agents, as snapshots (see [`crate::words`]).

use sim::{letta::NewAgent, vibe::Generation};

use crate::{letta::Told, words::snapshot, world::World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_agents() {
    let bare = World::new(Generation::L2).await;
    snapshot!(bare, "letta_list_without_a_store", "letta", "list");
    snapshot!(bare, "letta_show_without_a_store", "letta", "show", "HARB");
    snapshot!(
        bare,
        "letta_adopt_without_a_store",
        "letta",
        "adopt",
        "HARB"
    );
    snapshot!(
        bare,
        "letta_detach_without_a_store",
        "letta",
        "detach",
        "HARB"
    );
    let project = bare.huly_project("HARB", "Harbor");
    bare.issue(&project, "Quay", "Text.", "Todo");
    bare.sync().await;
    snapshot!(bare, "letta_show_without_a_sink", "letta", "show", "HARB");

    let mut told = Told::new().await;
    told.sync().await.exits(0);
    let world = &told.world;
    snapshot!(world, "letta_list", "letta", "list");
    snapshot!(
        world,
        "letta_show_hotspots",
        "letta",
        "show",
        "HARB",
        "--block",
        "hotspots"
    );
    snapshot!(
        world,
        "letta_show_unknown_block",
        "letta",
        "show",
        "HARB",
        "--block",
        "gossip"
    );
    snapshot!(
        world,
        "letta_adopt_unknown",
        "letta",
        "adopt",
        "HARB",
        "agent-1"
    );
    let theirs = NewAgent {
        name: Some("Huly - Harbor".to_owned()),
        model: Some("letta/letta-free".to_owned()),
        tags: Some(vec!["huly-vibe-sync".to_owned(), "project:HARB".to_owned()]),
        ..NewAgent::default()
    };
    let theirs = told.letta.model.lock().create_agent(theirs).unwrap();
    snapshot!(world, "letta_adopt_candidates", "letta", "adopt", "HARB");
    let id = theirs.agent.id.as_str();
    snapshot!(world, "letta_adopt", "letta", "adopt", "HARB", id);
    snapshot!(world, "letta_detach", "letta", "detach", "HARB");
    snapshot!(world, "letta_list_detached", "letta", "list");
    told.world.set("letta.token", "another");
    snapshot!(told.world, "letta_adopt_refused", "letta", "adopt", "HARB");
}
