//! The rules of blocks on their own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::agents::{carries, distinct, put};
use super::attach::label_taken;
use super::page::{Defaults, Order, Page, paged};
use super::{Block, LettaModel, Refusal};

/// A block to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewBlock {
    /// Free text; needed.
    pub label: String,
    /// `""` where none.
    pub value: Option<String>,
    /// Characters; the version's default where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What the agent is told that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Keeps the agent's own tools from editing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// Any JSON object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Tags; dropped without a word before 0.16.4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Only for templates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
    /// Whether it is a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_template: Option<bool>,
    /// Keeps it out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
}

/// A change of a block; what is none stays. Tags and metadata replace what was there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockUpdate {
    /// A new label, followed by the agents that have the block.
    pub label: Option<String>,
    /// The whole text.
    pub value: Option<String>,
    /// Characters.
    pub limit: Option<u64>,
    /// `""` clears it.
    pub description: Option<String>,
    /// Keeps the agent's own tools from editing.
    pub read_only: Option<bool>,
    /// The whole object.
    pub metadata: Option<Map<String, Value>>,
    /// The whole list.
    pub tags: Option<Vec<String>>,
    /// Keeps it out of lists.
    pub hidden: Option<bool>,
}

/// Which blocks a list is to hold; conditions join with "and".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockFilter {
    /// Exactly this label; an empty one filters nothing.
    pub label: Option<String>,
    /// Part of the label, any case.
    pub label_search: Option<String>,
    /// Part of the value, any case.
    pub value_search: Option<String>,
    /// Part of the description, any case.
    pub description_search: Option<String>,
    /// Name of the template, not of the block.
    pub name: Option<String>,
    /// Templates instead of blocks.
    pub templates_only: bool,
    /// Carries any of them; none filters nothing, and a server without tags on blocks ignores them.
    pub tags: Vec<String>,
    /// Carries all of them instead.
    pub match_all_tags: bool,
    /// Attached to so many agents; 0 for orphans.
    pub agents: Option<usize>,
}

/// Blocks' lists: the oldest 50.
const LIST: Defaults = Defaults {
    limit: 50,
    order: Order::Asc,
};
/// What the server says of a `persona` that is made with an agent, where the maker says nothing.
const PERSONA: &str = "The persona block: Stores details about your current persona, guiding how you behave and respond. \
    This helps you to maintain consistency and personality in your interactions.";
/// The same for `human`.
const HUMAN: &str = "The human block: Stores key details about the person you are conversing with, allowing for more \
    personalized and friend-like conversation.";

fn characters(text: &str) -> u64 {
    text.chars().count() as u64
}

fn over(limit: u64, asked: u64) -> String {
    format!("Edit failed: Exceeds {limit} character limit (requested {asked})")
}

/// The refusal of a value that does not fit the limit in the same body. `at` is the way to that body.
fn over_own_limit(at: &str, limit: u64, asked: u64) -> Refusal {
    let words = over(limit, asked);
    Refusal::Unprocessable(format!(
        "[{{'type': 'value_error', 'loc': ({at}), 'msg': 'Value error, {words}', 'ctx': {{'error': \
         ValueError('{words}')}}}}]"
    ))
}

impl BlockFilter {
    fn takes(&self, block: &Block, has_tags: bool) -> bool {
        let lower = |text: &str| text.to_lowercase();
        let part = |text: &str, part: &Option<String>| {
            part.as_ref()
                .is_none_or(|part| lower(text).contains(&lower(part)))
        };
        let labelled = |label: &String| label.is_empty() || block.label == *label;
        let named = |name: &String| block.template_name.as_ref() == Some(name);
        block.hidden != Some(true)
            && block.is_template == self.templates_only
            && self.label.as_ref().is_none_or(labelled)
            && self.name.as_ref().is_none_or(named)
            && part(&block.label, &self.label_search)
            && part(&block.value, &self.value_search)
            && part(
                block.description.as_deref().unwrap_or(""),
                &self.description_search,
            )
            && (!has_tags || carries(&block.tags, &self.tags, self.match_all_tags))
    }
}

