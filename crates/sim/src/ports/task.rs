//! Rows of the model of Vibe Kanban as the engine's values, and what a write must say.

use std::sync::Arc;

use engine::codes;
use engine::port::{Answer, BoardProject, UpdateJob};
use http_kit::{Error, Kind};
use sync_core::{
    footer::{self, Footer, Marker, Writer},
    ids::{Generation as Copy, ItemId, LinkId, Millis, ProjectId, StatusId, StoreId},
    item::{Extra, Field, FieldSet, Item, TextVersion, Value, Values},
    plan::Change,
};
use uuid::Uuid;

use super::failure::VIBE;
use crate::vibe::{Generation, Project, Status, Task, TaskUpdate};

/// The route that errors about a task name.
const TASK_SHOWN: &str = "/api/tasks/{id}";

/// The five statuses in board order, by their wire words.
pub(super) const STATUSES: [(Status, &str); 5] = [
    (Status::Todo, "todo"),
    (Status::InProgress, "inprogress"),
    (Status::InReview, "inreview"),
    (Status::Done, "done"),
    (Status::Cancelled, "cancelled"),
];

fn word(status: Status) -> &'static str {
    let found = STATUSES.iter().find(|(known, _)| *known == status);
    found.map_or("", |(_, word)| word)
}

/// A status by its word; another one is refused before anything is sent.
pub(super) fn status(id: &StatusId) -> Answer<Status> {
    let found = STATUSES.iter().find(|(_, word)| *word == id.as_str());
    found.map(|(status, _)| *status).ok_or_else(|| {
        let unknown = Error::new(Kind::Rejected, codes::STATUS_WORD, VIBE, TASK_SHOWN);
        unknown.with_detail(format!("`{id}` is none of the board's statuses"))
    })
}

pub(super) fn uuid(what: &str, id: &str) -> Answer<Uuid> {
    id.parse().map_err(|error: uuid::Error| {
        let bad = Error::new(Kind::Fatal, codes::BAD_ID, VIBE, "(id)");
        bad.with_detail(format!("the {what} id `{id}` is no uuid"))
            .with_source(error)
    })
}

pub(super) fn precondition(words: String) -> Error {
    Error::new(Kind::Conflict, codes::PRECONDITION, VIBE, TASK_SHOWN).with_detail(words)
}

pub(super) fn unsupported(what: &'static str) -> Error {
    Error::new(Kind::Fatal, codes::UNSUPPORTED, VIBE, what)
        .with_detail("the local api cannot do this; ask the capabilities first")
}

/// A task: footer cut from the text, blank descriptions as none. `listed` rows tell of agents.
pub(super) fn item(task: &Task, listed: bool) -> Item {
    let split = footer::split(task.description.as_deref().unwrap_or_default());
    let body: Arc<str> = match split.body.trim() {
        "" => "".into(),
        _ => split.body.into(),
    };
    Item {
        id: ItemId::new(task.id.to_string()),
        label: None,
        kind: None,
        values: Values {
            title: task.title.as_str().into(),
            description: TextVersion::of_text(&body),
            status: Some(StatusId::from(word(task.status))),
            extra: Extra::default(),
        },
        text: Some(body),
        footer: split.footer,
        modified: Some(Millis(task.updated_at)),
        created: Some(Millis(task.created_at)),
        agent: listed && task.has_in_progress_attempt,
        unseen: FieldSet::EMPTY,
    }
}

/// A project; only the older shape shows its repository.
pub(super) fn project(project: &Project, generation: Generation) -> BoardProject {
    BoardProject {
        id: ProjectId::new(project.id.to_string()),
        label: None,
        name: project.name.as_str().into(),
        description: None,
        archived: false,
        member: true,
        repository: match generation {
            Generation::L1 => Some(project.git_repo_path.as_str().into()),
            Generation::L2 => None,
        },
        modified: None,
    }
}

pub(super) fn with_footer(body: &str, footer: Option<&Footer>) -> String {
    footer.map_or_else(|| body.to_owned(), |footer| footer::compose(body, footer))
}

/// The footer from now on: the given one, with the attempt that the standing one names.
fn next_footer(job: &UpdateJob, standing: Option<Footer>) -> Option<Footer> {
    let ours = standing.as_ref().and_then(|footer| footer.marker);
    let mut next = job.footer.clone().or(standing);
    if let Some(footer) = &mut next {
        if let (Some(mine), Some(old)) = (&mut footer.marker, ours)
            && made_by(*mine)
                == made_by(Marker {
                    store: mine.store,
                    ..old
                })
        {
            mine.attempt = old.attempt;
        }
        footer.note.clone_from(&job.note);
        return next;
    }
    job.note.as_ref().map(|note| Footer {
        writer: Writer::Ours,
        label: None,
        url: None,
        marker: None,
        note: Some(Arc::clone(note)),
    })
}

/// What one PUT must say to carry out a job on a task that stands as `now`.
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
            ) => return Err(unsupported(TASK_SHOWN)),
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

/// What makes two markers the same counterpart: everything but the attempt.
pub(super) const fn made_by(marker: Marker) -> (StoreId, LinkId, Copy) {
    (marker.store, marker.link, marker.generation)
}
