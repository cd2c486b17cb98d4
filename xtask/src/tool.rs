//! Tools of others that a command of ours needs: installed below `target`, in the version that is written here.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::workspace::cargo;

/// A tool that cargo installs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    /// Its name at the registry, and of its program.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
}

impl Tool {
    /// Its program, installed if this version is not there yet.
    pub(crate) fn program(self, root: &Path) -> Result<PathBuf> {
        let Tool { name, version } = self;
        let place = root.join("target/tools").join(format!("{name}-{version}"));
        let program = place.join("bin").join(name);
        if program.is_file() {
            return Ok(program);
        }
        fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
        println!(
            "==> cargo install --locked {name}@{version}, into {}",
            place.display()
        );
        let status = cargo()
            .args(["install", "--locked", "--root"])
            .arg(&place)
            .arg(format!("{name}@{version}"))
            .status()
            .context("cannot run cargo install")?;
        if !status.success() {
            bail!("cargo install {name}@{version}: {status}");
        }
        Ok(program)
    }
}

/// A component of the toolchain; where there is no rustup, whoever installed the toolchain has to have it.
pub(crate) fn component(name: &str) -> Result<()> {
    let listed = Command::new("rustup")
        .args(["component", "list", "--installed"])
        .stderr(Stdio::inherit())
        .output();
    let Ok(listed) = listed else { return Ok(()) };
    let text = String::from_utf8_lossy(&listed.stdout);
    if text.lines().any(|line| line.starts_with(name)) {
        return Ok(());
    }
    println!("==> rustup component add {name}");
    let status = Command::new("rustup")
        .args(["component", "add", name])
        .status()
        .context("cannot run rustup")?;
    if !status.success() {
        bail!("rustup component add {name}: {status}; without it nothing can be measured");
    }
    Ok(())
}
