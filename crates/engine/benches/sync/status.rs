//! How long `hvs status` takes from start to exit, as a process.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Done;
use crate::boards::Served;
use crate::figures::{ratio, tell};
use crate::quiet;

/// Issue 3 section 5.
const GOAL: Duration = Duration::from_millis(30);

pub(crate) fn status(program: &Path) -> Done<()> {
    let served = Served::start(10, 100, 0)?;
    let dir = tempfile::tempdir()?;
    quiet::prepare(&served.place, &dir.path().join("hvs.db"))?;
    let place = &served.place;
    let config = format!(
        "[huly]\nurl = \"{}\"\nworkspace = \"acme\"\nemail = \"{}\"\npassword = \"{}\"\n\n[vibe]\nurl = \"{}\"\n\n[store]\npath = \"hvs.db\"\n",
        place.huly, place.email, place.password, place.vibe
    );
    let file = dir.path().join("hvs.toml");
    std::fs::write(&file, config)?;
    let mut times = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        let status = Command::new(program)
            .arg("--config")
            .arg(&file)
            .arg("status")
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .status()?;
        times.push(start.elapsed());
        if !status.success() {
            return Err(format!("hvs status: {status}").into());
        }
    }
    times.sort_unstable();
    let middle = times.get(10).copied().unwrap_or_default();
    tell(
        "`hvs status` on a store of 1,000 links, from start to exit, the middle of 21",
        &format!("{:.1} ms", middle.as_secs_f64() * 1e3),
        &format!("<= {} ms", GOAL.as_millis()),
        Some(ratio(middle, GOAL)),
        Some(middle <= GOAL),
    );
    Ok(())
}
