//! Link making (design 3.5): the order of the evidence, twins, copies, foreign markers, adoption.

use std::{collections::HashMap, sync::Arc};

use sync_core::{
    Pair, Side,
    footer::{Footer, Marker, Writer},
    guard,
    ids::{Attempt, Generation, ItemId, LinkId, Millis, StoreId},
    item::{Item, Observation, TextVersion},
    lens::Lenses,
    link::{
        self, Decision, How, Known, Link, Titles, Unlinked, adopt, create, decide, derived_issue,
        relink, remove_twin, wants,
    },
    plan::{self, Action, LinkInput, RemoveReason},
    rules::{Creation, Rules},
};

use crate::support::{compact::compact, item, lenses, rules};

/// Two boards without a store's knowledge, built up by each test.
struct Boards<'a> {
    rules: Rules<'a>,
    huly: Vec<Item>,
    vibe: Vec<Item>,
    links: HashMap<LinkId, Known>,
    linked: Vec<(Side, ItemId)>,
    derived: HashMap<ItemId, Item>,
    take_over: bool,
}

impl<'a> Boards<'a> {
    fn new(lenses: &'a Lenses) -> Boards<'a> {
        Boards {
            rules: rules(lenses),
            huly: Vec::new(),
            vibe: Vec::new(),
            links: HashMap::new(),
            linked: Vec::new(),
            derived: HashMap::new(),
            take_over: false,
        }
    }

    fn issue(&mut self, id: &str, label: &str, title: &str) -> Item {
        let issue = Item {
            label: Some(label.into()),
            ..Item::new(id.into(), item(Side::Huly, &format!("{title}||t")).values)
        };
        self.huly.push(issue.clone());
        issue
    }

    fn task(&mut self, id: &str, title: &str, footer: Option<Footer>) -> Item {
        let created = Some(Millis(1_000 + i64::try_from(self.vibe.len()).unwrap()));
        let task = Item {
            footer,
            created,
            ..Item::new(
                id.into(),
                item(Side::Vibe, &format!("{title}||todo")).values,
            )
        };
        self.vibe.push(task.clone());
        task
    }

    fn marker(&self, link: LinkId, generation: u32, attempt: u32) -> Footer {
        marked(self.rules.store, link, generation, attempt, None)
    }

    /// A link of the store whose task was seen like this.
    fn known(&mut self, task: Observation, change: impl FnOnce(&mut Link)) -> LinkId {
        let mut link = Link::between(&self.rules, "h-linked".into(), "t-linked".into());
        link.base.vibe = item(Side::Vibe, "A||todo").values;
        change(&mut link);
        let id = link.id;
        self.linked.push((Side::Huly, "h-linked".into()));
        self.linked
            .extend(link.items.vibe.clone().map(|task| (Side::Vibe, task)));
        self.links.insert(id, Known { link, task });
        id
    }

    fn decide(&self) -> Vec<Decision> {
        let labelled: HashMap<Arc<str>, Item> = self
            .huly
            .iter()
            .filter_map(|issue| Some((issue.label.clone()?, issue.clone())))
            .collect();
        let is_linked = |side: Side, id: &ItemId| self.linked.contains(&(side, id.clone()));
        let titles = |side: Side, items: &[Item]| {
            Titles::of(
                items
                    .iter()
                    .map(|item| (item, is_linked(side, &item.id)))
                    .collect::<Vec<_>>(),
            )
        };
        let titles = Pair {
            huly: titles(Side::Huly, &self.huly),
            vibe: titles(Side::Vibe, &self.vibe),
        };
        decide(
            &self.rules,
            &Unlinked {
                items: Pair {
                    huly: &self.huly,
                    vibe: &self.vibe,
                },
                link: &|id| self.links.get(&id).cloned(),
                linked: &is_linked,
                derived: &self.derived,
                labelled: &labelled,
                titles: titles.as_ref(),
                take_over: self.take_over,
            },
        )
    }

    fn says(&self) -> String {
        self.decide()
            .iter()
            .map(short)
            .collect::<Vec<_>>()
            .join("; ")
    }
}

fn marked(
    store: StoreId,
    link: LinkId,
    generation: u32,
    attempt: u32,
    label: Option<&str>,
) -> Footer {
    Footer {
        writer: Writer::Ours,
        label: label.map(Into::into),
        url: None,
        marker: Some(Marker {
            store,
            link,
            generation: Generation(generation),
            attempt: Attempt(attempt),
        }),
        note: None,
    }
}

fn predecessor(label: &str) -> Footer {
    Footer {
        writer: Writer::Predecessor,
        label: Some(label.into()),
        url: None,
        marker: None,
        note: None,
    }
}

fn short(decision: &Decision) -> String {
    match decision {
        Decision::Adopt { huly, vibe, how } => format!("adopt {huly}={vibe} {how:?}"),
        Decision::Create { from, item, .. } => format!("create for {} {item}", from.as_str()),
        Decision::Twin { keep, remove, .. } => format!("twin {remove} of {keep}"),
        Decision::Copy { item } => format!("copy {item}"),
        Decision::Foreign { item, .. } => format!("foreign {item}"),
        Decision::Hold { side, item, .. } => format!("hold {} {item}", side.as_str()),
        Decision::Relink { item, .. } => format!("relink {item}"),
    }
}

fn seen(footer: Option<Footer>) -> Observation {
    Observation::Present(Box::new(Item {
        footer,
        ..Item::new("t-linked".into(), item(Side::Vibe, "A||todo").values)
    }))
}

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

fn adopted(huly: &str, vibe: &str) -> (Link, String) {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, plan) = adopt(
        &rules,
        &item(Side::Huly, huly),
        &item(Side::Vibe, vibe),
        How::Title,
    );
    (row, compact(&plan))
}

