//! Copies of a store: backups that are made while it is in use, and their way back.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{
    Batch, Error, Fence, Store,
    port::{BackupPlan, Upkeep},
    row::IntentState,
    sqlite::{OpenOptions, SqliteStore},
};
use sync_core::{Pair, Side, ids::Millis};
use tempfile::TempDir;
use uuid::Uuid;

use crate::sample::{
    PROJECT, history, intent, keeping, link, link_id, links, options, project, request, take, text,
};

/// A day.
const DAY: i64 = 86_400_000;
/// 2026-11-21T15:53:52Z.
const NOW: Millis = Millis(1_795_276_432_000);

struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }
    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("hvs.db")
    }
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
    async fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path(), &options())
            .await
            .unwrap()
            .store
    }
    /// A store with three links, whose lease is held.
    async fn with_links(&self) -> (SqliteStore, Fence) {
        let store = self.open().await;
        let fence = take(&store, "one", NOW).await;
        let mut batch = links([1, 2, 3].map(|n| link(n, 1)));
        batch.projects.push(project(PROJECT));
        let texts = Pair {
            huly: Some(text("h")),
            vibe: None,
        };
        batch.texts.push((link_id(1), texts));
        batch
            .intents
            .push(intent(1, 1, Side::Vibe, IntentState::Sent));
        store.write(&fence, &batch).await.unwrap();
        (store, fence)
    }
}

fn at(now: Millis) -> OpenOptions {
    OpenOptions::new(now, Uuid::from_u128(0x99))
}

async fn read(path: &Path) -> SqliteStore {
    SqliteStore::open_existing(path, &options()).await.unwrap()
}

#[tokio::test]
async fn a_backup_is_made_while_the_store_is_written_and_is_a_store_itself() {
    let place = Place::new();
    let (store, fence) = place.with_links().await;
    let writing = async {
        for version in 2..30 {
            let batch = links([link(1, version)]);
            store.write(&fence, &batch).await.unwrap();
        }
    };
    let (backup, ()) = futures::join!(store.back_up(None, NOW), writing);
    let backup = backup.unwrap();
    assert_eq!(
        backup,
        place.0.path().join("hvs.db.20261121T155352Z.backup")
    );
    let mode = fs::metadata(&backup).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let copy = read(&backup).await;
    assert_eq!(copy.id(), store.id());
    assert_eq!(copy.links(PROJECT).await.unwrap().len(), 3);
    assert_eq!(copy.texts(&[link_id(1)]).await.unwrap().len(), 1);
    assert_eq!(copy.check().await.unwrap().findings, Vec::<String>::new());
    copy.close().await.unwrap();
    let listed = SqliteStore::backups(&place.path()).unwrap();
    assert_eq!(
        (listed.len(), &listed[0].path, listed[0].at),
        (1, &backup, NOW)
    );
    // What has the name already is left alone.
    let again = store.back_up(Some(&backup), NOW).await.unwrap_err();
    assert_eq!(again.code(), "STORE_BACKUP");
    assert_eq!(read(&backup).await.links(PROJECT).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_restored_store_has_the_backups_rows_marked_and_what_stood_there_is_kept() {
    let place = Place::new();
    let (store, fence) = place.with_links().await;
    let backup = store.back_up(None, NOW).await.unwrap();
    let batch = links([link(4, 1), link(1, 2)]);
    store.write(&fence, &batch).await.unwrap();
    store.release(&fence).await.unwrap();
    store.close().await.unwrap();

    let later = Millis(NOW.0 + DAY);
    let restored = SqliteStore::restore(&place.path(), &backup, &at(later))
        .await
        .unwrap();
    let replaced = place.0.path().join("hvs.db.20261122T155352Z.replaced");
    assert_eq!(
        (restored.links, restored.replaced),
        (3, Some(replaced.clone()))
    );
    assert_eq!(
        place.names(),
        [
            "hvs.db",
            "hvs.db.20261121T155352Z.backup",
            "hvs.db.20261122T155352Z.replaced"
        ]
    );
    let now = place.open().await;
    let found = now.links(PROJECT).await.unwrap();
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|link| link.rebuilt && link.version == 2));
    assert_eq!(now.restored_at().await.unwrap(), Some(later));
    assert_eq!(
        now.projects().await.unwrap()[0].compared_at,
        Millis(0),
        "compared in full next"
    );
    let counts = now.intent_counts().await.unwrap();
    assert_eq!(
        counts[&IntentState::Sent],
        1,
        "looked after by the next run"
    );
    // The old one is whole.
    assert_eq!(read(&replaced).await.links(PROJECT).await.unwrap().len(), 4);
    // And it can come back.
    now.close().await.unwrap();
    let back = SqliteStore::restore(&place.path(), &replaced, &at(Millis(later.0 + DAY))).await;
    assert_eq!(back.unwrap().links, 4);
}

