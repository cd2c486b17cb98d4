//! `hvs status`, as it is typed.

use super::Json;

/// `hvs status`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Status {
    /// Exit with 0 only where the verdict is `ok`: 3 for `degraded`, 4 for `failing` and `stopped`
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub json: Json,
}
