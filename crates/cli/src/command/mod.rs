//! One module per command.

pub(crate) mod check;
mod completions;
mod config;
mod conflicts;
mod db;
mod demo;
mod dlq;
pub(crate) mod given_up;
pub(crate) mod history;
mod import;
pub(crate) mod init;
mod letta;
mod person;
mod plan;
mod project;
pub(crate) mod queue;
mod reconcile;
pub(crate) mod runs;
mod selftest;
mod sim;
pub(crate) mod status;
mod sync;
mod unlink;
mod watch;
mod world;

use engine::report::Exit;

use crate::{
    args::{self, Args, Command, Global, Json, LogFormat, RunsCommand, Sync, filter::Filter},
    config::{self as configuration, Choice, Config, Inputs},
    connect,
    failure::Failure,
    logging, output,
    settings::Asked,
};

/// Does what the command line says. Whatever goes wrong is told on stderr, and with `--json` on stdout, too.
pub(crate) async fn run(args: Args) -> Exit {
    let json = wants_json(&args.command);
    begin(&args.global);
    let done = Box::pin(dispatch(args)).await;
    connect::close_stores().await;
    let failure = match done {
        Ok(exit) => return exit,
        Err(failure) => failure,
    };
    let told = output::tell(&failure.to_string());
    let printed = if json {
        output::json(&failure.json())
    } else {
        Ok(())
    };
    match told.and(printed) {
        Ok(()) => failure.exit,
        // neither stream can be written: only the exit code is left to tell
        Err(unwritten) => failure.exit.and(unwritten.exit),
    }
}

async fn dispatch(args: Args) -> Result<Exit, Failure> {
    let Args { global, command } = args;
    match command {
        Command::Init(init) => {
            unconfigured(&global)?;
            Box::pin(init::run(init)).await
        }
        Command::Check(asked) => check::run(&configured(&global)?, asked).await,
        Command::Plan(plan) => {
            let config = chosen(&global, &plan.filter)?;
            let asked = Asked::of(&plan.project, &[], &plan.filter);
            plan::run(&config, &global, asked, plan.json.json).await
        }
        Command::Sync(Sync::Once(once)) => {
            let config = chosen(&global, &once.filter)?;
            if once.dry_run {
                let asked = Asked::of(&once.project, &once.items, &once.filter);
                return plan::run(&config, &global, asked, once.json.json).await;
            }
            sync::once(&config, &global, *once).await
        }
        Command::Sync(Sync::Watch(asked)) => {
            let config = configured(&global)?;
            watch::run(config, &global, &asked).await
        }
        Command::Reconcile(asked) => reconcile::run(&configured(&global)?, &global, asked).await,
        Command::Project(asked) => project::run(&configured(&global)?, &global, asked).await,
        Command::Status(asked) => status::run(&configured(&global)?, asked).await,
        Command::Db(asked) => db::run(&configured(&global)?, asked).await,
        Command::Config(args::Config::Show(json)) => config::show(&configured(&global)?, json),
        Command::Config(args::Config::Schema) => config::schema(),
        Command::Completions(asked) => completions::run(asked),
        Command::Unlink(unlink) => unlink::run(&configured(&global)?, &global, unlink).await,
        Command::Import(import) => import::run(&configured(&global)?, &global, import).await,
        Command::Runs(runs) => runs::run(&configured(&global)?, runs).await,
        Command::Dlq(asked) => dlq::run(&configured(&global)?, asked).await,
        Command::Queue(asked) => queue::run(&configured(&global)?, asked).await,
        Command::Conflicts(asked) => conflicts::run(&configured(&global)?, asked).await,
        Command::Letta(asked) => letta::run(&configured(&global)?, asked).await,
        Command::History(asked) => history::run(&configured(&global)?, asked).await,
        Command::Demo(demo) => {
            unconfigured(&global)?;
            demo::run(&demo).await
        }
        Command::Selftest(asked) => {
            // The troubles that it plays are no errors of this program; who wants to read of them says `-v`.
            logging::start("off", is_json(&global), &global)?;
            selftest::run(asked).await
        }
        Command::Sim(command) => {
            unconfigured(&global)?;
            sim::run(command).await
        }
    }
}

/// What the flags say about the form of everything that is printed.
fn begin(global: &Global) {
    let colours = match global.color {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    };
    colours.write_global();
    // a configuration that cannot be read is told in the asked form already
    logging::as_json(global.log_format == Some(LogFormat::Json));
}

/// Whether the command prints one JSON document.
fn wants_json(command: &Command) -> bool {
    match command {
        Command::Check(check) => check.json.json,
        Command::Db(asked) => asked.json(),
        Command::Plan(plan) => plan.json.json,
        Command::Import(import) => import.json.json,
        Command::Unlink(unlink) => unlink.json.json,
        Command::Sync(Sync::Once(once)) => once.json.json,
        Command::Sync(Sync::Watch(watch)) => watch.json,
        Command::Reconcile(asked) => asked.json.json,
        Command::Project(args::Project::List(json)) => json.json,
        Command::Project(args::Project::Choose(asked)) => asked.json.json,
        Command::Config(args::Config::Show(Json { json })) => *json,
        Command::Status(asked) => asked.json.json,
        Command::Letta(asked) => asked.json(),
        Command::Dlq(asked) => asked.json(),
        Command::Queue(asked) => asked.json(),
        Command::Conflicts(asked) => asked.json(),
        Command::History(asked) => asked.json.json,
        Command::Runs(runs) => match &runs.command {
            None => runs.list.json.json,
            Some(RunsCommand::List(list)) => list.json.json,
            Some(RunsCommand::Show { json, .. }) => json.json,
        },
        Command::Config(args::Config::Schema)
        | Command::Completions(_)
        | Command::Init(_)
        | Command::Demo(_)
        | Command::Selftest(_)
        | Command::Sim(_) => false,
    }
}

/// The configuration, with logging begun as it says.
fn configured(global: &Global) -> Result<Config, Failure> {
    chosen(global, &Filter::default())
}

/// The same, with the flags that choose items over it.
fn chosen(global: &Global, filter: &Filter) -> Result<Config, Failure> {
    let config = read(global, filter)?;
    let json = match (global.log_format, config.log.format) {
        (Some(LogFormat::Json), _) | (None, configuration::LogFormat::Json) => true,
        (Some(LogFormat::Text), _) | (None, configuration::LogFormat::Text) => false,
    };
    logging::start(config.log.level.word(), json, global)?;
    Ok(config)
}

/// The configuration, read now.
fn read(global: &Global, filter: &Filter) -> Result<Config, Failure> {
    let flags = filter.flags();
    let inputs = Inputs::from_process(global.config.clone(), flags).map_err(|error| {
        Failure::usage(format!("the working directory cannot be found: {error}"))
    })?;
    Ok(configuration::load(&inputs)?)
}

/// Logging alone, for commands that bring everything with them.
fn unconfigured(global: &Global) -> Result<(), Failure> {
    logging::start("error", is_json(global), global)
}

fn is_json(global: &Global) -> bool {
    global.log_format == Some(LogFormat::Json)
}
