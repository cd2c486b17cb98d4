//! Links: what is put in comes out again, whatever it holds.

use std::collections::{BTreeSet, HashMap};

use proptest::{collection::btree_set, option, prelude::*};
use store::{Error, Kind, Store};
use sync_core::{
    Pair, Side,
    ids::{Generation, ItemId, Millis, ProjectLinkId, RulesVersion},
    item::{Extra, Field, FieldSet, Priority, TextVersion, Values},
    link::{LastWrite, Link, Phase},
};
use uuid::Uuid;

use crate::sample::{PROJECT, link, link_id, links, project, ready};

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        Just(String::new()),
        any::<String>(),
        "\\PC{0,40}",
        Just("a\u{0}b\u{0}".to_owned()),
        Just("\"\\ '%_\u{202e}\u{feff}😀\r\n".to_owned()),
        Just("x\u{301}".repeat(2_000)),
    ]
    .boxed()
}

fn extra() -> BoxedStrategy<Extra> {
    let labels = btree_set(text(), 0..3)
        .prop_map(|labels| labels.into_iter().map(Into::into).collect::<BTreeSet<_>>());
    let priority = prop_oneof![
        Just(Priority::None),
        Just(Priority::Low),
        Just(Priority::Urgent)
    ];
    (
        priority,
        option::of(text()),
        labels,
        option::of(text()),
        option::of(any::<i64>()),
    )
        .prop_map(|(priority, parent, labels, assignee, due_date)| Extra {
            priority,
            parent: parent.map(ItemId::new),
            labels,
            assignee: assignee.map(Into::into),
            due_date: due_date.map(Millis),
        })
        .boxed()
}

fn some_values() -> BoxedStrategy<Values> {
    (text(), text(), option::of(text()), extra())
        .prop_map(|(title, description, status, extra)| Values {
            title: title.into(),
            description: TextVersion::named(&description),
            status: status.map(|status| (&*status).into()),
            extra,
        })
        .boxed()
}

fn fields() -> impl Strategy<Value = FieldSet> {
    proptest::sample::subsequence(Field::ALL.to_vec(), 0..=8)
        .prop_map(|fields| FieldSet::of(&fields))
}

fn last_write() -> BoxedStrategy<Option<LastWrite>> {
    let write = (any::<i64>(), fields(), some_values(), any::<u32>());
    let write = write.prop_map(|(at, fields, before, resent)| LastWrite {
        at: Millis(at),
        fields,
        before,
        resent,
    });
    option::of(write).boxed()
}

prop_compose! {
    fn some_link()(
        id in any::<u128>(),
        sides in (any::<bool>(), any::<bool>(), 0..3_u8),
        items in (option::of(text()), option::of(text())),
        label in option::of(text()),
        base in (some_values(), some_values()),
        generation in (any::<u32>(), any::<u32>()),
        frozen in fields(),
        writes in (last_write(), last_write()),
        numbers in (any::<u64>(), 0..=i64::MAX.unsigned_abs()),
    ) -> Link {
        Link {
            id: link_id(id),
            origin: if sides.0 { Side::Huly } else { Side::Vibe },
            items: Pair { huly: items.0.map(ItemId::new), vibe: items.1.map(ItemId::new) },
            label: label.map(Into::into),
            base: Pair { huly: base.0, vibe: base.1 },
            generation: Pair { huly: Generation(generation.0), vibe: Generation(generation.1) },
            frozen,
            phase: [Phase::Active, Phase::Asleep, Phase::Tombstone][usize::from(sides.2)],
            rebuilt: sides.1,
            made: Millis(7),
            stamp: writes.0.as_ref().map(|write| write.at),
            last_write: Pair { huly: writes.0, vibe: writes.1 },
            rules: RulesVersion(numbers.0),
            version: numbers.1,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn any_link_comes_back_as_it_was_stored(link in some_link()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let back = runtime.block_on(async {
            let (store, fence) = ready().await;
            store.write(&fence, &links([link.clone()])).await.unwrap();
            store.write(&fence, &links([link.clone()])).await.unwrap();
            let mut found = vec![store.links(PROJECT).await.unwrap()];
            for (side, item) in link.items.iter() {
                if let Some(item) = item {
                    let rows = store.links_of_items(side, &[item.clone(), item.clone()]).await.unwrap();
                    found.push(rows.into_iter().map(|(_, link)| link).collect());
                }
            }
            found
        });
        for rows in back {
            prop_assert_eq!(&rows, &vec![link.clone()]);
        }
    }
}

#[tokio::test]
async fn a_link_and_a_text_of_megabytes_come_back_whole() {
    let (store, fence) = ready().await;
    let huge: std::sync::Arc<str> = "é\u{0}".repeat(1_500_000).into();
    let mut large = link(1, 1);
    large.base.huly.title = std::sync::Arc::clone(&huge);
    let mut batch = links([large.clone()]);
    batch.texts.push((
        large.id,
        Pair {
            huly: Some(std::sync::Arc::clone(&huge)),
            vibe: None,
        },
    ));
    store.write(&fence, &batch).await.unwrap();
    assert!(store.links(PROJECT).await.unwrap() == [large], "the link");
    let texts = store.texts(&[link_id(1)]).await.unwrap();
    assert!(texts[&link_id(1)].huly.as_ref() == Some(&huge), "the text");
}

#[tokio::test]
async fn a_link_takes_about_300_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    let store = store::sqlite::SqliteStore::open(&path, &crate::sample::options())
        .await
        .unwrap()
        .store;
    let fence = crate::sample::take(&store, "one", Millis(0)).await;
    let mut batch = links((0..5_000).map(|n| {
        let mut link = link(n << 64, 1);
        link.base.vibe.title = "Another title of ordinary length".into();
        link
    }));
    batch.projects.push(project(PROJECT));
    store.write(&fence, &batch).await.unwrap();
    store.close().await.unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size < 5_000 * 700, "{size} bytes with all indexes");
}

