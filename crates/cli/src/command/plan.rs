//! `hvs plan`: what `hvs sync once` would do. Reads only.

use engine::{Mode, Stop, report::Exit};

use crate::{
    args::Global, config::Config, connect, failure::Failure, output, settings, settings::Asked,
};

/// Shows the plan of all projects, or of those named.
pub(crate) async fn run(
    config: &Config,
    global: &Global,
    asked: Asked<'_>,
    json: bool,
) -> Result<Exit, Failure> {
    let store = connect::store_for_plan(config).await?;
    let engine = connect::engine(config, store, settings::for_run(config, asked)).await?;
    let mut report = output::progress::run(&engine, Mode::Plan, &Stop::default(), global).await;
    output::trouble::asked(&mut report, asked.projects, &[])?;
    output::report::plan(&report, json, global)
}
