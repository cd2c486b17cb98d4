//! A Letta server as a [`Sink`]: agents are found by tags, and every tag is checked on our side.

use std::sync::Arc;

use async_trait::async_trait;
use http_kit::{Kind, Permit};
use letta_client::{
    Access, Agent, AgentId, AgentSummary, AgentUpdate, Block, BlockId, BlockUpdate, Content,
    Creation, Letta, NewAgent, NewBlock, SERVICE,
};
use serde_json::{Map, Value, json};
use sync_core::ids::{ProjectId, StoreId};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{
    codes,
    likeness::{Pattern, Reshape, Traits},
    orphans::{Cleared, LeftBehind},
    sink::{AgentDraft, BlockDraft, Found, Shown, ShownBlock, Sink, hash},
    template,
};
use crate::port::{Answer, Traffic};

/// Every agent of hvs has it.
const PRODUCT: &str = "hvs";
/// Before the workspace's uuid.
const WORKSPACE: &str = "hvs-workspace:";
/// Before the Huly project's id: stable, as its name and identifier are not.
pub(super) const PROJECT: &str = "hvs-project:";
/// The predecessor's agents have it, and `project:<identifier>`.
const PREDECESSOR: &str = "huly-vibe-sync";
/// Keys of an agent's metadata.
const STORE: &str = "hvs_store";
const ATTEMPT: &str = "hvs_attempt";

/// What new agents are made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The agent that new ones are made like: its id, or a name or tag that it alone has.
    pub template: Option<String>,
    /// The name; `{project}` in it stands for the project's. What the server does not take is replaced.
    pub name: String,
    /// The model's handle.
    pub model: Option<String>,
    /// The embedding model's handle.
    pub embedding: Option<String>,
    /// Names of tools beside the server's own.
    pub tools: Vec<String>,
}

/// A Letta server. Nothing is asked of it before there is something to tell.
#[derive(Debug)]
pub struct LettaSink {
    letta: Letta,
    http: http_kit::Http,
    access: Access,
    /// Set once the server was asked what it is: before the first list, on which creates depend.
    probed: OnceCell<Letta>,
    workspace: Uuid,
    profile: Profile,
}

impl LettaSink {
    /// The agents of one workspace on this server. Fatal where the address cannot be used; nothing is called.
    pub fn new(
        http: http_kit::Http,
        access: Access,
        workspace: Uuid,
        profile: Profile,
    ) -> Answer<LettaSink> {
        let letta = Letta::resume(http.clone(), access.clone(), None)?;
        Ok(LettaSink {
            letta,
            http,
            access,
            probed: OnceCell::new(),
            workspace,
            profile,
        })
    }

    /// The server, after it said what it is: a wrong address must not look like a server without agents.
    async fn probed(&self) -> Answer<&Letta> {
        self.probed
            .get_or_try_init(|| Letta::connect(self.http.clone(), self.access.clone()))
            .await
    }

    fn workspace_tag(&self) -> String {
        format!("{WORKSPACE}{}", self.workspace)
    }

    fn new_agent(&self, draft: &AgentDraft) -> NewAgent {
        let pattern = &draft.pattern;
        let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        let (store, attempt) = draft.made;
        let mut metadata = Map::new();
        metadata.insert(STORE.to_owned(), json!(store.0));
        metadata.insert(ATTEMPT.to_owned(), json!(attempt));
        NewAgent {
            name: template::name(&self.profile, &draft.label, &draft.name),
            tags: self.tags(&draft.project),
            metadata,
            description: Some(format!(
                "Knows the board of the Huly project {}. Its memory is kept by hvs.",
                draft.label
            )),
            model: text(&pattern.model),
            embedding: text(&pattern.embedding),
            system: None,
            tools: pattern.tools.iter().map(ToString::to_string).collect(),
            include_base_tools: pattern.tools_are_all.then_some(false),
            memory_blocks: draft
                .blocks
                .iter()
                .map(|block| self.new_block(block, &draft.project))
                .collect(),
        }
    }

    /// Blocks outlive their agent, so they can be found by the same tags.
    fn tags(&self, project: &ProjectId) -> Vec<String> {
        vec![
            PRODUCT.to_owned(),
            self.workspace_tag(),
            format!("{PROJECT}{project}"),
        ]
    }

    fn new_block(&self, block: &BlockDraft, project: &ProjectId) -> NewBlock {
        NewBlock {
            label: block.label.to_string(),
            value: block.value.to_string(),
            limit: block.limit as u64,
            description: Some(block.description.to_string()),
            read_only: block.read_only,
            tags: self.tags(project),
        }
    }

