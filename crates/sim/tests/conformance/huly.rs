//! Huly's platform.

use serde_json::{Value, json};
use sim::clock::Clock;
use sim::http::{RateLimit, Server, huly_router};
use sim::huly::{Account, Huly, Role, SocialId};

use crate::fixture::{Fixture, load, walk};
use crate::huly_seed::seed;
use crate::huly_world::{moment, objects};

const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "load-model-trimmed",
        "cut down to some of 2,199 transactions; the sync reads the model by find-all",
    ),
    (
        "markdown-markup-pairs",
        "conversions, no request: the converter's test",
    ),
    (
        "open-standstill-with-websocket",
        "a trace of a server that stands still",
    ),
    ("websocket-json-session", "a stream: not served yet"),
    ("websocket-other-sessions", "a stream: not served yet"),
];

const WORKSPACE: &str = "0d3ce46b-49b3-4137-8b68-5fe3e6840247";
pub(crate) const ALICE: &str = "a207c9a0-c990-4a06-925a-6b654377902d";
const CAROL: &str = "ce910153-4c04-45e2-bca7-d61185f55a55";
const STRANGER: &str = "07c3ead1-3c43-4d3e-8758-a3b264cca169";

#[tokio::test(start_paused = true)]
async fn row_43_the_platform_answers_as_recorded() {
    let all = load("huly", EXCEPTIONS);
    let mut differences = Vec::new();
    for fixture in &all {
        differences.extend(replay(fixture, &all).await);
    }
    assert!(
        differences.is_empty(),
        "{} of {} differ\n{}",
        differences.len(),
        all.len(),
        differences.join("\n")
    );
}

async fn replay(fixture: &Fixture, all: &[Fixture]) -> Option<String> {
    let server = Server::new(workspace(), 1);
    {
        let mut huly = server.model.lock();
        seed(fixture, all, &mut huly);
        // The server's clock shows what the answer shows.
        let stamp = objects(fixture.at("/response/body"))
            .first()
            .and_then(|doc| doc["modifiedOn"].as_i64());
        huly.clock().set(stamp.unwrap_or_else(|| moment(fixture)));
    }
    let limit = if fixture.name == "error-rate-limit" {
        RateLimit {
            max: 1,
            ..RateLimit::default()
        }
    } else {
        RateLimit::default()
    };
    let router = huly_router(&server, limit);
    let mut headers = headers(fixture, &server.model.lock());
    for before in requests_before(&fixture.name) {
        all.iter()
            .find(|other| other.name == *before)
            .unwrap()
            .send(&router, "/collaborator", &headers)
            .await;
    }
    if fixture.name == "not-modified" {
        headers.retain(|(name, _)| name != "if-none-match");
        let tag = fixture
            .send(&router, prefix(fixture), &headers)
            .await
            .etag
            .unwrap();
        headers.push(("if-none-match".into(), tag));
    }
    if fixture.name.contains("expired") {
        server.model.lock().expire_tokens();
    }
    let answer = fixture.send(&router, prefix(fixture), &headers).await;
    let limited = fixture
        .whole
        .pointer("/response/headers/x-ratelimit-limit")
        .is_some();
    if limited != answer.limited {
        return Some(format!(
            "{}: headers of the rate limit recorded {limited}",
            fixture.name
        ));
    }
    fixture.difference(&answer, |value| tidy(fixture, value))
}

/// A few states are best reached by another recorded request.
fn requests_before(name: &str) -> &'static [&'static str] {
    match name {
        "collaborator-get-content-rich" => &["collaborator-update-content-rich"],
        "open-typing-get-content-after-update" => &["open-typing-update-content"],
        "open-recreate-get-content-after-update" => &["open-recreate-update-content"],
        _ => &[],
    }
}

fn prefix(fixture: &Fixture) -> &'static str {
    match fixture.text("/request/path") {
        "/" => "/account",
        "/config.json" => "",
        path if path.starts_with("/rpc/") => "/collaborator",
        _ => "/transactor",
    }
}

