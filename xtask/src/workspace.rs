//! The workspace as cargo and git see it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The workspace: its place, its crates, its files.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The directory of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The crates of the workspace.
    pub(crate) packages: Vec<Package>,
}

/// One crate of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its directory, relative to the root, with `/`.
    pub(crate) dir: String,
    /// Whether it has a library: else `pub(crate)` is as public as its items get.
    pub(crate) library: bool,
    /// What it depends on, ours and others'.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a crate's dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The other crate.
    pub(crate) name: String,
    /// Only for tests, examples and benches.
    pub(crate) dev: bool,
}

/// The cargo that runs us, so that the toolchain is the same.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

impl Workspace {
    /// Asks `cargo metadata`.
    pub(crate) fn load() -> Result<Self> {
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .context("cannot run cargo metadata")?;
        if !output.status.success() {
            bail!(
                "cargo metadata: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        Self::from_metadata(&metadata)
    }

    /// Reads the answer of `cargo metadata --no-deps`.
    fn from_metadata(metadata: &Value) -> Result<Self> {
        let root = PathBuf::from(text(metadata, "workspace_root")?);
        let packages = list(metadata, "packages")?
            .iter()
            .map(|package| Package::from_metadata(package, &root))
            .collect::<Result<_>>()?;
        Ok(Self { root, packages })
    }

    /// Every file that is or would be tracked, relative to the root, sorted. Without git (an unpacked archive): every
    /// file but those below `target` and in hidden directories that are not ours.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let listed = Command::new("git")
            // the clone may belong to another user than the one who runs this
            .args([
                "-c",
                "safe.directory=*",
                "ls-files",
                "-z",
                "--cached",
                "--others",
            ])
            .arg("--exclude-standard")
            .current_dir(&self.root)
            .output();
        let mut files = match listed {
            Ok(output) if output.status.success() => String::from_utf8(output.stdout)?
                .split('\0')
                .filter(|file| !file.is_empty() && self.root.join(file).is_file())
                .map(str::to_owned)
                .collect(),
            Ok(_) | Err(_) => {
                let mut files = Vec::new();
                walk(&self.root, "", &mut files)?;
                files
            }
        };
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// The crate that a file belongs to.
    pub(crate) fn package_of(&self, file: &str) -> Option<&Package> {
        self.packages.iter().find(|package| {
            file.strip_prefix(package.dir.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

impl Package {
    fn from_metadata(package: &Value, root: &Path) -> Result<Self> {
        let manifest = PathBuf::from(text(package, "manifest_path")?);
        let dir = manifest
            .parent()
            .and_then(|dir| dir.strip_prefix(root).ok())
            .context("a crate outside the workspace")?;
        let is_library = |target: &Value| {
            list(target, "kind").is_ok_and(|kinds| kinds.iter().any(|kind| kind == "lib"))
        };
        let dependencies = list(package, "dependencies")?
            .iter()
            .map(|dependency| {
                Ok(Dependency {
                    name: text(dependency, "name")?.to_owned(),
                    dev: dependency.get("kind").and_then(Value::as_str) == Some("dev"),
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            name: text(package, "name")?.to_owned(),
            dir: dir.to_string_lossy().replace('\\', "/"),
            library: list(package, "targets")?.iter().any(is_library),
            dependencies,
        })
    }
}

fn walk(root: &Path, below: &str, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && name != "target" && name != ".git" {
            walk(root, &path, files)?;
        } else if kind.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("cargo metadata has no {key}"))
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value
        .get(key)
        .and_then(Value::as_array)
        .with_context(|| format!("cargo metadata has no {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_read_with_its_crates_and_files() {
        let workspace = Workspace::load().unwrap();
        let xtask = workspace
            .package_of("xtask/src/main.rs")
            .expect("xtask is a member");
        assert_eq!(xtask.name, "xtask");
        assert!(!xtask.library);
        assert!(
            workspace
                .files()
                .unwrap()
                .contains(&"xtask/src/main.rs".to_owned())
        );
    }

    #[test]
    fn a_tree_without_git_is_walked() {
        let mut files = Vec::new();
        walk(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut files).unwrap();
        assert!(files.contains(&"src/workspace.rs".to_owned()), "{files:?}");
    }
}
