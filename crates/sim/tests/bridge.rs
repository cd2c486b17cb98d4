//! The predecessor's bridge over the simulated Huly, asked by the real client, without sockets: its quirks are there.

#![cfg(test)]

use std::collections::BTreeMap;

use http_kit::Http;
use huly_client::bridge::{Bridge, Form, Pages, classify, settings};
use sim::{
    Shared,
    dataset::sized,
    http::{BridgeState, Server, Unreadable, bridge_router},
    huly::{Huly, Session},
    wire::transport,
};

struct World {
    bridge: Bridge,
    state: Shared<BridgeState>,
    server: Server<Huly>,
    who: Session,
}

async fn world(issues: usize, form: sim::http::Form) -> World {
    let boards = sized(1, issues, 1).unwrap();
    let who = boards.session();
    let server = Server::new(boards.huly, 1);
    let state = Shared::new(BridgeState::of(form));
    let router = bridge_router(&server, who.clone(), state.clone());
    let http = Http::with_transport(settings(), classify, transport(router));
    let base = "http://bridge.test:3458".parse().unwrap();
    let bridge = Bridge::connect(
        http,
        base,
        Pages {
            first: 10,
            most: 40,
        },
    )
    .await
    .unwrap();
    World {
        bridge,
        state,
        server,
        who,
    }
}

#[tokio::test(start_paused = true)]
async fn each_form_is_told_apart_and_only_the_later_one_patches_and_deletes() {
    let first = world(2, sim::http::Form::First).await;
    assert_eq!(first.bridge.form(), Form::First);
    let fields = BTreeMap::from([("title", "Dock".to_owned())]);
    assert!(first.bridge.patch("P0-1", &fields).await.is_err());
    assert!(first.bridge.delete("P0-1").await.is_err());
    first.bridge.put("P0-1", "title", "Dock").await.unwrap();
    let issue = first.bridge.issue("P0-1").await.unwrap().unwrap();
    assert_eq!(
        (issue.title.as_str(), issue.project.as_deref()),
        ("Dock", Some("P0"))
    );

    let later = world(2, sim::http::Form::Later).await;
    assert_eq!(later.bridge.form(), Form::Later);
    later.bridge.patch("P0-1", &fields).await.unwrap();
    assert!(later.bridge.delete("P0-1").await.unwrap());
    assert_eq!(later.bridge.issue("P0-1").await.unwrap(), None);
    assert!(!later.bridge.delete("P0-1").await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn two_creates_at_once_get_one_identifier_and_the_sequence_stays_behind() {
    let world = world(2, sim::http::Form::First).await;
    let (a, b) = tokio::join!(
        world.bridge.create("P0", "A", "Text."),
        world.bridge.create("P0", "B", "")
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(
        (a.identifier.as_str(), b.identifier.as_str()),
        ("P0-3", "P0-3")
    );
    assert_eq!(a.status.as_deref(), Some("Backlog"));
    let mut huly = world.server.model.lock();
    let project = huly.projects()[0].id.clone();
    let new = sim::huly::NewIssue {
        title: "By a person".into(),
        ..sim::huly::NewIssue::default()
    };
    let id = huly.person_create(&world.who, &project, &new).unwrap();
    assert_eq!(huly.issue(&id).unwrap().identifier, "P0-3");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_newest_first_and_cut_from_the_old_end() {
    let world = world(25, sim::http::Form::First).await;
    let issues = world.bridge.issues("P0", 25).await.unwrap();
    let numbers: Vec<_> = issues.iter().filter_map(|issue| issue.number).collect();
    assert_eq!(numbers, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(
        world.server.calls.snapshot().of("/issues"),
        2,
        "10, then 40"
    );
    world.state.lock().cap = Some(5);
    assert!(world.bridge.issues("P0", 25).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_no_value_and_what_was_not_written_is_a_success() {
    let world = world(1, sim::http::Form::First).await;
    let text = async || {
        let issue = world.bridge.issue("P0-1").await.unwrap().unwrap();
        issue.description
    };
    world
        .bridge
        .put("P0-1", "description", "New *text*.")
        .await
        .unwrap();
    assert_eq!(text().await.as_deref(), Some("New *text*."));
    world.state.lock().loses_descriptions = true;
    world
        .bridge
        .put("P0-1", "description", "Lost.")
        .await
        .unwrap();
    assert_eq!(text().await.as_deref(), Some("New *text*."));
    world.state.lock().unreadable = Unreadable::Some(["P0-1".to_owned()].into());
    assert_eq!(text().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_put_of_a_description_leaves_the_editors_copy_as_it_was_and_a_patch_does_not() {
    for (form, expected) in [
        (sim::http::Form::First, "Typed."),
        (sim::http::Form::Later, "By hvs."),
    ] {
        let world = world(1, form).await;
        {
            let mut huly = world.server.model.lock();
            let id = huly.snapshot()[0].id.clone();
            huly.person_describe(&world.who, &id, "Typed.");
        }
        match form {
            sim::http::Form::First => world
                .bridge
                .put("P0-1", "description", "By hvs.")
                .await
                .unwrap(),
            sim::http::Form::Later => {
                let fields = BTreeMap::from([("description", "By hvs.".to_owned())]);
                world.bridge.patch("P0-1", &fields).await.unwrap();
            }
        }
        let issue = world.bridge.issue("P0-1").await.unwrap().unwrap();
        assert_eq!(issue.description.as_deref(), Some(expected));
    }
}