#[tokio::test]
async fn nothing_is_restored_while_a_run_works_and_no_token_is_given_twice() {
    let place = Place::new();
    let (store, fence) = place.with_links().await;
    let backup = store.back_up(None, NOW).await.unwrap();
    let refused = SqliteStore::restore(&place.path(), &backup, &at(NOW)).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), "STORE_AT_WORK");
    assert!(
        std::error::Error::source(&refused)
            .unwrap()
            .to_string()
            .contains("process 7 on here")
    );
    assert_eq!(store.links(PROJECT).await.unwrap().len(), 3);
    assert_eq!(
        SqliteStore::vacuum(&store, NOW).await.unwrap_err().code(),
        "STORE_AT_WORK"
    );

    // Its lease ran out, but the process still lives and has the old file open.
    let later = Millis(NOW.0 + DAY);
    SqliteStore::restore(&place.path(), &backup, &at(later))
        .await
        .unwrap();
    let late = store.write(&fence, &links([link(1, 9)])).await.unwrap_err();
    assert!(matches!(late, Error::Fenced { .. }), "{late}");
    let asked = store
        .acquire(&request("two"), Millis(later.0 + 365 * DAY))
        .await;
    assert!(matches!(asked.unwrap(), store::port::LeaseAnswer::Held(_)));
    let now = place.open().await;
    let new = take(&now, "three", later).await;
    assert!(new.token > fence.token + 1, "{new:?} {fence:?}");
    now.write(&new, &links([link(1, 9)])).await.unwrap();
}

