//! `hvs plan`: what `hvs sync once` would do. Reads only.

use engine::{Mode, Stop, report::Exit};

use crate::{args::Global, config::Config, connect, failure::Failure, output, settings};

/// Shows the plan of all projects, or of those named.
pub(crate) async fn run(
    config: &Config,
    global: &Global,
    only: &[String],
    json: bool,
) -> Result<Exit, Failure> {
    let store = connect::store_for_plan(config).await?;
    let engine = connect::engine(config, store, settings::settings(config, only)).await?;
    let mut report = engine.run(Mode::Plan, &Stop::default()).await;
    output::trouble::asked(&mut report, only, &[])?;
    output::report::plan(&report, json, global)
}
