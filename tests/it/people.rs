//! What people do on both boards, and what they see there.

use huly_client::markup::{self, Source};
use serde_json::json;
use sim::{
    dataset::REPO_ROOT,
    huly::{IssueView, NewIssue},
    vibe::{Generation, NewProject, NewTask, Scripts, Status, TaskUpdate, TaskView},
};
use uuid::Uuid;

use crate::world::World;

/// The id of one of the classic statuses: `Backlog`, `Todo`, `InProgress`, `Done`, `Canceled`.
fn classic(name: &str) -> String {
    format!("tracker:status:{name}")
}

/// Markdown as Huly stores it.
fn stored(markdown: &str) -> String {
    markup::wire(&markup::from_markdown(markdown))
}

/// A task's text without the footer's block.
pub(crate) fn body(description: Option<&str>) -> String {
    let text = description.unwrap_or_default();
    let text = text
        .split_once("<!-- hvs:begin")
        .map_or(text, |(before, _)| before);
    text.trim().to_owned()
}

/// A text's meaning: what is left after it went through Huly's markup once.
pub(crate) fn meaning(markdown: &str) -> String {
    markup::normal_form(markdown).trim().to_owned()
}

impl World {
    /// A Vibe project with its repository in a folder; answers its id.
    pub(crate) fn vibe_project(&self, name: &str, folder: &str) -> Uuid {
        let path = format!("{REPO_ROOT}/{folder}");
        let new = match self.generation {
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
        let mut vibe = self.vibe.model.lock();
        vibe.create_project(new).unwrap();
        vibe.projects().last().unwrap().id
    }

    /// The Vibe project of a name, if there is one.
    pub(crate) fn vibe_project_named(&self, name: &str) -> Option<Uuid> {
        let projects = self.vibe.model.lock().projects();
        let found = projects.into_iter().find(|project| project.name == name);
        found.map(|project| project.id)
    }

    /// A person makes an issue; an empty description is none. Answers its id.
    pub(crate) fn issue(&self, project: &str, title: &str, text: &str, status: &str) -> String {
        let new = NewIssue {
            title: title.into(),
            description: (!text.is_empty()).then(|| stored(text)),
            status: Some(classic(status)),
            ..NewIssue::default()
        };
        let mut huly = self.huly.model.lock();
        huly.person_create(&self.who, project, &new).unwrap()
    }

    /// A person makes a task; answers its id.
    pub(crate) fn task(
        &self,
        project_id: Uuid,
        title: &str,
        text: Option<&str>,
        status: Status,
    ) -> Uuid {
        let new = NewTask {
            project_id,
            title: title.into(),
            description: text.map(str::to_owned),
            status: None,
            parent: None,
            image_ids: None,
        };
        let id = self.vibe.model.lock().create_task(new).unwrap().id;
        self.move_task(id, status);
        id
    }

    /// A person retitles an issue.
    pub(crate) fn retitle_issue(&self, issue: &str, title: &str) {
        let mut huly = self.huly.model.lock();
        huly.person_edit(&self.who, issue, &json!({ "title": title }))
            .unwrap();
    }

    /// A person moves an issue to one of the classic statuses.
    pub(crate) fn move_issue(&self, issue: &str, status: &str) {
        let mut huly = self.huly.model.lock();
        huly.person_edit(&self.who, issue, &json!({ "status": classic(status) }))
            .unwrap();
    }

    /// A person writes an issue's description, as markdown.
    pub(crate) fn describe_issue(&self, issue: &str, markdown: &str) {
        let mut huly = self.huly.model.lock();
        huly.person_describe(&self.who, issue, &stored(markdown));
    }

    /// A person deletes an issue.
    pub(crate) fn delete_issue(&self, issue: &str) {
        let mut huly = self.huly.model.lock();
        huly.person_delete(&self.who, issue).unwrap();
    }

    fn edit_task(&self, task: Uuid, update: TaskUpdate) {
        self.vibe.model.lock().update_task(task, update).unwrap();
    }

    /// A person retitles a task.
    pub(crate) fn retitle_task(&self, task: Uuid, title: &str) {
        let title = Some(title.to_owned());
        self.edit_task(
            task,
            TaskUpdate {
                title,
                ..TaskUpdate::default()
            },
        );
    }

    /// A person moves a task.
    pub(crate) fn move_task(&self, task: Uuid, status: Status) {
        let status = Some(status);
        self.edit_task(
            task,
            TaskUpdate {
                status,
                ..TaskUpdate::default()
            },
        );
    }

    /// A person rewrites the text of a task's description and leaves the footer alone.
    pub(crate) fn describe_task(&self, task: Uuid, text: &str) {
        let old = self.task_view(task).description.unwrap_or_default();
        let description = match old.find("<!-- hvs:begin") {
            Some(at) => format!("{text}\n\n{}", &old[at..]),
            None => text.to_owned(),
        };
        let description = Some(description);
        self.edit_task(
            task,
            TaskUpdate {
                description,
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
    #[track_caller]
    pub(crate) fn issue_view(&self, id: &str) -> IssueView {
        let issue = self.huly.model.lock().issue(id);
        issue.unwrap_or_else(|| panic!("issue {id} is gone"))
    }

    /// One task.
    #[track_caller]
    pub(crate) fn task_view(&self, id: Uuid) -> TaskView {
        let found = self.tasks().into_iter().find(|task| task.id == id);
        found.unwrap_or_else(|| panic!("task {id} is gone"))
    }

    /// The only issue of a title.
    #[track_caller]
    pub(crate) fn issue_named(&self, title: &str) -> IssueView {
        let all = self.issues();
        only(all.iter().filter(|issue| issue.title == title), title).clone()
    }

    /// The only task of a title.
    #[track_caller]
    pub(crate) fn task_named(&self, title: &str) -> TaskView {
        let all = self.tasks();
        only(all.iter().filter(|task| task.title == title), title).clone()
    }

    /// An issue's description as markdown; empty for none.
    pub(crate) fn issue_text(&self, id: &str) -> String {
        text_of(&self.issue_view(id))
    }

    /// A task's description without footer.
    pub(crate) fn task_text(&self, id: Uuid) -> String {
        body(self.task_view(id).description.as_deref())
    }

    /// Every issue has exactly one task of its title, and both mean the same. Titles must be unique.
    #[track_caller]
    pub(crate) fn assert_same_on_both_sides(&self) {
        let (issues, mut tasks) = (self.issues(), self.tasks());
        tasks.sort_by(|a, b| a.title.cmp(&b.title));
        let mut titles: Vec<&str> = issues.iter().map(|issue| issue.title.as_str()).collect();
        titles.sort_unstable();
        let there: Vec<&str> = tasks.iter().map(|task| task.title.as_str()).collect();
        assert_eq!(titles, there, "titles of issues and of tasks");
        for issue in &issues {
            let at = tasks.binary_search_by(|task| task.title.cmp(&issue.title));
            let task = &tasks[at.unwrap()];
            let name = format!("{} `{}`", issue.identifier, issue.title);
            let (huly, vibe) = (text_of(issue), body(task.description.as_deref()));
            assert_eq!(meaning(&huly), meaning(&vibe), "description of {name}");
            assert!(
                means_the_same(&issue.status_name, task.status),
                "{name}: {} and {:?}",
                issue.status_name,
                task.status
            );
        }
    }
}

fn only<'a, T: std::fmt::Debug>(mut found: impl Iterator<Item = &'a T>, title: &str) -> &'a T {
    let first = found
        .next()
        .unwrap_or_else(|| panic!("nothing is called `{title}`"));
    let second = found.next();
    assert!(
        second.is_none(),
        "`{title}` is there twice: {first:?} {second:?}"
    );
    first
}

/// An issue's description as markdown.
fn text_of(issue: &IssueView) -> String {
    let Some(text) = &issue.description else {
        return String::new();
    };
    let node = Source::read(text).unwrap().into_node();
    markup::to_markdown(&node).trim().to_owned()
}

/// Whether a Huly status of the classic workflow and a Vibe status mean the same.
pub(crate) fn means_the_same(huly: &str, vibe: Status) -> bool {
    match vibe {
        Status::Todo => ["Backlog", "Todo"].contains(&huly),
        Status::InProgress | Status::InReview => huly == "In Progress",
        Status::Done => huly == "Done",
        Status::Cancelled => huly == "Canceled",
    }
}
