//! What people do over the admin side.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::huly::{Bookkeeping, Huly, NewIssue, Session};
use crate::vibe::{Generation, NewProject, NewTask, Refusal, Scripts, Status, TaskUpdate, Vibe};

/// What a person does in Huly. `by` is the address of the account; without it the first account acts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum HulyDeed {
    /// Makes a project.
    CreateProject {
        /// The prefix of its issues (`HARB`).
        identifier: String,
        /// Name.
        name: String,
    },
    /// Changes fields of a project.
    EditProject {
        /// The project's id.
        project: String,
        /// Fields to change, operators too.
        operations: Value,
    },
    /// Removes a project with all that is in it.
    DeleteProject {
        /// The project's id.
        project: String,
    },
    /// Makes an issue.
    CreateIssue {
        /// The project's id.
        project: String,
        /// The issue; its fields stand beside `do` and `project`.
        #[serde(flatten)]
        issue: NewIssue,
    },
    /// Changes fields of an issue.
    EditIssue {
        /// The issue's id.
        issue: String,
        /// Fields to change, operators too.
        operations: Value,
    },
    /// Replaces a description.
    Describe {
        /// The issue's id.
        issue: String,
        /// Markup, or any text for one paragraph.
        markup: String,
    },
    /// Removes an issue and its sub-issues.
    DeleteIssue {
        /// The issue's id.
        issue: String,
    },
    /// Moves an issue to another project.
    MoveIssue {
        /// The issue's id.
        issue: String,
        /// The project's id.
        project: String,
    },
    /// Comments on an issue.
    Comment {
        /// The issue's id.
        issue: String,
        /// The words.
        words: String,
    },
    /// Types into a description without saving.
    Type {
        /// The issue's id.
        issue: String,
        /// Markup, or any text for one paragraph.
        markup: String,
    },
    /// Closes the description that was typed into.
    CloseText {
        /// The issue's id.
        issue: String,
    },
    /// All tokens given out so far are refused from now on.
    ExpireTokens,
    /// Activity is counted so much later; stamps go back.
    LateBookkeeping {
        /// Milliseconds.
        after_ms: i64,
    },
}

/// What a person, or an agent of the server, does in Vibe Kanban.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum VibeDeed {
    /// `path` is needed in L1 and need not be there yet; in L2 none means no repository.
    CreateProject {
        /// Name.
        name: String,
        /// Repository path.
        path: Option<String>,
    },
    /// Renames a project.
    RenameProject {
        /// The project's id.
        project: Uuid,
        /// Name.
        name: String,
    },
    /// Removes a project with all that is in it.
    DeleteProject {
        /// The project's id.
        project: Uuid,
    },
    /// Makes a task, in any status in either shape.
    CreateTask {
        /// The project's id.
        project: Uuid,
        /// Title.
        title: String,
        /// Markdown; none for none, or to keep it.
        description: Option<String>,
        /// Status; none for the default, or to keep it.
        status: Option<Status>,
    },
    /// Changes a task.
    EditTask {
        /// The task's id.
        task: Uuid,
        /// Title.
        title: Option<String>,
        /// Markdown; none for none, or to keep it.
        description: Option<String>,
        /// Status; none for the default, or to keep it.
        status: Option<Status>,
    },
    /// Removes a task.
    DeleteTask {
        /// The task's id.
        task: Uuid,
    },
    /// An agent starts on a task.
    AgentStarts {
        /// The task's id.
        task: Uuid,
    },
    /// The agent ends.
    AgentEnds {
        /// The task's id.
        task: Uuid,
        /// Whether it failed.
        #[serde(default)]
        failed: bool,
    },
    /// Its work is merged.
    AgentMerges {
        /// The task's id.
        task: Uuid,
    },
    /// Milliseconds between a PUT's read and its write; none: no race.
    PutRace {
        /// Milliseconds; none: no race.
        ms: Option<u64>,
    },
    /// The newest tasks vanish.
    RestoreBackup {
        /// So many.
        without_newest: usize,
    },
}

