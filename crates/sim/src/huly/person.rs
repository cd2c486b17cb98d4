//! What people do with a workspace, for tests and demos, and what they see.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::classes::Domain;
use super::{Doc, Error, Huly, Session, text};

/// An issue as a person makes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewIssue {
    /// Title.
    pub title: String,
    /// Markup (`ProseMirror` JSON), or any text for one paragraph; none for no description.
    pub description: Option<String>,
    /// Status id; none for the project's default.
    pub status: Option<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: u8,
    /// Parent issue id.
    pub parent: Option<String>,
    /// Unix milliseconds.
    pub due_date: Option<i64>,
}

/// A status of a custom project type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStatus {
    /// Name.
    pub name: String,
    /// `UnStarted`, `ToDo`, `Active`, `Won` or `Lost`.
    pub category: String,
}

/// An issue as a person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueView {
    /// `_id`.
    pub id: String,
    /// `HARB-1`.
    pub identifier: String,
    /// Project id.
    pub project: String,
    /// Title.
    pub title: String,
    /// The live text where there is one, else the saved one, as markup; none where there is none.
    pub description: Option<String>,
    /// Status id.
    pub status: String,
    /// Its name, `""` for an unknown status.
    pub status_name: String,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: i64,
    /// Parent issue id.
    pub parent: Option<String>,
    /// Person id.
    pub assignee: Option<String>,
    /// Unix milliseconds.
    pub due_date: Option<i64>,
    /// Unix milliseconds, by the server's clock.
    pub modified_on: i64,
}

/// A project as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectView {
    /// `_id`.
    pub id: String,
    /// `HARB`.
    pub identifier: String,
    /// Name.
    pub name: String,
    /// Plain text.
    pub description: String,
    /// Account uuids.
    pub members: Vec<String>,
    /// Put away.
    pub archived: bool,
}

impl Huly {
    /// A custom project type with these statuses in board order; answers its id and those of the statuses.
    pub fn add_project_type(
        &mut self,
        name: &str,
        statuses: &[NewStatus],
    ) -> (String, Vec<String>) {
        let mut ids = Vec::new();
        for status in statuses {
            let id = self.new_id();
            self.load_model("tracker:class:IssueStatus", &id, json!({ "ofAttribute": "tracker:attribute:IssueStatus",
                "name": status.name, "color": 11, "category": format!("task:statusCategory:{}", status.category) }));
            ids.push(id);
        }
        let (id, task_type) = (self.new_id(), self.new_id());
        self.load_type(&id, name, &task_type, &ids, false);
        (id, ids)
    }

    /// A project that lists the account, of a type (none: the classic one); answers its id.
    pub fn add_project(
        &mut self,
        who: &Session,
        identifier: &str,
        name: &str,
        kind: Option<&str>,
    ) -> Result<String, Error> {
        let id = self.new_id();
        let kind = kind.unwrap_or("tracker:ids:ClassingProjectType");
        let default = self.statuses_of_type(kind).into_iter().next();
        self.send(who, "core:class:TxCreateDoc", "tracker:class:Project", &id, "core:space:Space", &json!({ "attributes": {
            "name": name, "description": "", "private": false, "members": [who.account], "owners": [who.account],
            "archived": false, "autoJoin": false, "identifier": identifier, "sequence": 0, "type": kind,
            "defaultIssueStatus": default, "defaultTimeReportDay": "PreviousWorkDay" } }))?;
        Ok(id)
    }

    /// Status ids of a project type, in board order.
    pub fn statuses_of_type(&self, kind: &str) -> Vec<String> {
        let statuses = self
            .get(Domain::Model, kind)
            .and_then(|kind| kind.get("statuses"))
            .and_then(Value::as_array);
        statuses
            .into_iter()
            .flatten()
            .filter_map(|status| Some(status.get("_id")?.as_str()?.to_owned()))
            .collect()
    }

    /// The task type that issues of a project are of.
    pub(super) fn task_type(&self, project: &str) -> String {
        let kind = self
            .get(Domain::Space, project)
            .map_or("", |project| text(project, "type"));
        let tasks = self
            .get(Domain::Model, kind)
            .and_then(|kind| kind.get("tasks")?.as_array()?.first()?.as_str());
        tasks.unwrap_or("tracker:taskTypes:Issue").to_owned()
    }

