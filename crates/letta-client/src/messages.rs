//! One message to an agent.

use http_kit::{Call, Effect, Error};
use serde::Deserialize;
use serde_json::json;

use crate::client::refusal;
use crate::{AgentId, Letta, RunId, codes, route};

/// Most characters of a message.
pub const MESSAGE_MAX: usize = 20_000;

#[derive(Deserialize)]
struct Run {
    id: RunId,
}

impl Letta {
    /// Gives an agent a message from the user and does not wait for what it does with it (that runs the model, which may
    /// take minutes and costs money): the run can be looked at in Letta. Never repeated, whatever happens: of an unknown
    /// outcome the agent may have heard. Rejected, and not sent, where it is empty or longer than [`MESSAGE_MAX`].
    pub async fn send_message(&self, agent: AgentId, text: &str) -> Result<RunId, Error> {
        let size = text.chars().count();
        if text.trim().is_empty() || size > MESSAGE_MAX {
            let why = format!("a message of {size} characters; 1 to {MESSAGE_MAX} can be sent");
            return Err(refusal(codes::LETTA_TOO_LONG, route::MESSAGES, why));
        }
        let url = self.url(&format!("/v1/agents/{agent}/messages/async"));
        let body = json!({"messages": [{"role": "user", "content": text}]});
        let call = Call::post_json(route::MESSAGES, url, &body, Effect::Write)?;
        let run: Run = self.fetch(call).await?;
        Ok(run.id)
    }
}
