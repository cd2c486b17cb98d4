//! The words of the commands around the sync: starting, moving, serving, asking for help. What changes from run to run is replaced
//! as in [`crate::words`]. At the end a test walks `hvs --help` and holds each command to a snapshot of a good and of a bad case.

use std::{collections::BTreeMap, path::Path};

use sim::{dataset::REPO_ROOT, http::Form, vibe::Generation};

use crate::{
    importing,
    process::Ran,
    words::{small, snapshot},
    world::{CANARY, World},
};

/// Commands without a snapshot of a good or of a bad case, with the reason. It is to stay short.
const WITHOUT: [(&str, &str); 4] = [
    ("db backup", DB),
    ("db check", DB),
    ("db restore", DB),
    ("db vacuum", DB),
];
const DB: &str = "its words are held by the tests of the store so far";

/// The beginning of a long output.
fn head(mut ran: Ran, lines: usize) -> Ran {
    let shown: Vec<&str> = ran.out.lines().take(lines).collect();
    if shown.len() < ran.out.lines().count() {
        ran.out = format!("{}\n[...]\n", shown.join("\n"));
    }
    ran
}

/// `hvs runs show` without the figures that differ from machine to machine.
fn without_figures(mut ran: Ran) -> Ran {
    let differs = ["took ", "peak memory ", "traffic "];
    let lines = ran.out.lines().map(|line| {
        let name = line.split("  ").next().unwrap_or_default();
        if differs.iter().any(|differs| line.starts_with(differs)) {
            format!("{name}  [n]\n")
        } else {
            format!("{line}\n")
        }
    });
    ran.out = lines.collect();
    ran
}

