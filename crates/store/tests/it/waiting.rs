//! What waits: conflicts, dead letters, dirty items.

use store::{Batch, Store, port::Upkeep, row::Late};
use sync_core::{
    Side,
    ids::{ItemId, Millis},
    item::{Field, Value},
};

use crate::sample::{PROJECT, conflict, dirty, letter, link_id, ready};

#[tokio::test]
async fn the_same_conflict_of_one_run_is_one_row() {
    let (store, fence) = ready().await;
    let rows = vec![
        conflict(1, "both_changed", true),
        conflict(1, "both_changed", false),
        conflict(1, "lost", false),
    ];
    store
        .write(
            &fence,
            &Batch {
                conflicts: rows.clone(),
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    store
        .write(
            &fence,
            &Batch {
                conflicts: rows,
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    let found = store.conflicts(false, 9).await.unwrap();
    assert_eq!(
        found.iter().map(|row| &*row.cause).collect::<Vec<_>>(),
        ["lost", "both_changed"],
        "newest first"
    );
    let open = store.conflicts(true, 9).await.unwrap();
    let given = conflict(1, "both_changed", true);
    assert_eq!(
        open,
        [store::row::ConflictRow {
            id: open[0].id,
            ..given
        }]
    );
    assert_eq!(store.conflicts(false, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn every_value_that_loses_in_a_run_is_kept_once() {
    let (store, fence) = ready().await;
    let held_by = |item: &str| store::row::ConflictRow {
        item: Some(item.into()),
        ..conflict(1, "twin", false)
    };
    let mut edited = conflict(1, "twin", false);
    edited.values.vibe = Value::Text("edited meanwhile".into());
    // The second time they are known already.
    for _ in 0..2 {
        let conflicts = vec![held_by("t2"), held_by("t3"), edited.clone()];
        let batch = Batch {
            conflicts,
            ..Batch::default()
        };
        store.write(&fence, &batch).await.unwrap();
    }
    let found = store.conflicts(false, 9).await.unwrap();
    let items: Vec<Option<ItemId>> = found.into_iter().map(|row| row.item).collect();
    assert_eq!(items, [None, Some("t3".into()), Some("t2".into())]);
}

#[tokio::test]
async fn a_dead_letter_is_replaced_by_link_side_and_field_and_cleared_by_the_same() {
    let (store, fence) = ready().await;
    let title = Some(Field::Title);
    let rows = vec![
        letter(1, Side::Huly, None, "A"),
        letter(1, Side::Huly, title, "B"),
        letter(1, Side::Vibe, title, "C"),
    ];
    store
        .write(
            &fence,
            &Batch {
                dead_letters: rows,
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    store
        .write(
            &fence,
            &Batch {
                dead_letters: vec![letter(1, Side::Huly, None, "D")],
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    let codes = |rows: Vec<store::row::DeadLetter>| {
        rows.into_iter()
            .map(|row| row.code.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        codes(store.dead_letters(Some(PROJECT), u32::MAX).await.unwrap()),
        ["D", "B", "C"]
    );

    let refused = letter(1, Side::Huly, Some(Field::Status), "E");
    let settled = Batch {
        clear_dead: vec![
            (link_id(1), Side::Huly, None),
            (link_id(1), Side::Huly, title),
        ],
        dead_letters: vec![refused],
        ..Batch::default()
    };
    store.write(&fence, &settled).await.unwrap();
    assert_eq!(
        codes(store.dead_letters(None, 9).await.unwrap()),
        ["E", "C"],
        "the new letter outlives the clearing"
    );
}

#[tokio::test]
async fn dirty_items_come_when_they_are_due_longest_due_first_and_keep_the_time_since_when() {
    let (store, fence) = ready().await;
    let rows = vec![dirty("late", 1, 100), dirty("b", 3, 10), dirty("a", 2, 10)];
    store
        .write(
            &fence,
            &Batch {
                dirty: rows,
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    let mut again = dirty("b", 9, 20);
    again.tries = 2;
    store
        .write(
            &fence,
            &Batch {
                dirty: vec![again.clone()],
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    again.since = Millis(3);
    assert_eq!(
        store.dirty(PROJECT, Millis(20), 9).await.unwrap(),
        [dirty("a", 2, 10), again]
    );
    assert_eq!(
        store.dirty(PROJECT, Millis(100), 1).await.unwrap(),
        [dirty("a", 2, 10)]
    );
}

#[tokio::test]
async fn cleaning_takes_items_away_but_one_that_failed_in_the_same_batch_stays_dirty() {
    let (store, fence) = ready().await;
    store
        .write(
            &fence,
            &Batch {
                dirty: vec![dirty("a", 1, 1), dirty("b", 1, 1)],
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    let clean = ["a", "b", "none"]
        .map(|item| (PROJECT, Side::Vibe, ItemId::from(item)))
        .to_vec();
    store
        .write(
            &fence,
            &Batch {
                dirty: vec![dirty("b", 8, 8)],
                clean,
                ..Batch::default()
            },
        )
        .await
        .unwrap();
    let mut left = dirty("b", 1, 8);
    left.next_try = Millis(8);
    assert_eq!(store.dirty(PROJECT, Millis(9), 9).await.unwrap(), [left]);
}

#[tokio::test]
async fn a_late_write_is_known_until_its_end_whatever_else_is_remembered_of_the_item() {
    let (store, fence) = ready().await;
    let late = |item: &str, until: i64| Late {
        side: Side::Huly,
        item: item.into(),
        until: Millis(until),
    };
    let write = async |late: Vec<Late>| {
        let batch = Batch {
            late,
            ..Batch::default()
        };
        store.write(&fence, &batch).await.unwrap();
    };
    write(vec![late("a", 20), late("b", 30), late("a", 10)]).await;
    write(vec![late("b", 25)]).await;
    assert_eq!(
        store.late(Millis(0)).await.unwrap(),
        [late("a", 20), late("b", 30)]
    );
    let batch = Batch {
        dirty: vec![dirty("a", 1, 1)],
        clean: vec![(PROJECT, Side::Huly, "b".into())],
        ..Batch::default()
    };
    store.write(&fence, &batch).await.unwrap();
    assert_eq!(store.late(Millis(20)).await.unwrap(), [late("b", 30)]);
    let upkeep = Upkeep {
        history: Millis(9),
        conflicts: Millis(9),
        runs: Millis(9),
        backup: None,
    };
    assert_eq!(store.upkeep(&upkeep, Millis(25)).await.unwrap().deleted, 1);
    assert_eq!(store.late(Millis(0)).await.unwrap(), [late("b", 30)]);
}
