//! Link making: the order of the evidence, and what is made where there is none.

use sync_core::{
    Pair, Side,
    ids::{Generation, LinkId},
    link::{self, Decision, derived_issue, wants},
    rules::Creation,
};

use super::{Boards, predecessor};
use crate::support::lenses;

#[test]
fn nothing_unlinked_is_nothing_to_decide() {
    let lenses = lenses();
    let boards = Boards::new(&lenses);
    assert_eq!(boards.says(), "");
    assert_eq!(
        wants(
            &boards.rules,
            Pair {
                huly: &[],
                vibe: &[]
            }
        ),
        link::Wants::default()
    );
}

#[test]
fn new_items_get_counterparts_oldest_first_and_issues_before_tasks() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.issue("h1", "P-1", "One");
    boards.task("t2", "Two", None);
    boards.task("t1", "Three", None);
    assert_eq!(
        boards.says(),
        "create for huly h1; create for vibe t2; create for vibe t1"
    );
    let link = LinkId::derive(boards.rules.workspace, Side::Huly, &"h1".into());
    assert_eq!(
        boards.decide()[0],
        Decision::Create {
            from: Side::Huly,
            item: "h1".into(),
            link
        }
    );
}

#[test]
fn creation_off_in_one_direction_leaves_that_side_alone() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.issue("h1", "P-1", "One");
    boards.task("t2", "Two", None);
    boards.rules.create = Creation::ToVibe;
    assert_eq!(boards.says(), "create for huly h1");
    boards.rules.create = Creation::ToHuly;
    assert_eq!(boards.says(), "create for vibe t2");
    boards.rules.create = Creation::None;
    assert_eq!(boards.says(), "");
}

#[test]
fn what_the_store_links_is_not_decided_on() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.issue("h1", "P-1", "One");
    boards.linked.push((Side::Huly, "h1".into()));
    assert_eq!(boards.says(), "");
}

#[test]
fn an_issue_with_the_derived_id_belongs_to_its_task_whatever_its_title() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let task = boards.task("t1", "One", None);
    let derived = derived_issue(boards.rules.workspace, &task.id, Generation::FIRST);
    let issue = boards.issue(derived.as_str(), "P-1", "Renamed");
    boards.issue("h2", "P-2", "One");
    boards.derived.insert(task.id, issue);
    assert_eq!(
        boards.says(),
        format!("adopt {derived}=t1 DerivedId; create for huly h2")
    );
}

#[test]
fn a_derived_issue_that_is_linked_elsewhere_holds_its_task() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let task = boards.task("t1", "One", None);
    let issue = boards.issue("h9", "P-9", "One");
    boards.linked.push((Side::Huly, "h9".into()));
    boards.derived.insert(task.id, issue);
    assert_eq!(boards.says(), "hold vibe t1");
}

#[test]
fn the_derived_ids_of_the_first_generations_are_asked_for() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let task = boards.task("t1", "One", Some(predecessor("P-4")));
    boards.task("t2", "Two", Some(predecessor("P-4")));
    let wants = wants(
        &boards.rules,
        Pair {
            huly: &[],
            vibe: &boards.vibe,
        },
    );
    assert_eq!(wants.derived.len(), 6);
    assert_eq!(
        wants.derived[0],
        (
            task.id.clone(),
            derived_issue(boards.rules.workspace, &task.id, Generation::FIRST)
        )
    );
    assert_eq!(wants.labels, ["P-4".into()]);
}
