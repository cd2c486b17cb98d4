//! `hvs history`: what runs changed and what people decided, newest first.

use engine::report::Exit;
use store::{
    Store,
    row::{Deed, HistoryRow},
};
use sync_core::ids::{LinkId, Millis};

use super::person;
use crate::{args::history::History, config::Config, connect, failure::Failure, output};

/// One line of it.
pub(crate) enum Event {
    /// A run changed something.
    Run(HistoryRow),
    /// A person did something.
    Person(Deed),
}

impl Event {
    /// When.
    pub(crate) const fn at(&self) -> Millis {
        match self {
            Event::Run(row) => row.at,
            Event::Person(deed) => deed.at,
        }
    }
}

/// Shows it.
pub(crate) async fn run(config: &Config, asked: History) -> Result<Exit, Failure> {
    let events = match (connect::find_store(config).await?, &asked.item) {
        (None, None) => Vec::new(),
        (None, Some(item)) => return Err(unknown(item)),
        (Some(store), None) => of(store.as_ref(), None, &asked).await?,
        (Some(store), Some(item)) => {
            let links = person::links_of(store.as_ref(), item).await?;
            if links.is_empty() {
                return Err(unknown(item));
            }
            let mut events = Vec::new();
            for link in links {
                events.extend(of(store.as_ref(), Some(link), &asked).await?);
            }
            events
        }
    };
    let mut events = events;
    events.sort_by_key(|event| std::cmp::Reverse(event.at()));
    events.truncate(asked.limit as usize);
    output::history::list(&events, asked.json.json)?;
    Ok(Exit::Done)
}

fn unknown(item: &str) -> Failure {
    Failure::usage(format!("no linked item is called `{item}`"))
        .hint("name an issue by its identifier (HARB-12) or a task by its id")
}

async fn of(
    store: &dyn Store,
    link: Option<LinkId>,
    asked: &History,
) -> Result<Vec<Event>, Failure> {
    let deeds = store.deeds(link, asked.limit).await?;
    let mut events: Vec<Event> = deeds.into_iter().map(Event::Person).collect();
    if !asked.people {
        let rows = store.history(link, asked.limit).await?;
        events.extend(rows.into_iter().map(Event::Run));
    }
    Ok(events)
}
