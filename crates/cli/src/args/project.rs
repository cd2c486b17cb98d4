//! `hvs project`.

use super::Json;

/// `hvs project`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Project {
    /// List the pairs of projects, with what each that waits can be chosen for
    List(Json),
    /// Say what becomes of a pair that waits: a project was deleted as a whole, or a service was restored from a backup
    Choose(Choose),
}

/// `hvs project choose`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("choice").required(true))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one flag a choice, as they are typed; the group lets exactly one through"
)]
pub(crate) struct Choose {
    /// Which pair, by Huly identifier or name
    #[arg(value_name = "PROJECT")]
    pub project: String,
    /// Both projects are there again: go on; everything is compared afresh
    #[arg(long, group = "choice")]
    pub relink: bool,
    /// Make what is missing again, from the other side
    #[arg(long, group = "choice")]
    pub recreate: bool,
    /// Delete what the other side still has of a project that was deleted; under the guard
    #[arg(long, group = "choice")]
    pub mirror: bool,
    /// Leave the pair alone from now on: footers and links go, no item is touched
    #[arg(long, group = "choice")]
    pub unlink: bool,
    /// Take what a restored service shows for what it is: differences are edits, missing items were deleted
    #[arg(long, group = "choice")]
    pub trust: bool,
    /// With --recreate: in the project of this name, identifier or id
    #[arg(long, value_name = "NAME", requires = "recreate")]
    pub into: Option<String>,
    /// Change nothing, say what would become of it
    #[arg(long)]
    pub dry_run: bool,
    /// Carry out what a guard held back, by the hash it was shown with; may be repeated
    #[arg(long, value_name = "HASH", requires = "mirror")]
    pub accept: Vec<String>,
    #[command(flatten)]
    pub json: Json,
}
