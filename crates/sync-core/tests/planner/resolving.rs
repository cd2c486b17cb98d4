//! What a person decided about one field: by example, and as laws over small domains.

use proptest::prelude::*;
use sync_core::{
    Pair, Side,
    ids::Millis,
    item::{Field, Item, Observation, Value, Values},
    link::{LastWrite, Link},
    plan::{self, Change, Decided, LinkInput, Resolution, Why},
    rules::Rules,
};

use crate::support::{NOW, item, lenses, lines, link, rules, version};

/// When people decide in these tests: before the moment of planning.
const DECIDED: Millis = Millis(NOW.0 - 60_000);

fn text(short: &str) -> Value {
    Value::Text(lines(short))
}

fn status(id: &str) -> Value {
    Value::Status(id.into())
}

/// A decision by somebody who was shown these two values.
fn decided(field: Field, side: Side, value: Value, shown: (Value, Value)) -> Decided {
    Decided {
        field,
        side,
        value,
        shown: Pair {
            huly: Some(shown.0),
            vibe: Some(shown.1),
        },
        at: DECIDED,
    }
}

/// A pair that agreed on `A|x` and whose field is frozen.
fn frozen(rules: &Rules<'_>, field: Field) -> Link {
    let (mut row, _) = link(rules, "A|x|t", "A|x|todo");
    row.frozen.insert(field);
    row
}

fn seen(item: Option<Item>) -> Observation {
    item.map_or(Observation::Unseen, |item| {
        Observation::Present(Box::new(item))
    })
}

fn held(rules: &Rules<'_>, row: &Link, now: Pair<Option<Item>>, decided: &Decided) -> Resolution {
    let now = now.map(seen);
    let input = LinkInput {
        link: row,
        now: now.as_ref(),
        base_texts: Pair::default(),
    };
    plan::resolve(rules, &input, decided)
}

fn both(huly: &str, vibe: &str) -> Pair<Option<Item>> {
    Pair {
        huly: Some(item(Side::Huly, huly)),
        vibe: Some(item(Side::Vibe, vibe)),
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::Text(text) => text.replace('\n', "/"),
        Value::Status(status) => status.to_string(),
        other => format!("{other:?}"),
    }
}

/// `huly A->B, vibe A->B`, or one word.
fn told(resolution: &Resolution) -> String {
    match resolution {
        Resolution::Unread => "unread".into(),
        Resolution::Changed(now) => format!("changed {} {}", word(&now.huly), word(&now.vibe)),
        Resolution::Refused(problem) => format!("refused {}", problem.code),
        Resolution::Done => "done".into(),
        Resolution::Write(set) => {
            let written = set.as_ref().as_ref().into_sides().into_iter();
            let written: Vec<String> = written
                .filter_map(|(side, change)| {
                    let Change { from, to, why, .. } = change.as_ref()?;
                    assert_eq!(*why, Why::Merged);
                    Some(format!("{} {}->{}", side.as_str(), word(from), word(to)))
                })
                .collect();
            written.join(", ")
        }
    }
}

/// Holds a decision against two items of a pair that agreed on `A|x|t`.
#[track_caller]
fn holds(huly: &str, vibe: &str, decided: &Decided, expected: &str) {
    let lenses = lenses();
    let rules = rules(&lenses);
    let row = frozen(&rules, decided.field);
    let found = held(&rules, &row, both(huly, vibe), decided);
    assert_eq!(told(&found), expected, "{huly} {vibe} {decided:?}");
}

fn titles(value: &str) -> Decided {
    let shown = (text("H"), text("V"));
    decided(Field::Title, Side::Huly, text(value), shown)
}

#[test]
fn what_one_side_holds_goes_to_the_other_and_a_third_value_to_both() {
    holds("H|x|t", "V|x|todo", &titles("H"), "vibe V->H");
    holds("H|x|t", "V|x|todo", &titles("V"), "huly H->V");
    holds("H|x|t", "V|x|todo", &titles("T"), "huly H->T, vibe V->T");
    holds("H|x|t", "H|x|todo", &titles("H"), "done");
    // one half was written already
    holds("T|x|t", "V|x|todo", &titles("T"), "vibe V->T");
    holds("T|x|t", "T|x|todo", &titles("T"), "done");
}

