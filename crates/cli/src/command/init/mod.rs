//! `hvs init`: finds both services, reads them, and writes a commented `hvs.toml` with what a first run would do. Writes to no
//! service.

mod ask;
mod basics;
mod door;
mod dotenv;
mod file;
mod find;
mod from_env;
mod pairs;
mod read;

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use engine::{
    propose::{Links, ProjectProposal, StatusProposal},
    report::Exit,
};
use sync_core::Pair;

use crate::{
    args::Init,
    config::{self as configuration, Config, Inputs},
    connect,
    failure::Failure,
    output,
};
use ask::{Answers, Nobody, Person};
pub(crate) use file::{Basics, map_of};
pub(crate) use from_env::{Becomes, FromEnv};
pub(crate) use pairs::why;

/// One Huly project, with what is proposed for it.
#[derive(Debug)]
pub(crate) struct ProposedProject {
    pub pair: ProjectProposal,
    /// The map of its statuses; `None` where it is left alone.
    pub statuses: Option<StatusProposal>,
    /// What would link its items; `None` where it is left alone.
    pub links: Option<Links>,
}

/// Everything that is proposed.
#[derive(Debug)]
pub(crate) struct Proposed {
    pub projects: Vec<ProposedProject>,
    /// Vibe projects without a partner.
    pub alone: Vec<engine::port::BoardProject>,
}

/// Writes the configuration and says what comes next.
pub(crate) async fn run(init: Init) -> Result<Exit, Failure> {
    let out = absolute(&init.out)?;
    if out.exists() && !init.force {
        let what = format!("there is a configuration already: {}", out.display());
        return Err(
            Failure::usage(what).hint("`--force` replaces it, `--out FILE` writes another one")
        );
    }
    let directory = out.parent().map(Path::to_owned).unwrap_or_default();
    let env = from_env(&init)?;
    let basics = basics::basics(&init, env, asked(&init).as_mut()).await?;

    let draft = kept(&directory, &file::draft(&basics))?;
    let config = load(draft.path())?;
    let way = config.way()?;
    let ((huly, workspace), vibe) =
        tokio::try_join!(connect::huly(&config, way, 0), connect::vibe(&config, way))?;
    let boards = Pair { huly, vibe };
    let proposed = read::proposed(&config, &boards, workspace).await?;

    let written = kept(&directory, &file::text(&basics, &proposed))?;
    // what is written can be read: else this is told before anything is replaced
    load(written.path())?;
    persist(written, &out, init.force)?;
    let config = load(&out)?;
    let way = config.way()?;
    let boards = boards.map(Ok);
    let checked =
        super::check::all(&config, way, boards, Some(workspace), init.remote_paths).await?;
    output::init::print(&init.out, &basics, &proposed, &checked)?;
    Ok(checked.exit(false))
}

/// Somebody to ask: only at a terminal, and only where that is wanted.
fn asked(init: &Init) -> Box<dyn Answers> {
    let (from, to) = (std::io::stdin(), std::io::stderr());
    if init.yes || !from.is_terminal() || !to.is_terminal() {
        return Box::new(Nobody);
    }
    Box::new(Person {
        from: std::io::BufReader::new(from),
        to,
    })
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::usage(format!("`{}` is no path: {error}", path.display())))
}

/// The predecessor's variables, in terms of the keys that this version knows.
fn from_env(init: &Init) -> Result<FromEnv, Failure> {
    let Some(file) = &init.from_env else {
        return Ok(FromEnv::default());
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!("`{}` cannot be read: {error}", file.display()))
            .hint("--from-env takes the `.env` file of huly-vibe-sync")
    })?;
    let empty = configuration::load(&Inputs {
        directory: std::env::temp_dir(),
        environment: [("HVS_STORE_PATH", "hvs.db")].into_iter().collect(),
        ..Inputs::default()
    })?;
    let has_key = |key: &str| empty.origins.of(key).is_some();
    Ok(from_env::translate(
        file.clone(),
        dotenv::read(&text),
        has_key,
    ))
}

/// A file beside the one that is to be written, readable for us alone; gone when it is dropped.
fn kept(directory: &Path, text: &str) -> Result<tempfile::NamedTempFile, Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!(
            "cannot write to `{}`: {error}",
            directory.display()
        ))
        .hint("`--out FILE` writes elsewhere")
    };
    std::fs::create_dir_all(directory).map_err(failed)?;
    let mut file = tempfile::Builder::new()
        .prefix(".hvs-init-")
        .suffix(".toml")
        .tempfile_in(directory)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

/// Puts the file in its place, whole or not at all; one that came into being meanwhile stays.
fn persist(file: tempfile::NamedTempFile, out: &Path, force: bool) -> Result<(), Failure> {
    let done = if force {
        file.persist(out)
    } else {
        file.persist_noclobber(out)
    };
    done.map(drop).map_err(|error| {
        Failure::usage(format!("cannot write `{}`: {}", out.display(), error.error))
            .hint("`--force` replaces a file, `--out FILE` writes another one")
    })
}

fn load(path: &Path) -> Result<Config, Failure> {
    let inputs = Inputs::from_process(Some(path.to_owned()), Vec::new()).map_err(|error| {
        Failure::usage(format!("the working directory cannot be found: {error}"))
    })?;
    Ok(configuration::load(&inputs)?)
}
