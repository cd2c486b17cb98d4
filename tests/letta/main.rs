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
    time::{Duration, Instant},
};

mod following;
mod meddling;
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

/// Longer than the server leaves an idle connection open (5 s).
const IDLE: Duration = Duration::from_secs(7);

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
    let ended = |what: &str| {
        chapters += 1;
        say(&format!("{what}: {:.1} s", began.elapsed().as_secs_f64()));
        began = Instant::now();
    };
    let (url, password) = (told("STORY_LETTA_URL"), told("STORY_LETTA_PASSWORD"));
    story::tell(&url, &password, IDLE, restart, ended).await;
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
