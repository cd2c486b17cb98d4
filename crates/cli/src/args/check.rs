//! `hvs check`.

use super::Json;

/// `hvs check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Warnings fail, too
    #[arg(long)]
    pub strict: bool,
    /// Vibe Kanban runs elsewhere (another machine, a container): its repositories cannot be looked at from here
    #[arg(long)]
    pub remote_paths: bool,
    #[command(flatten)]
    pub json: Json,
}
