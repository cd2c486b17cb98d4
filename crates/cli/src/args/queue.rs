//! `hvs queue`.

use clap::{Args, Subcommand};

use super::{Json, dlq::Pick};

/// `hvs queue`.
#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// List writes that are under way and items that are tried again
    List(QueueList),
    /// Show all that is known of some of what waits
    Show(Pick),
    /// Let the next run try what waits, and not only when it is due
    Retry(Pick),
}

/// What is listed.
#[derive(Debug, Args)]
pub(crate) struct QueueList {
    /// Only of this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    #[command(flatten)]
    pub json: Json,
}

impl Queue {
    /// Whether one JSON document is asked for.
    pub(crate) const fn json(&self) -> bool {
        match self {
            Queue::List(list) => list.json.json,
            Queue::Show(pick) | Queue::Retry(pick) => pick.json.json,
        }
    }
}
