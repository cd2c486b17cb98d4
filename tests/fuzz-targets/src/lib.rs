//! What is fuzzed, as functions over bytes. A target panics where a law is broken; a refusal is no defect.
//!
//! `tests/smoke.rs` runs each over its seeds and changed copies of them in every test run; `fuzz/` hands the same functions to
//! libFuzzer (`cargo fuzz run footer`), for as long as one likes.

mod config;
mod text;
mod wire;

/// A function under fuzz and inputs to begin with.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name in `fuzz/fuzz_targets` too.
    pub name: &'static str,
    /// Inputs that reach far into it.
    pub seeds: &'static [&'static [u8]],
    /// Panics where a law does not hold.
    pub run: fn(&[u8]),
    /// Whether one input takes long (a simulated server is set up for it), so that a smoke run tries fewer.
    pub is_slow: bool,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    text::FOOTER,
    text::MARKUP,
    text::TREE,
    text::MERGE,
    config::CONFIG,
    wire::HULY,
    wire::VIBE,
];

/// Runs the target of this name.
///
/// # Panics
///
/// Where there is none, and where a law is broken.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    assert!(target.is_some(), "there is no target `{name}`");
    if let Some(target) = target {
        (target.run)(data);
    }
}
