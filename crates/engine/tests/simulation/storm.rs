//! Edits, failures and kills in any order: nothing that people wrote is lost, nothing stands twice.

use std::{collections::BTreeMap, time::Duration};

use ::store::Store;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sim::{
    faults::{Effect, Failure, Rule, When},
    vibe::{Generation, Status},
};
use sync_core::Side;

use crate::{
    crashes::{calms_down, for_each_seed, moment, slow, without_guards},
    world::{LEASE, World, killed_after},
};

/// What people wrote into one field, and what they had in front of them then.
#[derive(Default)]
struct Written {
    /// Each value with what it replaced, in the order of writing.
    values: Vec<(String, String)>,
}

impl Written {
    fn add(&mut self, value: &str, seen: &str) {
        self.values.push((value.to_owned(), seen.to_owned()));
    }
}

/// Edits, deletions, failures and kills, in any order.
struct Storm {
    world: World,
    rng: StdRng,
    huly: String,
    vibe: uuid::Uuid,
    /// Titles by link, which is told by the first title.
    titles: BTreeMap<String, Written>,
    lines: Vec<(String, String)>,
    next: usize,
    /// How many items people made.
    made: usize,
    deleted: usize,
}

impl Storm {
    fn new(seed: u64) -> Storm {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x5707_1234);
        let generation = if rng.random() {
            Generation::L1
        } else {
            Generation::L2
        };
        let mut world = World::seeded(generation, seed);
        without_guards(&mut world);
        let huly = world.huly_project("HARB", "Harbor");
        let vibe = world.vibe_project("Harbor", "harb");
        let mut storm = Storm {
            world,
            rng,
            huly,
            vibe,
            titles: BTreeMap::new(),
            lines: Vec::new(),
            next: 0,
            made: 0,
            deleted: 0,
        };
        for _ in 0..12 {
            storm.make();
        }
        storm
    }

    /// A word that was never written before.
    fn word(&mut self, what: &str) -> String {
        self.next += 1;
        format!("{what} {} end", self.next)
    }

    fn make(&mut self) {
        let title = self.word("made");
        self.made += 1;
        self.titles.entry("all".into()).or_default().add(&title, "");
        let line = self.word("line");
        self.lines.push((line.clone(), String::new()));
        if self.rng.random() {
            self.world.issue(
                &self.huly,
                &title,
                &format!("{line}\n\nMiddle.\n\nLast."),
                "Todo",
            );
        } else {
            self.world.task(
                self.vibe,
                &title,
                Some(&format!("{line}\n\nMiddle.\n\nLast.")),
                Status::Todo,
            );
        }
    }

    fn edit(&mut self) {
        let title = self.word("title");
        let line = self.word("line");
        let (issues, tasks) = (self.world.issues(), self.world.tasks());
        let side = if self.rng.random() {
            Side::Huly
        } else {
            Side::Vibe
        };
        let kind = self.rng.random_range(0..4);
        match side {
            Side::Huly => {
                let Some(issue) = issues.choose(&mut self.rng).cloned() else {
                    return;
                };
                match kind {
                    0 => {
                        self.titles
                            .entry("all".into())
                            .or_default()
                            .add(&title, &issue.title);
                        self.world.retitle_issue(&issue.id, &title);
                    }
                    1 => self.world.move_issue(
                        &issue.id,
                        ["Todo", "InProgress", "Done"]
                            .choose(&mut self.rng)
                            .unwrap(),
                    ),
                    _ => {
                        let old = self.world.issue_text(&issue.id);
                        let text = changed(&old, &line, kind == 2);
                        self.lines.push((line, old));
                        self.world.describe_issue(&issue.id, &text);
                    }
                }
            }
            Side::Vibe => {
                let Some(task) = tasks.choose(&mut self.rng).cloned() else {
                    return;
                };
                match kind {
                    0 => {
                        self.titles
                            .entry("all".into())
                            .or_default()
                            .add(&title, &task.title);
                        self.world.retitle_task(task.id, &title);
                    }
                    1 => {
                        let all = [
                            Status::Todo,
                            Status::InProgress,
                            Status::InReview,
                            Status::Done,
                        ];
                        self.world
                            .move_task(task.id, *all.choose(&mut self.rng).unwrap());
                    }
                    _ => {
                        let old = self.world.task_text(task.id);
                        let text = changed(&old, &line, kind == 2);
                        self.lines.push((line, old));
                        self.world.describe_task(task.id, &text);
                    }
                }
            }
        }
    }

    fn fault(&mut self) {
        let failure = [
            Failure::Status {
                status: 500,
                body: String::new(),
            },
            Failure::Status {
                status: 503,
                body: String::new(),
            },
            Failure::Reset,
            Failure::Truncated,
            Failure::Html,
        ]
        .choose(&mut self.rng)
        .cloned()
        .unwrap();
        let effect = match self.rng.random_range(0..3) {
            0 => Effect::FailBefore { failure },
            1 => Effect::FailAfter { failure },
            _ => Effect::Late {
                after_ms: self.rng.random_range(100..25_000),
                failure,
            },
        };
        let rule = Rule::on(if self.rng.random() { "*" } else { "POST" }, "*", effect)
            .when(When::Chance(0.08));
        if self.rng.random() {
            self.world.huly.faults.add(rule);
        } else {
            self.world.vibe.faults.add(rule);
        }
    }

    async fn run(&mut self) {
        match self.rng.random_range(0..3) {
            0 => {
                let polls = moment(&mut self.rng);
                killed_after(polls, self.world.exit()).await;
            }
            _ => {
                self.world.exit().await;
            }
        }
        let pause = if self.rng.random() {
            LEASE
        } else {
            Duration::from_secs(2)
        };
        self.world.wait(pause).await;
    }

    /// Every title and line that people wrote stands, was overwritten by somebody who saw it, or is kept (I3).
    async fn assert_nothing_lost(&self, seed: u64) {
        let kept = format!(
            "{:?}",
            self.world.store.conflicts(false, 10_000).await.unwrap()
        );
        let standing = format!("{:?} {:?}", self.world.issues(), self.world.tasks());
        for (value, _) in &self.titles["all"].values {
            let overwritten = self.titles["all"]
                .values
                .iter()
                .any(|(_, seen)| seen == value);
            assert!(
                standing.contains(value) || overwritten || kept.contains(value),
                "seed {seed}: title `{value}` is lost"
            );
        }
        for (line, _) in &self.lines {
            let overwritten = self.lines.iter().any(|(_, seen)| seen.contains(line));
            assert!(
                standing.contains(line) || overwritten || kept.contains(line),
                "seed {seed}: line `{line}` is lost"
            );
        }
    }
}

