//! What is under way or waits, counted by project and side.

use store::{
    Batch, Store,
    port::{Standing, Work},
    row::{Dirty, Intent, IntentState},
};
use sync_core::{
    Pair, Side,
    ids::{Millis, ProjectLinkId},
};
use uuid::Uuid;

use crate::sample::{PROJECT, conflict, dirty, intent, letter, link, links, project, ready};

/// Another project, of which there is nothing to tell.
const IDLE: ProjectLinkId = ProjectLinkId(Uuid::from_u128(0xac));

#[tokio::test]
async fn what_waits_is_counted_by_project_and_side() {
    let (store, fence) = ready().await;
    store
        .write(&fence, &links((1..=4).map(|n| link(n, 1))))
        .await
        .unwrap();
    let sent = |n, link, at| Intent {
        sent_at: Some(Millis(at)),
        ..intent(n, link, Side::Vibe, IntentState::Sent)
    };
    let batch = Batch {
        projects: vec![project(IDLE)],
        intents: vec![
            intent(1, 1, Side::Huly, IntentState::Planned),
            sent(2, 1, 50),
            sent(3, 2, 500),
            intent(4, 3, Side::Vibe, IntentState::Done),
        ],
        dirty: vec![
            dirty("v1", 1, 2),
            Dirty {
                tries: 3,
                ..dirty("v2", 0, 2)
            },
        ],
        dead_letters: vec![letter(4, Side::Huly, None, "GAVE_UP")],
        conflicts: vec![conflict(1, "one", true), conflict(1, "two", false)],
        ..Batch::default()
    };
    store.write(&fence, &batch).await.unwrap();
    let busy = Standing {
        project: PROJECT,
        work: Pair {
            huly: Work {
                pending: 1,
                dead: 1,
                ..Work::default()
            },
            vibe: Work {
                in_flight: 2,
                dirty: 2,
                // one item that is dirty since before 1, one write without an answer since before 100
                stuck: 2,
                ..Work::default()
            },
        },
        conflicts: 1,
    };
    let idle = Standing {
        project: IDLE,
        work: Pair::default(),
        conflicts: 0,
    };
    assert_eq!(
        store.standings(Millis(100), Millis(1)).await.unwrap(),
        [busy, idle]
    );
}
