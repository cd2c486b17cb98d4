//! `hvs completions`.

/// `hvs completions`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