    /// Makes an issue as the web page does; answers its id.
    pub fn person_create(
        &mut self,
        who: &Session,
        project: &str,
        new: &NewIssue,
    ) -> Result<String, Error> {
        let id = self.new_id();
        let blob = new
            .description
            .as_ref()
            .map(|markup| self.store_markup(&id, &super::collab::canonical(markup)));
        let counted = self.send(
            who,
            "core:class:TxUpdateDoc",
            "tracker:class:Project",
            project,
            "core:space:Space",
            &json!({ "operations": { "$inc": { "sequence": 1 } }, "retrieve": true }),
        )?;
        let number = counted
            .pointer("/object/sequence")
            .and_then(Value::as_i64)
            .unwrap_or(0);
        let prefix = counted
            .pointer("/object/identifier")
            .and_then(Value::as_str)
            .unwrap_or("");
        let default = counted
            .pointer("/object/defaultIssueStatus")
            .and_then(Value::as_str)
            .unwrap_or("tracker:status:Backlog");
        let parent = new
            .parent
            .as_deref()
            .and_then(|parent| self.get(Domain::Task, parent));
        let parents = parent.map_or_else(Vec::new, |parent| {
            let nearest = json!({ "parentId": text(parent, "_id"), "identifier": text(parent, "identifier"),
                "parentTitle": text(parent, "title"), "space": project });
            let above = parent.get("parents").and_then(Value::as_array).cloned().unwrap_or_default();
            std::iter::once(nearest).chain(above).collect()
        });
        let body = json!({ "attachedTo": new.parent.as_deref().unwrap_or("tracker:ids:NoParent"),
            "attachedToClass": "tracker:class:Issue", "collection": "subIssues", "attributes": { "title": new.title,
            "description": blob, "status": new.status.as_deref().unwrap_or(default), "priority": new.priority,
            "number": number, "identifier": format!("{prefix}-{number}"), "kind": self.task_type(project), "rank": "",
            "assignee": null, "component": null, "milestone": null, "dueDate": new.due_date, "estimation": 0,
            "remainingTime": 0, "reportedTime": 0, "reports": 0, "comments": 0, "subIssues": 0, "parents": parents,
            "relations": [], "childInfo": [] } });
        self.send(
            who,
            "core:class:TxCreateDoc",
            "tracker:class:Issue",
            &id,
            project,
            &body,
        )?;
        Ok(id)
    }

    /// Changes fields of an issue (`{"title": "..."}`, operators too).
    pub fn person_edit(
        &mut self,
        who: &Session,
        issue: &str,
        operations: &Value,
    ) -> Result<(), Error> {
        let space = self.space_of(issue);
        self.send(
            who,
            "core:class:TxUpdateDoc",
            "tracker:class:Issue",
            issue,
            &space,
            &json!({ "operations": operations }),
        )
        .map(drop)
    }

    /// Replaces the description, as by typing and waiting until it is saved.
    pub fn person_describe(&mut self, who: &Session, issue: &str, markup: &str) {
        self.replace_description(issue, markup, who.primary());
    }

    /// Removes an issue with all its sub-issues.
    pub fn person_delete(&mut self, who: &Session, issue: &str) -> Result<(), Error> {
        let attached = self
            .get(Domain::Task, issue)
            .map_or_else(String::new, |doc| text(doc, "attachedTo").to_owned());
        let space = self.space_of(issue);
        let body = json!({ "attachedTo": attached, "attachedToClass": "tracker:class:Issue", "collection": "subIssues" });
        self.send(
            who,
            "core:class:TxRemoveDoc",
            "tracker:class:Issue",
            issue,
            &space,
            &body,
        )
        .map(drop)
    }

    /// Moves an issue to another project; identifier and number stay as they were.
    pub fn person_move(&mut self, who: &Session, issue: &str, project: &str) -> Result<(), Error> {
        self.person_edit(who, issue, &json!({ "space": project }))
    }

    /// Changes fields of a project (`{"archived": true}`, `{"name": "..."}`, `{"$pull": {"members": "..."}}`).
    pub fn person_edit_project(
        &mut self,
        who: &Session,
        project: &str,
        operations: &Value,
    ) -> Result<(), Error> {
        let body = json!({ "operations": operations });
        self.send(
            who,
            "core:class:TxUpdateDoc",
            "tracker:class:Project",
            project,
            "core:space:Space",
            &body,
        )
        .map(drop)
    }

