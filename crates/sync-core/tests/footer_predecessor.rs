//! The predecessor's footers: read for adoption in every form it ever wrote, cut in those forms only.

use proptest::prelude::*;
use sync_core::footer::{Footer, Marker, Split, Writer, compose, split};
use sync_core::ids::{Attempt, Generation, LinkId, StoreId};

/// What the text's footer names, and what is left of the text.
fn read(text: &str) -> (Option<String>, String) {
    let Split { body, footer } = split(text);
    if let Some(footer) = &footer {
        assert_eq!(
            (footer.writer, footer.marker, &footer.url),
            (Writer::Predecessor, None, &None)
        );
    }
    (
        footer
            .and_then(|footer| footer.label)
            .map(|label| label.to_string()),
        body,
    )
}

/// A row: name, text, the identifier it is adopted by, the body.
type Row = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
);

fn check(rows: &[Row]) {
    for (name, text, label, body) in rows {
        assert_eq!(
            read(text),
            (label.map(str::to_owned), (*body).to_owned()),
            "{name}"
        );
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_era_is_read_and_cut() {
    check(&[
        (
            "with description",
            "Text.\n\n---\nHuly Issue: PROJ-12",
            Some("PROJ-12"),
            "Text.",
        ),
        (
            "without description",
            "Synced from Huly: PROJ-12",
            Some("PROJ-12"),
            "",
        ),
        (
            "with a parent",
            "Text.\n\n---\nHuly Issue: PROJ-12\nHuly Parent: PROJ-3",
            Some("PROJ-12"),
            "Text.",
        ),
        (
            "with no parent",
            "Text.\n\n---\nHuly Issue: PROJ-12\nHuly Parent: none",
            Some("PROJ-12"),
            "Text.",
        ),
        (
            "both forms",
            "Synced from Huly: PROJ-12\n\n---\nHuly Issue: PROJ-12\nHuly Parent: none",
            Some("PROJ-12"),
            "",
        ),
        (
            "twice",
            "Text.\n\n---\nHuly Issue: PROJ-12\n\n---\nHuly Issue: PROJ-12",
            Some("PROJ-12"),
            "Text.",
        ),
        (
            "twice without a gap",
            "Text.\n\n---\nHuly Issue: PROJ-12\n---\nHuly Issue: PROJ-12",
            Some("PROJ-12"),
            "Text.",
        ),
        (
            "in the middle",
            "One.\n\n---\nHuly Issue: PROJ-12\n\nTwo.",
            Some("PROJ-12"),
            "One.\n\nTwo.",
        ),
        (
            "text typed below",
            "One.\n\n---\nHuly Issue: PROJ-12\nTwo.\n",
            Some("PROJ-12"),
            "One.\n\nTwo.\n",
        ),
        (
            "text typed below the single line",
            "Synced from Huly: PROJ-12\nMine.",
            Some("PROJ-12"),
            "Mine.",
        ),
        (
            "text typed above the single line",
            "Mine.\n\nSynced from Huly: PROJ-12",
            Some("PROJ-12"),
            "Mine.",
        ),
        (
            "with a line end",
            "Text.\n\n---\nHuly Issue: PROJ-12\n",
            Some("PROJ-12"),
            "Text.",
        ),
        (
            "CRLF",
            "Text.\r\n\r\n---\r\nHuly Issue: PROJ-12\r\n",
            Some("PROJ-12"),
            "Text.",
        ),
        (
            "a text with rules of its own",
            "a\n\n---\n\nb\n\n---\nHuly Issue: PROJ-12",
            Some("PROJ-12"),
            "a\n\n---\n\nb",
        ),
        (
            "blank text",
            "\n\n---\nHuly Issue: PROJ-12",
            Some("PROJ-12"),
            "",
        ),
        (
            "no text at all",
            "---\nHuly Issue: PROJ-12",
            Some("PROJ-12"),
            "",
        ),
        (
            "trailing blanks of the text",
            "Text.\n\n\n\n---\nHuly Issue: PROJ-12",
            Some("PROJ-12"),
            "Text.\n\n",
        ),
    ]);
}

#[test]
fn the_leftovers_of_beads_go_too() {
    check(&[
        (
            "below the issue",
            "T\n\n---\nHuly Issue: P-1\n\n---\nBeads Issue: bd-x1",
            Some("P-1"),
            "T",
        ),
        (
            "without a gap",
            "T\n\n---\nHuly Issue: P-1\n---\nBeads Issue: bd-x1",
            Some("P-1"),
            "T",
        ),
        (
            "without the first rule",
            "T\n\nHuly Issue: P-1\n---\nBeads Issue: bd-x1",
            Some("P-1"),
            "T",
        ),
        ("alone", "T\n\n---\nBeads Issue: bd-x1", None, "T"),
        (
            "above",
            "T\n\n---\nBeads Issue: bd-x1\n\n---\nHuly Issue: P-1",
            Some("P-1"),
            "T",
        ),
        (
            "mentioned",
            "see Beads Issue: bd-x1",
            None,
            "see Beads Issue: bd-x1",
        ),
        (
            "on a line of its own",
            "T\n\nBeads Issue: bd-x1",
            None,
            "T\n\nBeads Issue: bd-x1",
        ),
        (
            "with more words",
            "T\n\n---\nBeads Issue: bd x1",
            None,
            "T\n\n---\nBeads Issue: bd x1",
        ),
    ]);
}

#[test]
fn what_a_person_quotes_is_neither_cut_nor_followed() {
    check(&[
        (
            "in a sentence",
            "as in Huly Issue: OTHER-3 there",
            None,
            "as in Huly Issue: OTHER-3 there",
        ),
        (
            "at the start of a sentence",
            "Huly Issue: OTHER-3 says so",
            None,
            "Huly Issue: OTHER-3 says so",
        ),
        (
            "in a list",
            "- Huly Issue: OTHER-3",
            None,
            "- Huly Issue: OTHER-3",
        ),
        (
            "in a quote",
            "> Huly Issue: OTHER-3",
            None,
            "> Huly Issue: OTHER-3",
        ),
        (
            "in a paragraph",
            "see\nHuly Issue: OTHER-3\nabove",
            None,
            "see\nHuly Issue: OTHER-3\nabove",
        ),
        (
            "as a paragraph in the middle",
            "a\n\nHuly Issue: OTHER-3\n\nb",
            None,
            "a\n\nHuly Issue: OTHER-3\n\nb",
        ),
        (
            "before the real one",
            "as in Huly Issue: OTHER-3\n\n---\nHuly Issue: PROJ-1",
            Some("PROJ-1"),
            "as in Huly Issue: OTHER-3",
        ),
        (
            "after the real one",
            "a\n\n---\nHuly Issue: PROJ-1\n\nHuly Issue: OTHER-3",
            Some("PROJ-1"),
            "a\n\nHuly Issue: OTHER-3",
        ),
        (
            "under a heading's line",
            "a\n---\nHuly Issue: OTHER-3\nb",
            None,
            "a\n---\nHuly Issue: OTHER-3\nb",
        ),
        (
            "in a code fence",
            "```\n\n---\nHuly Issue: OTHER-3\n```\nb",
            None,
            "```\n\n---\nHuly Issue: OTHER-3\n```\nb",
        ),
        (
            "in a tilde fence",
            "~~~~\n\n---\nHuly Issue: OTHER-3\n~~~\n~~~~\nb",
            None,
            "~~~~\n\n---\nHuly Issue: OTHER-3\n~~~\n~~~~\nb",
        ),
        (
            "the single line in a fence",
            "```\nSynced from Huly: OTHER-3\n```",
            None,
            "```\nSynced from Huly: OTHER-3\n```",
        ),
        (
            "the single line in a paragraph",
            "it read\nSynced from Huly: OTHER-3\nthen",
            None,
            "it read\nSynced from Huly: OTHER-3\nthen",
        ),
        (
            "the single line in a sentence",
            "Synced from Huly: OTHER-3 it said",
            None,
            "Synced from Huly: OTHER-3 it said",
        ),
    ]);
}

#[test]
fn a_fence_that_somebody_forgot_to_close_hides_no_footer() {
    check(&[
        (
            "open fence",
            "```\ncode\n\n---\nHuly Issue: P-1",
            Some("P-1"),
            "```\ncode",
        ),
        (
            "closed, then open",
            "```\na\n```\n```\nb\n\n---\nHuly Issue: P-1",
            Some("P-1"),
            "```\na\n```\n```\nb",
        ),
        (
            "indented code is no fence",
            "    ```\n\n---\nHuly Issue: P-1\n\n    ```",
            Some("P-1"),
            "    ```\n\n    ```",
        ),
    ]);
}

#[test]
fn the_last_one_counts() {
    check(&[
        (
            "two blocks",
            "a\n\n---\nHuly Issue: OLD-1\n\nb\n\n---\nHuly Issue: NEW-2",
            Some("NEW-2"),
            "a\n\nb",
        ),
        (
            "single line and block",
            "Synced from Huly: OLD-1\n\n---\nHuly Issue: NEW-2",
            Some("NEW-2"),
            "",
        ),
        (
            "block and single line",
            "---\nHuly Issue: OLD-1\n\nSynced from Huly: NEW-2",
            Some("NEW-2"),
            "",
        ),
    ]);
}

#[test]
fn words_are_read_in_any_case_but_cut_only_as_written() {
    check(&[
        (
            "upper",
            "a\n\n---\nHULY ISSUE: P-1",
            Some("P-1"),
            "a\n\n---\nHULY ISSUE: P-1",
        ),
        (
            "lower",
            "a\n\n---\nhuly issue: P-1",
            Some("P-1"),
            "a\n\n---\nhuly issue: P-1",
        ),
        (
            "spaced",
            "a\n\n---\nHuly Issue:   P-1",
            Some("P-1"),
            "a\n\n---\nHuly Issue:   P-1",
        ),
        (
            "parent",
            "a\n\n---\nHuly Issue: P-1\nhuly parent: NONE",
            Some("P-1"),
            "a\n\nhuly parent: NONE",
        ),
        (
            "single line",
            "synced from huly: P-1",
            Some("P-1"),
            "synced from huly: P-1",
        ),
        (
            "after a converter",
            "a\n\n---\n\nHuly Issue: P-1",
            Some("P-1"),
            "a\n\n---\n\nHuly Issue: P-1",
        ),
        (
            "after a converter, in the middle",
            "a\n\n---\n\nHuly Issue: P-1\n\nb",
            Some("P-1"),
            "a\n\n---\n\nHuly Issue: P-1\n\nb",
        ),
        (
            "the rule was lost",
            "a\n\nHuly Issue: P-1\n",
            Some("P-1"),
            "a\n\nHuly Issue: P-1\n",
        ),
        (
            "the rule was lost, with parent",
            "a\n\nHuly Issue: P-1\nHuly Parent: none",
            Some("P-1"),
            "a\n\nHuly Issue: P-1\nHuly Parent: none",
        ),
        (
            "a heading's line above",
            "a\n---\nHuly Issue: P-1",
            Some("P-1"),
            "a\n---\nHuly Issue: P-1",
        ),
    ]);
}

#[test]
fn the_grammar_of_identifiers_is_the_wide_one() {
    for good in [
        "A-1",
        "PROJ-12",
        "P2ABC-7",
        "A_B-99",
        "X9-0",
        "ABC-123456789012345",
    ] {
        assert_eq!(
            read(&format!("t\n\n---\nHuly Issue: {good}")),
            (Some(good.into()), "t".into())
        );
        assert_eq!(
            read(&format!("Synced from Huly: {good}")),
            (Some(good.into()), String::new())
        );
    }
    for bad in [
        "abc-7", "2P-1", "_A-1", "A-", "-1", "A1", "A-1b", "A-B-1", "Ä-1", "A -1", "A-1, A-2",
        "A-١",
    ] {
        let text = format!("t\n\n---\nHuly Issue: {bad}");
        assert_eq!(read(&text), (None, text.clone()), "{bad}");
    }
}

fn ours(label: &str) -> Footer {
    let id = uuid::Uuid::from_u128(5);
    let marker = Marker {
        store: StoreId(id),
        link: LinkId(id),
        generation: Generation::FIRST,
        attempt: Attempt(1),
    };
    Footer {
        writer: Writer::Ours,
        label: Some(label.into()),
        url: None,
        marker: Some(marker),
        note: None,
    }
}

#[test]
fn ours_counts_before_the_predecessors_and_both_are_cut() {
    let old = "Text.\n\n---\nHuly Issue: PROJ-12";
    let both = compose(old, &ours("PROJ-13"));
    assert_eq!(
        split(&both),
        Split {
            body: "Text.".into(),
            footer: Some(ours("PROJ-13"))
        }
    );
    let swapped = format!("{}\n\n{old}", compose("", &ours("PROJ-13")));
    assert_eq!(
        split(&swapped),
        Split {
            body: "Text.".into(),
            footer: Some(ours("PROJ-13"))
        }
    );
}

#[test]
fn adoption_replaces_the_old_footer_with_ours() {
    let old = "Text.\n\n---\nHuly Issue: PROJ-12\nHuly Parent: none";
    let body = split(old).body;
    let new = compose(&body, &ours("PROJ-12"));
    assert!(!new.contains("Huly Issue"));
    assert_eq!(split(&new).body, "Text.");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_predecessor_wrote_below_a_text_is_taken_off_again(
        text in "[a-zA-Z#*>` -]{1,20}(\n{1,3}[a-z#*>-]{1,20}){0,5}",
        id in "[A-Z][A-Z0-9_]{0,6}-[0-9]{1,5}",
        parent in prop::option::of("none|[A-Z]{1,4}-[0-9]{1,3}"),
    ) {
        prop_assume!(split(&text).body == text);
        let parent = parent.map(|parent| format!("\nHuly Parent: {parent}")).unwrap_or_default();
        let parts = read(&format!("{text}\n\n---\nHuly Issue: {id}{parent}"));
        prop_assert_eq!(parts, (Some(id), text));
    }

    #[test]
    fn a_mention_in_a_sentence_changes_nothing(before in "[a-z ]{1,20}", id in "[A-Z]{1,4}-[0-9]{1,3}", after in "[a-z .]{0,20}") {
        let text = format!("{before} Huly Issue: {id}{after}");
        let read = read(&text);
        prop_assert_eq!(read, (None, text));
    }
}
