//! `hvs db`.

use std::path::PathBuf;

use super::Json;

/// `hvs db`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Db {
    /// Look through the whole store for damage; changes nothing
    Check(Json),
    /// Make a consistent copy of the store, also while a run goes on
    Backup(Backup),
    /// Put a backup in the store's place; what stood there is kept beside it
    Restore(Restore),
    /// Write the store anew without free space; not while a run goes on
    Vacuum(Json),
}

/// `hvs db backup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// Where to; must not exist [default: beside the store, named by the time]
    #[arg(value_name = "FILE")]
    pub to: Option<PathBuf>,
    #[command(flatten)]
    pub json: Json,
}

/// `hvs db restore`.
#[derive(Debug, clap::Args)]
#[group(id = "which", required = true, multiple = false)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE", group = "which")]
    pub from: Option<PathBuf>,
    /// The newest of the backups beside the store
    #[arg(long, group = "which")]
    pub newest: bool,
    /// Change nothing, list the backups beside the store
    #[arg(long, group = "which")]
    pub list: bool,
    #[command(flatten)]
    pub json: Json,
}

impl Db {
    /// The form of what is printed on stdout.
    pub(crate) const fn json(&self) -> bool {
        match self {
            Db::Check(json) | Db::Vacuum(json) => json.json,
            Db::Backup(backup) => backup.json.json,
            Db::Restore(restore) => restore.json.json,
        }
    }
}
