//! The project's own commands: `cargo xtask test`, `cargo xtask bench`, `cargo xtask man`, `cargo xtask tidy`.
//!
//! One file per command: a module with `Args` (its flags) and `run`. To add one, add the module, a variant of
//! [`Command`] and its arm in [`main`].

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool of ours: its output is what it is for"
)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod counts;
mod man;
mod test;
mod tidy;
mod workspace;

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything the README promises: fmt, clippy, tidy, tests, doctests, docs
    Test(test::Args),
    /// The figures of the design, each against a floor or target of the same run; fails on none of them
    Bench(bench::Args),
    /// The man pages of hvs, made from its command line
    Man(man::Args),
    /// Sizes, documentation, dependency direction and the rules that lints cannot hold
    Tidy(tidy::Args),
}

fn main() -> ExitCode {
    let outcome = match Xtask::parse().command {
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Tidy(args) => tidy::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
