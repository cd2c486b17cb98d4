//! `hvs conflicts`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Json;

/// `hvs conflicts`.
#[derive(Debug, Subcommand)]
pub(crate) enum Conflicts {
    /// List fields that both sides changed differently
    List(ConflictList),
    /// Show both values as a diff
    Show {
        /// The conflict's number, or the item (HARB-12) where it has one only
        #[arg(value_name = "CONFLICT")]
        id: String,
        #[command(flatten)]
        json: Json,
    },
    /// Decide which value shall stand; the next run writes it
    Resolve(Resolve),
}

/// What is listed.
#[derive(Debug, Args)]
pub(crate) struct ConflictList {
    /// Those that a policy decided, too, with the value that lost
    #[arg(long)]
    pub all: bool,
    /// Only of this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    #[command(flatten)]
    pub json: Json,
}

/// `hvs conflicts resolve`.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// The conflict's number, or the item (HARB-12) where it has one only
    #[arg(value_name = "CONFLICT")]
    pub id: String,
    /// Whose value shall stand; `both` puts Vibe's text below Huly's, `edit` takes one of your own
    #[arg(long, value_enum, value_name = "VALUE")]
    pub take: Chosen,
    /// The text for `edit`: a file, or `-` for the standard input; without it your editor opens
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Only if the conflict still has this version, as `show` printed it
    #[arg(long, value_name = "N")]
    pub seen: Option<u64>,
    /// In place of a decision that no run has carried out yet
    #[arg(long)]
    pub replace: bool,
    #[command(flatten)]
    pub json: Json,
}

/// Which value is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Chosen {
    Huly,
    Vibe,
    Both,
    Edit,
}

impl Conflicts {
    /// Whether one JSON document is asked for.
    pub(crate) const fn json(&self) -> bool {
        match self {
            Conflicts::List(list) => list.json.json,
            Conflicts::Show { json, .. } => json.json,
            Conflicts::Resolve(resolve) => resolve.json.json,
        }
    }
}
