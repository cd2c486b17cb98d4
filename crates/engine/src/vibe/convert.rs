//! Wire types to the common model and back, without I/O.

use std::sync::Arc;

use http_kit::{Error, Kind};
use sync_core::{
    footer::{self, Footer},
    ids::{ItemId, Millis, ProjectId, StatusId},
    item::{Extra, Field, FieldSet, Item, TextVersion, Value, Values},
    plan::Change,
};
use vibe_client::{Status, Task, TaskUpdate, VibeProjectId, VibeTaskId};

use crate::{
    codes,
    port::{Answer, BoardProject, UpdateJob},
};

pub(super) fn task_id(id: &ItemId) -> Answer<VibeTaskId> {
    id.as_str()
        .parse()
        .map_err(|error| bad_id("task", id.as_str(), error))
}

pub(super) fn project_id(id: &ProjectId) -> Answer<VibeProjectId> {
    id.as_str()
        .parse()
        .map_err(|error| bad_id("project", id.as_str(), error))
}

pub(super) fn bad_id(what: &str, id: &str, error: impl Into<http_kit::BoxError>) -> Error {
    Error::new(Kind::Fatal, codes::BAD_ID, vibe_client::SERVICE, "(id)")
        .with_detail(format!("the {what} id `{id}` is no uuid"))
        .with_source(error)
}

/// A task in the common model: footer cut from the text, blank descriptions as none.
pub(super) fn item(task: &Task) -> Item {
    let split = footer::split(task.text().unwrap_or_default());
    let body: Arc<str> = if split.body.trim().is_empty() {
        "".into()
    } else {
        split.body.into()
    };
    Item {
        id: ItemId::new(task.id.to_string()),
        label: None,
        kind: None,
        values: Values {
            title: task.title.as_str().into(),
            description: TextVersion::of_text(&body),
            status: Some(StatusId::from(task.status.as_str())),
            extra: Extra::default(),
        },
        text: Some(body),
        footer: split.footer,
        modified: stamp(&task.updated_at),
        created: stamp(&task.created_at),
        agent: task.has_in_progress_attempt == Some(true),
        unseen: FieldSet::EMPTY,
    }
}

/// RFC 3339, with or without a fraction; `None` where it is something else: no decision hangs on it.
pub(super) fn stamp(text: &str) -> Option<Millis> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .map(|at| Millis(at.as_millisecond()))
}

pub(super) fn project(project: vibe_client::Project) -> BoardProject {
    BoardProject {
        id: ProjectId::new(project.id.to_string()),
        label: None,
        name: project.name.into(),
        description: None,
        archived: false,
        member: true,
        repository: project.git_repo_path.map(Into::into),
        modified: None,
    }
}

pub(super) fn unsupported(route: &'static str) -> Error {
    Error::new(Kind::Fatal, codes::UNSUPPORTED, vibe_client::SERVICE, route)
        .with_detail("the local api cannot do this; ask the capabilities first")
}

/// A status by its wire word; a word of no local server is refused before anything is sent.
pub(super) fn status(id: &StatusId) -> Answer<Status> {
    id.as_str().parse().map_err(|word| {
        Error::new(
            Kind::Rejected,
            codes::STATUS_WORD,
            vibe_client::SERVICE,
            vibe_client::route::TASK,
        )
        .with_detail(format!("`{word}` is none of the board's statuses"))
    })
}

pub(super) fn precondition(words: String) -> Error {
    Error::new(
        Kind::Conflict,
        codes::PRECONDITION,
        vibe_client::SERVICE,
        vibe_client::route::TASK,
    )
    .with_detail(words)
}

/// The footer from now on: the given one, with the attempt that the standing one names.
pub(super) fn next_footer(job: &UpdateJob, standing: Option<Footer>) -> Option<Footer> {
    let ours = standing.as_ref().and_then(|footer| footer.marker);
    let mut next = job.footer.clone().or(standing);
    if let Some(footer) = &mut next {
        if let (Some(mine), Some(old)) = (&mut footer.marker, ours)
            && mine.link == old.link
            && mine.generation == old.generation
        {
            mine.attempt = old.attempt;
        }
        footer.note.clone_from(&job.note);
    } else if let Some(note) = &job.note {
        next = Some(Footer {
            writer: footer::Writer::Ours,
            label: None,
            url: None,
            marker: None,
            note: Some(Arc::clone(note)),
        });
    }
    next
}

pub(super) fn with_footer(body: &str, footer: Option<&Footer>) -> String {
    footer.map_or_else(|| body.to_owned(), |footer| footer::compose(body, footer))
}

/// What one PUT must say to carry out a job on a task that stands as `now`; only a description or a note needs to know.
pub(super) fn put(job: &UpdateJob, now: Option<&Item>) -> Answer<TaskUpdate> {
    let mut update = TaskUpdate::default();
    let mut body: Option<&str> = None;
    for Change { field, to, .. } in &job.set {
        match (field, to) {
            (Field::Title, Value::Text(title)) => update.title = Some(title.to_string()),
            (Field::Description, Value::Text(text)) => body = Some(text),
            (Field::Status, Value::Status(id)) => update.status = Some(status(id)?),
            (
                Field::Title
                | Field::Description
                | Field::Status
                | Field::Priority
                | Field::Parent
                | Field::Labels
                | Field::Assignee
                | Field::DueDate,
                _,
            ) => return Err(unsupported(vibe_client::route::TASK)),
        }
    }
    if body.is_some() || job.note.is_some() {
        let body = body
            .or(now.and_then(|now| now.text.as_deref()))
            .unwrap_or_default();
        let footer = next_footer(job, now.and_then(|now| now.footer.clone()));
        update.description = Some(with_footer(body, footer.as_ref()));
    }
    Ok(update)
}
