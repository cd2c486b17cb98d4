//! Journal: every remote write is an intent before it is sent (design 4.1).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::row::{Intent, IntentState};
use sync_core::{
    Pair, Side,
    digest::ChangeKind,
    footer::{Footer, Marker, Writer},
    ids::{Attempt, Generation, IntentKey, LinkId, Millis, ProjectLinkId, RunId, StoreId},
    item::{Field, Observation, TextVersion},
    link::Link,
    plan::{Action, Change, Problem, Update},
};

use crate::port::{CreateJob, UpdateJob};

/// What an intent's payload holds: the action, and what cannot be read again later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// As planned.
    pub(crate) action: Action,
    /// The source's description when this was planned: its base text once the write is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source_text: Option<Arc<str>>,
    /// Huly's stamp of the issue when this was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stamp: Option<Millis>,
    /// For people: identifier and title.
    pub(crate) label: Arc<str>,
}

/// What stands beside an action when it is journaled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// See [`Payload::source_text`].
    pub(crate) source_text: Option<Arc<str>>,
    /// See [`Payload::stamp`].
    pub(crate) stamp: Option<Millis>,
}

/// Where intents of one project's turn come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) project: ProjectLinkId,
    pub(crate) run: RunId,
    pub(crate) now: Millis,
}

/// A step with its intent row, from journal to settlement.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) intent: Intent,
    pub(crate) payload: Payload,
    pub(crate) link: LinkId,
    pub(crate) past: Past,
}

/// What earlier tries of a step may have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Past {
    /// Nothing that is not known.
    Clear,
    /// An earlier try got no answer and may still take effect.
    Unanswered,
    /// An item that an earlier create made, perhaps of another draft than this one.
    Landed,
}

/// The kind of an action, as the journal and the history have it.
pub(crate) const fn kind(action: &Action) -> &'static str {
    match action {
        Action::Create(_) => ChangeKind::Create.as_str(),
        Action::Update(_) => ChangeKind::Update.as_str(),
        Action::Cancel(_) => ChangeKind::Cancel.as_str(),
        Action::Remove(_) => ChangeKind::Remove.as_str(),
        Action::Agree(_) => "agree",
        Action::Conflict(_) => "conflict",
        Action::Problem(_) => "problem",
        Action::Notice(_) => "notice",
        Action::Phase(_) => "phase",
        Action::Relink(_) => ChangeKind::Relink.as_str(),
        Action::Forget(_) => ChangeKind::Forget.as_str(),
    }
}

impl Step {
    /// The intent of one remote action; `None` for actions that write nothing.
    pub(crate) fn new(
        action: &Action,
        link: &Link,
        label: &Arc<str>,
        beside: Beside,
        origin: Origin,
    ) -> Result<Option<Step>, serde_json::Error> {
        let Some(side) = action.target() else {
            return Ok(None);
        };
        let kind = kind(action);
        let key = match action {
            Action::Create(create) => create.key,
            Action::Update(_)
            | Action::Cancel(_)
            | Action::Remove(_)
            | Action::Agree(_)
            | Action::Conflict(_)
            | Action::Problem(_)
            | Action::Notice(_)
            | Action::Phase(_)
            | Action::Relink(_)
            | Action::Forget(_) => IntentKey::change(
                link.id,
                side,
                kind,
                link.version,
                &serde_json::to_string(action)?,
            ),
        };
        let payload = Payload {
            action: action.clone(),
            source_text: beside.source_text,
            stamp: beside.stamp,
            label: Arc::clone(label),
        };
        let intent = Intent {
            key,
            project: origin.project,
            link: Some(link.id),
            side,
            kind: kind.into(),
            state: IntentState::Planned,
            payload: serde_json::to_value(&payload)?,
            prepared: None,
            write_id: None,
            attempt: 0,
            run: origin.run,
            planned_at: origin.now,
            sent_at: None,
            error: None,
        };
        Ok(Some(Step {
            intent,
            payload,
            link: link.id,
            past: Past::Clear,
        }))
    }

    /// The step of an intent that an earlier run left.
    pub(crate) fn of_intent(intent: Intent, link: LinkId) -> Result<Step, serde_json::Error> {
        let payload = serde_json::from_value(intent.payload.clone())?;
        Ok(Step {
            intent,
            payload,
            link,
            past: Past::Clear,
        })
    }

    /// Marks it as about to be sent once more.
    pub(crate) fn send(&mut self, write_id: Arc<str>, now: Millis) {
        self.intent.state = IntentState::Sent;
        self.intent.attempt = self.intent.attempt.saturating_add(1);
        self.intent.sent_at = Some(now);
        self.intent.write_id = Some(write_id);
    }

