//! `hvs project`: the pairs, and a person's choice for one that waits.

use engine::{projects::choose::Choice, report::Exit};

use crate::{
    args::{Choose, Global, Project},
    command::person,
    config::Config,
    connect,
    failure::Failure,
    output, settings,
    signals::Interrupt,
};

/// Lists, or chooses.
pub(crate) async fn run(
    config: &Config,
    global: &Global,
    project: Project,
) -> Result<Exit, Failure> {
    if connect::find_store(config).await?.is_none() {
        return Err(
            Failure::usage("there is no store, so no projects are linked")
                .hint("check `path` in [store]: `hvs config show` prints it"),
        );
    }
    let store = connect::open_store(config).await?;
    match project {
        Project::List(json) => {
            let (mut rows, counts) = (store.projects().await?, store.link_counts().await?);
            rows.sort_by(|a, b| a.label.cmp(&b.label));
            output::project::list(&rows, &counts, json.json)?;
            Ok(Exit::Done)
        }
        Project::Choose(asked) => {
            let interrupt = Interrupt::listen()?;
            let settings = settings::settings(config, &[]);
            let connecting = connect::engine(config, store, settings);
            let engine = interrupt.or(Box::pin(connecting)).await?;
            let choice = choice(&asked);
            let who = person::who();
            let choosing = engine.choose(
                &asked.project,
                &choice,
                &who,
                &asked.accept,
                !asked.dry_run,
                &interrupt.stop,
            );
            let (report, chosen) = Box::pin(choosing).await;
            if report.exit == Exit::Done && chosen.project.is_none() {
                let words = format!("no pair of projects is called `{}`", asked.project);
                return Err(Failure::usage(words).hint("`hvs project list` lists them"));
            }
            output::project::chosen(&report, &chosen, &choice, &asked, global)
        }
    }
}

/// The one that was asked for: the parser lets exactly one through.
fn choice(asked: &Choose) -> Choice {
    if asked.recreate {
        Choice::Recreate {
            into: asked.into.clone(),
        }
    } else if asked.mirror {
        Choice::Mirror
    } else if asked.unlink {
        Choice::Unlink
    } else if asked.trust {
        Choice::Trust
    } else {
        Choice::Relink
    }
}
