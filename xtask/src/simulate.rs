//! `cargo xtask simulate`: schedules of trouble for whole engines, and judges who never ask hvs (docs/reliability.md).

use std::ffi::OsString;

use anyhow::{Context, bail};

use crate::workspace::cargo;

/// Flags of `cargo xtask simulate`: they are told to the simulation as they are.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// `--seeds N`, `--from S`, `--jobs J`, `--replay FILE`, `--seed N`, `--polls`, `--sabotage [N]`; `--help` tells them all
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FLAGS"
    )]
    flags: Vec<OsString>,
}

/// The simulation, by cargo; its flags follow.
pub(crate) const COMMAND: [&str; 10] = [
    "run",
    "--quiet",
    "--locked",
    "--profile",
    "simulation",
    "--package",
    "sim",
    "--example",
    "simulate",
    "--",
];

/// Has the sim crate simulate, optimised: xtask itself depends on no crate of ours, so it is built in seconds.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let status = cargo()
        .args(COMMAND)
        .args(&args.flags)
        .status()
        .context("cargo cannot be started")?;
    if !status.success() {
        bail!("the simulation ended with {status}");
    }
    Ok(())
}
