//! What the server stores, and the handles by which tests put things there.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use serde_json::{Map, Value};

use super::{
    EmbeddingModel, Folder, LanguageModel, Message, SourceFile, Tool, Version, models, tools,
};
use crate::clock::Clock;

/// An agent as it is stored. What callers see of it is [`super::AgentView`].
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// `agent-<uuid v4>`, chosen by the server.
    pub id: String,
    /// Need not be unique.
    pub name: String,
    /// `letta_v1_agent`, or `sleeptime_agent` for the twin in the background.
    pub agent_type: String,
    /// Words for people.
    pub description: Option<String>,
    /// Each once, in the order in which they were given.
    pub tags: Vec<String>,
    /// Any JSON object.
    pub metadata: Option<Value>,
    /// Handle of the language model.
    pub model: String,
    /// Handle of the embedding model.
    pub embedding: Option<String>,
    /// System prompt; none for the server's own.
    pub system: Option<String>,
    /// Name of a time zone.
    pub timezone: String,
    /// Ids of the blocks that are attached, each label once.
    pub blocks: Vec<String>,
    /// Ids of the tools that are attached.
    pub tools: Vec<String>,
    /// Ids of the folders that are attached.
    pub folders: Vec<String>,
    /// As it was asked for on create.
    pub enable_sleeptime: Option<bool>,
    /// Group and id of the twin that works on the memory in the background.
    pub twin: Option<(String, String)>,
    /// Hidden agents are in no list.
    pub hidden: Option<bool>,
    /// Id of its system message.
    pub message_id: String,
    /// Unix microseconds.
    pub created_at: i64,
    /// Unix microseconds.
    pub updated_at: i64,
}

/// A memory block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// `block-<uuid v4>`, chosen by the server.
    pub id: String,
    /// Free text; unique within one agent only.
    pub label: String,
    /// The text, without NUL.
    pub value: String,
    /// Characters (Unicode code points).
    pub limit: u64,
    /// What the agent is told that the block is for.
    pub description: Option<String>,
    /// Keeps the agent's own tools from editing; the API still may.
    pub read_only: bool,
    /// Any JSON object.
    pub metadata: Map<String, Value>,
    /// Each once; empty for ever on a server that has none.
    pub tags: Vec<String>,
    /// Only for templates.
    pub template_name: Option<String>,
    /// Templates are in no list that does not ask for them.
    pub is_template: bool,
    /// Hidden blocks are in no list.
    pub hidden: Option<bool>,
    /// Unix microseconds; never shown, but lists follow it.
    pub created_at: i64,
}

/// A simulated Letta server. A clone is a backup of all of it, to be put back later.
#[derive(Clone, Debug)]
pub struct LettaModel {
    pub(crate) version: Version,
    pub(crate) clock: Clock,
    rng: StdRng,
    last_ms: i64,
    within_ms: i64,
    pub(crate) agents: Vec<Agent>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) folders: Vec<Folder>,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) messages: Vec<Message>,
    pub(crate) models: Vec<LanguageModel>,
    pub(crate) embeddings: Vec<EmbeddingModel>,
    pub(crate) busy: BTreeMap<String, u32>,
    /// Secure mode: the password that every call but those of health must bear. None: anybody may. A simulated one, no secret.
    pub password: Option<String>,
    /// So many of the next writes of any block that would change it answer 409 and change nothing.
    pub busy_blocks: u32,
    /// So many of the next creates of agents fail late: a 500 that leaves the new blocks behind as orphans.
    pub late_create_failures: u32,
    /// Handles of models whose provider cannot be reached: messages to their agents fail.
    pub unreachable: BTreeSet<String>,
    /// What every agent answers.
    pub answer: String,
}

impl LettaModel {
    /// An empty server 0.16.8 without a password; ids follow from the seed.
    pub fn new(clock: Clock, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let tools = tools::base(|| uuid(&mut rng));
        Self {
            version: Version::V0_16_8,
            clock,
            rng,
            last_ms: i64::MIN,
            within_ms: 0,
            agents: Vec::new(),
            blocks: Vec::new(),
            folders: Vec::new(),
            files: Vec::new(),
            tools,
            messages: Vec::new(),
            models: models::language(),
            embeddings: models::embedding(),
            busy: BTreeMap::new(),
            password: None,
            busy_blocks: 0,
            late_create_failures: 0,
            unreachable: BTreeSet::new(),
            answer: "Noted.".into(),
        }
    }

    /// The same server as another release. What it holds already stays as it is.
    #[must_use]
    pub fn of_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// The same server in secure mode.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Which release this is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The server's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Puts another clock in, such as one that is skewed against the other servers.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// The next `writes` of this block that would change it answer 409 and change nothing.
    pub fn busy_block(&mut self, block: &str, writes: u32) {
        self.busy.insert(block.into(), writes);
    }

    /// All agents as they are stored, in order of creation; the background twins too.
    pub fn agents(&self) -> &[Agent] {
        &self.agents
    }

    /// All blocks as they are stored, in order of creation; the orphans too.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Everything that was said to and by any agent, in order.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Puts an agent in as it is, past all rules.
    pub fn load_agent(&mut self, agent: Agent) {
        self.agents.push(agent);
    }

    /// Puts a block in as it is, past all rules.
    pub fn load_block(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Puts a folder in as it is, past all rules.
    pub fn load_folder(&mut self, folder: Folder) {
        self.folders.push(folder);
    }

    /// Puts a file in as it is, past all rules.
    pub fn load_file(&mut self, file: SourceFile) {
        self.files.push(file);
    }

    /// Puts a tool in as it is, past all rules.
    pub fn load_tool(&mut self, tool: Tool) {
        self.tools.push(tool);
    }

    /// Puts a message in as it is, past all rules.
    pub fn load_message(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// A new id of a kind (`agent`, `block`).
    pub(crate) fn new_id(&mut self, kind: &str) -> String {
        format!("{kind}-{}", uuid(&mut self.rng))
    }

    /// A number below `bound`, by the seed.
    pub(crate) fn chosen(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.rng.next_u64() % bound).unwrap_or(0)
    }

    /// Unix microseconds now. Within one millisecond of the clock the stamps go up by one, so that rows that are made in
    /// one go have an order, as they have on a real server.
    pub(crate) fn stamp(&mut self) -> i64 {
        let now = self.clock.now();
        self.within_ms = if now == self.last_ms {
            (self.within_ms + 1).min(999)
        } else {
            0
        };
        self.last_ms = now;
        now.saturating_mul(1_000).saturating_add(self.within_ms)
    }
}

fn uuid(rng: &mut StdRng) -> uuid::Uuid {
    let mut bytes = [0_u8; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
