//! Which hvs this is.

use crate::config::CONFIG_SCHEMA;

/// The commit that the program is made of, or `unknown`.
const COMMIT: &str = env!("HVS_COMMIT");

/// What `hvs --version` prints after the name: version, commit, and what it reads and writes. `-V` prints the first line.
pub(crate) fn long() -> String {
    format!(
        "{}\ncommit: {COMMIT}\nstore schema: {}\nconfiguration schema: {CONFIG_SCHEMA}",
        env!("CARGO_PKG_VERSION"),
        store::sqlite::schema_version(),
    )
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn workspace() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    #[test]
    fn the_long_version_names_everything_that_has_a_version() {
        let long = long();
        let lines: Vec<_> = long.lines().collect();
        assert_eq!(lines[0], env!("CARGO_PKG_VERSION"));
        let commit = lines[1].strip_prefix("commit: ").unwrap();
        assert!(
            commit == "unknown" || commit.chars().all(|sign| sign.is_ascii_hexdigit()),
            "{commit}"
        );
        assert_eq!(
            lines[2],
            format!("store schema: {}", store::sqlite::schema_version())
        );
        assert_eq!(lines[3], format!("configuration schema: {CONFIG_SCHEMA}"));
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn there_is_one_version_everywhere() {
        let root = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
        let root: toml::Table = root.parse().unwrap();
        let version = root["workspace"]["package"]["version"].as_str();
        assert_eq!(version, Some(env!("CARGO_PKG_VERSION")));
        let crates = fs::read_dir(workspace().join("crates")).unwrap();
        let others = ["xtask", "tests"].map(|name| workspace().join(name));
        let mut seen = 0;
        for package in crates.map(|entry| entry.unwrap().path()).chain(others) {
            let text = fs::read_to_string(package.join("Cargo.toml")).unwrap();
            assert!(
                text.contains("version.workspace = true"),
                "{}",
                package.display()
            );
            seen += 1;
        }
        assert!(seen >= 8, "{seen}");
    }
}
