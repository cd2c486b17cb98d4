//! The control agent of a Letta server: which one it is, what is read of it, and how agents are made to follow it. It is never
//! written, and never a project's.

use std::{collections::BTreeSet, sync::Arc};

use http_kit::Kind;
use letta_client::{
    Agent, AgentId, AgentSummary, AgentUpdate, Letta, SERVICE, Tool, ToolId, agent_name,
};
use sync_core::digest::Own;

use super::{
    codes,
    letta::{PROJECT, Profile, made},
    likeness::{Pattern, Reshape, Traits, no_template},
};
use crate::port::Answer;

/// What stands for the project's name in [`Profile::name`].
const PLACE: &str = "{project}";

/// Whether an agent of a list is the one that the configuration means, and none of ours: whoever puts a project's tags on a control
/// agent does not make it the project's.
pub(super) fn is_template(agent: &AgentSummary, template: Option<&str>) -> bool {
    let is_meant = |template: &str| {
        agent.id.to_string() == template
            || agent.name == template
            || agent.tags.iter().any(|tag| tag == template)
    };
    made(&agent.metadata).is_none() && template.is_some_and(is_meant)
}

/// The agent that the configuration means: by its id, else the only one of this name, else the only one with this tag.
pub(crate) async fn find(letta: &Letta, template: &str) -> Answer<Agent> {
    let id = match template.parse::<AgentId>() {
        Ok(id) => id,
        Err(_) => by_words(letta, template).await?,
    };
    let Some(agent) = letta.agent(id).await? else {
        let why = format!("there is no agent {id}");
        return Err(no_template(SERVICE, why));
    };
    if agent.is_twin() {
        let why = format!("agent {id} is the background twin of another");
        return Err(no_template(SERVICE, why));
    }
    if agent.tags.iter().any(|tag| tag.starts_with(PROJECT)) {
        let why = format!("agent {id} is a project's own: it bears the tags of one");
        return Err(no_template(SERVICE, why));
    }
    Ok(agent)
}

async fn by_words(letta: &Letta, template: &str) -> Answer<AgentId> {
    let mut found = letta.agents_named(template).await?;
    let mut how = "is called";
    if found.is_empty() {
        found = letta.agents_with_tags(&[template]).await?;
        how = "is called so or has the tag";
    }
    match &found[..] {
        [one] => Ok(one.id),
        [] => Err(no_template(SERVICE, format!("no agent {how} `{template}`"))),
        several => {
            let why = format!("{} agents match `{template}`", several.len());
            Err(no_template(SERVICE, why))
        }
    }
}

/// What new agents are made like: what the configuration says, and for the rest what the template is.
pub(super) fn pattern(profile: &Profile, template: Option<&Agent>) -> Pattern {
    let configured = profile.tools.iter().map(|name| Arc::from(name.as_str()));
    let read = |said: Option<&String>, of_template: fn(&Agent) -> Option<&String>| {
        said.or_else(|| template.and_then(of_template))
            .map(|text| Arc::from(text.as_str()))
    };
    let persona = template.and_then(|agent| agent.block(Own::Persona.as_str()));
    Pattern {
        persona: persona
            .map(|block| block.value.trim())
            .filter(|text| !text.is_empty())
            .map(Arc::from),
        model: read(profile.model.as_ref(), |agent| agent.model.as_ref()),
        embedding: read(profile.embedding.as_ref(), |agent| agent.embedding.as_ref()),
        tools: configured
            .chain(template.into_iter().flat_map(tool_names))
            .collect(),
        tools_are_all: template.is_some(),
    }
}

/// What an agent is.
pub(super) fn traits_of(agent: &Agent) -> Traits {
    Traits {
        name: Some(agent.name.as_str().into()),
        model: agent.model.as_deref().map(Arc::from),
        embedding: agent.embedding.as_deref().map(Arc::from),
        tools: tool_names(agent).collect(),
    }
}

fn tool_names(agent: &Agent) -> impl Iterator<Item = Arc<str>> + '_ {
    let tools = agent.tools.iter().filter(|tool| !tool.name.is_empty());
    tools.map(|tool| Arc::from(tool.name.as_str()))
}

/// What a project's agent is called.
pub(super) fn name(profile: &Profile, label: &str, project: &str) -> String {
    let wanted = profile.name.replace(PLACE, project);
    agent_name(&wanted)
        .or_else(|| agent_name(label))
        .unwrap_or_else(|| "Huly project".to_owned())
}

/// Changes an agent with one write. Tools are written as a whole, so they are read right before.
pub(super) async fn reshape(letta: &Letta, id: AgentId, reshape: &Reshape) -> Answer<()> {
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    let tool_ids = if reshape.attach.is_empty() && reshape.detach.is_empty() {
        None
    } else {
        let Some(now) = letta.agent(id).await? else {
            return Err(http_kit::Error::new(
                Kind::Conflict,
                codes::AGENT_GONE,
                SERVICE,
                "template",
            ));
        };
        Some(tools_after(letta, &now, &reshape.attach, &reshape.detach).await?)
    };
    let update = AgentUpdate {
        name: text(&reshape.name),
        model: text(&reshape.model),
        embedding: text(&reshape.embedding),
        tool_ids,
        ..AgentUpdate::default()
    };
    letta.update_agent(id, &update).await.map(|_| ())
}

/// Ids of the tools that an agent is to have. One that the server does not have is told, and nothing is changed.
async fn tools_after(
    letta: &Letta,
    now: &Agent,
    attach: &BTreeSet<Arc<str>>,
    detach: &BTreeSet<Arc<str>>,
) -> Answer<Vec<ToolId>> {
    let names: Vec<&str> = attach.iter().map(AsRef::as_ref).collect();
    let found = letta.tools_named(&names).await?;
    let is_found = |name: &&&str| !found.iter().any(|tool| tool.name == **name);
    let missing: Vec<&str> = names.iter().filter(is_found).copied().collect();
    if !missing.is_empty() {
        let why = format!("the server has no tool {}", missing.join(", "));
        return Err(no_template(SERVICE, why));
    }
    let stays = |tool: &&Tool| !detach.contains(tool.name.as_str());
    let mut ids: Vec<ToolId> = now.tools.iter().filter(stays).map(|tool| tool.id).collect();
    ids.extend(found.iter().map(|tool| tool.id));
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
