//! What `cargo xtask test --letta` tells: the built `hvs` as a process, against both boards as this process serves them and a
//! real Letta server.
//!
//! An example, so that no ordinary run of the tests contains it: it cannot be told without the server, and nothing is skipped.
//! Chapters follow one another on one server and one store. What the server holds is read over plain HTTP, never through our
//! client, which would agree with its own mistakes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test in all but its name: it ends at the first thing that is not as it should be"
)]

use std::{
    io::{BufRead, Write},
    time::Instant,
};

#[expect(
    dead_code,
    reason = "the tests' people do more than this story asks of them"
)]
#[path = "../it/people.rs"]
mod people;
#[expect(dead_code, reason = "likewise")]
#[path = "../it/process.rs"]
mod process;
mod real;
mod story;
mod wire;
#[expect(dead_code, reason = "likewise")]
#[path = "../it/world.rs"]
mod world;

use story::Story;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(tell());
}

/// A variable that `cargo xtask test --letta` sets.
fn told(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `cargo xtask test --letta` tells this story")
    })
}

async fn tell() {
    let mut chapters = 0;
    let mut began = Instant::now();
    let mut ended = |what: &str| {
        chapters += 1;
        say(&format!("{what}: {:.1} s", began.elapsed().as_secs_f64()));
        began = Instant::now();
        chapters
    };
    let url = told("STORY_LETTA_URL");
    let password = told("STORY_LETTA_PASSWORD");
    let mut story = Story::begin(&url, &password).await;
    story.a_wrong_password_ends_with_3().await;
    ended("a wrong password ends with 3, and makes nothing");
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
    story.a_watch_outlives_idle_connections().await;
    let chapters = ended("a watch tells changes over connections that the server closed");
    say(&format!("story: {chapters} chapters against Letta"));
}

/// One line, at once: whoever listens may have to act.
fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

/// Has the server restarted by who runs it, and waits until it was.
fn restart() {
    say("ask: restart Letta");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).unwrap();
    assert_eq!(answer, "done\n", "the server was not restarted");
}
