//! The project's own commands: `cargo xtask test`, `cargo xtask bench`, `cargo xtask coverage`, `cargo xtask kills`,
//! `cargo xtask man`, `cargo xtask mutants`, `cargo xtask simulate`, `cargo xtask tidy`.
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
mod coverage;
mod kills;
mod letta;
mod man;
mod mutants;
mod simulate;
mod test;
mod tidy;
mod tool;
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
    /// How much of each crate its own tests reach, and whether that is enough
    Coverage(coverage::Args),
    /// The built hvs, killed at every kind of step of a run, and at random ones
    Kills(kills::Args),
    /// The man pages of hvs, made from its command line
    Man(man::Args),
    /// Small defects put into a crate, one after the other: do its tests notice? Takes hours
    Mutants(mutants::Args),
    /// Schedules of trouble for whole engines, and judges who never ask hvs
    Simulate(simulate::Args),
    /// Sizes, documentation, dependency direction and the rules that lints cannot hold
    Tidy(tidy::Args),
}

fn main() -> ExitCode {
    let outcome = match Xtask::parse().command {
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Kills(args) => kills::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Simulate(args) => simulate::run(&args),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn every_command_of_ours_that_a_page_names_can_be_typed() {
        let workspace = Workspace::load().unwrap();
        let files = workspace.files().unwrap();
        let mut count = 0;
        for file in files.iter().filter(|file| tidy::links::is_page(file)) {
            let text = std::fs::read_to_string(workspace.root.join(file)).unwrap();
            for (index, line) in text.lines().enumerate() {
                for rest in line.split("cargo xtask ").skip(1) {
                    let typed = rest.split(['`', '#']).next().unwrap_or(rest);
                    let words = ["xtask"].into_iter().chain(typed.split_whitespace());
                    let parsed = Xtask::try_parse_from(words);
                    assert!(
                        parsed.is_ok(),
                        "{file}:{}: `{typed}`: {parsed:?}",
                        index + 1
                    );
                    count += 1;
                }
            }
        }
        assert!(count > 5, "{count} commands were found");
    }
}
