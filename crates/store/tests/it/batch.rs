//! One batch is one transaction.

use futures::{FutureExt, poll};
use store::{Batch, Error, Store, row::IntentState, sqlite::SqliteStore};
use sync_core::{Pair, Side, ids::Millis};

use crate::sample::{
    PROJECT, conflict, dirty, history, intent, letter, link, link_id, links, options, project,
    ready, take, text,
};

/// A batch with something in each of its parts.
fn full(count: u128) -> Batch {
    let mut batch = links((1..=count).map(|n| link(n, 1)));
    batch.projects.push(project(PROJECT));
    batch.texts.push((
        link_id(1),
        Pair {
            huly: Some(text("h")),
            vibe: Some(text("v")),
        },
    ));
    batch
        .intents
        .push(intent(1, 1, Side::Vibe, IntentState::Planned));
    batch.conflicts.push(conflict(1, "both_changed", true));
    batch.dead_letters.push(letter(1, Side::Huly, None, "X"));
    batch.dirty.push(dirty("v1", 1, 1));
    batch.history.push(history(1, 1));
    batch
}

async fn is_empty(store: &SqliteStore) -> bool {
    let counts = store.counts().await.unwrap();
    let rest = counts.links
        + counts.live_intents
        + counts.dirty
        + counts.open_conflicts
        + counts.dead_letters;
    rest == 0
        && store.history(None, 9).await.unwrap().is_empty()
        && store.texts(&[link_id(1)]).await.unwrap().is_empty()
}

#[tokio::test]
async fn every_part_of_a_batch_is_written_and_counted() {
    let (store, fence) = ready().await;
    store.write(&fence, &full(3)).await.unwrap();
    let counts = store.counts().await.unwrap();
    let found = (
        counts.projects,
        counts.links,
        counts.live_intents,
        counts.dirty,
        counts.open_conflicts,
        counts.dead_letters,
    );
    assert_eq!(found, (1, 3, 1, 1, 1, 1));
    assert_eq!(store.projects().await.unwrap(), [project(PROJECT)]);
    assert_eq!(store.history(None, 9).await.unwrap(), [history(1, 1)]);
}

#[tokio::test]
async fn a_batch_that_fails_in_its_last_part_leaves_nothing() {
    let (store, fence) = ready().await;
    let mut batch = full(700);
    batch
        .intents
        .push(intent(2, 1, Side::Vibe, IntentState::Planned));
    assert!(matches!(
        store.write(&fence, &batch).await,
        Err(Error::Constraint { .. })
    ));
    assert!(is_empty(&store).await);
}

