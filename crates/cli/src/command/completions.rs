//! `hvs completions`: the script that teaches a shell the commands and flags.

use engine::report::Exit;

use crate::{args::Completions, failure::Failure, output};

/// Prints the script; needs no configuration.
pub(crate) fn run(asked: Completions) -> Result<Exit, Failure> {
    output::data(script(asked.shell).trim_end())?;
    Ok(Exit::Done)
}

fn script(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::command_line(), "hvs", &mut script);
    // names and help texts are ours, and Unicode
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_learns_every_command() {
        for shell in clap_complete::Shell::value_variants() {
            let script = script(*shell);
            for command in crate::command_line().get_subcommands() {
                assert!(
                    script.contains(command.get_name()),
                    "{shell}: {}",
                    command.get_name()
                );
            }
            assert!(script.contains("log-format"), "{shell}");
        }
    }
}
