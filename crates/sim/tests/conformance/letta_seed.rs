//! A Letta server in the state before a recorded request, made from the recorded answer.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sim::clock::Clock;
use sim::letta::{Agent, LettaModel, Version};

use crate::fixture::Fixture;
use crate::letta_rows::{agent, before, block, file, folder, message, tool};

pub(crate) const FREE: &str = "letta/letta-free";
/// Unix microseconds before anything was recorded.
pub(crate) const START_US: i64 = 1_795_243_000_000_000;

pub(crate) fn seeded(fixture: &Fixture) -> LettaModel {
    let mut letta =
        LettaModel::new(Clock::by_hand(1_795_245_840_000), 7).with_password("<password>");
    if fixture.name.starts_with("v0166_") {
        letta = letta.of_version(Version::V0_16_6);
    }
    letta.answer = "stub: hello from the fake model".into();
    match (fixture.text("/request/method"), fixture.status()) {
        ("GET", 200) => for_read(&mut letta, fixture),
        (_, 200..300) => for_write(&mut letta, fixture),
        _ => for_refusal(&mut letta, fixture),
    }
    letta
}

fn path(fixture: &Fixture) -> &str {
    let whole = fixture.text("/request/path");
    whole.split('?').next().unwrap()
}

fn query(fixture: &Fixture, wanted: &str) -> Vec<String> {
    let whole = fixture.text("/request/path");
    let (_, query) = whole.split_once('?').unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// The ids of a kind in the path, in order.
fn ids(fixture: &Fixture, kind: &str) -> Vec<String> {
    let is_it = |part: &&str| {
        part.strip_prefix(kind)
            .is_some_and(|rest| rest.starts_with('-'))
    };
    path(fixture)
        .split('/')
        .filter(is_it)
        .map(str::to_owned)
        .collect()
}

fn rows(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(rows) => rows.clone(),
        Value::Null => Vec::new(),
        row => vec![row.clone()],
    }
}

fn for_read(letta: &mut LettaModel, fixture: &Fixture) {
    let body = fixture.at("/response/body");
    let rows = rows(body);
    for id in ids(fixture, "agent") {
        if !rows.iter().any(|row| row["id"] == json!(id)) {
            letta.load_agent(agent(&json!({ "id": id })));
        }
    }
    match path(fixture) {
        "/v1/agents/count" => {
            for _ in 0..body.as_u64().unwrap() {
                letta.load_agent(agent(&json!({})));
            }
        }
        "/v1/blocks/count" => {
            for _ in 0..body.as_u64().unwrap() {
                letta.load_block(block(&json!({}), 0));
            }
        }
        "/v1/folders/count" => {
            for _ in 0..body.as_u64().unwrap() {
                letta.load_folder(folder(&json!({})));
            }
        }
        "/v1/tags/" => letta.load_agent(Agent {
            tags: vec!["project:DEMO".into(), "huly-vibe-sync".into()],
            ..agent(&json!({}))
        }),
        "/v1/tools/" if query(fixture, "limit").len() == 1 => {
            for (row, at) in rows.iter().zip(1..) {
                letta.load_tool(tool(row, 100 - at));
            }
        }
        "/v1/tools/" | "/v1/models/" | "/v1/models/embedding" => {}
        "/v1/agents/" => listed_agents(letta, fixture, &rows),
        _ => load_rows(letta, fixture, &rows),
    }
}

/// What stands there beside what the answer shows: the cursor before it, and rows that filters leave out.
fn listed_agents(letta: &mut LettaModel, fixture: &Fixture, rows: &[Value]) {
    let is_there = |id: &String| !id.contains("garbage") && !id.contains("123e4567");
    for cursor in query(fixture, "after").into_iter().filter(is_there) {
        letta.load_agent(Agent {
            created_at: START_US,
            ..agent(&json!({ "id": cursor }))
        });
    }
    if rows.is_empty() && fixture.text("/request/path").contains('?') {
        letta.load_agent(Agent {
            name: "Huly - Demo Project".into(),
            tags: vec!["huly-vibe-sync".into(), "project:DEMO".into()],
            created_at: START_US - 1,
            ..agent(&json!({}))
        });
    }
    let is_whole = ["limit", "after"]
        .iter()
        .all(|name| query(fixture, name).is_empty());
    if !rows.is_empty() && is_whole {
        letta.load_agent(agent(&json!({ "name": "left out by the filters" })));
    }
    load_rows(letta, fixture, rows);
}

