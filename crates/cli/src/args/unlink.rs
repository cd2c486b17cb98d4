//! `hvs unlink`.

use super::Json;

/// `hvs unlink`.
#[derive(Debug, clap::Args)]
pub(crate) struct Unlink {
    /// Only this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    /// Change nothing, count what would go
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Do it without asking; needed where nobody can be asked
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub json: Json,
}
