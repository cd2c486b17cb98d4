//! Documents, transactions, history, membership, accounts.

use serde_json::{Value, json};
use sim::huly::{Bookkeeping, Error, Role};

use crate::world;

#[test]
fn an_update_of_what_is_not_there_succeeds_and_leaves_a_row() {
    let mut world = world();
    let plain = world.tx(
        "a1",
        "TxUpdateDoc",
        "missing",
        &json!({ "operations": { "title": "x" } }),
    );
    assert_eq!(world.send(&plain), Ok(json!([])));
    let looking = world.tx(
        "a2",
        "TxUpdateDoc",
        "missing",
        &json!({ "operations": { "title": "x" }, "retrieve": true }),
    );
    assert_eq!(world.send(&looking), Ok(json!({ "object": null })));
    assert_eq!(world.huly.history_of("missing").len(), 2);
}

#[test]
fn conditions_count_only_with_a_scope() {
    let mut world = world();
    let create = world.create("t1", "once");
    let guarded = world.apply_if(Some("s"), "once", std::slice::from_ref(&create));
    assert_eq!(world.send(&guarded).unwrap()["success"], true);
    assert_eq!(world.send(&guarded), Ok(json!({ "success": false })));
    let bare = world.apply_if(None, "once", &[create]);
    assert_eq!(world.send(&bare), Err(Error::Duplicate("task")));
}

#[test]
fn a_refused_condition_leaves_no_row_and_a_failed_create_leaves_one() {
    let mut world = world();
    let first = world.create("t1", "once");
    world.send(&first).unwrap();
    let refused = world.apply_if(Some("s"), "once", &[world.create("t2", "once")]);
    world.send(&refused).unwrap();
    let failed = world.create("t3", "once");
    assert!(world.send(&failed).is_err());
    let rows: Vec<Value> = world
        .huly
        .history_of("once")
        .iter()
        .map(|row| row["_id"].clone())
        .collect();
    assert_eq!(rows, [json!("t1"), json!("t3")]);
}

#[test]
fn a_batch_with_a_taken_id_makes_the_full_two_hundreds_before_it_only() {
    let mut world = world();
    let taken = world.create("t", "i205");
    world.send(&taken).unwrap();
    let creates: Vec<Value> = (0..210)
        .map(|at| world.create(&format!("t{at}"), &format!("i{at}")))
        .collect();
    let batch = world.apply_if(Some("s"), "none", &creates);
    assert_eq!(world.send(&batch), Err(Error::Duplicate("task")));
    assert_eq!(world.huly.snapshot().len(), 201);
}

#[test]
fn sub_issues_go_and_move_with_their_parent_without_rows() {
    let mut world = world();
    let parent = world.issue("parent", None);
    let child = world.issue("child", Some(&parent));
    let grandchild = world.issue("grandchild", Some(&child));
    assert_eq!(world.stored(&parent, "subIssues"), 1);
    let who = world.who.clone();
    let other = world.huly.add_project(&who, "PIER", "Pier", None).unwrap();
    world.huly.person_move(&who, &parent, &other).unwrap();
    assert_eq!(world.stored(&grandchild, "space"), json!(other));
    assert_eq!(
        world.stored(&child, "parents")[0]["space"],
        json!(world.project)
    );
    world.huly.person_delete(&who, &parent).unwrap();
    assert!(world.huly.snapshot().is_empty());
    assert_eq!(world.huly.history_of(&grandchild).len(), 1);
}

#[test]
fn late_bookkeeping_sets_a_stamp_back_below_a_newer_change() {
    let mut world = world();
    let issue = world.issue("x", None);
    world
        .huly
        .set_bookkeeping(Bookkeeping::Late { after_ms: 50 });
    let who = world.who.clone();
    world
        .huly
        .person_edit(&who, &issue, &json!({ "title": "first" }))
        .unwrap();
    let first = world.stored(&issue, "modifiedOn").as_i64().unwrap();
    world.clock.advance(8);
    world
        .huly
        .person_edit(&who, &issue, &json!({ "title": "second" }))
        .unwrap();
    assert!(world.stored(&issue, "modifiedOn").as_i64().unwrap() > first);
    world.clock.advance(45);
    let after = world.huly.issue(&issue).unwrap();
    assert_eq!((after.title.as_str(), after.modified_on), ("second", first));
}

