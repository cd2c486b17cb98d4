//! `hvs dlq`: values that a service did not take, and what a person says about them.

use engine::report::Exit;
use store::{
    Store,
    port::{Letter, Operation},
    row::{DeadLetter, LetterState},
};

use super::{
    given_up::{self, GivenUp},
    person,
};
use crate::{
    args::dlq::{Dlq, List, Pick},
    config::Config,
    connect,
    failure::Failure,
    output,
};

/// Agents that wait for a person, whether one knows or not.
const GIVEN_UP: [LetterState; 2] = [LetterState::Dead, LetterState::Dropped];

/// Lists, shows, retries or drops.
pub(crate) async fn run(config: &Config, dlq: Dlq) -> Result<Exit, Failure> {
    match dlq {
        Dlq::List(asked) => list(config, asked).await,
        Dlq::Show(pick) => {
            let store = person::store(config, person::NOTHING_WAITS).await?;
            let (letters, agents) = meant(store.as_ref(), &pick, is_dead, &GIVEN_UP).await?;
            output::dlq::show(&letters, &agents, pick.json.json)?;
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

    /// What it does to an agent.
    const fn of_agent(self) -> &'static str {
        match self {
            Act::Retry => "the next run tells it once more",
            Act::Drop => "it is shown no more, and told when there is something else to tell",
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
    let (letters, agents) = match connect::find_store(config).await? {
        None => (Vec::new(), Vec::new()),
        Some(store) => {
            let projects = person::projects(store.as_ref(), &asked.project).await?;
            let mut letters = store.letters(None, person::MOST).await?;
            letters.retain(|letter| {
                projects.contains_key(&letter.project)
                    && (is_told(letter) || asked.dropped && is_dead(letter))
            });
            let states = if asked.dropped {
                &GIVEN_UP[..]
            } else {
                &[LetterState::Dead][..]
            };
            let mut agents = given_up::given_up(store.as_ref(), states).await?;
            agents.retain(|one| projects.contains_key(&one.project.id));
            (letters, agents)
        }
    };
    output::dlq::list(&letters, &agents, asked.json.json)?;
    Ok(Exit::Done)
}

/// Letters and agents that are meant.
async fn meant(
    store: &dyn Store,
    pick: &Pick,
    counts: fn(&DeadLetter) -> bool,
    states: &[LetterState],
) -> Result<(Vec<DeadLetter>, Vec<GivenUp>), Failure> {
    let (agents, rest) = given_up::picked(store, pick, states).await?;
    let letters = match rest {
        Some(rest) => picked(store, &rest, counts).await?,
        None => Vec::new(),
    };
    Ok((letters, agents))
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
    let (counts, states): (fn(&DeadLetter) -> bool, &[LetterState]) = match act {
        Act::Retry => (is_dead, &GIVEN_UP),
        Act::Drop => (is_told, &[LetterState::Dead]),
    };
    let (letters, agents) = meant(store.as_ref(), &pick, counts, states).await?;
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
    for one in &agents {
        match act {
            Act::Retry => operation.retry_agents.push(one.project.id),
            Act::Drop => operation.drop_agents.push(one.project.id),
        }
        let mut deed = person::deed(act.word(), &output::given_up::label(one), act.of_agent());
        deed.project = Some(one.project.id);
        operation.deeds.push(deed);
    }
    operation
        .dirty
        .sort_by(|a, b| (a.side, &a.item).cmp(&(b.side, &b.item)));
    operation
        .dirty
        .dedup_by(|a, b| (a.side, &a.item) == (b.side, &b.item));
    if !letters.is_empty() || !agents.is_empty() {
        let done = store.operate(&operation, person::now()).await;
        done.map_err(person::changed)?;
    }
    output::dlq::acted(
        &letters,
        &agents,
        act.word(),
        act == Act::Retry,
        pick.json.json,
    )?;
    Ok(Exit::Done)
}
