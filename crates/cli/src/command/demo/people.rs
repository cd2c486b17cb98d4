//! People work on both boards.

use engine::run::Mode;
use serde_json::json;
use sim::{
    huly::NewIssue,
    vibe::{NewTask, Status, TaskUpdate},
};
use store::row::ConflictRow;
use sync_core::{Pair, item::Value};

use crate::{failure::Failure, output::plan as plans, words};

use super::{
    shows,
    stage::{Stage, bug},
    story::{self, Story, say},
};

const FENDERS: &str = "Order new fenders";
const LAMP: &str = "Replace the lamp on the north pier";
const BOAT: &str = "Repaint the pilot boat";
const TUG: &str = "Check insurance of the tug";
const GATE: &str = "Close the old customs gate";
const BERTHS: &str = "Plan the berths for spring";
const BEANS: &str = "Try the beans from next door";
const DIAGONAL: &str = "Clean the star diagonal";
const RADAR: &str = "Radar shows ghosts at low tide";

/// The same items as they are found again, whatever their titles are by then.
struct Edited {
    fenders: String,
    lamp: String,
    boat: String,
    tug: String,
    gate: String,
    berths: String,
}

/// Edits of every kind on both sides, and the run that carries them.
pub(super) async fn edits(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    story.chapter("People go on working, on both boards")?;
    let edited = Edited {
        fenders: stage.issue(FENDERS)?.id,
        lamp: stage.issue(LAMP)?.id,
        boat: stage.issue(BOAT)?.id,
        tug: stage.issue(TUG)?.id,
        gate: stage.issue(GATE)?.id,
        berths: stage.issue(BERTHS)?.id,
    };
    in_huly(stage)?;
    in_vibe(stage).await?;
    let plan = stage.run(Mode::Plan).await?;
    story::shows(
        "hvs plan",
        &format!("{}\n{}", plans::text(&plan), plans::totals(&plan)),
    )?;
    let run = stage.sync().await?;
    shows(&run)?;
    arrived_in_vibe(story, stage, &edited).await?;
    arrived_in_huly(story, stage, &edited).await
}

/// Three paragraphs, as Huly stores them.
fn paragraphs(lines: [&str; 3]) -> String {
    let content: Vec<_> = lines
        .iter()
        .map(|line| json!({ "type": "paragraph", "content": [{ "type": "text", "text": line }] }))
        .collect();
    json!({ "type": "doc", "content": content }).to_string()
}

fn in_huly(stage: &Stage) -> Result<(), Failure> {
    say(&format!(
        "In Huly: `{FENDERS}` gets a number, `{LAMP}` is done, `{BERTHS}` becomes summer, and there is a new issue `{BEANS}`"
    ))?;
    stage.edit_issue(
        &stage.issue(FENDERS)?,
        &json!({ "title": "Order 12 new fenders" }),
    )?;
    let lamp = stage.issue(LAMP)?;
    stage.edit_issue(
        &lamp,
        &json!({ "status": stage.status(&lamp.project, "Done")? }),
    )?;
    stage.edit_issue(
        &stage.issue(BERTHS)?,
        &json!({ "title": "Plan the berths for summer" }),
    )?;
    let mut huly = stage.world.huly.model.lock();
    let cafe = huly
        .projects()
        .into_iter()
        .find(|project| project.identifier == "CAFE")
        .ok_or_else(|| bug("there is no project CAFE"))?;
    let markup = paragraphs([
        "Two kilos to begin with.",
        "Grind: medium.",
        "Taste on Friday.",
    ]);
    let issue = NewIssue {
        title: BEANS.to_owned(),
        description: Some(markup),
        ..NewIssue::default()
    };
    huly.person_create(&stage.world.who, &cafe.id, &issue)
        .map(drop)
        .map_err(bug)
}

async fn in_vibe(stage: &Stage) -> Result<(), Failure> {
    say(&format!(
        "In Vibe Kanban: `{BOAT}` gets a line, `{TUG}` goes to review, `{BERTHS}` is begun, `{GATE}` is deleted, and there is a new task `{DIAGONAL}`"
    ))?;
    let boat = stage.task(&stage.issue(BOAT)?).await?;
    let text = format!(
        "Use the red paint.\n\n{}",
        boat.description.clone().unwrap_or_default()
    );
    stage.edit_task(
        &boat,
        TaskUpdate {
            description: Some(text),
            ..TaskUpdate::default()
        },
    )?;
    let review = TaskUpdate {
        status: Some(Status::InReview),
        ..TaskUpdate::default()
    };
    stage.edit_task(&stage.task(&stage.issue(TUG)?).await?, review)?;
    let begun = TaskUpdate {
        status: Some(Status::InProgress),
        ..TaskUpdate::default()
    };
    let berths = stage.issue("Plan the berths for summer")?;
    stage.edit_task(&stage.task(&berths).await?, begun)?;
    let gate = stage.task(&stage.issue(GATE)?).await?;
    let mut vibe = stage.world.vibe.model.lock();
    vibe.delete_task(gate.id).map_err(bug)?;
    let telescope = vibe
        .projects()
        .into_iter()
        .find(|project| project.name == "Telescope")
        .ok_or_else(|| bug("there is no project Telescope"))?;
    let task = NewTask {
        project_id: telescope.id,
        title: DIAGONAL.to_owned(),
        description: Some("With *distilled* water only.".to_owned()),
        status: None,
        parent: None,
        image_ids: None,
    };
    vibe.create_task(task).map(drop).map_err(bug)
}

