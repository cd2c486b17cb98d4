//! People who do not wait for a run to end, deletions, racing writes, clocks that disagree: whatever happens, both sides
//! agree in the end, nothing stands twice, and nothing goes that nobody deleted.

use std::{collections::BTreeSet, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sim::{
    faults::{Effect, Rule},
    huly::Bookkeeping,
    vibe::{Generation, Status, TaskUpdate},
};
use sync_core::{Side, rules::Deletion};
use uuid::Uuid;

use crate::{
    crashes::{calms_down, for_each_seed, without_guards},
    world::{LEASE, World},
};

/// One board's people, with the seed's choices.
struct People {
    rng: StdRng,
    huly: String,
    vibe: Uuid,
    next: usize,
    /// How many items people made.
    made: usize,
    /// Issues and tasks that somebody deleted, and their counterparts.
    doomed: BTreeSet<String>,
}

impl People {
    fn word(&mut self) -> String {
        self.next += 1;
        format!("word {} end", self.next)
    }

    /// One deed, at this very moment.
    async fn act(&mut self, world: &World, deletes: bool) {
        let text = self.word();
        let side = if self.rng.random() {
            Side::Huly
        } else {
            Side::Vibe
        };
        let deed = self.rng.random_range(0..if deletes { 7 } else { 6 });
        match side {
            Side::Huly => {
                let issues = world.issues();
                let Some(issue) = issues.choose(&mut self.rng) else {
                    return;
                };
                let status = ["Backlog", "Todo", "InProgress", "Done"]
                    .choose(&mut self.rng)
                    .unwrap();
                match deed {
                    0 => {
                        self.made += 1;
                        world.issue(&self.huly, &text, "One.\n\nTwo.", status);
                    }
                    1 | 2 => world.retitle_issue(&issue.id, &text),
                    3 => world.move_issue(&issue.id, status),
                    4 | 5 => world.describe_issue(&issue.id, &format!("{text}\n\nTwo.")),
                    _ => {
                        self.doom(world, Side::Huly, &issue.id).await;
                        world.delete_issue(&issue.id);
                    }
                }
            }
            Side::Vibe => {
                let tasks = world.tasks();
                let Some(task) = tasks.choose(&mut self.rng) else {
                    return;
                };
                let all = [
                    Status::Todo,
                    Status::InProgress,
                    Status::InReview,
                    Status::Done,
                ];
                let status = *all.choose(&mut self.rng).unwrap();
                match deed {
                    0 => {
                        self.made += 1;
                        world.task(self.vibe, &text, Some("One.\n\nTwo."), status);
                    }
                    1 | 2 => world.edit_task(
                        task.id,
                        TaskUpdate {
                            title: Some(text),
                            ..TaskUpdate::default()
                        },
                    ),
                    3 => world.move_task(task.id, status),
                    4 | 5 => world.describe_task(task.id, &format!("One.\n\n{text}")),
                    _ => {
                        self.doom(world, Side::Vibe, &task.id.to_string()).await;
                        world.delete_task(task.id);
                    }
                }
            }
        }
    }

    /// Remembers that an item is deleted, with what hangs on it.
    async fn doom(&mut self, world: &World, side: Side, id: &str) {
        self.doomed.insert(id.to_owned());
        for link in world.links().await {
            if link
                .items
                .side(side)
                .as_ref()
                .is_some_and(|item| item.as_str() == id)
                && let Some(other) = link.items.side(side.opposite())
            {
                self.doomed.insert(other.as_str().to_owned());
            }
        }
    }

    /// Deeds in the middle of a run.
    async fn meanwhile(&mut self, world: &World, deletes: bool) {
        for _ in 0..self.rng.random_range(0..5) {
            world
                .wait(Duration::from_millis(self.rng.random_range(0..4_000)))
                .await;
            self.act(world, deletes).await;
        }
    }
}

fn world_of(seed: u64, rng: &mut StdRng) -> (World, People) {
    let generation = if rng.random() {
        Generation::L1
    } else {
        Generation::L2
    };
    let mut world = World::seeded(generation, seed);
    without_guards(&mut world);
    clocks(&world, rng);
    let huly = world.huly_project("HARB", "Harbor");
    let vibe = world.vibe_project("Harbor", "harb");
    for at in 0..6 {
        world.issue(&huly, &format!("Issue {at}"), "One.\n\nTwo.", "Todo");
        world.task(
            vibe,
            &format!("Task {at}"),
            Some("One.\n\nTwo."),
            Status::Todo,
        );
    }
    let people = People {
        rng: StdRng::seed_from_u64(rng.random()),
        huly,
        vibe,
        next: 0,
        made: 12,
        doomed: BTreeSet::new(),
    };
    (world, people)
}

/// Servers whose clocks are up to two minutes off, from the beginning.
fn clocks(world: &World, rng: &mut StdRng) {
    let mut huly = world.huly.model.lock();
    let skewed = huly.clock().skewed(rng.random_range(-120_000..120_000));
    huly.set_clock(skewed);
    drop(huly);
    let mut vibe = world.vibe.model.lock();
    let skewed = vibe.clock().skewed(rng.random_range(-120_000..120_000));
    vibe.set_clock(skewed);
}

/// Latencies, racing writes of Vibe and late bookkeeping of Huly.
fn weather(world: &World, rng: &mut StdRng) {
    let latency = Effect::Latency {
        ms: 5,
        jitter_ms: 300,
    };
    world.huly.faults.add(Rule::on("*", "*", latency.clone()));
    world.vibe.faults.add(Rule::on("*", "*", latency));
    if rng.random() {
        world.vibe.model.lock().put_race_ms = Some(rng.random_range(1..400));
    }
    if rng.random() {
        let late = Bookkeeping::Late {
            after_ms: rng.random_range(10..3_000),
        };
        world.huly.model.lock().set_bookkeeping(late);
    }
}

/// Everything that nobody deleted stands on both sides, uncancelled.
fn assert_nothing_spurious(world: &World, people: &People, seed: u64) {
    for issue in world
        .issues()
        .iter()
        .filter(|issue| !people.doomed.contains(&issue.id))
    {
        assert_ne!(
            issue.status_name, "Canceled",
            "seed {seed}: issue `{}` was cancelled",
            issue.title
        );
    }
    for task in world
        .tasks()
        .iter()
        .filter(|task| !people.doomed.contains(&task.id.to_string()))
    {
        assert_ne!(
            task.status,
            Status::Cancelled,
            "seed {seed}: task `{}` was cancelled",
            task.title
        );
    }
    if people.doomed.is_empty() {
        let counts = (world.issues().len(), world.tasks().len());
        assert_eq!(counts, (people.made, people.made), "seed {seed}");
    }
}

#[test]
fn row_08_people_who_act_in_the_middle_of_runs_are_followed() {
    for_each_seed(30, |seed| async move {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x00ea_7e12);
        let (world, mut people) = world_of(seed, &mut rng);
        weather(&world, &mut rng);
        for _ in 0..rng.random_range(2..5) {
            tokio::join!(world.exit(), people.meanwhile(&world, false));
            world
                .wait(Duration::from_secs(rng.random_range(1..90)))
                .await;
        }
        world.vibe.model.lock().put_race_ms = None;
        calms_down(&world).await;
        assert_nothing_spurious(&world, &people, seed);
    });
}

#[test]
fn deletions_by_people_are_carried_and_no_others_happen() {
    for_each_seed(30, |seed| async move {
        let mut rng = StdRng::seed_from_u64(seed ^ 0xde1e_7e00);
        let (mut world, mut people) = world_of(seed, &mut rng);
        world.settings.deletion = *[Deletion::Cancel, Deletion::Mirror, Deletion::Ignore]
            .choose(&mut rng)
            .unwrap();
        let limits = &mut world.settings.guard;
        (
            limits.removals_free,
            limits.removals_all,
            limits.removals_run,
        ) = (1_000, 1_000, 1_000);
        world.run_well().await;
        weather(&world, &mut rng);
        for _ in 0..rng.random_range(2..5) {
            for _ in 0..rng.random_range(0..4) {
                people.act(&world, true).await;
            }
            let cut = Duration::from_millis(rng.random_range(500..20_000));
            let in_time = tokio::time::timeout(cut, world.exit()).await.is_ok();
            world
                .wait(if in_time {
                    Duration::from_secs(5)
                } else {
                    LEASE
                })
                .await;
        }
        world.vibe.model.lock().put_race_ms = None;
        calms_down(&world).await;
        assert_nothing_spurious(&world, &people, seed);
    });
}