fn load_rows(letta: &mut LettaModel, fixture: &Fixture, rows: &[Value]) {
    let whole = fixture.text("/request/path");
    let is_newest_first = whole.contains("/core-memory/blocks") && !whole.contains("order=asc");
    for (row, at) in rows.iter().zip(1_i64..) {
        let place = if is_newest_first { 100 - at } else { at };
        if row.get("llm_config").is_some() {
            load_agent(letta, fixture, row);
        } else if row.get("message_type").is_some() {
            letta.load_message(message(row, &ids(fixture, "agent")[0]));
        } else if row.get("file_type").is_some() {
            letta.load_file(file(row));
        } else if row.get("embedding_config").is_some() {
            letta.load_folder(folder(row));
            attach(letta, fixture, |agent| {
                agent.folders.push(row["id"].as_str().unwrap().into());
            });
        } else if let Some(blocks) = row.get("blocks") {
            load_rows(letta, fixture, &self::rows(blocks));
        } else if row.get("label").is_some() {
            letta.load_block(block(row, place));
            let id = row["id"].as_str().unwrap().to_owned();
            attach(letta, fixture, |agent| agent.blocks.push(id.clone()));
        } else if let Some(id) = row.as_str().filter(|id| id.starts_with("agent-")) {
            letta.load_agent(Agent {
                folders: ids(fixture, "source"),
                ..agent(&json!({ "id": id }))
            });
        } else if row.is_string() {
            letta.load_folder(folder(&json!({ "id": row, "name": "Huly-DEMO" })));
        }
    }
    load_others(letta, fixture);
}

/// What is in the path or in the way of a filter, but not in the answer.
fn load_others(letta: &mut LettaModel, fixture: &Fixture) {
    let known: BTreeSet<String> = letta
        .blocks()
        .iter()
        .map(|block| block.id.clone())
        .collect();
    for id in ids(fixture, "block") {
        if !known.contains(&id) {
            letta.load_block(block(&json!({ "id": id }), 0));
        }
    }
    for id in ids(fixture, "source") {
        if letta.folder(&id).is_err() {
            letta.load_folder(folder(&json!({ "id": id, "name": "Huly-DEMO" })));
        }
    }
    match path(fixture) {
        "/v1/blocks/" if query(fixture, "limit").is_empty() => {
            if !query(fixture, "connected_to_agents_count_eq").is_empty() {
                letta.load_block(block(&json!({ "id": "block-attached" }), 0));
                letta.load_agent(Agent {
                    blocks: vec!["block-attached".into()],
                    ..agent(&json!({}))
                });
            } else if query(fixture, "name").is_empty() {
                letta.load_block(block(&json!({ "label": "another" }), 0));
            } else {
                let name = if letta.blocks().is_empty() {
                    "my-template"
                } else {
                    "another"
                };
                let row = json!({ "template_name": name, "is_template": true });
                letta.load_block(block(&row, 0));
            }
        }
        "/v1/folders/" if !query(fixture, "name").is_empty() => {
            letta.load_folder(folder(&json!({ "name": "another" })));
        }
        _ => {}
    }
}

/// Changes the agent of the path, where there is one.
fn attach(letta: &mut LettaModel, fixture: &Fixture, change: impl Fn(&mut Agent)) {
    for id in ids(fixture, "agent") {
        let known = letta.agents().iter().find(|agent| agent.id == id).cloned();
        if let Some(mut agent) = known {
            change(&mut agent);
            let mut backup = letta.clone();
            backup.delete_agent(&id).unwrap();
            backup.load_agent(agent);
            *letta = backup;
        }
    }
}

/// An agent with its blocks and tools, and with tags that are shown only to whoever names them.
fn load_agent(letta: &mut LettaModel, fixture: &Fixture, row: &Value) {
    let mut agent = agent(row);
    for (block_row, at) in row["blocks"].as_array().unwrap().iter().zip(1..) {
        let block = block(block_row, at);
        agent.blocks.push(block.id.clone());
        letta.load_block(block);
    }
    for (tool_row, at) in row["tools"].as_array().unwrap().iter().zip(1..) {
        let tool = tool(tool_row, at);
        agent.tools.push(tool.id.clone());
        letta.load_tool(tool);
    }
    if let Some(id) = row.pointer("/managed_group/id").and_then(Value::as_str) {
        agent.twin = Some((id.into(), "agent-twin".into()));
    }
    let is_read = fixture.text("/request/method") == "GET";
    if is_read && agent.tags.is_empty() {
        agent.tags = query(fixture, "tags");
        agent.tags.push("not shown".into());
    }
    if is_read && agent.blocks.is_empty() {
        agent.blocks = ids(fixture, "block");
        letta.load_block(block(&json!({ "id": format!("block-of-{}", agent.id) }), 0));
        agent.blocks.push(format!("block-of-{}", agent.id));
    }
    letta.load_agent(agent);
}

