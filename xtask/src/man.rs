//! `cargo xtask man`: the man pages.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::workspace::cargo;

/// Flags of `cargo xtask man`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to write them
    #[arg(long, value_name = "DIR", default_value = "target/man")]
    out: PathBuf,
}

/// Has the cli crate write them: xtask itself depends on no crate of ours, so it is built in seconds.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let status = cargo()
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "cli",
            "--example",
            "man",
            "--",
        ])
        .arg(std::path::absolute(&args.out).context("the directory is no path")?)
        .status()
        .context("cargo cannot be started")?;
    if !status.success() {
        bail!("the pages could not be written");
    }
    println!("written to {}", args.out.display());
    Ok(())
}
