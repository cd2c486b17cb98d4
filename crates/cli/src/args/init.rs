//! `hvs init`.

use std::path::PathBuf;

/// The ways to Huly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum HulyWay {
    Platform,
    Bridge,
}

/// `hvs init`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Init {
    /// By which way Huly is reached: its own services, or the predecessor's bridge; found out where left out
    #[arg(long, value_enum, value_name = "WAY")]
    pub huly_api: Option<HulyWay>,
    /// Huly's address in the browser; one with `/workbench/NAME` names the workspace, too. Or the bridge's
    #[arg(long, value_name = "URL")]
    pub huly_url: Option<String>,
    /// The workspace's short name in the browser's address
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
    /// A file that holds a token of the account
    #[arg(long, value_name = "FILE", conflicts_with = "email")]
    pub token_file: Option<PathBuf>,
    /// The account's e-mail address, instead of a token
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// A file that holds the account's password
    #[arg(long, value_name = "FILE", requires = "email")]
    pub password_file: Option<PathBuf>,
    /// Vibe Kanban's address; found by its own variables and port file where left out
    #[arg(long, value_name = "URL")]
    pub vibe_url: Option<String>,
    /// Repositories of new Vibe projects may stand below this directory; may be repeated
    #[arg(long, value_name = "DIR")]
    pub repo_root: Vec<PathBuf>,
    /// Where hvs keeps its database [default: `~/.local/share/hvs/hvs.db`]
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Vibe Kanban runs elsewhere (another machine, a container): its repositories cannot be looked at from here
    #[arg(long)]
    pub remote_paths: bool,
    /// The `.env` of the service before hvs (huly-vibe-sync): what it says is carried over
    #[arg(long, value_name = "FILE")]
    pub from_env: Option<PathBuf>,
    /// Where to write the configuration
    #[arg(long, value_name = "FILE", default_value = "hvs.toml")]
    pub out: PathBuf,
    /// Ask nothing: what no flag says is found or left out
    #[arg(long)]
    pub yes: bool,
    /// Replace a configuration that is there already
    #[arg(long)]
    pub force: bool,
}
