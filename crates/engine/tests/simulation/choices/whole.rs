//! A choice is kept as it went, whole or not; it is refused where too little is known, and only there.

use std::sync::Arc;

use ::store::{
    Store,
    faults::{Fault, Faulty, Trouble},
    row::{Deed, Intent, IntentState, ProjectPhase},
};
use engine::{
    Stop,
    projects::choose::{Choice, Chosen},
    report::{Exit, Report},
};
use serde_json::json;
use sim::{
    faults::{Effect, Failure, Rule},
    vibe::Generation,
};
use sync_core::{
    Side,
    ids::{IntentKey, LinkId, Millis, ProjectLinkId, RunId},
};

use super::{choose, huly_restored, phase, vibe_gone, vibe_restored};
use crate::{
    faults::FIND,
    world::{GENERATIONS, World, told},
};

const RECREATE: Choice = Choice::Recreate { into: None };

async fn deeds(world: &World) -> Vec<Deed> {
    world.store.deeds(None, 100).await.unwrap()
}

fn says_not_whole(deed: &Deed) -> bool {
    deed.effect.ends_with(", not to its end")
}

/// The same choice on a store with a fault.
async fn choose_on(world: &World, choice: &Choice, fault: Fault) -> (Report, Chosen, bool) {
    let mut engine = world.engine().await.unwrap();
    let store = Faulty::new(world.store.clone(), Some(fault));
    engine.store = Arc::new(store.clone());
    let stop = Stop::default();
    let (report, chosen) = engine
        .choose("HARB", choice, "a person", &[], true, &stop)
        .await;
    let is_hit = store.counted(fault.trouble) > fault.at;
    (report, chosen, is_hit)
}

#[tokio::test(start_paused = true)]
async fn a_choice_that_a_full_disk_breaks_off_is_kept_as_one_that_is_not_whole() {
    let mut broken = 0;
    for at in 0.. {
        let world = vibe_gone(Generation::L2).await;
        let before = world.rows().await;
        let fault = Fault {
            trouble: Trouble::Full,
            at,
            lasts: false,
        };
        let (report, chosen, is_hit) = choose_on(&world, &RECREATE, fault).await;
        let is_changed = world.rows().await != before;
        let deeds = deeds(&world).await;
        let what = format!("write {at}: {deeds:?} {}", told(&report));
        if !is_hit {
            assert_eq!(report.exit, Exit::Done, "{what}");
            assert_eq!(deeds.len(), 1, "{what}");
            assert!(!says_not_whole(&deeds[0]), "{what}");
            break;
        }
        match &deeds[..] {
            // nothing was begun, or it is the deed itself that found no room, which is told
            [] => assert!(!is_changed || report.exit == Exit::Service, "{what}"),
            [deed] if says_not_whole(deed) => {
                broken += 1;
                assert_eq!(report.exit, Exit::Service, "{what}");
                assert_eq!(report.projects.len(), 1, "{what}");
                assert_eq!(chosen.changes, 6, "{what}");
            }
            // the row of the run, or its lease
            [_] => assert_eq!(phase(&world).await, ProjectPhase::Active, "{what}"),
            _ => panic!("{what}"),
        }
    }
    assert!(broken > 0);
}