async fn arrived_in_vibe(story: &mut Story, stage: &Stage, edited: &Edited) -> Result<(), Failure> {
    let fenders = stage.task_of(&edited.fenders).await?;
    let title = fenders.map(|task| task.title).unwrap_or_default();
    story.claim(
        title == "Order 12 new fenders",
        &format!("Vibe Kanban has the new title `{title}`"),
    )?;
    let lamp = stage.task_of(&edited.lamp).await?;
    story.claim(
        lamp.is_some_and(|task| task.status == Status::Done),
        "Vibe Kanban has the lamp as done",
    )?;
    let beans = stage.task_of(&stage.issue(BEANS)?.id).await?;
    let text = beans.and_then(|task| task.description).unwrap_or_default();
    story.claim(
        text.contains("Taste on Friday."),
        "Vibe Kanban has a task for the new issue, with its description",
    )
}

async fn arrived_in_huly(story: &mut Story, stage: &Stage, edited: &Edited) -> Result<(), Failure> {
    let issue = |id: &str| {
        stage
            .world
            .huly
            .model
            .lock()
            .issue(id)
            .ok_or_else(|| bug(format!("issue {id} is gone")))
    };
    let text = issue(&edited.boat)?.description.unwrap_or_default();
    story.claim(
        text.contains("Use the red paint."),
        "Huly has the new line of the description",
    )?;
    let status = issue(&edited.tug)?.status_name;
    story.claim(
        status == "In Progress",
        &format!("Huly knows no review here: the tug is `{status}`, the nearest it has"),
    )?;
    let berths = issue(&edited.berths)?;
    let task = stage.task_of(&edited.berths).await?;
    let both = berths.status_name == "In Progress"
        && task.is_some_and(|task| task.title == "Plan the berths for summer");
    story.claim(
        both,
        "one item, its title changed here and its status there: both changes arrived",
    )?;
    let status = issue(&edited.gate)?.status_name;
    story.claim(
        status == "Canceled",
        &format!("the issue of the deleted task is kept, as `{status}`"),
    )?;
    let made = stage
        .issue(DIAGONAL)
        .is_ok_and(|issue| issue.description.unwrap_or_default().contains("distilled"));
    story.claim(
        made,
        "Huly has an issue for the new task, with its description",
    )
}

/// Two people change the same thing.
pub(super) async fn conflict(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    story.chapter("Two people change the same thing")?;
    let (radar, beans) = (stage.issue(RADAR)?, stage.issue(BEANS)?);
    let titles = Pair {
        huly: "Radar shows ghosts at every tide",
        vibe: "Radar ghosts: clean the antenna",
    };
    say(&format!(
        "`{RADAR}` is renamed on both boards. In `{BEANS}` the first line of the description is changed in Huly, the last one in Vibe Kanban"
    ))?;
    let task = stage.task(&radar).await?;
    stage.edit_issue(&radar, &json!({ "title": titles.huly }))?;
    stage.edit_task(
        &task,
        TaskUpdate {
            title: Some(titles.vibe.to_owned()),
            ..TaskUpdate::default()
        },
    )?;
    let task = stage.task(&beans).await?;
    let text = task
        .description
        .clone()
        .unwrap_or_default()
        .replace("Friday", "Monday");
    stage.edit_task(
        &task,
        TaskUpdate {
            description: Some(text),
            ..TaskUpdate::default()
        },
    )?;
    let markup = paragraphs([
        "Three kilos to begin with.",
        "Grind: medium.",
        "Taste on Friday.",
    ]);
    stage
        .world
        .huly
        .model
        .lock()
        .person_describe(&stage.world.who, &beans.id, &markup);
    let run = stage.sync().await?;
    shows(&run)?;
    let rows = stage.store.conflicts(false, 100).await?;
    let kept = rows.iter().find(|row| holds(row, titles));
    if let Some(row) = kept {
        say(&conflict_text(row))?;
    }
    let now = stage
        .task_of(&radar.id)
        .await?
        .map(|task| task.title)
        .unwrap_or_default();
    let here = stage
        .issues()
        .into_iter()
        .find(|issue| issue.id == radar.id)
        .map(|issue| issue.title)
        .unwrap_or_default();
    story.claim(
        now == titles.huly && here == titles.huly,
        "Huly's title stands on both boards, as `fields.title` says",
    )?;
    story.claim(
        kept.is_some(),
        "the title that gave way is kept whole, beside the one that stands",
    )?;
    let here = stage.issue(BEANS)?.description.unwrap_or_default();
    let there = stage
        .task_of(&beans.id)
        .await?
        .and_then(|task| task.description)
        .unwrap_or_default();
    let merged = [here, there]
        .iter()
        .all(|text| text.contains("Three kilos") && text.contains("Monday"));
    story.claim(
        merged,
        "the description was merged line by line: both changes stand on both boards",
    )
}

fn holds(row: &ConflictRow, titles: Pair<&str>) -> bool {
    let is = |value: &Value, title: &str| matches!(value, Value::Text(text) if &**text == title);
    is(&row.values.huly, titles.huly) && is(&row.values.vibe, titles.vibe)
}

fn conflict_text(row: &ConflictRow) -> String {
    let value = |value: &Value| match value {
        Value::Text(text) => words::short(text, 70),
        Value::Status(status) => words::clean(status.as_str()),
        other => words::short(&format!("{other:?}"), 70),
    };
    let stands = row.winner.map_or_else(
        || "neither stands".to_owned(),
        |side| format!("{}'s stands", side.title()),
    );
    format!(
        "{} {} of {}: {stands}\n    Huly  {}\n    Vibe  {}",
        words::styled(words::BAD.bold(), "!"),
        row.field,
        words::short(&row.label, 60),
        value(&row.values.huly),
        value(&row.values.vibe),
    )
}
