//! What must be true of agents, by the Letta server and the boards alone.

use std::collections::{BTreeMap, BTreeSet};

use super::meddle::{OWN, SCRATCHPAD, blocks, ours};
use crate::letta::{Agent, LettaModel};
use crate::proof::judge::{Breach, Law};
use crate::proof::seen::{seen_issue, seen_task};
use crate::proof::words::{Origin, Word, words};
use crate::proof::world::World;

/// Before the id of the Huly project that an agent is told of.
const PROJECT: &str = "hvs-project:";
/// What hvs keeps for each agent.
const KEPT: [&str; 6] = [
    "backlog_summary",
    "board_config",
    "board_metrics",
    "change_log",
    "hotspots",
    "project",
];

/// What the boards say of one project.
#[derive(Default)]
struct Board {
    /// Titles of items that nobody has begun.
    ahead: BTreeSet<Word>,
    /// Titles of items in progress.
    active: BTreeSet<Word>,
    /// Items that stand on both sides.
    both: usize,
    /// Whether an item stands on one side only.
    lone: bool,
}

/// Each project has one agent, and its blocks say what the boards say. What people made, and what belongs to an agent, is left alone.
pub(in crate::proof) fn agents(found: &mut Vec<Breach>, world: &World) {
    let Some(letta) = &world.play.letta else {
        return;
    };
    let model = letta.model.lock().clone();
    let boards = boards(world);
    let notes = world.play.notes();
    for copy in &notes.letta.copies {
        if !model.agents().iter().any(|agent| agent.id == *copy) {
            let words = format!("agent {copy}, which a person made, was removed");
            found.push(Breach::new(Law::OneAgent, words));
        }
    }
    for (holder, text) in &notes.letta.scratchpads {
        let agent = model.agents().iter().find(|agent| agent.id == *holder);
        let Some(agent) = agent else { continue };
        let own = blocks(&model, agent)
            .into_iter()
            .find(|block| block.label == SCRATCHPAD);
        if own.is_none_or(|block| block.value != *text) {
            let words = format!("what agent {holder} wrote for itself is gone");
            found.push(Breach::new(Law::OwnBlocks, words));
        }
    }
    let may_stay_away = notes.letta.deleted && !world.is_made_again();
    for (project, board) in &boards {
        let tag = format!("{PROJECT}{project}");
        let mut all = ours(&model);
        all.retain(|agent| agent.tags.contains(&tag));
        let made = all
            .iter()
            .filter(|agent| !notes.letta.copies.contains(&agent.id))
            .count();
        if made > 1 {
            let words = format!("project {project} has {made} agents");
            found.push(Breach::new(Law::OneAgent, words));
        }
        if board.both == 0 || may_stay_away {
            continue;
        }
        if all.is_empty() {
            let words = format!("project {project} has no agent");
            found.push(Breach::new(Law::OneAgent, words));
            continue;
        }
        let wrong: Vec<String> = all
            .iter()
            .filter_map(|agent| wrong(&model, agent, board))
            .collect();
        if wrong.len() == all.len() {
            let words = format!("of project {project}, {}", wrong.join(", and "));
            found.push(Breach::new(Law::BlocksRight, words));
        }
    }
}

fn boards(world: &World) -> BTreeMap<String, Board> {
    let mut tasks: BTreeSet<Origin> = BTreeSet::new();
    for task in world.play.tasks().lock().snapshot() {
        tasks.extend(seen_task(&task).origin());
    }
    let mut boards: BTreeMap<String, Board> = BTreeMap::new();
    for issue in world.play.issues().lock().snapshot() {
        let seen = seen_issue(&issue);
        let board = boards.entry(issue.project.clone()).or_default();
        if !seen.origin().is_some_and(|origin| tasks.contains(&origin)) {
            board.lone = true;
            continue;
        }
        board.both += 1;
        match issue.status_name.as_str() {
            "Backlog" | "Todo" => board.ahead.extend(words(&issue.title)),
            "In Progress" => board.active.extend(words(&issue.title)),
            _ => {}
        }
    }
    boards
}

/// What is wrong with an agent's blocks; none where they are right.
fn wrong(model: &LettaModel, agent: &Agent, board: &Board) -> Option<String> {
    let held = blocks(model, agent);
    let id = &agent.id;
    for label in KEPT {
        let of_label: Vec<_> = held.iter().filter(|block| block.label == label).collect();
        match of_label.as_slice() {
            [block] if block.read_only => {}
            [_] => return Some(format!("agent {id} may write its block {label}")),
            all => return Some(format!("agent {id} has {} blocks {label}", all.len())),
        }
    }
    let strange = held
        .iter()
        .find(|block| !KEPT.contains(&&*block.label) && !OWN.contains(&&*block.label));
    if let Some(strange) = strange {
        return Some(format!("agent {id} has a block {}", strange.label));
    }
    let text = |label: &str| {
        let block = held.iter().find(|block| block.label == label);
        block.map_or("", |block| block.value.as_str())
    };
    let listed: BTreeSet<Word> = words(text("backlog_summary")).into_iter().collect();
    if listed != board.ahead {
        return Some(format!(
            "agent {id} is told of {} items that nobody has begun, and there are {}: {:?}",
            listed.len(),
            board.ahead.len(),
            listed
                .symmetric_difference(&board.ahead)
                .collect::<Vec<_>>()
        ));
    }
    let told: BTreeSet<Word> = words(text("hotspots")).into_iter().collect();
    if let Some(left) = board.active.iter().find(|word| !told.contains(word)) {
        return Some(format!(
            "agent {id} is not told of {left}, which is in progress"
        ));
    }
    let counted = number(text("board_metrics"), "Issues: ");
    (!board.lone && counted != Some(board.both)).then(|| {
        format!(
            "agent {id} is told of {counted:?} issues, and there are {}",
            board.both
        )
    })
}

fn number(text: &str, before: &str) -> Option<usize> {
    let (_, rest) = text.split_once(before)?;
    let end = rest
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// Ids of the agents that bear the tag of hvs.
pub(in crate::proof) fn same(world: &World) -> BTreeSet<String> {
    let Some(letta) = &world.play.letta else {
        return BTreeSet::new();
    };
    let model = letta.model.lock();
    ours(&model)
        .into_iter()
        .map(|agent| agent.id.clone())
        .collect()
}

/// What all blocks say, by id.
pub(in crate::proof) fn texts(world: &World) -> BTreeMap<String, String> {
    let Some(letta) = &world.play.letta else {
        return BTreeMap::new();
    };
    let model = letta.model.lock();
    let blocks = model.blocks().iter();
    blocks
        .map(|block| (block.id.clone(), block.value.clone()))
        .collect()
}

/// A run after a quiet run calls nobody (row 31).
pub(in crate::proof) fn quiet(found: &mut Vec<Breach>, calls: u64) {
    if calls > 0 {
        let words = format!("a run with nothing to tell made {calls} calls to Letta");
        found.push(Breach::new(Law::QuietAgents, words));
    }
}

/// A change on one board costs as many calls as blocks changed, and one look at the agent.
pub(in crate::proof) fn cheap(
    found: &mut Vec<Breach>,
    calls: u64,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) {
    let changed = after
        .iter()
        .filter(|(id, value)| before.get(*id) != Some(value))
        .count();
    if calls > changed as u64 + 1 {
        let words = format!("{changed} blocks changed, and that took {calls} calls to Letta");
        found.push(Breach::new(Law::QuietAgents, words));
    }
}
