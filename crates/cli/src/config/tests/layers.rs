//! Defaults, the file, the environment, flags; and where each value came from.

use std::{collections::BTreeSet, time::Duration};

use expect_test::expect;

use super::{super::*, World, line, origin_of};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn without_a_word_from_anyone_the_documented_defaults_hold() {
    let config = World::new("").load();
    assert_eq!(config.huly.overlap, 60 * SECOND);
    assert_eq!(config.huly.page_size, 500);
    assert_eq!(config.huly.http.idle_timeout, 4 * SECOND);
    assert_eq!(
        (config.huly.http.rate, config.vibe.http.rate),
        (Some(1_400), None)
    );
    assert_eq!(config.vibe.http.idle_timeout, 90 * SECOND);
    assert_eq!(config.sync.create, Create::Both);
    assert_eq!(config.sync.workers, 5);
    assert_eq!(config.sync.run_deadline, 900 * SECOND);
    assert_eq!(config.fields.description, FieldPolicy::Merge);
    assert_eq!(config.delete, DeletePolicy::Cancel);
    assert_eq!(
        (config.lease.ttl, config.lease.heartbeat),
        (60 * SECOND, 10 * SECOND)
    );
    assert_eq!(
        config.store.path,
        std::path::Path::new("/h/.local/share/hvs/hvs.db")
    );
    assert_eq!(config.projects, []);
}

