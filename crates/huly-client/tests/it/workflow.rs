//! Lists of statuses and types that the server cuts short.

use huly_client::types::{Project, Workflow, class};
use serde_json::{Value, json};

use crate::support::{Server, found, recorded_reply};

const KIND: &str = "tracker:taskTypes:Issue";
const TYPE: &str = "tracker:ids:ClassingProjectType";

fn project() -> Project {
    let fields = json!({"_id": "P", "identifier": "HARB", "type": TYPE});
    serde_json::from_value(fields).expect("a project")
}

/// What the server holds of a class.
fn held(class: &str) -> Option<Vec<Value>> {
    let file = match class {
        class::ISSUE_STATUS => "find-issue-statuses",
        class::TASK_TYPE => "find-task-types",
        class::PROJECT_TYPE => "find-project-type",
        _ => return None,
    };
    let mut body: Value = serde_json::from_slice(&recorded_reply(file).body).expect("json");
    if class == class::PROJECT_TYPE {
        // It was asked for by its id, which was cut out.
        body["value"][0]["_id"] = json!(TYPE);
    }
    body["value"].as_array().cloned()
}

/// A server whose list of this class ends after so many rows; what is asked for by id comes, unless it is `gone`.
fn cut(short: &'static str, rows: usize, gone: &'static str) -> Server {
    Server::new(move |seen| {
        let class = seen.body["_class"].as_str()?;
        let mut rest = held(class)?;
        rest.retain(|document| document["_id"] != gone);
        match seen.body["query"]["_id"]["$in"].as_array() {
            Some(ids) => rest.retain(|document| ids.contains(&document["_id"])),
            None if class == short => rest.truncate(rows),
            None => {}
        }
        Some(found(&rest))
    })
}

/// What a run knows of the project's statuses, and how many calls it took.
async fn known(server: &Server) -> (Vec<String>, usize) {
    let huly = server.connect().await.expect("signed in");
    let mut workflow = huly.workflow().await.expect("read");
    for _ in 0..2 {
        huly.complete(&mut workflow, &project())
            .await
            .expect("read");
        assert!(!workflow.lacks(&project()));
    }
    (names(&workflow), server.calls("find-all").len())
}

fn names(workflow: &Workflow) -> Vec<String> {
    let statuses = workflow.statuses_of(&project(), &KIND.into());
    statuses.iter().map(|status| status.name.clone()).collect()
}

const ALL: [&str; 5] = ["Backlog", "Todo", "In Progress", "Done", "Canceled"];

#[tokio::test(start_paused = true)]
async fn what_a_short_list_left_out_is_asked_for_by_its_id() {
    for (short, rows) in [
        (class::ISSUE_STATUS, 2),
        (class::ISSUE_STATUS, 0),
        (class::TASK_TYPE, 0),
        (class::PROJECT_TYPE, 0),
    ] {
        let server = cut(short, rows, "");
        let (names, calls) = known(&server).await;
        assert_eq!(
            (names, calls),
            (ALL.map(String::from).to_vec(), 4),
            "{short}"
        );
        let last = server.calls("find-all").pop().expect("asked");
        assert_eq!(last.body["_class"], short);
    }
}

#[tokio::test(start_paused = true)]
async fn whole_lists_take_three_calls() {
    let (names, calls) = known(&cut("", 0, "")).await;
    assert_eq!((names, calls), (ALL.map(String::from).to_vec(), 3));
}

#[tokio::test(start_paused = true)]
async fn what_is_really_gone_is_asked_for_by_its_id_once() {
    let (names, calls) = known(&cut("", 0, "tracker:status:Todo")).await;
    assert_eq!(names, ["Backlog", "In Progress", "Done", "Canceled"]);
    assert_eq!(calls, 4);
    assert_eq!(known(&cut("", 0, KIND)).await, (Vec::new(), 4));
    assert_eq!(known(&cut("", 0, TYPE)).await, (Vec::new(), 4));
}