    /// The create job, where it is a create.
    pub(crate) fn create_job(
        &self,
        store: StoreId,
        link: &Link,
        footer: &FooterTexts<'_>,
    ) -> Option<CreateJob> {
        let Action::Create(create) = &self.payload.action else {
            return None;
        };
        let footer = footer.wanted.then(|| Footer {
            writer: Writer::Ours,
            label: link.label.clone(),
            url: link.label.as_deref().and_then(|label| footer.url(label)),
            marker: Some(Marker {
                store,
                link: link.id,
                generation: create.generation,
                attempt: Attempt(self.intent.attempt.max(1)),
            }),
            note: None,
        });
        Some(CreateJob {
            key: create.key,
            draft: create.draft.clone(),
            footer,
            prepared: self.intent.prepared.clone(),
            write_id: self.intent.write_id.clone().unwrap_or_else(|| "".into()),
        })
    }
}

/// Names a value: a dead letter stands for exactly this one.
pub(crate) fn value_hash<V: Serialize + std::fmt::Debug>(value: &V) -> Arc<str> {
    let text = serde_json::to_string(value).unwrap_or_else(|_| format!("{value:?}"));
    TextVersion::of_text(&text).as_str().into()
}

/// Names the value that the planner refused to send: the one that the other side holds. It never names a value that was sent.
pub(crate) fn refused_hash(problem: &Problem, link: &Link, now: Pair<&Observation>) -> Arc<str> {
    let source = problem.side.opposite();
    let (values, text) = match now.side(source) {
        Observation::Present(item) => (&item.values, item.known_text()),
        Observation::Gone | Observation::Unseen => (link.base.side(source), None),
    };
    let hash = match problem.field {
        Some(Field::Description) => value_hash(&(&values.description, text)),
        Some(field) => value_hash(&values.value(field, None)),
        None => value_hash(&(values, text)),
    };
    format!("plan:{hash}").into()
}

/// What an action would write, by field; an item as a whole where it is made, cancelled or deleted.
pub(crate) fn values(action: &Action) -> Vec<(Option<Field>, Arc<str>)> {
    match action {
        Action::Update(update) => {
            let of = |change: &Change| (Some(change.field), value_hash(&change.to));
            update.set.iter().map(of).collect()
        }
        Action::Create(create) => vec![(None, value_hash(&(create.generation, &create.draft)))],
        Action::Cancel(cancel) => vec![(None, value_hash(&("cancel", &cancel.status)))],
        Action::Remove(remove) => vec![(None, value_hash(&("remove", &remove.item)))],
        Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => Vec::new(),
    }
}

/// How footers are written on one side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FooterTexts<'a> {
    /// Whether the side shows footers at all.
    pub(crate) wanted: bool,
    /// Address of the other side's pages, for links.
    pub(crate) browse: Option<&'a str>,
}

impl FooterTexts<'_> {
    fn url(&self, label: &str) -> Option<Arc<str>> {
        self.browse
            .map(|base| format!("{}/tracker/{label}", base.trim_end_matches('/')).into())
    }

    /// The footer of a task that hvs made, as it is written with a later description.
    pub(crate) fn of_link(
        &self,
        store: StoreId,
        link: &Link,
        side: Side,
        attempt: Attempt,
    ) -> Option<Footer> {
        (self.wanted && link.origin != side).then(|| Footer {
            writer: Writer::Ours,
            label: link.label.clone(),
            url: link.label.as_deref().and_then(|label| self.url(label)),
            marker: Some(Marker {
                store,
                link: link.id,
                generation: generation(link, side),
                attempt,
            }),
            note: None,
        })
    }
}

fn generation(link: &Link, side: Side) -> Generation {
    *link.generation.side(side)
}

/// The job of an update or a cancel; `None` for other actions.
pub(crate) fn update_job(
    step: &Step,
    project: sync_core::ids::ProjectId,
    footer: Option<Footer>,
) -> Option<UpdateJob> {
    let write_id = step.intent.write_id.clone().unwrap_or_else(|| "".into());
    match &step.payload.action {
        Action::Update(Update {
            item,
            set,
            expected,
            ..
        }) => Some(UpdateJob {
            project,
            item: item.clone(),
            set: set.clone(),
            expected: expected.clone(),
            footer,
            note: None,
            write_id,
        }),
        Action::Cancel(cancel) => {
            let set = cancel.status.iter().map(|status| Change {
                field: sync_core::item::Field::Status,
                from: cancel.expected.status.clone().map_or(
                    sync_core::item::Value::Unset,
                    sync_core::item::Value::Status,
                ),
                to: sync_core::item::Value::Status(status.clone()),
                why: sync_core::plan::Why::Edit,
            });
            Some(UpdateJob {
                project,
                item: cancel.item.clone(),
                set: set.collect(),
                expected: cancel.expected.clone(),
                footer,
                note: Some(Arc::clone(&cancel.reason)),
                write_id,
            })
        }
        Action::Create(_)
        | Action::Remove(_)
        | Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => None,
    }
}
