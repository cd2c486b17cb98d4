//! What the predecessor's bridge (`huly-rest-api`) does with a workspace: names instead of ids, markdown instead of markup,
//! numbers that nobody reserves. The quirks are its own, not Huly's (reference, section 8).

use engine::markup;
use serde_json::{Value, json};

use super::classes::Domain;
use super::{Doc, Error, Huly, Session, text};

/// The bridge's words for Huly's numbers 0 to 4.
const PRIORITIES: [&str; 5] = ["NoPriority", "Urgent", "High", "Medium", "Low"];
/// What the bridge answers for a status that it cannot look up.
const UNKNOWN: &str = "Unknown";

/// A project as the bridge shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeProject {
    /// `_id`; never told.
    pub id: String,
    /// `HARB`.
    pub identifier: String,
    /// Name.
    pub name: String,
    /// Plain text.
    pub description: String,
    /// Issues that the bridge's account can see.
    pub issue_count: usize,
    /// Members only.
    pub private: bool,
    /// Put away.
    pub archived: bool,
    created_on: i64,
}

/// An issue as the bridge shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeIssue {
    /// `_id`; never told.
    pub id: String,
    /// `HARB-1`.
    pub identifier: String,
    /// Title.
    pub title: String,
    /// Markdown; empty for none, and where it could not be read.
    pub description: String,
    /// Name of the status, `Unknown` where there is no such status.
    pub status: String,
    /// `NoPriority` and so on.
    pub priority: &'static str,
    /// Identifier of the project it is in now.
    pub project: String,
    /// Number within the project it was made in.
    pub number: i64,
    /// Unix milliseconds.
    pub created_on: i64,
    /// Unix milliseconds.
    pub modified_on: i64,
    /// Unix milliseconds.
    pub due_date: Option<i64>,
    /// The parent, if there is one.
    pub parent: Option<Box<BridgeIssue>>,
    /// Issues below it.
    pub sub_issues: usize,
}

/// An issue to be made: no status, it is always the workspace's `Backlog`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Create {
    /// Title.
    pub title: String,
    /// Markdown; empty for none.
    pub description: String,
    /// Unknown words become `NoPriority`.
    pub priority: String,
}

/// One field to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// `title`.
    Title(String),
    /// `description`, markdown.
    Description(String),
    /// `status`, by name, whatever its case.
    Status(String),
    /// `priority`, by word.
    Priority(String),
}

/// Which helper writes a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// `PUT` and create: a new blob beside the live document, which keeps the old text (the trap).
    Blob,
    /// *Later* `PATCH`: the live document itself.
    Live,
}

/// Why a field was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No status of this name; these there are.
    Status(Vec<String>),
    /// No such priority.
    Priority,
    /// Huly refused.
    Refused(Error),
}

impl From<Error> for Missing {
    fn from(error: Error) -> Self {
        Missing::Refused(error)
    }
}

/// Huly's number of a priority's word.
pub fn priority_number(word: &str) -> Option<usize> {
    PRIORITIES.iter().position(|known| *known == word)
}

impl Huly {
    /// All projects, newest first.
    pub fn bridge_projects(&mut self, who: &Session) -> Vec<BridgeProject> {
        self.settle();
        let mut all: Vec<BridgeProject> = self
            .table(Domain::Space)
            .filter(|doc| text(doc, "_class") == "tracker:class:Project")
            .map(|doc| BridgeProject {
                id: text(doc, "_id").into(),
                identifier: text(doc, "identifier").into(),
                name: text(doc, "name").into(),
                description: text(doc, "description").into(),
                issue_count: self.visible(who, text(doc, "_id")).count(),
                private: doc.get("private") == Some(&Value::Bool(true)),
                archived: doc.get("archived") == Some(&Value::Bool(true)),
                created_on: number(doc, "createdOn"),
            })
            .collect();
        all.sort_by_key(|project| std::cmp::Reverse(project.created_on));
        all
    }

    /// The issues of a project (by its id; `None` for all projects), newest change first. Empty where the account is no member.
    pub fn bridge_issues(&mut self, who: &Session, project: Option<&str>) -> Vec<BridgeIssue> {
        self.settle();
        let spaces: Vec<String> = match project {
            Some(project) => vec![project.to_owned()],
            None => self
                .table(Domain::Space)
                .map(|doc| text(doc, "_id").to_owned())
                .collect(),
        };
        let mut all: Vec<BridgeIssue> = spaces
            .iter()
            .flat_map(|space| self.visible(who, space))
            .map(|doc| self.bridge_view(doc, true))
            .collect();
        all.sort_by(|a, b| {
            (b.modified_on, b.number, &b.identifier).cmp(&(a.modified_on, a.number, &a.identifier))
        });
        all
    }

    /// The first issue of an identifier: there may be two.
    pub fn bridge_issue(&mut self, who: &Session, identifier: &str) -> Option<BridgeIssue> {
        self.settle();
        let doc = self.table(Domain::Task).find(|doc| {
            text(doc, "identifier") == identifier && self.is_member(who, text(doc, "space"))
        })?;
        Some(self.bridge_view(doc, true))
    }

    /// The number that the next create will take: the highest one and one more, reserved by nobody.
    pub fn bridge_next_number(&mut self, project: &str) -> i64 {
        self.settle();
        let numbers = self
            .table(Domain::Task)
            .filter(|doc| text(doc, "space") == project)
            .map(|doc| number(doc, "number"));
        numbers.max().unwrap_or(0) + 1
    }

