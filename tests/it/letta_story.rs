//! The story that `cargo xtask test --letta` tells to a real Letta server, told to the simulated one: what the two disagree about
//! ends one of them.

use std::time::Duration;

use sim::{
    clock::Clock,
    http::{Server, letta_router, serve},
    letta::LettaModel,
};

use crate::{story, world::START_MS};

const PASSWORD: &str = "letta-c4n4ry-story";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_that_the_real_letta_is_told_ends_as_well_on_the_simulated_one() {
    let model = LettaModel::new(Clock::running(START_MS), 7).with_password(PASSWORD);
    let letta = Server::new(model, 7);
    let listening = serve(letta_router(&letta), 0).await.unwrap();
    // it closes no idle connection, so there is nothing to wait for
    let idle = Duration::from_millis(100);
    let mut chapters = 0;
    story::tell(&listening.url(), PASSWORD, idle, || {}, |_| chapters += 1).await;
    assert_eq!(chapters, 16);
}
