//! Every recorded answer of the routes in use: successes decode into the typed answer of their route, failures map to
//! their kind and code. A file that no rule covers fails.

use std::collections::BTreeSet;
use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_kit::{Call, Effect, Kind, Reply, Verdict};
use letta_client::{
    Agent, AgentSummary, Block, Folder, FolderFile, Model, RunId, Tool, classify, codes, decode,
    route,
};
use serde_json::Value;

/// Recorded failures: file, kind, code.
#[rustfmt::skip]
const FAILURES: &[(&str, Kind, &str)] = &[
    ("agent_block_attach_404", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("agent_block_attach_agent_404", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("agent_block_attach_same_label", Kind::Conflict, codes::LETTA_TWIN),
    ("agent_block_detach_again", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("agent_block_label_with_slash", Kind::Fatal, codes::LETTA_ROUTE_MISSING),
    ("agent_blocks_list_trailing_slash", Kind::Fatal, codes::LETTA_REDIRECT),
    ("agent_create_bad_model_handle", Kind::Rejected, codes::LETTA_HANDLE),
    ("agent_create_bad_name", Kind::Rejected, codes::LETTA_NAME),
    ("agent_create_name_with_dot_parens", Kind::Rejected, codes::LETTA_NAME),
    ("agent_create_no_model_400", Kind::Rejected, codes::LETTA_HANDLE),
    ("agent_create_unknown_model_404", Kind::Rejected, codes::LETTA_HANDLE),
    ("agent_delete_again_404", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("agent_get_include_bogus_422", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("agent_message_send_llm_unreachable", Kind::Unknown, codes::LETTA_PROVIDER),
    ("agent_modify_404", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("agents_create_no_trailing_slash", Kind::Fatal, codes::LETTA_REDIRECT),
    ("agents_list_limit_negative", Kind::Transient, codes::LETTA_HTTP_500),
    ("agents_list_limit_not_int", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("agents_list_no_trailing_slash", Kind::Fatal, codes::LETTA_REDIRECT),
    ("appserver_http_agents_404", Kind::Fatal, codes::LETTA_APP_SERVER),
    ("block_create_no_label_422", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("block_delete_again_404", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("block_get_404", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("block_modify_404", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("block_modify_422", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("block_modify_conflict_409", Kind::Transient, codes::LETTA_LOCK_RACE),
    ("error_401_no_auth", Kind::Fatal, codes::LETTA_UNAUTHORIZED),
    ("error_401_wrong_password", Kind::Fatal, codes::LETTA_UNAUTHORIZED),
    ("error_404_agent", Kind::Conflict, codes::LETTA_NOT_FOUND),
    ("error_404_unknown_route", Kind::Fatal, codes::LETTA_ROUTE_MISSING),
    ("error_405_method", Kind::Fatal, codes::LETTA_ROUTE_MISSING),
    ("error_422_bad_id", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("error_422_bad_json", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("error_422_enum", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("error_422_types", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("folder_create_duplicate", Kind::Conflict, codes::LETTA_TWIN),
    ("folder_create_no_embedding", Kind::Rejected, codes::LETTA_HANDLE),
    ("folder_upload_duplicate_error", Kind::Rejected, codes::LETTA_BAD_VALUE),
    ("folder_upload_unsupported", Kind::Rejected, codes::LETTA_FILE_TYPE),
    ("health_get_no_trailing_slash", Kind::Fatal, codes::LETTA_REDIRECT),
    ("v0166_agent_block_modify_by_label_over_limit", Kind::Rejected, codes::LETTA_TOO_LONG),
    ("v0166_agent_create_block_over_limit", Kind::Rejected, codes::LETTA_TOO_LONG),
    ("v0166_block_create_over_default_limit", Kind::Rejected, codes::LETTA_TOO_LONG),
    ("v0166_block_create_over_limit", Kind::Rejected, codes::LETTA_TOO_LONG),
    ("v0166_block_modify_limit_below_value", Kind::Rejected, codes::LETTA_TOO_LONG),
    ("v0166_block_modify_over_limit", Kind::Rejected, codes::LETTA_TOO_LONG),
    ("v0166_block_modify_over_limit_same_body", Kind::Rejected, codes::LETTA_TOO_LONG),
];

/// The route of a recorded request.
fn template(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path.trim_matches('/').split('/').skip(1).collect();
    match parts.as_slice() {
        ["health"] => route::HEALTH,
        ["models"] => route::MODELS,
        ["models", "embedding"] => route::EMBEDDINGS,
        ["agents"] => route::AGENTS,
        ["agents", _] => route::AGENT,
        ["agents", _, "core-memory", "blocks"] => route::AGENT_BLOCKS,
        ["agents", _, "core-memory", "blocks", "attach", _] => route::BLOCK_ATTACH,
        ["agents", _, "core-memory", "blocks", "detach", _] => route::BLOCK_DETACH,
        ["agents", _, "core-memory", "blocks", _] => "(block by label: errors only)",
        ["agents", _, "folders", "attach", _] => route::FOLDER_ATTACH,
        ["agents", _, "folders", "detach", _] => route::FOLDER_DETACH,
        ["agents", _, "messages", "async"] => route::MESSAGES,
        ["agents", _, "messages"] => "(message: errors only)",
        ["blocks"] => route::BLOCKS,
        ["blocks", _] => route::BLOCK,
        ["blocks", _, "agents"] => route::BLOCK_AGENTS,
        ["tools"] => route::TOOLS,
        ["folders"] => route::FOLDERS,
        ["folders", _, "files"] => route::FOLDER_FILES,
        ["folders", _, "upload"] => route::UPLOAD,
        _ => "(no route)",
    }
}

fn call(request: &Value) -> Call {
    let method: Method = request["method"].as_str().unwrap().parse().unwrap();
    let path = request["path"].as_str().unwrap();
    let url = format!("http://127.0.0.1:8283{path}").parse().unwrap();
    let effect = match method {
        Method::GET => Effect::Read,
        _ => Effect::Write,
    };
    Call::new(method, template(path), url, effect)
}

fn reply(response: &Value) -> Reply {
    let mut headers = HeaderMap::new();
    for (name, value) in response["headers"].as_object().unwrap() {
        let name: HeaderName = name.parse().unwrap();
        let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
        headers.insert(name, value);
    }
    let is_json = headers
        .get("content-type")
        .is_some_and(|kind| kind == "application/json");
    let body = match &response["body"] {
        Value::String(text) if !is_json => text.clone().into_bytes(),
        json => serde_json::to_vec(json).unwrap(),
    };
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: body.into(),
        tries: 1,
    }
}

fn check_agent(name: &str, agent: &Agent, raw: &Value) {
    assert_eq!(raw["id"], agent.id.to_string(), "{name}");
    assert_eq!(raw["name"], agent.name, "{name}");
    assert_eq!(
        raw["tags"],
        serde_json::to_value(&agent.tags).unwrap(),
        "{name}"
    );
    assert_eq!(raw["model"].as_str(), agent.model.as_deref(), "{name}");
    assert_eq!(
        raw["description"].as_str(),
        agent.description.as_deref(),
        "{name}"
    );
    let blocks = raw["blocks"].as_array().unwrap();
    assert_eq!(agent.blocks.len(), blocks.len(), "{name}");
    agent
        .blocks
        .iter()
        .zip(blocks)
        .for_each(|(block, raw)| check_block(name, block, raw));
    let tools = raw["tools"].as_array().unwrap();
    assert_eq!(agent.tools.len(), tools.len(), "{name}");
    assert!(!agent.is_twin(), "{name}");
}

fn check_summary(name: &str, agent: &AgentSummary, raw: &Value) {
    assert_eq!(raw["id"], agent.id.to_string(), "{name}");
    assert_eq!(raw["name"], agent.name, "{name}");
    assert_eq!(
        raw["tags"],
        serde_json::to_value(&agent.tags).unwrap(),
        "{name}"
    );
    assert_eq!(
        raw["created_at"].as_str(),
        agent.created_at.as_deref(),
        "{name}"
    );
    assert_eq!(
        agent.is_twin(),
        agent.name.ends_with("-sleeptime"),
        "{name}"
    );
}

fn check_block(name: &str, block: &Block, raw: &Value) {
    assert_eq!(raw["id"], block.id.to_string(), "{name}");
    assert_eq!(raw["label"], block.label, "{name}");
    assert_eq!(raw["value"], block.value, "{name}");
    assert_eq!(raw["limit"].as_u64(), block.limit, "{name}");
    assert_eq!(raw["read_only"], block.read_only, "{name}");
    assert_eq!(
        raw["description"].as_str(),
        block.description.as_deref(),
        "{name}"
    );
}

/// Each row beside its raw form.
fn check_rows<T>(name: &str, rows: &[T], raw: &Value, check: impl Fn(&str, &T, &Value)) {
    let raw = raw.as_array().unwrap();
    assert_eq!(rows.len(), raw.len(), "{name}");
    rows.iter()
        .zip(raw)
        .for_each(|(row, raw)| check(name, row, raw));
}

fn check_folder(name: &str, folder: &Folder, raw: &Value) {
    assert_eq!(raw["id"], folder.id.to_string(), "{name}");
    assert_eq!(raw["name"], folder.name, "{name}");
}

fn check_file(name: &str, file: &FolderFile, raw: &Value) {
    assert_eq!(raw["id"], file.id.to_string(), "{name}");
    assert_eq!(raw["file_name"], file.file_name, "{name}");
    let status = raw["processing_status"].as_str();
    assert_eq!(status, file.processing_status.as_deref(), "{name}");
}

fn check_tool(name: &str, tool: &Tool, raw: &Value) {
    assert_eq!(raw["id"], tool.id.to_string(), "{name}");
    assert_eq!(raw["name"], tool.name, "{name}");
}

fn check_model(name: &str, model: &Model, raw: &Value) {
    assert_eq!(raw["handle"], model.handle, "{name}");
    assert!(model.handle.contains('/'), "{name}");
}

/// Decodes a success by its route; false where the route is none of the client's.
fn check_success(name: &str, call: &Call, reply: &Reply, raw: &Value) -> bool {
    fn read<T: serde::de::DeserializeOwned>(call: &Call, reply: &Reply) -> T {
        decode(call, reply).unwrap()
    }
    match (&call.method, call.route) {
        // The successor's own list of models is none of ours, and must not pass for an empty one.
        _ if name == "appserver_http_models" => {
            let error = decode::<Vec<Model>>(call, reply).unwrap_err();
            assert_eq!(
                (error.kind(), error.code()),
                (Kind::Fatal, codes::LETTA_SHAPE)
            );
        }
        (&Method::DELETE, route::AGENT | route::BLOCK) => {}
        (&Method::GET, route::HEALTH) => assert_eq!(raw["version"], "0.16.8"),
        (&Method::GET, route::AGENTS | route::BLOCK_AGENTS) => {
            check_rows(name, &read::<Vec<_>>(call, reply), raw, check_summary);
        }
        (_, route::AGENTS | route::AGENT) => check_agent(name, &read(call, reply), raw),
        (_, route::BLOCK_ATTACH | route::BLOCK_DETACH) => {
            check_agent(name, &read::<Option<_>>(call, reply).unwrap(), raw);
        }
        (&Method::GET, route::BLOCKS | route::AGENT_BLOCKS) => {
            check_rows(name, &read::<Vec<_>>(call, reply), raw, check_block);
        }
        (_, route::BLOCKS | route::BLOCK) => check_block(name, &read(call, reply), raw),
        (&Method::GET, route::MODELS | route::EMBEDDINGS) => {
            check_rows(name, &read::<Vec<_>>(call, reply), raw, check_model);
        }
        (&Method::GET, route::TOOLS) => {
            check_rows(name, &read::<Vec<_>>(call, reply), raw, check_tool);
        }
        (&Method::GET, route::FOLDERS) => {
            check_rows(name, &read::<Vec<_>>(call, reply), raw, check_folder);
        }
        (_, route::FOLDERS) => check_folder(name, &read(call, reply), raw),
        (&Method::GET, route::FOLDER_FILES) => {
            check_rows(name, &read::<Vec<_>>(call, reply), raw, check_file);
        }
        (_, route::UPLOAD) => check_file(name, &read(call, reply), raw),
        (_, route::FOLDER_ATTACH | route::FOLDER_DETACH) => assert!(raw.is_null(), "{name}"),
        (_, route::MESSAGES) => {
            let run: Value = read(call, reply);
            assert!(
                run["id"].as_str().unwrap().parse::<RunId>().is_ok(),
                "{name}"
            );
        }
        _ => return false,
    }
    true
}

#[test]
fn every_recorded_file_is_covered() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut used = BTreeSet::new();
    let mut files = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (call, reply) = (call(&file["request"]), reply(&file["response"]));
        let rule = FAILURES.iter().find(|(file, ..)| *file == name);
        match (classify(&call, &reply), rule) {
            (Verdict::Success, None) => {
                let raw = &file["response"]["body"];
                assert!(
                    check_success(name, &call, &reply, raw),
                    "{name}: no rule covers it"
                );
            }
            (Verdict::Failed { kind, code, detail }, Some((key, expected, expected_code))) => {
                assert_eq!(
                    (kind, code),
                    (*expected, *expected_code),
                    "{name}: {detail}"
                );
                for inner in ["sqlalchemy", "actor", "'input'", "[SQL"] {
                    assert!(!detail.contains(inner), "{name}: {detail}");
                }
                used.insert(*key);
            }
            (verdict, rule) => panic!("{name}: {verdict:?} against {rule:?}"),
        }
        files += 1;
    }
    assert_eq!(
        files, 153,
        "files are added with a rule and removed with theirs"
    );
    let unused: Vec<_> = FAILURES
        .iter()
        .filter(|(key, ..)| !used.contains(key))
        .collect();
    assert!(unused.is_empty(), "rules without a file: {unused:?}");
}

#[test]
fn every_code_has_a_meaning_and_a_remedy_and_stands_once() {
    let mut seen = BTreeSet::new();
    for (code, meaning, remedy) in codes::CODES {
        assert!(code.starts_with("LETTA_") && seen.insert(code), "{code}");
        assert!(meaning.ends_with('.') && remedy.ends_with('.'), "{code}");
    }
}
