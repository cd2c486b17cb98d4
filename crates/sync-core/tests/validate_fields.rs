//! Validation by field: one bad field does not hold the item, and every message says what to do.

use std::{collections::BTreeSet, sync::Arc};

use proptest::prelude::*;
use sync_core::{
    Side,
    footer::MAX_BYTES,
    item::{Extra, Field, FieldSet, Priority, Value},
    plan::{Change, Draft, Why},
    rules::{Capabilities, Limits},
    validate::{CODES, change, draft, refuses_item},
};

const NONE: Limits = Limits {
    title_chars: None,
    description_bytes: None,
    blank_title: false,
    nul: false,
};

fn caps(limits: Limits) -> Capabilities {
    Capabilities {
        fields: FieldSet::COMMON,
        conditional_write: true,
        client_ids: true,
        changes: true,
        status_at_create: true,
        footer: false,
        limits,
    }
}

fn item(title: &str, text: &str) -> Draft {
    Draft {
        title: title.into(),
        text: text.into(),
        status: Some("todo".into()),
        extra: Extra::default(),
    }
}

fn set(field: Field, to: Value) -> Change {
    Change {
        field,
        from: Value::Unset,
        to,
        why: Why::Edit,
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn is_listed(code: &str) -> bool {
    CODES.iter().any(|(known, _, _)| *known == code)
}

#[test]
fn a_good_item_passes_untouched() {
    let good = item("Title", "Text\n");
    for side in Side::ALL {
        assert_eq!(
            draft(&good, side, &caps(NONE), "P-1"),
            (good.clone(), vec![], vec![])
        );
    }
}

#[test]
fn a_bad_title_refuses_the_whole_item() {
    let rows = [
        ("blank", "", NONE, "ITEM_TITLE_BLANK", None, None),
        ("white space", " \t\n", NONE, "ITEM_TITLE_BLANK", None, None),
        (
            "too long",
            "üüüü",
            Limits {
                title_chars: Some(3),
                ..NONE
            },
            "ITEM_TITLE_TOO_LONG",
            Some(3),
            Some(4),
        ),
    ];
    for (name, title, limits, code, limit, actual) in rows {
        let (_, problems, _) = draft(&item(title, "text"), Side::Huly, &caps(limits), "P-1");
        let [problem] = problems.as_slice() else {
            panic!("{name}: {problems:?}")
        };
        assert_eq!(
            (&*problem.code, problem.limit, problem.actual),
            (code, limit, actual),
            "{name}"
        );
        assert_eq!(
            (problem.field, problem.side),
            (Some(Field::Title), Side::Huly)
        );
        assert!(refuses_item(problem), "{name}");
        assert!(
            problem.message.starts_with("P-1: ") && problem.message.contains("Huly"),
            "{}",
            problem.message
        );
        let refused = change(
            &set(Field::Title, text(title)),
            Side::Huly,
            &caps(limits),
            "P-1",
        );
        assert_eq!(refused.unwrap_err(), *problem, "{name}");
    }
}

#[test]
fn a_limit_is_reached_and_not_passed() {
    let limits = Limits {
        title_chars: Some(4),
        description_bytes: Some(4),
        ..NONE
    };
    assert_eq!(
        draft(&item("🚀🚀🚀🚀", "üü"), Side::Vibe, &caps(limits), "P-1").1,
        vec![]
    );
    let (_, problems, _) = draft(&item("🚀🚀🚀🚀🚀", "üüx"), Side::Vibe, &caps(limits), "P-1");
    let sizes: Vec<_> = problems
        .iter()
        .map(|problem| (problem.field, problem.limit, problem.actual))
        .collect();
    assert_eq!(
        sizes,
        [
            (Some(Field::Title), Some(4), Some(5)),
            (Some(Field::Description), Some(4), Some(5))
        ]
    );
}

#[test]
fn a_bad_description_is_left_out_and_the_rest_is_sent() {
    let limits = Limits {
        description_bytes: Some(10),
        ..NONE
    };
    let bad = item("Title", "more than ten bytes");
    let (sent, problems, _) = draft(&bad, Side::Vibe, &caps(limits), "P-1");
    assert_eq!(
        sent,
        Draft {
            text: Arc::default(),
            ..bad
        }
    );
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}")
    };
    assert!(!refuses_item(problem));
    assert_eq!(&*problem.code, "ITEM_DESCRIPTION_TOO_LARGE");
    assert_eq!(
        &*problem.message,
        "P-1: the description has 19 bytes, Vibe takes 10; shorten it by 9"
    );
}

