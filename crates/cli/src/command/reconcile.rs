//! `hvs reconcile`: settles what an interrupted run left, and nothing else.

use engine::{report::Exit, run::Mode};

use crate::{
    args::Global, config::Config, connect, failure::Failure, output, settings, signals::Interrupt,
};

/// Settles it.
pub(crate) async fn run(config: &Config, global: &Global, json: bool) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen()?;
    let store = connect::open_store(config).await?;
    let engine = interrupt
        .or(Box::pin(connect::engine(
            config,
            store,
            settings::settings(config, &[]),
        )))
        .await?;
    connect::remember(&engine, config.huly.api).await?;
    let report = output::progress::run(&engine, Mode::Reconcile, &interrupt.stop, global).await;
    output::report::run(&report, json, global)
}
