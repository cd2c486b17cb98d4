//! `sync-core` in somebody else's tool: it builds outside the workspace, and draws in nothing but what a pure crate needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Command,
};

use serde_json::Value;

use crate::transcript::{Page, root};

/// Crates that come with a clock, chance, input and output or async, by the beginning of their names.
const IMPURE: &[&str] = &[
    "async",
    "chrono",
    "curl",
    "futures",
    "getrandom",
    "h2",
    "http",
    "hyper",
    "isahc",
    "jiff",
    "mio",
    "native-tls",
    "openssl",
    "pollster",
    "postgres",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "sqlx",
    "tempfile",
    "time",
    "tokio",
    "tower",
    "tracing",
    "ureq",
];

fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let manifest = root().join("tests/embed/Cargo.toml");
    // nothing is downloaded: its lock file is a part of ours
    command
        .args(words)
        .args(["--offline", "--locked", "--manifest-path"])
        .arg(manifest)
        .current_dir(root());
    command
}

/// The stdout of a command that ends well.
#[track_caller]
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{error}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Where these tests were built: most of what the example needs is there already.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().to_path_buf()
}

#[test]
fn a_tool_outside_the_workspace_embeds_the_core_and_its_second_run_is_quiet() {
    let mut page = Page::read("docs/embedding.md");
    let [step] = &page.steps()[..] else {
        panic!("docs/embedding.md: one command is expected");
    };
    assert_eq!(
        step.command,
        "cargo run --quiet --manifest-path tests/embed/Cargo.toml"
    );
    let printed = output(cargo(&["run", "--quiet"]).env("CARGO_TARGET_DIR", target()));
    let (first, rest) = printed.split_once("-- again\n").unwrap();
    assert!(first.contains("+ create in Vibe"), "{printed}");
    assert!(rest.starts_with("nothing to do\n"), "{printed}");
    page.saw(step, &printed);
    page.holds();
}

/// Name and version of every crate of a lock file.
fn locked(file: &str) -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let value = |line: Option<&str>, key: &str| {
        let line = line?.strip_prefix(key)?.strip_prefix(" = \"")?;
        Some(line.strip_suffix('"')?.to_owned())
    };
    let mut found = BTreeSet::new();
    for package in text.split("[[package]]\n").skip(1) {
        let mut lines = package.lines();
        let name = value(lines.next(), "name").unwrap();
        found.insert((name, value(lines.next(), "version").unwrap()));
    }
    found
}

#[test]
fn the_lock_file_of_the_example_is_a_part_of_ours() {
    let ours = locked("Cargo.lock");
    let mut theirs = locked("tests/embed/Cargo.lock");
    theirs.retain(|(name, _)| name != "embed");
    let others: Vec<_> = theirs.difference(&ours).collect();
    assert!(
        others.is_empty(),
        "not in Cargo.lock: {others:?}\n`cp Cargo.lock tests/embed/ && cargo metadata --offline --manifest-path tests/embed/Cargo.toml` mends it"
    );
}

/// The crates that one draws in outside its tests, with the one that asks for each.
fn tree(metadata: &Value, from: &str) -> BTreeMap<String, String> {
    let name = |id: &Value| {
        let packages = metadata["packages"].as_array().unwrap().iter();
        let mut found = packages.filter(|package| package["id"] == *id);
        found.next().unwrap()["name"].as_str().unwrap().to_owned()
    };
    let mut asked = BTreeMap::from([(from.to_owned(), String::new())]);
    let mut open = vec![from.to_owned()];
    while let Some(crate_name) = open.pop() {
        let nodes = metadata["resolve"]["nodes"].as_array().unwrap().iter();
        for node in nodes.filter(|node| name(&node["id"]) == crate_name) {
            for dependency in node["deps"].as_array().unwrap() {
                let kinds = dependency["dep_kinds"].as_array().unwrap();
                // what only runs while it is built is in no tool that embeds it
                let is_normal = kinds.iter().any(|kind| kind["kind"].is_null());
                let other = name(&dependency["pkg"]);
                if is_normal && !asked.contains_key(&other) {
                    asked.insert(other.clone(), crate_name.clone());
                    open.push(other);
                }
            }
        }
    }
    asked.remove(from);
    asked
}

#[test]
fn the_core_has_at_most_ten_dependencies_and_no_clock_chance_network_or_async_below_it() {
    // a browser has no clock of its own: there, crates that deal with ids ask its
    let platform = ["--filter-platform", "x86_64-unknown-linux-gnu"];
    let metadata = output(cargo(&["metadata", "--format-version", "1"]).args(platform));
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let core = packages
        .iter()
        .find(|package| package["name"] == "sync-core")
        .unwrap();
    let dependencies = core["dependencies"].as_array().unwrap().iter();
    let direct: Vec<_> = dependencies
        .filter(|dependency| dependency["kind"].is_null())
        .collect();
    assert!((1..=10).contains(&direct.len()), "{direct:#?}");

    let tree = tree(&metadata, "sync-core");
    assert!(
        tree.contains_key("serde") && tree.len() >= direct.len(),
        "{tree:#?}"
    );
    let impure: Vec<_> = tree
        .iter()
        .filter(|(name, _)| IMPURE.iter().any(|beginning| name.starts_with(beginning)))
        .collect();
    assert!(impure.is_empty(), "{impure:?}");
    // the example itself is built with no more than this and uuid
    assert!(tree.contains_key("uuid"), "{tree:#?}");
}
