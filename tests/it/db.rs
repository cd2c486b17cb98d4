//! `hvs db`: backups while a service runs, refusals, and what is told of a store that cannot be used.

use std::{fs, path::PathBuf, process::Command};

use sim::vibe::Generation;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::time::Instant;

use crate::{
    process::{PATIENCE, Process, hvs, until},
    world::World,
};

/// Some linked pairs.
pub(crate) async fn linked(count: usize) -> World {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..count {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
    }
    world.sync().await;
    world
}

/// The files of the store and beside it, by name.
fn beside(world: &World) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(world.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("hvs.db"))
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_service_runs_the_store_is_checked_and_backed_up_but_not_replaced() {
    let world = linked(3).await;
    world.retitle_issue(&world.issue_named("Issue 0").id, "Seen by the service");
    let service = world.start(&["sync", "watch"]);
    until("the service runs", || {
        let mut tasks = world.tasks().into_iter();
        tasks.any(|task| task.title == "Seen by the service")
    })
    .await;
    world
        .hvs(&["db", "check"])
        .await
        .exits(0)
        .prints(&["sound:", "3 links"]);
    let backup = world.hvs(&["db", "backup", "--json"]).await.exits(0).json();
    let backup = backup["backup"].as_str().unwrap().to_owned();
    world
        .hvs(&["db", "restore", "--list"])
        .await
        .exits(0)
        .prints(&[&backup]);
    for command in [
        &["db", "restore", "--newest"][..],
        &["db", "restore", &backup],
        &["db", "vacuum"],
    ] {
        let id = format!("process {}", service.id());
        let ran = world.hvs(command).await.exits(5);
        ran.tells(&["[STORE_AT_WORK]", &id, "hvs.db", "hint:"]);
    }
    service.signal("TERM");
    service.wait().await.exits(0);
    world
        .hvs(&["db", "vacuum"])
        .await
        .exits(0)
        .prints(&["vacuumed:"]);
    let restored = world.hvs(&["db", "restore", "--newest", "--json"]).await;
    let restored = restored.exits(0).json();
    assert_eq!(restored["links"], 3, "{restored}");
    world.sync().await;
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_make_backups_in_time_and_keep_the_newest() {
    let mut world = linked(2).await;
    world.set("store.backup_every", "1 s");
    world.set("store.backup_keep", "2");
    let deadline = Instant::now() + PATIENCE;
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 4 {
        assert!(Instant::now() < deadline, "{seen:?}");
        world.sync().await;
        let backups: Vec<String> = beside(&world)
            .into_iter()
            .filter(|name| name.ends_with(".backup"))
            .collect();
        assert!(backups.len() <= 2, "{backups:?}");
        seen.extend(backups);
    }
    // Each is a store that can take the place of the lost one.
    fs::remove_file(world.path("hvs.db")).unwrap();
    world.hvs(&["db", "restore", "--newest"]).await.exits(0);
    assert_eq!(world.links().await.len(), 2);
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_named_wrongly_is_told_and_neither_overwritten_nor_put_back() {
    let world = linked(1).await;
    for (name, bytes) in [
        ("song.txt", &b"la la la, no database at all"[..]),
        ("empty", b""),
    ] {
        fs::write(world.path(name), bytes).unwrap();
    }
    let taken = world.hvs(&["db", "backup", "song.txt"]).await.exits(2);
    taken.tells(&["song.txt", "already", "name another file"]);
    for (name, why) in [
        ("song.txt", "not an SQLite database"),
        ("empty", "empty"),
        ("nowhere", "no such file"),
    ] {
        let ran = world.hvs(&["db", "restore", name]).await.exits(2);
        let ran = ran.tells(&[name, "cannot be put back", why, "hvs db restore --list"]);
        assert!(!ran.err.contains("hvs sync once"), "{ran}");
    }
    assert_eq!(fs::read(world.path("empty")).unwrap(), b"");
    world.stays_quiet().await;
    world.hvs(&["db", "backup", "kept"]).await.exits(0);
    let checked = world.hvs(&["db", "check", "--json"]).await.exits(0).json();
    assert!(checked["restored_at"].is_null(), "{checked}");
    world.hvs(&["db", "restore", "kept"]).await.exits(0);
    let checked = world.hvs(&["db", "check"]).await.exits(0);
    checked.prints(&["put back from a backup: 20"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_be_used_is_named_with_what_to_do_and_nothing_is_sent() {
    let world = linked(1).await;
    let whole = fs::read(world.path("hvs.db")).unwrap();
    world.retitle_issue(&world.issue_named("Issue 0").id, "Edited");
    for (damage, code, remedy) in [
        ("garbage", "STORE_NOT_A_DATABASE", "hvs db restore"),
        ("foreign", "STORE_FOREIGN", "Correct the path"),
        ("newer", "STORE_NEWER", "Use the newer hvs"),
        ("pages", "STORE_CORRUPT", "hvs db restore"),
    ] {
        damaged(&world, damage, &whole).await;
        world.count_afresh();
        let ran = world.hvs(&["sync", "once"]).await.exits(4);
        let ran = ran.tells(&[code, "hvs.db", "hint:", remedy]);
        assert_eq!(world.writes(), 0, "{ran}");
        fs::remove_file(world.path("hvs.db")).unwrap();
    }
    fs::write(world.path("hvs.db"), whole).unwrap();
    world.sync().await;
    world.assert_same_on_both_sides();
}

async fn damaged(world: &World, damage: &str, whole: &[u8]) {
    let path = world.path("hvs.db");
    let mut bytes = whole.to_vec();
    match damage {
        "garbage" => bytes = b"not a database at all ".repeat(500),
        // every page but the one with the schema's beginning
        "pages" => bytes.iter_mut().skip(4_096).for_each(|byte| *byte ^= 0x5a),
        "foreign" => bytes.clear(),
        _ => {}
    }
    fs::write(&path, bytes).unwrap();
    let change = match damage {
        "foreign" => "CREATE TABLE songs (title TEXT)",
        "newer" => "PRAGMA user_version = 99",
        _ => return,
    };
    let mut conn = connect(path).await;
    sqlx::raw_sql(change).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

async fn connect(path: PathBuf) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_another_process_keeps_locked_is_told_with_its_file() {
    let world = linked(1).await;
    let mut other = connect(world.path("hvs.db")).await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let ran = world.hvs(&["sync", "once"]).await.exits(4);
    ran.tells(&["[STORE_LOCKED]", "hvs.db", "hint:"]);
    lock.rollback().await.unwrap();
    other.close().await.unwrap();
    world.stays_quiet().await;
}

/// Runs a script of the shell in the world's directory, where `$HVS` is the program.
pub(crate) async fn script(world: &World, words: &[&str], text: &str) -> crate::process::Ran {
    let (program, before) = words.split_first().unwrap();
    let home = world.path(".");
    let mut command = Command::new(program);
    command
        .args(before)
        .args(["/bin/sh", "-c", text])
        .current_dir(&home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", &home)
        .env("TMPDIR", &home)
        .env("HVS", hvs());
    Process::start(&mut command).wait().await
}
