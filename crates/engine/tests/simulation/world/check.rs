//! What both boards must agree on, compared without any help of the planner.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use ::store::Store;
use huly_client::markup;
use sim::{
    huly::IssueView,
    vibe::{Status, TaskView},
};
use sync_core::link::{Link, Phase};

use super::World;

/// What is wrong, in words; nothing is well.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub(crate) Vec<String>);

impl Problems {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn note(&mut self, words: String) {
        self.0.push(words);
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|problem| writeln!(f, "\n- {problem}"))
    }
}

/// A task's text without any footer, ours or the predecessor's.
pub(crate) fn vibe_body(description: Option<&str>) -> String {
    sync_core::footer::split(description.unwrap_or_default())
        .body
        .trim()
        .to_owned()
}

/// An issue's description as markdown.
pub(crate) fn issue_markdown(issue: &IssueView) -> String {
    let Some(text) = &issue.description else {
        return String::new();
    };
    markup::to_markdown(&markup::Source::read(text).unwrap().into_node())
}

/// Whether a Huly status by name and a Vibe status mean the same, on the classic workflow and the ones of these tests.
/// `inreview` has no status of its own in the classic workflow: it is at home in `In Progress`.
pub(crate) fn same_status(huly: &str, vibe: Status) -> bool {
    match vibe {
        Status::Todo => ["Backlog", "Todo", "Ideas", "Ready"].contains(&huly),
        Status::InProgress => ["In Progress", "Brewing", "Tasting"].contains(&huly),
        Status::InReview => ["In Progress", "In Review", "Brewing", "Tasting"].contains(&huly),
        Status::Done => ["Done", "Served"].contains(&huly),
        Status::Cancelled => ["Canceled", "Spilt"].contains(&huly),
    }
}

/// Every line with a word, without the differences that the normal form takes away.
fn normal(text: &str) -> String {
    markup::normal_form(text).trim().to_owned()
}

impl World {
    /// All links.
    pub(crate) async fn links(&self) -> Vec<Link> {
        let mut all = Vec::new();
        for project in self.store.projects().await.unwrap() {
            all.extend(self.store.links(project.id).await.unwrap());
        }
        all
    }

    /// All links with their versions, as far as they are worth comparing.
    pub(crate) async fn rows(&self) -> BTreeMap<String, u64> {
        self.links()
            .await
            .into_iter()
            .map(|link| (link.id.to_string(), link.version))
            .collect()
    }

    /// Every issue has one task and every task one issue, and both mean the same, in projects that are not asleep.
    /// Tombstones are looked at by the tests of deletions.
    pub(crate) async fn compare(&self) -> Problems {
        let mut problems = Problems::default();
        let issues: BTreeMap<String, IssueView> = self
            .issues()
            .into_iter()
            .map(|issue| (issue.id.clone(), issue))
            .collect();
        let tasks: BTreeMap<String, TaskView> = self
            .tasks()
            .into_iter()
            .map(|task| (task.id.to_string(), task))
            .collect();
        let (mut linked_issues, mut linked_tasks) = (BTreeSet::new(), BTreeSet::new());
        for link in self.links().await {
            let (issue, task) = (link.items.huly.as_ref(), link.items.vibe.as_ref());
            if let Some(issue) = issue
                && !linked_issues.insert(issue.as_str().to_owned())
            {
                problems.note(format!("issue {issue} has two links"));
            }
            if let Some(task) = task
                && !linked_tasks.insert(task.as_str().to_owned())
            {
                problems.note(format!("task {task} has two links"));
            }
            if link.phase == Phase::Tombstone {
                continue;
            }
            let issue = issue.and_then(|id| issues.get(id.as_str()));
            let task = task.and_then(|id| tasks.get(id.as_str()));
            match (issue, task) {
                (Some(issue), Some(task)) => compare(&mut problems, issue, task),
                (issue, task) => problems.note(format!(
                    "link {:?} has no pair: {:?} {:?}",
                    link.label,
                    issue.map(|issue| &issue.title),
                    task.map(|task| &task.title)
                )),
            }
        }
        for (id, issue) in &issues {
            if !linked_issues.contains(id) {
                problems.note(format!(
                    "issue {} `{}` has no link",
                    issue.identifier, issue.title
                ));
            }
        }
        for (id, task) in &tasks {
            if !linked_tasks.contains(id) {
                problems.note(format!("task {id} `{}` has no link", task.title));
            }
        }
        problems
    }

    /// Both boards agree.
    pub(crate) async fn assert_converged(&self) {
        let problems = self.compare().await;
        assert!(problems.is_empty(), "seed {}: {problems}", self.seed);
    }
}

fn compare(problems: &mut Problems, issue: &IssueView, task: &TaskView) {
    let name = format!("{} `{}`", issue.identifier, issue.title);
    if issue.title != task.title {
        problems.note(format!("{name}: the task is called `{}`", task.title));
    }
    if !same_status(&issue.status_name, task.status) {
        problems.note(format!(
            "{name}: {} and {:?}",
            issue.status_name, task.status
        ));
    }
    let (huly, vibe) = (
        normal(&issue_markdown(issue)),
        normal(&vibe_body(task.description.as_deref())),
    );
    if huly != vibe {
        problems.note(format!(
            "{name}: descriptions differ\n  huly: {huly:?}\n  vibe: {vibe:?}"
        ));
    }
}
