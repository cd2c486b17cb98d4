//! Agents that are given up, beside other dead letters.

use serde_json::{Value, json};
use sync_core::{ids::Millis, item::TextVersion};

use super::table;
use crate::{
    codes,
    command::given_up::{Agents, GivenUp},
    words,
};

/// Names it on the command line: the same as long as it stands.
pub(crate) fn id(one: &GivenUp) -> String {
    let text = format!("agent:{}", one.project.id);
    let version = TextVersion::of_text(&text);
    version.as_str().chars().take(8).collect()
}

/// For people.
pub(crate) fn label(one: &GivenUp) -> String {
    format!("{} (agent)", one.project.label)
}

fn since(one: &GivenUp) -> Millis {
    one.agent.failing_since.unwrap_or(one.agent.checked_at)
}

/// What of it.
fn part(one: &GivenUp) -> String {
    if one.blocks.is_empty() {
        "(agent)".to_owned()
    } else {
        words::clean(&one.blocks.join(", "))
    }
}

/// A row of the list.
pub(crate) fn row(one: &GivenUp) -> Vec<String> {
    vec![
        id(one),
        "Letta".to_owned(),
        part(one),
        words::time(since(one)),
        one.agent.tries.to_string(),
        words::clean(&one.agent.code),
        words::clean(&label(one)),
    ]
}

/// All that is known, line by line.
pub(crate) fn facts(one: &GivenUp) -> String {
    let agent = &one.agent;
    let mut rows = vec![
        ("id", id(one)),
        ("item", words::clean(&label(one))),
        ("side", "Letta".to_owned()),
        ("blocks", part(one)),
        ("state", agent.state.word().to_owned()),
        ("since", words::time(since(one))),
        ("tries", agent.tries.to_string()),
        ("code", words::clean(&agent.code)),
        (
            "message",
            words::clean(&codes::told_once(&agent.message, &agent.code)),
        ),
    ];
    if let Some(agent) = &agent.agent {
        rows.push(("agent", words::clean(agent)));
    }
    if let Some(remedy) = codes::remedy(&agent.code) {
        rows.push(("what to do", remedy));
    }
    table::facts(&rows)
}

/// One line of the status.
pub(crate) fn line(one: &GivenUp) -> String {
    let agent = &one.agent;
    format!(
        "{} the agent of {}, {}: {} (since {}) [{}]",
        words::styled(words::BAD.bold(), "given up:"),
        words::clean(&one.project.label),
        part(one),
        words::clean(&codes::told_once(&agent.message, &agent.code)),
        words::time(since(one)),
        words::clean(&agent.code),
    )
}

/// The same for programs.
pub(crate) fn document(one: &GivenUp) -> Value {
    let agent = &one.agent;
    json!({
        "id": id(one), "item": label(one), "link": null, "side": "letta", "field": null, "blocks": one.blocks,
        "project": one.project.label, "agent": agent.agent,
        "state": agent.state, "since": words::exact_time(since(one)), "tries": agent.tries,
        "code": agent.code, "message": agent.message, "what_to_do": codes::remedy(&agent.code),
    })
}

/// How many of them know the latest, and how many do not.
pub(crate) fn counts(agents: &Agents) -> String {
    let Agents {
        told,
        waiting,
        stuck: _,
        dead,
    } = agents;
    let dead = dead.len() as u64;
    let mut text = format!("{} told", words::grouped(*told));
    for (count, what) in [(*waiting, "waiting"), (dead, "given up")] {
        if count > 0 {
            text = format!("{text}, {} {what}", words::grouped(count));
        }
    }
    text
}

/// The same for programs.
pub(crate) fn counts_document(agents: &Agents) -> Value {
    json!({
        "told": agents.told, "waiting": agents.waiting, "stuck": agents.stuck, "given_up": agents.dead.len(),
        "list": agents.dead.iter().map(document).collect::<Vec<_>>(),
    })
}