    /// Makes an issue under a number that was looked up before; answers its id. The project's sequence stays behind.
    /// With `lose_description` the text is not written, which the bridge does not tell.
    pub fn bridge_create(
        &mut self,
        who: &Session,
        project: &BridgeProject,
        number: i64,
        new: &Create,
        lose_description: bool,
    ) -> Result<String, Error> {
        let id = self.new_id();
        let identifier = format!("{}-{number}", project.identifier);
        let body = json!({ "attachedTo": "tracker:ids:NoParent", "attachedToClass": "tracker:class:Issue",
            "collection": "subIssues", "attributes": { "title": new.title, "description": null,
            "status": "tracker:status:Backlog", "priority": priority_number(&new.priority).unwrap_or(0),
            "number": number, "identifier": identifier, "kind": self.task_type(&project.id), "rank": "",
            "assignee": null, "component": null, "milestone": null, "dueDate": null, "estimation": 0,
            "remainingTime": 0, "reportedTime": 0, "reports": 0, "comments": 0, "subIssues": 0,
            "relations": [], "childInfo": [] } });
        self.send(
            who,
            "core:class:TxCreateDoc",
            "tracker:class:Issue",
            &id,
            &project.id,
            &body,
        )?;
        if !new.description.is_empty() && !lose_description {
            self.bridge_describe(who, &id, &new.description, Fields::Blob)?;
        }
        Ok(id)
    }

    /// Changes one field of an issue (by its id).
    pub fn bridge_set(
        &mut self,
        who: &Session,
        issue: &str,
        asked: &Asked,
        how: Fields,
    ) -> Result<(), Missing> {
        let operations = match asked {
            Asked::Title(title) => json!({ "title": title }),
            Asked::Description(markdown) => {
                return Ok(self.bridge_describe(who, issue, markdown, how)?);
            }
            Asked::Status(name) => json!({ "status": self.status_named(name)? }),
            Asked::Priority(word) => {
                json!({ "priority": priority_number(word).ok_or(Missing::Priority)? })
            }
        };
        Ok(self.person_edit(who, issue, &operations)?)
    }

    fn bridge_describe(
        &mut self,
        who: &Session,
        issue: &str,
        markdown: &str,
        how: Fields,
    ) -> Result<(), Error> {
        let stored = markup::wire(&markup::from_markdown(markdown));
        match how {
            Fields::Blob => {
                let blob = self.store_markup(issue, &super::collab::canonical(&stored));
                self.person_edit(who, issue, &json!({ "description": blob }))
            }
            Fields::Live => {
                self.replace_description(issue, &stored, who.primary());
                Ok(())
            }
        }
    }

    /// The first status of this name, of whatever project.
    fn status_named(&self, name: &str) -> Result<String, Missing> {
        let statuses = || {
            self.table(Domain::Model)
                .filter(|doc| text(doc, "_class") == "tracker:class:IssueStatus")
        };
        let found = statuses().find(|doc| text(doc, "name").to_lowercase() == name.to_lowercase());
        found.map(|doc| text(doc, "_id").to_owned()).ok_or_else(|| {
            Missing::Status(statuses().map(|doc| text(doc, "name").to_owned()).collect())
        })
    }

    fn is_member(&self, who: &Session, project: &str) -> bool {
        let members = self
            .get(Domain::Space, project)
            .and_then(|doc| doc.get("members"))
            .and_then(Value::as_array);
        members
            .into_iter()
            .flatten()
            .any(|member| member.as_str() == Some(&who.account))
    }

    fn visible<'a>(&'a self, who: &Session, project: &'a str) -> impl Iterator<Item = &'a Doc> {
        let is_member = self.is_member(who, project);
        self.table(Domain::Task)
            .filter(move |doc| is_member && text(doc, "space") == project)
    }

    fn bridge_view(&self, doc: &Doc, with_parent: bool) -> BridgeIssue {
        let id = text(doc, "_id");
        let live = self.live.get(id).map(|live| live.text.clone());
        let stored = live.or_else(|| self.blob_text(text(doc, "description")));
        let status = self
            .get(Domain::Model, text(doc, "status"))
            .map_or(UNKNOWN, |status| text(status, "name"));
        let parent = self.get(Domain::Task, text(doc, "attachedTo"));
        let priority = usize::try_from(number(doc, "priority")).unwrap_or(0);
        BridgeIssue {
            id: id.into(),
            identifier: text(doc, "identifier").into(),
            title: text(doc, "title").into(),
            description: stored.as_deref().map_or_else(String::new, markdown),
            status: status.into(),
            priority: PRIORITIES.get(priority).copied().unwrap_or("NoPriority"),
            project: self
                .get(Domain::Space, text(doc, "space"))
                .map_or("", |project| text(project, "identifier"))
                .into(),
            number: number(doc, "number"),
            created_on: number(doc, "createdOn"),
            modified_on: number(doc, "modifiedOn"),
            due_date: doc.get("dueDate").and_then(Value::as_i64),
            parent: parent
                .filter(|_| with_parent)
                .map(|parent| Box::new(self.bridge_view(parent, false))),
            sub_issues: usize::try_from(number(doc, "subIssues")).unwrap_or(0),
        }
    }
}

fn number(doc: &Doc, field: &str) -> i64 {
    doc.get(field).and_then(Value::as_i64).unwrap_or(0)
}

/// Markup as markdown; text that is none stays as it is.
fn markdown(stored: &str) -> String {
    match markup::Source::read(stored) {
        Ok(source) => markup::to_markdown(&source.into_node()),
        Err(_) => stored.to_owned(),
    }
}
