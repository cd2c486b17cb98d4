//! Whole runs against the simulated servers over loopback HTTP, the servers in a process of their own. `first`: 1,000 issues
//! at 20 ms a call; `backfill`: 5,000 tasks into Huly; `quiet`: 100 projects with 1,000 issues each; `table`: four sizes, or one
//! by its number of projects; `rebuild`: 10,000 links after the store was lost; `status PROGRAM`; `letta`: agents made and told at
//! 20 ms a call, and the memory that their blocks take. One line of JSON per measure, for `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark looks at the clock; no run of hvs depends on it"
)]

#[path = "sync/agents.rs"]
mod agents;
#[path = "sync/boards.rs"]
mod boards;
#[path = "sync/figures.rs"]
mod figures;
#[path = "sync/first.rs"]
mod first;
#[path = "sync/quiet.rs"]
mod quiet;
#[path = "sync/rebuild.rs"]
mod rebuild;
#[path = "sync/status.rs"]
mod status;
#[path = "sync/table.rs"]
mod table;

use std::error::Error;
use std::path::Path;

type Done<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Done<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with("--"))
        .collect();
    match words.as_slice() {
        ["serve", projects, issues, latency] => {
            boards::serve_boards(projects.parse()?, issues.parse()?, latency.parse()?).await
        }
        ["prepare", place, store] => {
            let place = serde_json::from_str(place)?;
            let engine = boards::engine(&place, Path::new(store), false).await?;
            boards::run(&engine).await.map(drop)
        }
        ["one", place, store] => {
            let place = serde_json::from_str(place)?;
            let engine = boards::engine(&place, Path::new(store), true).await?;
            println!("{}", serde_json::to_string(&boards::taken(&engine).await?)?);
            Ok(())
        }
        ["fill", place, store] => {
            agents::fill(&serde_json::from_str(place)?, Path::new(store)).await
        }
        ["blocks", store] => agents::blocks(Path::new(store)).await,
        ["letta"] => agents::letta().await,
        ["first"] => first::into_vibe().await,
        ["backfill"] => first::into_huly().await,
        ["quiet"] => quiet::quiet().await,
        ["rebuild"] => rebuild::rebuild().await,
        ["status", program] => status::status(Path::new(program)),
        ["table"] => table::table(None).await,
        ["table", projects] => table::table(Some(projects.parse()?)).await,
        other => Err(format!("no such benchmark: {}", other.join(" ")).into()),
    }
}
