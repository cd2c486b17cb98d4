//! Blocks keep their limits, leave out the least important, and do not depend on the order of what they are made of.

use proptest::{prelude::*, sample::select};
use sync_core::digest::{
    Block, Digest, DigestOptions, Exclude, Form, Label, Limits, MAX_LIMIT, MIN_LIMIT,
    OptionProblem, blocks,
};
use sync_core::item::{Field, FieldSet};

use crate::{
    generated::{digest, exclude},
    harbour::{item, project},
};

fn options(form: Form, limit: usize, exclude: Exclude) -> DigestOptions {
    DigestOptions {
        form,
        limits: Limits::all(limit),
        exclude,
        ..DigestOptions::default()
    }
}

fn form() -> impl Strategy<Value = Form> {
    select(vec![Form::Markdown, Form::Json])
}

fn headings(block: &Block) -> Vec<&str> {
    let is_heading = |line: &&str| line.starts_with('#');
    block.value.lines().filter(is_heading).collect()
}

/// A project with more of everything than fits anywhere.
fn crowded() -> Digest {
    let mut digest = project();
    for number in 100..1_100 {
        let status = ["Todo", "In Progress", "Done"][number as usize % 3];
        let mut item = item(
            number,
            &format!("Boat {number} is \"stuck\" {}", "x".repeat(200)),
            status,
        );
        item.due_date = Some(sync_core::ids::Millis(
            1_800_000_000_000 + i64::from(number),
        ));
        digest.items.push(item);
    }
    let change = digest.changes[1].clone();
    digest.changes.extend((0..500).map(|_| change.clone()));
    digest.letters.extend(vec![digest.letters[0].clone(); 200]);
    digest
        .conflicts
        .extend(vec![digest.conflicts[0].clone(); 200]);
    digest
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_block_is_over_its_limit_and_every_block_is_whole(
        digest in digest(),
        exclude in exclude(),
        form in form(),
        limit in prop_oneof![0_usize..100, 0_usize..4_000, Just(MIN_LIMIT)],
    ) {
        let whole = blocks(&digest, &options(form, 1_000_000, exclude.clone()));
        let cut = blocks(&digest, &options(form, limit, exclude));
        for (whole, cut) in whole.iter().zip(&cut) {
            prop_assert!(cut.value.chars().count() <= limit, "{}", cut.value);
            prop_assert!(cut.left_out >= whole.left_out);
            match form {
                Form::Json if limit < 2 => prop_assert_eq!(&cut.value, ""),
                Form::Json => {
                    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&cut.value);
                    prop_assert!(parsed.is_ok(), "{}", cut.value);
                }
                Form::Markdown => {
                    let known: Vec<&str> = whole.value.lines().collect();
                    for line in cut.value.lines() {
                        prop_assert!(known.contains(&line) || line.ends_with(" more left out"), "{line}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_smallest_limit_has_room_for_every_heading_and_count(digest in digest(), exclude in exclude()) {
        let least = blocks(&digest, &options(Form::Markdown, MIN_LIMIT, exclude.clone()));
        let whole = blocks(&digest, &options(Form::Markdown, 1_000_000, exclude.clone()));
        for (least, whole) in least.iter().zip(&whole) {
            prop_assert_eq!(headings(least), headings(whole));
        }
        for block in blocks(&digest, &options(Form::Json, MIN_LIMIT, exclude)) {
            let parsed: serde_json::Value = serde_json::from_str(&block.value).unwrap();
            let sections = parsed.as_object().unwrap();
            prop_assert!(!sections.is_empty());
            // the texts of a project and of a team may be too long; counts never are
            let is_counts = !matches!(block.label, Label::Project | Label::BoardConfig);
            for section in sections.values().filter(|section| section.get("items").is_none()) {
                prop_assert!(!is_counts || section.get("left_out").is_none(), "{}", block.value);
            }
        }
    }

    #[test]
    fn a_larger_limit_never_shows_less(
        digest in digest(),
        form in form(),
        limit in 0_usize..5_000,
        more in 1_usize..1_000,
    ) {
        let small = blocks(&digest, &options(form, limit, Exclude::nothing()));
        let large = blocks(&digest, &options(form, limit + more, Exclude::nothing()));
        for (small, large) in small.iter().zip(&large) {
            prop_assert!(large.left_out <= small.left_out);
        }
    }

    #[test]
    fn the_order_of_what_is_known_changes_nothing(
        (digest, items, changes, conflicts, letters, held) in digest().prop_flat_map(|digest| {
            let items = Just(digest.items.clone()).prop_shuffle();
            let changes = Just(digest.changes.clone()).prop_shuffle();
            let conflicts = Just(digest.conflicts.clone()).prop_shuffle();
            let letters = Just(digest.letters.clone()).prop_shuffle();
            let held = Just(digest.held.clone()).prop_shuffle();
            (Just(digest), items, changes, conflicts, letters, held)
        }),
        form in form(),
        exclude in exclude(),
    ) {
        let board = digest.board.clone();
        let project = digest.project.clone();
        let waiting = digest.waiting;
        let other = Digest { project, board, items, changes, conflicts, letters, held, waiting };
        let options = options(form, 4_000, exclude);
        prop_assert_eq!(blocks(&digest, &options), blocks(&other, &options));
    }
}

#[test]
fn what_is_left_out_is_counted_and_told() {
    let digest = crowded();
    for form in [Form::Markdown, Form::Json] {
        let options = DigestOptions {
            form,
            ..DigestOptions::default()
        };
        for block in blocks(&digest, &options) {
            assert!(block.value.chars().count() <= block.limit);
            assert_eq!(block.limit, options.limits.of(block.label));
            let is_cut = matches!(
                block.label,
                Label::Hotspots | Label::BacklogSummary | Label::ChangeLog
            );
            assert_eq!(block.left_out > 0, is_cut, "{}", block.value);
        }
    }
    let backlog = &blocks(&digest, &DigestOptions::default())[4];
    // 334 of the boats are not begun, and five others; all are counted
    assert!(
        backlog.value.contains("- Not begun: 338\n"),
        "{}",
        backlog.value
    );
    let last = backlog.value.lines().last().unwrap();
    assert_eq!(last, format!("- {} more left out", backlog.left_out));
}

#[test]
fn the_smallest_limit_has_room_for_the_counts_of_a_crowd() {
    let mut digest = crowded();
    digest.waiting.dirty = 10_000_000;
    digest.waiting.writes = 10_000_000;
    for form in [Form::Markdown, Form::Json] {
        for block in blocks(&digest, &options(form, MIN_LIMIT - 200, Exclude::nothing())) {
            let notes = block.value.matches("\n    \"left_out\": ").count();
            let lists = block.value.matches("\"items\": [").count();
            let is_counts = !matches!(block.label, Label::Project | Label::BoardConfig);
            assert!(!block.value.is_empty() && block.value != "{}");
            assert!(
                form == Form::Markdown || !is_counts || notes == lists,
                "{}",
                block.value
            );
        }
    }
}

#[test]
fn a_long_list_leaves_room_for_the_others() {
    let options = options(Form::Markdown, 4_000, Exclude::default());
    let hotspots = &blocks(&crowded(), &options)[3];
    let mut filled = 0;
    let mut lines = hotspots.value.lines().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        if line.starts_with("## ") && !next.ends_with(" more left out") && next.starts_with("- ") {
            filled += 1;
        }
    }
    // the counts, and all seven lists
    assert_eq!(filled, 8, "{}", hotspots.value);
}

#[test]
fn a_list_has_at_most_so_many_entries_however_much_room_there_is() {
    let mut options = options(Form::Markdown, MAX_LIMIT, Exclude::default());
    options.entries = 2;
    let all = blocks(&crowded(), &options);
    assert_eq!(all[4].value.matches("\n- HARB-").count(), 2);
    assert_eq!(all[5].value.matches("\n- 2026-").count(), 6);
}

#[test]
fn options_that_make_no_sense_are_told() {
    let mut options = DigestOptions::default();
    assert_eq!(options.problems(), []);
    options.limits.set(Label::Project, MIN_LIMIT - 1);
    options.limits.set(Label::ChangeLog, MAX_LIMIT + 1);
    options.exclude.fields = FieldSet::of(&[Field::Status]);
    let expected = [
        OptionProblem::Limit {
            label: Label::Project,
            limit: MIN_LIMIT - 1,
        },
        OptionProblem::Limit {
            label: Label::ChangeLog,
            limit: MAX_LIMIT + 1,
        },
        OptionProblem::StatusExcluded,
    ];
    assert_eq!(options.problems(), expected);
    assert!(
        expected[2]
            .to_string()
            .starts_with("statuses cannot be excluded")
    );
}
