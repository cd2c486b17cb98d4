//! Reading and writing, against small servers that answer as recorded.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use http_kit::{Kind, TransportError};
use huly_client::comments::{CommentOutcome, NewComment};
use huly_client::create::{CreateOutcome, NewIssue, Parent};
use huly_client::description::DescriptionOutcome;
use huly_client::paging::Position;
use huly_client::remove::RemoveOutcome;
use huly_client::types::{Issue, Priority, Project, TxRow};
use huly_client::update::{FieldChange, IssueUpdate, UpdateOutcome};
use huly_client::{BlobName, DocId, DocRef, Millis, TxId, codes as c};
use serde_json::{Value, json};

use crate::support::{Server, answer, failure, found, recorded, recorded_reply};

const FRAME: [u8; 8] = [0xff; 8];

fn id(n: u128) -> DocId {
    DocId::derived(uuid::Uuid::from_u128(n << 64))
}

fn tx(n: u8) -> TxId {
    TxId::tagged(0xa1ee_0daf, [0, 0, 0, 0, 0, 0, 0, n])
}

fn frame() -> TxId {
    TxId::tagged(0xa1ee_0daf, FRAME)
}

fn project() -> Project {
    serde_json::from_value(json!({"_id": "P", "identifier": "HARB", "members": ["a207c9a0-c990-4a06-925a-6b654377902d"]}))
        .expect("a project")
}

fn new_issue(n: u8) -> NewIssue {
    NewIssue {
        id: id(u128::from(n)),
        tx: tx(n),
        title: format!("Issue {n}"),
        description: None,
        status: "tracker:status:Todo".into(),
        priority: Priority(2),
        number: i64::from(n),
        kind: "tracker:taskTypes:Issue".into(),
        rank: String::new(),
        assignee: None,
        component: None,
        milestone: None,
        due_date: None,
        estimation: 0.0,
        parent: None,
    }
}

fn retitle() -> IssueUpdate {
    IssueUpdate {
        issue: "6b01456da1b2c3d4e5000301".into(),
        space: "6b0144aca1b2c3d4e5000001".into(),
        changes: vec![
            FieldChange::Title {
                from: "old".to_owned(),
                to: "new".to_owned(),
            },
            FieldChange::DueDate {
                from: None,
                to: Some(Millis(7)),
            },
        ],
        tx: tx(1),
        frame: frame(),
    }
}

fn issue(fields: &Value) -> Issue {
    let mut whole = json!({"_id": "I", "space": "P", "modifiedOn": 1});
    for (name, value) in fields.as_object().expect("fields") {
        whole[name] = value.clone();
    }
    serde_json::from_value(whole).expect("an issue")
}

#[tokio::test(start_paused = true)]
async fn what_the_query_cut_out_is_in_the_documents_again() {
    let huly = Server::like("find-issue-by-id")
        .connect()
        .await
        .expect("signed in");
    let id = DocRef::from("6b0144aca1b2c3d4e5000007");
    let found = huly.issue(&id).await.expect("read").expect("there");
    assert_eq!(
        (found.id, found.identifier.as_deref()),
        (id, Some("HARB-1"))
    );

    let server = Server::like("find-issues-of-project");
    let huly = server.connect().await.expect("signed in");
    let space = DocRef::from("6b0144aca1b2c3d4e5000001");
    let first = Position::since(Millis(0));
    let page = huly
        .issues_of(&space, first, NonZeroU32::new(10).expect("10"))
        .await
        .expect("read");
    assert_eq!(page.rows[0].space, space);
    assert_eq!(page.next, None);
    let options = &server.calls("find-all")[0].body["options"];
    assert_eq!(options["showArchived"], true);
}