#[test]
fn equal_items_are_adopted_without_a_write() {
    assert_eq!(
        adopted("A|x|t", "A|x|todo").1,
        "agree title+description+status whole"
    );
    assert_eq!(
        adopted("A|*x*|b", "A|_x_|todo").1,
        "agree title+description+status whole"
    );
    assert_eq!(
        adopted("A||d", "A||inreview").1,
        "agree title+description+status whole"
    );
}

#[test]
fn where_adopted_items_differ_huly_stands_and_vibes_value_is_kept() {
    assert_eq!(
        adopted("A|x|t", "a|x|todo").1,
        "agree description+status; ! title A~a huly wins adopted; vibe title a->A(adopted)"
    );
    assert_eq!(
        adopted("A|x|t", "A|y|todo").1,
        "agree title+status; ! description x~y huly wins adopted; vibe description y->x(adopted)"
    );
    assert_eq!(
        adopted("A|x|w", "A|x|todo").1,
        "agree title+description; ! status w~todo huly wins adopted; vibe status todo->done(adopted)"
    );
}

#[test]
fn a_blank_value_that_gives_way_is_nothing_to_keep() {
    assert_eq!(
        adopted("A|x|t", "A||todo").1,
        "agree title+status; vibe description ->x(adopted)"
    );
}

#[test]
fn what_is_still_owed_to_vibe_is_in_the_row() {
    let (row, _) = adopted("A|x|w", "B|y|todo");
    assert_eq!(
        &*row.base.huly.title, "B",
        "as if Huly had changed it since"
    );
    assert!(row.base.vibe.description.is_owed());
    assert_eq!(
        row.base.huly.status,
        Some("t".into()),
        "as if Huly had moved since"
    );
}

#[test]
fn an_adoption_that_was_held_back_is_planned_again_and_is_still_a_rewrite() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let items = Pair {
        huly: item(Side::Huly, "A|x|w"),
        vibe: item(Side::Vibe, "A|y|todo"),
    };
    let (row, _) = adopt(&rules, &items.huly, &items.vibe, How::Title);
    let texts = items.as_ref().map(|item| item.text.clone());
    let now = items.map(|item| Observation::Present(Box::new(item)));
    let plan = plan::link(
        &rules,
        &LinkInput {
            link: &row,
            now: now.as_ref(),
            base_texts: texts,
        },
    );
    assert_eq!(
        compact(&plan),
        "vibe description y->x(adopted), status todo->done"
    );
    let held = guard::check(
        &guard::Limits {
            rewrites_free: 0,
            ..guard::Limits::default()
        },
        &guard::Counts::default(),
        &[plan],
    );
    assert_eq!(held.len(), 1);
}

#[test]
fn an_unmapped_status_is_told_and_the_rest_is_adopted() {
    assert_eq!(
        adopted("A|x|x", "A|x|todo").1,
        "agree title+description whole; x STATUS_UNKNOWN vibe.status"
    );
}

#[test]
fn without_the_texts_a_pair_is_adopted_as_rebuilt() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let unread = Item {
        text: None,
        ..item(Side::Huly, "A|x|t")
    };
    let (row, plan) = adopt(&rules, &unread, &item(Side::Vibe, "A|y|todo"), How::Title);
    assert!(row.rebuilt);
    assert_eq!(compact(&plan), "agree title+status");
}

#[test]
fn a_pair_found_by_its_derived_id_began_in_vibe() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, _) = adopt(
        &rules,
        &item(Side::Huly, "A|x|t"),
        &item(Side::Vibe, "A|x|todo"),
        How::DerivedId,
    );
    assert_eq!(
        (row.origin, row.id),
        (
            Side::Vibe,
            LinkId::derive(rules.workspace, Side::Vibe, &"t1".into())
        )
    );
}

#[test]
fn a_new_pair_has_its_row_before_its_counterpart() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, plan) = create(&rules, &item(Side::Vibe, "A|x|done"), Side::Vibe);
    assert_eq!(
        (
            row.origin,
            row.items.vibe.clone(),
            row.items.huly.clone(),
            row.version
        ),
        (Side::Vibe, Some("t1".into()), None, 0)
    );
    assert_eq!(compact(&plan), "create huly#1 A|x|w");
    assert_eq!(row.base.vibe.description, TextVersion::of_text("x"));
}

#[test]
fn the_same_item_makes_the_same_link_and_the_same_create_again() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let first = create(&rules, &item(Side::Huly, "A|x|t"), Side::Huly);
    let second = create(&rules, &item(Side::Huly, "B|y|w"), Side::Huly);
    let key = |plan: &sync_core::plan::LinkPlan| match &plan.actions[..] {
        [Action::Create(create)] => create.key,
        other => panic!("{other:?}"),
    };
    assert_eq!(first.0.id, second.0.id);
    assert_eq!(
        key(&first.1),
        key(&second.1),
        "never of values (design 4.1)"
    );
}
