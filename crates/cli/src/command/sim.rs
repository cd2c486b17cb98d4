//! `hvs sim serve`: the simulated servers alone.

use std::path::Path;

use engine::report::Exit;
use sim::{
    dataset::{self, Boards},
    letta::Version,
};
use sync_core::Pair;

use crate::{
    args::{Door, Serve, Sim},
    failure::Failure,
    output,
    output::table,
    signals::Interrupt,
    words,
};

use super::world::{LETTA_PASSWORD, World, clock, generation, letta};

/// Made-up words follow from it.
const SEED: u64 = 7;

/// Serves until somebody asks to stop.
pub(crate) async fn run(command: Sim) -> Result<Exit, Failure> {
    let Sim::Serve(asked) = command;
    let interrupt = Interrupt::listen()?;
    let world = World::start(
        boards(&asked)?,
        Pair {
            huly: asked.huly_port,
            vibe: asked.vibe_port,
        },
        asked.huly_api,
    )
    .await?;
    let (_, letta) = letta(asked.letta_port).await?;
    let store = match &asked.config_out {
        Some(path) => beside(path)?.join("hvs-sim.db"),
        None => Path::new("hvs-sim.db").to_owned(),
    };
    let config = world.config(&store);
    let addresses = world.addresses();
    output::data(&table::facts(&[
        ("Huly", addresses.huly),
        (
            "Vibe Kanban",
            format!("{} ({})", addresses.vibe, version(&world)),
        ),
        (
            "Letta",
            format!(
                "{} (v{}), password {LETTA_PASSWORD}",
                letta.url(),
                Version::V0_16_8
            ),
        ),
        (
            "sign in as",
            match asked.huly_api {
                Door::Platform => {
                    format!("{}, password {}", world.login.email, world.login.password)
                }
                Door::Bridge | Door::BridgeLater => "(the bridge asks for no account)".to_owned(),
            },
        ),
        (
            "behind the scenes",
            "/_sim on each server: counters, faults, the clock, people's deeds".to_owned(),
        ),
    ]))?;
    if let Some(path) = &asked.config_out {
        let shown = path.display();
        std::fs::write(path, &config)
            .map_err(|error| Failure::usage(format!("cannot write `{shown}`: {error}")))?;
        output::data(&table::facts(&[("configuration", shown.to_string())]))?;
        output::tell(&hint(&format!(
            "`hvs --config {shown} plan` in another terminal; Ctrl-C ends the servers"
        )))?;
    } else {
        output::data(&format!("\n{config}"))?;
        output::tell(&hint(
            "keep these lines as hvs.toml, or give --config-out; Ctrl-C ends the servers",
        ))?;
    }
    interrupt.asked().await;
    tokio::join!(world.shutdown(), letta.shutdown());
    Ok(Exit::Done)
}

fn hint(text: &str) -> String {
    format!("\n{} {text}", words::styled(words::HINT.bold(), "hint:"))
}

fn boards(asked: &Serve) -> Result<Boards, Failure> {
    let (clock, generation) = (clock(), generation(asked.shape));
    let made = match (asked.projects, asked.issues) {
        (Some(projects), Some(issues)) => {
            let [projects, issues] =
                [projects, issues].map(|number| usize::try_from(number).unwrap_or(usize::MAX));
            dataset::sized_for(
                &clock,
                generation,
                projects,
                issues.div_ceil(projects.max(1)),
                SEED,
            )
        }
        (None, _) | (_, None) => dataset::demo(&clock, generation),
    };
    made.map_err(|error| {
        Failure::new(
            Exit::Bug,
            format!("the simulated data cannot be made: {error}"),
        )
    })
}

fn version(world: &World) -> String {
    format!("v{}", world.vibe.model.lock().generation().version())
}

/// The directory of a file, absolute.
fn beside(path: &Path) -> Result<std::path::PathBuf, Failure> {
    let absolute = std::path::absolute(path).map_err(|error| {
        Failure::usage(format!(
            "`{}` is no path to write to: {error}",
            path.display()
        ))
    })?;
    Ok(absolute.parent().map(Path::to_owned).unwrap_or_default())
}