#[test]
fn nothing_is_written_over_what_nobody_was_shown() {
    holds("H|x|t", "N|x|todo", &titles("H"), "changed H N");
    holds("N|x|t", "V|x|todo", &titles("V"), "changed N V");
    holds("N|x|t", "M|x|todo", &titles("T"), "changed N M");
    // what was decided, by whatever hand, is no change
    holds("H|x|t", "H|x|todo", &titles("H"), "done");
}

#[test]
fn formatting_and_white_space_at_the_ends_are_no_change() {
    let shown = (text("_a_"), text("b"));
    let one = decided(Field::Description, Side::Huly, text("_a_"), shown);
    holds("A|*a*|t", "A|b |todo", &one, "vibe b ->_a_");
    holds("A|_a_/|t", "A|*a*|todo", &one, "done");
    holds("A|_a_|t", "A|c|todo", &one, "changed _a_ c");
}

#[test]
fn a_status_is_decided_in_the_terms_of_one_side_and_meant_for_both() {
    let shown = || (status("d"), status("done"));
    let huly = decided(Field::Status, Side::Huly, status("d"), shown());
    holds("A|x|d", "A|x|done", &huly, "vibe done->inprogress");
    holds("A|x|d", "A|x|inprogress", &huly, "done");
    let vibe = decided(Field::Status, Side::Vibe, status("done"), shown());
    holds("A|x|d", "A|x|done", &vibe, "huly d->w");
    // a status of Huly that means the same already stays
    let review = decided(
        Field::Status,
        Side::Vibe,
        status("inreview"),
        (status("d"), status("inreview")),
    );
    holds("A|x|d", "A|x|inreview", &review, "done");
}

#[test]
fn a_status_that_stands_for_nothing_there_is_refused() {
    let shown = (status("x"), status("done"));
    let one = decided(Field::Status, Side::Huly, status("x"), shown);
    let lenses = lenses();
    let rules = rules(&lenses);
    let row = frozen(&rules, Field::Status);
    let found = held(&rules, &row, both("A|x|x", "A|x|done"), &one);
    assert!(
        matches!(&found, Resolution::Refused(problem) if problem.side == Side::Vibe && problem.field == Some(Field::Status)),
        "{found:?}"
    );
}

#[test]
fn a_value_that_a_side_cannot_hold_is_refused() {
    let long = "T".repeat(41);
    let lenses = lenses();
    let rules = rules(&lenses);
    let row = frozen(&rules, Field::Title);
    let found = held(&rules, &row, both("H|x|t", "V|x|todo"), &titles(&long));
    assert!(
        matches!(&found, Resolution::Refused(problem) if problem.field == Some(Field::Title)),
        "{found:?}"
    );
}

#[test]
fn what_was_not_read_is_not_decided_about() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let row = frozen(&rules, Field::Title);
    for side in Side::ALL {
        let mut now = both("H|x|t", "V|x|todo");
        *now.side_mut(side) = None;
        assert_eq!(held(&rules, &row, now, &titles("H")), Resolution::Unread);
        // a text that nobody read, and that is not the one of the base
        let mut now = both("A|h|t", "A|v|todo");
        if let Some(item) = now.side_mut(side) {
            item.text = None;
        }
        let shown = (text("h"), text("v"));
        let one = decided(Field::Description, Side::Huly, text("h"), shown);
        let row = frozen(&rules, Field::Description);
        assert_eq!(
            held(&rules, &row, now, &one),
            Resolution::Unread,
            "{side:?}"
        );
    }
}

#[test]
fn of_a_conflict_that_is_over_the_winners_value_must_still_stand_and_the_other_side_be_as_it_was() {
    let one = Decided {
        shown: Pair {
            huly: Some(text("A")),
            vibe: None,
        },
        ..decided(Field::Title, Side::Vibe, text("V"), (text("A"), text("A")))
    };
    holds("A|x|t", "A|x|todo", &one, "huly A->V, vibe A->V");
    holds("A|x|t", "N|x|todo", &one, "changed A N");
    holds("N|x|t", "A|x|todo", &one, "changed N A");
}