fn workspace() -> Huly {
    let mut huly = Huly::new(Clock::by_hand(0), 1);
    huly.set_workspace(WORKSPACE, "acme");
    let id = |kind: &str, id: &str, value: &str, created_on, verified_on| SocialId {
        id: id.into(),
        kind: kind.into(),
        value: value.into(),
        created_on,
        verified_on,
    };
    let account = |uuid: &str, name: &str, email: &str, social_ids| Account {
        uuid: uuid.into(),
        name: name.into(),
        email: email.into(),
        password: "<password>".into(),
        social_ids,
        failed_logins: 0,
    };
    let alice = vec![
        id(
            "email",
            "5264669059046511623",
            "alice@example.com",
            1_795_244_909_533,
            1_795_244_909_563,
        ),
        id(
            "huly",
            "2424651178172607000",
            ALICE,
            1_795_244_909_536,
            1_795_244_909_564,
        ),
    ];
    huly.load_account(
        account(ALICE, "Alice Example", "alice@example.com", alice),
        Some(Role::Owner),
    );
    huly.load_account(
        account(
            CAROL,
            "Carol",
            "carol@example.com",
            vec![id("huly", "967630459732153697", CAROL, 1, 1)],
        ),
        Some(Role::User),
    );
    huly.load_account(
        account(
            STRANGER,
            "Bob",
            "bob@example.com",
            vec![id("huly", "3611768906446763250", STRANGER, 1, 1)],
        ),
        None,
    );
    huly
}

/// The recorded headers with a token of the right account in place of the blanked one.
fn headers(fixture: &Fixture, huly: &Huly) -> Vec<(String, String)> {
    let name = fixture.name.as_str();
    let by_carol = fixture.text("/request/body/modifiedBy") == "967630459732153697"
        || name.ends_with("old-member");
    let is_stranger = matches!(
        name,
        "error-not-a-member"
            | "account-get-user-workspaces-none"
            | "account-select-workspace-not-a-member"
    );
    let who = if is_stranger {
        STRANGER
    } else if by_carol {
        CAROL
    } else {
        ALICE
    };
    let at_account =
        fixture.text("/request/path") == "/" && name != "account-get-login-info-by-token";
    let in_workspace = !at_account && name != "error-account-token-instead-of-workspace-token";
    let mut token = huly.token(who, in_workspace.then_some(WORKSPACE));
    if name == "error-bad-signature" {
        token.push('x');
    }
    let mut headers = fixture.headers();
    for (_, value) in &mut headers {
        *value = value.replace("<jwt>", &token);
    }
    headers.push(("host".into(), "huly.test".into()));
    headers
}

/// Replaces what a server makes up.
fn tidy(fixture: &Fixture, value: &mut Value) {
    // Without a sort, and among equals, the order is the database's own.
    let sort = fixture.at("/request/body/options/sort");
    if (sort.is_null() || *sort == json!({ "modifiedOn": 1 }))
        && let Some(list) = value.get_mut("value").and_then(Value::as_array_mut)
    {
        let stamp = |doc: &Value| {
            if sort.is_null() {
                None
            } else {
                doc["modifiedOn"].as_i64()
            }
        };
        list.sort_by_key(|doc| (stamp(doc), doc["_id"].as_str().unwrap_or("").to_owned()));
    }
    walk(value, "", &mut |key, value| {
        if let Some(doc) = value.as_object_mut() {
            // Counted by the server some time after a change.
            doc.remove("docUpdateMessages");
        }
        match (key, &*value) {
            (
                "%hash%" | "lastHash" | "serverTime" | "retryOn" | "lastVisit"
                | "lastProcessingTime",
                known,
            ) if !known.is_null() => *value = json!("<made up>"),
            (key, Value::String(_)) if key.ends_with("_%hash%") => *value = json!("<made up>"),
            ("token", Value::String(_)) => *value = json!("<jwt>"),
            ("id", Value::String(id)) if id.len() == 24 => *value = json!("<id>"),
            (_, Value::String(text))
                if text.starts_with("ws://") || text.starts_with("http://") =>
            {
                *value = json!("<address>");
            }
            ("description", Value::String(text)) if text.starts_with('{') => {
                *value = serde_json::from_str(text).unwrap();
            }
            ("createdOn", _) if fixture.name.starts_with("account-get-user-workspaces") => {
                *value = json!("<made up>");
            }
            ("description", Value::String(text))
                if fixture.name.ends_with("create-content")
                    || fixture.name.ends_with("create-content-again") =>
            {
                let (name, stamp) = text.rsplit_once('-').unwrap();
                assert!(stamp.parse::<i64>().is_ok());
                *value = json!(name);
            }
            _ => {}
        }
    });
}
