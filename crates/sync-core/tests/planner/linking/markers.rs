//! Link making: markers of ours, of other stores, twins and copies, and weaker evidence.

use sync_core::{
    Side,
    footer::{Footer, Writer},
    ids::{Generation, LinkId, StoreId},
    item::{Item, Observation},
    link::{self, How, adopt, relink, remove_twin},
    plan::{Action, RemoveReason},
};

use super::{Boards, marked, predecessor, seen};
use crate::support::{compact::compact, item, lenses, rules};

#[test]
fn a_marker_of_a_gone_task_relinks_to_the_copy_before_any_deletion_policy() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let link = boards.known(Observation::Gone, |_| {});
    let footer = Some(boards.marker(link, 1, 1));
    let copy = boards.task("t2", "A", footer);
    assert_eq!(boards.says(), "relink t2");
    assert_eq!(
        compact(&relink(&boards.links[&link].link, &copy)),
        "relink vibe t2"
    );
}

#[test]
fn a_create_that_landed_unseen_becomes_the_links_task() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let link = boards.known(Observation::Unseen, |link| link.items.vibe = None);
    let footer = Some(boards.marker(link, 1, 1));
    boards.task("t2", "A", footer);
    let footer = Some(boards.marker(link, 1, 2));
    boards.task("t3", "A", footer);
    assert_eq!(boards.says(), "relink t2; twin t3 of t2");
}

#[test]
fn a_late_create_is_our_twin_and_goes_if_nobody_touched_it() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let link = LinkId::derive(boards.rules.workspace, Side::Huly, &"h-linked".into());
    boards.known(seen(Some(boards.marker(link, 1, 2))), |_| {});
    let footer = Some(boards.marker(link, 1, 1));
    let twin = boards.task("t2", "A", footer);
    assert_eq!(boards.says(), "twin t2 of t-linked");
    let plan = remove_twin(
        link,
        &Item {
            text: Some("".into()),
            ..twin.clone()
        },
    );
    assert!(
        matches!(&plan.actions[..], [Action::Remove(remove)] if remove.reason == RemoveReason::Twin && remove.item == twin.id)
    );
}

#[test]
fn a_twin_whose_text_is_not_known_is_not_removed() {
    let mut twin = Item::new("t2".into(), item(Side::Vibe, "A|x|todo").values);
    let link = LinkId::derive(rules(&lenses()).workspace, Side::Huly, &"h1".into());
    assert!(remove_twin(link, &twin).actions.is_empty());
    twin.text = Some("x".into());
    assert_eq!(remove_twin(link, &twin).actions.len(), 1);
}

#[test]
fn a_twin_that_somebody_edited_is_told_and_gets_no_counterpart() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let link = LinkId::derive(boards.rules.workspace, Side::Huly, &"h-linked".into());
    boards.known(seen(Some(boards.marker(link, 1, 1))), |_| {});
    let footer = Some(boards.marker(link, 1, 2));
    boards.task("t2", "Edited", footer);
    assert_eq!(boards.says(), "hold vibe t2");
}

#[test]
fn the_same_attempt_twice_is_a_persons_copy_and_an_item_of_its_own() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let link = LinkId::derive(boards.rules.workspace, Side::Huly, &"h-linked".into());
    boards.known(seen(Some(boards.marker(link, 1, 1))), |_| {});
    let footer = Some(boards.marker(link, 1, 1));
    boards.task("t2", "A", footer);
    assert_eq!(boards.says(), "copy t2; create for vibe t2");
}

#[test]
fn a_marker_whose_own_task_has_lost_its_footer_is_held() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let link = boards.known(seen(None), |_| {});
    let footer = Some(boards.marker(link, 1, 1));
    boards.task("t2", "A", footer);
    assert_eq!(boards.says(), "hold vibe t2");
}

#[test]
fn an_earlier_generation_that_came_back_is_held() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let link = LinkId::derive(boards.rules.workspace, Side::Huly, &"h-linked".into());
    boards.known(seen(Some(boards.marker(link, 2, 1))), |_| {});
    let footer = Some(boards.marker(link, 1, 1));
    boards.task("t2", "A", footer);
    assert_eq!(boards.says(), "hold vibe t2");
}

#[test]
fn a_marker_of_a_task_that_was_not_read_or_of_a_tombstone_is_held() {
    let lenses = lenses();
    for (task, phase) in [
        (Observation::Unseen, link::Phase::Active),
        (Observation::Gone, link::Phase::Tombstone),
    ] {
        let mut boards = Boards::new(&lenses);
        let link = boards.known(task, |link| link.phase = phase);
        let footer = Some(boards.marker(link, 1, 1));
        boards.task("t2", "A", footer);
        assert_eq!(boards.says(), "hold vibe t2", "{phase:?}");
    }
}

