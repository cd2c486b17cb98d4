//! The real clients against the simulated servers, without sockets.

#![cfg(test)]

use std::num::NonZeroU32;

use http_kit::{Classify, Error, Http, Settings};
use huly_client::description::DescriptionOutcome;
use huly_client::paging::Position;
use huly_client::remove::RemoveOutcome;
use huly_client::types::Priority;
use huly_client::update::{FieldChange, IssueUpdate, UpdateOutcome};
use huly_client::{Credentials, DocId, DocRef, Huly, Limits, Millis, TxId, create};
use sim::dataset::{demo, sized};
use sim::http::{RateLimit, Server, huly_router, vibe_router};
use sim::vibe::{Generation, Status};
use sim::wire::transport;
use uuid::Uuid;

struct Signed {
    huly: Huly,
    server: Server<sim::huly::Huly>,
    project: DocRef,
}

async fn signed_in(issues: usize) -> Signed {
    let boards = sized(1, issues, 1).unwrap();
    let server = Server::new(boards.huly, 1);
    let router = huly_router(&server, RateLimit::default());
    let make = |settings: Settings, classify: Classify| -> Result<Http, Error> {
        Ok(Http::with_transport(
            settings,
            classify,
            transport(router.clone()),
        ))
    };
    let credentials = Credentials::Password {
        email: boards.login.email,
        password: boards.login.password.into(),
    };
    let config = huly_client::Config {
        front: "http://huly.test".parse().unwrap(),
        credentials,
        workspace: "acme".into(),
        limits: Limits::default(),
    };
    let huly = Huly::connect(config, make).await.unwrap();
    Signed {
        huly,
        server,
        project: DocRef::new(boards.projects[0].clone()),
    }
}

fn tx(n: u8) -> TxId {
    TxId::tagged(0xa1ee_0001, [0, 0, 0, 0, 0, 0, 0, n])
}

#[tokio::test(start_paused = true)]
async fn an_issue_is_made_changed_and_removed_by_the_platforms_client() {
    let Signed {
        huly,
        server,
        project,
    } = signed_in(0).await;
    let id = DocId::derived(Uuid::from_u128(7));
    let DescriptionOutcome::Stored(blob) = huly
        .create_description(id, r#"{"type":"doc","content":[]}"#)
        .await
        .unwrap()
    else {
        panic!("somebody has it open");
    };
    let number = *huly
        .take_numbers(&project, NonZeroU32::MIN, tx(1))
        .await
        .unwrap()
        .start();
    let workflow = huly.workflow().await.unwrap();
    let read = huly.project(&project).await.unwrap().unwrap();
    huly.require_member(&read).unwrap();
    let kind = workflow.task_types_of(&read)[0].id.clone();
    let statuses = workflow.statuses_of(&read, &kind);
    let new = create::NewIssue {
        id,
        tx: tx(2),
        title: "Made".into(),
        description: Some(blob),
        status: statuses[0].id.clone(),
        priority: Priority(2),
        number,
        kind,
        rank: String::new(),
        assignee: None,
        component: None,
        milestone: None,
        due_date: None,
        estimation: 0.0,
        parent: None,
    };
    for wanted in [
        create::CreateOutcome::Created,
        create::CreateOutcome::Exists,
    ] {
        assert_eq!(
            huly.create_issues(&read, std::slice::from_ref(&new), tx(3))
                .await
                .unwrap(),
            wanted
        );
    }
    let update = |from: &str| IssueUpdate {
        issue: id.into(),
        space: project.clone(),
        changes: vec![FieldChange::Title {
            from: from.into(),
            to: "Changed".into(),
        }],
        tx: tx(4),
        frame: tx(5),
    };
    let UpdateOutcome::Applied { issue } = huly.update_issue(&update("Made")).await.unwrap() else {
        panic!("refused");
    };
    assert_eq!(issue.title, "Changed");
    assert_eq!(
        huly.update_issue(&update("Made")).await.unwrap(),
        UpdateOutcome::Refused
    );
    assert_eq!(own_rows(&huly).await, 3);
    assert_eq!(
        huly.remove_issue(&issue, tx(6), tx(7)).await.unwrap(),
        RemoveOutcome::Gone
    );
    assert!(huly.issue(&id.into()).await.unwrap().is_none());
    let removals = huly.removals_of(&[id.into()]).await.unwrap();
    assert_eq!(
        (removals.len(), server.model.lock().snapshot().len()),
        (1, 0)
    );
}

/// The number, the create and the change; not the frames, not what was refused.
async fn own_rows(huly: &Huly) -> usize {
    let newest = huly
        .newest_own_row(0xa1ee_0001, huly_client::Millis(0))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(newest.id.as_str(), tx(4).to_string());
    assert_eq!(huly.rows_of(&[tx(4), tx(99)]).await.unwrap().len(), 1);
    let size = NonZeroU32::new(10).unwrap();
    huly.own_rows(0xa1ee_0001, None, size).await.unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn all_issues_are_paged_through_once() {
    let Signed {
        huly,
        server,
        project,
    } = signed_in(120).await;
    let size = NonZeroU32::new(25).unwrap();
    let (mut from, mut ids) = (
        Some(Position::since(Millis(0))),
        std::collections::BTreeSet::new(),
    );
    while let Some(position) = from {
        let page = huly.issues_of(&project, position, size).await.unwrap();
        for issue in page.rows {
            assert!(ids.insert(issue.id));
        }
        from = page.next;
    }
    assert_eq!((ids.len(), server.calls.snapshot().writes), (120, 0));
}

#[tokio::test(start_paused = true)]
async fn both_shapes_of_a_board_are_found_out_and_worked_with() {
    for (generation, shape) in [
        (Generation::L1, vibe_client::Shape::L1),
        (Generation::L2, vibe_client::Shape::L2),
    ] {
        let boards = demo(
            &sim::clock::Clock::ticking(1_795_245_000_000, 3),
            generation,
        )
        .unwrap();
        let server = Server::new(boards.vibe, 1);
        let http = Http::with_transport(
            vibe_client::settings(),
            vibe_client::classify,
            transport(vibe_router(&server)),
        );
        let vibe = vibe_client::Vibe::connect(http, "http://vibe.test".parse().unwrap())
            .await
            .unwrap();
        assert_eq!(vibe.shape(), shape);
        let project = vibe
            .create_project("New", Some("/srv/repos/new"))
            .await
            .unwrap();
        let new = vibe_client::NewTask {
            project_id: project.id,
            title: "T".into(),
            description: None,
            status: Some(vibe_client::Status::Done),
        };
        let task = vibe.create_task(&new).await.unwrap();
        let update = vibe_client::TaskUpdate {
            status: Some(vibe_client::Status::InReview),
            ..vibe_client::TaskUpdate::default()
        };
        vibe.update_task(task.id, &update).await.unwrap();
        assert_eq!(vibe.tasks(project.id).await.unwrap().len(), 1);
        let held = server.model.lock().snapshot();
        assert!(
            held.iter()
                .any(|held| held.title == "T" && held.status == Status::InReview)
        );
        vibe.delete_task(task.id).await.unwrap();
        assert!(vibe.task(task.id).await.unwrap().is_none());
    }
}
