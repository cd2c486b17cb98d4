//! Duplicates of a linked task: what counts as one, and what a person touched.

use std::collections::HashMap;

use sync_core::{
    Pair, Side,
    footer::Footer,
    ids::{ItemId, LinkId, StatusId},
    item::{Item, Observation},
    link::{Duplicate, Link, Linked, duplicates},
};

use super::{marked, predecessor};
use crate::support::{item, lenses, link, normal, rules};

/// What is found of tasks beside the one of `HARB-1`, which is called `A` and holds `x`.
fn found(tasks: &[(&str, &str, Option<Footer>)]) -> Vec<(ItemId, Option<String>)> {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (mut row, _) = link(&rules, "A|x|d", "A|x|inprogress");
    row.label = Some("HARB-1".into());
    let id = row.id;
    let now = Pair {
        huly: Observation::Present(Box::new(item(Side::Huly, "A|*x*|d"))),
        vibe: Observation::Present(Box::new(item(Side::Vibe, "A|x|inprogress"))),
    };
    let links: HashMap<LinkId, Link> = [(id, row)].into();
    let status = StatusId::from("todo");
    let linked = Linked {
        links: &links,
        now: &|_| now.as_ref(),
        normal_form: normal,
        new_status: Some(&status),
    };
    let tasks: Vec<Item> = tasks
        .iter()
        .map(|(name, short, footer)| Item {
            id: (*name).into(),
            footer: footer.clone(),
            ..item(Side::Vibe, short)
        })
        .collect();
    duplicates(&linked, &tasks)
        .into_iter()
        .map(
            |Duplicate {
                 item,
                 touched,
                 keep,
                 ..
             }| {
                assert_eq!(keep, "t1".into());
                (item, touched.map(|why| why.to_string()))
            },
        )
        .collect()
}

#[test]
fn a_second_task_that_names_the_issue_of_a_link_is_a_duplicate() {
    let untouched = |short: &str| found(&[("t2", short, Some(predecessor("HARB-1")))]);
    for short in [
        "A|x|inprogress",
        "A|x|todo",
        " a |x|todo",
        "A|_x_|todo",
        "A||todo",
    ] {
        assert_eq!(untouched(short), [("t2".into(), None)], "{short}");
    }
}

#[test]
fn what_a_person_or_an_agent_touched_is_told() {
    for (short, why) in [
        ("B|x|todo", "title"),
        ("A|own words|todo", "description"),
        ("A|x|done", "status"),
        ("A|x|todo@", "agent"),
    ] {
        let found = found(&[("t2", short, Some(predecessor("HARB-1")))]);
        let touched = found[0].1.as_deref().unwrap_or_default();
        assert!(touched.contains(why), "{short}: {found:?}");
    }
}

#[test]
fn a_task_without_a_footer_or_of_another_issue_is_no_duplicate() {
    assert!(found(&[("t2", "A|x|todo", None)]).is_empty());
    assert!(found(&[("t2", "B|x|todo", Some(predecessor("HARB-9")))]).is_empty());
    // A name that leads nowhere, and the very title.
    let by_title = found(&[("t2", "A|x|todo", Some(predecessor("HARB-9")))]);
    assert_eq!(by_title, [("t2".into(), None)]);
}

#[test]
fn a_task_with_the_marker_of_a_known_link_is_told_by_its_marker_alone() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, _) = link(&rules, "A|x|d", "A|x|inprogress");
    let own = marked(rules.store, row.id, 1, 2, Some("HARB-1"));
    assert!(found(&[("t2", "A|x|todo", Some(own))]).is_empty());
}
