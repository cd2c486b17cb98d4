//! What people do on both boards.

use serde_json::{Value, json};
use sim::{
    dataset::REPO_ROOT,
    huly::{IssueView, NewIssue},
    vibe::{Generation, NewProject, NewTask, Scripts, Status, TaskUpdate, TaskView},
};
use uuid::Uuid;

use super::World;

/// Markdown as Huly stores it.
pub(crate) fn markup(markdown: &str) -> String {
    huly_client::markup::wire(&huly_client::markup::from_markdown(markdown))
}

/// The id of one of the classic statuses: `Backlog`, `Todo`, `InProgress`, `Done`, `Canceled`.
pub(crate) fn classic(name: &str) -> String {
    format!("tracker:status:{name}")
}

impl World {
    /// A Huly project of the classic kind with a repository path; answers its id.
    pub(crate) fn huly_project(&self, identifier: &str, name: &str) -> String {
        self.huly_project_of(identifier, name, None)
    }

    /// A Huly project of a type.
    pub(crate) fn huly_project_of(
        &self,
        identifier: &str,
        name: &str,
        kind: Option<&str>,
    ) -> String {
        let mut huly = self.huly.model.lock();
        let id = huly.add_project(&self.who, identifier, name, kind).unwrap();
        let folder = identifier.to_lowercase();
        let description = json!({ "description": format!("{name}\nPath: {REPO_ROOT}/{folder}") });
        huly.person_edit_project(&self.who, &id, &description)
            .unwrap();
        id
    }

    /// A Vibe project with its repository in a folder; answers its id.
    pub(crate) fn vibe_project(&self, name: &str, folder: &str) -> Uuid {
        let mut vibe = self.vibe.model.lock();
        let path = format!("{REPO_ROOT}/{folder}");
        let new = match vibe.generation() {
            Generation::L1 => NewProject::L1 {
                name: name.into(),
                git_repo_path: path,
                use_existing_repo: true,
                scripts: Scripts::default(),
            },
            Generation::L2 => NewProject::L2 {
                name: name.into(),
                repositories: vec![(folder.into(), path)],
            },
        };
        vibe.create_project(new).unwrap();
        vibe.projects().last().unwrap().id
    }

    /// The Vibe project of a name.
    pub(crate) fn vibe_project_named(&self, name: &str) -> Uuid {
        let projects = self.vibe.model.lock().projects();
        let found: Vec<_> = projects
            .iter()
            .filter(|project| project.name == name)
            .collect();
        assert_eq!(found.len(), 1, "vibe projects called {name}: {projects:?}");
        found[0].id
    }

    /// A person makes an issue; an empty description is none. Answers its id.
    pub(crate) fn issue(
        &self,
        project: &str,
        title: &str,
        description: &str,
        status: &str,
    ) -> String {
        let new = NewIssue {
            title: title.into(),
            description: (!description.is_empty()).then(|| markup(description)),
            status: (!status.is_empty()).then(|| classic(status)),
            ..NewIssue::default()
        };
        self.huly
            .model
            .lock()
            .person_create(&self.who, project, &new)
            .unwrap()
    }

    /// A person makes a task in Vibe; answers its id.
    pub(crate) fn task(
        &self,
        project: Uuid,
        title: &str,
        description: Option<&str>,
        status: Status,
    ) -> Uuid {
        let mut vibe = self.vibe.model.lock();
        let new = NewTask {
            project_id: project,
            title: title.into(),
            description: description.map(str::to_owned),
            status: None,
            parent: None,
            image_ids: None,
        };
        let id = vibe.create_task(new).unwrap().id;
        vibe.update_task(
            id,
            TaskUpdate {
                status: Some(status),
                ..TaskUpdate::default()
            },
        )
        .unwrap();
        id
    }

    /// A person changes fields of an issue.
    pub(crate) fn edit_issue(&self, issue: &str, operations: &Value) {
        self.huly
            .model
            .lock()
            .person_edit(&self.who, issue, operations)
            .unwrap();
    }

    /// Sets Huly's clock by so much; its stamps and the dates of its answers follow.
    pub(crate) fn set_huly_clock(&self, by_ms: i64) {
        let mut huly = self.huly.model.lock();
        let clock = huly.clock().skewed(by_ms);
        huly.set_clock(clock);
    }

    /// A person retitles an issue.
    pub(crate) fn retitle_issue(&self, issue: &str, title: &str) {
        self.edit_issue(issue, &json!({ "title": title }));
    }

    /// A person moves an issue to one of the classic statuses.
    pub(crate) fn move_issue(&self, issue: &str, status: &str) {
        self.edit_issue(issue, &json!({ "status": classic(status) }));
    }

    /// A person writes an issue's description, as markdown.
    pub(crate) fn describe_issue(&self, issue: &str, markdown: &str) {
        self.huly
            .model
            .lock()
            .person_describe(&self.who, issue, &markup(markdown));
    }

