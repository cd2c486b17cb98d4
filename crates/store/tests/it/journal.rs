//! The journal (design 4.1).

use serde_json::json;
use store::{
    Batch, Error, Store,
    row::{Intent, IntentState},
};
use sync_core::{
    Side,
    ids::{IntentKey, Millis, ProjectLinkId},
};
use uuid::Uuid;

use crate::sample::{PROJECT, intent, keeping, link_id, project, ready};

fn batch(intents: Vec<Intent>) -> Batch {
    Batch {
        intents,
        ..Batch::default()
    }
}

fn sent(mut intent: Intent, write_id: &str, at: i64) -> Intent {
    intent.state = IntentState::Sent;
    intent.attempt += 1;
    intent.write_id = Some(write_id.into());
    intent.sent_at = Some(Millis(at));
    intent.prepared = Some(json!({ "number": 12 }));
    intent
}

#[tokio::test]
async fn an_intent_comes_back_as_it_was_written_and_is_replaced_whole_by_its_key() {
    let (store, fence) = ready().await;
    let mut row = sent(intent(1, 1, Side::Vibe, IntentState::Planned), "t1", 5);
    row.error = Some("NET_RESET".into());
    row.link = None;
    store
        .write(&fence, &batch(vec![row.clone()]))
        .await
        .unwrap();
    assert_eq!(store.intent(row.key).await.unwrap(), Some(row));
    let done = intent(1, 1, Side::Huly, IntentState::Done);
    store
        .write(&fence, &batch(vec![done.clone()]))
        .await
        .unwrap();
    assert_eq!(store.intent(done.key).await.unwrap(), Some(done));
    assert_eq!(store.intent(IntentKey(Uuid::nil())).await.unwrap(), None);
}

#[tokio::test]
async fn live_intents_come_oldest_first_of_one_project_or_of_all() {
    let (store, fence) = ready().await;
    let other = ProjectLinkId(Uuid::from_u128(0xab));
    let mut elsewhere = intent(1, 4, Side::Vibe, IntentState::Planned);
    elsewhere.project = other;
    let rows = vec![
        intent(3, 1, Side::Vibe, IntentState::Sent),
        intent(2, 2, Side::Vibe, IntentState::Planned),
        intent(4, 3, Side::Vibe, IntentState::Failed),
        elsewhere,
    ];
    let all = Batch {
        projects: vec![project(other)],
        ..batch(rows)
    };
    store.write(&fence, &all).await.unwrap();
    let keys = |rows: Vec<Intent>| {
        rows.into_iter()
            .map(|row| row.key.0.as_u128())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(store.live_intents(None, 9).await.unwrap()), [1, 2, 3]);
    assert_eq!(keys(store.live_intents(None, 2).await.unwrap()), [1, 2]);
    assert_eq!(
        keys(store.live_intents(Some(PROJECT), 9).await.unwrap()),
        [2, 3]
    );
    let counts = store.intent_counts().await.unwrap();
    assert_eq!(
        counts,
        [
            (IntentState::Planned, 2),
            (IntentState::Sent, 1),
            (IntentState::Failed, 1)
        ]
        .into()
    );
}

#[tokio::test]
async fn a_link_has_at_most_one_live_intent_per_side() {
    let (store, fence) = ready().await;
    let first = intent(1, 1, Side::Vibe, IntentState::Planned);
    store
        .write(
            &fence,
            &batch(vec![first, intent(2, 1, Side::Huly, IntentState::Planned)]),
        )
        .await
        .unwrap();
    let second = intent(3, 1, Side::Vibe, IntentState::Planned);
    assert!(matches!(
        store.write(&fence, &batch(vec![second.clone()])).await,
        Err(Error::Constraint { .. })
    ));
    let replaced = vec![second, intent(1, 1, Side::Vibe, IntentState::Failed)];
    store.write(&fence, &batch(replaced)).await.unwrap();
    assert_eq!(
        store.live_intents(None, 9).await.unwrap().len(),
        2,
        "the place was freed in the same batch"
    );
}