#[test]
fn the_footer_is_counted_where_there_is_one() {
    let limits = Limits {
        description_bytes: Some(MAX_BYTES + 4),
        ..NONE
    };
    let with_footer = Capabilities {
        footer: true,
        ..caps(limits)
    };
    let problem =
        |text: &str, caps: &Capabilities| draft(&item("T", text), Side::Vibe, caps, "P-1").1.pop();
    assert_eq!(problem("four", &with_footer), None);
    let refused = problem("five5", &with_footer).unwrap();
    assert_eq!(refused.actual, u64::try_from(MAX_BYTES + 5).ok());
    assert!(
        refused.message.contains("for the footer"),
        "{}",
        refused.message
    );
    assert_eq!(problem("five5", &caps(limits)), None);
    let small = Limits {
        description_bytes: Some(1),
        ..NONE
    };
    assert_eq!(
        problem(
            "",
            &Capabilities {
                footer: true,
                ..caps(small)
            }
        ),
        None,
        "nothing to leave out"
    );
}

#[test]
fn nul_becomes_the_replacement_character_with_a_notice() {
    let mut with_nul = item("A\0B", "C\0\0D");
    with_nul.extra.labels = BTreeSet::from(["x\0".into(), "y\0".into()]);
    let (sent, problems, notices) = draft(&with_nul, Side::Huly, &caps(NONE), "P-1");
    assert_eq!(
        (&*sent.title, &*sent.text),
        ("A\u{fffd}B", "C\u{fffd}\u{fffd}D")
    );
    assert_eq!(
        sent.extra.labels,
        BTreeSet::from(["x\u{fffd}".into(), "y\u{fffd}".into()])
    );
    assert_eq!((problems, notices.len()), (vec![], 3));
    for (notice, part) in notices.iter().zip([
        "title holds U+0000 (1 times)",
        "description holds U+0000 (2 times)",
        "labels",
    ]) {
        assert_eq!(&*notice.code, "ITEM_TEXT_NUL");
        assert!(
            notice.message.contains(part) && notice.message.contains("P-1"),
            "{}",
            notice.message
        );
    }
    let keeps = caps(Limits { nul: true, ..NONE });
    assert_eq!(
        draft(&with_nul, Side::Vibe, &keeps, "P-1"),
        (with_nul, vec![], vec![])
    );
}

#[test]
fn a_change_is_cleaned_like_a_new_item() {
    let (sent, notice) = change(
        &set(Field::Description, text("a\0")),
        Side::Huly,
        &caps(NONE),
        "P-1",
    )
    .unwrap();
    assert_eq!(sent, set(Field::Description, text("a\u{fffd}")));
    assert_eq!(
        notice.map(|notice| notice.code),
        Some("ITEM_TEXT_NUL".into())
    );
    let all = Capabilities {
        fields: FieldSet::of(&Field::ALL),
        ..caps(NONE)
    };
    let labels = |name: &str| Value::Labels(BTreeSet::from([name.into()]));
    let (sent, notice) =
        change(&set(Field::Labels, labels("a\0")), Side::Huly, &all, "P-1").unwrap();
    assert_eq!((sent.to, notice.is_some()), (labels("a\u{fffd}"), true));
}

