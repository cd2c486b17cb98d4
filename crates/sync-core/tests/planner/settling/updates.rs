//! Settling an update.

use super::title_update;
use sync_core::{
    Side,
    ids::Millis,
    item::{Field, FieldSet, Value},
    plan::{self, Action, Change, Why},
};

use super::{LATER, caps, is_update, planned, present};
use crate::support::{NOW, item, lenses, rules};

#[test]
fn the_base_of_a_written_field_is_the_answer_and_of_its_source_what_was_planned_on() {
    let (row, action) = title_update();
    let answer = item(Side::Vibe, "B |x|inprogress");
    let next = plan::settle(&row, &action, Some(&answer), &caps(), LATER);
    assert_eq!(
        (&*next.base.vibe.title, &*next.base.huly.title),
        ("B ", "B")
    );
    assert_eq!(
        next.base.vibe.status, row.base.vibe.status,
        "a field that was not written keeps its base"
    );
    assert_eq!(next.version, row.version + 1);
    let write = next.last_write.vibe.unwrap();
    assert_eq!(
        (write.at, write.fields, &*write.before.title),
        (LATER, FieldSet::of(&[Field::Title]), "A")
    );
}

#[test]
fn without_an_answer_what_was_sent_counts() {
    let (row, action) = title_update();
    let next = plan::settle(&row, &action, None, &caps(), LATER);
    assert_eq!(&*next.base.vibe.title, "B");
}

#[test]
fn settled_again_later_the_row_stands() {
    let (row, action) = title_update();
    let answer = item(Side::Vibe, "B|x|todo");
    let once = plan::settle(&row, &action, Some(&answer), &caps(), LATER);
    assert_eq!(
        plan::settle(&once, &action, Some(&answer), &caps(), Millis(LATER.0 + 1)),
        once
    );
}

#[test]
fn a_field_that_the_service_did_not_take_keeps_its_base() {
    let lenses = lenses();
    let (row, action) = planned(
        &rules(&lenses),
        ("A|x|t", "A|x|todo"),
        &(
            present(Side::Huly, "B|x|d"),
            present(Side::Vibe, "A|x|todo"),
        ),
        is_update,
    );
    let answer = item(Side::Vibe, "B|x|todo");
    let next = plan::settle(&row, &action, Some(&answer), &caps(), LATER);
    assert_eq!(
        (&*next.base.huly.title, next.base.huly.status.clone()),
        ("B", Some("t".into())),
        "the status is planned again"
    );
    let nothing = item(Side::Vibe, "A|x|todo");
    assert_eq!(
        plan::settle(&row, &action, Some(&nothing), &caps(), LATER),
        row
    );
}

#[test]
fn a_later_write_keeps_what_stood_before_an_earlier_one() {
    let (row, action) = title_update();
    let titled = plan::settle(
        &row,
        &action,
        Some(&item(Side::Vibe, "B|x|todo")),
        &caps(),
        LATER,
    );
    let Action::Update(mut update) = action else {
        panic!()
    };
    update.set = vec![Change {
        field: Field::Status,
        from: Value::Status("todo".into()),
        to: Value::Status("done".into()),
        why: Why::Edit,
    }];
    update.expected = item(Side::Vibe, "B|x|todo").values;
    let next = plan::settle(
        &titled,
        &Action::Update(update),
        Some(&item(Side::Vibe, "B|x|done")),
        &caps(),
        Millis(LATER.0 + 9),
    );
    let write = next.last_write.vibe.unwrap();
    assert_eq!(
        (write.fields, &*write.before.title),
        (FieldSet::of(&[Field::Title, Field::Status]), "A")
    );
    assert_eq!(write.before.status, Some("todo".into()));
}

#[test]
fn what_is_sent_again_is_counted_once_a_time() {
    let (row, action) = title_update();
    let mut row = plan::settle(
        &row,
        &action,
        Some(&item(Side::Vibe, "B|x|todo")),
        &caps(),
        NOW,
    );
    let Action::Update(mut update) = action else {
        panic!()
    };
    update.set[0].why = Why::Resend;
    let again = Action::Update(update);
    for times in 1..=3 {
        let now = Millis(NOW.0 + times * 1_000);
        row = plan::settle(
            &row,
            &again,
            Some(&item(Side::Vibe, "B|x|todo")),
            &caps(),
            now,
        );
        assert_eq!(
            i64::from(row.last_write.vibe.as_ref().unwrap().resent),
            times
        );
        assert_eq!(
            plan::settle(
                &row,
                &again,
                Some(&item(Side::Vibe, "B|x|todo")),
                &caps(),
                now
            ),
            row,
            "once a time"
        );
    }
}