    /// A person deletes an issue.
    pub(crate) fn delete_issue(&self, issue: &str) {
        self.huly
            .model
            .lock()
            .person_delete(&self.who, issue)
            .unwrap();
    }

    /// A person retitles a task.
    pub(crate) fn retitle_task(&self, task: Uuid, title: &str) {
        self.edit_task(
            task,
            TaskUpdate {
                title: Some(title.into()),
                ..TaskUpdate::default()
            },
        );
    }

    /// A person moves a task.
    pub(crate) fn move_task(&self, task: Uuid, status: Status) {
        self.edit_task(
            task,
            TaskUpdate {
                status: Some(status),
                ..TaskUpdate::default()
            },
        );
    }

    /// A person changes a task.
    pub(crate) fn edit_task(&self, task: Uuid, update: TaskUpdate) {
        self.vibe.model.lock().update_task(task, update).unwrap();
    }

    /// A person rewrites the text of a task's description and leaves the footer alone.
    pub(crate) fn describe_task(&self, task: Uuid, body: &str) {
        let old = self.task_view(task).description.unwrap_or_default();
        let text = match old.find("<!-- hvs:begin") {
            Some(at) if body.is_empty() => old[at..].to_owned(),
            Some(at) => format!("{body}\n\n{}", &old[at..]),
            None => body.to_owned(),
        };
        self.edit_task(
            task,
            TaskUpdate {
                description: Some(text),
                ..TaskUpdate::default()
            },
        );
    }

    /// A person deletes a task.
    pub(crate) fn delete_task(&self, task: Uuid) {
        self.vibe.model.lock().delete_task(task).unwrap();
    }

    /// All issues.
    pub(crate) fn issues(&self) -> Vec<IssueView> {
        self.huly.model.lock().snapshot()
    }

    /// All tasks.
    pub(crate) fn tasks(&self) -> Vec<TaskView> {
        self.vibe.model.lock().snapshot()
    }

    /// One issue.
    pub(crate) fn issue_view(&self, id: &str) -> IssueView {
        self.huly
            .model
            .lock()
            .issue(id)
            .unwrap_or_else(|| panic!("issue {id} is gone"))
    }

    /// One task.
    pub(crate) fn task_view(&self, id: Uuid) -> TaskView {
        self.tasks()
            .into_iter()
            .find(|task| task.id == id)
            .unwrap_or_else(|| panic!("task {id} is gone"))
    }

    /// The only issue of a title.
    pub(crate) fn issue_named(&self, title: &str) -> IssueView {
        let mut found: Vec<_> = self
            .issues()
            .into_iter()
            .filter(|issue| issue.title == title)
            .collect();
        assert_eq!(
            found.len(),
            1,
            "issues called {title}: {:?}",
            titles(&self.issues(), |issue| &issue.title)
        );
        found.remove(0)
    }

    /// The only task of a title.
    pub(crate) fn task_named(&self, title: &str) -> TaskView {
        let mut found: Vec<_> = self
            .tasks()
            .into_iter()
            .filter(|task| task.title == title)
            .collect();
        assert_eq!(
            found.len(),
            1,
            "tasks called {title}: {:?}",
            titles(&self.tasks(), |task| &task.title)
        );
        found.remove(0)
    }

    /// An issue's description as markdown; empty for none.
    pub(crate) fn issue_text(&self, id: &str) -> String {
        super::check::issue_markdown(&self.issue_view(id))
    }

    /// A task's description without footer.
    pub(crate) fn task_text(&self, id: Uuid) -> String {
        super::vibe_body(self.task_view(id).description.as_deref())
    }
}

fn titles<T>(all: &[T], title: impl Fn(&T) -> &String) -> Vec<&String> {
    all.iter().map(title).collect()
}

impl World {
    /// A person puts a label on an issue.
    pub(crate) fn label(&self, project: &str, issue: &str, title: &str) {
        let mut huly = self.huly.model.lock();
        let (tx, id, tag) = (huly.new_id(), huly.new_id(), huly.new_id());
        let body = serde_json::json!({
            "_id": tx, "_class": "core:class:TxCreateDoc", "space": "core:space:Tx", "objectId": id,
            "objectClass": "tags:class:TagReference", "objectSpace": project, "modifiedOn": 0,
            "modifiedBy": self.who.primary(), "createdBy": self.who.primary(), "attachedTo": issue,
            "attachedToClass": "tracker:class:Issue", "collection": "labels",
            "attributes": { "title": title, "color": 5, "tag": tag },
        });
        huly.tx(&self.who, &body).unwrap();
    }

    /// A person whom issues can be assigned to; answers their id.
    pub(crate) fn person(&self, address: &str, first: &str, last: &str) -> String {
        let mut huly = self.huly.model.lock();
        let made = huly.ensure_person(&self.who, "email", address, first, last);
        made["localPerson"].as_str().unwrap().to_owned()
    }
}