/// A text with a new line: in place of the first one or of the last one.
fn changed(old: &str, line: &str, first: bool) -> String {
    let mut blocks: Vec<&str> = old.trim().split("\n\n").collect();
    let at = if first { 0 } else { blocks.len() - 1 };
    blocks[at] = line;
    blocks.join("\n\n")
}

#[test]
fn a_storm_of_edits_failures_and_kills_loses_and_doubles_nothing() {
    for_each_seed(50, |seed| async move {
        let mut storm = Storm::new(seed);
        if storm.rng.random() {
            slow(&storm.world);
        }
        for _ in 0..storm.rng.random_range(3..10) {
            match storm.rng.random_range(0..10) {
                0 => storm.make(),
                1 | 2 => storm.fault(),
                3 => {
                    storm.world.huly.faults.clear();
                    storm.world.vibe.faults.clear();
                }
                4..7 => storm.edit(),
                _ => storm.run().await,
            }
        }
        calms_down(&storm.world).await;
        let (issues, tasks) = (storm.world.issues(), storm.world.tasks());
        assert_eq!(
            (issues.len(), tasks.len()),
            (storm.made, storm.made),
            "seed {seed}, deleted {}",
            storm.deleted
        );
        // Nobody cancelled anything (I5).
        assert!(
            issues.iter().all(|issue| issue.status_name != "Canceled"),
            "seed {seed}"
        );
        assert!(
            tasks.iter().all(|task| task.status != Status::Cancelled),
            "seed {seed}"
        );
        storm.assert_nothing_lost(seed).await;
    });
}
