//! Meddling, carried out on the model as people and agents do it, and written down.

use super::Meddling;
use crate::letta::{Agent, Block, BlockUpdate, LettaModel, NewAgent, NewBlock};
use crate::proof::play::Play;

/// The label of a block that belongs to its agent.
pub(super) const SCRATCHPAD: &str = "scratchpad";
/// What a person's agent for a project has in its name.
const COPY: &str = "copy";
/// Blocks that hvs writes once; the others it keeps.
pub(super) const OWN: [&str; 3] = ["persona", "human", SCRATCHPAD];
/// The tag of every agent of hvs.
pub(super) const PRODUCT: &str = "hvs";

impl Play {
    /// Does it now; what has nothing to be done to is left out.
    pub(in crate::proof) fn meddle(&self, deed: Meddling) {
        let done = self.try_meddle(deed);
        let mut notes = self.notes();
        if let Some(what) = done {
            notes.steps += 1;
            notes.faults += 1;
            notes.mark(format!("letta deed: {}", deed.name()));
            notes.trace(format!("* {} {what}", deed.name()));
        }
    }

    fn try_meddle(&self, deed: Meddling) -> Option<String> {
        let letta = self.letta.as_ref()?;
        let text = {
            let mut notes = self.notes();
            notes.letta.texts += 1;
            format!("Text {} of somebody else.", notes.letta.texts)
        };
        let mut model = letta.model.lock();
        match deed {
            Meddling::Delete { agent } => {
                let id = one(&model, agent)?.id.clone();
                model.delete_agent(&id).ok()?;
                drop(model);
                let mut notes = self.notes();
                notes.letta.copies.remove(&id);
                notes.letta.deleted = true;
                Some(id)
            }
            Meddling::Copy { agent, whole } => {
                let new = copied(&model, one(&model, agent)?, whole);
                let id = model.create_agent(new).ok()?.agent.id;
                drop(model);
                self.notes().letta.copies.insert(id.clone());
                Some(id)
            }
            Meddling::Edit { agent, block } => {
                let id = kept(&model, agent, block)?.id.clone();
                let update = BlockUpdate {
                    value: Some(text),
                    ..BlockUpdate::default()
                };
                model
                    .update_block(&id, update)
                    .ok()
                    .map(|block| block.label)
            }
            Meddling::Open { agent, block } => {
                let id = kept(&model, agent, block)?.id.clone();
                let update = BlockUpdate {
                    read_only: Some(false),
                    ..BlockUpdate::default()
                };
                model
                    .update_block(&id, update)
                    .ok()
                    .map(|block| block.label)
            }
            Meddling::Remove { agent, block } => {
                let block = kept(&model, agent, block)?.clone();
                model.delete_block(&block.id).ok()?;
                Some(block.label)
            }
            Meddling::Detach { agent, block } => {
                let holder = one(&model, agent)?.id.clone();
                let block = kept(&model, agent, block)?.clone();
                model.detach_block(&holder, &block.id).ok()?;
                Some(block.label)
            }
            Meddling::Note { agent } => {
                let holder = one(&model, agent)?.id.clone();
                let update = BlockUpdate {
                    value: Some(text.clone()),
                    ..BlockUpdate::default()
                };
                model.update_agent_block(&holder, SCRATCHPAD, update).ok()?;
                drop(model);
                self.notes().letta.scratchpads.insert(holder.clone(), text);
                Some(holder)
            }
            Meddling::Busy { writes } => {
                model.busy_blocks += u32::from(writes);
                Some(writes.to_string())
            }
        }
    }
}

/// The agents that bear the tag of hvs, those of people too.
pub(super) fn ours(model: &LettaModel) -> Vec<&Agent> {
    let agents = model.agents().iter();
    agents
        .filter(|agent| agent.tags.iter().any(|tag| tag == PRODUCT))
        .collect()
}

fn one(model: &LettaModel, number: u16) -> Option<&Agent> {
    let all = ours(model);
    all.get(usize::from(number).checked_rem(all.len())?)
        .copied()
}

/// The blocks of an agent, as they stand.
pub(super) fn blocks<'m>(model: &'m LettaModel, agent: &Agent) -> Vec<&'m Block> {
    let blocks = model.blocks().iter();
    blocks
        .filter(|block| agent.blocks.contains(&block.id))
        .collect()
}

/// One of the blocks that hvs keeps for an agent.
fn kept(model: &LettaModel, agent: u16, block: u16) -> Option<&Block> {
    let mut blocks = blocks(model, one(model, agent)?);
    blocks.retain(|block| !OWN.contains(&block.label.as_str()));
    let at = usize::from(block).checked_rem(blocks.len())?;
    blocks.get(at).copied()
}

fn copied(model: &LettaModel, agent: &Agent, whole: bool) -> NewAgent {
    let same = |block: &Block| NewBlock {
        label: block.label.clone(),
        value: Some(block.value.clone()),
        limit: Some(block.limit),
        description: block.description.clone(),
        read_only: Some(block.read_only),
        tags: Some(block.tags.clone()),
        ..NewBlock::default()
    };
    NewAgent {
        name: Some(format!("{} {COPY}", agent.name)),
        model: Some(agent.model.clone()),
        tags: Some(agent.tags.clone()),
        metadata: agent.metadata.clone().filter(|_| whole),
        memory_blocks: Some(blocks(model, agent).into_iter().map(same).collect()),
        ..NewAgent::default()
    }
}