#[tokio::test]
async fn a_batch_that_is_dropped_in_the_middle_leaves_nothing_or_all() {
    let directory = tempfile::tempdir().unwrap();
    let mut whole = 0;
    for polls in 0..60 {
        let path = directory.path().join(format!("{polls}.db"));
        let store = SqliteStore::open(&path, &options()).await.unwrap().store;
        let fence = take(&store, "one", Millis(0)).await;
        let batch = full(700);
        let mut write = store.write(&fence, &batch);
        for _ in 0..polls {
            if poll!(&mut write).is_ready() {
                break;
            }
            // Lets SQLite's thread go on for one answer.
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
        drop(write);
        // What a process finds that starts after this one is gone.
        let again = SqliteStore::open(&path, &options()).await.unwrap().store;
        if !is_empty(&again).await {
            assert_eq!(again.counts().await.unwrap().links, 700);
            whole += 1;
        }
        store.write(&fence, &full(700)).await.unwrap();
    }
    assert!(whole < 60, "some were dropped in the middle");
}

#[tokio::test]
async fn a_store_in_memory_is_found_again_by_a_clone_after_the_work_was_dropped() {
    let (store, fence) = ready().await;
    let crashed = store.clone();
    store.write(&fence, &links([link(1, 1)])).await.unwrap();
    let task = tokio::spawn(async move { crashed.write(&fence, &full(3)).await });
    tokio::task::yield_now().await;
    task.abort();
    // Cancelled, or done before it could be.
    assert!(
        task.await.is_ok_and(|done| done.is_ok())
            || !store.links(PROJECT).await.unwrap().is_empty()
    );
    let found = store.links(PROJECT).await.unwrap().len();
    assert!(found == 1 || found == 3, "{found}");
}

#[tokio::test]
async fn a_project_is_replaced_whole_and_the_longest_waiting_comes_first() {
    let (store, fence) = ready().await;
    let mut late = project(PROJECT);
    late.synced_at = Millis(50);
    late.projects.vibe = Some("p".into());
    let mut early = project(sync_core::ids::ProjectLinkId(uuid::Uuid::from_u128(0xff)));
    early.phase = store::row::ProjectPhase::Waiting;
    let rows = vec![late.clone(), early.clone()];
    store
        .write(
            &fence,
            &Batch {
                projects: rows,
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(store.projects().await.unwrap(), [early, late]);
}

#[tokio::test]
async fn a_side_without_a_text_keeps_the_one_it_had() {
    let (store, fence) = ready().await;
    store.write(&fence, &full(1)).await.unwrap();
    let first = (
        link_id(1),
        Pair {
            huly: None,
            vibe: Some(text("new \u{0} text")),
        },
    );
    let second = (
        link_id(1),
        Pair {
            huly: Some(text("")),
            vibe: None,
        },
    );
    let batch = Batch {
        texts: vec![first, second],
        ..Batch::default()
    };
    store.write(&fence, &batch).await.unwrap();
    let found = store.texts(&[link_id(1), link_id(2)]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[&link_id(1)],
        Pair {
            huly: Some(text("")),
            vibe: Some(text("new \u{0} text"))
        }
    );
}

#[tokio::test]
async fn forgetting_a_link_drops_its_texts_dirty_rows_and_live_intents_but_no_other_ones() {
    let (store, fence) = ready().await;
    let mut batch = full(2);
    batch.dirty.push(dirty("v2", 1, 1));
    batch
        .intents
        .push(intent(2, 1, Side::Huly, IntentState::Done));
    batch
        .intents
        .push(intent(3, 2, Side::Vibe, IntentState::Sent));
    store.write(&fence, &batch).await.unwrap();
    store
        .write(
            &fence,
            &Batch {
                forget: vec![link_id(1), link_id(9)],
                ..Batch::default()
            },
        )
        .await
        .unwrap();

    assert_eq!(store.links(PROJECT).await.unwrap(), [link(2, 1)]);
    assert!(store.texts(&[link_id(1)]).await.unwrap().is_empty());
    assert_eq!(
        store.dirty(PROJECT, Millis(9), 9).await.unwrap(),
        [dirty("v2", 1, 1)]
    );
    let live = store.live_intents(None, 9).await.unwrap();
    assert_eq!(live, [intent(3, 2, Side::Vibe, IntentState::Sent)]);
    let counts = store.intent_counts().await.unwrap();
    assert_eq!(
        counts,
        [
            (IntentState::Dropped, 1),
            (IntentState::Done, 1),
            (IntentState::Sent, 1)
        ]
        .into()
    );
    assert_eq!(
        store.history(Some(link_id(1)), 9).await.unwrap().len(),
        1,
        "history stays"
    );
}

#[tokio::test]
async fn a_link_that_is_given_and_forgotten_in_one_batch_ends_forgotten() {
    let (store, fence) = ready().await;
    let mut batch = full(1);
    batch.forget.push(link_id(1));
    store.write(&fence, &batch).await.unwrap();
    assert_eq!(store.links(PROJECT).await.unwrap(), []);
}

#[tokio::test]
async fn rows_need_the_project_they_belong_to() {
    let store = SqliteStore::open_in_memory(&options()).await.unwrap();
    let fence = take(&store, "one", Millis(0)).await;
    assert!(matches!(
        store.write(&fence, &links([link(1, 1)])).await,
        Err(Error::Constraint { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_stands_still_while_the_store_works() {
    let (store, fence) = ready().await;
    let before = tokio::time::Instant::now();
    let work = async {
        for version in 1..50 {
            store
                .write(&fence, &links([link(1, version)]))
                .await
                .unwrap();
        }
    };
    let deadline = tokio::time::sleep(std::time::Duration::from_millis(1));
    tokio::select! {
        () = work.boxed() => {}
        () = deadline => panic!("the clock ran ahead"),
    }
    assert_eq!(tokio::time::Instant::now(), before);
}
