//! Each project has an agent on a Letta server, and its memory follows the board.

use serde_json::json;

use crate::failure::Failure;

use super::{
    shows,
    stage::{Stage, bug},
    story::{self, Story, say},
};

const RADAR: &str = "Radar shows ghosts at every tide";

/// What the harbour's agent knows, before somebody moves an issue and after.
pub(super) async fn know(story: &mut Story, stage: &Stage) -> Result<(), Failure> {
    story.chapter("An agent for each project, who knows its board")?;
    let radar = stage.issue(RADAR)?;
    let name = stage
        .world
        .huly
        .model
        .lock()
        .projects()
        .into_iter()
        .find(|project| project.id == radar.project)
        .map(|project| project.name)
        .ok_or_else(|| bug("the project of an issue is gone"))?;
    let before = stage.blocks(&name)?;
    let block = |blocks: &std::collections::BTreeMap<String, String>| {
        let hotspots = blocks.get("hotspots").cloned();
        hotspots.ok_or_else(|| bug("the agent has no block `hotspots`"))
    };
    say(&format!(
        "Every run has told them already. What the agent of {name} has in its block `hotspots`:"
    ))?;
    story::shows("hotspots, before", &in_progress(&block(&before)?))?;
    say(&format!("Somebody begins `{RADAR}`"))?;
    let status = stage.status(&radar.project, "In Progress")?;
    stage.edit_issue(&radar, &json!({ "status": status }))?;
    stage.letta.calls.reset();
    let run = stage.sync().await?;
    shows(&run)?;
    let after = stage.blocks(&name)?;
    story::shows("hotspots, after", &in_progress(&block(&after)?))?;
    let changed = after
        .iter()
        .filter(|(label, text)| before.get(*label) != Some(*text))
        .count() as u64;
    let calls = stage.letta.calls.snapshot();
    let all = calls.reads + calls.writes + calls.sessions;
    story.claim(
        in_progress(&block(&after)?).contains(RADAR)
            && !in_progress(&block(&before)?).contains(RADAR),
        "the agent knows what is in progress, and since which day",
    )?;
    story.claim(
        changed > 0 && calls.writes == changed && all <= changed + 1,
        &format!("{changed} of its blocks changed, and Letta counted {all} calls"),
    )
}

/// The part of the block about what is in progress.
fn in_progress(hotspots: &str) -> String {
    let lines = hotspots.lines();
    let lines = lines.skip_while(|line| !line.starts_with("## In progress"));
    let part: Vec<&str> = lines
        .enumerate()
        .take_while(|(at, line)| *at == 0 || !line.starts_with("## "))
        .map(|(_, line)| line)
        .collect();
    part.join("\n").trim_end().to_owned()
}
