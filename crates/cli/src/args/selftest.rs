//! `hvs selftest`.

/// `hvs selftest`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Selftest {
    /// How many schedules of trouble are played at most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// The first seed: other seeds, other schedules
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub from: u64,
    /// No schedule begins after so many minutes
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub minutes: Option<u64>,
}