/// Answers find-all over issues as the real server does: conditions, order, limit, cut fields.
fn board(issues: Vec<(&'static str, i64)>) -> Server {
    let issues = Mutex::new(issues);
    Server::new(move |seen| {
        if seen.what != "find-all" {
            return None;
        }
        let query = &seen.body["query"];
        let stamp = &query["modifiedOn"];
        let fits = |(id, at): &(&str, i64)| {
            stamp["$gte"].as_i64().is_none_or(|least| *at >= least)
                && stamp["$gt"].as_i64().is_none_or(|least| *at > least)
                && stamp.as_i64().is_none_or(|exact| *at == exact)
                && query["_id"]["$gt"].as_str().is_none_or(|after| *id > after)
        };
        let mut rows: Vec<_> = issues
            .lock()
            .expect("one")
            .iter()
            .copied()
            .filter(fits)
            .collect();
        rows.sort_by_key(|(id, at)| (*at, *id));
        let limit = seen.body["options"]["limit"].as_u64().expect("a limit");
        rows.truncate(usize::try_from(limit).expect("small"));
        let documents: Vec<Value> = rows
            .into_iter()
            .map(|(id, at)| match stamp.as_i64() {
                Some(_) => json!({"_id": id, "space": "P"}),
                None => json!({"_id": id, "space": "P", "modifiedOn": at}),
            })
            .collect();
        Some(found(&documents))
    })
}

#[tokio::test(start_paused = true)]
async fn pages_go_through_a_mass_update_without_losing_one() {
    let issues = vec![
        ("a", 1),
        ("b", 5),
        ("c", 5),
        ("d", 5),
        ("e", 5),
        ("f", 5),
        ("g", 9),
    ];
    let expected: Vec<&str> = issues.iter().map(|(id, _)| *id).collect();
    let huly = board(issues).connect().await.expect("signed in");
    let (size, mut given) = (NonZeroU32::new(2).expect("2"), Vec::new());
    let mut next = Some(Position::since(Millis(0)));
    while let Some(from) = next {
        let page = huly.issues_changed(from, size).await.expect("read");
        given.extend(page.rows.iter().map(|issue| issue.id.to_string()));
        next = page.next;
    }
    assert_eq!(given, expected);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_is_believed_only_with_membership() {
    let ours = "a207c9a0-c990-4a06-925a-6b654377902d"
        .parse()
        .expect("a uuid");
    assert!(project().has_member(ours));
    let other = Server::like("find-projects")
        .connect()
        .await
        .expect("signed in");
    let projects = other.projects().await.expect("read");
    let error = other.require_member(&projects[0]).expect_err("no member");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, c::HULY_PROJECT_NOT_A_MEMBER)
    );
    assert!(error.detail().contains("TSK"), "{error}");
    other.require_member(&project()).expect("a member");
}

#[tokio::test(start_paused = true)]
async fn statuses_come_in_board_order_for_the_type_of_tasks() {
    let server = Server::new(|seen| {
        let file = match seen.body["_class"].as_str()? {
            "tracker:class:IssueStatus" => "find-issue-statuses",
            "task:class:TaskType" => "find-task-types",
            "task:class:ProjectType" => "find-project-type",
            _ => return None,
        };
        // The recorded project type was asked for by its id, which was cut out.
        let mut body: Value = serde_json::from_slice(&recorded_reply(file).body).expect("json");
        if file == "find-project-type" {
            body["value"][0]["_id"] = json!("tracker:ids:ClassingProjectType");
        }
        Some(answer(200, &body))
    });
    let huly = server.connect().await.expect("signed in");
    let workflow = huly.workflow().await.expect("read");
    let mut project = project();
    assert!(
        workflow
            .statuses_of(&project, &"tracker:taskTypes:Issue".into())
            .is_empty()
    );
    project.project_type = Some("tracker:ids:ClassingProjectType".into());
    let statuses = workflow.statuses_of(&project, &"tracker:taskTypes:Issue".into());
    let names: Vec<&str> = statuses.iter().map(|status| status.name.as_str()).collect();
    assert_eq!(
        names,
        ["Backlog", "Todo", "In Progress", "Done", "Canceled"]
    );
    assert!(statuses.iter().all(|status| status.meaning().is_some()));
}

