//! A place where agents live, with nothing unique in it, and what can go wrong there.

mod sink;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use engine::{
    inform::{Found, InformSettings, Pattern, Places, Shown, ShownBlock, Traits, hash},
    port::Answer,
};
use http_kit::{Error, Kind};
use sync_core::digest::{DigestOptions, OwnTexts};

/// How agents are told there.
pub(crate) fn settings() -> InformSettings {
    InformSettings {
        concurrency: 4,
        deadline: Duration::from_secs(30),
        write_deadline: Duration::from_secs(15),
        late_create: Duration::from_secs(30),
        check_every: Duration::from_hours(24),
        give_up_after: Duration::from_hours(24),
        again: true,
        exclude: [].into(),
        digest: DigestOptions::default(),
        own: OwnTexts::default(),
        places: Places::default(),
    }
}

/// What happens to the next call of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It fails and does nothing.
    Fails(Kind),
    /// It is carried out, and its answer is lost.
    Unanswered,
    /// Its answer is lost, and it is carried out only when [`Shelf::land`] says so.
    Late,
    /// It takes this long.
    Slow(Duration),
}

/// Calls by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    List,
    Read,
    Create,
    Remove,
    Write,
    Pattern,
    Reshape,
    Clear,
}

#[derive(Clone, Debug)]
struct Agent {
    found: Found,
    blocks: BTreeMap<String, (String, bool)>,
    traits: Traits,
}

#[derive(Debug, Default)]
struct State {
    agents: Vec<Agent>,
    late: Vec<Agent>,
    /// What agents left behind, by id.
    orphans: BTreeMap<String, String>,
    pattern: Pattern,
    /// Labels of blocks that are never taken.
    refused: BTreeSet<String>,
    calls: BTreeMap<Call, usize>,
    mishaps: BTreeMap<Call, VecDeque<Mishap>>,
    next: u32,
}

impl State {
    fn remove(&mut self, id: &str) {
        let is_it = |agent: &&Agent| &*agent.found.id == id;
        for agent in self.agents.iter().filter(is_it) {
            let blocks = agent.blocks.iter();
            self.orphans
                .extend(blocks.map(|(label, (value, _))| (format!("{id}/{label}"), value.clone())));
        }
        self.agents.retain(|agent| &*agent.found.id != id);
    }
}

/// The place. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Arc<Mutex<State>>);

impl Shelf {
    fn state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    /// What happens to the next calls of a kind, one after the other.
    pub(crate) fn mishaps(&self, call: Call, mishaps: impl IntoIterator<Item = Mishap>) {
        self.state(|state| state.mishaps.entry(call).or_default().extend(mishaps));
    }

    /// What was carried out late lands now.
    pub(crate) fn land(&self) {
        self.state(|state| {
            let late = std::mem::take(&mut state.late);
            state.agents.extend(late);
        });
    }

    pub(crate) fn calls(&self) -> BTreeMap<Call, usize> {
        self.state(|state| std::mem::take(&mut state.calls))
    }

    /// Names and blocks of the agents of all projects.
    pub(crate) fn agents(&self) -> Vec<(String, BTreeMap<String, String>)> {
        self.state(|state| {
            let text = |agent: &Agent| {
                let blocks = agent.blocks.iter();
                blocks
                    .map(|(label, (value, _))| (label.clone(), value.clone()))
                    .collect()
            };
            let agents = state.agents.iter();
            agents
                .map(|agent| (agent.found.id.to_string(), text(agent)))
                .collect()
        })
    }

    /// The one agent that there is.
    pub(crate) fn the_agent(&self) -> (String, BTreeMap<String, String>) {
        let mut agents = self.agents();
        assert_eq!(agents.len(), 1, "{agents:?}");
        agents.remove(0)
    }

    /// Somebody makes an agent that bears a project's tags; a copy bears what hvs wrote into it, too.
    pub(crate) fn put(&self, like: &str, is_copy: bool) -> String {
        self.state(|state| {
            let mut agent = state
                .agents
                .iter()
                .find(|agent| &*agent.found.id == like)
                .unwrap()
                .clone();
            state.next += 1;
            agent.found.id = format!("agent-{}", state.next).into();
            agent.found.made = agent.found.made.filter(|_| is_copy);
            let id = agent.found.id.to_string();
            state.agents.push(agent);
            id
        })
    }