#[tokio::test]
async fn a_backup_takes_the_place_of_a_damaged_or_lost_store() {
    let place = Place::new();
    let (store, fence) = place.with_links().await;
    let backup = store.back_up(None, NOW).await.unwrap();
    store.release(&fence).await.unwrap();
    store.close().await.unwrap();
    for damage in ["garbage", "lost"] {
        if damage == "garbage" {
            fs::write(place.path(), "not a store any more ".repeat(1_000)).unwrap();
            fs::write(place.path().with_file_name("hvs.db-wal"), "stale ").unwrap();
        } else {
            fs::remove_file(place.path()).unwrap();
        }
        let now = Millis(NOW.0 + if damage == "lost" { 9 * DAY } else { DAY });
        let restored = SqliteStore::restore(&place.path(), &backup, &at(now))
            .await
            .unwrap();
        assert_eq!(restored.replaced.is_some(), damage == "garbage", "{damage}");
        let store = place.open().await;
        assert_eq!(store.links(PROJECT).await.unwrap().len(), 3, "{damage}");
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_sound_store_is_not_restored() {
    let place = Place::new();
    let (store, fence) = place.with_links().await;
    let backup = store.back_up(None, NOW).await.unwrap();
    store.release(&fence).await.unwrap();
    store.close().await.unwrap();
    let before = fs::read(place.path()).unwrap();
    let bad = place.0.path().join("bad");
    let try_it = async |from: &Path| {
        let later = at(Millis(NOW.0 + DAY));
        let refused = SqliteStore::restore(&place.path(), from, &later).await;
        refused.unwrap_err().code()
    };
    assert_eq!(try_it(&bad).await, "STORE_MISSING");
    assert_eq!(try_it(&place.path()).await, "STORE_ITSELF");
    fs::write(&bad, "no database at all ".repeat(99)).unwrap();
    assert_eq!(try_it(&bad).await, "STORE_NOT_A_DATABASE");
    let mut bytes = fs::read(&backup).unwrap();
    for byte in bytes.iter_mut().skip(20_000).take(40_000) {
        *byte ^= 0x5a;
    }
    fs::write(&bad, bytes).unwrap();
    let damaged = try_it(&bad).await;
    assert!(
        ["STORE_BACKUP", "STORE_CORRUPT"].contains(&damaged),
        "{damaged}"
    );
    fs::remove_file(&bad).unwrap();
    let options = SqliteConnectOptions::new()
        .filename(&bad)
        .create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("CREATE TABLE songs (title TEXT)")
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
    assert_eq!(try_it(&bad).await, "STORE_FOREIGN");
    assert_eq!(fs::read(place.path()).unwrap(), before);
    assert!(!place.names().iter().any(|name| name.contains("restoring")));
}

#[tokio::test]
async fn upkeep_makes_backups_when_they_are_due_and_keeps_the_newest() {
    let place = Place::new();
    let store = SqliteStore::open(&place.path(), &at(NOW))
        .await
        .unwrap()
        .store;
    let foreign = place.0.path().join("hvs.db.v1.77.backup");
    fs::write(&foreign, "made before a migration").unwrap();
    let plan = BackupPlan {
        every: Millis(DAY),
        keep: 2,
    };
    let upkeep = Upkeep {
        backup: Some(plan),
        ..keeping(DAY)
    };
    let mut made = Vec::new();
    for hours in (0..=120).step_by(6) {
        let now = Millis(NOW.0 + hours * 3_600_000);
        let done = store.upkeep(&upkeep, now).await.unwrap();
        made.extend(done.backup);
    }
    assert_eq!(made.len(), 5, "one a day, none for a new store: {made:?}");
    let kept: Vec<_> = SqliteStore::backups(&place.path())
        .unwrap()
        .into_iter()
        .map(|backup| backup.path)
        .collect();
    assert_eq!(kept, [made[4].clone(), made[3].clone()]);
    assert!(foreign.exists(), "it is not one of these");
    // The clock was set back: backups go on.
    let done = store.upkeep(&upkeep, Millis(NOW.0 - DAY)).await.unwrap();
    assert!(done.backup.unwrap().exists(), "it is the newest one");
    let soon = Millis(NOW.0 - DAY + 60_000);
    assert_eq!(store.upkeep(&upkeep, soon).await.unwrap().backup, None);
}

#[tokio::test]
async fn pages_that_pruning_frees_go_back_to_the_disk() {
    let place = Place::new();
    let (store, fence) = place.with_links().await;
    for _ in 0..20 {
        let long: Vec<_> = (0..500)
            .map(|at| {
                let mut row = history(1, at);
                row.old = Some("x".repeat(900).into());
                row
            })
            .collect();
        let batch = Batch {
            history: long,
            ..Batch::default()
        };
        store.write(&fence, &batch).await.unwrap();
    }
    let full = store.check().await.unwrap().bytes;
    store.upkeep(&keeping(1), NOW).await.unwrap();
    let after = store.check().await.unwrap();
    assert!(
        full > 9_000_000 && after.bytes < full / 4,
        "{full} {after:?}"
    );
    store.release(&fence).await.unwrap();
    store.vacuum(NOW).await.unwrap();
    let smallest = store.check().await.unwrap();
    assert_eq!((smallest.free_bytes, smallest.log_bytes), (0, 0));
    assert_eq!(store.links(PROJECT).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_store_is_looked_through_after_an_end_that_was_not_clean() {
    let place = Place::new();
    let (store, fence) = place.with_links().await;
    // The lease was never given up: its holder was killed, or works.
    store.close().await.unwrap();
    let opened = SqliteStore::open(&place.path(), &options()).await.unwrap();
    assert!(opened.checked);
    // The log was not brought in: nobody closed the store.
    opened.store.release(&fence).await.unwrap();
    let copy = Place::new();
    for name in ["hvs.db", "hvs.db-wal"] {
        fs::copy(place.0.path().join(name), copy.0.path().join(name)).unwrap();
    }
    opened.store.close().await.unwrap();
    let opened = SqliteStore::open(&place.path(), &options()).await.unwrap();
    assert!(!opened.checked, "the end was clean");
    let killed = SqliteStore::open(&copy.path(), &options()).await.unwrap();
    assert!(killed.checked);
    assert_eq!(killed.store.links(PROJECT).await.unwrap().len(), 3);
}

#[tokio::test]
async fn damage_that_is_found_after_an_unclean_end_is_told_before_any_work() {
    let place = Place::new();
    let (store, fence) = place.with_links().await;
    let mut batch = links((10..3_000).map(|n| link(n, 1)));
    batch.history = (0..3_000).map(|at| history(1, at)).collect();
    store.write(&fence, &batch).await.unwrap();
    store.close().await.unwrap();
    let mut bytes = fs::read(place.path()).unwrap();
    // The head of a page, somewhere behind the schema.
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let pages = bytes.len() / page;
    for at in (pages / 2)..(pages / 2 + 10) {
        bytes[at * page..at * page + 16].fill(0xee);
    }
    fs::write(place.path(), bytes).unwrap();
    let error = SqliteStore::open(&place.path(), &options())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "STORE_CORRUPT", "{error:?}");
    assert!(error.to_string().contains("hvs.db"), "{error}");
    // A look tells where.
    let reader = read(&place.path()).await;
    let found = reader.check().await;
    assert!(
        found
            .as_ref()
            .is_err_and(|error| error.code() == "STORE_CORRUPT")
            || found.is_ok_and(|found| !found.findings.is_empty())
    );
}