pub(super) fn do_in_huly(
    model: &mut Huly,
    who: &Session,
    deed: HulyDeed,
) -> Result<Value, crate::huly::Error> {
    let id = |id: String| json!({ "id": id });
    let nothing = |()| json!({});
    match deed {
        HulyDeed::CreateProject { identifier, name } => {
            model.add_project(who, &identifier, &name, None).map(id)
        }
        HulyDeed::EditProject {
            project,
            operations,
        } => model
            .person_edit_project(who, &project, &operations)
            .map(nothing),
        HulyDeed::DeleteProject { project } => {
            model.person_delete_project(who, &project).map(nothing)
        }
        HulyDeed::CreateIssue { project, issue } => {
            model.person_create(who, &project, &issue).map(id)
        }
        HulyDeed::EditIssue { issue, operations } => {
            model.person_edit(who, &issue, &operations).map(nothing)
        }
        HulyDeed::DeleteIssue { issue } => model.person_delete(who, &issue).map(nothing),
        HulyDeed::MoveIssue { issue, project } => {
            model.person_move(who, &issue, &project).map(nothing)
        }
        HulyDeed::Comment { issue, words } => model.person_comment(who, &issue, &words).map(id),
        HulyDeed::Describe { issue, markup } => {
            model.person_describe(who, &issue, &markup);
            Ok(json!({}))
        }
        HulyDeed::Type { issue, markup } => {
            Ok(json!({ "typed": model.type_text(&issue, &markup, who.primary()) }))
        }
        HulyDeed::CloseText { issue } => {
            model.close_text(&issue);
            Ok(json!({}))
        }
        HulyDeed::ExpireTokens => {
            model.expire_tokens();
            Ok(json!({}))
        }
        HulyDeed::LateBookkeeping { after_ms } => {
            model.set_bookkeeping(Bookkeeping::Late { after_ms });
            Ok(json!({}))
        }
    }
}

pub(super) fn do_in_vibe(model: &mut Vibe, deed: VibeDeed) -> Result<Value, Refusal> {
    let nothing = |()| json!({});
    match deed {
        VibeDeed::CreateProject { name, path } => {
            let new = match (model.generation(), path) {
                (Generation::L1, path) => NewProject::L1 {
                    name,
                    git_repo_path: path.unwrap_or_default(),
                    use_existing_repo: false,
                    scripts: Scripts::default(),
                },
                (Generation::L2, path) => NewProject::L2 {
                    name,
                    repositories: path
                        .into_iter()
                        .map(|path| (path.rsplit('/').next().unwrap_or("").to_owned(), path))
                        .collect(),
                },
            };
            model
                .create_project(new)
                .map(|row| json!({ "id": row.get("id") }))
        }
        VibeDeed::RenameProject { project, name } => {
            model.rename_project(project, &name).map(nothing)
        }
        VibeDeed::DeleteProject { project } => model.delete_project(project).map(nothing),
        VibeDeed::CreateTask {
            project,
            title,
            description,
            status,
        } => {
            let task = model.create_task(NewTask {
                project_id: project,
                title,
                description,
                status: None,
                parent: None,
                image_ids: None,
            })?;
            model.update_task(
                task.id,
                TaskUpdate {
                    status,
                    ..TaskUpdate::default()
                },
            )?;
            Ok(json!({ "id": task.id }))
        }
        VibeDeed::EditTask {
            task,
            title,
            description,
            status,
        } => model
            .update_task(
                task,
                TaskUpdate {
                    title,
                    status,
                    description,
                    ..TaskUpdate::default()
                },
            )
            .map(|_| json!({})),
        VibeDeed::DeleteTask { task } => model.delete_task(task).map(nothing),
        VibeDeed::AgentStarts { task } => model.agent_starts(task, "CODEX").map(nothing),
        VibeDeed::AgentEnds { task, failed } => model.agent_ends(task, failed).map(nothing),
        VibeDeed::AgentMerges { task } => model.agent_merges(task).map(nothing),
        VibeDeed::PutRace { ms } => {
            model.put_race_ms = ms;
            Ok(json!({}))
        }
        VibeDeed::RestoreBackup { without_newest } => {
            model.restore_backup(without_newest);
            Ok(json!({}))
        }
    }
}