#[test]
fn what_a_service_made_of_our_own_write_is_not_written_again() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let shown = (text("h"), text("v"));
    let one = decided(Field::Description, Side::Huly, text("T"), shown);
    let mut row = frozen(&rules, Field::Description);
    row.base.vibe.description = version(Side::Vibe, "T, as Vibe has it");
    let now = || both("A|h|t", "A|T, as Vibe has it|todo");
    let wrote = |at: Millis, field: Field| LastWrite {
        at,
        fields: [field].into_iter().collect(),
        before: Values::default(),
        resent: 0,
    };
    for (write, expected) in [
        (None, "changed h T, as Vibe has it"),
        (
            Some(wrote(Millis(DECIDED.0 - 1), Field::Description)),
            "changed h T, as Vibe has it",
        ),
        (
            Some(wrote(DECIDED, Field::Title)),
            "changed h T, as Vibe has it",
        ),
        (Some(wrote(DECIDED, Field::Description)), "huly h->T"),
    ] {
        row.last_write.vibe = write;
        assert_eq!(told(&held(&rules, &row, now(), &one)), expected);
    }
    // edited since, it is not what we wrote
    row.last_write.vibe = Some(wrote(DECIDED, Field::Description));
    let edited = both("A|h|t", "A|edited|todo");
    assert_eq!(told(&held(&rules, &row, edited, &one)), "changed h edited");
}

#[test]
fn a_thawed_field_is_in_agreement_and_waits_no_more() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut row = frozen(&rules, Field::Title);
    row.frozen.insert(Field::Status);
    let now = both("T|y|d", "T|z|done").map(|item| item.unwrap().values);
    let next = plan::thaw(&row, Field::Title, now.as_ref());
    assert!(!next.frozen.contains(Field::Title) && next.frozen.contains(Field::Status));
    assert_eq!((&*next.base.huly.title, &*next.base.vibe.title), ("T", "T"));
    // nothing else was taken over
    assert_eq!(next.base.huly.description, row.base.huly.description);
    assert_eq!(next.base.vibe.status, row.base.vibe.status);
    assert_eq!(next.version, row.version + 1);
    assert_eq!(plan::thaw(&next, Field::Title, now.as_ref()), next);
}

fn title() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["A", "B", "C", "D"])
}

proptest! {
    /// What is said to be written brings the decision to its end, and never takes away a value that nobody was shown.
    #[test]
    fn a_decision_is_done_once_its_writes_are(
        huly in title(), vibe in title(), value in title(), shown in (title(), title()),
    ) {
        let lenses = lenses();
        let rules = rules(&lenses);
        let row = frozen(&rules, Field::Title);
        let one = decided(Field::Title, Side::Huly, text(value), (text(shown.0), text(shown.1)));
        let mut now = both(&format!("{huly}|x|t"), &format!("{vibe}|x|todo"));
        match held(&rules, &row, now.clone(), &one) {
            Resolution::Write(set) => {
                for (side, change) in set.into_sides() {
                    let item = now.side_mut(side).as_mut().unwrap();
                    let Some(change) = change else {
                        prop_assert_eq!(&*item.values.title, value);
                        continue;
                    };
                    let was_shown = if side == Side::Huly { shown.0 } else { shown.1 };
                    prop_assert_eq!(&*item.values.title, was_shown);
                    prop_assert_eq!(&change.to, &text(value));
                    item.values.title = value.into();
                }
                prop_assert_eq!(held(&rules, &row, now, &one), Resolution::Done);
            }
            Resolution::Done => prop_assert!(huly == value && vibe == value),
            Resolution::Changed(found) => {
                prop_assert_eq!((found.huly, found.vibe), (text(huly), text(vibe)));
                let is_new = |held: &str, shown: &str| held != value && held != shown;
                prop_assert!(is_new(huly, shown.0) || is_new(vibe, shown.1));
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
