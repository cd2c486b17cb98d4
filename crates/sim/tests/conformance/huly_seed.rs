//! The recorded workspace in the state before a request.

use serde_json::{Value, json};
use sim::huly::{Huly, Mode};

use crate::fixture::Fixture;
use crate::huly::ALICE;
use crate::huly_world::{Doc, World, created, objects, shown, took_effect, txes, undone};

const HARBOR: &str = "6b0144aca1b2c3d4e5000001";

/// Brings the workspace to the state before the request.
pub(crate) fn seed(fixture: &Fixture, all: &[Fixture], huly: &mut Huly) {
    let mut world = World::before(fixture, all);
    let path = fixture.text("/request/path");
    if path.contains("/find-all/") || path.contains("/ensure-person/") {
        for doc in shown(fixture) {
            world.overlay(doc);
        }
    }
    if path.contains("/tx/") {
        seed_for_tx(fixture, &mut world);
    }
    if path.contains("/blob?")
        && fixture.status() == 200
        && fixture.text("/request/method") == "GET"
    {
        let name = path.split("name=").nth(1).unwrap();
        huly.put_blob(
            name,
            fixture.at("/response/body").to_string().into_bytes(),
            "application/json",
        );
    }
    special(fixture, all, &mut world);
    world.pour(huly);
    special_text(fixture, huly);
}

fn seed_for_tx(fixture: &Fixture, world: &mut World) {
    let mut objects = objects(fixture.at("/response/body")).into_iter();
    let is_taken = fixture
        .text("/response/body/error")
        .contains("duplicate key");
    for tx in txes(fixture) {
        let id = tx["objectId"].as_str().unwrap();
        let is_create = tx["_class"] == "core:class:TxCreateDoc";
        if is_create && took_effect(fixture) {
            world.0.remove(id);
        }
        if is_create && is_taken && !fixture.name.contains("batch") {
            world.overlay(created(&tx, 1));
        }
        if tx.contains_key("retrieve")
            && !is_create
            && let Some(object) = objects.next()
        {
            world.overlay(undone(object, tx["operations"].as_object().unwrap()));
        }
    }
    let conditions = fixture.at("/request/body/match").as_array();
    if took_effect(fixture) {
        for condition in conditions.into_iter().flatten() {
            let mut doc: Doc = condition["query"].as_object().unwrap().clone();
            doc.insert("_class".into(), condition["_class"].clone());
            world.overlay(doc);
        }
    }
}

fn issue(id: &str, fields: &Value) -> Doc {
    let mut doc =
        json!({ "_id": id, "_class": "tracker:class:Issue", "space": HARBOR, "modifiedOn": 1 });
    doc.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    doc.as_object().unwrap().clone()
}

/// States that no earlier recording shows.
fn special(fixture: &Fixture, all: &[Fixture], world: &mut World) {
    let project = |id: &str, members: &[&str]| {
        issue(
            id,
            &json!({ "_class": "tracker:class:Project", "space": "core:space:Space", "members": members, "archived": false }),
        )
    };
    let seen_elsewhere = |names: &[&str], world: &mut World| {
        for other in all
            .iter()
            .filter(|other| names.contains(&other.name.as_str()))
        {
            for doc in shown(other) {
                world.overlay(doc);
            }
        }
    };
    match fixture.name.as_str() {
        "find-issues-not-a-member" => world.overlay(issue(
            "6b0000000000000000000001",
            &json!({ "space": "tracker:project:DefaultProject" }),
        )),
        "open-tx-apply-if-remove-refused" => world.overlay(issue(
            "6b015d31a1b2c3d4e54d0005",
            &json!({ "attachedTo": "6b015d31a1b2c3d4e54d0004" }),
        )),
        "open-tx-apply-if-batch-guarded"
        | "open-tx-apply-if-batch-one-exists"
        | "open-tx-apply-if-batch-over-200" => {
            // The requests are cut down; the one whose id exists is the last but one, of three or of five.
            let txes = txes(fixture);
            let exists = txes[txes.len() - 2]["objectId"].as_str().unwrap();
            world.overlay(issue(exists, &json!({ "title": "Already here" })));
        }
        "open-find-moved-issue-old-member" | "open-find-tx-history-moved-issue-old-member" => {
            world.overlay(project("6b015d31a1b2c3d4e54fb001", &[ALICE]));
            seen_elsewhere(&["open-find-tx-history-moved-issue"], world);
        }
        "ensure-person" => seen_elsewhere(&["find-persons", "find-social-identities"], world),
        "find-issues-first-page" => seen_elsewhere(&["find-issues-modified-after"], world),
        "find-issue-in-archived-project-by-id"
        | "find-issues-in-archived-project"
        | "find-issues-in-archived-project-show-archived" => {
            seen_elsewhere(&["find-issue-in-archived-project-by-id"], world);
            let mut old = project("6b01456ea1b2c3d4e500031b", &[ALICE]);
            old.insert("archived".into(), json!(true));
            world.overlay(old);
        }
        "open-find-tx-history-moved-issue" => {
            world.overlay(project("6b015d31a1b2c3d4e54fb001", &[ALICE]));
        }
        _ => {}
    }
}

fn special_text(fixture: &Fixture, huly: &mut Huly) {
    let issue_id = fixture
        .text("/request/path")
        .split("%7C")
        .nth(2)
        .unwrap_or("")
        .to_owned();
    let wanted = fixture
        .text("/response/body/content/description")
        .to_owned();
    let source = fixture.text("/request/body/payload/source").to_owned();
    let alice = huly.session(ALICE).unwrap();
    match fixture.name.as_str() {
        "error-workspace-upgrading" => huly.set_mode(Mode::Upgrading),
        "collaborator-get-content" | "open-recreate-get-content-source" => {
            huly.put_blob(&source, wanted.into_bytes(), "application/json");
        }
        "collaborator-get-content-stale" => {
            huly.put_blob(
                &source,
                b"{\"type\":\"doc\",\"content\":[]}".to_vec(),
                "application/json",
            );
            huly.load_live(&issue_id, &wanted, false);
        }
        "open-typing-get-content" => {
            huly.load(issue(&issue_id, &json!({})));
            assert!(huly.type_text(&issue_id, &wanted, alice.primary()));
        }
        "open-typing-get-content-after-update" => {
            huly.load(issue(&issue_id, &json!({})));
            assert!(huly.type_text(&issue_id, "typed and unsaved", alice.primary()));
        }
        "open-get-content-after-removal" => {
            huly.load(issue(&issue_id, &json!({})));
            huly.person_describe(&alice, &issue_id, "First life, edited");
            huly.person_delete(&alice, &issue_id).unwrap();
        }
        "open-recreate-while-open-create-content"
        | "open-recreate-while-open-get-content"
        | "open-recreate-stale-get-content" => {
            huly.load(issue(&issue_id, &json!({})));
            assert!(huly.type_text(
                &issue_id,
                if wanted.is_empty() {
                    "First life"
                } else {
                    &wanted
                },
                alice.primary()
            ));
            huly.person_delete(&alice, &issue_id).unwrap();
            if fixture.name.contains("stale") {
                huly.close_text(&issue_id);
                huly.put_blob(&source, b"Second life".to_vec(), "application/json");
                huly.load(issue(&issue_id, &json!({ "description": source })));
            }
        }
        _ => {}
    }
}
