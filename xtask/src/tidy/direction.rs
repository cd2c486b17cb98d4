//! Which crate may know which: arrows never point up (design section 2).

use crate::workspace::Package;

use super::Finding;

/// The crates of the workspace, lowest first, and those of ours that each may depend on outside its tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("sync-core", &[]),
    ("http-kit", &[]),
    ("huly-client", &["http-kit"]),
    ("vibe-client", &["http-kit"]),
    ("letta-client", &["http-kit"]),
    ("store", &["sync-core"]),
    (
        "engine",
        &[
            "sync-core",
            "store",
            "http-kit",
            "huly-client",
            "vibe-client",
            "letta-client",
        ],
    ),
    // not the clients: a server that shares its client's types would agree with its mistakes
    (
        "sim",
        &["sync-core", "http-kit", "letta-client", "store", "engine"],
    ),
    (
        "cli",
        &[
            "sync-core",
            "store",
            "http-kit",
            "huly-client",
            "vibe-client",
            "letta-client",
            "engine",
            "sim",
        ],
    ),
    ("hvs-tests", &[]),
    // tests as functions, so that libFuzzer can call them too
    (
        "fuzz-targets",
        &[
            "sync-core",
            "http-kit",
            "huly-client",
            "vibe-client",
            "letta-client",
            "sim",
            "cli",
        ],
    ),
    ("xtask", &[]),
];

/// Crates of others that a crate must not know outside its tests, with the reason.
const FORBIDDEN: &[(&str, &[&str], &str)] = &[(
    "sync-core",
    &[
        "tokio",
        "futures",
        "async-trait",
        "reqwest",
        "http",
        "sqlx",
        "tracing",
        "jiff",
        "rand",
    ],
    "sync-core is pure: no I/O, no clock, no chance, no async",
)];

/// The only crates that may use anyhow: errors of the others are types.
const ANYHOW: &[&str] = &["cli", "xtask"];

/// Names that say nothing about what is inside.
const NAMELESS: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc"];

/// Edges that point up, crates without a place, anyhow where it does not belong.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().flat_map(check_one).collect()
}

fn check_one(package: &Package) -> Vec<Finding> {
    let manifest = format!("{}/Cargo.toml", package.dir);
    let name = package.name.as_str();
    let mut findings = Vec::new();
    let mut find = |what: String| findings.push(Finding::new(&manifest, 1, what));
    if name.split(['-', '_']).any(|word| NAMELESS.contains(&word)) {
        find(format!(
            "a crate called {name}: name it for the one noun it is about"
        ));
    }
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        find(format!(
            "the crate {name} has no place in the table of xtask/src/tidy/direction.rs"
        ));
        return findings;
    };
    for dependency in package.dependencies.iter().filter(|to| !to.dev) {
        let to = dependency.name.as_str();
        let ours = ALLOWED.iter().any(|(known, _)| *known == to);
        if ours && !allowed.contains(&to) {
            find(format!(
                "{name} depends on {to}, which is not below it (design section 2)"
            ));
        }
        if to == "anyhow" && !ANYHOW.contains(&name) {
            find(format!(
                "{name} uses anyhow: only {} do",
                ANYHOW.join(" and ")
            ));
        }
        for (_, crates, why) in FORBIDDEN.iter().filter(|(of, ..)| *of == name) {
            if crates.contains(&to) {
                find(format!("{name} depends on {to}: {why}"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Dependency, Workspace};

    fn package(name: &str, dependencies: &[(&str, bool)]) -> Package {
        Package {
            name: name.to_owned(),
            dir: format!("crates/{name}"),
            library: true,
            dependencies: dependencies
                .iter()
                .map(|&(name, dev)| Dependency {
                    name: name.to_owned(),
                    dev,
                })
                .collect(),
        }
    }

    fn found(name: &str, dependencies: &[(&str, bool)]) -> Vec<String> {
        check(&[package(name, dependencies)])
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn no_arrow_of_this_workspace_points_up() {
        let workspace = Workspace::load().unwrap();
        assert_eq!(check(&workspace.packages), []);
    }

    #[test]
    fn the_table_itself_points_down_only() {
        let place = |name: &str| {
            ALLOWED
                .iter()
                .position(|(known, _)| *known == name)
                .unwrap()
        };
        for (name, allowed) in ALLOWED {
            for below in *allowed {
                assert!(place(below) < place(name), "{name} -> {below}");
            }
        }
    }

    #[test]
    fn an_arrow_up_is_found_and_one_for_tests_is_not() {
        assert_eq!(
            found("store", &[("sync-core", false), ("engine", false)]),
            [
                "crates/store/Cargo.toml:1: store depends on engine, which is not below it (design section 2)"
            ]
        );
        assert_eq!(found("engine", &[("sim", true), ("store", false)]), [""; 0]);
    }

    #[test]
    fn a_crate_without_a_place_or_with_an_empty_name_is_found() {
        assert_eq!(found("sync-utils", &[]).len(), 2);
        assert_eq!(found("common", &[]).len(), 2);
        assert_eq!(found("letta", &[]).len(), 1);
    }

    #[test]
    fn anyhow_is_for_programs_and_io_is_not_for_the_core() {
        assert_eq!(
            found("store", &[("anyhow", false)]),
            ["crates/store/Cargo.toml:1: store uses anyhow: only cli and xtask do"]
        );
        assert_eq!(found("cli", &[("anyhow", false)]), [""; 0]);
        assert_eq!(
            found("sync-core", &[("tokio", false)]),
            [
                "crates/sync-core/Cargo.toml:1: sync-core depends on tokio: sync-core is pure: no I/O, no clock, no chance, no async"
            ]
        );
    }
}
