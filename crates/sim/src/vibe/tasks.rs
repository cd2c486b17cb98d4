//! The rules of tasks, and the snippets beside them.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Generation, Refusal, Status, Task, Vibe};
use crate::clock::rfc3339;

/// A task to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// The project's id.
    pub project_id: Uuid,
    /// Title.
    pub title: String,
    /// Markdown; none for none, or to keep it.
    pub description: Option<String>,
    /// L1 ignores it.
    pub status: Option<Status>,
    /// An attempt or workspace of the parent task; there is none, so any is refused.
    pub parent: Option<Uuid>,
    /// Images; unknown ones fail after the task is stored.
    pub image_ids: Option<Vec<Uuid>>,
}

/// A change of a task; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TaskUpdate {
    /// Title.
    pub title: Option<String>,
    /// Status; none for the default, or to keep it.
    pub status: Option<Status>,
    /// Markdown; none for none, or to keep it.
    pub description: Option<String>,
    /// The parent, in L1.
    pub parent_task_attempt: Option<Uuid>,
    /// The parent, in L2.
    pub parent_workspace_id: Option<Uuid>,
    /// Images; unknown ones fail after the task is stored.
    pub image_ids: Option<Vec<Uuid>>,
}

impl Vibe {
    /// A project's tasks, newest first; an unknown project has none.
    pub fn list_tasks(&self, project: Uuid) -> Vec<Value> {
        self.tasks
            .iter()
            .rev()
            .filter(|task| task.project_id == project)
            .map(|task| self.list_row(task))
            .collect()
    }

    /// A task by id.
    pub fn task(&self, id: Uuid) -> Result<&Task, Refusal> {
        self.tasks
            .iter()
            .find(|task| task.id == id)
            .ok_or(Refusal::NotFound)
    }

    /// Makes a task. A failed create may have stored it: images are joined in a second step.
    pub fn create_task(&mut self, new: NewTask) -> Result<Task, Refusal> {
        if self.project(new.project_id).is_err() || new.parent.is_some() {
            return Err(Refusal::ForeignKey);
        }
        let (id, now) = (self.new_uuid(), self.clock.now());
        let status = match self.generation {
            Generation::L1 => Status::Todo,
            Generation::L2 => new.status.unwrap_or(Status::Todo),
        };
        let task = Task {
            id,
            project_id: new.project_id,
            title: self.manners.title(new.title),
            description: new.description,
            status,
            parent: None,
            created_at: now,
            updated_at: now,
            has_in_progress_attempt: false,
            last_attempt_failed: false,
            executor: String::new(),
        };
        self.tasks.push(task.clone());
        self.hint();
        match new.image_ids {
            Some(images) if !images.is_empty() => Err(Refusal::ForeignKey),
            _ => Ok(task),
        }
    }

    /// The row that a PUT will write: what was read, with the fields that were sent. Blank text clears a description.
    pub fn merge_task(&self, read: &Task, update: TaskUpdate) -> Result<Task, Refusal> {
        let parent = match self.generation {
            Generation::L1 => update.parent_task_attempt,
            Generation::L2 => update.parent_workspace_id,
        };
        if parent.is_some() {
            return Err(Refusal::ForeignKey);
        }
        let mut row = read.clone();
        if let Some(title) = update.title {
            row.title = self.manners.title(title);
        }
        if let Some(text) = update.description {
            row.description = Some(text).filter(|text| !text.trim().is_empty());
        }
        if let Some(status) = update.status
            && !self.manners.drops_status
        {
            row.status = status;
        }
        Ok(row)
    }

    /// Writes all columns that a PUT writes, whatever was written since they were read; answers the row as of now.
    pub fn write_task(&mut self, row: &Task) -> Result<Task, Refusal> {
        let stored = self
            .tasks
            .iter_mut()
            .find(|task| task.id == row.id)
            .ok_or(Refusal::NotFound)?;
        stored.title.clone_from(&row.title);
        stored.description.clone_from(&row.description);
        stored.status = row.status;
        let stored = stored.clone();
        self.hint();
        Ok(stored)
    }

    /// A PUT in one step.
    pub fn update_task(&mut self, id: Uuid, update: TaskUpdate) -> Result<Task, Refusal> {
        let read = self.task(id)?.clone();
        let row = self.merge_task(&read, update)?;
        self.write_task(&row)
    }

    /// Removes a task.
    pub fn delete_task(&mut self, id: Uuid) -> Result<(), Refusal> {
        self.task(id)?;
        self.tasks.retain(|task| task.id != id);
        self.hint();
        Ok(())
    }