#[test]
fn every_value_is_shown_with_its_default() {
    let config = World::new("").load();
    let rows: Vec<_> = config
        .show_text()
        .lines()
        .map(|line| line.trim().to_owned())
        .collect();
    expect![[r"
        huly.url                      (not set)                   default
        huly.api                      platform                    default
    "]]
    .assert_eq(&(rows[..2].join("\n") + "\n"));
    assert_eq!(rows.len(), 133, "{}", rows.join("\n"));
}

#[test]
fn a_later_layer_wins_and_says_so() {
    let text = "[sync]\nworkers = 2\nrun_deadline = \"5m\"\n[lease]\nttl = \"90s\"\n";
    let world = World::new(text)
        .set("HVS_SYNC_RUN_DEADLINE", "20 min")
        .set("HVS_LEASE_TTL", "100 s")
        .flag("--lease-ttl", "lease.ttl", "2 min");
    let config = world.load();
    assert_eq!(config.sync.workers, 2);
    assert_eq!(config.sync.run_deadline, 1_200 * SECOND);
    assert_eq!(config.lease.ttl, 120 * SECOND);
    assert_eq!(origin_of(&config, "lease.heartbeat"), Origin::Default);
    assert_eq!(origin_of(&config, "sync.workers"), line(2));
    assert_eq!(
        origin_of(&config, "sync.run_deadline").to_string(),
        "HVS_SYNC_RUN_DEADLINE"
    );
    assert_eq!(origin_of(&config, "lease.ttl").to_string(), "--lease-ttl");
}

#[test]
fn the_last_of_two_equal_flags_wins_and_an_empty_variable_is_none() {
    let world = World::new("[sync]\nworkers = 2\n").set("HVS_SYNC_WORKERS", "");
    assert_eq!(world.load().sync.workers, 2);
    let world = world
        .flag("-w", "sync.workers", "3")
        .flag("-w", "sync.workers", "4");
    assert_eq!(world.load().sync.workers, 4);
}

#[test]
fn every_key_has_a_variable_of_its_own() {
    let inputs = Inputs::default();
    let mut reader = reader::Reader::new(&inputs, None, None);
    reader.config();
    let variables: BTreeSet<_> = reader
        .known
        .iter()
        .map(|key| reader::variable(key))
        .collect();
    assert_eq!(variables.len(), reader.known.len());
    assert!(
        variables.contains("HVS_HULY_HTTP_READ_TIMEOUT"),
        "{variables:?}"
    );
}

#[test]
fn values_of_every_kind_can_come_from_variables() {
    let config = World::new("")
        .set("HVS_VIBE_REPO_ROOTS", "/srv/code:~/code")
        .set("HVS_SYNC_PROJECTS_CREATE", "false")
        .set("HVS_GUARD_REMOVALS_SHARE", "30 %")
        .set("HVS_VIBE_HTTP_BODY_CAP", "16 MiB")
        .set(
            "HVS_STATUS_TO_VIBE",
            r#"{ "In Review" = "inreview", Backlog = "todo" }"#,
        )
        .set("HVS_STATUS_TO_HULY_DONE", "Shipped")
        .set(
            "HVS_PROJECT",
            r#"[{ huly = "HARB", repo = "/srv/code/harbor" }]"#,
        )
        .set("HVS_STORE_PATH", "data/hvs.db")
        .load();
    assert_eq!(
        config.vibe.repo_roots,
        ["/srv/code", "/h/code"].map(std::path::PathBuf::from)
    );
    assert!(!config.sync.projects_create);
    assert!((config.guard.removals_share - 0.3).abs() < 1e-9);
    assert_eq!(config.vibe.http.body_cap, 16 << 20);
    assert_eq!(config.status.to_vibe["In Review"], VibeStatus::InReview);
    assert_eq!(config.status.to_huly[&VibeStatus::Done], "Shipped");
    assert_eq!(config.projects[0].huly, "HARB");
    assert_eq!(
        origin_of(&config, "project.0.repo").to_string(),
        "HVS_PROJECT"
    );
    assert!(config.store.path.is_absolute() && config.store.path.ends_with("data/hvs.db"));
}

#[test]
fn a_relative_path_starts_at_its_file_and_in_a_variable_at_the_working_directory() {
    let world = World::new("");
    std::fs::create_dir(world.directory.path().join("etc")).unwrap();
    world.write("etc/my.toml", "[store]\npath = \"hvs.db\"\n");
    let world = world.set("HVS_CONFIG", "etc/my.toml");
    assert_eq!(
        world.load().store.path,
        world.directory.path().join("etc/hvs.db")
    );
    let world = world.set("HVS_STORE_PATH", "hvs.db");
    assert_eq!(
        world.load().store.path,
        world.directory.path().join("hvs.db")
    );
}

#[test]
fn the_data_directory_follows_xdg() {
    let config = World::new("").set("XDG_DATA_HOME", "/data").load();
    assert_eq!(config.store.path, std::path::Path::new("/data/hvs/hvs.db"));
    assert_eq!(origin_of(&config, "store.path"), Origin::Default);
    let inputs = Inputs {
        directory: "/".into(),
        ..Inputs::default()
    };
    let error = load(&inputs).unwrap_err().to_string();
    expect![[r"
        error: `store.path` has no default: neither XDG_DATA_HOME nor HOME is an absolute path
        hint: set `path` in [store], or HVS_STORE_PATH"]]
    .assert_eq(&error);
}

#[test]
fn the_json_form_holds_the_same_values_with_the_parts_of_their_origin() {
    let config = World::new("[sync]\nworkers = 2\n")
        .set("HVS_LOG_LEVEL", "debug")
        .load();
    let json = config.show_json();
    assert_eq!(json["file"], "hvs.toml");
    let row = |key: &str| {
        let values = json["values"].as_array().unwrap();
        values
            .iter()
            .find(|entry| entry["key"] == key)
            .unwrap()
            .to_string()
    };
    assert_eq!(
        row("sync.workers"),
        r#"{"key":"sync.workers","origin":{"from":"file","line":2,"path":"hvs.toml"},"value":2}"#
    );
    assert_eq!(
        row("log.level"),
        r#"{"key":"log.level","origin":{"from":"environment","name":"HVS_LOG_LEVEL"},"value":"debug"}"#
    );
}

#[test]
fn a_command_that_needs_the_services_is_told_everything_that_is_missing() {
    let config = World::new("[huly]\nurl = \"https://huly.example.org\"\n").load();
    expect![[r"
        error: `huly.workspace` is not set
         --> hvs.toml
        hint: set `workspace` in [huly], or HVS_HULY_WORKSPACE: the part of the address after `workbench`

        error: there are no credentials for Huly
         --> hvs.toml
        hint: set `token_file`, or `email` and `password_file`, in [huly]; or HVS_HULY_TOKEN

        error: `vibe.url` is not set
         --> hvs.toml
        hint: set `url` in [vibe], or HVS_VIBE_URL: the address that Vibe Kanban prints at its start

        error: 3 problems in the configuration"]]
    .assert_eq(&config.services().unwrap_err().to_string());
}

#[test]
fn with_both_addresses_and_credentials_the_services_can_be_reached() {
    let text = "[huly]\nurl = \"https://huly.example.org\"\nworkspace = \"harbor\"\ntoken = \"t\"\n[vibe]\nurl = \"http://127.0.0.1:4000\"\n";
    let config = World::new(text).load();
    let services = config.services().unwrap();
    assert_eq!(services.huly_url.host_str(), Some("huly.example.org"));
    assert_eq!(services.workspace, "harbor");
    assert_eq!(services.vibe_url.port(), Some(4_000));
    assert!(matches!(services.credentials, Credentials::Token(_)));
}
