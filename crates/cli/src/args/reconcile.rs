//! `hvs reconcile`.

use super::Json;

/// `hvs reconcile`.
#[derive(Debug, clap::Args)]
pub(crate) struct Reconcile {
    /// Read everything on both sides, too, and show what is not as it should be
    #[arg(long)]
    pub full: bool,
    /// Show it and mend it: duplicates that nobody touched, items that are gone, a store that was lost
    #[arg(long)]
    pub repair: bool,
    /// Only this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    /// Carry out what a guard held back, by the hash it was shown with; may be repeated
    #[arg(long, value_name = "HASH", requires = "repair")]
    pub accept: Vec<String>,
    #[command(flatten)]
    pub json: Json,
}
