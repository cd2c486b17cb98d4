//! A power cut at any moment (I14): after it the store opens, is sound, and holds what was committed, all of it and
//! nothing of what was not.
//!
//! The disk is modelled from the outside. SQLite in write-ahead mode with `synchronous = FULL`, as the store uses it, knows
//! two kinds of writing (<https://sqlite.org/wal.html>): a commit appends to the log and waits for the disk before it
//! returns; a checkpoint writes pages into the database, waits for the disk, and only then lets the log be used anew (its
//! new head is waited for before anything follows). So between two waits one file is being written, and what was there at the last wait is safe. At a cut any subset of the
//! 512-byte sectors written since may have reached the disk. That is what is built here, after every step of a story with
//! all kinds of writes, checkpoints and reopenings; the sectors are arbitrary, which is more than any disk does.
//!
//! `HVS_TORN_POINTS` says how many cuts are tried, `HVS_SEED` repeats one story.

mod disk;
mod story;

use rand::{SeedableRng, rngs::StdRng};
use store::sqlite::{OpenOptions, SqliteStore};
use sync_core::ids::Millis;
use uuid::Uuid;

use disk::{Image, Stretch, Writes};
use story::{Story, rows};

/// Cuts that are tried where `HVS_TORN_POINTS` says nothing.
const POINTS: u64 = 500;
/// Cuts in one story.
const STORY: u64 = 500;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What the store holds after a cut; panics where it does not open or is not sound.
async fn after_the_cut(image: &Image, told: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    image.put(&path);
    let options = OpenOptions::new(Millis(9_000), Uuid::nil());
    let opened = SqliteStore::open(&path, &options)
        .await
        .unwrap_or_else(|error| panic!("{told}: it does not open: {error:?}"));
    let found = opened.store.check().await.unwrap();
    assert_eq!(found.findings, Vec::<String>::new(), "{told}");
    let found = rows(&path).await;
    opened.store.close().await.unwrap();
    found
}

/// Both outcomes of a cut in the middle of a commit, counted.
#[derive(Debug, Default)]
struct Seen {
    cuts: u64,
    before: u64,
    after: u64,
    checkpoints: u64,
}

async fn cut_everywhere(seed: u64, points: u64, tally: &mut Seen) {
    let mut rng = StdRng::seed_from_u64(seed);
    let stretches = Story::new(seed).await.told(&mut rng).await;
    let each = points.div_ceil(stretches.len() as u64);
    let mut left = points;
    for (at, stretch) in stretches.iter().enumerate() {
        for cut in 0..each.min(left) {
            let told = format!(
                "HVS_SEED={seed}, stretch {at} ({:?}), cut {cut}",
                stretch.writes
            );
            let found = after_the_cut(&stretch.cut(&mut rng), &told).await;
            let is_before = found == *stretch.before;
            let is_after = found == *stretch.after;
            match stretch.writes {
                Writes::Commit => {
                    assert!(is_before || is_after, "{told}: it holds neither state");
                    tally.before += u64::from(is_before);
                    tally.after += u64::from(is_after);
                }
                Writes::Checkpoint => {
                    assert!(is_after, "{told}: what was committed is not there");
                    tally.checkpoints += 1;
                }
            }
            tally.cuts += 1;
        }
        left = left.saturating_sub(each);
    }
}

#[tokio::test]
async fn a_power_cut_at_any_moment_leaves_a_sound_store_with_all_that_was_committed() {
    let points = number("HVS_TORN_POINTS").unwrap_or(POINTS);
    let first = number("HVS_SEED");
    let mut tally = Seen::default();
    for story in 0..points.div_ceil(STORY) {
        let seed = first.unwrap_or(story);
        println!("HVS_SEED={seed}");
        cut_everywhere(seed, STORY.min(points), &mut tally).await;
        if first.is_some() {
            break;
        }
    }
    println!("{tally:?}");
    let enough = tally.cuts / 20;
    assert!(
        tally.before > enough && tally.after > enough && tally.checkpoints > enough,
        "not every kind of cut was tried: {tally:?}"
    );
}

/// Were commits not to wait for the disk (`synchronous = NORMAL`), a cut could take back what they said was written: the
/// trial must notice that.
#[tokio::test]
async fn commits_that_do_not_wait_for_the_disk_would_be_noticed() {
    let mut rng = StdRng::seed_from_u64(1);
    let stretches = Story::new(1).await.told(&mut rng).await;
    let commits: Vec<&Stretch> = stretches
        .iter()
        .filter(|stretch| stretch.writes == Writes::Commit)
        .collect();
    let mut lost = 0;
    for stretch in commits.iter().take(20) {
        // After the commit has returned: the whole log since then is as if it had not been waited for.
        let found = after_the_cut(&stretch.cut(&mut rng), "unsynced").await;
        lost += u64::from(found != *stretch.after);
    }
    assert!(lost > 0, "nothing of {} commits was lost", commits.len());
}
