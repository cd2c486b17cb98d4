//! `hvs import`: the pairs that the predecessor left become links. Writes to no service.

use engine::{
    env::{Env, System},
    report::Exit,
};
use store::predecessor;

use crate::{
    args::{Global, Import},
    command::person,
    config::Config,
    connect,
    failure::{Failure, chain},
    output, settings,
    signals::Interrupt,
};

/// Imports, or shows what an import would do.
pub(crate) async fn run(config: &Config, global: &Global, import: Import) -> Result<Exit, Failure> {
    let Import {
        path,
        dry_run,
        json,
    } = import;
    let interrupt = Interrupt::listen()?;
    let state = predecessor::read(&path, System.random_id())
        .await
        .map_err(|error| Failure::usage(chain(&error)).code(error.code()))?;
    let store = if dry_run {
        connect::store_for_plan(config).await?
    } else {
        connect::open_store(config).await?
    };
    let engine = interrupt
        .or(Box::pin(connect::engine(
            config,
            store,
            settings::settings(config, &[]),
        )))
        .await?;
    if !dry_run {
        connect::remember(&engine, config.huly.api).await?;
    }
    if !json.json {
        output::import::found(&path, &state)?;
    }
    // What could not be printed is told at the end: a broken pipe stops no import.
    let mut printed = Ok(());
    let (report, imported) =
        Box::pin(engine.import(&state, !dry_run, &interrupt.stop, |project| {
            if !json.json && printed.is_ok() {
                printed = output::import::project(project, global);
            }
        }))
        .await;
    printed?;
    if !dry_run && report.lease_held_by.is_none() {
        let ended = format!("run {}, exit code {}", report.id, report.exit.code());
        let deed = person::deed("import", &path.display().to_string(), &ended);
        person::note(engine.store.as_ref(), vec![deed]).await?;
    }
    output::import::end(report, &imported, dry_run, json.json, global)
}
