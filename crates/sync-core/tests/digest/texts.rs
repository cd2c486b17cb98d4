//! Texts of the boards cannot pose as anything else; days; the agent's own blocks.

use proptest::prelude::*;
use sync_core::{
    digest::{DigestOptions, Exclude, Form, Limits, Own, OwnTexts, blocks, date, own_blocks},
    ids::Millis,
};

use crate::generated::digest;

fn options(form: Form) -> DigestOptions {
    DigestOptions {
        form,
        limits: Limits::all(1_000_000),
        entries: 1_000,
        exclude: Exclude::nothing(),
    }
}

/// What a quoted text says, and what follows it; `None` where its quotes do not close.
fn unquoted(rest: &str) -> Option<&str> {
    let mut escaped = false;
    for (at, char) in rest.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return rest.get(at + 1..),
            _ => {}
        }
    }
    None
}

/// A line without its quoted texts.
fn bare(line: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('"') {
        out.push_str(before);
        // the word for which an item counts as blocked is ours, and in plain quotes
        rest = unquoted(after)?;
    }
    out.push_str(rest);
    Some(out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_makes_a_line_a_heading_or_an_end_of_its_quotes(digest in digest()) {
        for block in blocks(&digest, &options(Form::Markdown)) {
            let is_bad = |char: char| char != '\n' && (char.is_control() || char == '\u{202e}' || char == '\u{e0041}');
            prop_assert!(!block.value.contains(is_bad));
            for line in block.value.lines() {
                let is_ours = line.is_empty() || line.starts_with("# ") || line.starts_with("## ") || line.starts_with("- ");
                prop_assert!(is_ours, "{line}");
                let bare = bare(line);
                prop_assert!(bare.is_some(), "{line}");
                let bare = bare.unwrap();
                prop_assert!(!bare.contains(['`', '<', '\\', '[']), "{line}");
                prop_assert!(!bare.contains("evil") && !bare.contains("Ignore"), "{line}");
                prop_assert!(line.chars().count() < 2_500, "{line}");
            }
        }
    }

    #[test]
    fn both_forms_say_as_much(digest in digest()) {
        let markdown = blocks(&digest, &options(Form::Markdown));
        let json = blocks(&digest, &options(Form::Json));
        for (markdown, json) in markdown.iter().zip(&json) {
            let parsed: serde_json::Value = serde_json::from_str(&json.value).unwrap();
            let sections = parsed.as_object().unwrap();
            let entries = sections.values().map(|section| match section.get("items") {
                Some(items) => items.as_array().unwrap().len(),
                None => section.as_object().unwrap().len(),
            });
            prop_assert_eq!(markdown.value.matches("\n- ").count(), entries.sum::<usize>());
            prop_assert_eq!(markdown.left_out, json.left_out);
        }
    }
}

#[test]
fn a_day_is_the_day_of_the_calendar() {
    // counted up by the rule of leap years, one day after the other
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut at = Millis(-11_676_096_000_000);
    for year in 1_600_i64..2_401 {
        let february = if is_leap(year) { 29 } else { 28 };
        let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (month, days) in (1..).zip(months) {
            for day in 1..=days {
                assert_eq!(date(at), format!("{year}-{month:02}-{day:02}"));
                assert_eq!(
                    date(Millis(at.0 + 86_399_999)),
                    date(at),
                    "to its last millisecond"
                );
                at.0 += 86_400_000;
            }
        }
    }
}

#[test]
fn the_ends_of_time_are_days_too() {
    assert_eq!(date(Millis(-1)), "1969-12-31");
    assert!(date(Millis(i64::MAX)).ends_with("-08-17"));
    assert!(date(Millis(i64::MIN)).starts_with('-'));
}

#[test]
fn own_blocks_name_their_project_and_obey_the_configuration() {
    let [persona, human, scratchpad] = own_blocks("Har\nbour \"x\"", &OwnTexts::default());
    for block in [&persona, &human, &scratchpad] {
        assert!(
            block.value.contains(r#""Har bour \"x\"""#),
            "{}",
            block.value
        );
        assert!(!block.value.contains("{project}"));
        assert_eq!(block.limit, 20_000);
        assert_eq!(block.description, block.label.description());
    }
    assert!(persona.value.contains("without approval"));
    let long = "é".repeat(30_000);
    let texts = OwnTexts {
        persona: Some("Mine.".into()),
        scratchpad: Some(long.as_str().into()),
        ..OwnTexts::default()
    };
    let [persona, other, scratchpad] = own_blocks("Harbour", &texts);
    assert_eq!((persona.label, &*persona.value), (Own::Persona, "Mine."));
    assert_eq!(other.label, Own::Human);
    assert_eq!((scratchpad.value.len(), scratchpad.limit), (60_000, 30_000));
}
