//! Around the table: kinds of items, what is read, sleeping and waking.

use sync_core::{
    Pair, Side,
    ids::ItemId,
    item::{Item, Observation},
    lens::StatusNames,
    link::Phase,
    plan::{self, LinkInput},
    rules::Deletion,
};

use crate::support::{compact::compact, item, lens, lenses, link, normal, rules};

#[test]
fn a_kind_of_its_own_is_planned_by_its_own_lens() {
    let mut names = StatusNames::default();
    names
        .to_vibe
        .insert("Doing".to_owned(), "inreview".to_owned());
    let mut lenses = lenses();
    lenses.by_kind.insert("bug".into(), lens(&names));
    let rules = rules(&lenses);
    let (link, _) = link(&rules, "A||t", "A||todo");
    let mut issue = item(Side::Huly, "A||d");
    issue.kind = Some("bug".into());
    let (issue, task) = (
        Observation::Present(Box::new(issue)),
        Observation::Present(Box::new(item(Side::Vibe, "A||todo"))),
    );
    let input = LinkInput {
        link: &link,
        now: Pair {
            huly: &issue,
            vibe: &task,
        },
        base_texts: Pair::default(),
    };
    assert_eq!(
        compact(&plan::link(&rules, &input)),
        "vibe status todo->inreview"
    );
    // Vibe moved, and the issue's kind is not known because it was not read: it is asked for, never guessed.
    let moved = Observation::Present(Box::new(item(Side::Vibe, "A||inreview")));
    let unseen = Pair {
        huly: &Observation::Unseen,
        vibe: &moved,
    };
    assert!(plan::needs(&rules, &link, unseen).item.huly);
    let input = LinkInput {
        link: &link,
        now: unseen,
        base_texts: Pair::default(),
    };
    assert_eq!(compact(&plan::link(&rules, &input)), "");
}

#[test]
fn nothing_is_read_for_a_link_that_did_not_change() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (link, _) = link(&rules, "A|x|t", "A|x|todo");
    let seen = Pair::by(|side| {
        Observation::Present(Box::new(Item {
            text: None,
            ..item(
                side,
                if side == Side::Huly {
                    "A|x|t"
                } else {
                    "A|x|todo"
                },
            )
        }))
    });
    assert_eq!(
        plan::needs(&rules, &link, seen.as_ref()),
        plan::Needs::default()
    );
    let unseen = Pair {
        huly: &Observation::Unseen,
        vibe: &Observation::Unseen,
    };
    assert_eq!(plan::needs(&rules, &link, unseen), plan::Needs::default());
}

#[test]
fn only_the_changed_text_and_the_base_are_read() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (link, _) = link(&rules, "A|x|t", "A|x|todo");
    let huly = Observation::Present(Box::new(Item {
        text: None,
        ..item(Side::Huly, "A|y|t")
    }));
    let vibe = Observation::Present(Box::new(Item {
        text: None,
        ..item(Side::Vibe, "A|x|todo")
    }));
    let needs = plan::needs(
        &rules,
        &link,
        Pair {
            huly: &huly,
            vibe: &vibe,
        },
    );
    assert_eq!(
        (needs.text, needs.base_texts),
        (
            Pair {
                huly: true,
                vibe: false
            },
            true
        )
    );
    // a status alone asks for no text
    let moved = Observation::Present(Box::new(Item {
        text: None,
        ..item(Side::Huly, "A|x|d")
    }));
    assert_eq!(
        plan::needs(
            &rules,
            &link,
            Pair {
                huly: &moved,
                vibe: &vibe
            }
        ),
        plan::Needs::default()
    );
}

#[test]
fn what_a_deletion_needs_is_the_other_item_and_its_text_where_it_is_kept() {
    let lenses = lenses();
    let mut rules = rules(&lenses);
    let (link, _) = link(&rules, "A|x|t", "A|x|todo");
    let unread = Observation::Present(Box::new(Item {
        text: None,
        ..item(Side::Vibe, "A|x|todo")
    }));
    let gone = Observation::Gone;
    assert!(
        plan::needs(
            &rules,
            &link,
            Pair {
                huly: &gone,
                vibe: &Observation::Unseen
            }
        )
        .item
        .vibe
    );
    assert!(
        !plan::needs(
            &rules,
            &link,
            Pair {
                huly: &gone,
                vibe: &unread
            }
        )
        .text
        .vibe
    );
    rules.deletion = Deletion::Mirror;
    assert!(
        plan::needs(
            &rules,
            &link,
            Pair {
                huly: &gone,
                vibe: &unread
            }
        )
        .text
        .vibe
    );
}

#[test]
fn a_link_falls_asleep_only_after_its_last_change_was_carried() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (link, texts) = link(&rules, "A|x|t", "A|x|todo");
    let (huly, vibe) = (
        Observation::Present(Box::new(item(Side::Huly, "A|x|w"))),
        Observation::Unseen,
    );
    let input = LinkInput {
        link: &link,
        now: Pair {
            huly: &huly,
            vibe: &vibe,
        },
        base_texts: texts.clone(),
    };
    assert_eq!(
        compact(&plan::sleep(&rules, &input, "filtered")),
        "vibe status todo->done"
    );
    let same = Observation::Present(Box::new(item(Side::Huly, "A|x|t")));
    let input = LinkInput {
        link: &link,
        now: Pair {
            huly: &same,
            vibe: &vibe,
        },
        base_texts: texts,
    };
    assert_eq!(
        compact(&plan::sleep(&rules, &input, "filtered")),
        "asleep gone=none"
    );
}

#[test]
fn a_link_that_wakes_is_compared_in_full() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (mut link, texts) = link(&rules, "A|x|t", "A|x|todo");
    link.phase = Phase::Asleep;
    let now = Pair {
        huly: Observation::Present(Box::new(item(Side::Huly, "B|x|t"))),
        vibe: Observation::Unseen,
    };
    let input = LinkInput {
        link: &link,
        now: now.as_ref(),
        base_texts: texts,
    };
    assert_eq!(compact(&plan::link(&rules, &input)), "");
    assert_eq!(
        compact(&plan::wake(&rules, &input, "passes the filter again")),
        "active gone=none; vibe title A->B"
    );
}

#[test]
fn without_a_counterpart_the_item_and_its_text_are_needed() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (mut link, _) = link(&rules, "A|x|t", "A|x|todo");
    link.items.vibe = None;
    let unseen = Observation::Unseen;
    assert!(
        plan::needs(
            &rules,
            &link,
            Pair {
                huly: &unseen,
                vibe: &unseen
            }
        )
        .item
        .huly
    );
    let unread = Observation::Present(Box::new(Item {
        text: None,
        ..item(Side::Huly, "A|x|t")
    }));
    assert!(
        plan::needs(
            &rules,
            &link,
            Pair {
                huly: &unread,
                vibe: &unseen
            }
        )
        .text
        .huly
    );
    assert_eq!(ItemId::from("h1"), *link.items.huly.as_ref().unwrap());
    assert_eq!(normal("*a*"), "_a_");
}
