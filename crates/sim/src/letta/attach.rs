//! Blocks of an agent: by label, attached and detached.

use super::page::{Defaults, Order, Page, paged};
use super::{AgentView, Block, BlockUpdate, LettaModel, Refusal};

/// An agent's blocks: the newest 100.
const LIST: Defaults = Defaults {
    limit: 100,
    order: Order::Desc,
};

impl LettaModel {
    /// The blocks of an agent, newest first where the page does not say otherwise.
    pub fn agent_blocks(&self, agent: &str, page: &Page) -> Result<Vec<Block>, Refusal> {
        let blocks = self.blocks_of(self.agent_at(agent)?);
        let place = |block: &Block| (block.created_at, block.id.clone());
        let cursor = |id: &str| self.blocks.iter().find(|block| block.id == id).map(place);
        paged(blocks, place, cursor, page, LIST)
    }

    /// An agent's block by its label.
    pub fn agent_block(&self, agent: &str, label: &str) -> Result<Block, Refusal> {
        let blocks = self.blocks_of(self.agent_at(agent)?);
        let labelled = blocks.into_iter().find(|block| block.label == label);
        labelled.ok_or_else(|| {
            Refusal::NotFound(format!(
                "No block with label '{label}' found for agent '{agent}'"
            ))
        })
    }

    /// Changes an agent's block by its label: the same row, with the same rules as by its id.
    pub fn update_agent_block(
        &mut self,
        agent: &str,
        label: &str,
        update: BlockUpdate,
    ) -> Result<Block, Refusal> {
        let block = self.agent_block(agent, label)?.id;
        self.update_block(&block, update)
    }

    /// Attaches a block; again changes nothing. Another block with a label that the agent has is [`Refusal::Taken`].
    pub fn attach_block(&mut self, agent: &str, block: &str) -> Result<AgentView, Refusal> {
        let holder = self.agent_at(agent)?;
        let label = self.block_at(block)?.label.clone();
        if !holder.blocks.iter().any(|known| known == block) {
            if self
                .blocks_of(holder)
                .iter()
                .any(|known| known.label == label)
            {
                return Err(label_taken(agent, &label));
            }
            let now = self.stamp();
            let holder = self.agent_at_mut(agent)?;
            holder.blocks.push(block.into());
            holder.updated_at = now;
        }
        self.written(agent)
    }

    /// Detaches a block, which stays; again is [`Refusal::NotFound`].
    pub fn detach_block(&mut self, agent: &str, block: &str) -> Result<AgentView, Refusal> {
        if !self
            .agent_at(agent)?
            .blocks
            .iter()
            .any(|known| known == block)
        {
            return Err(Refusal::NotFound(format!(
                "No block with id '{block}' found for agent '{agent}' with actor id: '{}'",
                super::USER
            )));
        }
        let now = self.stamp();
        let holder = self.agent_at_mut(agent)?;
        holder.blocks.retain(|known| known != block);
        holder.updated_at = now;
        self.written(agent)
    }

    /// Of these blocks those that exist, and of several with one label the first.
    pub(super) fn first_of_each_label(&self, ids: impl IntoIterator<Item = String>) -> Vec<String> {
        let (mut kept, mut labels) = (Vec::new(), Vec::new());
        for id in ids {
            let Some(block) = self.blocks.iter().find(|block| block.id == id) else {
                continue;
            };
            if !labels.contains(&block.label) {
                labels.push(block.label.clone());
                kept.push(id);
            }
        }
        kept
    }
}

pub(super) fn label_taken(agent: &str, label: &str) -> Refusal {
    Refusal::duplicate(
        "Agent",
        "unique_label_per_agent",
        &format!("(agent_id, block_label)=({agent}, {label})"),
    )
}
