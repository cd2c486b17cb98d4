//! SIGKILL exactly before and after every journal, mark, send and settle step, for each kind of action; then the shipped program
//! finishes. What stands on both boards in the end is what an undisturbed run leaves there.
//!
//! The program that is killed is `hvs-fail-points`: `hvs` with points at the calls of its ports. A run without a kill tells which
//! points there are.

pub(crate) mod play;

use std::sync::Arc;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use play::{Play, SYNC, stage};

/// How many random kills there are: 2,000 in the nightly run.
const KILLS: &str = "HVS_KILLS";
const SEED: &str = "HVS_KILL_SEED";

/// What a sync passes that has everything to do.
const OF_A_SYNC: &[&str] = &[
    "journal/huly-cancel",
    "journal/huly-create",
    "journal/huly-description",
    "journal/huly-status",
    "journal/huly-title",
    "journal/vibe-cancel",
    "journal/vibe-create",
    "journal/vibe-create_project",
    "journal/vibe-description",
    "journal/vibe-status",
    "journal/vibe-title",
    "keep/acquire",
    "keep/conflict",
    "keep/link",
    "keep/project",
    "keep/put_run",
    "keep/release",
    "mark/huly-cancel",
    "mark/huly-create",
    "mark/huly-description",
    "mark/huly-status",
    "mark/huly-title",
    "mark/vibe-cancel",
    "mark/vibe-create",
    "mark/vibe-create_project",
    "mark/vibe-description",
    "mark/vibe-status",
    "mark/vibe-title",
    "send/huly-cancel",
    "send/huly-create",
    "send/huly-description",
    "send/huly-prepare",
    "send/huly-status",
    "send/huly-title",
    "send/vibe-cancel",
    "send/vibe-create",
    "send/vibe-create_project",
    "send/vibe-description",
    "send/vibe-status",
    "send/vibe-title",
    "settle/huly-cancel",
    "settle/huly-create",
    "settle/huly-description",
    "settle/huly-status",
    "settle/huly-title",
    "settle/vibe-cancel",
    "settle/vibe-create",
    "settle/vibe-create_project",
    "settle/vibe-description",
    "settle/vibe-status",
    "settle/vibe-title",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_killed_before_and_after_every_step_of_every_action_is_finished_by_the_next() {
    let play = Play::rehearsed(stage(12, "cancel").await, SYNC).await;
    play.has_points(OF_A_SYNC);
    play.kill_at_every_point().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirrored_deletion_killed_at_any_step_is_finished_by_the_next_run() {
    let mut play = Play::rehearsed(stage(12, "mirror").await, SYNC).await;
    play.has_points(&[
        "journal/huly-remove",
        "journal/vibe-remove",
        "mark/huly-remove",
        "mark/vibe-remove",
        "send/huly-remove",
        "send/vibe-remove",
        "settle/huly-remove",
        "settle/vibe-remove",
    ]);
    // All else is tried above.
    play.points.retain(|point| point.contains("-remove"));
    play.kill_at_every_point().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlink_killed_at_any_step_is_finished_by_the_same_command() {
    let stage = stage(3, "cancel").await;
    stage.sync().await;
    let play = Play::rehearsed(stage, &["unlink", "--yes"]).await;
    play.has_points(&["send/vibe-footer", "keep/forget"]);
    play.kill_at_every_point().await;
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_of_200_items_killed_at_random_steps_is_finished_by_the_next_runs() {
    let seed = number(SEED).unwrap_or_else(rand::random);
    let kills = number(KILLS).unwrap_or(6);
    println!("{SEED}={seed} {KILLS}={kills}");
    let mut rng = StdRng::seed_from_u64(seed);
    let play = Play::rehearsed(stage(200, "cancel").await, SYNC).await;
    let steps = ["journal", "mark", "send", "settle", "keep"];
    let trials = (0..kills).map(|_| {
        let at = rng.random_range(0..play.points.len());
        let point = &play.points[at];
        // the nth passing of this very point; another order of steps may pass it less often
        let nth = play.points[..=at].iter().filter(|passed| *passed == point);
        let nth = u64::try_from(nth.count()).unwrap();
        let again = rng.random_bool(0.3).then(|| {
            let step = steps.choose(&mut rng).unwrap();
            let moment = ["before", "after"].choose(&mut rng).unwrap();
            format!("{step}:{moment}:{}", rng.random_range(1..10))
        });
        (point.clone(), nth, again)
    });
    let trials = trials.collect();
    let missed = Arc::new(play).trials(trials).await;
    println!("{} of {kills} runs were not hit: {missed:?}", missed.len());
    let missed = u64::try_from(missed.len()).unwrap();
    assert!(missed <= kills.div_ceil(4), "too few runs were hit");
}