fn place(block: &Block) -> (i64, String) {
    (block.created_at, block.id.clone())
}

impl LettaModel {
    /// Blocks, oldest first where the page does not say otherwise; templates and hidden ones are left out.
    pub fn list_blocks(&self, filter: &BlockFilter, page: &Page) -> Result<Vec<Block>, Refusal> {
        let has_tags = self.version.has_block_tags();
        let holders = |block: &Block| {
            let holds = |agent: &&super::Agent| agent.blocks.contains(&block.id);
            self.agents.iter().filter(holds).count()
        };
        let wanted = self
            .blocks
            .iter()
            .filter(|block| filter.takes(block, has_tags))
            .filter(|block| filter.agents.is_none_or(|wanted| holders(block) == wanted))
            .cloned()
            .collect();
        let cursor = |id: &str| self.blocks.iter().find(|block| block.id == id).map(place);
        paged(wanted, place, cursor, page, LIST)
    }

    /// How many blocks there are, orphans and templates too.
    pub fn count_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// A block by id.
    pub fn block(&self, id: &str) -> Result<&Block, Refusal> {
        let known = self.blocks.iter().find(|block| block.id == id);
        known.ok_or_else(|| Refusal::NotFound(format!("Block with id '{id}' not found")))
    }

    /// The same, in the words of the routes that write.
    pub(super) fn block_at(&self, id: &str) -> Result<&Block, Refusal> {
        let known = self.blocks.iter().find(|block| block.id == id);
        known.ok_or_else(|| Refusal::no_row("Block", id))
    }

    /// Makes a block. It never finds an existing one: the same label twice makes two.
    pub fn create_block(&mut self, new: NewBlock) -> Result<Block, Refusal> {
        self.check_new(&new, "'body',")?;
        let block = self.block_from(new);
        self.blocks.push(block.clone());
        Ok(block)
    }

    /// Makes the blocks of a new agent: all or none.
    pub(super) fn make_blocks(&mut self, new: &[NewBlock]) -> Result<Vec<String>, Refusal> {
        for (at, block) in new.iter().enumerate() {
            self.check_new(block, &format!("'body', 'memory_blocks', {at}"))?;
        }
        let make = |block: &NewBlock| {
            let mut block = self.block_from(block.clone());
            let default = match block.label.as_str() {
                "persona" => Some(PERSONA),
                "human" => Some(HUMAN),
                _ => None,
            };
            block.description = block.description.or(default.map(str::to_owned));
            let id = block.id.clone();
            self.blocks.push(block);
            id
        };
        Ok(new.iter().map(make).collect())
    }

    fn check_new(&self, new: &NewBlock, at: &str) -> Result<(), Refusal> {
        let asked = characters(new.value.as_deref().unwrap_or(""));
        let default = self.version.default_limit();
        match new.limit {
            _ if !self.version.refuses_over_limit() => Ok(()),
            Some(limit) if asked > limit => Err(over_own_limit(at, limit, asked)),
            None if asked > default => Err(Refusal::Invalid(format!(
                "1 validation error for Block\n  Value error, {}",
                over(default, asked)
            ))),
            Some(_) | None => Ok(()),
        }
    }

    fn block_from(&mut self, new: NewBlock) -> Block {
        let tags = new.tags.filter(|_| self.version.has_block_tags());
        Block {
            id: self.new_id("block"),
            label: new.label,
            value: without_nul(new.value.unwrap_or_default()),
            limit: new.limit.unwrap_or(self.version.default_limit()),
            description: new.description,
            read_only: new.read_only.unwrap_or(false),
            metadata: new.metadata.unwrap_or_default(),
            tags: distinct(tags.unwrap_or_default()),
            template_name: new.template_name,
            is_template: new.is_template.unwrap_or(false),
            hidden: new.hidden,
            created_at: self.stamp(),
        }
    }

