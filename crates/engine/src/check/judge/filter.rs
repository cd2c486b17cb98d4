//! Names of `[filter]` that nothing in Huly bears: a run refuses them, so they are errors here.

use std::sync::Arc;

use sync_core::filter::{UnknownName, unknown_names};

use crate::{
    check::{Finding, HulySeen, Subject, title},
    codes,
    settings::Settings,
};

/// At most so many existing names are told beside one that does not exist.
const NAMES: usize = 20;

pub(super) fn judge(huly: &HulySeen, settings: &Settings) -> Vec<Finding> {
    let unknown = unknown_names(&settings.filter, &huly.names);
    unknown
        .iter()
        .map(|unknown| finding(unknown, huly))
        .collect()
}

fn finding(unknown: &UnknownName, huly: &HulySeen) -> Finding {
    let UnknownName { key, name, nearest } = unknown;
    let known = |names: &Option<Vec<Arc<str>>>| names.clone().unwrap_or_default();
    let (what, there) = match *key {
        // a project may be named by its id, too, but nobody reads a list of ids
        "filter.project" => (
            "project",
            huly.projects
                .iter()
                .map(|project| title(project).into())
                .collect(),
        ),
        "filter.status" => ("status", known(&huly.names.statuses)),
        "filter.label" => ("label", known(&huly.names.labels)),
        _ => ("person", known(&huly.names.people)),
    };
    let near: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    let near = match near.as_slice() {
        [] => String::new(),
        near => format!("did you mean {}? ", near.join(" or ")),
    };
    let shown: Vec<&str> = there.iter().take(NAMES).map(|name| &**name).collect();
    let more = match there.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let there = if shown.is_empty() {
        "there is none".to_owned()
    } else {
        format!("there are: {}{more}", shown.join(", "))
    };
    Finding::error(
        codes::FILTER_NAME,
        Subject::Filter(key),
        format!("Huly has no {what} {name}, which `{key}` names"),
    )
    .remedy(format!("{near}{there}"))
}