#[tokio::test(start_paused = true)]
async fn a_choice_that_fails_before_it_says_anything_is_kept_too() {
    for generation in GENERATIONS {
        let world = vibe_gone(generation).await;
        let failure = Failure::Status {
            status: 500,
            body: String::new(),
        };
        let fails = Rule::on("POST", FIND, Effect::FailBefore { failure });
        world
            .huly
            .faults
            .add(fails.body_contains("tracker:class:Issue\""));
        let (report, _) = choose(&world, Choice::Mirror, &[], true).await;
        assert_eq!(report.exit, Exit::Service, "{}", told(&report));
        let deeds = deeds(&world).await;
        assert!(
            matches!(&deeds[..], [deed] if says_not_whole(deed)),
            "{deeds:?} {}",
            told(&report)
        );
        assert_eq!(report.projects.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn recreate_is_refused_where_something_is_missing_and_nothing_is_proven() {
    for generation in GENERATIONS {
        let world = huly_restored(generation).await;
        for _ in 0..2 {
            world.run().await;
        }
        assert_eq!(phase(&world).await, ProjectPhase::Waiting);
        let moved = world.issue_named("Issue 0");
        let secret = world.huly_project("SECR", "Secret");
        let leave = json!({ "$pull": { "members": world.login.account } });
        {
            let mut model = world.huly.model.lock();
            model.person_move(&world.who, &moved.id, &secret).unwrap();
            model
                .person_edit_project(&world.who, &secret, &leave)
                .unwrap();
        }
        let (rows, count) = (world.rows().await, world.issues().len());
        let (report, chosen) = choose(&world, RECREATE, &[], true).await;
        assert_eq!(report.exit, Exit::Items, "{}", told(&report));
        for word in ["ITEM_VANISHED", "CHOICE_REFUSED", "choose trust"] {
            assert!(told(&report).contains(word), "{}", told(&report));
        }
        assert_eq!(
            (world.rows().await, &*chosen.effect, deeds(&world).await),
            (rows, "", Vec::new())
        );
        // The way out that it names makes nothing again, and takes nothing away.
        let (report, _) = choose(&world, Choice::Trust, &[], true).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        world.run().await;
        assert_eq!(world.issues().len(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn recreate_makes_what_is_missing_on_either_side() {
    for generation in GENERATIONS {
        let world = vibe_restored(generation).await;
        // Two others are gone in Huly meanwhile, before any run saw it.
        for at in 0..2 {
            world.delete_issue(&world.issue_named(&format!("Task {at}")).id);
        }
        world.run().await;
        assert_eq!(phase(&world).await, ProjectPhase::Waiting);
        let (report, chosen) = choose(&world, RECREATE, &[], true).await;
        assert_eq!(
            (report.exit, &*chosen.effect),
            (
                Exit::Done,
                "the next sync makes 2 items again in Huly and 3 items again in Vibe"
            ),
            "{}",
            told(&report)
        );
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
        let cancelled = world.tasks().into_iter();
        let cancelled =
            cancelled.filter(|task| matches!(task.status, sim::vibe::Status::Cancelled));
        assert_eq!(cancelled.count(), 0);
    }
}

/// Both Vibe projects are deleted, and a run has noticed only the first.
async fn all_gone(generation: Generation) -> World {
    let world = vibe_gone(generation).await;
    let sky = world.vibe_project_named("Sky");
    world.vibe.model.lock().delete_project(sky).unwrap();
    let report = world.run().await;
    assert!(told(&report).contains("OTHER_SERVER"), "{}", told(&report));
    world
}

#[tokio::test(start_paused = true)]
async fn where_no_linked_project_is_left_only_what_is_about_the_gone_one_is_refused() {
    for generation in GENERATIONS {
        let world = all_gone(generation).await;
        let rows = world.rows().await;
        for choice in [Choice::Mirror, RECREATE] {
            let (report, _) = choose(&world, choice, &[], true).await;
            assert_eq!(report.exit, Exit::Service, "{}", told(&report));
            assert!(told(&report).contains("OTHER_SERVER"), "{}", told(&report));
        }
        assert_eq!(world.rows().await, rows);
        let (report, _) = choose(&world, Choice::Unlink, &[], true).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        assert_eq!(phase(&world).await, ProjectPhase::Left);
        assert_eq!(world.issues().len(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn where_every_pair_waits_another_server_is_known_for_one_all_the_same() {
    for generation in GENERATIONS {
        let world = vibe_gone(generation).await;
        let mut rows = world.store.projects().await.unwrap();
        for row in &mut rows {
            row.phase = ProjectPhase::Waiting;
        }
        put(&world, rows).await;
        // The address is wrong: nothing of ours is there.
        let sky = world.vibe_project_named("Sky");
        world.vibe.model.lock().delete_project(sky).unwrap();
        for choice in [Choice::Mirror, RECREATE] {
            let (report, _) = choose(&world, choice, &[], true).await;
            assert!(told(&report).contains("OTHER_SERVER"), "{}", told(&report));
        }
        assert_eq!(world.issues().len(), 7);
    }
}

async fn put(world: &World, projects: Vec<::store::row::ProjectRow>) {
    let batch = ::store::Batch {
        projects,
        ..Default::default()
    };
    write(world, batch).await;
}

async fn write(world: &World, batch: ::store::Batch) {
    let request = ::store::port::LeaseRequest {
        scope: "a test".into(),
        holder: "a test".into(),
        host: "here".into(),
        pid: 1,
        ttl: Millis(60_000),
    };
    let now = engine::env::Env::now(world.env.as_ref());
    world.store.acquire(&request, now).await.unwrap();
    let lease = world.store.lease("a test").await.unwrap().unwrap();
    let fence = ::store::Fence {
        scope: "a test".into(),
        token: lease.token,
    };
    world.store.write(&fence, &batch).await.unwrap();
    world.store.release(&fence).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn only_open_writes_of_its_own_links_stand_in_the_way_wherever_they_were_journaled() {
    let world = vibe_gone(Generation::L2).await;
    let rows = world.store.projects().await.unwrap();
    let id = |label: &str| rows.iter().find(|row| &*row.label == label).unwrap().id;
    let (harb, sky) = (id("HARB"), id("SKY"));
    let link_of = async |project: ProjectLinkId| world.store.links(project).await.unwrap()[0].id;
    let (own, foreign) = (link_of(harb).await, link_of(sky).await);
    let open = async |link: LinkId, project: ProjectLinkId, kind: &str, state: IntentState| {
        let intent = Intent {
            key: IntentKey(uuid::Uuid::from_u128(7)),
            project,
            link: Some(link),
            side: Side::Vibe,
            kind: kind.into(),
            state,
            payload: json!({}),
            prepared: None,
            write_id: None,
            attempt: 1,
            run: RunId(uuid::Uuid::nil()),
            planned_at: Millis(1),
            sent_at: Some(Millis(1)),
            error: None,
        };
        let batch = ::store::Batch {
            intents: vec![intent],
            ..Default::default()
        };
        write(&world, batch).await;
    };
    let refused = async || {
        let (report, _) = choose(&world, RECREATE, &[], false).await;
        told(&report).contains("WRITES_UNSETTLED")
    };
    // of an issue that was moved here, and of one that was moved away
    open(own, sky, "update", IntentState::Sent).await;
    assert!(refused().await, "its own link, journaled elsewhere");
    open(foreign, harb, "update", IntentState::Sent).await;
    assert!(!refused().await, "another link, journaled here");
    open(own, harb, "unlink", IntentState::Sent).await;
    assert!(!refused().await, "what a killed unlink left");
    open(own, harb, "update", IntentState::Planned).await;
    assert!(!refused().await, "what was never sent");
}
