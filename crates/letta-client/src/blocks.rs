//! Memory blocks: of an agent and on their own.

use std::time::Duration;

use http_kit::{Call, Effect, Error};
use url::Url;

use crate::client::{found, incomplete, patch, patch_json, refusal};
use crate::{
    Agent, AgentId, AgentSummary, Block, BlockId, BlockUpdate, Content, Deletion, Letta, NewBlock,
    codes, route,
};

/// How often [`Letta::update_block`] is sent at most.
const RACE_TRIES: u32 = 6;
/// The wait after the first lost race; it doubles, so all waits together are 3.1 s.
const RACE_PAUSE: Duration = Duration::from_millis(100);

impl Letta {
    /// All blocks of an agent, oldest first. An agent that is gone is [`codes::LETTA_NOT_FOUND`], not an empty list.
    pub async fn blocks(&self, agent: AgentId) -> Result<Vec<Block>, Error> {
        let url = self.url(&format!("/v1/agents/{agent}/core-memory/blocks"));
        self.walk(route::AGENT_BLOCKS, url, &[]).await
    }

    /// One block with its tags; none only where the server itself says that it is not there.
    pub async fn block(&self, id: BlockId) -> Result<Option<Block>, Error> {
        found(
            self.fetch(Call::get(route::BLOCK, self.block_url(id)))
                .await,
        )
    }

    /// The agents that a block is attached to. A block that is gone is [`codes::LETTA_NOT_FOUND`], not an empty list.
    pub async fn agents_of_block(&self, id: BlockId) -> Result<Vec<AgentSummary>, Error> {
        let url = self.url(&format!("{}{id}/agents", route::BLOCKS));
        let query = [("include", "agent.tags")];
        self.walk(route::BLOCK_AGENTS, url, &query).await
    }

    /// Changes a block with one PATCH by its id (which meets no block of another agent and minds no odd label), and
    /// compares the answer. A PATCH equal to what is stored does nothing at the server.
    ///
    /// A lost race with another writer (409, [`codes::LETTA_LOCK_RACE`]) changed nothing and is sent again, six times in
    /// all within 3.1 s; then it is transient. That is the one write that this client repeats: the value does not depend
    /// on what the other one wrote. Rejected, and not sent, where the value is longer than the limit beside it.
    pub async fn update_block(&self, id: BlockId, update: &BlockUpdate) -> Result<Block, Error> {
        if let Some(content) = &update.content {
            content.checked("the value", route::BLOCK)?;
        }
        let mut pause = RACE_PAUSE;
        for _ in 1..RACE_TRIES {
            match self.patch_block(id, update).await {
                Err(error) if error.code() == codes::LETTA_LOCK_RACE => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                done => return done,
            }
        }
        self.patch_block(id, update).await
    }

    async fn patch_block(&self, id: BlockId, update: &BlockUpdate) -> Result<Block, Error> {
        let call = patch_json(route::BLOCK, self.block_url(id), update)?;
        let block: Block = self.fetch(call).await?;
        whole(&block_gaps(update, &block), block, route::BLOCK)
    }

    /// Creates a block that belongs to no agent yet, and compares the answer. Never finds an existing one, and is never
    /// repeated: labels are not unique. Rejected, and not sent, where the value is longer than the limit beside it.
    pub async fn create_block(&self, new: &NewBlock) -> Result<Block, Error> {
        new.checked(route::BLOCKS)?;
        let mut sent = new.clone();
        if !self.capabilities().block_tags {
            sent.tags.clear();
        }
        let url = self.url(route::BLOCKS);
        let call = Call::post_json(route::BLOCKS, url, &sent, Effect::Write)?;
        let block: Block = self.fetch(call).await?;
        let mut gaps = block_gaps(&sent.as_update(), &block);
        if block.label != sent.label {
            gaps.push("label".to_owned());
        }
        // A server that tells no version may have no tags on blocks.
        if self.version().is_some() {
            let lost = sent.tags.iter().filter(|tag| !block.tags.contains(tag));
            gaps.extend(lost.map(|tag| format!("tag {tag}")));
        }
        whole(&gaps, block, route::BLOCKS)
    }

    /// Attaches a block to an agent; again does nothing. Another block of that label is [`codes::LETTA_TWIN`] (conflict):
    /// read the agent's blocks and use the one that is there. A lost race is transient.
    pub async fn attach_block(&self, agent: AgentId, block: BlockId) -> Result<(), Error> {
        let path = format!("/v1/agents/{agent}/core-memory/blocks/attach/{block}");
        let mut url = self.url(&path);
        url.query_pairs_mut().append_pair("include", "agent.blocks");
        let answer: Option<Agent> = self.fetch(patch(route::BLOCK_ATTACH, url)).await?;
        let attached = answer.is_none_or(|agent| agent.blocks.iter().any(|own| own.id == block));
        if attached {
            Ok(())
        } else {
            let gap = [block.to_string()];
            Err(incomplete(route::BLOCK_ATTACH, &agent.to_string(), &gap))
        }
    }