#[test]
fn values_that_are_no_text_pass() {
    let all = Capabilities {
        fields: FieldSet::of(&Field::ALL),
        ..caps(NONE)
    };
    let rows = [
        (Field::Status, Value::Status("done".into())),
        (Field::Priority, Value::Priority(Priority::High)),
        (Field::Parent, Value::Parent(None)),
        (Field::Labels, Value::Labels(BTreeSet::new())),
        (
            Field::Assignee,
            Value::Assignee(Some("a@example.org".into())),
        ),
        (Field::DueDate, Value::DueDate(None)),
        (Field::Description, text("")),
    ];
    for (field, value) in rows {
        let wanted = set(field, value);
        assert_eq!(
            change(&wanted, Side::Huly, &all, "P-1"),
            Ok((wanted, None)),
            "{field}"
        );
    }
}

#[test]
fn a_field_that_the_service_lacks_is_refused_by_name() {
    let refused = change(
        &set(Field::DueDate, Value::DueDate(None)),
        Side::Vibe,
        &caps(NONE),
        "P-1",
    )
    .unwrap_err();
    assert_eq!(
        (&*refused.code, refused.field),
        ("ITEM_FIELD_UNSUPPORTED", Some(Field::DueDate))
    );
    assert!(
        refused.message.contains("due_date") && refused.message.contains("Vibe"),
        "{}",
        refused.message
    );
}

#[test]
fn a_blank_title_passes_where_the_service_takes_it() {
    let lax = caps(Limits {
        blank_title: true,
        ..NONE
    });
    assert_eq!(draft(&item(" ", "x"), Side::Vibe, &lax, "P-1").1, vec![]);
}

#[test]
fn codes_are_listed_once_each_with_meaning_and_remedy() {
    let codes: BTreeSet<&str> = CODES.iter().map(|(code, _, _)| *code).collect();
    assert_eq!(codes.len(), CODES.len());
    for (code, meaning, remedy) in CODES {
        assert!(
            code.chars().all(|c| c.is_ascii_uppercase() || c == '_'),
            "{code}"
        );
        assert!(!meaning.is_empty() && !remedy.is_empty(), "{code}");
        assert!(!meaning.ends_with('.') && !remedy.ends_with('.'), "{code}");
    }
}

fn any_limits() -> impl Strategy<Value = Limits> {
    let limit = || prop::option::of(0..12_usize);
    (limit(), limit(), any::<bool>(), any::<bool>()).prop_map(
        |(title_chars, description_bytes, blank_title, nul)| Limits {
            title_chars,
            description_bytes,
            blank_title,
            nul,
        },
    )
}

fn any_text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!['\0', ' ', 'a', 'ü', '🚀', '\n']),
        0..12,
    )
    .prop_map(|letters| letters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_once_passes_again_untouched(title in any_text(), body in any_text(), limits in any_limits()) {
        let caps = caps(limits);
        let (sent, problems, _) = draft(&item(&title, &body), Side::Huly, &caps, "P-1");
        prop_assert!(problems.iter().all(|problem| is_listed(&problem.code)));
        if !problems.iter().any(refuses_item) {
            prop_assert_eq!(draft(&sent, Side::Huly, &caps, "P-1"), (sent, vec![], vec![]));
        }
    }

    #[test]
    fn a_draft_and_its_changes_are_judged_alike(title in any_text(), body in any_text(), limits in any_limits()) {
        let caps = caps(limits);
        let (_, problems, notices) = draft(&item(&title, &body), Side::Huly, &caps, "P-1");
        let by_change = [set(Field::Title, text(&title)), set(Field::Description, text(&body))]
            .map(|one| change(&one, Side::Huly, &caps, "P-1"));
        let refused: Vec<_> = by_change.iter().filter_map(|one| one.clone().err()).collect();
        prop_assert_eq!(refused, problems);
        let told = by_change.iter().filter(|one| matches!(one, Ok((_, Some(_))))).count();
        prop_assert!(told <= notices.len());
    }

    #[test]
    fn every_size_in_a_problem_is_over_its_limit(title in any_text(), body in any_text(), limits in any_limits()) {
        let (_, problems, _) = draft(&item(&title, &body), Side::Vibe, &caps(limits), "P-1");
        for problem in problems {
            prop_assert_eq!(problem.limit.is_some(), problem.actual.is_some());
            prop_assert!(problem.limit.is_none() || problem.limit < problem.actual);
        }
    }
}
