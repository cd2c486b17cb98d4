//! A run dies in the middle, and the next one leaves nothing twice and nothing out.

use std::time::Duration;

use engine::{Stop, report::Exit, run::Mode};
use sim::{
    faults::{Effect, Failure as Fails, Rule, When},
    huly::NewIssue,
};
use sync_core::ids::Millis;
use tokio::time::Instant;

use crate::{failure::Failure, output::trouble, words};

use super::{
    shows,
    stage::{Stage, bug},
    story::{self, Story, say},
};

const TASKS: &str = "/api/tasks";
const BARGES: usize = 5;
/// How long after it was sent a create still takes effect: its caller is dead then, and the lease has run out.
const LATE: Duration = Duration::from_millis(2_800);
/// When the late create has landed for certain, by a clock that is read a moment before it was sent.
const MARGIN: Duration = Duration::from_millis(500);
/// How long the run may take to get into the middle of its creates.
const PATIENCE: Duration = Duration::from_secs(10);

/// Kills a run between a create and its answer, and lets the next ones find out.
pub(super) async fn interruption(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    story.chapter("A run dies in the middle")?;
    let before = stage.tasks().len();
    let new = barges(stage)?;
    say(&format!(
        "{BARGES} new issues in Huly. Vibe Kanban takes their creates, but two answers never come: one create has taken effect, one will do so seconds later, when nobody waits for it any more. There the run is killed"
    ))?;
    let late = u64::try_from(LATE.as_millis()).unwrap_or(u64::MAX);
    let faults = &stage.world.vibe.faults;
    faults.add(
        Rule::on(
            "POST",
            TASKS,
            Effect::FailAfter {
                failure: Fails::Hang,
            },
        )
        .when(When::Nth(2)),
    );
    faults.add(
        Rule::on(
            "POST",
            TASKS,
            Effect::Late {
                after_ms: late,
                failure: Fails::Hang,
            },
        )
        .when(When::Nth(3)),
    );
    let late_by = Instant::now() + LATE;
    killed(stage).await?;
    faults.clear();
    let there = stage.tasks().len() - before;
    story.claim(there < BARGES, &format!("the run is dead; {there} of {BARGES} tasks stand, and hvs has no answer for all of them"))?;
    refused(story, stage).await?;
    recovered(story, stage, &new, (before, late_by)).await
}

/// Issues that have no task yet.
fn barges(stage: &Stage) -> Result<Vec<String>, Failure> {
    let mut huly = stage.world.huly.model.lock();
    let harbor = huly
        .projects()
        .into_iter()
        .find(|project| project.identifier == "HARB")
        .ok_or_else(|| bug("there is no project HARB"))?;
    (1..=BARGES)
        .map(|number| {
            let issue = NewIssue {
                title: format!("Barge {number} needs a berth"),
                ..NewIssue::default()
            };
            huly.person_create(&stage.world.who, &harbor.id, &issue)
                .map_err(bug)
        })
        .collect()
}

/// Starts a run and drops it where the answers stay away: nothing of it goes on, as after SIGKILL.
async fn killed(stage: &Stage) -> Result<(), Failure> {
    let engine = stage.engine().await?;
    stage.world.reset_calls();
    let stop = Stop::default();
    let mut run = Box::pin(engine.run(Mode::Sync { accept: Vec::new() }, &stop));
    let hung = async {
        let patience = Instant::now() + PATIENCE;
        while stage.world.vibe.calls.snapshot().of("POST /api/tasks") < 3
            && Instant::now() < patience
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    tokio::select! {
        _ = &mut run => Err(bug("the run came to its end before it could be killed")),
        () = hung => Ok(()),
    }
}

/// A second run while the dead one's lease still counts.
async fn refused(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    stage.world.reset_calls();
    let second = stage.sync().await?;
    let Some(lease) = &second.lease_held_by else {
        shows(&second)?;
        return story.claim(
            false,
            "a run right after it is refused, since nobody can know that the first one is dead",
        );
    };
    story::shows("hvs sync once", &trouble::held_lease(lease).to_string())?;
    let calls = stage.world.calls();
    story.claim(
        second.exit == Exit::Lease && calls.huly.writes + calls.vibe.writes == 0,
        "a run right after it is refused, with exit code 5: nobody can know yet that the first one is dead",
    )?;
    let wait = lease.until.0.saturating_sub(now().0);
    tokio::time::sleep(Duration::from_millis(
        u64::try_from(wait).unwrap_or(0).saturating_add(50),
    ))
    .await;
    Ok(())
}

fn now() -> Millis {
    Millis(jiff::Timestamp::now().as_millisecond())
}

/// The next run after the lease has run out.
async fn recovered(
    story: &mut Story,
    stage: &Stage,
    new: &[String],
    (before, late_by): (usize, Instant),
) -> Result<(), Failure> {
    say(
        "The lease runs out. The next run takes over, looks, waits until no late create can land any more, looks again, and goes on:",
    )?;
    let run = stage.sync().await?;
    shows(&run)?;
    // whatever hvs did by then: a create that lands late must have been waited for
    tokio::time::sleep_until(late_by + MARGIN).await;
    let mut found = 0;
    for issue in new {
        found += usize::from(stage.task_of(issue).await?.is_some());
    }
    let tasks = stage.tasks();
    let titled = tasks
        .iter()
        .filter(|task| task.title.starts_with("Barge "))
        .count();
    story.claim(run.exit == Exit::Done, "it ends with exit code 0")?;
    story.claim(
        found == BARGES,
        &format!("every one of the {BARGES} issues has its task"),
    )?;
    let more = tasks.len() - before;
    story.claim(
        titled == BARGES && more == BARGES,
        &format!(
            "none of them twice: {} more than before",
            words::count(more as u64, "task", "tasks")
        ),
    )?;
    let runs = stage.store.runs(10).await?;
    let interrupted = runs.iter().filter(|run| run.ended_at.is_none()).count();
    story.claim(
        interrupted == 1,
        "`hvs runs` shows the dead run as interrupted",
    )
}
