//! `hvs reconcile`: settles what an interrupted run left; with `--full` looks through everything, with `--repair` mends it.

use engine::{
    Stop,
    reconcile::{
        finding::{Finding, judge},
        unfinished,
    },
    report::{Exit, Report},
    run::{Engine, Mode},
};

use crate::{
    args::{Global, Reconcile},
    config::Config,
    connect,
    failure::Failure,
    output, settings,
    signals::Interrupt,
};

/// Settles, looks, mends, looks again.
pub(crate) async fn run(
    config: &Config,
    global: &Global,
    asked: Reconcile,
) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen()?;
    let store = connect::open_store(config).await?;
    let engine = interrupt
        .or(Box::pin(connect::engine(
            config,
            store,
            settings::settings(config, &asked.project),
        )))
        .await?;
    connect::remember(&engine, config.huly.api).await?;
    let stop = &interrupt.stop;
    let mut settled = output::progress::run(&engine, Mode::Reconcile, stop, global).await;
    let cannot_go_on = matches!(settled.exit, Exit::Lease | Exit::Service | Exit::Bug);
    if !(asked.full || asked.repair) || cannot_go_on {
        output::trouble::asked(&mut settled, &asked.project, &[])?;
        return output::report::run(&settled, asked.json.json, global);
    }
    let first = unfinished(&settled);
    let json = asked.json.json;
    let (mut report, before) = look(&engine, stop, first.as_ref()).await;
    output::trouble::asked(&mut report, &asked.project, &[])?;
    report.exit = report.exit.and(settled.exit);
    if !asked.repair {
        return output::reconcile::end(&report, &before, None, json, global);
    }
    if !json {
        output::reconcile::found(&before)?;
    }
    let mut unknown = Vec::new();
    for hash in &asked.accept {
        if engine.store.held(hash).await?.is_none() {
            unknown.push(hash.clone());
        }
    }
    let mut done = Box::pin(engine.repair(asked.accept, stop)).await;
    output::trouble::asked(&mut done, &asked.project, &unknown)?;
    let (_, after) = look(&engine, stop, first.as_ref()).await;
    output::reconcile::end(&done, &before, Some(&judge(&before, &after)), json, global)
}

/// Everything that is not as it should be, what an interrupted run left first.
async fn look(engine: &Engine, stop: &Stop, first: Option<&Finding>) -> (Report, Vec<Finding>) {
    let (report, found) = Box::pin(engine.survey(stop)).await;
    let all = first.cloned().into_iter().chain(found).collect();
    (report, all)
}