#[tokio::test(start_paused = true)]
async fn one_increment_takes_a_block_of_numbers() {
    let server = Server::like("tx-reserve-three-numbers");
    let huly = server.connect().await.expect("signed in");
    let three = NonZeroU32::new(3).expect("3");
    let numbers = huly
        .take_numbers(&"P".into(), three, tx(1))
        .await
        .expect("taken");
    assert_eq!(numbers, 48..=50);
    let sent = &server.calls("tx")[0].body;
    assert_eq!(sent["operations"], json!({"$inc": {"sequence": 3}}));
    assert_eq!(
        (&sent["objectSpace"], &sent["retrieve"]),
        (&json!("core:space:Space"), &json!(true))
    );
    assert_eq!(sent["modifiedBy"], "2424651178172607000");
}

#[tokio::test(start_paused = true)]
async fn numbers_of_a_project_that_is_not_there_are_a_conflict() {
    let huly = Server::like("tx-update-missing-document-retrieve")
        .connect()
        .await
        .expect("signed in");
    let error = huly
        .take_numbers(&"P".into(), NonZeroU32::MIN, tx(1))
        .await
        .expect_err("gone");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Conflict, c::HULY_PROJECT_MISSING)
    );
}

#[tokio::test(start_paused = true)]
async fn row_25_a_batch_of_creates_is_one_guarded_transaction_with_all_attributes() {
    let server = Server::like("tx-apply-if-create-many");
    let huly = server.connect().await.expect("signed in");
    let mut child = new_issue(2);
    let ancestor =
        json!({"parentId": "G", "identifier": "HARB-8", "parentTitle": "Grand", "space": "P"});
    let parent =
        issue(&json!({"identifier": "HARB-9", "title": "Up", "parents": [ancestor.clone()]}));
    child.parent = Some(Parent::of(&parent));
    let made = huly
        .create_issues(&project(), &[new_issue(1), child], frame())
        .await;
    assert_eq!(made.expect("made"), CreateOutcome::Created);
    let sent = &server.calls("tx")[0].body;
    assert_eq!(sent["scope"], "hvs:P");
    let ids = json!([id(1).to_string(), id(2).to_string()]);
    assert_eq!(
        sent["notMatch"],
        json!([{"_class": "tracker:class:Issue", "query": {"_id": {"$in": ids}}}])
    );
    assert_eq!(sent["txes"][0]["_id"], tx(1).to_string());
    assert_eq!(sent["txes"][0]["attachedTo"], "tracker:ids:NoParent");
    assert_eq!(sent["txes"][0]["attributes"]["identifier"], "HARB-1");
    assert_eq!(sent["txes"][1]["attachedTo"], "I");
    let parents = &sent["txes"][1]["attributes"]["parents"];
    assert_eq!(parents[0]["parentId"], "I");
    assert_eq!(parents[1], ancestor);
    let keys = |value: &Value| {
        let map = value.as_object().expect("an object");
        map.keys()
            .cloned()
            .collect::<std::collections::BTreeSet<_>>()
    };
    let official = recorded("tx-create-issue")["request"]["body"].clone();
    assert_eq!(
        keys(&sent["txes"][0]["attributes"]),
        keys(&official["attributes"])
    );
    assert_eq!(keys(&sent["txes"][0]), keys(&official));
}

