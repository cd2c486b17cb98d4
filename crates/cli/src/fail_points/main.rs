//! `hvs` with points at which it ends: see `fail_points`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
