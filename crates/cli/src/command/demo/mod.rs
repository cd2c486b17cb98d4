//! `hvs demo`: the whole story on simulated servers, each of its claims checked where it is made.

mod agents;
mod people;
mod stage;
mod story;
mod trouble;

use engine::{
    report::{Exit, Report},
    run::Mode,
};
use sync_core::Pair;

use crate::{
    args::Demo,
    failure::Failure,
    output,
    output::{
        plan as plans, problem,
        summary::{done, summary as summed_up},
        table,
    },
    signals::Interrupt,
    words,
};

use stage::{Stage, bug};
use story::{Story, say};

/// Tells it.
pub(crate) async fn run(asked: &Demo) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen()?;
    let stage = interrupt.or(Stage::set(asked.shape)).await?;
    let mut story = Story::default();
    let told = interrupt.or(Box::pin(tell(&mut story, &stage))).await;
    let exit = match told {
        Ok(()) => summary(&story)?,
        // what is up stays up only where the story came to its end
        Err(failure) => return Err(failure),
    };
    if asked.keep {
        keep(stage, &interrupt).await?;
    }
    Ok(exit)
}

async fn tell(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    let addresses = stage.world.addresses();
    let version = stage.world.vibe.model.lock().generation().version();
    output::data(&words::styled(
        words::BOLD,
        "hvs demo: the whole story on two simulated servers",
    ))?;
    output::data(&format!(
        "Huly at {}, Vibe Kanban {version} at {}; nothing leaves this machine",
        addresses.huly, addresses.vibe
    ))?;
    boards(story, stage)?;
    planned(story, stage).await?;
    first_sync(story, stage).await?;
    Box::pin(people::edits(story, stage)).await?;
    Box::pin(people::conflict(story, stage)).await?;
    Box::pin(trouble::interruption(story, stage)).await?;
    Box::pin(agents::know(story, stage)).await?;
    quiet(story, stage).await
}

fn boards(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    story.chapter("Two boards that know nothing of each other")?;
    let (issues, tasks) = (stage.issues(), stage.tasks());
    let projects = stage.world.huly.model.lock().projects();
    let rows: Vec<Vec<String>> = projects
        .iter()
        .map(|project| {
            let of = issues
                .iter()
                .filter(|issue| issue.project == project.id)
                .count();
            vec![
                project.identifier.clone(),
                of.to_string(),
                project.name.clone(),
            ]
        })
        .collect();
    say(&format!(
        "Huly has {} in {}:",
        count(issues.len(), "issue"),
        count(projects.len(), "project")
    ))?;
    say(&table::columns(&["PROJECT", "ISSUES", "NAME"], &rows))?;
    let boards = stage.world.vibe.model.lock().projects();
    let names: Vec<String> = boards.iter().map(|board| board.name.clone()).collect();
    say(&format!(
        "Vibe Kanban has {} ({}) with {}",
        count(boards.len(), "project"),
        words::list(&names),
        count(tasks.len(), "task")
    ))?;
    let nothing = projects.is_empty() || boards.is_empty();
    story.claim(
        !nothing && issues.len() == 40 && tasks.len() == 4,
        "40 issues here, 4 tasks there, and nothing in common yet",
    )
}

async fn planned(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    story.chapter("The plan: what a run would do")?;
    stage.world.reset_calls();
    let plan = stage.run(Mode::Plan).await?;
    story::shows(
        "hvs plan",
        &format!("{}\n{}", plans::text(&plan), plans::totals(&plan)),
    )?;
    problems(&plan)?;
    let calls = stage.world.calls();
    let writes = calls.huly.writes + calls.vibe.writes;
    let reads = calls.huly.reads + calls.vibe.reads;
    story.claim(
        plan.exit == Exit::Done,
        "the plan is made without a problem",
    )?;
    story.claim(
        writes == 0,
        &format!("a plan only reads: the servers counted {reads} reads and {writes} writes"),
    )
}