    /// Prompt snippets; nothing to do with tasks.
    pub fn list_tags(&self) -> &[Value] {
        &self.tags
    }

    /// Puts a snippet in as it is.
    pub fn load_tag(&mut self, tag: Value) {
        self.tags.push(tag);
    }

    /// Makes a snippet; answers its row.
    pub fn create_tag(&mut self, tag_name: &str, content: &str) -> Value {
        let (id, now) = (self.new_uuid(), rfc3339(self.clock.now()));
        let row = json!({ "id": id, "tag_name": tag_name, "content": content, "created_at": now, "updated_at": now });
        self.tags.push(row.clone());
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::vibe::{NewProject, Scripts};

    fn board(generation: Generation) -> (Vibe, Uuid) {
        let mut vibe = Vibe::new(generation, Clock::ticking(1_795_245_000_007, 13), 1);
        vibe.paths.all_repos_below("/srv/repos");
        let new = match generation {
            Generation::L1 => NewProject::L1 {
                name: "A".into(),
                git_repo_path: "/srv/repos/a".into(),
                use_existing_repo: true,
                scripts: Scripts::default(),
            },
            Generation::L2 => NewProject::L2 {
                name: "A".into(),
                repositories: vec![],
            },
        };
        vibe.create_project(new).unwrap();
        let id = vibe.projects()[0].id;
        (vibe, id)
    }

    fn new_task(project_id: Uuid) -> NewTask {
        NewTask {
            project_id,
            title: "T".into(),
            description: Some(String::new()),
            status: Some(Status::Done),
            parent: None,
            image_ids: None,
        }
    }

    #[test]
    fn the_older_shape_ignores_the_status_of_a_new_task() {
        for (generation, wanted) in [
            (Generation::L1, Status::Todo),
            (Generation::L2, Status::Done),
        ] {
            let (mut vibe, project) = board(generation);
            let task = vibe.create_task(new_task(project)).unwrap();
            assert_eq!(
                (task.status, task.description.as_deref()),
                (wanted, Some(""))
            );
        }
    }

    #[test]
    fn a_put_freezes_the_stamp_and_blank_text_clears_the_description() {
        let (mut vibe, project) = board(Generation::L2);
        let task = vibe.create_task(new_task(project)).unwrap();
        let update = TaskUpdate {
            description: Some(" \n".into()),
            title: Some("New".into()),
            ..TaskUpdate::default()
        };
        let after = vibe.update_task(task.id, update).unwrap();
        assert_eq!(
            (
                after.updated_at,
                after.description.as_deref(),
                after.title.as_str()
            ),
            (task.updated_at, None, "New")
        );
    }

    #[test]
    fn two_puts_that_read_before_either_writes_lose_one_change() {
        let (mut vibe, project) = board(Generation::L1);
        let task = vibe.create_task(new_task(project)).unwrap();
        let title = vibe
            .merge_task(
                &task,
                TaskUpdate {
                    title: Some("Mine".into()),
                    ..TaskUpdate::default()
                },
            )
            .unwrap();
        let status = vibe
            .merge_task(
                &task,
                TaskUpdate {
                    status: Some(Status::InReview),
                    ..TaskUpdate::default()
                },
            )
            .unwrap();
        assert_eq!(vibe.write_task(&title).unwrap().title, "Mine");
        vibe.write_task(&status).unwrap();
        assert_eq!(vibe.task(task.id).unwrap().title, "T");
    }

    #[test]
    fn an_agent_moves_the_stamp_in_whole_seconds() {
        let (mut vibe, project) = board(Generation::L2);
        let task = vibe.create_task(new_task(project)).unwrap();
        vibe.agent_starts(task.id, "CODEX").unwrap();
        vibe.agent_ends(task.id, true).unwrap();
        let after = vibe.task(task.id).unwrap();
        assert_eq!(
            (
                after.status,
                after.updated_at % 1000,
                after.updated_at < after.created_at
            ),
            (Status::InReview, 0, true)
        );
    }

    #[test]
    fn an_unknown_image_fails_the_create_and_stores_the_task() {
        let (mut vibe, project) = board(Generation::L1);
        let new = NewTask {
            image_ids: Some(vec![project]),
            ..new_task(project)
        };
        assert_eq!(vibe.create_task(new), Err(Refusal::ForeignKey));
        assert_eq!(vibe.snapshot().len(), 1);
    }
}
