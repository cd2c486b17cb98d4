//! Every word that the program says: snapshots of command, exit code, stdout and stderr, good and bad.
//!
//! What changes from run to run is replaced ([`FILTERS`]). After a change of words: `INSTA_UPDATE=always` for the tests of this
//! file, then read the difference as an editor would.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use sim::{
    faults::{Effect, Failure, Rule},
    vibe::Generation,
};

use crate::{
    process::{Ran, until},
    world::{CANARY, World},
};

/// Times, ids, ports, durations and whatever else is not the same twice.
pub(crate) const FILTERS: [(&str, &str); 19] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
    (
        r#""(peak_memory|took_ms|body_bytes|wire_bytes)": \d+"#,
        "\"$1\": [n]",
    ),
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[uuid]",
    ),
    (r#""version":"[^"]+""#, r#""version":"[version]""#),
    (r"127\.0\.0\.1:\d{2,}", "127.0.0.1:[port]"),
    (r"\b[0-9a-f]{16,64}\b", "[hash]"),
    (r"(?m) [0-9a-f]{12}$", " [run]"),
    (r"\brun [0-9a-f]{12}\b", "run [run]"),
    // a row of `hvs dlq` or `hvs queue`
    (r"\b[0-9a-f]{8}\b", "[row]"),
    (r"\buid-\d+@\S+", "[who]"),
    // an id that is cut short
    (r"\b[0-9a-f]{4}…", "[id]…"),
    (
        r"process \d+ on [^,]+, holder [^,]+,",
        "process [pid] on [host], holder [holder],",
    ),
    (r"process \d+ on [^,]+,", "process [pid] on [host],"),
    (
        r"\b\d+(\.\d)? (ms|s|min|h)( \d+ (s|min))?( ago)\b",
        "[age] ago",
    ),
    (r"\bin \d+(\.\d)? (ms|s|min)\b", "in [duration]"),
    (r"\b\d+ calls?\b", "[n] calls"),
    // how long a run took, how many calls it made: cells of `hvs runs`
    (
        r"(\[time\]) +\S+ (ms|s) +(sync|reconcile) +(\S+) +(\S+) +\d+ ",
        "$1  [duration]  $3  $4  $5  [n] ",
    ),
    // calls of `hvs status`
    (r"(Huly|Vibe) +(ok|degraded|failing) +\d+ ", "$1  $2  [n] "),
    (r"(\S) {2,}", "$1  "),
];

/// What a command did, as a snapshot.
pub(crate) fn said(world: &World, ran: &Ran) -> String {
    let home = world.path(".").canonicalize().unwrap();
    let plain = world.path("");
    let text = format!(
        "$ {}\nexit code: {}\n--- stdout\n{}--- stderr\n{}",
        ran.words,
        ran.code.unwrap(),
        ran.out,
        ran.err
    );
    let places = [home.as_path(), plain.as_path()];
    places.iter().fold(text, |text, place| {
        let place = place.to_string_lossy();
        text.replace(place.trim_end_matches('/'), "[dir]")
    })
}

macro_rules! snapshot {
    ($world:expr, $name:literal, $($word:expr),* $(,)?) => {{
        let ran = $world.hvs(&[$($word),*]).await;
        snapshot!(of $world, $name, ran);
    }};
    (of $world:expr, $name:expr, $ran:expr) => {{
        let text = $crate::words::said(&$world, &$ran);
        insta::with_settings!({ filters => $crate::words::FILTERS.to_vec(), omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, text);
        });
    }};
}

pub(crate) use snapshot;