#[test]
fn after_a_rollback_the_marker_leads_back_to_the_issue() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let issue = boards.issue("h1", "P-1", "One");
    let link = LinkId::derive(boards.rules.workspace, Side::Huly, &issue.id);
    let footer = Some(boards.marker(link, 2, 1));
    let task = boards.task("t1", "Other title", footer.clone());
    boards.task("t2", "Other title", footer);
    assert_eq!(
        boards.says(),
        "adopt h1=t1 Marker; copy t2; create for vibe t2"
    );
    let (row, _) = adopt(&boards.rules, &issue, &task, How::Marker);
    assert_eq!(
        (row.id, row.generation.vibe, row.origin),
        (link, Generation(2), Side::Huly)
    );
}

#[test]
fn after_a_rollback_the_footers_identifier_leads_back_where_the_id_does_not() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.issue("h1", "P-1", "One");
    let other = LinkId::derive(boards.rules.workspace, Side::Huly, &"elsewhere".into());
    let footer = Some(marked(boards.rules.store, other, 1, 1, Some("P-1")));
    boards.task("t1", "Two", footer);
    assert_eq!(boards.says(), "adopt h1=t1 Marker");
}

#[test]
fn a_marker_without_its_issue_is_never_given_a_new_one() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let gone = LinkId::derive(boards.rules.workspace, Side::Huly, &"gone".into());
    let footer = Some(boards.marker(gone, 1, 1));
    boards.task("t1", "One", footer);
    assert_eq!(boards.says(), "hold vibe t1");
}

#[test]
fn a_damaged_footer_of_ours_is_held() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.task(
        "t1",
        "One",
        Some(Footer {
            writer: Writer::Ours,
            label: None,
            url: None,
            marker: None,
            note: None,
        }),
    );
    assert_eq!(boards.says(), "hold vibe t1");
}

#[test]
fn a_foreign_marker_stops_every_create_in_the_project_but_no_adoption() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    let issue = boards.issue("h1", "P-1", "One");
    boards.issue("h2", "P-2", "Two");
    boards.issue("h3", "P-3", "Three");
    let link = LinkId::derive(boards.rules.workspace, Side::Huly, &issue.id);
    boards.task(
        "t1",
        "One",
        Some(marked(StoreId(uuid::Uuid::from_u128(99)), link, 1, 1, None)),
    );
    boards.task("t2", "Two", None);
    boards.task("t4", "Four", None);
    assert_eq!(
        boards.says(),
        "foreign t1; adopt h2=t2 Title; hold huly h1; hold huly h3; hold vibe t4"
    );
    boards.take_over = true;
    assert_eq!(
        boards.says(),
        "adopt h1=t1 Marker; adopt h2=t2 Title; create for huly h3; create for vibe t4"
    );
}

#[test]
fn the_predecessors_footer_adopts_one_task_and_holds_the_duplicates() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.issue("h1", "P2ABC-7", "One");
    boards.task("t1", "Other", Some(predecessor("P2ABC-7")));
    boards.task("t2", "Other", Some(predecessor("P2ABC-7")));
    boards.task("t3", "Other", Some(predecessor("GONE-1")));
    assert_eq!(
        boards.says(),
        "adopt h1=t1 Predecessor; hold vibe t2; hold vibe t3"
    );
}

#[test]
fn a_title_links_only_where_exactly_one_stands_on_each_side() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.issue("h1", "P-1", " Dock ");
    boards.task("t1", "dock", None);
    assert_eq!(boards.says(), "adopt h1=t1 Title");
    boards.task("t2", "DOCK", None);
    assert_eq!(
        boards.says(),
        "create for huly h1; create for vibe t1; create for vibe t2"
    );
}

#[test]
fn a_title_of_a_linked_item_links_nothing() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.issue("h1", "P-1", "Dock");
    boards.task("t1", "Dock", None);
    boards.linked.push((Side::Vibe, "t1".into()));
    assert_eq!(boards.says(), "create for huly h1");
}

#[test]
fn blank_titles_are_no_evidence() {
    let lenses = lenses();
    let mut boards = Boards::new(&lenses);
    boards.issue("h1", "P-1", " ");
    boards.task("t1", "", None);
    assert_eq!(boards.says(), "create for huly h1; create for vibe t1");
}