    /// The block is not known by an id that still stands: the agent's own of that label, or a new one.
    async fn write_by_label(&self, agent: AgentId, block: &BlockDraft) -> Answer<Arc<str>> {
        let Some(now) = self.letta.agent(agent).await? else {
            return Err(gone("write"));
        };
        if let Some(known) = now.block(&block.label) {
            let written = self.letta.update_block(known.id, &update(block)).await?;
            return Ok(written.id.to_string().into());
        }
        let project = project_of(&now.tags).unwrap_or_else(|| ProjectId::from(""));
        let made = self
            .letta
            .create_block(&self.new_block(block, &project))
            .await?;
        if let Err(error) = self.letta.attach_block(agent, made.id).await {
            // nobody has it: it would stay behind with every try
            if error.kind() != Kind::Unknown {
                self.letta.delete_block(made.id).await?;
            }
            return Err(error);
        }
        Ok(made.id.to_string().into())
    }
}

fn gone(route: &'static str) -> http_kit::Error {
    http_kit::Error::new(Kind::Conflict, codes::AGENT_GONE, SERVICE, route)
}

fn taken(why: &str) -> http_kit::Error {
    http_kit::Error::new(Kind::Rejected, codes::AGENT_TAKEN, SERVICE, "adopt").with_detail(why)
}

fn update(block: &BlockDraft) -> BlockUpdate {
    BlockUpdate {
        content: Some(Content {
            value: block.value.to_string(),
            limit: block.limit as u64,
        }),
        read_only: Some(block.read_only),
        description: Some(block.description.to_string()),
    }
}

fn project_of(tags: &[String]) -> Option<ProjectId> {
    let mut tags = tags.iter();
    tags.find_map(|tag| tag.strip_prefix(PROJECT))
        .map(ProjectId::from)
}

pub(super) fn made(metadata: &Map<String, Value>) -> Option<(StoreId, u32)> {
    let store = metadata.get(STORE)?.as_str()?.parse().ok()?;
    let attempt = metadata.get(ATTEMPT)?.as_u64()?;
    Some((StoreId(store), u32::try_from(attempt).ok()?))
}

/// `None` where the tags name no project: somebody took them off.
fn found(summary: &AgentSummary) -> Option<Found> {
    Some(Found {
        id: summary.id.to_string().into(),
        name: summary.name.as_str().into(),
        project: project_of(&summary.tags)?,
        made: made(&summary.metadata),
    })
}

fn shown(agent: &Agent) -> Shown {
    Shown {
        found: Found {
            id: agent.id.to_string().into(),
            name: agent.name.as_str().into(),
            project: project_of(&agent.tags).unwrap_or_else(|| ProjectId::from("")),
            made: made(&agent.metadata),
        },
        blocks: agent.blocks.iter().map(shown_block).collect(),
        traits: template::traits_of(agent),
    }
}

fn shown_block(block: &Block) -> ShownBlock {
    ShownBlock {
        id: block.id.to_string().into(),
        label: block.label.as_str().into(),
        hash: hash(&block.value),
        read_only: block.read_only,
    }
}

/// An id that the store kept; one of another form was kept for another sink, so nothing bears it here.
fn agent_id(id: &str) -> Option<AgentId> {
    id.parse().ok()
}

