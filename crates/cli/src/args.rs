//! The command line, as it is typed.

mod check;
mod completions;
pub(crate) mod conflicts;
pub(crate) mod db;
pub(crate) mod dlq;
pub(crate) mod filter;
pub(crate) mod history;
mod import;
mod init;
pub(crate) mod letta;
#[cfg(test)]
mod pages;
mod project;
pub(crate) mod queue;
mod reconcile;
mod runs;
mod selftest;
pub(crate) mod status;
mod unlink;
mod watch;

use std::path::PathBuf;

use clap::{
    ArgAction, Parser, Subcommand, ValueEnum,
    builder::styling::{AnsiColor, Styles},
};

pub(crate) use check::Check;
pub(crate) use completions::Completions;
pub(crate) use import::Import;
pub(crate) use init::{HulyWay, Init};
pub(crate) use project::{Choose, Project};
pub(crate) use reconcile::Reconcile;
pub(crate) use runs::{Runs, RunsCommand, RunsList};
pub(crate) use selftest::Selftest;
pub(crate) use unlink::Unlink;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0  all done
  1  a bug of hvs
  2  usage or configuration
  3  some items failed or were not reached
  4  a service refused or could not be reached
  5  nothing done: another run holds the lease
  6  a guard held something back
Where several apply, the first of 1, 2, 4, 6, 3, 5.

Without Huly and Vibe Kanban at hand, `hvs demo` shows all of it.";

/// Keeps Huly issues and Vibe Kanban tasks the same, both ways.
#[derive(Debug, Parser)]
#[command(name = "hvs", version, long_version = crate::version::long(), styles = STYLES, after_help = EXIT_CODES, max_term_width = 100, propagate_version = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

pub(crate) use watch::Watch;

/// Flags that every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Global {
    /// The configuration [default: `HVS_CONFIG`, ./hvs.toml, ~/.config/hvs/hvs.toml]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub config: Option<PathBuf>,
    /// Say more on stderr; twice for each decision, three times for each call
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
    /// Say less; nothing at all where all is well
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: u8,
    /// Colours: where a terminal shows them, always, or never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t = clap::ColorChoice::Auto,
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub color: clap::ColorChoice,
    /// The form of log lines on stderr [default: `log.format`]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        help_heading = "Global options"
    )]
    pub log_format: Option<LogFormat>,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find both services and write a first configuration; reads only
    Init(Init),
    /// Hold the configuration against the live servers; writes to no service
    Check(Check),
    /// Show what `sync once` would do; reads only
    Plan(Plan),
    /// Bring both sides together
    #[command(subcommand)]
    Sync(Sync),
    /// Settle what an interrupted run left; look through everything; mend what is wrong
    Reconcile(Reconcile),
    /// Show what the store knows; asks no server
    Status(status::Status),
    /// Take over the links of the predecessor, the JavaScript service before hvs
    Import(Import),
    /// Take hvs' footers out of Vibe and drop the links; nothing else is touched
    Unlink(Unlink),
    /// Check, back up, restore or shrink the store
    #[command(subcommand)]
    Db(db::Db),
    /// List pairs of projects; choose what becomes of one that waits for you
    #[command(subcommand)]
    Project(Project),
    /// Show the effective configuration
    #[command(subcommand)]
    Config(Config),
    /// Print the script that completes commands and flags in a shell
    Completions(Completions),
    /// Values that a service did not take, and what is done about them
    #[command(subcommand)]
    Dlq(dlq::Dlq),
    /// Writes that are under way and items that are tried again
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Fields that both sides changed differently
    #[command(subcommand)]
    Conflicts(conflicts::Conflicts),
    /// The agents that are told how their projects stand
    #[command(subcommand)]
    Letta(letta::Letta),
    /// What runs changed and what people decided, newest first
    History(history::History),
    /// Show past runs
    Runs(Runs),
    /// Tell the whole story on simulated servers; needs nothing
    Demo(Demo),
    /// Check the promises of hvs on this machine: simulated boards, faults and crashes; needs nothing
    Selftest(Selftest),
    /// Run simulated servers
    #[command(subcommand)]
    Sim(Sim),
}

/// `hvs plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// Only this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    #[command(flatten)]
    pub filter: filter::Filter,
    #[command(flatten)]
    pub json: Json,
}

/// `hvs sync`.
#[derive(Debug, Subcommand)]
pub(crate) enum Sync {
    /// One pass, for cron or by hand
    Once(Box<Once>),
    /// Run after run, as a service
    Watch(Watch),
}