fn for_write(letta: &mut LettaModel, fixture: &Fixture) {
    let row = match fixture.at("/response/body") {
        Value::Object(_) => before(fixture),
        _ => Value::Null,
    };
    let is_create = fixture.text("/request/method") == "POST";
    if is_create && path(fixture) == "/v1/agents/" {
        for id in rows(fixture.at("/request/body/block_ids")) {
            let shown = rows(fixture.at("/response/body/blocks"));
            let known = shown.into_iter().find(|row| row["id"] == id);
            if fixture.name != "agent_create_block_ids_unknown" {
                let row = known.unwrap_or(json!({ "id": id, "label": "hotspots" }));
                letta.load_block(block(&row, 0));
            }
        }
    } else if path(fixture).contains("/upload") {
        for_upload(letta, fixture);
    } else if row.get("llm_config").is_some() {
        for_agent(letta, fixture, &row);
    } else if !is_create || fixture.name.contains("message") {
        for id in ids(fixture, "agent") {
            letta.load_agent(agent(&json!({ "id": id })));
        }
        if row.get("label").is_some() || row.get("embedding_config").is_some() {
            load_rows(letta, fixture, &[row]);
        }
        for id in ids(fixture, "tool") {
            letta.load_tool(tool(&json!({ "id": id, "name": "t" }), 1));
        }
        for id in ids(fixture, "file") {
            let folder = &ids(fixture, "source")[0];
            letta.load_file(file(&json!({ "id": id, "source_id": folder })));
        }
        load_others(letta, fixture);
    }
    if fixture.name == "agent_folder_attach_again" {
        attach(letta, fixture, |agent| {
            agent.folders = ids(fixture, "source");
        });
    }
}

fn for_agent(letta: &mut LettaModel, fixture: &Fixture, row: &Value) {
    load_agent(letta, fixture, row);
    for id in ids(fixture, "tool") {
        letta.load_tool(tool(&json!({ "id": id, "name": "t" }), 1));
    }
    load_others(letta, fixture);
    let named = ids(fixture, "block");
    match fixture.name.as_str() {
        "agent_block_attach" => attach(letta, fixture, |agent| {
            agent.blocks.retain(|known| !named.contains(known));
        }),
        "agent_block_detach" => attach(letta, fixture, |agent| agent.blocks.extend(named.clone())),
        "agent_modify_block_ids" => {
            letta.load_block(block(
                &json!({ "id": "block-before", "label": "before" }),
                0,
            ));
            attach(letta, fixture, |agent| {
                agent.blocks = vec!["block-before".into()];
            });
        }
        _ => {}
    }
}

fn for_upload(letta: &mut LettaModel, fixture: &Fixture) {
    load_others(letta, fixture);
    let folder = &ids(fixture, "source")[0];
    let there = match fixture.name.as_str() {
        "folder_upload_duplicate_skip" => Some("DEMO-README_(1).md"),
        name if name.contains("duplicate") => Some("DEMO-README.md"),
        _ => None,
    };
    if let Some(name) = there {
        letta.load_file(file(&json!({ "source_id": folder, "file_name": name,
            "original_file_name": "DEMO-README.md", "file_type": "text/x-markdown", "file_size": 47 })));
    }
}

fn for_refusal(letta: &mut LettaModel, fixture: &Fixture) {
    let row = |label: &str, value: &str, limit: u64| {
        let id = ids(fixture, "block").pop();
        json!({ "id": id.unwrap_or("block-1".into()), "label": label, "value": value, "limit": limit })
    };
    let agent_is_there = !fixture.name.contains("agent_404")
        && ![
            "error_404_agent",
            "agent_modify_404",
            "agent_delete_again_404",
        ]
        .contains(&fixture.name.as_str());
    for id in ids(fixture, "agent").into_iter().filter(|_| agent_is_there) {
        letta.load_agent(agent(&json!({ "id": id })));
    }
    let attach_block = |letta: &mut LettaModel, row: &Value| {
        letta.load_block(block(row, 0));
        attach(letta, fixture, |agent| {
            agent.blocks.push(row["id"].as_str().unwrap().into());
        });
    };
    let z = "z".repeat(50);
    match fixture.name.as_str() {
        "agent_block_attach_same_label" => {
            letta.load_block(block(&row("hotspots", "", 10), 0));
            let other = json!({ "id": "block-other", "label": "hotspots" });
            attach_block(letta, &other);
        }
        "agent_block_detach_again" | "block_modify_422" | "agent_block_attach_agent_404" => {
            letta.load_block(block(&row("x", "", 10), 0));
        }
        "block_modify_conflict_409" => {
            letta.load_block(block(&row("x", "v1", 10), 0));
            letta.busy_block(&ids(fixture, "block")[0], 1);
        }
        "v0166_block_modify_over_limit" => letta.load_block(block(&row("x", "x", 10), 0)),
        "v0166_block_modify_over_limit_same_body" | "v0166_block_modify_limit_below_value" => {
            letta.load_block(block(&row("x", &z, 60), 0));
        }
        "v0166_agent_block_modify_by_label_over_limit" => attach_block(letta, &row("m", "v", 5)),
        "folder_create_duplicate" => {
            letta.load_folder(folder(&json!({ "name": "Huly-DEMO" })));
        }
        "folder_file_delete_again" => load_others(letta, fixture),
        "agent_message_send_llm_unreachable" => {
            letta.unreachable.insert(FREE.into());
        }
        name if name.starts_with("folder_upload") => for_upload(letta, fixture),
        _ => {}
    }
}
