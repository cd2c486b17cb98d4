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
use store::row::Deed;

use crate::{
    args::{Global, Reconcile},
    command::person,
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
        output::reconcile::found(&before, true)?;
    }
    let mut unknown = Vec::new();
    for hash in &asked.accept {
        if engine.store.held(hash).await?.is_none() {
            unknown.push(hash.clone());
        }
    }
    let mut done = Box::pin(engine.repair(asked.accept.clone(), stop)).await;
    if done.lease_held_by.is_none() {
        let deeds = deeds(&done, &asked, &unknown);
        person::note(engine.store.as_ref(), deeds).await?;
    }
    output::trouble::asked(&mut done, &asked.project, &unknown)?;
    let (_, after) = look(&engine, stop, first.as_ref()).await;
    output::reconcile::end(&done, &before, Some(&judge(&before, &after)), json, global)
}

/// What this person had mended, and what they accepted for it.
fn deeds(done: &Report, asked: &Reconcile, unknown: &[String]) -> Vec<Deed> {
    let effect = format!("run {}, exit code {}", done.id, done.exit.code());
    let what = if asked.project.is_empty() {
        "all projects".to_owned()
    } else {
        asked.project.join(", ")
    };
    let accepted = asked.accept.iter().filter(|hash| !unknown.contains(hash));
    let accepted = accepted.map(|hash| person::deed("accept", hash, &effect));
    std::iter::once(person::deed("repair", &what, &effect))
        .chain(accepted)
        .collect()
}

/// Everything that is not as it should be, what an interrupted run left first.
async fn look(engine: &Engine, stop: &Stop, first: Option<&Finding>) -> (Report, Vec<Finding>) {
    let (report, found) = Box::pin(engine.survey(stop)).await;
    let all = first.cloned().into_iter().chain(found).collect();
    (report, all)
}
