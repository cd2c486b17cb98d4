//! The configuration file.

use cli::config::{Inputs, load};

use crate::Target;

/// A secret that no message may repeat, whatever stands around it.
const CANARY: &str = "canary-8d1f0c";

pub(crate) const CONFIG: Target = Target {
    name: "config",
    seeds: &[
        b"[huly]\nurl = \"https://huly.example\"\nworkspace = \"acme\"\ntoken = \"canary-8d1f0c\"\n[vibe]\nurl = \"http://127.0.0.1:3000\"\n",
        b"[sync]\ninterval = \"10 s\"\nworkers = 4\ncreate = \"both\"\n[fields]\ntitle = \"huly\"\n[fields.direction]\nstatus = \"to-vibe\"\n[[project]]\nhuly = \"PROJ\"\nvibe = \"Project\"\n",
        b"[huly]\npassword = canary-8d1f0c\n[filter]\nstatus = [\"Todo\"]\npriority = [\"high\"]\nmax_age = \"30 days\"\n[status.to_vibe]\nBacklog = \"todo\"\n",
        b"huly.token = \"canary-8d1f0c\nstore.path = 5\n[guard]\nremovals = -1\n",
    ],
    run: config,
    is_slow: false,
};

/// A file is a configuration or a list of what is wrong with it, and neither shows a secret.
fn config(data: &[u8]) {
    let Ok(directory) = tempfile::tempdir() else {
        return;
    };
    let file = directory.path().join("hvs.toml");
    if std::fs::write(&file, data).is_err() {
        return;
    }
    let loaded = load(&Inputs {
        file: Some(file),
        directory: directory.path().to_path_buf(),
        ..Inputs::default()
    });
    let shown = match &loaded {
        Ok(config) => format!("{config:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    // a secret in the place of a secret is never shown; elsewhere nobody can know that it is one
    let stands_elsewhere = String::from_utf8_lossy(data)
        .lines()
        .any(|line| line.contains(CANARY) && !is_secret_line(line));
    assert!(
        stands_elsewhere || !shown.contains(CANARY),
        "a secret is shown: {shown}"
    );
}

/// Whether a line gives a secret its value, as hvs itself would read the key.
fn is_secret_line(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().trim();
    ["token", "password", "huly.token", "huly.password"].contains(&key)
}