#[async_trait]
impl Sink for LettaSink {
    fn name(&self) -> &'static str {
        SERVICE
    }

    fn set_permit(&self, permit: Arc<dyn Permit>) {
        self.http.set_permit(Some(permit));
    }

    async fn agents(&self) -> Answer<Vec<Found>> {
        let letta = self.probed().await?;
        let tag = self.workspace_tag();
        let agents = letta.agents_with_tags(&[PRODUCT, &tag]).await?;
        let template = self.profile.template.as_deref();
        let are_projects = agents
            .iter()
            .filter(|agent| !template::is_template(agent, template));
        Ok(are_projects.filter_map(found).collect())
    }

    async fn agent(&self, id: &str) -> Answer<Option<Shown>> {
        let Some(id) = agent_id(id) else {
            return Ok(None);
        };
        Ok(self.letta.agent(id).await?.as_ref().map(shown))
    }

    async fn pattern(&self) -> Answer<Pattern> {
        let template = match &self.profile.template {
            Some(template) => Some(template::find(self.probed().await?, template).await?),
            None => None,
        };
        Ok(template::pattern(&self.profile, template.as_ref()))
    }

    fn traits(&self, pattern: &Pattern, label: &str, name: &str) -> Traits {
        Traits {
            name: Some(template::name(&self.profile, label, name).into()),
            model: pattern.model.clone(),
            embedding: pattern.embedding.clone(),
            tools: pattern.tools.clone(),
        }
    }

    async fn reshape(&self, agent: &Shown, reshape: &Reshape) -> Answer<()> {
        let id = agent_id(&agent.found.id).ok_or_else(|| gone("template"))?;
        template::reshape(&self.letta, id, reshape).await
    }

    async fn clear_away(&self, block: &LeftBehind, project: &ProjectId) -> Answer<Cleared> {
        let Ok(id) = block.id.parse::<BlockId>() else {
            return Ok(Cleared::Gone);
        };
        let Some(now) = self.letta.block(id).await? else {
            return Ok(Cleared::Gone);
        };
        if !self.tags(project).iter().all(|tag| now.tags.contains(tag)) {
            return Ok(Cleared::Kept("it does not bear the tags of hvs"));
        }
        if block.only.is_some_and(|only| hash(&now.value) != only) {
            return Ok(Cleared::Kept("its agent has written into it"));
        }
        if !self.letta.agents_of_block(id).await?.is_empty() {
            return Ok(Cleared::Kept("another agent has it"));
        }
        self.letta.delete_block(id).await?;
        Ok(Cleared::Gone)
    }

    async fn create(&self, draft: &AgentDraft) -> Answer<Shown> {
        let letta = self.probed().await?;
        let agent = match letta.create_agent(&self.new_agent(draft)).await? {
            Creation::Whole(agent) => agent,
            Creation::Incomplete { agent, missing } => {
                let missing = missing.join(", ");
                tracing::warn!(agent = %agent.id, %missing, "Letta made the agent without all that was sent");
                agent
            }
        };
        Ok(shown(&agent))
    }

    async fn remove(&self, id: &str) -> Answer<()> {
        if let Some(id) = agent_id(id) {
            self.letta.delete_agent(id).await?;
        }
        Ok(())
    }

    async fn write(
        &self,
        agent: &str,
        known: Option<&str>,
        block: &BlockDraft,
    ) -> Answer<Arc<str>> {
        let agent = agent_id(agent).ok_or_else(|| gone("write"))?;
        let known: Option<BlockId> = known.and_then(|id| id.parse().ok());
        if let Some(known) = known {
            match self.letta.update_block(known, &update(block)).await {
                Ok(written) => return Ok(written.id.to_string().into()),
                Err(error) if error.code() == letta_client::codes::LETTA_NOT_FOUND => {}
                Err(error) => return Err(error),
            }
        }
        self.write_by_label(agent, block).await
    }

    async fn of_predecessor(&self, label: &str) -> Answer<Vec<Found>> {
        let letta = self.probed().await?;
        let tag = format!("project:{label}");
        let agents = letta.agents_with_tags(&[PREDECESSOR, &tag]).await?;
        Ok(agents
            .iter()
            .map(|agent| Found {
                id: agent.id.to_string().into(),
                name: agent.name.as_str().into(),
                project: project_of(&agent.tags).unwrap_or_else(|| ProjectId::from("")),
                made: None,
            })
            .collect())
    }

    async fn adopt(&self, id: &str, project: &ProjectId) -> Answer<Found> {
        let letta = self.probed().await?;
        let known = match agent_id(id) {
            Some(id) => letta.agent(id).await?,
            None => None,
        };
        let Some(agent) = known else {
            return Err(taken(&format!("there is no agent {id}")));
        };
        let template = self.profile.template.as_deref();
        let is_meant = |template: &str| {
            agent.name == template || agent.tags.iter().any(|tag| tag == template) || id == template
        };
        if template.is_some_and(is_meant) {
            return Err(taken(&format!(
                "agent {id} is the template (`letta.template`)"
            )));
        }
        if agent.is_twin() {
            return Err(taken(&format!(
                "agent {id} is the background twin of another"
            )));
        }
        // tags are written as a whole: all that are there stay, but those of another project or workspace
        let mut tags = agent.tags.clone();
        tags.retain(|tag| !tag.starts_with(PROJECT) && !tag.starts_with(WORKSPACE));
        tags.extend(self.tags(project));
        tags.sort();
        tags.dedup();
        let update = AgentUpdate {
            tags: Some(tags),
            ..AgentUpdate::default()
        };
        let agent = letta.update_agent(agent.id, &update).await?;
        Ok(shown(&agent).found)
    }

    fn traffic(&self) -> Traffic {
        Traffic::of(&[self.http.stats()])
    }
}