/// `hvs sync once`.
#[derive(Debug, clap::Args)]
pub(crate) struct Once {
    /// Only these items, now: an issue by its identifier (HARB-12), a task by its id
    #[arg(value_name = "ITEM", conflicts_with_all = ["project", "status", "category", "label", "assignee", "priority", "max_age", "identifier"])]
    pub items: Vec<String>,
    /// Write nothing, show what would be done (the same as `hvs plan`)
    #[arg(long, conflicts_with = "accept")]
    pub dry_run: bool,
    /// Only this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    /// Carry out what a guard held back, by the hash it was shown with; may be repeated
    #[arg(long, value_name = "HASH")]
    pub accept: Vec<String>,
    #[command(flatten)]
    pub filter: filter::Filter,
    #[command(flatten)]
    pub json: Json,
}

/// The form of what is printed on stdout.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Json {
    /// Print one JSON document on stdout
    #[arg(long)]
    pub json: bool,
}

/// `hvs config`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Every effective value with its origin; secrets are hidden
    Show(Json),
    /// The JSON Schema of the configuration
    Schema,
}

/// `hvs demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Leave the servers up until Ctrl-C, and print the configuration to go on with
    #[arg(long)]
    pub keep: bool,
    /// Which Vibe Kanban: `l1` as v0.0.115, `l2` as v0.1.14
    #[arg(long, value_enum, default_value_t = Shape::L2)]
    pub shape: Shape,
}

/// `hvs sim`.
#[derive(Debug, Subcommand)]
pub(crate) enum Sim {
    /// Serve a simulated Huly, Vibe Kanban and Letta on loopback until Ctrl-C
    Serve(Serve),
}

/// `hvs sim serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Port of Huly; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub huly_port: u16,
    /// Port of Vibe Kanban; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub vibe_port: u16,
    /// Port of Letta; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub letta_port: u16,
    /// Which Vibe Kanban: `l1` as v0.0.115, `l2` as v0.1.14
    #[arg(long, value_enum, default_value_t = Shape::L2)]
    pub shape: Shape,
    /// By which way Huly is reached: its own services, or the predecessor's bridge in its first or a later form
    #[arg(long, value_enum, default_value_t = Door::Platform)]
    pub huly_api: Door,
    /// So many Huly projects instead of the demo's
    #[arg(long, value_name = "N", requires = "issues", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub projects: Option<u32>,
    /// So many issues, over all projects
    #[arg(long, value_name = "N", requires = "projects", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub issues: Option<u32>,
    /// The demo's projects and issues; this is the default
    #[arg(long, conflicts_with_all = ["projects", "issues"])]
    pub demo: bool,
    /// Where to write a configuration for these servers
    #[arg(long, value_name = "FILE")]
    pub config_out: Option<PathBuf>,
}

/// The ways to the simulated Huly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Door {
    Platform,
    Bridge,
    BridgeLater,
}

/// The shapes of Vibe Kanban's local API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    L1,
    L2,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Args, clap::error::ErrorKind> {
        Args::try_parse_from(line.split_whitespace()).map_err(|error| error.kind())
    }

    #[test]
    fn the_declaration_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for line in [
            "hvs --config a.toml -vv plan",
            "hvs plan -v --config a.toml -v",
        ] {
            let args = parse(line).unwrap();
            assert_eq!(args.global.config, Some("a.toml".into()), "{line}");
            assert_eq!(args.global.verbose, 2, "{line}");
        }
    }

    #[test]
    fn projects_and_hashes_may_be_repeated() {
        let args =
            parse("hvs sync once --project HARB --project ISLE --accept a --accept b --json")
                .unwrap();
        let Command::Sync(Sync::Once(once)) = args.command else {
            panic!("{args:?}")
        };
        assert_eq!(
            (
                once.project.len(),
                once.accept.len(),
                once.json.json,
                once.dry_run
            ),
            (2, 2, true, false)
        );
    }

    #[test]
    fn a_dry_run_accepts_nothing() {
        use clap::error::ErrorKind::ArgumentConflict;
        assert_eq!(
            parse("hvs sync once --dry-run --accept a").unwrap_err(),
            ArgumentConflict
        );
        assert_eq!(parse("hvs plan -v -q").unwrap_err(), ArgumentConflict);
        assert_eq!(
            parse("hvs sim serve --demo --projects 1 --issues 1").unwrap_err(),
            ArgumentConflict
        );
    }

    #[test]
    fn runs_without_a_word_lists_them() {
        let args = parse("hvs runs --limit 3").unwrap();
        let Command::Runs(runs) = args.command else {
            panic!("{args:?}")
        };
        assert!(runs.command.is_none());
        assert_eq!(runs.list.limit, 3);
        let args = parse("hvs runs show last --json").unwrap();
        let Command::Runs(Runs {
            command: Some(RunsCommand::Show { id, json }),
            ..
        }) = args.command
        else {
            panic!("{args:?}")
        };
        assert_eq!((id.as_str(), json.json), ("last", true));
    }

    #[test]
    fn a_command_is_needed() {
        assert!(parse("hvs").is_err());
        assert!(parse("hvs sync").is_err());
        assert!(parse("hvs watch").is_err());
    }
}
