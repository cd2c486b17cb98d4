//! `hvs unlink`: takes hvs' footers out of Vibe and drops the links; nothing else is touched.

use std::io::{BufRead, IsTerminal, stdin};

use engine::{report::Exit, unlink::Unlinked};

use crate::{
    args::{Global, Unlink},
    command::person,
    config::Config,
    connect,
    failure::Failure,
    output, settings,
    signals::Interrupt,
};

/// Counts, asks, and unlinks.
pub(crate) async fn run(config: &Config, global: &Global, unlink: Unlink) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen()?;
    let Unlink {
        project: only,
        dry_run,
        yes,
        json,
    } = unlink;
    let asks = !yes && !dry_run;
    if asks && !stdin().is_terminal() {
        return Err(Failure::usage("nobody can be asked whether to unlink")
            .hint("`--dry-run` shows what would go; `--yes` does it"));
    }
    if connect::find_store(config).await?.is_none() {
        return Err(Failure::usage("there is no store, so nothing is linked")
            .hint("check `path` in [store]: `hvs config show` prints it"));
    }
    let store = connect::open_store(config).await?;
    let engine = interrupt
        .or(Box::pin(connect::engine(
            config,
            store,
            settings::settings(config, &[]),
        )))
        .await?;
    if !yes {
        let (report, counted) = Box::pin(engine.unlink(&only, false, &interrupt.stop)).await;
        is_there(&counted, &only)?;
        if dry_run || report.exit != Exit::Done {
            return output::unlink::end(&report, &counted, true, json.json, global);
        }
        output::unlink::asked(&counted)?;
        if !says_yes()? {
            output::tell("nothing was changed")?;
            return Ok(Exit::Done);
        }
    }
    let (report, unlinked) = Box::pin(engine.unlink(&only, true, &interrupt.stop)).await;
    if report.lease_held_by.is_none() {
        let deeds = unlinked.projects.iter().map(|project| {
            let effect = format!(
                "{} links dropped, {} footers removed; run {}",
                project.dropped, project.removed, report.id
            );
            person::deed("unlink", &project.label, &effect)
        });
        person::note(engine.store.as_ref(), deeds.collect()).await?;
    }
    if report.exit == Exit::Done {
        is_there(&unlinked, &only)?;
    }
    output::unlink::end(&report, &unlinked, false, json.json, global)
}

/// A project that was named and is not linked is a mistake, not an empty success.
fn is_there(unlinked: &Unlinked, only: &[String]) -> Result<(), Failure> {
    let fold = |text: &str| text.trim().to_lowercase();
    for name in only {
        let found = unlinked
            .projects
            .iter()
            .any(|project| fold(&project.label) == fold(name) || fold(&project.name) == fold(name));
        if !found {
            return Err(
                Failure::usage(format!("no linked project is called `{name}`"))
                    .hint("`hvs status` lists them"),
            );
        }
    }
    Ok(())
}

fn says_yes() -> Result<bool, Failure> {
    let mut answer = String::new();
    stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::usage(format!("the answer cannot be read: {error}")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
