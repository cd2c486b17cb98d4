//! `hvs` keeps Huly issues and Vibe Kanban tasks the same, both ways.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
