//! One writer at a time (design 4.6).

use store::{Batch, Error, Fence, Kind, Store, port::LeaseAnswer, sqlite::SqliteStore};
use sync_core::ids::Millis;

use crate::sample::{PROJECT, link, links, options, project, ready, request, take};

#[tokio::test]
async fn a_lease_is_refused_while_another_holder_has_it_and_says_who() {
    let (store, _) = ready().await;
    let LeaseAnswer::Held(row) = store
        .acquire(&request("two"), Millis(59_999))
        .await
        .unwrap()
    else {
        panic!("granted")
    };
    assert_eq!(
        (&*row.holder, &*row.host, row.pid, row.since, row.until),
        ("one", "here", 7, Millis(0), Millis(60_000))
    );
}

#[tokio::test]
async fn a_lease_is_taken_over_only_after_it_ran_out_and_its_token_grows() {
    let (store, first) = ready().await;
    let LeaseAnswer::Granted { lease, after } = store
        .acquire(&request("two"), Millis(60_000))
        .await
        .unwrap()
    else {
        panic!("held")
    };
    assert_eq!(
        (lease.token, lease.since, lease.until),
        (first.token + 1, Millis(60_000), Millis(120_000))
    );
    assert_eq!(after.unwrap().until, Millis(60_000));
}

#[tokio::test]
async fn the_same_holder_that_asks_again_renews_with_the_same_token() {
    let (store, first) = ready().await;
    let LeaseAnswer::Granted { lease, after } =
        store.acquire(&request("one"), Millis(10)).await.unwrap()
    else {
        panic!("held")
    };
    assert_eq!(
        (lease.token, lease.since, lease.until, after),
        (first.token, Millis(0), Millis(60_010), None)
    );
}

#[tokio::test]
async fn a_released_lease_is_free_at_once_and_its_token_is_never_given_again() {
    let (store, first) = ready().await;
    store.release(&first).await.unwrap();
    assert_eq!(store.lease("w").await.unwrap(), None);
    let LeaseAnswer::Granted { lease, after } =
        store.acquire(&request("two"), Millis(1)).await.unwrap()
    else {
        panic!("held")
    };
    assert_eq!((lease.token, after), (first.token + 1, None));
    store.release(&first).await.unwrap();
    assert_eq!(
        store.lease("w").await.unwrap(),
        Some(lease),
        "an old holder cannot give up what is not its own"
    );
}

#[tokio::test]
async fn renewing_moves_the_end_and_fails_once_the_lease_is_lost() {
    let (store, first) = ready().await;
    assert_eq!(
        store
            .renew(&first, Millis(70_000), Millis(60_000))
            .await
            .unwrap()
            .until,
        Millis(130_000),
        "late, but nobody came"
    );
    let second = take(&store, "two", Millis(130_000)).await;
    assert!(matches!(
        store.renew(&first, Millis(130_001), Millis(60_000)).await,
        Err(Error::Fenced { token: 1, .. })
    ));
    store.release(&second).await.unwrap();
    let error = store
        .renew(&second, Millis(0), Millis(1))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Fatal, "STORE_FENCED"));
}

#[tokio::test]
async fn a_write_with_an_old_token_is_refused_as_a_whole() {
    let (store, first) = ready().await;
    take(&store, "two", Millis(60_000)).await;
    assert!(matches!(
        store.write(&first, &links([link(1, 1)])).await,
        Err(Error::Fenced { .. })
    ));
    assert!(matches!(
        store.write(&first, &Batch::default()).await,
        Err(Error::Fenced { .. })
    ));
    assert!(matches!(
        store.advance(&first, &[]).await,
        Err(Error::Fenced { .. })
    ));
    let unknown = Fence {
        scope: "other".into(),
        token: 1,
    };
    assert!(matches!(
        store.write(&unknown, &links([link(1, 1)])).await,
        Err(Error::Fenced { .. })
    ));
    assert_eq!(store.links(PROJECT).await.unwrap(), []);
}

#[tokio::test]
async fn of_two_handles_on_one_file_that_ask_at_once_exactly_one_gets_the_lease() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    let one = SqliteStore::open(&path, &options()).await.unwrap().store;
    let two = SqliteStore::open(&path, &options()).await.unwrap().store;
    for round in 0..20 {
        let now = Millis(round * 60_000);
        let (ask_one, ask_two) = (
            request(&format!("one {round}")),
            request(&format!("two {round}")),
        );
        let (a, b) = tokio::join!(one.acquire(&ask_one, now), two.acquire(&ask_two, now));
        let granted = [a.unwrap(), b.unwrap()]
            .into_iter()
            .filter(|answer| matches!(answer, LeaseAnswer::Granted { .. }));
        assert_eq!(granted.count(), 1, "round {round}");
    }
    let fence = Fence {
        scope: "w".into(),
        token: 20,
    };
    let batch = Batch {
        projects: vec![project(PROJECT)],
        ..Batch::default()
    };
    assert_eq!(
        (
            one.write(&fence, &batch).await.is_ok(),
            two.projects().await.unwrap().len()
        ),
        (true, 1)
    );
}
