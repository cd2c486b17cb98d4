//! The rules of projects and repositories. Bodies are typed as the server types them, so that its framework's words
//! about a bad body are its own.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Generation, PathKind, Project, Refusal, Repo, Scripts, Vibe};

/// A project to make, in either shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewProject {
    /// One path.
    L1 {
        /// Name.
        name: String,
        /// Path on the server's machine.
        git_repo_path: String,
        /// Whether it must be a repository already.
        use_existing_repo: bool,
        /// Scripts.
        scripts: Scripts,
    },
    /// Any number of (display name, path).
    L2 {
        /// Name.
        name: String,
        /// Repositories; may be none.
        repositories: Vec<(String, String)>,
    },
}

/// A change of a project; what is none stays, but for the scripts of L1, which are cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ProjectUpdate {
    /// Name.
    pub name: Option<String>,
    /// L1: the new path; it need not be there.
    pub git_repo_path: Option<String>,
    /// L1: the scripts; those that are none are cleared.
    #[serde(flatten)]
    pub scripts: Scripts,
}

const PATH_TAKEN: &str = "A project with this git repository path already exists";

impl Vibe {
    /// All projects, newest first.
    pub fn list_projects(&self) -> Vec<Value> {
        self.projects
            .iter()
            .rev()
            .map(|project| self.project_row(project))
            .collect()
    }

    /// A project by id.
    pub fn project(&self, id: Uuid) -> Result<&Project, Refusal> {
        self.projects
            .iter()
            .find(|project| project.id == id)
            .ok_or(Refusal::NotFound)
    }

    /// Makes a project; answers its row. An id from outside is never taken.
    pub fn create_project(&mut self, new: NewProject) -> Result<Value, Refusal> {
        let (name, git_repo_path, scripts, repos) = match new {
            NewProject::L1 {
                name,
                git_repo_path,
                use_existing_repo,
                scripts,
            } => (
                name,
                self.take_path(&git_repo_path, use_existing_repo)?,
                scripts,
                Vec::new(),
            ),
            NewProject::L2 { name, repositories } => (
                name,
                String::new(),
                Scripts::default(),
                self.take_repos(&repositories)?,
            ),
        };
        let (id, now) = (self.new_uuid(), self.clock.now());
        let project = Project {
            id,
            name,
            git_repo_path,
            scripts,
            repos,
            created_at: now,
            updated_at: now,
        };
        let row = self.project_row(&project);
        self.projects.push(project);
        self.hint();
        Ok(row)
    }

    /// L1: one path is one project, by comparison of the text.
    fn take_path(&mut self, path: &str, use_existing: bool) -> Result<String, Refusal> {
        let path = self.paths.absolute(path);
        if self
            .projects
            .iter()
            .any(|project| project.git_repo_path == path)
        {
            return Err(Refusal::Told(PATH_TAKEN.into()));
        }
        if use_existing {
            if let Some(words) = self.paths.refuse_as_repo(&path) {
                return Err(Refusal::Told(words.into()));
            }
        } else {
            self.paths.add(&path, PathKind::Repo);
        }
        Ok(path)
    }

    /// L2: each path must be a repository; several projects may share one.
    fn take_repos(&mut self, repositories: &[(String, String)]) -> Result<Vec<Uuid>, Refusal> {
        let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
        for (name, path) in repositories {
            let path = self.paths.absolute(path);
            if let Some(words) = self.paths.refuse_as_repo(&path) {
                return Err(Refusal::Told(words.into()));
            }
            if !paths.insert(path) {
                return Err(Refusal::Told("Duplicate repository path provided".into()));
            }
            if !names.insert(name) {
                return Err(Refusal::Told("Duplicate repository name provided".into()));
            }
        }
        Ok(repositories
            .iter()
            .map(|(name, path)| self.find_or_make_repo(path, Some(name)).id)
            .collect())
    }

    /// Registers a repository; one that is known keeps its name.
    pub fn register_repo(
        &mut self,
        path: &str,
        display_name: Option<&str>,
    ) -> Result<Repo, Refusal> {
        let path = self.paths.absolute(path);
        match self.paths.refuse_as_repo(&path) {
            Some(words) => Err(Refusal::Bad(words.into())),
            None => Ok(self.find_or_make_repo(&path, display_name)),
        }
    }

