//! What is kept for people, and what is pruned.

use store::{
    Batch, Fence, Store,
    row::{HeldRow, IntentState},
};
use sync_core::{Side, ids::Millis};

use crate::sample::{
    PROJECT, conflict, history, intent, keeping, link, link_id, links, ready, run,
};

#[tokio::test]
async fn facts_are_stored_by_name_and_replaced() {
    let (store, _) = ready().await;
    assert_eq!(store.meta("workspace").await.unwrap(), None);
    for value in ["one", "", "two \u{0} 😀"] {
        store.set_meta("workspace", value).await.unwrap();
        assert_eq!(
            store.meta("workspace").await.unwrap().as_deref(),
            Some(value)
        );
    }
    assert_eq!(
        store.meta("store_id").await.unwrap(),
        Some(store.id().to_string())
    );
}

#[tokio::test]
async fn history_comes_newest_first_of_one_link_or_of_all() {
    let (store, fence) = ready().await;
    let rows = vec![
        history(1, 20),
        history(2, 10),
        history(1, 20),
        history(1, -5),
    ];
    store
        .write(
            &fence,
            &Batch {
                history: rows,
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    let times = |rows: Vec<store::row::HistoryRow>| {
        rows.into_iter().map(|row| row.at.0).collect::<Vec<_>>()
    };
    assert_eq!(
        times(store.history(None, 9).await.unwrap()),
        [20, 20, 10, -5]
    );
    assert_eq!(times(store.history(None, 1).await.unwrap()), [20]);
    assert_eq!(
        store.history(Some(link_id(2)), 9).await.unwrap(),
        [history(2, 10)]
    );
}

#[tokio::test]
async fn a_held_set_is_replaced_until_it_is_accepted() {
    let (store, fence) = ready().await;
    let held = |at: i64, accepted: Option<i64>| HeldRow {
        hash: "abc".into(),
        project: PROJECT,
        class: "removals".into(),
        at: Millis(at),
        pairs: vec!["p1".into(), "p2".into()],
        accepted_at: accepted.map(Millis),
    };
    for row in [held(1, None), held(2, None)] {
        store
            .write(
                &fence,
                &Batch {
                    held: vec![row.clone()],
                    ..Batch::default()
                },
            )
            .await
            .unwrap();
        assert_eq!(store.held("abc").await.unwrap(), Some(row));
    }
    assert_eq!(store.accepted(PROJECT).await.unwrap(), []);
    store
        .write(
            &fence,
            &Batch {
                held: vec![held(2, Some(3))],
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    store
        .write(
            &fence,
            &Batch {
                held: vec![held(9, None)],
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(store.accepted(PROJECT).await.unwrap(), [held(2, Some(3))]);
    assert_eq!(store.held("other").await.unwrap(), None);
}

#[tokio::test]
async fn a_run_is_written_at_its_start_and_replaced_at_its_end() {
    let (store, _) = ready().await;
    store.put_run(&run(1, 10)).await.unwrap();
    let mut ended = run(2, 20);
    store.put_run(&ended).await.unwrap();
    ended.ended_at = Some(Millis(30));
    ended.exit_code = Some(-3);
    store.put_run(&ended).await.unwrap();
    assert_eq!(store.runs(9).await.unwrap(), [ended.clone(), run(1, 10)]);
    assert_eq!(store.runs(1).await.unwrap(), [ended]);
    assert_eq!(store.run(run(1, 10).id).await.unwrap(), Some(run(1, 10)));
    assert_eq!(store.run(run(3, 0).id).await.unwrap(), None);
}

#[tokio::test]
async fn pruning_takes_what_is_old_and_finished_and_nothing_else() {
    let (store, fence) = ready().await;
    let mut batch = Batch {
        history: (0..2_500).map(|at| history(1, at)).collect(),
        ..Batch::default()
    };
    batch.intents = vec![
        intent(1, 1, Side::Vibe, IntentState::Done),
        intent(2, 2, Side::Vibe, IntentState::Sent),
        intent(2_450, 3, Side::Vibe, IntentState::Dead),
    ];
    store.write(&fence, &batch).await.unwrap();
    batch.history.clear();
    batch.intents.clear();
    let old = [conflict(1, "settled", false), conflict(2, "open", true)];
    batch.conflicts = old.to_vec();
    store.write(&fence, &batch).await.unwrap();
    for row in [run(1, 5), run(2, 2_450)] {
        store.put_run(&row).await.unwrap();
    }
    // 2,400 before now.
    let (keep, now) = (keeping(100), Millis(2_500));
    let done = store.upkeep(&keep, now).await.unwrap();
    assert_eq!(done.deleted, 2_400 + 1 + 1 + 1);
    let left = store.conflicts(false, 9).await.unwrap();
    assert_eq!(left.len(), 1, "what waits for a person stays: {left:?}");
    assert!(left[0].open);
    assert_eq!(store.history(None, u32::MAX).await.unwrap().len(), 100);
    assert_eq!(
        store.intent_counts().await.unwrap(),
        [(IntentState::Sent, 1), (IntentState::Dead, 1)].into()
    );
    assert_eq!(store.runs(9).await.unwrap(), [run(2, 2_450)]);
    assert_eq!(store.upkeep(&keep, now).await.unwrap().deleted, 0);
}

#[tokio::test]
async fn marked_links_are_counted_once_and_only_under_the_lease() {
    let (store, fence) = ready().await;
    let batch = links([link(1, 1), link(2, 1)]);
    store.write(&fence, &batch).await.unwrap();
    assert_eq!(store.mark_rebuilt(&fence).await.unwrap(), 2);
    assert_eq!(store.mark_rebuilt(&fence).await.unwrap(), 0);
    let found = store.links(PROJECT).await.unwrap();
    assert!(found.iter().all(|link| link.rebuilt));
    let old = Fence {
        token: fence.token + 1,
        ..fence
    };
    let refused = store.mark_rebuilt(&old).await.unwrap_err();
    assert_eq!(refused.code(), "STORE_FENCED");
}
