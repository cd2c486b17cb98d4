//! `cargo xtask test --letta`: hvs against a real Letta server.
//!
//! The last server with this API is installed from pypi.org into a directory of its own, with the dependencies of its lock file; it
//! runs on loopback for as long as the story of `tests/letta/` takes, and everything is stopped and removed again.

use std::path::Path;

use anyhow::{Context, Result};

mod install;
mod place;
mod postgres;
mod process;
mod server;
mod story;

use crate::test::{build_hvs, build_story, minutes, now};
use place::Place;
use postgres::Database;
use server::Letta;

/// Installs, starts, tells the story, stops, and removes what was installed unless `cache` keeps it for the next run.
pub(crate) fn run(cache: Option<&Path>) -> Result<()> {
    let begin = now();
    let place = Place::new(cache)?;
    let outcome = all(&place);
    let megabytes = place.megabytes();
    if outcome.is_err() && cache.is_some() {
        println!("logs: {}", place.run().display());
    } else {
        place.clear()?;
    }
    let told = outcome?;
    println!("{}: {} MB of disk", place.home().display(), megabytes?);
    println!("ok: {told}, in {}", minutes(begin.elapsed()));
    Ok(())
}

/// The steps in order. What was started ends with the value that holds it, however this ends.
fn all(place: &Place) -> Result<String> {
    let (hvs, story) = step("build", || Ok((build_hvs()?, build_story()?)))?;
    step("install", || install::all(place))?;
    let database = step("PostgreSQL", || Database::start(place))?;
    step("schema", || server::migrate(place, &database))?;
    let mut letta = step("Letta", || Letta::start(place, &database))?;
    let told = step("story", || story::tell(&story, &hvs, &mut letta))?;
    step("stop", || {
        letta.stop()?;
        database.stop()
    })?;
    Ok(told)
}

/// Does one thing, and says how long it took.
fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}");
    let started = now();
    let outcome = work();
    let seconds = started.elapsed().as_secs_f64();
    let done = outcome.with_context(|| format!("step {name} failed after {seconds:.1} s"))?;
    println!("    {name} ok in {seconds:.1} s\n");
    Ok(done)
}
