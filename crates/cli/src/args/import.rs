//! `hvs import`.

use std::path::PathBuf;

use super::Json;

/// `hvs import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The predecessor's database, `logs/sync-state.db`; it is copied and never touched
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Store nothing, show what would be linked
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub json: Json,
}