    /// Changes a block. A change to what it is already does nothing, and nothing can come between.
    pub fn update_block(&mut self, id: &str, update: BlockUpdate) -> Result<Block, Refusal> {
        let old = self.block_at(id)?.clone();
        self.check_update(&old, &update)?;
        let has_tags = self.version.has_block_tags();
        let mut block = old.clone();
        put(&mut block.label, update.label);
        put(&mut block.value, update.value.map(without_nul));
        put(&mut block.limit, update.limit);
        put(&mut block.read_only, update.read_only);
        put(&mut block.metadata, update.metadata);
        put(
            &mut block.tags,
            update.tags.filter(|_| has_tags).map(distinct),
        );
        block.description = update.description.or(block.description);
        block.hidden = update.hidden.or(block.hidden);
        if block == old {
            return Ok(block);
        }
        if self.is_busy(id) {
            return Err(Refusal::LostRace(format!(
                "CONFLICT: Block with id '{id}' was updated by another transaction. Please retry your request."
            )));
        }
        if block.label != old.label {
            self.check_label(id, &block.label)?;
        }
        if let Some(stored) = self.blocks.iter_mut().find(|stored| stored.id == id) {
            *stored = block.clone();
        }
        Ok(block)
    }

    fn check_update(&self, old: &Block, update: &BlockUpdate) -> Result<(), Refusal> {
        if !self.version.refuses_over_limit() {
            return Ok(());
        }
        let held = characters(&old.value);
        match (update.limit, update.value.as_deref().map(characters)) {
            (Some(limit), Some(asked)) if asked > limit => {
                Err(over_own_limit("'body',", limit, asked))
            }
            (None, Some(asked)) if asked > old.limit => Err(Refusal::Invalid(format!(
                "INVALID_ARGUMENT: Value length ({asked} characters) exceeds block limit ({} characters)",
                old.limit
            ))),
            (Some(limit), None) if held > limit => Err(Refusal::Invalid(format!(
                "INVALID_ARGUMENT: Limit ({limit}) cannot be less than current value length ({held} characters)"
            ))),
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }

    /// Whether another write comes between this time.
    fn is_busy(&mut self, id: &str) -> bool {
        let left = match self.busy.get_mut(id) {
            Some(left) if *left > 0 => left,
            _ => &mut self.busy_blocks,
        };
        let is_busy = *left > 0;
        *left = left.saturating_sub(1);
        is_busy
    }

    fn check_label(&self, id: &str, label: &str) -> Result<(), Refusal> {
        let clash = self.agents.iter().find(|agent| {
            let has = agent.blocks.iter().any(|known| known == id);
            has && self
                .blocks_of(agent)
                .iter()
                .any(|block| block.label == label)
        });
        clash.map_or(Ok(()), |agent| Err(label_taken(&agent.id, label)))
    }

    /// Removes a block and detaches it everywhere.
    pub fn delete_block(&mut self, id: &str) -> Result<(), Refusal> {
        self.block_at(id)?;
        self.blocks.retain(|block| block.id != id);
        for agent in &mut self.agents {
            agent.blocks.retain(|block| block != id);
        }
        self.busy.remove(id);
        Ok(())
    }

    /// Tags of agents and blocks together, in order of the alphabet, whose name contains `part`.
    pub fn list_tags(&self, part: Option<&str>, page: &Page) -> Result<Vec<String>, Refusal> {
        let of_agents = self.agents.iter().flat_map(|agent| &agent.tags);
        let of_blocks = self.blocks.iter().flat_map(|block| &block.tags);
        let mut tags: Vec<String> = of_agents
            .chain(of_blocks)
            .filter(|tag| part.is_none_or(|part| tag.contains(part)))
            .cloned()
            .collect();
        tags.sort();
        tags.dedup();
        paged(tags, Clone::clone, |tag| Some(tag.to_owned()), page, LIST)
    }
}

/// The database cannot hold NUL, so the server cuts it out.
fn without_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "")
    } else {
        text
    }
}