/// One project of three issues, one of them with a name that no terminal should see raw.
pub(crate) async fn small() -> World {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    for title in [
        "Paint the boat",
        "Right\u{202e}to left\u{1b}[2J",
        "港口の倉庫",
    ] {
        world.issue(&project, title, "Text.", "Todo");
    }
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_day_in_words() {
    let world = small().await;
    snapshot!(world, "status_without_a_store", "status");
    snapshot!(world, "runs_without_a_store", "runs");
    snapshot!(world, "plan_first", "plan");
    snapshot!(world, "sync_first", "sync", "once");
    snapshot!(world, "sync_quiet", "sync", "once");
    snapshot!(world, "sync_quiet_and_silent", "-q", "sync", "once");
    snapshot!(world, "plan_quiet", "plan");
    snapshot!(world, "reconcile_nothing", "reconcile");
    snapshot!(world, "status_ok", "status");
    snapshot!(world, "status_check_ok", "status", "--check");
    snapshot!(world, "runs", "runs", "--limit", "2");
    world.retitle_issue(&world.issue_named("Paint the boat").id, "Paint the ship");
    world.describe_task(world.task_named("港口の倉庫").id, "Another text.");
    snapshot!(world, "plan_edits", "plan");
    snapshot!(world, "sync_edits", "sync", "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_for_what_is_typed_wrong() {
    let world = small().await;
    snapshot!(world, "unknown_command", "snyc", "once");
    snapshot!(world, "unknown_flag", "plan", "--projct", "HARB");
    snapshot!(
        world,
        "unknown_project",
        "sync",
        "once",
        "--project",
        "HARBR"
    );
    snapshot!(world, "unknown_hash", "sync", "once", "--accept", "c0ffee");
    snapshot!(world, "unknown_run", "runs", "show", "nothing");
    snapshot!(world, "missing_config", "--config", "nowhere.toml", "plan");
    snapshot!(
        world,
        "missing_config_json",
        "--config",
        "nowhere.toml",
        "plan",
        "--json"
    );
    let mut world = world;
    world.set_variable("HVS_LOG", "motor=debug");
    snapshot!(world, "bad_log_component", "status");
    world.set_variable("HVS_LOG", "engine=loud");
    snapshot!(world, "bad_log_level", "status");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_for_a_wrong_configuration() {
    let world = small().await;
    let good = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    let write = |text: &str| std::fs::write(world.path("hvs.toml"), text).unwrap();
    write(&format!(
        "{good}\n[sync]\nwrokers = 3\nrun_deadline = \"5\"\n"
    ));
    snapshot!(world, "config_unknown_key", "sync", "once");
    write(&format!("{good}\n[lease]\nttl = \"20 s\"\n"));
    snapshot!(world, "config_lease_too_short", "sync", "once");
    write("[huly\nurl = 3\n");
    snapshot!(world, "config_no_toml", "plan");
    write("[store]\npath = \"hvs.db\"\n");
    snapshot!(world, "config_without_services", "sync", "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_for_services_that_refuse() {
    let mut world = small().await;
    world.sync().await;
    let good = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    std::fs::write(world.path("hvs.toml"), good.replace(CANARY, "wr0ng")).unwrap();
    snapshot!(world, "wrong_password", "sync", "once");
    std::fs::write(world.path("hvs.toml"), good).unwrap();
    // no waits between the tries
    world.set("retry.base", "10 ms");
    world.set("retry.cap", "10 ms");
    world.set("vibe.url", "http://127.0.0.1:1");
    snapshot!(world, "unreachable_service", "sync", "once");
    snapshot!(world, "unreachable_service_json", "sync", "once", "--json");
    snapshot!(
        world,
        "unreachable_service_log_json",
        "--log-format",
        "json",
        "sync",
        "once"
    );
    snapshot!(world, "status_after_refusals", "status");
    snapshot!(world, "status_check_after_refusals", "status", "--check");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_for_items_that_fail_and_for_what_is_held_back() {
    let world = small().await;
    let failure = Failure::Status {
        status: 422,
        body: "no such thing".into(),
    };
    let refuse = Rule::on("POST", "/api/tasks", Effect::FailBefore { failure });
    world.vibe.faults.add(refuse.body_contains("Paint"));
    snapshot!(world, "sync_refused_item", "sync", "once");
    snapshot!(world, "status_degraded", "status", "--check");
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..8 {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
    }
    world.sync().await;
    for at in 0..6 {
        world.delete_issue(&world.issue_named(&format!("Issue {at}")).id);
    }
    snapshot!(world, "plan_held_back", "plan");
    snapshot!(world, "sync_held_back", "sync", "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_for_a_second_run_and_for_a_stopped_one() {
    let world = small().await;
    world.sync().await;
    let slow = Effect::Latency {
        ms: 300,
        jitter_ms: 0,
    };
    world.vibe.faults.add(Rule::on("GET", "/api/tasks", slow));
    world.count_afresh();
    let first = world.start(&["sync", "once"]);
    until("the first run lists tasks, under its lease", || {
        world.vibe.calls.snapshot().of("GET /api/tasks") > 0
    })
    .await;
    first.signal("STOP");
    snapshot!(world, "lease_held", "sync", "once");
    snapshot!(world, "lease_held_quiet", "-q", "sync", "once");
    first.signal("CONT");
    first.wait().await.exits(0);
}

/// Words of the first column of a table in a page of the documentation.
fn documented(page: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(page);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_a_json_log_has_documented_fields_only() {
    let mut world = small().await;
    world.set("log.slow", "50 ms");
    let failure = Failure::Status {
        status: 422,
        body: "no such thing".into(),
    };
    let refuse = Rule::on("POST", "/api/tasks", Effect::FailBefore { failure });
    world.vibe.faults.add(refuse.body_contains("Paint"));
    let slow = Effect::Latency {
        ms: 120,
        jitter_ms: 0,
    };
    world
        .vibe
        .faults
        .add(Rule::on("GET", "/api/projects", slow));
    let known = documented("logging.md");
    let always = [
        "ts",
        "level",
        "service",
        "version",
        "run",
        "component",
        "message",
    ];
    let ran = world
        .hvs(&["-vvv", "--log-format", "json", "sync", "once"])
        .await
        .exits(3);
    let mut lines = Vec::new();
    for line in ran.err.lines() {
        let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
            panic!("no JSON object: {line}");
        };
        for name in fields.keys() {
            assert!(known.contains(name), "`{name}` is not documented: {line}");
        }
        for name in always {
            assert!(fields.contains_key(name), "`{name}` is missing: {line}");
        }
        lines.push(fields);
    }
    let of = |name: &str, word: &str| {
        lines
            .iter()
            .filter(|line| line.get(name).is_some_and(|value| value == word))
            .count()
    };
    assert!(of("message", "run ended") == 0 && of("service", "hvs") == lines.len());
    // one line for each thing that ended: the refused item, the two others, the project, the run
    assert_eq!(of("outcome", "rejected"), 1, "{ran}");
    assert!(of("operation", "create vibe") >= 2, "{ran}");
    assert_eq!(
        of("project", "HARB") > 0,
        of("outcome", "incomplete") == 1,
        "{ran}"
    );
    let slow: Vec<_> = lines
        .iter()
        .filter(|line| line["level"] == "warn" && line["component"] == "http")
        .collect();
    assert!(
        slow.iter()
            .any(|line| line["operation"] == "vibe GET /api/projects"
                && line["duration_ms"].as_u64() >= Some(50)),
        "{ran}"
    );
    // every line of the run itself names it
    let end = lines
        .iter()
        .find(|line| line.get("outcome").is_some_and(|word| word == "incomplete"))
        .unwrap();
    assert!(end["run"].is_string(), "{ran}");
    assert!(
        lines
            .iter()
            .filter(|line| line["component"] == "engine")
            .all(|line| line["run"] == end["run"]),
        "{ran}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colours_are_shown_where_asked_for_only() {
    let mut world = small().await;
    let escapes = |ran: &Ran| ran.out.contains('\u{1b}');
    assert!(
        !escapes(&world.hvs(&["plan"]).await),
        "a pipe takes no colours"
    );
    assert!(escapes(&world.hvs(&["plan", "--color", "always"]).await));
    world.set_variable("CLICOLOR_FORCE", "1");
    assert!(escapes(&world.hvs(&["plan"]).await));
    assert!(!escapes(&world.hvs(&["plan", "--color", "never"]).await));
    world.set_variable("NO_COLOR", "1");
    assert!(!escapes(&world.hvs(&["plan"]).await), "NO_COLOR wins");
    let bad = world.hvs(&["plan", "--color", "sometimes"]).await.exits(2);
    bad.tells(&["always", "never"]);
}
