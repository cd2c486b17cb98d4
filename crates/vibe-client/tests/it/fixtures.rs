//! Every recorded answer of both servers: successes decode into the typed answer of their route, failures map to
//! their kind and code. A file that no rule covers fails.

use std::collections::BTreeSet;
use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_kit::{Call, Effect, Kind, Reply, Verdict};
use serde_json::Value;
use vibe_client::{Project, Status, Task, classify, codes, decode, route};

/// No pairs of request and answer, but measurements.
const MEASUREMENTS: [&str; 3] = ["concurrency", "latency", "tasks-ws-ordering"];

/// Recorded failures: file (with or without its folder), kind, code.
#[rustfmt::skip]
const FAILURES: &[(&str, Kind, &str)] = &[
    ("cors-preflight", Kind::Fatal, codes::VIBE_ROUTE_MISSING),
    ("v0.1.14/cors-preflight", Kind::Fatal, codes::VIBE_ORIGIN),
    ("health-outside-api", Kind::Fatal, codes::VIBE_HTML),
    ("v0.1.14/origin-foreign", Kind::Fatal, codes::VIBE_ORIGIN),
    ("v0.1.14/origin-null", Kind::Fatal, codes::VIBE_ORIGIN),
    ("project-create-dup-repo-name", Kind::Rejected, codes::VIBE_REPOSITORY_TWICE),
    ("project-create-dup-repo-path", Kind::Rejected, codes::VIBE_REPOSITORY_TWICE),
    ("project-create-malformed-json", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("project-create-missing-name", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("project-create-missing-path", Kind::Rejected, codes::VIBE_PATH_MISSING),
    ("project-create-missing-use-existing", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("project-create-new-shape", Kind::Fatal, codes::VIBE_SHAPE_CHANGED),
    ("project-create-no-content-type", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("project-create-old-shape", Kind::Fatal, codes::VIBE_SHAPE_CHANGED),
    ("project-create-path-is-file", Kind::Rejected, codes::VIBE_PATH_NOT_DIRECTORY),
    ("project-create-path-not-git", Kind::Rejected, codes::VIBE_PATH_NOT_GIT),
    ("project-create-relative-path", Kind::Rejected, codes::VIBE_PATH_MISSING),
    ("project-create-repositories-absent", Kind::Fatal, codes::VIBE_SHAPE_CHANGED),
    ("v0.0.115/project-create-same-path", Kind::Conflict, codes::VIBE_PATH_TAKEN),
    ("project-create-wrong-content-type", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("project-delete-again", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("project-get-bad-uuid", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("project-get-unknown", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("project-patch-not-allowed", Kind::Fatal, codes::VIBE_ROUTE_MISSING),
    ("project-put-path-of-other", Kind::Conflict, codes::VIBE_PATH_TAKEN),
    ("project-put-unknown", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("project-repository-add-again", Kind::Rejected, codes::VIBE_REPOSITORY_TWICE),
    ("repo-init-again", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("task-create-bad-project-uuid", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("v0.1.14/task-create-bad-status", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("task-create-body-2mib-plus-1", Kind::Rejected, codes::VIBE_TOO_LARGE),
    ("task-create-lone-surrogate", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("task-create-malformed-json", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("task-create-missing-project", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("task-create-missing-title", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("task-create-no-content-type", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("task-create-not-object", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("v0.1.14/task-create-status-case", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("task-create-title-null", Kind::Rejected, codes::VIBE_BAD_VALUE),
    // L1 names the foreign key. (Its task with an unknown image is stored all the same; no image is ever sent.)
    ("v0.0.115/task-create-unknown-image", Kind::Rejected, codes::VIBE_PROJECT_UNKNOWN),
    ("v0.0.115/task-create-unknown-parent", Kind::Rejected, codes::VIBE_PROJECT_UNKNOWN),
    ("v0.0.115/task-create-unknown-project", Kind::Rejected, codes::VIBE_PROJECT_UNKNOWN),
    ("v0.0.115/task-put-unknown-parent", Kind::Rejected, codes::VIBE_PROJECT_UNKNOWN),
    // L2 does not: the client then asks for the project (tasks.rs).
    ("v0.1.14/task-create-unknown-image", Kind::Unknown, codes::VIBE_HTTP_500),
    ("v0.1.14/task-create-unknown-parent", Kind::Unknown, codes::VIBE_HTTP_500),
    ("v0.1.14/task-create-unknown-project", Kind::Unknown, codes::VIBE_HTTP_500),
    ("v0.1.14/task-put-unknown-parent", Kind::Unknown, codes::VIBE_HTTP_500),
    ("task-delete-again", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("task-delete-bad-uuid", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("task-get-after-delete", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("task-get-after-project-delete", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("task-get-bad-uuid", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("task-get-unknown", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("task-patch-not-allowed", Kind::Fatal, codes::VIBE_ROUTE_MISSING),
    ("task-patch-unknown-id", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("task-put-after-delete", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("task-put-bad-status", Kind::Rejected, codes::VIBE_BAD_VALUE),
    ("task-put-bad-uuid", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("task-put-unknown", Kind::Conflict, codes::VIBE_NOT_FOUND),
    ("tasks-bulk-not-a-route", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("tasks-list-bad-project", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("tasks-list-no-project", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("tasks-ws-bad-uuid", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("v0.1.14/tasks-ws-foreign-origin", Kind::Fatal, codes::VIBE_ORIGIN),
    ("tasks-ws-no-project", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("tasks-ws-plain-get", Kind::Rejected, codes::VIBE_BAD_REQUEST),
    ("trailing-slash", Kind::Fatal, codes::VIBE_HTML),
    ("unknown-api-route-post", Kind::Fatal, codes::VIBE_ROUTE_MISSING),
    ("unknown-api-route", Kind::Fatal, codes::VIBE_HTML),
];

/// The route template of a recorded request.
fn template(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["api", "health"] => route::HEALTH,
        ["api", "info"] => route::INFO,
        ["api", "projects"] => route::PROJECTS,
        ["api", "projects", "stream", "ws"] => "/api/projects/stream/ws",
        ["api", "projects", id] if !id.is_empty() => route::PROJECT,
        ["api", "projects", _, "branches"] => "/api/projects/{id}/branches",
        ["api", "projects", _, "repositories", ..] => "/api/projects/{id}/repositories",
        ["api", "tasks"] => route::TASKS,
        ["api", "tasks", "create-and-start"] => "/api/tasks/create-and-start",
        ["api", "tasks", "stream", "ws"] => "/api/tasks/stream/ws",
        ["api", "tasks", _] => route::TASK,
        ["api", "repos", ..] => route::REPOS,
        ["api", "tags"] => "/api/tags",
        ["api", "events"] => "/api/events",
        _ => "(no route)",
    }
}

fn call(request: &Value) -> Call {
    let method: Method = request["method"].as_str().unwrap().parse().unwrap();
    let path = request["path"].as_str().unwrap();
    let url = format!("http://127.0.0.1:3000{path}").parse().unwrap();
    let effect = match method {
        Method::GET | Method::OPTIONS => Effect::Read,
        _ => Effect::Write,
    };
    Call::new(method, template(path), url, effect)
}

fn reply(response: &Value) -> Reply {
    let mut headers = HeaderMap::new();
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().unwrap();
        headers.insert(
            name,
            HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        );
    }
    let body = match &response["body"] {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        json => serde_json::to_vec(json).unwrap(),
    };
    let status = response["status"].as_u64().unwrap();
    Reply {
        status: StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap(),
        headers,
        body: body.into(),
        tries: 1,
    }
}

/// A task as recorded, compared field by field with what was decoded.
fn check_task(name: &str, task: &Task, raw: &Value) {
    assert_eq!(raw["id"], task.id.to_string(), "{name}");
    assert_eq!(raw["title"], task.title, "{name}");
    assert_eq!(
        raw["description"].as_str(),
        task.description.as_deref(),
        "{name}"
    );
    assert!(task.known_status().is_some(), "{name}: {}", task.status);
    let agent = raw.get("has_in_progress_attempt").and_then(Value::as_bool);
    assert_eq!(agent, task.has_in_progress_attempt, "{name}");
}

fn check_project(name: &str, project: &Project, raw: &Value) {
    assert_eq!(raw["id"], project.id.to_string(), "{name}");
    assert_eq!(raw["name"], project.name, "{name}");
    let l1 = name.starts_with("v0.0.115/");
    assert_eq!(project.git_repo_path.is_some(), l1, "{name}");
}

/// Decodes a success by its route; false where the route is none of the client's.
fn check_success(name: &str, call: &Call, reply: &Reply, raw: &Value) -> bool {
    match (&call.method, call.route) {
        (&Method::GET, route::TASKS) => {
            let tasks: Vec<Task> = decode(call, reply).unwrap();
            let rows = raw.as_array().unwrap();
            assert_eq!(tasks.len(), rows.len(), "{name}");
            tasks
                .iter()
                .zip(rows)
                .for_each(|(task, row)| check_task(name, task, row));
        }
        (&Method::GET, route::PROJECTS) => {
            let projects: Vec<Project> = decode(call, reply).unwrap();
            let rows = raw.as_array().unwrap();
            assert_eq!(projects.len(), rows.len(), "{name}");
            projects
                .iter()
                .zip(rows)
                .for_each(|(project, row)| check_project(name, project, row));
        }
        (&Method::DELETE, _) => assert!(raw.is_null(), "{name}"),
        (_, route::TASKS | route::TASK | "/api/tasks/create-and-start") => {
            check_task(name, &decode(call, reply).unwrap(), raw);
        }
        (_, route::PROJECTS | route::PROJECT) => {
            check_project(name, &decode(call, reply).unwrap(), raw);
        }
        (_, route::HEALTH) => assert_eq!(decode::<String>(call, reply).unwrap(), "OK"),
        // Used for probing only, or not at all: the envelope is what is read.
        (
            _,
            route::REPOS
            | "/api/tags"
            | "/api/projects/{id}/branches"
            | "/api/projects/{id}/repositories",
        ) => {
            decode::<Value>(call, reply).unwrap();
        }
        _ => return false,
    }
    true
}

/// The rows inside one operation of a stream.
fn check_operation(name: &str, operation: &Value) {
    let path = operation["path"].as_str().unwrap();
    let rows: Vec<&Value> = match (path, &operation["value"]) {
        (_, Value::Null) => return,
        ("/tasks" | "/projects", rows) => rows.as_object().unwrap().values().collect(),
        (_, row) => vec![row],
    };
    for row in rows {
        if path.starts_with("/tasks") {
            check_task(name, &serde_json::from_value(row.clone()).unwrap(), row);
        } else if path.starts_with("/projects") {
            check_project(name, &serde_json::from_value(row.clone()).unwrap(), row);
        }
    }
}

/// Recorded streams: every row in every frame decodes.
fn check_stream(name: &str, file: &Value) {
    let first = file["response"].get("first_frame");
    let frames = file["frames"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|frame| &frame["frame"]);
    for frame in first.into_iter().chain(frames) {
        for operation in frame["JsonPatch"].as_array().into_iter().flatten() {
            check_operation(name, operation);
        }
    }
    let lines = ["lines_first", "lines_live"].map(|key| file[key].as_array());
    for line in lines.into_iter().flatten().flatten() {
        let data = line
            .as_str()
            .unwrap()
            .strip_prefix("data: ")
            .unwrap_or("[]");
        // The recording cuts long lines.
        let operations: Vec<Value> = serde_json::from_str(data).unwrap_or_default();
        for operation in &operations {
            check_operation(name, operation);
        }
    }
}

fn check(name: &str, file: &Value, used: &mut BTreeSet<&str>) {
    let stem = name.split('/').next_back().unwrap();
    if MEASUREMENTS.contains(&stem) {
        return assert!(file.get("request").is_none(), "{name}");
    }
    let (call, reply) = (call(&file["request"]), reply(&file["response"]));
    let stream = reply.status == 101 || call.route == "/api/events";
    if stream {
        return check_stream(name, file);
    }
    if call.route == route::INFO {
        let keys = file["response"]["body_keys"]["data.config"]
            .as_array()
            .unwrap();
        return assert!(keys.contains(&"last_app_version".into()), "{name}");
    }
    let rules = FAILURES.iter();
    let by_name = rules.clone().find(|(file, ..)| *file == name);
    let rule = by_name.or_else(|| rules.clone().find(|(file, ..)| *file == stem));
    match (classify(&call, &reply), rule) {
        (Verdict::Success, None) => {
            let raw = &file["response"]["body"]["data"];
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
            used.insert(key);
        }
        (verdict, rule) => panic!("{name}: {verdict:?} against {rule:?}"),
    }
}

#[test]
fn every_recorded_file_is_covered() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut used = BTreeSet::new();
    let mut files = 0;
    for folder in ["v0.0.115", "v0.1.14"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let file = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            check(&format!("{folder}/{stem}"), &file, &mut used);
            files += 1;
        }
    }
    assert_eq!(
        files, 268,
        "files are added with a rule and removed with theirs"
    );
    let unused: Vec<_> = FAILURES
        .iter()
        .filter(|(key, ..)| !used.contains(key))
        .collect();
    assert!(unused.is_empty(), "rules without a file: {unused:?}");
}

#[test]
fn recorded_texts_are_read_and_written_again_exactly() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for folder in ["v0.0.115", "v0.1.14"] {
        for stem in [
            "task-create-unicode",
            "task-create-nul",
            "task-create-whitespace-title",
        ] {
            let path = root.join(folder).join(format!("{stem}.json"));
            let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let task: Task =
                serde_json::from_value(file["response"]["body"]["data"].clone()).unwrap();
            let sent = &file["request"]["body"];
            assert_eq!(sent["title"], task.title, "{folder}/{stem}");
            assert_eq!(
                sent["description"].as_str(),
                task.description.as_deref(),
                "{folder}/{stem}"
            );
            let again: Task = serde_json::from_slice(&serde_json::to_vec(&task).unwrap()).unwrap();
            assert_eq!(again, task);
        }
    }
}

#[test]
fn statuses_have_the_spelling_of_the_wire_only() {
    for status in Status::ALL {
        assert_eq!(status.as_str().parse(), Ok(status));
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
    assert_eq!("InProgress".parse::<Status>(), Err("InProgress".to_owned()));
}

#[test]
fn every_code_has_a_meaning_and_a_remedy_and_stands_once() {
    let mut seen = BTreeSet::new();
    for (code, meaning, remedy) in codes::CODES {
        assert!(code.starts_with("VIBE_") && seen.insert(code), "{code}");
        assert!(meaning.ends_with('.') && remedy.ends_with('.'), "{code}");
    }
}
