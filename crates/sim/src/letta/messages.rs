//! Messages to agents: counted, kept, and answered with the same words every time.

use super::page::Page;
use super::{LettaModel, Refusal};

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `message-<uuid v4>`.
    pub id: String,
    /// Id of the agent.
    pub agent: String,
    /// Whether the agent said it; otherwise it was said to the agent.
    pub by_agent: bool,
    /// The words.
    pub content: String,
    /// `step-<uuid v4>`.
    pub step: String,
    /// `run-<uuid v4>`.
    pub run: String,
    /// Unix microseconds.
    pub date: i64,
}

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// `run-<uuid v4>`.
    pub run: String,
    /// What the agent said.
    pub answer: Message,
}

impl LettaModel {
    /// Sends an agent a message. Not idempotent: each one is kept and answered.
    pub fn send_message(&mut self, agent: &str, content: &str) -> Result<Turn, Refusal> {
        let holder = self.agent(agent, &[])?.agent;
        if self.unreachable.contains(&holder.model) {
            return Err(Refusal::Provider(
                "INTERNAL_SERVER_ERROR: Failed to connect to OpenAI: Connection error.".into(),
            ));
        }
        let (step, run) = (self.new_id("step"), self.new_id("run"));
        let said = |by_agent, content: &str, id, date| Message {
            id,
            agent: agent.into(),
            by_agent,
            content: content.into(),
            step: step.clone(),
            run: run.clone(),
            date,
        };
        let asked = said(false, content, self.new_id("message"), self.stamp());
        let words = self.answer.clone();
        let answer = said(true, &words, self.new_id("message"), self.stamp());
        self.messages.extend([asked, answer.clone()]);
        Ok(Turn { run, answer })
    }

    /// The newest messages of an agent, in the order in which they were said.
    pub fn list_messages(&self, agent: &str, page: &Page) -> Result<Vec<Message>, Refusal> {
        self.agent_at(agent)?;
        let limit = page.limit.unwrap_or(100);
        let Ok(limit) = usize::try_from(limit) else {
            return Err(Refusal::Broken("A database error occurred.".into()));
        };
        let of_agent = |message: &&Message| message.agent == agent;
        let mut all: Vec<Message> = self.messages.iter().filter(of_agent).cloned().collect();
        if limit > 0 {
            let newest = all.len().saturating_sub(limit);
            all.drain(..newest);
        }
        Ok(all)
    }
}