#[tokio::test]
async fn making_projects_has_no_link_and_so_no_limit() {
    let (store, fence) = ready().await;
    let rows = [1, 2].map(|n| Intent {
        link: None,
        ..intent(n, 0, Side::Vibe, IntentState::Planned)
    });
    store.write(&fence, &batch(rows.to_vec())).await.unwrap();
    assert_eq!(store.live_intents(None, 9).await.unwrap(), rows);
}

#[tokio::test]
async fn advancing_stores_attempt_time_prepared_values_and_write_id() {
    let (store, fence) = ready().await;
    let planned: Vec<Intent> = (1..=120)
        .map(|n| intent(n, n, Side::Vibe, IntentState::Planned))
        .collect();
    store.write(&fence, &batch(planned.clone())).await.unwrap();
    let rows: Vec<Intent> = planned.into_iter().map(|row| sent(row, "t", 7)).collect();
    store.advance(&fence, &rows).await.unwrap();
    assert_eq!(store.live_intents(None, 999).await.unwrap(), rows);
}

#[tokio::test]
async fn what_is_not_live_cannot_be_advanced_and_nothing_moves() {
    let (store, fence) = ready().await;
    let (open, done) = (
        intent(1, 1, Side::Vibe, IntentState::Planned),
        intent(2, 2, Side::Vibe, IntentState::Done),
    );
    store
        .write(&fence, &batch(vec![open.clone(), done.clone()]))
        .await
        .unwrap();
    for missing in [done, intent(3, 3, Side::Vibe, IntentState::Planned)] {
        let rows = [sent(open.clone(), "a", 1), sent(missing.clone(), "b", 1)];
        let error = store.advance(&fence, &rows).await.unwrap_err();
        assert!(
            matches!(error, Error::NotLive { key } if key == missing.key),
            "{error}"
        );
    }
    assert_eq!(store.live_intents(None, 9).await.unwrap(), [open]);
    assert_eq!(store.newest_write_id().await.unwrap(), None);
}

#[tokio::test]
async fn every_write_id_stays_known_although_its_intent_was_sent_again_or_pruned() {
    let (store, fence) = ready().await;
    let rows = [1, 2].map(|n| intent(n, n, Side::Huly, IntentState::Planned));
    store.write(&fence, &batch(rows.to_vec())).await.unwrap();
    let [one, two] = rows;
    store
        .advance(&fence, &[sent(one.clone(), "t2", 20), sent(two, "t1", 10)])
        .await
        .unwrap();
    assert_eq!(
        store.newest_write_id().await.unwrap().as_deref(),
        Some("t2")
    );
    store
        .advance(&fence, &[sent(one.clone(), "t3", 30)])
        .await
        .unwrap();
    let finished = Intent {
        state: IntentState::Done,
        ..sent(one, "t3", 30)
    };
    store.write(&fence, &batch(vec![finished])).await.unwrap();
    let done = store.upkeep(&keeping(0), Millis(1_000)).await.unwrap();
    assert_eq!(done.deleted, 1);
    assert_eq!(
        store.newest_write_id().await.unwrap().as_deref(),
        Some("t3")
    );
    for (id, known) in [("t1", true), ("t2", true), ("t3", true), ("t4", false)] {
        assert_eq!(store.knows_write_id(id).await.unwrap(), known, "{id}");
    }
}

#[tokio::test]
async fn unsettled_are_links_with_a_sent_write_of_whichever_project() {
    let (store, fence) = ready().await;
    let other = ProjectLinkId(Uuid::from_u128(0xab));
    let mut elsewhere = intent(1, 4, Side::Vibe, IntentState::Sent);
    elsewhere.project = other;
    let mut of_no_link = intent(7, 7, Side::Vibe, IntentState::Sent);
    of_no_link.link = None;
    let rows = vec![
        intent(2, 2, Side::Vibe, IntentState::Planned),
        intent(3, 3, Side::Vibe, IntentState::Done),
        intent(5, 1, Side::Huly, IntentState::Sent),
        of_no_link,
        elsewhere,
    ];
    let mut batch = batch(rows);
    batch.projects.push(project(other));
    store.write(&fence, &batch).await.unwrap();
    let found = store.unsettled().await.unwrap();
    let found: Vec<_> = found.iter().map(|(link, kind)| (*link, &**kind)).collect();
    assert_eq!(found, [(link_id(1), "update"), (link_id(4), "update")]);
}
