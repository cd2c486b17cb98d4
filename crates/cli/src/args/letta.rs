//! `hvs letta`.

use clap::Subcommand;

use super::Json;

/// `hvs letta`.
#[derive(Debug, Subcommand)]
pub(crate) enum Letta {
    /// List each project's agent and whether it knows the latest; asks no server
    List(Json),
    /// Show what a project's agent is to know now, block by block; asks no server
    Show(Show),
    /// Make an agent that is there already a project's own, such as the predecessor's
    Adopt(Adopt),
    /// Leave a project's agent alone from now on; it is not deleted
    Detach(Detach),
}

impl Letta {
    /// Whether its answer is for a program.
    pub(crate) const fn json(&self) -> bool {
        match self {
            Letta::List(json) => json.json,
            Letta::Show(asked) => asked.json.json,
            Letta::Adopt(_) | Letta::Detach(_) => false,
        }
    }
}

/// `hvs letta show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The project, by Huly identifier or name
    pub project: String,
    /// Only this block, such as `hotspots`
    #[arg(long, value_name = "LABEL")]
    pub block: Option<String>,
    #[command(flatten)]
    pub json: Json,
}

/// `hvs letta adopt`.
#[derive(Debug, clap::Args)]
pub(crate) struct Adopt {
    /// The project, by Huly identifier or name
    pub project: String,
    /// The agent's id; without it the agents that may be meant are listed
    pub agent: Option<String>,
}

/// `hvs letta detach`.
#[derive(Debug, clap::Args)]
pub(crate) struct Detach {
    /// The project, by Huly identifier or name
    pub project: String,
}
