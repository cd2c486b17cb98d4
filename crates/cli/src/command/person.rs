//! Who uses hvs, and what of the store they mean.

use std::{collections::HashMap, sync::Arc};

use engine::{
    env::{Env, System},
    report::Exit,
};
use store::{
    Store,
    port::Operation,
    row::{Deed, Dirty},
};
use sync_core::{
    Side,
    ids::{LinkId, Millis, ProjectLinkId},
};

use crate::{config::Config, connect, failure::Failure};

/// Rows of one kind that are looked through.
pub(super) const MOST: u32 = 100_000;
/// What follows where there is no store, for what waits for a person.
pub(super) const NOTHING_WAITS: &str = "there is nothing to decide";
/// Why an item is looked at again on a person's word.
const ASKED: &str = "ASKED_FOR";

/// Who it is: user and machine.
pub(crate) fn who() -> Arc<str> {
    let named = ["USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.trim().is_empty());
    let user = named.unwrap_or_else(|| match uid() {
        Some(uid) => format!("uid-{uid}"),
        None => "unknown".to_owned(),
    });
    format!("{user}@{}", engine::hostname()).into()
}

fn uid() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The row of something that this person does now.
pub(crate) fn deed(kind: &str, item: &str, effect: &str) -> Deed {
    Deed {
        at: System.now(),
        who: who(),
        kind: kind.into(),
        project: None,
        link: None,
        item: item.into(),
        effect: effect.into(),
    }
}

/// Adds rows of what was done to the history.
pub(crate) async fn note(store: &dyn Store, deeds: Vec<Deed>) -> Result<(), Failure> {
    if deeds.is_empty() {
        return Ok(());
    }
    let operation = Operation {
        deeds,
        ..Operation::default()
    };
    Ok(store.operate(&operation, now()).await?)
}

/// The store that must be there for this command, to be looked at; `so` says what follows where there is none.
pub(crate) async fn store(config: &Config, so: &str) -> Result<Arc<dyn Store>, Failure> {
    connect::find_store(config)
        .await?
        .ok_or_else(|| no_store(so))
}

/// The same, to be written to: it is not made for that.
pub(crate) async fn writable(config: &Config, so: &str) -> Result<Arc<dyn Store>, Failure> {
    if connect::exists(&config.store.path)? {
        connect::open_store(config).await
    } else {
        Err(no_store(so))
    }
}

/// Nothing is known yet.
pub(crate) fn no_store(so: &str) -> Failure {
    Failure::usage(format!("there is no store yet, so {so}"))
        .hint("`hvs sync once` makes it; check `path` in [store]: `hvs config show` prints it")
}

/// The pairs of projects of these identifiers or names, or all.
pub(crate) async fn projects(
    store: &dyn Store,
    only: &[String],
) -> Result<HashMap<ProjectLinkId, Arc<str>>, Failure> {
    let rows = store.projects().await?;
    let is = |name: &str, text: &str| name.trim().to_lowercase() == text.trim().to_lowercase();
    for name in only {
        if !rows
            .iter()
            .any(|row| is(name, &row.label) || is(name, &row.name))
        {
            return Err(
                Failure::usage(format!("no linked project is called `{name}`"))
                    .hint("`hvs status` lists them"),
            );
        }
    }
    let wanted = rows.into_iter().filter(|row| {
        only.is_empty()
            || only
                .iter()
                .any(|name| is(name, &row.label) || is(name, &row.name))
    });
    Ok(wanted.map(|row| (row.id, row.label)).collect())
}

/// Whether a word names a row: by its id, or by the identifier or title that its label begins with.
pub(crate) fn names(word: &str, id: &str, label: &str) -> bool {
    let word = word.trim().to_lowercase();
    let label = label.to_lowercase();
    word == id || word == label || label.split_whitespace().next() == Some(word.as_str())
}

/// Something was changed between the look and the word.
pub(crate) fn changed(error: store::Error) -> Failure {
    match error {
        store::Error::Changed { .. } => {
            Failure::new(Exit::Items, format!("{error}; nothing was done")).code(error.code())
        }
        other => other.into(),
    }
}

/// Rows that make the next run look at the items of a link.
pub(crate) async fn look_again(store: &dyn Store, link: LinkId) -> Result<Vec<Dirty>, Failure> {
    let now = System.now();
    let mut rows = Vec::new();
    for (project, link) in store.links_by_id(&[link]).await? {
        for (side, item) in link.items.into_sides() {
            rows.extend(item.map(|item| Dirty {
                project,
                side,
                item,
                since: now,
                next_try: now,
                tries: 0,
                code: ASKED.into(),
            }));
        }
    }
    Ok(rows)
}

/// The links of an item that is named by Huly's identifier or by the id of a task.
pub(crate) async fn links_of(store: &dyn Store, item: &str) -> Result<Vec<LinkId>, Failure> {
    let word = item.trim();
    let id = sync_core::ids::ItemId::from(word.to_lowercase().as_str());
    let by_task = store
        .links_of_items(Side::Vibe, std::slice::from_ref(&id))
        .await?;
    let mut found: Vec<LinkId> = by_task.into_iter().map(|(_, link)| link.id).collect();
    for project in store.projects().await? {
        let links = store.links(project.id).await?;
        let is_named = |label: &str| label.eq_ignore_ascii_case(word);
        found.extend(
            links
                .into_iter()
                .filter(|link| link.label.as_deref().is_some_and(is_named))
                .map(|link| link.id),
        );
    }
    found.dedup();
    Ok(found)
}

/// No row is meant by a word.
pub(crate) fn none(word: &str, what: &str, list: &str) -> Failure {
    Failure::usage(format!("{what} `{word}`")).hint(format!("`{list}` lists them"))
}

/// The moment, for rows.
pub(crate) fn now() -> Millis {
    System.now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_named_by_its_id_its_identifier_or_its_title() {
        for word in ["harb-12", "HARB-12", "c0ffee00", "harb-12 paint the boat"] {
            assert!(names(word, "c0ffee00", "HARB-12 Paint the boat"), "{word}");
        }
        for word in ["HARB-1", "paint", "c0ffee", ""] {
            assert!(!names(word, "c0ffee00", "HARB-12 Paint the boat"), "{word}");
        }
    }

    #[test]
    fn whoever_it_is_has_a_name_and_a_machine() {
        let who = who();
        let (user, host) = who.split_once('@').unwrap();
        assert!(!user.is_empty() && !host.is_empty());
    }
}
