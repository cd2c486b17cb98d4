//! `hvs history`.

use super::Json;

/// `hvs history`.
#[derive(Debug, clap::Args)]
pub(crate) struct History {
    /// Only of this item: an issue by its identifier (HARB-12), a task by its id
    #[arg(value_name = "ITEM")]
    pub item: Option<String>,
    /// Only what people did with hvs
    #[arg(long)]
    pub people: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    #[command(flatten)]
    pub json: Json,
}
