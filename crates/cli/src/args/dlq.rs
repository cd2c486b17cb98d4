//! `hvs dlq`, and how its rows are named.

use clap::{Args, Subcommand};

use super::Json;

/// `hvs dlq`.
#[derive(Debug, Subcommand)]
pub(crate) enum Dlq {
    /// List values and agents that a service did not take and that wait for you
    List(List),
    /// Show all that is known of some dead letters
    Show(Pick),
    /// Take dead letters away: the next run sends the values once more
    Retry(Pick),
    /// Tell of dead letters no more; the values are sent only when they change
    Drop(Pick),
}

/// What is listed.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    /// Those that were dropped, too
    #[arg(long)]
    pub dropped: bool,
    #[command(flatten)]
    pub json: Json,
}

/// Which rows are meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Pick {
    /// An item by its identifier (HARB-12), or a row by its id
    #[arg(value_name = "ITEM", required_unless_present_any = ["all", "project"])]
    pub items: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "items")]
    pub all: bool,
    /// Only of this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    #[command(flatten)]
    pub json: Json,
}

impl Dlq {
    /// Whether one JSON document is asked for.
    pub(crate) const fn json(&self) -> bool {
        match self {
            Dlq::List(list) => list.json.json,
            Dlq::Show(pick) | Dlq::Retry(pick) | Dlq::Drop(pick) => pick.json.json,
        }
    }
}
