//! `hvs sync watch`.

/// `hvs sync watch`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Watch {
    /// Only this project, by Huly identifier or name; may be repeated
    #[arg(long, value_name = "PROJECT")]
    pub project: Vec<String>,
    /// Print one line of JSON for each run on stdout
    #[arg(long)]
    pub json: bool,
}
