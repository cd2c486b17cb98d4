//! Tools, as far as agents are given them.

use http_kit::Error;

use crate::{Letta, Tool, route};

impl Letta {
    /// The tools of exactly these names, checked here again: names are unique on a server. Those that it does not have are left
    /// out; without a name nothing is asked.
    pub async fn tools_named(&self, names: &[&str]) -> Result<Vec<Tool>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let query: Vec<(&str, &str)> = names.iter().map(|name| ("names", *name)).collect();
        let url = self.url(route::TOOLS);
        let mut tools: Vec<Tool> = self.walk(route::TOOLS, url, &query).await?;
        tools.retain(|tool| names.contains(&tool.name.as_str()));
        Ok(tools)
    }
}