/// Where the world's servers are, by the section of its configuration.
fn url_of(world: &World, section: &str) -> String {
    let config = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    let (_, after) = config
        .split_once(&format!("[{section}]\nurl = \""))
        .unwrap();
    after.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_init() {
    let world = small().await;
    std::fs::write(world.path("password"), CANARY).unwrap();
    let workspace = world.huly.model.lock().workspace().url.clone();
    let huly = format!("{}/workbench/{workspace}", url_of(&world, "huly"));
    let vibe = url_of(&world, "vibe");
    let words = |out: &'static str| {
        [
            "init",
            "--yes",
            "--remote-paths",
            "--out",
            out,
            "--store",
            "made.db",
            "--repo-root",
            REPO_ROOT,
            "--email",
            "hvs@example.com",
            "--password-file",
            "password",
            "--huly-url",
            &huly,
            "--vibe-url",
            &vibe,
        ]
    };
    let ran = world.hvs(&words("made.toml")).await;
    snapshot!(of world, "init", ran);
    let ran = world.hvs(&words("made.toml")).await;
    snapshot!(of world, "init_there_already", ran);
    snapshot!(
        world,
        "init_nothing_said",
        "init",
        "--yes",
        "--out",
        "other.toml"
    );
    std::fs::write(world.path("password"), "wr0ng").unwrap();
    let ran = world.hvs(&words("other.toml")).await;
    snapshot!(of world, "init_wrong_password", ran);
    let (world, _) = World::bridge(Generation::L2, 1, 2, Form::First).await;
    let (huly, vibe) = (url_of(&world, "huly"), url_of(&world, "vibe"));
    let words = [
        "init",
        "--yes",
        "--remote-paths",
        "--out",
        "made.toml",
        "--store",
        "made.db",
    ];
    let more = [
        "--repo-root",
        REPO_ROOT,
        "--huly-url",
        &huly,
        "--vibe-url",
        &vibe,
    ];
    let ran = world.hvs(&[&words[..], &more[..]].concat()).await;
    snapshot!(of world, "init_bridge", ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_asks_nobody_where_there_is_no_terminal() {
    let world = small().await;
    // answers on a pipe are not read: who pipes them in gets the names of the flags
    let answers =
        "http://127.0.0.1:9/workbench/acme\\na@example.com\\npassword\\nhttp://127.0.0.1:9\\n";
    for from in [&format!("printf '{answers}' |"), "</dev/null"] {
        let script = if from.starts_with("printf") {
            format!("{from} hvs init --out made.toml")
        } else {
            format!("hvs init --out made.toml {from}")
        };
        let ran = world.shell(&script).await.exits(2);
        let ran = ran.tells(&["--huly-url", "--token-file", "--vibe-url", "hint:"]);
        assert_eq!(ran.out, "", "{ran}");
        assert!(!world.path("made.toml").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_check() {
    let world = small().await;
    snapshot!(world, "check", "check", "--remote-paths");
    snapshot!(world, "check_json", "check", "--remote-paths", "--json");
    let good = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    let more =
        "[filter]\nstatus = [\"Tdo\"]\n\n[status.to_vibe]\n\"In Progres\" = \"inprogress\"\n";
    std::fs::write(world.path("hvs.toml"), format!("{good}\n{more}")).unwrap();
    snapshot!(world, "check_wrong_names", "check", "--remote-paths");
    let (world, bridge) = World::bridge(Generation::L1, 1, 2, Form::Later).await;
    snapshot!(world, "check_bridge", "check", "--remote-paths");
    bridge.lock().connected = false;
    snapshot!(
        world,
        "check_bridge_not_connected",
        "check",
        "--remote-paths"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_import_and_unlink() {
    let world = World::new(Generation::L2).await;
    snapshot!(world, "unlink_without_a_store", "unlink", "--yes");
    snapshot!(world, "import_nothing_there", "import", "sync-state.db");
    std::fs::write(world.path("other.db"), "not a database").unwrap();
    snapshot!(
        world,
        "import_no_database",
        "import",
        "other.db",
        "--dry-run"
    );
    importing::left_behind(&world).await;
    snapshot!(
        world,
        "import_dry_run",
        "import",
        "sync-state.db",
        "--dry-run"
    );
    snapshot!(world, "import", "import", "sync-state.db");
    snapshot!(world, "unlink_dry_run", "unlink", "--dry-run");
    snapshot!(world, "unlink_unasked", "unlink");
    snapshot!(
        world,
        "unlink_unknown_project",
        "unlink",
        "--yes",
        "--project",
        "NONE"
    );
    snapshot!(world, "unlink", "unlink", "--yes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_a_watch() {
    let world = small().await;
    let watch = world.start(&["sync", "watch"]);
    watch.prints(1, "done:").await;
    watch.signal("TERM");
    let ran = watch.wait().await;
    snapshot!(of world, "watch", ran);
    let mut world = world;
    world.set("sync.interval", "0 s");
    snapshot!(world, "watch_wrong_configuration", "sync", "watch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_the_simulation() {
    let world = World::new(Generation::L2).await;
    let mut ran = world.hvs(&["demo"]).await;
    // what stands at the moment of the kill differs; its claims are held by tests/it/commands.rs
    let (before, after) = ran.out.split_once("\n6. A run dies").unwrap();
    let end = after.trim_end().lines().last().unwrap();
    ran.out = format!("{before}\n[...]\n{end}\n");
    snapshot!(of world, "demo", ran);
    snapshot!(world, "demo_unknown_shape", "demo", "--shape", "l3");
    let servers = world.start(&["sim", "serve", "--config-out", "try.toml"]);
    servers.tells(1, "ends the servers\n").await;
    servers.signal("INT");
    let ran = servers.wait().await;
    snapshot!(of world, "sim_serve", ran);
    let taken = url_of(&world, "vibe");
    let port = taken.rsplit(':').next().unwrap();
    let mut ran = world.hvs(&["sim", "serve", "--vibe-port", port]).await;
    ran.words = ran.words.replace(port, "[port]");
    snapshot!(of world, "sim_serve_port_taken", ran);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_what_stays_at_home() {
    let world = small().await;
    for shell in ["bash", "zsh", "fish"] {
        let ran = head(world.hvs(&["completions", shell]).await, 2);
        snapshot!(of world, format!("completions_{shell}"), ran);
    }
    snapshot!(world, "completions_unknown_shell", "completions", "tcsh");
    let ran = head(world.hvs(&["config", "schema"]).await, 8);
    snapshot!(of world, "config_schema", ran);
    snapshot!(
        world,
        "config_schema_unknown_flag",
        "config",
        "schema",
        "--yaml"
    );
    let ran = head(world.hvs(&["config", "show"]).await, 12);
    snapshot!(of world, "config_show", ran);
    snapshot!(
        world,
        "config_show_missing",
        "--config",
        "nowhere.toml",
        "config",
        "show"
    );
    snapshot!(
        world,
        "reconcile_missing_config",
        "--config",
        "nowhere.toml",
        "reconcile"
    );
    world.sync().await;
    snapshot!(world, "runs_list", "runs", "list");
    snapshot!(world, "runs_list_none", "runs", "list", "--limit", "0");
    let ran = without_figures(world.hvs(&["runs", "show", "last"]).await);
    snapshot!(of world, "runs_show", ran);
}

/// The commands below one, by what its help lists.
fn below(help: &str) -> Vec<String> {
    let listed = help.split("Commands:\n").nth(1).unwrap_or_default();
    let lines = listed.lines().take_while(|line| !line.is_empty());
    // a description may go on in the next line, further to the right
    let names = lines.filter(|line| !line.starts_with("    "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Every command, with the help of it, from the whole program down.
async fn commands(world: &World) -> BTreeMap<Vec<String>, Ran> {
    let mut found = BTreeMap::new();
    let mut open = vec![Vec::new()];
    while let Some(path) = open.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let ran = world.hvs(&words).await.exits(0);
        for name in below(&ran.out) {
            open.push([path.as_slice(), &[name]].concat());
        }
        found.insert(path, ran);
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_help_of_every_command() {
    let world = World::new(Generation::L2).await;
    let commands = commands(&world).await;
    assert!(commands.len() > 15, "{:?}", commands.keys());
    for (path, ran) in commands {
        let name = path
            .iter()
            .fold("help".to_owned(), |name, word| format!("{name}_{word}"));
        snapshot!(of world, name, ran);
    }
}

/// The command of a typed line, as the path of its names.
fn typed(line: &str, commands: &BTreeMap<Vec<String>, Ran>) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let next = [path.as_slice(), &[word.to_owned()]].concat();
        if commands.contains_key(&next) {
            path = next;
        }
    }
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_has_a_snapshot_of_a_good_and_of_a_bad_case() {
    let world = World::new(Generation::L2).await;
    let commands = commands(&world).await;
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/snapshots");
    // good cases, bad cases
    let mut cases: BTreeMap<Vec<String>, (usize, usize)> = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let Some((_, rest)) = text.split_once("\n$ hvs") else {
            continue;
        };
        let (line, rest) = rest.split_once("\nexit code: ").unwrap();
        if line.contains("--help") {
            continue;
        }
        let (good, bad) = cases.entry(typed(line, &commands)).or_default();
        match rest.lines().next() {
            Some("0") => *good += 1,
            Some(_) | None => *bad += 1,
        }
    }
    let is_leaf = |path: &&Vec<String>| {
        let has_below = |other: &Vec<String>| other.len() > path.len() && other.starts_with(path);
        !commands.keys().any(has_below)
    };
    let mut without = Vec::new();
    for path in commands.keys().filter(is_leaf) {
        let (good, bad) = cases.get(path).copied().unwrap_or_default();
        let name = path.join(" ");
        let is_named = WITHOUT.iter().any(|(known, _)| *known == name);
        match (good > 0 && bad > 0, is_named) {
            (true, false) | (false, true) => {}
            (true, true) => without.push(format!("{name} has both: take it out of the list")),
            (false, false) => without.push(format!("{name}: {good} good, {bad} bad")),
        }
    }
    assert!(
        without.is_empty(),
        "these commands need a snapshot of a good and of a bad case (tests/it/words*.rs):\n{}",
        without.join("\n")
    );
}
