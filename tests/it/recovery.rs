//! The rows of `docs/recovery.md`: each disaster of the store, with the commands that the page shows.

use std::fs;

use crate::{
    db::{linked, script},
    world::World,
};

/// What is on both boards, by title and how often.
fn titles(world: &World) -> Vec<String> {
    let mut titles: Vec<String> = world.tasks().into_iter().map(|task| task.title).collect();
    titles.sort();
    titles
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_store_is_put_back_from_a_backup_and_nothing_is_doubled_or_overwritten() {
    let world = linked(6).await;
    world
        .hvs(&["db", "backup"])
        .await
        .exits(0)
        .prints(&["backup:"]);
    // After the backup: a pair is made, one is edited and synced, one is edited on both sides while the store is broken.
    let project = world.issue_named("Issue 0").project;
    world.issue(&project, "After the backup", "Text.", "Todo");
    world.retitle_issue(&world.issue_named("Issue 1").id, "Issue 1, edited");
    world.sync().await;
    world.retitle_issue(&world.issue_named("Issue 2").id, "Huly's word");
    world.retitle_task(world.task_named("Issue 2").id, "Vibe's word");
    let mut bytes = fs::read(world.path("hvs.db")).unwrap();
    bytes.iter_mut().skip(4_096).for_each(|byte| *byte ^= 0x5a);
    fs::write(world.path("hvs.db"), bytes).unwrap();

    let ran = world.hvs(&["sync", "once"]).await.exits(4);
    ran.tells(&["[STORE_CORRUPT]", "hvs.db", "hvs db restore"]);
    let ran = world.hvs(&["db", "restore", "--newest"]).await.exits(0);
    ran.prints(&["restored:", "what stood there:", ".replaced", "6 links"]);
    // That it is an old copy is told once.
    world.hvs(&["plan"]).await.exits(3);
    let ran = world.hvs(&["sync", "once"]).await.exits(3);
    ran.tells(&["[STORE_ROLLED_BACK]"]);
    world.assert_same_on_both_sides();
    let expected = [
        "After the backup",
        "Huly's word",
        "Issue 0",
        "Issue 1, edited",
        "Issue 3",
        "Issue 4",
        "Issue 5",
    ];
    assert_eq!(titles(&world), expected);
    assert_eq!(world.issues().len(), 7);
    let kept = world.conflicts().await;
    let is_kept = kept
        .iter()
        .any(|row| format!("{:?}", row.values).contains("Vibe's word"));
    assert!(is_kept, "{kept:?}");
    world.stays_quiet().await;
    assert!(
        world.links().await.len() == 7,
        "the pair of after the backup is linked again"
    );
}

/// How a file system of its own can be had here: as root, by a user's own name space, or by sudo, as on build machines. `None` where
/// the system allows none of these, as in some containers.
async fn own_mounts(world: &World) -> Option<Vec<&'static str>> {
    let ways = [
        vec!["unshare", "--mount"],
        vec!["unshare", "--user", "--map-root-user", "--mount"],
        vec!["sudo", "-n", "--preserve-env", "unshare", "--mount"],
    ];
    for way in ways {
        let tried = std::process::Command::new(way[0])
            .args(&way[1..])
            .arg("true")
            .output();
        if tried.is_ok_and(|tried| tried.status.success()) {
            let ran = script(world, &way, "mkdir -p try && mount -t tmpfs none try").await;
            if ran.code == Some(0) {
                return Some(way);
            }
        }
    }
    None
}

/// The store on a file system of 16 MiB that something else has filled, before a run and in the middle of one.
const FULL: &str = r#"
set -eu
mkdir -p small
mount -t tmpfs -o size=16m none small
cp hvs.db small/hvs.db
export HVS_STORE_PATH="$PWD/small/hvs.db"
code() { if "$@"; then echo "code 0"; else echo "code $?"; fi; }
dd if=/dev/zero of=small/filler bs=1k count=16384 2>/dev/null || true
code "$HVS" sync once
rm small/filler
dd if=/dev/zero of=small/filler bs=1k count="$ROOM" 2>/dev/null || true
code "$HVS" sync once
rm small/filler
sleep 8
code "$HVS" -q sync once
code "$HVS" db check
cp small/hvs.db hvs.db
mount -o remount,ro small
code "$HVS" sync once
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_ends_the_run_and_loses_nothing_once_there_is_room() {
    let world = linked(3).await;
    let project = world.issue_named("Issue 0").project;
    for at in 0..150 {
        world.issue(
            &project,
            &format!("Later {at}"),
            &"Long text. ".repeat(300),
            "Todo",
        );
    }
    let Some(way) = own_mounts(&world).await else {
        // The engine's tests of full and failing disks (`-p engine disk`) need no file system of their own.
        eprintln!(
            "NOT TRIED: this system lets nobody mount a file system, so no real disk could be filled"
        );
        return;
    };
    let settings = "export HVS_HULY_HTTP_WRITE_TIMEOUT='1 s' HVS_VIBE_HTTP_WRITE_TIMEOUT='1 s' HVS_RETRY_LATE_CREATE='1 s' \
        HVS_LEASE_HEARTBEAT='300 ms' HVS_LEASE_TTL='6600 ms' HVS_GUARD_CREATES_MIN=1000 ROOM=15960";
    let ran = script(&world, &way, &format!("{settings}\n{FULL}")).await;
    let codes: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.starts_with("code "))
        .collect();
    assert_eq!(
        codes,
        ["code 4", "code 4", "code 0", "code 0", "code 4"],
        "{ran}"
    );
    let ran = ran.tells(&["[STORE_FULL]", "small/hvs.db", "hint: Make room"]);
    let ran = ran.prints(&["sound:"]);
    let ran = ran.tells(&["[STORE_READ_ONLY]"]);
    assert_eq!(
        (world.issues().len(), world.tasks().len()),
        (153, 153),
        "{ran}"
    );
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

/// No file may become larger than 512 KiB: the disk gives an error that is not `ENOSPC`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_ends_the_run_and_loses_nothing_once_it_is_well() {
    let world = linked(3).await;
    let project = world.issue_named("Issue 0").project;
    for at in 0..150 {
        world.issue(
            &project,
            &format!("Later {at}"),
            &"Long text. ".repeat(300),
            "Todo",
        );
    }
    let limited =
        "trap '' XFSZ; ulimit -f 1024; export HVS_GUARD_CREATES_MIN=1000; exec \"$HVS\" sync once";
    let ran = script(&world, &["env"], limited).await.exits(4);
    ran.tells(&["[STORE_IO]", "hvs.db", "hint:"]);
    let mut world = world;
    world.set("guard.creates_min", "1000");
    // The run that failed may not have been able to give its lease up.
    let deadline = tokio::time::Instant::now() + crate::process::PATIENCE;
    loop {
        let ran = world.hvs(&["sync", "once"]).await;
        match ran.code {
            Some(0) => break,
            Some(3 | 5) => tokio::time::sleep(std::time::Duration::from_millis(500)).await,
            _ => panic!("{ran}"),
        }
        assert!(tokio::time::Instant::now() < deadline, "{ran}");
    }
    assert_eq!((world.issues().len(), world.tasks().len()), (153, 153));
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}