async fn first_sync(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    story.chapter("The first sync")?;
    let run = stage.sync().await?;
    shows(&run)?;
    let (issues, tasks) = (stage.issues(), stage.tasks());
    let mut pairs = 0;
    let mut same = 0;
    for issue in &issues {
        if let Some(task) = stage.task_of(&issue.id).await? {
            pairs += 1;
            same += usize::from(task.title.trim() == issue.title.trim());
        }
    }
    story.claim(run.exit == Exit::Done, "the run ends with exit code 0")?;
    story.claim(
        (issues.len(), tasks.len(), pairs) == (44, 44, 44),
        &format!(
            "{} issues, {} tasks, {pairs} pairs: every item has exactly one counterpart",
            issues.len(),
            tasks.len()
        ),
    )?;
    story.claim(
        pairs > 0 && same == pairs,
        "both sides of each pair bear the same title, in whatever script it is written",
    )
}

async fn quiet(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    story.chapter("Quiet when nothing changed")?;
    stage.world.reset_calls();
    stage.letta.calls.reset();
    let run = stage.sync().await?;
    shows(&run)?;
    let Pair { huly, vibe } = stage.world.calls();
    let letta = stage.letta.calls.snapshot();
    say(&format!(
        "The servers counted {} and {} reads besides the signing in",
        huly.reads, vibe.reads
    ))?;
    story.claim(
        run.exit == Exit::Done && run.wrote_nothing(),
        "a run after a run has nothing to do",
    )?;
    story.claim(
        huly.writes == 0 && vibe.writes == 0,
        &format!(
            "counted at the servers: {} writes to Huly, {} to Vibe Kanban",
            huly.writes, vibe.writes
        ),
    )?;
    let calls = letta.reads + letta.writes + letta.sessions;
    story.claim(calls == 0, &format!("and {calls} calls to Letta"))
}

/// Shows what `hvs sync once` printed.
fn shows(run: &Report) -> Result<(), Failure> {
    let mut lines = done(run);
    lines.push(summed_up(run));
    story::shows("hvs sync once", &lines.join("\n"))?;
    problems(run)
}

/// Whatever went wrong in a run belongs to the story.
fn problems(run: &Report) -> Result<(), Failure> {
    for project in &run.projects {
        for line in problem::list(&project.problems, project.problem_count) {
            say(&line)?;
        }
        for notice in &project.notices {
            say(&format!("note: {}", words::clean(notice)))?;
        }
    }
    for line in problem::list(&run.problems, run.problems.len() as u64) {
        say(&line)?;
    }
    Ok(())
}

fn count(number: usize, one: &str) -> String {
    words::count(number as u64, one, &format!("{one}s"))
}

/// The end of the story, and how the process ends.
fn summary(story: &Story) -> Result<Exit, Failure> {
    let claims = story.claims();
    if story.broken.is_empty() {
        let head = words::styled(words::GOOD.bold(), "done:");
        output::data(&format!(
            "\n{head} all {claims} claims were checked on the servers themselves, and hold"
        ))?;
        return Ok(Exit::Done);
    }
    let head = words::styled(words::BAD.bold(), "error:");
    output::tell(&format!(
        "\n{head} {} of {claims} claims do not hold",
        story.broken.len()
    ))?;
    for claim in &story.broken {
        output::tell(&format!("  {claim}"))?;
    }
    output::tell(&format!(
        "\n{} this is a bug of hvs: please report it with the lines above",
        words::styled(words::HINT.bold(), "hint:")
    ))?;
    Ok(Exit::Bug)
}

/// Leaves the servers up until somebody asks to stop.
async fn keep(stage: Stage, interrupt: &Interrupt) -> Result<(), Failure> {
    let file = stage.config_file().display().to_string();
    let (world, directory) = stage.keep();
    output::data("\nThe servers stay up until Ctrl-C. Go on in another terminal:")?;
    output::data(&table::facts(&[
        ("configuration", file.clone()),
        ("store", directory.join("hvs.db").display().to_string()),
        ("see the plan", format!("hvs --config {file} plan")),
        ("run", format!("hvs --config {file} sync once")),
        ("look back", format!("hvs --config {file} runs")),
    ]))?;
    interrupt.asked().await;
    world.shutdown().await;
    std::fs::remove_dir_all(&directory).map_err(bug)
}