    /// Makes a directory and a repository in it.
    pub fn init_repo(&mut self, parent: &str, folder: &str) -> Result<Repo, Refusal> {
        let path = format!("{}/{folder}", self.paths.absolute(parent));
        if self.paths.kind(&path).is_some() {
            return Err(Refusal::Bad(format!("Directory already exists: {path}")));
        }
        self.paths.add(&path, PathKind::Repo);
        Ok(self.find_or_make_repo(&path, None))
    }

    fn find_or_make_repo(&mut self, path: &str, display_name: Option<&str>) -> Repo {
        let path = self.paths.absolute(path);
        if let Some(known) = self.repos.iter().find(|repo| repo.path == path) {
            return known.clone();
        }
        let name = display_name
            .or(path.rsplit('/').next())
            .unwrap_or("")
            .to_owned();
        let repo = Repo {
            id: self.new_uuid(),
            path,
            display_name: name,
            created_at: self.clock.now(),
        };
        self.repos.push(repo.clone());
        repo
    }

    /// Adds a repository to a project (L2).
    pub fn add_repo(
        &mut self,
        project: Uuid,
        display_name: &str,
        path: &str,
    ) -> Result<Repo, Refusal> {
        self.project(project)?;
        let path = self.paths.absolute(path);
        if let Some(words) = self.paths.refuse_as_repo(&path) {
            return Err(Refusal::Told(words.into()));
        }
        let repo = self.find_or_make_repo(&path, Some(display_name));
        let project = self
            .projects
            .iter_mut()
            .find(|known| known.id == project)
            .ok_or(Refusal::NotFound)?;
        if project.repos.contains(&repo.id) {
            return Err(Refusal::Told(
                "A repository with this path already exists in the project".into(),
            ));
        }
        project.repos.push(repo.id);
        Ok(repo)
    }

    /// Takes a repository out of a project (L2).
    pub fn remove_repo(&mut self, project: Uuid, repo: Uuid) -> Result<(), Refusal> {
        let project = self
            .projects
            .iter_mut()
            .find(|known| known.id == project)
            .ok_or(Refusal::NotFound)?;
        let before = project.repos.len();
        project.repos.retain(|known| *known != repo);
        if project.repos.len() == before {
            Err(Refusal::NotFound)
        } else {
            Ok(())
        }
    }

    /// Changes a project; `updated_at` does not move. A new path is not looked for on the disk.
    pub fn update_project(&mut self, id: Uuid, update: ProjectUpdate) -> Result<Value, Refusal> {
        let taken =
            |project: &Project, path: &String| project.id != id && project.git_repo_path == *path;
        if self.generation == Generation::L1
            && let Some(path) = &update.git_repo_path
            && self.projects.iter().any(|project| taken(project, path))
        {
            return Err(Refusal::Told(PATH_TAKEN.into()));
        }
        let generation = self.generation;
        let project = self
            .projects
            .iter_mut()
            .find(|known| known.id == id)
            .ok_or(Refusal::NotFound)?;
        if let Some(name) = update.name {
            project.name = name;
        }
        if generation == Generation::L1 {
            project.scripts = update.scripts;
            if let Some(path) = update.git_repo_path {
                project.git_repo_path = path;
            }
        }
        let project = project.clone();
        Ok(self.project_row(&project))
    }

    /// Renames a project and leaves its scripts alone, as the web page does.
    pub fn rename_project(&mut self, id: Uuid, name: &str) -> Result<(), Refusal> {
        let project = self
            .projects
            .iter_mut()
            .find(|known| known.id == id)
            .ok_or(Refusal::NotFound)?;
        name.clone_into(&mut project.name);
        Ok(())
    }

    /// Removes a project with its tasks.
    pub fn delete_project(&mut self, id: Uuid) -> Result<(), Refusal> {
        self.project(id)?;
        self.projects.retain(|project| project.id != id);
        self.tasks.retain(|task| task.project_id != id);
        self.hint();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn one_path_is_one_project_in_the_older_shape() {
        let mut vibe = Vibe::new(Generation::L1, Clock::by_hand(1_795_245_000_007), 1);
        let first = NewProject::L1 {
            name: "A".into(),
            git_repo_path: "/srv/repos/a".into(),
            use_existing_repo: false,
            scripts: Scripts::default(),
        };
        assert!(vibe.create_project(first).is_ok());
        let again = NewProject::L1 {
            name: "B".into(),
            git_repo_path: "/srv/repos/a".into(),
            use_existing_repo: false,
            scripts: Scripts::default(),
        };
        assert_eq!(
            vibe.create_project(again),
            Err(Refusal::Told(PATH_TAKEN.into()))
        );
    }
}