#[tokio::test(start_paused = true)]
async fn a_create_ends_as_created_exists_or_unknown() {
    let cases = [
        ("tx-apply-if-create", Ok(CreateOutcome::Created)),
        ("tx-apply-if-create-repeated", Ok(CreateOutcome::Exists)),
        ("open-tx-apply-if-batch-guarded", Ok(CreateOutcome::Exists)),
        (
            "open-tx-apply-if-batch-one-exists",
            Ok(CreateOutcome::Exists),
        ),
        ("error-invalid-tx", Err(Kind::Rejected)),
    ];
    for (name, expected) in cases {
        let huly = Server::like(name).connect().await.expect("signed in");
        let made = huly
            .create_issues(&project(), &[new_issue(1)], frame())
            .await;
        assert_eq!(made.map_err(|error| error.kind()), expected, "{name}");
    }
    let lost: [fn() -> Result<http_kit::Reply, TransportError>; 3] = [
        || Err(TransportError::Timeout),
        || Ok(failure(500, "Workspace is closing")),
        || Ok(failure(502, "bad gateway")),
    ];
    for lost in lost {
        let server = Server::failing(move |seen| (seen.what == "tx").then(lost));
        let huly = server.connect().await.expect("signed in");
        let made = huly
            .create_issues(&project(), &[new_issue(1)], frame())
            .await;
        assert_eq!(made.expect_err("lost").kind(), Kind::Unknown);
        assert_eq!(server.calls("tx").len(), 1, "a write is sent once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_empty_or_too_large_is_not_sent() {
    let server = Server::new(|_| None);
    let huly = server.connect().await.expect("signed in");
    let many: Vec<NewIssue> = (0..51).map(new_issue).collect();
    for batch in [&[][..], &many] {
        let error = huly
            .create_issues(&project(), batch, frame())
            .await
            .expect_err("refused here");
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Rejected, c::HULY_BATCH)
        );
    }
    assert!(server.calls("tx").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_update_is_conditional_on_what_was_observed_and_gives_the_new_base() {
    let server = Server::like("tx-apply-if-update-retrieve");
    let huly = server.connect().await.expect("signed in");
    let outcome = huly.update_issue(&retitle()).await.expect("answered");
    let UpdateOutcome::Applied { issue } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (issue.priority, issue.modified_on),
        (Some(Priority(4)), Millis(1_795_245_421_611))
    );
    let sent = &server.calls("tx")[0].body;
    assert_eq!(sent["scope"], "hvs:6b01456da1b2c3d4e5000301");
    let observed = json!({"_id": "6b01456da1b2c3d4e5000301", "title": "old", "dueDate": null});
    assert_eq!(
        sent["match"],
        json!([{"_class": "tracker:class:Issue", "query": observed}])
    );
    assert_eq!(
        sent["txes"][0]["operations"],
        json!({"title": "new", "dueDate": 7})
    );
    assert_eq!(sent["txes"][0]["retrieve"], true);
    assert_eq!(sent["txes"][0]["_id"], tx(1).to_string());
}

#[tokio::test(start_paused = true)]
async fn an_update_may_be_refused_or_find_nothing_and_silence_about_it_is_no_success() {
    let refused = Server::like("tx-apply-if-update-stale")
        .connect()
        .await
        .expect("signed in");
    assert_eq!(
        refused.update_issue(&retitle()).await.expect("answered"),
        UpdateOutcome::Refused
    );
    let none = json!([{"success": true, "serverTime": 1}, {"object": null}]);
    let server = Server::new(move |seen| (seen.what == "tx").then(|| answer(200, &none)));
    let missing = server.connect().await.expect("signed in");
    assert_eq!(
        missing.update_issue(&retitle()).await.expect("answered"),
        UpdateOutcome::Missing
    );
    let silent = Server::like("tx-apply-if-update")
        .connect()
        .await
        .expect("signed in");
    let error = silent
        .update_issue(&retitle())
        .await
        .expect_err("no object");
    assert_eq!((error.kind(), error.code()), (Kind::Fatal, c::HULY_SHAPE));
}

#[tokio::test(start_paused = true)]
async fn a_removal_is_refused_where_there_are_sub_issues() {
    let cases = [
        ("open-tx-apply-if-remove", RemoveOutcome::Gone),
        (
            "open-tx-apply-if-remove-refused",
            RemoveOutcome::HasSubIssues,
        ),
    ];
    for (name, expected) in cases {
        let server = Server::like(name);
        let huly = server.connect().await.expect("signed in");
        let outcome = huly.remove_issue(&issue(&json!({})), tx(1), frame()).await;
        assert_eq!(outcome.expect("answered"), expected);
        let sent = &server.calls("tx")[0].body;
        let below = json!([{"_class": "tracker:class:Issue", "query": {"attachedTo": "I"}}]);
        assert_eq!(sent["notMatch"], below);
        assert_eq!(sent["txes"][0]["_class"], "core:class:TxRemoveDoc");
        assert_eq!(sent["txes"][0]["collection"], "subIssues");
    }
}

#[tokio::test(start_paused = true)]
async fn a_description_that_somebody_has_open_is_an_outcome_of_its_own() {
    let cases = [
        (
            "collaborator-create-content",
            DescriptionOutcome::Stored(BlobName::new(
                "6b01451ba1b2c3d4e5000201-description-1795245339501",
            )),
        ),
        (
            "open-recreate-while-open-create-content",
            DescriptionOutcome::LiveExists,
        ),
    ];
    for (name, expected) in cases {
        let server = Server::like(name);
        let huly = server.connect().await.expect("signed in");
        let outcome = huly.create_description(id(1), "{\"type\":\"doc\"}").await;
        assert_eq!(outcome.expect("answered"), expected);
        let sent = &server.calls("rpc createContent")[0];
        let document = format!("%7Ctracker%3Aclass%3AIssue%7C{}%7Cdescription", id(1));
        assert!(sent.url.ends_with(&document), "{}", sent.url);
        let payload = json!({"content": {"description": "{\"type\":\"doc\"}"}});
        assert_eq!(sent.body["payload"], payload);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_text_that_is_not_there_is_none_and_a_live_text_may_be_none() {
    let server = Server::like("blob-missing");
    let huly = server.connect().await.expect("signed in");
    assert_eq!(
        huly.description_text(&BlobName::new("n&x"))
            .await
            .expect("answered"),
        None
    );
    assert!(
        server.calls("blob")[0]
            .url
            .ends_with("/api/v1/blob?name=n%26x")
    );
    let huly = Server::like("collaborator-get-content-missing")
        .connect()
        .await
        .expect("signed in");
    assert_eq!(
        huly.live_description(&"I".into(), None)
            .await
            .expect("answered"),
        None
    );
}

#[tokio::test(start_paused = true)]
async fn a_description_too_large_for_the_collaborator_is_refused_before_it_is_sent() {
    let server = Server::new(|_| None);
    let huly = server.connect().await.expect("signed in");
    let text = "\"".repeat(6_000_000);
    let error = huly
        .update_description(&"I".into(), &text)
        .await
        .expect_err("too large");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Rejected, c::HULY_TOO_LARGE)
    );
    assert!(server.calls("rpc updateContent").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_comment_is_made_once_per_id() {
    let comment = NewComment {
        id: id(7),
        issue: "I".into(),
        space: "P".into(),
        markup: "{}".to_owned(),
        tx: tx(1),
        frame: frame(),
    };
    let cases = [
        ("tx-apply-if-create", CommentOutcome::Created),
        ("tx-apply-if-create-repeated", CommentOutcome::Exists),
        (
            "error-duplicate-create-same-object-id",
            CommentOutcome::Exists,
        ),
    ];
    for (name, expected) in cases {
        let huly = Server::like(name).connect().await.expect("signed in");
        assert_eq!(
            huly.add_comment(&comment).await.expect("answered"),
            expected,
            "{name}"
        );
    }
    let huly = Server::like("find-comments")
        .connect()
        .await
        .expect("signed in");
    let comments = huly.comments_of(&"I".into()).await.expect("read");
    assert_eq!(comments[0].attached_to, Some("I".into()));
    assert!(comments[0].message.contains("Looks good"));
}

#[tokio::test(start_paused = true)]
async fn moves_and_removals_are_read_from_the_history() {
    let huly = Server::like("open-find-tx-history-moved-issue")
        .connect()
        .await
        .expect("signed in");
    let moves = huly
        .moves_of(&["6b015d32a1b2c3d4e54fb003".into()])
        .await
        .expect("read");
    let to: Vec<_> = moves.iter().filter_map(TxRow::moved_to).collect();
    assert_eq!(to, [DocRef::from("6b015d31a1b2c3d4e54fb001")]);
    let huly = Server::like("find-tx-history-removed")
        .connect()
        .await
        .expect("signed in");
    let page = huly
        .removals(Position::since(Millis(0)), NonZeroU32::new(9).expect("9"))
        .await
        .expect("read");
    assert!(page.rows.iter().all(TxRow::is_removal));
    assert_eq!(
        page.rows[0].object_id,
        Some("6b01456da1b2c3d4e5000301".into())
    );
}

#[tokio::test(start_paused = true)]
async fn after_two_timeouts_the_transactor_is_left_alone_for_90_seconds() {
    let server =
        Server::failing(|seen| (seen.what == "tx").then_some(Err(TransportError::Timeout)));
    let huly = server.connect().await.expect("signed in");
    for n in 0..2 {
        let error = huly.update_issue(&retitle()).await.expect_err("no answer");
        assert_eq!(error.kind(), Kind::Unknown, "{n}");
    }
    let error = huly.update_issue(&retitle()).await.expect_err("silence");
    assert_eq!(
        (error.kind(), server.calls("tx").len()),
        (Kind::Transient, 2),
        "{error}"
    );
    tokio::time::advance(Duration::from_secs(91)).await;
    huly.update_issue(&retitle())
        .await
        .expect_err("the probe has no answer either");
    assert_eq!(server.calls("tx").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn numbers_are_taken_one_at_a_time_and_other_writes_four_at_a_time() {
    let server = Server::like("tx-reserve-three-numbers");
    let huly = server.connect().await.expect("signed in");
    let project = DocRef::from("P");
    let calls = (0..8).map(|n| huly.take_numbers(&project, NonZeroU32::MIN, tx(n)));
    let taken = futures::future::join_all(calls).await;
    assert!(taken.iter().all(Result::is_ok));
    assert_eq!(
        (server.calls("tx").len(), server.most_writes_at_once()),
        (8, 1)
    );

    let server = Server::like("tx-apply-if-update-retrieve");
    let huly = server.connect().await.expect("signed in");
    let update = retitle();
    let written = futures::future::join_all((0..20).map(|_| huly.update_issue(&update))).await;
    assert!(written.iter().all(Result::is_ok));
    assert_eq!(
        (server.calls("tx").len(), server.most_writes_at_once()),
        (20, 4)
    );
}

#[tokio::test(start_paused = true)]
async fn own_rows_are_found_by_the_tag_of_their_ids() {
    let server = Server::like("open-find-tx-by-id-range");
    let huly = server.connect().await.expect("signed in");
    let rows = huly
        .own_rows(0xa1ee_0daf, None, NonZeroU32::MIN)
        .await
        .expect("read");
    assert_eq!(rows.len(), 4);
    huly.newest_own_row(0xa1ee_0daf, huly_client::Millis(0))
        .await
        .expect("read")
        .expect("a row");
    let asked = &server.calls("find-all")[1].body;
    assert_eq!(
        asked["options"]["sort"],
        json!({"modifiedOn": -1, "_id": -1})
    );
    assert_eq!(asked["query"]["_id"]["$gte"], "a1ee0daf0000000000000000");
}

#[tokio::test(start_paused = true)]
async fn every_call_can_be_made_from_any_thread() {
    fn sendable<T: Send>(_: &T) {}
    fn shared<T: Send + Sync>(_: &T) {}
    let huly = Server::new(|_| None).connect().await.expect("signed in");
    shared(&huly);
    let (update, size) = (retitle(), NonZeroU32::MIN);
    sendable(&huly.update_issue(&update));
    sendable(&huly.issues_changed(Position::since(Millis(0)), size));
    sendable(&huly.update_description(&update.issue, ""));
    sendable(&huly.take_numbers(&update.issue, size, tx(1)));
    sendable(&huly.moves_of(&[]));
}