#[test]
fn stamps_are_the_servers_even_where_its_clock_is_off() {
    let mut world = world();
    let ahead = world.clock.skewed(3_600_000);
    world.huly.set_clock(ahead);
    let issue = world.issue("x", None);
    assert!(world.stored(&issue, "modifiedOn").as_i64().unwrap() > 1_795_248_600_000);
}

#[test]
fn who_is_not_listed_sees_nothing_and_may_write() {
    let mut world = world();
    let issue = world.issue("x", None);
    let bob = world
        .huly
        .add_account("bob@example.com", "x", "Bob", Some(Role::User));
    let bob = world.huly.session(&bob).unwrap();
    let (issues, projects) = ("tracker:class:Issue", "tracker:class:Project");
    assert!(
        world
            .found(&bob, issues, &json!({ "_id": issue }))
            .is_empty()
    );
    assert_eq!(world.found(&bob, projects, &json!({})).len(), 1);
    assert!(
        world
            .found(&bob, "core:class:TxCUD", &json!({ "objectId": issue }))
            .is_empty()
    );
    world
        .huly
        .person_edit(&bob, &issue, &json!({ "title": "Bob was here" }))
        .unwrap();
    let project = world.project.clone();
    world
        .huly
        .person_edit_project(
            &bob,
            &project,
            &json!({ "$push": { "members": bob.account } }),
        )
        .unwrap();
    assert_eq!(
        world.found(&bob, issues, &json!({ "_id": issue }))[0]["title"],
        "Bob was here"
    );
}

#[test]
fn an_archived_project_hides_its_issues_but_not_from_one_id_or_one_space() {
    let mut world = world();
    let issue = world.issue("x", None);
    let (who, project) = (world.who.clone(), world.project.clone());
    world
        .huly
        .person_edit_project(&who, &project, &json!({ "archived": true }))
        .unwrap();
    let class = "tracker:class:Issue";
    assert_eq!(
        world
            .found(&who, class, &json!({ "modifiedOn": { "$gt": 0 } }))
            .len(),
        0
    );
    assert_eq!(
        world
            .found(&who, class, &json!({ "_id": { "$in": [issue] } }))
            .len(),
        0
    );
    assert_eq!(world.found(&who, class, &json!({ "_id": issue })).len(), 1);
    assert_eq!(
        world.found(&who, class, &json!({ "space": project })).len(),
        1
    );
}

#[test]
fn a_login_locks_after_five_wrong_passwords_and_expired_tokens_need_one_fresh_login() {
    let mut world = world();
    let login = |password: &str| json!({ "email": "alice@example.com", "password": password });
    let token = world
        .huly
        .account_call(None, "login", &login("x"), "")
        .unwrap()["token"]
        .clone();
    world.huly.expire_tokens();
    let fresh = world
        .huly
        .account_call(None, "login", &login("x"), "")
        .unwrap()["token"]
        .clone();
    assert_ne!(token, fresh);
    let header = |token: &Value| format!("Bearer {}", token.as_str().unwrap());
    assert!(
        world.huly.read_token(Some(&header(&token))).is_err()
            && world.huly.read_token(Some(&header(&fresh))).is_ok()
    );
    for _ in 0..5 {
        assert_eq!(
            world
                .huly
                .account_call(None, "login", &login("y"), "")
                .unwrap_err()
                .code(),
            "AccountNotFound"
        );
    }
    assert_eq!(
        world
            .huly
            .account_call(None, "login", &login("x"), "")
            .unwrap_err()
            .code(),
        "PasswordLoginLocked"
    );
}
