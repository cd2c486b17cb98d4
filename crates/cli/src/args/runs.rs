//! `hvs runs`.

use clap::Subcommand;

use super::Json;

/// `hvs runs`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Runs {
    /// Which; none lists them.
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
    #[command(flatten)]
    pub list: RunsList,
}

/// `hvs runs ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List runs, newest first
    List(RunsList),
    /// Show one run with all its figures
    Show {
        /// The run's id, the end of it, or `last`
        id: String,
        #[command(flatten)]
        json: Json,
    },
}

/// `hvs runs list`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct RunsList {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    #[command(flatten)]
    pub json: Json,
}
