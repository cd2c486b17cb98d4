//! The rules of folders.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::agents::put;
use super::page::{Defaults, Order, Page, paged};
use super::{LettaModel, Refusal};

/// A folder of files.
#[derive(Clone, Debug, PartialEq)]
pub struct Folder {
    /// `source-<uuid v4>`: folders were called sources once.
    pub id: String,
    /// Unique on the server.
    pub name: String,
    /// Words for people.
    pub description: Option<String>,
    /// What an agent is told about it.
    pub instructions: Option<String>,
    /// Any JSON object.
    pub metadata: Option<Value>,
    /// Handle of the embedding model.
    pub embedding: String,
    /// Unix microseconds.
    pub created_at: i64,
    /// Unix microseconds.
    pub updated_at: i64,
}

/// A folder to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewFolder {
    /// Needed; any characters.
    pub name: String,
    /// Handle; needed.
    pub embedding: Option<String>,
    /// Words for people.
    pub description: Option<String>,
    /// What an agent is told about it.
    pub instructions: Option<String>,
    /// Any JSON object.
    pub metadata: Option<Value>,
}

/// A change of a folder; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FolderUpdate {
    /// A new name.
    pub name: Option<String>,
    /// Words for people.
    pub description: Option<String>,
    /// What an agent is told about it.
    pub instructions: Option<String>,
    /// The whole object.
    pub metadata: Option<Value>,
}

/// Folders' lists: the oldest 50.
const LIST: Defaults = Defaults {
    limit: 50,
    order: Order::Asc,
};

impl LettaModel {
    /// Folders, oldest first where the page does not say otherwise; `name` filters exactly, an empty one not at all.
    pub fn list_folders(&self, name: Option<&str>, page: &Page) -> Result<Vec<Folder>, Refusal> {
        let named =
            |folder: &&Folder| name.is_none_or(|name| name.is_empty() || folder.name == name);
        let wanted = self.folders.iter().filter(named).cloned().collect();
        self.folders_page(wanted, page)
    }

    /// The folders that are attached to an agent.
    pub fn agent_folders(&self, agent: &str, page: &Page) -> Result<Vec<Folder>, Refusal> {
        let attached = &self.agent_at(agent)?.folders;
        let has = |folder: &&Folder| attached.contains(&folder.id);
        self.folders_page(self.folders.iter().filter(has).cloned().collect(), page)
    }

    fn folders_page(&self, wanted: Vec<Folder>, page: &Page) -> Result<Vec<Folder>, Refusal> {
        let place = |folder: &Folder| (folder.created_at, folder.id.clone());
        let cursor = |id: &str| {
            self.folders
                .iter()
                .find(|folder| folder.id == id)
                .map(place)
        };
        paged(wanted, place, cursor, page, LIST)
    }

    /// A folder by id.
    pub fn folder(&self, id: &str) -> Result<&Folder, Refusal> {
        let known = self.folders.iter().find(|folder| folder.id == id);
        known.ok_or_else(|| Refusal::no_row("Source", id))
    }

    /// Makes a folder. A name that is taken is [`Refusal::Taken`].
    pub fn create_folder(&mut self, new: NewFolder) -> Result<Folder, Refusal> {
        let embedding = new.embedding.ok_or_else(|| {
            Refusal::Invalid(
                "INVALID_ARGUMENT: Must specify either embedding or embedding_config in request"
                    .into(),
            )
        })?;
        self.check_embedding(&embedding)?;
        self.check_folder_name(&new.name, None)?;
        let now = self.stamp();
        let folder = Folder {
            id: self.new_id("source"),
            name: new.name,
            description: new.description,
            instructions: new.instructions,
            metadata: new.metadata,
            embedding,
            created_at: now,
            updated_at: now,
        };
        self.folders.push(folder.clone());
        Ok(folder)
    }

    fn check_folder_name(&self, name: &str, but: Option<&str>) -> Result<(), Refusal> {
        let takes = |folder: &Folder| folder.name == name && Some(folder.id.as_str()) != but;
        if self.folders.iter().any(takes) {
            return Err(Refusal::duplicate(
                "Source",
                "uq_source_name_organization",
                &format!("(name, organization_id)=({name}, {})", super::ORGANIZATION),
            ));
        }
        Ok(())
    }

    /// Changes a folder.
    pub fn update_folder(&mut self, id: &str, update: FolderUpdate) -> Result<Folder, Refusal> {
        self.folder(id)?;
        if let Some(name) = &update.name {
            self.check_folder_name(name, Some(id))?;
        }
        let now = self.stamp();
        let known = self.folders.iter_mut().find(|folder| folder.id == id);
        let folder = known.ok_or_else(|| Refusal::no_row("Source", id))?;
        put(&mut folder.name, update.name);
        folder.description = update.description.or(folder.description.take());
        folder.instructions = update.instructions.or(folder.instructions.take());
        folder.metadata = update.metadata.or(folder.metadata.take());
        folder.updated_at = now;
        Ok(folder.clone())
    }

    /// Removes a folder with its files and detaches it everywhere.
    pub fn delete_folder(&mut self, id: &str) -> Result<(), Refusal> {
        self.folder(id)?;
        self.folders.retain(|folder| folder.id != id);
        self.files.retain(|file| file.folder != id);
        for agent in &mut self.agents {
            agent.folders.retain(|folder| folder != id);
        }
        Ok(())
    }

    /// Ids of the agents that a folder is attached to.
    pub fn agents_of_folder(&self, id: &str) -> Result<Vec<String>, Refusal> {
        self.folder(id)?;
        let has = |agent: &&super::Agent| agent.folders.iter().any(|known| known == id);
        let holders = self.agents.iter().filter(has);
        Ok(holders.map(|agent| agent.id.clone()).collect())
    }

    /// Attaches a folder; again changes nothing.
    pub fn attach_folder(&mut self, agent: &str, folder: &str) -> Result<(), Refusal> {
        self.agent_at(agent)?;
        self.folder(folder)?;
        let agent = self.agent_at_mut(agent)?;
        if !agent.folders.iter().any(|known| known == folder) {
            agent.folders.push(folder.into());
        }
        Ok(())
    }

    /// Detaches a folder; again changes nothing.
    pub fn detach_folder(&mut self, agent: &str, folder: &str) -> Result<(), Refusal> {
        self.agent_at_mut(agent)?
            .folders
            .retain(|known| known != folder);
        Ok(())
    }
}
