//! `hvs sync once`: one pass.

use std::{io::IsTerminal, sync::Arc};

use engine::{
    env::{Env, System},
    report::Exit,
    run::Mode,
};
use store::{Store, row::ProjectPhase};

use crate::{
    args::{Global, Once},
    command::person,
    config::Config,
    connect,
    failure::Failure,
    output, settings,
    settings::Asked,
    signals::Interrupt,
};

/// Brings both sides together.
pub(crate) async fn once(config: &Config, global: &Global, once: Once) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen()?;
    let store = connect::open_store(config).await?;
    let asked = Asked::of(&once.project, &once.items, &once.filter);
    let mut settings = settings::for_run(config, asked);
    if std::io::stderr().is_terminal() && is_first_sync(store.as_ref()).await? {
        // somebody watches, and a first sync takes as long as it takes (issue 6a)
        settings.run_deadline = None;
    }
    let began = System.now();
    let connecting = connect::engine_for_sync(config, Arc::clone(&store), settings);
    let engine = match interrupt.or(Box::pin(connecting)).await {
        Ok(engine) => engine,
        Err(failure) => {
            connect::not_begun(store.as_ref(), "sync", began, &failure).await?;
            return Err(failure);
        }
    };
    connect::remember(&engine, config.huly.api).await?;
    let mode = Mode::Sync {
        accept: once.accept.clone(),
    };
    let mut report = output::progress::run(&engine, mode, &interrupt.stop, global).await;
    let ended = format!("run {}, exit code {}", report.id, report.exit.code());
    let mut deeds = Vec::new();
    let mut unknown = Vec::new();
    for hash in once.accept {
        // a run that did not come to work has looked at no hash
        if report.lease_held_by.is_none() && engine.store.held(&hash).await?.is_none() {
            unknown.push(hash);
        } else if report.lease_held_by.is_none() {
            deeds.push(person::deed("accept", &hash, &ended));
        }
    }
    person::note(engine.store.as_ref(), deeds).await?;
    output::trouble::asked(&mut report, &once.project, &unknown)?;
    output::report::run(&report, once.json.json, global)
}

/// Whether any project still waits for the end of its first sync.
async fn is_first_sync(store: &dyn Store) -> Result<bool, Failure> {
    let projects = store.projects().await?;
    let waits =
        |row: &store::row::ProjectRow| row.phase == ProjectPhase::Active && !row.first_sync_done;
    Ok(projects.is_empty() || projects.iter().any(waits))
}