    /// Detaches a block from an agent; both stay.
    pub async fn detach_block(&self, agent: AgentId, block: BlockId) -> Result<Deletion, Error> {
        let path = format!("/v1/agents/{agent}/core-memory/blocks/detach/{block}");
        self.remove(patch(route::BLOCK_DETACH, self.url(&path)))
            .await
    }

    /// Deletes a block, which detaches it everywhere.
    pub async fn delete_block(&self, id: BlockId) -> Result<Deletion, Error> {
        self.remove(Call::delete(route::BLOCK, self.block_url(id)))
            .await
    }

    fn block_url(&self, id: BlockId) -> Url {
        self.url(&format!("{}{id}", route::BLOCKS))
    }
}

impl Content {
    /// Refuses a value over its own limit: older servers do, newer ones store it and make every prompt longer.
    fn checked(&self, what: &str, route: &'static str) -> Result<(), Error> {
        let size = self.value.chars().count();
        if u64::try_from(size).is_ok_and(|size| size <= self.limit) {
            return Ok(());
        }
        let why = format!("{what} has {size} characters, its limit is {}", self.limit);
        Err(refusal(codes::LETTA_TOO_LONG, route, why))
    }
}

impl NewBlock {
    /// Refuses a value over its own limit.
    pub(crate) fn checked(&self, route: &'static str) -> Result<(), Error> {
        let content = Content {
            value: self.value.clone(),
            limit: self.limit,
        };
        content.checked(&format!("block {}", self.label), route)
    }

    /// The same as a change, for comparing.
    pub(crate) fn as_update(&self) -> BlockUpdate {
        BlockUpdate {
            content: Some(Content {
                value: self.value.clone(),
                limit: self.limit,
            }),
            read_only: Some(self.read_only),
            description: self.description.clone(),
        }
    }
}

/// The fields that a block does not have as they were sent. The server cuts NUL characters out of texts; an empty
/// description and none are the same.
pub(crate) fn block_gaps(update: &BlockUpdate, stored: &Block) -> Vec<String> {
    let content = update.content.as_ref();
    let description = stored.description.as_deref().unwrap_or_default();
    let same = [
        (
            "value",
            content.is_none_or(|sent| same_text(&sent.value, &stored.value)),
        ),
        (
            "limit",
            content.is_none_or(|sent| stored.limit == Some(sent.limit)),
        ),
        (
            "read_only",
            update.read_only.is_none_or(|flag| flag == stored.read_only),
        ),
        (
            "description",
            update
                .description
                .as_deref()
                .is_none_or(|text| same_text(text, description)),
        ),
    ];
    let lost = same.iter().filter(|(_, same)| !same);
    lost.map(|(field, _)| (*field).to_owned()).collect()
}

fn same_text(sent: &str, stored: &str) -> bool {
    sent.chars().filter(|c| *c != '\0').eq(stored.chars())
}

/// The block, where nothing is missing.
fn whole(gaps: &[String], block: Block, route: &'static str) -> Result<Block, Error> {
    if gaps.is_empty() {
        Ok(block)
    } else {
        Err(incomplete(route, &block.id.to_string(), gaps))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(update: &BlockUpdate) -> Block {
        let content = update.content.as_ref();
        Block {
            id: BlockId::new(uuid::Uuid::from_u128(7)),
            label: "x".to_owned(),
            value: content.map_or_else(String::new, |sent| sent.value.replace('\0', "")),
            limit: content.map(|sent| sent.limit),
            description: update.description.clone().filter(|text| !text.is_empty()),
            read_only: update.read_only.unwrap_or_default(),
            tags: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn an_answer_is_compared_modulo_nul_and_every_difference_is_named(
            value in "[a\0é𝄞]{0,12}",
            limit in 12_u64..20,
            read_only: Option<bool>,
            description in proptest::option::of("[ab]{0,2}"),
        ) {
            let content = Some(Content { value, limit });
            let update = BlockUpdate { content, read_only, description };
            let good = stored(&update);
            prop_assert_eq!(block_gaps(&update, &good), Vec::<String>::new());
            prop_assert_eq!(block_gaps(&BlockUpdate::default(), &good), Vec::<String>::new());
            let other = Block { value: format!("{}x", good.value), limit: None, ..good.clone() };
            prop_assert_eq!(block_gaps(&update, &other), ["value", "limit"]);
            let other = Block { read_only: !good.read_only, description: Some("other".to_owned()), ..good };
            let named = block_gaps(&update, &other);
            prop_assert_eq!(named.contains(&"read_only".to_owned()), update.read_only.is_some());
            prop_assert_eq!(named.contains(&"description".to_owned()), update.description.is_some());
        }
    }

    #[test]
    fn a_limit_counts_code_points() {
        let content = |value: &str, limit| Content {
            value: value.to_owned(),
            limit,
        };
        assert!(content("𝄞é", 2).checked("x", route::BLOCK).is_ok());
        let error = content("𝄞é", 1).checked("the value", route::BLOCK);
        let error = error.expect_err("too long");
        assert_eq!(error.code(), codes::LETTA_TOO_LONG);
        assert_eq!(error.detail(), "the value has 2 characters, its limit is 1");
    }
}
