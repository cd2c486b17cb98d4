//! Descriptions: blobs, live documents, and people who type.

use serde_json::{Value, json};

use crate::world;

fn content(words: &str) -> Value {
    json!({ "content": { "description": words } })
}

#[test]
fn typing_is_unsaved_until_somebody_reads_it_or_time_passes() {
    let mut world = world();
    let issue = world.issue("x", None);
    world
        .collaborate(&issue, "updateContent", &content("saved"))
        .unwrap();
    let saved = world.stored(&issue, "description");
    let who = world.who.clone();
    assert!(world.huly.type_text(&issue, "typed", who.primary()));
    assert_eq!(world.stored(&issue, "description"), saved);
    assert!(world.live(&issue).contains("typed"));
    let read = world.stored(&issue, "description");
    assert_ne!(read, saved);
    assert!(world.huly.type_text(&issue, "typed more", who.primary()));
    world.clock.advance(10_000);
    world.huly.issue(&issue).unwrap();
    assert_ne!(world.stored(&issue, "description"), read);
}

#[test]
fn an_update_of_the_text_throws_unsaved_typing_away_and_an_equal_one_changes_nothing() {
    let mut world = world();
    let issue = world.issue("x", None);
    let who = world.who.clone();
    assert!(world.huly.type_text(&issue, "typed", who.primary()));
    world
        .collaborate(&issue, "updateContent", &content("ours"))
        .unwrap();
    assert!(world.live(&issue).contains("ours"));
    let (name, stamp) = (
        world.stored(&issue, "description"),
        world.stored(&issue, "modifiedOn"),
    );
    world
        .collaborate(&issue, "updateContent", &content("ours"))
        .unwrap();
    assert_eq!(
        (
            world.stored(&issue, "description"),
            world.stored(&issue, "modifiedOn")
        ),
        (name, stamp)
    );
}

#[test]
fn created_content_set_by_hand_leaves_the_live_text_as_it_was() {
    let mut world = world();
    let issue = world.issue("x", None);
    world
        .collaborate(&issue, "updateContent", &content("old"))
        .unwrap();
    let blob = world
        .collaborate(&issue, "createContent", &content("new"))
        .unwrap()["content"]["description"]
        .clone();
    let who = world.who.clone();
    world
        .huly
        .person_edit(&who, &issue, &json!({ "description": blob }))
        .unwrap();
    assert!(world.live(&issue).contains("old"));
}

#[test]
fn a_description_that_was_open_at_the_removal_comes_back_over_the_new_one() {
    let mut world = world();
    let issue = world.issue("x", None);
    let who = world.who.clone();
    assert!(world.huly.type_text(&issue, "first life", who.primary()));
    world.huly.person_delete(&who, &issue).unwrap();
    assert!(
        world
            .collaborate(&issue, "createContent", &content("second life"))
            .unwrap_err()
            .ends_with("already exists")
    );
    world.huly.close_text(&issue);
    world
        .collaborate(&issue, "createContent", &content("second life"))
        .unwrap();
    let again = world.create("t", &issue);
    world.send(&again).unwrap();
    assert!(world.live(&issue).contains("first life"));
    world
        .collaborate(&issue, "updateContent", &content("second life"))
        .unwrap();
    assert!(world.live(&issue).contains("second life"));
}
