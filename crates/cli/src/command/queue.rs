//! `hvs queue`: writes that are under way, and items that are tried again.

use std::collections::HashSet;

use engine::report::Exit;
use store::{
    Store,
    port::{Letter, Operation},
    row::{DeadLetter, Dirty, Intent, IntentState, LetterState},
};
use sync_core::{
    Side,
    ids::{ItemId, LinkId, Millis},
    item::Field,
};

use super::person;
use crate::{
    args::{
        dlq::Pick,
        queue::{Queue, QueueList},
    },
    config::Config,
    connect,
    failure::Failure,
    output,
};

/// Something that waits.
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) state: &'static str,
    pub(crate) side: Side,
    pub(crate) field: Option<Field>,
    pub(crate) item: String,
    pub(crate) tries: u32,
    pub(crate) error: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) since: Millis,
    /// `None`: by the next run.
    pub(crate) next_try: Option<Millis>,
    row: Row,
}

/// Where it stands in the store.
enum Row {
    Intent,
    Letter(Letter, LinkId),
    Dirty(Dirty),
}

/// Lists, shows or retries.
pub(crate) async fn run(config: &Config, queue: Queue) -> Result<Exit, Failure> {
    match queue {
        Queue::List(QueueList { project, json }) => {
            let waiting = match connect::find_store(config).await? {
                Some(store) => all(store.as_ref(), &project).await?,
                None => Vec::new(),
            };
            output::queue::list(&waiting, json.json)?;
        }
        Queue::Show(pick) => {
            let store = person::store(config, person::NOTHING_WAITS).await?;
            let waiting = picked(store.as_ref(), &pick).await?;
            output::queue::show(&waiting, pick.json.json)?;
        }
        Queue::Retry(pick) => retry(config, pick).await?,
    }
    Ok(Exit::Done)
}

async fn retry(config: &Config, pick: Pick) -> Result<(), Failure> {
    let store = person::writable(config, person::NOTHING_WAITS).await?;
    let waiting = picked(store.as_ref(), &pick).await?;
    let now = person::now();
    let mut operation = Operation::default();
    for one in &waiting {
        match &one.row {
            // settled by looking at the start of every run
            Row::Intent => continue,
            Row::Letter(letter, link) => {
                operation.due.push(letter.clone());
                operation
                    .dirty
                    .extend(person::look_again(store.as_ref(), *link).await?);
            }
            Row::Dirty(dirty) => operation.dirty.push(Dirty {
                next_try: now,
                ..dirty.clone()
            }),
        }
        operation
            .deeds
            .push(person::deed("retry", &one.item, "the next run tries it"));
    }
    let mut seen = HashSet::new();
    // the rows that count tries come last and stand
    operation.dirty.reverse();
    operation
        .dirty
        .retain(|row| seen.insert((row.project, row.side, row.item.clone())));
    let done = store.operate(&operation, now).await;
    done.map_err(person::changed)?;
    output::queue::retried(&waiting, pick.json.json)
}

async fn picked(store: &dyn Store, pick: &Pick) -> Result<Vec<Waiting>, Failure> {
    let mut waiting = all(store, &pick.project).await?;
    for word in &pick.items {
        if !waiting
            .iter()
            .any(|one| person::names(word, &one.id, &one.item))
        {
            return Err(person::none(
                word,
                "nothing waits that is called",
                "hvs queue list",
            ));
        }
    }
    if !pick.items.is_empty() {
        let is_named = |one: &Waiting| {
            pick.items
                .iter()
                .any(|word| person::names(word, &one.id, &one.item))
        };
        waiting.retain(is_named);
    }
    Ok(waiting)
}

/// Everything that waits in some projects, or in all: writes, values, and items for which no value stands.
async fn all(store: &dyn Store, only: &[String]) -> Result<Vec<Waiting>, Failure> {
    let projects = person::projects(store, only).await?;
    let mut waiting = Vec::new();
    let mut linked: HashSet<LinkId> = HashSet::new();
    for intent in store.live_intents(None, person::MOST).await? {
        if projects.contains_key(&intent.project) {
            linked.extend(intent.link);
            waiting.push(of_intent(&intent));
        }
    }
    for letter in store.letters(None, person::MOST).await? {
        if projects.contains_key(&letter.project) && letter.state == LetterState::Waiting {
            linked.insert(letter.link);
            waiting.push(of_letter(&letter));
        }
    }
    let mut ids: Vec<_> = projects.keys().copied().collect();
    ids.sort();
    for project in ids {
        for dirty in store.dirty(project, Millis(i64::MAX), person::MOST).await? {
            let item: &[ItemId] = std::slice::from_ref(&dirty.item);
            let links = store.links_of_items(dirty.side, item).await?;
            let link = links.first().map(|(_, link)| link);
            // told already, by what is to be written
            if link.is_some_and(|link| linked.contains(&link.id)) {
                continue;
            }
            let label = link.and_then(|link| link.label.as_deref());
            let label = label.unwrap_or(dirty.item.as_str()).to_owned();
            waiting.push(of_dirty(dirty, label));
        }
    }
    Ok(waiting)
}

fn of_intent(intent: &Intent) -> Waiting {
    let label = intent.payload.get("label").and_then(|label| label.as_str());
    let state = match intent.state {
        IntentState::Planned => "pending",
        IntentState::Sent
        | IntentState::Done
        | IntentState::Failed
        | IntentState::Dead
        | IntentState::Dropped => "sent",
    };
    Waiting {
        id: intent.key.0.to_string().chars().take(8).collect(),
        state,
        side: intent.side,
        field: None,
        item: label.unwrap_or(&intent.kind).to_owned(),
        tries: intent.attempt,
        error: intent.error.as_deref().map(str::to_owned),
        message: None,
        since: intent.sent_at.unwrap_or(intent.planned_at),
        next_try: None,
        row: Row::Intent,
    }
}

fn of_letter(letter: &DeadLetter) -> Waiting {
    Waiting {
        id: output::dlq::id(letter),
        state: "waiting",
        side: letter.side,
        field: letter.field,
        item: letter.label.to_string(),
        tries: letter.tries,
        error: Some(letter.code.to_string()),
        message: Some(letter.message.to_string()),
        since: letter.since,
        next_try: Some(letter.next_try),
        row: Row::Letter(Letter::from(letter), letter.link),
    }
}

fn of_dirty(dirty: Dirty, label: String) -> Waiting {
    Waiting {
        id: dirty.item.as_str().chars().take(8).collect(),
        state: "dirty",
        side: dirty.side,
        field: None,
        item: label,
        tries: dirty.tries,
        error: Some(dirty.code.to_string()),
        message: None,
        since: dirty.since,
        next_try: Some(dirty.next_try),
        row: Row::Dirty(dirty),
    }
}