    /// Removes a project with all that is in it.
    pub fn person_delete_project(&mut self, who: &Session, project: &str) -> Result<(), Error> {
        self.send(
            who,
            "core:class:TxRemoveDoc",
            "tracker:class:Project",
            project,
            "core:space:Space",
            &json!({}),
        )
        .map(drop)
    }

    /// Comments on an issue; answers the comment's id. It bumps the issue's stamp.
    pub fn person_comment(
        &mut self,
        who: &Session,
        issue: &str,
        words: &str,
    ) -> Result<String, Error> {
        let id = self.new_id();
        let space = self.space_of(issue);
        let body = json!({ "attachedTo": issue, "attachedToClass": "tracker:class:Issue", "collection": "comments",
            "attributes": { "message": super::collab::canonical(words), "attachments": 0 } });
        self.send(
            who,
            "core:class:TxCreateDoc",
            "chunter:class:ChatMessage",
            &id,
            &space,
            &body,
        )?;
        Ok(id)
    }

    /// All issues there are, by id, whoever may see them.
    pub fn snapshot(&mut self) -> Vec<IssueView> {
        self.settle();
        let mut all: Vec<IssueView> = self.table(Domain::Task).map(|doc| self.view(doc)).collect();
        all.sort_by(|left, right| left.id.cmp(&right.id));
        all
    }

    /// One issue; none if there is none.
    pub fn issue(&mut self, id: &str) -> Option<IssueView> {
        self.settle();
        self.get(Domain::Task, id).map(|doc| self.view(doc))
    }

    /// All projects there are, archived ones too.
    pub fn projects(&self) -> Vec<ProjectView> {
        let strings = |value: Option<&Value>| -> Vec<String> {
            value
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect()
        };
        self.table(Domain::Space)
            .map(|doc| ProjectView {
                id: text(doc, "_id").into(),
                identifier: text(doc, "identifier").into(),
                name: text(doc, "name").into(),
                description: text(doc, "description").into(),
                members: strings(doc.get("members")),
                archived: doc.get("archived") == Some(&Value::Bool(true)),
            })
            .collect()
    }

    fn view(&self, doc: &Doc) -> IssueView {
        let id = text(doc, "_id");
        let some = |field: &str| doc.get(field).and_then(Value::as_str).map(str::to_owned);
        let status = text(doc, "status");
        let live = self.live.get(id).map(|live| live.text.clone());
        IssueView {
            id: id.into(),
            identifier: text(doc, "identifier").into(),
            project: text(doc, "space").into(),
            title: text(doc, "title").into(),
            description: live
                .or_else(|| some("description").and_then(|name| self.blob_text(&name))),
            status: status.into(),
            status_name: self
                .get(Domain::Model, status)
                .map_or("", |status| text(status, "name"))
                .into(),
            priority: doc.get("priority").and_then(Value::as_i64).unwrap_or(0),
            parent: some("attachedTo").filter(|parent| parent != "tracker:ids:NoParent"),
            assignee: some("assignee"),
            due_date: doc.get("dueDate").and_then(Value::as_i64),
            modified_on: doc.get("modifiedOn").and_then(Value::as_i64).unwrap_or(0),
        }
    }

    fn space_of(&self, issue: &str) -> String {
        self.get(Domain::Task, issue)
            .map_or_else(String::new, |doc| text(doc, "space").to_owned())
    }

    /// A transaction in the name of a session, with a fresh id.
    pub(super) fn send(
        &mut self,
        who: &Session,
        kind: &str,
        class: &str,
        object: &str,
        space: &str,
        rest: &Value,
    ) -> Result<Value, Error> {
        let mut tx = json!({ "_id": self.new_id(), "_class": kind, "space": "core:space:Tx", "objectId": object,
            "objectClass": class, "objectSpace": space, "modifiedOn": 0, "modifiedBy": who.primary() });
        if let (Some(tx), Some(rest)) = (tx.as_object_mut(), rest.as_object()) {
            tx.extend(rest.clone());
        }
        self.tx(who, &tx)
    }
}
