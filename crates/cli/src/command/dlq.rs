//! `hvs dlq`: values that a service did not take, and what a person says about them.

use engine::report::Exit;
use store::{
    Store,
    port::{Letter, Operation},
    row::{DeadLetter, LetterState},
};

use super::person;
use crate::{
    args::dlq::{Dlq, List, Pick},
    config::Config,
    connect,
    failure::Failure,
    output,
};

/// Lists, shows, retries or drops.
pub(crate) async fn run(config: &Config, dlq: Dlq) -> Result<Exit, Failure> {
    match dlq {
        Dlq::List(asked) => list(config, asked).await,
        Dlq::Show(pick) => {
            let store = person::store(config, person::NOTHING_WAITS).await?;
            let letters = picked(store.as_ref(), &pick, is_dead).await?;
            output::dlq::show(&letters, pick.json.json)?;
            Ok(Exit::Done)
        }
        Dlq::Retry(pick) => act(config, pick, Act::Retry).await,
        Dlq::Drop(pick) => act(config, pick, Act::Drop).await,
    }
}

/// What a person does with letters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Retry,
    Drop,
}

impl Act {
    const fn word(self) -> &'static str {
        match self {
            Act::Retry => "retry",
            Act::Drop => "drop",
        }
    }

    /// What it does to one letter, for the history.
    const fn effect(self) -> &'static str {
        match self {
            Act::Retry => "the next run sends it once more",
            Act::Drop => "it is told no more, and sent only when it changes",
        }
    }
}

const fn is_dead(letter: &DeadLetter) -> bool {
    match letter.state {
        LetterState::Dead | LetterState::Dropped => true,
        LetterState::Waiting => false,
    }
}

const fn is_told(letter: &DeadLetter) -> bool {
    match letter.state {
        LetterState::Dead => true,
        LetterState::Dropped | LetterState::Waiting => false,
    }
}

async fn list(config: &Config, asked: List) -> Result<Exit, Failure> {
    let letters = match connect::find_store(config).await? {
        None => Vec::new(),
        Some(store) => {
            let projects = person::projects(store.as_ref(), &asked.project).await?;
            let mut letters = store.letters(None, person::MOST).await?;
            letters.retain(|letter| {
                projects.contains_key(&letter.project)
                    && (is_told(letter) || asked.dropped && is_dead(letter))
            });
            letters
        }
    };
    output::dlq::list(&letters, asked.json.json)?;
    Ok(Exit::Done)
}

/// The letters that are meant, of those that count here.
pub(super) async fn picked(
    store: &dyn Store,
    pick: &Pick,
    counts: fn(&DeadLetter) -> bool,
) -> Result<Vec<DeadLetter>, Failure> {
    let projects = person::projects(store, &pick.project).await?;
    let mut letters = store.letters(None, person::MOST).await?;
    letters.retain(|letter| counts(letter) && projects.contains_key(&letter.project));
    let is_named = |word: &str, letter: &DeadLetter| {
        person::names(word, &output::dlq::id(letter), &letter.label)
    };
    for word in &pick.items {
        if !letters.iter().any(|letter| is_named(word, letter)) {
            return Err(person::none(
                word,
                "there is no dead letter",
                "hvs dlq list",
            ));
        }
    }
    if !pick.items.is_empty() {
        letters.retain(|letter| pick.items.iter().any(|word| is_named(word, letter)));
    }
    Ok(letters)
}

async fn act(config: &Config, pick: Pick, act: Act) -> Result<Exit, Failure> {
    let store = person::writable(config, person::NOTHING_WAITS).await?;
    let counts = match act {
        Act::Retry => is_dead,
        Act::Drop => is_told,
    };
    let letters = picked(store.as_ref(), &pick, counts).await?;
    let mut operation = Operation::default();
    for letter in &letters {
        match act {
            Act::Retry => {
                operation.retry.push(Letter::from(letter));
                let rows = person::look_again(store.as_ref(), letter.link).await?;
                operation.dirty.extend(rows);
            }
            Act::Drop => operation.drop.push(Letter::from(letter)),
        }
        let mut deed = person::deed(act.word(), &letter.label, act.effect());
        deed.project = Some(letter.project);
        deed.link = Some(letter.link);
        operation.deeds.push(deed);
    }
    operation
        .dirty
        .sort_by(|a, b| (a.side, &a.item).cmp(&(b.side, &b.item)));
    operation
        .dirty
        .dedup_by(|a, b| (a.side, &a.item) == (b.side, &b.item));
    if !letters.is_empty() {
        let done = store.operate(&operation, person::now()).await;
        done.map_err(person::changed)?;
    }
    output::dlq::acted(&letters, act.word(), act == Act::Retry, pick.json.json)?;
    Ok(Exit::Done)
}