    /// Somebody removes an agent; its blocks stay.
    pub(crate) fn delete(&self, id: &str) {
        self.state(|state| state.remove(id));
    }

    /// What new agents are made like from now on.
    pub(crate) fn be_like(&self, pattern: Pattern) {
        self.state(|state| state.pattern = pattern);
    }

    /// What the one agent is.
    pub(crate) fn traits(&self) -> Traits {
        self.state(|state| state.agents[0].traits.clone())
    }

    /// Somebody makes the one agent something else.
    pub(crate) fn make_it(&self, change: impl FnOnce(&mut Traits)) {
        self.state(|state| change(&mut state.agents[0].traits));
    }

    /// Blocks of this label are refused, or are not any more.
    pub(crate) fn refuse(&self, label: &str, refused: bool) {
        self.state(|state| {
            if refused {
                state.refused.insert(label.to_owned());
            } else {
                state.refused.remove(label);
            }
        });
    }

    /// Ids of blocks that no agent has.
    pub(crate) fn orphans(&self) -> Vec<String> {
        self.state(|state| state.orphans.keys().cloned().collect())
    }

    /// Somebody changes a block.
    pub(crate) fn edit(&self, id: &str, label: &str, value: &str) {
        self.block(id, label, |(held, _)| value.clone_into(held));
    }

    /// Somebody lets the agent write a block.
    pub(crate) fn open(&self, id: &str, label: &str) {
        self.block(id, label, |(_, read_only)| *read_only = false);
    }

    /// Whether the agent cannot write a block.
    pub(crate) fn is_read_only(&self, id: &str, label: &str) -> bool {
        self.block(id, label, |(_, read_only)| *read_only)
    }

    fn block<T>(&self, id: &str, label: &str, look: impl FnOnce(&mut (String, bool)) -> T) -> T {
        self.state(|state| {
            let mut agents = state.agents.iter_mut();
            let agent = agents.find(|agent| &*agent.found.id == id).unwrap();
            look(agent.blocks.get_mut(label).unwrap())
        })
    }

    async fn call<T>(&self, call: Call, act: impl FnOnce(&mut State) -> Answer<T>) -> Answer<T> {
        tokio::task::yield_now().await;
        let mishap = self.state(|state| {
            *state.calls.entry(call).or_default() += 1;
            state.mishaps.get_mut(&call).and_then(VecDeque::pop_front)
        });
        match mishap {
            None => self.state(act),
            Some(Mishap::Slow(time)) => {
                tokio::time::sleep(time).await;
                self.state(act)
            }
            Some(Mishap::Fails(kind)) => Err(error(kind)),
            Some(Mishap::Unanswered) => {
                self.state(act)?;
                Err(error(Kind::Unknown))
            }
            Some(Mishap::Late) => {
                self.state(|state| {
                    let before = state.agents.len();
                    act(state)?;
                    let late = state.agents.split_off(before);
                    state.late.extend(late);
                    Ok::<(), Error>(())
                })?;
                Err(error(Kind::Unknown))
            }
        }
    }
}

fn error(kind: Kind) -> Error {
    let error = Error::new(kind, "SHELF", "shelf", "call").with_detail("as the test wants it");
    match kind {
        Kind::Conflict => error.with_status(404),
        Kind::Rejected => error.with_status(422),
        Kind::Transient => error.with_status(503),
        Kind::Unknown | Kind::Fatal => error,
    }
}

fn shown(agent: &Agent) -> Shown {
    Shown {
        found: agent.found.clone(),
        blocks: agent
            .blocks
            .iter()
            .map(|(label, (value, read_only))| ShownBlock {
                id: format!("{}/{label}", agent.found.id).into(),
                label: label.as_str().into(),
                hash: hash(value),
                read_only: *read_only,
            })
            .collect(),
        traits: agent.traits.clone(),
    }
}
