//! Values by field: each one is compared, taken, put and told alone.

use std::sync::Arc;

use sync_core::{
    Side,
    ids::{ItemId, LinkId, Millis, StatusId},
    item::{Extra, Field, Item, Priority, TextVersion, Value, Values},
    link::remove_mirrored,
    plan::{Action, RemoveReason},
};
use uuid::Uuid;

/// Values of which every field differs from the default's.
fn full() -> Values {
    Values {
        title: "Paint the boat".into(),
        description: TextVersion::of_text("Blue."),
        status: Some(StatusId::new("doing")),
        extra: Extra {
            priority: Priority::Urgent,
            parent: Some(ItemId::new("parent")),
            labels: [Arc::from("Tide")].into_iter().collect(),
            assignee: Some("bob@acme.test".into()),
            due_date: Some(Millis(7)),
        },
    }
}

#[test]
fn a_field_that_is_taken_over_is_the_same_and_no_other_one_is() {
    for field in Field::ALL {
        let mut taken = Values::default();
        taken.take(field, &full());
        for other in Field::ALL {
            assert_eq!(
                taken.same(&full(), other),
                other == field,
                "{field}: {other}"
            );
            assert_eq!(taken.same(&Values::default(), other), other != field);
        }
    }
}

#[test]
fn what_a_plan_carries_of_a_field_puts_the_same_value_there() {
    let text: Arc<str> = "Blue.".into();
    for field in Field::ALL {
        let mut put = Values::default();
        put.put(field, &full().value(field, Some(&text)));
        assert!(put.same(&full(), field), "{field}");
        let before = put.clone();
        put.put(field, &Value::Unset);
        assert_eq!(put, before, "{field}: nothing known changes nothing");
    }
    assert_eq!(full().value(Field::Description, None), Value::Unset);
    assert_eq!(Values::default().value(Field::Status, None), Value::Unset);
}

#[test]
fn a_value_of_another_kind_changes_nothing() {
    let date = Value::DueDate(Some(Millis(9)));
    for field in Field::ALL
        .into_iter()
        .filter(|field| *field != Field::DueDate)
    {
        let mut values = full();
        values.put(field, &date);
        assert_eq!(values, full(), "{field}");
    }
}

#[test]
fn the_counterpart_of_a_project_that_went_as_a_whole_is_removed_with_its_text_or_not_at_all() {
    let link = LinkId(Uuid::from_u128(5));
    let mut item = Item::new(ItemId::new("task"), full());
    item.label = Some("HARB-1".into());
    let unread = remove_mirrored(link, Side::Vibe, &item);
    assert!(
        unread.actions.is_empty(),
        "its text would be lost: {unread:?}"
    );
    item.text = Some("Blue.".into());
    let plan = remove_mirrored(link, Side::Vibe, &item);
    let [Action::Remove(remove)] = plan.actions.as_slice() else {
        panic!("{plan:?}");
    };
    assert_eq!((plan.link, remove.side), (link, Side::Vibe));
    assert_eq!(remove.reason, RemoveReason::Mirrored);
    assert_eq!(
        (&*remove.kept.title, &*remove.kept.text),
        ("Paint the boat", "Blue.")
    );
    assert_eq!(remove.expected, full());
    assert_eq!(remove.instead, None);
}
