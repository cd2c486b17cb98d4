//! What is refused before anything is done: a wrong command line, a wrong configuration, a newer or foreign store.

use std::{
    fs::OpenOptions,
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
};

use sim::vibe::Generation;

use crate::world::{CANARY, World};

async fn small() -> World {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "Paint the boat", "Text.", "Todo");
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_line_that_makes_no_sense_exits_with_2() {
    let world = small().await;
    world.hvs(&["sync", "onze"]).await.exits(2).tells(&["once"]);
    world.hvs(&["sync"]).await.exits(2);
    world
        .hvs(&["plan", "--projct", "HARB"])
        .await
        .exits(2)
        .tells(&["--project"]);
    world
        .hvs(&["runs", "show", "nothing"])
        .await
        .exits(2)
        .tells(&["hint:"]);
    world
        .hvs(&["--config", "nowhere.toml", "plan"])
        .await
        .exits(2)
        .tells(&["nowhere.toml"]);
    let help = world.hvs(&["--help"]).await.exits(0);
    help.prints(&["Exit codes:", "hvs demo"]);
    let (huly, vibe) = world.counts();
    assert_eq!(huly.sessions + vibe.sessions, 0, "nobody is asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_key_is_told_with_file_line_and_the_nearest_name() {
    let world = small().await;
    let good = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    for (bad, told) in [
        ("[sync]\nwrokers = 3\n", "workers"),
        ("[lease]\nttl = \"60 s\"\nhartbeat = \"5 s\"\n", "heartbeat"),
        ("[gaurd]\nremovals_min = 3\n", "guard"),
        ("[delete]\npolicy = \"miror\"\n", "mirror"),
    ] {
        let text = format!("{good}\n{bad}");
        // the wrong word stands in the last line, or in that of the section
        let wrong = ["wrokers", "hartbeat", "gaurd", "miror"];
        let line = text
            .lines()
            .position(|line| wrong.iter().any(|word| line.contains(word)));
        let place = format!("hvs.toml:{}:", line.unwrap() + 1);
        std::fs::write(world.path("hvs.toml"), &text).unwrap();
        for words in [&["sync", "once"][..], &["plan"], &["config", "show"]] {
            let ran = world.hvs(words).await.exits(2);
            ran.tells(&[&place, &format!("`{told}`")]);
        }
    }
    std::fs::write(world.path("hvs.toml"), &good).unwrap();
    let mut world = world;
    world.set("sync.wrokers", "3");
    let ran = world.hvs(&["sync", "once"]).await.exits(2);
    ran.tells(&["HVS_SYNC_WROKERS", "HVS_SYNC_WORKERS"]);
    let (huly, vibe) = world.counts();
    assert_eq!(huly.sessions + vibe.sessions, 0, "nobody is asked");
    assert!(!world.path("hvs.db").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_a_write_could_outlive_is_refused() {
    let mut world = small().await;
    world.set("lease.ttl", "20 s");
    let ran = world.hvs(&["sync", "once"]).await.exits(2);
    ran.tells(&["`lease.ttl`", "40 s"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_37_a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let world = small().await;
    world.sync().await;
    let path = world.path("hvs.db");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "for nobody else to read");
    // nothing is left in the log beside it, so that the file's own header counts
    let store = world.store().await;
    store.close().await.unwrap();
    let log = world.path("hvs.db-wal");
    assert!(std::fs::metadata(&log).map_or(0, |file| file.len()) == 0);
    // `user_version` of the SQLite file format: four bytes, big endian, at offset 60
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    file.seek(SeekFrom::Start(60)).unwrap();
    file.write_all(&9_999_u32.to_be_bytes()).unwrap();
    drop(file);
    let bytes = read(&path);
    world.issue(&world.issues()[0].project, "New", "", "Todo");
    world.count_afresh();
    for words in [
        &["sync", "once"][..],
        &["plan"],
        &["status"],
        &["runs"],
        &["reconcile"],
    ] {
        let ran = world.hvs(words).await;
        assert!(matches!(ran.code, Some(2 | 4)), "{ran}");
        ran.tells(&["newer", "[STORE_NEWER]", "hint:"]);
    }
    assert_eq!(world.writes(), 0);
    assert!(read(&path) == bytes, "not a byte of it is changed");
}

fn read(path: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_another_workspace_is_refused() {
    let world = small().await;
    world.sync().await;
    let other = small().await;
    let uuid = other.huly.model.lock().new_uuid();
    other.huly.model.lock().set_workspace(&uuid, "acme");
    // what a run left in the log beside the file belongs to it
    for name in ["hvs.db", "hvs.db-wal"] {
        if world.path(name).exists() {
            std::fs::copy(world.path(name), other.path(name)).unwrap();
        }
    }
    let ran = other.hvs(&["sync", "once"]).await.exits(2);
    ran.tells(&["workspace", &uuid]);
    assert_eq!(other.writes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_in_no_output_however_much_is_told() {
    let world = small().await;
    let token = world.huly.model.lock().token(&world.who.account, None);
    for words in [
        &["config", "show"][..],
        &["config", "show", "--json"],
        &["-vvv", "plan"],
        &["-vvv", "--log-format", "json", "sync", "once"],
        &["-vvv", "sync", "once", "--json"],
        &["-vvv", "reconcile"],
        &["status", "--json"],
        &["runs", "show", "last", "--json"],
    ] {
        // each run is held to not showing the password
        let ran = world.hvs(words).await.exits(0);
        // tokens begin with the same header and claims
        let start = token.split('.').next().unwrap();
        assert!(
            !ran.out.contains(start) && !ran.err.contains(start),
            "{ran}"
        );
    }
    let store = read(&world.path("hvs.db"));
    let has = |secret: &str| {
        store
            .windows(secret.len())
            .any(|part| part == secret.as_bytes())
    };
    assert!(!has(CANARY) && !has(&token), "nor in the store");
}