#[tokio::test]
async fn links_are_listed_by_project_in_the_order_of_their_ids_and_found_by_id_and_item() {
    let (store, fence) = ready().await;
    let other = ProjectLinkId(Uuid::from_u128(0xab));
    let mut batch = links((1..=1_300).rev().map(|n| link(n, 1)));
    batch.projects.push(project(other));
    batch.links.push((other, link(5_000, 1)));
    store.write(&fence, &batch).await.unwrap();

    let ids: Vec<_> = store
        .links(PROJECT)
        .await
        .unwrap()
        .into_iter()
        .map(|link| link.id)
        .collect();
    assert_eq!(ids, (1..=1_300).map(link_id).collect::<Vec<_>>());
    let asked: Vec<_> = [5_000, 7, 7, 9_999].into_iter().map(link_id).collect();
    assert_eq!(
        store.links_by_id(&asked).await.unwrap(),
        [(PROJECT, link(7, 1)), (other, link(5_000, 1))]
    );
    let items: Vec<ItemId> = (0..=1_301).map(|n| ItemId::new(format!("v{n}"))).collect();
    assert_eq!(
        store
            .links_of_items(Side::Vibe, &items)
            .await
            .unwrap()
            .len(),
        1_300
    );
    assert_eq!(store.links_of_items(Side::Huly, &items).await.unwrap(), []);
    assert_eq!(
        store.link_counts().await.unwrap(),
        HashMap::from([(PROJECT, 1_300), (other, 1)])
    );
}

#[tokio::test]
async fn a_higher_version_replaces_a_link_whole_and_an_equal_row_is_left_as_it_is() {
    let (store, fence) = ready().await;
    store
        .write(&fence, &links([link(1, 1), link(2, 1)]))
        .await
        .unwrap();
    let mut next = link(1, 2);
    next.items.vibe = None;
    next.phase = Phase::Tombstone;
    store
        .write(&fence, &links([next.clone(), link(2, 1)]))
        .await
        .unwrap();
    assert_eq!(store.links(PROJECT).await.unwrap(), [next, link(2, 1)]);
}

#[tokio::test]
async fn an_older_or_differing_row_is_stale_and_nothing_of_the_batch_is_written() {
    let (store, fence) = ready().await;
    store.write(&fence, &links([link(1, 5)])).await.unwrap();
    let mut same_version = link(1, 5);
    same_version.label = None;
    for stale in [link(1, 4), same_version] {
        let error = store
            .write(&fence, &links([link(2, 1), stale]))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Stale { link } if link == link_id(1)),
            "{error}"
        );
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Conflict, "STORE_STALE")
        );
    }
    assert_eq!(store.links(PROJECT).await.unwrap(), [link(1, 5)]);
}

#[tokio::test]
async fn the_same_equal_row_under_another_project_is_stale() {
    let (store, fence) = ready().await;
    store.write(&fence, &links([link(1, 5)])).await.unwrap();
    let other = ProjectLinkId(Uuid::from_u128(0xab));
    let mut batch = store::Batch {
        projects: vec![project(other)],
        ..store::Batch::default()
    };
    batch.links.push((other, link(1, 5)));
    assert!(matches!(
        store.write(&fence, &batch).await,
        Err(Error::Stale { .. })
    ));
    batch.links = vec![(other, link(1, 6))];
    store.write(&fence, &batch).await.unwrap();
    assert_eq!(
        (
            store.links(PROJECT).await.unwrap().len(),
            store.links(other).await.unwrap().len()
        ),
        (0, 1)
    );
}

#[tokio::test]
async fn one_link_twice_in_a_batch_ends_as_the_newest() {
    let (store, fence) = ready().await;
    store.write(&fence, &links([link(1, 1)])).await.unwrap();
    let mut second = link(1, 2);
    second.items.vibe = Some("elsewhere".into());
    let third = link(1, 3);
    store
        .write(&fence, &links([second, third.clone(), third.clone()]))
        .await
        .unwrap();
    assert_eq!(store.links(PROJECT).await.unwrap(), [third]);
    let error = store
        .write(&fence, &links([link(1, 5), link(1, 4)]))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Stale { .. }),
        "later in the batch, but older: {error}"
    );
}

#[tokio::test]
async fn two_links_cannot_have_the_same_item() {
    let (store, fence) = ready().await;
    let mut thief = link(2, 1);
    thief.items.huly = Some("h1".into());
    let error = store
        .write(&fence, &links([link(1, 1), thief]))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Conflict, "STORE_CONSTRAINT")
    );
    assert_eq!(store.links(PROJECT).await.unwrap(), []);
}

#[tokio::test]
async fn items_change_hands_within_one_batch() {
    let (store, fence) = ready().await;
    store
        .write(&fence, &links([link(1, 1), link(2, 1), link(3, 1)]))
        .await
        .unwrap();
    let (mut one, mut two, mut new) = (link(1, 2), link(2, 2), link(0, 1));
    one.items.vibe = Some("v2".into());
    two.items.vibe = Some("v1".into());
    new.items.huly = Some("h3".into());
    let mut batch = links([one.clone(), two.clone(), new.clone()]);
    batch.forget.push(link_id(3));
    store.write(&fence, &batch).await.unwrap();
    assert_eq!(store.links(PROJECT).await.unwrap(), [new, one, two]);
}

#[tokio::test]
async fn a_version_that_sqlite_cannot_hold_is_refused() {
    let (store, fence) = ready().await;
    let error = store
        .write(&fence, &links([link(1, u64::MAX)]))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "STORE_ENCODE");
}
