//! Agents: how each stands, and what it is to know.

use engine::inform::{BlockDraft, Found, Kept};
use serde_json::json;
use store::{
    agents::{AgentPhase, AgentRow},
    row::LetterState,
};
use sync_core::ids::Millis;

use super::table;
use crate::{failure::Failure, output, words};

/// All of them. `rules` names the settings that agents are told with now, where there are any.
pub(crate) fn list(kept: &[Kept], rules: Option<&str>, json: bool) -> Result<(), Failure> {
    if json {
        let all: Vec<_> = kept
            .iter()
            .map(|kept| {
                let agent = &kept.standing.agent;
                json!({
                    "project": kept.project.label,
                    "agent": agent.agent,
                    "phase": agent.phase.word(),
                    "knows_all": knows_all(kept, rules),
                    "blocks": kept.blocks.iter().map(|block| json!({
                        "label": block.label, "block": block.block, "told": block.is_told(),
                        "code": block.code, "message": block.message,
                    })).collect::<Vec<_>>(),
                    "checked_at": agent.checked_at.0,
                    "tries": agent.tries,
                    "next_try": agent.next_try.0,
                    "state": agent.state,
                    "code": agent.code,
                    "message": agent.message,
                })
            })
            .collect();
        return output::json(&json!({ "agents": all }));
    }
    let rows: Vec<Vec<String>> = kept
        .iter()
        .map(|kept| {
            let agent = &kept.standing.agent;
            vec![
                words::clean(&kept.project.label),
                phase(agent).to_owned(),
                stands(kept, rules),
                agent
                    .agent
                    .as_deref()
                    .map_or_else(|| "-".to_owned(), words::clean),
                words::short(&agent.message, 60),
            ]
        })
        .collect();
    let heads = ["PROJECT", "AGENT", "KNOWS", "ID", "LAST FAILURE"];
    output::data(&table::columns(&heads, &rows))?;
    if rules.is_none() {
        output::tell("no place for agents is configured: `sink` in [letta] is \"none\"")?;
    }
    Ok(())
}

fn phase(agent: &AgentRow) -> &'static str {
    match agent.phase {
        AgentPhase::Wanted => "not made yet",
        AgentPhase::Making => "asked for",
        AgentPhase::Present => "there",
        AgentPhase::Detached => "left alone",
        AgentPhase::Left => "deleted by a person",
    }
}

fn knows_all(kept: &Kept, rules: Option<&str>) -> bool {
    let standing = &kept.standing;
    let agent = &standing.agent;
    agent.phase == AgentPhase::Present
        && agent.state == LetterState::Waiting
        && agent.told == standing.changes
        && rules.is_none_or(|rules| rules == &*agent.rules)
}

fn stands(kept: &Kept, rules: Option<&str>) -> String {
    let agent = &kept.standing.agent;
    match agent.phase {
        AgentPhase::Detached | AgentPhase::Left => "-".to_owned(),
        AgentPhase::Wanted | AgentPhase::Making | AgentPhase::Present => {
            if knows_all(kept, rules) {
                "the latest".to_owned()
            } else if agent.state != LetterState::Waiting {
                format!("given up: {}", words::clean(&agent.code))
            } else if agent.next_try > Millis(0) && !agent.code.is_empty() {
                format!("waits: {}", words::clean(&agent.code))
            } else {
                "not the latest".to_owned()
            }
        }
    }
}

/// The blocks of one agent, each with what it is for.
pub(crate) fn show(kept: &Kept, blocks: &[BlockDraft], json: bool) -> Result<(), Failure> {
    if json {
        let all: Vec<_> = blocks
            .iter()
            .map(|block| {
                json!({
                    "label": block.label, "value": block.value, "description": block.description,
                    "limit": block.limit, "characters": block.value.chars().count(),
                })
            })
            .collect();
        return output::json(&json!({ "project": kept.project.label, "blocks": all }));
    }
    let mut text = String::new();
    for block in blocks {
        let head = format!(
            "{} ({} of {} characters)",
            block.label,
            words::grouped(block.value.chars().count() as u64),
            words::grouped(block.limit as u64)
        );
        text.push_str(&words::styled(words::BOLD, head));
        text.push('\n');
        text.push_str(&words::clean_lines(block.value.trim_end()));
        text.push_str("\n\n");
    }
    output::data(text.trim_end())
}

/// Agents that a project may take over.
pub(crate) fn candidates(kept: &Kept, found: &[Found]) -> Result<(), Failure> {
    let label = words::clean(&kept.project.label);
    if found.is_empty() {
        return output::tell(&format!(
            "no agent bears the tags of {label}, the predecessor's neither; `hvs letta adopt {label} AGENT` takes any"
        ));
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|agent| vec![words::clean(&agent.id), words::short(&agent.name, 50)])
        .collect();
    output::data(&table::columns(&["ID", "NAME"], &rows))?;
    output::tell(&format!("take one over: hvs letta adopt {label} ID"))
}
