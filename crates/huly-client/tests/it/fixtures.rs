//! Every recorded file is decoded: a success into the type of this client that it is for, a failure into its kind and
//! code. A file without a row here fails the test.

use std::collections::BTreeSet;

use http_kit::{Call, Effect, Kind, Verdict};
use huly_client::find::Find;
use huly_client::tx::{ApplyAnswer, TxAnswer};
use huly_client::types::{
    Comment, Component, Issue, IssueKey, IssueStatus, Label, Milestone, Person, Project,
    ProjectType, SocialIdentity, StatusCategory, TaskType, TxRow,
};
use huly_client::{Account, DocRef, TxId, classify, codes as c, discovery};
use serde::Deserialize;
use serde_json::Value;

use crate::support::{Server, fixture_dir, recorded, recorded_reply, reply_of};

/// What a file holds.
enum Holds {
    /// An answer to find-all, of so many documents.
    Found(usize),
    /// An answer to one transaction.
    Tx(Answered),
    /// An answer to a conditional transaction.
    Apply(Answered),
    /// A success that is read by its own test below or by the function named here.
    Success(fn(&str, &Value)),
    /// A failure.
    Failure(Kind, &'static str),
    /// No exchange: frames or pairs, read minimally here (the markup module reads the pairs in full).
    List(fn(&Value)),
}

/// How a transaction was answered.
#[derive(Clone, Copy)]
enum Answered {
    Taken,
    NoObject,
    Objects(usize),
    Refused,
}

use Answered::{NoObject, Objects, Refused, Taken};
use Holds::{Apply, Failure, Found, List, Success, Tx};

#[rustfmt::skip] // one file a line
const TABLE: &[(&str, Holds)] = &[
    ("account-bad-token", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("account-expired-token", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("account-get-login-info-by-token", Success(account_method)),
    ("account-get-social-ids", Success(social_ids)),
    ("account-get-user-workspaces", Success(not_asked)),
    ("account-get-user-workspaces-none", Success(not_asked)),
    ("account-login", Success(account_method)),
    ("account-login-otp-no-mail", Success(not_asked)),
    ("account-login-wrong-password", Failure(Kind::Fatal, c::HULY_LOGIN_REFUSED)),
    ("account-malformed-body", Failure(Kind::Rejected, c::HULY_BAD_REQUEST)),
    ("account-no-token", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("account-select-workspace", Success(account_method)),
    ("account-select-workspace-not-a-member", Failure(Kind::Fatal, c::HULY_NOT_A_MEMBER)),
    // A success by its status and shape; that it is for another workspace is found by comparing (session.rs).
    ("account-select-workspace-unknown", Success(account_method)),
    ("account-unknown-method", Failure(Kind::Fatal, c::HULY_HTTP_404)),
    ("account", Success(session_account)),
    ("blob-missing", Failure(Kind::Rejected, c::HULY_BLOB_MISSING)),
    ("blob-of-description", Success(stored_text)),
    ("blob-put", Success(not_asked)),
    ("collaborator-bad-token", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("collaborator-create-content", Success(collaborator_content)),
    ("collaborator-create-content-again", Success(collaborator_content)),
    ("collaborator-expired-token", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("collaborator-get-content", Success(collaborator_content)),
    ("collaborator-get-content-missing", Success(collaborator_content)),
    ("collaborator-get-content-no-source", Success(collaborator_content)),
    ("collaborator-get-content-rich", Success(collaborator_content)),
    ("collaborator-get-content-stale", Success(collaborator_content)),
    ("collaborator-no-token", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("collaborator-unknown-method", Failure(Kind::Rejected, c::HULY_BAD_REQUEST)),
    ("collaborator-update-content", Success(collaborator_content)),
    ("collaborator-update-content-not-json", Success(collaborator_content)),
    ("collaborator-update-content-rich", Success(collaborator_content)),
    ("ensure-person", Success(not_asked)),
    ("error-account-mismatch", Failure(Kind::Fatal, c::HULY_ACCOUNT_MISMATCH)),
    ("error-account-token-instead-of-workspace-token", Failure(Kind::Fatal, c::HULY_WORKSPACE_WRONG)),
    ("error-apply-if-partial", Failure(Kind::Conflict, c::HULY_EXISTS)),
    ("error-apply-if-without-scope", Failure(Kind::Conflict, c::HULY_EXISTS)),
    ("error-authorization-without-bearer", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    // The server's own words about SQL are not known words, so a read is tried again.
    ("error-bad-query-value", Failure(Kind::Transient, c::HULY_SERVER_ERROR)),
    ("error-bad-signature", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("error-bad-token", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("error-duplicate-create-same-object-id", Failure(Kind::Conflict, c::HULY_EXISTS)),
    ("error-duplicate-create-same-tx", Failure(Kind::Conflict, c::HULY_EXISTS)),
    ("error-expired-token", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("error-invalid-tx", Failure(Kind::Rejected, c::HULY_BAD_REQUEST)),
    ("error-malformed-json", Failure(Kind::Rejected, c::HULY_BAD_REQUEST)),
    ("error-missing-query", Failure(Kind::Transient, c::HULY_SERVER_ERROR)),
    ("error-negative-limit", Failure(Kind::Transient, c::HULY_SERVER_ERROR)),
    ("error-no-authorization", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    // Told apart from an upgrade by the account service (session.rs).
    ("error-not-a-member", Failure(Kind::Fatal, c::HULY_SESSION_REFUSED)),
    ("error-null-optional-field", Failure(Kind::Rejected, c::HULY_BAD_REQUEST)),
    ("error-rate-limit", Failure(Kind::Transient, c::HULY_HTTP_429)),
    ("error-token-without-dots", Failure(Kind::Fatal, c::HULY_TOKEN_REFUSED)),
    ("error-tx-unknown-class", Failure(Kind::Rejected, c::HULY_CLASS_UNKNOWN)),
    ("error-unknown-class-get", Failure(Kind::Rejected, c::HULY_CLASS_UNKNOWN)),
    ("error-unknown-class-post", Failure(Kind::Rejected, c::HULY_CLASS_UNKNOWN)),
    ("error-unknown-route", Failure(Kind::Fatal, c::HULY_HTTP_404)),
    ("error-workspace-upgrading", Failure(Kind::Fatal, c::HULY_SESSION_REFUSED)),
    ("error-wrong-workspace", Failure(Kind::Fatal, c::HULY_WORKSPACE_WRONG)),
    ("find-comments", Found(1)),
    ("find-components", Found(1)),
    ("find-issue-after-description-update", Found(1)),
    ("find-issue-by-id", Found(1)),
    ("find-issue-by-identifier", Found(1)),
    ("find-issue-in-archived-project-by-id", Found(1)),
    ("find-issue-removed", Found(0)),
    ("find-issue-statuses", Found(5)),
    ("find-issue-with-lookup", Found(1)),
    ("find-issue-without-parents", Found(1)),
    ("find-issues-by-ids", Found(2)),
    ("find-issues-first-page", Found(3)),
    ("find-issues-get", Found(1)),
    ("find-issues-in-archived-project", Found(0)),
    ("find-issues-in-archived-project-show-archived", Found(1)),
    ("find-issues-like", Found(5)),
    ("find-issues-modified-after", Found(4)),
    ("find-issues-next-page", Found(3)),
    ("find-issues-not-a-member", Found(0)),
    ("find-issues-number-compare", Found(6)),
    ("find-issues-of-project", Found(1)),
    ("find-issues-skip-ignored", Found(2)),
    ("find-issues-ties-after-id", Found(3)),
    ("find-labels", Found(1)),
    ("find-milestones", Found(1)),
    ("find-persons", Found(1)),
    ("find-project-type", Found(1)),
    ("find-projects", Found(1)),
    ("find-projects-with-archived", Found(3)),
    ("find-projects-with-total-and-archived", Found(1)),
    ("find-projects-without-archived", Found(2)),
    ("find-social-identities", Found(1)),
    ("find-status-categories", Found(5)),
    ("find-task-types", Found(1)),
    ("find-tx-history-cascade", Found(0)),
    ("find-tx-history-create", Found(2)),
    ("find-tx-history-of-issue", Found(11)),
    ("find-tx-history-removed", Found(2)),
    ("front-config", Success(front_config)),
    ("generate-id", Success(not_asked)),
    ("health", Success(not_asked)),
    ("load-model-trimmed", Success(model_rows)),
    ("markdown-markup-pairs", List(pairs)),
    ("not-modified", Failure(Kind::Fatal, c::HULY_HTTP_STATUS)),
    ("open-blob-after-removal", Success(stored_text)),
    ("open-find-moved-issue-old-member", Found(0)),
    ("open-find-tx-by-id-range", Found(4)),
    ("open-find-tx-by-id-range-all", Found(11)),
    ("open-find-tx-history-moved-issue", Found(4)),
    ("open-find-tx-history-moved-issue-old-member", Found(3)),
    ("open-get-content-after-removal", Success(collaborator_content)),
    ("open-move-issue", Tx(Objects(1))),
    ("open-recreate-blob", Success(stored_text)),
    ("open-recreate-blob-after-update", Success(stored_text)),
    ("open-recreate-create-content", Success(collaborator_content)),
    ("open-recreate-get-content", Success(collaborator_content)),
    ("open-recreate-get-content-after-update", Success(collaborator_content)),
    ("open-recreate-get-content-source", Success(collaborator_content)),
    ("open-recreate-stale-blob", Success(stored_text)),
    ("open-recreate-stale-get-content", Success(collaborator_content)),
    ("open-recreate-update-content", Success(collaborator_content)),
    ("open-recreate-while-open-create-content", Failure(Kind::Conflict, c::HULY_DESCRIPTION_LIVE)),
    ("open-recreate-while-open-get-content", Success(collaborator_content)),
    ("open-standstill-with-websocket", List(frames)),
    ("open-tx-apply-if-batch-guarded", Apply(Refused)),
    ("open-tx-apply-if-batch-guarded-after", Found(1)),
    ("open-tx-apply-if-batch-one-exists", Failure(Kind::Conflict, c::HULY_EXISTS)),
    ("open-tx-apply-if-batch-one-exists-after", Found(1)),
    ("open-tx-apply-if-batch-over-200", Failure(Kind::Conflict, c::HULY_EXISTS)),
    ("open-tx-apply-if-own-ids", Apply(Objects(0))),
    ("open-tx-apply-if-own-ids-refused", Apply(Refused)),
    ("open-tx-apply-if-remove", Apply(Objects(0))),
    ("open-tx-apply-if-remove-refused", Apply(Refused)),
    ("open-tx-own-id", Tx(Taken)),
    ("open-tx-own-id-repeated", Tx(Taken)),
    ("open-typing-blob", Success(stored_text)),
    ("open-typing-get-content", Success(collaborator_content)),
    ("open-typing-get-content-after-update", Success(collaborator_content)),
    ("open-typing-update-content", Success(collaborator_content)),
    ("ping", Success(not_asked)),
    ("tx-apply-if-create", Apply(Objects(0))),
    ("tx-apply-if-create-many", Apply(Objects(0))),
    ("tx-apply-if-create-repeated", Apply(Refused)),
    ("tx-apply-if-many-updates", Apply(Objects(0))),
    ("tx-apply-if-match-by-values", Apply(Objects(1))),
    ("tx-apply-if-two-retrieves", Apply(Objects(2))),
    ("tx-apply-if-update", Apply(Objects(0))),
    ("tx-apply-if-update-retrieve", Apply(Objects(1))),
    ("tx-apply-if-update-stale", Apply(Refused)),
    ("tx-archive-project", Tx(Taken)),
    ("tx-create-comment", Tx(Taken)),
    ("tx-create-component", Tx(Taken)),
    ("tx-create-issue", Tx(Taken)),
    ("tx-create-issue-with-description", Tx(Taken)),
    ("tx-create-issue-without-parents", Tx(Taken)),
    ("tx-create-label", Tx(Taken)),
    ("tx-create-milestone", Tx(Taken)),
    ("tx-create-project", Tx(Taken)),
    ("tx-create-sub-issue", Tx(Taken)),
    ("tx-create-tag-element", Tx(Taken)),
    ("tx-increment-project-sequence", Tx(Objects(1))),
    ("tx-join-project", Tx(Taken)),
    ("tx-join-project-as-user", Tx(Objects(1))),
    ("tx-remove-issue", Tx(Taken)),
    ("tx-remove-issue-again", Tx(Taken)),
    ("tx-reserve-three-numbers", Tx(Objects(1))),
    ("tx-update-client-clock-ignored", Tx(Taken)),
    ("tx-update-missing-document", Tx(Taken)),
    ("tx-update-missing-document-retrieve", Tx(NoObject)),
    ("tx-update-not-a-member", Tx(Objects(1))),
    ("tx-update-status-priority", Tx(Objects(1))),
    ("tx-update-title", Tx(Taken)),
    ("tx-update-unknown-status", Tx(Taken)),
    ("tx-update-wrong-space", Tx(Taken)),
    ("version", Success(platform_version)),
    ("websocket-json-session", List(frames)),
    ("websocket-other-sessions", List(frames)),
];

#[test]
fn every_recorded_file_is_decoded_by_a_row_of_the_table() {
    let files: BTreeSet<String> = std::fs::read_dir(fixture_dir())
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let rows: BTreeSet<String> = TABLE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(rows.len(), TABLE.len(), "no file has two rows");
    assert_eq!(files, rows, "every file has a row, every row a file");
    for (name, holds) in TABLE {
        let file = recorded(name);
        match holds {
            List(read) => read(&file),
            Failure(kind, code) => {
                let (found, words) = failure_of(name, &file);
                assert_eq!(found, Some((*kind, *code)), "{name}");
                assert!(!words.contains("eyJ"), "{name}: no token in {words}");
            }
            Success(read) => {
                assert_eq!(failure_of(name, &file).0, None, "{name}");
                read(name, &file);
            }
            Found(count) => {
                assert_eq!(failure_of(name, &file).0, None, "{name}");
                assert_eq!(documents(&file), *count, "{name}");
            }
            Tx(answered) => {
                assert_eq!(failure_of(name, &file).0, None, "{name}");
                one_transaction(name, &file, *answered);
            }
            Apply(answered) => {
                assert_eq!(failure_of(name, &file).0, None, "{name}");
                conditional(name, &file, *answered);
            }
        }
    }
}

/// What the client makes of the recorded answer: kind and code where it is a failure.
fn failure_of(name: &str, file: &Value) -> (Option<(Kind, &'static str)>, String) {
    let request = &file["request"];
    let path = request["path"].as_str().expect("a path");
    let service = file["service"].as_str().expect("a service");
    let method = request["body"]["method"].as_str().unwrap_or_default();
    let writes =
        path.starts_with("/api/v1/tx/") || method == "createContent" || method == "updateContent";
    let effect = if writes { Effect::Write } else { Effect::Read };
    let route = if path.starts_with("/api/v1/blob") {
        "/api/v1/blob"
    } else {
        "/recorded"
    };
    let url = format!("http://huly.test{path}").parse().expect("a url");
    let verb = request["method"]
        .as_str()
        .expect("a method")
        .parse()
        .expect("a method");
    let call = Call::new(verb, route, url, effect);
    let reply = recorded_reply(name);
    let verdict = match service {
        "account" => classify::account(&call, &reply),
        "collaborator" => classify::collaborator(&call, &reply),
        "front" => classify::front(&call, &reply),
        "transactor" | "t2" => classify::transactor(&call, &reply),
        other => panic!("{name}: no service {other}"),
    };
    match verdict {
        Verdict::Success => (None, String::new()),
        Verdict::Failed { kind, code, detail } => (Some((kind, code)), detail),
    }
}

fn body(file: &Value) -> Vec<u8> {
    reply_of(&file["response"]).body.to_vec()
}

/// Reads an answer to find-all as the type that this client has for the class; returns how many documents it holds.
fn documents(file: &Value) -> usize {
    let request = &file["request"];
    let asked = match request["body"].clone() {
        Value::Null => query_of_get(request["path"].as_str().expect("a path")),
        body => body,
    };
    let class = asked["_class"].as_str().expect("a class");
    let mut find = Find::of(class);
    for (field, value) in asked["query"].as_object().expect("a query") {
        find = find.with(field, value.clone());
    }
    let (body, projected) = (body(file), asked["options"].get("projection").is_some());
    match class {
        "tracker:class:Issue" if projected => rows::<IssueKey>(&find, &body),
        "tracker:class:Issue" => rows::<Issue>(&find, &body),
        "tracker:class:Project" => rows::<Project>(&find, &body),
        "tracker:class:IssueStatus" => rows::<IssueStatus>(&find, &body),
        "tracker:class:Component" => rows::<Component>(&find, &body),
        "tracker:class:Milestone" => rows::<Milestone>(&find, &body),
        "task:class:ProjectType" => rows::<ProjectType>(&find, &body),
        "task:class:TaskType" => rows::<TaskType>(&find, &body),
        "core:class:StatusCategory" => rows::<StatusCategory>(&find, &body),
        "tags:class:TagReference" => rows::<Label>(&find, &body),
        "chunter:class:ChatMessage" => rows::<Comment>(&find, &body),
        "contact:class:Person" => rows::<Person>(&find, &body),
        "contact:class:SocialIdentity" => rows::<SocialIdentity>(&find, &body),
        tx if tx.starts_with("core:class:Tx") => rows::<TxRow>(&find, &body),
        other => panic!("no type for {other}"),
    }
}

fn query_of_get(path: &str) -> Value {
    let url: url::Url = format!("http://h{path}").parse().expect("a url");
    let pairs: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    let json = |name: &str| {
        let text = pairs.get(name).map_or("{}", String::as_str);
        serde_json::from_str::<Value>(text).expect("json")
    };
    serde_json::json!({"_class": pairs["class"], "query": json("query"), "options": json("options")})
}

fn rows<T: serde::de::DeserializeOwned>(find: &Find, body: &[u8]) -> usize {
    let read: Vec<T> = find.read(body).unwrap_or_else(|error| panic!("{error}"));
    read.len()
}

fn one_transaction(name: &str, file: &Value, answered: Answered) {
    let answer = TxAnswer::read(&body(file)).unwrap_or_else(|error| panic!("{name}: {error}"));
    match (answered, answer) {
        (Taken, TxAnswer::Taken) | (NoObject, TxAnswer::Retrieved(None)) => {}
        (Objects(1), TxAnswer::Retrieved(Some(object))) => document(name, object),
        (_, other) => panic!("{name}: {other:?}"),
    }
}

fn conditional(name: &str, file: &Value, answered: Answered) {
    let answer = ApplyAnswer::read(&body(file)).unwrap_or_else(|error| panic!("{name}: {error}"));
    match (answered, answer) {
        (Refused, ApplyAnswer::Refused) => {}
        (Objects(count), ApplyAnswer::Applied(objects)) => {
            assert_eq!(objects.len(), count, "{name}");
            objects
                .into_iter()
                .flatten()
                .for_each(|object| document(name, object));
        }
        (_, other) => panic!("{name}: {other:?}"),
    }
}

/// Reads a retrieved document by its class.
fn document(name: &str, object: Value) {
    let class = object["_class"].as_str().expect("a class").to_owned();
    let read = match class.as_str() {
        "tracker:class:Issue" => serde_json::from_value::<Issue>(object).map(|_| ()),
        "tracker:class:Project" => serde_json::from_value::<Project>(object).map(|_| ()),
        other => panic!("{name}: no type for {other}"),
    };
    read.unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// A success of a call that this client never makes: that it is JSON or text is all there is to read.
fn not_asked(_: &str, file: &Value) {
    assert!(!file["response"]["body"].is_null());
}

fn social_ids(_: &str, file: &Value) {
    let list = file["response"]["body"]["result"].clone();
    let ids: Vec<SocialIdentity> = serde_json::from_value(list).expect("social identities");
    assert_eq!(ids.len(), 2);
}

fn session_account(_: &str, file: &Value) {
    let account: Account = serde_json::from_slice(&body(file)).expect("an account");
    assert_eq!(account.primary_social_id.as_str(), "2424651178172607000");
}

fn front_config(_: &str, file: &Value) {
    let front = "http://huly.test/".parse().expect("a url");
    let services = discovery::services(&front, &body(file)).expect("services");
    assert_eq!(services.accounts.as_str(), "http://127.0.0.1:53000/");
    let collaborator = services.collaborator.map(String::from);
    assert_eq!(collaborator.as_deref(), Some("http://127.0.0.1:53078/"));
}

fn model_rows(_: &str, file: &Value) {
    let list = file["response"]["body"]["transactions"].clone();
    let rows: Vec<TxRow> = serde_json::from_value(list).expect("rows");
    assert_eq!(rows.len(), 41);
}

fn platform_version(_: &str, file: &Value) {
    let text = file["response"]["body"]["version"]
        .as_str()
        .expect("a version");
    let version: huly_client::Version = text.parse().expect("a version");
    assert!(version > huly_client::Version::OLDEST);
}

/// Read through the client, which answers are of private types.
fn through_the_client<T>(
    name: &str,
    ask: impl AsyncFnOnce(huly_client::Huly) -> Result<T, http_kit::Error>,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let reply = recorded_reply(name);
    let server = Server::new(move |seen| {
        let about = seen.what.starts_with("rpc ") || seen.what == "blob";
        about.then(|| reply.clone())
    });
    runtime.block_on(async {
        let huly = server.connect().await.expect("signed in");
        ask(huly)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    })
}

fn stored_text(name: &str, _: &Value) {
    let blob = huly_client::BlobName::new("b");
    let ask = async |huly: huly_client::Huly| huly.description_text(&blob).await;
    let text = through_the_client(name, ask).expect("a text");
    let markup: Value = serde_json::from_str(&text).expect("markup");
    assert_eq!(markup["type"], "doc");
}

fn collaborator_content(name: &str, file: &Value) {
    let (issue, id) = (
        DocRef::from("i"),
        "6b01451ba1b2c3d4e5000201".parse().expect("an id"),
    );
    let method = file["request"]["body"]["method"]
        .as_str()
        .expect("a method");
    let recorded_text = file["response"]["body"]["content"]["description"].as_str();
    match method {
        "createContent" => {
            let made =
                through_the_client(name, async |huly| huly.create_description(id, "{}").await);
            let huly_client::description::DescriptionOutcome::Stored(blob) = made else {
                panic!("{made:?}");
            };
            assert_eq!(Some(blob.as_str()), recorded_text);
        }
        "getContent" => {
            let live =
                through_the_client(name, async |huly| huly.live_description(&issue, None).await);
            assert_eq!(live.as_deref(), recorded_text);
        }
        "updateContent" => {
            through_the_client(name, async |huly| {
                huly.update_description(&issue, "{}").await
            });
        }
        other => panic!("{other}"),
    }
}

fn account_method(_: &str, file: &Value) {
    // The frame and the fields that `session.rs` goes through with the client itself.
    #[derive(Deserialize)]
    struct Entered {
        account: uuid::Uuid,
        token: String,
    }
    let entered: Entered =
        serde_json::from_value(file["response"]["body"]["result"].clone()).expect("entered");
    assert!(!entered.account.is_nil() && !entered.token.is_empty());
}

fn pairs(file: &Value) {
    let count = |list: &str| file[list].as_array().map_or(0, Vec::len);
    assert_eq!(count("from_markdown") + count("from_markup"), 126);
}

fn frames(file: &Value) {
    #[derive(Deserialize)]
    struct Frame {
        #[serde(default)]
        dir: Option<String>,
    }
    let frames: Vec<Frame> = serde_json::from_value(file["frames"].clone()).expect("frames");
    assert!(
        frames
            .iter()
            .any(|frame| frame.dir.as_deref() == Some("in"))
    );
}

#[test]
fn an_id_of_a_recorded_transaction_is_an_id_of_ours() {
    let file = recorded("open-find-tx-by-id-range");
    let id = file["response"]["body"]["value"][0]["_id"]
        .as_str()
        .expect("an id");
    assert_eq!(id.parse::<TxId>().map(|id| id.tag()), Ok(0xa1ee_0daf));
}
